// SPDX-License-Identifier: GPL-3.0-or-later

// scepctl doctor at servers of the test and at micromdm's scepserver: what must be named, and that nothing is sent to a stranger.

#include "tests/cli/scepctlprogram.h"
#include "tests/cli/wirescepserver.h"
#include "tests/interop/scepserverprogram.h"
#include "tests/support/opensslprogram.h"

#include <QJsonArray>
#include <QTest>

using namespace TestSupport;
using Scep::ReceivedRequest;
using Test::ScepctlProgram;
using Test::ScepctlResult;
using Test::WireScepServer;

namespace {

/// id -> severity of the findings in a result or in its error.
QMap<QString, QString> findings(const ScepctlResult &result)
{
    const QJsonObject json = result.json();
    const QJsonObject object = json.contains("error") ? json.value("error").toObject() : json;
    QMap<QString, QString> found;
    for (const QJsonValue &each : object.value("findings").toArray()) {
        const QJsonObject finding = each.toObject();
        found.insert(finding.value("id").toString(), finding.value("severity").toString());
        for (const QString member : {"object", "what", "why"}) {
            if (finding.value(member).toString().isEmpty())
                qFatal("a finding without %s", qPrintable(member));
        }
    }
    return found;
}

} // namespace

class TestScepctlDoctor : public QObject
{
    Q_OBJECT

private slots:
    void scepserver();
    void goodServer();
    void weakReplyIsSeen();
    void oldServer();
    void strangerGetsNoMessage();
    void forgedAnswers();
    void unreachable();

private:
    ScepctlProgram m_scepctl;
};

void TestScepctlDoctor::scepserver()
{
    const Test::OpensslProgram openssl;
    ScepServerProgram server(openssl.path({}));
    QVERIFY2(server.start(), server.complaint().constData());
    const auto ca = must(Pki::Certificate::fromPem(openssl.read("depot/ca.pem")));
    const QString url = server.url().toString();
    const ScepctlResult result = m_scepctl.run({"--json", "doctor", url, "--fingerprint", ca.fingerprint().toHex()});
    QVERIFY2(result.exitCode == 0, result.errors.constData());
    const auto found = findings(result);
    QCOMPARE(found.value("des-replies"), "warning");
    QCOMPARE(found.value("sha1-offered"), "notice");
    QCOMPARE(found.value("des3-offered"), "notice");
    QCOMPARE(found.value("no-next-ca"), "notice");
    QCOMPARE(found.value("no-cert-poll"), "warning");
    QCOMPARE(found.value("single-certificate"), "notice");
    QCOMPARE(found.value("clock-skew"), "ok");
    QCOMPARE(found.value("fingerprint"), "ok");
    QVERIFY(found.contains("openssl"));
    QVERIFY(!found.values().contains("problem"));
    QVERIFY(result.json().value("openssl").toString().startsWith("OpenSSL 3"));

    // For people: severities in front, what to do behind an arrow.
    const ScepctlResult text = m_scepctl.run({"doctor", url, "--fingerprint", ca.fingerprint().toHex()});
    QCOMPARE(text.exitCode, 0);
    QVERIFY(text.output.startsWith("warning") && text.output.contains("-> "));

    // The same is named of a server that nobody has confirmed, without one message to it.
    const int operations = server.operations();
    const auto unconfirmed = findings(m_scepctl.run({"--json", "doctor", url}));
    for (const QString id :
         {"des-replies", "sha1-offered", "des3-offered", "no-next-ca", "no-cert-poll", "single-certificate", "not-confirmed"})
        QVERIFY2(unconfirmed.contains(id), qPrintable(id));
    QCOMPARE(server.operations(), operations);
}

void TestScepctlDoctor::goodServer()
{
    WireScepServer server;
    server.ca.capabilities += "Renewal\n";
    const QDateTime now = server.clock.now();
    const auto crl =
        must(Pki::issueCrl(server.ca.ca.issuing.certificate, server.ca.ca.issuing.key, {}, now.addDays(-1), now.addDays(1), 1));
    server.ca.standing = [&](const ReceivedRequest &request) {
        if (request.type == Scep::MessageType::CertPoll)
            return server.ca.refuse(request, Scep::FailInfo::BadCertId);
        Scep::CertRepTemplate reply = server.ca.success(request, {});
        Scep::CertRepTemplate::Success body;
        body.recipient = request.signer;
        body.crls = {crl};
        reply.body = body;
        return ScriptedCa::pkiMessage(server.ca.message(reply));
    };
    const ScepctlResult result = m_scepctl.run({"--json", "doctor", server.url(), "--fingerprint", server.fingerprint()});
    QVERIFY2(result.exitCode == 0, result.errors.constData());
    const auto found = findings(result);
    for (const QString id : {"reached", "fingerprint", "cert-poll", "get-crl", "reply-cipher", "aes", "sha2", "post"})
        QVERIFY2(found.value(id) == "ok", qPrintable(id));
    QVERIFY(!found.contains("des-replies") && !found.contains("no-cert-poll"));
    // Nothing was asked for that a server could issue.
    QCOMPARE(server.ca.received.size(), 2);
    QCOMPARE(server.ca.received.at(0).type, Scep::MessageType::CertPoll);
    QCOMPARE(server.ca.received.at(1).type, Scep::MessageType::GetCrl);
    QCOMPARE(result.json().value("counts").toObject().value("ok").toInt(), static_cast<int>(found.values().count("ok")));
}

