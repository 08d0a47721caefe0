// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/pki/symmetric.h"

#include "scep/pki/digest.h"
#include "scep/pki/opensslhandles.h"

#include <limits>

namespace Pki {

using namespace Qt::StringLiterals;
using namespace Detail;

namespace {

constexpr int keySize = 32;
constexpr int nonceSize = 12; // NIST SP 800-38D 8.2: 96 bits
constexpr int tagSize = 16;

using EvpCipherPtr = std::unique_ptr<EVP_CIPHER, Deleter<EVP_CIPHER_free>>;

EvpCipherPtr aesGcm()
{
    return EvpCipherPtr(EVP_CIPHER_fetch(libraryContext(), "AES-256-GCM", nullptr));
}

const unsigned char *bytesOf(QByteArrayView view)
{
    return reinterpret_cast<const unsigned char *>(view.data());
}

bool fits(QByteArrayView view)
{
    return view.size() <= std::numeric_limits<int>::max() - 64;
}

} // namespace

Result<QByteArray> seal(const SecretBytes &key, QByteArrayView plain, QByteArrayView associatedData)
{
    const ErrorQueueGuard guard;
    if (key.size() != keySize)
        return failure(ErrorCode::InvalidArgument, u"key of %1 bytes"_s.arg(key.size()));
    if (!fits(plain) || !fits(associatedData))
        return failure(ErrorCode::TooLarge);
    const QByteArray nonce = randomBytes(nonceSize);
    QByteArray sealed(nonceSize + plain.size() + tagSize, Qt::Uninitialized);
    std::copy(nonce.cbegin(), nonce.cend(), sealed.begin());
    auto *out = reinterpret_cast<unsigned char *>(sealed.data()) + nonceSize;
    const EvpCipherPtr cipher = aesGcm();
    const EvpCipherContextPtr context(EVP_CIPHER_CTX_new());
    int length = 0;
    int finalLength = 0;
    const bool isSealed = cipher != nullptr && context != nullptr &&
                          EVP_EncryptInit_ex2(context.get(), cipher.get(), bytesOf(key.view()), bytesOf(nonce), nullptr) == 1 &&
                          (associatedData.isEmpty() || EVP_EncryptUpdate(context.get(), nullptr, &length, bytesOf(associatedData),
                                                                         static_cast<int>(associatedData.size())) == 1) &&
                          (length = 0, plain.isEmpty() || EVP_EncryptUpdate(context.get(), out, &length, bytesOf(plain),
                                                                            static_cast<int>(plain.size())) == 1) &&
                          EVP_EncryptFinal_ex(context.get(), out + length, &finalLength) == 1 &&
                          EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, tagSize, out + plain.size()) == 1;
    if (!isSealed)
        return std::unexpected(drainErrors(ErrorCode::CryptoFailure));
    return sealed;
}

Result<SecretBytes> unseal(const SecretBytes &key, QByteArrayView sealed, QByteArrayView associatedData)
{
    const ErrorQueueGuard guard;
    if (key.size() != keySize || sealed.size() < nonceSize + tagSize || !fits(sealed) || !fits(associatedData))
        return failure(ErrorCode::DecryptionFailed);
    const QByteArrayView encrypted = sealed.sliced(nonceSize, sealed.size() - nonceSize - tagSize);
    QByteArray tag = sealed.last(tagSize).toByteArray();
    SecretBytes plain(static_cast<std::size_t>(encrypted.size()));
    std::array<unsigned char, tagSize> rest{};
    const EvpCipherPtr cipher = aesGcm();
    const EvpCipherContextPtr context(EVP_CIPHER_CTX_new());
    int length = 0;
    const bool isOpened = cipher != nullptr && context != nullptr &&
                          EVP_DecryptInit_ex2(context.get(), cipher.get(), bytesOf(key.view()), bytesOf(sealed), nullptr) == 1 &&
                          (associatedData.isEmpty() || EVP_DecryptUpdate(context.get(), nullptr, &length, bytesOf(associatedData),
                                                                         static_cast<int>(associatedData.size())) == 1) &&
                          (encrypted.isEmpty() || EVP_DecryptUpdate(context.get(), reinterpret_cast<unsigned char *>(plain.data()), &length,
                                                                    bytesOf(encrypted), static_cast<int>(encrypted.size())) == 1) &&
                          EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, tagSize, tag.data()) == 1 &&
                          EVP_DecryptFinal_ex(context.get(), rest.data(), &length) == 1;
    if (!isOpened)
        return failure(ErrorCode::DecryptionFailed);
    return plain;
}

Result<SecretBytes> deriveKey(const SecretBytes &passphrase, const QByteArray &salt, const ScryptParameters &parameters)
{
    const ErrorQueueGuard guard;
    SecretBytes key(static_cast<std::size_t>(keySize));
    // A stored file names the parameters: a changed one must not make us eat all memory. 128*N*r bytes are needed.
    constexpr quint64 maxMemory = quint64{512} * 1024 * 1024;
    const char *secret = passphrase.isEmpty() ? "" : passphrase.view().data();
    if (EVP_PBE_scrypt_ex(secret, passphrase.size(), bytesOf(salt), static_cast<size_t>(salt.size()), parameters.n, parameters.r,
                          parameters.p, maxMemory, reinterpret_cast<unsigned char *>(key.data()), key.size(), libraryContext(),
                          nullptr) != 1)
        return std::unexpected(drainErrors(ErrorCode::InvalidArgument,
                                           u"scrypt parameters N=%1, r=%2, p=%3"_s.arg(parameters.n).arg(parameters.r).arg(parameters.p)));
    return key;
}

} // namespace Pki
