// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/ui/fakeprompter.h"
#include "tests/ui/labfixture.h"
#include "ui/dialogs/serverdialog.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QPushButton>
#include <QSignalSpy>
#include <QSpinBox>
#include <QToolButton>

using namespace std::chrono_literals;
using Change = std::function<void(Scep::EnrollmentServer &)>;
Q_DECLARE_METATYPE(Change)

/// The settings of a server: whatever scepctl can set is shown as it is, and stays as it is unless somebody touches it.
class TestServerDialog final : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void untouchedSettingsStay_data();
    void untouchedSettingsStay();
    void allAtOnceStay();
    void showsWhatIsStored();
    void saysWhySaveIsOff_data();
    void saysWhySaveIsOff();
    void aStoredProxyWithoutPortDoesNotBlockSaving();
    void pausesMustFitEachOther();
    void eachSettingHasItsReset();
    void restoreDefaultsResetsTheRolesToo();
    void proxyPasswordIsKeptAndForgotten();
    void cleanupTestCase() { m_fixture.reset(); }

private:
    [[nodiscard]] const Scep::EnrollmentServer &server() const { return m_fixture->service->servers()->record(m_id)->server; }
    [[nodiscard]] const Models::ServerRecord &record() const { return *m_fixture->service->servers()->record(m_id); }
    bool store(const Scep::EnrollmentServer &changed);
    void saveDescription(const QString &text);

    std::unique_ptr<ServiceFixture> m_fixture;
    FakePrompter m_prompter;
    Scep::ServerId m_id;
    Scep::EnrollmentServer m_plain;
};

void TestServerDialog::initTestCase()
{
    m_fixture = std::make_unique<ServiceFixture>();
    QVERIFY(m_fixture->open());
    m_plain.label = "plant";
    m_plain.url = QUrl("http://127.0.0.1:1/scep"); // nobody listens
    m_plain.isEnabled = false;
    m_plain.anchor.fingerprint = Pki::Fingerprint::fromText(QString(64, 'a'), Pki::Digest::Sha256).value();
    const auto added = m_fixture->service->addServer(m_plain);
    QVERIFY(ServiceFixture::wait(added));
    QVERIFY(added.result());
    m_id = *added.result();
    m_plain.id = m_id;
    QTRY_VERIFY(m_fixture->service->servers()->record(m_id));
}

bool TestServerDialog::store(const Scep::EnrollmentServer &changed)
{
    const auto stored = m_fixture->service->updateServer(changed, {});
    return ServiceFixture::wait(stored) && stored.result().has_value() && QTest::qWaitFor([&] { return server() == changed; }, 10000);
}

void TestServerDialog::saveDescription(const QString &text)
{
    Gui::ServerDialog dialog(*m_fixture->service, m_prompter, record());
    QVERIFY2(noteText(&dialog, "settingsReason").isEmpty(), qPrintable(noteText(&dialog, "settingsReason")));
    find<QLineEdit>(&dialog, "settingsDescriptionEdit")->setText(text);
    QVERIFY2(noteText(&dialog, "settingsEffects").isEmpty(), qPrintable(noteText(&dialog, "settingsEffects")));
    QSignalSpy accepted(&dialog, &QDialog::accepted);
    QVERIFY(isEnabled(&dialog, "settingsSave"));
    find<QPushButton>(&dialog, "settingsSave")->click();
    QTRY_COMPARE(accepted.size(), 1);
    QTRY_COMPARE(server().description, text);
}

