// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/labca/depot.h"

#include <QMap>

#include <chrono>

namespace LabCa {

/// What a CA makes of a request: purposes, validity, and how it rewrites names.
struct Profile {
    QString name;                                 ///< as the CSR's template name (1.3.6.1.4.1.311.20.2) picks it, without case
    QString description;                          ///< for people
    Pki::KeyUsage keyUsage;                       ///< what may be granted
    QList<Pki::Oid> extendedKeyUsage;             ///< likewise
    bool grantsAll = false;                       ///< all of it, whatever was asked; else what was asked as far as it is among it
    std::optional<std::chrono::minutes> validity; ///< nullopt: the policy's
    QList<Pki::Oid> dropped = {};                 ///< attributes of the subject that are left out
    QList<Pki::NameAttribute> replaced = {};      ///< the attribute has this value, whatever was asked; put in front where it is missing
    QList<Pki::NameAttribute> added = {};         ///< put in front where the attribute is missing
    bool addsDnsNameOfCommonName = false;         ///< a common name that is a host name also becomes a subjectAltName
    bool dropsSubjectAlternativeNames = false;
};

/// tls-both (the default), tls-client, tls-server, pc-client, and those of `profiles.json` in the CA's folder.
class Profiles
{
public:
    Profiles(); ///< the built-in ones
    /// Without a file: the built-in ones. One of the file with a built-in's name takes its place.
    /// Errors: Malformed (the detail names the profile and the member that is wrong), file errors.
    static Result<Profiles> ofFolder(const QString &caFolder);
    static Result<Profiles> fromJson(const QByteArray &json);

    [[nodiscard]] const QList<Profile> &all() const { return m_profiles; }
    [[nodiscard]] const Profile *find(const QString &name) const; ///< without case, "both" for tls-both; null: there is none
    [[nodiscard]] const Profile &defaultProfile() const;

private:
    QList<Profile> m_profiles;
};

inline constexpr int maxValidityDays = 3650; ///< no Lab CA lives longer than it takes to be forgotten
inline constexpr const char *defaultProfileName = "tls-both";

/// A request as a profile leaves it.
struct Rewritten {
    RequestedCertificate requested;
    QStringList changes; ///< "subject: O=Lab put in", ... for the log
};
/// Errors: InvalidDistinguishedName (the profile leaves no valid name).
Result<Rewritten> rewrite(const RequestedCertificate &requested, const Profile &profile);
QString toText(std::chrono::minutes validity); ///< "1 minute", "12 hours", "365 days"

} // namespace LabCa
