// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/inputs.h"

#include "app/cli/secretprompt.h"
#include "models/records/settingranges.h"
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
    parser.option(u"proxy-user"_s, u"Name for --proxy, if it asks who we are."_s, u"name"_s);
    addProxyPasswordOption(parser);
}

void addProxyPasswordOption(VerbParser &parser)
{
    parser.option(
        u"proxy-password-file"_s,
        u"File whose first line is the password of --proxy-user, which without it is taken from SCEPTER_PROXY_PASSWORD, or typed."_s,
        u"file"_s);
}

Result<std::shared_ptr<const Pki::SecretBytes>> proxyPasswordFromOptions(const VerbParser &parser, const QString &user)
{
    constexpr const char *variable = "SCEPTER_PROXY_PASSWORD";
    if (user.isEmpty() && parser.isSet(u"proxy-password-file"_s))
        return failure(ErrorCode::InvalidArgument, u"--proxy-password-file needs --proxy-user"_s);
    if (user.isEmpty())
        return nullptr;
    const bool isGiven = parser.isSet(u"proxy-password-file"_s) || qEnvironmentVariableIsSet(variable) || !canPrompt();
    auto password = isGiven ? secretFromOptions(parser, u"proxy-password-file"_s, variable)
                            : promptSecret(u"Password of %1 at the proxy (empty: none)"_s.arg(user));
    if (!password)
        return std::unexpected(password.error());
    return std::make_shared<const Pki::SecretBytes>(std::move(*password));
}

void addTrustOptions(VerbParser &parser)
{
    parser.option(u"fingerprint"_s, u"Fingerprint of the CA certificate (MD5, SHA-1, SHA-256 or SHA-512, any spelling)."_s, u"hex"_s);
    parser.option(u"fingerprint-alg"_s, u"Digest that the fingerprint must have: md5, sha1, sha256, sha512."_s, u"name"_s);
    parser.option(u"ca-file"_s, u"CA certificate (PEM or DER) that is trusted, instead of a fingerprint."_s, u"file"_s);
}

void addAlgorithmOptions(VerbParser &parser, const QString &methodOption)
{
    parser.option(u"cipher"_s, u"aes128-cbc, aes192-cbc, aes256-cbc, 3des-cbc (default: as the server announces)."_s, u"name"_s);
    parser.option(u"digest"_s, u"sha256, sha512, sha384, sha1 (default: as the server announces)."_s, u"name"_s);
    parser.option(methodOption, u"post or get (default: as the server announces)."_s, u"name"_s);
    parser.option(u"key-transport"_s, u"pkcs1, oaep-sha1 or oaep-sha256 (default pkcs1; OAEP where the RA certificate demands it)."_s,
                  u"name"_s, u"pkcs1"_s);
    parser.option(u"allow-des"_s, u"Use DES if the server knows nothing better; --cipher takes des-cbc then."_s);
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
    const auto roots = certificatesFromOptions(parser, u"tls-root"_s);
    if (!roots)
        return std::unexpected(roots.error());
    server.transport.tlsRoots = *roots;
    const auto proxy = Models::proxyFromText(parser.value(u"proxy"_s));
    if (!proxy)
        return failure(proxy.error().code, u"--proxy: %1"_s.arg(proxy.error().detail));
    server.transport.proxy = *proxy;
    server.transport.proxyUser = parser.value(u"proxy-user"_s);
    if (!server.transport.proxyUser.isEmpty() && proxy->isEmpty())
        return failure(ErrorCode::InvalidArgument, u"--proxy-user needs --proxy"_s);
    const auto password = proxyPasswordFromOptions(parser, server.transport.proxyUser);
    if (!password)
        return std::unexpected(password.error());
    server.transport.proxyPassword = *password;
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
        const auto certificate = certificateFromOptions(parser, u"ca-file"_s);
        if (!certificate)
            return std::unexpected(certificate.error());
        anchor.certificate = *certificate;
    }
    return anchor;
}

Result<Scep::AlgorithmPolicy> algorithmsFromOptions(const VerbParser &parser, const QString &methodOption)
{
    Scep::AlgorithmPolicy policy;
    if (parser.isSet(u"cipher"_s)) {
        policy.cipher = Pki::cipherFromSettingName(parser.value(u"cipher"_s));
        if (!policy.cipher)
            return failure(ErrorCode::InvalidArgument, u"--cipher takes aes128-cbc, aes192-cbc, aes256-cbc or 3des-cbc"_s);
        if (isWeak(*policy.cipher) && !parser.isSet(u"allow-des"_s))
            return failure(ErrorCode::InvalidArgument, u"--cipher des-cbc needs --allow-des: DES can be broken in hours"_s);
    }
    if (parser.isSet(u"digest"_s)) {
        policy.digest = Pki::digestFromSettingName(parser.value(u"digest"_s));
        if (!policy.digest)
            return failure(ErrorCode::InvalidArgument, u"--digest takes sha256, sha512, sha384 or sha1"_s);
    }
    policy.allowDes = parser.isSet(u"allow-des"_s);
    const QString transport = parser.value(u"key-transport"_s);
    if (transport == "oaep-sha1"_L1)
        policy.keyTransport = Pki::KeyTransport::RsaOaepSha1;
    else if (transport == "oaep-sha256"_L1)
        policy.keyTransport = Pki::KeyTransport::RsaOaepSha256;
    else if (transport != "pkcs1"_L1)
        return failure(ErrorCode::InvalidArgument, u"--key-transport takes pkcs1, oaep-sha1 or oaep-sha256"_s);
    if (parser.isSet(methodOption)) {
        const QString method = parser.value(methodOption).toLower();
        if (method != "get"_L1 && method != "post"_L1)
            return failure(ErrorCode::InvalidArgument, u"--%1 takes post or get"_s.arg(methodOption));
        policy.method = method == "get"_L1 ? Scep::HttpMethod::Get : Scep::HttpMethod::Post;
    }
    return policy;
}

