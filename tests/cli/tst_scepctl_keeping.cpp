// SPDX-License-Identifier: GPL-3.0-or-later

// scepctl for what a workspace keeps: certificates from elsewhere and what is written beside them, passwords of proxies, the exchange log
// and how much of it, settings that are set back. And app/cli/workspace.md against what is printed.

#include "tests/cli/workspacetest.h"

#include <QJsonArray>

using Test::LabCaProcess;
using Test::ScepctlProgram;
using Test::ScepctlResult;

class TestScepctlKeeping : public Test::WorkspaceTest
{
    Q_OBJECT

    std::unique_ptr<LabCaProcess> m_free; ///< grants at once, and wants no challenge

private slots:
    void initTestCase();
    void serverSettingsAreSetBack();
    void proxyPassword();
    void certificatesFromElsewhere();
    void certificateEdit();
    void exchanges();
    void keeping();
    void statesAreNoWrongValues_data();
    void statesAreNoWrongValues();
    void wrongPassphrasesMakeWait();
    void printsNoSecret();
    void everythingIsDescribed();
};

void TestScepctlKeeping::initTestCase()
{
    prepare();
    m_scepctl.write("proxypass", "proxy word\n");
    makeCsr("first", "/CN=first");
    m_free = std::make_unique<LabCaProcess>(m_scepctl, "lab-free", QStringList{"--mode", "auto", "--renew-after", "0"});
    QCOMPARE(open({"workspace", "create"}).exitCode, 0);
    QCOMPARE(run({"server", "add"}, {"--label", "plant", "--url", m_free->url(), "--fingerprint", m_free->fingerprint()}).exitCode, 0);
    QCOMPARE(open({"request", "add"}, {"--server", "plant", "--subject", "CN=late"}).exitCode, 0);
    QCOMPARE(open({"request", "add"}, {"--server", "plant", "--subject", "CN=press-1"}).exitCode, 0);
    QCOMPARE(open({"request", "enroll", "press-1"}).exitCode, 0);
    for (int i = 0; i < 4; ++i)
        QCOMPARE(open({"request", "renew", "press-1"}).exitCode, 0);
}

void TestScepctlKeeping::serverSettingsAreSetBack()
{
    const QStringList edit{"server", "edit", "spare"};
    const QStringList add{"--label", "spare", "--url", m_auto->url(), "--fingerprint", m_auto->fingerprint()};
    QCOMPARE(run({"server", "add"}, add).json().value("trust").toString(), "confirmed");
    const ScepctlResult asked = run(edit, {"--reset", "trust"});
    QCOMPARE(asked.exitCode, 2);
    const ScepctlResult reset = run(edit, {"--reset", "trust", "--yes"});
    QCOMPARE(reset.exitCode, 0);
    QCOMPARE(reset.json().value("changed").toArray(), QJsonArray({"trust"}));
    QCOMPARE(reset.json().value("anchor").toString("x"), "");
    QCOMPARE(reset.json().value("trust").toString(), "not-confirmed");
    const ScepctlResult confirmed = run(edit, {"--fingerprint", m_auto->fingerprint(), "--yes"});
    QCOMPARE(confirmed.json().value("changed").toArray(), QJsonArray({"trust"}));
    QCOMPARE(confirmed.json().value("trust").toString(), "confirmed");

    QCOMPARE(m_scepctl.run({"ca", m_auto->url(), "--out", "auto-ca"}).exitCode, 0);
    const ScepctlResult roots = run(edit, {"--tls-root", "auto-ca/root.pem"});
    QCOMPARE(roots.json().value("changed").toArray(), QJsonArray({"tls-root"}));
    QCOMPARE(roots.json().value("tlsRoots").toArray().size(), 1);
    const ScepctlResult none = run(edit, {"--reset", "tls-root"});
    QCOMPARE(none.json().value("changed").toArray(), QJsonArray({"tls-root"}));
    QCOMPARE(none.json().value("tlsRoots").toArray().size(), 0);
    QCOMPARE(open(edit, {"--client-cert", "auto-ca/root.pem", "--key", "first.key"}).exitCode, 8); // not its key
}

