// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/pki/nameattributes.h"

#include "scep/pki/opensslhandles.h"

#include <QStringDecoder>

#include <algorithm>
#include <array>

namespace Pki::Detail {

using namespace Qt::StringLiterals;

namespace {

/// Longer names are an attack or a mistake.
constexpr qsizetype maxTextLength = 16384;

enum class Encoding { Utf8, Printable, Ia5, Country };

struct AttributeType {
    QLatin1StringView name; ///< as written; the first one of a type is the one we write
    const char *oid = nullptr;
    Encoding encoding = Encoding::Utf8;
    int upperBound = 0; ///< characters (RFC 5280 appendix A); 0: none
};

constexpr std::array attributeTypes{
    AttributeType{"CN"_L1, "2.5.4.3", Encoding::Utf8, 64},
    AttributeType{"commonName"_L1, "2.5.4.3", Encoding::Utf8, 64},
    AttributeType{"C"_L1, "2.5.4.6", Encoding::Country, 2},
    AttributeType{"countryName"_L1, "2.5.4.6", Encoding::Country, 2},
    AttributeType{"O"_L1, "2.5.4.10", Encoding::Utf8, 64},
    AttributeType{"organizationName"_L1, "2.5.4.10", Encoding::Utf8, 64},
    AttributeType{"OU"_L1, "2.5.4.11", Encoding::Utf8, 64},
    AttributeType{"organizationalUnitName"_L1, "2.5.4.11", Encoding::Utf8, 64},
    AttributeType{"L"_L1, "2.5.4.7", Encoding::Utf8, 128},
    AttributeType{"localityName"_L1, "2.5.4.7", Encoding::Utf8, 128},
    AttributeType{"ST"_L1, "2.5.4.8", Encoding::Utf8, 128},
    AttributeType{"S"_L1, "2.5.4.8", Encoding::Utf8, 128},
    AttributeType{"stateOrProvinceName"_L1, "2.5.4.8", Encoding::Utf8, 128},
    AttributeType{"STREET"_L1, "2.5.4.9"},
    AttributeType{"streetAddress"_L1, "2.5.4.9"},
    AttributeType{"DC"_L1, "0.9.2342.19200300.100.1.25", Encoding::Ia5},
    AttributeType{"domainComponent"_L1, "0.9.2342.19200300.100.1.25", Encoding::Ia5},
    AttributeType{"UID"_L1, "0.9.2342.19200300.100.1.1"},
    AttributeType{"userId"_L1, "0.9.2342.19200300.100.1.1"},
    AttributeType{"emailAddress"_L1, "1.2.840.113549.1.9.1", Encoding::Ia5, 255},
    AttributeType{"E"_L1, "1.2.840.113549.1.9.1", Encoding::Ia5, 255},
    AttributeType{"email"_L1, "1.2.840.113549.1.9.1", Encoding::Ia5, 255},
    AttributeType{"unstructuredName"_L1, "1.2.840.113549.1.9.2", Encoding::Utf8, 255},
    AttributeType{"unstructuredAddress"_L1, "1.2.840.113549.1.9.8", Encoding::Utf8, 255},
    AttributeType{"serialNumber"_L1, "2.5.4.5", Encoding::Printable, 64},
    AttributeType{"dnQualifier"_L1, "2.5.4.46", Encoding::Printable},
    AttributeType{"SN"_L1, "2.5.4.4"},
    AttributeType{"surname"_L1, "2.5.4.4"},
    AttributeType{"GN"_L1, "2.5.4.42"},
    AttributeType{"givenName"_L1, "2.5.4.42"},
    AttributeType{"title"_L1, "2.5.4.12", Encoding::Utf8, 64},
    AttributeType{"description"_L1, "2.5.4.13"},
    AttributeType{"businessCategory"_L1, "2.5.4.15", Encoding::Utf8, 128},
    AttributeType{"postalCode"_L1, "2.5.4.17", Encoding::Utf8, 40},
    AttributeType{"telephoneNumber"_L1, "2.5.4.20", Encoding::Printable, 32},
    AttributeType{"name"_L1, "2.5.4.41"},
    AttributeType{"initials"_L1, "2.5.4.43"},
    AttributeType{"generationQualifier"_L1, "2.5.4.44"},
    AttributeType{"pseudonym"_L1, "2.5.4.65", Encoding::Utf8, 128},
    AttributeType{"organizationIdentifier"_L1, "2.5.4.97"},
};

bool isHexDigit(QChar c)
{
    return (c >= u'0' && c <= u'9') || (c >= u'a' && c <= u'f') || (c >= u'A' && c <= u'F');
}

bool isLetter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool isPrintableStringCharacter(char c)
{
    return isLetter(c) || (c >= '0' && c <= '9') || QByteArrayView(" '()+,-./:=?").contains(c);
}

class Parser
{
public:
    explicit Parser(QStringView text)
        : m_text(text)
    {}

