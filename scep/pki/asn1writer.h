// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// For scep/pki/*.cpp only: writes definite-length DER.

#include "scep/pki/oid.h"

#include <QByteArray>
#include <QList>

namespace Pki::Detail {

/// Identifier, length and `content`.
QByteArray encodeElement(quint8 identifier, QByteArrayView content);
/// Members of a SET OF in ascending order of their encodings (X.690 11.6).
QList<QByteArray> derSorted(QList<QByteArray> members);
QByteArray derSetOf(const QList<QByteArray> &members, quint8 identifier = 0x31);
QByteArray derSmallInteger(quint8 value); ///< 0..127
QByteArray derOid(const Oid &oid);
/// AlgorithmIdentifier of an OpenSSL NID, with NULL parameters or none.
QByteArray derAlgorithm(int nid, bool withNull);

} // namespace Pki::Detail
