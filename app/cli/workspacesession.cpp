// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/workspacesession.h"

#include "app/cli/inputs.h"
#include "app/cli/secretprompt.h"
#include "models/store/workspacecare.h"
#include "scep/files/durablefile.h"

#include <QCoreApplication>
#include <QDir>
#include <QFile>
#include <QStandardPaths>

#include <cstdio>

using namespace Qt::StringLiterals;
using Models::Store;
using Models::Vault;
using Pki::ErrorCode;
using Pki::failure;
using Pki::Result;

namespace Cli {

namespace {

QString storeFile(const QString &folder)
{
    return QDir(folder).filePath(u"store.sqlite"_s);
}

QString vaultFile(const QString &folder)
{
    return QDir(folder).filePath(u"vault.json"_s);
}

/// Where the window keeps its workspace: the folder follows the program's name, which is another one here.
QString defaultWorkspace()
{
    const QString ours = QCoreApplication::applicationName();
    QCoreApplication::setApplicationName(u"scepter"_s);
    const QString folder = QStandardPaths::writableLocation(QStandardPaths::AppDataLocation);
    QCoreApplication::setApplicationName(ours);
    return QDir(folder).filePath(u"workspace"_s);
}

Result<void> unlockVault(const VerbParser &parser, const QString &folder, Vault &vault)
{
    if (!vault.isLocked())
        return {};
    const auto passphrase = neededPassphrase(parser, folder);
    return passphrase ? vault.unlock(*passphrase) : Result<void>(std::unexpected(passphrase.error()));
}

} // namespace

void addWorkspaceOptions(VerbParser &parser, bool usesSecrets)
{
    parser.option(u"workspace"_s, u"Folder of the workspace (default: the window's)."_s, u"folder"_s);
    if (usesSecrets)
        parser.option(u"passphrase-file"_s,
                      u"File whose first line opens the workspace's vault; else SCEPTER_PASSPHRASE, the credential scepter-passphrase of "
                      "the service manager, or typed."_s,
                      u"file"_s);
}

QString workspaceFolder(const VerbParser &parser)
{
    return QDir::cleanPath(QDir(parser.isSet(u"workspace"_s) ? parser.value(u"workspace"_s) : defaultWorkspace()).absolutePath());
}

Result<Pki::SecretBytes> passphraseFromOptions(const VerbParser &parser)
{
    constexpr const char *variable = "SCEPTER_PASSPHRASE";
    const QString credentials = qEnvironmentVariable("CREDENTIALS_DIRECTORY");
    const QString credential = QDir(credentials).filePath(u"scepter-passphrase"_s);
    if (!parser.isSet(u"passphrase-file"_s) && !qEnvironmentVariableIsSet(variable) && !credentials.isEmpty() && QFile::exists(credential))
        return Files::readSecretFile(credential);
    return secretFromOptions(parser, u"passphrase-file"_s, variable);
}

Result<void> checkWorkspace(const QString &folder)
{
    if (QFile::exists(vaultFile(folder)))
        return {};
    return failure(ErrorCode::FileNotFound,
                   QFile::exists(storeFile(folder))
                       ? u"%1, which holds the key of the workspace's secrets"_s.arg(vaultFile(folder))
                       : u"%1 holds no workspace; make one with: scepctl workspace create --workspace %1"_s.arg(folder));
}

Result<Pki::SecretBytes> neededPassphrase(const VerbParser &parser, const QString &folder)
{
    auto passphrase = passphraseFromOptions(parser);
    if (passphrase && passphrase->isEmpty() && canPrompt())
        passphrase = promptSecret(u"Pass phrase of the workspace %1"_s.arg(folder));
    if (passphrase && passphrase->isEmpty())
        return failure(ErrorCode::PassphraseRequired, u"for the workspace %1: --passphrase-file, or SCEPTER_PASSPHRASE"_s.arg(folder));
    return passphrase;
}

Result<std::unique_ptr<WorkspaceSession>> WorkspaceSession::open(const VerbParser &parser, Access access)
{
    std::unique_ptr<WorkspaceSession> session(new WorkspaceSession);
    session->m_folder = workspaceFolder(parser);
    if (const auto there = checkWorkspace(session->m_folder); !there)
        return std::unexpected(there.error());
    if (const auto whole = Models::WorkspaceCare(session->m_folder).finishRestore(); !whole)
        return std::unexpected(whole.error());
    auto vault = Vault::load(vaultFile(session->m_folder));
    if (!vault)
        return std::unexpected(vault.error());
    session->m_vault = std::move(*vault);
    if (access == Access::Secrets) {
        if (const auto unlocked = session->unlock(parser); !unlocked)
            return std::unexpected(unlocked.error());
    }
    const QString file = storeFile(session->m_folder);
    auto store = access == Access::Read ? Store::openReadOnly(file, *session->m_vault) : Store::open(file, *session->m_vault);
    // A store that was never opened, or by an older version only, has to be made ready first.
    const bool isNotReady = access == Access::Read && !store &&
                            (store.error().code == ErrorCode::StoreVersion || store.error().code == ErrorCode::FileNotFound);
    if (isNotReady)
        store = Store::open(file, *session->m_vault);
    if (!store)
        return std::unexpected(store.error());
    session->m_store = std::move(*store);
    return session;
}

Result<void> WorkspaceSession::unlock(const VerbParser &parser)
{
    return unlockVault(parser, m_folder, *m_vault);
}

Result<void> WorkspaceSession::fillSecrets(Scep::EnrollmentServer &server)
{
    Scep::TransportSettings &transport = server.transport;
    if (!transport.clientCertificates.isEmpty() && transport.clientKey.isNull()) {
        const auto key = m_store->clientKey(server.id);
        if (!key)
            return std::unexpected(key.error());
        transport.clientKey = *key;
    }
    if (!transport.proxyUser.isEmpty() && !transport.proxyPassword) {
        auto password = m_store->proxyPassword(server.id);
        if (!password)
            return std::unexpected(password.error());
        transport.proxyPassword = std::make_shared<const Pki::SecretBytes>(std::move(*password));
    }
    return {};
}

Result<Models::ServerRecord> WorkspaceSession::server(const QString &label)
{
    const auto records = m_store->serverRecords();
    if (!records)
        return std::unexpected(records.error());
    for (const Models::ServerRecord &record : *records) {
        if (record.server.label == label)
            return record;
    }
    return failure(ErrorCode::InvalidArgument, u"there is no server “%1”; see: scepctl server list"_s.arg(label));
}

Result<Models::RequestRecord> WorkspaceSession::request(const QString &label)
{
    const auto records = m_store->requestRecords();
    if (!records)
        return std::unexpected(records.error());
    for (const Models::RequestRecord &record : *records) {
        if (record.request.label == label)
            return record;
    }
    return failure(ErrorCode::InvalidArgument, u"there is no request “%1”; see: scepctl request list"_s.arg(label));
}

Result<QHash<Scep::ServerId, QString>> WorkspaceSession::serverLabels()
{
    const auto records = m_store->serverRecords();
    if (!records)
        return std::unexpected(records.error());
    QHash<Scep::ServerId, QString> labels;
    for (const Models::ServerRecord &record : *records)
        labels.insert(record.server.id, record.server.label);
    return labels;
}

QString serverName(const QString &label)
{
    return u"server “%1”"_s.arg(Models::safeText(label));
}

QString requestName(const QString &label)
{
    return u"request “%1”"_s.arg(Models::safeText(label));
}

Result<bool> confirm(const VerbParser &parser, const QString &question)
{
    if (parser.isSet(u"yes"_s))
        return true;
    if (!canPrompt())
        return failure(ErrorCode::InvalidArgument, u"nobody is there to be asked: say --yes"_s);
    std::fputs((question + u" [y/N] "_s).toLocal8Bit().constData(), stderr);
    std::fflush(stderr);
    char answer[16] = {};
    return std::fgets(answer, sizeof answer, stdin) != nullptr && (answer[0] == 'y' || answer[0] == 'Y');
}

int runSubverb(const QString &noun, const QList<Subverb> &subverbs, const QStringList &arguments, const Terminal &terminal)
{
    QStringList names;
    for (const Subverb &subverb : subverbs) {
        if (arguments.value(0) == subverb.name)
            return subverb.run(arguments.mid(1), terminal);
        names.append(subverb.name);
    }
    if (arguments.value(0) == "--help"_L1 || arguments.value(0) == "-h"_L1) {
        std::puts(u"Usage: scepctl %1 %2 [options]\n       scepctl %1 %3 --help"_s.arg(noun, names.join(u'|'), names.value(0))
                      .toLocal8Bit()
                      .constData());
        return static_cast<int>(ExitCode::Done);
    }
    return terminal.usage(u"%1 takes %2."_s.arg(noun, names.join(u", "_s)), noun);
}

} // namespace Cli
