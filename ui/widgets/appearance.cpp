// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/appearance.h"

#include "ui/widgets/icons.h"

#include <QApplication>
#include <QPainter>
#include <QPalette>
#include <QProxyStyle>
#include <QStyleFactory>
#include <QStyleOption>

using namespace Qt::StringLiterals;

namespace Gui {
namespace {

struct Tones {
    QColor window, base, alternate, button, text, disabled, secondary, highlight, highlightedText, link, light, dark;
};

QPalette paletteOf(const Tones &tones)
{
    QPalette palette(tones.text, tones.button, tones.light, tones.dark, tones.secondary, tones.text, tones.highlightedText, tones.base,
                     tones.window);
    palette.setColor(QPalette::AlternateBase, tones.alternate);
    palette.setColor(QPalette::ButtonText, tones.text);
    palette.setColor(QPalette::ToolTipBase, tones.alternate);
    palette.setColor(QPalette::ToolTipText, tones.text);
    palette.setColor(QPalette::PlaceholderText, tones.secondary);
    palette.setColor(QPalette::Highlight, tones.highlight);
    palette.setColor(QPalette::HighlightedText, tones.highlightedText);
    palette.setColor(QPalette::Link, tones.link);
    palette.setColor(QPalette::BrightText, tones.highlightedText);
    for (const QPalette::ColorRole role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText, QPalette::HighlightedText})
        palette.setColor(QPalette::Disabled, role, tones.disabled);
    palette.setColor(QPalette::Disabled, QPalette::Highlight, tones.button);
    return palette;
}

/// Fusion outlines fields and boxes with a darker tone of the window, which cannot be seen in the dark: here they get a lighter one.
class OutlinedFusion final : public QProxyStyle
{
public:
    OutlinedFusion()
        : QProxyStyle(u"Fusion"_s)
    {}
    int styleHint(StyleHint hint, const QStyleOption *option, const QWidget *widget, QStyleHintReturn *data) const override
    {
        // The stock icons of OK and Cancel are made for light grounds only, and say no more than the words.
        return hint == SH_DialogButtonBox_ButtonsHaveIcons ? 0 : QProxyStyle::styleHint(hint, option, widget, data);
    }
    void drawPrimitive(PrimitiveElement element, const QStyleOption *option, QPainter *painter, const QWidget *widget) const override
    {
        QProxyStyle::drawPrimitive(element, option, painter, widget);
        const bool isRound = element == PE_IndicatorRadioButton;
        const bool isOutlined = isRound || element == PE_IndicatorCheckBox || element == PE_FrameLineEdit;
        if (!isOutlined || !isDark(option->palette) || option->state.testFlag(State_HasFocus))
            return;
        painter->save();
        painter->setRenderHint(QPainter::Antialiasing);
        painter->setBrush(Qt::NoBrush);
        painter->setPen(option->palette.color(QPalette::Disabled, QPalette::WindowText));
        const QRectF frame = QRectF(option->rect).adjusted(0.5, 0.5, -0.5, -0.5);
        if (isRound)
            painter->drawEllipse(frame);
        else
            painter->drawRoundedRect(frame, 2, 2);
        painter->restore();
    }
};

QPalette lightPalette()
{
    return paletteOf({.window = QColor(0xf4, 0xf5, 0xf6),
                      .base = Qt::white,
                      .alternate = QColor(0xf0, 0xf3, 0xf6),
                      .button = QColor(0xe9, 0xeb, 0xed),
                      .text = QColor(0x1d, 0x21, 0x25),
                      .disabled = QColor(0x9a, 0xa0, 0xa6),
                      .secondary = QColor(0x5a, 0x61, 0x68),
                      .highlight = QColor(0x1f, 0x5f, 0xa8),
                      .highlightedText = Qt::white,
                      .link = QColor(0x1f, 0x5f, 0xa8),
                      .light = Qt::white,
                      .dark = QColor(0xb4, 0xb9, 0xbe)});
}

QPalette darkPalette()
{
    return paletteOf({.window = QColor(0x25, 0x28, 0x2c),
                      .base = QColor(0x1b, 0x1e, 0x22),
                      .alternate = QColor(0x22, 0x26, 0x2b),
                      .button = QColor(0x33, 0x37, 0x3c),
                      .text = QColor(0xe6, 0xe8, 0xea),
                      .disabled = QColor(0x73, 0x79, 0x80),
                      .secondary = QColor(0xae, 0xb4, 0xbb),
                      .highlight = QColor(0x2d, 0x6c, 0xb5),
                      .highlightedText = Qt::white,
                      .link = QColor(0x78, 0xb4, 0xf2),
                      .light = QColor(0x4a, 0x4f, 0x55),
                      .dark = QColor(0x12, 0x14, 0x16)});
}

} // namespace

void applyAppearance(const QString &name)
{
    static const QString systemStyle = QApplication::style()->objectName();
    if (name == "light"_L1 || name == "dark"_L1) {
        QApplication::setStyle(new OutlinedFusion);
        QApplication::setPalette(name == "dark"_L1 ? darkPalette() : lightPalette());
        return;
    }
    QApplication::setStyle(QStyleFactory::create(systemStyle));
    QApplication::setPalette(QPalette());
}

} // namespace Gui
