// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/labca/labdevice.h"

// pkiMessages that no honest client writes, and a Lab CA that gets them.

inline const QByteArray challenge("open-sesame");

inline Pki::Attribute attribute(const char *oid, const QByteArray &valueDer)
{
    return {Pki::Oid::literal(oid), {valueDer}};
}

/// A pkiMessage with every part free to be wrong.
struct Forgery {
    QList<Pki::Attribute> attributes;
    QByteArray content;
    bool hasContent = true;
    QList<Pki::Certificate> embedded;
    TestSupport::Identity signer;
    Pki::Digest digest = Pki::Digest::Sha256;

    void set(const char *oid, const QByteArray &valueDer)
    {
        remove(oid);
        attributes.append(attribute(oid, valueDer));
    }
    void remove(const char *oid)
    {
        attributes.removeIf([oid](const Pki::Attribute &one) { return one.oid == Pki::Oid::literal(oid); });
    }
    [[nodiscard]] QByteArray message() const
    {
        Pki::SignOptions options;
        options.digest = digest;
        options.signedAttributes = attributes;
        options.certificates = embedded;
        options.hasContent = hasContent;
        return TestSupport::must(Pki::signCms(content, signer.certificate, signer.key, options));
    }
};

/// A Lab CA that grants what carries the right challenge, a device, and what the device honestly sends.
struct Target {
    LabCaFolder lab;
    LabCa::Authority authority;
    LabDevice device = LabDevice::create("CN=plc-7", challenge, "DNS:plc-7.lab.example");
    RequestPlan plan;

    Target()
        : authority(lab.depot, policy())
        , plan(device.pkcsReq(lab.depot))
    {}

    [[nodiscard]] QByteArray envelope(const QByteArray &payload) const
    {
        return TestSupport::must(Pki::encryptCms(payload, plan.recipient, Pki::Cipher::Aes128));
    }
    [[nodiscard]] Forgery honest() const
    {
        Forgery forgery;
        forgery.attributes = {
            attribute(Scep::Oids::transactionId, Pki::printableStringDer(plan.transactionId.toText().toLatin1())),
            attribute(Scep::Oids::messageType, Pki::printableStringDer("19")),
            attribute(Scep::Oids::senderNonce, Pki::octetStringDer(plan.senderNonce.bytes())),
        };
        forgery.content = envelope(plan.payload);
        forgery.embedded = {device.signer.certificate};
        forgery.signer = device.signer;
        return forgery;
    }
    /// What a careful client makes of the answer; see outcome().
    QString say(const QByteArray &message) { return outcome(post(authority, message), device, lab.depot, plan); }
    [[nodiscard]] int enrollmentCount() const { return static_cast<int>(TestSupport::must(lab.depot.enrollments()).size()); }

private:
    static LabCa::Policy policy()
    {
        LabCa::Policy policy;
        policy.challenge = Pki::SecretBytes(challenge);
        return policy;
    }
};
