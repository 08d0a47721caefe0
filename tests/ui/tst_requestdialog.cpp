// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/pki/container.h"
#include "tests/ui/fakeprompter.h"
#include "tests/ui/labfixture.h"
#include "ui/dialogs/requestdialog.h"
#include "ui/mainwindow.h"

#include <QAction>
#include <QCheckBox>
#include <QComboBox>
#include <QGroupBox>
#include <QLabel>
#include <QProcess>
#include <QPushButton>
#include <QSettings>
#include <QSignalSpy>
#include <QSpinBox>
#include <QToolButton>

using Change = std::function<void(Scep::EnrollmentRequest &)>;
Q_DECLARE_METATYPE(Change)

/// Every setting of a request in its dialog, and what the window does for a request whose key only the device has, or whose renewal stands
/// still. At a real Lab CA.
class TestRequestDialog final : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void untouchedSettingsStay_data();
    void untouchedSettingsStay();
    void everythingCanBeSet();
    void challengeIsKeptReplacedAndForgotten();
    void saysWhySaveIsOff();
    void eachSettingHasItsReset();
    void anotherServerMeansANewEnrollment();
    void deviceGivesItsNextRequest();
    void stoppedRenewalGoesOn();
    void cleanupTestCase() { m_lab.reset(); }

private:
    [[nodiscard]] const Models::RequestRecord &record() const { return *m_lab->service->requests()->record(m_id); }
    bool store(const Scep::EnrollmentRequest &changed);
    void edit(const std::function<void(Gui::RequestDialog &)> &change);
    bool openssl(const QString &arguments);

    std::unique_ptr<LabFixture> m_lab;
    FakePrompter m_prompter;
    Scep::ServerId m_server;
    Scep::RequestId m_id; ///< at a server that is disabled: nothing begins by itself
    Scep::EnrollmentRequest m_plain;
};

void TestRequestDialog::initTestCase()
{
    m_lab = std::make_unique<LabFixture>();
    QVERIFY(m_lab->open());
    Scep::EnrollmentServer quiet;
    quiet.label = "quiet";
    quiet.url = QUrl("http://127.0.0.1:1/scep");
    quiet.isEnabled = false;
    quiet.anchor.fingerprint = Pki::Fingerprint::fromText(QString(64, 'a'), Pki::Digest::Sha256).value();
    const auto added = m_lab->service->addServer(quiet);
    QVERIFY(ServiceFixture::wait(added));
    m_server = added.result().value();
    m_plain.label = "plc-1";
    m_plain.server = m_server;
    m_plain.subject = Pki::DistinguishedName::fromText("CN=plc-1, O=Lab").value();
    const auto prepared = m_lab->service->prepare(m_plain, nullptr);
    QVERIFY(ServiceFixture::wait(prepared));
    const auto submitted = m_lab->service->submit(prepared.result().value(), nullptr);
    QVERIFY(ServiceFixture::wait(submitted));
    m_id = submitted.result().value();
    m_plain.id = m_id;
    QTRY_VERIFY(m_lab->service->requests()->record(m_id));
}

bool TestRequestDialog::store(const Scep::EnrollmentRequest &changed)
{
    const auto stored = m_lab->service->updateRequest({.request = changed, .extras = {}, .delivery = {}});
    return ServiceFixture::wait(stored) && stored.result().has_value() &&
           QTest::qWaitFor([&] { return record().request == changed; }, 10000);
}

void TestRequestDialog::edit(const std::function<void(Gui::RequestDialog &)> &change)
{
    Gui::RequestDialog dialog(*m_lab->service, m_prompter, record());
    QTRY_VERIFY2(isEnabled(&dialog, "requestSave"), qPrintable(noteText(&dialog, "requestReason")));
    change(dialog);
    QVERIFY2(isEnabled(&dialog, "requestSave"), qPrintable(noteText(&dialog, "requestReason")));
    QSignalSpy accepted(&dialog, &QDialog::accepted);
    find<QPushButton>(&dialog, "requestSave")->click();
    QTRY_COMPARE(accepted.size(), 1);
}

