// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/labca/httpface.h"

#include "scep/protocol/requesturl.h"
#include "tests/labca/labdevice.h"
#include "tests/labca/rawclient.h"

#include <QElapsedTimer>
#include <QNetworkAccessManager>
#include <QNetworkReply>
#include <QSemaphore>
#include <QSignalSpy>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTest>

#include <atomic>

using namespace LabCa;
using TestSupport::must;

class TestHttpFace final : public QObject
{
    Q_OBJECT

private slots:
    void init();
    void cleanup();
    void saysWhereItListens_data();
    void saysWhereItListens();
    void saysWhenThePortIsTaken();
    void answersUnderThePathsOfScep_data();
    void answersUnderThePathsOfScep();
    void refusesOtherMethods_data();
    void refusesOtherMethods();
    void servesTheCaCertificates();
    void enrolsByPost();
    void decodesGetMessages_data();
    void decodesGetMessages();
    void enrolsWithTheClientsOwnUrls();
    void decodesTheQueryOnce();
    void answersSeveralRequestsOfOneConnection();
    void answersRequestsThatTrickle();
    void answersManyConnections();
    void refusesLargeBodies_data();
    void refusesLargeBodies();
    void servesOnAfterHostileBytes_data();
    void servesOnAfterHostileBytes();
    void speaksHttp10();
    void readsChunkedBodies();
    void tellsWhoWaitsToSendTheBody();
    void handsOverEveryPath_data();
    void handsOverEveryPath();
    void closesIdleConnections();
    void deliversAsItIsTold_data();
    void deliversAsItIsTold();
    void asksItsHandlerInThreads();
    void outlivesClientsThatLeave();

private:
    std::unique_ptr<LabCaFolder> m_lab;
    std::unique_ptr<Authority> m_authority;
    std::unique_ptr<HttpFace> m_face;
};

void TestHttpFace::init()
{
    m_lab = std::make_unique<LabCaFolder>();
    m_authority = std::make_unique<Authority>(m_lab->depot, Policy{});
    m_face = std::make_unique<HttpFace>(*m_authority);
    QVERIFY(m_face->listen());
}

void TestHttpFace::cleanup()
{
    m_face.reset();
    m_authority.reset();
    m_lab.reset();
}

void TestHttpFace::saysWhereItListens_data()
{
    QTest::addColumn<QHostAddress>("address");
    QTest::addColumn<QString>("shown");
    QTest::newRow("loopback") << QHostAddress(QHostAddress::LocalHost) << "http://127.0.0.1:%1/scep";
    QTest::newRow("every interface") << QHostAddress(QHostAddress::AnyIPv4) << "http://127.0.0.1:%1/scep";
}

void TestHttpFace::saysWhereItListens()
{
    QFETCH(const QHostAddress, address);
    QFETCH(const QString, shown);
    HttpFace face(*m_authority);
    QVERIFY(face.url().isEmpty());
    const auto port = face.listen(address);
    QVERIFY(port);
    QVERIFY(*port > 0);
    QCOMPARE(face.url().toString(), shown.arg(*port));
    QCOMPARE(exchange(face, getRequest("/scep?operation=GetCACaps"))->status, 200);
}

void TestHttpFace::saysWhenThePortIsTaken()
{
    QTcpServer taken;
    QVERIFY(taken.listen(QHostAddress::LocalHost));
    HttpFace face(*m_authority);
    const auto failed = face.listen(QHostAddress::LocalHost, taken.serverPort());
    QVERIFY(!failed);
    QCOMPARE(failed.error().code, ErrorCode::NetworkFailure);
    QVERIFY2(failed.error().detail.contains(QString::number(taken.serverPort())), qPrintable(failed.error().detail));
    QVERIFY2(failed.error().detail.contains("127.0.0.1"), qPrintable(failed.error().detail));
    QVERIFY(face.url().isEmpty());
    // It may be tried again elsewhere.
    QVERIFY(face.listen());
}

