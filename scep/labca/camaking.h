// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/labca/depot.h"

namespace LabCa {

/// What the Lab CA works with. The root's key is needed only while the CA is made and stays in its file.
struct CaMaterial {
    Pki::Certificate root;
    Pki::Certificate issuing;
    Pki::PrivateKey issuingKey;
    QList<Pki::Certificate> retired; ///< former issuing CAs, oldest first
    Pki::Certificate next;           ///< the issuing CA that will follow; null: none
};

/// issuing.pem is written last: where it lies, the CA is whole and may have issued certificates.
bool isFinishedCa(const QString &folder);
/// Makes what is missing of an unfinished CA: root.key.pem, root.pem, issuing.key.pem, issuing.pem in this order. Parts left by an
/// interrupted start are used where they are sound and made anew where they are not; nobody has seen them yet.
Result<void> makeCa(const QString &folder, const CaDescription &description);
/// Makes next-issuing.key.pem and next-issuing.pem, certificate last. Errors as makeCa(), InvalidArgument when there is one.
Result<void> makeNextIssuing(const QString &folder, const CaDescription &description);
/// The former issuing CA becomes retired-N, the next one issuing. Interrupted anywhere, readCa() finishes it.
Result<void> switchToNextIssuing(const QString &folder);
/// Reads a finished CA. Errors: FileNotReadable, FileNotFound, Malformed, KeyMismatch.
Result<CaMaterial> readCa(const QString &folder);

} // namespace LabCa
