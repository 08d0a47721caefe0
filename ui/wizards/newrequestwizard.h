// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/service/service.h"
#include "ui/prompter.h"
#include "ui/wizards/wizardbase.h"

namespace Gui {

/// What the pages of the wizard fill in together.
struct RequestDraft {
    Scep::EnrollmentRequest request;
    SharedSecret challenge;        ///< null: none
    Pki::PrivateKey key;           ///< from a file; null: a new one is made
    Pki::CertificationRequest csr; ///< made by the device, with its key; null: we make one
    Models::RequestCompanions companions;
    std::optional<Models::PreparedRequest> prepared;
};

/// A new enrollment request: server, subject and names, key, challenge and renewal, delivery, review with the decoded CSR. Nothing is
/// stored or sent before "Send request".
class NewRequestWizard final : public WizardBase
{
    Q_OBJECT

public:
    enum PageId { ServerPageId, SubjectPageId, KeyPageId, ChallengePageId, DeliveryPageId, ReviewPageId };

    /// `preferred` is chosen at first if it can be used.
    NewRequestWizard(Models::Service &service, Prompter &prompter, Scep::ServerId preferred, QWidget *parent = nullptr);
    ~NewRequestWizard() override;
    void accept() override;

signals:
    void requestSubmitted(Scep::RequestId id);

private:
    Models::Service &m_service;
    std::unique_ptr<RequestDraft> m_draft;
    class ReviewPage *m_review = nullptr;
    bool m_isSubmitting = false;
};

} // namespace Gui
