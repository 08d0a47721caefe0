// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/pki/opensslhandles.h"

#include <openssl/provider.h>

#include <QTimeZone>

#include <array>
#include <ctime>
#include <limits>

namespace Pki::Detail {

using namespace Qt::StringLiterals;

OSSL_LIB_CTX *libraryContext()
{
    // A context of our own never reads openssl.cnf, and a provider loaded by name does not depend on it either. What OpenSSL does in
    // its default context on the way (decoding starts there) need not read that file and load providers a second time: it costs a
    // fifth of the start of scepctl.
    static OSSL_LIB_CTX *const context = [] {
        OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr);
        OSSL_LIB_CTX *made = OSSL_LIB_CTX_new();
        if (made == nullptr || OSSL_PROVIDER_load(made, "default") == nullptr)
            qFatal("OpenSSL's default provider cannot be loaded");
        return made;
    }();
    return context;
}

OSSL_LIB_CTX *legacyLibraryContext()
{
    static OSSL_LIB_CTX *const context = []() -> OSSL_LIB_CTX * {
        OSSL_LIB_CTX *made = OSSL_LIB_CTX_new();
        if (made == nullptr || OSSL_PROVIDER_load(made, "default") == nullptr)
            qFatal("OpenSSL's default provider cannot be loaded");
        if (OSSL_PROVIDER_load(made, "legacy") == nullptr) {
            OSSL_LIB_CTX_free(made);
            return nullptr;
        }
        return made;
    }();
    return context;
}

Error drainErrors(ErrorCode code, const QString &detail)
{
    QStringList reasons;
    while (const unsigned long number = ERR_get_error()) {
        const char *reason = ERR_reason_error_string(number);
        const QString text = reason != nullptr ? QString::fromLatin1(reason) : u"OpenSSL error 0x%1"_s.arg(number, 8, 16, QChar(u'0'));
        if (!reasons.contains(text))
            reasons.append(text);
    }
    return Error{code, detail.isNull() ? reasons.join("; "_L1) : detail};
}

