// SPDX-License-Identifier: GPL-3.0-or-later
// Scepter's engine at a Lab CA that behaves as other servers do: it copes, or says clearly why not.
#include "tests/faults/labbench.h"

#include <algorithm>

using namespace LabCa;
using namespace std::chrono_literals;
using Pki::ErrorCode;
using State = Scep::TransactionStatus::State;
using TestSupport::must;

namespace {

Personality named(const char *name)
{
    return personalityFromName(name).value();
}

/// What every server of that kind is set up with.
void configure(LabBench &bench, const QString &name)
{
    if (name == "ejbca")
        bench.changeServer([](Scep::EnrollmentServer &server) { server.caIdentifier = "lab"; });
}

bool hasGone(const LabBench &bench, Scep::HttpMethod method)
{
    return std::ranges::any_of(bench.exchanges, [method](const Scep::Exchange &one) {
        return one.operation == Scep::Operation::PkiOperation && one.method == method;
    });
}

} // namespace

class TestLabPersonalities final : public QObject
{
    Q_OBJECT

private slots:
    void enrols_data();
    void enrols();
    void renews_data();
    void renews();
    void isAsked_data();
    void isAsked();
    void ndesTellsItsHresult();
    void ndesReturnsTheOldCertificate();
    void ejbcaWantsTheCaNamed();
    void openxpkiHidesBadAlgAndIsNotPolledForEver();
    void openxpkiSaysWhatIsWrongWithTheTransactionId();
    void aMissingNextCaIsNoError_data();
    void aMissingNextCaIsNoError();
    void challengesForRenewalsCanBeSent_data();
    void challengesForRenewalsCanBeSent();
    void dogtagCutsTheNonce();
    void dogtagSucceedsWithoutContent();
    void ciscoIsAskedByGet();
};

void TestLabPersonalities::enrols_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("note"); // that the technician is told
    QTest::newRow("standard") << "standard" << "";
    QTest::newRow("ndes") << "ndes" << "";
    QTest::newRow("ejbca") << "ejbca" << "DES";
    QTest::newRow("openxpki") << "openxpki" << "";
    QTest::newRow("step-ca") << "step-ca" << "DES";
    QTest::newRow("micromdm") << "micromdm" << "SHA-1";
    QTest::newRow("cisco") << "cisco" << "SHA-1";
}

void TestLabPersonalities::enrols()
{
    QFETCH(const QString, name);
    QFETCH(const QString, note);
    LabBench bench(personalityFromName(name).value());
    configure(bench, name);
    QVERIFY(bench.enrollUntil(State::Done));
    QCOMPARE(bench.issued.size(), 1);
    QCOMPARE(bench.issued.first().certificate.publicKey(), TestSupport::rsaKey("plc-7").publicKey());
    QCOMPARE(bench.issued.first().issuers.first(), bench.folder.depot.issuing());
    QVERIFY2(bench.notes().contains(note), qPrintable(bench.notes()));
    QCOMPARE(bench.logged("PKIOperation PKCSReq"), 1);
}

void TestLabPersonalities::renews_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("operations"); // that the Lab CA saw for it
    QTest::newRow("standard") << "standard" << "RenewalReq";
    QTest::newRow("ndes") << "ndes" << "RenewalReq";
    QTest::newRow("ejbca") << "ejbca" << "RenewalReq";
    QTest::newRow("openxpki loses the PKCS#10 of a RenewalReq") << "openxpki" << "RenewalReq PKCSReq";
    QTest::newRow("cisco has not heard of Renewal") << "cisco" << "PKCSReq";
}

