// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/labca/http.h"
#include "scep/labca/requestparser.h"

#include <QObject>
#include <QTimer>

class QTcpSocket;

namespace LabCa {

/// One client's connection: requests in, one at a time, and their answers out as their Delivery says. Ends itself (deleteLater) with the
/// connection.
class HttpConnection final : public QObject
{
    Q_OBJECT
    Q_DISABLE_COPY_MOVE(HttpConnection)

public:
    /// Takes the socket. A connection on which nothing goes on for `patience` is closed.
    HttpConnection(QTcpSocket *socket, RequestParser::Limits limits, std::chrono::milliseconds patience, QObject *parent = nullptr);

    /// The answer to the request that was handed out last.
    void answer(const HttpResponse &response);
    [[nodiscard]] QString client() const { return m_client; }

signals:
    void requested(const LabCa::RequestParser::Request &request);
    /// Answered already, because it was none.
    void refused(int status, const QString &text);

private:
    void read();
    void takeRequest();
    void refuse(const RequestParser::Refusal &refusal);
    void send();
    void drip();
    void finish();

    QTcpSocket *m_socket;
    QString m_client;
    RequestParser m_parser;
    QTimer m_idle;
    QTimer m_pace;
    bool m_isAnswering = false;
    bool m_keepsConnection = true;
    bool m_isHttp10 = false;
    bool m_isRefused = false;
    HttpResponse m_response;
    QByteArray m_outgoing; ///< what is left to drip
    qsizetype m_dripBytes = 1;
};

} // namespace LabCa
