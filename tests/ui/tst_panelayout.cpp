// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/items/castoremodel.h"
#include "tests/support/testca.h"
#include "tests/ui/fakeprompter.h"
#include "tests/ui/labfixture.h"
#include "ui/mainwindow.h"

#include <QAction>
#include <QApplication>
#include <QHeaderView>
#include <QHelpEvent>
#include <QLabel>
#include <QSettings>
#include <QToolTip>
#include <QTreeView>

/// How the panes share their room: every column in sight in the window as it opens first, own widths kept, what is cut shown by a tool
/// tip, and a failure said once.
class TestPaneLayout final : public QObject
{
    Q_OBJECT

private slots:
    void init();
    void cleanup();
    void everyColumnIsInSight_data();
    void everyColumnIsInSight();
    void columnsFollowTheWindow();
    void ownWidthsAreKept();
    void cutTextIsInTheToolTip();
    void aFailureIsSaidOnce_data();
    void aFailureIsSaidOnce();

private:
    void openWindow();
    void addRows();
    std::unique_ptr<ServiceFixture> m_fixture;
    FakePrompter m_prompter;
    std::unique_ptr<QSettings> m_settings;
    std::unique_ptr<Gui::MainWindow> m_window;
    const TestSupport::TestCa m_ca = TestSupport::TestCa::create("Layout");
};

void TestPaneLayout::init()
{
    m_fixture = std::make_unique<ServiceFixture>();
    m_settings = std::make_unique<QSettings>(m_fixture->dir.filePath("window.ini"), QSettings::IniFormat);
    openWindow();
}

void TestPaneLayout::cleanup()
{
    QToolTip::hideText();
    m_window.reset();
    m_fixture.reset();
}

void TestPaneLayout::openWindow()
{
    m_window = std::make_unique<Gui::MainWindow>(*m_fixture->service, *m_fixture->labCa, m_prompter, *m_settings);
    // As it opens on a screen that is large enough, whatever this one is.
    m_window->resize(m_window->fontMetrics().averageCharWidth() * 218, m_window->fontMetrics().height() * 52);
    m_window->show();
    m_window->setWorkspaceOpen(true);
    QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
}

void TestPaneLayout::addRows()
{
    Models::ServerRecord server;
    server.server.id = Scep::ServerId{1};
    server.server.label = "plant";
    server.server.url = QUrl("http://ca.plant.example/a/long/path/to/certsrv/mscep/mscep.dll");
    m_fixture->service->servers()->setRecord(server);
    Models::CaStoreRecord root;
    root.id = 1;
    root.server = server.server.id;
    root.name = "plant-root";
    root.certificate = m_ca.root.certificate;
    m_fixture->service->caStore()->setServerLabel(server.server.id, "plant");
    m_fixture->service->caStore()->setRecords(server.server.id, {root});
    Models::RequestRecord request;
    request.request.id = Scep::RequestId{1};
    request.request.label = "plc-1";
    request.request.server = server.server.id;
    request.request.subject = Pki::DistinguishedName::fromText("CN=plc-1, OU=\\<b\\>Hall three of the northern works, O=Lab, C=SE").value();
    m_fixture->service->requests()->setRecord(request);
}

void TestPaneLayout::everyColumnIsInSight_data()
{
    QTest::addColumn<QString>("action");
    QTest::addColumn<QString>("view");
    QTest::newRow("servers") << "showServersAction" << "serversPaneView";
    QTest::newRow("requests") << "showRequestsAction" << "requestsPaneView";
    QTest::newRow("CA store") << "showCaStoreAction" << "caStorePaneView";
}

void TestPaneLayout::everyColumnIsInSight()
{
    QFETCH(QString, action);
    QFETCH(QString, view);
    addRows();
    find<QAction>(m_window.get(), action)->trigger();
    const auto *tree = find<QTreeView>(m_window.get(), view);
    const QHeaderView *header = tree->header();
    QVERIFY(header->count() > 3);
    QTRY_VERIFY(tree->isVisible() && tree->viewport()->width() > 400);
    const int room = tree->viewport()->width();
    QVERIFY2(header->length() <= room, qPrintable(QString("%1 of %2").arg(header->length()).arg(room)));
    QVERIFY2(header->length() > room - header->count() - 1, qPrintable(QString("%1 of %2").arg(header->length()).arg(room)));
    for (int column = 0; column < header->count(); ++column) {
        const QString heading = tree->model()->headerData(column, Qt::Horizontal).toString();
        QVERIFY2(header->sectionSize(column) > header->fontMetrics().horizontalAdvance(heading), qPrintable(heading));
    }
}

