// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/enrollmentrun.h"
#include "app/cli/inputs.h"
#include "app/cli/serverlook.h"
#include "app/cli/verb.h"
#include "models/service/enrollmentfiles.h"
#include "scep/worker/renewal.h"

#include <QDir>
#include <QFile>

using namespace Qt::StringLiterals;
using Pki::Error;
using Pki::ErrorCode;
using Pki::failure;
using Pki::Result;

namespace Cli {

namespace {

void addRequestOptions(VerbParser &parser)
{
    parser.option(u"url"_s, u"Address of the SCEP server."_s, u"url"_s);
    addServerOptions(parser);
    addTrustOptions(parser);
    parser.option(u"trust-on-first-use"_s, u"Trust the CA that answers now. Its fingerprint is printed: compare it."_s);
    addAlgorithmOptions(parser, u"method"_s);
    parser.option(u"subject"_s, u"Distinguished name, e.g. \"CN=plc-7,O=Lab\"."_s, u"dn"_s);
    parser.option(u"san"_s, u"Alternative names, e.g. DNS:plc-7.lab.example,IP:192.0.2.7."_s, u"list"_s);
    parser.option(u"label"_s, u"Name for the files (default: the common name)."_s, u"text"_s);
    parser.option(u"key-type"_s,
                  u"rsa:2048, rsa:3072, rsa:4096, rsa:1024; with a challenge also ec:P-256, ec:P-384, ec:P-521 (default rsa:2048)."_s,
                  u"type"_s, u"rsa:2048"_s);
    parser.option(u"key"_s, u"Use this private key instead of a new one."_s, u"file"_s);
    parser.option(u"key-passphrase-file|key-password-file"_s, u"File whose first line opens --key."_s, u"file"_s);
    parser.option(u"csr"_s, u"Send this PKCS#10, made by the device, instead of a new one."_s, u"file"_s);
    parser.option(u"profile-name"_s, u"Certificate profile (template name, OID 1.3.6.1.4.1.311.20.2)."_s, u"text"_s);
    parser.option(u"profile-encoding"_s, u"utf8 or bmp (Microsoft CAs) for the profile name."_s, u"name"_s, u"utf8"_s);
    parser.option(u"key-usage"_s, u"Key usage to ask for, e.g. digitalSignature,keyEncipherment."_s, u"list"_s);
    parser.option(u"extended-key-usage"_s, u"Extended key usage to ask for, e.g. clientAuth."_s, u"list"_s);
    parser.option(u"challenge-file"_s, u"File whose first line is the challenge password; else SCEPTER_CHALLENGE, or typed."_s, u"file"_s);
    addPollOption(parser);
    parser.option(u"transaction-id"_s, u"Advanced: the transaction identifier that the server handed out."_s, u"id"_s);
    addOutputOptions(parser);
}

Result<Scep::EnrollmentRequest> readRequest(const VerbParser &parser, const Pki::CertificationRequest &csr)
{
    Scep::EnrollmentRequest request;
    request.id = {1};
    request.server = {1};
    if (csr.isNull()) {
        if (!parser.isSet(u"subject"_s))
            return failure(ErrorCode::InvalidArgument, u"--subject is missing"_s);
        const auto subject = Pki::DistinguishedName::fromText(parser.value(u"subject"_s));
        if (!subject)
            return std::unexpected(subject.error());
        request.subject = *subject;
        const auto names = Pki::subjectAlternativeNamesFromText(parser.value(u"san"_s));
        if (!names)
            return std::unexpected(names.error());
        request.subjectAlternativeNames = *names;
        if (subject->isEmpty() && names->isEmpty())
            return failure(ErrorCode::InvalidDistinguishedName, u"it is empty, and there is no alternative name in its place"_s);
    } else {
        // Signed by the device: nothing can be added to it.
        for (const QString &option :
             {u"subject"_s, u"san"_s, u"key-type"_s, u"profile-name"_s, u"profile-encoding"_s, u"key-usage"_s, u"extended-key-usage"_s}) {
            if (parser.isSet(option))
                return failure(ErrorCode::InvalidArgument,
                               u"--csr is sent as the device made it, so --%1 cannot be put into it"_s.arg(option));
        }
        request.subject = csr.subject();
        request.subjectAlternativeNames = csr.subjectAlternativeNames();
    }
    const auto keySpec = Pki::KeySpec::fromText(parser.value(u"key-type"_s));
    if (!keySpec)
        return std::unexpected(keySpec.error());
    request.keySpec = *keySpec;
    request.profile = parser.value(u"profile-name"_s);
    const QString encoding = parser.value(u"profile-encoding"_s);
    if (encoding == "bmp"_L1)
        request.profileEncoding = Pki::TemplateNameEncoding::BmpString;
    else if (encoding != "utf8"_L1)
        return failure(ErrorCode::InvalidArgument, u"--profile-encoding takes utf8 or bmp"_s);
    if (parser.isSet(u"key-usage"_s)) {
        const auto usage = Pki::keyUsageFromText(parser.value(u"key-usage"_s));
        if (!usage)
            return std::unexpected(usage.error());
        request.keyUsage = *usage;
    }
    if (parser.isSet(u"extended-key-usage"_s)) {
        const auto usage = Pki::extendedKeyUsageFromText(parser.value(u"extended-key-usage"_s));
        if (!usage)
            return std::unexpected(usage.error());
        request.extendedKeyUsage = *usage;
    }
    if (parser.isSet(u"transaction-id"_s)) {
        const auto id = Scep::TransactionId::fromText(parser.value(u"transaction-id"_s));
        if (!id)
            return std::unexpected(id.error());
        request.transactionIdOverride = id->toText();
    }
    const QString label = parser.isSet(u"label"_s) ? parser.value(u"label"_s) : request.subject.commonName();
    request.label = Models::fileStem(label);
    return request;
}

/// The challenge of a new CSR is put into it. A device's CSR holds its own; beside it one only opens the reply to a key that cannot
/// decrypt.
Result<Pki::SecretBytes> readChallenge(const VerbParser &parser, const OpenedKey &key, const Pki::CertificationRequest &csr,
                                       const Terminal &terminal)
{
    if (csr.isNull())
        return challengeFromOptions(parser);
    const bool opensReply = !key.key.isNull() && !key.key.canDecrypt();
    if (!opensReply && parser.isSet(u"challenge-file"_s))
        return failure(ErrorCode::InvalidArgument,
                       u"--challenge-file cannot be put into the CSR of --csr: the device must put the challenge in when it makes it"_s);
    auto challenge = secretFromOptions(parser, u"challenge-file"_s, "SCEPTER_CHALLENGE");
    if (challenge && !challenge->isEmpty() && !csr.hasChallengePassword())
        terminal.progress(u"Warning: the CSR holds no challenge, and the one given cannot be put into it."_s);
    return challenge;
}

} // namespace

int runEnroll(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"enroll"_s, u"Gets a certificate for a device: key, CSR, PKCSReq, polling, files."_s);
    addRequestOptions(parser);
    if (const auto ended = parser.parse(arguments, terminal))
        return *ended;

