// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/service/requeststatus.h"

#include "scep/worker/engine.h"
#include "tests/models/modelfixtures.h"

#include <QLocale>
#include <QTest>

using namespace Models;
using State = Scep::TransactionStatus::State;

Q_DECLARE_METATYPE(Models::CertificateState)
Q_DECLARE_METATYPE(Models::RequestActions)
Q_DECLARE_METATYPE(Scep::TransactionStatus::State)

class TestRequestStatus : public QObject
{
    Q_OBJECT

    // Valid from a day before to a year after `now`; renewal at 80 % of it.
    TestSupport::TestCa m_ca = TestSupport::TestCa::create("Status", Fixtures::now);
    Scep::IssuedCertificate m_issued;

    RequestRecord record(bool hasCertificate, State state) const
    {
        RequestRecord record;
        record.request.label = "plc-7";
        if (hasCertificate)
            record.current = m_issued;
        record.transaction.state = state;
        return record;
    }

private slots:
    void initTestCase()
    {
        QLocale::setDefault(QLocale(QLocale::English, QLocale::Sweden)); // yyyy-MM-dd
        const Pki::PrivateKey key = TestSupport::rsaKey("status");
        m_issued.certificate = m_ca.issue(TestSupport::makeRequest("CN=plc-7", key), Fixtures::now);
    }

    void certificateStates_data()
    {
        QTest::addColumn<QDateTime>("now");
        QTest::addColumn<CertificateState>("state");
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("next");
        QTest::addColumn<int>("severity");
        const QDateTime now = Fixtures::now;
        QTest::newRow("before") << now.addDays(-10) << CertificateState::NotYetValid << "valid from " << "renews "
                                << int(Severity::Attention);
        QTest::newRow("valid") << now << CertificateState::Valid << "valid until " << "renews " << int(Severity::Good);
        QTest::newRow("renewal due") << now.addDays(340) << CertificateState::RenewalDue << "renewal due since " << "renews now"
                                     << int(Severity::Attention);
        QTest::newRow("expired") << now.addDays(400) << CertificateState::Expired << "expired " << "needs you" << int(Severity::Bad);
    }
    void certificateStates()
    {
        QFETCH(QDateTime, now);
        QFETCH(CertificateState, state);
        QFETCH(QString, text);
        QFETCH(QString, next);
        QFETCH(int, severity);
        const RequestStatus status = requestStatus(record(true, State::Done), now);
        QVERIFY(status.certificateState == state);
        QVERIFY2(status.certificateText.startsWith(text), qPrintable(status.certificateText));
        QVERIFY2(status.nextAction.startsWith(next), qPrintable(status.nextAction));
        QCOMPARE(int(status.severity), severity);
        QCOMPARE(status.headline, status.certificateText);
        QVERIFY(status.actions.testFlag(RequestAction::Export));
        QVERIFY(status.actions.testFlag(RequestAction::Inspect));
        QVERIFY(status.actions.testFlag(RequestAction::Enroll));
        // An expired certificate cannot sign its own renewal.
        QCOMPARE(status.actions.testFlag(RequestAction::Renew), state != CertificateState::Expired);
    }

    void aStoppedRenewalNeedsAPerson()
    {
        RequestRecord stopped = record(true, State::Cancelled);
        stopped.transaction.isRenewal = true;
        QCOMPARE(requestStatus(stopped, Fixtures::now.addDays(340)).nextAction, QString("needs you"));
        QVERIFY(requestStatus(stopped, Fixtures::now.addDays(340)).actions.testFlag(RequestAction::Renew));
    }

