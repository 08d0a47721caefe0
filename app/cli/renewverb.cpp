// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/enrollmentrun.h"
#include "app/cli/inputs.h"
#include "app/cli/serverlook.h"
#include "app/cli/verb.h"
#include "models/service/enrollmentfiles.h"

#include <QDir>
#include <QFile>

using namespace Qt::StringLiterals;
using Pki::ErrorCode;
using Pki::failure;
using Pki::Result;

namespace Cli {

namespace {

void addRenewalOptions(VerbParser &parser)
{
    parser.option(u"url"_s, u"Address of the SCEP server."_s, u"url"_s);
    addServerOptions(parser);
    addTrustOptions(parser);
    parser.option(u"trust-on-first-use"_s, u"Trust the CA that answers now. Its fingerprint is printed: compare it."_s);
    addAlgorithmOptions(parser, u"http-method"_s);
    parser.option(u"cert"_s, u"The certificate to renew (PEM or DER)."_s, u"file"_s);
    parser.option(u"key"_s, u"Its private key."_s, u"file"_s);
    parser.option(u"key-passphrase-file|key-password-file"_s, u"File whose first line opens --key."_s, u"file"_s);
    parser.option(u"method"_s, u"auto (as the server announces), renewalreq, or pkcsreq signed by the current certificate."_s, u"name"_s,
                  u"auto"_s);
    parser.option(u"reuse-key"_s, u"Keep the key instead of making a new one."_s);
    parser.option(u"key-type"_s, u"Type of the new key: rsa:2048, rsa:3072, rsa:4096 (default: as the current key)."_s, u"type"_s);
    parser.option(u"label"_s, u"Name for the files (default: the common name)."_s, u"text"_s);
    parser.option(u"challenge-file"_s, u"File whose first line is the challenge password, for servers that want one for a renewal too."_s,
                  u"file"_s);
    parser.option(u"send-challenge"_s, u"Put the challenge into the renewal, too, and not only into a new enrollment after it failed."_s);
    addPollOption(parser);
    addOutputOptions(parser);
}

Result<Scep::EnrollmentServer> readServer(const VerbParser &parser)
{
    auto server = polledServerFromOptions(parser, u"http-method"_s);
    if (!server)
        return server;
    const QString method = parser.value(u"method"_s).toLower();
    if (method == "renewalreq"_L1)
        server->renewalMethod = Scep::RenewalMethod::RenewalReq;
    else if (method == "pkcsreq"_L1)
        server->renewalMethod = Scep::RenewalMethod::PkcsReq;
    else if (method != "auto"_L1)
        return failure(ErrorCode::InvalidArgument, u"--method takes auto, renewalreq or pkcsreq"_s);
    server->sendsChallengeOnRenewal = parser.isSet(u"send-challenge"_s);
    return server;
}

/// The certificate to renew and its key, and the pass phrase of that.
Result<std::pair<Scep::Credential, Pki::SecretBytes>> readCurrent(const VerbParser &parser)
{
    for (const QString &option : {u"cert"_s, u"key"_s}) {
        if (!parser.isSet(option))
            return failure(ErrorCode::InvalidArgument, u"--%1 is missing"_s.arg(option));
    }
    const auto certificate = certificateFromOptions(parser, u"cert"_s);
    if (!certificate)
        return std::unexpected(certificate.error());
    auto key = openedKeyFromOptions(parser);
    if (!key)
        return std::unexpected(key.error());
    if (!Pki::belongTogether(key->key, *certificate))
        return failure(ErrorCode::KeyMismatch, u"%1 and %2"_s.arg(parser.value(u"cert"_s), parser.value(u"key"_s)));
    return std::pair(Scep::Credential{*certificate, key->key}, std::move(key->passphrase));
}

/// The same as the certificate at hand says.
Result<Scep::EnrollmentRequest> requestLike(const Scep::Credential &current, const VerbParser &parser)
{
    Scep::EnrollmentRequest request;
    request.id = {1};
    request.server = {1};
    request.subject = current.certificate.subject();
    request.subjectAlternativeNames = current.certificate.subjectAlternativeNames();
    request.profile = current.certificate.templateName();
    request.reusesKeyOnRenewal = parser.isSet(u"reuse-key"_s);
    request.keySpec = current.key.spec();
    if (parser.isSet(u"key-type"_s)) {
        if (request.reusesKeyOnRenewal)
            return failure(ErrorCode::InvalidArgument, u"--reuse-key keeps the key, so --key-type says nothing"_s);
        const auto keySpec = Pki::KeySpec::fromText(parser.value(u"key-type"_s));
        if (!keySpec)
            return std::unexpected(keySpec.error());
        request.keySpec = *keySpec;
    }
    request.label = Models::fileStem(parser.isSet(u"label"_s) ? parser.value(u"label"_s) : request.subject.commonName());
    return request;
}

} // namespace

int runRenew(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"renew"_s, u"Renews a certificate while it is in force: the current one and its key vouch for the new one."_s);
    addRenewalOptions(parser);
    if (const auto ended = parser.parse(arguments, terminal))
        return *ended;

    const QString commandLine = u"the command line"_s;
    auto server = readServer(parser);
    if (!server)
        return terminal.fail(server.error(), commandLine);
    auto read = readCurrent(parser);
    if (!read)
        return terminal.fail(read.error(), u"the certificate to renew"_s);
    auto &[current, passphrase] = *read;
    const auto request = requestLike(current, parser);
    if (!request)
        return terminal.fail(request.error(), commandLine);
    auto challenge = secretFromOptions(parser, u"challenge-file"_s, "SCEPTER_CHALLENGE");
    if (!challenge)
        return terminal.fail(challenge.error(), u"the challenge"_s);
    auto output = outputFromOptions(parser);
    if (!output)
        return terminal.fail(output.error(), commandLine);
    output->label = request->label;
    output->keyPassphrase = passphrase.clone(); // what takes the place of a protected key is protected likewise
    const OutputPlace place(*output);
    if (const auto writable = place.check(); !writable)
        return terminal.fail(writable.error(), u"the output"_s);
    if (current.certificate.notAfter() < QDateTime::currentDateTimeUtc()) {
        return terminal.fail(
            ExitCode::Rejected, u"CertificateExpired"_s,
            {.what = u"The certificate in %1 has expired, and an expired one cannot vouch for anybody."_s.arg(parser.value(u"cert"_s)),
             .nextStep = u"Get a new one with: scepctl enroll."_s});
    }

    const QString file = QDir(output->folder).filePath(Models::FileJournal::fileName(output->label));
    if (QFile::exists(file))
        return failUnfinished(*output, file, terminal);
    if (!server->anchor.isSet()) {
        const auto anchor = anchorOfFirstUse(*server, terminal);
        if (!anchor)
            return terminal.fail(anchor.error(), u"server %1"_s.arg(server->label));
        server->anchor = *anchor;
    }

    OutputWriter writer(*output);
    Models::FileJournal journal(file,
                                {.server = *server,
                                 .request = *request,
                                 .challenge = std::move(*challenge),
                                 .key = {},
                                 .csr = {},
                                 .current = std::move(current),
                                 .keyPassphrase = std::move(passphrase)},
                                [&writer](const Scep::IssuedCertificate &issued) { return writer.write(issued); });
    return runEnrollment(journal, file, *output, writer, terminal);
}

} // namespace Cli
