// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/labca/requestparser.h"

#include <QTest>

using namespace LabCa;

namespace {

constexpr RequestParser::Limits small{.headBytes = 200, .bodyBytes = 100};

/// Everything that comes out of `bytes`, fed `step` at a time: "METHOD target [body] keep", and the refusal at last.
QStringList readAll(const QByteArray &bytes, qsizetype step)
{
    RequestParser parser(small);
    QStringList found;
    for (qsizetype at = 0; at < bytes.size(); at += step) {
        parser.feed(bytes.mid(at, step));
        while (const auto request = parser.next()) {
            found.append(QString("%1 %2 [%3] %4%5")
                             .arg(QString::fromLatin1(request->method), QString::fromLatin1(request->target),
                                  QString::fromLatin1(request->body), request->isHttp10 ? "1.0 " : "",
                                  request->keepsConnection ? "keep" : "close"));
        }
    }
    if (parser.refusal())
        found.append(QString::number(parser.refusal()->status));
    else if (parser.hasBegun())
        found.append("more");
    return found;
}

} // namespace

class TestRequestParser final : public QObject
{
    Q_OBJECT

private slots:
    void reads_data();
    void reads();
    void sayThatTheBodyMayCome();
    void keepsNoMoreThanItsLimits();
};

void TestRequestParser::reads_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QStringList>("expected");
    const auto row = [](const char *name, const QByteArray &bytes, const QStringList &expected) {
        QTest::newRow(name) << bytes << expected;
    };
    row("GET", "GET /a HTTP/1.1\r\nHost: x\r\n\r\n", {"GET /a [] keep"});
    row("no fields", "GET /a HTTP/1.1\r\n\r\n", {"GET /a [] keep"});
    row("LF only", "GET /a HTTP/1.1\nHost: x\n\n", {"GET /a [] keep"});
    row("blank lines before", "\r\n\r\nGET /a HTTP/1.1\r\n\r\n", {"GET /a [] keep"});
    row("close", "GET /a HTTP/1.1\r\nConnection: Upgrade, Close\r\n\r\n", {"GET /a [] close"});
    row("1.0", "GET /a HTTP/1.0\r\n\r\n", {"GET /a [] 1.0 close"});
    row("1.0 kept", "GET /a HTTP/1.0\r\nconnection: keep-alive\r\n\r\n", {"GET /a [] 1.0 keep"});
    row("body", "POST /a HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", {"POST /a [abc] keep"});
    row("body of zero", "POST /a HTTP/1.1\r\nContent-Length: 0\r\n\r\n", {"POST /a [] keep"});
    row("the same length twice", "POST /a HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc", {"POST /a [abc] keep"});
    row("two in one piece", "POST /a HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcGET /b HTTP/1.1\r\n\r\n",
        {"POST /a [abc] keep", "GET /b [] keep"});
    row("a break after the body", "POST /a HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc\r\nGET /b HTTP/1.1\r\n\r\n",
        {"POST /a [abc] keep", "GET /b [] keep"});
    row("chunks", "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1;x=y\r\nc\r\n0\r\nT: 1\r\n\r\n",
        {"POST /a [abc] keep"});
    row("no chunks", "POST /a HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n\r\n0\r\n\r\n", {"POST /a [] keep"});
    row("blanks in the target", "GET /a?x=b c HTTP/1.1\r\n\r\n", {"GET /a?x=b c [] keep"});
    row("not yet", "GET /a HTTP/1.1\r\nHost: x\r\n", {"more"});
    row("body not yet", "POST /a HTTP/1.1\r\nContent-Length: 3\r\n\r\nab", {"more"});
    row("chunk not yet", "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n", {"more"});

    row("no HTTP", "hello there\r\n\r\n", {"400"});
    row("one word", "hello\r\n\r\n", {"400"});
    row("no version", "GET /a\r\n\r\n", {"400"});
    row("version 2", "PRI * HTTP/2.0\r\n\r\n", {"505"});
    row("a method that is none", "G(T /a HTTP/1.1\r\n\r\n", {"400"});
    row("field without colon", "GET /a HTTP/1.1\r\nHost\r\n\r\n", {"400"});
    row("folded field", "GET /a HTTP/1.1\r\nX: 1\r\n 2\r\n\r\n", {"400"});
    row("blank before colon", "GET /a HTTP/1.1\r\nContent-Length : 3\r\n\r\nabc", {"400"});
    row("negative length", "POST /a HTTP/1.1\r\nContent-Length: -1\r\n\r\n", {"400"});
    row("signed length", "POST /a HTTP/1.1\r\nContent-Length: +3\r\n\r\nabc", {"400"});
    row("two lengths", "POST /a HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", {"400"});
    row("length beside chunks", "POST /a HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", {"400"});
    row("another coding", "POST /a HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", {"501"});
    row("too long", "POST /a HTTP/1.1\r\nContent-Length: 101\r\n\r\n", {"413"});
    row("far too long", "POST /a HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n", {"413"});
    row("chunk too long", "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n", {"413"});
    row("chunks too long", "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n60\r\n" + QByteArray(96, 'x') + "\r\n5\r\n", {"413"});
    row("huge chunk", "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n", {"413"});
    row("no chunk size", "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", {"400"});
    row("a chunk without end", "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabcd\r\n", {"400"});
    row("head too long", "GET /a HTTP/1.1\r\nX: " + QByteArray(300, 'x'), {"431"});
    row("head too long, with end", "GET /a HTTP/1.1\r\nX: " + QByteArray(300, 'x') + "\r\n\r\n", {"431"});
    row("trailer too long",
        "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + ("X: " + QByteArray(90, 'x') + "\r\n").repeated(4), {"431"});
    row("nothing after a refusal", "hello\r\n\r\nGET /a HTTP/1.1\r\n\r\n", {"400"});
}

void TestRequestParser::reads()
{
    QFETCH(const QByteArray, bytes);
    QFETCH(const QStringList, expected);
    for (const qsizetype step : {bytes.size(), qsizetype(1), qsizetype(7)})
        QCOMPARE(readAll(bytes, step), expected);
}

void TestRequestParser::sayThatTheBodyMayCome()
{
    RequestParser parser(small);
    parser.feed("POST /a HTTP/1.1\r\nExpect: 100-Continue\r\nContent-Length: 3\r\n\r\n");
    QVERIFY(!parser.next());
    QVERIFY(parser.takeExpectation());
    QVERIFY(!parser.takeExpectation());
    parser.feed("abc");
    QCOMPARE(parser.next()->body, QByteArray("abc"));
    parser.feed("GET /b HTTP/1.1\r\n");
    QVERIFY(!parser.next());
    QVERIFY(!parser.takeExpectation());
}

void TestRequestParser::keepsNoMoreThanItsLimits()
{
    RequestParser parser(small);
    parser.feed("GET /" + QByteArray(10'000'000, 'x'));
    QVERIFY(!parser.next());
    QCOMPARE(parser.refusal()->status, 431);
    QVERIFY(!parser.hasBegun());
    parser.feed(QByteArray(1000, 'x'));
    QVERIFY(!parser.next());
    QVERIFY(!parser.hasBegun());
}

QTEST_GUILESS_MAIN(TestRequestParser)
#include "tst_requestparser.moc"
