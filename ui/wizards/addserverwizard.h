// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/service/service.h"
#include "ui/prompter.h"
#include "ui/wizards/wizardbase.h"

namespace Gui {

/// What the pages of the wizard fill in together.
struct ServerDraft {
    Scep::EnrollmentServer server;
    Scep::ServerProbe probe;
    QString confirmedHow; ///< for the summary
    /// Of a server that is there already: its settings as they are stored and what is known of it.
    std::optional<Models::ServerRecord> former = {};
};

/// Adds an enrollment server: where it is, a look at it, which CA it is, how to talk to it. Nothing is stored before Finish, and Finish
/// is not reached without a confirmed CA.
class AddServerWizard final : public WizardBase
{
    Q_OBJECT

public:
    enum PageId { UrlPageId, ProbePageId, TrustPageId, SettingsPageId, SummaryPageId };

    AddServerWizard(Models::Service &service, Prompter &prompter, QWidget *parent = nullptr);
    ~AddServerWizard() override;
    void accept() override;

signals:
    void serverAdded(Scep::ServerId id);

private:
    Models::Service &m_service;
    std::unique_ptr<ServerDraft> m_draft;
    class ServerSummaryPage *m_summary = nullptr;
    bool m_isStoring = false;
};

} // namespace Gui
