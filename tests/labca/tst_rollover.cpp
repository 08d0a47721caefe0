// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/labca/rollover.h"

#include "scep/labca/camaking.h"
#include "scep/protocol/nextca.h"
#include "tests/labca/labdevice.h"

#include <QDir>
#include <QTest>

using namespace LabCa;
using Scep::MessageType;
using TestSupport::must;

namespace {

CaDescription described(RaKind ra)
{
    CaDescription description = quickCa();
    description.ra = ra;
    return description;
}

/// All files of a folder, but for lock files.
QMap<QString, QByteArray> contentsOf(const QString &folder)
{
    QMap<QString, QByteArray> contents;
    const QStringList names = QDir(folder).entryList(QDir::Files);
    for (const QString &name : names) {
        QFile file(folder + '/' + name);
        if (!name.endsWith(".lock") && file.open(QIODevice::ReadOnly))
            contents.insert(name, file.readAll());
    }
    return contents;
}

void restore(const QString &folder, const QMap<QString, QByteArray> &contents)
{
    const QStringList present = contentsOf(folder).keys();
    for (const QString &name : present)
        QFile::remove(folder + '/' + name);
    for (auto it = contents.cbegin(); it != contents.cend(); ++it) {
        QFile file(folder + '/' + it.key());
        if (!file.open(QIODevice::WriteOnly) || file.write(it.value()) != it.value().size())
            qFatal("cannot restore %s", qPrintable(it.key()));
    }
}

/// The durable steps, until `*left` of them are done; then nothing happens any more, as after a crash.
FileSteps limitedTo(int *left)
{
    const FileSteps durable = FileSteps::durable();
    const auto crash = [left]() -> Result<void> {
        if (*left <= 0)
            return failure(ErrorCode::FileNotWritable, QStringLiteral("crashed"));
        --*left;
        return {};
    };
    return {.write = [=](const FileSteps::Write &file) -> Result<void> {
                if (const auto alive = crash(); !alive)
                    return alive;
                return durable.write(file);
            },
            .remove = [=](const QString &path) -> Result<void> {
                if (const auto alive = crash(); !alive)
                    return alive;
                return durable.remove(path);
            }};
}

} // namespace

class TestRollover final : public QObject
{
    Q_OBJECT

private slots:
    void makesRaCertificates_data();
    void makesRaCertificates();
    void raAnswers_data();
    void raAnswers();
    void rollsOver_data();
    void rollsOver();
    void finishesAnInterruptedSwitch_data();
    void finishesAnInterruptedSwitch();
    void finishesASwitchOfAnEarlierVersion_data();
    void finishesASwitchOfAnEarlierVersion();
    void neverMixesInALeftover();
    void switchesAtItsTime();
    void countsGenerations();
};

void TestRollover::makesRaCertificates_data()
{
    QTest::addColumn<int>("ra");
    QTest::addColumn<QStringList>("files");
    QTest::newRow("none") << int(RaKind::None) << QStringList();
    QTest::newRow("one") << int(RaKind::One) << QStringList{"ra.key.pem", "ra.pem"};
    QTest::newRow("split") << int(RaKind::Split)
                           << QStringList{"ra-encryption.key.pem", "ra-encryption.pem", "ra-signing.key.pem", "ra-signing.pem"};
}

