// SPDX-License-Identifier: GPL-3.0-or-later

// scepctl ca-store and bin: the CA certificates of a workspace, and what was removed from it.

#include "app/cli/inputs.h"
#include "app/cli/recordtext.h"
#include "app/cli/workspacesession.h"
#include "scep/files/durablefile.h"

using namespace Qt::StringLiterals;
using Models::safeText;
using Pki::ErrorCode;
using Pki::failure;
using Pki::Result;
using Access = Cli::WorkspaceSession::Access;

namespace Cli {

namespace {

QString caName(const QString &name)
{
    return u"CA certificate “%1”"_s.arg(safeText(name));
}

Result<Models::CaStoreRecord> find(WorkspaceSession &session, const QString &name)
{
    const auto records = session.store().caStoreRecords();
    if (!records)
        return std::unexpected(records.error());
    for (const Models::CaStoreRecord &record : *records) {
        if (record.name == name)
            return record;
    }
    return failure(ErrorCode::InvalidArgument, u"there is none of that name; see: scepctl ca-store list"_s);
}

int list(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"ca-store list"_s, u"Lists the CA and RA certificates of all servers, and those imported by hand."_s);
    addWorkspaceOptions(parser, false);
    parser.option(u"server"_s, u"Only those of this server."_s, u"label"_s);
    if (const auto ended = parser.parse(arguments, terminal))
        return *ended;
    const auto session = WorkspaceSession::open(parser, Access::Read);
    if (!session)
        return terminal.fail(session.error(), u"the workspace"_s);
    const auto records = (*session)->store().caStoreRecords();
    const auto labels = (*session)->serverLabels();
    if (!records || !labels)
        return terminal.fail(records ? labels.error() : records.error(), u"the workspace"_s);
    QJsonArray array;
    ResultLines lines;
    for (const Models::CaStoreRecord &record : *records) {
        const QString server = labels->value(record.server);
        if (parser.isSet(u"server"_s) && server != parser.value(u"server"_s))
            continue;
        array.append(toJson(record, server));
        lines.append(toLine(record));
    }
    if (lines.isEmpty())
        lines.append({u"No CA certificates."_s, {}});
    return terminal.done({{"certificates"_L1, array}}, lines);
}

int show(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"ca-store show"_s, u"Shows one certificate of the CA store."_s);
    addWorkspaceOptions(parser, false);
    parser.option(u"out"_s, u"Also write it into this PEM file."_s, u"file"_s);
    parser.positional(u"NAME"_s, u"Its name in ca-store list."_s);
    if (const auto ended = parser.parse(arguments, terminal))
        return *ended;
    const QString name = parser.positionals().first();
    const auto session = WorkspaceSession::open(parser, Access::Read);
    if (!session)
        return terminal.fail(session.error(), u"the workspace"_s);
    const auto record = find(**session, name);
    const auto labels = (*session)->serverLabels();
    if (!record || !labels)
        return terminal.fail(record ? labels.error() : record.error(), caName(name));
    const QString file = parser.value(u"out"_s);
    if (!file.isEmpty()) {
        if (const auto written = Files::writeDurably(file, record->certificate.toPem(), Files::FileAccess::Readable); !written)
            return terminal.fail(written.error(), file);
    }
    QJsonObject object = toJson(*record, labels->value(record->server));
    object.insert("certificate"_L1, toJson(record->certificate));
    object.insert("file"_L1, file);
    ResultLines lines{toLine(*record)};
    lines.append(toLines(record->certificate));
    if (!file.isEmpty())
        lines.append({u"File"_s, file});
    return terminal.done(object, lines);
}

int importFile(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"ca-store import"_s,
                      u"Adds CA certificates by hand, for building chains. They never become the CA that a server must "
                      "prove to be: that is scepctl server edit --ca-file."_s);
    addWorkspaceOptions(parser, false);
    parser.option(u"server"_s, u"They belong to this server (default: to none)."_s, u"label"_s);
    parser.option(u"trusted"_s, u"Chains may end in them."_s);
    parser.option(u"name"_s, u"Name of the first one (default: from the server or subject)."_s, u"text"_s);
    parser.positional(u"FILE"_s, u"PEM (one or more) or DER."_s);
    if (const auto ended = parser.parse(arguments, terminal))
        return *ended;
    const QString file = parser.positionals().first();
    const auto bytes = Files::readFile(file);
    if (!bytes)
        return terminal.fail(bytes.error(), file);
    auto certificates = Pki::Certificate::listFromPem(*bytes);
    if (!certificates) {
        const auto single = Pki::Certificate::fromBytes(*bytes);
        if (!single)
            return terminal.fail(single.error(), file);
        certificates = QList{*single};
    }
    const auto session = WorkspaceSession::open(parser, Access::Change);
    if (!session)
        return terminal.fail(session.error(), u"the workspace"_s);
    Scep::ServerId server;
    if (parser.isSet(u"server"_s)) {
        const auto record = (*session)->server(parser.value(u"server"_s));
        if (!record)
            return terminal.fail(record.error(), serverName(parser.value(u"server"_s)));
        server = record->server.id;
    }
    const auto labels = (*session)->serverLabels();
    if (!labels)
        return terminal.fail(labels.error(), u"the workspace"_s);
    QJsonArray array;
    ResultLines lines;
    QString name = parser.value(u"name"_s);
    for (const Pki::Certificate &certificate : *certificates) {
        const auto id = (*session)->store().importCaCertificate(certificate, server, parser.isSet(u"trusted"_s), name);
        if (!id)
            return terminal.fail(id.error(), caName(certificate.subject().toText()));
        name.clear();
        const auto records = (*session)->store().caStoreRecords();
        if (!records)
            return terminal.fail(records.error(), u"the workspace"_s);
        for (const Models::CaStoreRecord &record : *records) {
            if (record.id == *id) {
                array.append(toJson(record, labels->value(record.server)));
                lines.append(toLine(record));
            }
        }
    }
    return terminal.done({{"certificates"_L1, array}}, lines);
}

