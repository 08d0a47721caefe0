// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/describe.h"

using namespace Qt::StringLiterals;
using Models::safeText;

namespace Cli {

QString isoTime(const QDateTime &time)
{
    return time.isValid() ? time.toUTC().toString(Qt::ISODate) : QString();
}

QJsonArray toJson(const QStringList &strings)
{
    return QJsonArray::fromStringList(strings);
}

QJsonObject toJson(const Pki::Certificate &certificate)
{
    QJsonArray extensions;
    for (const Pki::Extension &extension : certificate.extensions()) {
        extensions.append(QJsonObject{{"oid"_L1, extension.oid.toText()},
                                      {"name"_L1, extension.oid.displayName()},
                                      {"critical"_L1, extension.isCritical},
                                      {"text"_L1, extension.text}});
    }
    return {{"subject"_L1, certificate.subject().toText()},
            {"issuer"_L1, certificate.issuer().toText()},
            {"serialNumber"_L1, certificate.serialNumber().toHex()},
            {"notBefore"_L1, isoTime(certificate.notBefore())},
            {"notAfter"_L1, isoTime(certificate.notAfter())},
            {"publicKey"_L1, certificate.publicKey().displayName()},
            {"signatureAlgorithm"_L1, certificate.signatureAlgorithm()},
            {"isCa"_L1, certificate.isCa()},
            {"subjectAlternativeNames"_L1, Pki::toText(certificate.subjectAlternativeNames())},
            {"extensions"_L1, extensions},
            {"md5"_L1, certificate.fingerprint(Pki::Digest::Md5).toHex()},
            {"sha1"_L1, certificate.fingerprint(Pki::Digest::Sha1).toHex()},
            {"sha256"_L1, certificate.fingerprint(Pki::Digest::Sha256).toHex()},
            {"sha512"_L1, certificate.fingerprint(Pki::Digest::Sha512).toHex()}};
}

ResultLines toLines(const Pki::Certificate &certificate)
{
    ResultLines lines{{u"Subject"_s, safeText(certificate.subject().toText())},
                      {u"Issuer"_s, safeText(certificate.issuer().toText())},
                      {u"Serial number"_s, certificate.serialNumber().toDisplay()},
                      {u"Valid"_s, u"%1 to %2"_s.arg(isoTime(certificate.notBefore()), isoTime(certificate.notAfter()))},
                      {u"Public key"_s, certificate.publicKey().displayName()},
                      {u"Signed with"_s, certificate.signatureAlgorithm()}};
    const QString alternatives = Pki::toText(certificate.subjectAlternativeNames());
    if (!alternatives.isEmpty())
        lines.append({u"Alternative names"_s, safeText(alternatives, 2000)});
    if (certificate.isCa())
        lines.append({u"CA"_s, u"yes"_s});
    if (const auto usage = certificate.keyUsage())
        lines.append({u"Key usage"_s, Pki::toText(*usage)});
    if (!certificate.extendedKeyUsage().isEmpty())
        lines.append({u"Extended usage"_s, Pki::toText(certificate.extendedKeyUsage())});
    if (!certificate.templateName().isEmpty())
        lines.append({u"Profile"_s, safeText(certificate.templateName())});
    lines.append({u"SHA-1"_s, certificate.fingerprint(Pki::Digest::Sha1).toDisplay()});
    lines.append({u"SHA-256"_s, certificate.fingerprint().toDisplay()});
    return lines;
}

QJsonObject toJson(const Pki::CertificationRequest &request)
{
    return {{"subject"_L1, request.subject().toText()},
            {"publicKey"_L1, request.publicKey().displayName()},
            {"signatureAlgorithm"_L1, request.signatureAlgorithm()},
            {"isSignatureValid"_L1, request.isSignatureValid()},
            {"hasChallengePassword"_L1, request.hasChallengePassword()},
            {"subjectAlternativeNames"_L1, Pki::toText(request.subjectAlternativeNames())},
            {"profile"_L1, request.templateName()}};
}

ResultLines toLines(const Pki::CertificationRequest &request)
{
    ResultLines lines{
        {u"Subject"_s, safeText(request.subject().toText())},
        {u"Public key"_s, request.publicKey().displayName()},
        {u"Signature"_s, u"%1, %2"_s.arg(request.signatureAlgorithm(), request.isSignatureValid() ? u"valid"_s : u"NOT valid"_s)},
        {u"Challenge"_s, request.hasChallengePassword() ? u"present (not shown)"_s : u"none"_s}};
    const QString alternatives = Pki::toText(request.subjectAlternativeNames());
    if (!alternatives.isEmpty())
        lines.append({u"Alternative names"_s, safeText(alternatives, 2000)});
    if (const auto usage = request.keyUsage())
        lines.append({u"Key usage"_s, Pki::toText(*usage)});
    if (!request.extendedKeyUsage().isEmpty())
        lines.append({u"Extended usage"_s, Pki::toText(request.extendedKeyUsage())});
    if (!request.templateName().isEmpty())
        lines.append({u"Profile"_s, safeText(request.templateName())});
    return lines;
}

QJsonObject toJson(const Pki::Crl &crl)
{
    QJsonArray revoked;
    for (const Pki::RevokedCertificate &entry : crl.revoked()) {
        revoked.append(QJsonObject{{"serialNumber"_L1, entry.serialNumber.toHex()},
                                   {"revocationDate"_L1, isoTime(entry.revocationDate)},
                                   {"reason"_L1, entry.reason}});
    }
    return {{"issuer"_L1, crl.issuer().toText()},
            {"thisUpdate"_L1, isoTime(crl.thisUpdate())},
            {"nextUpdate"_L1, isoTime(crl.nextUpdate())},
            {"signatureAlgorithm"_L1, crl.signatureAlgorithm()},
            {"revoked"_L1, revoked}};
}

ResultLines toLines(const Pki::Crl &crl)
{
    ResultLines lines{{u"Issuer"_s, safeText(crl.issuer().toText())},
                      {u"This update"_s, isoTime(crl.thisUpdate())},
                      {u"Next update"_s, crl.nextUpdate().isValid() ? isoTime(crl.nextUpdate()) : u"not said"_s},
                      {u"Signed with"_s, crl.signatureAlgorithm()},
                      {u"Revoked"_s, QString::number(crl.revoked().size())}};
    for (const Pki::RevokedCertificate &entry : crl.revoked())
        lines.append({{}, u"%1  %2  %3"_s.arg(entry.serialNumber.toDisplay(), isoTime(entry.revocationDate), entry.reason)});
    return lines;
}

QJsonArray toJson(const QList<Pki::Certificate> &certificates)
{
    QJsonArray array;
    for (const Pki::Certificate &certificate : certificates)
        array.append(toJson(certificate));
    return array;
}

QJsonArray toJson(const QList<Pki::Crl> &crls)
{
    QJsonArray array;
    for (const Pki::Crl &crl : crls)
        array.append(toJson(crl));
    return array;
}

QStringList rolesOf(const Pki::Certificate &certificate, const Scep::CaRoles &roles)
{
    QStringList names;
    if (certificate == roles.root)
        names.append(u"root"_s);
    if (certificate == roles.issuing)
        names.append(u"issuing"_s);
    if (roles.intermediates.contains(certificate))
        names.append(u"intermediate"_s);
    if (certificate == roles.raSigning)
        names.append(u"ra-signing"_s);
    if (certificate == roles.raEncryption)
        names.append(u"ra-encryption"_s);
    if (certificate == roles.recipient)
        names.append(u"recipient"_s);
    if (roles.unused.contains(certificate))
        names.append(u"unused"_s);
    return names;
}

QJsonObject toJson(const Scep::MessageNode &node)
{
    QJsonArray children;
    for (const Scep::MessageNode &child : node.children)
        children.append(toJson(child));
    return {{"name"_L1, node.name}, {"value"_L1, node.value}, {"children"_L1, children}};
}

QJsonObject toJson(const Scep::MessageSummary &summary)
{
    QJsonArray recipients;
    for (const Pki::RecipientInfo &recipient : summary.recipients) {
        recipients.append(QJsonObject{{"issuer"_L1, recipient.recipientId.issuer.toText()},
                                      {"serialNumber"_L1, recipient.recipientId.serialNumber.toHex()},
                                      {"keyEncryptionAlgorithm"_L1, recipient.keyEncryptionAlgorithm.toText()}});
    }
    QJsonObject object{{"messageType"_L1, summary.type ? Scep::displayName(*summary.type) : summary.typeText},
                       {"transactionId"_L1, summary.transactionId},
                       {"senderNonce"_L1, QString::fromLatin1(summary.senderNonce.toHex())},
                       {"recipientNonce"_L1, QString::fromLatin1(summary.recipientNonce.toHex())},
                       {"signerIssuer"_L1, summary.signer.issuer.toText()},
                       {"signerSerialNumber"_L1, summary.signer.serialNumber.toHex()},
                       {"digest"_L1, summary.digest},
                       {"hasEnvelope"_L1, summary.hasEnvelope},
                       {"contentCipher"_L1, summary.contentCipher},
                       {"recipients"_L1, recipients},
                       {"certificates"_L1, toJson(summary.certificates)}};
    if (summary.status)
        object.insert("pkiStatus"_L1, Scep::displayName(*summary.status));
    if (summary.rejection) {
        object.insert("failInfo"_L1, summary.rejection->failInfoNumber);
        object.insert("failInfoText"_L1, summary.rejection->failInfoText);
        if (summary.rejection->hresult)
            object.insert("hresult"_L1, Scep::hresultText(*summary.rejection->hresult));
    }
    return object;
}

} // namespace Cli
