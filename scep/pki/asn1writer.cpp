// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/pki/asn1writer.h"

#include "scep/pki/asn1reader.h"
#include "scep/pki/opensslhandles.h"

#include <algorithm>

namespace Pki::Detail {

QByteArray encodeElement(quint8 identifier, QByteArrayView content)
{
    QByteArray lengthOctets;
    const auto length = static_cast<quint64>(content.size());
    if (length < 0x80) {
        lengthOctets.append(static_cast<char>(length));
    } else {
        for (quint64 rest = length; rest != 0; rest >>= 8)
            lengthOctets.prepend(static_cast<char>(rest & 0xFF));
        lengthOctets.prepend(static_cast<char>(0x80 | lengthOctets.size()));
    }
    QByteArray der;
    der.reserve(1 + lengthOctets.size() + content.size());
    der.append(static_cast<char>(identifier));
    der.append(lengthOctets);
    der.append(content);
    return der;
}

QList<QByteArray> derSorted(QList<QByteArray> members)
{
    std::ranges::sort(members, [](const QByteArray &a, const QByteArray &b) {
        return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(),
                                            [](char x, char y) { return static_cast<quint8>(x) < static_cast<quint8>(y); });
    });
    return members;
}

QByteArray derSetOf(const QList<QByteArray> &members, quint8 identifier)
{
    return encodeElement(identifier, derSorted(members).join());
}

QByteArray derSmallInteger(quint8 value)
{
    Q_ASSERT(value < 0x80);
    return encodeElement(Tag::integer, QByteArray(1, static_cast<char>(value)));
}

QByteArray derOid(const Oid &oid)
{
    const Asn1ObjectPtr object = toObject(oid);
    return object ? toDer(i2d_ASN1_OBJECT, static_cast<const ASN1_OBJECT *>(object.get())) : QByteArray();
}

QByteArray derAlgorithm(int nid, bool withNull)
{
    QByteArray content = toDer(i2d_ASN1_OBJECT, static_cast<const ASN1_OBJECT *>(OBJ_nid2obj(nid)));
    if (withNull)
        content.append(encodeElement(Tag::null, {}));
    return encodeElement(Tag::sequence, content);
}

} // namespace Pki::Detail
