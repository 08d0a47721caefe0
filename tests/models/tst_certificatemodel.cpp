// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/items/certificatemodel.h"

#include "models/service/requeststatus.h"
#include "tests/models/storefixture.h"

#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QTest>

using namespace Models;
using TestSupport::must;
using Order = CertificateQuery::Order;
using Validity = CertificateQuery::Validity;

class TestCertificateModel : public QObject
{
    Q_OBJECT

    std::unique_ptr<Fixtures::OpenStore> m;
    Scep::ServerId m_server;
    Scep::RequestId m_request;

    /// `count` certificates, each valid for as many days as its number, beginning today.
    void fill(int count)
    {
        const Pki::PublicKey key = TestSupport::rsaKey("device").publicKey();
        QList<Scep::IssuedCertificate> issued;
        for (int i = 1; i <= count; ++i) {
            TestSupport::CertificateOptions options;
            options.notBefore = Fixtures::now;
            options.notAfter = Fixtures::now.addDays(i);
            options.serialNumber = must(Pki::SerialNumber::fromHex(QString("ab%1").arg(i, 4, 16, QChar('0'))));
            Scep::IssuedCertificate certificate;
            certificate.request = m_request;
            certificate.server = m_server;
            certificate.certificate = TestSupport::makeCertificate(QString("CN=device-%1").arg(count - i, 4, 10, QChar('0')), key,
                                                                   m->ca.issuing, Fixtures::now, options);
            certificate.issuers = {m->ca.issuing.certificate, m->ca.root.certificate};
            issued.append(certificate);
        }
        (void)must(m->store->addCertificates(issued));
    }
    QStringList subjects(const CertificateQuery &query, const QDateTime &now = Fixtures::now)
    {
        QStringList names;
        for (const CertificateRow &row : must(m->store->certificateRows(query, 0, 100, now)).rows)
            names.append(row.subject);
        return names;
    }

private slots:
    void init()
    {
        m = std::make_unique<Fixtures::OpenStore>();
        m_server = m->addServer();
        m_request = m->addRequest(m_server, "50%_plant");
    }
    void cleanup() { m.reset(); }

    void rowsAreFoundByTheirColumns()
    {
        fill(5);
        const auto other = m->addServer("other");
        const auto otherRequest = m->addRequest(other, "elsewhere");
        m->issue(otherRequest, other);
        CertificateQuery query;
        QCOMPARE(must(m->store->certificateCount(query, Fixtures::now)), 6);
        query.server = m_server;
        QCOMPARE(subjects(query).size(), 5);
        QCOMPARE(subjects(query).first(), QString("CN=device-0000")); // newest first
        query.onlyCurrent = true;
        QCOMPARE(subjects(query), QStringList{"CN=device-0000"});
        query = {};
        query.order = Order::BySubject;
        query.request = m_request;
        QCOMPARE(subjects(query).first(), QString("CN=device-0000"));
        query.order = Order::ByExpiry;
        QCOMPARE(subjects(query).first(), QString("CN=device-0004"));
        query.expiresBefore = Fixtures::now.addDays(2).addSecs(1);
        QCOMPARE(subjects(query), (QStringList{"CN=device-0004", "CN=device-0003"}));
        query.expiresBefore = {};
        const QDateTime later = Fixtures::now.addDays(3).addSecs(1);
        query.validity = Validity::Expired;
        QCOMPARE(subjects(query, later), (QStringList{"CN=device-0004", "CN=device-0003", "CN=device-0002"}));
        query.validity = Validity::Valid;
        QCOMPARE(subjects(query, later), (QStringList{"CN=device-0001", "CN=device-0000"}));
        query.validity = Validity::NotYetValid;
        QCOMPARE(subjects(query, Fixtures::now.addSecs(-1)).size(), 5);
        QVERIFY(subjects(query).isEmpty());
    }

