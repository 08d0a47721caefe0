// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/service/serviceworker.h"
#include "scep/worker/clock.h"
#include "tests/models/storefixture.h"

#include <QNetworkAccessManager>
#include <QSignalSpy>
#include <QTest>

using namespace Models;
using TestSupport::must;
using State = Scep::TransactionStatus::State;

/// One damaged row must not keep the others from their work.
class TestStoreDamage : public QObject
{
    Q_OBJECT

    std::unique_ptr<Fixtures::OpenStore> m;
    Scep::ServerId m_server;
    Scep::RequestId m_good;
    Scep::RequestId m_bad;

    [[nodiscard]] QStringList damages() const
    {
        QStringList objects;
        for (const StoreReport::Problem &problem : m->store->damages())
            objects.append(problem.object);
        return objects;
    }

private slots:
    void init()
    {
        m = std::make_unique<Fixtures::OpenStore>();
        m_server = m->addServer();
        m_good = m->addRequest(m_server, "good");
        m_bad = m->addRequest(m_server, "plc-7");
        Fixtures::OpenStore::mustDo(m->store->begin(Fixtures::transaction(m_good, m_server, m->ca, "AAAA")));
        Fixtures::OpenStore::mustDo(m->store->begin(Fixtures::transaction(m_bad, m_server, m->ca, "BBBB")));
    }
    void cleanup() { m.reset(); }

    void aTransactionIsLeftOutAndNamed_data()
    {
        QTest::addColumn<QString>("set");
        QTest::newRow("state") << "state = 'no JSON'";
        QTest::newRow("half a state") << "state = '{}'";
        QTest::newRow("key") << "private_key = zeroblob(200)";
        QTest::newRow("another row's key")
            << "private_key = (SELECT private_key FROM enrollment_transaction WHERE transaction_id = 'AAAA')";
        QTest::newRow("csr") << "csr = NULL";
    }
    void aTransactionIsLeftOutAndNamed()
    {
        QFETCH(QString, set);
        m->tamper("UPDATE enrollment_transaction SET " + set + " WHERE transaction_id = 'BBBB'");
        m->reopen();
        QSignalSpy damaged(m->store.get(), &Store::damaged);
        const auto open = must(m->store->openTransactions());
        QCOMPARE(open.size(), 1);
        QCOMPARE(open.first().request, m_good);
        QCOMPARE(damages(), QStringList{"the open transaction of request “plc-7”"});
        QVERIFY(m->store->isUnreadable(m_bad));
        QVERIFY(!m->store->isUnreadable(m_good));
        // Told from the event loop, and once, however often it is met.
        QVERIFY(m->store->openTransactions());
        QTRY_COMPARE(damaged.size(), 1);
        QVERIFY(must(m->store->openTransactions(m_bad)).isEmpty());
        QCOMPARE(must(m->store->openTransactions(m_good)).size(), 1);

        // It is shown as open, with the reason, so that it can be cancelled; and then the way is free.
        const Scep::TransactionStatus status = must(m->store->requestRecord(m_bad)).transaction;
        QVERIFY(status.isOpen());
        QCOMPARE(status.error->code, ErrorCode::StoreFailure);
        QVERIFY2(status.error->detail.contains("cancel it"), qPrintable(status.error->detail));
        QVERIFY(must(m->store->closeUnread(m_bad)));
        QCOMPARE(must(m->store->requestRecord(m_bad)).transaction.state, State::Cancelled);
        QVERIFY(!m->store->isUnreadable(m_bad));
        QVERIFY(!must(m->store->closeUnread(m_bad)));
        QVERIFY(must(m->store->challenge(m_bad)).isEmpty());
        QVERIFY(m->store->begin(Fixtures::transaction(m_bad, m_server, m->ca, "CCCC")));
        QCOMPARE(must(m->store->openTransactions()).size(), 2);
    }

    /// As the window and the agent meet it: the others are worked on, and cancelling makes the way free.
    void theServiceGoesOn()
    {
        m->tamper("UPDATE enrollment_transaction SET private_key = zeroblob(200) WHERE transaction_id = 'BBBB'");
        m->store.reset();
        Service::Configuration configuration;
        configuration.workspace = m->folder.path();
        configuration.makeNetwork = [](QObject *parent) { return new QNetworkAccessManager(parent); };
        configuration.makeClock = [] { return std::make_unique<Scep::SystemClock>(); };
        configuration.spareKeyCount = 0;
        QStringList told;
        ServiceWorker::Sink sink;
        sink.opened = [](const auto &, const auto &, const auto &) {};
        sink.serverChanged = [](const ServerRecord &) {};
        sink.serverRemoved = [](Scep::ServerId) {};
        sink.requestChanged = [](const RequestRecord &) {};
        sink.requestRemoved = [](Scep::RequestId) {};
        sink.caStoreChanged = [](Scep::ServerId, const QList<CaStoreRecord> &) {};
        sink.certificateIssued = [](Scep::RequestId) {};
        sink.activityChanged = [](const Scep::Activity &) {};
        sink.lockStateChanged = [](LockState) {};
        sink.failed = [&](const Error &error, const QString &object) { told.append(object + ": " + error.detail); };
        ServiceWorker worker(configuration, sink);
        const auto opened = worker.open({});
        QVERIFY2(opened, opened ? "" : qPrintable(opened.error().detail));
        QCOMPARE(told.size(), 1);
        QVERIFY2(told.first().startsWith("the open transaction of request “plc-7”: "), qPrintable(told.first()));
        QVERIFY2(told.first().contains("cancel it"), qPrintable(told.first()));
        QCOMPARE(worker.enroll(m_bad, {}).error().code, ErrorCode::NotPossibleNow);
        QCOMPARE(worker.renew(m_bad, {}).error().code, ErrorCode::NotPossibleNow);
        worker.cancel(m_bad);
        QCOMPARE(must(worker.store().requestRecord(m_bad)).transaction.state, State::Cancelled);
        QVERIFY(worker.enroll(m_bad, {}));
        QCoreApplication::processEvents();
        QCOMPARE(told.size(), 1);
    }