    /// After a refusal or a cancellation nothing begins by itself: said, and the way out offered.
    void aRefusedRenewalStandsStill_data()
    {
        QTest::addColumn<State>("state");
        QTest::addColumn<bool>("isRenewal");
        QTest::addColumn<bool>("standsStill");
        QTest::newRow("rejected renewal") << State::Rejected << true << true;
        QTest::newRow("cancelled renewal") << State::Cancelled << true << true;
        QTest::newRow("rejected new enrollment beside a certificate") << State::Rejected << false << true;
        QTest::newRow("renewed") << State::Done << true << false;
        QTest::newRow("pending") << State::Pending << true << false;
    }
    void aRefusedRenewalStandsStill()
    {
        QFETCH(State, state);
        QFETCH(bool, isRenewal);
        QFETCH(bool, standsStill);
        RequestRecord refused = record(true, state);
        refused.transaction.isRenewal = isRenewal;
        refused.transaction.error = Error{ErrorCode::Rejected, "badAlg"};
        const QString still = "no renewal by itself until you try again";
        const RequestStatus status = requestStatus(refused, Fixtures::now);
        QCOMPARE(status.transactionText.contains(still), standsStill);
        QCOMPARE(status.nextAction == "needs you", standsStill);
        QCOMPARE(status.severity == Severity::Good, state == State::Done);
        if (standsStill) {
            QCOMPARE(status.actions.testFlag(RequestAction::AttemptNow), isRenewal);
            QVERIFY(status.actions.testFlag(RequestAction::Renew));
        }
        // Where nothing renews by itself anyway there is nothing to say.
        refused.request.renewal.kind = Scep::RenewalRule::Kind::Off;
        QVERIFY(!requestStatus(refused, Fixtures::now).transactionText.contains(still));
        // Another try goes beyond the end of the certificate: it becomes a new enrollment.
        const RequestStatus late = requestStatus(refused, Fixtures::now.addDays(400));
        QCOMPARE(late.actions.testFlag(RequestAction::AttemptNow), (standsStill && isRenewal) || state == State::Pending);
        QVERIFY(!late.actions.testFlag(RequestAction::Renew));
    }

    void expiryIsSaidWhateverGoesOn_data()
    {
        QTest::addColumn<State>("state");
        for (const State state : {State::Queued, State::Sending, State::Pending, State::Retrying, State::Rejected})
            QTest::addRow("%d", int(state)) << state;
    }
    void expiryIsSaidWhateverGoesOn()
    {
        QFETCH(State, state);
        RequestRecord open = record(true, state);
        open.transaction.isRenewal = true;
        open.transaction.error = Error{ErrorCode::HostNotFound, "ca.example.com"};
        const RequestStatus before = requestStatus(open, Fixtures::now.addDays(340));
        QCOMPARE(before.headline, before.transactionText);
        const RequestStatus after = requestStatus(open, Fixtures::now.addDays(400));
        QVERIFY2(after.headline.startsWith("certificate expired "), qPrintable(after.headline));
        QVERIFY2(after.headline.endsWith(after.transactionText), qPrintable(after.headline));
        QCOMPARE(int(after.severity), int(Severity::Bad));
    }

    void revokedIsForGood()
    {
        RequestRecord revoked = record(true, State::Done);
        revoked.current->revocation = Scep::Revocation{Fixtures::now.addDays(-1), "keyCompromise"};
        for (const int days : {0, 340, 400}) {
            const RequestStatus status = requestStatus(revoked, Fixtures::now.addDays(days));
            QVERIFY(status.certificateState == CertificateState::Revoked);
            QVERIFY2(status.certificateText.startsWith("revoked on "), qPrintable(status.certificateText));
            QVERIFY2(status.certificateText.endsWith("(keyCompromise)"), qPrintable(status.certificateText));
            QCOMPARE(status.headline, status.certificateText);
            QCOMPARE(status.nextAction, QString("needs you"));
            QCOMPARE(int(status.severity), int(Severity::Bad));
            QVERIFY(status.actions.testFlag(RequestAction::Enroll)); // a new one
            QVERIFY(!status.actions.testFlag(RequestAction::Renew)); // it cannot vouch for anybody
        }
        revoked.transaction.state = State::Rejected;
        revoked.transaction.isRenewal = true;
        QVERIFY(!requestStatus(revoked, Fixtures::now).actions.testFlag(RequestAction::AttemptNow));
        revoked.current->revocation->reason.clear();
        QVERIFY(!requestStatus(revoked, Fixtures::now).certificateText.contains('('));
        revoked.current->revocation->reason = "certificateHold";
        QVERIFY(requestStatus(revoked, Fixtures::now).certificateText.startsWith("on hold since "));
    }

