// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/requestrun.h"

#include "app/cli/narrowjournal.h"
#include "app/cli/recordtext.h"
#include "models/records/errorname.h"
#include "models/service/chaintext.h"
#include "models/service/delivery.h"
#include "scep/worker/engine.h"

#include <QCoreApplication>
#include <QEventLoop>
#include <QNetworkAccessManager>
#include <QTimer>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using Models::safeText;
using Pki::ErrorCode;
using Pki::failure;
using Pki::Result;
using State = Scep::TransactionStatus::State;

namespace Cli {

namespace {

void tellExchange(const Terminal &terminal, const Scep::Exchange &exchange)
{
    terminal.progress(u"%1 %2: HTTP %3, %4 bytes, %5 ms"_s.arg(Scep::wireName(exchange.operation), safeText(exchange.url.toDisplayString()))
                          .arg(exchange.httpStatus)
                          .arg(exchange.received.size())
                          .arg(exchange.duration.count()));
    for (const QString &note : exchange.notes)
        terminal.progress(u"  note: %1"_s.arg(safeText(note)));
}

/// Follows the engine's and the deliverer's signals to one exit status.
class Run final : public QObject
{
public:
    Run(WorkspaceSession &session, const Models::RequestRecord &record, const RequestRunOptions &options, const Terminal &terminal)
        : m_session(session)
        , m_options(options)
        , m_terminal(terminal)
        , m_id(record.request.id)
        , m_label(record.request.label)
        , m_name(requestName(record.request.label))
        , m_status(record.transaction)
        , m_journal(NarrowJournal::forRequest(session.store(), record.request.id, record.request.server))
        , m_engine({.network = m_network, .journal = m_journal, .clock = m_clock, .keyPool = m_keyPool})
        , m_deliverer(session.store(), m_deliveryClock)
    {
        // What a former process heard is no news: only the answer to a poll of ours is.
        if (record.transaction.state == State::Pending)
            m_knownPolls = record.transaction.polls;
        connect(&m_engine, &Scep::Engine::transactionChanged, this, &Run::follow);
        connect(&m_engine, &Scep::Engine::certificateIssued, this, [this] {
            // Not in the engine's own call: the status that goes with it comes first.
            QMetaObject::invokeMethod(this, &Run::deliver, Qt::QueuedConnection);
        });
        connect(&m_engine, &Scep::Engine::journalFailed, this,
                [this](const Scep::Error &error) { finish([&] { return m_terminal.fail(error, m_name); }); });
        connect(&m_deliverer, &Models::Deliverer::attempted, this, [this](const Models::DeliveryOutcome &outcome) {
            if (outcome.request == m_id)
                finish([&] { return tell(&outcome); });
        });
        connect(&m_deliverer, &Models::Deliverer::storeFailed, this,
                [this](const Models::Error &error) { finish([&] { return m_terminal.fail(error, m_name); }); });
        if (options.isVerbose)
            connect(&m_engine, &Scep::Engine::exchangeFinished, this,
                    [this](const Scep::Exchange &exchange) { tellExchange(m_terminal, exchange); });
    }

    int exec()
    {
        if (m_options.task == RequestTask::Deliver) {
            if (const auto due = m_session.store().requestDelivery(m_id); !due)
                return m_terminal.fail(due.error(), m_name);
            deliver();
        } else {
            if (const auto started = m_engine.start(); !started)
                return m_terminal.fail(started.error(), m_name);
            if (m_options.task != RequestTask::Cancel && m_session.store().isUnreadable(m_id))
                return m_terminal.fail(
                    {ErrorCode::StoreFailure,
                     u"its open transaction cannot be read; end it with scepctl request cancel %1, then enroll again"_s.arg(m_label)},
                    m_name);
            begin();
        }
        if (!m_exitCode)
            QCoreApplication::exec();
        return *m_exitCode;
    }

private:
    void begin()
    {
        switch (m_options.task) {
        case RequestTask::Enroll:
            m_engine.enroll(m_id);
            break;
        case RequestTask::Renew:
            m_engine.renew(m_id);
            break;
        case RequestTask::AttemptNow:
            // What was queued and has no transaction yet begins; the engine knows of nothing to attempt.
            if (m_engine.status(m_id).isOpen())
                m_engine.attemptNow(m_id);
            else if (m_status.isRenewal)
                m_engine.renew(m_id);
            else
                m_engine.enroll(m_id);
            break;
        case RequestTask::Cancel:
            if (m_engine.status(m_id).isOpen()) {
                m_engine.cancel(m_id);
            } else if (m_session.store().isUnreadable(m_id)) {
                const auto closed = m_session.store().closeUnread(m_id);
                finish([&] { return closed ? tell(nullptr) : m_terminal.fail(closed.error(), m_name); });
            } else {
                Scep::TransactionStatus cancelled = m_status;
                cancelled.state = State::Cancelled;
                const auto recorded = m_session.store().recordStatus(cancelled);
                finish([&] { return recorded ? tell(nullptr) : m_terminal.fail(recorded.error(), m_name); });
            }
            break;
        case RequestTask::Deliver:
            break;
        }
    }

