// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/models/storefixture.h"

#include <QSignalSpy>
#include <QTest>

using namespace Models;
using TestSupport::must;
using State = DeliveryState::State;

class TestStoreDelivery : public QObject
{
    Q_OBJECT

    std::unique_ptr<Fixtures::OpenStore> m;
    Scep::ServerId m_server;
    Scep::RequestId m_request;

    static Delivery rule()
    {
        Delivery delivery;
        delivery.folder = "/etc/device";
        delivery.files = Delivery::Files(Delivery::File::FullChain) | Delivery::File::CaStore | Delivery::File::Pkcs12;
        delivery.pkcs12Style = Pki::Pkcs12Style::Compatible;
        delivery.keyAlias = "{label}-pair";
        delivery.caAlias = "{server}-ca-{n}";
        delivery.program = "/usr/bin/systemctl";
        delivery.arguments = {"reload", "nginx; rm -rf /", ""};
        delivery.timeout = std::chrono::seconds(7);
        return delivery;
    }

private slots:
    void init()
    {
        m = std::make_unique<Fixtures::OpenStore>();
        m_server = m->addServer();
        m_request = m->addRequest(m_server);
    }
    void cleanup() { m.reset(); }

    void notesAndTagsSurvive()
    {
        QVERIFY(must(m->store->requestExtras(m_request)) == Extras());
        QSignalSpy changed(m->store.get(), &Store::requestChanged);
        QVERIFY(m->store->setRequestExtras(m_request, {"in the\ncellar", {" line 3 ", "plc", "line 3", ""}}));
        QCOMPARE(changed.size(), 1);
        QVERIFY(m->store->setServerExtras(m_server, {"call Ada first", {"production"}}));
        m->reopen();
        QVERIFY(must(m->store->requestExtras(m_request)) == (Extras{"in the\ncellar", {"line 3", "plc"}}));
        QVERIFY(must(m->store->requestRecord(m_request)).extras == (Extras{"in the\ncellar", {"line 3", "plc"}}));
        QVERIFY(must(m->store->serverRecord(m_server)).extras == (Extras{"call Ada first", {"production"}}));
        QVERIFY(must(m->store->serverExtras(m_server)) == (Extras{"call Ada first", {"production"}}));
        QCOMPARE(m->store->setRequestExtras({99}, {}).error().code, ErrorCode::InvalidArgument);
        QCOMPARE(m->store->setServerExtras({99}, {}).error().code, ErrorCode::InvalidArgument);
    }

    void aRuleSurvives()
    {
        QVERIFY(!must(m->store->deliveryRule(m_request)));
        const auto passphrase = Fixtures::OpenStore::secret("p12-secret");
        QVERIFY(m->store->setDeliveryRule(m_request, rule(), &passphrase));
        m->reopen();
        QVERIFY(must(m->store->deliveryRule(m_request)) == rule());
        QCOMPARE(must(m->store->deliveryPassphrase(m_request)).view().toByteArray(), QByteArray("p12-secret"));
        // Another rule without a pass phrase keeps the one there is.
        Delivery other = rule();
        other.program.clear();
        QVERIFY(m->store->setDeliveryRule(m_request, other));
        QVERIFY(must(m->store->deliveryRule(m_request)) == other);
        QCOMPARE(must(m->store->deliveryPassphrase(m_request)).size(), std::size_t(10));
        QVERIFY(m->store->setDeliveryRule(m_request, std::nullopt));
        QVERIFY(!must(m->store->deliveryRule(m_request)));
        QVERIFY(must(m->store->deliveryPassphrase(m_request)).isEmpty());
    }

    void rulesThatDoNothingAreRefused_data()
    {
        QTest::addColumn<QString>("folder");
        QTest::addColumn<bool>("withFiles");
        QTest::addColumn<QString>("program");
        QTest::addColumn<int>("timeout");
        QTest::newRow("no folder for the files") << "" << true << "/bin/true" << 5;
        QTest::newRow("neither files nor program") << "/tmp" << false << " " << 5;
        QTest::newRow("no time") << "/tmp" << true << "/bin/true" << 0;
    }
    void rulesThatDoNothingAreRefused()
    {
        QFETCH(QString, folder);
        QFETCH(bool, withFiles);
        QFETCH(QString, program);
        QFETCH(int, timeout);
        Delivery delivery;
        delivery.folder = folder;
        if (!withFiles)
            delivery.files = {};
        delivery.program = program;
        delivery.timeout = std::chrono::seconds(timeout);
        QCOMPARE(m->store->setDeliveryRule(m_request, delivery).error().code, ErrorCode::InvalidArgument);
        QVERIFY(!must(m->store->deliveryRule(m_request)));
    }

