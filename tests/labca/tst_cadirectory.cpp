// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/labca/cadirectory.h"

#include "scep/labca/policyfile.h"
#include "scep/labca/sceppath.h"
#include "scep/protocol/cacertificates.h"
#include "tests/labca/labdevice.h"

#include <QDir>
#include <QTest>

using namespace LabCa;
using TestSupport::must;

namespace {

CaDescription named(const QString &name)
{
    CaDescription description;
    description.name = name;
    return description;
}

void makeCa(const QString &folder, const QString &alias, const CaDescription &description)
{
    if (const auto made = CaDirectory::create(folder, alias, description); !made)
        qFatal("%s", qPrintable(made.error().detail));
}

/// A folder with three CAs: its own, "plant2" and "Labor-3".
struct Plant {
    QTemporaryDir folder;
    CaDirectory directory;

    Plant()
        : directory(open(folder.path()))
    {}
    static CaDirectory open(const QString &path)
    {
        makeCa(path, "plant2", named("Plant 2"));
        makeCa(path, "Labor-3", named("Labor 3"));
        return must(CaDirectory::open(path, {.description = named("Plant 1")}));
    }
    [[nodiscard]] Depot &depot(const QString &alias) const
    {
        for (const CaDirectory::Served &one : directory.all()) {
            if (one.alias == alias)
                return *one.depot;
        }
        qFatal("no CA %s", qPrintable(alias));
    }
    [[nodiscard]] HttpResponse get(const QString &path, const QString &operation, const QByteArray &message = {},
                                   LogEntry *log = nullptr) const
    {
        return directory.handle({.isPost = false, .path = path, .operation = operation, .message = message}, log);
    }
    /// The alias of the CA that answers a GetCACert, or "HTTP 404 ...".
    [[nodiscard]] QString answering(const QString &path, const QByteArray &message) const
    {
        const HttpResponse response = get(path, "GetCACert", message);
        if (response.status != 200)
            return QString("HTTP %1 %2").arg(response.status).arg(QString::fromUtf8(response.body).trimmed());
        const auto offered = must(Scep::parseCaCertificates(response.body, QString::fromLatin1(response.contentType)));
        for (const CaDirectory::Served &one : directory.all()) {
            if (offered.certificates.contains(one.depot->issuing()))
                return one.alias;
        }
        return "somebody";
    }
};

} // namespace

class TestCaDirectory final : public QObject
{
    Q_OBJECT

private slots:
    void readsPaths_data();
    void readsPaths();
    void choosesTheCa_data();
    void choosesTheCa();
    void sendsMessagesToTheirCa();
    void messagesFollowTheirEnvelope_data();
    void messagesFollowTheirEnvelope();
    void oneCaIsFoundByItsEnvelopeToo();
    void refusesMessagesForAnotherCa();
    void logsNamesThatAreNobodys_data();
    void logsNamesThatAreNobodys();
    void publishesForAll();
    void makesCas_data();
    void makesCas();
    void eachHasItsPolicy();
    void saysWhichPolicyIsWrong_data();
    void saysWhichPolicyIsWrong();
};

void TestCaDirectory::readsPaths_data()
{
    QTest::addColumn<QString>("path");
    QTest::addColumn<bool>("isScep");
    QTest::addColumn<QString>("alias");
    for (const char *path : {"/scep", "/scep/", "/cgi-bin/pkiclient.exe", "/ca/cgi-bin/pkiclient.exe", "/certsrv/mscep/mscep.dll",
                             "/certsrv/mscep/", "/certsrv/mscep/pkiclient.exe", "/scep/pkiclient.exe", "/CertSrv/mscep/mscep.dll"})
        QTest::newRow(path) << path << true << "";
    QTest::newRow("alias") << "/scep/plant2" << true << "plant2";
    QTest::newRow("alias, slash") << "/scep/plant2/" << true << "plant2";
    QTest::newRow("alias of Cisco") << "/scep/plant2/pkiclient.exe" << true << "plant2";
    QTest::newRow("alias of EJBCA") << "/ejbca/publicweb/apply/scep/plant2/pkiclient.exe" << true << "plant2";
    QTest::newRow("alias scep") << "/scep/scep" << true << "scep";
    QTest::newRow("alias scep, slash") << "/scep/scep/" << true << "scep";
    QTest::newRow("alias scep of Cisco") << "/scep/scep/pkiclient.exe" << true << "scep";
    QTest::newRow("behind a proxy's path") << "/pki/scep" << true << "";
    QTest::newRow("alias behind a proxy's path") << "/scep/scep/plant2" << true << "plant2";
    for (const char *path : {"/", "", "/scepx", "/scep/a/b", "/certsrv/mscep", "/index.html", "/pkiclient.exe.txt", "/scep/plant2/other"})
        QTest::newRow(path) << path << false << "";
}

