// SPDX-License-Identifier: GPL-3.0-or-later
// KeySpec and PublicKey of privatekey.h.
#include "scep/pki/opensslhandles.h"

#include <openssl/core_names.h>

#include <algorithm>
#include <array>

namespace Pki {

using namespace Qt::StringLiterals;
using namespace Detail;

namespace {

constexpr std::array rsaSizes{1024, 2048, 3072, 4096};
constexpr std::array curveSizes{256, 384, 521};

/// The parsed key of an SPKI, or null.
EvpKeyPtr parsed(const QByteArray &spki)
{
    const auto *cursor = reinterpret_cast<const unsigned char *>(spki.constData());
    const auto *const end = cursor + spki.size();
    EvpKeyPtr key(d2i_PUBKEY_ex(nullptr, &cursor, static_cast<long>(spki.size()), libraryContext(), nullptr));
    return cursor == end ? std::move(key) : nullptr;
}

QString curveName(const EVP_PKEY *key)
{
    std::array<char, 80> name{};
    if (EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, name.data(), name.size(), nullptr) != 1)
        return {};
    const int nid = OBJ_sn2nid(name.data());
    const char *nist = nid != NID_undef ? EC_curve_nid2nist(nid) : nullptr; // prime256v1 is P-256 to people
    return QString::fromLatin1(nist != nullptr ? nist : name.data());
}

QString keyName(const EVP_PKEY *key)
{
    if (EVP_PKEY_is_a(key, "RSA") == 1)
        return u"RSA %1"_s.arg(EVP_PKEY_get_bits(key));
    if (EVP_PKEY_is_a(key, "RSA-PSS") == 1)
        return u"RSA-PSS %1"_s.arg(EVP_PKEY_get_bits(key));
    if (EVP_PKEY_is_a(key, "EC") == 1)
        return u"EC %1"_s.arg(curveName(key));
    if (EVP_PKEY_is_a(key, "ED25519") == 1)
        return u"Ed25519"_s;
    if (EVP_PKEY_is_a(key, "ED448") == 1)
        return u"Ed448"_s;
    return QString::fromLatin1(EVP_PKEY_get0_type_name(key));
}

} // namespace

PublicKey Detail::toPublicKey(const EVP_PKEY *key, const QByteArray &spki)
{
    return {spki, keyName(key), EVP_PKEY_get_bits(key), EVP_PKEY_is_a(key, "RSA") == 1};
}

Result<KeySpec> KeySpec::fromText(const QString &text)
{
    QString plain = text.trimmed().toLower();
    KeySpec spec;
    if (plain.startsWith("rsa"_L1)) {
        plain.remove(0, 3);
    } else if (plain.startsWith("ec"_L1)) {
        spec.algorithm = Algorithm::Ec;
        plain.remove(0, 2);
    } else {
        return failure(ErrorCode::InvalidKeyType, u"\"%1\": rsa:2048 or ec:P-256 expected"_s.arg(displayText(text.left(40))));
    }
    if (plain.startsWith(u':') || plain.startsWith(u'-') || plain.startsWith(u' '))
        plain.remove(0, 1);
    if (spec.algorithm == Algorithm::Ec && plain.startsWith(u'p')) {
        plain.remove(0, 1);
        if (plain.startsWith(u'-'))
            plain.remove(0, 1);
    }
    const bool isNumber = std::ranges::all_of(plain, [](QChar c) { return c >= u'0' && c <= u'9'; });
    spec.bits = isNumber ? plain.toInt() : 0;
    if (spec.algorithm == Algorithm::Rsa && std::ranges::find(rsaSizes, spec.bits) == rsaSizes.end())
        return failure(ErrorCode::InvalidKeyType, u"\"%1\": RSA keys have 1024, 2048, 3072 or 4096 bits"_s.arg(displayText(text.left(40))));
    if (spec.algorithm == Algorithm::Ec && std::ranges::find(curveSizes, spec.bits) == curveSizes.end())
        return failure(ErrorCode::InvalidKeyType, u"\"%1\": the curves are P-256, P-384 and P-521"_s.arg(displayText(text.left(40))));
    return spec;
}

QString KeySpec::toText() const
{
    return (algorithm == Algorithm::Rsa ? u"rsa:%1"_s : u"ec:P-%1"_s).arg(bits);
}

QString KeySpec::displayName() const
{
    return (algorithm == Algorithm::Rsa ? u"RSA %1"_s : u"EC P-%1"_s).arg(bits);
}

bool KeySpec::isWeak() const
{
    return algorithm == Algorithm::Rsa && bits < 2048;
}

QDebug operator<<(QDebug debug, const KeySpec &spec)
{
    const QDebugStateSaver saver(debug);
    debug.nospace().noquote() << "KeySpec(" << spec.toText() << ')';
    return debug;
}

Result<PublicKey> PublicKey::fromDer(const QByteArray &spki)
{
    const ErrorQueueGuard guard;
    const EvpKeyPtr key = parsed(spki);
    if (key == nullptr) {
        // A well-formed SubjectPublicKeyInfo of an algorithm that OpenSSL does not know is something else than garbage.
        const auto *cursor = reinterpret_cast<const unsigned char *>(spki.constData());
        const auto *const end = cursor + spki.size();
        const std::unique_ptr<X509_PUBKEY, Deleter<X509_PUBKEY_free>> wrapped(
            d2i_X509_PUBKEY(nullptr, &cursor, static_cast<long>(spki.size())));
        if (wrapped == nullptr || cursor != end)
            return failure(ErrorCode::Malformed, u"public key"_s);
        ASN1_OBJECT *algorithm = nullptr;
        X509_PUBKEY_get0_param(&algorithm, nullptr, nullptr, nullptr, wrapped.get());
        const int nid = OBJ_obj2nid(algorithm);
        if (nid == NID_rsaEncryption || nid == NID_ED25519 || nid == NID_X25519)
            return failure(ErrorCode::Malformed, u"public key"_s);
        return failure(ErrorCode::UnsupportedAlgorithm, toOid(algorithm).displayName());
    }
    return toPublicKey(key.get(), spki);
}

} // namespace Pki
