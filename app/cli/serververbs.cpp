// SPDX-License-Identifier: GPL-3.0-or-later

// scepctl server: the enrollment servers of a workspace.

#include "app/cli/inputs.h"
#include "app/cli/recordtext.h"
#include "app/cli/requestrun.h"
#include "app/cli/serverlook.h"
#include "app/cli/settings.h"
#include "app/cli/workspacesession.h"
#include "models/service/changetext.h"
#include "scep/files/durablefile.h"

using namespace Qt::StringLiterals;
using Models::safeText;
using Pki::ErrorCode;
using Pki::failure;
using Pki::Result;
using Access = Cli::WorkspaceSession::Access;

namespace Cli {

namespace {

void addServerSettings(VerbParser &parser)
{
    addWorkspaceOptions(parser, true);
    addSettings(parser, serverSettings());
    addTrustOptions(parser);
    parser.option(u"trust-on-first-use"_s, u"Trust the CA that answers now. Its fingerprint is printed: compare it."_s);
    parser.option(u"tls-root"_s, u"PEM file with CA certificates trusted for https beside the system's; \"\" for none."_s, u"file"_s);
    parser.option(u"client-cert"_s, u"PEM file with our certificate for https servers that ask, its issuers after it; \"\" for none."_s,
                  u"file"_s);
    parser.option(u"key"_s, u"Private key of --client-cert."_s, u"file"_s);
    parser.option(u"key-passphrase-file|key-password-file"_s, u"File whose first line opens --key."_s, u"file"_s);
    parser.option(u"no-probe"_s, u"Do not ask the server now whether it is what the fingerprint or CA certificate says."_s);
}

Result<QList<Pki::Certificate>> certificatesFromOption(const VerbParser &parser, const QString &option)
{
    if (parser.value(option).isEmpty())
        return QList<Pki::Certificate>();
    const auto bytes = Files::readFile(parser.value(option));
    if (!bytes)
        return std::unexpected(bytes.error());
    auto certificates = Pki::Certificate::listFromPem(*bytes);
    if (!certificates)
        return failure(certificates.error().code, parser.value(option));
    return certificates;
}

Result<void> readTransportFiles(const VerbParser &parser, Scep::TransportSettings &transport)
{
    if (parser.isSet(u"tls-root"_s)) {
        const auto roots = certificatesFromOption(parser, u"tls-root"_s);
        if (!roots)
            return std::unexpected(roots.error());
        transport.tlsRoots = *roots;
    }
    if (!parser.isSet(u"client-cert"_s))
        return {};
    const auto certificates = certificatesFromOption(parser, u"client-cert"_s);
    if (!certificates)
        return std::unexpected(certificates.error());
    const auto key = keyFromOptions(parser);
    if (!key)
        return std::unexpected(key.error());
    if (!certificates->isEmpty() && (key->isNull() || !Pki::belongTogether(*key, certificates->first())))
        return failure(ErrorCode::KeyMismatch, u"--client-cert needs its private key in --key"_s);
    transport.clientCertificates = *certificates;
    transport.clientKey = *key;
    return {};
}

/// Everything that the command line says; `draft` holds what was before.
Result<void> readServer(const VerbParser &parser, ServerDraft &draft)
{
    if (const auto read = readSettings(parser, serverSettings(), draft); !read)
        return read;
    const auto anchor = anchorFromOptions(parser);
    if (!anchor)
        return std::unexpected(anchor.error());
    if (anchor->isSet() && parser.isSet(u"trust-on-first-use"_s))
        return failure(ErrorCode::InvalidArgument, u"give one of --fingerprint, --ca-file and --trust-on-first-use"_s);
    if (anchor->isSet())
        draft.server.anchor = *anchor;
    if (draft.server.label.isEmpty())
        draft.server.label = draft.server.url.host();
    if (draft.server.url.isEmpty())
        return failure(ErrorCode::InvalidArgument, u"--url is missing"_s);
    const Scep::AlgorithmPolicy &policy = draft.server.algorithms;
    if (policy.cipher && isWeak(*policy.cipher) && !policy.allowDes)
        return failure(ErrorCode::InvalidArgument, u"--cipher des-cbc needs --allow-des on: DES can be broken in hours"_s);
    if (policy.digest == Pki::Digest::Md5 && !policy.allowMd5)
        return failure(ErrorCode::InvalidArgument, u"--digest md5 needs --allow-md5 on: MD5 can be forged"_s);
    return readTransportFiles(parser, draft.server.transport);
}

/// Asks the server before anything is stored: a wrong fingerprint or address is told at once, and stored nowhere.
Result<void> confirmTrust(const VerbParser &parser, Scep::EnrollmentServer &server, const Terminal &terminal)
{
    if (parser.isSet(u"trust-on-first-use"_s)) {
        const auto anchor = anchorOfFirstUse(server, terminal);
        if (!anchor)
            return std::unexpected(anchor.error());
        server.anchor = *anchor;
        return {};
    }
    if (parser.isSet(u"no-probe"_s) || !server.anchor.isSet())
        return {};
    const auto roles = confirmedRoles(server, lookAt(server));
    if (!roles)
        return std::unexpected(roles.error());
    return {};
}

QJsonObject describe(const Models::ServerRecord &record, ResultLines &lines)
{
    const ServerDraft draft{record.server, record.extras};
    lines = toLines(record);
    lines.append(settingsToLines(serverSettings(), draft));
    QJsonObject object = toJson(record);
    object.insert("settings"_L1, settingsToJson(serverSettings(), draft));
    const Scep::TrustAnchor &anchor = record.server.anchor;
    const Pki::Fingerprint fingerprint = anchor.certificate.isNull() ? anchor.fingerprint : anchor.certificate.fingerprint();
    const QString trusted = fingerprint.isEmpty() ? QString() : settingName(fingerprint.digest()) + u':' + fingerprint.toHex();
    object.insert("anchor"_L1, trusted);
    lines.append({u"Trusted CA"_s, trusted.isEmpty() ? u"none yet: scepctl server edit --fingerprint"_s : trusted});
    QStringList tlsRoots;
    for (const Pki::Certificate &root : record.server.transport.tlsRoots)
        tlsRoots.append(root.fingerprint().toHex());
    object.insert("tlsRoots"_L1, toJson(tlsRoots));
    const QList<Pki::Certificate> &ours = record.server.transport.clientCertificates;
    object.insert("clientCertificate"_L1, ours.isEmpty() ? QString() : ours.first().fingerprint().toHex());
    if (!tlsRoots.isEmpty())
        lines.append({u"TLS roots"_s, tlsRoots.join(u", "_s)});
    if (!ours.isEmpty())
        lines.append({u"TLS client"_s, safeText(ours.first().subject().toText())});
    object.insert("capabilities"_L1, toJson(record.knowledge.capabilities.lines()));
    QJsonArray certificates;
    for (const Pki::Certificate &certificate : record.knowledge.offered.certificates) {
        QJsonObject each = toJson(certificate);
        const QStringList names = rolesOf(certificate, record.knowledge.roles);
        each.insert("roles"_L1, toJson(names));
        certificates.append(each);
        lines.append({u"CA store"_s, u"%1: %2"_s.arg(names.join(u", "_s), safeText(certificate.subject().toText()))});
    }
    object.insert("certificates"_L1, certificates);
    object.insert("notes"_L1, toJson(record.knowledge.notes));
    return object;
}

int list(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"server list"_s, u"Lists the enrollment servers of the workspace."_s);
    addWorkspaceOptions(parser, false);
    if (const auto ended = parser.parse(arguments, terminal))
        return *ended;
    const auto session = WorkspaceSession::open(parser, Access::Read);
    if (!session)
        return terminal.fail(session.error(), u"the workspace"_s);
    const auto records = (*session)->store().serverRecords();
    if (!records)
        return terminal.fail(records.error(), u"the workspace"_s);
    QJsonArray array;
    ResultLines lines;
    for (const Models::ServerRecord &record : *records) {
        array.append(toJson(record));
        lines.append(toLine(record));
    }
    if (lines.isEmpty())
        lines.append({u"No servers."_s, u"Add one with: scepctl server add"_s});
    return terminal.done({{"servers"_L1, array}}, lines);
}

/// Prints the record as it is now.
int tell(WorkspaceSession &session, const QString &label, const Terminal &terminal, const QJsonObject &more = {})
{
    const auto record = session.server(label);
    if (!record)
        return terminal.fail(record.error(), serverName(label));
    ResultLines lines;
    QJsonObject object = describe(*record, lines);
    for (auto each = more.begin(); each != more.end(); ++each)
        object.insert(each.key(), each.value());
    return terminal.done(object, lines);
}

int show(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"server show"_s, u"Shows all settings of a server and what is known of it."_s);
    addWorkspaceOptions(parser, false);
    parser.positional(u"LABEL"_s, u"Label of the server."_s);
    if (const auto ended = parser.parse(arguments, terminal))
        return *ended;
    const auto session = WorkspaceSession::open(parser, Access::Read);
    if (!session)
        return terminal.fail(session.error(), u"the workspace"_s);
    return tell(**session, parser.positionals().first(), terminal);
}

