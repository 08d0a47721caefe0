// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/serverdialog.h"

#include "models/records/label.h"
#include "models/service/errortext.h"
#include "scep/protocol/requesturl.h"
#include "ui/widgets/extrasform.h"
#include "ui/widgets/fieldnote.h"
#include "ui/widgets/helpers.h"
#include "ui/widgets/roleoverrideform.h"
#include "ui/widgets/serversettingsform.h"
#include "ui/widgets/texts.h"
#include "ui/widgets/trustform.h"

#include <QCheckBox>
#include <QDialogButtonBox>
#include <QFormLayout>
#include <QLineEdit>
#include <QPushButton>
#include <QTabWidget>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace Gui {
namespace {

QWidget *padded(std::initializer_list<QWidget *> contents)
{
    auto *page = new QWidget;
    auto *layout = new QVBoxLayout(page);
    layout->setSpacing(16);
    for (QWidget *content : contents)
        layout->addWidget(content);
    if (contents.size() > 1)
        layout->addStretch(1);
    return page;
}

} // namespace

ServerDialog::ServerDialog(Models::Service &service, Prompter &prompter, const Models::ServerRecord &record, QWidget *parent)
    : QDialog(parent)
    , m_service(service)
    , m_before(record)
    , m_label(named(new QLineEdit(m_before.server.label, this), u"settingsLabelEdit"_s, tr("Label")))
    , m_description(named(new QLineEdit(m_before.server.description, this), u"settingsDescriptionEdit"_s, tr("Description")))
    , m_url(named(new QLineEdit(m_before.server.url.toString(), this), u"settingsUrlEdit"_s, tr("URL")))
    , m_caIdentifier(named(new QLineEdit(m_before.server.caIdentifier, this), u"settingsCaIdentifierEdit"_s, tr("CA identifier")))
    , m_enabled(named(new QCheckBox(tr("&Enabled: requests are sent and renewed"), this), u"settingsEnabledCheck"_s, tr("Enabled")))
    , m_urlNote(named(new FieldNote(this), u"settingsUrlNote"_s, QString()))
    , m_effects(named(new FieldNote(this), u"settingsEffects"_s, QString()))
    , m_reason(named(new FieldNote(this), u"settingsReason"_s, QString()))
    , m_note(named(new FieldNote(this), u"settingsNote"_s, QString()))
    , m_settings(new ServerSettingsForm(prompter, this))
    , m_trust(new TrustForm(
          service, prompter, record,
          [this]() -> std::optional<Scep::EnrollmentServer> { return problem().isEmpty() ? std::optional(edited()) : std::nullopt; }, this))
    , m_roles(new RoleOverrideForm(record.knowledge.offered, m_before.server.roleOverride, this))
    , m_extras(new ExtrasForm(record.extras, this))
{
    setObjectName(u"serverDialog"_s);
    setWindowTitle(tr("Settings of %1").arg(m_before.server.label));
    resizeToText(this, 118, 50);
    m_enabled->setChecked(m_before.server.isEnabled);
    m_settings->setServer(m_before.server, record.knowledge.capabilities);
    m_label->setMaxLength(std::max<int>(Models::longestLabel, int(m_before.server.label.size())));

    auto *layout = new QVBoxLayout(this);
    auto *form = new QFormLayout;
    form->addRow(tr("&Label:"), m_label);
    form->addRow(tr("Descri&ption:"), m_description);
    form->addRow(tr("&URL:"), m_url);
    form->addRow(QString(), m_urlNote);
    form->addRow(tr("CA &identifier:"), m_caIdentifier);
    form->addRow(QString(), m_enabled);
    layout->addLayout(form);
    auto *tabs = named(new QTabWidget(this), u"settingsTabs"_s, tr("Parts of the settings"));
    tabs->addTab(padded({m_settings}), tr("Pr&otocol"));
    tabs->addTab(padded({m_trust, m_roles}), tr("Trust, CA and &RA"));
    tabs->addTab(padded({m_extras}), tr("&Tags and notes"));
    layout->addWidget(tabs, 1);
    layout->addWidget(m_effects);
    layout->addWidget(m_reason);
    layout->addWidget(m_note);
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Save | QDialogButtonBox::Cancel | QDialogButtonBox::RestoreDefaults, this);
    m_save = named(buttons->button(QDialogButtonBox::Save), u"settingsSave"_s, tr("Save"));
    buttons->button(QDialogButtonBox::Cancel)->setObjectName(u"settingsCancel"_s);
    auto *defaults = named(buttons->button(QDialogButtonBox::RestoreDefaults), u"settingsDefaults"_s, tr("Restore defaults"));
    defaults->setToolTip(tr("Put protocol settings and the choice of CA and RA certificates back to what a new server has; address, "
                            "trust, tags and notes stay"));
    connect(defaults, &QPushButton::clicked, this, &ServerDialog::restoreDefaults);
    layout->addWidget(buttons);
    connect(buttons, &QDialogButtonBox::accepted, this, &ServerDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    for (QLineEdit *edit : {m_label, m_url, m_caIdentifier})
        connect(edit, &QLineEdit::textChanged, this, &ServerDialog::update);
    connect(m_description, &QLineEdit::textChanged, this, &ServerDialog::update);
    connect(m_enabled, &QCheckBox::toggled, this, &ServerDialog::update);
    connect(m_settings, &ServerSettingsForm::changed, this, &ServerDialog::update);
    connect(m_trust, &TrustForm::changed, this, &ServerDialog::update);
    connect(m_roles, &RoleOverrideForm::changed, this, &ServerDialog::update);
    update();
}

