// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/wizards/trusteffectspage.h"

#include "models/items/requestmodel.h"
#include "models/service/changetext.h"
#include "ui/widgets/copyfield.h"
#include "ui/widgets/detailsview.h"
#include "ui/widgets/fieldnote.h"
#include "ui/widgets/helpers.h"
#include "ui/widgets/texts.h"

#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace Gui {

TrustEffectsPage::TrustEffectsPage(Models::Service &service, const ServerDraft &draft)
    : WizardPage(u"trustEffectsPage"_s, tr("What this changes"), tr("Nothing is changed before the button below is pressed."))
    , m_service(service)
    , m_draft(draft)
    , m_details(named(new DetailsView(this), u"trustEffects"_s, tr("What this changes")))
    , m_note(named(new FieldNote(this), u"trustEffectsNote"_s, QString()))
{
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_details, 1);
    layout->addWidget(m_note);
}

void TrustEffectsPage::initializePage()
{
    using Scep::ChangeEffect;
    m_note->clear();
    const Models::ServerRecord &former = *m_draft.former;
    const Pki::Certificate anchor = m_draft.probe.roles ? m_draft.probe.roles->anchor : Pki::Certificate();
    const Scep::ChangeEffects effects = Scep::changeEffects(former.server, m_draft.server, former.knowledge);
    m_details->begin(m_draft.server.label);
    m_details->addTitle(m_draft.server.label, m_draft.server.url.toDisplayString());
    m_details->addRow(tr("Confirmed CA"), nameText(anchor.subject()));
    m_details->addRow(tr("Confirmed"), m_draft.confirmedHow);
    m_details->addFixedPitchRow(tr("SHA-256"), fingerprintLines(anchor.fingerprint()), anchor.fingerprint().toDisplay(),
                                u"newAnchorFingerprint"_s);
    m_details->addSection(tr("What happens"));
    const QStringList texts = Models::changeTexts(effects);
    if (texts.isEmpty())
        m_details->addNote(Models::Severity::Good, tr("Nothing: the same CA is confirmed in the same way already."));
    const bool isWeighty = effects & (ChangeEffect::ResendsRequests | ChangeEffect::NewEnrollment);
    for (const QString &text : texts)
        m_details->addNote(isWeighty ? Models::Severity::Attention : Models::Severity::Neutral, text);
    countRequests(effects);
    m_details->end();
}

void TrustEffectsPage::countRequests(Scep::ChangeEffects effects)
{
    using Scep::ChangeEffect;
    int open = 0;
    int issued = 0;
    int waiting = 0;
    const Models::RequestModel *requests = m_service.requests();
    for (int row = 0; row < requests->rowCount(); ++row) {
        const Models::RequestRecord *record = requests->record(requests->index(row, 0));
        if (record == nullptr || record->request.server != m_draft.server.id)
            continue;
        open += record->transaction.isOpen() ? 1 : 0;
        issued += record->current ? 1 : 0;
        waiting += !record->transaction.isOpen() && !record->current ? 1 : 0;
    }
    if (open + issued + waiting == 0) {
        m_details->addText(tr("No request uses this server."));
        return;
    }
    m_details->addSection(tr("Whom it concerns"));
    if (open > 0)
        m_details->addRow(tr("Open transactions"), effects.testFlag(ChangeEffect::ResendsRequests)  ? tr("%1 start over").arg(open)
                                                   : effects.testFlag(ChangeEffect::ResumesTraffic) ? tr("%1 go on").arg(open)
                                                                                                    : QString::number(open));
    if (issued > 0)
        m_details->addRow(tr("With a certificate"),
                          effects.testFlag(ChangeEffect::NewEnrollment) ? tr("%1 enroll anew").arg(issued) : QString::number(issued));
    if (waiting > 0)
        m_details->addRow(tr("Not enrolled"), QString::number(waiting));
}

void TrustEffectsPage::showProgress()
{
    m_note->say(Models::Severity::Busy, tr("Storing …"));
}

void TrustEffectsPage::showError(const Models::Explanation &explanation)
{
    m_note->say(explanation);
}

} // namespace Gui
