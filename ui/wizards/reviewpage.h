// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/service/errortext.h"
#include "ui/wizards/newrequestwizard.h"

class QLabel;
class QProgressBar;
class QPushButton;

namespace Gui {

class DetailsView;
class FieldNote;

/// The CSR as it will be sent, decoded. It is made with the key that will be used, on a pool thread.
class ReviewPage final : public WizardPage
{
    Q_OBJECT

public:
    ReviewPage(Models::Service &service, RequestDraft &draft);
    void initializePage() override;
    void cleanupPage() override;
    [[nodiscard]] bool isComplete() const override;
    void showProgress(const QString &text);
    void hideProgress();
    void showError(const Models::Explanation &explanation);

private:
    void start();
    void stop();
    void showPrepared();
    Models::Service &m_service;
    RequestDraft &m_draft;
    QLabel *m_what = nullptr;
    QProgressBar *m_progress = nullptr;
    QPushButton *m_stop = nullptr;
    QPushButton *m_again = nullptr;
    FieldNote *m_note = nullptr;
    DetailsView *m_details = nullptr;
    quint64 m_generation = 0; ///< a key that comes after Back or Stop is dropped
};

} // namespace Gui
