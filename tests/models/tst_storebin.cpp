// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/models/storefixture.h"

#include <QSignalSpy>
#include <QTest>

using namespace Models;
using TestSupport::must;
using Kind = BinRecord::Kind;
using State = Scep::TransactionStatus::State;

class TestStoreBin : public QObject
{
    Q_OBJECT

    std::unique_ptr<Fixtures::OpenStore> m;

private slots:
    void init() { m = std::make_unique<Fixtures::OpenStore>(); }
    void cleanup() { m.reset(); }

    void aDeletedRequestIsOutOfSight()
    {
        const auto server = m->addServer();
        const auto request = m->addRequest(server);
        const auto certificate = m->issue(request, server);
        QVERIFY(m->store->setChallenge(request, Fixtures::OpenStore::secret("next")));
        QVERIFY(m->store->removeRequest(request));
        m->reopen();
        QVERIFY(m->store->requestRecords()->isEmpty());
        QVERIFY(m->store->requests()->isEmpty());
        QVERIFY(m->store->currentCertificates()->isEmpty());
        QVERIFY(m->store->dueEnrollments()->isEmpty());
        QVERIFY(m->store->certificateRows({}, 0, 10, Fixtures::now)->rows.isEmpty());
        QCOMPARE(m->store->certificateCount({}, Fixtures::now).value(), 0);
        QCOMPARE(m->store->requestRecord(request).error().code, ErrorCode::InvalidArgument);
        QCOMPARE(m->store->certificateWithKey(certificate).error().code, ErrorCode::InvalidArgument);
        QVERIFY(m->store->challenge(request)->isEmpty());
        // Nothing can be done with it either.
        const auto none = Pki::SecretBytes();
        QCOMPARE(m->store->setChallenge(request, none).error().code, ErrorCode::InvalidArgument);
        QCOMPARE(m->store->removeRequest(request).error().code, ErrorCode::InvalidArgument);
        QCOMPARE(m->store->setRequestExtras(request, {"x", {}}).error().code, ErrorCode::InvalidArgument);
        Scep::EnrollmentRequest changed = Fixtures::request("plc-7", server);
        changed.id = request;
        QCOMPARE(m->store->updateRequest(changed).error().code, ErrorCode::InvalidArgument);
        Scep::TransactionStatus status;
        status.request = request;
        QCOMPARE(m->store->recordStatus(status).error().code, ErrorCode::InvalidArgument);
        QVERIFY(!m->store->begin(Fixtures::transaction(request, server, m->ca, "LATE")));
        QVERIFY(m->store->check(true)->isGood());
    }

    void restoreBringsEverythingBack()
    {
        const auto server = m->addServer();
        const auto request = m->addRequest(server);
        m->issue(request, server, "FIRST");
        const auto certificate = m->issue(request, server, "SECOND");
        QVERIFY(m->store->setChallenge(request, Fixtures::OpenStore::secret("next")));
        QVERIFY(m->store->setRequestExtras(request, {"in the cellar", {"line 3"}}));
        const RequestRecord before = must(m->store->requestRecord(request));
        const auto key = must(m->store->certificateWithKey(certificate)).key.publicKey();

        QVERIFY(m->store->removeRequest(request));
        const auto bin = must(m->store->binRecords());
        QCOMPARE(bin.size(), 1);
        QVERIFY(bin[0].kind == Kind::Request);
        QCOMPARE(bin[0].id, request.value);
        QCOMPARE(bin[0].label, QString("plc-7"));
        QCOMPARE(bin[0].certificates, 2);
        QVERIFY(qAbs(bin[0].deletedAt.secsTo(QDateTime::currentDateTimeUtc())) < 60);

        QSignalSpy changed(m->store.get(), &Store::requestChanged);
        QCOMPARE(must(m->store->restore(Kind::Request, request.value)), QString("plc-7"));
        QCOMPARE(changed.size(), 1);
        QVERIFY(m->store->binRecords()->isEmpty());
        const RequestRecord after = must(m->store->requestRecord(request));
        QVERIFY(after.request == before.request);
        QVERIFY(after.transaction == before.transaction);
        QVERIFY(after.extras == before.extras);
        QCOMPARE(after.certificateCount, 2);
        QCOMPARE(after.current->certificate, before.current->certificate);
        QCOMPARE(must(m->store->certificateWithKey(certificate)).key.publicKey(), key);
        QCOMPARE(m->store->challenge(request)->view().toByteArray(), QByteArray("next"));
        QCOMPARE(m->store->restore(Kind::Request, request.value).error().code, ErrorCode::InvalidArgument);
    }

