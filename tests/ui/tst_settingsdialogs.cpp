// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/items/requestmodel.h"
#include "models/items/servermodel.h"
#include "tests/ui/fakeprompter.h"
#include "tests/ui/labfixture.h"
#include "ui/dialogs/requestdialog.h"
#include "ui/dialogs/serverdialog.h"
#include "ui/widgets/fieldnote.h"

#include <QCheckBox>
#include <QComboBox>
#include <QGroupBox>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QProcess>
#include <QPushButton>
#include <QSignalSpy>
#include <QSpinBox>

/// What the settings dialogs of servers and requests say before they save, and what is stored then.
class TestSettingsDialogs final : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void unchangedServerSaysNothing();
    void serverSaysWhatAChangeDoes_data();
    void serverSaysWhatAChangeDoes();
    void badServerUrlCannotBeSaved();
    void serverSettingsAreStoredAndRestored();
    void clientCertificateComesWithItsKey();
    void unchangedRequestSaysNothing();
    void requestIsChanged();
    void renewalByDaysIsKept();
    void takenLabelIsRefused();
    void badNameCannotBeSaved();
    void tagsAndNotesAreKept();
    void deliveryIsCheckedAndKept();
    void cleanupTestCase() { m_fixture.reset(); }

private:
    const Models::ServerRecord &server() const { return *m_fixture->service->servers()->record(m_server); }
    const Models::RequestRecord &request() const { return *m_fixture->service->requests()->record(m_request); }
    std::optional<Scep::RequestId> add(const QString &label);

    std::unique_ptr<ServiceFixture> m_fixture;
    FakePrompter m_prompter;
    Scep::ServerId m_server;
    Scep::RequestId m_request;
};

std::optional<Scep::RequestId> TestSettingsDialogs::add(const QString &label)
{
    Scep::EnrollmentRequest wanted;
    wanted.label = label;
    wanted.server = m_server;
    wanted.subject = Pki::DistinguishedName::fromText("CN=" + label + ", O=Lab").value();
    wanted.subjectAlternativeNames = Pki::subjectAlternativeNamesFromText("DNS:" + label + ".lab.example").value();
    wanted.keyUsage = Pki::KeyUsageBit::DigitalSignature | Pki::KeyUsageBit::CrlSign; // one without a box
    wanted.extendedKeyUsage = Pki::extendedKeyUsageFromText("clientAuth, 1.3.6.1.5.5.7.3.99").value();
    const auto prepared = m_fixture->service->prepare(wanted, nullptr);
    if (!ServiceFixture::wait(prepared) || !prepared.result())
        return std::nullopt;
    const auto submitted = m_fixture->service->submit(*prepared.result(), nullptr);
    if (!ServiceFixture::wait(submitted) || !submitted.result())
        return std::nullopt;
    return *submitted.result();
}

void TestSettingsDialogs::initTestCase()
{
    m_fixture = std::make_unique<ServiceFixture>();
    QVERIFY(m_fixture->open());
    Scep::EnrollmentServer wanted;
    wanted.label = "plant";
    wanted.url = QUrl("http://127.0.0.1:1/scep"); // nobody listens: nothing happens by itself
    wanted.anchor.fingerprint = Pki::Fingerprint::fromText(QString(64, 'a'), Pki::Digest::Sha256).value();
    const auto added = m_fixture->service->addServer(wanted);
    QVERIFY(ServiceFixture::wait(added));
    QVERIFY(added.result());
    m_server = *added.result();
    QTRY_VERIFY(m_fixture->service->servers()->record(m_server));
    const auto first = add("plc-1");
    QVERIFY(first);
    m_request = *first;
    QVERIFY(add("plc-2"));
    QTRY_COMPARE(m_fixture->service->requests()->rowCount(), 2);
}

