// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/barescep.h"

#include <QtGlobal>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/x509_vfy.h>

#include <cstring>

namespace Bench {

namespace {

template <typename T>
T *must(T *pointer, const char *what)
{
    if (!pointer) {
        ERR_print_errors_fp(stderr);
        qFatal("bare OpenSSL: %s failed", what);
    }
    return pointer;
}

void must(int result, const char *what)
{
    if (result <= 0) {
        ERR_print_errors_fp(stderr);
        qFatal("bare OpenSSL: %s failed", what);
    }
}

X509 *certificate(const QByteArray &der)
{
    auto bytes = reinterpret_cast<const unsigned char *>(der.constData());
    return must(d2i_X509(nullptr, &bytes, static_cast<long>(der.size())), "d2i_X509");
}

CMS_ContentInfo *content(const unsigned char *bytes, long size)
{
    return must(d2i_CMS_ContentInfo(nullptr, &bytes, size), "d2i_CMS_ContentInfo");
}

QByteArray der(CMS_ContentInfo *cms)
{
    unsigned char *bytes = nullptr;
    const int size = i2d_CMS_ContentInfo(cms, &bytes);
    must(size, "i2d_CMS_ContentInfo");
    QByteArray result(reinterpret_cast<const char *>(bytes), size);
    OPENSSL_free(bytes);
    return result;
}

void addText(CMS_SignerInfo *signer, const char *oid, const char *text)
{
    must(CMS_signed_add1_attr_by_txt(signer, oid, V_ASN1_PRINTABLESTRING, text, static_cast<int>(strlen(text))), oid);
}

void requireAttribute(CMS_SignerInfo *signer, const char *oid, int type, const QByteArray &expected)
{
    ASN1_OBJECT *object = must(OBJ_txt2obj(oid, 1), oid);
    const auto *value = static_cast<const ASN1_STRING *>(must(CMS_signed_get0_data_by_OBJ(signer, object, -3, type), oid));
    if (ASN1_STRING_length(value) != expected.size() ||
        memcmp(ASN1_STRING_get0_data(value), expected.constData(), static_cast<size_t>(expected.size())) != 0)
        qFatal("bare OpenSSL: attribute %s is another", oid);
    ASN1_OBJECT_free(object);
}

} // namespace

BareScep::BareScep(const QByteArray &rootDer, const QByteArray &issuingDer, const QByteArray &signerDer, const QByteArray &keyDer)
    : m_root(certificate(rootDer))
    , m_issuing(certificate(issuingDer))
    , m_signer(certificate(signerDer))
    , m_store(must(X509_STORE_new(), "X509_STORE_new"))
    , m_recipients(sk_X509_new_null())
    , m_signers(sk_X509_new_null())
{
    auto bytes = reinterpret_cast<const unsigned char *>(keyDer.constData());
    m_key = must(d2i_AutoPrivateKey(nullptr, &bytes, static_cast<long>(keyDer.size())), "d2i_AutoPrivateKey");
    must(X509_STORE_add_cert(m_store, m_root), "X509_STORE_add_cert");
    must(sk_X509_push(m_recipients, m_issuing), "sk_X509_push");
    must(sk_X509_push(m_signers, m_issuing), "sk_X509_push");
}

BareScep::~BareScep()
{
    sk_X509_free(m_signers);
    sk_X509_free(m_recipients);
    X509_STORE_free(m_store);
    EVP_PKEY_free(m_key);
    X509_free(m_signer);
    X509_free(m_issuing);
    X509_free(m_root);
}

QByteArray BareScep::build(const QByteArray &payload, const char *transactionId) const
{
    BIO *plain = must(BIO_new_mem_buf(payload.constData(), static_cast<int>(payload.size())), "BIO_new_mem_buf");
    CMS_ContentInfo *envelope = must(CMS_encrypt(m_recipients, plain, EVP_aes_128_cbc(), CMS_BINARY), "CMS_encrypt");
    const QByteArray enveloped = der(envelope);
    CMS_ContentInfo_free(envelope);
    BIO_free(plain);

    unsigned char nonce[16];
    must(RAND_bytes(nonce, sizeof nonce), "RAND_bytes");
    BIO *inner = must(BIO_new_mem_buf(enveloped.constData(), static_cast<int>(enveloped.size())), "BIO_new_mem_buf");
    CMS_ContentInfo *message = must(CMS_sign(nullptr, nullptr, nullptr, nullptr, CMS_PARTIAL | CMS_BINARY), "CMS_sign");
    CMS_SignerInfo *signer =
        must(CMS_add1_signer(message, m_signer, m_key, EVP_sha256(), CMS_PARTIAL | CMS_BINARY | CMS_NOSMIMECAP), "CMS_add1_signer");
    addText(signer, "2.16.840.1.113733.1.9.2", "19");
    addText(signer, "2.16.840.1.113733.1.9.7", transactionId);
    must(CMS_signed_add1_attr_by_txt(signer, "2.16.840.1.113733.1.9.5", V_ASN1_OCTET_STRING, nonce, sizeof nonce), "senderNonce");
    must(CMS_final(message, inner, nullptr, CMS_BINARY), "CMS_final");
    QByteArray result = der(message);
    CMS_ContentInfo_free(message);
    BIO_free(inner);
    return result;
}

QByteArray BareScep::open(const QByteArray &reply, const QByteArray &transactionId, const QByteArray &senderNonce) const
{
    CMS_ContentInfo *outer = content(reinterpret_cast<const unsigned char *>(reply.constData()), static_cast<long>(reply.size()));
    BIO *envelopeBytes = must(BIO_new(BIO_s_mem()), "BIO_new");
    must(CMS_verify(outer, m_signers, nullptr, nullptr, envelopeBytes, CMS_BINARY | CMS_NO_SIGNER_CERT_VERIFY | CMS_NOINTERN),
         "CMS_verify");
    CMS_SignerInfo *signer = must(sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(outer), 0), "CMS_get0_SignerInfos");
    requireAttribute(signer, "2.16.840.1.113733.1.9.2", V_ASN1_PRINTABLESTRING, "3");
    requireAttribute(signer, "2.16.840.1.113733.1.9.3", V_ASN1_PRINTABLESTRING, "0");
    requireAttribute(signer, "2.16.840.1.113733.1.9.7", V_ASN1_PRINTABLESTRING, transactionId);
    requireAttribute(signer, "2.16.840.1.113733.1.9.6", V_ASN1_OCTET_STRING, senderNonce);

