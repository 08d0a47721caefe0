// SPDX-License-Identifier: GPL-3.0-or-later
// Every fault of the Lab CA: what a plain client sees, and what Scepter's engine makes of it.
#include "tests/faults/labbench.h"

#include <QElapsedTimer>
#include <QTest>

#include <algorithm>

using namespace LabCa;
using namespace std::chrono_literals;
using Pki::ErrorCode;
using State = Scep::TransactionStatus::State;
using TestSupport::must;

namespace {

/// The Lab CA's answer to an enrollment with `faults`, by a client that believes everything.
struct Plain {
    LabDevice device;
    RequestPlan plan;
    std::optional<RawReply> reply;
    qint64 milliseconds = 0;

    [[nodiscard]] Pki::SignerInfo signer() const { return must(Pki::SignedData::fromDer(reply->body)).signers().first(); }
    [[nodiscard]] QString text(const char *oid) const
    {
        return must(Pki::stringFromDer(signer().attribute(Pki::Oid::literal(oid))->values.first()));
    }
    [[nodiscard]] QList<Pki::Certificate> handedOut() const
    {
        const auto envelope = must(Pki::EnvelopedData::fromDer(*must(Pki::SignedData::fromDer(reply->body)).content()));
        return must(Pki::SignedData::fromDer(must(envelope.decrypt(device.key, device.signer.certificate)))).certificates();
    }
};

Plain ask(LabBench &bench, const QStringList &faults, const QString &subject = "CN=plain")
{
    bench.setFaults(faults);
    Plain plain;
    plain.device = LabDevice::create(subject, LabBench::challenge, {}, "plain");
    plain.plan = plain.device.pkcsReq(bench.folder.depot);
    QElapsedTimer time;
    time.start();
    plain.reply = exchange(bench.face, postRequest(buildMessage(plain.plan)));
    plain.milliseconds = time.elapsed();
    return plain;
}

} // namespace

class TestLabFaults final : public QObject
{
    Q_OBJECT

private slots:
    void ofHttpAreSeen();
    void ofTheMessageAreSeen();
    void strikeTheirShare();
    void areToldByTheEngine_data();
    void areToldByTheEngine();
    void areSurvivedByTheEngine_data();
    void areSurvivedByTheEngine();
    void pendingForEverHasAnEnd();
    void badAlgIsARejection();
    void duplicatesAreNoticed();
    void strikeOtherOperationsToo_data();
    void strikeOtherOperationsToo();
    void aShareIsOnlyDelay();
};

void TestLabFaults::ofHttpAreSeen()
{
    LabBench bench;
    const Plain honest = ask(bench, {}, "CN=honest");
    QVERIFY(honest.reply && honest.reply->isWhole);
    const qsizetype usual = honest.reply->body.size();

    QVERIFY(!ask(bench, {"drop"}).reply);
    QVERIFY(ask(bench, {"stall=1"}).milliseconds >= 1000);
    const Plain truncated = ask(bench, {"truncate"});
    QVERIFY(truncated.reply->isWhole && truncated.reply->body.size() < usual * 2 / 3);
    const Plain cut = ask(bench, {"cut"});
    QVERIFY(!cut.reply->isWhole && !cut.reply->body.isEmpty());
    const Plain html = ask(bench, {"html"});
    QCOMPARE(html.reply->status, 200);
    QVERIFY(html.reply->contentType.startsWith("text/html") && html.reply->body.contains("<html>"));
    QCOMPARE(ask(bench, {"http-500"}).reply->status, 500);
    const Plain big = ask(bench, {"big-body"});
    QCOMPARE(big.reply->body.size(), 10 * 1024 * 1024);
    QCOMPARE(big.reply->contentType, QByteArray("application/x-pki-message"));
    const Plain slow = ask(bench, {"slow-drip=1"});
    QVERIFY(slow.reply->isWhole && slow.milliseconds >= 800);
    const Plain before = ask(bench, {"duplicate-reply"}, "CN=first");
    const Plain after = ask(bench, {"duplicate-reply"}, "CN=second");
    QCOMPARE(after.reply->body, before.reply->body);
}

