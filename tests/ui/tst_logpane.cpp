// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/service/exchangelog.h"
#include "tests/ui/fakeprompter.h"
#include "tests/ui/labfixture.h"
#include "ui/dialogs/keepingdialog.h"
#include "ui/mainwindow.h"

#include <QAbstractItemModelTester>
#include <QAction>
#include <QComboBox>
#include <QListWidget>
#include <QPlainTextEdit>
#include <QPointer>
#include <QPushButton>
#include <QSettings>
#include <QSignalSpy>
#include <QSpinBox>
#include <QToolButton>
#include <QTreeView>

/// The exchange log in the window, filled by a real Lab CA, and how much of it is kept.
class TestLogPane final : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void showsWhatWasSaid();
    void filters_data();
    void filters();
    void findsByText();
    void showsOnlyOneRequest();
    void inspectsBothSides();
    void pagesThroughFilteredEntries();
    void newExchangesAppear();
    void keepingIsShownAndStored();
    void cleanupTestCase();

private:
    [[nodiscard]] QAction *action(const QString &name) const { return m_window->findChild<QAction *>(name); }
    [[nodiscard]] QStringList column(int wanted) const;
    void choose(const QString &combo, const QString &text);

    std::unique_ptr<LabFixture> m_lab;
    FakePrompter m_prompter;
    std::unique_ptr<QSettings> m_settings;
    std::unique_ptr<Gui::MainWindow> m_window;
    QTreeView *m_view = nullptr;
    Scep::ServerId m_server;
};

void TestLogPane::initTestCase()
{
    m_lab = std::make_unique<LabFixture>();
    m_settings = std::make_unique<QSettings>(m_lab->dir.filePath("window.ini"), QSettings::IniFormat);
    m_window = std::make_unique<Gui::MainWindow>(*m_lab->service, *m_lab->labCa, m_prompter, *m_settings);
    m_window->show();
    QVERIFY(m_lab->open());
    m_window->setWorkspaceOpen(true, "test");
    const auto added = m_lab->addServer("lab");
    QVERIFY(added);
    m_server = *added;
    QVERIFY(m_lab->enroll(m_server, "plc-1"));
    QVERIFY(m_lab->enroll(m_server, "plc-2"));
    // Refused: the challenge is wrong.
    Scep::EnrollmentRequest request;
    request.label = "stranger";
    request.server = m_server;
    request.subject = Pki::DistinguishedName::fromText("CN=stranger").value();
    const auto wrong = std::make_shared<Pki::SecretBytes>(QByteArrayView("wrong"));
    const auto prepared = m_lab->service->prepare(request, wrong);
    QVERIFY(ServiceFixture::wait(prepared));
    const auto submitted = m_lab->service->submit(prepared.result().value(), wrong);
    QVERIFY(ServiceFixture::wait(submitted));
    const Scep::RequestId id = submitted.result().value();
    QTRY_VERIFY_WITH_TIMEOUT(m_lab->service->requests()->record(id) &&
                                 m_lab->service->requests()->record(id)->transaction.state == Scep::TransactionStatus::State::Rejected,
                             30000);
    // Failed: nobody listens.
    Scep::EnrollmentServer gone;
    gone.label = "gone";
    gone.url = QUrl("http://127.0.0.1:1/scep");
    const auto addedGone = m_lab->service->addServer(gone);
    QVERIFY(ServiceFixture::wait(addedGone));
    const Scep::ServerId goneId = addedGone.result().value();
    QTRY_VERIFY_WITH_TIMEOUT(m_lab->service->servers()->record(goneId) && m_lab->service->servers()->record(goneId)->knowledge.lastError,
                             30000);
    m_view = find<QTreeView>(m_window.get(), "logPaneView");
    action("showLogAction")->trigger();
    QTRY_VERIFY(m_view->model()->rowCount() > 6);
    new QAbstractItemModelTester(m_view->model(), this);
}

void TestLogPane::cleanupTestCase()
{
    m_window.reset();
    m_lab.reset();
}

QStringList TestLogPane::column(int wanted) const
{
    QStringList texts;
    for (int row = 0; row < m_view->model()->rowCount(); ++row)
        texts.append(m_view->model()->index(row, wanted).data().toString());
    return texts;
}

void TestLogPane::choose(const QString &combo, const QString &text)
{
    auto *box = find<QComboBox>(m_window.get(), combo);
    QVERIFY2(box->findText(text) >= 0, qPrintable(text));
    box->setCurrentIndex(box->findText(text));
}

