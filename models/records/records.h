// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/records/requestextras.h"
#include "scep/worker/transaction.h"

namespace Models {

using Pki::Error;
using Pki::ErrorCode;
using Pki::Result;

/// A server as the lists show it: what was configured and what is known.
struct ServerRecord {
    Scep::EnrollmentServer server;
    Scep::ServerKnowledge knowledge;
    Extras extras = {};
};

/// A request as the lists show it: what was asked, its certificate, its transaction.
struct RequestRecord {
    Scep::EnrollmentRequest request;
    Scep::TransactionStatus transaction;
    std::optional<Scep::IssuedCertificate> current; ///< without its key
    int certificateCount = 0;                       ///< history included
    Extras extras = {};
    DeliveryState delivery = {};
};

/// One certificate of the CA store. A server's root, intermediates and RA certificates; staged and retired ones are marked. What a person
/// imported belongs to the server he named, or to none.
struct CaStoreRecord {
    enum class Role { Root, Intermediate, Issuing, RaSigning, RaEncryption, RaBoth, Unused };
    enum class Stage { Active, Staged, Retired };
    qint64 id = 0;
    Scep::ServerId server;
    QString name; ///< unique: "plant-root", "plant-issuing-2"
    Role role = Role::Root;
    Stage stage = Stage::Active;
    bool isAnchor = false; ///< the certificate that the technician confirmed, or imported as trusted
    Pki::Certificate certificate;
    bool isImported = false; ///< by hand: stays whatever the server sends, until it is removed by hand
};

} // namespace Models
