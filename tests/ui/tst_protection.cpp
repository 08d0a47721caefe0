// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/ui/fakeprompter.h"
#include "tests/ui/labfixture.h"
#include "ui/dialogs/protectiondialog.h"
#include "ui/lockguard.h"
#include "ui/mainwindow.h"

#include <QAction>
#include <QCheckBox>
#include <QPushButton>
#include <QSettings>
#include <QSignalSpy>
#include <QSpinBox>

using Models::LockState;

/// A workspace behind a pass phrase, in the real window: locked, unlocked, protected anew.
class TestProtection final : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void locksAndUnlocks();
    void wrongPassphraseIsAskedForAgain();
    void locksByItself();
    void idleTimeEnds();
    void presentPassphraseIsAskedFor();
    void newPassphraseCounts();
    void canBeGivenUp();
    void cleanupTestCase();

private:
    [[nodiscard]] QAction *action(const QString &name) const { return m_window->findChild<QAction *>(name); }
    [[nodiscard]] LockState state() const { return m_fixture->service->lockState(); }
    static std::shared_ptr<Pki::SecretBytes> secret(QByteArrayView text) { return std::make_shared<Pki::SecretBytes>(text); }

    std::unique_ptr<ServiceFixture> m_fixture;
    FakePrompter m_prompter;
    std::unique_ptr<QSettings> m_settings;
    std::unique_ptr<Gui::MainWindow> m_window;
};

void TestProtection::initTestCase()
{
    m_fixture = std::make_unique<ServiceFixture>();
    m_settings = std::make_unique<QSettings>(m_fixture->dir.filePath("window.ini"), QSettings::IniFormat);
    m_window = std::make_unique<Gui::MainWindow>(*m_fixture->service, *m_fixture->labCa, m_prompter, *m_settings);
    m_window->show();
    const auto opened = m_fixture->service->open(secret("correct horse"));
    QVERIFY(ServiceFixture::wait(opened));
    QVERIFY(opened.result());
    m_window->setWorkspaceOpen(true, "test");
    QTRY_COMPARE(state(), LockState::Unlocked);
}

void TestProtection::locksAndUnlocks()
{
    QTRY_VERIFY(action("lockWorkspaceAction")->isEnabled());
    QVERIFY(!action("unlockWorkspaceAction")->isEnabled());
    action("lockWorkspaceAction")->trigger();
    QTRY_COMPARE(state(), LockState::Locked);
    QTRY_VERIFY(action("unlockWorkspaceAction")->isEnabled());
    QVERIFY(!action("lockWorkspaceAction")->isEnabled());
    QVERIFY(!action("protectWorkspaceAction")->isEnabled());

    // What needs a secret says so; the lists go on.
    Scep::EnrollmentServer server;
    server.label = "plant";
    server.url = QUrl("http://127.0.0.1:1/scep");
    server.anchor.fingerprint = Pki::Fingerprint::fromText(QString(64, 'a'), Pki::Digest::Sha256).value();
    const auto added = m_fixture->service->addServer(server);
    QVERIFY(ServiceFixture::wait(added));
    QVERIFY(added.result());

    auto *unlock = find<QPushButton>(m_window.get(), "messageButton");
    QVERIFY(unlock->isVisible());
    m_prompter.secrets = {"correct horse"};
    unlock->click();
    QTRY_COMPARE(state(), LockState::Unlocked);
    QTRY_VERIFY(!find(m_window.get(), "messageBar")->isVisible());
}

void TestProtection::wrongPassphraseIsAskedForAgain()
{
    action("lockWorkspaceAction")->trigger();
    QTRY_COMPARE(state(), LockState::Locked);
    m_prompter.secrets = {"wrong", "correct horse"};
    m_prompter.errors.clear();
    action("unlockWorkspaceAction")->trigger();
    QTRY_COMPARE_WITH_TIMEOUT(state(), LockState::Unlocked, 20000);
    QCOMPARE(m_prompter.errors.size(), 2);
    QVERIFY(m_prompter.errors.first().isEmpty());
    QVERIFY(!m_prompter.errors.last().isEmpty());
}

void TestProtection::locksByItself()
{
    Gui::LockGuard &guard = m_window->lockGuard();
    guard.setSettings({std::chrono::minutes(0), false, true});
    guard.screenLocked(); // not asked for
    guard.goesToSleep();
    QTRY_COMPARE(state(), LockState::Locked);
    m_prompter.secrets = {"correct horse"};
    action("unlockWorkspaceAction")->trigger();
    QTRY_COMPARE_WITH_TIMEOUT(state(), LockState::Unlocked, 20000);

    guard.setSettings({std::chrono::minutes(0), true, false});
    guard.goesToSleep();
    guard.screenLocked();
    QTRY_COMPARE(state(), LockState::Locked);
    m_prompter.secrets = {"correct horse"};
    action("unlockWorkspaceAction")->trigger();
    QTRY_COMPARE_WITH_TIMEOUT(state(), LockState::Unlocked, 20000);

    // The dialog changes the rules at once, and the window keeps them.
    Gui::ProtectionDialog dialog(*m_fixture->service, guard.settings());
    connect(&dialog, &Gui::ProtectionDialog::lockSettingsChanged, &guard, &Gui::LockGuard::setSettings);
    find<QSpinBox>(&dialog, "lockIdleSpin")->setValue(7);
    find<QCheckBox>(&dialog, "lockSleepCheck")->setChecked(true);
    QCOMPARE(guard.settings().idle, std::chrono::minutes(7));
    QVERIFY(guard.settings().onSuspend);
    m_window->close();
    Gui::MainWindow another(*m_fixture->service, *m_fixture->labCa, m_prompter, *m_settings);
    QCOMPARE(another.lockGuard().settings(), guard.settings());
    m_window->show();
}

