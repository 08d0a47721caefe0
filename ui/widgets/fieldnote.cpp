// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/fieldnote.h"

#include "ui/widgets/helpers.h"
#include "ui/widgets/icons.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QStyle>

using namespace Qt::StringLiterals;

namespace Gui {
namespace {

// In average characters.
constexpr int widestHint = 60;
constexpr int narrowestText = 16;

/// The error's sentence says itself what kind of value was expected.
bool namesItsField(Models::ErrorCode code)
{
    switch (code) {
    case Models::ErrorCode::InvalidDistinguishedName:
    case Models::ErrorCode::InvalidSubjectAlternativeName:
    case Models::ErrorCode::InvalidFingerprint:
    case Models::ErrorCode::InvalidObjectIdentifier:
    case Models::ErrorCode::InvalidKeyType:
    case Models::ErrorCode::InvalidUrl:
        return true;
    default:
        return false;
    }
}

} // namespace

FieldNote::FieldNote(QWidget *parent)
    : QWidget(parent)
    , m_icon(new QLabel(this))
    , m_text(plainLabel(QString(), this))
{
    auto *layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(6);
    layout->addWidget(m_icon, 0, Qt::AlignTop);
    layout->addWidget(m_text, 1);
    m_text->setAlignment(Qt::AlignLeft | Qt::AlignTop);
    m_icon->setFixedSize(fontMetrics().height(), fontMetrics().height());
    m_text->setWordWrap(true);
    m_text->setTextInteractionFlags(Qt::TextSelectableByMouse);
    layout->setSizeConstraint(QLayout::SetNoConstraint);
    QSizePolicy policy(QSizePolicy::Preferred, QSizePolicy::Minimum);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
    setVisible(false);
}

void FieldNote::say(Models::Severity severity, const QString &text)
{
    if (text.isEmpty()) {
        clear();
        return;
    }
    m_severity = severity;
    m_text->setText(text);
    applyColor();
    setAccessibleName(u"%1: %2"_s.arg(severityWord(severity), text));
    setVisible(true);
}

void FieldNote::say(const Models::Explanation &explanation)
{
    say(Models::Severity::Bad, explanation.oneLine());
}

void FieldNote::clear()
{
    m_severity = Models::Severity::Neutral;
    m_text->clear();
    m_icon->clear();
    setAccessibleName(QString());
    setVisible(m_reservesSpace);
}

void FieldNote::setReservesSpace(bool reserves, int lines)
{
    // Shown though empty: a form layout takes the row of a hidden widget away, whatever its policy says.
    m_reservesSpace = reserves;
    setMinimumHeight(reserves ? fontMetrics().lineSpacing() * lines + 2 : 0);
    setVisible(reserves || !m_text->text().isEmpty());
}

QSize FieldNote::sizeOfLine(int textWidth) const
{
    return {m_icon->width() + layout()->spacing() + textWidth, fontMetrics().lineSpacing()};
}

QSize FieldNote::sizeHint() const
{
    // A wrapped label's own hint is four lines high and as narrow as that allows: a form would keep that height for ever.
    return sizeOfLine(qMin(fontMetrics().horizontalAdvance(m_text->text()) + 2, widestHint * fontMetrics().averageCharWidth()));
}

QSize FieldNote::minimumSizeHint() const
{
    return sizeOfLine(narrowestText * fontMetrics().averageCharWidth());
}

QString FieldNote::text() const
{
    return m_text->text();
}

void FieldNote::changeEvent(QEvent *event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange && !m_text->text().isEmpty())
        applyColor();
}

void FieldNote::applyColor()
{
    const int size = fontMetrics().height();
    m_icon->setPixmap(severityIcon(m_severity).pixmap(QSize(size, size), devicePixelRatioF()));
    QPalette colored = m_text->palette();
    const QColor ink =
        m_severity == Models::Severity::Neutral ? palette().color(QPalette::WindowText) : severityColor(m_severity, palette());
    if (colored.color(QPalette::WindowText) != ink) {
        colored.setColor(QPalette::WindowText, ink);
        m_text->setPalette(colored);
    }
}

QString fieldErrorText(const Models::Error &error, const QString &field)
{
    QString text = Models::explain(error, namesItsField(error.code) ? QString() : field).oneLine();
    if (!text.isEmpty())
        text[0] = text.at(0).toUpper();
    return text;
}

} // namespace Gui
