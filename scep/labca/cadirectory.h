// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/labca/authority.h"

#include <QUrl>

#include <deque>
#include <memory>

namespace LabCa {

/// The CAs of one folder behind one address: the folder's own, which is the default, and those in `cas/ALIAS`. Each has its depot, its
/// policy and its authority.
/// A GET is for the CA that `message=` names (an alias, or the common name of an issuing CA or a root), else for the one in the path
/// (/scep/ALIAS), else for the default one; a PKIOperation for the one that its envelope is addressed to, else for the one in the path: so
/// a client's messages go where its GetCACert went.
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
        /// Policies that change and CAs that are made while this serves, by another process, count from then on: `policy` is called again,
        /// in any thread. A policy that cannot be read leaves the former one in force, and the log says so.
        bool followsFiles = false;
    };

    ~CaDirectory();
    CaDirectory(CaDirectory &&) noexcept;
    CaDirectory &operator=(CaDirectory &&) noexcept;

    /// Makes the default CA if there is none. Errors: those of checkChoice(), of Depot::openOrCreate() and of the policies.
    static Result<CaDirectory> open(const QString &folder, const Options &options);
    /// One more CA. `policy` is kept before it is finished, so that no running server ever has it with another. Errors: InvalidArgument
    /// (no such alias can be, or there is one already), those of checkChoice() and of Depot::openOrCreate().
    static Result<void> create(const QString &folder, const QString &alias, const CaDescription &description,
                               const Pki::SecretBytes &passphrase = {}, const Policy *policy = nullptr);
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
    /// The default one first. Once requests are handled only without `followsFiles`, which may add to it.
    [[nodiscard]] const std::deque<Served> &all() const;
    [[nodiscard]] Depot &defaultDepot() const { return *all().front().depot; }
    [[nodiscard]] Authority &defaultAuthority() const { return *all().front().authority; }

    /// Scheme, host and port under which clients reach this: certificates then name their CRL and issuer there.
    void setPublicUrl(const QUrl &url);

    /// Answers everything, also paths that are none of SCEP's, with 404.
    HttpResponse handle(const HttpRequest &request, LogEntry *log = nullptr) const;

private:
    class Private;
    explicit CaDirectory(std::unique_ptr<Private> d);
    std::unique_ptr<Private> d;
};

} // namespace LabCa
