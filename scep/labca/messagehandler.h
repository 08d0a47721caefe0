// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/labca/entityregister.h"
#include "scep/labca/policy.h"
#include "scep/labca/publication.h"
#include "scep/labca/replywriter.h"

namespace LabCa {

/// What one pkiMessage is judged by: a snapshot, which stays as it is while it is worked on.
struct MessageContext {
    Depot &depot;
    EntityRegister &entities;
    const CaMaterial &ca;
    const Policy &policy;
    const Publication &publication;
    QDateTime now;
    QList<Fault> faults = {};
};

/// The CA's and RA's work on one pkiMessage: reads it, decides, issues, stores, writes the CertRep. Made for one message, used in one
/// thread. Signing and decrypting happen without any lock that others wait for.
class MessageHandler
{
public:
    MessageHandler(const MessageContext &context, LogEntry &log);
    HttpResponse answer(const QByteArray &message);

private:
    using Verdict = std::expected<bool, Scep::Rejection>;

    [[nodiscard]] std::expected<Scep::ReceivedRequest, Scep::RequestFailure> read(const QByteArray &message);
    HttpResponse reply(const Scep::ReceivedRequest &request, const Decision &decision);
    Result<Decision> decide(const Scep::ReceivedRequest &received);

    // messageenrolling.cpp
    Result<Decision> certificationRequest(const Scep::ReceivedRequest &received);
    /// Whether a request is the renewal of its signer, and why not if it says that it is.
    [[nodiscard]] Result<Verdict> isRenewal(const Scep::ReceivedRequest &received, const Pki::CertificationRequest &request) const;
    [[nodiscard]] std::optional<Scep::Rejection> challengeObjection(const Pki::CertificationRequest &request) const;
    [[nodiscard]] std::optional<Scep::Rejection> profileObjection(const QString &name) const;
    Result<std::optional<Scep::Rejection>> registrationObjection(const Scep::ReceivedRequest &received,
                                                                 const Pki::CertificationRequest &request, const QByteArray &digest);
    Result<void> keepRenewed(const Scep::ReceivedRequest &renewal);
    Result<void> supersede(const Scep::TransactionId &former, const Scep::TransactionId &by);
    /// Within Depot::update(), so that one request never gets two certificates.
    Result<Enrollment> issueIfApproved(Enrollment enrollment, bool wasKnown);
    [[nodiscard]] Decision decisionOn(const Enrollment &enrollment) const;
    Result<Decision> certPoll(const Scep::ReceivedRequest &received);

    // messagequeries.cpp
    Result<Decision> getCertificate(const Scep::ReceivedRequest &received);
    Result<Decision> getCrl(const Scep::ReceivedRequest &received);

    /// Why a reply could not be encrypted to `signer`, whose message came in `asked`, or why a key is too weak. `hasChallenge`: one that
    /// both sides know, with which a reply can be encrypted.
    [[nodiscard]] std::optional<Scep::Rejection> keyObjection(const Pki::PublicKey &signer, const Pki::PublicKey &requested,
                                                              Pki::Cipher asked, bool hasChallenge) const;

    MessageContext m_context;
    LogEntry &m_log;
    const CaIdentity *m_identity;    ///< whom the message is addressed to; it answers
    Pki::SecretBytes m_ownChallenge; ///< of a request whose signer cannot decrypt; it goes before the policy's
    QStringList m_notes;             ///< for the log: what the profile did
};

/// The DER of a PKIOperation, from the body or from message=; nullopt when there is none.
std::optional<QByteArray> pkiMessageOf(const HttpRequest &request);
/// Of one generation's issuing CA, made now, good for a week. `damaged`: enrollments that could not be looked at, and why.
Result<Pki::Crl> makeCrl(const Depot &depot, const CaIdentity &identity, const QDateTime &now, QStringList *damaged = nullptr);

} // namespace LabCa
