// SPDX-License-Identifier: GPL-3.0-or-later
// What the engine learns from the CRL of the issuing CA, and what it does not do any more with a revoked certificate.
#include "tests/worker/enginebench.h"

#include <QSignalSpy>
#include <QTest>

using namespace Scep;
using namespace TestSupport;
using namespace std::chrono_literals;
using State = TransactionStatus::State;

namespace {

/// The usual request, enrolled at a server that knows GetCRL.
class RevocationBench : public EngineBench
{
public:
    RevocationBench()
    {
        ca.capabilities = "AES\nSHA-256\nPOSTPKIOperation\nRenewal\n";
        journal.requestTable[requestId].keySpec.bits = 1024;
        journal.enrollsByItself = true;
        ca.crl = [this](const ReceivedRequest &request) { return ca.deliverCrl(request, revoked); };
    }
    [[nodiscard]] bool enrol()
    {
        start();
        if (!waitFor(State::Done))
            return false;
        settle();
        ca.received.clear();
        changes.clear();
        journal.calls.clear();
        return true;
    }
    void revoke(const QString &reason = "keyCompromise") { revoked.append({current().certificate.serialNumber(), clock.now(), reason}); }
    /// A person asks.
    void refresh()
    {
        QSignalSpy checked(engine.get(), &Engine::serverChecked);
        engine->refreshServer(serverId);
        QTRY_COMPARE(checked.size(), 1);
        settle();
    }
    [[nodiscard]] IssuedCertificate current() const { return journal.current.value(requestId); }
    [[nodiscard]] CrlKnowledge crl() const { return journal.knowledgeTable.value(serverId).crl; }
    [[nodiscard]] QString notes() const { return journal.knowledgeTable.value(serverId).notes.join('\n'); }

    QList<Pki::RevokedCertificate> revoked;
};

} // namespace

class TestEngineRevocation : public QObject
{
    Q_OBJECT

private slots:
    void learnsItWithTheCheckOfTheServer()
    {
        RevocationBench bench;
        QVERIFY(bench.enrol());
        QVERIFY(bench.ca.crlRequests.isEmpty()); // nothing was there to be revoked when it was asked first
        QSignalSpy told(bench.engine.get(), &Engine::certificateRevoked);
        bench.pass(25h, 1h);
        QCOMPARE(bench.ca.crlRequests.size(), 1);
        QVERIFY(!bench.current().revocation);
        QCOMPARE(bench.crl().askedAt, bench.crl().thisUpdate);
        QVERIFY(!bench.crl().lastError);
        // Asked in the name of the certificate that it is about, which the server knows.
        QCOMPARE(bench.ca.crlRequests.first().signer, bench.current().certificate);

        bench.revoke();
        const QDateTime date = bench.clock.now();
        bench.pass(25h, 1h);
        QCOMPARE(bench.ca.crlRequests.size(), 2);
        QCOMPARE(bench.current().revocation, std::optional(Revocation{date, "keyCompromise"}));
        QCOMPARE(bench.crl().revokedCount, 1);
        QCOMPARE(told.size(), 1);
        QCOMPARE(told.first().at(0).value<RequestId>(), EngineBench::requestId);
        bench.pass(25h, 1h);
        QCOMPARE(told.size(), 1); // once
    }

