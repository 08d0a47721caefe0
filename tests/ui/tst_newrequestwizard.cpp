// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/ui/fakeprompter.h"
#include "tests/ui/labfixture.h"
#include "ui/wizards/newrequestwizard.h"

#include <QAction>
#include <QCheckBox>
#include <QComboBox>
#include <QFile>
#include <QGroupBox>
#include <QLabel>
#include <QListWidget>
#include <QPlainTextEdit>
#include <QProcess>
#include <QPushButton>
#include <QSignalSpy>

/// The new-request wizard on the real Service: every field's error in words beside it, Next only when all is well, and a review that
/// shows the CSR as it was encoded.
class TestNewRequestWizard final : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void init();
    void cleanup();
    void labelIsNeeded();
    void refusesSubject_data();
    void refusesSubject();
    void helperFieldsWriteTheSubject();
    void refusesAlternativeNames_data();
    void refusesAlternativeNames();
    void listAndTextAgree();
    void weakKeyIsSaid();
    void refusesPurposes();
    void challengeIsMasked();
    void reviewShowsTheCsr();
    void backDropsThePreparedRequest();
    void takesAKeyFromAFile();
    void takesTheDevicesRequest();
    void theFirstCertificateIsDelivered();

private:
    void goTo(int page);
    bool openssl(const QString &arguments);
    std::unique_ptr<LabFixture> m_lab;
    FakePrompter m_prompter;
    std::unique_ptr<Gui::NewRequestWizard> m_wizard;
};

void TestNewRequestWizard::initTestCase()
{
    m_lab = std::make_unique<LabFixture>();
    QVERIFY(m_lab->open());
    QVERIFY(m_lab->addServer("lab"));
    QTRY_COMPARE(m_lab->service->servers()->rowCount(), 1);
}

void TestNewRequestWizard::init()
{
    m_wizard = std::make_unique<Gui::NewRequestWizard>(*m_lab->service, m_prompter, Scep::ServerId());
    m_wizard->show();
    QVERIFY(QTest::qWaitForWindowExposed(m_wizard.get()));
}

void TestNewRequestWizard::cleanup()
{
    m_wizard.reset();
    QCOMPARE(m_lab->service->requests()->rowCount(), 0);
}

void TestNewRequestWizard::goTo(int page)
{
    type(m_wizard.get(), "requestLabelEdit", "plc-7");
    while (m_wizard->currentId() < page) {
        const int before = m_wizard->currentId();
        QVERIFY(isEnabled(m_wizard.get(), "nextButton"));
        click(m_wizard.get(), "nextButton");
        QCOMPARE(m_wizard->currentId(), before + 1);
    }
}

void TestNewRequestWizard::labelIsNeeded()
{
    QVERIFY(!isEnabled(m_wizard.get(), "nextButton"));
    type(m_wizard.get(), "requestLabelEdit", "plc-7");
    QVERIFY(isEnabled(m_wizard.get(), "nextButton"));
}

void TestNewRequestWizard::refusesSubject_data()
{
    QTest::addColumn<QString>("subject");
    QTest::newRow("no attribute") << "plc-7";
    QTest::newRow("unknown type") << "XYZZY=plc-7";
    QTest::newRow("open quote") << "CN=\"plc-7";
    QTest::newRow("country of three letters") << "CN=plc-7, C=SWE";
}

void TestNewRequestWizard::refusesSubject()
{
    QFETCH(QString, subject);
    goTo(Gui::NewRequestWizard::SubjectPageId);
    QCOMPARE(find<QLineEdit>(m_wizard.get(), "subjectEdit")->text(), QString("CN=plc-7"));
    type(m_wizard.get(), "subjectEdit", subject);
    QCOMPARE(severityOf(m_wizard.get(), "subjectNote"), Models::Severity::Bad);
    QVERIFY(!noteText(m_wizard.get(), "subjectNote").isEmpty());
    QVERIFY(!isEnabled(m_wizard.get(), "nextButton"));
    type(m_wizard.get(), "subjectEdit", "CN=plc-7, O=Lab");
    QVERIFY(isEnabled(m_wizard.get(), "nextButton"));
}

