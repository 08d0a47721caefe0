// SPDX-License-Identifier: GPL-3.0-or-later
// What a new CA may be, what it is called, and what can be changed of one that is there.
#include "scep/labca/camaking.h"

#include "scep/labca/cadirectory.h"
#include "scep/labca/presentation.h"
#include "scep/pki/crlreasons.h"
#include "scep/protocol/cacertificates.h"
#include "tests/labca/labdevice.h"

#include <QDir>
#include <QTest>

using namespace LabCa;
using TestSupport::must;

namespace {

CaDescription choice(const QString &key)
{
    CaDescription description;
    if (key == "rsa:8192")
        description.keySpec.bits = 8192;
    else
        description.keySpec = must(Pki::KeySpec::fromText(key));
    return description;
}

Pki::SecretBytes secret(const char *text)
{
    return Pki::SecretBytes(QByteArrayView(text));
}

} // namespace

class TestCaMaking final : public QObject
{
    Q_OBJECT

private slots:
    void takesOnlySoundKeys_data();
    void takesOnlySoundKeys();
    void namesSayLabOnly_data();
    void namesSayLabOnly();
    void wrongNameLeavesNothing();
    void passphraseAfterAMakingThatWasGivenUp();
    void givesAnRaToACaWithoutOne_data();
    void givesAnRaToACaWithoutOne();
    void interruptedRaIsNone();
    void discardsTheNextCa_data();
    void discardsTheNextCa();
    void anchorIsWhatIsSent_data();
    void anchorIsWhatIsSent();
    void revokesOnlyForGood();
};

void TestCaMaking::takesOnlySoundKeys_data()
{
    QTest::addColumn<QString>("key");
    QTest::addColumn<bool>("isGood");
    for (const char *good : {"rsa:2048", "rsa:3072", "rsa:4096"})
        QTest::newRow(good) << good << true;
    for (const char *bad : {"rsa:1024", "rsa:8192", "ec:P-256"})
        QTest::newRow(bad) << bad << false;
}

void TestCaMaking::takesOnlySoundKeys()
{
    QFETCH(const QString, key);
    QFETCH(const bool, isGood);
    const auto checked = checkChoice(choice(key));
    QCOMPARE(checked.has_value(), isGood);
    if (isGood)
        return;
    QCOMPARE(checked.error().code, ErrorCode::InvalidKeyType);
    const QTemporaryDir folder;
    const QString path = folder.filePath("ca");
    QCOMPARE(CaDirectory::open(path, {.description = choice(key)}).error().code, ErrorCode::InvalidKeyType);
    QCOMPARE(CaDirectory::create(path, "second", choice(key)).error().code, ErrorCode::InvalidKeyType);
    QVERIFY(!QDir(path).exists());
}

void TestCaMaking::namesSayLabOnly_data()
{
    QTest::addColumn<QString>("root");
    QTest::addColumn<QString>("issuing");
    QTest::addColumn<QStringList>("names"); ///< of root and issuing CA, then of the next ones
    QTest::newRow("whole names") << "C=SE, O=Plant, CN=Plant Root" << "O=Plant, CN=Plant Issuing"
                                 << QStringList{"C=SE, O=Plant, CN=Plant Root (lab only)", "O=Plant, CN=Plant Issuing (lab only)",
                                                "C=SE, O=Plant, CN=Plant Root G2 (lab only)", "O=Plant, CN=Plant Issuing G2 (lab only)"};
    QTest::newRow("said already") << "CN=Root (Lab Only)" << "CN=Issuing (lab only) 7"
                                  << QStringList{"CN=Root (Lab Only)", "CN=Issuing (lab only) 7", "CN=Root (Lab Only) G2",
                                                 "CN=Issuing (lab only) 7 G2"};
    QTest::newRow("no common name") << "O=Plant" << "OU=(lab only)"
                                    << QStringList{"O=Plant, CN=(lab only)", "OU=(lab only), CN=(lab only)", "O=Plant, CN=G2 (lab only)",
                                                   "OU=(lab only), CN=G2 (lab only)"};
}

