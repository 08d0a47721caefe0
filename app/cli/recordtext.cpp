// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/recordtext.h"

#include "models/records/errorname.h"
#include "models/service/delivery.h"
#include "models/service/requeststatus.h"

using namespace Qt::StringLiterals;
using Models::safeText;

namespace Cli {

namespace {

QString trustName(Scep::ServerKnowledge::Trust trust)
{
    switch (trust) {
    case Scep::ServerKnowledge::Trust::NotAsked:
        return u"not-asked"_s;
    case Scep::ServerKnowledge::Trust::NotConfirmed:
        return u"not-confirmed"_s;
    case Scep::ServerKnowledge::Trust::Confirmed:
        return u"confirmed"_s;
    case Scep::ServerKnowledge::Trust::Refused:
        return u"refused"_s;
    }
    return {};
}

QString certificateStateName(Models::CertificateState state)
{
    switch (state) {
    case Models::CertificateState::None:
        return u"none"_s;
    case Models::CertificateState::NotYetValid:
        return u"not-yet-valid"_s;
    case Models::CertificateState::Valid:
        return u"valid"_s;
    case Models::CertificateState::RenewalDue:
        return u"renewal-due"_s;
    case Models::CertificateState::Expired:
        return u"expired"_s;
    case Models::CertificateState::Revoked:
        return u"revoked"_s;
    }
    return {};
}

QString transactionStateName(Scep::TransactionStatus::State state)
{
    switch (state) {
    case Scep::TransactionStatus::State::None:
        return u"none"_s;
    case Scep::TransactionStatus::State::Queued:
        return u"queued"_s;
    case Scep::TransactionStatus::State::GeneratingKey:
        return u"generating-key"_s;
    case Scep::TransactionStatus::State::Sending:
        return u"sending"_s;
    case Scep::TransactionStatus::State::Pending:
        return u"pending"_s;
    case Scep::TransactionStatus::State::Retrying:
        return u"retrying"_s;
    case Scep::TransactionStatus::State::Rejected:
        return u"rejected"_s;
    case Scep::TransactionStatus::State::Cancelled:
        return u"cancelled"_s;
    case Scep::TransactionStatus::State::Done:
        return u"done"_s;
    }
    return {};
}

QString deliveryStateName(Models::DeliveryState::State state)
{
    switch (state) {
    case Models::DeliveryState::State::None:
        return u"none"_s;
    case Models::DeliveryState::State::Due:
        return u"due"_s;
    case Models::DeliveryState::State::Delivered:
        return u"delivered"_s;
    case Models::DeliveryState::State::Failed:
        return u"failed"_s;
    }
    return {};
}

QString roleName(Models::CaStoreRecord::Role role)
{
    switch (role) {
    case Models::CaStoreRecord::Role::Root:
        return u"root"_s;
    case Models::CaStoreRecord::Role::Intermediate:
        return u"intermediate"_s;
    case Models::CaStoreRecord::Role::Issuing:
        return u"issuing"_s;
    case Models::CaStoreRecord::Role::RaSigning:
        return u"ra-signing"_s;
    case Models::CaStoreRecord::Role::RaEncryption:
        return u"ra-encryption"_s;
    case Models::CaStoreRecord::Role::RaBoth:
        return u"ra"_s;
    case Models::CaStoreRecord::Role::Unused:
        return u"unused"_s;
    }
    return {};
}

QString stageName(Models::CaStoreRecord::Stage stage)
{
    switch (stage) {
    case Models::CaStoreRecord::Stage::Active:
        return u"active"_s;
    case Models::CaStoreRecord::Stage::Staged:
        return u"staged"_s;
    case Models::CaStoreRecord::Stage::Retired:
        return u"retired"_s;
    }
    return {};
}

QStringList actions(const Models::RequestRecord &record, const QDateTime &now)
{
    using Models::RequestAction;
    static const QList<std::pair<RequestAction, QString>> names{
        {RequestAction::Enroll, u"enroll"_s}, {RequestAction::AttemptNow, u"retry"_s}, {RequestAction::Cancel, u"cancel"_s},
        {RequestAction::Renew, u"renew"_s},   {RequestAction::UseCsr, u"give-csr"_s},  {RequestAction::Continue, u"continue"_s},
        {RequestAction::Export, u"export"_s}, {RequestAction::Inspect, u"inspect"_s},  {RequestAction::Remove, u"remove"_s}};
    const Models::RequestActions allowed = Models::requestStatus(record, now).actions;
    QStringList list;
    for (const auto &[action, name] : names) {
        if (allowed.testFlag(action))
            list.append(name);
    }
    return list;
}

QDateTime renewsAt(const Models::RequestRecord &record)
{
    if (!record.current || !record.request.isEnabled)
        return {};
    return record.request.renewal.dueAt(record.current->certificate.notBefore(), record.current->certificate.notAfter(),
                                        record.current->receivedAt);
}

} // namespace

QString actionNames(const Models::RequestRecord &record, const QDateTime &now)
{
    return actions(record, now).join(u", "_s);
}

QJsonObject toJson(const Models::ServerRecord &record)
{
    QJsonObject object{{"label"_L1, record.server.label},
                       {"description"_L1, record.server.description},
                       {"url"_L1, record.server.url.toString(QUrl::FullyEncoded)},
                       {"isEnabled"_L1, record.server.isEnabled},
                       {"trust"_L1, trustName(record.knowledge.trust)},
                       {"status"_L1, Models::serverStatus(record).text},
                       {"lastContact"_L1, isoTime(record.knowledge.lastContact)},
                       {"tags"_L1, toJson(record.extras.tags)}};
    if (record.knowledge.lastError)
        object.insert("lastError"_L1, Models::errorName(record.knowledge.lastError->code));
    return object;
}

ResultLines toLines(const Models::ServerRecord &record)
{
    return {{u"Server"_s, safeText(record.server.label)},
            {u"URL"_s, safeText(record.server.url.toDisplayString())},
            {u"Status"_s, Models::serverStatus(record).text},
            {u"Last contact"_s, record.knowledge.lastContact.isValid() ? isoTime(record.knowledge.lastContact) : u"never"_s}};
}

std::pair<QString, QString> toLine(const Models::ServerRecord &record)
{
    return {safeText(record.server.label),
            u"%1; %2"_s.arg(safeText(record.server.url.toDisplayString()), Models::serverStatus(record).text)};
}

QJsonObject toJson(const Models::DeliveryState &state, const QString &label)
{
    const Models::Explanation explanation = Models::explainDelivery(state, label);
    return {{"state"_L1, deliveryStateName(state.state)}, {"at"_L1, isoTime(state.at)},     {"attempts"_L1, state.attempts},
            {"nextTryAt"_L1, isoTime(state.nextTryAt)},   {"message"_L1, explanation.what}, {"nextStep"_L1, explanation.nextStep}};
}

QJsonObject toJson(const Models::RequestRecord &record, const QString &serverLabel, const QDateTime &now)
{
    const Models::RequestStatus status = Models::requestStatus(record, now);
    QJsonObject object{{"label"_L1, record.request.label},
                       {"server"_L1, serverLabel},
                       {"subject"_L1, record.request.subject.toRfc4514()},
                       {"subjectAlternativeNames"_L1, Pki::toText(record.request.subjectAlternativeNames)},
                       {"certificateState"_L1, certificateStateName(status.certificateState)},
                       {"transactionState"_L1, transactionStateName(record.transaction.state)},
                       {"status"_L1, status.headline},
                       {"nextAction"_L1, status.nextAction},
                       {"nextAttemptAt"_L1, isoTime(record.transaction.nextAttemptAt)},
                       {"transactionId"_L1, record.transaction.transactionId},
                       {"actions"_L1, toJson(actions(record, now))},
                       {"notAfter"_L1, record.current ? isoTime(record.current->certificate.notAfter()) : QString()},
                       {"renewsAt"_L1, isoTime(renewsAt(record))},
                       {"serialNumber"_L1, record.current ? record.current->certificate.serialNumber().toHex() : QString()},
                       {"certificateCount"_L1, record.certificateCount},
                       {"tags"_L1, toJson(record.extras.tags)},
                       {"isEnabled"_L1, record.request.isEnabled},
                       {"hasChallenge"_L1, record.hasChallenge},
                       {"hasCsr"_L1, record.hasProvidedCsr},
                       {"hasKey"_L1, record.hasProvidedKey},
                       {"isKeyWithDevice"_L1, record.isKeyWithDevice},
                       {"delivery"_L1, toJson(record.delivery, record.request.label)}};
    if (record.transaction.error)
        object.insert("lastError"_L1, Models::errorName(record.transaction.error->code));
    return object;
}

ResultLines toLines(const Models::RequestRecord &record, const QString &serverLabel, const QDateTime &now)
{
    const Models::RequestStatus status = Models::requestStatus(record, now);
    ResultLines lines{{u"Request"_s, safeText(record.request.label)},
                      {u"Server"_s, safeText(serverLabel)},
                      {u"Subject"_s, safeText(record.request.subject.toText())},
                      {u"Certificate"_s, status.certificateText}};
    if (!status.transactionText.isEmpty())
        lines.append({u"Transaction"_s, status.transactionText});
    if (!status.nextAction.isEmpty())
        lines.append({u"Next"_s, status.nextAction});
    if (!record.request.isEnabled)
        lines.append({u"Disabled"_s, u"nothing begins by itself; see: scepctl request enable"_s});
    if (record.hasChallenge)
        lines.append({u"Challenge"_s, u"in the vault, for the next transaction"_s});
    if (record.hasProvidedCsr || record.hasProvidedKey)
        lines.append({u"Next request"_s, record.hasProvidedCsr ? u"a CSR that is stored"_s : u"with a key that is stored"_s});
    if (record.needsDeviceCsr())
        lines.append({u"Device"_s, u"only it has the key; the next enrollment or renewal takes --csr"_s});
    lines.append({u"Possible"_s, actionNames(record, now)});
    if (record.delivery.state != Models::DeliveryState::State::None)
        lines.append({u"Delivery"_s, Models::explainDelivery(record.delivery, record.request.label).oneLine()});
    return lines;
}

std::pair<QString, QString> toLine(const Models::RequestRecord &record, const QString &serverLabel, const QDateTime &now)
{
    const Models::RequestStatus status = Models::requestStatus(record, now);
    QString text = u"%1; %2; %3"_s.arg(safeText(record.request.subject.toText()), safeText(serverLabel), status.headline);
    if (!status.nextAction.isEmpty())
        text += u"; %1"_s.arg(status.nextAction);
    return {safeText(record.request.label), text};
}

QString stateName(Models::CertificateRow::State state)
{
    switch (state) {
    case Models::CertificateRow::State::NotYetValid:
        return u"not-yet-valid"_s;
    case Models::CertificateRow::State::Valid:
        return u"valid"_s;
    case Models::CertificateRow::State::Expired:
        return u"expired"_s;
    case Models::CertificateRow::State::Revoked:
        return u"revoked"_s;
    }
    return {};
}

QJsonObject toJson(const Models::CertificateRow &row, const QString &serverLabel, const QDateTime &now)
{
    return {{"id"_L1, row.id.value},
            {"request"_L1, row.requestLabel},
            {"server"_L1, serverLabel},
            {"subject"_L1, row.subject},
            {"issuer"_L1, row.issuer},
            {"serialNumber"_L1, row.serialNumber},
            {"notBefore"_L1, isoTime(row.notBefore)},
            {"notAfter"_L1, isoTime(row.notAfter)},
            {"state"_L1, stateName(row.stateAt(now))},
            {"revokedAt"_L1, row.revocation ? isoTime(row.revocation->date) : QString()},
            {"revocationReason"_L1, row.revocation ? row.revocation->reason : QString()},
            {"isCurrent"_L1, row.isCurrent},
            {"hasKey"_L1, row.hasKey}};
}

std::pair<QString, QString> toLine(const Models::CertificateRow &row, const QDateTime &now)
{
    return {QString::number(row.id.value),
            u"%1; %2; %3 until %4%5"_s.arg(safeText(row.requestLabel), safeText(row.subject), stateName(row.stateAt(now)),
                                           isoTime(row.notAfter), row.isCurrent ? u"; current"_s : QString())};
}

QJsonObject toJson(const Models::CaStoreRecord &record, const QString &serverLabel)
{
    const Pki::Certificate &certificate = record.certificate;
    return {{"name"_L1, record.name},
            {"server"_L1, serverLabel},
            {"role"_L1, roleName(record.role)},
            {"stage"_L1, stageName(record.stage)},
            {"isAnchor"_L1, record.isAnchor},
            {"isImported"_L1, record.isImported},
            {"subject"_L1, certificate.subject().toRfc4514()},
            {"notAfter"_L1, isoTime(certificate.notAfter())},
            {"sha256"_L1, certificate.fingerprint().toHex()}};
}

std::pair<QString, QString> toLine(const Models::CaStoreRecord &record)
{
    QString text = u"%1, %2; %3; until %4"_s.arg(roleName(record.role), stageName(record.stage),
                                                 safeText(record.certificate.subject().toText()), isoTime(record.certificate.notAfter()));
    if (record.isAnchor)
        text += u"; trusted"_s;
    return {safeText(record.name), text};
}

QString kindName(Models::BinRecord::Kind kind)
{
    switch (kind) {
    case Models::BinRecord::Kind::Server:
        return u"server"_s;
    case Models::BinRecord::Kind::Request:
        return u"request"_s;
    case Models::BinRecord::Kind::Certificate:
        return u"certificate"_s;
    }
    return {};
}

QJsonObject toJson(const Models::BinRecord &record)
{
    return {{"kind"_L1, kindName(record.kind)},
            {"id"_L1, record.id},
            {"label"_L1, record.label},
            {"deletedAt"_L1, isoTime(record.deletedAt)},
            {"certificates"_L1, record.certificates}};
}

std::pair<QString, QString> toLine(const Models::BinRecord &record)
{
    return {u"%1 %2"_s.arg(kindName(record.kind)).arg(record.id),
            u"%1; removed %2"_s.arg(safeText(record.label), isoTime(record.deletedAt))};
}

} // namespace Cli
