// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/inputs.h"

#include "scep/files/durablefile.h"

#include <QFile>

using namespace Qt::StringLiterals;
using Pki::ErrorCode;
using Pki::failure;
using Pki::Result;

namespace Cli {

void addServerOptions(VerbParser &parser)
{
    parser.option(u"ca-ident"_s, u"CA identifier sent as message= with GetCACaps and GetCACert."_s, u"text"_s);
    parser.option(u"timeout"_s, u"Longest time for one whole exchange (default 30)."_s, u"seconds"_s, u"30"_s);
    parser.option(u"tls-root"_s, u"PEM file with CA certificates trusted for https beside the system's."_s, u"file"_s);
    parser.option(u"proxy"_s, u"http://host:port or socks5://host:port instead of the system's proxy."_s, u"url"_s);
}

void addTrustOptions(VerbParser &parser)
{
    parser.option(u"fingerprint"_s, u"Fingerprint of the CA certificate (MD5, SHA-1, SHA-256 or SHA-512, any spelling)."_s, u"hex"_s);
    parser.option(u"fingerprint-alg"_s, u"Digest that the fingerprint must have: md5, sha1, sha256, sha512."_s, u"name"_s);
    parser.option(u"ca-file"_s, u"CA certificate (PEM or DER) that is trusted, instead of a fingerprint."_s, u"file"_s);
}

Result<Scep::EnrollmentServer> serverFromOptions(const VerbParser &parser, const QString &url)
{
    Scep::EnrollmentServer server;
    server.id = {1};
    const auto parsedUrl = Scep::serverUrlFromText(url);
    if (!parsedUrl)
        return std::unexpected(parsedUrl.error());
    server.url = *parsedUrl;
    server.label = server.url.host();
    server.caIdentifier = parser.value(u"ca-ident"_s);
    const auto timeout = numberOption(parser, u"timeout"_s, 1, 86400);
    if (!timeout)
        return std::unexpected(timeout.error());
    server.transport.timeout = std::chrono::seconds(*timeout);
    if (parser.isSet(u"tls-root"_s)) {
        const auto bytes = Files::readFile(parser.value(u"tls-root"_s));
        if (!bytes)
            return std::unexpected(bytes.error());
        const auto roots = Pki::Certificate::listFromPem(*bytes);
        if (!roots)
            return failure(roots.error().code, parser.value(u"tls-root"_s));
        server.transport.tlsRoots = *roots;
    }
    if (parser.isSet(u"proxy"_s)) {
        server.transport.proxy = QUrl(parser.value(u"proxy"_s), QUrl::StrictMode);
        const QString scheme = server.transport.proxy.scheme();
        if ((scheme != "http"_L1 && scheme != "socks5"_L1) || server.transport.proxy.host().isEmpty())
            return failure(ErrorCode::InvalidUrl, u"--proxy takes http://host:port or socks5://host:port"_s);
    }
    return server;
}

Result<Scep::TrustAnchor> anchorFromOptions(const VerbParser &parser)
{
    Scep::TrustAnchor anchor;
    if (parser.isSet(u"fingerprint"_s) && parser.isSet(u"ca-file"_s))
        return failure(ErrorCode::InvalidArgument, u"give either --fingerprint or --ca-file"_s);
    if (parser.isSet(u"fingerprint"_s)) {
        std::optional<Pki::Digest> digest;
        if (parser.isSet(u"fingerprint-alg"_s)) {
            digest = Pki::digestFromSettingName(parser.value(u"fingerprint-alg"_s));
            if (!digest)
                return failure(ErrorCode::InvalidArgument, u"--fingerprint-alg takes md5, sha1, sha256 or sha512"_s);
        }
        const auto fingerprint = Pki::Fingerprint::fromText(parser.value(u"fingerprint"_s), digest);
        if (!fingerprint)
            return std::unexpected(fingerprint.error());
        anchor.fingerprint = *fingerprint;
    } else if (parser.isSet(u"ca-file"_s)) {
        const auto bytes = Files::readFile(parser.value(u"ca-file"_s));
        if (!bytes)
            return std::unexpected(bytes.error());
        const auto certificate = Pki::Certificate::fromBytes(*bytes);
        if (!certificate)
            return failure(certificate.error().code, parser.value(u"ca-file"_s));
        anchor.certificate = *certificate;
    }
    return anchor;
}

Result<Pki::SecretBytes> secretFromOptions(const VerbParser &parser, const QString &option, const char *environmentVariable)
{
    if (parser.isSet(option))
        return Files::readSecretFile(parser.value(option));
    QByteArray value = qgetenv(environmentVariable);
    Pki::SecretBytes secret{QByteArrayView(value)};
    Pki::wipe(value);
    return secret;
}

} // namespace Cli
