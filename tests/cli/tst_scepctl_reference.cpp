// SPDX-License-Identifier: GPL-3.0-or-later

// app/cli/README.md against the program: every field that a verb prints is described there, and every field described is printed; every
// verb's --help is complete.

#include "scep/labca/depot.h"
#include "scep/labca/entityregister.h"
#include "tests/cli/scepctlprogram.h"
#include "tests/cli/wirescepserver.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QMap>
#include <QRegularExpression>
#include <QSet>
#include <QTest>

using namespace TestSupport;
using Scep::ReceivedRequest;
using Test::ScepctlProgram;
using Test::ScepctlResult;
using Test::WireScepServer;

namespace {

struct Section {
    QSet<QString> always;
    QSet<QString> optional;
};

QString readFile(const QString &path)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        qFatal("cannot read %s", qPrintable(path));
    return QString::fromUtf8(file.readAll());
}

/// Heading -> the fields in the first column of its table.
QMap<QString, Section> documented()
{
    QMap<QString, Section> sections;
    QString heading;
    static const QRegularExpression row("^\\| `([A-Za-z0-9]+)` \\| (.*)$");
    for (const QString &line : readFile(QString(SCEPCTL_README)).split('\n')) {
        if (line.startsWith("## "))
            heading = line.mid(3).trimmed();
        const auto match = row.match(line);
        if (match.hasMatch() && !heading.isEmpty())
            (match.captured(2).startsWith("*optional*") ? sections[heading].optional : sections[heading].always).insert(match.captured(1));
    }
    return sections;
}

} // namespace

class TestScepctlReference : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void ca();
    void enrollRenewAndPoll();
    void queries();
    void doctor();
    void inspect();
    void labCa();
    void errors();
    void everyOptionalFieldWasSeen();
    void helpIsComplete_data();
    void helpIsComplete();
    void everyVerbIsDescribed();

private:
    /// The members of `object` are those that the sections `names` describe together.
    void compare(const QJsonObject &object, const QStringList &names)
    {
        QSet<QString> always;
        QSet<QString> optional;
        for (const QString &name : names) {
            QVERIFY2(m_sections.contains(name), qPrintable("no section " + name));
            always += m_sections[name].always;
            optional += m_sections[name].optional;
        }
        const QStringList keys = object.keys();
        const QSet<QString> found(keys.begin(), keys.end());
        const QSet<QString> unknown = found - always - optional;
        const QSet<QString> missing = always - found;
        QVERIFY2(unknown.isEmpty(), qPrintable(names.join('+') + ": not described: " + QStringList(unknown.values()).join(' ')));
        QVERIFY2(missing.isEmpty(), qPrintable(names.join('+') + ": not printed: " + QStringList(missing.values()).join(' ')));
        for (const QString &name : names) {
            for (const QString &field : found &m_sections[name].optional)
                m_seen.insert(name + '.' + field);
        }
    }
    void compareAll(const QJsonValue &array, const QStringList &names)
    {
        QVERIFY2(array.isArray(), qPrintable(names.join('+')));
        for (const QJsonValue &each : array.toArray())
            compare(each.toObject(), names);
    }
    void labCaFolder();
    void compareTree(const QJsonObject &node)
    {
        compare(node, {"node object"});
        for (const QJsonValue &child : node.value("children").toArray())
            compareTree(child.toObject());
    }
    [[nodiscard]] ScepctlResult run(const QString &verb, const QStringList &options)
    {
        ScepctlResult result = m_scepctl.run(QStringList{"--json", verb} + options);
        if (result.json().isEmpty())
            qWarning("%s: %s", qPrintable(verb), result.errors.constData());
        return result;
    }

    QMap<QString, Section> m_sections;
    QSet<QString> m_seen; ///< optional fields that were printed at least once
    ScepctlProgram m_scepctl;
    WireScepServer m_server;
};

void TestScepctlReference::initTestCase()
{
    m_sections = documented();
    QVERIFY(m_sections.size() >= 15);
    QVERIFY(m_sections.value("ca").always.contains("toConfirmSha256"));
    m_server.ca.capabilities += "Renewal\n";
    m_scepctl.write("key.pem", rsaKey("reference", 2048).toPkcs8Pem().view().toByteArray());
    m_scepctl.write("password", "p12 word\n");
}

