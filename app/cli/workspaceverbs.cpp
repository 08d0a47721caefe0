// SPDX-License-Identifier: GPL-3.0-or-later

// scepctl workspace: care for the folder with store and vault.

#include "app/cli/inputs.h"
#include "app/cli/secretprompt.h"
#include "app/cli/workspaceverb.h"
#include "models/store/workspacecare.h"
#include "scep/files/durablefile.h"

#include <QDir>
#include <QFile>

using namespace Qt::StringLiterals;
using Models::Vault;
using Models::WorkspaceCare;
using Pki::ErrorCode;
using Pki::failure;
using Pki::Result;
using Access = Cli::WorkspaceSession::Access;

namespace Cli {

namespace {

QString workspaceName(const QString &folder)
{
    return u"workspace %1"_s.arg(folder);
}

/// A new pass phrase, or the word that there shall be none: an empty result.
Result<Pki::SecretBytes> newPassphrase(const VerbParser &parser, const QString &option, const char *variable)
{
    if (parser.isSet(u"no-passphrase"_s))
        return Pki::SecretBytes();
    auto passphrase = option.isEmpty() ? passphraseFromOptions(parser) : secretFromOptions(parser, option, variable);
    if (passphrase && passphrase->isEmpty() && canPrompt())
        passphrase = promptNewSecret(u"New pass phrase of the workspace"_s);
    if (passphrase && passphrase->isEmpty())
        return failure(ErrorCode::EmptyPassphrase, u"give a pass phrase, or say --no-passphrase"_s);
    return passphrase;
}

int create(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"workspace create"_s, u"Makes a new workspace, its private keys protected by a pass phrase."_s);
    addWorkspaceOptions(parser, true);
    parser.option(u"no-passphrase"_s, u"Leave the keys unprotected: whoever can read the folder has them."_s);
    if (const auto ended = parser.parse(arguments, terminal))
        return *ended;
    const QString folder = workspaceFolder(parser);
    const QString name = workspaceName(folder);
    const WorkspaceCare care(folder);
    if (QFile::exists(care.vaultFile()) || QFile::exists(care.storeFile()))
        return terminal.fail({ErrorCode::NotPossibleNow, u"there is one already"_s}, name);
    const auto passphrase = newPassphrase(parser, {}, nullptr);
    if (!passphrase)
        return terminal.fail(passphrase.error(), name);
    if (const auto made = Files::makePrivateFolder(folder); !made)
        return terminal.fail(made.error(), name);
    auto vault = Vault::create(care.vaultFile(), *passphrase);
    if (!vault)
        return terminal.fail(vault.error(), name);
    if (const auto store = Models::Store::open(care.storeFile(), *vault); !store)
        return terminal.fail(store.error(), name);
    return terminal.done(
        {{"folder"_L1, folder}, {"isProtected"_L1, vault->protection() == Vault::Protection::Passphrase}},
        {{u"Workspace"_s, folder}, {u"Private keys"_s, passphrase->isEmpty() ? u"NOT protected"_s : u"protected by the pass phrase"_s}});
}

QJsonObject copyToJson(const Models::BackupRecord &copy)
{
    return {{"folder"_L1, copy.folder}, {"at"_L1, isoTime(copy.at)}, {"bytes"_L1, copy.bytes}};
}

int describe(WorkspaceSession &session, const Terminal &terminal)
{
    Models::Store &store = session.store();
    const QString folder = session.folder();
    const auto servers = store.serverRecords();
    const auto requests = store.requestRecords();
    const auto certificates = store.certificateCount({}, QDateTime::currentDateTimeUtc());
    const auto bin = store.binRecords();
    if (!servers || !requests || !certificates || !bin)
        return terminal.fail(!servers        ? servers.error()
                             : !requests     ? requests.error()
                             : !certificates ? certificates.error()
                                             : bin.error(),
                             workspaceName(folder));
    const WorkspaceCare care(folder);
    const auto holder = Models::Store::holderOf(care.storeFile());
    const QString heldBy = holder && holder->process != QCoreApplication::applicationPid() ? holder->toText() : QString();
    const bool isProtected = session.vault().protection() == Vault::Protection::Passphrase;
    QJsonArray backups;
    const QList<Models::BackupRecord> records = care.backups();
    for (const Models::BackupRecord &backup : records)
        backups.append(copyToJson(backup));
    return terminal.done({{"folder"_L1, folder},
                          {"isProtected"_L1, isProtected},
                          {"heldBy"_L1, heldBy},
                          {"servers"_L1, servers->size()},
                          {"requests"_L1, requests->size()},
                          {"certificates"_L1, *certificates},
                          {"inBin"_L1, bin->size()},
                          {"backups"_L1, backups}},
                         {{u"Workspace"_s, folder},
                          {u"Private keys"_s, isProtected ? u"protected by a pass phrase"_s : u"NOT protected"_s},
                          {u"In use by"_s, heldBy.isEmpty() ? u"nobody"_s : heldBy},
                          {u"Servers"_s, QString::number(servers->size())},
                          {u"Requests"_s, QString::number(requests->size())},
                          {u"Certificates"_s, QString::number(*certificates)},
                          {u"In the bin"_s, QString::number(bin->size())},
                          {u"Backups"_s, QString::number(records.size())}});
}

int show(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"workspace show"_s, u"Shows what is in the workspace, and who works with it."_s);
    return onWorkspace(parser, {}, arguments, terminal, [&](WorkspaceSession &session) { return describe(session, terminal); });
}

