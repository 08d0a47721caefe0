// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/client/exchangejob.h"

#include "scep/client/httpdate.h"
#include "scep/client/networkerrors.h"
#include "scep/client/plainrequest.h"
#include "scep/client/proxychooser.h"
#include "scep/client/redirectrules.h"

#include <QElapsedTimer>
#include <QNetworkAccessManager>
#include <QNetworkProxy>
#include <QNetworkReply>
#include <QPointer>
#include <QThread>
#include <QTimer>

using namespace Qt::StringLiterals;

namespace Scep {

using Pki::ErrorCode;

namespace {

qint64 limitFor(Operation operation, const BodyLimits &limits)
{
    switch (operation) {
    case Operation::GetCaCaps:
        return limits.caps;
    case Operation::PkiOperation:
        return limits.certRep;
    case Operation::GetCaCert:
    case Operation::GetNextCaCert:
    case Operation::GetCaCertChain:
        break;
    }
    return limits.caCertificates;
}

} // namespace

class ExchangeJob::Private
{
public:
    Private(ExchangeJob &job, QNetworkAccessManager &networkManager, ExchangeRequest what, TransportSettings how, const BodyLimits &limits)
        : q(job)
        , network(networkManager)
        , request(std::move(what))
        , settings(std::move(how))
        , bodyLimit(limitFor(request.operation, limits))
    {
        deadline.setSingleShot(true);
        connect(&deadline, &QTimer::timeout, &q, [this] { timeOut(); });
    }

    void begin();
    void send(const QUrl &url, HttpMethod method);
    [[nodiscard]] QNetworkAccessManager *managerFor(const QUrl &url) const;
    void readHead();
    void readBody();
    void conclude();
    void timeOut();
    void dropReply();
    void end(std::optional<Error> error = std::nullopt);
    void report();

    enum class State {
        Created,
        Running,
        Ended, ///< the outcome is known, finished() is on its way
        Reported
    };

