// SPDX-License-Identifier: GPL-3.0-or-later
// Which certificate of a GetCACert reply does what. Positions mean nothing: certificates form a SET.
#include "scep/pki/certificatechain.h"
#include "scep/pki/cms.h"
#include "scep/protocol/cacertificates.h"
#include "scep/protocol/catrust.h"

#include <algorithm>

using namespace Qt::StringLiterals;

namespace Scep {

namespace {

using Certificates = QList<Pki::Certificate>;
using Detail::isNewer;
using Detail::issuedOther;
using Detail::shortName;
using Pki::KeyUsageBit;

bool hasUsage(const Pki::Certificate &certificate, KeyUsageBit bit)
{
    const std::optional<Pki::KeyUsage> usage = certificate.keyUsage();
    return usage && usage->testFlag(bit);
}

bool maySign(const Pki::Certificate &certificate)
{
    return !certificate.keyUsage() || hasUsage(certificate, KeyUsageBit::DigitalSignature);
}

bool isRequestAgent(const Pki::Certificate &certificate)
{
    return certificate.extendedKeyUsage().contains(Pki::Oid::literal(Pki::Oids::certificateRequestAgent));
}

/// How much a certificate looks like an RA by its extended key usage: NDES marks its RAs, others leave it out, and an ordinary TLS
/// certificate of the same CA that somebody slipped into the reply comes last.
constexpr int notAnAgent = 2;
int agentRank(const Pki::Certificate &certificate)
{
    if (isRequestAgent(certificate))
        return 0;
    return certificate.extendedKeyUsage().isEmpty() ? 1 : notAnAgent;
}

/// Sorts the certificates of one reply into roles and keeps the trace.
class RoleChooser
{
public:
    RoleChooser(const CaCertificates &offered, const Pki::Certificate &authenticated, const QDateTime &now)
        : m_all(offered.certificates)
        , m_now(now)
    {
        m_roles.anchor = authenticated;
        if (!m_all.contains(authenticated))
            m_all.append(authenticated);
        // One order for everybody: the result must not depend on the order in which the server sent them.
        std::ranges::sort(m_all, isNewer);
        std::ranges::copy_if(m_all, std::back_inserter(m_authorities), [&](const Pki::Certificate &certificate) {
            return certificate == authenticated || Detail::isCaAmong(certificate, m_all);
        });
    }

    Result<CaRoles> choose(const RoleOverride &roleOverride)
    {
        if (const auto done = chooseIssuing(); !done)
            return std::unexpected(done.error());
        walkUp();
        collectRegistrationAuthorities();
        chooseSigning();
        if (const auto done = chooseRecipient(); !done && roleOverride.encryption.isEmpty())
            return std::unexpected(done.error());
        collectSigners();
        if (const auto done = applyOverride(roleOverride); !done)
            return std::unexpected(done.error());
        collectUnused();
        return m_roles;
    }

private:
    void because(const QString &sentence) { m_roles.reasons.append(sentence); }
    [[nodiscard]] bool isAuthority(const Pki::Certificate &certificate) const { return m_authorities.contains(certificate); }

    /// The authenticated CA and every CA below it, by signatures.
    [[nodiscard]] Certificates authenticatedAuthorities() const
    {
        Certificates result{m_roles.anchor};
        for (qsizetype i = 0; i < result.size(); ++i) {
            for (const Pki::Certificate &certificate : m_authorities) {
                if (!result.contains(certificate) && certificate.isSignedBy(result.at(i)))
                    result.append(certificate);
            }
        }
        return result;
    }

    /// Non-CA certificates in force that `authority` signed directly.
    [[nodiscard]] Certificates registrationAuthoritiesOf(const Pki::Certificate &authority) const
    {
        Certificates result;
        std::ranges::copy_if(m_all, std::back_inserter(result), [&](const Pki::Certificate &certificate) {
            return !isAuthority(certificate) && certificate.isValidAt(m_now) && certificate.isSignedBy(authority);
        });
        return result;
    }