    void anOpenTransactionIsCancelledAndItsKeyKept()
    {
        const auto server = m->addServer();
        const auto request = m->addRequest(server);
        const Scep::Transaction sent = Fixtures::transaction(request, server, m->ca);
        QVERIFY(m->store->begin(sent));
        QVERIFY(m->store->removeRequest(request));
        QVERIFY(m->store->openTransactions()->isEmpty());
        {
            auto database = must(SqlDatabase::open(m->file()));
            const QVariant sealed = must(database->value("SELECT private_key FROM enrollment_transaction"));
            const auto kept = must(m->vault.unseal(sealed.toByteArray(), "transaction-key/1"));
            QCOMPARE(must(Pki::PrivateKey::fromBytes(kept.view())).publicKey(), sent.key.publicKey());
            QVERIFY(must(database->value("SELECT csr FROM enrollment_transaction")).isNull());
        }
        QVERIFY(m->store->restore(Kind::Request, request.value));
        const auto record = must(m->store->requestRecord(request));
        QVERIFY(record.transaction.state == State::Cancelled);
        QCOMPARE(record.transaction.transactionId, sent.id.toText());
        QVERIFY(m->store->challenge(request)->isEmpty()); // it may have been used
        QVERIFY(m->store->dueEnrollments()->isEmpty());   // waits for a person
        QVERIFY(m->store->begin(Fixtures::transaction(request, server, m->ca, "AGAIN")));
    }

    void aLabelIsFreeWhileItsOwnerLiesInTheBin()
    {
        const auto server = m->addServer();
        const auto first = m->addRequest(server);
        QVERIFY(m->store->removeRequest(first));
        const auto second = m->addRequest(server);
        QVERIFY(m->store->removeRequest(second));
        QCOMPARE(must(m->store->restore(Kind::Request, second.value)), QString("plc-7"));
        QCOMPARE(must(m->store->restore(Kind::Request, first.value)), QString("plc-7-2"));
        QCOMPARE(must(m->store->requestRecord(first)).request.label, QString("plc-7-2"));
        QCOMPARE(must(m->store->requestRecord(second)).request.label, QString("plc-7"));
    }

    void aServerComesBackWithItsRequest()
    {
        const auto server = m->addServer();
        m->confirm(server, Fixtures::roles(m->ca));
        const auto request = m->addRequest(server);
        QCOMPARE(m->store->removeServer(server).error().code, ErrorCode::NotPossibleNow);
        QVERIFY(m->store->removeRequest(request));
        QVERIFY(m->store->removeServer(server));
        QVERIFY(m->store->servers()->isEmpty());
        QVERIFY(m->store->serverKnowledge()->isEmpty());
        QVERIFY(m->store->caStoreRecords()->isEmpty());
        QCOMPARE(m->store->storeKnowledge(Fixtures::knowledge(server, m->ca)).error().code, ErrorCode::InvalidArgument);
        QVERIFY(!m->store->addRequest(Fixtures::request("other", server), {}, {}, {}));
        QCOMPARE(m->store->binRecords()->size(), 2);
        QSignalSpy serverChanged(m->store.get(), &Store::serverChanged);
        QVERIFY(m->store->restore(Kind::Request, request.value));
        QCOMPARE(serverChanged.size(), 1);
        QCOMPARE(m->store->servers()->first().label, QString("plant"));
        QVERIFY(m->store->serverKnowledge()->first().trust == Scep::ServerKnowledge::Trust::Confirmed);
        QCOMPARE(m->store->caStoreRecords()->size(), 4);
        QVERIFY(m->store->binRecords()->isEmpty());
        QVERIFY(m->store->check(true)->isGood());
    }

    void theNamesOfAServersCaCertificatesAreFreeMeanwhile()
    {
        const auto first = m->addServer();
        m->confirm(first, Fixtures::roles(m->ca));
        QVERIFY(m->store->removeServer(first));
        const auto second = m->addServer();
        m->confirm(second, Fixtures::roles(m->ca));
        const auto names = [&](Scep::ServerId server) {
            QStringList list;
            for (const CaStoreRecord &record : must(m->store->caStoreRecords(server)))
                list.append(record.name);
            list.sort();
            return list;
        };
        const QStringList usual{"plant", "plant-issuing", "plant-ra-encryption", "plant-ra-signing"};
        QCOMPARE(names(second), usual); // its root has its label
        QVERIFY(m->store->removeServer(second));
        QVERIFY(m->store->restore(Kind::Server, first.value));
        QCOMPARE(names(first), usual);
        QCOMPARE(must(m->store->restore(Kind::Server, second.value)), QString("plant-2"));
        QCOMPARE(names(second), (QStringList{"plant-2", "plant-issuing-2", "plant-ra-encryption-2", "plant-ra-signing-2"}));
    }

