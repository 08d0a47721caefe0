// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/items/castoremodel.h"
#include "tests/support/testca.h"
#include "tests/ui/fakeprompter.h"
#include "tests/ui/labfixture.h"
#include "ui/mainwindow.h"
#include "ui/widgets/icons.h"
#include "ui/widgets/nameeditor.h"

#include <QAbstractSpinBox>
#include <QAction>
#include <QApplication>
#include <QLabel>
#include <QListWidget>
#include <QPushButton>
#include <QSettings>
#include <QTreeView>

/// The panes over records that the test puts into the lists: what is shown, selected, filtered and allowed. No network.
class TestPanes final : public QObject
{
    Q_OBJECT

private slots:
    void init();
    void cleanup();
    void emptyPanesSayWhatToDo();
    void shortcutsSwitchPanes();
    void filterNarrows();
    void actionsFollowTheState_data();
    void actionsFollowTheState();
    void rejectionIsExplained();
    void serverTextIsNeverMarkup();
    void detailsKeepFocusWhileTimesChange();
    void caStoreIsATree();
    void everyActionHasTooltipAndName();
    void everyInputHasANameForScreenReaders();
    void severityNeverByColourAlone();
    void darkPaletteRecoloursIcons();

private:
    Models::RequestRecord makeRequest(qint64 id, const QString &label);
    [[nodiscard]] QString detailsText(const QString &pane) const;
    [[nodiscard]] QAction *action(const QString &name) const { return m_window->findChild<QAction *>(name); }
    std::unique_ptr<ServiceFixture> m_fixture;
    FakePrompter m_prompter;
    std::unique_ptr<QSettings> m_settings;
    std::unique_ptr<Gui::MainWindow> m_window;
    const TestSupport::TestCa m_ca = TestSupport::TestCa::create("Panes");
    const QDateTime m_now = QDateTime::currentDateTimeUtc();
};

void TestPanes::init()
{
    m_fixture = std::make_unique<ServiceFixture>();
    m_settings = std::make_unique<QSettings>(m_fixture->dir.filePath("window.ini"), QSettings::IniFormat);
    m_window = std::make_unique<Gui::MainWindow>(*m_fixture->service, *m_fixture->labCa, m_prompter, *m_settings);
    m_window->show();
    m_window->setWorkspaceOpen(true);
    QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
}

void TestPanes::cleanup()
{
    m_window.reset();
    m_fixture.reset();
}

Models::RequestRecord TestPanes::makeRequest(qint64 id, const QString &label)
{
    Models::RequestRecord record;
    record.request.id = Scep::RequestId{id};
    record.request.label = label;
    record.request.subject = Pki::DistinguishedName::fromText("CN=" + label).value();
    record.transaction.request = record.request.id;
    return record;
}

QString TestPanes::detailsText(const QString &pane) const
{
    QStringList texts;
    for (const QLabel *label : find(m_window.get(), pane + "Details")->findChildren<QLabel *>()) {
        if (label->isVisible())
            texts.append(label->text());
    }
    return texts.join('\n');
}

void TestPanes::emptyPanesSayWhatToDo()
{
    auto *button = find<QPushButton>(m_window.get(), "emptyButton-server");
    QVERIFY(button->isVisible());
    QVERIFY(button->isEnabled());
    QVERIFY(!find(m_window.get(), "serversPaneView")->isVisible());
    Models::ServerRecord record;
    record.server.id = Scep::ServerId{1};
    record.server.label = "plant";
    m_fixture->service->servers()->setRecord(record);
    QTRY_VERIFY(find(m_window.get(), "serversPaneView")->isVisible());
    QVERIFY(!button->isVisible());
    m_fixture->service->servers()->removeRecord(Scep::ServerId{1});
    QTRY_VERIFY(button->isVisible());
}

