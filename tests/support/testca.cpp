// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/testca.h"

#include <QHash>
#include <QMutex>

namespace TestSupport {

namespace {

Pki::PrivateKey cachedKey(const QString &name, const Pki::KeySpec &spec)
{
    static QMutex mutex;
    static QHash<QString, Pki::PrivateKey> keys;
    const QMutexLocker locker(&mutex);
    const QString id = spec.toText() + QLatin1Char('/') + name;
    auto it = keys.find(id);
    if (it == keys.end())
        it = keys.insert(id, must(Pki::PrivateKey::generate(spec)));
    return *it;
}

Pki::Certificate makeCertificate(const QString &subject, const Pki::PublicKey &key, const Pki::PrivateKey &issuerKey,
                                 const Pki::Certificate &issuer, const QDateTime &now, const CertificateOptions &options)
{
    Pki::CertificateTemplate description;
    description.subject = must(Pki::DistinguishedName::fromText(subject));
    if (!issuer.isNull())
        description.issuer = issuer.subject();
    description.publicKey = key;
    description.serialNumber = options.serialNumber;
    description.notBefore = options.notBefore.isValid() ? options.notBefore : now.addDays(-1);
    description.notAfter = options.notAfter.isValid() ? options.notAfter : now.addDays(365);
    description.isCa = options.isCa;
    description.pathLength = options.pathLength;
    description.keyUsage = options.keyUsage;
    description.extendedKeyUsage = options.extendedKeyUsage;
    description.subjectAlternativeNames = options.subjectAlternativeNames;
    return must(Pki::issueCertificate(description, issuerKey, issuer, options.digest));
}

} // namespace

Pki::PrivateKey rsaKey(const QString &name, int bits)
{
    return cachedKey(name, {Pki::KeySpec::Algorithm::Rsa, bits});
}

Pki::PrivateKey ecKey(const QString &name)
{
    return cachedKey(name, {Pki::KeySpec::Algorithm::Ec, 256});
}

Pki::Certificate makeCertificate(const QString &subject, const Pki::PublicKey &key, const Identity &issuer, const QDateTime &now,
                                 const CertificateOptions &options)
{
    return makeCertificate(subject, key, issuer.key, issuer.certificate, now, options);
}

Identity makeSelfSigned(const QString &subject, const Pki::PrivateKey &key, const QDateTime &now, const CertificateOptions &options)
{
    return {makeCertificate(subject, key.publicKey(), key, {}, now, options), key};
}

TestCa TestCa::create(const QString &name, const QDateTime &now)
{
    using Pki::KeyUsageBit;
    const auto subject = [&name](const char *role) { return QStringLiteral("O=%1, CN=%1 %2").arg(name, QLatin1String(role)); };
    CertificateOptions ca;
    ca.notBefore = now.addYears(-10);
    ca.notAfter = now.addYears(10);
    ca.isCa = true;
    ca.keyUsage = KeyUsageBit::KeyCertSign | KeyUsageBit::CrlSign;

    TestCa result;
    result.root = makeSelfSigned(subject("Root"), rsaKey(name + QStringLiteral("/root")), now, ca);
    result.issuing.key = rsaKey(name + QStringLiteral("/issuing"));
    result.issuing.certificate = makeCertificate(subject("Issuing"), result.issuing.key.publicKey(), result.root, now, ca);

    const auto registrationAuthority = [&](const char *role, Pki::KeyUsage usage, bool isAgent) {
        CertificateOptions options;
        options.notBefore = now.addYears(-1);
        options.notAfter = now.addYears(5);
        options.keyUsage = usage;
        if (isAgent)
            options.extendedKeyUsage = {Pki::Oid::literal(Pki::Oids::certificateRequestAgent)};
        Identity identity;
        identity.key = rsaKey(name + QLatin1Char('/') + QLatin1String(role));
        identity.certificate = makeCertificate(subject(role), identity.key.publicKey(), result.issuing, now, options);
        return identity;
    };
    result.ra = registrationAuthority("RA", KeyUsageBit::DigitalSignature | KeyUsageBit::KeyEncipherment, false);
    result.raSigning = registrationAuthority("RA signing", KeyUsageBit::DigitalSignature, true);
    result.raEncryption = registrationAuthority("RA encryption", KeyUsageBit::KeyEncipherment, true);
    return result;
}

Pki::Certificate TestCa::issue(const Pki::CertificationRequest &request, const QDateTime &now, const CertificateOptions &options) const
{
    return makeCertificate(request.subject().toText(), request.publicKey(), issuing, now, options);
}

Pki::CertificationRequest makeRequest(const QString &subject, const Pki::PrivateKey &key, const QString &subjectAlternativeNames,
                                      const QByteArray &challenge)
{
    Pki::CertificationRequestTemplate description;
    description.subject = must(Pki::DistinguishedName::fromText(subject));
    if (!subjectAlternativeNames.isEmpty())
        description.subjectAlternativeNames = must(Pki::subjectAlternativeNamesFromText(subjectAlternativeNames));
    description.challengePassword = Pki::SecretBytes(QByteArrayView(challenge));
    return must(Pki::CertificationRequest::create(description, key));
}

QByteArray makeReply(const ReplyPlan &plan)
{
    // Spelled out and not taken from scep/protocol: the tests must not share a slip with what they test.
    const QString arc = QStringLiteral("2.16.840.1.113733.1.9.%1");
    Pki::SignOptions options;
    options.digest = plan.digest;
    options.certificates = plan.embedded;
    options.hasContent = plan.content.has_value();
    const auto add = [&options](const QString &oid, const QByteArray &value) {
        options.signedAttributes.append({must(Pki::Oid::fromText(oid)), {value}});
    };
    if (plan.messageType)
        add(arc.arg(2), Pki::printableStringDer(*plan.messageType));
    if (plan.pkiStatus)
        add(arc.arg(3), Pki::printableStringDer(*plan.pkiStatus));
    if (plan.failInfo)
        add(arc.arg(4), Pki::printableStringDer(*plan.failInfo));
    if (plan.senderNonce)
        add(arc.arg(5), Pki::octetStringDer(*plan.senderNonce));
    if (plan.recipientNonce)
        add(arc.arg(6), Pki::octetStringDer(*plan.recipientNonce));
    if (plan.transactionId)
        add(arc.arg(7), Pki::printableStringDer(*plan.transactionId));
    if (plan.failInfoText)
        add(QStringLiteral("1.3.6.1.5.5.7.24.1"), Pki::utf8StringDer(*plan.failInfoText));
    options.signedAttributes += plan.extraAttributes;
    return must(Pki::signCms(plan.content.value_or(QByteArray()), plan.signer.certificate, plan.signer.key, options));
}

QByteArray makeEnvelope(const QList<Pki::Certificate> &certificates, const Pki::Certificate &recipient, Pki::Cipher cipher,
                        Pki::KeyTransport transport)
{
    return must(Pki::encryptCms(must(Pki::degenerateCms(certificates)), recipient, cipher, transport));
}

} // namespace TestSupport
