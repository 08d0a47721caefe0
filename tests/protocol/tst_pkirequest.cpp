// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/protocol/pkirequest.h"
#include "tests/protocol/protocoltest.h"
#include "tests/support/testca.h"

#include <QProcess>

using namespace Scep;
using namespace TestSupport;
using Pki::Cipher;
using Pki::Digest;
using Pki::KeyTransport;

namespace {

Pki::Oid scepOid(int arc)
{
    return must(Pki::Oid::fromText(QString("2.16.840.1.113733.1.9.%1").arg(arc)));
}

/// A request with every part free to be wrong.
struct RequestPlan {
    std::optional<QByteArray> type = QByteArray("19");
    std::optional<QByteArray> transactionId = QByteArray("ABCDEF0123456789");
    std::optional<QByteArray> nonce = QByteArray(16, 'n');
    std::optional<QByteArray> content;
    QList<Pki::Certificate> embedded;
    QList<Pki::Attribute> extra;
    Digest digest = Digest::Sha256;
};

QByteArray makeMessage(const RequestPlan &plan, const Identity &signer)
{
    Pki::SignOptions options;
    options.digest = plan.digest;
    options.certificates = plan.embedded;
    options.hasContent = plan.content.has_value();
    if (plan.type)
        options.signedAttributes.append({scepOid(2), {Pki::printableStringDer(*plan.type)}});
    if (plan.transactionId)
        options.signedAttributes.append({scepOid(7), {Pki::printableStringDer(*plan.transactionId)}});
    if (plan.nonce)
        options.signedAttributes.append({scepOid(5), {Pki::octetStringDer(*plan.nonce)}});
    options.signedAttributes += plan.extra;
    return must(Pki::signCms(plan.content.value_or(QByteArray()), signer.certificate, signer.key, options));
}

} // namespace

Q_DECLARE_METATYPE(RequestPlan)

