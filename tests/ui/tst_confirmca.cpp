// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/ui/fakeprompter.h"
#include "tests/ui/labfixture.h"
#include "ui/dialogs/serverdialog.h"
#include "ui/mainwindow.h"
#include "ui/wizards/confirmcawizard.h"

#include <QAction>
#include <QLabel>
#include <QPointer>
#include <QPushButton>
#include <QRadioButton>
#include <QSettings>
#include <QSignalSpy>

using Trust = Scep::ServerKnowledge::Trust;

/// The CA of a server that is there already is confirmed, changed and taken back in the window, at real Lab CAs.
class TestConfirmCa final : public QObject
{
    Q_OBJECT

private slots:
    void init();
    void cleanup();
    void unconfirmedServerIsConfirmed();
    void changedCaShowsOldAndNew_data();
    void changedCaShowsOldAndNew();
    void wrongFingerprintChangesNothing();
    void sameCaChangesNothing();
    void serverDialogStoresItWithTheRest();
    void serverDialogTakesItBack();

private:
    [[nodiscard]] QAction *action(const QString &name) const { return m_window->findChild<QAction *>(name); }
    [[nodiscard]] const Models::ServerRecord &server() const { return *m_lab->service->servers()->record(m_id); }
    bool add(const QUrl &url, const Scep::TrustAnchor &anchor);
    bool store(const Scep::EnrollmentServer &changed);
    static QString textsIn(const QWidget *widget);
    QPointer<Gui::ConfirmCaWizard> openWizard();
    static bool reachesTrustPage(Gui::ConfirmCaWizard *wizard);

    std::unique_ptr<LabFixture> m_lab;
    std::unique_ptr<LabFixture> m_other; ///< another CA on another port
    FakePrompter m_prompter;
    std::unique_ptr<QSettings> m_settings;
    std::unique_ptr<Gui::MainWindow> m_window;
    Scep::ServerId m_id;
};

void TestConfirmCa::init()
{
    m_lab = std::make_unique<LabFixture>();
    m_other = std::make_unique<LabFixture>();
    m_settings = std::make_unique<QSettings>(m_lab->dir.filePath("window.ini"), QSettings::IniFormat);
    m_window = std::make_unique<Gui::MainWindow>(*m_lab->service, *m_lab->labCa, m_prompter, *m_settings);
    m_window->show();
    QVERIFY(m_lab->open());
    m_window->setWorkspaceOpen(true, "test");
}

void TestConfirmCa::cleanup()
{
    m_window.reset();
    m_settings.reset();
    m_lab.reset();
    m_other.reset();
}

bool TestConfirmCa::add(const QUrl &url, const Scep::TrustAnchor &anchor)
{
    Scep::EnrollmentServer wanted;
    wanted.label = "plant";
    wanted.url = url;
    wanted.anchor = anchor;
    const auto added = m_lab->service->addServer(wanted);
    if (!ServiceFixture::wait(added) || !added.result())
        return false;
    m_id = *added.result();
    return QTest::qWaitFor([&] { return m_lab->service->servers()->record(m_id) != nullptr; }, 10000);
}

bool TestConfirmCa::store(const Scep::EnrollmentServer &changed)
{
    const auto stored = m_lab->service->updateServer(changed, {});
    return ServiceFixture::wait(stored) && stored.result().has_value();
}

QString TestConfirmCa::textsIn(const QWidget *widget)
{
    QStringList texts;
    for (const QLabel *label : widget->findChildren<QLabel *>())
        texts.append(label->text());
    return texts.join('\n');
}

QPointer<Gui::ConfirmCaWizard> TestConfirmCa::openWizard()
{
    action("confirmCaAction")->trigger();
    QPointer<Gui::ConfirmCaWizard> wizard = m_window->findChild<Gui::ConfirmCaWizard *>();
    if (wizard && (!QTest::qWaitForWindowExposed(wizard) || !reachesTrustPage(wizard)))
        return nullptr;
    return wizard;
}

bool TestConfirmCa::reachesTrustPage(Gui::ConfirmCaWizard *wizard)
{
    return QTest::qWaitFor([&] { return wizard->currentId() == Gui::ConfirmCaWizard::TrustPageId; }, 20000);
}