void TestRollover::makesRaCertificates()
{
    QFETCH(const int, ra);
    const LabCaFolder lab(described(RaKind(ra)));
    QTEST(QDir(lab.path()).entryList({"ra*"}, QDir::Files, QDir::Name), "files");
    const auto ca = lab.depot.material();
    QCOMPARE(int(ca->current.raKind()), ra);
    QVERIFY(ca->next == std::nullopt);
    const QList<Pki::Certificate> certificates = ca->current.raCertificates();
    QCOMPARE(certificates.size(), ra);
    for (const Pki::Certificate &certificate : certificates) {
        QVERIFY(certificate.isSignedBy(lab.depot.issuing()));
        QVERIFY(!certificate.isCa());
        QVERIFY(certificate.extendedKeyUsage().contains(Pki::Oid::literal(Pki::Oids::certificateRequestAgent)));
        QVERIFY(certificate.subject().toText().contains("(lab only)"));
    }
    QVERIFY(Pki::belongTogether(ca->current.replySignerKey(), ca->current.replySigner()));
    QVERIFY(Pki::belongTogether(ca->current.recipientKey(), ca->current.recipient()));
    QVERIFY(ca->current.replySigner().keyUsage()->testFlag(Pki::KeyUsageBit::DigitalSignature));
    QVERIFY(ca->current.recipient().keyUsage()->testFlag(Pki::KeyUsageBit::KeyEncipherment));
    QCOMPARE(ca->current.replySigner() == ca->current.recipient(), ra != int(RaKind::Split));
    QCOMPARE(ca->current.recipient() == lab.depot.issuing(), ra == int(RaKind::None));
}

void TestRollover::raAnswers_data()
{
    makesRaCertificates_data();
}

void TestRollover::raAnswers()
{
    QFETCH(const int, ra);
    LabCaFolder lab(described(RaKind(ra)));
    Authority authority(lab.depot, {});
    const auto ca = lab.depot.material();
    const auto response = authority.handle({.isPost = false, .path = "/scep", .operation = "GetCACert", .message = {}});
    const auto offered = must(Scep::parseCaCertificates(response.body, QString::fromLatin1(response.contentType)));
    for (const Pki::Certificate &certificate : ca->current.raCertificates() + QList{ca->current.issuing, ca->current.root})
        QVERIFY(offered.certificates.contains(certificate));
    // What a client makes of it.
    const Scep::CaRoles roles = must(Scep::chooseRoles(offered, ca->current.root, QDateTime::currentDateTimeUtc()));
    QCOMPARE(roles.recipient, ca->current.recipient());
    QVERIFY(roles.expectedSigners.contains(ca->current.replySigner()));

    const auto device = LabDevice::create("CN=plc-7");
    const RequestPlan plan = device.pkcsReq(lab.depot);
    QCOMPARE(plan.recipient, ca->current.recipient());
    const HttpResponse reply = post(authority, buildMessage(plan));
    const Pki::Certificate certificate = issuedCertificate(reply, device, lab.depot, plan);
    QVERIFY(certificate.isSignedBy(lab.depot.issuing()));
    const auto message = must(Pki::SignedData::fromDer(reply.body));
    QVERIFY(message.verifySigner(0, ca->current.replySigner()));
    if (ra == int(RaKind::None))
        return;
    // The CA's own key reads nothing where there is an RA.
    const auto other = LabDevice::create("CN=plc-8");
    RequestPlan toTheCa = other.pkcsReq(lab.depot);
    toTheCa.recipient = lab.depot.issuing();
    QVERIFY2(send(authority, other, lab.depot, toTheCa).startsWith("badMessageCheck: "), "addressed to the CA");
}

void TestRollover::rollsOver_data()
{
    QTest::addColumn<int>("ra");
    QTest::addColumn<bool>("withRoot");
    for (const RaKind ra : {RaKind::None, RaKind::One, RaKind::Split}) {
        for (const bool withRoot : {false, true})
            QTest::addRow("RA %s, %s", qPrintable(displayName(ra)), withRoot ? "new root" : "same root") << int(ra) << withRoot;
    }
}

