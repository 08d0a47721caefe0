// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/client/proxychooser.h"

#include <QNetworkAccessManager>
#include <QNetworkProxy>
#include <QTest>

class TestProxyChooser : public QObject
{
    Q_OBJECT

private slots:
    void loopback_data()
    {
        QTest::addColumn<QString>("host");
        QTest::addColumn<bool>("expected");
        QTest::newRow("localhost") << "localhost" << true;
        QTest::newRow("capitals") << "LocalHost" << true;
        QTest::newRow("below it") << "ca.localhost" << true;
        QTest::newRow("IPv4") << "127.0.0.1" << true;
        QTest::newRow("IPv4 net") << "127.9.8.7" << true;
        QTest::newRow("IPv6") << "::1" << true;
        QTest::newRow("lookalike") << "localhost.example" << false;
        QTest::newRow("lookalike end") << "notlocalhost" << false;
        QTest::newRow("private") << "192.168.0.1" << false;
        QTest::newRow("name") << "ca.example" << false;
        QTest::newRow("empty") << "" << false;
    }
    void loopback()
    {
        QFETCH(QString, host);
        QFETCH(bool, expected);
        QCOMPARE(Scep::isLoopback(host), expected);
    }

    void setting_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<int>("type"); // -1: refused
        QTest::newRow("http") << "http://proxy.example:3128" << int(QNetworkProxy::HttpProxy);
        QTest::newRow("socks") << "socks5://proxy.example:1080" << int(QNetworkProxy::Socks5Proxy);
        QTest::newRow("no port") << "http://proxy.example" << -1;
        QTest::newRow("https") << "https://proxy.example:443" << -1;
        QTest::newRow("no host") << "http://:3128" << -1;
        QTest::newRow("word") << "proxy" << -1;
    }
    void setting()
    {
        QFETCH(QString, text);
        QFETCH(int, type);
        const auto proxy = Scep::proxyFromUrl(QUrl(text));
        QCOMPARE(proxy.has_value(), type >= 0);
        if (proxy) {
            QCOMPARE(int(proxy->type()), type);
            QCOMPARE(proxy->hostName(), QString("proxy.example"));
        } else {
            QCOMPARE(proxy.error().code, Pki::ErrorCode::InvalidUrl);
        }
    }

    void settingWithPassword()
    {
        // They are settings of their own: an address is shown and stored in clear.
        for (const char *text :
             {"http://joe:geheim@proxy.example:3128", "http://joe@proxy.example:3128", "ftp://joe:geheim@proxy.example:3128"}) {
            const auto refused = Scep::proxyFromUrl(QUrl(text));
            QVERIFY(!refused);
            QCOMPARE(refused.error().code, Pki::ErrorCode::InvalidUrl);
            QVERIFY(!refused.error().detail.contains("geheim"));
        }
    }

    void chooses()
    {
        QNetworkAccessManager network;
        auto &chooser = Scep::ProxyChooser::of(network);
        QCOMPARE(&Scep::ProxyChooser::of(network), &chooser);

        const QUrl mine("http://ca.example/scep?operation=GetCACaps");
        const QUrl local("http://127.0.0.1:8080/scep");
        chooser.set(mine, QNetworkProxy(QNetworkProxy::HttpProxy, "proxy.example", 3128));
        QCOMPARE(chooser.queryProxy(QNetworkProxyQuery(mine)).value(0).hostName(), QString("proxy.example"));
        QCOMPARE(chooser.queryProxy(QNetworkProxyQuery(local)).value(0).type(), QNetworkProxy::NoProxy);

        // A server on this machine may still be reached through a proxy if somebody says so.
        chooser.set(local, QNetworkProxy(QNetworkProxy::Socks5Proxy, "proxy.example", 1080));
        QCOMPARE(chooser.queryProxy(QNetworkProxyQuery(local)).value(0).type(), QNetworkProxy::Socks5Proxy);
        chooser.forget(local);
        QCOMPARE(chooser.queryProxy(QNetworkProxyQuery(local)).value(0).type(), QNetworkProxy::NoProxy);
    }
};

QTEST_GUILESS_MAIN(TestProxyChooser)
#include "tst_proxychooser.moc"