    void withoutARuleNothingIsDue()
    {
        QSignalSpy due(m->store.get(), &Store::deliveryDue);
        m->issue(m_request, m_server);
        QCOMPARE(due.size(), 0);
        QVERIFY(must(m->store->dueDeliveries(Fixtures::now)).isEmpty());
        QVERIFY(must(m->store->deliveryState(m_request)).state == State::None);
        QVERIFY(!must(m->store->nextDeliveryAt()).isValid());
        QCOMPARE(m->store->requestDelivery(m_request).error().code, ErrorCode::NotPossibleNow);
    }

    void aNewCertificateIsDueInTheSameStep()
    {
        QVERIFY(m->store->setDeliveryRule(m_request, rule()));
        QCOMPARE(m->store->requestDelivery(m_request).error().code, ErrorCode::NotPossibleNow); // no certificate yet
        QSignalSpy due(m->store.get(), &Store::deliveryDue);
        const auto certificate = m->issue(m_request, m_server);
        QCOMPARE(due.size(), 1);
        m->reopen(); // nothing else happened: a crash here loses no delivery
        const auto list = must(m->store->dueDeliveries(Fixtures::now));
        QCOMPARE(list.size(), 1);
        QCOMPARE(list[0].request, m_request);
        QCOMPARE(list[0].label, QString("plc-7"));
        QCOMPARE(list[0].serverLabel, QString("plant"));
        QVERIFY(list[0].rule == rule());
        QCOMPARE(list[0].state.certificate, certificate);
        QVERIFY(must(m->store->nextDeliveryAt()) <= Fixtures::now);
        QVERIFY(must(m->store->requestRecord(m_request)).delivery.state == State::Due);
    }

    void failedOnesAreTriedAgainAtTheirTime()
    {
        QVERIFY(m->store->setDeliveryRule(m_request, rule()));
        DeliveryState state;
        state.state = State::Failed;
        state.certificate = m->issue(m_request, m_server);
        state.at = Fixtures::now;
        state.attempts = 3;
        state.error = Scep::Error{ErrorCode::DiskFull, "/etc/device"};
        state.nextTryAt = Fixtures::now.addSecs(60);
        QVERIFY(m->store->recordDelivery(m_request, state));
        m->reopen();
        QVERIFY(must(m->store->deliveryState(m_request)) == state);
        QVERIFY(must(m->store->requestRecord(m_request)).delivery == state);
        QVERIFY(must(m->store->dueDeliveries(Fixtures::now.addSecs(59))).isEmpty());
        QCOMPARE(must(m->store->dueDeliveries(Fixtures::now.addSecs(60))).size(), 1);
        QCOMPARE(must(m->store->nextDeliveryAt()), Fixtures::now.addSecs(60));
        // Given up: only when a person asks.
        state.nextTryAt = {};
        QVERIFY(m->store->recordDelivery(m_request, state));
        QVERIFY(must(m->store->dueDeliveries(Fixtures::now.addYears(1))).isEmpty());
        QVERIFY(m->store->requestDelivery(m_request));
        const auto again = must(m->store->dueDeliveries(Fixtures::now));
        QCOMPARE(again.size(), 1);
        QCOMPARE(again[0].state.attempts, 0);
        state = {};
        state.state = State::Delivered;
        state.certificate = again[0].state.certificate;
        state.at = Fixtures::now;
        QVERIFY(m->store->recordDelivery(m_request, state));
        QVERIFY(must(m->store->dueDeliveries(Fixtures::now.addYears(1))).isEmpty());
        QVERIFY(must(m->store->deliveryState(m_request)).state == State::Delivered);
        QCOMPARE(m->store->recordDelivery({99}, state).error().code, ErrorCode::InvalidArgument);
    }

    void aNewerCertificateStaysDue()
    {
        QVERIFY(m->store->setDeliveryRule(m_request, rule()));
        DeliveryState done;
        done.state = State::Delivered;
        done.certificate = m->issue(m_request, m_server, "FIRST");
        const auto newer = m->issue(m_request, m_server, "SECOND"); // while the first one was on its way
        QVERIFY(m->store->recordDelivery(m_request, done));
        const auto list = must(m->store->dueDeliveries(Fixtures::now));
        QCOMPARE(list.size(), 1);
        QCOMPARE(list[0].state.certificate, newer);
    }

