// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/secretedit.h"

#include "ui/widgets/icons.h"

#include <QAction>
#include <QCoreApplication>
#include <QSet>

#include <cmath>

using namespace Qt::StringLiterals;

namespace Gui {

SecretEdit::SecretEdit(QWidget *parent)
    : QLineEdit(parent)
{
    setInputMethodHints(Qt::ImhHiddenText | Qt::ImhSensitiveData | Qt::ImhNoPredictiveText | Qt::ImhNoAutoUppercase);
    setDragEnabled(false);
    m_reveal = addAction(icon(u"reveal"_s), QLineEdit::TrailingPosition);
    m_reveal->setCheckable(true);
    m_reveal->setObjectName(u"revealAction"_s);
    connect(m_reveal, &QAction::toggled, this, &SecretEdit::setRevealed);
    setRevealed(false);
}

SecretEdit::~SecretEdit()
{
    blockSignals(true); // those who listen may be half destroyed by now
    wipe();
}

std::shared_ptr<Pki::SecretBytes> SecretEdit::secret() const
{
    if (text().isEmpty())
        return nullptr;
    QString copy = text();
    copy.detach(); // so that fromText() overwrites this copy, not the field's own text
    return std::make_shared<Pki::SecretBytes>(Pki::SecretBytes::fromText(std::move(copy)));
}

void SecretEdit::wipe()
{
    // QLineEdit keeps its text in a buffer of its own; writing over it with the same length reuses that buffer where it can.
    setText(QString(text().size(), u' '));
    clear();
}

void SecretEdit::setRevealed(bool revealed)
{
    setEchoMode(revealed ? QLineEdit::Normal : QLineEdit::Password);
    m_reveal->setIcon(icon(revealed ? u"hide"_s : u"reveal"_s));
    m_reveal->setText(revealed ? tr("Hide") : tr("Show"));
    m_reveal->setToolTip(revealed ? tr("Hide what is typed") : tr("Show what is typed"));
}

PassphraseStrength passphraseStrength(const QString &passphrase)
{
    if (passphrase.isEmpty())
        return {};
    int alphabet = 0;
    bool lower = false;
    bool upper = false;
    bool digit = false;
    bool other = false;
    QSet<QChar> distinct;
    for (const QChar character : passphrase) {
        distinct.insert(character);
        lower |= character.isLower();
        upper |= character.isUpper();
        digit |= character.isDigit();
        other |= !character.isLetterOrNumber();
    }
    alphabet = (lower ? 26 : 0) + (upper ? 26 : 0) + (digit ? 10 : 0) + (other ? 30 : 0);
    // Repeated characters add little: count each distinct one fully, each repetition a third.
    const double effective = double(distinct.size()) + double(passphrase.size() - distinct.size()) / 3.0;
    const double bits = effective * std::log2(std::max(alphabet, 2));
    const auto text = [](const char *source) { return QCoreApplication::translate("Gui::PassphraseStrength", source); };
    if (bits < 35)
        return {1, text(QT_TRANSLATE_NOOP("Gui::PassphraseStrength", "Weak: can be guessed. Use more words or characters."))};
    if (bits < 55)
        return {2, text(QT_TRANSLATE_NOOP("Gui::PassphraseStrength", "Fair: enough for a short transport, not for keeping."))};
    if (bits < 80)
        return {3, text(QT_TRANSLATE_NOOP("Gui::PassphraseStrength", "Good."))};
    return {4, text(QT_TRANSLATE_NOOP("Gui::PassphraseStrength", "Strong."))};
}

} // namespace Gui
