// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/pki/certificate.h"
#include "scep/pki/certificationrequest.h"
#include "scep/pki/cms.h"

#include <QByteArray>
#include <QDateTime>
#include <QString>

#include <functional>
#include <optional>

/// Small CAs and arbitrary CertReps for tests of every layer. Everything aborts (qFatal) on failure: a broken fixture is no test result.
namespace TestSupport {

/// A certificate with its key.
struct Identity {
    Pki::Certificate certificate;
    Pki::PrivateKey key;
};

/// An RSA key made once per process for each `name`. 1024 bits on purpose: these keys guard nothing and must be quick to make.
Pki::PrivateKey rsaKey(const QString &name, int bits = 1024);
/// The same for EC P-256.
Pki::PrivateKey ecKey(const QString &name);

/// Takes the value out of a Result, or aborts with the error.
template <typename T>
T must(Pki::Result<T> result)
{
    if (!result)
        qFatal("fixture: %s", qPrintable(result.error().detail));
    return std::move(*result);
}

/// How a fixture certificate differs from the usual one.
struct CertificateOptions {
    QDateTime notBefore; ///< invalid: a day before `now`
    QDateTime notAfter;  ///< invalid: a year after `now`
    bool isCa = false;
    std::optional<int> pathLength;
    std::optional<Pki::KeyUsage> keyUsage;
    QList<Pki::Oid> extendedKeyUsage;
    Pki::SubjectAlternativeNames subjectAlternativeNames;
    Pki::SerialNumber serialNumber;
    Pki::Digest digest = Pki::Digest::Sha256;
};

/// Signs a certificate for `key`; `issuer` null: self-signed with `issuerKey`.
Pki::Certificate makeCertificate(const QString &subject, const Pki::PublicKey &key, const Identity &issuer, const QDateTime &now,
                                 const CertificateOptions &options = {});
Identity makeSelfSigned(const QString &subject, const Pki::PrivateKey &key, const QDateTime &now, const CertificateOptions &options = {});

/// root -> issuing -> {ra (both roles), raSigning + raEncryption (NDES-like pair)}. CA certificates live 20 years around `now`.
struct TestCa {
    Identity root;
    Identity issuing;
    Identity ra;           ///< digitalSignature + keyEncipherment
    Identity raSigning;    ///< digitalSignature, EKU certificate request agent
    Identity raEncryption; ///< keyEncipherment, EKU certificate request agent

    /// `name` makes keys and subjects distinct: two CAs of one process share nothing.
    static TestCa create(const QString &name = QStringLiteral("Test"), const QDateTime &now = QDateTime::currentDateTimeUtc());

    /// A leaf signed by the issuing CA.
    [[nodiscard]] Pki::Certificate issue(const Pki::CertificationRequest &request, const QDateTime &now,
                                         const CertificateOptions &options = {}) const;
};

/// A CSR for `subject` with `key`.
Pki::CertificationRequest makeRequest(const QString &subject, const Pki::PrivateKey &key, const QString &subjectAlternativeNames = {},
                                      const QByteArray &challenge = {});

// -- arbitrary replies -----------------------------------------------------------------------------------------------------

/// Every part of a CertRep, each free to be wrong. The defaults make a well-formed PENDING; nullopt leaves an attribute out.
struct ReplyPlan {
    std::optional<QByteArray> transactionId;
    std::optional<QByteArray> messageType = QByteArray("3");
    std::optional<QByteArray> pkiStatus = QByteArray("3");
    std::optional<QByteArray> senderNonce = QByteArray(16, 's');
    std::optional<QByteArray> recipientNonce;
    std::optional<QByteArray> failInfo;
    std::optional<QString> failInfoText;
    QList<Pki::Attribute> extraAttributes;
    std::optional<QByteArray> content; ///< eContent octets; nullopt: absent
    Identity signer;
    QList<Pki::Certificate> embedded; ///< certificates field of the outer signedData
    Pki::Digest digest = Pki::Digest::Sha256;
};
QByteArray makeReply(const ReplyPlan &plan);

/// The eContent of a SUCCESS: `certificates` as degenerate PKCS#7, encrypted to `recipient`.
QByteArray makeEnvelope(const QList<Pki::Certificate> &certificates, const Pki::Certificate &recipient,
                        Pki::Cipher cipher = Pki::Cipher::Aes128, Pki::KeyTransport transport = Pki::KeyTransport::RsaPkcs1);

// -- taking DER apart ------------------------------------------------------------------------------------------------------

/// A DER element as a tree, for tests that change one thing in a finished message. Definite lengths only.
struct DerNode {
    quint8 tag = 0;
    QByteArray content; ///< of a primitive element
    QList<DerNode> children;

    [[nodiscard]] bool isConstructed() const { return (tag & 0x20) != 0; }
    static DerNode fromDer(const QByteArray &der);
    [[nodiscard]] QByteArray toDer() const;
};

/// Applies `change` to the SignedData SEQUENCE of a ContentInfo.
QByteArray changeSignedData(const QByteArray &message, const std::function<void(DerNode &signedData)> &change);
/// The message with the SignerInfos of `other` beside its own.
QByteArray withSignersOf(const QByteArray &message, const QByteArray &other);
/// The message with one bit of the (last) signature changed.
QByteArray withBrokenSignature(const QByteArray &message);
/// The message with `from` replaced by the equally long `to`, wherever it stands (a changed signed attribute).
QByteArray withReplacedBytes(const QByteArray &message, const QByteArray &from, const QByteArray &to);
/// The message with its eContent octets replaced, the signature left as it was.
QByteArray withContent(const QByteArray &message, const QByteArray &content);

} // namespace TestSupport
