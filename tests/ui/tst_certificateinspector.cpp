// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/pki/crl.h"
#include "scep/pki/pkcs12.h"
#include "tests/support/testca.h"
#include "tests/ui/fakeprompter.h"
#include "tests/ui/labfixture.h"
#include "ui/inspector/certificateinspector.h"
#include "ui/inspector/certificateview.h"
#include "ui/mainwindow.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QListWidget>
#include <QPlainTextEdit>
#include <QSettings>
#include <QTabWidget>
#include <QToolButton>
#include <QTreeWidget>

/// What the inspector says of certificates and files, good and bad.
class TestCertificateInspector final : public QObject
{
    Q_OBJECT

private slots:
    void verdict_data();
    void verdict();
    void showsEveryPart();
    void chainTellsTheBrokenLink();
    void copiesFingerprint();
    void readsFiles_data();
    void readsFiles();
    void csrWithChallengeIsNotDumped();
    void refusesRubbish_data();
    void refusesRubbish();
    void windowAsksForPassphraseUntilItFits();
    void windowTellsWhatCannotBeOpened();

private:
    [[nodiscard]] Pki::Certificate leaf(const TestSupport::CertificateOptions &options = {}) const
    {
        return m_ca.issue(TestSupport::makeRequest("CN=plc-7,O=Lab", TestSupport::rsaKey("plc-7", 2048), "DNS:plc-7.lab.example"), m_now,
                          options);
    }
    const TestSupport::TestCa m_ca = TestSupport::TestCa::create("Inspector");
    const TestSupport::TestCa m_other = TestSupport::TestCa::create("Other");
    const QDateTime m_now = QDateTime::currentDateTimeUtc();
};

void TestCertificateInspector::verdict_data()
{
    QTest::addColumn<int>("notBeforeDays");
    QTest::addColumn<int>("notAfterDays");
    QTest::addColumn<QString>("anchors"); // own, other, none
    QTest::addColumn<bool>("isGood");
    QTest::addColumn<QString>("words");
    QTest::newRow("good") << -1 << 100 << "own" << true << "complete chain to a confirmed CA";
    QTest::newRow("expired") << -10 << -1 << "own" << false << "Expired on";
    QTest::newRow("not yet") << 1 << 10 << "own" << false << "Not valid before";
    QTest::newRow("nobody confirmed anything") << -1 << 100 << "none" << false << "not known";
    QTest::newRow("other CA confirmed") << -1 << 100 << "other" << false << "Not trusted";
}

void TestCertificateInspector::verdict()
{
    QFETCH(int, notBeforeDays);
    QFETCH(int, notAfterDays);
    QFETCH(QString, anchors);
    QFETCH(bool, isGood);
    QFETCH(QString, words);
    TestSupport::CertificateOptions options;
    options.notBefore = m_now.addDays(notBeforeDays);
    options.notAfter = m_now.addDays(notAfterDays);
    QList<Pki::Certificate> confirmed;
    if (anchors == "own")
        confirmed = {m_ca.root.certificate};
    else if (anchors == "other")
        confirmed = {m_other.root.certificate};
    const Pki::CertificateChain chain = Pki::buildChain(leaf(options), {m_ca.issuing.certificate, m_ca.root.certificate}, confirmed, m_now);
    const Gui::Verdict verdict = Gui::certificateVerdict(chain, !confirmed.isEmpty(), m_now);
    QCOMPARE(verdict.isGood, isGood);
    QVERIFY2(verdict.text.contains(words), qPrintable(verdict.text));
}

