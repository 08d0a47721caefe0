// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/models/storefixture.h"

#include <QSignalSpy>
#include <QTest>

using namespace Models;
using TestSupport::must;
using TestSupport::TestCa;
using Verdict = Pki::ChainLink::Verdict;

class TestCaStoreByHand : public QObject
{
    Q_OBJECT

    std::unique_ptr<Fixtures::OpenStore> m;
    Scep::ServerId m_server;

    QMap<QString, CaStoreRecord> records()
    {
        QMap<QString, CaStoreRecord> byName;
        for (const CaStoreRecord &record : must(m->store->caStoreRecords()))
            byName.insert(record.name, record);
        return byName;
    }
    Pki::Certificate leafOf(const TestCa &ca) const
    {
        return ca.issue(TestSupport::makeRequest("CN=leaf", TestSupport::rsaKey("leaf")), Fixtures::now);
    }
    /// As after a rollover: another issuing CA under the same root.
    Scep::CaRoles nextRoles() const
    {
        Scep::CaRoles roles = Fixtures::roles(m->ca);
        TestSupport::CertificateOptions options;
        options.isCa = true;
        roles.issuing = TestSupport::makeCertificate("CN=Second issuing", TestSupport::rsaKey("second").publicKey(), m->ca.root,
                                                     Fixtures::now, options);
        return roles;
    }

private slots:
    void init()
    {
        m = std::make_unique<Fixtures::OpenStore>();
        m_server = m->addServer();
    }
    void cleanup() { m.reset(); }

    void importedOnesStay()
    {
        const TestCa other = TestCa::create("Other", Fixtures::now);
        QSignalSpy changed(m->store.get(), &Store::caStoreChanged);
        const qint64 root = must(m->store->importCaCertificate(other.root.certificate, {}, true, "lab root"));
        const qint64 issuing = must(m->store->importCaCertificate(other.issuing.certificate, {}, false));
        const qint64 ofServer = must(m->store->importCaCertificate(other.issuing.certificate, m_server, false));
        QCOMPARE(changed.size(), 3);
        m->confirm(m_server, Fixtures::roles(m->ca));
        m->confirm(m_server, nextRoles());
        m->reopen();
        auto all = records();
        QCOMPARE(all["lab root"].id, root);
        QVERIFY(all["lab root"].isImported);
        QVERIFY(all["lab root"].isAnchor);
        QVERIFY(all["lab root"].server.isNull());
        QVERIFY(all["lab root"].role == CaStoreRecord::Role::Root);
        QCOMPARE(all["imported"].id, issuing);
        QVERIFY(all["imported"].role == CaStoreRecord::Role::Intermediate);
        QVERIFY(!all["imported"].isAnchor);
        QCOMPARE(all["plant-imported"].id, ofServer);
        QCOMPARE(all["plant-imported"].server, m_server);
        QVERIFY(all["plant-imported"].stage == CaStoreRecord::Stage::Active);
        QCOMPARE(must(m->store->caStoreRecords({})).size(), 2); // of no server
        QVERIFY(m->store->check(true)->isGood());
    }

    void whatIsNoCaIsRefused()
    {
        QCOMPARE(m->store->importCaCertificate({}, {}, true).error().code, ErrorCode::InvalidArgument);
        QCOMPARE(m->store->importCaCertificate(leafOf(m->ca), {}, true).error().code, ErrorCode::InvalidArgument);
        QCOMPARE(m->store->importCaCertificate(m->ca.root.certificate, {99}, true).error().code, ErrorCode::InvalidArgument);
        QVERIFY(m->store->importCaCertificate(m->ca.root.certificate, {}, true));
        const auto twice = m->store->importCaCertificate(m->ca.root.certificate, {}, true);
        QCOMPARE(twice.error().code, ErrorCode::NotPossibleNow);
        QVERIFY2(twice.error().detail.contains("imported"), qPrintable(twice.error().detail));
        QCOMPARE(must(m->store->caStoreRecords()).size(), 1);
    }

