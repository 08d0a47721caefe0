// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/pki/pkcs12.h"
#include "tests/support/opensslprogram.h"
#include "tests/support/testca.h"

#include <QTest>

using namespace Pki;
using namespace TestSupport;

namespace {

SecretBytes secret(const char *text)
{
    return SecretBytes(QByteArrayView(text, qstrlen(text)));
}

} // namespace

class TestPkcs12 : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase()
    {
        const QDateTime now = QDateTime::currentDateTimeUtc();
        m_ca = TestCa::create();
        m_contents.key = rsaKey("device");
        m_contents.certificate = m_ca.issue(makeRequest("CN=plc-7", m_contents.key), now);
        m_contents.others = {m_ca.issuing.certificate, m_ca.root.certificate};
        m_contents.friendlyName = QString("plc-7 ") + QChar(0xE4);
        m_openssl.write("device.pem", m_contents.certificate.toPem());
        m_openssl.write("device.key", m_contents.key.toPkcs8Pem().view().toByteArray());
        m_openssl.write("chain.pem", toPem(m_contents.others));
    }

    void roundTrip_data()
    {
        QTest::addColumn<Pkcs12Style>("style");
        QTest::addColumn<QStringList>("expected");
        QTest::newRow("modern") << Pkcs12Style::Modern
                                << QStringList{"MAC: sha256, Iteration 600000",
                                               "PBES2, PBKDF2, AES-256-CBC, Iteration 600000, PRF hmacWithSHA256"};
        QTest::newRow("compatible") << Pkcs12Style::Compatible
                                    << QStringList{"MAC: sha1, Iteration 2048", "pbeWithSHA1And3-KeyTripleDES-CBC, Iteration 2048"};
    }
    void roundTrip()
    {
        QFETCH(Pkcs12Style, style);
        QFETCH(QStringList, expected);
        const QByteArray der = must(toPkcs12(m_contents, secret("pass"), style));
        const Pkcs12Contents read = must(fromPkcs12(der, secret("pass")));
        QCOMPARE(read.key.publicKey(), m_contents.key.publicKey());
        QCOMPARE(read.certificate, m_contents.certificate);
        QCOMPARE(read.others.size(), 2);
        for (const Certificate &other : m_contents.others)
            QVERIFY(read.others.contains(other));
        QCOMPARE(read.friendlyName, m_contents.friendlyName);
        QVERIFY(der != must(toPkcs12(m_contents, secret("pass"), style))); // random salts

        m_openssl.write("made.p12", der);
        const auto info = m_openssl.run({"pkcs12", "-info", "-in", "made.p12", "-passin", "pass:pass", "-nodes"});
        QVERIFY2(info.isGood(), info.errors.constData());
        for (const QString &line : expected)
            QVERIFY2(info.errors.contains(line.toLatin1()), info.errors.constData());
        QCOMPARE(info.errors.count(expected.last().toLatin1()), 2); // certificates and key
        QCOMPARE(must(Certificate::listFromPem(info.output)).size(), 3);
        QCOMPARE(must(PrivateKey::fromBytes(info.output)).publicKey(), m_contents.key.publicKey());
        QVERIFY(info.output.contains("localKeyID"));
        QVERIFY(!m_openssl.run({"pkcs12", "-info", "-in", "made.p12", "-passin", "pass:Pass", "-nodes"}).isGood());
    }

    void parts()
    {
        Pkcs12Contents certificatesOnly;
        certificatesOnly.certificate = m_ca.issuing.certificate;
        certificatesOnly.others = {m_ca.root.certificate};
        const Pkcs12Contents read = must(fromPkcs12(must(toPkcs12(certificatesOnly, secret("p"), Pkcs12Style::Compatible)), secret("p")));
        QVERIFY(read.key.isNull());
        QCOMPARE(read.certificate, m_ca.issuing.certificate);
        QCOMPARE(read.others, QList{m_ca.root.certificate});
        Pkcs12Contents keyOnly;
        keyOnly.key = ecKey("only");
        const Pkcs12Contents readKey = must(fromPkcs12(must(toPkcs12(keyOnly, secret("p"), Pkcs12Style::Compatible)), secret("p")));
        QCOMPARE(readKey.key.publicKey(), keyOnly.key.publicKey());
        QVERIFY(readKey.certificate.isNull());
    }

    void nonAsciiPassphrase()
    {
        const SecretBytes umlaut = secret("p\xC3\xA4ss w\xC3\xB6rd");
        const QByteArray der = must(toPkcs12(m_contents, umlaut, Pkcs12Style::Compatible));
        QVERIFY(fromPkcs12(der, umlaut));
        QCOMPARE(fromPkcs12(der, secret("pass word")).error().code, ErrorCode::WrongPassphrase);
        m_openssl.write("umlaut.p12", der);
        QVERIFY(m_openssl.run({"pkcs12", "-in", "umlaut.p12", "-nodes", "-passin", "pass:p\u00e4ss w\u00f6rd"}).isGood());
    }

    void refusedToWrite()
    {
        QCOMPARE(toPkcs12(m_contents, {}, Pkcs12Style::Modern).error().code, ErrorCode::EmptyPassphrase);
        QCOMPARE(toPkcs12({}, secret("p"), Pkcs12Style::Modern).error().code, ErrorCode::InvalidArgument);
        Pkcs12Contents mismatch = m_contents;
        mismatch.key = rsaKey("another");
        QCOMPARE(toPkcs12(mismatch, secret("p"), Pkcs12Style::Modern).error().code, ErrorCode::KeyMismatch);
    }

    void readsOpenssl_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::newRow("default") << QStringList{};
        QTest::newRow("legacy: RC2-40 certificates") << QStringList{"-legacy"};
        QTest::newRow("RC2-40 throughout") << QStringList{"-legacy", "-keypbe", "PBE-SHA1-RC2-40", "-certpbe", "PBE-SHA1-RC2-40"};
        QTest::newRow("3DES") << QStringList{"-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1"};
        QTest::newRow("AES-128") << QStringList{"-keypbe", "AES-128-CBC", "-certpbe", "AES-128-CBC", "-macalg", "sha512"};
        QTest::newRow("certificates in the clear") << QStringList{"-certpbe", "NONE"};
        QTest::newRow("no MAC") << QStringList{"-nomac"};
    }
    void readsOpenssl()
    {
        QFETCH(QStringList, arguments);
        const QByteArray der = m_openssl.output(QStringList{"pkcs12", "-export", "-in", "device.pem", "-inkey", "device.key", "-certfile",
                                                            "chain.pem", "-name", "plc", "-passout", "pass:secret"} +
                                                arguments);
        const Pkcs12Contents read = must(fromPkcs12(der, secret("secret")));
        QCOMPARE(read.key.publicKey(), m_contents.key.publicKey());
        QCOMPARE(read.certificate, m_contents.certificate);
        QCOMPARE(read.others.size(), 2);
        QCOMPARE(read.friendlyName, QString("plc"));
        QCOMPARE(fromPkcs12(der, secret("Secret")).error().code, ErrorCode::WrongPassphrase);
        QCOMPARE(fromPkcs12(der, {}).error().code, ErrorCode::PassphraseRequired);
    }

    void emptyPassphrase()
    {
        const QByteArray der = m_openssl.output({"pkcs12", "-export", "-in", "device.pem", "-inkey", "device.key", "-passout", "pass:"});
        QCOMPARE(must(fromPkcs12(der, {})).certificate, m_contents.certificate);
    }

    void refusedToRead()
    {
        QCOMPARE(fromPkcs12({}, {}).error().code, ErrorCode::NotRecognised);
        QCOMPARE(fromPkcs12("hello", secret("p")).error().code, ErrorCode::NotRecognised);
        QCOMPARE(fromPkcs12(m_contents.certificate.der(), secret("p")).error().code, ErrorCode::NotRecognised);
        const QByteArray der = must(toPkcs12(m_contents, secret("pass"), Pkcs12Style::Compatible));
        QCOMPARE(fromPkcs12(der + QByteArray(1, '\0'), secret("pass")).error().code, ErrorCode::Malformed);
        for (qsizetype length = 0; length < der.size(); ++length)
            QVERIFY(!fromPkcs12(der.first(length), secret("pass")));
        for (qsizetype i = 0; i < der.size(); i += 7) {
            QByteArray damaged = der;
            damaged[i] = static_cast<char>(damaged[i] ^ 1);
            const Result<Pkcs12Contents> read = fromPkcs12(damaged, secret("pass"));
            if (read)
                QCOMPARE(read->certificate, m_contents.certificate);
        }
    }

private:
    Test::OpensslProgram m_openssl;
    TestCa m_ca;
    Pkcs12Contents m_contents;
};

QTEST_GUILESS_MAIN(TestPkcs12)
#include "tst_pkcs12.moc"
