// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/client/proxychooser.h"

#include <QHostAddress>
#include <QNetworkAccessManager>
#include <QNetworkProxy>

#include <memory>

using namespace Qt::StringLiterals;

namespace Scep {

bool isLoopback(const QString &host)
{
    if (host.compare("localhost"_L1, Qt::CaseInsensitive) == 0 || host.endsWith(".localhost"_L1, Qt::CaseInsensitive))
        return true;
    return QHostAddress(host).isLoopback(); // a name that is no address gives a null one, which is none
}

Pki::Result<QNetworkProxy> proxyFromUrl(const QUrl &url)
{
    const QString scheme = url.scheme();
    const bool isHttp = scheme == "http"_L1;
    if (!url.userInfo().isEmpty())
        return Pki::failure(Pki::ErrorCode::InvalidUrl,
                            u"proxy %1: its user and password are settings of their own"_s.arg(url.toString(QUrl::RemoveUserInfo)));
    if (!url.isValid() || (!isHttp && scheme != "socks5"_L1) || url.host().isEmpty() || url.port() <= 0)
        return Pki::failure(Pki::ErrorCode::InvalidUrl,
                            u"proxy %1: http://host:port or socks5://host:port is wanted"_s.arg(url.toString(QUrl::RemoveUserInfo)));
    return QNetworkProxy(isHttp ? QNetworkProxy::HttpProxy : QNetworkProxy::Socks5Proxy, url.host(), static_cast<quint16>(url.port()));
}

ProxyChooser &ProxyChooser::of(QNetworkAccessManager &network)
{
    if (auto *present = dynamic_cast<ProxyChooser *>(network.proxyFactory()))
        return *present;
    auto fresh = std::make_unique<ProxyChooser>();
    ProxyChooser &chooser = *fresh;
    network.setProxyFactory(fresh.release()); // the manager owns it now
    return chooser;
}

QList<QNetworkProxy> ProxyChooser::queryProxy(const QNetworkProxyQuery &query)
{
    if (const auto found = m_explicit.constFind(query.url()); found != m_explicit.constEnd())
        return {*found};
    if (isLoopback(query.peerHostName()))
        return {QNetworkProxy(QNetworkProxy::NoProxy)};
    return systemProxyForQuery(query);
}

} // namespace Scep
