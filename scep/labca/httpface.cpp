// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/labca/httpface.h"

#include "scep/labca/httpconnection.h"

#include <QHash>
#include <QTcpServer>
#include <QTcpSocket>
#include <QThread>
#include <QThreadPool>

namespace LabCa {

using namespace Qt::StringLiterals;

namespace {

constexpr int maxConnections = 1000;
constexpr int backlog = 512;
constexpr int threadsForEachProcessor = 4;

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

/// "/scep?operation=GetCACaps" of "http://host/scep?operation=GetCACaps", as clients ask proxies.
QByteArray originForm(const QByteArray &target)
{
    if (!target.startsWith("http://") && !target.startsWith("https://"))
        return target;
    const qsizetype path = target.indexOf('/', target.indexOf("//") + 2);
    return path < 0 ? QByteArray("/") : target.mid(path);
}

HttpRequest reduce(const RequestParser::Request &request, const QString &client)
{
    const QByteArray target = originForm(request.target);
    const qsizetype mark = target.indexOf('?');
    const QByteArray query = mark < 0 ? QByteArray() : target.mid(mark + 1);
    HttpRequest reduced;
    reduced.isPost = request.method == "POST";
    reduced.path = QString::fromUtf8(QByteArray::fromPercentEncoding(target.left(mark < 0 ? target.size() : mark)));
    reduced.operation = QString::fromUtf8(queryValue(query, "operation"));
    reduced.messageParameter = queryValue(query, "message");
    reduced.message = reduced.isPost ? request.body : reduced.messageParameter;
    reduced.queryBytes = query.size();
    reduced.client = client;
    return reduced;
}

LogEntry refusedEntry(int status, const QString &text, const QString &operation)
{
    LogEntry entry;
    entry.at = QDateTime::currentDateTimeUtc();
    entry.operation = operation;
    entry.outcome = u"HTTP %1 %2"_s.arg(status).arg(text);
    return entry;
}

} // namespace

class HttpFace::Private
{
public:
    Private(HttpHandler answering, HttpFace *face)
        : handler(std::move(answering))
        , q(face)
    {}
    void accept();
    void serve(quint64 id, const RequestParser::Request &request);
    void deliver(quint64 id, const HttpResponse &response, const LogEntry &entry);

    HttpHandler handler;
    HttpFace *q;
    QTcpServer server;
    QHash<quint64, HttpConnection *> connections;
    quint64 lastId = 0;
    QThreadPool pool;
    int threads = 0;
    std::chrono::milliseconds patience{60'000};
    QUrl url;
};

void HttpFace::Private::accept()
{
    while (QTcpSocket *socket = server.nextPendingConnection()) {
        if (connections.size() >= maxConnections) {
            socket->abort();
            socket->deleteLater();
            continue;
        }
        const quint64 id = ++lastId;
        auto *connection = new HttpConnection(socket, RequestParser::Limits(), patience, q);
        connections.insert(id, connection);
        connect(connection, &QObject::destroyed, q, [this, id] { connections.remove(id); });
        connect(connection, &HttpConnection::requested, q, [this, id](const RequestParser::Request &request) { serve(id, request); });
        connect(connection, &HttpConnection::refused, q,
                [this](int status, const QString &text) { emit q->requestServed(refusedEntry(status, text, {})); });
    }
}

void HttpFace::Private::serve(quint64 id, const RequestParser::Request &request)
{
    if (request.method != "GET" && request.method != "POST") {
        const QString text = u"SCEP uses GET and POST only"_s;
        deliver(id, plainTextResponse(405, text), refusedEntry(405, text, QString::fromLatin1(request.target.left(64))));
        return;
    }
    const HttpRequest reduced = reduce(request, connections.value(id)->client());
    if (threads == 0) {
        LogEntry entry;
        const HttpResponse response = handler(reduced, &entry);
        deliver(id, response, entry);
        return;
    }
    pool.start([this, id, reduced] {
        LogEntry entry;
        const HttpResponse response = handler(reduced, &entry);
        QMetaObject::invokeMethod(q, [this, id, response, entry] { deliver(id, response, entry); }, Qt::QueuedConnection);
    });
}

void HttpFace::Private::deliver(quint64 id, const HttpResponse &response, const LogEntry &entry)
{
    if (HttpConnection *connection = connections.value(id))
        connection->answer(response);
    emit q->requestServed(entry);
}

HttpFace::HttpFace(Authority &authority, QObject *parent)
    : HttpFace([&authority](const HttpRequest &request, LogEntry *entry) { return authority.handle(request, entry); }, parent)
{
    setThreads(usualThreads());
}

HttpFace::HttpFace(HttpHandler handler, QObject *parent)
    : QObject(parent)
    , d(std::make_unique<Private>(std::move(handler), this))
{
    d->server.setMaxPendingConnections(backlog);
    connect(&d->server, &QTcpServer::newConnection, this, [this] { d->accept(); });
}

HttpFace::~HttpFace()
{
    d->server.close();
    d->pool.clear();
    d->pool.waitForDone();
    for (HttpConnection *connection : std::exchange(d->connections, {})) {
        connection->disconnect(this);
        delete connection;
    }
}

void HttpFace::setThreads(int count)
{
    d->threads = count;
    d->pool.setMaxThreadCount(qMax(1, count));
}

int HttpFace::usualThreads()
{
    return threadsForEachProcessor * QThread::idealThreadCount();
}

void HttpFace::setPatience(std::chrono::milliseconds patience)
{
    d->patience = patience;
}

Result<quint16> HttpFace::listen(const QHostAddress &address, quint16 port)
{
    if (!d->server.listen(address, port))
        return failure(ErrorCode::NetworkFailure,
                       u"cannot listen on %1 port %2: %3"_s.arg(address.toString()).arg(port).arg(d->server.errorString()));
    const quint16 chosen = d->server.serverPort();

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