void TestLabFaults::ofTheMessageAreSeen()
{
    LabBench bench;
    const Pki::Certificate issuing = bench.folder.depot.issuing();
    const auto recipientNonce = [](const Plain &plain) {
        return must(Pki::octetStringFromDer(plain.signer().attribute(Pki::Oid::literal(Scep::Oids::recipientNonce))->values.first()));
    };
    const Plain honest = ask(bench, {});
    QCOMPARE(recipientNonce(honest), honest.plan.senderNonce.bytes());
    const Plain nonce = ask(bench, {"wrong-nonce"});
    QCOMPARE(recipientNonce(nonce).size(), 16);
    QVERIFY(recipientNonce(nonce) != nonce.plan.senderNonce.bytes());
    const Plain transaction = ask(bench, {"wrong-transaction-id"});
    QVERIFY(transaction.text(Scep::Oids::transactionId) != transaction.plan.transactionId.toText());
    QCOMPARE(ask(bench, {"wrong-message-type"}).text(Scep::Oids::messageType), QString("19"));
    const Plain stranger = ask(bench, {"wrong-signer"});
    QVERIFY(stranger.signer().signerId != issuing.issuerAndSerialNumber());
    const auto strangersMessage = must(Pki::SignedData::fromDer(stranger.reply->body));
    QVERIFY(strangersMessage.verifySigner(0, strangersMessage.certificates().first())); // a good signature, but whose?
    const auto unsignedMessage = must(Pki::SignedData::fromDer(ask(bench, {"no-signer-info"}).reply->body));
    QVERIFY(unsignedMessage.signers().isEmpty() && !unsignedMessage.certificates().isEmpty());
    const auto bare = must(Pki::SignedData::fromDer(ask(bench, {"no-signer-certificate"}).reply->body));
    QVERIFY(bare.certificates().isEmpty());
    QVERIFY(bare.verifySigner(0, issuing));
    const Plain foreign = ask(bench, {"foreign-key"});
    QVERIFY(foreign.handedOut().first().publicKey() != foreign.device.key.publicKey());
    QVERIFY(foreign.handedOut().first().isSignedBy(issuing));
    QCOMPARE(foreign.handedOut().first().subject(), foreign.device.request.subject());
    const Plain extra = ask(bench, {"extra-certificates"});
    QCOMPARE(extra.handedOut().size(), 4);
    QVERIFY(std::ranges::any_of(extra.handedOut(),
                                [](const Pki::Certificate &one) { return one.subject().commonName().contains("Stranger"); }));
    QCOMPARE(ask(bench, {"pending-for-ever"}).text(Scep::Oids::pkiStatus), QString("3"));
    const qsizetype known = bench.folder.depot.enrollments()->size();
    const Plain badAlg = ask(bench, {"bad-alg"}, "CN=never-seen");
    QCOMPARE(badAlg.text(Scep::Oids::pkiStatus) + badAlg.text(Scep::Oids::failInfo), QString("20"));
    QCOMPARE(bench.folder.depot.enrollments()->size(), known);
}

void TestLabFaults::strikeTheirShare()
{
    LabBench bench;
    bench.setFaults({"http-500@GetCACaps:10%"});
    int failed = 0;
    const auto socket = connectTo(bench.face);
    for (int i = 0; i < 100; ++i) {
        socket->write(getRequest("/scep?operation=GetCACaps"));
        failed += readReply(*socket)->status == 500 ? 1 : 0;
    }
    QCOMPARE(failed, 10);
}

void TestLabFaults::areToldByTheEngine_data()
{
    QTest::addColumn<QStringList>("faults");
    QTest::addColumn<ErrorCode>("expected");
    const auto row = [](const char *fault, ErrorCode code) { QTest::newRow(fault) << QString(fault).split(' ') << code; };
    row("drop", ErrorCode::NetworkFailure);
    row("stall=60", ErrorCode::Timeout);
    row("truncate", ErrorCode::ReplyMalformed);
    row("cut", ErrorCode::NetworkFailure);
    row("html", ErrorCode::HtmlReply);
    row("http-500", ErrorCode::HttpStatus);
    row("big-body", ErrorCode::ReplyTooLarge);
    row("slow-drip=60", ErrorCode::Timeout);
    row("wrong-nonce", ErrorCode::NonceMismatch);
    row("wrong-transaction-id", ErrorCode::TransactionMismatch);
    row("wrong-message-type", ErrorCode::MessageTypeMismatch);
    row("wrong-signer", ErrorCode::SignerUnknown);
    row("no-signer-info", ErrorCode::SignerCount);
    row("foreign-key", ErrorCode::ForeignPublicKey);
    row("wrong-nonce wrong-signer", ErrorCode::SignerUnknown);
    row("foreign-key http-500", ErrorCode::HttpStatus);
}

