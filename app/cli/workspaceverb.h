// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/recordtext.h"
#include "app/cli/workspacesession.h"

#include <functional>

namespace Cli {

// What the verbs on a workspace have in common: each describes its own options, and gets the workspace opened.

/// How a verb opens the workspace.
struct Opening {
    WorkspaceSession::Access access = WorkspaceSession::Access::Read;
    bool mayUnlock = false; ///< it takes --passphrase-file, but opens the vault itself where it needs it
};

using SessionWork = std::function<int(WorkspaceSession &)>;
using ServerWork = std::function<int(WorkspaceSession &, const Models::ServerRecord &)>;
using RequestWork = std::function<int(WorkspaceSession &, const Models::RequestRecord &)>;

/// Adds the workspace's options, reads the command line, opens the workspace and leaves the rest to `work`. Returns the exit status.
int onWorkspace(VerbParser &parser, const Opening &opening, const QStringList &arguments, const Terminal &terminal,
                const SessionWork &work);
/// The same for the server, or the request, whose label is the verb's first word.
int onServer(VerbParser &parser, const Opening &opening, const QStringList &arguments, const Terminal &terminal, const ServerWork &work);
int onRequest(VerbParser &parser, const Opening &opening, const QStringList &arguments, const Terminal &terminal, const RequestWork &work);

/// Tells the effects and asks whether to go on, if there are any; --yes answers. An exit status when the verb must end here.
std::optional<int> agree(const VerbParser &parser, const QString &name, const QStringList &effects, const Terminal &terminal);
/// The same for a question of one's own.
std::optional<int> agree(const VerbParser &parser, const QString &question, const QString &name, const Terminal &terminal);

/// Whether a secret is stored: one that the locked vault hides is.
template <typename Secret>
Pki::Result<bool> isStored(const Pki::Result<Secret> &secret)
{
    if (secret)
        return !secret->isEmpty();
    if (secret.error().code == Pki::ErrorCode::VaultLocked)
        return true;
    return std::unexpected(secret.error());
}

/// --server and --request of a query: those whose labels they name. InvalidArgument: there is none.
template <typename Query>
Pki::Result<void> readFilters(const VerbParser &parser, WorkspaceSession &session, Query &query)
{
    if (const QString option = QStringLiteral("server"); parser.isSet(option)) {
        const auto server = session.server(parser.value(option));
        if (!server)
            return std::unexpected(server.error());
        query.server = server->server.id;
    }
    if (const QString option = QStringLiteral("request"); parser.isSet(option)) {
        const auto request = session.request(parser.value(option));
        if (!request)
            return std::unexpected(request.error());
        query.request = request->request.id;
    }
    return {};
}

/// Collects a list for done(): `field` of the document, and a line each.
class Listing
{
public:
    explicit Listing(QLatin1StringView field)
        : m_field(field)
    {}
    void add(const QJsonObject &object, const std::pair<QString, QString> &line)
    {
        m_array.append(object);
        m_lines.append(line);
    }
    /// `none`: the line that stands for an empty list. `more`: other fields of the document.
    [[nodiscard]] int done(const Terminal &terminal, const std::pair<QString, QString> &none, QJsonObject more = {}) const;

private:
    QLatin1StringView m_field;
    QJsonArray m_array;
    ResultLines m_lines;
};

} // namespace Cli
