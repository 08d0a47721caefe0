// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/protocol/messagetree.h"

#include "scep/protocol/wire.h"

#include <algorithm>
#include <array>

using namespace Qt::StringLiterals;

namespace Scep {

namespace {

/// A person chose what to look at, so more is read than of a reply from the network.
constexpr Pki::CmsLimits readerLimits{
    .maxBytes = 16 * 1024 * 1024, .maxDepth = 32, .maxCertificates = 1000, .maxRecipients = 100, .maxAttributes = 100};
constexpr qsizetype longestHex = 64;

QString hex(const QByteArray &bytes)
{
    const QString text = QString::fromLatin1(bytes.left(longestHex).toHex());
    return bytes.size() > longestHex ? u"%1... (%2 bytes)"_s.arg(text).arg(bytes.size()) : text;
}

/// A stranger's text on one line, without characters that could pose as something else.
QString plain(const QString &text)
{
    return Detail::excerpt(text.toUtf8());
}

QString isoTime(const QDateTime &time)
{
    return time.isValid() ? time.toUTC().toString(Qt::ISODate) : u"not said"_s;
}

bool isOid(const Pki::Oid &oid, const char *dotted)
{
    return oid.toText() == QLatin1StringView(dotted);
}

QString algorithmName(const Pki::Oid &oid)
{
    const QString name = oid.displayName();
    return name == oid.toText() ? name : u"%1 (%2)"_s.arg(name, oid.toText());
}

QString text(const Pki::IssuerAndSerialNumber &id)
{
    return u"issuer %1, serial %2"_s.arg(plain(id.issuer.toText()), id.serialNumber.toDisplay());
}

// -- certificates, requests, CRLs -----------------------------------------------------------------------------------------

MessageNode certificateNode(const Pki::Certificate &certificate)
{
    return {u"certificate"_s,
            plain(certificate.subject().toText()),
            {{u"issuer"_s, plain(certificate.issuer().toText()), {}},
             {u"serialNumber"_s, certificate.serialNumber().toDisplay(), {}},
             {u"validity"_s, u"%1 to %2"_s.arg(isoTime(certificate.notBefore()), isoTime(certificate.notAfter())), {}},
             {u"publicKey"_s, certificate.publicKey().displayName(), {}},
             {u"sha256"_s, certificate.fingerprint().toHex(), {}}}};
}

MessageNode requestNode(const Pki::CertificationRequest &request)
{
    MessageNode node{u"certificationRequest"_s, plain(request.subject().toText()), {}};
    node.children.append({u"publicKey"_s, request.publicKey().displayName(), {}});
    node.children.append(
        {u"signature"_s, u"%1, %2"_s.arg(request.signatureAlgorithm(), request.isSignatureValid() ? u"valid"_s : u"NOT valid"_s), {}});
    node.children.append({u"challengePassword"_s, request.hasChallengePassword() ? u"present (not shown)"_s : u"none"_s, {}});
    for (const Pki::Extension &extension : request.extensions())
        node.children.append({extension.oid.displayName(), plain(extension.text), {}});
    return node;
}

MessageNode crlNode(const Pki::Crl &crl)
{
    return {u"crl"_s,
            plain(crl.issuer().toText()),
            {{u"thisUpdate"_s, isoTime(crl.thisUpdate()), {}},
             {u"nextUpdate"_s, isoTime(crl.nextUpdate()), {}},
             {u"revoked"_s, QString::number(crl.revoked().size()), {}}}};
}

// -- signed attributes ----------------------------------------------------------------------------------------------------

struct AttributeName {
    const char *oid = nullptr;
    QLatin1StringView name;
};
/// Names as RFC 8894 3.2.1 and RFC 5652 11 write them; the last two are Microsoft's own.
constexpr std::array attributeNames{AttributeName{Oids::transactionId, "transactionID"_L1},
                                    AttributeName{Oids::messageType, "messageType"_L1},
                                    AttributeName{Oids::pkiStatus, "pkiStatus"_L1},
                                    AttributeName{Oids::failInfo, "failInfo"_L1},
                                    AttributeName{Oids::failInfoText, "failInfoText"_L1},
                                    AttributeName{Oids::senderNonce, "senderNonce"_L1},
                                    AttributeName{Oids::recipientNonce, "recipientNonce"_L1},
                                    AttributeName{"1.2.840.113549.1.9.3", "contentType"_L1},
                                    AttributeName{"1.2.840.113549.1.9.4", "messageDigest"_L1},
                                    AttributeName{"1.2.840.113549.1.9.5", "signingTime"_L1},
                                    AttributeName{Oids::ndesError, "ndesError"_L1},
                                    AttributeName{Oids::ndesDisposition, "ndesDisposition"_L1}};

QString attributeName(const Pki::Oid &oid)
{
    const auto found = std::ranges::find_if(attributeNames, [&oid](const AttributeName &entry) { return isOid(oid, entry.oid); });
    return found != attributeNames.end() ? QString(found->name) : oid.displayName();
}

/// "3" -> "CertRep (3)": what the decimal text of one of SCEP's own attributes stands for.
QString scepMeaning(const Pki::Oid &oid, const QString &value)
{
    const auto known = [&value](const QString &name) { return u"%1 (%2)"_s.arg(name, value); };
    bool isNumber = false;
    const qint64 number = value.toLongLong(&isNumber);
    if (isOid(oid, Oids::messageType)) {
        if (const auto type = messageTypeFromText(value))
            return known(displayName(*type));
    } else if (isOid(oid, Oids::pkiStatus)) {
        if (const auto status = pkiStatusFromText(value))
            return known(displayName(*status));
    } else if (isOid(oid, Oids::failInfo) && isNumber) {
        Rejection rejection;
        rejection.failInfoNumber = number >= 0 && number <= 4 ? static_cast<int>(number) : -1;
        if (const auto info = rejection.failInfo())
            return known(displayName(*info));
    } else if (isOid(oid, Oids::ndesError) && isNumber && number == static_cast<qint32>(number)) {
        return hresultText(static_cast<qint32>(number));
    }
    return value;
}

/// The content of a time in ASN.1, which is text: "261121080000Z".
std::optional<QString> timeText(const QByteArray &der)
{
    constexpr std::array<char, 2> tags{0x17, 0x18}; // UTCTime, GeneralizedTime
    for (const char tag : tags) {
        qsizetype offset = 0;
        if (const auto content = Detail::takeElement(der, tag, offset); content && offset == der.size())
            return plain(QString::fromLatin1(*content));
    }
    return std::nullopt;
}

QString valueText(const Pki::Oid &oid, const QByteArray &der)
{
    if (isOid(oid, "1.2.840.113549.1.9.3")) { // contentType: an OBJECT IDENTIFIER; data in nearly every message
        static const QByteArray data = QByteArray::fromHex("06092a864886f70d010701");
        static const QByteArray enveloped = QByteArray::fromHex("06092a864886f70d010703");
        return der == data ? u"data"_s : der == enveloped ? u"envelopedData"_s : hex(der);
    }
    if (const auto string = Pki::stringFromDer(der))
        return scepMeaning(oid, plain(*string));
    if (const auto octets = Pki::octetStringFromDer(der))
        return hex(*octets);
    if (const auto time = timeText(der))
        return *time;
    return hex(der);
}

MessageNode attributeNode(const Pki::Attribute &attribute)
{
    QStringList values;
    for (const QByteArray &value : attribute.values)
        values.append(valueText(attribute.oid, value));
    return {attributeName(attribute.oid), values.join(u", "_s), {}};
}

// -- envelopedData --------------------------------------------------------------------------------------------------------

MessageNode recipientNode(const Pki::RecipientInfo &recipient)
{
    using enum Pki::RecipientInfo::Kind;
    MessageNode node{u"recipient"_s, {}, {}};
    switch (recipient.kind) {
    case KeyTransport:
        node.value = u"key transport to %1"_s.arg(text(recipient.recipientId));
        break;
    case KeyAgreement:
        node.value = u"key agreement with %1"_s.arg(text(recipient.recipientId));
        break;
    case Password:
        node.value = u"whoever knows the challenge"_s;
        break;
    case Other:
        node.value = u"a kind of recipient that SCEP does not use"_s;
        return node;
    }
    node.children.append({u"keyEncryptionAlgorithm"_s, algorithmName(recipient.keyEncryptionAlgorithm), {}});
    return node;
}

Result<QByteArray> decrypt(const Pki::EnvelopedData &envelope, const QList<Pki::Certificate> &embedded, const MessageOpener &opener)
{
    if (opener.key.isNull())
        return envelope.decryptWithPassword(*opener.challenge);
    Pki::Certificate certificate = opener.certificate;
    const Pki::PublicKey publicKey = opener.key.publicKey();
    for (const Pki::Certificate &candidate : embedded) {
        if (certificate.isNull() && candidate.publicKey() == publicKey)
            certificate = candidate;
    }
    if (certificate.isNull()) {
        // Any certificate of the key will do where there is only one recipient.
        const auto subject = Pki::DistinguishedName::fromText(u"CN=reader"_s);
        const auto made = subject ? createRequestSigner(*subject, opener.key, QDateTime::currentDateTimeUtc())
                                  : Result<Pki::Certificate>(std::unexpected(subject.error()));
        if (!made)
            return std::unexpected(made.error());
        certificate = *made;
    }
    return envelope.decrypt(opener.key, certificate);
}

/// The decrypted octets by what they are: PKCS#10, certificates, or the name of what is asked for.
MessageNode contentsNode(const QByteArray &octets, MessageContents &contents)
{
    if (auto request = Pki::CertificationRequest::fromDer(octets)) {
        contents.request = *std::move(request);
        return requestNode(contents.request);
    }
    if (const auto inner = Pki::SignedData::fromDer(octets, readerLimits)) {
        contents.certificates = inner->certificates();
        contents.crls = inner->crls();
        MessageNode node{
            u"signedData"_s, u"degenerate: %1 certificates, %2 CRLs"_s.arg(contents.certificates.size()).arg(contents.crls.size()), {}};
        for (const Pki::Certificate &certificate : contents.certificates)
            node.children.append(certificateNode(certificate));
        for (const Pki::Crl &crl : contents.crls)
            node.children.append(crlNode(crl));
        return node;
    }
    if (const auto names = issuerAndSubjectFromDer(octets)) {
        return {u"issuerAndSubject"_s,
                {},
                {{u"issuer"_s, plain(names->issuer.toText()), {}}, {u"subject"_s, plain(names->subject.toText()), {}}}};
    }
    if (const auto id = Pki::IssuerAndSerialNumber::fromDer(octets)) {
        return {u"issuerAndSerialNumber"_s,
                {},
                {{u"issuer"_s, plain(id->issuer.toText()), {}}, {u"serialNumber"_s, id->serialNumber.toDisplay(), {}}}};
    }
    return {u"unknown"_s, u"%1 bytes: %2"_s.arg(octets.size()).arg(hex(octets)), {}};
}

MessageNode envelopeNode(const Pki::EnvelopedData &envelope, const QList<Pki::Certificate> &embedded, const MessageOpener &opener,
                         MessageTree &tree)
{
    MessageNode node{u"envelopedData"_s, {}, {}};
    for (const Pki::RecipientInfo &recipient : envelope.recipients())
        node.children.append(recipientNode(recipient));
    const auto cipher = envelope.contentCipher();
    QString cipherText = cipher ? displayName(*cipher) : envelope.contentCipherOid().displayName();
    if (cipher && isWeak(*cipher))
        cipherText += u", weak"_s;
    node.children.append({u"contentEncryptionAlgorithm"_s, cipherText, {}});
    if (!opener.isSet()) {
        node.children.append({u"encryptedContent"_s, u"closed: the recipient's key opens it"_s, {}});
        return node;
    }
    auto octets = decrypt(envelope, embedded, opener);
    if (!octets) {
        tree.openingError = octets.error();
        node.children.append({u"encryptedContent"_s, u"not opened by the key given"_s, {}});
        return node;
    }
    tree.contents = MessageContents();
    MessageNode opened{u"encryptedContent"_s, u"opened"_s, {contentsNode(*octets, *tree.contents)}};
    Pki::wipe(*octets);
    node.children.append(std::move(opened));
    return node;
}

// -- signedData -----------------------------------------------------------------------------------------------------------

QString signatureVerdict(const Pki::SignedData &signedData, int index, const QList<Pki::Certificate> &candidates)
{
    const Pki::SignerInfo signer = signedData.signers().at(index);
    const auto certificate =
        std::ranges::find_if(candidates, [&signer](const Pki::Certificate &candidate) { return Detail::names(signer, candidate); });
    if (certificate == candidates.end())
        return u"not checked: the signer's certificate is not in the message"_s;
    const auto verified = signedData.verifySigner(index, *certificate);
    if (verified)
        return u"fits the certificate in the message, which proves nothing about who sent it"_s;
    return verified.error().code == ErrorCode::UnsupportedAlgorithm ? u"not checked: unknown algorithm"_s : u"NOT valid"_s;
}

MessageNode signerNode(const Pki::SignedData &signedData, int index)
{
    const Pki::SignerInfo signer = signedData.signers().at(index);
    MessageNode node{u"signerInfo"_s, {}, {}};
    node.children.append(
        {u"sid"_s,
         signer.subjectKeyIdentifier.isEmpty() ? text(signer.signerId) : u"key identifier %1"_s.arg(hex(signer.subjectKeyIdentifier)),
         {}});
    node.children.append({u"digestAlgorithm"_s, signer.digest ? displayName(*signer.digest) : algorithmName(signer.digestAlgorithm), {}});
    MessageNode attributes{u"signedAttrs"_s, signer.hasSignedAttributes ? QString() : u"absent"_s, {}};
    for (const Pki::Attribute &attribute : signer.signedAttributes)
        attributes.children.append(attributeNode(attribute));
    node.children.append(std::move(attributes));
    node.children.append({u"signatureAlgorithm"_s, algorithmName(signer.signatureAlgorithm), {}});
    node.children.append({u"signature"_s, signatureVerdict(signedData, index, signedData.certificates()), {}});
    return node;
}

MessageNode contentNode(const Pki::SignedData &signedData, const MessageOpener &opener, MessageTree &tree)
{
    MessageNode node{u"encapContentInfo"_s, algorithmName(signedData.contentType()), {}};
    const std::optional<QByteArray> content = signedData.content();
    if (!content) {
        node.children.append({u"eContent"_s, u"absent"_s, {}});
    } else if (const auto envelope = Pki::EnvelopedData::fromDer(*content, readerLimits)) {
        node.children.append(envelopeNode(*envelope, signedData.certificates(), opener, tree));
    } else if (content->size() <= 1) { // NDES sends one zero byte with a refusal
        node.children.append({u"eContent"_s, u"%1 bytes"_s.arg(content->size()), {}});
    } else {
        node.children.append({u"eContent"_s, u"%1 bytes, no envelope that SCEP knows: %2"_s.arg(content->size()).arg(hex(*content)), {}});
    }
    return node;
}

MessageTree signedDataTree(const Pki::SignedData &signedData, const MessageOpener &opener)
{
    MessageTree tree;
    tree.root = {u"signedData"_s, u"version %1"_s.arg(signedData.version()), {}};
    tree.root.children.append(contentNode(signedData, opener, tree));
    for (const Pki::Certificate &certificate : signedData.certificates())
        tree.root.children.append(certificateNode(certificate));
    for (const Pki::Crl &crl : signedData.crls())
        tree.root.children.append(crlNode(crl));
    const QList<Pki::SignerInfo> signers = signedData.signers();
    for (int i = 0; i < signers.size(); ++i) {
        tree.root.children.append(signerNode(signedData, i));
        tree.isScep = tree.isScep || signers.at(i).attributeCount(Pki::Oid::literal(Oids::messageType)) > 0 ||
                      signers.at(i).attributeCount(Pki::Oid::literal(Oids::transactionId)) > 0;
    }
    return tree;
}

void appendLines(const MessageNode &node, int depth, QStringList &lines)
{
    const QString indent(qsizetype(2) * depth, u' ');
    lines.append(node.value.isEmpty() ? indent + node.name : u"%1%2: %3"_s.arg(indent, node.name, node.value));
    for (const MessageNode &child : node.children)
        appendLines(child, depth + 1, lines);
}

} // namespace

const MessageNode *MessageNode::child(QStringView childName) const
{
    const auto found = std::ranges::find_if(children, [childName](const MessageNode &node) { return node.name == childName; });
    return found != children.end() ? &*found : nullptr;
}

Result<MessageTree> messageTree(const QByteArray &message, const MessageOpener &opener)
{
    const auto signedData = Pki::SignedData::fromDer(message, readerLimits);
    if (signedData)
        return signedDataTree(*signedData, opener);
    if (signedData.error().code != ErrorCode::NotRecognised)
        return std::unexpected(signedData.error());
    const auto envelope = Pki::EnvelopedData::fromDer(message, readerLimits);
    if (!envelope) {
        // "Refused" is the word of a receiver; a reader only says that this is something else.
        if (envelope.error().code == ErrorCode::ContentRefused)
            return failure(ErrorCode::NotRecognised, envelope.error().detail);
        return std::unexpected(envelope.error());
    }
    MessageTree tree;
    tree.root = envelopeNode(*envelope, {}, opener, tree);
    return tree;
}

QStringList toLines(const MessageNode &root)
{
    QStringList lines;
    appendLines(root, 0, lines);
    return lines;
}

} // namespace Scep