    void onlyWhatTheServerDoesNotSendIsRemoved()
    {
        m->confirm(m_server, Fixtures::roles(m->ca));
        m->confirm(m_server, nextRoles());
        auto all = records();
        QVERIFY(all["plant-issuing"].stage == CaStoreRecord::Stage::Retired);
        const auto refused = m->store->removeCaCertificate(all["plant-issuing-2"].id);
        QCOMPARE(refused.error().code, ErrorCode::NotPossibleNow);
        QVERIFY(refused.error().detail.contains("plant-issuing-2"));
        QVERIFY(m->store->removeCaCertificate(all["plant-issuing"].id));
        QVERIFY(!records().contains("plant-issuing"));
        QCOMPARE(m->store->removeCaCertificate(99).error().code, ErrorCode::InvalidArgument);
        const qint64 imported = must(m->store->importCaCertificate(TestCa::create("Other").root.certificate, m_server, true));
        QVERIFY(m->store->removeCaCertificate(imported));
        QVERIFY(!records().contains("plant-imported"));
    }

    /// A root that was imported before the server was confirmed.
    void anImportBecomesWhatTheServerSends()
    {
        const qint64 root = must(m->store->importCaCertificate(m->ca.root.certificate, m_server, false));
        const qint64 issuing = must(m->store->importCaCertificate(m->ca.issuing.certificate, m_server, false, "my issuing CA"));
        QVERIFY(!must(m->store->chainFor(leafOf(m->ca), Fixtures::now)).isTrusted);
        m->confirm(m_server, Fixtures::roles(m->ca));
        auto all = records();
        QCOMPARE(all["plant"].id, root);
        QVERIFY(all["plant"].isAnchor);
        QVERIFY(all["plant"].role == CaStoreRecord::Role::Root);
        QCOMPARE(all["my issuing CA"].id, issuing); // a name that a person chose
        QVERIFY(all["my issuing CA"].role == CaStoreRecord::Role::Issuing);
        QVERIFY(must(m->store->chainFor(leafOf(m->ca), Fixtures::now)).isTrusted);
        // It is what the server's trust hangs on.
        const auto refused = m->store->removeCaCertificate(root);
        QCOMPARE(refused.error().code, ErrorCode::NotPossibleNow);
        QVERIFY2(refused.error().detail.contains("confirmed"), qPrintable(refused.error().detail));
        QVERIFY(m->store->removeCaCertificate(issuing).error().detail.contains("sends"));
        m->confirm(m_server, Fixtures::roles(m->ca)); // no news
        m->reopen();
        QVERIFY(records()["plant"].isAnchor);
        QVERIFY(m->store->check(true)->isGood());
    }

    void anImportOutlivesTheServersTrust_data()
    {
        QTest::addColumn<bool>("isTrusted");
        QTest::newRow("trusted by hand") << true;
        QTest::newRow("not trusted by hand") << false;
    }
    void anImportOutlivesTheServersTrust()
    {
        QFETCH(bool, isTrusted);
        const qint64 root = must(m->store->importCaCertificate(m->ca.root.certificate, m_server, isTrusted));
        m->confirm(m_server, Fixtures::roles(m->ca));
        const TestCa other = TestCa::create("Other", Fixtures::now);
        m->confirm(m_server, Fixtures::roles(other));
        auto all = records();
        QVERIFY(all["plant"].certificate == other.root.certificate);
        QCOMPARE(all["plant-imported"].id, root);
        QCOMPARE(all["plant-imported"].isAnchor, isTrusted);
        QVERIFY(all["plant-imported"].stage == CaStoreRecord::Stage::Active);
        QCOMPARE(must(m->store->chainFor(leafOf(m->ca), Fixtures::now)).isTrusted, isTrusted);
        QVERIFY(m->store->removeCaCertificate(root));
    }

    void anImportOfTheNextCaStaysInUse()
    {
        const TestCa next = TestCa::create("Next", Fixtures::now);
        QVERIFY(m->store->importCaCertificate(next.root.certificate, m_server, true));
        Scep::ServerKnowledge knowledge = Fixtures::knowledge(m_server, m->ca);
        knowledge.nextCa.roles = Fixtures::roles(next);
        QVERIFY(m->store->storeKnowledge(knowledge));
        bool isThere = false;
        for (const CaStoreRecord &record : records())
            isThere =
                isThere || (record.certificate == next.root.certificate && record.stage == CaStoreRecord::Stage::Active && record.isAnchor);
        QVERIFY(isThere);
    }

