// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/items/requestmodel.h"
#include "models/items/servermodel.h"
#include "tests/ui/labfixture.h"
#include "ui/dialogs/requestdialog.h"
#include "ui/dialogs/serverdialog.h"
#include "ui/widgets/fieldnote.h"

#include <QCheckBox>
#include <QComboBox>
#include <QLineEdit>
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
    void unchangedRequestSaysNothing();
    void requestIsChanged();
    void takenLabelIsRefused();
    void badNameCannotBeSaved();
    void cleanupTestCase() { m_fixture.reset(); }

private:
    const Models::ServerRecord &server() const { return *m_fixture->service->servers()->record(m_server); }
    const Models::RequestRecord &request() const { return *m_fixture->service->requests()->record(m_request); }
    std::optional<Scep::RequestId> add(const QString &label);

    std::unique_ptr<ServiceFixture> m_fixture;
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
    Gui::ServerDialog dialog(*m_fixture->service, server());
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
    Gui::ServerDialog dialog(*m_fixture->service, server());
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
    Gui::ServerDialog dialog(*m_fixture->service, server());
    find<QLineEdit>(&dialog, "settingsUrlEdit")->setText("ftp://nowhere");
    QVERIFY(!find<QPushButton>(&dialog, "settingsSave")->isEnabled());
    QVERIFY(!find<Gui::FieldNote>(&dialog, "settingsUrlNote")->text().isEmpty());
}

void TestSettingsDialogs::unchangedRequestSaysNothing()
{
    const Scep::EnrollmentRequest before = request().request;
    Gui::RequestDialog dialog(*m_fixture->service, request());
    QVERIFY2(find<Gui::FieldNote>(&dialog, "requestEffects")->text().isEmpty(),
             qPrintable(find<Gui::FieldNote>(&dialog, "requestEffects")->text()));
    QSignalSpy accepted(&dialog, &QDialog::accepted);
    find<QPushButton>(&dialog, "requestSave")->click();
    QTRY_COMPARE(accepted.size(), 1);
    QCOMPARE(request().request, before); // also the usages that have no box of their own
}

void TestSettingsDialogs::requestIsChanged()
{
    Gui::RequestDialog dialog(*m_fixture->service, request());
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

void TestSettingsDialogs::takenLabelIsRefused()
{
    Gui::RequestDialog dialog(*m_fixture->service, request());
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
    Gui::RequestDialog dialog(*m_fixture->service, request());
    find<QLineEdit>(&dialog, "sanEdit")->setText("DNS:");
    QVERIFY(!find<QPushButton>(&dialog, "requestSave")->isEnabled());
}

QTEST_MAIN(TestSettingsDialogs)
#include "tst_settingsdialogs.moc"
