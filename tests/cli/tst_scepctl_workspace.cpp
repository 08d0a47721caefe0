// SPDX-License-Identifier: GPL-3.0-or-later

// scepctl workspace and server: making one, adding servers, all their settings, care, pass phrase.
// And app/cli/workspace.md against what is printed.

#include "tests/cli/workspacetest.h"

#include <QFileInfo>
#include <QJsonArray>

using Test::LabCaProcess;
using Test::ScepctlProgram;
using Test::ScepctlResult;

class TestScepctlWorkspace : public Test::WorkspaceTest
{
    Q_OBJECT

private slots:
    void initTestCase();
    void needsAWorkspace();
    void servers();
    void settingsReadBack();
    void serverChanges();
    void aRequest();
    void caStore();
    void care();
    void passphrase();
    void errorsAreOneLine_data();
    void errorsAreOneLine();
    void printsNoSecret();
    void everythingIsDescribed();
};

void TestScepctlWorkspace::initTestCase()
{
    prepare();
}

void TestScepctlWorkspace::needsAWorkspace()
{
    const ScepctlResult missing = run({"server", "list"});
    QCOMPARE(missing.exitCode, 8);
    QVERIFY2(missing.errors.contains("scepctl workspace create"), missing.errors.constData());
    QCOMPARE(run({"workspace", "create"}).exitCode, 2); // neither a pass phrase nor the word that there shall be none
    QVERIFY(!m_scepctl.exists("ws"));
    const ScepctlResult created = open({"workspace", "create"});
    QCOMPARE(created.exitCode, 0);
    COMPARE_FIELDS(created.json(), {"workspace create"});
    QCOMPARE(created.json().value("isProtected").toBool(), true);
    QVERIFY(!(QFileInfo(m_scepctl.path("ws")).permissions() & (QFile::ReadGroup | QFile::ReadOther | QFile::ExeOther)));
    QCOMPARE(open({"workspace", "create"}).exitCode, 2); // never over another
}

void TestScepctlWorkspace::servers()
{
    // A wrong fingerprint is told at once, and nothing is stored.
    const QStringList url{"--url", m_auto->url()};
    QCOMPARE(run({"server", "add"}, url + QStringList{"--fingerprint", QString(64, 'a')}).exitCode, 3);
    QCOMPARE(run({"server", "list"}).json().value("servers").toArray().size(), 0);

    const ScepctlResult added =
        run({"server", "add"}, url + QStringList{"--label", "plant", "--fingerprint", m_auto->fingerprint(), "--description", "Plant 1",
                                                 "--tags", "press, hall 2", "--poll-first", "1s"});
    QCOMPARE(added.exitCode, 0);
    COMPARE_FIELDS(added.json(), {"workspace server object", "server show"});
    COMPARE_FIELDS(added.json().value("settings").toObject(), {"server settings object"});
    COMPARE_ALL_FIELDS(added.json().value("certificates"), {"certificate object"});
    QCOMPARE(added.json().value("trust").toString(), "confirmed");
    QCOMPARE(added.json().value("tags").toArray(), QJsonArray({"press", "hall 2"}));
    QCOMPARE(run({"server", "add"}, url + QStringList{"--label", "plant", "--no-probe"}).exitCode, 2); // the label is taken
    QCOMPARE(run({"server", "add"}, {"--label", "lab", "--url", m_approve->url(), "--trust-on-first-use", "--poll-first", "1s"}).exitCode,
             0);

    const QJsonObject listed = run({"server", "list"}).json();
    COMPARE_FIELDS(listed, {"server list"});
    COMPARE_ALL_FIELDS(listed.value("servers"), {"workspace server object"});
    QCOMPARE(listed.value("servers").toArray().size(), 2);
    QCOMPARE(run({"server", "show", "plant"}).json().value("description").toString(), "Plant 1");
    QCOMPARE(run({"server", "show", "nowhere"}).exitCode, 2);

    // Not reached: told so, with the record kept.
    QCOMPARE(
        run({"server", "add"}, {"--label", "dead", "--url", "http://127.0.0.1:1/scep", "--fingerprint", m_auto->fingerprint()}).exitCode,
        6);
    QCOMPARE(run({"server", "add"},
                 {"--label", "dead", "--url", "http://127.0.0.1:1/scep", "--fingerprint", m_auto->fingerprint(), "--no-probe"})
                 .exitCode,
             0);
    QCOMPARE(run({"server", "refresh", "dead"}).exitCode, 6);
    const QJsonObject dead = run({"server", "show", "dead"}).json();
    COMPARE_FIELDS(dead, {"workspace server object", "server show"});
    QCOMPARE(dead.value("lastError").toString(), "ConnectionRefused");
    QCOMPARE(run({"server", "refresh", "plant"}).exitCode, 0);
}