int add(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"server add"_s, u"Adds an enrollment server and fetches its CA certificates. Without --fingerprint, --ca-file or "
                                       "--trust-on-first-use nothing is sent to it but the question for them."_s);
    addServerSettings(parser);
    if (const auto ended = parser.parse(arguments, terminal))
        return *ended;
    ServerDraft draft;
    if (const auto read = readServer(parser, draft); !read)
        return terminal.fail(read.error(), u"the command line"_s);
    const QString name = serverName(draft.server.label);
    const bool hasKey = !draft.server.transport.clientKey.isNull();
    auto session = WorkspaceSession::open(parser, hasKey ? Access::Secrets : Access::Change);
    if (!session)
        return terminal.fail(session.error(), u"the workspace"_s);
    if (const auto confirmed = confirmTrust(parser, draft.server, terminal); !confirmed)
        return terminal.fail(confirmed.error(), name);
    Models::Store &store = (*session)->store();
    const auto id = store.addServer(draft.server);
    if (!id)
        return terminal.fail(id.error(), name);
    if (const auto kept = store.setServerExtras(*id, draft.extras); !kept)
        return terminal.fail(kept.error(), name);
    if (!parser.isSet(u"no-probe"_s) && draft.server.isEnabled) {
        if (const auto looked = runServer(**session, *id, false); !looked)
            return terminal.fail(looked.error(), name);
    }
    return tell(**session, draft.server.label, terminal);
}

