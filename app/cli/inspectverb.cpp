// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/describe.h"
#include "app/cli/inputs.h"
#include "app/cli/verb.h"
#include "models/records/errorname.h"
#include "scep/files/durablefile.h"
#include "scep/pki/container.h"
#include "scep/pki/pkcs12.h"

using namespace Qt::StringLiterals;
using Pki::Container;
using Pki::ErrorCode;

namespace Cli {

namespace {

QString kindName(Container::Kind kind, bool isScepMessage)
{
    switch (kind) {
    case Container::Kind::Certificates:
        return u"certificate"_s;
    case Container::Kind::CertificationRequest:
        return u"certification request"_s;
    case Container::Kind::Crl:
        return u"certificate revocation list"_s;
    case Container::Kind::PrivateKey:
        return u"private key"_s;
    case Container::Kind::EncryptedPrivateKey:
        return u"encrypted private key"_s;
    case Container::Kind::CertificateBundle:
        return u"certificate bundle (PKCS#7)"_s;
    case Container::Kind::Pkcs12:
        return u"PKCS#12"_s;
    case Container::Kind::SignedData:
        return isScepMessage ? u"SCEP message"_s : u"signed data (CMS)"_s;
    case Container::Kind::EnvelopedData:
        return u"enveloped data (CMS)"_s;
    case Container::Kind::PublicKey:
        return u"public key"_s;
    case Container::Kind::Mixed:
        return u"several PEM objects"_s;
    }
    return {};
}

/// What a PKCS#12 holds, or that it is locked, added to both forms of the result. A pass phrase that does not open it is an error.
Pki::Result<void> addPkcs12(const Container &container, const Pki::SecretBytes &passphrase, QJsonObject &object, ResultLines &lines,
                            Container &opened)
{
    const auto contents = Pki::fromPkcs12(container.der, passphrase);
    object.insert("isOpened"_L1, contents.has_value());
    if (!contents && contents.error().code != ErrorCode::PassphraseRequired)
        return std::unexpected(contents.error());
    if (!contents) {
        lines.append({u"Contents"_s, u"encrypted: give --passphrase-file to look inside"_s});
        return {};
    }
    opened.key = contents->key;
    opened.certificates = QList{contents->certificate} + contents->others;
    opened.certificates.removeAll(Pki::Certificate());
    object.insert("friendlyName"_L1, contents->friendlyName);
    if (!contents->friendlyName.isEmpty())
        lines.append({u"Friendly name"_s, Models::safeText(contents->friendlyName)});
    return {};
}

/// There is a key, and the pass phrase given did not open it.
bool isWrongPassphrase(const Container &container, bool holdsLockedKey, const Pki::SecretBytes &passphrase)
{
    const bool isKeyFile = container.kind == Container::Kind::EncryptedPrivateKey || container.kind == Container::Kind::PrivateKey;
    return !passphrase.isEmpty() && container.key.isNull() && (isKeyFile || (container.kind == Container::Kind::Mixed && holdsLockedKey));
}

/// The message as a tree, with its inside if the key given opens it. A key that does not open it ends the verb: its exit status.
std::optional<int> addMessage(const Container &container, const Scep::MessageOpener &opener, const QString &path, QJsonObject &object,
                              ResultLines &lines, const Terminal &terminal)
{
    const auto tree = Scep::messageTree(container.der, opener);
    if (!tree)
        return terminal.fail(tree.error(), path);
    if (tree->openingError && tree->openingError->code == ErrorCode::DecryptionFailed) {
        return terminal.fail(ExitCode::Storage, Models::errorName(tree->openingError->code),
                             {.what = u"The key given does not open the envelope in %1."_s.arg(path),
                              .nextStep = u"Look without --key who the recipients are; with several, say --cert too."_s});
    }
    if (tree->openingError)
        return terminal.fail(*tree->openingError, path);
    object.insert("tree"_L1, toJson(tree->root));
    QString heading = u"Message"_s;
    for (const QString &line : Scep::toLines(tree->root)) {
        const QString words = line.trimmed(); // the indentation is ours, the words may be a stranger's
        lines.append({heading, QString(line.indexOf(words), u' ') + Models::safeText(words, 2000)});
        heading.clear();
    }
    if (!tree->contents)
        return std::nullopt;
    QJsonObject contents{{"certificates"_L1, toJson(tree->contents->certificates)}, {"crls"_L1, toJson(tree->contents->crls)}};
    if (!tree->contents->request.isNull())
        contents.insert("request"_L1, toJson(tree->contents->request));
    object.insert("contents"_L1, contents);
    return std::nullopt;
}

} // namespace

int runInspect(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"inspect"_s,
                      u"Tells what is in a file, whatever its name: certificate, CSR, CRL, key, PKCS#7, PKCS#12, SCEP message."_s);
    parser.positional(u"FILE"_s, u"File to look into."_s);
    parser.option(u"passphrase-file"_s, u"File whose first line opens FILE when it is an encrypted key or PKCS#12."_s, u"file"_s);
    parser.option(u"key"_s, u"Private key of a SCEP message's recipient: shows what is inside the envelope."_s, u"file"_s);
    parser.option(u"key-passphrase-file|key-password-file"_s, u"File whose first line opens --key."_s, u"file"_s);
    parser.option(u"cert"_s, u"Certificate of --key, for a message with several recipients or to an EC key."_s, u"file"_s);
    parser.option(u"challenge-file"_s, u"File whose first line opens an envelope made with the challenge."_s, u"file"_s);
    if (const auto ended = parser.parse(arguments, terminal))
        return *ended;

