// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/pki/asn1reader.h"
#include "scep/pki/asn1writer.h"
#include "scep/pki/cms.h"

#include <QStringDecoder>

#include <algorithm>

namespace Pki {

using namespace Detail;
using namespace Qt::StringLiterals;

QByteArray printableStringDer(const QByteArray &ascii)
{
    return encodeElement(Tag::printableString, ascii);
}

QByteArray utf8StringDer(const QString &text)
{
    return encodeElement(Tag::utf8String, text.toUtf8());
}

QByteArray octetStringDer(const QByteArray &bytes)
{
    return encodeElement(Tag::octetString, bytes);
}

namespace {

Result<QString> decode(const QByteArray &octets, QStringDecoder::Encoding encoding)
{
    QStringDecoder decoder(encoding, QStringDecoder::Flag::Stateless);
    QString text = decoder.decode(octets);
    if (decoder.hasError())
        return failure(ErrorCode::Malformed, u"a text attribute with characters outside of its string type"_s);
    return text;
}

} // namespace

Result<QString> stringFromDer(const QByteArray &der)
{
    const std::optional<Asn1Element> element = singleElement(der);
    if (!element)
        return failure(ErrorCode::Malformed, u"a broken text attribute"_s);
    const quint8 tag = element->identifier & static_cast<quint8>(~Tag::constructed);
    switch (tag) {
    case Tag::printableString:
    case Tag::ia5String:
    case Tag::utf8String:
    case Tag::t61String:
    case Tag::bmpString:
        break;
    default:
        return failure(ErrorCode::Malformed, u"an attribute that is not a text"_s);
    }
    // BER: the parts of a constructed string carry OCTET STRING or the string's own tag (X.690 8.23.6).
    std::optional<QByteArray> octets = stringOctets(*element, tag);
    if (!octets)
        octets = stringOctets(*element, Tag::octetString);
    if (!octets)
        return failure(ErrorCode::Malformed, u"a broken text attribute"_s);
    switch (tag) {
    case Tag::utf8String:
        return decode(*octets, QStringDecoder::Utf8);
    case Tag::bmpString:
        if (octets->size() % 2 != 0)
            return failure(ErrorCode::Malformed, u"a BMPString of odd length"_s);
        return decode(*octets, QStringDecoder::Utf16BE);
    case Tag::t61String: // everybody who still writes it means Latin-1
        return QString::fromLatin1(*octets);
    default:
        if (std::ranges::any_of(*octets, [](char octet) { return static_cast<quint8>(octet) >= 0x80; }))
            return failure(ErrorCode::Malformed, u"a text attribute with characters outside of its string type"_s);
        return QString::fromLatin1(*octets);
    }
}

Result<QByteArray> octetStringFromDer(const QByteArray &der)
{
    const std::optional<Asn1Element> element = singleElement(der);
    if (!element || !element->isString(Tag::octetString))
        return failure(ErrorCode::Malformed, u"an attribute that is not an OCTET STRING"_s);
    std::optional<QByteArray> octets = stringOctets(*element);
    if (!octets)
        return failure(ErrorCode::Malformed, u"a broken OCTET STRING"_s);
    return *std::move(octets);
}

} // namespace Pki
