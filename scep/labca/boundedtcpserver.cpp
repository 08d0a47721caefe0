// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/labca/boundedtcpserver.h"

#include <QTcpSocket>
#include <QTimer>

#include <chrono>

namespace LabCa {

namespace {

constexpr qint64 maxHeaderBytes = 64 * 1024;
/// How long a refused client may go on sending before the connection is cut. Closing at once would make its system throw our answer away.
constexpr std::chrono::seconds drainTime{5};

/// Watches one connection. Its slot is connected before QHttpServer's, so it sees the bytes before they are taken away.
class RequestGuard final : public QObject
{
public:
    RequestGuard(QTcpSocket *socket, qint64 maxBodyBytes)
        : QObject(socket)
        , m_socket(socket)
        , m_maxBodyBytes(maxBodyBytes)
    {
        connect(socket, &QTcpSocket::readyRead, this, &RequestGuard::look);
        // An answer was sent: the next byte begins a new request.
        connect(socket, &QTcpSocket::bytesWritten, this, [this] { m_received = 0; });
    }

private:
    void look()
    {
        if (m_isRefused) {
            m_socket->skip(m_socket->bytesAvailable());
            return;
        }
        const qint64 available = m_socket->bytesAvailable();
        const bool isTooLong = m_received == 0 && announcedLength() > m_maxBodyBytes;
        m_received += available;
        if (isTooLong || m_received > m_maxBodyBytes + maxHeaderBytes)
            refuse();
    }

    /// Content-Length, as far as the header is there yet; -1 without.
    [[nodiscard]] qint64 announcedLength() const
    {
        const QByteArray header = m_socket->peek(maxHeaderBytes);
        const qsizetype end = header.indexOf("\r\n\r\n");
        for (const QByteArray &line : header.left(end < 0 ? header.size() : end).split('\n')) {
            const qsizetype colon = line.indexOf(':');
            if (colon < 0 || line.left(colon).trimmed().compare("content-length", Qt::CaseInsensitive) != 0)
                continue;
            bool isNumber = false;
            const qint64 length = line.mid(colon + 1).trimmed().toLongLong(&isNumber);
            return isNumber ? length : m_maxBodyBytes + 1;
        }
        return -1;
    }

    void refuse()
    {
        m_isRefused = true;
        // Take the connection from QHttpServer; its own clean-up at disconnection stays.
        disconnect(m_socket, &QTcpSocket::readyRead, nullptr, nullptr);
        connect(m_socket, &QTcpSocket::readyRead, this, &RequestGuard::look);
        m_socket->skip(m_socket->bytesAvailable());
        static const QByteArray text("the message is larger than 2 MiB\n");
        m_socket->write(
            "HTTP/1.1 413 Payload Too Large\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\nContent-Length: " +
            QByteArray::number(text.size()) + "\r\n\r\n" + text);
        QTimer::singleShot(drainTime, m_socket, &QTcpSocket::abort);
    }

    QTcpSocket *m_socket;
    qint64 m_maxBodyBytes;
    qint64 m_received = 0; ///< since the last answer
    bool m_isRefused = false;
};

} // namespace

BoundedTcpServer::BoundedTcpServer(qint64 maxBodyBytes, QObject *parent)
    : QTcpServer(parent)
    , m_maxBodyBytes(maxBodyBytes)
{}

void BoundedTcpServer::incomingConnection(qintptr descriptor)
{
    auto *socket = new QTcpSocket(this);
    if (!socket->setSocketDescriptor(descriptor)) {
        delete socket;
        return;
    }
    new RequestGuard(socket, m_maxBodyBytes);
    addPendingConnection(socket);
}

} // namespace LabCa