void TestScepctlReference::ca()
{
    const QJsonObject json = run("ca", {m_server.url(), "--out", "ca"}).json();
    // The test's server sends no Date; one that does is looked at too.
    compare(json, {"ca"});
    compareAll(json.value("certificates"), {"certificate object"});
    m_server.interceptor = [](const RawRequest &request) -> std::optional<RawAnswer> {
        return Test::operationOf(request) == "GetCACaps"
                   ? std::optional(RawAnswer::http("200 OK", "AES\nSHA-256\nPOSTPKIOperation\n", "Date: Mon, 01 Jan 2024 00:00:00 GMT\r\n"))
                   : std::nullopt;
    };
    compare(run("ca", {m_server.url()}).json(), {"ca"});
    const QJsonObject refused = run("ca", {m_server.url(), "--fingerprint", QString(64, 'a')}).jsonError();
    compare(refused, {"error object"});
    compareAll(refused.value("certificates"), {"certificate object"});
    m_server.interceptor = {};
}

void TestScepctlReference::enrollRenewAndPoll()
{
    const QStringList common{"--url", m_server.url(), "--fingerprint", m_server.fingerprint(), "--out", "out"};
    const QJsonObject enrolled = run("enroll", common + QStringList{"--subject", "CN=dev", "--key", "key.pem", "--p12", "dev.p12",
                                                                    "--p12-password-file", "password"})
                                     .json();
    compare(enrolled, {"certificate object", "enroll"});
    QCOMPARE(enrolled.value("files").toObject().keys(), QStringList({"certificate", "chain", "key", "pkcs12"}));
    m_scepctl.write("cert.pem", m_scepctl.read("out/dev.cert.pem"));
    const QJsonObject renewed = run("renew", common + QStringList{"--cert", "cert.pem", "--key", "key.pem", "--reuse-key"}).json();
    compare(renewed, {"certificate object", "enroll"});

    m_server.ca.script.enqueue([&](const ReceivedRequest &request) { return m_server.ca.pending(request); });
    compare(run("enroll", common + QStringList{"--subject", "CN=later", "--key", "key.pem"}).jsonError(), {"error object"});
    compare(run("poll", {"--out", "out"}).json(), {"certificate object", "enroll"});
    m_server.ca.script.enqueue(
        [&](const ReceivedRequest &request) { return m_server.ca.refuse(request, Scep::FailInfo::BadRequest, "not you"); });
    compare(run("enroll", common + QStringList{"--subject", "CN=never", "--key", "key.pem"}).jsonError(), {"error object"});
}

void TestScepctlReference::queries()
{
    const QStringList common{m_server.url(), "--fingerprint", m_server.fingerprint()};
    const auto wanted = must(Pki::Certificate::fromPem(m_scepctl.read("cert.pem")));
    const QDateTime now = m_server.clock.now();
    const auto crl = must(Pki::issueCrl(m_server.ca.ca.issuing.certificate, m_server.ca.ca.issuing.key,
                                        {{wanted.serialNumber(), now, "keyCompromise"}}, now.addDays(-1), now.addDays(1), 1));
    m_server.ca.script.enqueue([&](const ReceivedRequest &request) { return m_server.ca.deliver(request, wanted); });
    const QJsonObject certificate = run("get-cert", common + QStringList{"--cert", "cert.pem"}).json();
    compare(certificate, {"certificate object", "get-cert"});
    compareAll(certificate.value("chain"), {"certificate object"});

    m_server.ca.script.enqueue([&](const ReceivedRequest &request) {
        Scep::CertRepTemplate reply = m_server.ca.success(request, {});
        Scep::CertRepTemplate::Success body;
        body.recipient = request.signer;
        body.crls = {crl};
        reply.body = body;
        return ScriptedCa::pkiMessage(m_server.ca.message(reply));
    });
    const QJsonObject list = run("get-crl", common + QStringList{"--cert", "cert.pem"}).json();
    compare(list, {"get-crl"});
    compareAll(list.value("crls"), {"CRL object"});
    QCOMPARE(list.value("crls").toArray().first().toObject().value("revoked").toArray().first().toObject().keys(),
             QStringList({"reason", "revocationDate", "serialNumber"}));

    const TestCa next = TestCa::create("reference next");
    const Identity signer = m_server.ca.ca.ra;
    const QByteArray body =
        must(Pki::signCms(must(Pki::degenerateCms({next.issuing.certificate, next.root.certificate})), signer.certificate, signer.key, {}));
    m_server.interceptor = [body](const RawRequest &request) -> std::optional<RawAnswer> {
        return Test::operationOf(request) == "GetNextCACert" ? std::optional(RawAnswer::http("200 OK", body)) : std::nullopt;
    };
    const QJsonObject nextCa = run("next-ca", common).json();
    compare(nextCa, {"next-ca"});
    compareAll(nextCa.value("certificates"), {"certificate object"});
    m_server.interceptor = {};
}