void ServerDialog::restoreDefaults()
{
    m_settings->restoreDefaults();
    m_roles->restoreDefaults();
    update();
}

QString ServerDialog::problem() const
{
    // A label that an older Scepter took is no reason while it stays.
    const QString label = m_label->text().trimmed();
    if (label != m_before.server.label) {
        if (const auto checked = Models::checkLabel(label); !checked)
            return fieldErrorText(checked.error(), tr("the label"));
    }
    const bool isUrlTouched = m_url->text() != m_before.server.url.toString();
    if (const auto url = Scep::serverUrlFromText(m_url->text()); !url && isUrlTouched)
        return fieldErrorText(url.error(), tr("this URL"));
    if (const QString problem = m_settings->problem(); !problem.isEmpty())
        return tr("%1 (Protocol)").arg(problem);
    return m_roles->isValid() ? QString() : tr("Say why the automatic choice of certificates is wrong (Trust, CA and RA).");
}

Scep::EnrollmentServer ServerDialog::edited() const
{
    Scep::EnrollmentServer server = m_before.server;
    if (m_label->text() != server.label)
        server.label = m_label->text().trimmed();
    if (m_description->text() != server.description)
        server.description = m_description->text().trimmed();
    if (m_url->text() != server.url.toString())
        server.url = Scep::serverUrlFromText(m_url->text()).value_or(server.url);
    if (m_caIdentifier->text() != server.caIdentifier)
        server.caIdentifier = m_caIdentifier->text().trimmed();
    server.isEnabled = m_enabled->isChecked();
    m_settings->applyTo(server);
    server.anchor = m_trust->anchor();
    server.roleOverride = m_roles->roleOverride();
    return server;
}

void ServerDialog::update()
{
    if (const auto url = Scep::serverUrlFromText(m_url->text()))
        m_urlNote->clear();
    else
        m_urlNote->say(Models::Severity::Bad, fieldErrorText(url.error(), tr("this URL")));
    const QString reason = problem();
    m_save->setEnabled(reason.isEmpty() && !m_isBusy);
    if (reason.isEmpty()) {
        m_reason->clear();
        showEffects(*m_effects, Scep::changeEffects(m_before.server, edited(), m_before.knowledge));
    } else {
        m_reason->say(Models::Severity::Attention, tr("Cannot be saved yet: %1").arg(reason));
        m_effects->clear();
    }
}

void ServerDialog::accept()
{
    if (!m_save->isEnabled())
        return;
    m_isBusy = true;
    update();
    m_note->say(Models::Severity::Busy, tr("Storing …"));
    whenDone(m_service.updateServer(edited(), m_extras->extras()), this, [this](const Models::Result<void> &result) {
        m_isBusy = false;
        m_note->clear();
        update();
        if (!result)
            m_note->say(Models::explain(result.error(), tr("server %1").arg(m_before.server.label)));
        else
            QDialog::accept();
    });
}

} // namespace Gui
