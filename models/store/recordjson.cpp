// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/store/recordjson.h"

#include "models/records/errorname.h"

#include <QJsonDocument>

using namespace Qt::StringLiterals;
using Pki::failure;

namespace Models::Json {

// -- small parts ---------------------------------------------------------------------------------------------------------

QString fromBytes(const QByteArray &bytes)
{
    return QString::fromLatin1(bytes.toBase64());
}

QByteArray toBytes(const QJsonValue &value)
{
    return QByteArray::fromBase64(value.toString().toLatin1());
}

QString fromCertificate(const Pki::Certificate &certificate)
{
    return certificate.isNull() ? QString() : fromBytes(certificate.der());
}

Result<Pki::Certificate> toCertificate(const QJsonValue &value)
{
    if (value.toString().isEmpty())
        return Pki::Certificate();
    return Pki::Certificate::fromDer(toBytes(value));
}

QJsonArray fromCertificates(const QList<Pki::Certificate> &certificates)
{
    QJsonArray array;
    for (const Pki::Certificate &certificate : certificates)
        array.append(fromCertificate(certificate));
    return array;
}

Result<QList<Pki::Certificate>> toCertificates(const QJsonValue &value)
{
    QList<Pki::Certificate> certificates;
    for (const QJsonValue &item : value.toArray()) {
        const Result<Pki::Certificate> certificate = toCertificate(item);
        if (!certificate)
            return std::unexpected(certificate.error());
        certificates.append(*certificate);
    }
    return certificates;
}

QJsonValue fromTime(const QDateTime &time)
{
    return time.isValid() ? QJsonValue(time.toUTC().toString(Qt::ISODateWithMs)) : QJsonValue();
}

QDateTime toTime(const QJsonValue &value)
{
    return value.isString() ? QDateTime::fromString(value.toString(), Qt::ISODateWithMs).toUTC() : QDateTime();
}

QByteArray toText(const QJsonObject &object)
{
    return QJsonDocument(object).toJson(QJsonDocument::Compact);
}

Result<QJsonObject> fromText(const QByteArray &text)
{
    QJsonParseError error;
    const QJsonDocument document = QJsonDocument::fromJson(text, &error);
    if (!document.isObject())
        return failure(ErrorCode::Malformed, u"no JSON object: %1"_s.arg(error.errorString()));
    return document.object();
}

QJsonObject fromError(const Error &error)
{
    return {{u"code"_s, errorName(error.code)}, {u"detail"_s, error.detail}};
}

Error toError(const QJsonObject &object)
{
    const QString name = object[u"code"_s].toString();
    const QString detail = object[u"detail"_s].toString();
    if (const std::optional<ErrorCode> code = errorFromName(name))
        return {*code, detail};
    return {ErrorCode::Internal, u"%1: %2"_s.arg(name, detail)};
}

QJsonObject fromRejection(const Scep::Rejection &rejection)
{
    QJsonObject object{{u"failInfo"_s, rejection.failInfoNumber}, {u"failInfoText"_s, rejection.failInfoText}};
    if (rejection.hresult)
        object[u"hresult"_s] = *rejection.hresult;
    return object;
}

Scep::Rejection toRejection(const QJsonObject &object)
{
    Scep::Rejection rejection{object[u"failInfo"_s].toInt(-1), object[u"failInfoText"_s].toString(), std::nullopt};
    if (object.contains(u"hresult"_s))
        rejection.hresult = object[u"hresult"_s].toInt();
    return rejection;
}

// -- algorithms, roles, transactions ---------------------------------------------------------------------------------------

namespace {

using Strings = QStringList;

QJsonArray fromStrings(const Strings &strings)
{
    return QJsonArray::fromStringList(strings);
}

Strings toStrings(const QJsonValue &value)
{
    Strings strings;
    for (const QJsonValue &item : value.toArray())
        strings.append(item.toString());
    return strings;
}

/// Enumerations without a settingName() of their own are stored by these words.
template <typename E>
struct Word {
    E value;
    const char *word;
};
constexpr Word<Scep::HttpMethod> methods[]{{Scep::HttpMethod::Get, "get"}, {Scep::HttpMethod::Post, "post"}};
constexpr Word<Pki::KeyTransport> transports[]{{Pki::KeyTransport::RsaPkcs1, "rsa-pkcs1"},
                                               {Pki::KeyTransport::RsaOaepSha1, "rsa-oaep-sha1"},
                                               {Pki::KeyTransport::RsaOaepSha256, "rsa-oaep-sha256"}};
constexpr Word<Scep::RenewalStep> renewalSteps[]{{Scep::RenewalStep::RenewalReq, "renewal-req"},
                                                 {Scep::RenewalStep::PkcsReqByCertificate, "pkcs-req-by-certificate"},
                                                 {Scep::RenewalStep::FreshPkcsReq, "fresh-pkcs-req"}};
constexpr Word<Scep::Transaction::Phase> phases[]{{Scep::Transaction::Phase::Prepared, "prepared"},
                                                  {Scep::Transaction::Phase::Pending, "pending"}};

template <typename E, std::size_t N>
QString wordOf(const Word<E> (&words)[N], E value)
{
    for (const Word<E> &entry : words) {
        if (entry.value == value)
            return QString::fromLatin1(entry.word);
    }
    return {};
}

/// Absent: `fallback`. A word that is none of them: Malformed.
template <typename E, std::size_t N>
Result<E> valueOf(const Word<E> (&words)[N], const QJsonObject &object, const QString &field, E fallback)
{
    if (!object.contains(field))
        return fallback;
    const QString text = object[field].toString();
    for (const Word<E> &entry : words) {
        if (text == QLatin1StringView(entry.word))
            return entry.value;
    }
    return failure(ErrorCode::Malformed, u"field %1: %2"_s.arg(field, text));
}

template <typename T>
Result<T> required(const std::optional<T> &value, const QJsonObject &object, const QString &field)
{
    if (value)
        return *value;
    return failure(ErrorCode::Malformed, u"field %1: %2"_s.arg(field, object[field].toString()));
}

} // namespace

QJsonObject fromNegotiated(const Scep::Negotiated &algorithms)
{
    return {{u"digest"_s, Pki::settingName(algorithms.digest)}, {u"cipher"_s, Pki::settingName(algorithms.cipher)},
            {u"method"_s, wordOf(methods, algorithms.method)},  {u"keyTransport"_s, wordOf(transports, algorithms.keyTransport)},
            {u"digestReason"_s, algorithms.digestReason},       {u"cipherReason"_s, algorithms.cipherReason},
            {u"methodReason"_s, algorithms.methodReason},       {u"warnings"_s, fromStrings(algorithms.warnings)}};
}

Result<Scep::Negotiated> toNegotiated(const QJsonObject &object)
{
    const auto digest = required(Pki::digestFromSettingName(object[u"digest"_s].toString()), object, u"digest"_s);
    const auto cipher = required(Pki::cipherFromSettingName(object[u"cipher"_s].toString()), object, u"cipher"_s);
    const auto method = valueOf(methods, object, u"method"_s, Scep::HttpMethod::Post);
    const auto transport = valueOf(transports, object, u"keyTransport"_s, Pki::KeyTransport::RsaPkcs1);
    if (!digest)
        return std::unexpected(digest.error());
    if (!cipher)
        return std::unexpected(cipher.error());
    if (!method)
        return std::unexpected(method.error());
    if (!transport)
        return std::unexpected(transport.error());
    return Scep::Negotiated{*digest,
                            *cipher,
                            *method,
                            *transport,
                            object[u"digestReason"_s].toString(),
                            object[u"cipherReason"_s].toString(),
                            object[u"methodReason"_s].toString(),
                            toStrings(object[u"warnings"_s])};
}

QJsonObject fromRoles(const Scep::CaRoles &roles)
{
    return {{u"anchor"_s, fromCertificate(roles.anchor)},
            {u"root"_s, fromCertificate(roles.root)},
            {u"issuing"_s, fromCertificate(roles.issuing)},
            {u"intermediates"_s, fromCertificates(roles.intermediates)},
            {u"raSigning"_s, fromCertificate(roles.raSigning)},
            {u"raEncryption"_s, fromCertificate(roles.raEncryption)},
            {u"unused"_s, fromCertificates(roles.unused)},
            {u"recipient"_s, fromCertificate(roles.recipient)},
            {u"expectedSigners"_s, fromCertificates(roles.expectedSigners)},
            {u"reasons"_s, fromStrings(roles.reasons)}};
}

Result<Scep::CaRoles> toRoles(const QJsonObject &object)
{
    Scep::CaRoles roles;
    const std::pair<const char *, Pki::Certificate *> singles[]{
        {"anchor", &roles.anchor},
        {"root", &roles.root},
        {"issuing", &roles.issuing},
        {"raSigning", &roles.raSigning},
        {"raEncryption", &roles.raEncryption},
        {"recipient", &roles.recipient},
    };
    for (const auto &[field, target] : singles) {
        const auto certificate = toCertificate(object[QLatin1StringView(field)]);
        if (!certificate)
            return std::unexpected(certificate.error());
        *target = *certificate;
    }
    const std::pair<const char *, QList<Pki::Certificate> *> lists[]{
        {"intermediates", &roles.intermediates}, {"unused", &roles.unused}, {"expectedSigners", &roles.expectedSigners}};
    for (const auto &[field, target] : lists) {
        const auto certificates = toCertificates(object[QLatin1StringView(field)]);
        if (!certificates)
            return std::unexpected(certificates.error());
        *target = *certificates;
    }
    roles.reasons = toStrings(object[u"reasons"_s]);
    return roles;
}

QJsonValue fromRenewalStep(const std::optional<Scep::RenewalStep> &step)
{
    return step ? QJsonValue(wordOf(renewalSteps, *step)) : QJsonValue();
}

Result<std::optional<Scep::RenewalStep>> toRenewalStep(const QJsonValue &value)
{
    if (!value.isString())
        return std::optional<Scep::RenewalStep>();
    for (const Word<Scep::RenewalStep> &entry : renewalSteps) {
        if (value.toString() == QLatin1StringView(entry.word))
            return std::optional(entry.value);
    }
    return failure(ErrorCode::Malformed, u"field renewalStep: %1"_s.arg(value.toString()));
}

QJsonObject fromTransaction(const Scep::Transaction &transaction)
{
    QJsonArray steps;
    for (const Scep::RenewalStep step : transaction.renewalSteps)
        steps.append(wordOf(renewalSteps, step));
    return {{u"renews"_s, fromCertificate(transaction.renews)},
            {u"renewalSteps"_s, steps},
            {u"id"_s, transaction.id.toText()},
            {u"type"_s, static_cast<int>(transaction.type)}, // the number of RFC 8894 3.2.1.2
            {u"signer"_s, fromCertificate(transaction.signer)},
            {u"roles"_s, fromRoles(transaction.roles)},
            {u"algorithms"_s, fromNegotiated(transaction.algorithms)},
            {u"phase"_s, wordOf(phases, transaction.phase)},
            {u"polls"_s, transaction.polls},
            {u"transportFailures"_s, transaction.transportFailures},
            {u"startedAt"_s, fromTime(transaction.startedAt)},
            {u"firstPendingAt"_s, fromTime(transaction.firstPendingAt)},
            {u"nextAttemptAt"_s, fromTime(transaction.nextAttemptAt)}};
}

Result<Scep::Transaction> toTransaction(const QJsonObject &object)
{
    const auto id = Scep::TransactionId::fromText(object[u"id"_s].toString());
    const auto type = required(Scep::messageTypeFromText(QString::number(object[u"type"_s].toInt())), object, u"type"_s);
    const auto signer = toCertificate(object[u"signer"_s]);
    const auto renews = toCertificate(object[u"renews"_s]);
    const auto roles = toRoles(object[u"roles"_s].toObject());
    const auto algorithms = toNegotiated(object[u"algorithms"_s].toObject());
    const auto phase = valueOf(phases, object, u"phase"_s, Scep::Transaction::Phase::Prepared);
    if (!id)
        return failure(ErrorCode::Malformed, id.error().detail);
    for (const Error *error :
         {type ? nullptr : &type.error(), signer ? nullptr : &signer.error(), renews ? nullptr : &renews.error(),
          roles ? nullptr : &roles.error(), algorithms ? nullptr : &algorithms.error(), phase ? nullptr : &phase.error()}) {
        if (error)
            return std::unexpected(*error);
    }
    Scep::Transaction transaction;
    transaction.id = *id;
    transaction.type = *type;
    transaction.signer = *signer;
    transaction.renews = *renews;
    for (const QJsonValue &item : object[u"renewalSteps"_s].toArray()) {
        const auto step = toRenewalStep(item);
        if (!step)
            return std::unexpected(step.error());
        if (*step)
            transaction.renewalSteps.append(**step);
    }
    transaction.roles = *roles;
    transaction.algorithms = *algorithms;
    transaction.phase = *phase;
    transaction.polls = object[u"polls"_s].toInt();
    transaction.transportFailures = object[u"transportFailures"_s].toInt();
    transaction.startedAt = toTime(object[u"startedAt"_s]);
    transaction.firstPendingAt = toTime(object[u"firstPendingAt"_s]);
    transaction.nextAttemptAt = toTime(object[u"nextAttemptAt"_s]);
    return transaction;
}

} // namespace Models::Json
