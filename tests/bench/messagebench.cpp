// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/messagebench.h"

#include "scep/protocol/cacertificates.h"
#include "scep/protocol/certrep.h"
#include "scep/protocol/pkirequest.h"
#include "tests/bench/barescep.h"
#include "tests/bench/statistics.h"
#include "tests/support/testca.h"

#include <cstdio>

namespace Bench {

namespace {

constexpr int keyBits = 2048;

/// One enrollment with everything that stays the same from message to message.
struct Scene {
    TestSupport::Identity root;
    TestSupport::Identity issuing;
    Pki::PrivateKey deviceKey;
    Pki::CertificationRequest csr;
    Scep::PkiRequest request;
    QByteArray reply;
    Scep::CertRepContext context;
};

Scene makeScene()
{
    using TestSupport::must;
    const QDateTime now = QDateTime::currentDateTimeUtc();
    Scene scene;
    const auto ca = [&](const QString &name, const TestSupport::Identity &issuer) {
        const Pki::PrivateKey key = TestSupport::rsaKey(name, keyBits);
        TestSupport::CertificateOptions options;
        options.isCa = true;
        options.keyUsage = Pki::KeyUsageBit::KeyCertSign | Pki::KeyUsageBit::DigitalSignature | Pki::KeyUsageBit::KeyEncipherment;
        if (issuer.certificate.isNull())
            return TestSupport::makeSelfSigned(QStringLiteral("CN=") + name, key, now, options);
        return TestSupport::Identity{TestSupport::makeCertificate(QStringLiteral("CN=") + name, key.publicKey(), issuer, now, options),
                                     key};
    };
    scene.root = ca(QStringLiteral("Bench root"), {});
    scene.issuing = ca(QStringLiteral("Bench issuing"), scene.root);
    scene.deviceKey = TestSupport::rsaKey(QStringLiteral("Bench device"), keyBits);
    scene.csr =
        TestSupport::makeRequest(QStringLiteral("CN=plc-7,O=Lab"), scene.deviceKey, QStringLiteral("DNS:plc-7.lab.example"), "secret");
    const Pki::Certificate signer = must(Scep::createRequestSigner(scene.csr.subject(), scene.deviceKey, now));

    scene.request.transactionId = Scep::TransactionId::create(scene.deviceKey.publicKey());
    scene.request.senderNonce = Scep::Nonce::create();
    scene.request.payload = scene.csr.der();
    scene.request.signer = signer;
    scene.request.recipient = scene.issuing.certificate;

    TestSupport::CertificateOptions leaf;
    leaf.subjectAlternativeNames = scene.csr.subjectAlternativeNames();
    const Pki::Certificate issued =
        TestSupport::makeCertificate(QStringLiteral("CN=plc-7,O=Lab"), scene.csr.publicKey(), scene.issuing, now, leaf);
    Scep::CertRepTemplate::Success success;
    success.certificates = {issued, scene.issuing.certificate};
    success.recipient = signer;
    Scep::CertRepTemplate reply;
    reply.transactionId = scene.request.transactionId;
    reply.senderNonce = Scep::Nonce::create();
    reply.recipientNonce = scene.request.senderNonce;
    reply.signer = scene.issuing.certificate;
    reply.body = success;
    scene.reply = must(Scep::buildCertRep(reply, scene.issuing.key));

    Scep::CaCertificates offered;
    offered.certificates = {scene.issuing.certificate, scene.root.certificate};
    offered.form = Scep::CaCertificates::Form::DegenerateSignedData;
    scene.context.transactionId = scene.request.transactionId;
    scene.context.senderNonce = scene.request.senderNonce;
    scene.context.roles = must(Scep::chooseRoles(offered, scene.root.certificate, now));
    scene.context.publicKey = scene.csr.publicKey();
    scene.context.subject = scene.csr.subject();
    scene.context.subjectAlternativeNames = scene.csr.subjectAlternativeNames();
    scene.context.signer = signer;
    scene.context.signerKey = scene.deviceKey;
    scene.context.now = now;
    return scene;
}

template <typename Work>
double secondsFor(int count, Work work)
{
    const double start = processorTime();
    for (int i = 0; i < count; ++i)
        work();
    return processorTime() - start;
}

template <typename Ours, typename Bare>
void compare(const char *what, int rounds, int count, Ours ours, Bare bare)
{
    ours(); // what is loaded on first use is not the question here
    bare();
    std::vector<double> oursTimes;
    std::vector<double> bareTimes;
    for (int round = 0; round < rounds; ++round) {
        oursTimes.push_back(secondsFor(count, ours));
        bareTimes.push_back(secondsFor(count, bare));
    }
    std::printf("%-32s scepter %8.1f/s   openssl %8.1f/s   ratio %.3f   (%d rounds of %d)\n", what, count / median(oursTimes),
                count / median(bareTimes), medianRatio(oursTimes, bareTimes), rounds, count);
    std::fflush(stdout);
}

} // namespace

void runMessages(int rounds, int messagesPerRound)
{
    using TestSupport::must;
    const Scene scene = makeScene();
    const Pki::SecretBytes key = scene.deviceKey.toPkcs8Der();
    const BareScep bare(scene.root.certificate.der(), scene.issuing.certificate.der(), scene.request.signer.der(),
                        key.view().toByteArray());
    const QByteArray transactionId = scene.request.transactionId.toText().toLatin1();
    const QByteArray nonce = scene.request.senderNonce.bytes();

    compare(
        "message build+sign+encrypt", rounds, messagesPerRound,
        [&] {
            Scep::PkiRequest request = scene.request;
            request.senderNonce = Scep::Nonce::create();
            must(Scep::buildPkiRequest(request, scene.deviceKey));
        },
        [&] {
            if (bare.build(scene.request.payload, transactionId.constData()).isEmpty())
                qFatal("bare OpenSSL built nothing");
        });
    compare(
        "message verify+decrypt", rounds, messagesPerRound,
        [&] {
            if (!std::holds_alternative<Scep::IssuedReply>(must(Scep::processCertRep(scene.reply, scene.context))))
                qFatal("no certificate in the reply");
        },
        [&] {
            if (bare.open(scene.reply, transactionId, nonce).isEmpty())
                qFatal("bare OpenSSL found no certificate");
        });
}

} // namespace Bench
