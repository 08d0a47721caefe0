// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/service/requeststatus.h"

#include "models/service/briefstatus.h"
#include "models/service/errortext.h"

#include <QLocale>

using namespace Qt::StringLiterals;

namespace Models {

namespace {

using State = Scep::TransactionStatus::State;

/// Whether the reason of a failure belongs to the text, or stands elsewhere.
enum class Wording { Whole, Brief };

/// The translation context of everything here.
class StatusText
{
    Q_DECLARE_TR_FUNCTIONS(RequestStatus)

public:
    static QString date(const QDateTime &time);
    static QString revocation(const Scep::Revocation &revocation);
    static QString certificate(const RequestRecord &record, CertificateState state, const QDateTime &renewalDue);
    static QString transaction(const RequestRecord &record, const QDateTime &now, Wording wording);
    static QString transaction(const Scep::TransactionStatus &status, const QDateTime &now);
    static QString transactionState(const Scep::TransactionStatus &status, const QDateTime &now);
    static QString headline(const RequestRecord &record, const RequestStatus &status, const QString &transactionText);
    static QString nextAction(const RequestRecord &record, CertificateState state, const QDateTime &renewalDue, const QDateTime &now);
    static QString stillstand(const RequestRecord &record, const QDateTime &renewalDue, const QDateTime &now);
    static QString reason(const Scep::TransactionStatus &status);
    static QString relative(const QDateTime &time, const QDateTime &now);
    static QString server(const ServerRecord &record);
};

/// The certificate is there, but not yet where it should be.
bool hasFailedDelivery(const RequestRecord &record)
{
    return record.delivery.state == DeliveryState::State::Failed && record.current;
}

/// After a refusal or a cancellation nothing begins by itself any more, though a certificate is there to be renewed.
bool renewalStandsStill(const RequestRecord &record)
{
    const State state = record.transaction.state;
    const Scep::RenewalRule &rule = record.request.renewal;
    return (state == State::Rejected || state == State::Cancelled) && record.current && record.request.isEnabled &&
           rule.kind != Scep::RenewalRule::Kind::Off && rule.value > 0;
}

QString StatusText::date(const QDateTime &time)
{
    return QLocale().toString(time.toLocalTime().date(), QLocale::ShortFormat);
}

QString StatusText::reason(const Scep::TransactionStatus &status)
{
    QString sentence = explain(status, {}).what;
    while (sentence.endsWith(u'.'))
        sentence.chop(1);
    return sentence;
}

QString StatusText::relative(const QDateTime &time, const QDateTime &now)
{
    if (!time.isValid())
        return {};
    const qint64 seconds = now.secsTo(time);
    const qint64 distance = qAbs(seconds);
    if (distance < 1)
        return tr("now");
    // Rounded to the nearest, so that "in 60 s" reads "in 1 min".
    const auto text = [seconds](qint64 count, const char *ahead, const char *past) {
        return tr(seconds > 0 ? ahead : past).arg(QLocale().toString(count));
    };
    const auto days = [seconds](int count) { return seconds > 0 ? tr("in %n day(s)", "", count) : tr("%n day(s) ago", "", count); };
    if (distance < 60)
        return text(distance, QT_TR_NOOP("in %1 s"), QT_TR_NOOP("%1 s ago"));
    if (distance < 3600 - 30)
        return text((distance + 30) / 60, QT_TR_NOOP("in %1 min"), QT_TR_NOOP("%1 min ago"));
    if (distance < 48 * 3600)
        return text((distance + 1800) / 3600, QT_TR_NOOP("in %1 h"), QT_TR_NOOP("%1 h ago"));
    const auto count = static_cast<int>(qMin<qint64>((distance + 43200) / 86400, 1'000'000));
    QString counted = days(count);
    // Without a translation file for the source language nobody fills in the plural.
    return counted.replace("(s)"_L1, count == 1 ? ""_L1 : "s"_L1);
}

CertificateState certificateState(const RequestRecord &record, const QDateTime &renewalDue, const QDateTime &now)
{
    if (!record.current || record.current->certificate.isNull())
        return CertificateState::None;
    const Pki::Certificate &certificate = record.current->certificate;
    if (record.current->revocation)
        return CertificateState::Revoked; // for good, also when it has expired meanwhile
    if (now > certificate.notAfter())
        return CertificateState::Expired;
    if (now < certificate.notBefore())
        return CertificateState::NotYetValid;
    return renewalDue.isValid() && now >= renewalDue ? CertificateState::RenewalDue : CertificateState::Valid;
}

QString StatusText::revocation(const Scep::Revocation &revocation)
{
    if (revocation.isHold())
        return tr("on hold since %1").arg(date(revocation.date));
    return revocation.reason.isEmpty() ? tr("revoked on %1").arg(date(revocation.date))
                                       : tr("revoked on %1 (%2)").arg(date(revocation.date), safeText(revocation.reason, 40));
}

QString StatusText::certificate(const RequestRecord &record, CertificateState state, const QDateTime &renewalDue)
{
    switch (state) {
    case CertificateState::None:
        return tr("none");
    case CertificateState::NotYetValid:
        return tr("valid from %1").arg(date(record.current->certificate.notBefore()));
    case CertificateState::Valid:
        return tr("valid until %1").arg(date(record.current->certificate.notAfter()));
    case CertificateState::RenewalDue:
        return tr("renewal due since %1, valid until %2").arg(date(renewalDue), date(record.current->certificate.notAfter()));
    case CertificateState::Expired:
        return tr("expired %1").arg(date(record.current->certificate.notAfter()));
    case CertificateState::Revoked:
        return revocation(*record.current->revocation);
    }
    return {};
}

QString StatusText::transaction(const RequestRecord &record, const QDateTime &now, Wording wording)
{
    const QString text = wording == Wording::Whole ? transaction(record.transaction, now) : transactionState(record.transaction, now);
    const QString whole = record.transaction.isRenewal && !text.isEmpty() ? tr("renewal: %1").arg(text) : text;
    return renewalStandsStill(record) ? tr("%1; no renewal by itself until you try again").arg(whole) : whole;
}

QString StatusText::transaction(const Scep::TransactionStatus &status, const QDateTime &now)
{
    const bool hasReason =
        status.state == State::Retrying || status.state == State::Rejected || (status.state == State::Queued && status.error);
    const QString state = transactionState(status, now);
    return hasReason ? tr("%1: %2").arg(state, reason(status)) : state;
}

QString StatusText::transactionState(const Scep::TransactionStatus &status, const QDateTime &now)
{
    switch (status.state) {
    case State::None:
        return {};
    case State::Queued:
        return tr("waiting");
    case State::GeneratingKey:
        return tr("generating the key");
    case State::Sending:
        return tr("sending");
    case State::Pending:
        return status.nextAttemptAt > now ? tr("pending, next poll %1").arg(relative(status.nextAttemptAt, now))
                                          : tr("pending, polling now");
    case State::Retrying:
        return status.nextAttemptAt > now ? tr("retrying %1").arg(relative(status.nextAttemptAt, now)) : tr("retrying now");
    case State::Rejected:
        return tr("rejected");
    case State::Cancelled:
        return tr("cancelled");
    case State::Done:
        return tr("done");
    }
    return {};
}

QString StatusText::nextAction(const RequestRecord &record, CertificateState state, const QDateTime &renewalDue, const QDateTime &now)
{
    const Scep::TransactionStatus &status = record.transaction;
    switch (status.state) {
    case State::Queued:
        return status.error ? tr("needs you") : QString();
    case State::Pending:
        return status.nextAttemptAt > now ? tr("polls %1").arg(relative(status.nextAttemptAt, now)) : tr("polls now");
    case State::Retrying:
        return status.nextAttemptAt > now ? tr("retries %1").arg(relative(status.nextAttemptAt, now)) : tr("retries now");
    case State::Rejected:
        return tr("needs you");
    case State::GeneratingKey:
    case State::Sending:
        return {};
    case State::None:
    case State::Cancelled:
    case State::Done:
        break;
    }
    switch (state) {
    case CertificateState::None:
        return record.request.isEnabled ? tr("enroll") : tr("disabled: enroll by hand");
    case CertificateState::Expired:
    case CertificateState::Revoked:
        return tr("needs you"); // it cannot sign its own renewal: it takes a new enrollment
    case CertificateState::RenewalDue:
        // It begins by itself, unless somebody stopped the last one.
        if (record.needsDeviceCsr())
            return tr("needs a request of the device");
        if (!record.request.isEnabled)
            return tr("disabled: renew by hand");
        return renewalStandsStill(record) ? tr("needs you") : tr("renews now");
    case CertificateState::NotYetValid:
    case CertificateState::Valid:
        break;
    }
    if (hasFailedDelivery(record))
        return record.delivery.nextTryAt > now ? tr("delivers %1").arg(relative(record.delivery.nextTryAt, now)) : tr("delivers now");
    if (!record.request.isEnabled)
        return tr("disabled: does not renew by itself");
    if (renewalDue.isValid() && record.needsDeviceCsr())
        return tr("needs a request of the device %1").arg(date(renewalDue));
    if (renewalStandsStill(record))
        return tr("needs you");
    return renewalDue.isValid() ? tr("renews %1").arg(date(renewalDue)) : QString();
}

/// It can no longer be used, nor sign its own renewal.
bool isOver(CertificateState state)
{
    return state == CertificateState::Expired || state == CertificateState::Revoked;
}

QString StatusText::stillstand(const RequestRecord &record, const QDateTime &renewalDue, const QDateTime &now)
{
    const QString what =
        record.transaction.state == State::Rejected ? tr("The server refused the last message") : tr("The last transaction was stopped");
    const QString standing = now >= renewalDue ? tr("the renewal that is due since %1 stands still").arg(date(renewalDue))
                                               : tr("nothing will begin when the renewal is due on %1").arg(date(renewalDue));
    return tr("%1: %2. The certificate ends on %3. Try again now, or let it be renewed by its rule again.")
        .arg(what, standing, date(record.current->certificate.notAfter()));
}

Severity severityOf(State transaction, CertificateState certificate)
{
    if (transaction == State::Rejected || isOver(certificate))
        return Severity::Bad;
    switch (transaction) {
    case State::Retrying:
        return Severity::Attention;
    case State::Queued:
    case State::GeneratingKey:
    case State::Sending:
    case State::Pending:
        return Severity::Busy;
    default:
        break;
    }
    switch (certificate) {
    case CertificateState::RenewalDue:
    case CertificateState::NotYetValid:
        return Severity::Attention;
    case CertificateState::Valid:
        return Severity::Good;
    default:
        return Severity::Neutral;
    }
}

RequestActions actionsFor(const RequestRecord &record, CertificateState certificate)
{
    RequestActions actions = RequestAction::Remove;
    if (record.transaction.isOpen())
        actions |= RequestAction::Cancel;
    else
        actions |= RequestAction::UseCsr;
    // A device that keeps its key has to make each request: without one both would be refused.
    const bool canBegin = !record.transaction.isOpen() && !record.needsDeviceCsr();
    if (canBegin)
        actions |= RequestAction::Enroll;
    // An expired or revoked certificate cannot sign its own renewal.
    if (canBegin && certificate != CertificateState::None && !isOver(certificate))
        actions |= RequestAction::Renew;
    const State state = record.transaction.state;
    if (state == State::Pending || state == State::Retrying || state == State::Queued)
        actions |= RequestAction::AttemptNow;
    // A refused or cancelled renewal: another try, which is a new enrollment when the certificate has expired meanwhile.
    if (canBegin && (state == State::Rejected || state == State::Cancelled) && record.transaction.isRenewal &&
        certificate != CertificateState::None && certificate != CertificateState::Revoked)
        actions |= RequestAction::AttemptNow;
    if (renewalStandsStill(record) && !isOver(certificate))
        actions |= RequestAction::Continue;
    if (record.current)
        actions |= RequestActions(RequestAction::Export) | RequestAction::Inspect;
    return actions;
}

QString StatusText::headline(const RequestRecord &record, const RequestStatus &status, const QString &transactionText)
{
    const CertificateState certificate = status.certificateState;
    // What is under way or went wrong matters more than a certificate at rest; a finished transaction does not matter at all.
    const bool transactionMatters = record.transaction.isOpen() || record.transaction.state == State::Rejected ||
                                    (record.transaction.state == State::Cancelled && certificate == CertificateState::None);
    if (!transactionMatters && certificate == CertificateState::None)
        return tr("not enrolled");
    if (!transactionMatters && certificate == CertificateState::Valid && hasFailedDelivery(record))
        return tr("not delivered, %1").arg(status.certificateText);
    if (!transactionMatters)
        return status.certificateText;
    // However it goes on with the next one, nobody may rely on this one any more.
    return isOver(certificate) ? tr("certificate %1; %2").arg(status.certificateText, transactionText) : transactionText;
}

double shareOfValidity(const Pki::Certificate &certificate, const QDateTime &now)
{
    const double whole = static_cast<double>(certificate.notBefore().msecsTo(certificate.notAfter()));
    if (whole <= 0)
        return 1;
    return qBound(0.0, static_cast<double>(certificate.notBefore().msecsTo(now)) / whole, 1.0);
}

} // namespace

RequestStatus requestStatus(const RequestRecord &record, const QDateTime &now)
{
    RequestStatus status;
    QDateTime renewalDue;
    if (record.current && !record.current->certificate.isNull()) {
        const Pki::Certificate &certificate = record.current->certificate;
        renewalDue = record.request.renewal.dueAt(certificate.notBefore(), certificate.notAfter(), record.current->receivedAt);
        status.validityShare = shareOfValidity(certificate, now);
    }
    status.certificateState = certificateState(record, renewalDue, now);
    status.certificateText = StatusText::certificate(record, status.certificateState, renewalDue);
    status.transactionText = StatusText::transaction(record, now, Wording::Whole);
    status.nextAction = StatusText::nextAction(record, status.certificateState, renewalDue, now);
    status.severity = severityOf(record.transaction.state, status.certificateState);
    if ((hasFailedDelivery(record) || renewalStandsStill(record)) && status.severity == Severity::Good)
        status.severity = Severity::Attention;
    if (renewalStandsStill(record) && renewalDue.isValid() && !isOver(status.certificateState))
        status.stillstand = StatusText::stillstand(record, renewalDue, now);
    status.actions = actionsFor(record, status.certificateState);
    status.headline = StatusText::headline(record, status, status.transactionText);
    return status;
}

BriefStatus briefStatus(const RequestRecord &record, const QDateTime &now)
{
    const QString transaction = StatusText::transaction(record, now, Wording::Brief);
    return {.headline = StatusText::headline(record, requestStatus(record, now), transaction), .transaction = transaction};
}

bool hasLostCapabilities(const ServerRecord &record)
{
    return !record.knowledge.capabilities.missingSince(record.knowledge.seenCapabilities).isEmpty();
}

bool announcesNewRoot(const ServerRecord &record)
{
    return !record.knowledge.nextCa.isNull() && !record.knowledge.nextCa.isUnderAnchor;
}

QString StatusText::server(const ServerRecord &record)
{
    using Trust = Scep::ServerKnowledge::Trust;
    if (!record.server.isEnabled)
        return tr("disabled");
    const auto unreached = [&] {
        Scep::TransactionStatus status;
        status.error = record.knowledge.lastError;
        return tr("not reached: %1").arg(reason(status));
    };
    switch (record.knowledge.trust) {
    case Trust::Refused: {
        if (!record.knowledge.lastError || record.knowledge.lastError->code == ErrorCode::CaChanged)
            return tr("CA changed");
        Scep::TransactionStatus status;
        status.error = record.knowledge.lastError;
        return tr("not trusted: %1").arg(reason(status));
    }
    case Trust::NotConfirmed:
        return tr("not confirmed");
    case Trust::NotAsked:
        return record.knowledge.lastError ? unreached() : tr("not asked yet");
    case Trust::Confirmed:
        if (record.knowledge.lastError)
            return unreached();
        if (announcesNewRoot(record))
            return tr("ready; a new root CA is announced");
        return hasLostCapabilities(record) ? tr("ready; announces less than before") : tr("ready");
    }
    return {};
}

ServerStatus serverStatus(const ServerRecord &record)
{
    using Trust = Scep::ServerKnowledge::Trust;
    ServerStatus status{StatusText::server(record), Severity::Neutral};
    if (!record.server.isEnabled)
        return status;
    switch (record.knowledge.trust) {
    case Trust::Refused:
        status.severity = Severity::Bad;
        break;
    case Trust::NotConfirmed:
        status.severity = Severity::Attention;
        break;
    case Trust::NotAsked:
        status.severity = record.knowledge.lastError ? Severity::Bad : Severity::Neutral;
        break;
    case Trust::Confirmed:
        // What is known goes on to be used; the next contact may be good again.
        status.severity =
            record.knowledge.lastError || announcesNewRoot(record) || hasLostCapabilities(record) ? Severity::Attention : Severity::Good;
        break;
    }
    return status;
}

QString relativeTime(const QDateTime &time, const QDateTime &now)
{
    return StatusText::relative(time, now);
}

QString revocationText(const Scep::Revocation &revocation)
{
    return StatusText::revocation(revocation);
}

} // namespace Models
