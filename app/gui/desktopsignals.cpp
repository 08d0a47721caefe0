// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/desktopsignals.h"

#ifdef SCEPTER_HAS_DBUS
#include <QDBusConnection>
#endif

using namespace Qt::StringLiterals;

DesktopSignals::DesktopSignals(QObject *parent)
    : QObject(parent)
{
#ifdef SCEPTER_HAS_DBUS
    // A bus that is missing, or a desktop without these services, is no error: the signals never come.
    QDBusConnection session = QDBusConnection::sessionBus();
    for (const auto &[path, interface] : {std::pair{u"/org/freedesktop/ScreenSaver"_s, u"org.freedesktop.ScreenSaver"_s},
                                          {u"/org/gnome/ScreenSaver"_s, u"org.gnome.ScreenSaver"_s}})
        session.connect(QString(), path, interface, u"ActiveChanged"_s, this, SLOT(screenSaverChanged(bool)));
    QDBusConnection system = QDBusConnection::systemBus();
    const QString login = u"org.freedesktop.login1"_s;
    system.connect(login, QString(), u"org.freedesktop.login1.Session"_s, u"Lock"_s, this, SIGNAL(screenLocked()));
    system.connect(login, u"/org/freedesktop/login1"_s, u"org.freedesktop.login1.Manager"_s, u"PrepareForSleep"_s, this,
                   SLOT(sleepChanged(bool)));
#endif
}

void DesktopSignals::screenSaverChanged(bool isActive)
{
    if (isActive)
        emit screenLocked();
}

void DesktopSignals::sleepChanged(bool isBeginning)
{
    if (isBeginning)
        emit goingToSleep();
}
