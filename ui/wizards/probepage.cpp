// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/wizards/probepage.h"

#include "models/service/errortext.h"
#include "ui/widgets/fieldnote.h"
#include "ui/widgets/helpers.h"
#include "ui/widgets/icons.h"

#include <QHBoxLayout>
#include <QProgressBar>
#include <QPushButton>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace Gui {

ProbePage::ProbePage(Models::Service &service, ServerDraft &draft)
    : WizardPage(u"probePage"_s, tr("Looking at the server"),
                 tr("Scepter asks for the server's capabilities and CA certificates, nothing else."))
    , m_service(service)
    , m_draft(draft)
    , m_what(plainLabel(QString(), this))
    , m_progress(named(new QProgressBar(this), u"probeProgress"_s, tr("Asking the server")))
    , m_cancel(named(new QPushButton(icon(u"cancel"_s), tr("&Stop"), this), u"probeCancelButton"_s, tr("Stop asking the server")))
    , m_again(named(new QPushButton(icon(u"refresh"_s), tr("&Try again"), this), u"probeAgainButton"_s, tr("Ask the server again")))
    , m_note(named(new FieldNote(this), u"probeNote"_s, QString()))
{
    m_progress->setRange(0, 0);
    m_progress->setTextVisible(false);
    m_what->setWordWrap(true);
    m_cancel->setToolTip(tr("Stop waiting for the server"));
    m_again->setToolTip(tr("Ask the server once more"));
    auto *layout = new QVBoxLayout(this);
    layout->setSpacing(12);
    layout->addWidget(m_what);
    auto *row = new QHBoxLayout;
    row->addWidget(m_progress, 1);
    row->addWidget(m_cancel);
    layout->addLayout(row);
    layout->addWidget(m_note);
    layout->addWidget(m_again, 0, Qt::AlignLeft);
    layout->addStretch();
    connect(m_cancel, &QPushButton::clicked, this, [this] {
        stop();
        m_note->say(Models::Severity::Neutral, tr("Stopped. Nothing was stored."));
    });
    connect(m_again, &QPushButton::clicked, this, &ProbePage::start);
}

void ProbePage::initializePage()
{
    start();
}

void ProbePage::cleanupPage()
{
    stop();
    m_note->clear();
}

void ProbePage::start()
{
    m_isComplete = false;
    m_draft.probe = {};
    m_note->clear();
    m_what->setText(tr("Asking %1 …").arg(m_draft.server.url.toDisplayString()));
    m_progress->setVisible(true);
    m_cancel->setVisible(true);
    m_again->setVisible(false);
    emit completeChanged();
    const quint64 generation = ++m_generation;
    whenDone(m_service.probe(m_draft.server.url, m_draft.server.caIdentifier, m_draft.server.transport), this,
             [this, generation](const Scep::ServerProbe &probe) {
                 if (generation == m_generation)
                     finish(probe);
             });
}

void ProbePage::stop()
{
    ++m_generation;
    m_what->setText(tr("The server was not asked."));
    m_progress->setVisible(false);
    m_cancel->setVisible(false);
    m_again->setVisible(true);
}

void ProbePage::finish(const Scep::ServerProbe &probe)
{
    m_draft.probe = probe;
    m_progress->setVisible(false);
    m_cancel->setVisible(false);
    m_again->setVisible(true);
    const QString host = m_draft.server.url.host();
    if (probe.error || probe.toConfirm.isNull()) {
        m_what->setText(tr("%1 cannot be used as it is.").arg(host));
        const Models::Error error = probe.error.value_or(Models::Error{Models::ErrorCode::NoUsableCaCertificate, {}});
        m_note->say(Models::explain(error, tr("server %1").arg(host)));
        return;
    }
    m_what->setText(tr("%1 answered with %n certificate(s).", nullptr, static_cast<int>(probe.offered.certificates.size())).arg(host));
    if (probe.rolesError) {
        m_note->say(Models::explain(*probe.rolesError, tr("server %1").arg(host)));
        return;
    }
    m_note->say(Models::Severity::Good, tr("The server speaks SCEP."));
    m_isComplete = true;
    emit completeChanged();
    if (wizard() != nullptr && wizard()->currentPage() == this)
        wizard()->next();
}

bool ProbePage::isComplete() const
{
    return m_isComplete;
}

} // namespace Gui
