// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/labca/profiles.h"

#include "tests/support/testca.h"

#include <QTemporaryDir>
#include <QTest>

using namespace LabCa;
using TestSupport::must;

namespace {

RequestedCertificate asked(const QString &subject, const QString &names = {})
{
    RequestedCertificate requested;
    requested.subject = must(Pki::DistinguishedName::fromText(subject));
    if (!names.isEmpty())
        requested.subjectAlternativeNames = must(Pki::subjectAlternativeNamesFromText(names));
    return requested;
}

} // namespace

class TestProfiles final : public QObject
{
    Q_OBJECT

private slots:
    void hasBuiltInOnes();
    void readsAFile();
    void refusesAFile_data();
    void refusesAFile();
    void rewrites_data();
    void rewrites();
    void leavesTheBytesWhereNothingChanges();
    void saysValidity_data();
    void saysValidity();
};

void TestProfiles::hasBuiltInOnes()
{
    const Profiles profiles;
    QCOMPARE(profiles.defaultProfile().name, QString("tls-both"));
    for (const char *name : {"tls-client", "tls-server", "tls-both", "pc-client", "TLS-Client"})
        QVERIFY2(profiles.find(name), name);
    QCOMPARE(profiles.find("both")->name, QString("tls-both"));
    QCOMPARE(must(Profiles::fromJson(R"([{"name": "Both"}])")).find("both")->name, QString("Both"));
    QVERIFY(!profiles.find("Switch"));
    QVERIFY(!profiles.find(""));
    QCOMPARE(Pki::toText(profiles.find("tls-client")->extendedKeyUsage), QString("clientAuth"));
    QCOMPARE(Pki::toText(profiles.find("tls-server")->extendedKeyUsage), QString("serverAuth"));
    const QTemporaryDir empty;
    QCOMPARE(must(Profiles::ofFolder(empty.path())).all().size(), 4);
}

void TestProfiles::readsAFile()
{
    const QTemporaryDir folder;
    QFile file(folder.filePath("profiles.json"));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(R"({"profiles": [
        {"name": "minutes", "description": "for rollover training", "validityMinutes": 1},
        {"name": "tls-server", "extendedKeyUsage": ["serverAuth", "1.2.3.4"], "keyUsage": ["digitalSignature"], "validityDays": 2,
         "dropped": ["OU", "2.5.4.7"], "replaced": {"O": "Plant AB"}, "added": {"C": "SE"}, "addsDnsNameOfCommonName": true}
    ]})");
    file.close();
    const auto profiles = Profiles::ofFolder(folder.path());
    QVERIFY2(profiles, qPrintable(profiles ? QString() : profiles.error().detail));
    QCOMPARE(profiles->all().size(), 5);
    QCOMPARE(profiles->defaultProfile().name, QString("tls-both"));
    QCOMPARE(profiles->find("minutes")->validity, std::optional(std::chrono::minutes(1)));
    QCOMPARE(profiles->find("minutes")->description, QString("for rollover training"));
    const Profile &server = *profiles->find("tls-server");
    QCOMPARE(server.validity, std::optional(std::chrono::minutes(2 * 24 * 60)));
    QCOMPARE(server.keyUsage, Pki::KeyUsage(Pki::KeyUsageBit::DigitalSignature));
    QCOMPARE(server.extendedKeyUsage.size(), 2);
    QCOMPARE(server.dropped.size(), 2);
    QCOMPARE(server.replaced.size(), 1);
    QCOMPARE(server.added.first().value, QString("SE"));
    QVERIFY(server.addsDnsNameOfCommonName);
    QVERIFY(server.grantsAll);
}

void TestProfiles::refusesAFile_data()
{
    QTest::addColumn<QByteArray>("json");
    QTest::addColumn<QString>("detail");
    QTest::newRow("no JSON") << QByteArray("hello") << "";
    QTest::newRow("no list") << QByteArray("{}") << "list of profiles";
    QTest::newRow("no name") << QByteArray(R"([{"validityDays": 1}])") << "name";
    QTest::newRow("unknown member") << QByteArray(R"([{"name": "a", "validtyDays": 1}])") << "validtyDays";
    QTest::newRow("no minutes") << QByteArray(R"([{"name": "a", "validityMinutes": 0}])") << "validityMinutes";
    QTest::newRow("half a minute") << QByteArray(R"([{"name": "a", "validityMinutes": 0.5}])") << "validityMinutes";
    QTest::newRow("minutes as text") << QByteArray(R"([{"name": "a", "validityMinutes": "5"}])") << "validityMinutes";
    QTest::newRow("beyond all CAs") << QByteArray(R"([{"name": "a", "validityDays": 99999999}])") << "validityDays";
    QTest::newRow("a CA") << QByteArray(R"([{"name": "a", "keyUsage": ["keyCertSign"]}])") << "keyCertSign";
    QTest::newRow("unknown usage") << QByteArray(R"([{"name": "a", "keyUsage": ["everything"]}])") << "keyUsage";
    QTest::newRow("unknown purpose") << QByteArray(R"([{"name": "a", "extendedKeyUsage": ["everything"]}])") << "extendedKeyUsage";
    QTest::newRow("unknown attribute") << QByteArray(R"([{"name": "a", "dropped": ["XYZ"]}])") << "dropped";
    QTest::newRow("attribute without value") << QByteArray(R"([{"name": "a", "added": {"O": ""}}])") << "added";
    QTest::newRow("country of three letters") << QByteArray(R"([{"name": "a", "replaced": {"C": "SWE"}}])") << "replaced";
}

