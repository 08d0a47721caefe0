// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/requestdialog.h"

#include "models/items/servermodel.h"
#include "models/records/label.h"
#include "models/service/errortext.h"
#include "scep/protocol/identifiers.h"
#include "ui/widgets/deliveryform.h"
#include "ui/widgets/extrasform.h"
#include "ui/widgets/fieldnote.h"
#include "ui/widgets/helpers.h"
#include "ui/widgets/icons.h"
#include "ui/widgets/keptsecretedit.h"
#include "ui/widgets/keyform.h"
#include "ui/widgets/keysourcerow.h"
#include "ui/widgets/nameeditor.h"
#include "ui/widgets/renewalruleform.h"
#include "ui/widgets/saneditor.h"
#include "ui/widgets/scrolledpage.h"
#include "ui/widgets/secretedit.h"
#include "ui/widgets/settingrows.h"
#include "ui/widgets/texts.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QFormLayout>
#include <QLineEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QTabWidget>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace Gui {
namespace {

constexpr int subjectTab = 1;

} // namespace

RequestDialog::RequestDialog(Models::Service &service, Prompter &prompter, const Models::RequestRecord &record, QWidget *parent)
    : QDialog(parent)
    , m_service(service)
    , m_record(record)
    , m_before(record.request)
    , m_tabs(named(new QTabWidget(this), u"requestTabs"_s, tr("Parts of the request")))
    , m_label(named(new QLineEdit(m_before.label, this), u"requestLabelEdit"_s, tr("Label")))
    , m_server(named(new QComboBox(this), u"requestServerCombo"_s, tr("Server")))
    , m_enabled(named(new QCheckBox(tr("&Enabled: enrolls and renews by itself"), this), u"requestEnabledCheck"_s, tr("Enabled")))
    , m_renewal(named(new RenewalRuleForm(this), u"requestRenewal"_s, tr("Renewal rule")))
    , m_challenge(new KeptSecretEdit(u"requestChallengeEdit"_s, tr("Challenge"), this))
    , m_transactionId(named(new QLineEdit(m_before.transactionIdOverride, this), u"transactionIdEdit"_s, tr("Transaction identifier")))
    , m_transactionIdNote(named(new FieldNote(this), u"transactionIdNote"_s, QString()))
    , m_name(new NameEditor(this))
    , m_alternativeNames(new SanEditor(this))
    , m_keySource(new KeySourceRow(prompter, this))
    , m_key(new KeyForm(this))
    , m_extras(new ExtrasForm(record.extras, this))
    , m_delivery(new DeliveryForm(prompter, this))
    , m_effects(named(new FieldNote(this), u"requestEffects"_s, QString()))
    , m_reason(named(new FieldNote(this), u"requestReason"_s, QString()))
    , m_note(named(new FieldNote(this), u"requestNote"_s, QString()))
{
    setObjectName(u"requestDialog"_s);
    setWindowTitle(tr("Settings of %1").arg(m_before.label));
    resizeToText(this, 122, 46);
    m_tabs->addTab(makeScrolledPage(buildGeneral()), tr("General"));
    m_tabs->addTab(makeScrolledPage(buildSubject()), tr("Subject"));
    m_tabs->addTab(makeScrolledPage(buildKey()), tr("Key and purpose"));
    m_tabs->addTab(makeScrolledPage(m_delivery), tr("Delivery"));
    auto *extras = new QWidget;
    auto *extrasLayout = new QVBoxLayout(extras);
    extrasLayout->addWidget(m_extras);
    m_tabs->addTab(extras, tr("Tags and notes"));
    fill();

    auto *layout = new QVBoxLayout(this);
    layout->addWidget(m_tabs, 1);
    layout->addWidget(m_effects);
    layout->addWidget(m_reason);
    layout->addWidget(m_note);
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Save | QDialogButtonBox::Cancel | QDialogButtonBox::RestoreDefaults, this);
    m_save = named(buttons->button(QDialogButtonBox::Save), u"requestSave"_s, tr("Save"));
    buttons->button(QDialogButtonBox::Cancel)->setObjectName(u"requestCancel"_s);
    auto *defaults = named(buttons->button(QDialogButtonBox::RestoreDefaults), u"requestDefaults"_s, tr("Restore defaults"));
    defaults->setToolTip(
        tr("Put key, purpose, renewal and transaction identifier back to what a new request has; names, server, challenge, "
           "delivery, tags and notes stay"));
    connect(defaults, &QPushButton::clicked, this, &RequestDialog::restoreDefaults);
    layout->addWidget(buttons);
    connect(buttons, &QDialogButtonBox::accepted, this, &RequestDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(m_label, &QLineEdit::textChanged, this, &RequestDialog::update);
    connect(m_server, &QComboBox::currentIndexChanged, this, &RequestDialog::update);
    connect(m_rows, &SettingRows::changed, this, &RequestDialog::update);
    connect(m_renewal, &RenewalRuleForm::changed, this, &RequestDialog::update);
    connect(m_challenge, &KeptSecretEdit::changed, this, &RequestDialog::update);
    connect(m_name, &NameEditor::changed, this, &RequestDialog::update);
    connect(m_alternativeNames, &SanEditor::changed, this, &RequestDialog::update);
    connect(m_keySource, &KeySourceRow::changed, this, &RequestDialog::keySourceChanged);
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

QWidget *RequestDialog::buildGeneral()
{
    m_label->setMaxLength(std::max<int>(Models::longestLabel, int(m_before.label.size())));
    m_server->setToolTip(tr("Which server issues the next certificate"));
    m_server->setSizePolicy(QSizePolicy::Maximum, QSizePolicy::Fixed);
    m_renewal->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    m_enabled->setToolTip(tr("Without it, nothing begins unless somebody asks for it; what is under way goes on"));
    m_challenge->line()->setToolTip(tr("For the next transaction; kept encrypted, never shown, and wiped as soon as the transaction ends"));
    m_transactionId->setPlaceholderText(tr("made by Scepter"));
    m_transactionId->setMinimumWidth(m_transactionId->fontMetrics().averageCharWidth() * 44);
    m_transactionId->setToolTip(tr("Only for servers that hand out the identifier of the transaction beforehand"));
    auto *page = new QWidget;
    QFormLayout *form = makePageForm(page);
    m_rows = new SettingRows(form, this);
    form->addRow(tr("&Label:"), m_label);
    form->addRow(tr("Ser&ver:"), m_server);
    m_rows->add({}, m_enabled, true);
    m_rows->add(
        tr("&Renew:"), m_renewal, m_renewal, [this] { return m_renewal->rule() == Scep::RenewalRule(); },
        [this] { m_renewal->setRule({}); });
    form->addRow(rowLabel(tr("C&hallenge:"), m_challenge), m_challenge);
    m_rows->add(tr("Transaction &ID:"), m_transactionId, QString());
    form->addRow(QString(), m_transactionIdNote);
    return page;
}

QWidget *RequestDialog::buildSubject()
{
    auto *page = new QWidget;
    auto *layout = new QVBoxLayout(page);
    layout->setSpacing(10);
    layout->addWidget(m_name);
    QLabel *heading = plainLabel(tr("Alternative names"), page);
    QFont font = heading->font();
    font.setBold(true);
    heading->setFont(font);
    layout->addWidget(heading);
    layout->addWidget(m_alternativeNames, 1);
    return page;
}

QWidget *RequestDialog::buildKey()
{
    auto *page = new QWidget;
    auto *layout = new QVBoxLayout(page);
    layout->setSpacing(12);
    layout->addWidget(m_keySource);
    layout->addWidget(m_key, 1);
    return page;
}

void RequestDialog::listServers()
{
    const Models::ServerModel *servers = m_service.servers();
    for (int row = 0; row < servers->rowCount(); ++row) {
        if (const Models::ServerRecord *record = servers->record(servers->index(row, 0)))
            m_server->addItem(severityIcon(Models::serverStatus(*record).severity), Models::safeText(record->server.label),
                              record->server.id.value);
    }
    m_server->setCurrentIndex(m_server->findData(m_before.server.value));
}

void RequestDialog::fill()
{
    listServers();
    m_enabled->setChecked(m_before.isEnabled);
    m_renewal->setRule(m_before.renewal);
    m_challenge->setKept(m_record.hasChallenge);
    m_name->setText(m_before.subject.toText());
    m_shownName = m_name->name();
    m_alternativeNames->setNames(m_before.subjectAlternativeNames);
    m_shownNames = m_alternativeNames->names();
    m_key->setRequest(m_before);
    if (m_record.hasProvidedCsr && !m_record.hasProvidedKey)
        m_keySource->setUsual(tr("The next certificate is asked for with the request that the device made."));
    else if (m_record.hasProvidedKey)
        m_keySource->setUsual(tr("The next certificate is asked for with the key that was given."));
    else if (m_record.needsDeviceCsr())
        m_keySource->setUsual(tr("Only the device has the key."), Models::Severity::Attention,
                              tr("It cannot be renewed from here: let the device make a new certificate request, and choose its file."));
    else if (m_record.current && m_before.reusesKeyOnRenewal)
        m_keySource->setUsual(tr("The next certificate gets the key of the present one."));
}

void RequestDialog::restoreDefaults()
{
    m_rows->resetAll();
    m_key->restoreDefaults();
    update();
}

void RequestDialog::keySourceChanged()
{
    // The names are the device's: they are shown here before they are stored.
    const Pki::CertificationRequest &request = m_keySource->request();
    m_name->setText((request.isNull() ? m_before.subject : request.subject()).toText());
    m_alternativeNames->setNames(request.isNull() ? m_before.subjectAlternativeNames : request.subjectAlternativeNames());
    m_name->setEnabled(request.isNull());
    m_alternativeNames->setEnabled(request.isNull());
    m_key->setEnabled(request.isNull());
    update();
}

Scep::EnrollmentRequest RequestDialog::edited() const
{
    Scep::EnrollmentRequest request = m_before;
    if (m_label->text() != m_before.label)
        request.label = m_label->text().trimmed();
    if (m_server->currentIndex() >= 0)
        request.server = Scep::ServerId{m_server->currentData().toLongLong()};
    request.isEnabled = m_enabled->isChecked();
    request.renewal = m_renewal->rule();
    if (m_transactionId->text() != m_before.transactionIdOverride)
        request.transactionIdOverride = m_transactionId->text().trimmed();
    if (!(m_name->name() == m_shownName))
        request.subject = m_name->name();
    if (!(m_alternativeNames->names() == m_shownNames))
        request.subjectAlternativeNames = m_alternativeNames->names();
    m_key->applyTo(request);
    return request;
}

QString RequestDialog::problem() const
{
    const QString label = m_label->text().trimmed();
    if (label != m_before.label) {
        if (const auto checked = Models::checkLabel(label); !checked)
            return fieldErrorText(checked.error(), tr("the label"));
    }
    const QString id = m_transactionId->text().trimmed();
    if (!id.isEmpty() && id != m_before.transactionIdOverride) {
        if (const auto checked = Scep::TransactionId::fromText(id); !checked)
            return fieldErrorText(checked.error(), tr("the transaction identifier"));
    }
    // No name at all is right for a request whose names come with the device's own.
    if (!m_name->isValid() && !(m_name->isEmpty() && m_before.subject.isEmpty()))
        return tr("the subject cannot be used as it is (Subject).");
    if (!m_alternativeNames->isValid())
        return tr("the alternative names cannot be read (Subject).");
    if (const QString problem = m_key->problem(); !problem.isEmpty())
        return tr("%1 (Key and purpose)").arg(problem);
    if (const QString problem = m_delivery->problem(); !problem.isEmpty())
        return tr("%1 (Delivery)").arg(problem);
    return {};
}

void RequestDialog::update()
{
    m_rows->refresh();
    const QString id = m_transactionId->text().trimmed();
    const auto checked = id.isEmpty() ? Pki::Result<Scep::TransactionId>() : Scep::TransactionId::fromText(id);
    if (checked)
        m_transactionIdNote->clear();
    else
        m_transactionIdNote->say(Models::Severity::Bad, fieldErrorText(checked.error(), tr("this identifier")));
    const QString reason = problem();
    m_save->setEnabled(reason.isEmpty() && !m_isBusy);
    if (!reason.isEmpty()) {
        m_reason->say(Models::Severity::Attention, tr("Cannot be saved yet: %1").arg(reason));
        m_effects->clear();
        return;
    }
    m_reason->clear();
    showEffects(*m_effects, Scep::changeEffects(m_before, edited(), m_record.transaction));
}

void RequestDialog::accept()
{
    if (!m_save->isEnabled())
        return;
    if (m_alternativeNames->isEnabled() && !m_alternativeNames->takePending()) {
        m_tabs->setCurrentIndex(subjectTab); // a name was typed there, but it is none
        return;
    }
    m_isBusy = true;
    update();
    m_note->say(Models::Severity::Busy, tr("Storing …"));
    const Models::RequestEdit edit{.request = edited(),
                                   .extras = m_extras->extras(),
                                   .delivery = m_delivery->delivery(),
                                   .deliveryPassphrase = m_delivery->passphrase(),
                                   .challenge = m_challenge->secret(),
                                   .csr = m_keySource->request(),
                                   .key = m_keySource->key()};
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
