// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/models/storefixture.h"

#include <QSignalSpy>
#include <QTest>

#include <csignal>
#include <sys/resource.h>

using namespace Models;
using TestSupport::must;

/// A second process on the workspace, and a store that cannot be written.
class TestStoreWatch : public QObject
{
    Q_OBJECT

    std::unique_ptr<Fixtures::OpenStore> m;
    Scep::ServerId m_server;
    Scep::RequestId m_request;

private slots:
    void init()
    {
        m = std::make_unique<Fixtures::OpenStore>();
        m_server = m->addServer();
        m->confirm(m_server, Fixtures::roles(m->ca));
        m_request = m->addRequest(m_server);
    }
    void cleanup() { m.reset(); }

    void theHolderIsNamed()
    {
        const auto holder = Store::holderOf(m->file());
        QVERIFY(holder);
        QCOMPARE(holder->process, QCoreApplication::applicationPid());
        QCOMPARE(holder->program, QCoreApplication::applicationName());
        QCOMPARE(holder->host, QSysInfo::machineHostName());
        QVERIFY(qAbs(holder->since.secsTo(QDateTime::currentDateTimeUtc())) < 120);
        QVERIFY(holder->toText().contains(QString::number(holder->process)));
        m->store.reset();
        QVERIFY(!Store::holderOf(m->file()));
        // Left behind by one that died: nobody holds it. The largest number a process can have is below this one.
        QFile lock(m->file() + ".lock");
        QVERIFY(lock.open(QIODevice::WriteOnly));
        lock.write("4194305\nscepter\n" + QSysInfo::machineHostName().toLocal8Bit() + "\n");
        lock.close();
        QVERIFY(!Store::holderOf(m->file()));
        m->reopen();
    }

    void theSecondOneReadsAndIsRefusedChanges()
    {
        m->issue(m_request, m_server);
        auto second = must(Store::openReadOnly(m->file(), m->vault));
        QVERIFY(second->isReadOnly());
        QVERIFY(!m->store->isReadOnly());
        QCOMPARE(second->serverRecords()->size(), 1);
        QCOMPARE(second->requestRecords()->size(), 1);
        QCOMPARE(second->caStoreRecords()->size(), 4);
        QCOMPARE(second->certificateRows({}, 0, 10, Fixtures::now)->rows.size(), 1);
        QVERIFY(!must(second->certificateWithKey({1})).key.isNull());

        const auto isRefused = [](const auto &result) {
            return !result && result.error().code == ErrorCode::WorkspaceInUse &&
                   result.error().detail.contains(QString::number(QCoreApplication::applicationPid()));
        };
        const Pki::SecretBytes none;
        Scep::EnrollmentServer server = Fixtures::server("plant", m->ca);
        server.id = m_server;
        Scep::EnrollmentRequest request = Fixtures::request("plc-7", m_server);
        request.id = m_request;
        Scep::TransactionStatus status;
        status.request = m_request;
        const Scep::Transaction sent = Fixtures::transaction(m_request, m_server, m->ca, "X");
        QVERIFY(isRefused(second->addServer(server)));
        QVERIFY(isRefused(second->updateServer(server)));
        QVERIFY(isRefused(second->removeServer(m_server)));
        QVERIFY(isRefused(second->addRequest(request, none, {}, {})));
        QVERIFY(isRefused(second->updateRequest(request)));
        QVERIFY(isRefused(second->setChallenge(m_request, none)));
        QVERIFY(isRefused(second->removeRequest(m_request)));
        QVERIFY(isRefused(second->removeCertificate({1})));
        QVERIFY(isRefused(second->emptyBin()));
        QVERIFY(isRefused(second->setRequestExtras(m_request, {})));
        QVERIFY(isRefused(second->setServerExtras(m_server, {})));
        QVERIFY(isRefused(second->setDeliveryRule(m_request, std::nullopt)));
        QVERIFY(isRefused(second->importCaCertificate(m->ca.issuing.certificate, {}, true)));
        QVERIFY(isRefused(second->removeCaCertificate(1)));
        QVERIFY(isRefused(second->setSettings({})));
        QVERIFY(isRefused(second->tidyUp(Fixtures::now)));
        QVERIFY(isRefused(second->begin(sent)));
        QVERIFY(isRefused(second->update(sent)));
        QVERIFY(isRefused(second->complete(sent, Fixtures::issued(sent, m->ca))));
        QVERIFY(isRefused(second->close(sent, status)));
        QVERIFY(isRefused(second->recordStatus(status)));
        QVERIFY(isRefused(second->storeKnowledge(Fixtures::knowledge(m_server, m->ca))));
        second->logExchange({});
        QVERIFY(second->exchanges(10)->isEmpty());
        second.reset();
        QVERIFY(m->store->check(true)->isGood());
        QCOMPARE(m->store->requests()->size(), 1);
    }

