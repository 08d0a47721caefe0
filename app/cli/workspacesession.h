// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/verb.h"
#include "models/store/store.h"
#include "models/vault/vault.h"

#include <memory>
#include <optional>

namespace Cli {

/// The folder that `--workspace` names, else the window's.
QString workspaceFolder(const VerbParser &parser);
/// --workspace, and with `usesSecrets` --passphrase-file.
void addWorkspaceOptions(VerbParser &parser, bool usesSecrets);
/// --passphrase-file, else SCEPTER_PASSPHRASE, else the service manager's credential scepter-passphrase; empty: none of them.
Pki::Result<Pki::SecretBytes> passphraseFromOptions(const VerbParser &parser);
/// The same for a vault of that folder, which may be asked for at the terminal. PassphraseRequired when there is none.
Pki::Result<Pki::SecretBytes> neededPassphrase(const VerbParser &parser, const QString &folder);
/// FileNotFound, with what to do, where there is no workspace.
Pki::Result<void> checkWorkspace(const QString &folder);

/// A workspace's store for one verb.
class WorkspaceSession
{
    Q_DISABLE_COPY_MOVE(WorkspaceSession)

public:
    enum class Access {
        Read,    ///< also beside the process that holds the workspace
        Change,  ///< alone
        Secrets, ///< alone, with the vault open
    };
    /// Errors: FileNotFound, WorkspaceInUse (the detail says by whom), PassphraseRequired, WrongPassphrase, those of the store.
    static Pki::Result<std::unique_ptr<WorkspaceSession>> open(const VerbParser &parser, Access access);

    [[nodiscard]] Models::Store &store() { return *m_store; }
    [[nodiscard]] Models::Vault &vault() { return *m_vault; }
    [[nodiscard]] QString folder() const { return m_folder; }
    /// Secrets are needed after all. Errors as of open().
    Pki::Result<void> unlock(const VerbParser &parser);
    /// What the transport of a stored server needs and its record does not hold, as far as it is not given anew.
    Pki::Result<void> fillSecrets(Scep::EnrollmentServer &server);

    // By label. InvalidArgument: there is none.
    Pki::Result<Models::ServerRecord> server(const QString &label);
    Pki::Result<Models::RequestRecord> request(const QString &label);
    /// Id -> label of every server.
    Pki::Result<QHash<Scep::ServerId, QString>> serverLabels();

private:
    WorkspaceSession() = default;

    QString m_folder;
    std::optional<Models::Vault> m_vault;
    std::unique_ptr<Models::Store> m_store;
};

/// "request “plc-7”": how messages name it.
QString serverName(const QString &label);
QString requestName(const QString &label);

/// Asks on the terminal; true without asking with --yes. Nobody there to ask: InvalidArgument, saying that --yes is needed.
Pki::Result<bool> confirm(const VerbParser &parser, const QString &question);

/// One word below a noun: "server add".
struct Subverb {
    QLatin1StringView name;
    int (*run)(const QStringList &, const Terminal &) = nullptr;
};
/// Finds the word and runs it; tells the words there are.
int runSubverb(const QString &noun, const QList<Subverb> &subverbs, const QStringList &arguments, const Terminal &terminal);

} // namespace Cli
