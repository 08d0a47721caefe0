// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/protocol/wire.h"

#include <algorithm>

using namespace Qt::StringLiterals;

namespace Scep::Detail {

namespace {

using Pki::ErrorCode;
using Pki::failure;

constexpr char sequenceTag = 0x30;
constexpr char objectIdentifierTag = 0x06;
constexpr qsizetype maxExcerpt = 200;

} // namespace

std::optional<QByteArray> takeElement(const QByteArray &der, char tag, qsizetype &offset)
{
    qsizetype position = offset;
    if (position + 2 > der.size() || der.at(position) != tag)
        return std::nullopt;
    qsizetype length = static_cast<quint8>(der.at(position + 1));
    position += 2;
    if (length >= 0x80) {
        qsizetype count = length & 0x7f;
        if (count == 0 || count > 4 || position + count > der.size())
            return std::nullopt;
        for (length = 0; count > 0; --count)
            length = (length << 8) | static_cast<quint8>(der.at(position++));
    }
    if (length > der.size() - position)
        return std::nullopt;
    offset = position + length;
    return der.mid(position, length);
}

QByteArray element(char tag, const QByteArray &content)
{
    QByteArray header;
    if (content.size() < 0x80) {
        header.append(static_cast<char>(content.size()));
    } else {
        for (qsizetype rest = content.size(); rest > 0; rest >>= 8)
            header.prepend(static_cast<char>(rest & 0xff));
        header.prepend(static_cast<char>(0x80 | header.size()));
    }
    header.prepend(tag);
    return header + content;
}

QByteArray sequence(const QByteArray &content)
{
    return element(sequenceTag, content);
}

std::optional<char> innerTag(const QByteArray &bytes)
{
    if (bytes.size() < 3 || bytes.at(0) != sequenceTag)
        return std::nullopt;
    const auto first = static_cast<quint8>(bytes.at(1));
    const qsizetype header = 2 + (first > 0x80 ? first & 0x7f : 0);
    return header < bytes.size() ? std::optional(bytes.at(header)) : std::nullopt;
}

bool looksLikeContentInfo(const QByteArray &bytes)
{
    return innerTag(bytes) == objectIdentifierTag;
}

bool looksLikeSignedSequence(const QByteArray &bytes)
{
    return innerTag(bytes) == sequenceTag;
}

std::optional<QByteArray> derFromBase64(const QByteArray &body)
{
    QByteArray compact;
    compact.reserve(body.size());
    std::ranges::copy_if(body, std::back_inserter(compact), [](char c) { return c != '\r' && c != '\n' && c != ' ' && c != '\t'; });
    const auto decoded = QByteArray::fromBase64Encoding(compact, QByteArray::AbortOnBase64DecodingErrors);
    if (!decoded || !(*decoded).startsWith('\x30'))
        return std::nullopt;
    return *decoded;
}

bool looksLikeMarkup(const QByteArray &bytes)
{
    QByteArray start = bytes.left(1024);
    if (start.startsWith("\xEF\xBB\xBF"))
        start.remove(0, 3);
    return start.trimmed().startsWith('<');
}

QString excerpt(const QByteArray &bytes)
{
    QString text = QString::fromUtf8(bytes.left(4 * maxExcerpt));
    for (QChar &c : text) {
        // Control and direction characters would let a server's text pose as ours.
        if (!c.isPrint())
            c = u' ';
    }
    return text.simplified().left(maxExcerpt);
}

Pki::Result<std::optional<QByteArray>> onlyValue(const Pki::SignerInfo &signer, const char *oid)
{
    const Pki::Oid type = Pki::Oid::literal(oid);
    const int count = signer.attributeCount(type);
    if (count == 0)
        return std::nullopt;
    const QList<QByteArray> values = signer.attribute(type)->values;
    if (count > 1 || values.size() != 1)
        return failure(ErrorCode::ReplyMalformed, u"the attribute %1 is there more than once"_s.arg(type.toText()));
    return values.front();
}

Pki::Result<std::optional<QString>> onlyText(const Pki::SignerInfo &signer, const char *oid)
{
    const auto value = onlyValue(signer, oid);
    if (!value)
        return std::unexpected(value.error());
    if (!*value)
        return std::nullopt;
    const Pki::Result<QString> text = Pki::stringFromDer(**value);
    if (!text)
        return failure(ErrorCode::ReplyMalformed, u"the attribute %1 holds no text"_s.arg(QLatin1StringView(oid)));
    return *text;
}

Pki::Result<std::optional<QByteArray>> onlyBytes(const Pki::SignerInfo &signer, const char *oid)
{
    const auto value = onlyValue(signer, oid);
    if (!value || !*value)
        return value;
    const Pki::Result<QByteArray> bytes = Pki::octetStringFromDer(**value);
    if (!bytes)
        return failure(ErrorCode::ReplyMalformed, u"the attribute %1 holds no octet string"_s.arg(QLatin1StringView(oid)));
    return *bytes;
}

bool names(const Pki::SignerInfo &signer, const Pki::Certificate &certificate)
{
    if (certificate.isNull())
        return false;
    if (!signer.subjectKeyIdentifier.isEmpty())
        return signer.subjectKeyIdentifier == certificate.subjectKeyIdentifier();
    return !signer.signerId.serialNumber.isEmpty() && signer.signerId.serialNumber == certificate.serialNumber() &&
           (signer.signerId.issuer == certificate.issuer() || Pki::matches(signer.signerId.issuer, certificate.issuer()));
}

} // namespace Scep::Detail
