// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/items/castoremodel.h"

#include "models/service/requeststatus.h"
#include "tests/models/modelfixtures.h"

#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QTest>

using namespace Models;
using Role = CaStoreRecord::Role;
using Stage = CaStoreRecord::Stage;

class TestCaStoreModel : public QObject
{
    Q_OBJECT

    TestSupport::TestCa m_ca = TestSupport::TestCa::create("CaStoreModel", Fixtures::now);
    QDateTime m_now = Fixtures::now;

    CaStoreModel *makeModel()
    {
        auto *model = new CaStoreModel(this, [this] { return m_now; });
        new QAbstractItemModelTester(model, QAbstractItemModelTester::FailureReportingMode::QtTest, model);
        return model;
    }
    static CaStoreRecord record(qint64 id, const QString &name, Role role, const Pki::Certificate &certificate, Stage stage = Stage::Active)
    {
        return {id, {1}, name, role, stage, role == Role::Root, certificate};
    }
    /// RA certificates before what they hang from: order carries no meaning.
    QList<CaStoreRecord> plant() const
    {
        return {record(14, "plant-ra", Role::RaBoth, m_ca.ra.certificate),
                record(12, "plant-issuing", Role::Issuing, m_ca.issuing.certificate),
                record(11, "plant", Role::Root, m_ca.root.certificate)};
    }
    static QStringList tree(const CaStoreModel &model, const QModelIndex &parent = {}, const QString &indent = {})
    {
        QStringList lines;
        for (int row = 0; row < model.rowCount(parent); ++row) {
            const QModelIndex index = model.index(row, 0, parent);
            lines.append(indent + index.data().toString());
            lines.append(tree(model, index, indent + "-"));
        }
        return lines;
    }

private slots:
    void init() { m_now = Fixtures::now; }

    void hangsCertificatesWhereTheyBelong()
    {
        CaStoreModel *model = makeModel();
        model->setServerLabel({1}, "Plant");
        model->setRecords({1}, plant());
        QCOMPARE(tree(*model), (QStringList{"Plant", "-plant", "--plant-issuing", "---plant-ra"}));
        const QModelIndex server = model->index(0, 0);
        const QModelIndex root = model->index(0, 0, server);
        QVERIFY(!model->record(server));
        QCOMPARE(model->server(server), Scep::ServerId{1});
        QCOMPARE(model->record(root)->certificate, m_ca.root.certificate);
        QCOMPARE(model->server(root), Scep::ServerId{1});
        QVERIFY(!model->record({}));
        QVERIFY(model->server({}).isNull());
    }

    void changesAreMerged()
    {
        CaStoreModel *model = makeModel();
        QSignalSpy reset(model, &QAbstractItemModel::modelReset);
        QSignalSpy inserted(model, &QAbstractItemModel::rowsInserted);
        QSignalSpy removed(model, &QAbstractItemModel::rowsRemoved);
        QSignalSpy changed(model, &QAbstractItemModel::dataChanged);
        model->setServerLabel({2}, "Second");
        model->setServerLabel({1}, "Plant");
        QCOMPARE(tree(*model), (QStringList{"Plant", "Second"}));
        model->setRecords({1}, plant());
        QCOMPARE(inserted.size(), 5);
        model->setRecords({1}, plant());
        QCOMPARE(inserted.size(), 5);
        QCOMPARE(changed.size(), 0);
        const QPersistentModelIndex issuing = model->index(0, 0, model->index(0, 0, model->index(0, 0)));
        QCOMPARE(issuing.data().toString(), QString("plant-issuing"));

        // One retires, one comes: the others stay where they are.
        QList<CaStoreRecord> records = plant();
        records[0].stage = Stage::Retired;
        records.append(record(15, "plant-ra-signing", Role::RaSigning, m_ca.raSigning.certificate));
        model->setRecords({1}, records);
        QCOMPARE(changed.size(), 1);
        QCOMPARE(inserted.size(), 6);
        QCOMPARE(removed.size(), 0);
        QVERIFY(issuing.isValid());
        QCOMPARE(tree(*model), (QStringList{"Plant", "-plant", "--plant-issuing", "---plant-ra", "---plant-ra-signing", "Second"}));

        // The root goes: what hung below stands under the server.
        records.removeIf([](const CaStoreRecord &item) { return item.role == Role::Root; });
        model->setRecords({1}, records);
        QCOMPARE(tree(*model), (QStringList{"Plant", "-plant-issuing", "--plant-ra", "--plant-ra-signing", "Second"}));

        model->setServerLabel({1}, "Works");
        QCOMPARE(model->index(0, 0).data().toString(), QString("Works"));
        model->setRecords({1}, {});
        model->removeServer({1});
        model->removeServer({1});
        QCOMPARE(tree(*model), QStringList{"Second"});
        QCOMPARE(reset.size(), 0);
    }

