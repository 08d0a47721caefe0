// SPDX-License-Identifier: GPL-3.0-or-later

// Secrets typed at a terminal: asked for without echo when neither a file nor the environment gives them, never when there is nobody.

#include "tests/cli/scepctlprogram.h"
#include "tests/cli/wirescepserver.h"
#include "tests/support/opensslprogram.h"

#include <QTest>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <cstdlib>

using namespace TestSupport;
using Test::ScepctlProgram;
using Test::ScepctlResult;
using Test::WireScepServer;

namespace {

/// A pseudo terminal: the program gets its far end as standard input.
class PseudoTerminal
{
    Q_DISABLE_COPY_MOVE(PseudoTerminal)

public:
    PseudoTerminal()
        : m_near(::posix_openpt(O_RDWR | O_NOCTTY))
    {
        if (m_near < 0 || ::grantpt(m_near) != 0 || ::unlockpt(m_near) != 0)
            qFatal("no pseudo terminal");
        m_name = ::ptsname(m_near);
        m_far = ::open(m_name.constData(), O_RDWR | O_NOCTTY); // kept open: its settings outlive the program
        ::fcntl(m_near, F_SETFL, O_NONBLOCK);
    }
    ~PseudoTerminal()
    {
        ::close(m_far);
        ::close(m_near);
    }
    void type(const QByteArray &keys) const
    {
        if (::write(m_near, keys.constData(), static_cast<size_t>(keys.size())) != keys.size())
            qFatal("cannot type");
    }
    /// What a person would see beside the program's own words.
    [[nodiscard]] QByteArray echoed() const
    {
        QByteArray shown(4096, '\0');
        const ssize_t count = ::read(m_near, shown.data(), 4096);
        return count > 0 ? shown.left(count) : QByteArray();
    }
    [[nodiscard]] bool echoes() const
    {
        termios settings{};
        return ::tcgetattr(m_far, &settings) == 0 && (settings.c_lflag & ECHO) != 0 && (settings.c_lflag & ICANON) != 0;
    }
    [[nodiscard]] const char *name() const { return m_name.constData(); }

private:
    int m_near = -1;
    int m_far = -1;
    QByteArray m_name;
};

/// One run of scepctl at a terminal.
class Session
{
public:
    Session(const ScepctlProgram &scepctl, const QStringList &arguments, const QProcessEnvironment &environment = {})
    {
        m_process.setWorkingDirectory(scepctl.path({}));
        if (!environment.isEmpty())
            m_process.setProcessEnvironment(environment);
        m_process.setChildProcessModifier([name = terminal.name()] {
            ::setsid();
            const int far = ::open(name, O_RDWR); // becomes the controlling terminal
            ::dup2(far, STDIN_FILENO);
        });
        m_process.start(qEnvironmentVariable("SCEPTER_BIN_DIR") + "/scepctl", arguments);
    }
    ~Session() { m_process.kill(), m_process.waitForFinished(); }

    /// Waits until the program has asked `question`, which is no secret's.
    bool isAskedAloud(const QByteArray &question)
    {
        return QTest::qWaitFor(
            [&] {
                m_errors += m_process.readAllStandardError();
                return m_errors.contains(question);
            },
            30000);
    }
    /// Waits until the program has asked `question` and the terminal is quiet.
    bool isAsked(const QByteArray &question)
    {
        return QTest::qWaitFor(
            [&] {
                m_errors += m_process.readAllStandardError();
                return m_errors.contains(question) && !terminal.echoes();
            },
            30000);
    }
    ScepctlResult end()
    {
        ScepctlResult result = ScepctlProgram::wait(m_process);
        result.errors.prepend(m_errors);
        return result;
    }
    PseudoTerminal terminal;

private:
    QProcess m_process;
    QByteArray m_errors;
};

} // namespace

