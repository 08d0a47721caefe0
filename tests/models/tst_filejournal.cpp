// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/store/filejournal.h"

#include "models/service/enrollmentfiles.h"
#include "scep/files/durablefile.h"
#include "tests/models/modelfixtures.h"

#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace Models;
using TestSupport::must;

class TestFileJournal : public QObject
{
    Q_OBJECT

    TestSupport::TestCa m_ca = TestSupport::TestCa::create("FileJournal", Fixtures::now);
    std::unique_ptr<QTemporaryDir> m_folder;
    QString m_file;

    std::unique_ptr<FileJournal> newJournal(FileJournal::Writer writer = {}, const Pki::PrivateKey &key = {})
    {
        FileJournal::Enrollment enrollment;
        enrollment.server = Fixtures::server("plant", m_ca);
        enrollment.server.transport.proxyPassword = std::make_shared<const Pki::SecretBytes>(QByteArrayView("of joe"));
        enrollment.request = Fixtures::request("plc-7", {});
        enrollment.challenge = Pki::SecretBytes{QByteArrayView("one-time-secret")};
        enrollment.key = key;
        return std::make_unique<FileJournal>(m_file, std::move(enrollment), std::move(writer));
    }
    FileJournal::Writer filesWriter()
    {
        return [this](const Scep::IssuedCertificate &issued) -> Result<void> {
            const auto files = writeEnrollmentFiles(m_folder->path(), "plc-7", issued);
            if (!files)
                return std::unexpected(files.error());
            return {};
        };
    }
    Scep::Transaction transaction() const { return Fixtures::transaction({1}, {1}, m_ca); }
    QStringList entries() const
    {
        return QDir(m_folder->path()).entryList(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot, QDir::Name);
    }
    static void compare(const Scep::Transaction &a, const Scep::Transaction &b)
    {
        QCOMPARE(a.id, b.id);
        QCOMPARE(a.request, b.request);
        QCOMPARE(a.server, b.server);
        QCOMPARE(a.type, b.type);
        QCOMPARE(a.csr.der(), b.csr.der());
        QCOMPARE(a.key.publicKey(), b.key.publicKey());
        QCOMPARE(a.signer, b.signer);
        QCOMPARE(a.renews, b.renews);
        QCOMPARE(a.renewalSteps, b.renewalSteps);
        QCOMPARE(a.signerKey.publicKey(), b.signerKey.publicKey());
        QVERIFY(a.roles == b.roles);
        QVERIFY(a.algorithms == b.algorithms);
        QCOMPARE(a.phase, b.phase);
        QCOMPARE(a.polls, b.polls);
        QCOMPARE(a.transportFailures, b.transportFailures);
        QCOMPARE(a.startedAt, b.startedAt);
        QCOMPARE(a.firstPendingAt, b.firstPendingAt);
        QCOMPARE(a.nextAttemptAt, b.nextAttemptAt);
    }

private slots:
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        QVERIFY(m_folder->isValid());
        m_file = m_folder->filePath(FileJournal::fileName("plc-7"));
        QVERIFY(m_file.endsWith("plc-7.transaction.json"));
    }

    void nothingIsWrittenBeforeBegin()
    {
        auto journal = newJournal();
        QCOMPARE(journal->servers().value().size(), 1);
        QCOMPARE(journal->requests().value().size(), 1);
        QCOMPARE(journal->requests()->first().server, journal->servers()->first().id);
        QVERIFY(journal->openTransactions()->isEmpty());
        QCOMPARE(journal->challenge({1})->view().toByteArray(), QByteArray("one-time-secret"));
        QVERIFY(journal->providedKey({1})->isNull());
        QVERIFY(journal->providedCsr({1})->isNull());
        QVERIFY(journal->storeKnowledge(Fixtures::knowledge({1}, m_ca)));
        Scep::TransactionStatus status;
        QVERIFY(journal->recordStatus(status));
        QVERIFY(entries().isEmpty());
    }

    void anotherProcessGoesOnAfterBegin()
    {
        const Scep::Transaction sent = transaction();
        {
            auto journal = newJournal();
            QVERIFY(journal->storeKnowledge(Fixtures::knowledge({1}, m_ca)));
            QVERIFY(journal->begin(sent));
        }
        struct stat status{};
        QCOMPARE(::stat(QFile::encodeName(m_file).constData(), &status), 0);
        QCOMPARE(status.st_mode & 07777U, mode_t(0600));
        auto resumed = must(FileJournal::resume(m_file, {}));
        const auto open = resumed->openTransactions().value();
        QCOMPARE(open.size(), 1);
        compare(open.first(), sent);
        Scep::EnrollmentServer server = Fixtures::server("plant", m_ca);
        server.id = {1};
        QVERIFY(resumed->server() == server);
        QCOMPARE(resumed->server().transport.proxyPassword->view().toByteArray(), QByteArray("of joe"));
        Scep::EnrollmentRequest request = Fixtures::request("plc-7", {1});
        request.id = {1};
        QVERIFY(resumed->request() == request);
        const auto knowledge = resumed->serverKnowledge().value();
        QCOMPARE(knowledge.size(), 1);
        QVERIFY(knowledge.first().roles == Fixtures::roles(m_ca));
        QCOMPARE(knowledge.first().trust, Scep::ServerKnowledge::Trust::NotAsked); // another CA may answer there by now
        QCOMPARE(knowledge.first().clockSkew.value(), std::chrono::seconds(-42));
        QCOMPARE(knowledge.first().lastError->code, ErrorCode::Timeout);
        QCOMPARE(resumed->challenge({1})->view().toByteArray(), QByteArray("one-time-secret"));
    }

    void theFileIsJsonWithThePemKey()
    {
        const Scep::Transaction sent = transaction();
        QVERIFY(newJournal()->begin(sent));
        const QJsonObject object = QJsonDocument::fromJson(Files::readFile(m_file).value()).object();
        QCOMPARE(object["version"].toInt(), 1);
        const QByteArray pem = object["key"].toString().toLatin1();
        QVERIFY(pem.startsWith("-----BEGIN PRIVATE KEY-----\n"));
        QCOMPARE(must(Pki::PrivateKey::fromBytes(pem)).publicKey(), sent.key.publicKey());
    }

    void aSignerKeyOfItsOwnIsKept()
    {
        Scep::Transaction sent = transaction();
        sent.signerKey = TestSupport::rsaKey("the former key");
        QVERIFY(newJournal()->begin(sent));
        compare(must(FileJournal::resume(m_file, {}))->openTransactions()->first(), sent);
    }

    void updatesAreReadBack()
    {
        Scep::Transaction sent = transaction();
        auto journal = newJournal();
        QVERIFY(journal->begin(sent));
        sent.phase = Scep::Transaction::Phase::Pending;
        sent.polls = 5;
        sent.transportFailures = 3;
        sent.nextAttemptAt = Fixtures::now.addSecs(600);
        QVERIFY(journal->update(sent));
        journal.reset();
        auto resumed = must(FileJournal::resume(m_file, {}));
        compare(resumed->openTransactions()->first(), sent);
        QCOMPARE(entries(), QStringList{"plc-7.transaction.json"});
        Scep::Transaction other = Fixtures::transaction({1}, {1}, m_ca, "OTHER");
        QCOMPARE(resumed->update(other).error().code, ErrorCode::Internal);
    }

    void anOpenTransactionIsNeverOverwritten()
    {
        const Scep::Transaction sent = transaction();
        auto journal = newJournal();
        QVERIFY(journal->begin(sent));
        QCOMPARE(journal->begin(sent).error().code, ErrorCode::WorkspaceInUse);
        QCOMPARE(newJournal()->begin(Fixtures::transaction({1}, {1}, m_ca, "OTHER")).error().code, ErrorCode::WorkspaceInUse);
        compare(must(FileJournal::resume(m_file, {}))->openTransactions()->first(), sent);
    }

    void completeWritesTheFilesAndEnds()
    {
        const Scep::Transaction sent = transaction();
        auto journal = newJournal(filesWriter());
        QVERIFY(journal->begin(sent));
        QVERIFY(journal->complete(sent, Fixtures::issued(sent, m_ca)));
        QCOMPARE(entries(), (QStringList{"plc-7.cert.pem", "plc-7.chain.pem", "plc-7.key.pem"}));
        QVERIFY(journal->openTransactions()->isEmpty());
        QVERIFY(journal->challenge({1})->isEmpty());
    }

    void aFailingWriterLosesNothing()
    {
        const Scep::Transaction sent = transaction();
        auto journal = newJournal([](const Scep::IssuedCertificate &) -> Result<void> { return Pki::failure(ErrorCode::DiskFull, "x"); });
        QVERIFY(journal->begin(sent));
        QCOMPARE(journal->complete(sent, Fixtures::issued(sent, m_ca)).error().code, ErrorCode::DiskFull);
        journal.reset();
        auto resumed = must(FileJournal::resume(m_file, filesWriter()));
        compare(resumed->openTransactions()->first(), sent);
        QVERIFY(resumed->complete(sent, Fixtures::issued(sent, m_ca)));
        QVERIFY(!QFile::exists(m_file));
    }

    void aRejectionLeavesTheKey_data()
    {
        QTest::addColumn<QByteArray>("before"); // of LABEL.key.pem: "", "same", "other", "garbage"
        QTest::addColumn<QString>("keyFile");
        QTest::newRow("none") << QByteArray() << "plc-7.key.pem";
        QTest::newRow("the same key") << QByteArray("same") << "plc-7.key.pem";
        QTest::newRow("another key") << QByteArray("other") << "plc-7.key-2.pem";
        QTest::newRow("no key at all") << QByteArray("garbage") << "plc-7.key-2.pem";
    }
    void aRejectionLeavesTheKey()
    {
        QFETCH(QByteArray, before);
        QFETCH(QString, keyFile);
        const Scep::Transaction sent = transaction();
        const QByteArray otherKey = TestSupport::rsaKey("somebody's").toPkcs8Pem().view().toByteArray();
        const QByteArray present = before == "same" ? sent.key.toPkcs8Pem().view().toByteArray() : before == "other" ? otherKey : before;
        if (!before.isEmpty())
            QVERIFY(Files::writeDurably(m_folder->filePath("plc-7.key.pem"), present, Files::FileAccess::OwnerOnly));
        auto journal = newJournal();
        QVERIFY(journal->begin(sent));
        Scep::TransactionStatus rejected;
        rejected.state = Scep::TransactionStatus::State::Rejected;
        QVERIFY(journal->close(sent, rejected));
        QVERIFY(!QFile::exists(m_file));
        const QByteArray kept = Files::readFile(m_folder->filePath(keyFile)).value();
        QCOMPARE(must(Pki::PrivateKey::fromBytes(kept)).publicKey(), sent.key.publicKey());
        if (!before.isEmpty())
            QCOMPARE(Files::readFile(m_folder->filePath("plc-7.key.pem")).value(), present);
        QVERIFY(journal->challenge({1})->isEmpty());
    }

    void keysUnderAPassphrase()
    {
        FileJournal::Enrollment enrollment;
        enrollment.server = Fixtures::server("plant", m_ca);
        enrollment.request = Fixtures::request("plc-7", {});
        enrollment.keyPassphrase = Pki::SecretBytes{QByteArrayView("open it")};
        auto journal = std::make_unique<FileJournal>(m_file, std::move(enrollment), FileJournal::Writer());
        Scep::Transaction sent = transaction();
        sent.signerKey = TestSupport::rsaKey("signer");
        QVERIFY(journal->begin(sent));
        QVERIFY(journal->update(sent));
        journal.reset();
        const QByteArray text = Files::readFile(m_file).value();
        QVERIFY(!text.contains("BEGIN PRIVATE KEY"));
        QCOMPARE(text.count("BEGIN ENCRYPTED PRIVATE KEY"), 2);
        QCOMPARE(FileJournal::resume(m_file, {}).error().code, ErrorCode::PassphraseRequired);
        QCOMPARE(FileJournal::resume(m_file, {}, Pki::SecretBytes{QByteArrayView("no idea")}).error().code, ErrorCode::WrongPassphrase);

        const Pki::SecretBytes passphrase{QByteArrayView("open it")};
        auto resumed = must(FileJournal::resume(m_file, {}, passphrase));
        compare(resumed->openTransactions()->first(), sent);
        QVERIFY(resumed->keyPassphrase() == passphrase);
        QVERIFY(resumed->update(sent));
        QVERIFY(!Files::readFile(m_file).value().contains("BEGIN PRIVATE KEY"));
        QVERIFY(resumed->close(sent, {}));
        const QByteArray kept = Files::readFile(m_folder->filePath("plc-7.key.pem")).value();
        QVERIFY(kept.startsWith("-----BEGIN ENCRYPTED PRIVATE KEY"));
        QCOMPARE(must(Pki::PrivateKey::fromBytes(kept, passphrase)).publicKey(), sent.key.publicKey());
    }

    void aPassphraseThatNothingNeeds()
    {
        QVERIFY(newJournal()->begin(transaction()));
        QVERIFY(must(FileJournal::resume(m_file, {}, Pki::SecretBytes{QByteArrayView("open it")}))->keyPassphrase().isEmpty());
    }

    void aKeyOfTheCallerIsNotWrittenAgain()
    {
        const Scep::Transaction sent = transaction();
        QVERIFY(newJournal({}, sent.key)->begin(sent));
        auto resumed = must(FileJournal::resume(m_file, {}));
        QVERIFY(resumed->close(sent, {}));
        QVERIFY(entries().isEmpty());
    }

    void theCurrentCredentialIsTheCallers()
    {
        FileJournal::Enrollment enrollment;
        enrollment.server = Fixtures::server("plant", m_ca);
        enrollment.request = Fixtures::request("plc-7", {});
        const Pki::PrivateKey key = TestSupport::rsaKey("former");
        const Pki::Certificate certificate = m_ca.issue(TestSupport::makeRequest("CN=former", key), Fixtures::now);
        enrollment.current = {certificate, key};
        auto journal = std::make_unique<FileJournal>(m_file, std::move(enrollment), FileJournal::Writer());
        QCOMPARE(journal->currentCredential({1})->certificate, certificate);
        QCOMPARE(journal->currentCredential({1})->key.publicKey(), key.publicKey());
        QVERIFY(journal->currentCertificates()->isEmpty()); // nothing begins by itself
        // Resumed: the open renewal holds it.
        Scep::Transaction sent = transaction();
        sent.renews = sent.signer = certificate;
        sent.signerKey = key;
        QVERIFY(journal->begin(sent));
        journal.reset();
        auto resumed = must(FileJournal::resume(m_file, {}));
        compare(resumed->openTransactions()->first(), sent);
        QCOMPARE(resumed->currentCredential({1})->certificate, certificate);
        QCOMPARE(resumed->currentCredential({1})->key.publicKey(), key.publicKey());
        QVERIFY(newJournal()->currentCredential({1})->certificate.isNull());
    }

    void aRenewalGoesOnWithAnotherMessage()
    {
        const Scep::Transaction first = transaction();
        const Scep::Transaction second = Fixtures::transaction({1}, {1}, m_ca, "OTHER");
        auto journal = newJournal();
        QCOMPARE(journal->replace(first, second).error().code, ErrorCode::Internal); // nothing is open
        QVERIFY(journal->begin(first));
        QVERIFY(journal->replace(first, second));
        compare(must(FileJournal::resume(m_file, {}))->openTransactions()->first(), second);
        QCOMPARE(journal->update(first).error().code, ErrorCode::Internal);
        QCOMPARE(entries(), QStringList{"plc-7.transaction.json"});
        QVERIFY(!journal->challenge({1})->isEmpty());
    }

    void aRefusedRenewalWithTheSameKeyWritesNoKey()
    {
        Scep::Transaction sent = transaction();
        sent.renews = m_ca.issue(sent.csr, Fixtures::now);
        auto journal = newJournal();
        QVERIFY(journal->begin(sent));
        QVERIFY(journal->close(sent, {}));
        QVERIFY(entries().isEmpty()); // the caller has it already, under whatever name
    }

    void damagedFilesAreRefused_data()
    {
        QTest::addColumn<QByteArray>("from");
        QTest::addColumn<QByteArray>("to");
        QTest::newRow("truncated") << QByteArray("TRUNCATE") << QByteArray();
        QTest::newRow("empty") << QByteArray("EMPTY") << QByteArray();
        QTest::newRow("garbage") << QByteArray("GARBAGE") << QByteArray();
        QTest::newRow("newer version") << QByteArray("\"version\":1") << QByteArray("\"version\":2");
        QTest::newRow("key") << QByteArray("BEGIN PRIVATE KEY-----\\n") << QByteArray("BEGIN PRIVATE KEY-----\\nAAAA");
        QTest::newRow("digest") << QByteArray("\"sha512\"") << QByteArray("\"sha9\"");
        QTest::newRow("phase") << QByteArray("\"prepared\"") << QByteArray("\"lost\"");
        QTest::newRow("type") << QByteArray("\"type\":17") << QByteArray("\"type\":18");
        QTest::newRow("renewal step") << QByteArray("\"renewal-req\"") << QByteArray("\"update-req\"");
        QTest::newRow("csr") << QByteArray("\"csr\":\"") << QByteArray("\"csr\":\"AAAA");
        QTest::newRow("transactionID") << QByteArray("\"id\":\"ABCDEF01\"") << QByteArray("\"id\":\"\"");
    }
    void damagedFilesAreRefused()
    {
        QFETCH(QByteArray, from);
        QFETCH(QByteArray, to);
        QVERIFY(newJournal()->begin(transaction()));
        QByteArray text = Files::readFile(m_file).value();
        if (from == "TRUNCATE") {
            text.chop(text.size() / 2);
        } else if (from == "EMPTY") {
            text.clear();
        } else if (from == "GARBAGE") {
            text = QByteArray(500, '\xfe');
        } else {
            QVERIFY(text.contains(from));
            text.replace(from, to);
        }
        QVERIFY(Files::writeDurably(m_file, text, Files::FileAccess::OwnerOnly));
        const auto resumed = FileJournal::resume(m_file, {});
        QVERIFY(!resumed);
        QCOMPARE(resumed.error().code, ErrorCode::Malformed);
        QVERIFY2(resumed.error().detail.startsWith(m_file), qPrintable(resumed.error().detail));
        QVERIFY(!resumed.error().detail.contains("one-time-secret"));
        QCOMPARE(Files::readFile(m_file).value(), text); // what a person may still rescue stays
    }

    void aMissingFileIsTold() { QCOMPARE(FileJournal::resume(m_folder->filePath("none.json"), {}).error().code, ErrorCode::FileNotFound); }

    void exchangesGoToTheListener()
    {
        auto journal = newJournal();
        journal->logExchange({}); // nobody listens: fine
        int seen = 0;
        journal->setExchangeListener([&](const Scep::Exchange &exchange) { seen += exchange.httpStatus; });
        Scep::Exchange exchange;
        exchange.httpStatus = 200;
        journal->logExchange(exchange);
        QCOMPARE(seen, 200);
    }

    /// kill -9 between and during updates: the next process finds a whole file with the key.
    void killedAtAnyTime()
    {
        Scep::Transaction sent = transaction();
        QVERIFY(newJournal()->begin(sent));
        for (int round = 0; round < 5; ++round) {
            const pid_t child = ::fork();
            QVERIFY(child >= 0);
            if (child == 0) {
                auto journal = FileJournal::resume(m_file, {});
                for (int polls = 0;; ++polls) {
                    sent.polls = polls;
                    (void)(*journal)->update(sent);
                }
            }
            ::usleep(20000 + 3000 * static_cast<useconds_t>(round));
            ::kill(child, SIGKILL);
            int status = 0;
            QCOMPARE(::waitpid(child, &status, 0), child);
            const auto open = must(FileJournal::resume(m_file, {}))->openTransactions().value();
            QCOMPARE(open.size(), 1);
            QCOMPARE(open.first().key.publicKey(), sent.key.publicKey());
            QCOMPARE(open.first().id, sent.id);
        }
    }
};

QTEST_GUILESS_MAIN(TestFileJournal)
#include "tst_filejournal.moc"