void TestProfiles::refusesAFile()
{
    QFETCH(const QByteArray, json);
    QFETCH(const QString, detail);
    const auto profiles = Profiles::fromJson(json);
    QVERIFY(!profiles);
    QCOMPARE(profiles.error().code, ErrorCode::Malformed);
    QVERIFY2(profiles.error().detail.contains(detail), qPrintable(profiles.error().detail));
}

void TestProfiles::rewrites_data()
{
    QTest::addColumn<QByteArray>("profile"); // without its name
    QTest::addColumn<QString>("subject");
    QTest::addColumn<QString>("names");
    QTest::addColumn<QString>("expectedSubject");
    QTest::addColumn<QString>("expectedNames");
    QTest::addColumn<QStringList>("changes");
    const QString full("C=DE, O=Maker, OU=a, OU=b, CN=plc-7.lab.example");
    QTest::newRow("nothing") << QByteArray() << full << "DNS:x.example" << full << "DNS:x.example" << QStringList();
    QTest::newRow("drop") << QByteArray(R"("dropped": ["OU"])") << full << "" << "C=DE, O=Maker, CN=plc-7.lab.example" << ""
                          << QStringList{"subject: OU=a left out", "subject: OU=b left out"};
    QTest::newRow("drop what is not there") << QByteArray(R"("dropped": ["L"])") << full << "" << full << "" << QStringList();
    QTest::newRow("replace") << QByteArray(R"("replaced": {"O": "Plant, \"North\""})") << full << ""
                             << R"(C=DE, O=Plant\, \"North\", OU=a, OU=b, CN=plc-7.lab.example)" << ""
                             << QStringList{R"(subject: O=Plant\, \"North\" instead of O=Maker)"};
    QTest::newRow("replace with the same") << QByteArray(R"("replaced": {"O": "Maker"})") << full << "" << full << "" << QStringList();
    QTest::newRow("replace what is missing") << QByteArray(R"("replaced": {"O": "Plant"})") << "CN=plc-7" << "" << "O=Plant, CN=plc-7" << ""
                                             << QStringList{"subject: O=Plant put in"};
    QTest::newRow("add") << QByteArray(R"("added": {"C": "SE", "O": "Plant"})") << "C=DE, CN=plc-7" << "" << "O=Plant, C=DE, CN=plc-7" << ""
                         << QStringList{"subject: O=Plant put in"};
    QTest::newRow("DNS of CN") << QByteArray(R"("addsDnsNameOfCommonName": true)") << full << "IP:192.0.2.7" << full
                               << "IP:192.0.2.7, DNS:plc-7.lab.example" << QStringList{"subjectAltName: DNS:plc-7.lab.example put in"};
    QTest::newRow("DNS of CN, there already") << QByteArray(R"("addsDnsNameOfCommonName": true)") << full << "DNS:plc-7.lab.example" << full
                                              << "DNS:plc-7.lab.example" << QStringList();
    QTest::newRow("CN is no host name") << QByteArray(R"("addsDnsNameOfCommonName": true)") << "CN=Bob Smith" << "" << "CN=Bob Smith" << ""
                                        << QStringList();
    QTest::newRow("no names") << QByteArray(R"("dropsSubjectAlternativeNames": true)") << full << "DNS:x.example" << full << ""
                              << QStringList{"subjectAltName: DNS:x.example left out"};
    QTest::newRow("several values in one") << QByteArray(R"("dropped": ["OU"])") << "O=Lab, OU=a+CN=plc-7" << "" << "O=Lab, CN=plc-7" << ""
                                           << QStringList{"subject: OU=a left out"};
    QTest::newRow("not ASCII") << QByteArray("\"added\": {\"L\": \"V\xC3\xA4ster\xC3\xA5s\"}") << "CN=plc-7" << ""
                               << QString::fromUtf8("L=V\xC3\xA4ster\xC3\xA5s, CN=plc-7") << ""
                               << QStringList{QString::fromUtf8("subject: L=V\xC3\xA4ster\xC3\xA5s put in")};
}

void TestProfiles::rewrites()
{
    QFETCH(const QByteArray, profile);
    QFETCH(const QString, subject);
    QFETCH(const QString, names);
    const auto profiles = must(Profiles::fromJson(R"([{"name": "t")" + (profile.isEmpty() ? QByteArray() : ", " + profile) + "}]"));
    const auto rewritten = must(rewrite(asked(subject, names), *profiles.find("t")));
    QTEST(rewritten.requested.subject.toText(), "expectedSubject");
    QTEST(Pki::toText(rewritten.requested.subjectAlternativeNames), "expectedNames");
    QTEST(rewritten.changes, "changes");
}

void TestProfiles::leavesTheBytesWhereNothingChanges()
{
    // A name of somebody else's, with a string type of its own, is copied and not re-encoded.
    RequestedCertificate requested = asked("CN=plc-7");
    const QByteArray teletex = QByteArray::fromHex("3010310e300c06035504031405706c632d37");
    requested.subject = must(Pki::DistinguishedName::fromDer(teletex));
    QCOMPARE(must(rewrite(requested, Profiles().defaultProfile())).requested.subject.der(), teletex);
}

void TestProfiles::saysValidity_data()
{
    QTest::addColumn<int>("minutes");
    QTest::addColumn<QString>("text");
    QTest::newRow("1") << 1 << "1 minute";
    QTest::newRow("90") << 90 << "90 minutes";
    QTest::newRow("hour") << 60 << "1 hour";
    QTest::newRow("day") << 1440 << "1 day";
    QTest::newRow("year") << 365 * 1440 << "365 days";
}

void TestProfiles::saysValidity()
{
    QFETCH(const int, minutes);
    QTEST(toText(std::chrono::minutes(minutes)), "text");
}

QTEST_GUILESS_MAIN(TestProfiles)
#include "tst_profiles.moc"
