// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/serverdialog.h"

#include "models/service/errortext.h"
#include "scep/protocol/requesturl.h"
#include "ui/widgets/extrasform.h"
#include "ui/widgets/fieldnote.h"
#include "ui/widgets/helpers.h"
#include "ui/widgets/roleoverrideform.h"
#include "ui/widgets/serversettingsform.h"
#include "ui/widgets/texts.h"

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

QWidget *padded(QWidget *content)
{
    auto *page = new QWidget;
    auto *layout = new QVBoxLayout(page);
    layout->addWidget(content);
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
    , m_note(named(new FieldNote(this), u"settingsNote"_s, QString()))
    , m_settings(new ServerSettingsForm(prompter, this))
    , m_roles(new RoleOverrideForm(record.knowledge.offered, m_before.server.roleOverride, this))
    , m_extras(new ExtrasForm(record.extras, this))
{
    setObjectName(u"serverDialog"_s);
    setWindowTitle(tr("Settings of %1").arg(m_before.server.label));
    resizeToText(this, 112, 50);
    m_enabled->setChecked(m_before.server.isEnabled);
    m_settings->setServer(m_before.server, record.knowledge.capabilities);
    m_label->setMaxLength(64);

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
    tabs->addTab(padded(m_settings), tr("&Protocol"));
    tabs->addTab(padded(m_roles), tr("CA and &RA"));
    tabs->addTab(padded(m_extras), tr("&Notes"));
    layout->addWidget(tabs, 1);
    layout->addWidget(m_effects);
    layout->addWidget(m_note);
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Save | QDialogButtonBox::Cancel | QDialogButtonBox::RestoreDefaults, this);
    m_save = named(buttons->button(QDialogButtonBox::Save), u"settingsSave"_s, tr("Save"));
    buttons->button(QDialogButtonBox::Cancel)->setObjectName(u"settingsCancel"_s);
    auto *defaults = named(buttons->button(QDialogButtonBox::RestoreDefaults), u"settingsDefaults"_s, tr("Restore defaults"));
    defaults->setToolTip(tr("Put every setting below the CA identifier back to what a new server has"));
    connect(defaults, &QPushButton::clicked, this, [this] {
        m_settings->setServer(Scep::withDefaults(m_before.server), m_before.knowledge.capabilities);
        update();
    });
    layout->addWidget(buttons);
    connect(buttons, &QDialogButtonBox::accepted, this, &ServerDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    for (QLineEdit *edit : {m_label, m_url, m_caIdentifier})
        connect(edit, &QLineEdit::textChanged, this, &ServerDialog::update);
    connect(m_description, &QLineEdit::textChanged, this, &ServerDialog::update);
    connect(m_enabled, &QCheckBox::toggled, this, &ServerDialog::update);
    connect(m_settings, &ServerSettingsForm::changed, this, &ServerDialog::update);
    connect(m_roles, &RoleOverrideForm::changed, this, &ServerDialog::update);
    update();
}

std::optional<Scep::EnrollmentServer> ServerDialog::edited() const
{
    const auto url = Scep::serverUrlFromText(m_url->text());
    if (!url || m_label->text().trimmed().isEmpty() || !m_settings->isValid() || !m_roles->isValid())
        return std::nullopt;
    Scep::EnrollmentServer server = m_before.server;
    server.label = m_label->text().trimmed();
    server.description = m_description->text().trimmed();
    server.url = *url;
    server.caIdentifier = m_caIdentifier->text().trimmed();
    server.isEnabled = m_enabled->isChecked();
    m_settings->applyTo(server);
    server.roleOverride = m_roles->roleOverride();
    return server;
}

void ServerDialog::update()
{
    if (const auto url = Scep::serverUrlFromText(m_url->text()))
        m_urlNote->clear();
    else
        m_urlNote->say(Models::Severity::Bad, fieldErrorText(url.error(), tr("this URL")));
    const auto server = edited();
    m_save->setEnabled(server && !m_isBusy);
    if (server)
        showEffects(*m_effects, Scep::changeEffects(m_before.server, *server, m_before.knowledge));
    else
        m_effects->clear();
}

void ServerDialog::accept()
{
    const auto server = edited();
    if (!m_save->isEnabled() || !server)
        return;
    m_isBusy = true;
    update();
    m_note->say(Models::Severity::Busy, tr("Storing …"));
    whenDone(m_service.updateServer(*server, m_extras->extras()), this, [this](const Models::Result<void> &result) {
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
