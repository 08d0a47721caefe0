// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// For scep/protocol/*.cpp only: what several readers need to tell from the first bytes of a reply.

#include "scep/pki/cms.h"

#include <QByteArray>
#include <QString>

#include <optional>

namespace Scep::Detail {

/// The content of the DER element with `tag` that starts at `offset`; moves `offset` behind it. nullopt when there is none.
std::optional<QByteArray> takeElement(const QByteArray &der, char tag, qsizetype &offset);
/// An element in DER around `content`.
QByteArray element(char tag, const QByteArray &content);
/// A SEQUENCE in DER around `content`.
QByteArray sequence(const QByteArray &content);
/// The tag of the first element inside the outermost one, which must be a SEQUENCE.
std::optional<char> innerTag(const QByteArray &bytes);

/// A SEQUENCE (definite or indefinite length) whose first element is an OBJECT IDENTIFIER: a ContentInfo by its looks.
bool looksLikeContentInfo(const QByteArray &bytes);
/// A SEQUENCE whose first element is a SEQUENCE: a certificate or request by its looks.
bool looksLikeSignedSequence(const QByteArray &bytes);
/// Base64 of a DER SEQUENCE, on one line or wrapped. nullopt: the body holds other characters too.
std::optional<QByteArray> derFromBase64(const QByteArray &body);
/// The body starts with '<' behind blanks and a byte order mark: HTML or XML.
bool looksLikeMarkup(const QByteArray &bytes);
/// The first printable characters of a body on one line, for an error's detail. Never longer than 200 characters.
QString excerpt(const QByteArray &bytes);

/// The only value of the only attribute `oid`; nullopt when absent. ReplyMalformed when there are more.
Pki::Result<std::optional<QByteArray>> onlyValue(const Pki::SignerInfo &signer, const char *oid);
/// The same as text of one of the ASN.1 string types.
Pki::Result<std::optional<QString>> onlyText(const Pki::SignerInfo &signer, const char *oid);
/// The same as the bytes of an OCTET STRING.
Pki::Result<std::optional<QByteArray>> onlyBytes(const Pki::SignerInfo &signer, const char *oid);

/// Do issuer and serial number of `signer` name `certificate`? Names may differ in string types and case: encoders differ.
bool names(const Pki::SignerInfo &signer, const Pki::Certificate &certificate);

} // namespace Scep::Detail
