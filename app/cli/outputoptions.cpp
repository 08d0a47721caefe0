// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/outputoptions.h"

#include "app/cli/inputs.h"
#include "app/cli/secretprompt.h"
#include "models/service/enrollmentfiles.h"

#include <QDir>
#include <QFileInfo>

using namespace Qt::StringLiterals;
using Pki::ErrorCode;
using Pki::failure;
using Pki::Result;

namespace Cli {

void addOutputOptions(VerbParser &parser)
{
    parser.option(u"out"_s, u"Folder for LABEL.key.pem, LABEL.cert.pem, LABEL.chain.pem and a pending transaction."_s, u"folder"_s);
    parser.option(u"wait"_s, u"How long to poll while the request is pending (default 0)."_s, u"seconds"_s, u"0"_s);
    parser.option(u"p12"_s, u"Also write key, certificate and chain into this PKCS#12 file."_s, u"file"_s);
    parser.option(u"p12-password-file"_s, u"File whose first line protects the PKCS#12 file."_s, u"file"_s);
    parser.option(u"p12-style"_s, u"modern (AES-256, SHA-256) or compatible (3DES, SHA-1) for old readers."_s, u"style"_s, u"modern"_s);
    parser.option(u"verbose"_s, u"Tell every exchange with the server on stderr."_s);
}

Result<OutputOptions> pkcs12FromOptions(const VerbParser &parser)
{
    OutputOptions options;
    options.pkcs12File = parser.value(u"p12"_s);
    if (options.pkcs12File.isEmpty())
        return options;
    auto password = secretFromOptions(parser, u"p12-password-file"_s, "SCEPTER_P12_PASSWORD");
    if (!password)
        return std::unexpected(password.error());
    if (password->isEmpty() && canPrompt()) {
        password = promptNewSecret(u"Password for %1"_s.arg(options.pkcs12File));
        if (!password)
            return std::unexpected(password.error());
    }
    if (password->isEmpty())
        return failure(ErrorCode::EmptyPassphrase, u"--p12 needs --p12-password-file"_s);
    options.pkcs12Password = std::move(*password);
    const QString style = parser.value(u"p12-style"_s);
    if (style == "compatible"_L1)
        options.pkcs12Style = Pki::Pkcs12Style::Compatible;
    else if (style != "modern"_L1)
        return failure(ErrorCode::InvalidArgument, u"--p12-style takes modern or compatible"_s);
    return options;
}

Result<OutputOptions> outputFromOptions(const VerbParser &parser)
{
    if (parser.value(u"out"_s).isEmpty())
        return failure(ErrorCode::InvalidArgument, u"--out is missing"_s);
    const auto wait = numberOption(parser, u"wait"_s, 0, 31 * 86400);
    if (!wait)
        return std::unexpected(wait.error());
    auto options = pkcs12FromOptions(parser);
    if (!options)
        return options;
    options->folder = parser.value(u"out"_s);
    options->wait = std::chrono::seconds(*wait);
    options->isVerbose = parser.isSet(u"verbose"_s);
    return options;
}

QString OutputOptions::pollCommand() const
{
    const QString command = u"scepctl poll --out %1 --label %2"_s.arg(folder, label);
    return pkcs12File.isEmpty() ? command : command + u" --p12 "_s + pkcs12File;
}

// -- the places ----------------------------------------------------------------------------------------------------------------

OutputPlace::OutputPlace(const OutputOptions &options)
    : m_options(options)
{
    for (QString path = QDir::cleanPath(QFileInfo(options.folder).absoluteFilePath()); !QFileInfo::exists(path);
         path = QFileInfo(path).path())
        m_missing.append(path);
}

OutputPlace::~OutputPlace()
{
    for (const QString &path : std::as_const(m_missing)) {
        if (!QDir().rmdir(path)) // refused where something is in it
            return;
    }
}

Result<void> OutputPlace::check() const
{
    if (Result<void> checked = Models::checkOutputFolder(m_options.folder); !checked)
        return checked;
    if (m_options.pkcs12File.isEmpty())
        return {};
    const QFileInfo bundle(m_options.pkcs12File);
    if (bundle.isDir())
        return failure(ErrorCode::FileNotWritable, u"%1: it is a folder"_s.arg(m_options.pkcs12File));
    if (!QFileInfo(bundle.absolutePath()).isDir())
        return failure(ErrorCode::FileNotWritable, u"%1: there is no such folder"_s.arg(bundle.path()));
    return Models::checkOutputFolder(bundle.absolutePath());
}

Result<void> OutputWriter::write(const Scep::IssuedCertificate &issued)
{
    m_hasBegun = true;
    const auto files = Models::writeEnrollmentFiles(m_options.folder, m_options.label, issued, m_options.keyPassphrase);
    if (!files)
        return std::unexpected(files.error());
    m_files = {{"key"_L1, files->key}, {"certificate"_L1, files->certificate}, {"chain"_L1, files->chain}};
    m_paths = {files->key, files->certificate, files->chain};
    if (!m_options.pkcs12File.isEmpty()) {
        const auto written =
            Models::writePkcs12(m_options.pkcs12File, m_options.label, issued, m_options.pkcs12Password, m_options.pkcs12Style);
        if (!written)
            return written;
        m_files.insert("pkcs12"_L1, m_options.pkcs12File);
        m_paths.append(m_options.pkcs12File);
    }
    m_paths.removeAll(QString());
    return {};
}

} // namespace Cli