    void aStillstandSaysHowItGoesOn()
    {
        RequestRecord stopped = record(true, State::Rejected);
        stopped.transaction.isRenewal = true;
        stopped.transaction.error = Error{ErrorCode::Rejected, "badAlg"};
        const RequestStatus before = requestStatus(stopped, Fixtures::now);
        QVERIFY2(before.stillstand.contains("nothing will begin when the renewal is due"), qPrintable(before.stillstand));
        QVERIFY(before.actions.testFlag(RequestAction::Continue));
        const RequestStatus due = requestStatus(stopped, Fixtures::now.addDays(340));
        QVERIFY2(due.stillstand.contains("stands still"), qPrintable(due.stillstand));
        stopped.transaction.state = State::Cancelled;
        QVERIFY(requestStatus(stopped, Fixtures::now).stillstand.contains("was stopped"));
        const auto goesOn = [](const RequestRecord &other, const QDateTime &now) {
            const RequestStatus status = requestStatus(other, now);
            return status.stillstand.isEmpty() && !status.actions.testFlag(RequestAction::Continue);
        };
        QVERIFY(goesOn(stopped, Fixtures::now.addDays(400))); // expired: nothing there to renew by itself
        RequestRecord other = stopped;
        other.transaction.state = State::Done;
        QVERIFY(goesOn(other, Fixtures::now));
        other = stopped;
        other.request.renewal = {Scep::RenewalRule::Kind::Off, 0};
        QVERIFY(goesOn(other, Fixtures::now)); // it would not renew by itself anyway
        other = stopped;
        other.request.isEnabled = false;
        QVERIFY(goesOn(other, Fixtures::now));
        other = stopped;
        other.current.reset();
        QVERIFY(goesOn(other, Fixtures::now));
    }

    void renewalsSaySo()
    {
        RequestRecord renewing = record(true, State::Pending);
        renewing.transaction.isRenewal = true;
        renewing.transaction.nextAttemptAt = Fixtures::now.addSecs(240);
        const RequestStatus status = requestStatus(renewing, Fixtures::now);
        QCOMPARE(status.transactionText, QString("renewal: pending, next poll in 4 min"));
        QVERIFY(!status.actions.testFlag(RequestAction::Renew)); // one at a time
        renewing.transaction.state = State::None;
        QVERIFY(requestStatus(renewing, Fixtures::now).transactionText.isEmpty());
    }

    void datesAreOfTheLocale()
    {
        const RequestStatus status = requestStatus(record(true, State::Done), Fixtures::now);
        QCOMPARE(status.certificateText,
                 "valid until " + QLocale().toString(m_issued.certificate.notAfter().toLocalTime().date(), QLocale::ShortFormat));
    }

    void aFailedDeliveryIsSeen()
    {
        RequestRecord undelivered = record(true, State::Done);
        undelivered.delivery = {.state = DeliveryState::State::Failed,
                                .certificate = {1},
                                .at = Fixtures::now,
                                .attempts = 1,
                                .error = Error{ErrorCode::FileNotWritable, "/srv"},
                                .nextTryAt = Fixtures::now.addSecs(240)};
        const RequestStatus status = requestStatus(undelivered, Fixtures::now);
        QVERIFY2(status.headline.startsWith("not delivered, valid until "), qPrintable(status.headline));
        QCOMPARE(status.nextAction, "delivers in 4 min");
        QCOMPARE(int(status.severity), int(Severity::Attention));
        QVERIFY(status.certificateText.startsWith("valid until ")); // the certificate is as good as before
        // What happens with the certificate itself matters more.
        QVERIFY(requestStatus(undelivered, Fixtures::now.addDays(340)).headline.startsWith("renewal due"));
        undelivered.transaction.state = State::Pending;
        QVERIFY(requestStatus(undelivered, Fixtures::now).headline.startsWith("pending"));
        undelivered.transaction.state = State::Done;
        undelivered.delivery.state = DeliveryState::State::Delivered;
        QCOMPARE(int(requestStatus(undelivered, Fixtures::now).severity), int(Severity::Good));
    }

    void withoutRenewalNothingIsDue()
    {
        RequestRecord unrenewed = record(true, State::Done);
        unrenewed.request.renewal.kind = Scep::RenewalRule::Kind::Off;
        const RequestStatus status = requestStatus(unrenewed, Fixtures::now.addDays(340));
        QVERIFY(status.certificateState == CertificateState::Valid);
        QVERIFY(status.nextAction.isEmpty());
    }

    void shareOfValidity()
    {
        const QDateTime begin = m_issued.certificate.notBefore();
        const QDateTime end = m_issued.certificate.notAfter();
        QCOMPARE(requestStatus(record(true, State::Done), begin.addDays(-1)).validityShare, 0.0);
        QCOMPARE(requestStatus(record(true, State::Done), begin.addSecs(begin.secsTo(end) / 4)).validityShare, 0.25);
        QCOMPARE(requestStatus(record(true, State::Done), end.addDays(1)).validityShare, 1.0);
        QCOMPARE(requestStatus(record(false, State::Done), begin).validityShare, 0.0);
    }

