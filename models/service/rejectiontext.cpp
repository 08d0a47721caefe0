// SPDX-License-Identifier: GPL-3.0-or-later
// The second half of errortext.h: what a server said when it refused, and what HTTP errors mean where SCEP is spoken.
#include "models/service/rejectiontext.h"

#include <QCoreApplication>
#include <QRegularExpression>

#include <algorithm>
#include <array>

using namespace Qt::StringLiterals;

namespace Models {

namespace {

/// The same translation context as errortext.cpp.
class ErrorText
{
    Q_DECLARE_TR_FUNCTIONS(ErrorText)
};

/// What to do about it. Several codes have one cure.
enum class Cure {
    NewChallenge,
    RightRecipient,
    OtherAlgorithm,
    LetItEnroll,
    WaitForCa,
    RightProfile,
    RightSubject,
    RightAlternativeName,
    LongerKey,
    EnrollInstead,
    AskWhoDenied,
    RenewedTooEarly,
    CheckValidity,
    Revoked,
    RevocationUnknown,
    ChainAtServer,
    SetClock,
    AlreadyIssued,
    CheckRequest,
};

QString nextStep(Cure cure)
{
    switch (cure) {
    case Cure::NewChallenge:
        return ErrorText::tr(
            "Get a new challenge from the administrator of the server (most work once and not for long), then enroll again.");
    case Cure::RightRecipient:
        return ErrorText::tr("Refresh the server and check which RA certificate is chosen for encryption, then enroll again.");
    case Cure::OtherAlgorithm:
        return ErrorText::tr("Choose another digest or cipher for this server, then enroll again.");
    case Cure::LetItEnroll:
        return ErrorText::tr("Ask the administrator of the CA to let the server's service account enroll with this template.");
    case Cure::WaitForCa:
        return ErrorText::tr("The CA behind the server is not running or not reached: tell its administrator, and try again later.");
    case Cure::RightProfile:
        return ErrorText::tr(
            "Check the profile's name, and with the administrator of the CA that it is published there, then enroll again.");
    case Cure::RightSubject:
        return ErrorText::tr("Correct the subject as the CA's profile demands, then enroll again.");
    case Cure::RightAlternativeName:
        return ErrorText::tr("Give the alternative names that the CA's profile demands, then enroll again.");
    case Cure::LongerKey:
        return ErrorText::tr("Choose a longer key, then enroll again.");
    case Cure::EnrollInstead:
        return ErrorText::tr("The server does not accept it as a renewal: enroll anew, with a challenge if the server wants one.");
    case Cure::AskWhoDenied:
        return ErrorText::tr("Somebody at the CA refused it: ask for the reason, correct the request, then enroll again.");
    case Cure::RenewedTooEarly:
        return ErrorText::tr("The server renews only closer to the expiry: set the renewal later, or ask its administrator.");
    case Cure::CheckValidity:
        return ErrorText::tr("A certificate is expired or not valid yet: compare the clocks, and enroll anew if it is the device's own.");
    case Cure::Revoked:
        return ErrorText::tr("A certificate was revoked: ask the administrator of the CA why, and enroll anew if it was the device's own.");
    case Cure::RevocationUnknown:
        return ErrorText::tr("The server cannot look up revocations: its administrator must make the CRLs reachable for it.");
    case Cure::ChainAtServer:
        return ErrorText::tr("The server does not trust a chain: its administrator must install the CA certificates there.");
    case Cure::SetClock:
        return ErrorText::tr("Set the clock of this computer, then enroll again.");
    case Cure::AlreadyIssued:
        return ErrorText::tr(
            "The CA has a certificate or request for this name already: have it revoked or removed there, then enroll again.");
    case Cure::CheckRequest:
        break;
    }
    return ErrorText::tr("Check the challenge, the subject and the profile with the administrator of the CA, then enroll again.");
}

struct HresultCure {
    quint32 hresult;
    Cure cure;
};
/// What NDES and the CA behind it answer (names: Scep::hresultText()).
constexpr std::array hresultCures{
    HresultCure{0x80004005, Cure::CheckRequest},         // E_FAIL
    HresultCure{0x80070005, Cure::LetItEnroll},          // E_ACCESSDENIED
    HresultCure{0x8007000d, Cure::NewChallenge},         // ERROR_INVALID_DATA
    HresultCure{0x80070057, Cure::NewChallenge},         // E_INVALIDARG
    HresultCure{0x800706ba, Cure::WaitForCa},            // RPC_S_SERVER_UNAVAILABLE
    HresultCure{0x80090005, Cure::RightRecipient},       // NTE_BAD_DATA
    HresultCure{0x80090008, Cure::OtherAlgorithm},       // NTE_BAD_ALGID
    HresultCure{0x80090029, Cure::OtherAlgorithm},       // NTE_NOT_SUPPORTED
    HresultCure{0x80092010, Cure::Revoked},              // CRYPT_E_REVOKED
    HresultCure{0x80092012, Cure::RevocationUnknown},    // CRYPT_E_NO_REVOCATION_CHECK
    HresultCure{0x80092013, Cure::RevocationUnknown},    // CRYPT_E_REVOCATION_OFFLINE
    HresultCure{0x80094001, Cure::RightSubject},         // CERTSRV_E_BAD_REQUESTSUBJECT
    HresultCure{0x80094005, Cure::WaitForCa},            // CERTSRV_E_INVALID_CA_CERTIFICATE
    HresultCure{0x80094006, Cure::WaitForCa},            // CERTSRV_E_SERVER_SUSPENDED
    HresultCure{0x8009400e, Cure::EnrollInstead},        // CERTSRV_E_BAD_RENEWAL_CERT_ATTRIBUTE
    HresultCure{0x80094011, Cure::LetItEnroll},          // CERTSRV_E_ENROLL_DENIED
    HresultCure{0x80094012, Cure::LetItEnroll},          // CERTSRV_E_TEMPLATE_DENIED
    HresultCure{0x80094014, Cure::AskWhoDenied},         // CERTSRV_E_ADMIN_DENIED_REQUEST
    HresultCure{0x80094800, Cure::RightProfile},         // CERTSRV_E_UNSUPPORTED_CERT_TYPE
    HresultCure{0x80094801, Cure::RightProfile},         // CERTSRV_E_NO_CERT_TYPE
    HresultCure{0x80094802, Cure::RightProfile},         // CERTSRV_E_TEMPLATE_CONFLICT
    HresultCure{0x80094803, Cure::RightAlternativeName}, // CERTSRV_E_SUBJECT_ALT_NAME_REQUIRED
    HresultCure{0x80094806, Cure::EnrollInstead},        // CERTSRV_E_BAD_RENEWAL_SUBJECT
    HresultCure{0x80094807, Cure::RightProfile},         // CERTSRV_E_BAD_TEMPLATE_VERSION
    HresultCure{0x8009480d, Cure::RightAlternativeName}, // CERTSRV_E_SUBJECT_UPN_REQUIRED
    HresultCure{0x8009480e, Cure::RightSubject},         // CERTSRV_E_SUBJECT_DIRECTORY_GUID_REQUIRED
    HresultCure{0x8009480f, Cure::RightSubject},         // CERTSRV_E_SUBJECT_DNS_REQUIRED
    HresultCure{0x80094811, Cure::LongerKey},            // CERTSRV_E_KEY_LENGTH
    HresultCure{0x80094812, Cure::RightSubject},         // CERTSRV_E_SUBJECT_EMAIL_REQUIRED
    HresultCure{0x80094813, Cure::RightProfile},         // CERTSRV_E_UNKNOWN_CERT_TYPE
    HresultCure{0x800b0101, Cure::CheckValidity},        // CERT_E_EXPIRED
    HresultCure{0x800b0109, Cure::ChainAtServer},        // CERT_E_UNTRUSTEDROOT
    HresultCure{0x800b010a, Cure::ChainAtServer},        // CERT_E_CHAINING
    HresultCure{0x800b010c, Cure::Revoked},              // CERT_E_REVOKED
};

struct WordCure {
    const char *pattern;
    Cure cure;
};
/// What servers write into failInfoText. The first that fits counts: the narrower ones stand first.
constexpr std::array wordCures{
    WordCure{"too early|not (yet )?(due|within).*renew|renewal (window|period)|not eligible for renewal", Cure::RenewedTooEarly},
    WordCure{"challenge|password|passcode|one[- ]time|\\botp\\b", Cure::NewChallenge},
    WordCure{"already (exists|issued|enrolled|active|has)|duplicate|not unique", Cure::AlreadyIssued},
    WordCure{"revoked", Cure::Revoked},
    WordCure{"template|profile", Cure::RightProfile},
    WordCure{"key (size|length)|too short a key|weak key|(rsa|key).*too (small|short)", Cure::LongerKey},
    WordCure{"(alternative name|subjectaltname|\\bsan\\b)", Cure::RightAlternativeName},
    WordCure{"subject|common name|distinguished name", Cure::RightSubject},
    WordCure{"expired|not yet valid", Cure::CheckValidity},
    WordCure{"(digest|hash|cipher|encryption|signature) algorithm|algorithm not", Cure::OtherAlgorithm},
    WordCure{"denied by|rejected by|administrator", Cure::AskWhoDenied},
};

std::optional<Cure> cureOf(qint32 hresult)
{
    const auto found = std::ranges::find(hresultCures, static_cast<quint32>(hresult), &HresultCure::hresult);
    return found == hresultCures.end() ? std::nullopt : std::optional(found->cure);
}

std::optional<Cure> cureOf(const QString &text)
{
    // Far more than a sentence is no sentence.
    const QString said = text.left(1000);
    for (const WordCure &entry : wordCures) {
        if (QRegularExpression(QLatin1StringView(entry.pattern), QRegularExpression::CaseInsensitiveOption).match(said).hasMatch())
            return entry.cure;
    }
    return std::nullopt;
}

Cure cureOf(Scep::FailInfo info)
{
    switch (info) {
    case Scep::FailInfo::BadAlg:
        return Cure::OtherAlgorithm;
    case Scep::FailInfo::BadMessageCheck:
        return Cure::RightRecipient;
    case Scep::FailInfo::BadTime:
        return Cure::SetClock;
    case Scep::FailInfo::BadRequest:
    case Scep::FailInfo::BadCertId:
        break;
    }
    return Cure::CheckRequest;
}

} // namespace

QString rejectionNextStep(const Scep::Rejection &rejection)
{
    // From the narrowest to the widest: the error code of certificate services, the words, the kind of failure.
    if (rejection.hresult) {
        if (const auto cure = cureOf(*rejection.hresult); cure && *cure != Cure::CheckRequest)
            return nextStep(*cure);
    }
    if (const auto cure = cureOf(rejection.failInfoText))
        return nextStep(*cure);
    if (rejection.failInfo() == Scep::FailInfo::BadCertId)
        return ErrorText::tr("Enroll again; the server may have dropped the former request.");
    return nextStep(cureOf(rejection.failInfo().value_or(Scep::FailInfo::BadRequest)));
}

QString httpNextStep(const QString &detail)
{
    bool isNumber = false;
    const int status = detail.section(u' ', 0, 0).section(u':', 0, 0).toInt(&isNumber);
    // IIS refuses long queries with a 404 of its own (404.15), which is no word about the path.
    static const QRegularExpression tooLong(u"404\\.15|query string.*(long|length)|request-uri too long"_s,
                                            QRegularExpression::CaseInsensitiveOption);
    const bool isTooLong = status == 414 || status == 413 || tooLong.match(detail).hasMatch();
    if (isTooLong)
        return ErrorText::tr("The message is too long for GET: set the method of this server to POST, or have the limit raised there.");
    switch (isNumber ? status : 0) {
    case 400:
        return ErrorText::tr("The server did not understand the message: check the CA identifier and the challenge; its words tell more.");
    case 401:
        return ErrorText::tr(
            "The web server wants a login, which SCEP does not have: check the URL; for NDES it ends in /certsrv/mscep/mscep.dll.");
    case 403:
        return ErrorText::tr("The web server forbids it: check the path of the URL, and with its administrator the addresses it lets in.");
    case 404:
        return ErrorText::tr(
            "There is nothing at this path: check the URL; for NDES it ends in /certsrv/mscep/mscep.dll, for others often in /scep.");
    case 405:
    case 501:
        return ErrorText::tr("The server does not know this kind of request: try the other method (GET or POST) for this server.");
    case 407:
        return ErrorText::tr("The proxy wants a login: set another proxy for this server, or none.");
    case 408:
    case 502:
    case 504:
        return ErrorText::tr("What stands before the SCEP server did not reach it: try again later, or tell its administrator.");
    case 429:
        return ErrorText::tr("The server was asked too often: wait before trying again.");
    case 500:
        return ErrorText::tr("The server failed on this message. Some do so for a wrong challenge or CA identifier; its log tells why.");
    case 503:
        return ErrorText::tr("The service is stopped or overloaded: try again later, or tell its administrator.");
    default:
        return ErrorText::tr("Check the path of the URL and the CA identifier.");
    }
}

} // namespace Models
