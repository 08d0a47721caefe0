// SPDX-License-Identifier: GPL-3.0-or-later
// scepter_bench: how fast the product is beside what does the same without it. Numbers for people; the test bench_smoke only checks
// that all of them come out.
#include "tests/bench/enrollmentbench.h"
#include "tests/bench/messagebench.h"

#include <QCommandLineParser>
#include <QCoreApplication>

int main(int argc, char **argv)
{
    QCoreApplication application(argc, argv);
    QCommandLineParser parser;
    parser.setApplicationDescription(
        QStringLiteral("Compares Scepter with bare OpenSSL, strongSwan's pki and scepclient. Ratios are times: below 1 Scepter is faster. "
                       "Build the release preset for numbers that mean something."));
    parser.addHelpOption();
    const QCommandLineOption rounds(QStringLiteral("rounds"), QStringLiteral("Rounds of messages (default 15)."), QStringLiteral("n"),
                                    QStringLiteral("15"));
    const QCommandLineOption messages(QStringLiteral("messages"), QStringLiteral("Messages in a round (default 100)."), QStringLiteral("n"),
                                      QStringLiteral("100"));
    const QCommandLineOption enrollments(QStringLiteral("enrollments"), QStringLiteral("Enrollments of each client (default 25; 0: none)."),
                                         QStringLiteral("n"), QStringLiteral("25"));
    const QCommandLineOption scepctl(QStringLiteral("scepctl"), QStringLiteral("The scepctl to measure (default: the one beside)."),
                                     QStringLiteral("file"), QCoreApplication::applicationDirPath() + QStringLiteral("/scepctl"));
    parser.addOptions({rounds, messages, enrollments, scepctl});
    parser.process(application);

    if (const int count = parser.value(rounds).toInt(); count > 0)
        Bench::runMessages(count, qMax(1, parser.value(messages).toInt()));
    if (const int count = parser.value(enrollments).toInt(); count > 0)
        Bench::runEnrollments(parser.value(scepctl), count);
    return 0;
}
