// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QString>

#include <chrono>
#include <functional>

class QCheckBox;
class QComboBox;
class QDoubleSpinBox;
class QFormLayout;
class QLineEdit;
class QSpinBox;
class QToolButton;
class QVariant;
class QWidget;

namespace Gui {

class DurationEdit;

/// Rows of a form, each with a small button behind the field that puts the setting back to its default. The button is there only while the
/// setting differs from it, and is reached with Tab from the field.
class SettingRows final : public QObject
{
    Q_OBJECT

public:
    explicit SettingRows(QFormLayout *form, QObject *parent = nullptr);

    /// `label` empty: the field has its name in itself.
    void add(const QString &label, QComboBox *field, const QVariant &standard);
    void add(const QString &label, QCheckBox *field, bool standard);
    void add(const QString &label, DurationEdit *field, std::chrono::seconds standard);
    void add(const QString &label, QSpinBox *field, int standard);
    void add(const QString &label, QDoubleSpinBox *field, double standard);
    void add(const QString &label, QLineEdit *field, const QString &standard);
    /// For fields of other kinds. `named` gives the button its name: "NAMEReset".
    void add(const QString &label, QWidget *field, QWidget *named, std::function<bool()> isStandard, std::function<void()> reset);
    /// After a change: which buttons are there.
    void refresh();
    /// All of them at once, as if every button was pressed.
    void resetAll();

signals:
    void changed(); ///< by the person, or by a button

private:
    struct Row {
        QToolButton *button = nullptr;
        std::function<bool()> isStandard;
        std::function<void()> reset;
    };
    QFormLayout *m_form = nullptr;
    QList<Row> m_rows;
};

} // namespace Gui
