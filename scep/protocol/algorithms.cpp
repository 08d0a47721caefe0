// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/protocol/algorithms.h"

#include "scep/protocol/negotiationparts.h"

using namespace Qt::StringLiterals;

namespace Scep {

namespace {

using Keyword = Capabilities::Keyword;

/// The keyword that announces a digest. SHA-224 and SHA-384 are no IANA keywords but are sent.
Keyword keywordFor(Pki::Digest digest)
{
    switch (digest) {
    case Pki::Digest::Md5:
        return Keyword::Md5;
    case Pki::Digest::Sha1:
        return Keyword::Sha1;
    case Pki::Digest::Sha224:
        return Keyword::Sha224;
    case Pki::Digest::Sha256:
        return Keyword::Sha256;
    case Pki::Digest::Sha384:
        return Keyword::Sha384;
    case Pki::Digest::Sha512:
        return Keyword::Sha512;
    }
    return Keyword::Sha256;
}

bool isAnnounced(Pki::Cipher cipher, const Capabilities &capabilities)
{
    switch (cipher) {
    case Pki::Cipher::Aes128:
        return capabilities.has(Keyword::Aes);
    case Pki::Cipher::TripleDes:
        return capabilities.has(Keyword::Des3);
    case Pki::Cipher::Des:
        return capabilities.has(Keyword::Des);
    case Pki::Cipher::Aes192:
    case Pki::Cipher::Aes256:
        break; // the keyword AES means AES-128-CBC and says nothing about the others (RFC 8894 3.5.2)
    }
    return false;
}

bool isAllowed(Pki::Digest digest, const AlgorithmPolicy &policy)
{
    return (digest != Pki::Digest::Md5 || policy.allowMd5) && (digest != Pki::Digest::Sha1 || policy.allowSha1);
}

bool announcesNothingBut(Keyword keyword, const QList<Keyword> &others, const Capabilities &capabilities)
{
    return capabilities.has(keyword) &&
           std::none_of(others.begin(), others.end(), [&capabilities](Keyword other) { return capabilities.has(other); });
}

} // namespace

Result<void> Detail::chooseDigest(const AlgorithmPolicy &policy, const Capabilities &capabilities, Negotiated &result)
{
    if (policy.digest) {
        if (!isAllowed(*policy.digest, policy))
            return failure(ErrorCode::AlgorithmBelowFloor,
                           u"%1 is chosen for this server but not allowed"_s.arg(displayName(*policy.digest)));
        result.digest = *policy.digest;
        result.digestReason = u"%1: set for this server"_s.arg(displayName(result.digest));
        if (!capabilities.has(keywordFor(result.digest)))
            result.warnings.append(u"The server does not announce %1."_s.arg(displayName(result.digest)));
    } else {
        bool isFound = false;
        for (const Pki::Digest digest : {Pki::Digest::Sha256, Pki::Digest::Sha512, Pki::Digest::Sha1, Pki::Digest::Md5}) {
            if (!capabilities.has(keywordFor(digest)) || !isAllowed(digest, policy))
                continue;
            result.digest = digest;
            result.digestReason = u"%1: the best that the server announces"_s.arg(displayName(digest));
            isFound = true;
            break;
        }
        if (!isFound) {
            const QList<Keyword> better{Keyword::Sha1, Keyword::Sha224, Keyword::Sha256, Keyword::Sha384, Keyword::Sha512};
            if (announcesNothingBut(Keyword::Md5, better, capabilities))
                return failure(ErrorCode::AlgorithmBelowFloor, u"the server announces no digest but MD5, which is not allowed"_s);
            if (!policy.allowSha1)
                return failure(ErrorCode::AlgorithmBelowFloor,
                               u"the server announces no digest that is allowed, and SHA-1 is not allowed"_s);
            // RFC 8894 3.5.2: without the keyword nothing is known. Servers that announce no digest read SHA-1.
            result.digest = Pki::Digest::Sha1;
            result.digestReason = u"SHA-1: the server announces no digest that is known here"_s;
        }
    }
    if (Pki::isWeak(result.digest))
        result.warnings.append(u"%1 is weak: messages to this server are signed with it."_s.arg(displayName(result.digest)));
    return {};
}

Result<void> Detail::chooseCipher(const AlgorithmPolicy &policy, const Capabilities &capabilities, Negotiated &result)
{
    if (policy.cipher) {
        if (*policy.cipher == Pki::Cipher::Des && !policy.allowDes)
            return failure(ErrorCode::AlgorithmBelowFloor, u"DES is chosen for this server but not allowed"_s);
        result.cipher = *policy.cipher;
        result.cipherReason = u"%1: set for this server"_s.arg(displayName(result.cipher));
        if (!isAnnounced(result.cipher, capabilities))
            result.warnings.append(u"The server does not announce %1."_s.arg(displayName(result.cipher)));
    } else if (capabilities.has(Keyword::Aes)) {
        result.cipher = Pki::Cipher::Aes128;
        result.cipherReason = u"AES-128-CBC: announced by the server"_s;
    } else if (capabilities.has(Keyword::Des3)) {
        result.cipher = Pki::Cipher::TripleDes;
        result.cipherReason = u"3DES-CBC: announced by the server, AES is not"_s;
    } else if (capabilities.has(Keyword::Des)) {
        if (!policy.allowDes)
            return failure(ErrorCode::AlgorithmBelowFloor, u"the server announces no cipher but DES, which is not allowed"_s);
        result.cipher = Pki::Cipher::Des;
        result.cipherReason = u"DES-CBC: the only cipher that the server announces"_s;
    } else {
        result.cipher = Pki::Cipher::TripleDes;
        result.cipherReason = u"3DES-CBC: the server announces no cipher"_s;
    }
    if (result.cipher == Pki::Cipher::TripleDes)
        result.warnings.append(u"3DES is old: AES is not used with this server."_s);
    else if (Pki::isWeak(result.cipher))
        result.warnings.append(u"%1 is broken: anybody on the way can read the challenge."_s.arg(displayName(result.cipher)));
    return {};
}

void Detail::chooseMethod(const AlgorithmPolicy &policy, const Capabilities &capabilities, Negotiated &result)
{
    const bool isPostAnnounced = capabilities.has(Keyword::PostPkiOperation);
    result.method = policy.method.value_or(isPostAnnounced ? HttpMethod::Post : HttpMethod::Get);
    const QString name = result.method == HttpMethod::Post ? u"POST"_s : u"GET"_s;
    if (!policy.method) {
        result.methodReason = isPostAnnounced ? u"POST: announced by the server"_s : u"GET: the server does not announce POST"_s;
        return;
    }
    result.methodReason = u"%1: set for this server"_s.arg(name);
    if (result.method == HttpMethod::Post && !isPostAnnounced)
        result.warnings.append(u"The server does not announce POST."_s);
}

Result<Negotiated> negotiate(const AlgorithmPolicy &policy, const Capabilities &capabilities)
{
    Negotiated result;
    result.keyTransport = policy.keyTransport;
    if (const auto digest = Detail::chooseDigest(policy, capabilities, result); !digest)
        return std::unexpected(digest.error());
    if (const auto cipher = Detail::chooseCipher(policy, capabilities, result); !cipher)
        return std::unexpected(cipher.error());
    Detail::chooseMethod(policy, capabilities, result);
    return result;
}

} // namespace Scep
