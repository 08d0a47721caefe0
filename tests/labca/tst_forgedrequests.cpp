// SPDX-License-Identifier: GPL-3.0-or-later
// What strangers may make up: each kind is answered as RFC 8894 says, and gets no certificate.
#include "tests/labca/forgery.h"
#include "tests/support/opensslprogram.h"

#include <QTest>

using namespace LabCa;
using TestSupport::DerNode;
using TestSupport::must;

namespace {

using Forge = std::function<QByteArray(Target &)>;

/// A message of openssl's cms: it knows algorithms that Scepter does not write.
QByteArray byOpenssl(const Target &target, const QStringList &cipher)
{
    const Test::OpensslProgram openssl;
    openssl.write("csr.der", target.plan.payload);
    openssl.write("ca.pem", target.plan.recipient.toPem());
    openssl.output(QStringList{"cms", "-encrypt", "-binary", "-outform", "DER", "-in", "csr.der", "-out", "out.der"} + cipher +
                   QStringList{"ca.pem"});
    return openssl.read("out.der");
}

} // namespace

class TestForgedRequests final : public QObject
{
    Q_OBJECT

private slots:
    void areRefused_data();
    void areRefused();
};

void TestForgedRequests::areRefused_data()
{
    QTest::addColumn<Forge>("forge");
    QTest::addColumn<QString>("expected"); // how the answer begins
    const auto row = [](const char *name, const char *expected, const Forge &forge) {
        QTest::newRow(name) << forge << QString::fromLatin1(expected);
    };
    const auto forged = [](const std::function<void(Target &, Forgery &)> &change) {
        return Forge([change](Target &target) {
            Forgery forgery = target.honest();
            change(target, forgery);
            return forgery.message();
        });
    };

    // No pkiMessage
    row("nothing", "HTTP 400", [](Target &) { return QByteArray(); });
    row("text", "HTTP 400", [](Target &) { return QByteArray("<html>hello</html>"); });
    row("a certificate", "HTTP 400", [](Target &target) { return target.plan.recipient.der(); });
    row("a CSR", "HTTP 400", [](Target &target) { return target.plan.payload; });
    row("an envelope alone", "HTTP 400", [](Target &target) { return target.envelope(target.plan.payload); });
    row("a bundle of certificates", "HTTP 400", [](Target &target) { return must(Pki::degenerateCms({target.plan.recipient})); });
    row("nested a hundred times", "HTTP 400", [](Target &) {
        QByteArray der("\x05\x00", 2);
        for (int i = 0; i < 100; ++i) {
            DerNode node;
            node.tag = 0x30;
            node.children = {DerNode::fromDer(der)};
            der = node.toDer();
        }
        return der;
    });
    row("lengths that overflow", "HTTP 400", [](Target &) { return QByteArray::fromHex("3084ffffffff0609"); });
    row("indefinite without end", "HTTP 400", [](Target &) { return QByteArray::fromHex("30803080308030800000"); });

    // Signers
    row("two signers", "HTTP 400 not exactly one signer",
        [](Target &target) { return TestSupport::withSignersOf(target.honest().message(), target.honest().message()); });
    row("no signer", "HTTP 400 not exactly one signer", [](Target &target) {
        return TestSupport::changeSignedData(target.honest().message(),
                                             [](DerNode &signedData) { signedData.children.last().children.clear(); });
    });
    row("no signed attributes", "HTTP 400", [](Target &target) {
        return TestSupport::changeSignedData(target.honest().message(), [](DerNode &signedData) {
            signedData.children.last().children.last().children.removeIf([](const DerNode &node) { return node.tag == 0xa0; });
        });
    });
    row("signer's certificate left out", "HTTP 400", forged([](auto &, Forgery &forgery) { forgery.embedded.clear(); }));
    row("another's certificate", "HTTP 400", forged([](Target &target, Forgery &forgery) { forgery.embedded = {target.plan.recipient}; }));
    row("a namesake's certificate", "badMessageCheck: the signature", forged([](Target &target, Forgery &forgery) {
            TestSupport::CertificateOptions options;
            options.serialNumber = target.device.signer.certificate.serialNumber();
            forgery.embedded = {
                TestSupport::makeSelfSigned("CN=plc-7", TestSupport::rsaKey("namesake"), QDateTime::currentDateTimeUtc(), options)
                    .certificate};
        }));
    row("33 certificates", "HTTP 400", forged([](Target &target, Forgery &forgery) {
            while (forgery.embedded.size() < 33)
                forgery.embedded.append(TestSupport::makeSelfSigned(QString("CN=more-%1").arg(forgery.embedded.size()), target.device.key,
                                                                    QDateTime::currentDateTimeUtc())
                                            .certificate);
        }));
    row("broken signature", "badMessageCheck: the signature",
        [](Target &target) { return TestSupport::withBrokenSignature(target.honest().message()); });
    row("another content", "badMessageCheck: the signature",
        [](Target &target) { return TestSupport::withContent(target.honest().message(), target.envelope(target.plan.payload)); });
    row("signed with MD5", "badAlg: the digest", forged([](auto &, Forgery &forgery) { forgery.digest = Pki::Digest::Md5; }));

    // Attributes
    using namespace Scep::Oids;
    row("transactionID missing", "HTTP 400", forged([](auto &, Forgery &forgery) { forgery.remove(transactionId); }));
    row("transactionID empty", "HTTP 400",
        forged([](auto &, Forgery &forgery) { forgery.set(transactionId, Pki::printableStringDer("")); }));
    row("transactionID of 129 characters", "HTTP 400",
        forged([](auto &, Forgery &forgery) { forgery.set(transactionId, Pki::printableStringDer(QByteArray(129, 'A'))); }));
    row("transactionID of 100 kB", "HTTP 400",
        forged([](auto &, Forgery &forgery) { forgery.set(transactionId, Pki::printableStringDer(QByteArray(100'000, 'A'))); }));
    row("transactionID binary", "HTTP 400",
        forged([](auto &, Forgery &forgery) { forgery.set(transactionId, QByteArray::fromHex("130400ff0102")); }));
    row("transactionID with a path", "HTTP 400",
        forged([](auto &, Forgery &forgery) { forgery.set(transactionId, Pki::utf8StringDer("..\\..\\etc")); }));
    row("transactionID an OCTET STRING", "HTTP 400",
        forged([](auto &, Forgery &forgery) { forgery.set(transactionId, Pki::octetStringDer("ABCD")); }));
    row("transactionID twice", "HTTP 400",
        forged([](auto &, Forgery &forgery) { forgery.attributes.append(attribute(transactionId, Pki::printableStringDer("ABCD"))); }));
    row("transactionID of two values", "HTTP 400", forged([](auto &, Forgery &forgery) {
            forgery.remove(transactionId);
            forgery.attributes.append(
                {Pki::Oid::literal(transactionId), {Pki::printableStringDer("ABCD"), Pki::printableStringDer("EFGH")}});
        }));
    row("senderNonce missing", "HTTP 400", forged([](auto &, Forgery &forgery) { forgery.remove(senderNonce); }));
    row("senderNonce empty", "HTTP 400", forged([](auto &, Forgery &forgery) { forgery.set(senderNonce, Pki::octetStringDer({})); }));
    row("senderNonce of 65 bytes", "HTTP 400",
        forged([](auto &, Forgery &forgery) { forgery.set(senderNonce, Pki::octetStringDer(QByteArray(65, 'n'))); }));
    row("senderNonce as text", "HTTP 400",
        forged([](auto &, Forgery &forgery) { forgery.set(senderNonce, Pki::printableStringDer("0123456789ABCDEF")); }));
    row("messageType missing", "badRequest: the messageType", forged([](auto &, Forgery &forgery) { forgery.remove(messageType); }));
    for (const char *type : {"18", "0", "99", "3", "019", "19 ", "-19", "", "19a", "１９"})
        row(qPrintable(QString("messageType \"%1\"").arg(type)), "badRequest: the messageType",
            forged([type](auto &, Forgery &forgery) { forgery.set(messageType, Pki::utf8StringDer(QString::fromUtf8(type))); }));
    row("messageType an INTEGER", "badRequest: the messageType",
        forged([](auto &, Forgery &forgery) { forgery.set(messageType, QByteArray::fromHex("020113")); }));
    row("65 attributes", "HTTP 400", forged([](auto &, Forgery &forgery) {
            for (int i = 0; i < 65; ++i)
                forgery.attributes.append(
                    {Pki::Oid::literal(qPrintable(QString("1.3.6.1.4.1.99999.%1").arg(i))), {Pki::printableStringDer("x")}});
        }));

    // Envelopes
    row("no content", "badRequest: the request has no envelope", forged([](auto &, Forgery &forgery) { forgery.hasContent = false; }));
    row("empty content", "badRequest: the request has no envelope", forged([](auto &, Forgery &forgery) { forgery.content.clear(); }));
    row("a bare CSR", "badMessageCheck: the envelope",
        forged([](Target &target, Forgery &forgery) { forgery.content = target.plan.payload; }));
    row("signed within signed", "badAlg: the envelope",
        forged([](Target &target, Forgery &forgery) { forgery.content = target.honest().message(); }));
    row("for another recipient", "badMessageCheck: ", forged([](Target &target, Forgery &forgery) {
            forgery.content = must(Pki::encryptCms(target.plan.payload, target.device.signer.certificate, Pki::Cipher::Aes128));
        }));
    row("for the right name and another key", "badMessageCheck: ", forged([](Target &target, Forgery &forgery) {
            TestSupport::CertificateOptions options;
            options.serialNumber = target.plan.recipient.serialNumber();
            const auto namesake =
                TestSupport::makeCertificate("CN=x", TestSupport::rsaKey("other").publicKey(),
                                             TestSupport::makeSelfSigned(target.plan.recipient.issuer().toText(),
                                                                         TestSupport::rsaKey("root"), QDateTime::currentDateTimeUtc()),
                                             QDateTime::currentDateTimeUtc(), options);
            forgery.content = must(Pki::encryptCms(target.plan.payload, namesake, Pki::Cipher::Aes128));
        }));
    row("for a password", "badMessageCheck: ", forged([](Target &target, Forgery &forgery) {
            forgery.content = must(Pki::encryptCmsWithPassword(target.plan.payload, Pki::SecretBytes(challenge), Pki::Cipher::Aes128));
        }));
    row("authenticated encryption", "badAlg: the envelope",
        forged([](Target &target, Forgery &forgery) { forgery.content = byOpenssl(target, {"-aes-128-gcm"}); }));
    row("a cipher that is not SCEP's", "badAlg: the envelope",
        forged([](Target &target, Forgery &forgery) { forgery.content = byOpenssl(target, {"-camellia-128-cbc"}); }));

    // Contents
    row("an envelope within", "badRequest: the request holds no PKCS#10",
        forged([](Target &target, Forgery &forgery) { forgery.content = target.envelope(target.envelope(target.plan.payload)); }));
    row("nothing within", "badRequest: the request holds no PKCS#10",
        forged([](Target &target, Forgery &forgery) { forgery.content = target.envelope({}); }));
    row("a certificate within", "badRequest: the request holds no PKCS#10",
        forged([](Target &target, Forgery &forgery) { forgery.content = target.envelope(target.plan.recipient.der()); }));
    row("CSR and more", "badRequest: the request holds no PKCS#10",
        forged([](Target &target, Forgery &forgery) { forgery.content = target.envelope(target.plan.payload + "more"); }));
    row("CSR not signed by its key", "badMessageCheck: the signature of the PKCS#10", forged([](Target &target, Forgery &forgery) {
            // The public key of another CSR under this one's signature.
            DerNode csr = DerNode::fromDer(target.plan.payload);
            const auto other = TestSupport::makeRequest("CN=plc-7", TestSupport::rsaKey("other"), {}, challenge);
            csr.children[0].children[2] = DerNode::fromDer(other.der()).children.at(0).children.at(2);
            forgery.content = target.envelope(csr.toDer());
        }));
    row("CSR without a challenge", "badRequest: the challenge password is missing", forged([](Target &target, Forgery &forgery) {
            forgery.content = target.envelope(TestSupport::makeRequest("CN=plc-7", target.device.key).der());
        }));
    row("CSR with another's challenge", "badRequest: the challenge password is wrong", forged([](Target &target, Forgery &forgery) {
            forgery.content = target.envelope(TestSupport::makeRequest("CN=plc-7", target.device.key, {}, "open-sesame ").der());
        }));
    for (const char *type : {"20", "21", "22"})
        row(qPrintable(QString("a CSR as type %1").arg(type)),
            "badRequest: ", forged([type](auto &, Forgery &forgery) { forgery.set(messageType, Pki::printableStringDer(type)); }));
    row("a renewal by nobody", "bad", forged([](auto &, Forgery &forgery) { forgery.set(messageType, Pki::printableStringDer("17")); }));
}

void TestForgedRequests::areRefused()
{
    Target target;
    QFETCH(const Forge, forge);
    QFETCH(const QString, expected);
    const QString said = target.say(forge(target));
    QVERIFY2(said.startsWith(expected), qPrintable(said));
    QCOMPARE(target.enrollmentCount(), 0);
    // And the honest request is served as ever.
    QCOMPARE(target.say(target.honest().message()), QString("issued"));
}

QTEST_GUILESS_MAIN(TestForgedRequests)
#include "tst_forgedrequests.moc"
