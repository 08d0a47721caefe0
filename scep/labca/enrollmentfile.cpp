// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/labca/enrollmentfile.h"

#include "scep/pki/digest.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

namespace LabCa {

using namespace Qt::StringLiterals;

namespace {

constexpr int formatVersion = 1;

QString toBase64(const QByteArray &bytes)
{
    return QString::fromLatin1(bytes.toBase64());
}

std::unexpected<Error> damaged(const QString &member)
{
    return failure(ErrorCode::Malformed, u"\"%1\" of an enrollment is missing or damaged"_s.arg(member));
}

/// nullopt when it is no base64 text.
std::optional<QByteArray> bytesOf(const QJsonObject &object, const QString &member)
{
    const auto decoded =
        QByteArray::fromBase64Encoding(object.value(member).toString().toLatin1(), QByteArray::AbortOnBase64DecodingErrors);
    if (!decoded)
        return std::nullopt;
    return *decoded;
}

std::optional<Enrollment::State> stateFromText(const QString &text)
{
    using State = Enrollment::State;
    for (const State state : {State::Pending, State::Approved, State::Rejected, State::Issued}) {
        if (displayName(state) == text)
            return state;
    }
    return std::nullopt;
}

Result<RequestedCertificate> requestedFromJson(const QJsonObject &object)
{
    RequestedCertificate requested;
    const auto subject = Pki::DistinguishedName::fromDer(bytesOf(object, u"subject"_s).value_or(QByteArray()));
    if (!subject)
        return damaged(u"subject"_s);
    requested.subject = *subject;
    const auto key = Pki::PublicKey::fromDer(bytesOf(object, u"publicKey"_s).value_or(QByteArray()));
    if (!key)
        return damaged(u"publicKey"_s);
    requested.publicKey = *key;
    if (object.contains(u"subjectAlternativeNames"_s)) {
        const auto names = Pki::subjectAlternativeNamesFromDer(bytesOf(object, u"subjectAlternativeNames"_s).value_or(QByteArray()));
        if (!names)
            return damaged(u"subjectAlternativeNames"_s);
        requested.subjectAlternativeNames = *names;
    }
    if (object.contains(u"keyUsage"_s))
        requested.keyUsage = Pki::KeyUsage::fromInt(object.value(u"keyUsage"_s).toInt());
    const QJsonArray usages = object.value(u"extendedKeyUsage"_s).toArray();
    for (const QJsonValue &value : usages) {
        const auto oid = Pki::Oid::fromText(value.toString());
        if (!oid)
            return damaged(u"extendedKeyUsage"_s);
        requested.extendedKeyUsage.append(*oid);
    }
    requested.profile = object.value(u"profile"_s).toString();
    return requested;
}

} // namespace

RequestedCertificate RequestedCertificate::fromRequest(const Pki::CertificationRequest &request)
{
    return {.subject = request.subject(),
            .subjectAlternativeNames = request.subjectAlternativeNames(),
            .publicKey = request.publicKey(),
            .keyUsage = request.keyUsage(),
            .extendedKeyUsage = request.extendedKeyUsage(),
            .profile = request.templateName()};
}

QString displayName(Enrollment::State state)
{
    switch (state) {
    case Enrollment::State::Pending:
        return u"pending"_s;
    case Enrollment::State::Approved:
        return u"approved"_s;
    case Enrollment::State::Rejected:
        return u"rejected"_s;
    case Enrollment::State::Issued:
        return u"issued"_s;
    }
    return {};
}

QString enrollmentFileName(const Scep::TransactionId &id)
{
    return QString::fromLatin1(Pki::hash(Pki::Digest::Sha256, id.toText().toUtf8()).toHex()) + ".json"_L1;
}

Result<QByteArray> enrollmentToJson(const Enrollment &enrollment)
{
    const RequestedCertificate &requested = enrollment.requested;
    QJsonObject request{{u"subject"_s, toBase64(requested.subject.der())},
                        {u"subjectText"_s, requested.subject.toText()}, // for people who look into the folder
                        {u"publicKey"_s, toBase64(requested.publicKey.der())}};
    if (!requested.subjectAlternativeNames.isEmpty()) {
        const auto names = Pki::subjectAlternativeNamesToDer(requested.subjectAlternativeNames);
        if (!names)
            return std::unexpected(names.error());
        request.insert(u"subjectAlternativeNames"_s, toBase64(*names));
    }
    if (requested.keyUsage)
        request.insert(u"keyUsage"_s, static_cast<int>(requested.keyUsage->toInt()));
    if (!requested.extendedKeyUsage.isEmpty()) {
        QJsonArray usages;
        for (const Pki::Oid &oid : requested.extendedKeyUsage)
            usages.append(oid.toText());
        request.insert(u"extendedKeyUsage"_s, usages);
    }
    if (!requested.profile.isEmpty())
        request.insert(u"profile"_s, requested.profile);

    QJsonObject object{{u"version"_s, formatVersion},
                       {u"transactionId"_s, enrollment.transactionId.toText()},
                       {u"state"_s, displayName(enrollment.state)},
                       {u"receivedAt"_s, enrollment.receivedAt.toUTC().toString(Qt::ISODateWithMs)},
                       {u"request"_s, request},
                       {u"requestDigest"_s, QString::fromLatin1(enrollment.requestDigest.toHex())},
                       {u"signer"_s, toBase64(enrollment.signer.der())}};
    if (!enrollment.rejectionReason.isEmpty())
        object.insert(u"rejectionReason"_s, enrollment.rejectionReason);
    if (!enrollment.issuingTrouble.isEmpty())
        object.insert(u"issuingTrouble"_s, enrollment.issuingTrouble);
    if (!enrollment.certificate.isNull())
        object.insert(u"certificate"_s, toBase64(enrollment.certificate.der()));
    if (enrollment.revocation) {
        object.insert(u"revocation"_s, QJsonObject{{u"at"_s, enrollment.revocation->at.toUTC().toString(Qt::ISODateWithMs)},
                                                   {u"reason"_s, enrollment.revocation->reason}});
    }
    return QJsonDocument(object).toJson(QJsonDocument::Indented);
}

Result<Enrollment> enrollmentFromJson(const QByteArray &json)
{
    const QJsonObject object = QJsonDocument::fromJson(json).object();
    if (object.value(u"version"_s).toInt() != formatVersion)
        return damaged(u"version"_s);
    Enrollment enrollment;
    const auto id = Scep::TransactionId::fromText(object.value(u"transactionId"_s).toString());
    if (!id)
        return damaged(u"transactionId"_s);
    enrollment.transactionId = *id;
    const auto state = stateFromText(object.value(u"state"_s).toString());
    if (!state)
        return damaged(u"state"_s);
    enrollment.state = *state;
    enrollment.receivedAt = QDateTime::fromString(object.value(u"receivedAt"_s).toString(), Qt::ISODateWithMs);
    if (!enrollment.receivedAt.isValid())
        return damaged(u"receivedAt"_s);
    const auto requested = requestedFromJson(object.value(u"request"_s).toObject());
    if (!requested)
        return std::unexpected(requested.error());
    enrollment.requested = *requested;
    enrollment.requestDigest = QByteArray::fromHex(object.value(u"requestDigest"_s).toString().toLatin1());
    if (const QByteArray signer = bytesOf(object, u"signer"_s).value_or(QByteArray()); !signer.isEmpty()) {
        const auto certificate = Pki::Certificate::fromDer(signer);
        if (!certificate)
            return damaged(u"signer"_s);
        enrollment.signer = *certificate;
    }
    enrollment.rejectionReason = object.value(u"rejectionReason"_s).toString();
    enrollment.issuingTrouble = object.value(u"issuingTrouble"_s).toString();
    if (enrollment.state == Enrollment::State::Issued || object.contains(u"certificate"_s)) {
        const auto certificate = Pki::Certificate::fromDer(bytesOf(object, u"certificate"_s).value_or(QByteArray()));
        if (!certificate)
            return damaged(u"certificate"_s);
        enrollment.certificate = *certificate;
    }
    if (object.contains(u"revocation"_s)) {
        const QJsonObject revocation = object.value(u"revocation"_s).toObject();
        enrollment.revocation = Revocation{.at = QDateTime::fromString(revocation.value(u"at"_s).toString(), Qt::ISODateWithMs),
                                           .reason = revocation.value(u"reason"_s).toString()};
        if (!enrollment.revocation->at.isValid())
            return damaged(u"revocation"_s);
    }
    return enrollment;
}

} // namespace LabCa