Result<Models::ServerRecord> change(WorkspaceSession &session, const Models::ServerRecord &before, const ServerDraft &after)
{
    using enum Scep::ChangeEffect;
    const Scep::ChangeEffects effects = Scep::changeEffects(before.server, after.server, before.knowledge);
    Models::Store &store = session.store();
    const auto write = [&]() -> Result<Scep::EnrollmentServer> {
        if (const auto updated = store.updateServer(after.server); !updated)
            return std::unexpected(updated.error());
        if (const auto kept = store.setServerExtras(after.server.id, after.extras); !kept)
            return std::unexpected(kept.error());
        return after.server;
    };
    // What the engine has to do about it, it does now; the rest it sees when it starts.
    const bool concernsRequests = effects.testFlag(ResendsRequests) || effects.testFlag(NewEnrollment);
    if (effects.testFlag(ForgetsServer) || effects.testFlag(ChoosesRoles) || concernsRequests) {
        if (const auto looked = runServer(session, after.server.id, concernsRequests, write); !looked)
            return std::unexpected(looked.error());
    } else if (const auto written = write(); !written) {
        return std::unexpected(written.error());
    }
    return store.serverRecord(after.server.id);
}

int edit(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"server edit"_s, u"Changes settings of a server; says what that triggers before it does it."_s);
    addServerSettings(parser);
    parser.option(u"reset"_s, u"Sets this setting back to its default; may come again."_s, u"setting"_s);
    parser.option(u"defaults"_s, u"Sets everything back but label, description, address and trust."_s);
    parser.option(u"yes"_s, u"Do it without a question."_s);
    parser.positional(u"LABEL"_s, u"Label of the server."_s);
    if (const auto ended = parser.parse(arguments, terminal))
        return *ended;
    const QString name = serverName(parser.positionals().first());
    const auto session = WorkspaceSession::open(parser, parser.isSet(u"client-cert"_s) ? Access::Secrets : Access::Change);
    if (!session)
        return terminal.fail(session.error(), u"the workspace"_s);
    const auto before = (*session)->server(parser.positionals().first());
    if (!before)
        return terminal.fail(before.error(), name);
    ServerDraft draft{before->server, before->extras};
    if (parser.isSet(u"defaults"_s))
        draft.server = Scep::withDefaults(draft.server);
    for (const QString &setting : parser.values(u"reset"_s)) {
        if (const auto reset = resetSetting(serverSettings(), setting, draft); !reset)
            return terminal.fail(reset.error(), u"--reset %1"_s.arg(setting));
    }
    if (const auto read = readServer(parser, draft); !read)
        return terminal.fail(read.error(), u"the command line"_s);
    const Scep::EnrollmentServer &was = before->server;
    const bool isElsewhere = draft.server.url != was.url || draft.server.caIdentifier != was.caIdentifier;
    if (isElsewhere || draft.server.anchor != was.anchor || parser.isSet(u"trust-on-first-use"_s)) {
        if (const auto confirmed = confirmTrust(parser, draft.server, terminal); !confirmed)
            return terminal.fail(confirmed.error(), name);
    }
    const Scep::ChangeEffects effects = Scep::changeEffects(was, draft.server, before->knowledge);
    const QStringList texts = Models::changeTexts(effects);
    for (const QString &text : texts)
        terminal.progress(text);
    // The effects of a change may need the vault: a new enrollment draws on its secrets.
    if (effects.testFlag(Scep::ChangeEffect::NewEnrollment) || effects.testFlag(Scep::ChangeEffect::ResendsRequests)) {
        if (const auto unlocked = (*session)->unlock(parser); !unlocked)
            return terminal.fail(unlocked.error(), u"the workspace"_s);
    }
    if (!texts.isEmpty()) {
        const auto agreed = confirm(parser, u"Change %1?"_s.arg(name));
        if (!agreed)
            return terminal.fail(agreed.error(), name);
        if (!*agreed)
            return terminal.fail({ErrorCode::Cancelled, {}}, name);
    }
    const QStringList changed = changedSettings(serverSettings(), ServerDraft{before->server, before->extras}, draft);
    const auto after = change(**session, *before, draft);
    if (!after)
        return terminal.fail(after.error(), name);
    return tell(**session, after->server.label, terminal, {{"changed"_L1, toJson(changed)}, {"effects"_L1, toJson(texts)}});
}

