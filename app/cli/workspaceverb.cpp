// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/workspaceverb.h"

using namespace Qt::StringLiterals;
using Pki::ErrorCode;
using Access = Cli::WorkspaceSession::Access;

namespace Cli {

int onWorkspace(VerbParser &parser, const Opening &opening, const QStringList &arguments, const Terminal &terminal, const SessionWork &work)
{
    addWorkspaceOptions(parser, opening.mayUnlock || opening.access == Access::Secrets);
    if (const auto ended = parser.parse(arguments, terminal))
        return *ended;
    const auto session = WorkspaceSession::open(parser, opening.access);
    return session ? work(**session) : terminal.fail(session.error(), u"the workspace"_s);
}

int onServer(VerbParser &parser, const Opening &opening, const QStringList &arguments, const Terminal &terminal, const ServerWork &work)
{
    parser.positional(u"LABEL"_s, u"Label of the server."_s);
    return onWorkspace(parser, opening, arguments, terminal, [&](WorkspaceSession &session) {
        const QString label = parser.positionals().first();
        const auto record = session.server(label);
        return record ? work(session, *record) : terminal.fail(record.error(), serverName(label));
    });
}

int onRequest(VerbParser &parser, const Opening &opening, const QStringList &arguments, const Terminal &terminal, const RequestWork &work)
{
    parser.positional(u"LABEL"_s, u"Label of the request."_s);
    return onWorkspace(parser, opening, arguments, terminal, [&](WorkspaceSession &session) {
        const QString label = parser.positionals().first();
        const auto record = session.request(label);
        return record ? work(session, *record) : terminal.fail(record.error(), requestName(label));
    });
}

std::optional<int> agree(const VerbParser &parser, const QString &name, const QStringList &effects, const Terminal &terminal)
{
    for (const QString &effect : effects)
        terminal.progress(effect);
    return effects.isEmpty() ? std::nullopt : agree(parser, u"Change %1?"_s.arg(name), name, terminal);
}

std::optional<int> agree(const VerbParser &parser, const QString &question, const QString &name, const Terminal &terminal)
{
    const auto agreed = confirm(parser, question);
    if (!agreed)
        return terminal.fail(agreed.error(), name);
    if (!*agreed)
        return terminal.fail({ErrorCode::Cancelled, {}}, name);
    return std::nullopt;
}

int Listing::done(const Terminal &terminal, const std::pair<QString, QString> &none, QJsonObject more) const
{
    more.insert(m_field, m_array);
    return terminal.done(more, m_lines.isEmpty() ? ResultLines{none} : m_lines);
}

} // namespace Cli