void TestCertificateInspector::showsEveryPart()
{
    const Pki::Certificate certificate = leaf();
    Gui::CertificateInspector inspector({m_ca.issuing.certificate, m_ca.root.certificate}, {m_ca.root.certificate});
    inspector.showCertificate(certificate);
    inspector.show();
    QVERIFY(QTest::qWaitForWindowExposed(&inspector));
    auto *tabs = find<QTabWidget>(&inspector, "certificateTabs");
    QCOMPARE(tabs->count(), 7);
    // Chain: root on top, the certificate deepest.
    auto *chain = find<QTreeWidget>(&inspector, "chainTree");
    QCOMPARE(chain->topLevelItemCount(), 1);
    QTreeWidgetItem *root = chain->topLevelItem(0);
    QCOMPARE(root->text(1), QString("confirmed CA"));
    QCOMPARE(root->child(0)->child(0)->text(0), QString("plc-7"));
    // Extensions as they stand in the certificate.
    QCOMPARE(find<QTreeWidget>(&inspector, "extensionsTree")->topLevelItemCount(), int(certificate.extensions().size()));
    QVERIFY(find<QTreeWidget>(&inspector, "fieldsTree")->topLevelItemCount() >= 8);
    // PEM and ASN.1 are filled when they are looked at.
    QVERIFY(find<QPlainTextEdit>(&inspector, "pemText")->toPlainText().isEmpty());
    tabs->setCurrentIndex(6);
    const auto reread = Pki::Certificate::fromPem(find<QPlainTextEdit>(&inspector, "pemText")->toPlainText().toLatin1());
    QVERIFY(reread);
    QCOMPARE(*reread, certificate);
    tabs->setCurrentIndex(5);
    QVERIFY(find<QPlainTextEdit>(&inspector, "asn1Text")->toPlainText().contains("SEQUENCE"));
}

void TestCertificateInspector::chainTellsTheBrokenLink()
{
    Gui::CertificateInspector inspector({}, {m_ca.root.certificate});
    inspector.showCertificate(leaf());
    const auto *chain = find<QTreeWidget>(&inspector, "chainTree");
    QCOMPARE(chain->topLevelItemCount(), 1);
    QVERIFY2(chain->topLevelItem(0)->text(1).contains("issuer"), qPrintable(chain->topLevelItem(0)->text(1)));
}

void TestCertificateInspector::copiesFingerprint()
{
    const Pki::Certificate certificate = leaf();
    Gui::CertificateInspector inspector({}, {});
    inspector.showCertificate(certificate);
    inspector.show();
    for (const Pki::Digest digest : {Pki::Digest::Md5, Pki::Digest::Sha1, Pki::Digest::Sha256, Pki::Digest::Sha512}) {
        find<QToolButton>(&inspector, "fingerprint-" + Pki::settingName(digest) + "Copy")->click();
        QCOMPARE(QGuiApplication::clipboard()->text(), certificate.fingerprint(digest).toDisplay());
    }
}

void TestCertificateInspector::readsFiles_data()
{
    const Pki::PrivateKey key = TestSupport::rsaKey("plc-7", 2048);
    const Pki::SecretBytes passphrase(QByteArrayView("correct horse"));
    const QByteArray pem = leaf().toPem() + m_ca.issuing.certificate.toPem();
    const Pki::SecretBytes plainKey = key.toPkcs8Pem();
    Pki::Pkcs12Contents contents;
    contents.key = key;
    contents.certificate = leaf();
    contents.others = {m_ca.issuing.certificate};
    const auto crl = Pki::issueCrl(m_ca.issuing.certificate, m_ca.issuing.key, {{leaf().serialNumber(), m_now, "keyCompromise"}}, m_now,
                                   m_now.addDays(7), 1);

    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QByteArray>("passphrase");
    QTest::addColumn<int>("items");
    QTest::addColumn<bool>("needsPassphrase");
    QTest::newRow("certificate, DER") << leaf().der() << QByteArray() << 1 << false;
    QTest::newRow("two certificates, PEM") << pem << QByteArray() << 2 << false;
    QTest::newRow("bundle") << TestSupport::must(Pki::degenerateCms({leaf(), m_ca.issuing.certificate})) << QByteArray() << 2 << false;
    QTest::newRow("request") << TestSupport::makeRequest("CN=a", key).der() << QByteArray() << 1 << false;
    QTest::newRow("revocation list") << TestSupport::must(Pki::Result<Pki::Crl>(crl)).der() << QByteArray() << 1 << false;
    QTest::newRow("key") << plainKey.view().toByteArray() << QByteArray() << 1 << false;
    QTest::newRow("encrypted key") << TestSupport::must(key.toEncryptedPkcs8Pem(passphrase)) << QByteArray() << 1 << true;
    QTest::newRow("encrypted key, opened") << TestSupport::must(key.toEncryptedPkcs8Pem(passphrase)) << QByteArray("correct horse") << 1
                                           << false;
    QTest::newRow("PKCS#12") << TestSupport::must(Pki::toPkcs12(contents, passphrase, Pki::Pkcs12Style::Compatible)) << QByteArray() << 1
                             << true;
    QTest::newRow("PKCS#12, opened") << TestSupport::must(Pki::toPkcs12(contents, passphrase, Pki::Pkcs12Style::Compatible))
                                     << QByteArray("correct horse") << 3 << false;
    TestSupport::ReplyPlan plan;
    plan.transactionId = "ABCDEF";
    plan.recipientNonce = QByteArray(16, 'n');
    plan.signer = m_ca.ra;
    plan.embedded = {m_ca.ra.certificate};
    QTest::newRow("SCEP message") << TestSupport::makeReply(plan) << QByteArray() << 2 << false;
}

