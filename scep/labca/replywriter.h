// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/labca/personality.h"
#include "scep/pki/crl.h"
#include "scep/pki/secretbytes.h"
#include "scep/protocol/certrep.h"

#include <expected>
#include <optional>

namespace LabCa {

/// What is handed out: certificates (the issued one first) or CRLs. The recipient is the request's signer.
struct Granted {
    QList<Pki::Certificate> certificates = {};
    QList<Pki::Crl> crls = {};
    QString outcome = {}; ///< for the log
};
/// What became of a request; nullopt: it waits for a person.
using Decision = std::expected<std::optional<Granted>, Scep::Rejection>;

/// Who answers, and how.
struct ReplyManner {
    const CaIdentity &ca;
    const Personality &personality;
    const Pki::SecretBytes &challenge; ///< for requesters whose key cannot decrypt
    QList<Fault> faults = {};
};

/// The CertRep to `request`, or HTTP 500. Says in the log what went out.
HttpResponse writeReply(const Scep::ReceivedRequest &request, const Decision &decision, const ReplyManner &manner, LogEntry &log);

} // namespace LabCa
