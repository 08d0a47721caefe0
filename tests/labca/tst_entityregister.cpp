// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/labca/entityregister.h"

#include "tests/support/testca.h"

#include <QDir>
#include <QDirIterator>
#include <QTemporaryDir>
#include <QTest>

#include <atomic>
#include <thread>
#include <vector>

using namespace LabCa;
using TestSupport::must;

namespace {

const QDateTime now = QDateTime(QDate(2026, 5, 4), QTime(3, 2, 1), Qt::UTC);

Pki::SecretBytes secret(const QByteArray &text)
{
    return Pki::SecretBytes(QByteArrayView(text));
}

EntityRegister::Claim claim(const QString &name, const Pki::SecretBytes *challenge, const QString &id = "T1", const QByteArray &csr = "csr")
{
    return {.commonName = name,
            .challenge = challenge,
            .transactionId = must(Scep::TransactionId::fromText(id)),
            .requestDigest = Pki::hash(Pki::Digest::Sha256, csr)};
}

/// "granted", or the words of the refusal.
QString outcome(EntityRegister &entities, const EntityRegister::Claim &claim)
{
    const auto refusal = entities.take(claim, now);
    if (!refusal)
        return "error: " + refusal.error().detail;
    if (!*refusal)
        return "granted";
    return Scep::displayName((*refusal)->failInfo().value()) + ": " + (*refusal)->failInfoText;
}

} // namespace

class TestEntityRegister final : public QObject
{
    Q_OBJECT

private slots:
    void registers();
    void refuses_data();
    void refuses();
    void oneChallengeOneRequest();
    void sameRequestIsGrantedAgain();
    void anotherChallenge();
    void keepsNoChallenge();
    void grantsOnceToManyThreads();
    void namesADamagedFile();
};

void TestEntityRegister::registers()
{
    const QTemporaryDir folder;
    EntityRegister entities(folder.path());
    QVERIFY(entities.entities()->isEmpty());
    QVERIFY(QDir(folder.path()).isEmpty());
    const auto made = entities.add("plc-7", {}, false, now);
    QVERIFY(made);
    QCOMPARE(made->size(), std::size_t(24));
    const auto given = entities.add("plc \"8\", Gerät", secret("typed"), false, now);
    QCOMPARE(given->view().toByteArray(), QByteArray("typed"));
    QVERIFY(!(*entities.add("plc-9", {}, false, now) == *made));

    const EntityRegister other(folder.path());
    const auto listed = other.entities();
    QCOMPARE(listed->size(), 3);
    QCOMPARE((*listed)[0].commonName, QString("plc \"8\", Gerät"));
    QCOMPARE((*listed)[1], (Entity{.commonName = "plc-7", .registeredAt = now}));
    QVERIFY(other.find("plc-7")->has_value());
    QVERIFY(!other.find("PLC-7")->has_value());
    QVERIFY(entities.remove("plc-7"));
    QVERIFY(!other.find("plc-7")->has_value());
    QCOMPARE(entities.remove("plc-7").error().code, ErrorCode::InvalidArgument);
    QCOMPARE(entities.add("  ", {}, false, now).error().code, ErrorCode::InvalidArgument);
}

void TestEntityRegister::refuses_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<QByteArray>("challenge"); // null: none
    QTest::addColumn<QString>("expected");
    QTest::newRow("right") << "plc-7" << QByteArray("s3cret") << "granted";
    QTest::newRow("unknown") << "plc-8" << QByteArray("s3cret") << "badRequest: \"plc-8\" is not registered here";
    QTest::newRow("other case") << "PLC-7" << QByteArray("s3cret") << "badRequest: \"PLC-7\" is not registered here";
    QTest::newRow("path") << "../plc-7" << QByteArray("s3cret") << "badRequest: \"../plc-7\" is not registered here";
    QTest::newRow("no name") << "" << QByteArray("s3cret")
                             << "badRequest: the request has no common name: nobody is registered without one";
    QTest::newRow("wrong") << "plc-7" << QByteArray("s3creT") << "badRequest: the challenge password is wrong";
    QTest::newRow("beginning") << "plc-7" << QByteArray("s3cre") << "badRequest: the challenge password is wrong";
    QTest::newRow("another's") << "plc-7" << QByteArray("for plc-9") << "badRequest: the challenge password is wrong";
    QTest::newRow("none") << "plc-7" << QByteArray() << "badRequest: the challenge password is missing";
}

void TestEntityRegister::refuses()
{
    QFETCH(const QString, name);
    QFETCH(const QByteArray, challenge);
    const QTemporaryDir folder;
    EntityRegister entities(folder.path());
    QVERIFY(entities.add("plc-7", secret("s3cret"), false, now));
    QVERIFY(entities.add("plc-9", secret("for plc-9"), false, now));
    const Pki::SecretBytes given = secret(challenge);
    QTEST(outcome(entities, claim(name, challenge.isNull() ? nullptr : &given)), "expected");
    // A refusal uses nothing up.
    const Pki::SecretBytes right = secret("s3cret");
    QCOMPARE(outcome(entities, claim("plc-7", &right)), QString("granted"));
}

