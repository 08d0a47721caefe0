// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/pki/certificate.h"
#include "scep/pki/secretbytes.h"
#include "scep/protocol/algorithms.h"
#include "scep/protocol/requesturl.h"

#include <QByteArray>
#include <QDateTime>
#include <QObject>
#include <QUrl>

#include <chrono>
#include <memory>
#include <optional>

class QNetworkAccessManager;

namespace Scep {

/// How one server is reached. The same for every exchange with it.
struct TransportSettings {
    std::chrono::milliseconds timeout{std::chrono::seconds(30)}; ///< for one whole exchange: connecting, sending, a trickling reply
    QList<Pki::Certificate> tlsRoots;                            ///< trusted beside the system's for https; TLS errors are never ignored
    QUrl proxy;             ///< http://host:port or socks5://host:port, no user in it; empty: the system's, none for loopback addresses
    QString proxyUser = {}; ///< who we are to `proxy`; empty: it does not ask
    /// Of proxyUser. A secret: kept apart from the settings, filled in where it is used or changed. Null: not known here.
    std::shared_ptr<const Pki::SecretBytes> proxyPassword = {};
    /// What we show to an https server that asks: our certificate first, its issuers after it. Empty: nothing.
    QList<Pki::Certificate> clientCertificates = {};
    /// Of the first client certificate. A secret: kept apart from the settings, filled in where they are used or changed.
    Pki::PrivateKey clientKey = {};

    /// Without the secrets: of the key its certificate tells, of the password the user.
    friend bool operator==(const TransportSettings &a, const TransportSettings &b)
    {
        return a.timeout == b.timeout && a.tlsRoots == b.tlsRoots && a.proxy == b.proxy && a.proxyUser == b.proxyUser &&
               a.clientCertificates == b.clientCertificates;
    }
};

/// The largest body read for each operation, in bytes.
struct BodyLimits {
    qint64 caps = 64 * 1024;
    qint64 caCertificates = 1024 * 1024;
    qint64 certRep = 2 * 1024 * 1024;
};

/// One thing to ask of a server.
struct ExchangeRequest {
    Operation operation = Operation::GetCaCaps;
    QUrl server;
    QString caIdentifier;                 ///< CA-IDENT for the Get operations
    QByteArray message;                   ///< DER of the pkiMessage for PKIOperation
    HttpMethod method = HttpMethod::Post; ///< for PKIOperation; the others are always GET
};

/// What came back, as far as it came.
struct ExchangeReply {
    int httpStatus = 0;  ///< 0: no status line arrived
    QString contentType; ///< as sent
    QByteArray body;
    QDateTime serverDate;                           ///< Date header, UTC; invalid when absent
    std::optional<std::chrono::seconds> retryAfter; ///< of a 503, a 429 or a PENDING in a 200
    QUrl url;                                       ///< that answered, after redirects
    HttpMethod method = HttpMethod::Get;
    std::chrono::milliseconds duration{0};
    QStringList notes; ///< "redirected to ...", "POST refused (405), used GET"
};

/// How an exchange ended. `error` absent: HTTP 200 with a body. Cancelled is told by ErrorCode::Cancelled.
struct ExchangeOutcome {
    std::optional<Error> error;
    ExchangeReply reply;
};

/// One HTTP exchange. Lives in the thread of its network manager.
///
/// Life cycle: start() once; it does no work in the caller's stack. finished() comes exactly once, always from the event loop, whatever
/// happens (refused arguments, timeout, cancel, network). cancel() is idempotent, before and after the end too, and ends in
/// ErrorCode::Cancelled. Deleting a running job cancels silently: no signal. One deadline covers everything, redirects included.
///
/// PKIOperation by POST that meets 405 or 501 is sent once more by GET, with a note.
/// Redirects: at most 5; same host only, never https to http; POST stays POST (307, 308, also 301, 302); 303 and other hosts:
/// RedirectRefused. Errors: HostNotFound, ConnectionRefused, NetworkFailure, Timeout, TlsFailure, HttpStatus (detail: status and the first
/// printable part of the body), RedirectRefused, EmptyReply, ReplyTooLarge, InvalidUrl (server or proxy), InvalidArgument (PKIOperation
/// without a message), KeyMismatch (the client certificate's key is missing or another's), Cancelled. Cancelled before start(): the job
/// ends without having begun.
class ExchangeJob final : public QObject
{
    Q_OBJECT
    Q_DISABLE_COPY_MOVE(ExchangeJob)

public:
    ExchangeJob(QNetworkAccessManager &network, ExchangeRequest request, TransportSettings settings, QObject *parent = nullptr,
                BodyLimits limits = {});
    ~ExchangeJob() override;

    void start();
    void cancel();
    [[nodiscard]] const ExchangeRequest &request() const;

signals:
    void finished(const Scep::ExchangeOutcome &outcome);

private:
    class Private;
    std::unique_ptr<Private> d;
};

} // namespace Scep
