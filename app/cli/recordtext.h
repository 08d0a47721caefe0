// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/describe.h"
#include "models/records/certificaterow.h"
#include "models/records/storerecords.h"

namespace Cli {

// The workspace's records as JSON (scripts rely on the field names) and as lines for people.

QJsonObject toJson(const Models::ServerRecord &record);
ResultLines toLines(const Models::ServerRecord &record);
/// One line of `server list`.
std::pair<QString, QString> toLine(const Models::ServerRecord &record);

QJsonObject toJson(const Models::RequestRecord &record, const QString &serverLabel, const QDateTime &now);
ResultLines toLines(const Models::RequestRecord &record, const QString &serverLabel, const QDateTime &now);
std::pair<QString, QString> toLine(const Models::RequestRecord &record, const QString &serverLabel, const QDateTime &now);

QJsonObject toJson(const Models::DeliveryState &state, const QString &label);
QJsonObject toJson(const Models::CertificateRow &row, const QString &serverLabel, const QDateTime &now);
std::pair<QString, QString> toLine(const Models::CertificateRow &row, const QDateTime &now);
QJsonObject toJson(const Models::CaStoreRecord &record, const QString &serverLabel);
std::pair<QString, QString> toLine(const Models::CaStoreRecord &record);
QJsonObject toJson(const Models::BinRecord &record);
std::pair<QString, QString> toLine(const Models::BinRecord &record);

QString stateName(Models::CertificateRow::State state); ///< "valid", "expired", "not-yet-valid"
QString kindName(Models::BinRecord::Kind kind);         ///< "server", "request", "certificate"
QString actionNames(const Models::RequestRecord &record, const QDateTime &now);

} // namespace Cli
