// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/pki/cms.h"
#include "scep/pki/container.h"
#include "scep/pki/pkcs12.h"
#include "tests/support/opensslprogram.h"
#include "tests/support/testca.h"

#include <QTest>

using namespace Pki;
using namespace TestSupport;
using Kind = Container::Kind;

namespace {

SecretBytes secret(const char *text)
{
    return SecretBytes(QByteArrayView(text, qstrlen(text)));
}

} // namespace

class TestContainer : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase()
    {
        m_openssl.output({"genrsa", "-out", "rsa.key", "2048"});
        m_openssl.output({"ecparam", "-genkey", "-name", "prime256v1", "-out", "ec-with-parameters.key"});
        m_openssl.output({"ec", "-in", "ec-with-parameters.key", "-out", "ec.key"});
        m_openssl.output({"req", "-x509", "-new", "-key", "rsa.key", "-subj", "/O=Lab/CN=foreign", "-days", "30", "-out", "c.pem"});
        m_openssl.output({"req", "-x509", "-new", "-key", "ec.key", "-subj", "/O=Lab/CN=second", "-days", "30", "-out", "d.pem"});
        m_openssl.output({"req", "-new", "-key", "rsa.key", "-subj", "/CN=asks", "-out", "req.pem"});
        m_openssl.write("ca.cnf", "[ca]\ndefault_ca=c\n[c]\ndatabase=index.txt\ndefault_md=sha256\ndefault_crl_days=3\n");
        m_openssl.write("index.txt", "");
        m_openssl.output({"ca", "-config", "ca.cnf", "-gencrl", "-keyfile", "rsa.key", "-cert", "c.pem", "-out", "crl.pem"});
        m_openssl.write("both.pem", m_openssl.read("c.pem") + m_openssl.read("d.pem"));
    }

    void kinds_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<Container::Kind>("kind");
        QTest::addColumn<QString>("encoding");
        QTest::addColumn<int>("certificates");
        QTest::addColumn<bool>("hasKey"); // opened with the pass phrase "secret"
        const auto row = [](const char *name, const QByteArray &bytes, Kind kind, const char *encoding, int certificates = 0,
                            bool hasKey = false) {
            QTest::newRow(name) << bytes << kind << QString::fromLatin1(encoding) << certificates << hasKey;
        };
        const auto out = [this](const QString &line) { return m_openssl.output(line.split(' ')); };
        const QByteArray pem = m_openssl.read("c.pem");
        const QByteArray der = out("x509 -in c.pem -outform DER");
        const QByteArray secondDer = out("x509 -in d.pem -outform DER");
        row("certificate PEM", pem, Kind::Certificates, "PEM", 1);
        row("certificate DER", der, Kind::Certificates, "DER", 1);
        row("certificate base64", der.toBase64(), Kind::Certificates, "base64", 1);
        QByteArray wrapped = der.toBase64();
        for (qsizetype i = 64; i < wrapped.size(); i += 66)
            wrapped.insert(i, "\r\n");
        row("certificate base64 in lines", wrapped, Kind::Certificates, "base64", 1);
        row("certificate with text", out("x509 -in c.pem -text"), Kind::Certificates, "PEM", 1);
        row("certificate with CRLF", QByteArray(pem).replace("\n", "\r\n"), Kind::Certificates, "PEM", 1);
        row("certificate behind a byte order mark", "\xEF\xBB\xBF" + pem, Kind::Certificates, "PEM", 1);
        row("trusted certificate", out("x509 -in c.pem -trustout -addtrust clientAuth"), Kind::Certificates, "PEM", 1);
        row("two certificates PEM", m_openssl.read("both.pem"), Kind::Certificates, "PEM", 2);
        row("two certificates DER", der + secondDer, Kind::Certificates, "DER", 2);
        row("request PEM", m_openssl.read("req.pem"), Kind::CertificationRequest, "PEM");
        row("request DER", out("req -in req.pem -outform DER"), Kind::CertificationRequest, "DER");
        row("CRL PEM", m_openssl.read("crl.pem"), Kind::Crl, "PEM");
        row("CRL DER", out("crl -in crl.pem -outform DER"), Kind::Crl, "DER");
        row("PKCS#8 PEM", out("pkcs8 -topk8 -nocrypt -in rsa.key"), Kind::PrivateKey, "PEM", 0, true);
        row("PKCS#8 DER", out("pkcs8 -topk8 -nocrypt -in rsa.key -outform DER"), Kind::PrivateKey, "DER", 0, true);
        row("PKCS#1 PEM", out("rsa -in rsa.key -traditional"), Kind::PrivateKey, "PEM", 0, true);
        row("PKCS#1 DER", out("rsa -in rsa.key -traditional -outform DER"), Kind::PrivateKey, "DER", 0, true);
        row("SEC 1 PEM", m_openssl.read("ec.key"), Kind::PrivateKey, "PEM", 0, true);
        row("SEC 1 with parameters", m_openssl.read("ec-with-parameters.key"), Kind::PrivateKey, "PEM", 0, true);
        row("SEC 1 DER", out("ec -in ec.key -outform DER"), Kind::PrivateKey, "DER", 0, true);
        row("encrypted PKCS#8 PEM", out("pkcs8 -topk8 -in rsa.key -passout pass:secret"), Kind::EncryptedPrivateKey, "PEM", 0, true);
        row("encrypted PKCS#8 DER", out("pkcs8 -topk8 -in rsa.key -passout pass:secret -outform DER"), Kind::EncryptedPrivateKey, "DER", 0,
            true);
        row("encrypted PKCS#1", out("rsa -in rsa.key -traditional -aes128 -passout pass:secret"), Kind::EncryptedPrivateKey, "PEM", 0,
            true);
        row("PKCS#8, another pass phrase", out("pkcs8 -topk8 -in rsa.key -passout pass:other"), Kind::EncryptedPrivateKey, "PEM");
        row("PKCS#7 PEM", out("crl2pkcs7 -nocrl -certfile both.pem"), Kind::CertificateBundle, "PEM", 2);
        row("PKCS#7 DER", out("crl2pkcs7 -in crl.pem -certfile both.pem -outform DER"), Kind::CertificateBundle, "DER", 2);
        row("PKCS#12", out("pkcs12 -export -in c.pem -inkey rsa.key -passout pass:secret"), Kind::Pkcs12, "DER", 1, true);
        row("PKCS#12, another pass phrase", out("pkcs12 -export -in c.pem -inkey rsa.key -passout pass:other"), Kind::Pkcs12, "DER");
        row("PKCS#12 base64", out("pkcs12 -export -legacy -in c.pem -inkey rsa.key -passout pass:secret").toBase64(), Kind::Pkcs12,
            "base64", 1, true);
        row("signedData DER", out("cms -sign -nodetach -in c.pem -signer c.pem -inkey rsa.key -outform DER"), Kind::SignedData, "DER", 1);
        row("signedData PEM", out("cms -sign -nodetach -in c.pem -signer c.pem -inkey rsa.key -outform PEM"), Kind::SignedData, "PEM", 1);
        row("signedData BER", out("cms -sign -nodetach -stream -indef -in c.pem -signer c.pem -inkey rsa.key -outform DER"),
            Kind::SignedData, "DER", 1);
        row("envelopedData DER", out("cms -encrypt -in c.pem -aes128 -outform DER c.pem"), Kind::EnvelopedData, "DER");
        row("envelopedData PEM", out("cms -encrypt -in c.pem -aes128 -outform PEM c.pem"), Kind::EnvelopedData, "PEM");
        row("public key PEM", out("rsa -in rsa.key -pubout"), Kind::PublicKey, "PEM");
        row("public key DER", out("ec -in ec.key -pubout -outform DER"), Kind::PublicKey, "DER");
        row("key and chain", m_openssl.read("rsa.key") + m_openssl.read("both.pem"), Kind::Mixed, "PEM", 2, true);
        m_openssl.write("p.p12", out("pkcs12 -export -in c.pem -inkey rsa.key -passout pass:secret"));
        row("what openssl pkcs12 prints", out("pkcs12 -in p.p12 -nodes -passin pass:secret"), Kind::Mixed, "PEM", 1, true);
    }
    void kinds()
    {
        QFETCH(QByteArray, bytes);
        QFETCH(Container::Kind, kind);
        QFETCH(QString, encoding);
        QFETCH(int, certificates);
        QFETCH(bool, hasKey);
        const Result<Container> read = readContainer(bytes, secret("secret"));
        QVERIFY2(read, read ? "" : qPrintable(read.error().detail));
        QCOMPARE(read->kind, kind);
        QCOMPARE(read->encoding, encoding);
        QCOMPARE(read->certificates.size(), certificates);
        QCOMPARE(!read->key.isNull(), hasKey);
        QCOMPARE(read->request.isNull(), kind != Kind::CertificationRequest);
        if (kind == Kind::Crl)
            QCOMPARE(read->crls.size(), 1);
        QVERIFY(read->der.startsWith('\x30') || read->key.isNull() == false);
        if (certificates > 0)
            QCOMPARE(read->certificates.constFirst().subject().commonName(), QString("foreign"));
    }

    void ownFiles()
    {
        const Identity identity = makeSelfSigned("CN=own", rsaKey("own"), QDateTime::currentDateTimeUtc());
        QCOMPARE(must(readContainer(must(degenerateCms({identity.certificate})))).kind, Kind::CertificateBundle);
        QCOMPARE(must(readContainer(must(signCms("x", identity.certificate, identity.key, {})))).kind, Kind::SignedData);
        QCOMPARE(must(readContainer(must(encryptCms("x", identity.certificate, Cipher::Aes128)))).kind, Kind::EnvelopedData);
        const Container locked = must(readContainer(must(identity.key.toEncryptedPkcs8Pem(secret("x")))));
        QCOMPARE(locked.kind, Kind::EncryptedPrivateKey);
        QVERIFY(locked.key.isNull());
        Pkcs12Contents contents;
        contents.key = identity.key;
        contents.certificate = identity.certificate;
        const Container opened = must(readContainer(must(toPkcs12(contents, secret("x"), Pkcs12Style::Compatible)), secret("x")));
        QCOMPARE(opened.certificates, QList{identity.certificate});
        QVERIFY(belongTogether(opened.key, identity.certificate));
    }

    void refused_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<ErrorCode>("code");
        const QByteArray der = must(Certificate::fromPem(m_openssl.read("c.pem"))).der();
        const QByteArray pem = m_openssl.read("c.pem");
        QTest::newRow("empty") << QByteArray() << ErrorCode::NotRecognised;
        QTest::newRow("only white space") << QByteArray(" \r\n\n") << ErrorCode::NotRecognised;
        QTest::newRow("HTML") << QByteArray("<!DOCTYPE html><html></html>") << ErrorCode::NotRecognised;
        QTest::newRow("text in base64's alphabet") << QByteArray("HelloWorld12") << ErrorCode::NotRecognised;
        QTest::newRow("PNG") << QByteArray::fromHex("89504e470d0a1a0a0000000d49484452") << ErrorCode::NotRecognised;
        QTest::newRow("50 MB of zeros") << QByteArray(50 * 1000 * 1000, '\0') << ErrorCode::TooLarge;
        QTest::newRow("50 MB of PEM") << pem.repeated(50'000'000 / pem.size()) << ErrorCode::TooLarge;
        QTest::newRow("cut off DER") << der.chopped(5) << ErrorCode::Malformed;
        QTest::newRow("DER with trailing bytes") << der + "xx" << ErrorCode::Malformed;
        QTest::newRow("cut off PEM") << pem.first(pem.size() / 2) << ErrorCode::Malformed;
        QTest::newRow("PEM block of garbage") << QByteArray("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
                                              << ErrorCode::Malformed;
        QTest::newRow("PEM with bad base64") << QByteArray("-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n")
                                             << ErrorCode::Malformed;
        QTest::newRow("unknown PEM block") << QByteArray("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n")
                                           << ErrorCode::NotRecognised;
        QTest::newRow("parameters only") << m_openssl.output({"ecparam", "-name", "prime256v1"}) << ErrorCode::NotRecognised;
        QTest::newRow("an empty SEQUENCE") << QByteArray::fromHex("3000") << ErrorCode::NotRecognised;
        QTest::newRow("a SEQUENCE of INTEGERs") << QByteArray::fromHex("3006020101020102") << ErrorCode::NotRecognised;
        QTest::newRow("AuthEnvelopedData") << m_openssl.output(
                                                  {"cms", "-encrypt", "-in", "c.pem", "-aes-128-gcm", "-outform", "DER", "c.pem"})
                                           << ErrorCode::NotRecognised;
    }
    void refused()
    {
        QFETCH(QByteArray, bytes);
        QFETCH(ErrorCode, code);
        const Result<Container> read = readContainer(bytes);
        QVERIFY(!read);
        QCOMPARE(read.error().code, code);
    }

    void truncated()
    {
        for (const QByteArray &whole : {m_openssl.output({"pkcs8", "-topk8", "-nocrypt", "-in", "ec.key", "-outform", "DER"}),
                                        m_openssl.output({"crl", "-in", "crl.pem", "-outform", "DER"}), m_openssl.read("d.pem")}) {
            for (qsizetype length = 0; length < whole.size() - 1; ++length)
                QVERIFY(!readContainer(whole.first(length)));
        }
    }

private:
    Test::OpensslProgram m_openssl;
};

QTEST_GUILESS_MAIN(TestContainer)
#include "tst_container.moc"