void TestScepctlKeeping::proxyPassword()
{
    const QStringList edit{"server", "edit", "spare"};
    // In an address a password would be seen by everybody who can list processes, and printed.
    const ScepctlResult inAddress = run(edit, {"--proxy", "http://puser:guess123@127.0.0.1:9"});
    QCOMPARE(inAddress.exitCode, 2);
    QVERIFY(!inAddress.errors.contains("guess123") && !inAddress.output.contains("guess123"));
    const ScepctlResult once = m_scepctl.run({"--json", "ca", m_auto->url(), "--proxy", "http://puser:guess123@127.0.0.1:9"});
    QCOMPARE(once.exitCode, 2);
    QVERIFY(!once.errors.contains("guess123") && !once.output.contains("guess123"));
    QCOMPARE(run(edit, {"--proxy-user", "me"}).exitCode, 2); // at which proxy?
    QCOMPARE(run(edit, {"--proxy-password-file", "proxypass"}).exitCode, 2);

    const QStringList proxy{"--proxy", "http://127.0.0.1:9", "--proxy-user", "me", "--proxy-password-file", "proxypass"};
    QCOMPARE(run(edit, proxy).exitCode, 8); // it goes into the vault
    const ScepctlResult set = open(edit, proxy);
    QCOMPARE(set.exitCode, 0);
    COMPARE_FIELDS(set.json(), {"workspace server object", "server show", "server edit"});
    QCOMPARE(set.json().value("changed").toArray(), QJsonArray({"proxy", "proxy-user", "proxy-password"}));
    QCOMPARE(set.json().value("hasProxyPassword").toBool(), true);
    QCOMPARE(set.json().value("settings").toObject().value("proxyUser").toString(), "me");
    QVERIFY(!storeHolds("proxy word"));
    QCOMPARE(run({"server", "refresh", "spare"}).exitCode, 8);  // the password is in the vault
    QCOMPARE(open({"server", "refresh", "spare"}).exitCode, 6); // nobody is at that proxy
    QCOMPARE(run(edit, {"--notes", "x"}).json().value("hasProxyPassword").toBool(), true);
    const ScepctlResult removed = run(edit, {"--reset", "proxy-password"});
    QCOMPARE(removed.exitCode, 0);
    QCOMPARE(removed.json().value("hasProxyPassword").toBool(true), false);
    QCOMPARE(open(edit, proxy).exitCode, 0);
    const QJsonObject gone = run(edit, {"--reset", "proxy"}).json();
    QCOMPARE(gone.value("settings").toObject().value("proxyUser").toString("x"), "");
    QCOMPARE(gone.value("hasProxyPassword").toBool(true), false);
}

void TestScepctlKeeping::certificatesFromElsewhere()
{
    const auto enrol = [this](const QString &label, const QStringList &more = {}) {
        return m_scepctl
            .run(QStringList{"enroll", "--url", m_free->url(), "--fingerprint", m_free->fingerprint(), "--subject", "CN=" + label, "--out",
                             "elsewhere"} +
                 more)
            .exitCode;
    };
    QCOMPARE(enrol("old-plc"), 0);
    const QStringList files{"elsewhere/old-plc.cert.pem", "--key", "elsewhere/old-plc.key.pem"};
    QCOMPARE(open({"certificate", "add"}, files).exitCode, 2); // for which request?
    QCOMPARE(run({"certificate", "add"}, files + QStringList{"--server", "plant"}).exitCode, 8);
    const ScepctlResult added = open({"certificate", "add"}, files + QStringList{"--server", "plant"});
    QCOMPARE(added.exitCode, 0);
    COMPARE_FIELDS(added.json(), {"workspace certificate object", "certificate show"});
    QCOMPARE(added.json().value("request").toString(), "old-plc");
    QCOMPARE(added.json().value("isCurrent").toBool(), true);
    QCOMPARE(added.json().value("hasKey").toBool(), true);
    QCOMPARE(added.json().value("isTrusted").toBool(), true);
    QCOMPARE(request("old-plc").value("isEnabled").toBool(), true);
    QVERIFY(!request("old-plc").value("renewsAt").toString().isEmpty());
    QCOMPARE(open({"request", "renew", "old-plc"}).exitCode, 0);                                     // from here on as any other
    QCOMPARE(open({"certificate", "add"}, files + QStringList{"--request", "old-plc"}).exitCode, 2); // it is there already

    // Into the history of one that has a certificate; from a PKCS#12; without its key.
    QCOMPARE(enrol("old-plc", {"--p12", "old.p12", "--p12-password-file", "p12pass", "--label", "second"}), 0);
    const ScepctlResult bundle = open({"certificate", "add", "old.p12"}, {"--request", "old-plc", "--p12-password-file", "p12pass"});
    QCOMPARE(bundle.exitCode, 0);
    QCOMPARE(bundle.json().value("isCurrent").toBool(true), false);
    QCOMPARE(request("old-plc").value("certificateCount").toInt(), 3);
    QCOMPARE(enrol("keyless"), 0);
    const ScepctlResult keyless = run({"certificate", "add", "elsewhere/keyless.cert.pem"}, {"--server", "plant", "--disabled"});
    QCOMPARE(keyless.exitCode, 0);
    QCOMPARE(keyless.json().value("hasKey").toBool(true), false);
    QCOMPARE(request("keyless").value("isKeyWithDevice").toBool(), true);
    QCOMPARE(request("keyless").value("isEnabled").toBool(true), false);

    QCOMPARE(m_scepctl.run({"ca", m_free->url(), "--out", "free-ca"}).exitCode, 0);
    const ScepctlResult ca = open({"certificate", "add", "free-ca/root.pem"}, {"--server", "plant"});
    QCOMPARE(ca.exitCode, 2);
    QVERIFY2(ca.errors.contains("ca-store add"), ca.errors.constData());
    QCOMPARE(open({"certificate", "add", "elsewhere/keyless.cert.pem"}, {"--server", "plant", "--key", "first.key"}).exitCode, 8);
    QCOMPARE(open({"certificate", "add", "first.csr"}, {"--server", "plant"}).exitCode, 8);
}

