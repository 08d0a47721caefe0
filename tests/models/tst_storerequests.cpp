// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/models/storefixture.h"

#include <QSignalSpy>
#include <QTest>

using namespace Models;
using TestSupport::must;
using State = Scep::TransactionStatus::State;

namespace {

Delivery someDelivery()
{
    Delivery delivery;
    delivery.folder = "/srv/keys";
    delivery.files = Delivery::File::Pkcs12;
    return delivery;
}

} // namespace

/// Everything that belongs to a request changes in one step; and what is known of its certificates and exchanges.
class TestStoreRequests : public QObject
{
    Q_OBJECT

    std::unique_ptr<Fixtures::OpenStore> m;
    Scep::ServerId m_server;
    Scep::RequestId m_request;

    [[nodiscard]] RequestChange everything() const
    {
        RequestChange change;
        change.request = Fixtures::request("renamed", m_server);
        change.request.id = m_request;
        change.extras = Extras{"in hall 3", {"hall3"}};
        change.challenge = Fixtures::OpenStore::secret("the next secret");
        change.key = TestSupport::rsaKey("brought");
        change.csr = TestSupport::makeRequest("CN=plc-7", *change.key);
        change.delivery.emplace();
        change.delivery->rule = someDelivery();
        change.delivery->passphrase = Fixtures::OpenStore::secret("of the file");
        change.beginsAnew = true;
        return change;
    }
    [[nodiscard]] Pki::RevokedCertificate entryFor(Scep::CertificateId id, const QString &reason) const
    {
        return {must(m->store->certificateWithKey(id)).certificate.serialNumber(), Fixtures::now.addDays(1), reason};
    }
    [[nodiscard]] Scep::RevocationList listOf(const QList<Pki::RevokedCertificate> &revoked) const
    {
        return {m_server, m->ca.issuing.certificate.subject(), revoked};
    }

private slots:
    void init()
    {
        m = std::make_unique<Fixtures::OpenStore>();
        m_server = m->addServer();
        m_request = m->addRequest(m_server);
    }
    void cleanup() { m.reset(); }

    // -- one step --------------------------------------------------------------------------------------------------------

    void aChangeIsOneStep()
    {
        QSignalSpy changed(m->store.get(), &Store::requestChanged);
        QVERIFY(m->store->changeRequest(everything()));
        QCOMPARE(changed.size(), 1);
        m->reopen();
        const RequestRecord record = must(m->store->requestRecord(m_request));
        QCOMPARE(record.request.label, QString("renamed"));
        QVERIFY((record.extras == Extras{"in hall 3", {"hall3"}}));
        QCOMPARE(record.transaction.state, State::Queued);
        QCOMPARE(must(m->store->challenge(m_request)).view().toByteArray(), QByteArray("the next secret"));
        QCOMPARE(must(m->store->providedKey(m_request)).publicKey(), TestSupport::rsaKey("brought").publicKey());
        QVERIFY(!must(m->store->providedCsr(m_request)).isNull());
        QVERIFY(must(m->store->deliveryRule(m_request)) == someDelivery());
        QCOMPARE(must(m->store->deliveryPassphrase(m_request)).view().toByteArray(), QByteArray("of the file"));
    }

    void aChangeIsNothingOrAll_data()
    {
        QTest::addColumn<int>("mistake");
        QTest::newRow("delivery without a folder") << 0;
        QTest::newRow("label that is taken") << 1;
        QTest::newRow("server that is not there") << 2;
        QTest::newRow("bad label") << 3;
        QTest::newRow("locked vault") << 4;
    }
    void aChangeIsNothingOrAll()
    {
        QFETCH(int, mistake);
        m = std::make_unique<Fixtures::OpenStore>("correct horse");
        m_server = m->addServer();
        m_request = m->addRequest(m_server);
        m->addRequest(m_server, "taken");
        RequestChange change = everything();
        if (mistake == 0)
            change.delivery->rule->folder.clear();
        else if (mistake == 1)
            change.request.label = "taken";
        else if (mistake == 2)
            change.request.server = {99};
        else if (mistake == 3)
            change.request.label = "a\nb";
        else
            m->vault.lock();
        QSignalSpy changed(m->store.get(), &Store::requestChanged);
        QVERIFY(!m->store->changeRequest(change));
        QVERIFY(changed.isEmpty());
        QVERIFY(m->vault.unlock(Fixtures::OpenStore::secret("correct horse")));
        const RequestRecord record = must(m->store->requestRecord(m_request));
        QCOMPARE(record.request.label, QString("plc-7"));
        QCOMPARE(record.transaction.state, State::None);
        QVERIFY(record.extras == Extras());
        QCOMPARE(must(m->store->challenge(m_request)).view().toByteArray(), QByteArray("one-time-secret"));
        QVERIFY(must(m->store->providedKey(m_request)).isNull());
        QVERIFY(!must(m->store->deliveryRule(m_request)));
    }

