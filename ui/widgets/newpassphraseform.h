// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/pki/secretbytes.h"

#include <QWidget>

#include <memory>

namespace Gui {

class FieldNote;
class SecretEdit;

/// A new pass phrase, typed twice, with a hint on its strength.
class NewPassphraseForm final : public QWidget
{
    Q_OBJECT

public:
    explicit NewPassphraseForm(QWidget *parent = nullptr);
    [[nodiscard]] bool isValid() const;
    [[nodiscard]] std::shared_ptr<Pki::SecretBytes> secret() const; ///< null unless valid
    void wipe();

signals:
    void changed();

private:
    void update();
    SecretEdit *m_first = nullptr;
    SecretEdit *m_second = nullptr;
    FieldNote *m_strength = nullptr;
    FieldNote *m_match = nullptr;
};

} // namespace Gui