class TestScepctlPrompt : public QObject
{
    Q_OBJECT

private slots:
    void workspacePassphrase()
    {
        {
            Session session(m_scepctl, {"workspace", "create", "--workspace", "ws"});
            QVERIFY(session.isAsked("New pass phrase"));
            session.terminal.type("correct horse\n");
            QVERIFY(session.isAsked("The same again"));
            session.terminal.type("correct house\n");
            QCOMPARE(session.end().exitCode, 2);
            QVERIFY(!m_scepctl.exists("ws/vault.json"));
        }
        {
            Session session(m_scepctl, {"workspace", "create", "--workspace", "ws"});
            QVERIFY(session.isAsked("New pass phrase"));
            session.terminal.type("correct horse\n");
            QVERIFY(session.isAsked("The same again"));
            session.terminal.type("correct horse\n");
            QCOMPARE(session.end().exitCode, 0);
        }
        Session session(m_scepctl, {"workspace", "check", "--keys", "--workspace", "ws"});
        QVERIFY(session.isAsked("Pass phrase of the workspace"));
        session.terminal.type("correct horse\n");
        QCOMPARE(session.end().exitCode, 0);
        QVERIFY(!session.terminal.echoed().contains("horse"));
    }

    void asksBeforeAChange_data()
    {
        QTest::addColumn<QByteArray>("answer");
        QTest::addColumn<int>("status");
        QTest::addColumn<QString>("renewal");
        QTest::newRow("no") << QByteArray("n\n") << 1 << "80%";
        QTest::newRow("nothing") << QByteArray("\n") << 1 << "80%";
        QTest::newRow("end") << QByteArray("\x04") << 1 << "80%";
        QTest::newRow("yes") << QByteArray("y\n") << 0 << "50%";
    }
    void asksBeforeAChange()
    {
        QFETCH(QByteArray, answer);
        QFETCH(int, status);
        QFETCH(QString, renewal);
        const QStringList here{"--workspace", "open-ws"};
        if (!m_scepctl.exists("open-ws")) {
            QCOMPARE(m_scepctl.run(QStringList{"workspace", "create", "--no-passphrase"} + here).exitCode, 0);
            QCOMPARE(m_scepctl.run(QStringList{"server", "add", "--url", "http://127.0.0.1:1/", "--label", "plant", "--no-probe"} + here)
                         .exitCode,
                     0);
            QCOMPARE(m_scepctl.run(QStringList{"request", "add", "--server", "plant", "--subject", "CN=dev"} + here).exitCode, 0);
        }
        Session session(m_scepctl, QStringList{"request", "edit", "dev", "--renewal", "50%"} + here);
        QVERIFY(session.isAskedAloud("Change request “dev”? [y/N]"));
        session.terminal.type(answer);
        const ScepctlResult ended = session.end();
        QCOMPARE(ended.exitCode, status);
        QVERIFY2(ended.errors.contains("next renewal moves"), ended.errors.constData());
        const QJsonObject shown = m_scepctl.run(QStringList{"--json", "request", "show", "dev"} + here).json();
        QCOMPARE(shown.value("settings").toObject().value("renewal").toString(), renewal);
    }

    void initTestCase()
    {
        m_scepctl.write("key.pem", rsaKey("prompt", 2048).toPkcs8Pem().view().toByteArray());
        m_openssl.write("key.pem", m_scepctl.read("key.pem"));
        m_scepctl.write("locked.pem", m_openssl.output({"pkcs8", "-topk8", "-in", "key.pem", "-passout", "pass:open it"}));
        m_scepctl.write("challenge", "from the file\n");
    }

    void challengeIsTyped();
    void editingWhileTyping();
    void emptyMeansNone();
    void fileAndEnvironmentAreNotAsked_data();
    void fileAndEnvironmentAreNotAsked();
    void keyPassphraseIsTyped();
    void pkcs12PasswordIsTypedTwice();
    void proxyPasswordIsTyped();
    void passwordOfADeliveryIsTypedTwice();
    void givingUp_data();
    void givingUp();
    void nobodyToAsk();

private:
    [[nodiscard]] QStringList enroll(const WireScepServer &server, const QString &folder, const QStringList &options = {}) const
    {
        return QStringList{"--json",    "enroll", "--url", server.url(), "--fingerprint", server.fingerprint(),
                           "--subject", "CN=dev", "--out", folder} +
               (options.contains("--key") ? options : QStringList{"--key", "key.pem"} + options);
    }
    [[nodiscard]] static QByteArray challengeSent(const WireScepServer &server)
    {
        const auto csr = must(Pki::CertificationRequest::fromDer(server.ca.received.first().payload));
        return csr.challengePassword().view().toByteArray();
    }
    ScepctlProgram m_scepctl;
    Test::OpensslProgram m_openssl;
};

