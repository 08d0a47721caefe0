// SPDX-License-Identifier: GPL-3.0-or-later
// Reading PKCS#12 (RFC 7292). The bags are walked here and not by PKCS12_parse: OpenSSL 3.0's decrypts the key in the global library
// context, which has no RC2 and depends on the system's openssl.cnf.
#include "scep/pki/pkcs12.h"

#include "scep/pki/opensslhandles.h"

#include <algorithm>

namespace Pki {

using namespace Detail;
using namespace Qt::StringLiterals;

namespace {

Pkcs12Ptr read(const QByteArray &der, OSSL_LIB_CTX *library)
{
    PKCS12 *raw = PKCS12_init_ex(NID_pkcs7_data, library, nullptr);
    const BioPtr input = readOnlyBio(der);
    const bool isRead = raw != nullptr && input && d2i_PKCS12_bio(input.get(), &raw) != nullptr;
    Pkcs12Ptr pkcs12(raw);
    return isRead ? std::move(pkcs12) : nullptr;
}

struct NamedCertificate {
    Certificate certificate;
    QString friendlyName;
};

/// Walks all bags of one file with one pass phrase and one library context.
class BagReader
{
public:
    BagReader(const char *passphrase, OSSL_LIB_CTX *library)
        : m_passphrase(passphrase)
        , m_library(library)
    {}

    bool readAll(PKCS12 *pkcs12)
    {
        const SafesPtr safes(PKCS12_unpack_authsafes(pkcs12));
        if (!safes)
            return false;
        for (int i = 0; i < sk_PKCS7_num(safes.get()); ++i) {
            PKCS7 *safe = sk_PKCS7_value(safes.get(), i);
            BagsPtr bags;
            switch (OBJ_obj2nid(safe->type)) {
            case NID_pkcs7_data:
                bags.reset(PKCS12_unpack_p7data(safe));
                break;
            case NID_pkcs7_encrypted:
                bags.reset(PKCS12_unpack_p7encdata(safe, m_passphrase, -1));
                break;
            default: // protected by a public key: not for us
                continue;
            }
            if (!bags || !readBags(bags.get(), 0))
                return false;
        }
        return true;
    }

    Pkcs12Contents take()
    {
        Pkcs12Contents contents;
        contents.key = m_key;
        contents.friendlyName = m_keyName;
        auto own =
            std::ranges::find_if(m_certificates, [&](const NamedCertificate &named) { return belongTogether(m_key, named.certificate); });
        if (own == m_certificates.end())
            own = m_certificates.begin();
        for (auto it = m_certificates.begin(); it != m_certificates.end(); ++it) {
            if (it != own) {
                contents.others.append(it->certificate);
                continue;
            }
            contents.certificate = it->certificate;
            if (!it->friendlyName.isEmpty())
                contents.friendlyName = it->friendlyName;
        }
        return contents;
    }

private:
    bool readBags(const STACK_OF(PKCS12_SAFEBAG) * bags, int depth)
    {
        constexpr int maxDepth = 4;
        if (depth > maxDepth)
            return false;
        for (int i = 0; i < sk_PKCS12_SAFEBAG_num(bags); ++i) {
            if (!readBag(sk_PKCS12_SAFEBAG_value(bags, i), depth))
                return false;
        }
        return true;
    }

    bool readBag(PKCS12_SAFEBAG *bag, int depth)
    {
        switch (PKCS12_SAFEBAG_get_nid(bag)) {
        case NID_keyBag:
            return readKey(PKCS12_SAFEBAG_get0_p8inf(bag), bag);
        case NID_pkcs8ShroudedKeyBag: {
            const Pkcs8Ptr key(PKCS12_decrypt_skey_ex(bag, m_passphrase, -1, m_library, nullptr));
            return key && readKey(key.get(), bag);
        }
        case NID_certBag: {
            if (PKCS12_SAFEBAG_get_bag_nid(bag) != NID_x509Certificate)
                return true; // an SDSI certificate
            const X509Ptr x509(PKCS12_SAFEBAG_get1_cert(bag));
            Certificate certificate = x509 ? toCertificate(x509.get()) : Certificate();
            if (certificate.isNull())
                return false;
            m_certificates.append({std::move(certificate), nameOf(bag)});
            return true;
        }
        case NID_safeContentsBag:
            return readBags(PKCS12_SAFEBAG_get0_safes(bag), depth + 1);
        default: // CRLs and secrets
            return true;
        }
    }