    const QString path = parser.positionals().first();
    auto bytes = Files::readFile(path);
    if (!bytes)
        return terminal.fail(bytes.error(), path);
    const auto passphrase = secretFromOptions(parser, u"passphrase-file"_s, "SCEPTER_KEY_PASSPHRASE");
    if (!passphrase)
        return terminal.fail(passphrase.error(), u"the pass phrase"_s);
    auto container = Pki::readContainer(*bytes, *passphrase);
    const bool holdsLockedKey = bytes->contains("ENCRYPTED"); // in one way or another, in the PEM forms of all programs
    Pki::wipe(*bytes);
    if (!container) // an algorithm in a file is not what somebody asked for on the command line
        return terminal.fail(container.error().code == ErrorCode::UnsupportedAlgorithm ? ExitCode::Storage
                                                                                       : exitCode(container.error().code),
                             Models::errorName(container.error().code), Models::explain(container.error(), path));
    if (isWrongPassphrase(*container, holdsLockedKey, *passphrase))
        return terminal.fail({ErrorCode::WrongPassphrase, {}}, path);

    Scep::MessageOpener opener;
    const auto key = keyFromOptions(parser);
    if (!key)
        return terminal.fail(key.error(), u"the private key"_s);
    opener.key = *key;
    const auto certificate = certificateFromOptions(parser, u"cert"_s);
    if (!certificate)
        return terminal.fail(certificate.error(), u"--cert"_s);
    opener.certificate = *certificate;
    Pki::SecretBytes challenge;
    if (parser.isSet(u"challenge-file"_s)) {
        auto read = Files::readSecretFile(parser.value(u"challenge-file"_s));
        if (!read)
            return terminal.fail(read.error(), u"the challenge"_s);
        challenge = std::move(*read);
        opener.challenge = &challenge;
    }

    const bool isMessage = container->kind == Container::Kind::SignedData || container->kind == Container::Kind::EnvelopedData;
    const auto message = container->kind == Container::Kind::SignedData ? std::optional(Scep::summarise(container->der)) : std::nullopt;
    const bool isScepMessage = message && message->has_value();
    const QString kind = kindName(container->kind, isScepMessage);
    QJsonObject object{{"file"_L1, path}, {"kind"_L1, kind}, {"encoding"_L1, container->encoding}};
    ResultLines lines{{u"File"_s, path}, {u"Kind"_s, u"%1, %2"_s.arg(kind, container->encoding)}};

    if (container->kind == Container::Kind::Pkcs12) {
        if (const auto added = addPkcs12(*container, *passphrase, object, lines, *container); !added)
            return terminal.fail(added.error(), path);
    }
    if (isScepMessage)
        object.insert("message"_L1, toJson(**message));
    if (isMessage) {
        if (const auto ended = addMessage(*container, opener, path, object, lines, terminal))
            return *ended;
    }
    if (!container->key.isNull()) {
        object.insert("key"_L1, container->key.spec().toText());
        lines.append({u"Private key"_s, container->key.spec().displayName()});
    } else if (container->kind == Container::Kind::EncryptedPrivateKey) {
        lines.append({u"Private key"_s, u"encrypted: give --passphrase-file to look inside"_s});
    }
    if (!container->request.isNull()) {
        object.insert("request"_L1, toJson(container->request));
        lines.append(toLines(container->request));
    }
    if (!container->certificates.isEmpty())
        object.insert("certificates"_L1, toJson(container->certificates));
    if (!container->crls.isEmpty())
        object.insert("crls"_L1, toJson(container->crls));
    if (isMessage) // the tree has them
        return terminal.done(object, lines);
    for (const Pki::Certificate &each : container->certificates) {
        lines.emplace_back();
        lines.append(toLines(each));
    }
    for (const Pki::Crl &each : container->crls) {
        lines.emplace_back();
        lines.append(toLines(each));
    }
    return terminal.done(object, lines);
}

} // namespace Cli