void TestCaDirectory::readsPaths()
{
    QFETCH(const QString, path);
    const ScepPath read = readScepPath(path);
    QTEST(read.isScep, "isScep");
    QTEST(read.alias, "alias");
}

void TestCaDirectory::choosesTheCa_data()
{
    QTest::addColumn<QString>("path");
    QTest::addColumn<QByteArray>("message");
    QTest::addColumn<QString>("alias");
    const QString unknown("HTTP 404 there is no CA \"plant9\" here; there are: default, Labor-3, plant2");
    QTest::newRow("default path") << "/scep" << QByteArray() << "default";
    QTest::newRow("Cisco's path") << "/cgi-bin/pkiclient.exe" << QByteArray() << "default";
    QTest::newRow("NDES' path") << "/certsrv/mscep/mscep.dll" << QByteArray() << "default";
    QTest::newRow("path") << "/scep/plant2" << QByteArray() << "plant2";
    QTest::newRow("path, other case") << "/scep/PLANT2" << QByteArray() << "plant2";
    QTest::newRow("default by name") << "/scep/default" << QByteArray() << "default";
    QTest::newRow("message, alias") << "/scep" << QByteArray("plant2") << "plant2";
    QTest::newRow("message before path") << "/scep/plant2" << QByteArray("Labor-3") << "Labor-3";
    QTest::newRow("message, CA's name") << "/scep" << QByteArray("Plant 2 Issuing (lab only)") << "plant2";
    QTest::newRow("message, root's name") << "/scep" << QByteArray("Labor 3 Root (lab only)") << "Labor-3";
    QTest::newRow("message, blanks as plus signs") << "/scep" << QByteArray("Plant+2+Issuing+(lab+only)") << "plant2";
    QTest::newRow("MobileIron") << "/scep/plant2" << QByteArray("MobileIronSCEP") << "plant2";
    QTest::newRow("MobileIron, default") << "/scep" << QByteArray("MobileIronSCEP") << "default";
    QTest::newRow("unknown path") << "/scep/plant9" << QByteArray() << unknown;
    QTest::newRow("unknown path, unknown message") << "/scep/plant9" << QByteArray("MobileIronSCEP") << unknown;
    QTest::newRow("unknown path, known message") << "/scep/plant9" << QByteArray("plant2") << "plant2";
    QTest::newRow("no SCEP") << "/index.html" << QByteArray()
                             << "HTTP 404 SCEP is served at /scep and /scep/ALIAS; there are: default, Labor-3, plant2";
}

void TestCaDirectory::choosesTheCa()
{
    QFETCH(const QString, path);
    QFETCH(const QByteArray, message);
    static const Plant plant;
    QTEST(plant.answering(path, message), "alias");
}

void TestCaDirectory::sendsMessagesToTheirCa()
{
    const Plant plant;
    const auto device = LabDevice::create("CN=plc-7");
    // By path, and by the envelope alone: a client that chose its CA by message= sends its messages to /scep.
    for (const char *path : {"/scep/plant2", "/scep", "/cgi-bin/pkiclient.exe"}) {
        auto other = LabDevice::create("CN=plc-7", {}, {}, path);
        const RequestPlan plan = other.pkcsReq(plant.depot("plant2"));
        for (const bool isPost : {true, false}) {
            LogEntry log;
            const QByteArray message = buildMessage(plan);
            const auto response = plant.directory.handle(
                {.isPost = isPost, .path = path, .operation = "PKIOperation", .message = isPost ? message : message.toBase64()}, &log);
            QCOMPARE(outcome(response, other, plant.depot("plant2"), plan), QString("issued"));
            QVERIFY2(log.operation.startsWith("plant2: PKIOperation"), qPrintable(log.operation));
        }
    }
    const RequestPlan plan = device.pkcsReq(plant.depot("default"));
    const auto response =
        plant.directory.handle({.isPost = true, .path = "/scep", .operation = "PKIOperation", .message = buildMessage(plan)});
    QCOMPARE(outcome(response, device, plant.depot("default"), plan), QString("issued"));
    QCOMPARE(must(plant.depot("plant2").enrollments()).size(), 3);
    QCOMPARE(must(plant.depot("default").enrollments()).size(), 1);
    QCOMPARE(must(plant.depot("Labor-3").enrollments()).size(), 0);
}