void TestHttpFace::answersUnderThePathsOfScep_data()
{
    QTest::addColumn<QByteArray>("path");
    QTest::addColumn<int>("status");
    for (const QByteArray path :
         {"/scep", "/scep/", "/scep/plant", "/scep/pkiclient.exe", "/scep/plant/pkiclient.exe", "/cgi-bin/pkiclient.exe",
          "/certsrv/mscep/mscep.dll", "/certsrv/mscep/mscep.dll/pkiclient.exe", "/certsrv/mscep/"})
        QTest::newRow(path.constData()) << path << 200;
    for (const QByteArray path : {"/", "/scepter", "/scep/a/b", "/favicon.ico", "/certsrv/mscep_admin"})
        QTest::newRow(path.constData()) << path << 404;
}

void TestHttpFace::answersUnderThePathsOfScep()
{
    QFETCH(const QByteArray, path);
    QFETCH(const int, status);
    QSignalSpy served(m_face.get(), &HttpFace::requestServed);
    const auto reply = exchange(*m_face, getRequest(path + "?operation=GetCACaps"));
    QVERIFY(reply);
    QCOMPARE(reply->status, status);
    if (status == 200)
        QCOMPARE(reply->body, m_authority->capabilities());
    else
        QVERIFY(reply->body.contains("/scep"));
    QCOMPARE(served.size(), 1);
    const auto entry = served.first().first().value<LogEntry>();
    QCOMPARE(entry.operation, status == 200 ? QString("GetCACaps") : QString::fromLatin1(path));
    QCOMPARE(entry.outcome.startsWith("HTTP 404"), status == 404);
    QVERIFY(entry.at.isValid());
}

void TestHttpFace::refusesOtherMethods_data()
{
    QTest::addColumn<QByteArray>("method");
    for (const QByteArray method : {"PUT", "DELETE", "OPTIONS"})
        QTest::newRow(method.constData()) << method;
}

void TestHttpFace::refusesOtherMethods()
{
    QFETCH(const QByteArray, method);
    const auto reply = exchange(*m_face, method + " /scep?operation=GetCACaps HTTP/1.1\r\nHost: lab\r\nContent-Length: 0\r\n\r\n");
    QVERIFY(reply);
    QCOMPARE(reply->status, 405);
}

void TestHttpFace::servesTheCaCertificates()
{
    const auto reply = exchange(*m_face, getRequest("/scep?operation=GetCACert&message=any%20alias"));
    QVERIFY(reply);
    QCOMPARE(reply->status, 200);
    QCOMPARE(reply->contentType, QByteArray("application/x-x509-ca-ra-cert"));
    QCOMPARE(must(Pki::SignedData::fromDer(reply->body)).certificates().size(), 2);
}

void TestHttpFace::enrolsByPost()
{
    QSignalSpy served(m_face.get(), &HttpFace::requestServed);
    const auto device = LabDevice::create("CN=plc-7");
    const RequestPlan plan = device.pkcsReq(m_lab->depot);
    const auto reply = exchange(*m_face, postRequest(buildMessage(plan)));
    QVERIFY(reply);
    QCOMPARE(outcome(asResponse(*reply), device, m_lab->depot, plan), QString("issued"));
    QCOMPARE(served.size(), 1);
    const auto entry = served.first().first().value<LogEntry>();
    QCOMPARE(entry.operation, QString("PKIOperation PKCSReq"));
    QCOMPARE(entry.subject, QString("CN=plc-7"));
    QVERIFY(entry.outcome.startsWith("issued "));
}