void TestLabPersonalities::renews()
{
    QFETCH(const QString, name);
    QFETCH(const QString, operations);
    LabBench bench(personalityFromName(name).value());
    configure(bench, name);
    QVERIFY(bench.enrollUntil(State::Done));
    const Pki::Certificate former = bench.issued.first().certificate;
    bench.log.clear();
    bench.engine->renew(LabBench::requestId);
    QTRY_COMPARE_WITH_TIMEOUT(bench.issued.size(), 2, 20'000);
    QVERIFY(bench.issued.last().certificate != former);
    QVERIFY(bench.issued.last().certificate.publicKey() != former.publicKey());
    QStringList seen;
    for (const QString &line : std::as_const(bench.log)) {
        if (line.startsWith("PKIOperation "))
            seen.append(line.section(' ', 1, 1).chopped(1));
    }
    QCOMPARE(seen.join(' '), operations);
    // What worked is remembered: the next time it comes first.
    if (name == "openxpki") {
        bench.log.clear();
        bench.engine->renew(LabBench::requestId);
        QTRY_COMPARE_WITH_TIMEOUT(bench.issued.size(), 3, 20'000);
        QCOMPARE(bench.logged("PKIOperation RenewalReq"), 0);
    }
}

void TestLabPersonalities::isAsked_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("by");
    QTest::newRow("standard") << "standard" << "CertPoll";
    QTest::newRow("openxpki") << "openxpki" << "CertPoll";
    QTest::newRow("ejbca answers CertPoll with nothing") << "ejbca" << "PKCSReq";
    QTest::newRow("step-ca knows no CertPoll") << "step-ca" << "PKCSReq";
    QTest::newRow("micromdm knows no CertPoll") << "micromdm" << "PKCSReq";
}

void TestLabPersonalities::isAsked()
{
    QFETCH(const QString, name);
    QFETCH(const QString, by);
    LabBench bench(personalityFromName(name).value(), Mode::Approve);
    configure(bench, name);
    QVERIFY(bench.enrollUntil(State::Pending));
    QCOMPARE(bench.logged("PKIOperation PKCSReq"), 1);
    bench.pass(300s);
    QVERIFY(bench.issued.isEmpty());
    const int asked = bench.logged("PKIOperation " + by);
    QVERIFY2(asked >= (by == "PKCSReq" ? 2 : 1), qPrintable(bench.log.join('\n')));
    QVERIFY(bench.folder.depot.approve(must(bench.folder.depot.enrollments()).first().transactionId));
    bench.engine->attemptNow(LabBench::requestId);
    QVERIFY(bench.waitFor(State::Done));
    QVERIFY(bench.logged("PKIOperation " + by) > asked);
    QCOMPARE(must(bench.folder.depot.enrollments()).size(), 1);
}

void TestLabPersonalities::ndesTellsItsHresult()
{
    LabBench bench(named("ndes"));
    bench.journal.challenges.insert(LabBench::requestId, "guessed");
    QVERIFY(bench.enrollUntil(State::Rejected));
    QCOMPARE(bench.errorCode(), std::optional(ErrorCode::Rejected));
    QCOMPARE(bench.status().rejection->hresult, std::optional(static_cast<qint32>(0x80070057)));
    QCOMPARE(bench.status().rejection->failInfo(), std::optional(Scep::FailInfo::BadRequest));
}

void TestLabPersonalities::ndesReturnsTheOldCertificate()
{
    LabBench bench(named("ndes"));
    bench.changeRequest([](Scep::EnrollmentRequest &request) { request.reusesKeyOnRenewal = true; });
    QVERIFY(bench.enrollUntil(State::Done));
    bench.engine->renew(LabBench::requestId);
    QTRY_COMPARE_WITH_TIMEOUT(bench.errorCode(), std::optional(ErrorCode::OldCertificateReturned), 20'000);
    QCOMPARE(bench.issued.size(), 1);
}

void TestLabPersonalities::ejbcaWantsTheCaNamed()
{
    LabBench bench(named("ejbca"));
    bench.start();
    bench.engine->enroll(LabBench::requestId);
    QTRY_VERIFY_WITH_TIMEOUT(bench.status().error.has_value(), 20'000);
    QCOMPARE(bench.errorCode(), std::optional(ErrorCode::HttpStatus));
    QVERIFY2(bench.status().error->detail.contains("message="), qPrintable(bench.status().error->detail));
    QVERIFY(bench.journal.open.isEmpty());
    Scep::EnrollmentServer server = bench.journal.serverTable.value(LabBench::serverId);
    server.caIdentifier = "lab";
    bench.journal.serverTable.insert(LabBench::serverId, server);
    bench.engine->setServer(server);
    QVERIFY(bench.waitFor(State::Done));
}

void TestLabPersonalities::openxpkiHidesBadAlgAndIsNotPolledForEver()
{
    LabBench bench(named("openxpki"));
    bench.changeServer([](Scep::EnrollmentServer &server) { server.polling = {60s, 1.0, 60s, 600s}; });
    bench.setFaults({"bad-alg"});
    QVERIFY(bench.enrollUntil(State::Pending));
    bench.pass(900s);
    QCOMPARE(bench.status().state, State::Rejected);
    QCOMPARE(bench.errorCode(), std::optional(ErrorCode::PollingEnded));
}

void TestLabPersonalities::openxpkiSaysWhatIsWrongWithTheTransactionId()
{
    LabBench bench(named("openxpki"));
    bench.changeRequest([](Scep::EnrollmentRequest &request) { request.transactionIdOverride = "7XXEY-ERLPU-2JDR9"; });
    QVERIFY(bench.enrollUntil(State::Retrying));
    QCOMPARE(bench.errorCode(), std::optional(ErrorCode::HttpStatus));
    QVERIFY2(bench.status().error->detail.contains("not hexadecimal"), qPrintable(bench.status().error->detail));
}

void TestLabPersonalities::aMissingNextCaIsNoError_data()
{
    QTest::addColumn<QString>("name");
    for (const char *name : {"standard", "openxpki", "ejbca"})
        QTest::newRow(name) << QString(name);
}

void TestLabPersonalities::aMissingNextCaIsNoError()
{
    QFETCH(const QString, name);
    LabBench bench(personalityFromName(name).value());
    configure(bench, name);
    QVERIFY(bench.enrollUntil(State::Done));
    QTRY_VERIFY(bench.logged("GetNextCACert") >= 1);
    QVERIFY(bench.settle());
    QVERIFY(!bench.journal.knowledgeTable.value(LabBench::serverId).lastError);
    QVERIFY(bench.journal.knowledgeTable.value(LabBench::serverId).nextCa.isNull());
}

void TestLabPersonalities::challengesForRenewalsCanBeSent_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<bool>("isThere"); // the technician gave a new challenge
    QTest::addColumn<bool>("isSent");
    QTest::addColumn<int>("certificates");
    QTest::addColumn<int>("pkcsReqs");
    for (const char *name : {"step-ca", "micromdm"}) {
        QTest::addRow("%s, sent", name) << QString(name) << true << true << 2 << 1;
        QTest::addRow("%s, not sent: refused twice, then enrolled anew", name) << QString(name) << true << false << 2 << 3;
        QTest::addRow("%s, none", name) << QString(name) << false << true << 1 << 1;
    }
}

void TestLabPersonalities::challengesForRenewalsCanBeSent()
{
    QFETCH(const QString, name);
    QFETCH(const bool, isThere);
    QFETCH(const bool, isSent);
    QFETCH(const int, certificates);
    QFETCH(const int, pkcsReqs);
    LabBench bench(personalityFromName(name).value());
    bench.changeServer([isSent](Scep::EnrollmentServer &server) { server.sendsChallengeOnRenewal = isSent; });
    QVERIFY(bench.enrollUntil(State::Done));
    if (isThere)
        bench.journal.challenges.insert(LabBench::requestId, LabBench::challenge);
    bench.engine->renew(LabBench::requestId);
    if (certificates > 1) {
        QTRY_COMPARE_WITH_TIMEOUT(bench.issued.size(), certificates, 20'000);
    } else {
        QTRY_COMPARE_WITH_TIMEOUT(bench.errorCode(), std::optional(ErrorCode::Rejected), 20'000);
        QCOMPARE(bench.issued.size(), certificates);
    }
    QCOMPARE(bench.logged("PKIOperation RenewalReq"), 1);
    if (isThere)
        QCOMPARE(bench.logged("PKIOperation PKCSReq"), pkcsReqs);
}

void TestLabPersonalities::dogtagCutsTheNonce()
{
    LabBench bench(named("dogtag"));
    QVERIFY(bench.enrollUntil(State::Retrying));
    QCOMPARE(bench.errorCode(), std::optional(ErrorCode::NonceMismatch));
    QVERIFY(bench.issued.isEmpty());
    // Where the limit is set high enough, it works: by GET and 3DES.
    Personality mended = named("dogtag");
    mended.maxRecipientNonce = 0;
    LabBench other(mended);
    QVERIFY(other.enrollUntil(State::Done));
    QVERIFY(hasGone(other, Scep::HttpMethod::Get) && !hasGone(other, Scep::HttpMethod::Post));
}

void TestLabPersonalities::dogtagSucceedsWithoutContent()
{
    Personality dogtag = named("dogtag");
    dogtag.maxRecipientNonce = 0;
    LabBench bench(dogtag, Mode::Approve);
    QVERIFY(bench.enrollUntil(State::Retrying));
    QCOMPARE(bench.errorCode(), std::optional(ErrorCode::ContentRefused));
    QVERIFY(bench.issued.isEmpty());
    QVERIFY(bench.folder.depot.approve(must(bench.folder.depot.enrollments()).first().transactionId));
    bench.engine->attemptNow(LabBench::requestId);
    QVERIFY(bench.waitFor(State::Done));
}

void TestLabPersonalities::ciscoIsAskedByGet()
{
    LabBench bench(named("cisco"));
    QVERIFY(bench.enrollUntil(State::Done));
    QVERIFY(hasGone(bench, Scep::HttpMethod::Get) && !hasGone(bench, Scep::HttpMethod::Post));
    QVERIFY(bench.notes().contains("DES"));
}

QTEST_GUILESS_MAIN(TestLabPersonalities)
#include "tst_labpersonalities.moc"
