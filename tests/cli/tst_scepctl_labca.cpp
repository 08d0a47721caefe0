// SPDX-License-Identifier: GPL-3.0-or-later

// scepctl lab-ca: a Lab CA that is kept by several processes, also by one that is killed.

#include "scep/labca/cadirectory.h"
#include "scep/labca/entityregister.h"
#include "scep/labca/policyfile.h"
#include "tests/cli/scepctlprogram.h"
#include "tests/labca/labdevice.h"

#include <QDir>
#include <QJsonArray>
#include <QJsonDocument>
#include <QNetworkAccessManager>
#include <QNetworkReply>
#include <QProcess>
#include <QRandomGenerator>
#include <QTest>
#include <QTimer>

#include <csignal>

using Test::ScepctlProgram;
using Test::ScepctlResult;
using TestSupport::must;

namespace {

/// A serving Lab CA and what it printed when it listened.
struct Served {
    std::unique_ptr<QProcess> process;
    QJsonObject json;
    QUrl url;

    Served() = default;
    Served(Served &&) = default;
    Served &operator=(Served &&) = default;
    ~Served()
    {
        if (process && process->state() != QProcess::NotRunning) {
            process->terminate();
            process->waitForFinished();
        }
    }
};

/// One device's request, and what came of it so far.
struct Job {
    LabDevice device;
    RequestPlan plan;
    QByteArray message;
    Pki::Certificate certificate; ///< as the client got it
    bool isPending = false;
    LabCa::Mode mode = LabCa::Mode::Auto; ///< of the server that it is sent to
};

} // namespace

