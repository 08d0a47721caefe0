// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/wizards/reviewpage.h"

#include "models/items/servermodel.h"
#include "ui/inspector/inspecteditem.h"
#include "ui/widgets/copyfield.h"
#include "ui/widgets/detailsview.h"
#include "ui/widgets/fieldnote.h"
#include "ui/widgets/helpers.h"
#include "ui/widgets/icons.h"
#include "ui/widgets/negotiationrows.h"
#include "ui/widgets/texts.h"

#include <QHBoxLayout>
#include <QProgressBar>
#include <QPushButton>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace Gui {

ReviewPage::ReviewPage(Models::Service &service, RequestDraft &draft)
    : WizardPage(u"reviewPage"_s, tr("Review"), tr("This is the request as it will be sent, read back from its encoding."))
    , m_service(service)
    , m_draft(draft)
    , m_what(plainLabel(QString(), this))
    , m_progress(named(new QProgressBar(this), u"keyProgress"_s, tr("Making the key")))
    , m_stop(named(new QPushButton(icon(u"cancel"_s), tr("S&top"), this), u"keyStopButton"_s, tr("Stop making the key")))
    , m_again(named(new QPushButton(icon(u"refresh"_s), tr("&Try again"), this), u"keyAgainButton"_s, tr("Make the key again")))
    , m_note(named(new FieldNote(this), u"reviewNote"_s, QString()))
    , m_details(named(new DetailsView(this), u"reviewDetails"_s, tr("The request")))
{
    m_progress->setRange(0, 0);
    m_progress->setTextVisible(false);
    m_stop->setToolTip(tr("Do not wait for the key"));
    m_again->setToolTip(tr("Make key and request once more"));
    m_details->setFrameShape(QFrame::StyledPanel);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(8);
    auto *row = new QHBoxLayout;
    row->addWidget(m_what);
    row->addWidget(m_progress, 1);
    row->addWidget(m_stop);
    layout->addLayout(row);
    layout->addWidget(m_note);
    layout->addWidget(m_again, 0, Qt::AlignLeft);
    layout->addWidget(m_details, 1);
    connect(m_stop, &QPushButton::clicked, this, [this] {
        stop();
        m_again->setVisible(true);
        m_note->say(Models::Severity::Neutral, tr("Stopped. Nothing was stored or sent."));
    });
    connect(m_again, &QPushButton::clicked, this, &ReviewPage::start);
}

void ReviewPage::initializePage()
{
    start();
}

void ReviewPage::cleanupPage()
{
    stop();
    m_draft.prepared.reset();
    m_note->clear();
}

void ReviewPage::start()
{
    m_draft.prepared.reset();
    m_note->clear();
    m_again->setVisible(false);
    m_details->setVisible(false);
    if (!m_draft.csr.isNull()) { // made by the device: nothing is to be made here
        m_draft.prepared = Models::PreparedRequest{m_draft.request, {}, m_draft.csr};
        hideProgress();
        showPrepared();
        emit completeChanged();
        return;
    }
    showProgress(m_draft.key.isNull() ? tr("Making an %1 key …").arg(m_draft.request.keySpec.displayName()) : tr("Making the request …"));
    m_stop->setVisible(true);
    emit completeChanged();
    const quint64 generation = ++m_generation;
    whenDone(m_service.prepare(m_draft.request, m_draft.challenge, m_draft.key), this,
             [this, generation](const Models::Result<Models::PreparedRequest> &prepared) {
                 if (generation != m_generation)
                     return;
                 hideProgress();
                 if (!prepared) {
                     m_again->setVisible(true);
                     showError(Models::explain(prepared.error(), tr("request %1").arg(m_draft.request.label)));
                     return;
                 }
                 m_draft.prepared = *prepared;
                 showPrepared();
                 emit completeChanged();
             });
}

void ReviewPage::stop()
{
    ++m_generation;
    hideProgress();
}

void ReviewPage::showProgress(const QString &text)
{
    m_what->setText(text);
    m_what->setVisible(true);
    m_progress->setVisible(true);
    m_stop->setVisible(false);
}

void ReviewPage::hideProgress()
{
    m_what->setVisible(false);
    m_progress->setVisible(false);
    m_stop->setVisible(false);
}

void ReviewPage::showError(const Models::Explanation &explanation)
{
    m_note->say(explanation);
}

void ReviewPage::showPrepared()
{
    const Pki::CertificationRequest &csr = m_draft.prepared->csr;
    m_details->begin(m_draft.request.label);
    const Models::ServerRecord *server = m_service.servers()->record(m_draft.request.server);
    m_details->addTitle(m_draft.request.label, server != nullptr
                                                   ? tr("to server %1, %2").arg(server->server.label, server->server.url.toDisplayString())
                                                   : QString());
    const InspectedFacts facts = requestFacts(csr);
    for (const QString &warning : facts.warnings)
        m_details->addNote(Models::Severity::Bad, warning);
    for (const InspectedFacts::Row &row : facts.rows)
        m_details->addRow(row.name, row.value);
    const Pki::Fingerprint fingerprint = Pki::Fingerprint::of(Pki::Digest::Sha256, csr.publicKey().der());
    m_details->addFixedPitchRow(tr("Key SHA-256"), fingerprintLines(fingerprint), fingerprint.toDisplay(), u"csrKeyFingerprint"_s);
    if (!csr.extensions().isEmpty())
        m_details->addSection(tr("Extensions"));
    for (const Pki::Extension &extension : csr.extensions())
        m_details->addRow(extension.oid.displayName(), Models::safeText(extension.text));
    if (server != nullptr && !server->knowledge.roles.recipient.isNull()) {
        addNegotiation(*m_details,
                       {.policy = server->server.algorithms,
                        .capabilities = server->knowledge.capabilities,
                        .roles = server->knowledge.roles,
                        .roleOverride = server->server.roleOverride,
                        .keyAlgorithm = m_draft.request.keySpec.algorithm,
                        .hasChallenge = m_draft.challenge != nullptr && !m_draft.challenge->isEmpty()},
                       server->server.label);
    }
    m_details->end();
    m_details->setVisible(true);
}

bool ReviewPage::isComplete() const
{
    return m_draft.prepared.has_value();
}

} // namespace Gui