    void finish(const std::function<int()> &end)
    {
        if (m_exitCode)
            return;
        m_exitCode = 0; // whatever `end` sets off is not followed any more
        m_exitCode = end();
        QCoreApplication::quit();
    }

    void follow(const Scep::TransactionStatus &status)
    {
        if (status.request != m_id || m_exitCode)
            return;
        m_status = status;
        switch (status.state) {
        case State::GeneratingKey:
            m_terminal.progress(u"Generating the key."_s);
            break;
        case State::Pending:
            if (status.polls > m_knownPolls)
                waitForApproval();
            break;
        case State::Queued:
        case State::Retrying:
            // While waiting for an approval the network may come and go; before that, the person at the terminal decides.
            if (status.error && !m_isWaiting)
                finish([&] { return failOpen(); });
            break;
        case State::Rejected:
            finish([&] { return failEnded(); });
            break;
        case State::Cancelled:
            finish([&] {
                return m_options.task == RequestTask::Cancel ? tell(nullptr) : m_terminal.fail({ErrorCode::Cancelled, {}}, m_name);
            });
            break;
        case State::None:
        case State::Sending:
        case State::Done: // certificateIssued tells
            break;
        }
    }

    void waitForApproval()
    {
        if (m_options.wait.count() == 0) {
            finish([&] { return tellPending(); });
        } else if (!m_isWaiting) {
            m_isWaiting = true;
            m_terminal.progress(u"Pending at the server; polling for up to %1."_s.arg(QString::number(m_options.wait.count()) + u" s"_s));
            QTimer::singleShot(m_options.wait, this, [this] { finish([&] { return tellPending(); }); });
        }
    }

    void deliver()
    {
        if (m_exitCode)
            return;
        const auto state = m_session.store().deliveryState(m_id);
        if (!state)
            finish([&] { return m_terminal.fail(state.error(), m_name); });
        else if (state->state != Models::DeliveryState::State::Due)
            finish([&] { return tell(nullptr); });
        else
            m_deliverer.start(m_id);
    }

    [[nodiscard]] QJsonObject details() const
    {
        QJsonObject object{{"transactionId"_L1, m_status.transactionId}};
        if (m_status.rejection) {
            object.insert("failInfo"_L1, m_status.rejection->failInfoNumber);
            object.insert("failInfoText"_L1, m_status.rejection->failInfoText);
        }
        return object;
    }

    int failEnded()
    {
        const Models::Explanation explanation = Models::explain(m_status, m_name);
        if (m_status.rejection)
            return m_terminal.fail(ExitCode::Rejected, u"Rejected"_s, explanation, details());
        const ErrorCode code = m_status.error ? m_status.error->code : ErrorCode::Internal;
        return m_terminal.fail(exitCode(code), Models::errorName(code), explanation, details());
    }

    int failOpen()
    {
        Models::Explanation explanation = Models::explain(m_status, m_name);
        explanation.nextStep += u" It stays open: scepctl request retry %1."_s.arg(m_label);
        return m_terminal.fail(exitCode(m_status.error->code), Models::errorName(m_status.error->code), explanation, details());
    }

    int tellPending()
    {
        return m_terminal.fail(ExitCode::Pending, u"Pending"_s,
                               {.what = u"The %1 is still pending at the server; its transaction is kept in the workspace."_s.arg(m_name),
                                .nextStep = u"Go on with: scepctl request poll %1."_s.arg(m_label)},
                               details());
    }