    void aCertificateComesAndGoes()
    {
        const auto server = m->addServer();
        const auto request = m->addRequest(server);
        const auto old = m->issue(request, server, "FIRST");
        const auto current = m->issue(request, server, "SECOND");
        QVERIFY(m->store->removeCertificate(current));
        QCOMPARE(m->store->removeCertificate(current).error().code, ErrorCode::InvalidArgument);
        QVERIFY(!m->store->requestRecord(request)->current);
        QCOMPARE(m->store->certificates(request)->size(), 1);
        QVERIFY(m->store->currentCertificates()->isEmpty());
        QVERIFY(m->store->currentCredential(request)->certificate.isNull());
        QVERIFY2(m->store->dueEnrollments()->isEmpty(), "whoever deletes a certificate does not ask for a new one");
        QVERIFY(m->store->check(true)->isGood());
        QVERIFY(m->store->restore(Kind::Certificate, current.value));
        QCOMPARE(m->store->requestRecord(request)->current->id, current);
        QVERIFY(m->store->removeCertificate(old));
        QVERIFY(m->store->purge(Kind::Certificate, old.value));
        QCOMPARE(m->store->requestRecord(request)->certificateCount, 1);
        QCOMPARE(m->store->purge(Kind::Certificate, current.value).error().code, ErrorCode::InvalidArgument); // not in the bin
        // With its request it comes back too.
        QVERIFY(m->store->removeCertificate(current));
        QVERIFY(m->store->removeRequest(request));
        QVERIFY(m->store->restore(Kind::Certificate, current.value));
        QCOMPARE(m->store->requestRecord(request)->current->id, current);
    }

    void aRenewalAfterTheCurrentOneWasDeletedTakesItsPlace()
    {
        const auto server = m->addServer();
        const auto request = m->addRequest(server);
        const auto old = m->issue(request, server, "FIRST");
        QVERIFY(m->store->removeCertificate(old));
        const auto current = m->issue(request, server, "SECOND");
        QVERIFY(m->store->restore(Kind::Certificate, old.value));
        QCOMPARE(m->store->requestRecord(request)->current->id, current);
        QCOMPARE(m->store->requestRecord(request)->certificateCount, 2);
        QVERIFY(m->store->check(true)->isGood());
    }

    void purgedIsGone()
    {
        const auto server = m->addServer();
        const auto request = m->addRequest(server);
        m->issue(request, server);
        QVERIFY(m->store->removeRequest(request));
        QVERIFY(m->store->removeServer(server));
        QCOMPARE(m->store->purge(Kind::Request, 99).error().code, ErrorCode::InvalidArgument);
        QVERIFY(m->store->purge(Kind::Server, server.value)); // and its request
        QVERIFY(m->store->binRecords()->isEmpty());
        auto database = must(SqlDatabase::open(m->file()));
        for (const QString table : {"server", "request", "certificate", "enrollment_transaction", "issuer_chain", "issuer_chain_member"})
            QCOMPARE(must(database->value("SELECT COUNT(*) FROM " + table)).toInt(), 0);
    }

    void oldThingsGoByThemselves()
    {
        const auto server = m->addServer();
        const auto old = m->addRequest(server, "old");
        const auto young = m->addRequest(server, "young");
        QVERIFY(m->store->removeRequest(old));
        QVERIFY(m->store->removeRequest(young));
        QVERIFY(m->store->removeServer(server));
        const QDateTime now = QDateTime::currentDateTimeUtc();
        for (const QString table : {"request WHERE id = 1", "server WHERE id = 1"})
            m->tamper("UPDATE " + QString(table).replace(" WHERE", " SET deleted_at = ? WHERE"),
                      {now.addDays(-31).toString(Qt::ISODateWithMs)});
        QVERIFY(m->store->tidyUp(now));
        // The server is as old, but the young request needs it.
        const auto bin = must(m->store->binRecords());
        QCOMPARE(bin.size(), 2);
        QCOMPARE(bin[0].label, QString("young"));
        QVERIFY(m->store->restore(Kind::Request, young.value));
        QCOMPARE(m->store->servers()->size(), 1);
        QCOMPARE(must(m->store->emptyBin()), 0);

        StoreSettings settings;
        settings.binDays = 0; // never by itself
        QVERIFY(m->store->setSettings(settings));
        QVERIFY(m->store->removeRequest(young));
        QVERIFY(m->store->tidyUp(now.addYears(5)));
        QCOMPARE(m->store->binRecords()->size(), 1);
        QCOMPARE(must(m->store->emptyBin()), 1);
        QVERIFY(m->store->binRecords()->isEmpty());
    }
};

QTEST_GUILESS_MAIN(TestStoreBin)
#include "tst_storebin.moc"
