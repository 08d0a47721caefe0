// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/models/modelfixtures.h"

using TestSupport::must;
using TestSupport::TestCa;

namespace Fixtures {

Scep::EnrollmentServer server(const QString &label, const TestCa &ca)
{
    Scep::EnrollmentServer server;
    server.label = label;
    server.description = QStringLiteral("second floor");
    server.isEnabled = false;
    server.url = QUrl(QStringLiteral("http://ca.example.com:8080/scep?x=a%20b"));
    server.caIdentifier = QStringLiteral("plant ca");
    server.anchor.fingerprint = ca.root.certificate.fingerprint();
    server.algorithms.digest = Pki::Digest::Sha512;
    server.algorithms.cipher = Pki::Cipher::TripleDes;
    server.algorithms.method = Scep::HttpMethod::Get;
    server.algorithms.keyTransport = Pki::KeyTransport::RsaOaepSha256;
    server.algorithms.allowSha1 = false;
    server.algorithms.allowMd5 = true;
    server.algorithms.allowDes = true;
    server.roleOverride = {ca.raEncryption.certificate.fingerprint(), ca.raSigning.certificate.fingerprint(),
                           QStringLiteral("they said so")};
    server.renewalMethod = Scep::RenewalMethod::RenewalReq;
    server.sendsChallengeOnRenewal = true;
    server.caCheckInterval = std::chrono::hours(5);
    server.followsRollover = false;
    server.polling = {std::chrono::seconds(7), 2.5, std::chrono::seconds(700), std::chrono::seconds(7000)};
    server.retryInterval = std::chrono::seconds(11);
    server.transport.timeout = std::chrono::milliseconds(12345);
    server.transport.tlsRoots = {ca.root.certificate};
    server.transport.proxy = QUrl(QStringLiteral("socks5://127.0.0.1:9050"));
    server.transport.proxyUser = QStringLiteral("joe");
    return server;
}

Scep::CaRoles roles(const TestCa &ca)
{
    Scep::CaRoles roles;
    roles.anchor = ca.root.certificate;
    roles.root = ca.root.certificate;
    roles.issuing = ca.issuing.certificate;
    roles.raSigning = ca.raSigning.certificate;
    roles.raEncryption = ca.raEncryption.certificate;
    roles.recipient = ca.raEncryption.certificate;
    roles.expectedSigners = {ca.raSigning.certificate, ca.issuing.certificate};
    roles.reasons = {QStringLiteral("the RA certificate has keyEncipherment")};
    return roles;
}

Scep::ServerKnowledge knowledge(Scep::ServerId id, const TestCa &ca)
{
    Scep::ServerKnowledge knowledge;
    knowledge.id = id;
    knowledge.trust = Scep::ServerKnowledge::Trust::Confirmed;
    knowledge.capabilities = Scep::Capabilities::fromLines({QStringLiteral("AES"), QStringLiteral("SHA-256"), QStringLiteral("Fancy")});
    knowledge.offered.certificates = {ca.root.certificate, ca.issuing.certificate, ca.raSigning.certificate, ca.raEncryption.certificate};
    knowledge.offered.form = Scep::CaCertificates::Form::DegenerateSignedData;
    knowledge.offered.leniencies = {QStringLiteral("PEM instead of DER")};
    knowledge.roles = roles(ca);
    knowledge.lastContact = now;
    knowledge.lastError = Scep::Error{Pki::ErrorCode::Timeout, QStringLiteral("30 s")};
    knowledge.clockSkew = std::chrono::seconds(-42);
    knowledge.notes = {QStringLiteral("the clock differs")};
    knowledge.seenCapabilities = Scep::Capabilities::fromLines({QStringLiteral("AES")});
    knowledge.renewalStep = Scep::RenewalStep::PkcsReqByCertificate;
    knowledge.pollsByRequest = true;
    knowledge.crl = {now.addSecs(10), now.addSecs(-3600), now.addDays(7), 12, Scep::Error{Pki::ErrorCode::Timeout, QStringLiteral("5 s")}};
    return knowledge;
}

Scep::EnrollmentRequest request(const QString &label, Scep::ServerId server)
{
    Scep::EnrollmentRequest request;
    request.label = label;
    request.server = server;
    request.subject = must(Pki::DistinguishedName::fromText(QStringLiteral("C=SE, O=Lab\\, Inc, CN=plc-7")));
    request.subjectAlternativeNames = must(Pki::subjectAlternativeNamesFromText(QStringLiteral("DNS:plc-7.lab.example, IP:192.0.2.7")));
    request.keySpec = must(Pki::KeySpec::fromText(QStringLiteral("rsa:3072")));
    request.reusesKeyOnRenewal = true;
    request.profile = QStringLiteral("Machine");
    request.profileEncoding = Pki::TemplateNameEncoding::BmpString;
    request.keyUsage = Pki::KeyUsage(Pki::KeyUsageBit::DigitalSignature) | Pki::KeyUsageBit::KeyEncipherment;
    request.extendedKeyUsage = must(Pki::extendedKeyUsageFromText(QStringLiteral("clientAuth, serverAuth")));
    request.renewal = {Scep::RenewalRule::Kind::HoursBeforeExpiry, 72};
    request.transactionIdOverride = QStringLiteral("FROM-THE-SERVER");
    request.isEnabled = false;
    return request;
}

Scep::Transaction transaction(Scep::RequestId request, Scep::ServerId server, const TestCa &ca, const QString &id,
                              const QByteArray &challenge)
{
    Scep::Transaction transaction;
    transaction.id = must(Scep::TransactionId::fromText(id));
    transaction.request = request;
    transaction.server = server;
    transaction.type = Scep::MessageType::RenewalReq;
    transaction.key = TestSupport::rsaKey(QStringLiteral("key of ") + id);
    transaction.csr = TestSupport::makeRequest(QStringLiteral("O=Lab, CN=plc-7"), transaction.key, QStringLiteral("DNS:plc-7"), challenge);
    transaction.signerKey = transaction.key;
    transaction.signer = must(Scep::createRequestSigner(transaction.csr.subject(), transaction.key, now));
    transaction.roles = roles(ca);
    transaction.renews =
        ca.issue(TestSupport::makeRequest(QStringLiteral("CN=former"), TestSupport::rsaKey(QStringLiteral("former"))), now);
    transaction.renewalSteps = {Scep::RenewalStep::RenewalReq, Scep::RenewalStep::PkcsReqByCertificate};
    transaction.algorithms.digest = Pki::Digest::Sha512;
    transaction.algorithms.cipher = Pki::Cipher::Aes256;
    transaction.algorithms.method = Scep::HttpMethod::Get;
    transaction.algorithms.keyTransport = Pki::KeyTransport::RsaOaepSha1;
    transaction.algorithms.digestReason = QStringLiteral("announced");
    transaction.algorithms.warnings = {QStringLiteral("old")};
    transaction.phase = Scep::Transaction::Phase::Prepared;
    transaction.polls = 2;
    transaction.transportFailures = 0;
    transaction.startedAt = now.addSecs(1);
    transaction.firstPendingAt = now.addSecs(2);
    transaction.nextAttemptAt = now.addSecs(3);
    return transaction;
}

Scep::IssuedCertificate issued(const Scep::Transaction &transaction, const TestCa &ca)
{
    Scep::IssuedCertificate issued;
    issued.request = transaction.request;
    issued.server = transaction.server;
    issued.certificate = ca.issue(transaction.csr, now);
    issued.issuers = {ca.issuing.certificate, ca.root.certificate};
    issued.key = transaction.key;
    issued.transactionId = transaction.id.toText();
    issued.receivedAt = now.addSecs(60);
    issued.differences = {QStringLiteral("subject: asked CN=a, got CN=b")};
    issued.notes = {QStringLiteral("DES reply")};
    return issued;
}

} // namespace Fixtures
