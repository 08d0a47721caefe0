// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/wizards/wizardbase.h"

#include "ui/widgets/helpers.h"

#include <QAbstractButton>

using namespace Qt::StringLiterals;

namespace Gui {

WizardBase::WizardBase(const QString &objectName, const QString &title, QWidget *parent)
    : QWizard(parent)
{
    setObjectName(objectName);
    setWindowTitle(title);
    setWizardStyle(QWizard::ModernStyle);
    setOptions(QWizard::NoBackButtonOnStartPage | QWizard::HaveFinishButtonOnEarlyPages);
    setOption(QWizard::HaveFinishButtonOnEarlyPages, false);
    setTitleFormat(Qt::PlainText);
    setSubTitleFormat(Qt::PlainText);
    resizeToText(this, 116, 42);
    const std::pair<WizardButton, QString> buttons[] = {
        {BackButton, u"backButton"_s}, {NextButton, u"nextButton"_s}, {FinishButton, u"finishButton"_s}, {CancelButton, u"cancelButton"_s}};
    for (const auto &[which, name] : buttons)
        button(which)->setObjectName(name);
    button(BackButton)->setToolTip(tr("Go back one step; nothing is lost"));
    button(CancelButton)->setToolTip(tr("Close without changing anything"));
}

void WizardBase::setBusy(bool busy)
{
    button(FinishButton)->setEnabled(!busy && currentPage() != nullptr && currentPage()->isComplete());
    button(BackButton)->setEnabled(!busy);
}

WizardPage::WizardPage(const QString &objectName, const QString &title, const QString &subtitle)
{
    setObjectName(objectName);
    setTitle(title);
    setSubTitle(subtitle);
}

} // namespace Gui
