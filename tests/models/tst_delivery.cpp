// SPDX-License-Identifier: GPL-3.0-or-later

// Delivery from the store: what is due is delivered once, failures come again after a pause and over restarts, nothing touches the
// certificate.

#include "models/service/delivery.h"

#include "models/store/store.h"
#include "models/vault/vault.h"
#include "scep/files/durablefile.h"
#include "tests/models/modelfixtures.h"
#include "tests/support/fakeclock.h"

#include <QDir>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

using namespace Models;
using namespace std::chrono_literals;
using TestSupport::FakeClock;
using TestSupport::must;
using State = DeliveryState::State;

class TestDelivery : public QObject
{
    Q_OBJECT

    TestSupport::TestCa m_ca = TestSupport::TestCa::create("Deliverer", Fixtures::now);
    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<Vault> m_vault;
    std::unique_ptr<Store> m_store;
    std::unique_ptr<FakeClock> m_clock;
    std::unique_ptr<Deliverer> m_deliverer;
    QList<DeliveryOutcome> m_outcomes;
    Scep::RequestId m_request;
    int m_number = 0;

    [[nodiscard]] QString out() const { return m_folder->filePath("out"); }
    void openStore()
    {
        m_deliverer.reset();
        m_store.reset();
        m_store = must(Store::open(m_folder->filePath("store.sqlite"), *m_vault));
    }
    void startDeliverer()
    {
        m_outcomes.clear();
        m_deliverer = std::make_unique<Deliverer>(*m_store, *m_clock);
        connect(m_deliverer.get(), &Deliverer::attempted, this, [this](const DeliveryOutcome &outcome) { m_outcomes.append(outcome); });
        m_deliverer->start();
    }
    /// A certificate arrives, as from the engine.
    void issue()
    {
        const Scep::ServerId server = must(m_store->requestRecord(m_request)).request.server;
        const Scep::Transaction transaction =
            Fixtures::transaction(m_request, server, m_ca, QString("ABCDEF%1").arg(++m_number, 2, 10, QChar('0')));
        QVERIFY(m_store->begin(transaction));
        Scep::IssuedCertificate issued = Fixtures::issued(transaction, m_ca);
        QVERIFY(m_store->complete(transaction, issued));
    }
    void setRule(Delivery rule, const char *passphrase = nullptr)
    {
        rule.folder = out();
        const Pki::SecretBytes secret{QByteArrayView(passphrase ? passphrase : "")};
        const auto set = m_store->setDeliveryRule(m_request, rule, passphrase ? &secret : nullptr);
        QVERIFY2(set, set ? "" : qPrintable(set.error().detail));
    }
    [[nodiscard]] QString script(const QByteArray &text) const
    {
        const QString path = m_folder->filePath("program");
        if (!Files::writeDurably(path, "#!/bin/sh\n" + text + "\n", Files::FileAccess::OwnerOnly))
            qFatal("cannot write %s", qPrintable(path));
        QFile::setPermissions(path, QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
        return path;
    }
    DeliveryState state() { return must(m_store->deliveryState(m_request)); }
    QByteArray read(const QString &name) { return must(Files::readFile(QDir(out()).filePath(name))); }

private slots:
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        m_clock = std::make_unique<FakeClock>(Fixtures::now);
        m_vault = std::make_unique<Vault>(must(Vault::create(m_folder->filePath("vault.json"), Pki::SecretBytes(QByteArrayView("pass")))));
        openStore();
        const auto server = must(m_store->addServer(Fixtures::server("plant", m_ca)));
        QVERIFY(m_store->storeKnowledge(Fixtures::knowledge(server, m_ca)));
        m_request = must(m_store->addRequest(Fixtures::request("plc-7", server), {}, {}, {}));
    }
    void cleanup()
    {
        m_deliverer.reset();
        m_store.reset();
    }

    void deliversWhatComes()
    {
        Delivery rule;
        rule.files = Delivery::Files(Delivery::File::Key) | Delivery::File::Certificate | Delivery::File::CaStore | Delivery::File::Pkcs12;
        rule.program = script("printf '%s\\n' \"$1\" \"$SCEPTER_LABEL\" \"$SCEPTER_CA_FILES\" >>told; test -f \"$2\" && ls >listed");
        rule.arguments = QStringList{"{serial}", "{p12}"};
        setRule(rule, "für die SPS");
        startDeliverer();
        QCoreApplication::processEvents();
        QCOMPARE(state().state, State::None); // nothing came yet
        issue();
        QTRY_COMPARE(m_outcomes.size(), 1);
        QCOMPARE(state().state, State::Delivered);
        QCOMPARE(state().at, Fixtures::now);
        const auto current = *must(m_store->requestRecord(m_request)).current;
        const QList<QByteArray> told = read("told").split('\n');
        QCOMPARE(told.at(0), current.certificate.serialNumber().toHex().toUtf8());
        QCOMPARE(told.at(1), "plc-7");
        QVERIFY(told.at(2).contains("plant-cacerts-2.pem"));
        QVERIFY2(read("listed").contains("plc-7-key-pair.cert.pem"), "files first, then the program");
        const auto bundle = must(Pki::fromPkcs12(read("plc-7-key-pair.p12"), Pki::SecretBytes(QByteArrayView("für die SPS"))));
        QCOMPARE(bundle.certificate, current.certificate);
        QCOMPARE(m_outcomes.first().files.size(), 3 + told.at(2).split(':').size());

        // Once, whatever happens, until the next certificate comes.
        m_clock->advance(24h * 30);
        startDeliverer();
        QCoreApplication::processEvents();
        QVERIFY(!m_deliverer->isBusy());
        issue();
        QTRY_COMPARE(m_outcomes.size(), 1);
        QCOMPARE(read("told").count('\n'), 6);
        QVERIFY(read("plc-7-key-pair.cert.pem") != current.certificate.toPem());
    }