void TestCaDirectory::messagesFollowTheirEnvelope_data()
{
    QTest::addColumn<QString>("path");
    QTest::addColumn<QByteArray>("named"); ///< message= of the GetCACert before
    QTest::addColumn<QString>("alias");
    QTest::newRow("another CA's path") << "/scep/plant2" << QByteArray("Labor-3") << "Labor-3";
    QTest::newRow("another CA's path, default named") << "/scep/plant2" << QByteArray("Plant 1 Issuing (lab only)") << "default";
    QTest::newRow("nobody's path") << "/scep/nobody" << QByteArray("plant2") << "plant2";
    QTest::newRow("nobody's path, the default CA named") << "/scep/nobody" << QByteArray("default") << "default";
}

/// What message= chose for GetCACert holds for the messages after it, which have none.
void TestCaDirectory::messagesFollowTheirEnvelope()
{
    QFETCH(const QString, path);
    QFETCH(const QByteArray, named);
    QFETCH(const QString, alias);
    static const Plant plant;
    QCOMPARE(plant.answering(path, named), alias);
    const auto device = LabDevice::create("CN=plc-7");
    const RequestPlan plan = device.pkcsReq(plant.depot(alias));
    const auto response =
        plant.directory.handle({.isPost = true, .path = path, .operation = "PKIOperation", .message = buildMessage(plan)});
    QCOMPARE(outcome(response, device, plant.depot(alias), plan), QString("issued"));
}

void TestCaDirectory::oneCaIsFoundByItsEnvelopeToo()
{
    const QTemporaryDir folder;
    const auto directory = must(CaDirectory::open(folder.path(), {}));
    const auto device = LabDevice::create("CN=plc-7");
    const RequestPlan plan = device.pkcsReq(directory.defaultDepot());
    const HttpResponse response =
        directory.handle({.isPost = true, .path = "/scep/nobody", .operation = "PKIOperation", .message = buildMessage(plan)});
    QCOMPARE(outcome(response, device, directory.defaultDepot(), plan), QString("issued"));
}

void TestCaDirectory::refusesMessagesForAnotherCa()
{
    const Plant plant;
    const Plant stranger;
    const auto device = LabDevice::create("CN=plc-7");
    const RequestPlan plan = device.pkcsReq(stranger.depot("plant2"));
    const auto send = [&](const QString &path, const QByteArray &message) {
        return plant.directory.handle({.isPost = true, .path = path, .operation = "PKIOperation", .message = message});
    };
    const QString said = outcome(send("/scep/Labor-3", buildMessage(plan)), device, plant.depot("Labor-3"), plan);
    QVERIFY2(said.startsWith("badMessageCheck: the envelope cannot be opened with this server's key: it is for another CA"),
             qPrintable(said));
    QVERIFY2(said.contains("Plant 2 Root (lab only)"), qPrintable(said));
    QCOMPARE(send("/scep/plant9", buildMessage(plan)).status, 404);
    // What cannot be read at all is answered by the default CA.
    QCOMPARE(send("/scep", "hello").status, 400);
    for (const QString alias : {"default", "plant2", "Labor-3"})
        QCOMPARE(must(plant.depot(alias).enrollments()).size(), 0);
}

