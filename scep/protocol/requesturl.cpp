// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/protocol/requesturl.h"

#include <QRegularExpression>
#include <QUrlQuery>

using namespace Qt::StringLiterals;

namespace Scep {

namespace {

QUrl withQuery(const QUrl &server, Operation operation, const QByteArray &message)
{
    QString query = server.query(QUrl::FullyEncoded);
    if (!query.isEmpty())
        query += u'&';
    query += "operation="_L1 + wireName(operation);
    if (!message.isEmpty()) {
        // Encoded here, byte by byte: QUrl and QUrlQuery leave '+' and '/' as they are, and servers read '+' as a blank.
        query += "&message="_L1 + QString::fromLatin1(message.toPercentEncoding());
    }
    QUrl url = server;
    url.setQuery(query, QUrl::StrictMode);
    return url;
}

} // namespace

QString wireName(Operation operation)
{
    switch (operation) {
    case Operation::GetCaCaps:
        return u"GetCACaps"_s;
    case Operation::GetCaCert:
        return u"GetCACert"_s;
    case Operation::GetNextCaCert:
        return u"GetNextCACert"_s;
    case Operation::GetCaCertChain:
        return u"GetCACertChain"_s;
    case Operation::PkiOperation:
        return u"PKIOperation"_s;
    }
    return {};
}

Result<QUrl> serverUrlFromText(const QString &text)
{
    QString trimmed = text.trimmed();
    if (trimmed.isEmpty())
        return failure(ErrorCode::InvalidUrl, u"the address is empty"_s);
    for (const QChar c : std::as_const(trimmed)) {
        if (c.isSpace() || c.category() == QChar::Other_Control || c.category() == QChar::Other_Format)
            return failure(ErrorCode::InvalidUrl, u"the address holds a blank or an invisible character"_s);
    }
    if (!trimmed.contains("://"_L1)) {
        // "host:8080/scep" has a port behind the colon; "file:/etc" and "javascript:x" have a scheme before it.
        static const QRegularExpression otherScheme(u"^[A-Za-z][A-Za-z0-9+.-]*:(?!\\d)"_s);
        const QRegularExpressionMatch match = otherScheme.match(trimmed);
        if (match.hasMatch())
            return failure(ErrorCode::InvalidUrl, u"\"%1\" does not start an http or https address"_s.arg(match.captured()));
        trimmed.prepend("http://"_L1);
    }
    const QUrl url(trimmed, QUrl::TolerantMode);
    if (!url.isValid())
        return failure(ErrorCode::InvalidUrl, u"this is not an address: %1"_s.arg(url.errorString().section(u';', 0, 0)));
    if (url.scheme() != "http"_L1 && url.scheme() != "https"_L1)
        return failure(ErrorCode::InvalidUrl, u"only http and https are possible, not \"%1\""_s.arg(url.scheme()));
    if (url.host().isEmpty())
        return failure(ErrorCode::InvalidUrl, u"the address has no host name"_s);
    if (!url.userInfo().isEmpty() || url.authority().contains(u'@'))
        return failure(ErrorCode::InvalidUrl, u"a user name or password does not belong into the address"_s);
    if (url.hasFragment())
        return failure(ErrorCode::InvalidUrl, u"the part behind # does not belong into the address"_s);
    if (url.port(1) == 0)
        return failure(ErrorCode::InvalidUrl, u"port 0 cannot be used"_s);
    if (QUrlQuery(url).hasQueryItem(u"operation"_s))
        return failure(ErrorCode::InvalidUrl, u"give the address without operation=, which is added for each request"_s);
    return url;
}

QUrl requestUrl(const QUrl &server, Operation operation, const QString &caIdentifier)
{
    return withQuery(server, operation, caIdentifier.toUtf8());
}

QUrl pkiOperationGetUrl(const QUrl &server, const QByteArray &message)
{
    return withQuery(server, Operation::PkiOperation, message.toBase64());
}

} // namespace Scep