void TestSettingsDialogs::unchangedServerSaysNothing()
{
    Gui::ServerDialog dialog(*m_fixture->service, m_prompter, server());
    QVERIFY(find<Gui::FieldNote>(&dialog, "settingsEffects")->text().isEmpty());
    QVERIFY(find<QPushButton>(&dialog, "settingsSave")->isEnabled());
}

void TestSettingsDialogs::serverSaysWhatAChangeDoes_data()
{
    QTest::addColumn<QString>("field");
    QTest::addColumn<QString>("value");
    QTest::addColumn<QString>("expected");
    QTest::newRow("url") << "settingsUrlEdit" << "http://127.0.0.1:2/scep" << "asked for its CA certificates again";
    QTest::newRow("ca identifier") << "settingsCaIdentifierEdit" << "other" << "asked for its CA certificates again";
    QTest::newRow("enabled") << "settingsEnabledCheck" << QString() << "All traffic with the server ends at once";
}

void TestSettingsDialogs::serverSaysWhatAChangeDoes()
{
    QFETCH(const QString, field);
    QFETCH(const QString, value);
    QFETCH(const QString, expected);
    Gui::ServerDialog dialog(*m_fixture->service, m_prompter, server());
    const auto *note = find<Gui::FieldNote>(&dialog, "settingsEffects");
    if (auto *edit = dialog.findChild<QLineEdit *>(field))
        edit->setText(value);
    else
        find<QCheckBox>(&dialog, field)->toggle();
    QVERIFY2(note->text().contains(expected), qPrintable(note->text()));
    QCOMPARE(note->severity(), Models::Severity::Attention);
}

void TestSettingsDialogs::badServerUrlCannotBeSaved()
{
    Gui::ServerDialog dialog(*m_fixture->service, m_prompter, server());
    find<QLineEdit>(&dialog, "settingsUrlEdit")->setText("ftp://nowhere");
    QVERIFY(!find<QPushButton>(&dialog, "settingsSave")->isEnabled());
    QVERIFY(!find<Gui::FieldNote>(&dialog, "settingsUrlNote")->text().isEmpty());
}

void TestSettingsDialogs::serverSettingsAreStoredAndRestored()
{
    const Scep::EnrollmentServer before = server().server;
    {
        Gui::ServerDialog dialog(*m_fixture->service, m_prompter, server());
        find<QSpinBox>(&dialog, "atOnceSpin")->setValue(2);
        find<QSpinBox>(&dialog, "aMinuteSpin")->setValue(30);
        find<QComboBox>(&dialog, "retrySpinUnit")->setCurrentText("seconds");
        find<QSpinBox>(&dialog, "retrySpin")->setValue(77);
        QSignalSpy accepted(&dialog, &QDialog::accepted);
        find<QPushButton>(&dialog, "settingsSave")->click();
        QTRY_COMPARE(accepted.size(), 1);
    }
    QTRY_COMPARE(server().server.retryInterval, std::chrono::seconds(77));
    QCOMPARE(server().server.exchangesAtOnce, 2);
    QCOMPARE(server().server.requestsPerMinute, 30);
    Gui::ServerDialog dialog(*m_fixture->service, m_prompter, server());
    find<QPushButton>(&dialog, "settingsDefaults")->click();
    QSignalSpy accepted(&dialog, &QDialog::accepted);
    find<QPushButton>(&dialog, "settingsSave")->click();
    QTRY_COMPARE(accepted.size(), 1);
    QTRY_COMPARE(server().server, before);
}

