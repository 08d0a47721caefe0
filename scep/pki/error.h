// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDebug>
#include <QString>

#include <expected>

namespace Pki {

/// Every way in which Scepter can fail, in one vocabulary for all layers, so that models/service/errortext and the
/// exit codes of scepctl can be checked for completeness by the compiler. The groups follow the exit codes.
enum class ErrorCode {
    // What a person typed or gave
    InvalidDistinguishedName,
    InvalidSubjectAlternativeName,
    InvalidFingerprint,
    InvalidObjectIdentifier,
    InvalidKeyType,
    InvalidUrl,
    InvalidArgument,
    EmptyPassphrase,
    NotPossibleNow,  ///< as things are: there is one already, a transaction is open, it is disabled
    DeviceCsrNeeded, ///< only the device has the key: it must make the next certification request too

    // Reading bytes: files, stores, wire
    NotRecognised, ///< none of the formats we know
    Malformed,     ///< the right format, but broken
    TooLarge,      ///< over a size, depth or count limit
    UnsupportedAlgorithm,
    PassphraseRequired,
    WrongPassphrase,
    KeyMismatch, ///< private key and certificate do not belong together

    // OpenSSL refused
    CryptoFailure,
    DecryptionFailed, ///< uniform: never says why (padding oracle)
    LegacyProviderMissing,

    // Not trusted (exit code 3)
    FingerprintMismatch,
    CaNotConfirmed,
    CaChanged,
    NoUsableCaCertificate,
    SignatureInvalid,
    SignerUnknown,
    SignerCount, ///< not exactly one SignerInfo
    SignerNotInForce,
    NonceMismatch,
    TransactionMismatch,
    MessageTypeMismatch,
    AlgorithmBelowFloor,
    ContentRefused, ///< nested signedData, AuthEnvelopedData, AEAD, compressedData, envelope missing
    ForeignPublicKey,
    IssuedCertificateIsCa,
    IssuedCertificateNotInForce,
    ChainBroken,

    // The server said no (exit code 4)
    Rejected,
    OldCertificateReturned, ///< instead of a renewed one

    // Still pending (exit code 5)
    PollingEnded,

    // Not reached (exit code 6)
    HostNotFound,
    ConnectionRefused,
    NetworkFailure,
    Timeout,
    TlsFailure,
    HttpStatus,
    RedirectRefused,

    // Reply not understood (exit code 7)
    EmptyReply,
    HtmlReply,
    ReplyTooLarge,
    ReplyMalformed,
    AttributeMissing,
    StatusUnknown,

    // Files, store, vault (exit code 8)
    FileNotFound,
    FileNotReadable,
    FileNotWritable,
    DiskFull,
    StoreFailure,
    StoreVersion,
    WorkspaceInUse,
    VaultLocked,
    WaitRequired, ///< after wrong pass phrases: the next one is not looked at yet

    Cancelled, ///< somebody asked for it; an outcome of its own, tested before errors
    Internal,
};

/// A failure: which kind, and the particulars a technician needs (a file name, a host, an attribute).
/// `detail` is a fragment for the sentence made in models/service/errortext; it never holds a secret.
struct Error {
    ErrorCode code = ErrorCode::Internal;
    QString detail;

    friend bool operator==(const Error &, const Error &) = default;
};

QDebug operator<<(QDebug debug, const Error &error);

template <typename T>
using Result = std::expected<T, Error>;

/// Shorthand for `return std::unexpected(Error{code, detail})`.
inline std::unexpected<Error> failure(ErrorCode code, QString detail = {})
{
    return std::unexpected(Error{code, std::move(detail)});
}

} // namespace Pki
