// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/pki/cmssignature.h"

#include "scep/pki/asn1writer.h"
#include "scep/pki/opensslhandles.h"

#include <openssl/rsa.h>

#include <algorithm>
#include <array>

namespace Pki::Detail {

using namespace Qt::StringLiterals;

namespace {

constexpr std::array digestNids{
    std::pair{Digest::Md5, NID_md5},       std::pair{Digest::Sha1, NID_sha1},     std::pair{Digest::Sha224, NID_sha224},
    std::pair{Digest::Sha256, NID_sha256}, std::pair{Digest::Sha384, NID_sha384}, std::pair{Digest::Sha512, NID_sha512},
};

std::optional<Digest> digestFromNid(int nid)
{
    const auto *found = std::ranges::find(digestNids, nid, &std::pair<Digest, int>::second);
    return found == digestNids.end() ? std::nullopt : std::optional(found->first);
}

int nidOf(Digest digest)
{
    const auto *found = std::ranges::find(digestNids, digest, &std::pair<Digest, int>::first);
    Q_ASSERT(found != digestNids.end());
    return found->second;
}

int nidOf(const Oid &oid)
{
    return OBJ_txt2nid(oid.toText().toLatin1().constData());
}

const char *nameOf(Digest digest)
{
    return OBJ_nid2sn(nidOf(digest));
}

std::unexpected<Error> unsupported(const Oid &oid)
{
    return failure(ErrorCode::UnsupportedAlgorithm, u"signature algorithm %1"_s.arg(oid.displayName()));
}

/// RSASSA-PSS-params (RFC 4055 3.1) with its defaults.
struct PssParameters {
    Digest digest = Digest::Sha1;
    Digest maskDigest = Digest::Sha1;
    int saltLength = 20;
};

std::optional<Digest> digestOf(const Asn1Element &wrapper)
{
    const std::optional<Asn1Element> sequence = singleElement(wrapper.content);
    const std::optional<Algorithm> algorithm = sequence ? readAlgorithm(*sequence) : std::nullopt;
    return algorithm ? digestFromOid(algorithm->oid) : std::nullopt;
}

std::optional<PssParameters> readPssParameters(const QByteArray &der)
{
    PssParameters parameters;
    const std::optional<Asn1Element> sequence = singleElement(der);
    if (!sequence || sequence->identifier != Tag::sequence)
        return std::nullopt;
    Asn1Reader reader(sequence->content);
    if (const auto element = reader.next(Tag::contextConstructed(0))) {
        const std::optional<Digest> digest = digestOf(*element);
        if (!digest)
            return std::nullopt;
        parameters.digest = *digest;
    }
    if (const auto element = reader.next(Tag::contextConstructed(1))) {
        const std::optional<Asn1Element> inner = singleElement(element->content);
        const std::optional<Algorithm> mask = inner ? readAlgorithm(*inner) : std::nullopt;
        const std::optional<Asn1Element> hashElement = mask ? singleElement(mask->parameters) : std::nullopt;
        const std::optional<Algorithm> maskHash = hashElement ? readAlgorithm(*hashElement) : std::nullopt;
        const std::optional<Digest> digest = maskHash ? digestFromOid(maskHash->oid) : std::nullopt;
        if (!digest || nidOf(mask->oid) != NID_mgf1)
            return std::nullopt;
        parameters.maskDigest = *digest;
    }
    if (const auto element = reader.next(Tag::contextConstructed(2))) {
        const std::optional<Asn1Element> integer = singleElement(element->content);
        const std::optional<int> length = integer ? readSmallInteger(*integer) : std::nullopt;
        if (!length || *length > 512)
            return std::nullopt;
        parameters.saltLength = *length;
    }
    return parameters;
}

enum class Scheme { Rsa, RsaPss, Ecdsa, Edwards };

struct ResolvedScheme {
    Scheme scheme = Scheme::Rsa;
    std::optional<Digest> impliedDigest; ///< named by the signature algorithm itself
    PssParameters pss;
};

std::optional<ResolvedScheme> resolve(const Algorithm &algorithm)
{
    const int nid = nidOf(algorithm.oid);
    switch (nid) {
    case NID_rsaEncryption:
        return ResolvedScheme{Scheme::Rsa, std::nullopt, {}};
    case NID_X9_62_id_ecPublicKey: // some senders name the key instead of the signature
        return ResolvedScheme{Scheme::Ecdsa, std::nullopt, {}};
    case NID_ED25519:
    case NID_ED448:
        return ResolvedScheme{Scheme::Edwards, std::nullopt, {}};
    case NID_rsassaPss: {
        const std::optional<PssParameters> pss = readPssParameters(algorithm.parameters);
        return pss ? std::optional(ResolvedScheme{Scheme::RsaPss, pss->digest, *pss}) : std::nullopt;
    }
    default:
        break;
    }
    int digestNid = NID_undef;
    int keyNid = NID_undef;
    if (nid == NID_undef || OBJ_find_sigid_algs(nid, &digestNid, &keyNid) != 1)
        return std::nullopt;
    const std::optional<Digest> digest = digestFromNid(digestNid);
    if (digest && keyNid == NID_rsaEncryption)
        return ResolvedScheme{Scheme::Rsa, digest, {}};
    if (digest && keyNid == NID_X9_62_id_ecPublicKey)
        return ResolvedScheme{Scheme::Ecdsa, digest, {}};
    return std::nullopt;
}

bool keyFits(const EVP_PKEY *key, Scheme scheme)
{
    switch (scheme) {
    case Scheme::Rsa:
        return EVP_PKEY_is_a(key, "RSA") == 1;
    case Scheme::RsaPss:
        return EVP_PKEY_is_a(key, "RSA") == 1 || EVP_PKEY_is_a(key, "RSA-PSS") == 1;
    case Scheme::Ecdsa:
        return EVP_PKEY_is_a(key, "EC") == 1;
    case Scheme::Edwards:
        return EVP_PKEY_is_a(key, "ED25519") == 1 || EVP_PKEY_is_a(key, "ED448") == 1;
    }
    return false;
}

const unsigned char *octets(const QByteArray &bytes)
{
    return reinterpret_cast<const unsigned char *>(bytes.constData());
}

} // namespace

std::optional<Digest> digestFromOid(const Oid &oid)
{
    const int nid = nidOf(oid);
    if (const std::optional<Digest> digest = digestFromNid(nid))
        return digest;
    int digestNid = NID_undef;
    int keyNid = NID_undef;
    if (nid == NID_undef || OBJ_find_sigid_algs(nid, &digestNid, &keyNid) != 1)
        return std::nullopt;
    return digestFromNid(digestNid);
}

QByteArray digestAlgorithmDer(Digest digest)
{
    return derAlgorithm(nidOf(digest), digest == Digest::Md5);
}

Result<void> verifySignature(const SignatureAlgorithm &algorithm, const Certificate &signer, const QByteArray &bytes,
                             const QByteArray &signature)
{
    const ErrorQueueGuard guard;
    const std::optional<ResolvedScheme> scheme = resolve(algorithm.signature);
    if (!scheme || !algorithm.digest)
        return unsupported(algorithm.signature.oid);
    // The floor for digests looks at digestAlgorithm only, so a weaker one must not hide in the signature algorithm.
    if (scheme->impliedDigest && *scheme->impliedDigest != *algorithm.digest)
        return failure(ErrorCode::UnsupportedAlgorithm, u"digest and signature algorithm name different digests"_s);
    const X509Ptr x509 = duplicate(signer);
    EVP_PKEY *key = x509 ? X509_get0_pubkey(x509.get()) : nullptr;
    if (key == nullptr)
        return failure(ErrorCode::UnsupportedAlgorithm, u"the signer's public key cannot be used"_s);
    if (!keyFits(key, scheme->scheme))
        return failure(ErrorCode::SignatureInvalid, u"the signature algorithm does not fit the signer's key"_s);

    const EvpDigestContextPtr context(EVP_MD_CTX_new());
    EVP_PKEY_CTX *keyContext = nullptr; // owned by `context`
    const char *digestName = scheme->scheme == Scheme::Edwards ? nullptr : nameOf(*algorithm.digest);
    if (!context || EVP_DigestVerifyInit_ex(context.get(), &keyContext, digestName, libraryContext(), nullptr, key, nullptr) != 1)
        return unsupported(algorithm.signature.oid);
    if (scheme->scheme == Scheme::RsaPss) {
        if (EVP_PKEY_CTX_set_rsa_padding(keyContext, RSA_PKCS1_PSS_PADDING) != 1 ||
            EVP_PKEY_CTX_set_rsa_mgf1_md_name(keyContext, nameOf(scheme->pss.maskDigest), nullptr) != 1 ||
            EVP_PKEY_CTX_set_rsa_pss_saltlen(keyContext, scheme->pss.saltLength) != 1)
            return unsupported(algorithm.signature.oid);
    }
    if (EVP_DigestVerify(context.get(), octets(signature), static_cast<size_t>(signature.size()), octets(bytes),
                         static_cast<size_t>(bytes.size())) != 1)
        return failure(ErrorCode::SignatureInvalid, u"the signature does not verify with the signer's key"_s);
    return {};
}

Result<Signature> makeSignature(const PrivateKey &key, Digest digest, const QByteArray &bytes, bool namesDigest)
{
    const ErrorQueueGuard guard;
    EVP_PKEY *handle = keyOf(key);
    if (handle == nullptr)
        return failure(ErrorCode::InvalidArgument, u"there is no private key"_s);
    Signature signature;
    if (EVP_PKEY_is_a(handle, "RSA") == 1) {
        int nid = NID_rsaEncryption;
        if (namesDigest && OBJ_find_sigid_by_algs(&nid, nidOf(digest), NID_rsaEncryption) != 1)
            return failure(ErrorCode::UnsupportedAlgorithm, u"RSA with %1"_s.arg(displayName(digest)));
        signature.algorithmDer = derAlgorithm(nid, true);
    } else if (EVP_PKEY_is_a(handle, "EC") == 1) {
        int nid = NID_undef;
        if (OBJ_find_sigid_by_algs(&nid, nidOf(digest), NID_X9_62_id_ecPublicKey) != 1)
            return failure(ErrorCode::UnsupportedAlgorithm, u"ECDSA with %1"_s.arg(displayName(digest)));
        signature.algorithmDer = derAlgorithm(nid, false);
    } else {
        return failure(ErrorCode::UnsupportedAlgorithm, u"a key that is neither RSA nor EC"_s);
    }
    const EvpDigestContextPtr context(EVP_MD_CTX_new());
    size_t size = 0;
    if (!context || EVP_DigestSignInit_ex(context.get(), nullptr, nameOf(digest), libraryContext(), nullptr, handle, nullptr) != 1 ||
        EVP_DigestSign(context.get(), nullptr, &size, octets(bytes), static_cast<size_t>(bytes.size())) != 1)
        return std::unexpected(drainErrors(ErrorCode::CryptoFailure));
    signature.bytes.resize(static_cast<qsizetype>(size));
    if (EVP_DigestSign(context.get(), reinterpret_cast<unsigned char *>(signature.bytes.data()), &size, octets(bytes),
                       static_cast<size_t>(bytes.size())) != 1)
        return std::unexpected(drainErrors(ErrorCode::CryptoFailure));
    signature.bytes.resize(static_cast<qsizetype>(size));
    return signature;
}

} // namespace Pki::Detail
