// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/faults/labbench.h"

#include <QTest>

#include <algorithm>

using TestSupport::must;
using State = Scep::TransactionStatus::State;

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

namespace {

constexpr int patienceMs = 20'000;

LabCa::CaDescription description(const LabCa::Personality &personality)
{
    LabCa::CaDescription made = quickCa();
    made.ra = personality.ra;
    return made;
}

LabCa::Policy policy(const LabCa::Personality &personality, LabCa::Mode mode)
{
    LabCa::Policy made;
    made.mode = mode;
    made.challenge = Pki::SecretBytes(QByteArrayView(LabBench::challenge));
    made.renewal.afterPercent = 0;
    made.personality = personality;
    return made;
}

} // namespace

LabBench::LabBench(const LabCa::Personality &personality, LabCa::Mode mode)
    : folder(description(personality))
    , authority(folder.depot, policy(personality, mode))
    , injector([this](const LabCa::HttpRequest &request, LabCa::LogEntry *entry) { return authority.handle(request, entry); })
    , face([this](const LabCa::HttpRequest &request, LabCa::LogEntry *entry) { return injector.handle(request, entry); })
    , clock(QDateTime::currentDateTimeUtc())
{
    QObject::connect(&face, &LabCa::HttpFace::requestServed, &face,
                     [this](const LabCa::LogEntry &entry) { log.append(entry.operation + ": " + entry.outcome); });
    if (!face.listen())
        qFatal("no port");
    Scep::EnrollmentServer server;
    server.id = serverId;
    server.label = "lab";
    server.url = face.url();
    server.anchor.fingerprint = folder.depot.issuing().fingerprint();
    server.transport.timeout = std::chrono::seconds(10);
    journal.serverTable.insert(serverId, server);
    Scep::EnrollmentRequest request;
    request.id = requestId;
    request.label = "plc-7";
    request.server = serverId;
    request.subject = must(Pki::DistinguishedName::fromText("C=SE, O=Lab, CN=plc-7"));
    journal.requestTable.insert(requestId, request);
    journal.keys.insert(requestId, TestSupport::rsaKey("plc-7"));
    journal.challenges.insert(requestId, challenge);
}

LabBench::~LabBench()
{
    engine.reset();
    QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
}

void LabBench::setFaults(const QStringList &texts)
{
    injector.setPlan(must(LabCa::FaultPlan::fromText(texts)));
}

void LabBench::start()
{
    engine = std::make_unique<Scep::Engine>(Scep::Engine::Dependencies{network, journal, clock, keyPool});
    Scep::Engine *const e = engine.get();
    QObject::connect(e, &Scep::Engine::certificateIssued, e, [this](const Scep::IssuedCertificate &one) { issued.append(one); });
    QObject::connect(e, &Scep::Engine::exchangeFinished, e, [this](const Scep::Exchange &one) { exchanges.append(one); });
    QObject::connect(e, &Scep::Engine::serverKnowledgeChanged, e, [this](const Scep::ServerKnowledge &known) { knowledge.append(known); });
    const auto started = e->start();
    QVERIFY2(started, started ? "" : qPrintable(started.error().detail));
}

bool LabBench::waitFor(State state) const
{
    const bool came = QTest::qWaitFor([&] { return status().state == state; }, patienceMs);
    if (!came)
        qWarning() << "state is" << status().state << "with error" << status().error.value_or(Pki::Error{Pki::ErrorCode::Internal, "none"})
                   << log;
    return came;
}

bool LabBench::enrollUntil(State state)
{
    if (!engine)
        start();
    engine->enroll(requestId);
    return waitFor(state) && settle();
}

bool LabBench::renewUntil(State state)
{
    engine->renew(requestId);
    // The state of the enrollment before may be the one that is waited for: first it must begin.
    const qsizetype before = exchanges.size();
    return QTest::qWaitFor([&] { return exchanges.size() > before; }, patienceMs) && waitFor(state) && settle();
}

bool LabBench::settle()
{
    int quietRounds = 0;
    return QTest::qWaitFor(
        [&] {
            QCoreApplication::processEvents();
            quietRounds = engine->activity().runningExchanges == 0 ? quietRounds + 1 : 0;
            return quietRounds >= 4;
        },
        patienceMs);
}

void LabBench::pass(std::chrono::seconds time, std::chrono::seconds step)
{
    while (time.count() > 0) {
        const auto now = std::min(time, step);
        clock.advance(now);
        time -= now;
        QVERIFY(settle());
    }
}

std::optional<Pki::ErrorCode> LabBench::errorCode() const
{
    const auto error = status().error;
    return error ? std::optional(error->code) : std::nullopt;
}

QString LabBench::notes() const
{
    return issued.isEmpty() ? QString() : issued.last().notes.join('\n');
}

int LabBench::logged(const QString &operation) const
{
    return static_cast<int>(std::ranges::count_if(log, [&](const QString &line) { return line.startsWith(operation + ':'); }));
}
