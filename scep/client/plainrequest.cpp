// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/client/plainrequest.h"

#include <QSslCertificate>
#include <QSslConfiguration>
#include <QSslKey>
#include <QUrl>

using namespace Qt::StringLiterals;

namespace Scep {

namespace {

/// The system's roots are kept: naming roots of one's own switches off Qt's loading of the system's on demand.
QSslConfiguration tlsConfiguration(const TransportSettings &settings)
{
    QSslConfiguration configuration = QSslConfiguration::defaultConfiguration();
    if (!settings.tlsRoots.isEmpty()) {
        static const QList<QSslCertificate> systemRoots = QSslConfiguration::systemCaCertificates(); // 0.1 s: once, when first needed
        QList<QSslCertificate> trusted = systemRoots;
        for (const Pki::Certificate &root : settings.tlsRoots)
            trusted.append(QSslCertificate(root.der(), QSsl::Der));
        configuration.setCaCertificates(trusted);
    }
    if (!settings.clientCertificates.isEmpty() && !settings.clientKey.isNull()) {
        QList<QSslCertificate> chain;
        for (const Pki::Certificate &certificate : settings.clientCertificates)
            chain.append(QSslCertificate(certificate.der(), QSsl::Der));
        configuration.setLocalCertificateChain(chain);
        const Pki::SecretBytes pem = settings.clientKey.toPkcs8Pem();
        const auto algorithm = settings.clientKey.publicKey().isRsa() ? QSsl::Rsa : QSsl::Ec;
        // Not copied: Qt only reads it.
        const QByteArray view = QByteArray::fromRawData(pem.view().data(), pem.view().size());
        configuration.setPrivateKey(QSslKey(view, algorithm, QSsl::Pem, QSsl::PrivateKey));
    }
    return configuration;
}

} // namespace

QNetworkRequest plainRequest(const QUrl &url, HttpMethod method, qint64 bodyLimit, const TransportSettings &settings)
{
    QNetworkRequest result(url);
    result.setAttribute(QNetworkRequest::RedirectPolicyAttribute, QNetworkRequest::ManualRedirectPolicy);
    result.setAttribute(QNetworkRequest::Http2AllowedAttribute, false);
    result.setAttribute(QNetworkRequest::HttpPipeliningAllowedAttribute, false);
    result.setAttribute(QNetworkRequest::CookieLoadControlAttribute, QNetworkRequest::Manual);
    result.setAttribute(QNetworkRequest::CookieSaveControlAttribute, QNetworkRequest::Manual);
    // Qt answers a proxy that asks for a password only with this; a server that asks gets none, since nobody answers for it.
    result.setAttribute(QNetworkRequest::AuthenticationReuseAttribute,
                        settings.proxyUser.isEmpty() ? QNetworkRequest::Manual : QNetworkRequest::Automatic);
    result.setAttribute(QNetworkRequest::CacheLoadControlAttribute, QNetworkRequest::AlwaysNetwork);
    result.setAttribute(QNetworkRequest::CacheSaveControlAttribute, false);
    result.setDecompressedSafetyCheckThreshold(bodyLimit);
    result.setHeader(QNetworkRequest::UserAgentHeader, u"Scepter/" SCEPTER_VERSION ""_s);
    if (method == HttpMethod::Post)
        result.setHeader(QNetworkRequest::ContentTypeHeader, u"application/x-pki-message"_s); // RFC 8894 4.1
    // For plain http TLS is not even loaded: it would cost more than the exchange.
    if (url.scheme() == "https"_L1 && hasOwnTls(settings))
        result.setSslConfiguration(tlsConfiguration(settings));
    return result;
}

bool hasOwnTls(const TransportSettings &settings)
{
    return !settings.tlsRoots.isEmpty() || !settings.clientCertificates.isEmpty();
}

} // namespace Scep
