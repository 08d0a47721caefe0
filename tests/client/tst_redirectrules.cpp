// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/client/redirectrules.h"

#include <QTest>

using Pki::ErrorCode;

class TestRedirectRules : public QObject
{
    Q_OBJECT

private slots:
    void followed_data()
    {
        QTest::addColumn<QByteArray>("from");
        QTest::addColumn<int>("status");
        QTest::addColumn<QByteArray>("location");
        QTest::addColumn<QByteArray>("expected");
        const QByteArray from = "http://ca.example/scep?operation=GetCACaps";
        QTest::newRow("absolute") << from << 302 << QByteArray("http://ca.example/b?operation=GetCACaps")
                                  << QByteArray("http://ca.example/b?operation=GetCACaps");
        QTest::newRow("path only") << from << 301 << QByteArray("/b?operation=GetCACaps")
                                   << QByteArray("http://ca.example/b?operation=GetCACaps");
        QTest::newRow("relative") << from << 307 << QByteArray("b") << QByteArray("http://ca.example/b");
        QTest::newRow("to https") << from << 308 << QByteArray("https://ca.example/scep") << QByteArray("https://ca.example/scep");
        QTest::newRow("scheme kept") << from << 308 << QByteArray("//ca.example:8080/x") << QByteArray("http://ca.example:8080/x");
        QTest::newRow("host in capitals") << from << 302 << QByteArray("http://CA.Example/x") << QByteArray("http://ca.example/x");
        QTest::newRow("encoding kept") << from << 302 << QByteArray("/x?message=a%2Bb%2Fc%3D%3D")
                                       << QByteArray("http://ca.example/x?message=a%2Bb%2Fc%3D%3D");
        QTest::newRow("fragment dropped") << from << 302 << QByteArray("/x#top") << QByteArray("http://ca.example/x");
        QTest::newRow("https to https") << QByteArray("https://ca.example/a") << 302 << QByteArray("https://ca.example/b")
                                        << QByteArray("https://ca.example/b");
    }
    void followed()
    {
        QFETCH(QByteArray, from);
        QFETCH(int, status);
        QFETCH(QByteArray, location);
        QFETCH(QByteArray, expected);
        const auto target = Scep::redirectTarget(QUrl::fromEncoded(from), status, location, 0);
        QVERIFY2(target, target ? "" : qPrintable(target.error().detail));
        QCOMPARE(target->toEncoded(), expected);
    }

    void refused_data()
    {
        QTest::addColumn<QByteArray>("from");
        QTest::addColumn<int>("status");
        QTest::addColumn<QByteArray>("location");
        QTest::addColumn<int>("earlier");
        QTest::addColumn<QString>("word");
        const QByteArray from = "http://ca.example/scep";
        QTest::newRow("other host") << from << 302 << QByteArray("http://evil.example/scep") << 0 << "another host";
        QTest::newRow("host with a suffix") << from << 302 << QByteArray("http://ca.example.evil.example/") << 0 << "another host";
        QTest::newRow("https to http") << QByteArray("https://ca.example/a") << 301 << QByteArray("http://ca.example/a") << 0
                                       << "https to http";
        QTest::newRow("303") << from << 303 << QByteArray("/thanks") << 0 << "303";
        QTest::newRow("no location") << from << 302 << QByteArray() << 0 << "Location";
        QTest::newRow("broken location") << from << 302 << QByteArray("http://[::1") << 0 << "Location";
        QTest::newRow("file") << from << 302 << QByteArray("file:///etc/passwd") << 0 << "no plain http";
        QTest::newRow("data") << from << 302 << QByteArray("data:text/plain,x") << 0 << "no plain http";
        QTest::newRow("user info") << from << 302 << QByteArray("http://joe:pw@ca.example/") << 0 << "no plain http";
        QTest::newRow("sixth") << from << 302 << QByteArray("/b") << 5 << "more than 5";
    }
    void refused()
    {
        QFETCH(QByteArray, from);
        QFETCH(int, status);
        QFETCH(QByteArray, location);
        QFETCH(int, earlier);
        QFETCH(QString, word);
        const auto target = Scep::redirectTarget(QUrl::fromEncoded(from), status, location, earlier);
        QVERIFY(!target);
        QCOMPARE(target.error().code, ErrorCode::RedirectRefused);
        QVERIFY2(target.error().detail.contains(word), qPrintable(target.error().detail));
        QVERIFY(!target.error().detail.contains("pw"));
    }

    void whichStatusRedirects()
    {
        QList<int> found;
        for (int status = 100; status < 600; ++status) {
            if (Scep::isRedirect(status))
                found.append(status);
        }
        QCOMPARE(found, (QList<int>{301, 302, 303, 307, 308}));
    }

    void displayUrlHidesMessages()
    {
        QCOMPARE(Scep::displayUrl(QUrl("http://joe:pw@ca.example:81/scep?operation=PKIOperation&message=MII#x")),
                 QString("http://ca.example:81/scep"));
    }
};

QTEST_GUILESS_MAIN(TestRedirectRules)
#include "tst_redirectrules.moc"