void TestLogPane::showsWhatWasSaid()
{
    const QStringList sent = column(3);
    QCOMPARE(sent.count("PKCSReq"), 3);
    QVERIFY(sent.contains("GetCACaps"));
    QVERIFY(sent.contains("GetCACert"));
    const QStringList received = column(4);
    QCOMPARE(received.count("SUCCESS"), 2);
    QCOMPARE(received.filter("FAILURE: ").size(), 1);
    QVERIFY(!received.filter("refused the connection").isEmpty());
    QVERIFY(column(1).contains("lab"));
    QVERIFY(column(2).contains("plc-1"));
}

void TestLogPane::filters_data()
{
    QTest::addColumn<QString>("combo");
    QTest::addColumn<QString>("choice");
    QTest::addColumn<QString>("all"); ///< the choice that shows everything again
    QTest::addColumn<int>("column");
    QTest::addColumn<QString>("pattern"); ///< of what is left
    QTest::newRow("server") << "logServer" << "gone" << "all" << 1 << "gone";
    QTest::newRow("messages") << "logWhat" << "messages (requests, polls)" << "everything" << 3 << "PKCSReq";
    QTest::newRow("questions") << "logWhat" << "questions (GetCACaps, GetCACert)" << "everything" << 3 << "GetCAC(aps|ert)|GetNextCACert";
    QTest::newRow("rejected") << "logOutcome" << "rejected by the CA" << "any answer" << 4 << "FAILURE: .*";
    QTest::newRow("failed") << "logOutcome" << "failed" << "any answer" << 4 << "(?!SUCCESS|answered|FAILURE).*";
    QTest::newRow("success") << "logOutcome" << "success" << "any answer" << 4 << "SUCCESS|answered";
}

void TestLogPane::filters()
{
    QFETCH(const QString, combo);
    QFETCH(const QString, choice);
    QFETCH(const QString, all);
    QFETCH(const int, column);
    QFETCH(const QString, pattern);
    const int before = m_view->model()->rowCount();
    choose(combo, choice);
    QTRY_VERIFY(m_view->model()->rowCount() > 0 && m_view->model()->rowCount() < before);
    const QRegularExpression expected(QRegularExpression::anchoredPattern(pattern));
    for (const QString &text : this->column(column))
        QVERIFY2(expected.match(text).hasMatch(), qPrintable(text));
    choose(combo, all);
    QTRY_COMPARE(m_view->model()->rowCount(), before);
}

void TestLogPane::findsByText()
{
    const int before = m_view->model()->rowCount();
    auto *filter = find<QLineEdit>(m_window.get(), "logPaneFilter");
    filter->setText("plc-2");
    QTRY_COMPARE(m_view->model()->rowCount(), 1);
    QCOMPARE(column(2), QStringList("plc-2"));
    filter->setText("100%_");
    QTRY_COMPARE(m_view->model()->rowCount(), 0);
    filter->clear();
    QTRY_COMPARE(m_view->model()->rowCount(), before);
}

void TestLogPane::showsOnlyOneRequest()
{
    const int before = m_view->model()->rowCount();
    const Models::RequestModel *requests = m_lab->service->requests();
    m_window->selectRequest(requests->record(requests->index(0, 0))->request.id);
    QTRY_VERIFY(action("showExchangesAction")->isEnabled());
    action("showExchangesAction")->trigger();
    QTRY_COMPARE(m_view->model()->rowCount(), 1);
    QCOMPARE(column(2), QStringList("plc-1"));
    QVERIFY(find(m_window.get(), "logAll")->isVisible());
    click(m_window.get(), "logAll");
    QTRY_COMPARE(m_view->model()->rowCount(), before);
    QVERIFY(!find(m_window.get(), "logAll")->isVisible());
}

void TestLogPane::inspectsBothSides()
{
    choose("logWhat", "messages (requests, polls)");
    QTRY_COMPARE(m_view->model()->rowCount(), 3);
    m_view->setCurrentIndex(m_view->model()->index(2, 0)); // the oldest: plc-1
    QTRY_VERIFY(action("inspectAction")->isEnabled());
    emit m_view->activated(m_view->currentIndex()); // double click, or Return
    QPointer<QDialog> inspector;
    QTRY_VERIFY((inspector = m_window->findChild<QDialog *>("certificateInspector")));
    auto *items = find<QListWidget>(inspector, "inspectorList");
    QStringList titles;
    for (int row = 0; row < items->count(); ++row)
        titles.append(items->item(row)->text());
    QVERIFY2(titles.contains("Sent: PKCSReq") && titles.contains("Received"), qPrintable(titles.join(", ")));
    const auto treeOf = [&](const QString &title) {
        items->setCurrentRow(int(titles.indexOf(title)));
        QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete); // what was shown before goes
        return find<QPlainTextEdit>(inspector, "factsText")->toPlainText();
    };
    const QString sent = treeOf("Sent: PKCSReq");
    QVERIFY2(sent.contains("messageType") && sent.contains("PKCSReq") && sent.contains("senderNonce"), qPrintable(sent));
    const QString received = treeOf("Received");
    QVERIFY2(received.contains("pkiStatus") && received.contains("SUCCESS"), qPrintable(received));
    QVERIFY(!sent.contains(LabFixture::challenge) && !received.contains(LabFixture::challenge));
    inspector->close();
    choose("logWhat", "everything");
}

