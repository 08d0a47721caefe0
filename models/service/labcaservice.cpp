// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/service/labcaservice.h"

#include "scep/files/durablefile.h"
#include "scep/labca/cadirectory.h"
#include "scep/labca/faultinjector.h"
#include "scep/labca/httpface.h"
#include "scep/labca/policyfile.h"
#include "scep/worker/workerthread.h"

#include <QCoreApplication>
#include <QDir>
#include <QFile>
#include <QPointer>
#include <QPromise>
#include <QThreadPool>

#include <algorithm>
#include <chrono>
#include <iterator>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace Models {

namespace {

constexpr auto reloadPause = 200ms;
constexpr int challengeBytes = 12;
const auto defaultAlias = u"default"_s;

bool hasPolicy(const QString &caFolder)
{
    return QFile::exists(QDir(caFolder).filePath(u"policy.json"_s));
}

void applyTo(LabCa::Policy &policy, const LabCaSettings &settings)
{
    policy.mode = settings.mode;
    policy.setValidity(settings.validity);
    policy.renewal.afterPercent = settings.renewAfterPercent;
    policy.personality = LabCa::personalityFromName(settings.personality).value_or(LabCa::Personality());
}

/// What the folder says, with the settings; a CA without a policy of its own gets a challenge. Kept in the folder.
Result<LabCa::Policy> keptPolicy(const QString &caFolder, const LabCaSettings &settings)
{
    const bool isNew = !hasPolicy(caFolder);
    auto policy = LabCa::policyOfFolder(caFolder);
    if (!policy)
        return policy;
    if (isNew) {
        const QString path = QDir(caFolder).filePath(u"challenge.txt"_s);
        auto challenge = QFile::exists(path) ? Files::readSecretFile(path) : Pki::SecretBytes(Pki::randomBytes(challengeBytes).toHex());
        if (!challenge)
            return std::unexpected(challenge.error());
        policy->challenge = std::move(*challenge);
    }
    applyTo(*policy, settings);
    if (const auto saved = LabCa::savePolicy(caFolder, *policy); !saved)
        return std::unexpected(saved.error());
    return policy;
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
            .issuingTrouble = enrollment.issuingTrouble,
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
    Result<LabCaIdentity> begin(const QString &folder, const QString &alias, const LabCaSettings &settings)
    {
        const auto plan = LabCa::FaultPlan::fromText(settings.faults);
        if (!plan)
            return std::unexpected(plan.error());
        const auto policyOf = [&](const QString &ca, const QString &caFolder) {
            return (ca.isEmpty() ? defaultAlias : ca) == alias || (ca.isEmpty() && !hasPolicy(caFolder)) ? keptPolicy(caFolder, settings)
                                                                                                         : LabCa::policyOfFolder(caFolder);
        };
        auto directory = LabCa::CaDirectory::open(folder, {.policy = policyOf});
        if (!directory)
            return std::unexpected(directory.error());
        m_directory.emplace(std::move(*directory));
        m_injector = std::make_unique<LabCa::FaultInjector>(
            [this](const LabCa::HttpRequest &request, LabCa::LogEntry *log) { return m_directory->handle(request, log); }, *plan);
        m_face = std::make_unique<LabCa::HttpFace>(
            [this](const LabCa::HttpRequest &request, LabCa::LogEntry *log) { return m_injector->handle(request, log); });
        m_face->setThreads(LabCa::HttpFace::usualThreads());
        if (const auto port = m_face->listenOnLoopback(settings.port); !port)
            return std::unexpected(port.error());
        m_url = m_face->url();
        m_directory->setPublicUrl(m_url);
        return identity(alias);
    }

    /// In the thread: the CA of that alias as it is now.
    [[nodiscard]] LabCaIdentity identity(const QString &alias) const
    {
        const LabCa::CaDirectory::Served &shown = served(alias);
        const auto ca = shown.depot->material();
        const auto policy = shown.authority->policy();
        LabCaIdentity identity;
        identity.url = m_url;
        if (shown.alias != defaultAlias)
            identity.url.setPath(identity.url.path() + u'/' + shown.alias);
        identity.root = ca->current.root;
        identity.issuing = ca->current.issuing;
        identity.ra = ca->current.raKind();
        if (ca->next) {
            identity.next = ca->next->issuing;
            identity.hasNextRoot = ca->next->root != ca->current.root;
            identity.switchAt = ca->switchAt;
        }
        if (!policy->challenge.isEmpty() && policy->mode != LabCa::Mode::Registered)
            identity.challenge = std::make_shared<const Pki::SecretBytes>(policy->challenge.clone());
        identity.alias = shown.alias;
        for (const LabCa::CaDirectory::Served &one : m_directory->all())
            identity.aliases.append(one.alias);
        return identity;
    }

    /// In the thread. The default one where there is none of that alias.
    [[nodiscard]] const LabCa::CaDirectory::Served &served(const QString &alias) const
    {
        const auto &all = m_directory->all();
        const auto found = std::ranges::find(all, alias, &LabCa::CaDirectory::Served::alias);
        return found == all.end() ? all.front() : *found;
    }

    /// In the thread.
    Result<void> apply(const QString &alias, const LabCaSettings &settings)
    {
        const auto plan = LabCa::FaultPlan::fromText(settings.faults);
        if (!plan)
            return std::unexpected(plan.error());
        const LabCa::CaDirectory::Served &shown = served(alias);
        auto policy = keptPolicy(shown.depot->folder(), settings);
        if (!policy)
            return std::unexpected(policy.error());
        shown.authority->setPolicy(std::move(*policy));
        m_injector->setPlan(*plan);
        return {};
    }

    Scep::WorkerThread &thread() { return m_thread; }
    LabCa::HttpFace *face() { return m_face.get(); } ///< in the thread
    void closeFace() { m_face.reset(); }             ///< in the thread

private:
    void end()
    {
        m_face.reset();
        m_injector.reset();
        m_directory.reset();
    }

    std::optional<LabCa::CaDirectory> m_directory;
    std::unique_ptr<LabCa::FaultInjector> m_injector;
    std::unique_ptr<LabCa::HttpFace> m_face;
    QUrl m_url;
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

LabCaService::~LabCaService()
{
    m_longWork.waitForDone(); // it tells this object
}

void LabCaService::start()
{
    if (m_state != State::Stopped)
        return;
    m_serving = std::make_shared<Serving>();
    setState(State::Starting);
    // The raw pointers are used in the thread only, which ends with `Serving`, which this object ends before itself.
    m_serving->thread().post([this, serving = m_serving.get(), folder = m_folder, alias = m_alias, settings = m_settings] {
        auto identity = serving->begin(folder, alias, settings);
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
            m_alias = identity->alias;
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
        const auto found = refreshed ? depot.enrollments() : std::unexpected(refreshed.error());
        QList<LabCaEnrollment> records;
        if (found)
            std::ranges::transform(*found, std::back_inserter(records), toRecord);
        const Result<void> outcome = found ? Result<void>() : std::unexpected(found.error());
        QMetaObject::invokeMethod(this, [this, serving, outcome, records, identity = serving->identity(alias)] {
            if (m_serving.get() != serving || identity.alias != m_alias)
                return;
            if (!outcome) {
                emit failed(outcome.error(), m_folder);
                return;
            }
            m_enrollments.setRecords(records);
            const bool isAnother = m_identity->issuing != identity.issuing || m_identity->next != identity.next ||
                                   m_identity->switchAt != identity.switchAt || m_identity->alias != identity.alias ||
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
    if (m_state != State::Running || former == settings)
        return;
    m_serving->thread().post([this, serving = m_serving.get(), alias = m_alias, settings] {
        const auto applied = serving->apply(alias, settings);
        QMetaObject::invokeMethod(this, [this, applied] {
            if (!applied)
                emit failed(applied.error(), m_folder);
            read(); // another mode may show another challenge
        });
    });
}

void LabCaService::readPolicy()
{
    QThreadPool::globalInstance()->start([service = QPointer<LabCaService>(this), folder = shownFolder()] {
        if (!hasPolicy(folder))
            return;
        const auto policy = LabCa::policyOfFolder(folder);
        if (!policy)
            return; // the start will say so
        LabCaSettings read;
        read.mode = policy->mode;
        read.validity = policy->validity();
        read.renewAfterPercent = policy->renewal.afterPercent;
        read.personality = policy->personality.name;
        QMetaObject::invokeMethod(QCoreApplication::instance(), [service, folder, read] {
            if (!service || service->shownFolder() != folder)
                return;
            LabCaSettings merged = read;
            merged.port = service->m_settings.port;
            merged.faults = service->m_settings.faults;
            if (std::exchange(service->m_settings, merged) != merged)
                emit service->settingsChanged();
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

QFuture<Result<void>> LabCaService::addCa(const QString &alias, const LabCa::CaDescription &description)
{
    return ask<void>(
        [this, folder = m_folder, alias, description](LabCa::Depot &) -> Result<void> {
            const auto made = LabCa::CaDirectory::create(folder, alias, description);
            if (!made)
                return made;
            const auto policy = keptPolicy(LabCa::CaDirectory::folderOf(folder, alias), LabCaSettings());
            if (!policy)
                return std::unexpected(policy.error());
            QMetaObject::invokeMethod(this, [this, alias] {
                stop();
                m_alias = alias;
                readPolicy();
                start();
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
        promise->addResult(Result<T>(failure(ErrorCode::InvalidArgument, u"the Lab CA is not running"_s)));
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