void TestConfirmCa::unconfirmedServerIsConfirmed()
{
    QVERIFY(add(m_lab->face->url(), {}));
    QTRY_COMPARE_WITH_TIMEOUT(server().knowledge.trust, Trust::NotConfirmed, 20000);
    // The details say what to do, with the button that does it.
    QTRY_VERIFY(find(m_window.get(), "serversPaneDetails")->findChild<QPushButton *>("trust-confirmCaAction"));
    QTRY_VERIFY(action("confirmCaAction")->isEnabled());
    find<QPushButton>(m_window.get(), "trust-confirmCaAction")->click();
    QPointer<Gui::ConfirmCaWizard> wizard = m_window->findChild<Gui::ConfirmCaWizard *>();
    QVERIFY(wizard);
    QVERIFY(reachesTrustPage(wizard));
    QVERIFY(!isEnabled(wizard, "nextButton"));
    const Pki::Certificate root = m_lab->depot->root();
    for (const char *digest : {"md5", "sha1", "sha256", "sha512"})
        QVERIFY2(!find(wizard, QString("fingerprint-") + digest)->property("value").toString().isEmpty(), digest);
    QCOMPARE(find(wizard, "fingerprint-sha256")->property("value").toString(), root.fingerprint().toDisplay());
    type(wizard, "fingerprintEdit", root.fingerprint(Pki::Digest::Sha512).toHex());
    QVERIFY(isEnabled(wizard, "nextButton"));
    click(wizard, "nextButton");
    QVERIFY2(textsIn(wizard).contains("Open transactions go on, and what is due begins."), qPrintable(textsIn(wizard)));
    QCOMPARE(server().knowledge.trust, Trust::NotConfirmed); // nothing before Finish
    QVERIFY(!server().server.anchor.isSet());
    click(wizard, "finishButton");
    QTRY_VERIFY(!wizard);
    QTRY_COMPARE_WITH_TIMEOUT(server().knowledge.trust, Trust::Confirmed, 20000);
    QVERIFY(server().server.anchor.fingerprint.matchesCertificate(root.der()));
    QTRY_VERIFY(!find(m_window.get(), "serversPaneDetails")->findChild<QPushButton *>("trust-confirmCaAction"));
}

void TestConfirmCa::changedCaShowsOldAndNew_data()
{
    QTest::addColumn<bool>("byCertificate");
    QTest::newRow("was confirmed by fingerprint") << false;
    QTest::newRow("was confirmed by certificate") << true;
}

void TestConfirmCa::changedCaShowsOldAndNew()
{
    QFETCH(const bool, byCertificate);
    const Pki::Certificate old = m_lab->depot->root();
    const Pki::Certificate next = m_other->depot->root();
    Scep::TrustAnchor anchor;
    if (byCertificate)
        anchor.certificate = old;
    else
        anchor.fingerprint = old.fingerprint();
    QVERIFY(add(m_lab->face->url(), anchor));
    QTRY_COMPARE_WITH_TIMEOUT(server().knowledge.trust, Trust::Confirmed, 20000);
    QVERIFY(m_lab->enroll(m_id, "plc-1"));

    Scep::EnrollmentServer moved = server().server;
    moved.url = m_other->face->url();
    QVERIFY(store(moved));
    QTRY_COMPARE_WITH_TIMEOUT(server().knowledge.trust, Trust::Refused, 20000);
    QTRY_VERIFY(find(m_window.get(), "serversPaneDetails")->findChild<QPushButton *>("trust-confirmCaAction"));
    QPointer<Gui::ConfirmCaWizard> wizard = openWizard();
    QVERIFY(wizard);
    if (byCertificate) {
        const auto *former = find(wizard, "formerFingerprints");
        QCOMPARE(find(former, "fingerprint-sha256")->property("value").toString(), old.fingerprint().toDisplay());
        QCOMPARE(find(former, "fingerprint-sha512")->property("value").toString(), old.fingerprint(Pki::Digest::Sha512).toDisplay());
    } else {
        QCOMPARE(find(wizard, "formerFingerprint")->property("value").toString(), old.fingerprint().toDisplay());
    }
    QVERIFY2(textsIn(wizard).contains("another certificate than the one confirmed before"), qPrintable(textsIn(wizard)));
    type(wizard, "fingerprintEdit", old.fingerprint().toHex());
    QVERIFY(!isEnabled(wizard, "nextButton")); // the old one fits nothing that is offered
    type(wizard, "fingerprintEdit", next.fingerprint().toHex());
    QVERIFY(isEnabled(wizard, "nextButton"));
    click(wizard, "nextButton");
    const QString effects = textsIn(find(wizard, "trustEffects"));
    QVERIFY2(effects.contains("a new enrollment begins"), qPrintable(effects));
    QVERIFY2(effects.contains("1 enroll anew"), qPrintable(effects));
    QCOMPARE(find(wizard, "newAnchorFingerprint")->property("value").toString(), next.fingerprint().toDisplay());
    click(wizard, "finishButton");
    QTRY_VERIFY(!wizard);
    QTRY_COMPARE_WITH_TIMEOUT(server().knowledge.trust, Trust::Confirmed, 20000);
    QCOMPARE(server().knowledge.roles.anchor, next);
}

