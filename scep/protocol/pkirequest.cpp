// SPDX-License-Identifier: GPL-3.0-or-later
// The client's side: writing pkiMessages (RFC 8894 3.1-3.3).
#include "scep/protocol/pkirequest.h"

#include "scep/protocol/wire.h"

using namespace Qt::StringLiterals;

namespace Scep {

namespace {

constexpr int signerBackdatedDays = 1;
constexpr int signerValidDays = 60;

} // namespace

Result<Pki::Certificate> createRequestSigner(const Pki::DistinguishedName &subject, const Pki::PrivateKey &key, const QDateTime &now,
                                             Pki::Digest digest)
{
    if (key.isNull())
        return failure(ErrorCode::InvalidArgument, u"a signer certificate needs a key"_s);
    Pki::CertificateTemplate description;
    description.subject = subject;
    description.publicKey = key.publicKey();
    description.notBefore = now.addDays(-signerBackdatedDays);
    description.notAfter = now.addDays(signerValidDays);
    // Extensions are not needed, and some servers judge the ones they find.
    description.withKeyIdentifiers = false;
    return Pki::issueCertificate(description, key, {}, digest);
}

Result<QByteArray> buildPkiRequest(const PkiRequest &request, const Pki::PrivateKey &signerKey)
{
    if (request.type == MessageType::CertRep)
        return failure(ErrorCode::InvalidArgument, u"a CertRep is no request"_s);
    if (request.transactionId.isEmpty() || request.senderNonce.isEmpty())
        return failure(ErrorCode::InvalidArgument, u"a request needs a transactionID and a senderNonce"_s);
    if (request.payload.isEmpty() || request.signer.isNull() || request.recipient.isNull())
        return failure(ErrorCode::InvalidArgument, u"a request needs a content, a signer and a recipient"_s);
    if (!Pki::belongTogether(signerKey, request.signer))
        return failure(ErrorCode::KeyMismatch, u"the signer's certificate and the key do not belong together"_s);

    const auto envelope = Pki::encryptCms(request.payload, request.recipient, request.algorithms.cipher, request.algorithms.keyTransport);
    if (!envelope)
        return std::unexpected(envelope.error());

    Pki::SignOptions options;
    options.digest = request.algorithms.digest;
    options.certificates = {request.signer};
    options.signedAttributes = {
        {Pki::Oid::literal(Oids::messageType), {Pki::printableStringDer(QByteArray::number(static_cast<int>(request.type)))}},
        {Pki::Oid::literal(Oids::transactionId), {Pki::printableStringDer(request.transactionId.toText().toLatin1())}},
        {Pki::Oid::literal(Oids::senderNonce), {Pki::octetStringDer(request.senderNonce.bytes())}},
    };
    return Pki::signCms(*envelope, request.signer, signerKey, options);
}

QByteArray issuerAndSubjectDer(const Pki::DistinguishedName &issuer, const Pki::DistinguishedName &subject)
{
    return Detail::sequence(issuer.der() + subject.der());
}

Result<IssuerAndSubject> issuerAndSubjectFromDer(const QByteArray &der)
{
    constexpr char sequenceTag = 0x30;
    const auto malformed = [] { return failure(ErrorCode::Malformed, u"not an IssuerAndSubject"_s); };
    qsizetype offset = 0;
    const std::optional<QByteArray> content = Detail::takeElement(der, sequenceTag, offset);
    if (!content || offset != der.size())
        return malformed();
    offset = 0;
    if (!Detail::takeElement(*content, sequenceTag, offset))
        return malformed();
    const qsizetype middle = offset;
    if (!Detail::takeElement(*content, sequenceTag, offset) || offset != content->size())
        return malformed();
    // The names are kept as they came: re-encoding would make them other names.
    const auto issuer = Pki::DistinguishedName::fromDer(content->left(middle));
    const auto subject = Pki::DistinguishedName::fromDer(content->mid(middle));
    if (!issuer || !subject)
        return malformed();
    return IssuerAndSubject{*issuer, *subject};
}

} // namespace Scep
