// SPDX-License-Identifier: GPL-3.0-or-later

// scepctl server: the enrollment servers of a workspace.

#include "app/cli/serververbs.h"

#include "app/cli/requestrun.h"
#include "app/cli/settings.h"

using namespace Qt::StringLiterals;
using Models::safeText;
using Pki::ErrorCode;
using Access = Cli::WorkspaceSession::Access;

namespace Cli {

namespace {

void describeTransport(const Scep::TransportSettings &transport, bool hasProxyPassword, QJsonObject &object, ResultLines &lines)
{
    QStringList tlsRoots;
    for (const Pki::Certificate &root : transport.tlsRoots)
        tlsRoots.append(root.fingerprint().toHex());
    object.insert("tlsRoots"_L1, toJson(tlsRoots));
    const QList<Pki::Certificate> &ours = transport.clientCertificates;
    object.insert("clientCertificate"_L1, ours.isEmpty() ? QString() : ours.first().fingerprint().toHex());
    object.insert("hasProxyPassword"_L1, hasProxyPassword);
    if (!tlsRoots.isEmpty())
        lines.append({u"TLS roots"_s, tlsRoots.join(u", "_s)});
    if (!ours.isEmpty())
        lines.append({u"TLS client"_s, safeText(ours.first().subject().toText())});
    if (!transport.proxyUser.isEmpty())
        lines.append({u"proxy-password"_s, hasProxyPassword ? u"in the vault"_s : u"none"_s});
}

QJsonObject describe(const Models::ServerRecord &record, bool hasProxyPassword, ResultLines &lines)
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
    describeTransport(record.server.transport, hasProxyPassword, object, lines);
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
    return onWorkspace(parser, {}, arguments, terminal, [&](WorkspaceSession &session) {
        const auto records = session.store().serverRecords();
        if (!records)
            return terminal.fail(records.error(), u"the workspace"_s);
        Listing listing("servers"_L1);
        for (const Models::ServerRecord &record : *records)
            listing.add(toJson(record), toLine(record));
        return listing.done(terminal, {u"No servers."_s, u"Add one with: scepctl server add"_s});
    });
}

int show(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"server show"_s, u"Shows all settings of a server and what is known of it."_s);
    return onServer(parser, {}, arguments, terminal, [&](WorkspaceSession &session, const Models::ServerRecord &record) {
        return tellServer(session, record.server.id, terminal);
    });
}

int setEnabled(const QStringList &arguments, const Terminal &terminal, bool isEnabled)
{
    VerbParser parser(isEnabled ? u"server enable"_s : u"server disable"_s,
                      isEnabled ? u"Lets traffic with the server begin again."_s
                                : u"Ends all traffic with the server; open transactions wait."_s);
    return onServer(parser, {Access::Change}, arguments, terminal, [&](WorkspaceSession &session, const Models::ServerRecord &record) {
        Scep::EnrollmentServer server = record.server;
        server.isEnabled = isEnabled;
        if (const auto updated = session.store().updateServer(server); !updated)
            return terminal.fail(updated.error(), serverName(server.label));
        return tellServer(session, server.id, terminal);
    });
}

int remove(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"server remove"_s, u"Puts a server into the bin, from where scepctl bin restore brings it back."_s);
    return onServer(parser, {Access::Change}, arguments, terminal, [&](WorkspaceSession &session, const Models::ServerRecord &record) {
        const QString name = serverName(record.server.label);
        const qint64 id = record.server.id.value;
        if (const auto removed = session.store().removeServer(record.server.id); !removed)
            return terminal.fail(removed.error(), name);
        return terminal.done({{"label"_L1, record.server.label}, {"id"_L1, id}},
                             {{u"Removed"_s, u"%1; bring it back with: scepctl bin restore server %2"_s.arg(name).arg(id)}});
    });
}

int refresh(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"server refresh"_s, u"Asks the server for its capabilities and CA certificates now."_s);
    const Opening opening{Access::Change, true};
    return onServer(parser, opening, arguments, terminal, [&](WorkspaceSession &session, const Models::ServerRecord &record) {
        const QString name = serverName(record.server.label);
        if (!record.server.isEnabled)
            return terminal.fail({ErrorCode::NotPossibleNow, u"it is disabled; see: scepctl server enable"_s}, name);
        if (needsVault(record.server)) {
            if (const auto unlocked = session.unlock(parser); !unlocked)
                return terminal.fail(unlocked.error(), u"the workspace"_s);
        }
        if (const auto looked = runServer(session, record.server.id, false); !looked)
            return terminal.fail(looked.error(), name);
        const auto after = session.store().serverRecord(record.server.id);
        if (after && after->knowledge.lastError)
            return terminal.fail(*after->knowledge.lastError, name);
        return tellServer(session, record.server.id, terminal);
    });
}

} // namespace

bool needsVault(const Scep::EnrollmentServer &server)
{
    return !server.transport.clientCertificates.isEmpty() || !server.transport.proxyUser.isEmpty();
}

int tellServer(WorkspaceSession &session, Scep::ServerId id, const Terminal &terminal, const QJsonObject &more)
{
    const auto record = session.store().serverRecord(id);
    if (!record)
        return terminal.fail(record.error(), u"the server"_s);
    const auto hasPassword = isStored(session.store().proxyPassword(id));
    if (!hasPassword)
        return terminal.fail(hasPassword.error(), serverName(record->server.label));
    ResultLines lines;
    QJsonObject object = describe(*record, *hasPassword, lines);
    for (auto each = more.begin(); each != more.end(); ++each)
        object.insert(each.key(), each.value());
    return terminal.done(object, lines);
}

int runServerVerb(const QStringList &arguments, const Terminal &terminal)
{
    static const QList<Subverb> subverbs{
        {"list"_L1, list},
        {"show"_L1, show},
        {"add"_L1, runServerAdd},
        {"edit"_L1, runServerEdit},
        {"remove"_L1, remove},
        {"enable"_L1, [](const QStringList &words, const Terminal &t) { return setEnabled(words, t, true); }},
        {"disable"_L1, [](const QStringList &words, const Terminal &t) { return setEnabled(words, t, false); }},
        {"refresh"_L1, refresh},
    };
    return runSubverb(u"server"_s, subverbs, arguments, terminal);
}

} // namespace Cli
