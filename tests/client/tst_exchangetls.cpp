// SPDX-License-Identifier: GPL-3.0-or-later
// https: trusted roots of one's own beside the system's, and nothing else gets through.
#include "tests/client/exchangerunner.h"
#include "tests/support/rawhttpserver.h"

#include <QFile>
#include <QNetworkAccessManager>
#include <QProcess>
#include <QSslCertificate>
#include <QSslKey>
#include <QTemporaryDir>
#include <QTest>

using Pki::ErrorCode;
using Scep::Operation;

class TestExchangeTls : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase()
    {
        QVERIFY(m_dir.isValid());
        makeCa("ca");
        makeCa("other");
        makeServer("server", "IP:127.0.0.1", {"-days", "30"});
        makeServer("elsewhere", "DNS:elsewhere.example", {"-days", "30"});
        makeServer("expired", "IP:127.0.0.1", {"-days", "-1"});
        makeServer("client", "DNS:client.example", {"-days", "30"});
        makeCa("stranger");
    }

    void ownRoot()
    {
        RawHttpServer server(&answer, certificate("server"), key("server"));
        QNetworkAccessManager network;
        ExchangeRunner runner(network, exchange(Operation::PkiOperation, server.url(), "message"), trusting({"ca"}));
        QVERIFY(runner.run());
        QVERIFY2(!runner.outcome.error, qPrintable(runner.detail()));
        QCOMPARE(runner.outcome.reply.body, QByteArray("reply"));
    }

    void refused_data()
    {
        QTest::addColumn<QString>("serverName");
        QTest::addColumn<QStringList>("roots");
        QTest::addColumn<QString>("word");
        QTest::newRow("unknown root") << "server" << QStringList() << "issuer is not among the trusted";
        QTest::newRow("other root") << "server" << QStringList("other") << "issuer is not among the trusted";
        QTest::newRow("other host") << "elsewhere" << QStringList("ca") << "another host name";
        QTest::newRow("expired") << "expired" << QStringList("ca") << "expired";
    }
    void refused()
    {
        QFETCH(QString, serverName);
        QFETCH(QStringList, roots);
        QFETCH(QString, word);
        RawHttpServer server(&answer, certificate(serverName), key(serverName));
        QNetworkAccessManager network;
        ExchangeRunner runner(network, exchange(Operation::PkiOperation, server.url(), "message"), trusting(roots));
        QVERIFY(runner.run());
        QVERIFY(runner.outcome.error);
        QCOMPARE(runner.code(), ErrorCode::TlsFailure);
        QVERIFY2(runner.detail().contains(word), qPrintable(runner.detail()));
        QVERIFY(server.requests().isEmpty());
    }

    void clientCertificateIsShown_data()
    {
        QTest::addColumn<QString>("shown");
        QTest::addColumn<bool>("isAccepted");
        QTest::newRow("the right one") << "client" << true;
        QTest::newRow("none") << "" << false;
        QTest::newRow("of another CA") << "stranger" << false;
    }
    /// openssl as the server, since it is what demands client certificates most strictly.
    void clientCertificateIsShown()
    {
        QFETCH(QString, shown);
        QFETCH(bool, isAccepted);
        QProcess server;
        server.setWorkingDirectory(m_dir.path());
        server.start("openssl", {"s_server", "-accept", "127.0.0.1:0", "-cert", "server.pem", "-key", "server.key", "-CAfile", "ca.pem",
                                 "-Verify", "1", "-verify_return_error"});
        QVERIFY(server.waitForStarted());
        server.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nreply"); // to whoever gets through
        QByteArray said;
        QTRY_VERIFY((said += server.readAllStandardOutput()).contains("ACCEPT 127.0.0.1:"));
        const QByteArray port = said.mid(said.indexOf("127.0.0.1:") + 10).split('\n').first().trimmed();
        Scep::TransportSettings settings = trusting({"ca"});
        if (!shown.isEmpty())
            showing(settings, shown);
        QNetworkAccessManager network;
        ExchangeRunner runner(network, exchange(Operation::GetCaCaps, QUrl("https://127.0.0.1:" + QString::fromLatin1(port) + "/")),
                              settings);
        QVERIFY(runner.run());
        QCOMPARE(!runner.outcome.error.has_value(), isAccepted);
        server.kill();
        server.waitForFinished();
    }

    void clientCertificateNeedsItsKey()
    {
        QNetworkAccessManager network;
        Scep::TransportSettings settings = trusting({"ca"});
        showing(settings, "client");
        for (const Pki::PrivateKey &key : {Pki::PrivateKey(), *Pki::PrivateKey::generate({Pki::KeySpec::Algorithm::Ec, 256})}) {
            settings.clientKey = key;
            ExchangeRunner runner(network, exchange(Operation::GetCaCaps, QUrl("https://127.0.0.1:1/")), settings);
            QVERIFY(runner.run());
            QCOMPARE(runner.code(), ErrorCode::KeyMismatch);
        }
    }

    /// What one server entry trusts says nothing about another one, even at the same address and over the same manager.
    void rootsAreNotShared()
    {
        RawHttpServer server(&answer, certificate("server"), key("server"));
        QNetworkAccessManager network;
        const auto run = [&](const QStringList &roots) {
            ExchangeRunner runner(network, exchange(Operation::GetCaCaps, server.url()), trusting(roots));
            return runner.run() && !runner.outcome.error;
        };
        QVERIFY(!run({}));
        QVERIFY(run({"ca"}));
        QVERIFY(!run({"other"}));
        QVERIFY(!run({}));
        QVERIFY(run({"other", "ca"}));
    }

    void plainServerBehindHttps()
    {
        RawHttpServer server(&answer);
        QNetworkAccessManager network;
        QUrl url = server.url();
        url.setScheme("https");
        Scep::TransportSettings settings = trusting({"ca"});
        settings.timeout = std::chrono::milliseconds(2000);
        ExchangeRunner runner(network, exchange(Operation::GetCaCaps, url), settings);
        QVERIFY(runner.run());
        QVERIFY(runner.outcome.error);
        QVERIFY(server.requests().isEmpty());
    }

    void redirectToPlainHttpIsRefused()
    {
        RawHttpServer plain(&answer);
        RawHttpServer server(
            [&](const RawRequest &) { return RawAnswer::http("302 Found", {}, "Location: " + plain.url().toEncoded() + "\r\n"); },
            certificate("server"), key("server"));
        QNetworkAccessManager network;
        ExchangeRunner runner(network, exchange(Operation::PkiOperation, server.url(), "message"), trusting({"ca"}));
        QVERIFY(runner.run());
        QCOMPARE(runner.code(), ErrorCode::RedirectRefused);
        QCOMPARE(plain.connectionCount(), 0);
    }

    void redirectToHttpsIsChecked()
    {
        RawHttpServer secure(&answer, certificate("server"), key("server"));
        RawHttpServer plain(
            [&](const RawRequest &) { return RawAnswer::http("308 Moved", {}, "Location: " + secure.url().toEncoded() + "\r\n"); });
        for (const bool trusted : {true, false}) {
            QNetworkAccessManager network;
            ExchangeRunner runner(network, exchange(Operation::PkiOperation, plain.url(), "message"),
                                  trusting(trusted ? QStringList("ca") : QStringList()));
            QVERIFY(runner.run());
            QCOMPARE(runner.outcome.error.has_value(), !trusted);
            if (!trusted)
                QCOMPARE(runner.code(), ErrorCode::TlsFailure);
        }
        QCOMPARE(secure.requests().size(), 1);
    }

