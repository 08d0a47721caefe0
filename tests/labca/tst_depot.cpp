// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/labca/depot.h"

#include "scep/labca/enrollmentfile.h"
#include "tests/support/testca.h"

#include <QCoreApplication>
#include <QDir>
#include <QElapsedTimer>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

using namespace LabCa;
using TestSupport::must;

namespace {

CaDescription quickCa()
{
    CaDescription description;
    description.keySpec.bits = 1024;
    return description;
}

Scep::TransactionId transaction(const QString &text)
{
    return must(Scep::TransactionId::fromText(text));
}

Enrollment makeEnrollment(const QString &id, Enrollment::State state = Enrollment::State::Pending)
{
    Enrollment enrollment;
    enrollment.transactionId = transaction(id);
    enrollment.state = state;
    enrollment.receivedAt = QDateTime(QDate(2026, 5, 4), QTime(3, 2, 1, 123), Qt::UTC);
    enrollment.requested.subject = must(Pki::DistinguishedName::fromText("C=SE, O=Lab, CN=plc-7"));
    enrollment.requested.publicKey = TestSupport::rsaKey("device").publicKey();
    enrollment.requestDigest = Pki::hash(Pki::Digest::Sha256, id.toLatin1());
    return enrollment;
}

QByteArray contentOf(const QString &path)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return {};
    return file.readAll();
}

void write(const QString &path, const QByteArray &bytes)
{
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly | QIODevice::Truncate) || file.write(bytes) != bytes.size())
        qFatal("cannot write %s", qPrintable(path));
}

QFileDevice::Permissions modeOf(const QString &path)
{
    const auto all = QFileDevice::ReadOwner | QFileDevice::WriteOwner | QFileDevice::ExeOwner | QFileDevice::ReadGroup |
                     QFileDevice::WriteGroup | QFileDevice::ExeGroup | QFileDevice::ReadOther | QFileDevice::WriteOther |
                     QFileDevice::ExeOther;
    return QFileInfo(path).permissions() & all;
}

const QStringList caFiles{"root.key.pem", "root.pem", "issuing.key.pem", "issuing.pem"};

/// The other process: makes or opens the Lab CA and counts up in one enrollment.
int countInAnotherProcess(const QString &folder, int times, int bits)
{
    CaDescription description;
    description.keySpec.bits = bits;
    auto depot = Depot::openOrCreate(folder, description);
    if (!depot)
        return 2;
    for (int i = 0; i < times; ++i) {
        const auto updated = depot->update(transaction("counter"), [](const std::optional<Enrollment> &stored) -> Result<Enrollment> {
            Enrollment next = stored.value_or(makeEnrollment("counter"));
            next.rejectionReason = QString::number(next.rejectionReason.toInt() + 1);
            return next;
        });
        if (!updated)
            return 3;
    }
    return 0;
}

} // namespace

class TestDepot final : public QObject
{
    Q_OBJECT

private slots:
    void makesACaOnFirstStart();
    void opensOnlyWhatIsThere();
    void refusesWhatCannotBeACa_data();
    void refusesWhatCannotBeACa();
    void completesAnInterruptedStart_data();
    void completesAnInterruptedStart();
    void survivesBeingKilledWhileMaking();
    void leavesADamagedCaAlone_data();
    void leavesADamagedCaAlone();
    void saysWhenTheFolderCannotBeWritten_data();
    void saysWhenTheFolderCannotBeWritten();
    void storesAndFinds_data();
    void storesAndFinds();
    void approvesAndRejects();
    void resolvesBeginnings_data();
    void resolvesBeginnings();
    void twoDepotsSeeEachOther();
    void twoProcessesLoseNothing();
    void namesADamagedEnrollment();
    void isAsQuickWithAThousandEnrollments();
    void findsBySerialNumber();
    void findsBySerialNumberAmongAThousand();
};

