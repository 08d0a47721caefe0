// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/records/records.h"
#include "scep/pki/cryptolibrary.h"
#include "scep/worker/enrollmentserver.h"

namespace Models {

/// What came of asking a server for something that it need not know.
enum class ProbeAnswer {
    NotAsked,      ///< it was not right to ask: the CA is not confirmed, or nobody announced it
    Understood,    ///< a proper answer, whatever it said
    NotUnderstood, ///< HTTP error, an empty or foreign body
    Refused,       ///< an answer that our checks do not let pass: see the error
};

/// Everything that was seen of one server, for judging it. Plain value; what is unknown stays as it is here.
struct ServerFacts {
    QString server; ///< how findings name it
    QUrl url;
    QDateTime now;

    bool hasAnsweredCapabilities = false;
    Scep::Capabilities capabilities;
    Scep::CaCertificates offered;
    std::optional<Error> error; ///< why there are no certificates

    Scep::TrustAnchor anchor;        ///< what a person gave or confirmed; not set: nobody has yet
    std::optional<Error> trustError; ///< the anchor names none of the certificates
    std::optional<Scep::CaRoles> roles;
    std::optional<Error> rolesError;

    std::optional<std::chrono::seconds> clockSkew; ///< the server's clock minus ours
    QUrl answeredFrom;                             ///< after redirects; empty: unknown
    QStringList notes;                             ///< leniencies and other words of the exchanges

    ProbeAnswer nextCa = ProbeAnswer::NotAsked;
    ProbeAnswer certPoll = ProbeAnswer::NotAsked;
    ProbeAnswer getCrl = ProbeAnswer::NotAsked;
    std::optional<Error> probeError; ///< of the first probe that was Refused
    QString refusalText;             ///< first words of a body that came with an HTTP error
    bool isPostRefused = false;      ///< announced, but answered with 405 or 501

    std::optional<Pki::Digest> replyDigest; ///< of a CertRep that was seen
    std::optional<Pki::Cipher> replyCipher;

    std::optional<Pki::CryptoLibrary> cryptoLibrary; ///< ours: it reads what the server sends
};

/// The facts that the engine gathers by itself while it works with a server.
ServerFacts factsOf(const Scep::EnrollmentServer &server, const Scep::ServerKnowledge &knowledge, const QDateTime &now);

/// One thing worth knowing about a server.
struct Finding {
    enum class Severity {
        Ok,      ///< checked and fine
        Notice,  ///< good to know; nothing need be done
        Warning, ///< weak or unusual: should be changed, or will matter later
        Problem, ///< enrollment will fail, or must not be tried
    };
    Severity severity = Severity::Ok;
    QString id;     ///< stable: "des-replies"
    QString object; ///< what it is about: the server, a certificate, this program
    QString what;   ///< one sentence: what was found
    QString why;    ///< why it matters
    QString action; ///< what to do; empty: nothing

    friend bool operator==(const Finding &, const Finding &) = default;
};
QString settingName(Finding::Severity severity); ///< "ok", "notice", "warning", "problem"

/// Facts to findings, worst first, the same for the window and scepctl. Server-supplied text in them is safe to show.
QList<Finding> judge(const ServerFacts &facts);

} // namespace Models
