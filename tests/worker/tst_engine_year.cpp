// SPDX-License-Identifier: GPL-3.0-or-later
// A year in less than a minute: devices with 30-day certificates, a laptop that is off for two days, a server that is down for half a day,
// and a CA rollover. Every message is really built, signed, encrypted and checked; only the network and the time are not real, and keys
// come from a small pool (RSA 1024, kept at renewals), since making keys is not what is shown here.
//
// 1,000 devices; SCEPTER_YEAR_DEVICES=100 for a quick look.
#include "scep/protocol/nextca.h"
#include "scep/worker/engine.h"
#include "tests/support/fakeclock.h"
#include "tests/support/memoryjournal.h"
#include "tests/support/scriptedca.h"

#include <QTest>
#include <QThreadPool>

#include <ctime>

using namespace Scep;
using namespace TestSupport;
using State = TransactionStatus::State;

namespace {

constexpr ServerId serverId{1};
constexpr int keyPoolSize = 16;
const QDateTime beginning({2026, 3, 1}, {12, 0}, Qt::UTC);
const QDateTime outageBegins = beginning.addDays(100);
const QDateTime outageEnds = outageBegins.addSecs(12 * 3600);
const QDateTime announcement = beginning.addDays(170);
const QDateTime rollover = beginning.addDays(200);
const QDateTime switchedOff = beginning.addDays(260);

/// The same root and RA key, a new issuing CA and an RA certificate from it.
TestCa nextCa(const TestCa &former)
{
    CertificateOptions options;
    options.notBefore = announcement;
    options.notAfter = beginning.addYears(10);
    options.isCa = true;
    options.keyUsage = Pki::KeyUsageBit::KeyCertSign | Pki::KeyUsageBit::CrlSign;
    TestCa next = former;
    next.issuing.key = rsaKey("Year/issuing 2");
    next.issuing.certificate =
        makeCertificate("O=Year, CN=Year Issuing 2", next.issuing.key.publicKey(), former.root, announcement, options);
    CertificateOptions ra;
    ra.notBefore = announcement;
    ra.notAfter = beginning.addYears(5);
    ra.keyUsage = Pki::KeyUsageBit::DigitalSignature | Pki::KeyUsageBit::KeyEncipherment;
    next.ra.certificate = makeCertificate("O=Year, CN=Year RA 2", next.ra.key.publicKey(), next.issuing, announcement, ra);
    return next;
}

class Year
{
public:
    explicit Year(int deviceCount)
        : ca("Year", clock)
        , next(nextCa(ca.ca))
    {
        ca.capabilities = "AES\nSHA-256\nPOSTPKIOperation\nRenewal\nGetNextCACert\n";
        ca.serve(network);
        ca.standing = [this](const ReceivedRequest &request) { return issue(request); };
        ca.crl = [this](const ReceivedRequest &request) { return ca.deliverCrl(request, QList<Pki::RevokedCertificate>()); };
        for (const char *operation : {"GetCACaps", "GetCACert", "PKIOperation"}) {
            network.handle(operation, [this](const ScriptedRequest &request) {
                if (isDown())
                    return ScriptedAnswer::failed(QNetworkReply::ConnectionRefusedError);
                const ScriptedAnswer answer = ca.answer(request);
                crlQuestions += static_cast<int>(ca.crlRequests.size());
                ca.received.clear();
                ca.crlRequests.clear();
                return answer;
            });
        }
        network.handle("GetNextCACert", [this](const ScriptedRequest &) {
            if (isDown() || clock.now() < announcement || clock.now() >= rollover)
                return ScriptedAnswer::http(404, "Not Found");
            const QList<Pki::Certificate> announced{next.issuing.certificate, next.ra.certificate, next.root.certificate};
            return ScriptedAnswer::ok(must(buildNextCa(announced, ca.ca.ra.certificate, ca.ca.ra.key)), "application/x-x509-next-ca-cert");
        });

        EnrollmentServer server;
        server.id = serverId;
        server.label = "year";
        server.url = QUrl("http://ca.example/scep");
        server.anchor = ca.anchor();
        journal.serverTable.insert(serverId, server);
        journal.enrollsByItself = true;
        for (int i = 0; i < deviceCount; ++i) {
            EnrollmentRequest request;
            request.id = {1000 + i};
            request.label = QString("device-%1").arg(i);
            request.server = serverId;
            request.subject = must(Pki::DistinguishedName::fromText("CN=" + request.label));
            request.reusesKeyOnRenewal = true;
            journal.requestTable.insert(request.id, request);
            journal.keys.insert(request.id, rsaKey(QString("Year/%1").arg(i % keyPoolSize)));
        }
    }

    void start()
    {
        engine = std::make_unique<Engine>(Engine::Dependencies{network, journal, clock, keyPool});
        QObject::connect(engine.get(), &Engine::transactionChanged, engine.get(), [this](const TransactionStatus &status) {
            if (status.state == State::Rejected)
                rejected.append(status);
        });
        QObject::connect(engine.get(), &Engine::serverKnowledgeChanged, engine.get(), [this](const ServerKnowledge &known) {
            if (known.nextCa.roles.issuing == next.issuing.certificate)
                wasStaged = true;
        });
        QVERIFY(engine->start());
    }
    void rest()
    {
        for (int quiet = 0; quiet < 4;) {
            QThreadPool::globalInstance()->waitForDone();
            QCoreApplication::processEvents();
            const Activity activity = engine->activity();
            const bool isIdle = activity.kind == Activity::Kind::Idle && activity.runningExchanges == 0;
            quiet = isIdle ? quiet + 1 : 0;
        }
    }
    /// Lets time run from one alarm to the next.
    void runUntil(const QDateTime &end)
    {
        rest();
        while (clock.now() < end) {
            const QDateTime alarm = clock.alarm();
            clock.advanceTo(alarm.isValid() ? std::min(alarm, end) : end);
            if (clock.now() >= rollover && ca.ca.issuing.certificate != next.issuing.certificate)
                ca.ca = next;
            rest();
        }
    }

