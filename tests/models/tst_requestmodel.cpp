// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/items/requestmodel.h"

#include "tests/models/modelfixtures.h"

#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QTest>

using namespace Models;
using State = Scep::TransactionStatus::State;

class TestRequestModel : public QObject
{
    Q_OBJECT

    TestSupport::TestCa m_ca = TestSupport::TestCa::create("RequestModel", Fixtures::now);
    QDateTime m_now = Fixtures::now;

    RequestModel *makeModel()
    {
        auto *model = new RequestModel([this] { return m_now; }, this);
        new QAbstractItemModelTester(model, QAbstractItemModelTester::FailureReportingMode::QtTest, model);
        return model;
    }
    static RequestRecord record(qint64 id, const QString &label, State state = State::None)
    {
        RequestRecord record;
        record.request = Fixtures::request(label, {1});
        record.request.id = {id};
        record.transaction.request = {id};
        record.transaction.state = state;
        return record;
    }

private slots:
    void init() { m_now = Fixtures::now; }

    void mergesRowByRow()
    {
        RequestModel *model = makeModel();
        QSignalSpy inserted(model, &QAbstractItemModel::rowsInserted);
        QSignalSpy removed(model, &QAbstractItemModel::rowsRemoved);
        QSignalSpy changed(model, &QAbstractItemModel::dataChanged);
        QSignalSpy reset(model, &QAbstractItemModel::modelReset);
        model->setRecords({record(2, "b"), record(1, "a"), record(7, "g")});
        QCOMPARE(inserted.size(), 1); // in one step, however many
        QCOMPARE(model->rowCount(), 3);
        QPersistentModelIndex last = model->indexOf({7});
        model->setRecords({record(2, "b"), record(7, "g", State::Sending), record(5, "e")});
        QCOMPARE(removed.size(), 1);
        QCOMPARE(inserted.size(), 2);
        QCOMPARE(inserted.last().at(1).toInt(), 1);
        QCOMPARE(changed.size(), 1);
        QCOMPARE(last.row(), 2);
        model->setRecord(record(7, "g", State::Sending));
        QCOMPARE(changed.size(), 1);
        RequestRecord issued = record(7, "g", State::Done);
        issued.current = Fixtures::issued(Fixtures::transaction({7}, {1}, m_ca), m_ca);
        issued.certificateCount = 1;
        model->setRecord(issued);
        QCOMPARE(changed.size(), 2);
        model->setRecord(issued);
        QCOMPARE(changed.size(), 2);
        model->removeRecord({2});
        model->removeRecord({2});
        QCOMPARE(removed.size(), 2);
        QCOMPARE(model->rowCount(), 2);
        QCOMPARE(reset.size(), 0);
        QVERIFY(!model->record(Scep::RequestId{2}));
        QVERIFY(!model->record(QModelIndex()));
        QCOMPARE(model->record(model->index(1, 0))->certificateCount, 1);
    }

    void showsBothFacts()
    {
        RequestModel *model = makeModel();
        RequestRecord pending = record(1, "plc-7", State::Pending);
        pending.current = Fixtures::issued(Fixtures::transaction({1}, {1}, m_ca), m_ca);
        pending.transaction.nextAttemptAt = m_now.addSecs(240);
        model->setRecords({pending});
        const auto text = [&](int column) { return model->index(0, column).data().toString(); };
        QCOMPARE(text(RequestModel::LabelColumn), QString("plc-7"));
        QVERIFY(text(RequestModel::SubjectColumn).startsWith("C=SE, O=Lab"));
        QCOMPARE(text(RequestModel::ServerColumn), QString());
        QVERIFY(text(RequestModel::CertificateColumn).startsWith("valid until"));
        QCOMPARE(text(RequestModel::TransactionColumn), QString("pending, next poll in 4 min"));
        QCOMPARE(text(RequestModel::ValidityColumn), QString("0 %"));
        QCOMPARE(text(RequestModel::NextActionColumn), QString("polls in 4 min"));
        const QModelIndex index = model->index(0, 0);
        QCOMPARE(index.data(RequestModel::IdRole).toLongLong(), 1);
        QCOMPARE(index.data(RequestModel::SeverityRole).toInt(), int(Severity::Busy));
        QVERIFY(RequestActions::fromInt(index.data(RequestModel::ActionsRole).toInt()).testFlag(RequestAction::Cancel));
        QVERIFY(index.data(RequestModel::ValidityShareRole).toDouble() < 0.01);
        QCOMPARE(model->index(0, RequestModel::CertificateColumn).data(RequestModel::SortRole).toDateTime(),
                 pending.current->certificate.notAfter());
        QCOMPARE(model->index(0, RequestModel::NextActionColumn).data(RequestModel::SortRole).toDateTime(), m_now.addSecs(240));
        QVERIFY(model->status(index).severity == Severity::Busy);
        QVERIFY(!index.data(Qt::ToolTipRole).isValid());
        for (int column = 0; column < RequestModel::ColumnCount; ++column)
            QVERIFY(!model->headerData(column, Qt::Horizontal, Qt::DisplayRole).toString().isEmpty());
    }

    void labelsOfServersArrive()
    {
        RequestModel *model = makeModel();
        RequestRecord other = record(2, "b");
        other.request.server = {9};
        model->setRecords({record(1, "a"), other});
        QSignalSpy changed(model, &QAbstractItemModel::dataChanged);
        model->setServerLabel({1}, "plant");
        QCOMPARE(changed.size(), 1);
        QCOMPARE(changed.last().at(0).toModelIndex(), model->index(0, RequestModel::ServerColumn));
        QCOMPARE(model->index(0, RequestModel::ServerColumn).data().toString(), QString("plant"));
        model->setServerLabel({1}, "plant");
        QCOMPARE(changed.size(), 1);
    }

    void countdownsMove()
    {
        RequestModel *model = makeModel();
        QSignalSpy changed(model, &QAbstractItemModel::dataChanged);
        model->refreshTimes(); // empty: nothing to tell
        QCOMPARE(changed.size(), 0);
        RequestRecord pending = record(1, "a", State::Pending);
        pending.transaction.nextAttemptAt = m_now.addSecs(10);
        model->setRecords({pending, record(2, "b")});
        const QModelIndex index = model->index(0, RequestModel::NextActionColumn);
        QCOMPARE(index.data().toString(), QString("polls in 10 s"));
        m_now = m_now.addSecs(1);
        model->refreshTimes();
        QCOMPARE(changed.size(), 1);
        QCOMPARE(changed.last().at(1).toModelIndex().row(), 1);
        QCOMPARE(index.data().toString(), QString("polls in 9 s"));
    }
};

QTEST_GUILESS_MAIN(TestRequestModel)
#include "tst_requestmodel.moc"
