// SPDX-License-Identifier: GPL-3.0-or-later

// scepctl agent: works by itself, tells what it does, ends cleanly, survives being killed, and keeps others from writing.

#include "tests/cli/documentedfields.h"
#include "tests/cli/labcaprocess.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QTest>

#include <csignal>

using Test::LabCaProcess;
using Test::ScepctlProgram;
using Test::ScepctlResult;

namespace {

/// A running agent and everything it said.
class Agent
{
public:
    Agent(const ScepctlProgram &scepctl, const QStringList &options)
        : m_process(scepctl.start(QStringList{"--json", "agent", "--workspace", "ws"} + options))
    {}
    ~Agent()
    {
        m_process->kill();
        m_process->waitForFinished();
    }
    /// Lets the event loop run until an event of this kind about this object was told.
    bool waitFor(const QString &event, const QString &object = {}, const QString &message = {})
    {
        return QTest::qWaitFor(
                   [&] {
                       read();
                       for (const QJsonObject &each : events) {
                           if (each.value("event").toString() == event && each.value("object").toString().contains(object) &&
                               each.value("message").toString().contains(message))
                               return true;
                       }
                       return m_process->state() == QProcess::NotRunning;
                   },
                   60000) &&
               m_process->state() == QProcess::Running;
    }
    ScepctlResult stop(int signal)
    {
        ::kill(static_cast<pid_t>(m_process->processId()), signal);
        ScepctlResult result = ScepctlProgram::wait(*m_process);
        m_output += result.output;
        read();
        errors += result.errors;
        result.errors = errors;
        return result;
    }
    QByteArray said() const { return m_all; }
    qint64 processId() const { return m_process->processId(); }

    QList<QJsonObject> events;
    QByteArray errors;

private:
    void read()
    {
        m_output += m_process->readAllStandardOutput();
        for (qsizetype end = m_output.indexOf('\n'); end >= 0; end = m_output.indexOf('\n')) {
            m_all += m_output.left(end + 1);
            events.append(QJsonDocument::fromJson(m_output.left(end)).object());
            m_output.remove(0, end + 1);
        }
        errors += m_process->readAllStandardError();
    }

    std::unique_ptr<QProcess> m_process;
    QByteArray m_output;
    QByteArray m_all;
};

} // namespace

class TestScepctlAgent : public QObject
{
    Q_OBJECT

    ScepctlProgram m_scepctl;
    std::unique_ptr<LabCaProcess> m_labCa;
    std::unique_ptr<LabCaProcess> m_approve;

    ScepctlResult run(const QStringList &words, const QStringList &options = {})
    {
        return m_scepctl.run(QStringList{"--json"} + words + QStringList{"--workspace", "ws"} + options);
    }
    void add(const QString &server, const QString &label, const QStringList &options = {})
    {
        const ScepctlResult added = run({"request", "add"}, QStringList{"--server", server, "--subject", "CN=" + label, "--challenge-file",
                                                                        "challenge", "--passphrase-file", "pass"} +
                                                                options);
        QVERIFY2(added.exitCode == 0, added.errors.constData());
    }
    QJsonObject request(const QString &label) { return run({"request", "show", label}).json(); }

private slots:
    void initTestCase()
    {
        m_scepctl.write("pass", "correct horse\n");
        m_scepctl.write("challenge", "open sesame\n");
        m_labCa = std::make_unique<LabCaProcess>(m_scepctl, "lab", QStringList{"--mode", "auto", "--challenge-file", "challenge"});
        m_approve = std::make_unique<LabCaProcess>(m_scepctl, "lab-approve", QStringList{"--mode", "approve"});
        QCOMPARE(run({"workspace", "create"}, {"--passphrase-file", "pass"}).exitCode, 0);
        QCOMPARE(run({"server", "add"}, {"--label", "plant", "--url", m_labCa->url(), "--fingerprint", m_labCa->fingerprint(),
                                         "--retry-interval", "1s", "--poll-first", "1s"})
                     .exitCode,
                 0);
        QCOMPARE(run({"server", "add"}, {"--label", "slow", "--url", m_approve->url(), "--fingerprint", m_approve->fingerprint(),
                                         "--retry-interval", "1s", "--poll-first", "1s", "--poll-longest", "1s"})
                     .exitCode,
                 0);
    }

    void needsItsPassphrase()
    {
        const ScepctlResult none = run({"agent"});
        QCOMPARE(none.exitCode, 8);
        QCOMPARE(none.jsonError().value("code").toString(), "PassphraseRequired");
        const ScepctlResult nowhere = m_scepctl.run({"--json", "agent", "--workspace", "elsewhere"});
        QCOMPARE(nowhere.exitCode, 8);
        QVERIFY(!m_scepctl.exists("elsewhere")); // a slip of the pen makes no workspace
    }

