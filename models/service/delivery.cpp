// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/service/delivery.h"

#include "models/store/store.h"

#include <QCoreApplication>
#include <QFutureWatcher>
#include <QPromise>
#include <QThreadPool>

#include <algorithm>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using Pki::failure;

namespace Models {

namespace {

constexpr int mostAtOnce = 4;
constexpr auto storePause = 60s; ///< before the store is tried again

class DeliveryText
{
    Q_DECLARE_TR_FUNCTIONS(Delivery)
};

/// The CA certificates in force, the issuing CA first: what a device needs to judge others.
QList<Pki::Certificate> caCertificates(const QList<CaStoreRecord> &records)
{
    using Role = CaStoreRecord::Role;
    QList<Pki::Certificate> certificates;
    for (const Role role : {Role::Issuing, Role::Intermediate, Role::Root}) {
        for (const CaStoreRecord &record : records) {
            if (record.role == role && record.stage == CaStoreRecord::Stage::Active && !certificates.contains(record.certificate))
                certificates.append(record.certificate);
        }
    }
    return certificates;
}

} // namespace

Explanation explainDelivery(const DeliveryState &state, const QString &label)
{
    const QString name = safeText(label);
    switch (state.state) {
    case DeliveryState::State::None:
        return {};
    case DeliveryState::State::Due:
        return {DeliveryText::tr("The certificate of %1 is about to be delivered.").arg(name), {}};
    case DeliveryState::State::Delivered:
        return {DeliveryText::tr("The certificate of %1 was delivered.").arg(name), {}};
    case DeliveryState::State::Failed:
        break;
    }
    const Error error = state.error.value_or(Error{});
    // Not a value that somebody typed: what the program or the rule came to.
    if (error.code == ErrorCode::InvalidArgument)
        return {DeliveryText::tr("The certificate of %1 was not delivered: %2.").arg(name, safeText(error.detail, 500)),
                DeliveryText::tr("Correct the program or the settings of the delivery; it is tried again by itself.")};
    if (error.code == ErrorCode::EmptyPassphrase)
        return {DeliveryText::tr("The certificate of %1 was not delivered: the password of the PKCS#12 file is empty.").arg(name),
                DeliveryText::tr("Give one in the settings of the delivery, or deliver no PKCS#12; it is tried again by itself.")};
    Explanation explanation = explain(error, DeliveryText::tr("delivery of %1").arg(name));
    explanation.nextStep = DeliveryText::tr("%1 It is tried again by itself.").arg(explanation.nextStep);
    return explanation;
}

struct Deliverer::Attempt {
    DueDelivery due;
    DeliverySource source;
    DeliveryPaths paths;
    std::shared_ptr<Pki::SecretBytes> passphrase;
    bool isWritten = false; ///< all of its files
    QString output;
};

Deliverer::Deliverer(Store &store, Scep::Clock &clock, QObject *parent)
    : QObject(parent)
    , m_store(store)
    , m_clock(clock)
{
    connect(&store, &Store::deliveryDue, this, &Deliverer::scheduleLook);
    connect(&clock, &Scep::Clock::rang, this, &Deliverer::look);
    connect(&clock, &Scep::Clock::jumped, this, &Deliverer::mendTimes);
}

Deliverer::~Deliverer() = default;

void Deliverer::start(Scep::RequestId only)
{
    m_only = only;
    m_isStarted = true;
    mendTimes(0s); // the clock may have been set while no process ran
}

void Deliverer::storageAvailable()
{
    m_waitsForVault = false;
    m_held.clear();
    scheduleLook();
}

/// What was to happen in a minute happens in a minute, whatever the clock says by then; and nothing waits for longer than its pause.
void Deliverer::mendTimes(std::chrono::seconds jump)
{
    if (!m_isStarted || m_store.isReadOnly())
        return;
    const QDateTime now = m_clock.now();
    for (QDateTime &held : m_held)
        held = std::min(held.addSecs(jump.count()), now.addSecs(storePause.count()));
    const auto scheduled = m_store.dueDeliveries(now.addYears(1000));
    if (!scheduled) {
        emit storeFailed(scheduled.error());
        return;
    }
    for (const DueDelivery &each : *scheduled) {
        DeliveryState state = each.state;
        if (state.state != DeliveryState::State::Failed || !state.nextTryAt.isValid() || m_active.contains(each.request))
            continue;
        state.nextTryAt = std::min(state.nextTryAt.addSecs(jump.count()), now.addSecs(deliveryPause(state.attempts).count()));
        if (state.nextTryAt == each.state.nextTryAt)
            continue;
        if (const Result<void> recorded = m_store.recordDelivery(each.request, state); !recorded)
            emit storeFailed(recorded.error());
    }
    scheduleLook();
}

void Deliverer::scheduleLook()
{
    if (!m_isStarted || std::exchange(m_isLookScheduled, true))
        return;
    QMetaObject::invokeMethod(
        this,
        [this] {
            m_isLookScheduled = false;
            look();
        },
        Qt::QueuedConnection);
}

void Deliverer::look()
{
    if (!m_isStarted || m_waitsForVault || m_store.isReadOnly())
        return;
    const QDateTime now = m_clock.now();
    const auto due = m_store.dueDeliveries(now);
    if (!due) {
        emit storeFailed(due.error());
        m_clock.setAlarm(now.addSecs(storePause.count()));
        return;
    }
    for (const DueDelivery &each : *due) {
        if (m_active.size() >= mostAtOnce || m_waitsForVault)
            break;
        const bool isMeant = m_only.isNull() || each.request == m_only;
        const QDateTime heldUntil = m_held.value(each.request);
        if (isMeant && !m_active.contains(each.request) && !(heldUntil.isValid() && heldUntil > now))
            begin(each);
    }
    setAlarm();
}

void Deliverer::setAlarm()
{
    // With something under way its end looks again; and who waits for one request does not wait for its next attempt.
    if (!m_active.isEmpty() || m_waitsForVault || !m_only.isNull())
        return;
    const auto stored = m_store.nextDeliveryAt();
    QDateTime next = stored ? *stored : m_clock.now().addSecs(storePause.count());
    for (const QDateTime &held : std::as_const(m_held))
        next = next.isValid() && next > m_clock.now() ? std::min(next, held) : held;
    m_clock.setAlarm(next);
}

Result<DeliverySource> Deliverer::sourceOf(const DueDelivery &due)
{
    auto issued = m_store.certificateWithKey(due.state.certificate);
    if (!issued)
        return std::unexpected(issued.error());
    const auto records = m_store.caStoreRecords(issued->server);
    if (!records)
        return std::unexpected(records.error());
    DeliverySource source{due.label, due.serverLabel, *issued, caCertificates(*records)};
    if (source.caCertificates.isEmpty())
        source.caCertificates = issued->issuers;
    return source;
}

void Deliverer::begin(const DueDelivery &due)
{
    auto attempt = std::make_shared<Attempt>();
    attempt->due = due;
    m_active.insert(due.request);
    // A later end than this call's: nobody is told of an attempt before it has begun.
    const auto endLater = [this, attempt](const Error &error) {
        QMetaObject::invokeMethod(this, [this, attempt, error] { end(attempt, std::unexpected(error)); }, Qt::QueuedConnection);
    };
    auto source = sourceOf(due);
    auto passphrase = source ? m_store.deliveryPassphrase(due.request) : Result<Pki::SecretBytes>(std::unexpected(source.error()));
    if (!passphrase) {
        if (passphrase.error().code == ErrorCode::VaultLocked) {
            m_active.remove(due.request);
            m_waitsForVault = true;
            return;
        }
        endLater(passphrase.error());
        return;
    }
    attempt->source = std::move(*source);
    attempt->passphrase = std::make_shared<Pki::SecretBytes>(std::move(*passphrase));
    const auto paths = planDelivery(due.rule, attempt->source);
    if (!paths) {
        endLater(paths.error());
        return;
    }
    attempt->paths = *paths;
    // Values go to the pool and come back as one; the watcher goes with this object.
    auto promise = std::make_shared<QPromise<Result<void>>>();
    auto *watcher = new QFutureWatcher<Result<void>>(this);
    connect(watcher, &QFutureWatcherBase::finished, this, [this, watcher, attempt] {
        watcher->deleteLater();
        const Result<void> written = watcher->result();
        attempt->isWritten = written.has_value();
        if (written && !attempt->due.rule.program.isEmpty())
            runProgram(attempt);
        else
            end(attempt, written);
    });
    watcher->setFuture(promise->future());
    QThreadPool::globalInstance()->start([promise, attempt = std::shared_ptr<const Attempt>(attempt)] {
        promise->start();
        promise->addResult(writeDelivery(attempt->due.rule, attempt->source, attempt->paths, *attempt->passphrase));
        promise->finish();
    });
}

void Deliverer::runProgram(const AttemptPointer &attempt)
{
    const Delivery &rule = attempt->due.rule;
    const auto arguments = deliveryArguments(rule, attempt->source, attempt->paths);
    if (!arguments) {
        end(attempt, std::unexpected(arguments.error()));
        return;
    }
    auto *run =
        new ProgramRun({.program = rule.program,
                        .arguments = *arguments,
                        .environment = deliveryEnvironment(QProcessEnvironment::systemEnvironment(), attempt->source, attempt->paths),
                        .folder = rule.folder,
                        .timeout = rule.timeout},
                       this);
    connect(run, &ProgramRun::finished, this, [this, run, attempt](const ProgramResult &result) {
        run->deleteLater();
        attempt->output = result.output;
        if (result.isGood())
            end(attempt, {});
        else
            end(attempt, failure(ErrorCode::InvalidArgument, result.complaint(attempt->due.rule.program)));
    });
    run->start();
}

Result<bool> Deliverer::isOutdated(const Attempt &attempt)
{
    // A renewal, or other settings, came while it was under way: that is due now, whatever became of this one.
    const auto present = m_store.deliveryState(attempt.due.request);
    if (!present)
        return std::unexpected(present.error());
    const auto rule = m_store.deliveryRule(attempt.due.request);
    if (!rule)
        return std::unexpected(rule.error());
    return present->certificate != attempt.due.state.certificate || *rule != std::optional(attempt.due.rule);
}

void Deliverer::end(const AttemptPointer &attempt, const Result<void> &result)
{
    const Scep::RequestId request = attempt->due.request;
    const QDateTime now = m_clock.now();
    DeliveryState state = attempt->due.state;
    state.at = now;
    state.error = result ? std::nullopt : std::optional(result.error());
    state.state = result ? DeliveryState::State::Delivered : DeliveryState::State::Failed;
    state.attempts = result ? 0 : state.attempts + 1;
    state.nextTryAt = result ? QDateTime() : now.addSecs(deliveryPause(state.attempts).count());

    m_active.remove(request);
    const auto outdated = isOutdated(*attempt);
    const Result<void> recorded = !outdated   ? Result<void>(std::unexpected(outdated.error()))
                                  : *outdated ? Result<void>()
                                              : m_store.recordDelivery(request, state);
    if (!recorded && recorded.error().code != ErrorCode::InvalidArgument) { // that: the request was removed meanwhile
        m_held.insert(request, now.addSecs(storePause.count()));
        emit storeFailed(recorded.error());
    } else {
        m_held.remove(request);
    }
    QStringList files;
    if (attempt->isWritten)
        files = attempt->paths.caCertificates + QStringList{attempt->paths.key, attempt->paths.pkcs12, attempt->paths.chain,
                                                            attempt->paths.fullChain, attempt->paths.certificate};
    files.removeAll(QString());
    emit attempted({request, attempt->due.label, state, files, attempt->output});
    scheduleLook();
}

} // namespace Models