    int tell(const Models::DeliveryOutcome *outcome)
    {
        const auto record = m_session.store().requestRecord(m_id);
        if (!record)
            return m_terminal.fail(record.error(), m_name);
        const auto labels = m_session.serverLabels();
        if (!labels)
            return m_terminal.fail(labels.error(), m_name);
        const QDateTime now = QDateTime::currentDateTimeUtc();
        const QString server = labels->value(record->request.server);
        QJsonObject object = toJson(*record, server, now);
        ResultLines lines = toLines(*record, server, now);
        if (record->current && m_options.task != RequestTask::Cancel) {
            object.insert("certificate"_L1, toJson(record->current->certificate));
            object.insert("differences"_L1, toJson(record->current->differences));
            object.insert("notes"_L1, toJson(record->current->notes));
            lines.append(toLines(record->current->certificate));
            for (const QString &difference : record->current->differences)
                lines.append({u"Differs"_s, safeText(difference)});
            for (const QString &note : record->current->notes)
                lines.append({u"Note"_s, safeText(note)});
        }
        object.insert("files"_L1, toJson(outcome ? outcome->files : QStringList()));
        if (outcome) {
            for (const QString &file : outcome->files)
                lines.append({u"File"_s, file});
            if (outcome->state.error && m_options.task == RequestTask::Deliver)
                return m_terminal.fail(ExitCode::Storage, u"DeliveryFailed"_s, Models::explainDelivery(outcome->state, m_label));
            if (outcome->state.error) // the certificate is there: that is what was asked for
                m_terminal.progress(Models::explainDelivery(outcome->state, m_label).oneLine());
        }
        return m_terminal.done(object, lines);
    }

    WorkspaceSession &m_session;
    const RequestRunOptions &m_options;
    const Terminal &m_terminal;
    Scep::RequestId m_id;
    QString m_label;
    QString m_name;
    Scep::TransactionStatus m_status;
    QNetworkAccessManager m_network;
    Scep::SystemClock m_clock;
    Scep::SystemClock m_deliveryClock;
    Scep::KeyPool m_keyPool;
    NarrowJournal m_journal;
    Scep::Engine m_engine;
    Models::Deliverer m_deliverer;
    int m_knownPolls = -1;
    bool m_isWaiting = false;
    std::optional<int> m_exitCode;
};

} // namespace

void addRunOptions(VerbParser &parser)
{
    parser.option(u"wait"_s, u"How long to poll while the request is pending (default 0)."_s, u"seconds"_s, u"0"_s);
    parser.option(u"verbose"_s, u"Tell every exchange with the server on stderr."_s);
}

Result<RequestRunOptions> runOptionsFrom(const VerbParser &parser, RequestTask task)
{
    const auto wait = numberOption(parser, u"wait"_s, 0, 31 * 86400);
    if (!wait)
        return std::unexpected(wait.error());
    return RequestRunOptions{task, std::chrono::seconds(*wait), parser.isSet(u"verbose"_s)};
}

int runRequest(WorkspaceSession &session, const Models::RequestRecord &record, const RequestRunOptions &options, const Terminal &terminal)
{
    Run run(session, record, options, terminal);
    return run.exec();
}

Result<void> runServer(WorkspaceSession &session, Scep::ServerId id, bool withRequests,
                       const std::function<Result<Scep::EnrollmentServer>()> &change)
{
    QNetworkAccessManager network;
    Scep::SystemClock clock;
    Scep::KeyPool keyPool;
    NarrowJournal journal = NarrowJournal::forServer(session.store(), id, withRequests);
    Scep::Engine engine({.network = network, .journal = journal, .clock = clock, .keyPool = keyPool});
    if (const auto started = engine.start(); !started)
        return started;
    QEventLoop loop;
    std::optional<Pki::Error> failed;
    // Its CA certificates, the next CA and the CRL.
    QObject::connect(&engine, &Scep::Engine::serverChecked, &loop, &QEventLoop::quit);
    QObject::connect(&engine, &Scep::Engine::journalFailed, &loop, [&](const Scep::Error &error) {
        failed = error;
        loop.quit();
    });
    bool isEnabled = true;
    if (change) {
        const auto changed = change();
        if (!changed)
            return std::unexpected(changed.error());
        engine.setServer(*changed);
        isEnabled = changed->isEnabled;
    }
    if (!isEnabled)
        return {};
    engine.refreshServer(id);
    // An engine that has nothing to tell must not be waited for: its own deadline for three exchanges, and some.
    QTimer::singleShot(5min, &loop, &QEventLoop::quit);
    loop.exec();
    return failed ? Result<void>(std::unexpected(*failed)) : Result<void>();
}

} // namespace Cli