    Result<void> chooseIssuing()
    {
        const Certificates tied = authenticatedAuthorities();
        Certificates candidates;
        std::ranges::copy_if(tied, std::back_inserter(candidates),
                             [&](const Pki::Certificate &certificate) { return certificate.isValidAt(m_now); });
        if (candidates.isEmpty())
            return failure(ErrorCode::NoUsableCaCertificate,
                           u"%1 is not in force: it is valid from %2 to %3"_s.arg(shortName(m_roles.anchor),
                                                                                  m_roles.anchor.notBefore().toString(Qt::ISODate),
                                                                                  m_roles.anchor.notAfter().toString(Qt::ISODate)));

        Certificates withAgents;
        std::ranges::copy_if(candidates, std::back_inserter(withAgents),
                             [this](const Pki::Certificate &certificate) { return !registrationAuthoritiesOf(certificate).isEmpty(); });
        if (!withAgents.isEmpty()) {
            m_roles.issuing = lowest(withAgents);
            because(u"%1 is the issuing CA: it signed the RA certificates."_s.arg(shortName(m_roles.issuing)));
        } else if (!m_roles.anchor.isSelfSigned() && candidates.contains(m_roles.anchor)) {
            m_roles.issuing = m_roles.anchor;
            because(u"%1 is the issuing CA: it is the CA that was confirmed."_s.arg(shortName(m_roles.issuing)));
        } else {
            m_roles.issuing = lowest(candidates);
            because(candidates.size() == 1
                        ? u"%1 is the issuing CA: it is the only CA certificate that counts here."_s.arg(shortName(m_roles.issuing))
                        : u"%1 is the issuing CA: it is the lowest CA of the chain."_s.arg(shortName(m_roles.issuing)));
        }
        if (m_roles.issuing == m_roles.anchor)
            return {};
        const Pki::CertificateChain chain = Pki::buildChain(m_roles.issuing, m_authorities, {m_roles.anchor}, m_now);
        if (!chain.isTrusted) {
            const auto problem = chain.firstProblem();
            return failure(ErrorCode::ChainBroken, u"the issuing CA %1 does not chain to the confirmed %2%3"_s.arg(
                                                       shortName(m_roles.issuing), shortName(m_roles.anchor),
                                                       problem ? u" (problem at %1)"_s.arg(shortName(problem->certificate)) : QString()));
        }
        because(u"%1 chains to the confirmed %2."_s.arg(shortName(m_roles.issuing), shortName(m_roles.anchor)));
        return {};
    }

    /// The CA that issued no other of them; several: the newest. A re-issue of the confirmed CA with its key never displaces it.
    [[nodiscard]] Pki::Certificate lowest(const Certificates &candidates)
    {
        Certificates bottom;
        std::ranges::copy_if(candidates, std::back_inserter(bottom), [&candidates](const Pki::Certificate &certificate) {
            return std::ranges::none_of(candidates, [&](const Pki::Certificate &other) { return issuedOther(certificate, other); });
        });
        if (bottom.isEmpty()) // two CAs that certified each other
            bottom = candidates;
        const Pki::Certificate newest = *std::ranges::min_element(bottom, isNewer);
        if (bottom.contains(m_roles.anchor) && newest.publicKey() == m_roles.anchor.publicKey())
            return m_roles.anchor;
        if (bottom.size() > 1)
            because(u"%1 CA certificates could be the issuing one; the newest is taken."_s.arg(bottom.size()));
        return newest;
    }

    void walkUp()
    {
        Certificates path{m_roles.issuing};
        while (!path.last().isSelfSigned()) {
            Certificates parents;
            std::ranges::copy_if(m_authorities, std::back_inserter(parents), [&path](const Pki::Certificate &certificate) {
                return !path.contains(certificate) && path.last().isSignedBy(certificate);
            });
            if (parents.isEmpty())
                break;
            // Of a renewed and an old parent with the same key the confirmed one comes first, then the one in force, then the newest.
            path.append(*std::ranges::min_element(parents, [this](const Pki::Certificate &a, const Pki::Certificate &b) {
                if ((a == m_roles.anchor) != (b == m_roles.anchor))
                    return a == m_roles.anchor;
                if (a.isValidAt(m_now) != b.isValidAt(m_now))
                    return a.isValidAt(m_now);
                return isNewer(a, b);
            }));
        }
        if (path.last().isSelfSigned())
            m_roles.root = path.last();
        for (qsizetype i = 1; i < path.size(); ++i) {
            if (path.at(i) != m_roles.root)
                m_roles.intermediates.append(path.at(i));
        }
        if (m_roles.root.isNull())
            because(u"The server did not send the root certificate."_s);
    }

    void collectRegistrationAuthorities()
    {
        m_agents = registrationAuthoritiesOf(m_roles.issuing);
        std::ranges::sort(m_agents, [](const Pki::Certificate &a, const Pki::Certificate &b) {
            return agentRank(a) != agentRank(b) ? agentRank(a) < agentRank(b) : isNewer(a, b);
        });
        // GetCACert is not signed: whoever holds any certificate of this CA could add it to the reply. Beside certificates that look like
        // an RA's those for other purposes do not count.
        if (m_agents.isEmpty() || agentRank(m_agents.first()) == notAnAgent)
            return;
        const auto others = std::ranges::find(m_agents, notAnAgent, agentRank);
        m_agents.erase(others, m_agents.end());
    }

