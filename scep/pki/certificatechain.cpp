// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/pki/certificatechain.h"

#include <QHash>

#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

namespace Pki {

namespace {

using Verdict = ChainLink::Verdict;

constexpr qsizetype maxLinks = 10;
/// Bounds the search through pools made to explode (many certificates of one name that sign each other). Real ones need a dozen steps.
constexpr int maxSteps = 4000;

/// Certificates are handled as indices into one list, so that a comparison is one of integers and each signature is checked once.
class PathSearch
{
public:
    PathSearch(const Certificate &leaf, const QList<Certificate> &pool, const QList<Certificate> &anchors, const QDateTime &time)
        : m_time(time)
    {
        add(leaf, false);
        for (const Certificate &anchor : anchors)
            add(anchor, true);
        for (const Certificate &certificate : pool)
            add(certificate, false);
    }

    CertificateChain best()
    {
        std::vector<int> path{0};
        extend(path);
        return m_best;
    }

private:
    struct Node {
        Certificate certificate;
        bool isAnchor = false;
        DistinguishedName subject;
        DistinguishedName issuer;
        QByteArray subjectKeyIdentifier;
        QByteArray authorityKeyIdentifier;
    };

    void add(const Certificate &certificate, bool isAnchor)
    {
        if (certificate.isNull())
            return;
        const auto known = m_indices.constFind(certificate.der());
        if (known != m_indices.constEnd()) {
            m_nodes[static_cast<size_t>(*known)].isAnchor |= isAnchor;
            return;
        }
        m_indices.insert(certificate.der(), static_cast<int>(m_nodes.size()));
        m_nodes.push_back({certificate, isAnchor, certificate.subject(), certificate.issuer(), certificate.subjectKeyIdentifier(),
                           certificate.authorityKeyIdentifier()});
    }

    const Node &node(int index) const { return m_nodes[static_cast<size_t>(index)]; }

    bool isSigned(int subject, int issuer)
    {
        const quint64 key = (static_cast<quint64>(subject) << 32) | static_cast<quint32>(issuer);
        const auto known = m_signatures.constFind(key);
        if (known != m_signatures.constEnd())
            return *known;
        const bool isGood = node(subject).certificate.isSignedBy(node(issuer).certificate);
        m_signatures.insert(key, isGood);
        return isGood;
    }

    static bool keyIdentifiersDisagree(const Node &subject, const Node &issuer)
    {
        return !subject.authorityKeyIdentifier.isEmpty() && !issuer.subjectKeyIdentifier.isEmpty() &&
               subject.authorityKeyIdentifier != issuer.subjectKeyIdentifier;
    }

    /// Who may have issued the last certificate of `path`, the likeliest first. One whose signature does not fit is kept if its key
    /// identifier does not speak against it: then somebody changed something, which is worth saying.
    std::vector<int> issuersFor(const std::vector<int> &path)
    {
        const int subject = path.back();
        std::vector<int> candidates;
        for (int i = 0; i < static_cast<int>(m_nodes.size()); ++i) {
            if (std::ranges::find(path, i) != path.end() || !matches(node(subject).issuer, node(i).subject))
                continue;
            if (isSigned(subject, i) || !keyIdentifiersDisagree(node(subject), node(i)))
                candidates.push_back(i);
        }
        if (std::ranges::any_of(candidates, [&](int i) { return isSigned(subject, i); }))
            std::erase_if(candidates, [&](int i) { return !isSigned(subject, i); });
        std::ranges::stable_sort(candidates, std::ranges::less(),
                                 [&](int i) { return std::tuple(!node(i).isAnchor, !node(i).certificate.isValidAt(m_time)); });
        return candidates;
    }

    void extend(std::vector<int> &path)
    {
        if (m_isPerfect || ++m_steps > maxSteps)
            return;
        const Node &last = node(path.back());
        if (last.isAnchor) { // the anchor ends the path, self-signed or not
            judge(path);
            return;
        }
        std::vector<int> issuers;
        if (static_cast<qsizetype>(path.size()) < maxLinks && !(last.certificate.isSelfIssued() && isSigned(path.back(), path.back())))
            issuers = issuersFor(path);
        if (issuers.empty()) {
            judge(path);
            return;
        }
        for (const int issuer : issuers) {
            path.push_back(issuer);
            extend(path);
            path.pop_back();
        }
    }