void TestNewRequestWizard::helperFieldsWriteTheSubject()
{
    goTo(Gui::NewRequestWizard::SubjectPageId);
    type(m_wizard.get(), "organisationEdit", "Smith, Jones + Co");
    type(m_wizard.get(), "countryEdit", "SE");
    const QString text = find<QLineEdit>(m_wizard.get(), "subjectEdit")->text();
    const auto name = Pki::DistinguishedName::fromText(text);
    QVERIFY2(name, qPrintable(text));
    const auto parts = name->relativeNames();
    QCOMPARE(parts.size(), 3);
    QCOMPARE(parts.at(0).first().value, QString("plc-7"));
    QCOMPARE(parts.at(1).first().value, QString("Smith, Jones + Co"));
    QCOMPARE(parts.at(2).first().value, QString("SE"));
    // What was typed as text shows in the fields, and other attributes survive a change by field.
    type(m_wizard.get(), "subjectEdit", "CN=a, L=Lund, O=b");
    QCOMPARE(find<QLineEdit>(m_wizard.get(), "organisationEdit")->text(), QString("b"));
    type(m_wizard.get(), "organisationEdit", "c");
    QCOMPARE(find<QLineEdit>(m_wizard.get(), "subjectEdit")->text(), QString("CN=a, L=Lund, O=c"));
}

void TestNewRequestWizard::refusesAlternativeNames_data()
{
    QTest::addColumn<QString>("names");
    QTest::newRow("address") << "IP:300.1.2.3";
    QTest::newRow("host name") << "DNS:-plc-";
    QTest::newRow("prefix") << "FOO:bar";
}

void TestNewRequestWizard::refusesAlternativeNames()
{
    QFETCH(QString, names);
    goTo(Gui::NewRequestWizard::SubjectPageId);
    type(m_wizard.get(), "sanEdit", names);
    QCOMPARE(severityOf(m_wizard.get(), "sanNote"), Models::Severity::Bad);
    QVERIFY(!isEnabled(m_wizard.get(), "nextButton"));
    type(m_wizard.get(), "sanEdit", "");
    QVERIFY(isEnabled(m_wizard.get(), "nextButton"));
}

void TestNewRequestWizard::listAndTextAgree()
{
    goTo(Gui::NewRequestWizard::SubjectPageId);
    auto *list = find<QListWidget>(m_wizard.get(), "sanList");
    auto *text = find<QLineEdit>(m_wizard.get(), "sanEdit");
    type(m_wizard.get(), "sanValueEdit", "plc-7.lab.example");
    QTest::keyClick(find<QLineEdit>(m_wizard.get(), "sanValueEdit"), Qt::Key_Return);
    QCOMPARE(m_wizard->currentId(), int(Gui::NewRequestWizard::SubjectPageId)); // Return adds, it does not go on
    find<QComboBox>(m_wizard.get(), "sanKindCombo")->setCurrentIndex(1);
    type(m_wizard.get(), "sanValueEdit", "192.0.2.7");
    click(m_wizard.get(), "sanAddButton");
    QCOMPARE(list->count(), 2);
    QCOMPARE(text->text(), QString("DNS:plc-7.lab.example, IP:192.0.2.7"));
    type(m_wizard.get(), "sanValueEdit", "not an address");
    click(m_wizard.get(), "sanAddButton");
    QCOMPARE(severityOf(m_wizard.get(), "sanEntryNote"), Models::Severity::Bad);
    QCOMPARE(list->count(), 2);
    list->setCurrentRow(0);
    click(m_wizard.get(), "sanRemoveButton");
    QCOMPARE(text->text(), QString("IP:192.0.2.7"));
}

void TestNewRequestWizard::weakKeyIsSaid()
{
    goTo(Gui::NewRequestWizard::KeyPageId);
    auto *keys = find<QComboBox>(m_wizard.get(), "keyCombo");
    QCOMPARE(keys->currentText(), QString("RSA 2048"));
    keys->setCurrentIndex(keys->findText("RSA 1024"));
    QCOMPARE(severityOf(m_wizard.get(), "keyNote"), Models::Severity::Attention);
    QVERIFY(isEnabled(m_wizard.get(), "nextButton")); // a warning, not a refusal
}

void TestNewRequestWizard::refusesPurposes()
{
    goTo(Gui::NewRequestWizard::KeyPageId);
    type(m_wizard.get(), "otherUsesEdit", "no-such-purpose");
    QCOMPARE(severityOf(m_wizard.get(), "otherUsesNote"), Models::Severity::Bad);
    QVERIFY(!isEnabled(m_wizard.get(), "nextButton"));
    type(m_wizard.get(), "otherUsesEdit", "1.3.6.1.5.5.7.3.17");
    QVERIFY(isEnabled(m_wizard.get(), "nextButton"));
}

