// SPDX-License-Identifier: GPL-3.0-or-later

// The pure half of delivery: names, arguments, environment, files.

#include "models/service/deliveryplan.h"

#include "scep/files/durablefile.h"
#include "tests/models/modelfixtures.h"

#include <QDir>
#include <QFileInfo>
#include <QTemporaryDir>
#include <QTest>

using namespace Models;
using namespace TestSupport;

namespace {

Delivery ruleFor(const QString &folder, Delivery::Files files)
{
    Delivery rule;
    rule.folder = folder;
    rule.files = files;
    return rule;
}

constexpr Delivery::Files everything = Delivery::Files(Delivery::File::Key) | Delivery::File::Certificate | Delivery::File::Chain |
                                       Delivery::File::FullChain | Delivery::File::CaStore | Delivery::File::Pkcs12;

} // namespace

class TestDeliveryPlan : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase()
    {
        m_source.label = "plc 7/../x";
        m_source.serverLabel = "plant";
        m_source.issued = Fixtures::issued(Fixtures::transaction({1}, {1}, m_ca), m_ca);
        m_source.caCertificates = {m_ca.issuing.certificate, m_ca.root.certificate};
    }

    void expands_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("expected"); // null: refused
        QTest::newRow("plain") << "reload" << "reload";
        QTest::newRow("one") << "--cert={cert}" << "--cert=/a b/c.pem";
        QTest::newRow("two") << "{label}{cert}" << "{cert}; rm -rf //a b/c.pem";
        QTest::newRow("a value is not looked at again") << "{label}" << "{cert}; rm -rf /";
        QTest::newRow("braces") << "{{label}}" << "{label}";
        QTest::newRow("empty") << "" << "";
        QTest::newRow("unknown") << "{password}" << QString();
        QTest::newRow("open") << "x{cert" << QString();
        QTest::newRow("close") << "x}" << QString();
        QTest::newRow("nothing named") << "{}" << QString();
    }
    void expands()
    {
        QFETCH(QString, text);
        QFETCH(QString, expected);
        const auto result = expandTemplate(text, {{"label", "{cert}; rm -rf /"}, {"cert", "/a b/c.pem"}});
        QCOMPARE(result.has_value(), !expected.isNull());
        if (result)
            QCOMPARE(*result, expected);
        else
            QCOMPARE(result.error().code, ErrorCode::InvalidArgument);
    }

    void checks_data()
    {
        QTest::addColumn<Delivery>("rule");
        QTest::addColumn<QString>("complaint"); // empty: good
        const Delivery good = ruleFor("/srv/device", everything);
        const auto with = [&good](auto change) {
            Delivery rule = good;
            change(rule);
            return rule;
        };
        QTest::newRow("good") << good << "";
        QTest::newRow("program alone") << with([](Delivery &rule) {
            rule.files = {};
            rule.program = "/bin/true";
        }) << "";
        QTest::newRow("argument") << with([](Delivery &rule) { rule.arguments = QStringList{"{p12}", "{alias}", "{serial}"}; }) << "";
        QTest::newRow("relative folder") << with([](Delivery &rule) { rule.folder = "device"; }) << "folder";
        QTest::newRow("no folder") << with([](Delivery &rule) { rule.folder.clear(); }) << "folder";
        QTest::newRow("nothing to do") << with([](Delivery &rule) { rule.files = {}; }) << "writes files or runs";
        QTest::newRow("relative program") << with([](Delivery &rule) { rule.program = "reload"; }) << "program";
        QTest::newRow("no time") << with([](Delivery &rule) { rule.timeout = std::chrono::seconds(0); }) << "second";
        QTest::newRow("CA alias without number") << with([](Delivery &rule) { rule.caAlias = "{server}-ca"; }) << "needs {n}";
        QTest::newRow("key alias with number") << with([](Delivery &rule) { rule.keyAlias = "{label}-{n}"; }) << "{n}";
        QTest::newRow("unknown name") << with([](Delivery &rule) { rule.arguments = QStringList{"{challenge}"}; }) << "{challenge}";
        QTest::newRow("name of a file that is not written") << with([](Delivery &rule) {
            rule.files = Delivery::File::Certificate;
            rule.arguments = QStringList{"{key}"};
        }) << "{key}";
    }
    void checks()
    {
        QFETCH(Delivery, rule);
        QFETCH(QString, complaint);
        const auto result = checkDelivery(rule);
        QCOMPARE(result.has_value(), complaint.isEmpty());
        if (!result)
            QVERIFY2(result.error().detail.contains(complaint), qPrintable(result.error().detail));
    }

    void plansSafeNames()
    {
        const auto paths = must(planDelivery(ruleFor("/srv/device", everything), m_source));
        QCOMPARE(paths.keyAlias, "plc 7/../x-key-pair"); // a key store takes it as it is
        QCOMPARE(paths.key, "/srv/device/plc_7_.._x-key-pair.key.pem");
        QCOMPARE(paths.certificate, "/srv/device/plc_7_.._x-key-pair.cert.pem");
        QCOMPARE(paths.chain, "/srv/device/plc_7_.._x-key-pair.chain.pem");
        QCOMPARE(paths.fullChain, "/srv/device/plc_7_.._x-key-pair.fullchain.pem");
        QCOMPARE(paths.pkcs12, "/srv/device/plc_7_.._x-key-pair.p12");
        QCOMPARE(paths.caCertificates, QStringList({"/srv/device/plant-cacerts-1.pem", "/srv/device/plant-cacerts-2.pem"}));
        DeliverySource ofDevice = m_source; // the device made the CSR: there is no key here
        ofDevice.issued.key = {};
        QVERIFY(must(planDelivery(ruleFor("/srv/device", everything), ofDevice)).key.isEmpty());
        Delivery colliding = ruleFor("/srv/device", everything);
        colliding.caAlias = "plc 7/../x-key-pair.cert{n}";
        QVERIFY(planDelivery(colliding, m_source));
        colliding.keyAlias = "a";
        colliding.caAlias = "a.{n}";
        m_source.label = "cert";
        colliding.caAlias = "a.{label}{n}";
        QVERIFY(planDelivery(colliding, m_source));
        m_source.label = "plc 7/../x";
    }

    void seesWhoOverwritesWhom()
    {
        const Delivery rule = ruleFor("/srv/device", everything);
        QVERIFY(!overwriteEachOther(rule, "plc-7", "plant", rule, "plc-8", "plant"));
        QVERIFY(overwriteEachOther(rule, "plc 7", "plant", rule, "plc_7", "plant")); // one name for a file system
        Delivery other = ruleFor("/srv/./device/", everything);
        other.keyAlias = "plc-7-key-pair";
        QVERIFY(overwriteEachOther(rule, "plc-7", "plant", other, "plc-8", "plant"));
        other.folder = "/srv/other";
        QVERIFY(!overwriteEachOther(rule, "plc-7", "plant", other, "plc-8", "plant"));
        other = rule;
        other.files = Delivery::File::CaStore; // the same for all requests of a server
        QVERIFY(!overwriteEachOther(rule, "plc-7", "plant", other, "plc-7", "plant"));
    }

    void tellsTheProgram()
    {
        Delivery rule = ruleFor("/srv/device", everything);
        rule.program = "/bin/reload";
        rule.arguments = QStringList{"{label}", "--cert={cert}", "$(reboot)", "{serial}", "{p12}"};
        const auto paths = must(planDelivery(rule, m_source));
        const QString serial = m_source.issued.certificate.serialNumber().toHex();
        QCOMPARE(must(deliveryArguments(rule, m_source, paths)),
                 QStringList({"plc 7/../x", "--cert=" + paths.certificate, "$(reboot)", serial, paths.pkcs12}));

        QProcessEnvironment ours;
        ours.insert("PATH", "/usr/bin");
        ours.insert("SCEPTER_CHALLENGE", "secret");
        ours.insert("SCEPTER_PASSPHRASE", "secret");
        ours.insert("SCEPTER_P12_PASSWORD", "secret");
        ours.insert("CREDENTIALS_DIRECTORY", "/run/credentials/x");
        ours.insert("NOTIFY_SOCKET", "/run/notify");
        ours.insert("LISTEN_FDS", "1");
        const QProcessEnvironment environment = deliveryEnvironment(ours, m_source, paths);
        QStringList names = environment.keys();
        names.sort();
        QCOMPARE(names, QStringList({"PATH", "SCEPTER_CA_FILES", "SCEPTER_CERTIFICATE_FILE", "SCEPTER_CHAIN_FILE", "SCEPTER_FOLDER",
                                     "SCEPTER_FULL_CHAIN_FILE", "SCEPTER_KEY_ALIAS", "SCEPTER_KEY_FILE", "SCEPTER_LABEL",
                                     "SCEPTER_NOT_AFTER", "SCEPTER_PKCS12_FILE", "SCEPTER_SERIAL", "SCEPTER_SERVER"}));
        QVERIFY(!environment.toStringList().join('\n').contains("secret"));
        QCOMPARE(environment.value("SCEPTER_CA_FILES"), paths.caCertificates.join(':'));
        QCOMPARE(environment.value("SCEPTER_SERIAL"), serial);
    }

    void writes()
    {
        const QTemporaryDir folder;
        const QString target = folder.filePath("made/on demand");
        const Delivery rule = ruleFor(target, everything);
        const auto paths = must(planDelivery(rule, m_source));
        const Pki::SecretBytes passphrase{QByteArrayView("für die SPS")};
        QVERIFY(writeDelivery(rule, m_source, paths, passphrase));
        QCOMPARE(QDir(target).entryList(QDir::Files | QDir::Hidden).size(), 7);
        for (const QString &path : {paths.key, paths.pkcs12})
            QVERIFY2(!(QFileInfo(path).permissions() & (QFile::ReadGroup | QFile::ReadOther | QFile::WriteGroup | QFile::WriteOther)),
                     qPrintable(path));
        QVERIFY(QFileInfo(paths.certificate).permissions() & QFile::ReadOther);
        const QByteArray certificate = m_source.issued.certificate.toPem();
        QCOMPARE(must(Files::readFile(paths.certificate)), certificate);
        QCOMPARE(must(Files::readFile(paths.fullChain)), certificate + Pki::toPem(m_source.issued.issuers));
        QCOMPARE(must(Files::readFile(paths.caCertificates.at(1))), m_ca.root.certificate.toPem());
        const auto key = must(Pki::PrivateKey::fromBytes(must(Files::readFile(paths.key))));
        QVERIFY(Pki::belongTogether(key, m_source.issued.certificate));
        const auto bundle = must(Pki::fromPkcs12(must(Files::readFile(paths.pkcs12)), passphrase));
        QCOMPARE(bundle.certificate, m_source.issued.certificate);
        QCOMPARE(bundle.friendlyName, paths.keyAlias);
    }

    void removesCaFilesOfALongerChain()
    {
        const QTemporaryDir folder;
        const Delivery rule = ruleFor(folder.path(), Delivery::File::CaStore);
        QVERIFY(writeDelivery(rule, m_source, must(planDelivery(rule, m_source)), {}));
        QCOMPARE(QDir(folder.path()).entryList(QDir::Files), QStringList({"plant-cacerts-1.pem", "plant-cacerts-2.pem"}));
        DeliverySource shorter = m_source;
        shorter.caCertificates.removeLast();
        QVERIFY(writeDelivery(rule, shorter, must(planDelivery(rule, shorter)), {}));
        QCOMPARE(QDir(folder.path()).entryList(QDir::Files), QStringList({"plant-cacerts-1.pem"}));
    }

    void failsAsAWhole()
    {
        const QTemporaryDir folder;
        const Delivery rule = ruleFor(folder.path(), everything);
        const auto paths = must(planDelivery(rule, m_source));
        // A PKCS#12 nobody could open is not made, and nothing else is either.
        const auto unprotected = writeDelivery(rule, m_source, paths, {});
        QVERIFY(!unprotected);
        QCOMPARE(unprotected.error().code, ErrorCode::EmptyPassphrase);
        QVERIFY(QDir(folder.path()).isEmpty());
        Delivery nowhere = rule;
        nowhere.folder = "/proc/no/such/place";
        const auto refused = writeDelivery(nowhere, m_source, must(planDelivery(nowhere, m_source)), Pki::SecretBytes(QByteArrayView("x")));
        QVERIFY(!refused);
        QCOMPARE(refused.error().code, ErrorCode::FileNotWritable);
    }

    void pausesGrow()
    {
        using namespace std::chrono_literals;
        QCOMPARE(deliveryPause(1), 60s);
        QCOMPARE(deliveryPause(2), 120s);
        QCOMPARE(deliveryPause(9), 256min);
        QCOMPARE(deliveryPause(10), 360min);
        QCOMPARE(deliveryPause(1'000'000), 360min);
    }

private:
    TestCa m_ca = TestCa::create("Delivery");
    DeliverySource m_source;
};

QTEST_GUILESS_MAIN(TestDeliveryPlan)
#include "tst_deliveryplan.moc"
