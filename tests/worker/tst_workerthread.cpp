// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/worker/workerthread.h"

#include <QPointer>
#include <QSemaphore>
#include <QTest>

using namespace Scep;

class TestWorkerThread : public QObject
{
    Q_OBJECT

private slots:
    void runsInItsThreadInOrder()
    {
        QList<int> order;
        QThread *thread = nullptr;
        QString name;
        QSemaphore done;
        WorkerThread worker("engine");
        for (int i = 0; i < 10; ++i)
            worker.post([&order, i] { order.append(i); });
        worker.post([&] {
            thread = QThread::currentThread();
            name = thread->objectName();
            done.release();
        });
        QVERIFY(done.tryAcquire(1, 5000));
        QCOMPARE(order, QList<int>({0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
        QVERIFY(thread != QThread::currentThread());
        QCOMPARE(thread, worker.context()->thread());
        QCOMPARE(name, QString("engine"));
    }

    void atEndRunsInTheThreadAfterEverythingPosted()
    {
        QStringList order;
        QThread *thread = nullptr;
        QThread *workerThread = nullptr;
        QPointer<QObject> context;
        {
            WorkerThread worker("engine");
            context = worker.context();
            workerThread = worker.context()->thread();
            worker.setAtEnd([&] {
                order.append("end");
                thread = QThread::currentThread();
            });
            worker.post([&] { order.append("work"); });
        }
        QCOMPARE(order, QStringList({"work", "end"}));
        QCOMPARE(thread, workerThread);
        QVERIFY(context.isNull());
    }

    void objectsDeletedLaterInAtEndAreGone()
    {
        QPointer<QObject> object;
        {
            WorkerThread worker("engine");
            worker.post([&] { object = new QObject; });
            worker.setAtEnd([&] { object->deleteLater(); });
        }
        QVERIFY(object.isNull());
    }

    void hasAnEventLoop()
    {
        QSemaphore done;
        WorkerThread worker("engine");
        worker.post([&] { QMetaObject::invokeMethod(worker.context(), [&] { done.release(); }, Qt::QueuedConnection); });
        QVERIFY(done.tryAcquire(1, 5000));
    }
};

QTEST_GUILESS_MAIN(TestWorkerThread)
#include "tst_workerthread.moc"
