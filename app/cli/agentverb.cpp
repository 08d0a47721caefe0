// SPDX-License-Identifier: GPL-3.0-or-later

// scepctl agent: the worker without a window.

#include "app/cli/describe.h"
#include "app/cli/shutdownsignals.h"
#include "app/cli/workspacesession.h"
#include "models/service/serviceworker.h"

#include <QCoreApplication>
#include <QMap>
#include <QNetworkAccessManager>
#include <QTimer>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using Models::safeText;
using Pki::ErrorCode;

namespace Cli {

namespace {

constexpr auto statusInterval = 1min;

/// Tells what happens: a line each on stderr, with --json a document each on stdout. Lives in the thread of the worker, which is the only
/// one here.
class Reporter final : public QObject
{
public:
    explicit Reporter(const Terminal &terminal)
        : m_terminal(terminal)
    {
        connect(&m_timer, &QTimer::timeout, this, &Reporter::tellStatus);
        m_timer.start(statusInterval);
    }

    Models::ServiceWorker::Sink sink()
    {
        Models::ServiceWorker::Sink sink;
        sink.opened = [this](const QList<Models::ServerRecord> &servers, const QList<Models::RequestRecord> &requests,
                             const QList<Models::CaStoreRecord> &) {
            for (const Models::ServerRecord &record : servers)
                m_servers.insert(record.server.id, record);
            for (const Models::RequestRecord &record : requests)
                m_requests.insert(record.request.id, record);
        };
        sink.serverChanged = [this](const Models::ServerRecord &record) {
            const QString before = Models::serverStatus(m_servers.value(record.server.id)).text;
            m_servers.insert(record.server.id, record);
            if (const QString now = Models::serverStatus(record).text; now != before)
                tell(u"server"_s, serverName(record.server.label), now);
        };
        sink.serverRemoved = [this](Scep::ServerId id) { m_servers.remove(id); };
        sink.requestChanged = [this](const Models::RequestRecord &record) { requestChanged(record); };
        sink.requestRemoved = [this](Scep::RequestId id) { m_requests.remove(id); };
        sink.caStoreChanged = [](Scep::ServerId, const QList<Models::CaStoreRecord> &) {};
        sink.certificateIssued = [this](Scep::RequestId id) {
            const Models::RequestRecord record = m_requests.value(id);
            if (record.current)
                tell(u"issued"_s, requestName(record.request.label),
                     u"certificate %1, valid until %2"_s.arg(record.current->certificate.serialNumber().toHex(),
                                                             isoTime(record.current->certificate.notAfter())));
        };
        sink.activityChanged = [this](const Scep::Activity &activity) { m_activity = activity; };
        sink.lockStateChanged = [](Models::LockState) {};
        sink.deliveryAttempted = [this](const Models::DeliveryOutcome &outcome) {
            tell(u"delivery"_s, requestName(outcome.label), Models::explainDelivery(outcome.state, outcome.label).oneLine());
        };
        sink.failed = [this](const Pki::Error &error, const QString &object) {
            tell(u"error"_s, safeText(object), Models::explain(error, {}).oneLine());
        };
        return sink;
    }

    void tell(const QString &event, const QString &object, const QString &message) const
    {
        const QString at = isoTime(QDateTime::currentDateTimeUtc());
        if (m_terminal.isJson())
            m_terminal.print({{"at"_L1, at}, {"event"_L1, event}, {"object"_L1, object}, {"message"_L1, message}}, {});
        else
            m_terminal.progress(object.isEmpty() ? u"%1 %2"_s.arg(at, message) : u"%1 %2: %3"_s.arg(at, object, message));
    }

