// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/ui/fakeprompter.h"
#include "tests/ui/labfixture.h"
#include "ui/dialogs/entitiesdialog.h"
#include "ui/dialogs/labcasettingsdialog.h"
#include "ui/dialogs/newlabcadialog.h"
#include "ui/mainwindow.h"

#include <QAction>
#include <QCheckBox>
#include <QClipboard>
#include <QComboBox>
#include <QGuiApplication>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSettings>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTreeView>
#include <QTreeWidget>

using Models::LabCaService;
using TransactionState = Scep::TransactionStatus::State;

/// The Lab CA's page in the real window: start, add as a server, approve and reject what comes in, stop and come back.
class TestLabCaPage final : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void startsAndShowsWhoItIs();
    void isAddedAsServerOnce();
    void approvedRequestIsIssued();
    void rejectedRequestTellsTheReason();
    void renewsOnDemand();
    void revokesWithAReason();
    void rollsOver();
    void keepsItsAddressAndQueueAfterAStop();
    void behavesLikeAnotherServer();
    void goesWrongOnPurpose();
    void expectsDevices();
    void servesOneMoreCa();
    void listsAllCertificates();
    void remembersItsSettings();
    void cleanupTestCase();

private:
    [[nodiscard]] QAction *action(const QString &name) const { return m_window->findChild<QAction *>(name); }
    [[nodiscard]] LabCaService &labCa() const { return *m_fixture->labCa; }
    std::optional<Scep::RequestId> submit(const QString &label, std::shared_ptr<Pki::SecretBytes> challenge = nullptr);
    bool select(const QString &commonName);
    const Models::RequestRecord *request(Scep::RequestId id) const { return m_fixture->service->requests()->record(id); }

    std::unique_ptr<ServiceFixture> m_fixture;
    FakePrompter m_prompter;
    std::unique_ptr<QSettings> m_settings;
    std::unique_ptr<Gui::MainWindow> m_window;
};

void TestLabCaPage::initTestCase()
{
    m_fixture = std::make_unique<ServiceFixture>();
    m_settings = std::make_unique<QSettings>(m_fixture->dir.filePath("window.ini"), QSettings::IniFormat);
    m_window = std::make_unique<Gui::MainWindow>(*m_fixture->service, labCa(), m_prompter, *m_settings);
    m_window->show();
    QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
    QVERIFY(!action("startLabCaAction")->isEnabled()); // no workspace yet
    QVERIFY(m_fixture->open());
    m_window->setWorkspaceOpen(true, "test");
    action("showLabCaAction")->trigger();
}

void TestLabCaPage::startsAndShowsWhoItIs()
{
    QCOMPARE(find<QComboBox>(m_window.get(), "labCaMode")->currentText(), QString("wait for my approval"));
    QVERIFY(!action("stopLabCaAction")->isEnabled());
    QVERIFY(!action("addLabCaServerAction")->isEnabled());
    action("startLabCaAction")->trigger();
    QCOMPARE(labCa().state(), LabCaService::State::Starting);
    QTRY_COMPARE_WITH_TIMEOUT(labCa().state(), LabCaService::State::Running, 30000);
    QCOMPARE(find(m_window.get(), "labCaAddress")->property("value").toString(), labCa().identity()->url.toString());
    QCOMPARE(labCa().identity()->url.host(), QString("127.0.0.1"));
    QCOMPARE(find(m_window.get(), "labCaFingerprint")->property("value").toString(), labCa().identity()->root.fingerprint().toDisplay());
    QCOMPARE(find(m_window.get(), "labCaIssuingFingerprint")->property("value").toString(),
             labCa().identity()->issuing.fingerprint().toDisplay());
    QVERIFY(find(m_window.get(), "labCaBanner")->isVisible());
    QVERIFY(find(m_window.get(), "labCaBanner")->accessibleName().startsWith("LAB ONLY"));
    QVERIFY(labCa().identity()->root.subject().commonName().contains("lab only"));
    QTRY_VERIFY(action("addLabCaServerAction")->isEnabled());
    QVERIFY(!action("startLabCaAction")->isEnabled());

    action("copyLabCaChallengeAction")->trigger();
    QCOMPARE(QGuiApplication::clipboard()->text().toLatin1(), labCa().identity()->challenge->view().toByteArray());
    QCOMPARE(QGuiApplication::clipboard()->text().size(), 24);
}