bool TestRequestDialog::openssl(const QString &arguments)
{
    QProcess process;
    process.setWorkingDirectory(m_lab->dir.path());
    process.start("openssl", arguments.split(' '));
    return process.waitForFinished(30000) && process.exitCode() == 0;
}

void TestRequestDialog::untouchedSettingsStay_data()
{
    QTest::addColumn<Change>("change");
    const auto row = [](const char *name, Change change) { QTest::newRow(name) << change; };
    row("renewal of 0 %", [](auto &r) { r.renewal = {Scep::RenewalRule::Kind::PercentOfValidity, 0}; });
    row("renewal off", [](auto &r) { r.renewal = {Scep::RenewalRule::Kind::Off, 0}; });
    row("renewal long before the end", [](auto &r) { r.renewal = {Scep::RenewalRule::Kind::HoursBeforeExpiry, 24 * 365 * 3}; });
    row("renewal by hours", [](auto &r) { r.renewal = {Scep::RenewalRule::Kind::HoursBeforeExpiry, 24 * 365 * 2 + 1}; });
    row("encoding", [](auto &r) { r.profileEncoding = Pki::TemplateNameEncoding::BmpString; });
    row("long profile", [](auto &r) { r.profile = QString(300, 'p'); });
    row("transaction id", [](auto &r) { r.transactionIdOverride = "ABC-1"; });
    row("usage without a box", [](auto &r) { r.keyUsage = Pki::KeyUsage(Pki::KeyUsageBit::CrlSign); });
    row("purposes in another order",
        [](auto &r) { r.extendedKeyUsage = Pki::extendedKeyUsageFromText("1.3.6.1.5.5.7.3.99, serverAuth, clientAuth").value(); });
    row("no subject", [](auto &r) { r.subject = {}; });
    row("several values in one part", [](auto &r) { r.subject = Pki::DistinguishedName::fromText("CN=a+OU=b, O=Lab").value(); });
    row("disabled", [](auto &r) { r.isEnabled = false; });
}

void TestRequestDialog::untouchedSettingsStay()
{
    QFETCH(const Change, change);
    Scep::EnrollmentRequest stored = m_plain;
    change(stored);
    QVERIFY(store(stored));
    edit([](Gui::RequestDialog &dialog) {
        QVERIFY2(noteText(&dialog, "requestEffects").isEmpty(), qPrintable(noteText(&dialog, "requestEffects")));
        find<QLineEdit>(&dialog, "tagsEdit")->setText("touched");
    });
    QTRY_COMPARE(record().extras.tags, QStringList("touched"));
    QCOMPARE(record().request, stored);
}

void TestRequestDialog::everythingCanBeSet()
{
    QVERIFY(store(m_plain));
    edit([](Gui::RequestDialog &dialog) {
        find<QCheckBox>(&dialog, "requestEnabledCheck")->setChecked(false);
        QVERIFY2(noteText(&dialog, "requestEffects").contains("Nothing begins by itself"), qPrintable(noteText(&dialog, "requestEffects")));
        find<QLineEdit>(&dialog, "transactionIdEdit")->setText("ABC-123");
        find<QLineEdit>(&dialog, "profileEdit")->setText("Machine");
        auto *encoding = find<QComboBox>(&dialog, "profileEncodingCombo");
        encoding->setCurrentIndex(encoding->findData(int(Pki::TemplateNameEncoding::BmpString)));
        find<QCheckBox>(&dialog, "reuseKeyCheck")->setChecked(true);
    });
    QTRY_COMPARE(record().request.transactionIdOverride, QString("ABC-123"));
    QCOMPARE(record().request.profile, QString("Machine"));
    QCOMPARE(record().request.profileEncoding, Pki::TemplateNameEncoding::BmpString);
    QVERIFY(record().request.reusesKeyOnRenewal);
    QVERIFY(!record().request.isEnabled);
}

