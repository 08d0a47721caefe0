// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/pki/cms.h"
#include "scep/protocol/identifiers.h"

namespace Scep {

/// What can be told of a SCEP message without a key: for the exchange log, the inspector and `scepctl inspect`.
struct MessageSummary {
    std::optional<MessageType> type;
    QString typeText; ///< as sent, when it is none of ours
    QString transactionId;
    QByteArray senderNonce;
    QByteArray recipientNonce;
    std::optional<PkiStatus> status;
    std::optional<Rejection> rejection;
    Pki::IssuerAndSerialNumber signer;
    QString digest;
    QList<Pki::Certificate> certificates;
    bool hasEnvelope = false;
    QString contentCipher;
    QList<Pki::RecipientInfo> recipients;
    QList<Pki::Attribute> otherAttributes;
};

/// Errors: NotRecognised when `message` is no signedData with SCEP attributes.
Result<MessageSummary> summarise(const QByteArray &message);
/// Lines "transactionID  ABC..." for people.
QStringList toLines(const MessageSummary &summary);

} // namespace Scep
