// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/service/labcaservice.h"
#include "scep/files/durablefile.h"
#include "scep/labca/policyfile.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QSignalSpy>
#include <QTcpServer>
#include <QTemporaryDir>
#include <QTest>

using Models::LabCaService;
using Pki::ErrorCode;
using State = LabCaService::State;

/// What tests/ui/tst_labcapage.cpp does not reach: folders and ports that cannot be used, and answers for nobody.
class TestLabCaService final : public QObject
{
    Q_OBJECT

private slots:
    void keepsItsChallengeForItsOwner();
    void saysWhyItCannotStart_data();
    void saysWhyItCannotStart();
    void stopsWhileStarting();
    void takesWhatIsChangedWhileStarting();
    void folderGoesBeforeWhatIsRemembered();
    void changeGoesBeforeWhatIsBeingRead();
    void wantsThePassphrase();
    void makesOneFirstCa();
    void tellsOfDamageOnce();
    void decidesOnlyWhatIsThere();

private:
    static bool startAndWait(LabCaService &labCa)
    {
        labCa.start();
        return QTest::qWaitFor([&] { return labCa.state() == State::Running; }, 30000);
    }
    QTemporaryDir m_dir;
};

void TestLabCaService::keepsItsChallengeForItsOwner()
{
    const QString folder = m_dir.filePath("kept");
    QByteArray first;
    {
        LabCaService labCa(folder);
        QVERIFY(startAndWait(labCa));
        first = labCa.identity()->challenge->view().toByteArray();
        QCOMPARE(first.size(), 24);
    }
    QCOMPARE(QFile::permissions(folder + "/challenge.txt") & (QFile::ReadGroup | QFile::ReadOther | QFile::WriteOther),
             QFile::Permissions());
    LabCaService again(folder);
    QVERIFY(startAndWait(again));
    QCOMPARE(again.identity()->challenge->view().toByteArray(), first);
}

void TestLabCaService::saysWhyItCannotStart_data()
{
    QTest::addColumn<QString>("folder");
    QTest::addColumn<bool>("portIsTaken");
    QTest::addColumn<ErrorCode>("code");
    QVERIFY(Files::writeDurably(m_dir.filePath("file"), "x", Files::FileAccess::OwnerOnly));
    QTest::newRow("folder below a file") << m_dir.filePath("file/lab-ca") << false << ErrorCode::FileNotWritable;
    QTest::newRow("port taken") << m_dir.filePath("port") << true << ErrorCode::NetworkFailure;
}

void TestLabCaService::saysWhyItCannotStart()
{
    QFETCH(const QString, folder);
    QFETCH(const bool, portIsTaken);
    QFETCH(const ErrorCode, code);
    QTcpServer other;
    QVERIFY(other.listen(QHostAddress::LocalHost));
    LabCaService labCa(folder);
    if (portIsTaken) {
        Models::LabCaSettings settings;
        settings.port = other.serverPort();
        labCa.setSettings(settings);
    }
    QSignalSpy failed(&labCa, &LabCaService::failed);
    labCa.start();
    QTRY_COMPARE_WITH_TIMEOUT(failed.size(), 1, 30000);
    QCOMPARE(failed.first().at(0).value<Models::Error>().code, code);
    QCOMPARE(labCa.state(), State::Stopped);
    QVERIFY(!labCa.identity());
}

void TestLabCaService::stopsWhileStarting()
{
    LabCaService labCa(m_dir.filePath("hasty"));
    QSignalSpy changed(&labCa, &LabCaService::stateChanged);
    labCa.start();
    labCa.stop();
    QCOMPARE(labCa.state(), State::Stopped);
    QCOMPARE(changed.size(), 2);
    QVERIFY(startAndWait(labCa)); // nothing of the first start is in the way
    QCOMPARE(changed.size(), 4);
}

void TestLabCaService::takesWhatIsChangedWhileStarting()
{
    const QString folder = m_dir.filePath("changed");
    LabCaService labCa(folder);
    labCa.start(); // makes keys: takes its time
    QCOMPARE(labCa.state(), State::Starting);
    Models::LabCaSettings settings = labCa.settings();
    settings.mode = LabCa::Mode::Registered;
    settings.personality = "cisco";
    settings.faults = QStringList{"drop:10%"};
    labCa.setSettings(settings);
    QTRY_COMPARE_WITH_TIMEOUT(labCa.state(), State::Running, 30000);
    QCOMPARE(labCa.settings().mode, LabCa::Mode::Registered);
    QTRY_COMPARE(LabCa::policyOfFolder(folder)->mode, LabCa::Mode::Registered);
    QCOMPARE(LabCa::policyOfFolder(folder)->personality.name, QString("cisco"));
    QTRY_VERIFY(labCa.identity()->challenge == nullptr); // in force, too
    QCOMPARE(labCa.settings().faults, QStringList("drop:10%"));
    QVERIFY(labCa.settings().port != 0);
}