    void whatIsNotSetStays()
    {
        QVERIFY(m->store->changeRequest(everything()));
        QVERIFY(m->store->updateRequest(must(m->store->requestRecord(m_request)).request));
        QVERIFY((must(m->store->requestExtras(m_request)) == Extras{"in hall 3", {"hall3"}}));
        QVERIFY(must(m->store->deliveryRule(m_request)));
        QVERIFY(!must(m->store->providedKey(m_request)).isNull());
        QCOMPARE(must(m->store->requestRecord(m_request)).transaction.state, State::Queued);
        // The rule changes, its pass phrase stays; and with the rule it goes.
        RequestChange change;
        change.request = must(m->store->requestRecord(m_request)).request;
        change.delivery.emplace();
        change.delivery->rule = someDelivery();
        change.delivery->rule->folder = "/elsewhere";
        QVERIFY(m->store->changeRequest(change));
        QVERIFY(!must(m->store->deliveryPassphrase(m_request)).isEmpty());
        change.delivery->rule.reset();
        QVERIFY(m->store->changeRequest(change));
        QVERIFY(!must(m->store->deliveryRule(m_request)));
        QVERIFY(must(m->store->deliveryPassphrase(m_request)).isEmpty());
    }

    void aNewOneIsOneStepToo()
    {
        NewRequest added;
        added.request = Fixtures::request("new", m_server);
        added.challenge = Fixtures::OpenStore::secret("first");
        added.extras = {"notes", {" hall3 ", "hall3"}};
        added.delivery = someDelivery();
        added.deliveryPassphrase = Fixtures::OpenStore::secret("of the file");
        const Scep::RequestId id = must(m->store->addRequest(added));
        QVERIFY((must(m->store->requestExtras(id)) == Extras{"notes", {"hall3"}}));
        QVERIFY(must(m->store->deliveryRule(id)) == someDelivery());
        QCOMPARE(must(m->store->deliveryPassphrase(id)).view().toByteArray(), QByteArray("of the file"));
        // The first certificate is delivered.
        m->issue(id, m_server, "FIRST");
        QCOMPARE(must(m->store->deliveryState(id)).state, DeliveryState::State::Due);

        added.request.label = "wrong";
        added.delivery->folder.clear();
        QVERIFY(!m->store->addRequest(added));
        QCOMPARE(must(m->store->requestRecords()).size(), 2);
    }

    // -- servers ---------------------------------------------------------------------------------------------------------

    void aProxysPasswordIsKeptApart()
    {
        Scep::EnrollmentServer server = Fixtures::server("behind", m->ca);
        server.transport.proxy = QUrl("http://joe:geheim@proxy.example:3128");
        QCOMPARE(m->store->addServer(server).error().code, ErrorCode::InvalidArgument);
        server.transport.proxy = QUrl("http://proxy.example:3128");
        server.transport.proxyUser = "joe";
        server.transport.proxyPassword = std::make_shared<const Pki::SecretBytes>(QByteArrayView("geheim"));
        const Extras extras{"notes", {"tag"}};
        server.id = must(m->store->addServer(server, &extras));
        QVERIFY(must(m->store->serverExtras(server.id)) == extras);
        const auto stored = [&] { return must(m->store->proxyPassword(server.id)).view().toByteArray(); };
        QCOMPARE(stored(), QByteArray("geheim"));
        m->reopen();
        const Scep::EnrollmentServer read = must(m->store->serverRecord(server.id)).server;
        QCOMPARE(read.transport.proxyUser, QString("joe"));
        QVERIFY(!read.transport.proxyPassword);
        QVERIFY(m->store->updateServer(read)); // not given: it stays
        QCOMPARE(stored(), QByteArray("geheim"));
        Scep::EnrollmentServer changed = read;
        changed.transport.proxyPassword = std::make_shared<const Pki::SecretBytes>(QByteArrayView("another"));
        QVERIFY(m->store->updateServer(changed));
        QCOMPARE(stored(), QByteArray("another"));
        changed.transport.proxyPassword.reset();
        changed.transport.proxyUser = "jim"; // whose password it is not
        QVERIFY(m->store->updateServer(changed));
        QVERIFY(stored().isEmpty());
        changed.transport.proxyPassword = std::make_shared<const Pki::SecretBytes>(QByteArrayView("jims"));
        QVERIFY(m->store->updateServer(changed));
        changed.transport.proxyPassword = std::make_shared<const Pki::SecretBytes>();
        QVERIFY(m->store->updateServer(changed));
        QVERIFY(stored().isEmpty());
        QVERIFY(must(m->store->check(true)).isGood());
    }

    // -- revocations -----------------------------------------------------------------------------------------------------