void TestDepot::makesACaOnFirstStart()
{
    const QTemporaryDir base;
    const QString folder = base.filePath("a/b/ca");
    CaDescription description = quickCa();
    description.name = "Plant, \"North\"";
    const auto made = Depot::openOrCreate(folder, description);
    QVERIFY2(made, qPrintable(made ? QString() : made.error().detail));

    QCOMPARE(made->root().subject().toText(),
             must(Pki::DistinguishedName::fromText(R"(O=Plant\, \"North\", CN=Plant\, \"North\" Root (lab only))")).toText());
    QCOMPARE(made->issuing().subject().commonName(), QString("Plant, \"North\" Issuing (lab only)"));
    QVERIFY(made->root().isSelfSigned());
    QVERIFY(made->root().isCa());
    QVERIFY(made->issuing().isCa());
    QCOMPARE(made->issuing().pathLength(), std::optional<int>(0));
    QVERIFY(made->issuing().isSignedBy(made->root()));
    QVERIFY(made->issuing().isValidAt(QDateTime::currentDateTimeUtc()));
    QVERIFY(made->issuing().notAfter() <= made->root().notAfter());
    QVERIFY(Pki::belongTogether(made->issuingKey(), made->issuing()));
    QVERIFY(made->root().serialNumber() != made->issuing().serialNumber());

    const auto ownerOnly = QFileDevice::ReadOwner | QFileDevice::WriteOwner;
    QCOMPARE(modeOf(folder), ownerOnly | QFileDevice::ExeOwner);
    QCOMPARE(modeOf(folder + "/enrollments"), ownerOnly | QFileDevice::ExeOwner);
    QCOMPARE(modeOf(folder + "/root.key.pem"), QFileDevice::Permissions(ownerOnly));
    QCOMPARE(modeOf(folder + "/issuing.key.pem"), QFileDevice::Permissions(ownerOnly));
    QCOMPARE(modeOf(folder + "/keys.secret"), QFileDevice::Permissions(ownerOnly));
    QCOMPARE(modeOf(folder + "/issuing.pem"), ownerOnly | QFileDevice::ReadGroup | QFileDevice::ReadOther);

    const auto again = Depot::openOrCreate(folder, quickCa());
    QVERIFY(again);
    QCOMPARE(again->issuing(), made->issuing());
    const auto opened = Depot::open(folder);
    QVERIFY(opened);
    QCOMPARE(opened->root(), made->root());
    QVERIFY(opened->enrollments()->isEmpty());
}

void TestDepot::opensOnlyWhatIsThere()
{
    const QTemporaryDir base;
    QCOMPARE(Depot::open(base.path()).error().code, ErrorCode::FileNotFound);
    QCOMPARE(Depot::open(base.filePath("missing")).error().code, ErrorCode::FileNotFound);
    QVERIFY(Depot::open(base.filePath("missing")).error().detail.contains("missing"));
    QVERIFY(!QFile::exists(base.filePath("missing")));
    QCOMPARE(Depot::open({}).error().code, ErrorCode::FileNotFound);
}

void TestDepot::refusesWhatCannotBeACa_data()
{
    QTest::addColumn<QString>("key");
    QTest::addColumn<int>("years");
    QTest::addColumn<ErrorCode>("code");
    QTest::newRow("EC cannot decrypt") << "ec:P-256" << 5 << ErrorCode::InvalidKeyType;
    QTest::newRow("no life time") << "rsa:1024" << 0 << ErrorCode::InvalidArgument;
}

void TestDepot::refusesWhatCannotBeACa()
{
    QFETCH(const QString, key);
    QFETCH(const int, years);
    const QTemporaryDir base;
    CaDescription description;
    description.keySpec = must(Pki::KeySpec::fromText(key));
    description.issuingYears = years;
    QTEST(Depot::openOrCreate(base.filePath("ca"), description).error().code, "code");
    for (const QString &file : caFiles)
        QVERIFY(!QFile::exists(base.filePath("ca/" + file)));
}

void TestDepot::completesAnInterruptedStart_data()
{
    QTest::addColumn<QStringList>("present");
    QTest::addColumn<QString>("damaged");
    QTest::addColumn<QStringList>("kept");
    QTest::newRow("empty folder") << QStringList() << QString() << QStringList();
    QTest::newRow("root key") << QStringList{"root.key.pem"} << QString() << QStringList{"root.key.pem"};
    QTest::newRow("root") << QStringList{"root.key.pem", "root.pem"} << QString() << QStringList{"root.key.pem", "root.pem"};
    QTest::newRow("all but the last") << QStringList{"root.key.pem", "root.pem", "issuing.key.pem"} << QString()
                                      << QStringList{"root.key.pem", "root.pem", "issuing.key.pem"};
    QTest::newRow("certificate without its key")
        << QStringList{"root.pem", "issuing.key.pem"} << QString() << QStringList{"issuing.key.pem"};
    QTest::newRow("damaged root key") << QStringList{"root.key.pem", "root.pem"} << "root.key.pem" << QStringList();
    QTest::newRow("damaged issuing key") << QStringList{"root.key.pem", "root.pem", "issuing.key.pem"} << "issuing.key.pem"
                                         << QStringList{"root.key.pem", "root.pem"};
}