void TestPanes::shortcutsSwitchPanes()
{
    auto *sidebar = find<QListWidget>(m_window.get(), "sidebar");
    QTest::keyClick(m_window.get(), Qt::Key_3, Qt::ControlModifier);
    QCOMPARE(sidebar->currentRow(), 2);
    QTest::keyClick(m_window.get(), Qt::Key_2, Qt::ControlModifier);
    QCOMPARE(sidebar->currentRow(), 1);
    sidebar->setCurrentRow(0);
    QVERIFY(find(m_window.get(), "serversPane")->isVisible());
}

void TestPanes::filterNarrows()
{
    Models::RequestModel *requests = m_fixture->service->requests();
    requests->setRecords({makeRequest(1, "plc-1"), makeRequest(2, "plc-2"), makeRequest(3, "robot")});
    action("showRequestsAction")->trigger();
    const auto *view = find<QTreeView>(m_window.get(), "requestsPaneView");
    QTRY_COMPARE(view->model()->rowCount(), 3);
    QTest::keyClick(m_window.get(), Qt::Key_F, Qt::ControlModifier);
    auto *filter = find<QLineEdit>(m_window.get(), "requestsPaneFilter");
    QTRY_VERIFY(filter->hasFocus());
    QTest::keyClicks(filter, "PLC");
    QCOMPARE(view->model()->rowCount(), 2);
    QTest::keyClicks(filter, "-nothing");
    QCOMPARE(view->model()->rowCount(), 0);
    QVERIFY(!view->isVisible()); // a sentence stands there instead
    QTest::keyClick(filter, Qt::Key_Escape);
    QCOMPARE(view->model()->rowCount(), 3);
    QVERIFY(view->isVisible());
}

void TestPanes::actionsFollowTheState_data()
{
    using State = Scep::TransactionStatus::State;
    QTest::addColumn<State>("state");
    QTest::addColumn<bool>("hasCertificate");
    QTest::newRow("pending") << State::Pending << false;
    QTest::newRow("rejected") << State::Rejected << false;
    QTest::newRow("issued") << State::Done << true;
    QTest::newRow("renewing") << State::Sending << true;
}

void TestPanes::actionsFollowTheState()
{
    QFETCH(Scep::TransactionStatus::State, state);
    QFETCH(bool, hasCertificate);
    Models::RequestRecord record = makeRequest(1, "plc-1");
    record.transaction.state = state;
    if (hasCertificate) {
        record.current.emplace();
        record.current->certificate = m_ca.issue(TestSupport::makeRequest("CN=plc-1", TestSupport::rsaKey("plc-1")), m_now);
        record.current->issuers = {m_ca.issuing.certificate, m_ca.root.certificate};
        record.certificateCount = 1;
    }
    m_fixture->service->requests()->setRecords({record});
    action("showRequestsAction")->trigger();
    using Models::RequestAction;
    const Models::RequestActions allowed = Models::requestStatus(record, m_now).actions;
    const std::pair<const char *, RequestAction> pairs[] = {
        {"enrollAction", RequestAction::Enroll},   {"attemptNowAction", RequestAction::AttemptNow},
        {"cancelAction", RequestAction::Cancel},   {"exportAction", RequestAction::Export},
        {"inspectAction", RequestAction::Inspect}, {"removeRequestAction", RequestAction::Remove}};
    for (const auto &[name, flag] : pairs) {
        QTRY_VERIFY2(action(name)->isEnabled() == allowed.testFlag(flag), name);
        // Where the details offer a button, it does the same.
        const auto *button = find(m_window.get(), "requestsPaneDetails")->findChild<QPushButton *>(QString("details-") + name);
        if (button != nullptr)
            QCOMPARE(button->isEnabled(), allowed.testFlag(flag));
    }
    QCOMPARE(action("exportAction")->isEnabled(), hasCertificate);
    // Nothing of it is offered elsewhere.
    action("showServersAction")->trigger();
    for (const auto &[name, flag] : pairs)
        QVERIFY2(!action(name)->isEnabled(), name);
}

