// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/pki/certificate.h"
#include "scep/protocol/identifiers.h"

#include <QDateTime>

namespace Scep {

/// The body of a GetCACert reply, read (RFC 8894 3.5.1, 4.2). Nothing here is trusted yet.
struct CaCertificates {
    enum class Form { SingleCertificate, DegenerateSignedData };
    QList<Pki::Certificate> certificates; ///< duplicates dropped; order carries no meaning
    Form form = Form::SingleCertificate;
    QStringList leniencies; ///< "PEM instead of DER", "content type text/html"..., for the log

    friend bool operator==(const CaCertificates &, const CaCertificates &) = default;
};

/// Content type is compared without case and parameters and then not believed: the bytes decide.
/// Errors: EmptyReply, HtmlReply, ReplyMalformed, ReplyTooLarge (more than 32 certificates).
Result<CaCertificates> parseCaCertificates(const QByteArray &body, const QString &contentType);

/// What the technician confirmed for a server: exactly one of the two is set, or neither (not confirmed yet).
struct TrustAnchor {
    Pki::Fingerprint fingerprint;
    Pki::Certificate certificate;

    [[nodiscard]] bool isSet() const { return !fingerprint.isEmpty() || !certificate.isNull(); }
    friend bool operator==(const TrustAnchor &, const TrustAnchor &) = default;
};

/// The certificate in `offered` that the anchor names. An anchor certificate that the server did not send is fine if a CA
/// in `offered` chains to it. Errors: FingerprintMismatch (detail: what was offered), CaNotConfirmed (anchor not set).
Result<Pki::Certificate> authenticate(const TrustAnchor &anchor, const CaCertificates &offered, const QDateTime &now);

/// Which certificate does what, decided by keyUsage, basicConstraints, EKU and signatures, never by position.
struct CaRoles {
    Pki::Certificate anchor;                 ///< the authenticated certificate
    Pki::Certificate root;                   ///< self-signed top, null when the server did not send one
    Pki::Certificate issuing;                ///< the CA that issues; its subject goes into IssuerAndSubject
    QList<Pki::Certificate> intermediates;   ///< CA certificates between issuing and root, issuing not included
    Pki::Certificate raSigning;              ///< null without RA
    Pki::Certificate raEncryption;           ///< null without RA; may equal raSigning
    QList<Pki::Certificate> unused;          ///< not tied to the authenticated CA: shown, never used
    Pki::Certificate recipient;              ///< the envelope's recipient: raEncryption or issuing
    QList<Pki::Certificate> expectedSigners; ///< who may sign a CertRep
    QStringList reasons;                     ///< one sentence a decision, for the technician

    /// issuing, intermediates, root, anchor: what a chain is built from.
    [[nodiscard]] QList<Pki::Certificate> caCertificates() const;
    friend bool operator==(const CaRoles &, const CaRoles &) = default;
};

/// Manual override of the RA choice, by SHA-256.
struct RoleOverride {
    Pki::Fingerprint encryption;
    Pki::Fingerprint signing;
    QString reason;

    friend bool operator==(const RoleOverride &, const RoleOverride &) = default;
};

/// `authenticated` came from authenticate(), or is what the technician is looking at before confirming.
/// Errors: NoUsableCaCertificate (detail says why, e.g. "the CA key is EC and there is no RSA RA certificate"), ChainBroken.
Result<CaRoles> chooseRoles(const CaCertificates &offered, const Pki::Certificate &authenticated, const QDateTime &now,
                            const RoleOverride &roleOverride = {});

/// The CA certificate to show for confirmation when nothing is pinned: the root if there is one, else the issuing CA.
Result<Pki::Certificate> certificateToConfirm(const CaCertificates &offered);

} // namespace Scep
