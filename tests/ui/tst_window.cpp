// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/pki/pkcs12.h"
#include "tests/ui/fakeprompter.h"
#include "tests/ui/labfixture.h"
#include "ui/dialogs/exportdialog.h"
#include "ui/mainwindow.h"
#include "ui/wizards/addserverwizard.h"
#include "ui/wizards/newrequestwizard.h"

#include <QAction>
#include <QDragEnterEvent>
#include <QFile>
#include <QLabel>
#include <QMimeData>
#include <QProcess>
#include <QPushButton>
#include <QSettings>
#include <QTreeView>

/// The main job in the real window: add a Lab CA as a server, enroll a device through both wizards, export a PKCS#12, read it back.
class TestWindow final : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void nothingIsOfferedBeforeTheWorkspaceIsOpen();
    void addServer();
    void enrollDevice();
    void inspectCertificate();
    void inspectsADroppedFile();
    void exportPkcs12();
    void wrongChallengeIsExplained();
    void cleanupTestCase();

private:
    [[nodiscard]] QAction *action(const QString &name) const { return m_window->findChild<QAction *>(name); }
    void fillRequest(QWidget *wizard, const QString &label, const QString &challenge);
    std::unique_ptr<LabFixture> m_lab;
    FakePrompter m_prompter;
    std::unique_ptr<QSettings> m_settings;
    std::unique_ptr<Gui::MainWindow> m_window;
};

void TestWindow::initTestCase()
{
    m_lab = std::make_unique<LabFixture>();
    m_settings = std::make_unique<QSettings>(m_lab->dir.filePath("window.ini"), QSettings::IniFormat);
    m_window = std::make_unique<Gui::MainWindow>(*m_lab->service, *m_lab->labCa, m_prompter, *m_settings);
    m_window->show();
    QVERIFY(QTest::qWaitForWindowExposed(m_window.get()));
}

void TestWindow::nothingIsOfferedBeforeTheWorkspaceIsOpen()
{
    QVERIFY(!action("addServerAction")->isEnabled());
    QVERIFY(!action("newRequestAction")->isEnabled());
    QVERIFY(action("openAction")->isEnabled());
    QVERIFY(m_lab->open());
    m_window->setWorkspaceOpen(true, "test");
    QVERIFY(action("addServerAction")->isEnabled());
    QVERIFY(!action("newRequestAction")->isEnabled()); // no server yet
}

void TestWindow::addServer()
{
    // The empty pane says what to do, with a button.
    click(m_window.get(), "emptyButton-server");
    QPointer<Gui::AddServerWizard> wizard = m_window->findChild<Gui::AddServerWizard *>();
    QVERIFY(wizard);
    QVERIFY(QTest::qWaitForWindowExposed(wizard));
    type(wizard, "urlEdit", m_lab->face->url().toString());
    type(wizard, "serverLabelEdit", "lab");
    click(wizard, "nextButton");
    QTRY_COMPARE_WITH_TIMEOUT(wizard->currentId(), int(Gui::AddServerWizard::TrustPageId), 20000);
    QTest::keyClicks(find<QLineEdit>(wizard, "fingerprintEdit"), m_lab->depot->root().fingerprint().toHex());
    QVERIFY(isEnabled(wizard, "nextButton"));
    click(wizard, "nextButton");
    click(wizard, "nextButton");
    QCOMPARE(wizard->currentId(), int(Gui::AddServerWizard::SummaryPageId));
    click(wizard, "finishButton");
    QTRY_VERIFY(!wizard);
    QTRY_COMPARE(m_lab->service->servers()->rowCount(), 1);
    QTRY_COMPARE(m_lab->service->servers()->record(m_lab->service->servers()->index(0, 0))->knowledge.trust,
                 Scep::ServerKnowledge::Trust::Confirmed);
    QTRY_VERIFY(action("newRequestAction")->isEnabled());
    // Beside the list: what the doctor says of it, and what would be sent with its reasons.
    const auto shown = [this] {
        QStringList texts;
        const auto labels = find(m_window.get(), "serversPaneDetails")->findChildren<QLabel *>();
        for (const QLabel *label : labels)
            texts.append(label->text());
        return texts.join('\n');
    };
    QTRY_VERIFY2(shown().contains("One certificate, the CA's own, serves for encryption and for signatures."), qPrintable(shown()));
    QVERIFY2(shown().contains("AES-128-CBC (announced by the server)"), qPrintable(shown()));
}

