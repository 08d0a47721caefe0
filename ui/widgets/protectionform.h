// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/pki/secretbytes.h"

#include <QWidget>

#include <memory>

class QCheckBox;

namespace Gui {

class FieldNote;
class NewPassphraseForm;

/// How private keys shall be protected: a new pass phrase, or none by a tick of its own.
class ProtectionForm final : public QWidget
{
    Q_OBJECT

public:
    explicit ProtectionForm(QWidget *parent = nullptr);
    [[nodiscard]] bool isValid() const;
    /// Null: no protection.
    [[nodiscard]] std::shared_ptr<Pki::SecretBytes> passphrase() const;

signals:
    void changed();

private:
    void update();
    NewPassphraseForm *m_form = nullptr;
    QCheckBox *m_unprotected = nullptr;
    FieldNote *m_warning = nullptr;
};

} // namespace Gui
