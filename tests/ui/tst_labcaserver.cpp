// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/service/labcachoices.h"
#include "tests/ui/fakeprompter.h"
#include "tests/ui/labfixture.h"
#include "ui/mainwindow.h"

#include <QAction>
#include <QComboBox>
#include <QPushButton>
#include <QSettings>

using Models::LabCaService;
using Trust = Scep::ServerKnowledge::Trust;

/// "Add as server": whatever the Lab CA is like, the server that is added is one that it can be used with.
class TestLabCaServer final : public QObject
{
    Q_OBJECT

private slots:
    void init();
    void isTrustedUnderEveryPersonality_data();
    void isTrustedUnderEveryPersonality();
    void isTrustedWithoutTheRootBeingSent();
    void followsAChangeOfPersonality();
    void tellsWhenTheCaIsAnother();
    void warnsOfAMissingRa();
    void cleanup();

private:
    [[nodiscard]] QAction *action(const QString &name) const { return m_window->findChild<QAction *>(name); }
    [[nodiscard]] LabCaService &labCa() const { return *m_fixture->labCa; }
    [[nodiscard]] const Models::ServerRecord *server() const
    {
        const Models::ServerModel &servers = *m_fixture->service->servers();
        return servers.rowCount() == 1 ? servers.record(servers.index(0, 0)) : nullptr;
    }
    [[nodiscard]] bool start(const Models::LabCaSettings &settings) const
    {
        labCa().setSettings(settings);
        action("startLabCaAction")->trigger();
        return QTest::qWaitFor([this] { return labCa().state() == LabCaService::State::Running; }, 30000);
    }
    [[nodiscard]] bool trusts() const
    {
        action("addLabCaServerAction")->trigger();
        return QTest::qWaitFor([this] { return server() != nullptr && server()->knowledge.trust == Trust::Confirmed; }, 20000);
    }

    std::unique_ptr<ServiceFixture> m_fixture;
    FakePrompter m_prompter;
    std::unique_ptr<QSettings> m_settings;
    std::unique_ptr<Gui::MainWindow> m_window;
};

void TestLabCaServer::init()
{
    m_fixture = std::make_unique<ServiceFixture>();
    m_settings = std::make_unique<QSettings>(m_fixture->dir.filePath("window.ini"), QSettings::IniFormat);
    m_window = std::make_unique<Gui::MainWindow>(*m_fixture->service, labCa(), m_prompter, *m_settings);
    m_window->show();
    QVERIFY(m_fixture->open());
    m_window->setWorkspaceOpen(true, "test");
    action("showLabCaAction")->trigger();
}

void TestLabCaServer::cleanup()
{
    m_window.reset();
    m_fixture.reset();
}

void TestLabCaServer::isTrustedUnderEveryPersonality_data()
{
    QTest::addColumn<QString>("personality");
    const QList<Models::LabCaChoice> personalities = Models::labCaPersonalities();
    for (const Models::LabCaChoice &personality : personalities)
        QTest::newRow(qPrintable(personality.name)) << personality.name;
}

void TestLabCaServer::isTrustedUnderEveryPersonality()
{
    QFETCH(const QString, personality);
    Models::LabCaSettings settings;
    settings.personality = personality;
    settings.mode = LabCa::Mode::Auto;
    QVERIFY(start(settings));
    QCOMPARE(labCa().identity()->ra, Models::raOfPersonality(personality)); // the first CA is set up as such servers are
    QVERIFY(trusts());
    QCOMPARE(server()->knowledge.roles.issuing, labCa().identity()->issuing);

    Scep::EnrollmentRequest wanted;
    wanted.label = "plc-1";
    wanted.server = server()->server.id;
    wanted.subject = Pki::DistinguishedName::fromText("CN=plc-1").value();
    const auto challenge = std::make_shared<Pki::SecretBytes>(labCa().identity()->challenge->clone());
    const auto prepared = m_fixture->service->prepare(wanted, challenge);
    QVERIFY(ServiceFixture::wait(prepared));
    QVERIFY2(prepared.result(), qPrintable(prepared.result() ? QString() : prepared.result().error().detail));
    const auto submitted = m_fixture->service->submit(*prepared.result(), challenge);
    QVERIFY(ServiceFixture::wait(submitted));
    QVERIFY(submitted.result());
    const auto *requests = m_fixture->service->requests();
    QTRY_VERIFY(requests->record(*submitted.result()) != nullptr);
    const auto isIssued = [&] { return requests->record(*submitted.result())->current.has_value(); };
    if (personality == "dogtag") { // cuts nonces, which the client reports and does not accept
        QTRY_VERIFY_WITH_TIMEOUT(requests->record(*submitted.result())->transaction.error, 20000);
        QCOMPARE(requests->record(*submitted.result())->transaction.error->code, Pki::ErrorCode::NonceMismatch);
        return;
    }
    const bool wasIssued = QTest::qWaitFor(isIssued, 20000);
    const auto &transaction = requests->record(*submitted.result())->transaction;
    QVERIFY2(wasIssued, qPrintable(QString("state %1, next attempt %2, %3")
                                       .arg(int(transaction.state))
                                       .arg(transaction.nextAttemptAt.toString(Qt::ISODate),
                                            transaction.error ? transaction.error->detail : "no error")));
}

