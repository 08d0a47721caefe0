// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/labca/authority.h"

#include <QUrl>

#include <memory>
#include <optional>

namespace Models {

/// One enrollment at the Lab CA, as the window lists it.
struct LabCaEnrollment {
    QString transactionId;
    LabCa::Enrollment::State state = LabCa::Enrollment::State::Pending;
    QDateTime receivedAt; ///< UTC
    QString subject;
    QString alternativeNames;
    QString profile;
    QString rejectionReason;
    Pki::Certificate certificate; ///< when issued
    std::optional<LabCa::Revocation> revocation = {};
};

/// How the Lab CA serves.
struct LabCaSettings {
    quint16 port = 0;                        ///< on the loopback interface; 0: a free one
    LabCa::Mode mode = LabCa::Mode::Approve; ///< a person sees each request before it is granted
    int validityDays = 365;
    int renewAfterPercent = 50; ///< of the validity, 0..99: not sooner

    friend bool operator==(const LabCaSettings &, const LabCaSettings &) = default;
};

/// What the Lab CA is while it serves.
struct LabCaIdentity {
    QUrl url;
    Pki::Certificate root;
    Pki::Certificate issuing;
    std::shared_ptr<const Pki::SecretBytes> challenge; ///< that requests must carry
    Pki::Certificate next = {};                        ///< the issuing CA that will follow; null: none was made
};

} // namespace Models
