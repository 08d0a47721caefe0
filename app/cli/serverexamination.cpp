// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/serverexamination.h"

#include "app/cli/serverlook.h"
#include "scep/protocol/certrep.h"
#include "scep/protocol/messagesummary.h"

#include <QEventLoop>
#include <QNetworkAccessManager>

using namespace Qt::StringLiterals;
using Models::ProbeAnswer;
using Pki::Error;
using Pki::ErrorCode;
using Pki::Result;

namespace Cli {

namespace {

/// The server answered, but not with what was asked for.
bool isAnswerOfAnotherKind(ErrorCode code)
{
    return code == ErrorCode::HttpStatus || code == ErrorCode::EmptyReply || code == ErrorCode::HtmlReply ||
           code == ErrorCode::ReplyTooLarge;
}

class Examiner
{
public:
    explicit Examiner(const Scep::EnrollmentServer &server)
        : m_server(server)
    {
        m_facts.server = server.label;
        m_facts.url = server.url;
        m_facts.anchor = server.anchor;
        m_facts.cryptoLibrary = Pki::cryptoLibrary();
    }

    Models::ServerFacts run()
    {
        askForCapabilities();
        askForCertificates();
        m_facts.now = QDateTime::currentDateTimeUtc();
        if (m_facts.error)
            return m_facts;
        sortCertificates();
        askForNextCa();
        if (isConfirmed()) {
            pollForNothing();
            askForCrl();
        }
        return m_facts;
    }

private:
    [[nodiscard]] bool isConfirmed() const { return m_server.anchor.isSet() && !m_facts.trustError && m_facts.roles; }

    Scep::ExchangeOutcome exchange(Scep::ExchangeRequest request)
    {
        request.server = m_server.url;
        request.caIdentifier = m_server.caIdentifier;
        Scep::ExchangeJob job(m_network, request, m_server.transport);
        Scep::ExchangeOutcome outcome;
        QEventLoop loop;
        QObject::connect(&job, &Scep::ExchangeJob::finished, &loop, [&](const Scep::ExchangeOutcome &ended) {
            outcome = ended;
            loop.quit();
        });
        job.start();
        loop.exec();
        m_facts.notes += outcome.reply.notes;
        if (outcome.reply.serverDate.isValid())
            m_facts.clockSkew = std::chrono::seconds(QDateTime::currentDateTimeUtc().secsTo(outcome.reply.serverDate));
        if (outcome.error && outcome.error->code == ErrorCode::HttpStatus)
            m_facts.refusalText += outcome.error->detail + u' ';
        return outcome;
    }

    void askForCapabilities()
    {
        Scep::ExchangeRequest request;
        request.operation = Scep::Operation::GetCaCaps;
        const auto outcome = exchange(request);
        m_facts.hasAnsweredCapabilities = !outcome.error;
        if (!outcome.error)
            m_facts.capabilities = Scep::Capabilities::fromBody(outcome.reply.body);
    }

    void askForCertificates()
    {
        Scep::ExchangeRequest request;
        request.operation = Scep::Operation::GetCaCert;
        const auto outcome = exchange(request);
        m_facts.answeredFrom = outcome.reply.url;
        if (outcome.error) {
            m_facts.error = outcome.error;
            return;
        }
        auto read = Scep::parseCaCertificates(outcome.reply.body, outcome.reply.contentType);
        if (read)
            m_facts.offered = *std::move(read);
        else
            m_facts.error = read.error();
    }

    void sortCertificates()
    {
        auto top = m_server.anchor.isSet() ? Scep::authenticate(m_server.anchor, m_facts.offered, m_facts.now)
                                           : Scep::certificateToConfirm(m_facts.offered);
        if (!top && m_server.anchor.isSet())
            m_facts.trustError = top.error();
        if (!top) // what is there is judged all the same
            top = Scep::certificateToConfirm(m_facts.offered);
        auto roles = top ? Scep::chooseRoles(m_facts.offered, *top, m_facts.now) : Result<Scep::CaRoles>(std::unexpected(top.error()));
        if (roles)
            m_facts.roles = *std::move(roles);
        else
            m_facts.rolesError = roles.error();
    }

    void askForNextCa()
    {
        if (!isConfirmed()) {
            // Nothing to check an answer by; that there is none can be told all the same.
            Scep::ExchangeRequest request;
            request.operation = Scep::Operation::GetNextCaCert;
            const auto outcome = exchange(request);
            if (outcome.error && isAnswerOfAnotherKind(outcome.error->code))
                m_facts.nextCa = ProbeAnswer::NotUnderstood;
            return;
        }
        Scep::ServerQuery query;
        query.kind = Scep::ServerQuery::Kind::NextCa;
        const Scep::QueryResult result = ask(m_server, query);
        if (result.error && result.error->code == ErrorCode::HttpStatus)
            m_facts.refusalText += result.error->detail + u' ';
        m_facts.nextCa = answer(result.error);
        if (!result.error && !result.nextCa)
            m_facts.nextCa = ProbeAnswer::NotUnderstood;
    }

