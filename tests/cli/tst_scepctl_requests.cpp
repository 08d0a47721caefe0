// SPDX-License-Identifier: GPL-3.0-or-later

// scepctl request, certificate and bin, against Lab CAs on loopback.
// And app/cli/workspace.md against what is printed.

#include "scep/pki/pkcs12.h"
#include "tests/cli/workspacetest.h"

#include <QDir>
#include <QJsonArray>

using Test::LabCaProcess;
using Test::ScepctlProgram;
using Test::ScepctlResult;

class TestScepctlRequests : public Test::WorkspaceTest
{
    Q_OBJECT

private slots:
    void initTestCase();
    void enrollsAndDelivers();
    void requestChanges();
    void certificates();
    void tlsSettings();
    void renews();
    void pending();
    void rejectedAndUnreachable();
    void actionsThatAreNotPossible();
    void bin();
    void printsNoSecret();
    void everythingIsDescribed();
};

void TestScepctlRequests::initTestCase()
{
    prepare();
    QCOMPARE(open({"workspace", "create"}).exitCode, 0);
    QCOMPARE(run({"server", "add"}, {"--label", "plant", "--url", m_auto->url(), "--fingerprint", m_auto->fingerprint()}).exitCode, 0);
    QCOMPARE(run({"server", "add"},
                 {"--label", "lab", "--url", m_approve->url(), "--fingerprint", m_approve->fingerprint(), "--poll-first", "1s"})
                 .exitCode,
             0);
}

