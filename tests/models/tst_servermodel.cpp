// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/items/servermodel.h"

#include "models/service/requeststatus.h"
#include "tests/models/modelfixtures.h"

#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QTest>

using namespace Models;

class TestServerModel : public QObject
{
    Q_OBJECT

    TestSupport::TestCa m_ca = TestSupport::TestCa::create("ServerModel", Fixtures::now);

    ServerRecord record(qint64 id, const QString &label) const
    {
        ServerRecord record;
        record.server = Fixtures::server(label, m_ca);
        record.server.isEnabled = true;
        record.server.id = {id};
        record.knowledge = Fixtures::knowledge({id}, m_ca);
        record.knowledge.lastError.reset();
        return record;
    }

private slots:
    void mergesRowByRow()
    {
        ServerModel model;
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        QSignalSpy inserted(&model, &QAbstractItemModel::rowsInserted);
        QSignalSpy removed(&model, &QAbstractItemModel::rowsRemoved);
        QSignalSpy changed(&model, &QAbstractItemModel::dataChanged);
        QSignalSpy reset(&model, &QAbstractItemModel::modelReset);

        model.setRecords({record(3, "c"), record(1, "a")});
        QCOMPARE(inserted.size(), 1); // in one step, however many
        QCOMPARE(model.rowCount(), 2);
        QCOMPARE(model.index(0, 0).data().toString(), QString("a"));
        QPersistentModelIndex c = model.indexOf({3});

        model.setRecord(record(2, "b"));
        QCOMPARE(inserted.size(), 2);
        QCOMPARE(inserted.last().at(1).toInt(), 1);
        QCOMPARE(c.row(), 2);

        model.setRecord(record(2, "b")); // the same: nothing
        QCOMPARE(changed.size(), 0);
        model.setRecord(record(2, "B"));
        QCOMPARE(changed.size(), 1);
        QCOMPARE(changed.last().at(0).toModelIndex().row(), 1);
        QCOMPARE(changed.last().at(1).toModelIndex().column(), int(ServerModel::ColumnCount) - 1);

        ServerRecord contacted = record(3, "c");
        contacted.knowledge.lastContact = Fixtures::now.addDays(1);
        model.setRecords({record(2, "B"), contacted, record(4, "d")});
        QCOMPARE(removed.size(), 1);
        QCOMPARE(removed.last().at(1).toInt(), 0);
        QCOMPARE(inserted.size(), 3);
        QCOMPARE(changed.size(), 2);
        QCOMPARE(c.row(), 1);

        model.removeRecord({99});
        model.removeRecord({3});
        QVERIFY(!c.isValid());
        model.setRecords({});
        QCOMPARE(model.rowCount(), 0);
        QCOMPARE(reset.size(), 0);
    }

    void findsRecords()
    {
        ServerModel model;
        model.setRecords({record(1, "a"), record(5, "e")});
        QCOMPARE(model.record(Scep::ServerId{5})->server.label, QString("e"));
        QCOMPARE(model.record(model.index(0, 2))->server.label, QString("a"));
        QVERIFY(!model.record(Scep::ServerId{4}));
        QVERIFY(!model.record(QModelIndex()));
        QVERIFY(!model.indexOf({4}).isValid());
    }

    void showsWhatMatters()
    {
        ServerModel model;
        model.setRecords({record(1, "plant")});
        const auto text = [&](int column) { return model.index(0, column).data().toString(); };
        QCOMPARE(text(ServerModel::LabelColumn), QString("plant"));
        QCOMPARE(text(ServerModel::StateColumn), QString("ready"));
        QVERIFY(text(ServerModel::UrlColumn).startsWith("http://ca.example.com:8080/scep"));
        QCOMPARE(text(ServerModel::TrustColumn), QString("confirmed"));
        QCOMPARE(text(ServerModel::CapabilitiesColumn), QString("AES, SHA-256, Fancy"));
        QVERIFY(!text(ServerModel::LastContactColumn).isEmpty());
        QCOMPARE(model.index(0, 0).data(ServerModel::IdRole).toLongLong(), 1);
        QCOMPARE(model.index(0, 0).data(ServerModel::SeverityRole).toInt(), int(Severity::Good));
        QCOMPARE(model.index(0, ServerModel::LastContactColumn).data(ServerModel::SortRole).toDateTime(), Fixtures::now);
        QVERIFY(!model.index(0, 0).data(Qt::ToolTipRole).isValid()); // a tool tip would read mark-up of strangers
        for (int column = 0; column < ServerModel::ColumnCount; ++column)
            QVERIFY(!model.headerData(column, Qt::Horizontal, Qt::DisplayRole).toString().isEmpty());
        ServerRecord never = record(1, "plant");
        never.knowledge = {};
        model.setRecord(never);
        QCOMPARE(text(ServerModel::LastContactColumn), QString("never"));
    }

    void hostileTextIsEscaped()
    {
        ServerModel model;
        ServerRecord hostile = record(1, "plant");
        hostile.knowledge.trust = Scep::ServerKnowledge::Trust::NotAsked;
        hostile.knowledge.lastError = Error{ErrorCode::HttpStatus, QString("404 ") + QChar(0x202e)};
        model.setRecords({hostile});
        QVERIFY(model.index(0, ServerModel::StateColumn).data().toString().contains("404 \\u{202E}"));
    }
};

QTEST_GUILESS_MAIN(TestServerModel)
#include "tst_servermodel.moc"
