// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/labca/labdevice.h"

#include "scep/protocol/cacertificates.h"

using TestSupport::must;

LabCa::CaDescription quickCa()
{
    LabCa::CaDescription description;
    description.keySpec.bits = 1024;
    return description;
}

LabCaFolder::LabCaFolder(const LabCa::CaDescription &description)
    : depot(must(LabCa::Depot::openOrCreate(folder.path() + QStringLiteral("/ca"), description)))
{}

QByteArray buildMessage(const RequestPlan &plan)
{
    Scep::PkiRequest request;
    request.type = plan.type;
    request.transactionId = plan.transactionId;
    request.senderNonce = plan.senderNonce;
    request.payload = plan.payload;
    request.signer = plan.signer.certificate;
    request.recipient = plan.recipient;
    request.algorithms.digest = plan.digest;
    request.algorithms.cipher = plan.cipher;
    request.algorithms.keyTransport = plan.keyTransport;
    return must(Scep::buildPkiRequest(request, plan.signer.key));
}

LabDevice LabDevice::create(const QString &subject, const QByteArray &challenge, const QString &alternativeNames, const QString &keyName)
{
    LabDevice device;
    device.key = TestSupport::rsaKey(keyName);
    device.request = TestSupport::makeRequest(subject, device.key, alternativeNames, challenge);
    device.signer = {must(Scep::createRequestSigner(device.request.subject(), device.key, QDateTime::currentDateTimeUtc())), device.key};
    device.transactionId = Scep::TransactionId::create(device.key.publicKey());
    return device;
}

RequestPlan LabDevice::pkcsReq(const LabCa::Depot &depot) const
{
    RequestPlan plan;
    plan.transactionId = transactionId;
    plan.payload = request.der();
    plan.signer = signer;
    plan.recipient = depot.material()->current.recipient();
    return plan;
}

RequestPlan LabDevice::certPoll(const LabCa::Depot &depot) const
{
    RequestPlan plan = pkcsReq(depot);
    plan.type = Scep::MessageType::CertPoll;
    plan.payload = Scep::issuerAndSubjectDer(depot.issuing().subject(), request.subject());
    return plan;
}

Scep::Result<Scep::CertRep> LabDevice::read(const QByteArray &reply, const LabCa::Depot &depot, const RequestPlan &plan) const
{
    const QDateTime now = QDateTime::currentDateTimeUtc();
    const auto ca = depot.material();
    const Scep::CaCertificates offered{
        ca->current.raCertificates() + QList{ca->current.issuing, ca->current.root}, Scep::CaCertificates::Form::DegenerateSignedData, {}};
    Scep::CertRepContext context;
    context.transactionId = plan.transactionId;
    context.senderNonce = plan.senderNonce;
    context.roles = must(Scep::chooseRoles(offered, ca->current.root, now));
    context.publicKey = request.publicKey();
    context.subject = request.subject();
    context.subjectAlternativeNames = request.subjectAlternativeNames();
    context.signer = plan.signer.certificate;
    context.signerKey = plan.signer.key;
    context.now = now;
    return Scep::processCertRep(reply, context);
}

QString outcome(const LabCa::HttpResponse &response, const LabDevice &device, const LabCa::Depot &depot, const RequestPlan &plan)
{
    if (response.status != 200)
        return QStringLiteral("HTTP %1 %2").arg(response.status).arg(QString::fromUtf8(response.body).trimmed());
    if (response.contentType != "application/x-pki-message")
        return QStringLiteral("content type %1").arg(QString::fromUtf8(response.contentType));
    const auto reply = device.read(response.body, depot, plan);
    if (!reply)
        return QStringLiteral("unreadable: %1").arg(reply.error().detail);
    if (std::holds_alternative<Scep::IssuedReply>(*reply))
        return QStringLiteral("issued");
    if (std::holds_alternative<Scep::PendingReply>(*reply))
        return QStringLiteral("pending");
    const Scep::Rejection rejection = std::get<Scep::RejectedReply>(*reply).rejection;
    const auto info = rejection.failInfo();
    return QStringLiteral("%1: %2").arg(info ? Scep::displayName(*info) : QStringLiteral("no failInfo"), rejection.failInfoText);
}

LabCa::HttpResponse post(LabCa::Authority &authority, const QByteArray &message, LabCa::LogEntry *log)
{
    return authority.handle(
        {.isPost = true, .path = QStringLiteral("/scep"), .operation = QStringLiteral("PKIOperation"), .message = message}, log);
}

QString send(LabCa::Authority &authority, const LabDevice &device, const LabCa::Depot &depot, const RequestPlan &plan)
{
    return outcome(post(authority, buildMessage(plan)), device, depot, plan);
}

Pki::Certificate issuedCertificate(const LabCa::HttpResponse &response, const LabDevice &device, const LabCa::Depot &depot,
                                   const RequestPlan &plan)
{
    const auto reply = device.read(response.body, depot, plan);
    if (!reply || !std::holds_alternative<Scep::IssuedReply>(*reply))
        qFatal("not issued: %s", qPrintable(outcome(response, device, depot, plan)));
    return std::get<Scep::IssuedReply>(*reply).certificate;
}
