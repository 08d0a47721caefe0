// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/labca/cafiles.h"

namespace LabCa {

/// What makeCa() takes: RSA keys, at least a year, names that can be. Takes no time. Errors: InvalidKeyType, InvalidArgument,
/// InvalidDistinguishedName.
Result<void> checkMaking(const CaDescription &description);
/// What people may choose for a new CA; narrower: RSA keys of 2048 to 4096 bits. Errors: InvalidKeyType, InvalidArgument.
Result<void> checkChoice(const CaDescription &description);

/// Makes what is missing of an unfinished CA, issuing.pem last. Parts left by an interrupted start are used where they are sound and made
/// anew where they are not; nobody has seen them yet. Errors: InvalidKeyType, InvalidArgument, InvalidDistinguishedName, file errors.
Result<void> makeCa(const QString &folder, const CaDescription &description, const KeyProtection &protection);

/// What will follow, made and signed but not yet in a file. Takes as long as its keys: nothing needs to be locked.
struct NewFile {
    QString name;
    QByteArray bytes;
    bool isKey = false;
};
struct NextCa {
    QList<NewFile> files; ///< in the order in which they are to be written: next-issuing.pem last
};
/// A new issuing CA (and RA, if the current one has one) under the present root, or with `withRoot` under a new root.
/// Errors: as makeCa().
Result<NextCa> makeNextCa(const QString &folder, const CaDescription &description, const KeyProtection &protection, bool withRoot);
/// Errors: InvalidArgument when there is one already, file errors.
Result<void> writeNextCa(const QString &folder, const NextCa &next);
/// It will not follow; with its time. Errors: InvalidArgument when there is none, file errors.
Result<void> discardNextCa(const QString &folder);

/// RA certificates under the present issuing CA, in the order in which they are to be written: the CA has an RA from the last one on.
Result<QList<NewFile>> makeRa(const QString &folder, const CaDescription &description, const CaIdentity &ca,
                              const KeyProtection &protection);
/// Writes them, and in ca.json what the RA is. Errors: file errors.
Result<void> writeRa(const QString &folder, const CaDescription &description, const QList<NewFile> &files);

} // namespace LabCa