void TestScepctlWorkspace::settingsReadBack()
{
    // What show prints for each setting, edit takes, and nothing changes by it.
    const QJsonObject before = run({"server", "show", "plant"}).json().value("settings").toObject();
    QVERIFY(before.size() > 30);
    QStringList words = asOptions(before);
    const ScepctlResult same = run({"server", "edit", "plant"}, words);
    QCOMPARE(same.exitCode, 0);
    COMPARE_FIELDS(same.json(), {"workspace server object", "server show", "server edit"});
    QCOMPARE(same.json().value("changed").toArray().size(), 0);
    QCOMPARE(run({"server", "show", "plant"}).json().value("settings").toObject(), before);

    // Each of them can be changed, and set back.
    const QMap<QString, QString> others{{"description", "other"},
                                        {"cipher", "3des-cbc"},
                                        {"digest", "sha512"},
                                        {"method", "get"},
                                        {"key-transport", "oaep-sha1"},
                                        {"allow-sha1", "off"},
                                        {"allow-md5", "on"},
                                        {"allow-des", "on"},
                                        {"renew-request", "pkcs-req"},
                                        {"challenge-on-renewal", "on"},
                                        {"ca-check-interval", "12h"},
                                        {"rollover", "off"},
                                        {"poll-first", "5s"},
                                        {"poll-growth", "2"},
                                        {"poll-longest", "2h"},
                                        {"poll-end", "30d"},
                                        {"retry-interval", "90s"},
                                        {"timeout", "10s"},
                                        {"proxy", "http://127.0.0.1:9"},
                                        {"ra-reason", "as agreed"},
                                        {"ra-encryption", "sha256:" + QString(64, 'b')},
                                        {"ra-signing", "sha256:" + QString(64, 'c')},
                                        {"exchanges-at-once", "9"},
                                        {"requests-per-minute", "60"},
                                        {"notes", "rack 4"}};
    words.clear();
    for (auto each = others.begin(); each != others.end(); ++each)
        words += "--" + each.key() + "=" + each.value();
    const ScepctlResult changed = run({"server", "edit", "dead"}, words + QStringList{"--yes"});
    QCOMPARE(changed.exitCode, 0);
    QCOMPARE(changed.json().value("changed").toArray().size(), others.size());
    words.clear();
    for (auto each = others.begin(); each != others.end(); ++each)
        words += QStringList{"--reset", each.key()};
    QCOMPARE(run({"server", "edit", "dead"}, words + QStringList{"--yes"}).exitCode, 0);
    const QJsonObject reset = run({"server", "show", "dead"}).json().value("settings").toObject();
    QCOMPARE(reset.value("timeout").toString(), "30s");
    QCOMPARE(reset.value("caCheckInterval").toString(), "1d");
    QCOMPARE(reset.value("pollEnd").toString(), "7d");
    QCOMPARE(reset.value("cipher").toString(), "automatic");
    QCOMPARE(reset.value("notes").toString(), "");
    QCOMPARE(run({"server", "edit", "dead"}, {"--reset", "colour"}).exitCode, 2);
}

void TestScepctlWorkspace::serverChanges()
{
    // Another trusted CA is a thing to be asked about, and here nobody is there to be asked.
    const ScepctlResult asked = run({"server", "edit", "plant"}, {"--url", m_auto->url().replace("127.0.0.1", "localhost")});
    QCOMPARE(asked.exitCode, 2);
    QVERIFY2(asked.errors.contains("--yes") && asked.errors.contains("asked for its CA certificates again"), asked.errors.constData());
    QCOMPARE(run({"server", "show", "plant"}).json().value("url").toString(), m_auto->url());
    const ScepctlResult wrong = run({"server", "edit", "plant"}, {"--url", m_approve->url(), "--yes"});
    QCOMPARE(wrong.exitCode, 3); // there is another CA
    QCOMPARE(run({"server", "show", "plant"}).json().value("url").toString(), m_auto->url());
    // Disabling is no question: it is what was asked for.
    QCOMPARE(run({"server", "disable", "plant"}).json().value("isEnabled").toBool(true), false);
    QCOMPARE(run({"server", "refresh", "plant"}).exitCode, 2);
    QCOMPARE(run({"server", "enable", "plant"}).json().value("isEnabled").toBool(), true);
    QCOMPARE(run({"server", "edit", "dead"}, {"--label", "gone", "--timeout", "5s"}).exitCode, 0);
    const QJsonObject removed = run({"server", "remove", "gone"}).json();
    COMPARE_FIELDS(removed, {"server remove"});
    QCOMPARE(run({"server", "show", "gone"}).exitCode, 2);
}

