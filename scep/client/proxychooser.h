// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/pki/error.h"

#include <QHash>
#include <QNetworkProxyFactory>
#include <QUrl>

class QNetworkAccessManager;

namespace Scep {

/// localhost and everything below it, 127.0.0.0/8, ::1.
bool isLoopback(const QString &host);

/// The proxy of a setting: http://host:port or socks5://host:port. A user name or a password in it is refused: settings are shown and
/// stored, a password is neither. Errors: InvalidUrl.
Pki::Result<QNetworkProxy> proxyFromUrl(const QUrl &url);

/// Which proxy an exchange goes through. Qt knows a proxy for a whole QNetworkAccessManager only, while every server has its own setting;
/// so this stands in the manager, and every exchange says for its URL what it wants.
/// Asking the system may run a proxy script or wait for D-Bus: it is never done for loopback addresses or where a proxy is set.
class ProxyChooser final : public QNetworkProxyFactory
{
public:
    /// The one in `network`; put there on first use.
    static ProxyChooser &of(QNetworkAccessManager &network);

    void set(const QUrl &url, const QNetworkProxy &proxy) { m_explicit.insert(url, proxy); }
    void forget(const QUrl &url) { m_explicit.remove(url); }

    QList<QNetworkProxy> queryProxy(const QNetworkProxyQuery &query = QNetworkProxyQuery()) override;

private:
    QHash<QUrl, QNetworkProxy> m_explicit; ///< by the complete URL of a request
};

} // namespace Scep