int check(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"workspace check"_s, u"Checks the store: the database file, and what should always hold between its rows."_s);
    addWorkspaceOptions(parser, true);
    parser.option(u"keys"_s, u"Also open each stored key and see that it fits its certificate; takes the pass phrase, and a while."_s);
    if (const auto ended = parser.parse(arguments, terminal))
        return *ended;
    const QString folder = workspaceFolder(parser);
    const QString name = workspaceName(folder);
    if (const auto there = checkWorkspace(folder); !there)
        return terminal.fail(there.error(), name);
    Pki::SecretBytes passphrase;
    const WorkspaceCare care(folder);
    if (parser.isSet(u"keys"_s)) {
        if (const auto whole = care.finishRestore(); !whole)
            return terminal.fail(whole.error(), name);
        const auto vault = Vault::load(care.vaultFile());
        if (!vault)
            return terminal.fail(vault.error(), name);
        if (vault->isLocked()) {
            auto needed = neededPassphrase(parser, folder);
            if (!needed)
                return terminal.fail(needed.error(), name);
            passphrase = std::move(*needed);
        }
    }
    const auto report = care.check(passphrase, parser.isSet(u"keys"_s));
    if (!report)
        return terminal.fail(report.error(), name);
    QJsonArray problems;
    ResultLines lines;
    for (const Models::StoreReport::Problem &problem : report->problems) {
        problems.append(QJsonObject{{"object"_L1, problem.object}, {"what"_L1, problem.what}});
        lines.append({u"Problem"_s, Models::safeText(u"%1: %2"_s.arg(problem.object, problem.what))});
    }
    lines.append({u"Servers"_s, QString::number(report->servers)});
    lines.append({u"Requests"_s, QString::number(report->requests)});
    lines.append({u"Certificates"_s, QString::number(report->certificates)});
    lines.append({u"Open transactions"_s, QString::number(report->openTransactions)});
    if (report->keysChecked)
        lines.append({u"Keys opened"_s, QString::number(report->openedKeys)});
    QJsonArray replaced;
    for (const Models::BackupRecord &each : care.replaced()) {
        replaced.append(copyToJson(each));
        lines.append({u"Put aside"_s, u"%1, %2 bytes, when a backup was restored; remove it by hand"_s.arg(each.folder).arg(each.bytes)});
    }
    lines.append({u"Verdict"_s, report->isGood()
                                    ? u"good"_s
                                    : u"%1 problems; restore a backup: scepctl workspace restore"_s.arg(report->problems.size())});
    terminal.print({{"isGood"_L1, report->isGood()},
                    {"problems"_L1, problems},
                    {"servers"_L1, report->servers},
                    {"requests"_L1, report->requests},
                    {"certificates"_L1, report->certificates},
                    {"openTransactions"_L1, report->openTransactions},
                    {"keysChecked"_L1, report->keysChecked},
                    {"openedKeys"_L1, report->openedKeys},
                    {"replaced"_L1, replaced}},
                   lines);
    return static_cast<int>(report->isGood() ? ExitCode::Done : ExitCode::Storage);
}

int backUp(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"workspace backup"_s,
                      u"Copies store and vault as they are at this moment, also while others work with them. The keys "
                      "in it are as protected as those of the workspace."_s);
    addWorkspaceOptions(parser, false);
    parser.option(u"out"_s, u"Empty or new folder for it (default: one under the workspace's backups)."_s, u"folder"_s);
    if (const auto ended = parser.parse(arguments, terminal))
        return *ended;
    const QString folder = workspaceFolder(parser);
    if (const auto there = checkWorkspace(folder); !there)
        return terminal.fail(there.error(), workspaceName(folder));
    const QString out = parser.isSet(u"out"_s) ? QDir(parser.value(u"out"_s)).absolutePath() : QString();
    const auto backup = WorkspaceCare(folder).backUp(QDateTime::currentDateTimeUtc(), out);
    if (!backup)
        return terminal.fail(backup.error(), u"the backup of %1"_s.arg(workspaceName(folder)));
    return terminal.done({{"folder"_L1, backup->folder}, {"at"_L1, isoTime(backup->at)}, {"bytes"_L1, backup->bytes}},
                         {{u"Backup"_s, backup->folder}, {u"Bytes"_s, QString::number(backup->bytes)}});
}