class TestPkiRequest : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase()
    {
        m_ca = TestCa::create("PkiRequest", testNow());
        m_key = rsaKey("device");
        m_csr = makeRequest("C=SE, O=Lab, CN=plc-7", m_key, "DNS:plc-7.lab.example", "s3cret challenge");
        m_signer = {must(createRequestSigner(m_csr.subject(), m_key, testNow())), m_key};
    }

    void requestSigner()
    {
        const Pki::Certificate &signer = m_signer.certificate;
        QVERIFY(signer.subject() == m_csr.subject());
        QVERIFY(signer.issuer() == m_csr.subject());
        QVERIFY(signer.publicKey() == m_csr.publicKey());
        QVERIFY(signer.isSelfSigned());
        QVERIFY(!signer.isCa());
        QCOMPARE(signer.version(), 3);
        QVERIFY(!signer.serialNumber().isEmpty());
        QCOMPARE(signer.notBefore(), testNow().addDays(-1));
        QCOMPARE(signer.notAfter(), testNow().addDays(60));
        QVERIFY(!signer.keyUsage());
        COMPARE_ERROR(createRequestSigner(m_csr.subject(), {}, testNow()), ErrorCode::InvalidArgument);
    }

    void emptySubject()
    {
        const auto csr = Pki::CertificationRequest::create({}, m_key);
        VERIFY_RESULT(csr);
        const auto signer = createRequestSigner(csr->subject(), m_key, testNow());
        VERIFY_RESULT(signer);
        QVERIFY(signer->subject().isEmpty());
        const auto message = build([&](PkiRequest &request) {
            request.signer = *signer;
            request.payload = csr->der();
        });
        VERIFY_RESULT(message);
        const auto read = readPkiRequest(*message, m_ca.ra.certificate, m_ca.ra.key);
        QVERIFY2(read.has_value(), qPrintable(read ? QString() : read.error().text));
        QCOMPARE(read->payload, csr->der());
    }

    void roundTrip_data()
    {
        QTest::addColumn<int>("digest");
        QTest::addColumn<int>("cipher");
        QTest::addColumn<int>("transport");
        QTest::addColumn<int>("type");
        const int v15 = int(KeyTransport::RsaPkcs1);
        const int oaep = int(KeyTransport::RsaOaepSha1);
        const int pkcsReq = int(MessageType::PkcsReq);
        QTest::newRow("usual") << int(Digest::Sha256) << int(Cipher::Aes128) << v15 << pkcsReq;
        QTest::newRow("SHA-512, AES-256") << int(Digest::Sha512) << int(Cipher::Aes256) << v15 << pkcsReq;
        QTest::newRow("SHA-384, AES-192") << int(Digest::Sha384) << int(Cipher::Aes192) << v15 << pkcsReq;
        QTest::newRow("NDES") << int(Digest::Sha1) << int(Cipher::TripleDes) << v15 << pkcsReq;
        QTest::newRow("DES") << int(Digest::Sha1) << int(Cipher::Des) << v15 << pkcsReq;
        QTest::newRow("OAEP") << int(Digest::Sha256) << int(Cipher::Aes128) << oaep << pkcsReq;
        QTest::newRow("OAEP with SHA-256") << int(Digest::Sha256) << int(Cipher::Aes128) << int(KeyTransport::RsaOaepSha256) << pkcsReq;
        for (const MessageType type : {MessageType::RenewalReq, MessageType::CertPoll, MessageType::GetCert, MessageType::GetCrl})
            QTest::newRow(qPrintable(displayName(type))) << int(Digest::Sha256) << int(Cipher::Aes128) << v15 << int(type);
    }
    void roundTrip()
    {
        QFETCH(int, digest);
        QFETCH(int, cipher);
        QFETCH(int, transport);
        QFETCH(int, type);
        const TransactionId id = TransactionId::create(m_key.publicKey());
        const Nonce nonce = Nonce::create();
        const auto message = build([&](PkiRequest &request) {
            request.type = static_cast<MessageType>(type);
            request.transactionId = id;
            request.senderNonce = nonce;
            request.algorithms.digest = static_cast<Digest>(digest);
            request.algorithms.cipher = static_cast<Cipher>(cipher);
            request.algorithms.keyTransport = static_cast<KeyTransport>(transport);
        });
        VERIFY_RESULT(message);
        // Definite lengths only: an indefinite one would stop the walk through the DER.
        QCOMPARE(DerNode::fromDer(*message).toDer(), *message);
        QVERIFY2(!message->contains("s3cret"), "the challenge must not be readable");

        const auto read = readPkiRequest(*message, m_ca.ra.certificate, m_ca.ra.key);
        QVERIFY2(read.has_value(), qPrintable(read ? QString() : read.error().text));
        QCOMPARE(int(read->type), type);
        QVERIFY(read->transactionId == id);
        QVERIFY(read->senderNonce == nonce);
        QVERIFY(read->signer == m_signer.certificate);
        QCOMPARE(int(read->digest), digest);
        QCOMPARE(int(read->cipher), cipher);
        QCOMPARE(int(read->keyTransport), transport);
        QCOMPARE(read->payload, m_csr.der());
    }

    void exactlyOneCertificateIsSent()
    {
        const auto message = build();
        VERIFY_RESULT(message);
        const auto outer = Pki::SignedData::fromDer(*message);
        VERIFY_RESULT(outer);
        QCOMPARE(outer->certificates().size(), 1);
        QCOMPARE(outer->signers().size(), 1);
        QCOMPARE(outer->version(), 1);
        // Only what RFC 8894 3.2.1 and CMS ask for: no signingTime (servers judge it), no smimeCapabilities.
        QCOMPARE(outer->signers().first().signedAttributes.size(), 5);
    }

    void opensslReadsOurs()
    {
        const auto message = build();
        VERIFY_RESULT(message);
        QTemporaryDir directory;
        const auto write = [&directory](const QString &name, const QByteArray &bytes) {
            QFile file(directory.filePath(name));
            if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size())
                qFatal("cannot write %s", qPrintable(name));
            return file.fileName();
        };
        const auto run = [](const QStringList &arguments, QByteArray *output) {
            QProcess openssl;
            openssl.start("openssl", arguments);
            const bool isFinished = openssl.waitForFinished();
            *output = openssl.readAllStandardOutput();
            if (openssl.exitCode() != 0)
                qWarning("%s", openssl.readAllStandardError().constData());
            return isFinished && openssl.exitCode() == 0;
        };
        const QString messageFile = write("message.der", *message);
        const QString keyFile = directory.filePath("ra.key");
        {
            const Pki::SecretBytes pem = m_ca.ra.key.toPkcs8Pem();
            write("ra.key", pem.view().toByteArray());
        }
        const QString certificateFile = write("ra.pem", m_ca.ra.certificate.toPem());
        QByteArray envelope;
        QVERIFY(run({"cms", "-verify", "-noverify", "-binary", "-inform", "DER", "-in", messageFile}, &envelope));
        const QString envelopeFile = write("envelope.der", envelope);
        QByteArray payload;
        QVERIFY(run({"cms", "-decrypt", "-binary", "-inform", "DER", "-in", envelopeFile, "-inkey", keyFile, "-recip", certificateFile},
                    &payload));
        QCOMPARE(payload, m_csr.der());
        const QString csrFile = write("request.der", payload);
        QByteArray text;
        QVERIFY(run({"req", "-inform", "DER", "-in", csrFile, "-verify", "-noout", "-text"}, &text));
        QVERIFY(text.contains("plc-7.lab.example"));
    }

    void builderRefuses_data()
    {
        QTest::addColumn<int>("what");
        QTest::addColumn<int>("code");
        QTest::newRow("reply type") << 0 << int(ErrorCode::InvalidArgument);
        QTest::newRow("no transaction") << 1 << int(ErrorCode::InvalidArgument);
        QTest::newRow("no nonce") << 2 << int(ErrorCode::InvalidArgument);
        QTest::newRow("no payload") << 3 << int(ErrorCode::InvalidArgument);
        QTest::newRow("no signer") << 4 << int(ErrorCode::InvalidArgument);
        QTest::newRow("no recipient") << 5 << int(ErrorCode::InvalidArgument);
        QTest::newRow("signer of another key") << 6 << int(ErrorCode::KeyMismatch);
        QTest::newRow("EC recipient") << 7 << int(ErrorCode::UnsupportedAlgorithm);
    }
    void builderRefuses()
    {
        QFETCH(int, what);
        QFETCH(int, code);
        const auto message = build([&](PkiRequest &request) {
            switch (what) {
            case 0:
                request.type = MessageType::CertRep;
                break;
            case 1:
                request.transactionId = {};
                break;
            case 2:
                request.senderNonce = {};
                break;
            case 3:
                request.payload.clear();
                break;
            case 4:
                request.signer = {};
                break;
            case 5:
                request.recipient = {};
                break;
            case 6:
                request.signer = m_ca.ra.certificate;
                break;
            default:
                request.recipient = makeSelfSigned("CN=EC", ecKey("recipient"), testNow()).certificate;
            }
        });
        COMPARE_ERROR(message, static_cast<ErrorCode>(code));
    }

    void issuerAndSubjectCopiesTheNames()
    {
        // A name that OpenSSL would write with other string types: it must come through byte for byte.
        const Pki::DistinguishedName issuer = m_ca.issuing.certificate.subject();
        const auto subject =
            Pki::DistinguishedName::fromDer(QByteArray::fromHex("300e310c300a06035504030c03706c63")); // CN=plc as UTF8String
        VERIFY_RESULT(subject);
        const QByteArray der = issuerAndSubjectDer(issuer, *subject);
        const auto read = issuerAndSubjectFromDer(der);
        VERIFY_RESULT(read);
        QCOMPARE(read->issuer.der(), issuer.der());
        QCOMPARE(read->subject.der(), subject->der());
        QVERIFY(der.endsWith(subject->der()));
        VERIFY_RESULT(issuerAndSubjectFromDer(issuerAndSubjectDer(issuer, {}))); // an empty subject is allowed

        for (qsizetype length = 0; length < der.size(); ++length)
            COMPARE_ERROR(issuerAndSubjectFromDer(der.left(length)), ErrorCode::Malformed);
        COMPARE_ERROR(issuerAndSubjectFromDer(der + '\0'), ErrorCode::Malformed);
        COMPARE_ERROR(issuerAndSubjectFromDer(m_csr.der()), ErrorCode::Malformed);
        COMPARE_ERROR(issuerAndSubjectFromDer(m_ca.issuing.certificate.issuerAndSerialNumber().der()), ErrorCode::Malformed);
    }

    void otherClientsAreRead_data()
    {
        QTest::addColumn<RequestPlan>("plan");
        QTest::addColumn<bool>("fixedNameSigner"); // macOS: another key and "CN=MDM SCEP SIGNER"
        RequestPlan usual;
        usual.content = must(Pki::encryptCms(m_csr.der(), m_ca.ra.certificate, Cipher::Aes128));
        usual.embedded = {m_signer.certificate};
        const auto with = [&usual](const std::function<void(RequestPlan &)> &change) {
            RequestPlan plan = usual;
            change(plan);
            return plan;
        };
        QTest::newRow("plain") << usual << false;
        QTest::newRow("scepclient: DES and SHA-1") << with([this](RequestPlan &plan) {
            plan.digest = Digest::Sha1;
            plan.content = must(Pki::encryptCms(m_csr.der(), m_ca.ra.certificate, Cipher::Des));
            plan.transactionId = "pL6+/AbC0123456789abcdefghi=";
        }) << false;
        QTest::newRow("8-byte nonce") << with([](RequestPlan &plan) { plan.nonce = QByteArray(8, 'n'); }) << false;
        QTest::newRow("1-byte nonce") << with([](RequestPlan &plan) { plan.nonce = QByteArray(1, 'n'); }) << false;
        QTest::newRow("32-byte nonce") << with([](RequestPlan &plan) { plan.nonce = QByteArray(32, 'n'); }) << false;
        QTest::newRow("signer behind others") << with([this](RequestPlan &plan) {
            plan.embedded = {m_ca.root.certificate, m_ca.issuing.certificate, m_signer.certificate};
        }) << false;
        QTest::newRow("unknown attribute") << with([](RequestPlan &plan) {
            plan.extra = {{Pki::Oid::literal("1.3.6.1.4.1.311.13.2.3"), {Pki::utf8StringDer("10.0")}}};
        }) << false;
        QTest::newRow("macOS") << with([this](RequestPlan &plan) { plan.embedded = {macSigner().certificate}; }) << true;
    }
    void otherClientsAreRead()
    {
        QFETCH(RequestPlan, plan);
        QFETCH(bool, fixedNameSigner);
        const Identity signer = fixedNameSigner ? macSigner() : m_signer;
        const auto read = readPkiRequest(makeMessage(plan, signer), m_ca.ra.certificate, m_ca.ra.key);
        QVERIFY2(read.has_value(), qPrintable(read ? QString() : read.error().text));
        QVERIFY(read->signer == signer.certificate);
        QCOMPARE(read->payload, m_csr.der());
        QCOMPARE(read->senderNonce.bytes(), *plan.nonce);
        QCOMPARE(read->transactionId.toText().toLatin1(), *plan.transactionId);
    }

    void indefiniteLengthIsRead()
    {
        // macOS sends BER: the outermost SEQUENCE and the wrapper in it without lengths.
        const auto message = build();
        VERIFY_RESULT(message);
        const DerNode contentInfo = DerNode::fromDer(*message);
        const QByteArray end(2, '\0');
        const QByteArray ber = QByteArray("\x30\x80", 2) + contentInfo.children.at(0).toDer() + QByteArray("\xa0\x80", 2) +
                               contentInfo.children.at(1).children.at(0).toDer() + end + end;
        const auto read = readPkiRequest(ber, m_ca.ra.certificate, m_ca.ra.key);
        QVERIFY2(read.has_value(), qPrintable(read ? QString() : read.error().text));
        QCOMPARE(read->payload, m_csr.der());
    }

    void recordedClients_data()
    {
        QTest::addColumn<QString>("file");
        QTest::addColumn<QString>("subject");
        QTest::addColumn<int>("cipher");
        QTest::addColumn<bool>("isSignerOfTheSameName");
        QTest::newRow("scepclient") << "scepclient.der" << "plc-7" << int(Cipher::Des) << false;
        QTest::newRow("strongSwan") << "strongswan.der" << "plc-8" << int(Cipher::Aes128) << true;
    }
    void recordedClients()
    {
        // tests/data/protocol/README.md has the commands.
        QFETCH(QString, file);
        QFETCH(QString, subject);
        QFETCH(int, cipher);
        QFETCH(bool, isSignerOfTheSameName);
        const Pki::Certificate ca = must(Pki::Certificate::fromPem(readData("vectors-ca.pem")));
        const Pki::PrivateKey key = must(Pki::PrivateKey::fromBytes(readData("vectors-ca.key.pem")));
        const auto read = readPkiRequest(readData(file), ca, key);
        QVERIFY2(read.has_value(), qPrintable(read ? QString() : read.error().text));
        QVERIFY(read->type == MessageType::PkcsReq);
        QCOMPARE(int(read->cipher), cipher);
        QCOMPARE(read->senderNonce.bytes().size(), 16);
        const auto csr = Pki::CertificationRequest::fromDer(read->payload);
        VERIFY_RESULT(csr);
        QVERIFY(csr->isSignatureValid());
        QCOMPARE(csr->subject().commonName(), subject);
        QCOMPARE(csr->challengePassword().view().toByteArray(), QByteArray("vector challenge"));
        QVERIFY(read->signer.publicKey() == csr->publicKey());
        QCOMPARE(read->signer.subject() == csr->subject(), isSignerOfTheSameName);
    }

    void hostileRequests_data()
    {
        QTest::addColumn<QByteArray>("message");
        QTest::addColumn<int>("failInfo");
        QTest::addColumn<bool>("canAnswer");
        RequestPlan usual;
        usual.content = must(Pki::encryptCms(m_csr.der(), m_ca.ra.certificate, Cipher::Aes128));
        usual.embedded = {m_signer.certificate};
        const auto make = [&](const std::function<void(RequestPlan &)> &change) {
            RequestPlan plan = usual;
            change(plan);
            return makeMessage(plan, m_signer);
        };
        const QByteArray good = makeMessage(usual, m_signer);
        const int badAlg = int(FailInfo::BadAlg);
        const int badCheck = int(FailInfo::BadMessageCheck);
        const int badRequest = int(FailInfo::BadRequest);
        QTest::newRow("empty") << QByteArray() << badRequest << false;
        QTest::newRow("HTML") << QByteArray("<html>") << badRequest << false;
        QTest::newRow("a certificate") << m_ca.root.certificate.der() << badRequest << false;
        QTest::newRow("an envelope only") << *usual.content << badRequest << false;
        QTest::newRow("truncated") << good.left(good.size() - 5) << badRequest << false;
        QTest::newRow("trailing byte") << good + 'x' << badRequest << false;
        QTest::newRow("two signers") << withSignersOf(good, makeMessage(usual, macSigner())) << badRequest << false;
        QTest::newRow("no signer certificate") << make([](auto &p) { p.embedded.clear(); }) << badRequest << false;
        QTest::newRow("another certificate") << make([this](auto &p) { p.embedded = {m_ca.root.certificate}; }) << badRequest << false;
        QTest::newRow("no transactionID") << make([](auto &p) { p.transactionId.reset(); }) << badRequest << false;
        QTest::newRow("empty transactionID") << make([](auto &p) { p.transactionId = QByteArray(); }) << badRequest << false;
        QTest::newRow("long transactionID") << make([](auto &p) { p.transactionId = QByteArray(129, 'A'); }) << badRequest << false;
        QTest::newRow("no nonce") << make([](auto &p) { p.nonce.reset(); }) << badRequest << false;
        QTest::newRow("empty nonce") << make([](auto &p) { p.nonce = QByteArray(); }) << badRequest << false;
        QTest::newRow("transactionID twice") << make([](auto &p) { p.extra = {{scepOid(7), {Pki::printableStringDer("OTHER")}}}; })
                                             << badRequest << false;
        QTest::newRow("broken signature") << withBrokenSignature(good) << badCheck << true;
        QTest::newRow("changed attribute") << withReplacedBytes(good, "ABCDEF0123456789", "ABCDEF0123456780") << badCheck << true;
        QTest::newRow("changed content") << withContent(good, *usual.content + QByteArray(1, '\0')) << badCheck << true;
        QTest::newRow("MD5") << make([](auto &p) { p.digest = Digest::Md5; }) << badAlg << true;
        QTest::newRow("reply type") << make([](auto &p) { p.type = QByteArray("3"); }) << badRequest << true;
        QTest::newRow("type 18") << make([](auto &p) { p.type = QByteArray("18"); }) << badRequest << true;
        QTest::newRow("type 019") << make([](auto &p) { p.type = QByteArray("019"); }) << badRequest << true;
        QTest::newRow("no type") << make([](auto &p) { p.type.reset(); }) << badRequest << true;
        QTest::newRow("no content") << make([](auto &p) { p.content.reset(); }) << badRequest << true;
        QTest::newRow("empty content") << make([](auto &p) { p.content = QByteArray(); }) << badRequest << true;
        QTest::newRow("CSR in the clear") << make([this](auto &p) { p.content = m_csr.der(); }) << badCheck << true;
        QTest::newRow("nested signedData") << make([&good](auto &p) { p.content = good; }) << badAlg << true;
        QTest::newRow("encrypted to another CA") << make([this](auto &p) {
            p.content =
                must(Pki::encryptCms(m_csr.der(), makeSelfSigned("CN=Else", rsaKey("else"), testNow()).certificate, Cipher::Aes128));
        }) << badCheck << true;
        QTest::newRow("changed ciphertext") << make([&usual](auto &p) {
            QByteArray changed = *usual.content;
            changed.chop(16); // the last block of the CBC ciphertext is at the very end
            p.content = changed + QByteArray(16, 'x');
        }) << badCheck << true;
    }
    void hostileRequests()
    {
        QFETCH(QByteArray, message);
        QFETCH(int, failInfo);
        QFETCH(bool, canAnswer);
        const auto read = readPkiRequest(message, m_ca.ra.certificate, m_ca.ra.key);
        QVERIFY(!read.has_value());
        QVERIFY2(int(read.error().failInfo) == failInfo, qPrintable(displayName(read.error().failInfo) + ": " + read.error().text));
        QVERIFY(!read.error().text.isEmpty());
        QCOMPARE(read.error().envelope.has_value(), canAnswer);
        if (canAnswer) {
            QVERIFY(read.error().envelope->signer == m_signer.certificate);
            QCOMPARE(read.error().envelope->senderNonce.bytes(), QByteArray(16, 'n'));
        }
    }

    void everyTruncationIsRefused()
    {
        const auto message = build();
        VERIFY_RESULT(message);
        for (qsizetype length = 0; length < message->size(); ++length)
            QVERIFY2(!readPkiRequest(message->left(length), m_ca.ra.certificate, m_ca.ra.key), qPrintable(QString::number(length)));
    }