    ExchangeJob &q;
    QNetworkAccessManager &network;
    ExchangeRequest request;
    TransportSettings settings;
    qint64 bodyLimit;
    State state = State::Created;
    QNetworkAccessManager *manager = nullptr; ///< that made networkReply: `network` or a private one
    QPointer<QNetworkReply> networkReply;
    QTimer deadline;
    QElapsedTimer elapsed;
    std::optional<QNetworkProxy> proxy;
    QUrl proxiedUrl; ///< registered with the ProxyChooser, to be taken out again
    QList<QSslError> tlsErrors;
    ExchangeOutcome outcome;
    bool isTooLarge = false;
    bool fellBackToGet = false;
    int redirects = 0;

private:
    [[nodiscard]] bool needsOwnManager(const QUrl &url) const;
    [[nodiscard]] QNetworkReply::NetworkError errorOf(const QNetworkReply &reply) const;
    [[nodiscard]] std::optional<Error> refusedArgument();
};

std::optional<Error> ExchangeJob::Private::refusedArgument()
{
    const QUrl &server = request.server;
    const QString scheme = server.scheme();
    if (!server.isValid() || server.host().isEmpty() || (scheme != "http"_L1 && scheme != "https"_L1) || !server.userInfo().isEmpty())
        return Error{ErrorCode::InvalidUrl, displayUrl(server)};
    if (request.operation == Operation::PkiOperation && request.message.isEmpty())
        return Error{ErrorCode::InvalidArgument, u"PKIOperation without a message"_s};
    if (!settings.clientCertificates.isEmpty() && server.scheme() == "https"_L1 &&
        !Pki::belongTogether(settings.clientKey, settings.clientCertificates.first()))
        return Error{ErrorCode::KeyMismatch, u"the client certificate for %1 has no key that fits"_s.arg(hostAndPort(server))};
    if (!settings.proxy.isEmpty()) {
        const Result<QNetworkProxy> chosen = proxyFromUrl(settings.proxy);
        if (!chosen)
            return chosen.error();
        proxy = *chosen;
        if (!settings.proxyUser.isEmpty())
            proxy->setUser(settings.proxyUser);
        if (!settings.proxyUser.isEmpty() && settings.proxyPassword)
            proxy->setPassword(QString::fromUtf8(settings.proxyPassword->view()));
    }
    return std::nullopt;
}

void ExchangeJob::Private::begin()
{
    if (state != State::Running) // cancelled before the event loop came here
        return;
    if (const std::optional<Error> refused = refusedArgument())
        return end(refused);
    if (request.operation != Operation::PkiOperation)
        send(requestUrl(request.server, request.operation, request.caIdentifier), HttpMethod::Get);
    else if (request.method == HttpMethod::Get)
        send(pkiOperationGetUrl(request.server, request.message), HttpMethod::Get);
    else
        send(requestUrl(request.server, request.operation), HttpMethod::Post);
}

bool ExchangeJob::Private::needsOwnManager(const QUrl &url) const
{
    return url.scheme() == "https"_L1 && hasOwnTls(settings);
}

/// Qt keeps a connection, with the TLS settings it was first made with, for every later request to the same host and port. Then roots
/// added after a refusal would not count, and roots of one server would count for another; client certificates likewise. So an exchange
/// with TLS settings of its own gets a manager of its own. A subclass has no connections to keep: it is a test's.
QNetworkAccessManager *ExchangeJob::Private::managerFor(const QUrl &url) const
{
    const bool isReal = network.metaObject() == &QNetworkAccessManager::staticMetaObject;
    return needsOwnManager(url) && isReal ? new QNetworkAccessManager(&network) : &network;
}

void ExchangeJob::Private::send(const QUrl &url, HttpMethod method)
{
    ExchangeReply fresh;
    fresh.url = url;
    fresh.method = method;
    fresh.notes = outcome.reply.notes;
    outcome.reply = fresh;
    tlsErrors.clear();
    isTooLarge = false;

    manager = managerFor(url);
    ProxyChooser &chooser = ProxyChooser::of(*manager);
    if (proxy) {
        chooser.set(url, *proxy);
        proxiedUrl = url;
    }
    const QNetworkRequest prepared = plainRequest(url, method, bodyLimit, settings);
    networkReply = method == HttpMethod::Post ? manager->post(prepared, request.message) : manager->get(prepared);
    QNetworkReply *reply = networkReply;
    connect(reply, &QNetworkReply::sslErrors, &q, [this](const QList<QSslError> &errors) { tlsErrors = errors; });
    connect(reply, &QNetworkReply::metaDataChanged, &q, [this] {
        readHead();
        const qint64 announced = networkReply->header(QNetworkRequest::ContentLengthHeader).toLongLong();
        if (outcome.reply.httpStatus == 200 && announced > bodyLimit) {
            isTooLarge = true;
            conclude();
        }
    });
    connect(reply, &QNetworkReply::readyRead, &q, [this] {
        readBody();
        if (isTooLarge)
            conclude();
    });
    connect(reply, &QNetworkReply::finished, &q, [this] { conclude(); });
}

void ExchangeJob::Private::readHead()
{
    if (!networkReply)
        return;
    ExchangeReply &reply = outcome.reply;
    reply.httpStatus = networkReply->attribute(QNetworkRequest::HttpStatusCodeAttribute).toInt();
    reply.contentType = QString::fromLatin1(networkReply->rawHeader("Content-Type"));
    reply.serverDate = httpDate(networkReply->rawHeader("Date"));
    if (reply.httpStatus == 200 || reply.httpStatus == 503 || reply.httpStatus == 429) {
        // A date counts from the server's clock: ours may be wrong.
        const QDateTime now = reply.serverDate.isValid() ? reply.serverDate : QDateTime::currentDateTimeUtc();
        reply.retryAfter = retryAfter(networkReply->rawHeader("Retry-After"), now);
    }
}

void ExchangeJob::Private::readBody()
{
    if (!networkReply || !networkReply->isOpen())
        return;
    readHead();
    QByteArray &body = outcome.reply.body;
    body += networkReply->read(bodyLimit + 1 - body.size());
    if (body.size() > bodyLimit) {
        body.truncate(bodyLimit);
        isTooLarge = true;
    }
}

void ExchangeJob::Private::conclude()
{
    if (state != State::Running || !networkReply)
        return;
    if (!isTooLarge)
        readBody();
    readHead();
    const QNetworkReply::NetworkError error = errorOf(*networkReply);
    const QString reason = networkReply->attribute(QNetworkRequest::HttpReasonPhraseAttribute).toString();
    const QByteArray location = networkReply->rawHeader("Location");
    dropReply();

    const ExchangeReply &reply = outcome.reply;
    const int status = reply.httpStatus;
    if (!tlsErrors.isEmpty())
        return end(tlsError(tlsErrors, reply.url));
    if (status == 0 || (status == 200 && error != QNetworkReply::NoError))
        return end(networkError(error, reply.url, reply.body.size()));
    if (isRedirect(status)) {
        const Result<QUrl> target = redirectTarget(reply.url, status, location, redirects);
        if (!target)
            return end(target.error());
        ++redirects;
        outcome.reply.notes.append(u"redirected to %1"_s.arg(displayUrl(*target)));
        return send(*target, reply.method);
    }
    if ((status == 405 || status == 501) && reply.method == HttpMethod::Post && !fellBackToGet) {
        fellBackToGet = true;
        outcome.reply.notes.append(u"POST refused (%1), used GET"_s.arg(status));
        return send(pkiOperationGetUrl(request.server, request.message), HttpMethod::Get);
    }
    if (status == 204 || (status == 200 && reply.body.isEmpty() && !isTooLarge))
        return end(Error{ErrorCode::EmptyReply, hostAndPort(reply.url)});
    if (status != 200) {
        Error refusal = httpStatusError(status, reason, reply.body);
        // A redirect that drops the query asks the other side for nothing.
        if (redirects > 0)
            refusal.detail += u" (after a redirect to %1)"_s.arg(displayUrl(reply.url));
        return end(refusal);
    }
    if (isTooLarge)
        return end(Error{ErrorCode::ReplyTooLarge, u"more than %1 bytes from %2"_s.arg(bodyLimit).arg(hostAndPort(reply.url))});
    end();
}

void ExchangeJob::Private::timeOut()
{
    if (state != State::Running)
        return;
    readBody();
    const ExchangeReply &reply = outcome.reply;
    const qint64 milliseconds = settings.timeout.count();
    QString detail = u"no complete answer from %1 within %2 s"_s.arg(hostAndPort(request.server)).arg(double(milliseconds) / 1000);
    if (!reply.body.isEmpty())
        detail += u", %1 bytes of it came"_s.arg(reply.body.size());
    dropReply();
    end(Error{ErrorCode::Timeout, detail});
}

/// Lets go of the reply without hearing of it again: abort() emits finished() in the caller's stack.
void ExchangeJob::Private::dropReply()
{
    if (!proxiedUrl.isEmpty()) {
        ProxyChooser::of(*manager).forget(proxiedUrl);
        proxiedUrl.clear();
    }
    QNetworkReply *reply = networkReply;
    networkReply.clear();
    if (!reply)
        return;
    reply->disconnect(&q);
    if (reply->isRunning())
        reply->abort();
    reply->deleteLater();
    if (manager != &network)
        manager->deleteLater();
}

/// Plain http goes to an HTTP proxy as to a server, and Qt does not tell who refused.
QNetworkReply::NetworkError ExchangeJob::Private::errorOf(const QNetworkReply &reply) const
{
    const QNetworkReply::NetworkError error = reply.error();
    if (!proxy || proxy->type() != QNetworkProxy::HttpProxy)
        return error;
    if (error == QNetworkReply::ConnectionRefusedError)
        return QNetworkReply::ProxyConnectionRefusedError;
    return error == QNetworkReply::HostNotFoundError ? QNetworkReply::ProxyNotFoundError : error;
}

void ExchangeJob::Private::end(std::optional<Error> error)
{
    deadline.stop();
    outcome.error = std::move(error);
    outcome.reply.duration = std::chrono::milliseconds(elapsed.isValid() ? elapsed.elapsed() : 0);
    if (state == State::Ended) // a cancel that overtakes an outcome not told yet
        return;
    state = State::Ended;
    QMetaObject::invokeMethod(&q, [this] { report(); }, Qt::QueuedConnection);
}

void ExchangeJob::Private::report()
{
    state = State::Reported;
    const ExchangeOutcome told = std::move(outcome); // a slot may delete the job
    emit q.finished(told);
}

ExchangeJob::ExchangeJob(QNetworkAccessManager &network, ExchangeRequest request, TransportSettings settings, QObject *parent,
                         BodyLimits limits)
    : QObject(parent)
    , d(std::make_unique<Private>(*this, network, std::move(request), std::move(settings), limits))
{
    Q_ASSERT(network.thread() == thread());
}

ExchangeJob::~ExchangeJob()
{
    d->dropReply();
}

void ExchangeJob::start()
{
    if (d->state != Private::State::Created)
        return;
    d->state = Private::State::Running;
    d->elapsed.start();
    d->deadline.start(d->settings.timeout);
    QMetaObject::invokeMethod(this, [this] { d->begin(); }, Qt::QueuedConnection);
}

void ExchangeJob::cancel()
{
    if (d->state == Private::State::Reported)
        return;
    d->readBody();
    d->dropReply();
    d->end(Error{ErrorCode::Cancelled, {}});
}

const ExchangeRequest &ExchangeJob::request() const
{
    return d->request;
}

} // namespace Scep
