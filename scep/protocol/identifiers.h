// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/pki/error.h"
#include "scep/pki/oid.h"
#include "scep/pki/privatekey.h"

#include <QByteArray>
#include <QString>

#include <optional>

namespace Scep {

using Pki::Error;
using Pki::ErrorCode;
using Pki::failure;
using Pki::Result;

/// messageType (RFC 8894 3.2.1.2). 18 was UpdateReq in drafts: never sent, read as unknown.
enum class MessageType { CertRep = 3, RenewalReq = 17, PkcsReq = 19, CertPoll = 20, GetCert = 21, GetCrl = 22 };
/// pkiStatus (RFC 8894 3.2.1.3).
enum class PkiStatus { Success = 0, Failure = 2, Pending = 3 };
/// failInfo (RFC 8894 3.2.1.4).
enum class FailInfo { BadAlg = 0, BadMessageCheck = 1, BadRequest = 2, BadTime = 3, BadCertId = 4 };

QString displayName(MessageType type); ///< "PKCSReq"
QString displayName(PkiStatus status); ///< "SUCCESS"
QString displayName(FailInfo info);    ///< "badMessageCheck"
/// Whole-string reading of the decimal text; nullopt for any other value.
std::optional<MessageType> messageTypeFromText(const QString &text);
std::optional<PkiStatus> pkiStatusFromText(const QString &text);

/// transactionID: printable characters, 1..128 (RFC 8894 3.2.1.1 sets no limit; certmonger sends up to 78 digits).
class TransactionId
{
public:
    TransactionId() = default;
    /// 40 upper-case hex digits of SHA-1(SPKI || 16 random bytes): hex for strict servers, random so that a renewal with the
    /// same key is a new transaction.
    static TransactionId create(const Pki::PublicKey &key);
    /// Any PrintableString of 1..128 characters; InvalidArgument otherwise.
    static Result<TransactionId> fromText(const QString &text);

    [[nodiscard]] QString toText() const { return m_text; }
    [[nodiscard]] bool isEmpty() const { return m_text.isEmpty(); }
    friend bool operator==(const TransactionId &, const TransactionId &) = default;

private:
    QString m_text;
};

/// senderNonce and recipientNonce: ours have 16 bytes; those of others any length from 1 to 64 (8-byte iOS).
class Nonce
{
public:
    Nonce() = default;
    static Nonce create();                                   ///< 16 random bytes
    static Result<Nonce> fromBytes(const QByteArray &bytes); ///< ReplyMalformed for other lengths

    [[nodiscard]] QByteArray bytes() const { return m_bytes; }
    [[nodiscard]] bool isEmpty() const { return m_bytes.isEmpty(); }
    friend bool operator==(const Nonce &, const Nonce &) = default;

private:
    QByteArray m_bytes;
};

/// Signed attributes of SCEP messages (RFC 8894 3.2.1).
namespace Oids {
inline constexpr const char *messageType = "2.16.840.1.113733.1.9.2";
inline constexpr const char *pkiStatus = "2.16.840.1.113733.1.9.3";
inline constexpr const char *failInfo = "2.16.840.1.113733.1.9.4";
inline constexpr const char *senderNonce = "2.16.840.1.113733.1.9.5";
inline constexpr const char *recipientNonce = "2.16.840.1.113733.1.9.6";
inline constexpr const char *transactionId = "2.16.840.1.113733.1.9.7";
inline constexpr const char *failInfoText = "1.3.6.1.5.5.7.24.1";
inline constexpr const char *ndesError = "1.3.6.1.4.1.311.21.33";
inline constexpr const char *ndesDisposition = "1.3.6.1.4.1.311.21.38";
} // namespace Oids

/// Why a server refused. Everything it said, nothing interpreted away.
struct Rejection {
    int failInfoNumber = -1;       ///< -1: the server sent none; above 4 seen from Dogtag
    QString failInfoText;          ///< as sent: show as plain text only
    std::optional<qint32> hresult; ///< NDES

    [[nodiscard]] std::optional<FailInfo> failInfo() const;
    friend bool operator==(const Rejection &, const Rejection &) = default;
};

/// "0x80070057 (E_INVALIDARG: ...)" for the HRESULTs that certificate services send; the number alone for others.
QString hresultText(qint32 hresult);
/// "badMessageCheck: the signature or the decryption failed at the server; "text"; 0x80070057 ..." for logs and details.
QString toText(const Rejection &rejection);

QDebug operator<<(QDebug debug, const TransactionId &id);
QDebug operator<<(QDebug debug, const Rejection &rejection);

} // namespace Scep
