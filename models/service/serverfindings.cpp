// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/service/serverfindings.h"

#include "models/service/errortext.h"

#include <algorithm>
#include <iterator>

using namespace Qt::StringLiterals;

namespace Models {

namespace {

using Severity = Finding::Severity;
using Keyword = Scep::Capabilities::Keyword;

constexpr std::chrono::seconds toleratedSkew{120};
constexpr int soonDays = 30;

/// The translation context and the one list that all parts of the examination write to.
class Examination
{
    Q_DECLARE_TR_FUNCTIONS(ServerFindings)

public:
    explicit Examination(const ServerFacts &facts)
        : m_facts(facts)
        , m_server(safeText(facts.server))
    {}

    QList<Finding> run()
    {
        judgeReach();
        judgeClock();
        judgeLibrary();
        if (m_facts.error)
            return sorted();
        judgeTrust();
        judgeCapabilities();
        judgeAlgorithms();
        judgeRoles();
        for (const Pki::Certificate &certificate : m_facts.offered.certificates)
            judgeCertificate(certificate);
        judgeOperations();
        judgeReplies();
        return sorted();
    }

private:
    void add(Severity severity, const QString &id, const QString &what, const QString &why, const QString &action)
    {
        add(severity, id, m_server, what, why, action);
    }
    void add(Severity severity, const QString &id, const QString &object, const QString &what, const QString &why, const QString &action)
    {
        m_findings.append({severity, id, object, what, why, action});
    }
    QList<Finding> sorted()
    {
        // Within a severity as they were found. (std::stable_sort would do; its buffer is deprecated in C++23's library.)
        QList<Finding> worstFirst;
        for (const auto severity : {Severity::Problem, Severity::Warning, Severity::Notice, Severity::Ok})
            std::ranges::copy_if(m_findings, std::back_inserter(worstFirst),
                                 [severity](const Finding &finding) { return finding.severity == severity; });
        return worstFirst;
    }
    [[nodiscard]] bool has(Keyword keyword) const { return m_facts.capabilities.has(keyword); }

    void judgeReach();
    void judgeClock();
    void judgeLibrary();
    void judgeTrust();
    void judgeCapabilities();
    void judgeAlgorithms();
    void judgeRoles();
    void judgeCertificate(const Pki::Certificate &certificate);
    void judgeOperations();
    void judgePolling();
    void judgeReplies();
    [[nodiscard]] bool looksLikeMicromdm() const;

