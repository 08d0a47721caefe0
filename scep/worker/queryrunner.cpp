// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/worker/queryrunner.h"

#include "scep/protocol/certificatequery.h"
#include "scep/protocol/negotiationpreview.h"
#include "scep/worker/nextcacheck.h"

namespace Scep {

using namespace Qt::StringLiterals;

namespace {

/// A CRL of a large CA has megabytes.
constexpr qint64 largestCrlReply = 16 * 1024 * 1024;
constexpr Pki::KeySpec throwAwayKey{Pki::KeySpec::Algorithm::Rsa, 2048};

} // namespace

QueryRunner::QueryRunner(const EngineContext &context, ServerQuery query, QObject *parent)
    : QObject(parent)
    , m_context(context)
    , m_query(std::move(query))
{
    m_result.ticket = m_query.ticket;
    m_result.server = m_query.server;
    m_result.kind = m_query.kind;
}

void QueryRunner::start(ServerAgent *agent)
{
    m_agent = agent;
    // Never in the caller's stack: he has not even got his ticket yet.
    QMetaObject::invokeMethod(
        this,
        [this] {
            if (m_agent && m_agent->obstacle())
                m_agent->check(); // somebody asks now: do not judge by yesterday's failure
            advance();
        },
        Qt::QueuedConnection);
}

void QueryRunner::serverChanged()
{
    // Disabled or removed: its traffic stops at once.
    if (m_isSending && (!m_agent || !m_agent->server().isEnabled)) {
        m_isSending = false;
        if (m_job) {
            m_job->disconnect(this);
            m_job->cancel();
            m_job->deleteLater();
        }
        if (m_nextCaCheck) {
            m_nextCaCheck->disconnect(this);
            m_nextCaCheck->deleteLater();
        }
    }
    advance();
}

void QueryRunner::advance()
{
    if (m_hasEnded || m_isSending || m_isMakingKey)
        return;
    if (!m_agent)
        return end(Error{ErrorCode::InvalidArgument, u"there is no server number %1"_s.arg(m_query.server.value)});
    if (!m_agent->server().isEnabled)
        return end(Error{ErrorCode::NotPossibleNow, u"server %1 is disabled"_s.arg(m_agent->server().label)});
    if (!m_agent->isReady()) {
        if (m_agent->isChecking())
            return;
        return end(m_agent->obstacle().value_or(Error{ErrorCode::CaNotConfirmed, m_agent->server().label}));
    }
    if (m_query.kind == ServerQuery::Kind::NextCa)
        return askForNextCa();
    if (m_query.about.issuer.isEmpty() || m_query.about.serialNumber.isEmpty())
        return end(Error{ErrorCode::InvalidArgument, u"a query needs the issuer and the serial number of a certificate"_s});
    if (m_query.credential.certificate.isNull())
        return takeKey();
    sendMessage();
}

void QueryRunner::takeKey()
{
    m_isMakingKey = true;
    m_context.keyPool.take(throwAwayKey, this, [this](const Result<Pki::PrivateKey> &key) {
        m_isMakingKey = false;
        const auto name = Pki::DistinguishedName::fromText(u"CN=SCEP query"_s);
        const auto signer = key && name ? createRequestSigner(*name, *key, m_context.clock.now())
                                        : Result<Pki::Certificate>(std::unexpected(key ? name.error() : key.error()));
        if (!signer)
            return end(signer.error());
        m_query.credential = {*signer, *key};
        advance();
    });
}

void QueryRunner::sendMessage()
{
    const EnrollmentServer &server = m_agent->server();
    const auto algorithms = negotiate(server.algorithms, m_agent->knowledge().capabilities);
    if (!algorithms)
        return end(algorithms.error());
    m_result.notes += algorithms->warnings;

    m_expected.transactionId = TransactionId::create(m_query.credential.certificate.publicKey());
    m_expected.senderNonce = Nonce::create();
    m_expected.roles = m_agent->knowledge().roles;
    m_expected.signer = m_query.credential.certificate;
    m_expected.signerKey = m_query.credential.key;
    PkiRequest message;
    message.type = m_query.kind == ServerQuery::Kind::Crl ? MessageType::GetCrl : MessageType::GetCert;
    message.transactionId = m_expected.transactionId;
    message.senderNonce = m_expected.senderNonce;
    message.payload = issuerAndSerialNumberDer(m_query.about.issuer, m_query.about.serialNumber);
    message.signer = m_expected.signer;
    message.recipient = m_expected.roles.recipient;
    message.algorithms = *algorithms;
    message.algorithms.keyTransport = keyTransportFor(server.algorithms, message.recipient);
    const auto der = buildPkiRequest(message, m_expected.signerKey);
    if (!der)
        return end(der.error());

    ExchangeRequest exchange;
    exchange.operation = Operation::PkiOperation;
    exchange.server = server.url;
    exchange.message = *der;
    exchange.method = algorithms->method;
    BodyLimits limits;
    if (m_query.kind == ServerQuery::Kind::Crl)
        limits.certRep = largestCrlReply;
    m_isSending = true;
    m_job = m_context.exchanger.run(
        exchange, server.transport, {m_query.server, {}}, this,
        [this](const ExchangeOutcome &outcome, Exchange entry) { receiveMessage(outcome, std::move(entry)); }, limits);
}

void QueryRunner::receiveMessage(const ExchangeOutcome &outcome, Exchange entry)
{
    m_result.notes += outcome.reply.notes;
    if (outcome.error) {
        m_context.exchanger.record(entry);
        return end(outcome.error);
    }
    m_expected.now = m_context.clock.now();
    const auto reply = processCertRep(outcome.reply.body, m_expected);
    if (!reply) {
        entry.error = reply.error();
        m_context.exchanger.record(entry);
        return end(reply.error());
    }
    const QStringList notes = std::visit([](const auto &kind) { return kind.notes; }, *reply);
    entry.notes += notes;
    m_context.exchanger.record(entry);
    if (const auto *refused = std::get_if<RejectedReply>(&*reply)) {
        m_result.rejection = refused->rejection;
        return end(Error{ErrorCode::Rejected, toText(refused->rejection)});
    }
    if (const auto *answer = std::get_if<IssuedReply>(&*reply)) {
        const QStringList earlier = m_result.notes;
        const auto error = check(*answer);
        m_result.notes = earlier + (error ? notes : m_result.notes);
        return end(error);
    }
    end(Error{ErrorCode::StatusUnknown,
              u"PENDING is no answer to %1"_s.arg(m_query.kind == ServerQuery::Kind::Crl ? u"GetCRL"_s : u"GetCert"_s)});
}

std::optional<Error> QueryRunner::check(const IssuedReply &reply)
{
    if (m_query.kind == ServerQuery::Kind::Certificate) {
        const auto answer = answeredCertificate(reply, m_query.about, m_expected.roles, m_expected.now);
        if (!answer)
            return answer.error();
        m_result.certificates = QList{answer->certificate} + answer->chain.issuers();
        m_result.notes = answer->notes; // those of the reply among them
        return std::nullopt;
    }
    const auto answer = answeredCrl(reply, m_query.about, m_expected.now);
    if (!answer)
        return answer.error();
    m_result.crls = {answer->crl};
    m_result.notes = answer->notes;
    return std::nullopt;
}

void QueryRunner::askForNextCa()
{
    m_isSending = true;
    auto *check = new NextCaCheck(m_context, this);
    m_nextCaCheck = check;
    connect(check, &NextCaCheck::finished, this, [this, check](const NextCaAnswer &answer) {
        check->deleteLater();
        m_result.notes += answer.notes;
        if (answer.nextCa && m_agent)
            m_agent->stageNextCa(*answer.nextCa);
        m_result.nextCa = answer.nextCa;
        end(answer.error);
    });
    check->start(m_agent->server(), m_agent->knowledge());
}

void QueryRunner::end(const std::optional<Error> &error)
{
    if (std::exchange(m_hasEnded, true))
        return;
    m_result.error = error;
    m_query.credential = {};
    m_expected.signerKey = {};
    emit finished(m_result);
}

} // namespace Scep