    void aRevokedCertificateRenewsNothing_data()
    {
        QTest::addColumn<bool>("restarts");
        QTest::newRow("running on") << false;
        QTest::newRow("in another process") << true;
    }
    void aRevokedCertificateRenewsNothing()
    {
        QFETCH(bool, restarts);
        RevocationBench bench;
        QVERIFY(bench.enrol());
        bench.revoke();
        bench.refresh();
        QVERIFY(bench.current().revocation);
        QVERIFY(!bench.engine->renewalDueAt(EngineBench::requestId).isValid());
        if (restarts)
            bench.restart();
        bench.pass(360 * 24h, 90 * 24h); // the threshold and the end go by
        QVERIFY(bench.ca.received.isEmpty());
        QVERIFY(!bench.engine->status(EngineBench::requestId).isOpen());

        // Not even when a person says so; a new enrollment is what helps.
        bench.engine->renew(EngineBench::requestId);
        QVERIFY(bench.waitFor(State::Rejected));
        QCOMPARE(bench.errorCode(), ErrorCode::NotPossibleNow);
        QVERIFY2(bench.status().error->detail.contains("revoked"), qPrintable(bench.status().error->detail));
        bench.settle();
        QVERIFY(bench.ca.received.isEmpty());
        bench.engine->enroll(EngineBench::requestId);
        QVERIFY(bench.waitFor(State::Done));
        QCOMPARE(bench.ca.received.size(), 1);
        QCOMPARE(bench.ca.received.first().signer.issuer(), bench.ca.received.first().signer.subject());
        QVERIFY(!bench.current().revocation);
        QVERIFY(bench.engine->renewalDueAt(EngineBench::requestId).isValid());
    }

    void anOpenRenewal_data()
    {
        QTest::addColumn<bool>("isPending");
        QTest::newRow("that did not arrive ends") << false;
        QTest::newRow("that the server has taken is polled on") << true; // CAs revoke what they replace
    }
    void anOpenRenewal()
    {
        QFETCH(bool, isPending);
        RevocationBench bench;
        QVERIFY(bench.enrol());
        bench.revoke("superseded");
        bench.ca.standing = [&](const ReceivedRequest &request) {
            return isPending ? bench.ca.pending(request) : ScriptedAnswer::http(503, "Busy");
        };
        bench.engine->renew(EngineBench::requestId);
        QVERIFY(bench.waitFor(isPending ? State::Pending : State::Retrying));
        bench.refresh();
        QVERIFY(bench.current().revocation);
        bench.ca.standing = [&](const ReceivedRequest &request) { return bench.ca.issue(request); };
        bench.ca.received.clear();
        bench.pass(2h, 60s);
        QCOMPARE(bench.status().state, isPending ? State::Done : State::Rejected);
        QCOMPARE(bench.ca.received.size(), isPending ? 1 : 0);
    }

    void onHoldAndBack()
    {
        RevocationBench bench;
        QVERIFY(bench.enrol());
        const QDateTime due = bench.engine->renewalDueAt(EngineBench::requestId);
        bench.revoke("certificateHold");
        bench.refresh();
        QVERIFY(bench.current().revocation && bench.current().revocation->isHold());
        QVERIFY(!bench.engine->renewalDueAt(EngineBench::requestId).isValid());
        bench.revoked.clear();
        bench.clock.advance(60s);
        bench.refresh();
        QVERIFY(!bench.current().revocation);
        QCOMPARE(bench.engine->renewalDueAt(EngineBench::requestId), due);
    }

    void whatIsRevokedForGoodStaysSo()
    {
        RevocationBench bench;
        QVERIFY(bench.enrol());
        bench.revoke();
        bench.refresh();
        bench.revoked.clear(); // a CRL need not name what has expired
        bench.clock.advance(60s);
        bench.refresh();
        QVERIFY(bench.current().revocation);
    }

