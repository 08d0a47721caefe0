// SPDX-License-Identifier: GPL-3.0-or-later

// scepctl exchange: the log of what a workspace sent to its servers and what came back.

#include "app/cli/workspaceverb.h"
#include "models/records/errorname.h"
#include "scep/files/durablefile.h"

#include <QDir>

using namespace Qt::StringLiterals;
using Models::safeText;
using Pki::Result;

namespace Cli {

namespace {

QString methodName(Scep::HttpMethod method)
{
    return method == Scep::HttpMethod::Get ? u"GET"_s : u"POST"_s;
}

/// The labels of servers and requests, as far as they are not removed.
struct Names {
    QHash<Scep::ServerId, QString> servers;
    QHash<Scep::RequestId, QString> requests;
};

Result<Names> namesOf(WorkspaceSession &session)
{
    const auto servers = session.serverLabels();
    if (!servers)
        return std::unexpected(servers.error());
    const auto requests = session.store().requestRecords();
    if (!requests)
        return std::unexpected(requests.error());
    Names names{*servers, {}};
    for (const Models::RequestRecord &record : *requests)
        names.requests.insert(record.request.id, record.request.label);
    return names;
}

QJsonObject toJson(const Scep::Exchange &exchange, qint64 bytes, const Names &names)
{
    QJsonObject object{{"id"_L1, exchange.id},
                       {"at"_L1, isoTime(exchange.at)},
                       {"server"_L1, names.servers.value(exchange.server)},
                       {"request"_L1, names.requests.value(exchange.request)},
                       {"operation"_L1, Scep::wireName(exchange.operation)},
                       {"method"_L1, methodName(exchange.method)},
                       {"url"_L1, exchange.url.toString(QUrl::FullyEncoded)},
                       {"httpStatus"_L1, exchange.httpStatus},
                       {"milliseconds"_L1, static_cast<qint64>(exchange.duration.count())},
                       {"bytes"_L1, bytes},
                       {"notes"_L1, Cli::toJson(exchange.notes)}};
    if (exchange.error)
        object.insert("error"_L1, Models::errorName(exchange.error->code));
    return object;
}

QString outcome(const Scep::Exchange &exchange)
{
    return exchange.error ? Models::explain(*exchange.error, {}).what : u"HTTP %1"_s.arg(exchange.httpStatus);
}

std::pair<QString, QString> toLine(const Scep::Exchange &exchange, qint64 bytes, const Names &names)
{
    const QString request = names.requests.value(exchange.request);
    return {QString::number(exchange.id), u"%1; %2%3; %4 %5; %6; %7 bytes, %8 ms"_s
                                              .arg(isoTime(exchange.at), safeText(names.servers.value(exchange.server)),
                                                   request.isEmpty() ? QString() : u", "_s + safeText(request), methodName(exchange.method),
                                                   Scep::wireName(exchange.operation), outcome(exchange))
                                              .arg(bytes)
                                              .arg(exchange.duration.count())};
}

Result<Models::ExchangeQuery> queryFrom(const VerbParser &parser, WorkspaceSession &session)
{
    Models::ExchangeQuery query;
    query.onlyFailed = parser.isSet(u"failed"_s);
    if (const auto read = readFilters(parser, session, query); !read)
        return std::unexpected(read.error());
    const auto limit = numberOption(parser, u"limit"_s, 1, 1'000'000);
    if (!limit)
        return std::unexpected(limit.error());
    query.most = *limit;
    if (parser.isSet(u"before"_s)) {
        const auto before = numberOption(parser, u"before"_s, 1, std::numeric_limits<int>::max());
        if (!before)
            return std::unexpected(before.error());
        query.before = *before;
    }
    return query;
}

int list(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"exchange list"_s, u"Lists what was exchanged with the servers, newest first, as far as it is still kept."_s);
    parser.option(u"server"_s, u"Only with this server."_s, u"label"_s);
    parser.option(u"request"_s, u"Only for this request."_s, u"label"_s);
    parser.option(u"failed"_s, u"Only those that failed."_s);
    parser.option(u"limit"_s, u"So many at most (default 200)."_s, u"count"_s, u"200"_s);
    parser.option(u"before"_s, u"Only those before this one: the next page."_s, u"number"_s);
    return onWorkspace(parser, {}, arguments, terminal, [&](WorkspaceSession &session) {
        const auto query = queryFrom(parser, session);
        if (!query)
            return terminal.fail(query.error(), u"the command line"_s);
        const auto rows = session.store().exchanges(*query);
        const auto names = namesOf(session);
        if (!rows || !names)
            return terminal.fail(rows ? names.error() : rows.error(), u"the workspace"_s);
        Listing listing("exchanges"_L1);
        for (const Models::ExchangeRow &row : *rows)
            listing.add(toJson(row.exchange, row.size, *names), toLine(row.exchange, row.size, *names));
        return listing.done(terminal, {u"No exchanges."_s, {}});
    });
}

/// What one direction was: the message's summary where it is one, and its bytes in a file on demand.
Result<void> addMessage(const QString &field, const QByteArray &bytes, const QString &file, QJsonObject &object, ResultLines &lines)
{
    const QString heading = field == "sent"_L1 ? u"Sent"_s : u"Received"_s;
    object.insert(field + u"Bytes"_s, bytes.size());
    lines.append({heading, u"%1 bytes"_s.arg(bytes.size())});
    if (const auto summary = Scep::summarise(bytes)) {
        object.insert(field, Cli::toJson(*summary));
        for (const QString &line : Scep::toLines(*summary))
            lines.append({QString(), safeText(line, 500)});
    }
    if (file.isEmpty() || bytes.isEmpty())
        return {};
    lines.append({u"File"_s, file});
    return Files::writeDurably(file, bytes, Files::FileAccess::OwnerOnly);
}

int show(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"exchange show"_s, u"Shows one exchange with what its messages say; scepctl inspect opens the files of --out."_s);
    parser.option(u"out"_s, u"Write what was sent and received into this folder."_s, u"folder"_s);
    parser.positional(u"NUMBER"_s, u"Its number in exchange list."_s);
    return onWorkspace(parser, {}, arguments, terminal, [&](WorkspaceSession &session) {
        const QString number = parser.positionals().first();
        const QString name = u"exchange %1"_s.arg(safeText(number, 20));
        bool isNumber = false;
        const qint64 id = number.toLongLong(&isNumber);
        if (!isNumber)
            return terminal.fail({Pki::ErrorCode::InvalidArgument, u"it takes a number of scepctl exchange list"_s}, name);
        const auto exchange = session.store().exchange(id);
        const auto names = namesOf(session);
        if (!exchange || !names)
            return terminal.fail(exchange ? names.error() : exchange.error(), name);
        const qint64 bytes = exchange->sent.size() + exchange->received.size();
        QJsonObject object = toJson(*exchange, bytes, *names);
        ResultLines lines{toLine(*exchange, bytes, *names), {u"URL"_s, safeText(exchange->url.toDisplayString())}};
        if (exchange->error)
            lines.append({u"Error"_s, Models::explain(*exchange->error, {}).oneLine()});
        for (const QString &note : exchange->notes)
            lines.append({u"Note"_s, safeText(note)});
        QStringList files;
        const auto fileOf = [&](const QString &direction, const QByteArray &content) {
            if (!parser.isSet(u"out"_s) || content.isEmpty())
                return QString();
            files.append(QDir(parser.value(u"out"_s)).filePath(u"exchange-%1.%2"_s.arg(number, direction)));
            return files.last();
        };
        if (parser.isSet(u"out"_s) && !QDir().mkpath(parser.value(u"out"_s)))
            return terminal.fail({Pki::ErrorCode::FileNotWritable, parser.value(u"out"_s)}, name);
        for (const auto &[field, content] : {std::pair(u"sent"_s, exchange->sent), std::pair(u"received"_s, exchange->received)}) {
            if (const auto added = addMessage(field, content, fileOf(field, content), object, lines); !added)
                return terminal.fail(added.error(), name);
        }
        object.insert("files"_L1, Cli::toJson(files));
        return terminal.done(object, lines);
    });
}

} // namespace

int runExchangeVerb(const QStringList &arguments, const Terminal &terminal)
{
    static const QList<Subverb> subverbs{{"list"_L1, list}, {"show"_L1, show}};
    return runSubverb(u"exchange"_s, subverbs, arguments, terminal);
}

} // namespace Cli