void TestCertificateInspector::readsFiles()
{
    QFETCH(QByteArray, bytes);
    QFETCH(QByteArray, passphrase);
    QFETCH(int, items);
    QFETCH(bool, needsPassphrase);
    const auto file = Gui::inspectBytes("file", bytes, Pki::SecretBytes(QByteArrayView(passphrase)));
    QVERIFY2(file, file ? "" : qPrintable(file.error().detail));
    QCOMPARE(file->items.size(), items);
    QCOMPARE(file->needsPassphrase, needsPassphrase);
    Gui::CertificateInspector inspector({}, {});
    inspector.showFile(*file);
    inspector.show();
    for (int row = 0; row < items; ++row)
        find<QListWidget>(&inspector, "inspectorList")->setCurrentRow(row);
    QCOMPARE(find(&inspector, "inspectorList")->isVisible(), items > 1);
}

void TestCertificateInspector::csrWithChallengeIsNotDumped()
{
    const auto csr = TestSupport::makeRequest("CN=a", TestSupport::rsaKey("plc-7", 2048), {}, "very-secret-challenge");
    const auto file = Gui::inspectBytes("request.csr", csr.der(), {});
    QVERIFY(file);
    const auto &facts = std::get<Gui::InspectedFacts>(file->items.first().content);
    QVERIFY(facts.text.isEmpty()); // its PEM would hold the challenge
    for (const auto &row : facts.rows)
        QVERIFY(!row.value.contains("very-secret-challenge"));
}

void TestCertificateInspector::refusesRubbish_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::newRow("empty") << QByteArray();
    QTest::newRow("text") << QByteArray("hello");
    QTest::newRow("truncated certificate") << leaf().der().left(200);
    QTest::newRow("PEM without content") << QByteArray("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n");
}

void TestCertificateInspector::refusesRubbish()
{
    QFETCH(QByteArray, bytes);
    QVERIFY(!Gui::inspectBytes("file", bytes, {}));
}

void TestCertificateInspector::windowAsksForPassphraseUntilItFits()
{
    ServiceFixture fixture;
    QSettings settings(fixture.dir.filePath("window.ini"), QSettings::IniFormat);
    FakePrompter prompter;
    Gui::MainWindow window(*fixture.service, *fixture.labCa, prompter, settings);
    window.show();
    const QString path = fixture.dir.filePath("device.p12");
    Pki::Pkcs12Contents contents;
    contents.key = TestSupport::rsaKey("plc-7", 2048);
    contents.certificate = leaf();
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(TestSupport::must(Pki::toPkcs12(contents, Pki::SecretBytes(QByteArrayView("right")), Pki::Pkcs12Style::Compatible)));
    file.close();
    prompter.secrets = {"wrong", "right"};
    window.openFile(path);
    QTRY_VERIFY_WITH_TIMEOUT(window.findChild<Gui::CertificateInspector *>() != nullptr, 20000);
    QCOMPARE(prompter.questions.size(), 2);
    QVERIFY(prompter.errors.at(0).isEmpty());
    QVERIFY(!prompter.errors.at(1).isEmpty());
}

void TestCertificateInspector::windowTellsWhatCannotBeOpened()
{
    ServiceFixture fixture;
    QSettings settings(fixture.dir.filePath("window.ini"), QSettings::IniFormat);
    FakePrompter prompter;
    Gui::MainWindow window(*fixture.service, *fixture.labCa, prompter, settings);
    window.show();
    window.openFile(fixture.dir.filePath("missing.pem"));
    QTRY_COMPARE(prompter.told.size(), 1);
    QVERIFY(prompter.told.first().what.contains("missing.pem"));
    QVERIFY(!prompter.told.first().nextStep.isEmpty());
    QVERIFY(window.findChild<Gui::CertificateInspector *>() == nullptr);
}

QTEST_MAIN(TestCertificateInspector)
#include "tst_certificateinspector.moc"
