// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/verb.h"
#include "models/records/records.h"
#include "scep/pki/pkcs12.h"

#include <QStringList>

#include <chrono>

namespace Cli {

/// Where an enrollment's results go, and how long to wait for them.
struct OutputOptions {
    QString folder;
    QString label;
    QString pkcs12File; ///< empty: none
    Pki::SecretBytes pkcs12Password;
    Pki::Pkcs12Style pkcs12Style = Pki::Pkcs12Style::Modern;
    Pki::SecretBytes keyPassphrase; ///< under which the key is written; empty: in the clear
    std::chrono::seconds wait{0};   ///< for a pending request
    bool isVerbose = false;

    /// "scepctl poll --out O --label plc-7", with --p12 if a bundle is wanted: what goes on with the transaction.
    [[nodiscard]] QString pollCommand() const;
};

/// --out --wait --p12 --p12-password-file --p12-style --verbose, shared by enroll, renew and poll.
void addOutputOptions(VerbParser &parser);
/// All but the label and the key's pass phrase. Errors: InvalidArgument, EmptyPassphrase, file errors.
Pki::Result<OutputOptions> outputFromOptions(const VerbParser &parser);

/// --p12, --p12-password-file and --p12-style alone, the rest at its defaults. Errors: InvalidArgument, EmptyPassphrase, file errors.
Pki::Result<OutputOptions> pkcs12FromOptions(const VerbParser &parser);

/// The places of the results, found writable before anything is sent. Folders that were made for them and are empty when this object goes
/// are removed again: a verb that failed leaves nothing behind.
class OutputPlace
{
    Q_DISABLE_COPY_MOVE(OutputPlace)

public:
    explicit OutputPlace(const OutputOptions &options);
    ~OutputPlace();
    /// Makes the folder; that of the PKCS#12 file must exist or be this one. Errors: FileNotWritable.
    [[nodiscard]] Pki::Result<void> check() const;

private:
    const OutputOptions &m_options;
    QStringList m_missing; ///< folders that did not exist, the deepest first
};

/// What complete() writes, and what is told afterwards.
class OutputWriter
{
public:
    explicit OutputWriter(const OutputOptions &options)
        : m_options(options)
    {}
    Pki::Result<void> write(const Scep::IssuedCertificate &issued);
    [[nodiscard]] bool hasBegun() const { return m_hasBegun; } ///< there is a certificate, whatever became of its files
    [[nodiscard]] const QJsonObject &files() const { return m_files; }
    [[nodiscard]] const QStringList &paths() const { return m_paths; }

private:
    const OutputOptions &m_options;
    bool m_hasBegun = false;
    QJsonObject m_files;
    QStringList m_paths;
};

} // namespace Cli
