// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/keepingdialog.h"

#include "models/records/settingranges.h"
#include "models/service/errortext.h"
#include "ui/widgets/fieldnote.h"
#include "ui/widgets/helpers.h"
#include "ui/widgets/settingrows.h"

#include <QDialogButtonBox>
#include <QFormLayout>
#include <QPushButton>
#include <QSpinBox>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;
namespace Ranges = Models::SettingRanges;

namespace Gui {
namespace {

constexpr qint64 megabyte = 1024 * 1024;

QSpinBox *makeSpin(const QString &objectName, const QString &name, Models::SettingRange<int> range, const QString &suffix,
                   const QString &whenZero)
{
    auto *spin = named(new QSpinBox, objectName, name);
    spin->setRange(range.least, range.most);
    spin->setSuffix(suffix);
    spin->setSpecialValueText(range.least == 0 ? whenZero : QString());
    spin->setGroupSeparatorShown(true);
    spin->setMinimumWidth(spin->fontMetrics().averageCharWidth() * 30);
    spin->setSizePolicy(QSizePolicy::Maximum, QSizePolicy::Fixed);
    return spin;
}

int inMegabytes(qint64 bytes)
{
    return static_cast<int>((bytes + megabyte - 1) / megabyte);
}

} // namespace

KeepingDialog::KeepingDialog(Models::Service &service, QWidget *parent)
    : QDialog(parent)
    , m_service(service)
    , m_exchanges(makeSpin(u"keptExchanges"_s, tr("Exchanges in the log"), Ranges::keptExchanges, QString(), QString()))
    , m_megabytes(makeSpin(u"keptMegabytes"_s, tr("Size of the log"), Ranges::keptExchangeMegabytes, tr(" MB"), QString()))
    , m_days(makeSpin(u"keptExchangeDays"_s, tr("Age of exchanges"), Ranges::keptExchangeDays, tr(" days"), tr("as long as there is room")))
    , m_binDays(makeSpin(u"keptBinDays"_s, tr("Time in the bin"), Ranges::keptBinDays, tr(" days"), tr("until it is emptied")))
    , m_backups(makeSpin(u"keptBackups"_s, tr("Automatic backups"), Ranges::keptBackups, QString(), tr("none are made")))
    , m_effects(named(new FieldNote(this), u"keepingEffects"_s, QString()))
    , m_note(named(new FieldNote(this), u"keepingNote"_s, QString()))
{
    setObjectName(u"keepingDialog"_s);
    setWindowTitle(tr("Keeping"));
    setMinimumWidth(fontMetrics().averageCharWidth() * 72);
    m_exchanges->setToolTip(tr("The oldest ones go first"));
    m_megabytes->setToolTip(tr("Of all messages in the log together; the oldest ones go first"));
    m_binDays->setToolTip(tr("What was removed longer ago goes for good, with its keys"));
    m_backups->setToolTip(tr("One is made each day that Scepter runs; the oldest ones go first"));

    auto *layout = new QVBoxLayout(this);
    layout->setSpacing(12);
    auto *form = new QFormLayout;
    m_rows = new SettingRows(form, this);
    const Models::StoreSettings standard;
    m_rows->add(tr("&Exchanges in the log:"), m_exchanges, standard.mostExchanges);
    m_rows->add(tr("&Size of the log:"), m_megabytes, inMegabytes(standard.mostExchangeBytes));
    m_rows->add(tr("Exchanges are kept &for:"), m_days, standard.exchangeDays);
    m_rows->add(tr("What is removed stays in the &bin for:"), m_binDays, standard.binDays);
    m_rows->add(tr("Automatic back&ups:"), m_backups, standard.backups);
    layout->addLayout(form);
    layout->addWidget(m_effects);
    layout->addWidget(m_note);
    layout->addStretch(1);
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Save | QDialogButtonBox::Cancel | QDialogButtonBox::RestoreDefaults, this);
    m_save = named(buttons->button(QDialogButtonBox::Save), u"keepingSave"_s, tr("Save"));
    buttons->button(QDialogButtonBox::Cancel)->setObjectName(u"keepingCancel"_s);
    auto *defaults = named(buttons->button(QDialogButtonBox::RestoreDefaults), u"keepingDefaults"_s, tr("Restore defaults"));
    defaults->setToolTip(tr("Put all of these back to what a new workspace has"));
    connect(defaults, &QPushButton::clicked, m_rows, &SettingRows::resetAll);
    layout->addWidget(buttons);
    connect(buttons, &QDialogButtonBox::accepted, this, &KeepingDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(m_rows, &SettingRows::changed, this, &KeepingDialog::update);
    fill(standard);
    whenDone(m_service.storeSettings(), this, [this](const Models::Result<Models::StoreSettings> &settings) {
        if (!settings) {
            m_note->say(Models::explain(settings.error(), tr("the workspace")));
            return;
        }
        m_isBusy = false;
        fill(*settings);
    });
}

void KeepingDialog::fill(const Models::StoreSettings &settings)
{
    m_stored = settings;
    m_exchanges->setValue(settings.mostExchanges);
    m_megabytes->setValue(inMegabytes(settings.mostExchangeBytes));
    m_days->setValue(settings.exchangeDays);
    m_binDays->setValue(settings.binDays);
    m_backups->setValue(settings.backups);
    m_before = edited();
    update();
}

Models::StoreSettings KeepingDialog::edited() const
{
    Models::StoreSettings settings = m_stored;
    settings.mostExchanges = m_exchanges->value();
    if (m_megabytes->value() != inMegabytes(m_stored.mostExchangeBytes)) // scepctl may have set a size between two of these
        settings.mostExchangeBytes = m_megabytes->value() * megabyte;
    settings.exchangeDays = m_days->value();
    settings.binDays = m_binDays->value();
    settings.backups = m_backups->value();
    return settings;
}

void KeepingDialog::update()
{
    m_rows->refresh();
    m_save->setEnabled(!m_isBusy);
    const Models::StoreSettings now = edited();
    const auto isLess = [](int value, int before) { return value != before && value != 0 && (before == 0 || value < before); };
    QStringList effects;
    if (now.mostExchanges < m_before.mostExchanges || now.mostExchangeBytes < m_before.mostExchangeBytes ||
        isLess(now.exchangeDays, m_before.exchangeDays))
        effects.append(tr("The oldest exchanges go from the log."));
    if (isLess(now.binDays, m_before.binDays))
        effects.append(tr("What was removed longer ago than that goes for good, with its keys."));
    if (now.backups == 0 && m_before.backups != 0)
        effects.append(tr("No backup is made any more; those that are there stay."));
    else if (now.backups < m_before.backups)
        effects.append(tr("The oldest backups go when the next one is made."));
    m_effects->say(Models::Severity::Attention, effects.join(u'\n'));
}

void KeepingDialog::accept()
{
    if (!m_save->isEnabled())
        return;
    m_isBusy = true;
    update();
    whenDone(m_service.setStoreSettings(edited()), this, [this](const Models::Result<void> &stored) {
        m_isBusy = false;
        update();
        if (stored)
            QDialog::accept();
        else
            m_note->say(Models::explain(stored.error(), tr("the workspace")));
    });
}

} // namespace Gui
