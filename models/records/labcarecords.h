// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/labca/authority.h"

#include <QUrl>

#include <chrono>
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
    QString issuingTrouble;       ///< approved, but not issued: why
    Pki::Certificate certificate; ///< when issued
    std::optional<LabCa::Revocation> revocation = {};

    friend bool operator==(const LabCaEnrollment &, const LabCaEnrollment &) = default;
};

/// How the Lab CA serves: its address, and what the shown CA does with requests.
struct LabCaSettings {
    quint16 port = 0;                        ///< on the loopback interface; 0: a free one
    LabCa::Mode mode = LabCa::Mode::Approve; ///< a person sees each request before it is granted
    std::chrono::minutes validity{std::chrono::hours(24 * 365)};
    int renewAfterPercent = 50;          ///< of the validity, 0..99: not sooner
    QString personality = {};            ///< LabCa::personalities(); empty: the standard one
    QStringList faults = {};             ///< LabCa::FaultPlan::fromText(); of all CAs
    bool allowsSameKey = true;           ///< a renewal may keep its key
    bool refusesUnknownProfiles = false; ///< a template name that is no profile; else the default profile is taken
    bool sendsFullChain = true;          ///< GetCACert: with the root
    bool includesCaInReply = true;       ///< CertRep: the issuing CA beside the certificate

    friend bool operator==(const LabCaSettings &, const LabCaSettings &) = default;
};

/// What the Lab CA is while it serves.
struct LabCaIdentity {
    QUrl url; ///< of the shown CA
    Pki::Certificate root;
    Pki::Certificate issuing;
    std::shared_ptr<const Pki::SecretBytes> challenge; ///< that requests must carry; null: none, or each device has its own
    Pki::Certificate next = {};                        ///< the issuing CA that will follow; null: none was made
    bool hasNextRoot = false;                          ///< it comes with a new root
    QDateTime switchAt = {};                           ///< UTC, when it takes over by itself; invalid: by hand
    LabCa::RaKind ra = LabCa::RaKind::None;
    QString alias = {};         ///< of the shown CA; "default" for the folder's own
    QStringList aliases = {};   ///< of all that are served
    QString caIdentifier = {};  ///< without which the personality answers nobody; empty: it does not ask for one
    bool hasPassphrase = false; ///< the keys are under one that only people know
};

/// A CA to be made.
struct NewLabCa {
    QString alias; ///< how clients choose it; empty for the first one, which is the default
    LabCa::CaDescription description;
    std::shared_ptr<const Pki::SecretBytes> passphrase = {}; ///< of the first one and all that follow; null: a secret in the folder
};

} // namespace Models