    /// Requests by state, and what comes next.
    void tellStatus() const
    {
        const QDateTime now = QDateTime::currentDateTimeUtc();
        QMap<QString, int> counts;
        for (const Models::RequestRecord &record : m_requests)
            ++counts[stateOf(record, now)];
        QStringList parts;
        for (auto each = counts.cbegin(); each != counts.cend(); ++each)
            parts.append(u"%1 %2"_s.arg(each.value()).arg(each.key()));
        QString line = u"%1 requests"_s.arg(m_requests.size());
        if (!parts.isEmpty())
            line += u": "_s + parts.join(u", "_s);
        line += u"; %1 exchanges running; next %2"_s.arg(m_activity.runningExchanges)
                    .arg(m_activity.nextDue.isValid() ? isoTime(m_activity.nextDue) : u"when something changes"_s);
        tell(u"status"_s, {}, line);
    }

private:
    static QString stateOf(const Models::RequestRecord &record, const QDateTime &now)
    {
        using State = Scep::TransactionStatus::State;
        switch (record.transaction.state) {
        case State::Queued:
            return u"waiting"_s;
        case State::GeneratingKey:
        case State::Sending:
            return u"sending"_s;
        case State::Pending:
            return u"pending"_s;
        case State::Retrying:
            return u"retrying"_s;
        case State::Rejected:
            return u"rejected"_s;
        case State::None:
        case State::Cancelled:
        case State::Done:
            break;
        }
        switch (Models::requestStatus(record, now).certificateState) {
        case Models::CertificateState::None:
            return u"without certificate"_s;
        case Models::CertificateState::NotYetValid:
            return u"not yet valid"_s;
        case Models::CertificateState::Valid:
            return u"valid"_s;
        case Models::CertificateState::RenewalDue:
            return u"due for renewal"_s;
        case Models::CertificateState::Expired:
            return u"expired"_s;
        case Models::CertificateState::Revoked:
            return u"revoked"_s;
        }
        return {};
    }

    void requestChanged(const Models::RequestRecord &record)
    {
        const bool isKnown = m_requests.contains(record.request.id);
        const Models::RequestRecord known = m_requests.value(record.request.id);
        const Scep::TransactionStatus before = known.transaction;
        m_requests.insert(record.request.id, record);
        if (isKnown && record.current && record.current->revocation && !(known.current && known.current->revocation))
            tell(u"revoked"_s, requestName(record.request.label),
                 Models::requestStatus(record, QDateTime::currentDateTimeUtc()).certificateText);
        const Scep::TransactionStatus &now = record.transaction;
        // A poll is no news; a change of state, or another reason for waiting, is.
        if (isKnown && before.state == now.state && before.error == now.error && before.rejection == now.rejection)
            return;
        const QString text = Models::requestStatus(record, QDateTime::currentDateTimeUtc()).transactionText;
        if (!text.isEmpty())
            tell(u"request"_s, requestName(record.request.label), text);
    }

    const Terminal &m_terminal;
    QTimer m_timer;
    QHash<Scep::ServerId, Models::ServerRecord> m_servers;
    QHash<Scep::RequestId, Models::RequestRecord> m_requests;
    Scep::Activity m_activity;
};

} // namespace

int runAgent(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"agent"_s,
                      u"Works with a workspace without a window, until SIGTERM or SIGINT: enrols, polls, renews, delivers. One line "
                      "for each event and one a minute on stderr; with --json documents on stdout."_s);
    addWorkspaceOptions(parser, true);
    if (const auto ended = parser.parse(arguments, terminal))
        return *ended;
    const QString folder = workspaceFolder(parser);
    const QString name = u"workspace %1"_s.arg(folder);
    if (const auto there = checkWorkspace(folder); !there)
        return terminal.fail(there.error(), name);

    // First of all: who is told to end while it starts ends cleanly too.
    const ShutdownSignals shutdownSignals;
    bool isStopped = false;
    QObject::connect(&shutdownSignals, &ShutdownSignals::requested, QCoreApplication::instance(), [&isStopped] {
        isStopped = true;
        QCoreApplication::quit();
    });
    Reporter reporter(terminal);
    Models::Service::Configuration configuration;
    configuration.workspace = folder;
    configuration.makeNetwork = [](QObject *parent) { return new QNetworkAccessManager(parent); };
    configuration.makeClock = [] { return std::make_unique<Scep::SystemClock>(); };
    configuration.now = [] { return QDateTime::currentDateTimeUtc(); };
    configuration.spareKeyCount = 0; // nobody waits for one
    {
        Models::ServiceWorker worker(configuration, reporter.sink());
        auto passphrase = passphraseFromOptions(parser);
        if (!passphrase)
            return terminal.fail(passphrase.error(), name);
        auto opened = worker.open(*passphrase);
        if (!opened && opened.error().code == ErrorCode::PassphraseRequired) {
            passphrase = neededPassphrase(parser, folder); // asks, where there is somebody
            opened = passphrase ? worker.open(*passphrase) : Pki::Result<void>(std::unexpected(passphrase.error()));
        }
        if (!opened)
            return terminal.fail(opened.error(), name);
        passphrase->clear();
        reporter.tell(u"ready"_s, {}, u"working with %1"_s.arg(folder));
        reporter.tellStatus();
        if (!isStopped)
            QCoreApplication::exec();
    }
    reporter.tell(u"stopped"_s, {}, u"stopped; what is open goes on at the next start"_s);
    return static_cast<int>(ExitCode::Done);
}

} // namespace Cli
