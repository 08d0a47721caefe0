// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/protocol/certrep.h"
#include "scep/protocol/messagesummary.h"
#include "tests/support/testca.h"

#include <variant>

namespace {

/// A client waiting for a reply: no input that the fuzzer makes can be signed by this CA.
const Scep::CertRepContext &context()
{
    static const Scep::CertRepContext made = [] {
        const QDateTime now(QDate(2026, 1, 1), QTime(0, 0), Qt::UTC);
        const auto ca = TestSupport::TestCa::create(QStringLiteral("Fuzz"), now);
        const auto key = TestSupport::rsaKey(QStringLiteral("device"));
        const auto device = TestSupport::makeSelfSigned(QStringLiteral("CN=device"), key, now);
        Scep::CertRepContext context;
        context.transactionId = Scep::TransactionId::create(key.publicKey());
        context.senderNonce = Scep::Nonce::create();
        Scep::CaCertificates offered;
        offered.certificates = {ca.root.certificate, ca.issuing.certificate, ca.ra.certificate};
        context.roles = TestSupport::must(Scep::chooseRoles(offered, ca.root.certificate, now));
        context.publicKey = key.publicKey();
        context.signer = device.certificate;
        context.signerKey = key;
        context.now = now;
        return context;
    }();
    return made;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    const QByteArray message(reinterpret_cast<const char *>(data), static_cast<qsizetype>(size));
    if (Scep::processCertRep(message, context()))
        __builtin_trap(); // a forged reply was accepted
    if (const auto summary = Scep::summarise(message))
        (void)Scep::toLines(*summary);
    if (const auto enveloped = Pki::EnvelopedData::fromDer(message))
        (void)enveloped->decrypt(context().signerKey, context().signer);
    return 0;
}
