// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/pki/pkcs12.h"

#include "scep/pki/opensslhandles.h"

#include <algorithm>

namespace Pki {

using namespace Detail;
using namespace Qt::StringLiterals;

namespace {

/// What a style means in OpenSSL's terms.
struct StyleParameters {
    int encryptionNid;
    int iterations;
    const EVP_MD *macDigest;
};

StyleParameters parametersOf(Pkcs12Style style)
{
    if (style == Pkcs12Style::Modern) // a cipher's NID stands for PBES2; its PRF is HMAC-SHA256 (OpenSSL >= 1.1)
        return {NID_aes_256_cbc, 600'000, EVP_sha256()};
    return {NID_pbe_WithSHA1And3_Key_TripleDES_CBC, 2048, EVP_sha1()};
}

/// OpenSSL's PKCS#12 functions want a terminated string.
SecretBytes terminated(const SecretBytes &passphrase)
{
    SecretBytes copy(passphrase.size() + 1);
    std::ranges::copy(passphrase.view(), copy.data());
    return copy;
}

bool addCertificate(BagsPtr &bags, const Certificate &certificate, const QByteArray &friendlyName, const QByteArray &localKeyId)
{
    const X509Ptr x509 = duplicate(certificate);
    STACK_OF(PKCS12_SAFEBAG) *stack = bags.release(); // made by the first call
    PKCS12_SAFEBAG *bag = x509 ? PKCS12_add_cert(&stack, x509.get()) : nullptr;
    bags.reset(stack);
    return bag != nullptr && (friendlyName.isEmpty() || PKCS12_add_friendlyname_utf8(bag, friendlyName.constData(), -1) == 1) &&
           (localKeyId.isEmpty() ||
            PKCS12_add_localkeyid(bag, reinterpret_cast<unsigned char *>(const_cast<char *>(localKeyId.constData())),
                                  static_cast<int>(localKeyId.size())) == 1);
}

bool addSafe(SafesPtr &safes, BagsPtr &bags, int encryptionNid, int iterations, const char *passphrase)
{
    STACK_OF(PKCS7) *stack = safes.release(); // made by the first call
    const bool isAdded = PKCS12_add_safe_ex(&stack, bags.get(), encryptionNid, iterations, passphrase, libraryContext(), nullptr) == 1;
    safes.reset(stack);
    return isAdded;
}

Pkcs12Ptr build(const Pkcs12Contents &contents, const char *passphrase, const StyleParameters &parameters)
{
    const QByteArray name = contents.friendlyName.toUtf8();
    const bool hasPair = !contents.key.isNull() && !contents.certificate.isNull();
    const QByteArray localKeyId = hasPair ? hash(Digest::Sha1, contents.certificate.der()) : QByteArray();
    SafesPtr safes;
    BagsPtr certificateBags;
    if (!contents.certificate.isNull() && !addCertificate(certificateBags, contents.certificate, name, localKeyId))
        return nullptr;
    for (const Certificate &other : contents.others) {
        if (!addCertificate(certificateBags, other, {}, {}))
            return nullptr;
    }
    if (certificateBags && !addSafe(safes, certificateBags, parameters.encryptionNid, parameters.iterations, passphrase))
        return nullptr;
    if (!contents.key.isNull()) {
        STACK_OF(PKCS12_SAFEBAG) *stack = nullptr;
        PKCS12_SAFEBAG *bag = PKCS12_add_key_ex(&stack, keyOf(contents.key), 0, parameters.iterations, parameters.encryptionNid, passphrase,
                                                libraryContext(), nullptr);
        BagsPtr keyBags(stack);
        auto *id = reinterpret_cast<unsigned char *>(const_cast<char *>(localKeyId.constData()));
        if (bag == nullptr || (!name.isEmpty() && PKCS12_add_friendlyname_utf8(bag, name.constData(), -1) != 1) ||
            (!localKeyId.isEmpty() && PKCS12_add_localkeyid(bag, id, static_cast<int>(localKeyId.size())) != 1))
            return nullptr;
        // The key is encrypted inside its bag; the safe around it is not (RFC 7292 4.2.2).
        if (!addSafe(safes, keyBags, -1, 0, nullptr))
            return nullptr;
    }
    Pkcs12Ptr pkcs12(PKCS12_add_safes_ex(safes.get(), 0, libraryContext(), nullptr));
    constexpr int saltSize = 16;
    if (!pkcs12 || PKCS12_set_mac(pkcs12.get(), passphrase, -1, nullptr, saltSize, parameters.iterations, parameters.macDigest) != 1)
        return nullptr;
    return pkcs12;
}

} // namespace

Result<QByteArray> toPkcs12(const Pkcs12Contents &contents, const SecretBytes &passphrase, Pkcs12Style style)
{
    const ErrorQueueGuard guard;
    if (passphrase.isEmpty())
        return failure(ErrorCode::EmptyPassphrase, u"a PKCS#12 file without a pass phrase"_s);
    if (contents.key.isNull() && contents.certificate.isNull())
        return failure(ErrorCode::InvalidArgument, u"nothing to put into the PKCS#12 file"_s);
    if (!contents.key.isNull() && !contents.certificate.isNull() && !belongTogether(contents.key, contents.certificate))
        return failure(ErrorCode::KeyMismatch, u"the key is not that of the certificate"_s);
    const SecretBytes text = terminated(passphrase);
    const Pkcs12Ptr pkcs12 = build(contents, text.view().data(), parametersOf(style));
    if (!pkcs12)
        return std::unexpected(drainErrors(ErrorCode::CryptoFailure));
    return toDer(i2d_PKCS12, pkcs12.get());
}

} // namespace Pki
