// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/service/chaintext.h"

#include "models/service/errortext.h"

#include <QCoreApplication>

namespace Models {

namespace {

struct ChainText {
    Q_DECLARE_TR_FUNCTIONS(ChainText)
};

} // namespace

QString verdictText(Pki::ChainLink::Verdict verdict)
{
    switch (verdict) {
    case Pki::ChainLink::Verdict::Good:
        return ChainText::tr("good");
    case Pki::ChainLink::Verdict::NotYetValid:
        return ChainText::tr("not yet valid");
    case Pki::ChainLink::Verdict::Expired:
        return ChainText::tr("expired");
    case Pki::ChainLink::Verdict::IssuerNotFound:
        return ChainText::tr("its issuer's certificate is missing");
    case Pki::ChainLink::Verdict::SignatureInvalid:
        return ChainText::tr("its signature is not valid");
    case Pki::ChainLink::Verdict::IssuerIsNotCa:
        return ChainText::tr("its issuer is not allowed to issue certificates");
    case Pki::ChainLink::Verdict::PathTooLong:
        return ChainText::tr("the chain below it is longer than it allows");
    case Pki::ChainLink::Verdict::WeakSignature:
        return ChainText::tr("signed with a broken algorithm");
    case Pki::ChainLink::Verdict::SelfSignedNotTrusted:
        return ChainText::tr("a root that nobody confirmed");
    }
    return {};
}

QString chainVerdict(const Pki::CertificateChain &chain)
{
    if (chain.isTrusted)
        return ChainText::tr("trusted up to %1").arg(safeText(chain.links.last().certificate.subject().toText()));
    const auto problem = chain.firstProblem();
    if (!problem)
        return ChainText::tr("not trusted: no confirmed certificate was reached");
    return ChainText::tr("not trusted: %1: %2").arg(safeText(problem->certificate.subject().toText()), verdictText(problem->verdict));
}

} // namespace Models