    void deletedRequestsAreNotDelivered()
    {
        QVERIFY(m->store->setDeliveryRule(m_request, rule()));
        m->issue(m_request, m_server);
        QVERIFY(m->store->removeRequest(m_request));
        QVERIFY(must(m->store->dueDeliveries(Fixtures::now)).isEmpty());
        QVERIFY(!must(m->store->nextDeliveryAt()).isValid());
        QVERIFY(m->store->restore(BinRecord::Kind::Request, m_request.value));
        QCOMPARE(must(m->store->dueDeliveries(Fixtures::now)).size(), 1);
    }

    /// What begins by itself at a start: everything that is not done and that nobody refused.
    void whatIsDueToEnroll()
    {
        using Ts = Scep::TransactionStatus::State;
        const auto withStatus = [&](const QString &label, Ts state, bool isRenewal) {
            const auto id = m->addRequest(m_server, label);
            Scep::TransactionStatus status;
            status.request = id;
            status.state = state;
            status.isRenewal = isRenewal;
            if (!m->store->recordStatus(status))
                qFatal("status of %s", qPrintable(label));
            return id;
        };
        const auto queued = withStatus("queued", Ts::Queued, false);
        const auto rejected = withStatus("rejected", Ts::Rejected, false);
        const auto cancelled = withStatus("cancelled", Ts::Cancelled, false);
        const auto renewing = withStatus("renewing", Ts::Queued, true);
        const auto open = m->addRequest(m_server, "open");
        QVERIFY(m->store->begin(Fixtures::transaction(open, m_server, m->ca)));
        const auto issued = m->addRequest(m_server, "issued");
        m->issue(issued, m_server, "ISSUED");
        // Words of a server that look like a state.
        const auto talkative = m->addRequest(m_server, "talkative");
        Scep::TransactionStatus status;
        status.request = talkative;
        status.state = Ts::Retrying;
        status.error = Scep::Error{ErrorCode::HttpStatus, "{\"state\":\"rejected\"}"};
        QVERIFY(m->store->recordStatus(status));
        // Done, and a person removed its certificate for good.
        const auto emptied = m->addRequest(m_server, "emptied");
        const auto purged = m->issue(emptied, m_server, "EMPTIED");
        QVERIFY(m->store->removeCertificate(purged));
        QVERIFY(m->store->purge(BinRecord::Kind::Certificate, purged.value));
        m->reopen();
        QMap<qint64, bool> due;
        for (const Scep::DueEnrollment &item : must(m->store->dueEnrollments()))
            due.insert(item.request.value, item.isRenewal);
        QCOMPARE(due,
                 (QMap<qint64, bool>{{m_request.value, false}, {queued.value, false}, {renewing.value, true}, {talkative.value, false}}));
        QVERIFY(!due.contains(emptied.value));
        QVERIFY(!due.contains(rejected.value) && !due.contains(cancelled.value));
    }

    void theClientKeyIsSealedApart()
    {
        Scep::EnrollmentServer server = Fixtures::server("tls", m->ca);
        server.transport.clientCertificates = {m->ca.ra.certificate, m->ca.issuing.certificate};
        server.transport.clientKey = m->ca.ra.key;
        server.exchangesAtOnce = 9;
        server.requestsPerMinute = 77;
        server.id = must(m->store->addServer(server));
        m->reopen();
        Scep::EnrollmentServer read = must(m->store->serverRecord(server.id)).server;
        QVERIFY(read == server);
        QVERIFY(read.transport.clientKey.isNull());
        QCOMPARE(must(m->store->clientKey(server.id)).publicKey(), m->ca.ra.key.publicKey());
        read.description = "changed";
        QVERIFY(m->store->updateServer(read)); // without the key: it stays
        QCOMPARE(must(m->store->clientKey(server.id)).publicKey(), m->ca.ra.key.publicKey());
        read.transport.clientCertificates = {};
        QVERIFY(m->store->updateServer(read));
        QVERIFY(must(m->store->clientKey(server.id)).isNull());
    }
};

QTEST_GUILESS_MAIN(TestStoreDelivery)
#include "tst_storedelivery.moc"
