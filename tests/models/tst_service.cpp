// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/service/service.h"

#include "models/items/castoremodel.h"
#include "models/items/certificatemodel.h"
#include "models/items/requestmodel.h"
#include "models/items/servermodel.h"
#include "scep/files/durablefile.h"
#include "scep/labca/authority.h"
#include "scep/labca/httpface.h"
#include "tests/support/testca.h"

#include <QAbstractItemModelTester>
#include <QNetworkAccessManager>
#include <QSignalSpy>
#include <QTcpServer>
#include <QTemporaryDir>
#include <QTest>

using namespace Models;
using TestSupport::must;

namespace {

std::shared_ptr<Pki::SecretBytes> secret(const char *text)
{
    return std::make_shared<Pki::SecretBytes>(QByteArrayView(text));
}

QDateTime systemTime()
{
    return QDateTime::currentDateTimeUtc();
}

} // namespace

/// The whole stack below the window: service, worker thread, store and engine against a Lab CA on a real socket.
class TestService : public QObject
{
    Q_OBJECT

    QTemporaryDir m_caFolder;
    std::optional<LabCa::Depot> m_depot;
    std::unique_ptr<LabCa::Authority> m_authority;
    std::unique_ptr<LabCa::HttpFace> m_face;
    std::unique_ptr<QTemporaryDir> m_workspace;
    std::unique_ptr<Service> m_service;

    void serve(LabCa::Mode mode)
    {
        m_face.reset();
        LabCa::Policy policy;
        policy.mode = mode;
        policy.challenge = Pki::SecretBytes{QByteArrayView("open sesame")};
        m_authority = std::make_unique<LabCa::Authority>(*m_depot, std::move(policy), systemTime);
        m_face = std::make_unique<LabCa::HttpFace>(*m_authority);
        must(m_face->listen());
    }
    void makeService(std::shared_ptr<Pki::SecretBytes> passphrase = nullptr)
    {
        m_service.reset();
        Service::Configuration configuration;
        configuration.workspace = m_workspace->filePath("workspace");
        configuration.makeNetwork = [](QObject *parent) { return new QNetworkAccessManager(parent); };
        configuration.makeClock = [] { return std::make_unique<Scep::SystemClock>(); };
        configuration.now = systemTime;
        configuration.passphrase = std::move(passphrase);
        configuration.spareKeyCount = 0;
        m_service = std::make_unique<Service>(std::move(configuration));
        new QAbstractItemModelTester(m_service->servers(), QAbstractItemModelTester::FailureReportingMode::QtTest, m_service.get());
        new QAbstractItemModelTester(m_service->requests(), QAbstractItemModelTester::FailureReportingMode::QtTest, m_service.get());
        new QAbstractItemModelTester(m_service->caStore(), QAbstractItemModelTester::FailureReportingMode::QtTest, m_service.get());
    }
    /// Lets the event loop run until the future has ended.
    template <typename T>
    static T wait(QFuture<T> future)
    {
        if (!QTest::qWaitFor([&] { return future.isFinished(); }, 60000))
            qFatal("the future does not end");
        if (future.isCanceled())
            qFatal("the future was canceled");
        return future.result();
    }
    Scep::EnrollmentServer labServer() const
    {
        Scep::EnrollmentServer server;
        server.label = "lab";
        server.url = m_face->url();
        server.anchor.fingerprint = m_depot->root().fingerprint();
        return server;
    }
    static Scep::EnrollmentRequest plc(Scep::ServerId server, const QString &label = "plc-7")
    {
        Scep::EnrollmentRequest request;
        request.label = label;
        request.server = server;
        request.subject = must(Pki::DistinguishedName::fromText("O=Lab, CN=" + label));
        request.subjectAlternativeNames = must(Pki::subjectAlternativeNamesFromText("DNS:plc-7.lab.example"));
        request.keySpec.bits = 2048;
        return request;
    }
    Scep::TransactionStatus::State stateOf(Scep::RequestId id) const
    {
        const RequestRecord *record = m_service->requests()->record(id);
        return record ? record->transaction.state : Scep::TransactionStatus::State::None;
    }
    Scep::RequestId submit(Scep::ServerId server, const char *challenge, const QString &label = "plc-7")
    {
        const PreparedRequest prepared = must(wait(m_service->prepare(plc(server, label), secret(challenge))));
        return must(wait(m_service->submit(prepared, secret(challenge))));
    }

private slots:
    void initTestCase()
    {
        m_depot = must(LabCa::Depot::openOrCreate(m_caFolder.path()));
        serve(LabCa::Mode::Auto);
    }
    void init()
    {
        m_workspace = std::make_unique<QTemporaryDir>();
        makeService();
    }
    void cleanup()
    {
        m_service.reset();
        m_workspace.reset();
        if (QTest::currentTestFailed())
            return;
        serve(LabCa::Mode::Auto);
    }

