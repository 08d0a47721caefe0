// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/settingparts.h"
#include "models/records/settingranges.h"
#include "scep/protocol/requesturl.h"

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;
using Pki::ErrorCode;
using Pki::failure;
using Pki::Result;

namespace Cli {

namespace {

using Draft = ServerDraft;

Result<Pki::Fingerprint> fingerprintOrNone(const QString &text)
{
    return text.isEmpty() ? Result<Pki::Fingerprint>(Pki::Fingerprint()) : Pki::Fingerprint::fromText(text);
}

QString fingerprintText(const Pki::Fingerprint &fingerprint)
{
    return fingerprint.isEmpty() ? QString() : settingName(fingerprint.digest()) + u':' + fingerprint.toHex();
}

QString urlText(const QUrl &url)
{
    return url.toString(QUrl::FullyEncoded);
}

Result<double> growthFromText(const QString &text)
{
    bool isNumber = false;
    const double growth = text.toDouble(&isNumber);
    if (!isNumber || !Models::SettingRanges::pollGrowth.contains(growth))
        return failure(ErrorCode::InvalidArgument, u"it takes a number from 1 to 10, as 1.5"_s);
    return growth;
}

Result<QString> labelFromText(const QString &text)
{
    const QString label = text.trimmed();
    if (label.isEmpty())
        return failure(ErrorCode::InvalidArgument, u"a label has at least one character"_s);
    return label;
}

QList<Setting<Draft>> identity()
{
    return {
        parsedSetting<Draft>(
            u"label"_s, u"text"_s, u"Name of the server; no two have the same."_s, [](auto &d) -> auto & { return d.server.label; },
            labelFromText, [](const QString &label) { return label; }),
        textSetting<Draft>(u"description"_s, u"Shown in lists."_s, [](auto &d) -> auto & { return d.server.description; }),
        switchSetting<Draft>(u"enabled"_s, u"Off: no traffic with it (default on)."_s,
                             [](auto &d) -> auto & { return d.server.isEnabled; }),
        parsedSetting<Draft>(
            u"url"_s, u"url"_s, u"Address of the SCEP server."_s, [](auto &d) -> auto & { return d.server.url; }, Scep::serverUrlFromText,
            urlText),
        textSetting<Draft>(u"ca-ident"_s, u"CA identifier sent as message= with GetCACaps and GetCACert."_s,
                           [](auto &d) -> auto & { return d.server.caIdentifier; }),
        {u"protocol"_s, u"scep"_s, u"The only value."_s, [](const Draft &) { return u"scep"_s; },
         [](Draft &, const QString &text) -> Result<void> {
             if (text.compare("scep"_L1, Qt::CaseInsensitive) == 0)
                 return {};
             return failure(ErrorCode::InvalidArgument, u"it takes scep"_s);
         }},
        textSetting<Draft>(u"notes"_s, u"Anything worth knowing."_s, [](auto &d) -> auto & { return d.extras.notes; }),
        tagsSetting<Draft>([](auto &d) -> auto & { return d.extras.tags; }),
    };
}

QList<Setting<Draft>> algorithms()
{
    using Pki::Cipher;
    using Pki::Digest;
    using Pki::KeyTransport;
    using Scep::HttpMethod;
    const auto policy = [](auto &d) -> auto & { return d.server.algorithms; };
    return {
        choiceSetting<Draft, std::optional<Cipher>>(u"cipher"_s, u"Of what is sent (default automatic: as the server announces)."_s,
                                                    {{u"automatic"_s, std::nullopt},
                                                     {u"aes128-cbc"_s, Cipher::Aes128},
                                                     {u"aes192-cbc"_s, Cipher::Aes192},
                                                     {u"aes256-cbc"_s, Cipher::Aes256},
                                                     {u"3des-cbc"_s, Cipher::TripleDes},
                                                     {u"des-cbc"_s, Cipher::Des}},
                                                    [policy](auto &d) -> auto & { return policy(d).cipher; }),
        choiceSetting<Draft, std::optional<Digest>>(u"digest"_s, u"Of signatures (default automatic)."_s,
                                                    {{u"automatic"_s, std::nullopt},
                                                     {u"sha256"_s, Digest::Sha256},
                                                     {u"sha512"_s, Digest::Sha512},
                                                     {u"sha384"_s, Digest::Sha384},
                                                     {u"sha1"_s, Digest::Sha1},
                                                     {u"md5"_s, Digest::Md5}},
                                                    [policy](auto &d) -> auto & { return policy(d).digest; }),
        choiceSetting<Draft, std::optional<HttpMethod>>(
            u"method"_s, u"How messages travel (default automatic)."_s,
            {{u"automatic"_s, std::nullopt}, {u"post"_s, HttpMethod::Post}, {u"get"_s, HttpMethod::Get}},
            [policy](auto &d) -> auto & { return policy(d).method; }),
        choiceSetting<Draft, KeyTransport>(u"key-transport"_s,
                                           u"Encryption of the content key (default pkcs1; OAEP where the RA demands it)."_s,
                                           {{u"pkcs1"_s, KeyTransport::RsaPkcs1},
                                            {u"oaep-sha1"_s, KeyTransport::RsaOaepSha1},
                                            {u"oaep-sha256"_s, KeyTransport::RsaOaepSha256}},
                                           [policy](auto &d) -> auto & { return policy(d).keyTransport; }),
        switchSetting<Draft>(u"allow-sha1"_s, u"SHA-1 where the server knows nothing better (default on, with a warning)."_s,
                             [policy](auto &d) -> auto & { return policy(d).allowSha1; }),
        switchSetting<Draft>(u"allow-md5"_s, u"MD5 where the server knows nothing better (default off)."_s,
                             [policy](auto &d) -> auto & { return policy(d).allowMd5; }),
        switchSetting<Draft>(u"allow-des"_s, u"DES where the server knows nothing better (default off: it can be broken in hours)."_s,
                             [policy](auto &d) -> auto & { return policy(d).allowDes; }),
    };
}

QList<Setting<Draft>> behaviour()
{
    using Scep::RenewalMethod;
    namespace Ranges = Models::SettingRanges;
    return {
        choiceSetting<Draft, RenewalMethod>(u"renew-request"_s, u"Message that renews (default automatic)."_s,
                                            {{u"automatic"_s, RenewalMethod::Automatic},
                                             {u"pkcs-req"_s, RenewalMethod::PkcsReq},
                                             {u"renewal-req"_s, RenewalMethod::RenewalReq}},
                                            [](auto &d) -> auto & { return d.server.renewalMethod; }),
        switchSetting<Draft>(u"challenge-on-renewal"_s, u"Send the challenge with a renewal too (default off)."_s,
                             [](auto &d) -> auto & { return d.server.sendsChallengeOnRenewal; }),
        durationSetting<Draft>(u"ca-check-interval"_s, u"How often the CA certificates are looked at (default 24h)."_s,
                               Ranges::caCheckInterval.least, Ranges::caCheckInterval.most,
                               [](auto &d) -> auto & { return d.server.caCheckInterval; }),
        switchSetting<Draft>(u"rollover"_s, u"Ask for the next CA certificate (default on)."_s,
                             [](auto &d) -> auto & { return d.server.followsRollover; }),
        durationSetting<Draft>(u"poll-first"_s, u"First pause between two polls (default 1min)."_s, Ranges::firstPoll.least,
                               Ranges::firstPoll.most, [](auto &d) -> auto & { return d.server.polling.first; }),
        parsedSetting<Draft>(
            u"poll-growth"_s, u"number"_s, u"Each pause is so much longer than the one before (default 1.5)."_s,
            [](auto &d) -> auto & { return d.server.polling.growth; }, growthFromText,
            [](double growth) { return QString::number(growth, 'g', 6); }),
        durationSetting<Draft>(u"poll-longest"_s, u"Longest pause between two polls (default 1h)."_s, Ranges::longestPoll.least,
                               Ranges::longestPoll.most, [](auto &d) -> auto & { return d.server.polling.longest; }),
        durationSetting<Draft>(u"poll-end"_s, u"Polling ends so long after the first PENDING (default 7d)."_s, Ranges::pollingEnd.least,
                               Ranges::pollingEnd.most, [](auto &d) -> auto & { return d.server.polling.end; }),
        durationSetting<Draft>(u"retry-interval"_s, u"First pause after a failed connection; doubles up to 1h (default 1min)."_s,
                               Ranges::retryInterval.least, Ranges::retryInterval.most,
                               [](auto &d) -> auto & { return d.server.retryInterval; }),
        durationSetting<Draft>(u"timeout"_s, u"Longest time for one whole exchange (default 30s)."_s, Ranges::exchangeTimeout.least,
                               Ranges::exchangeTimeout.most, [](auto &d) -> auto & { return d.server.transport.timeout; }),
        parsedSetting<Draft>(
            u"proxy"_s, u"url"_s, u"http://host:port or socks5://host:port instead of the system's proxy."_s,
            [](auto &d) -> auto & { return d.server.transport.proxy; }, Models::proxyFromText, urlText),
        textSetting<Draft>(u"proxy-user"_s, u"Name for --proxy, if it asks who we are."_s,
                           [](auto &d) -> auto & { return d.server.transport.proxyUser; }),
        parsedSetting<Draft>(
            u"ra-encryption"_s, u"fingerprint"_s, u"Advanced: encrypt for the certificate with this SHA-256."_s,
            [](auto &d) -> auto & { return d.server.roleOverride.encryption; }, fingerprintOrNone, fingerprintText),
        parsedSetting<Draft>(
            u"ra-signing"_s, u"fingerprint"_s, u"Advanced: replies come signed by the certificate with this SHA-256."_s,
            [](auto &d) -> auto & { return d.server.roleOverride.signing; }, fingerprintOrNone, fingerprintText),
        textSetting<Draft>(u"ra-reason"_s, u"Why the choice of RA certificates is overridden."_s,
                           [](auto &d) -> auto & { return d.server.roleOverride.reason; }),
        numberSetting<Draft>(u"exchanges-at-once"_s, u"Requests under way at a time (default 4)."_s, Ranges::exchangesAtOnce.least,
                             Ranges::exchangesAtOnce.most, [](auto &d) -> auto & { return d.server.exchangesAtOnce; }),
        numberSetting<Draft>(u"requests-per-minute"_s, u"Requests begun in a minute at most (default 0: no limit)."_s,
                             Ranges::requestsPerMinute.least, Ranges::requestsPerMinute.most,
                             [](auto &d) -> auto & { return d.server.requestsPerMinute; }),
    };
}

} // namespace

const QList<Setting<ServerDraft>> &serverSettings()
{
    static const QList<Setting<Draft>> all = identity() + algorithms() + behaviour();
    return all;
}

} // namespace Cli
