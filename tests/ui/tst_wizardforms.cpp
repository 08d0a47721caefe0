// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/ui/fakeprompter.h"
#include "tests/ui/keyboard.h"
#include "tests/ui/labfixture.h"
#include "ui/dialogs/requestdialog.h"
#include "ui/widgets/icons.h"
#include "ui/wizards/addserverwizard.h"
#include "ui/wizards/newrequestwizard.h"

#include <QComboBox>
#include <QSignalSpy>
#include <QTabWidget>

/// The forms of the wizards as a person meets them: no letter of Alt twice, Tab follows the eye, notes take the room they need and no
/// more, what was typed is neither dropped nor thrown away without a question.
class TestWizardForms final : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void cleanup();
    void suggestsAFreeLabel_data();
    void suggestsAFreeLabel();
    void aTypedLabelStays();
    void refusesALabelThatCannotBeSeen();
    void keyboardInTheServerWizard();
    void keyboardInTheRequestWizard();
    void keyboardInTheRequestDialog();
    void altNGoesOn();
    void formsDoNotJump_data();
    void formsDoNotJump();
    void anUnreadableSubjectMovesNothing();
    void challengeNoteLeavesNoHole();
    void errorsAreNotSaidTwice_data();
    void errorsAreNotSaidTwice();
    void takesANameThatWasNotAdded();
    void staysOnANameThatIsNone();
    void dialogTakesANameThatWasNotAdded();
    void escapeAsksOnce();
    void escapeOnTheFirstPageAsksNothing();
    void emptyIconsAreQuiet();

private:
    void openServerWizard();
    void openRequestWizard(int page);
    void checkNotes();
    int heightOf(const QWidget *widget) const;
    std::unique_ptr<LabFixture> m_lab;
    FakePrompter m_prompter;
    std::unique_ptr<QWizard> m_wizard;
};

void TestWizardForms::initTestCase()
{
    m_lab = std::make_unique<LabFixture>();
    QVERIFY(m_lab->open());
    QVERIFY(m_lab->addServer("plant"));
    QTRY_COMPARE(m_lab->service->servers()->rowCount(), 1);
}

void TestWizardForms::cleanup()
{
    m_wizard.reset();
    m_prompter.questions.clear();
    m_prompter.confirmAnswer.reset();
    QCOMPARE(m_lab->service->requests()->rowCount(), 0);
}

void TestWizardForms::openServerWizard()
{
    m_wizard = std::make_unique<Gui::AddServerWizard>(*m_lab->service, m_prompter);
    m_wizard->show();
    QVERIFY(QTest::qWaitForWindowExposed(m_wizard.get()));
}

void TestWizardForms::openRequestWizard(int page)
{
    m_wizard = std::make_unique<Gui::NewRequestWizard>(*m_lab->service, m_prompter, Scep::ServerId());
    m_wizard->show();
    QVERIFY(QTest::qWaitForWindowActive(m_wizard.get()));
    type(m_wizard.get(), "requestLabelEdit", "plc-42");
    while (m_wizard->currentId() < page) {
        const int before = m_wizard->currentId();
        click(m_wizard.get(), "nextButton");
        QCOMPARE(m_wizard->currentId(), before + 1);
    }
}

/// How far down in the wizard, once the layouts that wait for it have run.
int TestWizardForms::heightOf(const QWidget *widget) const
{
    QCoreApplication::processEvents();
    return widget->mapTo(m_wizard.get(), QPoint()).y();
}

/// Every note in sight is as high as its text at the width it has, or as what it keeps free.
void TestWizardForms::checkNotes()
{
    QCoreApplication::processEvents();
    for (const Gui::FieldNote *note : m_wizard->findChildren<Gui::FieldNote *>()) {
        if (!note->isVisible())
            continue;
        const int needed = qMax(note->heightForWidth(note->width()), note->minimumHeight());
        QVERIFY2(note->height() >= needed && note->height() <= needed + 4,
                 qPrintable(QString("%1: %2 instead of %3").arg(note->objectName()).arg(note->height()).arg(needed)));
    }
}

