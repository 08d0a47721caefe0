// SPDX-License-Identifier: GPL-3.0-or-later
// Requests at two Lab CAs that spoil ten percent of their answers, each kind of fault among them, while the worker process is killed -9 at
// random moments: first while everybody enrols, then while everybody renews. At the end every request has exactly one current certificate
// with its key, nothing that a CA issued was lost, no one-time challenge was used twice, and no secret lies on the disk.
//
// Three kinds of processes: this one is the technician, the CA's administrator and the test; two Lab CAs; the worker.
// 300 requests, 50 + 25 kills. SCEPTER_FAULT_RUN=small: 60 requests and 10 + 5 kills, for a quick look. SCEPTER_FAULT_SEED: another run.
#include "models/store/store.h"
#include "models/store/storereport.h"
#include "models/vault/vault.h"
#include "scep/labca/depot.h"
#include "scep/labca/entityregister.h"
#include "scep/labca/faults.h"
#include "tests/faults/roles.h"
#include "tests/support/testca.h"

#include <QDir>
#include <QDirIterator>
#include <QElapsedTimer>
#include <QProcess>
#include <QRandomGenerator>
#include <QTemporaryDir>
#include <QTest>
#include <QTimer>

using namespace TestSupport;

namespace {

constexpr int labCount = 2;

struct Lab {
    QString folder;
    std::unique_ptr<LabCa::Depot> depot;
    QProcess process;
    QUrl url;
    bool isRegistered = false;
};

} // namespace

class TestFaultRun : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase()
    {
        const bool isSmall = qgetenv("SCEPTER_FAULT_RUN") == "small";
        m_requests = isSmall ? 60 : 300;
        m_kills = isSmall ? 10 : 50;
        const QByteArray seed = qgetenv("SCEPTER_FAULT_SEED");
        m_seed = seed.isEmpty() ? 8894 : seed.toULongLong();
        m_random.seed(static_cast<quint32>(m_seed));
        qInfo("seed %llu, %d requests, %d kills", static_cast<unsigned long long>(m_seed), m_requests, m_kills);
        QVERIFY(m_dir.isValid());
        QVERIFY(QDir(m_dir.path()).mkpath("workspace"));
    }

    void everybodyGetsExactlyOneCertificate()
    {
        QElapsedTimer time;
        time.start();
        for (int i = 0; i < labCount; ++i)
            startLab(i);
        if (QTest::currentTestFailed())
            return;
        fillStore();
        runWorkers(1, m_kills);
        if (QTest::currentTestFailed())
            return;
        checkStore(1);
        checkLabs(1);
        runWorkers(2, m_kills / 2); // and everybody renews
        if (QTest::currentTestFailed())
            return;
        checkStore(2);
        checkLabs(2);
        checkFaults();
        checkSecrets();
        qInfo("%.1f s; %d starts of the worker, %d kills, %d times a person had to act", double(time.elapsed()) / 1000, m_starts, m_killed,
              m_actsOfAPerson);
    }