void TestLabCaServer::isTrustedWithoutTheRootBeingSent()
{
    Models::LabCaSettings settings;
    settings.sendsFullChain = false;
    QVERIFY(start(settings));
    QVERIFY(trusts());
    QCOMPARE(server()->knowledge.offered.certificates, QList{labCa().identity()->issuing});
}

void TestLabCaServer::followsAChangeOfPersonality()
{
    QVERIFY(start({}));
    QVERIFY(trusts());
    QCOMPARE(server()->server.caIdentifier, QString());
    find<QComboBox>(m_window.get(), "labCaPersonality")->setCurrentText("micromdm"); // no root any more
    m_fixture->service->refreshServer(server()->server.id);
    QTRY_COMPARE_WITH_TIMEOUT(server()->knowledge.offered.certificates.size(), 1, 20000);
    QCOMPARE(server()->knowledge.trust, Trust::Confirmed);

    find<QComboBox>(m_window.get(), "labCaPersonality")->setCurrentText("ejbca"); // wants a CA identifier
    QTRY_COMPARE(labCa().identity()->caIdentifier, QString("default"));
    action("addLabCaServerAction")->trigger();
    auto *update = find<QPushButton>(m_window.get(), "messageButton");
    QTRY_VERIFY(update->isVisible());
    QCOMPARE(server()->server.caIdentifier, QString());
    update->click();
    QTRY_COMPARE(server()->server.caIdentifier, QString("default"));
    m_fixture->service->refreshServer(server()->server.id);
    QTRY_VERIFY_WITH_TIMEOUT(server()->knowledge.offered.certificates.size() > 1 && !server()->knowledge.lastError, 20000);
    QCOMPARE(server()->knowledge.trust, Trust::Confirmed);
}

void TestLabCaServer::tellsWhenTheCaIsAnother()
{
    QVERIFY(start({}));
    Scep::EnrollmentServer other; // as of a Lab CA whose folder was removed
    other.label = "old";
    other.url = labCa().identity()->url;
    other.anchor.fingerprint = Pki::Fingerprint::fromText(QString("ab").repeated(32)).value();
    QVERIFY(ServiceFixture::wait(m_fixture->service->addServer(other)));
    QTRY_VERIFY_WITH_TIMEOUT(server() != nullptr && server()->knowledge.trust == Trust::Refused, 20000);
    action("addLabCaServerAction")->trigger();
    auto *update = find<QPushButton>(m_window.get(), "messageButton");
    QTRY_VERIFY(update->isVisible());
    update->click();
    QTRY_COMPARE_WITH_TIMEOUT(server()->knowledge.trust, Trust::Confirmed, 20000);
    QCOMPARE(server()->server.label, QString("old"));
}

void TestLabCaServer::warnsOfAMissingRa()
{
    QVERIFY(start({}));
    auto *note = find<Gui::FieldNote>(m_window.get(), "labCaRaNote");
    auto *make = find<QPushButton>(m_window.get(), "labCaRaButton");
    QVERIFY(!make->isVisible());
    find<QComboBox>(m_window.get(), "labCaPersonality")->setCurrentText("ndes");
    QTRY_VERIFY(make->isVisible());
    QVERIFY(note->text().contains("two RA certificates"));
    make->click();
    QTRY_VERIFY_WITH_TIMEOUT(!make->isVisible(), 30000);
    QCOMPARE(labCa().identity()->ra, LabCa::RaKind::Split);
    QVERIFY(trusts());
    QVERIFY(!server()->knowledge.roles.raSigning.isNull());
    QVERIFY(server()->knowledge.roles.raSigning != server()->knowledge.roles.raEncryption);
}

QTEST_MAIN(TestLabCaServer)
#include "tst_labcaserver.moc"