void TestPaneLayout::columnsFollowTheWindow()
{
    addRows();
    const auto *tree = find<QTreeView>(m_window.get(), "serversPaneView");
    QTRY_VERIFY(tree->isVisible());
    const int before = tree->header()->sectionSize(Models::ServerModel::UrlColumn);
    m_window->resize(m_window->width() + 400, m_window->height());
    QTRY_VERIFY(tree->header()->sectionSize(Models::ServerModel::UrlColumn) > before + 40);
    QVERIFY(tree->header()->length() <= tree->viewport()->width());
}

void TestPaneLayout::ownWidthsAreKept()
{
    addRows();
    auto *tree = find<QTreeView>(m_window.get(), "serversPaneView");
    QTRY_VERIFY(tree->isVisible());
    tree->header()->resizeSection(Models::ServerModel::LabelColumn, 133); // as by its border
    m_window->resize(m_window->width() - 60, m_window->height());
    QTRY_COMPARE(tree->header()->sectionSize(Models::ServerModel::LabelColumn), 133);
    m_window->close();
    openWindow();
    tree = find<QTreeView>(m_window.get(), "serversPaneView");
    QTRY_COMPARE(tree->header()->sectionSize(Models::ServerModel::LabelColumn), 133);
    // Where nobody moved a border, the columns still share the room.
    find<QAction>(m_window.get(), "showRequestsAction")->trigger();
    const auto *requests = find<QTreeView>(m_window.get(), "requestsPaneView");
    QTRY_VERIFY(requests->isVisible());
    QVERIFY(requests->header()->length() <= requests->viewport()->width());
    QVERIFY(requests->header()->length() > requests->viewport()->width() - requests->header()->count() - 1);
}

void TestPaneLayout::cutTextIsInTheToolTip()
{
    addRows();
    find<QAction>(m_window.get(), "showRequestsAction")->trigger();
    auto *tree = find<QTreeView>(m_window.get(), "requestsPaneView");
    QTRY_VERIFY(tree->isVisible() && tree->model()->rowCount() == 1);
    const auto ask = [&](int column) {
        const QPoint at = tree->visualRect(tree->model()->index(0, column)).center();
        QHelpEvent event(QEvent::ToolTip, at, tree->viewport()->mapToGlobal(at));
        QApplication::sendEvent(tree->viewport(), &event);
    };
    ask(Models::RequestModel::LabelColumn); // not cut
    QVERIFY(QToolTip::text().isEmpty());
    ask(Models::RequestModel::SubjectColumn);
    QVERIFY2(QToolTip::text().contains("&lt;b"), qPrintable(QToolTip::text()));
}

void TestPaneLayout::aFailureIsSaidOnce_data()
{
    using State = Scep::TransactionStatus::State;
    QTest::addColumn<State>("state");
    QTest::addColumn<bool>("isRejection");
    QTest::addColumn<QString>("headline");
    QTest::newRow("rejected") << State::Rejected << true << "rejected";
    QTest::newRow("retrying") << State::Retrying << false << "retrying now";
    QTest::newRow("waiting") << State::Queued << false << "waiting";
}

void TestPaneLayout::aFailureIsSaidOnce()
{
    QFETCH(Scep::TransactionStatus::State, state);
    QFETCH(bool, isRejection);
    QFETCH(QString, headline);
    addRows();
    Models::RequestRecord record = *m_fixture->service->requests()->record(Scep::RequestId{1});
    record.transaction.request = record.request.id;
    record.transaction.state = state;
    if (isRejection)
        record.transaction.rejection = Scep::Rejection{int(Scep::FailInfo::BadRequest), "no seat left", std::nullopt};
    else
        record.transaction.error = Models::Error{Models::ErrorCode::HostNotFound, "no seat left"};
    m_fixture->service->requests()->setRecord(record);
    find<QAction>(m_window.get(), "showRequestsAction")->trigger();
    const auto *details = find(m_window.get(), "requestsPaneDetails");
    const auto texts = [&] {
        QStringList found;
        for (const QLabel *label : details->findChildren<QLabel *>()) {
            if (label->isVisible())
                found.append(label->text());
        }
        return found;
    };
    QTRY_VERIFY2(texts().contains(headline), qPrintable(texts().join('\n')));
    QTRY_VERIFY(texts().contains("What was asked")); // all of it is there
    QVERIFY2(texts().join('\n').count("no seat left") == 1, qPrintable(texts().join('\n')));
    // The list has no other place for the reason.
    const Models::RequestModel *requests = m_fixture->service->requests();
    QVERIFY(requests->index(0, Models::RequestModel::TransactionColumn).data().toString().contains("no seat left"));
}

QTEST_MAIN(TestPaneLayout)
#include "tst_panelayout.moc"
