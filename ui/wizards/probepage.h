// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/wizards/addserverwizard.h"

class QLabel;
class QProgressBar;
class QPushButton;

namespace Gui {

class FieldNote;

/// Looks at the server: GetCACaps and GetCACert. Goes on by itself when that went well.
class ProbePage final : public WizardPage
{
    Q_OBJECT

public:
    ProbePage(Models::Service &service, ServerDraft &draft);
    void initializePage() override;
    void cleanupPage() override;
    [[nodiscard]] bool isComplete() const override;

private:
    void start();
    void stop();
    void finish(const Scep::ServerProbe &probe);
    Models::Service &m_service;
    ServerDraft &m_draft;
    QLabel *m_what = nullptr;
    QProgressBar *m_progress = nullptr;
    QPushButton *m_cancel = nullptr;
    QPushButton *m_again = nullptr;
    FieldNote *m_note = nullptr;
    quint64 m_generation = 0; ///< results of a probe that was given up are dropped
    bool m_isComplete = false;
};

} // namespace Gui