void TestLabCaService::folderGoesBeforeWhatIsRemembered()
{
    const QString folder = m_dir.filePath("folder-first");
    {
        LabCaService labCa(folder);
        QVERIFY(startAndWait(labCa));
    }
    auto policy = LabCa::policyOfFolder(folder);
    policy->mode = LabCa::Mode::Auto; // as scepctl lab-ca init does
    policy->renewal.allowsSameKey = false;
    QVERIFY(LabCa::savePolicy(folder, *policy));
    LabCaService labCa(folder);
    labCa.restoreSettings({});    // says approve
    QVERIFY(startAndWait(labCa)); // without waiting for the reading
    QTRY_COMPARE(labCa.settings().mode, LabCa::Mode::Auto);
    QVERIFY(!labCa.settings().allowsSameKey);
    QCOMPARE(LabCa::policyOfFolder(folder)->mode, LabCa::Mode::Auto);
}

void TestLabCaService::changeGoesBeforeWhatIsBeingRead()
{
    const QString folder = m_dir.filePath("changed-at-once");
    LabCaService labCa(folder);
    labCa.restoreSettings({}); // says approve, and is read beside
    Models::LabCaSettings settings = labCa.settings();
    settings.mode = LabCa::Mode::Auto;
    labCa.setSettings(settings);
    QVERIFY(startAndWait(labCa)); // what was read has come by now
    QCOMPARE(labCa.settings().mode, LabCa::Mode::Auto);
    QCOMPARE(LabCa::policyOfFolder(folder)->mode, LabCa::Mode::Auto);
}

void TestLabCaService::wantsThePassphrase()
{
    const QString folder = m_dir.filePath("protected");
    const auto passphrase = std::make_shared<const Pki::SecretBytes>(QByteArrayView("correct horse"));
    QVERIFY(LabCa::Depot::openOrCreate(folder, {}, *passphrase));
    LabCaService labCa(folder);
    QSignalSpy failed(&labCa, &LabCaService::failed);
    QSignalSpy wanted(&labCa, &LabCaService::passphraseWanted);
    labCa.start();
    QTRY_COMPARE_WITH_TIMEOUT(wanted.size(), 1, 30000);
    QCOMPARE(wanted.first().first().value<Models::Error>().code, ErrorCode::PassphraseRequired);
    QCOMPARE(labCa.state(), State::Stopped);
    labCa.start(std::make_shared<const Pki::SecretBytes>(QByteArrayView("battery staple")));
    QTRY_COMPARE_WITH_TIMEOUT(wanted.size(), 2, 30000);
    QCOMPARE(wanted.last().first().value<Models::Error>().code, ErrorCode::WrongPassphrase);
    labCa.start(passphrase);
    QTRY_COMPARE_WITH_TIMEOUT(labCa.state(), State::Running, 30000);
    QVERIFY(labCa.identity()->hasPassphrase);
    QVERIFY(failed.isEmpty());
    QCOMPARE(passphrase.use_count(), 1); // nothing of it is kept here but what opens the keys
}

void TestLabCaService::makesOneFirstCa()
{
    LabCaService labCa(m_dir.filePath("first"));
    QVERIFY(!labCa.hasCa());
    Models::NewLabCa ca;
    ca.description.name = "Plant";
    const auto early = labCa.addCa(ca); // beside which other?
    QVERIFY(early.isFinished());
    QCOMPARE(early.result().error().code, ErrorCode::InvalidArgument);
    const auto made = labCa.makeFirstCa(ca);
    QTRY_VERIFY_WITH_TIMEOUT(made.isFinished(), 30000);
    QVERIFY(made.result());
    QTRY_COMPARE_WITH_TIMEOUT(labCa.state(), State::Running, 30000);
    QCOMPARE(labCa.identity()->root.subject().commonName(), QString("Plant Root (lab only)"));
    labCa.stop();
    const auto again = labCa.makeFirstCa(ca);
    QVERIFY(again.isFinished());
    QCOMPARE(again.result().error().code, ErrorCode::InvalidArgument);
}

void TestLabCaService::tellsOfDamageOnce()
{
    const QString folder = m_dir.filePath("damaged");
    {
        LabCaService labCa(folder);
        QVERIFY(startAndWait(labCa));
    }
    const QString file = folder + "/enrollments/0123456789ABCDEF.json";
    QVERIFY(QDir().mkpath(QFileInfo(file).path()));
    QVERIFY(Files::writeDurably(file, "{", Files::FileAccess::OwnerOnly));
    LabCaService labCa(folder);
    QSignalSpy failed(&labCa, &LabCaService::failed);
    QVERIFY(startAndWait(labCa));
    QTRY_COMPARE(failed.size(), 1);
    QCOMPARE(failed.first().first().value<Models::Error>().code, ErrorCode::Malformed);
    QVERIFY(failed.first().first().value<Models::Error>().detail.contains("0123456789ABCDEF"));
    const auto nobody = labCa.approve("ABCDEF"); // reads again when it is done
    QTRY_VERIFY(nobody.isFinished());
    QCOMPARE(failed.size(), 1);
}

void TestLabCaService::decidesOnlyWhatIsThere()
{
    LabCaService labCa(m_dir.filePath("kept"));
    const auto early = labCa.approve("ABC");
    QVERIFY(early.isFinished());
    QCOMPARE(early.result().error().code, ErrorCode::InvalidArgument);
    QVERIFY(startAndWait(labCa));
    const auto nobody = labCa.reject("0123456789ABCDEF", "no");
    QTRY_VERIFY(nobody.isFinished());
    QCOMPARE(nobody.result().error().code, ErrorCode::InvalidArgument);
}

QTEST_GUILESS_MAIN(TestLabCaService)
#include "tst_labcaservice.moc"