    void enrolsAndDelivers()
    {
        add("plant", "plc-1", {"--deliver-to", "delivered", "--deliver-files", "key,cert"});
        add("plant", "plc-2");
        Agent agent(m_scepctl, {"--passphrase-file", "pass"});
        QVERIFY2(agent.waitFor("ready"), agent.errors.constData());
        QVERIFY(agent.waitFor("issued", "plc-1"));
        QVERIFY(agent.waitFor("issued", "plc-2"));
        QVERIFY(agent.waitFor("delivery", "plc-1", "was delivered"));
        QVERIFY(agent.waitFor("status"));
        QVERIFY(m_scepctl.exists("delivered/plc-1-key-pair.cert.pem"));
        Test::DocumentedFields fields;
        fields.read(SCEPCTL_WORKSPACE);
        for (const QJsonObject &event : agent.events) {
            const QString complaint = fields.compare(event, {"agent"});
            QVERIFY2(complaint.isEmpty(), qPrintable(complaint));
        }

        // Beside it others read; who would write, or be a second agent, is told who is there.
        QCOMPARE(request("plc-2").value("certificateState").toString(), "valid");
        const QString process = QString::number(agent.processId());
        QVERIFY(run({"workspace", "show"}).json().value("heldBy").toString().contains(process));
        for (const QStringList &words : {QStringList{"server", "disable", "plant"}, QStringList{"agent"}}) {
            const ScepctlResult refused = run(words, words.first() == "agent" ? QStringList{"--passphrase-file", "pass"} : QStringList());
            QCOMPARE(refused.exitCode, 8);
            QCOMPARE(refused.jsonError().value("code").toString(), "WorkspaceInUse");
            QVERIFY2(refused.errors.contains(process.toUtf8()), refused.errors.constData());
            QCOMPARE(refused.errors.count('\n'), 1);
        }
        QCOMPARE(run({"workspace", "backup"}).exitCode, 0); // a copy may be made beside it

        const ScepctlResult ended = agent.stop(SIGTERM);
        QCOMPARE(ended.exitCode, 0);
        QCOMPARE(agent.events.last().value("event").toString(), "stopped");
        QVERIFY(!agent.said().contains("open sesame") && !agent.said().contains("correct horse"));
        QCOMPARE(run({"workspace", "show"}).json().value("heldBy").toString(), "");
        QCOMPARE(run({"server", "disable", "plant"}).exitCode, 0);
        QCOMPARE(run({"server", "enable", "plant"}).exitCode, 0);
    }

    void tellsWithoutJsonToo()
    {
        const auto process = m_scepctl.start({"agent", "--workspace", "ws", "--passphrase-file", "pass"});
        QByteArray told;
        QVERIFY(QTest::qWaitFor(
            [&] {
                told += process->readAllStandardError();
                return told.contains("exchanges running");
            },
            30000));
        QVERIFY2(told.contains("requests: 2 valid; 0 exchanges running; next 20"), told.constData());
        ::kill(static_cast<pid_t>(process->processId()), SIGINT);
        const ScepctlResult ended = ScepctlProgram::wait(*process);
        QCOMPARE(ended.exitCode, 0);
        QVERIFY(ended.output.isEmpty());
    }

    void goesOnAfterBeingKilled()
    {
        add("slow", "plc-3");
        QString transaction;
        {
            Agent agent(m_scepctl, {"--passphrase-file", "pass"});
            QVERIFY(agent.waitFor("request", "plc-3", "pending"));
            QCOMPARE(agent.stop(SIGKILL).exitCode, -1);
        }
        const QJsonObject open = request("plc-3");
        QCOMPARE(open.value("transactionState").toString(), "pending");
        transaction = open.value("transactionId").toString();
        QCOMPARE(m_scepctl.run({"lab-ca", "approve", "--dir", "lab-approve", transaction}).exitCode, 0);
        Agent agent(m_scepctl, {"--passphrase-file", "pass"});
        QVERIFY2(agent.waitFor("issued", "plc-3"), agent.errors.constData());
        QCOMPARE(agent.stop(SIGTERM).exitCode, 0);
        QCOMPARE(request("plc-3").value("certificateCount").toInt(), 1);
        QCOMPARE(request("plc-3").value("transactionId").toString(), transaction);
        QCOMPARE(run({"workspace", "check"}, {"--keys", "--passphrase-file", "pass"}).exitCode, 0);
    }

    void waitsForAServerThatIsAway()
    {
        add("plant", "plc-4");
        m_labCa->stop();
        Agent agent(m_scepctl, {"--passphrase-file", "pass"});
        QVERIFY(agent.waitFor("request", "plc-4"));
        m_labCa->restart();
        QVERIFY2(agent.waitFor("issued", "plc-4"), agent.errors.constData());
        QCOMPARE(agent.stop(SIGTERM).exitCode, 0);
    }

    void takesTheServiceManagersCredential()
    {
        m_scepctl.write("scepter-passphrase", "correct horse\n");
        QProcess process;
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert("CREDENTIALS_DIRECTORY", m_scepctl.path("."));
        process.setProcessEnvironment(environment);
        process.setWorkingDirectory(m_scepctl.path("."));
        process.start(qEnvironmentVariable("SCEPTER_BIN_DIR") + "/scepctl", {"--json", "agent", "--workspace", "ws"});
        QByteArray told;
        QVERIFY(QTest::qWaitFor(
            [&] {
                told += process.readAllStandardOutput();
                return told.contains("\"ready\"");
            },
            30000));
        // No core file, and nobody of the same user looks into it.
        QFile limits(QString("/proc/%1/limits").arg(process.processId()));
        QVERIFY(limits.open(QIODevice::ReadOnly));
        QByteArray core;
        for (const QByteArray &line : limits.readAll().split('\n')) {
            if (line.startsWith("Max core file size"))
                core = line.simplified();
        }
        QCOMPARE(core, "Max core file size 0 0 bytes");
        process.terminate();
        QCOMPARE(ScepctlProgram::wait(process).exitCode, 0);
    }
};

QTEST_GUILESS_MAIN(TestScepctlAgent)
#include "tst_scepctl_agent.moc"
