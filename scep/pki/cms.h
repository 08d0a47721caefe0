// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/pki/certificate.h"
#include "scep/pki/crl.h"
#include "scep/pki/secretbytes.h"

#include <QFlags>

namespace Pki {

/// CBC content ciphers; nothing else is allowed inside EnvelopedData.
enum class Cipher { Des, TripleDes, Aes128, Aes192, Aes256 };
QString displayName(Cipher cipher); ///< "AES-128-CBC"
QString settingName(Cipher cipher); ///< "aes128-cbc", "3des-cbc", "des-cbc", ...
std::optional<Cipher> cipherFromSettingName(const QString &name);
bool isWeak(Cipher cipher); ///< DES; 3DES counts as old, not weak

enum class KeyTransport { RsaPkcs1, RsaOaepSha1, RsaOaepSha256 };

/// Limits for parsing what a stranger sent.
struct CmsLimits {
    qsizetype maxBytes = 2 * 1024 * 1024;
    int maxDepth = 32; ///< nesting of constructed ASN.1 elements
    int maxCertificates = 32;
    int maxRecipients = 8;
    int maxAttributes = 64;
};

/// A signed attribute: its OID and the DER of each value.
struct Attribute {
    Oid oid;
    QList<QByteArray> values; ///< DER of each AttributeValue

    friend bool operator==(const Attribute &, const Attribute &) = default;
};

// -- ASN.1 string helpers for attribute values ------------------------------------------------------------------------
QByteArray printableStringDer(const QByteArray &ascii);
QByteArray utf8StringDer(const QString &text);
QByteArray octetStringDer(const QByteArray &bytes);
/// Text of a PrintableString, UTF8String, IA5String, BMPString or T61String. Malformed for anything else or trailing bytes.
Result<QString> stringFromDer(const QByteArray &der);
Result<QByteArray> octetStringFromDer(const QByteArray &der);

// -- signedData ---------------------------------------------------------------------------------------------------------

struct SignOptions {
    Digest digest = Digest::Sha256;
    QList<Attribute> signedAttributes; ///< beside contentType and messageDigest, which are always there
    QList<Certificate> certificates;   ///< embedded; the signer is not added by itself
    bool hasContent = true;            ///< false: eContent absent (messageDigest over the empty string)
};

/// ContentInfo{signedData} with one SignerInfo, definite-length DER, no signingTime and no smimeCapabilities.
/// The SignerInfo's signatureAlgorithm is rsaEncryption for RSA keys (what every server and client reads).
Result<QByteArray> signCms(const QByteArray &content, const Certificate &signer, const PrivateKey &key, const SignOptions &options);

struct SignerInfo {
    IssuerAndSerialNumber signerId; ///< empty issuer when the sender used a subjectKeyIdentifier instead
    QByteArray subjectKeyIdentifier;
    Oid digestAlgorithm;
    std::optional<Digest> digest; ///< nullopt when unknown
    Oid signatureAlgorithm;
    QList<Attribute> signedAttributes;
    bool hasSignedAttributes = false;

    [[nodiscard]] std::optional<Attribute> attribute(const Oid &oid) const; ///< first of that type
    [[nodiscard]] int attributeCount(const Oid &oid) const;
};

namespace Detail {
struct SignedDataParts;
struct EnvelopedDataParts;
} // namespace Detail

/// A parsed ContentInfo{signedData}: BER or DER, version 1 or 3. Immutable, implicitly shared.
class SignedData
{
public:
    SignedData() = default;
    /// Reads all of `bytes` within `limits`. Errors: NotRecognised (not signedData), Malformed, TooLarge.
    static Result<SignedData> fromDer(const QByteArray &bytes, const CmsLimits &limits = {});

    [[nodiscard]] bool isNull() const { return m_data == nullptr; }
    [[nodiscard]] int version() const;
    [[nodiscard]] Oid contentType() const; ///< eContentType
    /// The eContent octets; nullopt when absent. An empty value means present and empty.
    [[nodiscard]] std::optional<QByteArray> content() const;
    /// The embedded ones; they prove nothing by themselves. Beside a signer, those that cannot be decoded are left out; in a degenerate
    /// message one such makes fromDer() fail.
    [[nodiscard]] QList<Certificate> certificates() const;
    [[nodiscard]] QList<Crl> crls() const;
    [[nodiscard]] QList<SignerInfo> signers() const;
    /// Signature over the signed attributes and messageDigest over the content of signer `index`, with `signer`'s public key.
    /// Attributes are hashed as received, then in DER order (Cisco). No purpose, chain or validity check.
    /// Errors: SignatureInvalid, UnsupportedAlgorithm.
    [[nodiscard]] Result<void> verifySigner(int index, const Certificate &signer) const;

private:
    std::shared_ptr<const Detail::SignedDataParts> m_data;
};

/// Degenerate signedData carrying certificates and CRLs only ("p7c", "p7b"), in DER.
Result<QByteArray> degenerateCms(const QList<Certificate> &certificates, const QList<Crl> &crls = {});

// -- envelopedData ------------------------------------------------------------------------------------------------------

struct RecipientInfo {
    enum class Kind { KeyTransport, KeyAgreement, Password, Other };
    Kind kind = Kind::KeyTransport;
    IssuerAndSerialNumber recipientId; ///< for KeyTransport and KeyAgreement (first key)
    Oid keyEncryptionAlgorithm;
};

/// ContentInfo{envelopedData} for one RSA certificate, definite-length DER. Errors: UnsupportedAlgorithm (no RSA key), CryptoFailure.
Result<QByteArray> encryptCms(const QByteArray &content, const Certificate &recipient, Cipher cipher,
                              KeyTransport transport = KeyTransport::RsaPkcs1);
/// One PasswordRecipientInfo (RFC 8894 3.1), for requesters whose key cannot decrypt.
Result<QByteArray> encryptCmsWithPassword(const QByteArray &content, const SecretBytes &password, Cipher cipher);

/// A parsed ContentInfo{envelopedData}. Immutable, implicitly shared.
class EnvelopedData
{
public:
    EnvelopedData() = default;
    /// Errors: ContentRefused (AuthEnvelopedData, compressedData, signedData inside, a cipher that is not CBC), Malformed, TooLarge.
    static Result<EnvelopedData> fromDer(const QByteArray &bytes, const CmsLimits &limits = {});

    [[nodiscard]] QList<RecipientInfo> recipients() const;
    [[nodiscard]] Oid contentCipherOid() const;
    [[nodiscard]] std::optional<Cipher> contentCipher() const;
    /// Uses exactly this key for the recipient that names `certificate` (issuer and serial), or, if there is only one
    /// key-transport recipient, for that one. ktri (PKCS#1 v1.5, OAEP) and kari. One uniform error: DecryptionFailed;
    /// LegacyProviderMissing for DES without OpenSSL's legacy provider.
    [[nodiscard]] Result<QByteArray> decrypt(const PrivateKey &key, const Certificate &certificate) const;
    [[nodiscard]] Result<QByteArray> decryptWithPassword(const SecretBytes &password) const;

private:
    std::shared_ptr<const Detail::EnvelopedDataParts> m_data;
};

/// OIDs met in several layers.
namespace Oids {
inline constexpr const char *data = "1.2.840.113549.1.7.1";
inline constexpr const char *signedData = "1.2.840.113549.1.7.2";
inline constexpr const char *envelopedData = "1.2.840.113549.1.7.3";
inline constexpr const char *templateName = "1.3.6.1.4.1.311.20.2";
inline constexpr const char *certificateRequestAgent = "1.3.6.1.4.1.311.20.2.1";
} // namespace Oids

} // namespace Pki
