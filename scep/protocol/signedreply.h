// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// For scep/protocol/*.cpp only: what CertRep and the reply to GetNextCACert have in common, a signature by the authenticated CA or RA.

#include "scep/pki/cms.h"
#include "scep/protocol/cacertificates.h"

namespace Scep::Detail {

/// Errors of the CMS layer in the words of a reply.
std::unexpected<Error> replyFailure(const Error &error);
/// A body that is signedData with one signer, in DER or BER; in PEM or base64 from some proxies, which is a note. `operation` names it in
/// errors.
Result<Pki::SignedData> readSignedReply(const QByteArray &body, const QString &operation, QStringList &notes);
/// MD5 can be forged; SHA-1 is what several servers cannot do without, so it is a note.
Result<void> checkSignatureAlgorithms(const Pki::SignerInfo &signer, QStringList &notes);
/// The signer is one of `expected`, which were known beforehand, its signature verifies and it is in force. Certificates embedded in the
/// reply prove nothing: they are only looked at to refuse a namesake of a known signer.
Result<Pki::Certificate> checkReplySigner(const Pki::SignedData &message, const QList<Pki::Certificate> &expected, const QDateTime &now,
                                          QStringList &notes);

} // namespace Scep::Detail
