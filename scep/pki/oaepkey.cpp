// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/pki/oaepkey.h"

#include "scep/pki/asn1reader.h"
#include "scep/pki/cmssignature.h"
#include "scep/pki/opensslhandles.h"

#include <openssl/rsa.h>

namespace Pki {

using namespace Detail;

namespace {

bool isOaep(X509_PUBKEY *spki)
{
    ASN1_OBJECT *algorithm = nullptr;
    return spki != nullptr && X509_PUBKEY_get0_param(&algorithm, nullptr, nullptr, nullptr, spki) == 1 &&
           OBJ_obj2nid(algorithm) == NID_rsaesOaep;
}

/// hashAlgorithm of RSAES-OAEP-params; its default is SHA-1 (RFC 4055 4.1).
Digest oaepDigest(QByteArrayView parameters)
{
    const auto sequence = singleElement(parameters);
    if (!sequence || sequence->identifier != Tag::sequence)
        return Digest::Sha1;
    Asn1Reader reader(sequence->content);
    const auto wrapper = reader.next(Tag::contextConstructed(0));
    const auto inner = wrapper ? singleElement(wrapper->content) : std::nullopt;
    const auto algorithm = inner ? readAlgorithm(*inner) : std::nullopt;
    return algorithm ? digestFromOid(algorithm->oid).value_or(Digest::Sha1) : Digest::Sha1;
}

} // namespace

EvpKeyPtr Detail::oaepKeyIn(X509_PUBKEY *spki)
{
    if (!isOaep(spki))
        return nullptr;
    const unsigned char *bits = nullptr;
    int length = 0;
    if (X509_PUBKEY_get0_param(nullptr, &bits, &length, nullptr, spki) != 1)
        return nullptr;
    const std::unique_ptr<X509_PUBKEY, Deleter<X509_PUBKEY_free>> plain(X509_PUBKEY_new());
    auto *copy = static_cast<unsigned char *>(OPENSSL_memdup(bits, static_cast<size_t>(length)));
    if (!plain || copy == nullptr ||
        X509_PUBKEY_set0_param(plain.get(), OBJ_nid2obj(NID_rsaEncryption), V_ASN1_NULL, nullptr, copy, length) != 1) {
        OPENSSL_free(copy);
        return nullptr;
    }
    const QByteArray der = toDer(i2d_X509_PUBKEY, static_cast<const X509_PUBKEY *>(plain.get()));
    const auto *cursor = reinterpret_cast<const unsigned char *>(der.constData());
    return EvpKeyPtr(d2i_PUBKEY_ex(nullptr, &cursor, static_cast<long>(der.size()), libraryContext(), nullptr));
}

EvpKeyPtr Detail::oaepKeyOf(const X509 *x509)
{
    return oaepKeyIn(X509_get_X509_PUBKEY(x509));
}

std::optional<KeyTransport> demandedKeyTransport(const Certificate &certificate)
{
    const ErrorQueueGuard guard;
    const X509Ptr x509 = duplicate(certificate);
    X509_PUBKEY *spki = x509 ? X509_get_X509_PUBKEY(x509.get()) : nullptr;
    if (!isOaep(spki))
        return std::nullopt;
    const QByteArray der = toDer(i2d_X509_PUBKEY, static_cast<const X509_PUBKEY *>(spki));
    const auto outer = singleElement(der);
    if (!outer)
        return std::nullopt;
    Asn1Reader reader(outer->content);
    const auto identifier = reader.next(Tag::sequence);
    const auto algorithm = identifier ? readAlgorithm(*identifier) : std::nullopt;
    if (!algorithm)
        return std::nullopt;
    return oaepDigest(algorithm->parameters) == Digest::Sha256 ? KeyTransport::RsaOaepSha256 : KeyTransport::RsaOaepSha1;
}

} // namespace Pki
