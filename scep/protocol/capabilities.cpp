// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/protocol/capabilities.h"

#include <QRegularExpression>

#include <algorithm>
#include <array>
#include <utility>

using namespace Qt::StringLiterals;

namespace Scep {

namespace {

using Keyword = Capabilities::Keyword;

constexpr std::array<std::pair<Keyword, const char *>, 14> keywordNames{{
    {Keyword::Aes, "AES"},
    {Keyword::Des3, "DES3"},
    {Keyword::GetNextCaCert, "GetNextCACert"},
    {Keyword::PostPkiOperation, "POSTPKIOperation"},
    {Keyword::Renewal, "Renewal"},
    {Keyword::Sha1, "SHA-1"},
    {Keyword::Sha224, "SHA-224"},
    {Keyword::Sha256, "SHA-256"},
    {Keyword::Sha384, "SHA-384"},
    {Keyword::Sha512, "SHA-512"},
    {Keyword::ScepStandard, "SCEPStandard"},
    {Keyword::Des, "DES"},
    {Keyword::Md5, "MD5"},
    {Keyword::Update, "Update"},
}};

constexpr qsizetype maxBytes = 64 * 1024;
constexpr qsizetype maxLines = 64;
constexpr qsizetype maxLineLength = 100;

/// The whole line, without case: a prefix match would take "SHA-1024" for SHA-1.
std::optional<Keyword> keywordOf(const QString &line)
{
    const auto it = std::ranges::find_if(
        keywordNames, [&line](const auto &entry) { return line.compare(QLatin1StringView(entry.second), Qt::CaseInsensitive) == 0; });
    return it == keywordNames.end() ? std::nullopt : std::optional(it->first);
}

bool looksLikeKeyword(const QString &line)
{
    return line.size() <= maxLineLength &&
           std::ranges::all_of(line, [](QChar c) { return c > u' ' && c <= u'~' && c != u'<' && c != u'>'; });
}

} // namespace

Capabilities Capabilities::fromBody(const QByteArray &body)
{
    // An oversized body is no capability list, whatever its start says.
    if (body.size() > maxBytes)
        return {};
    QString text = QString::fromUtf8(body);
    if (text.startsWith(QChar(0xfeff)))
        text.remove(0, 1);
    if (text.trimmed().startsWith(u'<'))
        return {};
    static const QRegularExpression lineEnd(u"\r\n|\n|\r"_s);
    return fromLines(text.split(lineEnd));
}

Capabilities Capabilities::fromLines(const QStringList &lines)
{
    Capabilities result;
    bool isUsable = false;
    for (const QString &raw : lines) {
        const QString line = raw.trimmed();
        if (line.isEmpty())
            continue;
        if (result.m_lines.size() == maxLines)
            break;
        if (const std::optional<Keyword> keyword = keywordOf(line))
            result.m_keywords.insert(*keyword);
        isUsable = isUsable || looksLikeKeyword(line);
        // The mark keeps a cut line from looking like a word of its own, or from ending in a blank.
        result.m_lines.append(line.size() <= maxLineLength ? line : line.left(maxLineLength - 1) + QChar(0x2026));
    }
    // A sentence such as "operation not supported" is an error page, not a list of capabilities.
    return isUsable ? result : Capabilities();
}

bool Capabilities::has(Keyword keyword) const
{
    if (m_keywords.contains(keyword))
        return true;
    const bool isImplied = keyword == Keyword::Aes || keyword == Keyword::PostPkiOperation || keyword == Keyword::Sha256;
    return isImplied && m_keywords.contains(Keyword::ScepStandard);
}

QStringList Capabilities::unknown() const
{
    QStringList result;
    std::ranges::copy_if(m_lines, std::back_inserter(result), [](const QString &line) { return !keywordOf(line); });
    return result;
}

QStringList Capabilities::missingSince(const Capabilities &earlier) const
{
    QStringList result;
    for (const auto &[keyword, name] : keywordNames) {
        if (earlier.has(keyword) && !has(keyword))
            result.append(QLatin1StringView(name));
    }
    return result;
}

size_t qHash(Capabilities::Keyword keyword, size_t seed)
{
    return ::qHash(static_cast<int>(keyword), seed);
}

QString displayName(Capabilities::Keyword keyword)
{
    const auto it = std::ranges::find(keywordNames, keyword, [](const auto &entry) { return entry.first; });
    return it == keywordNames.end() ? QString() : QString(QLatin1StringView(it->second));
}

} // namespace Scep