void TestSettingsDialogs::clientCertificateComesWithItsKey()
{
    const QString folder = m_fixture->dir.path();
    const auto openssl = [&](const QString &arguments) {
        QProcess process;
        process.setWorkingDirectory(folder);
        process.start("openssl", arguments.split(' '));
        return process.waitForFinished(30000) && process.exitCode() == 0;
    };
    QVERIFY(openssl("req -x509 -newkey rsa:2048 -nodes -keyout client.key -out client.crt -subj /CN=technician -days 2"));
    QVERIFY(openssl("pkcs12 -export -inkey client.key -in client.crt -out client.p12 -passout pass:geheim"));

    Gui::ServerDialog dialog(*m_fixture->service, m_prompter, server());
    const auto *text = find<QLabel>(&dialog, "tlsClientText");
    const auto *note = find<Gui::FieldNote>(&dialog, "tlsNote");
    m_prompter.paths = {folder + "/client.crt"}; // no key in it
    find<QPushButton>(&dialog, "tlsChooseClient")->click();
    QTRY_COMPARE(note->severity(), Models::Severity::Bad);
    QCOMPARE(text->text(), QString("none"));

    m_prompter.paths = {folder + "/client.p12"};
    m_prompter.secrets = {"wrong", "geheim"};
    m_prompter.errors.clear();
    find<QPushButton>(&dialog, "tlsChooseClient")->click();
    QTRY_COMPARE_WITH_TIMEOUT(text->text(), QString("technician"), 20000);
    QCOMPARE(m_prompter.errors.size(), 2);
    QVERIFY(!m_prompter.errors.last().isEmpty());
    m_prompter.paths = {folder + "/client.crt"};
    find<QPushButton>(&dialog, "tlsAddRoots")->click();
    QTRY_VERIFY(find<QLabel>(&dialog, "tlsRootsText")->text().contains("technician"));
    QSignalSpy accepted(&dialog, &QDialog::accepted);
    find<QPushButton>(&dialog, "settingsSave")->click();
    QTRY_COMPARE(accepted.size(), 1);
    QTRY_COMPARE(server().server.transport.clientCertificates.size(), 1);
    QCOMPARE(server().server.transport.tlsRoots.size(), 1);

    Gui::ServerDialog again(*m_fixture->service, m_prompter, server());
    QCOMPARE(find<QLabel>(&again, "tlsClientText")->text(), QString("technician"));
    find<QPushButton>(&again, "tlsClearClient")->click();
    QSignalSpy savedAgain(&again, &QDialog::accepted);
    find<QPushButton>(&again, "settingsSave")->click();
    QTRY_COMPARE(savedAgain.size(), 1);
    QTRY_VERIFY(server().server.transport.clientCertificates.isEmpty());
}

void TestSettingsDialogs::unchangedRequestSaysNothing()
{
    const Scep::EnrollmentRequest before = request().request;
    Gui::RequestDialog dialog(*m_fixture->service, m_prompter, request());
    QTRY_VERIFY(find<QPushButton>(&dialog, "requestSave")->isEnabled());
    QVERIFY2(find<Gui::FieldNote>(&dialog, "requestEffects")->text().isEmpty(),
             qPrintable(find<Gui::FieldNote>(&dialog, "requestEffects")->text()));
    QSignalSpy accepted(&dialog, &QDialog::accepted);
    find<QPushButton>(&dialog, "requestSave")->click();
    QTRY_COMPARE(accepted.size(), 1);
    QCOMPARE(request().request, before); // also the usages that have no box of their own
}

void TestSettingsDialogs::requestIsChanged()
{
    Gui::RequestDialog dialog(*m_fixture->service, m_prompter, request());
    QTRY_VERIFY(find<QPushButton>(&dialog, "requestSave")->isEnabled());
    const auto *effects = find<Gui::FieldNote>(&dialog, "requestEffects");
    find<QSpinBox>(&dialog, "renewalValueSpin")->setValue(66);
    QVERIFY2(effects->text().contains("renewal moves"), qPrintable(effects->text()));
    QCOMPARE(effects->severity(), Models::Severity::Neutral);
    auto *key = find<QComboBox>(&dialog, "keyCombo");
    key->setCurrentIndex(key->findData("rsa:3072"));
    QVERIFY2(effects->text().contains("new key of this kind"), qPrintable(effects->text()));
    find<QLineEdit>(&dialog, "sanEdit")->setText("DNS:new.lab.example");
    QVERIFY2(effects->text().contains("next certificate will show"), qPrintable(effects->text()));
    QSignalSpy accepted(&dialog, &QDialog::accepted);
    find<QPushButton>(&dialog, "requestSave")->click();
    QTRY_COMPARE(accepted.size(), 1);
    QTRY_COMPARE(request().request.renewal.value, 66);
    QCOMPARE(request().request.keySpec.toText(), QString("rsa:3072"));
    QCOMPARE(Pki::toText(request().request.subjectAlternativeNames), QString("DNS:new.lab.example"));
    QCOMPARE(request().request.label, QString("plc-1"));
}