void TestHttpFace::decodesGetMessages_data()
{
    QTest::addColumn<QByteArray>("form");
    QTest::newRow("as RFC 8894 4.1 says") << QByteArray("%2B %2F %3D");
    QTest::newRow("lower case escapes") << QByteArray("%2b %2f %3d");
    QTest::newRow("raw") << QByteArray("+ / =");
    QTest::newRow("plus encoded as blank") << QByteArray("%20 / =");
    QTest::newRow("raw slashes only") << QByteArray("%2B / %3D");
    QTest::newRow("with line breaks") << QByteArray("%2B %2F %3D %0A");
    QTest::newRow("with CR LF") << QByteArray("%2B %2F %3D %0D%0A");
}

void TestHttpFace::decodesGetMessages()
{
    QFETCH(const QByteArray, form);
    const QList<QByteArray> forms = form.split(' ');
    const auto device = LabDevice::create("CN=plc-7");
    const RequestPlan plan = device.pkcsReq(m_lab->depot);
    const QByteArray base64 = buildMessage(plan).toBase64();
    QByteArray encoded;
    for (qsizetype i = 0; i < base64.size(); ++i) {
        if (forms.size() > 3 && i > 0 && i % 64 == 0)
            encoded += forms.at(3);
        switch (base64.at(i)) {
        case '+':
            encoded += forms.at(0);
            break;
        case '/':
            encoded += forms.at(1);
            break;
        case '=':
            encoded += forms.at(2);
            break;
        default:
            encoded += base64.at(i);
        }
    }
    const auto reply = exchange(*m_face, getRequest("/cgi-bin/pkiclient.exe?operation=PKIOperation&message=" + encoded));
    QVERIFY(reply);
    QCOMPARE(outcome(asResponse(*reply), device, m_lab->depot, plan), QString("issued"));
}

void TestHttpFace::enrolsWithTheClientsOwnUrls()
{
    QNetworkAccessManager network;
    const auto device = LabDevice::create("CN=plc-7");
    const RequestPlan plan = device.pkcsReq(m_lab->depot);
    const QByteArray message = buildMessage(plan);
    QNetworkRequest byGet(Scep::pkiOperationGetUrl(m_face->url(), message));
    QNetworkRequest byPost(Scep::requestUrl(m_face->url(), Scep::Operation::PkiOperation));
    byPost.setHeader(QNetworkRequest::ContentTypeHeader, "application/x-pki-message");
    for (QNetworkReply *networkReply : {network.get(byGet), network.post(byPost, message)}) {
        const std::unique_ptr<QNetworkReply> owned(networkReply);
        QTRY_VERIFY(networkReply->isFinished());
        const HttpResponse response{.status = networkReply->attribute(QNetworkRequest::HttpStatusCodeAttribute).toInt(),
                                    .contentType = networkReply->header(QNetworkRequest::ContentTypeHeader).toByteArray(),
                                    .body = networkReply->readAll()};
        QCOMPARE(outcome(response, device, m_lab->depot, plan), QString("issued"));
    }
}

void TestHttpFace::decodesTheQueryOnce()
{
    // %2547 is "%47", not "G": a second decoding would make GetCACaps of it.
    QCOMPARE(exchange(*m_face, getRequest("/scep?operation=%2547etCACaps"))->status, 404);
    QCOMPARE(exchange(*m_face, getRequest("/scep?operation=%47etCACaps"))->status, 200);
    QCOMPARE(exchange(*m_face, getRequest("/scep?x=operation=GetCACert&operation=GetCACaps"))->body, m_authority->capabilities());
    QCOMPARE(exchange(*m_face, getRequest("/scep?xoperation=GetCACaps"))->status, 400);
    QCOMPARE(exchange(*m_face, getRequest("/scep"))->status, 400);
}

void TestHttpFace::answersSeveralRequestsOfOneConnection()
{
    const auto socket = connectTo(*m_face);
    const auto device = LabDevice::create("CN=plc-7");
    const RequestPlan plan = device.pkcsReq(m_lab->depot);
    for (int i = 0; i < 3; ++i) {
        socket->write(getRequest("/scep?operation=GetCACaps"));
        const auto caps = readReply(*socket);
        QVERIFY(caps);
        QCOMPARE(caps->body, m_authority->capabilities());
        socket->write(postRequest(buildMessage(plan)));
        const auto reply = readReply(*socket);
        QVERIFY(reply);
        QCOMPARE(outcome(asResponse(*reply), device, m_lab->depot, plan), QString("issued"));
    }
}

