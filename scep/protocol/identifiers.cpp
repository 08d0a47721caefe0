// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/protocol/identifiers.h"

#include <QDebug>

#include <algorithm>
#include <array>

using namespace Qt::StringLiterals;

namespace Scep {

namespace {

/// Of X.680 41.4: what a PrintableString may hold.
bool isPrintableStringCharacter(QChar c)
{
    const char16_t u = c.unicode();
    return (u >= u'A' && u <= u'Z') || (u >= u'a' && u <= u'z') || (u >= u'0' && u <= u'9') || u" '()+,-./:=?"_s.contains(c);
}

constexpr int maxTransactionIdLength = 128;
constexpr int maxNonceLength = 64;
constexpr int nonceLength = 16; // RFC 8894 3.2.1.5

} // namespace

QString displayName(MessageType type)
{
    switch (type) {
    case MessageType::CertRep:
        return u"CertRep"_s;
    case MessageType::RenewalReq:
        return u"RenewalReq"_s;
    case MessageType::PkcsReq:
        return u"PKCSReq"_s;
    case MessageType::CertPoll:
        return u"CertPoll"_s;
    case MessageType::GetCert:
        return u"GetCert"_s;
    case MessageType::GetCrl:
        return u"GetCRL"_s;
    }
    return QString::number(static_cast<int>(type));
}

QString displayName(PkiStatus status)
{
    switch (status) {
    case PkiStatus::Success:
        return u"SUCCESS"_s;
    case PkiStatus::Failure:
        return u"FAILURE"_s;
    case PkiStatus::Pending:
        return u"PENDING"_s;
    }
    return QString::number(static_cast<int>(status));
}

QString displayName(FailInfo info)
{
    switch (info) {
    case FailInfo::BadAlg:
        return u"badAlg"_s;
    case FailInfo::BadMessageCheck:
        return u"badMessageCheck"_s;
    case FailInfo::BadRequest:
        return u"badRequest"_s;
    case FailInfo::BadTime:
        return u"badTime"_s;
    case FailInfo::BadCertId:
        return u"badCertId"_s;
    }
    return QString::number(static_cast<int>(info));
}

// The wire value is text, and compared as text: "03", "3 " and "3x" are other values.
std::optional<MessageType> messageTypeFromText(const QString &text)
{
    constexpr std::array all{MessageType::CertRep,  MessageType::RenewalReq, MessageType::PkcsReq,
                             MessageType::CertPoll, MessageType::GetCert,    MessageType::GetCrl};
    const auto it = std::ranges::find_if(all, [&text](MessageType type) { return text == QString::number(static_cast<int>(type)); });
    return it == all.end() ? std::nullopt : std::optional(*it);
}

std::optional<PkiStatus> pkiStatusFromText(const QString &text)
{
    constexpr std::array all{PkiStatus::Success, PkiStatus::Failure, PkiStatus::Pending};
    const auto it = std::ranges::find_if(all, [&text](PkiStatus status) { return text == QString::number(static_cast<int>(status)); });
    return it == all.end() ? std::nullopt : std::optional(*it);
}

TransactionId TransactionId::create(const Pki::PublicKey &key)
{
    TransactionId id;
    const QByteArray digest = Pki::hash(Pki::Digest::Sha1, key.der() + Pki::randomBytes(16));
    id.m_text = QString::fromLatin1(digest.toHex().toUpper());
    return id;
}

Result<TransactionId> TransactionId::fromText(const QString &text)
{
    if (text.isEmpty() || text.size() > maxTransactionIdLength)
        return failure(ErrorCode::InvalidArgument,
                       u"a transactionID has 1 to %1 characters, this one %2"_s.arg(maxTransactionIdLength).arg(text.size()));
    if (!std::ranges::all_of(text, isPrintableStringCharacter))
        return failure(ErrorCode::InvalidArgument, u"a transactionID may hold only letters, digits, space and '()+,-./:=?"_s);
    TransactionId id;
    id.m_text = text;
    return id;
}

Nonce Nonce::create()
{
    Nonce nonce;
    nonce.m_bytes = Pki::randomBytes(nonceLength);
    return nonce;
}

Result<Nonce> Nonce::fromBytes(const QByteArray &bytes)
{
    if (bytes.isEmpty() || bytes.size() > maxNonceLength)
        return failure(ErrorCode::ReplyMalformed, u"a nonce of %1 bytes"_s.arg(bytes.size()));
    Nonce nonce;
    nonce.m_bytes = bytes;
    return nonce;
}

QDebug operator<<(QDebug debug, const TransactionId &id)
{
    const QDebugStateSaver saver(debug);
    return debug.nospace().noquote() << "TransactionId(" << id.toText() << ')';
}

} // namespace Scep
