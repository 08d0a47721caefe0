// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/store/store.h"

#include "models/store/recordjson.h"
#include "models/store/storereport.h"
#include "models/store/storeschema.h"
#include "models/vault/vault.h"
#include "scep/files/durablefile.h"
#include "tests/models/modelfixtures.h"

#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <sys/stat.h>

using namespace Models;
using TestSupport::must;
using State = Scep::TransactionStatus::State;

class TestStore : public QObject
{
    Q_OBJECT

    TestSupport::TestCa m_ca = TestSupport::TestCa::create("Store", Fixtures::now);
    std::unique_ptr<QTemporaryDir> m_folder;
    QString m_file;
    std::unique_ptr<Vault> m_vault;
    std::unique_ptr<Store> m_store;

    void reopen()
    {
        m_store.reset();
        m_store = must(Store::open(m_file, *m_vault));
    }
    Scep::ServerId addServer(const QString &label = "plant") { return must(m_store->addServer(Fixtures::server(label, m_ca))); }
    Scep::RequestId addRequest(Scep::ServerId server, const QString &label = "plc-7", const Pki::PrivateKey &key = {},
                               const Pki::CertificationRequest &csr = {})
    {
        return must(m_store->addRequest(Fixtures::request(label, server), Pki::SecretBytes{QByteArrayView("one-time-secret")}, key, csr));
    }
    void confirm(Scep::ServerId id, const Scep::CaRoles &roles)
    {
        Scep::ServerKnowledge knowledge = Fixtures::knowledge(id, m_ca);
        knowledge.roles = roles;
        const auto stored = m_store->storeKnowledge(knowledge);
        QVERIFY2(stored, stored ? "" : qPrintable(stored.error().detail));
    }
    QMap<QString, CaStoreRecord> caRecords()
    {
        QMap<QString, CaStoreRecord> byName;
        const QList<CaStoreRecord> records = m_store->caStoreRecords().value();
        for (const CaStoreRecord &record : records)
            byName.insert(record.name, record);
        return byName;
    }
    QByteArray rawBytes() const
    {
        QByteArray bytes;
        for (const QString &name : QDir(m_folder->path()).entryList({"store.sqlite*"}, QDir::Files))
            bytes += Files::readFile(m_folder->filePath(name), 1 << 30).value();
        return bytes;
    }

private slots:
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        m_file = m_folder->filePath("store.sqlite");
        m_vault = std::make_unique<Vault>(must(Vault::create(m_folder->filePath("vault.json"), {})));
        m_store = must(Store::open(m_file, *m_vault));
    }
    void cleanup()
    {
        m_store.reset();
        m_vault.reset();
        m_folder.reset();
    }

    void isForTheOwnerOnly()
    {
        addServer();
        for (const QString &name : QDir(m_folder->path()).entryList({"store.sqlite*"}, QDir::Files)) {
            if (name.endsWith(".lock"))
                continue;
            struct stat status{};
            QCOMPARE(::stat(QFile::encodeName(m_folder->filePath(name)).constData(), &status), 0);
            QCOMPARE(status.st_mode & 07777U, mode_t(0600));
        }
    }

    // -- servers ---------------------------------------------------------------------------------------------------------

    void serversSurvive()
    {
        QSignalSpy changed(m_store.get(), &Store::serverChanged);
        Scep::EnrollmentServer server = Fixtures::server("plant", m_ca);
        server.id = addServer();
        QCOMPARE(changed.size(), 1);
        Scep::EnrollmentServer byCertificate = Fixtures::server("other", m_ca);
        byCertificate.anchor = {{}, m_ca.root.certificate};
        byCertificate.id = must(m_store->addServer(byCertificate));
        Scep::EnrollmentServer plain;
        plain.label = "plain";
        plain.url = QUrl("http://127.0.0.1/scep");
        plain.id = must(m_store->addServer(plain));
        reopen();
        const auto servers = m_store->servers().value();
        QCOMPARE(servers.size(), 3);
        QVERIFY(servers[0] == server);
        QVERIFY(servers[1] == byCertificate);
        QVERIFY(servers[2] == plain);
        server.label = "renamed";
        server.isEnabled = true;
        QVERIFY(m_store->updateServer(server));
        QVERIFY(m_store->servers()->first() == server);
        QCOMPARE(m_store->serverRecord(server.id)->server.label, QString("renamed"));
    }

    void labelsOfServersAreUnique()
    {
        const auto first = addServer("plant");
        const auto second = addServer("lab");
        const auto twice = m_store->addServer(Fixtures::server("plant", m_ca));
        QCOMPARE(twice.error().code, ErrorCode::InvalidArgument);
        QVERIFY(twice.error().detail.contains("plant"));
        Scep::EnrollmentServer renamed = Fixtures::server("plant", m_ca);
        renamed.id = second;
        QCOMPARE(m_store->updateServer(renamed).error().code, ErrorCode::InvalidArgument);
        renamed.id = {99};
        renamed.label = "free";
        QCOMPARE(m_store->updateServer(renamed).error().code, ErrorCode::InvalidArgument);
        QCOMPARE(m_store->addServer(Fixtures::server(" ", m_ca)).error().code, ErrorCode::InvalidArgument);
        QVERIFY(!first.isNull());
        QCOMPARE(m_store->servers()->size(), 2);
    }

    void aUsedServerIsNotRemoved()
    {
        const auto server = addServer();
        const auto request = addRequest(server);
        QSignalSpy removed(m_store.get(), &Store::serverRemoved);
        QCOMPARE(m_store->removeServer(server).error().code, ErrorCode::NotPossibleNow);
        QVERIFY(m_store->removeRequest(request));
        confirm(server, Fixtures::roles(m_ca));
        QVERIFY(m_store->removeServer(server));
        QCOMPARE(removed.size(), 1);
        QVERIFY(m_store->servers()->isEmpty());
        QVERIFY(m_store->caStoreRecords()->isEmpty());
        QCOMPARE(m_store->removeServer(server).error().code, ErrorCode::InvalidArgument);
        // An id is never used twice: it is part of what seals secrets.
        QVERIFY(addServer() != server);
    }

    void knowledgeSurvives()
    {
        const auto id = addServer();
        QVERIFY(m_store->serverKnowledge()->first().trust == Scep::ServerKnowledge::Trust::NotAsked);
        const Scep::ServerKnowledge told = Fixtures::knowledge(id, m_ca);
        QVERIFY(m_store->storeKnowledge(told));
        reopen();
        const Scep::ServerKnowledge read = m_store->serverKnowledge()->first();
        QVERIFY(read == told);
        Scep::ServerKnowledge foreign = told;
        foreign.id = {77};
        QCOMPARE(m_store->storeKnowledge(foreign).error().code, ErrorCode::InvalidArgument);
    }

    // -- CA store --------------------------------------------------------------------------------------------------------

    void theCaStoreFollowsWhatIsConfirmed()
    {
        const auto id = addServer();
        QSignalSpy changed(m_store.get(), &Store::caStoreChanged);
        Scep::ServerKnowledge unconfirmed = Fixtures::knowledge(id, m_ca);
        unconfirmed.trust = Scep::ServerKnowledge::Trust::NotConfirmed;
        QVERIFY(m_store->storeKnowledge(unconfirmed));
        QVERIFY(m_store->caStoreRecords()->isEmpty());
        QCOMPARE(changed.size(), 0);

        confirm(id, Fixtures::roles(m_ca));
        QCOMPARE(changed.size(), 1);
        auto records = caRecords();
        QCOMPARE(records.keys(), (QStringList{"plant", "plant-issuing", "plant-ra-encryption", "plant-ra-signing"}));
        QCOMPARE(records["plant"].certificate, m_ca.root.certificate);
        QVERIFY(records["plant"].role == CaStoreRecord::Role::Root);
        QVERIFY(records["plant"].isAnchor);
        QVERIFY(!records["plant-issuing"].isAnchor);
        QVERIFY(records["plant-ra-signing"].role == CaStoreRecord::Role::RaSigning);
        const auto issuingId = records["plant-issuing"].id;

        // Again the same: nothing moves. After a restart too.
        confirm(id, Fixtures::roles(m_ca));
        reopen();
        QCOMPARE(caRecords().keys(), records.keys());
        QCOMPARE(caRecords()["plant-issuing"].id, issuingId);
    }

    void aNewIssuingCaStandsBesideTheOldOne()
    {
        const auto id = addServer();
        confirm(id, Fixtures::roles(m_ca));
        Scep::CaRoles roles = Fixtures::roles(m_ca);
        TestSupport::CertificateOptions ca;
        ca.isCa = true;
        roles.issuing =
            TestSupport::makeCertificate("CN=Second issuing", TestSupport::rsaKey("second").publicKey(), m_ca.root, Fixtures::now, ca);
        roles.intermediates = {};
        roles.raSigning = m_ca.ra.certificate;
        roles.raEncryption = m_ca.ra.certificate;
        confirm(id, roles);
        const auto records = caRecords();
        QCOMPARE(records.keys(),
                 (QStringList{"plant", "plant-issuing", "plant-issuing-2", "plant-ra", "plant-ra-encryption", "plant-ra-signing"}));
        QVERIFY(records["plant-issuing"].stage == CaStoreRecord::Stage::Retired);
        QVERIFY(records["plant-issuing-2"].stage == CaStoreRecord::Stage::Active);
        QVERIFY(records["plant-ra"].role == CaStoreRecord::Role::RaBoth);
        QVERIFY(records["plant-ra-signing"].stage == CaStoreRecord::Stage::Retired);
        // It comes back: active again under the name it had.
        confirm(id, Fixtures::roles(m_ca));
        QVERIFY(caRecords()["plant-issuing"].stage == CaStoreRecord::Stage::Active);
        QVERIFY(caRecords()["plant-issuing-2"].stage == CaStoreRecord::Stage::Retired);
    }

    void aNewRootTakesTheName()
    {
        const auto id = addServer();
        confirm(id, Fixtures::roles(m_ca));
        const auto other = TestSupport::TestCa::create("Next", Fixtures::now);
        Scep::ServerKnowledge refused = Fixtures::knowledge(id, other);
        refused.trust = Scep::ServerKnowledge::Trust::Refused;
        QVERIFY(m_store->storeKnowledge(refused));
        QCOMPARE(caRecords()["plant"].certificate, m_ca.root.certificate);
        confirm(id, Fixtures::roles(other));
        auto records = caRecords();
        QCOMPARE(records["plant"].certificate, other.root.certificate);
        QVERIFY(records["plant"].isAnchor);
        QCOMPARE(records["plant-old"].certificate, m_ca.root.certificate);
        QVERIFY(records["plant-old"].stage == CaStoreRecord::Stage::Retired);
        QVERIFY(!records["plant-old"].isAnchor);
        // And the old one comes back.
        confirm(id, Fixtures::roles(m_ca));
        records = caRecords();
        QCOMPARE(records["plant"].certificate, m_ca.root.certificate);
        QVERIFY(records["plant"].stage == CaStoreRecord::Stage::Active);
    }

    void unusedCertificatesComeAndGo()
    {
        const auto id = addServer();
        Scep::CaRoles roles = Fixtures::roles(m_ca);
        roles.unused = {TestSupport::TestCa::create("Stranger", Fixtures::now).root.certificate};
        confirm(id, roles);
        QVERIFY(caRecords()["plant-unused"].role == CaStoreRecord::Role::Unused);
        roles.unused = {};
        confirm(id, roles);
        QVERIFY(!caRecords().contains("plant-unused"));
    }

    void namesStayUniqueAndFollowTheLabel()
    {
        const auto id = addServer("plant");
        const auto second = addServer("plant-issuing"); // whose root would be called like plant's issuing CA
        confirm(id, Fixtures::roles(m_ca));
        confirm(second, Fixtures::roles(TestSupport::TestCa::create("Second server", Fixtures::now)));
        QVERIFY(caRecords().contains("plant-issuing-2"));
        Scep::EnrollmentServer renamed = Fixtures::server("works", m_ca);
        renamed.id = id;
        QVERIFY(m_store->updateServer(renamed));
        QCOMPARE(caRecords()["works"].certificate, m_ca.root.certificate);
        QVERIFY(caRecords().contains("works-issuing"));
    }

    /// RFC 8894 4.7: what the current CA announced stands beside it under names of its own, and takes the usual ones when it is there.
    void theNextCaIsStagedAndThenTakesOver()
    {
        const auto id = addServer();
        const auto other = TestSupport::TestCa::create("Rollover", Fixtures::now);
        Scep::ServerKnowledge knowledge = Fixtures::knowledge(id, m_ca);
        knowledge.nextCa.roles = Fixtures::roles(other);
        knowledge.nextCa.roles.root = m_ca.root.certificate; // only the issuing CA and the RA are new
        knowledge.nextCa.roles.anchor = m_ca.root.certificate;
        knowledge.nextCa.offered.form = Scep::CaCertificates::Form::DegenerateSignedData;
        knowledge.nextCa.offered.certificates = {other.issuing.certificate};
        knowledge.nextCa.isUnderAnchor = true;
        knowledge.nextCa.seenAt = Fixtures::now;
        QVERIFY(m_store->storeKnowledge(knowledge));
        reopen();
        QVERIFY(m_store->serverKnowledge()->first().nextCa == knowledge.nextCa);
        auto records = caRecords();
        QCOMPARE(records.keys(), (QStringList{"plant", "plant-issuing", "plant-next-issuing", "plant-next-ra-encryption",
                                              "plant-next-ra-signing", "plant-ra-encryption", "plant-ra-signing"}));
        QVERIFY(records["plant-next-issuing"].stage == CaStoreRecord::Stage::Staged);
        QCOMPARE(records["plant-next-issuing"].certificate, other.issuing.certificate);
        QVERIFY(!records["plant-next-issuing"].isAnchor);
        QVERIFY(records["plant"].stage == CaStoreRecord::Stage::Active);
        QVERIFY(records["plant"].isAnchor);
        QVERIFY(m_store->storeKnowledge(knowledge)); // told again: nothing moves
        QCOMPARE(caRecords().keys(), records.keys());

        knowledge.roles = knowledge.nextCa.roles;
        knowledge.nextCa = {};
        QVERIFY(m_store->storeKnowledge(knowledge));
        records = caRecords();
        QCOMPARE(records.keys(), (QStringList{"plant", "plant-issuing", "plant-issuing-2", "plant-ra-encryption", "plant-ra-encryption-2",
                                              "plant-ra-signing", "plant-ra-signing-2"}));
        QVERIFY(records["plant-issuing"].stage == CaStoreRecord::Stage::Retired);
        QVERIFY(records["plant-issuing-2"].stage == CaStoreRecord::Stage::Active);
        QCOMPARE(records["plant-issuing-2"].certificate, other.issuing.certificate);
    }

    void anAnnouncementThatIsTakenBackGoes()
    {
        const auto id = addServer();
        const auto other = TestSupport::TestCa::create("Rollover", Fixtures::now);
        Scep::ServerKnowledge knowledge = Fixtures::knowledge(id, m_ca);
        knowledge.nextCa.roles = Fixtures::roles(other);
        QVERIFY(m_store->storeKnowledge(knowledge));
        QCOMPARE(caRecords()["plant-next"].certificate, other.root.certificate); // a new root: shown, never an anchor
        QVERIFY(caRecords()["plant-next"].stage == CaStoreRecord::Stage::Staged);
        QVERIFY(!caRecords()["plant-next"].isAnchor);
        QVERIFY(caRecords()["plant"].isAnchor);
        knowledge.nextCa = {};
        QVERIFY(m_store->storeKnowledge(knowledge));
        QCOMPARE(caRecords().keys(), (QStringList{"plant", "plant-issuing", "plant-ra-encryption", "plant-ra-signing"}));
    }

    void aSelfSignedCaIsOneRow()
    {
        const auto id = addServer();
        Scep::CaRoles roles;
        roles.anchor = roles.root = roles.issuing = roles.recipient = m_ca.root.certificate;
        confirm(id, roles);
        QCOMPARE(caRecords().keys(), QStringList{"plant"});
    }

    // -- requests --------------------------------------------------------------------------------------------------------

    void requestsSurvive()
    {
        const auto server = addServer();
        const Pki::PrivateKey key = TestSupport::rsaKey("prepared");
        const auto csr = TestSupport::makeRequest("CN=plc-7", key, {}, "one-time-secret");
        Scep::EnrollmentRequest request = Fixtures::request("plc-7", server);
        QSignalSpy changed(m_store.get(), &Store::requestChanged);
        request.id = addRequest(server, "plc-7", key, csr);
        QCOMPARE(changed.size(), 1);
        reopen();
        QVERIFY(m_store->requests()->first() == request);
        QCOMPARE(m_store->challenge(request.id)->view().toByteArray(), QByteArray("one-time-secret"));
        QCOMPARE(m_store->providedKey(request.id)->publicKey(), key.publicKey());
        QCOMPARE(m_store->providedCsr(request.id)->der(), csr.der());
        request.label = "plc-8";
        request.keyUsage.reset();
        request.extendedKeyUsage.clear();
        request.renewal = {Scep::RenewalRule::Kind::Off, 0};
        QVERIFY(m_store->updateRequest(request));
        QVERIFY(m_store->requestRecord(request.id)->request == request);
        // A new challenge makes the old CSR useless.
        QVERIFY(m_store->setChallenge(request.id, Pki::SecretBytes{QByteArrayView("second")}));
        QCOMPARE(m_store->challenge(request.id)->view().toByteArray(), QByteArray("second"));
        QVERIFY(m_store->providedCsr(request.id)->isNull());
        QCOMPARE(m_store->providedKey(request.id)->publicKey(), key.publicKey());
        QCOMPARE(m_store->requestRecord({99}).error().code, ErrorCode::InvalidArgument);
        QCOMPARE(m_store->setChallenge({99}, {}).error().code, ErrorCode::InvalidArgument);
    }

    void badRequestsAreRefused()
    {
        const auto server = addServer();
        addRequest(server);
        const auto none = Pki::SecretBytes();
        QCOMPARE(m_store->addRequest(Fixtures::request("plc-7", server), none, {}, {}).error().code, ErrorCode::InvalidArgument);
        QCOMPARE(m_store->addRequest(Fixtures::request("other", {99}), none, {}, {}).error().code, ErrorCode::InvalidArgument);
        QCOMPARE(m_store->addRequest(Fixtures::request("", server), none, {}, {}).error().code, ErrorCode::InvalidArgument);
        QCOMPARE(m_store->requests()->size(), 1);
    }

    void aCsrOfADeviceStaysForAnotherTry()
    {
        const auto server = addServer();
        const auto csr = TestSupport::makeRequest("CN=device", TestSupport::rsaKey("in the device"));
        const auto id = addRequest(server, "device", {}, csr);
        QVERIFY(m_store->setChallenge(id, Pki::SecretBytes{QByteArrayView("x")}));
        QCOMPARE(m_store->providedCsr(id)->der(), csr.der());
    }

    void statusIsRecorded()
    {
        const auto id = addRequest(addServer());
        Scep::TransactionStatus status;
        status.request = id;
        status.state = State::Retrying;
        status.transactionId = "AB";
        status.nextAttemptAt = Fixtures::now;
        status.polls = 4;
        status.error = Scep::Error{ErrorCode::HostNotFound, "ca.example.com"};
        status.rejection = Scep::Rejection{2, "because \"x\"", qint32(-2147024809)};
        QVERIFY(m_store->recordStatus(status));
        reopen();
        const Scep::TransactionStatus read = m_store->requestRecord(id)->transaction;
        QVERIFY(read.state == status.state);
        QCOMPARE(read.request, id);
        QCOMPARE(read.transactionId, status.transactionId);
        QCOMPARE(read.nextAttemptAt, status.nextAttemptAt);
        QCOMPARE(read.polls, 4);
        QVERIFY(read.error == status.error);
        QVERIFY(read.rejection == status.rejection);
    }

    // -- transactions ----------------------------------------------------------------------------------------------------

    void aTransactionIsReadBack()
    {
        const auto server = addServer();
        const auto request = addRequest(server);
        Scep::Transaction sent = Fixtures::transaction(request, server, m_ca);
        sent.signerKey = TestSupport::rsaKey("former");
        QVERIFY(m_store->begin(sent));
        QCOMPARE(m_store->begin(Fixtures::transaction(request, server, m_ca, "OTHER")).error().code, ErrorCode::WorkspaceInUse);
        QCOMPARE(m_store->begin(Fixtures::transaction({99}, server, m_ca, "OTHER")).error().code, ErrorCode::InvalidArgument);
        QVERIFY(m_store->requestRecord(request)->transaction.state == State::Sending);
        reopen();
        auto open = m_store->openTransactions().value();
        QCOMPARE(open.size(), 1);
        QCOMPARE(open[0].id, sent.id);
        QCOMPARE(open[0].request, request);
        QCOMPARE(open[0].server, server);
        QVERIFY(open[0].type == sent.type);
        QCOMPARE(open[0].csr.der(), sent.csr.der());
        QCOMPARE(open[0].key.publicKey(), sent.key.publicKey());
        QCOMPARE(open[0].signerKey.publicKey(), sent.signerKey.publicKey());
        QCOMPARE(open[0].signer, sent.signer);
        QCOMPARE(open[0].renews, sent.renews);
        QCOMPARE(open[0].renewalSteps, sent.renewalSteps);
        QVERIFY(m_store->requestRecord(request)->transaction.isRenewal);
        QVERIFY(open[0].roles == sent.roles);
        QVERIFY(open[0].algorithms == sent.algorithms);
        QCOMPARE(open[0].startedAt, sent.startedAt);
        QCOMPARE(open[0].firstPendingAt, sent.firstPendingAt);
        QCOMPARE(open[0].nextAttemptAt, sent.nextAttemptAt);
        sent.phase = Scep::Transaction::Phase::Pending;
        sent.polls = 9;
        QVERIFY(m_store->update(sent));
        QVERIFY(m_store->requestRecord(request)->transaction.state == State::Pending);
        sent.transportFailures = 1;
        QVERIFY(m_store->update(sent));
        QVERIFY(m_store->requestRecord(request)->transaction.state == State::Retrying);
        QCOMPARE(m_store->openTransactions()->first().polls, 9);
        QCOMPARE(m_store->update(Fixtures::transaction(request, server, m_ca, "OTHER")).error().code, ErrorCode::InvalidArgument);
    }

    void completeKeepsTheCertificateAndDropsTheSecrets()
    {
        const auto server = addServer();
        const auto request = addRequest(server, "plc-7", TestSupport::rsaKey("prepared"));
        const Scep::Transaction first = Fixtures::transaction(request, server, m_ca, "FIRST");
        QVERIFY(m_store->begin(first));
        QSignalSpy changed(m_store.get(), &Store::requestChanged);
        const Scep::IssuedCertificate issued = Fixtures::issued(first, m_ca);
        QVERIFY(m_store->complete(first, issued));
        QCOMPARE(changed.size(), 1);
        QVERIFY(m_store->openTransactions()->isEmpty());
        QVERIFY(m_store->challenge(request)->isEmpty());
        QVERIFY(m_store->providedKey(request)->isNull());
        QVERIFY(m_store->providedCsr(request)->isNull());
        RequestRecord record = m_store->requestRecord(request).value();
        QVERIFY(record.transaction.state == State::Done);
        QCOMPARE(record.certificateCount, 1);
        QCOMPARE(record.current->certificate, issued.certificate);
        QVERIFY(record.current->key.isNull());
        QCOMPARE(m_store->complete(first, issued).error().code, ErrorCode::InvalidArgument); // once only

        const Scep::Transaction second = Fixtures::transaction(request, server, m_ca, "SECOND");
        QVERIFY(m_store->begin(second));
        const Scep::IssuedCertificate renewed = Fixtures::issued(second, m_ca);
        QVERIFY(m_store->complete(second, renewed));
        reopen();
        record = m_store->requestRecord(request).value();
        QCOMPARE(record.certificateCount, 2);
        QCOMPARE(record.current->certificate, renewed.certificate);
        const auto history = m_store->certificates(request).value();
        QCOMPARE(history.size(), 2);
        QCOMPARE(history[0].certificate, renewed.certificate);
        QVERIFY(history[1].key.isNull());
        const auto full = m_store->certificateWithKey(history[1].id).value();
        QCOMPARE(full.certificate, issued.certificate);
        QCOMPARE(full.key.publicKey(), first.key.publicKey());
        QCOMPARE(full.issuers, issued.issuers);
        QCOMPARE(full.transactionId, QString("FIRST"));
        QCOMPARE(full.receivedAt, issued.receivedAt);
        QCOMPARE(full.differences, issued.differences);
        QCOMPARE(full.notes, issued.notes);
        QCOMPARE(full.request, request);
        QCOMPARE(full.server, server);
        QCOMPARE(m_store->certificateWithKey({99}).error().code, ErrorCode::InvalidArgument);
    }

    void theCurrentCertificateIsThereUntilTheNextOneIs()
    {
        const auto server = addServer();
        const auto request = addRequest(server);
        QVERIFY(m_store->currentCertificates()->isEmpty());
        QVERIFY(m_store->currentCredential(request)->certificate.isNull());
        const Scep::Transaction first = Fixtures::transaction(request, server, m_ca, "FIRST");
        QVERIFY(m_store->begin(first));
        const Scep::IssuedCertificate issued = Fixtures::issued(first, m_ca);
        QVERIFY(m_store->complete(first, issued));
        const auto isCurrent = [&](const Scep::IssuedCertificate &expected) {
            const auto credential = m_store->currentCredential(request).value();
            const auto all = m_store->currentCertificates().value();
            return credential.certificate == expected.certificate && Pki::belongTogether(credential.key, credential.certificate) &&
                   all.size() == 1 && all.first().certificate == expected.certificate && all.first().request == request;
        };
        QVERIFY(isCurrent(issued));
        QVERIFY(!m_store->currentCertificates()->first().waitsForPerson);

        // A renewal that fails costs nothing.
        const Scep::Transaction second = Fixtures::transaction(request, server, m_ca, "SECOND");
        QVERIFY(m_store->begin(second));
        QVERIFY(isCurrent(issued));
        reopen();
        Scep::TransactionStatus rejected;
        rejected.request = request;
        rejected.state = State::Rejected;
        QVERIFY(m_store->close(second, rejected));
        QVERIFY(isCurrent(issued));
        QVERIFY(m_store->currentCertificates()->first().waitsForPerson);

        const Scep::Transaction third = Fixtures::transaction(request, server, m_ca, "THIRD");
        QVERIFY(m_store->begin(third));
        QVERIFY(!m_store->currentCertificates()->first().waitsForPerson); // somebody began it
        const Scep::IssuedCertificate renewed = Fixtures::issued(third, m_ca);
        QVERIFY(m_store->complete(third, renewed));
        reopen();
        QVERIFY(isCurrent(renewed));
    }

    void aRenewalGoesOnWithAnotherMessage()
    {
        const auto server = addServer();
        const auto request = addRequest(server);
        const Scep::Transaction first = Fixtures::transaction(request, server, m_ca, "FIRST");
        const Scep::Transaction second = Fixtures::transaction(request, server, m_ca, "SECOND");
        QCOMPARE(m_store->replace(first, second).error().code, ErrorCode::InvalidArgument); // nothing is open
        QVERIFY(m_store->begin(first));
        QCOMPARE(m_store->replace(second, first).error().code, ErrorCode::InvalidArgument);
        QCOMPARE(m_store->openTransactions()->first().id, first.id);
        QSignalSpy changed(m_store.get(), &Store::requestChanged);
        QVERIFY(m_store->replace(first, second));
        QCOMPARE(changed.size(), 1);
        reopen();
        const auto open = m_store->openTransactions().value();
        QCOMPARE(open.size(), 1);
        QCOMPARE(open[0].id, second.id);
        QCOMPARE(open[0].key.publicKey(), second.key.publicKey());
        QVERIFY(!m_store->challenge(request)->isEmpty()); // it may be the last resort
        QVERIFY(m_store->requestRecord(request)->transaction.state == State::Sending);
        // What the former one held is gone.
        m_store.reset();
        auto database = must(SqlDatabase::open(m_file));
        QCOMPARE(
            must(database->value("SELECT COUNT(*) FROM enrollment_transaction WHERE is_open = 0 AND csr IS NULL AND private_key IS NULL "
                                 "AND signer_key IS NULL"))
                .toInt(),
            1);
    }

    void closeWipesTheChallengeAndKeepsTheKey()
    {
        const auto server = addServer();
        const Pki::PrivateKey key = TestSupport::rsaKey("prepared");
        const auto request = addRequest(server, "plc-7", key, TestSupport::makeRequest("CN=plc-7", key, {}, "one-time-secret"));
        const Scep::Transaction sent = Fixtures::transaction(request, server, m_ca);
        QVERIFY(m_store->begin(sent));
        Scep::TransactionStatus rejected;
        rejected.state = State::Rejected;
        rejected.rejection = Scep::Rejection{2, "no", std::nullopt};
        QVERIFY(m_store->close(sent, rejected));
        QVERIFY(m_store->openTransactions()->isEmpty());
        QVERIFY(m_store->challenge(request)->isEmpty());
        QVERIFY(m_store->providedCsr(request)->isNull());
        QCOMPARE(m_store->providedKey(request)->publicKey(), key.publicKey());
        const auto status = m_store->requestRecord(request)->transaction;
        QVERIFY(status.state == State::Rejected);
        QCOMPARE(status.transactionId, sent.id.toText());
        QCOMPARE(status.rejection->failInfoText, QString("no"));
        // The key of what was sent is in the closed transaction, sealed.
        auto database = must(SqlDatabase::open(m_file));
        const QVariant sealed = must(database->value("SELECT private_key FROM enrollment_transaction"));
        const auto kept = must(m_vault->unseal(sealed.toByteArray(), "transaction-key/1"));
        QCOMPARE(must(Pki::PrivateKey::fromBytes(kept.view())).publicKey(), sent.key.publicKey());
        QVERIFY(must(database->value("SELECT csr FROM enrollment_transaction")).isNull());
        // And it can be tried again.
        QVERIFY(m_store->begin(Fixtures::transaction(request, server, m_ca, "AGAIN")));
    }

    void removingARequestRemovesItsRows()
    {
        const auto server = addServer();
        const auto request = addRequest(server);
        const Scep::Transaction sent = Fixtures::transaction(request, server, m_ca);
        QVERIFY(m_store->begin(sent));
        QVERIFY(m_store->complete(sent, Fixtures::issued(sent, m_ca)));
        const auto certificate = m_store->certificates(request)->first().id;
        QVERIFY(m_store->begin(Fixtures::transaction(request, server, m_ca, "OPEN")));
        QSignalSpy removed(m_store.get(), &Store::requestRemoved);
        QVERIFY(m_store->removeRequest(request));
        QCOMPARE(removed.size(), 1);
        QVERIFY(m_store->purge(BinRecord::Kind::Request, request.value));
        QVERIFY(m_store->binRecords()->isEmpty());
        auto database = must(SqlDatabase::open(m_file));
        for (const QString table : {"request", "certificate", "enrollment_transaction", "issuer_chain", "issuer_chain_member"})
            QCOMPARE(must(database->value("SELECT COUNT(*) FROM " + table)).toInt(), 0);
        QVERIFY(m_store->openTransactions()->isEmpty());
        QVERIFY(!m_store->certificateWithKey(certificate));
        QCOMPARE(m_store->removeRequest(request).error().code, ErrorCode::InvalidArgument);
    }

    void secretsAreNotInTheFile()
    {
        const auto server = addServer();
        const Pki::PrivateKey key = TestSupport::rsaKey("prepared");
        const auto request = addRequest(server, "plc-7", key, TestSupport::makeRequest("CN=plc-7", key, {}, "one-time-secret"));
        const Scep::Transaction sent = Fixtures::transaction(request, server, m_ca);
        QVERIFY(m_store->begin(sent));
        const auto check = [&](const Pki::PrivateKey &secretKey) {
            const QByteArray bytes = rawBytes();
            QVERIFY(bytes.contains("plc-7"));
            QVERIFY(!bytes.contains("one-time-secret"));
            // The middle of the PKCS#8: the beginning is the same in every key.
            const QByteArray der = secretKey.toPkcs8Der().view().toByteArray();
            QVERIFY(!bytes.contains(der.mid(der.size() / 2, 40)));
            QVERIFY(!bytes.contains(der.mid(der.size() / 2, 40).toBase64().mid(2, 40)));
        };
        check(key);
        check(sent.key);
        QVERIFY(m_store->complete(sent, Fixtures::issued(sent, m_ca)));
        check(sent.key);
        m_store.reset();
        check(sent.key);
    }

    void sealedColumnsBelongToTheirRow()
    {
        const auto server = addServer();
        const auto first = addRequest(server, "first");
        const auto second = addRequest(server, "second");
        auto database = must(SqlDatabase::open(m_file));
        QVERIFY(database->execute("UPDATE request SET challenge = (SELECT challenge FROM request WHERE id = ?) WHERE id = ?",
                                  {first.value, second.value}));
        QCOMPARE(m_store->challenge(second).error().code, ErrorCode::DecryptionFailed);
        QVERIFY(m_store->challenge(first));
    }

    // -- exchanges -------------------------------------------------------------------------------------------------------

    void exchangesAreBoundedByCount()
    {
        Scep::Exchange exchange;
        exchange.server = {3};
        exchange.request = {4};
        exchange.at = Fixtures::now;
        exchange.operation = Scep::Operation::PkiOperation;
        exchange.method = Scep::HttpMethod::Post;
        exchange.url = QUrl("http://ca.example.com/scep?operation=PKIOperation");
        exchange.sent = "sent";
        exchange.received = "received";
        exchange.httpStatus = 503;
        exchange.duration = std::chrono::milliseconds(77);
        exchange.error = Scep::Error{ErrorCode::HttpStatus, "503"};
        exchange.notes = {"used GET"};
        m_store->logExchange(exchange);
        reopen();
        const auto read = m_store->exchanges(10).value();
        QCOMPARE(read.size(), 1);
        QVERIFY(read[0].id > 0);
        QCOMPARE(read[0].server, exchange.server);
        QCOMPARE(read[0].request, exchange.request);
        QCOMPARE(read[0].at, exchange.at);
        QVERIFY(read[0].operation == exchange.operation);
        QVERIFY(read[0].method == exchange.method);
        QCOMPARE(read[0].url, exchange.url);
        QCOMPARE(read[0].sent, exchange.sent);
        QCOMPARE(read[0].received, exchange.received);
        QCOMPARE(read[0].httpStatus, 503);
        QCOMPARE(read[0].duration, exchange.duration);
        QVERIFY(read[0].error == exchange.error);
        QCOMPARE(read[0].notes, exchange.notes);

        auto database = must(SqlDatabase::open(m_file));
        {
            SqlTransaction fill(*database);
            for (int i = 0; i < 2500; ++i)
                QVERIFY(database->execute(
                    "INSERT INTO exchange (server, request, at, operation, method, url, size, http_status, duration, details) "
                    "VALUES (1, 1, '', 0, 0, '', 0, 200, 0, '{}')"));
            QVERIFY(fill.commit());
        }
        m_store->logExchange(exchange);
        QCOMPARE(m_store->exchanges(10000)->size(), 2000);
        QCOMPARE(m_store->exchanges(5)->first().httpStatus, 503);
    }

    void exchangesAreBoundedBySize()
    {
        Scep::Exchange exchange;
        exchange.at = Fixtures::now;
        exchange.received = QByteArray(9 * 1024 * 1024, 'x');
        for (int i = 0; i < 9; ++i)
            m_store->logExchange(exchange);
        QCOMPARE(m_store->exchanges(100)->size(), 7); // 63 MiB
        QCOMPARE(m_store->exchanges(1)->first().id, 9);
    }

    // -- the file --------------------------------------------------------------------------------------------------------

    void theSecondOneIsToldWhoHasIt()
    {
        const auto second = Store::open(m_file, *m_vault);
        QVERIFY(!second);
        QCOMPARE(second.error().code, ErrorCode::WorkspaceInUse);
        QVERIFY2(second.error().detail.contains(QString::number(QCoreApplication::applicationPid())), qPrintable(second.error().detail));
        m_store.reset();
        QVERIFY(Store::open(m_file, *m_vault));
    }

    void aLockedVaultIsTold()
    {
        QTemporaryDir folder;
        Vault vault = must(Vault::create(folder.filePath("v"), Pki::SecretBytes{QByteArrayView("p")}));
        auto store = must(Store::open(folder.filePath("s"), vault));
        const auto server = must(store->addServer(Fixtures::server("plant", m_ca)));
        const Pki::SecretBytes challenge{QByteArrayView("x")};
        const auto request = must(store->addRequest(Fixtures::request("plc-7", server), challenge, {}, {}));
        vault.lock();
        QCOMPARE(store->challenge(request).error().code, ErrorCode::VaultLocked);
        QCOMPARE(store->addRequest(Fixtures::request("plc-8", server), challenge, {}, {}).error().code, ErrorCode::VaultLocked);
        QCOMPARE(store->requests()->size(), 1);
        QCOMPARE(store->begin(Fixtures::transaction(request, server, m_ca)).error().code, ErrorCode::VaultLocked);
        QVERIFY(store->openTransactions()->isEmpty());
    }

    void otherFilesAreRefused_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::newRow("garbage") << QByteArray(10000, 'g');
        QTest::newRow("text") << QByteArray(
            "This is no database, but long enough to be looked at by somebody who expects one. It goes on and on.");
    }
    void otherFilesAreRefused()
    {
        QFETCH(QByteArray, bytes);
        const QString file = m_folder->filePath("other.sqlite");
        QVERIFY(Files::writeDurably(file, bytes, Files::FileAccess::OwnerOnly));
        const auto opened = Store::open(file, *m_vault);
        QVERIFY(!opened);
        QCOMPARE(opened.error().code, ErrorCode::StoreFailure);
        QVERIFY2(opened.error().detail.contains("other.sqlite"), qPrintable(opened.error().detail));
        QCOMPARE(Files::readFile(file).value(), bytes);
    }

    void aForeignDatabaseIsRefused()
    {
        const QString file = m_folder->filePath("foreign.sqlite");
        QVERIFY(must(SqlDatabase::open(file))->execute("CREATE TABLE recipes (cake TEXT)"));
        QCOMPARE(Store::open(file, *m_vault).error().code, ErrorCode::StoreFailure);
        QCOMPARE(Store::open("/nonexistent-folder/store.sqlite", *m_vault).error().code, ErrorCode::FileNotWritable);
    }

    void aNewerOneIsRefusedUntouched()
    {
        m_store.reset();
        QVERIFY(must(SqlDatabase::open(m_file))->execute("UPDATE schema_version SET version = 1000"));
        const auto opened = Store::open(m_file, *m_vault);
        QVERIFY(!opened);
        QCOMPARE(opened.error().code, ErrorCode::StoreVersion);
        QVERIFY(opened.error().detail.contains("1000"));
    }

    void migrationsGoForwardAfterABackup()
    {
        const auto server = addServer();
        m_store.reset();
        QList<Migration> steps = migrations();
        const int last = steps.last().to;
        steps.append({last + 1, {"ALTER TABLE server ADD COLUMN colour TEXT", "UPDATE server SET colour = 'green'"}});
        steps.append({last + 2, {"CREATE TABLE extra (id INTEGER)"}});
        {
            auto database = must(SqlDatabase::open(m_file));
            QVERIFY(bringUpToDate(*database, m_file, steps));
            QCOMPARE(must(database->value("SELECT version FROM schema_version")).toInt(), last + 2);
            QCOMPARE(must(database->value("SELECT colour FROM server WHERE id = ?", {server.value})).toString(), QString("green"));
            QVERIFY(bringUpToDate(*database, m_file, steps)); // nothing to do: no second backup
        }
        const QString backup = m_file + QString(".v%1.backup").arg(last);
        QCOMPARE(QDir(m_folder->path()).entryList({"*.backup"}, QDir::Files).size(), 1);
        struct stat status{};
        QCOMPARE(::stat(QFile::encodeName(backup).constData(), &status), 0);
        QCOMPARE(status.st_mode & 07777U, mode_t(0600));
        auto saved = must(Store::open(backup, *m_vault));
        QCOMPARE(saved->servers()->size(), 1);
        // To this version the file is from the future now.
        QCOMPARE(Store::open(m_file, *m_vault).error().code, ErrorCode::StoreVersion);
    }

    /// A store of the second version, as that version wrote it, opens with everything in it and a copy of it beside it.
    void aStoreOfTheSecondVersionIsBroughtUpToDate()
    {
        const QString file = m_folder->filePath("old.sqlite");
        const Scep::Transaction sent = Fixtures::transaction({1}, {1}, m_ca);
        const Scep::IssuedCertificate issued = Fixtures::issued(sent, m_ca);
        const auto text = [](const QJsonObject &object) { return QString::fromUtf8(Json::toText(object)); };
        {
            auto old = must(SqlDatabase::open(file));
            QVERIFY(bringUpToDate(*old, file, migrations().first(2)));
            QVERIFY(old->execute("INSERT INTO server (label, settings) VALUES ('plant', ?)",
                                 {text(Json::fromServer(Fixtures::server("plant", m_ca)))}));
            QVERIFY(old->execute("INSERT INTO request (label, server, settings, status) VALUES ('plc-7', 1, ?, '{\"state\":\"done\"}')",
                                 {text(Json::fromRequest(Fixtures::request("plc-7", {1})))}));
            for (int i = 0; i < 2; ++i) { // two of one chain
                QVERIFY(old->execute("INSERT INTO certificate (request, server, is_current, der, transaction_id, received_at, details) "
                                     "VALUES (1, 1, ?, ?, 'AB', '2026-03-01T12:01:00.000Z', '{\"notes\":[\"DES reply\"]}')",
                                     {i, issued.certificate.der()}));
                for (int position = 0; position < 2; ++position)
                    QVERIFY(old->execute("INSERT INTO certificate_issuer (certificate, position, der) VALUES (?, ?, ?)",
                                         {i + 1, position, issued.issuers[position].der()}));
            }
            const auto sealed = must(m_vault->seal(sent.key.toPkcs8Der().view(), "certificate-key/2"));
            QVERIFY(old->execute("UPDATE certificate SET private_key = ? WHERE id = 2", {sealed}));
            QVERIFY(old->execute("INSERT INTO ca_certificate (server, name, role, stage, is_anchor, der) VALUES (1, 'plant', 'root', "
                                 "'active', 1, ?)",
                                 {m_ca.root.certificate.der()}));
        }
        auto store = must(Store::open(file, *m_vault));
        QVERIFY(QFile::exists(file + ".v2.backup"));
        QCOMPARE(store->servers()->first().label, QString("plant"));
        const RequestRecord record = must(store->requestRecord({1}));
        QCOMPARE(record.certificateCount, 2);
        QCOMPARE(record.current->issuers, issued.issuers);
        QCOMPARE(record.current->notes, QStringList{"DES reply"});
        QVERIFY(record.extras == Extras());
        QVERIFY(record.delivery == DeliveryState());
        QCOMPARE(must(store->certificateWithKey({2})).key.publicKey(), sent.key.publicKey());
        const CertificateRow row = must(store->certificateRows({}, 0, 10, Fixtures::now)).rows.first();
        QCOMPARE(row.subject, issued.certificate.subject().toText());
        QCOMPARE(row.serialNumber, issued.certificate.serialNumber().toHex());
        QCOMPARE(row.notAfter, issued.certificate.notAfter());
        QVERIFY(row.hasKey);
        QCOMPARE(store->caStoreRecords()->first().name, QString("plant"));
        QVERIFY(!store->caStoreRecords()->first().isImported);
        const StoreReport report = must(store->check(true));
        QVERIFY2(report.isGood(), qPrintable(report.toText()));
        QCOMPARE(report.openedKeys, 1);
        store.reset();
        auto database = must(SqlDatabase::open(file));
        QCOMPARE(must(database->value("SELECT version FROM schema_version")).toInt(), migrations().last().to);
        QCOMPARE(must(database->value("SELECT COUNT(*) FROM issuer_chain")).toInt(), 1);
        QCOMPARE(must(database->value("SELECT COUNT(*) FROM issuer_chain_member")).toInt(), 2);
        // What is added later gets new ids.
        QVERIFY(must(database->insert("INSERT INTO ca_certificate (server, name, role, stage, is_anchor, der) VALUES (1, 'x', 'root', "
                                      "'active', 0, 'y')",
                                      {})) > 1);
    }

    void aFailingMigrationChangesNothing()
    {
        addServer();
        m_store.reset();
        QList<Migration> steps = migrations();
        const int last = steps.last().to;
        steps.append({last + 1, {"ALTER TABLE server ADD COLUMN colour TEXT", "THIS IS NO SQL"}});
        {
            auto database = must(SqlDatabase::open(m_file));
            QCOMPARE(bringUpToDate(*database, m_file, steps).error().code, ErrorCode::StoreFailure);
        }
        m_store = must(Store::open(m_file, *m_vault));
        QCOMPARE(m_store->servers()->size(), 1);
    }
};

QTEST_GUILESS_MAIN(TestStore)
#include "tst_store.moc"
