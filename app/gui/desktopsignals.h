// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>

/// What the desktop tells over D-Bus: the screen was locked, the machine is about to sleep. Where there is no D-Bus, nothing is ever told.
class DesktopSignals final : public QObject
{
    Q_OBJECT

public:
    explicit DesktopSignals(QObject *parent = nullptr);

signals:
    void screenLocked(); ///< or the session was asked to lock
    void goingToSleep();

private slots:
    // Called by D-Bus, by name.
    void screenSaverChanged(bool isActive);
    void sleepChanged(bool isBeginning);
};