    void theSecondOneSeesWhatTheFirstChanges()
    {
        auto second = must(Store::openReadOnly(m->file(), m->vault));
        QSignalSpy requestChanged(second.get(), &Store::requestChanged);
        QSignalSpy requestRemoved(second.get(), &Store::requestRemoved);
        QSignalSpy serverChanged(second.get(), &Store::serverChanged);
        QSignalSpy caStoreChanged(second.get(), &Store::caStoreChanged);
        const auto added = m->addRequest(m_server, "added");
        m->issue(m_request, m_server);
        QTRY_COMPARE(requestChanged.size(), 2);
        QSet<qint64> changed;
        for (const auto &arguments : requestChanged)
            changed.insert(arguments.first().value<Scep::RequestId>().value);
        QCOMPARE(changed, (QSet<qint64>{added.value, m_request.value}));
        QVERIFY(second->requestRecord(m_request)->current);
        QCOMPARE(serverChanged.size(), 0);
        QCOMPARE(caStoreChanged.size(), 0);

        QVERIFY(m->store->removeRequest(added));
        QVERIFY(m->store->setServerExtras(m_server, {"note", {}}));
        QVERIFY(m->store->importCaCertificate(m->ca.issuing.certificate, {}, false));
        QTRY_COMPARE(requestRemoved.size(), 1);
        QCOMPARE(requestRemoved.first().first().value<Scep::RequestId>(), added);
        QTRY_COMPARE(serverChanged.size(), 1);
        QTRY_COMPARE(caStoreChanged.size(), 1);
        QVERIFY(caStoreChanged.first().first().value<Scep::ServerId>().isNull());
    }

    void readingNeedsAStoreOfThisVersion()
    {
        QCOMPARE(Store::openReadOnly(m->path("none.sqlite"), m->vault).error().code, ErrorCode::FileNotFound);
        QVERIFY(!QFile::exists(m->path("none.sqlite")));
        m->store.reset();
        m->tamper("UPDATE schema_version SET version = 2");
        QCOMPARE(Store::openReadOnly(m->file(), m->vault).error().code, ErrorCode::StoreVersion);
    }

    // -- no room, no right -----------------------------------------------------------------------------------------------

    void aFullDiskLosesNothing()
    {
        const Scep::Transaction sent = Fixtures::transaction(m_request, m_server, m->ca);
        QVERIFY(m->store->begin(sent));
        // Files of this process may not grow any more: what a full disk or a quota does.
        rlimit former{};
        QCOMPARE(::getrlimit(RLIMIT_FSIZE, &former), 0);
        const auto formerHandler = std::signal(SIGXFSZ, SIG_IGN);
        rlimit none = former;
        none.rlim_cur = 4096;
        QCOMPARE(::setrlimit(RLIMIT_FSIZE, &none), 0);
        const auto completed = m->store->complete(sent, Fixtures::issued(sent, m->ca));
        const auto added = m->store->addServer(Fixtures::server("other", m->ca));
        QCOMPARE(::setrlimit(RLIMIT_FSIZE, &former), 0);
        std::signal(SIGXFSZ, formerHandler);
        QVERIFY(!completed);
        QCOMPARE(completed.error().code, ErrorCode::DiskFull);
        QVERIFY(!added);
        QCOMPARE(added.error().code, ErrorCode::DiskFull);
        QVERIFY2(m->store->openTransactions()->size() == 1, "with its key, to be completed when there is room");
        QVERIFY(!m->store->requestRecord(m_request)->current);
        // There is room again: the same call goes through.
        QVERIFY(m->store->complete(sent, Fixtures::issued(sent, m->ca)));
        m->reopen();
        QVERIFY(m->store->requestRecord(m_request)->current);
        QVERIFY(m->store->check(true)->isGood());
        QCOMPARE(m->store->servers()->size(), 1);
    }