void TestConfirmCa::wrongFingerprintChangesNothing()
{
    QVERIFY(add(m_lab->face->url(), {}));
    QTRY_COMPARE_WITH_TIMEOUT(server().knowledge.trust, Trust::NotConfirmed, 20000);
    QTRY_VERIFY(action("confirmCaAction")->isEnabled());
    QPointer<Gui::ConfirmCaWizard> wizard = openWizard();
    QVERIFY(wizard);
    type(wizard, "fingerprintEdit", m_other->depot->root().fingerprint().toHex());
    QCOMPARE(severityOf(wizard, "fingerprintNote"), Models::Severity::Bad);
    QVERIFY(!isEnabled(wizard, "nextButton"));
    click(wizard, "cancelButton");
    QTRY_VERIFY(!wizard);
    QVERIFY(!server().server.anchor.isSet());
    QCOMPARE(m_lab->enrollmentMessages(), 0);
}

void TestConfirmCa::sameCaChangesNothing()
{
    Scep::TrustAnchor anchor;
    anchor.fingerprint = m_lab->depot->root().fingerprint();
    QVERIFY(add(m_lab->face->url(), anchor));
    QTRY_COMPARE_WITH_TIMEOUT(server().knowledge.trust, Trust::Confirmed, 20000);
    QTRY_VERIFY(action("confirmCaAction")->isEnabled());
    QPointer<Gui::ConfirmCaWizard> wizard = openWizard();
    QVERIFY(wizard);
    QVERIFY2(textsIn(wizard).contains("the same certificate as the one confirmed before"), qPrintable(textsIn(wizard)));
    type(wizard, "fingerprintEdit", m_lab->depot->root().fingerprint().toHex());
    click(wizard, "nextButton");
    QVERIFY2(textsIn(wizard).contains("Nothing: the same CA is confirmed"), qPrintable(textsIn(wizard)));
    click(wizard, "cancelButton");
    QTRY_VERIFY(!wizard);
}

void TestConfirmCa::serverDialogStoresItWithTheRest()
{
    QVERIFY(add(m_lab->face->url(), {}));
    QTRY_COMPARE_WITH_TIMEOUT(server().knowledge.trust, Trust::NotConfirmed, 20000);
    QPointer<Gui::ServerDialog> dialog = new Gui::ServerDialog(*m_lab->service, m_prompter, server(), m_window.get());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->open();
    // Another address, typed but not stored: that is where the wizard looks.
    find<QLineEdit>(dialog, "settingsUrlEdit")->setText(m_other->face->url().toString());
    find<QPushButton>(dialog, "trustConfirm")->click();
    QPointer<Gui::ConfirmCaWizard> wizard = dialog->findChild<Gui::ConfirmCaWizard *>();
    QVERIFY(wizard);
    QVERIFY(reachesTrustPage(wizard));
    QCOMPARE(find(wizard, "fingerprint-sha256")->property("value").toString(), m_other->depot->root().fingerprint().toDisplay());
    type(wizard, "fingerprintEdit", m_other->depot->root().fingerprint().toHex());
    click(wizard, "nextButton");
    click(wizard, "finishButton");
    QTRY_VERIFY(!wizard);
    QVERIFY(!server().server.anchor.isSet()); // only Save stores it
    QVERIFY2(noteText(dialog, "settingsEffects").contains("what is due begins"), qPrintable(noteText(dialog, "settingsEffects")));
    find<QPushButton>(dialog, "settingsSave")->click();
    QTRY_VERIFY(!dialog);
    QTRY_COMPARE_WITH_TIMEOUT(server().knowledge.trust, Trust::Confirmed, 20000);
    QCOMPARE(server().server.url, m_other->face->url());
    QCOMPARE(server().knowledge.roles.anchor, m_other->depot->root());
}

void TestConfirmCa::serverDialogTakesItBack()
{
    Scep::TrustAnchor anchor;
    anchor.fingerprint = m_lab->depot->root().fingerprint();
    QVERIFY(add(m_lab->face->url(), anchor));
    QTRY_COMPARE_WITH_TIMEOUT(server().knowledge.trust, Trust::Confirmed, 20000);
    Gui::ServerDialog dialog(*m_lab->service, m_prompter, server());
    QCOMPARE(find(&dialog, "trustFingerprint")->property("value").toString(), m_lab->depot->root().fingerprint().toDisplay());
    find<QPushButton>(&dialog, "trustRemove")->click();
    QVERIFY2(noteText(&dialog, "settingsEffects").contains("All traffic with the server ends"),
             qPrintable(noteText(&dialog, "settingsEffects")));
    find<QPushButton>(&dialog, "trustUndo")->click();
    QVERIFY(noteText(&dialog, "settingsEffects").isEmpty());
    find<QPushButton>(&dialog, "trustRemove")->click();
    QSignalSpy accepted(&dialog, &QDialog::accepted);
    find<QPushButton>(&dialog, "settingsSave")->click();
    QTRY_COMPARE(accepted.size(), 1);
    QTRY_VERIFY(!server().server.anchor.isSet());
    QTRY_COMPARE_WITH_TIMEOUT(server().knowledge.trust, Trust::NotConfirmed, 20000);
}

QTEST_MAIN(TestConfirmCa)
#include "tst_confirmca.moc"
