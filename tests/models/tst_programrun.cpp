// SPDX-License-Identifier: GPL-3.0-or-later

// The program after a delivery: no shell, bounded output, an end in time, also of what it started itself.

#include "models/service/programrun.h"

#include <QElapsedTimer>
#include <QFile>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>

using namespace Models;
using namespace std::chrono_literals;

class TestProgramRun : public QObject
{
    Q_OBJECT

    QTemporaryDir m_folder;

    [[nodiscard]] QString script(const QByteArray &text) const
    {
        const QString path = m_folder.filePath("program");
        QFile::remove(path);
        QFile file(path);
        if (!file.open(QIODevice::WriteOnly) || file.write("#!/bin/sh\n" + text + "\n") < 0)
            qFatal("cannot write %s", qPrintable(path));
        file.setPermissions(QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
        return path;
    }
    [[nodiscard]] ProgramRun::Task task(const QByteArray &text, std::chrono::milliseconds timeout = 30s) const
    {
        QProcessEnvironment environment;
        environment.insert("PATH", "/usr/bin:/bin");
        environment.insert("SCEPTER_LABEL", "plc-7");
        return {.program = script(text), .arguments = {}, .environment = environment, .folder = m_folder.path(), .timeout = timeout};
    }
    static ProgramResult result(const ProgramRun::Task &task)
    {
        ProgramRun run(task);
        ProgramResult last;
        int count = 0;
        connect(&run, &ProgramRun::finished, &run, [&](const ProgramResult &each) {
            last = each;
            ++count;
        });
        run.start();
        if (count != 0)
            qFatal("ended in the caller's stack");
        if (!QTest::qWaitFor([&] { return count > 0; }, 40000))
            qFatal("the program run does not end");
        QCoreApplication::processEvents();
        if (count != 1)
            qFatal("ended more than once");
        return last;
    }

private slots:
    void tellsTheStatus_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<int>("status"); // -1: none
        QTest::addColumn<QString>("complaint");
        QTest::newRow("good") << QByteArray("echo done") << 0 << "";
        QTest::newRow("bad") << QByteArray("echo \"no such device\" >&2; exit 3") << 3 << "ended with status 3: no such device";
        QTest::newRow("silent") << QByteArray("exit 1") << 1 << "ended with status 1";
        QTest::newRow("killed") << QByteArray("kill -9 $$") << -1 << "crashed";
        QTest::newRow("reads nothing") << QByteArray("cat; exit 4") << 4 << "ended with status 4";
        QTest::newRow("control characters") << QByteArray("printf '\\033[2J\\007evil'; exit 5") << 5
                                            << "ended with status 5: \\u{001B}[2J\\u{0007}evil";
    }
    void tellsTheStatus()
    {
        QFETCH(QByteArray, text);
        QFETCH(int, status);
        QFETCH(QString, complaint);
        const ProgramRun::Task all = task(text);
        const ProgramResult found = result(all);
        QVERIFY(found.hasStarted);
        QCOMPARE(found.exitStatus.value_or(-1), status);
        QCOMPARE(found.complaint(all.program), complaint.isEmpty() ? QString() : all.program + " " + complaint);
    }

    void givesArgumentsAsTheyAre()
    {
        ProgramRun::Task all = task("printf '%s|' \"$@\"; printf '%s|' \"$SCEPTER_LABEL\"; pwd");
        all.arguments = QStringList{"a b", "$(reboot)", "; rm x", "*", ""};
        QCOMPARE(result(all).output, "a b|$(reboot)|; rm x|*||plc-7|" + m_folder.path());
    }

    void boundsTheOutput()
    {
        const ProgramResult found = result(task("head -c 20000000 /dev/zero | tr '\\0' x; echo; echo last words; exit 1"));
        QCOMPARE(found.exitStatus.value_or(-1), 1);
        QVERIFY(found.output.size() <= 300);
        QVERIFY(found.output.endsWith("last words"));
    }

    void tellsWhatCannotBeStarted()
    {
        ProgramRun::Task all = task("true");
        all.program = m_folder.filePath("no-such-program");
        const ProgramResult found = result(all);
        QVERIFY(!found.hasStarted);
        QVERIFY(!found.isGood());
        QVERIFY2(found.complaint(all.program).contains("cannot be started: "), qPrintable(found.complaint(all.program)));
    }

    void endsWhatTakesTooLong_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::newRow("patient") << QByteArray("echo $$ >pids; exec sleep 300");
        QTest::newRow("with a child") << QByteArray("sleep 300 & echo $! $$ >pids; wait");
        QTest::newRow("deaf") << QByteArray("trap '' TERM; echo $$ >pids; while true; do sleep 1; done");
        QTest::newRow("with a deaf child") << QByteArray("(trap '' TERM; exec sleep 300) & echo $! $$ >pids; wait");
    }
    void endsWhatTakesTooLong()
    {
        QFETCH(QByteArray, text);
        QFile::remove(m_folder.filePath("pids"));
        const ProgramResult found = result(task(text, 500ms));
        QVERIFY(found.isTimedOut);
        QVERIFY(!found.isGood());
        QVERIFY(found.complaint("x").contains("took too long"));
        QFile pids(m_folder.filePath("pids"));
        QVERIFY(pids.open(QIODevice::ReadOnly));
        const QList<QByteArray> all = pids.readAll().simplified().split(' ');
        QVERIFY(!all.isEmpty());
        for (const QByteArray &pid : all)
            QTRY_VERIFY2(hasEnded(pid.toInt()), pid.constData());
    }

    void endsWithItsOwner()
    {
        QFile::remove(m_folder.filePath("pids"));
        auto run = std::make_unique<ProgramRun>(task("echo $$ >pids; exec sleep 300"));
        QSignalSpy finished(run.get(), &ProgramRun::finished);
        run->start();
        QFile pids(m_folder.filePath("pids"));
        QTRY_VERIFY(pids.exists() && pids.size() > 0);
        QVERIFY(pids.open(QIODevice::ReadOnly));
        const int pid = pids.readAll().trimmed().toInt();
        run.reset();
        QTRY_VERIFY(hasEnded(pid));
        QCOMPARE(finished.count(), 0);
    }

private:
    /// Gone, or a zombie that nobody has waited for.
    static bool hasEnded(int pid)
    {
        QFile stat(QString("/proc/%1/stat").arg(pid));
        if (!stat.open(QIODevice::ReadOnly))
            return true;
        const QByteArray text = stat.readAll();
        return text.isEmpty() || text.mid(text.lastIndexOf(')') + 2, 1) == "Z";
    }
};

QTEST_GUILESS_MAIN(TestProgramRun)
#include "tst_programrun.moc"