void TestHttpFace::answersRequestsThatTrickle()
{
    const auto socket = connectTo(*m_face);
    socket->setSocketOption(QAbstractSocket::LowDelayOption, 1);
    const auto device = LabDevice::create("CN=plc-7");
    const RequestPlan plan = device.pkcsReq(m_lab->depot);
    const QByteArray bytes = postRequest(buildMessage(plan));
    for (qsizetype at = 0; at < bytes.size(); at += 97) {
        socket->write(bytes.mid(at, 97));
        socket->flush();
        QCoreApplication::processEvents();
    }
    const auto reply = readReply(*socket);
    QVERIFY(reply);
    QCOMPARE(outcome(asResponse(*reply), device, m_lab->depot, plan), QString("issued"));
}

void TestHttpFace::answersManyConnections()
{
    constexpr int count = 40;
    std::vector<std::unique_ptr<QTcpSocket>> sockets;
    for (int i = 0; i < count; ++i)
        sockets.push_back(connectTo(*m_face));
    QList<LabDevice> devices;
    QList<RequestPlan> plans;
    for (int i = 0; i < count; ++i) {
        devices.append(LabDevice::create(QString("CN=device-%1").arg(i)));
        plans.append(devices.last().pkcsReq(m_lab->depot));
        sockets.at(size_t(i))->write(postRequest(buildMessage(plans.last())));
    }
    for (int i = 0; i < count; ++i) {
        const auto reply = readReply(*sockets.at(size_t(i)));
        QVERIFY(reply);
        QCOMPARE(outcome(asResponse(*reply), devices.at(i), m_lab->depot, plans.at(i)), QString("issued"));
    }
    QSet<QString> serials;
    const auto enrollments = m_lab->depot.enrollments();
    for (const Enrollment &enrollment : *enrollments)
        serials.insert(enrollment.certificate.serialNumber().toHex());
    QCOMPARE(serials.size(), count);
}

void TestHttpFace::refusesLargeBodies_data()
{
    QTest::addColumn<QByteArray>("header");
    QTest::addColumn<qint64>("bytes"); // sent after the header
    QTest::newRow("announced, never sent") << QByteArray("Content-Length: 2097153\r\n") << qint64(0);
    QTest::newRow("announced and sent") << QByteArray("content-length: 3145728\r\n") << qint64(3 << 20);
    QTest::newRow("an absurd announcement") << QByteArray("Content-Length: 9223372036854775807\r\n") << qint64(100);
    QTest::newRow("more than a number") << QByteArray("Content-Length: 99999999999999999999999\r\n") << qint64(100);
    QTest::newRow("chunked") << QByteArray("Transfer-Encoding: chunked\r\n") << qint64(3 << 20);
}

void TestHttpFace::refusesLargeBodies()
{
    QFETCH(const QByteArray, header);
    QFETCH(const qint64, bytes);
    const auto socket = connectTo(*m_face);
    socket->write("POST /scep?operation=PKIOperation HTTP/1.1\r\nHost: lab\r\n" + header + "\r\n");
    if (header.startsWith("Transfer"))
        socket->write(QByteArray::number(bytes, 16) + "\r\n");
    socket->write(QByteArray(bytes, 'x'));
    const auto reply = readReply(*socket);
    QVERIFY(reply);
    QCOMPARE(reply->status, 413);
    QVERIFY(reply->body.contains("2 MiB"));
    // Others are served as before.
    QCOMPARE(exchange(*m_face, getRequest("/scep?operation=GetCACaps"))->status, 200);
    QVERIFY(m_lab->depot.enrollments()->isEmpty());
}

