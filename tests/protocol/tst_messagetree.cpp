// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/protocol/messagetree.h"
#include "tests/protocol/certrepfixture.h"

#include <QFile>

using namespace Scep;
using namespace TestSupport;

namespace {

/// The value at a path of names below the root; "(none)" when there is no such node.
QString at(const MessageTree &tree, const QStringList &path)
{
    const MessageNode *node = &tree.root;
    for (const QString &name : path) {
        node = node->child(name);
        if (node == nullptr)
            return "(none)";
    }
    return node->value;
}

QByteArray vector(const QString &name)
{
    QFile file(TEST_DATA_DIR "/cli/" + name);
    if (!file.open(QIODevice::ReadOnly))
        qFatal("no test data %s", qPrintable(name));
    return file.readAll();
}

const QStringList envelope{"encapContentInfo", "envelopedData"};
const QStringList content{"encapContentInfo", "envelopedData", "encryptedContent"};

} // namespace

class TestMessageTree : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase() { m_f = CertRepFixture::create(); }

    void foreignRequestIsOpened()
    {
        MessageOpener opener;
        opener.key = must(Pki::PrivateKey::fromBytes(vector("scepserver-ca.key.pem")));
        const auto tree = messageTree(vector("scepclient-pkcsreq.der"), opener);
        VERIFY_RESULT(tree);
        QVERIFY(tree->isScep && tree->contents && !tree->openingError);
        QCOMPARE(at(*tree, {"signerInfo", "signedAttrs", "messageType"}), QString("PKCSReq (19)"));
        QCOMPARE(at(*tree, {"signerInfo", "signedAttrs", "contentType"}), QString("data"));
        QCOMPARE(at(*tree, {"signerInfo", "signedAttrs", "transactionID"}), QString("guIZBa99fNspBjBGbXlB6CMjqN0="));
        QCOMPARE(at(*tree, envelope + QStringList{"contentEncryptionAlgorithm"}), QString("DES-CBC, weak"));
        QCOMPARE(at(*tree, content + QStringList{"certificationRequest"}), QString("C=US, O=Lab, OU=MDM, CN=plc-9"));
        QCOMPARE(at(*tree, content + QStringList{"certificationRequest", "challengePassword"}), QString("present (not shown)"));
        QVERIFY(tree->contents->request.isSignatureValid());
        QVERIFY(!toLines(tree->root).join('\n').contains("sesame")); // the challenge of the vector
    }

    void foreignReplyIsOpened()
    {
        MessageOpener opener;
        opener.key = must(Pki::PrivateKey::fromBytes(vector("scepclient.key.pem")));
        const auto tree = messageTree(vector("scepserver-certrep.der"), opener);
        VERIFY_RESULT(tree);
        QCOMPARE(at(*tree, {"signerInfo", "signedAttrs", "messageType"}), QString("CertRep (3)"));
        QCOMPARE(at(*tree, {"signerInfo", "signedAttrs", "pkiStatus"}), QString("SUCCESS (0)"));
        QVERIFY(at(*tree, {"signerInfo", "signature"}).startsWith("fits the certificate"));
        QCOMPARE(at(*tree, content + QStringList{"signedData", "certificate"}), QString("C=US, O=Lab, OU=MDM, CN=plc-9"));
        QCOMPARE(tree->contents->certificates.size(), 1);
        QVERIFY(Pki::belongTogether(opener.key, tree->contents->certificates.first()));
    }

    void closedWithoutAndWithTheWrongKey()
    {
        const QByteArray message = vector("scepclient-pkcsreq.der");
        auto tree = messageTree(message);
        VERIFY_RESULT(tree);
        QVERIFY(!tree->contents && !tree->openingError);
        QVERIFY(at(*tree, content).startsWith("closed"));

        MessageOpener wrong;
        wrong.key = rsaKey("somebody else", 2048);
        tree = messageTree(message, wrong);
        VERIFY_RESULT(tree);
        QVERIFY(!tree->contents);
        QVERIFY(tree->openingError && tree->openingError->code == ErrorCode::DecryptionFailed);
        QCOMPARE(at(*tree, {"signerInfo", "signedAttrs", "messageType"}), QString("PKCSReq (19)")); // the rest is still told
    }

    void challengeOpensAPasswordEnvelope()
    {
        const Pki::SecretBytes challenge(QByteArrayView("sesame"));
        const Pki::SecretBytes wrong(QByteArrayView("mustard"));
        const QByteArray message =
            must(Pki::encryptCmsWithPassword(m_f.csr.der(), challenge, Pki::Cipher::Aes128)); // a bare envelopedData, too
        MessageOpener opener;
        opener.challenge = &challenge;
        auto tree = messageTree(message, opener);
        VERIFY_RESULT(tree);
        QCOMPARE(tree->root.name, QString("envelopedData"));
        QVERIFY(!tree->isScep);
        QCOMPARE(at(*tree, {"recipient"}), QString("whoever knows the challenge"));
        QVERIFY(tree->contents && tree->contents->request.der() == m_f.csr.der());
        opener.challenge = &wrong;
        tree = messageTree(message, opener);
        QVERIFY(tree && !tree->contents && tree->openingError);
    }

    void queriesAreNamed_data()
    {
        QTest::addColumn<QByteArray>("payload");
        QTest::addColumn<QString>("name");
        const auto issuer = m_f.ca.issuing.certificate.subject();
        QTest::newRow("CertPoll") << issuerAndSubjectDer(issuer, m_f.csr.subject()) << "issuerAndSubject";
        QTest::newRow("GetCert") << m_f.ca.ra.certificate.issuerAndSerialNumber().der() << "issuerAndSerialNumber";
        QTest::newRow("anything else") << QByteArray("hello") << "unknown";
    }
    void queriesAreNamed()
    {
        QFETCH(QByteArray, payload);
        QFETCH(QString, name);
        MessageOpener opener;
        opener.key = m_f.ca.ra.key;
        const auto tree = messageTree(must(Pki::encryptCms(payload, m_f.ca.ra.certificate, Pki::Cipher::Aes256)), opener);
        VERIFY_RESULT(tree);
        const MessageNode *opened = tree->root.child(u"encryptedContent");
        QVERIFY(opened != nullptr && opened->children.size() == 1);
        QCOMPARE(opened->children.first().name, name);
    }

    void refusalsAndOddMessagesAreShown()
    {
        ReplyPlan plan = m_f.rejected("2");
        plan.failInfoText = "no\u202e such <b>thing</b>";
        plan.extraAttributes = {{Pki::Oid::literal("1.3.6.1.4.1.311.21.33"), {Pki::printableStringDer("-2147024809")}},
                                {Pki::Oid::literal("1.2.3.4.5"), {QByteArray::fromHex("0101ff")}}};
        plan.content = QByteArray(1, '\0');
        auto tree = messageTree(makeReply(plan));
        VERIFY_RESULT(tree);
        QCOMPARE(at(*tree, {"signerInfo", "signedAttrs", "failInfo"}), QString("badRequest (2)"));
        QVERIFY(at(*tree, {"signerInfo", "signedAttrs", "ndesError"}).startsWith("0x80070057"));
        QCOMPARE(at(*tree, {"signerInfo", "signedAttrs", "1.2.3.4.5"}), QString("0101ff"));
        QCOMPARE(at(*tree, {"encapContentInfo", "eContent"}), QString("1 bytes"));
        QVERIFY(!toLines(tree->root).join('\n').contains(QChar(0x202e)));

        plan = m_f.pending();
        plan.messageType = QByteArray("18");
        plan.failInfo = QByteArray("4294967298"); // 2 in 32 bits
        tree = messageTree(withBrokenSignature(makeReply(plan)));
        VERIFY_RESULT(tree);
        QCOMPARE(at(*tree, {"signerInfo", "signedAttrs", "messageType"}), QString("18"));
        QCOMPARE(at(*tree, {"signerInfo", "signedAttrs", "failInfo"}), QString("4294967298"));
    }

    void brokenSignatureIsTold()
    {
        const QByteArray message = vector("scepserver-certrep.der");
        auto tree = messageTree(withBrokenSignature(message));
        VERIFY_RESULT(tree);
        QCOMPARE(at(*tree, {"signerInfo", "signature"}), QString("NOT valid"));
    }

    void othersAreNotRecognised_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::newRow("empty") << QByteArray();
        QTest::newRow("text") << QByteArray("hello");
        QTest::newRow("certificate") << m_f.signer.der();
        QTest::newRow("request") << m_f.csr.der();
        QTest::newRow("cut off") << vector("scepserver-certrep.der").chopped(5);
    }
    void othersAreNotRecognised()
    {
        QFETCH(QByteArray, bytes);
        const auto tree = messageTree(bytes);
        QVERIFY(!tree);
        QVERIFY(tree.error().code == ErrorCode::NotRecognised || tree.error().code == ErrorCode::Malformed);
    }

private:
    CertRepFixture m_f;
};

QTEST_GUILESS_MAIN(TestMessageTree)
#include "tst_messagetree.moc"