void TestDepot::completesAnInterruptedStart()
{
    QFETCH(const QStringList, present);
    QFETCH(const QString, damaged);
    QFETCH(const QStringList, kept);
    const QTemporaryDir base;
    const QString folder = base.filePath("ca");
    QVERIFY(Depot::openOrCreate(folder, quickCa()));
    for (const QString &file : caFiles) {
        if (!present.contains(file))
            QVERIFY(QFile::remove(folder + '/' + file));
    }
    if (!damaged.isEmpty())
        write(folder + '/' + damaged, contentOf(folder + '/' + damaged).left(200));
    QHash<QString, QByteArray> before;
    for (const QString &file : kept)
        before.insert(file, contentOf(folder + '/' + file));

    QCOMPARE(Depot::open(folder).error().code, ErrorCode::FileNotFound);
    const auto completed = Depot::openOrCreate(folder, quickCa());
    QVERIFY2(completed, qPrintable(completed ? QString() : completed.error().detail));
    QVERIFY(completed->issuing().isSignedBy(completed->root()));
    for (const QString &file : kept)
        QCOMPARE(contentOf(folder + '/' + file), before.value(file));
    QCOMPARE(Depot::open(folder)->issuing(), completed->issuing());
}

void TestDepot::survivesBeingKilledWhileMaking()
{
    const QTemporaryDir base;
    const QString folder = base.filePath("ca");
    QProcess other;
    other.start(QCoreApplication::applicationFilePath(), {"--count", folder, "1", "4096"});
    QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(folder + "/depot.lock"), 30'000);
    other.kill();
    QVERIFY(other.waitForFinished());
    const auto completed = Depot::openOrCreate(folder, quickCa());
    QVERIFY2(completed, qPrintable(completed ? QString() : completed.error().detail));
    QVERIFY(completed->issuing().isSignedBy(completed->root()));
}

void TestDepot::leavesADamagedCaAlone_data()
{
    QTest::addColumn<QString>("file");
    QTest::addColumn<QByteArray>("content"); // null: removed
    QTest::addColumn<ErrorCode>("code");
    const QByteArray foreignKey = TestSupport::rsaKey("foreign").toPkcs8Pem().view().toByteArray();
    QTest::newRow("key removed") << "issuing.key.pem" << QByteArray() << ErrorCode::FileNotFound;
    QTest::newRow("key of somebody else") << "issuing.key.pem" << foreignKey << ErrorCode::KeyMismatch;
    QTest::newRow("key is no key") << "issuing.key.pem" << QByteArray("hello\n") << ErrorCode::Malformed;
    QTest::newRow("certificate is none") << "issuing.pem" << QByteArray("hello\n") << ErrorCode::Malformed;
    QTest::newRow("certificate is empty") << "issuing.pem" << QByteArray("") << ErrorCode::Malformed;
    QTest::newRow("root removed") << "root.pem" << QByteArray() << ErrorCode::FileNotFound;
}

void TestDepot::leavesADamagedCaAlone()
{
    QFETCH(const QString, file);
    QFETCH(const QByteArray, content);
    const QTemporaryDir base;
    const QString folder = base.filePath("ca");
    QVERIFY(Depot::openOrCreate(folder, quickCa()));
    QVERIFY(QFile::remove(folder + '/' + file));
    if (!content.isNull())
        write(folder + '/' + file, content);
    QHash<QString, QByteArray> before;
    for (const QString &name : caFiles)
        before.insert(name, contentOf(folder + '/' + name));

    QTEST(Depot::open(folder).error().code, "code");
    const auto failed = Depot::openOrCreate(folder, quickCa());
    QVERIFY(!failed);
    QTEST(failed.error().code, "code");
    QVERIFY2(failed.error().detail.contains(file), qPrintable(failed.error().detail));
    for (const QString &name : caFiles)
        QCOMPARE(contentOf(folder + '/' + name), before.value(name));
}