void TestHttpFace::servesOnAfterHostileBytes_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::newRow("no HTTP") << QByteArray("hello, is anybody there?\r\n\r\n");
    QTest::newRow("TLS") << QByteArray::fromHex("16030100c8010000c40303") + QByteArray(200, 'x');
    QTest::newRow("zeros") << QByteArray(5000, '\0');
    QTest::newRow("cut in the header") << QByteArray("GET /scep?operation=GetCACaps HTTP/1.1\r\nHo");
    QTest::newRow("cut in the body") << QByteArray("POST /scep?operation=PKIOperation HTTP/1.1\r\nContent-Length: 100\r\n\r\nabc");
    QTest::newRow("negative length") << QByteArray("POST /scep?operation=PKIOperation HTTP/1.1\r\nContent-Length: -1\r\n\r\nabc");
    QTest::newRow("broken escapes") << getRequest("/scep?operation=%ZZ%&message=%");
    QTest::newRow("no end of header") << QByteArray("GET /scep HTTP/1.1\r\nX: ") + QByteArray(200'000, 'x');
    QTest::newRow("a thousand pipelined") << getRequest("/scep?operation=GetCACaps").repeated(1000);
}

void TestHttpFace::servesOnAfterHostileBytes()
{
    QFETCH(const QByteArray, bytes);
    {
        const auto socket = connectTo(*m_face);
        socket->write(bytes);
        QVERIFY(QTest::qWaitFor([&] { return socket->bytesToWrite() == 0 || socket->state() != QAbstractSocket::ConnectedState; }));
        QCoreApplication::processEvents();
        QCOMPARE(exchange(*m_face, getRequest("/scep?operation=GetCACaps"))->status, 200);
        socket->abort();
    }
    QCOMPARE(exchange(*m_face, getRequest("/scep?operation=GetCACaps"))->body, m_authority->capabilities());
}

void TestHttpFace::speaksHttp10()
{
    const auto socket = connectTo(*m_face);
    socket->write("GET /scep?operation=GetCACaps HTTP/1.0\r\n\r\n"); // no Host, as RFC 1945 has it
    const auto reply = readReply(*socket);
    QVERIFY(reply);
    QCOMPARE(reply->statusLine, QByteArray("HTTP/1.0 200 OK"));
    QCOMPARE(reply->body, m_authority->capabilities());
    QTRY_COMPARE(socket->state(), QAbstractSocket::UnconnectedState);

    const auto kept = connectTo(*m_face);
    for (int i = 0; i < 2; ++i) {
        kept->write("GET /scep?operation=GetCACaps HTTP/1.0\nConnection: Keep-Alive\n\n");
        const auto again = readReply(*kept);
        QVERIFY(again);
        QCOMPARE(again->fields.value("connection"), QByteArray("keep-alive"));
    }
}

