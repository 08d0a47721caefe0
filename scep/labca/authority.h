// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/labca/depot.h"
#include "scep/pki/secretbytes.h"
#include "scep/protocol/certrep.h"
#include "scep/protocol/pkirequest.h"

#include <functional>

namespace LabCa {

/// How requests are decided (design 8).
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
};

/// An HTTP request reduced to what SCEP looks at, and the answer.
struct HttpRequest {
    bool isPost = false;
    QString path;
    QString operation;  ///< decoded operation=
    QByteArray message; ///< percent-decoded message= (GET; for PKIOperation the base64 text) or the body (POST)
};
struct HttpResponse {
    int status = 200;
    QByteArray contentType;
    QByteArray body;
};

/// What was asked and answered, for the live log. Holds no secret.
struct LogEntry {
    QDateTime at;
    QString operation; ///< "PKIOperation PKCSReq"
    QString transactionId;
    QString subject;
    QString outcome; ///< "issued 4f02...", "PENDING", "FAILURE badRequest: the challenge password is wrong", "HTTP 400 ..."
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

private:
    using Decision = std::expected<Enrollment, Scep::Rejection>; ///< what became of a request

    HttpResponse caCertificates() const;
    HttpResponse pkiOperation(const QByteArray &message, LogEntry &log);
    Result<Decision> certificationRequest(const Scep::ReceivedRequest &request, LogEntry &log);
    Result<Decision> certPoll(const Scep::ReceivedRequest &request, LogEntry &log);
    std::optional<Scep::Rejection> objection(const Pki::CertificationRequest &request) const;
    Result<Enrollment> issueIfApproved(Enrollment enrollment) const;
    static Decision decisionOn(const Enrollment &enrollment);
    HttpResponse reply(const Scep::ReceivedRequest &request, const Decision &decision, LogEntry &log) const;

    Depot &m_depot;
    Policy m_policy;
    Now m_now;
};

} // namespace LabCa
