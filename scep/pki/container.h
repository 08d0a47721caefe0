// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/pki/certificate.h"
#include "scep/pki/certificationrequest.h"
#include "scep/pki/crl.h"
#include "scep/pki/privatekey.h"

namespace Pki {

/// What a file holds, found out from its bytes, never from its name.
struct Container {
    enum class Kind {
        Certificates, ///< one or more, PEM or DER
        CertificationRequest,
        Crl,
        PrivateKey, ///< in the clear
        EncryptedPrivateKey,
        CertificateBundle, ///< degenerate PKCS#7
        Pkcs12,
        SignedData, ///< CMS with a signer; a SCEP message is one of these (scep/protocol/messagesummary tells)
        EnvelopedData,
        PublicKey,
        Mixed, ///< a PEM file with several kinds of block, e.g. key and chain
    };
    Kind kind = Kind::Certificates;
    QString encoding; ///< "PEM", "DER", "base64"
    QList<Certificate> certificates;
    QList<Crl> crls;
    CertificationRequest request;
    PrivateKey key; ///< when it could be opened with the pass phrase given
    QByteArray der; ///< of the outermost object, for the kinds that are not fully decoded here
};

/// Reads anything listed above. `passphrase` opens encrypted keys and PKCS#12; without the right one those kinds are still told.
/// Errors: NotRecognised (also for an empty file), TooLarge (over 16 MiB), Malformed.
Result<Container> readContainer(QByteArrayView bytes, const SecretBytes &passphrase = {});

} // namespace Pki