    void transactionStates_data()
    {
        QTest::addColumn<State>("state");
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("next");
        QTest::addColumn<int>("severity");
        QTest::addColumn<RequestActions>("actions");
        const RequestActions idle = RequestActions(RequestAction::Remove) | RequestAction::Enroll | RequestAction::UseCsr;
        const RequestActions busy = RequestActions(RequestAction::Remove) | RequestAction::Cancel;
        QTest::newRow("none") << State::None << "" << "enroll" << int(Severity::Neutral) << idle;
        QTest::newRow("queued") << State::Queued << "waiting: the host name was not found (ca.example.com)" << "needs you"
                                << int(Severity::Busy) << (busy | RequestAction::AttemptNow);
        QTest::newRow("key") << State::GeneratingKey << "generating the key" << "" << int(Severity::Busy) << busy;
        QTest::newRow("sending") << State::Sending << "sending" << "" << int(Severity::Busy) << busy;
        QTest::newRow("pending") << State::Pending << "pending, next poll in 4 min" << "polls in 4 min" << int(Severity::Busy)
                                 << (busy | RequestAction::AttemptNow);
        QTest::newRow("retrying") << State::Retrying << "retrying in 4 min: the host name was not found (ca.example.com)"
                                  << "retries in 4 min" << int(Severity::Attention) << (busy | RequestAction::AttemptNow);
        QTest::newRow("rejected") << State::Rejected << "rejected: the host name was not found (ca.example.com)" << "needs you"
                                  << int(Severity::Bad) << idle;
        QTest::newRow("cancelled") << State::Cancelled << "cancelled" << "enroll" << int(Severity::Neutral) << idle;
        QTest::newRow("done") << State::Done << "done" << "enroll" << int(Severity::Neutral) << idle;
    }
    void transactionStates()
    {
        QFETCH(State, state);
        QFETCH(QString, text);
        QFETCH(QString, next);
        QFETCH(int, severity);
        QFETCH(RequestActions, actions);
        RequestRecord open = record(false, state);
        open.transaction.error = Error{ErrorCode::HostNotFound, "ca.example.com"};
        open.transaction.nextAttemptAt = Fixtures::now.addSecs(240);
        const RequestStatus status = requestStatus(open, Fixtures::now);
        QVERIFY(status.certificateState == CertificateState::None);
        QCOMPARE(status.certificateText, QString("none"));
        QCOMPARE(status.transactionText, text);
        QCOMPARE(status.nextAction, next);
        QCOMPARE(int(status.severity), severity);
        QCOMPARE(status.actions, actions);
        const bool isAtRest = state == State::None || state == State::Done;
        QCOMPARE(status.headline, isAtRest ? QString("not enrolled") : text);
        // With a certificate beside it, what can be done with that stays possible.
        const RequestStatus both = requestStatus(
            [&] {
                RequestRecord withCertificate = open;
                withCertificate.current = m_issued;
                return withCertificate;
            }(),
            Fixtures::now);
        const RequestActions renew = actions.testFlag(RequestAction::Enroll) ? RequestActions(RequestAction::Renew) : RequestActions();
        const bool standsStill = state == State::Rejected || state == State::Cancelled; // the renewal does
        const RequestActions goOn = standsStill ? RequestActions(RequestAction::Continue) : RequestActions();
        QCOMPARE(both.actions, actions | RequestAction::Export | RequestAction::Inspect | renew | goOn);
    }

    void duePollsAreNow()
    {
        RequestRecord open = record(false, State::Pending);
        open.transaction.nextAttemptAt = Fixtures::now.addSecs(-3);
        QCOMPARE(requestStatus(open, Fixtures::now).transactionText, QString("pending, polling now"));
        QCOMPARE(requestStatus(open, Fixtures::now).nextAction, QString("polls now"));
    }

    void rejectionsQuoteTheServer()
    {
        RequestRecord rejected = record(false, State::Rejected);
        rejected.transaction.rejection = Scep::Rejection{2, "wrong challenge", std::nullopt};
        QVERIFY(requestStatus(rejected, Fixtures::now).transactionText.contains("\"wrong challenge\""));
    }

    void relativeTimes_data()
    {
        QTest::addColumn<qint64>("seconds");
        QTest::addColumn<QString>("text");
        const auto row = [](qint64 seconds, const char *text) { QTest::newRow(text) << seconds << QString(text); };
        row(0, "now");
        row(1, "in 1 s");
        row(59, "in 59 s");
        row(60, "in 1 min");
        row(89, "in 1 min");
        row(240, "in 4 min");
        row(3600, "in 1 h");
        row(36 * 3600, "in 36 h");
        row(48 * 3600, "in 2 days");
        row(86400 * 365LL, "in 365 days");
        row(-5, "5 s ago");
        row(-120, "2 min ago");
        row(-7200, "2 h ago");
        row(-86400 * 3, "3 days ago");
    }
    void relativeTimes()
    {
        QFETCH(qint64, seconds);
        QFETCH(QString, text);
        QCOMPARE(relativeTime(Fixtures::now.addSecs(seconds), Fixtures::now), text);
    }