    void nothingWorksBeforeOpen()
    {
        QCOMPARE(wait(m_service->addServer(labServer())).error().code, ErrorCode::StoreFailure);
        QVERIFY(wait(m_service->probe(m_face->url(), {}, {})).error.has_value());
        QCOMPARE(wait(m_service->prepare(plc({1}), nullptr)).error().code, ErrorCode::StoreFailure);
        QCOMPARE(wait(m_service->certificates({1})).error().code, ErrorCode::StoreFailure);
        QCOMPARE(wait(m_service->exportPkcs12({1}, "x", secret("y"), Pki::Pkcs12Style::Modern)).error().code, ErrorCode::StoreFailure);
        QCOMPARE(wait(m_service->renew({1})).error().code, ErrorCode::StoreFailure);
        QCOMPARE(wait(m_service->query({})).error->code, ErrorCode::StoreFailure);
        m_service->acceptCapabilities({1});
        m_service->refreshServer({1});
        m_service->attemptNow({1});
        m_service->cancel({1});
        QVERIFY(wait(m_service->open()));
        QVERIFY(wait(m_service->open())); // again: still open
    }

    void probesAServer()
    {
        QVERIFY(wait(m_service->open()));
        const Scep::ServerProbe probe = wait(m_service->probe(m_face->url(), {}, {}));
        QVERIFY(!probe.error);
        QVERIFY(probe.capabilities.has(Scep::Capabilities::Keyword::Aes));
        QCOMPARE(probe.toConfirm, m_depot->root());
        QVERIFY(probe.roles);
        QTcpServer closed;
        QVERIFY(closed.listen(QHostAddress::LocalHost));
        QUrl url("http://127.0.0.1/scep");
        url.setPort(closed.serverPort());
        closed.close();
        QCOMPARE(wait(m_service->probe(url, {}, {})).error->code, ErrorCode::ConnectionRefused);
    }

