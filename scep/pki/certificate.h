// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/pki/digest.h"
#include "scep/pki/distinguishedname.h"
#include "scep/pki/error.h"
#include "scep/pki/oid.h"
#include "scep/pki/privatekey.h"
#include "scep/pki/subjectalternativename.h"

#include <QByteArray>
#include <QDateTime>
#include <QFlags>
#include <QList>
#include <QString>

#include <memory>
#include <optional>

namespace Pki {

/// keyUsage bits (RFC 5280 4.2.1.3).
enum class KeyUsageBit {
    DigitalSignature = 0x001,
    NonRepudiation = 0x002,
    KeyEncipherment = 0x004,
    DataEncipherment = 0x008,
    KeyAgreement = 0x010,
    KeyCertSign = 0x020,
    CrlSign = 0x040,
    EncipherOnly = 0x080,
    DecipherOnly = 0x100,
};
Q_DECLARE_FLAGS(KeyUsage, KeyUsageBit)
Q_DECLARE_OPERATORS_FOR_FLAGS(KeyUsage)

QString toText(KeyUsage usage); ///< "digitalSignature, keyEncipherment"
/// Comma separated RFC 5280 names, without case. Errors: InvalidArgument.
Result<KeyUsage> keyUsageFromText(const QString &text);
/// Comma separated names (serverAuth, clientAuth, ...) or OIDs. Errors: InvalidArgument.
Result<QList<Oid>> extendedKeyUsageFromText(const QString &text);
QString toText(const QList<Oid> &extendedKeyUsage);

/// A certificate's serial number: the content bytes of the INTEGER.
class SerialNumber
{
public:
    SerialNumber() = default;
    explicit SerialNumber(QByteArray bigEndian)
        : m_bytes(std::move(bigEndian))
    {}
    static Result<SerialNumber> fromHex(const QString &hex); ///< with or without colons and 0x; InvalidArgument

    [[nodiscard]] QByteArray bytes() const { return m_bytes; }
    [[nodiscard]] QString toHex() const;     ///< lower case, no separators, at least two digits
    [[nodiscard]] QString toDisplay() const; ///< "4F:02:..."
    [[nodiscard]] bool isEmpty() const { return m_bytes.isEmpty(); }

    friend bool operator==(const SerialNumber &, const SerialNumber &) = default;

private:
    QByteArray m_bytes;
};

/// issuer Name and serial number together name one certificate in CMS; a serial alone never does.
struct IssuerAndSerialNumber {
    DistinguishedName issuer;
    SerialNumber serialNumber;

    static Result<IssuerAndSerialNumber> fromDer(const QByteArray &der);
    [[nodiscard]] QByteArray der() const;
    friend bool operator==(const IssuerAndSerialNumber &, const IssuerAndSerialNumber &) = default;
};

/// One extension, ready to show.
struct Extension {
    Oid oid;
    bool isCritical = false;
    QByteArray value; ///< content of extnValue
    QString text;     ///< readable, may have several lines; hex when nothing better is known

    friend bool operator==(const Extension &, const Extension &) = default;
};

namespace Detail {
struct CertificateData; // parsed X509 and cached fields, scep_pki only
}

/// An X.509 certificate. Immutable, implicitly shared, usable from any thread.
class Certificate
{
public:
    Certificate() = default;                                   ///< null
    static Result<Certificate> fromDer(const QByteArray &der); ///< exactly one certificate, no trailing bytes. Malformed
    static Result<Certificate> fromPem(const QByteArray &pem); ///< the first CERTIFICATE block. NotRecognised, Malformed
    /// DER or PEM. Errors as above.
    static Result<Certificate> fromBytes(const QByteArray &bytes);
    /// Every CERTIFICATE block of a PEM bundle, in order. NotRecognised when there is none.
    static Result<QList<Certificate>> listFromPem(const QByteArray &pem);

