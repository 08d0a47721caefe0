// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/protocol/certrep.h"
#include "scep/worker/clock.h"
#include "tests/support/scriptednetwork.h"
#include "tests/support/testca.h"

#include <QQueue>

#include <functional>

namespace TestSupport {

/// A SCEP server without a server: answers a ScriptedNetwork's requests with real messages from a TestCa with one RA.
/// PKIOperations are answered by the script, then by `standing` (issues a certificate unless set otherwise).
class ScriptedCa
{
public:
    using Reply = std::function<ScriptedAnswer(const Scep::ReceivedRequest &)>;

    ScriptedCa(const QString &name, const Scep::Clock &clock);

    /// Sets all three handlers of `network`.
    void serve(ScriptedNetwork &network);
    [[nodiscard]] ScriptedAnswer answer(const ScriptedRequest &request);

    TestCa ca;
    QByteArray capabilities = "AES\nSHA-256\nPOSTPKIOperation\nSCEPStandard\n";
    QQueue<Reply> script;
    Reply standing;
    Reply crl; ///< answers GetCRL beside the script, since an engine asks for it by itself; empty: the script does
    QList<Scep::ReceivedRequest> received;    ///< every PKIOperation, decrypted
    QList<Scep::ReceivedRequest> crlRequests; ///< those that `crl` answered

    [[nodiscard]] QList<Pki::Certificate> caCertificates() const; ///< as GetCACert sends them
    [[nodiscard]] Scep::TrustAnchor anchor() const;               ///< the root's SHA-256

    // Replies, for the script
    [[nodiscard]] ScriptedAnswer issue(const Scep::ReceivedRequest &request);
    [[nodiscard]] ScriptedAnswer pending(const Scep::ReceivedRequest &request) const;
    [[nodiscard]] ScriptedAnswer refuse(const Scep::ReceivedRequest &request, Scep::FailInfo info, const QString &text = {}) const;
    /// A SUCCESS that carries the issuing CA's CRL.
    [[nodiscard]] ScriptedAnswer deliverCrl(const Scep::ReceivedRequest &request, const QList<Pki::RevokedCertificate> &revoked) const;
    [[nodiscard]] ScriptedAnswer deliverCrl(const Scep::ReceivedRequest &request, const Pki::Crl &list) const;
    /// A SUCCESS that carries this certificate to the request's signer.
    [[nodiscard]] ScriptedAnswer deliver(const Scep::ReceivedRequest &request, const Pki::Certificate &certificate) const;
    /// The template of a good SUCCESS, for tests that spoil it; send with message().
    [[nodiscard]] Scep::CertRepTemplate success(const Scep::ReceivedRequest &request, const Pki::Certificate &certificate) const;
    /// What issue() would issue, without sending it.
    [[nodiscard]] Pki::Certificate certificateFor(const Scep::ReceivedRequest &request);
    [[nodiscard]] QByteArray message(const Scep::CertRepTemplate &reply) const;
    static ScriptedAnswer pkiMessage(const QByteArray &der);

private:
    [[nodiscard]] Scep::CertRepTemplate frame(const Scep::ReceivedRequest &request) const;

    const Scep::Clock &m_clock;
    QHash<QString, QByteArray> m_csrs; ///< by transactionID: what a CertPoll is about
};

} // namespace TestSupport
