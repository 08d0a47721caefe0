// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/labca/faultinjector.h"

#include <QSet>
#include <QTest>

using namespace LabCa;

class TestFaultPlan final : public QObject
{
    Q_OBJECT

private slots:
    void everyFaultHasANameOfItsOwn();
    void readsWhatItWrites_data();
    void readsWhatItWrites();
    void refusesWhatIsNone_data();
    void refusesWhatIsNone();
    void strikesItsShare_data();
    void strikesItsShare();
    void strikesTheSameWithTheSameSeed();
    void countsEachClient();
    void strikesOnlyItsOperation();
    void strikesSeveralAtOnce();
    void countsForEachRule();
    void stopsWhenItIsTold();
    void duplicatesTheAnswerBefore();
};

void TestFaultPlan::everyFaultHasANameOfItsOwn()
{
    QSet<QString> names;
    for (const FaultName &known : faultNames()) {
        names.insert(known.name);
        QVERIFY(!known.description.isEmpty() && !known.description.contains('\n'));
        QCOMPARE(nameOf(known.fault).name, known.name);
        QCOMPARE(known.unit.isEmpty(), known.standard == 0);
        const auto plan = FaultPlan::fromText({known.name});
        QVERIFY(plan);
        QCOMPARE(plan->rules.first().fault, known.fault);
    }
    QCOMPARE(names.size(), faultNames().size());
    QCOMPARE(names.size(), static_cast<int>(Fault::BadAlgorithm) + 1);
}

void TestFaultPlan::readsWhatItWrites_data()
{
    QTest::addColumn<QStringList>("texts");
    QTest::addColumn<QStringList>("written");
    QTest::newRow("none") << QStringList{} << QStringList{};
    QTest::newRow("plain") << QStringList{"wrong-nonce"} << QStringList{"wrong-nonce"};
    QTest::newRow("with a number") << QStringList{"stall=20"} << QStringList{"stall=20"};
    QTest::newRow("the usual number") << QStringList{"stall=30"} << QStringList{"stall"};
    QTest::newRow("a share") << QStringList{"drop:10%"} << QStringList{"drop:10%"};
    QTest::newRow("all of them") << QStringList{"drop:100%"} << QStringList{"drop"};
    QTest::newRow("an operation") << QStringList{"html@getcacert"} << QStringList{"html@GetCACert"};
    QTest::newRow("the usual operation") << QStringList{"html@PKIOperation"} << QStringList{"html"};
    QTest::newRow("any") << QStringList{"cut@any:5%"} << QStringList{"cut@any:5%"};
    QTest::newRow("everything") << QStringList{"slow-drip=9@GetCACaps:50%"} << QStringList{"slow-drip=9@GetCACaps:50%"};
    QTest::newRow("several") << QStringList{"drop:10%, wrong-nonce", "bad-alg"} << QStringList{"drop:10%", "wrong-nonce", "bad-alg"};
}

void TestFaultPlan::readsWhatItWrites()
{
    QFETCH(const QStringList, texts);
    QFETCH(const QStringList, written);
    const auto plan = FaultPlan::fromText(texts);
    QVERIFY2(plan, plan ? "" : qPrintable(plan.error().detail));
    QCOMPARE(plan->toText(), written);
    QCOMPARE(*FaultPlan::fromText(plan->toText()), *plan);
}

void TestFaultPlan::refusesWhatIsNone_data()
{
    QTest::addColumn<QString>("text");
    for (const char *text : {"gremlins", "drop=3", "stall=0", "stall=", "stall=4000", "drop:0%", "drop:101%", "drop:10", "drop:x%", "drop@",
                             "drop@GetCRL", "wrong-nonce@GetCACert", "wrong-nonce@any", "stall=-1", "drop:10%@any", "Drop", "stall=1e3"})
        QTest::newRow(text) << QString(text);
}

void TestFaultPlan::refusesWhatIsNone()
{
    QFETCH(const QString, text);
    const auto plan = FaultPlan::fromText({"cut", text});
    QVERIFY(!plan);
    QCOMPARE(plan.error().code, Pki::ErrorCode::InvalidArgument);
    QVERIFY2(plan.error().detail.contains(text), qPrintable(plan.error().detail));
}

void TestFaultPlan::strikesItsShare_data()
{
    QTest::addColumn<int>("percent");
    for (const int percent : {1, 10, 33, 50, 99, 100})
        QTest::addRow("%d", percent) << percent;
}

void TestFaultPlan::strikesItsShare()
{
    QFETCH(const int, percent);
    const FaultPlan plan{.rules = {{.fault = Fault::Drop, .percent = percent}}, .seed = 7};
    QList<QList<bool>> hundreds;
    for (quint64 hundred = 0; hundred < 3; ++hundred) {
        QList<bool> struck;
        for (quint64 i = 0; i < 100; ++i)
            struck.append(plan.strikes(plan.rules.first(), "127.0.0.1", hundred * 100 + i));
        QCOMPARE(struck.count(true), percent);
        hundreds.append(struck);
    }
    // Mixed anew each time: nobody can count on the tenth.
    if (percent < 100)
        QVERIFY(hundreds.at(0) != hundreds.at(1) || hundreds.at(1) != hundreds.at(2));
}

