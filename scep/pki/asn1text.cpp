// SPDX-License-Identifier: GPL-3.0-or-later
// Looking at ASN.1 as such: elements, the shape of an encoding, and its tree as text.
#include "scep/pki/opensslhandles.h"

#include <vector>

namespace Pki {

using namespace Qt::StringLiterals;

namespace Detail {
namespace {

struct Header {
    bool isConstructed = false;
    bool isEndOfContents = false;
    bool isIndefinite = false;
    qsizetype contentStart = 0;
    qsizetype contentLength = 0;
};

std::optional<Header> readHeader(QByteArrayView bytes, qsizetype position, qsizetype limit)
{
    const auto byteAt = [&](qsizetype at) { return static_cast<uchar>(bytes[at]); };
    if (position >= limit)
        return std::nullopt;
    Header header;
    const uchar identifier = byteAt(position++);
    header.isConstructed = (identifier & 0x20) != 0;
    if ((identifier & 0x1f) == 0x1f) { // high tag number form
        int count = 0;
        do {
            if (position >= limit || ++count > 4)
                return std::nullopt;
        } while ((byteAt(position++) & 0x80) != 0);
    }
    if (position >= limit)
        return std::nullopt;
    const uchar first = byteAt(position++);
    if (first < 0x80) {
        header.contentLength = first;
    } else if (first == 0x80) {
        header.isIndefinite = true;
    } else {
        const int count = first & 0x7f;
        if (count > 8 || limit - position < count)
            return std::nullopt;
        quint64 length = 0;
        for (int i = 0; i < count; ++i)
            length = (length << 8) | byteAt(position++);
        if (length > static_cast<quint64>(limit - position))
            return std::nullopt;
        header.contentLength = static_cast<qsizetype>(length);
    }
    if (header.contentLength > limit - position)
        return std::nullopt;
    header.isEndOfContents = identifier == 0x00 && !header.isIndefinite && header.contentLength == 0;
    header.contentStart = position;
    return header;
}

/// One constructed element that is still open.
struct Open {
    qsizetype end = 0; ///< of its content; for an indefinite length, the end of what stands around it
    bool isIndefinite = false;
};

} // namespace

QByteArray derElement(uchar identifier, const QByteArray &content)
{
    const qsizetype length = content.size();
    QByteArray element(1, static_cast<char>(identifier));
    if (length < 0x80) {
        element += static_cast<char>(length);
    } else {
        QByteArray octets;
        for (qsizetype rest = length; rest > 0; rest >>= 8)
            octets.prepend(static_cast<char>(rest & 0xff));
        element += static_cast<char>(0x80 | octets.size());
        element += octets;
    }
    return element + content;
}

Result<void> checkAsn1Shape(QByteArrayView bytes, int maxDepth, bool requireAll)
{
    std::vector<Open> open;
    qsizetype position = 0;
    do {
        const qsizetype limit = open.empty() ? bytes.size() : open.back().end;
        const auto header = readHeader(bytes, position, limit);
        if (!header)
            return failure(ErrorCode::Malformed, u"ASN.1 length or tag at offset %1"_s.arg(position));
        if (header->isEndOfContents) {
            if (open.empty() || !open.back().isIndefinite)
                return failure(ErrorCode::Malformed, u"unexpected end-of-contents at offset %1"_s.arg(position));
            position = header->contentStart;
            open.pop_back();
        } else if (header->isConstructed) {
            if (static_cast<qsizetype>(open.size()) >= maxDepth)
                return failure(ErrorCode::TooLarge, u"ASN.1 nested deeper than %1 levels"_s.arg(maxDepth));
            open.push_back({header->isIndefinite ? limit : header->contentStart + header->contentLength, header->isIndefinite});
            position = header->contentStart;
        } else if (header->isIndefinite) {
            return failure(ErrorCode::Malformed, u"indefinite length on a primitive element at offset %1"_s.arg(position));
        } else {
            position = header->contentStart + header->contentLength;
        }
        while (!open.empty() && !open.back().isIndefinite && position == open.back().end)
            open.pop_back();
    } while (!open.empty());
    if (requireAll && position != bytes.size())
        return failure(ErrorCode::Malformed, u"%1 bytes after the end of the ASN.1"_s.arg(bytes.size() - position));
    return {};
}

} // namespace Detail

QString Certificate::asn1Text() const
{
    if (isNull())
        return {};
    const Detail::ErrorQueueGuard guard;
    const Detail::BioPtr bio(BIO_new(BIO_s_mem()));
    const QByteArray bytes = der();
    // Without dump of octet strings: extension values are shown readable elsewhere; -1 would print them in full.
    ASN1_parse_dump(bio.get(), reinterpret_cast<const unsigned char *>(bytes.constData()), static_cast<long>(bytes.size()), 1, -1);
    return Detail::displayUtf8(Detail::takeBytes(bio.get()), true).trimmed();
}

} // namespace Pki
