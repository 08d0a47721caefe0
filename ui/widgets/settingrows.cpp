// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/settingrows.h"

#include "ui/widgets/durationedit.h"
#include "ui/widgets/helpers.h"
#include "ui/widgets/icons.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QSpinBox>
#include <QToolButton>

using namespace Qt::StringLiterals;

namespace Gui {

SettingRows::SettingRows(QFormLayout *form, QObject *parent)
    : QObject(parent)
    , m_form(form)
{}

void SettingRows::add(const QString &label, QComboBox *field, const QVariant &standard)
{
    add(
        label, field, field, [field, standard] { return field->currentData() == standard; },
        [field, standard] { field->setCurrentIndex(field->findData(standard)); });
    connect(field, &QComboBox::currentIndexChanged, this, &SettingRows::changed);
}

void SettingRows::add(const QString &label, QCheckBox *field, bool standard)
{
    add(
        label, field, field, [field, standard] { return field->isChecked() == standard; },
        [field, standard] { field->setChecked(standard); });
    connect(field, &QCheckBox::toggled, this, &SettingRows::changed);
}

void SettingRows::add(const QString &label, DurationEdit *field, std::chrono::seconds standard)
{
    add(
        label, field, field->focusProxy(), [field, standard] { return field->value() == standard; },
        [field, standard] { field->setValue(standard); });
    connect(field, &DurationEdit::changed, this, &SettingRows::changed);
}

void SettingRows::add(const QString &label, QSpinBox *field, int standard)
{
    add(label, field, field, [field, standard] { return field->value() == standard; }, [field, standard] { field->setValue(standard); });
    connect(field, &QSpinBox::valueChanged, this, &SettingRows::changed);
}

void SettingRows::add(const QString &label, QDoubleSpinBox *field, double standard)
{
    add(
        label, field, field, [field, standard] { return qFuzzyCompare(field->value(), standard); },
        [field, standard] { field->setValue(standard); });
    connect(field, &QDoubleSpinBox::valueChanged, this, &SettingRows::changed);
}

void SettingRows::add(const QString &label, QLineEdit *field, const QString &standard)
{
    add(label, field, field, [field, standard] { return field->text() == standard; }, [field, standard] { field->setText(standard); });
    connect(field, &QLineEdit::textChanged, this, &SettingRows::changed);
}

void SettingRows::add(const QString &label, QWidget *field, QWidget *named, std::function<bool()> isStandard, std::function<void()> reset)
{
    const QString name = named->accessibleName();
    auto *button = Gui::named(new QToolButton, named->objectName() + u"Reset"_s, tr("Restore the default of: %1").arg(name));
    button->setToolTip(button->accessibleName());
    button->setIcon(icon(u"reset"_s));
    button->setAutoRaise(true);
    button->setFocusPolicy(Qt::StrongFocus);
    QSizePolicy policy = button->sizePolicy();
    policy.setRetainSizeWhenHidden(true);
    button->setSizePolicy(policy);
    auto *holder = new QWidget;
    auto *row = new QHBoxLayout(holder);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(4);
    const bool grows = field->sizePolicy().horizontalPolicy() & QSizePolicy::ExpandFlag && qobject_cast<QLineEdit *>(field) == nullptr;
    row->addWidget(field, grows ? 1 : 0);
    row->addWidget(button, 0, grows ? Qt::AlignTop : Qt::Alignment());
    row->addStretch(grows ? 0 : 1);
    holder->setFocusProxy(field);
    if (label.isEmpty())
        m_form->addRow(QString(), holder);
    else
        m_form->addRow(rowLabel(label, field), holder);
    button->setVisible(false);
    m_rows.append({button, std::move(isStandard), reset});
    connect(button, &QToolButton::clicked, this, [this, field, reset = std::move(reset)] {
        field->setFocus(Qt::OtherFocusReason); // the button goes away
        reset();
        refresh();
        emit changed();
    });
}

void SettingRows::refresh()
{
    for (const Row &row : std::as_const(m_rows))
        row.button->setVisible(!row.isStandard());
}

void SettingRows::resetAll()
{
    for (const Row &row : std::as_const(m_rows)) {
        if (!row.isStandard())
            row.reset();
    }
    refresh();
    emit changed();
}

} // namespace Gui