void TestNewRequestWizard::challengeIsMasked()
{
    goTo(Gui::NewRequestWizard::ChallengePageId);
    type(m_wizard.get(), "challengeEdit", "secret");
    auto *edit = find<QLineEdit>(m_wizard.get(), "challengeEdit");
    QCOMPARE(edit->echoMode(), QLineEdit::Password);
    edit->findChild<QAction *>("revealAction")->trigger();
    QCOMPARE(edit->echoMode(), QLineEdit::Normal);
    QVERIFY(noteText(m_wizard.get(), "challengeNote").contains("many devices"));
}

void TestNewRequestWizard::reviewShowsTheCsr()
{
    goTo(Gui::NewRequestWizard::SubjectPageId);
    type(m_wizard.get(), "subjectEdit", "CN=plc-7, O=Lab");
    type(m_wizard.get(), "sanEdit", "DNS:plc-7.lab.example, IP:192.0.2.7");
    click(m_wizard.get(), "nextButton");
    click(m_wizard.get(), "nextButton");
    type(m_wizard.get(), "challengeEdit", "top-secret-challenge");
    click(m_wizard.get(), "nextButton");
    QCOMPARE(m_wizard->currentId(), int(Gui::NewRequestWizard::DeliveryPageId));
    click(m_wizard.get(), "nextButton"); // nothing has to be filled in there
    QCOMPARE(m_wizard->currentId(), int(Gui::NewRequestWizard::ReviewPageId));
    QTRY_VERIFY_WITH_TIMEOUT(isEnabled(m_wizard.get(), "finishButton"), 30000);
    QStringList shown;
    for (const QLabel *label : find(m_wizard.get(), "reviewDetails")->findChildren<QLabel *>())
        shown.append(label->text());
    const QString all = shown.join('\n');
    QVERIFY2(all.contains("plc-7.lab.example"), qPrintable(all));
    QVERIFY(all.contains("192.0.2.7"));
    QVERIFY(all.contains("RSA 2048"));
    QVERIFY(!all.contains("top-secret-challenge"));
    QCOMPARE(m_lab->enrollmentMessages(), 0);
}

void TestNewRequestWizard::backDropsThePreparedRequest()
{
    goTo(Gui::NewRequestWizard::ReviewPageId);
    QTRY_VERIFY_WITH_TIMEOUT(isEnabled(m_wizard.get(), "finishButton"), 30000);
    click(m_wizard.get(), "backButton");
    QCOMPARE(m_wizard->currentId(), int(Gui::NewRequestWizard::DeliveryPageId));
    click(m_wizard.get(), "nextButton");
    QVERIFY(!isEnabled(m_wizard.get(), "finishButton")); // a new key is made
    QTRY_VERIFY_WITH_TIMEOUT(isEnabled(m_wizard.get(), "finishButton"), 30000);
}

bool TestNewRequestWizard::openssl(const QString &arguments)
{
    QProcess process;
    process.setWorkingDirectory(m_lab->dir.path());
    process.start("openssl", arguments.split(' '));
    return process.waitForFinished(30000) && process.exitCode() == 0;
}

void TestNewRequestWizard::takesAKeyFromAFile()
{
    QVERIFY(openssl("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -aes256 -pass pass:geheim -out device.key"));
    QVERIFY(openssl("pkey -in device.key -passin pass:geheim -pubout -outform DER -out device.pub"));
    goTo(Gui::NewRequestWizard::KeyPageId);
    const auto *source = find<QLabel>(m_wizard.get(), "keySource");
    QVERIFY(source->text().contains("new key"));
    QVERIFY(!find(m_wizard.get(), "keyNew")->isVisible());
    m_prompter.paths = {m_lab->dir.filePath("device.pub")}; // no private key
    click(m_wizard.get(), "keyFromFile");
    QTRY_COMPARE(find<Gui::FieldNote>(m_wizard.get(), "keySourceNote")->severity(), Models::Severity::Bad);

    m_prompter.paths = {m_lab->dir.filePath("device.key")};
    m_prompter.secrets = {"wrong", "geheim"};
    click(m_wizard.get(), "keyFromFile");
    QTRY_VERIFY_WITH_TIMEOUT(source->text().contains("RSA 2048"), 20000);
    QVERIFY(m_prompter.secrets.isEmpty());
    goTo(Gui::NewRequestWizard::ReviewPageId);
    QTRY_VERIFY(isEnabled(m_wizard.get(), "finishButton"));
    QFile file(m_lab->dir.filePath("device.pub"));
    QVERIFY(file.open(QIODevice::ReadOnly));
    const Pki::Fingerprint expected = Pki::Fingerprint::of(Pki::Digest::Sha256, file.readAll());
    QCOMPARE(find(m_wizard.get(), "csrKeyFingerprint")->property("value").toString(), expected.toDisplay());

    click(m_wizard.get(), "backButton");
    click(m_wizard.get(), "backButton");
    click(m_wizard.get(), "backButton");
    click(m_wizard.get(), "keyNew");
    QVERIFY(source->text().contains("new key"));
}