void TestServerDialog::untouchedSettingsStay_data()
{
    QTest::addColumn<Change>("change");
    const auto row = [](const char *name, Change change) { QTest::newRow(name) << change; };
    row("cipher", [](auto &s) { s.algorithms.cipher = Pki::Cipher::Des; });
    row("digest sha384", [](auto &s) { s.algorithms.digest = Pki::Digest::Sha384; });
    row("digest md5", [](auto &s) { s.algorithms.digest = Pki::Digest::Md5; });
    row("ca check", [](auto &s) { s.caCheckInterval = 30min; });
    row("first poll", [](auto &s) { s.polling = {48h, 1.5, 96h, 240h}; });
    row("growth", [](auto &s) { s.polling.growth = 1.125; });
    row("growth of many digits", [](auto &s) { s.polling.growth = 1.23456789; });
    row("longest poll", [](auto &s) { s.polling.longest = 240h; });
    row("poll end", [](auto &s) { s.polling.end = 12h; });
    row("pauses that do not fit", [](auto &s) { s.polling = {1h, 1.5, 1s, 1s}; });
    row("retry", [](auto &s) { s.retryInterval = 2h; });
    row("timeout", [](auto &s) { s.transport.timeout = 20min; });
    row("timeout of half a second", [](auto &s) { s.transport.timeout = 500ms; });
    row("at once", [](auto &s) { s.exchangesAtOnce = 90; });
    row("per minute", [](auto &s) { s.requestsPerMinute = 7000; });
    row("proxy without port", [](auto &s) { s.transport.proxy = QUrl("http://proxy.example"); });
    row("role without reason", [](auto &s) { s.roleOverride.encryption = Pki::Fingerprint::of(Pki::Digest::Sha256, QByteArray("x")); });
    row("methods that nobody shares", [](auto &s) { s.algorithms.method = Scep::HttpMethod::Post; });
}

void TestServerDialog::untouchedSettingsStay()
{
    QFETCH(const Change, change);
    Scep::EnrollmentServer stored = m_plain;
    change(stored);
    QVERIFY(store(stored));
    saveDescription("touched");
    stored.description = "touched";
    QCOMPARE(server(), stored);
}

void TestServerDialog::allAtOnceStay()
{
    Scep::EnrollmentServer stored = m_plain;
    stored.algorithms.cipher = Pki::Cipher::Des;
    stored.algorithms.allowDes = true;
    stored.algorithms.digest = Pki::Digest::Sha384;
    stored.caCheckInterval = 30min;
    stored.polling = {48h, 1.125, 240h, 300h};
    stored.retryInterval = 2h;
    stored.transport.timeout = 20min;
    stored.exchangesAtOnce = 90;
    stored.requestsPerMinute = 7000;
    QVERIFY(store(stored));
    saveDescription("all of them");
    stored.description = "all of them";
    QCOMPARE(server(), stored);
}

void TestServerDialog::showsWhatIsStored()
{
    Scep::EnrollmentServer stored = m_plain;
    stored.algorithms.cipher = Pki::Cipher::Des;
    stored.algorithms.digest = Pki::Digest::Sha384;
    stored.polling.growth = 1.125;
    stored.retryInterval = 2h;
    stored.transport.timeout = 90s;
    stored.exchangesAtOnce = 90;
    stored.requestsPerMinute = 7000;
    QVERIFY(store(stored));
    const Gui::ServerDialog dialog(*m_fixture->service, m_prompter, record());
    QVERIFY(find<QComboBox>(&dialog, "cipherCombo")->currentText().contains("DES"));
    QVERIFY(find<QComboBox>(&dialog, "digestCombo")->currentText().contains("384"));
    QCOMPARE(find<QDoubleSpinBox>(&dialog, "growthSpin")->value(), 1.125);
    QCOMPARE(find<QDoubleSpinBox>(&dialog, "growthSpin")->text(), QLocale().toString(1.125));
    QCOMPARE(find<QSpinBox>(&dialog, "retrySpin")->value(), 2);
    QCOMPARE(find<QComboBox>(&dialog, "retrySpinUnit")->currentText(), QString("hours"));
    QCOMPARE(find<QSpinBox>(&dialog, "timeoutSpin")->value(), 90);
    QCOMPARE(find<QComboBox>(&dialog, "timeoutSpinUnit")->currentText(), QString("seconds"));
    QCOMPARE(find<QSpinBox>(&dialog, "atOnceSpin")->value(), 90);
    QCOMPARE(find<QSpinBox>(&dialog, "aMinuteSpin")->value(), 7000);
}