    /// The first of `candidates`, which are sorted already, with a word when there was a choice.
    Pki::Certificate pick(const Certificates &candidates, const QString &role, const QString &why)
    {
        const Pki::Certificate &chosen = candidates.first();
        because(u"%1 is the RA certificate for %2: %3."_s.arg(shortName(chosen), role, why));
        if (candidates.size() > 1)
            because(u"%1 RA certificates fit for %2; the newest of the likeliest is taken."_s.arg(candidates.size()).arg(role));
        if (agentRank(chosen) == notAnAgent)
            because(u"The extended key usage of %1 (%2) is not that of an RA: check that it is one."_s.arg(
                shortName(chosen), Pki::toText(chosen.extendedKeyUsage())));
        return chosen;
    }

    template <typename Predicate>
    [[nodiscard]] Certificates agentsThat(Predicate predicate) const
    {
        Certificates result;
        std::ranges::copy_if(m_agents, std::back_inserter(result), predicate);
        return result;
    }

    Result<void> chooseRecipient()
    {
        const auto isRsa = [](const Pki::Certificate &certificate) { return certificate.publicKey().isRsa(); };
        const Certificates enciphering =
            agentsThat([&](const Pki::Certificate &c) { return isRsa(c) && hasUsage(c, KeyUsageBit::KeyEncipherment); });
        const Certificates open = agentsThat([&](const Pki::Certificate &c) { return isRsa(c) && !c.keyUsage(); });
        const Certificates dataEnciphering =
            agentsThat([&](const Pki::Certificate &c) { return isRsa(c) && hasUsage(c, KeyUsageBit::DataEncipherment); });
        if (!enciphering.isEmpty())
            m_roles.raEncryption = pick(enciphering, u"encryption"_s, u"its key usage has keyEncipherment"_s);
        else if (!open.isEmpty())
            m_roles.raEncryption = pick(open, u"encryption"_s, u"it has no key usage, so any use is permitted"_s);
        else if (!dataEnciphering.isEmpty())
            m_roles.raEncryption = pick(dataEnciphering, u"encryption"_s, u"its key usage has dataEncipherment"_s);
        if (!m_roles.raEncryption.isNull()) {
            m_roles.recipient = m_roles.raEncryption;
            return {};
        }

        if (!isRsa(m_roles.issuing))
            return failure(ErrorCode::NoUsableCaCertificate, u"the key of %1 is %2 and there is no RSA RA certificate to encrypt to"_s.arg(
                                                                 shortName(m_roles.issuing), m_roles.issuing.publicKey().displayName()));
        m_roles.recipient = m_roles.issuing;
        because(m_agents.isEmpty()
                    ? u"Requests are encrypted to %1: there is no RA certificate."_s.arg(shortName(m_roles.issuing))
                    : u"Requests are encrypted to %1: no RA certificate may receive them."_s.arg(shortName(m_roles.issuing)));
        if (m_roles.issuing.keyUsage() && !hasUsage(m_roles.issuing, KeyUsageBit::KeyEncipherment))
            because(u"The key usage of %1 lacks keyEncipherment; this is common and permitted here."_s.arg(shortName(m_roles.issuing)));
        return {};
    }

    void chooseSigning()
    {
        const Certificates signing = agentsThat(maySign);
        if (signing.isEmpty())
            return;
        // Beside an encryption certificate the signing one is that which cannot encrypt; a lone RA does both.
        Certificates only;
        std::ranges::copy_if(signing, std::back_inserter(only), [](const Pki::Certificate &certificate) {
            return certificate.keyUsage() && !hasUsage(certificate, KeyUsageBit::KeyEncipherment);
        });
        m_roles.raSigning = only.isEmpty() ? pick(signing, u"signing"_s,
                                                  signing.first().keyUsage() ? u"its key usage has digitalSignature"_s
                                                                             : u"it has no key usage, so any use is permitted"_s)
                                           : pick(only, u"signing"_s, u"its key usage has digitalSignature and no keyEncipherment"_s);
    }

    void addSigner(const Pki::Certificate &certificate)
    {
        if (!certificate.isNull() && !m_roles.expectedSigners.contains(certificate))
            m_roles.expectedSigners.append(certificate);
    }

    void collectSigners()
    {
        addSigner(m_roles.raSigning);
        for (const Pki::Certificate &certificate : agentsThat(maySign))
            addSigner(certificate);
        addSigner(m_roles.raEncryption); // some servers sign with their decryption key
        addSigner(m_roles.issuing);
    }