void TestProtection::idleTimeEnds()
{
    QDateTime now = QDateTime::currentDateTimeUtc();
    Gui::LockGuard guard([&now] { return now; });
    QSignalSpy wanted(&guard, &Gui::LockGuard::lockWanted);
    guard.setSettings({std::chrono::minutes(5), true, true});
    now = now.addSecs(4 * 60);
    QTest::mouseMove(m_window.get()); // somebody is there
    now = now.addSecs(4 * 60);
    guard.setSettings(guard.settings()); // looks again in a minute
    QCOMPARE(wanted.size(), 0);
    now = now.addSecs(2 * 60);
    guard.setSettings(guard.settings()); // overdue: at once
    QTRY_COMPARE(wanted.size(), 1);
}

void TestProtection::presentPassphraseIsAskedFor()
{
    Gui::ProtectionDialog dialog(*m_fixture->service, {});
    QSignalSpy accepted(&dialog, &QDialog::accepted);
    auto *ok = find<QPushButton>(&dialog, "protectionOk");
    find<QCheckBox>(&dialog, "unprotectedCheck")->setChecked(true);
    QVERIFY(!ok->isEnabled()); // not without the present one
    find<QLineEdit>(&dialog, "currentPassphraseEdit")->setText("wrong");
    QVERIFY(ok->isEnabled());
    ok->click();
    const auto *note = find<Gui::FieldNote>(&dialog, "protectionNote");
    QTRY_COMPARE_WITH_TIMEOUT(note->severity(), Models::Severity::Bad, 20000);
    QCOMPARE(accepted.size(), 0);
    QCOMPARE(state(), LockState::Unlocked);
}

void TestProtection::newPassphraseCounts()
{
    // After several wrong ones in a row the next is looked at only after a while: a right one ends the row.
    const auto right = m_fixture->service->unlock(secret("correct horse"));
    QVERIFY(ServiceFixture::wait(right));
    QVERIFY(right.result());
    const auto refused = m_fixture->service->changePassphrase(secret("wrong"), secret("battery staple"));
    QVERIFY(ServiceFixture::wait(refused));
    QVERIFY(!refused.result());
    QCOMPARE(refused.result().error().code, Models::ErrorCode::WrongPassphrase);

    const auto changed = m_fixture->service->changePassphrase(secret("correct horse"), secret("battery staple"));
    QVERIFY(ServiceFixture::wait(changed));
    QVERIFY(changed.result());
    m_fixture->service->lock();
    QTRY_COMPARE(state(), LockState::Locked);
    const auto former = m_fixture->service->unlock(secret("correct horse"));
    QVERIFY(ServiceFixture::wait(former));
    QVERIFY(!former.result());
    const auto present = m_fixture->service->unlock(secret("battery staple"));
    QVERIFY(ServiceFixture::wait(present));
    QVERIFY(present.result());
    QTRY_COMPARE(state(), LockState::Unlocked);
}

void TestProtection::canBeGivenUp()
{
    Gui::ProtectionDialog dialog(*m_fixture->service, {});
    QSignalSpy accepted(&dialog, &QDialog::accepted);
    find<QLineEdit>(&dialog, "currentPassphraseEdit")->setText("battery staple");
    find<QCheckBox>(&dialog, "unprotectedCheck")->setChecked(true);
    QCOMPARE(find<Gui::FieldNote>(&dialog, "unprotectedNote")->severity(), Models::Severity::Attention);
    find<QPushButton>(&dialog, "protectionOk")->click();
    QTRY_COMPARE_WITH_TIMEOUT(accepted.size(), 1, 20000);
    QTRY_COMPARE(state(), LockState::Unprotected);
    QTRY_VERIFY(!action("lockWorkspaceAction")->isEnabled());
    m_fixture->service->lock(); // nothing to lock
    Gui::ProtectionDialog again(*m_fixture->service, {});
    QVERIFY(!again.findChild<QLineEdit *>("currentPassphraseEdit"));
}

void TestProtection::cleanupTestCase()
{
    m_window.reset();
    m_fixture.reset();
}

QTEST_MAIN(TestProtection)
#include "tst_protection.moc"
