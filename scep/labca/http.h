// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/labca/faults.h"

#include <QByteArray>
#include <QDateTime>
#include <QString>

#include <chrono>
#include <functional>

namespace LabCa {

/// An HTTP request reduced to what SCEP looks at.
struct HttpRequest {
    bool isPost = false;
    QString path;
    QString operation;                ///< decoded operation=
    QByteArray message;               ///< percent-decoded message= (GET; for PKIOperation the base64 text) or the body (POST)
    QByteArray messageParameter = {}; ///< percent-decoded message= of the URL, with POST too: some clients name the CA there
    qsizetype queryBytes = 0;         ///< of the query as it was sent
    QString client = {};              ///< its address
    QList<Fault> faults = {};         ///< that shall strike the CertRep
};

/// How an answer travels; anything but the default makes it go wrong on purpose or look old.
struct Delivery {
    bool isHttp10 = false;                 ///< status line HTTP/1.0, and the connection is closed
    bool isDropped = false;                ///< the connection is closed without an answer
    std::chrono::milliseconds delay{0};    ///< before the first byte
    qsizetype cutAt = -1;                  ///< so many bytes of the body, then the connection is closed; -1: all
    std::chrono::milliseconds dripOver{0}; ///< a few bytes at a time, for so long altogether
};

struct HttpResponse {
    int status = 200;
    QByteArray contentType;
    QByteArray body;
    Delivery delivery = {};
};

HttpResponse plainTextResponse(int status, const QString &text);

/// What was asked and answered, for the live log. Holds no secret.
struct LogEntry {
    QDateTime at;
    QString operation; ///< "PKIOperation PKCSReq"
    QString transactionId;
    QString subject;
    QString outcome; ///< "issued 4f02...", "PENDING", "FAILURE badRequest: the challenge password is wrong", "HTTP 400 ..."
};

/// Answers every path; never throws, always answers, fills in the entry.
using HttpHandler = std::function<HttpResponse(const HttpRequest &, LogEntry *)>;

} // namespace LabCa
