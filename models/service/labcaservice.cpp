// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/service/labcaservice.h"

#include "scep/files/durablefile.h"
#include "scep/labca/httpface.h"
#include "scep/worker/workerthread.h"

#include <QDir>
#include <QFile>
#include <QPromise>

#include <algorithm>
#include <chrono>
#include <iterator>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace Models {

namespace {

constexpr auto reloadPause = 200ms;
constexpr int challengeBytes = 12;

using SharedChallenge = std::shared_ptr<const Pki::SecretBytes>;

/// The folder's challenge, made on first use (0600).
Result<SharedChallenge> challengeOf(const QString &folder)
{
    const QString path = QDir(folder).filePath(u"challenge.txt"_s);
    if (!QFile::exists(path)) {
        QByteArray text = Pki::randomBytes(challengeBytes).toHex();
        const auto written = Files::writeDurably(path, text + '\n', Files::FileAccess::OwnerOnly);
        Pki::wipe(text);
        if (!written)
            return std::unexpected(written.error());
    }
    auto secret = Files::readSecretFile(path);
    if (!secret)
        return std::unexpected(secret.error());
    return std::make_shared<const Pki::SecretBytes>(std::move(*secret));
}

LabCaEnrollment toRecord(const LabCa::Enrollment &enrollment)
{
    return {.transactionId = enrollment.transactionId.toText(),
            .state = enrollment.state,
            .receivedAt = enrollment.receivedAt,
            .subject = enrollment.subject().toText(),
            .alternativeNames = Pki::toText(enrollment.subjectAlternativeNames()),
            .profile = enrollment.requested.profile,
            .rejectionReason = enrollment.rejectionReason,
            .certificate = enrollment.certificate,
            .revocation = enrollment.revocation};
}

} // namespace

/// What lives in the Lab CA's thread. Made by start(), ended with its last holder; the thread goes with it.
class LabCaService::Serving
{
public:
    Serving()
    {
        m_thread.setAtEnd([this] { end(); });
    }

    /// In the thread.
    Result<LabCaIdentity> begin(const QString &folder, const LabCaSettings &settings)
    {
        auto depot = LabCa::Depot::openOrCreate(folder);
        if (!depot)
            return std::unexpected(depot.error());
        m_depot.emplace(std::move(*depot));
        const auto challenge = challengeOf(folder);
        if (!challenge)
            return std::unexpected(challenge.error());
        LabCa::Policy policy;
        policy.mode = settings.mode;
        policy.validityDays = settings.validityDays;
        policy.renewal.afterPercent = settings.renewAfterPercent;
        policy.challenge = (*challenge)->clone(); // the authority keeps its own for as long as it serves
        m_authority = std::make_unique<LabCa::Authority>(*m_depot, std::move(policy));
        m_face = std::make_unique<LabCa::HttpFace>(*m_authority);
        if (const auto port = m_face->listenOnLoopback(settings.port); !port)
            return std::unexpected(port.error());
        m_challenge = *challenge;
        return identity();
    }

    /// In the thread: as it is now.
    [[nodiscard]] LabCaIdentity identity() const
    {
        return {m_face->url(), m_depot->root(), m_depot->issuing(), m_challenge, m_depot->nextIssuing()};
    }

    Scep::WorkerThread &thread() { return m_thread; }
    LabCa::HttpFace *face() { return m_face.get(); }         ///< in the thread
    std::optional<LabCa::Depot> &depot() { return m_depot; } ///< in the thread

private:
    void end()
    {
        m_face.reset();
        m_authority.reset();
        m_depot.reset();
    }

    std::optional<LabCa::Depot> m_depot;
    SharedChallenge m_challenge;
    std::unique_ptr<LabCa::Authority> m_authority;
    std::unique_ptr<LabCa::HttpFace> m_face;
    Scep::WorkerThread m_thread{u"lab-ca"_s}; ///< last: it ends first
};

LabCaService::LabCaService(QString folder, QObject *parent)
    : QObject(parent)
    , m_folder(std::move(folder))
{
    qRegisterMetaType<LabCa::LogEntry>();
    m_reload.setSingleShot(true);
    m_reload.setInterval(reloadPause);
    connect(&m_reload, &QTimer::timeout, this, &LabCaService::read);
}

LabCaService::~LabCaService() = default;