void TestCaMaking::namesSayLabOnly()
{
    QFETCH(const QString, root);
    QFETCH(const QString, issuing);
    CaDescription description = quickCa();
    description.rootSubject = root;
    description.issuingSubject = issuing;
    LabCaFolder lab(description);
    QVERIFY(lab.depot.makeNextRoot());
    const auto ca = lab.depot.material();
    const QStringList names{ca->current.root.subject().toText(), ca->current.issuing.subject().toText(), ca->next->root.subject().toText(),
                            ca->next->issuing.subject().toText()};
    QTEST(names, "names");
}

void TestCaMaking::wrongNameLeavesNothing()
{
    const QTemporaryDir folder;
    CaDescription description = quickCa();
    description.issuingSubject = "nonsense";
    QCOMPARE(Depot::openOrCreate(folder.path(), description).error().code, ErrorCode::InvalidDistinguishedName);
    QVERIFY(!QFile::exists(folder.filePath("keys.secret")));
    QVERIFY(Depot::openOrCreate(folder.path(), quickCa(), secret("correct horse")));
    QCOMPARE(Depot::open(folder.path()).error().code, ErrorCode::PassphraseRequired);
}

void TestCaMaking::passphraseAfterAMakingThatWasGivenUp()
{
    const QTemporaryDir folder;
    QFile left(folder.filePath("keys.secret"));
    QVERIFY(left.open(QIODevice::WriteOnly) && left.write(QByteArray(64, 'a')) == 64);
    left.close();
    QVERIFY(Depot::openOrCreate(folder.path(), quickCa(), secret("correct horse")));
    QVERIFY(!QFile::exists(folder.filePath("keys.secret")));
    QCOMPARE(Depot::open(folder.path(), secret("battery staple")).error().code, ErrorCode::WrongPassphrase);
}

void TestCaMaking::givesAnRaToACaWithoutOne_data()
{
    QTest::addColumn<RaKind>("kind");
    QTest::newRow("one") << RaKind::One;
    QTest::newRow("split") << RaKind::Split;
}

void TestCaMaking::givesAnRaToACaWithoutOne()
{
    QFETCH(const RaKind, kind);
    LabCaFolder lab;
    Authority authority(lab.depot, {});
    Depot another = must(Depot::open(lab.path())); // another process
    const LabDevice before = LabDevice::create("CN=plc-6", {}, {}, "device-2");
    QCOMPARE(send(authority, before, lab.depot, before.pkcsReq(lab.depot)), QString("issued"));

    QVERIFY(another.makeRa(kind));
    QVERIFY(lab.depot.refresh());
    const auto ca = lab.depot.material();
    QCOMPARE(ca->current.raKind(), kind);
    for (const Pki::Certificate &certificate : ca->current.raCertificates())
        QVERIFY(certificate.isSignedBy(ca->current.issuing) && certificate.subject().commonName().endsWith("(lab only)"));
    const LabDevice device = LabDevice::create("CN=plc-7");
    const RequestPlan plan = device.pkcsReq(lab.depot);
    QCOMPARE(plan.recipient, ca->current.recipient());
    QCOMPARE(send(authority, device, lab.depot, plan), QString("issued"));
    // It is known to whoever opens the folder, and to the next CA.
    Depot opened = must(Depot::open(lab.path()));
    QCOMPARE(opened.material()->current.raKind(), kind);
    QCOMPARE(must(opened.description()).ra, kind);
    QVERIFY(opened.makeNextIssuing());
    QCOMPARE(opened.material()->next->raKind(), kind);

    const auto again = lab.depot.makeRa(RaKind::One);
    QCOMPARE(again.error().code, ErrorCode::InvalidArgument);
    QVERIFY(again.error().detail.contains("an RA already"));
    QCOMPARE(LabCaFolder().depot.makeRa(RaKind::None).error().code, ErrorCode::InvalidArgument);
}

