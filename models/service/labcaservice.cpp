// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/service/labcaservice.h"

#include "models/service/labcaserving.h"
#include "scep/labca/cafiles.h"

#include <QPromise>

#include <algorithm>
#include <chrono>
#include <iterator>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace Models {

namespace {

constexpr auto reloadPause = 200ms;
const auto notRunning = u"the Lab CA is not running"_s;

LabCaEnrollment toRecord(const LabCa::Enrollment &enrollment)
{
    return {.transactionId = enrollment.transactionId.toText(),
            .state = enrollment.state,
            .receivedAt = enrollment.receivedAt,
            .subject = enrollment.subject().toText(),
            .alternativeNames = Pki::toText(enrollment.subjectAlternativeNames()),
            .profile = enrollment.requested.profile,
            .rejectionReason = enrollment.rejectionReason,
            .issuingTrouble = enrollment.issuingTrouble,
            .certificate = enrollment.certificate,
            .revocation = enrollment.revocation};
}

} // namespace

LabCaService::LabCaService(QString folder, QObject *parent)
    : QObject(parent)
    , m_folder(std::move(folder))
{
    qRegisterMetaType<LabCa::LogEntry>();
    m_reload.setSingleShot(true);
    m_reload.setInterval(reloadPause);
    connect(&m_reload, &QTimer::timeout, this, &LabCaService::read);
    m_saving.setMaxThreadCount(1);
}

LabCaService::~LabCaService()
{
    m_longWork.waitForDone(); // it tells this object
    m_saving.waitForDone();
}

bool LabCaService::hasCa() const
{
    return LabCa::isFinishedCa(m_folder);
}

void LabCaService::start(const Passphrase &passphrase)
{
    if (m_state != State::Stopped)
        return;
    m_saving.waitForDone(); // what was changed while it was stopped; two small files
    m_serving = std::make_shared<LabCaServing>();
    setState(State::Starting);
    // The raw pointers are used in the thread only, which ends with `LabCaServing`, which this object ends before itself.
    m_serving->thread().post([this, serving = m_serving.get(), folder = m_folder, alias = m_alias, settings = m_settings,
                              keeps = m_policyReads == 0, passphrase] {
        auto identity = serving->begin(folder, alias, settings, keeps, passphrase.get());
        if (identity) {
            connect(serving->face(), &LabCa::HttpFace::requestServed, this, [this](const LabCa::LogEntry &entry) {
                emit requestServed(entry);
                reload();
            });
        }
        QMetaObject::invokeMethod(this, [this, serving, settings, identity = std::move(identity)] {
            if (m_serving.get() == serving) // else stopped meanwhile
                begun(identity, settings);
        });
    });
}

void LabCaService::begun(const Result<LabCaIdentity> &identity, const LabCaSettings &settings)
{
    if (!identity) {
        m_serving.reset();
        setState(State::Stopped);
        const ErrorCode code = identity.error().code;
        if (code == ErrorCode::PassphraseRequired || code == ErrorCode::WrongPassphrase)
            emit passphraseWanted(identity.error());
        else
            emit failed(identity.error(), m_folder);
        return;
    }
    m_identity = *identity;
    m_alias = identity->alias;
    const bool isChanged = m_settings != settings;                // by somebody who did not wait for it
    m_settings.port = static_cast<quint16>(identity->url.port()); // the same again after a stop
    setState(State::Running);
    if (isChanged)
        applySettings();
    read();
}

void LabCaService::stop()
{
    if (m_state == State::Stopped)
        return;
    m_reload.stop();
    // Long work may hold the rest for a while; the port is free now.
    m_serving->thread().post([serving = m_serving.get()] { serving->closeFace(); });
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
    m_serving->thread().post([this, serving = m_serving.get(), alias = m_alias] {
        LabCa::Depot &depot = *serving->served(alias).depot;
        const auto refreshed = depot.refresh();
        QStringList damaged;
        const auto found = refreshed ? depot.enrollments(&damaged) : std::unexpected(refreshed.error());
        QList<LabCaEnrollment> records;
        if (found)
            std::ranges::transform(*found, std::back_inserter(records), toRecord);
        const Result<void> outcome = found ? Result<void>() : std::unexpected(found.error());
        QMetaObject::invokeMethod(this, [this, serving, outcome, records, damaged, identity = serving->identity(alias)] {
            if (m_serving.get() != serving || identity.alias != m_alias)
                return;
            if (!outcome) {
                emit failed(outcome.error(), m_folder);
                return;
            }
            m_enrollments.setRecords(records);
            if (std::exchange(m_damaged, damaged) != damaged && !damaged.isEmpty()) // told once
                emit failed({ErrorCode::Malformed, damaged.join(u"; "_s)}, m_folder);
            const bool isAnother = m_identity->issuing != identity.issuing || m_identity->next != identity.next ||
                                   m_identity->ra != identity.ra || m_identity->switchAt != identity.switchAt ||
                                   m_identity->alias != identity.alias ||
                                   (m_identity->challenge == nullptr) != (identity.challenge == nullptr);
            m_identity = identity;
            if (isAnother)
                emit identityChanged();
        });
    });
}

