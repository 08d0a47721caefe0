// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/pki/keyfile.h"

#include "scep/pki/opensslhandles.h"

namespace Pki {

using namespace Qt::StringLiterals;
using namespace Detail;

Result<QByteArray> encryptedPkcs8Pem(const PrivateKey &key, const SecretBytes &secret, int rounds)
{
    if (secret.isEmpty())
        return failure(ErrorCode::EmptyPassphrase);
    if (key.isNull())
        return failure(ErrorCode::InvalidArgument, u"no private key"_s);
    const ErrorQueueGuard guard;
    // The simple writers cannot set the number of rounds, so the layers are made one by one.
    const Pkcs8Ptr info(EVP_PKEY2PKCS8(keyOf(key)));
    const std::unique_ptr<EVP_CIPHER, Deleter<EVP_CIPHER_free>> cipher(EVP_CIPHER_fetch(libraryContext(), "AES-256-CBC", nullptr));
    QByteArray salt = randomBytes(16);
    if (info == nullptr || cipher == nullptr)
        return std::unexpected(drainErrors(ErrorCode::CryptoFailure));
    X509_ALGOR *algorithm = PKCS5_pbe2_set_iv_ex(cipher.get(), rounds, reinterpret_cast<unsigned char *>(salt.data()),
                                                 static_cast<int>(salt.size()), nullptr, NID_hmacWithSHA256, libraryContext());
    if (algorithm == nullptr)
        return std::unexpected(drainErrors(ErrorCode::CryptoFailure));
    const std::unique_ptr<X509_SIG, Deleter<X509_SIG_free>> encrypted(
        PKCS8_set0_pbe_ex(secret.view().data(), static_cast<int>(secret.size()), info.get(), algorithm, libraryContext(), nullptr));
    if (encrypted == nullptr) {
        X509_ALGOR_free(algorithm);
        return std::unexpected(drainErrors(ErrorCode::CryptoFailure));
    }
    const BioPtr bio(BIO_new(BIO_s_mem()));
    if (PEM_write_bio_PKCS8(bio.get(), encrypted.get()) != 1)
        return std::unexpected(drainErrors(ErrorCode::CryptoFailure));
    return takeBytes(bio.get());
}

bool isEncryptedPem(QByteArrayView pem)
{
    return pem.contains("BEGIN ENCRYPTED PRIVATE KEY") || pem.contains("Proc-Type: 4,ENCRYPTED");
}

std::optional<int> keyDerivationRounds(const QByteArray &pem)
{
    const ErrorQueueGuard guard;
    const BioPtr bio(BIO_new_mem_buf(pem.constData(), static_cast<int>(pem.size())));
    const std::unique_ptr<X509_SIG, Deleter<X509_SIG_free>> encrypted(PEM_read_bio_PKCS8(bio.get(), nullptr, nullptr, nullptr));
    if (encrypted == nullptr)
        return std::nullopt;
    const X509_ALGOR *algorithm = nullptr;
    X509_SIG_get0(encrypted.get(), &algorithm, nullptr);
    const ASN1_OBJECT *name = nullptr;
    int type = 0;
    const void *value = nullptr;
    X509_ALGOR_get0(&name, &type, &value, algorithm);
    if (OBJ_obj2nid(name) != NID_pbes2 || type != V_ASN1_SEQUENCE)
        return std::nullopt;
    const auto unpack = [](const void *sequence, const ASN1_ITEM *item) {
        return ASN1_item_unpack(static_cast<const ASN1_STRING *>(sequence), item);
    };
    const std::unique_ptr<PBE2PARAM, Deleter<PBE2PARAM_free>> scheme(static_cast<PBE2PARAM *>(unpack(value, ASN1_ITEM_rptr(PBE2PARAM))));
    if (scheme == nullptr)
        return std::nullopt;
    X509_ALGOR_get0(&name, &type, &value, scheme->keyfunc);
    if (OBJ_obj2nid(name) != NID_id_pbkdf2 || type != V_ASN1_SEQUENCE)
        return std::nullopt;
    const std::unique_ptr<PBKDF2PARAM, Deleter<PBKDF2PARAM_free>> derivation(
        static_cast<PBKDF2PARAM *>(unpack(value, ASN1_ITEM_rptr(PBKDF2PARAM))));
    return derivation == nullptr ? std::nullopt : std::optional(static_cast<int>(ASN1_INTEGER_get(derivation->iter)));
}

} // namespace Pki