void TestDepot::saysWhenTheFolderCannotBeWritten_data()
{
    QTest::addColumn<QString>("below"); // relative: in a temporary folder that has a file "file"
    QTest::newRow("below a file") << "file/ca";
    QTest::newRow("a file") << "file";
    QTest::newRow("not a real file system") << "/proc/scepter-lab-ca";
}

void TestDepot::saysWhenTheFolderCannotBeWritten()
{
    QFETCH(const QString, below);
    const QTemporaryDir base;
    write(base.filePath("file"), "content");
    const QString folder = below.startsWith('/') ? below : base.filePath(below);
    const auto failed = Depot::openOrCreate(folder, quickCa());
    QVERIFY(!failed);
    QCOMPARE(failed.error().code, ErrorCode::FileNotWritable);
    QVERIFY2(!failed.error().detail.isEmpty(), "the detail names the folder");
    QCOMPARE(contentOf(base.filePath("file")), QByteArray("content"));
}

void TestDepot::storesAndFinds_data()
{
    QTest::addColumn<QString>("id");
    QTest::newRow("hex") << "0123456789ABCDEF0123456789ABCDEF01234567";
    QTest::newRow("base64 of scepclient") << "q8I+xz/Fc2Uo2mAQv7Fhxg==";
    QTest::newRow("path") << "../../etc/passwd";
    QTest::newRow("cryptlib") << "7XXEY-ERLPU-2JDR9";
    QTest::newRow("blank") << "a b";
}

void TestDepot::storesAndFinds()
{
    QFETCH(const QString, id);
    const QTemporaryDir base;
    auto depot = must(Depot::openOrCreate(base.path(), quickCa()));
    QVERIFY(!depot.find(transaction(id))->has_value());

    Enrollment enrollment = makeEnrollment(id, Enrollment::State::Issued);
    enrollment.requested.subjectAlternativeNames = must(
        Pki::subjectAlternativeNamesFromText("DNS:plc-7.lab.example, IP:192.0.2.7, IP:2001:db8::7, URI:https://x/, email:a@b.example"));
    enrollment.requested.keyUsage = Pki::KeyUsageBit::DigitalSignature | Pki::KeyUsageBit::KeyEncipherment;
    enrollment.requested.extendedKeyUsage = must(Pki::extendedKeyUsageFromText("serverAuth, 1.2.3.4"));
    enrollment.requested.profile = QString::fromUtf8("Gerät");
    enrollment.signer = depot.root();
    enrollment.rejectionReason = "because";
    enrollment.certificate = depot.issuing();
    QVERIFY(depot.store(enrollment));

    const auto other = must(Depot::open(base.path()));
    const auto found = other.find(transaction(id));
    QVERIFY(found && found->has_value());
    const Enrollment &read = **found;
    QCOMPARE(read.transactionId.toText(), id);
    QCOMPARE(read.state, Enrollment::State::Issued);
    QCOMPARE(read.receivedAt, enrollment.receivedAt);
    QVERIFY(read.requested == enrollment.requested);
    QCOMPARE(read.subject(), enrollment.requested.subject);
    QCOMPARE(read.subjectAlternativeNames(), enrollment.requested.subjectAlternativeNames);
    QCOMPARE(read.requestDigest, enrollment.requestDigest);
    QCOMPARE(read.signer, enrollment.signer);
    QCOMPARE(read.rejectionReason, enrollment.rejectionReason);
    QCOMPARE(read.certificate, enrollment.certificate);

    const QString file = base.filePath("enrollments/" + enrollmentFileName(transaction(id)));
    QCOMPARE(modeOf(file), QFileDevice::ReadOwner | QFileDevice::WriteOwner);
    QCOMPARE(QDir(base.filePath("enrollments")).entryList(QDir::Files), QStringList{QFileInfo(file).fileName()});
}

