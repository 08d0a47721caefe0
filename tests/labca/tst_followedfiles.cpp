// SPDX-License-Identifier: GPL-3.0-or-later
// A serving Lab CA and its folder, which other processes change: policies, CAs, damaged files, and where CRLs are said to be.
#include "scep/labca/cadirectory.h"
#include "scep/labca/policyfile.h"
#include "tests/labca/labdevice.h"

#include <QDir>
#include <QTest>

using namespace LabCa;
using TestSupport::must;

namespace {

void write(const QString &path, const QByteArray &bytes)
{
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly | QIODevice::Truncate) || file.write(bytes) != bytes.size())
        qFatal("cannot write %s", qPrintable(path));
}

CaDescription called(const QString &name)
{
    CaDescription description;
    description.name = name;
    return description;
}

Policy policyOf(Mode mode, const QByteArray &challenge = {})
{
    Policy policy;
    policy.mode = mode;
    policy.challenge = Pki::SecretBytes(challenge);
    return policy;
}

/// A folder with one CA that is served while another process works in it.
struct Served {
    QTemporaryDir folder;
    CaDirectory directory;

    explicit Served(bool followsFiles = true)
        : directory(must(CaDirectory::open(folder.path(), {.policy = [](const QString &, const QString &of) { return policyOfFolder(of); },
                                                           .followsFiles = followsFiles})))
    {}
    [[nodiscard]] QString outcomeAt(const QString &path, const LabDevice &device, const Depot &depot, LogEntry *log = nullptr) const
    {
        const RequestPlan plan = device.pkcsReq(depot);
        return outcome(directory.handle({.isPost = true, .path = path, .operation = "PKIOperation", .message = buildMessage(plan)}, log),
                       device, depot, plan);
    }
    [[nodiscard]] HttpResponse get(const QString &path, const QString &operation = {}, const QByteArray &message = {},
                                   LogEntry *log = nullptr) const
    {
        return directory.handle({.isPost = false, .path = path, .operation = operation, .message = message}, log);
    }
    [[nodiscard]] Pki::Certificate issue(const LabDevice &device) const
    {
        const RequestPlan plan = device.pkcsReq(directory.defaultDepot());
        return issuedCertificate(
            directory.handle({.isPost = true, .path = "/scep", .operation = "PKIOperation", .message = buildMessage(plan)}), device,
            directory.defaultDepot(), plan);
    }
};

LabDevice device(int number, const QByteArray &challenge = {})
{
    return LabDevice::create(QString("CN=plc-%1").arg(number), challenge, {}, QString("device-%1").arg(number));
}

} // namespace

class TestFollowedFiles final : public QObject
{
    Q_OBJECT

private slots:
    void policyCountsAtOnce();
    void damagedPolicyLeavesTheFormer();
    void followsOnlyWhenAsked();
    void readsOnlyWhatChanged();
    void servesACaThatIsMadeMeanwhile();
    void newCaHasItsPolicyFromTheStart();
    void damagedEnrollmentHidesOnlyItself();
    void saysWhyACrlCannotBeMade();
    void findsBySerialNumber();
    void namesItsAddressWithThePath_data();
    void namesItsAddressWithThePath();
};

void TestFollowedFiles::policyCountsAtOnce()
{
    const Served served;
    const Depot &depot = served.directory.defaultDepot();
    QCOMPARE(served.outcomeAt("/scep", device(1), depot), QString("issued"));
    QVERIFY(savePolicy(served.folder.path(), policyOf(Mode::Approve, "secret")));
    QCOMPARE(served.outcomeAt("/scep", device(2), depot), QString("badRequest: the challenge password is missing"));
    QCOMPARE(served.outcomeAt("/scep", device(2, "secret"), depot), QString("pending"));
    // Another challenge is another file, also where neither its size nor the file system's clock tells.
    for (const QByteArray &other : {QByteArray("geheim"), QByteArray("hemlig"), QByteArray("segret")}) {
        QVERIFY(savePolicy(served.folder.path(), policyOf(Mode::Approve, other)));
        QCOMPARE(served.outcomeAt("/scep", device(3, "secret"), depot), QString("badRequest: the challenge password is wrong"));
        QCOMPARE(served.outcomeAt("/scep", device(3, other), depot), QString("pending"));
    }
    // Taken back, it is gone.
    QVERIFY(savePolicy(served.folder.path(), policyOf(Mode::Auto)));
    QVERIFY(!QFile::exists(served.folder.filePath("challenge.txt")));
    QCOMPARE(served.outcomeAt("/scep", device(4), depot), QString("issued"));
    // Profiles, too.
    write(served.folder.filePath("profiles.json"), R"([{"name": "tls-both", "replaced": {"O": "Plant AB"}}])");
    QCOMPARE(served.issue(device(5)).subject().toText(), QString("O=Plant AB, CN=plc-5"));
}

