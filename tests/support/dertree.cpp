// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/testca.h"

namespace TestSupport {

namespace {

QByteArray element(quint8 tag, const QByteArray &content)
{
    QByteArray length;
    if (content.size() < 0x80) {
        length.append(static_cast<char>(content.size()));
    } else {
        for (qsizetype rest = content.size(); rest > 0; rest >>= 8)
            length.prepend(static_cast<char>(rest & 0xff));
        length.prepend(static_cast<char>(0x80 | length.size()));
    }
    return static_cast<char>(tag) + length + content;
}

/// Reads one element at `offset` and moves it behind the element.
DerNode readNode(const QByteArray &der, qsizetype &offset)
{
    if (offset + 2 > der.size())
        qFatal("fixture: DER ends early");
    DerNode node;
    node.tag = static_cast<quint8>(der.at(offset++));
    qsizetype length = static_cast<quint8>(der.at(offset++));
    if (length >= 0x80) {
        qsizetype count = length & 0x7f;
        if (count == 0 || count > 4 || offset + count > der.size())
            qFatal("fixture: not definite-length DER");
        for (length = 0; count > 0; --count)
            length = (length << 8) | static_cast<quint8>(der.at(offset++));
    }
    if (offset + length > der.size())
        qFatal("fixture: DER ends early");
    const QByteArray content = der.mid(offset, length);
    offset += length;
    if (!node.isConstructed()) {
        node.content = content;
        return node;
    }
    for (qsizetype inner = 0; inner < content.size();)
        node.children.append(readNode(content, inner));
    return node;
}

} // namespace

DerNode DerNode::fromDer(const QByteArray &der)
{
    qsizetype offset = 0;
    const DerNode node = readNode(der, offset);
    if (offset != der.size())
        qFatal("fixture: trailing bytes behind DER");
    return node;
}

QByteArray DerNode::toDer() const
{
    if (!isConstructed())
        return element(tag, content);
    QByteArray inner;
    for (const DerNode &child : children)
        inner += child.toDer();
    return element(tag, inner);
}

QByteArray changeSignedData(const QByteArray &message, const std::function<void(DerNode &)> &change)
{
    DerNode contentInfo = DerNode::fromDer(message);
    change(contentInfo.children[1].children[0]);
    return contentInfo.toDer();
}

QByteArray withSignersOf(const QByteArray &message, const QByteArray &other)
{
    const DerNode otherInfo = DerNode::fromDer(other);
    return changeSignedData(message, [&otherInfo](DerNode &signedData) {
        signedData.children.last().children += otherInfo.children.at(1).children.at(0).children.last().children;
    });
}

QByteArray withBrokenSignature(const QByteArray &message)
{
    return changeSignedData(message, [](DerNode &signedData) {
        // SignerInfo ends with the signature unless there are unsigned attributes (tag [1]), which nobody here writes.
        QByteArray &signature = signedData.children.last().children.last().children.last().content;
        signature[signature.size() / 2] = static_cast<char>(signature.at(signature.size() / 2) ^ 0x10);
    });
}

QByteArray withReplacedBytes(const QByteArray &message, const QByteArray &from, const QByteArray &to)
{
    QByteArray changed = message;
    if (from.size() != to.size() || !changed.contains(from))
        qFatal("fixture: nothing to replace");
    return changed.replace(from, to);
}

QByteArray withContent(const QByteArray &message, const QByteArray &content)
{
    return changeSignedData(message, [&content](DerNode &signedData) {
        // encapContentInfo { eContentType, [0] EXPLICIT OCTET STRING }
        DerNode &encapsulated = signedData.children[2];
        encapsulated.children = {encapsulated.children.first(), DerNode{0xa0, {}, {DerNode{0x04, content, {}}}}};
    });
}

} // namespace TestSupport