void TestCaDirectory::logsNamesThatAreNobodys_data()
{
    QTest::addColumn<QString>("path");
    QTest::addColumn<QByteArray>("message");
    QTest::addColumn<bool>("isLogged");
    QTest::newRow("no name") << "/scep" << QByteArray() << false;
    QTest::newRow("a CA's") << "/scep" << QByteArray("plant2") << false;
    QTest::newRow("nobody's") << "/scep" << QByteArray("MobileIronSCEP") << true;
    QTest::newRow("nobody's, with a path") << "/scep/plant2" << QByteArray("MobileIronSCEP") << true;
}

/// Some clients send any text there and must be served; a technician who mistyped a name finds it in the log.
void TestCaDirectory::logsNamesThatAreNobodys()
{
    QFETCH(const QString, path);
    QFETCH(const QByteArray, message);
    QFETCH(const bool, isLogged);
    static const Plant plant;
    for (const QString operation : {"GetCACaps", "GetCACert"}) {
        LogEntry log;
        QCOMPARE(plant.get(path, operation, message, &log).status, 200);
        QCOMPARE(log.outcome.contains("no CA is named \"MobileIronSCEP\""), isLogged);
    }
}

void TestCaDirectory::publishesForAll()
{
    Plant plant;
    plant.directory.setPublicUrl(QUrl("http://ca.lab.example:8080/scep"));
    for (const QString alias : {"default", "plant2"}) {
        const auto device = LabDevice::create("CN=plc-7", {}, {}, alias);
        const RequestPlan plan = device.pkcsReq(plant.depot(alias));
        const auto response =
            plant.directory.handle({.isPost = true, .path = "/scep", .operation = "PKIOperation", .message = buildMessage(plan)});
        const auto certificate = issuedCertificate(response, device, plant.depot(alias), plan);
        QVERIFY(must(plant.depot(alias).revoke(plan.transactionId, "superseded", QDateTime::currentDateTimeUtc())).revocation);
        const QUrl crlUrl(certificate.crlDistributionPoints().value(0));
        QCOMPARE(crlUrl.host(), QString("ca.lab.example"));
        QCOMPARE(crlUrl.port(), 8080);
        LogEntry log;
        const HttpResponse crl = plant.get(crlUrl.path(), {}, {}, &log);
        QCOMPARE(crl.status, 200);
        QCOMPARE(crl.contentType, QByteArray("application/pkix-crl"));
        QVERIFY(must(Pki::Crl::fromDer(crl.body)).isSignedBy(plant.depot(alias).issuing()));
        QVERIFY(must(Pki::Crl::fromDer(crl.body)).find(certificate.serialNumber()));
        QCOMPARE(log.operation, crlUrl.path());
        const QUrl issuerUrl(certificate.authorityInformationUrls().value(0).section(": ", 1));
        const HttpResponse issuer = plant.get(issuerUrl.path(), {});
        QCOMPARE(issuer.contentType, QByteArray("application/pkix-cert"));
        QCOMPARE(must(Pki::Certificate::fromDer(issuer.body)), plant.depot(alias).issuing());
    }
    QCOMPARE(plant.get("/crl/plant9.crl", {}).status, 404);
    QCOMPARE(plant.get("/crl/../depot.lock", {}).status, 404);
    QCOMPARE(plant.get("/ca/plant2.crl", {}).status, 404);
    QCOMPARE(plant.directory.handle({.isPost = true, .path = "/crl/plant2.crl", .operation = {}, .message = "x"}).status, 405);
    // One policy for who answers what: an authority's own name is no other's.
    QVERIFY(must(Pki::Crl::fromDer(plant.get("/crl/plant2.crl", {}).body)).isSignedBy(plant.depot("plant2").issuing()));
}

void TestCaDirectory::makesCas_data()
{
    QTest::addColumn<QString>("alias");
    QTest::addColumn<bool>("isGood");
    QTest::newRow("plain") << "plant_9.a-b" << true;
    for (const char *bad : {"", "default", "Default", ".hidden", "..", "a/b", "a b", "pkiclient.exe", "../escape", "ä"})
        QTest::newRow(bad) << QString::fromUtf8(bad) << false;
    QTest::newRow("64") << QString(64, 'a') << true;
    QTest::newRow("65") << QString(65, 'a') << false;
}

