// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/protocol/certrep.h"
#include "tests/protocol/protocoltest.h"
#include "tests/support/testca.h"

/// One enrollment in mid-air: a CA with its roles, a device with its request, and the context that judges the reply.
struct CertRepFixture {
    TestSupport::TestCa ca;
    Pki::PrivateKey key;
    Pki::CertificationRequest csr;
    Pki::Certificate signer; ///< of the request
    Scep::CertRepContext context;
    Pki::Certificate leaf; ///< what an honest CA issues

    static CertRepFixture create()
    {
        using namespace TestSupport;
        CertRepFixture f;
        f.ca = TestCa::create("CertRep", testNow());
        f.key = rsaKey("certrep device");
        f.csr = makeRequest("O=Lab, CN=plc-7", f.key, "DNS:plc-7.lab.example");
        f.signer = must(Scep::createRequestSigner(f.csr.subject(), f.key, testNow()));
        Scep::CaCertificates offered;
        offered.certificates = {f.ca.root.certificate, f.ca.issuing.certificate, f.ca.ra.certificate};
        f.context.roles = must(Scep::chooseRoles(offered, f.ca.root.certificate, testNow()));
        f.context.transactionId = must(Scep::TransactionId::fromText("0123456789ABCDEF0123456789ABCDEF01234567"));
        f.context.senderNonce = must(Scep::Nonce::fromBytes("sixteen bytes ok"));
        f.context.publicKey = f.csr.publicKey();
        f.context.subject = f.csr.subject();
        f.context.subjectAlternativeNames = f.csr.subjectAlternativeNames();
        f.context.signer = f.signer;
        f.context.signerKey = f.key;
        f.context.now = testNow();
        CertificateOptions options;
        options.subjectAlternativeNames = f.csr.subjectAlternativeNames();
        f.leaf = f.ca.issue(f.csr, testNow(), options);
        return f;
    }

    /// A well-formed PENDING to this request, signed by the RA.
    [[nodiscard]] TestSupport::ReplyPlan pending() const
    {
        TestSupport::ReplyPlan plan;
        plan.transactionId = context.transactionId.toText().toLatin1();
        plan.recipientNonce = context.senderNonce.bytes();
        plan.signer = ca.ra;
        plan.embedded = {ca.ra.certificate};
        return plan;
    }
    [[nodiscard]] TestSupport::ReplyPlan rejected(const QByteArray &failInfo = "2") const
    {
        TestSupport::ReplyPlan plan = pending();
        plan.pkiStatus = QByteArray("2");
        plan.failInfo = failInfo;
        return plan;
    }
    [[nodiscard]] TestSupport::ReplyPlan issued(const QList<Pki::Certificate> &certificates) const
    {
        TestSupport::ReplyPlan plan = pending();
        plan.pkiStatus = QByteArray("0");
        plan.content = TestSupport::makeEnvelope(certificates, signer);
        return plan;
    }
    [[nodiscard]] TestSupport::ReplyPlan issued() const { return issued({leaf}); }
};