void TestLogPane::pagesThroughFilteredEntries()
{
    Models::ExchangeLogQuery query;
    query.exchanges.most = 1;
    query.outcome = Models::LoggedExchange::Outcome::Good;
    const auto first = m_lab->service->exchanges(query);
    QVERIFY(ServiceFixture::wait(first));
    QCOMPARE(first.result().value().entries.size(), 1);
    QVERIFY(!first.result().value().isLast);
    query.exchanges.before = first.result().value().entries.first().exchange.id;
    const auto second = m_lab->service->exchanges(query);
    QVERIFY(ServiceFixture::wait(second));
    QVERIFY(second.result().value().entries.first().exchange.id < query.exchanges.before);
    query = {};
    query.outcome = Models::LoggedExchange::Outcome::Rejected;
    query.exchanges.most = 1;
    const auto rejected = m_lab->service->exchanges(query);
    QVERIFY(ServiceFixture::wait(rejected));
    QCOMPARE(rejected.result().value().entries.size(), 1);
    QVERIFY(rejected.result().value().isLast); // the only one: looking for a second one found none
}

void TestLogPane::newExchangesAppear()
{
    QTRY_VERIFY(m_view->model()->rowCount() > 6);
    const int before = m_view->model()->rowCount();
    m_lab->service->refreshServer(m_server);
    QTRY_VERIFY_WITH_TIMEOUT(m_view->model()->rowCount() > before, 20000);
    QVERIFY(column(3).first().startsWith("Get")); // the newest on top
}

void TestLogPane::keepingIsShownAndStored()
{
    Gui::KeepingDialog dialog(*m_lab->service);
    QVERIFY(!isEnabled(&dialog, "keepingSave"));
    QTRY_VERIFY(isEnabled(&dialog, "keepingSave"));
    QCOMPARE(find<QSpinBox>(&dialog, "keptExchanges")->value(), Models::StoreSettings().mostExchanges);
    find<QSpinBox>(&dialog, "keptExchanges")->setValue(500);
    QVERIFY2(noteText(&dialog, "keepingEffects").contains("oldest exchanges go"), qPrintable(noteText(&dialog, "keepingEffects")));
    find<QSpinBox>(&dialog, "keptMegabytes")->setValue(10);
    find<QSpinBox>(&dialog, "keptExchangeDays")->setValue(0);
    find<QSpinBox>(&dialog, "keptBinDays")->setValue(3);
    find<QSpinBox>(&dialog, "keptBackups")->setValue(2);
    QVERIFY2(noteText(&dialog, "keepingEffects").contains("goes for good"), qPrintable(noteText(&dialog, "keepingEffects")));
    QSignalSpy accepted(&dialog, &QDialog::accepted);
    find<QPushButton>(&dialog, "keepingSave")->click();
    QTRY_COMPARE(accepted.size(), 1);
    const auto stored = m_lab->service->storeSettings();
    QVERIFY(ServiceFixture::wait(stored));
    QCOMPARE(stored.result().value(), (Models::StoreSettings{500, 10 * 1024 * 1024, 0, 3, 2}));

    Gui::KeepingDialog again(*m_lab->service);
    QTRY_VERIFY(isEnabled(&again, "keepingSave"));
    QVERIFY(noteText(&again, "keepingEffects").isEmpty());
    auto *reset = find<QToolButton>(&again, "keptBinDaysReset");
    QVERIFY(!reset->isHidden());
    reset->click();
    QCOMPARE(find<QSpinBox>(&again, "keptBinDays")->value(), Models::StoreSettings().binDays);
    find<QPushButton>(&again, "keepingDefaults")->click();
    QSignalSpy acceptedAgain(&again, &QDialog::accepted);
    find<QPushButton>(&again, "keepingSave")->click();
    QTRY_COMPARE(acceptedAgain.size(), 1);
    const auto reset2 = m_lab->service->storeSettings();
    QVERIFY(ServiceFixture::wait(reset2));
    QCOMPARE(reset2.result().value(), Models::StoreSettings());
}

QTEST_MAIN(TestLogPane)
#include "tst_logpane.moc"
