// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/pki/error.h"
#include "scep/pki/oid.h"

#include <QByteArray>
#include <QList>
#include <QString>

namespace Pki {

/// One attribute of a name, e.g. CN=plc-7.
struct NameAttribute {
    Oid type;
    QString value;

    friend bool operator==(const NameAttribute &, const NameAttribute &) = default;
};

/// An X.501 distinguished name, kept as its DER so that names are copied, never re-encoded.
///
/// Text is read and written in the order of the encoding (first RDN first: "C=SE, O=Lab, CN=plc-7" has C outermost), as
/// switches, openssl and EJBCA forms show it. `toRfc4514()` gives the reversed order that RFC 4514 defines.
class DistinguishedName
{
public:
    DistinguishedName() = default; ///< the empty name (an empty SEQUENCE)

    /// Reads "CN=plc-7, O=Lab": RFC 4514 escapes (\, \+ \" \\ \< \> \; \20 hex pairs), quoted values, `+` for multi-valued RDNs,
    /// `#hex` values, OIDs as types, UTF-8. Order is kept as typed. Country must be two letters; the upper bounds of RFC 5280 hold.
    /// Errors: InvalidDistinguishedName; the detail says where and what was expected.
    static Result<DistinguishedName> fromText(const QString &text);
    static Result<DistinguishedName> fromDer(const QByteArray &der);

    [[nodiscard]] QByteArray der() const;
    /// "C=SE, O=Lab, CN=plc-7". What fromText() made reads back equal; a name of somebody else's may come back with another
    /// string type (UTF8String where they wrote PrintableString), then matches() still holds.
    [[nodiscard]] QString toText() const;
    [[nodiscard]] QString toRfc4514() const;                         ///< "CN=plc-7,O=Lab,C=SE"
    [[nodiscard]] QList<QList<NameAttribute>> relativeNames() const; ///< RDNs in encoding order
    [[nodiscard]] QString commonName() const;                        ///< last CN in encoding order, else empty
    [[nodiscard]] bool isEmpty() const;

    /// Byte equality of the DER.
    friend bool operator==(const DistinguishedName &a, const DistinguishedName &b) { return a.der() == b.der(); }

private:
    QByteArray m_der;
};

/// Equality as RFC 5280 7.1 matches names (case and white space folded). For looking things up; wire comparisons use ==.
bool matches(const DistinguishedName &a, const DistinguishedName &b);

QDebug operator<<(QDebug debug, const DistinguishedName &name);

} // namespace Pki
