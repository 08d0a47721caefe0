// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QHash>
#include <QList>
#include <QObject>
#include <QSslCertificate>
#include <QSslKey>
#include <QUrl>

#include <chrono>
#include <functional>
#include <memory>

class QTcpServer;
class QTcpSocket;

/// A request as it arrived on the wire, cut into its parts but not decoded.
struct RawRequest {
    QByteArray method;
    QByteArray path;
    QByteArray query;                      ///< as sent, percent encoding kept
    QHash<QByteArray, QByteArray> headers; ///< names in lower case
    QByteArray body;
};

/// What to write, byte for byte, and how.
struct RawAnswer {
    QByteArray bytes;
    bool closes = true;      ///< false: the connection stays open after the bytes (stalls, unless Content-Length says it is complete)
    qsizetype dripBytes = 0; ///< > 0: so many bytes at a time ...
    std::chrono::milliseconds dripInterval{5};

    /// A complete answer with Content-Length.
    static RawAnswer http(const QByteArray &status, const QByteArray &body, const QByteArray &moreHeaders = {});
    static RawAnswer bytesThenClose(const QByteArray &bytes);
    static RawAnswer bytesThenStall(const QByteArray &bytes = {});
};

/// An HTTP server for tests: real sockets on 127.0.0.1 and a free port, one handler for all requests.
class RawHttpServer final : public QObject
{
    Q_OBJECT
    Q_DISABLE_COPY_MOVE(RawHttpServer)

public:
    using Handler = std::function<RawAnswer(const RawRequest &)>;

    explicit RawHttpServer(Handler handler);
    /// Speaks TLS with this certificate.
    RawHttpServer(Handler handler, const QSslCertificate &certificate, const QSslKey &key);
    ~RawHttpServer() override;

    [[nodiscard]] quint16 port() const;
    [[nodiscard]] QUrl url(const QString &path = QStringLiteral("/scep"), const QString &host = QStringLiteral("127.0.0.1")) const;
    [[nodiscard]] const QList<RawRequest> &requests() const { return m_requests; }
    [[nodiscard]] int connectionCount() const { return m_connectionCount; }
    [[nodiscard]] int closedCount() const { return m_closedCount; }        ///< connections that have ended
    [[nodiscard]] qint64 bytesAccepted() const { return m_bytesAccepted; } ///< of answers: taken by the kernel so far

signals:
    void requestArrived();
    void connectionClosed();

private:
    class Connection;
    void listen();
    void accept();

    Handler m_handler;
    std::unique_ptr<QTcpServer> m_server;
    QList<RawRequest> m_requests;
    bool m_isTls = false;
    int m_connectionCount = 0;
    int m_closedCount = 0;
    qint64 m_bytesAccepted = 0;
};
