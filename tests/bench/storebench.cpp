// SPDX-License-Identifier: GPL-3.0-or-later
// How a large store behaves: rows added in batches, a start with all of them there, a search. Prints figures; asserts only that the
// answers are right. SCEPTER_STORE_CERTIFICATES=100000 and the release preset for numbers to quote.
#include "models/items/certificatemodel.h"
#include "models/store/store.h"
#include "models/store/storereport.h"
#include "models/vault/vault.h"
#include "tests/models/modelfixtures.h"

#include <QElapsedTimer>
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <ctime>

using namespace Models;
using TestSupport::must;

namespace {

constexpr int certificatesOfARequest = 10;
constexpr int batchSize = 1000;

double seconds(const QElapsedTimer &timer)
{
    return static_cast<double>(timer.nsecsElapsed()) / 1e9;
}

/// "VmHWM" (peak) or "VmRSS" of this process, in MiB.
double memory(const QByteArray &what)
{
    QFile status("/proc/self/status");
    if (!status.open(QIODevice::ReadOnly))
        return 0;
    for (const QByteArray &line : status.readAll().split('\n')) {
        if (line.startsWith(what + ':'))
            return line.mid(what.size() + 1).simplified().split(' ').first().toDouble() / 1024;
    }
    return 0;
}

/// What a start sees, in a process that has done nothing else: {"first": seconds, ...} on standard output.
int lookAt(const QString &folder)
{
    QJsonObject figures;
    const double before = memory("VmRSS");
    QElapsedTimer timer;
    timer.start();
    Vault vault = must(Vault::load(folder + "/vault.json"));
    const auto store = must(Store::open(folder + "/store.sqlite", vault));
    const auto firstCertificates = must(store->certificateRows({}, 0, CertificateModel::pageSize, Fixtures::now));
    const auto firstRequests = must(store->requestRecords({}, CertificateModel::pageSize));
    figures["first"] = seconds(timer);
    figures["firstRows"] = static_cast<int>(firstCertificates.rows.size() + firstRequests.size());

    // Every row, as after scrolling to the end.
    timer.restart();
    CertificateModel::PageRequest asked;
    CertificateModel model([&](const CertificateModel::PageRequest &request) { asked = request; }, [] { return Fixtures::now; });
    model.setQuery({});
    const auto answer = [&] {
        model.setPage(asked.ticket, must(store->certificateRows(asked.query, asked.offset, asked.most, Fixtures::now)));
    };
    answer();
    while (model.canFetchMore({}) && model.rowCount() < 20 * CertificateModel::pageSize) {
        model.fetchMore({});
        answer();
    }
    figures["scroll"] = seconds(timer);
    figures["scrolledRows"] = model.rowCount();
    timer.restart();
    const auto all = must(store->certificateRows({}, 0, 1'000'000, Fixtures::now));
    figures["all"] = seconds(timer);
    figures["allRows"] = static_cast<int>(all.rows.size());
    timer.restart();
    CertificateQuery query;
    query.text = "device-00000007";
    figures["found"] = must(store->certificateCount(query, Fixtures::now));
    figures["search"] = seconds(timer);
    query = {};
    query.order = CertificateQuery::Order::ByExpiry;
    timer.restart();
    (void)must(store->certificateRows(query, 0, CertificateModel::pageSize, Fixtures::now));
    figures["sorted"] = seconds(timer);

    // What an engine reads at its start.
    timer.restart();
    (void)must(store->servers());
    (void)must(store->requests());
    (void)must(store->openTransactions());
    (void)must(store->dueEnrollments());
    figures["current"] = static_cast<int>(must(store->currentCertificates()).size());
    figures["engine"] = seconds(timer);
    timer.restart();
    figures["good"] = must(store->check(false)).isGood();
    figures["check"] = seconds(timer);
    figures["memory"] = memory("VmHWM");
    figures["memoryBefore"] = before;
    printf("%s\n", QJsonDocument(figures).toJson(QJsonDocument::Compact).constData());
    return 0;
}

} // namespace

class StoreBench : public QObject
{
    Q_OBJECT

    TestSupport::TestCa m_ca = TestSupport::TestCa::create("Bench", Fixtures::now);