void TestWizardForms::suggestsAFreeLabel_data()
{
    QTest::addColumn<QString>("url");
    QTest::addColumn<QString>("label");
    QTest::newRow("host name") << "http://ca.example/scep" << "ca";
    QTest::newRow("short name") << "http://ca/scep" << "ca";
    QTest::newRow("address") << "http://192.168.1.5/scep" << "192.168.1.5";
    QTest::newRow("address with a zero") << "http://10.0.0.7:8080/scep" << "10.0.0.7";
    QTest::newRow("address of IPv6") << "http://[2001:db8::7]/scep" << "2001:db8::7";
    QTest::newRow("name with .0. in it") << "http://plc.0.example/scep" << "plc";
    QTest::newRow("taken") << "http://plant.example/scep" << "plant-2";
    QTest::newRow("taken, other case") << "http://PLANT.example/scep" << "plant-2";
}

void TestWizardForms::suggestsAFreeLabel()
{
    QFETCH(QString, url);
    QFETCH(QString, label);
    openServerWizard();
    type(m_wizard.get(), "urlEdit", url);
    QCOMPARE(find<QLineEdit>(m_wizard.get(), "serverLabelEdit")->text(), label);
    QVERIFY(noteText(m_wizard.get(), "serverLabelNote").isEmpty());
    QVERIFY(isEnabled(m_wizard.get(), "nextButton"));
}

void TestWizardForms::aTypedLabelStays()
{
    openServerWizard();
    type(m_wizard.get(), "serverLabelEdit", "hall 3");
    type(m_wizard.get(), "urlEdit", "http://plant.example/scep");
    QCOMPARE(find<QLineEdit>(m_wizard.get(), "serverLabelEdit")->text(), QString("hall 3"));
}

void TestWizardForms::refusesALabelThatCannotBeSeen()
{
    openServerWizard();
    type(m_wizard.get(), "urlEdit", "http://ca.example/scep");
    find<QLineEdit>(m_wizard.get(), "serverLabelEdit")->setText(QString("a") + QChar(0x202E) + "b");
    QCOMPARE(severityOf(m_wizard.get(), "serverLabelNote"), Models::Severity::Bad);
    QVERIFY(!isEnabled(m_wizard.get(), "nextButton"));
}

void TestWizardForms::keyboardInTheServerWizard()
{
    openServerWizard();
    type(m_wizard.get(), "urlEdit", "https://ca.example/scep"); // with the rows for TLS
    QCOMPARE(Keyboard::doubleMnemonics(m_wizard.get()).join("; "), QString());
    QCOMPARE(Keyboard::stepsAgainstTheEye(m_wizard->currentPage()).join("; "), QString());
    type(m_wizard.get(), "urlEdit", m_lab->face->url().toString());
    click(m_wizard.get(), "nextButton");
    QTRY_COMPARE_WITH_TIMEOUT(m_wizard->currentId(), int(Gui::AddServerWizard::TrustPageId), 20000);
    QCOMPARE(Keyboard::doubleMnemonics(m_wizard.get()).join("; "), QString());
    type(m_wizard.get(), "fingerprintEdit", m_lab->depot->root().fingerprint().toDisplay());
    for (int page = Gui::AddServerWizard::SettingsPageId; page <= Gui::AddServerWizard::SummaryPageId; ++page) {
        click(m_wizard.get(), "nextButton");
        QCOMPARE(m_wizard->currentId(), page);
        QCOMPARE(Keyboard::doubleMnemonics(m_wizard.get()).join("; "), QString());
        QCOMPARE(Keyboard::stepsAgainstTheEye(m_wizard->currentPage()).join("; "), QString());
    }
}

