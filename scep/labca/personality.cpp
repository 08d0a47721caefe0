// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/labca/personality.h"

#include <algorithm>

namespace LabCa {

using namespace Qt::StringLiterals;
using Scep::FailInfo;
using Scep::MessageType;

namespace {

const QByteArray plainType("text/plain; charset=utf-8");

bool isOperation(const QString &operation, QLatin1StringView name)
{
    return operation.compare(name, Qt::CaseInsensitive) == 0;
}

std::optional<Ability> abilityFor(const QString &operation)
{
    if (isOperation(operation, "GetCACaps"_L1))
        return Ability::GetCaCaps;
    if (isOperation(operation, "GetCACertChain"_L1))
        return Ability::GetCaCertChain;
    if (isOperation(operation, "GetNextCACert"_L1))
        return Ability::GetNextCaCert;
    return std::nullopt;
}

std::optional<Ability> abilityFor(MessageType type)
{
    switch (type) {
    case MessageType::RenewalReq:
        return Ability::RenewalReq;
    case MessageType::CertPoll:
        return Ability::CertPoll;
    case MessageType::GetCert:
        return Ability::GetCert;
    case MessageType::GetCrl:
        return Ability::GetCrl;
    case MessageType::CertRep:
    case MessageType::PkcsReq:
        break;
    }
    return std::nullopt;
}

bool isHex(const QString &text)
{
    return std::ranges::all_of(text, [](QChar character) {
        return (character >= u'0' && character <= u'9') || (character >= u'a' && character <= u'f') ||
               (character >= u'A' && character <= u'F');
    });
}

// clang-format off
Personality standard()
{
    Personality row;
    row.name = u"standard"_s;
    row.description = u"as RFC 8894 says; everything is served, replies mirror the request's algorithms"_s;
    return row;
}

Personality ndes()
{
    Personality row;
    row.name = u"ndes"_s;
    row.description = u"Microsoft NDES: two RA certificates, 3DES replies without certificates, HRESULTs, no rollover"_s;
    row.abilities = allAbilities & ~Abilities(Ability::GetNextCaCert | Ability::GetCaCertChain);
    row.unsupported = {404, "text/html", "<html><head><title>404 - File or directory not found.</title></head></html>\n"};
    row.maxQueryBytes = 2048;
    row.showsPageWithoutOperation = true;
    row.capabilities = {"POSTPKIOperation", "Renewal", "SHA-512", "SHA-256", "SHA-1", "DES3"};
    row.lineBreak = "\r\n";
    row.bundle = CaBundle::RaFirst;
    row.ra = RaKind::Split;
    row.returnsFormerForSameKey = true;
    row.replyCipher = Pki::Cipher::TripleDes;
    row.embedded = EmbeddedCertificates::None;
    row.includesCa = true;
    row.refusalContent = QByteArray(1, '\0');
    row.sendsFailInfoText = false;
    row.sendsHresult = true;
    row.sendsDisposition = true;
    row.agreesOnKeys = true;
    return row;
}

Personality ejbca()
{
    Personality row;
    row.name = u"ejbca"_s;
    row.description = u"EJBCA: message= is mandatory, DES replies without certificates, empty answers, no CertPoll, GetCert or GetCRL"_s;
    row.abilities = allAbilities & ~Abilities(Ability::CertPoll | Ability::GetCert | Ability::GetCrl);
    row.unsupported = {200, "application/x-pki-message", {}};
    row.requiresCaIdent = true;
    row.unreadableGetsNothing = true;
    row.capabilities = {"POSTPKIOperation", "GetNextCACert", "Renewal", "SHA-512", "SHA-256", "SHA-1", "DES3", "AES", "SCEPStandard"};
    row.replyCipher = Pki::Cipher::Des;
    row.namesDigestInSignature = true;
    row.embedded = EmbeddedCertificates::None;
    row.refusalContent = QByteArray("");
    return row;
}

Personality openxpki()
{
    Personality row;
    row.name = u"openxpki"_s;
    row.description = u"OpenXPKI: one RA, RenewalReq fails, hexadecimal transactionIDs only, badAlg goes out as PENDING"_s;
    row.abilities = allAbilities & ~Abilities(Ability::GetCaCertChain);
    row.unsupported = {404, plainType, "I18N_OPENXPKI_UI_REQUEST_NOT_FOUND\n"};
    row.bundle = CaBundle::ChainFirst;
    row.bundleType = "application/x-x509-ca-ra-cert";
    row.ra = RaKind::One;
    row.requiresHexTransactionId = true;
    row.refusesBeforeReading = true;
    row.losesPkcsOfRenewalReq = true;
    row.namesDigestInSignature = true;
    row.pendsInsteadOfBadAlg = true;
    return row;
}

Personality stepCa()
{
    Personality row;
    row.name = u"step-ca"_s;
    row.description = u"smallstep step-ca: DES replies though AES is announced, leaf only, a challenge for renewals too, no CertPoll"_s;
    row.abilities = Ability::GetCaCaps | Ability::Post | Ability::RenewalReq;
    row.unsupported = {500, plainType, "not implemented\n"};
    row.capabilities = {"Renewal", "SHA-1", "SHA-256", "AES", "DES3", "SCEPStandard", "POSTPKIOperation"};
    row.lineBreak = "\r\n";
    row.endsWithLineBreak = false;
    row.bundle = CaBundle::ChainFirst;
    row.refusesBeforeReading = true;
    row.wantsChallengeOnRenewal = true;
    row.replyCipher = Pki::Cipher::Des;
    row.namesDigestInSignature = true;
    row.embedded = EmbeddedCertificates::IssuedThenSigner;
    row.includesCa = false;
    return row;
}

Personality micromdm()
{
    Personality row;
    row.name = u"micromdm"_s;
    row.description = u"micromdm scepserver: every reply in DES and SHA-1, a challenge for renewals too, no CertPoll, GetCert or GetCRL"_s;
    row.abilities = Ability::GetCaCaps | Ability::Post | Ability::RenewalReq;
    row.unsupported = {500, plainType, "not implemented\n"};
    row.capabilities = {"Renewal", "SHA-1", "SHA-256", "AES", "DES3", "SCEPStandard", "POSTPKIOperation"};
    row.endsWithLineBreak = false;
    row.bundle = CaBundle::IssuingAlone;
    row.refusesBeforeReading = true;
    row.wantsChallengeOnRenewal = true;
    row.replyCipher = Pki::Cipher::Des;
    row.replyDigest = Pki::Digest::Sha1;
    row.namesDigestInSignature = true;
    row.embedded = EmbeddedCertificates::IssuedThenSigner;
    row.includesCa = false;
    row.sendsFailInfoText = false;
    return row;
}

Personality dogtag()
{
    Personality row;
    row.name = u"dogtag"_s;
    row.description = u"Dogtag: GET only, 3DES, one CA certificate by index, cut nonces, SUCCESS without content instead of PENDING"_s;
    row.abilities = Ability::GetCaCaps | Ability::CertPoll;
    row.unsupported = {500, "text/html", "<html><body><h1>HTTP Status 500 - Internal Server Error</h1></body></html>\n"};
    row.postRefusal = 501;
    row.capabilities = {"DES3", "SHA-256", "SHA-512"};
    row.bundle = CaBundle::Indexed;
    row.bundleType = "application/x-x509-ca-cert";
    row.challengeFailInfo = 7; // badIdentity, beyond what RFC 8894 knows
    row.replyCipher = Pki::Cipher::TripleDes;
    row.includesCa = false;
    row.sendsFailInfoText = false;
    row.maxRecipientNonce = 8;
    row.succeedsEmptyInsteadOfPending = true;
    return row;
}

Personality cisco()
{
    Personality row;
    row.name = u"cisco"_s;
    row.description = u"Cisco IOS CA: HTTP/1.0, GET only, no GetCACaps, DES replies with SHA-1, RenewalReq unknown"_s;
    row.abilities = Ability::GetNextCaCert | Ability::CertPoll | Ability::GetCrl;
    row.unsupported = {404, "text/html", "<html><body><h1>404 Not Found</h1></body></html>\n"};
    row.isHttp10 = true;
    row.capabilities = {"GetNextCACert"};
    row.bundle = CaBundle::IssuingAlone;
    row.replyCipher = Pki::Cipher::Des;
    row.replyDigest = Pki::Digest::Sha1;
    row.sendsFailInfoText = false;
    return row;
}
// clang-format on

} // namespace

HttpResponse plainTextResponse(int status, const QString &text)
{
    return {.status = status, .contentType = plainType, .body = text.toUtf8() + '\n'};
}

QList<QByteArray> Personality::standardCapabilities()
{
    // Only what is served. SHA-384 is also what makes strongSwan's pki 5.9.8 use AES.
    return {"AES", "DES3", "GetNextCACert", "POSTPKIOperation", "Renewal", "SHA-1", "SHA-256", "SHA-384", "SHA-512", "SCEPStandard"};
}

const QList<Personality> &personalities()
{
    static const QList<Personality> table{standard(), ndes(), ejbca(), openxpki(), stepCa(), micromdm(), dogtag(), cisco()};
    return table;
}

QStringList personalityNames()
{
    QStringList names;
    for (const Personality &row : personalities())
        names.append(row.name);
    return names;
}

std::optional<Personality> personalityFromName(const QString &name)
{
    for (const Personality &row : personalities()) {
        if (row.name.compare(name, Qt::CaseInsensitive) == 0)
            return row;
    }
    return std::nullopt;
}

std::optional<HttpResponse> refusedByHttp(const Personality &personality, const HttpRequest &request)
{
    if (personality.maxQueryBytes > 0 && request.queryBytes > personality.maxQueryBytes)
        return HttpResponse{.status = 404,
                            .contentType = "text/html",
                            .body = "<html><head><title>IIS Detailed Error - 404.15 - Not Found</title></head><body>HTTP Error 404.15 - "
                                    "Not Found: the query string is too long</body></html>\n"};
    if (request.operation.isEmpty() && personality.showsPageWithoutOperation)
        return HttpResponse{.status = 200,
                            .contentType = "text/html",
                            .body = "<html><head><title>Network Device Enrollment Service</title></head><body>This service is for network "
                                    "devices.</body></html>\n"};
    if (request.isPost && !personality.abilities.testFlag(Ability::Post))
        return HttpResponse{
            .status = personality.postRefusal, .contentType = "text/html", .body = "<html><body>POST is not supported</body></html>\n"};
    if (const auto ability = abilityFor(request.operation); ability && !personality.abilities.testFlag(*ability))
        return personality.unsupported;
    const bool namesCa = isOperation(request.operation, "GetCACaps"_L1) || isOperation(request.operation, "GetCACert"_L1);
    if (personality.requiresCaIdent && namesCa && request.message.isEmpty())
        return plainTextResponse(400, u"message= must name a certification authority"_s);
    return std::nullopt;
}

std::optional<HttpResponse> refusedUnread(const Personality &personality, const Scep::ReceivedRequest &request)
{
    if (personality.requiresHexTransactionId && !isHex(request.transactionId.toText()))
        return plainTextResponse(500, u"the transactionID is not hexadecimal"_s);
    if (const auto ability = abilityFor(request.type); ability && !personality.abilities.testFlag(*ability))
        return personality.unsupported;
    return std::nullopt;
}

std::optional<Scep::Rejection> refusedRead(const Personality &personality, const Scep::ReceivedRequest &request)
{
    if (personality.losesPkcsOfRenewalReq && request.type == MessageType::RenewalReq)
        return Scep::Rejection{.failInfoNumber = static_cast<int>(FailInfo::BadRequest),
                               .failInfoText = u"no PKCS#10 found in the request"_s,
                               .hresult = std::nullopt};
    return std::nullopt;
}

std::optional<HttpResponse> answerToUnreadable(const Personality &personality, const Scep::RequestFailure &trouble)
{
    const QString text = trouble.text.isEmpty() ? u"this is no SCEP request"_s : trouble.text;
    if (personality.refusesBeforeReading)
        return plainTextResponse(500, text);
    if (trouble.envelope)
        return std::nullopt;
    if (personality.unreadableGetsNothing)
        return HttpResponse{.status = 200, .contentType = {}, .body = {}};
    return plainTextResponse(400, text);
}

} // namespace LabCa