    QList<Scep::IssuedCertificate> batch(Scep::ServerId server, const QList<Scep::RequestId> &requests, int first, int count) const
    {
        // Few keys: making them is not what is measured, and sealing them costs the same.
        QList<Scep::IssuedCertificate> issued;
        issued.reserve(count);
        for (int i = first; i < first + count; ++i) {
            const Pki::PrivateKey key = TestSupport::ecKey(QString("device %1").arg(i % 4));
            TestSupport::CertificateOptions options;
            options.notAfter = Fixtures::now.addSecs(3600LL * (1 + i % 9000));
            Scep::IssuedCertificate certificate;
            certificate.request = requests.at(i / certificatesOfARequest);
            certificate.server = server;
            certificate.certificate = TestSupport::makeCertificate(QString("C=SE, O=Lab, CN=device-%1").arg(i, 8, 10, QChar('0')),
                                                                   key.publicKey(), m_issuer, Fixtures::now, options);
            certificate.issuers = {m_ca.issuing.certificate, m_ca.root.certificate};
            certificate.key = key;
            certificate.receivedAt = Fixtures::now;
            certificate.transactionId = QString::number(i, 16);
            issued.append(certificate);
        }
        return issued;
    }
    /// Signs quickly: 100,000 signatures are only the way to what is measured.
    TestSupport::Identity m_issuer;

private slots:
    void aLargeStore()
    {
        const int wanted = qMax(batchSize, qEnvironmentVariableIntValue("SCEPTER_STORE_CERTIFICATES"));
        const int certificates = wanted / batchSize * batchSize;
        const QTemporaryDir folder;
        TestSupport::CertificateOptions ca;
        ca.isCa = true;
        m_issuer = TestSupport::makeSelfSigned("CN=Quick issuer", TestSupport::ecKey("issuer"), Fixtures::now, ca);
        double addingRequests = 0;
        double adding = 0;
        double addingProcessor = 0; // of all threads
        const int requestCount = certificates / certificatesOfARequest;
        {
            Vault vault = must(Vault::create(folder.filePath("vault.json"), {}));
            const auto store = must(Store::open(folder.filePath("store.sqlite"), vault));
            const auto server = must(store->addServer(Fixtures::server("plant", m_ca)));
            std::vector<NewRequest> requests(static_cast<std::size_t>(requestCount));
            for (int i = 0; i < requestCount; ++i) {
                NewRequest &added = requests[static_cast<std::size_t>(i)];
                added.request = Fixtures::request(QString("device-%1").arg(i, 6, 10, QChar('0')), server);
                added.challenge = Pki::SecretBytes{QByteArrayView("a challenge of its own")};
                added.key = TestSupport::ecKey(QString("device %1").arg(i % 4));
            }
            QElapsedTimer timer;
            timer.start();
            const auto ids = must(store->addRequests(requests));
            addingRequests = seconds(timer);
            for (int first = 0; first < certificates; first += batchSize) {
                const auto issued = batch(server, ids, first, batchSize);
                const std::clock_t clock = std::clock();
                timer.restart();
                (void)must(store->addCertificates(issued));
                adding += seconds(timer);
                addingProcessor += static_cast<double>(std::clock() - clock) / CLOCKS_PER_SEC;
            }
        }
        QProcess look;
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert("SCEPTER_STORE_LOOK", folder.path());
        look.setProcessEnvironment(environment);
        look.start(QCoreApplication::applicationFilePath(), {});
        QVERIFY2(look.waitForFinished(100000), qPrintable(look.errorString()));
        const QJsonObject figures = QJsonDocument::fromJson(look.readAllStandardOutput()).object();
        const auto milliseconds = [&](const char *name) { return figures[QLatin1String(name)].toDouble() * 1000; };
        printf("store of %d certificates of %d requests, %.0f MiB\n", certificates, requestCount,
               static_cast<double>(QFileInfo(folder.filePath("store.sqlite")).size()) / 1048576.0);
        printf("  added: %.0f certificates/s with sealed keys (batches of %d; %.0f us of processor time each), %.0f requests/s\n",
               certificates / adding, batchSize, addingProcessor / certificates * 1e6, requestCount / addingRequests);
        printf("  start to first rows: %.0f ms; what an engine reads: %.0f ms\n", milliseconds("first"), milliseconds("engine"));
        printf("  search %.0f ms, first page by expiry %.0f ms, all rows %.0f ms, scrolling through %d rows %.0f ms, quick check %.0f ms\n",
               milliseconds("search"), milliseconds("sorted"), milliseconds("all"), figures["scrolledRows"].toInt(), milliseconds("scroll"),
               milliseconds("check"));
        printf("  peak memory with all of it read: %.0f MiB (%.0f before)\n", figures["memory"].toDouble(),
               figures["memoryBefore"].toDouble());
        QCOMPARE(figures["allRows"].toInt(), certificates);
        QCOMPARE(figures["found"].toInt(), 1);
        QCOMPARE(figures["current"].toInt(), requestCount);
        QCOMPARE(figures["firstRows"].toInt(),
                 qMin(CertificateModel::pageSize, certificates) + qMin(CertificateModel::pageSize, requestCount));
        QVERIFY(figures["good"].toBool());
        QVERIFY(figures["memory"].toDouble() > 1);
    }
};

int main(int argc, char **argv)
{
    QCoreApplication application(argc, argv);
    if (const QString folder = qEnvironmentVariable("SCEPTER_STORE_LOOK"); !folder.isEmpty())
        return lookAt(folder);
    StoreBench bench;
    return QTest::qExec(&bench, argc, argv);
}

#include "storebench.moc"
