// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/records/records.h"
#include "scep/files/durablefile.h"
#include "scep/pki/pkcs12.h"

namespace Models {

/// A file name from a label or subject: letters, digits, `.`, `-`, `_`; never empty, hidden, absolute or a path.
QString fileStem(const QString &label);

struct EnrollmentFiles {
    QString key;         ///< LABEL.key.pem, 0600; empty when there is no key
    QString certificate; ///< LABEL.cert.pem
    QString chain;       ///< LABEL.chain.pem: issuing CA up to and including the anchor
};
/// Checks that the folder can be written before anything is sent, so that a certificate is not lost for want of a place.
Result<void> checkOutputFolder(const QString &folder);
/// Key first, certificate last; each atomic. A different key already under that name is kept as LABEL.key-N.pem. `keyPassphrase` empty: the
/// key is written in the clear with 0600.
Result<EnrollmentFiles> writeEnrollmentFiles(const QString &folder, const QString &label, const Scep::IssuedCertificate &issued,
                                             const Pki::SecretBytes &keyPassphrase = {});
/// Key, certificate and chain. EmptyPassphrase, FileNotWritable, ...
Result<void> writePkcs12(const QString &path, const QString &friendlyName, const Scep::IssuedCertificate &issued,
                         const Pki::SecretBytes &passphrase, Pki::Pkcs12Style style);

/// By role: root.pem issuing.pem intermediate-N.pem ra.pem or ra-signing.pem ra-encryption.pem. Returns the paths.
Result<QStringList> writeCaFiles(const QString &folder, const Scep::CaRoles &roles);

} // namespace Models
