// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/labca/depot.h"
#include "scep/labca/http.h"
#include "scep/labca/personality.h"
#include "scep/labca/renewalrules.h"
#include "scep/labca/replywriter.h"
#include "scep/pki/secretbytes.h"
#include "scep/protocol/certrep.h"
#include "scep/protocol/pkirequest.h"

#include <functional>

namespace LabCa {

/// How requests are decided.
enum class Mode {
    Auto,    ///< granted at once when the challenge fits (or none is set)
    Approve, ///< PENDING until a person approves or rejects
};

struct Policy {
    Mode mode = Mode::Auto;
    Pki::SecretBytes challenge; ///< empty: any challenge, also none, is accepted
    int validityDays = 365;
    bool sendsFullChain = true;    ///< GetCACert: issuing and root as p7, else the issuing CA alone
    bool includesCaInReply = true; ///< CertRep: the issuing CA beside the certificate
    RenewalRules renewal = {};
    Personality personality = {};
};

/// The CA and RA logic: values in, values out, no network. Thread: the depot's.
class Authority
{
public:
    using Now = std::function<QDateTime()>;
    /// `now` empty: the system's clock. The depot must outlive the authority.
    Authority(Depot &depot, Policy policy, Now now = {});

    /// Answers one request; never throws, always answers.
    HttpResponse handle(const HttpRequest &request, LogEntry *log = nullptr);
    [[nodiscard]] QByteArray capabilities() const;
    /// Of the issuing CA, made now, good for a week.
    [[nodiscard]] Result<Pki::Crl> currentCrl() const;

private:
    HttpResponse answer(const HttpRequest &request, LogEntry &log);
    HttpResponse pkiOperation(const QByteArray &message, const QList<Fault> &faults, LogEntry &log);
    Result<Decision> certificationRequest(const Scep::ReceivedRequest &request, LogEntry &log);
    Result<void> keepRenewed(const Scep::ReceivedRequest &renewal);
    Result<Decision> certPoll(const Scep::ReceivedRequest &request, LogEntry &log);
    Result<Decision> getCertificate(const Scep::ReceivedRequest &request, LogEntry &log) const;
    Result<Decision> getCrl(const Scep::ReceivedRequest &request, LogEntry &log) const;
    /// Whether a request is the renewal of its signer, and why not if it says that it is.
    Result<std::expected<bool, Scep::Rejection>> isRenewal(const Scep::ReceivedRequest &received,
                                                           const Pki::CertificationRequest &request) const;
    std::optional<Scep::Rejection> challengeObjection(const Pki::CertificationRequest &request) const;
    std::optional<Scep::Rejection> keyObjection(const Pki::PublicKey &signer, const Pki::PublicKey &requested) const;
    Result<Enrollment> issueIfApproved(Enrollment enrollment) const;
    Decision decisionOn(const Enrollment &enrollment) const;
    HttpResponse reply(const Scep::ReceivedRequest &request, const Decision &decision, const QList<Fault> &faults, LogEntry &log) const;

    Depot &m_depot;
    Policy m_policy;
    Now m_now;
};

} // namespace LabCa