void TestDepot::approvesAndRejects()
{
    const QTemporaryDir base;
    auto depot = must(Depot::openOrCreate(base.path(), quickCa()));
    for (const QString id : {"good", "bad"})
        QVERIFY(depot.store(makeEnrollment(id)));
    QCOMPARE(depot.approve(transaction("good"))->state, Enrollment::State::Approved);
    QCOMPARE((*depot.find(transaction("good")))->state, Enrollment::State::Approved);
    const auto rejected = depot.reject(transaction("bad"), "not our device");
    QCOMPARE(rejected->state, Enrollment::State::Rejected);
    QCOMPARE((*depot.find(transaction("bad")))->rejectionReason, QString("not our device"));

    const auto twice = depot.approve(transaction("good"));
    QCOMPARE(twice.error().code, ErrorCode::InvalidArgument);
    QVERIFY(twice.error().detail.contains("approved"));
    QVERIFY(depot.approve(transaction("bad")).error().detail.contains("rejected"));
    QVERIFY(!depot.reject(transaction("good"), "late"));
    const auto unknown = depot.approve(transaction("nobody"));
    QCOMPARE(unknown.error().code, ErrorCode::InvalidArgument);
    QVERIFY(unknown.error().detail.contains("nobody"));
    QVERIFY(!depot.find(transaction("nobody"))->has_value());
}

void TestDepot::resolvesBeginnings_data()
{
    QTest::addColumn<QString>("typed");
    QTest::addColumn<QString>("id"); // empty: an error that says `detail`
    QTest::addColumn<QString>("detail");
    QTest::newRow("whole") << "ABC123" << "ABC123" << "";
    QTest::newRow("unique beginning") << "ABC12" << "ABC123" << "";
    QTest::newRow("lower case") << "abc12" << "ABC123" << "";
    QTest::newRow("whole, though beginning of another") << "ABC" << "ABC" << "";
    QTest::newRow("of several") << "AB" << "" << "2 requests";
    QTest::newRow("of none") << "X" << "" << "\"X\"";
    QTest::newRow("nothing typed") << "" << "" << "transactionID";
}

void TestDepot::resolvesBeginnings()
{
    QFETCH(const QString, typed);
    QFETCH(const QString, id);
    QFETCH(const QString, detail);
    const QTemporaryDir base;
    auto depot = must(Depot::openOrCreate(base.path(), quickCa()));
    for (const QString known : {"ABC123", "ABC", "DEF"})
        QVERIFY(depot.store(makeEnrollment(known)));
    const auto resolved = depot.resolve(typed);
    if (!id.isEmpty()) {
        QCOMPARE(resolved->toText(), id);
        return;
    }
    QCOMPARE(resolved.error().code, ErrorCode::InvalidArgument);
    QVERIFY2(resolved.error().detail.contains(detail), qPrintable(resolved.error().detail));
}

void TestDepot::twoDepotsSeeEachOther()
{
    const QTemporaryDir base;
    auto serving = must(Depot::openOrCreate(base.path(), quickCa()));
    auto approving = must(Depot::open(base.path()));
    Enrollment later = makeEnrollment("later");
    later.receivedAt = later.receivedAt.addSecs(1);
    QVERIFY(serving.store(later));
    QVERIFY(serving.store(makeEnrollment("earlier")));
    const auto listed = approving.enrollments();
    QCOMPARE(listed->size(), 2);
    QCOMPARE(listed->first().transactionId, transaction("earlier"));
    QVERIFY(approving.approve(transaction("later")));
    QCOMPARE(serving.enrollments()->last().state, Enrollment::State::Approved);
    QVERIFY(serving.reject(transaction("earlier"), "no"));
    QCOMPARE(approving.enrollments()->first().state, Enrollment::State::Rejected);
}

void TestDepot::twoProcessesLoseNothing()
{
    const QTemporaryDir base;
    const QString folder = base.filePath("ca");
    constexpr int times = 25;
    const QStringList arguments{"--count", folder, QString::number(times), "1024"};
    QProcess first;
    QProcess second;
    first.start(QCoreApplication::applicationFilePath(), arguments);
    second.start(QCoreApplication::applicationFilePath(), arguments);
    QVERIFY(first.waitForFinished(60'000) && second.waitForFinished(60'000));
    QCOMPARE(first.exitCode(), 0);
    QCOMPARE(second.exitCode(), 0);
    const auto depot = must(Depot::open(folder));
    QVERIFY(depot.issuing().isSignedBy(depot.root()));
    QCOMPARE((*depot.find(transaction("counter")))->rejectionReason.toInt(), 2 * times);
}