void TestPanes::rejectionIsExplained()
{
    Models::RequestRecord record = makeRequest(1, "plc-1");
    record.transaction.state = Scep::TransactionStatus::State::Rejected;
    Scep::Rejection rejection;
    rejection.failInfoNumber = int(Scep::FailInfo::BadRequest);
    rejection.failInfoText = "challenge <b>unknown</b>";
    record.transaction.rejection = rejection;
    m_fixture->service->requests()->setRecords({record});
    action("showRequestsAction")->trigger();
    const Models::Explanation explanation = Models::explain(record.transaction, "request plc-1");
    QTRY_VERIFY2(detailsText("requestsPane").contains(explanation.what), qPrintable(detailsText("requestsPane")));
    QTRY_VERIFY(detailsText("requestsPane").contains(explanation.nextStep));
}

void TestPanes::serverTextIsNeverMarkup()
{
    Models::RequestRecord record = makeRequest(1, "plc-1");
    const QString hostile = QString("a<img src=x>");
    record.current.emplace();
    record.current->certificate =
        m_ca.issue(TestSupport::makeRequest("CN=" + Gui::escapedNameValue(hostile), TestSupport::rsaKey("plc-1")), m_now);
    record.current->issuers = {m_ca.issuing.certificate, m_ca.root.certificate};
    record.current->differences = {QString("subject: ") + QChar(0x202E) + "gnp"};
    m_fixture->service->requests()->setRecords({record});
    action("showRequestsAction")->trigger();
    QTRY_VERIFY(detailsText("requestsPane").contains("<img src=x>"));
    QVERIFY(!detailsText("requestsPane").contains(QChar(0x202E)));
    for (const QLabel *label : m_window->findChildren<QLabel *>())
        QVERIFY2(label->textFormat() == Qt::PlainText || label->text().isEmpty(), qPrintable(label->text()));
}

void TestPanes::detailsKeepFocusWhileTimesChange()
{
    Models::RequestRecord record = makeRequest(1, "plc-1");
    record.transaction.state = Scep::TransactionStatus::State::Pending;
    record.transaction.nextAttemptAt = m_now.addSecs(3600);
    m_fixture->service->requests()->setRecords({record});
    action("showRequestsAction")->trigger();
    QPointer<QPushButton> button;
    QTRY_VERIFY(button = m_window->findChild<QPushButton *>("details-attemptNowAction"));
    button->setFocus();
    record.transaction.nextAttemptAt = m_now.addSecs(7200);
    m_fixture->service->requests()->setRecord(record);
    const Models::RequestStatus status = Models::requestStatus(record, m_now);
    QTRY_VERIFY(detailsText("requestsPane").contains(status.transactionText.left(10)));
    QVERIFY(button);
    QVERIFY(button->hasFocus());
}

void TestPanes::caStoreIsATree()
{
    const Scep::ServerId server{1};
    Models::CaStoreRecord root;
    root.id = 1;
    root.server = server;
    root.name = "plant-root";
    root.isAnchor = true;
    root.certificate = m_ca.root.certificate;
    Models::CaStoreRecord issuing;
    issuing.id = 2;
    issuing.server = server;
    issuing.name = "plant-issuing";
    issuing.role = Models::CaStoreRecord::Role::Issuing;
    issuing.certificate = m_ca.issuing.certificate;
    m_fixture->service->caStore()->setServerLabel(server, "plant");
    m_fixture->service->caStore()->setRecords(server, {root, issuing});
    action("showCaStoreAction")->trigger();
    auto *view = find<QTreeView>(m_window.get(), "caStorePaneView");
    QTRY_COMPARE(view->model()->rowCount(), 1);
    QVERIFY(!action("inspectAction")->isEnabled()); // the server's row
    const QModelIndex rootRow = view->model()->index(0, 0, view->model()->index(0, 0));
    QVERIFY(rootRow.isValid());
    view->setCurrentIndex(rootRow);
    QTRY_VERIFY(action("inspectAction")->isEnabled());
    QTRY_VERIFY(detailsText("caStorePane").contains("Confirmed by you"));
    // The tree is filtered without losing the way to a hit.
    QTest::keyClicks(find<QLineEdit>(m_window.get(), "caStorePaneFilter"), "plant-issuing");
    QTRY_COMPARE(view->model()->rowCount(), 1);
}

