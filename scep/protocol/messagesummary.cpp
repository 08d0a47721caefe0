// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/protocol/messagesummary.h"

#include "scep/protocol/certrepattributes.h"
#include "scep/protocol/wire.h"

#include <algorithm>
#include <array>

using namespace Qt::StringLiterals;

namespace Scep {

namespace {

/// What a reader shows of an attribute: the first value, whatever else is wrong with the message.
QString textOf(const Pki::SignerInfo &signer, const char *oid)
{
    const auto attribute = signer.attribute(Pki::Oid::literal(oid));
    if (!attribute || attribute->values.isEmpty())
        return {};
    return Pki::stringFromDer(attribute->values.first()).value_or(QString());
}

QByteArray bytesOf(const Pki::SignerInfo &signer, const char *oid)
{
    const auto attribute = signer.attribute(Pki::Oid::literal(oid));
    if (!attribute || attribute->values.isEmpty())
        return {};
    return Pki::octetStringFromDer(attribute->values.first()).value_or(QByteArray());
}

bool isShownElsewhere(const Pki::Oid &oid)
{
    static constexpr std::array known{Oids::messageType,      Oids::pkiStatus,       Oids::failInfo,     Oids::senderNonce,
                                      Oids::recipientNonce,   Oids::transactionId,   Oids::failInfoText, Oids::ndesError,
                                      "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4"};
    return std::ranges::any_of(known, [&oid](const char *literal) { return oid.toText() == QLatin1StringView(literal); });
}

QString line(const QString &name, const QString &value)
{
    return u"%1  %2"_s.arg(name.leftJustified(16), value);
}

QString hex(const QByteArray &bytes)
{
    return QString::fromLatin1(bytes.toHex());
}

QString recipientText(const Pki::RecipientInfo &recipient)
{
    switch (recipient.kind) {
    case Pki::RecipientInfo::Kind::KeyTransport:
    case Pki::RecipientInfo::Kind::KeyAgreement:
        return u"%1, serial %2 (%3)"_s.arg(recipient.recipientId.issuer.toText(), recipient.recipientId.serialNumber.toHex(),
                                           recipient.keyEncryptionAlgorithm.displayName());
    case Pki::RecipientInfo::Kind::Password:
        return u"whoever knows the challenge"_s;
    case Pki::RecipientInfo::Kind::Other:
        break;
    }
    return u"a kind of recipient that SCEP does not use"_s;
}

} // namespace

Result<MessageSummary> summarise(const QByteArray &message)
{
    const auto notScep = [] { return failure(ErrorCode::NotRecognised, u"not a SCEP message"_s); };
    const auto signedData = Pki::SignedData::fromDer(message);
    if (!signedData || signedData->signers().isEmpty())
        return notScep();
    const Pki::SignerInfo signer = signedData->signers().first();
    if (signer.attributeCount(Pki::Oid::literal(Oids::messageType)) == 0 &&
        signer.attributeCount(Pki::Oid::literal(Oids::transactionId)) == 0)
        return notScep();

    MessageSummary summary;
    summary.typeText = textOf(signer, Oids::messageType);
    summary.type = messageTypeFromText(summary.typeText);
    summary.transactionId = textOf(signer, Oids::transactionId);
    summary.senderNonce = bytesOf(signer, Oids::senderNonce);
    summary.recipientNonce = bytesOf(signer, Oids::recipientNonce);
    summary.status = pkiStatusFromText(textOf(signer, Oids::pkiStatus));
    if (summary.status == PkiStatus::Failure) {
        QStringList notes;
        summary.rejection = Detail::readRejection(signer, notes).value_or(Rejection());
    }
    summary.signer = signer.signerId;
    summary.digest = signer.digest ? displayName(*signer.digest) : signer.digestAlgorithm.displayName();
    summary.certificates = signedData->certificates();
    std::ranges::copy_if(signer.signedAttributes, std::back_inserter(summary.otherAttributes),
                         [](const Pki::Attribute &attribute) { return !isShownElsewhere(attribute.oid); });

    const std::optional<QByteArray> content = signedData->content();
    if (!content)
        return summary;
    if (const auto envelope = Pki::EnvelopedData::fromDer(*content)) {
        summary.hasEnvelope = true;
        const std::optional<Pki::Cipher> cipher = envelope->contentCipher();
        summary.contentCipher = cipher ? displayName(*cipher) : envelope->contentCipherOid().displayName();
        summary.recipients = envelope->recipients();
    }
    return summary;
}

QStringList toLines(const MessageSummary &summary)
{
    QStringList lines;
    lines.append(line(u"messageType"_s, summary.type ? u"%1 (%2)"_s.arg(displayName(*summary.type)).arg(static_cast<int>(*summary.type))
                                                     : u"unknown (%1)"_s.arg(Detail::excerpt(summary.typeText.toUtf8()))));
    lines.append(line(u"transactionID"_s, Detail::excerpt(summary.transactionId.toUtf8())));
    if (summary.status)
        lines.append(line(u"pkiStatus"_s, displayName(*summary.status)));
    if (summary.rejection)
        lines.append(line(u"reason"_s, toText(*summary.rejection)));
    if (!summary.senderNonce.isEmpty())
        lines.append(line(u"senderNonce"_s, hex(summary.senderNonce)));
    if (!summary.recipientNonce.isEmpty())
        lines.append(line(u"recipientNonce"_s, hex(summary.recipientNonce)));
    lines.append(line(u"signer"_s, u"%1, serial %2"_s.arg(summary.signer.issuer.toText(), summary.signer.serialNumber.toHex())));
    lines.append(line(u"digest"_s, summary.digest));
    for (const Pki::Certificate &certificate : summary.certificates)
        lines.append(line(u"certificate"_s, u"%1, serial %2"_s.arg(certificate.subject().toText(), certificate.serialNumber().toHex())));
    lines.append(line(u"envelope"_s, summary.hasEnvelope ? summary.contentCipher : u"none"_s));
    for (const Pki::RecipientInfo &recipient : summary.recipients)
        lines.append(line(u"recipient"_s, recipientText(recipient)));
    for (const Pki::Attribute &attribute : summary.otherAttributes) {
        const QString value = attribute.values.isEmpty() ? QString() : hex(attribute.values.first().left(64));
        lines.append(line(u"attribute"_s, u"%1 %2"_s.arg(attribute.oid.displayName(), value)));
    }
    return lines;
}

} // namespace Scep
