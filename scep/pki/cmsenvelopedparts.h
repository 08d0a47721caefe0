// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// For scep/pki/cms*.cpp only: envelopedData taken apart, for its reader and its decryption.

#include "scep/pki/asn1reader.h"
#include "scep/pki/cms.h"

namespace Pki::Detail {

struct RecipientParts {
    Algorithm algorithm;
    QByteArray encryptedKey;         ///< key transport only
    QByteArray subjectKeyIdentifier; ///< when it stands in place of issuer and serial
};

struct EnvelopedDataParts {
    QByteArray bytes; ///< the whole message, for OpenSSL
    QList<RecipientInfo> recipients;
    QList<RecipientParts> recipientParts; ///< same order
    Oid cipherOid;
    Cipher cipher = Cipher::Aes128;
    QByteArray initialisationVector;
    QByteArray encryptedContent;
};

} // namespace Pki::Detail
