// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/loadclient.h"

#include "tests/bench/statistics.h"

#include <QEventLoop>
#include <QTcpSocket>
#include <QTimer>

#include <memory>
#include <vector>

namespace Bench {

namespace {

constexpr int patienceMs = 120'000;

/// One connection that works off a common queue.
class Worker
{
public:
    Worker(const QUrl &server, const QList<QByteArray> &messages, LoadResult &result, qsizetype &next, int &running, QEventLoop &loop)
        : m_server(server)
        , m_messages(messages)
        , m_result(result)
        , m_next(next)
        , m_running(running)
        , m_loop(loop)
    {
        QObject::connect(&m_socket, &QTcpSocket::connected, &m_socket, [this] { send(); });
        QObject::connect(&m_socket, &QTcpSocket::readyRead, &m_socket, [this] { read(); });
        QObject::connect(&m_socket, &QTcpSocket::disconnected, &m_socket, [this] { lost(); });
        QObject::connect(&m_socket, &QTcpSocket::errorOccurred, &m_socket, [this] {
            if (m_socket.state() == QAbstractSocket::UnconnectedState)
                lost();
        });
    }
    void start()
    {
        ++m_running;
        take();
    }

private:
    void take()
    {
        m_received.clear();
        if (m_next >= m_messages.size()) {
            m_current = -1;
            m_socket.disconnect();
            m_socket.abort();
            if (--m_running == 0)
                m_loop.quit();
            return;
        }
        m_current = m_next++;
        if (m_socket.state() == QAbstractSocket::ConnectedState)
            send();
        else
            m_socket.connectToHost(m_server.host(), static_cast<quint16>(m_server.port()));
    }

    void send()
    {
        const QByteArray &message = m_messages.at(m_current);
        m_socket.write("POST " + m_server.path().toLatin1() + "?operation=PKIOperation HTTP/1.1\r\nHost: " + m_server.host().toLatin1() +
                       "\r\nContent-Type: application/x-pki-message\r\nContent-Length: " + QByteArray::number(message.size()) + "\r\n\r\n" +
                       message);
    }

    void read()
    {
        m_received += m_socket.readAll();
        const qsizetype end = m_received.indexOf("\r\n\r\n");
        if (end < 0)
            return;
        const QByteArray head = m_received.left(end).toLower();
        QByteArray body = m_received.mid(end + 4);
        if (const qsizetype at = head.indexOf("content-length:"); at >= 0) {
            const qsizetype length =
                head.mid(at + 15, head.indexOf('\r', at) < 0 ? -1 : head.indexOf('\r', at) - at - 15).trimmed().toLongLong();
            if (body.size() < length)
                return;
        } else if (head.contains("transfer-encoding: chunked")) {
            // Go writes so once an answer is longer than its buffer.
            if (!body.endsWith("0\r\n\r\n"))
                return;
            body = unchunked(body);
        }
        m_result.replies[m_current] = {head.mid(9, 3).toInt(), body};
        take();
    }

    static QByteArray unchunked(QByteArray text)
    {
        QByteArray body;
        while (true) {
            const qsizetype lineEnd = text.indexOf("\r\n");
            const qsizetype size = text.left(lineEnd).toLongLong(nullptr, 16);
            if (size == 0)
                return body;
            body += text.mid(lineEnd + 2, size);
            text.remove(0, lineEnd + 2 + size + 2);
        }
    }

    void lost()
    {
        if (m_current >= 0)
            take(); // its reply stays empty
    }

    QUrl m_server;
    const QList<QByteArray> &m_messages;
    LoadResult &m_result;
    qsizetype &m_next;
    int &m_running;
    QEventLoop &m_loop;
    QTcpSocket m_socket;
    QByteArray m_received;
    qsizetype m_current = -1;
};

} // namespace

LoadResult postAll(const QUrl &server, const QList<QByteArray> &messages, int connections)
{
    LoadResult result;
    result.replies.resize(messages.size());
    if (messages.isEmpty())
        return result;
    QEventLoop loop;
    qsizetype next = 0;
    int running = 0;
    std::vector<std::unique_ptr<Worker>> workers;
    workers.reserve(static_cast<std::size_t>(connections));
    for (int i = 0; i < connections; ++i)
        workers.push_back(std::make_unique<Worker>(server, messages, result, next, running, loop));
    QTimer::singleShot(patienceMs, &loop, &QEventLoop::quit);
    const double start = now();
    for (const auto &worker : workers)
        worker->start();
    if (running > 0)
        loop.exec();
    result.seconds = now() - start;
    return result;
}

QByteArray fetch(const QUrl &url)
{
    QTcpSocket socket;
    socket.connectToHost(url.host(), static_cast<quint16>(url.port()));
    if (!socket.waitForConnected())
        qFatal("%s does not answer", qPrintable(url.toString()));
    socket.write("GET " + url.toEncoded(QUrl::RemoveScheme | QUrl::RemoveAuthority) + " HTTP/1.1\r\nHost: " + url.host().toLatin1() +
                 "\r\nConnection: close\r\n\r\n");
    QByteArray received;
    while (socket.waitForReadyRead(patienceMs))
        received += socket.readAll();
    received += socket.readAll();
    return received.mid(received.indexOf("\r\n\r\n") + 4);
}

} // namespace Bench
