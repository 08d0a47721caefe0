// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/pki/privatekey.h"

#include "scep/pki/keyfile.h"
#include "scep/pki/opensslhandles.h"

#include <openssl/core_names.h>
#include <openssl/params.h>

#include <algorithm>
#include <array>
#include <limits>

namespace Pki {

using namespace Qt::StringLiterals;
using namespace Detail;

namespace {

PrivateKey wrap(EvpKeyPtr key)
{
    auto handle = std::make_shared<KeyHandle>(std::move(key));
    return PrivateKey(std::move(handle));
}

/// The keys of KeySpec are what we can use; anything else is refused here rather than half way through an enrollment.
Result<PrivateKey> accept(EvpKeyPtr key)
{
    if (EVP_PKEY_is_a(key.get(), "EC") == 1) {
        std::array<char, 80> name{};
        EVP_PKEY_get_utf8_string_param(key.get(), OSSL_PKEY_PARAM_GROUP_NAME, name.data(), name.size(), nullptr);
        const int nid = OBJ_sn2nid(name.data());
        if (nid != NID_X9_62_prime256v1 && nid != NID_secp384r1 && nid != NID_secp521r1)
            return failure(ErrorCode::UnsupportedAlgorithm, u"private key on curve %1"_s.arg(QLatin1StringView(name.data())));
    } else if (EVP_PKEY_is_a(key.get(), "RSA") != 1) {
        return failure(ErrorCode::UnsupportedAlgorithm,
                       u"private key of type %1"_s.arg(QLatin1StringView(EVP_PKEY_get0_type_name(key.get()))));
    }
    return wrap(std::move(key));
}

/// Empties the error queue; true when OpenSSL did not know an algorithm, which is not the pass phrase's fault.
bool takeIsUnsupported()
{
    bool isUnsupported = false;
    while (const unsigned long number = ERR_get_error()) {
        const int reason = ERR_GET_REASON(number);
        isUnsupported = isUnsupported || reason == ERR_R_UNSUPPORTED ||
                        (ERR_GET_LIB(number) == ERR_LIB_EVP &&
                         (reason == EVP_R_UNSUPPORTED_ALGORITHM || reason == EVP_R_UNKNOWN_CIPHER || reason == EVP_R_UNSUPPORTED_CIPHER ||
                          reason == EVP_R_UNKNOWN_PBE_ALGORITHM || reason == EVP_R_UNSUPPORTED_KEY_DERIVATION_FUNCTION));
    }
    return isUnsupported;
}

/// EncryptedPrivateKeyInfo (RFC 5958).
Result<PrivateKey> openEncrypted(const X509_SIG *encrypted, const SecretBytes &passphrase)
{
    if (passphrase.isEmpty())
        return failure(ErrorCode::PassphraseRequired, u"private key"_s);
    const auto decrypt = [encrypted, &passphrase](OSSL_LIB_CTX *context) {
        return Pkcs8Ptr(PKCS8_decrypt_ex(encrypted, passphrase.view().data(), static_cast<int>(passphrase.size()), context, nullptr));
    };
    ERR_clear_error();
    Pkcs8Ptr info = decrypt(libraryContext());
    bool isUnsupported = info == nullptr && takeIsUnsupported();
    if (isUnsupported) { // PBES1 with DES or RC2, as old devices and Java write it
        if (legacyLibraryContext() == nullptr)
            return failure(ErrorCode::LegacyProviderMissing, u"private key"_s);
        info = decrypt(legacyLibraryContext());
        isUnsupported = info == nullptr && takeIsUnsupported();
    }
    if (info == nullptr)
        return failure(isUnsupported ? ErrorCode::UnsupportedAlgorithm : ErrorCode::WrongPassphrase, u"private key"_s);
    EvpKeyPtr key(EVP_PKCS82PKEY_ex(info.get(), libraryContext(), nullptr));
    if (key == nullptr) // a wrong pass phrase whose padding fitted by chance, or a key type nobody knows
        return failure(takeIsUnsupported() ? ErrorCode::UnsupportedAlgorithm : ErrorCode::WrongPassphrase, u"private key"_s);
    return accept(std::move(key));
}

Result<PrivateKey> fromDer(QByteArrayView bytes, const SecretBytes &passphrase)
{
    const auto length = static_cast<long>(bytes.size());
    const auto *const start = reinterpret_cast<const unsigned char *>(bytes.data());
    if (const auto shape = checkAsn1Shape(bytes, 16, true); !shape)
        return std::unexpected(shape.error());

    const auto *cursor = start;
    const std::unique_ptr<X509_SIG, Deleter<X509_SIG_free>> encrypted(d2i_X509_SIG(nullptr, &cursor, length));
    if (encrypted != nullptr)
        return openEncrypted(encrypted.get(), passphrase);
    ERR_clear_error();

    cursor = start;
    const Pkcs8Ptr info(d2i_PKCS8_PRIV_KEY_INFO(nullptr, &cursor, length));
    if (info != nullptr) {
        ERR_clear_error();
        EvpKeyPtr key(EVP_PKCS82PKEY_ex(info.get(), libraryContext(), nullptr));
        if (key == nullptr)
            return failure(takeIsUnsupported() ? ErrorCode::UnsupportedAlgorithm : ErrorCode::Malformed, u"private key"_s);
        return accept(std::move(key));
    }
    for (const int type : {EVP_PKEY_RSA, EVP_PKEY_EC}) { // PKCS#1, SEC 1
        cursor = start;
        ERR_clear_error();
        if (EvpKeyPtr key(d2i_PrivateKey_ex(type, nullptr, &cursor, length, libraryContext(), nullptr)); key != nullptr)
            return accept(std::move(key));
    }
    return failure(ErrorCode::NotRecognised, u"private key"_s);
}

/// One block of a PEM file; its bytes are wiped.
struct PemBlock {
    char *name = nullptr;
    char *header = nullptr;
    unsigned char *data = nullptr;
    long length = 0;