void TestScepctlReference::doctor()
{
    m_server.ca.standing = [this](const ReceivedRequest &request) { return m_server.ca.refuse(request, Scep::FailInfo::BadCertId); };
    const QJsonObject json = run("doctor", {m_server.url(), "--fingerprint", m_server.fingerprint()}).json();
    compare(json, {"doctor"});
    compareAll(json.value("findings"), {"finding object"});
    QCOMPARE(json.value("counts").toObject().keys(), QStringList({"notice", "ok", "problem", "warning"}));
    compare(run("doctor", {m_server.url(), "--fingerprint", QString(64, 'a')}).jsonError(), {"error object"});
}

void TestScepctlReference::inspect()
{
    const QString vectors = TEST_DATA_DIR "/cli/";
    const Identity issuing = m_server.ca.ca.issuing;
    const QDateTime now = m_server.clock.now();
    m_scepctl.write("csr.pem", makeRequest("CN=dev", rsaKey("reference", 2048)).toPem());
    m_scepctl.write("list.crl", must(Pki::issueCrl(issuing.certificate, issuing.key, {}, now, now.addDays(1), 1)).toPem());
    ReplyPlan plan;
    plan.transactionId = "1";
    plan.recipientNonce = QByteArray(16, 'r');
    plan.pkiStatus = "2";
    plan.failInfo = "2";
    plan.failInfoText = "no";
    plan.extraAttributes = {{Pki::Oid::literal(Scep::Oids::ndesError), {Pki::printableStringDer("-2147024809")}}};
    plan.signer = m_server.ca.ca.ra;
    m_scepctl.write("refusal.der", makeReply(plan));
    for (const QStringList &arguments : {QStringList{"cert.pem"}, QStringList{"csr.pem"}, QStringList{"list.crl"}, QStringList{"key.pem"},
                                         QStringList{"dev.p12", "--passphrase-file", "password"}, QStringList{"refusal.der"},
                                         QStringList{vectors + "scepclient-pkcsreq.der", "--key", vectors + "scepserver-ca.key.pem"},
                                         QStringList{vectors + "scepserver-certrep.der", "--key", vectors + "scepclient.key.pem"}}) {
        const QJsonObject json = run("inspect", arguments).json();
        compare(json, {"inspect"});
        if (json.contains("certificates"))
            compareAll(json.value("certificates"), {"certificate object"});
        if (json.contains("request"))
            compare(json.value("request").toObject(), {"request object"});
        if (json.contains("crls"))
            compareAll(json.value("crls"), {"CRL object"});
        if (json.contains("message"))
            compare(json.value("message").toObject(), {"message object"});
        if (json.contains("tree"))
            compareTree(json.value("tree").toObject());
        if (json.value("contents").toObject().contains("request"))
            compare(json.value("contents").toObject().value("request").toObject(), {"request object"});
    }
}

