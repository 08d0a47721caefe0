// SPDX-License-Identifier: GPL-3.0-or-later
// Scepter enrols at a real server: scepserver of micromdm (package scep). Its replies are DES-CBC and SHA-1 whatever was asked.
#include "scep/worker/engine.h"
#include "tests/interop/scepserverprogram.h"
#include "tests/support/memoryjournal.h"
#include "tests/support/opensslprogram.h"
#include "tests/support/testca.h"

#include <QJsonDocument>
#include <QJsonObject>
#include <QNetworkAccessManager>
#include <QTest>

using TestSupport::must;
using State = Scep::TransactionStatus::State;

namespace {

const QString challenge = ScepServerProgram::challenge();

} // namespace

class TestScepServer final : public QObject
{
    Q_OBJECT

private slots:
    void init();
    void cleanup();
    void engineEnrols();
    void engineTellsWhyItWasRejected();
    void engineSendsNothingToAnotherCa();
    void scepctlEnrols();
    void scepctlTellsWhyItWasRejected();

private:
    [[nodiscard]] Scep::EnrollmentServer server() const;
    void prepare(const Scep::EnrollmentServer &server, const QString &password);
    bool enrollUntil(State state);
    static QString describe(const Scep::TransactionStatus &status);
    QStringList scepctlArguments(const QString &challengeFile) const;

    static constexpr Scep::ServerId serverId{1};
    static constexpr Scep::RequestId requestId{1};

    std::unique_ptr<Test::OpensslProgram> m_openssl; ///< with the folder that everything of a test lies in
    std::unique_ptr<ScepServerProgram> m_server;
    Pki::Certificate m_ca;

    std::unique_ptr<QNetworkAccessManager> m_network;
    std::unique_ptr<TestSupport::MemoryJournal> m_journal;
    std::unique_ptr<Scep::SystemClock> m_clock;
    std::unique_ptr<Scep::KeyPool> m_keyPool;
    std::unique_ptr<Scep::Engine> m_engine;
    QList<Scep::IssuedCertificate> m_issued;
};

void TestScepServer::init()
{
    // A server for each test: what it wrote down is of this test alone.
    m_openssl = std::make_unique<Test::OpensslProgram>();
    m_server = std::make_unique<ScepServerProgram>(m_openssl->path({}));
    QVERIFY2(m_server->start(), m_server->complaint().constData());
    m_ca = must(Pki::Certificate::fromPem(m_openssl->read("depot/ca.pem")));
    m_network = std::make_unique<QNetworkAccessManager>();
    m_journal = std::make_unique<TestSupport::MemoryJournal>();
    m_clock = std::make_unique<Scep::SystemClock>();
    m_keyPool = std::make_unique<Scep::KeyPool>();
    m_issued.clear();
}

void TestScepServer::cleanup()
{
    m_engine.reset();
    m_keyPool.reset();
    m_clock.reset();
    m_journal.reset();
    m_network.reset();
    m_server.reset();
    m_openssl.reset();
}

Scep::EnrollmentServer TestScepServer::server() const
{
    Scep::EnrollmentServer server;
    server.id = serverId;
    server.label = "scepserver";
    server.url = m_server->url();
    server.anchor.fingerprint = m_ca.fingerprint();
    return server;
}

void TestScepServer::prepare(const Scep::EnrollmentServer &server, const QString &password)
{
    Scep::EnrollmentRequest request;
    request.id = requestId;
    request.label = "plc-7";
    request.server = serverId;
    request.subject = must(Pki::DistinguishedName::fromText("C=SE, O=Lab, CN=plc-7"));
    request.subjectAlternativeNames = must(Pki::subjectAlternativeNamesFromText("DNS:plc-7.lab.example, IP:192.0.2.7"));
    m_journal->serverTable.insert(serverId, server);
    m_journal->requestTable.insert(requestId, request);
    m_journal->challenges.insert(requestId, password.toUtf8());
    m_engine = std::make_unique<Scep::Engine>(Scep::Engine::Dependencies{*m_network, *m_journal, *m_clock, *m_keyPool});
    connect(m_engine.get(), &Scep::Engine::certificateIssued, m_engine.get(),
            [this](const Scep::IssuedCertificate &issued) { m_issued.append(issued); });
    QVERIFY(m_engine->start());
}