    void aCrlThatCannotBeHadIsNoTrouble_data()
    {
        QTest::addColumn<QString>("how");
        QTest::addColumn<bool>("isAskedSoonAgain");
        QTest::newRow("refused") << "refused" << false;
        QTest::newRow("HTTP 400") << "400" << false;
        QTest::newRow("nobody there") << "down" << true;
        QTest::newRow("signed by another CA") << "foreign" << true;
        QTest::newRow("older than the last one") << "older" << true;
    }
    void aCrlThatCannotBeHadIsNoTrouble()
    {
        QFETCH(QString, how);
        QFETCH(bool, isAskedSoonAgain);
        RevocationBench bench;
        QVERIFY(bench.enrol());
        bench.refresh();
        QVERIFY(!bench.crl().lastError);
        const QDateTime thisUpdate = bench.crl().thisUpdate;
        const TestCa foreign = TestCa::create("Foreign", bench.clock.now());
        bench.revoke();
        bench.ca.crl = [&](const ReceivedRequest &request) {
            const Identity &issuer = how == "foreign" ? foreign.issuing : bench.ca.ca.issuing;
            const QDateTime begin = how == "older" ? thisUpdate.addDays(-1) : bench.clock.now();
            if (how == "refused")
                return bench.ca.refuse(request, FailInfo::BadRequest);
            if (how == "400")
                return ScriptedAnswer::http(400, "Bad Request");
            if (how == "down")
                return ScriptedAnswer::failed(QNetworkReply::ConnectionRefusedError);
            return bench.ca.deliverCrl(request,
                                       must(Pki::issueCrl(issuer.certificate, issuer.key, bench.revoked, begin, begin.addDays(9), 7)));
        };
        bench.clock.advance(60s);
        bench.refresh();
        QVERIFY(bench.crl().lastError);
        QCOMPARE(bench.crl().thisUpdate, thisUpdate);
        QVERIFY(!bench.current().revocation);
        QVERIFY(!bench.journal.calls.contains("recordRevocations failed"));
        QVERIFY2(bench.notes().contains("Revocations could not be looked up"), qPrintable(bench.notes()));
        // The server is as good as before.
        QVERIFY(!bench.journal.knowledgeTable.value(EngineBench::serverId).lastError);
        QCOMPARE(bench.journal.knowledgeTable.value(EngineBench::serverId).trust, ServerKnowledge::Trust::Confirmed);
        const qsizetype asked = bench.ca.crlRequests.size();
        bench.pass(25h, 1h);
        QCOMPARE(bench.ca.crlRequests.size(), asked + (isAskedSoonAgain ? 1 : 0));
        QVERIFY(bench.notes().contains("Revocations could not be looked up"));
        bench.ca.crl = [&](const ReceivedRequest &request) { return bench.ca.deliverCrl(request, bench.revoked); };
        bench.pass(8 * 24h, 12h); // whatever it was, it is tried again
        QVERIFY(bench.current().revocation);
        QVERIFY(!bench.crl().lastError);
        QVERIFY(!bench.notes().contains("Revocations could not be looked up"));
    }

    void aStorageInTroubleHearsOfItLater()
    {
        RevocationBench bench;
        QVERIFY(bench.enrol());
        bench.revoke();
        bench.journal.failNext("recordRevocations", {ErrorCode::StoreFailure, "disk full"});
        bench.refresh();
        QVERIFY(!bench.current().revocation);
        QVERIFY(!bench.crl().thisUpdate.isValid());
        QCOMPARE(bench.journalErrors.size(), 1);
        bench.pass(25h, 1h);
        QVERIFY(bench.current().revocation);
    }

    void aLockedVaultAsksUnderAThrowAwayCertificate()
    {
        RevocationBench bench;
        QVERIFY(bench.enrol());
        bench.revoke();
        bench.journal.failNext("currentCredential", {ErrorCode::VaultLocked, {}});
        bench.refresh();
        QCOMPARE(bench.ca.crlRequests.size(), 1);
        QCOMPARE(bench.ca.crlRequests.first().signer.issuer(), bench.ca.crlRequests.first().signer.subject());
        QVERIFY(bench.current().revocation);
    }

    /// What another CA issued is not looked for on this one's list.
    void onlyWhatTheIssuingCaIssued()
    {
        RevocationBench bench;
        QVERIFY(bench.enrol());
        bench.revoke();
        const TestCa foreign = TestCa::create("Foreign", bench.clock.now());
        CertificateOptions sameNumber;
        sameNumber.serialNumber = bench.revoked.first().serialNumber;
        bench.journal.current[EngineBench::requestId].certificate =
            foreign.issue(makeRequest("CN=plc-7", rsaKey("plc-7")), bench.clock.now(), sameNumber);
        bench.restart();
        bench.refresh();
        QVERIFY(bench.ca.crlRequests.isEmpty());
        QVERIFY(!bench.current().revocation);
    }
};

QTEST_GUILESS_MAIN(TestEngineRevocation)
#include "tst_engine_revocation.moc"