void TestRequestDialog::challengeIsKeptReplacedAndForgotten()
{
    QVERIFY(store(m_plain));
    QVERIFY(!record().hasChallenge);
    edit([](Gui::RequestDialog &dialog) {
        const auto *line = find<QLineEdit>(&dialog, "requestChallengeEdit");
        QVERIFY2(line->placeholderText().contains("none is kept"), qPrintable(line->placeholderText()));
        QVERIFY(find(&dialog, "requestChallengeEditForget")->isHidden());
        find<QLineEdit>(&dialog, "requestChallengeEdit")->setText("open sesame");
    });
    QTRY_VERIFY(record().hasChallenge);
    edit([](Gui::RequestDialog &dialog) { // kept while other things change, and not shown
        const auto *line = find<QLineEdit>(&dialog, "requestChallengeEdit");
        QVERIFY(line->text().isEmpty());
        QVERIFY2(line->placeholderText().contains("one is kept"), qPrintable(line->placeholderText()));
        find<QLineEdit>(&dialog, "tagsEdit")->setText("with a challenge");
    });
    QTRY_COMPARE(record().extras.tags, QStringList("with a challenge"));
    QVERIFY(record().hasChallenge);
    edit([](Gui::RequestDialog &dialog) { find<QPushButton>(&dialog, "requestChallengeEditForget")->click(); });
    QTRY_VERIFY(!record().hasChallenge);
}

void TestRequestDialog::saysWhySaveIsOff()
{
    QVERIFY(store(m_plain));
    Gui::RequestDialog dialog(*m_lab->service, m_prompter, record());
    QTRY_VERIFY(isEnabled(&dialog, "requestSave"));
    QVERIFY(noteText(&dialog, "requestReason").isEmpty());
    const auto check = [&](const char *field, const char *bad, const char *good, const char *reason) {
        auto *line = find<QLineEdit>(&dialog, field);
        line->setText(bad);
        QVERIFY2(!isEnabled(&dialog, "requestSave"), field);
        QVERIFY2(noteText(&dialog, "requestReason").contains(reason), qPrintable(noteText(&dialog, "requestReason")));
        line->setText(good);
        QVERIFY2(isEnabled(&dialog, "requestSave"), field);
    };
    check("requestLabelEdit", "", "plc-1", "label");
    check("transactionIdEdit", "a b/c\x01", "", "transaction identifier");
    check("subjectEdit", "XYZZY=1", "CN=plc-1, O=Lab", "(Subject)");
    check("sanEdit", "DNS:", "", "(Subject)");
    check("otherUsesEdit", "nonsense", "", "(Key and purpose)");
    find<QGroupBox>(&dialog, "deliveryBox")->setChecked(true);
    QVERIFY2(noteText(&dialog, "requestReason").contains("(Delivery)"), qPrintable(noteText(&dialog, "requestReason")));
}

void TestRequestDialog::eachSettingHasItsReset()
{
    Scep::EnrollmentRequest stored = m_plain;
    stored.isEnabled = false;
    stored.renewal = {Scep::RenewalRule::Kind::HoursBeforeExpiry, 30};
    stored.transactionIdOverride = "ABC";
    stored.keySpec = Pki::KeySpec::fromText("rsa:3072").value();
    stored.reusesKeyOnRenewal = true;
    stored.profile = "Machine";
    stored.profileEncoding = Pki::TemplateNameEncoding::BmpString;
    stored.keyUsage = Pki::KeyUsage(Pki::KeyUsageBit::DigitalSignature);
    stored.extendedKeyUsage = Pki::extendedKeyUsageFromText("clientAuth").value();
    QVERIFY(store(stored));
    edit([](Gui::RequestDialog &dialog) {
        for (const char *field : {"requestEnabledCheck", "requestRenewal", "transactionIdEdit", "keyCombo", "reuseKeyCheck", "profileEdit",
                                  "profileEncodingCombo", "keyUsageBox", "purposeBox"}) {
            auto *button = find<QToolButton>(&dialog, QString(field) + "Reset");
            QVERIFY2(!button->isHidden(), field);
            button->click();
            QVERIFY2(button->isHidden(), field);
        }
    });
    QTRY_COMPARE(record().request, m_plain);
    QVERIFY(store(stored));
    edit([](Gui::RequestDialog &dialog) { find<QPushButton>(&dialog, "requestDefaults")->click(); });
    QTRY_COMPARE(record().request, m_plain);
}

