// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// The one include point of OpenSSL: for scep/pki/*.cpp only, never from a header of another layer.

#include "scep/pki/certificate.h"
#include "scep/pki/cms.h"
#include "scep/pki/error.h"

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/cms.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <mutex>
#include <optional>

namespace Pki::Detail {

template <auto Function>
struct Deleter {
    template <typename T>
    void operator()(T *pointer) const
    {
        Function(pointer);
    }
};

using BioPtr = std::unique_ptr<BIO, Deleter<BIO_free_all>>;
using BignumPtr = std::unique_ptr<BIGNUM, Deleter<BN_free>>;
using CmsPtr = std::unique_ptr<CMS_ContentInfo, Deleter<CMS_ContentInfo_free>>;
using EvpKeyPtr = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using EvpKeyContextPtr = std::unique_ptr<EVP_PKEY_CTX, Deleter<EVP_PKEY_CTX_free>>;
using EvpDigestContextPtr = std::unique_ptr<EVP_MD_CTX, Deleter<EVP_MD_CTX_free>>;
using EvpCipherContextPtr = std::unique_ptr<EVP_CIPHER_CTX, Deleter<EVP_CIPHER_CTX_free>>;
using X509Ptr = std::unique_ptr<X509, Deleter<X509_free>>;
using X509ReqPtr = std::unique_ptr<X509_REQ, Deleter<X509_REQ_free>>;
using X509CrlPtr = std::unique_ptr<X509_CRL, Deleter<X509_CRL_free>>;
using X509NamePtr = std::unique_ptr<X509_NAME, Deleter<X509_NAME_free>>;
using X509ExtensionPtr = std::unique_ptr<X509_EXTENSION, Deleter<X509_EXTENSION_free>>;
using Asn1ObjectPtr = std::unique_ptr<ASN1_OBJECT, Deleter<ASN1_OBJECT_free>>;
using Asn1StringPtr = std::unique_ptr<ASN1_STRING, Deleter<ASN1_STRING_free>>;
using Asn1IntegerPtr = std::unique_ptr<ASN1_INTEGER, Deleter<ASN1_INTEGER_free>>;
using GeneralNamesPtr = std::unique_ptr<GENERAL_NAMES, Deleter<GENERAL_NAMES_free>>;
using Pkcs12Ptr = std::unique_ptr<PKCS12, Deleter<PKCS12_free>>;
using Pkcs8Ptr = std::unique_ptr<PKCS8_PRIV_KEY_INFO, Deleter<PKCS8_PRIV_KEY_INFO_free>>;

struct KeyHandle {
    explicit KeyHandle(EvpKeyPtr decoded)
        : key(std::move(decoded))
    {}

    EvpKeyPtr key;
    /// Encoded on first use, then kept: OpenSSL 3 takes as long for it as for a signature check.
    const PublicKey &publicKey() const;

private:
    mutable std::once_flag m_isEncoded;
    mutable PublicKey m_publicKey;
};

/// Our own library context with the `default` provider, so that nothing in the system's openssl.cnf or in Qt's TLS changes what
/// we accept. Made on first use, thread-safe, never freed.
OSSL_LIB_CTX *libraryContext();
/// The same with `legacy` beside `default`, loaded the first time a DES or RC2 message must be read; nullptr when OpenSSL has none.
OSSL_LIB_CTX *legacyLibraryContext();

/// Drains this thread's OpenSSL error queue into one Error. Call it once, right after the failing call: a second call finds
/// an empty queue. The queue's text becomes the detail unless `detail` is given (it always is where text would help an attacker).
Error drainErrors(ErrorCode code, const QString &detail = {});

/// Clears the queue on entry and on exit: each function that calls OpenSSL starts with one.
class ErrorQueueGuard
{
public:
    ErrorQueueGuard() { ERR_clear_error(); }
    ~ErrorQueueGuard() { ERR_clear_error(); }
    ErrorQueueGuard(const ErrorQueueGuard &) = delete;
    ErrorQueueGuard &operator=(const ErrorQueueGuard &) = delete;
};

/// A chain of characters from a stranger, for showing: control characters (except the line feed if `keepLines`) and bytes that are
/// not UTF-8 become U+FFFD, so that nobody draws lines or colours into our lists, logs and terminals.
QString displayUtf8(QByteArrayView utf8, bool keepLines = false);
QString displayText(const QString &text, bool keepLines = false);
/// UTF-8 text of any ASN.1 string type; nullopt when the bytes do not fit the type.
std::optional<QString> toText(const ASN1_STRING *string);

BioPtr readOnlyBio(QByteArrayView bytes); ///< does not copy; `bytes` must outlive it
QByteArray takeBytes(BIO *memoryBio);
const EVP_MD *digestMethod(Digest digest);
const EVP_CIPHER *cipherMethod(Cipher cipher);
std::optional<Cipher> cipherFromOid(const Oid &oid);
/// The context in which `cipher` can be fetched: DES needs the legacy provider. nullptr when OpenSSL has none.
OSSL_LIB_CTX *contextFor(Cipher cipher);

/// DER of any OpenSSL object through its i2d function.
template <typename T, typename Encode>
QByteArray toDer(Encode encode, T *object)
{
    unsigned char *buffer = nullptr;
    const int length = encode(object, &buffer);
    if (length < 0)
        return {};
    QByteArray bytes(reinterpret_cast<const char *>(buffer), length);
    OPENSSL_clear_free(buffer, static_cast<size_t>(length));
    return bytes;
}

X509Ptr duplicate(const Certificate &certificate); ///< one more reference to the parsed X509; null for a null certificate
Certificate toCertificate(X509 *x509);             ///< copies through DER; null on failure
/// What is told of a key that OpenSSL holds decoded; `spki` is its SubjectPublicKeyInfo in DER.
PublicKey toPublicKey(const EVP_PKEY *key, const QByteArray &spki);
EVP_PKEY *keyOf(const PrivateKey &key);      ///< borrowed; null for a null key
QDateTime toDateTime(const ASN1_TIME *time); ///< UTC; invalid when it cannot be read
Oid toOid(const ASN1_OBJECT *object);
Asn1ObjectPtr toObject(const Oid &oid);
DistinguishedName toName(const X509_NAME *name);
X509NamePtr toX509Name(const DistinguishedName &name);
QByteArray toBytes(const ASN1_STRING *string);
SerialNumber toSerialNumber(const ASN1_INTEGER *integer);
Asn1IntegerPtr toAsn1Integer(const SerialNumber &serialNumber);
/// Readable extensions of a certificate, a CSR or a CRL entry.
QList<Extension> toExtensions(const STACK_OF(X509_EXTENSION) * extensions);
/// subjectAltName, keyUsage, extendedKeyUsage, template name: read from a list, for certificates and CSRs alike.
struct CommonExtensions {
    SubjectAlternativeNames subjectAlternativeNames;
    std::optional<KeyUsage> keyUsage;
    QList<Oid> extendedKeyUsage;
    QString templateName;
};
CommonExtensions readCommonExtensions(const STACK_OF(X509_EXTENSION) * extensions);

/// The parsed form behind Certificate. Fields are read from `x509` when asked for: OpenSSL guards its own caches with locks,
/// and nothing here is changed after construction but under a once_flag, so any thread may read.
struct CertificateData {
    /// What whoever just made a certificate knows of it: decoding it again takes OpenSSL 3.0 half as long as signing it.
    struct Known {
        IssuerAndSerialNumber issuerAndSerialNumber;
        PublicKey publicKey;
    };