void TestWindow::fillRequest(QWidget *wizard, const QString &label, const QString &challenge)
{
    type(wizard, "requestLabelEdit", label);
    click(wizard, "nextButton");
    type(wizard, "organisationEdit", "Lab");
    type(wizard, "sanEdit", "DNS:" + label + ".lab.example, IP:192.0.2.7");
    click(wizard, "nextButton");
    click(wizard, "nextButton");
    type(wizard, "challengeEdit", challenge);
    click(wizard, "nextButton");
    click(wizard, "nextButton"); // nothing to deliver
    QTRY_VERIFY_WITH_TIMEOUT(isEnabled(wizard, "finishButton"), 30000);
    click(wizard, "finishButton");
}

void TestWindow::enrollDevice()
{
    QTest::keyClick(m_window.get(), Qt::Key_2, Qt::ControlModifier);
    action("newRequestAction")->trigger();
    QPointer<Gui::NewRequestWizard> wizard = m_window->findChild<Gui::NewRequestWizard *>();
    QVERIFY(wizard);
    QVERIFY(QTest::qWaitForWindowExposed(wizard));
    fillRequest(wizard, "plc-7", LabFixture::challenge);
    QTRY_VERIFY(!wizard);
    const Models::RequestModel *requests = m_lab->service->requests();
    QTRY_COMPARE(requests->rowCount(), 1);
    QTRY_VERIFY_WITH_TIMEOUT(requests->record(requests->index(0, 0))->current.has_value(), 30000);
    const Scep::IssuedCertificate &issued = *requests->record(requests->index(0, 0))->current;
    QCOMPARE(issued.certificate.subject().toText(), QString("CN=plc-7, O=Lab"));
    QVERIFY(issued.certificate.isSignedBy(m_lab->depot->issuing()));
    QCOMPARE(issued.issuers.last(), m_lab->depot->root());
    // It is selected, its details stand beside it, and what can be done is offered.
    QTRY_VERIFY(action("exportAction")->isEnabled());
    QVERIFY(action("inspectAction")->isEnabled());
    QTRY_COMPARE(find(find(m_window.get(), "requestsPaneDetails"), "fingerprint-sha256")->property("value").toString(),
                 issued.certificate.fingerprint().toDisplay());
}

void TestWindow::inspectCertificate()
{
    action("inspectAction")->trigger();
    QPointer<QDialog> inspector = m_window->findChild<QDialog *>("certificateInspector");
    QVERIFY(inspector);
    QVERIFY(QTest::qWaitForWindowExposed(inspector));
    QStringList notes;
    for (const Gui::FieldNote *note : inspector->findChildren<Gui::FieldNote *>())
        notes.append(note->text());
    QVERIFY2(notes.join(' ').contains("complete chain to a confirmed CA"), qPrintable(notes.join(' ')));
    inspector->close();
    QTRY_VERIFY(!inspector);
}

