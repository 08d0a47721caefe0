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

} // namespace Pki