void TestHttpFace::readsChunkedBodies()
{
    const auto device = LabDevice::create("CN=plc-7");
    const RequestPlan plan = device.pkcsReq(m_lab->depot);
    const QByteArray message = buildMessage(plan);
    QByteArray chunked;
    for (qsizetype at = 0; at < message.size(); at += 700) {
        const QByteArray chunk = message.mid(at, 700);
        chunked += QByteArray::number(chunk.size(), 16).toUpper() + ";name=value\r\n" + chunk + "\r\n";
    }
    chunked += "0\r\nX-Trailer: yes\r\n\r\n";
    const auto socket = connectTo(*m_face);
    for (int i = 0; i < 2; ++i) {
        socket->write("POST /scep?operation=PKIOperation HTTP/1.1\r\nHost: lab\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked);
        const auto reply = readReply(*socket);
        QVERIFY(reply);
        QCOMPARE(outcome(asResponse(*reply), device, m_lab->depot, plan), QString("issued"));
    }
}

void TestHttpFace::tellsWhoWaitsToSendTheBody()
{
    const auto device = LabDevice::create("CN=plc-7");
    const RequestPlan plan = device.pkcsReq(m_lab->depot);
    const QByteArray message = buildMessage(plan);
    const auto socket = connectTo(*m_face);
    socket->write("POST /scep?operation=PKIOperation HTTP/1.1\r\nHost: lab\r\nExpect: 100-continue\r\nContent-Length: " +
                  QByteArray::number(message.size()) + "\r\n\r\n");
    QTRY_VERIFY(socket->bytesAvailable() > 0);
    QCOMPARE(socket->readAll(), QByteArray("HTTP/1.1 100 Continue\r\n\r\n"));
    socket->write(message);
    const auto reply = readReply(*socket);
    QVERIFY(reply);
    QCOMPARE(outcome(asResponse(*reply), device, m_lab->depot, plan), QString("issued"));
}

void TestHttpFace::handsOverEveryPath_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("expected");
    QTest::newRow("root") << getRequest("/") << "GET / [] []";
    QTest::newRow("any path") << getRequest("/crl/1.crl") << "GET /crl/1.crl [] []";
    QTest::newRow("escaped") << getRequest("/a%20b?operation=X&message=1%2B2") << "GET /a b [X] [1+2]";
    QTest::newRow("from a proxy") << getRequest("http://lab:80/scep?operation=X") << "GET /scep [X] []";
    QTest::newRow("host only") << getRequest("http://lab") << "GET / [] []";
    QTest::newRow("POST") << postRequest("body", "/x?operation=PKIOperation&message=ca%201") << "POST /x [PKIOperation] [body] (ca 1)";
    QTest::newRow("raw blanks in the query") << getRequest("/scep?operation=X&message=a b") << "GET /scep [X] [a b]";
}

void TestHttpFace::handsOverEveryPath()
{
    QFETCH(const QByteArray, bytes);
    QFETCH(const QString, expected);
    HttpFace face([](const HttpRequest &request, LogEntry *) {
        QString said = QString("%1 %2 [%3] [%4]")
                           .arg(request.isPost ? "POST" : "GET", request.path, request.operation, QString::fromUtf8(request.message));
        if (request.isPost)
            said += QString(" (%1)").arg(QString::fromUtf8(request.messageParameter));
        return HttpResponse{.status = 200, .contentType = "text/plain", .body = said.toUtf8()};
    });
    QVERIFY(face.listen());
    const auto reply = exchange(face, bytes);
    QVERIFY(reply);
    QCOMPARE(QString::fromUtf8(reply->body), expected);
}

void TestHttpFace::closesIdleConnections()
{
    HttpFace face(*m_authority);
    face.setPatience(std::chrono::milliseconds(100));
    QVERIFY(face.listen());
    const auto silent = connectTo(face);
    const auto slow = connectTo(face);
    slow->write("GET /scep?oper");
    QTRY_COMPARE(silent->state(), QAbstractSocket::UnconnectedState);
    QTRY_COMPARE(slow->state(), QAbstractSocket::UnconnectedState);
    QCOMPARE(exchange(face, getRequest("/scep?operation=GetCACaps"))->status, 200);
}

void TestHttpFace::deliversAsItIsTold_data()
{
    QTest::addColumn<Delivery>("delivery");
    QTest::addColumn<int>("bodyBytes"); // -1: no answer at all
    QTest::addColumn<bool>("isWhole");
    QTest::addColumn<int>("atLeastMs");
    QTest::addColumn<bool>("staysOpen");
    QTest::newRow("as usual") << Delivery{} << 1000 << true << 0 << true;
    QTest::newRow("dropped") << Delivery{.isDropped = true} << -1 << false << 0 << false;
    QTest::newRow("late") << Delivery{.delay = std::chrono::milliseconds(300)} << 1000 << true << 300 << true;
    QTest::newRow("cut") << Delivery{.cutAt = 400} << 400 << false << 0 << false;
    QTest::newRow("dripping") << Delivery{.dripOver = std::chrono::milliseconds(500)} << 1000 << true << 400 << true;
    QTest::newRow("old") << Delivery{.isHttp10 = true} << 1000 << true << 0 << false;
}