    PemBlock() = default;
    PemBlock(const PemBlock &) = delete;
    PemBlock &operator=(const PemBlock &) = delete;
    ~PemBlock()
    {
        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_clear_free(data, static_cast<size_t>(length));
    }
    [[nodiscard]] QByteArrayView bytes() const { return QByteArrayView(data, length); }
};

/// Copies the pass phrase for OpenSSL. Never prompts.
int answerPassphrase(char *buffer, int size, int /*isWriting*/, void *passphrase)
{
    const QByteArrayView bytes = static_cast<const SecretBytes *>(passphrase)->view();
    if (bytes.isEmpty() || bytes.size() > size)
        return -1;
    std::copy(bytes.begin(), bytes.end(), buffer);
    return static_cast<int>(bytes.size());
}

Result<PrivateKey> fromPem(QByteArrayView bytes, const SecretBytes &passphrase)
{
    const BioPtr bio = readOnlyBio(bytes);
    for (;;) {
        PemBlock block;
        if (PEM_read_bio(bio.get(), &block.name, &block.header, &block.data, &block.length) != 1) {
            const bool isEnd = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
            return failure(isEnd ? ErrorCode::NotRecognised : ErrorCode::Malformed, u"private key"_s);
        }
        const QByteArrayView name(block.name);
        if (name != QByteArrayView("PRIVATE KEY") && name != QByteArrayView("ENCRYPTED PRIVATE KEY") &&
            name != QByteArrayView("RSA PRIVATE KEY") && name != QByteArrayView("EC PRIVATE KEY"))
            continue; // certificates and EC PARAMETERS stand beside keys
        if (QByteArrayView(block.header).isEmpty()) {
            auto key = fromDer(block.bytes(), passphrase);
            // The label says that it is a key: then it is a broken one.
            if (!key && key.error().code == ErrorCode::NotRecognised)
                return failure(ErrorCode::Malformed, u"private key"_s);
            return key;
        }
        // "Proc-Type: 4,ENCRYPTED", the traditional encryption with an MD5 key derivation: read, never written.
        if (passphrase.isEmpty())
            return failure(ErrorCode::PassphraseRequired, u"private key"_s);
        EVP_CIPHER_INFO cipher;
        if (PEM_get_EVP_CIPHER_INFO(block.header, &cipher) != 1)
            return failure(takeIsUnsupported() ? ErrorCode::UnsupportedAlgorithm : ErrorCode::Malformed, u"private key"_s);
        if (PEM_do_header(&cipher, block.data, &block.length, answerPassphrase, const_cast<SecretBytes *>(&passphrase)) != 1)
            return failure(takeIsUnsupported() ? ErrorCode::UnsupportedAlgorithm : ErrorCode::WrongPassphrase, u"private key"_s);
        auto key = fromDer(block.bytes(), {});
        if (!key && key.error().code != ErrorCode::UnsupportedAlgorithm)
            return failure(ErrorCode::WrongPassphrase, u"private key"_s);
        return key;
    }
}

/// What a memory BIO holds, moved into SecretBytes and wiped there.
SecretBytes takeSecret(BIO *bio)
{
    char *start = nullptr;
    const long length = BIO_get_mem_data(bio, &start);
    if (length <= 0)
        return {};
    SecretBytes secret(QByteArrayView(start, length));
    OPENSSL_cleanse(start, static_cast<size_t>(length));
    return secret;
}

/// BIO_s_secmem wipes what it frees.
using WriteKey = int (*)(BIO *, const EVP_PKEY *);
SecretBytes written(const PrivateKey &key, WriteKey write)
{
    if (key.isNull())
        return {};
    const ErrorQueueGuard guard;
    const BioPtr bio(BIO_new(BIO_s_secmem()));
    return bio != nullptr && write(bio.get(), keyOf(key)) == 1 ? takeSecret(bio.get()) : SecretBytes();
}

} // namespace

Result<PrivateKey> PrivateKey::generate(const KeySpec &spec)
{
    const ErrorQueueGuard guard;
    if (const auto checked = KeySpec::fromText(spec.toText()); !checked)
        return std::unexpected(checked.error());
    const bool isRsa = spec.algorithm == KeySpec::Algorithm::Rsa;
    const EvpKeyContextPtr context(EVP_PKEY_CTX_new_from_name(libraryContext(), isRsa ? "RSA" : "EC", nullptr));
    size_t bits = static_cast<size_t>(spec.bits);
    QByteArray curve = "P-" + QByteArray::number(spec.bits);
    const std::array parameters{isRsa ? OSSL_PARAM_construct_size_t(OSSL_PKEY_PARAM_RSA_BITS, &bits)
                                      : OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, curve.data(), 0),
                                OSSL_PARAM_construct_end()};
    EVP_PKEY *key = nullptr;
    if (context == nullptr || EVP_PKEY_keygen_init(context.get()) != 1 || EVP_PKEY_CTX_set_params(context.get(), parameters.data()) != 1 ||
        EVP_PKEY_generate(context.get(), &key) != 1)
        return std::unexpected(drainErrors(ErrorCode::CryptoFailure));
    return wrap(EvpKeyPtr(key));
}