    /// The certificate that the technician chose, if it is tied to the authenticated CA.
    Result<Pki::Certificate> chosenByHand(const Pki::Fingerprint &fingerprint) const
    {
        const auto it = std::ranges::find_if(
            m_all, [&fingerprint](const Pki::Certificate &certificate) { return fingerprint.matchesCertificate(certificate.der()); });
        if (it == m_all.end())
            return failure(ErrorCode::NoUsableCaCertificate,
                           u"the server no longer offers the certificate chosen by hand (%1)"_s.arg(fingerprint.toDisplay()));
        const Certificates tied = authenticatedAuthorities();
        const bool isTied =
            tied.contains(*it) || std::ranges::any_of(tied, [&it](const Pki::Certificate &authority) { return it->isSignedBy(authority); });
        if (!isTied)
            return failure(ErrorCode::NoUsableCaCertificate,
                           u"%1, chosen by hand, was not issued by the confirmed CA"_s.arg(shortName(*it)));
        if (!it->isValidAt(m_now))
            return failure(ErrorCode::NoUsableCaCertificate, u"%1, chosen by hand, is not in force"_s.arg(shortName(*it)));
        return *it;
    }

    Result<void> applyOverride(const RoleOverride &roleOverride)
    {
        const QString reason = roleOverride.reason.isEmpty() ? QString() : u" (%1)"_s.arg(roleOverride.reason);
        if (!roleOverride.encryption.isEmpty()) {
            const auto chosen = chosenByHand(roleOverride.encryption);
            if (!chosen)
                return std::unexpected(chosen.error());
            if (!chosen->publicKey().isRsa())
                return failure(ErrorCode::NoUsableCaCertificate, u"%1, chosen by hand, has no RSA key"_s.arg(shortName(*chosen)));
            m_roles.recipient = *chosen;
            m_roles.raEncryption = isAuthority(*chosen) ? Pki::Certificate() : *chosen;
            addSigner(*chosen);
            because(u"Requests are encrypted to %1: chosen by hand%2."_s.arg(shortName(*chosen), reason));
        }
        if (!roleOverride.signing.isEmpty()) {
            const auto chosen = chosenByHand(roleOverride.signing);
            if (!chosen)
                return std::unexpected(chosen.error());
            m_roles.raSigning = isAuthority(*chosen) ? Pki::Certificate() : *chosen;
            m_roles.expectedSigners = {*chosen};
            because(u"Only %1 may sign replies: chosen by hand%2."_s.arg(shortName(*chosen), reason));
        }
        return {};
    }

    void collectUnused()
    {
        const Certificates authorities = m_roles.caCertificates();
        for (const Pki::Certificate &certificate : std::as_const(m_all)) {
            if (authorities.contains(certificate) || m_agents.contains(certificate) || certificate == m_roles.recipient ||
                m_roles.expectedSigners.contains(certificate))
                continue;
            m_roles.unused.append(certificate);
            const Certificates tied = authenticatedAuthorities();
            const bool isTied =
                std::ranges::any_of(tied, [&certificate](const Pki::Certificate &authority) { return certificate.isSignedBy(authority); });
            if (!isTied)
                because(u"%1 is not used: it was not issued by the confirmed CA."_s.arg(shortName(certificate)));
            else if (!certificate.isValidAt(m_now))
                because(u"%1 is not used: it is not in force."_s.arg(shortName(certificate)));
            else if (!isAuthority(certificate) && certificate.isSignedBy(m_roles.issuing))
                because(u"%1 is not used: its extended key usage (%2) is not that of an RA."_s.arg(
                    shortName(certificate), Pki::toText(certificate.extendedKeyUsage())));
            else
                because(u"%1 is not used: it has no part between the issuing CA and the confirmed one."_s.arg(shortName(certificate)));
        }
    }

    Certificates m_all;
    Certificates m_authorities;
    Certificates m_agents; ///< RA candidates, likeliest first
    QDateTime m_now;
    CaRoles m_roles;
};

} // namespace

Result<CaRoles> chooseRoles(const CaCertificates &offered, const Pki::Certificate &authenticated, const QDateTime &now,
                            const RoleOverride &roleOverride)
{
    if (authenticated.isNull()) {
        // Where there is nothing to confirm, nobody is asked to.
        const auto toConfirm = certificateToConfirm(offered);
        return toConfirm ? failure(ErrorCode::CaNotConfirmed, u"no CA certificate was confirmed"_s) : std::unexpected(toConfirm.error());
    }
    QList<Pki::Certificate> all = offered.certificates;
    if (!all.contains(authenticated))
        all.append(authenticated);
    if (!Detail::isCaAmong(authenticated, all))
        return failure(ErrorCode::NoUsableCaCertificate, u"%1 is no CA certificate"_s.arg(shortName(authenticated)));
    return RoleChooser(offered, authenticated, now).choose(roleOverride);
}

} // namespace Scep