int restore(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"workspace restore"_s, u"Puts a backup in place of the workspace; what was there is kept beside it."_s);
    addWorkspaceOptions(parser, false);
    parser.option(u"yes"_s, u"Do it without a question."_s);
    parser.positional(u"BACKUP"_s, u"Folder that workspace backup wrote."_s);
    if (const auto ended = parser.parse(arguments, terminal))
        return *ended;
    const QString folder = workspaceFolder(parser);
    const QString name = workspaceName(folder);
    const QString backup = QDir(parser.positionals().first()).absolutePath();
    if (const auto ended = agree(parser, u"Replace the %1 by the backup %2?"_s.arg(name, backup), name, terminal))
        return *ended;
    const auto replaced = WorkspaceCare(folder).restore(backup, QDateTime::currentDateTimeUtc());
    if (!replaced)
        return terminal.fail(replaced.error(), u"backup %1"_s.arg(backup));
    ResultLines lines{{u"Restored"_s, backup}};
    if (!replaced->isEmpty())
        lines.append({u"Kept"_s, *replaced});
    return terminal.done({{"folder"_L1, folder}, {"backup"_L1, backup}, {"replaced"_L1, *replaced}}, lines);
}

int exportAll(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"workspace export"_s,
                      u"Writes everything but secrets for reading elsewhere: settings as JSON, certificates as PEM."_s);
    addWorkspaceOptions(parser, false);
    parser.option(u"out"_s, u"Empty or new folder for it."_s, u"folder"_s);
    if (const auto ended = parser.parse(arguments, terminal))
        return *ended;
    const QString folder = workspaceFolder(parser);
    if (!parser.isSet(u"out"_s))
        return terminal.fail({ErrorCode::InvalidArgument, u"--out is missing"_s}, u"the command line"_s);
    if (const auto there = checkWorkspace(folder); !there)
        return terminal.fail(there.error(), workspaceName(folder));
    const QString out = QDir(parser.value(u"out"_s)).absolutePath();
    const auto files = WorkspaceCare(folder).exportTo(out, QDateTime::currentDateTimeUtc());
    if (!files)
        return terminal.fail(files.error(), u"the export of %1"_s.arg(workspaceName(folder)));
    return terminal.done({{"folder"_L1, out}, {"files"_L1, toJson(*files)}},
                         {{u"Folder"_s, out}, {u"Files"_s, QString::number(files->size())}});
}

int changePassphrase(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"workspace passphrase"_s,
                      u"Changes the pass phrase that protects the private keys. Former backups keep the former one."_s);
    parser.option(u"new-passphrase-file"_s, u"File whose first line is the new pass phrase; else SCEPTER_NEW_PASSPHRASE, or typed."_s,
                  u"file"_s);
    parser.option(u"no-passphrase"_s, u"Leave the keys unprotected from now on: whoever can read the folder has them."_s);
    return onWorkspace(parser, {Access::Secrets}, arguments, terminal, [&](WorkspaceSession &session) {
        const QString name = workspaceName(session.folder());
        const auto passphrase = newPassphrase(parser, u"new-passphrase-file"_s, "SCEPTER_NEW_PASSPHRASE");
        if (!passphrase)
            return terminal.fail(passphrase.error(), name);
        if (const auto changed = session.vault().changePassphrase(*passphrase); !changed)
            return terminal.fail(changed.error(), name);
        const bool isProtected = !passphrase->isEmpty();
        return terminal.done({{"folder"_L1, session.folder()}, {"isProtected"_L1, isProtected}},
                             {{u"Private keys"_s, isProtected ? u"protected by the new pass phrase"_s : u"NOT protected any more"_s}});
    });
}

} // namespace

int runWorkspaceVerb(const QStringList &arguments, const Terminal &terminal)
{
    static const QList<Subverb> subverbs{{"create"_L1, create},
                                         {"show"_L1, show},
                                         {"settings"_L1, runWorkspaceSettings},
                                         {"check"_L1, check},
                                         {"backup"_L1, backUp},
                                         {"restore"_L1, restore},
                                         {"export"_L1, exportAll},
                                         {"passphrase"_L1, changePassphrase}};
    return runSubverb(u"workspace"_s, subverbs, arguments, terminal);
}

} // namespace Cli
