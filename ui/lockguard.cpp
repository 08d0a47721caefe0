// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/lockguard.h"

#include <QCoreApplication>
#include <QEvent>

#include <algorithm>
#include <chrono>

using namespace std::chrono_literals;

namespace Gui {

LockGuard::LockGuard(Now now, QObject *parent)
    : QObject(parent)
    , m_now(std::move(now))
    , m_policy({}, m_now())
{
    m_timer.setSingleShot(true);
    connect(&m_timer, &QTimer::timeout, this, &LockGuard::look);
    QCoreApplication::instance()->installEventFilter(this);
    schedule();
}

LockGuard::~LockGuard() = default;

void LockGuard::setSettings(const Models::VaultLockPolicy::Settings &settings)
{
    m_policy.setSettings(settings);
    schedule();
}

void LockGuard::screenLocked()
{
    if (m_policy.screenLocked())
        emit lockWanted();
}

void LockGuard::goesToSleep()
{
    if (m_policy.goesToSleep())
        emit lockWanted();
}

void LockGuard::used()
{
    m_policy.used(m_now());
    if (!m_timer.isActive())
        schedule();
}

bool LockGuard::eventFilter(QObject *watched, QEvent *event)
{
    switch (event->type()) {
    case QEvent::KeyPress:
    case QEvent::MouseButtonPress:
    case QEvent::MouseMove:
    case QEvent::Wheel:
    case QEvent::TouchBegin:
        used(); // the timer is not moved with every event: when it ends, it looks at how long ago the last one was
        break;
    default:
        break;
    }
    return QObject::eventFilter(watched, event);
}

void LockGuard::look()
{
    if (m_policy.isIdleTooLong(m_now()))
        emit lockWanted(); // what is used next starts the timer again
    else
        schedule();
}

void LockGuard::schedule()
{
    m_timer.stop();
    const QDateTime next = m_policy.nextLook();
    if (next.isValid())
        m_timer.start(std::max(1000ms, std::chrono::milliseconds(m_now().msecsTo(next))));
}

} // namespace Gui