void TestRollover::rollsOver()
{
    QFETCH(const int, ra);
    QFETCH(const bool, withRoot);
    LabCaFolder lab(described(RaKind(ra)));
    Policy policy;
    policy.renewal.afterPercent = 0;
    Authority authority(lab.depot, std::move(policy));
    const auto before = lab.depot.material();
    const auto device = LabDevice::create("CN=plc-7");
    const RequestPlan plan = device.pkcsReq(lab.depot);
    const Pki::Certificate first = issuedCertificate(post(authority, buildMessage(plan)), device, lab.depot, plan);

    QVERIFY(withRoot ? lab.depot.makeNextRoot() : lab.depot.makeNextIssuing());
    const auto announced = lab.depot.material();
    QVERIFY(announced->next);
    QCOMPARE(announced->current.issuing, before->current.issuing);
    QCOMPARE(announced->next->root == before->current.root, !withRoot);
    QVERIFY(announced->next->issuing.isSignedBy(announced->next->root));
    QCOMPARE(int(announced->next->raKind()), ra);
    QCOMPARE(announced->next->issuing.publicKey().bits(), before->current.issuing.publicKey().bits());

    const auto response = authority.handle({.isPost = false, .path = "/scep", .operation = "GetNextCACert", .message = {}});
    QCOMPARE(response.status, 200);
    const QDateTime now = QDateTime::currentDateTimeUtc();
    const Scep::CaCertificates offered{before->current.raCertificates() + QList{before->current.issuing, before->current.root},
                                       Scep::CaCertificates::Form::DegenerateSignedData,
                                       {}};
    const auto staged = must(Scep::processNextCa(response.body, must(Scep::chooseRoles(offered, before->current.root, now)), now));
    QCOMPARE(staged.signer, before->current.replySigner());
    for (const Pki::Certificate &certificate : announced->next->raCertificates() + QList{announced->next->issuing, announced->next->root})
        QVERIFY(staged.offered.certificates.contains(certificate));

    QVERIFY(lab.depot.switchToNextIssuing());
    const auto after = lab.depot.material();
    QCOMPARE(after->current.issuing, announced->next->issuing);
    QCOMPARE(after->current.root, announced->next->root);
    QCOMPARE(int(after->current.raKind()), ra);
    QVERIFY(ra == 0 || after->current.replySigner() != before->current.replySigner());
    QVERIFY(!after->next);
    QCOMPARE(after->retired.size(), 1);
    // The old certificate still verifies, with what the folder keeps.
    const CaIdentity &retired = after->retired.first();
    QCOMPARE(retired.root, before->current.root);
    QVERIFY(first.isSignedBy(retired.issuing));
    QVERIFY(retired.issuing.isSignedBy(retired.root));
    QVERIFY(Pki::belongTogether(retired.recipientKey(), before->current.recipient()));

    // And it renews into one of the new CA.
    LabDevice next = LabDevice::create("CN=plc-7", {}, {}, "device-2");
    RequestPlan renewal = next.pkcsReq(lab.depot);
    renewal.type = MessageType::RenewalReq;
    renewal.signer = {first, device.key};
    const Pki::Certificate second = issuedCertificate(post(authority, buildMessage(renewal)), next, lab.depot, renewal);
    QVERIFY(second.isSignedBy(after->current.issuing));
    const Depot again = must(Depot::open(lab.path()));
    QCOMPARE(again.material()->current.issuing, after->current.issuing);
    QCOMPARE(again.material()->retired.size(), 1);
}

void TestRollover::finishesAnInterruptedSwitch_data()
{
    rollsOver_data();
}

