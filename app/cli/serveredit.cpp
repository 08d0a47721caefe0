// SPDX-License-Identifier: GPL-3.0-or-later

// scepctl server add and edit: all settings of a server.

#include "app/cli/inputs.h"
#include "app/cli/requestrun.h"
#include "app/cli/serverlook.h"
#include "app/cli/serververbs.h"
#include "app/cli/settings.h"
#include "models/records/settingranges.h"
#include "models/service/changetext.h"

#include <algorithm>

using namespace Qt::StringLiterals;
using Pki::ErrorCode;
using Pki::failure;
using Pki::Result;
using Access = Cli::WorkspaceSession::Access;

namespace Cli {

namespace {

void addServerSettings(VerbParser &parser)
{
    addSettings(parser, serverSettings());
    addProxyPasswordOption(parser);
    addTrustOptions(parser);
    parser.option(u"trust-on-first-use"_s, u"Trust the CA that answers now. Its fingerprint is printed: compare it."_s);
    parser.option(u"tls-root"_s, u"PEM file with CA certificates trusted for https beside the system's; \"\" for none."_s, u"file"_s);
    parser.option(u"client-cert"_s, u"PEM file with our certificate for https servers that ask, its issuers after it; \"\" for none."_s,
                  u"file"_s);
    parser.option(u"key"_s, u"Private key of --client-cert."_s, u"file"_s);
    parser.option(u"key-passphrase-file|key-password-file"_s, u"File whose first line opens --key."_s, u"file"_s);
    parser.option(u"no-probe"_s, u"Do not ask the server now whether it is what the fingerprint or CA certificate says."_s);
}

Result<void> readTransportFiles(const VerbParser &parser, Scep::TransportSettings &transport)
{
    if (parser.isSet(u"tls-root"_s)) {
        const auto roots = certificatesFromOptions(parser, u"tls-root"_s);
        if (!roots)
            return std::unexpected(roots.error());
        transport.tlsRoots = *roots;
    }
    if (!parser.isSet(u"client-cert"_s))
        return {};
    const auto certificates = certificatesFromOptions(parser, u"client-cert"_s);
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

/// A password is asked for with a new user; else the stored one stays, unless another one is given.
Result<void> readProxy(const VerbParser &parser, Scep::TransportSettings &transport)
{
    if (transport.proxy.isEmpty() && !parser.isSet(u"proxy-user"_s))
        transport.proxyUser.clear(); // of the proxy that is gone
    const bool isNewUser = parser.isSet(u"proxy-user"_s) && !transport.proxyUser.isEmpty();
    if (isNewUser || parser.isSet(u"proxy-password-file"_s)) {
        const auto password = proxyPasswordFromOptions(parser, transport.proxyUser);
        if (!password)
            return std::unexpected(password.error());
        transport.proxyPassword = *password;
    }
    if (!transport.proxyUser.isEmpty() && transport.proxy.isEmpty())
        return failure(ErrorCode::InvalidArgument, u"--proxy-user needs --proxy: the system's proxy asks the system who we are"_s);
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
    if (const auto fitting = Models::checkPolling(draft.server.polling); !fitting)
        return fitting;
    if (const auto read = readProxy(parser, draft.server.transport); !read)
        return read;
    return readTransportFiles(parser, draft.server.transport);
}

/// Sets one back that is no row of the table of settings, or one that is.
Result<void> resetOne(const QString &setting, ServerDraft &draft)
{
    if (setting == "trust"_L1) {
        draft.server.anchor = {};
    } else if (setting == "tls-root"_L1) {
        draft.server.transport.tlsRoots.clear();
    } else if (setting == "client-cert"_L1) {
        draft.server.transport.clientCertificates.clear();
        draft.server.transport.clientKey = {};
    } else if (setting == "proxy-password"_L1) {
        draft.server.transport.proxyPassword = std::make_shared<const Pki::SecretBytes>();
    } else {
        return resetSetting(serverSettings(), setting, draft);
    }
    return {};
}

/// The names of everything that is another now.
QStringList changedNames(const ServerDraft &before, const ServerDraft &after)
{
    QStringList names = changedSettings(serverSettings(), before, after);
    const auto add = [&names](bool isChanged, const QString &name) {
        if (isChanged)
            names.append(name);
    };
    add(before.server.anchor != after.server.anchor, u"trust"_s);
    add(before.server.transport.tlsRoots != after.server.transport.tlsRoots, u"tls-root"_s);
    add(before.server.transport.clientCertificates != after.server.transport.clientCertificates, u"client-cert"_s);
    add(after.server.transport.proxyPassword != nullptr, u"proxy-password"_s);
    return names;
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

Result<void> change(WorkspaceSession &session, const Models::ServerRecord &before, const ServerDraft &after)
{
    using enum Scep::ChangeEffect;
    const Scep::ChangeEffects effects = Scep::changeEffects(before.server, after.server, before.knowledge);
    const auto write = [&]() -> Result<Scep::EnrollmentServer> {
        if (const auto updated = session.store().updateServer(after.server, &after.extras); !updated)
            return std::unexpected(updated.error());
        return after.server;
    };
    // What the engine has to do about it, it does now; the rest it sees when it starts.
    const bool concernsRequests = effects.testFlag(ResendsRequests) || effects.testFlag(NewEnrollment);
    if (effects.testFlag(ForgetsServer) || effects.testFlag(ChoosesRoles) || concernsRequests)
        return runServer(session, after.server.id, concernsRequests, write);
    if (const auto written = write(); !written)
        return std::unexpected(written.error());
    return {};
}

/// What the change sets off draws on the secrets of requests.
Result<bool> takesSecrets(WorkspaceSession &session, Scep::ServerId server, Scep::ChangeEffects effects)
{
    if (!effects.testFlag(Scep::ChangeEffect::NewEnrollment) && !effects.testFlag(Scep::ChangeEffect::ResendsRequests))
        return false;
    const auto requests = session.store().requests();
    if (!requests)
        return std::unexpected(requests.error());
    return std::ranges::any_of(*requests, [server](const Scep::EnrollmentRequest &request) { return request.server == server; });
}

int edit(const VerbParser &parser, const Terminal &terminal, WorkspaceSession &session, const Models::ServerRecord &record)
{
    const QString name = serverName(record.server.label);
    const ServerDraft before{record.server, record.extras};
    ServerDraft draft = before;
    if (parser.isSet(u"defaults"_s))
        draft.server = Scep::withDefaults(draft.server);
    for (const QString &setting : parser.values(u"reset"_s)) {
        if (const auto reset = resetOne(setting, draft); !reset)
            return terminal.fail(reset.error(), u"--reset %1"_s.arg(setting));
    }
    if (const auto read = readServer(parser, draft); !read)
        return terminal.fail(read.error(), u"the command line"_s);
    const Scep::EnrollmentServer &was = record.server;
    const bool isElsewhere = draft.server.url != was.url || draft.server.caIdentifier != was.caIdentifier;
    const bool asks = isElsewhere || draft.server.anchor != was.anchor || parser.isSet(u"trust-on-first-use"_s);
    // Before anything is asked or stored: to talk to the server may take what lies in the vault, as do the effects of the change, and a
    // secret that is given goes there.
    using enum Scep::ChangeEffect;
    Scep::ChangeEffects effects = Scep::changeEffects(was, draft.server, record.knowledge);
    const Scep::TransportSettings &transport = draft.server.transport;
    const bool givesSecret = !transport.clientKey.isNull() || (transport.proxyPassword && !transport.proxyPassword->isEmpty());
    Result<bool> concernsSecrets = takesSecrets(session, was.id, effects);
    if (!concernsSecrets)
        return terminal.fail(concernsSecrets.error(), name);
    if (givesSecret || *concernsSecrets || ((asks || effects.testFlag(ChoosesRoles)) && needsVault(draft.server))) {
        if (const auto unlocked = session.unlock(parser); !unlocked)
            return terminal.fail(unlocked.error(), u"the workspace"_s);
    }
    if (asks) {
        Scep::EnrollmentServer asked = draft.server;
        if (const auto filled = session.fillSecrets(asked); !filled)
            return terminal.fail(filled.error(), name);
        if (const auto confirmed = confirmTrust(parser, asked, terminal); !confirmed)
            return terminal.fail(confirmed.error(), name);
        draft.server.anchor = asked.anchor;
        effects = Scep::changeEffects(was, draft.server, record.knowledge);
        concernsSecrets = takesSecrets(session, was.id, effects);
        if (!concernsSecrets)
            return terminal.fail(concernsSecrets.error(), name);
        if (*concernsSecrets) {
            if (const auto unlocked = session.unlock(parser); !unlocked)
                return terminal.fail(unlocked.error(), u"the workspace"_s);
        }
    }
    const QStringList texts = Models::changeTexts(effects);
    if (const auto ended = agree(parser, name, texts, terminal))
        return *ended;
    const QStringList changed = changedNames(before, draft);
    if (const auto done = change(session, record, draft); !done)
        return terminal.fail(done.error(), name);
    return tellServer(session, record.server.id, terminal, {{"changed"_L1, toJson(changed)}, {"effects"_L1, toJson(texts)}});
}

} // namespace

int runServerAdd(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"server add"_s, u"Adds an enrollment server and fetches its CA certificates. Without --fingerprint, --ca-file or "
                                       "--trust-on-first-use nothing is sent to it but the question for them."_s);
    addServerSettings(parser);
    return onWorkspace(parser, {Access::Change, true}, arguments, terminal, [&](WorkspaceSession &session) {
        ServerDraft draft;
        if (const auto read = readServer(parser, draft); !read)
            return terminal.fail(read.error(), u"the command line"_s);
        const QString name = serverName(draft.server.label);
        if (needsVault(draft.server)) {
            if (const auto unlocked = session.unlock(parser); !unlocked)
                return terminal.fail(unlocked.error(), u"the workspace"_s);
        }
        if (const auto confirmed = confirmTrust(parser, draft.server, terminal); !confirmed)
            return terminal.fail(confirmed.error(), name);
        const auto id = session.store().addServer(draft.server, &draft.extras);
        if (!id)
            return terminal.fail(id.error(), name);
        if (!parser.isSet(u"no-probe"_s) && draft.server.isEnabled) {
            if (const auto looked = runServer(session, *id, false); !looked)
                return terminal.fail(looked.error(), name);
        }
        return tellServer(session, *id, terminal);
    });
}

int runServerEdit(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"server edit"_s, u"Changes settings of a server; says what that triggers before it does it."_s);
    addServerSettings(parser);
    parser.option(u"reset"_s,
                  u"Sets this setting back to its default, or trust, tls-root, client-cert or proxy-password to none; may come again."_s,
                  u"setting"_s);
    parser.option(u"defaults"_s, u"Sets everything back but label, description, address and trust."_s);
    parser.option(u"yes"_s, u"Do it without a question."_s);
    return onServer(parser, {Access::Change, true}, arguments, terminal,
                    [&](WorkspaceSession &session, const Models::ServerRecord &record) { return edit(parser, terminal, session, record); });
}

} // namespace Cli
