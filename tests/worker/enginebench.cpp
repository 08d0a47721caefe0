// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/worker/enginebench.h"

#include <QTest>
#include <QThreadPool>

namespace QTest {
template <>
char *toString(const Scep::TransactionStatus::State &state)
{
    QString text;
    QDebug(&text) << state;
    return qstrdup(qPrintable(text));
}
template <>
char *toString(const Pki::ErrorCode &code)
{
    QString text;
    QDebug(&text) << Pki::Error{code, {}};
    return qstrdup(qPrintable(text));
}
} // namespace QTest

namespace TestSupport {

using namespace Scep;
using State = TransactionStatus::State;

EngineBench::EngineBench()
    : ca("Bench", clock)
{
    ca.serve(network);
    // As servers do that do not know it.
    ca.crl = [this](const ReceivedRequest &request) { return ca.refuse(request, FailInfo::BadRequest, "GetCRL is not known here"); };
    EnrollmentServer usual;
    usual.id = serverId;
    usual.label = "lab";
    usual.url = QUrl("http://ca.example/scep");
    usual.anchor = ca.anchor();
    journal.serverTable.insert(serverId, usual);
    addRequest(requestId, "plc-7");
    journal.challenges.insert(requestId, "open sesame");
}

EngineBench::~EngineBench()
{
    stop();
}

EnrollmentRequest EngineBench::addRequest(RequestId id, const QString &commonName, ServerId onServer)
{
    EnrollmentRequest request;
    request.id = id;
    request.label = commonName;
    request.server = onServer;
    request.subject = must(Pki::DistinguishedName::fromText("C=SE, O=Lab, CN=" + commonName));
    request.subjectAlternativeNames = must(Pki::subjectAlternativeNamesFromText("DNS:" + commonName + ".lab.example"));
    journal.requestTable.insert(id, request);
    journal.keys.insert(id, rsaKey(commonName));
    if (engine)
        engine->setRequest(request);
    return request;
}

void EngineBench::changeServer(const std::function<void(EnrollmentServer &)> &change)
{
    change(journal.serverTable[serverId]);
    if (engine)
        engine->setServer(server());
}

void EngineBench::start()
{
    engine = std::make_unique<Engine>(Engine::Dependencies{network, journal, clock, keyPool});
    Engine *const e = engine.get();
    QObject::connect(e, &Engine::transactionChanged, e, [this](const TransactionStatus &status) {
        changes.append(status);
        QString text;
        QDebug(&text).nospace() << "status " << status.state;
        order.append(text);
    });
    QObject::connect(e, &Engine::certificateIssued, e, [this](const IssuedCertificate &certificate) {
        issued.append(certificate);
        order.append("issued");
    });
    QObject::connect(e, &Engine::serverKnowledgeChanged, e, [this](const ServerKnowledge &known) { knowledge.append(known); });
    QObject::connect(e, &Engine::probeFinished, e, [this](const ServerProbe &probe) { probes.append(probe); });
    QObject::connect(e, &Engine::exchangeFinished, e, [this](const Exchange &exchange) { exchanges.append(exchange); });
    QObject::connect(e, &Engine::activityChanged, e, [this](const Activity &activity) { activities.append(activity); });
    QObject::connect(e, &Engine::journalFailed, e, [this](const Error &error) { journalErrors.append(error); });
    const auto started = engine->start();
    QVERIFY2(started.has_value(), started ? "" : qPrintable(started.error().detail));
}

void EngineBench::stop()
{
    engine.reset();
    QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
}

bool EngineBench::enrollUntil(State state)
{
    if (!engine)
        start();
    engine->enroll(requestId);
    return waitFor(state);
}

bool EngineBench::waitFor(State state, RequestId id) const
{
    const bool came = QTest::qWaitFor([&] { return engine->status(id).state == state; }, 5000);
    if (!came)
        qWarning() << "state is" << engine->status(id).state << "with error"
                   << engine->status(id).error.value_or(Error{ErrorCode::Internal, "none"});
    return came;
}

void EngineBench::settle()
{
    int quietRounds = 0; // one event leads to another: a single quiet look proves nothing
    const bool isQuiet = QTest::qWaitFor(
        [this, &quietRounds] {
            for (int round = 0; round < 4; ++round) {
                QThreadPool::globalInstance()->waitForDone(); // CSRs in the making are no activity of the engine, and soon done
                QCoreApplication::processEvents();
                const bool isIdle =
                    network.running() == 0 &&
                    (!engine || (engine->activity().kind == Activity::Kind::Idle && engine->activity().runningExchanges == 0));
                quietRounds = isIdle ? quietRounds + 1 : 0;
            }
            return quietRounds >= 4;
        },
        5000);
    QVERIFY2(isQuiet, "the engine does not come to rest");
}

void EngineBench::pass(std::chrono::seconds time, std::chrono::seconds step)
{
    while (time.count() > 0) {
        const auto now = std::min(time, step);
        clock.advance(now);
        time -= now;
        settle();
    }
}

std::optional<Pki::ErrorCode> EngineBench::errorCode(RequestId id) const
{
    const auto error = engine->status(id).error;
    return error ? std::optional(error->code) : std::nullopt;
}

QList<State> EngineBench::states(RequestId id) const
{
    QList<State> found;
    for (const TransactionStatus &change : changes) {
        if (change.request == id && (found.isEmpty() || found.last() != change.state))
            found.append(change.state);
    }
    return found;
}

} // namespace TestSupport