    void triesAgainAfterAPause()
    {
        Delivery rule;
        rule.program = script("echo x >>tries; test -f ok || { echo 'device is off' >&2; exit 3; }");
        setRule(rule);
        startDeliverer();
        issue();
        QTRY_COMPARE(m_outcomes.size(), 1);
        DeliveryState failed = state();
        QCOMPARE(failed.state, State::Failed);
        QCOMPARE(failed.attempts, 1);
        QCOMPARE(failed.nextTryAt, Fixtures::now.addSecs(60));
        const Explanation told = explainDelivery(failed, "plc-7");
        QVERIFY2(told.what.contains("ended with status 3: device is off"), qPrintable(told.what));
        QVERIFY(must(m_store->requestRecord(m_request)).current); // the certificate is there all the same
        QCOMPARE(must(m_store->requestRecord(m_request)).delivery, failed);

        QTRY_COMPARE(m_clock->alarm(), failed.nextTryAt);
        m_clock->advance(60s);
        QTRY_COMPARE(m_outcomes.size(), 2);
        QCOMPARE(state().attempts, 2);
        QCOMPARE(state().nextTryAt, m_clock->now().addSecs(120));

        // The pause outlives the process.
        openStore();
        startDeliverer();
        m_clock->advance(119s);
        QCoreApplication::processEvents();
        QVERIFY(!m_deliverer->isBusy());
        QVERIFY(Files::writeDurably(QDir(out()).filePath("ok"), "x", Files::FileAccess::OwnerOnly));
        m_clock->advance(1s);
        QTRY_COMPARE(m_outcomes.size(), 1);
        QCOMPARE(state().state, State::Delivered);
        QCOMPARE(state().attempts, 0);
        QVERIFY(!state().error);
        QCOMPARE(read("tries").count('\n'), 3);
    }

    void aClockThatWasSetDelaysNothing_data()
    {
        QTest::addColumn<int>("hours");
        QTest::addColumn<bool>("whileItRuns");
        QTest::newRow("back, while it runs") << -24 << true;
        QTest::newRow("back, while no process runs") << -24 << false;
        QTest::newRow("ahead, while it runs") << 24 << true;
        QTest::newRow("back by less than the pause") << 0 << true;
    }
    void aClockThatWasSetDelaysNothing()
    {
        QFETCH(int, hours);
        QFETCH(bool, whileItRuns);
        Delivery rule;
        rule.program = script("echo x >>tries; exit 3");
        setRule(rule);
        startDeliverer();
        issue();
        QTRY_COMPARE(m_outcomes.size(), 1);
        if (!whileItRuns)
            m_deliverer.reset();
        m_clock->setNow(Fixtures::now.addSecs(hours == 0 ? -30 : hours * 3600));
        if (!whileItRuns) {
            QCoreApplication::processEvents(); // nobody is there to be told of the jump
            startDeliverer();
        }
        QTRY_COMPARE(m_clock->alarm(), m_clock->now().addSecs(60));
        QCOMPARE(state().nextTryAt, m_clock->now().addSecs(60));
        m_clock->advance(60s);
        QTRY_COMPARE(m_outcomes.size(), whileItRuns ? 2 : 1);
        QCOMPARE(state().attempts, 2);
        QCOMPARE(state().nextTryAt, m_clock->now().addSecs(120));
    }

    void tellsOnlyOfFilesThatAreThere_data()
    {
        QTest::addColumn<Delivery>("rule");
        QTest::addColumn<int>("files");
        Delivery rule;
        rule.files |= Delivery::File::Pkcs12;
        QTest::newRow("not written") << rule << 0;
        rule = {};
        rule.program = "/bin/false";
        QTest::newRow("written, but the program failed") << rule << 3;
    }
    void tellsOnlyOfFilesThatAreThere()
    {
        QFETCH(Delivery, rule);
        QFETCH(int, files);
        setRule(rule);
        startDeliverer();
        issue();
        QTRY_COMPARE(m_outcomes.size(), 1);
        QCOMPARE(state().state, State::Failed);
        QCOMPARE(m_outcomes.first().files.size(), files);
        for (const QString &file : m_outcomes.first().files)
            QVERIFY2(QFile::exists(file), qPrintable(file));
    }

