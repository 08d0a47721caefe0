// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/settingparts.h"
#include "models/records/settingranges.h"

#include "scep/protocol/identifiers.h"

#include <QDir>

using namespace Qt::StringLiterals;
using Models::Delivery;
using Pki::ErrorCode;
using Pki::failure;
using Pki::Result;

namespace Cli {

namespace {

using Draft = RequestDraft;
using Scep::RenewalRule;
namespace Ranges = Models::SettingRanges;

Result<RenewalRule> renewalFromText(const QString &text)
{
    using Kind = RenewalRule::Kind;
    const QString word = text.trimmed().toLower();
    if (word == "off"_L1)
        return RenewalRule{Kind::Off, 0};
    if (word.endsWith(u'%')) {
        const auto percent = numberFromText(word.chopped(1).trimmed(), Ranges::percentOfValidity.least, Ranges::percentOfValidity.most);
        if (!percent)
            return failure(ErrorCode::InvalidArgument, u"it takes 0% to 99% of the validity"_s);
        return *percent == 0 ? RenewalRule{Kind::Off, 0} : RenewalRule{Kind::PercentOfValidity, *percent};
    }
    const auto before = word.endsWith(u'h') || word.endsWith(u'd')
                            ? durationFromText(word, Ranges::beforeExpiry.least, Ranges::beforeExpiry.most)
                            : Result<std::chrono::seconds>(failure(ErrorCode::InvalidArgument));
    if (!before)
        return failure(ErrorCode::InvalidArgument, u"it takes a share of the validity (80%), a time before its end (48h, 30d), or off"_s);
    return RenewalRule{Kind::HoursBeforeExpiry, static_cast<int>(std::chrono::duration_cast<std::chrono::hours>(*before).count())};
}

QString renewalText(const RenewalRule &rule)
{
    switch (rule.kind) {
    case RenewalRule::Kind::Off:
        return u"off"_s;
    case RenewalRule::Kind::PercentOfValidity:
        return rule.value == 0 ? u"off"_s : u"%1%"_s.arg(rule.value);
    case RenewalRule::Kind::HoursBeforeExpiry:
        return toText(std::chrono::seconds(std::chrono::hours(rule.value)));
    }
    return {};
}

Result<std::optional<Pki::KeyUsage>> keyUsageOrNone(const QString &text)
{
    if (text.trimmed().isEmpty())
        return std::optional<Pki::KeyUsage>();
    const auto usage = Pki::keyUsageFromText(text);
    if (!usage)
        return std::unexpected(usage.error());
    return std::optional(*usage);
}

Result<QList<Pki::Oid>> extendedKeyUsageOrNone(const QString &text)
{
    return text.trimmed().isEmpty() ? Result<QList<Pki::Oid>>(QList<Pki::Oid>()) : Pki::extendedKeyUsageFromText(text);
}

Result<QString> transactionIdOrNone(const QString &text)
{
    if (text.isEmpty())
        return QString();
    const auto id = Scep::TransactionId::fromText(text);
    if (!id)
        return std::unexpected(id.error());
    return id->toText();
}

Result<Pki::DistinguishedName> subjectFromText(const QString &text)
{
    return text.trimmed().isEmpty() ? Result<Pki::DistinguishedName>(Pki::DistinguishedName()) : Pki::DistinguishedName::fromText(text);
}

QList<Setting<Draft>> identity()
{
    return {
        textSetting<Draft>(u"label"_s, u"Name of the request; no two have the same (default: the common name)."_s,
                           [](auto &d) -> auto & { return d.request.label; }),
        switchSetting<Draft>(u"enabled"_s, u"Off: nothing begins by itself, neither enrollment nor renewal (default on)."_s,
                             [](auto &d) -> auto & { return d.request.isEnabled; }),
        parsedSetting<Draft>(
            u"subject"_s, u"dn"_s, u"Distinguished name, e.g. \"CN=plc-7,O=Lab\"."_s, [](auto &d) -> auto & { return d.request.subject; },
            subjectFromText, [](const Pki::DistinguishedName &name) { return name.toText(); }),
        parsedSetting<Draft>(
            u"san"_s, u"list"_s, u"Alternative names, e.g. DNS:plc-7.lab.example,IP:192.0.2.7."_s,
            [](auto &d) -> auto & { return d.request.subjectAlternativeNames; }, Pki::subjectAlternativeNamesFromText,
            [](const Pki::SubjectAlternativeNames &names) { return Pki::toText(names); }),
        parsedSetting<Draft>(
            u"key-type"_s, u"type"_s, u"rsa:2048, rsa:3072, rsa:4096, rsa:1024, ec:P-256, ec:P-384, ec:P-521 (default rsa:2048)."_s,
            [](auto &d) -> auto & { return d.request.keySpec; }, Pki::KeySpec::fromText,
            [](const Pki::KeySpec &spec) { return spec.toText(); }),
        switchSetting<Draft>(u"reuse-key"_s, u"Keep the key when it is renewed (default off)."_s,
                             [](auto &d) -> auto & { return d.request.reusesKeyOnRenewal; }),
        textSetting<Draft>(u"profile-name"_s, u"Certificate profile (template name, OID 1.3.6.1.4.1.311.20.2)."_s,
                           [](auto &d) -> auto & { return d.request.profile; }),
        choiceSetting<Draft, Pki::TemplateNameEncoding>(
            u"profile-encoding"_s, u"Of the profile name (default utf8; bmp for Microsoft CAs)."_s,
            {{u"utf8"_s, Pki::TemplateNameEncoding::Utf8String}, {u"bmp"_s, Pki::TemplateNameEncoding::BmpString}},
            [](auto &d) -> auto & { return d.request.profileEncoding; }),
        parsedSetting<Draft>(
            u"key-usage"_s, u"list"_s, u"Key usage to ask for, e.g. digitalSignature,keyEncipherment."_s,
            [](auto &d) -> auto & { return d.request.keyUsage; }, keyUsageOrNone,
            [](const std::optional<Pki::KeyUsage> &usage) { return usage ? Pki::toText(*usage) : QString(); }),
        parsedSetting<Draft>(
            u"extended-key-usage"_s, u"list"_s, u"Extended key usage to ask for, e.g. clientAuth."_s,
            [](auto &d) -> auto & { return d.request.extendedKeyUsage; }, extendedKeyUsageOrNone,
            [](const QList<Pki::Oid> &usage) { return Pki::toText(usage); }),
        parsedSetting<Draft>(
            u"renewal"_s, u"rule"_s, u"80% of the validity, or 48h or 30d before its end, or off (default 80%)."_s,
            [](auto &d) -> auto & { return d.request.renewal; }, renewalFromText, renewalText),
        parsedSetting<Draft>(
            u"transaction-id"_s, u"id"_s, u"Advanced: the transaction identifier that the server handed out."_s,
            [](auto &d) -> auto & { return d.request.transactionIdOverride; }, transactionIdOrNone, [](const QString &id) { return id; }),
        textSetting<Draft>(u"notes"_s, u"Anything worth knowing."_s, [](auto &d) -> auto & { return d.extras.notes; }),
        tagsSetting<Draft>([](auto &d) -> auto & { return d.extras.tags; }),
    };
}

const QList<std::pair<QString, Delivery::File>> &fileWords()
{
    static const QList<std::pair<QString, Delivery::File>> words{
        {u"key"_s, Delivery::File::Key},     {u"cert"_s, Delivery::File::Certificate},
        {u"chain"_s, Delivery::File::Chain}, {u"fullchain"_s, Delivery::File::FullChain},
        {u"ca"_s, Delivery::File::CaStore},  {u"p12"_s, Delivery::File::Pkcs12},
    };
    return words;
}

Result<Delivery::Files> filesFromText(const QString &text)
{
    Delivery::Files files;
    for (const QString &word : listFromText(text)) {
        const auto &words = fileWords();
        const auto found = std::find_if(words.cbegin(), words.cend(), [&](const auto &each) { return each.first == word.toLower(); });
        if (found == words.cend() && word != "none"_L1)
            return failure(ErrorCode::InvalidArgument, u"it takes a list of key, cert, chain, fullchain, ca, p12, or none"_s);
        if (found != words.cend())
            files |= found->second;
    }
    return files;
}

QString filesText(Delivery::Files files)
{
    QStringList names;
    for (const auto &[word, file] : fileWords()) {
        if (files.testFlag(file))
            names.append(word);
    }
    return names.isEmpty() ? u"none"_s : names.join(u',');
}

/// Of the delivery that there is, or begins with this setting. No text, no delivery: nothing to set.
Setting<Draft> ofDelivery(const Setting<Delivery> &setting)
{
    return {setting.name, setting.valueName, setting.help,
            [print = setting.print](const Draft &draft) { return draft.delivery ? print(*draft.delivery) : QString(); },
            [read = setting.read](Draft &draft, const QString &text) -> Result<void> {
                if (!draft.delivery && text.isEmpty())
                    return {};
                if (!draft.delivery)
                    draft.delivery.emplace();
                return read(*draft.delivery, text);
            }};
}

QList<Setting<Draft>> delivery()
{
    const QList<Setting<Delivery>> rules{
        parsedSetting<Delivery>(
            u"deliver-files"_s, u"list"_s, u"What is written: key,cert,chain,fullchain,ca,p12, or none (default key,cert,chain)."_s,
            [](auto &d) -> auto & { return d.files; }, filesFromText, filesText),
        choiceSetting<Delivery, Pki::Pkcs12Style>(
            u"deliver-p12-style"_s, u"Of the PKCS#12 (default modern; compatible for old readers)."_s,
            {{u"modern"_s, Pki::Pkcs12Style::Modern}, {u"compatible"_s, Pki::Pkcs12Style::Compatible}},
            [](auto &d) -> auto & { return d.pkcs12Style; }),
        textSetting<Delivery>(u"deliver-key-alias"_s, u"Name of the key pair and of its files (default {label}-key-pair)."_s,
                              [](auto &d) -> auto & { return d.keyAlias; }),
        textSetting<Delivery>(u"deliver-ca-alias"_s, u"Names of the CA certificates and their files (default {server}-cacerts-{n})."_s,
                              [](auto &d) -> auto & { return d.caAlias; }),
        textSetting<Delivery>(u"deliver-program"_s, u"Program to run after the files are written, without a shell; its whole path."_s,
                              [](auto &d) -> auto & { return d.program; }),
        durationSetting<Delivery>(u"deliver-timeout"_s, u"The program is ended when it takes longer (default 1min)."_s,
                                  Ranges::programTimeout.least, Ranges::programTimeout.most, [](auto &d) -> auto & { return d.timeout; }),
    };
    QList<Setting<Draft>> all{{u"deliver-to"_s, u"folder"_s, u"Write each new certificate into this folder; \"\" ends the delivery."_s,
                               [](const Draft &draft) { return draft.delivery ? draft.delivery->folder : QString(); },
                               [](Draft &draft, const QString &text) -> Result<void> {
                                   if (text.isEmpty()) {
                                       draft.delivery.reset();
                                       return {};
                                   }
                                   if (!draft.delivery)
                                       draft.delivery.emplace();
                                   draft.delivery->folder = QDir::cleanPath(QDir(text).absolutePath());
                                   return {};
                               }}};
    for (const Setting<Delivery> &rule : rules)
        all.append(ofDelivery(rule));
    return all;
}

} // namespace

const QList<Setting<RequestDraft>> &requestSettings()
{
    static const QList<Setting<Draft>> all = identity() + delivery();
    return all;
}

} // namespace Cli
