// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/requestdialog.h"

#include "models/service/errortext.h"
#include "ui/widgets/deliveryform.h"
#include "ui/widgets/extrasform.h"
#include "ui/widgets/fieldnote.h"
#include "ui/widgets/helpers.h"
#include "ui/widgets/keyform.h"
#include "ui/widgets/nameeditor.h"
#include "ui/widgets/renewalruleform.h"
#include "ui/widgets/saneditor.h"
#include "ui/widgets/texts.h"

#include <QDialogButtonBox>
#include <QFormLayout>
#include <QLineEdit>
#include <QPushButton>
#include <QTabWidget>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace Gui {
namespace {

QWidget *subjectPage(NameEditor *name, SanEditor *alternativeNames)
{
    auto *page = new QWidget;
    auto *layout = new QVBoxLayout(page);
    layout->setSpacing(10);
    layout->addWidget(name);
    QLabel *heading = plainLabel(RequestDialog::tr("Alternative names"), page);
    QFont font = heading->font();
    font.setBold(true);
    heading->setFont(font);
    layout->addWidget(heading);
    layout->addWidget(alternativeNames, 1);
    return page;
}

QWidget *keyPage(KeyForm *key)
{
    auto *page = new QWidget;
    auto *layout = new QVBoxLayout(page);
    layout->addWidget(key);
    return page;
}

} // namespace

RequestDialog::RequestDialog(Models::Service &service, Prompter &prompter, const Models::RequestRecord &record, QWidget *parent)
    : QDialog(parent)
    , m_service(service)
    , m_before(record.request)
    , m_tabs(named(new QTabWidget(this), u"requestTabs"_s, tr("Parts of the request")))
    , m_label(named(new QLineEdit(m_before.label, this), u"requestLabelEdit"_s, tr("Label")))
    , m_renewal(new RenewalRuleForm(this))
    , m_name(new NameEditor(this))
    , m_alternativeNames(new SanEditor(this))
    , m_key(new KeyForm(this))
    , m_extras(new ExtrasForm(record.extras, this))
    , m_delivery(new DeliveryForm(prompter, this))
    , m_effects(named(new FieldNote(this), u"requestEffects"_s, QString()))
    , m_note(named(new FieldNote(this), u"requestNote"_s, QString()))
{
    setObjectName(u"requestDialog"_s);
    setWindowTitle(tr("Settings of %1").arg(m_before.label));
    resizeToText(this, 112, 46);
    m_label->setMaxLength(64);
    m_renewal->setRule(m_before.renewal);
    m_name->setText(m_before.subject.toText());
    m_alternativeNames->setNames(m_before.subjectAlternativeNames);
    m_key->setRequest(m_before);

    auto *general = new QWidget;
    QFormLayout *form = makePageForm(general);
    form->addRow(tr("&Label:"), m_label);
    form->addRow(rowLabel(tr("&Renew:"), m_renewal), m_renewal);
    form->addRow(m_extras);
    m_tabs->addTab(general, tr("&General"));
    m_tabs->addTab(subjectPage(m_name, m_alternativeNames), tr("&Subject"));
    m_tabs->addTab(keyPage(m_key), tr("&Key and purpose"));
    m_tabs->addTab(m_delivery, tr("&Delivery"));

    auto *layout = new QVBoxLayout(this);
    layout->addWidget(m_tabs, 1);
    layout->addWidget(m_effects);
    layout->addWidget(m_note);
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Save | QDialogButtonBox::Cancel | QDialogButtonBox::RestoreDefaults, this);
    m_save = named(buttons->button(QDialogButtonBox::Save), u"requestSave"_s, tr("Save"));
    buttons->button(QDialogButtonBox::Cancel)->setObjectName(u"requestCancel"_s);
    auto *defaults = named(buttons->button(QDialogButtonBox::RestoreDefaults), u"requestDefaults"_s, tr("Restore defaults"));
    defaults->setToolTip(tr("Put key, purpose and renewal back to what a new request has"));
    connect(defaults, &QPushButton::clicked, this, [this] {
        const Scep::EnrollmentRequest request = Scep::withDefaults(edited());
        m_renewal->setRule(request.renewal);
        m_key->setRequest(request);
        update();
    });
    layout->addWidget(buttons);
    connect(buttons, &QDialogButtonBox::accepted, this, &RequestDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(m_label, &QLineEdit::textChanged, this, &RequestDialog::update);
    connect(m_renewal, &RenewalRuleForm::changed, this, &RequestDialog::update);
    connect(m_name, &NameEditor::changed, this, &RequestDialog::update);
    connect(m_alternativeNames, &SanEditor::changed, this, &RequestDialog::update);
    connect(m_key, &KeyForm::changed, this, &RequestDialog::update);
    connect(m_delivery, &DeliveryForm::changed, this, &RequestDialog::update);
    update();
    whenDone(m_service.deliverySetup(m_before.id), this, [this](const Models::Result<Models::DeliverySetup> &setup) {
        if (!setup) {
            m_note->say(Models::explain(setup.error(), tr("request %1").arg(m_before.label)));
            return;
        }
        m_delivery->setDelivery(setup->rule, setup->hasPassphrase);
        m_isBusy = false;
        update();
    });
}

Scep::EnrollmentRequest RequestDialog::edited() const
{
    Scep::EnrollmentRequest request = m_before;
    request.label = m_label->text().trimmed();
    request.renewal = m_renewal->rule();
    request.subject = m_name->name();
    request.subjectAlternativeNames = m_alternativeNames->names();
    m_key->applyTo(request);
    return request;
}

void RequestDialog::update()
{
    const bool isGood = !m_label->text().trimmed().isEmpty() && m_name->isValid() && m_alternativeNames->isValid() && m_key->isValid() &&
                        m_delivery->isValid();
    m_save->setEnabled(isGood && !m_isBusy);
    if (isGood)
        showEffects(*m_effects, Scep::changeEffects(m_before, edited()));
    else
        m_effects->clear();
}

void RequestDialog::accept()
{
    if (!m_save->isEnabled())
        return;
    m_isBusy = true;
    update();
    m_note->say(Models::Severity::Busy, tr("Storing …"));
    const Models::RequestEdit edit{edited(), m_extras->extras(), m_delivery->delivery(), m_delivery->passphrase()};
    whenDone(m_service.updateRequest(edit), this, [this](const Models::Result<void> &result) {
        m_isBusy = false;
        m_note->clear();
        update();
        if (!result)
            m_note->say(Models::explain(result.error(), tr("request %1").arg(m_before.label)));
        else
            QDialog::accept();
    });
}

} // namespace Gui