void TestScepctlReference::labCa()
{
    const auto process = m_scepctl.start({"--json", "lab-ca", "serve", "--dir", "lab", "--port", "0", "--mode", "approve"});
    QByteArray line;
    QVERIFY(QTest::qWaitFor(
        [&] {
            line += process->readAllStandardOutput();
            return line.contains('\n');
        },
        60000));
    const QJsonObject served = QJsonDocument::fromJson(line.left(line.indexOf('\n'))).object();
    compare(served, {"lab-ca serve"});

    // One request that is issued and revoked, one that is refused.
    const QStringList common{
        "--url",  served.value("url").toString(), "--fingerprint", served.value("rootSha256").toString(), "--key", "key.pem", "--out",
        "lab-out"};
    QStringList ids;
    for (const QString subject : {"CN=good", "CN=bad"}) {
        const ScepctlResult pending = run("enroll", common + QStringList{"--subject", subject});
        QCOMPARE(pending.exitCode, 5);
        ids.append(pending.jsonError().value("transactionId").toString());
    }
    compare(run("lab-ca", {"approve", "--dir", "lab", ids.at(0)}).json(), {"enrollment object"});
    QCOMPARE(run("poll", {"--out", "lab-out", "--label", "good"}).exitCode, 0);
    compare(run("lab-ca", {"revoke", "--dir", "lab", "--reason", "superseded", ids.at(0)}).json(), {"enrollment object"});
    compare(run("lab-ca", {"reject", "--dir", "lab", "--reason", "not here", ids.at(1)}).json(), {"enrollment object"});
    const QJsonObject list = run("lab-ca", {"list", "--dir", "lab"}).json();
    compare(list, {"lab-ca list"});
    QCOMPARE(list.value("enrollments").toArray().size(), 2);
    compareAll(list.value("enrollments"), {"enrollment object"});
    compare(run("lab-ca", {"crl", "--dir", "lab", "--out", "lab.crl"}).json(), {"lab-ca crl"});
    compare(run("lab-ca", {"rollover", "--dir", "lab"}).json(), {"lab-ca rollover"});
    compare(run("lab-ca", {"rollover", "--dir", "lab", "--at", "+1d"}).json(), {"lab-ca rollover"});
    labCaFolder();

    // The serving process follows: what was revoked and announced beside it is what it tells.
    const QStringList ask{served.value("url").toString(), "--fingerprint", served.value("rootSha256").toString()};
    const QStringList device{"--cert", "lab-out/good.cert.pem", "--signer-cert", "lab-out/good.cert.pem", "--key", "lab-out/good.key.pem"};
    QCOMPARE(run("get-crl", ask + device).json().value("isRevoked").toBool(), true);
    const QJsonObject certificate = run("get-cert", ask + device).json();
    QCOMPARE(certificate.value("subject").toString(), "CN=good");
    const QJsonObject next = run("next-ca", ask).json();
    QCOMPARE(next.value("hasNextCa").toBool(), true);
    QCOMPARE(next.value("isUnderAnchor").toBool(), true);
    compare(run("lab-ca", {"rollover", "--dir", "lab", "--now"}).json(), {"lab-ca rollover"});
    m_scepctl.write("lab/enrollments/damaged.json", "{");
    compare(run("lab-ca", {"list", "--dir", "lab"}).json(), {"lab-ca list"});
    const QJsonObject crls = run("lab-ca", {"crl", "--dir", "lab", "--out", "lab.crl", "--all"}).json();
    compare(crls, {"lab-ca crl"});
    QCOMPARE(crls.value("former").toArray().first().toObject().value("revoked").toInt(), 1);
    process->terminate();
    QCOMPARE(ScepctlProgram::wait(*process).exitCode, 0);
}

/// What needs no serving process; and an approved request whose certificate cannot be made.
void TestScepctlReference::labCaFolder()
{
    m_scepctl.write("entity", "given\n");
    compare(run("lab-ca", {"init", "--dir", "lab", "--ca", "second", "--ra", "split", "--mode", "registered"}).json(), {"lab-ca init"});
    const QStringList second{"--dir", "lab", "--ca", "second"};
    compare(run("lab-ca", QStringList{"register", "plc-7"} + second).json(), {"entity object", "lab-ca register"});
    compare(run("lab-ca", QStringList{"register", "plc-8", "--out", "challenge"} + second).json(), {"entity object", "lab-ca register"});
    compare(run("lab-ca", QStringList{"register", "plc-9", "--challenge-file", "entity"} + second).json(),
            {"entity object", "lab-ca register"});
    const Pki::SecretBytes given(QByteArrayView("given"));
    const auto taken = LabCa::EntityRegister(m_scepctl.path("lab/cas/second"))
                           .take({.commonName = "plc-9",
                                  .challenge = &given,
                                  .transactionId = must(Scep::TransactionId::fromText("ABC")),
                                  .requestDigest = "x"},
                                 QDateTime::currentDateTimeUtc());
    QVERIFY(taken && !*taken);
    const QJsonObject entities = run("lab-ca", QStringList{"entities"} + second).json();
    compare(entities, {"lab-ca entities"});
    QCOMPARE(entities.value("entities").toArray().size(), 3);
    compareAll(entities.value("entities"), {"entity object"});
    compare(run("lab-ca", QStringList{"unregister", "plc-8"} + second).json(), {"lab-ca unregister"});
    m_scepctl.write("lab/profiles.json", R"([{"name": "minutes", "validityMinutes": 5}])");
    const QJsonObject profiles = run("lab-ca", {"profiles", "--dir", "lab"}).json();
    compare(profiles, {"lab-ca profiles"});
    compareAll(profiles.value("profiles"), {"profile object"});
    compare(run("lab-ca", {"faults"}).json(), {"lab-ca faults"});

    LabCa::Depot depot = must(LabCa::Depot::open(m_scepctl.path("lab/cas/second")));
    LabCa::Enrollment troubled;
    troubled.transactionId = must(Scep::TransactionId::fromText("TROUBLED"));
    troubled.state = LabCa::Enrollment::State::Approved;
    troubled.receivedAt = QDateTime::currentDateTimeUtc();
    troubled.requested.publicKey = rsaKey("reference", 2048).publicKey();
    troubled.requested.profile = "minutes";
    troubled.issuingTrouble = "the issuing CA's certificate is not in force";
    QVERIFY(depot.store(troubled));
    compareAll(run("lab-ca", QStringList{"list"} + second).json().value("enrollments"), {"enrollment object"});
}

