// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/worker/servercheck.h"

namespace Scep {

using namespace Qt::StringLiterals;

namespace {

/// The server answered, only not with capabilities: GetCACaps is optional in practice, and the answer is an empty set.
bool meansNoCapabilities(ErrorCode code)
{
    return code == ErrorCode::HttpStatus || code == ErrorCode::EmptyReply || code == ErrorCode::HtmlReply ||
           code == ErrorCode::ReplyTooLarge;
}

} // namespace

QString capabilitiesFailure(const Error &error)
{
    // The detail alone names the server at most where the code says what happened.
    switch (error.code) {
    case ErrorCode::EmptyReply:
        return u"the answer is empty"_s;
    case ErrorCode::HtmlReply:
        return u"a web page came"_s;
    case ErrorCode::Timeout:
        return u"no answer in time"_s;
    case ErrorCode::ConnectionRefused:
        return u"connection refused"_s;
    default:
        return error.detail;
    }
}

ServerCheck::ServerCheck(Exchanger &exchanger, const Clock &clock, QObject *parent)
    : QObject(parent)
    , m_exchanger(exchanger)
    , m_clock(clock)
{}

void ServerCheck::start(ServerId server, const QUrl &url, const QString &caIdentifier, const TransportSettings &transport)
{
    m_server = server;
    m_transport = transport;
    ExchangeRequest &request = m_request;
    request.server = url;
    request.caIdentifier = caIdentifier;
    request.operation = Operation::GetCaCaps;
    m_exchanger.run(request, transport, {server, {}}, this,
                    [this](const ExchangeOutcome &outcome, Exchange entry) { readCapabilities(outcome, std::move(entry)); });
    request.operation = Operation::GetCaCert;
    m_exchanger.run(request, transport, {server, {}}, this,
                    [this](const ExchangeOutcome &outcome, Exchange entry) { readCertificates(outcome, std::move(entry)); });
}

void ServerCheck::readCapabilities(const ExchangeOutcome &outcome, Exchange entry)
{
    if (!outcome.error) {
        m_answers.capabilities = Capabilities::fromBody(outcome.reply.body);
        if (m_answers.capabilities.isEmpty())
            entry.notes.append(u"GetCACaps: the reply lists no capabilities, so the server is taken for a very old one"_s);
    } else if (meansNoCapabilities(outcome.error->code)) {
        entry.notes.append(u"GetCACaps failed, so the server is taken for a very old one (%1)"_s.arg(capabilitiesFailure(*outcome.error)));
    } else {
        m_capabilitiesError = outcome.error;
    }
    m_answers.notes += entry.notes;
    noteTime(outcome.reply);
    m_exchanger.record(entry);
    finishPart();
}

void ServerCheck::readCertificates(const ExchangeOutcome &outcome, Exchange entry)
{
    if (outcome.error) {
        m_certificatesError = outcome.error;
    } else if (auto read = parseCaCertificates(outcome.reply.body, outcome.reply.contentType)) {
        m_answers.offered = *std::move(read);
        entry.notes += m_answers.offered.leniencies;
    } else {
        m_certificatesError = read.error();
        entry.error = read.error();
    }
    m_answers.retryAfter = outcome.reply.retryAfter;
    m_answers.notes += entry.notes;
    noteTime(outcome.reply);
    m_exchanger.record(entry);
    finishPart();
}

bool ServerCheck::lacksChain() const
{
    return !m_certificatesError && !m_answers.capabilities.has(Capabilities::Keyword::ScepStandard) &&
           m_answers.offered.certificates.size() == 1 && !m_answers.offered.certificates.first().isSelfIssued();
}

void ServerCheck::askForChain()
{
    m_request.operation = Operation::GetCaCertChain;
    m_exchanger.run(m_request, m_transport, {m_server, {}}, this,
                    [this](const ExchangeOutcome &outcome, Exchange entry) { readChain(outcome, std::move(entry)); });
}

/// Whatever it is: the one certificate of GetCACert stays the first, and a chain that does not come is no error.
void ServerCheck::readChain(const ExchangeOutcome &outcome, Exchange entry)
{
    const auto chain = outcome.error ? Result<CaCertificates>(std::unexpected(*outcome.error))
                                     : parseCaCertificates(outcome.reply.body, outcome.reply.contentType);
    if (chain) {
        for (const Pki::Certificate &certificate : chain->certificates) {
            if (!m_answers.offered.certificates.contains(certificate))
                m_answers.offered.certificates.append(certificate);
        }
        entry.notes.append(u"GetCACert sent an intermediate CA alone; its issuers came by GetCACertChain"_s);
    } else {
        entry.notes.append(u"GetCACert sent an intermediate CA alone, and GetCACertChain gave no more (%1)"_s.arg(chain.error().detail));
    }
    m_answers.notes += entry.notes;
    m_exchanger.record(entry);
    finishPart();
}

void ServerCheck::noteTime(const ExchangeReply &reply)
{
    if (reply.serverDate.isValid())
        m_answers.clockSkew = std::chrono::seconds(m_clock.now().secsTo(reply.serverDate));
}

void ServerCheck::finishPart()
{
    if (--m_outstanding > 0)
        return;
    if (m_outstanding == 0 && lacksChain())
        return askForChain();
    // The certificates are what the check is for: their error tells more.
    m_answers.error = m_certificatesError ? m_certificatesError : m_capabilitiesError;
    m_answers.notes.removeDuplicates(); // both questions were redirected alike, for example
    emit finished(m_answers);
}

} // namespace Scep
