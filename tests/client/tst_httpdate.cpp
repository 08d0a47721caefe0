// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/client/httpdate.h"

#include <QTest>

using namespace std::chrono_literals;

class TestHttpDate : public QObject
{
    Q_OBJECT

private slots:
    void reads_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QString>("expected"); // empty: invalid
        const QString known = "1994-11-06T08:49:37Z";
        QTest::newRow("IMF-fixdate") << QByteArray("Sun, 06 Nov 1994 08:49:37 GMT") << known;
        QTest::newRow("RFC 850") << QByteArray("Sunday, 06-Nov-94 08:49:37 GMT") << known;
        QTest::newRow("asctime") << QByteArray("Sun Nov  6 08:49:37 1994") << known;
        QTest::newRow("two digits, this century") << QByteArray("Saturday, 21-Nov-26 08:49:37 GMT") << "2026-11-21T08:49:37Z";
        QTest::newRow("blanks around") << QByteArray("  Sun, 06 Nov 1994 08:49:37 GMT ") << known;
        QTest::newRow("leap second") << QByteArray("Sat, 31 Dec 2016 23:59:60 GMT") << "2016-12-31T23:59:59Z";
        QTest::newRow("empty") << QByteArray() << QString();
        QTest::newRow("other zone") << QByteArray("Sun, 06 Nov 1994 08:49:37 CET") << QString();
        QTest::newRow("no such day") << QByteArray("Sun, 31 Nov 1994 08:49:37 GMT") << QString();
        QTest::newRow("no such month") << QByteArray("Sun, 06 Nob 1994 08:49:37 GMT") << QString();
        QTest::newRow("no such time") << QByteArray("Sun, 06 Nov 1994 24:49:37 GMT") << QString();
        QTest::newRow("two clock fields") << QByteArray("Sun, 06 Nov 1994 08:49 GMT") << QString();
        QTest::newRow("number") << QByteArray("120") << QString();
    }
    void reads()
    {
        QFETCH(QByteArray, text);
        QFETCH(QString, expected);
        const QDateTime date = Scep::httpDate(text);
        QCOMPARE(date.isValid(), !expected.isEmpty());
        QCOMPARE(date, QDateTime::fromString(expected, Qt::ISODate));
        if (date.isValid())
            QCOMPARE(date.timeSpec(), Qt::UTC);
    }

    void retryAfter_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<qint64>("expected"); // -1: nothing
        QTest::newRow("seconds") << QByteArray("120") << qint64(120);
        QTest::newRow("zero") << QByteArray(" 0 ") << qint64(0);
        QTest::newRow("date ahead") << QByteArray("Sun, 06 Nov 1994 08:50:37 GMT") << qint64(60);
        QTest::newRow("date gone by") << QByteArray("Sun, 06 Nov 1994 08:00:00 GMT") << qint64(0);
        QTest::newRow("more than a number holds") << QByteArray("99999999999999999999999") << qint64(365 * 24 * 3600);
        QTest::newRow("a century") << QByteArray("3155760000") << qint64(365 * 24 * 3600);
        QTest::newRow("negative") << QByteArray("-5") << qint64(-1);
        QTest::newRow("word") << QByteArray("soon") << qint64(-1);
        QTest::newRow("empty") << QByteArray() << qint64(-1);
    }
    void retryAfter()
    {
        QFETCH(QByteArray, text);
        QFETCH(qint64, expected);
        const QDateTime now = QDateTime::fromString("1994-11-06T08:49:37Z", Qt::ISODate);
        const auto seconds = Scep::retryAfter(text, now);
        QCOMPARE(seconds.has_value(), expected >= 0);
        if (seconds)
            QCOMPARE(seconds->count(), expected);
    }
};

QTEST_GUILESS_MAIN(TestHttpDate)
#include "tst_httpdate.moc"
