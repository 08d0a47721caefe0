// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/testca.h"
#include "tests/ui/fakeprompter.h"
#include "tests/ui/labfixture.h"
#include "ui/wizards/addserverwizard.h"

#include <QComboBox>
#include <QSignalSpy>
#include <QTcpServer>

/// The add-server wizard against a real Lab CA: nothing is stored before the CA is confirmed, and nothing but the two questions is sent.
class TestAddServerWizard final : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void init();
    void cleanup();
    void refusesUrl_data();
    void refusesUrl();
    void refusesTakenLabel();
    void explainsUnreachableServer();
    void probeCanBeStopped();
    void acceptsFingerprint_data();
    void acceptsFingerprint();
    void wrongFingerprintStoresNothing();
    void halfFingerprintIsNoMatch();
    void acceptsCertificateFile();
    void refusesForeignCertificateFile();
    void byEyeNeedsTheTick();
    void storesSettings();

private:
    void goToTrustPage();
    std::unique_ptr<LabFixture> m_lab;
    FakePrompter m_prompter;
    std::unique_ptr<Gui::AddServerWizard> m_wizard;
};

void TestAddServerWizard::initTestCase()
{
    m_lab = std::make_unique<LabFixture>();
    QVERIFY(m_lab->open());
}

void TestAddServerWizard::init()
{
    m_wizard = std::make_unique<Gui::AddServerWizard>(*m_lab->service, m_prompter);
    m_wizard->show();
    QVERIFY(QTest::qWaitForWindowExposed(m_wizard.get()));
}

void TestAddServerWizard::cleanup()
{
    m_wizard.reset();
    const Models::ServerModel *servers = m_lab->service->servers();
    while (servers->rowCount() > 0) {
        const auto removed = m_lab->service->removeServer(servers->record(servers->index(0, 0))->server.id);
        QVERIFY(ServiceFixture::wait(removed));
        QTRY_COMPARE(servers->rowCount(), 0);
    }
}

void TestAddServerWizard::goToTrustPage()
{
    type(m_wizard.get(), "urlEdit", m_lab->face->url().toString());
    type(m_wizard.get(), "serverLabelEdit", "lab");
    QVERIFY(isEnabled(m_wizard.get(), "nextButton"));
    click(m_wizard.get(), "nextButton");
    QTRY_COMPARE_WITH_TIMEOUT(m_wizard->currentId(), int(Gui::AddServerWizard::TrustPageId), 20000);
    QVERIFY(!isEnabled(m_wizard.get(), "nextButton"));
}

void TestAddServerWizard::refusesUrl_data()
{
    QTest::addColumn<QString>("url");
    QTest::newRow("scheme") << "ftp://ca.example/scep";
    QTest::newRow("no host") << "http:///scep";
    QTest::newRow("user info") << "http://admin:secret@ca.example/scep";
    QTest::newRow("fragment") << "http://ca.example/scep#top";
}

void TestAddServerWizard::refusesUrl()
{
    QFETCH(QString, url);
    type(m_wizard.get(), "serverLabelEdit", "plant");
    type(m_wizard.get(), "urlEdit", url);
    QCOMPARE(severityOf(m_wizard.get(), "urlNote"), Models::Severity::Bad);
    QVERIFY(!noteText(m_wizard.get(), "urlNote").isEmpty());
    QVERIFY(!isEnabled(m_wizard.get(), "nextButton"));
    type(m_wizard.get(), "urlEdit", "http://ca.example/scep");
    QVERIFY(isEnabled(m_wizard.get(), "nextButton"));
}

void TestAddServerWizard::refusesTakenLabel()
{
    QVERIFY(m_lab->addServer("plant"));
    QTRY_COMPARE(m_lab->service->servers()->rowCount(), 1);
    type(m_wizard.get(), "urlEdit", "http://ca.example/scep");
    type(m_wizard.get(), "serverLabelEdit", "Plant");
    QCOMPARE(severityOf(m_wizard.get(), "serverLabelNote"), Models::Severity::Bad);
    QVERIFY(!isEnabled(m_wizard.get(), "nextButton"));
}

void TestAddServerWizard::explainsUnreachableServer()
{
    quint16 closedPort = 0;
    {
        QTcpServer taken;
        QVERIFY(taken.listen(QHostAddress::LocalHost));
        closedPort = taken.serverPort();
    }
    type(m_wizard.get(), "urlEdit", QString("http://127.0.0.1:%1/scep").arg(closedPort));
    type(m_wizard.get(), "serverLabelEdit", "gone");
    click(m_wizard.get(), "nextButton");
    QTRY_COMPARE_WITH_TIMEOUT(severityOf(m_wizard.get(), "probeNote"), Models::Severity::Bad, 20000);
    QVERIFY(!isEnabled(m_wizard.get(), "nextButton"));
    QVERIFY(find(m_wizard.get(), "probeAgainButton")->isVisible());
}