void TestServerDialog::saysWhySaveIsOff_data()
{
    QTest::addColumn<QString>("field");
    QTest::addColumn<QString>("value");
    QTest::addColumn<QString>("reason");
    QTest::newRow("no label") << "settingsLabelEdit" << "" << "label";
    QTest::newRow("control character") << "settingsLabelEdit" << QString("a\x1b[2J") << "label";
    QTest::newRow("url") << "settingsUrlEdit" << "ftp://x" << "URL";
    QTest::newRow("proxy without port") << "proxyEdit" << "http://proxy.example" << "proxy";
    QTest::newRow("proxy with a password") << "proxyEdit" << "http://user:secret@proxy.example:8080" << "proxy";
    QTest::newRow("proxy of another kind") << "proxyEdit" << "ftp://proxy.example:21" << "proxy";
}

void TestServerDialog::saysWhySaveIsOff()
{
    QFETCH(const QString, field);
    QFETCH(const QString, value);
    QFETCH(const QString, reason);
    QVERIFY(store(m_plain));
    Gui::ServerDialog dialog(*m_fixture->service, m_prompter, record());
    dialog.show();
    QVERIFY(QTest::qWaitForWindowExposed(&dialog));
    QVERIFY(isEnabled(&dialog, "settingsSave"));
    find<QLineEdit>(&dialog, field)->setText(value);
    QVERIFY(!isEnabled(&dialog, "settingsSave"));
    const QString text = noteText(&dialog, "settingsReason");
    QVERIFY2(text.contains(reason) && text.startsWith("Cannot be saved yet"), qPrintable(text));
    QVERIFY(!text.contains("secret"));
    const auto *note = find(&dialog, "settingsReason");
    QVERIFY(note->isVisible() && dialog.rect().contains(note->geometry())); // in sight, wherever the page is scrolled to
}

void TestServerDialog::aStoredProxyWithoutPortDoesNotBlockSaving()
{
    Scep::EnrollmentServer stored = m_plain;
    stored.transport.proxy = QUrl("http://proxy.example");
    QVERIFY(store(stored));
    Gui::ServerDialog dialog(*m_fixture->service, m_prompter, record());
    QVERIFY(isEnabled(&dialog, "settingsSave"));
    QCOMPARE(severityOf(&dialog, "proxyNote"), Models::Severity::Attention); // it is told all the same
    find<QLineEdit>(&dialog, "proxyEdit")->setText("http://proxy.example:3128");
    QVERIFY(noteText(&dialog, "proxyNote").isEmpty());
    QSignalSpy accepted(&dialog, &QDialog::accepted);
    find<QPushButton>(&dialog, "settingsSave")->click();
    QTRY_COMPARE(accepted.size(), 1);
    QTRY_COMPARE(server().transport.proxy, QUrl("http://proxy.example:3128"));
}

void TestServerDialog::pausesMustFitEachOther()
{
    QVERIFY(store(m_plain));
    Gui::ServerDialog dialog(*m_fixture->service, m_prompter, record());
    auto *unit = find<QComboBox>(&dialog, "longestPollSpinUnit");
    unit->setCurrentIndex(unit->findText("seconds")); // 1 second, while the first pause is a minute
    QCOMPARE(severityOf(&dialog, "pollNote"), Models::Severity::Bad);
    QVERIFY(!isEnabled(&dialog, "settingsSave"));
    find<QSpinBox>(&dialog, "longestPollSpin")->setValue(600);
    QVERIFY(isEnabled(&dialog, "settingsSave"));
    QVERIFY(noteText(&dialog, "pollNote").isEmpty());
}

