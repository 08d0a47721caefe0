// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/pki/cmsrecipients.h"

#include "scep/pki/asn1reader.h"
#include "scep/pki/cmscommon.h"
#include "scep/pki/cmssignature.h"

namespace Pki {

using namespace Detail;

namespace {

/// hashAlgorithm of RSAES-OAEP-params.
KeyTransport oaepTransport(QByteArrayView parameters)
{
    const auto sequence = singleElement(parameters);
    if (!sequence || sequence->identifier != Tag::sequence)
        return KeyTransport::RsaOaepSha1;
    Asn1Reader reader(sequence->content);
    const auto wrapper = reader.next(Tag::contextConstructed(0));
    const auto inner = wrapper ? singleElement(wrapper->content) : std::nullopt;
    const auto algorithm = inner ? readAlgorithm(*inner) : std::nullopt;
    const bool isSha256 = algorithm && digestFromOid(algorithm->oid) == Digest::Sha256;
    return isSha256 ? KeyTransport::RsaOaepSha256 : KeyTransport::RsaOaepSha1;
}

std::optional<Algorithm> keyEncryptionAlgorithm(const Asn1Element &keyTransport)
{
    Asn1Reader reader(keyTransport.content);
    const auto version = reader.next(Tag::integer);
    const auto id = version ? reader.next() : std::nullopt;
    const auto algorithm = id ? reader.next(Tag::sequence) : std::nullopt;
    return algorithm ? readAlgorithm(*algorithm) : std::nullopt;
}

} // namespace

std::optional<KeyTransport> keyTransportUsed(const QByteArray &envelopedDer)
{
    const auto info = readContentInfo(envelopedDer, {});
    if (!info || !isOid(info->type, Oids::envelopedData) || info->content.identifier != Tag::sequence)
        return std::nullopt;
    Asn1Reader fields(info->content.content);
    if (!fields.next(Tag::integer))
        return std::nullopt;
    if (fields.isNext(Tag::contextConstructed(0)))
        fields.next(); // originatorInfo
    const auto set = fields.next(Tag::set);
    if (!set)
        return std::nullopt;
    Asn1Reader recipients(set->content);
    while (const auto element = recipients.next()) {
        if (element->identifier != Tag::sequence)
            continue;
        const auto algorithm = keyEncryptionAlgorithm(*element);
        if (!algorithm)
            return std::nullopt;
        return isOid(algorithm->oid, "1.2.840.113549.1.1.7") ? oaepTransport(algorithm->parameters) : KeyTransport::RsaPkcs1;
    }
    return std::nullopt;
}

} // namespace Pki
