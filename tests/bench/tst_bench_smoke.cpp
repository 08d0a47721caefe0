// SPDX-License-Identifier: GPL-3.0-or-later
#include <QProcess>
#include <QRegularExpression>
#include <QTest>

class TestBenchSmoke : public QObject
{
    Q_OBJECT

private slots:
    void printsEveryRatio()
    {
        QProcess bench;
        bench.start(qEnvironmentVariable("SCEPTER_BIN_DIR") + "/scepter_bench",
                    {"--rounds", "1", "--messages", "2", "--enrollments", "1", "--load", "20"});
        QVERIFY2(bench.waitForFinished(100000), qPrintable(bench.errorString()));
        const QString output = QString::fromUtf8(bench.readAllStandardOutput());
        QVERIFY2(bench.exitStatus() == QProcess::NormalExit && bench.exitCode() == 0, bench.readAllStandardError().constData());
        const QStringList lines = output.split('\n', Qt::SkipEmptyParts);
        QCOMPARE(lines.size(), 5);
        const QStringList subjects{"message build+sign+encrypt", "message verify+decrypt", "enrollment beside pki --scep",
                                   "enrollment beside scepclient", "load beside scepserver"};
        for (int i = 0; i < subjects.size(); ++i) {
            QVERIFY2(lines.at(i).startsWith(subjects.at(i)), qPrintable(lines.at(i)));
            const auto match = QRegularExpression("ratio (\\d+\\.\\d+)").match(lines.at(i));
            QVERIFY2(match.hasMatch() && match.captured(1).toDouble() > 0, qPrintable(lines.at(i)));
        }
    }
};

QTEST_GUILESS_MAIN(TestBenchSmoke)
#include "tst_bench_smoke.moc"