void TestRollover::finishesAnInterruptedSwitch()
{
    QFETCH(const int, ra);
    QFETCH(const bool, withRoot);
    LabCaFolder lab(described(RaKind(ra)));
    QVERIFY(withRoot ? lab.depot.makeNextRoot() : lab.depot.makeNextIssuing());
    QVERIFY(lab.depot.scheduleSwitch(QDateTime::currentDateTimeUtc().addDays(1)));
    const auto before = lab.depot.material();
    const auto contents = contentsOf(lab.path());
    int seenBefore = 0;
    int seenAfter = 0;
    for (int steps = 0;; ++steps) {
        restore(lab.path(), contents);
        int left = steps;
        const bool isWhole = switchToNext(lab.path(), limitedTo(&left)).has_value();
        Depot opened = must(Depot::open(lab.path()));
        const auto found = opened.material();
        const bool hasSwitched = found->current.issuing != before->current.issuing;
        QVERIFY2(found->current.issuing == (hasSwitched ? before->next->issuing : before->current.issuing),
                 qPrintable(QString("after %1 steps").arg(steps)));
        QCOMPARE(found->current.root, hasSwitched ? before->next->root : before->current.root);
        QCOMPARE(found->current.raCertificates(), hasSwitched ? before->next->raCertificates() : before->current.raCertificates());
        QCOMPARE(found->next.has_value(), !hasSwitched);
        QCOMPARE(found->retired.size(), hasSwitched ? 1 : 0);
        QVERIFY(!isSwitchUnfinished(lab.path()));
        if (hasSwitched) {
            QCOMPARE(found->retired.first().issuing, before->current.issuing);
            QCOMPARE(found->retired.first().root, before->current.root);
            QVERIFY(!found->switchAt.isValid());
            QCOMPARE(QDir(lab.path()).entryList({"next-*"}, QDir::Files), QStringList());
            ++seenAfter;
        } else {
            // Nothing has happened yet: it can be done again.
            QVERIFY(found->switchAt.isValid());
            QVERIFY(opened.switchToNextIssuing());
            QCOMPARE(opened.material()->current.issuing, before->next->issuing);
            QCOMPARE(opened.material()->retired.size(), 1);
            QCOMPARE(QDir(lab.path()).entryList({"retired-2*"}, QDir::Files), QStringList());
            ++seenBefore;
        }
        if (isWhole)
            break;
    }
    QVERIFY(seenBefore >= 3);
    QVERIFY(seenAfter >= 6);
}

void TestRollover::finishesASwitchOfAnEarlierVersion_data()
{
    QTest::addColumn<int>("copied"); ///< of the four files
    for (int copied = 0; copied <= 4; ++copied)
        QTest::addRow("%d files copied", copied) << copied;
}

void TestRollover::finishesASwitchOfAnEarlierVersion()
{
    // It wrote no plan, but copied in this order.
    QFETCH(const int, copied);
    LabCaFolder lab;
    QVERIFY(lab.depot.makeNextIssuing());
    const Pki::Certificate before = lab.depot.issuing();
    const Pki::Certificate after = lab.depot.nextIssuing();
    const QDir folder(lab.path());
    const std::pair<const char *, const char *> copies[] = {{"issuing.key.pem", "retired-1.key.pem"},
                                                            {"issuing.pem", "retired-1.pem"},
                                                            {"next-issuing.key.pem", "issuing.key.pem"},
                                                            {"next-issuing.pem", "issuing.pem"}};
    for (int i = 0; i < copied; ++i) {
        QFile::remove(folder.filePath(copies[i].second));
        QVERIFY(QFile::copy(folder.filePath(copies[i].first), folder.filePath(copies[i].second)));
    }
    Depot again = must(Depot::open(lab.path()));
    const bool hasSwitched = copied >= 3;
    QCOMPARE(again.issuing(), hasSwitched ? after : before);
    QVERIFY(Pki::belongTogether(again.issuingKey(), again.issuing()));
    QCOMPARE(again.nextIssuing().isNull(), hasSwitched);
    QCOMPARE(again.retiredIssuing(), hasSwitched ? QList{before} : QList<Pki::Certificate>());
    if (!hasSwitched) {
        QVERIFY(again.switchToNextIssuing());
        QCOMPARE(again.issuing(), after);
        QCOMPARE(again.retiredIssuing(), QList{before});
    }
}