void TestDepot::namesADamagedEnrollment()
{
    const QTemporaryDir base;
    auto depot = must(Depot::openOrCreate(base.path(), quickCa()));
    QVERIFY(depot.store(makeEnrollment("one")));
    const QString file = base.filePath("enrollments/" + enrollmentFileName(transaction("one")));
    write(file, contentOf(file).left(100));
    QCOMPARE(depot.find(transaction("one")).error().code, ErrorCode::Malformed);
    QVERIFY(depot.store(makeEnrollment("two")));
    QStringList trouble;
    QCOMPARE(must(depot.enrollments(&trouble)).size(), 1);
    QCOMPARE(trouble.size(), 1);
    QVERIFY(trouble.first().contains(QFileInfo(file).fileName()));
    // The others are found and decided upon; it is found by its own name, and said to be damaged.
    QCOMPARE(must(depot.resolve("two")), transaction("two"));
    QCOMPARE(must(depot.resolve("tw")), transaction("two"));
    QCOMPARE(depot.resolve("one").error().code, ErrorCode::Malformed);
    // It is not overwritten either: a person shall look at it.
    const QByteArray damaged = contentOf(file);
    QVERIFY(!depot.store(makeEnrollment("one")));
    QCOMPARE(contentOf(file), damaged);
}

void TestDepot::isAsQuickWithAThousandEnrollments()
{
    const QTemporaryDir base;
    auto depot = must(Depot::openOrCreate(base.path(), quickCa()));
    constexpr int count = 1000;
    for (int i = 0; i < count; ++i) {
        Enrollment enrollment = makeEnrollment(QString("T%1").arg(i), Enrollment::State::Issued);
        enrollment.receivedAt = enrollment.receivedAt.addSecs(count - i);
        enrollment.certificate = depot.issuing();
        // Not through store(): a thousand syncs of the disk are not what is measured here.
        write(base.filePath("enrollments/" + enrollmentFileName(enrollment.transactionId)), must(enrollmentToJson(enrollment)));
    }
    QElapsedTimer timer;
    timer.start();
    constexpr int lookups = 100;
    for (int i = 0; i < lookups; ++i)
        QVERIFY(depot.find(transaction(QString("T%1").arg(i * 7)))->has_value());
    // One look-up reads one small file; a scan of the folder would take a thousand times as long.
    QVERIFY2(timer.elapsed() < lookups * 5, qPrintable(QString("%1 ms").arg(timer.elapsed())));

    const auto listed = depot.enrollments();
    QCOMPARE(listed->size(), count);
    QCOMPARE(listed->first().transactionId, transaction("T999"));
    QCOMPARE(listed->last().transactionId, transaction("T0"));
    QVERIFY(depot.store(makeEnrollment("T5")));
    timer.start();
    const auto again = depot.enrollments();
    QVERIFY2(timer.elapsed() < 500, qPrintable(QString("%1 ms").arg(timer.elapsed())));
    QCOMPARE(again->size(), count);
    QCOMPARE(std::count_if(again->cbegin(), again->cend(), [](const Enrollment &e) { return e.state == Enrollment::State::Pending; }), 1);
}

namespace {

/// An issued enrollment with a certificate of its own under the depot's CA.
Enrollment makeIssued(const Depot &depot, const QString &id)
{
    Enrollment enrollment = makeEnrollment(id, Enrollment::State::Issued);
    Pki::CertificateTemplate form;
    form.subject = enrollment.requested.subject;
    form.publicKey = enrollment.requested.publicKey;
    form.notBefore = QDateTime::currentDateTimeUtc();
    form.notAfter = form.notBefore.addDays(1);
    enrollment.certificate = must(Pki::issueCertificate(form, depot.issuingKey(), depot.issuing()));
    return enrollment;
}

} // namespace

