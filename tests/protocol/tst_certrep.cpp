// SPDX-License-Identifier: GPL-3.0-or-later
// What honest servers send, in all their spellings. The attacks are in tst_certrepattacks.cpp.
#include "tests/protocol/certrepfixture.h"

#include <algorithm>

using namespace Scep;
using namespace TestSupport;
using Pki::Cipher;
using Pki::Digest;

namespace {

bool hasNote(const QStringList &notes, const QString &part)
{
    return std::ranges::any_of(notes, [&part](const QString &note) { return note.contains(part); });
}

} // namespace

class TestCertRep : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase() { m_f = CertRepFixture::create(); }

    void issued()
    {
        const auto reply = processCertRep(makeReply(m_f.issued()), m_f.context);
        VERIFY_RESULT(reply);
        const auto *issued = std::get_if<IssuedReply>(&*reply);
        QVERIFY(issued != nullptr);
        QVERIFY(issued->certificate == m_f.leaf);
        QVERIFY(issued->chain.isTrusted);
        QCOMPARE(issued->chain.links.size(), 3);
        QVERIFY(issued->chain.links.at(1).certificate == m_f.ca.issuing.certificate);
        QVERIFY(issued->chain.links.at(2).certificate == m_f.ca.root.certificate);
        QVERIFY(issued->extras.isEmpty());
        QVERIFY2(issued->differences.isEmpty(), qPrintable(issued->differences.join('\n')));
        QVERIFY2(issued->notes.isEmpty(), qPrintable(issued->notes.join('\n')));
        QVERIFY(issued->replyCipher == Cipher::Aes128);
    }

    void anyOrderAndExtras()
    {
        // Positions mean nothing; the root is known, so it links up; a stranger does not.
        const TestCa other = TestCa::create("Stranger", testNow());
        const QList<Pki::Certificate> bag{m_f.ca.root.certificate, other.root.certificate, m_f.ca.issuing.certificate, m_f.leaf};
        const auto reply = processCertRep(makeReply(m_f.issued(bag)), m_f.context);
        VERIFY_RESULT(reply);
        const auto &issued = std::get<IssuedReply>(*reply);
        QVERIFY(issued.certificate == m_f.leaf);
        QVERIFY(!issued.extras.contains(other.root.certificate));
        QVERIFY(issued.extras.contains(m_f.ca.issuing.certificate));
        QVERIFY(hasNote(issued.notes, "does not link up"));
        for (const Pki::ChainLink &link : issued.chain.links)
            QVERIFY(link.certificate != other.root.certificate);
    }

    void subordinateCaInTheReply()
    {
        // The leaf comes from a CA below the issuing one, sent along: it chains to the authenticated CA by signatures.
        CertificateOptions ca;
        ca.isCa = true;
        const Identity below{makeCertificate("CN=Below", rsaKey("below").publicKey(), m_f.ca.issuing, testNow(), ca), rsaKey("below")};
        const Pki::Certificate leaf = makeCertificate("O=Lab, CN=plc-7", m_f.csr.publicKey(), below, testNow());
        auto reply = processCertRep(makeReply(m_f.issued({leaf, below.certificate})), m_f.context);
        VERIFY_RESULT(reply);
        QVERIFY(std::get<IssuedReply>(*reply).chain.links.at(1).certificate == below.certificate);
        QVERIFY(std::get<IssuedReply>(*reply).extras.contains(below.certificate));
        COMPARE_ERROR(processCertRep(makeReply(m_f.issued({leaf})), m_f.context), ErrorCode::ChainBroken);
    }

    void ciphers_data()
    {
        QTest::addColumn<int>("cipher");
        QTest::addColumn<int>("transport");
        QTest::addColumn<QString>("note"); // empty: none
        const int v15 = int(Pki::KeyTransport::RsaPkcs1);
        QTest::newRow("DES") << int(Cipher::Des) << v15 << "DES-CBC, which is weak";
        QTest::newRow("3DES") << int(Cipher::TripleDes) << v15 << "3DES-CBC, which is old";
        QTest::newRow("AES-128") << int(Cipher::Aes128) << v15 << "";
        QTest::newRow("AES-192") << int(Cipher::Aes192) << v15 << "";
        QTest::newRow("AES-256") << int(Cipher::Aes256) << v15 << "";
        QTest::newRow("OAEP SHA-1") << int(Cipher::Aes128) << int(Pki::KeyTransport::RsaOaepSha1) << "";
        QTest::newRow("OAEP SHA-256") << int(Cipher::Aes128) << int(Pki::KeyTransport::RsaOaepSha256) << "";
    }
    void ciphers()
    {
        QFETCH(int, cipher);
        QFETCH(int, transport);
        QFETCH(QString, note);
        ReplyPlan plan = m_f.issued();
        plan.content = makeEnvelope({m_f.leaf}, m_f.signer, static_cast<Cipher>(cipher), static_cast<Pki::KeyTransport>(transport));
        const auto reply = processCertRep(makeReply(plan), m_f.context);
        VERIFY_RESULT(reply);
        const auto &issued = std::get<IssuedReply>(*reply);
        QVERIFY(issued.certificate == m_f.leaf);
        QCOMPARE(int(issued.replyCipher), cipher);
        if (note.isEmpty())
            QVERIFY2(issued.notes.isEmpty(), qPrintable(issued.notes.join('\n')));
        else
            QVERIFY2(hasNote(issued.notes, note), qPrintable(issued.notes.join('\n')));
    }

    void digests()
    {
        for (const Digest digest : {Digest::Sha256, Digest::Sha384, Digest::Sha512}) {
            ReplyPlan plan = m_f.issued();
            plan.digest = digest;
            const auto reply = processCertRep(makeReply(plan), m_f.context);
            VERIFY_RESULT(reply);
            QVERIFY(std::get<IssuedReply>(*reply).notes.isEmpty());
        }
        ReplyPlan plan = m_f.issued();
        plan.digest = Digest::Sha1;
        const auto reply = processCertRep(makeReply(plan), m_f.context);
        VERIFY_RESULT(reply);
        QVERIFY(hasNote(std::get<IssuedReply>(*reply).notes, "SHA-1"));
    }

    void embeddedCertificates_data()
    {
        QTest::addColumn<QList<Pki::Certificate>>("embedded");
        QTest::newRow("signer") << QList<Pki::Certificate>{m_f.ca.ra.certificate};
        QTest::newRow("none, as NDES") << QList<Pki::Certificate>{};
        QTest::newRow("signer last") << QList<Pki::Certificate>{m_f.ca.root.certificate, m_f.ca.issuing.certificate, m_f.ca.ra.certificate};
        QTest::newRow("step-ca: the issued one first") << QList<Pki::Certificate>{m_f.leaf, m_f.ca.ra.certificate};
        QTest::newRow("only others") << QList<Pki::Certificate>{m_f.leaf};
    }
    void embeddedCertificates()
    {
        QFETCH(QList<Pki::Certificate>, embedded);
        for (ReplyPlan plan : {m_f.issued(), m_f.pending(), m_f.rejected()}) {
            plan.embedded = embedded;
            VERIFY_RESULT(processCertRep(makeReply(plan), m_f.context));
        }
    }

    void anyExpectedSigner()
    {
        for (const Identity &signer : {m_f.ca.ra, m_f.ca.issuing}) {
            ReplyPlan plan = m_f.issued();
            plan.signer = signer;
            VERIFY_RESULT(processCertRep(makeReply(plan), m_f.context));
        }
    }

    void contentOfPendingAndFailureIsIgnored_data()
    {
        QTest::addColumn<bool>("hasContent");
        QTest::addColumn<QByteArray>("content");
        QTest::newRow("absent") << false << QByteArray();
        QTest::newRow("empty") << true << QByteArray("");
        QTest::newRow("one zero byte, as NDES") << true << QByteArray(1, '\0');
        QTest::newRow("garbage") << true << QByteArray("\x30\x84\xff\xff\xff\xff garbage", 14);
        QTest::newRow("an envelope with a certificate") << true << makeEnvelope({m_f.leaf}, m_f.signer);
    }
    void contentOfPendingAndFailureIsIgnored()
    {
        QFETCH(bool, hasContent);
        QFETCH(QByteArray, content);
        ReplyPlan pending = m_f.pending();
        ReplyPlan rejected = m_f.rejected();
        if (hasContent) {
            pending.content = content;
            rejected.content = content;
        }
        auto reply = processCertRep(makeReply(pending), m_f.context);
        VERIFY_RESULT(reply);
        QVERIFY(std::holds_alternative<PendingReply>(*reply));
        reply = processCertRep(makeReply(rejected), m_f.context);
        VERIFY_RESULT(reply);
        QVERIFY(std::holds_alternative<RejectedReply>(*reply));
        QCOMPARE(std::get<RejectedReply>(*reply).rejection.failInfoNumber, 2);
    }

    void rejections_data()
    {
        QTest::addColumn<QByteArray>("failInfo"); // "-": absent
        QTest::addColumn<QString>("text");
        QTest::addColumn<QByteArray>("hresult");
        QTest::addColumn<int>("number");
        QTest::addColumn<bool>("isHresultKnown");
        QTest::addColumn<bool>("isNoted");
        QTest::newRow("0 is badAlg, not absence") << QByteArray("0") << "" << QByteArray() << 0 << false << false;
        QTest::newRow("1") << QByteArray("1") << "" << QByteArray() << 1 << false << false;
        QTest::newRow("4") << QByteArray("4") << "" << QByteArray() << 4 << false << false;
        QTest::newRow("Dogtag, above 4") << QByteArray("12") << "" << QByteArray() << 12 << false << false;
        QTest::newRow("absent") << QByteArray("-") << "" << QByteArray() << -1 << false << true;
        QTest::newRow("no number") << QByteArray("1x") << "" << QByteArray() << -1 << false << true;
        QTest::newRow("negative") << QByteArray("-1") << "" << QByteArray() << -1 << false << true;
        QTest::newRow("text") << QByteArray("2") << "<b>challenge</b> is wrong" << QByteArray() << 2 << false << false;
        QTest::newRow("NDES, sscep issue 59") << QByteArray("2") << "" << QByteArray("-2147024809") << 2 << true << false;
        QTest::newRow("HRESULT unsigned") << QByteArray("2") << "" << QByteArray("2147942487") << 2 << true << false;
        QTest::newRow("HRESULT too large") << QByteArray("2") << "" << QByteArray("99999999999") << 2 << false << true;
    }
    void rejections()
    {
        QFETCH(QByteArray, failInfo);
        QFETCH(QString, text);
        QFETCH(QByteArray, hresult);
        QFETCH(bool, isHresultKnown);
        QFETCH(bool, isNoted);
        ReplyPlan plan = m_f.rejected();
        plan.failInfo = failInfo == "-" ? std::nullopt : std::optional(failInfo);
        if (!text.isEmpty())
            plan.failInfoText = text;
        if (!hresult.isEmpty())
            plan.extraAttributes.append({Pki::Oid::literal("1.3.6.1.4.1.311.21.33"), {Pki::printableStringDer(hresult)}});
        const auto reply = processCertRep(makeReply(plan), m_f.context);
        VERIFY_RESULT(reply);
        const auto &rejected = std::get<RejectedReply>(*reply);
        QTEST(rejected.rejection.failInfoNumber, "number");
        QCOMPARE(rejected.rejection.failInfoText, text);
        QCOMPARE(rejected.rejection.hresult.has_value(), isHresultKnown);
        if (isHresultKnown)
            QCOMPARE(*rejected.rejection.hresult, qint32(-2147024809));
        QCOMPARE(!rejected.notes.isEmpty(), isNoted);
    }

    void attributesAsOtherStringTypes()
    {
        ReplyPlan plan = m_f.pending();
        plan.messageType.reset();
        plan.pkiStatus.reset();
        plan.extraAttributes = {{Pki::Oid::literal("2.16.840.1.113733.1.9.2"), {Pki::utf8StringDer("3")}},
                                {Pki::Oid::literal("2.16.840.1.113733.1.9.3"),
                                 {QByteArray("\x16\x01"
                                             "3")}}}; // IA5String
        VERIFY_RESULT(processCertRep(makeReply(plan), m_f.context));
    }

    void senderNonceMayBeMissing()
    {
        ReplyPlan plan = m_f.issued();
        plan.senderNonce.reset();
        VERIFY_RESULT(processCertRep(makeReply(plan), m_f.context));
    }

    void ndesDispositionIsNoted()
    {
        ReplyPlan plan = m_f.issued();
        plan.extraAttributes = {{Pki::Oid::literal("1.3.6.1.4.1.311.21.38"), {Pki::utf8StringDer("Issued")}}};
        const auto reply = processCertRep(makeReply(plan), m_f.context);
        VERIFY_RESULT(reply);
        QVERIFY(hasNote(std::get<IssuedReply>(*reply).notes, "NDES says: Issued"));
    }

    void differencesAreTold()
    {
        CertificateOptions options;
        options.subjectAlternativeNames = must(Pki::subjectAlternativeNamesFromText("IP:192.0.2.7"));
        const Pki::Certificate renamed =
            makeCertificate("O=Lab, OU=Added, CN=plc-7", m_f.csr.publicKey(), m_f.ca.issuing, testNow(), options);
        const auto reply = processCertRep(makeReply(m_f.issued({renamed})), m_f.context);
        VERIFY_RESULT(reply);
        QCOMPARE(std::get<IssuedReply>(*reply).differences,
                 (QStringList{"subject: asked O=Lab, CN=plc-7, got O=Lab, OU=Added, CN=plc-7",
                              "subjectAltName: asked DNS:plc-7.lab.example, not in the certificate",
                              "subjectAltName: IP:192.0.2.7 was not asked for"}));
    }

    void clockOfTheCaIsALittleAhead()
    {
        CertificateOptions options;
        options.notBefore = testNow().addSecs(90);
        const auto near = processCertRep(makeReply(m_f.issued({m_f.ca.issue(m_f.csr, testNow(), options)})), m_f.context);
        VERIFY_RESULT(near);
        QVERIFY(hasNote(std::get<IssuedReply>(*near).notes, "becomes valid in 90 s"));
        options.notBefore = testNow().addSecs(301);
        COMPARE_ERROR(processCertRep(makeReply(m_f.issued({m_f.ca.issue(m_f.csr, testNow(), options)})), m_f.context),
                      ErrorCode::IssuedCertificateNotInForce);
    }

    void renewalReplyIsForTheOldKey()
    {
        // RenewalReq: signed by the current certificate, for a new key. The reply is encrypted to the current one.
        const Pki::PrivateKey newKey = rsaKey("renewed device");
        const Pki::CertificationRequest csr = makeRequest("O=Lab, CN=plc-7", newKey);
        CertRepContext context = m_f.context;
        context.publicKey = csr.publicKey();
        context.signer = m_f.leaf;
        ReplyPlan plan = m_f.issued();
        plan.content = makeEnvelope({m_f.ca.issue(csr, testNow())}, m_f.leaf);
        const auto reply = processCertRep(makeReply(plan), context);
        VERIFY_RESULT(reply);
        QVERIFY(std::get<IssuedReply>(*reply).certificate.publicKey() == newKey.publicKey());
        // The old certificate again instead of a new one is a foreign key here, as the key is new.
        plan.content = makeEnvelope({m_f.leaf}, m_f.leaf);
        COMPARE_ERROR(processCertRep(makeReply(plan), context), ErrorCode::ForeignPublicKey);
        // With the key kept it is the same certificate, and that is said.
        context.publicKey = m_f.csr.publicKey();
        const auto same = processCertRep(makeReply(plan), context);
        VERIFY_RESULT(same);
        QVERIFY(hasNote(std::get<IssuedReply>(*same).notes, "already there"));
    }

    void ecRequesterByChallenge()
    {
        const Pki::PrivateKey key = ecKey("ec device");
        const Pki::CertificationRequest csr = makeRequest("CN=ec", key);
        const Pki::SecretBytes challenge(QByteArrayView("pass phrase"));
        const Pki::SecretBytes other(QByteArrayView("another"));
        CertRepContext context = m_f.context;
        context.publicKey = csr.publicKey();
        context.signer = must(createRequestSigner(csr.subject(), key, testNow()));
        context.signerKey = key;
        const CertRepTemplate reply = templateFor({{m_f.ca.issue(csr, testNow())}, context.signer, Cipher::Aes128, {}, {}, &challenge});
        const auto message = buildCertRep(reply, m_f.ca.ra.key);
        VERIFY_RESULT(message);
        COMPARE_ERROR(processCertRep(*message, context), ErrorCode::DecryptionFailed);
        context.challenge = &other;
        COMPARE_ERROR(processCertRep(*message, context), ErrorCode::DecryptionFailed);
        context.challenge = &challenge;
        const auto result = processCertRep(*message, context);
        VERIFY_RESULT(result);
        QVERIFY(std::get<IssuedReply>(*result).certificate.publicKey() == key.publicKey());
    }

    void builtRepliesAreRead()
    {
        CertRepTemplate reply = templateFor({{m_f.leaf, m_f.ca.issuing.certificate}, m_f.signer});
        for (const bool includeSigner : {true, false}) {
            reply.includeSigner = includeSigner;
            const auto message = buildCertRep(reply, m_f.ca.ra.key);
            VERIFY_RESULT(message);
            const auto result = processCertRep(*message, m_f.context);
            VERIFY_RESULT(result);
            QVERIFY(std::get<IssuedReply>(*result).certificate == m_f.leaf);
        }
        for (const std::optional<QByteArray> &content :
             {std::optional<QByteArray>(), std::optional(QByteArray("")), std::optional(QByteArray(1, '\0'))}) {
            reply.refusalContent = content;
            reply.body = CertRepTemplate::Pending();
            auto message = buildCertRep(reply, m_f.ca.ra.key);
            VERIFY_RESULT(message);
            auto result = processCertRep(*message, m_f.context);
            VERIFY_RESULT(result);
            QVERIFY(std::holds_alternative<PendingReply>(*result));
            QCOMPARE(must(Pki::SignedData::fromDer(*message)).content(), content);

            const Rejection rejection{0, QString::fromUtf8("nein, \u00e4tsch"), -2146893819};
            reply.body = rejection;
            message = buildCertRep(reply, m_f.ca.ra.key);
            VERIFY_RESULT(message);
            result = processCertRep(*message, m_f.context);
            VERIFY_RESULT(result);
            QVERIFY(std::get<RejectedReply>(*result).rejection == rejection);
        }
        COMPARE_ERROR(buildCertRep(reply, m_f.ca.root.key), ErrorCode::KeyMismatch);
        reply.recipientNonce = {};
        COMPARE_ERROR(buildCertRep(reply, m_f.ca.ra.key), ErrorCode::InvalidArgument);
    }

    void ecRecipientWithoutChallengeIsRefused()
    {
        const Identity ec = makeSelfSigned("CN=ec", ecKey("ec device"), testNow());
        COMPARE_ERROR(buildCertRep(templateFor({{m_f.leaf}, ec.certificate}), m_f.ca.ra.key), ErrorCode::UnsupportedAlgorithm);
    }

    void crlIsFetched()
    {
        const Pki::Crl crl = must(Pki::issueCrl(m_f.ca.issuing.certificate, m_f.ca.issuing.key, {}, testNow(), testNow().addDays(7), 1));
        const Pki::Crl foreign = must(Pki::issueCrl(m_f.ca.root.certificate, m_f.ca.root.key, {}, testNow(), testNow().addDays(7), 1));
        CertRepContext context = m_f.context;
        context.publicKey = {};
        CertRepTemplate::Success success{{}, m_f.signer};
        success.crls = {crl};
        auto result = processCertRep(must(buildCertRep(templateFor(success), m_f.ca.ra.key)), context);
        VERIFY_RESULT(result);
        QCOMPARE(std::get<IssuedReply>(*result).crls.size(), 1);
        QCOMPARE(std::get<IssuedReply>(*result).crls.first().der(), crl.der());
        success.crls = {foreign};
        COMPARE_ERROR(processCertRep(must(buildCertRep(templateFor(success), m_f.ca.ra.key)), context), ErrorCode::ChainBroken);
        // GetCert: somebody's certificate, of the right CA.
        success = {{m_f.leaf}, m_f.signer};
        result = processCertRep(must(buildCertRep(templateFor(success), m_f.ca.ra.key)), context);
        VERIFY_RESULT(result);
        QVERIFY(std::get<IssuedReply>(*result).certificate == m_f.leaf);
    }

private:
    [[nodiscard]] CertRepTemplate templateFor(const CertRepTemplate::Success &success) const
    {
        CertRepTemplate reply;
        reply.transactionId = m_f.context.transactionId;
        reply.senderNonce = Nonce::create();
        reply.recipientNonce = m_f.context.senderNonce;
        reply.signer = m_f.ca.ra.certificate;
        reply.body = success;
        return reply;
    }

    CertRepFixture m_f;
};

QTEST_GUILESS_MAIN(TestCertRep)
#include "tst_certrep.moc"