void TestLabCaPage::isAddedAsServerOnce()
{
    action("addLabCaServerAction")->trigger();
    Models::ServerModel *servers = m_fixture->service->servers();
    QTRY_COMPARE(servers->rowCount(), 1);
    QTRY_COMPARE(servers->record(servers->index(0, 0))->knowledge.trust, Scep::ServerKnowledge::Trust::Confirmed);
    QCOMPARE(servers->record(servers->index(0, 0))->server.label, QString("lab-ca"));
    action("addLabCaServerAction")->trigger(); // again: found, not doubled
    QTRY_VERIFY(find<Gui::FieldNote>(m_window.get(), "messageNote")->text().contains("there already"));
    QCOMPARE(servers->rowCount(), 1);
    action("showLabCaAction")->trigger();
    QTRY_VERIFY(find<QPlainTextEdit>(m_window.get(), "labCaLog")->toPlainText().contains("GetCACert"));
}

std::optional<Scep::RequestId> TestLabCaPage::submit(const QString &label, std::shared_ptr<Pki::SecretBytes> challenge)
{
    Scep::EnrollmentRequest wanted;
    wanted.label = label;
    wanted.server = m_fixture->service->servers()->record(m_fixture->service->servers()->index(0, 0))->server.id;
    wanted.subject = Pki::DistinguishedName::fromText("CN=" + label).value();
    if (!challenge)
        challenge = std::make_shared<Pki::SecretBytes>(labCa().identity()->challenge->clone());
    const auto prepared = m_fixture->service->prepare(wanted, challenge);
    if (!ServiceFixture::wait(prepared) || !prepared.result())
        return std::nullopt;
    const auto submitted = m_fixture->service->submit(*prepared.result(), challenge);
    if (!ServiceFixture::wait(submitted) || !submitted.result())
        return std::nullopt;
    return *submitted.result();
}

bool TestLabCaPage::select(const QString &commonName)
{
    auto *view = find<QTreeView>(m_window.get(), "labCaPaneView");
    const auto indexes = [&] { return view->model()->match(view->model()->index(0, 0), Qt::DisplayRole, "CN=" + commonName); };
    if (!QTest::qWaitFor([&] { return view->model()->rowCount() > 0 && !indexes().isEmpty(); }, 10000))
        return false;
    view->selectionModel()->setCurrentIndex(indexes().first(), QItemSelectionModel::ClearAndSelect | QItemSelectionModel::Rows);
    return true;
}

void TestLabCaPage::approvedRequestIsIssued()
{
    const auto id = submit("plc-1");
    QVERIFY(id);
    QTRY_COMPARE_WITH_TIMEOUT(request(*id)->transaction.state, TransactionState::Pending, 20000);
    QVERIFY(select("plc-1"));
    QTRY_VERIFY(action("approveEnrollmentAction")->isEnabled());
    QVERIFY(!action("inspectAction")->isEnabled()); // nothing issued yet
    action("approveEnrollmentAction")->trigger();
    QTRY_COMPARE(labCa().enrollments()->record(labCa().enrollments()->index(0, 0))->state, LabCa::Enrollment::State::Approved);
    QTRY_VERIFY(!action("approveEnrollmentAction")->isEnabled()); // only once
    m_fixture->service->attemptNow(*id);
    QTRY_VERIFY_WITH_TIMEOUT(request(*id)->current.has_value(), 20000);
    QTRY_COMPARE(labCa().enrollments()->record(labCa().enrollments()->index(0, 0))->state, LabCa::Enrollment::State::Issued);
    QTRY_VERIFY(action("inspectAction")->isEnabled());
    QCOMPARE(labCa().enrollments()->record(labCa().enrollments()->index(0, 0))->certificate, request(*id)->current->certificate);
}