    char *data = nullptr;
    long size = BIO_get_mem_data(envelopeBytes, &data);
    CMS_ContentInfo *envelope = content(reinterpret_cast<const unsigned char *>(data), size);
    BIO *plain = must(BIO_new(BIO_s_mem()), "BIO_new");
    must(CMS_decrypt(envelope, m_key, m_signer, nullptr, plain, CMS_BINARY), "CMS_decrypt");
    size = BIO_get_mem_data(plain, &data);
    CMS_ContentInfo *bundle = content(reinterpret_cast<const unsigned char *>(data), size);
    STACK_OF(X509) *certificates = must(CMS_get1_certs(bundle), "CMS_get1_certs");
    X509 *issued = nullptr;
    for (int i = 0; i < sk_X509_num(certificates); ++i) {
        X509 *candidate = sk_X509_value(certificates, i);
        if (EVP_PKEY_eq(X509_get0_pubkey(candidate), m_key) == 1)
            issued = candidate;
    }
    must(issued, "the issued certificate");
    X509_STORE_CTX *chain = must(X509_STORE_CTX_new(), "X509_STORE_CTX_new");
    must(X509_STORE_CTX_init(chain, m_store, issued, m_recipients), "X509_STORE_CTX_init");
    must(X509_verify_cert(chain), "X509_verify_cert");
    X509_STORE_CTX_free(chain);

    unsigned char *bytes = nullptr;
    const int length = i2d_X509(issued, &bytes);
    QByteArray result(reinterpret_cast<const char *>(bytes), length);
    OPENSSL_free(bytes);
    sk_X509_pop_free(certificates, X509_free);
    CMS_ContentInfo_free(bundle);
    CMS_ContentInfo_free(envelope);
    CMS_ContentInfo_free(outer);
    BIO_free(plain);
    BIO_free(envelopeBytes);
    return result;
}

} // namespace Bench
