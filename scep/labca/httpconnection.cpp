// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/labca/httpconnection.h"

#include <QHostAddress>
#include <QLocale>
#include <QTcpSocket>

namespace LabCa {

using namespace Qt::StringLiterals;

namespace {

constexpr qint64 readAtOnce = 128 * 1024;
/// How long a refused client may go on sending before the connection is cut. Closing at once would make its system throw our answer away.
constexpr std::chrono::seconds drainTime{5};
constexpr std::chrono::milliseconds dripInterval{100};

QByteArray reason(int status)
{
    switch (status) {
    case 200:
        return "OK";
    case 400:
        return "Bad Request";
    case 403:
        return "Forbidden";
    case 404:
        return "Not Found";
    case 405:
        return "Method Not Allowed";
    case 413:
        return "Payload Too Large";
    case 431:
        return "Request Header Fields Too Large";
    case 500:
        return "Internal Server Error";
    case 501:
        return "Not Implemented";
    case 503:
        return "Service Unavailable";
    case 505:
        return "HTTP Version Not Supported";
    default:
        return "Unspecified";
    }
}

QByteArray headOf(const HttpResponse &response, bool isHttp10, bool keepsConnection)
{
    QByteArray head = (isHttp10 ? "HTTP/1.0 " : "HTTP/1.1 ") + QByteArray::number(response.status) + ' ' + reason(response.status) + "\r\n";
    head += "Date: " + QLocale::c().toString(QDateTime::currentDateTimeUtc(), u"ddd, dd MMM yyyy hh:mm:ss 'GMT'"_s).toLatin1() + "\r\n";
    if (!response.contentType.isEmpty())
        head += "Content-Type: " + response.contentType + "\r\n";
    if (response.status == 405)
        head += "Allow: GET, POST\r\n";
    head += "Content-Length: " + QByteArray::number(response.body.size()) + "\r\n";
    head += keepsConnection ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n";
    return head;
}

} // namespace

HttpConnection::HttpConnection(QTcpSocket *socket, RequestParser::Limits limits, std::chrono::milliseconds patience, QObject *parent)
    : QObject(parent)
    , m_socket(socket)
    , m_client(socket->peerAddress().toString())
    , m_parser(limits)
{
    socket->setParent(this);
    // What is not read yet stays with the sender.
    socket->setReadBufferSize(readAtOnce);
    socket->setSocketOption(QAbstractSocket::LowDelayOption, 1);
    m_idle.setSingleShot(true);
    m_idle.setInterval(patience);
    m_pace.setSingleShot(true);
    // A coarse timer fires up to 5 % early: a stall of N seconds is at least that.
    m_pace.setTimerType(Qt::PreciseTimer);
    connect(socket, &QTcpSocket::readyRead, this, &HttpConnection::read);
    connect(socket, &QTcpSocket::disconnected, this, &QObject::deleteLater);
    connect(&m_idle, &QTimer::timeout, socket, &QTcpSocket::abort);
    m_idle.start();
}

void HttpConnection::read()
{
    if (m_isRefused) {
        m_socket->skip(m_socket->bytesAvailable());
        return;
    }
    // The next request waits in the system's buffers until this one is answered.
    if (m_isAnswering)
        return;
    m_idle.start();
    m_parser.feed(m_socket->readAll());
    takeRequest();
}

void HttpConnection::takeRequest()
{
    if (const auto request = m_parser.next()) {
        m_isAnswering = true;
        m_idle.stop();
        m_keepsConnection = request->keepsConnection;
        m_isHttp10 = request->isHttp10;
        emit requested(*request);
    } else if (m_parser.refusal()) {
        refuse(*m_parser.refusal());
    } else if (m_parser.takeExpectation()) {
        m_socket->write("HTTP/1.1 100 Continue\r\n\r\n");
    }
}

void HttpConnection::refuse(const RequestParser::Refusal &refusal)
{
    m_isRefused = true;
    m_idle.stop();
    m_socket->skip(m_socket->bytesAvailable());
    const HttpResponse response = plainTextResponse(refusal.status, refusal.text);
    m_socket->write(headOf(response, false, false) + response.body);
    QTimer::singleShot(drainTime, m_socket, &QTcpSocket::abort);
    emit refused(refusal.status, refusal.text);
}

void HttpConnection::answer(const HttpResponse &response)
{
    m_response = response;
    if (response.delivery.delay.count() > 0) {
        m_pace.disconnect();
        connect(&m_pace, &QTimer::timeout, this, &HttpConnection::send);
        m_pace.start(response.delivery.delay);
    } else {
        send();
    }
}

void HttpConnection::send()
{
    const Delivery &delivery = m_response.delivery;
    if (delivery.isDropped) {
        m_socket->abort();
        return;
    }
    if (m_isHttp10 || delivery.isHttp10)
        m_keepsConnection = m_keepsConnection && m_isHttp10 && !delivery.isHttp10;
    const bool isCut = delivery.cutAt >= 0 && delivery.cutAt < m_response.body.size();
    if (isCut)
        m_keepsConnection = false;
    const QByteArray bytes = headOf(m_response, m_isHttp10 || delivery.isHttp10, m_keepsConnection) +
                             (isCut ? m_response.body.left(delivery.cutAt) : m_response.body);
    m_response.body.clear();
    if (delivery.dripOver.count() > 0) {
        m_outgoing = bytes;
        m_dripBytes = qMax<qsizetype>(1, bytes.size() * dripInterval.count() / delivery.dripOver.count());
        m_pace.disconnect();
        connect(&m_pace, &QTimer::timeout, this, &HttpConnection::drip);
        drip();
        return;
    }
    m_socket->write(bytes);
    finish();
}

void HttpConnection::drip()
{
    m_socket->write(m_outgoing.left(m_dripBytes));
    m_outgoing.remove(0, m_dripBytes);
    if (m_outgoing.isEmpty())
        finish();
    else
        m_pace.start(dripInterval);
}

void HttpConnection::finish()
{
    m_isAnswering = false;
    if (!m_keepsConnection) {
        m_socket->disconnectFromHost();
        return;
    }
    m_idle.start();
    // From the event loop: a thousand pipelined requests must not nest.
    QMetaObject::invokeMethod(
        this,
        [this] {
            if (m_isAnswering || m_isRefused)
                return;
            m_parser.feed(m_socket->readAll());
            takeRequest();
        },
        Qt::QueuedConnection);
}

} // namespace LabCa
