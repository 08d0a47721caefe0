// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/labca/caidentity.h"
#include "scep/labca/http.h"
#include "scep/pki/cms.h"
#include "scep/protocol/identifiers.h"
#include "scep/protocol/pkirequest.h"

#include <QFlags>

#include <optional>

namespace LabCa {

/// What a SCEP server may be able to do or not.
enum class Ability {
    GetCaCaps = 0x01,
    GetCaCertChain = 0x02,
    GetNextCaCert = 0x04,
    Post = 0x08,
    RenewalReq = 0x10,
    CertPoll = 0x20,
    GetCert = 0x40,
    GetCrl = 0x80,
};
Q_DECLARE_FLAGS(Abilities, Ability)
Q_DECLARE_OPERATORS_FOR_FLAGS(Abilities)
inline constexpr Abilities allAbilities = Abilities::fromInt(0xff);

/// What GetCACert hands out.
enum class CaBundle {
    AsPolicySays, ///< the chain with any RA certificates, or the issuing CA alone
    IssuingAlone, ///< one certificate, whatever RA there is
    Indexed,      ///< one certificate: message=N walks up the chain, as Dogtag has it
    RaFirst,      ///< RA certificates, issuing CA
    ChainFirst,   ///< issuing CA, root, RA certificates
};

/// Which certificates lie beside the signature of a CertRep.
enum class EmbeddedCertificates { Signer, None, IssuedThenSigner };

/// How a Lab CA behaves where real servers differ: a table of switches. The default is what RFC 8894 says.
struct Personality {
    QString name = QStringLiteral("standard");
    QString description; ///< one line

    // HTTP
    Abilities abilities = allAbilities;
    HttpResponse unsupported = {404, "text/plain; charset=utf-8", "not offered here\n"}; ///< for what is not in `abilities`
    int postRefusal = 405;                  ///< the status when POST is not among the abilities
    bool isHttp10 = false;                  ///< answers as HTTP/1.0
    qsizetype maxQueryBytes = 0;            ///< a longer query gets 404, as IIS does; 0: no limit
    bool showsPageWithoutOperation = false; ///< the bare address gives an HTML page
    bool requiresCaIdent = false;           ///< GetCACaps and GetCACert fail without message=
    bool unreadableGetsNothing = false;     ///< what cannot be read is answered with 200 and an empty body

    // What it says of itself
    QList<QByteArray> capabilities = standardCapabilities();
    QByteArray lineBreak = "\n";
    bool endsWithLineBreak = true;
    CaBundle bundle = CaBundle::AsPolicySays;
    QByteArray bundleType = {}; ///< the content type of GetCACert; empty: the one that fits
    RaKind ra = RaKind::None;   ///< how such a server is set up; a new Lab CA of this personality gets it

    // What it wants of requests
    bool requiresHexTransactionId = false;
    bool refusesBeforeReading = false;    ///< what cannot be verified or decrypted gets HTTP 500 with a text instead of FAILURE
    bool losesPkcsOfRenewalReq = false;   ///< RenewalReq fails for want of a PKCS#10
    bool wantsChallengeOnRenewal = false; ///< as long as one is set
    bool returnsFormerForSameKey = false; ///< a renewal that keeps its key gets the certificate that it has
    std::optional<int> challengeFailInfo = std::nullopt; ///< the failInfo of a wrong challenge, where it is not badRequest

    // CertRep
    std::optional<Pki::Cipher> replyCipher = std::nullopt; ///< nullopt: the request's
    std::optional<Pki::Digest> replyDigest = std::nullopt; ///< nullopt: the request's
    bool namesDigestInSignature = false;                   ///< sha256WithRSAEncryption instead of rsaEncryption
    EmbeddedCertificates embedded = EmbeddedCertificates::Signer;
    std::optional<bool> includesCa = std::nullopt;           ///< the issuing CA beside the issued one; nullopt: as the policy says
    std::optional<QByteArray> refusalContent = std::nullopt; ///< eContent of FAILURE and PENDING; nullopt: absent
    bool sendsFailInfoText = true;
    bool sendsHresult = false;                  ///< of FAILURE: 1.3.6.1.4.1.311.21.33
    bool sendsDisposition = false;              ///< of SUCCESS: 1.3.6.1.4.1.311.21.38
    bool agreesOnKeys = false;                  ///< EC requesters get a key-agreement envelope, also where there is a challenge
    qsizetype maxRecipientNonce = 0;            ///< longer nonces are cut; 0: no limit
    bool pendsInsteadOfBadAlg = false;          ///< failInfo 0 is taken for none
    bool succeedsEmptyInsteadOfPending = false; ///< PENDING goes out as SUCCESS without content

    static QList<QByteArray> standardCapabilities();
};

/// "standard" first. Their names and descriptions are what menus show.
const QList<Personality> &personalities();
QStringList personalityNames();
/// Without case; nullopt for an unknown name.
std::optional<Personality> personalityFromName(const QString &name);

/// The answer to a request that this personality does not look at; nullopt: it is looked at. Before anything is read.
std::optional<HttpResponse> refusedByHttp(const Personality &personality, const HttpRequest &request);
/// Likewise of a message that was read.
std::optional<HttpResponse> refusedUnread(const Personality &personality, const Scep::ReceivedRequest &request);
std::optional<Scep::Rejection> refusedRead(const Personality &personality, const Scep::ReceivedRequest &request);
/// The answer to a message that could not be read or, with an envelope, not be verified or decrypted; nullopt: a FAILURE.
std::optional<HttpResponse> answerToUnreadable(const Personality &personality, const Scep::RequestFailure &trouble);

} // namespace LabCa