    // Everything that can be wrong on this side is found before the first byte is sent.
    auto server = polledServerFromOptions(parser, u"method"_s);
    if (!server)
        return terminal.fail(server.error(), u"the command line"_s);
    auto key = openedKeyFromOptions(parser);
    if (!key)
        return terminal.fail(key.error(), u"the private key"_s);
    const auto csr = csrFromOptions(parser, key->key);
    if (!csr)
        return terminal.fail(csr.error(), u"the CSR"_s);
    const auto request = readRequest(parser, *csr);
    if (!request)
        return terminal.fail(request.error(), u"the command line"_s);
    auto challenge = readChallenge(parser, *key, *csr, terminal);
    if (!challenge)
        return terminal.fail(challenge.error(), u"the challenge"_s);
    const bool isNewKey = key->key.isNull() && csr->isNull();
    const bool isMute = isNewKey ? request->keySpec.algorithm == Pki::KeySpec::Algorithm::Ec : !key->key.isNull() && !key->key.canDecrypt();
    if (isMute && challenge->isEmpty())
        return terminal.fail({ErrorCode::UnsupportedAlgorithm, Scep::noReplyWithoutChallenge()}, u"the key"_s);
    auto output = outputFromOptions(parser);
    if (!output)
        return terminal.fail(output.error(), u"the command line"_s);
    output->label = request->label;
    output->keyPassphrase = key->passphrase.clone(); // the files outlive the transaction, each is written under it
    const OutputPlace place(*output);
    if (const auto writable = place.check(); !writable)
        return terminal.fail(writable.error(), u"the output"_s);
    if (request->keySpec.isWeak() && isNewKey)
        terminal.progress(u"Warning: RSA keys under 2048 bits can be broken; use one only for a device that knows no better."_s);

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
                                 .key = key->key,
                                 .csr = *csr,
                                 .keyPassphrase = std::move(key->passphrase)},
                                [&writer](const Scep::IssuedCertificate &issued) { return writer.write(issued); });
    return runEnrollment(journal, file, *output, writer, terminal);
}

} // namespace Cli