class TestScepctlLabCa final : public QObject
{
    Q_OBJECT

private slots:
    void wrongWords_data();
    void wrongWords();
    void registersDevices();
    void keepsAPolicy();
    void servesSeveralCas();
    void asksForThePassphrase();
    void rollsOver();
    void rollsOverByItself();
    void endsBySignal_data();
    void endsBySignal();
    void survivesKill9();

private:
    [[nodiscard]] Served serve(const QStringList &options) const
    {
        Served served;
        served.process = m_scepctl.start(QStringList{"--json", "lab-ca", "serve", "--port", "0"} + options);
        QByteArray line;
        const bool listens = QTest::qWaitFor(
            [&] {
                line += served.process->readAllStandardOutput();
                return line.contains('\n') || served.process->state() == QProcess::NotRunning;
            },
            60'000);
        if (!listens || !line.contains('\n'))
            qFatal("serve: %s", served.process->readAllStandardError().constData());
        served.json = QJsonDocument::fromJson(line.left(line.indexOf('\n'))).object();
        served.url = QUrl(served.json.value("url").toString());
        return served;
    }
    [[nodiscard]] QNetworkReply *post(const QUrl &url, const QByteArray &message)
    {
        QUrl target = url;
        target.setQuery("operation=PKIOperation");
        QNetworkRequest request(target);
        request.setHeader(QNetworkRequest::ContentTypeHeader, "application/x-pki-message");
        request.setTransferTimeout(30'000);
        return m_network.post(request, message);
    }
    /// Waits for the answer to one request.
    [[nodiscard]] LabCa::HttpResponse ask(const QUrl &url, const QByteArray &message)
    {
        const std::unique_ptr<QNetworkReply> reply(post(url, message));
        if (!QTest::qWaitFor([&] { return reply->isFinished(); }, 40'000))
            qFatal("no answer");
        return {.status = reply->attribute(QNetworkRequest::HttpStatusCodeAttribute).toInt(),
                .contentType = reply->header(QNetworkRequest::ContentTypeHeader).toByteArray(),
                .body = reply->readAll()};
    }
    [[nodiscard]] QString outcomeAt(const QUrl &url, const LabDevice &device, const LabCa::Depot &depot)
    {
        const RequestPlan plan = device.pkcsReq(depot);
        return outcome(ask(url, buildMessage(plan)), device, depot, plan);
    }
    /// Sends all jobs for this mode, the newest first, four at a time, until `isOver`; what comes back is kept.
    void load(const QUrl &url, QList<Job> &jobs, LabCa::Mode mode, const LabCa::Depot &depot, const std::function<bool()> &isOver);
    /// Approves what waits, as a person in a process of his own.
    static void approveAll(LabCa::Depot &depot, const QList<Job> &jobs);

    ScepctlProgram m_scepctl;
    QNetworkAccessManager m_network;
};

void TestScepctlLabCa::wrongWords_data()
{
    QTest::addColumn<QStringList>("words");
    QTest::addColumn<int>("exitCode");
    QTest::addColumn<QByteArray>("said");
    QTest::newRow("no verb") << QStringList() << 2 << QByteArray("takes one of serve, init");
    QTest::newRow("unknown verb") << QStringList{"conquer"} << 2 << QByteArray("takes one of serve, init");
    QTest::newRow("no folder") << QStringList{"serve"} << 2 << QByteArray("--dir is missing");
    QTest::newRow("mode") << QStringList{"serve", "--dir", "x", "--mode", "never"} << 2
                          << QByteArray("--mode takes auto, approve or registered");
    QTest::newRow("both validities") << QStringList{"serve", "--dir", "x", "--validity-days", "1", "--validity-minutes", "5"} << 2
                                     << QByteArray("either --validity-days or --validity-minutes");
    QTest::newRow("no minutes") << QStringList{"serve", "--dir", "x", "--validity-minutes", "0"} << 2
                                << QByteArray("--validity-minutes takes a whole number");
    QTest::newRow("key") << QStringList{"init", "--dir", "x", "--key", "des:56"} << 2 << QByteArray("--key takes rsa:2048");
    QTest::newRow("EC") << QStringList{"init", "--dir", "x", "--key", "ec:P-256"} << 2 << QByteArray("needs RSA keys");
    QTest::newRow("RA") << QStringList{"init", "--dir", "x", "--ra", "three"} << 2 << QByteArray("--ra takes none, one or split");
    QTest::newRow("name") << QStringList{"init", "--dir", "x", "--issuing-subject", "nonsense"} << 2 << QByteArray("nonsense");
    QTest::newRow("alias") << QStringList{"init", "--dir", "x", "--ca", "../y"} << 2 << QByteArray("--ca takes an alias");
    QTest::newRow("serve one of them") << QStringList{"serve", "--dir", "x", "--ca", "y"} << 2 << QByteArray("ca");
    QTest::newRow("public address") << QStringList{"serve", "--dir", "x", "--public-url", "ca.example"} << 2
                                    << QByteArray("--public-url takes http://HOST:PORT");
    QTest::newRow("no Lab CA") << QStringList{"list", "--dir", "x"} << 8 << QByteArray("no Lab CA");
    QTest::newRow("register nowhere") << QStringList{"register", "plc-7", "--dir", "x"} << 8 << QByteArray("no Lab CA");
    QTest::newRow("register nobody") << QStringList{"register", "--dir", "x"} << 2 << QByteArray("NAME is missing");
    QTest::newRow("time") << QStringList{"rollover", "--dir", "ca", "--at", "soon"} << 2 << QByteArray("--at takes a time");
}

void TestScepctlLabCa::wrongWords()
{
    QFETCH(const QStringList, words);
    QFETCH(const QByteArray, said);
    if (words.contains("ca") && !m_scepctl.exists("ca/issuing.pem"))
        must(LabCa::Depot::openOrCreate(m_scepctl.path("ca"), quickCa()));
    const ScepctlResult result = m_scepctl.run(QStringList{"lab-ca"} + words);
    QTEST(result.exitCode, "exitCode");
    QVERIFY2(result.errors.contains(said), result.errors.constData());
    QVERIFY(result.output.isEmpty());
    QVERIFY(!m_scepctl.exists("x/issuing.pem"));
}

void TestScepctlLabCa::registersDevices()
{
    const LabCa::Depot depot = must(LabCa::Depot::openOrCreate(m_scepctl.path("registered"), quickCa()));
    const Served served = serve({"--dir", "registered", "--mode", "registered"});
    QCOMPARE(served.json.value("mode").toString(), "registered");
    const QStringList folder{"--dir", "registered"};
    const ScepctlResult made = m_scepctl.run(QStringList{"--json", "lab-ca", "register", "plc-7"} + folder);
    QCOMPARE(made.exitCode, 0);
    const QByteArray challenge = made.json().value("challenge").toString().toLatin1();
    QCOMPARE(challenge.size(), 24);
    m_scepctl.write("typed", "typed by hand\n");
    const ScepctlResult typed = m_scepctl.run(QStringList{"--json", "lab-ca", "register", "plc-8", "--challenge-file", "typed"} + folder);
    QVERIFY(!typed.json().contains("challenge"));
    QVERIFY(!typed.output.contains("typed by hand"));
    const ScepctlResult again = m_scepctl.run(QStringList{"lab-ca", "register", "plc-8"} + folder);
    QCOMPARE(again.exitCode, 2);
    QVERIFY2(again.errors.contains("registered already"), again.errors.constData());
    QCOMPARE(m_scepctl.run(QStringList{"lab-ca", "register", "plc-9", "--out", "challenge"} + folder).exitCode, 0);
    QCOMPARE(m_scepctl.read("challenge").trimmed().size(), 24);

    // The serving process knows them at once.
    QCOMPARE(outcomeAt(served.url, LabDevice::create("CN=plc-7", "guessed"), depot),
             QString("badRequest: the challenge password is wrong"));
    QCOMPARE(outcomeAt(served.url, LabDevice::create("CN=plc-7", challenge), depot), QString("issued"));
    QCOMPARE(outcomeAt(served.url, LabDevice::create("CN=plc-7", challenge), depot),
             QString("badRequest: the challenge password was used already"));
    QCOMPARE(outcomeAt(served.url, LabDevice::create("CN=plc-8", "typed by hand"), depot), QString("issued"));
    QCOMPARE(outcomeAt(served.url, LabDevice::create("CN=plc-10", "x"), depot), QString("badRequest: \"plc-10\" is not registered here"));
    QCOMPARE(m_scepctl.run(QStringList{"lab-ca", "unregister", "plc-9"} + folder).exitCode, 0);
    QCOMPARE(m_scepctl.run(QStringList{"lab-ca", "unregister", "plc-9"} + folder).exitCode, 2);
    const ScepctlResult list = m_scepctl.run(QStringList{"lab-ca", "entities"} + folder);
    QVERIFY2(list.output.contains("used") && list.output.contains("plc-7") && !list.output.contains("plc-9"), list.output.constData());
}

void TestScepctlLabCa::keepsAPolicy()
{
    m_scepctl.write("shared", "s3cret\n");
    const ScepctlResult made = m_scepctl.run({"--json",
                                              "lab-ca",
                                              "init",
                                              "--dir",
                                              "kept",
                                              "--name",
                                              "Plant",
                                              "--root-subject",
                                              "C=SE, O=Plant, CN=Plant Root",
                                              "--key",
                                              "rsa:2048",
                                              "--root-years",
                                              "3",
                                              "--issuing-years",
                                              "2",
                                              "--ra",
                                              "one",
                                              "--mode",
                                              "approve",
                                              "--challenge-file",
                                              "shared",
                                              "--validity-minutes",
                                              "5"});
    QVERIFY2(made.exitCode == 0, made.errors.constData());
    QCOMPARE(made.json().value("rootSubject").toString(), QString("C=SE, O=Plant, CN=Plant Root (lab only)"));
    const LabCa::Depot depot = must(LabCa::Depot::open(m_scepctl.path("kept")));
    QCOMPARE(depot.root().publicKey().bits(), 2048);
    QCOMPARE(depot.root().notBefore().addYears(3), depot.root().notAfter());
    QVERIFY(depot.issuing().notAfter() <= depot.issuing().notBefore().addYears(2));
    QCOMPARE(int(depot.material()->current.raKind()), int(LabCa::RaKind::One));
    QVERIFY(!made.output.contains("s3cret"));
    {
        const Served served = serve({"--dir", "kept"});
        QCOMPARE(served.json.value("mode").toString(), "approve");
        QCOMPARE(outcomeAt(served.url, LabDevice::create("CN=plc-7", "s3cret"), depot), QString("pending"));
        QCOMPARE(outcomeAt(served.url, LabDevice::create("CN=plc-7", "wrong"), depot),
                 QString("badRequest: the challenge password is wrong"));
        served.process->terminate();
        QCOMPARE(ScepctlProgram::wait(*served.process).exitCode, 0);
    }
    // The command line goes before what is kept, for this once.
    const Served served = serve({"--dir", "kept", "--mode", "auto"});
    const LabDevice device = LabDevice::create("CN=plc-8", "s3cret");
    const RequestPlan plan = device.pkcsReq(depot);
    const auto certificate = issuedCertificate(ask(served.url, buildMessage(plan)), device, depot, plan);
    QVERIFY(certificate.notAfter() < QDateTime::currentDateTimeUtc().addSecs(6 * 60));
    // CRL and issuer are found where the certificate says.
    const QString crlUrl = certificate.crlDistributionPoints().value(0);
    QVERIFY2(crlUrl.startsWith(served.url.toString().chopped(4) + "crl/default-"), qPrintable(crlUrl));
    QCOMPARE(m_scepctl.run({"lab-ca", "revoke", "--dir", "kept", "--reason", "superseded", device.transactionId.toText()}).exitCode, 0);
    const std::unique_ptr<QNetworkReply> reply(m_network.get(QNetworkRequest(QUrl(crlUrl))));
    QVERIFY(QTest::qWaitFor([&] { return reply->isFinished(); }, 30'000));
    QCOMPARE(reply->header(QNetworkRequest::ContentTypeHeader).toString(), QString("application/pkix-crl"));
    const auto crl = must(Pki::Crl::fromDer(reply->readAll()));
    QVERIFY(crl.isSignedBy(depot.issuing()));
    QVERIFY(crl.find(certificate.serialNumber()));
    QCOMPARE(LabCa::policyOfFolder(m_scepctl.path("kept"))->mode, LabCa::Mode::Approve);
}

void TestScepctlLabCa::servesSeveralCas()
{
    must(LabCa::Depot::openOrCreate(m_scepctl.path("many"), quickCa()));
    QCOMPARE(m_scepctl.run({"lab-ca", "init", "--dir", "many", "--ca", "plant2", "--mode", "approve"}).exitCode, 0);
    const Served served = serve({"--dir", "many"});
    QCOMPARE(served.json.value("aliases").toArray(), QJsonArray({"default", "plant2"}));
    const LabCa::Depot second = must(LabCa::Depot::open(m_scepctl.path("many/cas/plant2")));
    const LabCa::Depot first = must(LabCa::Depot::open(m_scepctl.path("many")));
    QUrl url = served.url;
    url.setPath("/scep/plant2");
    const LabDevice device = LabDevice::create("CN=plc-7");
    QCOMPARE(outcomeAt(url, device, second), QString("pending"));
    QCOMPARE(outcomeAt(served.url, LabDevice::create("CN=plc-7"), first), QString("issued"));
    QCOMPARE(m_scepctl.run({"lab-ca", "approve", "--dir", "many", device.transactionId.toText()}).exitCode, 2); // not of this CA
    QCOMPARE(m_scepctl.run({"lab-ca", "approve", "--dir", "many", "--ca", "plant2", device.transactionId.toText()}).exitCode, 0);
    QCOMPARE(outcomeAt(url, device, second), QString("issued"));
}

void TestScepctlLabCa::asksForThePassphrase()
{
    m_scepctl.write("passphrase", "correct horse\n");
    m_scepctl.write("wrong", "battery staple\n");
    QCOMPARE(m_scepctl.run({"lab-ca", "init", "--dir", "locked", "--passphrase-file", "passphrase"}).exitCode, 0);
    QVERIFY(!m_scepctl.exists("locked/keys.secret"));
    const ScepctlResult none = m_scepctl.run({"--json", "lab-ca", "list", "--dir", "locked"});
    QCOMPARE(none.exitCode, 8);
    QCOMPARE(none.jsonError().value("code").toString(), QString("PassphraseRequired"));
    const ScepctlResult wrong = m_scepctl.run({"--json", "lab-ca", "list", "--dir", "locked", "--passphrase-file", "wrong"});
    QCOMPARE(wrong.exitCode, 8);
    QCOMPARE(wrong.jsonError().value("code").toString(), QString("WrongPassphrase"));
    QCOMPARE(m_scepctl.run({"lab-ca", "list", "--dir", "locked", "--passphrase-file", "passphrase"}).exitCode, 0);
    const Served served = serve({"--dir", "locked", "--passphrase-file", "passphrase"});
    const LabCa::Depot depot = must(LabCa::Depot::open(m_scepctl.path("locked"), Pki::SecretBytes(QByteArrayView("correct horse"))));
    QCOMPARE(outcomeAt(served.url, LabDevice::create("CN=plc-7"), depot), QString("issued"));
}

void TestScepctlLabCa::rollsOver()
{
    LabCa::Depot depot = must(LabCa::Depot::openOrCreate(m_scepctl.path("rolled"), quickCa()));
    const QStringList rollover{"--json", "lab-ca", "rollover", "--dir", "rolled"};
    QCOMPARE(m_scepctl.run(rollover + QStringList{"--now"}).exitCode, 2); // nothing to switch to
    const ScepctlResult made = m_scepctl.run(rollover + QStringList{"--root"});
    QCOMPARE(made.json().value("state").toString(), QString("announced"));
    QVERIFY(depot.refresh());
    QVERIFY(depot.material()->next->root != depot.root());
    QCOMPARE(made.json().value("rootSha256").toString(), depot.material()->next->root.fingerprint().toHex());
    const ScepctlResult planned = m_scepctl.run(rollover + QStringList{"--at", "2126-01-02T03:04:05Z"});
    QCOMPARE(planned.json().value("state").toString(), QString("scheduled"));
    QCOMPARE(planned.json().value("switchAt").toString(), QString("2126-01-02T03:04:05Z"));
    QCOMPARE(m_scepctl.run(rollover + QStringList{"--by-hand"}).json().value("state").toString(), QString("announced"));
    const ScepctlResult done = m_scepctl.run(rollover + QStringList{"--now"});
    QCOMPARE(done.json().value("state").toString(), QString("issuing"));
    QVERIFY(depot.refresh());
    QCOMPARE(done.json().value("sha256").toString(), depot.issuing().fingerprint().toHex());
    QCOMPARE(depot.retiredIssuing().size(), 1);
}

void TestScepctlLabCa::rollsOverByItself()
{
    // The time passes while a process serves: the next request finds the next CA.
    LabCa::Depot depot = must(LabCa::Depot::openOrCreate(m_scepctl.path("timed"), quickCa()));
    QVERIFY(depot.makeNextIssuing());
    const Pki::Certificate next = depot.nextIssuing();
    const Served served = serve({"--dir", "timed"});
    QVERIFY(depot.scheduleSwitch(QDateTime::currentDateTimeUtc().addSecs(-1)));
    QUrl url = served.url;
    url.setQuery("operation=GetCACert");
    const std::unique_ptr<QNetworkReply> reply(m_network.get(QNetworkRequest(url)));
    QVERIFY(QTest::qWaitFor([&] { return reply->isFinished(); }, 30'000));
    QVERIFY(reply->readAll().contains(next.der()));
    QVERIFY(depot.refresh());
    QCOMPARE(depot.issuing(), next);
}

void TestScepctlLabCa::endsBySignal_data()
{
    QTest::addColumn<int>("signal");
    QTest::newRow("SIGTERM") << SIGTERM;
    QTest::newRow("Ctrl-C") << SIGINT;
}

void TestScepctlLabCa::endsBySignal()
{
    QFETCH(const int, signal);
    must(LabCa::Depot::openOrCreate(m_scepctl.path("ended"), quickCa()));
    const Served served = serve({"--dir", "ended"});
    QCOMPARE(::kill(static_cast<pid_t>(served.process->processId()), signal), 0);
    const ScepctlResult result = ScepctlProgram::wait(*served.process);
    QCOMPARE(result.exitCode, 0);
    QVERIFY2(result.errors.contains("Lab CA stopped."), result.errors.constData());
}

void TestScepctlLabCa::load(const QUrl &url, QList<Job> &jobs, LabCa::Mode mode, const LabCa::Depot &depot,
                            const std::function<bool()> &isOver)
{
    constexpr int atOnce = 4;
    QList<std::pair<QNetworkReply *, qsizetype>> running;
    QList<qsizetype> order;
    for (qsizetype i = jobs.size() - 1; i >= 0; --i) {
        if (jobs[i].mode == mode)
            order.append(i);
    }
    qsizetype next = 0;
    const auto collect = [&](QNetworkReply *reply, Job &job) {
        const std::unique_ptr<QNetworkReply> owned(reply);
        if (reply->error() != QNetworkReply::NoError)
            return; // killed meanwhile
        const LabCa::HttpResponse response{
            .status = 200, .contentType = reply->header(QNetworkRequest::ContentTypeHeader).toByteArray(), .body = reply->readAll()};
        const QString said = outcome(response, job.device, depot, job.plan);
        QVERIFY2(said == "issued" || said == "pending", qPrintable(said));
        job.isPending = said == "pending";
        if (job.isPending)
            return;
        const Pki::Certificate certificate = issuedCertificate(response, job.device, depot, job.plan);
        // Once given, it is always the same.
        QVERIFY(job.certificate.isNull() || job.certificate == certificate);
        job.certificate = certificate;
    };
    while (!running.isEmpty() || (next < order.size() && !isOver())) {
        while (running.size() < atOnce && next < order.size() && !isOver()) {
            running.append({post(url, jobs[order[next]].message), order[next]});
            ++next;
        }
        const auto isDone = [](const auto &pair) { return pair.first->isFinished(); };
        QVERIFY(QTest::qWaitFor([&] { return std::ranges::any_of(running, isDone); }, 40'000));
        for (auto it = running.begin(); it != running.end();) {
            if (!it->first->isFinished()) {
                ++it;
                continue;
            }
            collect(it->first, jobs[it->second]);
            it = running.erase(it);
        }
    }
}

void TestScepctlLabCa::approveAll(LabCa::Depot &depot, const QList<Job> &jobs)
{
    for (const Job &job : jobs) {
        const auto known = must(depot.find(job.plan.transactionId));
        if (known && known->state == LabCa::Enrollment::State::Pending)
            QVERIFY(depot.approve(job.plan.transactionId));
    }
}

void TestScepctlLabCa::survivesKill9()
{
    using LabCa::Mode;
    const quint32 seed = QRandomGenerator::global()->generate();
    qInfo("seed %u", seed);
    QRandomGenerator random(seed);
    LabCa::Depot depot = must(LabCa::Depot::openOrCreate(m_scepctl.path("killed"), quickCa()));
    LabCa::EntityRegister entities(m_scepctl.path("killed"));
    const Mode modes[] = {Mode::Auto, Mode::Approve, Mode::Registered};
    constexpr int rounds = 9;
    constexpr int jobsPerRound = 50;
    QList<Job> jobs;
    int killedUnderLoad = 0;
    for (int round = 0; round < rounds; ++round) {
        const Mode mode = modes[round % 3];
        for (int i = 0; i < jobsPerRound; ++i) {
            const QString name = QString("plc-%1-%2").arg(round).arg(i);
            Job job;
            job.mode = mode;
            if (mode == Mode::Registered)
                QVERIFY(entities.add(name, Pki::SecretBytes(name.toLatin1()), false, QDateTime::currentDateTimeUtc()));
            job.device = LabDevice::create("CN=" + name, name.toLatin1(), {}, QString("key %1").arg(i % 4));
            job.plan = job.device.pkcsReq(depot);
            job.message = buildMessage(job.plan);
            jobs.append(job);
        }
        const Served served = serve({"--dir", "killed", "--mode", LabCa::displayName(mode)});
        QTimer::singleShot(static_cast<int>(random.bounded(20, 250)), served.process.get(), &QProcess::kill);
        const auto isDead = [&served] { return served.process->state() == QProcess::NotRunning; };
        load(served.url, jobs, mode, depot, isDead);
        if (QTest::currentTestFailed())
            return;
        if (!isDead())
            QVERIFY(served.process->waitForFinished());
        QCOMPARE(served.process->exitStatus(), QProcess::CrashExit);
        killedUnderLoad +=
            std::ranges::any_of(jobs, [mode](const Job &job) { return job.mode == mode && job.certificate.isNull() && !job.isPending; });

        // Whatever moment it was: the folder is whole, and has all that was given out.
        LabCa::Depot opened = must(LabCa::Depot::open(m_scepctl.path("killed")));
        const auto enrollments = opened.enrollments();
        QVERIFY2(enrollments, qPrintable(enrollments ? QString() : enrollments.error().detail));
        QSet<QByteArray> serials;
        for (const LabCa::Enrollment &enrollment : *enrollments) {
            if (enrollment.certificate.isNull())
                continue;
            QVERIFY(!serials.contains(enrollment.certificate.serialNumber().bytes()));
            serials.insert(enrollment.certificate.serialNumber().bytes());
        }
        QVERIFY(entities.entities());
        for (const Job &job : std::as_const(jobs)) {
            const auto known = must(opened.find(job.plan.transactionId));
            if (!job.certificate.isNull())
                QVERIFY(known && known->certificate == job.certificate);
            if (job.isPending)
                QVERIFY(known.has_value());
        }
        approveAll(opened, jobs);
    }
    QVERIFY(killedUnderLoad >= 1);

    // In the end everybody has his certificate: what was approved without another approval, who is registered with the challenge that a
    // killed process may have used up for him.
    for (const Mode mode : modes) {
        const Served served = serve({"--dir", "killed", "--mode", LabCa::displayName(mode)});
        const auto never = [] { return false; };
        load(served.url, jobs, mode, depot, never);
        if (mode == Mode::Approve) {
            for (const Job &job : std::as_const(jobs))
                QVERIFY(job.mode != mode || !job.certificate.isNull() || job.isPending);
            approveAll(depot, jobs);
            load(served.url, jobs, mode, depot, never);
        }
        if (mode == Mode::Registered) {
            for (int i = 0; i < 5; ++i) {
                const Job &victim = jobs[2 * jobsPerRound + i];
                const QString name = victim.device.request.subject().commonName();
                const LabDevice thief = LabDevice::create("CN=" + name, name.toLatin1(), {}, "thief");
                QCOMPARE(outcomeAt(served.url, thief, depot), QString("badRequest: the challenge password was used already"));
            }
        }
    }
    QSet<QByteArray> serials;
    for (const Job &job : std::as_const(jobs)) {
        QVERIFY(!job.certificate.isNull());
        serials.insert(job.certificate.serialNumber().bytes());
    }
    QCOMPARE(serials.size(), jobs.size());
    QCOMPARE(must(depot.enrollments()).size(), jobs.size());
}

QTEST_GUILESS_MAIN(TestScepctlLabCa)
#include "tst_scepctl_labca.moc"
