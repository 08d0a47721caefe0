// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/cli/workspacetest.h"

#include <QFile>
#include <QJsonArray>
#include <QSqlDatabase>
#include <QSqlError>
#include <QSqlQuery>

using namespace Test;

/// scepctl on a workspace that is locked, damaged, in the middle of a restore, or on a full disk.
class TestScepctlTrouble : public WorkspaceTest
{
    Q_OBJECT

    /// Beside scepctl, as somebody who damages the store would come.
    bool tamper(const QString &sql)
    {
        QString error;
        {
            QSqlDatabase database = QSqlDatabase::addDatabase("QSQLITE", "tamper");
            database.setDatabaseName(m_scepctl.path("ws/store.sqlite"));
            QSqlQuery query(database);
            if (!database.open() || !query.exec(sql))
                error = query.lastError().text();
        }
        QSqlDatabase::removeDatabase("tamper");
        return error.isEmpty();
    }
    QString urlOf(const QString &server) { return run({"server", "show", server}).json().value("url").toString(); }
    QString stateOf(const QString &request)
    {
        for (const QJsonValue &each : run({"request", "list"}).json().value("requests").toArray()) {
            if (each["label"].toString() == request)
                return each["transaction"].isObject() ? each["transaction"]["state"].toString() : each["state"].toString();
        }
        return "none";
    }

private slots:
    void initTestCase()
    {
        prepare();
        QCOMPARE(open({"workspace", "create"}).exitCode, 0);
        QCOMPARE(run({"server", "add"}, {"--label", "plant", "--url", m_approve->url(), "--trust-on-first-use"}).exitCode, 0);
        for (const char *label : {"plc-1", "plc-2"}) {
            QCOMPARE(open({"request", "add"},
                          {"--server", "plant", "--label", label, "--subject", QString("CN=") + label, "--challenge-file", "challenge"})
                         .exitCode,
                     0);
            QCOMPARE(open({"request", "enroll", label}).exitCode, 5); // pending
        }
    }

    /// Nobody gives the pass phrase, and two requests are pending: what needs no secret of them is done.
    void serversOfALockedWorkspace()
    {
        const ScepctlResult refreshed = run({"server", "refresh", "plant"});
        QVERIFY2(refreshed.exitCode == 0, refreshed.errors.constData());
        const ScepctlResult added =
            run({"server", "add"}, {"--label", "second", "--url", m_auto->url(), "--fingerprint", m_auto->fingerprint()});
        QVERIFY2(added.exitCode == 0, added.errors.constData());
        QCOMPARE(added.json().value("trust").toString(), "confirmed");
        const ScepctlResult edited = run({"server", "edit", "second"}, {"--url", m_approve->url(), "--trust-on-first-use", "--yes"});
        QVERIFY2(edited.exitCode == 0, edited.errors.constData());
        QCOMPARE(urlOf("second"), m_approve->url());
    }

    /// The pending ones begin anew elsewhere: that takes their keys, and is refused before anything is stored.
    void whatNeedsASecretAsksFirst()
    {
        const QString before = urlOf("plant");
        const QStringList elsewhere{"--url", m_auto->url(), "--fingerprint", m_auto->fingerprint(), "--yes"};
        const ScepctlResult refused = run({"server", "edit", "plant"}, elsewhere);
        QCOMPARE(refused.exitCode, 8);
        QCOMPARE(refused.jsonError().value("code").toString(), "PassphraseRequired");
        QCOMPARE(urlOf("plant"), before);
        const ScepctlResult withPassword =
            run({"server", "add"}, {"--label", "third", "--url", m_auto->url(), "--proxy", "http://127.0.0.1:1", "--proxy-user", "joe",
                                    "--proxy-password-file", "p12pass", "--no-probe"});
        QCOMPARE(withPassword.exitCode, 8);
        QCOMPARE(run({"server", "show", "third"}).exitCode, 2); // not there
    }

    void aDamagedTransactionIsNamedAndCancelled()
    {
        QVERIFY(tamper("UPDATE enrollment_transaction SET private_key = zeroblob(300) WHERE is_open = 1 AND request = 1"));
        // The other one goes on.
        QCOMPARE(open({"request", "poll", "plc-2"}).exitCode, 5);
        const ScepctlResult retried = open({"request", "poll", "plc-1"});
        QCOMPARE(retried.exitCode, 8);
        QVERIFY2(retried.errors.contains("plc-1") && retried.errors.contains("scepctl request cancel"), retried.errors.constData());
        const ScepctlResult checked = open({"workspace", "check"}, {"--keys"});
        QCOMPARE(checked.exitCode, 8);
        const ScepctlResult cancelled = open({"request", "cancel", "plc-1"});
        QVERIFY2(cancelled.exitCode == 0, cancelled.errors.constData());
        QVERIFY(open({"workspace", "check"}, {"--keys"}).json().value("openTransactions").toInt() == 1);
        QCOMPARE(open({"request", "enroll", "plc-1"}, {"--challenge-file", "challenge"}).exitCode, 5);
    }