void TestRequestDialog::anotherServerMeansANewEnrollment()
{
    QVERIFY(store(m_plain));
    Scep::EnrollmentServer second;
    second.label = "second";
    second.url = QUrl("http://127.0.0.1:1/other");
    second.isEnabled = false;
    const auto added = m_lab->service->addServer(second);
    QVERIFY(ServiceFixture::wait(added));
    const Scep::ServerId other = added.result().value();
    QTRY_VERIFY(m_lab->service->servers()->record(other));
    edit([&](Gui::RequestDialog &dialog) {
        auto *combo = find<QComboBox>(&dialog, "requestServerCombo");
        QCOMPARE(combo->currentText(), QString("quiet"));
        combo->setCurrentIndex(combo->findData(other.value));
        QVERIFY2(noteText(&dialog, "requestEffects").contains("a new enrollment begins"), qPrintable(noteText(&dialog, "requestEffects")));
    });
    QTRY_COMPARE(record().request.server, other);
    QVERIFY(store(m_plain));
}

void TestRequestDialog::deviceGivesItsNextRequest()
{
    const auto lab = m_lab->addServer("lab");
    QVERIFY(lab);
    QVERIFY(openssl("req -new -newkey rsa:2048 -nodes -keyout own.key -subj /CN=device-42/O=Field -out first.csr "
                    "-passout pass:x"));
    QVERIFY(openssl("req -new -key own.key -subj /CN=device-42/O=Field -out second.csr"));
    QFile file(m_lab->dir.filePath("first.csr"));
    QVERIFY(file.open(QIODevice::ReadOnly));
    const auto container = Pki::readContainer(file.readAll());
    QVERIFY(container);
    LabCa::Policy anyChallenge; // the device's request carries none
    m_lab->authority->setPolicy(std::move(anyChallenge));
    Scep::EnrollmentRequest wanted;
    wanted.label = "device-42";
    wanted.server = *lab;
    wanted.subject = container->request.subject();
    const auto submitted = m_lab->service->submit(Models::PreparedRequest{wanted, {}, container->request}, nullptr);
    QVERIFY(ServiceFixture::wait(submitted));
    const Scep::RequestId id = submitted.result().value();
    const auto device = [&]() -> const Models::RequestRecord & { return *m_lab->service->requests()->record(id); };
    QTRY_VERIFY_WITH_TIMEOUT(device().current.has_value(), 30000);
    QTRY_VERIFY(device().needsDeviceCsr());

    QSettings settings(m_lab->dir.filePath("window.ini"), QSettings::IniFormat);
    Gui::MainWindow window(*m_lab->service, *m_lab->labCa, m_prompter, settings);
    window.show();
    window.setWorkspaceOpen(true, "test");
    window.selectRequest(id);
    auto *use = window.findChild<QAction *>("useCsrAction");
    QTRY_VERIFY(use->isEnabled());
    QVERIFY(!window.findChild<QAction *>("renewAction")->isEnabled()); // it could only fail
    QTRY_VERIFY(find(&window, "requestsPaneDetails")->findChild<QPushButton *>("details-useCsrAction"));
    m_prompter.paths = {m_lab->dir.filePath("second.csr")};
    m_prompter.confirmAnswer = true;
    const Pki::SerialNumber former = device().current->certificate.serialNumber();
    use->trigger();
    QTRY_VERIFY_WITH_TIMEOUT(device().hasProvidedCsr, 20000);
    QVERIFY(!device().needsDeviceCsr());
    QTRY_VERIFY(window.findChild<QAction *>("renewAction")->isEnabled() || window.findChild<QAction *>("enrollAction")->isEnabled());

    // The same in the dialog: the names are the request's, seen before they are stored.
    Gui::RequestDialog dialog(*m_lab->service, m_prompter, device());
    QTRY_VERIFY(isEnabled(&dialog, "requestSave"));
    QVERIFY2(find<QLabel>(&dialog, "keySource")->text().contains("the device made"),
             qPrintable(find<QLabel>(&dialog, "keySource")->text()));
    m_prompter.paths = {m_lab->dir.filePath("second.csr")};
    find<QPushButton>(&dialog, "keyFromFile")->click();
    QTRY_VERIFY(find<QLabel>(&dialog, "keySource")->text().contains("device's own request"));
    QCOMPARE(find<QLineEdit>(&dialog, "subjectEdit")->text(), QString("CN=device-42, O=Field"));
    QVERIFY(!find(&dialog, "subjectEdit")->isEnabled());
    QSignalSpy accepted(&dialog, &QDialog::accepted);
    find<QPushButton>(&dialog, "requestSave")->click();
    QTRY_COMPARE(accepted.size(), 1);

    const auto begun = m_lab->service->enroll(id, nullptr);
    QVERIFY(ServiceFixture::wait(begun));
    QTRY_VERIFY_WITH_TIMEOUT(device().current && device().current->certificate.serialNumber() != former, 30000);
    QTRY_VERIFY(device().needsDeviceCsr()); // one request, one certificate
}

