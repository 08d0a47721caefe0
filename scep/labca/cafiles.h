// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/labca/caidentity.h"
#include "scep/labca/keyprotection.h"
#include "scep/pki/error.h"

namespace LabCa {

using Pki::Error;
using Pki::ErrorCode;
using Pki::failure;
using Pki::Result;

/// The certificates of one generation of a CA, each in a file of its own with its key beside it.
enum class CaPart { Root, Issuing, Ra, RaSigning, RaEncryption };
inline constexpr CaPart allCaParts[] = {CaPart::Root, CaPart::Issuing, CaPart::Ra, CaPart::RaSigning, CaPart::RaEncryption};

/// Which generation: the one that works, the one that follows, or a former one by its number (1 is the oldest).
struct Generation {
    enum class Kind { Current, Next, Retired };
    Kind kind = Kind::Current;
    int number = 0;

    static Generation current() { return {}; }
    static Generation next() { return {Kind::Next, 0}; }
    static Generation retired(int n) { return {Kind::Retired, n}; }
};

/// "issuing.pem", "next-ra-signing.pem", "retired-2.pem" (an issuing CA), "retired-2-root.pem"; the keys "issuing.key.pem" and so on.
QString certificateFile(Generation generation, CaPart part);
QString keyFile(Generation generation, CaPart part);
QString inFolder(const QString &folder, const QString &file);

Result<Pki::Certificate> readCertificateFile(const QString &path);

/// How many former generations the folder has.
int retiredCount(const QString &folder);
/// issuing.pem is written last: where it lies, the CA is whole and may have issued certificates.
bool isFinishedCa(const QString &folder);
bool hasNextCa(const QString &folder);

/// `withKeys`: the issuing key and the RA's. Errors: file errors, Malformed, KeyMismatch.
Result<CaIdentity> readIdentity(const QString &folder, const KeyProtection &protection, Generation generation, bool withKeys);
/// Everything. The folder must not change meanwhile: hold its lock. Errors as readIdentity().
Result<CaMaterial> readCa(const QString &folder, const KeyProtection &protection);

/// How the CA was described when it was made (ca.json), so that its successors are made alike. A folder without the file is described by
/// its certificates.
Result<CaDescription> readDescription(const QString &folder);
QByteArray descriptionToJson(const CaDescription &description);
QString displayName(RaKind kind); ///< "none", "one", "split"; also what stands in the file
std::optional<RaKind> raKindFromText(const QString &text);

} // namespace LabCa
