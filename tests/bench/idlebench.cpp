// SPDX-License-Identifier: GPL-3.0-or-later
// What an engine costs that only waits: 10,000 pending requests, the next poll far away, real clock. Prints wake-ups in a minute and CPU,
// and fails far above the aim. SCEPTER_IDLE_SECONDS and SCEPTER_IDLE_REQUESTS: for how long (3; 20 or more for a number to quote), and how
// many.
#include "scep/worker/engine.h"
#include "tests/support/memoryjournal.h"
#include "tests/support/testca.h"

#include <QAbstractEventDispatcher>
#include <QElapsedTimer>
#include <QEventLoop>
#include <QFile>
#include <QNetworkAccessManager>
#include <QTest>
#include <QTimer>

#include <sys/resource.h>

using namespace Scep;
using namespace TestSupport;

namespace {

struct Usage {
    double cpuSeconds = 0;
    long voluntarySwitches = 0; ///< of all threads: each is somebody going back to sleep
};

Usage usage()
{
    rusage now{};
    getrusage(RUSAGE_SELF, &now);
    const auto seconds = [](const timeval &time) { return double(time.tv_sec) + double(time.tv_usec) / 1e6; };
    return {seconds(now.ru_utime) + seconds(now.ru_stime), now.ru_nvcsw};
}

double residentMegabytes()
{
    QFile file("/proc/self/statm");
    if (!file.open(QIODevice::ReadOnly))
        return 0;
    return file.readAll().split(' ').value(1).toDouble() * 4096 / (1024 * 1024);
}

int setting(const char *name, int fallback)
{
    const int value = qEnvironmentVariableIntValue(name);
    return value > 0 ? value : fallback;
}

} // namespace

class BenchIdle : public QObject
{
    Q_OBJECT

private slots:
    void pendingRequestsCostNothing()
    {
        const int seconds = setting("SCEPTER_IDLE_SECONDS", 3);
        const int count = setting("SCEPTER_IDLE_REQUESTS", 10000);
        const QDateTime now = QDateTime::currentDateTimeUtc();
        const TestCa ca = TestCa::create("Idle", now);
        MemoryJournal journal;
        EnrollmentServer server;
        server.id = {1};
        server.label = "idle";
        server.url = QUrl("http://127.0.0.1:1/scep");
        server.anchor = {{}, ca.root.certificate};
        journal.serverTable.insert(server.id, server);
        ServerKnowledge known;
        known.id = server.id;
        known.trust = ServerKnowledge::Trust::Confirmed;
        known.offered.certificates = {ca.root.certificate, ca.issuing.certificate, ca.ra.certificate};
        known.roles = must(chooseRoles(known.offered, ca.root.certificate, now));
        known.lastContact = now;
        journal.knowledgeTable.insert(server.id, known);
        Transaction pending;
        pending.server = server.id;
        pending.key = pending.signerKey = rsaKey("idle");
        pending.csr = makeRequest("CN=idle", pending.key);
        pending.signer = makeSelfSigned("CN=idle", pending.key, now).certificate;
        pending.roles = known.roles;
        pending.phase = Transaction::Phase::Pending;
        pending.startedAt = pending.firstPendingAt = now;
        const double before = residentMegabytes();
        for (int i = 0; i < count; ++i) {
            EnrollmentRequest request;
            request.id = {i + 1};
            request.label = QString("device-%1").arg(i);
            request.server = server.id;
            request.subject = pending.csr.subject();
            journal.requestTable.insert(request.id, request);
            pending.request = request.id;
            pending.id = TransactionId::create(pending.csr.publicKey());
            pending.nextAttemptAt = now.addSecs(3600 + i);
            journal.open.insert(request.id, pending);
        }

        QNetworkAccessManager network;
        SystemClock clock;
        KeyPool keyPool;
        Engine engine({network, journal, clock, keyPool});
        QElapsedTimer startTime;
        startTime.start();
        QVERIFY(engine.start());
        const qint64 startMs = startTime.elapsed();
        QCoreApplication::processEvents();
        QCOMPARE(engine.status({count}).state, TransactionStatus::State::Pending);

        int wakeUps = 0;
        connect(QAbstractEventDispatcher::instance(), &QAbstractEventDispatcher::awake, this, [&] { ++wakeUps; });
        QEventLoop loop;
        QTimer end;
        end.setSingleShot(true);
        connect(&end, &QTimer::timeout, &loop, &QEventLoop::quit);
        end.start(seconds * 1000);
        const Usage first = usage();
        loop.exec();
        const Usage last = usage();

        const double cpuPercent = (last.cpuSeconds - first.cpuSeconds) / seconds * 100;
        const long switches = last.voluntarySwitches - first.voluntarySwitches;
        // The end of the measurement is a wake-up of its own.
        qInfo("%d pending requests, %d s: %.1f wake-ups of the event loop and %.1f of all threads in a minute, %.4f %% CPU; "
              "start %lld ms, %.0f MB for the requests",
              count, seconds, double(wakeUps - 1) * 60 / seconds, double(std::max(0L, switches - 1)) * 60 / seconds, cpuPercent,
              static_cast<long long>(startMs), residentMegabytes() - before);
        QVERIFY2(cpuPercent < 0.5, qPrintable(QString::number(cpuPercent)));
        QVERIFY2(wakeUps <= 3 + seconds / 10, qPrintable(QString::number(wakeUps)));
        QCOMPARE(journal.calls, QStringList());
    }
};

QTEST_GUILESS_MAIN(BenchIdle)
#include "idlebench.moc"
