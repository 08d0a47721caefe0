// SPDX-License-Identifier: GPL-3.0-or-later

// scepctl inspect on everything that a technician may drop on it: the right answer or one clear line, at once.

#include "tests/cli/scepctlprogram.h"
#include "tests/support/opensslprogram.h"

#include <QElapsedTimer>
#include <QJsonArray>
#include <QTest>

using Test::ScepctlProgram;
using Test::ScepctlResult;

namespace {

const QString vectors = TEST_DATA_DIR "/cli/";

/// The value at a path of names in the "tree" member.
QString at(const QJsonObject &tree, const QStringList &path)
{
    QJsonObject node = tree;
    for (const QString &name : path) {
        QJsonObject next;
        for (const QJsonValue &child : node.value("children").toArray()) {
            if (child.toObject().value("name").toString() == name && next.isEmpty())
                next = child.toObject();
        }
        if (next.isEmpty())
            return "(none)";
        node = next;
    }
    return node.value("value").toString();
}

} // namespace

class TestScepctlInspect : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void kinds_data();
    void kinds();
    void badFiles_data();
    void badFiles();
    void passphraseOpens();
    void wrongPassphraseIsSaid_data();
    void wrongPassphraseIsSaid();
    void foreignRequest();
    void foreignReply();
    void wrongKeyIsSaid();
    void noChallengeIsShown();

private:
    /// Every look must end within a second.
    [[nodiscard]] ScepctlResult inspect(const QStringList &arguments)
    {
        QElapsedTimer timer;
        timer.start();
        ScepctlResult result = m_scepctl.run(QStringList{"--json", "inspect"} + arguments);
        m_elapsed = timer.elapsed();
        return result;
    }
    ScepctlProgram m_scepctl;
    Test::OpensslProgram m_openssl;
    qint64 m_elapsed = 0;
};

void TestScepctlInspect::initTestCase()
{
    const QByteArray key = m_openssl.output({"genrsa", "2048"});
    m_openssl.write("key.pem", key);
    m_openssl.write("ca.cnf", "[ca]\ndefault_ca=c\n[c]\ndatabase=index.txt\ndefault_md=sha256\ndefault_crl_days=30\n");
    m_openssl.write("index.txt", "");
    m_openssl.output({"req", "-x509", "-new", "-key", "key.pem", "-subj", "/O=Lab/CN=Inspected", "-days", "30", "-out", "cert.pem"});
    m_openssl.output({"req", "-new", "-key", "key.pem", "-subj", "/O=Lab/CN=Asked", "-out", "csr.pem"});
    m_openssl.output({"crl2pkcs7", "-nocrl", "-certfile", "cert.pem", "-outform", "DER", "-out", "bundle.p7b"});
    m_openssl.output({"pkcs12", "-export", "-inkey", "key.pem", "-in", "cert.pem", "-passout", "pass:secret word", "-out", "bundle.p12"});
    m_openssl.output({"ca", "-config", "ca.cnf", "-gencrl", "-keyfile", "key.pem", "-cert", "cert.pem", "-out", "list.crl"});
    m_openssl.output({"pkcs8", "-topk8", "-in", "key.pem", "-passout", "pass:secret word", "-out", "encrypted.pem"});
    m_openssl.output({"cms", "-sign", "-in", "csr.pem", "-signer", "cert.pem", "-inkey", "key.pem", "-nodetach", "-binary", "-outform",
                      "DER", "-out", "signed.cms"});
    m_openssl.output({"cms", "-encrypt", "-in", "csr.pem", "-binary", "-aes256", "-outform", "DER", "-out", "enveloped.cms", "cert.pem"});
    for (const QString name :
         {"key.pem", "cert.pem", "csr.pem", "bundle.p7b", "bundle.p12", "list.crl", "encrypted.pem", "signed.cms", "enveloped.cms"})
        m_scepctl.write(name, m_openssl.read(name));
    m_scepctl.write("passphrase", "secret word\n");
    m_scepctl.write("wrong", "another word\n");
    m_scepctl.write("empty", "");
    m_scepctl.write("garbage", QByteArray::fromHex("00ff17") + QByteArray(5000, '\x91'));
    m_scepctl.write("derlike", QByteArray::fromHex("3082ffff3003020101"));
    m_scepctl.write("broken.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n");
    m_scepctl.write("cut.der", QByteArray(m_openssl.read("bundle.p7b")).chopped(20));
    m_scepctl.write("big", QByteArray(50 * 1024 * 1024, 'A'));
    QByteArray bomb; // as deep as a file may be long: no recursion may follow it
    for (int i = 0; i < 100000; ++i)
        bomb += QByteArray::fromHex("3080");
    m_scepctl.write("deep", bomb);
}

