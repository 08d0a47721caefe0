// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/service/labcachoices.h"
#include "scep/labca/policyfile.h"
#include "tests/ui/fakeprompter.h"
#include "tests/ui/labfixture.h"
#include "ui/dialogs/labcachallengedialog.h"
#include "ui/dialogs/labcafaultsdialog.h"
#include "ui/dialogs/labcasettingsdialog.h"
#include "ui/dialogs/newlabcadialog.h"
#include "ui/mainwindow.h"

#include <QAction>
#include <QCheckBox>
#include <QClipboard>
#include <QComboBox>
#include <QGuiApplication>
#include <QLabel>
#include <QPushButton>
#include <QRadioButton>
#include <QSettings>
#include <QSignalSpy>
#include <QSpinBox>
#include <QToolButton>
#include <QTreeWidget>

using Models::LabCaService;
using State = LabCaService::State;

/// How a Lab CA is set up in the window: its first CA, pass phrase, challenge, settings and faults, and that all of it is kept.
class TestLabCaSetup final : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void makesTheFirstCaAsWanted();
    void asksForThePassphrase();
    void changesTheChallenge_data();
    void changesTheChallenge();
    void changesSettings();
    void keepsWhatIsChangedWhileStopped();
    void hasOneMoreCaUnderTheSamePassphrase();
    void foldsCertificatesAway();
    void switchesFaultsWithoutTouchingOthers();
    void adjustsFaults();
    void showsEveryFaultRule_data();
    void showsEveryFaultRule();
    void cleanupTestCase();

private:
    [[nodiscard]] QAction *action(const QString &name) const { return m_window->findChild<QAction *>(name); }
    [[nodiscard]] LabCaService &labCa() const { return *m_fixture->labCa; }
    [[nodiscard]] LabCa::Policy kept() const { return LabCa::policyOfFolder(labCa().folder()).value(); }
    void setFaults(const QStringList &rules) const
    {
        Models::LabCaSettings settings = labCa().settings();
        settings.faults = rules;
        labCa().setSettings(settings);
    }

    std::unique_ptr<ServiceFixture> m_fixture;
    FakePrompter m_prompter;
    std::unique_ptr<QSettings> m_settings;
    std::unique_ptr<Gui::MainWindow> m_window;
};

void TestLabCaSetup::initTestCase()
{
    m_fixture = std::make_unique<ServiceFixture>();
    m_settings = std::make_unique<QSettings>(m_fixture->dir.filePath("window.ini"), QSettings::IniFormat);
    m_window = std::make_unique<Gui::MainWindow>(*m_fixture->service, labCa(), m_prompter, *m_settings);
    m_window->show();
    QVERIFY(!action("newLabCaAction")->isEnabled()); // no workspace yet
    QVERIFY(m_fixture->open());
    m_window->setWorkspaceOpen(true, "test");
    action("showLabCaAction")->trigger();
}

void TestLabCaSetup::makesTheFirstCaAsWanted()
{
    QVERIFY(find<QLabel>(m_window.get(), "labCaState")->text().contains("no CA yet"));
    QVERIFY(action("newLabCaAction")->isEnabled());
    find<QComboBox>(m_window.get(), "labCaPersonality")->setCurrentText("openxpki");
    Gui::NewLabCaDialog dialog(labCa());
    dialog.show();
    QSignalSpy accepted(&dialog, &QDialog::accepted);
    QVERIFY(!find(&dialog, "newCaAlias")->isVisible());                                       // the first one is the default
    QCOMPARE(find<QComboBox>(&dialog, "newCaRa")->currentText(), QString("one certificate")); // as OpenXPKI has it
    find<QLineEdit>(&dialog, "newCaName")->setText("Plant");
    QCOMPARE(find<QLineEdit>(&dialog, "newCaRootSubject")->placeholderText(), QString("O=Plant, CN=Plant Root (lab only)"));
    find<QLineEdit>(&dialog, "newCaIssuingSubject")->setText("C=SE, CN=Plant Devices");
    find<QSpinBox>(&dialog, "newCaRootYears")->setValue(30);
    QVERIFY(!find(&dialog, "passphraseEdit")->isVisible());
    click(&dialog, "newCaProtected");
    QVERIFY(find(&dialog, "passphraseEdit")->isVisible());
    QVERIFY(!isEnabled(&dialog, "newCaOk"));
    type(&dialog, "passphraseEdit", "correct horse");
    type(&dialog, "passphraseAgainEdit", "correct hors");
    QVERIFY(!isEnabled(&dialog, "newCaOk"));
    type(&dialog, "passphraseAgainEdit", "correct horse");
    find<QLineEdit>(&dialog, "newCaRootSubject")->setText("no name");
    find<QPushButton>(&dialog, "newCaOk")->click();
    QTRY_COMPARE(severityOf(&dialog, "newCaNote"), Models::Severity::Bad); // and nothing is made
    QVERIFY(!labCa().hasCa());
    find<QLineEdit>(&dialog, "newCaRootSubject")->clear();
    find<QPushButton>(&dialog, "newCaOk")->click();
    QTRY_COMPARE_WITH_TIMEOUT(accepted.size(), 1, 60000);
    QTRY_COMPARE_WITH_TIMEOUT(labCa().state(), State::Running, 30000);

    const auto &identity = labCa().identity();
    QCOMPARE(identity->root.subject().commonName(), QString("Plant Root (lab only)"));
    QVERIFY(identity->issuing.subject().commonName().startsWith("Plant Devices"));
    QCOMPARE(identity->root.notAfter().date().year() - identity->root.notBefore().date().year(), 30);
    QCOMPARE(identity->ra, LabCa::RaKind::One);
    QVERIFY(identity->hasPassphrase);
    QVERIFY(identity->challenge);
    QCOMPARE(kept().personality.name, QString("openxpki"));
    QVERIFY(m_prompter.questions.isEmpty()); // it was just given
}