void TestScepctlPrompt::challengeIsTyped()
{
    WireScepServer server;
    Session session(m_scepctl, enroll(server, "typed"));
    QVERIFY(session.isAsked("Challenge password"));
    session.terminal.type("open sesame\n");
    const ScepctlResult result = session.end();
    QVERIFY2(result.exitCode == 0, result.errors.constData());
    QCOMPARE(challengeSent(server), "open sesame");
    QVERIFY(!session.terminal.echoed().contains("sesame"));
    QVERIFY(!(result.output + result.errors).contains("sesame"));
    QVERIFY(session.terminal.echoes()); // as it was before
    QVERIFY(!result.json().isEmpty());  // stdout holds the result only
}

void TestScepctlPrompt::editingWhileTyping()
{
    WireScepServer server;
    Session session(m_scepctl, enroll(server, "edited"));
    QVERIFY(session.isAsked("Challenge password"));
    session.terminal.type("nonsense\x15"
                          "openz\x7f s\xc3\xa4\x7f"
                          "esame\r"); // Ctrl-U, backspace, backspace over two bytes
    QCOMPARE(session.end().exitCode, 0);
    QCOMPARE(challengeSent(server), "open sesame");
}

void TestScepctlPrompt::emptyMeansNone()
{
    WireScepServer server;
    Session session(m_scepctl, enroll(server, "none"));
    QVERIFY(session.isAsked("Challenge password"));
    session.terminal.type("\n");
    QCOMPARE(session.end().exitCode, 0);
    QVERIFY(!must(Pki::CertificationRequest::fromDer(server.ca.received.first().payload)).hasChallengePassword());
}

void TestScepctlPrompt::fileAndEnvironmentAreNotAsked_data()
{
    QTest::addColumn<bool>("byFile");
    QTest::addColumn<QByteArray>("inEnvironment");
    QTest::addColumn<QByteArray>("sent");
    QTest::newRow("file") << true << QByteArray() << QByteArray("from the file");
    QTest::newRow("environment") << false << QByteArray("from outside") << QByteArray("from outside");
    QTest::newRow("file before environment") << true << QByteArray("from outside") << QByteArray("from the file");
    QTest::newRow("set and empty: none") << false << QByteArray("") << QByteArray();
}

void TestScepctlPrompt::fileAndEnvironmentAreNotAsked()
{
    QFETCH(bool, byFile);
    QFETCH(QByteArray, inEnvironment);
    QFETCH(QByteArray, sent);
    WireScepServer server;
    auto environment = QProcessEnvironment::systemEnvironment();
    if (!inEnvironment.isNull())
        environment.insert("SCEPTER_CHALLENGE", QString::fromUtf8(inEnvironment));
    Session session(m_scepctl, enroll(server, "given", byFile ? QStringList{"--challenge-file", "challenge"} : QStringList{}), environment);
    const ScepctlResult result = session.end();
    QVERIFY2(result.exitCode == 0, result.errors.constData());
    QVERIFY(!result.errors.contains("Challenge password"));
    QCOMPARE(challengeSent(server), sent);
}

void TestScepctlPrompt::keyPassphraseIsTyped()
{
    WireScepServer server;
    const QStringList options{"--key", "locked.pem", "--challenge-file", "challenge"};
    Session session(m_scepctl, enroll(server, "locked", options));
    QVERIFY(session.isAsked("Pass phrase of locked.pem"));
    session.terminal.type("open it\n");
    QCOMPARE(session.end().exitCode, 0);
    QCOMPARE(server.ca.received.first().signer.publicKey(), rsaKey("prompt", 2048).publicKey());

    Session wrong(m_scepctl, enroll(server, "wrong", options));
    QVERIFY(wrong.isAsked("Pass phrase"));
    wrong.terminal.type("no idea\n");
    const ScepctlResult refused = wrong.end();
    QCOMPARE(refused.exitCode, 8);
    QCOMPARE(refused.jsonError().value("code").toString(), "WrongPassphrase");
}

