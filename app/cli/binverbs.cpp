// SPDX-License-Identifier: GPL-3.0-or-later

// scepctl bin: what was removed from a workspace.

#include "app/cli/workspaceverb.h"

using namespace Qt::StringLiterals;
using Models::safeText;
using Pki::ErrorCode;
using Access = Cli::WorkspaceSession::Access;

namespace Cli {

namespace {

int list(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"bin list"_s, u"Lists what was removed and can be brought back, newest first."_s);
    return onWorkspace(parser, {}, arguments, terminal, [&](WorkspaceSession &session) {
        const auto records = session.store().binRecords();
        if (!records)
            return terminal.fail(records.error(), u"the workspace"_s);
        Listing listing("removed"_L1);
        for (const Models::BinRecord &record : *records)
            listing.add(toJson(record), toLine(record));
        return listing.done(terminal, {u"The bin is empty."_s, {}});
    });
}

int restore(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"bin restore"_s, u"Brings back what was removed, with its keys and history."_s);
    parser.positional(u"KIND"_s, u"server, request or certificate."_s);
    parser.positional(u"NUMBER"_s, u"Its number in bin list, or its label: the last one removed."_s);
    return onWorkspace(parser, {Access::Change}, arguments, terminal, [&](WorkspaceSession &session) {
        const QString kind = parser.positionals().at(0);
        const QString which = parser.positionals().at(1);
        const QString name = u"%1 “%2” in the bin"_s.arg(safeText(kind, 20), safeText(which));
        const auto records = session.store().binRecords();
        if (!records)
            return terminal.fail(records.error(), u"the workspace"_s);
        for (const Models::BinRecord &record : *records) {
            if (kindName(record.kind) != kind || (QString::number(record.id) != which && record.label != which))
                continue;
            const auto label = session.store().restore(record.kind, record.id);
            if (!label)
                return terminal.fail(label.error(), name);
            return terminal.done({{"kind"_L1, kind}, {"id"_L1, record.id}, {"label"_L1, *label}}, {{u"Restored"_s, safeText(*label)}});
        }
        return terminal.fail({ErrorCode::InvalidArgument, u"there is none; see: scepctl bin list"_s}, name);
    });
}

int empty(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"bin empty"_s, u"Deletes for good what was removed, keys and all."_s);
    parser.option(u"older-than"_s, u"Only what was removed so many days ago or more."_s, u"days"_s);
    parser.option(u"yes"_s, u"Do it without a question."_s);
    return onWorkspace(parser, {Access::Change}, arguments, terminal, [&](WorkspaceSession &session) {
        QDateTime before;
        if (parser.isSet(u"older-than"_s)) {
            const auto days = numberOption(parser, u"older-than"_s, 0, 36500);
            if (!days)
                return terminal.fail(days.error(), u"the command line"_s);
            before = QDateTime::currentDateTimeUtc().addDays(-*days);
        }
        if (const auto ended = agree(parser, u"Delete what is in the bin for good?"_s, u"the bin"_s, terminal))
            return *ended;
        const auto count = session.store().emptyBin(before);
        if (!count)
            return terminal.fail(count.error(), u"the bin"_s);
        return terminal.done({{"deleted"_L1, *count}}, {{u"Deleted"_s, QString::number(*count)}});
    });
}

} // namespace

int runBinVerb(const QStringList &arguments, const Terminal &terminal)
{
    static const QList<Subverb> subverbs{{"list"_L1, list}, {"restore"_L1, restore}, {"empty"_L1, empty}};
    return runSubverb(u"bin"_s, subverbs, arguments, terminal);
}

} // namespace Cli
