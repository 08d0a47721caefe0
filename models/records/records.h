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
    QString damage = {}; ///< not empty: why it cannot be read from the store; then only id and label are true, and no engine uses it
};

/// A request as the lists show it: what was asked, its certificate, its transaction.
struct RequestRecord {
    Scep::EnrollmentRequest request;
    Scep::TransactionStatus transaction;
    std::optional<Scep::IssuedCertificate> current; ///< without its key
    int certificateCount = 0;                       ///< history included
    Extras extras = {};
    DeliveryState delivery = {};
    QString damage = {};          ///< as in ServerRecord; the transaction says the same as its error
    bool hasChallenge = false;    ///< one is stored for the next transaction
    bool hasProvidedCsr = false;  ///< the next transaction sends a CSR that a device made, or that was reviewed
    bool hasProvidedKey = false;  ///< a key for the next transaction, instead of a new one
    bool isKeyWithDevice = false; ///< there is a current certificate, but not its key: it cannot sign its own renewal

    /// The next enrollment or renewal takes a certification request (or the key) of the device first: Models::useCsr().
    [[nodiscard]] bool needsDeviceCsr() const { return isKeyWithDevice && !hasProvidedCsr && !hasProvidedKey; }
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
