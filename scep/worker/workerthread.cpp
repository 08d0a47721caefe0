// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/worker/workerthread.h"

namespace Scep {

WorkerThread::WorkerThread(const QString &name)
    : m_context(new QObject)
{
    m_thread.setObjectName(name);
    m_context->moveToThread(&m_thread);
    QObject::connect(&m_thread, &QThread::finished, m_context, &QObject::deleteLater);
    m_thread.start();
}

WorkerThread::~WorkerThread()
{
    // Posted, so that everything posted before still runs; quit() from inside, so that atEnd is never cut off.
    post([this] {
        if (m_atEnd)
            m_atEnd();
        m_thread.quit();
    });
    m_thread.wait();
}

void WorkerThread::post(std::function<void()> work)
{
    QMetaObject::invokeMethod(m_context, std::move(work), Qt::QueuedConnection);
}

void WorkerThread::setAtEnd(std::function<void()> atEnd)
{
    m_atEnd = std::move(atEnd); // read in the thread only after the destructor's post()
}

} // namespace Scep
