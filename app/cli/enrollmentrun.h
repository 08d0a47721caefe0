// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/verb.h"
#include "models/store/filejournal.h"
#include "scep/pki/pkcs12.h"

#include <QStringList>

#include <chrono>
#include <memory>

namespace Cli {

/// Where an enrollment's results go, and how long to wait for them.
struct OutputOptions {
    QString folder;
    QString label;
    QString pkcs12File; ///< empty: none
    Pki::SecretBytes pkcs12Password;
    Pki::Pkcs12Style pkcs12Style = Pki::Pkcs12Style::Modern;
    std::chrono::seconds wait{0}; ///< for a pending request
    bool isVerbose = false;
};

/// --out --wait --p12 --p12-password-file --p12-style --verbose, shared by enroll, renew and poll.
void addOutputOptions(VerbParser &parser);
/// All but the label. Errors: InvalidArgument, EmptyPassphrase, file errors.
Pki::Result<OutputOptions> outputFromOptions(const VerbParser &parser);

/// --p12, --p12-password-file and --p12-style alone, the rest at its defaults. Errors: InvalidArgument, EmptyPassphrase, file errors.
Pki::Result<OutputOptions> pkcs12FromOptions(const VerbParser &parser);

/// What complete() writes, and what is told afterwards.
class OutputWriter
{
public:
    explicit OutputWriter(const OutputOptions &options)
        : m_options(options)
    {}
    Pki::Result<void> write(const Scep::IssuedCertificate &issued);
    [[nodiscard]] const QJsonObject &files() const { return m_files; }
    [[nodiscard]] const QStringList &paths() const { return m_paths; }

private:
    const OutputOptions &m_options;
    QJsonObject m_files;
    QStringList m_paths;
};

/// The ending when an earlier run left its transaction in the way.
int failUnfinished(const OutputOptions &options, const QString &transactionFile, const Terminal &terminal);

/// Runs the engine over `journal` until its one request is issued, refused, or still pending when the wait is over; prints the result.
/// A transaction that `journal` holds is resumed, else a new one begins: a renewal if `journal` has a current certificate.
int runEnrollment(Models::FileJournal &journal, const QString &transactionFile, const OutputOptions &options, const OutputWriter &writer,
                  const Terminal &terminal);

} // namespace Cli
