// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/protocol/negotiationpreview.h"

#include "scep/pki/oaepkey.h"
#include "scep/protocol/catrust.h"
#include "scep/protocol/negotiationparts.h"

using namespace Qt::StringLiterals;

namespace Scep {

namespace {

using What = NegotiationRow::What;

QString keyTransportName(Pki::KeyTransport transport)
{
    switch (transport) {
    case Pki::KeyTransport::RsaPkcs1:
        return u"RSA PKCS#1 v1.5"_s;
    case Pki::KeyTransport::RsaOaepSha1:
        return u"RSA-OAEP with SHA-1"_s;
    case Pki::KeyTransport::RsaOaepSha256:
        return u"RSA-OAEP with SHA-256"_s;
    }
    return {};
}

QString describe(const Pki::Certificate &certificate)
{
    return u"%1 (%2)"_s.arg(Detail::shortName(certificate), certificate.publicKey().displayName());
}

/// The reasons begin with the value ("SHA-256: the best that ..."), which has a column of its own here.
QString withoutValue(const QString &reason, const QString &value)
{
    const QString prefix = value + ": "_L1;
    return reason.startsWith(prefix) ? reason.mid(prefix.size()) : reason;
}

NegotiationRow keyTransportRow(const NegotiationInput &input)
{
    const Pki::KeyTransport transport = keyTransportFor(input.policy, input.roles.recipient);
    NegotiationRow row{What::KeyTransport, keyTransportName(transport), {}, {}};
    if (Pki::demandedKeyTransport(input.roles.recipient))
        row.reason = u"the recipient's certificate allows nothing but OAEP"_s;
    else if (transport == Pki::KeyTransport::RsaPkcs1)
        row.reason = u"what every server reads"_s;
    else
        row.reason = u"set for this server"_s;
    return row;
}

NegotiationRow recipientRow(const NegotiationInput &input)
{
    const CaRoles &roles = input.roles;
    NegotiationRow row{What::Recipient, describe(roles.recipient), {}, {}};
    const QString &because = input.roleOverride.reason;
    if (!input.roleOverride.encryption.isEmpty())
        row.reason = because.isEmpty() ? u"chosen by hand"_s : u"chosen by hand: %1"_s.arg(because);
    else if (roles.recipient == roles.raEncryption)
        row.reason = u"the RA certificate for encryption"_s;
    else if (roles.raSigning.isNull())
        row.reason = u"the CA itself: there is no RA certificate"_s;
    else
        row.reason = u"the CA itself: no RA certificate may receive requests"_s;
    if (roles.recipient.publicKey().bits() < 2048)
        row.warnings.append(u"The recipient's key has %1 bits only."_s.arg(roles.recipient.publicKey().bits()));
    if (roles.recipient.signatureDigest() == Pki::Digest::Md5)
        row.warnings.append(u"The recipient's certificate is signed with MD5, which can be forged."_s);
    return row;
}

NegotiationRow signersRow(const NegotiationInput &input)
{
    QStringList names;
    for (const Pki::Certificate &certificate : input.roles.expectedSigners)
        names.append(Detail::shortName(certificate));
    const QString reason =
        input.roleOverride.signing.isEmpty() ? u"the CA that was confirmed, and its RA certificates"_s : u"chosen by hand"_s;
    return {What::Signers, names.join(", "_L1), reason, {}};
}

Result<NegotiationRow> replyRow(const NegotiationInput &input)
{
    if (input.keyAlgorithm == Pki::KeySpec::Algorithm::Rsa)
        return NegotiationRow{What::Reply, u"to the requester's RSA key"_s, u"an RSA key can decrypt"_s, {}};
    if (!input.hasChallenge)
        return failure(ErrorCode::UnsupportedAlgorithm,
                       u"an EC key cannot decrypt the reply, and there is no challenge to encrypt it with (RFC 8894 3.1)"_s);
    return NegotiationRow{What::Reply,
                          u"with the challenge as password (pwri), or to the EC key (kari)"_s,
                          u"an EC key cannot decrypt (RFC 8894 3.1)"_s,
                          {u"Few servers can encrypt a reply to an EC key."_s}};
}

} // namespace

QString displayName(NegotiationRow::What what)
{
    switch (what) {
    case What::Cipher:
        return u"Cipher"_s;
    case What::Digest:
        return u"Digest"_s;
    case What::Transport:
        return u"Transport"_s;
    case What::KeyTransport:
        return u"Key transport"_s;
    case What::Recipient:
        return u"Encrypted to"_s;
    case What::Signers:
        return u"Reply signed by"_s;
    case What::Reply:
        return u"Reply encrypted"_s;
    }
    return {};
}

Pki::KeyTransport keyTransportFor(const AlgorithmPolicy &policy, const Pki::Certificate &recipient)
{
    if (policy.keyTransport != Pki::KeyTransport::RsaPkcs1)
        return policy.keyTransport;
    return Pki::demandedKeyTransport(recipient).value_or(policy.keyTransport);
}

Result<QList<NegotiationRow>> previewNegotiation(const NegotiationInput &input)
{
    if (input.roles.recipient.isNull())
        return failure(ErrorCode::NoUsableCaCertificate, u"there is no certificate to encrypt to"_s);
    QList<NegotiationRow> rows;
    Negotiated cipher;
    if (const auto done = Detail::chooseCipher(input.policy, input.capabilities, cipher); !done)
        return std::unexpected(done.error());
    const QString cipherName = Pki::displayName(cipher.cipher);
    rows.append({What::Cipher, cipherName, withoutValue(cipher.cipherReason, cipherName), cipher.warnings});

    Negotiated digest;
    if (const auto done = Detail::chooseDigest(input.policy, input.capabilities, digest); !done)
        return std::unexpected(done.error());
    const QString digestName = Pki::displayName(digest.digest);
    rows.append({What::Digest, digestName, withoutValue(digest.digestReason, digestName), digest.warnings});

    Negotiated method;
    Detail::chooseMethod(input.policy, input.capabilities, method);
    const QString methodName = method.method == HttpMethod::Post ? u"POST"_s : u"GET"_s;
    rows.append({What::Transport, methodName, withoutValue(method.methodReason, methodName), method.warnings});

    rows.append(keyTransportRow(input));
    rows.append(recipientRow(input));
    rows.append(signersRow(input));
    const auto reply = replyRow(input);
    if (!reply)
        return std::unexpected(reply.error());
    rows.append(*reply);
    return rows;
}

} // namespace Scep