void TestScepctlInspect::kinds_data()
{
    QTest::addColumn<QString>("file");
    QTest::addColumn<QString>("kind");
    QTest::addColumn<QString>("member");
    QTest::newRow("certificate") << "cert.pem" << "certificate" << "certificates";
    QTest::newRow("CSR") << "csr.pem" << "certification request" << "request";
    QTest::newRow("p7b") << "bundle.p7b" << "certificate bundle (PKCS#7)" << "certificates";
    QTest::newRow("p12") << "bundle.p12" << "PKCS#12" << "isOpened";
    QTest::newRow("CRL") << "list.crl" << "certificate revocation list" << "crls";
    QTest::newRow("key") << "key.pem" << "private key" << "key";
    QTest::newRow("encrypted key") << "encrypted.pem" << "encrypted private key" << "kind";
    QTest::newRow("signed data that is no SCEP") << "signed.cms" << "signed data (CMS)" << "tree";
    QTest::newRow("enveloped data") << "enveloped.cms" << "enveloped data (CMS)" << "tree";
    QTest::newRow("PKCSReq of scepclient") << vectors + "scepclient-pkcsreq.der" << "SCEP message" << "message";
    QTest::newRow("CertRep of scepserver") << vectors + "scepserver-certrep.der" << "SCEP message" << "tree";
}

void TestScepctlInspect::kinds()
{
    QFETCH(QString, file);
    QFETCH(QString, kind);
    QFETCH(QString, member);
    const ScepctlResult result = inspect({file});
    QVERIFY2(result.exitCode == 0, result.errors.constData());
    QCOMPARE(result.json().value("kind").toString(), kind);
    QVERIFY2(result.json().contains(member), result.output.constData());
    QVERIFY2(m_elapsed < 1000, qPrintable(QString::number(m_elapsed)));
    const ScepctlResult text = m_scepctl.run({"inspect", file});
    QCOMPARE(text.exitCode, 0);
    QVERIFY(text.output.contains(kind.toUtf8()) && text.errors.isEmpty());
}

void TestScepctlInspect::badFiles_data()
{
    QTest::addColumn<QString>("file");
    QTest::addColumn<QString>("name");
    QTest::newRow("no such file") << "no-such-file" << "FileNotFound";
    QTest::newRow("folder") << "." << "FileNotReadable";
    QTest::newRow("empty") << "empty" << "NotRecognised";
    QTest::newRow("garbage") << "garbage" << "NotRecognised";
    QTest::newRow("begins like DER") << "derlike" << "Malformed";
    QTest::newRow("broken PEM") << "broken.pem" << "Malformed";
    QTest::newRow("cut off") << "cut.der" << "Malformed";
    QTest::newRow("50 MB") << "big" << "TooLarge";
    QTest::newRow("nested 100000 times") << "deep" << "Malformed";
}

void TestScepctlInspect::badFiles()
{
    QFETCH(QString, file);
    QFETCH(QString, name);
    const ScepctlResult result = inspect({file});
    QCOMPARE(result.exitCode, 8);
    QCOMPARE(result.jsonError().value("code").toString(), name);
    QCOMPARE(result.errors.trimmed().count('\n'), 0);
    QVERIFY2(result.errors.startsWith("scepctl: " + file.toUtf8()) && result.errors.trimmed().endsWith('.'), result.errors.constData());
    QVERIFY2(m_elapsed < 1000, qPrintable(QString::number(m_elapsed)));
}

void TestScepctlInspect::passphraseOpens()
{
    QCOMPARE(inspect({"bundle.p12"}).json().value("isOpened").toBool(true), false);
    QCOMPARE(inspect({"bundle.p12"}).exitCode, 0);
    const ScepctlResult opened = inspect({"bundle.p12", "--passphrase-file", "passphrase"});
    QCOMPARE(opened.json().value("isOpened").toBool(), true);
    QCOMPARE(opened.json().value("certificates").toArray().size(), 1);
    QCOMPARE(opened.json().value("key").toString(), "rsa:2048");
    QVERIFY(!inspect({"encrypted.pem"}).json().contains("key"));
    QCOMPARE(inspect({"encrypted.pem", "--passphrase-file", "passphrase"}).json().value("key").toString(), "rsa:2048");
}

