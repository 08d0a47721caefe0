// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>

#include <openssl/cms.h>
#include <openssl/x509.h>

#include <memory>

namespace Bench {

/// The client's CMS work of one enrollment written straight against OpenSSL's C interface, as a C program would: what Scepter's layers are
/// measured by. Every function ends the program on failure.
class BareScep
{
public:
    BareScep(const QByteArray &rootDer, const QByteArray &issuingDer, const QByteArray &signerDer, const QByteArray &keyDer);
    ~BareScep();
    BareScep(const BareScep &) = delete;
    BareScep &operator=(const BareScep &) = delete;

    /// Encrypts `payload` to the issuing CA (AES-128-CBC) and signs it (SHA-256) with the SCEP attributes of a PKCSReq.
    [[nodiscard]] QByteArray build(const QByteArray &payload, const char *transactionId) const;

    /// Verifies, checks the attributes, decrypts, finds the certificate with our public key and verifies it up to the root. Its DER.
    [[nodiscard]] QByteArray open(const QByteArray &reply, const QByteArray &transactionId, const QByteArray &senderNonce) const;

private:
    X509 *m_root;
    X509 *m_issuing;
    X509 *m_signer;
    EVP_PKEY *m_key;
    X509_STORE *m_store;
    STACK_OF(X509) * m_recipients;
    STACK_OF(X509) * m_signers;
};

} // namespace Bench
