// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/records/records.h"

#include <QJsonArray>
#include <QJsonObject>

/// The stored form of what a server or request is configured with and of what is known: shared by the store and the file journal.
/// Fields that a newer version added are ignored, fields that an older one did not have get their defaults; what is there but
/// unreadable is an error (Malformed, the detail naming the field). No secret passes through here.
namespace Models::Json {

QString fromBytes(const QByteArray &bytes); ///< base64
QByteArray toBytes(const QJsonValue &value);
QJsonArray fromCertificates(const QList<Pki::Certificate> &certificates);
Result<QList<Pki::Certificate>> toCertificates(const QJsonValue &value);
QString fromCertificate(const Pki::Certificate &certificate);    ///< empty for a null one
Result<Pki::Certificate> toCertificate(const QJsonValue &value); ///< null for an empty or absent value
QJsonValue fromTime(const QDateTime &time);                      ///< ISO 8601, UTC, milliseconds; null when invalid
QDateTime toTime(const QJsonValue &value);

QJsonObject fromError(const Error &error);
Error toError(const QJsonObject &object); ///< a code that this version does not know becomes Internal with its name in the detail
QJsonObject fromRejection(const Scep::Rejection &rejection);
Scep::Rejection toRejection(const QJsonObject &object);
QJsonObject fromNegotiated(const Scep::Negotiated &algorithms);
Result<Scep::Negotiated> toNegotiated(const QJsonObject &object);
QJsonObject fromRoles(const Scep::CaRoles &roles);
Result<Scep::CaRoles> toRoles(const QJsonObject &object);

QJsonValue fromRenewalStep(const std::optional<Scep::RenewalStep> &step); ///< null for none
Result<std::optional<Scep::RenewalStep>> toRenewalStep(const QJsonValue &value);

/// Without id: that is the row's. So with the next two.
QJsonObject fromServer(const Scep::EnrollmentServer &server);
Result<Scep::EnrollmentServer> toServer(const QJsonObject &object);
QJsonObject fromKnowledge(const Scep::ServerKnowledge &knowledge);
Result<Scep::ServerKnowledge> toKnowledge(const QJsonObject &object);
/// Without id and server.
QJsonObject fromRequest(const Scep::EnrollmentRequest &request);
Result<Scep::EnrollmentRequest> toRequest(const QJsonObject &object);

/// The parts of a transaction that are no secret: everything but csr, key and signerKey; without request and server.
QJsonObject fromTransaction(const Scep::Transaction &transaction);
Result<Scep::Transaction> toTransaction(const QJsonObject &object);

/// As they stand in their columns. Empty for defaults; what is unreadable gives defaults: none of it is needed to enroll.
QString fromExtras(const Extras &extras);
QString fromDelivery(const Delivery &delivery);
Delivery toDelivery(const QString &text);
QString fromDeliveryState(const DeliveryState &state);
DeliveryState toDeliveryState(const QString &text);

QByteArray toText(const QJsonObject &object); ///< compact
Result<QJsonObject> fromText(const QByteArray &text);

} // namespace Models::Json