void TestScepctlDoctor::weakReplyIsSeen()
{
    WireScepServer server;
    const QDateTime now = server.clock.now();
    const auto crl =
        must(Pki::issueCrl(server.ca.ca.issuing.certificate, server.ca.ca.issuing.key, {}, now.addDays(-1), now.addDays(1), 1));
    server.ca.standing = [&](const ReceivedRequest &request) {
        Scep::CertRepTemplate reply = server.ca.success(request, {});
        reply.digest = Pki::Digest::Sha1;
        Scep::CertRepTemplate::Success body;
        body.recipient = request.signer;
        body.crls = {crl};
        body.cipher = Pki::Cipher::Des;
        reply.body = body;
        if (request.type == Scep::MessageType::CertPoll)
            reply.body = Scep::Rejection{4, {}, std::nullopt};
        return ScriptedCa::pkiMessage(server.ca.message(reply));
    };
    const auto found = findings(m_scepctl.run({"--json", "doctor", server.url(), "--fingerprint", server.fingerprint()}));
    QCOMPARE(found.value("des-replies"), "warning");
    QCOMPARE(found.value("weak-reply-signature"), "warning");
    QCOMPARE(found.value("cert-poll"), "ok");
}

void TestScepctlDoctor::oldServer()
{
    WireScepServer server;
    server.ca.standing = [](const ReceivedRequest &) { return ScriptedAnswer::http(500, "Error", "what?"); };
    server.interceptor = [](const RawRequest &request) -> std::optional<RawAnswer> {
        if (Test::operationOf(request) == "GetCACaps")
            return RawAnswer::http("404 Not Found", "<html>", "Date: Mon, 01 Jan 2024 00:00:00 GMT\r\n");
        return std::nullopt;
    };
    const auto found = findings(m_scepctl.run(
        {"--json", "doctor", server.url(), "--fingerprint", server.ca.ca.root.certificate.fingerprint(Pki::Digest::Sha1).toHex()}));
    QCOMPARE(found.value("no-capabilities"), "warning");
    QCOMPARE(found.value("no-cert-poll"), "warning");
    QCOMPARE(found.value("clock-skew"), "warning");
    QCOMPARE(found.value("fingerprint"), "warning"); // SHA-1
}

void TestScepctlDoctor::strangerGetsNoMessage()
{
    WireScepServer server;
    ScepctlResult result = m_scepctl.run({"--json", "doctor", server.url()});
    QCOMPARE(result.exitCode, 0);
    QCOMPARE(findings(result).value("not-confirmed"), "warning");
    QCOMPARE(result.json().value("isAuthenticated").toBool(true), false);
    result = m_scepctl.run({"--json", "doctor", server.url(), "--fingerprint", QString(64, 'a')});
    QCOMPARE(result.exitCode, 3);
    QCOMPARE(result.jsonError().value("code").toString(), "FingerprintMismatch");
    QCOMPARE(findings(result).value("fingerprint"), "problem");
    QCOMPARE(server.count("PKIOperation"), 0);
}

void TestScepctlDoctor::forgedAnswers()
{
    WireScepServer server;
    server.ca.standing = [&](const ReceivedRequest &request) {
        Scep::CertRepTemplate reply = server.ca.success(request, {});
        reply.body = Scep::Rejection{4, {}, std::nullopt};
        reply.recipientNonce = Scep::Nonce::create();
        return ScriptedCa::pkiMessage(server.ca.message(reply));
    };
    const auto found = findings(m_scepctl.run({"--json", "doctor", server.url(), "--fingerprint", server.fingerprint()}));
    QCOMPARE(found.value("bad-reply"), "problem");
}

void TestScepctlDoctor::unreachable()
{
    const ScepctlResult result = m_scepctl.run({"--json", "doctor", "http://127.0.0.1:1/scep", "--timeout", "5"});
    QCOMPARE(result.exitCode, 6);
    QCOMPARE(findings(result).value("no-ca-certificates"), "problem");
    QCOMPARE(result.errors.trimmed().count('\n'), 0);
}

QTEST_GUILESS_MAIN(TestScepctlDoctor)
#include "tst_scepctl_doctor.moc"
