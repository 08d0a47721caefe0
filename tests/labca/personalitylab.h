// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/labca/personality.h"
#include "tests/labca/labdevice.h"
#include "tests/labca/rawclient.h"

// A Lab CA of one personality behind its HTTP face, and its replies taken apart.

inline const QByteArray challenge("open-sesame");

inline LabCa::CaDescription describe(const LabCa::Personality &personality)
{
    LabCa::CaDescription description = quickCa();
    description.ra = personality.ra;
    return description;
}

/// A Lab CA of one personality behind its HTTP face.
struct Lab {
    LabCa::Personality personality;
    LabCaFolder folder;
    LabCa::Authority authority;
    LabCa::HttpFace face;

    explicit Lab(const QString &name, LabCa::Mode mode = LabCa::Mode::Auto)
        : Lab(LabCa::personalityFromName(name).value(), mode)
    {}
    explicit Lab(const LabCa::Personality &shown, LabCa::Mode mode = LabCa::Mode::Auto)
        : personality(shown)
        , folder(describe(shown))
        , authority(folder.depot, policy(shown, mode))
        , face(authority)
    {
        if (!face.listen())
            qFatal("no port");
    }

    static LabCa::Policy policy(const LabCa::Personality &personality, LabCa::Mode mode)
    {
        LabCa::Policy policy;
        policy.mode = mode;
        policy.challenge = Pki::SecretBytes(challenge);
        policy.renewal.afterPercent = 0;
        policy.personality = personality;
        return policy;
    }
    RawReply ask(const QByteArray &target) const { return exchange(face, getRequest(target)).value(); }
    /// By POST where it is taken.
    RawReply tell(const QByteArray &message) const
    {
        const bool byPost = personality.abilities.testFlag(LabCa::Ability::Post);
        return exchange(face, byPost ? postRequest(message) : getMessageRequest(message)).value();
    }
    RawReply tell(const RequestPlan &plan) const { return tell(buildMessage(plan)); }
};

/// A CertRep taken apart as far as it can be without judging it.
struct Seen {
    Pki::SignedData message;
    Pki::SignerInfo signer;
    std::optional<Pki::EnvelopedData> envelope;
    QList<Pki::Certificate> handedOut;
    QString status;
    QString failInfo;
    QString failInfoText;

    [[nodiscard]] std::optional<QByteArray> value(const char *oid) const
    {
        const auto found = signer.attribute(Pki::Oid::literal(oid));
        return found ? std::optional(found->values.first()) : std::nullopt;
    }
    [[nodiscard]] QString text(const char *oid) const
    {
        const auto der = value(oid);
        return der ? TestSupport::must(Pki::stringFromDer(*der)) : QString();
    }
};

inline Seen look(const QByteArray &body, const LabDevice &device)
{
    Seen seen;
    seen.message = TestSupport::must(Pki::SignedData::fromDer(body));
    seen.signer = seen.message.signers().first();
    seen.status = seen.text(Scep::Oids::pkiStatus);
    seen.failInfo = seen.text(Scep::Oids::failInfo);
    seen.failInfoText = seen.text(Scep::Oids::failInfoText);
    if (seen.status == "0" && seen.message.content() && !seen.message.content()->isEmpty()) {
        seen.envelope = TestSupport::must(Pki::EnvelopedData::fromDer(*seen.message.content()));
        const QByteArray bundle = TestSupport::must(seen.envelope->decrypt(device.key, device.signer.certificate));
        seen.handedOut = TestSupport::must(Pki::SignedData::fromDer(bundle)).certificates();
    }
    return seen;
}

inline RequestPlan renewalOf(const LabDevice &device, const Pki::Certificate &certificate, const LabCa::Depot &depot,
                             Scep::MessageType type = Scep::MessageType::RenewalReq)
{
    RequestPlan plan = device.pkcsReq(depot);
    plan.type = type;
    plan.transactionId = Scep::TransactionId::create(device.key.publicKey());
    plan.signer = {certificate, device.key};
    return plan;
}
