// SPDX-License-Identifier: GPL-3.0-or-later

// scepctl on a workspace: servers, requests, certificates, CA store, bin and care, against Lab CAs on loopback; and app/cli/workspace.md
// against what is printed.

#include "scep/pki/pkcs12.h"
#include "tests/cli/documentedfields.h"
#include "tests/cli/labcaprocess.h"

#include <QDir>
#include <QFileInfo>
#include <QJsonArray>
#include <QTest>

using Test::LabCaProcess;
using Test::ScepctlProgram;
using Test::ScepctlResult;

#define COMPARE_FIELDS(object, ...) \
    do { \
        const QString complaint = m_fields.compare(object, __VA_ARGS__); \
        QVERIFY2(complaint.isEmpty(), qPrintable(complaint)); \
    } while (false)
#define COMPARE_ALL_FIELDS(array, ...) \
    do { \
        const QString complaint = m_fields.compareAll(array, __VA_ARGS__); \
        QVERIFY2(complaint.isEmpty(), qPrintable(complaint)); \
    } while (false)

class TestScepctlWorkspace : public QObject
{
    Q_OBJECT

    ScepctlProgram m_scepctl;
    std::unique_ptr<LabCaProcess> m_auto;
    std::unique_ptr<LabCaProcess> m_approve;
    Test::DocumentedFields m_fields;

    /// With the workspace and its pass phrase, as JSON.
    ScepctlResult run(const QStringList &words, const QStringList &options = {})
    {
        QStringList arguments = QStringList{"--json"} + words + QStringList{"--workspace", "ws"} + options;
        const ScepctlResult result = m_scepctl.run(arguments);
        if (result.json().isEmpty() || result.errors.count('\n') > 12)
            qWarning("%s: %s%s", qPrintable(arguments.join(' ')), result.output.constData(), result.errors.constData());
        m_everything += result.output + result.errors;
        return result;
    }
    ScepctlResult open(const QStringList &words, const QStringList &options = {})
    {
        return run(words, QStringList{"--passphrase-file", "pass"} + options);
    }
    QByteArray m_everything; ///< all that was ever printed

private slots:
    void initTestCase();
    void needsAWorkspace();
    void servers();
    void settingsReadBack();
    void serverChanges();
    void enrollsAndDelivers();
    void requestChanges();
    void certificates();
    void renews();
    void pending();
    void rejectedAndUnreachable();
    void actionsThatAreNotPossible();
    void caStore();
    void bin();
    void care();
    void passphrase();
    void errorsAreOneLine_data();
    void errorsAreOneLine();
    void printsNoSecret();
    void everythingIsDescribed();
};

void TestScepctlWorkspace::initTestCase()
{
    m_fields.read(SCEPCTL_README);
    m_fields.read(SCEPCTL_WORKSPACE);
    m_scepctl.write("pass", "correct horse\n");
    m_scepctl.write("challenge", "open sesame\n");
    m_scepctl.write("p12pass", "bundle word\n");
    m_auto = std::make_unique<LabCaProcess>(m_scepctl, "lab-auto",
                                            QStringList{"--mode", "auto", "--challenge-file", "challenge", "--renew-after", "0"});
    m_approve = std::make_unique<LabCaProcess>(m_scepctl, "lab-approve", QStringList{"--mode", "approve"});
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
    QStringList words;
    for (const QString &field : before.keys()) {
        QString option;
        for (const QChar character : field)
            option += character.isUpper() ? QString('-') + character.toLower() : QString(character);
        words += "--" + option + "=" + before.value(field).toString();
    }
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
    const ScepctlResult asked = run({"server", "edit", "plant"}, {"--url", m_auto->url() + "/other"});
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

void TestScepctlWorkspace::enrollsAndDelivers()
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
    QCOMPARE(after.value("delivery").toObject().value("state").toString(), "failed");
    QCOMPARE(after.value("delivery").toObject().value("attempts").toInt(), 1);
    m_scepctl.write("reload", "#!/bin/sh\nexit 0\n");
    QCOMPARE(open({"request", "deliver", "plc-7"}).exitCode, 0);
}

void TestScepctlWorkspace::requestChanges()
{
    const QJsonObject before = run({"request", "show", "plc-7"}).json().value("settings").toObject();
    QStringList words;
    for (const QString &field : before.keys()) {
        QString option;
        for (const QChar character : field)
            option += character.isUpper() ? QString('-') + character.toLower() : QString(character);
        words += "--" + option + "=" + before.value(field).toString();
    }
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
    QCOMPARE(run({"request", "edit", "plc-7"}, {"--deliver-to", "x", "--deliver-program", "reload"}).exitCode, 2);
}

void TestScepctlWorkspace::certificates()
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

void TestScepctlWorkspace::renews()
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

void TestScepctlWorkspace::pending()
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

    const ScepctlResult cancelled = run({"request", "cancel", "three"});
    QCOMPARE(cancelled.exitCode, 0);
    QCOMPARE(cancelled.json().value("transactionState").toString(), "cancelled");
    QCOMPARE(run({"request", "cancel", "three"}).exitCode, 2);
}

