// SPDX-License-Identifier: GPL-3.0-or-later

// scepctl ca-store: the CA certificates of a workspace.

#include "app/cli/workspaceverb.h"
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

/// Prints the records of these ids.
int tell(WorkspaceSession &session, const QList<qint64> &ids, const Terminal &terminal)
{
    const auto records = session.store().caStoreRecords();
    const auto labels = session.serverLabels();
    if (!records || !labels)
        return terminal.fail(records ? labels.error() : records.error(), u"the workspace"_s);
    Listing listing("certificates"_L1);
    for (const Models::CaStoreRecord &record : *records) {
        if (ids.contains(record.id))
            listing.add(toJson(record, labels->value(record.server)), toLine(record));
    }
    return listing.done(terminal, {});
}

/// The certificate whose name is the verb's first word.
using RecordWork = std::function<int(WorkspaceSession &, const Models::CaStoreRecord &)>;
int onRecord(VerbParser &parser, const Opening &opening, const QStringList &arguments, const Terminal &terminal, const RecordWork &work)
{
    parser.positional(u"NAME"_s, u"Its name in ca-store list."_s);
    return onWorkspace(parser, opening, arguments, terminal, [&](WorkspaceSession &session) {
        const QString name = parser.positionals().first();
        const auto record = find(session, name);
        return record ? work(session, *record) : terminal.fail(record.error(), caName(name));
    });
}

int list(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"ca-store list"_s, u"Lists the CA and RA certificates of all servers, and those added by hand."_s);
    parser.option(u"server"_s, u"Only those of this server."_s, u"label"_s);
    return onWorkspace(parser, {}, arguments, terminal, [&](WorkspaceSession &session) {
        const auto records = session.store().caStoreRecords();
        const auto labels = session.serverLabels();
        if (!records || !labels)
            return terminal.fail(records ? labels.error() : records.error(), u"the workspace"_s);
        Listing listing("certificates"_L1);
        for (const Models::CaStoreRecord &record : *records) {
            const QString server = labels->value(record.server);
            if (!parser.isSet(u"server"_s) || server == parser.value(u"server"_s))
                listing.add(toJson(record, server), toLine(record));
        }
        return listing.done(terminal, {u"No CA certificates."_s, {}});
    });
}

int show(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"ca-store show"_s, u"Shows one certificate of the CA store."_s);
    parser.option(u"out"_s, u"Also write it into this PEM file."_s, u"file"_s);
    return onRecord(parser, {}, arguments, terminal, [&](WorkspaceSession &session, const Models::CaStoreRecord &record) {
        const auto labels = session.serverLabels();
        if (!labels)
            return terminal.fail(labels.error(), caName(record.name));
        const QString file = parser.value(u"out"_s);
        if (!file.isEmpty()) {
            if (const auto written = Files::writeDurably(file, record.certificate.toPem(), Files::FileAccess::Readable); !written)
                return terminal.fail(written.error(), file);
        }
        QJsonObject object = toJson(record, labels->value(record.server));
        object.insert("certificate"_L1, toJson(record.certificate));
        object.insert("file"_L1, file);
        ResultLines lines{toLine(record)};
        lines.append(toLines(record.certificate));
        if (!file.isEmpty())
            lines.append({u"File"_s, file});
        return terminal.done(object, lines);
    });
}

Result<QList<Pki::Certificate>> readCertificates(const QString &file)
{
    const auto bytes = Files::readFile(file);
    if (!bytes)
        return std::unexpected(bytes.error());
    auto certificates = Pki::Certificate::listFromPem(*bytes);
    if (certificates)
        return certificates;
    const auto single = Pki::Certificate::fromBytes(*bytes);
    if (!single)
        return std::unexpected(single.error());
    return QList{*single};
}

int add(const QString &word, const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"ca-store "_s + word, u"Adds CA certificates by hand, for building chains. They never become the CA that a server "
                                             "must prove to be: that is scepctl server edit --ca-file."_s);
    parser.option(u"server"_s, u"They belong to this server (default: to none)."_s, u"label"_s);
    parser.option(u"trusted"_s, u"Chains may end in them."_s);
    parser.option(u"name"_s, u"Name of the first one (default: from the server or subject)."_s, u"text"_s);
    parser.positional(u"FILE"_s, u"PEM (one or more) or DER."_s);
    return onWorkspace(parser, {Access::Change}, arguments, terminal, [&](WorkspaceSession &session) {
        const QString file = parser.positionals().first();
        const auto certificates = readCertificates(file);
        if (!certificates)
            return terminal.fail(certificates.error(), file);
        Scep::ServerId server;
        if (parser.isSet(u"server"_s)) {
            const auto record = session.server(parser.value(u"server"_s));
            if (!record)
                return terminal.fail(record.error(), serverName(parser.value(u"server"_s)));
            server = record->server.id;
        }
        QList<qint64> ids;
        QString name = parser.value(u"name"_s);
        for (const Pki::Certificate &certificate : *certificates) {
            const auto id = session.store().importCaCertificate(certificate, server, parser.isSet(u"trusted"_s), name);
            if (!id)
                return terminal.fail(id.error(), caName(certificate.subject().toText()));
            name.clear();
            ids.append(*id);
        }
        return tell(session, ids, terminal);
    });
}

int edit(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"ca-store edit"_s, u"Gives a certificate of the CA store another name. One that a server sends gets its usual name "
                                          "again when its role changes."_s);
    parser.option(u"name"_s, u"The new name; no two have the same."_s, u"text"_s);
    return onRecord(parser, {Access::Change}, arguments, terminal, [&](WorkspaceSession &session, const Models::CaStoreRecord &record) {
        if (!parser.isSet(u"name"_s))
            return terminal.fail({ErrorCode::InvalidArgument, u"--name is missing"_s}, u"the command line"_s);
        if (const auto renamed = session.store().renameCaCertificate(record.id, parser.value(u"name"_s)); !renamed)
            return terminal.fail(renamed.error(), caName(record.name));
        return tell(session, {record.id}, terminal);
    });
}

int remove(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"ca-store remove"_s,
                      u"Removes a certificate that was added by hand or is retired; what a server sends would come back."_s);
    return onRecord(parser, {Access::Change}, arguments, terminal, [&](WorkspaceSession &session, const Models::CaStoreRecord &record) {
        if (const auto removed = session.store().removeCaCertificate(record.id); !removed)
            return terminal.fail(removed.error(), caName(record.name));
        return terminal.done({{"name"_L1, record.name}}, {{u"Removed"_s, safeText(record.name)}});
    });
}

} // namespace

int runCaStoreVerb(const QStringList &arguments, const Terminal &terminal)
{
    static const QList<Subverb> subverbs{
        {"list"_L1, list},
        {"show"_L1, show},
        {"add"_L1, [](const QStringList &words, const Terminal &t) { return add(u"add"_s, words, t); }},
        {"import"_L1, [](const QStringList &words, const Terminal &t) { return add(u"import"_s, words, t); }},
        {"edit"_L1, edit},
        {"remove"_L1, remove},
    };
    return runSubverb(u"ca-store"_s, subverbs, arguments, terminal);
}

} // namespace Cli
