// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/pki/certificate.h"
#include "scep/protocol/cacertificates.h"
#include "scep/worker/changeeffects.h"

#include <QDateTime>
#include <QString>

class QAction;
class QPushButton;
class QWidget;

namespace Gui {

class FieldNote;

/// "21 Nov 2027 10:15" in local time; the exact UTC time belongs into a tooltip or the inspector.
QString timeText(const QDateTime &time);
/// "2027-11-21 09:15:00 UTC".
QString exactTimeText(const QDateTime &time);
/// "from 21 Nov 2026 10:15 to 21 Nov 2027 10:15".
QString validityText(const Pki::Certificate &certificate);
/// A name from a certificate, safe to show; "(empty)" for the empty name.
QString nameText(const Pki::DistinguishedName &name);
/// The common name, else the whole name.
QString shortNameText(const Pki::DistinguishedName &name);
/// "AES-128-CBC (announced by the server)".
QString withReason(const QString &value, const QString &reason);

/// One certificate of a server and what it is for.
struct RoleLine {
    QString role;
    Pki::Certificate certificate;
};
QList<RoleLine> roleLines(const Scep::CaRoles &roles);

/// What a change in a dialog will do, said before it is saved; nothing when it does nothing.
void showEffects(FieldNote &note, Scep::ChangeEffects effects);

/// A push button that does what `action` does and follows its state.
QPushButton *actionButton(QAction *action, const QString &prefix, QWidget *parent);
/// Such buttons in a row, or in several if there are many.
QWidget *actionButtonRow(const QList<QAction *> &actions, const QString &prefix);

} // namespace Gui
