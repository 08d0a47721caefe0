// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/ui/fakeprompter.h"
#include "tests/ui/labfixture.h"
#include "ui/dialogs/bindialog.h"
#include "ui/mainwindow.h"
#include "ui/panes/requestspane.h"

#include <QAction>
#include <QPushButton>
#include <QSettings>
#include <QTreeWidget>

/// What is removed goes to the bin, comes back by "Undo" or from the bin, and goes for good only when a person says so.
class TestBinDialog final : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void removedRequestComesBackByUndo();
    void serverInUseStays();
    void binBringsBack();
    void purgesOnlyAfterAQuestion();
    void emptiesTheBin();
    void secondWindowOnlyReads();
    void cleanupTestCase();

private:
    [[nodiscard]] QAction *action(const QString &name) const { return m_window->findChild<QAction *>(name); }
    [[nodiscard]] Models::RequestModel *requests() const { return m_fixture->service->requests(); }
    std::optional<Scep::RequestId> add(const QString &label);
    bool remove(Scep::RequestId id);

    std::unique_ptr<ServiceFixture> m_fixture;
    FakePrompter m_prompter;
    std::unique_ptr<QSettings> m_settings;
    std::unique_ptr<Gui::MainWindow> m_window;
    Scep::ServerId m_server;
};

std::optional<Scep::RequestId> TestBinDialog::add(const QString &label)
{
    Scep::EnrollmentRequest wanted;
    wanted.label = label;
    wanted.server = m_server;
    wanted.subject = Pki::DistinguishedName::fromText("CN=" + label).value();
    const auto prepared = m_fixture->service->prepare(wanted, nullptr);
    if (!ServiceFixture::wait(prepared) || !prepared.result())
        return std::nullopt;
    const auto submitted = m_fixture->service->submit(*prepared.result(), nullptr);
    if (!ServiceFixture::wait(submitted) || !submitted.result())
        return std::nullopt;
    return *submitted.result();
}

bool TestBinDialog::remove(Scep::RequestId id)
{
    m_window->selectRequest(id);
    if (!QTest::qWaitFor([&] { return action("removeRequestAction")->isEnabled(); }))
        return false;
    action("removeRequestAction")->trigger();
    return QTest::qWaitFor([&] { return requests()->record(id) == nullptr; });
}

void TestBinDialog::initTestCase()
{
    m_fixture = std::make_unique<ServiceFixture>();
    m_settings = std::make_unique<QSettings>(m_fixture->dir.filePath("window.ini"), QSettings::IniFormat);
    m_window = std::make_unique<Gui::MainWindow>(*m_fixture->service, *m_fixture->labCa, m_prompter, *m_settings);
    m_window->show();
    QVERIFY(m_fixture->open());
    m_window->setWorkspaceOpen(true, "test");
    Scep::EnrollmentServer server;
    server.label = "plant";
    server.url = QUrl("http://127.0.0.1:1/scep"); // nobody listens
    server.anchor.fingerprint = Pki::Fingerprint::fromText(QString(64, 'a'), Pki::Digest::Sha256).value();
    const auto added = m_fixture->service->addServer(server);
    QVERIFY(ServiceFixture::wait(added));
    m_server = added.result().value();
}

void TestBinDialog::removedRequestComesBackByUndo()
{
    const auto id = add("plc-1");
    QVERIFY(id);
    QTRY_VERIFY(requests()->record(*id));
    const Scep::EnrollmentRequest before = requests()->record(*id)->request;
    QVERIFY(remove(*id));
    QVERIFY(m_prompter.questions.isEmpty()); // nothing to ask: it can be undone
    auto *undo = find<QPushButton>(m_window.get(), "messageButton");
    QTRY_VERIFY(undo->isVisible());
    undo->click();
    QTRY_VERIFY(requests()->record(*id));
    QCOMPARE(requests()->record(*id)->request, before);
    QVERIFY(!undo->isVisible()); // once
}

void TestBinDialog::serverInUseStays()
{
    action("showServersAction")->trigger();
    QTRY_VERIFY(action("removeServerAction")->isEnabled());
    action("removeServerAction")->trigger();
    const auto *note = find<Gui::FieldNote>(m_window.get(), "messageNote");
    QTRY_COMPARE(note->severity(), Models::Severity::Bad);
    QVERIFY2(note->text().contains("plant"), qPrintable(note->text()));
    QCOMPARE(m_fixture->service->servers()->rowCount(), 1);
}

