// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/pki/error.h"

#include <QList>
#include <QString>
#include <QStringList>

namespace LabCa {

/// What a Lab CA can do wrong on purpose. The first group is about HTTP, the second about the CertRep.
enum class Fault {
    Drop,
    Stall,
    Truncate,
    Html,
    ServerError,
    BigBody,
    SlowDrip,
    DuplicateReply,

    WrongNonce,
    WrongTransactionId,
    WrongMessageType,
    WrongSigner,
    NoSignerInfo,
    NoSignerCertificate,
    ForeignKey,
    ExtraCertificates,
    PendingForEver,
    BadAlgorithm,
};

} // namespace LabCa