void TestLabFaults::areToldByTheEngine()
{
    QFETCH(const QStringList, faults);
    QFETCH(const ErrorCode, expected);
    LabBench bench;
    bench.changeServer([](Scep::EnrollmentServer &server) { server.transport.timeout = 1s; });
    bench.setFaults(faults);
    QVERIFY(bench.enrollUntil(State::Retrying));
    QCOMPARE(bench.errorCode(), std::optional(expected));
    QVERIFY(bench.issued.isEmpty());
    QVERIFY(bench.journal.issued.isEmpty());
    QCOMPARE(bench.journal.open.size(), 1); // the key is not lost
    const auto id = bench.journal.open.value(LabBench::requestId).id;
    // The fault ends: the same transaction gets its one certificate.
    bench.setFaults({});
    bench.pass(120s);
    QVERIFY(bench.waitFor(State::Done));
    QCOMPARE(bench.issued.size(), 1);
    QCOMPARE(bench.issued.first().certificate.publicKey(), TestSupport::rsaKey("plc-7").publicKey());
    QCOMPARE(bench.issued.first().transactionId, id.toText());
    const auto enrollments = must(bench.folder.depot.enrollments());
    QCOMPARE(enrollments.size(), 1);
    QCOMPARE(enrollments.first().certificate, bench.issued.first().certificate);
}

void TestLabFaults::areSurvivedByTheEngine_data()
{
    QTest::addColumn<QString>("fault");
    QTest::newRow("no-signer-certificate") << "no-signer-certificate";
    QTest::newRow("extra-certificates") << "extra-certificates";
    QTest::newRow("stall=1") << "stall=1";
    QTest::newRow("slow-drip=1") << "slow-drip=1";
}

void TestLabFaults::areSurvivedByTheEngine()
{
    QFETCH(const QString, fault);
    LabBench bench;
    bench.setFaults({fault});
    QVERIFY(bench.enrollUntil(State::Done));
    QCOMPARE(bench.issued.size(), 1);
    // Nothing of a stranger gets into the chain.
    QCOMPARE(bench.issued.first().issuers.first(), bench.folder.depot.issuing());
    for (const Pki::Certificate &issuer : bench.issued.first().issuers)
        QVERIFY(issuer == bench.folder.depot.issuing() || issuer == bench.folder.depot.root());
}

void TestLabFaults::pendingForEverHasAnEnd()
{
    LabBench bench;
    bench.changeServer([](Scep::EnrollmentServer &server) { server.polling = {60s, 1.0, 60s, 600s}; });
    bench.setFaults({"pending-for-ever"});
    QVERIFY(bench.enrollUntil(State::Pending));
    bench.pass(900s);
    QCOMPARE(bench.status().state, State::Rejected);
    QCOMPARE(bench.errorCode(), std::optional(ErrorCode::PollingEnded));
    QVERIFY(bench.issued.isEmpty());
    const int polls = bench.logged("PKIOperation CertPoll");
    QVERIFY2(polls >= 5 && polls <= 11, qPrintable(QString::number(polls)));
    bench.pass(900s);
    QCOMPARE(bench.logged("PKIOperation CertPoll"), polls);

    LabBench mended;
    mended.setFaults({"pending-for-ever"});
    QVERIFY(mended.enrollUntil(State::Pending));
    mended.setFaults({});
    mended.engine->attemptNow(LabBench::requestId);
    QVERIFY(mended.waitFor(State::Done));
}

void TestLabFaults::badAlgIsARejection()
{
    LabBench bench;
    bench.setFaults({"bad-alg"});
    QVERIFY(bench.enrollUntil(State::Rejected));
    QCOMPARE(bench.errorCode(), std::optional(ErrorCode::Rejected));
    QCOMPARE(bench.status().rejection->failInfo(), std::optional(Scep::FailInfo::BadAlg));
    QVERIFY(bench.issued.isEmpty());
    bench.setFaults({});
    bench.journal.challenges.insert(LabBench::requestId, LabBench::challenge);
    bench.engine->enroll(LabBench::requestId);
    QVERIFY(bench.waitFor(State::Done));
}