void TestFollowedFiles::damagedPolicyLeavesTheFormer()
{
    const Served served;
    QVERIFY(savePolicy(served.folder.path(), policyOf(Mode::Approve)));
    QCOMPARE(served.outcomeAt("/scep", device(1), served.directory.defaultDepot()), QString("pending"));
    write(served.folder.filePath("profiles.json"), "hello");
    for (const int number : {2, 3}) { // said as long as it is so
        LogEntry log;
        QCOMPARE(served.outcomeAt("/scep", device(number), served.directory.defaultDepot(), &log), QString("pending"));
        QVERIFY2(log.outcome.contains("the former policy counts") && log.outcome.contains("profiles.json"), qPrintable(log.outcome));
    }
    QVERIFY(QFile::remove(served.folder.filePath("profiles.json")));
    LogEntry log;
    QCOMPARE(served.outcomeAt("/scep", device(4), served.directory.defaultDepot(), &log), QString("pending"));
    QVERIFY(!log.outcome.contains("former"));
}

void TestFollowedFiles::followsOnlyWhenAsked()
{
    const Served served(false);
    QVERIFY(savePolicy(served.folder.path(), policyOf(Mode::Approve)));
    QCOMPARE(served.outcomeAt("/scep", device(1), served.directory.defaultDepot()), QString("issued"));
}

void TestFollowedFiles::readsOnlyWhatChanged()
{
    const QTemporaryDir folder;
    int times = 0;
    const auto directory = must(CaDirectory::open(folder.path(), {.policy =
                                                                      [&times](const QString &, const QString &of) {
                                                                          ++times;
                                                                          return policyOfFolder(of);
                                                                      },
                                                                  .followsFiles = true}));
    const auto ask = [&] { return directory.handle({.isPost = false, .path = "/scep", .operation = "GetCACaps", .message = {}}).status; };
    for (int i = 0; i < 5; ++i)
        QCOMPARE(ask(), 200);
    QCOMPARE(times, 1);
    QVERIFY(savePolicy(folder.path(), policyOf(Mode::Approve)));
    QCOMPARE(ask(), 200);
    QCOMPARE(times, 2);
    // Again only until the file is older than the file system's clock is coarse.
    QTRY_VERIFY([&] {
        const int before = times;
        return ask() == 200 && times == before;
    }());
    QCOMPARE(directory.defaultAuthority().policy()->mode, Mode::Approve);
}

void TestFollowedFiles::servesACaThatIsMadeMeanwhile()
{
    Served served;
    served.directory.setPublicUrl(QUrl("http://ca.lab.example:8080/scep"));
    QCOMPARE(served.get("/scep/plant2", "GetCACert").status, 404);
    QVERIFY(CaDirectory::create(served.folder.path(), "plant2", called("Plant 2")));
    const Depot second = must(Depot::open(CaDirectory::folderOf(served.folder.path(), "plant2")));
    QCOMPARE(served.get("/scep/plant2", "GetCACert").status, 200);
    const auto first = device(1);
    const RequestPlan plan = first.pkcsReq(second);
    const auto response =
        served.directory.handle({.isPost = true, .path = "/scep/plant2", .operation = "PKIOperation", .message = buildMessage(plan)});
    const auto certificate = issuedCertificate(response, first, second, plan);
    QVERIFY2(certificate.crlDistributionPoints().value(0).startsWith("http://ca.lab.example:8080/crl/plant2-"),
             qPrintable(certificate.crlDistributionPoints().value(0)));
    // By name, too.
    QVERIFY(CaDirectory::create(served.folder.path(), "plant3", called("Plant 3")));
    const Depot third = must(Depot::open(CaDirectory::folderOf(served.folder.path(), "plant3")));
    LogEntry log;
    QCOMPARE(served.get("/scep", "GetCACert", "Plant 3 Issuing (lab only)", &log).status, 200);
    QVERIFY2(log.operation.startsWith("plant3:"), qPrintable(log.operation));
    QCOMPARE(served.outcomeAt("/scep", device(2), third), QString("issued"));
}

