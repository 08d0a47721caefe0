// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/service/errortext.h"

#include "models/service/rejectiontext.h"

using namespace Qt::StringLiterals;

namespace Models {

namespace {

/// What happened (a sentence without subject and full stop) and what to do next (whole sentences).
struct Phrase {
    QString what;
    QString nextStep;
};

/// The translation context of every sentence here.
class ErrorText
{
    Q_DECLARE_TR_FUNCTIONS(ErrorText)

public:
    static Phrase phrase(ErrorCode code);
    static QString readOnlyStep() { return tr("Make it writable, or work with a copy in another place."); }
    static QString failInfoSentence(const Scep::Rejection &rejection);
    static Explanation explanation(const Scep::Rejection &rejection, const QString &object);
};

/// Characters that could pretend to be something else: controls, bidi and other format characters, private use, lone surrogates.
bool isUnsafe(char32_t character)
{
    switch (QChar::category(character)) {
    case QChar::Other_Control:
    case QChar::Other_Format:
    case QChar::Other_Surrogate:
    case QChar::Other_PrivateUse:
    case QChar::Other_NotAssigned:
    case QChar::Separator_Line:
    case QChar::Separator_Paragraph:
        return true;
    default:
        return false;
    }
}

QString withObject(const QString &object, const QString &sentence)
{
    return object.isEmpty() ? sentence : u"%1: %2"_s.arg(safeText(object), sentence);
}

QString ErrorText::failInfoSentence(const Scep::Rejection &rejection)
{
    const std::optional<Scep::FailInfo> info = rejection.failInfo();
    if (!info)
        return rejection.failInfoNumber < 0
                   ? tr("the server refused the request without naming a kind of failure")
                   : tr("the server refused the request with the unknown failure number %1").arg(rejection.failInfoNumber);
    switch (*info) {
    case Scep::FailInfo::BadAlg:
        return tr("the server refused the request because it does not support the algorithms used (badAlg)");
    case Scep::FailInfo::BadMessageCheck:
        return tr("the server refused the request because it could not verify or decrypt it (badMessageCheck)");
    case Scep::FailInfo::BadRequest:
        return tr("the server refused the request because it does not permit or support it (badRequest)");
    case Scep::FailInfo::BadTime:
        return tr("the server refused the request because its time was too far from the server's clock (badTime)");
    case Scep::FailInfo::BadCertId:
        return tr("the server refused the request because it knows no certificate or transaction that fits it (badCertId)");
    }
    return {};
}

} // namespace

QString safeText(const QString &text, int maxLength)
{
    QString safe;
    // Far more than is shown need not be looked at; escapes only make it longer.
    const QString oneLine = text.left(qMax(0, maxLength) * 4 + 64).simplified();
    for (const uint character : oneLine.toUcs4()) {
        if (isUnsafe(character))
            safe += u"\\u{%1}"_s.arg(QString::number(character, 16).toUpper().rightJustified(4, u'0'));
        else
            safe += QString::fromUcs4(reinterpret_cast<const char32_t *>(&character), 1);
    }
    if (safe.size() <= maxLength)
        return safe;
    qsizetype length = qMax(0, maxLength - 1);
    if (length > 0 && safe.at(length - 1).isHighSurrogate())
        --length;
    return safe.left(length) + u'…';
}

QString Explanation::oneLine() const
{
    return (nextStep.isEmpty() ? what : u"%1 %2"_s.arg(what, nextStep)).simplified();
}

Explanation explain(const Error &error, const QString &object)
{
    Phrase text = ErrorText::phrase(error.code);
    if (error.code == ErrorCode::FileNotWritable && error.detail.endsWith("read-only file system"_L1, Qt::CaseInsensitive))
        text.nextStep = ErrorText::readOnlyStep(); // permissions do not help there
    const QString detail = safeText(error.detail);
    const QString sentence = detail.isEmpty() ? text.what : u"%1 (%2)"_s.arg(text.what, detail);
    return {withObject(object, sentence) + u'.', error.code == ErrorCode::HttpStatus ? httpNextStep(error.detail) : text.nextStep};
}

Explanation explain(const Scep::Rejection &rejection, const QString &object)
{
    return ErrorText::explanation(rejection, object);
}

Explanation explain(const Scep::TransactionStatus &status, const QString &object)
{
    if (status.rejection)
        return explain(*status.rejection, object);
    if (status.error)
        return explain(*status.error, object);
    if (status.state == Scep::TransactionStatus::State::Cancelled)
        return explain(Error{ErrorCode::Cancelled, {}}, object);
    if (status.state == Scep::TransactionStatus::State::Rejected)
        return explain(Scep::Rejection{}, object);
    return {};
}

namespace {

Explanation ErrorText::explanation(const Scep::Rejection &rejection, const QString &object)
{
    QString sentence = failInfoSentence(rejection);
    if (const QString said = safeText(rejection.failInfoText); !said.isEmpty())
        sentence = tr("%1; it says: \"%2\"").arg(sentence, said);
    if (rejection.hresult)
        sentence = tr("%1; its error code is %2").arg(sentence, safeText(Scep::hresultText(*rejection.hresult)));
    return {withObject(object, sentence) + u'.', rejectionNextStep(rejection)};
}

// A switch without default: the compiler tells when a new code has no text.
Phrase ErrorText::phrase(ErrorCode code)
{
    switch (code) {
    // -- what a person typed or gave
    case ErrorCode::InvalidDistinguishedName:
        return {tr("the subject is not a valid distinguished name"), tr("Write it like CN=plc-7, O=Lab, C=SE.")};
    case ErrorCode::InvalidSubjectAlternativeName:
        return {tr("the list of alternative names is not valid"), tr("Write it like DNS:plc-7.lab.example, IP:192.0.2.7.")};
    case ErrorCode::InvalidFingerprint:
        return {tr("this is not a fingerprint"),
                tr("Give all the hexadecimal digits: 64 for SHA-256, 128 for SHA-512, 40 for SHA-1, 32 for MD5.")};
    case ErrorCode::InvalidObjectIdentifier:
        return {tr("this is not an object identifier or a known name of one"), tr("Write it like 1.3.6.1.5.5.7.3.2 or clientAuth.")};
    case ErrorCode::InvalidKeyType:
        return {tr("this kind of key is not known"), tr("Use rsa:2048, rsa:3072, rsa:4096, ec:P-256, ec:P-384 or ec:P-521.")};
    case ErrorCode::InvalidUrl:
        return {tr("this is not a URL that SCEP can use"), tr("Write it like http://ca.example.com/scep.")};
    case ErrorCode::InvalidArgument:
        return {tr("a value cannot be used"), tr("Correct it and try again.")};
    case ErrorCode::EmptyPassphrase:
        return {tr("the pass phrase or secret is empty"), tr("Give one that has at least one character.")};
    case ErrorCode::NotPossibleNow:
        return {tr("this is not possible as things are"), tr("Change what stands in the way, or choose something else.")};
    case ErrorCode::DeviceCsrNeeded:
        return {tr("only the device has the private key, so it must make the next certification request too"),
                tr("Let the device make a new PKCS#10 and give it to this request (scepctl: request renew or enroll with --csr).")};

    // -- reading bytes
    case ErrorCode::NotRecognised:
        return {tr("the contents are in none of the known formats"),
                tr("Give a certificate, request, key, CRL, PKCS#7, PKCS#12 or SCEP message, in PEM or DER.")};
    case ErrorCode::Malformed:
        return {tr("the contents are damaged"), tr("Get the file or data again from where it came.")};
    case ErrorCode::TooLarge:
        return {tr("the contents exceed what is read for safety"), tr("Check that it is the right file.")};
    case ErrorCode::UnsupportedAlgorithm:
        return {tr("an algorithm is not supported"), tr("Use another kind of key, digest or cipher.")};
    case ErrorCode::PassphraseRequired:
        return {tr("a pass phrase is needed"), tr("Give the pass phrase that protects it.")};
    case ErrorCode::WrongPassphrase:
        return {tr("the pass phrase is wrong"), tr("Check capital letters and the keyboard layout, then try again.")};
    case ErrorCode::KeyMismatch:
        return {tr("the private key does not belong to the certificate or request"), tr("Choose the key that was made for it.")};

    // -- the cryptographic library
    case ErrorCode::CryptoFailure:
        return {tr("the cryptographic library reported a failure"), tr("Try again; if it stays, report it with this text.")};
    case ErrorCode::DecryptionFailed:
        return {tr("the data could not be decrypted with this key"),
                tr("Check that the key belongs to it and that nothing was changed on the way.")};
    case ErrorCode::LegacyProviderMissing:
        return {tr("OpenSSL's legacy provider, needed for DES or RC2, is not installed"),
                tr("Install it (Debian: libssl3 or openssl-provider-legacy), or let the server use AES or 3DES.")};

    // -- not trusted
    case ErrorCode::FingerprintMismatch:
        return {tr("the CA certificate that the server sends does not fit the fingerprint or file that was given; nothing was sent"),
                tr("Ask the administrator of the CA for the right one, and do not go on before it fits.")};
    case ErrorCode::CaNotConfirmed:
        return {tr("the CA certificate has not been confirmed yet; nothing was sent"),
                tr("Compare its fingerprint with the one from the administrator of the CA and confirm it.")};
    case ErrorCode::CaChanged:
        return {tr("the server now sends another CA certificate than the confirmed one; nothing was sent"),
                tr("Ask the administrator whether the CA was replaced, then confirm the new fingerprint.")};
    case ErrorCode::NoUsableCaCertificate:
        return {tr("the server sends no CA or RA certificate that can be used"),
                tr("Check the CA identifier, or choose the RA certificates by hand.")};
    case ErrorCode::SignatureInvalid:
        return {tr("the signature of the reply is not valid; the reply was discarded"),
                tr("Try again; if it stays, somebody may be changing the traffic: tell the administrator.")};
    case ErrorCode::SignerUnknown:
        return {tr("the reply is signed by somebody who is neither the CA nor its RA; the reply was discarded"),
                tr("Refresh the server; if its RA was replaced, the new certificate must come from the CA.")};
    case ErrorCode::SignerCount:
        return {tr("the reply does not have exactly one signature; the reply was discarded"), tr("Tell the administrator of the server.")};
    case ErrorCode::SignerNotInForce:
        return {tr("the certificate that signed the reply is expired or not valid yet"),
                tr("Check the clock of this computer, then have the server's certificate renewed.")};
    case ErrorCode::NonceMismatch:
        return {tr("the reply does not answer our request (its nonce differs), so it may be an old one played again"),
                tr("Try again; if it stays, tell the administrator of the server.")};
    case ErrorCode::TransactionMismatch:
        return {tr("the reply belongs to another transaction; it was discarded"),
                tr("Try again; if it stays, tell the administrator of the server.")};
    case ErrorCode::MessageTypeMismatch:
        return {tr("the reply is not of the type CertRep; it was discarded"), tr("Check that the URL is that of a SCEP server.")};
    case ErrorCode::AlgorithmBelowFloor:
        return {tr("the algorithms would be weaker than what is allowed for this server"),
                tr("Allow them for this server if you accept the risk, or have the server brought up to date.")};
    case ErrorCode::ContentRefused:
        return {tr("the reply wraps its contents in a way that is not allowed; it was discarded"),
                tr("Tell the administrator of the server.")};
    case ErrorCode::ForeignPublicKey:
        return {tr("the certificate in the reply was issued for another key; it was discarded"),
                tr("Ask the administrator of the CA what was issued, then enroll again.")};
    case ErrorCode::IssuedCertificateIsCa:
        return {tr("the certificate in the reply is a CA certificate; it was discarded"),
                tr("Have the certificate profile corrected at the CA, then enroll again.")};
    case ErrorCode::IssuedCertificateNotInForce:
        return {tr("the certificate in the reply is expired or not valid yet"),
                tr("Check the clocks of this computer and of the CA, then enroll again.")};
    case ErrorCode::ChainBroken:
        return {tr("the chain does not lead to the confirmed CA"),
                tr("Refresh the server and compare its CA certificates with those of the administrator.")};

    // -- the server said no, or not yet
    case ErrorCode::Rejected:
        return {tr("the server rejected the request"),
                tr("Ask the administrator of the CA for the reason, correct the request, then enroll again.")};
    case ErrorCode::OldCertificateReturned:
        return {tr("the server returned the certificate that was to be renewed instead of a new one"),
                tr("Renew with a new key; if the same comes back, the server renews only closer to the expiry: ask its administrator.")};
    case ErrorCode::PollingEnded:
        return {tr("the request was still pending when the time for asking ended"), tr("Have it approved at the CA, then ask again.")};

    // -- not reached
    case ErrorCode::HostNotFound:
        return {tr("the host name was not found"), tr("Check the URL, the name server and the network connection.")};
    case ErrorCode::ConnectionRefused:
        return {tr("the server refused the connection"), tr("Check host and port, and that the SCEP server is running.")};
    case ErrorCode::NetworkFailure:
        return {tr("the network connection failed"), tr("Check the network and the proxy settings, then try again.")};
    case ErrorCode::Timeout:
        return {tr("the server did not answer in time"), tr("Try again later, or allow more time for this server.")};
    case ErrorCode::TlsFailure:
        return {tr("the secure connection could not be made"),
                tr("Check the server's TLS certificate, or add the CA that issued it to this server's TLS roots.")};
    case ErrorCode::HttpStatus:
        return {tr("the web server answered with an error"), tr("Check the path of the URL and the CA identifier.")};
    case ErrorCode::RedirectRefused:
        return {tr("the server redirects to a place that is not followed for safety"),
                tr("Enter the new URL if the administrator confirms it.")};

    // -- not understood
    case ErrorCode::EmptyReply:
        return {tr("the server sent an empty reply"), tr("Check the CA identifier and the path of the URL; the server's log tells more.")};
    case ErrorCode::HtmlReply:
        return {tr("the server sent a web page instead of a SCEP reply"),
                tr("Check the URL; for NDES it ends in /certsrv/mscep/mscep.dll, for others often in /scep.")};
    case ErrorCode::ReplyTooLarge:
        return {tr("the server's reply is larger than any SCEP reply"), tr("Check that the URL is that of a SCEP server.")};
    case ErrorCode::ReplyMalformed:
        return {tr("the server's reply is incomplete or no SCEP message"),
                tr("Try again; if it stays, check the URL and the server's log.")};
    case ErrorCode::AttributeMissing:
        return {tr("the server's reply lacks a part that SCEP demands"), tr("Tell the administrator of the server.")};
    case ErrorCode::StatusUnknown:
        return {tr("the server's reply has a status that SCEP does not know"), tr("Tell the administrator of the server.")};

    // -- files, store, vault
    case ErrorCode::FileNotFound:
        return {tr("the file does not exist"), tr("Check the name and the folder.")};
    case ErrorCode::FileNotReadable:
        return {tr("the file cannot be read"), tr("Check its permissions.")};
    case ErrorCode::FileNotWritable:
        return {tr("the file or folder cannot be written"), tr("Check the permissions, or choose another folder.")};
    case ErrorCode::DiskFull:
        return {tr("there is no room left on the disk; nothing was lost"), tr("Make room, then try again.")};
    case ErrorCode::StoreFailure:
        return {tr("the workspace's database reported a failure"),
                tr("Check the disk, then the workspace (scepctl workspace check); copies of the last days lie in its folder backups.")};
    case ErrorCode::StoreVersion:
        return {tr("the workspace was made by a newer version of Scepter"), tr("Install that version, or open another workspace.")};
    case ErrorCode::WorkspaceInUse:
        return {tr("another program is working with it"), tr("Close that program or wait until it has finished.")};
    case ErrorCode::VaultLocked:
        return {tr("the vault with the keys is locked"), tr("Unlock the workspace with its pass phrase.")};
    case ErrorCode::WaitRequired:
        return {tr("too many wrong pass phrases were given"), tr("Wait until the time is over, then give the right one.")};

    case ErrorCode::Cancelled:
        return {tr("it was cancelled"), tr("Start it again when you want it.")};
    case ErrorCode::Internal:
        return {tr("something happened that should not"), tr("Try again; if it stays, report it with this text.")};
    }
    return {};
}

} // namespace

} // namespace Models