void TestScepctlWorkspace::aRequest()
{
    QCOMPARE(open({"request", "add"}, {"--server", "plant", "--subject", "CN=plc-7", "--challenge-file", "challenge"}).exitCode, 0);
    QCOMPARE(open({"request", "enroll", "plc-7"}).exitCode, 0);
    QCOMPARE(open({"certificate", "export", "plc-7"}, {"--out", "exported"}).exitCode, 0);
    QCOMPARE(run({"server", "remove", "plant"}).exitCode, 2); // it refers to it
}

void TestScepctlWorkspace::caStore()
{
    const QJsonObject listed = run({"ca-store", "list"}, {"--server", "plant"}).json();
    COMPARE_FIELDS(listed, {"ca-store list"});
    COMPARE_ALL_FIELDS(listed.value("certificates"), {"CA store object"});
    QString anchor;
    for (const QJsonValue &each : listed.value("certificates").toArray()) {
        if (each.toObject().value("isAnchor").toBool())
            anchor = each.toObject().value("name").toString();
    }
    const QJsonObject shown = run({"ca-store", "show", anchor}, {"--out", "root.pem"}).json();
    COMPARE_FIELDS(shown, {"CA store object", "ca-store show"});
    QCOMPARE(shown.value("sha256").toString(), m_auto->fingerprint());
    QCOMPARE(run({"ca-store", "remove", anchor}).exitCode, 2); // it would come back

    // One of somebody else's: imported, there, and removed again.
    const LabCaProcess other(m_scepctl, "lab-other", {"--mode", "auto", "--name", "Elsewhere"});
    QCOMPARE(m_scepctl.run({"ca", other.url(), "--out", "elsewhere"}).exitCode, 0);
    const ScepctlResult imported = run({"ca-store", "add", "elsewhere/root.pem"}, {"--trusted", "--name", "elsewhere-ca"});
    QCOMPARE(imported.exitCode, 0);
    COMPARE_FIELDS(imported.json(), {"ca-store list"});
    const QJsonObject record = imported.json().value("certificates").toArray().first().toObject();
    QCOMPARE(record.value("isImported").toBool(), true);
    QCOMPARE(record.value("name").toString(), "elsewhere-ca");
    QCOMPARE(run({"ca-store", "edit", "elsewhere-ca"}).exitCode, 2);                     // to what?
    QCOMPARE(run({"ca-store", "edit", "elsewhere-ca"}, {"--name", anchor}).exitCode, 2); // taken
    const ScepctlResult renamed = run({"ca-store", "edit", "elsewhere-ca"}, {"--name", "elsewhere-root"});
    COMPARE_FIELDS(renamed.json(), {"ca-store list"});
    QCOMPARE(renamed.json().value("certificates").toArray().first().toObject().value("name").toString(), "elsewhere-root");
    QCOMPARE(run({"ca-store", "import", "elsewhere/root.pem"}).exitCode, 2);      // there already
    QCOMPARE(run({"ca-store", "import", "exported/plc-7.cert.pem"}).exitCode, 2); // no CA
    const QJsonObject removed = run({"ca-store", "remove", "elsewhere-root"}).json();
    COMPARE_FIELDS(removed, {"ca-store remove"});
    QCOMPARE(run({"ca-store", "show", "elsewhere-root"}).exitCode, 2);
}

void TestScepctlWorkspace::care()
{
    const ScepctlResult checked = open({"workspace", "check"}, {"--keys"});
    QCOMPARE(checked.exitCode, 0);
    COMPARE_FIELDS(checked.json(), {"workspace check"});
    QVERIFY(checked.json().value("isGood").toBool());
    QVERIFY(checked.json().value("openedKeys").toInt() >= 1);

    const ScepctlResult backup = run({"workspace", "backup"}, {"--out", "backup"});
    QCOMPARE(backup.exitCode, 0);
    COMPARE_FIELDS(backup.json(), {"workspace backup"});
    QCOMPARE(run({"workspace", "backup"}).exitCode, 0);
    QCOMPARE(run({"workspace", "backup"}, {"--out", "backup"}).exitCode == 0, false); // never into another

    const ScepctlResult exported = run({"workspace", "export"}, {"--out", "everything"});
    QCOMPARE(exported.exitCode, 0);
    COMPARE_FIELDS(exported.json(), {"workspace export"});
    QVERIFY(m_scepctl.files("everything").contains("workspace.json"));

    QCOMPARE(run({"request", "remove", "plc-7"}).exitCode, 0);
    QCOMPARE(run({"workspace", "restore", "backup"}).exitCode, 2); // nobody is there to be asked
    const ScepctlResult restored = run({"workspace", "restore", "backup"}, {"--yes"});
    QCOMPARE(restored.exitCode, 0);
    COMPARE_FIELDS(restored.json(), {"workspace restore"});
    QCOMPARE(run({"request", "show", "plc-7"}).exitCode, 0);
    QCOMPARE(open({"workspace", "check"}, {"--keys"}).exitCode, 0);

    const QJsonObject shown = run({"workspace", "show"}).json();
    COMPARE_FIELDS(shown, {"workspace show"});
    QCOMPARE(shown.value("heldBy").toString(), "");
    QCOMPARE(shown.value("servers").toInt(), 2);
    COMPARE_ALL_FIELDS(shown.value("backups"), {"workspace backup"});
}

