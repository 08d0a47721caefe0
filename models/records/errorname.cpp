// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/records/errorname.h"

using namespace Qt::StringLiterals;

namespace Models {

// A switch without default: the compiler tells when a new code has no name.
QString errorName(ErrorCode code)
{
    switch (code) {
    case ErrorCode::InvalidDistinguishedName:
        return u"InvalidDistinguishedName"_s;
    case ErrorCode::InvalidSubjectAlternativeName:
        return u"InvalidSubjectAlternativeName"_s;
    case ErrorCode::InvalidFingerprint:
        return u"InvalidFingerprint"_s;
    case ErrorCode::InvalidObjectIdentifier:
        return u"InvalidObjectIdentifier"_s;
    case ErrorCode::InvalidKeyType:
        return u"InvalidKeyType"_s;
    case ErrorCode::InvalidUrl:
        return u"InvalidUrl"_s;
    case ErrorCode::InvalidArgument:
        return u"InvalidArgument"_s;
    case ErrorCode::EmptyPassphrase:
        return u"EmptyPassphrase"_s;
    case ErrorCode::NotPossibleNow:
        return u"NotPossibleNow"_s;
    case ErrorCode::DeviceCsrNeeded:
        return u"DeviceCsrNeeded"_s;
    case ErrorCode::NotRecognised:
        return u"NotRecognised"_s;
    case ErrorCode::Malformed:
        return u"Malformed"_s;
    case ErrorCode::TooLarge:
        return u"TooLarge"_s;
    case ErrorCode::UnsupportedAlgorithm:
        return u"UnsupportedAlgorithm"_s;
    case ErrorCode::PassphraseRequired:
        return u"PassphraseRequired"_s;
    case ErrorCode::WrongPassphrase:
        return u"WrongPassphrase"_s;
    case ErrorCode::KeyMismatch:
        return u"KeyMismatch"_s;
    case ErrorCode::CryptoFailure:
        return u"CryptoFailure"_s;
    case ErrorCode::DecryptionFailed:
        return u"DecryptionFailed"_s;
    case ErrorCode::LegacyProviderMissing:
        return u"LegacyProviderMissing"_s;
    case ErrorCode::FingerprintMismatch:
        return u"FingerprintMismatch"_s;
    case ErrorCode::CaNotConfirmed:
        return u"CaNotConfirmed"_s;
    case ErrorCode::CaChanged:
        return u"CaChanged"_s;
    case ErrorCode::NoUsableCaCertificate:
        return u"NoUsableCaCertificate"_s;
    case ErrorCode::SignatureInvalid:
        return u"SignatureInvalid"_s;
    case ErrorCode::SignerUnknown:
        return u"SignerUnknown"_s;
    case ErrorCode::SignerCount:
        return u"SignerCount"_s;
    case ErrorCode::SignerNotInForce:
        return u"SignerNotInForce"_s;
    case ErrorCode::NonceMismatch:
        return u"NonceMismatch"_s;
    case ErrorCode::TransactionMismatch:
        return u"TransactionMismatch"_s;
    case ErrorCode::MessageTypeMismatch:
        return u"MessageTypeMismatch"_s;
    case ErrorCode::AlgorithmBelowFloor:
        return u"AlgorithmBelowFloor"_s;
    case ErrorCode::ContentRefused:
        return u"ContentRefused"_s;
    case ErrorCode::ForeignPublicKey:
        return u"ForeignPublicKey"_s;
    case ErrorCode::IssuedCertificateIsCa:
        return u"IssuedCertificateIsCa"_s;
    case ErrorCode::IssuedCertificateNotInForce:
        return u"IssuedCertificateNotInForce"_s;
    case ErrorCode::ChainBroken:
        return u"ChainBroken"_s;
    case ErrorCode::Rejected:
        return u"Rejected"_s;
    case ErrorCode::OldCertificateReturned:
        return u"OldCertificateReturned"_s;
    case ErrorCode::PollingEnded:
        return u"PollingEnded"_s;
    case ErrorCode::HostNotFound:
        return u"HostNotFound"_s;
    case ErrorCode::ConnectionRefused:
        return u"ConnectionRefused"_s;
    case ErrorCode::NetworkFailure:
        return u"NetworkFailure"_s;
    case ErrorCode::Timeout:
        return u"Timeout"_s;
    case ErrorCode::TlsFailure:
        return u"TlsFailure"_s;
    case ErrorCode::HttpStatus:
        return u"HttpStatus"_s;
    case ErrorCode::RedirectRefused:
        return u"RedirectRefused"_s;
    case ErrorCode::EmptyReply:
        return u"EmptyReply"_s;
    case ErrorCode::HtmlReply:
        return u"HtmlReply"_s;
    case ErrorCode::ReplyTooLarge:
        return u"ReplyTooLarge"_s;
    case ErrorCode::ReplyMalformed:
        return u"ReplyMalformed"_s;
    case ErrorCode::AttributeMissing:
        return u"AttributeMissing"_s;
    case ErrorCode::StatusUnknown:
        return u"StatusUnknown"_s;
    case ErrorCode::FileNotFound:
        return u"FileNotFound"_s;
    case ErrorCode::FileNotReadable:
        return u"FileNotReadable"_s;
    case ErrorCode::FileNotWritable:
        return u"FileNotWritable"_s;
    case ErrorCode::DiskFull:
        return u"DiskFull"_s;
    case ErrorCode::StoreFailure:
        return u"StoreFailure"_s;
    case ErrorCode::StoreVersion:
        return u"StoreVersion"_s;
    case ErrorCode::WorkspaceInUse:
        return u"WorkspaceInUse"_s;
    case ErrorCode::VaultLocked:
        return u"VaultLocked"_s;
    case ErrorCode::WaitRequired:
        return u"WaitRequired"_s;
    case ErrorCode::Cancelled:
        return u"Cancelled"_s;
    case ErrorCode::Internal:
        return u"Internal"_s;
    }
    return u"Internal"_s;
}

QList<ErrorCode> allErrorCodes()
{
    QList<ErrorCode> codes;
    for (int value = 0; value <= static_cast<int>(ErrorCode::Internal); ++value)
        codes.append(static_cast<ErrorCode>(value));
    return codes;
}

std::optional<ErrorCode> errorFromName(const QString &name)
{
    for (const ErrorCode code : allErrorCodes()) {
        if (errorName(code) == name)
            return code;
    }
    return std::nullopt;
}

} // namespace Models