void TestSettingsDialogs::renewalByDaysIsKept()
{
    const auto save = [&](const QString &kind, int value) {
        Gui::RequestDialog dialog(*m_fixture->service, m_prompter, request());
        QTRY_VERIFY(find<QPushButton>(&dialog, "requestSave")->isEnabled());
        find<QComboBox>(&dialog, "renewalKindCombo")->setCurrentText(kind);
        find<QSpinBox>(&dialog, "renewalValueSpin")->setValue(value);
        QSignalSpy accepted(&dialog, &QDialog::accepted);
        find<QPushButton>(&dialog, "requestSave")->click();
        QTRY_COMPARE(accepted.size(), 1);
    };
    save("days before the end", 10);
    const Scep::RenewalRule tenDays{Scep::RenewalRule::Kind::HoursBeforeExpiry, 240};
    QTRY_COMPARE(request().request.renewal, tenDays);
    {
        Gui::RequestDialog dialog(*m_fixture->service, m_prompter, request());
        QCOMPARE(find<QComboBox>(&dialog, "renewalKindCombo")->currentText(), QString("days before the end"));
        QCOMPARE(find<QSpinBox>(&dialog, "renewalValueSpin")->value(), 10);
    }
    save("hours before the end", 30);
    const Scep::RenewalRule thirtyHours{Scep::RenewalRule::Kind::HoursBeforeExpiry, 30};
    QTRY_COMPARE(request().request.renewal, thirtyHours);
    const Gui::RequestDialog dialog(*m_fixture->service, m_prompter, request());
    QCOMPARE(dialog.findChild<QComboBox *>("renewalKindCombo")->currentText(), QString("hours before the end"));
    QCOMPARE(dialog.findChild<QSpinBox *>("renewalValueSpin")->value(), 30);
}

void TestSettingsDialogs::takenLabelIsRefused()
{
    Gui::RequestDialog dialog(*m_fixture->service, m_prompter, request());
    QTRY_VERIFY(find<QPushButton>(&dialog, "requestSave")->isEnabled());
    QSignalSpy accepted(&dialog, &QDialog::accepted);
    find<QLineEdit>(&dialog, "requestLabelEdit")->setText("plc-2");
    find<QPushButton>(&dialog, "requestSave")->click();
    const auto *note = find<Gui::FieldNote>(&dialog, "requestNote");
    QTRY_VERIFY2(note->text().contains("plc-2"), qPrintable(note->text()));
    QCOMPARE(note->severity(), Models::Severity::Bad);
    QCOMPARE(accepted.size(), 0);
    QCOMPARE(request().request.label, QString("plc-1"));
}

void TestSettingsDialogs::badNameCannotBeSaved()
{
    Gui::RequestDialog dialog(*m_fixture->service, m_prompter, request());
    QTRY_VERIFY(find<QPushButton>(&dialog, "requestSave")->isEnabled());
    find<QLineEdit>(&dialog, "sanEdit")->setText("DNS:");
    QVERIFY(!find<QPushButton>(&dialog, "requestSave")->isEnabled());
}