void LabCaService::start()
{
    if (m_state != State::Stopped)
        return;
    m_serving = std::make_shared<Serving>();
    setState(State::Starting);
    // The raw pointers are used in the thread only, which ends with `Serving`, which this object ends before itself.
    m_serving->thread().post([this, serving = m_serving.get(), folder = m_folder, settings = m_settings] {
        auto identity = serving->begin(folder, settings);
        if (identity) {
            connect(serving->face(), &LabCa::HttpFace::requestServed, this, [this](const LabCa::LogEntry &entry) {
                emit requestServed(entry);
                reload();
            });
        }
        QMetaObject::invokeMethod(this, [this, serving, identity = std::move(identity)] {
            if (m_serving.get() != serving)
                return; // stopped meanwhile
            if (!identity) {
                m_serving.reset();
                setState(State::Stopped);
                emit failed(identity.error(), m_folder);
                return;
            }
            m_identity = *identity;
            m_settings.port = static_cast<quint16>(identity->url.port()); // the same again after a stop
            setState(State::Running);
            read();
        });
    });
}

void LabCaService::stop()
{
    if (m_state == State::Stopped)
        return;
    m_reload.stop();
    m_serving.reset();
    m_identity.reset();
    setState(State::Stopped);
}

void LabCaService::setState(State state)
{
    m_state = state;
    emit stateChanged();
}

void LabCaService::reload()
{
    if (!m_reload.isActive())
        m_reload.start();
}

void LabCaService::read()
{
    if (m_state != State::Running)
        return;
    m_serving->thread().post([this, serving = m_serving.get()] {
        LabCa::Depot &depot = *serving->depot();
        const auto refreshed = depot.refresh();
        const auto found = refreshed ? depot.enrollments() : std::unexpected(refreshed.error());
        QList<LabCaEnrollment> records;
        if (found)
            std::ranges::transform(*found, std::back_inserter(records), toRecord);
        const Result<void> outcome = found ? Result<void>() : std::unexpected(found.error());
        QMetaObject::invokeMethod(this, [this, serving, outcome, records, identity = serving->identity()] {
            if (m_serving.get() != serving)
                return;
            if (!outcome) {
                emit failed(outcome.error(), m_folder);
                return;
            }
            m_enrollments.setRecords(records);
            const bool isAnother = m_identity->issuing != identity.issuing || m_identity->next != identity.next;
            m_identity = identity;
            if (isAnother)
                emit identityChanged();
        });
    });
}

QFuture<Result<void>> LabCaService::change(Work work)
{
    auto promise = std::make_shared<QPromise<Result<void>>>();
    promise->start();
    QFuture<Result<void>> future = promise->future();
    if (m_state != State::Running) {
        promise->addResult(failure(ErrorCode::InvalidArgument, u"the Lab CA is not running"_s));
        promise->finish();
        return future;
    }
    m_serving->thread().post([this, serving = m_serving.get(), promise, work = std::move(work)] {
        promise->addResult(work(*serving->depot()));
        promise->finish();
        QMetaObject::invokeMethod(this, &LabCaService::read);
    });
    return future;
}

QFuture<Result<void>> LabCaService::approve(const QString &transactionId)
{
    return change([transactionId](LabCa::Depot &depot) -> Result<void> {
        const auto id = Scep::TransactionId::fromText(transactionId);
        if (!id)
            return std::unexpected(id.error());
        const auto approved = depot.approve(*id);
        return approved ? Result<void>() : std::unexpected(approved.error());
    });
}

QFuture<Result<void>> LabCaService::reject(const QString &transactionId, const QString &reason)
{
    return change([transactionId, reason](LabCa::Depot &depot) -> Result<void> {
        const auto id = Scep::TransactionId::fromText(transactionId);
        if (!id)
            return std::unexpected(id.error());
        const auto rejected = depot.reject(*id, reason);
        return rejected ? Result<void>() : std::unexpected(rejected.error());
    });
}

QFuture<Result<void>> LabCaService::revoke(const QString &transactionId, const QString &reason)
{
    return change([transactionId, reason](LabCa::Depot &depot) -> Result<void> {
        const auto id = Scep::TransactionId::fromText(transactionId);
        if (!id)
            return std::unexpected(id.error());
        const auto revoked = depot.revoke(*id, reason, QDateTime::currentDateTimeUtc());
        return revoked ? Result<void>() : std::unexpected(revoked.error());
    });
}

QFuture<Result<void>> LabCaService::makeNextCa()
{
    return change([](LabCa::Depot &depot) { return depot.makeNextIssuing(); });
}

QFuture<Result<void>> LabCaService::switchToNextCa()
{
    return change([](LabCa::Depot &depot) { return depot.switchToNextIssuing(); });
}

} // namespace Models