void TestLabCaPage::rejectedRequestTellsTheReason()
{
    const auto id = submit("plc-2");
    QVERIFY(id);
    QTRY_COMPARE_WITH_TIMEOUT(request(*id)->transaction.state, TransactionState::Pending, 20000);
    QVERIFY(select("plc-2"));
    QTRY_VERIFY(action("rejectEnrollmentAction")->isEnabled());
    m_prompter.texts = {"unknown device"};
    action("rejectEnrollmentAction")->trigger();
    QCOMPARE(m_prompter.questions.last(), QString("Reject requests"));
    QTRY_VERIFY(!action("rejectEnrollmentAction")->isEnabled());
    m_fixture->service->attemptNow(*id);
    QTRY_COMPARE_WITH_TIMEOUT(request(*id)->transaction.state, TransactionState::Rejected, 20000);
    QVERIFY(request(*id)->transaction.rejection);
    QCOMPARE(request(*id)->transaction.rejection->failInfoText, QString("unknown device"));
}

void TestLabCaPage::renewsOnDemand()
{
    const Models::RequestModel *requests = m_fixture->service->requests();
    const QModelIndex issued = requests->index(0, 0);
    QVERIFY(requests->record(issued)->current.has_value());
    const Scep::RequestId id = requests->record(issued)->request.id;
    const Pki::Certificate before = requests->record(issued)->current->certificate;
    m_window->selectRequest(id);
    QTRY_VERIFY(action("renewAction")->isEnabled());
    action("renewAction")->trigger(); // too early by the CA's rule, and it says from when on
    QTRY_COMPARE_WITH_TIMEOUT(request(id)->transaction.state, TransactionState::Rejected, 20000);
    QVERIFY2(request(id)->transaction.rejection->failInfoText.contains("can be renewed from"),
             qPrintable(request(id)->transaction.rejection->failInfoText));
    QCOMPARE(request(id)->current->certificate, before);

    Gui::LabCaSettingsDialog dialog(labCa());
    find<QSpinBox>(&dialog, "labCaRenewAfter")->setValue(0); // while it serves
    find<QPushButton>(&dialog, "labCaSettingsOk")->click();
    QTRY_VERIFY(action("renewAction")->isEnabled());
    action("renewAction")->trigger();
    QTRY_VERIFY_WITH_TIMEOUT(request(id)->current->certificate != before, 20000);
    QCOMPARE(request(id)->certificateCount, 2);
    QVERIFY(request(id)->current->certificate.publicKey() != before.publicKey());
    action("showLabCaAction")->trigger();
}

void TestLabCaPage::revokesWithAReason()
{
    QVERIFY(select("plc-2")); // rejected: nothing to revoke
    QTRY_VERIFY(!action("revokeEnrollmentAction")->isEnabled());
    QVERIFY(select("plc-1"));
    QTRY_VERIFY(action("revokeEnrollmentAction")->isEnabled());
    m_prompter.texts = {"keyCompromise"};
    action("revokeEnrollmentAction")->trigger();
    QCOMPARE(m_prompter.questions.last(), QString("Revoke certificates"));
    QTRY_VERIFY(!action("revokeEnrollmentAction")->isEnabled()); // only once
    int revoked = 0;
    for (int row = 0; row < labCa().enrollments()->rowCount(); ++row) {
        const auto *enrollment = labCa().enrollments()->record(labCa().enrollments()->index(row, 0));
        if (!enrollment->revocation)
            continue;
        ++revoked;
        QCOMPARE(enrollment->revocation->reason, QString("keyCompromise"));
        QCOMPARE(Models::labCaStateText(*enrollment), QString("revoked"));
        QCOMPARE(Models::labCaSeverity(*enrollment), Models::Severity::Bad);
    }
    QCOMPARE(revoked, 1);
}

