// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/exitcode.h"

namespace Cli {

// No default label: the compiler names a code that is forgotten here.
ExitCode exitCode(Pki::ErrorCode code)
{
    using enum Pki::ErrorCode;
    switch (code) {
    case InvalidDistinguishedName:
    case InvalidSubjectAlternativeName:
    case InvalidFingerprint:
    case InvalidObjectIdentifier:
    case InvalidKeyType:
    case InvalidUrl:
    case InvalidArgument:
    case UnsupportedAlgorithm: // it was asked for
    case EmptyPassphrase:
    case NotPossibleNow:
    case DeviceCsrNeeded:
        return ExitCode::Usage;
    case NotRecognised:
    case Malformed:
    case TooLarge:
    case PassphraseRequired:
    case WrongPassphrase:
    case KeyMismatch:
    case FileNotFound:
    case FileNotReadable:
    case FileNotWritable:
    case DiskFull:
    case StoreFailure:
    case StoreVersion:
    case WorkspaceInUse:
    case VaultLocked:
    case WaitRequired:
        return ExitCode::Storage;
    case FingerprintMismatch:
    case CaNotConfirmed:
    case CaChanged:
    case NoUsableCaCertificate:
    case SignatureInvalid:
    case SignerUnknown:
    case SignerCount:
    case SignerNotInForce:
    case NonceMismatch:
    case TransactionMismatch:
    case MessageTypeMismatch:
    case AlgorithmBelowFloor:
    case ContentRefused:
    case ForeignPublicKey:
    case IssuedCertificateIsCa:
    case IssuedCertificateNotInForce:
    case ChainBroken:
        return ExitCode::NotTrusted;
    case Rejected:
    case OldCertificateReturned:
        return ExitCode::Rejected;
    case PollingEnded:
        return ExitCode::Pending;
    case HostNotFound:
    case ConnectionRefused:
    case NetworkFailure:
    case Timeout:
    case TlsFailure:
    case HttpStatus:
    case RedirectRefused:
        return ExitCode::NotReached;
    case DecryptionFailed:
    case EmptyReply:
    case HtmlReply:
    case ReplyTooLarge:
    case ReplyMalformed:
    case AttributeMissing:
    case StatusUnknown:
        return ExitCode::NotUnderstood;
    case CryptoFailure:
    case LegacyProviderMissing:
    case Cancelled:
    case Internal:
        return ExitCode::Internal;
    }
    return ExitCode::Internal;
}

} // namespace Cli