    void textIsFound_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<int>("count");
        QTest::newRow("part of a subject") << "device-000" << 5;
        QTest::newRow("without case") << "DEVICE-0002" << 1;
        QTest::newRow("blanks around") << "  device-0002 " << 1;
        QTest::newRow("serial with colons") << "AB:00:03" << 1;
        QTest::newRow("label, with characters that mean something") << "50%_pl" << 5;
        QTest::newRow("percent is no wildcard") << "device%2" << 0;
        QTest::newRow("underscore neither") << "device_0002" << 0;
        QTest::newRow("quote") << "'; DROP TABLE certificate; --" << 0;
        QTest::newRow("backslash") << "\\" << 0;
    }
    void textIsFound()
    {
        QFETCH(QString, text);
        QFETCH(int, count);
        fill(5);
        CertificateQuery query;
        query.text = text;
        QCOMPARE(subjects(query).size(), count);
        QCOMPARE(must(m->store->certificateCount(query, Fixtures::now)), count);
    }

    void theListFillsPageByPage()
    {
        fill(CertificateModel::pageSize * 2 + 50);
        QList<CertificateModel::PageRequest> asked;
        CertificateModel model([&](const CertificateModel::PageRequest &request) { asked.append(request); }, [] { return Fixtures::now; });
        const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::Fatal);
        const auto answer = [&](int at) {
            const auto &request = asked.at(at);
            model.setPage(request.ticket, must(m->store->certificateRows(request.query, request.offset, request.most, Fixtures::now)));
        };
        QSignalSpy reset(&model, &QAbstractItemModel::modelReset);
        asked.clear(); // the tester scrolls too
        CertificateQuery query;
        query.order = Order::ByExpiry;
        model.setQuery(query);
        QVERIFY(model.isWaiting());
        QVERIFY(!model.canFetchMore({})); // one question at a time
        answer(int(asked.size()) - 1);
        QCOMPARE(model.rowCount(), CertificateModel::pageSize);
        QVERIFY(model.isWaiting() || model.canFetchMore({}));
        while (model.isWaiting() || model.canFetchMore({})) { // the tester may have asked
            model.fetchMore({});
            answer(int(asked.size()) - 1);
        }
        QCOMPARE(model.rowCount(), CertificateModel::pageSize * 2 + 50);
        for (int row = 1; row < model.rowCount(); ++row)
            QVERIFY(model.row(model.index(row, 0))->notAfter > model.row(model.index(row - 1, 0))->notAfter);
        // An answer to an older question is ignored.
        answer(int(asked.size()) - 1);
        QCOMPARE(model.rowCount(), CertificateModel::pageSize * 2 + 50);

        // Filtered: what stays is not touched.
        const QPersistentModelIndex kept = model.index(9, 0);
        const auto id = kept.data(CertificateModel::IdRole).toLongLong();
        query.expiresBefore = Fixtures::now.addDays(20);
        model.setQuery(query);
        answer(int(asked.size()) - 1);
        QCOMPARE(model.rowCount(), 19);
        QVERIFY(kept.isValid());
        QCOMPARE(kept.data(CertificateModel::IdRole).toLongLong(), id);
        QVERIFY(!model.canFetchMore({}));
        QCOMPARE(reset.size(), 0);
    }

    void changesAreMerged()
    {
        fill(4);
        CertificateModel::PageRequest asked;
        int questions = 0;
        CertificateModel model(
            [&](const CertificateModel::PageRequest &request) {
                asked = request;
                ++questions;
            },
            [] { return Fixtures::now; });
        const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::Fatal);
        const auto answer = [&] {
            model.setPage(asked.ticket, must(m->store->certificateRows(asked.query, asked.offset, asked.most, Fixtures::now)));
        };
        model.setQuery({});
        answer();
        QCOMPARE(model.rowCount(), 4);
        const QPersistentModelIndex oldest = model.index(3, 0);
        m->issue(m_request, m_server); // on top, and the former current one changes
        QVERIFY(m->store->removeCertificate({2}));
        questions = 0;
        model.refresh();
        model.refresh();
        model.refresh();
        QCOMPARE(questions, 1);
        answer();
        QCOMPARE(questions, 2); // once more, since it changed meanwhile
        answer();
        QCOMPARE(questions, 2);
        QCOMPARE(model.rowCount(), 4);
        QVERIFY(oldest.isValid());
        QCOMPARE(oldest.row(), 3);
        QVERIFY(model.row(model.index(0, 0))->isCurrent);
        QVERIFY(!model.row(model.index(1, 0))->isCurrent);
        QVERIFY(!model.indexOf({2}).isValid());
        QCOMPARE(model.indexOf({3}).row(), 2);
        // Another order of the same rows.
        model.sort(CertificateModel::ExpiryColumn, Qt::AscendingOrder);
        answer();
        QCOMPARE(model.rowCount(), 4);
        QCOMPARE(model.row(model.index(0, 0))->id, Scep::CertificateId{1});
        QCOMPARE(model.query().order, Order::ByExpiry);
    }

    void whatIsShown()
    {
        fill(2);
        CertificateModel::PageRequest asked;
        QDateTime now = Fixtures::now.addSecs(60);
        CertificateModel model([&](const CertificateModel::PageRequest &request) { asked = request; }, [&] { return now; });
        model.setServerLabel(m_server, "plant");
        model.setQuery({});
        model.setPage(asked.ticket, must(m->store->certificateRows(asked.query, asked.offset, asked.most, now)));
        const auto text = [&](int row, int column) { return model.index(row, column).data().toString(); };
        QCOMPARE(text(0, CertificateModel::SubjectColumn), QString("CN=device-0000"));
        QCOMPARE(text(0, CertificateModel::RequestColumn), QString("50%_plant"));
        QCOMPARE(text(0, CertificateModel::ServerColumn), QString("plant"));
        QCOMPARE(text(0, CertificateModel::StateColumn), QString("valid"));
        QCOMPARE(text(1, CertificateModel::StateColumn), QString("replaced"));
        QCOMPARE(text(0, CertificateModel::SerialNumberColumn), QString("ab0002"));
        QVERIFY(text(0, CertificateModel::ExpiryColumn).contains("26"));
        QCOMPARE(model.index(0, 0).data(CertificateModel::SeverityRole).toInt(), int(Severity::Good));
        QSignalSpy changed(&model, &QAbstractItemModel::dataChanged);
        now = Fixtures::now.addDays(10);
        model.refreshTimes();
        QCOMPARE(changed.size(), 1);
        QCOMPARE(text(0, CertificateModel::StateColumn), QString("expired"));
        QCOMPARE(model.index(0, 0).data(CertificateModel::SeverityRole).toInt(), int(Severity::Bad));
        QCOMPARE(model.index(1, 0).data(CertificateModel::SeverityRole).toInt(), int(Severity::Neutral));
        now = Fixtures::now.addDays(-10);
        QCOMPARE(text(0, CertificateModel::StateColumn), QString("not yet valid"));
        // Revoked is for good, whatever the dates say.
        const Pki::RevokedCertificate entry{must(Pki::SerialNumber::fromHex("ab0002")), Fixtures::now, "keyCompromise"};
        QVERIFY(m->store->recordRevocations({m_server, m->ca.issuing.certificate.subject(), {entry}}));
        model.refresh();
        model.setPage(asked.ticket, must(m->store->certificateRows(asked.query, asked.offset, asked.most, now)));
        QVERIFY2(text(0, CertificateModel::StateColumn).startsWith("revoked on "), qPrintable(text(0, CertificateModel::StateColumn)));
        QVERIFY(text(0, CertificateModel::StateColumn).endsWith("(keyCompromise)"));
        QCOMPARE(model.index(0, 0).data(CertificateModel::SeverityRole).toInt(), int(Severity::Bad));
        QCOMPARE(text(1, CertificateModel::StateColumn), QString("not yet valid"));
        for (int column = 0; column < CertificateModel::ColumnCount; ++column)
            QVERIFY(!model.headerData(column, Qt::Horizontal, Qt::DisplayRole).toString().isEmpty());
    }

    /// Large enough to be sealed on several threads: every key must end in its own row.
    void aLargeBatchKeepsEachKeyWithItsRow()
    {
        QList<Scep::IssuedCertificate> issued;
        std::vector<NewRequest> requests(150);
        for (int i = 0; i < 150; ++i) {
            const Pki::PrivateKey key = TestSupport::ecKey(QString("key %1").arg(i % 7));
            Scep::IssuedCertificate certificate;
            certificate.request = m_request;
            certificate.server = m_server;
            certificate.certificate = TestSupport::makeCertificate(QString("CN=%1").arg(i), key.publicKey(), m->ca.issuing, Fixtures::now);
            certificate.key = key;
            issued.append(certificate);
            requests[std::size_t(i)].request = Fixtures::request(QString("batch-%1").arg(i), m_server);
            requests[std::size_t(i)].key = key;
        }
        const auto certificateIds = must(m->store->addCertificates(issued));
        const auto requestIds = must(m->store->addRequests(requests));
        for (int i = 0; i < 150; ++i) {
            const auto read = must(m->store->certificateWithKey(certificateIds[i]));
            QCOMPARE(read.certificate, issued[i].certificate);
            QCOMPARE(read.key.publicKey(), issued[i].key.publicKey());
            QCOMPARE(must(m->store->providedKey(requestIds[i])).publicKey(), issued[i].key.publicKey());
        }
        QCOMPARE(must(m->store->requestRecord(m_request)).current->id, certificateIds.last());
        QVERIFY(must(m->store->check(true)).isGood());
        // A locked vault refuses the whole batch.
        QVERIFY(m->vault.changePassphrase(Fixtures::OpenStore::secret("passphrase")));
        m->vault.lock();
        QCOMPARE(m->store->addCertificates(issued).error().code, ErrorCode::VaultLocked);
        QCOMPARE(must(m->store->certificateCount({}, Fixtures::now)), 150);
    }

    void batchesAreAllOrNothing()
    {
        QSignalSpy changed(m->store.get(), &Store::requestChanged);
        std::vector<NewRequest> batch(3);
        for (int i = 0; i < 3; ++i) {
            batch[std::size_t(i)].request = Fixtures::request(QString("batch-%1").arg(i), m_server);
            batch[std::size_t(i)].challenge = Fixtures::OpenStore::secret(QByteArray("secret-") + char('0' + i));
            batch[std::size_t(i)].extras.tags = {"batch"};
        }
        batch[1].key = TestSupport::rsaKey("brought");
        const auto ids = must(m->store->addRequests(batch));
        QCOMPARE(ids.size(), 3);
        QCOMPARE(changed.size(), 3);
        QCOMPARE(m->store->challenge(ids[2])->view().toByteArray(), QByteArray("secret-2"));
        QCOMPARE(m->store->providedKey(ids[1])->publicKey(), TestSupport::rsaKey("brought").publicKey());
        QCOMPARE(must(m->store->requestExtras(ids[0])).tags, QStringList{"batch"});
        QCOMPARE(must(m->store->requestRecords(m_request, 2)).size(), 2);
        QCOMPARE(must(m->store->requestRecords(ids[0], 10)).first().request.id, ids[1]);

        batch[0].request.label = "fresh";
        batch[1].request.label = "batch-2"; // there is one
        QCOMPARE(m->store->addRequests(batch).error().code, ErrorCode::InvalidArgument);
        QCOMPARE(m->store->requests()->size(), 4);

        Scep::IssuedCertificate lost;
        lost.request = {99};
        lost.server = m_server;
        lost.certificate = m->ca.ra.certificate;
        Scep::IssuedCertificate good = lost;
        good.request = ids[0];
        QCOMPARE(m->store->addCertificates({good, lost}).error().code, ErrorCode::InvalidArgument);
        QCOMPARE(must(m->store->certificateCount({}, Fixtures::now)), 0);
        QVERIFY(m->store->addCertificates({good}));
        QCOMPARE(must(m->store->requestRecord(ids[0])).current->certificate, m->ca.ra.certificate);
        // An imported one never takes the place of the current one.
        good.certificate = m->ca.raSigning.certificate;
        QVERIFY(m->store->addCertificates({good}));
        QCOMPARE(must(m->store->requestRecord(ids[0])).current->certificate, m->ca.ra.certificate);
        QVERIFY(m->store->check(true)->isGood());
    }
};

QTEST_GUILESS_MAIN(TestCertificateModel)
#include "tst_certificatemodel.moc"