    void sqliteTellsAFullFile()
    {
        auto database = must(SqlDatabase::open(m->path("small.sqlite")));
        QVERIFY(database->execute("CREATE TABLE t (b BLOB)"));
        QVERIFY(database->execute("PRAGMA max_page_count = 10"));
        const auto stored = database->execute("INSERT INTO t (b) VALUES (zeroblob(100000))");
        QVERIFY(!stored);
        QCOMPARE(stored.error().code, ErrorCode::DiskFull);
    }

    void aReadOnlyFileIsTold()
    {
        m->store.reset();
        auto database = must(SqlDatabase::open(m->file()));
        QVERIFY(must(database->value("PRAGMA query_only = ON")).isNull());
        const auto changed = database->execute("DELETE FROM request");
        QVERIFY(!changed);
        QCOMPARE(changed.error().code, ErrorCode::FileNotWritable);
    }

    void aFileLeftOpenIsCheckedFirst()
    {
        // As a process leaves it that was killed: with a log of its last changes beside it.
        const QString copy = m->path("copy.sqlite");
        m->addRequest(m_server, "last words");
        QVERIFY(QFile::copy(m->file(), copy));
        QVERIFY(QFile::copy(m->file() + "-wal", copy + "-wal"));
        QVERIFY(QFileInfo(copy + "-wal").size() > 0);
        {
            auto resumed = must(Store::open(copy, m->vault));
            QCOMPARE(resumed->requests()->size(), 2);
        }
        QFile::remove(copy);
        m->store.reset(); // all in the one file now
        QVERIFY(QFile::copy(m->file(), copy));
        QFile damaged(copy);
        QVERIFY(damaged.open(QIODevice::ReadWrite));
        for (qint64 page = 3; page * 4096 < damaged.size(); page += 2) {
            damaged.seek(page * 4096);
            damaged.write(QByteArray(100, '\xff'));
        }
        damaged.close();
        QFile wal(copy + "-wal");
        QVERIFY(wal.open(QIODevice::WriteOnly));
        wal.write("x");
        wal.close();
        const auto opened = Store::open(copy, m->vault);
        QVERIFY(!opened);
        QCOMPARE(opened.error().code, ErrorCode::StoreFailure);
        QVERIFY2(opened.error().detail.contains("damaged"), qPrintable(opened.error().detail));
    }

    // -- the log's bounds ------------------------------------------------------------------------------------------------

    void exchangesGoByAgeToo()
    {
        Scep::Exchange exchange;
        for (const int days : {100, 91, 89, 1}) {
            exchange.at = Fixtures::now.addDays(-days);
            exchange.httpStatus = days;
            m->store->logExchange(exchange);
        }
        QVERIFY(m->store->tidyUp(Fixtures::now));
        auto kept = must(m->store->exchanges(10));
        QCOMPARE(kept.size(), 2);
        QCOMPARE(kept[1].httpStatus, 89);
        StoreSettings settings;
        settings.mostExchanges = 3;
        settings.exchangeDays = 0;
        QVERIFY(m->store->setSettings(settings));
        m->reopen();
        QVERIFY(must(m->store->settings()) == settings);
        for (int i = 0; i < 5; ++i) {
            exchange.httpStatus = i;
            m->store->logExchange(exchange);
        }
        kept = must(m->store->exchanges(10));
        QCOMPARE(kept.size(), 3);
        QCOMPARE(kept[0].httpStatus, 4);
        settings.mostExchanges = 0;
        QCOMPARE(m->store->setSettings(settings).error().code, ErrorCode::InvalidArgument);
        settings = {};
        settings.binDays = -1;
        QCOMPARE(m->store->setSettings(settings).error().code, ErrorCode::InvalidArgument);
    }

    void theLogIsWrittenSoonAndAtTheEnd()
    {
        Scep::Exchange exchange;
        exchange.at = Fixtures::now;
        m->store->logExchange(exchange);
        auto reader = must(Store::openReadOnly(m->file(), m->vault));
        QTRY_COMPARE(reader->exchanges(10)->size(), 1); // by itself
        m->store->logExchange(exchange);
        m->store.reset();
        QCOMPARE(reader->exchanges(10)->size(), 2);
    }
};

QTEST_GUILESS_MAIN(TestStoreWatch)
#include "tst_storewatch.moc"