void TestScepctlWorkspace::rejectedAndUnreachable()
{
    m_scepctl.write("wrong", "guessed\n");
    QCOMPARE(open({"request", "add"}, {"--server", "plant", "--subject", "CN=stranger", "--challenge-file", "wrong"}).exitCode, 0);
    const ScepctlResult rejected = open({"request", "enroll", "stranger"});
    QCOMPARE(rejected.exitCode, 4);
    COMPARE_FIELDS(rejected.jsonError(), {"error object"});
    QCOMPARE(run({"request", "show", "stranger"}).json().value("transactionState").toString(), "rejected");
    // With the right one it goes.
    QCOMPARE(open({"request", "enroll", "stranger"}, {"--challenge-file", "challenge"}).exitCode, 0);

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

void TestScepctlWorkspace::actionsThatAreNotPossible()
{
    // As the window: nothing to renew, nothing open, a disabled server.
    QCOMPARE(open({"request", "add"}, {"--server", "lab", "--subject", "CN=new"}).exitCode, 0);
    for (const QString verb : {"renew", "poll", "retry", "cancel", "deliver"}) {
        const ScepctlResult refused = open({"request", verb, "new"});
        QCOMPARE(refused.exitCode, 2);
        if (verb != "deliver")
            QVERIFY2(refused.errors.contains("not possible now") && refused.errors.contains("possible: enroll"),
                     refused.errors.constData());
    }
    QCOMPARE(run({"server", "disable", "lab"}).exitCode, 0);
    const ScepctlResult disabled = open({"request", "enroll", "new"});
    QCOMPARE(disabled.exitCode, 2);
    QVERIFY2(disabled.errors.contains("scepctl server enable"), disabled.errors.constData());
    QCOMPARE(run({"server", "enable", "lab"}).exitCode, 0);
    QCOMPARE(run({"server", "remove", "lab"}).exitCode, 2); // requests refer to it
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
    const ScepctlResult imported = run({"ca-store", "import", "elsewhere/root.pem"}, {"--trusted", "--name", "elsewhere-root"});
    QCOMPARE(imported.exitCode, 0);
    COMPARE_FIELDS(imported.json(), {"ca-store list"});
    const QJsonObject record = imported.json().value("certificates").toArray().first().toObject();
    QCOMPARE(record.value("isImported").toBool(), true);
    QCOMPARE(record.value("name").toString(), "elsewhere-root");
    QCOMPARE(run({"ca-store", "import", "elsewhere/root.pem"}).exitCode, 2);      // there already
    QCOMPARE(run({"ca-store", "import", "exported/plc-7.cert.pem"}).exitCode, 2); // no CA
    const QJsonObject removed = run({"ca-store", "remove", "elsewhere-root"}).json();
    COMPARE_FIELDS(removed, {"ca-store remove"});
    QCOMPARE(run({"ca-store", "show", "elsewhere-root"}).exitCode, 2);
}

void TestScepctlWorkspace::bin()
{
    const QString serial = run({"request", "show", "plc-7"}).json().value("serialNumber").toString();
    const QJsonObject removed = run({"request", "remove", "plc-7"}).json();
    COMPARE_FIELDS(removed, {"request remove"});
    QCOMPARE(run({"request", "show", "plc-7"}).exitCode, 2);
    const QJsonObject listed = run({"bin", "list"}).json();
    COMPARE_FIELDS(listed, {"bin list"});
    COMPARE_ALL_FIELDS(listed.value("removed"), {"bin object"});
    QCOMPARE(listed.value("removed").toArray().size(), 2); // and the server that was removed before
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
    QCOMPARE(emptied.value("deleted").toInt(), 1);
    QCOMPARE(run({"bin", "list"}).json().value("removed").toArray().size(), 0);
}

void TestScepctlWorkspace::care()
{
    const ScepctlResult checked = open({"workspace", "check"}, {"--keys"});
    QCOMPARE(checked.exitCode, 0);
    COMPARE_FIELDS(checked.json(), {"workspace check"});
    QVERIFY(checked.json().value("isGood").toBool());
    QVERIFY(checked.json().value("openedKeys").toInt() >= 4);

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
    for (const char *secret : {"correct horse", "battery staple", "open sesame", "bundle word", "PRIVATE KEY", "guessed"})
        QVERIFY2(!m_everything.contains(secret), secret);
}

void TestScepctlWorkspace::everythingIsDescribed()
{
    QStringList unseen = m_fields.unseen(SCEPCTL_WORKSPACE);
    unseen.removeAll("agent"); // tst_scepctl_agent
    QVERIFY2(unseen.isEmpty(), qPrintable(unseen.join('\n')));
    for (const QString noun : {"server", "request", "certificate", "ca-store", "bin", "workspace"}) {
        const ScepctlResult help = m_scepctl.run({noun, "--help"});
        QCOMPARE(help.exitCode, 0);
        const QString words = QString::fromUtf8(help.output).section(' ', 3, 3);
        QVERIFY2(words.contains('|'), help.output.constData());
        QFile page(SCEPCTL_WORKSPACE);
        QVERIFY(page.open(QIODevice::ReadOnly));
        const QString text = QString::fromUtf8(page.readAll());
        for (const QString &word : words.split('|')) {
            QVERIFY2(text.contains("`" + noun + " " + word), qPrintable(noun + " " + word));
            const ScepctlResult each = m_scepctl.run({noun, word, "--help"});
            QCOMPARE(each.exitCode, 0);
            QVERIFY2(each.output.startsWith("Usage: scepctl " + noun.toUtf8() + ' ' + word.toUtf8()) && each.output.contains("--workspace"),
                     each.output.constData());
        }
    }
}

QTEST_GUILESS_MAIN(TestScepctlWorkspace)
#include "tst_scepctl_workspace.moc"