    Result<QByteArray> name()
    {
        QByteArray names;
        skipSpaces();
        while (!isAtEnd()) {
            auto rdn = relativeName();
            if (!rdn)
                return rdn;
            names += *rdn;
            if (isAtEnd())
                break;
            ++m_at; // the comma
            skipSpaces();
            if (isAtEnd())
                return refuse(u"an attribute such as CN=name expected after the comma"_s);
        }
        return derElement(0x30, names);
    }

private:
    struct Attribute {
        QString oid;
        QByteArray der;
    };

    Result<QByteArray> relativeName()
    {
        QList<Attribute> attributes;
        for (;;) {
            const auto attribute = nameAttribute();
            if (!attribute)
                return std::unexpected(attribute.error());
            // X.501 9.3: each type at most once in an RDN.
            if (std::ranges::any_of(attributes, [&](const Attribute &other) { return other.oid == attribute->oid; }))
                return refuse(u"the same attribute type twice in one \"+\" group"_s);
            attributes.append(*attribute);
            if (isAtEnd() || current() == u',')
                break;
            ++m_at; // the plus
        }
        // DER: the elements of a SET OF stand in the order of their encodings.
        std::ranges::sort(attributes, {}, &Attribute::der);
        QByteArray set;
        for (const Attribute &attribute : std::as_const(attributes))
            set += attribute.der;
        return derElement(0x31, set);
    }

    Result<Attribute> nameAttribute()
    {
        skipSpaces();
        const qsizetype start = m_at;
        while (!isAtEnd() && current() != u'=' && current() != u',' && current() != u'+')
            ++m_at;
        const QString typeText = m_text.mid(start, m_at - start).trimmed().toString();
        if (isAtEnd() || current() != u'=') {
            const QString hint = start > 0 ? u"; inside a value write \"\\,\" and \"\\+\""_s : QString();
            m_at = start;
            return refuse(u"an attribute such as CN=name expected, found \"%1\"%2"_s.arg(displayText(typeText.left(40)), hint));
        }
        const auto *const known = std::ranges::find_if(
            attributeTypes, [&](const AttributeType &type) { return typeText.compare(type.name, Qt::CaseInsensitive) == 0; });
        AttributeType type{};
        if (known != attributeTypes.end())
            type = *known;
        QString dotted = QLatin1StringView(type.oid);
        if (known == attributeTypes.end()) {
            dotted = typeText.startsWith("OID."_L1, Qt::CaseInsensitive) ? typeText.mid(4) : typeText;
            if (!Oid::fromText(dotted)) {
                m_at = start;
                return refuse(u"unknown attribute type \"%1\""_s.arg(displayText(typeText.left(40))));
            }
            for (const AttributeType &candidate : attributeTypes) {
                if (dotted == QLatin1StringView(candidate.oid))
                    type = candidate;
            }
        }
        ++m_at; // the equals sign
        skipSpaces();
        const auto value = attributeValue(typeText, type);
        if (!value)
            return std::unexpected(value.error());
        const Asn1ObjectPtr object(OBJ_txt2obj(dotted.toLatin1().constData(), 1));
        if (object == nullptr)
            return refuse(u"unknown attribute type \"%1\""_s.arg(dotted));
        return Attribute{dotted, derElement(0x30, toDer(i2d_ASN1_OBJECT, object.get()) + *value)};
    }

    Result<QByteArray> attributeValue(const QString &typeText, const AttributeType &type)
    {
        const qsizetype start = m_at;
        if (!isAtEnd() && current() == u'#')
            return hexValue();
        const auto utf8 = !isAtEnd() && current() == u'"' ? quotedValue() : plainValue();
        if (!utf8)
            return utf8;
        const auto refuseValue = [&](const QString &why) {
            m_at = start;
            return refuse(typeText + u": "_s + why);
        };
        if (utf8->isEmpty())
            return refuseValue(u"a value expected"_s);
        QStringDecoder decoder(QStringConverter::Utf8, QStringConverter::Flag::Stateless);
        const QString text = decoder(*utf8);
        if (decoder.hasError())
            return refuseValue(u"the hex pairs are not UTF-8"_s);
        const qsizetype length = text.toUcs4().size();
        if (type.encoding == Encoding::Country && (utf8->size() != 2 || !std::ranges::all_of(*utf8, isLetter)))
            return refuseValue(u"a country is two letters, such as SE"_s);
        if (type.upperBound > 0 && length > type.upperBound)
            return refuseValue(u"%1 characters, at most %2 are allowed"_s.arg(length).arg(type.upperBound));
        const bool isAscii = std::ranges::all_of(*utf8, [](char c) { return static_cast<uchar>(c) < 0x80; });
        switch (type.encoding) {
        case Encoding::Ia5:
            if (!isAscii)
                return refuseValue(u"only ASCII characters are allowed"_s);
            return derElement(V_ASN1_IA5STRING, *utf8);
        case Encoding::Country:
        case Encoding::Printable:
            if (!std::ranges::all_of(*utf8, isPrintableStringCharacter))
                return refuseValue(u"only letters, digits, spaces and '()+,-./:=? are allowed"_s);
            return derElement(V_ASN1_PRINTABLESTRING, *utf8);
        case Encoding::Utf8:
            break;
        }
        return derElement(V_ASN1_UTF8STRING, *utf8);
    }

