// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/pki/pkcs12.h"
#include "tests/ui/fakeprompter.h"
#include "tests/ui/labfixture.h"
#include "ui/dialogs/exportdialog.h"

#include <QDir>
#include <QProcess>
#include <QSignalSpy>

/// Exporting a certificate that a Lab CA issued: what is written can be read by others, nothing is replaced without asking, and a failure
/// leaves no file.
class TestExportDialog final : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void init();
    void cleanup() { m_dialog.reset(); }
    void passphrasesMustAgree();
    void strengthIsTold();
    void refusesTarget_data();
    void refusesTarget();
    void writesPkcs12_data();
    void writesPkcs12();
    void writesPem();
    void writesPemWithoutKey();
    void asksBeforeReplacing();
    void failureIsToldAndLeavesNothing();

private:
    void typePassphrase(const QString &first, const QString &second);
    std::unique_ptr<LabFixture> m_lab;
    Scep::IssuedCertificate m_issued;
    FakePrompter m_prompter;
    std::unique_ptr<Gui::ExportDialog> m_dialog;
};

void TestExportDialog::initTestCase()
{
    m_lab = std::make_unique<LabFixture>();
    QVERIFY(m_lab->open());
    const auto server = m_lab->addServer("lab");
    QVERIFY(server);
    const auto issued = m_lab->enroll(*server, "plc-7");
    QVERIFY(issued);
    m_issued = *issued;
}

void TestExportDialog::init()
{
    m_prompter.confirmAnswer.reset();
    m_prompter.questions.clear();
    m_dialog = std::make_unique<Gui::ExportDialog>(*m_lab->service, m_prompter, m_issued, "plc-7");
    m_dialog->show();
    QVERIFY(QTest::qWaitForWindowExposed(m_dialog.get()));
}

void TestExportDialog::typePassphrase(const QString &first, const QString &second)
{
    type(m_dialog.get(), "passphraseEdit", first);
    type(m_dialog.get(), "passphraseAgainEdit", second);
}

void TestExportDialog::passphrasesMustAgree()
{
    type(m_dialog.get(), "exportPathEdit", m_lab->dir.filePath("agree.p12"));
    QVERIFY(!isEnabled(m_dialog.get(), "exportButton"));
    typePassphrase("one", "two");
    QCOMPARE(severityOf(m_dialog.get(), "matchNote"), Models::Severity::Bad);
    QVERIFY(!isEnabled(m_dialog.get(), "exportButton"));
    typePassphrase("one", "one");
    QVERIFY(isEnabled(m_dialog.get(), "exportButton"));
    QCOMPARE(find<QLineEdit>(m_dialog.get(), "passphraseEdit")->echoMode(), QLineEdit::Password);
}

void TestExportDialog::strengthIsTold()
{
    typePassphrase("abc", "abc");
    QCOMPARE(severityOf(m_dialog.get(), "strengthNote"), Models::Severity::Attention);
    typePassphrase("aaaaaaaaaaaaaaaaaaaa", "");
    QCOMPARE(severityOf(m_dialog.get(), "strengthNote"), Models::Severity::Attention);
    typePassphrase("Wk7-ruby-Fjord-29-lantern", "");
    QCOMPARE(severityOf(m_dialog.get(), "strengthNote"), Models::Severity::Good);
}

void TestExportDialog::refusesTarget_data()
{
    QTest::addColumn<QString>("path");
    QTest::newRow("relative") << "plc-7.p12";
    QTest::newRow("a folder") << QDir::tempPath();
    QTest::newRow("folder missing") << "/no/such/folder/plc-7.p12";
    QTest::newRow("empty") << "";
}

void TestExportDialog::refusesTarget()
{
    QFETCH(QString, path);
    typePassphrase("secret", "secret");
    type(m_dialog.get(), "exportPathEdit", path);
    QVERIFY(!isEnabled(m_dialog.get(), "exportButton"));
    QVERIFY(!noteText(m_dialog.get(), "exportPathNote").isEmpty());
}

void TestExportDialog::writesPkcs12_data()
{
    QTest::addColumn<QString>("radio");
    QTest::addColumn<QByteArray>("algorithm");
    QTest::newRow("modern") << "modernRadio" << QByteArray("AES-256-CBC");
    QTest::newRow("compatible") << "compatibleRadio" << QByteArray("pbeWithSHA1And3-KeyTripleDES-CBC");
}

