// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/items/labcaenrollmentmodel.h"
#include "models/records/labcarecords.h"

#include <QFuture>
#include <QObject>
#include <QThreadPool>
#include <QTimer>

#include <memory>
#include <optional>

namespace Models {

class LabCaServing;

/// The built-in Lab CA for the window: depot, authority and HTTP face in a thread of their own. Lives in the GUI thread; every function
/// returns at once, results come as signals and futures. Never more than a lab tool: it listens on the loopback interface only.
class LabCaService final : public QObject
{
    Q_OBJECT
    Q_DISABLE_COPY_MOVE(LabCaService)

public:
    enum class State { Stopped, Starting, Running };

    /// `folder` is made on the first start of the Lab CA.
    explicit LabCaService(QString folder, QObject *parent = nullptr);
    ~LabCaService() override; ///< stops serving

    using Passphrase = std::shared_ptr<const Pki::SecretBytes>;
    /// Makes root and issuing CA if there are none (with the RA that servers of the personality have), and serves them with all other CAs
    /// of the folder. A new CA gets a challenge. `passphrase` of the keys, null: none; it ends with passphraseWanted() when it does not
    /// fit.
    void start(const Passphrase &passphrase = {});
    void stop();
    /// Whether the folder has a CA; if not, start() or makeFirstCa() makes it.
    [[nodiscard]] bool hasCa() const;

    /// What concerns requests counts at once and is kept in the CA's folder; the port counts from the next start on, and becomes the one
    /// that was found free, so that a stopped Lab CA comes back under the same address.
    void setSettings(const LabCaSettings &settings);
    /// That requests at the shown CA must carry; null: none, whoever reaches it may ask. Errors: InvalidArgument (not running), file
    /// errors.
    QFuture<Result<void>> setChallenge(const Passphrase &challenge);
    /// What a window remembers of an earlier time. What the shown CA's folder says of itself goes before it: settingsChanged().
    void restoreSettings(const LabCaSettings &settings);
    /// Which CA the page is about: an alias, or "default".
    void showCa(const QString &alias);
    /// The CA that start() would make, as it is wanted, and starts. InvalidArgument (not stopped, there is one), those of the depot.
    QFuture<Result<void>> makeFirstCa(const NewLabCa &ca);
    /// One more CA beside the others, and shows it: the Lab CA starts anew. InvalidArgument (not running, no such alias can be).
    QFuture<Result<void>> addCa(const NewLabCa &ca);

    [[nodiscard]] State state() const { return m_state; }
    [[nodiscard]] QString folder() const { return m_folder; }
    [[nodiscard]] const LabCaSettings &settings() const { return m_settings; }
    /// Set while Running.
    [[nodiscard]] const std::optional<LabCaIdentity> &identity() const { return m_identity; }
    [[nodiscard]] LabCaEnrollmentModel *enrollments() { return &m_enrollments; }

    /// Errors: InvalidArgument (not pending, not running), those of the depot.
    QFuture<Result<void>> approve(const QString &transactionId);
    QFuture<Result<void>> reject(const QString &transactionId, const QString &reason);
    /// `reason`: a name of RFC 5280 5.3.1, or empty. Errors: InvalidArgument (nothing issued, or revoked already).
    QFuture<Result<void>> revoke(const QString &transactionId, const QString &reason);
    /// Makes the issuing CA that will follow, under a new root or the present one (takes as long as its RSA keys), and announces it.
    QFuture<Result<void>> makeNextCa(bool withNewRoot);
    /// From then on the next issuing CA issues; invalid: from now on.
    QFuture<Result<void>> switchToNextCa(const QDateTime &at = {});
    QFuture<Result<void>> discardNextCa();
    /// Gives the shown CA, which has none, an RA. Clients that know the CA alone must fetch its certificates again.
    QFuture<Result<void>> makeRa(LabCa::RaKind kind);

    // Who may enroll in registered mode, with a challenge for one certificate each.
    QFuture<Result<QList<LabCa::Entity>>> entities();
    /// Returns the challenge, which is kept as a hash only. `again`: another one for a name that is known.
    QFuture<Result<std::shared_ptr<Pki::SecretBytes>>> registerEntity(const QString &commonName, bool again);
    QFuture<Result<void>> unregisterEntity(const QString &commonName);
    void reload(); ///< reads the enrollments again: another process may have approved some

signals:
    void stateChanged();
    void identityChanged(); ///< a CA was made, or another one issues now
    void settingsChanged(); ///< set, or read from the folder
    void requestServed(const LabCa::LogEntry &entry);
    void failed(const Models::Error &error, const QString &object); ///< could not start, or could not read its folder
    /// Could not start: the keys are under a pass phrase. PassphraseRequired, or WrongPassphrase if one was given.
    void passphraseWanted(const Models::Error &error);

private:
    enum class Duration { Short, Long };
    /// Runs `work` with the shown CA in the Lab CA's thread, or what takes long beside it; reads everything again afterwards.
    template <typename T>
    QFuture<Result<T>> ask(std::function<Result<T>(LabCa::Depot &)> work, Duration duration = Duration::Short);
    [[nodiscard]] QString shownFolder() const;
    [[nodiscard]] static QFuture<Result<void>> refusal(const QString &detail);
    void begun(const Result<LabCaIdentity> &identity, const LabCaSettings &settings);
    void applySettings();
    void readPolicy();
    void setState(State state);
    void read();

    QString m_folder;
    QString m_alias = QStringLiteral("default");
    State m_state = State::Stopped;
    LabCaSettings m_settings;
    int m_policyReads = 0; ///< under way: until then the settings may be another CA's
    std::optional<LabCaIdentity> m_identity;
    LabCaEnrollmentModel m_enrollments;
    QStringList m_damaged; ///< enrollments that cannot be read, and why
    QTimer m_reload;       ///< a burst of requests is read once
    QThreadPool m_longWork;
    QThreadPool m_saving; ///< of settings while nothing is served: one after the other
    std::shared_ptr<LabCaServing> m_serving;
};

} // namespace Models
