// SPDX-License-Identifier: GPL-3.0-or-later
// Reading envelopedData (RFC 5652 6) as a stranger sent it, within limits. Decryption is in cmsdecrypt.cpp.
#include "scep/pki/cms.h"

#include "scep/pki/asn1reader.h"
#include "scep/pki/cmscommon.h"
#include "scep/pki/cmsenvelopedparts.h"
#include "scep/pki/opensslhandles.h"

namespace Pki {

using namespace Detail;
using namespace Qt::StringLiterals;

namespace {

constexpr int maxPasswordIterations = 10'000'000; // some seconds; more is an attack on our time

std::unexpected<Error> malformed(const QString &what)
{
    return failure(ErrorCode::Malformed, u"broken envelopedData: %1"_s.arg(what));
}

std::unexpected<Error> refused(const QString &what)
{
    return failure(ErrorCode::ContentRefused, what);
}

bool readRecipientId(const Asn1Element &element, RecipientInfo &info, RecipientParts &parts)
{
    if (element.identifier == Tag::sequence) {
        const std::optional<IssuerAndSerialNumber> id = readIssuerAndSerialNumber(element);
        if (id)
            info.recipientId = *id;
        return id.has_value();
    }
    if (element.isString(Tag::context(0))) {
        // ktri: SubjectKeyIdentifier; kari: RecipientKeyIdentifier, a SEQUENCE that starts with one
        if (const std::optional<QByteArray> octets = stringOctets(element)) {
            parts.subjectKeyIdentifier = *octets;
            return true;
        }
        return element.isConstructed();
    }
    return false;
}

bool readKeyTransport(const Asn1Element &sequence, RecipientInfo &info, RecipientParts &parts)
{
    info.kind = RecipientInfo::Kind::KeyTransport;
    Asn1Reader reader(sequence.content);
    const auto version = reader.next(Tag::integer);
    const auto id = version ? reader.next() : std::nullopt;
    const auto algorithmElement = id ? reader.next() : std::nullopt;
    const auto algorithm = algorithmElement ? readAlgorithm(*algorithmElement) : std::nullopt;
    const auto key = algorithm ? reader.next() : std::nullopt;
    if (!key || !key->isString(Tag::octetString) || !reader.atEnd() || !readRecipientId(*id, info, parts))
        return false;
    const std::optional<QByteArray> octets = stringOctets(*key);
    if (!octets)
        return false;
    parts.algorithm = *algorithm;
    parts.encryptedKey = *octets;
    return true;
}

bool readKeyAgreement(const Asn1Element &sequence, RecipientInfo &info, RecipientParts &parts)
{
    info.kind = RecipientInfo::Kind::KeyAgreement;
    Asn1Reader reader(sequence.content);
    const auto version = reader.next(Tag::integer);
    const auto originator = version ? reader.next(Tag::contextConstructed(0)) : std::nullopt;
    if (!originator || (reader.isNext(Tag::contextConstructed(1)) && !reader.next()))
        return false;
    const auto algorithmElement = reader.next();
    const auto algorithm = algorithmElement ? readAlgorithm(*algorithmElement) : std::nullopt;
    const auto keys = algorithm ? reader.next(Tag::sequence) : std::nullopt;
    if (!keys || !reader.atEnd())
        return false;
    parts.algorithm = *algorithm;
    Asn1Reader keyReader(keys->content);
    const auto first = keyReader.next(Tag::sequence);
    if (!first)
        return false;
    Asn1Reader firstReader(first->content);
    const auto id = firstReader.next();
    return id && readRecipientId(*id, info, parts);
}

bool readPasswordRecipient(const Asn1Element &sequence, RecipientInfo &info, RecipientParts &parts)
{
    info.kind = RecipientInfo::Kind::Password;
    Asn1Reader reader(sequence.content);
    const auto version = reader.next(Tag::integer);
    if (!version)
        return false;
    if (const auto derivation = reader.next(Tag::contextConstructed(0))) {
        // [0] IMPLICIT AlgorithmIdentifier { PBKDF2, SEQUENCE { salt, iterationCount, .. } } (RFC 8018 A.2)
        Asn1Reader fields(derivation->content);
        const auto oid = fields.next(Tag::objectIdentifier);
        const auto parameters = oid ? fields.next(Tag::sequence) : std::nullopt;
        if (parameters) {
            Asn1Reader values(parameters->content);
            const auto salt = values.next();
            const auto iterations = salt ? values.next() : std::nullopt;
            const auto count = iterations ? readSmallInteger(*iterations) : std::nullopt;
            if (!count || *count > maxPasswordIterations)
                return false;
        }
    }
    const auto algorithmElement = reader.next();
    const auto algorithm = algorithmElement ? readAlgorithm(*algorithmElement) : std::nullopt;
    const auto key = algorithm ? reader.next() : std::nullopt;
    if (!key || !key->isString(Tag::octetString) || !reader.atEnd())
        return false;
    parts.algorithm = *algorithm;
    return true;
}

Result<void> readRecipients(const Asn1Element &set, const CmsLimits &limits, EnvelopedDataParts &all)
{
    Asn1Reader reader(set.content);
    while (!reader.atEnd()) {
        if (all.recipients.size() >= limits.maxRecipients)
            return failure(ErrorCode::TooLarge, u"more than %1 recipients"_s.arg(limits.maxRecipients));
        const std::optional<Asn1Element> element = reader.next();
        if (!element)
            return malformed(u"recipientInfos"_s);
        RecipientInfo info;
        RecipientParts parts;
        bool isRead = true;
        switch (element->identifier) {
        case Tag::sequence:
            isRead = readKeyTransport(*element, info, parts);
            break;
        case Tag::contextConstructed(1):
            isRead = readKeyAgreement(*element, info, parts);
            break;
        case Tag::contextConstructed(3):
            isRead = readPasswordRecipient(*element, info, parts);
            break;
        default:
            info.kind = RecipientInfo::Kind::Other;
            break;
        }
        if (!isRead)
            return malformed(u"a recipient"_s);
        info.keyEncryptionAlgorithm = parts.algorithm.oid;
        all.recipients.append(std::move(info));
        all.recipientParts.append(std::move(parts));
    }
    return {};
}

Result<void> readEncryptedContent(const Asn1Element &sequence, EnvelopedDataParts &parts)
{
    Asn1Reader reader(sequence.content);
    const auto typeElement = reader.next();
    const auto type = typeElement ? readOid(*typeElement) : std::nullopt;
    const auto algorithmElement = type ? reader.next() : std::nullopt;
    const auto algorithm = algorithmElement ? readAlgorithm(*algorithmElement) : std::nullopt;
    if (!algorithm)
        return malformed(u"encryptedContentInfo"_s);
    if (!isOid(*type, Oids::data))
        return refused(u"the encrypted content is %1, not data"_s.arg(type->displayName()));
    parts.cipherOid = algorithm->oid;
    const std::optional<Cipher> cipher = cipherFromOid(algorithm->oid);
    if (!cipher)
        return refused(u"content cipher %1"_s.arg(algorithm->oid.displayName()));
    parts.cipher = *cipher;
    const auto vector = singleElement(algorithm->parameters);
    if (!vector || vector->identifier != Tag::octetString || vector->content.size() != EVP_CIPHER_get_iv_length(cipherMethod(*cipher)))
        return malformed(u"the cipher's parameters"_s);
    parts.initialisationVector = vector->content.toByteArray();
    const auto content = reader.next();
    if (!content || !content->isString(Tag::context(0)) || !reader.atEnd())
        return malformed(u"encryptedContent"_s);
    const std::optional<QByteArray> octets = stringOctets(*content);
    if (!octets)
        return malformed(u"encryptedContent"_s);
    parts.encryptedContent = *octets;
    return {};
}

} // namespace

Result<EnvelopedData> EnvelopedData::fromDer(const QByteArray &bytes, const CmsLimits &limits)
{
    const Result<ContentInfoParts> outer = readContentInfo(bytes, limits);
    if (!outer)
        return std::unexpected(outer.error().code == ErrorCode::NotRecognised ? Error{ErrorCode::Malformed, outer.error().detail}
                                                                              : outer.error());
    if (!isOid(outer->type, Oids::envelopedData))
        return refused(u"the content type is %1, not envelopedData"_s.arg(outer->type.displayName()));
    if (outer->content.identifier != Tag::sequence)
        return malformed(u"its content"_s);

    auto parts = std::make_shared<EnvelopedDataParts>();
    parts->bytes = bytes;
    Asn1Reader reader(outer->content.content);
    if (!reader.next(Tag::integer) || (reader.isNext(Tag::contextConstructed(0)) && !reader.next())) // version, originatorInfo
        return malformed(u"its first fields"_s);
    const auto recipients = reader.next(Tag::set);
    const auto content = recipients ? reader.next(Tag::sequence) : std::nullopt;
    if (!content || (reader.isNext(Tag::contextConstructed(1)) && !reader.next()) || !reader.atEnd()) // unprotectedAttrs
        return malformed(u"its fields"_s);
    if (Result<void> read = readEncryptedContent(*content, *parts); !read)
        return std::unexpected(std::move(read.error()));
    if (Result<void> read = readRecipients(*recipients, limits, *parts); !read)
        return std::unexpected(std::move(read.error()));
    if (parts->recipients.isEmpty())
        return malformed(u"no recipient"_s);
    EnvelopedData envelopedData;
    envelopedData.m_data = std::move(parts);
    return envelopedData;
}

QList<RecipientInfo> EnvelopedData::recipients() const
{
    return m_data ? m_data->recipients : QList<RecipientInfo>();
}

Oid EnvelopedData::contentCipherOid() const
{
    return m_data ? m_data->cipherOid : Oid();
}

std::optional<Cipher> EnvelopedData::contentCipher() const
{
    return m_data ? std::optional(m_data->cipher) : std::nullopt;
}

} // namespace Pki
