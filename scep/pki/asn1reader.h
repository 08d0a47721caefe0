// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// For scep/pki/*.cpp only: a small BER/DER walker beside OpenSSL's parser. OpenSSL re-sorts the signed attributes while decoding them, so
// their received order, over which some senders sign, can only be had from the bytes themselves.

#include "scep/pki/oid.h"

#include <QByteArray>
#include <QByteArrayView>
#include <QList>

#include <optional>

namespace Pki::Detail {

/// Identifier octets met in CMS. Constructed strings have bit 0x20 set in addition.
namespace Tag {
inline constexpr quint8 integer = 0x02;
inline constexpr quint8 octetString = 0x04;
inline constexpr quint8 null = 0x05;
inline constexpr quint8 objectIdentifier = 0x06;
inline constexpr quint8 utf8String = 0x0C;
inline constexpr quint8 printableString = 0x13;
inline constexpr quint8 t61String = 0x14;
inline constexpr quint8 ia5String = 0x16;
inline constexpr quint8 bmpString = 0x1E;
inline constexpr quint8 sequence = 0x30;
inline constexpr quint8 set = 0x31;
inline constexpr quint8 constructed = 0x20;
/// [number], primitive
constexpr quint8 context(int number)
{
    return static_cast<quint8>(0x80 | number);
}
/// [number], constructed
constexpr quint8 contextConstructed(int number)
{
    return static_cast<quint8>(0xA0 | number);
}
} // namespace Tag

/// One element. The views point into the bytes the reader was made from.
struct Asn1Element {
    quint8 identifier = 0; ///< first identifier octet
    QByteArrayView whole;  ///< header, content and, for indefinite length, the end-of-contents octets
    QByteArrayView content;

    [[nodiscard]] bool isConstructed() const { return (identifier & Tag::constructed) != 0; }
    /// `tag` in its primitive or its constructed form.
    [[nodiscard]] bool isString(quint8 tag) const { return (identifier & ~Tag::constructed) == tag; }
};

/// Reads the elements that stand side by side in `bytes`. Never reads outside of it; any nesting is skipped without recursion.
class Asn1Reader
{
public:
    explicit Asn1Reader(QByteArrayView bytes)
        : m_rest(bytes)
    {}
    [[nodiscard]] bool atEnd() const { return m_rest.isEmpty(); }
    /// The next element; nullopt at the end or when it is broken.
    std::optional<Asn1Element> next();
    /// The next element if it carries `identifier`; nothing is consumed otherwise.
    std::optional<Asn1Element> next(quint8 identifier);
    [[nodiscard]] bool isNext(quint8 identifier) const;

private:
    QByteArrayView m_rest;
};

/// The one element that `bytes` consist of; nullopt if broken or followed by anything.
std::optional<Asn1Element> singleElement(QByteArrayView bytes);
/// The octets of a string element: its content, or its parts put together when it is constructed. nullopt when a part is of another type.
std::optional<QByteArray> stringOctets(const Asn1Element &element, quint8 partTag = Tag::octetString);
std::optional<Oid> readOid(const Asn1Element &element);
/// A comparison without making an Oid first.
inline bool isOid(const Oid &oid, const char *dotted)
{
    return oid.toText() == QLatin1StringView(dotted);
}
/// A non-negative INTEGER that fits an int.
std::optional<int> readSmallInteger(const Asn1Element &element);

/// AlgorithmIdentifier with its parameters as they stand (empty when absent).
struct Algorithm {
    Oid oid;
    QByteArray parameters;
};
std::optional<Algorithm> readAlgorithm(const Asn1Element &sequence);

} // namespace Pki::Detail