void TestAddServerWizard::probeCanBeStopped()
{
    QTcpServer silent; // accepts and never answers
    QVERIFY(silent.listen(QHostAddress::LocalHost));
    type(m_wizard.get(), "urlEdit", QString("http://127.0.0.1:%1/scep").arg(silent.serverPort()));
    type(m_wizard.get(), "serverLabelEdit", "silent");
    click(m_wizard.get(), "nextButton");
    QTRY_VERIFY(find(m_wizard.get(), "probeCancelButton")->isVisible());
    click(m_wizard.get(), "probeCancelButton");
    QVERIFY(!find(m_wizard.get(), "probeProgress")->isVisible());
    QVERIFY(!isEnabled(m_wizard.get(), "nextButton"));
    QCOMPARE(m_lab->service->servers()->rowCount(), 0);
}

void TestAddServerWizard::acceptsFingerprint_data()
{
    QTest::addColumn<Pki::Digest>("digest");
    QTest::addColumn<QString>("spelling");
    QTest::addColumn<bool>("isWeak");
    QTest::newRow("sha256 colons") << Pki::Digest::Sha256 << "%C" << false;
    QTest::newRow("sha256 lower") << Pki::Digest::Sha256 << "%l" << false;
    QTest::newRow("sha256 openssl") << Pki::Digest::Sha256 << "SHA256 Fingerprint=%C" << false;
    QTest::newRow("sha256 with blanks") << Pki::Digest::Sha256 << " %s " << false;
    QTest::newRow("sha512") << Pki::Digest::Sha512 << "%C" << false;
    QTest::newRow("sha1") << Pki::Digest::Sha1 << "%C" << true;
    QTest::newRow("md5") << Pki::Digest::Md5 << "%l" << true;
}

void TestAddServerWizard::acceptsFingerprint()
{
    QFETCH(Pki::Digest, digest);
    QFETCH(QString, spelling);
    QFETCH(bool, isWeak);
    goToTrustPage();
    const Pki::Fingerprint fingerprint = m_lab->depot->root().fingerprint(digest);
    QString text = spelling;
    text.replace("%C", fingerprint.toDisplay());
    text.replace("%l", fingerprint.toHex());
    text.replace("%s", fingerprint.toDisplay().replace(':', ' ').toLower());
    find<QLineEdit>(m_wizard.get(), "fingerprintEdit")->setText(text);
    QCOMPARE(severityOf(m_wizard.get(), "fingerprintNote"), isWeak ? Models::Severity::Attention : Models::Severity::Good);
    QVERIFY(noteText(m_wizard.get(), "fingerprintNote").startsWith("Matches"));
    QVERIFY(isEnabled(m_wizard.get(), "nextButton"));
}

void TestAddServerWizard::wrongFingerprintStoresNothing()
{
    goToTrustPage();
    const qsizetype before = m_lab->enrollmentMessages();
    QString wrong = m_lab->depot->root().fingerprint().toDisplay();
    wrong[0] = wrong.at(0) == '0' ? '1' : '0';
    auto *edit = find<QLineEdit>(m_wizard.get(), "fingerprintEdit");
    edit->setText(wrong);
    QCOMPARE(severityOf(m_wizard.get(), "fingerprintNote"), Models::Severity::Bad);
    QVERIFY(noteText(m_wizard.get(), "fingerprintNote").startsWith("Does not match"));
    QVERIFY(!isEnabled(m_wizard.get(), "nextButton"));
    click(m_wizard.get(), "nextButton");
    QTest::keyClick(edit, Qt::Key_Return);
    QCOMPARE(m_wizard->currentId(), int(Gui::AddServerWizard::TrustPageId));
    m_prompter.confirmAnswer = true; // what was filled in is lost
    click(m_wizard.get(), "cancelButton");
    QVERIFY(!m_wizard->isVisible());
    QCOMPARE(m_lab->service->servers()->rowCount(), 0);
    QCOMPARE(m_lab->enrollmentMessages(), before);
}

void TestAddServerWizard::halfFingerprintIsNoMatch()
{
    goToTrustPage();
    find<QLineEdit>(m_wizard.get(), "fingerprintEdit")->setText(m_lab->depot->root().fingerprint().toHex().left(40 + 2));
    QCOMPARE(severityOf(m_wizard.get(), "fingerprintNote"), Models::Severity::Attention);
    QVERIFY(!isEnabled(m_wizard.get(), "nextButton"));
}

