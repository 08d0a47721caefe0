// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/pki/distinguishedname.h"

#include "scep/pki/nameattributes.h"
#include "scep/pki/opensslhandles.h"

#include <algorithm>

namespace Pki {

using namespace Qt::StringLiterals;
using namespace Detail;

namespace {

struct Value {
    Oid type;
    std::optional<QString> text; ///< nullopt when the value is no readable string
    QByteArray der;              ///< of the value
    int rdn = 0;
};

QList<Value> valuesOf(const QByteArray &der)
{
    const ErrorQueueGuard guard;
    const auto *cursor = reinterpret_cast<const unsigned char *>(der.constData());
    const X509NamePtr name(d2i_X509_NAME(nullptr, &cursor, static_cast<long>(der.size())));
    QList<Value> values;
    for (int i = 0; name != nullptr && i < X509_NAME_entry_count(name.get()); ++i) {
        const X509_NAME_ENTRY *entry = X509_NAME_get_entry(name.get(), i);
        const ASN1_STRING *data = X509_NAME_ENTRY_get_data(entry);
        Value value;
        value.type = toOid(X509_NAME_ENTRY_get_object(entry));
        value.rdn = X509_NAME_ENTRY_set(entry);
        switch (ASN1_STRING_type(data)) {
        case V_ASN1_UTF8STRING:
        case V_ASN1_PRINTABLESTRING:
        case V_ASN1_IA5STRING:
        case V_ASN1_T61STRING:
        case V_ASN1_BMPSTRING:
        case V_ASN1_UNIVERSALSTRING:
        case V_ASN1_VISIBLESTRING:
        case V_ASN1_NUMERICSTRING:
            value.text = toText(data);
            break;
        default:
            break;
        }
        value.der = toDer(i2d_ASN1_PRINTABLE, data);
        values.append(value);
    }
    return values;
}

/// RFC 4514 2.4, and hex pairs for whatever a terminal or a label would obey instead of show.
QString escaped(const QString &value)
{
    QString text;
    const auto codePoints = value.toUcs4();
    for (qsizetype i = 0; i < codePoints.size(); ++i) {
        const char32_t c = codePoints[i];
        const bool isEdge = i == 0 || i == codePoints.size() - 1;
        const QString character = QString::fromUcs4(&c, 1);
        if (c < 0x80 && u",+\"\\<>;"_s.contains(character)) {
            text += u'\\' + character;
        } else if ((c == U' ' && isEdge) || (c == U'#' && i == 0)) {
            text += u'\\' + character;
        } else if (displayText(character) != character) {
            const auto bytes = character.toUtf8();
            for (const char byte : bytes)
                text += u"\\%1"_s.arg(static_cast<uchar>(byte), 2, 16, QChar(u'0')).toUpper();
        } else {
            text += character;
        }
    }
    return text;
}

QString hexValue(const QByteArray &der)
{
    return u'#' + QString::fromLatin1(der.toHex());
}

QString attributeText(const Value &value)
{
    // An empty string cannot be told from a forgotten one when read back, and a NumericString is another value than the same digits in any
    // other string type: their encoding tells. The other types compare as the text that they hold (RFC 5280 7.1).
    const bool isReadable = value.text && !value.text->isEmpty() && !value.der.startsWith(char(V_ASN1_NUMERICSTRING));
    return nameAttributeText(value.type) + u'=' + (isReadable ? escaped(*value.text) : hexValue(value.der));
}

} // namespace

Result<DistinguishedName> DistinguishedName::fromDer(const QByteArray &der)
{
    const ErrorQueueGuard guard;
    const auto *cursor = reinterpret_cast<const unsigned char *>(der.constData());
    const auto *const end = cursor + der.size();
    const X509NamePtr name(d2i_X509_NAME(nullptr, &cursor, static_cast<long>(der.size())));
    if (name == nullptr)
        return std::unexpected(drainErrors(ErrorCode::Malformed, u"distinguished name"_s));
    if (cursor != end)
        return failure(ErrorCode::Malformed, u"%1 bytes after the distinguished name"_s.arg(end - cursor));
    DistinguishedName result;
    result.m_der = der;
    return result;
}

Result<DistinguishedName> DistinguishedName::fromText(const QString &text)
{
    const auto der = parseNameText(text);
    if (!der)
        return std::unexpected(der.error());
    const auto name = fromDer(*der);
    if (!name)
        return failure(ErrorCode::InvalidDistinguishedName, u"a value after \"#\" has an ASN.1 type that names do not hold"_s);
    return name;
}

QByteArray DistinguishedName::der() const
{
    return m_der.isEmpty() ? QByteArray("\x30\x00", 2) : m_der;
}

QString DistinguishedName::toText() const
{
    QString text;
    int rdn = 0;
    const auto values = valuesOf(der());
    for (const Value &value : values) {
        if (!text.isEmpty())
            text += value.rdn == rdn ? u"+"_s : u", "_s;
        text += attributeText(value);
        rdn = value.rdn;
    }
    return text;
}

QString DistinguishedName::toRfc4514() const
{
    QStringList names;
    int rdn = -1;
    const auto values = valuesOf(der());
    for (const Value &value : values) {
        // RFC 4514 2.4: where the type is written as an OID, the value is written in hex.
        const bool isKnown = nameAttributeText(value.type) != value.type.toText();
        const QString text = isKnown ? attributeText(value) : value.type.toText() + u'=' + hexValue(value.der);
        if (value.rdn == rdn)
            names.first() += u'+' + text;
        else
            names.prepend(text);
        rdn = value.rdn;
    }
    return names.join(u',');
}

QList<QList<NameAttribute>> DistinguishedName::relativeNames() const
{
    QList<QList<NameAttribute>> names;
    int rdn = -1;
    const auto values = valuesOf(der());
    for (const Value &value : values) {
        if (value.rdn != rdn)
            names.append(QList<NameAttribute>());
        names.last().append({value.type, value.text ? *value.text : hexValue(value.der)});
        rdn = value.rdn;
    }
    return names;
}

QString DistinguishedName::commonName() const
{
    QString name;
    const auto values = valuesOf(der());
    for (const Value &value : values) {
        if (value.text && value.type.toText() == "2.5.4.3"_L1)
            name = displayText(*value.text);
    }
    return name;
}

bool DistinguishedName::isEmpty() const
{
    return m_der.isEmpty() || valuesOf(m_der).isEmpty();
}

bool matches(const DistinguishedName &a, const DistinguishedName &b)
{
    const ErrorQueueGuard guard;
    const X509NamePtr first = toX509Name(a);
    const X509NamePtr second = toX509Name(b);
    return first != nullptr && second != nullptr && X509_NAME_cmp(first.get(), second.get()) == 0;
}

QDebug operator<<(QDebug debug, const DistinguishedName &name)
{
    const QDebugStateSaver saver(debug);
    debug.nospace().noquote() << "DistinguishedName(" << name.toText() << ')';
    return debug;
}

} // namespace Pki
