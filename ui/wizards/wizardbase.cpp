// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/wizards/wizardbase.h"

#include "ui/prompter.h"
#include "ui/widgets/helpers.h"

#include <QAbstractButton>
#include <QPointer>

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

void WizardBase::askBeforeLeaving(Prompter &prompter, const QString &what)
{
    m_prompter = &prompter;
    m_whatIsLost = what;
    button(CancelButton)->setToolTip(tr("Close without changing anything; asks once if something was filled in"));
}

void WizardBase::reject()
{
    // On the first page there is next to nothing to lose.
    if (m_prompter == nullptr || visitedIds().size() < 2) {
        QWizard::reject();
        return;
    }
    m_prompter->confirm(this,
                        {.title = windowTitle(),
                         .text = tr("Close this window and lose what was filled in?"),
                         .detail = m_whatIsLost,
                         .yes = tr("&Discard"),
                         .isRisky = true},
                        [wizard = QPointer<WizardBase>(this)] {
                            if (wizard)
                                wizard->QWizard::reject();
                        });
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