void TestLabCaPage::rollsOver()
{
    const Pki::Certificate before = labCa().identity()->issuing;
    QVERIFY(!action("switchToNextCaAction")->isEnabled());
    QVERIFY(!find(m_window.get(), "labCaSwitchButton")->isVisible());
    m_prompter.texts = {"under the present root"};
    action("makeNextCaAction")->trigger();
    QTRY_VERIFY_WITH_TIMEOUT(action("switchToNextCaAction")->isEnabled(), 30000);
    QVERIFY(!action("makeNextCaAction")->isEnabled());
    QVERIFY(find(m_window.get(), "labCaSwitchButton")->isVisible());
    const Pki::Certificate next = labCa().identity()->next;
    QVERIFY(!next.isNull());
    QVERIFY(find<QLabel>(m_window.get(), "labCaIssuing")->text().contains(next.subject().commonName()));

    QVERIFY(!labCa().identity()->hasNextRoot);
    m_prompter.texts = {"in an hour"};
    action("switchToNextCaAction")->trigger();
    QCOMPARE(m_prompter.questions.last(), QString("Switch to the next CA"));
    QTRY_VERIFY(labCa().identity()->switchAt.isValid());
    QCOMPARE(labCa().identity()->issuing, before);
    QTRY_VERIFY(find<QLabel>(m_window.get(), "labCaIssuing")->text().contains(", from "));
    m_prompter.texts = {"now"};
    action("switchToNextCaAction")->trigger();
    QTRY_COMPARE(labCa().identity()->issuing, next);
    QVERIFY(labCa().identity()->next.isNull());
    QTRY_VERIFY(action("makeNextCaAction")->isEnabled());

    // The client sees it with its next look at the server.
    Models::ServerModel *servers = m_fixture->service->servers();
    m_fixture->service->refreshServer(servers->record(servers->index(0, 0))->server.id);
    QTRY_COMPARE_WITH_TIMEOUT(servers->record(servers->index(0, 0))->knowledge.roles.issuing, next, 20000);
}

void TestLabCaPage::keepsItsAddressAndQueueAfterAStop()
{
    const QUrl url = labCa().identity()->url;
    const Pki::Certificate root = labCa().identity()->root;
    action("stopLabCaAction")->trigger();
    QCOMPARE(labCa().state(), LabCaService::State::Stopped);
    QVERIFY(!labCa().identity());
    QVERIFY(!action("approveEnrollmentAction")->isEnabled());
    find<QComboBox>(m_window.get(), "labCaMode")->setCurrentIndex(1); // granted at once
    action("startLabCaAction")->trigger();
    QTRY_COMPARE_WITH_TIMEOUT(labCa().state(), LabCaService::State::Running, 30000);
    QCOMPARE(labCa().identity()->url, url);
    QCOMPARE(labCa().identity()->root, root);
    QTRY_COMPARE(labCa().enrollments()->rowCount(), 3);

    const auto id = submit("plc-3");
    QVERIFY(id);
    QTRY_VERIFY_WITH_TIMEOUT(request(*id)->current.has_value(), 20000); // nobody was asked
}

void TestLabCaPage::behavesLikeAnotherServer()
{
    auto *personality = find<QComboBox>(m_window.get(), "labCaPersonality");
    QCOMPARE(personality->currentText(), QString("standard"));
    QVERIFY(personality->findText("ndes") > 0);
    const Models::ServerModel &servers = *m_fixture->service->servers();
    const auto knowledge = [&]() -> const Scep::ServerKnowledge & { return servers.record(servers.index(0, 0))->knowledge; };
    QVERIFY(knowledge().capabilities.has(Scep::Capabilities::Keyword::Aes));
    personality->setCurrentText("ndes"); // while it serves
    m_fixture->service->refreshServer(knowledge().id);
    QTRY_VERIFY_WITH_TIMEOUT(!knowledge().capabilities.has(Scep::Capabilities::Keyword::Aes), 20000);
    personality->setCurrentText("standard");
    m_fixture->service->refreshServer(knowledge().id);
    QTRY_VERIFY_WITH_TIMEOUT(knowledge().capabilities.has(Scep::Capabilities::Keyword::Aes), 20000);
}

