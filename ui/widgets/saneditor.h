// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/pki/subjectalternativename.h"

#include <QWidget>

class QComboBox;
class QLineEdit;
class QListWidget;
class QPushButton;

namespace Gui {

class FieldNote;

/// Subject alternative names: one line of text that counts, the list that it means, and a way to add and remove single entries.
class SanEditor final : public QWidget
{
    Q_OBJECT

public:
    explicit SanEditor(QWidget *parent = nullptr);
    void setNames(const Pki::SubjectAlternativeNames &names);
    /// Adds what stands in the field but was not added yet. False: that is no name; the editor says so, and the focus is there.
    [[nodiscard]] bool takePending();
    [[nodiscard]] bool isValid() const { return m_isValid; } ///< none at all is valid
    [[nodiscard]] Pki::SubjectAlternativeNames names() const { return m_names; }

signals:
    void changed();

private:
    void textEdited();
    bool add();
    void removeSelected();
    QComboBox *m_kind = nullptr;
    QLineEdit *m_value = nullptr;
    QPushButton *m_add = nullptr;
    QPushButton *m_remove = nullptr;
    FieldNote *m_entryNote = nullptr;
    QListWidget *m_list = nullptr;
    QLineEdit *m_text = nullptr;
    FieldNote *m_note = nullptr;
    Pki::SubjectAlternativeNames m_names;
    bool m_isValid = true;
};

} // namespace Gui
