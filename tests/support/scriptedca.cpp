// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/scriptedca.h"

namespace TestSupport {

using namespace Scep;

ScriptedCa::ScriptedCa(const QString &name, const Clock &clock)
    : ca(TestCa::create(name, clock.now()))
    , standing([this](const ReceivedRequest &request) { return issue(request); })
    , m_clock(clock)
{}

void ScriptedCa::serve(ScriptedNetwork &network)
{
    for (const char *operation : {"GetCACaps", "GetCACert", "PKIOperation"})
        network.handle(operation, [this](const ScriptedRequest &request) { return answer(request); });
}

ScriptedAnswer ScriptedCa::answer(const ScriptedRequest &request)
{
    if (request.operation == "GetCACaps")
        return ScriptedAnswer::ok(capabilities);
    if (request.operation == "GetCACert")
        return ScriptedAnswer::ok(must(Pki::degenerateCms(caCertificates())), "application/x-x509-ca-ra-cert");
    const auto read = readPkiRequest(request.pkiMessage(), ca.ra.certificate, ca.ra.key);
    if (!read)
        return ScriptedAnswer::http(400, "Bad Request", "unreadable: " + read.error().text.toUtf8());
    if (read->type == MessageType::GetCrl && crl) {
        crlRequests.append(*read);
        return crl(*read);
    }
    received.append(*read);
    if (read->type == MessageType::PkcsReq || read->type == MessageType::RenewalReq)
        m_csrs.insert(read->transactionId.toText(), read->payload);
    return script.isEmpty() ? standing(*read) : script.dequeue()(*read);
}

QList<Pki::Certificate> ScriptedCa::caCertificates() const
{
    return {ca.ra.certificate, ca.issuing.certificate, ca.root.certificate};
}

TrustAnchor ScriptedCa::anchor() const
{
    return {ca.root.certificate.fingerprint(), {}};
}

CertRepTemplate ScriptedCa::frame(const ReceivedRequest &request) const
{
    CertRepTemplate reply;
    reply.transactionId = request.transactionId;
    reply.senderNonce = Nonce::create();
    reply.recipientNonce = request.senderNonce;
    reply.signer = ca.ra.certificate;
    return reply;
}

Pki::Certificate ScriptedCa::certificateFor(const ReceivedRequest &request)
{
    const QByteArray der = m_csrs.value(request.transactionId.toText(), request.payload);
    return ca.issue(must(Pki::CertificationRequest::fromDer(der)), m_clock.now());
}

CertRepTemplate ScriptedCa::success(const ReceivedRequest &request, const Pki::Certificate &certificate) const
{
    CertRepTemplate reply = frame(request);
    CertRepTemplate::Success body;
    body.certificates = {certificate};
    body.recipient = request.signer;
    reply.body = body;
    return reply;
}

ScriptedAnswer ScriptedCa::deliver(const ReceivedRequest &request, const Pki::Certificate &certificate) const
{
    return pkiMessage(message(success(request, certificate)));
}

ScriptedAnswer ScriptedCa::issue(const ReceivedRequest &request)
{
    return deliver(request, certificateFor(request));
}

ScriptedAnswer ScriptedCa::deliverCrl(const ReceivedRequest &request, const QList<Pki::RevokedCertificate> &revoked) const
{
    const QDateTime now = m_clock.now();
    return deliverCrl(request, must(Pki::issueCrl(ca.issuing.certificate, ca.issuing.key, revoked, now, now.addDays(1),
                                                  static_cast<quint64>(now.toSecsSinceEpoch()))));
}

ScriptedAnswer ScriptedCa::deliverCrl(const ReceivedRequest &request, const Pki::Crl &list) const
{
    CertRepTemplate reply = frame(request);
    CertRepTemplate::Success body;
    body.recipient = request.signer;
    body.crls = {list};
    reply.body = body;
    return pkiMessage(message(reply));
}

ScriptedAnswer ScriptedCa::pending(const ReceivedRequest &request) const
{
    CertRepTemplate reply = frame(request);
    reply.body = CertRepTemplate::Pending{};
    return pkiMessage(message(reply));
}

ScriptedAnswer ScriptedCa::refuse(const ReceivedRequest &request, FailInfo info, const QString &text) const
{
    CertRepTemplate reply = frame(request);
    Rejection rejection;
    rejection.failInfoNumber = static_cast<int>(info);
    rejection.failInfoText = text;
    reply.body = rejection;
    return pkiMessage(message(reply));
}

QByteArray ScriptedCa::message(const CertRepTemplate &reply) const
{
    return must(buildCertRep(reply, ca.ra.key));
}

ScriptedAnswer ScriptedCa::pkiMessage(const QByteArray &der)
{
    return ScriptedAnswer::ok(der, "application/x-pki-message");
}

} // namespace TestSupport
