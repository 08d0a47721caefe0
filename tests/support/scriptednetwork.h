// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QHash>
#include <QList>
#include <QNetworkAccessManager>
#include <QNetworkReply>
#include <QQueue>
#include <QUrl>

#include <chrono>
#include <functional>
#include <utility>

/// What a scripted server says. Made by one of the functions, refined by the with...() ones.
struct ScriptedAnswer {
    int status = 200; ///< 0: the exchange fails before a status line
    QByteArray reason = "OK";
    QByteArray body;
    QList<std::pair<QByteArray, QByteArray>> headers;
    QNetworkReply::NetworkError error = QNetworkReply::NoError;
    bool hangs = false;      ///< sends everything, then never ends
    qsizetype dripBytes = 0; ///< > 0: so many bytes at a time ...
    std::chrono::milliseconds dripInterval{1};

    static ScriptedAnswer ok(const QByteArray &body, const QByteArray &contentType = "text/plain");
    static ScriptedAnswer http(int status, const QByteArray &reason, const QByteArray &body = {},
                               const QByteArray &contentType = "text/plain");
    static ScriptedAnswer failed(QNetworkReply::NetworkError error); ///< no status line: refused, not resolved, closed
    static ScriptedAnswer hanging();                                 ///< never answers
    static ScriptedAnswer redirect(int status, const QByteArray &location);
    [[nodiscard]] ScriptedAnswer withHeader(const QByteArray &name, const QByteArray &value) const;
    [[nodiscard]] ScriptedAnswer dripping(qsizetype bytes, std::chrono::milliseconds interval) const;
};

/// What was asked.
struct ScriptedRequest {
    QByteArray method;    ///< "GET", "POST"
    QByteArray operation; ///< value of operation= in the query
    QByteArray message;   ///< percent-decoded value of message= in the query
    QByteArray body;
    QUrl url;
    QNetworkRequest request; ///< headers and attributes

    /// The pkiMessage however it travelled: body of a POST, decoded message= of a GET.
    [[nodiscard]] QByteArray pkiMessage() const;
};

/// A network without a network. Answers are keyed by operation ("GetCACaps", "PKIOperation", ...): first those for once, in order, then the
/// standing one. A request nobody expected fails the running test and ends in ProtocolFailure.
/// Answers come from the event loop; abort() emits finished() synchronously, as Qt's own replies do.
class ScriptedNetwork final : public QNetworkAccessManager
{
    Q_OBJECT

public:
    using Handler = std::function<ScriptedAnswer(const ScriptedRequest &)>;

    using QNetworkAccessManager::QNetworkAccessManager;
    ~ScriptedNetwork() override;

    void answerOnce(const QByteArray &operation, const ScriptedAnswer &answer);
    void handleOnce(const QByteArray &operation, Handler handler); ///< the answer is made from the request
    void answer(const QByteArray &operation, const ScriptedAnswer &answer);
    void handle(const QByteArray &operation, Handler handler);
    void clear(); ///< forgets all answers; requests() stay

    [[nodiscard]] const QList<ScriptedRequest> &requests() const { return m_requests; }
    [[nodiscard]] int count(const QByteArray &operation) const;
    [[nodiscard]] int running() const;   ///< replies that have not ended yet
    [[nodiscard]] bool allAsked() const; ///< every answer for once was fetched
    [[nodiscard]] bool hadUnexpectedRequest() const { return m_unexpected; }

protected:
    QNetworkReply *createRequest(Operation operation, const QNetworkRequest &request, QIODevice *outgoingData) override;

private:
    QHash<QByteArray, QQueue<Handler>> m_once;
    QHash<QByteArray, Handler> m_standing;
    QList<ScriptedRequest> m_requests;
    bool m_unexpected = false;
};
