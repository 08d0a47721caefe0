// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/protocol/messagesummary.h"
#include "tests/protocol/certrepfixture.h"

using namespace Scep;
using namespace TestSupport;

class TestMessageSummary : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase() { m_f = CertRepFixture::create(); }

    void requests()
    {
        PkiRequest request;
        request.type = MessageType::RenewalReq;
        request.transactionId = m_f.context.transactionId;
        request.senderNonce = m_f.context.senderNonce;
        request.payload = m_f.csr.der();
        request.signer = m_f.signer;
        request.recipient = m_f.ca.ra.certificate;
        const auto summary = summarise(must(buildPkiRequest(request, m_f.key)));
        VERIFY_RESULT(summary);
        QVERIFY(summary->type == MessageType::RenewalReq);
        QCOMPARE(summary->transactionId, m_f.context.transactionId.toText());
        QCOMPARE(summary->senderNonce, m_f.context.senderNonce.bytes());
        QVERIFY(summary->recipientNonce.isEmpty());
        QVERIFY(!summary->status && !summary->rejection);
        QVERIFY(summary->signer == m_f.signer.issuerAndSerialNumber());
        QCOMPARE(summary->digest, QString("SHA-256"));
        QVERIFY(summary->certificates == QList<Pki::Certificate>{m_f.signer});
        QVERIFY(summary->hasEnvelope);
        QCOMPARE(summary->contentCipher, QString("AES-128-CBC"));
        QCOMPARE(summary->recipients.size(), 1);
        QVERIFY(summary->recipients.first().recipientId == m_f.ca.ra.certificate.issuerAndSerialNumber());
        QVERIFY(summary->otherAttributes.isEmpty());
        const QStringList lines = toLines(*summary);
        QVERIFY(lines.contains("messageType       RenewalReq (17)"));
        QVERIFY(lines.contains("transactionID     " + m_f.context.transactionId.toText()));
        QVERIFY(lines.contains("senderNonce       " + QString::fromLatin1(m_f.context.senderNonce.bytes().toHex())));
        QVERIFY(lines.contains("envelope          AES-128-CBC"));
    }

    void replies()
    {
        auto summary = summarise(makeReply(m_f.pending()));
        VERIFY_RESULT(summary);
        QVERIFY(summary->type == MessageType::CertRep);
        QVERIFY(summary->status == PkiStatus::Pending);
        QVERIFY(!summary->hasEnvelope);
        QVERIFY(toLines(*summary).contains("pkiStatus         PENDING"));

        ReplyPlan plan = m_f.rejected("0");
        plan.failInfoText = "no <b>such</b> algorithm";
        plan.extraAttributes = {{Pki::Oid::literal("1.3.6.1.4.1.311.21.38"), {Pki::utf8StringDer("Denied")}}};
        summary = summarise(makeReply(plan));
        VERIFY_RESULT(summary);
        QVERIFY(summary->status == PkiStatus::Failure);
        QVERIFY(summary->rejection && summary->rejection->failInfo() == FailInfo::BadAlg);
        QCOMPARE(summary->rejection->failInfoText, QString("no <b>such</b> algorithm"));
        QCOMPARE(summary->otherAttributes.size(), 1);

        summary = summarise(makeReply(m_f.issued()));
        VERIFY_RESULT(summary);
        QVERIFY(summary->status == PkiStatus::Success && summary->hasEnvelope);
    }

    void oddMessagesAreStillShown()
    {
        // The inspector shows what arrived, also what would never be accepted.
        ReplyPlan plan = m_f.pending();
        plan.messageType = QByteArray("18");
        plan.pkiStatus = QByteArray("9");
        plan.transactionId.reset();
        plan.digest = Pki::Digest::Md5;
        const auto summary = summarise(withBrokenSignature(makeReply(plan)));
        VERIFY_RESULT(summary);
        QVERIFY(!summary->type && !summary->status);
        QCOMPARE(summary->typeText, QString("18"));
        QCOMPARE(summary->digest, QString("MD5"));
        QVERIFY(summary->transactionId.isEmpty());
        QVERIFY(toLines(*summary).contains("messageType       unknown (18)"));
    }

    void otherThingsAreNotRecognised_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::newRow("empty") << QByteArray();
        QTest::newRow("HTML") << QByteArray("<html>");
        QTest::newRow("certificate") << m_f.leaf.der();
        QTest::newRow("bundle") << must(Pki::degenerateCms({m_f.leaf}));
        QTest::newRow("envelope") << makeEnvelope({m_f.leaf}, m_f.signer);
        QTest::newRow("signed data of another kind") << must(Pki::signCms("x", m_f.ca.ra.certificate, m_f.ca.ra.key, {}));
        const QByteArray message = makeReply(m_f.pending());
        QTest::newRow("truncated message") << message.left(message.size() - 1);
    }
    void otherThingsAreNotRecognised()
    {
        QFETCH(QByteArray, bytes);
        COMPARE_ERROR(summarise(bytes), ErrorCode::NotRecognised);
    }

private:
    CertRepFixture m_f;
};

QTEST_GUILESS_MAIN(TestMessageSummary)
#include "tst_messagesummary.moc"