    /// Null when the bytes are no certificate; `excess` gets the number of bytes after it.
    static X509Ptr decoded(const QByteArray &der, qsizetype *excess = nullptr);
    /// The one in use with these bytes, or null.
    static std::shared_ptr<const CertificateData> living(const QByteArray &der);
    /// From now on living() finds it, as long as somebody holds it.
    static std::shared_ptr<const CertificateData> keep(std::unique_ptr<const CertificateData> data);

    CertificateData(QByteArray der, X509Ptr x509);
    /// `der` is a well-formed certificate for certain; it is decoded when something else than `known` is asked for.
    CertificateData(QByteArray der, Known known);

    [[nodiscard]] const QByteArray &der() const { return m_der; }
    [[nodiscard]] const std::optional<Known> &known() const { return m_known; }
    [[nodiscard]] X509 *x509() const;
    [[nodiscard]] const CommonExtensions &commonExtensions() const;

private:
    QByteArray m_der;
    std::optional<Known> m_known;
    mutable X509Ptr m_x509;
    mutable CommonExtensions m_common;
    mutable std::once_flag m_isDecoded;
    mutable std::once_flag m_hasCommon;
};
/// A certificate of our own making, see CertificateData::Known.
Certificate toCertificate(const QByteArray &der, CertificateData::Known known);

/// The RSA key in a SubjectPublicKeyInfo of type id-RSAES-OAEP, for which OpenSSL has no key type: an ordinary RSA key with a restriction.
/// Null for any other and for a broken one.
EvpKeyPtr oaepKeyIn(X509_PUBKEY *spki);
/// The same for a certificate whose key OpenSSL does not know.
EvpKeyPtr oaepKeyOf(const X509 *x509);

/// What writing and reading PKCS#12 share.
struct BagsDeleter {
    void operator()(STACK_OF(PKCS12_SAFEBAG) * bags) const { sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free); }
};
using BagsPtr = std::unique_ptr<STACK_OF(PKCS12_SAFEBAG), BagsDeleter>;
struct SafesDeleter {
    void operator()(STACK_OF(PKCS7) * safes) const { sk_PKCS7_pop_free(safes, PKCS7_free); }
};
using SafesPtr = std::unique_ptr<STACK_OF(PKCS7), SafesDeleter>;

/// Builders shared by certificates and CSRs; each returns null and leaves the queue filled on failure.
X509ExtensionPtr subjectAlternativeNameExtension(const SubjectAlternativeNames &names, bool critical);
X509ExtensionPtr keyUsageExtension(KeyUsage usage);
X509ExtensionPtr extendedKeyUsageExtension(const QList<Oid> &oids);
X509ExtensionPtr rawExtension(const Oid &oid, bool critical, const QByteArray &value);

/// One DER element: identifier octet (low tag numbers only), length, content.
QByteArray derElement(uchar identifier, const QByteArray &content);

/// Depth and size check of a BER/DER blob before OpenSSL sees it: every constructed element is walked without recursion
/// deeper than `maxDepth`; indefinite lengths allowed; `requireAll`: no bytes may follow the outermost element.
Result<void> checkAsn1Shape(QByteArrayView bytes, int maxDepth, bool requireAll);

} // namespace Pki::Detail
