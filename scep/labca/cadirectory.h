// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/labca/authority.h"

#include <QUrl>

#include <memory>
#include <vector>

namespace LabCa {

/// The CAs of one folder behind one address: the folder's own, which is the default, and those in `cas/ALIAS`. Each has its depot, its
/// policy and its authority.
/// A GET is for the CA that `message=` names (an alias, or the common name of an issuing CA or a root), else for the one in the path
/// (/scep/ALIAS), else for the default one; a PKIOperation for the one in the path, else for the one that its envelope is addressed to.
/// Thread: any one, also several at once; setPublicUrl() before the first request.
class CaDirectory
{
public:
    /// `alias` is empty for the default CA. Errors end open().
    using PolicyOf = std::function<Result<Policy>(const QString &alias, const QString &caFolder)>;
    struct Options {
        CaDescription description = {};               ///< of the default CA, if it must be made
        const Pki::SecretBytes *passphrase = nullptr; ///< of all CAs; null: none
        PolicyOf policy = {};                         ///< empty: the defaults, with the profiles of the CA's folder
        Authority::Now now = {};
    };

    ~CaDirectory();
    CaDirectory(CaDirectory &&) noexcept;
    CaDirectory &operator=(CaDirectory &&) noexcept;

    /// Makes the default CA if there is none. Errors: those of Depot::openOrCreate() and of the policies.
    static Result<CaDirectory> open(const QString &folder, const Options &options);
    /// One more CA. Errors: InvalidArgument (no such alias can be, or there is one already), those of Depot::openOrCreate().
    static Result<void> create(const QString &folder, const QString &alias, const CaDescription &description,
                               const Pki::SecretBytes &passphrase = {});
    /// Letters, digits, `-`, `_`, `.`, at most 64, no leading dot; not "default" and not "pkiclient.exe".
    [[nodiscard]] static bool isAlias(const QString &text);
    /// `folder` itself for the empty alias and "default".
    [[nodiscard]] static QString folderOf(const QString &folder, const QString &alias);
    /// Of the finished CAs beside the default one, sorted.
    [[nodiscard]] static QStringList aliasesIn(const QString &folder);

    struct Served {
        QString alias; ///< "default" for the folder's own
        std::unique_ptr<Depot> depot;
        std::unique_ptr<Authority> authority;
    };
    [[nodiscard]] const std::vector<Served> &all() const { return m_served; } ///< the default one first
    [[nodiscard]] Depot &defaultDepot() const { return *m_served.front().depot; }
    [[nodiscard]] Authority &defaultAuthority() const { return *m_served.front().authority; }

    /// Scheme, host and port under which clients reach this: certificates then name their CRL and issuer there.
    void setPublicUrl(const QUrl &url);

    /// Answers everything, also paths that are none of SCEP's, with 404.
    HttpResponse handle(const HttpRequest &request, LogEntry *log = nullptr) const;

private:
    explicit CaDirectory(std::vector<Served> served);
    [[nodiscard]] const Served *find(const QString &alias) const;
    [[nodiscard]] const Served *named(const QString &message) const;
    [[nodiscard]] const Served *addressedBy(const HttpRequest &request) const;
    [[nodiscard]] HttpResponse published(const QString &path, LogEntry &log) const;
    [[nodiscard]] QString whatThereIs() const;

    std::vector<Served> m_served;
};

} // namespace LabCa
