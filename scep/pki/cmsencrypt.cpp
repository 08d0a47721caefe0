// SPDX-License-Identifier: GPL-3.0-or-later
// Writing envelopedData (RFC 5652 6) with OpenSSL's CMS functions, in definite-length DER: servers written in Go cannot digest BER, so
// CMS_STREAM is never used.
#include "scep/pki/cms.h"

#include "scep/pki/cmsrecipients.h"
#include "scep/pki/oaepkey.h"
#include "scep/pki/opensslhandles.h"

#include <openssl/rsa.h>

namespace Pki {

using namespace Detail;
using namespace Qt::StringLiterals;

namespace Detail {

const EVP_CIPHER *cipherMethod(Cipher cipher)
{
    switch (cipher) {
    case Cipher::Des:
        return EVP_des_cbc();
    case Cipher::TripleDes:
        return EVP_des_ede3_cbc();
    case Cipher::Aes128:
        return EVP_aes_128_cbc();
    case Cipher::Aes192:
        return EVP_aes_192_cbc();
    case Cipher::Aes256:
        return EVP_aes_256_cbc();
    }
    Q_UNREACHABLE();
}

std::optional<Cipher> cipherFromOid(const Oid &oid)
{
    switch (OBJ_txt2nid(oid.toText().toLatin1().constData())) {
    case NID_des_cbc:
        return Cipher::Des;
    case NID_des_ede3_cbc:
        return Cipher::TripleDes;
    case NID_aes_128_cbc:
        return Cipher::Aes128;
    case NID_aes_192_cbc:
        return Cipher::Aes192;
    case NID_aes_256_cbc:
        return Cipher::Aes256;
    default:
        return std::nullopt;
    }
}

OSSL_LIB_CTX *contextFor(Cipher cipher)
{
    return cipher == Cipher::Des ? legacyLibraryContext() : libraryContext();
}

} // namespace Detail

namespace {

constexpr unsigned int encryptFlags = CMS_BINARY | CMS_PARTIAL;
constexpr int passwordIterations = 100'000;

Result<CmsPtr> newEnvelope(Cipher cipher)
{
    OSSL_LIB_CTX *context = contextFor(cipher);
    if (context == nullptr)
        return failure(ErrorCode::LegacyProviderMissing, displayName(cipher));
    CmsPtr cms(CMS_encrypt_ex(nullptr, nullptr, cipherMethod(cipher), encryptFlags, context, nullptr));
    if (!cms)
        return std::unexpected(drainErrors(ErrorCode::CryptoFailure));
    return cms;
}

Result<QByteArray> finish(CMS_ContentInfo *cms, const QByteArray &content)
{
    const BioPtr input = readOnlyBio(content);
    if (!input || CMS_final(cms, input.get(), nullptr, encryptFlags) != 1)
        return std::unexpected(drainErrors(ErrorCode::CryptoFailure));
    QByteArray der = toDer(i2d_CMS_ContentInfo, cms);
    if (der.isEmpty())
        return std::unexpected(drainErrors(ErrorCode::CryptoFailure));
    return der;
}

bool setOaep(CMS_RecipientInfo *recipient, const EVP_MD *digest)
{
    EVP_PKEY_CTX *context = CMS_RecipientInfo_get0_pkey_ctx(recipient);
    return context != nullptr && EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_oaep_md(context, digest) == 1 && EVP_PKEY_CTX_set_rsa_mgf1_md(context, digest) == 1;
}

} // namespace

Result<QByteArray> encryptCms(const QByteArray &content, const Certificate &recipient, Cipher cipher, KeyTransport transport)
{
    const ErrorQueueGuard guard;
    X509Ptr x509 = duplicate(recipient);
    if (!x509)
        return failure(ErrorCode::InvalidArgument, u"there is no recipient certificate"_s);
    const EVP_PKEY *key = X509_get0_pubkey(x509.get());
    if (const EvpKeyPtr oaepKey = key == nullptr ? oaepKeyOf(x509.get()) : nullptr) {
        // The recipient is named by issuer and serial number, so a copy with the key as OpenSSL knows it does as well.
        x509.reset(X509_dup(x509.get()));
        if (!x509 || X509_set_pubkey(x509.get(), oaepKey.get()) != 1)
            return std::unexpected(drainErrors(ErrorCode::CryptoFailure));
        key = X509_get0_pubkey(x509.get());
        if (transport == KeyTransport::RsaPkcs1)
            transport = demandedKeyTransport(recipient).value_or(transport);
    }
    if (key == nullptr || EVP_PKEY_is_a(key, "RSA") != 1)
        return failure(ErrorCode::UnsupportedAlgorithm, u"the recipient's key is not RSA: %1"_s.arg(recipient.publicKey().displayName()));
    const Result<CmsPtr> cms = newEnvelope(cipher);
    if (!cms)
        return std::unexpected(cms.error());
    // keyUsage is not looked at: CA certificates with keyCertSign only are routinely the recipient.
    CMS_RecipientInfo *info = CMS_add1_recipient_cert(cms->get(), x509.get(), transport == KeyTransport::RsaPkcs1 ? 0 : CMS_KEY_PARAM);
    if (info == nullptr)
        return std::unexpected(drainErrors(ErrorCode::CryptoFailure));
    if (transport != KeyTransport::RsaPkcs1 && !setOaep(info, transport == KeyTransport::RsaOaepSha1 ? EVP_sha1() : EVP_sha256()))
        return std::unexpected(drainErrors(ErrorCode::CryptoFailure));
    return finish(cms->get(), content);
}

Result<QByteArray> encryptCmsWithPassword(const QByteArray &content, const SecretBytes &password, Cipher cipher)
{
    const ErrorQueueGuard guard;
    if (password.isEmpty())
        return failure(ErrorCode::EmptyPassphrase, u"an envelope without a password"_s);
    const Result<CmsPtr> cms = newEnvelope(cipher);
    if (!cms)
        return std::unexpected(cms.error());
    const QByteArrayView octets = password.view();
    auto *copy = static_cast<unsigned char *>(OPENSSL_memdup(octets.data(), static_cast<size_t>(octets.size())));
    if (copy == nullptr)
        return failure(ErrorCode::CryptoFailure);
    // RFC 8894 3.1 and RFC 3211: PBKDF2 and id-alg-PWRI-KEK, wrapped with the content cipher.
    if (CMS_add0_recipient_password(cms->get(), passwordIterations, NID_id_alg_PWRI_KEK, NID_id_pbkdf2, copy, octets.size(),
                                    cipherMethod(cipher)) == nullptr) {
        OPENSSL_clear_free(copy, static_cast<size_t>(octets.size()));
        return std::unexpected(drainErrors(ErrorCode::CryptoFailure, u"the password recipient could not be made"_s));
    }
    return finish(cms->get(), content);
}

Result<QByteArray> encryptCmsByKeyAgreement(const QByteArray &content, const Certificate &recipient, Cipher cipher)
{
    const ErrorQueueGuard guard;
    const X509Ptr x509 = duplicate(recipient);
    if (!x509)
        return failure(ErrorCode::InvalidArgument, u"there is no recipient certificate"_s);
    const EVP_PKEY *key = X509_get0_pubkey(x509.get());
    if (key == nullptr || EVP_PKEY_is_a(key, "EC") != 1)
        return failure(ErrorCode::UnsupportedAlgorithm, u"the recipient's key cannot agree: %1"_s.arg(recipient.publicKey().displayName()));
    const Result<CmsPtr> cms = newEnvelope(cipher);
    if (!cms)
        return std::unexpected(cms.error());
    // OpenSSL takes key agreement for an EC key by itself, and the key wrap that fits the content cipher.
    if (CMS_add1_recipient_cert(cms->get(), x509.get(), 0) == nullptr)
        return std::unexpected(drainErrors(ErrorCode::CryptoFailure));
    return finish(cms->get(), content);
}

} // namespace Pki