QString displayText(const QString &text, bool keepLines)
{
    QString shown;
    shown.reserve(text.size());
    const auto codePoints = text.toUcs4();
    for (const char32_t c : codePoints) {
        // Bidirectional overrides and isolates reorder what stands around them: a name could show as another one.
        const bool reorders = (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
        const bool isControl = c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029;
        if ((isControl && !(keepLines && c == U'\n')) || reorders)
            shown += QChar(QChar::ReplacementCharacter);
        else
            shown += QStringView(QChar::fromUcs4(c));
    }
    return shown;
}

QString displayUtf8(QByteArrayView utf8, bool keepLines)
{
    return displayText(QString::fromUtf8(utf8), keepLines);
}

std::optional<QString> toText(const ASN1_STRING *string)
{
    if (string == nullptr)
        return std::nullopt;
    unsigned char *utf8 = nullptr;
    const int length = ASN1_STRING_to_UTF8(&utf8, string);
    if (length < 0)
        return std::nullopt;
    const QString text = QString::fromUtf8(reinterpret_cast<const char *>(utf8), length);
    OPENSSL_clear_free(utf8, static_cast<size_t>(length));
    return text;
}

BioPtr readOnlyBio(QByteArrayView bytes)
{
    if (bytes.size() > std::numeric_limits<int>::max())
        return nullptr;
    // BIO_new_mem_buf refuses a null pointer, which an empty view may have.
    return BioPtr(BIO_new_mem_buf(bytes.isEmpty() ? "" : bytes.data(), static_cast<int>(bytes.size())));
}

QByteArray takeBytes(BIO *memoryBio)
{
    char *start = nullptr;
    const long length = BIO_get_mem_data(memoryBio, &start);
    return length > 0 ? QByteArray(start, length) : QByteArray();
}

const EVP_MD *digestMethod(Digest digest)
{
    // Fetched once from our context and kept: EVP_sha256() would be looked up again, in the default context, at every use.
    static const auto fetch = [](const char *name) -> const EVP_MD * {
        const EVP_MD *method = EVP_MD_fetch(libraryContext(), name, nullptr);
        if (method == nullptr)
            qFatal("OpenSSL has no %s", name);
        return method;
    };
    switch (digest) {
    case Digest::Md5: {
        static const EVP_MD *const method = fetch("MD5");
        return method;
    }
    case Digest::Sha1: {
        static const EVP_MD *const method = fetch("SHA1");
        return method;
    }
    case Digest::Sha224: {
        static const EVP_MD *const method = fetch("SHA2-224");
        return method;
    }
    case Digest::Sha256: {
        static const EVP_MD *const method = fetch("SHA2-256");
        return method;
    }
    case Digest::Sha384: {
        static const EVP_MD *const method = fetch("SHA2-384");
        return method;
    }
    case Digest::Sha512: {
        static const EVP_MD *const method = fetch("SHA2-512");
        return method;
    }
    }
    Q_UNREACHABLE();
}

X509Ptr duplicate(const Certificate &certificate)
{
    if (certificate.isNull())
        return nullptr;
    X509 *x509 = certificate.data()->x509();
    return X509_up_ref(x509) == 1 ? X509Ptr(x509) : nullptr;
}

Certificate toCertificate(X509 *x509)
{
    return x509 != nullptr ? Certificate::fromDer(toDer(i2d_X509, x509)).value_or(Certificate()) : Certificate();
}

EVP_PKEY *keyOf(const PrivateKey &key)
{
    return key.isNull() ? nullptr : key.handle()->key.get();
}

QDateTime toDateTime(const ASN1_TIME *time)
{
    std::tm fields{};
    if (time == nullptr || ASN1_TIME_to_tm(time, &fields) != 1) // ASN1_TIME_to_tm(null) would mean now
        return {};
    const QDate date(fields.tm_year + 1900, fields.tm_mon + 1, fields.tm_mday);
    const QTime clock(fields.tm_hour, fields.tm_min, fields.tm_sec);
    return date.isValid() && clock.isValid() ? QDateTime(date, clock, QTimeZone::utc()).toUTC() : QDateTime();
}

Oid toOid(const ASN1_OBJECT *object)
{
    std::array<char, 512> buffer{};
    const int length = object != nullptr ? OBJ_obj2txt(buffer.data(), static_cast<int>(buffer.size()), object, 1) : 0;
    if (length <= 0 || length >= static_cast<int>(buffer.size()))
        return {};
    return Oid::fromText(QString::fromLatin1(buffer.data(), length)).value_or(Oid());
}

Asn1ObjectPtr toObject(const Oid &oid)
{
    return oid.isEmpty() ? nullptr : Asn1ObjectPtr(OBJ_txt2obj(oid.toText().toLatin1().constData(), 1));
}

DistinguishedName toName(const X509_NAME *name)
{
    const unsigned char *der = nullptr;
    size_t length = 0;
    // The bytes as received: X509_NAME keeps them until it is changed.
    if (name == nullptr || X509_NAME_get0_der(name, &der, &length) != 1)
        return {};
    return DistinguishedName::fromDer(QByteArray(reinterpret_cast<const char *>(der), static_cast<qsizetype>(length)))
        .value_or(DistinguishedName());
}

X509NamePtr toX509Name(const DistinguishedName &name)
{
    const QByteArray der = name.der();
    const auto *cursor = reinterpret_cast<const unsigned char *>(der.constData());
    return X509NamePtr(d2i_X509_NAME(nullptr, &cursor, static_cast<long>(der.size())));
}

QByteArray toBytes(const ASN1_STRING *string)
{
    return string == nullptr ? QByteArray()
                             : QByteArray(reinterpret_cast<const char *>(ASN1_STRING_get0_data(string)), ASN1_STRING_length(string));
}

SerialNumber toSerialNumber(const ASN1_INTEGER *integer)
{
    if (integer == nullptr)
        return {};
    const QByteArray der = toDer(i2d_ASN1_INTEGER, integer);
    const auto *cursor = reinterpret_cast<const unsigned char *>(der.constData());
    long length = 0;
    int tag = 0;
    int tagClass = 0;
    if ((ASN1_get_object(&cursor, &length, &tag, &tagClass, static_cast<long>(der.size())) & 0x80) != 0)
        return {};
    return SerialNumber(QByteArray(reinterpret_cast<const char *>(cursor), length));
}

Asn1IntegerPtr toAsn1Integer(const SerialNumber &serialNumber)
{
    QByteArray content = serialNumber.bytes();
    if (content.isEmpty())
        return nullptr;
    // DER wants the shortest form; d2i refuses the others.
    const auto isPadded = [&content] {
        const auto first = static_cast<uchar>(content[0]);
        return content.size() > 1 && ((first == 0x00 && (content[1] & 0x80) == 0) || (first == 0xff && (content[1] & 0x80) != 0));
    };
    while (isPadded())
        content.remove(0, 1);

    const QByteArray der = derElement(V_ASN1_INTEGER, content);
    const auto *cursor = reinterpret_cast<const unsigned char *>(der.constData());
    return Asn1IntegerPtr(d2i_ASN1_INTEGER(nullptr, &cursor, static_cast<long>(der.size())));
}

} // namespace Pki::Detail