void TestEntityRegister::oneChallengeOneRequest()
{
    const QTemporaryDir folder;
    EntityRegister entities(folder.path());
    const auto challenge = must(entities.add("plc-7", {}, false, now));
    QCOMPARE(outcome(entities, claim("plc-7", &challenge)), QString("granted"));
    QCOMPARE((*entities.find("plc-7"))->usedAt, now);
    QCOMPARE((*entities.find("plc-7"))->usedBy, QString("T1"));
    const QString used("badRequest: the challenge password was used already");
    QCOMPARE(outcome(entities, claim("plc-7", &challenge, "T2")), used);
    QCOMPARE(outcome(entities, claim("plc-7", &challenge, "T1", "another csr")), used);
    EntityRegister restarted(folder.path());
    QCOMPARE(outcome(restarted, claim("plc-7", &challenge, "T2")), used);
    // Who does not know it learns nothing of its being used.
    const Pki::SecretBytes guessed = secret("guessed");
    QCOMPARE(outcome(entities, claim("plc-7", &guessed, "T2")), QString("badRequest: the challenge password is wrong"));
}

void TestEntityRegister::sameRequestIsGrantedAgain()
{
    // The power failed after the challenge was used up and before the certificate was stored, or the reply was lost.
    const QTemporaryDir folder;
    const auto challenge = must(EntityRegister(folder.path()).add("plc-7", {}, false, now));
    for (int i = 0; i < 3; ++i) {
        EntityRegister restarted(folder.path());
        QCOMPARE(outcome(restarted, claim("plc-7", &challenge)), QString("granted"));
    }
}

void TestEntityRegister::anotherChallenge()
{
    const QTemporaryDir folder;
    EntityRegister entities(folder.path());
    const auto first = must(entities.add("plc-7", {}, false, now));
    const auto refused = entities.add("plc-7", {}, false, now);
    QCOMPARE(refused.error().code, ErrorCode::InvalidArgument);
    QVERIFY(refused.error().detail.contains("plc-7"));
    QCOMPARE(outcome(entities, claim("plc-7", &first)), QString("granted"));
    const auto second = must(entities.add("plc-7", {}, true, now));
    QVERIFY(!(*entities.find("plc-7"))->usedAt.isValid());
    QCOMPARE(outcome(entities, claim("plc-7", &first, "T2")), QString("badRequest: the challenge password is wrong"));
    QCOMPARE(outcome(entities, claim("plc-7", &second, "T2")), QString("granted"));
}

void TestEntityRegister::keepsNoChallenge()
{
    const QTemporaryDir folder;
    EntityRegister entities(folder.path());
    const QByteArray unmistakable("Vm9yIGRlbSBHZXNldHo");
    const Pki::SecretBytes challenge = secret(unmistakable);
    QVERIFY(entities.add("plc-7", challenge, false, now));
    QVERIFY(entities.add("plc-8", challenge, false, now));
    QCOMPARE(outcome(entities, claim("plc-7", &challenge)), QString("granted"));
    QList<QByteArray> hashes;
    QDirIterator every(folder.path(), {"*.json"}, QDir::Files, QDirIterator::Subdirectories);
    while (every.hasNext()) {
        QFile file(every.next());
        QVERIFY(file.open(QIODevice::ReadOnly));
        QCOMPARE(file.permissions() & (QFileDevice::ReadGroup | QFileDevice::ReadOther), QFileDevice::Permissions());
        const QByteArray bytes = file.readAll();
        for (const QByteArray &form :
             {unmistakable, unmistakable.toHex(), unmistakable.toBase64(), Pki::hash(Pki::Digest::Sha256, unmistakable).toHex()})
            QVERIFY(!bytes.contains(form));
        const qsizetype at = bytes.indexOf("\"hash\"");
        QVERIFY(at > 0);
        hashes.append(bytes.mid(at, 40));
    }
    QCOMPARE(hashes.size(), 2);
    QVERIFY(hashes[0] != hashes[1]); // salted
}

void TestEntityRegister::grantsOnceToManyThreads()
{
    const QTemporaryDir folder;
    EntityRegister entities(folder.path());
    EntityRegister beside(folder.path()); // as another process has it
    const auto challenge = must(entities.add("plc-7", {}, false, now));
    std::atomic<int> granted = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) {
        threads.emplace_back([&, i] {
            const auto refusal = (i % 2 ? entities : beside).take(claim("plc-7", &challenge, QString("T%1").arg(i)), now);
            if (refusal && !*refusal)
                ++granted;
        });
    }
    for (std::thread &thread : threads)
        thread.join();
    QCOMPARE(granted.load(), 1);
}

void TestEntityRegister::namesADamagedFile()
{
    const QTemporaryDir folder;
    EntityRegister entities(folder.path());
    const auto challenge = must(entities.add("plc-7", {}, false, now));
    const QString path = QDir(folder.filePath("entities")).entryInfoList({"*.json"}).first().filePath();
    QFile file(path);
    QVERIFY(file.resize(30));
    QCOMPARE(entities.entities().error().code, ErrorCode::Malformed);
    const auto taken = entities.take(claim("plc-7", &challenge), now);
    QCOMPARE(taken.error().code, ErrorCode::Malformed);
    QVERIFY(taken.error().detail.contains(QFileInfo(path).fileName()));
}

QTEST_GUILESS_MAIN(TestEntityRegister)
#include "tst_entityregister.moc"