void TestLabCaSetup::asksForThePassphrase()
{
    const Pki::Certificate root = labCa().identity()->root;
    action("stopLabCaAction")->trigger();
    QVERIFY(!action("newLabCaAction")->isEnabled()); // there is one, and it is not open
    m_prompter.questions.clear();
    m_prompter.errors.clear();
    m_prompter.secrets = {"wrong horse", "correct horse"};
    action("startLabCaAction")->trigger();
    QTRY_COMPARE_WITH_TIMEOUT(labCa().state(), State::Running, 30000);
    QCOMPARE(m_prompter.questions, QStringList(2, "Start the Lab CA"));
    QCOMPARE(m_prompter.errors.first(), QString());
    QVERIFY(m_prompter.errors.last().startsWith("This is not the pass phrase"));
    QCOMPARE(labCa().identity()->root, root);
}

void TestLabCaSetup::changesTheChallenge_data()
{
    QTest::addColumn<QString>("choice");
    QTest::addColumn<QString>("typed");
    QTest::newRow("typed, beyond Latin-1") << "challengeTyped" << QString::fromUtf8("Schlüssel-Ω-1");
    QTest::newRow("none") << "challengeNone" << QString();
    QTest::newRow("random") << "challengeRandom" << QString();
}

void TestLabCaSetup::changesTheChallenge()
{
    QFETCH(const QString, choice);
    QFETCH(const QString, typed);
    const QByteArray before = kept().challenge.view().toByteArray();
    Gui::LabCaChallengeDialog dialog(labCa());
    QSignalSpy accepted(&dialog, &QDialog::accepted);
    find<QRadioButton>(&dialog, choice)->setChecked(true);
    QCOMPARE(isEnabled(&dialog, "challengeOk"), choice != "challengeTyped"); // nothing is typed yet
    find<QLineEdit>(&dialog, "challengeEdit")->setText(typed);
    find<QPushButton>(&dialog, "challengeOk")->click();
    QTRY_COMPARE(accepted.size(), 1);
    const QByteArray now = kept().challenge.view().toByteArray();
    QVERIFY(now != before);
    QCOMPARE(now.isEmpty(), choice == "challengeNone");
    if (!typed.isEmpty())
        QCOMPARE(now, typed.toUtf8());
    // In force at once, and on the page.
    QTRY_COMPARE(labCa().identity()->challenge ? labCa().identity()->challenge->view().toByteArray() : QByteArray(), now);
    QTRY_COMPARE(find(m_window.get(), "labCaNoChallenge")->isVisible(), now.isEmpty());
    QTRY_COMPARE(action("copyLabCaChallengeAction")->isEnabled(), !now.isEmpty());
    if (!now.isEmpty()) {
        action("copyLabCaChallengeAction")->trigger();
        QCOMPARE(QGuiApplication::clipboard()->text().toUtf8(), now);
    }
}