    void aRevocationIsRemembered()
    {
        const Scep::CertificateId id = m->issue(m_request, m_server);
        const Scep::RequestId other = m->addRequest(m_server, "other");
        m->issue(other, m_server, "OTHER");
        QSignalSpy changed(m->store.get(), &Store::requestChanged);
        QVERIFY(m->store->recordRevocations(listOf({entryFor(id, "keyCompromise")})));
        QCOMPARE(changed.size(), 1);
        QVERIFY(m->store->recordRevocations(listOf({entryFor(id, "keyCompromise")}))); // no news
        QCOMPARE(changed.size(), 1);
        m->reopen();
        const Scep::Revocation revocation{Fixtures::now.addDays(1), "keyCompromise"};
        QCOMPARE(must(m->store->requestRecord(m_request)).current->revocation, std::optional(revocation));
        QVERIFY(!must(m->store->requestRecord(other)).current->revocation);
        QCOMPARE(must(m->store->certificates(m_request)).first().revocation, std::optional(revocation));
        for (const Scep::CurrentCertificate &current : must(m->store->currentCertificates())) {
            QCOMPARE(current.revocation.has_value(), current.request == m_request);
            QCOMPARE(current.receivedAt, Fixtures::now.addSecs(60));
        }
        CertificateQuery query;
        query.validity = CertificateQuery::Validity::Revoked;
        const QList<CertificateRow> rows = must(m->store->certificateRows(query, 0, 10, Fixtures::now)).rows;
        QCOMPARE(rows.size(), 1);
        QCOMPARE(rows.first().id, id);
        QCOMPARE(rows.first().revocation, std::optional(revocation));
        QCOMPARE(rows.first().stateAt(Fixtures::now), CertificateRow::State::Revoked);
        QCOMPARE(must(m->store->certificateCount(query, Fixtures::now)), 1);
        query.validity = CertificateQuery::Validity::Valid;
        QCOMPARE(must(m->store->certificateCount(query, Fixtures::now)), 1);
    }

    void anotherIssuersSerialNumberIsAnother()
    {
        const Scep::CertificateId id = m->issue(m_request, m_server);
        Scep::RevocationList list = listOf({entryFor(id, "keyCompromise")});
        list.issuer = m->ca.root.certificate.subject();
        QVERIFY(m->store->recordRevocations(list));
        QVERIFY(!must(m->store->certificates(m_request)).first().revocation);
    }

    void onlyAHoldEnds()
    {
        const Scep::CertificateId id = m->issue(m_request, m_server);
        QVERIFY(m->store->recordRevocations(listOf({entryFor(id, "certificateHold")})));
        QVERIFY(must(m->store->certificates(m_request)).first().revocation->isHold());
        QVERIFY(m->store->recordRevocations(listOf({})));
        QVERIFY(!must(m->store->certificates(m_request)).first().revocation);
        QVERIFY(m->store->recordRevocations(listOf({entryFor(id, "")})));
        QVERIFY(m->store->recordRevocations(listOf({}))); // the list forgot it when it expired
        QVERIFY(must(m->store->certificates(m_request)).first().revocation);
    }

    // -- the exchange log ------------------------------------------------------------------------------------------------

    void theLogIsReadPageByPage()
    {
        for (int i = 1; i <= 6; ++i) {
            Scep::Exchange exchange;
            exchange.server = {i <= 4 ? 1 : 2};
            exchange.request = {i % 2};
            exchange.at = Fixtures::now.addSecs(i);
            exchange.httpStatus = 200 + i;
            exchange.sent = "question";
            exchange.received = "answer";
            exchange.notes = {"not an \"error\":{ at all"};
            if (i == 3)
                exchange.error = Pki::Error{ErrorCode::Timeout, "30 s"};
            m->store->logExchange(exchange);
        }
        const auto statuses = [&](const ExchangeQuery &query) {
            QList<int> found;
            for (const ExchangeRow &row : must(m->store->exchanges(query)))
                found.append(row.exchange.httpStatus);
            return found;
        };
        ExchangeQuery query;
        query.most = 4;
        QCOMPARE(statuses(query), (QList<int>{206, 205, 204, 203}));
        const ExchangeRow last = must(m->store->exchanges(query)).last();
        QVERIFY(last.exchange.sent.isEmpty());
        QCOMPARE(last.size, 14);
        QCOMPARE(last.exchange.error->code, ErrorCode::Timeout);
        query.before = last.exchange.id;
        QCOMPARE(statuses(query), (QList<int>{202, 201}));
        query = {};
        query.server = {1};
        QCOMPARE(statuses(query).size(), 4);
        query.request = {1};
        QCOMPARE(statuses(query), (QList<int>{203, 201}));
        query = {};
        query.onlyFailed = true;
        QCOMPARE(statuses(query), QList<int>{203});
        const Scep::Exchange whole = must(m->store->exchange(last.exchange.id));
        QCOMPARE(whole.sent, QByteArray("question"));
        QCOMPARE(whole.received, QByteArray("answer"));
        QCOMPARE(whole.at, Fixtures::now.addSecs(3));
        QCOMPARE(m->store->exchange(9999).error().code, ErrorCode::InvalidArgument);
    }
};

QTEST_GUILESS_MAIN(TestStoreRequests)
#include "tst_storerequests.moc"
