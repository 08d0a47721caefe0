// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/pki/secretbytes.h"

#include <QLineEdit>

#include <memory>

class QAction;

namespace Gui {

/// A masked line for a pass phrase or a challenge, with a button that shows it. No undo history, no input hints, no drag.
class SecretEdit final : public QLineEdit
{
    Q_OBJECT

public:
    explicit SecretEdit(QWidget *parent = nullptr);
    ~SecretEdit() override;

    /// A copy of what was typed, in memory that is overwritten after use. Null when empty.
    [[nodiscard]] std::shared_ptr<Pki::SecretBytes> secret() const;
    /// Empties the field and overwrites its text as far as QLineEdit lets us.
    void wipe();

private:
    void setRevealed(bool revealed);
    QAction *m_reveal = nullptr;
};

/// How well a pass phrase holds against guessing, roughly; 0..4 and words.
struct PassphraseStrength {
    int score = 0;
    QString text;
};
PassphraseStrength passphraseStrength(const QString &passphrase);

} // namespace Gui