int remove(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"ca-store remove"_s,
                      u"Removes a certificate that was imported or is retired; what a server sends would come back."_s);
    addWorkspaceOptions(parser, false);
    parser.positional(u"NAME"_s, u"Its name in ca-store list."_s);
    if (const auto ended = parser.parse(arguments, terminal))
        return *ended;
    const QString name = parser.positionals().first();
    const auto session = WorkspaceSession::open(parser, Access::Change);
    if (!session)
        return terminal.fail(session.error(), u"the workspace"_s);
    const auto record = find(**session, name);
    if (!record)
        return terminal.fail(record.error(), caName(name));
    if (const auto removed = (*session)->store().removeCaCertificate(record->id); !removed)
        return terminal.fail(removed.error(), caName(name));
    return terminal.done({{"name"_L1, name}}, {{u"Removed"_s, safeText(name)}});
}

// -- the bin -----------------------------------------------------------------------------------------------------------------

int listBin(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"bin list"_s, u"Lists what was removed and can be brought back, newest first."_s);
    addWorkspaceOptions(parser, false);
    if (const auto ended = parser.parse(arguments, terminal))
        return *ended;
    const auto session = WorkspaceSession::open(parser, Access::Read);
    if (!session)
        return terminal.fail(session.error(), u"the workspace"_s);
    const auto records = (*session)->store().binRecords();
    if (!records)
        return terminal.fail(records.error(), u"the workspace"_s);
    QJsonArray array;
    ResultLines lines;
    for (const Models::BinRecord &record : *records) {
        array.append(toJson(record));
        lines.append(toLine(record));
    }
    if (lines.isEmpty())
        lines.append({u"The bin is empty."_s, {}});
    return terminal.done({{"removed"_L1, array}}, lines);
}

int restore(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"bin restore"_s, u"Brings back what was removed, with its keys and history."_s);
    addWorkspaceOptions(parser, false);
    parser.positional(u"KIND"_s, u"server, request or certificate."_s);
    parser.positional(u"NUMBER"_s, u"Its number in bin list, or its label: the last one removed."_s);
    if (const auto ended = parser.parse(arguments, terminal))
        return *ended;
    const QString kind = parser.positionals().at(0);
    const QString which = parser.positionals().at(1);
    const QString name = u"%1 “%2” in the bin"_s.arg(safeText(kind, 20), safeText(which));
    const auto session = WorkspaceSession::open(parser, Access::Change);
    if (!session)
        return terminal.fail(session.error(), u"the workspace"_s);
    const auto records = (*session)->store().binRecords();
    if (!records)
        return terminal.fail(records.error(), u"the workspace"_s);
    for (const Models::BinRecord &record : *records) {
        if (kindName(record.kind) != kind || (QString::number(record.id) != which && record.label != which))
            continue;
        const auto label = (*session)->store().restore(record.kind, record.id);
        if (!label)
            return terminal.fail(label.error(), name);
        return terminal.done({{"kind"_L1, kind}, {"id"_L1, record.id}, {"label"_L1, *label}}, {{u"Restored"_s, safeText(*label)}});
    }
    return terminal.fail({ErrorCode::InvalidArgument, u"there is none; see: scepctl bin list"_s}, name);
}

int empty(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"bin empty"_s, u"Deletes for good what was removed, keys and all."_s);
    addWorkspaceOptions(parser, false);
    parser.option(u"older-than"_s, u"Only what was removed so many days ago or more."_s, u"days"_s);
    parser.option(u"yes"_s, u"Do it without a question."_s);
    if (const auto ended = parser.parse(arguments, terminal))
        return *ended;
    QDateTime before;
    if (parser.isSet(u"older-than"_s)) {
        const auto days = numberOption(parser, u"older-than"_s, 0, 36500);
        if (!days)
            return terminal.fail(days.error(), u"the command line"_s);
        before = QDateTime::currentDateTimeUtc().addDays(-*days);
    }
    const auto session = WorkspaceSession::open(parser, Access::Change);
    if (!session)
        return terminal.fail(session.error(), u"the workspace"_s);
    const auto agreed = confirm(parser, u"Delete what is in the bin for good?"_s);
    if (!agreed)
        return terminal.fail(agreed.error(), u"the bin"_s);
    if (!*agreed)
        return terminal.fail({ErrorCode::Cancelled, {}}, u"the bin"_s);
    const auto count = (*session)->store().emptyBin(before);
    if (!count)
        return terminal.fail(count.error(), u"the bin"_s);
    return terminal.done({{"deleted"_L1, *count}}, {{u"Deleted"_s, QString::number(*count)}});
}

} // namespace

int runCaStoreVerb(const QStringList &arguments, const Terminal &terminal)
{
    static const QList<Subverb> subverbs{{"list"_L1, list}, {"show"_L1, show}, {"import"_L1, importFile}, {"remove"_L1, remove}};
    return runSubverb(u"ca-store"_s, subverbs, arguments, terminal);
}

int runBinVerb(const QStringList &arguments, const Terminal &terminal)
{
    static const QList<Subverb> subverbs{{"list"_L1, listBin}, {"restore"_L1, restore}, {"empty"_L1, empty}};
    return runSubverb(u"bin"_s, subverbs, arguments, terminal);
}

} // namespace Cli