    const ServerFacts &m_facts;
    const QString m_server;
    QList<Finding> m_findings;
};

void Examination::judgeReach()
{
    if (m_facts.error) {
        const Explanation explanation = explain(*m_facts.error, {});
        add(Severity::Problem, u"no-ca-certificates"_s, tr("GetCACert gives no certificates: %1").arg(explanation.what),
            tr("Without the CA certificate nothing can be encrypted for the server and no reply can be trusted."), explanation.nextStep);
        return;
    }
    add(Severity::Ok, u"reached"_s, tr("The server answers GetCACert."), tr("Enrollment needs the CA certificate first."), {});
    const QUrl &from = m_facts.answeredFrom;
    if (!from.isEmpty() && (from.scheme() != m_facts.url.scheme() || from.host() != m_facts.url.host() ||
                            from.port() != m_facts.url.port() || from.path() != m_facts.url.path())) {
        add(Severity::Warning, u"redirected"_s,
            tr("The server redirects to %1.").arg(safeText(from.toDisplayString(QUrl::RemoveQuery | QUrl::RemoveUserInfo))),
            tr("Many devices do not follow redirects, or turn POST into GET on the way."),
            tr("Configure the address that it redirects to."));
    }
    for (const QString &leniency : m_facts.offered.leniencies) {
        add(Severity::Notice, u"lenient-ca-reply"_s, tr("The GetCACert reply is not as RFC 8894 wants it: %1.").arg(safeText(leniency)),
            tr("Scepter reads it; stricter devices may not."), tr("Tell the server's administrator if devices fail at GetCACert."));
    }
}

void Examination::judgeClock()
{
    if (!m_facts.clockSkew)
        return;
    const qint64 seconds = m_facts.clockSkew->count();
    if (std::abs(seconds) <= toleratedSkew.count()) {
        add(Severity::Ok, u"clock-skew"_s, tr("The clocks differ by %1 s.").arg(seconds), tr("Certificates are valid by the clock."), {});
        return;
    }
    add(Severity::Warning, u"clock-skew"_s, tr("The server's clock differs from this machine's by %1 s.").arg(seconds),
        tr("A new certificate may look not yet valid, and servers that check the time refuse requests (badTime)."),
        tr("Set the clock that is wrong, best by NTP on both sides."));
}

void Examination::judgeLibrary()
{
    if (!m_facts.cryptoLibrary)
        return;
    const Pki::CryptoLibrary &library = *m_facts.cryptoLibrary;
    const QString object = tr("this program");
    if (library.isPatched)
        add(Severity::Ok, u"openssl"_s, object, tr("It uses %1.").arg(library.version), tr("OpenSSL reads what the server sends."), {});
    else
        add(Severity::Warning, u"openssl"_s, object, tr("It uses %1, which has known flaws.").arg(library.version),
            tr("OpenSSL reads what the server, or somebody in its place, sends."), tr("Install the system's security updates."));
    if (!library.hasLegacyProvider)
        add(Severity::Warning, u"no-legacy-provider"_s, object, tr("OpenSSL's legacy provider is missing."),
            tr("Replies that a server encrypts with DES cannot be read without it."),
            tr("Install the package that holds OpenSSL's legacy.so (openssl-provider-legacy where it is packed by itself)."));
}

void Examination::judgeTrust()
{
    if (m_facts.trustError) {
        const Explanation explanation = explain(*m_facts.trustError, {});
        add(Severity::Problem, u"fingerprint"_s, tr("The CA is not the expected one: %1").arg(explanation.what),
            tr("Whoever answers here could read the challenge and issue certificates in the CA's name."), explanation.nextStep);
        return;
    }
    if (!m_facts.anchor.isSet()) {
        add(Severity::Warning, u"not-confirmed"_s, tr("Nobody has said yet which CA is the right one."),
            tr("Until the fingerprint was compared, the CA may be anybody's; nothing but GetCACaps, GetCACert and GetNextCACert was "
               "asked."),
            tr("Compare the SHA-256 fingerprint with the administrator's and give it."));
        return;
    }
    const auto digest = m_facts.anchor.fingerprint.isEmpty() ? std::nullopt : std::optional(m_facts.anchor.fingerprint.digest());
    if (digest == Pki::Digest::Md5 || digest == Pki::Digest::Sha1)
        add(Severity::Warning, u"fingerprint"_s, tr("The CA matches a fingerprint by %1.").arg(displayName(*digest)),
            tr("Two certificates with the same such fingerprint can be made on purpose."), tr("Ask for the SHA-256 fingerprint."));
    else
        add(Severity::Ok, u"fingerprint"_s, tr("The CA is the expected one."), tr("Nobody stands in its place."), {});
}

void Examination::judgeCapabilities()
{
    if (m_facts.capabilities.isEmpty()) {
        add(Severity::Warning, u"no-capabilities"_s,
            m_facts.hasAnsweredCapabilities ? tr("GetCACaps announces nothing.") : tr("GetCACaps is not answered."),
            tr("Such a server is taken for an old one: 3DES, SHA-1 and GET are used, and no renewal by RenewalReq."),
            tr("Set cipher, digest and method by hand if the server's manual says that it knows better."));
        return;
    }
    const QStringList unknown = m_facts.capabilities.unknown();
    if (!unknown.isEmpty())
        add(Severity::Notice, u"unknown-capabilities"_s,
            tr("It announces words that are no known capability: %1.").arg(safeText(unknown.join(u", "_s))),
            tr("Vendors add their own; a damaged GetCACaps reply looks the same."), {});
    if (!has(Keyword::PostPkiOperation))
        add(Severity::Notice, u"no-post"_s, tr("It does not announce POST."),
            tr("Requests travel inside the address by GET, which some web servers limit to 2048 bytes."),
            tr("If requests with large keys fail, look at the web server's limits."));
    else if (m_facts.isPostRefused)
        add(Severity::Warning, u"post-refused"_s, tr("It announces POST and refuses it."),
            tr("Every request costs a second exchange, and other clients fail."),
            tr("Set the method to GET for this server, or have the web server fixed."));
    else
        add(Severity::Ok, u"post"_s, tr("It takes requests by POST."), tr("The length of a request does not matter then."), {});
    if (!has(Keyword::Renewal))
        add(Severity::Notice, u"no-renewal"_s, tr("It does not announce Renewal."),
            tr("Certificates are renewed by PKCSReq under the current certificate, or enrolled anew with a challenge."), {});
}

void Examination::judgeAlgorithms()
{
    if (m_facts.capabilities.isEmpty())
        return;
    const bool hasGoodDigest = has(Keyword::Sha256) || has(Keyword::Sha512) || has(Keyword::Sha384) || has(Keyword::Sha224);
    if (has(Keyword::Aes))
        add(Severity::Ok, u"aes"_s, tr("It offers AES."), tr("Requests hold the challenge; AES protects it."), {});
    else
        add(Severity::Warning, u"no-aes"_s, tr("It does not offer AES."), tr("Requests are encrypted with 3DES at best."),
            tr("Ask for an update or a setting of the server that offers AES."));
    if (hasGoodDigest)
        add(Severity::Ok, u"sha2"_s, tr("It offers SHA-2."), tr("Signatures of requests cannot be forged then."), {});
    else
        add(Severity::Warning, u"no-sha2"_s, tr("It does not offer SHA-256 or better."),
            tr("Signatures by SHA-1 can be forged with effort."), tr("Ask for an update or a setting of the server that offers SHA-256."));
    const auto legacy = [this](Keyword keyword, const QString &id, Severity severity, const QString &why) {
        if (has(keyword))
            add(severity, id, tr("It still offers %1.").arg(displayName(keyword)), why,
                tr("Have it switched off at the server once no device needs it; GetCACaps is not signed, so what is offered can be "
                   "forced."));
    };
    legacy(Keyword::Des3, u"des3-offered"_s, Severity::Notice, tr("3DES is an old cipher with small blocks."));
    legacy(Keyword::Sha1, u"sha1-offered"_s, Severity::Notice, tr("Signatures by SHA-1 can be forged with effort."));
    legacy(Keyword::Des, u"des-offered"_s, Severity::Warning, tr("DES can be broken in hours; RFC 8894 2.9 forbids it."));
    legacy(Keyword::Md5, u"md5-offered"_s, Severity::Warning,
           tr("Signatures by MD5 can be forged on any computer; RFC 8894 2.9 forbids it."));
}

void Examination::judgeRoles()
{
    if (m_facts.rolesError) {
        const Explanation explanation = explain(*m_facts.rolesError, {});
        add(Severity::Problem, u"no-usable-certificate"_s, tr("No certificate of the server can be used: %1").arg(explanation.what),
            tr("Requests are encrypted for the CA or its RA and replies are signed by them."), explanation.nextStep);
        return;
    }
    if (!m_facts.roles)
        return;
    const Scep::CaRoles &roles = *m_facts.roles;
    if (roles.recipient == roles.issuing) {
        add(Severity::Notice, u"single-certificate"_s, safeText(roles.issuing.subject().toText()),
            tr("One certificate, the CA's own, serves for encryption and for signatures."),
            tr("The CA's key must be online to open every request; a stolen server is a stolen CA."),
            tr("Give the server an RA certificate if it knows how."));
        const auto usage = roles.issuing.keyUsage();
        if (usage && !usage->testFlag(Pki::KeyUsageBit::KeyEncipherment))
            add(Severity::Notice, u"ca-key-usage"_s, safeText(roles.issuing.subject().toText()),
                tr("Requests are encrypted for a CA certificate whose key usage does not allow it."),
                tr("Scepter does so, as most clients do; stricter ones refuse."), tr("Give the server an RA certificate if it knows how."));
    } else if (roles.raSigning == roles.raEncryption) {
        add(Severity::Notice, u"single-ra-certificate"_s, safeText(roles.raEncryption.subject().toText()),
            tr("One RA certificate serves for encryption and for signatures."), tr("This is common and works with all clients."), {});
    } else {
        add(Severity::Ok, u"ra-certificates"_s, tr("It has RA certificates for encryption and for signatures."),
            tr("The CA's key need not be online."), {});
    }
    if (roles.root.isNull())
        add(Severity::Notice, u"no-root"_s, tr("It does not send the root certificate."),
            tr("Devices that need the whole chain must get the root by another way."), {});
    for (const Pki::Certificate &certificate : roles.unused)
        add(Severity::Warning, u"unrelated-certificate"_s, safeText(certificate.subject().toText()),
            tr("The server sends it, but the confirmed CA did not issue it."),
            tr("Scepter never uses it; a careless client might encrypt the challenge for its owner."),
            tr("Ask the administrator what it is for."));
}

void Examination::judgeCertificate(const Pki::Certificate &certificate)
{
    const QString object = safeText(certificate.subject().toText());
    const QString end = certificate.notAfter().toUTC().toString(Qt::ISODate);
    if (certificate.notAfter() < m_facts.now)
        add(Severity::Problem, u"certificate-expired"_s, object, tr("It expired at %1.").arg(end),
            tr("Nothing that it signed or issued is valid any more."), tr("Have the server's certificates renewed."));
    else if (certificate.notBefore() > m_facts.now)
        add(Severity::Problem, u"certificate-not-yet-valid"_s, object,
            tr("It is valid only from %1.").arg(certificate.notBefore().toUTC().toString(Qt::ISODate)),
            tr("Nothing that it signed or issued is valid yet."), tr("Check this machine's clock, then the server."));
    else if (certificate.notAfter() < m_facts.now.addDays(soonDays))
        add(Severity::Warning, u"certificate-expires-soon"_s, object, tr("It expires at %1.").arg(end),
            tr("Devices cannot enrol or be verified after that."), tr("Have the server's certificates renewed."));
    const Pki::PublicKey key = certificate.publicKey();
    if (key.isRsa() && key.bits() < 2048)
        add(Severity::Warning, u"weak-key"_s, object, tr("Its key is only %1.").arg(key.displayName()),
            tr("Keys of this size can be broken."), tr("Have a new certificate with at least RSA 2048 made."));
    const auto digest = certificate.signatureDigest();
    // The signature of a root means nothing: it is trusted by its fingerprint.
    if ((digest == Pki::Digest::Sha1 || digest == Pki::Digest::Md5) && !certificate.isSelfIssued())
        add(Severity::Warning, u"weak-signature"_s, object, tr("It is signed with %1.").arg(certificate.signatureAlgorithm()),
            tr("A certificate with such a signature can be forged with effort, and many programs refuse it."),
            tr("Have it issued again with SHA-256."));
}

void Examination::judgeOperations()
{
    if (m_facts.nextCa == ProbeAnswer::Understood)
        add(Severity::Ok, u"next-ca"_s, tr("It tells what will follow the current CA (GetNextCACert)."),
            tr("A change of the CA needs no visit to the devices."), {});
    else if (m_facts.nextCa == ProbeAnswer::Refused)
        add(Severity::Problem, u"next-ca-refused"_s,
            tr("Its GetNextCACert reply cannot be trusted: %1").arg(m_facts.probeError ? explain(*m_facts.probeError, {}).what : QString()),
            tr("Somebody may try to put another CA in the place of this one."),
            tr("Take no next CA from this server before its administrator has looked at it."));
    else if (has(Keyword::GetNextCaCert) && m_facts.nextCa == ProbeAnswer::NotUnderstood)
        add(Severity::Notice, u"no-next-ca-yet"_s, tr("It announces GetNextCACert and has no next CA at the moment."),
            tr("That is usual while no change of the CA is planned."), {});
    else if (!has(Keyword::GetNextCaCert))
        add(Severity::Notice, u"no-next-ca"_s, tr("It does not know GetNextCACert."),
            tr("When the CA is replaced, its new fingerprint must be compared by hand again."),
            tr("Note the CA's last day and plan for it."));
    if (m_facts.getCrl == ProbeAnswer::Understood)
        add(Severity::Ok, u"get-crl"_s, tr("It answers GetCRL."), tr("Revoked certificates can be asked for over SCEP."), {});
    else if (m_facts.getCrl == ProbeAnswer::NotUnderstood)
        add(Severity::Notice, u"no-get-crl"_s, tr("It does not know GetCRL."),
            tr("Revoked certificates must be learned from the CA's distribution point."), {});
    judgePolling();
}

void Examination::judgePolling()
{
    const QString why = tr("While a request waits for approval, a client without this knowledge would ask for ever and never be told.");
    const QString action = tr("Scepter sends the same request again instead of polling; let the server decide at once where you can.");
    if (m_facts.certPoll == ProbeAnswer::Understood)
        add(Severity::Ok, u"cert-poll"_s, tr("It answers CertPoll."), tr("Requests that wait for approval can be asked for."), {});
    else if (m_facts.certPoll == ProbeAnswer::NotUnderstood)
        add(Severity::Warning, u"no-cert-poll"_s, tr("It does not know CertPoll."), why, action);
    else if (m_facts.certPoll == ProbeAnswer::Refused)
        add(Severity::Problem, u"bad-reply"_s,
            tr("Its reply to a CertPoll is refused: %1").arg(m_facts.probeError ? explain(*m_facts.probeError, {}).what : QString()),
            tr("The same checks will refuse its reply to an enrollment."),
            m_facts.probeError ? explain(*m_facts.probeError, {}).nextStep : QString());
    else if (looksLikeMicromdm())
        add(Severity::Warning, u"no-cert-poll"_s,
            tr("It answers like a server that does not know CertPoll (micromdm scepserver, step-ca)."), why, action);
}

/// micromdm's scepserver and step-ca are made of the same library and announce the same words in the same order.
bool Examination::looksLikeMicromdm() const
{
    static const QStringList words{u"Renewal"_s, u"SHA-1"_s, u"SHA-256"_s, u"AES"_s, u"DES3"_s, u"SCEPStandard"_s, u"POSTPKIOperation"_s};
    return m_facts.capabilities.lines() == words;
}

void Examination::judgeReplies()
{
    const QString desWhy = tr(
        "DES can be broken in hours: whoever records a reply can read the certificate in it, and readers need OpenSSL's legacy provider.");
    const QString desAction =
        tr("Set a stronger cipher for replies at the server where it has such a setting (step-ca: encryptionAlgorithmIdentifier).");
    if (m_facts.replyCipher && isWeak(*m_facts.replyCipher))
        add(Severity::Warning, u"des-replies"_s, tr("It encrypts its replies with %1.").arg(displayName(*m_facts.replyCipher)), desWhy,
            desAction);
    else if (m_facts.replyCipher)
        add(Severity::Ok, u"reply-cipher"_s, tr("It encrypts its replies with %1.").arg(displayName(*m_facts.replyCipher)),
            tr("That can be read everywhere."), {});
    else if (looksLikeMicromdm())
        add(Severity::Warning, u"des-replies"_s,
            m_facts.refusalText.contains("not implemented"_L1)
                ? tr("It answers like micromdm's scepserver, whose replies are encrypted with DES whatever is asked.")
                : tr("It answers like micromdm's scepserver and step-ca, which encrypt replies with DES unless told otherwise."),
            desWhy, desAction);
    if (m_facts.replyDigest == Pki::Digest::Sha1 || m_facts.replyDigest == Pki::Digest::Md5)
        add(Severity::Warning, u"weak-reply-signature"_s, tr("It signs its replies with %1.").arg(displayName(*m_facts.replyDigest)),
            tr("Replies with such a signature can be forged with effort."),
            tr("Ask for an update or a setting of the server that signs with SHA-256."));
}

} // namespace

ServerFacts factsOf(const Scep::EnrollmentServer &server, const Scep::ServerKnowledge &knowledge, const QDateTime &now)
{
    ServerFacts facts;
    facts.server = server.label.isEmpty() ? server.url.host() : server.label;
    facts.url = server.url;
    facts.now = now;
    facts.capabilities = knowledge.capabilities;
    facts.hasAnsweredCapabilities = !knowledge.capabilities.isEmpty();
    facts.offered = knowledge.offered;
    if (knowledge.offered.certificates.isEmpty())
        facts.error = knowledge.lastError.value_or(Error{Pki::ErrorCode::CaNotConfirmed, {}});
    facts.anchor = server.anchor;
    if (knowledge.trust == Scep::ServerKnowledge::Trust::Refused)
        facts.trustError = knowledge.lastError.value_or(Error{Pki::ErrorCode::CaChanged, {}});
    else if (knowledge.trust == Scep::ServerKnowledge::Trust::Confirmed)
        facts.roles = knowledge.roles;
    facts.clockSkew = knowledge.clockSkew;
    facts.notes = knowledge.notes;
    if (!knowledge.nextCa.isNull())
        facts.nextCa = ProbeAnswer::Understood;
    if (knowledge.pollsByRequest)
        facts.certPoll = ProbeAnswer::NotUnderstood;
    return facts;
}

QString settingName(Finding::Severity severity)
{
    switch (severity) {
    case Severity::Ok:
        return u"ok"_s;
    case Severity::Notice:
        return u"notice"_s;
    case Severity::Warning:
        return u"warning"_s;
    case Severity::Problem:
        break;
    }
    return u"problem"_s;
}

QList<Finding> judge(const ServerFacts &facts)
{
    return Examination(facts).run();
}

} // namespace Models
