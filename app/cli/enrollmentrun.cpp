// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/enrollmentrun.h"

#include "app/cli/describe.h"
#include "models/records/errorname.h"
#include "models/service/chaintext.h"
#include "scep/worker/engine.h"
#include "scep/worker/servertrust.h"

#include <QCoreApplication>
#include <QFile>
#include <QNetworkAccessManager>
#include <QTimer>

using namespace Qt::StringLiterals;
using Models::safeText;
using Pki::ErrorCode;

namespace Cli {

int failUnfinished(const OutputOptions &options, const QString &transactionFile, const Terminal &terminal)
{
    return terminal.fail(ExitCode::Storage, Models::errorName(ErrorCode::WorkspaceInUse),
                         {.what = u"Request “%1” has an unfinished transaction in %2."_s.arg(options.label, transactionFile),
                          .nextStep = u"Go on with: %1; or remove that file to give it up."_s.arg(options.pollCommand())});
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
                [this](const Scep::Error &error) { finish([&] { return failStorage(error); }); });
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
        const auto csr = m_journal.providedCsr(m_journal.request().id);
        const auto key = m_journal.providedKey(m_journal.request().id);
        m_isDeviceKey = csr && !csr->isNull() && key && key->isNull();
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
            m_terminal.progress(m_isDeviceKey ? u"Generating a key to sign the messages with; the device keeps its own..."_s
                                              : u"Generating the key..."_s);
            break;
        case Pending:
            if (status.polls > m_knownPolls)
                waitForApproval();
            break;
        case Queued:
        case Retrying:
            // While waiting for an approval the network may come and go; before that, and about trust, the person at the terminal decides.
            if (status.error && (!m_isWaiting || !Scep::mayPass(status.error->code)))
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
        Models::Explanation explanation = Models::explain(status, m_object);
        QJsonObject details{{"transactionId"_L1, status.transactionId}};
        if (QFile::exists(m_transactionFile))
            details.insert("transactionFile"_L1, m_transactionFile);
        if (!status.rejection) {
            const ErrorCode code = status.error ? status.error->code : ErrorCode::Internal;
            // The trust of an open transaction stands in its file, and another CA knows nothing of the request.
            if (code == ErrorCode::CaChanged) {
                explanation.nextStep =
                    u"Ask the administrator whether the CA was replaced; if it was, remove %1 and enroll again with the new fingerprint."_s
                        .arg(m_transactionFile);
            }
            return m_terminal.fail(exitCode(code), Models::errorName(code), explanation, details);
        }
        details.insert("failInfo"_L1, status.rejection->failInfoNumber);
        details.insert("failInfoText"_L1, status.rejection->failInfoText);
        return m_terminal.fail(ExitCode::Rejected, u"Rejected"_s, explanation, details);
    }

    /// The certificate may be issued already: then it is the files that are missing, and the server hands it out again.
    int failStorage(const Pki::Error &error)
    {
        if (!m_writer.hasBegun())
            return m_terminal.fail(error, m_object);
        Models::Explanation explanation = Models::explain(error, m_object);
        explanation.what += u" The certificate was issued; its transaction is kept in %1."_s.arg(m_transactionFile);
        explanation.nextStep = u"%1 Then go on with: %2."_s.arg(explanation.nextStep, m_options.pollCommand());
        return m_terminal.fail(exitCode(error.code), Models::errorName(error.code), explanation,
                               {{"transactionId"_L1, m_status.transactionId}, {"transactionFile"_L1, m_transactionFile}});
    }

    int tellPending()
    {
        return m_terminal.fail(
            ExitCode::Pending, u"Pending"_s,
            {.what = u"The %1 is still pending at the server; its transaction is kept in %2."_s.arg(m_object, m_transactionFile),
             .nextStep = u"Go on with: %1."_s.arg(m_options.pollCommand())},
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
    bool m_isDeviceKey = false; ///< a device made the CSR and has the key
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
