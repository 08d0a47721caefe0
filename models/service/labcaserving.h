// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/records/labcarecords.h"
#include "scep/labca/cadirectory.h"
#include "scep/labca/faultinjector.h"
#include "scep/labca/httpface.h"
#include "scep/worker/workerthread.h"

#include <memory>
#include <optional>

namespace Models {

using Pki::Result;

/// Whether a CA's folder says how it decides.
bool hasLabCaPolicy(const QString &caFolder);
/// What the folder says, with the settings; a CA without a policy of its own gets a challenge. Kept in the folder.
Result<LabCa::Policy> keepLabCaPolicy(const QString &caFolder, const LabCaSettings &settings);
/// The settings as the folder has them, with port and faults of `others`.
Result<LabCaSettings> labCaSettingsOf(const QString &caFolder, const LabCaSettings &others);

/// What lives in the Lab CA's thread: directory, faults and HTTP face. Made and ended by its holders in any thread, and ended with the last
/// of them; the thread goes with it. All functions but thread() are for that thread; the depots of served() are for any.
class LabCaServing final
{
    Q_DISABLE_COPY_MOVE(LabCaServing)

public:
    LabCaServing();
    ~LabCaServing() = default;

    /// Makes the default CA if there is none. `keeps`: the shown CA decides by `settings` from now on; else by what its folder says, if it
    /// says anything. Errors: those of CaDirectory::open() and HttpFace::listen(), InvalidArgument (a fault rule).
    Result<LabCaIdentity> begin(const QString &folder, const QString &alias, const LabCaSettings &settings, bool keeps,
                                const Pki::SecretBytes *passphrase);
    /// The CA of that alias as it is now.
    [[nodiscard]] LabCaIdentity identity(const QString &alias) const;
    /// The default one where there is none of that alias.
    [[nodiscard]] const LabCa::CaDirectory::Served &served(const QString &alias) const;
    Result<void> apply(const QString &alias, const LabCaSettings &settings);
    /// Empty: none is asked for.
    Result<void> setChallenge(const QString &alias, Pki::SecretBytes challenge);

    Scep::WorkerThread &thread() { return m_thread; }
    LabCa::HttpFace *face() { return m_face.get(); }
    void closeFace() { m_face.reset(); }
    /// Of the folder, as long as it is served; null: none. The keys' own protection holds it as long.
    [[nodiscard]] std::shared_ptr<const Pki::SecretBytes> passphrase() const { return m_passphrase; }

private:
    void end();

    std::shared_ptr<const Pki::SecretBytes> m_passphrase;
    std::optional<LabCa::CaDirectory> m_directory;
    std::unique_ptr<LabCa::FaultInjector> m_injector;
    std::unique_ptr<LabCa::HttpFace> m_face;
    QUrl m_url;
    Scep::WorkerThread m_thread{QStringLiteral("lab-ca")}; ///< last: it ends first
};

} // namespace Models