void TestScepctlKeeping::certificateEdit()
{
    const QStringList edit{"certificate", "edit", "old-plc"};
    const QJsonObject edited = run(edit, {"--comment", "in rack 4", "--tags", "spare, press"}).json();
    COMPARE_FIELDS(edited, {"workspace certificate object", "certificate show"});
    QCOMPARE(edited.value("comment").toString(), "in rack 4");
    QCOMPARE(edited.value("tags").toArray(), QJsonArray({"spare", "press"}));
    QCOMPARE(run({"certificate", "show", "old-plc"}).json().value("comment").toString(), "in rack 4");
    QCOMPARE(run(edit, {"--reset", "comment"}).json().value("comment").toString("x"), "");
    QCOMPARE(run({"certificate", "show", "old-plc"}).json().value("tags").toArray().size(), 2);
    QCOMPARE(run({"certificate", "edit", "4711"}, {"--comment", "x"}).exitCode, 2);
}

void TestScepctlKeeping::exchanges()
{
    const QJsonObject listed = run({"exchange", "list"}, {"--request", "press-1", "--server", "plant"}).json();
    COMPARE_FIELDS(listed, {"exchange list"});
    COMPARE_ALL_FIELDS(listed.value("exchanges"), {"exchange object"});
    const QJsonArray all = listed.value("exchanges").toArray();
    QVERIFY(all.size() >= 5);
    for (const QJsonValue &each : all)
        QCOMPARE(each.toObject().value("request").toString(), "press-1");
    const QJsonArray newest = run({"exchange", "list"}, {"--request", "press-1", "--limit", "2"}).json().value("exchanges").toArray();
    QCOMPARE(newest.size(), 2);
    QCOMPARE(newest.at(0), all.at(0));
    const QString before = QString::number(newest.at(1).toObject().value("id").toInt());
    QCOMPARE(run({"exchange", "list"}, {"--request", "press-1", "--before", before}).json().value("exchanges").toArray().at(0), all.at(2));
    const QJsonArray failed = run({"exchange", "list"}, {"--failed"}).json().value("exchanges").toArray();
    COMPARE_ALL_FIELDS(failed, {"exchange object"});
    for (const QJsonValue &each : failed)
        QVERIFY(!each.toObject().value("error").toString().isEmpty());
    QCOMPARE(run({"exchange", "list"}, {"--server", "nowhere"}).exitCode, 2);
    QCOMPARE(run({"exchange", "list"}, {"--limit", "0"}).exitCode, 2);

    const QJsonObject shown = run({"exchange", "show", before}, {"--out", "messages"}).json();
    COMPARE_FIELDS(shown, {"exchange object", "exchange show"});
    COMPARE_FIELDS(shown.value("sent").toObject(), {"message object"});
    COMPARE_FIELDS(shown.value("received").toObject(), {"message object"});
    QCOMPARE(shown.value("received").toObject().value("messageType").toString(), "CertRep");
    QCOMPARE(shown.value("files").toArray().size(), 2);
    const QString file = shown.value("files").toArray().at(0).toString();
    QCOMPARE(m_scepctl.read(file).size(), shown.value("sentBytes").toInt());
    QCOMPARE(m_scepctl.run({"--json", "inspect", file}).json().value("kind").toString(), "SCEP message");
    QCOMPARE(run({"exchange", "show", "999999"}).exitCode, 2);
    QCOMPARE(run({"exchange", "show", "first"}).exitCode, 2);
}

