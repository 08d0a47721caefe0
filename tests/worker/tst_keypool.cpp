// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/worker/keypool.h"

#include <QElapsedTimer>
#include <QTest>
#include <QThread>

using namespace Scep;
using Pki::KeySpec;

class TestKeyPool : public QObject
{
    Q_OBJECT

private:
    static constexpr KeySpec quick{KeySpec::Algorithm::Rsa, 1024};

private slots:
    void makesWhatWasAskedFor_data()
    {
        QTest::addColumn<QString>("spec");
        QTest::newRow("RSA 1024") << "rsa:1024";
        QTest::newRow("RSA 2048") << "rsa:2048";
        QTest::newRow("EC P-256") << "ec:P-256";
    }
    void makesWhatWasAskedFor()
    {
        QFETCH(QString, spec);
        KeyPool pool;
        QString made;
        int count = 0;
        QThread *thread = nullptr;
        pool.take(*KeySpec::fromText(spec), this, [&](const Pki::Result<Pki::PrivateKey> &key) {
            ++count;
            thread = QThread::currentThread();
            made = key ? key->spec().toText() : key.error().detail;
        });
        QCOMPARE(count, 0);
        QTRY_COMPARE_WITH_TIMEOUT(count, 1, 30000);
        QCOMPARE(made, spec);
        QCOMPARE(thread, QThread::currentThread());
    }

    void impossibleKeyIsAnErrorNotASilence()
    {
        KeyPool pool;
        std::optional<Pki::Error> error;
        pool.take({KeySpec::Algorithm::Ec, 123}, this, [&](const Pki::Result<Pki::PrivateKey> &key) {
            if (!key)
                error = key.error();
        });
        QTRY_VERIFY(error.has_value());
    }

    void nothingIsMadeUnasked()
    {
        KeyPool pool;
        QVERIFY(!QTest::qWaitFor([&] { return pool.spareCount(quick) > 0; }, 20));
    }

    void sparesComeFromTheEventLoopAndAreRefilled()
    {
        KeyPool pool;
        pool.keepSpare(quick, 2);
        QTRY_COMPARE_WITH_TIMEOUT(pool.spareCount(quick), 2, 30000);
        bool came = false;
        pool.take(quick, this, [&](const Pki::Result<Pki::PrivateKey> &key) { came = key.has_value(); });
        QVERIFY(!came);
        QCOMPARE(pool.spareCount(quick), 1);
        QCoreApplication::processEvents(); // one turn, no generation: it was ready
        QVERIFY(came);
        QTRY_COMPARE_WITH_TIMEOUT(pool.spareCount(quick), 2, 30000);
    }

    void noKeyIsGivenTwice()
    {
        KeyPool pool;
        pool.keepSpare(quick, 3);
        QList<QByteArray> keys;
        for (int i = 0; i < 8; ++i) {
            pool.take(quick, this, [&](const Pki::Result<Pki::PrivateKey> &key) {
                QVERIFY(key.has_value());
                keys.append(key->publicKey().der());
            });
        }
        QTRY_COMPARE_WITH_TIMEOUT(keys.size(), 8, 60000);
        QCOMPARE(QSet<QByteArray>(keys.cbegin(), keys.cend()).size(), 8);
    }

    void fewerSparesWantedDropsThem()
    {
        KeyPool pool;
        pool.keepSpare(quick, 2);
        QTRY_COMPARE_WITH_TIMEOUT(pool.spareCount(quick), 2, 30000);
        pool.keepSpare(quick, 0);
        QCOMPARE(pool.spareCount(quick), 0);
    }

    void contextGoneMeansNoCall()
    {
        KeyPool pool;
        bool called = false;
        auto context = std::make_unique<QObject>();
        pool.take(quick, context.get(), [&](const Pki::Result<Pki::PrivateKey> &) { called = true; });
        context.reset();
        bool other = false;
        pool.take(quick, this, [&](const Pki::Result<Pki::PrivateKey> &) { other = true; });
        QTRY_VERIFY_WITH_TIMEOUT(other, 30000);
        QVERIFY(!called);
    }

    void destructionWaitsAndDropsTheRest()
    {
        bool called = false;
        {
            KeyPool pool;
            for (int i = 0; i < 20; ++i)
                pool.take(quick, this, [&](const Pki::Result<Pki::PrivateKey> &) { called = true; });
            pool.keepSpare(quick, 5);
        }
        QCoreApplication::processEvents();
        QVERIFY(!called);
    }
};

QTEST_GUILESS_MAIN(TestKeyPool)
#include "tst_keypool.moc"