void TestServerDialog::eachSettingHasItsReset()
{
    Scep::EnrollmentServer stored = m_plain;
    stored.algorithms.cipher = Pki::Cipher::Aes256;
    stored.algorithms.allowSha1 = false;
    stored.polling = {5min, 2.5, 2h, 72h};
    stored.retryInterval = 2h;
    stored.transport.timeout = 20min;
    stored.transport.proxy = QUrl("http://proxy.example:8080");
    stored.exchangesAtOnce = 9;
    stored.requestsPerMinute = 70;
    stored.caCheckInterval = 30min;
    stored.followsRollover = false;
    QVERIFY(store(stored));
    Gui::ServerDialog dialog(*m_fixture->service, m_prompter, record());
    dialog.show();
    QVERIFY(QTest::qWaitForWindowExposed(&dialog));
    const char *fields[] = {"cipherCombo", "allowSha1Check", "firstPollSpin",       "growthSpin", "longestPollSpin",
                            "pollEndSpin", "retrySpin",      "timeoutSpin",         "proxyEdit",  "atOnceSpin",
                            "aMinuteSpin", "caCheckSpin",    "followsRolloverCheck"};
    QVERIFY(find<QToolButton>(&dialog, "digestComboReset")->isHidden()); // it is at its default
    for (const char *field : fields) {
        auto *button = find<QToolButton>(&dialog, QString(field) + "Reset");
        QVERIFY2(!button->isHidden(), field);
        QVERIFY2(!button->accessibleName().isEmpty() && button->focusPolicy() & Qt::TabFocus, field);
        button->setFocus();
        QTest::keyClick(button, Qt::Key_Space); // by keyboard
        QVERIFY2(button->isHidden(), field);
    }
    QSignalSpy accepted(&dialog, &QDialog::accepted);
    find<QPushButton>(&dialog, "settingsSave")->click();
    QTRY_COMPARE(accepted.size(), 1);
    QTRY_COMPARE(server(), m_plain);
}

void TestServerDialog::restoreDefaultsResetsTheRolesToo()
{
    Scep::EnrollmentServer stored = m_plain;
    stored.algorithms.cipher = Pki::Cipher::Aes256;
    stored.retryInterval = 2h;
    stored.roleOverride.encryption = Pki::Fingerprint::of(Pki::Digest::Sha256, QByteArray("x"));
    stored.roleOverride.reason = "because";
    QVERIFY(store(stored));
    Gui::ServerDialog dialog(*m_fixture->service, m_prompter, record());
    find<QPushButton>(&dialog, "settingsDefaults")->click();
    QSignalSpy accepted(&dialog, &QDialog::accepted);
    find<QPushButton>(&dialog, "settingsSave")->click();
    QTRY_COMPARE(accepted.size(), 1);
    QTRY_COMPARE(server(), m_plain);
}

void TestServerDialog::proxyPasswordIsKeptAndForgotten()
{
    Scep::EnrollmentServer stored = m_plain;
    stored.transport.proxy = QUrl("http://proxy.example:8080");
    QVERIFY(store(stored));
    const auto save = [&](const std::function<void(Gui::ServerDialog &)> &edit) {
        Gui::ServerDialog dialog(*m_fixture->service, m_prompter, record());
        edit(dialog);
        QSignalSpy accepted(&dialog, &QDialog::accepted);
        find<QPushButton>(&dialog, "settingsSave")->click();
        QTRY_COMPARE(accepted.size(), 1);
    };
    save([](Gui::ServerDialog &dialog) {
        QVERIFY(!isEnabled(&dialog, "proxyPasswordEdit")); // no user, no password
        find<QLineEdit>(&dialog, "proxyUserEdit")->setText("technician");
        find<QLineEdit>(&dialog, "proxyPasswordEdit")->setText("pr0xypw");
    });
    QTRY_COMPARE(server().transport.proxyUser, QString("technician"));
    QVERIFY(!server().transport.proxyPassword || server().transport.proxyPassword->isEmpty()); // lists never hold it
    save([](Gui::ServerDialog &dialog) {
        const auto *line = find<QLineEdit>(&dialog, "proxyPasswordEdit");
        QVERIFY(line->text().isEmpty()); // kept, never shown
        QVERIFY2(line->placeholderText().contains("kept"), qPrintable(line->placeholderText()));
        QVERIFY(!find(&dialog, "proxyPasswordEditForget")->isHidden());
        // Another user: the password of the former one is not his.
        find<QLineEdit>(&dialog, "proxyUserEdit")->setText("operator");
        QVERIFY(!line->placeholderText().contains("type to replace"));
        find<QLineEdit>(&dialog, "proxyUserEdit")->setText("technician");
        find<QLineEdit>(&dialog, "settingsDescriptionEdit")->setText("with a password");
    });
    QTRY_COMPARE(server().description, QString("with a password"));
    QCOMPARE(server().transport.proxyUser, QString("technician"));
}

QTEST_MAIN(TestServerDialog)
#include "tst_serverdialog.moc"
