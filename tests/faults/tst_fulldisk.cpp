// SPDX-License-Identifier: GPL-3.0-or-later
// The real store on a disk that is full: what is under way stops in a clear state, nothing is sent whose answer could not be kept, nothing
// is lost, and all goes on by itself when there is room again.
#include "models/store/store.h"
#include "models/store/storereport.h"
#include "models/vault/vault.h"
#include "scep/worker/engine.h"
#include "tests/support/scriptedca.h"

#include <QFileInfo>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <sys/resource.h>

using namespace TestSupport;
using State = Scep::TransactionStatus::State;

namespace {

/// While it lives, no file of this process may grow beyond `bytes`: writing fails as on a full disk.
class FullDisk
{
public:
    explicit FullDisk(qint64 bytes)
    {
        std::signal(SIGXFSZ, SIG_IGN);
        getrlimit(RLIMIT_FSIZE, &m_former);
        rlimit limit = m_former;
        limit.rlim_cur = static_cast<rlim_t>(bytes);
        setrlimit(RLIMIT_FSIZE, &limit);
    }
    ~FullDisk() { setrlimit(RLIMIT_FSIZE, &m_former); }
    Q_DISABLE_COPY_MOVE(FullDisk)

private:
    rlimit m_former{};
};

} // namespace

class TestFullDisk : public QObject
{
    Q_OBJECT

private slots:
    void stopsAndGoesOn()
    {
        constexpr int count = 12;
        const QTemporaryDir folder;
        auto vault = must(Models::Vault::create(folder.filePath("vault.json"), {}));
        const auto store = must(Models::Store::open(folder.filePath("store.sqlite"), vault));
        Scep::SystemClock clock;
        ScriptedNetwork network;
        ScriptedCa ca("Full disk", clock);
        ca.serve(network);
        ca.standing = [&](const Scep::ReceivedRequest &request) { return ca.pending(request); };
        Scep::KeyPool keyPool;

        Scep::EnrollmentServer server;
        server.label = "lab";
        server.url = QUrl("http://ca.example/scep");
        server.anchor = ca.anchor();
        server.retryInterval = std::chrono::seconds(1);
        server.polling.first = std::chrono::seconds(1);
        server.polling.growth = 1;
        server.id = must(store->addServer(server));
        std::vector<Models::NewRequest> requests;
        for (int i = 0; i < count; ++i) {
            Models::NewRequest request;
            request.request.label = QString("device-%1").arg(i);
            request.request.server = server.id;
            request.request.subject = must(Pki::DistinguishedName::fromText("CN=" + request.request.label));
            request.key = rsaKey("full disk");
            requests.push_back(std::move(request));
        }
        const QList<Scep::RequestId> ids = must(store->addRequests(requests));

        Scep::Engine engine({network, *store, clock, keyPool});
        QList<Scep::Error> failures;
        connect(&engine, &Scep::Engine::journalFailed, this, [&](const Scep::Error &error) { failures.append(error); });
        QVERIFY(engine.start()); // what has no certificate begins by itself
        const auto countOf = [&](State state) {
            return std::ranges::count_if(ids, [&](Scep::RequestId id) { return engine.status(id).state == state; });
        };
        QTRY_COMPARE_WITH_TIMEOUT(countOf(State::Pending), count, 20000);
        QVERIFY(failures.isEmpty());

        int sentWhileFull = 0;
        {
            const FullDisk full(1); // not even the write-ahead log may grow
            ca.standing = [&](const Scep::ReceivedRequest &request) {
                ++sentWhileFull;
                return ca.issue(request);
            };
            // A poll may be on its way before the first write fails. From then on nothing is sent.
            QTRY_VERIFY_WITH_TIMEOUT(!failures.isEmpty(), 10000);
            QTRY_COMPARE_WITH_TIMEOUT(countOf(State::Retrying), count, 20000);
            for (const Scep::RequestId id : ids) {
                const auto error = engine.status(id).error;
                QVERIFY(error.has_value());
                QVERIFY2(error->code == Scep::ErrorCode::DiskFull || error->code == Scep::ErrorCode::StoreFailure,
                         qPrintable(error->detail));
            }
            const int sent = sentWhileFull;
            QVERIFY2(sent <= server.exchangesAtOnce, qPrintable(QString::number(sent)));
            for (const Scep::RequestId id : ids)
                engine.attemptNow(id); // nor when somebody insists
            QVERIFY(!QTest::qWaitFor([&] { return sentWhileFull != sent; }, 300));
            QVERIFY(must(store->certificates(ids.first())).isEmpty());
        }
        QTRY_COMPARE_WITH_TIMEOUT(countOf(State::Done), count, 30000);
        for (const Scep::RequestId id : ids) {
            const auto certificates = must(store->certificates(id));
            QCOMPARE(certificates.size(), 1);
            const auto whole = must(store->certificateWithKey(certificates.first().id));
            QVERIFY(Pki::belongTogether(whole.key, whole.certificate));
        }
        const Models::StoreReport report = must(store->check(true));
        QVERIFY2(report.isGood(), qPrintable(report.toText()));
        QCOMPARE(report.openTransactions, 0);
        QSet<QString> transactions;
        for (const Scep::ReceivedRequest &request : std::as_const(ca.received))
            transactions.insert(request.transactionId.toText());
        QCOMPARE(transactions.size(), count); // each is still the one that was begun
    }
};

QTEST_GUILESS_MAIN(TestFullDisk)
#include "tst_fulldisk.moc"