    void whatWasImportedForNoServerStandsLast()
    {
        CaStoreModel *model = makeModel();
        model->setServerLabel({1}, "Plant");
        model->setRecords({}, {});
        QCOMPARE(tree(*model), QStringList{"Plant"});
        CaStoreRecord imported = record(20, "lab root", Role::Root, m_ca.root.certificate);
        imported.server = {};
        imported.isAnchor = true;
        imported.isImported = true;
        model->setRecords({}, {imported});
        QCOMPARE(tree(*model), (QStringList{"Plant", "Imported, of no server", "-lab root"}));
        const QModelIndex row = model->index(0, CaStoreModel::RoleColumn, model->index(1, 0));
        QCOMPARE(row.data().toString(), QString("root CA, trusted, imported"));
        model->setServerLabel({2}, "Second");
        QCOMPARE(tree(*model), (QStringList{"Plant", "Second", "Imported, of no server", "-lab root"}));
        model->setRecords({}, {});
        QCOMPARE(tree(*model), (QStringList{"Plant", "Second"}));
    }

    void aDeepChainAndStrangers()
    {
        CaStoreModel *model = makeModel();
        QList<CaStoreRecord> records = plant();
        records.append(record(16, "plant-unused", Role::Unused, TestSupport::TestCa::create("Elsewhere", Fixtures::now).root.certificate));
        TestSupport::CertificateOptions ca;
        ca.isCa = true;
        const auto key = TestSupport::rsaKey("sub");
        const auto sub = TestSupport::makeCertificate("CN=Sub", key.publicKey(), m_ca.issuing, Fixtures::now, ca);
        records.append(record(17, "plant-issuing-2", Role::Issuing, sub));
        model->setRecords({1}, records); // before the label is known
        QCOMPARE(tree(*model), (QStringList{"", "-plant", "--plant-issuing", "---plant-ra", "---plant-issuing-2", "-plant-unused"}));
        // A certificate that turns out to be of no use moves away.
        records.last().role = Role::Unused;
        model->setRecords({1}, records);
        QCOMPARE(tree(*model), (QStringList{"", "-plant", "--plant-issuing", "---plant-ra", "-plant-unused", "-plant-issuing-2"}));
    }

    void certificatesThatIssuedEachOther()
    {
        // Cross certificates: each names the other as issuer.
        TestSupport::CertificateOptions ca;
        ca.isCa = true;
        const TestSupport::Identity a = TestSupport::makeSelfSigned("CN=A", TestSupport::rsaKey("a"), Fixtures::now, ca);
        const TestSupport::Identity b = TestSupport::makeSelfSigned("CN=B", TestSupport::rsaKey("b"), Fixtures::now, ca);
        const auto aByB = TestSupport::makeCertificate("CN=A", a.key.publicKey(), b, Fixtures::now, ca);
        const auto bByA = TestSupport::makeCertificate("CN=B", b.key.publicKey(), a, Fixtures::now, ca);
        CaStoreModel *model = makeModel();
        model->setRecords({1}, {record(1, "a", Role::Intermediate, aByB), record(2, "b", Role::Intermediate, bByA)});
        QCOMPARE(tree(*model).size(), 3);
    }

    void showsWhatMatters()
    {
        CaStoreModel *model = makeModel();
        model->setServerLabel({1}, "Plant");
        QList<CaStoreRecord> records = plant();
        records[1].stage = Stage::Retired;
        model->setRecords({1}, records);
        const QModelIndex server = model->index(0, 0);
        const QModelIndex root = model->index(0, 0, server);
        const auto text = [](const QModelIndex &index, int column) { return index.siblingAtColumn(column).data().toString(); };
        QCOMPARE(text(root, CaStoreModel::NameColumn), QString("plant"));
        QCOMPARE(text(root, CaStoreModel::RoleColumn), QString("root CA, confirmed"));
        QCOMPARE(text(root, CaStoreModel::SubjectColumn), m_ca.root.certificate.subject().toText());
        QVERIFY(!text(root, CaStoreModel::ExpiryColumn).isEmpty());
        QCOMPARE(text(root, CaStoreModel::FingerprintColumn), m_ca.root.certificate.fingerprint().toDisplay());
        QCOMPARE(text(model->index(0, 0, root), CaStoreModel::RoleColumn), QString("issuing CA, retired"));
        QCOMPARE(root.siblingAtColumn(CaStoreModel::ExpiryColumn).data(CaStoreModel::SortRole).toDateTime(),
                 m_ca.root.certificate.notAfter());
        QCOMPARE(root.data(CaStoreModel::SeverityRole).toInt(), int(Severity::Good));
        m_now = m_now.addYears(100);
        QCOMPARE(root.data(CaStoreModel::SeverityRole).toInt(), int(Severity::Bad));
        QCOMPARE(model->index(0, 0, root).data(CaStoreModel::SeverityRole).toInt(), int(Severity::Neutral)); // retired: expected
        QCOMPARE(server.data(CaStoreModel::SeverityRole).toInt(), int(Severity::Neutral));
        QVERIFY(text(server, CaStoreModel::RoleColumn).isEmpty());
        QVERIFY(!root.data(Qt::ToolTipRole).isValid());
        for (int column = 0; column < CaStoreModel::ColumnCount; ++column)
            QVERIFY(!model->headerData(column, Qt::Horizontal, Qt::DisplayRole).toString().isEmpty());
    }
};

QTEST_GUILESS_MAIN(TestCaStoreModel)
#include "tst_castoremodel.moc"
