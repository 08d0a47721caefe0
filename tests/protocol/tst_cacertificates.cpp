// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/pki/cms.h"
#include "scep/protocol/cacertificates.h"
#include "tests/protocol/protocoltest.h"
#include "tests/support/testca.h"

#include <QProcess>

#include <algorithm>

using namespace Scep;
using namespace TestSupport;
using Form = CaCertificates::Form;

namespace {

const QString caType = "application/x-x509-ca-cert";
const QString bundleType = "application/x-x509-ca-ra-cert";

} // namespace

class TestCaCertificates : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase() { m_ca = TestCa::create("CaCerts", testNow()); }

    void reading_data()
    {
        QTest::addColumn<QByteArray>("body");
        QTest::addColumn<QString>("contentType");
        QTest::addColumn<int>("count");
        QTest::addColumn<bool>("isBundle");
        QTest::addColumn<QString>("leniency"); // a part of the only one; empty: none
        const QByteArray single = m_ca.issuing.certificate.der();
        const QByteArray bundle = must(Pki::degenerateCms({m_ca.issuing.certificate, m_ca.ra.certificate, m_ca.root.certificate}));
        const QByteArray pem = Pki::toPem(QList<Pki::Certificate>{m_ca.issuing.certificate, m_ca.root.certificate});
        QTest::newRow("one") << single << caType << 1 << false << "";
        QTest::newRow("bundle") << bundle << bundleType << 3 << true << "";
        QTest::newRow("type in capitals with parameters") << single << "Application/X-X509-CA-Cert; charset=utf-8" << 1 << false << "";
        QTest::newRow("one in a bundle") << must(Pki::degenerateCms({m_ca.issuing.certificate})) << bundleType << 1 << true << "";
        QTest::newRow("one as bundle type") << single << bundleType << 1 << false << "content type of a bundle";
        QTest::newRow("bundle as single type") << bundle << caType << 3 << true << "content type of a single";
        QTest::newRow("Entrust's type") << bundle << "application/x-x509-ra-ca-certs" << 3 << true << "application/x-x509-ra-ca-certs";
        QTest::newRow("text/html over DER") << single << "text/html" << 1 << false << "text/html";
        QTest::newRow("no type") << single << "" << 1 << false << "no content type";
        QTest::newRow("PEM") << m_ca.issuing.certificate.toPem() << caType << 1 << false << "PEM";
        QTest::newRow("two in PEM") << pem << bundleType << 2 << true << "PEM";
        QTest::newRow("text before PEM") << "Subject: CN=x\n" + m_ca.issuing.certificate.toPem() << caType << 1 << false << "PEM";
        QTest::newRow("PKCS7 PEM") << "-----BEGIN PKCS7-----\n" + bundle.toBase64() + "\n-----END PKCS7-----\n"
                                   << bundleType << 3 << true << "PEM";
        QTest::newRow("base64") << single.toBase64() << caType << 1 << false << "base64";
        QByteArray wrapped;
        for (qsizetype i = 0; i < bundle.toBase64().size(); i += 64)
            wrapped += bundle.toBase64().mid(i, 64) + "\r\n";
        QTest::newRow("base64 on lines") << wrapped << bundleType << 3 << true << "base64";
        const QByteArray twice = must(Pki::degenerateCms({m_ca.root.certificate, m_ca.root.certificate, m_ca.issuing.certificate}));
        QTest::newRow("duplicates count once") << twice << bundleType << 2 << true << "";
        // Some servers sign the bundle. That signature is worth nothing here.
        Pki::SignOptions options;
        options.certificates = {m_ca.issuing.certificate};
        const QByteArray isSigned = must(Pki::signCms("x", m_ca.ra.certificate, m_ca.ra.key, options));
        QTest::newRow("signed bundle") << isSigned << bundleType << 1 << true << "signed";
    }
    void reading()
    {
        QFETCH(QByteArray, body);
        QFETCH(QString, contentType);
        QFETCH(QString, leniency);
        const auto result = parseCaCertificates(body, contentType);
        VERIFY_RESULT(result);
        QTEST(int(result->certificates.size()), "count");
        QTEST(result->form == Form::DegenerateSignedData, "isBundle");
        QVERIFY(result->certificates.contains(m_ca.issuing.certificate));
        if (leniency.isEmpty())
            QVERIFY2(result->leniencies.isEmpty(), qPrintable(result->leniencies.join(" | ")));
        else
            QVERIFY2(result->leniencies.size() == 1 && result->leniencies.first().contains(leniency),
                     qPrintable(result->leniencies.join(" | ")));
    }

    void refusals_data()
    {
        QTest::addColumn<QByteArray>("body");
        QTest::addColumn<int>("code");
        const QByteArray single = m_ca.issuing.certificate.der();
        QTest::newRow("empty") << QByteArray() << int(ErrorCode::EmptyReply);
        QTest::newRow("line end only") << QByteArray("\r\n") << int(ErrorCode::EmptyReply);
        QTest::newRow("HTML") << QByteArray("<html><body>Network Device Enrollment Service</body></html>") << int(ErrorCode::HtmlReply);
        QTest::newRow("HTML behind a mark") << QByteArray("\xEF\xBB\xBF\r\n <!DOCTYPE html>") << int(ErrorCode::HtmlReply);
        QTest::newRow("a sentence") << QByteArray("no such CA") << int(ErrorCode::ReplyMalformed);
        QTest::newRow("truncated") << single.left(single.size() - 1) << int(ErrorCode::ReplyMalformed);
        QTest::newRow("half") << single.left(single.size() / 2) << int(ErrorCode::ReplyMalformed);
        QTest::newRow("trailing byte") << single + '\0' << int(ErrorCode::ReplyMalformed);
        QTest::newRow("empty bundle") << must(Pki::degenerateCms({})) << int(ErrorCode::ReplyMalformed);
        QTest::newRow("an envelope") << makeEnvelope({m_ca.root.certificate}, m_ca.ra.certificate) << int(ErrorCode::ReplyMalformed);
        QTest::newRow("a CSR") << makeRequest("CN=x", m_ca.ra.key).der() << int(ErrorCode::ReplyMalformed);
        QTest::newRow("PEM without certificate")
            << QByteArray("-----BEGIN NOTHING-----\nAAAA\n-----END NOTHING-----\n") << int(ErrorCode::ReplyMalformed);
        QTest::newRow("base64 of something else") << QByteArray("\x30\x03\x02\x01\x05", 5).toBase64() << int(ErrorCode::ReplyMalformed);
        QTest::newRow("over 1 MiB") << QByteArray(1024 * 1024 + 1, 'A') << int(ErrorCode::ReplyTooLarge);
        QList<Pki::Certificate> many;
        for (int i = 0; i < 33; ++i)
            many.append(makeCertificate(QString("CN=leaf %1").arg(i), m_ca.ra.key.publicKey(), m_ca.issuing, testNow()));
        QTest::newRow("33 certificates") << must(Pki::degenerateCms(many)) << int(ErrorCode::ReplyTooLarge);
        QTest::newRow("33 certificates in PEM") << Pki::toPem(many) << int(ErrorCode::ReplyTooLarge);
    }
    void refusals()
    {
        QFETCH(QByteArray, body);
        QFETCH(int, code);
        COMPARE_ERROR(parseCaCertificates(body, bundleType), static_cast<ErrorCode>(code));
    }

    void everyTruncationIsAnError()
    {
        const QByteArray bundle = must(Pki::degenerateCms({m_ca.issuing.certificate, m_ca.root.certificate}));
        for (qsizetype length = 0; length < bundle.size(); ++length) {
            const auto result = parseCaCertificates(bundle.left(length), bundleType);
            QVERIFY2(!result, qPrintable(QString("accepted at %1 of %2 bytes").arg(length).arg(bundle.size())));
        }
    }

    void opensslBundlesAreRead()
    {
        // openssl crl2pkcs7 -nocrl -certfile FILE -outform DER: a degenerate PKCS#7 of somebody else's making.
        QTemporaryDir directory;
        QFile file(directory.filePath("ca.pem"));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(Pki::toPem(QList<Pki::Certificate>{m_ca.root.certificate, m_ca.issuing.certificate, m_ca.ra.certificate}));
        file.close();
        QProcess openssl;
        openssl.start("openssl", {"crl2pkcs7", "-nocrl", "-certfile", file.fileName(), "-outform", "DER"});
        QVERIFY(openssl.waitForFinished() && openssl.exitCode() == 0);
        const auto result = parseCaCertificates(openssl.readAllStandardOutput(), bundleType);
        VERIFY_RESULT(result);
        QCOMPARE(result->certificates.size(), 3);
        for (const Identity &identity : {m_ca.root, m_ca.issuing, m_ca.ra})
            QVERIFY(result->certificates.contains(identity.certificate));
    }

    void fingerprints_data()
    {
        QTest::addColumn<int>("digest");
        for (const Pki::Digest digest : {Pki::Digest::Md5, Pki::Digest::Sha1, Pki::Digest::Sha256, Pki::Digest::Sha512})
            QTest::newRow(qPrintable(settingName(digest))) << int(digest);
    }
    void fingerprints()
    {
        QFETCH(int, digest);
        const CaCertificates offered = offer({m_ca.ra, m_ca.issuing, m_ca.root});
        for (const Identity &pinned : {m_ca.root, m_ca.issuing}) {
            TrustAnchor anchor;
            anchor.fingerprint =
                must(Pki::Fingerprint::fromText(pinned.certificate.fingerprint(static_cast<Pki::Digest>(digest)).toDisplay()));
            const auto found = authenticate(anchor, offered, testNow());
            VERIFY_RESULT(found);
            QCOMPARE(found->der(), pinned.certificate.der());
        }
        // One bit off.
        QByteArray changed = m_ca.root.certificate.der();
        changed[changed.size() - 1] = static_cast<char>(changed.at(changed.size() - 1) ^ 1);
        TrustAnchor wrong;
        wrong.fingerprint = Pki::Fingerprint::of(static_cast<Pki::Digest>(digest), changed);
        const auto refused = authenticate(wrong, offered, testNow());
        COMPARE_ERROR(refused, ErrorCode::FingerprintMismatch);
        // The technician sees what was offered, in the digest he compares with.
        QVERIFY2(refused.error().detail.contains(m_ca.root.certificate.fingerprint(static_cast<Pki::Digest>(digest)).toDisplay()),
                 qPrintable(refused.error().detail));
    }

    void anRaIsNoAnchor()
    {
        TrustAnchor anchor;
        anchor.fingerprint = m_ca.ra.certificate.fingerprint();
        COMPARE_ERROR(authenticate(anchor, offer({m_ca.ra, m_ca.issuing, m_ca.root}), testNow()), ErrorCode::FingerprintMismatch);
    }

    void nothingConfirmed()
    {
        const auto result = authenticate({}, offer({m_ca.issuing}), testNow());
        COMPARE_ERROR(result, ErrorCode::CaNotConfirmed);
        QVERIFY(result.error().detail.contains(m_ca.issuing.certificate.fingerprint().toDisplay()));
    }

    void certificateAnchors()
    {
        TrustAnchor anchor;
        anchor.certificate = m_ca.root.certificate;
        // Sent or not, the root is what was confirmed.
        auto found = authenticate(anchor, offer({m_ca.root, m_ca.issuing, m_ca.ra}), testNow());
        VERIFY_RESULT(found);
        QVERIFY(*found == m_ca.root.certificate);
        found = authenticate(anchor, offer({m_ca.ra, m_ca.issuing}), testNow());
        VERIFY_RESULT(found);
        QVERIFY(*found == m_ca.root.certificate);
        // Another CA, even of the same names.
        const TestCa other = TestCa::create("Other", testNow());
        COMPARE_ERROR(authenticate(anchor, offer({other.root, other.issuing, other.ra}), testNow()), ErrorCode::FingerprintMismatch);
        CertificateOptions ca;
        ca.isCa = true;
        const Identity impostor = makeSelfSigned(m_ca.root.certificate.subject().toText(), rsaKey("impostor"), testNow(), ca);
        COMPARE_ERROR(authenticate(anchor, offer({impostor}), testNow()), ErrorCode::FingerprintMismatch);
        // An RA alone proves nothing: some CA certificate must be there.
        COMPARE_ERROR(authenticate(anchor, offer({m_ca.ra}), testNow()), ErrorCode::FingerprintMismatch);
        // Expired links do not count.
        COMPARE_ERROR(authenticate(anchor, offer({m_ca.issuing}), testNow().addYears(15)), ErrorCode::FingerprintMismatch);
    }

    void whatToConfirm_data()
    {
        QTest::addColumn<int>("seed");
        for (int seed = 0; seed < 6; ++seed)
            QTest::addRow("permutation %d", seed) << seed;
    }
    void whatToConfirm()
    {
        QFETCH(int, seed);
        const auto shuffled = [seed](QList<Identity> identities) {
            for (int i = 0; i < seed; ++i)
                std::next_permutation(identities.begin(), identities.end(),
                                      [](const Identity &a, const Identity &b) { return a.certificate.der() < b.certificate.der(); });
            return offer(identities);
        };
        auto chosen = certificateToConfirm(shuffled({m_ca.root, m_ca.issuing, m_ca.ra}));
        VERIFY_RESULT(chosen);
        QVERIFY(*chosen == m_ca.root.certificate);
        chosen = certificateToConfirm(shuffled({m_ca.issuing, m_ca.ra, m_ca.raSigning}));
        VERIFY_RESULT(chosen);
        QVERIFY(*chosen == m_ca.issuing.certificate);
        // A stray self-signed CA does not push itself forward, whatever its age.
        CertificateOptions ca;
        ca.isCa = true;
        ca.notBefore = testNow();
        const Identity stray = makeSelfSigned("CN=Stray", rsaKey("stray"), testNow(), ca);
        chosen = certificateToConfirm(shuffled({stray, m_ca.root, m_ca.issuing}));
        VERIFY_RESULT(chosen);
        QVERIFY(*chosen == m_ca.root.certificate);
        COMPARE_ERROR(certificateToConfirm(offer({m_ca.ra, m_ca.raSigning})), ErrorCode::NoUsableCaCertificate);
    }

    void aBareSelfSignedCertificateAlone()
    {
        // openssl req -new, then openssl x509 -req -signkey: a version 1 certificate without extensions.
        QTemporaryDir directory;
        const QString key = directory.filePath("key.pem");
        const QString request = directory.filePath("request.pem");
        QCOMPARE(QProcess::execute("openssl", {"req", "-new", "-newkey", "rsa:1024", "-nodes", "-keyout", key, "-subj", "/CN=Old CA",
                                               "-out", request, "-batch"}),
                 0);
        QProcess openssl;
        openssl.start("openssl", {"x509", "-req", "-in", request, "-signkey", key, "-days", "30"});
        QVERIFY(openssl.waitForFinished() && openssl.exitCode() == 0);
        const Identity bare{must(Pki::Certificate::fromPem(openssl.readAllStandardOutput())), {}};
        QCOMPARE(bare.certificate.version(), 1);
        auto chosen = certificateToConfirm(offer({bare}));
        VERIFY_RESULT(chosen);
        const auto roles = chooseRoles(offer({bare}), bare.certificate, QDateTime::currentDateTimeUtc());
        VERIFY_RESULT(roles);
        QVERIFY(roles->issuing == bare.certificate && roles->recipient == bare.certificate);
        // One that says cA=FALSE is none, alone or not.
        COMPARE_ERROR(certificateToConfirm(offer({makeSelfSigned("CN=Leaf", rsaKey("bare"), testNow())})),
                      ErrorCode::NoUsableCaCertificate);
        // Beside others it is only a self-signed certificate.
        chosen = certificateToConfirm(offer({bare, m_ca.issuing}));
        VERIFY_RESULT(chosen);
        QVERIFY(*chosen == m_ca.issuing.certificate);
    }

private:
    static CaCertificates offer(const QList<Identity> &identities)
    {
        CaCertificates result;
        for (const Identity &identity : identities)
            result.certificates.append(identity.certificate);
        result.form = Form::DegenerateSignedData;
        return result;
    }

    TestCa m_ca;
};

QTEST_GUILESS_MAIN(TestCaCertificates)
#include "tst_cacertificates.moc"
