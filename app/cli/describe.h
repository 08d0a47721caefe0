// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/terminal.h"
#include "models/records/records.h"
#include "scep/protocol/messagesummary.h"
#include "scep/protocol/messagetree.h"

#include <QJsonArray>

namespace Cli {

// Values as JSON (scripts rely on the field names: they stay as they are) and as lines for people.

QString isoTime(const QDateTime &time); ///< "2026-11-21T08:00:00Z"
QJsonObject toJson(const Pki::Certificate &certificate);
ResultLines toLines(const Pki::Certificate &certificate);
QJsonObject toJson(const Pki::CertificationRequest &request);
ResultLines toLines(const Pki::CertificationRequest &request);
QJsonObject toJson(const Pki::Crl &crl);
ResultLines toLines(const Pki::Crl &crl);
QJsonObject toJson(const Scep::MessageSummary &summary);
QJsonObject toJson(const Scep::MessageNode &node); ///< name, value, children
QJsonArray toJson(const QList<Pki::Certificate> &certificates);
QJsonArray toJson(const QList<Pki::Crl> &crls);
QJsonArray toJson(const QStringList &strings);
/// "root", "issuing", ...: what chooseRoles() decided for one certificate.
QStringList rolesOf(const Pki::Certificate &certificate, const Scep::CaRoles &roles);

} // namespace Cli
