// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/client/networkerrors.h"

#include "scep/client/bodytext.h"

#include <QUrl>

using namespace Qt::StringLiterals;

namespace Scep {

using Pki::Error;
using Pki::ErrorCode;

namespace {

QString describe(const QSslError &error)
{
    switch (error.error()) {
    case QSslError::SelfSignedCertificate:
        return u"the certificate is self-signed and not among the trusted ones"_s;
    case QSslError::SelfSignedCertificateInChain:
        return u"the chain ends in a root certificate that is not trusted"_s;
    case QSslError::UnableToGetIssuerCertificate:
    case QSslError::UnableToGetLocalIssuerCertificate:
    case QSslError::CertificateUntrusted:
        return u"its issuer is not among the trusted certificates"_s;
    case QSslError::UnableToVerifyFirstCertificate:
        return u"its signature could not be verified"_s;
    case QSslError::CertificateExpired:
        return u"a certificate has expired"_s;
    case QSslError::CertificateNotYetValid:
        return u"a certificate is not valid yet"_s;
    case QSslError::HostNameMismatch:
        return u"the certificate is for another host name"_s;
    case QSslError::CertificateRevoked:
    case QSslError::CertificateBlacklisted:
        return u"the certificate has been revoked"_s;
    case QSslError::InvalidCaCertificate:
        return u"an issuer in the chain is not a CA"_s;
    case QSslError::InvalidPurpose:
        return u"the certificate is not meant for a TLS server"_s;
    case QSslError::NoPeerCertificate:
        return u"the server sent no certificate"_s;
    default:
        return u"certificate check %1 failed"_s.arg(static_cast<int>(error.error()));
    }
}

} // namespace

Error networkError(QNetworkReply::NetworkError error, const QUrl &url, qint64 received)
{
    const QString peer = hostAndPort(url);
    switch (error) {
    case QNetworkReply::HostNotFoundError:
        return {ErrorCode::HostNotFound, url.host()};
    case QNetworkReply::ProxyNotFoundError:
        return {ErrorCode::HostNotFound, u"the proxy for %1"_s.arg(peer)};
    case QNetworkReply::ConnectionRefusedError:
        return {ErrorCode::ConnectionRefused, peer};
    case QNetworkReply::ProxyConnectionRefusedError:
        return {ErrorCode::ConnectionRefused, u"the proxy for %1"_s.arg(peer)};
    case QNetworkReply::TimeoutError:
    case QNetworkReply::ProxyTimeoutError:
        return {ErrorCode::Timeout, u"%1 did not answer"_s.arg(peer)};
    case QNetworkReply::SslHandshakeFailedError:
        return {ErrorCode::TlsFailure, u"no TLS connection to %1"_s.arg(peer)};
    case QNetworkReply::RemoteHostClosedError:
        if (received > 0)
            return {ErrorCode::NetworkFailure, u"%1 closed the connection after %2 bytes of its answer"_s.arg(peer).arg(received)};
        return {ErrorCode::NetworkFailure, u"%1 closed the connection before its answer was complete"_s.arg(peer)};
    case QNetworkReply::ProxyAuthenticationRequiredError:
        return {ErrorCode::NetworkFailure, u"the proxy for %1 wants a user name and a password"_s.arg(peer)};
    case QNetworkReply::ProxyConnectionClosedError:
    case QNetworkReply::UnknownProxyError:
        return {ErrorCode::NetworkFailure, u"the proxy for %1 failed"_s.arg(peer)};
    case QNetworkReply::TooManyRedirectsError:
    case QNetworkReply::InsecureRedirectError:
        return {ErrorCode::RedirectRefused, peer};
    case QNetworkReply::ProtocolUnknownError:
    case QNetworkReply::ProtocolInvalidOperationError:
        return {ErrorCode::InvalidUrl, peer};
    case QNetworkReply::ProtocolFailure:
        return {ErrorCode::NetworkFailure, u"what %1 sent is not HTTP"_s.arg(peer)};
    case QNetworkReply::UnknownContentError:
        return {ErrorCode::ReplyMalformed, u"the answer of %1 could not be unpacked"_s.arg(peer)};
    case QNetworkReply::TemporaryNetworkFailureError:
    case QNetworkReply::NetworkSessionFailedError:
        return {ErrorCode::NetworkFailure, u"the network is not available"_s};
    default:
        return {ErrorCode::NetworkFailure, u"exchange with %1 failed (network error %2)"_s.arg(peer).arg(static_cast<int>(error))};
    }
}

Error tlsError(const QList<QSslError> &errors, const QUrl &url)
{
    if (errors.isEmpty())
        return networkError(QNetworkReply::SslHandshakeFailedError, url);
    QStringList reasons;
    for (const QSslError &error : errors)
        reasons.append(describe(error));
    reasons.removeDuplicates();
    return {ErrorCode::TlsFailure, u"%1: %2"_s.arg(hostAndPort(url), reasons.join("; "_L1))};
}

Error httpStatusError(int status, const QString &reason, const QByteArray &body)
{
    QString detail = QString::number(status);
    if (const QString words = printableLine(reason, 60); !words.isEmpty())
        detail += u' ' + words;
    if (const QString start = printableStart(body); !start.isEmpty())
        detail += ": "_L1 + start;
    return {ErrorCode::HttpStatus, detail};
}

QString hostAndPort(const QUrl &url)
{
    if (url.port() < 0)
        return url.host();
    const QString host = url.host();
    return (host.contains(u':') ? u'[' + host + u']' : host) + u':' + QString::number(url.port());
}

} // namespace Scep
