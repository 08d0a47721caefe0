// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/worker/lifebench.h"

#include <QThreadPool>

namespace TestSupport {

using namespace Scep;
using namespace std::chrono_literals;
using State = TransactionStatus::State;

namespace {

QString nameOf(MessageType type)
{
    switch (type) {
    case MessageType::PkcsReq:
        return "PKCSReq";
    case MessageType::RenewalReq:
        return "RenewalReq";
    case MessageType::CertPoll:
        return "CertPoll";
    default:
        return "other";
    }
}

} // namespace

LifeBench::LifeBench()
{
    ca.capabilities = "AES\nSHA-256\nPOSTPKIOperation\nRenewal\n";
    journal.challenges.clear();
    journal.keys.clear(); // every key is made here: none can come back but from the journal
    journal.requestTable[requestId].keySpec = {Pki::KeySpec::Algorithm::Rsa, 1024};
    journal.enrollsByItself = true;
    journal.watcher = [this](const QString &call) {
        static const QSet<QString> writes{"begin", "update", "replace", "complete", "close", "recordStatus", "storeKnowledge"};
        if (writes.contains(call) && !mayHappen(call))
            journal.writesToLive = 0;
    };
    ca.standing = [this](const ReceivedRequest &request) { return receive(request); };
}

bool LifeBench::mayHappen(const QString &event)
{
    if (isDead())
        return false;
    if (eventsToLive >= 0 && m_eventCount == eventsToLive)
        return false;
    ++m_eventCount;
    events.append(event);
    return true;
}

bool LifeBench::isByCertificate(const ReceivedRequest &request)
{
    return request.signer.issuer() != request.signer.subject();
}

ScriptedAnswer LifeBench::receive(const ReceivedRequest &request)
{
    if (!mayHappen("> " + nameOf(request.type))) {
        journal.writesToLive = 0;
        ca.received.removeLast(); // it never arrived
        return ScriptedAnswer::hanging();
    }
    const QString id = request.transactionId.toText();
    const Transaction stored = journal.open.value(requestId);
    if (stored.id != request.transactionId)
        m_lost.append("a message was sent whose transaction is not in the journal");
    if (request.type != MessageType::CertPoll) {
        const auto csr = must(Pki::CertificationRequest::fromDer(request.payload));
        if (stored.key.isNull() || stored.key.publicKey() != csr.publicKey())
            m_lost.append("a request was sent whose key is not in the journal");
        if (csr.hasChallengePassword())
            m_challenges[csr.challengePassword().view().toByteArray()].insert(id);
    }
    if (m_issuedByServer.contains(id))
        return ca.deliver(request, m_issuedByServer.value(id));
    if (policy) {
        if (const auto answer = policy(request, m_seen[id]++))
            return *answer;
    }
    const Pki::Certificate certificate = ca.certificateFor(request);
    m_issuedByServer.insert(id, certificate);
    return ca.deliver(request, certificate);
}

void LifeBench::giveChallenge()
{
    if (!journal.challenges.contains(requestId))
        journal.challenges.insert(requestId, "one-time " + QByteArray::number(++m_challengeCount));
}

void LifeBench::revive()
{
    hasDied = true;
    eventsToLive = -1;
    stop(); // whatever it still did is lost
    journal.writesToLive = -1;
    start();
}

void LifeBench::rest()
{
    int quietRounds = 0;
    const bool isQuiet = QTest::qWaitFor(
        [&] {
            for (int round = 0; round < 4 && !isDead(); ++round) {
                QThreadPool::globalInstance()->waitForDone();
                QCoreApplication::processEvents();
                const Activity activity = engine->activity();
                const bool isIdle = network.running() == 0 && activity.kind == Activity::Kind::Idle && activity.runningExchanges == 0;
                quietRounds = isIdle ? quietRounds + 1 : 0;
            }
            return isDead() || quietRounds >= 4;
        },
        5000);
    if (!isQuiet)
        qWarning("the engine does not come to rest");
}

void LifeBench::letTimePass()
{
    const TransactionStatus now = status();
    const QDateTime next = now.isOpen() ? now.nextAttemptAt : engine->renewalDueAt(requestId);
    if (next.isValid())
        clock.advanceTo(next);
}

bool LifeBench::live(const QList<Stage> &stages)
{
    start();
    rest();
    int number = 0;
    for (const Stage &stage : stages) {
        ++number;
        for (int round = 0; round < 40 && !stage.isReached(*this); ++round) {
            if (isDead())
                revive();
            rest();
            if (isDead() || stage.isReached(*this))
                continue;
            stage.act(*this);
            rest();
            if (!isDead() && !stage.isReached(*this))
                letTimePass();
            rest();
        }
        if (!stage.isReached(*this)) {
            qWarning() << "stage" << number << "not reached:" << status().state << status().error.value_or(Error{}).detail << events;
            return false;
        }
    }
    if (isDead())
        revive();
    rest();
    return true;
}

QString LifeBench::violation() const
{
    if (!m_lost.isEmpty())
        return m_lost.join(", ");
    for (auto challenge = m_challenges.cbegin(); challenge != m_challenges.cend(); ++challenge) {
        if (challenge->size() > 1)
            return "a one-time challenge was sent in two transactions";
    }
    QSet<QString> kept;
    for (const IssuedCertificate &certificate : journal.issued) {
        if (kept.contains(certificate.transactionId))
            return "a certificate was stored twice";
        kept.insert(certificate.transactionId);
        if (!Pki::belongTogether(certificate.key, certificate.certificate))
            return "a certificate without its key";
    }
    for (auto issuedOne = m_issuedByServer.cbegin(); issuedOne != m_issuedByServer.cend(); ++issuedOne) {
        if (!kept.contains(issuedOne.key()))
            return "a certificate that the server issued never came home";
    }
    if (!journal.open.isEmpty())
        return "a transaction is still open";
    if (journal.issued.isEmpty())
        return {};
    const IssuedCertificate current = journal.current.value(requestId);
    if (current.certificate != journal.issued.last().certificate)
        return "the current certificate is not the last one";
    return {};
}

} // namespace TestSupport