bool TestScepServer::enrollUntil(State state)
{
    m_engine->enroll(requestId);
    return QTest::qWaitFor([&] { return m_engine->status(requestId).state == state; }, 30'000);
}

QString TestScepServer::describe(const Scep::TransactionStatus &status)
{
    QString text;
    QDebug(&text) << status.state << (status.error ? status.error->detail : QString());
    return text;
}

void TestScepServer::engineEnrols()
{
    prepare(server(), challenge);
    QVERIFY2(enrollUntil(State::Done), qPrintable(describe(m_engine->status(requestId))));
    QCOMPARE(m_issued.size(), 1);
    const Scep::IssuedCertificate &issued = m_issued.first();
    QCOMPARE(issued.certificate.subject().commonName(), QString("plc-7"));
    QCOMPARE(issued.issuers, QList<Pki::Certificate>{m_ca});
    QVERIFY(m_journal->calls.contains("begin"));
    QVERIFY(m_journal->calls.indexOf("begin") < m_journal->calls.indexOf("complete"));
    // That the reply was DES is said: it needs OpenSSL's legacy provider and protects nothing.
    const QString notes = issued.notes.join('\n');
    QVERIFY2(notes.contains("DES"), qPrintable(notes));

    m_openssl->write("engine.pem", issued.certificate.toPem());
    m_openssl->write("engine.key", m_journal->issued.first().key.toPkcs8Pem().view().toByteArray());
    const auto verified = m_openssl->run({"verify", "-CAfile", "depot/ca.pem", "engine.pem"});
    QVERIFY2(verified.isGood(), verified.errors.constData());
    QCOMPARE(m_openssl->output({"x509", "-in", "engine.pem", "-noout", "-pubkey"}),
             m_openssl->output({"pkey", "-in", "engine.key", "-pubout"}));
    const QByteArray names = m_openssl->output({"x509", "-in", "engine.pem", "-noout", "-ext", "subjectAltName"});
    QVERIFY2(names.contains("DNS:plc-7.lab.example") && names.contains("IP Address:192.0.2.7"), names.constData());
}

void TestScepServer::engineTellsWhyItWasRejected()
{
    prepare(server(), "guessed");
    QVERIFY2(enrollUntil(State::Rejected), qPrintable(describe(m_engine->status(requestId))));
    const auto status = m_engine->status(requestId);
    QCOMPARE(status.error->code, Pki::ErrorCode::Rejected);
    QVERIFY(status.rejection);
    QCOMPARE(status.rejection->failInfo(), std::optional(Scep::FailInfo::BadRequest));
    QVERIFY(m_issued.isEmpty());
}

void TestScepServer::engineSendsNothingToAnotherCa()
{
    Scep::EnrollmentServer foreign = server();
    foreign.anchor.fingerprint = must(Pki::Fingerprint::fromText(QString(64, 'a')));
    prepare(foreign, challenge);
    m_engine->enroll(requestId);
    QTRY_VERIFY_WITH_TIMEOUT(m_engine->status(requestId).error.has_value(), 30'000);
    QCOMPARE(m_engine->status(requestId).error->code, Pki::ErrorCode::FingerprintMismatch);
    QVERIFY(!m_journal->calls.contains("begin"));
    QTRY_COMPARE(m_engine->activity().runningExchanges, 0);
    // The server writes about a request once it has answered it: one more round makes sure that it would have by now.
    m_engine.reset();
    m_journal->serverTable.insert(serverId, server());
    m_engine = std::make_unique<Scep::Engine>(Scep::Engine::Dependencies{*m_network, *m_journal, *m_clock, *m_keyPool});
    QVERIFY(m_engine->start());
    QVERIFY(enrollUntil(State::Done));
    QTRY_COMPARE(m_server->operations(), 1);
}

QStringList TestScepServer::scepctlArguments(const QString &challengeFile) const
{
    return {"--json",
            "enroll",
            "--url",
            m_server->url().toString(),
            "--fingerprint",
            m_ca.fingerprint().toDisplay(),
            "--subject",
            "CN=plc-8,O=Lab",
            "--san",
            "DNS:plc-8.lab.example",
            "--challenge-file",
            challengeFile,
            "--out",
            "out"};
}

void TestScepServer::scepctlEnrols()
{
    m_openssl->write("challenge", challenge.toUtf8() + '\n');
    ForeignProgram scepctl(qEnvironmentVariable("SCEPTER_BIN_DIR") + "/scepctl", "(build the target scepctl)", m_openssl->path({}));
    QVERIFY2(scepctl.run(scepctlArguments("challenge")) == 0, scepctl.everything().constData());
    QVERIFY2(QJsonDocument::fromJson(scepctl.output()).isObject(), scepctl.output().constData());
    QVERIFY2(scepctl.everything().contains("DES"), scepctl.everything().constData());
    QVERIFY(!scepctl.everything().contains(challenge.toUtf8()));
    const auto verified = m_openssl->run({"verify", "-CAfile", "out/plc-8.chain.pem", "out/plc-8.cert.pem"});
    QVERIFY2(verified.isGood(), verified.errors.constData());
    QCOMPARE(m_openssl->output({"x509", "-in", "out/plc-8.cert.pem", "-noout", "-pubkey"}),
             m_openssl->output({"pkey", "-in", "out/plc-8.key.pem", "-pubout"}));
}

void TestScepServer::scepctlTellsWhyItWasRejected()
{
    constexpr int rejected = 4;
    m_openssl->write("wrong", "guessed\n");
    ForeignProgram scepctl(qEnvironmentVariable("SCEPTER_BIN_DIR") + "/scepctl", "(build the target scepctl)", m_openssl->path({}));
    QStringList arguments = scepctlArguments("wrong");
    arguments.replaceInStrings("plc-8", "plc-9");
    QVERIFY2(scepctl.run(arguments) == rejected, scepctl.everything().constData());
    QVERIFY2(scepctl.everything().contains("badRequest"), scepctl.everything().constData());
    QVERIFY(!scepctl.everything().contains("guessed"));
    QVERIFY(!QFile::exists(m_openssl->path("out/plc-9.cert.pem")));
}

QTEST_GUILESS_MAIN(TestScepServer)
#include "tst_interop_scepserver.moc"