void TestFaultPlan::strikesTheSameWithTheSameSeed()
{
    const auto struck = [](quint64 seed) {
        const FaultPlan plan{.rules = {{.fault = Fault::Drop, .percent = 50}}, .seed = seed};
        QList<bool> list;
        for (quint64 i = 0; i < 100; ++i)
            list.append(plan.strikes(plan.rules.first(), "127.0.0.1", i));
        return list;
    };
    QCOMPARE(struck(1), struck(1));
    QVERIFY(struck(1) != struck(2));
}

namespace {

HttpRequest requestOf(const QString &client, const QString &operation = "PKIOperation")
{
    HttpRequest request;
    request.operation = operation;
    request.client = client;
    return request;
}

/// Answers with a number that grows.
HttpHandler counting(int &count)
{
    return [&count](const HttpRequest &, LogEntry *entry) {
        entry->outcome = "done";
        return HttpResponse{.status = 200, .contentType = "text/plain", .body = QByteArray::number(++count)};
    };
}

FaultPlan planOf(const QStringList &texts)
{
    return *FaultPlan::fromText(texts);
}

} // namespace

void TestFaultPlan::countsEachClient()
{
    int count = 0;
    FaultInjector injector(counting(count), planOf({"drop:10%"}));
    for (const QString client : {"192.0.2.1", "192.0.2.2"}) {
        int dropped = 0;
        for (int i = 0; i < 100; ++i)
            dropped += injector.handle(requestOf(client)).delivery.isDropped ? 1 : 0;
        QCOMPARE(dropped, 10);
    }
}

void TestFaultPlan::strikesOnlyItsOperation()
{
    int count = 0;
    FaultInjector injector(counting(count), planOf({"drop@GetCACert"}));
    QVERIFY(!injector.handle(requestOf("c")).delivery.isDropped);
    QVERIFY(injector.handle(requestOf("c", "getcacert")).delivery.isDropped);
    injector.setPlan(planOf({"http-500@any"}));
    QCOMPARE(injector.handle(requestOf("c", "GetCACaps")).status, 500);
    QCOMPARE(injector.handle(requestOf("c", "")).status, 500);
    QCOMPARE(count, 2); // nobody looked at the last two
}

void TestFaultPlan::strikesSeveralAtOnce()
{
    int count = 0;
    QList<Fault> seen;
    FaultInjector injector(
        [&](const HttpRequest &request, LogEntry *entry) {
            seen = request.faults;
            return counting(count)(request, entry);
        },
        planOf({"stall=2,slow-drip=3,wrong-nonce,foreign-key"}));
    LogEntry entry;
    const HttpResponse response = injector.handle(requestOf("c"), &entry);
    QCOMPARE(response.delivery.delay, std::chrono::seconds(2));
    QCOMPARE(response.delivery.dripOver, std::chrono::seconds(3));
    QVERIFY(seen.contains(Fault::WrongNonce) && seen.contains(Fault::ForeignKey));
    QCOMPARE(entry.outcome, QString("done [fault: stall, slow-drip, wrong-nonce, foreign-key]"));
}

void TestFaultPlan::countsForEachRule()
{
    int count = 0;
    FaultInjector injector(counting(count), planOf({"drop@GetCACert:10%", "http-500@PKIOperation:10%"}));
    int dropped = 0;
    int failed = 0;
    // However the two are mixed, each rule strikes ten of its own hundred.
    for (int i = 0; i < 100; ++i) {
        dropped += injector.handle(requestOf("c", "GetCACert")).delivery.isDropped ? 1 : 0;
        for (int j = 0; j < (i % 3 == 0 ? 2 : 1) && i < 75; ++j)
            failed += injector.handle(requestOf("c")).status == 500 ? 1 : 0;
    }
    QCOMPARE(dropped, 10);
    QCOMPARE(failed, 10);
}

void TestFaultPlan::stopsWhenItIsTold()
{
    int count = 0;
    FaultInjector injector(counting(count), planOf({"drop"}));
    QVERIFY(injector.handle(requestOf("c")).delivery.isDropped);
    injector.setPlan({});
    LogEntry entry;
    QVERIFY(!injector.handle(requestOf("c"), &entry).delivery.isDropped);
    QCOMPARE(entry.outcome, QString("done"));
    QVERIFY(injector.plan().rules.isEmpty());
}

void TestFaultPlan::duplicatesTheAnswerBefore()
{
    int count = 0;
    FaultInjector injector(counting(count), planOf({"duplicate-reply"}));
    QCOMPARE(injector.handle(requestOf("c")).body, QByteArray("1")); // there is none before
    QCOMPARE(injector.handle(requestOf("c")).body, QByteArray("1"));
    QCOMPARE(injector.handle(requestOf("c")).body, QByteArray("2"));
    QCOMPARE(injector.handle(requestOf("d")).body, QByteArray("4"));
    QCOMPARE(injector.handle(requestOf("c", "GetCACaps")).body, QByteArray("5"));
}

QTEST_GUILESS_MAIN(TestFaultPlan)
#include "tst_faultplan.moc"