void TestLabCaPage::goesWrongOnPurpose()
{
    auto *fault = action("labCaFault-wrong-nonce");
    QVERIFY(fault);
    QVERIFY(!fault->toolTip().isEmpty());
    fault->trigger();
    QCOMPARE(labCa().settings().faults, QStringList("wrong-nonce"));
    QCOMPARE(find<QPushButton>(m_window.get(), "labCaFaults")->text(), QString("wrong-nonce"));
    const auto id = submit("plc-4");
    QVERIFY(id);
    QTRY_VERIFY_WITH_TIMEOUT(request(*id)->transaction.error.has_value(), 20000);
    QCOMPARE(request(*id)->transaction.error->code, Pki::ErrorCode::NonceMismatch);
    QVERIFY(!request(*id)->current);
    fault->trigger(); // off again
    QVERIFY(labCa().settings().faults.isEmpty());
    m_fixture->service->attemptNow(*id);
    QTRY_VERIFY_WITH_TIMEOUT(request(*id)->current.has_value(), 20000);
}

void TestLabCaPage::expectsDevices()
{
    auto *mode = find<QComboBox>(m_window.get(), "labCaMode");
    const int before = mode->currentIndex();
    mode->setCurrentIndex(mode->findText("only from expected devices"));
    QTRY_VERIFY(action("expectDevicesAction")->isEnabled());
    QTRY_VERIFY(!action("copyLabCaChallengeAction")->isEnabled()); // none that all share

    Gui::EntitiesDialog dialog(labCa());
    auto *list = find<QTreeWidget>(&dialog, "entityList");
    auto *copy = find<QPushButton>(&dialog, "entityCopy");
    QVERIFY(!find<QPushButton>(&dialog, "entityAdd")->isEnabled());
    find<QLineEdit>(&dialog, "entityNameEdit")->setText("plc-9");
    find<QPushButton>(&dialog, "entityAdd")->click();
    QTRY_COMPARE(list->topLevelItemCount(), 1);
    QCOMPARE(list->topLevelItem(0)->text(0), QString("plc-9"));
    QCOMPARE(list->topLevelItem(0)->text(2), QString("not yet"));
    copy->click();
    const QByteArray challenge = QGuiApplication::clipboard()->text().toLatin1();
    QVERIFY(challenge.size() >= 12);

    const auto stranger = submit("plc-10", std::make_shared<Pki::SecretBytes>(QByteArrayView(challenge)));
    QVERIFY(stranger);
    QTRY_COMPARE_WITH_TIMEOUT(request(*stranger)->transaction.state, TransactionState::Rejected, 20000);
    const auto expected = submit("plc-9", std::make_shared<Pki::SecretBytes>(QByteArrayView(challenge)));
    QVERIFY(expected);
    QTRY_VERIFY_WITH_TIMEOUT(request(*expected)->current.has_value(), 20000);

    find<QLineEdit>(&dialog, "entityNameEdit")->setText("plc-9"); // known already
    find<QPushButton>(&dialog, "entityAdd")->click();
    QTRY_COMPARE(find<Gui::FieldNote>(&dialog, "entityNote")->severity(), Models::Severity::Bad);
    list->setCurrentItem(list->topLevelItem(0));
    find<QPushButton>(&dialog, "entityRemove")->click();
    QTRY_COMPARE(list->topLevelItemCount(), 0);
    mode->setCurrentIndex(before);
    QTRY_VERIFY(!action("expectDevicesAction")->isEnabled());
}