void TestScepctlRequests::enrollsAndDelivers()
{
    m_scepctl.write("reload", "#!/bin/sh\nprintf '%s\\n' \"$1\" \"$SCEPTER_CERTIFICATE_FILE\" \"${SCEPTER_PASSPHRASE-unset}\" >told\n");
    QFile::setPermissions(m_scepctl.path("reload"), QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
    const ScepctlResult added = open({"request", "add"}, {"--server",
                                                          "plant",
                                                          "--subject",
                                                          "CN=plc-7,O=Lab",
                                                          "--san",
                                                          "DNS:plc-7.lab.example",
                                                          "--challenge-file",
                                                          "challenge",
                                                          "--tags",
                                                          "press",
                                                          "--deliver-to",
                                                          "delivered",
                                                          "--deliver-files",
                                                          "key,cert,fullchain,ca,p12",
                                                          "--deliver-program",
                                                          m_scepctl.path("reload"),
                                                          "--deliver-argument",
                                                          "{serial}",
                                                          "--deliver-p12-password-file",
                                                          "p12pass"});
    QCOMPARE(added.exitCode, 0);
    COMPARE_FIELDS(added.json(), {"workspace request object", "request show"});
    COMPARE_FIELDS(added.json().value("settings").toObject(), {"request settings object"});
    COMPARE_FIELDS(added.json().value("delivery").toObject(), {"delivery object"});
    QCOMPARE(added.json().value("label").toString(), "plc-7");
    QCOMPARE(open({"request", "add"}, {"--server", "plant", "--subject", "CN=plc-7", "--challenge-file", "challenge"}).exitCode, 2);
    QCOMPARE(run({"request", "enroll", "plc-7"}).exitCode, 8); // the vault takes a pass phrase

    const ScepctlResult enrolled = open({"request", "enroll", "plc-7"});
    QCOMPARE(enrolled.exitCode, 0);
    COMPARE_FIELDS(enrolled.json(), {"workspace request object", "request enroll"});
    COMPARE_FIELDS(enrolled.json().value("certificate").toObject(), {"certificate object"});
    QCOMPARE(enrolled.json().value("certificateState").toString(), "valid");
    QCOMPARE(enrolled.json().value("delivery").toObject().value("state").toString(), "delivered");
    const QString serial = enrolled.json().value("serialNumber").toString();
    QCOMPARE(enrolled.json().value("files").toArray().size(), 6); // root and issuing CA

    const QDir folder(m_scepctl.path("delivered"));
    const QList<QByteArray> told = m_scepctl.read("delivered/told").split('\n');
    QCOMPARE(told.at(0), serial.toUtf8());
    QCOMPARE(told.at(1), folder.filePath("plc-7-key-pair.cert.pem").toUtf8());
    QCOMPARE(told.at(2), "unset");
    QVERIFY(folder.exists("plant-cacerts-2.pem"));
    const auto bundle = Pki::fromPkcs12(m_scepctl.read("delivered/plc-7-key-pair.p12"), Pki::SecretBytes(QByteArrayView("bundle word")));
    QVERIFY(bundle);
    QVERIFY(Pki::belongTogether(bundle->key, bundle->certificate));

    const QJsonObject listed = run({"request", "list"}, {"--tag", "press", "--server", "plant"}).json();
    COMPARE_FIELDS(listed, {"request list"});
    COMPARE_ALL_FIELDS(listed.value("requests"), {"workspace request object"});
    QCOMPARE(run({"request", "list"}, {"--server", "lab"}).json().value("requests").toArray().size(), 0);

    // A program that fails takes nothing away; deliver tells it by its status.
    m_scepctl.write("reload", "#!/bin/sh\necho 'device is off' >&2; exit 3\n");
    const ScepctlResult failed = open({"request", "deliver", "plc-7"});
    QCOMPARE(failed.exitCode, 8);
    QCOMPARE(failed.jsonError().value("code").toString(), "DeliveryFailed");
    QVERIFY2(failed.errors.contains("ended with status 3: device is off"), failed.errors.constData());
    const QJsonObject after = run({"request", "show", "plc-7"}).json();
    QCOMPARE(after.value("certificateState").toString(), "valid");
    QVERIFY(after.value("status").toString().startsWith("not delivered"));
    QCOMPARE(after.value("delivery").toObject().value("state").toString(), "failed");
    QCOMPARE(after.value("delivery").toObject().value("attempts").toInt(), 1);
    m_scepctl.write("reload", "#!/bin/sh\nexit 0\n");
    QCOMPARE(open({"request", "deliver", "plc-7"}).exitCode, 0);
}

void TestScepctlRequests::requestChanges()
{
    const QJsonObject before = run({"request", "show", "plc-7"}).json().value("settings").toObject();
    QStringList words = asOptions(before);
    const ScepctlResult same = run({"request", "edit", "plc-7"}, words);
    QCOMPARE(same.exitCode, 0);
    COMPARE_FIELDS(same.json(), {"workspace request object", "request show", "request edit"});
    QCOMPARE(same.json().value("changed").toArray().size(), 0);
    QCOMPARE(run({"request", "show", "plc-7"}).json().value("settings").toObject(), before);

    const ScepctlResult asked = run({"request", "edit", "plc-7"}, {"--renewal", "48h"});
    QCOMPARE(asked.exitCode, 2);
    QVERIFY2(asked.errors.contains("renewal moves"), asked.errors.constData());
    const ScepctlResult moved = run({"request", "edit", "plc-7"}, {"--renewal", "48h", "--yes"});
    QCOMPARE(moved.exitCode, 0);
    QCOMPARE(moved.json().value("changed").toArray(), QJsonArray({"renewal"}));
    const QDateTime notAfter = QDateTime::fromString(moved.json().value("notAfter").toString(), Qt::ISODate);
    QCOMPARE(moved.json().value("renewsAt").toString(), notAfter.addSecs(-48 * 3600).toString(Qt::ISODate));
    QCOMPARE(
        run({"request", "edit", "plc-7"}, {"--reset", "renewal", "--yes"}).json().value("settings").toObject().value("renewal").toString(),
        "80%");
    QCOMPARE(run({"request", "edit", "plc-7"}, {"--deliver-to", ""}).json().value("settings").toObject().value("deliverTo").toString(), "");
    QCOMPARE(run({"request", "edit", "plc-7"}, {"--deliver-files", "everything"}).exitCode, 2);
    // Nobody's key lands beside another's certificate.
    QCOMPARE(
        open({"request", "add"}, {"--server", "plant", "--subject", "CN=first", "--deliver-to", "shared", "--deliver-key-alias", "device"})
            .exitCode,
        0);
    const ScepctlResult second = run({"request", "edit", "plc-7"}, {"--deliver-to", "shared", "--deliver-key-alias", "device"});
    QCOMPARE(second.exitCode, 2);
    QVERIFY2(second.errors.contains("request “first” delivers files of the same names"), second.errors.constData());
    QCOMPARE(run({"request", "show", "plc-7"}).json().value("settings").toObject().value("deliverTo").toString(), "");
    QCOMPARE(run({"request", "edit", "plc-7"}, {"--deliver-to", "x", "--deliver-program", "reload"}).exitCode, 2);
}

void TestScepctlRequests::certificates()
{
    const QJsonObject listed =
        run({"certificate", "list"}, {"--text", "PLC-7", "--state", "valid", "--current", "--server", "plant"}).json();
    COMPARE_FIELDS(listed, {"certificate list"});
    COMPARE_ALL_FIELDS(listed.value("certificates"), {"workspace certificate object"});
    QCOMPARE(listed.value("count").toInt(), 1);
    QCOMPARE(run({"certificate", "list"}, {"--state", "expired"}).json().value("count").toInt(-1), 0);
    QCOMPARE(run({"certificate", "list"}, {"--expires-within", "1"}).json().value("count").toInt(-1), 0);
    QCOMPARE(run({"certificate", "list"}, {"--expires-within", "3660"}).json().value("count").toInt(-1), 1);
    QCOMPARE(run({"certificate", "list"}, {"--state", "stale"}).exitCode, 2);

    const QJsonObject shown = run({"certificate", "show", "plc-7"}).json();
    COMPARE_FIELDS(shown, {"workspace certificate object", "certificate show"});
    COMPARE_FIELDS(shown.value("certificate").toObject(), {"certificate object"});
    COMPARE_ALL_FIELDS(shown.value("chain"), {"certificate object"});
    QCOMPARE(shown.value("isTrusted").toBool(), true);
    const QString number = QString::number(shown.value("id").toInt());
    QCOMPARE(run({"certificate", "show", number}).json().value("serialNumber"), shown.value("serialNumber"));
    QCOMPARE(run({"certificate", "show", "4711"}).exitCode, 2);

    QCOMPARE(run({"certificate", "export", "plc-7"}).exitCode, 2); // where to?
    const ScepctlResult exported = open({"certificate", "export", number}, {"--out", "exported", "--p12", "plc-7.p12",
                                                                            "--p12-password-file", "p12pass", "--p12-style", "compatible"});
    QCOMPARE(exported.exitCode, 0);
    COMPARE_FIELDS(exported.json(), {"certificate export"});
    QCOMPARE(m_scepctl.files("exported"), QStringList({"plc-7.cert.pem", "plc-7.chain.pem", "plc-7.key.pem"}));
    QVERIFY(Pki::fromPkcs12(m_scepctl.read("plc-7.p12"), Pki::SecretBytes(QByteArrayView("bundle word"))));
    // What is public takes no pass phrase.
    QCOMPARE(run({"certificate", "export", "plc-7"}, {"--out", "public", "--no-key"}).exitCode, 0);
    QCOMPARE(m_scepctl.files("public"), QStringList({"plc-7.cert.pem", "plc-7.chain.pem"}));
}

void TestScepctlRequests::tlsSettings()
{
    // Our own certificate for https servers that ask; its key goes into the vault.
    const QStringList files{"--client-cert", "exported/plc-7.cert.pem", "--key", "exported/plc-7.key.pem",
                            "--tls-root",    "exported/plc-7.chain.pem"};
    QCOMPARE(run({"server", "edit", "lab"}, files).exitCode, 8); // which takes the pass phrase
    QCOMPARE(open({"server", "edit", "lab"}, files).exitCode, 0);
    const QJsonObject set = run({"server", "show", "lab"}).json();
    QCOMPARE(set.value("clientCertificate").toString(),
             run({"certificate", "show", "plc-7"}).json().value("certificate").toObject().value("sha256").toString());
    QCOMPARE(set.value("tlsRoots").toArray().size(), 2);
    // A change of something else leaves them alone.
    QCOMPARE(run({"server", "edit", "lab"}, {"--notes", "with TLS"}).json().value("clientCertificate"), set.value("clientCertificate"));
    QCOMPARE(open({"workspace", "check"}, {"--keys"}).exitCode, 0);
    const QStringList none{"--client-cert", "", "--tls-root", ""};
    const QJsonObject cleared = open({"server", "edit", "lab"}, none).json();
    QCOMPARE(cleared.value("clientCertificate").toString("x"), "");
    QCOMPARE(cleared.value("tlsRoots").toArray().size(), 0);
}

void TestScepctlRequests::renews()
{
    const QString before = run({"request", "show", "plc-7"}).json().value("serialNumber").toString();
    const ScepctlResult renewed = open({"request", "renew", "plc-7"});
    QCOMPARE(renewed.exitCode, 0);
    QVERIFY(renewed.json().value("serialNumber").toString() != before);
    QCOMPARE(renewed.json().value("certificateCount").toInt(), 2);
    const QJsonObject all = run({"certificate", "list"}, {"--request", "plc-7"}).json();
    QCOMPARE(all.value("count").toInt(), 2);
    QCOMPARE(all.value("certificates").toArray().at(0).toObject().value("isCurrent").toBool(), true);
    QCOMPARE(all.value("certificates").toArray().at(1).toObject().value("serialNumber").toString(), before);
}

void TestScepctlRequests::pending()
{
    for (const QString label : {"one", "two", "three"})
        QCOMPARE(open({"request", "add"}, {"--server", "lab", "--subject", "CN=" + label}).exitCode, 0);
    QStringList ids;
    for (const QString label : {"one", "two", "three"}) {
        const ScepctlResult waiting = open({"request", "enroll", label});
        QCOMPARE(waiting.exitCode, 5);
        QVERIFY2(waiting.errors.contains("scepctl request poll " + label.toUtf8()), waiting.errors.constData());
        COMPARE_FIELDS(waiting.jsonError(), {"error object"});
        ids += waiting.jsonError().value("transactionId").toString();
    }
    QCOMPARE(run({"request", "show", "one"}).json().value("transactionState").toString(), "pending");
    // A look at the server takes nothing out of the vault, whatever is pending there.
    QCOMPARE(run({"server", "refresh", "lab"}).exitCode, 0);
    QCOMPARE(run({"server", "edit", "lab"}, {"--ca-ident", "default", "--yes"}).exitCode, 0);
    QCOMPARE(run({"server", "edit", "lab"}, {"--reset", "ca-ident", "--yes"}).exitCode, 0);
    QCOMPARE(run({"server", "add"}, {"--label", "beside", "--url", m_approve->url(), "--fingerprint", m_approve->fingerprint()}).exitCode,
             0);
    QCOMPARE(run({"server", "remove", "beside"}).exitCode, 0);
    QCOMPARE(open({"request", "poll", "one"}).exitCode, 5);
    QCOMPARE(m_scepctl.run({"lab-ca", "approve", "--dir", "lab-approve", ids.at(0)}).exitCode, 0);
    QCOMPARE(open({"request", "poll", "one"}).exitCode, 0);
    QCOMPARE(open({"request", "poll", "one"}).exitCode, 2); // there is nothing to poll for any more

    // While it waits the approval comes.
    const auto waiting =
        m_scepctl.start({"--json", "request", "retry", "two", "--workspace", "ws", "--passphrase-file", "pass", "--wait", "60"});
    QByteArray told;
    QVERIFY(QTest::qWaitFor(
        [&] {
            told += waiting->readAllStandardError();
            return told.contains("polling for up to");
        },
        30000));
    QCOMPARE(m_scepctl.run({"lab-ca", "approve", "--dir", "lab-approve", ids.at(1)}).exitCode, 0);
    QCOMPARE(ScepctlProgram::wait(*waiting).exitCode, 0);

    const ScepctlResult cancelled = open({"request", "cancel", "three"});
    QCOMPARE(cancelled.exitCode, 0);
    QCOMPARE(cancelled.json().value("transactionState").toString(), "cancelled");
    QCOMPARE(open({"request", "cancel", "three"}).exitCode, 2);
}

void TestScepctlRequests::rejectedAndUnreachable()
{
    QCOMPARE(open({"request", "add"}, {"--server", "plant", "--subject", "CN=stranger", "--challenge-file", "wrong"}).exitCode, 0);
    const ScepctlResult rejected = open({"request", "enroll", "stranger"});
    QCOMPARE(rejected.exitCode, 4);
    COMPARE_FIELDS(rejected.jsonError(), {"error object"});
    QCOMPARE(run({"request", "show", "stranger"}).json().value("transactionState").toString(), "rejected");
    // With the right one it goes.
    QCOMPARE(open({"request", "enroll", "stranger"}, {"--challenge-file", "challenge"}).exitCode, 0);

    // Refused before anything is sent, and kept to be shown: a reply could not be encrypted for this key.
    QCOMPARE(open({"request", "add"}, {"--server", "lab", "--subject", "CN=ec", "--key-type", "ec:P-256"}).exitCode, 0);
    QCOMPARE(open({"request", "enroll", "ec"}).exitCode, 2);
    const QJsonObject refused = run({"request", "show", "ec"}).json();
    COMPARE_FIELDS(refused, {"workspace request object", "request show"});
    QCOMPARE(refused.value("lastError").toString(), "UnsupportedAlgorithm");

    QCOMPARE(open({"request", "add"}, {"--server", "plant", "--subject", "CN=later", "--challenge-file", "challenge"}).exitCode, 0);
    m_auto->stop();
    const ScepctlResult unreached = open({"request", "enroll", "later"});
    QCOMPARE(unreached.exitCode, 6);
    QVERIFY2(unreached.errors.contains("scepctl request retry later"), unreached.errors.constData());
    const QJsonObject open1 = run({"request", "show", "later"}).json();
    QVERIFY2(open1.value("actions").toArray().contains("retry"), qPrintable(open1.value("transactionState").toString()));
    COMPARE_FIELDS(open1, {"workspace request object", "request show"});
    m_auto->restart();
    QCOMPARE(open({"request", "retry", "later"}).exitCode, 0);
}

void TestScepctlRequests::actionsThatAreNotPossible()
{
    // As the window: nothing to renew, nothing open, a disabled server.
    QCOMPARE(open({"request", "add"}, {"--server", "lab", "--subject", "CN=new"}).exitCode, 0);
    for (const QString verb : {"renew", "poll", "retry", "cancel", "deliver"}) {
        const ScepctlResult refused = open({"request", verb, "new"});
        QCOMPARE(refused.exitCode, 2);
        if (verb != "deliver")
            QVERIFY2(refused.errors.contains("not possible as things are") && refused.errors.contains("possible: enroll"),
                     refused.errors.constData());
    }
    QCOMPARE(run({"server", "disable", "lab"}).exitCode, 0);
    const ScepctlResult disabled = open({"request", "enroll", "new"});
    QCOMPARE(disabled.exitCode, 2);
    QVERIFY2(disabled.errors.contains("scepctl server enable"), disabled.errors.constData());
    QCOMPARE(run({"server", "enable", "lab"}).exitCode, 0);
}

void TestScepctlRequests::bin()
{
    const QString serial = run({"request", "show", "plc-7"}).json().value("serialNumber").toString();
    QCOMPARE(run({"request", "remove", "three"}).exitCode, 0);
    const QJsonObject removed = run({"request", "remove", "plc-7"}).json();
    COMPARE_FIELDS(removed, {"request remove"});
    QCOMPARE(run({"request", "show", "plc-7"}).exitCode, 2);
    const QJsonObject listed = run({"bin", "list"}).json();
    COMPARE_FIELDS(listed, {"bin list"});
    COMPARE_ALL_FIELDS(listed.value("removed"), {"bin object"});
    QCOMPARE(listed.value("removed").toArray().size(), 3);
    const QJsonObject restored = run({"bin", "restore", "request", "plc-7"}).json();
    COMPARE_FIELDS(restored, {"bin restore"});
    QCOMPARE(run({"request", "show", "plc-7"}).json().value("serialNumber").toString(), serial);
    QCOMPARE(open({"certificate", "export", "plc-7"}, {"--out", "again"}).exitCode, 0); // with its key
    QCOMPARE(run({"bin", "restore", "request", "plc-7"}).exitCode, 2);

    const QJsonArray all = run({"certificate", "list"}, {"--request", "plc-7"}).json().value("certificates").toArray();
    const QString former = QString::number(all.last().toObject().value("id").toInt());
    const ScepctlResult gone = run({"certificate", "remove", former});
    QCOMPARE(gone.exitCode, 0);
    COMPARE_FIELDS(gone.json(), {"certificate remove"});
    QCOMPARE(run({"certificate", "list"}, {"--request", "plc-7"}).json().value("count").toInt(), all.size() - 1);
    QCOMPARE(run({"bin", "restore", "certificate", former}).exitCode, 0);
    QCOMPARE(run({"certificate", "list"}, {"--request", "plc-7"}).json().value("count").toInt(), all.size());

    QCOMPARE(run({"bin", "empty"}).exitCode, 2); // nobody is there to be asked
    QCOMPARE(run({"bin", "empty"}, {"--older-than", "1", "--yes"}).json().value("deleted").toInt(-1), 0);
    const QJsonObject emptied = run({"bin", "empty"}, {"--yes"}).json();
    COMPARE_FIELDS(emptied, {"bin empty"});
    QCOMPARE(emptied.value("deleted").toInt(), 2);
    QCOMPARE(run({"bin", "list"}).json().value("removed").toArray().size(), 0);
}

void TestScepctlRequests::printsNoSecret()
{
    const QString printed = secretsPrinted();
    QVERIFY2(printed.isEmpty(), qPrintable(printed));
}

void TestScepctlRequests::everythingIsDescribed()
{
    const QString complaint = undescribed("requests", {"request", "certificate", "bin"});
    QVERIFY2(complaint.isEmpty(), qPrintable(complaint));
}

QTEST_GUILESS_MAIN(TestScepctlRequests)
#include "tst_scepctl_requests.moc"
