// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/labca/faults.h"

#include "scep/pki/digest.h"

#include <QRegularExpression>
#include <QtEndian>

#include <algorithm>
#include <array>

namespace LabCa {

using namespace Qt::StringLiterals;
using Pki::ErrorCode;
using Pki::failure;
using Pki::Result;

namespace {

constexpr int maxAmount = 3600;

// clang-format off
QList<FaultName> makeNames()
{
    return {
        {Fault::Drop,           u"drop"_s,            u"the connection is closed without an answer"_s},
        {Fault::Stall,          u"stall"_s,           u"the answer comes late"_s, u"seconds"_s, 30},
        {Fault::Truncate,       u"truncate"_s,        u"only the first half of the body is sent, as if it were all"_s},
        {Fault::Cut,            u"cut"_s,             u"the connection is closed in the middle of the body"_s},
        {Fault::Html,           u"html"_s,            u"an HTML page with status 200 instead of the answer"_s},
        {Fault::ServerError,    u"http-500"_s,        u"HTTP 500 instead of the answer"_s},
        {Fault::BigBody,        u"big-body"_s,        u"the body is filled up"_s, u"MiB"_s, 10},
        {Fault::SlowDrip,       u"slow-drip"_s,       u"the answer comes a few bytes at a time"_s, u"seconds"_s, 60},
        {Fault::DuplicateReply, u"duplicate-reply"_s, u"the former answer is sent again"_s},

        {Fault::WrongNonce,          u"wrong-nonce"_s,           u"recipientNonce is not the request's"_s, {}, 0, false},
        {Fault::WrongTransactionId,  u"wrong-transaction-id"_s,  u"transactionID is not the request's"_s, {}, 0, false},
        {Fault::WrongMessageType,    u"wrong-message-type"_s,    u"the reply says that it is a PKCSReq"_s, {}, 0, false},
        {Fault::WrongSigner,         u"wrong-signer"_s,          u"a stranger signs the reply"_s, {}, 0, false},
        {Fault::NoSignerInfo,        u"no-signer-info"_s,        u"the reply is not signed at all"_s, {}, 0, false},
        {Fault::NoSignerCertificate, u"no-signer-certificate"_s, u"the signer's certificate is left out"_s, {}, 0, false},
        {Fault::ForeignKey,          u"foreign-key"_s,           u"the certificate is for another public key"_s, {}, 0, false},
        {Fault::ExtraCertificates,   u"extra-certificates"_s,    u"CA certificates of a stranger beside the issued one"_s, {}, 0, false},
        {Fault::PendingForEver,      u"pending-for-ever"_s,      u"PENDING, whatever was decided"_s, {}, 0, false},
        {Fault::BadAlgorithm,        u"bad-alg"_s,               u"FAILURE badAlg to every request"_s, {}, 0, false},
    };
}
// clang-format on

Result<FaultRule> ruleFromText(const QString &text)
{
    static const QRegularExpression form(u"^([a-z0-9-]+)(?:=([0-9]{1,6}))?(?:@([A-Za-z]+))?(?::([0-9]{1,3})%)?$"_s);
    const auto match = form.match(text);
    const auto bad = [&text](const QString &why) { return failure(ErrorCode::InvalidArgument, u"fault \"%1\": %2"_s.arg(text, why)); };
    if (!match.hasMatch())
        return bad(u"written as NAME, NAME=NUMBER, NAME@OPERATION or NAME:PERCENT%"_s);
    const auto known = std::ranges::find(faultNames(), match.captured(1), &FaultName::name);
    if (known == faultNames().end())
        return bad(u"there is no such fault"_s);
    FaultRule rule;
    rule.fault = known->fault;
    rule.amount = known->standard;
    if (match.hasCaptured(2)) {
        if (known->unit.isEmpty())
            return bad(u"it takes no number"_s);
        rule.amount = match.captured(2).toInt();
        if (rule.amount < 1 || rule.amount > maxAmount)
            return bad(u"from 1 to %1 %2"_s.arg(maxAmount).arg(known->unit));
    }
    if (match.hasCaptured(3)) {
        static const QStringList operations{u"PKIOperation"_s, u"GetCACaps"_s, u"GetCACert"_s, u"GetCACertChain"_s, u"GetNextCACert"_s};
        const QString asked = match.captured(3);
        const auto operation =
            std::ranges::find_if(operations, [&](const QString &candidate) { return candidate.compare(asked, Qt::CaseInsensitive) == 0; });
        const bool isAny = asked.compare("any"_L1, Qt::CaseInsensitive) == 0;
        if (!isAny && operation == operations.end())
            return bad(u"there is no such operation; or \"any\""_s);
        if (!known->isAboutHttp && (isAny || *operation != "PKIOperation"_L1))
            return bad(u"it can only strike PKIOperation"_s);
        rule.operation = isAny ? QString() : *operation;
    }
    if (match.hasCaptured(4)) {
        rule.percent = match.captured(4).toInt();
        if (rule.percent < 1 || rule.percent > 100)
            return bad(u"from 1 to 100 percent"_s);
    }
    return rule;
}

} // namespace

const QList<FaultName> &faultNames()
{
    static const QList<FaultName> names = makeNames();
    return names;
}

const FaultName &nameOf(Fault fault)
{
    return *std::ranges::find(faultNames(), fault, &FaultName::fault);
}

Result<FaultPlan> FaultPlan::fromText(const QStringList &texts)
{
    FaultPlan plan;
    for (const QString &text : texts) {
        const QStringList parts = text.split(u',', Qt::SkipEmptyParts);
        for (const QString &part : parts) {
            auto rule = ruleFromText(part.trimmed());
            if (!rule)
                return std::unexpected(rule.error());
            plan.rules.append(*std::move(rule));
        }
    }
    return plan;
}

QStringList FaultPlan::toText() const
{
    QStringList texts;
    for (const FaultRule &rule : rules) {
        const FaultName &name = nameOf(rule.fault);
        QString text = name.name;
        if (!name.unit.isEmpty() && rule.amount != name.standard)
            text += u"=%1"_s.arg(rule.amount);
        if (rule.operation != "PKIOperation"_L1)
            text += u'@' + (rule.operation.isEmpty() ? u"any"_s : rule.operation);
        if (rule.percent != 100)
            text += u":%1%"_s.arg(rule.percent);
        texts.append(text);
    }
    return texts;
}

bool FaultPlan::strikes(const FaultRule &rule, const QString &client, quint64 number) const
{
    if (rule.percent >= 100)
        return true;
    // A shuffle of 0..99 for this hundred of answers: its first `percent` places are struck.
    constexpr int block = 100;
    const QByteArray source =
        Pki::hash(Pki::Digest::Sha256, u"%1/%2/%3/%4"_s.arg(seed).arg(nameOf(rule.fault).name, client).arg(number / block).toUtf8());
    auto state = qFromLittleEndian<quint64>(source.constData()) | 1;
    const auto random = [&state](quint64 below) {
        // xorshift64*: the same on every platform, unlike the standard library's distributions
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        return (state * 0x2545F4914F6CDD1DULL >> 33) % below;
    };
    std::array<int, block> places{};
    for (int i = 0; i < block; ++i)
        places.at(size_t(i)) = i;
    for (size_t i = block - 1; i > 0; --i)
        std::swap(places.at(i), places.at(size_t(random(i + 1))));
    return places.at(size_t(number % block)) < rule.percent;
}

} // namespace LabCa
