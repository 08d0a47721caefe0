// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/rawhttpserver.h"

#include <QSslConfiguration>
#include <QSslServer>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTimer>

#include <optional>

namespace {

/// The first complete request in `buffer`, which is shortened by it.
std::optional<RawRequest> takeRequest(QByteArray &buffer)
{
    const qsizetype headerEnd = buffer.indexOf("\r\n\r\n");
    if (headerEnd < 0)
        return std::nullopt;
    const QList<QByteArray> lines = buffer.left(headerEnd).replace("\r\n", "\n").split('\n');
    const QList<QByteArray> first = lines.first().split(' ');
    RawRequest request;
    request.method = first.value(0);
    const QByteArray target = first.value(1);
    const qsizetype mark = target.indexOf('?');
    request.path = target.left(mark);
    request.query = mark < 0 ? QByteArray() : target.mid(mark + 1);
    for (const QByteArray &line : lines.mid(1)) {
        const qsizetype colon = line.indexOf(':');
        request.headers.insert(line.left(colon).trimmed().toLower(), line.mid(colon + 1).trimmed());
    }
    const qsizetype bodySize = request.headers.value("content-length").toLongLong();
    if (buffer.size() < headerEnd + 4 + bodySize)
        return std::nullopt;
    request.body = buffer.mid(headerEnd + 4, bodySize);
    buffer.remove(0, headerEnd + 4 + bodySize);
    return request;
}

} // namespace

RawAnswer RawAnswer::http(const QByteArray &status, const QByteArray &body, const QByteArray &moreHeaders)
{
    return {"HTTP/1.1 " + status + "\r\nContent-Length: " + QByteArray::number(body.size()) + "\r\n" + moreHeaders + "\r\n" + body, false};
}

RawAnswer RawAnswer::bytesThenClose(const QByteArray &bytes)
{
    return {bytes, true};
}

RawAnswer RawAnswer::bytesThenStall(const QByteArray &bytes)
{
    return {bytes, false};
}

class RawHttpServer::Connection final : public QObject
{
public:
    Connection(RawHttpServer &server, QTcpSocket *socket)
        : QObject(&server)
        , m_server(server)
        , m_socket(socket)
    {
        socket->setParent(this);
        connect(socket, &QTcpSocket::readyRead, this, [this] { read(); });
        connect(socket, &QTcpSocket::bytesWritten, this, [this](qint64 count) { m_server.m_bytesAccepted += count; });
        connect(socket, &QTcpSocket::disconnected, this, [this] {
            ++m_server.m_closedCount;
            emit m_server.connectionClosed();
            deleteLater();
        });
        read();
    }

private:
    void read()
    {
        m_input += m_socket->readAll();
        while (const std::optional<RawRequest> request = takeRequest(m_input)) {
            m_server.m_requests.append(*request);
            const RawAnswer answer = m_server.m_handler(*request);
            emit m_server.requestArrived();
            write(answer);
        }
    }

    void write(RawAnswer answer)
    {
        const qsizetype size = answer.dripBytes > 0 ? answer.dripBytes : answer.bytes.size();
        m_socket->write(answer.bytes.left(size));
        answer.bytes.remove(0, size);
        if (!answer.bytes.isEmpty())
            QTimer::singleShot(answer.dripInterval, this, [this, answer] { write(answer); });
        else if (answer.closes)
            m_socket->disconnectFromHost();
    }

    RawHttpServer &m_server;
    QTcpSocket *m_socket;
    QByteArray m_input;
};

RawHttpServer::RawHttpServer(Handler handler)
    : m_handler(std::move(handler))
    , m_server(std::make_unique<QTcpServer>())
{
    listen();
}

RawHttpServer::RawHttpServer(Handler handler, const QSslCertificate &certificate, const QSslKey &key)
    : m_handler(std::move(handler))
    , m_isTls(true)
{
    auto server = std::make_unique<QSslServer>();
    QSslConfiguration configuration = QSslConfiguration::defaultConfiguration();
    configuration.setLocalCertificate(certificate);
    configuration.setPrivateKey(key);
    configuration.setPeerVerifyMode(QSslSocket::VerifyNone); // of clients: they have no certificate
    server->setSslConfiguration(configuration);
    m_server = std::move(server);
    listen();
}

RawHttpServer::~RawHttpServer() = default;

void RawHttpServer::listen()
{
    connect(m_server.get(), &QTcpServer::pendingConnectionAvailable, this, [this] { accept(); });
    m_server->listen(QHostAddress::LocalHost);
}

void RawHttpServer::accept()
{
    while (QTcpSocket *socket = m_server->nextPendingConnection()) {
        ++m_connectionCount;
        new Connection(*this, socket);
    }
}

quint16 RawHttpServer::port() const
{
    return m_server->serverPort();
}

QUrl RawHttpServer::url(const QString &path, const QString &host) const
{
    QUrl url;
    url.setScheme(m_isTls ? QStringLiteral("https") : QStringLiteral("http"));
    url.setHost(host);
    url.setPort(port());
    url.setPath(path);
    return url;
}