    [[nodiscard]] bool isNull() const { return m_data == nullptr; }
    [[nodiscard]] QByteArray der() const;
    [[nodiscard]] QByteArray toPem() const;
    [[nodiscard]] int version() const; ///< 1..3
    [[nodiscard]] DistinguishedName subject() const;
    [[nodiscard]] DistinguishedName issuer() const;
    [[nodiscard]] SerialNumber serialNumber() const;
    [[nodiscard]] IssuerAndSerialNumber issuerAndSerialNumber() const;
    [[nodiscard]] QDateTime notBefore() const; ///< UTC
    [[nodiscard]] QDateTime notAfter() const;  ///< UTC
    [[nodiscard]] PublicKey publicKey() const;
    [[nodiscard]] QString signatureAlgorithm() const; ///< "sha256WithRSAEncryption"
    [[nodiscard]] std::optional<Digest> signatureDigest() const;
    [[nodiscard]] QByteArray subjectKeyIdentifier() const;   ///< empty when absent
    [[nodiscard]] QByteArray authorityKeyIdentifier() const; ///< keyid part; empty when absent

    [[nodiscard]] std::optional<KeyUsage> keyUsage() const;
    [[nodiscard]] QList<Oid> extendedKeyUsage() const;
    [[nodiscard]] SubjectAlternativeNames subjectAlternativeNames() const;
    [[nodiscard]] bool isCa() const; ///< basicConstraints cA=TRUE
    [[nodiscard]] std::optional<int> pathLength() const;
    [[nodiscard]] QString templateName() const; ///< extension 1.3.6.1.4.1.311.20.2, else empty
    [[nodiscard]] QStringList crlDistributionPoints() const;
    [[nodiscard]] QStringList authorityInformationUrls() const; ///< caIssuers and OCSP, prefixed "CA issuers: " / "OCSP: "
    [[nodiscard]] QList<Extension> extensions() const;

    [[nodiscard]] bool isSelfIssued() const; ///< issuer name equals subject name
    [[nodiscard]] bool isSelfSigned() const; ///< self issued and the signature verifies with its own key
    /// The signature of this certificate verifies with `issuer`'s key and the names fit. Says nothing about validity or cA.
    [[nodiscard]] bool isSignedBy(const Certificate &issuer) const;
    [[nodiscard]] bool isValidAt(const QDateTime &time) const;
    [[nodiscard]] Fingerprint fingerprint(Digest digest = Digest::Sha256) const;
    /// A tree of the DER, one line an element, for the ASN.1 view.
    [[nodiscard]] QString asn1Text() const;

    [[nodiscard]] const Detail::CertificateData *data() const { return m_data.get(); } ///< for scep_pki's own sources

    /// Byte equality of the DER.
    friend bool operator==(const Certificate &a, const Certificate &b) { return a.der() == b.der(); }

private:
    std::shared_ptr<const Detail::CertificateData> m_data;
};

QByteArray toPem(const QList<Certificate> &certificates);
QDebug operator<<(QDebug debug, const Certificate &certificate); ///< subject and SHA-256

/// How the private key and certificate fit together.
bool belongTogether(const PrivateKey &key, const Certificate &certificate);

/// What a new certificate says; for Lab CA and for the throw-away signer of a first PKCSReq (RFC 8894 2.3).
struct CertificateTemplate {
    DistinguishedName subject;
    DistinguishedName issuer; ///< empty: the subject of the issuer; ignored when self-signed
    PublicKey publicKey;
    SerialNumber serialNumber; ///< empty: 127 random bits
    QDateTime notBefore;
    QDateTime notAfter;
    bool isCa = false;
    std::optional<int> pathLength;
    std::optional<KeyUsage> keyUsage; ///< written critical
    QList<Oid> extendedKeyUsage;
    SubjectAlternativeNames subjectAlternativeNames;
    QString templateName;
    QStringList crlDistributionPoints;
    QStringList caIssuerUrls;
    bool withKeyIdentifiers = true; ///< SKI and AKI
};

/// Signs `description` with `issuerKey`. `issuer` null: self-signed (issuer = subject). Digest for RSA and ECDSA.
Result<Certificate> issueCertificate(const CertificateTemplate &description, const PrivateKey &issuerKey, const Certificate &issuer = {},
                                     Digest digest = Digest::Sha256);

} // namespace Pki