void TestScepctlReference::errors()
{
    for (const QStringList &arguments : {QStringList{"inspect", "no-such-file"}, QStringList{"enroll"}, QStringList{"no-such-verb"}}) {
        const ScepctlResult result = m_scepctl.run(QStringList{"--json"} + arguments);
        QCOMPARE(result.json().keys(), QStringList{"error"});
        compare(result.jsonError(), {"error object"});
        QCOMPARE(result.jsonError().value("exitCode").toInt(), result.exitCode);
    }
}

void TestScepctlReference::everyOptionalFieldWasSeen()
{
    for (auto section = m_sections.cbegin(); section != m_sections.cend(); ++section) {
        for (const QString &field : section->optional)
            QVERIFY2(m_seen.contains(section.key() + '.' + field), qPrintable(section.key() + '.' + field));
    }
}

void TestScepctlReference::helpIsComplete_data()
{
    QTest::addColumn<QString>("verb");
    QTest::addColumn<QStringList>("options");
    const QStringList server{"--ca-ident", "--timeout", "--tls-root", "--proxy", "--proxy-user", "--proxy-password-file"};
    const QStringList trust{"--fingerprint", "--fingerprint-alg", "--ca-file"};
    const QStringList output{"--out", "--wait", "--p12", "--p12-password-file", "--p12-style", "--verbose"};
    const QStringList query = server + trust + QStringList{"--trust-on-first-use", "--cipher", "--digest", "--method", "--out"};
    QTest::newRow("ca") << "ca" << server + trust + QStringList{"URL", "--out"};
    QTest::newRow("enroll") << "enroll"
                            << server + trust + output +
                                   QStringList{"--url",          "--subject",        "--san",   "--key-type",       "--key",   "--csr",
                                               "--profile-name", "--challenge-file", "--label", "--transaction-id", "--method"};
    QTest::newRow("renew") << "renew"
                           << server + trust + output +
                                  QStringList{"--url", "--cert", "--key", "--method", "--http-method", "--reuse-key", "--challenge-file"};
    QTest::newRow("poll") << "poll" << output + QStringList{"--label"};
    QTest::newRow("get-cert") << "get-cert" << query + QStringList{"URL", "--cert", "--serial", "--issuer", "--signer-cert", "--key"};
    QTest::newRow("get-crl") << "get-crl" << query + QStringList{"URL", "--cert", "--serial", "--issuer", "--signer-cert", "--key"};
    QTest::newRow("next-ca") << "next-ca" << query + QStringList{"URL"};
    QTest::newRow("doctor") << "doctor" << server + trust + QStringList{"URL"};
    QTest::newRow("inspect") << "inspect" << QStringList{"FILE", "--passphrase-file", "--key", "--key-passphrase-file", "--cert"};
}

void TestScepctlReference::helpIsComplete()
{
    QFETCH(QString, verb);
    QFETCH(QStringList, options);
    const ScepctlResult result = m_scepctl.run({verb, "--help"});
    QCOMPARE(result.exitCode, 0);
    QVERIFY(result.errors.isEmpty());
    QVERIFY(result.output.startsWith("Usage: scepctl " + verb.toUtf8()));
    for (const QString &option : options + QStringList{"--json", "--help"})
        QVERIFY2(QRegularExpression(QRegularExpression::escape(option) + "\\b").match(QString::fromUtf8(result.output)).hasMatch(),
                 qPrintable(option));
}

void TestScepctlReference::everyVerbIsDescribed()
{
    const QString help = QString::fromUtf8(m_scepctl.run({"--help"}).output);
    const QString list = help.section("Verbs:", 1).section("\n\n", 0, 0);
    const QString page = readFile(QString(SCEPCTL_README));
    int count = 0;
    for (const QString &line : list.split('\n', Qt::SkipEmptyParts)) {
        const QString verb = line.trimmed().section(' ', 0, 0);
        QVERIFY2(page.contains("| `" + verb), qPrintable(verb));
        QCOMPARE(m_scepctl.run({verb, "--help"}).exitCode, 0);
        ++count;
    }
    QCOMPARE(count, 18);
    QVERIFY(help.contains("SCEPTER_CHALLENGE") && help.contains("typed"));
}

QTEST_GUILESS_MAIN(TestScepctlReference)
#include "tst_scepctl_reference.moc"
