// SPDX-License-Identifier: GPL-3.0-or-later
// The second half of recordjson.h: what a server or request is configured with, and what is known of a server.
#include "models/store/recordjson.h"

using namespace Qt::StringLiterals;
using Pki::failure;

namespace Models::Json {

namespace {

QJsonArray fromStrings(const QStringList &strings)
{
    return QJsonArray::fromStringList(strings);
}

QStringList toStrings(const QJsonValue &value)
{
    QStringList strings;
    for (const QJsonValue &item : value.toArray())
        strings.append(item.toString());
    return strings;
}

std::unexpected<Error> badField(const QString &field, const QString &text)
{
    return failure(ErrorCode::Malformed, u"field %1: %2"_s.arg(field, text));
}

qint64 fromSeconds(std::chrono::seconds seconds)
{
    return seconds.count();
}

std::chrono::seconds toSeconds(const QJsonValue &value, std::chrono::seconds fallback)
{
    return std::chrono::seconds(value.toInteger(fallback.count()));
}

QString fromFingerprint(const Pki::Fingerprint &fingerprint)
{
    return fingerprint.toHex();
}

Result<Pki::Fingerprint> toFingerprint(const QJsonValue &value)
{
    if (value.toString().isEmpty())
        return Pki::Fingerprint();
    return Pki::Fingerprint::fromText(value.toString());
}

// -- algorithm policy ------------------------------------------------------------------------------------------------------

QJsonObject fromPolicy(const Scep::AlgorithmPolicy &policy)
{
    return {{u"digest"_s, policy.digest ? Pki::settingName(*policy.digest) : QString()},
            {u"cipher"_s, policy.cipher ? Pki::settingName(*policy.cipher) : QString()},
            {u"method"_s, policy.method ? (*policy.method == Scep::HttpMethod::Get ? u"get"_s : u"post"_s) : QString()},
            {u"keyTransport"_s, static_cast<int>(policy.keyTransport)},
            {u"allowSha1"_s, policy.allowSha1},
            {u"allowMd5"_s, policy.allowMd5},
            {u"allowDes"_s, policy.allowDes}};
}

Result<Scep::AlgorithmPolicy> toPolicy(const QJsonObject &object)
{
    Scep::AlgorithmPolicy policy;
    if (const QString text = object[u"digest"_s].toString(); !text.isEmpty()) {
        policy.digest = Pki::digestFromSettingName(text);
        if (!policy.digest)
            return badField(u"digest"_s, text);
    }
    if (const QString text = object[u"cipher"_s].toString(); !text.isEmpty()) {
        policy.cipher = Pki::cipherFromSettingName(text);
        if (!policy.cipher)
            return badField(u"cipher"_s, text);
    }
    if (const QString text = object[u"method"_s].toString(); !text.isEmpty()) {
        if (text != "get"_L1 && text != "post"_L1)
            return badField(u"method"_s, text);
        policy.method = text == "get"_L1 ? Scep::HttpMethod::Get : Scep::HttpMethod::Post;
    }
    const int transport = object[u"keyTransport"_s].toInt();
    if (transport < 0 || transport > static_cast<int>(Pki::KeyTransport::RsaOaepSha256))
        return badField(u"keyTransport"_s, QString::number(transport));
    policy.keyTransport = static_cast<Pki::KeyTransport>(transport);
    policy.allowSha1 = object[u"allowSha1"_s].toBool(policy.allowSha1);
    policy.allowMd5 = object[u"allowMd5"_s].toBool(policy.allowMd5);
    policy.allowDes = object[u"allowDes"_s].toBool(policy.allowDes);
    return policy;
}

} // namespace

// -- server ------------------------------------------------------------------------------------------------------------------

QJsonObject fromServer(const Scep::EnrollmentServer &server)
{
    const QJsonObject polling{{u"first"_s, fromSeconds(server.polling.first)},
                              {u"growth"_s, server.polling.growth},
                              {u"longest"_s, fromSeconds(server.polling.longest)},
                              {u"end"_s, fromSeconds(server.polling.end)}};
    const QJsonObject transport{{u"timeout"_s, static_cast<qint64>(server.transport.timeout.count())}, // milliseconds
                                {u"tlsRoots"_s, fromCertificates(server.transport.tlsRoots)},
                                {u"proxy"_s, server.transport.proxy.toString(QUrl::FullyEncoded | QUrl::RemoveUserInfo)},
                                {u"proxyUser"_s, server.transport.proxyUser},
                                {u"clientCertificates"_s, fromCertificates(server.transport.clientCertificates)}};
    const QJsonObject roles{{u"encryption"_s, fromFingerprint(server.roleOverride.encryption)},
                            {u"signing"_s, fromFingerprint(server.roleOverride.signing)},
                            {u"reason"_s, server.roleOverride.reason}};
    return {{u"label"_s, server.label},
            {u"description"_s, server.description},
            {u"enabled"_s, server.isEnabled},
            {u"url"_s, server.url.toString(QUrl::FullyEncoded)},
            {u"caIdentifier"_s, server.caIdentifier},
            {u"anchorFingerprint"_s, fromFingerprint(server.anchor.fingerprint)},
            {u"anchorCertificate"_s, fromCertificate(server.anchor.certificate)},
            {u"algorithms"_s, fromPolicy(server.algorithms)},
            {u"roleOverride"_s, roles},
            {u"renewalMethod"_s, static_cast<int>(server.renewalMethod)},
            {u"sendsChallengeOnRenewal"_s, server.sendsChallengeOnRenewal},
            {u"caCheckInterval"_s, fromSeconds(server.caCheckInterval)},
            {u"followsRollover"_s, server.followsRollover},
            {u"polling"_s, polling},
            {u"retryInterval"_s, fromSeconds(server.retryInterval)},
            {u"transport"_s, transport},
            {u"exchangesAtOnce"_s, server.exchangesAtOnce},
            {u"requestsPerMinute"_s, server.requestsPerMinute}};
}

Result<Scep::EnrollmentServer> toServer(const QJsonObject &object)
{
    const auto anchorFingerprint = toFingerprint(object[u"anchorFingerprint"_s]);
    const auto anchorCertificate = toCertificate(object[u"anchorCertificate"_s]);
    const auto algorithms = toPolicy(object[u"algorithms"_s].toObject());
    const QJsonObject roles = object[u"roleOverride"_s].toObject();
    const auto encryption = toFingerprint(roles[u"encryption"_s]);
    const auto signing = toFingerprint(roles[u"signing"_s]);
    const QJsonObject transport = object[u"transport"_s].toObject();
    const auto tlsRoots = toCertificates(transport[u"tlsRoots"_s]);
    const auto clientCertificates = toCertificates(transport[u"clientCertificates"_s]);
    for (const Error *error :
         {anchorFingerprint ? nullptr : &anchorFingerprint.error(), anchorCertificate ? nullptr : &anchorCertificate.error(),
          algorithms ? nullptr : &algorithms.error(), encryption ? nullptr : &encryption.error(), signing ? nullptr : &signing.error(),
          tlsRoots ? nullptr : &tlsRoots.error(), clientCertificates ? nullptr : &clientCertificates.error()}) {
        if (error)
            return std::unexpected(*error);
    }
    const int renewalMethod = object[u"renewalMethod"_s].toInt();
    if (renewalMethod < 0 || renewalMethod > static_cast<int>(Scep::RenewalMethod::RenewalReq))
        return badField(u"renewalMethod"_s, QString::number(renewalMethod));

    Scep::EnrollmentServer server;
    server.label = object[u"label"_s].toString();
    server.description = object[u"description"_s].toString();
    server.isEnabled = object[u"enabled"_s].toBool(true);
    server.url = QUrl(object[u"url"_s].toString(), QUrl::StrictMode);
    server.caIdentifier = object[u"caIdentifier"_s].toString();
    server.anchor = {*anchorFingerprint, *anchorCertificate};
    server.algorithms = *algorithms;
    server.roleOverride = {*encryption, *signing, roles[u"reason"_s].toString()};
    server.renewalMethod = static_cast<Scep::RenewalMethod>(renewalMethod);
    server.sendsChallengeOnRenewal = object[u"sendsChallengeOnRenewal"_s].toBool();
    server.caCheckInterval = toSeconds(object[u"caCheckInterval"_s], server.caCheckInterval);
    server.followsRollover = object[u"followsRollover"_s].toBool(server.followsRollover);
    const QJsonObject polling = object[u"polling"_s].toObject();
    server.polling.first = toSeconds(polling[u"first"_s], server.polling.first);
    server.polling.growth = polling[u"growth"_s].toDouble(server.polling.growth);
    server.polling.longest = toSeconds(polling[u"longest"_s], server.polling.longest);
    server.polling.end = toSeconds(polling[u"end"_s], server.polling.end);
    server.retryInterval = toSeconds(object[u"retryInterval"_s], server.retryInterval);
    server.transport.timeout = std::chrono::milliseconds(transport[u"timeout"_s].toInteger(server.transport.timeout.count()));
    server.transport.tlsRoots = *tlsRoots;
    server.transport.proxy = QUrl(transport[u"proxy"_s].toString(), QUrl::StrictMode);
    server.transport.proxyUser = transport[u"proxyUser"_s].toString();
    // Older versions kept user and password in the address.
    if (!server.transport.proxy.userInfo().isEmpty()) {
        server.transport.proxyUser = server.transport.proxy.userName(QUrl::FullyDecoded);
        server.transport.proxyPassword =
            std::make_shared<const Pki::SecretBytes>(Pki::SecretBytes::fromText(server.transport.proxy.password(QUrl::FullyDecoded)));
        server.transport.proxy.setUserInfo({});
    }
    server.transport.clientCertificates = *clientCertificates;
    server.exchangesAtOnce = object[u"exchangesAtOnce"_s].toInt(server.exchangesAtOnce);
    server.requestsPerMinute = object[u"requestsPerMinute"_s].toInt(server.requestsPerMinute);
    return server;
}

// -- knowledge ---------------------------------------------------------------------------------------------------------------

QJsonObject fromKnowledge(const Scep::ServerKnowledge &knowledge)
{
    QJsonObject object{{u"trust"_s, static_cast<int>(knowledge.trust)},
                       {u"capabilities"_s, fromStrings(knowledge.capabilities.lines())},
                       {u"offered"_s, fromCertificates(knowledge.offered.certificates)},
                       {u"offeredForm"_s, static_cast<int>(knowledge.offered.form)},
                       {u"leniencies"_s, fromStrings(knowledge.offered.leniencies)},
                       {u"roles"_s, fromRoles(knowledge.roles)},
                       {u"lastContact"_s, fromTime(knowledge.lastContact)},
                       {u"notes"_s, fromStrings(knowledge.notes)},
                       {u"seenCapabilities"_s, fromStrings(knowledge.seenCapabilities.lines())},
                       {u"renewalStep"_s, fromRenewalStep(knowledge.renewalStep)},
                       {u"pollsByRequest"_s, knowledge.pollsByRequest}};
    if (!knowledge.nextCa.isNull()) {
        object[u"nextCa"_s] = QJsonObject{{u"offered"_s, fromCertificates(knowledge.nextCa.offered.certificates)},
                                          {u"roles"_s, fromRoles(knowledge.nextCa.roles)},
                                          {u"isUnderAnchor"_s, knowledge.nextCa.isUnderAnchor},
                                          {u"seenAt"_s, fromTime(knowledge.nextCa.seenAt)}};
    }
    if (knowledge.crl.askedAt.isValid()) {
        QJsonObject crl{{u"askedAt"_s, fromTime(knowledge.crl.askedAt)},
                        {u"thisUpdate"_s, fromTime(knowledge.crl.thisUpdate)},
                        {u"nextUpdate"_s, fromTime(knowledge.crl.nextUpdate)},
                        {u"revokedCount"_s, knowledge.crl.revokedCount}};
        if (knowledge.crl.lastError)
            crl[u"lastError"_s] = fromError(*knowledge.crl.lastError);
        object[u"crl"_s] = crl;
    }
    if (knowledge.lastError)
        object[u"lastError"_s] = fromError(*knowledge.lastError);
    if (knowledge.clockSkew)
        object[u"clockSkew"_s] = fromSeconds(*knowledge.clockSkew);
    return object;
}

Result<Scep::ServerKnowledge> toKnowledge(const QJsonObject &object)
{
    const int trust = object[u"trust"_s].toInt();
    if (trust < 0 || trust > static_cast<int>(Scep::ServerKnowledge::Trust::Refused))
        return badField(u"trust"_s, QString::number(trust));
    const auto offered = toCertificates(object[u"offered"_s]);
    if (!offered)
        return std::unexpected(offered.error());
    const auto roles = toRoles(object[u"roles"_s].toObject());
    if (!roles)
        return std::unexpected(roles.error());
    const auto renewalStep = toRenewalStep(object[u"renewalStep"_s]);
    if (!renewalStep)
        return std::unexpected(renewalStep.error());
    const QJsonObject next = object[u"nextCa"_s].toObject();
    const auto nextOffered = toCertificates(next[u"offered"_s]);
    if (!nextOffered)
        return std::unexpected(nextOffered.error());
    const auto nextRoles = toRoles(next[u"roles"_s].toObject());
    if (!nextRoles)
        return std::unexpected(nextRoles.error());

    Scep::ServerKnowledge knowledge;
    knowledge.trust = static_cast<Scep::ServerKnowledge::Trust>(trust);
    knowledge.capabilities = Scep::Capabilities::fromLines(toStrings(object[u"capabilities"_s]));
    knowledge.offered.certificates = *offered;
    knowledge.offered.form = object[u"offeredForm"_s].toInt() == static_cast<int>(Scep::CaCertificates::Form::DegenerateSignedData)
                                 ? Scep::CaCertificates::Form::DegenerateSignedData
                                 : Scep::CaCertificates::Form::SingleCertificate;
    knowledge.offered.leniencies = toStrings(object[u"leniencies"_s]);
    knowledge.roles = *roles;
    knowledge.lastContact = toTime(object[u"lastContact"_s]);
    knowledge.notes = toStrings(object[u"notes"_s]);
    // A store from before this was remembered has seen at least what it knows.
    knowledge.seenCapabilities = object.contains(u"seenCapabilities"_s)
                                     ? Scep::Capabilities::fromLines(toStrings(object[u"seenCapabilities"_s]))
                                     : knowledge.capabilities;
    knowledge.renewalStep = *renewalStep;
    knowledge.pollsByRequest = object[u"pollsByRequest"_s].toBool();
    knowledge.nextCa.offered.certificates = *nextOffered;
    if (!next.isEmpty())
        knowledge.nextCa.offered.form = Scep::CaCertificates::Form::DegenerateSignedData;
    knowledge.nextCa.roles = *nextRoles;
    knowledge.nextCa.isUnderAnchor = next[u"isUnderAnchor"_s].toBool();
    knowledge.nextCa.seenAt = toTime(next[u"seenAt"_s]);
    const QJsonObject crl = object[u"crl"_s].toObject();
    knowledge.crl.askedAt = toTime(crl[u"askedAt"_s]);
    knowledge.crl.thisUpdate = toTime(crl[u"thisUpdate"_s]);
    knowledge.crl.nextUpdate = toTime(crl[u"nextUpdate"_s]);
    knowledge.crl.revokedCount = crl[u"revokedCount"_s].toInt();
    if (crl.contains(u"lastError"_s))
        knowledge.crl.lastError = toError(crl[u"lastError"_s].toObject());
    if (object.contains(u"lastError"_s))
        knowledge.lastError = toError(object[u"lastError"_s].toObject());
    if (object.contains(u"clockSkew"_s))
        knowledge.clockSkew = toSeconds(object[u"clockSkew"_s], {});
    return knowledge;
}

// -- request -----------------------------------------------------------------------------------------------------------------

QJsonObject fromRequest(const Scep::EnrollmentRequest &request)
{
    QStringList extendedKeyUsage;
    for (const Pki::Oid &oid : request.extendedKeyUsage)
        extendedKeyUsage.append(oid.toText());
    QJsonArray alternativeNames;
    for (const Pki::SubjectAlternativeName &name : request.subjectAlternativeNames)
        alternativeNames.append(QJsonObject{{u"kind"_s, static_cast<int>(name.kind)}, {u"value"_s, name.value}});
    QJsonObject object{{u"label"_s, request.label},
                       {u"subject"_s, fromBytes(request.subject.der())},
                       {u"subjectAlternativeNames"_s, alternativeNames},
                       {u"key"_s, request.keySpec.toText()},
                       {u"reusesKeyOnRenewal"_s, request.reusesKeyOnRenewal},
                       {u"profile"_s, request.profile},
                       {u"profileEncoding"_s, static_cast<int>(request.profileEncoding)},
                       {u"extendedKeyUsage"_s, fromStrings(extendedKeyUsage)},
                       {u"renewalKind"_s, static_cast<int>(request.renewal.kind)},
                       {u"renewalValue"_s, request.renewal.value},
                       {u"transactionId"_s, request.transactionIdOverride},
                       {u"enabled"_s, request.isEnabled}};
    if (request.keyUsage)
        object[u"keyUsage"_s] = request.keyUsage->toInt();
    return object;
}

Result<Scep::EnrollmentRequest> toRequest(const QJsonObject &object)
{
    Scep::EnrollmentRequest request;
    request.label = object[u"label"_s].toString();
    const auto subject = Pki::DistinguishedName::fromDer(toBytes(object[u"subject"_s]));
    if (!subject)
        return std::unexpected(subject.error());
    request.subject = *subject;
    for (const QJsonValue &item : object[u"subjectAlternativeNames"_s].toArray()) {
        const int kind = item[u"kind"_s].toInt(-1);
        if (kind < 0 || kind > static_cast<int>(Pki::SubjectAlternativeName::Kind::Other))
            return badField(u"subjectAlternativeNames"_s, QString::number(kind));
        request.subjectAlternativeNames.append({static_cast<Pki::SubjectAlternativeName::Kind>(kind), item[u"value"_s].toString()});
    }
    const auto keySpec = Pki::KeySpec::fromText(object[u"key"_s].toString());
    if (!keySpec)
        return std::unexpected(keySpec.error());
    request.keySpec = *keySpec;
    request.reusesKeyOnRenewal = object[u"reusesKeyOnRenewal"_s].toBool();
    request.profile = object[u"profile"_s].toString();
    request.profileEncoding = object[u"profileEncoding"_s].toInt() == static_cast<int>(Pki::TemplateNameEncoding::BmpString)
                                  ? Pki::TemplateNameEncoding::BmpString
                                  : Pki::TemplateNameEncoding::Utf8String;
    if (object.contains(u"keyUsage"_s))
        request.keyUsage = Pki::KeyUsage::fromInt(object[u"keyUsage"_s].toInt());
    for (const QString &dotted : toStrings(object[u"extendedKeyUsage"_s])) {
        const auto oid = Pki::Oid::fromText(dotted);
        if (!oid)
            return std::unexpected(oid.error());
        request.extendedKeyUsage.append(*oid);
    }
    const int renewalKind = object[u"renewalKind"_s].toInt(static_cast<int>(request.renewal.kind));
    if (renewalKind < 0 || renewalKind > static_cast<int>(Scep::RenewalRule::Kind::HoursBeforeExpiry))
        return badField(u"renewalKind"_s, QString::number(renewalKind));
    request.renewal = {static_cast<Scep::RenewalRule::Kind>(renewalKind), object[u"renewalValue"_s].toInt(request.renewal.value)};
    request.transactionIdOverride = object[u"transactionId"_s].toString();
    request.isEnabled = object[u"enabled"_s].toBool(true);
    return request;
}

} // namespace Models::Json