    /// How an error of a probe is to be taken. Trouble on the way says nothing about the server.
    ProbeAnswer answer(const std::optional<Error> &error)
    {
        if (!error)
            return ProbeAnswer::Understood;
        if (error->code == ErrorCode::Rejected || isAnswerOfAnotherKind(error->code))
            return ProbeAnswer::NotUnderstood;
        switch (error->code) {
        case ErrorCode::HostNotFound:
        case ErrorCode::ConnectionRefused:
        case ErrorCode::NetworkFailure:
        case ErrorCode::Timeout:
        case ErrorCode::TlsFailure:
        case ErrorCode::RedirectRefused:
        case ErrorCode::AlgorithmBelowFloor:
        case ErrorCode::CryptoFailure:
            return ProbeAnswer::NotAsked;
        default:
            break;
        }
        if (!m_facts.probeError)
            m_facts.probeError = error;
        return ProbeAnswer::Refused;
    }

    void noteReply(const QByteArray &message)
    {
        const auto signedData = Pki::SignedData::fromDer(message);
        if (!signedData || signedData->signers().isEmpty())
            return;
        if (const auto digest = signedData->signers().first().digest)
            m_facts.replyDigest = digest;
        const auto content = signedData->content();
        const auto envelope =
            content ? Pki::EnvelopedData::fromDer(*content) : Result<Pki::EnvelopedData>(Pki::failure(ErrorCode::NotRecognised));
        if (envelope && envelope->contentCipher())
            m_facts.replyCipher = envelope->contentCipher();
    }

    /// A CertPoll for a transaction that nobody knows: the right answer is FAILURE with badCertId (RFC 8894 3.3.3).
    void pollForNothing()
    {
        const auto poll = makePoll();
        if (!poll) {
            m_facts.certPoll = answer(poll.error());
            return;
        }
        Scep::ExchangeRequest request;
        request.operation = Scep::Operation::PkiOperation;
        request.message = poll->message;
        request.method = poll->method;
        const auto outcome = exchange(request);
        if (poll->method == Scep::HttpMethod::Post && outcome.reply.method == Scep::HttpMethod::Get)
            m_facts.isPostRefused = true;
        if (outcome.error) {
            m_facts.certPoll = answer(outcome.error);
            return;
        }
        noteReply(outcome.reply.body);
        const auto reply = Scep::processCertRep(outcome.reply.body, poll->context);
        if (!reply)
            m_facts.certPoll = answer(reply.error());
        else if (const auto *refused = std::get_if<Scep::RejectedReply>(&*reply))
            m_facts.certPoll = refused->rejection.failInfo() == Scep::FailInfo::BadAlg ? ProbeAnswer::NotAsked : ProbeAnswer::Understood;
        else
            m_facts.certPoll = ProbeAnswer::Understood;
    }

    struct Poll {
        QByteArray message;
        Scep::HttpMethod method = Scep::HttpMethod::Post;
        Scep::CertRepContext context;
    };
    Result<Poll> makePoll()
    {
        const Scep::CaRoles roles = m_facts.roles.value_or(Scep::CaRoles());
        const auto algorithms = Scep::negotiate(m_server.algorithms, m_facts.capabilities);
        if (!algorithms)
            return std::unexpected(algorithms.error());
        const auto key = Pki::PrivateKey::generate({Pki::KeySpec::Algorithm::Rsa, 2048});
        if (!key)
            return std::unexpected(key.error());
        const auto name = Pki::DistinguishedName::fromText(u"CN=SCEP doctor"_s);
        if (!name)
            return std::unexpected(name.error());
        const auto signer = Scep::createRequestSigner(*name, *key, m_facts.now);
        if (!signer)
            return std::unexpected(signer.error());

        Poll poll;
        poll.method = algorithms->method;
        poll.context.transactionId = Scep::TransactionId::create(key->publicKey());
        poll.context.senderNonce = Scep::Nonce::create();
        poll.context.roles = roles;
        poll.context.publicKey = key->publicKey();
        poll.context.subject = *name;
        poll.context.signer = *signer;
        poll.context.signerKey = *key;
        poll.context.now = m_facts.now;
        Scep::PkiRequest message;
        message.type = Scep::MessageType::CertPoll;
        message.transactionId = poll.context.transactionId;
        message.senderNonce = poll.context.senderNonce;
        message.payload = Scep::issuerAndSubjectDer(roles.issuing.subject(), *name);
        message.signer = *signer;
        message.recipient = roles.recipient;
        message.algorithms = *algorithms;
        const auto der = Scep::buildPkiRequest(message, *key);
        if (!der)
            return std::unexpected(der.error());
        poll.message = *der;
        return poll;
    }

    /// The only question whose answer comes encrypted without anything being issued.
    void askForCrl()
    {
        const Scep::CaRoles roles = m_facts.roles.value_or(Scep::CaRoles());
        Scep::ServerQuery query;
        query.kind = Scep::ServerQuery::Kind::Crl;
        query.about = roles.recipient != roles.issuing ? roles.recipient.issuerAndSerialNumber()
                                                       : Pki::IssuerAndSerialNumber{roles.issuing.subject(), roles.issuing.serialNumber()};
        const Scep::QueryResult result = ask(m_server, query, [this](const Scep::Exchange &exchange) {
            if (exchange.operation == Scep::Operation::PkiOperation && !exchange.error)
                noteReply(exchange.received);
        });
        m_facts.getCrl = answer(result.error);
        if (m_facts.getCrl == ProbeAnswer::Refused) // a CRL that is no good is no reason to distrust enrollments
            m_facts.getCrl = ProbeAnswer::NotUnderstood;
    }

    Scep::EnrollmentServer m_server;
    QNetworkAccessManager m_network;
    Models::ServerFacts m_facts;
};

} // namespace

Models::ServerFacts examine(const Scep::EnrollmentServer &server)
{
    return Examiner(server).run();
}

} // namespace Cli