void TestCaMaking::interruptedRaIsNone()
{
    LabCaFolder lab;
    QVERIFY(lab.depot.makeRa(RaKind::Split));
    const Pki::Certificate encryption = lab.depot.material()->current.raEncryption;
    // The certificate that signs is written last: without it there is no RA, and the rest is used.
    QVERIFY(QFile::remove(lab.path() + "/ra-signing.pem"));
    Depot depot = must(Depot::open(lab.path()));
    QCOMPARE(depot.material()->current.raKind(), RaKind::None);
    QVERIFY(depot.makeRa(RaKind::Split));
    QCOMPARE(depot.material()->current.raEncryption, encryption);
}

void TestCaMaking::discardsTheNextCa_data()
{
    QTest::addColumn<bool>("withRoot");
    QTest::newRow("issuing CA") << false;
    QTest::newRow("root") << true;
}

void TestCaMaking::discardsTheNextCa()
{
    QFETCH(const bool, withRoot);
    CaDescription description = quickCa();
    description.ra = RaKind::Split;
    LabCaFolder lab(description);
    QCOMPARE(lab.depot.discardNext().error().code, ErrorCode::InvalidArgument);
    const QStringList before = QDir(lab.path()).entryList(QDir::Files);
    QVERIFY(withRoot ? lab.depot.makeNextRoot() : lab.depot.makeNextIssuing());
    const Pki::Certificate discarded = lab.depot.nextIssuing();
    QVERIFY(lab.depot.scheduleSwitch(QDateTime::currentDateTimeUtc().addSecs(60)));
    QVERIFY(lab.depot.discardNext());
    QVERIFY(lab.depot.nextIssuing().isNull());
    QCOMPARE(QDir(lab.path()).entryList(QDir::Files), before);
    // Its time does not come for the one after it.
    QVERIFY(lab.depot.makeNextIssuing());
    QVERIFY(lab.depot.nextIssuing() != discarded);
    QVERIFY(!lab.depot.material()->switchAt.isValid());
    QVERIFY(lab.depot.refresh(QDateTime::currentDateTimeUtc().addDays(1)));
    QVERIFY(!lab.depot.nextIssuing().isNull());
}

void TestCaMaking::anchorIsWhatIsSent_data()
{
    QTest::addColumn<QString>("personality");
    QTest::addColumn<bool>("sendsFullChain");
    for (const Personality &personality : personalities()) {
        for (const bool isFull : {true, false})
            QTest::addRow("%s, %s", qPrintable(personality.name), isFull ? "chain" : "single") << personality.name << isFull;
    }
}

void TestCaMaking::anchorIsWhatIsSent()
{
    QFETCH(const QString, personality);
    QFETCH(const bool, sendsFullChain);
    Policy policy;
    policy.personality = personalityFromName(personality).value();
    policy.sendsFullChain = sendsFullChain;
    CaDescription description = quickCa();
    description.ra = policy.personality.ra;
    const LabCaFolder lab(description);
    const CaIdentity ca = lab.depot.material()->current;
    const HttpResponse response = caCertificatesAnswer(ca, policy.personality, policy.sendsFullChain);
    const auto offered = must(Scep::parseCaCertificates(response.body, QString::fromLatin1(response.contentType)));
    const Pki::Certificate anchor = anchorFor(ca, policy);
    QVERIFY(offered.certificates.contains(anchor));
    // The root wherever a client gets it.
    QCOMPARE(anchor == ca.root, offered.certificates.contains(ca.root));
}

void TestCaMaking::revokesOnlyForGood()
{
    LabCaFolder lab;
    Authority authority(lab.depot, {});
    const LabDevice device = LabDevice::create("CN=plc-7");
    QCOMPARE(send(authority, device, lab.depot, device.pkcsReq(lab.depot)), QString("issued"));
    // RFC 5280 5.3.1: only delta CRLs have it.
    const auto refused = lab.depot.revoke(device.transactionId, "removeFromCRL", QDateTime::currentDateTimeUtc());
    QCOMPARE(refused.error().code, ErrorCode::InvalidArgument);
    QVERIFY(!Pki::crlReasons().contains("removeFromCRL"));
    QVERIFY(lab.depot.revoke(device.transactionId, "certificateHold", QDateTime::currentDateTimeUtc()));
}

QTEST_GUILESS_MAIN(TestCaMaking)
#include "tst_camaking.moc"
