// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/client/redirectrules.h"

#include "scep/client/bodytext.h"

using namespace Qt::StringLiterals;

namespace Scep {

bool isRedirect(int httpStatus)
{
    return (httpStatus >= 301 && httpStatus <= 303) || httpStatus == 307 || httpStatus == 308;
}

Result<QUrl> redirectTarget(const QUrl &from, int httpStatus, const QByteArray &location, int followed)
{
    const auto refused = [](const QString &why) { return Pki::failure(Pki::ErrorCode::RedirectRefused, why); };

    const QUrl given = QUrl::fromEncoded(location.trimmed());
    if (location.trimmed().isEmpty() || !given.isValid())
        return refused(u"%1 without a usable Location"_s.arg(httpStatus));
    QUrl target = from.resolved(given);
    target.setFragment({});
    const QString shown = displayUrl(target);
    if (followed >= maxRedirects)
        return refused(u"more than %1 redirects, the last one to %2"_s.arg(maxRedirects).arg(shown));
    if (httpStatus == 303)
        return refused(u"303 to %1, which is not an answer to the question"_s.arg(shown));
    const QString scheme = target.scheme();
    if ((scheme != "http"_L1 && scheme != "https"_L1) || target.host().isEmpty() || !target.userInfo().isEmpty())
        return refused(u"%1 to %2, which is no plain http or https address"_s.arg(httpStatus).arg(shown));
    if (target.host().compare(from.host(), Qt::CaseInsensitive) != 0)
        return refused(u"%1 from %2 to another host: %3"_s.arg(httpStatus).arg(from.host(), shown));
    if (from.scheme() == "https"_L1 && scheme == "http"_L1)
        return refused(u"%1 from https to http: %2"_s.arg(httpStatus).arg(shown));
    return target;
}

QString displayUrl(const QUrl &url)
{
    return printableLine(url.toString(QUrl::RemoveUserInfo | QUrl::RemoveQuery | QUrl::RemoveFragment), 200);
}

} // namespace Scep
