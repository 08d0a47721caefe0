// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/records/requestextras.h"
#include "scep/pki/certificationrequest.h"
#include "scep/worker/transaction.h"

#include <QDateTime>
#include <QString>

namespace Models {

/// Something deleted that can still be brought back.
struct BinRecord {
    enum class Kind { Server, Request, Certificate };
    Kind kind = Kind::Request;
    qint64 id = 0;
    QString label;        ///< as it was; of a certificate: its subject
    QDateTime deletedAt;  ///< UTC
    int certificates = 0; ///< that go with it

    friend bool operator==(const BinRecord &, const BinRecord &) = default;
};

/// The process that may write to a workspace.
struct WorkspaceHolder {
    qint64 process = 0;
    QString program;
    QString host;
    QDateTime since; ///< UTC; invalid: unknown

    [[nodiscard]] QString toText() const; ///< "scepter (process 812 on lab-pc)"
    friend bool operator==(const WorkspaceHolder &, const WorkspaceHolder &) = default;
};

/// How much the store keeps.
struct StoreSettings {
    int mostExchanges = 2000;
    qint64 mostExchangeBytes = 64LL * 1024 * 1024;
    int exchangeDays = 90; ///< older ones go; 0: never for their age
    int binDays = 30;      ///< what was deleted longer ago goes for good; 0: never by itself
    int backups = 7;       ///< automatic ones that are kept; 0: none are made

    friend bool operator==(const StoreSettings &, const StoreSettings &) = default;
};

/// A request to be added with others in one step. The secrets move in.
struct NewRequest {
    Scep::EnrollmentRequest request;
    Pki::SecretBytes challenge = {};
    Pki::PrivateKey key = {};           ///< null: one will be made
    Pki::CertificationRequest csr = {}; ///< null: one will be made
    Extras extras = {};
    std::optional<Delivery> delivery = {};
    Pki::SecretBytes deliveryPassphrase = {}; ///< of the PKCS#12; empty: none
};

/// What changes of a request, in one step. What is not set stays as it is. The secrets move in.
struct RequestChange {
    Scep::EnrollmentRequest request; ///< all of it; its id says which one
    std::optional<Extras> extras = {};
    std::optional<Pki::SecretBytes> challenge = {};
    /// For the next enrollment: the device's own CSR, or a key of the technician's. Set together; a null key: only the device has it.
    std::optional<Pki::CertificationRequest> csr = {};
    std::optional<Pki::PrivateKey> key = {};
    struct DeliveryChange {
        std::optional<Delivery> rule = {};               ///< nullopt: no delivery from now on
        std::optional<Pki::SecretBytes> passphrase = {}; ///< of the PKCS#12
    };
    std::optional<DeliveryChange> delivery = {};
    bool beginsAnew = false; ///< recorded as waiting for a new enrollment, which begins with whoever works with the workspace next
};

/// An entry of the exchange log without its messages.
struct ExchangeRow {
    Scep::Exchange exchange; ///< sent and received are empty
    qint64 size = 0;         ///< of both, in bytes
};

/// Which entries of the exchange log.
struct ExchangeQuery {
    Scep::ServerId server = {};   ///< null: of all
    Scep::RequestId request = {}; ///< null: of all, and those of none
    bool onlyFailed = false;
    enum class What { All, Messages, Questions };
    What what = What::All; ///< messages: PKIOperation; questions: GetCACaps, GetCACert and the like
    QDateTime since = {};  ///< invalid: from the first one that is kept
    QString text = {};     ///< part of the server's label, of the request's, or of the URL
    qint64 before = 0;     ///< only those with a smaller id, to go on from the last one of a page; 0: from the newest
    int most = 200;

    friend bool operator==(const ExchangeQuery &, const ExchangeQuery &) = default;
};

} // namespace Models
