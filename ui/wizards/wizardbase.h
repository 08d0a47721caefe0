// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWizard>
#include <QWizardPage>

namespace Gui {

class Prompter;

/// Common to the wizards: style, size, names of the buttons, and a last page that works before the wizard closes.
class WizardBase : public QWizard
{
    Q_OBJECT

public:
    explicit WizardBase(const QString &objectName, const QString &title, QWidget *parent);
    /// Esc, Cancel, and the button that closes the window.
    void reject() override;

protected:
    /// Once something was filled in, leaving asks whether `what` may be lost. Called by wizards that gather what a person typed.
    void askBeforeLeaving(Prompter &prompter, const QString &what);
    /// While something runs that the buttons would disturb: Back and Finish are off, Cancel stays.
    void setBusy(bool busy);

private:
    Prompter *m_prompter = nullptr;
    QString m_whatIsLost;
};

/// One step. The subtitle says in one sentence what the step is for.
class WizardPage : public QWizardPage
{
    Q_OBJECT

public:
    WizardPage(const QString &objectName, const QString &title, const QString &subtitle);
};

} // namespace Gui
