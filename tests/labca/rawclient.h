// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/labca/httpface.h"

#include <QByteArray>
#include <QHash>
#include <QTcpSocket>

#include <memory>
#include <optional>

/// What came over the wire, byte for byte.
struct RawReply {
    QByteArray statusLine; ///< "HTTP/1.1 200 OK"
    int status = 0;
    QHash<QByteArray, QByteArray> fields; ///< names in lower case
    QByteArray contentType;
    QByteArray body;
    bool isWhole = false; ///< as long as Content-Length said
};

/// Reads one answer off a connection, by its Content-Length; what there is of it when the connection ends before. nullopt: nothing came in
/// time, or the connection ended without a byte.
std::optional<RawReply> readReply(QTcpSocket &socket, int patienceMs = 20'000);
std::unique_ptr<QTcpSocket> connectTo(const LabCa::HttpFace &face);
std::optional<RawReply> exchange(const LabCa::HttpFace &face, const QByteArray &bytes);

QByteArray getRequest(const QByteArray &target, const QByteArray &version = "HTTP/1.1");
QByteArray postRequest(const QByteArray &body, const QByteArray &target = "/scep?operation=PKIOperation");
/// PKIOperation by GET, as RFC 8894 4.1 says.
QByteArray getMessageRequest(const QByteArray &message, const QByteArray &path = "/scep");

LabCa::HttpResponse asResponse(const RawReply &reply);
