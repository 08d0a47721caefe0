// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/scriptednetwork.h"

#include <QTest>
#include <QTimer>
#include <QUrlQuery>

#include <algorithm>

namespace {

class ScriptedReply final : public QNetworkReply
{
public:
    ScriptedReply(QNetworkAccessManager::Operation operation, const QNetworkRequest &request, ScriptedAnswer answer, QObject *parent)
        : QNetworkReply(parent)
        , m_answer(std::move(answer))
    {
        setOperation(operation);
        setRequest(request);
        setUrl(request.url());
        open(QIODevice::ReadOnly | QIODevice::Unbuffered);
        QTimer::singleShot(0, this, [this] { begin(); });
    }

    void abort() override
    {
        if (isFinished())
            return;
        setError(OperationCanceledError, QStringLiteral("Operation canceled"));
        end();
    }

    [[nodiscard]] qint64 bytesAvailable() const override { return m_arrived.size() + QNetworkReply::bytesAvailable(); }
    [[nodiscard]] bool isSequential() const override { return true; }

protected:
    qint64 readData(char *data, qint64 maxSize) override
    {
        if (m_arrived.isEmpty())
            return isFinished() ? -1 : 0;
        const auto count = std::min<qint64>(maxSize, m_arrived.size());
        std::copy_n(m_arrived.constData(), count, data);
        m_arrived.remove(0, count);
        return count;
    }

private:
    void begin()
    {
        if (isFinished())
            return;
        if (m_answer.status > 0) {
            setAttribute(QNetworkRequest::HttpStatusCodeAttribute, m_answer.status);
            setAttribute(QNetworkRequest::HttpReasonPhraseAttribute, QString::fromLatin1(m_answer.reason));
            for (const auto &[name, value] : std::as_const(m_answer.headers)) {
                setRawHeader(name, value);
                if (name.compare("location", Qt::CaseInsensitive) == 0)
                    setAttribute(QNetworkRequest::RedirectionTargetAttribute, QUrl::fromEncoded(value));
            }
            emit metaDataChanged();
        }
        deliver();
    }

    void deliver()
    {
        if (isFinished())
            return;
        const qsizetype size = m_answer.dripBytes > 0 ? m_answer.dripBytes : m_answer.body.size();
        if (!m_answer.body.isEmpty()) {
            m_arrived += m_answer.body.left(size);
            m_answer.body.remove(0, size);
            emit readyRead();
        }
        if (isFinished()) // a slot called abort()
            return;
        if (!m_answer.body.isEmpty()) {
            QTimer::singleShot(m_answer.dripInterval, this, [this] { deliver(); });
        } else if (!m_answer.hangs) {
            if (const auto error = finalError(); error != NoError)
                setError(error, QStringLiteral("scripted error"));
            end();
        }
    }

    [[nodiscard]] NetworkError finalError() const
    {
        if (m_answer.error != NoError || m_answer.status < 400)
            return m_answer.error;
        switch (m_answer.status) {
        case 401:
            return AuthenticationRequiredError;
        case 403:
            return ContentAccessDenied;
        case 404:
            return ContentNotFoundError;
        case 405:
            return ContentOperationNotPermittedError;
        case 501:
            return OperationNotImplementedError;
        case 503:
            return ServiceUnavailableError;
        default:
            return m_answer.status < 500 ? UnknownContentError : InternalServerError;
        }
    }

    void end()
    {
        setFinished(true);
        if (error() != NoError)
            emit errorOccurred(error());
        emit finished();
    }

    ScriptedAnswer m_answer;
    QByteArray m_arrived;
};

ScriptedNetwork::Handler constant(const ScriptedAnswer &answer)
{
    return [answer](const ScriptedRequest &) { return answer; };
}

QByteArray methodName(QNetworkAccessManager::Operation operation, const QNetworkRequest &request)
{
    switch (operation) {
    case QNetworkAccessManager::GetOperation:
        return "GET";
    case QNetworkAccessManager::PostOperation:
        return "POST";
    default:
        return request.attribute(QNetworkRequest::CustomVerbAttribute, QByteArray("OTHER")).toByteArray();
    }
}

} // namespace

ScriptedAnswer ScriptedAnswer::ok(const QByteArray &body, const QByteArray &contentType)
{
    return http(200, "OK", body, contentType);
}

