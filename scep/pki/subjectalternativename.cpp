// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/pki/subjectalternativename.h"

#include "scep/pki/opensslhandles.h"

#include <QStringList>
#include <QUrl>

#include <arpa/inet.h>

#include <algorithm>
#include <array>

namespace Pki {

using namespace Qt::StringLiterals;
using namespace Detail;

namespace {

using Kind = SubjectAlternativeName::Kind;

/// More names than any server takes; a bound for hostile input.
constexpr int maxNames = 1024;
constexpr auto upnOid = "1.3.6.1.4.1.311.20.2.3"_L1;

struct Prefix {
    QLatin1StringView text; ///< the first one of a kind is the one we write
    Kind kind = Kind::Dns;
};
constexpr std::array prefixes{
    Prefix{"DNS"_L1, Kind::Dns},
    Prefix{"IP"_L1, Kind::Ip},
    Prefix{"IP Address"_L1, Kind::Ip},
    Prefix{"email"_L1, Kind::Email},
    Prefix{"mail"_L1, Kind::Email},
    Prefix{"rfc822Name"_L1, Kind::Email},
    Prefix{"URI"_L1, Kind::Uri},
    Prefix{"URL"_L1, Kind::Uri},
    Prefix{"UPN"_L1, Kind::Upn},
    Prefix{"RID"_L1, Kind::RegisteredId},
    Prefix{"Registered ID"_L1, Kind::RegisteredId},
    Prefix{"dirName"_L1, Kind::DirectoryName},
    Prefix{"otherName"_L1, Kind::Other},
};

std::unexpected<Error> refuse(const QString &value, const QString &why)
{
    return failure(ErrorCode::InvalidSubjectAlternativeName, u"\"%1\": %2"_s.arg(displayText(value.left(80)), why));
}

bool isAscii(const QString &text)
{
    return std::ranges::all_of(text, [](QChar c) { return c.unicode() < 0x80; });
}

/// Space, control characters and what reorders text have no place in any of the names.
bool hasUnprintable(const QString &text)
{
    return displayText(text) != text || std::ranges::any_of(text, [](QChar c) { return c.isSpace(); });
}

std::optional<QByteArray> addressBytes(const QString &text)
{
    std::array<char, 16> bytes{};
    const QByteArray ascii = isAscii(text) ? text.toLatin1() : QByteArray();
    if (inet_pton(AF_INET, ascii.constData(), bytes.data()) == 1)
        return QByteArray(bytes.data(), 4);
    if (inet_pton(AF_INET6, ascii.constData(), bytes.data()) == 1)
        return QByteArray(bytes.data(), 16);
    return std::nullopt;
}

QString addressText(const QByteArray &bytes)
{
    std::array<char, INET6_ADDRSTRLEN> text{};
    const int family = bytes.size() == 4 ? AF_INET : AF_INET6;
    return QString::fromLatin1(inet_ntop(family, bytes.constData(), text.data(), text.size()));
}

/// The host name on the wire (RFC 5890 A-labels), or why it is none.
Result<QByteArray> hostToWire(const QString &host, bool isWildcardAllowed)
{
    QString name = host;
    const bool isWildcard = name.startsWith("*."_L1);
    if (isWildcard && isWildcardAllowed)
        name.remove(0, 2);
    if (name.isEmpty())
        return refuse(host, u"a host name expected"_s);
    if (name.contains(u'*'))
        return refuse(host, u"a wildcard is the whole first label, as in *.lab.example"_s);
    if (name.startsWith(u'.') || name.endsWith(u'.') || name.contains(".."_L1))
        return refuse(host, u"empty label"_s);
    if (hasUnprintable(name))
        return refuse(host, u"space or control character"_s);
    const auto labels = name.split(u'.');
    const bool isNumber = std::ranges::all_of(labels.last(), [](QChar c) { return c >= u'0' && c <= u'9'; });
    if (labels.size() == 4 && isNumber)
        return refuse(host, u"this looks like an IP address: write IP: in front"_s);
    const QByteArray ace = QUrl::toAce(name, QUrl::IgnoreIDNWhitelist);
    const auto aceLabels = ace.split('.');
    for (const QByteArray &label : aceLabels) {
        const bool isLdh = std::ranges::all_of(label, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
        if (label.isEmpty() || !isLdh || label.startsWith('-') || label.endsWith('-')) // RFC 5280 4.2.1.6: preferred name syntax
            return refuse(host, u"labels have letters, digits and inner hyphens only"_s);
        if (label.size() > 63)
            return refuse(host, u"a label is longer than 63 characters"_s);
    }
    const QByteArray wire = isWildcard && isWildcardAllowed ? "*." + ace : ace;
    if (wire.size() > 253)
        return refuse(host, u"longer than 253 characters"_s);
    return wire;
}

/// The Unicode form, if it leads back to the same bytes; a stranger's punycode need not.
QString hostFromWire(const QByteArray &wire)
{
    const bool isWildcard = wire.startsWith("*.");
    const QByteArray ace = isWildcard ? wire.mid(2) : wire;
    if (ace.toLower().contains("xn--")) {
        const QString text = QUrl::fromAce(ace.toLower(), QUrl::IgnoreIDNWhitelist);
        if (!text.isEmpty() && !hasUnprintable(text) && QUrl::toAce(text, QUrl::IgnoreIDNWhitelist) == ace.toLower())
            return isWildcard ? u"*."_s + text : text;
    }
    return displayUtf8(wire);
}

Result<QByteArray> emailToWire(const QString &value)
{
    const auto parts = value.split(u'@');
    if (parts.size() != 2 || parts[0].isEmpty() || parts[0].size() > 64 || hasUnprintable(parts[0]))
        return refuse(value, u"an e-mail address such as a@lab.example expected"_s);
    if (!isAscii(parts[0]) || parts[0].contains(u'"') || parts[0].contains(u'<') || parts[0].contains(u'>'))
        return refuse(value, u"only ASCII letters, digits and signs are allowed before the @"_s); // rfc822Name is an IA5String
    const auto host = hostToWire(parts[1], false);
    if (!host)
        return host;
    return parts[0].toLatin1() + '@' + *host;
}

Result<QByteArray> uriToWire(const QString &value)
{
    if (value.isEmpty() || hasUnprintable(value))
        return refuse(value, u"space or control character"_s);
    const QUrl url(value, QUrl::StrictMode);
    // RFC 5280 4.2.1.6: absolute, with a scheme and something behind it.
    if (!url.isValid() || url.scheme().isEmpty() || value.size() <= url.scheme().size() + 1)
        return refuse(value, u"an absolute URI such as https://plc-7.lab.example/ expected"_s);
    if (value.mid(url.scheme().size()).startsWith("://"_L1) && url.host().isEmpty() && url.scheme() != "file"_L1)
        return refuse(value, u"a host expected"_s);
    return isAscii(value) ? value.toLatin1() : url.toEncoded(QUrl::FullyEncoded);
}

Result<QByteArray> upnToWire(const QString &value)
{
    const auto parts = value.split(u'@');
    if (parts.size() != 2 || parts[0].isEmpty() || parts[1].isEmpty() || hasUnprintable(value) || !value.isValidUtf16())
        return refuse(value, u"a user principal name such as user@domain expected"_s);
    return value.toUtf8();
}

/// The DER of one GeneralName. Tags: RFC 5280 4.2.1.6.
Result<QByteArray> generalName(const SubjectAlternativeName &name)
{
    const auto tagged = [](uchar identifier, const Result<QByteArray> &content) -> Result<QByteArray> {
        if (!content)
            return content;
        return derElement(identifier, *content);
    };
    switch (name.kind) {
    case Kind::Dns:
        return tagged(0x82, hostToWire(name.value, true));
    case Kind::Ip: {
        const auto address = addressBytes(name.value);
        if (!address)
            return refuse(name.value, u"an IPv4 or IPv6 address expected"_s);
        return derElement(0x87, *address);
    }
    case Kind::Email:
        return tagged(0x81, emailToWire(name.value));
    case Kind::Uri:
        return tagged(0x86, uriToWire(name.value));
    case Kind::Upn: {
        const auto upn = upnToWire(name.value);
        if (!upn)
            return upn;
        const Asn1ObjectPtr type = toObject(Oid::literal(upnOid.data()));
        return derElement(0xa0, toDer(i2d_ASN1_OBJECT, type.get()) + derElement(0xa0, derElement(V_ASN1_UTF8STRING, *upn)));
    }
    case Kind::RegisteredId: {
        const auto oid = Oid::fromText(name.value);
        const Asn1ObjectPtr object = oid ? toObject(*oid) : nullptr;
        if (object == nullptr)
            return refuse(name.value, u"an object identifier such as 1.2.3.4 expected"_s);
        return derElement(0x88, QByteArray(reinterpret_cast<const char *>(OBJ_get0_data(object.get())),
                                           static_cast<qsizetype>(OBJ_length(object.get()))));
    }
    case Kind::DirectoryName: {
        const auto directoryName = DistinguishedName::fromText(name.value);
        if (!directoryName)
            return refuse(name.value, directoryName.error().detail);
        if (directoryName->isEmpty())
            return refuse(name.value, u"a distinguished name expected"_s);
        return derElement(0xa4, directoryName->der()); // explicit: Name is a CHOICE
    }
    case Kind::Other:
        break;
    }
    return refuse(name.value, u"other names are read, not written"_s);
}

Result<SubjectAlternativeName> fromGeneralName(const GENERAL_NAME *name)
{
    switch (name->type) {
    case GEN_DNS:
        return SubjectAlternativeName{Kind::Dns, hostFromWire(toBytes(name->d.dNSName))};
    case GEN_IPADD: {
        const QByteArray bytes = toBytes(name->d.iPAddress);
        if (bytes.size() != 4 && bytes.size() != 16)
            return failure(ErrorCode::Malformed, u"IP address of %1 bytes"_s.arg(bytes.size()));
        return SubjectAlternativeName{Kind::Ip, addressText(bytes)};
    }
    case GEN_EMAIL: {
        const QByteArray wire = toBytes(name->d.rfc822Name);
        const qsizetype at = wire.lastIndexOf('@');
        return SubjectAlternativeName{Kind::Email,
                                      at < 0 ? displayUtf8(wire) : displayUtf8(wire.left(at + 1)) + hostFromWire(wire.mid(at + 1))};
    }
    case GEN_URI:
        return SubjectAlternativeName{Kind::Uri, displayUtf8(toBytes(name->d.uniformResourceIdentifier))};
    case GEN_RID:
        return SubjectAlternativeName{Kind::RegisteredId, toOid(name->d.registeredID).toText()};
    case GEN_DIRNAME:
        return SubjectAlternativeName{Kind::DirectoryName, toName(name->d.directoryName).toText()};
    case GEN_OTHERNAME: {
        const QString oid = toOid(name->d.otherName->type_id).toText();
        const ASN1_TYPE *value = name->d.otherName->value;
        if (oid == upnOid && ASN1_TYPE_get(value) == V_ASN1_UTF8STRING)
            return SubjectAlternativeName{Kind::Upn, displayUtf8(toBytes(value->value.utf8string))};
        return SubjectAlternativeName{Kind::Other, oid + u';' + QString::fromLatin1(toDer(i2d_ASN1_TYPE, value).toHex())};
    }
    default: // x400Address and ediPartyName, which nobody has met
        return SubjectAlternativeName{Kind::Other, u';' + QString::fromLatin1(toDer(i2d_GENERAL_NAME, name).toHex())};
    }
}

/// Splits at commas that have no backslash in front; "\," and "\\" lose theirs.
QStringList splitEntries(const QString &text)
{
    QStringList entries{QString()};
    for (qsizetype i = 0; i < text.size(); ++i) {
        const QChar next = i + 1 < text.size() ? text[i + 1] : QChar();
        if (text[i] == u'\\' && (next == u',' || next == u'\\'))
            entries.last() += text[++i];
        else if (text[i] == u',')
            entries.append(QString());
        else
            entries.last() += text[i];
    }
    return entries;
}

SubjectAlternativeName fromEntry(const QString &entry)
{
    const qsizetype colon = entry.indexOf(u':');
    if (colon > 0) {
        const QString head = entry.left(colon).trimmed();
        for (const Prefix &prefix : prefixes) {
            if (head.compare(prefix.text, Qt::CaseInsensitive) == 0)
                return {prefix.kind, entry.mid(colon + 1).trimmed()};
        }
    }
    if (addressBytes(entry))
        return {Kind::Ip, entry};
    if (entry.contains("://"_L1))
        return {Kind::Uri, entry};
    return {entry.contains(u'@') ? Kind::Email : Kind::Dns, entry};
}

} // namespace

QString SubjectAlternativeName::toText() const
{
    const auto *const prefix = std::ranges::find(prefixes, kind, &Prefix::kind);
    return QString(prefix->text) + u':' + value;
}

Result<SubjectAlternativeNames> subjectAlternativeNamesFromText(const QString &text)
{
    SubjectAlternativeNames names;
    if (text.trimmed().isEmpty())
        return names;
    const auto entries = splitEntries(text);
    if (entries.size() > maxNames)
        return failure(ErrorCode::InvalidSubjectAlternativeName, u"more than %1 names"_s.arg(maxNames));
    for (qsizetype i = 0; i < entries.size(); ++i) {
        const QString entry = entries[i].trimmed();
        if (entry.isEmpty())
            return failure(ErrorCode::InvalidSubjectAlternativeName, u"entry %1 is empty"_s.arg(i + 1));
        const auto der = generalName(fromEntry(entry));
        if (!der)
            return std::unexpected(der.error());
        // Read back from the bytes, so that what is shown is what will be sent.
        const auto name = subjectAlternativeNamesFromDer(derElement(0x30, *der));
        if (!name)
            return refuse(entry, u"not a valid name"_s);
        names += *name;
    }
    return names;
}

QString toText(const SubjectAlternativeNames &names)
{
    QStringList entries;
    for (const SubjectAlternativeName &name : names)
        entries.append(name.toText().replace(u'\\', "\\\\"_L1).replace(u',', "\\,"_L1));
    return entries.join(", "_L1);
}

Result<QByteArray> subjectAlternativeNamesToDer(const SubjectAlternativeNames &names)
{
    const ErrorQueueGuard guard;
    if (names.isEmpty()) // GeneralNames ::= SEQUENCE SIZE (1..MAX)
        return failure(ErrorCode::InvalidSubjectAlternativeName, u"no names"_s);
    QByteArray content;
    for (const SubjectAlternativeName &name : names) {
        const auto der = generalName(name);
        if (!der)
            return der;
        content += *der;
    }
    return derElement(0x30, content);
}

Result<SubjectAlternativeNames> subjectAlternativeNamesFromDer(const QByteArray &der)
{
    const ErrorQueueGuard guard;
    const auto *cursor = reinterpret_cast<const unsigned char *>(der.constData());
    const auto *const end = cursor + der.size();
    const GeneralNamesPtr decoded(d2i_GENERAL_NAMES(nullptr, &cursor, static_cast<long>(der.size())));
    if (decoded == nullptr)
        return std::unexpected(drainErrors(ErrorCode::Malformed, u"subject alternative names"_s));
    if (cursor != end)
        return failure(ErrorCode::Malformed, u"%1 bytes after the subject alternative names"_s.arg(end - cursor));
    if (sk_GENERAL_NAME_num(decoded.get()) > maxNames)
        return failure(ErrorCode::TooLarge, u"more than %1 subject alternative names"_s.arg(maxNames));
    SubjectAlternativeNames names;
    for (int i = 0; i < sk_GENERAL_NAME_num(decoded.get()); ++i) {
        const auto name = fromGeneralName(sk_GENERAL_NAME_value(decoded.get(), i));
        if (!name)
            return std::unexpected(name.error());
        names.append(*name);
    }
    return names;
}

QDebug operator<<(QDebug debug, const SubjectAlternativeName &name)
{
    const QDebugStateSaver saver(debug);
    debug.nospace().noquote() << "SubjectAlternativeName(" << name.toText() << ')';
    return debug;
}

} // namespace Pki
