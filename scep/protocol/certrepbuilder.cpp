// SPDX-License-Identifier: GPL-3.0-or-later
// The server's side of CertRep (RFC 8894 3.3.2).
#include "scep/protocol/certrep.h"

#include "scep/pki/cmsrecipients.h"
#include "scep/protocol/certrepparts.h"

using namespace Qt::StringLiterals;

namespace Scep {

namespace {

Pki::Attribute textAttribute(const char *oid, const QByteArray &text)
{
    return {Pki::Oid::literal(oid), {Pki::printableStringDer(text)}};
}

void addRejection(const Rejection &rejection, QList<Pki::Attribute> &attributes)
{
    if (rejection.failInfoNumber >= 0)
        attributes.append(textAttribute(Oids::failInfo, QByteArray::number(rejection.failInfoNumber)));
    if (!rejection.failInfoText.isEmpty())
        attributes.append({Pki::Oid::literal(Oids::failInfoText), {Pki::utf8StringDer(rejection.failInfoText)}});
    if (rejection.hresult)
        attributes.append(textAttribute(Oids::ndesError, QByteArray::number(*rejection.hresult)));
}

PkiStatus statusOf(const CertRepTemplate &reply)
{
    if (std::holds_alternative<CertRepSuccess>(reply.body))
        return PkiStatus::Success;
    return std::holds_alternative<Rejection>(reply.body) ? PkiStatus::Failure : PkiStatus::Pending;
}

} // namespace

Result<QByteArray> certRepEnvelope(const CertRepSuccess &success)
{
    const auto bundle = Pki::degenerateCms(success.certificates, success.crls);
    if (!bundle)
        return bundle;
    if (success.recipient.publicKey().isRsa())
        return Pki::encryptCms(*bundle, success.recipient, success.cipher, success.keyTransport);
    if (success.byKeyAgreement)
        return Pki::encryptCmsByKeyAgreement(*bundle, success.recipient, success.cipher);
    if (success.password == nullptr || success.password->isEmpty())
        return failure(ErrorCode::UnsupportedAlgorithm,
                       u"the requester's key (%1) cannot decrypt and there is no challenge to encrypt with"_s.arg(
                           success.recipient.publicKey().displayName()));
    return Pki::encryptCmsWithPassword(*bundle, *success.password, success.cipher);
}

QList<Pki::Attribute> certRepAttributes(const CertRepTemplate &reply)
{
    QList<Pki::Attribute> attributes{
        textAttribute(Oids::transactionId, reply.transactionId.toText().toLatin1()),
        textAttribute(Oids::messageType, QByteArray::number(static_cast<int>(MessageType::CertRep))),
        {Pki::Oid::literal(Oids::recipientNonce), {Pki::octetStringDer(reply.recipientNonce.bytes())}},
    };
    if (!reply.senderNonce.isEmpty())
        attributes.append({Pki::Oid::literal(Oids::senderNonce), {Pki::octetStringDer(reply.senderNonce.bytes())}});
    attributes.append(textAttribute(Oids::pkiStatus, QByteArray::number(static_cast<int>(statusOf(reply)))));
    if (const auto *rejection = std::get_if<Rejection>(&reply.body))
        addRejection(*rejection, attributes);
    return attributes;
}

Result<QByteArray> buildCertRep(const CertRepTemplate &reply, const Pki::PrivateKey &signerKey)
{
    if (reply.transactionId.isEmpty() || reply.recipientNonce.isEmpty())
        return failure(ErrorCode::InvalidArgument, u"a CertRep needs a transactionID and a recipientNonce"_s);
    if (!Pki::belongTogether(signerKey, reply.signer))
        return failure(ErrorCode::KeyMismatch, u"the signer's certificate and the key do not belong together"_s);

    Pki::SignOptions options;
    options.digest = reply.digest;
    if (reply.includeSigner)
        options.certificates = {reply.signer};
    options.signedAttributes = certRepAttributes(reply);
    if (const auto *success = std::get_if<CertRepSuccess>(&reply.body)) {
        const auto envelope = certRepEnvelope(*success);
        if (!envelope)
            return envelope;
        return Pki::signCms(*envelope, reply.signer, signerKey, options);
    }
    options.hasContent = reply.refusalContent.has_value();
    return Pki::signCms(reply.refusalContent.value_or(QByteArray()), reply.signer, signerKey, options);
}

} // namespace Scep
