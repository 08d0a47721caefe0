// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/labca/authority.h"

#include <QHostAddress>
#include <QObject>
#include <QUrl>

namespace LabCa {

/// The HTTP/1.0 and 1.1 face over a handler. Hands it every path with GET or POST; bodies over 2 MiB get 413, other methods 405. The
/// connections live in the face's thread; the handler runs there too, or in threads of a pool.
class HttpFace final : public QObject
{
    Q_OBJECT
    Q_DISABLE_COPY_MOVE(HttpFace)

public:
    explicit HttpFace(HttpHandler handler, QObject *parent = nullptr);
    /// Serves one authority, which must outlive the face, in usualThreads().
    explicit HttpFace(Authority &authority, QObject *parent = nullptr);
    /// Waits for requests that the handler is at.
    ~HttpFace() override;

    /// How many requests the handler may be asked at once, each in a thread of its own: it must be made for that. 0: one after the other
    /// in the face's thread, as a handler is asked by default.
    void setThreads(int count);
    /// More than there are processors: while some requests wait for the disk, others are worked on.
    static int usualThreads();
    /// How long a connection may lie idle or a request trickle in (default: 60 s).
    void setPatience(std::chrono::milliseconds patience);

    /// Port 0: a free one. Errors: NetworkFailure (detail: address, port and the system's reason).
    Result<quint16> listen(const QHostAddress &address = QHostAddress::LocalHost, quint16 port = 0);
    /// The same where only this computer can reach it.
    Result<quint16> listenOnLoopback(quint16 port) { return listen(QHostAddress::LocalHost, port); }
    [[nodiscard]] QUrl url() const; ///< "http://127.0.0.1:8080/scep"; empty before listen()

signals:
    void requestServed(const LabCa::LogEntry &entry);

private:
    class Private;
    std::unique_ptr<Private> d;
};

} // namespace LabCa
