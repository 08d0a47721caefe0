// SPDX-License-Identifier: GPL-3.0-or-later

// scepctl ca where no roles can be chosen: what the server sends is shown all the same, and then why it cannot be used.

#include "tests/cli/scepctlprogram.h"
#include "tests/cli/wirescepserver.h"

#include <QJsonArray>
#include <QTest>

using Test::ScepctlProgram;
using Test::ScepctlResult;
using Test::WireScepServer;

Q_DECLARE_METATYPE(QList<Pki::Certificate>)

namespace {

const QDateTime now = QDateTime::currentDateTimeUtc();

Pki::Certificate selfSigned(const QString &name, const Pki::PrivateKey &key, int daysLeft = 365)
{
    TestSupport::CertificateOptions options;
    options.isCa = true;
    options.notBefore = now.addDays(-1000);
    options.notAfter = now.addDays(daysLeft);
    return TestSupport::makeSelfSigned("CN=" + name, key, now, options).certificate;
}

} // namespace

class TestScepctlCa : public QObject
{
    Q_OBJECT

private slots:
    void withoutRoles_data();
    void withoutRoles();
    void anotherFingerprint();

private:
    static ScepctlResult ca(const QList<Pki::Certificate> &certificates, const QStringList &options)
    {
        const ScepctlProgram scepctl;
        WireScepServer server;
        server.interceptor = [&](const RawRequest &request) -> std::optional<RawAnswer> {
            if (Test::operationOf(request) != "GetCACert")
                return std::nullopt;
            const bool isOne = certificates.size() == 1;
            return RawAnswer::http("200 OK", isOne ? certificates.first().der() : TestSupport::must(Pki::degenerateCms(certificates)),
                                   isOne ? "Content-Type: application/x-x509-ca-cert\r\n"
                                         : "Content-Type: application/x-x509-ca-ra-cert\r\n");
        };
        return scepctl.run(QStringList{"ca", server.url()} + options);
    }
    static void verifyShown(const QList<Pki::Certificate> &certificates, const QStringList &options, const QString &name)
    {
        const ScepctlResult json = ca(certificates, QStringList{"--json"} + options);
        QVERIFY2(json.exitCode == 3, json.errors.constData());
        QCOMPARE(json.jsonError().value("code").toString(), name);
        QStringList shown;
        for (const QJsonValue &each : json.jsonError().value("certificates").toArray()) {
            shown.append(each["sha256"].toString());
            QCOMPARE(each["roles"].toArray(), QJsonArray{"unused"});
        }
        QStringList sent;
        for (const Pki::Certificate &certificate : certificates)
            sent.append(certificate.fingerprint().toHex());
        shown.sort();
        sent.sort();
        QCOMPARE(shown, sent);

        const ScepctlResult text = ca(certificates, options);
        QCOMPARE(text.exitCode, 3);
        QVERIFY(text.output.startsWith("Certificate") && text.output.contains("unused"));
        QCOMPARE(text.errors.trimmed().count('\n'), 0);
        for (const Pki::Certificate &certificate : certificates)
            QVERIFY2(text.output.contains(certificate.fingerprint().toDisplay().toLatin1()), text.output.constData());
    }
};

void TestScepctlCa::withoutRoles_data()
{
    QTest::addColumn<QList<Pki::Certificate>>("certificates");
    const TestSupport::TestCa ca = TestSupport::TestCa::create("Ca");
    QTest::newRow("expired CA") << QList{selfSigned("Expired", TestSupport::rsaKey("expired"), -1)};
    QTest::newRow("EC alone") << QList{selfSigned("Curve", TestSupport::ecKey("curve"))};
    QTest::newRow("RA certificates alone") << QList{ca.raSigning.certificate, ca.raEncryption.certificate};
}

void TestScepctlCa::withoutRoles()
{
    QFETCH(QList<Pki::Certificate>, certificates);
    verifyShown(certificates, {}, "NoUsableCaCertificate");
}

void TestScepctlCa::anotherFingerprint()
{
    const QList certificates{selfSigned("One", TestSupport::rsaKey("one")), selfSigned("Two", TestSupport::ecKey("two"))};
    verifyShown(certificates, {"--fingerprint", QString(64, '0')}, "FingerprintMismatch");
    // With the fingerprint that this showed it works.
    const ScepctlResult pinned = ca(certificates, {"--json", "--fingerprint", certificates.first().fingerprint().toHex()});
    QVERIFY2(pinned.exitCode == 0, pinned.errors.constData());
    QCOMPARE(pinned.json().value("certificates").toArray().size(), 2);
}

QTEST_GUILESS_MAIN(TestScepctlCa)
#include "tst_scepctl_ca.moc"