int setEnabled(const QStringList &arguments, const Terminal &terminal, bool isEnabled)
{
    VerbParser parser(isEnabled ? u"server enable"_s : u"server disable"_s,
                      isEnabled ? u"Lets traffic with the server begin again."_s
                                : u"Ends all traffic with the server; open transactions wait."_s);
    addWorkspaceOptions(parser, false);
    parser.positional(u"LABEL"_s, u"Label of the server."_s);
    if (const auto ended = parser.parse(arguments, terminal))
        return *ended;
    const QString name = serverName(parser.positionals().first());
    const auto session = WorkspaceSession::open(parser, Access::Change);
    if (!session)
        return terminal.fail(session.error(), u"the workspace"_s);
    auto record = (*session)->server(parser.positionals().first());
    if (!record)
        return terminal.fail(record.error(), name);
    record->server.isEnabled = isEnabled;
    if (const auto updated = (*session)->store().updateServer(record->server); !updated)
        return terminal.fail(updated.error(), name);
    return tell(**session, record->server.label, terminal);
}

int remove(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"server remove"_s, u"Puts a server into the bin, from where scepctl bin restore brings it back."_s);
    addWorkspaceOptions(parser, false);
    parser.positional(u"LABEL"_s, u"Label of the server."_s);
    if (const auto ended = parser.parse(arguments, terminal))
        return *ended;
    const QString name = serverName(parser.positionals().first());
    const auto session = WorkspaceSession::open(parser, Access::Change);
    if (!session)
        return terminal.fail(session.error(), u"the workspace"_s);
    const auto record = (*session)->server(parser.positionals().first());
    if (!record)
        return terminal.fail(record.error(), name);
    if (const auto removed = (*session)->store().removeServer(record->server.id); !removed)
        return terminal.fail(removed.error(), name);
    return terminal.done(
        {{"label"_L1, record->server.label}, {"id"_L1, record->server.id.value}},
        {{u"Removed"_s, u"%1; bring it back with: scepctl bin restore server %2"_s.arg(name).arg(record->server.id.value)}});
}

int refresh(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"server refresh"_s, u"Asks the server for its capabilities and CA certificates now."_s);
    addWorkspaceOptions(parser, true);
    parser.positional(u"LABEL"_s, u"Label of the server."_s);
    if (const auto ended = parser.parse(arguments, terminal))
        return *ended;
    const QString name = serverName(parser.positionals().first());
    const auto session = WorkspaceSession::open(parser, Access::Change);
    if (!session)
        return terminal.fail(session.error(), u"the workspace"_s);
    const auto record = (*session)->server(parser.positionals().first());
    if (!record)
        return terminal.fail(record.error(), name);
    if (!record->server.isEnabled)
        return terminal.fail({ErrorCode::InvalidArgument, u"it is disabled; see: scepctl server enable"_s}, name);
    if (!record->server.transport.clientCertificates.isEmpty()) {
        if (const auto unlocked = (*session)->unlock(parser); !unlocked)
            return terminal.fail(unlocked.error(), u"the workspace"_s);
    }
    if (const auto looked = runServer(**session, record->server.id, false); !looked)
        return terminal.fail(looked.error(), name);
    const auto after = (*session)->store().serverRecord(record->server.id);
    if (after && after->knowledge.lastError)
        return terminal.fail(*after->knowledge.lastError, name);
    return tell(**session, record->server.label, terminal);
}

} // namespace

int runServerVerb(const QStringList &arguments, const Terminal &terminal)
{
    static const QList<Subverb> subverbs{
        {"list"_L1, list},
        {"show"_L1, show},
        {"add"_L1, add},
        {"edit"_L1, edit},
        {"remove"_L1, remove},
        {"enable"_L1, [](const QStringList &words, const Terminal &t) { return setEnabled(words, t, true); }},
        {"disable"_L1, [](const QStringList &words, const Terminal &t) { return setEnabled(words, t, false); }},
        {"refresh"_L1, refresh},
    };
    return runSubverb(u"server"_s, subverbs, arguments, terminal);
}

} // namespace Cli
