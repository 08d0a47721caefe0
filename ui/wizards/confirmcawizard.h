// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/wizards/addserverwizard.h"

namespace Gui {

/// Confirms the CA of a server that is there already: not confirmed yet, refused because it has another CA now, or to be confirmed again.
/// A look at the server, old and new fingerprints, what the change does, and only then the change.
class ConfirmCaWizard final : public WizardBase
{
    Q_OBJECT

public:
    enum PageId { ProbePageId, TrustPageId, EffectsPageId };
    /// StoresAnchor: Finish stores the new anchor. GivesAnchor: Finish only emits confirmed(), for a dialog that stores it with the rest.
    enum class Mode { StoresAnchor, GivesAnchor };

    /// `record`: as stored. `edited`: the same with the changes of a dialog that are not stored yet.
    ConfirmCaWizard(Models::Service &service, Prompter &prompter, const Models::ServerRecord &record, const Scep::EnrollmentServer &edited,
                    Mode mode, QWidget *parent = nullptr);
    ~ConfirmCaWizard() override;
    void accept() override;

signals:
    void confirmed(const Scep::TrustAnchor &anchor, const Pki::Certificate &certificate);

private:
    void store();
    Models::Service &m_service;
    std::unique_ptr<ServerDraft> m_draft;
    class TrustEffectsPage *m_effects = nullptr;
    Mode m_mode;
    bool m_isStoring = false;
};

} // namespace Gui