void TestExportDialog::writesPkcs12()
{
    QFETCH(QString, radio);
    QFETCH(QByteArray, algorithm);
    const QString path = m_lab->dir.filePath(radio + ".p12");
    click(m_dialog.get(), radio);
    type(m_dialog.get(), "exportPathEdit", path);
    typePassphrase("correct horse", "correct horse");
    QSignalSpy exported(m_dialog.get(), &Gui::ExportDialog::exported);
    click(m_dialog.get(), "exportButton");
    QTRY_COMPARE_WITH_TIMEOUT(exported.size(), 1, 30000);
    QVERIFY(!m_dialog->isVisible());

    QFile file(path);
    QVERIFY(file.open(QIODevice::ReadOnly));
    QCOMPARE(file.permissions() & (QFile::ReadGroup | QFile::ReadOther), QFile::Permissions());
    const auto contents = Pki::fromPkcs12(file.readAll(), Pki::SecretBytes(QByteArrayView("correct horse")));
    QVERIFY(contents);
    QCOMPARE(contents->certificate, m_issued.certificate);
    QVERIFY(Pki::belongTogether(contents->key, contents->certificate));
    QProcess openssl;
    openssl.start("openssl", {"pkcs12", "-in", path, "-passin", "pass:correct horse", "-noout", "-info"});
    QVERIFY(openssl.waitForFinished());
    QCOMPARE(openssl.exitCode(), 0);
    const QByteArray info = openssl.readAllStandardError();
    QVERIFY2(info.contains(algorithm), info.constData());
}

void TestExportDialog::writesPem()
{
    QDir(m_lab->dir.path()).mkdir("pem");
    const QString folder = m_lab->dir.filePath("pem");
    click(m_dialog.get(), "pemRadio");
    type(m_dialog.get(), "exportPathEdit", folder);
    typePassphrase("correct horse", "correct horse");
    QSignalSpy exported(m_dialog.get(), &Gui::ExportDialog::exported);
    click(m_dialog.get(), "exportButton");
    QTRY_COMPARE_WITH_TIMEOUT(exported.size(), 1, 30000);
    QCOMPARE(QDir(folder).entryList(QDir::Files), QStringList({"plc-7.cert.pem", "plc-7.chain.pem", "plc-7.key.pem"}));
    QProcess openssl;
    openssl.start("openssl", {"verify", "-CAfile", folder + "/plc-7.chain.pem", folder + "/plc-7.cert.pem"});
    QVERIFY(openssl.waitForFinished());
    QCOMPARE(openssl.exitCode(), 0);
    openssl.start("openssl", {"pkey", "-in", folder + "/plc-7.key.pem", "-passin", "pass:wrong", "-noout"});
    QVERIFY(openssl.waitForFinished());
    QVERIFY(openssl.exitCode() != 0);
    openssl.start("openssl", {"pkey", "-in", folder + "/plc-7.key.pem", "-passin", "pass:correct horse", "-noout"});
    QVERIFY(openssl.waitForFinished());
    QCOMPARE(openssl.exitCode(), 0);
}

void TestExportDialog::writesPemWithoutKey()
{
    QDir(m_lab->dir.path()).mkdir("nokey");
    const QString folder = m_lab->dir.filePath("nokey");
    click(m_dialog.get(), "pemRadio");
    type(m_dialog.get(), "exportPathEdit", folder);
    click(m_dialog.get(), "withKeyCheck");
    QVERIFY(isEnabled(m_dialog.get(), "exportButton")); // no pass phrase is needed now
    QSignalSpy exported(m_dialog.get(), &Gui::ExportDialog::exported);
    click(m_dialog.get(), "exportButton");
    QTRY_COMPARE_WITH_TIMEOUT(exported.size(), 1, 30000);
    QCOMPARE(QDir(folder).entryList(QDir::Files), QStringList({"plc-7.cert.pem", "plc-7.chain.pem"}));
}

void TestExportDialog::asksBeforeReplacing()
{
    const QString path = m_lab->dir.filePath("existing.p12");
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write("precious");
    file.close();
    type(m_dialog.get(), "exportPathEdit", path);
    typePassphrase("secret", "secret");
    m_prompter.confirmAnswer = false;
    click(m_dialog.get(), "exportButton");
    QCOMPARE(m_prompter.questions.size(), 1);
    QVERIFY(m_dialog->isVisible());
    QVERIFY(file.open(QIODevice::ReadOnly));
    QCOMPARE(file.readAll(), QByteArray("precious"));
    file.close();

    m_prompter.confirmAnswer = true;
    QSignalSpy exported(m_dialog.get(), &Gui::ExportDialog::exported);
    click(m_dialog.get(), "exportButton");
    QTRY_COMPARE_WITH_TIMEOUT(exported.size(), 1, 30000);
    QVERIFY(file.open(QIODevice::ReadOnly));
    QVERIFY(file.readAll() != QByteArray("precious"));
}

void TestExportDialog::failureIsToldAndLeavesNothing()
{
    // /proc exists and is a folder, but nobody can make a file there, root included.
    const QString path = "/proc/plc-7.p12";
    type(m_dialog.get(), "exportPathEdit", path);
    typePassphrase("secret", "secret");
    click(m_dialog.get(), "exportButton");
    QTRY_COMPARE_WITH_TIMEOUT(severityOf(m_dialog.get(), "exportNote"), Models::Severity::Bad, 30000);
    QVERIFY(noteText(m_dialog.get(), "exportNote").contains(path));
    QVERIFY(m_dialog->isVisible());
    QVERIFY(isEnabled(m_dialog.get(), "exportButton")); // another place can be tried
    QVERIFY(!QFile::exists(path));
}

QTEST_MAIN(TestExportDialog)
#include "tst_exportdialog.moc"