void TestWizardForms::keyboardInTheRequestWizard()
{
    openRequestWizard(Gui::NewRequestWizard::ServerPageId);
    for (int page = Gui::NewRequestWizard::ServerPageId; page < Gui::NewRequestWizard::ReviewPageId; ++page) {
        QCOMPARE(m_wizard->currentId(), page);
        QCOMPARE(Keyboard::doubleMnemonics(m_wizard.get()).join("; "), QString());
        QCOMPARE(Keyboard::stepsAgainstTheEye(m_wizard->currentPage()).join("; "), QString());
        click(m_wizard.get(), "nextButton");
    }
    QTRY_VERIFY_WITH_TIMEOUT(isEnabled(m_wizard.get(), "finishButton"), 30000);
    QCOMPARE(Keyboard::doubleMnemonics(m_wizard.get()).join("; "), QString());
}

void TestWizardForms::keyboardInTheRequestDialog()
{
    Models::RequestRecord record;
    record.request.label = "plc-42";
    record.request.subject = Pki::DistinguishedName::fromText("CN=plc-42").value();
    Gui::RequestDialog dialog(*m_lab->service, m_prompter, record);
    dialog.show();
    QVERIFY(QTest::qWaitForWindowExposed(&dialog));
    auto *tabs = find<QTabWidget>(&dialog, "requestTabs");
    for (int tab = 0; tab < tabs->count(); ++tab) {
        tabs->setCurrentIndex(tab);
        QCOMPARE(Keyboard::doubleMnemonics(&dialog).join("; "), QString());
        QCOMPARE(Keyboard::stepsAgainstTheEye(tabs->currentWidget()).join("; "), QString());
    }
}

void TestWizardForms::altNGoesOn()
{
    openRequestWizard(Gui::NewRequestWizard::SubjectPageId);
    auto *commonName = find<QLineEdit>(m_wizard.get(), "commonNameEdit");
    commonName->setFocus();
    QTest::keyClick(commonName, Qt::Key_N, Qt::AltModifier);
    QTRY_COMPARE(m_wizard->currentId(), int(Gui::NewRequestWizard::KeyPageId)); // the button shows that it is pressed first
}

void TestWizardForms::formsDoNotJump_data()
{
    QTest::addColumn<QString>("url");
    QTest::newRow("scheme") << "ftp://ca.example/scep";
    QTest::newRow("user info") << "http://admin:secret@ca.example/scep";
    QTest::newRow("operation") << "http://ca.example/scep?operation=GetCACert";
    QTest::newRow("no host") << "http:///scep";
}

void TestWizardForms::formsDoNotJump()
{
    QFETCH(QString, url);
    openServerWizard();
    const auto *below = find(m_wizard.get(), "caIdentifierEdit");
    const int before = heightOf(below);
    type(m_wizard.get(), "urlEdit", url);
    QCOMPARE(severityOf(m_wizard.get(), "urlNote"), Models::Severity::Bad);
    checkNotes();
    QCOMPARE(heightOf(below), before);
    type(m_wizard.get(), "urlEdit", "http://ca.example/scep");
    QCOMPARE(heightOf(below), before);
}

void TestWizardForms::anUnreadableSubjectMovesNothing()
{
    openRequestWizard(Gui::NewRequestWizard::SubjectPageId);
    const auto *below = find(m_wizard.get(), "sanKindCombo");
    const int before = heightOf(below);
    type(m_wizard.get(), "subjectEdit", "CN=plc-42, C=SWE");
    QCOMPARE(severityOf(m_wizard.get(), "subjectNote"), Models::Severity::Bad);
    checkNotes();
    QCOMPARE(heightOf(below), before);
    QVERIFY(!find(m_wizard.get(), "subjectDecoded")->isVisible());
    type(m_wizard.get(), "subjectEdit", "CN=plc-42, C=SE");
    QVERIFY(find(m_wizard.get(), "subjectDecoded")->isVisible());
    QCOMPARE(heightOf(below), before);
}

