// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/service/labcaservice.h"
#include "scep/files/durablefile.h"

#include <QFile>
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