void TestScepctlWorkspace::passphrase()
{
    m_scepctl.write("newpass", "battery staple\n");
    const ScepctlResult wrong = run({"workspace", "passphrase"}, {"--passphrase-file", "wrong", "--new-passphrase-file", "newpass"});
    QCOMPARE(wrong.exitCode, 8);
    QCOMPARE(wrong.jsonError().value("code").toString(), "WrongPassphrase");
    const ScepctlResult changed = open({"workspace", "passphrase"}, {"--new-passphrase-file", "newpass"});
    QCOMPARE(changed.exitCode, 0);
    COMPARE_FIELDS(changed.json(), {"workspace create"});
    QCOMPARE(open({"certificate", "export", "plc-7"}, {"--out", "never"}).exitCode, 8);
    m_scepctl.write("pass", "battery staple\n");
    QCOMPARE(open({"certificate", "export", "plc-7"}, {"--out", "now"}).exitCode, 0);
}

void TestScepctlWorkspace::errorsAreOneLine_data()
{
    QTest::addColumn<QStringList>("words");
    QTest::addColumn<int>("status");
    const auto add = [](const char *name, const QString &words, int status) { QTest::newRow(name) << words.split(' ') << status; };
    add("no verb below", "server", 2);
    add("unknown verb below", "request fly", 2);
    add("no label", "server show", 2);
    add("no such server", "request add --server x --subject CN=y --challenge-file challenge --passphrase-file pass", 2);
    add("no URL", "server add --label y", 2);
    add("bad URL", "server add --url ftp://x/", 2);
    add("bad duration", "server add --url http://127.0.0.1/ --poll-first soon", 2);
    add("bad switch", "server edit plant --rollover maybe", 2);
    add("bad number", "server edit plant --exchanges-at-once 0", 2);
    add("bad choice", "server edit plant --cipher rot13", 2);
    add("DES without a word for it", "server edit plant --cipher des-cbc", 2);
    add("other protocol", "server edit plant --protocol est", 2);
    add("both anchors", "server edit plant --fingerprint aa --trust-on-first-use", 2);
    add("bad subject", "request edit plc-7 --subject C=Sweden", 2);
    add("bad renewal", "request edit plc-7 --renewal 100%", 2);
    add("bad key usage", "request edit plc-7 --key-usage flying", 2);
    add("no file", "ca-store import no-such-file", 8);
    add("no backup", "workspace restore no-such-folder --yes", 8);
    add("no client key", "server edit plant --client-cert exported/plc-7.cert.pem --passphrase-file pass", 8);
}

void TestScepctlWorkspace::errorsAreOneLine()
{
    QFETCH(QStringList, words);
    QFETCH(int, status);
    const QStringList where = words.size() > 1 && words.first() != "--help" ? QStringList{"--workspace", "ws"} : QStringList();
    const ScepctlResult result = m_scepctl.run(QStringList{"--json"} + words + where);
    QCOMPARE(result.exitCode, status);
    QVERIFY2(result.errors.startsWith("scepctl: ") && result.errors.count('\n') == 1, result.errors.constData());
    COMPARE_FIELDS(result.jsonError(), {"error object"});
    QVERIFY(!result.jsonError().value("nextStep").toString().isEmpty());
}

void TestScepctlWorkspace::printsNoSecret()
{
    const QString printed = secretsPrinted();
    QVERIFY2(printed.isEmpty(), qPrintable(printed));
}

void TestScepctlWorkspace::everythingIsDescribed()
{
    const QString complaint = undescribed("workspace", {"workspace", "server", "ca-store"});
    QVERIFY2(complaint.isEmpty(), qPrintable(complaint));
}

QTEST_GUILESS_MAIN(TestScepctlWorkspace)
#include "tst_scepctl_workspace.moc"
