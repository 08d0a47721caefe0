// SPDX-License-Identifier: GPL-3.0-or-later
// Devices that keep their key and make each CSR themselves, and requests that are disabled: nothing of them begins by itself.
#include "scep/worker/renewalplan.h"
#include "tests/worker/enginebench.h"

#include <QTest>

using namespace Scep;
using namespace TestSupport;
using namespace std::chrono_literals;
using State = TransactionStatus::State;

namespace {

class DeviceBench : public EngineBench
{
public:
    DeviceBench()
    {
        journal.enrollsByItself = true;
        journal.requestTable[requestId].keySpec.bits = 1024;
    }
    /// What the device makes with one of its keys.
    [[nodiscard]] Pki::CertificationRequest csrOf(const char *key) const
    {
        return must(createCertificationRequest(journal.requestTable.value(requestId), {}, rsaKey(key), Pki::Digest::Sha256));
    }
    /// Enrolled with a CSR that the device made. False if that did not go well.
    bool enrolDevice()
    {
        journal.keys.remove(requestId);
        journal.requestsOfDevices.insert(requestId, csrOf("device"));
        return enrolled() && former.key.isNull();
    }
    bool enrolled()
    {
        if (!enrollUntil(State::Done))
            return false;
        settle();
        former = journal.current.value(requestId);
        ca.received.clear();
        return true;
    }
    void change(const std::function<void(EnrollmentRequest &)> &change)
    {
        change(journal.requestTable[requestId]);
        engine->setRequest(journal.requestTable.value(requestId));
    }
    [[nodiscard]] QDateTime renewalTime() const
    {
        const Pki::Certificate &certificate = former.certificate;
        const QDateTime threshold = journal.requestTable[requestId].renewal.dueAt(certificate.notBefore(), certificate.notAfter());
        return spreadRenewal(requestId, threshold, certificate.notAfter());
    }

    IssuedCertificate former;
};

} // namespace

class TestEngineDevices : public QObject
{
    Q_OBJECT

private slots:
    void withoutACsrItSaysWhatIsNeeded_data()
    {
        QTest::addColumn<QString>("what");
        QTest::newRow("enroll") << "enroll";
        QTest::newRow("renew") << "renew";
        QTest::newRow("by itself") << "itself";
    }
    void withoutACsrItSaysWhatIsNeeded()
    {
        QFETCH(QString, what);
        DeviceBench bench;
        QVERIFY(bench.enrolDevice());
        if (what == "enroll")
            bench.engine->enroll(EngineBench::requestId);
        else if (what == "renew")
            bench.engine->renew(EngineBench::requestId);
        else
            bench.clock.setNow(bench.renewalTime().addSecs(1));
        QVERIFY(bench.waitFor(State::Rejected));
        QCOMPARE(bench.errorCode(), Pki::ErrorCode::DeviceCsrNeeded);
        bench.settle();
        QVERIFY(bench.ca.received.isEmpty());
        QCOMPARE(bench.journal.current.value(EngineBench::requestId).certificate, bench.former.certificate);
    }

    void theNextCsrTakesTheCertificatesPlace_data() { withoutACsrItSaysWhatIsNeeded_data(); }
    void theNextCsrTakesTheCertificatesPlace()
    {
        QFETCH(QString, what);
        DeviceBench bench;
        QVERIFY(bench.enrolDevice());
        for (const char *key : {"another", "device"}) { // as often as the device likes
            const Pki::CertificationRequest csr = bench.csrOf(key);
            bench.journal.requestsOfDevices.insert(EngineBench::requestId, csr);
            const qsizetype before = bench.journal.issued.size();
            if (what == "enroll")
                bench.engine->enroll(EngineBench::requestId);
            else if (what == "renew")
                bench.engine->renew(EngineBench::requestId);
            else
                bench.clock.setNow(bench.renewalTime().addSecs(1));
            QTRY_COMPARE(bench.journal.issued.size(), before + 1);
            bench.settle();
            QCOMPARE(bench.ca.received.last().type, MessageType::PkcsReq);
            QCOMPARE(bench.ca.received.last().payload, csr.der());
            QVERIFY(bench.ca.received.last().signer != bench.former.certificate); // whose key is with the device
            bench.former = bench.journal.current.value(EngineBench::requestId);
            QVERIFY(bench.former.certificate.publicKey() == csr.publicKey());
            QVERIFY(bench.former.key.isNull());
            bench.clock.advance(24h);
        }
    }