    void chainsAreBuiltFromAllOfIt()
    {
        const TestCa other = TestCa::create("Other", Fixtures::now);
        // Nothing known: nothing trusted.
        auto chain = must(m->store->chainFor(leafOf(other), Fixtures::now));
        QVERIFY(!chain.isTrusted);
        QVERIFY(chain.firstProblem()->verdict == Verdict::IssuerNotFound);
        // The intermediate of one server, the root by hand and of none.
        QVERIFY(m->store->importCaCertificate(other.issuing.certificate, m_server, false));
        QVERIFY(!must(m->store->chainFor(leafOf(other), Fixtures::now)).isTrusted);
        const qint64 root = must(m->store->importCaCertificate(other.root.certificate, {}, false));
        chain = must(m->store->chainFor(leafOf(other), Fixtures::now));
        QVERIFY2(!chain.isTrusted, "imported as an intermediate: no anchor");
        QCOMPARE(chain.links.size(), 3);
        QVERIFY(m->store->removeCaCertificate(root));
        QVERIFY(m->store->importCaCertificate(other.root.certificate, {}, true));
        chain = must(m->store->chainFor(leafOf(other), Fixtures::now));
        QVERIFY(chain.isTrusted);
        QCOMPARE(chain.issuers(), (QList<Pki::Certificate>{other.issuing.certificate, other.root.certificate}));
        // What a server confirmed counts as well, also after it was replaced.
        m->confirm(m_server, Fixtures::roles(m->ca));
        m->confirm(m_server, nextRoles());
        QVERIFY(must(m->store->chainFor(leafOf(m->ca), Fixtures::now)).isTrusted);
        QCOMPARE(m->store->chainFor({}, Fixtures::now).error().code, ErrorCode::InvalidArgument);
    }

    void whatIsOnlyAnnouncedTrustsNothing()
    {
        const TestCa next = TestCa::create("Next", Fixtures::now);
        Scep::ServerKnowledge knowledge = Fixtures::knowledge(m_server, m->ca);
        knowledge.nextCa.roles = Fixtures::roles(next);
        QVERIFY(m->store->storeKnowledge(knowledge));
        QVERIFY(records().contains("plant-next"));
        QVERIFY(!must(m->store->chainFor(leafOf(next), Fixtures::now)).isTrusted);
    }

    void retiredOnesStayWhileAChainNeedsThem()
    {
        m->confirm(m_server, Fixtures::roles(m->ca));
        const auto request = m->addRequest(m_server);
        m->issue(request, m_server, "FIRST");
        m->confirm(m_server, nextRoles());
        QVERIFY(m->store->tidyUp(QDateTime::currentDateTimeUtc()));
        QVERIFY(records()["plant-issuing"].stage == CaStoreRecord::Stage::Retired);
        // Also for one in the bin, which may come back.
        QVERIFY(m->store->removeRequest(request));
        QVERIFY(m->store->tidyUp(QDateTime::currentDateTimeUtc()));
        QVERIFY(records().contains("plant-issuing"));
        QSignalSpy changed(m->store.get(), &Store::caStoreChanged);
        QVERIFY(m->store->purge(BinRecord::Kind::Request, request.value));
        QVERIFY(m->store->tidyUp(QDateTime::currentDateTimeUtc()));
        QVERIFY(!records().contains("plant-issuing"));
        QCOMPARE(changed.size(), 1);
        QVERIFY(records().contains("plant-issuing-2"));
        QVERIFY(records().contains("plant"));
    }

    void retiredOnesStayWhileATransactionIsOpen()
    {
        m->confirm(m_server, Fixtures::roles(m->ca));
        const auto request = m->addRequest(m_server);
        const Scep::Transaction sent = Fixtures::transaction(request, m_server, m->ca);
        QVERIFY(m->store->begin(sent));
        m->confirm(m_server, nextRoles());
        QVERIFY(m->store->tidyUp(QDateTime::currentDateTimeUtc()));
        QVERIFY(records().contains("plant-issuing"));
        Scep::TransactionStatus status;
        status.state = Scep::TransactionStatus::State::Cancelled;
        QVERIFY(m->store->close(sent, status));
        QVERIFY(m->store->tidyUp(QDateTime::currentDateTimeUtc()));
        QVERIFY(!records().contains("plant-issuing"));
    }
};

QTEST_GUILESS_MAIN(TestCaStoreByHand)
#include "tst_castorebyhand.moc"
