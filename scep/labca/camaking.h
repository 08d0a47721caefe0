// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/labca/cafiles.h"

namespace LabCa {

/// Makes what is missing of an unfinished CA, issuing.pem last. Parts left by an interrupted start are used where they are sound and made
/// anew where they are not; nobody has seen them yet. Errors: InvalidKeyType, InvalidArgument, InvalidDistinguishedName, file errors.
Result<void> makeCa(const QString &folder, const CaDescription &description, const KeyProtection &protection);

/// What will follow, made and signed but not yet in a file. Takes as long as its keys: nothing needs to be locked.
struct NextCa {
    struct File {
        QString name;
        QByteArray bytes;
        bool isKey = false;
    };
    QList<File> files; ///< in the order in which they are to be written: next-issuing.pem last
};
/// A new issuing CA (and RA, if the current one has one) under the present root, or with `withRoot` under a new root.
/// Errors: as makeCa().
Result<NextCa> makeNextCa(const QString &folder, const CaDescription &description, const KeyProtection &protection, bool withRoot);
/// Errors: InvalidArgument when there is one already, file errors.
Result<void> writeNextCa(const QString &folder, const NextCa &next);

} // namespace LabCa