void TestLabCaPage::servesOneMoreCa()
{
    const Pki::Certificate root = labCa().identity()->root;
    {
        Gui::NewLabCaDialog dialog(labCa());
        QSignalSpy accepted(&dialog, &QDialog::accepted);
        find<QLineEdit>(&dialog, "newCaAlias")->setText("default"); // never
        find<QPushButton>(&dialog, "newCaOk")->click();
        QTRY_COMPARE(find<Gui::FieldNote>(&dialog, "newCaNote")->severity(), Models::Severity::Bad);
        find<QLineEdit>(&dialog, "newCaAlias")->setText("plant2");
        auto *ra = find<QComboBox>(&dialog, "newCaRa");
        ra->setCurrentIndex(ra->findData(int(LabCa::RaKind::Split)));
        find<QPushButton>(&dialog, "newCaOk")->click();
        QTRY_COMPARE_WITH_TIMEOUT(accepted.size(), 1, 60000);
    }
    QTRY_VERIFY_WITH_TIMEOUT(labCa().state() == LabCaService::State::Running && labCa().identity()->alias == "plant2", 30000);
    QVERIFY(labCa().identity()->url.path().endsWith("/scep/plant2"));
    QVERIFY(labCa().identity()->root != root);
    QCOMPARE(labCa().identity()->ra, LabCa::RaKind::Split);
    auto *which = find<QComboBox>(m_window.get(), "labCaWhich");
    QTRY_COMPARE(which->currentText(), QString("plant2"));
    QCOMPARE(which->count(), 2);
    QTRY_COMPARE(labCa().enrollments()->rowCount(), 0);
    labCa().showCa("default");
    QTRY_COMPARE(labCa().identity()->root, root);
    QTRY_VERIFY(labCa().enrollments()->rowCount() > 0);
}

void TestLabCaPage::listsAllCertificates()
{
    action("showCertificatesAction")->trigger();
    auto *view = find<QTreeView>(m_window.get(), "certificatesPaneView");
    auto *filter = find<QLineEdit>(m_window.get(), "certificatesPaneFilter");
    auto *current = find<QCheckBox>(m_window.get(), "certificateCurrent");
    QTRY_VERIFY(view->model()->rowCount() >= 5); // plc-1 twice: it was renewed
    const int all = view->model()->rowCount();
    current->setChecked(true);
    QTRY_COMPARE(view->model()->rowCount(), all - 1);
    filter->setText("PLC-9");
    QTRY_COMPARE(view->model()->rowCount(), 1);
    QTRY_VERIFY(action("inspectAction")->isEnabled());
    QVERIFY(action("exportAction")->isEnabled());
    auto *state = find<QComboBox>(m_window.get(), "certificateState");
    state->setCurrentText("expired");
    QTRY_COMPARE(view->model()->rowCount(), 0);
    QVERIFY(filter->isVisible()); // nothing matches is not nothing there
    state->setCurrentText("any");
    QTRY_COMPARE(view->model()->rowCount(), 1);

    QTRY_VERIFY(action("removeCertificateAction")->isEnabled());
    action("removeCertificateAction")->trigger();
    QTRY_COMPARE(view->model()->rowCount(), 0);
    auto *undo = find<QPushButton>(m_window.get(), "messageButton");
    QTRY_VERIFY(undo->isVisible());
    undo->click();
    QTRY_COMPARE(view->model()->rowCount(), 1);
    QTRY_VERIFY(action("showRequestOfCertificateAction")->isEnabled());
    action("showRequestOfCertificateAction")->trigger();
    QTRY_VERIFY(find(m_window.get(), "requestsPane")->isVisible());
    action("showCertificatesAction")->trigger();
    filter->clear();
    current->setChecked(false);
    QTRY_COMPARE(view->model()->rowCount(), all);
    action("showLabCaAction")->trigger();
}

void TestLabCaPage::remembersItsSettings()
{
    const Models::LabCaSettings before = labCa().settings();
    QCOMPARE(before.mode, LabCa::Mode::Auto);
    m_window->close();
    LabCaService another(m_fixture->dir.filePath("another"));
    const Gui::MainWindow window(*m_fixture->service, another, m_prompter, *m_settings);
    QCOMPARE(another.settings(), before);
}

void TestLabCaPage::cleanupTestCase()
{
    m_window.reset();
    m_fixture.reset();
}

QTEST_MAIN(TestLabCaPage)
#include "tst_labcapage.moc"