    void enrollsADevice()
    {
        QVERIFY(wait(m_service->open()));
        QSignalSpy activities(m_service.get(), &Service::activityChanged);
        const auto server = must(wait(m_service->addServer(labServer())));
        QCOMPARE(m_service->servers()->rowCount(), 1); // before the answer
        QTRY_COMPARE(m_service->servers()->record(server)->knowledge.trust, Scep::ServerKnowledge::Trust::Confirmed);
        QTRY_COMPARE(m_service->caStore()->rowCount(m_service->caStore()->index(0, 0)), 1);
        const QModelIndex root = m_service->caStore()->index(0, 0, m_service->caStore()->index(0, 0));
        QCOMPARE(root.data().toString(), QString("lab"));
        QCOMPARE(m_service->caStore()->record(root)->certificate, m_depot->root());
        QCOMPARE(m_service->caStore()->rowCount(root), 1);

        const PreparedRequest prepared = must(wait(m_service->prepare(plc(server), secret("open sesame"))));
        QVERIFY(prepared.csr.isSignatureValid());
        QCOMPARE(prepared.csr.publicKey(), prepared.key.publicKey());
        QVERIFY(prepared.csr.hasChallengePassword());
        QVERIFY(m_service->requests()->rowCount() == 0);

        QSignalSpy issued(m_service.get(), &Service::certificateIssued);
        const auto request = must(wait(m_service->submit(prepared, secret("open sesame"))));
        QVERIFY(m_service->requests()->record(request));
        QTRY_COMPARE(issued.size(), 1);
        const RequestRecord *record = m_service->requests()->record(request);
        QCOMPARE(record->transaction.state, Scep::TransactionStatus::State::Done);
        QVERIFY(record->current);
        QCOMPARE(record->current->certificate.publicKey(), prepared.key.publicKey());
        QCOMPARE(record->certificateCount, 1);
        QVERIFY(activities.size() > 0);

        // The bundle, read back.
        const auto certificates = must(wait(m_service->certificates(request)));
        QCOMPARE(certificates.size(), 1);
        const QString bundle = m_workspace->filePath("plc-7.p12");
        QCOMPARE(wait(m_service->exportPkcs12(certificates[0].id, bundle, secret(""), Pki::Pkcs12Style::Modern)).error().code,
                 ErrorCode::EmptyPassphrase);
        QVERIFY(wait(m_service->exportPkcs12(certificates[0].id, bundle, secret("bundle pass"), Pki::Pkcs12Style::Modern)));
        const auto contents = must(Pki::fromPkcs12(Files::readFile(bundle).value(), *secret("bundle pass")));
        QCOMPARE(contents.certificate, certificates[0].certificate);
        QVERIFY(Pki::belongTogether(contents.key, contents.certificate));
        QCOMPARE(contents.others.size(), 2);
        QCOMPARE(contents.friendlyName, QString("plc-7"));
        QCOMPARE(wait(m_service->exportPkcs12(certificates[0].id, "/nonexistent-folder/x.p12", secret("y"), Pki::Pkcs12Style::Modern))
                     .error()
                     .code,
                 ErrorCode::FileNotWritable);
        QCOMPARE(wait(m_service->exportPkcs12({99}, bundle, secret("y"), Pki::Pkcs12Style::Modern)).error().code,
                 ErrorCode::InvalidArgument);

        // PEM: with the key under a pass phrase, and without it.
        const QStringList withKey = must(wait(m_service->exportPem(certificates[0].id, m_workspace->filePath("pem"), secret("key pass"))));
        QCOMPARE(withKey.size(), 3);
        QVERIFY(Files::readFile(withKey[0]).value().startsWith("-----BEGIN ENCRYPTED PRIVATE KEY-----"));
        const QStringList withoutKey = must(wait(m_service->exportPem(certificates[0].id, m_workspace->filePath("public"), nullptr)));
        QCOMPARE(withoutKey.size(), 2);
        QVERIFY(!QFile::exists(m_workspace->filePath("public/plc-7.key.pem")));

        // Another process finds everything.
        makeService();
        QVERIFY(wait(m_service->open()));
        QTRY_COMPARE(m_service->requests()->rowCount(), 1);
        QCOMPARE(m_service->requests()->record(request)->current->certificate, certificates[0].certificate);
        QCOMPARE(m_service->servers()->rowCount(), 1);
        QCOMPARE(m_service->caStore()->rowCount(), 1);
    }

    void renewsADevice()
    {
        QVERIFY(wait(m_service->open()));
        const auto server = must(wait(m_service->addServer(labServer())));
        const auto request = submit(server, "open sesame");
        QTRY_COMPARE(stateOf(request), Scep::TransactionStatus::State::Done);
        const Pki::Certificate former = m_service->requests()->record(request)->current->certificate;
        QVERIFY(wait(m_service->renew(request, secret("open sesame"))));
        QTRY_COMPARE_WITH_TIMEOUT(m_service->requests()->record(request)->certificateCount, 2, 30000);
        const RequestRecord *record = m_service->requests()->record(request);
        QCOMPARE(record->transaction.state, Scep::TransactionStatus::State::Done);
        QVERIFY(record->transaction.isRenewal);
        QVERIFY(record->current->certificate != former);
        QVERIFY(record->current->certificate.publicKey() != former.publicKey());
        QVERIFY(m_service->servers()->record(server)->knowledge.renewalStep.has_value());
        // The new certificate asks for the old one.
        Scep::ServerQuery query;
        query.server = server;
        query.about = {former.issuer(), former.serialNumber()};
        const Scep::QueryResult answer = wait(m_service->query(query, request));
        QVERIFY2(!answer.error, answer.error ? qPrintable(answer.error->detail) : "");
        QCOMPARE(answer.certificates.first(), former);
        query.kind = Scep::ServerQuery::Kind::Crl;
        const Scep::QueryResult revoked = wait(m_service->query(query, request));
        QVERIFY2(!revoked.error, revoked.error ? qPrintable(revoked.error->detail) : "");
        QCOMPARE(revoked.crls.size(), 1);
    }

