// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/pki/certificationrequest.h"
#include "scep/pki/cms.h"
#include "scep/protocol/pkirequest.h"

namespace Scep {

/// One line of a message shown as a tree. `name` is the field's name in its specification ("signedData", "transactionID"): scripts may rely
/// on it. `value` is for people and may come from a stranger: plain text only.
struct MessageNode {
    QString name;
    QString value;
    QList<MessageNode> children;

    /// The first child of that name; null when there is none.
    [[nodiscard]] const MessageNode *child(QStringView childName) const;
    friend bool operator==(const MessageNode &, const MessageNode &) = default;
};

/// What may open the envelope. Nothing given: it is shown closed.
struct MessageOpener {
    Pki::PrivateKey key;
    Pki::Certificate certificate;                ///< of the key; needed only where there are several recipients, or an EC key
    const Pki::SecretBytes *challenge = nullptr; ///< for an envelope whose key is derived from the challenge (RFC 8894 3.1)

    [[nodiscard]] bool isSet() const { return !key.isNull() || challenge != nullptr; }
};

/// What was inside the envelope. At most one of request and the lists is there, as messageType says; neither for other content.
struct MessageContents {
    Pki::CertificationRequest request; ///< PKCSReq, RenewalReq. Its DER may hold a challenge.
    QList<Pki::Certificate> certificates;
    QList<Pki::Crl> crls;
};

struct MessageTree {
    MessageNode root;                        ///< signedData or envelopedData
    bool isScep = false;                     ///< it carries SCEP's signed attributes
    std::optional<MessageContents> contents; ///< when the envelope was opened
    std::optional<Error> openingError;       ///< when it was tried in vain
};

/// Takes a CMS message apart for a reader, whatever a SCEP peer would say to it: fields that cannot be read are shown as what they are.
/// Challenges are never shown. Errors: NotRecognised (neither signedData nor envelopedData), Malformed, TooLarge.
Result<MessageTree> messageTree(const QByteArray &message, const MessageOpener &opener = {});

/// The tree as indented lines for a terminal.
QStringList toLines(const MessageNode &root);

} // namespace Scep
