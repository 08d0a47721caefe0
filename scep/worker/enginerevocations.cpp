// SPDX-License-Identifier: GPL-3.0-or-later
// What the CRL of a server's issuing CA says of our certificates. It comes by GetCRL (RFC 8894 3.3.4), which a server need not know and
// does not announce: not to have it is worth a note and never a trouble.
#include "scep/worker/enginewiring.h"

#include <QHash>

#include <algorithm>

namespace Scep {

using namespace Qt::StringLiterals;

namespace {

constexpr int mostKeysTried = 8;
/// A server that does not know GetCRL is not asked again with every check; it may have learned it after a while.
constexpr qint64 unknownPauseSeconds = 7 * 24 * 3600;

/// The server answered that it has none for us. Anything else may pass by itself.
bool meansUnknown(ErrorCode code)
{
    return code == ErrorCode::Rejected || code == ErrorCode::HttpStatus || code == ErrorCode::EmptyReply || code == ErrorCode::HtmlReply ||
           code == ErrorCode::ReplyMalformed;
}

bool isTime(const CrlKnowledge &crl, const QDateTime &now)
{
    return !crl.askedAt.isValid() || !crl.lastError || !meansUnknown(crl.lastError->code) || crl.askedAt > now ||
           crl.askedAt.secsTo(now) >= unknownPauseSeconds;
}

} // namespace

void Engine::Private::lookForRevocations(ServerId id)
{
    if (askingForCrl.contains(id))
        return;
    auto query = crlQuery(id);
    refreshing.erase(id);
    if (!query) {
        emit q->serverChecked(id);
        return;
    }
    auto *runner = new QueryRunner(context, *std::move(query), q);
    queries.insert(runner);
    askingForCrl.insert(id);
    QObject::connect(runner, &QueryRunner::finished, q, [this, runner, id](const QueryResult &result) {
        queries.erase(runner);
        askingForCrl.erase(id);
        runner->deleteLater();
        takeCrl(result);
        touchActivity();
        emit q->serverChecked(id);
    });
    runner->start(agent(id));
    touchActivity();
}

std::optional<ServerQuery> Engine::Private::crlQuery(ServerId id)
{
    const ServerAgent *server = agent(id);
    if (!server || !server->isReady() || server->knowledge().lastError)
        return std::nullopt;
    const QDateTime now = context.clock.now();
    if (!refreshing.contains(id) && !isTime(server->knowledge().crl, now))
        return std::nullopt;
    const QList<CurrentCertificate> ours = renewals.issuedBy(server->knowledge().roles.issuing.subject(), now);
    if (ours.isEmpty())
        return std::nullopt;
    ServerQuery query;
    query.server = id;
    query.kind = ServerQuery::Kind::Crl;
    const auto askAbout = [&query](const Pki::Certificate &certificate) {
        query.about = {certificate.issuer(), certificate.serialNumber()};
    };
    askAbout(ours.first().certificate);
    // Most servers answer only to a signer that they issued. Without one a throw-away certificate signs, which some take.
    int tried = 0;
    for (const CurrentCertificate &current : ours) {
        if (current.revocation || !current.certificate.isValidAt(now))
            continue;
        const auto credential = context.journal.currentCredential(current.request);
        if (!credential || ++tried > mostKeysTried)
            break; // what cannot be read here cannot be read there: a locked vault
        if (credential->key.isNull() || !credential->key.canDecrypt())
            continue;
        query.credential = *credential;
        askAbout(current.certificate);
        break;
    }
    return query;
}

void Engine::Private::takeCrl(const QueryResult &result)
{
    ServerAgent *server = agent(result.server);
    if (!server || !server->isReady())
        return;
    CrlKnowledge known = server->knowledge().crl;
    known.askedAt = context.clock.now();
    known.lastError = result.error;
    if (!result.error && result.crls.first().thisUpdate() < known.thisUpdate)
        known.lastError = Error{ErrorCode::SignerNotInForce,
                                u"the server sent a CRL of %1, older than that of %2 which it sent before"_s.arg(
                                    result.crls.first().thisUpdate().toString(Qt::ISODate), known.thisUpdate.toString(Qt::ISODate))};
    if (known.lastError)
        return server->rememberCrl(known);

    const Pki::Crl &crl = result.crls.first();
    const QList<Pki::RevokedCertificate> revoked = crl.revoked();
    if (const auto stored = context.journal.recordRevocations({result.server, crl.issuer(), revoked}); !stored) {
        emit q->journalFailed(stored.error());
        known.lastError = stored.error();
        return server->rememberCrl(known);
    }
    known.thisUpdate = crl.thisUpdate();
    known.nextUpdate = crl.nextUpdate();
    known.revokedCount = static_cast<int>(revoked.size());
    server->rememberCrl(known);

    QHash<QByteArray, const Pki::RevokedCertificate *> bySerial;
    bySerial.reserve(revoked.size());
    for (const Pki::RevokedCertificate &entry : revoked)
        bySerial.insert(entry.serialNumber.bytes(), &entry);
    const QList<CurrentCertificate> ours = renewals.issuedBy(crl.issuer(), known.askedAt);
    for (const CurrentCertificate &current : ours) {
        const Pki::RevokedCertificate *found = bySerial.value(current.certificate.serialNumber().bytes());
        if (found)
            setRevocation(current, Revocation{found->revocationDate, found->reason});
        else if (current.revocation && current.revocation->isHold())
            setRevocation(current, std::nullopt);
    }
}

void Engine::Private::setRevocation(const CurrentCertificate &current, const std::optional<Revocation> &revocation)
{
    if (current.revocation == revocation)
        return;
    renewals.setRevocation(current.request, revocation);
    if (TransactionRunner *open = runner(current.request))
        open->setRevocation(revocation);
    if (revocation)
        emit q->certificateRevoked(current.request, *revocation);
}

} // namespace Scep