    bool readKey(const PKCS8_PRIV_KEY_INFO *info, PKCS12_SAFEBAG *bag)
    {
        if (!m_key.isNull()) // the first one counts
            return true;
        EvpKeyPtr key(info != nullptr ? EVP_PKCS82PKEY_ex(info, libraryContext(), nullptr) : nullptr);
        if (!key)
            return false;
        m_key = PrivateKey(std::make_shared<KeyHandle>(std::move(key)));
        m_keyName = nameOf(bag);
        return true;
    }

    static QString nameOf(PKCS12_SAFEBAG *bag)
    {
        char *utf8 = PKCS12_get_friendlyname(bag);
        const QString name = QString::fromUtf8(utf8);
        OPENSSL_free(utf8);
        return name;
    }

    const char *m_passphrase;
    OSSL_LIB_CTX *m_library;
    PrivateKey m_key;
    QString m_keyName;
    QList<NamedCertificate> m_certificates;
};

std::optional<Pkcs12Contents> readContents(const QByteArray &der, const char *passphrase, OSSL_LIB_CTX *library)
{
    const Pkcs12Ptr pkcs12 = read(der, library);
    BagReader reader(passphrase, library);
    return pkcs12 && reader.readAll(pkcs12.get()) ? std::optional(reader.take()) : std::nullopt;
}

} // namespace

Result<Pkcs12Contents> fromPkcs12(const QByteArray &der, const SecretBytes &passphrase)
{
    const ErrorQueueGuard guard;
    constexpr int maxDepth = 32;
    if (der.isEmpty() || der.front() != '\x30')
        return failure(ErrorCode::NotRecognised, u"the bytes are not PKCS#12"_s);
    if (Result<void> shape = checkAsn1Shape(der, maxDepth, true); !shape)
        return std::unexpected(std::move(shape.error()));
    const Pkcs12Ptr pkcs12 = read(der, libraryContext());
    if (!pkcs12)
        return failure(ErrorCode::NotRecognised, u"the bytes are not PKCS#12"_s);

    SecretBytes terminated(passphrase.size() + 1); // OpenSSL wants a terminated string
    std::ranges::copy(passphrase.view(), terminated.data());
    const char *text = terminated.view().data();
    const auto locked = failure(passphrase.isEmpty() ? ErrorCode::PassphraseRequired : ErrorCode::WrongPassphrase, u"the PKCS#12 file"_s);
    const bool hasMac = PKCS12_mac_present(pkcs12.get()) == 1;
    if (passphrase.isEmpty() && (!hasMac || PKCS12_verify_mac(pkcs12.get(), nullptr, 0) == 1))
        text = nullptr; // an empty pass phrase is written in two ways: as no string and as an empty one
    else if (hasMac && PKCS12_verify_mac(pkcs12.get(), text, -1) != 1)
        return locked;

    BagReader reader(text, libraryContext());
    if (reader.readAll(pkcs12.get()))
        return reader.take();
    // The pass phrase is right, so its ciphers are the trouble: RC2-40 and single DES need the legacy provider.
    if (legacyLibraryContext() == nullptr)
        return failure(ErrorCode::LegacyProviderMissing, u"the PKCS#12 file is encrypted with RC2 or DES"_s);
    if (std::optional<Pkcs12Contents> contents = readContents(der, text, legacyLibraryContext()))
        return *std::move(contents);
    if (!hasMac) // then only decryption can tell
        return locked;
    return failure(ErrorCode::Malformed, u"the contents of the PKCS#12 file cannot be read"_s);
}

} // namespace Pki
