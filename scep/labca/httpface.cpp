// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/labca/httpface.h"

#include "scep/labca/boundedtcpserver.h"

#include <QHttpServer>
#include <QHttpServerRequest>
#include <QHttpServerResponder>

namespace LabCa {

using namespace Qt::StringLiterals;

namespace {

constexpr qsizetype maxBodyBytes = 2 * 1024 * 1024;

/// The value of `name`, percent-decoded exactly once and with `+` left alone (it belongs to the base64 alphabet).
/// QUrlQuery is not used: it decodes some sequences and leaves others.
QByteArray queryValue(const QByteArray &query, QByteArrayView name)
{
    for (const QByteArray &item : query.split('&')) {
        const qsizetype equals = item.indexOf('=');
        if (equals >= 0 && QByteArray::fromPercentEncoding(item.left(equals)) == name)
            return QByteArray::fromPercentEncoding(item.mid(equals + 1));
    }
    return {};
}

} // namespace

class HttpFace::Private
{
public:
    explicit Private(HttpHandler answering)
        : handler(std::move(answering))
    {}
    HttpResponse answer(const QHttpServerRequest &request, LogEntry &entry) const;

    HttpHandler handler;
    QHttpServer server;
    QUrl url;
};

HttpResponse HttpFace::Private::answer(const QHttpServerRequest &request, LogEntry &entry) const
{
    const auto refused = [&](int status, const QString &text) {
        entry.at = QDateTime::currentDateTimeUtc();
        entry.operation = request.url().path();
        entry.outcome = u"HTTP %1 %2"_s.arg(status).arg(text);
        return HttpResponse{.status = status, .contentType = "text/plain; charset=utf-8", .body = text.toUtf8() + '\n'};
    };
    const bool isPost = request.method() == QHttpServerRequest::Method::Post;
    if (!isPost && request.method() != QHttpServerRequest::Method::Get)
        return refused(405, u"SCEP uses GET and POST only"_s);
    if (request.body().size() > maxBodyBytes)
        return refused(413, u"the message is larger than 2 MiB"_s);
    const QByteArray query = request.url().query(QUrl::FullyEncoded).toLatin1();
    HttpRequest reduced;
    reduced.isPost = isPost;
    reduced.path = request.url().path();
    reduced.operation = QString::fromUtf8(queryValue(query, "operation"));
    reduced.messageParameter = queryValue(query, "message");
    reduced.message = isPost ? request.body() : reduced.messageParameter;
    reduced.queryBytes = query.size();
    reduced.client = request.remoteAddress().toString();
    return handler(reduced, &entry);
}

HttpFace::HttpFace(Authority &authority, QObject *parent)
    : HttpFace([&authority](const HttpRequest &request, LogEntry *entry) { return authority.handle(request, entry); }, parent)
{}

HttpFace::HttpFace(HttpHandler handler, QObject *parent)
    : QObject(parent)
    , d(std::make_unique<Private>(std::move(handler)))
{
    const auto respond = [this](const QHttpServerRequest &request, QHttpServerResponder &responder) {
        LogEntry entry;
        const HttpResponse response = d->answer(request, entry);
        responder.write(response.body, response.contentType, static_cast<QHttpServerResponder::StatusCode>(response.status));
        emit requestServed(entry);
    };
    // No routes: the paths are patterns, and what QHttpServer cannot route ends here.
#if QT_VERSION >= QT_VERSION_CHECK(6, 7, 0)
    d->server.setMissingHandler(this, respond);
#else
    d->server.setMissingHandler(
        [respond](const QHttpServerRequest &request, QHttpServerResponder &&responder) { respond(request, responder); });
#endif
}

HttpFace::~HttpFace() = default;

Result<quint16> HttpFace::listen(const QHostAddress &address, quint16 port)
{
    auto tcpServer = std::make_unique<BoundedTcpServer>(maxBodyBytes);
    if (!tcpServer->listen(address, port))
        return failure(ErrorCode::NetworkFailure,
                       u"cannot listen on %1 port %2: %3"_s.arg(address.toString()).arg(port).arg(tcpServer->errorString()));
    const quint16 chosen = tcpServer->serverPort();
    // The HTTP server becomes the parent of the TCP server.
    d->server.bind(tcpServer.release());

    const bool isAny = address == QHostAddress(QHostAddress::Any) || address == QHostAddress(QHostAddress::AnyIPv4);
    const bool isAnyIpv6 = address == QHostAddress(QHostAddress::AnyIPv6);
    QHostAddress shown = address;
    if (isAny || isAnyIpv6)
        shown = isAny ? QHostAddress(QHostAddress::LocalHost) : QHostAddress(QHostAddress::LocalHostIPv6);
    d->url = QUrl();
    d->url.setScheme(u"http"_s);
    d->url.setHost(shown.toString());
    d->url.setPort(chosen);
    d->url.setPath(u"/scep"_s);
    return chosen;
}

QUrl HttpFace::url() const
{
    return d->url;
}

} // namespace LabCa
