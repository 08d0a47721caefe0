// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/wizards/deliverypage.h"

#include "ui/widgets/deliveryform.h"
#include "ui/widgets/extrasform.h"
#include "ui/widgets/scrolledpage.h"

#include <QScrollArea>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace Gui {

DeliveryPage::DeliveryPage(RequestDraft &draft, Prompter &prompter)
    : WizardPage(u"deliveryPage"_s, tr("Delivery, tags and notes"),
                 tr("Optional: press Next to skip it. The first certificate is delivered, too; all of it can be changed later."))
    , m_draft(draft)
    , m_delivery(new DeliveryForm(prompter))
    , m_extras(new ExtrasForm({}))
{
    auto *content = new QWidget;
    auto *inside = new QVBoxLayout(content);
    inside->setContentsMargins(0, 0, 0, 0);
    inside->addWidget(m_delivery);
    inside->addWidget(m_extras);
    inside->addStretch(1);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(makeScrolledPage(content, this));
    connect(m_delivery, &DeliveryForm::changed, this, &QWizardPage::completeChanged);
}

bool DeliveryPage::isComplete() const
{
    return m_delivery->problem().isEmpty();
}

bool DeliveryPage::validatePage()
{
    m_draft.companions.delivery = m_delivery->delivery();
    m_draft.companions.deliveryPassphrase = m_delivery->passphrase();
    m_draft.companions.extras = m_extras->extras();
    return true;
}

} // namespace Gui
