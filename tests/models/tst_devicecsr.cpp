// SPDX-License-Identifier: GPL-3.0-or-later

// The CSR that a device makes for each of its certificates, as the store keeps it and as the status tells of it; and what people write
// beside a certificate.

#include "models/service/devicecsr.h"
#include "models/service/requeststatus.h"
#include "tests/models/storefixture.h"

#include <QSignalSpy>
#include <QTest>

using namespace Models;
using TestSupport::must;
using TestSupport::rsaKey;
using State = Scep::TransactionStatus::State;

class TestDeviceCsr : public QObject
{
    Q_OBJECT

    std::unique_ptr<Fixtures::OpenStore> m;
    Scep::ServerId m_server;
    Scep::RequestId m_request;

    RequestRecord record() { return must(m->store->requestRecord(m_request)); }
    RequestStatus status() { return requestStatus(record(), Fixtures::now); }
    Pki::CertificationRequest csrOf(const char *key, const QString &commonName = "plc-7")
    {
        Scep::EnrollmentRequest request = Fixtures::request("plc-7", m_server);
        request.subject = must(Pki::DistinguishedName::fromText("CN=" + commonName));
        return must(Scep::createCertificationRequest(request, {}, rsaKey(key), Pki::Digest::Sha256));
    }
    /// A certificate whose key the device has.
    void issueToDevice()
    {
        Scep::Transaction sent = Fixtures::transaction(m_request, m_server, m->ca);
        const Scep::IssuedCertificate issued = Fixtures::issued(sent, m->ca);
        sent.key = {};
        Scep::IssuedCertificate keyless = issued;
        keyless.key = {};
        m->mustDo(m->store->begin(sent));
        m->mustDo(m->store->complete(sent, keyless));
    }

private slots:
    void init()
    {
        m = std::make_unique<Fixtures::OpenStore>("pass");
        m_server = m->addServer();
        m_request = m->addRequest(m_server);
        Scep::EnrollmentRequest enabled = record().request;
        enabled.isEnabled = true;
        m->mustDo(m->store->updateRequest(enabled));
    }
    void cleanup() { m.reset(); }

    void theRecordTellsWhatIsStored()
    {
        QVERIFY(record().hasChallenge && !record().hasProvidedCsr && !record().hasProvidedKey && !record().isKeyWithDevice);
        must(useCsr(*m->store, m_request, csrOf("device"), {}));
        QVERIFY(record().hasProvidedCsr && !record().hasProvidedKey);
        must(useCsr(*m->store, m_request, {}, rsaKey("device")));
        QVERIFY(!record().hasProvidedCsr && record().hasProvidedKey);
        m->mustDo(m->store->setChallenge(m_request, {}));
        QVERIFY(!record().hasChallenge);
        m->reopen();
        QVERIFY(record().hasProvidedKey && !record().hasChallenge);
        QVERIFY(must(m->store->providedKey(m_request)).publicKey() == rsaKey("device").publicKey());
    }

    void actionsAreThoseThatCanWork()
    {
        using enum RequestAction;
        QVERIFY(status().actions.testFlag(Enroll) && status().actions.testFlag(UseCsr));
        issueToDevice();
        QVERIFY(record().isKeyWithDevice && record().needsDeviceCsr());
        QVERIFY(!status().actions.testFlag(Enroll) && !status().actions.testFlag(Renew) && status().actions.testFlag(UseCsr));
        QVERIFY2(status().nextAction.contains("request of the device"), qPrintable(status().nextAction));
        must(useCsr(*m->store, m_request, csrOf("device"), {}));
        QVERIFY(status().actions.testFlag(Enroll) && status().actions.testFlag(Renew));
        QVERIFY(!status().nextAction.contains("request of the device"));
        // One whose key is here needs nothing.
        m->issue(m_request, m_server, "ABCDEF02");
        QVERIFY(!record().isKeyWithDevice);
        QVERIFY(status().actions.testFlag(Renew));
    }

    void theNamesAreThoseOfTheCsr()
    {
        const Scep::EnrollmentRequest changed = must(useCsr(*m->store, m_request, csrOf("device", "other"), {}));
        QCOMPARE(changed.subject.commonName(), "other");
        QCOMPARE(record().request, changed);
        const Scep::EnrollmentRequest withKey = must(useCsr(*m->store, m_request, {}, rsaKey("device")));
        QCOMPARE(withKey.subject.commonName(), "other");
        QCOMPARE(withKey.keySpec, rsaKey("device").spec());
    }

