// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/labca/requestparser.h"

#include <algorithm>
#include <utility>

namespace LabCa {

using namespace Qt::StringLiterals;

namespace {

constexpr qsizetype chunkLineBytes = 1024;

bool isToken(QByteArrayView text)
{
    return !text.isEmpty() && std::ranges::all_of(text, [](char character) {
        return (character >= 'A' && character <= 'Z') || (character >= 'a' && character <= 'z') || (character >= '0' && character <= '9') ||
               QByteArrayView("!#$%&'*+-.^_`|~").contains(character);
    });
}

bool containsWord(const QByteArray &list, QByteArrayView word)
{
    const QList<QByteArray> words = list.split(',');
    return std::ranges::any_of(words, [&](const QByteArray &item) { return item.trimmed().compare(word, Qt::CaseInsensitive) == 0; });
}

/// Digits only; nullopt for anything else. What does not fit is more than any limit.
std::optional<qsizetype> size(const QByteArray &digits, int base)
{
    if (digits.isEmpty() || digits.size() > 64 || !std::ranges::all_of(digits, [base](char digit) {
            return (digit >= '0' && digit <= '9') || (base == 16 && ((digit >= 'a' && digit <= 'f') || (digit >= 'A' && digit <= 'F')));
        }))
        return std::nullopt;
    bool fits = false;
    const qlonglong number = digits.toLongLong(&fits, base);
    return fits ? qsizetype(number) : std::numeric_limits<qsizetype>::max();
}

} // namespace

bool RequestParser::refuse(int status, const QString &text)
{
    m_refusal = Refusal{status, text};
    m_buffer.clear();
    return false;
}

bool RequestParser::refuseSize()
{
    return refuse(413, u"the message is larger than %1 MiB"_s.arg(m_limits.bodyBytes / (1024 * 1024)));
}

bool RequestParser::takeExpectation()
{
    return m_stage != Stage::Head && std::exchange(m_expectsContinue, false);
}

/// A line without its end, which is CR LF or, from old clients, LF.
std::optional<QByteArray> RequestParser::takeLine(qsizetype limit)
{
    const qsizetype end = m_buffer.indexOf('\n');
    if (end < 0 || end > limit) {
        if (end > limit || m_buffer.size() > limit)
            refuse(400, u"a line is too long"_s);
        return std::nullopt;
    }
    QByteArray line = m_buffer.left(end);
    if (line.endsWith('\r'))
        line.chop(1);
    m_buffer.remove(0, end + 1);
    return line;
}

bool RequestParser::readHead()
{
    // Some clients end a body with a line break that is none of it (RFC 9112 2.2).
    while (m_buffer.startsWith("\r\n"))
        m_buffer.remove(0, 2);
    const qsizetype crlf = m_buffer.indexOf("\r\n\r\n");
    const qsizetype lf = m_buffer.indexOf("\n\n");
    const bool isLf = lf >= 0 && (crlf < 0 || lf < crlf);
    const qsizetype end = isLf ? lf : crlf;
    if (end < 0 || end > m_limits.headBytes) {
        if (end > m_limits.headBytes || m_buffer.size() > m_limits.headBytes)
            return refuse(431, u"the header is larger than %1 KiB"_s.arg(m_limits.headBytes / 1024));
        return false;
    }
    const QByteArray head = m_buffer.left(end);
    m_buffer.remove(0, end + (isLf ? 2 : 4));

    const qsizetype lineEnd = head.indexOf('\n');
    const QByteArray line = head.left(lineEnd < 0 ? head.size() : lineEnd).trimmed();
    const qsizetype first = line.indexOf(' ');
    const qsizetype last = line.lastIndexOf(' ');
    m_request = {};
    m_request.method = line.left(qMax(first, 0));
    if (first <= 0 || last == first || !isToken(m_request.method))
        return refuse(400, u"this is no HTTP request"_s);
    // Blanks within are not proper; a client that does not encode its base64 sends them all the same.
    m_request.target = line.mid(first + 1, last - first - 1).trimmed();
    const QByteArray version = line.mid(last + 1);
    if (!version.startsWith("HTTP/"))
        return refuse(400, u"this is no HTTP request"_s);
    if (!version.startsWith("HTTP/1."))
        return refuse(505, u"HTTP/1.0 and HTTP/1.1 are spoken here"_s);
    m_request.isHttp10 = version == "HTTP/1.0";
    m_request.keepsConnection = !m_request.isHttp10;
    return readFields(lineEnd < 0 ? QByteArray() : head.mid(lineEnd + 1));
}

bool RequestParser::readFields(const QByteArray &fields)
{
    std::optional<qsizetype> length;
    bool isChunked = false;
    m_expectsContinue = false;
    for (const QByteArray &field : fields.split('\n')) {
        if (field.trimmed().isEmpty())
            continue;
        const qsizetype colon = field.indexOf(':');
        if (colon <= 0 || !isToken(field.left(colon)))
            return refuse(400, u"a header field cannot be read"_s);
        const QByteArray name = field.left(colon).toLower();
        const QByteArray value = field.mid(colon + 1).trimmed();
        if (name == "content-length") {
            const auto number = size(value, 10);
            if (!number || (length && *length != *number))
                return refuse(400, u"Content-Length cannot be read"_s);
            length = number;
        } else if (name == "transfer-encoding") {
            if (isChunked || value.compare("chunked", Qt::CaseInsensitive) != 0)
                return refuse(501, u"this transfer encoding is not understood"_s);
            isChunked = true;
        } else if (name == "connection") {
            if (containsWord(value, "close"))
                m_request.keepsConnection = false;
            else if (m_request.isHttp10 && containsWord(value, "keep-alive"))
                m_request.keepsConnection = true;
        } else if (name == "expect") {
            m_expectsContinue = value.compare("100-continue", Qt::CaseInsensitive) == 0;
        }
    }
    // Both at once is how requests are smuggled past proxies (RFC 9112 6.3).
    if (isChunked && length)
        return refuse(400, u"Content-Length beside a transfer encoding"_s);
    if (length.value_or(0) > m_limits.bodyBytes)
        return refuseSize();
    m_expectedBytes = length.value_or(0);
    m_stage = isChunked ? Stage::ChunkSize : Stage::Body;
    return true;
}

bool RequestParser::readChunkSize()
{
    const auto line = takeLine(chunkLineBytes);
    if (!line)
        return false;
    const auto number = size(line->left(line->indexOf(';') < 0 ? line->size() : line->indexOf(';')).trimmed(), 16);
    if (!number)
        return refuse(400, u"the size of a chunk cannot be read"_s);
    if (*number > m_limits.bodyBytes - m_request.body.size())
        return refuseSize();
    m_expectedBytes = *number;
    m_trailerBytes = 0;
    m_stage = *number == 0 ? Stage::Trailer : Stage::ChunkData;
    return true;
}

bool RequestParser::readChunkData()
{
    if (m_buffer.size() < m_expectedBytes + 2)
        return false;
    if (m_buffer.mid(m_expectedBytes, 2) != "\r\n")
        return refuse(400, u"a chunk is longer than it says"_s);
    m_request.body += m_buffer.left(m_expectedBytes);
    m_buffer.remove(0, m_expectedBytes + 2);
    m_stage = Stage::ChunkSize;
    return true;
}

/// True when it is over.
bool RequestParser::readTrailer()
{
    while (const auto line = takeLine(m_limits.headBytes)) {
        if (line->isEmpty())
            return true;
        m_trailerBytes += line->size();
        if (m_trailerBytes > m_limits.headBytes)
            return refuse(431, u"the trailer is too large"_s);
    }
    return false;
}

std::optional<RequestParser::Request> RequestParser::next()
{
    if (m_refusal) {
        m_buffer.clear();
        return std::nullopt;
    }
    if (m_stage == Stage::Head && !readHead())
        return std::nullopt;
    if (m_stage == Stage::Body) {
        if (m_buffer.size() < m_expectedBytes)
            return std::nullopt;
        m_request.body = m_buffer.left(m_expectedBytes);
        m_buffer.remove(0, m_expectedBytes);
    } else {
        while (m_stage != Stage::Trailer) {
            if (!(m_stage == Stage::ChunkSize ? readChunkSize() : readChunkData()))
                return std::nullopt;
        }
        if (!readTrailer())
            return std::nullopt;
    }
    m_stage = Stage::Head;
    m_expectsContinue = false;
    return std::exchange(m_request, {});
}

} // namespace LabCa