Result<Scep::EnrollmentServer> confirmedServerFromOptions(const VerbParser &parser, const QString &url, const QString &methodOption)
{
    auto server = serverFromOptions(parser, url);
    if (!server)
        return server;
    const auto anchor = anchorFromOptions(parser);
    if (!anchor)
        return std::unexpected(anchor.error());
    if (!anchor->isSet() && !parser.isSet(u"trust-on-first-use"_s))
        return failure(ErrorCode::InvalidArgument, u"say which CA is trusted: --fingerprint, --ca-file or --trust-on-first-use"_s);
    server->anchor = *anchor;
    const auto algorithms = algorithmsFromOptions(parser, methodOption);
    if (!algorithms)
        return std::unexpected(algorithms.error());
    server->algorithms = *algorithms;
    return server;
}

void addPollOption(VerbParser &parser)
{
    parser.option(u"poll-interval"_s, u"First pause between two polls (default 5)."_s, u"seconds"_s, u"5"_s);
}

Result<Scep::EnrollmentServer> polledServerFromOptions(const VerbParser &parser, const QString &methodOption)
{
    if (!parser.isSet(u"url"_s))
        return failure(ErrorCode::InvalidArgument, u"--url is missing"_s);
    auto server = confirmedServerFromOptions(parser, parser.value(u"url"_s), methodOption);
    if (!server)
        return server;
    const auto interval = numberOption(parser, u"poll-interval"_s, 1, 86400);
    if (!interval)
        return std::unexpected(interval.error());
    server->polling.first = std::chrono::seconds(*interval);
    return server;
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

Result<Pki::SecretBytes> challengeFromOptions(const VerbParser &parser)
{
    constexpr const char *variable = "SCEPTER_CHALLENGE";
    if (parser.isSet(u"challenge-file"_s) || qEnvironmentVariableIsSet(variable) || !canPrompt())
        return secretFromOptions(parser, u"challenge-file"_s, variable);
    return promptSecret(u"Challenge password (empty: none)"_s);
}

Result<Pki::PrivateKey> keyFromOptions(const VerbParser &parser)
{
    auto opened = openedKeyFromOptions(parser);
    if (!opened)
        return std::unexpected(opened.error());
    return opened->key;
}

Result<OpenedKey> openedKeyFromOptions(const VerbParser &parser)
{
    if (!parser.isSet(u"key"_s))
        return OpenedKey();
    const QString path = parser.value(u"key"_s);
    auto bytes = Files::readFile(path);
    if (!bytes)
        return std::unexpected(bytes.error());
    auto passphrase = secretFromOptions(parser, u"key-passphrase-file"_s, "SCEPTER_KEY_PASSPHRASE");
    if (!passphrase)
        return std::unexpected(passphrase.error());
    auto key = Pki::PrivateKey::fromBytes(*bytes, *passphrase);
    if (!key && key.error().code == ErrorCode::PassphraseRequired && canPrompt()) {
        passphrase = promptSecret(u"Pass phrase of %1"_s.arg(path));
        if (passphrase)
            key = Pki::PrivateKey::fromBytes(*bytes, *passphrase);
    }
    const bool isProtected = key && !passphrase->isEmpty() && !Pki::PrivateKey::fromBytes(*bytes);
    Pki::wipe(*bytes);
    if (!passphrase)
        return std::unexpected(passphrase.error());
    if (!key)
        return failure(key.error().code, path);
    return OpenedKey{*key, isProtected ? std::move(*passphrase) : Pki::SecretBytes()};
}

Result<Pki::CertificationRequest> csrFromOptions(const VerbParser &parser, const Pki::PrivateKey &key)
{
    if (!parser.isSet(u"csr"_s))
        return Pki::CertificationRequest();
    const QString path = parser.value(u"csr"_s);
    const auto bytes = Files::readFile(path);
    if (!bytes)
        return std::unexpected(bytes.error());
    const auto csr = Pki::CertificationRequest::fromBytes(*bytes);
    if (!csr)
        return failure(csr.error().code, path);
    if (!csr->isSignatureValid())
        return failure(ErrorCode::SignatureInvalid, u"the CSR in %1 is not signed by its own key"_s.arg(path));
    if (!key.isNull() && key.publicKey() != csr->publicKey())
        return failure(ErrorCode::KeyMismatch, u"--key is not the key of the CSR in %1"_s.arg(path));
    return csr;
}

Result<QList<Pki::Certificate>> certificatesFromOptions(const VerbParser &parser, const QString &option)
{
    const QString path = parser.value(option);
    if (path.isEmpty())
        return QList<Pki::Certificate>();
    const auto bytes = Files::readFile(path);
    if (!bytes)
        return std::unexpected(bytes.error());
    auto certificates = Pki::Certificate::listFromPem(*bytes);
    if (!certificates)
        return failure(certificates.error().code, path);
    return certificates;
}

Result<Pki::Certificate> certificateFromOptions(const VerbParser &parser, const QString &option)
{
    if (!parser.isSet(option))
        return Pki::Certificate();
    const QString path = parser.value(option);
    const auto bytes = Files::readFile(path);
    if (!bytes)
        return std::unexpected(bytes.error());
    auto certificate = Pki::Certificate::fromBytes(*bytes);
    if (!certificate)
        return failure(certificate.error().code, path);
    return certificate;
}

} // namespace Cli