QString LabCaService::shownFolder() const
{
    return LabCa::CaDirectory::folderOf(m_folder, m_alias);
}

void LabCaService::setSettings(const LabCaSettings &settings)
{
    const LabCaSettings former = std::exchange(m_settings, settings);
    if (former == settings)
        return;
    if (m_state == State::Running) {
        applySettings();
    } else if (m_state == State::Stopped) {
        // A folder that says how it decides goes before what a window remembers: so it must say this.
        m_saving.start([folder = shownFolder(), settings] {
            if (hasLabCaPolicy(folder))
                static_cast<void>(keepLabCaPolicy(folder, settings)); // if it cannot be kept, the start says so
        });
    }
    emit settingsChanged();
}

void LabCaService::applySettings()
{
    m_serving->thread().post([this, serving = m_serving.get(), alias = m_alias, settings = m_settings] {
        const auto applied = serving->apply(alias, settings);
        QMetaObject::invokeMethod(this, [this, applied] {
            if (!applied)
                emit failed(applied.error(), m_folder);
            read(); // another mode may show another challenge
        });
    });
}

QFuture<Result<void>> LabCaService::refusal(const QString &detail)
{
    QPromise<Result<void>> promise;
    promise.start();
    promise.addResult(Result<void>(failure(ErrorCode::InvalidArgument, detail)));
    promise.finish();
    return promise.future();
}

QFuture<Result<void>> LabCaService::setChallenge(const Passphrase &challenge)
{
    if (m_state != State::Running)
        return refusal(notRunning);
    auto promise = std::make_shared<QPromise<Result<void>>>();
    promise->start();
    m_serving->thread().post([this, serving = m_serving.get(), alias = m_alias, challenge, promise] {
        promise->addResult(serving->setChallenge(alias, challenge ? challenge->clone() : Pki::SecretBytes())); // the policy keeps one
        promise->finish();
        QMetaObject::invokeMethod(this, &LabCaService::read);
    });
    return promise->future();
}

void LabCaService::restoreSettings(const LabCaSettings &settings)
{
    m_settings = settings;
    readPolicy();
}

void LabCaService::readPolicy()
{
    ++m_policyReads;
    m_saving.start([this, folder = shownFolder(), others = m_settings] {
        // A folder that cannot be read is told by the start.
        const auto read = hasLabCaPolicy(folder) ? labCaSettingsOf(folder, others) : Result<LabCaSettings>(others);
        QMetaObject::invokeMethod(this, [this, folder, others, read] {
            --m_policyReads;
            if (!read || shownFolder() != folder)
                return;
            const auto withOwn = [this](LabCaSettings settings) { // the folder knows neither
                settings.port = m_settings.port;
                settings.faults = m_settings.faults;
                return settings;
            };
            // What a person changed meanwhile is newer than what was read, and on its way into the folder.
            if (m_settings != withOwn(others))
                return;
            const LabCaSettings merged = withOwn(*read);
            if (std::exchange(m_settings, merged) != merged)
                emit settingsChanged();
        });
    });
}

void LabCaService::showCa(const QString &alias)
{
    if (alias == m_alias)
        return;
    m_alias = alias;
    readPolicy();
    read();
}

QFuture<Result<void>> LabCaService::makeFirstCa(const NewLabCa &ca)
{
    if (m_state != State::Stopped || hasCa())
        return refusal(u"the Lab CA has its first CA already"_s);
    auto promise = std::make_shared<QPromise<Result<void>>>();
    promise->start();
    m_longWork.start([this, folder = m_folder, ca, settings = m_settings, promise] {
        const Pki::SecretBytes none;
        const auto made = LabCa::Depot::openOrCreate(folder, ca.description, ca.passphrase ? *ca.passphrase : none);
        const auto policy = made ? keepLabCaPolicy(folder, settings) : std::unexpected(made.error());
        promise->addResult(policy ? Result<void>() : std::unexpected(policy.error()));
        promise->finish();
        if (policy)
            QMetaObject::invokeMethod(this, [this, passphrase = ca.passphrase] {
                readPolicy();
                start(passphrase);
            });
    });
    return promise->future();
}