void TestScepctlPrompt::pkcs12PasswordIsTypedTwice()
{
    WireScepServer server;
    const QStringList options{"--p12", "dev.p12", "--challenge-file", "challenge"};
    Session session(m_scepctl, enroll(server, "p12", options));
    QVERIFY(session.isAsked("Password for dev.p12"));
    session.terminal.type("for the PLC\n");
    QVERIFY(session.isAsked("The same again"));
    session.terminal.type("for the PLC\n");
    QCOMPARE(session.end().exitCode, 0);
    QVERIFY(m_openssl.run({"pkcs12", "-in", m_scepctl.path("dev.p12"), "-noout", "-passin", "pass:for the PLC"}).isGood());

    Session slip(m_scepctl, enroll(server, "slip", {"--p12", "slip.p12", "--challenge-file", "challenge"}));
    QVERIFY(slip.isAsked("Password for"));
    slip.terminal.type("for the PLC\n");
    QVERIFY(slip.isAsked("The same again"));
    slip.terminal.type("for the PCL\n");
    QCOMPARE(slip.end().exitCode, 2);
    QVERIFY(!m_scepctl.exists("slip.p12"));
}

void TestScepctlPrompt::proxyPasswordIsTyped()
{
    const QStringList words{"--json", "ca", "http://127.0.0.1:1/scep", "--proxy", "http://127.0.0.1:1", "--proxy-user", "me"};
    Session session(m_scepctl, words);
    QVERIFY(session.isAsked("Password of me at the proxy"));
    session.terminal.type("proxy word\n");
    const ScepctlResult result = session.end();
    QCOMPARE(result.exitCode, 6); // nobody is there
    QVERIFY(!session.terminal.echoed().contains("proxy word"));
    QVERIFY(!(result.output + result.errors).contains("proxy word"));
    // Without a user there is nothing to ask for.
    Session plain(m_scepctl, words.first(5));
    QCOMPARE(plain.end().exitCode, 6);
}

void TestScepctlPrompt::passwordOfADeliveryIsTypedTwice()
{
    const QStringList words{"--json", "request", "edit", "dev", "--workspace", "open-ws", "--deliver-to", "out", "--deliver-files", "p12"};
    Session session(m_scepctl, words);
    QVERIFY(session.isAsked("Password of the PKCS#12 file"));
    session.terminal.type("for the PLC\n");
    QVERIFY(session.isAsked("The same again"));
    session.terminal.type("for the PLC\n");
    const ScepctlResult ended = session.end();
    QCOMPARE(ended.exitCode, 0);
    QCOMPARE(ended.json().value("hasDeliverP12Password").toBool(), true);
    // It is kept: other settings of the delivery ask no more.
    Session again(m_scepctl, words.first(8) + QStringList{"--deliver-files", "p12,cert"});
    QCOMPARE(again.end().exitCode, 0);
}

void TestScepctlPrompt::givingUp_data()
{
    QTest::addColumn<QByteArray>("keys");
    QTest::newRow("Ctrl-C") << QByteArray("half a sec\x03");
    QTest::newRow("Ctrl-D") << QByteArray("\x04");
}

void TestScepctlPrompt::givingUp()
{
    QFETCH(QByteArray, keys);
    WireScepServer server;
    Session session(m_scepctl, enroll(server, "up"));
    QVERIFY(session.isAsked("Challenge password"));
    session.terminal.type(keys);
    const ScepctlResult result = session.end();
    QCOMPARE(result.exitCode, 1);
    QCOMPARE(result.jsonError().value("code").toString(), "Cancelled");
    QVERIFY(session.terminal.echoes());
    QVERIFY(server.ca.received.isEmpty());
}

void TestScepctlPrompt::nobodyToAsk()
{
    WireScepServer server;
    QCOMPARE(m_scepctl.run(enroll(server, "pipe")).exitCode, 0); // as ever: no challenge
    const ScepctlResult locked = m_scepctl.run(enroll(server, "pipe2", {"--key", "locked.pem"}));
    QCOMPARE(locked.jsonError().value("code").toString(), "PassphraseRequired");
    QCOMPARE(m_scepctl.run(enroll(server, "pipe3", {"--p12", "x.p12"})).exitCode, 2);
}

QTEST_GUILESS_MAIN(TestScepctlPrompt)
#include "tst_scepctl_prompt.moc"