void TestScepctlKeeping::keeping()
{
    const QStringList settings{"workspace", "settings"};
    const QJsonObject shown = run(settings).json();
    COMPARE_FIELDS(shown, {"workspace settings"});
    COMPARE_FIELDS(shown.value("settings").toObject(), {"keeping settings object"});
    QCOMPARE(shown.value("settings").toObject().value("exchanges").toString(), "2000");
    const QJsonObject fewer = run(settings, {"--exchanges", "5", "--bin-days", "7"}).json();
    QCOMPARE(fewer.value("changed").toArray(), QJsonArray({"exchanges", "bin-days"}));
    QCOMPARE(run(settings).json().value("settings"), fewer.value("settings"));
    QCOMPARE(run({"server", "refresh", "plant"}).exitCode, 0);
    QVERIFY(run({"exchange", "list"}).json().value("exchanges").toArray().size() <= 5);
    QCOMPARE(run(settings, {"--reset", "exchanges"}).json().value("settings").toObject().value("exchanges").toString(), "2000");
    QCOMPARE(run(settings, {"--defaults"}).json().value("settings"), shown.value("settings"));
    for (const QStringList &wrong : {QStringList{"--exchanges", "0"}, {"--backups", "-1"}, {"--exchange-megabytes", "x"}, {"--reset", "y"}})
        QCOMPARE(run(settings, wrong).exitCode, 2);
    QCOMPARE(run(settings).json().value("settings"), shown.value("settings"));
}

void TestScepctlKeeping::statesAreNoWrongValues_data()
{
    QTest::addColumn<QStringList>("words");
    QTest::addColumn<QString>("code");
    QTest::newRow("a second workspace") << QStringList{"workspace", "create"} << "NotPossibleNow";
    QTest::newRow("nothing to renew") << QStringList{"request", "renew", "late"} << "NotPossibleNow";
    QTest::newRow("nothing to cancel") << QStringList{"request", "cancel", "late"} << "NotPossibleNow";
    QTest::newRow("nothing to continue") << QStringList{"request", "continue", "late"} << "NotPossibleNow";
    QTest::newRow("pauses that do not fit") << QStringList{"server", "edit", "plant", "--poll-first", "1h", "--poll-longest", "1s"}
                                            << "InvalidArgument";
    QTest::newRow("no file named") << QStringList{"server", "edit", "plant", "--ca-file", ""} << "FileNotFound";
}

void TestScepctlKeeping::statesAreNoWrongValues()
{
    QFETCH(QStringList, words);
    QFETCH(QString, code);
    const ScepctlResult refused = words.contains("continue") ? run(words) : open(words); // which needs no secret
    QVERIFY(refused.exitCode != 0);
    QCOMPARE(refused.jsonError().value("code").toString(), code);
    QCOMPARE(refused.errors.count('\n'), 1); // nothing but our own line
    if (code == "NotPossibleNow")
        QVERIFY2(!refused.errors.contains("Correct it"), refused.errors.constData());
}

void TestScepctlKeeping::wrongPassphrasesMakeWait()
{
    const QStringList wrong{"--passphrase-file", "wrong"};
    ScepctlResult refused;
    // Each wrong one makes the next wait longer: in the end longer than a program takes to start.
    for (int i = 0; i < 10 && refused.jsonError().value("code").toString() != "WaitRequired"; ++i)
        refused = run({"request", "enroll", "late"}, wrong);
    QCOMPARE(refused.exitCode, 8);
    QCOMPARE(refused.jsonError().value("code").toString(), "WaitRequired");
    QVERIFY2(refused.jsonError().value("nextStep").toString().startsWith("Wait"), refused.errors.constData());
}

void TestScepctlKeeping::printsNoSecret()
{
    const QString printed = secretsPrinted();
    QVERIFY2(printed.isEmpty(), qPrintable(printed));
}

void TestScepctlKeeping::everythingIsDescribed()
{
    const QString complaint = undescribed("keeping", {"exchange"});
    QVERIFY2(complaint.isEmpty(), qPrintable(complaint));
}

QTEST_GUILESS_MAIN(TestScepctlKeeping)
#include "tst_scepctl_keeping.moc"