QFuture<Result<void>> LabCaService::addCa(const NewLabCa &ca)
{
    if (m_state != State::Running)
        return refusal(notRunning);
    const auto serving = m_serving;
    return ask<void>(
        [this, serving, folder = m_folder, ca](LabCa::Depot &) -> Result<void> {
            const Pki::SecretBytes none;
            const Passphrase passphrase = serving->passphrase(); // set before anybody could ask for one more CA
            const auto made = LabCa::CaDirectory::create(folder, ca.alias, ca.description, passphrase ? *passphrase : none);
            if (!made)
                return made;
            const auto policy = keepLabCaPolicy(LabCa::CaDirectory::folderOf(folder, ca.alias), LabCaSettings());
            if (!policy)
                return std::unexpected(policy.error());
            QMetaObject::invokeMethod(this, [this, alias = ca.alias, passphrase] {
                stop();
                m_alias = alias;
                readPolicy();
                start(passphrase);
            });
            return {};
        },
        Duration::Long);
}

template <typename T>
QFuture<Result<T>> LabCaService::ask(std::function<Result<T>(LabCa::Depot &)> work, Duration duration)
{
    auto promise = std::make_shared<QPromise<Result<T>>>();
    promise->start();
    QFuture<Result<T>> future = promise->future();
    if (m_state != State::Running) {
        promise->addResult(Result<T>(failure(ErrorCode::InvalidArgument, notRunning)));
        promise->finish();
        return future;
    }
    const auto run = [this, serving = m_serving, alias = m_alias, promise, work = std::move(work)] {
        promise->addResult(work(*serving->served(alias).depot));
        promise->finish();
        QMetaObject::invokeMethod(this, &LabCaService::read);
    };
    // A depot is for any thread. What makes keys must not keep clients waiting; what is short comes one after the other.
    if (duration == Duration::Long)
        m_longWork.start(run);
    else
        m_serving->thread().post(run);
    return future;
}

namespace {

/// For changes of one enrollment.
auto onEnrollment(const QString &transactionId,
                  std::function<Result<LabCa::Enrollment>(LabCa::Depot &, const Scep::TransactionId &)> change)
{
    return [transactionId, change = std::move(change)](LabCa::Depot &depot) -> Result<void> {
        const auto id = Scep::TransactionId::fromText(transactionId);
        if (!id)
            return std::unexpected(id.error());
        const auto changed = change(depot, *id);
        return changed ? Result<void>() : std::unexpected(changed.error());
    };
}

} // namespace

QFuture<Result<void>> LabCaService::approve(const QString &transactionId)
{
    return ask<void>(onEnrollment(transactionId, [](LabCa::Depot &depot, const Scep::TransactionId &id) { return depot.approve(id); }));
}

QFuture<Result<void>> LabCaService::reject(const QString &transactionId, const QString &reason)
{
    return ask<void>(
        onEnrollment(transactionId, [reason](LabCa::Depot &depot, const Scep::TransactionId &id) { return depot.reject(id, reason); }));
}

QFuture<Result<void>> LabCaService::revoke(const QString &transactionId, const QString &reason)
{
    return ask<void>(onEnrollment(transactionId, [reason](LabCa::Depot &depot, const Scep::TransactionId &id) {
        return depot.revoke(id, reason, QDateTime::currentDateTimeUtc());
    }));
}

QFuture<Result<void>> LabCaService::makeNextCa(bool withNewRoot)
{
    return ask<void>([withNewRoot](LabCa::Depot &depot) { return withNewRoot ? depot.makeNextRoot() : depot.makeNextIssuing(); },
                     Duration::Long);
}

QFuture<Result<void>> LabCaService::switchToNextCa(const QDateTime &at)
{
    return ask<void>([at](LabCa::Depot &depot) { return at.isValid() ? depot.scheduleSwitch(at) : depot.switchToNextIssuing(); });
}

QFuture<Result<void>> LabCaService::discardNextCa()
{
    return ask<void>([](LabCa::Depot &depot) { return depot.discardNext(); });
}

QFuture<Result<void>> LabCaService::makeRa(LabCa::RaKind kind)
{
    return ask<void>([kind](LabCa::Depot &depot) { return depot.makeRa(kind); }, Duration::Long);
}

QFuture<Result<QList<LabCa::Entity>>> LabCaService::entities()
{
    return ask<QList<LabCa::Entity>>([](LabCa::Depot &depot) { return LabCa::EntityRegister(depot.folder()).entities(); });
}

QFuture<Result<std::shared_ptr<Pki::SecretBytes>>> LabCaService::registerEntity(const QString &commonName, bool again)
{
    using Challenge = std::shared_ptr<Pki::SecretBytes>;
    return ask<Challenge>([commonName, again](LabCa::Depot &depot) -> Result<Challenge> {
        auto challenge = LabCa::EntityRegister(depot.folder()).add(commonName, {}, again, QDateTime::currentDateTimeUtc());
        if (!challenge)
            return std::unexpected(challenge.error());
        return std::make_shared<Pki::SecretBytes>(std::move(*challenge));
    });
}

QFuture<Result<void>> LabCaService::unregisterEntity(const QString &commonName)
{
    return ask<void>([commonName](LabCa::Depot &depot) { return LabCa::EntityRegister(depot.folder()).remove(commonName); });
}

} // namespace Models