ScriptedAnswer ScriptedAnswer::http(int status, const QByteArray &reason, const QByteArray &body, const QByteArray &contentType)
{
    ScriptedAnswer answer;
    answer.status = status;
    answer.reason = reason;
    answer.body = body;
    if (!contentType.isEmpty())
        answer.headers.append({"Content-Type", contentType});
    return answer;
}

ScriptedAnswer ScriptedAnswer::failed(QNetworkReply::NetworkError error)
{
    ScriptedAnswer answer;
    answer.status = 0;
    answer.error = error;
    return answer;
}

ScriptedAnswer ScriptedAnswer::hanging()
{
    ScriptedAnswer answer;
    answer.status = 0;
    answer.hangs = true;
    return answer;
}

ScriptedAnswer ScriptedAnswer::redirect(int status, const QByteArray &location)
{
    return http(status, "Redirect", {}, {}).withHeader("Location", location);
}

ScriptedAnswer ScriptedAnswer::withHeader(const QByteArray &name, const QByteArray &value) const
{
    ScriptedAnswer answer = *this;
    answer.headers.append({name, value});
    return answer;
}

ScriptedAnswer ScriptedAnswer::dripping(qsizetype bytes, std::chrono::milliseconds interval) const
{
    ScriptedAnswer answer = *this;
    answer.dripBytes = bytes;
    answer.dripInterval = interval;
    return answer;
}

QByteArray ScriptedRequest::pkiMessage() const
{
    return method == "POST" ? body : QByteArray::fromBase64(message);
}

ScriptedNetwork::~ScriptedNetwork() = default;

void ScriptedNetwork::answerOnce(const QByteArray &operation, const ScriptedAnswer &answer)
{
    handleOnce(operation, constant(answer));
}

void ScriptedNetwork::handleOnce(const QByteArray &operation, Handler handler)
{
    m_once[operation].enqueue(std::move(handler));
}

void ScriptedNetwork::answer(const QByteArray &operation, const ScriptedAnswer &answer)
{
    handle(operation, constant(answer));
}

void ScriptedNetwork::handle(const QByteArray &operation, Handler handler)
{
    m_standing[operation] = std::move(handler);
}

void ScriptedNetwork::clear()
{
    m_once.clear();
    m_standing.clear();
}

int ScriptedNetwork::count(const QByteArray &operation) const
{
    return static_cast<int>(
        std::ranges::count_if(m_requests, [&](const ScriptedRequest &request) { return request.operation == operation; }));
}

int ScriptedNetwork::running() const
{
    const auto replies = findChildren<QNetworkReply *>();
    return static_cast<int>(std::ranges::count_if(replies, [](const QNetworkReply *reply) { return !reply->isFinished(); }));
}

bool ScriptedNetwork::allAsked() const
{
    return std::ranges::all_of(m_once, [](const QQueue<Handler> &queue) { return queue.isEmpty(); });
}

QNetworkReply *ScriptedNetwork::createRequest(Operation operation, const QNetworkRequest &request, QIODevice *outgoingData)
{
    const QUrlQuery query(request.url());
    ScriptedRequest asked;
    asked.method = methodName(operation, request);
    asked.operation = query.queryItemValue(QStringLiteral("operation"), QUrl::FullyDecoded).toUtf8();
    asked.message = QByteArray::fromPercentEncoding(query.queryItemValue(QStringLiteral("message"), QUrl::FullyEncoded).toLatin1());
    asked.url = request.url();
    asked.request = request;
    if (outgoingData)
        asked.body = outgoingData->readAll();
    m_requests.append(asked);

    Handler handler;
    if (const auto once = m_once.find(asked.operation); once != m_once.end() && !once->isEmpty())
        handler = once->dequeue();
    else
        handler = m_standing.value(asked.operation);

    ScriptedAnswer answer = ScriptedAnswer::failed(QNetworkReply::ProtocolFailure);
    if (handler) {
        answer = handler(asked);
    } else {
        m_unexpected = true;
        const QByteArray complaint = "unexpected request: " + asked.method + ' ' + asked.url.toEncoded();
        QTest::qFail(complaint.constData(), __FILE__, __LINE__);
    }
    return new ScriptedReply(operation, request, answer, this);
}
