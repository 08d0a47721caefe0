// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/protocol/certrepattributes.h"

#include "scep/protocol/wire.h"

#include <limits>

using namespace Qt::StringLiterals;

namespace Scep::Detail {

namespace {

constexpr qsizetype maxText = 1000;

/// A mandatory text attribute.
Result<QString> requiredText(const Pki::SignerInfo &signer, const char *oid, const QString &name)
{
    const auto text = onlyText(signer, oid);
    if (!text)
        return std::unexpected(text.error());
    if (!*text)
        return failure(ErrorCode::AttributeMissing, name);
    return **text;
}

/// "-2147024809" or, from other writers, the same number unsigned.
std::optional<qint32> hresultFromText(const QString &text)
{
    bool isNumber = false;
    const qint64 value = text.toLongLong(&isNumber, 10);
    if (!isNumber || value < std::numeric_limits<qint32>::min() || value > std::numeric_limits<quint32>::max())
        return std::nullopt;
    return static_cast<qint32>(static_cast<quint32>(value));
}

/// Decimal digits and nothing else.
std::optional<int> numberFromText(const QString &text)
{
    if (text.isEmpty() || text.size() > 4 || !std::all_of(text.begin(), text.end(), [](QChar c) { return c >= u'0' && c <= u'9'; }))
        return std::nullopt;
    return text.toInt();
}

} // namespace

Result<PkiStatus> checkAttributes(const Pki::SignerInfo &signer, const CertRepContext &context)
{
    const auto type = requiredText(signer, Oids::messageType, u"messageType"_s);
    if (!type)
        return std::unexpected(type.error());
    // A reflected request would verify when a CA enrols at itself: the type must be that of a reply.
    if (messageTypeFromText(*type) != MessageType::CertRep)
        return failure(ErrorCode::MessageTypeMismatch, u"messageType %1 instead of 3"_s.arg(excerpt(type->toUtf8())));

    const auto transaction = requiredText(signer, Oids::transactionId, u"transactionID"_s);
    if (!transaction)
        return std::unexpected(transaction.error());
    if (*transaction != context.transactionId.toText())
        return failure(ErrorCode::TransactionMismatch,
                       u"%1 instead of %2"_s.arg(excerpt(transaction->toUtf8()), context.transactionId.toText()));

    const auto nonce = onlyBytes(signer, Oids::recipientNonce);
    if (!nonce)
        return std::unexpected(nonce.error());
    if (!*nonce)
        return failure(ErrorCode::AttributeMissing, u"recipientNonce"_s);
    if (context.senderNonce.isEmpty() || **nonce != context.senderNonce.bytes())
        return failure(ErrorCode::NonceMismatch, u"the reply answers another message (%1 bytes of %2 expected ones)"_s.arg((*nonce)->size())
                                                     .arg(context.senderNonce.bytes().size()));

    const auto statusText = requiredText(signer, Oids::pkiStatus, u"pkiStatus"_s);
    if (!statusText)
        return std::unexpected(statusText.error());
    const std::optional<PkiStatus> status = pkiStatusFromText(*statusText);
    if (!status)
        return failure(ErrorCode::StatusUnknown, u"pkiStatus %1"_s.arg(excerpt(statusText->toUtf8())));
    return *status;
}

Result<Rejection> readRejection(const Pki::SignerInfo &signer, QStringList &notes)
{
    Rejection rejection;
    const auto info = onlyText(signer, Oids::failInfo);
    if (!info)
        return std::unexpected(info.error());
    // 0 is badAlg: presence decides, not the value.
    if (*info) {
        if (const std::optional<int> number = numberFromText(**info))
            rejection.failInfoNumber = *number;
        else
            notes.append(u"failInfo \"%1\" is no number"_s.arg(excerpt((*info)->toUtf8())));
    } else {
        notes.append(u"the server sent no failInfo"_s);
    }

    const auto text = onlyText(signer, Oids::failInfoText);
    if (!text)
        return std::unexpected(text.error());
    if (*text)
        rejection.failInfoText = (*text)->left(maxText);

    const auto hresult = onlyText(signer, Oids::ndesError);
    if (!hresult)
        return std::unexpected(hresult.error());
    if (*hresult) {
        rejection.hresult = hresultFromText(**hresult);
        if (!rejection.hresult)
            notes.append(u"the NDES error \"%1\" is no HRESULT"_s.arg(excerpt((*hresult)->toUtf8())));
    }
    return rejection;
}

void noteExtras(const Pki::SignerInfo &signer, QStringList &notes)
{
    const auto disposition = onlyText(signer, Oids::ndesDisposition);
    if (disposition && *disposition)
        notes.append(u"NDES says: %1"_s.arg(excerpt((*disposition)->toUtf8())));
}

} // namespace Scep::Detail