    void theDevicesKeyLetsItBeRenewedHere()
    {
        DeviceBench bench;
        QVERIFY(bench.enrolDevice());
        bench.journal.keys.insert(EngineBench::requestId, rsaKey("device"));
        bench.clock.advance(24h);
        bench.engine->renew(EngineBench::requestId);
        QTRY_COMPARE(bench.journal.issued.size(), 2);
        bench.settle();
        QVERIFY(bench.ca.received.last().signer == bench.former.certificate);
        const IssuedCertificate current = bench.journal.current.value(EngineBench::requestId);
        QVERIFY(Pki::belongTogether(current.key, current.certificate));
        QVERIFY(current.certificate.publicKey() != bench.former.certificate.publicKey());
    }

    void aDisabledRequestDoesNotEnrollByItself()
    {
        DeviceBench bench;
        bench.journal.requestTable[EngineBench::requestId].isEnabled = false;
        bench.start();
        bench.settle();
        bench.pass(24h, 1h);
        QCOMPARE(bench.operations(), 0);
        QCOMPARE(bench.status().state, State::None);
        bench.change([](EnrollmentRequest &request) { request.isEnabled = true; });
        QVERIFY(bench.waitFor(State::Done));
    }

    void aDisabledRequestDoesNotRenewByItself_data()
    {
        QTest::addColumn<bool>("restarts");
        QTest::newRow("at once") << false;
        QTest::newRow("after a restart") << true;
    }
    void aDisabledRequestDoesNotRenewByItself()
    {
        QFETCH(bool, restarts);
        DeviceBench bench;
        QVERIFY(bench.enrolled());
        QVERIFY(bench.engine->renewalDueAt(EngineBench::requestId).isValid());
        bench.change([](EnrollmentRequest &request) { request.isEnabled = false; });
        if (restarts)
            bench.restart();
        QVERIFY(!bench.engine->renewalDueAt(EngineBench::requestId).isValid());
        bench.clock.setNow(bench.renewalTime().addDays(10));
        bench.settle();
        QVERIFY(bench.ca.received.isEmpty());
        bench.change([](EnrollmentRequest &request) { request.isEnabled = true; });
        QTRY_COMPARE(bench.journal.issued.size(), 2);
    }

    void whatWaitsToBeginByItselfIsDropped()
    {
        DeviceBench bench;
        for (const char *operation : {"GetCACaps", "GetCACert"})
            bench.network.answer(operation, ScriptedAnswer::failed(QNetworkReply::ConnectionRefusedError));
        bench.start();
        bench.settle();
        QVERIFY(bench.status().isOpen()); // its server is not reached
        bench.change([](EnrollmentRequest &request) { request.isEnabled = false; });
        QCOMPARE(bench.status().state, State::None);
        bench.settle();
        bench.change([](EnrollmentRequest &request) { request.isEnabled = true; });
        bench.settle();
        QVERIFY(bench.status().isOpen());
    }

    void whatAPersonAsksForIsDone_data()
    {
        QTest::addColumn<bool>("renews");
        QTest::newRow("enroll") << false;
        QTest::newRow("renew") << true;
    }
    void whatAPersonAsksForIsDone()
    {
        QFETCH(bool, renews);
        DeviceBench bench;
        if (renews)
            QVERIFY(bench.enrolled());
        else
            bench.journal.requestTable[EngineBench::requestId].isEnabled = false;
        if (renews)
            bench.change([](EnrollmentRequest &request) { request.isEnabled = false; });
        else
            bench.start();
        bench.settle();
        bench.clock.advance(24h);
        if (renews)
            bench.engine->renew(EngineBench::requestId);
        else
            bench.engine->enroll(EngineBench::requestId);
        QTRY_COMPARE(bench.journal.issued.size(), renews ? 2 : 1);
    }

    void anOpenTransactionGoesOnToItsEnd()
    {
        DeviceBench bench;
        bench.ca.standing = [&](const ReceivedRequest &request) { return bench.ca.pending(request); };
        QVERIFY(bench.enrollUntil(State::Pending));
        bench.change([](EnrollmentRequest &request) { request.isEnabled = false; });
        QCOMPARE(bench.status().state, State::Pending);
        bench.restart();
        bench.ca.standing = [&](const ReceivedRequest &request) { return bench.ca.issue(request); };
        bench.pass(2h);
        QVERIFY(bench.waitFor(State::Done));
    }

    void anotherSubjectOfADisabledRequestWaitsToo()
    {
        DeviceBench bench;
        QVERIFY(bench.enrolled());
        bench.change([](EnrollmentRequest &request) {
            request.isEnabled = false;
            request.subject = must(Pki::DistinguishedName::fromText("CN=other"));
        });
        bench.settle();
        QVERIFY(bench.ca.received.isEmpty());
        bench.change([](EnrollmentRequest &request) { request.isEnabled = true; });
        QTRY_COMPARE(bench.journal.issued.size(), 2);
        QCOMPARE(bench.journal.current.value(EngineBench::requestId).certificate.subject().commonName(), "other");
    }
};

QTEST_GUILESS_MAIN(TestEngineDevices)
#include "tst_engine_devices.moc"