void TestWizardForms::challengeNoteLeavesNoHole()
{
    openRequestWizard(Gui::NewRequestWizard::ChallengePageId);
    const auto *below = find(m_wizard.get(), "renewalKindCombo");
    const int before = heightOf(below);
    checkNotes();
    type(m_wizard.get(), "challengeEdit", "secret");
    QCOMPARE(severityOf(m_wizard.get(), "challengeNote"), Models::Severity::Attention);
    checkNotes();
    QCOMPARE(heightOf(below), before);
    // Narrow, the note takes more lines, and then it grows by them alone.
    m_wizard->resize(m_wizard->minimumSizeHint().width(), m_wizard->height());
    checkNotes();
}

void TestWizardForms::errorsAreNotSaidTwice_data()
{
    QTest::addColumn<int>("code");
    QTest::addColumn<QString>("field");
    QTest::addColumn<QString>("start");
    QTest::newRow("URL") << int(Models::ErrorCode::InvalidUrl) << "this URL" << "This is not a URL";
    QTest::newRow("fingerprint") << int(Models::ErrorCode::InvalidFingerprint) << "this fingerprint" << "This is not a fingerprint";
    QTest::newRow("subject") << int(Models::ErrorCode::InvalidDistinguishedName) << "this subject" << "The subject is not";
    QTest::newRow("any value") << int(Models::ErrorCode::InvalidArgument) << "the label" << "The label: a value";
}

void TestWizardForms::errorsAreNotSaidTwice()
{
    QFETCH(int, code);
    QFETCH(QString, field);
    QFETCH(QString, start);
    const QString text = Gui::fieldErrorText({static_cast<Models::ErrorCode>(code), "why"}, field);
    QVERIFY2(text.startsWith(start), qPrintable(text));
    QVERIFY2(text.contains("(why)"), qPrintable(text));
}

void TestWizardForms::takesANameThatWasNotAdded()
{
    openRequestWizard(Gui::NewRequestWizard::SubjectPageId);
    type(m_wizard.get(), "sanEdit", "IP:192.0.2.7");
    type(m_wizard.get(), "sanValueEdit", "plc-42.lab.example");
    for (int page = Gui::NewRequestWizard::SubjectPageId; page < Gui::NewRequestWizard::ReviewPageId; ++page) {
        QCOMPARE(m_wizard->currentId(), page);
        click(m_wizard.get(), "nextButton");
    }
    QTRY_VERIFY_WITH_TIMEOUT(isEnabled(m_wizard.get(), "finishButton"), 30000);
    QStringList shown;
    for (const QLabel *label : find(m_wizard.get(), "reviewDetails")->findChildren<QLabel *>())
        shown.append(label->text());
    QVERIFY2(shown.contains("IP:192.0.2.7, DNS:plc-42.lab.example"), qPrintable(shown.join('\n')));
    QVERIFY(find<QLineEdit>(m_wizard.get(), "sanValueEdit")->text().isEmpty());
}

void TestWizardForms::staysOnANameThatIsNone()
{
    openRequestWizard(Gui::NewRequestWizard::SubjectPageId);
    find<QComboBox>(m_wizard.get(), "sanKindCombo")->setCurrentIndex(1); // an address
    type(m_wizard.get(), "sanValueEdit", "192.0.2.300");
    click(m_wizard.get(), "nextButton");
    QCOMPARE(m_wizard->currentId(), int(Gui::NewRequestWizard::SubjectPageId));
    QCOMPARE(severityOf(m_wizard.get(), "sanEntryNote"), Models::Severity::Bad);
    QVERIFY2(noteText(m_wizard.get(), "sanEntryNote").contains("IP address"), qPrintable(noteText(m_wizard.get(), "sanEntryNote")));
    checkNotes();
    type(m_wizard.get(), "sanValueEdit", " ");
    click(m_wizard.get(), "nextButton");
    QCOMPARE(m_wizard->currentId(), int(Gui::NewRequestWizard::KeyPageId));
}

