// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/worker/serveragent.h"

#include "scep/worker/pollschedule.h"
#include "scep/worker/servertrust.h"

#include <algorithm>

namespace Scep {

using namespace Qt::StringLiterals;

namespace {

constexpr std::chrono::seconds shortestCheckInterval{60};

} // namespace

ServerAgent::ServerAgent(const EngineContext &context, const EnrollmentServer &server, QObject *parent)
    : QObject(parent)
    , m_context(context)
    , m_server(server)
    , m_gate(context.scheduler, context.clock, u"gate:%1"_s.arg(server.id.value))
{
    m_knowledge.id = server.id;
    m_gate.setLimits(server.exchangesAtOnce, server.requestsPerMinute);
    readSecrets();
}

/// What the transport needs and the server's record does not hold.
bool ServerAgent::lacksSecrets() const
{
    const TransportSettings &transport = m_server.transport;
    return (!transport.clientCertificates.isEmpty() && transport.clientKey.isNull()) ||
           (!transport.proxyUser.isEmpty() && !transport.proxyPassword);
}

/// A secret that cannot be read now is tried again with the next check; until then exchanges fail with a clear word.
void ServerAgent::readSecrets()
{
    TransportSettings &transport = m_server.transport;
    if (!transport.clientCertificates.isEmpty() && transport.clientKey.isNull()) {
        if (const auto key = m_context.journal.clientKey(m_server.id))
            transport.clientKey = *key;
        else
            emit journalFailed(key.error());
    }
    if (!transport.proxyUser.isEmpty() && !transport.proxyPassword) {
        if (auto password = m_context.journal.proxyPassword(m_server.id))
            transport.proxyPassword = std::make_shared<const Pki::SecretBytes>(std::move(*password));
        else
            emit journalFailed(password.error());
    }
}

void ServerAgent::secretsAvailable()
{
    if (!lacksSecrets())
        return;
    readSecrets();
    check();
}

void ServerAgent::retire()
{
    m_server.isEnabled = false;
    abortCheck();
    m_gate.retire();
    m_context.scheduler.cancel(schedulerKey(m_server.id));
}

QString ServerAgent::schedulerKey(ServerId id)
{
    return u"server:%1"_s.arg(id.value);
}

void ServerAgent::restore(const ServerKnowledge &knowledge)
{
    m_knowledge = knowledge;
    m_knowledge.id = m_server.id;
    m_knowledge = withNextCaInForce(m_server, m_knowledge, m_context.clock.now());
    // The anchor may have been changed while no engine was running.
    if (m_knowledge.trust == ServerKnowledge::Trust::Confirmed && !isConfirmedBy(m_server.anchor, m_knowledge)) {
        m_knowledge = {};
        m_knowledge.id = m_server.id;
    } else if (m_server.anchor.isSet() && m_knowledge.trust != ServerKnowledge::Trust::Confirmed) {
        m_knowledge.lastContact = {}; // not trusted then: look again now, not when a day is over
    }
}

void ServerAgent::start()
{
    if (m_server.isEnabled)
        plan();
}

void ServerAgent::setServer(const EnrollmentServer &server, ChangeEffects effects)
{
    const EnrollmentServer former = std::exchange(m_server, server);
    if (m_server.transport.clientKey.isNull() && former.transport.clientCertificates == server.transport.clientCertificates)
        m_server.transport.clientKey = former.transport.clientKey;
    if (!m_server.transport.proxyPassword && former.transport.proxyUser == server.transport.proxyUser)
        m_server.transport.proxyPassword = former.transport.proxyPassword;
    readSecrets();
    m_gate.setLimits(server.exchangesAtOnce, server.requestsPerMinute);
    m_gate.reopen(); // whatever was changed may have been the cure
    if (effects.testFlag(ChangeEffect::ForgetsServer)) {
        abortCheck();
        m_failures = 0;
        ServerKnowledge nothing;
        nothing.id = server.id;
        setKnowledge(nothing);
    } else if (effects.testFlag(ChangeEffect::ChoosesRoles)) {
        setKnowledge(judgeAgain(m_server, m_knowledge, m_context.clock.now()));
    }
    if (!server.isEnabled) {
        abortCheck();
        m_context.scheduler.cancel(schedulerKey(m_server.id));
    } else if (!isChecking()) {
        plan();
    }
    emit readinessChanged();
}

void ServerAgent::check()
{
    if (!m_server.isEnabled || isChecking())
        return;
    m_context.scheduler.cancel(schedulerKey(m_server.id));
    readSecrets();
    m_check = new ServerCheck(m_context.exchanger, m_context.clock, this);
    connect(m_check, &ServerCheck::finished, this, &ServerAgent::finishCheck);
    m_check->start(m_server.id, m_server.url, m_server.caIdentifier, m_server.transport);
    emit checkingChanged();
}

void ServerAgent::abortCheck()
{
    if (m_nextCaCheck) {
        m_nextCaCheck->disconnect(this);
        m_nextCaCheck->deleteLater();
        m_nextCaCheck = nullptr;
    }
    if (!m_check)
        return;
    // Not deleted on the spot: one of its own signals may have brought us here.
    m_check->disconnect(this);
    m_check->deleteLater();
    m_check = nullptr;
    emit checkingChanged();
}

void ServerAgent::finishCheck(const ServerAnswers &answers)
{
    m_check->deleteLater();
    m_check = nullptr;
    m_failures = answers.error ? m_failures + 1 : 0;
    if (!answers.error)
        m_gate.reopen(); // it is there again: one tries, the others follow
    setKnowledge(judge(m_server, m_knowledge, answers, m_context.clock.now()));
    plan(answers.retryAfter);
    emit checkingChanged();
    emit readinessChanged();
    if (!checkNextCa())
        emit checked();
}

bool ServerAgent::checkNextCa()
{
    const bool isOffered = m_knowledge.capabilities.has(Capabilities::Keyword::GetNextCaCert);
    if (!m_server.followsRollover || !isOffered || !isReady() || m_knowledge.lastError || m_nextCaCheck)
        return false;
    m_nextCaCheck = new NextCaCheck(m_context, this);
    connect(m_nextCaCheck, &NextCaCheck::finished, this, [this](const NextCaAnswer &answer) {
        m_nextCaCheck->deleteLater();
        m_nextCaCheck = nullptr;
        emit checkingChanged();
        if (answer.nextCa) {
            stageNextCa(*answer.nextCa);
        } else if (answer.error) {
            // The current CA goes on to be used; but a next one that somebody forged is worth a word.
            ServerKnowledge knowledge = m_knowledge;
            knowledge.notes.append(u"What the server announces as its next CA was refused: %1"_s.arg(answer.error->detail));
            setKnowledge(knowledge);
        }
        emit checked();
    });
    m_nextCaCheck->start(m_server, m_knowledge);
    emit checkingChanged();
    return true;
}

void ServerAgent::stageNextCa(const NextCa &nextCa)
{
    // What is announced may be what is in use already.
    const bool isNews = nextCa.roles.issuing != m_knowledge.roles.issuing;
    const NextCa staged = isNews ? nextCa : NextCa();
    if (staged == m_knowledge.nextCa)
        return;
    ServerKnowledge knowledge = m_knowledge;
    knowledge.nextCa = staged;
    setKnowledge(knowledge);
    if (!isChecking())
        plan();
}

QDateTime ServerAgent::switchTime(const QDateTime &now) const
{
    if (m_knowledge.nextCa.isNull())
        return {};
    // The new CA comes into force, or the old one goes: the server may send another certificate from then on.
    const QDateTime begin = m_knowledge.nextCa.roles.issuing.notBefore();
    const QDateTime end = m_knowledge.roles.issuing.notAfter().addSecs(1);
    if (begin > now && (begin < end || end <= now))
        return begin;
    return end > now ? end : QDateTime();
}

void ServerAgent::setKnowledge(const ServerKnowledge &knowledge)
{
    m_knowledge = knowledge;
    if (const auto stored = m_context.journal.storeKnowledge(m_knowledge); !stored)
        emit journalFailed(stored.error());
    emit knowledgeChanged(m_knowledge);
}

void ServerAgent::rememberPollingByRequest()
{
    if (m_knowledge.pollsByRequest)
        return;
    ServerKnowledge knowledge = m_knowledge;
    knowledge.pollsByRequest = true;
    setKnowledge(knowledge);
}

void ServerAgent::rememberRenewal(RenewalStep step)
{
    if (m_knowledge.renewalStep == step)
        return;
    ServerKnowledge knowledge = m_knowledge;
    knowledge.renewalStep = step;
    setKnowledge(knowledge);
}

void ServerAgent::rememberCrl(const CrlKnowledge &crl)
{
    ServerKnowledge knowledge = m_knowledge;
    knowledge.crl = crl;
    knowledge.notes.removeIf(isCrlNote);
    if (crl.lastError)
        knowledge.notes.append(crlNote(*crl.lastError));
    setKnowledge(knowledge);
}

void ServerAgent::acceptCapabilities()
{
    ServerKnowledge knowledge = m_knowledge;
    knowledge.seenCapabilities = knowledge.capabilities;
    knowledge.notes.removeIf(isShrinkageNote);
    setKnowledge(knowledge);
}

void ServerAgent::plan(std::optional<std::chrono::seconds> retryAfter)
{
    const QDateTime now = m_context.clock.now();
    QDateTime next;
    if (m_failures > 0)
        next = now.addSecs(retryPause(m_server.retryInterval, m_failures, EngineContext::jitter(), retryAfter).count());
    else if (m_knowledge.lastContact.isValid() && m_knowledge.lastContact <= now) // else the clock was set back since
        next = m_knowledge.lastContact.addSecs(std::max(m_server.caCheckInterval, shortestCheckInterval).count());
    if (const QDateTime change = switchTime(now); m_failures == 0 && change.isValid() && change < next)
        next = change;
    if (next > now)
        m_context.scheduler.schedule(schedulerKey(m_server.id), next);
    else
        check(); // no timer on the way to a first certificate
}

bool ServerAgent::isReady() const
{
    return m_server.isEnabled && isConfirmedBy(m_server.anchor, m_knowledge);
}

std::optional<Error> ServerAgent::obstacle() const
{
    // While it is being asked the former answer is stale: somebody may have put it right just now.
    if (isReady() || !m_server.isEnabled || isChecking())
        return std::nullopt;
    if (m_knowledge.lastError)
        return m_knowledge.lastError;
    if (!m_server.anchor.isSet())
        return Error{ErrorCode::CaNotConfirmed, m_server.label};
    return std::nullopt;
}

QDateTime ServerAgent::nextTryAt() const
{
    const auto reason = obstacle();
    return reason && mayPass(reason->code) ? m_context.scheduler.dueAt(schedulerKey(m_server.id)) : QDateTime();
}

bool ServerAgent::isPromising() const
{
    return m_server.isEnabled && m_server.anchor.isSet() && m_knowledge.trust != ServerKnowledge::Trust::Refused;
}

} // namespace Scep