    /// An EC key cannot decrypt: without a challenge to encrypt the reply with, nothing is sent (RFC 8894 3.1).
    void anEcKeyNeedsAChallenge()
    {
        QVERIFY(wait(m_service->open()));
        const auto server = must(wait(m_service->addServer(labServer())));
        Scep::EnrollmentRequest request = plc(server, "ec-8");
        request.keySpec = {Pki::KeySpec::Algorithm::Ec, 256};
        const auto unsent = must(wait(m_service->submit(must(wait(m_service->prepare(request, nullptr))), nullptr)));
        QTRY_COMPARE(stateOf(unsent), Scep::TransactionStatus::State::Rejected);
        const auto error = m_service->requests()->record(unsent)->transaction.error;
        QCOMPARE(error.value().code, ErrorCode::UnsupportedAlgorithm);
        QVERIFY2(error->detail.contains("challenge"), qPrintable(error->detail));
    }

    /// An EC key cannot decrypt: the Lab CA encrypts its reply with the challenge (RFC 8894 3.1).
    void enrollsADeviceWithAnEcKey()
    {
        QVERIFY(wait(m_service->open()));
        const auto server = must(wait(m_service->addServer(labServer())));
        Scep::EnrollmentRequest request = plc(server, "ec-7");
        request.keySpec = {Pki::KeySpec::Algorithm::Ec, 256};
        const PreparedRequest prepared = must(wait(m_service->prepare(request, secret("open sesame"))));
        const auto id = must(wait(m_service->submit(prepared, secret("open sesame"))));
        QTRY_COMPARE(stateOf(id), Scep::TransactionStatus::State::Done);
        QCOMPARE(m_service->requests()->record(id)->current->certificate.publicKey(), prepared.key.publicKey());
        QVERIFY(!prepared.key.publicKey().isRsa());
    }

    void aWrongChallengeIsRejectedAndCanBeCorrected()
    {
        QVERIFY(wait(m_service->open()));
        const auto server = must(wait(m_service->addServer(labServer())));
        const auto request = submit(server, "wrong");
        QTRY_COMPARE(stateOf(request), Scep::TransactionStatus::State::Rejected);
        const auto status = m_service->requests()->record(request)->transaction;
        QVERIFY(status.rejection);
        QVERIFY(wait(m_service->enroll(request, secret("open sesame"))));
        QTRY_COMPARE(stateOf(request), Scep::TransactionStatus::State::Done);
        QVERIFY(m_service->requests()->record(request)->current);
    }

    void aPendingRequestSurvivesARestart()
    {
        serve(LabCa::Mode::Approve);
        QVERIFY(wait(m_service->open()));
        const auto server = must(wait(m_service->addServer(labServer())));
        const auto request = submit(server, "open sesame", "waiting");
        QTRY_COMPARE(stateOf(request), Scep::TransactionStatus::State::Pending);
        const QString transactionId = m_service->requests()->record(request)->transaction.transactionId;
        makeService();
        QVERIFY(wait(m_service->open()));
        QTRY_COMPARE(stateOf(request), Scep::TransactionStatus::State::Pending);
        QCOMPARE(m_service->requests()->record(request)->transaction.transactionId, transactionId);
        QVERIFY(m_depot->approve(must(Scep::TransactionId::fromText(transactionId))));
        m_service->attemptNow(request);
        QTRY_COMPARE(stateOf(request), Scep::TransactionStatus::State::Done);
        QCOMPARE(m_service->requests()->record(request)->current->transactionId, transactionId);
    }

    void cancelAndRemove()
    {
        serve(LabCa::Mode::Approve);
        QVERIFY(wait(m_service->open()));
        const auto server = must(wait(m_service->addServer(labServer())));
        const auto request = submit(server, "open sesame", "unwanted");
        QTRY_COMPARE(stateOf(request), Scep::TransactionStatus::State::Pending);
        QCOMPARE(wait(m_service->removeServer(server)).error().code, ErrorCode::NotPossibleNow);
        m_service->cancel(request);
        QTRY_COMPARE(stateOf(request), Scep::TransactionStatus::State::Cancelled);
        QVERIFY(wait(m_service->removeRequest(request)));
        QCOMPARE(m_service->requests()->rowCount(), 0);
        QVERIFY(wait(m_service->removeServer(server)));
        QCOMPARE(m_service->servers()->rowCount(), 0);
        QCOMPARE(m_service->caStore()->rowCount(), 0);
        QCOMPARE(wait(m_service->removeServer(server)).error().code, ErrorCode::InvalidArgument);
    }