void TestLabCaSetup::changesSettings()
{
    Gui::LabCaSettingsDialog dialog(labCa());
    QVERIFY(!isEnabled(&dialog, "labCaPort")); // it serves
    auto *unit = find<QComboBox>(&dialog, "labCaValidityUnit");
    auto *validity = find<QSpinBox>(&dialog, "labCaValidity");
    QCOMPARE(unit->currentText(), QString("days"));
    unit->setCurrentText("minutes");
    validity->setValue(90 * 24 * 60); // more than fits into the days' range
    QCOMPARE(validity->value(), 90 * 24 * 60);
    validity->setValue(7);
    for (const char *name : {"labCaStrictProfiles", "labCaNewKey", "labCaWithoutRoot", "labCaWithoutCa"}) {
        QVERIFY(!find<QCheckBox>(&dialog, name)->isChecked());
        find<QCheckBox>(&dialog, name)->setChecked(true);
    }
    find<QSpinBox>(&dialog, "labCaRenewAfter")->setValue(20);
    find<QPushButton>(&dialog, "labCaSettingsOk")->click();
    QTRY_COMPARE(kept().validity(), std::chrono::minutes(7));
    const LabCa::Policy policy = kept();
    QVERIFY(policy.refusesUnknownProfiles);
    QVERIFY(!policy.renewal.allowsSameKey);
    QVERIFY(!policy.sendsFullChain);
    QVERIFY(!policy.includesCaInReply);
    QCOMPARE(policy.renewal.afterPercent, 20);
    QCOMPARE(policy.personality.name, QString("openxpki")); // what is not in the dialog stays
    QVERIFY(!policy.challenge.isEmpty());

    Gui::LabCaSettingsDialog again(labCa());
    QCOMPARE(find<QSpinBox>(&again, "labCaValidity")->value(), 7);
    QVERIFY(find<QCheckBox>(&again, "labCaNewKey")->isChecked());
    for (const char *name : {"labCaStrictProfiles", "labCaNewKey", "labCaWithoutRoot", "labCaWithoutCa"})
        find<QCheckBox>(&again, name)->setChecked(false);
    find<QPushButton>(&again, "labCaSettingsOk")->click();
    QTRY_VERIFY(!kept().refusesUnknownProfiles);
    QVERIFY(kept().renewal.allowsSameKey);
}

void TestLabCaSetup::keepsWhatIsChangedWhileStopped()
{
    action("stopLabCaAction")->trigger();
    find<QComboBox>(m_window.get(), "labCaMode")->setCurrentIndex(1); // granted at once
    QTRY_COMPARE(kept().mode, LabCa::Mode::Auto);
    m_prompter.secrets = {"correct horse"};
    action("startLabCaAction")->trigger();
    QTRY_COMPARE_WITH_TIMEOUT(labCa().state(), State::Running, 30000);
    QCOMPARE(kept().mode, LabCa::Mode::Auto);
}

void TestLabCaSetup::hasOneMoreCaUnderTheSamePassphrase()
{
    m_prompter.questions.clear();
    {
        Gui::NewLabCaDialog dialog(labCa());
        QSignalSpy accepted(&dialog, &QDialog::accepted);
        QVERIFY(dialog.findChild<QCheckBox *>("newCaProtected") == nullptr);
        find<QLineEdit>(&dialog, "newCaAlias")->setText("plant2");
        find<QPushButton>(&dialog, "newCaOk")->click();
        QTRY_COMPARE_WITH_TIMEOUT(accepted.size(), 1, 60000);
    }
    QTRY_VERIFY_WITH_TIMEOUT(labCa().state() == State::Running && labCa().identity()->alias == "plant2", 30000);
    QVERIFY(m_prompter.questions.isEmpty());
    QVERIFY(labCa().identity()->hasPassphrase);
    // Each has its own settings: neither got those of the other.
    QTRY_COMPARE(find<QComboBox>(m_window.get(), "labCaPersonality")->currentText(), QString("standard"));
    QCOMPARE(kept().personality.name, QString("openxpki"));
    QCOMPARE(LabCa::policyOfFolder(labCa().folder() + "/cas/plant2")->personality.name, QString("standard"));
    QVERIFY(find(m_window.get(), "labCaWhich")->isVisible());
}

void TestLabCaSetup::foldsCertificatesAway()
{
    auto *fold = find<QToolButton>(m_window.get(), "labCaFold");
    QVERIFY(find(m_window.get(), "labCaIssuingFingerprint")->isVisible());
    fold->click();
    QVERIFY(!find(m_window.get(), "labCaIssuingFingerprint")->isVisible());
    QVERIFY(find(m_window.get(), "labCaAddress")->isVisible());
    m_window->close(); // it is remembered
    LabCaService another(m_fixture->dir.filePath("another"));
    const Gui::MainWindow window(*m_fixture->service, another, m_prompter, *m_settings);
    QVERIFY(find(&window, "labCaIssuingFingerprint")->parentWidget()->isHidden());
    m_window->show();
    fold->click();
}

