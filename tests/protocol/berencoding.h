// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/support/testca.h"

/// A message as BouncyCastle, cryptlib and Windows write it: indefinite lengths, and OCTET STRINGs in two parts (X.690 8.1.3.6, 8.7.3).
inline QByteArray toBer(const TestSupport::DerNode &node, const std::function<bool(const TestSupport::DerNode &)> &staysDer)
{
    const auto indefinite = [](char tag, const QByteArray &content) { return tag + QByteArray(1, '\x80') + content + QByteArray(2, '\0'); };
    if (staysDer(node))
        return node.toDer();
    const bool isOctets = node.tag == 0x04 || node.tag == 0x80; // OCTET STRING, [0] IMPLICIT OCTET STRING
    if (isOctets && node.content.size() > 1) {
        const qsizetype half = node.content.size() / 2;
        const TestSupport::DerNode first{0x04, node.content.left(half), {}};
        const TestSupport::DerNode second{0x04, node.content.mid(half), {}};
        return indefinite(static_cast<char>(node.tag | 0x20), first.toDer() + second.toDer());
    }
    if (!node.isConstructed())
        return node.toDer();
    QByteArray content;
    for (const TestSupport::DerNode &child : node.children)
        content += toBer(child, staysDer);
    return indefinite(static_cast<char>(node.tag), content);
}

/// A signedData in BER. What is signed stays DER as senders leave it: certificates and the signed attributes.
inline QByteArray signedDataInBer(const QByteArray &message)
{
    const TestSupport::DerNode whole = TestSupport::DerNode::fromDer(message);
    QList<QByteArray> signedParts;
    for (const TestSupport::DerNode &field : whole.children[1].children[0].children) {
        if (field.tag == 0xA0 || field.tag == 0xA1) {
            for (const TestSupport::DerNode &certificate : field.children)
                signedParts.append(certificate.toDer());
        }
    }
    for (const TestSupport::DerNode &signer : whole.children[1].children[0].children.last().children) {
        for (const TestSupport::DerNode &field : signer.children) {
            if (field.tag == 0xA0)
                signedParts.append(field.toDer());
        }
    }
    return toBer(whole, [&signedParts](const TestSupport::DerNode &node) { return signedParts.contains(node.toDer()); });
}

/// An envelopedData in BER; the cipher's IV stays primitive, as everybody writes it.
inline QByteArray envelopedDataInBer(const QByteArray &message)
{
    return toBer(TestSupport::DerNode::fromDer(message),
                 [](const TestSupport::DerNode &node) { return node.tag == 0x04 && node.content.size() <= 16; });
}
