// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/icons.h"

#include <QApplication>
#include <QFile>
#include <QHash>
#include <QIconEngine>
#include <QPainter>
#include <QSvgRenderer>

using namespace Qt::StringLiterals;

// Outside of any namespace, as Q_INIT_RESOURCE demands: a static library's resources are not registered by themselves.
static void registerResources()
{
    Q_INIT_RESOURCE(resources);
}

namespace Gui {
namespace {

QByteArray svgSource(const QString &name)
{
    static QHash<QString, QByteArray> sources;
    if (const auto known = sources.constFind(name); known != sources.constEnd())
        return *known;
    registerResources();
    QFile file(u":/icons/%1.svg"_s.arg(name));
    const QByteArray source = file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    sources.insert(name, source);
    return source;
}

/// Replaces currentColor and contrastColor of a source at the moment of painting, so that a change of palette needs no new icons.
class PaletteIconEngine final : public QIconEngine
{
public:
    PaletteIconEngine(QString name, std::optional<Models::Severity> severity)
        : m_name(std::move(name))
        , m_severity(severity)
    {}

    void paint(QPainter *painter, const QRect &rect, QIcon::Mode mode, QIcon::State) override
    {
        const QPalette palette = QApplication::palette();
        QColor ink = palette.color(QPalette::Active, QPalette::WindowText);
        if (m_severity)
            ink = severityColor(*m_severity, palette);
        else if (mode == QIcon::Selected)
            ink = palette.color(QPalette::Active, QPalette::HighlightedText);
        if (mode == QIcon::Disabled)
            ink = palette.color(QPalette::Disabled, QPalette::WindowText);
        const QColor contrast = isDark(palette) ? QColor(0x1b, 0x1e, 0x22) : QColor(Qt::white);
        QByteArray source = svgSource(m_name);
        source.replace("currentColor", ink.name().toLatin1());
        source.replace("contrastColor", contrast.name().toLatin1());
        QSvgRenderer renderer(source);
        renderer.setAspectRatioMode(Qt::KeepAspectRatio);
        painter->setRenderHint(QPainter::Antialiasing);
        renderer.render(painter, rect);
    }

    QPixmap pixmap(const QSize &size, QIcon::Mode mode, QIcon::State state) override
    {
        if (size.isEmpty())
            return {}; // a widget without room yet: a null pixmap cannot be painted on
        QPixmap pixmap(size);
        pixmap.fill(Qt::transparent);
        QPainter painter(&pixmap);
        paint(&painter, QRect(QPoint(), size), mode, state);
        return pixmap;
    }

    QIconEngine *clone() const override { return new PaletteIconEngine(*this); }
    QString key() const override { return u"scepter-palette"_s; }

private:
    QString m_name;
    std::optional<Models::Severity> m_severity;
};

QString severityFile(Models::Severity severity)
{
    switch (severity) {
    case Models::Severity::Good:
        return u"severity-good"_s;
    case Models::Severity::Busy:
        return u"severity-busy"_s;
    case Models::Severity::Attention:
        return u"severity-attention"_s;
    case Models::Severity::Bad:
        return u"severity-bad"_s;
    case Models::Severity::Neutral:
        break;
    }
    return u"severity-neutral"_s;
}

} // namespace

QIcon icon(const QString &name)
{
    return QIcon(new PaletteIconEngine(name, std::nullopt));
}

QIcon applicationIcon()
{
    registerResources();
    return QIcon(u":/icons/scepter.svg"_s);
}

QIcon severityIcon(Models::Severity severity)
{
    return QIcon(new PaletteIconEngine(severityFile(severity), severity));
}

bool isDark(const QPalette &palette)
{
    return palette.color(QPalette::Window).lightness() < palette.color(QPalette::WindowText).lightness();
}

QColor severityColor(Models::Severity severity, const QPalette &palette)
{
    // Both sets keep a contrast of at least 4.5:1 with Fusion's grounds, as text needs it.
    const bool dark = isDark(palette);
    switch (severity) {
    case Models::Severity::Good:
        return dark ? QColor(0x6c, 0xc6, 0x7a) : QColor(0x1b, 0x6e, 0x2f);
    case Models::Severity::Busy:
        return dark ? QColor(0x78, 0xb4, 0xf2) : QColor(0x1f, 0x5f, 0xa8);
    case Models::Severity::Attention:
        return dark ? QColor(0xf0, 0xb4, 0x4c) : QColor(0x8a, 0x56, 0x00);
    case Models::Severity::Bad:
        return dark ? QColor(0xf5, 0x8a, 0x83) : QColor(0xb0, 0x20, 0x20);
    case Models::Severity::Neutral:
        break;
    }
    return dark ? QColor(0xae, 0xb4, 0xbb) : QColor(0x5a, 0x61, 0x68);
}

QString severityWord(Models::Severity severity)
{
    switch (severity) {
    case Models::Severity::Good:
        return QCoreApplication::translate("Gui::Severity", "good");
    case Models::Severity::Busy:
        return QCoreApplication::translate("Gui::Severity", "under way");
    case Models::Severity::Attention:
        return QCoreApplication::translate("Gui::Severity", "needs attention");
    case Models::Severity::Bad:
        return QCoreApplication::translate("Gui::Severity", "failed");
    case Models::Severity::Neutral:
        break;
    }
    return QCoreApplication::translate("Gui::Severity", "nothing to report");
}

} // namespace Gui