void TestHttpFace::deliversAsItIsTold()
{
    QFETCH(const Delivery, delivery);
    QFETCH(const int, bodyBytes);
    QFETCH(const bool, isWhole);
    QFETCH(const int, atLeastMs);
    QFETCH(const bool, staysOpen);
    HttpFace face([delivery](const HttpRequest &, LogEntry *) {
        return HttpResponse{.status = 200, .contentType = "text/plain", .body = QByteArray(1000, 'x'), .delivery = delivery};
    });
    QVERIFY(face.listen());
    QElapsedTimer time;
    time.start();
    const auto socket = connectTo(face);
    socket->write(getRequest("/"));
    const auto reply = readReply(*socket);
    QCOMPARE(reply.has_value(), bodyBytes >= 0);
    QVERIFY(time.elapsed() >= atLeastMs);
    if (reply) {
        QCOMPARE(reply->body.size(), bodyBytes);
        QCOMPARE(reply->isWhole, isWhole);
        QCOMPARE(reply->fields.value("content-length"), QByteArray("1000"));
        QCOMPARE(reply->statusLine.left(8), QByteArray(delivery.isHttp10 ? "HTTP/1.0" : "HTTP/1.1"));
    }
    if (staysOpen) {
        socket->write(getRequest("/"));
        QVERIFY(readReply(*socket));
    } else {
        QTRY_COMPARE(socket->state(), QAbstractSocket::UnconnectedState);
    }
}

void TestHttpFace::asksItsHandlerInThreads()
{
    // Both requests are with the handler at the same time, or neither is ever answered.
    QSemaphore arrived;
    HttpFace face([&arrived](const HttpRequest &, LogEntry *) {
        arrived.release();
        const bool isTogether = arrived.tryAcquire(2, 10'000);
        arrived.release(2);
        return HttpResponse{.status = isTogether ? 200 : 500, .contentType = "text/plain", .body = "done"};
    });
    face.setThreads(2);
    QVERIFY(face.listen());
    QSignalSpy served(&face, &HttpFace::requestServed);
    const auto first = connectTo(face);
    const auto second = connectTo(face);
    first->write(getRequest("/"));
    second->write(getRequest("/"));
    QCOMPARE(readReply(*first)->status, 200);
    QCOMPARE(readReply(*second)->status, 200);
    QTRY_COMPARE(served.size(), 2);
}

void TestHttpFace::outlivesClientsThatLeave()
{
    QSemaphore arrived;
    QSemaphore leave;
    std::atomic<int> answered = 0;
    {
        HttpFace face([&](const HttpRequest &, LogEntry *) {
            arrived.release();
            leave.acquire();
            ++answered;
            return HttpResponse{.status = 200, .contentType = "text/plain", .body = "too late"};
        });
        face.setThreads(1);
        QVERIFY(face.listen());
        QSignalSpy served(&face, &HttpFace::requestServed);
        {
            const auto socket = connectTo(face);
            socket->write(getRequest("/"));
            QVERIFY(QTest::qWaitFor([&] { return arrived.tryAcquire(); }));
        }
        leave.release();
        QTRY_COMPARE(served.size(), 1);
        // And one whose answer nobody waits for, not even the face: it ends while the handler is at it.
        const auto socket = connectTo(face);
        socket->write(getRequest("/"));
        QVERIFY(QTest::qWaitFor([&] { return arrived.tryAcquire(); }));
        leave.release();
    }
    QCOMPARE(answered, 2);
}

QTEST_GUILESS_MAIN(TestHttpFace)
#include "tst_httpface.moc"