private:
    [[nodiscard]] QString workspace(const QString &file) const { return m_dir.filePath("workspace/" + file); }
    [[nodiscard]] static QString nameOf(int number) { return QString("device-%1").arg(number); }
    [[nodiscard]] Lab &labOf(int number) { return m_labs[number % labCount]; }

    void startLab(int index)
    {
        Lab &lab = m_labs[index];
        lab.folder = m_dir.filePath(QString("lab-%1").arg(index));
        lab.isRegistered = index == 0;
        LabCa::CaDescription description;
        description.name = QString("Fault run %1").arg(index);
        description.keySpec.bits = 1024;
        lab.depot = std::make_unique<LabCa::Depot>(must(LabCa::Depot::openOrCreate(lab.folder, description)));
        lab.process.setProcessChannelMode(QProcess::ForwardedErrorChannel);
        lab.process.start(QCoreApplication::applicationFilePath(),
                          {"--lab-ca", lab.folder, lab.isRegistered ? "registered" : "approve",
                           QString::number(m_seed + static_cast<quint64>(index)), QString::number(index)});
        QVERIFY(lab.process.waitForStarted());
        QVERIFY(lab.process.waitForReadyRead(20000));
        const QByteArray line = lab.process.readLine().trimmed();
        QVERIFY2(line.startsWith("url "), line.constData());
        lab.url = QUrl(QString::fromUtf8(line.mid(4)));
    }

    QByteArray newChallenge(int number)
    {
        LabCa::EntityRegister entities(labOf(number).folder);
        m_challenges.append(must(entities.add(nameOf(number), {}, true, QDateTime::currentDateTimeUtc())).view().toByteArray());
        return m_challenges.last();
    }

    void fillStore()
    {
        auto vault = must(Models::Vault::create(workspace("vault.json"), {}));
        const auto store = must(Models::Store::open(workspace("store.sqlite"), vault));
        QList<Scep::ServerId> servers;
        for (const Lab &lab : m_labs) {
            Scep::EnrollmentServer server;
            server.label = lab.depot->root().subject().toText();
            server.url = lab.url;
            server.anchor = {lab.depot->root().fingerprint(), {}};
            server.retryInterval = std::chrono::seconds(1);
            server.polling.first = std::chrono::seconds(1);
            server.polling.longest = std::chrono::seconds(3);
            server.transport.timeout = std::chrono::milliseconds(1500);
            servers.append(must(store->addServer(server)));
        }
        std::vector<Models::NewRequest> requests;
        for (int number = 0; number < m_requests; ++number) {
            Models::NewRequest request;
            request.request.label = nameOf(number);
            request.request.server = servers.at(number % labCount);
            request.request.subject = must(Pki::DistinguishedName::fromText("CN=" + nameOf(number)));
            request.request.keySpec.bits = 1024;
            if (labOf(number).isRegistered)
                request.challenge = Pki::SecretBytes(QByteArrayView(newChallenge(number)));
            requests.push_back(std::move(request));
        }
        const auto ids = must(store->addRequests(requests));
        for (int number = 0; number < m_requests; ++number)
            m_numbers.insert(ids.at(number).value, number);
    }

    /// The technician: whoever was rejected gets a new challenge, where challenges count.
    void hear(QProcess &worker)
    {
        while (worker.canReadLine()) {
            const QByteArray line = worker.readLine().trimmed();
            const QList<QByteArray> words = line.split(' ');
            if (words.first() == "error" || words.first() == "journal")
                m_troubles.append(QString::fromUtf8(line));
            if (words.first() != "rejected")
                continue;
            ++m_actsOfAPerson;
            const int number = m_numbers.value(words.value(1).toLongLong());
            m_rejected.insert(number);
            m_reasons[QString::fromUtf8(line.mid(line.indexOf(' ', 9) + 1))] += 1;
            if (m_goal > 1) {
                worker.write("renew " + words.value(1) + '\n');
                continue;
            }
            const QByteArray challenge = labOf(number).isRegistered ? newChallenge(number) : QByteArray("-");
            worker.write("enroll " + words.value(1) + ' ' + challenge + '\n');
        }
    }

    void runWorkers(int goal, int kills)
    {
        m_goal = goal;
        m_reasons.clear();
        const int killedBefore = m_killed;
        QElapsedTimer time;
        time.start();
        constexpr qint64 patienceMs = 5 * 60 * 1000;
        for (bool isDone = false; !isDone;) {
            QVERIFY2(time.elapsed() < patienceMs, "not done within five minutes");
            QProcess worker;
            worker.setProcessChannelMode(QProcess::ForwardedErrorChannel);
            worker.start(QCoreApplication::applicationFilePath(), {"--worker", workspace({}), QString::number(goal)});
            QVERIFY(worker.waitForStarted());
            ++m_starts;
            connect(&worker, &QProcess::readyReadStandardOutput, this, [&] { hear(worker); });
            QTimer death;
            death.setSingleShot(true);
            connect(&death, &QTimer::timeout, &worker, &QProcess::kill);
            if (m_killed - killedBefore < kills) // from the first moments of a start to the midst of the work
                death.start(m_random.bounded(5, 300));
            QEventLoop loop;
            connect(&worker, &QProcess::finished, &loop, &QEventLoop::quit);
            QTimer::singleShot(patienceMs, &loop, &QEventLoop::quit);
            loop.exec();
            hear(worker);
            const bool isThrough = worker.exitStatus() == QProcess::NormalExit && worker.exitCode() == 0;
            // On a quick machine the work may be done before the last death: then it strikes a worker that looks for work.
            isDone = isThrough && m_killed - killedBefore >= kills;
            if (worker.exitStatus() == QProcess::NormalExit && !isThrough)
                QFAIL(qPrintable("the worker gave up: " + m_troubles.join("; ")));
            if (worker.exitStatus() == QProcess::CrashExit)
                ++m_killed;
        }
        for (auto reason = m_reasons.cbegin(); reason != m_reasons.cend(); ++reason) {
            QVERIFY2(!reason.key().contains("challenge"), qPrintable(reason.key()));
            qInfo("a person was asked %d times: %s", reason.value(), qPrintable(reason.key()));
        }
        QVERIFY2(m_troubles.isEmpty(), qPrintable(m_troubles.join("; ")));
        QCOMPARE(m_killed - killedBefore, kills);
    }

    void checkStore(int goal)
    {
        auto vault = must(Models::Vault::load(workspace("vault.json")));
        const auto store = must(Models::Store::open(workspace("store.sqlite"), vault));
        const Models::StoreReport report = must(store->check(true));
        QVERIFY2(report.isGood(), qPrintable(report.toText()));
        QCOMPARE(report.requests, m_requests);
        QCOMPARE(report.openTransactions, 0);
        const auto records = must(store->requestRecords());
        QCOMPARE(records.size(), m_requests);
        for (const Models::RequestRecord &record : records) {
            const int number = m_numbers.value(record.request.id.value);
            QVERIFY2(record.current, qPrintable(record.request.label));
            QCOMPARE(record.certificateCount, goal);
            const auto current = must(store->certificateWithKey(record.current->id));
            QVERIFY(Pki::belongTogether(current.key, current.certificate));
            QCOMPARE(current.certificate.subject(), record.request.subject);
            QCOMPARE(current.issuers.last(), labOf(number).depot->root());
            QVERIFY(must(store->challenge(record.request.id)).isEmpty());
            // The end of a PKCS#8 key is one of its secret numbers.
            m_secretNumbers.append(current.key.toPkcs8Der().view().last(48).toByteArray());
            m_transactions[number].append(current.transactionId);
        }
        QCOMPARE(report.certificates, m_requests * goal);
    }

    void checkFaults()
    {
        int served = 0;
        int spoilt = 0;
        QSet<QByteArray> kinds;
        for (Lab &lab : m_labs) {
            lab.process.kill();
            lab.process.waitForFinished();
            while (lab.process.canReadLine()) {
                const QByteArray line = lab.process.readLine().trimmed();
                if (line.startsWith("approved "))
                    continue;
                ++served;
                if (!line.startsWith("spoilt "))
                    continue;
                ++spoilt;
                const auto struck = line.mid(7).split(',');
                for (const QByteArray &kind : struck)
                    kinds.insert(kind.trimmed());
            }
        }
        qInfo("%d of %d answers were spoilt, in %d ways", spoilt, served, int(kinds.size()));
        QVERIFY(spoilt * 100 >= served * 5 && spoilt * 100 <= served * 20);
        QVERIFY(kinds.size() >= (m_requests >= 300 ? LabCa::faultNames().size() : 5));
    }

    /// What the worker left on the disk, byte for byte: neither challenge nor key in the clear.
    void checkSecrets()
    {
        QVERIFY(m_challenges.size() >= m_requests / labCount);
        QCOMPARE(m_secretNumbers.size(), m_requests * 2);
        int files = 0;
        QDirIterator walk(workspace({}), QDir::Files | QDir::Hidden, QDirIterator::Subdirectories);
        while (walk.hasNext()) {
            QFile file(walk.next());
            QVERIFY(file.open(QIODevice::ReadOnly));
            const QByteArray bytes = file.readAll();
            ++files;
            QVERIFY2(!bytes.contains("PRIVATE KEY"), qPrintable(file.fileName()));
            for (const QByteArray &challenge : std::as_const(m_challenges))
                QVERIFY2(!bytes.contains(challenge), qPrintable(file.fileName()));
            for (const QByteArray &number : std::as_const(m_secretNumbers))
                QVERIFY2(!bytes.contains(number) && !bytes.contains(number.toBase64().first(60)), qPrintable(file.fileName()));
        }
        QVERIFY(files >= 2);
    }

    /// The other side of the story.
    void checkLabs(int goal)
    {
        for (int index = 0; index < labCount; ++index) {
            const Lab &lab = m_labs[index];
            QHash<QString, QStringList> issued; // transactions by name
            const auto enrollments = must(lab.depot->enrollments());
            for (const LabCa::Enrollment &enrollment : enrollments) {
                if (enrollment.state == LabCa::Enrollment::State::Issued)
                    issued[enrollment.subject().toText()].append(enrollment.transactionId.toText());
            }
            const LabCa::EntityRegister entities(lab.folder);
            for (int number = index; number < m_requests; number += labCount) {
                const QStringList transactions = issued.value("CN=" + nameOf(number));
                for (const QString &mine : m_transactions.value(number))
                    QVERIFY(transactions.contains(mine));
                // What was issued came home, unless the CA itself said no to it afterwards.
                if (!m_rejected.contains(number))
                    QCOMPARE(transactions.size(), goal);
                if (lab.isRegistered) {
                    const auto entity = must(entities.find(nameOf(number)));
                    QVERIFY(entity.has_value());
                    QCOMPARE(entity->usedBy, m_transactions.value(number).first());
                }
            }
        }
    }

    QTemporaryDir m_dir;
    Lab m_labs[labCount];
    QRandomGenerator m_random;
    quint64 m_seed = 0;
    int m_requests = 0;
    int m_kills = 0;
    int m_goal = 1; ///< certificates for each request
    int m_killed = 0;
    int m_starts = 0;
    int m_actsOfAPerson = 0;
    QHash<qint64, int> m_numbers;           ///< by request id
    QHash<int, QStringList> m_transactions; ///< whose certificates came home
    QSet<int> m_rejected;
    QMap<QString, int> m_reasons;
    QStringList m_troubles;
    QByteArrayList m_challenges; ///< every one that was handed out
    QByteArrayList m_secretNumbers;
};

int main(int argc, char **argv)
{
    const QCoreApplication application(argc, argv);
    const QStringList arguments = QCoreApplication::arguments();
    if (arguments.value(1) == "--lab-ca")
        return FaultRun::runLabCa(arguments.mid(2));
    if (arguments.value(1) == "--worker")
        return FaultRun::runWorker(arguments.mid(2));
    TestFaultRun test;
    return QTest::qExec(&test, arguments);
}

#include "tst_faultrun.moc"