void TestScepctlInspect::wrongPassphraseIsSaid_data()
{
    QTest::addColumn<QString>("file");
    m_openssl.output({"rsa", "-in", "key.pem", "-traditional", "-aes128", "-passout", "pass:secret word", "-out", "traditional.pem"});
    m_scepctl.write("traditional.pem", m_openssl.read("traditional.pem"));
    m_scepctl.write("mixed.pem", m_openssl.read("encrypted.pem") + m_openssl.read("cert.pem"));
    for (const char *file : {"bundle.p12", "encrypted.pem", "traditional.pem", "mixed.pem"})
        QTest::newRow(file) << file;
}

void TestScepctlInspect::wrongPassphraseIsSaid()
{
    QFETCH(QString, file);
    const ScepctlResult wrong = inspect({file, "--passphrase-file", "wrong"});
    QCOMPARE(wrong.exitCode, 8);
    QCOMPARE(wrong.jsonError().value("code").toString(), "WrongPassphrase");
    QCOMPARE(inspect({file}).exitCode, 0); // without one it is told what it is
    QCOMPARE(inspect({file, "--passphrase-file", "passphrase"}).json().value("key").toString(), "rsa:2048");
    // One at hand that nothing needs is no error.
    QCOMPARE(inspect({"cert.pem", "--passphrase-file", "wrong"}).exitCode, 0);
}

void TestScepctlInspect::foreignRequest()
{
    const QString file = vectors + "scepclient-pkcsreq.der";
    QJsonObject json = inspect({file}).json();
    QVERIFY(!json.contains("contents"));
    QCOMPARE(at(json.value("tree").toObject(), {"signerInfo", "signedAttrs", "messageType"}), "PKCSReq (19)");

    json = inspect({file, "--key", vectors + "scepserver-ca.key.pem"}).json();
    const QJsonObject request = json.value("contents").toObject().value("request").toObject();
    QCOMPARE(request.value("subject").toString(), "C=US, O=Lab, OU=MDM, CN=plc-9");
    QCOMPARE(request.value("isSignatureValid").toBool(), true);
    QCOMPARE(request.value("hasChallengePassword").toBool(), true);

    // The same with the key under a pass phrase.
    m_openssl.output({"pkcs8", "-topk8", "-in", vectors + "scepserver-ca.key.pem", "-passout", "pass:secret word", "-out", "ca.enc.pem"});
    m_scepctl.write("ca.enc.pem", m_openssl.read("ca.enc.pem"));
    for (const QString option : {"--key-passphrase-file", "--key-password-file"}) {
        json = inspect({file, "--key", "ca.enc.pem", option, "passphrase"}).json();
        QVERIFY(json.value("contents").toObject().contains("request"));
    }
    QCOMPARE(inspect({file, "--key", "ca.enc.pem"}).jsonError().value("code").toString(), "PassphraseRequired");
}

void TestScepctlInspect::foreignReply()
{
    const QJsonObject json = inspect({vectors + "scepserver-certrep.der", "--key", vectors + "scepclient.key.pem"}).json();
    const QJsonArray certificates = json.value("contents").toObject().value("certificates").toArray();
    QCOMPARE(certificates.size(), 1);
    QCOMPARE(certificates.first().toObject().value("subject").toString(), "C=US, O=Lab, OU=MDM, CN=plc-9");
    QCOMPARE(json.value("message").toObject().value("pkiStatus").toString(), "SUCCESS");
    QCOMPARE(at(json.value("tree").toObject(), {"encapContentInfo", "envelopedData", "contentEncryptionAlgorithm"}), "DES-CBC, weak");
    const ScepctlResult text = m_scepctl.run({"inspect", vectors + "scepserver-certrep.der", "--key", vectors + "scepclient.key.pem"});
    QVERIFY2(text.output.contains("\n           encapContentInfo") && text.output.contains("pkiStatus: SUCCESS (0)"),
             text.output.constData()); // indented as a tree
}

void TestScepctlInspect::wrongKeyIsSaid()
{
    const ScepctlResult result = inspect({vectors + "scepclient-pkcsreq.der", "--key", "key.pem"});
    QCOMPARE(result.exitCode, 8);
    QCOMPARE(result.jsonError().value("code").toString(), "DecryptionFailed");
    QVERIFY(result.errors.contains("does not open"));
}

void TestScepctlInspect::noChallengeIsShown()
{
    for (const QString &format : {QString("--json"), QString("inspect")}) {
        QStringList arguments{"inspect", vectors + "scepclient-pkcsreq.der", "--key", vectors + "scepserver-ca.key.pem"};
        if (format == "--json")
            arguments.prepend(format);
        const ScepctlResult result = m_scepctl.run(arguments);
        QCOMPARE(result.exitCode, 0);
        QVERIFY(!(result.output + result.errors).contains("sesame"));
    }
}

QTEST_GUILESS_MAIN(TestScepctlInspect)
#include "tst_scepctl_inspect.moc"
