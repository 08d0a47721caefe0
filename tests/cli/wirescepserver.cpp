// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/cli/wirescepserver.h"

#include <QUrlQuery>

#include <algorithm>

namespace Test {

QByteArray operationOf(const RawRequest &request)
{
    return QUrlQuery(QString::fromLatin1(request.query)).queryItemValue("operation").toLatin1();
}

WireScepServer::WireScepServer()
    : ca("Wire", clock)
    , server([this](const RawRequest &request) { return answer(request); })
{}

int WireScepServer::count(const QByteArray &operation) const
{
    return static_cast<int>(std::ranges::count(server.requests(), operation, &operationOf));
}

RawAnswer WireScepServer::answer(const RawRequest &request)
{
    if (interceptor) {
        if (const auto intercepted = interceptor(request))
            return *intercepted;
    }
    const QUrlQuery query(QString::fromLatin1(request.query));
    ScriptedRequest scripted;
    scripted.method = request.method;
    scripted.operation = operationOf(request);
    scripted.message = query.queryItemValue("message", QUrl::FullyDecoded).toLatin1();
    scripted.body = request.body;
    const ScriptedAnswer said = ca.answer(scripted);
    QByteArray headers;
    for (const auto &[name, value] : said.headers)
        headers += name + ": " + value + "\r\n";
    return RawAnswer::http(QByteArray::number(said.status) + ' ' + said.reason, said.body, headers);
}

} // namespace Test