void TestDepot::findsBySerialNumber()
{
    const QTemporaryDir base;
    auto depot = must(Depot::openOrCreate(base.path(), quickCa()));
    auto other = must(Depot::open(base.path())); // as another process has it
    const Enrollment first = makeIssued(depot, "first");
    QVERIFY(!depot.findByCertificate(first.certificate)->has_value());
    QVERIFY(depot.store(first));
    for (const Depot *each : {&depot, &other}) {
        QCOMPARE((*each->findByCertificate(first.certificate))->transactionId, transaction("first"));
        QCOMPARE((*each->findBySerialNumber(first.certificate.issuerAndSerialNumber()))->transactionId, transaction("first"));
    }
    // What another process makes of it is seen.
    QVERIFY(other.revoke(transaction("first"), "superseded", QDateTime::currentDateTimeUtc()));
    QVERIFY((*depot.findByCertificate(first.certificate))->revocation);
    QCOMPARE(depot.revoked(depot.issuing())->size(), 1);
    // It moves to another transaction, and its file gets another certificate.
    Enrollment moved = **depot.find(transaction("first"));
    moved.transactionId = transaction("moved");
    QVERIFY(other.store(moved));
    const Enrollment renewed = makeIssued(depot, "first");
    QVERIFY(other.store(renewed));
    QCOMPARE((*depot.findByCertificate(first.certificate))->transactionId, transaction("moved"));
    QCOMPARE((*depot.findByCertificate(renewed.certificate))->transactionId, transaction("first"));
    // Somebody else's certificate with the same issuer name and serial number is not it.
    Pki::CertificateTemplate form;
    form.subject = first.certificate.subject();
    form.issuer = first.certificate.issuer();
    form.serialNumber = first.certificate.serialNumber();
    form.publicKey = TestSupport::rsaKey("device").publicKey();
    form.notBefore = first.certificate.notBefore();
    form.notAfter = first.certificate.notAfter();
    const auto imitator = TestSupport::makeSelfSigned("CN=Imitator", TestSupport::rsaKey("imitator"), form.notBefore);
    QVERIFY(!depot.findByCertificate(must(Pki::issueCertificate(form, imitator.key, imitator.certificate)))->has_value());
    // A damaged file hides only its own.
    write(base.filePath("enrollments/" + enrollmentFileName(transaction("broken"))), "{");
    const Enrollment later = makeIssued(depot, "later");
    QVERIFY(other.store(later));
    QCOMPARE((*depot.findByCertificate(later.certificate))->transactionId, transaction("later"));
    QStringList trouble;
    QVERIFY(depot.enrollments(&trouble));
    QCOMPARE(trouble.size(), 1);
}

void TestDepot::findsBySerialNumberAmongAThousand()
{
    const QTemporaryDir base;
    auto depot = must(Depot::openOrCreate(base.path(), quickCa()));
    constexpr int count = 1000;
    QList<Pki::Certificate> certificates;
    for (int i = 0; i < count; ++i) {
        const Enrollment enrollment = makeIssued(depot, QString("T%1").arg(i));
        certificates.append(enrollment.certificate);
        write(base.filePath("enrollments/" + enrollmentFileName(enrollment.transactionId)), must(enrollmentToJson(enrollment)));
    }
    QVERIFY(depot.findByCertificate(certificates.first())->has_value()); // reads them all, once
    QElapsedTimer timer;
    timer.start();
    QVERIFY(depot.enrollments());
    const qint64 listing = qMax<qint64>(timer.nsecsElapsed(), 1);
    timer.start();
    constexpr int lookups = 100;
    for (int i = 0; i < lookups; ++i)
        QCOMPARE((*depot.findByCertificate(certificates[i * 7]))->certificate, certificates[i * 7]);
    // One file each; looking at all of them every time would take a hundred listings.
    QVERIFY2(timer.nsecsElapsed() < listing * lookups / 4,
             qPrintable(QString("%1 ns, one listing %2 ns").arg(timer.nsecsElapsed()).arg(listing)));
    // Nor does one that nobody knows make it look again while nothing changes.
    Pki::IssuerAndSerialNumber nobody = certificates.first().issuerAndSerialNumber();
    nobody.serialNumber = depot.root().serialNumber();
    timer.start();
    for (int i = 0; i < lookups; ++i)
        QVERIFY(!depot.findBySerialNumber(nobody)->has_value());
    QVERIFY2(timer.nsecsElapsed() < listing * lookups / 4,
             qPrintable(QString("%1 ns, one listing %2 ns").arg(timer.nsecsElapsed()).arg(listing)));
}

int main(int argc, char *argv[])
{
    QCoreApplication application(argc, argv);
    const QStringList arguments = QCoreApplication::arguments();
    if (arguments.value(1) == "--count")
        return countInAnotherProcess(arguments.value(2), arguments.value(3).toInt(), arguments.value(4).toInt());
    TestDepot test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_depot.moc"
