// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/pki/asn1reader.h"

#include "scep/pki/opensslhandles.h"

#include <limits>

namespace Pki::Detail {

namespace {

struct Header {
    quint8 identifier = 0;
    qsizetype size = 0;   // of identifier and length octets
    qsizetype length = 0; // of the content; meaningless for indefinite length
    bool isIndefinite = false;
};

std::optional<Header> readHeader(QByteArrayView bytes)
{
    const auto octet = [&](qsizetype index) { return static_cast<quint8>(bytes[index]); };
    if (bytes.size() < 2)
        return std::nullopt;
    Header header;
    header.identifier = octet(0);
    qsizetype position = 1;
    if ((header.identifier & 0x1F) == 0x1F) { // high tag number: skipped, nothing in CMS uses one
        while (position < bytes.size() && (octet(position) & 0x80) != 0)
            ++position;
        ++position;
    }
    if (position >= bytes.size())
        return std::nullopt;
    const quint8 first = octet(position++);
    if (first == 0x80) {
        if ((header.identifier & Tag::constructed) == 0)
            return std::nullopt;
        header.isIndefinite = true;
    } else if (first < 0x80) {
        header.length = first;
    } else {
        const int count = first & 0x7F;
        if (count > 8 || position + count > bytes.size())
            return std::nullopt;
        quint64 length = 0;
        for (int i = 0; i < count; ++i)
            length = (length << 8) | octet(position++);
        if (length > static_cast<quint64>(bytes.size()))
            return std::nullopt;
        header.length = static_cast<qsizetype>(length);
    }
    header.size = position;
    if (!header.isIndefinite && header.length > bytes.size() - position)
        return std::nullopt;
    return header;
}

// Size of the content of an indefinite-length element, without its end-of-contents octets. Counts open indefinite lengths instead of
// recursing: elements of definite length are skipped whole.
std::optional<qsizetype> indefiniteLength(QByteArrayView content)
{
    qsizetype position = 0;
    qsizetype open = 1;
    while (position < content.size()) {
        const std::optional<Header> header = readHeader(content.sliced(position));
        if (!header)
            return std::nullopt;
        if (header->identifier == 0) {
            if (header->length != 0 || header->isIndefinite)
                return std::nullopt;
            if (--open == 0)
                return position;
            position += header->size;
        } else if (header->isIndefinite) {
            ++open;
            position += header->size;
        } else {
            position += header->size + header->length;
        }
    }
    return std::nullopt;
}

bool appendOctets(const Asn1Element &element, quint8 partTag, int depth, QByteArray &octets)
{
    if (!element.isConstructed()) {
        octets.append(element.content);
        return true;
    }
    if (depth == 0)
        return false;
    Asn1Reader parts(element.content);
    while (!parts.atEnd()) {
        const std::optional<Asn1Element> part = parts.next();
        if (!part || !part->isString(partTag) || !appendOctets(*part, partTag, depth - 1, octets))
            return false;
    }
    return true;
}

} // namespace

std::optional<Asn1Element> Asn1Reader::next()
{
    const std::optional<Header> header = readHeader(m_rest);
    if (!header)
        return std::nullopt;
    Asn1Element element;
    element.identifier = header->identifier;
    qsizetype length = header->length;
    qsizetype total = header->size + length;
    if (header->isIndefinite) {
        const std::optional<qsizetype> found = indefiniteLength(m_rest.sliced(header->size));
        if (!found)
            return std::nullopt;
        length = *found;
        total = header->size + length + 2;
    }
    element.whole = m_rest.first(total);
    element.content = m_rest.sliced(header->size, length);
    m_rest = m_rest.sliced(total);
    return element;
}

std::optional<Asn1Element> Asn1Reader::next(quint8 identifier)
{
    return isNext(identifier) ? next() : std::nullopt;
}

bool Asn1Reader::isNext(quint8 identifier) const
{
    return !m_rest.isEmpty() && static_cast<quint8>(m_rest.front()) == identifier;
}

std::optional<Asn1Element> singleElement(QByteArrayView bytes)
{
    Asn1Reader reader(bytes);
    const std::optional<Asn1Element> element = reader.next();
    return reader.atEnd() ? element : std::nullopt;
}

std::optional<QByteArray> stringOctets(const Asn1Element &element, quint8 partTag)
{
    constexpr int maxDepth = 8; // real senders nest once
    QByteArray octets;
    octets.reserve(element.content.size());
    if (!appendOctets(element, partTag, maxDepth, octets))
        return std::nullopt;
    return octets;
}

std::optional<Oid> readOid(const Asn1Element &element)
{
    if (element.identifier != Tag::objectIdentifier)
        return std::nullopt;
    const ErrorQueueGuard guard;
    const auto *position = reinterpret_cast<const unsigned char *>(element.whole.data());
    const Asn1ObjectPtr object(d2i_ASN1_OBJECT(nullptr, &position, static_cast<long>(element.whole.size())));
    if (!object)
        return std::nullopt;
    Oid oid = toOid(object.get());
    return oid.isEmpty() ? std::nullopt : std::optional(std::move(oid));
}

std::optional<int> readSmallInteger(const Asn1Element &element)
{
    if (element.identifier != Tag::integer || element.content.isEmpty() || (static_cast<quint8>(element.content[0]) & 0x80) != 0)
        return std::nullopt;
    qint64 value = 0;
    for (const char octet : element.content) {
        value = (value << 8) | static_cast<quint8>(octet);
        if (value > std::numeric_limits<int>::max())
            return std::nullopt;
    }
    return static_cast<int>(value);
}

std::optional<Algorithm> readAlgorithm(const Asn1Element &sequence)
{
    if (sequence.identifier != Tag::sequence)
        return std::nullopt;
    Asn1Reader reader(sequence.content);
    const std::optional<Asn1Element> oidElement = reader.next();
    if (!oidElement)
        return std::nullopt;
    std::optional<Oid> oid = readOid(*oidElement);
    if (!oid)
        return std::nullopt;
    Algorithm algorithm{std::move(*oid), {}};
    if (!reader.atEnd()) {
        const std::optional<Asn1Element> parameters = reader.next();
        if (!parameters || !reader.atEnd())
            return std::nullopt;
        algorithm.parameters = parameters->whole.toByteArray();
    }
    return algorithm;
}

} // namespace Pki::Detail
