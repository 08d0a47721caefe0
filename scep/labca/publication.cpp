// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/labca/publication.h"

namespace LabCa {

using namespace Qt::StringLiterals;

namespace {

constexpr int nameDigits = 8;

QStringList urls(const Publication &publication, const QString &path)
{
    if (publication.baseUrl.isEmpty())
        return {};
    QUrl url;
    url.setScheme(publication.baseUrl.scheme());
    url.setHost(publication.baseUrl.host());
    url.setPort(publication.baseUrl.port());
    // What stands before the end point's own name leads to this server, also for its other files.
    QString before = publication.baseUrl.path();
    while (before.endsWith(u'/'))
        before.chop(1);
    if (before.endsWith("/scep"_L1))
        before.chop(5);
    url.setPath(before + path);
    return {url.toString(QUrl::FullyEncoded)};
}

} // namespace

QString publishedName(const QString &alias, const Pki::Certificate &issuing)
{
    return u"%1-%2"_s.arg(alias, issuing.fingerprint().toHex().left(nameDigits));
}

QStringList crlUrls(const Publication &publication, const Pki::Certificate &issuing)
{
    return urls(publication, u"/crl/%1.crl"_s.arg(publishedName(publication.alias, issuing)));
}

QStringList caIssuerUrls(const Publication &publication, const Pki::Certificate &issuing)
{
    return urls(publication, u"/ca/%1.cer"_s.arg(publishedName(publication.alias, issuing)));
}

const CaIdentity *publishedIdentity(const CaMaterial &ca, const QString &alias, const QString &file, bool isCrl)
{
    const QLatin1StringView suffix = isCrl ? ".crl"_L1 : ".cer"_L1;
    if (!file.endsWith(suffix))
        return nullptr;
    const QString name = file.chopped(suffix.size());
    if (name.compare(alias, Qt::CaseInsensitive) == 0 || name == publishedName(alias, ca.current.issuing))
        return &ca.current;
    for (const CaIdentity &identity : ca.retired) {
        if (name == publishedName(alias, identity.issuing))
            return &identity;
    }
    return nullptr;
}

} // namespace LabCa
