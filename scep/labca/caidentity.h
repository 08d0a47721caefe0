// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/pki/certificate.h"

#include <QDateTime>
#include <QList>

#include <optional>

namespace LabCa {

/// Who reads and answers SCEP messages.
enum class RaKind {
    None,  ///< the issuing CA itself
    One,   ///< one RA certificate, which signs replies and receives envelopes
    Split, ///< two, as NDES has them: one signs, one receives
};

/// What a new Lab CA is made with.
struct CaDescription {
    QString name = QStringLiteral("Scepter Lab"); ///< certificates are named "NAME Root (lab only)" and "NAME Issuing (lab only)"
    Pki::KeySpec keySpec;                         ///< RSA only: SCEP encrypts to it
    int rootYears = 10;
    int issuingYears = 5;
    QString rootSubject = {};    ///< a whole name ("C=SE, O=Plant, CN=Plant Root"); empty: of `name`
    QString issuingSubject = {}; ///< likewise
    RaKind ra = RaKind::None;

    friend bool operator==(const CaDescription &, const CaDescription &) = default;
};

/// One generation of the CA: its certificates, and the keys that daily work needs. The root's key stays in its file.
struct CaIdentity {
    Pki::Certificate root;
    Pki::Certificate issuing;
    Pki::PrivateKey issuingKey;
    Pki::Certificate raSigning;    ///< null: no RA
    Pki::Certificate raEncryption; ///< the same as `raSigning` with RaKind::One
    Pki::PrivateKey raSigningKey;
    Pki::PrivateKey raEncryptionKey;

    [[nodiscard]] RaKind raKind() const
    {
        if (raSigning.isNull())
            return RaKind::None;
        return raSigning == raEncryption ? RaKind::One : RaKind::Split;
    }
    /// Signs CertReps and the announcement of the next CA.
    [[nodiscard]] const Pki::Certificate &replySigner() const { return raSigning.isNull() ? issuing : raSigning; }
    [[nodiscard]] const Pki::PrivateKey &replySignerKey() const { return raSigning.isNull() ? issuingKey : raSigningKey; }
    /// Envelopes are addressed to it.
    [[nodiscard]] const Pki::Certificate &recipient() const { return raEncryption.isNull() ? issuing : raEncryption; }
    [[nodiscard]] const Pki::PrivateKey &recipientKey() const { return raEncryption.isNull() ? issuingKey : raEncryptionKey; }
    /// None, one, or signing and encryption in this order.
    [[nodiscard]] QList<Pki::Certificate> raCertificates() const
    {
        if (raSigning.isNull())
            return {};
        return raSigning == raEncryption ? QList{raSigning} : QList{raSigning, raEncryption};
    }
};

/// All generations that a folder knows, as they stood together at one moment. Immutable where it is shared.
struct CaMaterial {
    CaIdentity current;
    std::optional<CaIdentity> next; ///< announced; its keys are not read
    QList<CaIdentity> retired;      ///< oldest first
    QDateTime switchAt;             ///< UTC, when `next` takes over by itself; invalid: by hand
};

} // namespace LabCa
