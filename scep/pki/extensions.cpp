// SPDX-License-Identifier: GPL-3.0-or-later
// Extensions as text and as bytes, for certificates, requests and CRLs alike; keyUsage and extendedKeyUsage in words.
#include "scep/pki/opensslhandles.h"

#include <QStringList>

#include <array>

namespace Pki {

using namespace Qt::StringLiterals;
using namespace Detail;

namespace {

using Asn1TypePtr = std::unique_ptr<ASN1_TYPE, Deleter<ASN1_TYPE_free>>;
using BitStringPtr = std::unique_ptr<ASN1_BIT_STRING, Deleter<ASN1_BIT_STRING_free>>;
using ExtendedKeyUsagePtr = std::unique_ptr<EXTENDED_KEY_USAGE, Deleter<EXTENDED_KEY_USAGE_free>>;
using SequencePtr = std::unique_ptr<ASN1_SEQUENCE_ANY, Deleter<[](ASN1_SEQUENCE_ANY *s) { sk_ASN1_TYPE_pop_free(s, ASN1_TYPE_free); }>>;

/// RFC 5280 4.2.1.3, in bit order.
constexpr std::array keyUsageNames{"digitalSignature"_L1, "nonRepudiation"_L1, "keyEncipherment"_L1,
                                   "dataEncipherment"_L1, "keyAgreement"_L1,   "keyCertSign"_L1,
                                   "cRLSign"_L1,          "encipherOnly"_L1,   "decipherOnly"_L1};

struct ExtendedKeyUsageName {
    QLatin1StringView name;
    const char *oid = nullptr;
};
constexpr std::array extendedKeyUsageNames{
    ExtendedKeyUsageName{"serverAuth"_L1, "1.3.6.1.5.5.7.3.1"},
    ExtendedKeyUsageName{"clientAuth"_L1, "1.3.6.1.5.5.7.3.2"},
    ExtendedKeyUsageName{"codeSigning"_L1, "1.3.6.1.5.5.7.3.3"},
    ExtendedKeyUsageName{"emailProtection"_L1, "1.3.6.1.5.5.7.3.4"},
    ExtendedKeyUsageName{"ipsecEndSystem"_L1, "1.3.6.1.5.5.7.3.5"},
    ExtendedKeyUsageName{"ipsecTunnel"_L1, "1.3.6.1.5.5.7.3.6"},
    ExtendedKeyUsageName{"ipsecUser"_L1, "1.3.6.1.5.5.7.3.7"},
    ExtendedKeyUsageName{"timeStamping"_L1, "1.3.6.1.5.5.7.3.8"},
    ExtendedKeyUsageName{"OCSPSigning"_L1, "1.3.6.1.5.5.7.3.9"},
    ExtendedKeyUsageName{"eapOverPPP"_L1, "1.3.6.1.5.5.7.3.13"},
    ExtendedKeyUsageName{"eapOverLAN"_L1, "1.3.6.1.5.5.7.3.14"},
    ExtendedKeyUsageName{"ipsecIKE"_L1, "1.3.6.1.5.5.7.3.17"},
    ExtendedKeyUsageName{"iKEIntermediate"_L1, "1.3.6.1.5.5.8.2.2"},
    ExtendedKeyUsageName{"anyExtendedKeyUsage"_L1, "2.5.29.37.0"},
    ExtendedKeyUsageName{"smartcardLogon"_L1, "1.3.6.1.4.1.311.20.2.2"},
    ExtendedKeyUsageName{"certificateRequestAgent"_L1, "1.3.6.1.4.1.311.20.2.1"},
    ExtendedKeyUsageName{"encryptingFileSystem"_L1, "1.3.6.1.4.1.311.10.3.4"},
};

constexpr auto templateNameOid = "1.3.6.1.4.1.311.20.2"_L1;
constexpr auto templateV2Oid = "1.3.6.1.4.1.311.21.7"_L1;
constexpr auto securityIdentifierOid = "1.3.6.1.4.1.311.25.2"_L1;

QByteArray valueOf(const X509_EXTENSION *extension)
{
    return toBytes(X509_EXTENSION_get_data(const_cast<X509_EXTENSION *>(extension)));
}

/// Decodes all of `der` with a d2i function; null when it does not fit or something follows.
template <typename Pointer, typename Decode>
Pointer decode(const QByteArray &der, Decode function)
{
    const auto *cursor = reinterpret_cast<const unsigned char *>(der.constData());
    const auto *const end = cursor + der.size();
    Pointer decoded(function(nullptr, &cursor, static_cast<long>(der.size())));
    return cursor == end ? std::move(decoded) : Pointer();
}

std::optional<KeyUsage> readKeyUsage(const QByteArray &value)
{
    const auto bits = decode<BitStringPtr>(value, d2i_ASN1_BIT_STRING);
    if (bits == nullptr)
        return std::nullopt;
    KeyUsage usage;
    for (std::size_t i = 0; i < keyUsageNames.size(); ++i) {
        if (ASN1_BIT_STRING_get_bit(bits.get(), static_cast<int>(i)) != 0)
            usage |= static_cast<KeyUsageBit>(1 << i);
    }
    return usage;
}

std::optional<QList<Oid>> readExtendedKeyUsage(const QByteArray &value)
{
    const auto purposes = decode<ExtendedKeyUsagePtr>(value, d2i_EXTENDED_KEY_USAGE);
    if (purposes == nullptr)
        return std::nullopt;
    QList<Oid> oids;
    for (int i = 0; i < sk_ASN1_OBJECT_num(purposes.get()); ++i)
        oids.append(toOid(sk_ASN1_OBJECT_value(purposes.get(), i)));
    return oids;
}

/// The text when `value` is one ASN.1 string (Microsoft writes a BMPString, others a UTF8String).
std::optional<QString> readString(const QByteArray &value)
{
    const auto any = decode<Asn1TypePtr>(value, d2i_ASN1_TYPE);
    if (any == nullptr)
        return std::nullopt;
    switch (ASN1_TYPE_get(any.get())) {
    case V_ASN1_UTF8STRING:
    case V_ASN1_BMPSTRING:
    case V_ASN1_PRINTABLESTRING:
    case V_ASN1_IA5STRING:
    case V_ASN1_T61STRING:
    case V_ASN1_VISIBLESTRING:
    case V_ASN1_UNIVERSALSTRING:
        return toText(any->value.asn1_string);
    default:
        return std::nullopt;
    }
}

/// SEQUENCE { OID, major INTEGER OPTIONAL, minor INTEGER OPTIONAL }
std::optional<QString> readTemplateV2(const QByteArray &value)
{
    const auto sequence = decode<SequencePtr>(value, d2i_ASN1_SEQUENCE_ANY);
    if (sequence == nullptr || sk_ASN1_TYPE_num(sequence.get()) < 1)
        return std::nullopt;
    const ASN1_TYPE *first = sk_ASN1_TYPE_value(sequence.get(), 0);
    if (first->type != V_ASN1_OBJECT)
        return std::nullopt;
    QString text = toOid(first->value.object).toText();
    for (int i = 1; i < sk_ASN1_TYPE_num(sequence.get()); ++i) {
        const ASN1_TYPE *number = sk_ASN1_TYPE_value(sequence.get(), i);
        int64_t version = 0;
        if (number->type == V_ASN1_INTEGER && ASN1_INTEGER_get_int64(&version, number->value.integer) == 1)
            text += (i == 1 ? ", version "_L1 : "."_L1) + QString::number(version);
    }
    return text;
}

/// SEQUENCE { [0] otherName { 1.3.6.1.4.1.311.25.2.1, [0] OCTET STRING } }: GeneralNames by its shape.
std::optional<QString> readSecurityIdentifier(const QByteArray &value)
{
    const auto names = decode<GeneralNamesPtr>(value, d2i_GENERAL_NAMES);
    if (names == nullptr || sk_GENERAL_NAME_num(names.get()) < 1)
        return std::nullopt;
    const GENERAL_NAME *name = sk_GENERAL_NAME_value(names.get(), 0);
    if (name->type != GEN_OTHERNAME || ASN1_TYPE_get(name->d.otherName->value) != V_ASN1_OCTET_STRING)
        return std::nullopt;
    return QString::fromLatin1(toBytes(name->d.otherName->value->value.octet_string));
}

std::optional<QString> readableText(const Oid &oid, X509_EXTENSION *extension, const QByteArray &value)
{
    switch (OBJ_obj2nid(X509_EXTENSION_get_object(extension))) {
    case NID_subject_alt_name:
    case NID_issuer_alt_name:
        if (const auto names = subjectAlternativeNamesFromDer(value))
            return toText(*names);
        return std::nullopt;
    case NID_key_usage:
        if (const auto usage = readKeyUsage(value))
            return toText(*usage);
        return std::nullopt;
    case NID_ext_key_usage:
        if (const auto oids = readExtendedKeyUsage(value))
            return toText(*oids);
        return std::nullopt;
    default:
        break;
    }
    const QString dotted = oid.toText();
    if (dotted == templateNameOid)
        return readString(value);
    if (dotted == templateV2Oid)
        return readTemplateV2(value);
    if (dotted == securityIdentifierOid)
        return readSecurityIdentifier(value);
    const BioPtr bio(BIO_new(BIO_s_mem()));
    if (X509V3_EXT_print(bio.get(), extension, X509V3_EXT_DEFAULT, 0) != 1)
        return readString(value);
    return QString::fromUtf8(takeBytes(bio.get()));
}

} // namespace

QString toText(KeyUsage usage)
{
    QStringList names;
    for (std::size_t i = 0; i < keyUsageNames.size(); ++i) {
        if (usage.testFlag(static_cast<KeyUsageBit>(1 << i)))
            names.append(keyUsageNames[i]);
    }
    return names.join(", "_L1);
}

Result<KeyUsage> keyUsageFromText(const QString &text)
{
    KeyUsage usage;
    const auto items = text.split(u',', Qt::SkipEmptyParts);
    for (const QString &item : items) {
        QString name = item.trimmed();
        if (name.isEmpty())
            continue;
        if (name.compare("contentCommitment"_L1, Qt::CaseInsensitive) == 0) // its newer name in X.509
            name = keyUsageNames[1];
        const auto *const found =
            std::ranges::find_if(keyUsageNames, [&name](QLatin1StringView known) { return name.compare(known, Qt::CaseInsensitive) == 0; });
        if (found == keyUsageNames.end())
            return failure(ErrorCode::InvalidArgument, u"key usage \"%1\""_s.arg(displayText(name)));
        usage |= static_cast<KeyUsageBit>(1 << (found - keyUsageNames.begin()));
    }
    return usage;
}

Result<QList<Oid>> extendedKeyUsageFromText(const QString &text)
{
    QList<Oid> oids;
    const auto items = text.split(u',', Qt::SkipEmptyParts);
    for (const QString &item : items) {
        const QString name = item.trimmed();
        if (name.isEmpty())
            continue;
        const auto *const known = std::ranges::find_if(extendedKeyUsageNames, [&name](const ExtendedKeyUsageName &candidate) {
            return name.compare(candidate.name, Qt::CaseInsensitive) == 0;
        });
        const auto oid = known != extendedKeyUsageNames.end() ? Oid::literal(known->oid) : Oid::fromText(name).value_or(Oid());
        if (oid.isEmpty())
            return failure(ErrorCode::InvalidArgument, u"extended key usage \"%1\""_s.arg(displayText(name)));
        if (!oids.contains(oid))
            oids.append(oid);
    }
    return oids;
}

QString toText(const QList<Oid> &extendedKeyUsage)
{
    QStringList names;
    for (const Oid &oid : extendedKeyUsage) {
        const QString dotted = oid.toText();
        const auto *const known = std::ranges::find_if(
            extendedKeyUsageNames, [&dotted](const ExtendedKeyUsageName &candidate) { return dotted == QLatin1StringView(candidate.oid); });
        names.append(known != extendedKeyUsageNames.end() ? QString(known->name) : dotted);
    }
    return names.join(", "_L1);
}

namespace Detail {

QList<Extension> toExtensions(const STACK_OF(X509_EXTENSION) * extensions)
{
    const ErrorQueueGuard guard;
    QList<Extension> list;
    for (int i = 0; extensions != nullptr && i < sk_X509_EXTENSION_num(extensions); ++i) {
        X509_EXTENSION *source = sk_X509_EXTENSION_value(extensions, i);
        Extension extension;
        extension.oid = toOid(X509_EXTENSION_get_object(source));
        extension.isCritical = X509_EXTENSION_get_critical(source) != 0;
        extension.value = valueOf(source);
        const auto text = readableText(extension.oid, source, extension.value);
        extension.text = text ? displayText(text->trimmed(), true) : QString::fromLatin1(extension.value.toHex(':'));
        list.append(extension);
    }
    return list;
}

CommonExtensions readCommonExtensions(const STACK_OF(X509_EXTENSION) * extensions)
{
    const ErrorQueueGuard guard;
    CommonExtensions common;
    for (int i = 0; extensions != nullptr && i < sk_X509_EXTENSION_num(extensions); ++i) {
        X509_EXTENSION *extension = sk_X509_EXTENSION_value(extensions, i);
        const ASN1_OBJECT *object = X509_EXTENSION_get_object(extension);
        switch (OBJ_obj2nid(object)) {
        case NID_subject_alt_name:
            common.subjectAlternativeNames = subjectAlternativeNamesFromDer(valueOf(extension)).value_or(SubjectAlternativeNames());
            break;
        case NID_key_usage:
            common.keyUsage = readKeyUsage(valueOf(extension));
            break;
        case NID_ext_key_usage:
            common.extendedKeyUsage = readExtendedKeyUsage(valueOf(extension)).value_or(QList<Oid>());
            break;
        default:
            if (toOid(object).toText() == templateNameOid)
                common.templateName = displayText(readString(valueOf(extension)).value_or(QString()));
            break;
        }
    }
    return common;
}

X509ExtensionPtr rawExtension(const Oid &oid, bool critical, const QByteArray &value)
{
    const Asn1ObjectPtr object = toObject(oid);
    const Asn1StringPtr content(ASN1_OCTET_STRING_new());
    if (object == nullptr || content == nullptr || ASN1_STRING_set(content.get(), value.constData(), static_cast<int>(value.size())) != 1)
        return nullptr;
    return X509ExtensionPtr(X509_EXTENSION_create_by_OBJ(nullptr, object.get(), critical ? 1 : 0, content.get()));
}

X509ExtensionPtr subjectAlternativeNameExtension(const SubjectAlternativeNames &names, bool critical)
{
    const auto der = subjectAlternativeNamesToDer(names);
    return der ? rawExtension(Oid::literal("2.5.29.17"), critical, *der) : nullptr;
}

X509ExtensionPtr keyUsageExtension(KeyUsage usage)
{
    const BitStringPtr bits(ASN1_BIT_STRING_new());
    for (std::size_t i = 0; i < keyUsageNames.size(); ++i) {
        if (usage.testFlag(static_cast<KeyUsageBit>(1 << i)) && ASN1_BIT_STRING_set_bit(bits.get(), static_cast<int>(i), 1) != 1)
            return nullptr;
    }
    return rawExtension(Oid::literal("2.5.29.15"), true, toDer(i2d_ASN1_BIT_STRING, bits.get())); // RFC 5280: SHOULD be critical
}

X509ExtensionPtr extendedKeyUsageExtension(const QList<Oid> &oids)
{
    const ExtendedKeyUsagePtr purposes(EXTENDED_KEY_USAGE_new());
    for (const Oid &oid : oids) {
        Asn1ObjectPtr object = toObject(oid);
        if (object == nullptr || sk_ASN1_OBJECT_push(purposes.get(), object.get()) == 0)
            return nullptr;
        std::ignore = object.release();
    }
    return rawExtension(Oid::literal("2.5.29.37"), false, toDer(i2d_EXTENDED_KEY_USAGE, purposes.get()));
}

} // namespace Detail

} // namespace Pki