void TestBinDialog::binBringsBack()
{
    const auto id = add("plc-2");
    QVERIFY(id);
    QTRY_VERIFY(requests()->record(*id));
    QVERIFY(remove(*id));
    Gui::BinDialog dialog(*m_fixture->service, m_prompter);
    auto *list = find<QTreeWidget>(&dialog, "binList");
    QTRY_COMPARE(list->topLevelItemCount(), 1);
    QCOMPARE(list->topLevelItem(0)->text(0), QString("Request"));
    QCOMPARE(list->topLevelItem(0)->text(1), QString("plc-2"));
    QVERIFY(!find<QPushButton>(&dialog, "binRestore")->isEnabled());
    list->setCurrentItem(list->topLevelItem(0));
    find<QPushButton>(&dialog, "binRestore")->click();
    QTRY_COMPARE(list->topLevelItemCount(), 0);
    QTRY_VERIFY(requests()->record(*id));
    QVERIFY(!find<QPushButton>(&dialog, "binEmpty")->isEnabled());
}

void TestBinDialog::purgesOnlyAfterAQuestion()
{
    const auto id = add("plc-3");
    QVERIFY(id);
    QTRY_VERIFY(requests()->record(*id));
    QVERIFY(remove(*id));
    Gui::BinDialog dialog(*m_fixture->service, m_prompter);
    auto *list = find<QTreeWidget>(&dialog, "binList");
    QTRY_COMPARE(list->topLevelItemCount(), 1);
    list->setCurrentItem(list->topLevelItem(0));
    m_prompter.confirmAnswer = false;
    find<QPushButton>(&dialog, "binPurge")->click();
    QCOMPARE(m_prompter.questions.last(), QString("Delete for good?"));
    QCOMPARE(list->topLevelItemCount(), 1);
    m_prompter.confirmAnswer = true;
    find<QPushButton>(&dialog, "binPurge")->click();
    QTRY_COMPARE(list->topLevelItemCount(), 0);
    const auto gone = m_fixture->service->restore(Models::BinRecord::Kind::Request, id->value);
    QVERIFY(ServiceFixture::wait(gone));
    QVERIFY(!gone.result());
}

void TestBinDialog::emptiesTheBin()
{
    for (const QString &label : {QString("plc-4"), QString("plc-5")}) {
        const auto id = add(label);
        QVERIFY(id);
        QTRY_VERIFY(requests()->record(*id));
        QVERIFY(remove(*id));
    }
    Gui::BinDialog dialog(*m_fixture->service, m_prompter);
    auto *list = find<QTreeWidget>(&dialog, "binList");
    QTRY_COMPARE(list->topLevelItemCount(), 2);
    m_prompter.confirmAnswer = true;
    find<QPushButton>(&dialog, "binEmpty")->click();
    QTRY_COMPARE(list->topLevelItemCount(), 0);
}

void TestBinDialog::secondWindowOnlyReads()
{
    ServiceFixture second;
    Models::Service::Configuration configuration;
    configuration.workspace = m_fixture->dir.filePath("workspace");
    configuration.makeNetwork = [](QObject *parent) { return new QNetworkAccessManager(parent); };
    configuration.makeClock = [] { return std::make_unique<Scep::SystemClock>(); };
    configuration.now = [] { return QDateTime::currentDateTimeUtc(); };
    configuration.spareKeyCount = 0;
    Models::Service service(std::move(configuration));
    QSettings settings(second.dir.filePath("window.ini"), QSettings::IniFormat);
    Gui::MainWindow window(service, *second.labCa, m_prompter, settings);
    window.show();
    const auto opened = service.open();
    QVERIFY(ServiceFixture::wait(opened));
    QCOMPARE(opened.result().error().code, Models::ErrorCode::WorkspaceInUse);
    const auto reading = service.openForReading();
    QVERIFY(ServiceFixture::wait(reading));
    QVERIFY(reading.result());
    QVERIFY(reading.result()->has_value());
    QCOMPARE((*reading.result())->process, QCoreApplication::applicationPid());
    window.setWorkspaceReadable("test", "held by " + (*reading.result())->toText());
    QVERIFY(find<Gui::FieldNote>(&window, "messageNote")->text().contains("held by"));

    QTRY_COMPARE(service.requests()->rowCount(), requests()->rowCount());
    QVERIFY(service.requests()->rowCount() > 0);
    window.selectRequest(service.requests()->record(service.requests()->index(0, 0))->request.id);
    for (const char *name :
         {"addServerAction", "newRequestAction", "removeRequestAction", "editRequestAction", "enrollAction", "openBinAction"})
        QVERIFY2(!window.findChild<QAction *>(name)->isEnabled(), name);
    const auto refused = service.removeRequest(service.requests()->record(service.requests()->index(0, 0))->request.id);
    QVERIFY(ServiceFixture::wait(refused));
    QVERIFY(!refused.result());

    // What the holder changes is seen here, too.
    const auto added = add("plc-6");
    QVERIFY(added);
    QTRY_VERIFY_WITH_TIMEOUT(service.requests()->record(*added), 20000);
}

void TestBinDialog::cleanupTestCase()
{
    m_window.reset();
    m_fixture.reset();
}

QTEST_MAIN(TestBinDialog)
#include "tst_bindialog.moc"