void TestLabCaSetup::switchesFaultsWithoutTouchingOthers()
{
    setFaults({"stall=20@GetCACert:10%", "drop:5%", "drop@any:1%"});
    auto *stall = action("labCaFault-stall");
    QVERIFY(stall->isChecked());
    QCOMPARE(stall->text(), QString("stall, 20 seconds, GetCACert, 10 %"));
    QVERIFY(action("labCaFault-drop")->isChecked());
    action("labCaFault-wrong-nonce")->trigger();
    QCOMPARE(labCa().settings().faults, QStringList({"stall=20@GetCACert:10%", "drop:5%", "drop@any:1%", "wrong-nonce"}));
    find<QComboBox>(m_window.get(), "labCaMode")->setCurrentIndex(0); // something else
    QCOMPARE(labCa().settings().faults.size(), 4);
    action("labCaFault-drop")->trigger(); // off: both of its rules
    QCOMPARE(labCa().settings().faults, QStringList({"stall=20@GetCACert:10%", "wrong-nonce"}));
    QCOMPARE(action("labCaFault-drop")->text(), QString("drop"));
    action("labCaNoFaults")->trigger();
    QVERIFY(labCa().settings().faults.isEmpty());
    QCOMPARE(find<QPushButton>(m_window.get(), "labCaFaults")->text(), QString("none"));
}

void TestLabCaSetup::adjustsFaults()
{
    setFaults({"drop"});
    Gui::LabCaFaultsDialog dialog(labCa());
    auto *list = find<QTreeWidget>(&dialog, "faultList");
    auto *operation = find<QComboBox>(&dialog, "faultOperation");
    auto *amount = find<QSpinBox>(&dialog, "faultAmount");
    QCOMPARE(list->topLevelItemCount(), 1);
    QVERIFY(!amount->isEnabled()); // drop takes no number
    find<QPushButton>(&dialog, "faultAdd")->click();
    QCOMPARE(list->topLevelItemCount(), 2);
    find<QComboBox>(&dialog, "faultName")->setCurrentText("big-body");
    QVERIFY(amount->isEnabled());
    QCOMPARE(amount->suffix(), QString(" MiB"));
    QCOMPARE(amount->value(), 10); // what is usual
    amount->setValue(3);
    operation->setCurrentText("all answers");
    find<QSpinBox>(&dialog, "faultShare")->setValue(25);
    QCOMPARE(list->topLevelItem(1)->text(1), QString("3 MiB"));
    QCOMPARE(list->topLevelItem(1)->text(2), QString("all answers"));
    QVERIFY(labCa().settings().faults == QStringList("drop"));            // not before OK
    find<QComboBox>(&dialog, "faultName")->setCurrentText("wrong-nonce"); // of the message: strikes PKIOperation only
    QCOMPARE(operation->count(), 1);
    QVERIFY(!amount->isEnabled());
    find<QComboBox>(&dialog, "faultName")->setCurrentText("stall");
    amount->setValue(2);
    operation->setCurrentText("GetCACaps");
    find<QPushButton>(&dialog, "faultsOk")->click();
    QCOMPARE(labCa().settings().faults, QStringList({"drop", "stall=2@GetCACaps:25%"}));

    Gui::LabCaFaultsDialog again(labCa());
    find<QPushButton>(&again, "faultRemove")->click();
    find<QPushButton>(&again, "faultRemove")->click();
    QVERIFY(!isEnabled(&again, "faultRemove"));
    find<QPushButton>(&again, "faultsOk")->click();
    QVERIFY(labCa().settings().faults.isEmpty());
}

void TestLabCaSetup::showsEveryFaultRule_data()
{
    QTest::addColumn<QString>("rule");
    const QList<Models::LabCaChoice> faults = Models::labCaFaults();
    const QStringList operations = Models::labCaFaultOperations();
    for (const Models::LabCaChoice &fault : faults) {
        for (const QString &operation : operations) {
            if (!fault.isAboutHttp && operation != operations.first())
                continue;
            const QString number = fault.unit.isEmpty() ? QString() : "=7";
            const QString at = operation == operations.first() ? QString() : "@" + operation;
            const QString rule = fault.name + number + at + ":33%";
            QTest::newRow(qPrintable(rule)) << rule;
        }
    }
}

void TestLabCaSetup::showsEveryFaultRule()
{
    QFETCH(const QString, rule);
    setFaults({rule, "drop:1%"});
    Gui::LabCaFaultsDialog dialog(labCa()); // shows the first one in its fields
    QCOMPARE(find<QSpinBox>(&dialog, "faultShare")->value(), 33);
    QVERIFY(find<QComboBox>(&dialog, "faultOperation")->currentIndex() >= 0);
    // Changed there and back again it is the same: nothing of it is lost in the fields.
    find<QSpinBox>(&dialog, "faultShare")->setValue(34);
    find<QSpinBox>(&dialog, "faultShare")->setValue(33);
    find<QPushButton>(&dialog, "faultsOk")->click();
    QCOMPARE(labCa().settings().faults, QStringList({rule, "drop:1%"}));
}

void TestLabCaSetup::cleanupTestCase()
{
    m_window.reset();
    m_fixture.reset();
}

QTEST_MAIN(TestLabCaSetup)
#include "tst_labcasetup.moc"