void TestFollowedFiles::newCaHasItsPolicyFromTheStart()
{
    const Served served;
    const Policy policy = policyOf(Mode::Approve, "secret");
    QVERIFY(CaDirectory::create(served.folder.path(), "plant2", {}, {}, &policy));
    const Depot second = must(Depot::open(CaDirectory::folderOf(served.folder.path(), "plant2")));
    QCOMPARE(served.outcomeAt("/scep/plant2", device(1), second), QString("badRequest: the challenge password is missing"));
    // What cannot be made leaves nothing that could be taken for one.
    CaDescription wrong;
    wrong.rootSubject = "nonsense";
    QCOMPARE(CaDirectory::create(served.folder.path(), "plant3", wrong, {}, &policy).error().code, ErrorCode::InvalidDistinguishedName);
    QVERIFY(!QDir(CaDirectory::folderOf(served.folder.path(), "plant3")).exists());
}

void TestFollowedFiles::damagedEnrollmentHidesOnlyItself()
{
    const Served served;
    Depot &depot = served.directory.defaultDepot();
    const LabDevice first = device(1);
    const Pki::Certificate certificate = served.issue(first);
    QVERIFY(depot.revoke(first.transactionId, "superseded", QDateTime::currentDateTimeUtc()));
    write(served.folder.filePath("enrollments/damaged.json"), "{");
    LogEntry log;
    const HttpResponse response = served.get("/crl/default.crl", {}, {}, &log);
    QCOMPARE(response.status, 200);
    QVERIFY(must(Pki::Crl::fromDer(response.body)).find(certificate.serialNumber()));
    QVERIFY2(log.outcome.contains("damaged.json"), qPrintable(log.outcome));
}

void TestFollowedFiles::saysWhyACrlCannotBeMade()
{
    const Served served;
    write(served.folder.filePath("issuing.pem"), "hello");
    LogEntry log;
    QCOMPARE(served.get("/crl/default.crl", {}, {}, &log).status, 500);
    QVERIFY2(log.outcome.startsWith("HTTP 500 ") && log.outcome.contains("issuing.pem"), qPrintable(log.outcome));
}

void TestFollowedFiles::findsBySerialNumber()
{
    const Served served;
    const Depot &depot = served.directory.defaultDepot();
    const LabDevice first = device(1);
    const QString serial = served.issue(first).serialNumber().toHex();
    QCOMPARE(served.outcomeAt("/scep", device(2), depot), QString("issued"));
    const Scep::TransactionId id = first.transactionId;
    QCOMPARE(must(depot.resolve(serial)), id);
    QCOMPARE(must(depot.resolve(serial.toUpper())), id);
    QCOMPARE(must(depot.resolve(serial.first(20))), id);
    QString colons;
    for (qsizetype i = 0; i < serial.size(); i += 2)
        colons += (i > 0 ? ":" : "") + serial.mid(i, 2);
    QCOMPARE(must(depot.resolve(colons)), id);
    QCOMPARE(depot.resolve(":").error().code, ErrorCode::InvalidArgument);
    QCOMPARE(depot.resolve(serial + "00").error().code, ErrorCode::InvalidArgument);
}

void TestFollowedFiles::namesItsAddressWithThePath_data()
{
    QTest::addColumn<QString>("base");
    QTest::addColumn<QString>("expected");
    QTest::newRow("plain") << "http://lab.example:8080/scep" << "http://lab.example:8080/crl/";
    QTest::newRow("no path") << "http://lab.example:8080" << "http://lab.example:8080/crl/";
    QTest::newRow("slash") << "http://lab.example/" << "http://lab.example/crl/";
    QTest::newRow("a proxy's path") << "http://lab.example:8080/pki/scep" << "http://lab.example:8080/pki/crl/";
    QTest::newRow("a proxy's path, slash") << "https://lab.example/pki/scep/" << "https://lab.example/pki/crl/";
    QTest::newRow("a proxy's path alone") << "http://lab.example/pki" << "http://lab.example/pki/crl/";
}

void TestFollowedFiles::namesItsAddressWithThePath()
{
    QFETCH(const QString, base);
    QFETCH(const QString, expected);
    Served served;
    served.directory.setPublicUrl(QUrl(base));
    const Pki::Certificate certificate = served.issue(device(1));
    const QString crl = certificate.crlDistributionPoints().value(0);
    QVERIFY2(crl.startsWith(expected), qPrintable(crl));
    // A proxy that hands on the whole path finds it, too.
    QCOMPARE(served.get(QUrl(crl).path()).contentType, QByteArray("application/pkix-crl"));
    const QString issuer = certificate.authorityInformationUrls().value(0).section(": ", 1);
    QCOMPARE(served.get(QUrl(issuer).path()).contentType, QByteArray("application/pkix-cert"));
}

QTEST_GUILESS_MAIN(TestFollowedFiles)
#include "tst_followedfiles.moc"
