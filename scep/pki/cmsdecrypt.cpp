// SPDX-License-Identifier: GPL-3.0-or-later
// Decrypting envelopedData (RFC 5652 6). RSA key transport is undone here, with exactly the key given and with the same work done whether
// or not its padding was right; key agreement and password recipients go through OpenSSL's CMS functions.
#include "scep/pki/cms.h"

#include "scep/pki/cmsenvelopedparts.h"
#include "scep/pki/cmssignature.h"
#include "scep/pki/opensslhandles.h"

#include <openssl/rsa.h>

#include <algorithm>

namespace Pki {

using namespace Detail;
using namespace Qt::StringLiterals;

namespace {

/// The one answer to every failed decryption: which step failed would help an attacker.
std::unexpected<Error> undecryptable()
{
    return failure(ErrorCode::DecryptionFailed, u"the content could not be decrypted with this key"_s);
}

/// RSAES-OAEP-params (RFC 4055 4.1) with its defaults, applied to `context`.
bool applyOaep(EVP_PKEY_CTX *context, const QByteArray &der)
{
    Digest digest = Digest::Sha1;
    Digest maskDigest = Digest::Sha1;
    QByteArray label;
    const auto algorithmIn = [](const Asn1Element &wrapper) {
        const auto inner = singleElement(wrapper.content);
        return inner ? readAlgorithm(*inner) : std::nullopt;
    };
    if (!der.isEmpty()) {
        const auto sequence = singleElement(der);
        if (!sequence || (sequence->identifier != Tag::sequence && sequence->identifier != Tag::null))
            return false;
        Asn1Reader reader(sequence->content);
        if (const auto element = reader.next(Tag::contextConstructed(0))) {
            const auto algorithm = algorithmIn(*element);
            const auto named = algorithm ? digestFromOid(algorithm->oid) : std::nullopt;
            if (!named)
                return false;
            digest = *named;
        }
        if (const auto element = reader.next(Tag::contextConstructed(1))) {
            const auto mask = algorithmIn(*element);
            const auto hashElement = mask ? singleElement(mask->parameters) : std::nullopt;
            const auto algorithm = hashElement ? readAlgorithm(*hashElement) : std::nullopt;
            const auto named = algorithm ? digestFromOid(algorithm->oid) : std::nullopt;
            if (!named || !isOid(mask->oid, "1.2.840.113549.1.1.8"))
                return false;
            maskDigest = *named;
        }
        if (const auto element = reader.next(Tag::contextConstructed(2))) {
            const auto source = algorithmIn(*element);
            const auto octets = source ? octetStringFromDer(source->parameters) : Result<QByteArray>(failure(ErrorCode::Malformed));
            if (!octets)
                return false;
            label = *octets;
        }
    }
    if (EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) != 1 ||
        EVP_PKEY_CTX_set_rsa_oaep_md(context, digestMethod(digest)) != 1 ||
        EVP_PKEY_CTX_set_rsa_mgf1_md(context, digestMethod(maskDigest)) != 1)
        return false;
    if (label.isEmpty())
        return true;
    void *copy = OPENSSL_memdup(label.constData(), static_cast<size_t>(label.size()));
    if (copy == nullptr)
        return false;
    if (EVP_PKEY_CTX_set0_rsa_oaep_label(context, copy, static_cast<int>(label.size())) != 1) {
        OPENSSL_free(copy);
        return false;
    }
    return true;
}

const unsigned char *octets(const QByteArray &bytes)
{
    return reinterpret_cast<const unsigned char *>(bytes.constData());
}

/// The content-encryption key, or a random one if there was anything wrong (RFC 3218 2.3.2): the caller goes on with it in either case, so
/// that neither time nor error tells a padding failure from a failure further on.
struct ContentKey {
    SecretBytes bytes;
    bool isReal = false;
};

ContentKey transportedKey(const RecipientParts &recipient, const PrivateKey &key, qsizetype keySize)
{
    ContentKey result{SecretBytes(static_cast<std::size_t>(keySize)), false};
    QByteArray random = randomBytes(static_cast<int>(keySize));
    std::ranges::copy(random, result.bytes.data());
    wipe(random);

    const EvpKeyContextPtr context(EVP_PKEY_CTX_new_from_pkey(libraryContext(), keyOf(key), nullptr));
    if (!context || EVP_PKEY_decrypt_init(context.get()) != 1)
        return result;
    if (isOid(recipient.algorithm.oid, "1.2.840.113549.1.1.7")) {
        if (!applyOaep(context.get(), recipient.algorithm.parameters))
            return result;
    } else if (!isOid(recipient.algorithm.oid, "1.2.840.113549.1.1.1") ||
               EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING) != 1) {
        return result;
    }
    const auto room = static_cast<qsizetype>(EVP_PKEY_get_size(keyOf(key)));
    QByteArray opened(room, '\0');
    auto size = static_cast<size_t>(room);
    const int outcome = EVP_PKEY_decrypt(context.get(), reinterpret_cast<unsigned char *>(opened.data()), &size,
                                         octets(recipient.encryptedKey), static_cast<size_t>(recipient.encryptedKey.size()));
    if (outcome == 1 && size == static_cast<size_t>(keySize)) {
        std::ranges::copy(QByteArrayView(opened).first(keySize), result.bytes.data());
        result.isReal = true;
    }
    wipe(opened);
    return result;
}