void TestSettingsDialogs::tagsAndNotesAreKept()
{
    {
        Gui::RequestDialog dialog(*m_fixture->service, m_prompter, request());
        QTRY_VERIFY(find<QPushButton>(&dialog, "requestSave")->isEnabled());
        find<QLineEdit>(&dialog, "tagsEdit")->setText(" hall 3 , spare,, Spare");
        find<QPlainTextEdit>(&dialog, "notesEdit")->setPlainText("second rack\nfrom the left");
        QSignalSpy accepted(&dialog, &QDialog::accepted);
        find<QPushButton>(&dialog, "requestSave")->click();
        QTRY_COMPARE(accepted.size(), 1);
    }
    QTRY_COMPARE(request().extras.tags, QStringList({"hall 3", "spare"}));
    QCOMPARE(request().extras.notes, QString("second rack\nfrom the left"));
    Gui::ServerDialog dialog(*m_fixture->service, m_prompter, server());
    find<QLineEdit>(&dialog, "tagsEdit")->setText("east");
    QSignalSpy accepted(&dialog, &QDialog::accepted);
    find<QPushButton>(&dialog, "settingsSave")->click();
    QTRY_COMPARE(accepted.size(), 1);
    QTRY_COMPARE(server().extras.tags, QStringList("east"));
}

void TestSettingsDialogs::deliveryIsCheckedAndKept()
{
    {
        Gui::RequestDialog dialog(*m_fixture->service, m_prompter, request());
        auto *save = find<QPushButton>(&dialog, "requestSave");
        QTRY_VERIFY(save->isEnabled());
        find<QGroupBox>(&dialog, "deliveryBox")->setChecked(true);
        QVERIFY(!save->isEnabled()); // no folder yet
        QVERIFY(!find<Gui::FieldNote>(&dialog, "deliveryNote")->text().isEmpty());
        m_prompter.paths = {m_fixture->dir.filePath("out")};
        find<QPushButton>(&dialog, "deliveryBrowse")->click();
        QVERIFY(save->isEnabled());
        find<QCheckBox>(&dialog, "deliveryPkcs12")->setChecked(true);
        QVERIFY(!save->isEnabled()); // no pass phrase yet
        find<QLineEdit>(&dialog, "deliveryPassphrase")->setText("geheim");
        QVERIFY(save->isEnabled());
        find<QLineEdit>(&dialog, "deliveryProgram")->setText("/bin/true");
        find<QPlainTextEdit>(&dialog, "deliveryArguments")->setPlainText("reload\n{label} now");
        QSignalSpy accepted(&dialog, &QDialog::accepted);
        save->click();
        QTRY_COMPARE(accepted.size(), 1);
    }
    const auto setup = m_fixture->service->deliverySetup(m_request);
    QVERIFY(ServiceFixture::wait(setup));
    const Models::DeliverySetup stored = setup.result().value();
    QVERIFY(stored.rule);
    QVERIFY(stored.hasPassphrase);
    QCOMPARE(stored.rule->folder, m_fixture->dir.filePath("out"));
    QVERIFY(stored.rule->files.testFlag(Models::Delivery::File::Pkcs12));
    QCOMPARE(stored.rule->program, QString("/bin/true"));
    QCOMPARE(stored.rule->arguments, QStringList({"reload", "{label} now"}));

    Gui::RequestDialog dialog(*m_fixture->service, m_prompter, request());
    auto *save = find<QPushButton>(&dialog, "requestSave");
    QTRY_VERIFY(save->isEnabled());
    QVERIFY(find<QGroupBox>(&dialog, "deliveryBox")->isChecked());
    QVERIFY(find<QLineEdit>(&dialog, "deliveryPassphrase")->text().isEmpty()); // kept, never shown
    find<QGroupBox>(&dialog, "deliveryBox")->setChecked(false);
    QSignalSpy accepted(&dialog, &QDialog::accepted);
    save->click();
    QTRY_COMPARE(accepted.size(), 1);
    const auto none = m_fixture->service->deliverySetup(m_request);
    QVERIFY(ServiceFixture::wait(none));
    QVERIFY(!none.result().value().rule);
}

QTEST_MAIN(TestSettingsDialogs)
#include "tst_settingsdialogs.moc"
