// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/labca/rawclient.h"

#include <QTest>

std::optional<RawReply> readReply(QTcpSocket &socket, int patienceMs)
{
    QByteArray bytes;
    qsizetype bodyAt = -1;
    qsizetype length = -1;
    RawReply reply;
    [[maybe_unused]] const bool isOver = QTest::qWaitFor(
        [&] {
            bytes += socket.readAll();
            const bool hasEnded = socket.state() == QAbstractSocket::UnconnectedState;
            bodyAt = bytes.indexOf("\r\n\r\n");
            if (bodyAt < 0)
                return hasEnded;
            const QList<QByteArray> lines = bytes.left(bodyAt).split('\n');
            reply.statusLine = lines.first().trimmed();
            for (const QByteArray &line : lines.mid(1)) {
                const qsizetype colon = line.indexOf(':');
                reply.fields.insert(line.left(colon).toLower(), line.mid(colon + 1).trimmed());
            }
            length = reply.fields.value("content-length", "-1").toLongLong();
            reply.isWhole = length >= 0 && bytes.size() >= bodyAt + 4 + length;
            return reply.isWhole || hasEnded;
        },
        patienceMs);
    if (bodyAt < 0)
        return std::nullopt;
    reply.contentType = reply.fields.value("content-type");
    reply.status = reply.statusLine.mid(9, 3).toInt();
    reply.body = bytes.mid(bodyAt + 4, length);
    return reply;
}

std::unique_ptr<QTcpSocket> connectTo(const LabCa::HttpFace &face)
{
    auto socket = std::make_unique<QTcpSocket>();
    socket->connectToHost(face.url().host(), static_cast<quint16>(face.url().port()));
    if (!QTest::qWaitFor([&] { return socket->state() == QAbstractSocket::ConnectedState; }))
        qFatal("not connected");
    return socket;
}

std::optional<RawReply> exchange(const LabCa::HttpFace &face, const QByteArray &bytes)
{
    const auto socket = connectTo(face);
    socket->write(bytes);
    return readReply(*socket);
}

QByteArray getRequest(const QByteArray &target, const QByteArray &version)
{
    return "GET " + target + ' ' + version + "\r\nHost: lab\r\n\r\n";
}

QByteArray postRequest(const QByteArray &body, const QByteArray &target)
{
    return "POST " + target +
           " HTTP/1.1\r\nHost: lab\r\nContent-Type: application/x-pki-message\r\nContent-Length: " + QByteArray::number(body.size()) +
           "\r\n\r\n" + body;
}

QByteArray getMessageRequest(const QByteArray &message, const QByteArray &path)
{
    return getRequest(path + "?operation=PKIOperation&message=" + message.toBase64().toPercentEncoding());
}

LabCa::HttpResponse asResponse(const RawReply &reply)
{
    return {.status = reply.status, .contentType = reply.contentType, .body = reply.body};
}