void TestRollover::neverMixesInALeftover()
{
    // A making under a new root was interrupted before its last file; then one under the same root is wanted.
    LabCaFolder lab(described(RaKind::Split));
    QVERIFY(lab.depot.makeNextRoot());
    QVERIFY(QFile::remove(lab.path() + "/next-issuing.pem"));
    Depot again = must(Depot::open(lab.path()));
    QVERIFY(again.nextIssuing().isNull());
    QVERIFY(again.makeNextIssuing());
    QCOMPARE(again.material()->next->root, lab.depot.root());
    QVERIFY(again.material()->next->raSigning.isSignedBy(again.nextIssuing()));
    QVERIFY(!QFile::exists(lab.path() + "/next-root.pem"));
    QVERIFY(again.switchToNextIssuing());
    QCOMPARE(again.root(), lab.depot.root());
}

void TestRollover::switchesAtItsTime()
{
    LabCaFolder lab;
    QDateTime now = QDateTime::currentDateTimeUtc();
    const QDateTime at = now.addDays(3);
    Authority authority(lab.depot, {}, [&now] { return now; });
    const auto ask = [&] { return authority.handle({.isPost = false, .path = "/scep", .operation = "GetNextCACert", .message = {}}); };
    QCOMPARE(lab.depot.scheduleSwitch(at).error().code, ErrorCode::InvalidArgument); // nothing to switch to

    // Another process plans it.
    Depot keeper = must(Depot::open(lab.path()));
    QVERIFY(keeper.makeNextIssuing());
    QVERIFY(keeper.scheduleSwitch(at));
    const Pki::Certificate before = lab.depot.issuing();
    QCOMPARE(ask().status, 200);
    QCOMPARE(lab.depot.material()->switchAt.toSecsSinceEpoch(), at.toSecsSinceEpoch());
    now = at.addSecs(-2);
    QCOMPARE(ask().status, 200);
    QCOMPARE(lab.depot.issuing(), before);
    now = at;
    QCOMPARE(ask().status, 404);
    QCOMPARE(lab.depot.issuing(), keeper.nextIssuing());
    QCOMPARE(lab.depot.retiredIssuing(), QList{before});
    QVERIFY(keeper.refresh());
    QCOMPARE(keeper.issuing(), lab.depot.issuing());
    QVERIFY(!keeper.material()->switchAt.isValid());

    // A plan can be given up.
    QVERIFY(keeper.makeNextIssuing());
    QVERIFY(keeper.scheduleSwitch(at));
    QVERIFY(keeper.scheduleSwitch({}));
    now = at.addDays(1);
    QCOMPARE(ask().status, 200);
    QVERIFY(lab.depot.issuing() != lab.depot.nextIssuing());
}

void TestRollover::countsGenerations()
{
    CaDescription description = quickCa();
    description.name = "Plant";
    description.issuingSubject = "C=SE, O=Plant AB, CN=Plant CA";
    LabCaFolder lab(description);
    QCOMPARE(lab.depot.issuing().subject().toText(), QString("C=SE, O=Plant AB, CN=Plant CA (lab only)"));
    QCOMPARE(lab.depot.root().subject().toText(), QString("O=Plant, CN=Plant Root (lab only)"));
    for (int generation = 2; generation <= 4; ++generation) {
        QVERIFY(generation == 3 ? lab.depot.makeNextRoot() : lab.depot.makeNextIssuing());
        QVERIFY(lab.depot.switchToNextIssuing());
        QCOMPARE(lab.depot.issuing().subject().toText(), QString("C=SE, O=Plant AB, CN=Plant CA G%1 (lab only)").arg(generation));
        QCOMPARE(lab.depot.retiredIssuing().size(), generation - 1);
    }
    QCOMPARE(lab.depot.root().subject().toText(), QString("O=Plant, CN=Plant Root G3 (lab only)"));
    const auto retired = lab.depot.material()->retired;
    QVERIFY(retired[0].root == retired[1].root);
    QVERIFY(retired[1].root != retired[2].root);
    QCOMPARE(retired[2].root, lab.depot.root());
}

QTEST_GUILESS_MAIN(TestRollover)
#include "tst_rollover.moc"
