// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/records/settingranges.h"

using namespace Qt::StringLiterals;
using Pki::ErrorCode;
using Pki::failure;

namespace Models {

Pki::Result<QUrl> proxyFromText(const QString &text)
{
    const QString trimmed = text.trimmed();
    if (trimmed.isEmpty())
        return QUrl();
    const QUrl proxy(trimmed, QUrl::StrictMode);
    const bool isKnown = proxy.scheme() == "http"_L1 || proxy.scheme() == "socks5"_L1;
    if (!proxy.isValid() || !isKnown || proxy.host().isEmpty() || proxy.port() <= 0)
        return failure(ErrorCode::InvalidUrl, u"it takes http://host:port or socks5://host:port"_s);
    if (!proxy.userInfo().isEmpty())
        return failure(ErrorCode::InvalidUrl,
                       u"user name and password are no part of the proxy's address: they have settings of their own"_s);
    const bool hasMore = (!proxy.path().isEmpty() && proxy.path() != "/"_L1) || proxy.hasQuery() || proxy.hasFragment();
    if (hasMore)
        return failure(ErrorCode::InvalidUrl, u"it takes http://host:port or socks5://host:port, and nothing behind the port"_s);
    return proxy;
}

Pki::Result<void> checkPolling(const Scep::PollRule &rule)
{
    if (rule.longest < rule.first)
        return failure(ErrorCode::InvalidArgument, u"the longest pause between two polls is shorter than the first one"_s);
    if (rule.end < rule.first)
        return failure(ErrorCode::InvalidArgument, u"polling ends before the first poll"_s);
    return {};
}

} // namespace Models