void TestAddServerWizard::acceptsCertificateFile()
{
    goToTrustPage();
    const QString path = m_lab->dir.filePath("root.pem");
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(m_lab->depot->root().toPem());
    file.close();
    m_prompter.paths = {path};
    click(m_wizard.get(), "chooseAnchorButton");
    QTRY_COMPARE(severityOf(m_wizard.get(), "anchorFileNote"), Models::Severity::Good);
    QVERIFY(isEnabled(m_wizard.get(), "nextButton"));
}

void TestAddServerWizard::refusesForeignCertificateFile()
{
    goToTrustPage();
    TestSupport::CertificateOptions options;
    options.isCa = true;
    const auto foreign =
        TestSupport::makeSelfSigned("CN=Foreign", TestSupport::rsaKey("foreign"), QDateTime::currentDateTimeUtc(), options);
    const QString path = m_lab->dir.filePath("foreign.pem");
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(foreign.certificate.toPem());
    file.close();
    m_prompter.paths = {path};
    click(m_wizard.get(), "chooseAnchorButton");
    QTRY_COMPARE(severityOf(m_wizard.get(), "anchorFileNote"), Models::Severity::Bad);
    QVERIFY(!isEnabled(m_wizard.get(), "nextButton"));

    m_prompter.paths = {m_lab->dir.filePath("does-not-exist.pem")};
    click(m_wizard.get(), "chooseAnchorButton");
    QTRY_VERIFY(noteText(m_wizard.get(), "anchorFileNote").contains("does-not-exist.pem"));
    QVERIFY(!isEnabled(m_wizard.get(), "nextButton"));
}

void TestAddServerWizard::byEyeNeedsTheTick()
{
    goToTrustPage();
    click(m_wizard.get(), "byEyeRadio");
    QVERIFY(!isEnabled(m_wizard.get(), "nextButton"));
    click(m_wizard.get(), "comparedCheck");
    QVERIFY(isEnabled(m_wizard.get(), "nextButton"));
    // Another way of confirming takes it back.
    click(m_wizard.get(), "byFingerprintRadio");
    QVERIFY(!isEnabled(m_wizard.get(), "nextButton"));
}

void TestAddServerWizard::storesSettings()
{
    goToTrustPage();
    find<QLineEdit>(m_wizard.get(), "fingerprintEdit")->setText(m_lab->depot->root().fingerprint(Pki::Digest::Sha1).toHex());
    click(m_wizard.get(), "nextButton");
    QCOMPARE(m_wizard->currentId(), int(Gui::AddServerWizard::SettingsPageId));
    type(m_wizard.get(), "proxyEdit", "not a proxy");
    QVERIFY(!isEnabled(m_wizard.get(), "nextButton"));
    QVERIFY2(noteText(m_wizard.get(), "serverSettingsReason").contains("proxy"),
             qPrintable(noteText(m_wizard.get(), "serverSettingsReason")));
    type(m_wizard.get(), "proxyEdit", "");
    QVERIFY(isEnabled(m_wizard.get(), "nextButton"));
    QVERIFY(noteText(m_wizard.get(), "serverSettingsReason").isEmpty());
    // What was chosen and taken back is not chosen.
    auto *cipher = find<QComboBox>(m_wizard.get(), "cipherCombo");
    cipher->setCurrentIndex(cipher->findText("AES-256-CBC"));
    QVERIFY(cipher->currentIndex() > 0);
    click(m_wizard.get(), "nextButton");
    QCOMPARE(m_wizard->currentId(), int(Gui::AddServerWizard::SummaryPageId));
    click(m_wizard.get(), "backButton");
    cipher->setCurrentIndex(0);
    click(m_wizard.get(), "nextButton");
    QCOMPARE(m_wizard->currentId(), int(Gui::AddServerWizard::SummaryPageId));
    QSignalSpy added(m_wizard.get(), &Gui::AddServerWizard::serverAdded);
    click(m_wizard.get(), "finishButton");
    QTRY_COMPARE(added.size(), 1);
    QTRY_COMPARE(m_lab->service->servers()->rowCount(), 1);
    const Models::ServerRecord *record = m_lab->service->servers()->record(m_lab->service->servers()->index(0, 0));
    QCOMPARE(record->server.label, QString("lab"));
    QCOMPARE(record->server.url, m_lab->face->url());
    // Whatever digest was compared, SHA-256 is what is pinned.
    QCOMPARE(record->server.anchor.fingerprint, m_lab->depot->root().fingerprint(Pki::Digest::Sha256));
    QVERIFY(!record->server.algorithms.cipher);
}

QTEST_MAIN(TestAddServerWizard)
#include "tst_addserverwizard.moc"