void TestCaDirectory::makesCas()
{
    QFETCH(const QString, alias);
    QFETCH(const bool, isGood);
    const QTemporaryDir folder;
    const auto made = CaDirectory::create(folder.path(), alias, {});
    QCOMPARE(made.has_value(), isGood);
    QCOMPARE(CaDirectory::aliasesIn(folder.path()), isGood ? QStringList{alias} : QStringList());
    if (!isGood) {
        QCOMPARE(made.error().code, ErrorCode::InvalidArgument);
        QVERIFY(!QDir(folder.filePath("cas")).exists());
        return;
    }
    QCOMPARE(CaDirectory::create(folder.path(), alias.toUpper(), {}).error().code, ErrorCode::InvalidArgument);
    // What is no finished CA is not served.
    QVERIFY(QDir(folder.path()).mkpath("cas/unfinished"));
    QCOMPARE(CaDirectory::aliasesIn(folder.path()), QStringList{alias});
}

void TestCaDirectory::eachHasItsPolicy()
{
    const QTemporaryDir folder;
    makeCa(folder.path(), "plant2", {});
    Policy policy;
    policy.mode = Mode::Approve;
    policy.challenge = Pki::SecretBytes(QByteArrayView("of plant 2"));
    policy.setValidity(std::chrono::minutes(5));
    policy.renewal.afterPercent = 10;
    policy.renewal.allowsSameKey = false;
    policy.includesCaInReply = false;
    policy.sendsFullChain = false;
    policy.refusesUnknownProfiles = true;
    policy.personality = personalityFromName("ejbca").value();
    QVERIFY(savePolicy(CaDirectory::folderOf(folder.path(), "plant2"), policy));
    QCOMPARE(QFile::permissions(folder.filePath("cas/plant2/challenge.txt")) & (QFileDevice::ReadGroup | QFileDevice::ReadOther),
             QFileDevice::Permissions());

    const auto directory =
        must(CaDirectory::open(folder.path(), {.policy = [](const QString &, const QString &of) { return policyOfFolder(of); }}));
    QCOMPARE(directory.all().size(), std::size_t(2));
    QCOMPARE(directory.defaultAuthority().policy()->mode, Mode::Auto);
    const auto read = directory.all()[1].authority->policy();
    QCOMPARE(read->mode, Mode::Approve);
    QCOMPARE(read->challenge.view().toByteArray(), QByteArray("of plant 2"));
    QCOMPARE(read->validity(), std::chrono::minutes(5));
    QCOMPARE(read->renewal.afterPercent, 10);
    QVERIFY(!read->renewal.allowsSameKey && !read->includesCaInReply && !read->sendsFullChain && read->refusesUnknownProfiles);
    QCOMPARE(read->personality.name, QString("ejbca"));
}

void TestCaDirectory::saysWhichPolicyIsWrong_data()
{
    QTest::addColumn<QByteArray>("json");
    QTest::addColumn<QString>("member");
    QTest::newRow("no JSON") << QByteArray("hello") << "version";
    QTest::newRow("mode") << QByteArray(R"({"version": 1, "mode": "never"})") << "mode";
    QTest::newRow("validity") << QByteArray(R"({"version": 1, "mode": "auto", "validityMinutes": 0})") << "validityMinutes";
    QTest::newRow("percent") << QByteArray(R"({"version": 1, "mode": "auto", "validityMinutes": 5, "renewAfterPercent": 100})")
                             << "renewAfterPercent";
    QTest::newRow("personality")
        << QByteArray(R"({"version": 1, "mode": "auto", "validityMinutes": 5, "renewAfterPercent": 50, "personality": "nobody"})")
        << "personality";
}

void TestCaDirectory::saysWhichPolicyIsWrong()
{
    QFETCH(const QByteArray, json);
    QFETCH(const QString, member);
    const QTemporaryDir folder;
    QFile file(folder.filePath("policy.json"));
    QVERIFY(file.open(QIODevice::WriteOnly) && file.write(json) == json.size());
    file.close();
    const auto policy = policyOfFolder(folder.path());
    QVERIFY(!policy);
    QCOMPARE(policy.error().code, ErrorCode::Malformed);
    QVERIFY2(policy.error().detail.contains(member), qPrintable(policy.error().detail));
}

QTEST_GUILESS_MAIN(TestCaDirectory)
#include "tst_cadirectory.moc"