Result<PrivateKey> PrivateKey::fromBytes(QByteArrayView bytes, const SecretBytes &passphrase)
{
    const ErrorQueueGuard guard;
    if (bytes.isEmpty() || bytes.size() > std::numeric_limits<int>::max())
        return failure(ErrorCode::NotRecognised, u"private key"_s);
    return bytes.front() == '\x30' ? fromDer(bytes, passphrase) : fromPem(bytes, passphrase);
}

SecretBytes PrivateKey::toPkcs8Der() const
{
    return written(*this,
                   [](BIO *bio, const EVP_PKEY *key) { return i2d_PKCS8PrivateKey_bio(bio, key, nullptr, nullptr, 0, nullptr, nullptr); });
}

SecretBytes PrivateKey::toPkcs8Pem() const
{
    return written(*this, [](BIO *bio, const EVP_PKEY *key) {
        return PEM_write_bio_PKCS8PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
    });
}

Result<QByteArray> PrivateKey::toEncryptedPkcs8Pem(const SecretBytes &passphrase) const
{
    return encryptedPkcs8Pem(*this, passphrase);
}

PublicKey PrivateKey::publicKey() const
{
    return isNull() ? PublicKey() : m_handle->publicKey();
}

const PublicKey &Detail::KeyHandle::publicKey() const
{
    std::call_once(m_isEncoded, [this] {
        const ErrorQueueGuard guard;
        m_publicKey = toPublicKey(key.get(), toDer(i2d_PUBKEY, key.get()));
    });
    return m_publicKey;
}

KeySpec PrivateKey::spec() const
{
    KeySpec spec;
    if (isNull())
        return spec;
    spec.algorithm = EVP_PKEY_is_a(keyOf(*this), "RSA") == 1 ? KeySpec::Algorithm::Rsa : KeySpec::Algorithm::Ec;
    spec.bits = EVP_PKEY_get_bits(keyOf(*this));
    return spec;
}

bool PrivateKey::canDecrypt() const
{
    return !isNull() && EVP_PKEY_is_a(keyOf(*this), "RSA") == 1;
}

} // namespace Pki