    void aWrongFingerprintSendsNothing()
    {
        QVERIFY(wait(m_service->open()));
        QStringList operations;
        connect(m_face.get(), &LabCa::HttpFace::requestServed, this,
                [&](const LabCa::LogEntry &entry) { operations.append(entry.operation); });
        Scep::EnrollmentServer server = labServer();
        server.anchor.fingerprint = Pki::Fingerprint::of(Pki::Digest::Sha256, "another certificate");
        server.id = must(wait(m_service->addServer(server)));
        const auto request = submit(server.id, "open sesame");
        QTRY_VERIFY(m_service->requests()->record(request)->transaction.error);
        QVERIFY(!operations.isEmpty());
        QVERIFY(operations.filter("PKIOperation").isEmpty());
        // Corrected, it goes on by itself or on request.
        server.anchor.fingerprint = m_depot->root().fingerprint();
        QVERIFY(wait(m_service->updateServer(server, {})));
        QVERIFY(wait(m_service->enroll(request, secret("open sesame"))));
        QTRY_COMPARE(stateOf(request), Scep::TransactionStatus::State::Done);
    }

    void labelsAreUnique()
    {
        QVERIFY(wait(m_service->open()));
        const auto server = must(wait(m_service->addServer(labServer())));
        QCOMPARE(wait(m_service->addServer(labServer())).error().code, ErrorCode::InvalidArgument);
        submit(server, "open sesame");
        const PreparedRequest again = must(wait(m_service->prepare(plc(server), nullptr)));
        QCOMPARE(wait(m_service->submit(again, nullptr)).error().code, ErrorCode::InvalidArgument);
    }

    void aProtectedWorkspaceNeedsItsPassphrase()
    {
        makeService(secret("workspace pass"));
        QVERIFY(wait(m_service->open()));
        must(wait(m_service->addServer(labServer())));
        makeService();
        QCOMPARE(wait(m_service->open()).error().code, ErrorCode::PassphraseRequired);
        QCOMPARE(wait(m_service->open(secret("guess"))).error().code, ErrorCode::WrongPassphrase);
        QCOMPARE(m_service->servers()->rowCount(), 0);
        QVERIFY(wait(m_service->open(secret("workspace pass"))));
        QTRY_COMPARE(m_service->servers()->rowCount(), 1);
    }

    void theSecondOneReadsAndFollows()
    {
        QVERIFY(wait(m_service->open()));
        const auto server = must(wait(m_service->addServer(labServer())));
        const auto request = submit(server, "open sesame");
        QTRY_COMPARE(stateOf(request), Scep::TransactionStatus::State::Done);
        Service::Configuration configuration;
        configuration.workspace = m_workspace->filePath("workspace");
        configuration.makeNetwork = [](QObject *parent) { return new QNetworkAccessManager(parent); };
        configuration.makeClock = [] { return std::make_unique<Scep::SystemClock>(); };
        configuration.now = systemTime;
        configuration.spareKeyCount = 0;
        Service second(configuration);
        QCOMPARE(wait(second.openForReading()).value()->process, QCoreApplication::applicationPid());
        QTRY_COMPARE(second.requests()->rowCount(), 1);
        QCOMPARE(second.servers()->rowCount(), 1);
        QVERIFY(second.requests()->record(request)->current);
        const auto certificates = must(wait(second.certificates(request)));
        QCOMPARE(certificates.size(), 1);
        QVERIFY(wait(second.exportPkcs12(certificates[0].id, m_workspace->filePath("x.p12"), secret("pass"), Pki::Pkcs12Style::Modern)));

        const auto isRefused = [](const auto &result) {
            return !result && result.error().code == ErrorCode::WorkspaceInUse &&
                   result.error().detail.contains(QString::number(QCoreApplication::applicationPid()));
        };
        QVERIFY(isRefused(wait(second.addServer(labServer()))));
        QVERIFY(isRefused(wait(second.enroll(request, secret("x")))));
        QVERIFY(isRefused(wait(second.renew(request))));
        QVERIFY(isRefused(wait(second.removeRequest(request))));
        QVERIFY(isRefused(wait(second.prepare(plc(server), nullptr))));
        QCOMPARE(wait(second.query({})).error->code, ErrorCode::WorkspaceInUse);
        second.attemptNow(request); // nothing happens
        second.refreshServer(server);

        const auto other = submit(server, "open sesame", "plc-8");
        QTRY_VERIFY(second.requests()->record(other) && second.requests()->record(other)->current);
        QCOMPARE(wait(second.open()).error().code, ErrorCode::WorkspaceInUse);
        QCOMPARE(wait(m_service->openForReading()).error().code, ErrorCode::InvalidArgument); // it has it
        m_service.reset();
        QVERIFY(wait(second.open())); // now it is its own
        QVERIFY(wait(second.removeRequest(other)));
        QTRY_COMPARE(second.requests()->rowCount(), 1);
    }

