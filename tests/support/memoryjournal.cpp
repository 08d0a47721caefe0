// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/memoryjournal.h"

#include <algorithm>

namespace TestSupport {

using namespace Qt::StringLiterals;
using namespace Scep;

void MemoryJournal::failNext(const QString &call, const Error &error, int times)
{
    m_failures.insert(call, {error, times});
}

std::optional<Error> MemoryJournal::enter(const QString &call, bool isWrite)
{
    if (watcher)
        watcher(call);
    if (const auto failure = m_failures.find(call); failure != m_failures.end() && failure->times > 0) {
        --failure->times;
        if (isWrite)
            calls.append(call + u" failed"_s);
        return failure->error;
    }
    if (isWrite)
        calls.append(call);
    return std::nullopt;
}

/// Counts the writing call under way.
bool MemoryJournal::lives()
{
    if (isDead())
        return false;
    if (writesToLive > 0)
        --writesToLive;
    return true;
}

/// As the store does it: the challenge goes with its transaction, what was provided for one enrollment is not for the next.
void MemoryJournal::wipeSecrets(RequestId request)
{
    challenges.remove(request);
    keys.remove(request);
    requestsOfDevices.remove(request);
}

Result<QList<EnrollmentServer>> MemoryJournal::servers()
{
    if (const auto error = enter(u"servers"_s, false))
        return std::unexpected(*error);
    return serverTable.values();
}

Result<QList<ServerKnowledge>> MemoryJournal::serverKnowledge()
{
    if (const auto error = enter(u"serverKnowledge"_s, false))
        return std::unexpected(*error);
    return knowledgeTable.values();
}

Result<QList<EnrollmentRequest>> MemoryJournal::requests()
{
    if (const auto error = enter(u"requests"_s, false))
        return std::unexpected(*error);
    return requestTable.values();
}

Result<QList<Transaction>> MemoryJournal::openTransactions()
{
    if (const auto error = enter(u"openTransactions"_s, false))
        return std::unexpected(*error);
    return open.values();
}

Result<QList<CurrentCertificate>> MemoryJournal::currentCertificates()
{
    if (const auto error = enter(u"currentCertificates"_s, false))
        return std::unexpected(*error);
    QList<CurrentCertificate> found;
    for (const IssuedCertificate &certificate : std::as_const(current))
        found.append({certificate.request, certificate.certificate, waiting.contains(certificate.request), certificate.receivedAt,
                      certificate.revocation});
    return found;
}

Result<Credential> MemoryJournal::currentCredential(RequestId request)
{
    if (const auto error = enter(u"currentCredential"_s, false))
        return std::unexpected(*error);
    const IssuedCertificate certificate = current.value(request);
    return Credential{certificate.certificate, certificate.key};
}

Result<QList<DueEnrollment>> MemoryJournal::dueEnrollments()
{
    if (const auto error = enter(u"dueEnrollments"_s, false))
        return std::unexpected(*error);
    QList<DueEnrollment> due;
    for (auto request = requestTable.cbegin(); enrollsByItself && request != requestTable.cend(); ++request) {
        const RequestId id = request.key();
        if (!open.contains(id) && (requested.contains(id) || (!current.contains(id) && !waiting.contains(id))))
            due.append({id, requested.contains(id) && renewals.contains(id)});
    }
    return due;
}

Result<Pki::PrivateKey> MemoryJournal::clientKey(ServerId server)
{
    if (const auto error = enter(u"clientKey"_s, false))
        return std::unexpected(*error);
    return clientKeys.value(server);
}

Result<Pki::SecretBytes> MemoryJournal::proxyPassword(ServerId server)
{
    if (const auto error = enter(u"proxyPassword"_s, false))
        return std::unexpected(*error);
    return Pki::SecretBytes(QByteArrayView(proxyPasswords.value(server)));
}

Result<Pki::SecretBytes> MemoryJournal::challenge(RequestId request)
{
    if (const auto error = enter(u"challenge"_s, false))
        return std::unexpected(*error);
    return Pki::SecretBytes(QByteArrayView(challenges.value(request)));
}

Result<Pki::PrivateKey> MemoryJournal::providedKey(RequestId request)
{
    if (const auto error = enter(u"providedKey"_s, false))
        return std::unexpected(*error);
    return keys.value(request);
}

Result<Pki::CertificationRequest> MemoryJournal::providedCsr(RequestId request)
{
    if (const auto error = enter(u"providedCsr"_s, false))
        return std::unexpected(*error);
    return requestsOfDevices.value(request);
}

Result<void> MemoryJournal::begin(const Transaction &transaction)
{
    if (const auto error = enter(u"begin"_s))
        return std::unexpected(*error);
    if (!lives())
        return {};
    if (open.contains(transaction.request))
        return failure(ErrorCode::WorkspaceInUse, u"the request has an open transaction"_s);
    open.insert(transaction.request, transaction);
    requested.remove(transaction.request);
    return {};
}

Result<void> MemoryJournal::update(const Transaction &transaction)
{
    if (const auto error = enter(u"update"_s))
        return std::unexpected(*error);
    if (!lives())
        return {};
    if (!open.contains(transaction.request))
        return failure(ErrorCode::Internal, u"update of a transaction that was not begun"_s);
    open.insert(transaction.request, transaction);
    return {};
}

Result<void> MemoryJournal::replace(const Transaction &former, const Transaction &next)
{
    if (const auto error = enter(u"replace"_s))
        return std::unexpected(*error);
    if (!lives())
        return {};
    if (!open.contains(former.request) || open.value(former.request).id != former.id || former.request != next.request)
        return failure(ErrorCode::Internal, u"replacement of a transaction that is not open"_s);
    open.insert(next.request, next);
    return {};
}

Result<void> MemoryJournal::complete(const Transaction &transaction, const IssuedCertificate &certificate)
{
    if (const auto error = enter(u"complete"_s))
        return std::unexpected(*error);
    if (!lives())
        return {};
    if (open.remove(transaction.request) == 0)
        return failure(ErrorCode::Internal, u"completion of a transaction that was not begun"_s);
    issued.append(certificate);
    current.insert(transaction.request, certificate);
    waiting.remove(transaction.request);
    wipeSecrets(transaction.request);
    return {};
}

Result<void> MemoryJournal::close(const Transaction &transaction, const TransactionStatus &status)
{
    if (const auto error = enter(u"close"_s))
        return std::unexpected(*error);
    if (!lives())
        return {};
    if (open.remove(transaction.request) == 0)
        return failure(ErrorCode::Internal, u"end of a transaction that was not begun"_s);
    closed.append(status);
    waiting.insert(transaction.request);
    challenges.remove(transaction.request);
    return {};
}

Result<void> MemoryJournal::recordStatus(const TransactionStatus &status)
{
    if (const auto error = enter(u"recordStatus"_s))
        return std::unexpected(*error);
    if (!lives())
        return {};
    recorded.append(status);
    requested.remove(status.request);
    renewals.remove(status.request);
    if (status.isOpen())
        requested.insert(status.request);
    if (status.isOpen() && status.isRenewal)
        renewals.insert(status.request);
    if (status.state == TransactionStatus::State::Rejected || status.state == TransactionStatus::State::Cancelled)
        waiting.insert(status.request);
    return {};
}

Result<void> MemoryJournal::recordRevocations(const RevocationList &list)
{
    if (const auto error = enter(u"recordRevocations"_s))
        return std::unexpected(*error);
    if (!lives())
        return {};
    const auto judge = [&list](IssuedCertificate &certificate) {
        if (list.revoked.isEmpty() && !certificate.revocation)
            return;
        if (certificate.certificate.issuer() != list.issuer)
            return;
        const Pki::SerialNumber serial = certificate.certificate.serialNumber();
        const auto found = std::ranges::find_if(list.revoked, [&serial](const auto &entry) { return entry.serialNumber == serial; });
        if (found != list.revoked.end())
            certificate.revocation = Revocation{found->revocationDate, found->reason};
        else if (certificate.revocation && certificate.revocation->isHold())
            certificate.revocation.reset();
    };
    for (IssuedCertificate &certificate : current)
        judge(certificate);
    return {};
}

Result<void> MemoryJournal::storeKnowledge(const ServerKnowledge &knowledge)
{
    // What a CRL brought comes beside everything else, and tells by its name.
    const ServerKnowledge known = knowledgeTable.value(knowledge.id);
    ServerKnowledge besides = knowledge;
    besides.crl = known.crl;
    besides.notes = known.notes;
    const bool isCrlOnly = besides == known && knowledge.crl != known.crl;
    if (const auto error = enter(isCrlOnly ? u"storeCrl"_s : u"storeKnowledge"_s))
        return std::unexpected(*error);
    if (!lives())
        return {};
    knowledgeTable.insert(knowledge.id, knowledge);
    return {};
}

void MemoryJournal::logExchange(const Exchange &exchange)
{
    exchanges.append(exchange);
}

} // namespace TestSupport