    void itIsForgottenThatOneWasMissing()
    {
        issueToDevice();
        Scep::TransactionStatus refused;
        refused.request = m_request;
        refused.state = State::Rejected;
        refused.error = Error{ErrorCode::DeviceCsrNeeded, {}};
        m->mustDo(m->store->recordStatus(refused));
        QVERIFY(must(m->store->currentCertificates()).first().waitsForPerson);
        must(useCsr(*m->store, m_request, csrOf("device"), {}));
        QCOMPARE(record().transaction.state, State::None);
        QVERIFY(!must(m->store->currentCertificates()).first().waitsForPerson); // it is renewed by itself again
        // A refusal of the server is another thing.
        refused.error = Error{ErrorCode::Rejected, {}};
        m->mustDo(m->store->recordStatus(refused));
        must(useCsr(*m->store, m_request, csrOf("device"), {}));
        QCOMPARE(record().transaction.state, State::Rejected);
    }

    void whatIsRefused()
    {
        QCOMPARE(useCsr(*m->store, m_request, {}, {}).error().code, ErrorCode::InvalidArgument);
        QCOMPARE(useCsr(*m->store, m_request, csrOf("device"), rsaKey("another")).error().code, ErrorCode::KeyMismatch);
        m->mustDo(m->store->begin(Fixtures::transaction(m_request, m_server, m->ca)));
        const auto open = useCsr(*m->store, m_request, csrOf("device"), {});
        QCOMPARE(open.error().code, ErrorCode::NotPossibleNow);
        QVERIFY(!record().hasProvidedCsr);
        QVERIFY(!status().actions.testFlag(RequestAction::UseCsr));
        QCOMPARE(useCsr(*m->store, {4711}, csrOf("device"), {}).error().code, ErrorCode::InvalidArgument);
    }

    void disabledIsTold()
    {
        Scep::EnrollmentRequest request = record().request;
        QVERIFY(request.isEnabled);
        request.isEnabled = false;
        m->mustDo(m->store->updateRequest(request));
        m->reopen();
        QVERIFY(!record().request.isEnabled);
        QVERIFY(status().nextAction.startsWith("disabled"));
        QVERIFY(status().actions.testFlag(RequestAction::Enroll)); // a person may
        m->issue(m_request, m_server);
        QVERIFY(status().nextAction.startsWith("disabled"));
        request.isEnabled = true;
        m->mustDo(m->store->updateRequest(request));
        QVERIFY(!status().nextAction.startsWith("disabled"));
    }

    void extrasOfACertificate()
    {
        const Scep::CertificateId id = m->issue(m_request, m_server);
        QCOMPARE(must(m->store->certificateExtras(id)), Extras());
        const Scep::IssuedCertificate before = must(m->store->certificates(m_request)).first();
        QSignalSpy changed(m->store.get(), &Store::requestChanged);
        m->mustDo(m->store->setCertificateExtras(id, {"in rack 4", {"spare"}}));
        QCOMPARE(changed.size(), 1);
        m->reopen();
        QCOMPARE(must(m->store->certificateExtras(id)), (Extras{"in rack 4", {"spare"}}));
        const Scep::IssuedCertificate after = must(m->store->certificates(m_request)).first();
        QCOMPARE(after.differences, before.differences); // which stand in the same column
        QCOMPARE(after.notes, before.notes);
        m->mustDo(m->store->setCertificateExtras(id, {}));
        QCOMPARE(must(m->store->certificateExtras(id)), Extras());
        QCOMPARE(m->store->certificateExtras({4711}).error().code, ErrorCode::InvalidArgument);
        QCOMPARE(m->store->setCertificateExtras({4711}, {}).error().code, ErrorCode::InvalidArgument);
    }

    void aCaCertificateGetsAnotherName()
    {
        m->confirm(m_server, Fixtures::roles(m->ca));
        const CaStoreRecord first = must(m->store->caStoreRecords()).first();
        const CaStoreRecord second = must(m->store->caStoreRecords()).at(1);
        QCOMPARE(m->store->renameCaCertificate(first.id, " ").error().code, ErrorCode::InvalidArgument);
        QCOMPARE(m->store->renameCaCertificate(first.id, second.name).error().code, ErrorCode::InvalidArgument);
        QCOMPARE(m->store->renameCaCertificate(4711, "x").error().code, ErrorCode::InvalidArgument);
        QSignalSpy changed(m->store.get(), &Store::caStoreChanged);
        m->mustDo(m->store->renameCaCertificate(second.id, " our issuing CA "));
        QCOMPARE(changed.size(), 1);
        QCOMPARE(must(m->store->caStoreRecords()).at(1).name, "our issuing CA");
        // The server's next look leaves it.
        m->confirm(m_server, Fixtures::roles(m->ca));
        QCOMPARE(must(m->store->caStoreRecords()).at(1).name, "our issuing CA");
    }
};

QTEST_GUILESS_MAIN(TestDeviceCsr)
#include "tst_devicecsr.moc"