private:
    static RawAnswer answer(const RawRequest &) { return RawAnswer::http("200 OK", "reply"); }

    void openssl(const QStringList &arguments)
    {
        QProcess process;
        process.setWorkingDirectory(m_dir.path());
        process.start("openssl", arguments);
        QVERIFY(process.waitForFinished());
        QVERIFY2(process.exitCode() == 0, process.readAllStandardError().constData());
    }
    void makeCa(const QString &name)
    {
        openssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=" + name, "-days", "30",
                 "-keyout", name + ".key", "-out", name + ".pem", "-addext", "keyUsage=critical,keyCertSign"});
    }
    void makeServer(const QString &name, const QString &san, const QStringList &validity)
    {
        openssl({"req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=" + name, "-keyout", name + ".key",
                 "-out", name + ".csr"});
        QFile extensions(m_dir.filePath(name + ".ext"));
        QVERIFY(extensions.open(QIODevice::WriteOnly));
        extensions.write("subjectAltName=" + san.toLatin1() + "\nextendedKeyUsage=serverAuth,clientAuth\n");
        extensions.close();
        openssl(QStringList{"x509", "-req", "-in", name + ".csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile",
                            name + ".ext", "-out", name + ".pem"} +
                validity);
    }
    [[nodiscard]] QByteArray contents(const QString &name) const
    {
        QFile file(m_dir.filePath(name));
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }
    [[nodiscard]] QSslCertificate certificate(const QString &name) const { return QSslCertificate(contents(name + ".pem")); }
    [[nodiscard]] QSslKey key(const QString &name) const { return QSslKey(contents(name + ".key"), QSsl::Ec); }
    [[nodiscard]] Scep::TransportSettings trusting(const QStringList &names) const
    {
        Scep::TransportSettings settings;
        for (const QString &name : names)
            settings.tlsRoots.append(Pki::Certificate::fromPem(contents(name + ".pem")).value());
        return settings;
    }

    void showing(Scep::TransportSettings &settings, const QString &name) const
    {
        settings.clientCertificates = {Pki::Certificate::fromPem(contents(name + ".pem")).value()};
        settings.clientKey = Pki::PrivateKey::fromBytes(contents(name + ".key")).value();
    }

    QTemporaryDir m_dir;
};

QTEST_GUILESS_MAIN(TestExchangeTls)
#include "tst_exchangetls.moc"