    void servers_data()
    {
        using Trust = Scep::ServerKnowledge::Trust;
        QTest::addColumn<int>("trust");
        QTest::addColumn<int>("error"); // -1: none
        QTest::addColumn<QString>("text");
        QTest::addColumn<int>("severity");
        const auto code = [](ErrorCode value) { return int(value); };
        QTest::newRow("new") << int(Trust::NotAsked) << -1 << "not asked yet" << int(Severity::Neutral);
        QTest::newRow("unreached") << int(Trust::NotAsked) << code(ErrorCode::ConnectionRefused)
                                   << "not reached: the server refused the connection (x)" << int(Severity::Bad);
        QTest::newRow("unconfirmed") << int(Trust::NotConfirmed) << -1 << "not confirmed" << int(Severity::Attention);
        QTest::newRow("ready") << int(Trust::Confirmed) << -1 << "ready" << int(Severity::Good);
        QTest::newRow("ready but away") << int(Trust::Confirmed) << code(ErrorCode::Timeout)
                                        << "not reached: the server did not answer in time (x)" << int(Severity::Attention);
        QTest::newRow("changed") << int(Trust::Refused) << code(ErrorCode::CaChanged) << "CA changed" << int(Severity::Bad);
        QTest::newRow("refused") << int(Trust::Refused) << code(ErrorCode::ChainBroken)
                                 << "not trusted: the chain does not lead to the confirmed CA (x)" << int(Severity::Bad);
    }
    void servers()
    {
        QFETCH(int, trust);
        QFETCH(int, error);
        QFETCH(QString, text);
        QFETCH(int, severity);
        ServerRecord server;
        server.knowledge.trust = static_cast<Scep::ServerKnowledge::Trust>(trust);
        if (error >= 0)
            server.knowledge.lastError = Error{static_cast<ErrorCode>(error), "x"};
        QCOMPARE(serverStatus(server).text, text);
        QCOMPARE(int(serverStatus(server).severity), severity);
        server.server.isEnabled = false;
        QCOMPARE(serverStatus(server).text, QString("disabled"));
    }

    void serversThatChangeAreTold()
    {
        ServerRecord server;
        server.knowledge = Fixtures::knowledge({1}, m_ca);
        server.knowledge.lastError.reset();
        server.knowledge.seenCapabilities = server.knowledge.capabilities;
        QCOMPARE(serverStatus(server).text, QString("ready"));
        server.knowledge.seenCapabilities = Scep::Capabilities::fromLines({"AES", "SHA-256", "Renewal"});
        QVERIFY(hasLostCapabilities(server));
        QCOMPARE(serverStatus(server).text, QString("ready; announces less than before"));
        QCOMPARE(int(serverStatus(server).severity), int(Severity::Attention));
        server.knowledge.nextCa.roles = server.knowledge.roles;
        server.knowledge.nextCa.isUnderAnchor = true;
        QVERIFY(!announcesNewRoot(server));
        server.knowledge.nextCa.isUnderAnchor = false;
        QCOMPARE(serverStatus(server).text, QString("ready; a new root CA is announced"));
    }

    void activities()
    {
        using Kind = Scep::Activity::Kind;
        ActivityView view;
        QCOMPARE(activityText(view, Fixtures::now), QString("Idle"));
        view.nextDue = Fixtures::now.addSecs(300);
        QCOMPARE(activityText(view, Fixtures::now), QString("Idle; next action in 5 min"));
        view.server = "plant";
        view.request = "plc-7";
        for (const Kind kind : {Kind::CheckingServer, Kind::Sending, Kind::Polling}) {
            view.kind = kind;
            QVERIFY(activityText(view, Fixtures::now).contains("plant"));
        }
        for (const Kind kind : {Kind::GeneratingKey, Kind::Sending, Kind::Polling}) {
            view.kind = kind;
            QVERIFY(activityText(view, Fixtures::now).contains("plc-7"));
        }
        view.kind = Kind::Probing;
        QVERIFY(!activityText(view, Fixtures::now).isEmpty());
    }
};

QTEST_GUILESS_MAIN(TestRequestStatus)
#include "tst_requeststatus.moc"