    void whatACrashCutOffHappensAgain()
    {
        Delivery rule;
        rule.program = script("echo x >>tries; exec sleep 300");
        setRule(rule);
        startDeliverer();
        issue();
        QTRY_VERIFY(QFile::exists(QDir(out()).filePath("tries")));
        openStore(); // ends the deliverer first
        QCOMPARE(state().state, State::Due);
        QVERIFY(m_store->setDeliveryRule(m_request, [&] {
            rule.folder = out();
            rule.program = script("echo x >>tries");
            return rule;
        }()));
        startDeliverer();
        QTRY_COMPARE(m_outcomes.size(), 1);
        QCOMPARE(state().state, State::Delivered);
        QCOMPARE(read("tries").count('\n'), 2);
    }

    void nowWhenAsked()
    {
        Delivery rule;
        setRule(rule);
        issue();
        startDeliverer();
        QTRY_COMPARE(m_outcomes.size(), 1);
        QVERIFY(QDir(out()).removeRecursively());
        QVERIFY(m_store->requestDelivery(m_request));
        QTRY_COMPARE(m_outcomes.size(), 2);
        QVERIFY(read("plc-7-key-pair.key.pem").contains("PRIVATE KEY"));
    }

    void aNewerCertificateIsNotForgotten()
    {
        Delivery rule;
        rule.program = script("while ! test -f go; do sleep 0.05; done");
        setRule(rule);
        startDeliverer();
        issue();
        QTRY_VERIFY(QFile::exists(QDir(out()).filePath("plc-7-key-pair.cert.pem")));
        const QByteArray first = read("plc-7-key-pair.cert.pem");
        issue(); // renewed while the first one is under way
        QVERIFY(Files::writeDurably(QDir(out()).filePath("go"), "x", Files::FileAccess::OwnerOnly));
        QTRY_COMPARE(m_outcomes.size(), 2);
        QCOMPARE(state().state, State::Delivered);
        QVERIFY(read("plc-7-key-pair.cert.pem") != first);
        QCOMPARE(read("plc-7-key-pair.cert.pem"), must(m_store->requestRecord(m_request)).current->certificate.toPem());
    }

    void waitsForTheVault()
    {
        setRule({});
        issue();
        m_vault->lock();
        startDeliverer();
        QSignalSpy failed(m_deliverer.get(), &Deliverer::storeFailed);
        QCoreApplication::processEvents();
        QVERIFY(!m_deliverer->isBusy());
        QCOMPARE(state().state, State::Due);
        QCOMPARE(state().attempts, 0);
        QVERIFY(m_vault->unlock(Pki::SecretBytes(QByteArrayView("pass"))));
        m_deliverer->storageAvailable();
        QTRY_COMPARE(m_outcomes.size(), 1);
        QCOMPARE(state().state, State::Delivered);
        QCOMPARE(failed.count(), 0);
    }

    void tellsWhatIsWrongWithTheRule_data()
    {
        QTest::addColumn<Delivery>("rule");
        QTest::addColumn<QString>("complaint");
        Delivery rule;
        rule.files |= Delivery::File::Pkcs12;
        QTest::newRow("PKCS#12 without a pass phrase") << rule << "empty";
        rule = {};
        rule.program = "/no/such/program";
        QTest::newRow("no program") << rule << "cannot be started";
        rule = {};
        rule.keyAlias = "{name}";
        QTest::newRow("unknown name") << rule << "{name}";
        rule = {};
        rule.program = "/bin/sleep";
        rule.arguments = QStringList{"300"};
        rule.timeout = 1s;
        QTest::newRow("too long") << rule << "took too long";
    }
    void tellsWhatIsWrongWithTheRule()
    {
        QFETCH(Delivery, rule);
        QFETCH(QString, complaint);
        setRule(rule);
        startDeliverer();
        issue();
        QTRY_COMPARE_WITH_TIMEOUT(m_outcomes.size(), 1, 20000);
        QCOMPARE(state().state, State::Failed);
        const QString line = explainDelivery(state(), "plc-7").oneLine();
        QVERIFY2(line.contains(complaint), qPrintable(line));
        QVERIFY2(line.contains("tried again by itself"), qPrintable(line));
    }

    void onlyTheOneThatIsAskedFor()
    {
        setRule({});
        issue();
        m_deliverer = std::make_unique<Deliverer>(*m_store, *m_clock);
        m_deliverer->start({m_request.value + 1});
        QCoreApplication::processEvents();
        QVERIFY(!m_deliverer->isBusy());
        QCOMPARE(m_clock->alarmCount(), 0); // and it does not spin over what is due and not meant
        QCOMPARE(state().state, State::Due);
    }
};

QTEST_GUILESS_MAIN(TestDelivery)
#include "tst_delivery.moc"