void TestLabFaults::duplicatesAreNoticed()
{
    LabBench bench({}, Mode::Approve);
    QVERIFY(bench.enrollUntil(State::Pending));
    bench.setFaults({"duplicate-reply"});
    bench.engine->attemptNow(LabBench::requestId); // there is no former answer yet: this one is honest
    QTRY_COMPARE(bench.logged("PKIOperation CertPoll"), 1);
    QVERIFY(bench.settle());
    QCOMPARE(bench.status().state, State::Pending);
    QVERIFY(bench.folder.depot.approve(must(bench.folder.depot.enrollments()).first().transactionId));
    bench.engine->attemptNow(LabBench::requestId);
    QVERIFY(bench.waitFor(State::Retrying));
    QCOMPARE(bench.errorCode(), std::optional(ErrorCode::NonceMismatch));
    QVERIFY(bench.issued.isEmpty());
    bench.setFaults({});
    bench.engine->attemptNow(LabBench::requestId);
    QVERIFY(bench.waitFor(State::Done));
}

void TestLabFaults::strikeOtherOperationsToo_data()
{
    QTest::addColumn<QString>("fault");
    QTest::addColumn<bool>("isFatal"); // for an enrollment, while it lasts
    QTest::newRow("no capabilities") << "http-500@GetCACaps" << false;
    QTest::newRow("a page instead of capabilities") << "html@GetCACaps" << false;
    QTest::newRow("no CA certificates") << "http-500@GetCACert" << true;
    QTest::newRow("a page instead of CA certificates") << "html@GetCACert" << true;
    QTest::newRow("half of the CA certificates") << "truncate@GetCACert" << true;
    QTest::newRow("too many bytes") << "big-body@GetCACert" << true;
}

void TestLabFaults::strikeOtherOperationsToo()
{
    QFETCH(const QString, fault);
    QFETCH(const bool, isFatal);
    LabBench bench;
    bench.setFaults({fault});
    bench.start();
    bench.engine->enroll(LabBench::requestId);
    if (isFatal) {
        QTRY_VERIFY(bench.status().error.has_value());
        QVERIFY(bench.settle());
        QVERIFY(bench.journal.open.isEmpty());
        QCOMPARE(bench.logged("PKIOperation PKCSReq"), 0);
        bench.setFaults({});
        bench.pass(3600s, 60s);
    }
    QVERIFY(bench.waitFor(State::Done));
    QCOMPARE(bench.issued.size(), 1);
}

void TestLabFaults::aShareIsOnlyDelay()
{
    // Several faults at once, of half of the answers: sooner or later everybody has exactly one certificate.
    LabBench bench;
    bench.setFaults({"drop:30%", "wrong-nonce:20%", "html:10%"});
    for (int i = 0; i < 8; ++i) {
        Scep::EnrollmentRequest request = bench.journal.requestTable.value(LabBench::requestId);
        request.id = Scep::RequestId(100 + i);
        request.label = QString("share-%1").arg(i);
        request.subject = must(Pki::DistinguishedName::fromText(QString("CN=share-%1").arg(i)));
        bench.journal.requestTable.insert(request.id, request);
        bench.journal.keys.insert(request.id, TestSupport::rsaKey(request.label));
        bench.journal.challenges.insert(request.id, LabBench::challenge);
    }
    bench.start();
    for (int i = 0; i < 8; ++i)
        bench.engine->enroll(Scep::RequestId(100 + i));
    for (int round = 0; round < 60 && bench.issued.size() < 8; ++round)
        bench.pass(120s, 60s);
    QCOMPARE(bench.issued.size(), 8);
    QCOMPARE(must(bench.folder.depot.enrollments()).size(), 8);
    QVERIFY(std::ranges::any_of(bench.log, [](const QString &line) { return line.contains("[fault:"); }));
}

QTEST_GUILESS_MAIN(TestLabFaults)
#include "tst_labfaults.moc"
