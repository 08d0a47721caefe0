// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QList>
#include <QString>

#include <optional>

namespace LabCa {

/// Reads HTTP/1.0 and 1.1 requests off a stream of bytes (RFC 9112), one after the other, and never keeps more of them than the limits say.
class RequestParser
{
public:
    struct Limits {
        qsizetype headBytes = 64 * 1024; ///< request line and fields: a GET carries its message there
        qsizetype bodyBytes = 2 * 1024 * 1024;
    };
    struct Request {
        QByteArray method;
        QByteArray target;
        bool isHttp10 = false;
        bool keepsConnection = true;
        QByteArray body;
    };
    struct Refusal {
        int status = 400;
        QString text;
    };

    explicit RequestParser(Limits limits)
        : m_limits(limits)
    {}

    void feed(QByteArrayView bytes) { m_buffer.append(bytes); }
    /// The next whole request; nullopt: more bytes are needed, or refusal() says why there will be none.
    std::optional<Request> next();
    /// After it nothing of the stream can be understood.
    [[nodiscard]] const std::optional<Refusal> &refusal() const { return m_refusal; }
    /// Once for a request whose client waits to be told that it may send the body.
    bool takeExpectation();
    /// Bytes that belong to no whole request yet.
    [[nodiscard]] bool hasBegun() const { return !m_buffer.isEmpty() || m_stage != Stage::Head; }

private:
    enum class Stage { Head, Body, ChunkSize, ChunkData, Trailer };

    bool readHead();
    bool readFields(const QByteArray &fields);
    bool readChunkSize();
    bool readChunkData();
    bool readTrailer();
    std::optional<QByteArray> takeLine(qsizetype limit);
    bool refuse(int status, const QString &text);
    bool refuseSize();

    Limits m_limits;
    QByteArray m_buffer;
    Stage m_stage = Stage::Head;
    Request m_request;
    qsizetype m_expectedBytes = 0; ///< of the body or chunk
    qsizetype m_trailerBytes = 0;
    bool m_expectsContinue = false;
    std::optional<Refusal> m_refusal;
};

} // namespace LabCa