    Result<QByteArray> hexValue()
    {
        const qsizetype start = ++m_at;
        while (!isAtEnd() && isHexDigit(current()))
            ++m_at;
        const QByteArray digits = m_text.mid(start, m_at - start).toLatin1();
        skipSpaces();
        if (!isAtSeparator())
            return refuse(u"a hexadecimal digit, \",\" or \"+\" expected"_s);
        const QByteArray der = QByteArray::fromHex(digits);
        if (digits.isEmpty() || digits.size() % 2 != 0 || !checkAsn1Shape(der, 8, true)) {
            m_at = start;
            return refuse(u"the encoding of an ASN.1 value in hexadecimal expected after \"#\""_s);
        }
        // A string in parts is BER; a name is DER (RFC 5280 4.1.2.4), and our own text form would turn it into another name.
        const auto tag = static_cast<quint8>(der.front());
        const bool isUniversalConstructed = (tag & 0xE0) == 0x20;
        if (isUniversalConstructed && tag != (V_ASN1_SEQUENCE | V_ASN1_CONSTRUCTED) && tag != (V_ASN1_SET | V_ASN1_CONSTRUCTED)) {
            m_at = start;
            return refuse(u"a value in DER expected after \"#\", not one in parts"_s);
        }
        return der;
    }

    Result<QByteArray> quotedValue()
    {
        ++m_at;
        QByteArray value;
        while (!isAtEnd() && current() != u'"') {
            if (const auto taken = takeCharacter(value); !taken)
                return std::unexpected(taken.error());
        }
        if (isAtEnd())
            return refuse(u"closing quotation mark expected"_s);
        ++m_at;
        skipSpaces();
        if (!isAtSeparator())
            return refuse(u"\",\" or \"+\" expected after the quoted value"_s);
        return value;
    }

    Result<QByteArray> plainValue()
    {
        QByteArray value;
        qsizetype lengthWithoutTrailingSpaces = 0;
        while (!isAtSeparator()) {
            const QChar c = current();
            if (c == u'"' || c == u';' || c == u'<' || c == u'>') // RFC 4514 2.4
                return refuse(u"%1 is written \\%1 inside a value"_s.arg(c));
            if (const auto taken = takeCharacter(value); !taken)
                return std::unexpected(taken.error());
            if (c != u' ')
                lengthWithoutTrailingSpaces = value.size();
        }
        value.truncate(lengthWithoutTrailingSpaces);
        return value;
    }

    /// Appends the next character or escape as UTF-8.
    Result<void> takeCharacter(QByteArray &value)
    {
        const QChar c = current();
        if (c == u'\\') {
            const QChar next = m_at + 1 < m_text.size() ? m_text[m_at + 1] : QChar();
            if (isHexDigit(next) && m_at + 2 < m_text.size() && isHexDigit(m_text[m_at + 2])) {
                value += QByteArray::fromHex(m_text.mid(m_at + 1, 2).toLatin1());
                m_at += 3;
                return {};
            }
            if (next.isNull() || !u" ,+\"\\<>;#="_s.contains(next))
                return refuse(u"after \"\\\" one of , + \" \\ < > ; # = or two hexadecimal digits expected"_s);
            value += static_cast<char>(next.unicode());
            m_at += 2;
            return {};
        }
        if (displayText(QString(c)) != c && !c.isSurrogate())
            return refuse(u"control character U+%1"_s.arg(c.unicode(), 4, 16, QChar(u'0')));
        const bool isPair = c.isHighSurrogate() && m_at + 1 < m_text.size() && m_text[m_at + 1].isLowSurrogate();
        if (c.isSurrogate() && !isPair)
            return refuse(u"half a character"_s);
        const qsizetype units = isPair ? 2 : 1;
        value += m_text.mid(m_at, units).toUtf8();
        m_at += units;
        return {};
    }

    [[nodiscard]] bool isAtEnd() const { return m_at >= m_text.size(); }
    [[nodiscard]] QChar current() const { return m_text[m_at]; }
    [[nodiscard]] bool isAtSeparator() const { return isAtEnd() || current() == u',' || current() == u'+'; }
    void skipSpaces()
    {
        while (!isAtEnd() && current() == u' ')
            ++m_at;
    }
    [[nodiscard]] std::unexpected<Error> refuse(const QString &why) const
    {
        return failure(ErrorCode::InvalidDistinguishedName, u"character %1: %2"_s.arg(m_at + 1).arg(why));
    }

    QStringView m_text;
    qsizetype m_at = 0;
};

} // namespace

QString nameAttributeText(const Oid &type)
{
    const QString dotted = type.toText();
    const auto *const known = std::ranges::find_if(
        attributeTypes, [&dotted](const AttributeType &candidate) { return dotted == QLatin1StringView(candidate.oid); });
    return known != attributeTypes.end() ? QString(known->name) : dotted;
}

Result<QByteArray> parseNameText(const QString &text)
{
    const ErrorQueueGuard guard;
    if (text.size() > maxTextLength)
        return failure(ErrorCode::InvalidDistinguishedName, u"longer than %1 characters"_s.arg(maxTextLength));
    return Parser(text).name();
}

} // namespace Pki::Detail