    void aDamagedRequestIsNamed()
    {
        QVERIFY(tamper("UPDATE request SET settings = 'x' WHERE id = 1"));
        const QJsonArray requests = run({"request", "list"}).json().value("requests").toArray();
        QCOMPARE(requests.size(), 2);
        QCOMPARE(requests[0]["label"].toString(), "plc-1");
        QVERIFY2(requests[0]["status"].toString().contains("cannot be read"), qPrintable(requests[0]["status"].toString()));
        const ScepctlResult checked = run({"workspace", "check"});
        QCOMPARE(checked.exitCode, 8);
        QCOMPARE(checked.json().value("problems")[0]["object"].toString(), QString::fromUtf8("request “plc-1”"));
        QCOMPARE(open({"request", "poll", "plc-2"}).exitCode, 5);
        QCOMPARE(run({"request", "remove", "plc-1"}).exitCode, 0);
        QCOMPARE(run({"workspace", "check"}).exitCode, 0);
    }

    void labels_data()
    {
        QTest::addColumn<QString>("label");
        QTest::newRow("as the bin names its own") << QString("\x01"
                                                             "bin/2");
        QTest::newRow("escape") << QString("plc\x1b[31m");
        QTest::newRow("newline") << "plc\n7";
        QTest::newRow("too long") << QString(65, 'x');
    }
    void labels()
    {
        QFETCH(QString, label);
        const QStringList request{"--server", "plant", "--subject", "CN=x", "--challenge-file", "challenge", "--label", label};
        QCOMPARE(open({"request", "add"}, request).exitCode, 2);
        QCOMPARE(run({"server", "add"}, {"--url", m_auto->url(), "--no-probe", "--label", label}).exitCode, 2);
        QCOMPARE(run({"server", "edit", "second"}, {"--label", label, "--yes"}).exitCode, 2);
    }

    void aFullDiskIsNamedAndReadAllTheSame()
    {
        m_scepctl.setFileSizeLimit(1);
        const ScepctlResult listed = run({"server", "list"});
        const ScepctlResult changed = run({"server", "disable", "second"});
        m_scepctl.setFileSizeLimit(0);
        QVERIFY2(listed.exitCode == 0, listed.errors.constData());
        QCOMPARE(listed.json().value("servers").toArray().size(), 2);
        QCOMPARE(changed.exitCode, 8);
        QCOMPARE(changed.jsonError().value("code").toString(), "DiskFull");
        QVERIFY2(changed.errors.contains("disk full"), changed.errors.constData());
    }

    /// As a process leaves it that dies when everything is decided and nothing is in its place.
    void aRestoreIsFinished()
    {
        const QString backup = run({"workspace", "backup"}).json().value("folder").toString();
        QCOMPARE(run({"server", "remove", "second"}).exitCode, 0);
        QCOMPARE(run({"server", "list"}).json().value("servers").toArray().size(), 1);
        QVERIFY(QFile::copy(backup + "/store.sqlite", m_scepctl.path("ws/store.sqlite.restoring")));
        QVERIFY(QFile::copy(backup + "/vault.json", m_scepctl.path("ws/vault.json.restoring")));
        m_scepctl.write("ws/restore.pending", "x");
        QCOMPARE(run({"server", "list"}).json().value("servers").toArray().size(), 2);
        QVERIFY(!m_scepctl.exists("ws/restore.pending"));
        QCOMPARE(run({"workspace", "restore", backup}, {"--yes"}).exitCode, 0);
        const QJsonArray replaced = run({"workspace", "check"}).json().value("replaced").toArray();
        QCOMPARE(replaced.size(), 1);
        QVERIFY(replaced[0]["folder"].toString().contains("/replaced/"));
    }

    void printsNoSecret() { QCOMPARE(secretsPrinted(), QString()); }
};

QTEST_GUILESS_MAIN(TestScepctlTrouble)
#include "tst_scepctl_trouble.moc"
