// SPDX-License-Identifier: GPL-3.0-or-later

// scepctl workspace settings: how much a workspace keeps.

#include "app/cli/settingparts.h"
#include "app/cli/workspaceverb.h"
#include "models/records/settingranges.h"

using namespace Qt::StringLiterals;
using Pki::Result;
using Access = Cli::WorkspaceSession::Access;

namespace Cli {

namespace {

using Draft = Models::StoreSettings;

constexpr qint64 megabyte = 1024 * 1024;

const QList<Setting<Draft>> &keepingSettings()
{
    namespace Ranges = Models::SettingRanges;
    static const QList<Setting<Draft>> all{
        numberSetting<Draft>(u"exchanges"_s, u"Exchanges with servers that the log keeps (default 2000)."_s, Ranges::keptExchanges.least,
                             Ranges::keptExchanges.most, [](auto &d) -> auto & { return d.mostExchanges; }),
        {u"exchange-megabytes"_s, u"number"_s, u"Size that the log may have (default 64)."_s,
         [](const Draft &draft) { return QString::number(draft.mostExchangeBytes / megabyte); },
         [](Draft &draft, const QString &text) -> Result<void> {
             const auto number = numberFromText(text, Ranges::keptExchangeMegabytes.least, Ranges::keptExchangeMegabytes.most);
             if (!number)
                 return std::unexpected(number.error());
             draft.mostExchangeBytes = *number * megabyte;
             return {};
         }},
        numberSetting<Draft>(u"exchange-days"_s, u"Older exchanges go; 0: none for its age (default 90)."_s, Ranges::keptExchangeDays.least,
                             Ranges::keptExchangeDays.most, [](auto &d) -> auto & { return d.exchangeDays; }),
        numberSetting<Draft>(u"bin-days"_s, u"What was removed longer ago is deleted for good; 0: nothing by itself (default 30)."_s,
                             Ranges::keptBinDays.least, Ranges::keptBinDays.most, [](auto &d) -> auto & { return d.binDays; }),
        numberSetting<Draft>(u"backups"_s, u"Automatic backups that are kept; 0: none are made (default 7)."_s, Ranges::keptBackups.least,
                             Ranges::keptBackups.most, [](auto &d) -> auto & { return d.backups; }),
    };
    return all;
}

Result<Draft> readChanges(const VerbParser &parser, const Draft &before)
{
    Draft draft = parser.isSet(u"defaults"_s) ? Draft() : before;
    for (const QString &setting : parser.values(u"reset"_s)) {
        if (const auto reset = resetSetting(keepingSettings(), setting, draft); !reset)
            return std::unexpected(reset.error());
    }
    if (const auto read = readSettings(parser, keepingSettings(), draft); !read)
        return std::unexpected(read.error());
    return draft;
}

} // namespace

int runWorkspaceSettings(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"workspace settings"_s,
                      u"Shows how much of the exchange log, the bin and the automatic backups is kept, and changes it. What is too much "
                      "goes when the workspace is tidied up next: at a start, and once a day."_s);
    addSettings(parser, keepingSettings());
    parser.option(u"reset"_s, u"Sets this setting back to its default; may come again."_s, u"setting"_s);
    parser.option(u"defaults"_s, u"Sets all of them back."_s);
    return onWorkspace(parser, {}, arguments, terminal, [&](WorkspaceSession &reading) {
        const QString name = u"workspace %1"_s.arg(reading.folder());
        const auto before = reading.store().settings();
        if (!before)
            return terminal.fail(before.error(), name);
        const auto after = readChanges(parser, *before);
        if (!after)
            return terminal.fail(after.error(), u"the command line"_s);
        const QStringList changed = changedSettings(keepingSettings(), *before, *after);
        if (!changed.isEmpty()) {
            const auto session = WorkspaceSession::open(parser, Access::Change);
            if (!session)
                return terminal.fail(session.error(), u"the workspace"_s);
            if (const auto stored = (*session)->store().setSettings(*after); !stored)
                return terminal.fail(stored.error(), name);
        }
        return terminal.done({{"settings"_L1, settingsToJson(keepingSettings(), *after)}, {"changed"_L1, toJson(changed)}},
                             settingsToLines(keepingSettings(), *after));
    });
}

} // namespace Cli
