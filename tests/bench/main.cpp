// SPDX-License-Identifier: GPL-3.0-or-later
// scepter_bench: how fast the product is beside what does the same without it. Numbers for people; the test bench_smoke only checks
// that all of them come out.
#include "tests/bench/enrollmentbench.h"
#include "tests/bench/loadbench.h"
#include "tests/bench/messagebench.h"

#include <QCommandLineParser>
#include <QCoreApplication>

int main(int argc, char **argv)
{
    QCoreApplication application(argc, argv);
    QCommandLineParser parser;
    parser.setApplicationDescription(QStringLiteral(
        "Compares Scepter with bare OpenSSL, strongSwan's pki, scepclient and scepserver. Ratios are of times (below 1 Scepter is "
        "faster), that of the load is of rates (above 1). "
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
    const QCommandLineOption load(QStringLiteral("load"),
                                  QStringLiteral("Enrollments at the Lab CA and at scepserver under load (default 1000; 0: none)."),
                                  QStringLiteral("n"), QStringLiteral("1000"));
    const QCommandLineOption connections(QStringLiteral("connections"), QStringLiteral("Connections of the load at once (default 8)."),
                                         QStringLiteral("n"), QStringLiteral("8"));
    parser.addOptions({rounds, messages, enrollments, scepctl, load, connections});
    parser.process(application);

    if (const int count = parser.value(rounds).toInt(); count > 0)
        Bench::runMessages(count, qMax(1, parser.value(messages).toInt()));
    if (const int count = parser.value(enrollments).toInt(); count > 0)
        Bench::runEnrollments(parser.value(scepctl), count);
    if (const int count = parser.value(load).toInt(); count > 0)
        return Bench::runLoad(parser.value(scepctl), count, qMax(1, parser.value(connections).toInt())) ? 0 : 1;
    return 0;
}