std::optional<QByteArray> decryptContent(const EnvelopedDataParts &parts, OSSL_LIB_CTX *library, const SecretBytes &key)
{
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(library, EVP_CIPHER_get0_name(cipherMethod(parts.cipher)), nullptr);
    const std::unique_ptr<EVP_CIPHER, Deleter<EVP_CIPHER_free>> cipherOwner(cipher);
    const EvpCipherContextPtr context(EVP_CIPHER_CTX_new());
    if (cipher == nullptr || !context ||
        EVP_DecryptInit_ex2(context.get(), cipher, reinterpret_cast<const unsigned char *>(key.view().data()),
                            octets(parts.initialisationVector), nullptr) != 1)
        return std::nullopt;
    QByteArray plain(parts.encryptedContent.size() + EVP_MAX_BLOCK_LENGTH, Qt::Uninitialized);
    auto *output = reinterpret_cast<unsigned char *>(plain.data());
    int first = 0;
    int last = 0;
    if (EVP_DecryptUpdate(context.get(), output, &first, octets(parts.encryptedContent), static_cast<int>(parts.encryptedContent.size())) !=
            1 ||
        EVP_DecryptFinal_ex(context.get(), output + first, &last) != 1)
        return std::nullopt;
    plain.truncate(first + last);
    return plain;
}

/// Hands the whole message to OpenSSL; `setKey` gives it the key.
template <typename SetKey>
Result<QByteArray> decryptWithCms(const EnvelopedDataParts &parts, SetKey setKey)
{
    OSSL_LIB_CTX *library = contextFor(parts.cipher);
    if (library == nullptr)
        return failure(ErrorCode::LegacyProviderMissing, displayName(parts.cipher));
    const BioPtr input = readOnlyBio(parts.bytes);
    CMS_ContentInfo *raw = CMS_ContentInfo_new_ex(library, nullptr);
    const bool isRead = raw != nullptr && input && d2i_CMS_bio(input.get(), &raw) != nullptr;
    const CmsPtr cms(raw);
    const BioPtr output(BIO_new(BIO_s_mem()));
    if (!isRead || !output || !setKey(cms.get()) || CMS_decrypt(cms.get(), nullptr, nullptr, nullptr, output.get(), CMS_BINARY) != 1)
        return undecryptable();
    return takeBytes(output.get());
}

} // namespace

Result<QByteArray> EnvelopedData::decrypt(const PrivateKey &key, const Certificate &certificate) const
{
    if (!m_data || key.isNull() || certificate.isNull())
        return undecryptable();
    const ErrorQueueGuard guard;
    using Kind = RecipientInfo::Kind;
    const IssuerAndSerialNumber own = certificate.issuerAndSerialNumber();
    const QByteArray ownKeyIdentifier = certificate.subjectKeyIdentifier();
    qsizetype chosen = -1;
    qsizetype transports = 0;
    qsizetype lastTransport = -1;
    for (qsizetype i = 0; i < m_data->recipients.size(); ++i) {
        const RecipientInfo &info = m_data->recipients.at(i);
        if (info.kind == Kind::KeyTransport) {
            ++transports;
            lastTransport = i;
        }
        const QByteArray &keyIdentifier = m_data->recipientParts.at(i).subjectKeyIdentifier;
        const bool isOwn = info.recipientId == own || (!keyIdentifier.isEmpty() && keyIdentifier == ownKeyIdentifier);
        if (chosen < 0 && isOwn && (info.kind == Kind::KeyTransport || info.kind == Kind::KeyAgreement))
            chosen = i;
    }
    // Name encodings differ between programs: the only recipient is meant for us, whatever it is called.
    if (chosen < 0 && transports == 1 && key.canDecrypt())
        chosen = lastTransport;
    const bool isTransport = chosen >= 0 && m_data->recipients.at(chosen).kind == Kind::KeyTransport;
    if (isTransport != key.canDecrypt())
        return undecryptable();

    if (isTransport) {
        OSSL_LIB_CTX *library = contextFor(m_data->cipher);
        if (library == nullptr)
            return failure(ErrorCode::LegacyProviderMissing, displayName(m_data->cipher));
        const ContentKey contentKey =
            transportedKey(m_data->recipientParts.at(chosen), key, EVP_CIPHER_get_key_length(cipherMethod(m_data->cipher)));
        std::optional<QByteArray> plain = decryptContent(*m_data, library, contentKey.bytes);
        if (!contentKey.isReal || !plain)
            return undecryptable();
        return *std::move(plain);
    }
    const X509Ptr x509 = duplicate(certificate);
    return decryptWithCms(*m_data,
                          [&](CMS_ContentInfo *cms) { return CMS_decrypt_set1_pkey_and_peer(cms, keyOf(key), x509.get(), nullptr) == 1; });
}

Result<QByteArray> EnvelopedData::decryptWithPassword(const SecretBytes &password) const
{
    if (!m_data || password.isEmpty())
        return undecryptable();
    const ErrorQueueGuard guard;
    return decryptWithCms(*m_data, [&](CMS_ContentInfo *cms) {
        // Not changed by OpenSSL; the parameter only lacks a const.
        auto *octets = reinterpret_cast<unsigned char *>(const_cast<char *>(password.view().data()));
        return CMS_decrypt_set1_password(cms, octets, password.view().size()) == 1;
    });
}

} // namespace Pki
