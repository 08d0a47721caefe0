// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/pki/distinguishedname.h"
#include "scep/pki/error.h"

#include <QByteArray>
#include <QList>
#include <QString>

namespace Pki {

/// One subjectAltName entry. `value` is the text a person sees:
/// Dns in Unicode form (punycode on the wire), Ip "192.0.2.7" or "2001:db8::7", Email, Uri, Upn, RegisteredId dotted,
/// DirectoryName as DistinguishedName::toText(), Other "OID;hex of the value" (only ever read, not written).
struct SubjectAlternativeName {
    enum class Kind { Dns, Ip, Email, Uri, Upn, RegisteredId, DirectoryName, Other };
    Kind kind = Kind::Dns;
    QString value;

    friend bool operator==(const SubjectAlternativeName &, const SubjectAlternativeName &) = default;

    [[nodiscard]] QString toText() const; ///< "DNS:plc-7.lab.example"
};

using SubjectAlternativeNames = QList<SubjectAlternativeName>;

/// Reads a comma separated list "DNS:plc-7.lab.example, IP:192.0.2.7, email:a@b.c, URI:https://x/, UPN:u@d, RID:1.2.3, dirName:CN=x\,O=y".
/// Prefixes are read without case. An entry without prefix is an IP address if it looks like one, else a URI if it has "://", else e-mail
/// if it has an @, else DNS. DNS labels are checked (IDNA, lengths, wildcard only as the whole first label). Commas inside values are
/// written
/// "\,". Errors: InvalidSubjectAlternativeName, the detail naming the entry.
Result<SubjectAlternativeNames> subjectAlternativeNamesFromText(const QString &text);
QString toText(const SubjectAlternativeNames &names);

/// The DER of the GeneralNames SEQUENCE (the extension's value) and back (RFC 5280 4.2.1.6).
Result<QByteArray> subjectAlternativeNamesToDer(const SubjectAlternativeNames &names);
Result<SubjectAlternativeNames> subjectAlternativeNamesFromDer(const QByteArray &der);

QDebug operator<<(QDebug debug, const SubjectAlternativeName &name);

} // namespace Pki
