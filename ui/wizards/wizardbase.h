// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWizard>
#include <QWizardPage>

namespace Gui {

/// Common to the wizards: style, size, names of the buttons, and a last page that works before the wizard closes.
class WizardBase : public QWizard
{
    Q_OBJECT

public:
    explicit WizardBase(const QString &objectName, const QString &title, QWidget *parent);

protected:
    /// While something runs that the buttons would disturb: Back and Finish are off, Cancel stays.
    void setBusy(bool busy);
};

/// One step. The subtitle says in one sentence what the step is for.
class WizardPage : public QWizardPage
{
    Q_OBJECT

public:
    WizardPage(const QString &objectName, const QString &title, const QString &subtitle);
};

} // namespace Gui