void TestNewRequestWizard::takesTheDevicesRequest()
{
    QVERIFY(openssl("req -new -newkey rsa:2048 -nodes -keyout own.key -subj /CN=device-42/O=Field -out own.csr"));
    goTo(Gui::NewRequestWizard::KeyPageId);
    m_prompter.paths = {m_lab->dir.filePath("own.csr")};
    click(m_wizard.get(), "keyFromFile");
    QTRY_VERIFY(find<QLabel>(m_wizard.get(), "keySource")->text().contains("device's own request"));
    QVERIFY(!find(m_wizard.get(), "keyCombo")->isEnabled());
    const auto *note = find<Gui::FieldNote>(m_wizard.get(), "keySourceNote");
    QVERIFY2(note->text().contains("device-42"), qPrintable(note->text()));
    goTo(Gui::NewRequestWizard::ReviewPageId);
    QTRY_VERIFY(isEnabled(m_wizard.get(), "finishButton"));
    bool isShown = false;
    for (const QLabel *label : m_wizard->findChildren<QLabel *>())
        isShown = isShown || (label->isVisible() && label->text().contains("CN=device-42"));
    QVERIFY(isShown);
}

void TestNewRequestWizard::theFirstCertificateIsDelivered()
{
    goTo(Gui::NewRequestWizard::ChallengePageId);
    type(m_wizard.get(), "challengeEdit", LabFixture::challenge);
    click(m_wizard.get(), "nextButton");
    QCOMPARE(m_wizard->currentId(), int(Gui::NewRequestWizard::DeliveryPageId));
    QVERIFY(isEnabled(m_wizard.get(), "nextButton"));
    find<QGroupBox>(m_wizard.get(), "deliveryBox")->setChecked(true);
    QVERIFY(!isEnabled(m_wizard.get(), "nextButton")); // no folder yet
    const QString folder = m_lab->dir.filePath("delivered");
    find<QLineEdit>(m_wizard.get(), "deliveryFolder")->setText(folder);
    find<QCheckBox>(m_wizard.get(), "deliveryPkcs12")->setChecked(true);
    QVERIFY(!isEnabled(m_wizard.get(), "nextButton")); // no pass phrase yet
    find<QLineEdit>(m_wizard.get(), "deliveryPassphrase")->setText("geheim");
    QVERIFY(isEnabled(m_wizard.get(), "nextButton"));
    find<QLineEdit>(m_wizard.get(), "tagsEdit")->setText("hall 3, spare");
    find<QPlainTextEdit>(m_wizard.get(), "notesEdit")->setPlainText("second rack");
    click(m_wizard.get(), "nextButton");
    QTRY_VERIFY_WITH_TIMEOUT(isEnabled(m_wizard.get(), "finishButton"), 30000);
    QSignalSpy submitted(m_wizard.get(), &Gui::NewRequestWizard::requestSubmitted);
    click(m_wizard.get(), "finishButton");
    QTRY_COMPARE_WITH_TIMEOUT(submitted.size(), 1, 30000);
    const auto id = submitted.first().first().value<Scep::RequestId>();
    const auto *requests = m_lab->service->requests();
    QTRY_VERIFY_WITH_TIMEOUT(requests->record(id) && requests->record(id)->delivery.state == Models::DeliveryState::State::Delivered,
                             30000);
    QCOMPARE(requests->record(id)->extras.tags, QStringList({"hall 3", "spare"}));
    QCOMPARE(requests->record(id)->extras.notes, QString("second rack"));
    QVERIFY(QFile::exists(folder + "/plc-7-key-pair.p12"));
    const auto removed = m_lab->service->removeRequest(id);
    QVERIFY(ServiceFixture::wait(removed));
    QTRY_COMPARE(requests->rowCount(), 0);
}

QTEST_MAIN(TestNewRequestWizard)
#include "tst_newrequestwizard.moc"
