// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/client/bodytext.h"

#include <QList>
#include <QStringView>

namespace Scep {

namespace {

/// What stands between the tags of a page; the content of <style> and <script> is not text.
QString withoutTags(const QString &page)
{
    QString text;
    qsizetype at = 0;
    while (at < page.size()) {
        if (page.at(at) != u'<') {
            text += page.at(at);
            ++at;
            continue;
        }
        const QStringView tag = QStringView(page).sliced(at + 1);
        for (const QStringView silent : {u"style", u"script"}) {
            if (!tag.startsWith(silent, Qt::CaseInsensitive))
                continue;
            const QString closing = QStringLiteral("</") + silent.toString();
            const qsizetype silentEnd = page.indexOf(closing, at, Qt::CaseInsensitive);
            at = silentEnd < 0 ? page.size() : silentEnd;
        }
        const qsizetype end = page.indexOf(u'>', at);
        if (end < 0)
            break;
        text += u' ';
        at = end + 1;
    }
    return text;
}

bool isShown(char32_t character)
{
    switch (QChar::category(character)) {
    case QChar::Other_Control:
    case QChar::Other_Format: // bidi overrides and zero width characters: look-alikes
    case QChar::Other_Surrogate:
    case QChar::Other_PrivateUse:
    case QChar::Other_NotAssigned:
    case QChar::Separator_Line:
    case QChar::Separator_Paragraph:
        return false;
    default:
        return character != QChar::ReplacementCharacter;
    }
}

} // namespace

QString printableLine(const QString &text, qsizetype length)
{
    QString line;
    for (const char32_t character : text.simplified().toUcs4()) {
        if (isShown(character))
            line += QString::fromUcs4(&character, 1);
    }
    line = line.simplified();
    if (line.size() <= length)
        return line;
    line.truncate(length - 1);
    if (line.back().isHighSurrogate())
        line.chop(1);
    return line + QChar(u'…');
}

QString printableStart(const QByteArray &body)
{
    constexpr qsizetype examined = 8 * 1024;
    constexpr qsizetype longest = 200;
    const QByteArray start = body.left(examined);
    if (start.contains('\0')) // DER, images: a page of text has none
        return {};
    const QString text = QString::fromUtf8(start);
    return printableLine(text.trimmed().startsWith(u'<') ? withoutTags(text) : text, longest);
}

} // namespace Scep
