// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/pki/error.h"

namespace Pki {

namespace {

const char *name(ErrorCode code)
{
    switch (code) {
    case ErrorCode::InvalidDistinguishedName:
        return "InvalidDistinguishedName";
    case ErrorCode::InvalidSubjectAlternativeName:
        return "InvalidSubjectAlternativeName";
    case ErrorCode::InvalidFingerprint:
        return "InvalidFingerprint";
    case ErrorCode::InvalidObjectIdentifier:
        return "InvalidObjectIdentifier";
    case ErrorCode::InvalidKeyType:
        return "InvalidKeyType";
    case ErrorCode::InvalidUrl:
        return "InvalidUrl";
    case ErrorCode::InvalidArgument:
        return "InvalidArgument";
    case ErrorCode::EmptyPassphrase:
        return "EmptyPassphrase";
    case ErrorCode::NotPossibleNow:
        return "NotPossibleNow";
    case ErrorCode::DeviceCsrNeeded:
        return "DeviceCsrNeeded";
    case ErrorCode::NotRecognised:
        return "NotRecognised";
    case ErrorCode::Malformed:
        return "Malformed";
    case ErrorCode::TooLarge:
        return "TooLarge";
    case ErrorCode::UnsupportedAlgorithm:
        return "UnsupportedAlgorithm";
    case ErrorCode::PassphraseRequired:
        return "PassphraseRequired";
    case ErrorCode::WrongPassphrase:
        return "WrongPassphrase";
    case ErrorCode::KeyMismatch:
        return "KeyMismatch";
    case ErrorCode::CryptoFailure:
        return "CryptoFailure";
    case ErrorCode::DecryptionFailed:
        return "DecryptionFailed";
    case ErrorCode::LegacyProviderMissing:
        return "LegacyProviderMissing";
    case ErrorCode::FingerprintMismatch:
        return "FingerprintMismatch";
    case ErrorCode::CaNotConfirmed:
        return "CaNotConfirmed";
    case ErrorCode::CaChanged:
        return "CaChanged";
    case ErrorCode::NoUsableCaCertificate:
        return "NoUsableCaCertificate";
    case ErrorCode::SignatureInvalid:
        return "SignatureInvalid";
    case ErrorCode::SignerUnknown:
        return "SignerUnknown";
    case ErrorCode::SignerCount:
        return "SignerCount";
    case ErrorCode::SignerNotInForce:
        return "SignerNotInForce";
    case ErrorCode::NonceMismatch:
        return "NonceMismatch";
    case ErrorCode::TransactionMismatch:
        return "TransactionMismatch";
    case ErrorCode::MessageTypeMismatch:
        return "MessageTypeMismatch";
    case ErrorCode::AlgorithmBelowFloor:
        return "AlgorithmBelowFloor";
    case ErrorCode::ContentRefused:
        return "ContentRefused";
    case ErrorCode::ForeignPublicKey:
        return "ForeignPublicKey";
    case ErrorCode::IssuedCertificateIsCa:
        return "IssuedCertificateIsCa";
    case ErrorCode::IssuedCertificateNotInForce:
        return "IssuedCertificateNotInForce";
    case ErrorCode::ChainBroken:
        return "ChainBroken";
    case ErrorCode::Rejected:
        return "Rejected";
    case ErrorCode::OldCertificateReturned:
        return "OldCertificateReturned";
    case ErrorCode::PollingEnded:
        return "PollingEnded";
    case ErrorCode::HostNotFound:
        return "HostNotFound";
    case ErrorCode::ConnectionRefused:
        return "ConnectionRefused";
    case ErrorCode::NetworkFailure:
        return "NetworkFailure";
    case ErrorCode::Timeout:
        return "Timeout";
    case ErrorCode::TlsFailure:
        return "TlsFailure";
    case ErrorCode::HttpStatus:
        return "HttpStatus";
    case ErrorCode::RedirectRefused:
        return "RedirectRefused";
    case ErrorCode::EmptyReply:
        return "EmptyReply";
    case ErrorCode::HtmlReply:
        return "HtmlReply";
    case ErrorCode::ReplyTooLarge:
        return "ReplyTooLarge";
    case ErrorCode::ReplyMalformed:
        return "ReplyMalformed";
    case ErrorCode::AttributeMissing:
        return "AttributeMissing";
    case ErrorCode::StatusUnknown:
        return "StatusUnknown";
    case ErrorCode::FileNotFound:
        return "FileNotFound";
    case ErrorCode::FileNotReadable:
        return "FileNotReadable";
    case ErrorCode::FileNotWritable:
        return "FileNotWritable";
    case ErrorCode::DiskFull:
        return "DiskFull";
    case ErrorCode::StoreFailure:
        return "StoreFailure";
    case ErrorCode::StoreVersion:
        return "StoreVersion";
    case ErrorCode::WorkspaceInUse:
        return "WorkspaceInUse";
    case ErrorCode::VaultLocked:
        return "VaultLocked";
    case ErrorCode::WaitRequired:
        return "WaitRequired";
    case ErrorCode::Cancelled:
        return "Cancelled";
    case ErrorCode::Internal:
        return "Internal";
    }
    return "unknown";
}

} // namespace

QDebug operator<<(QDebug debug, const Error &error)
{
    const QDebugStateSaver saver(debug);
    debug.nospace().noquote() << "Error(" << name(error.code);
    if (!error.detail.isEmpty())
        debug << ": " << error.detail;
    debug << ')';
    return debug;
}

} // namespace Pki