void TestRequestDialog::stoppedRenewalGoesOn()
{
    const Models::ServerModel *servers = m_lab->service->servers();
    Scep::ServerId lab;
    for (int row = 0; row < servers->rowCount(); ++row) {
        if (const auto *found = servers->record(servers->index(row, 0)); found->server.label == "lab")
            lab = found->server.id;
    }
    QVERIFY(!lab.isNull());
    LabCa::Policy withChallenge;
    withChallenge.challenge = Pki::SecretBytes(QByteArrayView(LabFixture::challenge));
    m_lab->authority->setPolicy(std::move(withChallenge));
    QVERIFY(m_lab->enroll(lab, "plc-9"));
    const Models::RequestModel *requests = m_lab->service->requests();
    Scep::RequestId id;
    for (int row = 0; row < requests->rowCount(); ++row) {
        if (const auto *found = requests->record(requests->index(row, 0)); found->request.label == "plc-9")
            id = found->request.id;
    }
    const auto device = [&]() -> const Models::RequestRecord & { return *requests->record(id); };
    const auto renewed = m_lab->service->renew(id); // the Lab CA grants none before half of the validity
    QVERIFY(ServiceFixture::wait(renewed));
    QVERIFY2(renewed.result(), qPrintable(renewed.result().has_value() ? QString() : renewed.result().error().detail));
    QTRY_COMPARE_WITH_TIMEOUT(device().transaction.state, Scep::TransactionStatus::State::Rejected, 30000);
    QVERIFY(!requests->status(requests->indexOf(id)).stillstand.isEmpty());

    QSettings settings(m_lab->dir.filePath("window.ini"), QSettings::IniFormat);
    Gui::MainWindow window(*m_lab->service, *m_lab->labCa, m_prompter, settings);
    window.show();
    window.setWorkspaceOpen(true, "test");
    window.selectRequest(id);
    auto *goOn = window.findChild<QAction *>("continueRenewingAction");
    QTRY_VERIFY(goOn->isEnabled());
    const auto details = [&] {
        QStringList texts;
        for (const QLabel *label : find(&window, "requestsPaneDetails")->findChildren<QLabel *>())
            texts.append(label->text());
        return texts.join('\n');
    };
    QTRY_VERIFY2(details().contains("nothing will begin when the renewal is due"), qPrintable(details()));
    goOn->trigger();
    QTRY_COMPARE(device().transaction.state, Scep::TransactionStatus::State::None);
    QTRY_VERIFY(!goOn->isEnabled());
    const Models::RequestStatus status = requests->status(requests->indexOf(id));
    QVERIFY(status.stillstand.isEmpty());
    QVERIFY2(status.nextAction.startsWith("renews "), qPrintable(status.nextAction));
    const auto again = m_lab->service->continueRenewing(id);
    QVERIFY(ServiceFixture::wait(again));
    QCOMPARE(again.result().error().code, Pki::ErrorCode::NotPossibleNow);
}

QTEST_MAIN(TestRequestDialog)
#include "tst_requestdialog.moc"