void TestWizardForms::dialogTakesANameThatWasNotAdded()
{
    Scep::EnrollmentRequest request;
    request.label = "plc-43";
    request.isEnabled = false;
    const Models::ServerModel *servers = m_lab->service->servers();
    request.server = servers->record(servers->index(0, 0))->server.id;
    request.subject = Pki::DistinguishedName::fromText("CN=plc-43").value();
    const auto prepared = m_lab->service->prepare(request, std::make_shared<Pki::SecretBytes>(QByteArrayView(LabFixture::challenge)));
    QVERIFY(ServiceFixture::wait(prepared));
    QVERIFY(prepared.result());
    const auto submitted = m_lab->service->submit(*prepared.result(), {});
    QVERIFY(ServiceFixture::wait(submitted));
    QVERIFY(submitted.result());
    const Scep::RequestId id = *submitted.result();
    const auto *requests = m_lab->service->requests();
    QTRY_VERIFY(requests->record(id) != nullptr && !requests->record(id)->transaction.isOpen());

    Gui::RequestDialog dialog(*m_lab->service, m_prompter, *requests->record(id));
    QSignalSpy accepted(&dialog, &QDialog::accepted);
    dialog.show();
    QVERIFY(QTest::qWaitForWindowExposed(&dialog));
    QTRY_VERIFY(isEnabled(&dialog, "requestSave"));
    auto *tabs = find<QTabWidget>(&dialog, "requestTabs");
    tabs->setCurrentIndex(1);
    type(&dialog, "sanValueEdit", "not a name");
    tabs->setCurrentIndex(0);
    click(&dialog, "requestSave");
    QCOMPARE(tabs->currentIndex(), 1);
    QCOMPARE(severityOf(&dialog, "sanEntryNote"), Models::Severity::Bad);
    QCOMPARE(accepted.size(), 0);
    type(&dialog, "sanValueEdit", "plc-43.lab.example");
    click(&dialog, "requestSave");
    QTRY_COMPARE_WITH_TIMEOUT(accepted.size(), 1, 20000);
    QTRY_COMPARE(Pki::toText(requests->record(id)->request.subjectAlternativeNames), QString("DNS:plc-43.lab.example"));
    const auto removed = m_lab->service->removeRequest(id);
    QVERIFY(ServiceFixture::wait(removed));
    QTRY_COMPARE(requests->rowCount(), 0);
}

void TestWizardForms::escapeAsksOnce()
{
    openRequestWizard(Gui::NewRequestWizard::ReviewPageId);
    QTRY_VERIFY_WITH_TIMEOUT(isEnabled(m_wizard.get(), "finishButton"), 30000);
    m_prompter.confirmAnswer = false;
    QTest::keyClick(m_wizard.get(), Qt::Key_Escape);
    QCOMPARE(m_prompter.questions.size(), 1);
    QVERIFY(m_wizard->isVisible());
    QCOMPARE(m_wizard->currentId(), int(Gui::NewRequestWizard::ReviewPageId));
    m_wizard->close(); // the button of the window's frame
    QCOMPARE(m_prompter.questions.size(), 2);
    QVERIFY(m_wizard->isVisible());
    m_prompter.confirmAnswer = true;
    click(m_wizard.get(), "cancelButton");
    QCOMPARE(m_prompter.questions.size(), 3);
    QVERIFY(!m_wizard->isVisible());
}

void TestWizardForms::escapeOnTheFirstPageAsksNothing()
{
    openServerWizard();
    type(m_wizard.get(), "urlEdit", "http://ca.example/scep");
    QTest::keyClick(m_wizard.get(), Qt::Key_Escape);
    QVERIFY(m_prompter.questions.isEmpty());
    QVERIFY(!m_wizard->isVisible());
}

void TestWizardForms::emptyIconsAreQuiet()
{
    QTest::failOnWarning(QRegularExpression(".*"));
    for (const QSize size : {QSize(), QSize(0, 0), QSize(0, 16), QSize(16, 0)}) {
        QVERIFY(Gui::severityIcon(Models::Severity::Bad).pixmap(size).isNull());
        QVERIFY(Gui::icon("server").pixmap(size, QIcon::Disabled).isNull());
    }
    QVERIFY(!Gui::icon("server").pixmap(QSize(16, 16)).isNull());
}

QTEST_MAIN(TestWizardForms)
#include "tst_wizardforms.moc"