    void certificatesAreListed()
    {
        QSignalSpy checked(m_service.get(), &Service::storeChecked);
        QVERIFY(wait(m_service->open()));
        const auto server = must(wait(m_service->addServer(labServer())));
        CertificateModel *list = m_service->certificateList();
        const QAbstractItemModelTester tester(list, QAbstractItemModelTester::FailureReportingMode::QtTest);
        list->setQuery({});
        QTRY_VERIFY(!list->isWaiting());
        QCOMPARE(list->rowCount(), 0);
        QTRY_COMPARE(checked.size(), 1);
        QVERIFY(checked.first().first().value<StoreReport>().isGood());
        const auto request = submit(server, "open sesame");
        QTRY_COMPARE(stateOf(request), Scep::TransactionStatus::State::Done);
        QTRY_COMPARE(list->rowCount(), 1);
        QCOMPARE(list->index(0, CertificateModel::RequestColumn).data().toString(), QString("plc-7"));
        QCOMPARE(list->index(0, CertificateModel::ServerColumn).data().toString(), QString("lab"));
        QVERIFY(wait(m_service->removeCertificate(list->row(list->index(0, 0))->id)));
        QTRY_COMPARE(list->rowCount(), 0);
        QVERIFY(!m_service->requests()->record(request)->current);
    }

    void aWorkspaceInUseIsTold()
    {
        QVERIFY(wait(m_service->open()));
        Service::Configuration configuration;
        configuration.workspace = m_workspace->filePath("workspace");
        configuration.makeNetwork = [](QObject *parent) { return new QNetworkAccessManager(parent); };
        configuration.makeClock = [] { return std::make_unique<Scep::SystemClock>(); };
        configuration.now = systemTime;
        Service second(configuration);
        QCOMPARE(wait(second.open()).error().code, ErrorCode::WorkspaceInUse);
        m_service.reset();
        QVERIFY(wait(second.open())); // may be called again
    }

    void aMissingVaultIsNotReplaced()
    {
        QVERIFY(wait(m_service->open()));
        m_service.reset();
        const QString vault = m_workspace->filePath("workspace/vault.json");
        QVERIFY(QFile::remove(vault));
        makeService();
        QCOMPARE(wait(m_service->open()).error().code, ErrorCode::FileNotFound);
        QVERIFY(!QFile::exists(vault));
    }

    void anUnusableFolderIsTold()
    {
        m_service.reset();
        QVERIFY(Files::writeDurably(m_workspace->filePath("workspace"), "a file", Files::FileAccess::Readable));
        makeService();
        const auto opened = wait(m_service->open());
        QVERIFY(!opened);
        QCOMPARE(opened.error().code, ErrorCode::FileNotWritable);
    }

    /// Asked, and gone before the answer: every future ends all the same, and nothing is delivered to who is gone.
    void destroyedWhileBusy()
    {
        QTcpServer silent; // accepts and never answers
        QVERIFY(silent.listen(QHostAddress::LocalHost));
        QUrl url("http://127.0.0.1/scep");
        url.setPort(silent.serverPort());
        QVERIFY(wait(m_service->open()));
        auto probe = m_service->probe(url, {}, {});
        auto prepare = m_service->prepare(plc({1}), nullptr);
        auto add = m_service->addServer(labServer());
        int delivered = 0;
        {
            QObject context;
            probe.then(&context, [&](const Scep::ServerProbe &) { ++delivered; });
            QTRY_VERIFY(silent.hasPendingConnections());
            m_service.reset();
        }
        QVERIFY(probe.isFinished());
        QVERIFY(probe.isCanceled());
        QVERIFY(prepare.isFinished());
        QVERIFY(add.isFinished());
        QCoreApplication::processEvents();
        QCOMPARE(delivered, 0);
    }

    void destroyedBeforeAnythingWasDone()
    {
        auto opened = m_service->open();
        m_service.reset();
        QVERIFY(opened.isFinished());
    }
};

QTEST_GUILESS_MAIN(TestService)
#include "tst_service.moc"
