// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/pki/distinguishedname.h"

#include <QWidget>

class QLabel;
class QLineEdit;

namespace Gui {

class FieldNote;

/// A distinguished name: free text with live checking, a decoded view of it, and fields for the usual four attributes. The text is what
/// counts; the fields change it and follow it, other attributes are left as they are.
class NameEditor final : public QWidget
{
    Q_OBJECT

public:
    explicit NameEditor(QWidget *parent = nullptr);
    void setText(const QString &text);
    [[nodiscard]] bool isValid() const { return m_isValid; } ///< an empty name is not
    [[nodiscard]] bool isEmpty() const;                      ///< nothing is typed
    [[nodiscard]] Pki::DistinguishedName name() const { return m_name; }

signals:
    void changed();

private:
    struct Helper {
        QString type; ///< "CN"
        QLineEdit *edit = nullptr;
    };
    void textEdited();
    void helperEdited(const Helper &helper);
    void showHelpers();
    void showDecoded();
    QLineEdit *m_text = nullptr;
    FieldNote *m_note = nullptr;
    QLabel *m_decoded = nullptr;
    QList<Helper> m_helpers;
    Pki::DistinguishedName m_name;
    Pki::DistinguishedName m_lastReadable; ///< what the fields change
    bool m_isHelperEditing = false;
    bool m_isValid = false;
};

/// A value as it must be written in a name's text: RFC 4514 escapes.
QString escapedNameValue(const QString &value);

} // namespace Gui