    FakeClock clock{beginning};
    MemoryJournal journal;
    ScriptedNetwork network;
    ScriptedCa ca;
    TestCa next;
    KeyPool keyPool;
    std::unique_ptr<Engine> engine;
    QList<TransactionStatus> rejected;
    bool wasStaged = false;
    int crlQuestions = 0;

private:
    [[nodiscard]] bool isDown() const { return clock.now() >= outageBegins && clock.now() < outageEnds; }
    ScriptedAnswer issue(const ReceivedRequest &request)
    {
        CertificateOptions options;
        options.notBefore = clock.now();
        options.notAfter = clock.now().addDays(30);
        return ca.deliver(request, ca.ca.issue(must(Pki::CertificationRequest::fromDer(request.payload)), clock.now(), options));
    }
};

} // namespace

class TestEngineYear : public QObject
{
    Q_OBJECT

private slots:
    void everyRenewalInItsWindow()
    {
        bool isSet = false;
        const int asked = qEnvironmentVariableIntValue("SCEPTER_YEAR_DEVICES", &isSet);
        const int devices = isSet && asked > 0 ? asked : 1000;
        const std::clock_t cpuBefore = std::clock();
        Year year(devices);
        year.start();
        year.runUntil(switchedOff);
        year.engine.reset(); // off for two days
        QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
        const QDateTime switchedOn = switchedOff.addDays(2);
        year.clock.advanceTo(switchedOn);
        year.start();
        year.runUntil(beginning.addDays(365));

        QVERIFY2(year.rejected.isEmpty(), "nothing is refused in this year");
        QVERIFY(year.wasStaged);
        QVERIFY2(year.crlQuestions > 340 && year.crlQuestions < 380, qPrintable(QString::number(year.crlQuestions))); // once a day
        QHash<RequestId, QList<IssuedCertificate>> histories;
        for (const IssuedCertificate &certificate : std::as_const(year.journal.issued))
            histories[certificate.request].append(certificate);
        QCOMPARE(histories.size(), devices);
        const RenewalRule rule;
        qint64 renewals = 0;
        qint64 closest = std::numeric_limits<qint64>::max(); // seconds between a renewal and the end of what it renewed
        int byNextCa = 0;
        QMap<QDateTime, int> inSameMinute;
        for (const QList<IssuedCertificate> &history : std::as_const(histories)) {
            QVERIFY2(history.size() >= 14 && history.size() <= 16, qPrintable(QString::number(history.size())));
            for (qsizetype i = 0; i < history.size(); ++i) {
                const IssuedCertificate &certificate = history.at(i);
                const bool isFromNext = certificate.certificate.issuer() == year.next.issuing.certificate.subject();
                QCOMPARE(isFromNext, certificate.receivedAt >= rollover);
                QCOMPARE(certificate.issuers.last(), year.ca.ca.root.certificate);
                QVERIFY(Pki::belongTogether(certificate.key, certificate.certificate));
                byNextCa += isFromNext ? 1 : 0;
                if (i == 0)
                    continue;
                const Pki::Certificate former = history.at(i - 1).certificate;
                QVERIFY(certificate.receivedAt >= rule.dueAt(former.notBefore(), former.notAfter())); // which also means: none twice
                QVERIFY(certificate.receivedAt < former.notAfter());
                closest = std::min(closest, certificate.receivedAt.secsTo(former.notAfter()));
                ++inSameMinute[QDateTime::fromSecsSinceEpoch(certificate.receivedAt.toSecsSinceEpoch() / 60 * 60, Qt::UTC)];
                ++renewals;
            }
            QVERIFY(history.last().certificate.isValidAt(beginning.addDays(365)));
            QCOMPARE(year.journal.current.value(history.first().request).certificate, history.last().certificate);
        }
        QVERIFY(year.journal.open.isEmpty());
        QVERIFY(byNextCa > devices * 5);
        int busiest = 0; // of the minutes in which the machine was simply on
        for (auto minute = inSameMinute.cbegin(); minute != inSameMinute.cend(); ++minute) {
            if (minute.key() < outageBegins || (minute.key() > outageEnds.addSecs(7200) && minute.key() < switchedOff) ||
                minute.key() > switchedOn.addDays(1))
                busiest = std::max(busiest, minute.value());
        }
        // All were enrolled in the same moment.
        QVERIFY2(busiest <= 2 + devices / 20, qPrintable(QString::number(busiest)));
        const double cpu = double(std::clock() - cpuBefore) / CLOCKS_PER_SEC;
        qInfo("%d devices, %lld renewals in a year: %.1f s of CPU, closest to expiry %.1f days, busiest minute %d", devices,
              static_cast<long long>(renewals), cpu, double(closest) / 86400, busiest);
    }
};

QTEST_GUILESS_MAIN(TestEngineYear)
#include "tst_engine_year.moc"
