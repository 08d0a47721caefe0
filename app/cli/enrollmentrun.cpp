// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/enrollmentrun.h"

#include "app/cli/describe.h"
#include "app/cli/inputs.h"
#include "app/cli/secretprompt.h"
#include "models/records/errorname.h"
#include "models/service/chaintext.h"
#include "models/service/enrollmentfiles.h"
#include "scep/worker/engine.h"

#include <QCoreApplication>
#include <QFile>
#include <QNetworkAccessManager>
#include <QTimer>

using namespace Qt::StringLiterals;
using Models::safeText;
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

Result<void> OutputWriter::write(const Scep::IssuedCertificate &issued)
{
    const auto files = Models::writeEnrollmentFiles(m_options.folder, m_options.label, issued);
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

int failUnfinished(const OutputOptions &options, const QString &transactionFile, const Terminal &terminal)
{
    return terminal.fail(ExitCode::Storage, Models::errorName(ErrorCode::WorkspaceInUse),
                         {.what = u"Request “%1” has an unfinished transaction in %2."_s.arg(options.label, transactionFile),
                          .nextStep = u"Go on with: scepctl poll --out %1 --label %2; or remove that file to give it up."_s.arg(
                              options.folder, options.label)});
}

namespace {

/// Follows the engine's signals to one exit status.
class Run final : public QObject
{
public:
    Run(Models::FileJournal &journal, QString transactionFile, const OutputOptions &options, const OutputWriter &writer,
        const Terminal &terminal)
        : m_journal(journal)
        , m_transactionFile(std::move(transactionFile))
        , m_options(options)
        , m_writer(writer)
        , m_terminal(terminal)
        , m_object(u"request “%1”"_s.arg(safeText(options.label)))
        , m_engine({.network = m_network, .journal = journal, .clock = m_clock, .keyPool = m_keyPool})
    {
        connect(&m_engine, &Scep::Engine::transactionChanged, this, &Run::follow);
        connect(&m_engine, &Scep::Engine::certificateIssued, this,
                [this](const Scep::IssuedCertificate &issued) { finish([&] { return tell(issued); }); });
        connect(&m_engine, &Scep::Engine::journalFailed, this,
                [this](const Scep::Error &error) { finish([&] { return m_terminal.fail(error, m_object); }); });
        if (options.isVerbose) {
            connect(&m_engine, &Scep::Engine::exchangeFinished, this, [this](const Scep::Exchange &exchange) {
                m_terminal.progress(
                    u"%1 %2: HTTP %3, %4 bytes, %5 ms"_s.arg(Scep::wireName(exchange.operation), safeText(exchange.url.toDisplayString()))
                        .arg(exchange.httpStatus)
                        .arg(exchange.received.size())
                        .arg(exchange.duration.count()));
                for (const QString &note : exchange.notes)
                    m_terminal.progress(u"  note: %1"_s.arg(safeText(note)));
            });
        }
    }

    int exec()
    {
        const auto open = m_journal.openTransactions();
        if (!open)
            return m_terminal.fail(open.error(), m_object);
        // What a former process heard is no news: only the answer to a poll of ours is.
        if (!open->isEmpty() && open->first().phase == Scep::Transaction::Phase::Pending)
            m_knownPolls = open->first().polls;
        if (const auto started = m_engine.start(); !started)
            return m_terminal.fail(started.error(), m_object);
        const auto current = m_journal.currentCredential(m_journal.request().id);
        if (!current)
            return m_terminal.fail(current.error(), m_object);
        if (open->isEmpty() && current->certificate.isNull())
            m_engine.enroll(m_journal.request().id);
        else if (open->isEmpty())
            m_engine.renew(m_journal.request().id);
        else
            m_engine.attemptNow(m_journal.request().id);
        if (!m_exitCode)
            QCoreApplication::exec();
        return m_exitCode.value_or(static_cast<int>(ExitCode::Internal));
    }

private:
    /// `tell` prints the one ending; signals that come after it say nothing.
    template <typename Tell>
    void finish(const Tell &tell)
    {
        if (m_exitCode)
            return;
        m_exitCode = tell();
        QCoreApplication::quit();
    }

    void follow(const Scep::TransactionStatus &status)
    {
        using enum Scep::TransactionStatus::State;
        m_status = status;
        switch (status.state) {
        case GeneratingKey:
            m_terminal.progress(u"Generating the key..."_s);
            break;
        case Pending:
            if (status.polls > m_knownPolls)
                waitForApproval();
            break;
        case Queued:
        case Retrying:
            // While waiting for an approval the network may come and go; before that, the person at the terminal decides.
            if (status.error && !m_isWaiting)
                finish([&] { return fail(status); });
            break;
        case Rejected:
            finish([&] { return fail(status); });
            break;
        case Cancelled:
            finish([&] { return m_terminal.fail({ErrorCode::Cancelled, {}}, m_object); });
            break;
        case None:
        case Sending:
        case Done: // certificateIssued tells
            break;
        }
    }

    void waitForApproval()
    {
        if (m_options.wait.count() == 0) {
            finish([&] { return tellPending(); });
        } else if (!m_isWaiting) {
            m_isWaiting = true;
            m_terminal.progress(u"Pending at the server; polling for up to %1 s."_s.arg(m_options.wait.count()));
            QTimer::singleShot(m_options.wait, this, [this] { finish([&] { return tellPending(); }); });
        }
    }

    int fail(const Scep::TransactionStatus &status)
    {
        const Models::Explanation explanation = Models::explain(status, m_object);
        QJsonObject details{{"transactionId"_L1, status.transactionId}};
        if (QFile::exists(m_transactionFile))
            details.insert("transactionFile"_L1, m_transactionFile);
        if (!status.rejection) {
            const ErrorCode code = status.error ? status.error->code : ErrorCode::Internal;
            return m_terminal.fail(exitCode(code), Models::errorName(code), explanation, details);
        }
        details.insert("failInfo"_L1, status.rejection->failInfoNumber);
        details.insert("failInfoText"_L1, status.rejection->failInfoText);
        return m_terminal.fail(ExitCode::Rejected, u"Rejected"_s, explanation, details);
    }

    int tellPending()
    {
        return m_terminal.fail(
            ExitCode::Pending, u"Pending"_s,
            {.what = u"The %1 is still pending at the server; its transaction is kept in %2."_s.arg(m_object, m_transactionFile),
             .nextStep = u"Go on with: scepctl poll --out %1 --label %2."_s.arg(m_options.folder, m_options.label)},
            {{"transactionId"_L1, m_status.transactionId}, {"transactionFile"_L1, m_transactionFile}});
    }

    int tell(const Scep::IssuedCertificate &issued)
    {
        const Pki::CertificateChain chain =
            Pki::buildChain(issued.certificate, issued.issuers, issued.issuers.isEmpty() ? issued.issuers : issued.issuers.last(1),
                            QDateTime::currentDateTimeUtc());
        QJsonObject object = toJson(issued.certificate);
        object.insert("label"_L1, m_options.label);
        object.insert("state"_L1, u"issued"_s);
        object.insert("isRenewal"_L1, m_status.isRenewal);
        object.insert("transactionId"_L1, issued.transactionId);
        object.insert("chainVerdict"_L1, Models::chainVerdict(chain));
        object.insert("files"_L1, m_writer.files());
        object.insert("differences"_L1, toJson(issued.differences));
        object.insert("notes"_L1, toJson(issued.notes));

        ResultLines lines{{m_status.isRenewal ? u"Renewed"_s : u"Issued"_s, m_options.label}};
        lines.append(toLines(issued.certificate));
        lines.append({u"Chain"_s, Models::chainVerdict(chain)});
        lines.append({u"Transaction"_s, issued.transactionId});
        for (const QString &difference : issued.differences)
            lines.append({u"Differs"_s, safeText(difference)});
        for (const QString &note : issued.notes)
            lines.append({u"Note"_s, safeText(note)});
        for (const QString &path : m_writer.paths())
            lines.append({u"File"_s, path});
        return m_terminal.done(object, lines);
    }

    Models::FileJournal &m_journal;
    QString m_transactionFile;
    const OutputOptions &m_options;
    const OutputWriter &m_writer;
    const Terminal &m_terminal;
    QString m_object;
    QNetworkAccessManager m_network;
    Scep::SystemClock m_clock;
    Scep::KeyPool m_keyPool;
    Scep::Engine m_engine;
    Scep::TransactionStatus m_status;
    int m_knownPolls = -1;
    bool m_isWaiting = false;
    std::optional<int> m_exitCode;
};

} // namespace

int runEnrollment(Models::FileJournal &journal, const QString &transactionFile, const OutputOptions &options, const OutputWriter &writer,
                  const Terminal &terminal)
{
    Run run(journal, transactionFile, options, writer, terminal);
    return run.exec();
}

} // namespace Cli
