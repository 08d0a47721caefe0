// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/items/labcaenrollmentmodel.h"
#include "models/records/labcarecords.h"

#include <QFuture>
#include <QObject>
#include <QTimer>

#include <memory>
#include <optional>

namespace Models {

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

    /// Makes root and issuing CA if there are none, and serves. The challenge is read from `challenge.txt` beside them, or
    /// made.
    void start();
    void stop();

    /// For a next start; the port becomes the one that was found free, so that a stopped Lab CA comes back under the same address.
    void setSettings(const LabCaSettings &settings) { m_settings = settings; }

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
    /// Makes the issuing CA that will follow (takes as long as an RSA key) and announces it from now on.
    QFuture<Result<void>> makeNextCa();
    /// From now on the next issuing CA issues.
    QFuture<Result<void>> switchToNextCa();
    void reload(); ///< reads the enrollments again: another process may have approved some

signals:
    void stateChanged();
    void identityChanged(); ///< a CA was made, or another one issues now
    void requestServed(const LabCa::LogEntry &entry);
    void failed(const Models::Error &error, const QString &object); ///< could not start, or could not read its folder

private:
    class Serving;
    using Work = std::function<Result<void>(LabCa::Depot &)>;
    QFuture<Result<void>> change(Work work);
    void setState(State state);
    void read();

    QString m_folder;
    State m_state = State::Stopped;
    LabCaSettings m_settings;
    std::optional<LabCaIdentity> m_identity;
    LabCaEnrollmentModel m_enrollments;
    QTimer m_reload; ///< a burst of requests is read once
    std::shared_ptr<Serving> m_serving;
};

} // namespace Models