    Verdict verdictOn(const std::vector<int> &path, size_t position)
    {
        const Certificate &certificate = node(path[position]).certificate;
        if (m_time < certificate.notBefore())
            return Verdict::NotYetValid;
        if (m_time > certificate.notAfter())
            return Verdict::Expired;
        if (node(path[position]).isAnchor) // trusted for what it is; nobody above it is asked
            return Verdict::Good;
        if (position + 1 == path.size()) {
            return certificate.isSelfIssued() && isSigned(path[position], path[position]) ? Verdict::SelfSignedNotTrusted
                                                                                          : Verdict::IssuerNotFound;
        }
        const Node &issuer = node(path[position + 1]);
        if (!isSigned(path[position], path[position + 1]))
            return Verdict::SignatureInvalid;
        if (!mayIssue(issuer))
            return Verdict::IssuerIsNotCa;
        if (const std::optional<int> limit = issuer.certificate.pathLength()) {
            // RFC 5280 4.2.1.9: non-self-issued intermediates between this issuer and the leaf
            const auto intermediates = std::count_if(path.begin() + 1, path.begin() + static_cast<std::ptrdiff_t>(position) + 1,
                                                     [&](int i) { return !node(i).certificate.isSelfIssued(); });
            if (position > 0 && intermediates > *limit)
                return Verdict::PathTooLong;
        }
        return certificate.signatureDigest() == Digest::Md5 ? Verdict::WeakSignature : Verdict::Good;
    }

    static bool mayIssue(const Node &issuer)
    {
        // Version 1 roots know no extensions; they count only because somebody made them an anchor.
        if (issuer.certificate.version() < 3)
            return issuer.isAnchor;
        const std::optional<KeyUsage> usage = issuer.certificate.keyUsage();
        return issuer.certificate.isCa() && (!usage || usage->testFlag(KeyUsageBit::KeyCertSign));
    }

    void judge(const std::vector<int> &path)
    {
        CertificateChain chain;
        int problems = 0;
        for (size_t i = 0; i < path.size(); ++i) {
            const Verdict verdict = verdictOn(path, i);
            chain.links.append({node(path[i]).certificate, verdict});
            problems += verdict == Verdict::Good ? 0 : 1;
        }
        const bool isAnchored = node(path.back()).isAnchor;
        chain.isTrusted = isAnchored && problems == 0;
        m_isPerfect = chain.isTrusted;
        // A path to an anchor with an expired link says more than a clean one that leads nowhere; then fewer problems, then the longer
        // path, which shows more of where the certificate comes from.
        const auto rank = std::tuple(isAnchored ? 0 : 1, problems, isAnchored ? chain.links.size() : -chain.links.size());
        if (m_best.links.isEmpty() || rank < m_bestRank) {
            m_best = std::move(chain);
            m_bestRank = rank;
        }
    }

    QDateTime m_time;
    std::vector<Node> m_nodes;
    QHash<QByteArray, int> m_indices;
    QHash<quint64, bool> m_signatures;
    CertificateChain m_best;
    std::tuple<int, int, qsizetype> m_bestRank;
    int m_steps = 0;
    bool m_isPerfect = false;
};

} // namespace

QList<Certificate> CertificateChain::issuers() const
{
    QList<Certificate> list;
    for (qsizetype i = 1; i < links.size(); ++i)
        list.append(links.at(i).certificate);
    return list;
}

std::optional<ChainLink> CertificateChain::firstProblem() const
{
    const auto found = std::ranges::find_if(links, [](const ChainLink &link) { return link.verdict != Verdict::Good; });
    return found == links.end() ? std::nullopt : std::optional(*found);
}

QDebug operator<<(QDebug debug, ChainLink::Verdict verdict)
{
    const QDebugStateSaver saver(debug);
    debug.nospace();
    switch (verdict) {
    case Verdict::Good:
        return debug << "Good";
    case Verdict::NotYetValid:
        return debug << "NotYetValid";
    case Verdict::Expired:
        return debug << "Expired";
    case Verdict::IssuerNotFound:
        return debug << "IssuerNotFound";
    case Verdict::SignatureInvalid:
        return debug << "SignatureInvalid";
    case Verdict::IssuerIsNotCa:
        return debug << "IssuerIsNotCa";
    case Verdict::PathTooLong:
        return debug << "PathTooLong";
    case Verdict::WeakSignature:
        return debug << "WeakSignature";
    case Verdict::SelfSignedNotTrusted:
        return debug << "SelfSignedNotTrusted";
    }
    return debug << "unknown verdict";
}

CertificateChain buildChain(const Certificate &leaf, const QList<Certificate> &pool, const QList<Certificate> &anchors,
                            const QDateTime &time)
{
    if (leaf.isNull())
        return {};
    return PathSearch(leaf, pool, anchors, time).best();
}

} // namespace Pki