void TestWindow::inspectsADroppedFile()
{
    const QString path = m_lab->dir.filePath("dropped.pem");
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(m_lab->depot->issuing().toPem());
    file.close();
    QMimeData data;
    data.setUrls({QUrl("http://elsewhere.example/ca.pem")});
    QDragEnterEvent foreign(QPoint(20, 20), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QCoreApplication::sendEvent(m_window.get(), &foreign);
    QVERIFY(!foreign.isAccepted()); // nothing is fetched from the network by a drop

    data.setUrls({QUrl::fromLocalFile(path)});
    QDragEnterEvent enter(QPoint(20, 20), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QCoreApplication::sendEvent(m_window.get(), &enter);
    QVERIFY(enter.isAccepted());
    QDropEvent drop(QPointF(20, 20), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QCoreApplication::sendEvent(m_window.get(), &drop);
    QTRY_VERIFY(m_window->findChild<QDialog *>("certificateInspector"));
    QPointer<QDialog> inspector = m_window->findChild<QDialog *>("certificateInspector");
    QTRY_COMPARE(find(inspector, "fingerprint-sha256")->property("value").toString(), m_lab->depot->issuing().fingerprint().toDisplay());
    inspector->close();
    QTRY_VERIFY(!inspector);
}

void TestWindow::exportPkcs12()
{
    const QString path = m_lab->dir.filePath("plc-7.p12");
    action("exportAction")->trigger();
    QPointer<Gui::ExportDialog> dialog = m_window->findChild<Gui::ExportDialog *>();
    QVERIFY(dialog);
    QVERIFY(QTest::qWaitForWindowExposed(dialog));
    QVERIFY(!isEnabled(dialog, "exportButton"));
    type(dialog, "passphraseEdit", "correct horse");
    type(dialog, "passphraseAgainEdit", "correct horse");
    type(dialog, "exportPathEdit", path);
    QVERIFY(isEnabled(dialog, "exportButton"));
    click(dialog, "exportButton");
    QTRY_VERIFY_WITH_TIMEOUT(!dialog, 30000);

    QFile file(path);
    QVERIFY(file.open(QIODevice::ReadOnly));
    const auto contents = Pki::fromPkcs12(file.readAll(), Pki::SecretBytes(QByteArrayView("correct horse")));
    QVERIFY(contents);
    const Models::RequestModel *requests = m_lab->service->requests();
    QCOMPARE(contents->certificate, requests->record(requests->index(0, 0))->current->certificate);
    QVERIFY(Pki::belongTogether(contents->key, contents->certificate));
    QVERIFY(contents->others.contains(m_lab->depot->issuing()));

    QProcess openssl;
    openssl.start("openssl", {"pkcs12", "-in", path, "-passin", "pass:correct horse", "-nodes", "-info"});
    QVERIFY(openssl.waitForFinished());
    QCOMPARE(openssl.exitCode(), 0);
    QVERIFY(openssl.readAllStandardOutput().contains("BEGIN PRIVATE KEY"));
    QVERIFY(openssl.readAllStandardError().contains("AES-256-CBC"));
}

void TestWindow::wrongChallengeIsExplained()
{
    action("newRequestAction")->trigger();
    QPointer<Gui::NewRequestWizard> wizard = m_window->findChild<Gui::NewRequestWizard *>();
    QVERIFY(QTest::qWaitForWindowExposed(wizard));
    fillRequest(wizard, "plc-8", "guessed");
    QTRY_VERIFY(!wizard);
    const Models::RequestModel *requests = m_lab->service->requests();
    QTRY_COMPARE(requests->rowCount(), 2);
    const auto record = [&] { return requests->record(requests->index(1, 0)); };
    QTRY_COMPARE_WITH_TIMEOUT(record()->transaction.state, Scep::TransactionStatus::State::Rejected, 30000);
    // The technician is told what to do, and may do it.
    QTRY_VERIFY(action("enrollAction")->isEnabled());
    QStringList shown;
    for (const QLabel *label : find(m_window.get(), "requestsPaneDetails")->findChildren<QLabel *>())
        shown.append(label->text());
    const Models::Explanation explanation = Models::explain(record()->transaction, "request plc-8");
    QVERIFY(shown.contains(explanation.nextStep));

    m_prompter.secrets = {LabFixture::challenge};
    action("enrollAction")->trigger();
    QTRY_VERIFY_WITH_TIMEOUT(record()->current.has_value(), 30000);
}

void TestWindow::cleanupTestCase()
{
    // The window goes before what it refers to, and keeps its places.
    m_window->close();
    QVERIFY(m_settings->contains("window/geometry"));
    m_window.reset();
    m_lab.reset();
}

QTEST_MAIN(TestWindow)
#include "tst_window.moc"