    void aReaderChangesNothing()
    {
        m->tamper("UPDATE enrollment_transaction SET state = 'x' WHERE transaction_id = 'BBBB'");
        auto reader = must(Store::openReadOnly(m->file(), m->vault));
        QCOMPARE(must(reader->openTransactions()).size(), 1);
        QCOMPARE(reader->damages().size(), 1);
        QVERIFY(!must(reader->requestRecord(m_bad)).transaction.error);
    }

    /// That is not damage: everything waits for the pass phrase.
    void aLockedVaultIsNoDamage()
    {
        Fixtures::OpenStore locked("correct horse");
        const Scep::ServerId server = locked.addServer();
        const Scep::RequestId waiting = locked.addRequest(server, "waiting");
        const Scep::RequestId other = locked.addRequest(server, "other");
        QVERIFY(locked.store->begin(Fixtures::transaction(waiting, server, locked.ca)));
        locked.vault.lock();
        QCOMPARE(locked.store->openTransactions().error().code, ErrorCode::VaultLocked);
        QVERIFY(locked.store->damages().isEmpty());
        // What others have open is not looked at.
        QVERIFY(must(locked.store->openTransactions(other)).isEmpty());
        QVERIFY(must(locked.store->openTransactions(Scep::ServerId{server.value + 1})).isEmpty());
        QCOMPARE(locked.store->openTransactions(server).error().code, ErrorCode::VaultLocked);
    }

    void aRequestIsLeftOutAndNamed_data()
    {
        QTest::addColumn<QString>("sql");
        QTest::newRow("settings") << "UPDATE request SET settings = '{\"subject\":1}' WHERE label = 'plc-7'";
        QTest::newRow("no JSON") << "UPDATE request SET settings = 'x' WHERE label = 'plc-7'";
    }
    void aRequestIsLeftOutAndNamed()
    {
        QFETCH(QString, sql);
        m->tamper(sql);
        m->reopen();
        QCOMPARE(must(m->store->requests()).size(), 1);
        QCOMPARE(damages(), QStringList{"request “plc-7”"});
        const auto records = must(m->store->requestRecords());
        QCOMPARE(records.size(), 2);
        QCOMPARE(records[1].request.label, QString("plc-7"));
        QCOMPARE(records[1].request.server, m_server);
        QVERIFY(!records[1].damage.isEmpty());
        QCOMPARE(records[1].transaction.error->code, ErrorCode::StoreFailure);
        QVERIFY(records[0].damage.isEmpty());
        QVERIFY(m->store->removeRequest(m_bad));
        QCOMPARE(must(m->store->requestRecords()).size(), 1);
    }

    void aServerIsLeftOutAndNamed()
    {
        m->addServer("other");
        m->tamper("UPDATE server SET settings = 'x' WHERE label = 'plant'");
        m->reopen();
        QCOMPARE(must(m->store->servers()).size(), 1);
        QCOMPARE(must(m->store->serverKnowledge()).size(), 1);
        QCOMPARE(damages(), QStringList{"server “plant”"});
        const auto records = must(m->store->serverRecords());
        QCOMPARE(records.size(), 2);
        QVERIFY(!records[0].damage.isEmpty());
        QVERIFY(!records[0].server.isEnabled);
        // Set up anew it is whole again.
        Scep::EnrollmentServer anew = Fixtures::server("plant", m->ca);
        anew.id = m_server;
        QVERIFY(m->store->updateServer(anew));
        QCOMPARE(must(m->store->servers()).size(), 2);
    }

    void aCurrentCertificateIsLeftOutAndNamed()
    {
        const Scep::RequestId done = m->addRequest(m_server, "done");
        m->issue(done, m_server, "DDDD");
        QCOMPARE(must(m->store->currentCertificates()).size(), 1);
        m->tamper("UPDATE certificate SET der = x'00'");
        m->reopen();
        QVERIFY(must(m->store->currentCertificates()).isEmpty());
        QCOMPARE(damages(), QStringList{"request “done”"});
        QCOMPARE(must(m->store->requests()).size(), 3);
    }

    void aDueEnrollmentOfADamagedOneIsPassedOver()
    {
        m->addRequest(m_server, "new");
        m->tamper("UPDATE request SET status = 'x' WHERE label = 'new'");
        m->addRequest(m_server, "newer");
        QCOMPARE(must(m->store->dueEnrollments()).size(), 1);
        QCOMPARE(damages(), QStringList{"request “new”"});
    }

    void theCheckNamesThemToo()
    {
        m->tamper("UPDATE enrollment_transaction SET state = 'x' WHERE transaction_id = 'BBBB'");
        m->tamper("UPDATE request SET settings = 'x' WHERE label = 'good'");
        m->tamper("UPDATE server SET knowledge = 'x'");
        const QString report = must(m->store->check(false)).toText();
        for (const char *object : {"the open transaction of request “plc-7”", "request “good”", "server “plant”"})
            QVERIFY2(report.contains(QString::fromUtf8(object)), qPrintable(report));
    }
};

QTEST_GUILESS_MAIN(TestStoreDamage)
#include "tst_storedamage.moc"