private:
    static QByteArray readData(const QString &name)
    {
        QFile file(QStringLiteral(TEST_DATA_DIR "/protocol/") + name);
        if (!file.open(QIODevice::ReadOnly))
            qFatal("cannot read %s", qPrintable(file.fileName()));
        return file.readAll();
    }

    Result<QByteArray> build(const std::function<void(PkiRequest &)> &change = {})
    {
        PkiRequest request;
        request.transactionId = TransactionId::create(m_key.publicKey());
        request.senderNonce = Nonce::create();
        request.payload = m_csr.der();
        request.signer = m_signer.certificate;
        request.recipient = m_ca.ra.certificate;
        if (change)
            change(request);
        return buildPkiRequest(request, m_key);
    }

    /// Its own key, its own name, serial 1.
    static Identity macSigner()
    {
        CertificateOptions options;
        options.serialNumber = Pki::SerialNumber(QByteArray(1, '\1'));
        static const Identity signer = makeSelfSigned("CN=MDM SCEP SIGNER", rsaKey("mac"), testNow(), options);
        return signer;
    }

    TestCa m_ca;
    Pki::PrivateKey m_key;
    Pki::CertificationRequest m_csr;
    Identity m_signer;
};

QTEST_GUILESS_MAIN(TestPkiRequest)
#include "tst_pkirequest.moc"