void TestPanes::everyActionHasTooltipAndName()
{
    int checked = 0;
    for (const QAction *each : find<QObject>(m_window.get(), "addServerAction") != nullptr
                                   ? action("addServerAction")->parent()->findChildren<QAction *>()
                                   : QList<QAction *>()) {
        QVERIFY(!each->objectName().isEmpty());
        QVERIFY2(each->toolTip().size() > 10, qPrintable(each->objectName()));
        if (!each->objectName().startsWith("appearance-"))
            QVERIFY2(!each->shortcut().isEmpty(), qPrintable(each->objectName()));
        ++checked;
    }
    QVERIFY(checked >= 18);
}

void TestPanes::everyInputHasANameForScreenReaders()
{
    int checked = 0;
    for (const QLineEdit *edit : m_window->findChildren<QLineEdit *>()) {
        // The line inside a spin box is spoken by the spin box's name.
        const QWidget *spoken = qobject_cast<QAbstractSpinBox *>(edit->parentWidget()) ? edit->parentWidget() : edit;
        QVERIFY2(!spoken->accessibleName().isEmpty(), qPrintable(spoken->objectName()));
        ++checked;
    }
    for (const QTreeView *view : m_window->findChildren<QTreeView *>()) {
        QVERIFY2(!view->accessibleName().isEmpty() && !view->objectName().isEmpty(), qPrintable(view->objectName()));
        ++checked;
    }
    for (const QPushButton *button : m_window->findChildren<QPushButton *>()) {
        QVERIFY2(!button->objectName().isEmpty() && !button->accessibleName().isEmpty(), qPrintable(button->text()));
        ++checked;
    }
    QVERIFY(checked >= 6);
}

void TestPanes::severityNeverByColourAlone()
{
    using Models::Severity;
    // As a person who sees no colour: only the silhouettes count.
    QList<QImage> shapes;
    QStringList words;
    for (const Severity severity : {Severity::Neutral, Severity::Good, Severity::Busy, Severity::Attention, Severity::Bad}) {
        const QImage image = Gui::severityIcon(severity).pixmap(32, 32).toImage().convertToFormat(QImage::Format_Alpha8);
        QVERIFY(!image.isNull());
        for (const QImage &other : std::as_const(shapes))
            QVERIFY(image != other);
        shapes.append(image);
        words.append(Gui::severityWord(severity));
    }
    QCOMPARE(words.removeDuplicates(), 0);
}

void TestPanes::darkPaletteRecoloursIcons()
{
    const QPalette before = QApplication::palette();
    const auto ink = [] {
        const QImage image = Gui::icon("server").pixmap(64, 64).toImage();
        for (int y = 0; y < image.height(); ++y) {
            for (int x = 0; x < image.width(); ++x) {
                if (image.pixelColor(x, y).alpha() == 255)
                    return image.pixelColor(x, y);
            }
        }
        return QColor();
    };
    QPalette dark(Qt::white, Qt::black);
    dark.setColor(QPalette::WindowText, Qt::white);
    QApplication::setPalette(dark);
    const QColor onDark = ink();
    QPalette light(Qt::black, Qt::white);
    light.setColor(QPalette::WindowText, Qt::black);
    QApplication::setPalette(light);
    const QColor onLight = ink();
    QApplication::setPalette(before);
    QVERIFY(onDark.isValid() && onLight.isValid());
    QVERIFY(onDark.lightness() > 200);
    QVERIFY(onLight.lightness() < 60);
}

QTEST_MAIN(TestPanes)
#include "tst_panes.moc"
