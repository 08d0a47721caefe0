// SPDX-License-Identifier: GPL-3.0-or-later

// The service with a device that keeps its key, and with a request that is disabled, against a Lab CA on a real socket.

#include "models/items/requestmodel.h"
#include "models/service/service.h"
#include "scep/labca/authority.h"
#include "scep/labca/httpface.h"
#include "tests/support/testca.h"

#include <QNetworkAccessManager>
#include <QTemporaryDir>
#include <QTest>

using namespace Models;
using TestSupport::must;
using TestSupport::rsaKey;
using State = Scep::TransactionStatus::State;

namespace {

QDateTime systemTime()
{
    return QDateTime::currentDateTimeUtc();
}

} // namespace

class TestServiceDevices : public QObject
{
    Q_OBJECT

    QTemporaryDir m_folder;
    std::optional<LabCa::Depot> m_depot;
    std::unique_ptr<LabCa::Authority> m_authority;
    std::unique_ptr<LabCa::HttpFace> m_face;
    std::unique_ptr<Service> m_service;
    Scep::ServerId m_server;

    template <typename T>
    static T wait(QFuture<T> future)
    {
        if (!QTest::qWaitFor([&] { return future.isFinished(); }, 60000))
            qFatal("the future does not end");
        return future.result();
    }
    Scep::EnrollmentRequest request(const QString &label) const
    {
        Scep::EnrollmentRequest request;
        request.label = label;
        request.server = m_server;
        request.subject = must(Pki::DistinguishedName::fromText("CN=" + label));
        return request;
    }
    static Pki::CertificationRequest csrOf(const Scep::EnrollmentRequest &request, const char *key)
    {
        return must(Scep::createCertificationRequest(request, {}, rsaKey(key, 2048), Pki::Digest::Sha256));
    }
    Scep::RequestId submit(const Scep::EnrollmentRequest &request, const Pki::CertificationRequest &csr)
    {
        return must(wait(m_service->submit({.request = request, .key = {}, .csr = csr}, nullptr)));
    }
    RequestRecord record(Scep::RequestId id) const
    {
        const RequestRecord *found = m_service->requests()->record(id);
        return found ? *found : RequestRecord();
    }
    RequestActions actions(Scep::RequestId id) const { return requestStatus(record(id), systemTime()).actions; }

private slots:
    void initTestCase()
    {
        m_depot = must(LabCa::Depot::openOrCreate(m_folder.filePath("ca")));
        LabCa::Policy policy;
        policy.mode = LabCa::Mode::Auto;
        policy.renewal.afterPercent = 0;
        m_authority = std::make_unique<LabCa::Authority>(*m_depot, std::move(policy), systemTime);
        m_face = std::make_unique<LabCa::HttpFace>(*m_authority);
        must(m_face->listen());
        Service::Configuration configuration;
        configuration.workspace = m_folder.filePath("workspace");
        configuration.makeNetwork = [](QObject *parent) { return new QNetworkAccessManager(parent); };
        configuration.makeClock = [] { return std::make_unique<Scep::SystemClock>(); };
        configuration.now = systemTime;
        configuration.spareKeyCount = 0;
        m_service = std::make_unique<Service>(std::move(configuration));
        QVERIFY(wait(m_service->open()));
        Scep::EnrollmentServer server;
        server.label = "lab";
        server.url = m_face->url();
        server.anchor.fingerprint = m_depot->root().fingerprint();
        m_server = must(wait(m_service->addServer(server)));
    }
    void cleanupTestCase() { m_service.reset(); }

    void theNextCsrIsGiven()
    {
        const Scep::EnrollmentRequest press = request("press");
        const Scep::RequestId id = submit(press, csrOf(press, "device 1"));
        QTRY_COMPARE_WITH_TIMEOUT(record(id).transaction.state, State::Done, 30000);
        QTRY_VERIFY(record(id).isKeyWithDevice);
        QVERIFY(actions(id).testFlag(RequestAction::UseCsr));
        QVERIFY(!actions(id).testFlag(RequestAction::Renew) && !actions(id).testFlag(RequestAction::Enroll));

        // Asked for all the same: it says what is missing, and forgets that once it is there.
        QVERIFY(wait(m_service->renew(id)));
        QTRY_COMPARE(record(id).transaction.state, State::Rejected);
        QCOMPARE(record(id).transaction.error->code, ErrorCode::DeviceCsrNeeded);
        QCOMPARE(wait(m_service->useRequestCsr(id, csrOf(press, "device 2"), rsaKey("device 1", 2048))).error().code,
                 ErrorCode::KeyMismatch);
        QVERIFY(wait(m_service->useRequestCsr(id, csrOf(press, "device 2"))));
        QTRY_COMPARE(record(id).transaction.state, State::None);
        QVERIFY(record(id).hasProvidedCsr);
        QVERIFY(actions(id).testFlag(RequestAction::Renew));
        QVERIFY(wait(m_service->renew(id)));
        QTRY_COMPARE_WITH_TIMEOUT(record(id).certificateCount, 2, 30000);
        QTRY_VERIFY(record(id).current->certificate.publicKey() == rsaKey("device 2", 2048).publicKey());
        QVERIFY(!record(id).hasProvidedCsr);

        // With its key here nobody waits for the device any more.
        QVERIFY(wait(m_service->useRequestCsr(id, {}, rsaKey("device 2", 2048))));
        QVERIFY(wait(m_service->renew(id)));
        QTRY_COMPARE_WITH_TIMEOUT(record(id).certificateCount, 3, 30000);
        QTRY_VERIFY(!record(id).isKeyWithDevice);
    }

    void aDisabledRequestWaits()
    {
        Scep::EnrollmentRequest idle = request("idle");
        const Scep::RequestId id = submit(idle, csrOf(idle, "idle"));
        QTRY_COMPARE_WITH_TIMEOUT(record(id).transaction.state, State::Done, 30000);
        idle = record(id).request;
        idle.isEnabled = false;
        QVERIFY(wait(m_service->updateRequest({.request = idle, .extras = {}, .delivery = {}})));
        QVERIFY(!record(id).request.isEnabled);
        QVERIFY(requestStatus(record(id), systemTime()).nextAction.startsWith("disabled"));
        // Another subject means a new enrollment: not before it is enabled.
        idle.subject = must(Pki::DistinguishedName::fromText("CN=other"));
        QVERIFY(wait(m_service->updateRequest({.request = idle, .extras = {}, .delivery = {}})));
        QTRY_COMPARE(record(id).transaction.state, State::Queued);
        QVERIFY(wait(m_service->updateRequest({.request = idle, .extras = {}, .delivery = {}})));
        QCOMPARE(record(id).transaction.state, State::Queued);
        idle.isEnabled = true;
        QVERIFY(wait(m_service->updateRequest({.request = idle, .extras = {}, .delivery = {}})));
        QTRY_COMPARE(record(id).transaction.state, State::Rejected); // it began: only the device has the key
        QCOMPARE(record(id).transaction.error->code, ErrorCode::DeviceCsrNeeded);
        QVERIFY(wait(m_service->useRequestCsr(id, csrOf(idle, "other"))));
        QVERIFY(wait(m_service->enroll(id, nullptr)));
        QTRY_COMPARE_WITH_TIMEOUT(record(id).certificateCount, 2, 30000);
        QCOMPARE(record(id).current->certificate.subject().commonName(), "other");
    }
};

QTEST_GUILESS_MAIN(TestServiceDevices)
#include "tst_service_devices.moc"
