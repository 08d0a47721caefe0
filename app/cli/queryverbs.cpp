// SPDX-License-Identifier: GPL-3.0-or-later

// get-cert, get-crl and next-ca: questions that change nothing at the server.

#include "app/cli/describe.h"
#include "app/cli/inputs.h"
#include "app/cli/serverlook.h"
#include "app/cli/verb.h"
#include "models/records/errorname.h"
#include "models/service/enrollmentfiles.h"
#include "scep/files/durablefile.h"

using namespace Qt::StringLiterals;
using Models::safeText;
using Pki::Error;
using Pki::ErrorCode;
using Pki::failure;
using Pki::Result;

namespace Cli {

namespace {

void addQueryOptions(VerbParser &parser)
{
    parser.positional(u"URL"_s, u"Address of the SCEP server."_s);
    addServerOptions(parser);
    addTrustOptions(parser);
    parser.option(u"trust-on-first-use"_s, u"Trust the CA that answers now. Its fingerprint is printed: compare it."_s);
    addAlgorithmOptions(parser, u"method"_s);
}

/// Which certificate is meant, and who asks.
void addSubjectOptions(VerbParser &parser)
{
    parser.option(u"cert"_s, u"Certificate (PEM or DER) that is meant."_s, u"file"_s);
    parser.option(u"serial"_s, u"Serial number (hex) of the certificate that is meant, instead of --cert."_s, u"hex"_s);
    parser.option(u"issuer"_s, u"With --serial: name of its issuer (default: the server's issuing CA)."_s, u"dn"_s);
    parser.option(u"signer-cert"_s, u"Certificate that signs the question (default: a throw-away one, which not every server takes)."_s,
                  u"file"_s);
    parser.option(u"key"_s, u"Private key of --signer-cert."_s, u"file"_s);
    parser.option(u"key-passphrase-file|key-password-file"_s, u"File whose first line opens --key."_s, u"file"_s);
}

Result<Scep::EnrollmentServer> serverOfQuery(const VerbParser &parser, const Terminal &terminal)
{
    auto server = confirmedServerFromOptions(parser, parser.positionals().first(), u"method"_s);
    if (!server || server->anchor.isSet())
        return server;
    const auto anchor = anchorOfFirstUse(*server, terminal);
    if (!anchor)
        return std::unexpected(anchor.error());
    server->anchor = *anchor;
    return server;
}

/// What the command line says by itself; an empty issuer means the server's issuing CA.
Result<Scep::ServerQuery> queryFromOptions(const VerbParser &parser, Scep::ServerQuery::Kind kind)
{
    Scep::ServerQuery query;
    query.kind = kind;
    if (parser.isSet(u"cert"_s) == parser.isSet(u"serial"_s))
        return failure(ErrorCode::InvalidArgument, u"say which certificate is meant: --cert or --serial"_s);
    const auto certificate = certificateFromOptions(parser, u"cert"_s);
    if (!certificate)
        return std::unexpected(certificate.error());
    if (!certificate->isNull()) {
        query.about = certificate->issuerAndSerialNumber();
    } else {
        const auto serial = Pki::SerialNumber::fromHex(parser.value(u"serial"_s));
        if (!serial)
            return std::unexpected(serial.error());
        query.about.serialNumber = *serial;
    }
    if (parser.isSet(u"issuer"_s)) {
        if (!certificate->isNull())
            return failure(ErrorCode::InvalidArgument, u"--cert already says the issuer"_s);
        const auto issuer = Pki::DistinguishedName::fromText(parser.value(u"issuer"_s));
        if (!issuer)
            return std::unexpected(issuer.error());
        query.about.issuer = *issuer;
    }
    if (parser.isSet(u"signer-cert"_s) != parser.isSet(u"key"_s))
        return failure(ErrorCode::InvalidArgument, u"--signer-cert and --key go together"_s);
    const auto signer = certificateFromOptions(parser, u"signer-cert"_s);
    if (!signer)
        return std::unexpected(signer.error());
    const auto key = keyFromOptions(parser);
    if (!key)
        return std::unexpected(key.error());
    if (!signer->isNull() && !Pki::belongTogether(*key, *signer))
        return failure(ErrorCode::KeyMismatch, u"--key is not the key of --signer-cert"_s);
    query.credential = {*signer, *key};
    return query;
}

int failQuery(const Scep::QueryResult &result, const QString &object, const Terminal &terminal)
{
    if (!result.rejection)
        return terminal.fail(result.error.value_or(Error{ErrorCode::Internal, {}}), object);
    return terminal.fail(ExitCode::Rejected, Models::errorName(ErrorCode::Rejected), Models::explain(*result.rejection, object),
                         {{"failInfo"_L1, result.rejection->failInfoNumber}, {"failInfoText"_L1, result.rejection->failInfoText}});
}

void addNotes(const QStringList &notes, QJsonObject &object, ResultLines &lines)
{
    object.insert("notes"_L1, toJson(notes));
    for (const QString &note : notes)
        lines.append({u"Note"_s, safeText(note)});
}

/// Writes `bytes` where --out says, if it does. The path, or an empty text.
Result<QString> writeOut(const VerbParser &parser, const QByteArray &bytes)
{
    QString path = parser.value(u"out"_s);
    if (path.isEmpty())
        return path;
    if (const auto written = Files::writeDurably(path, bytes, Files::FileAccess::Readable); !written)
        return std::unexpected(written.error());
    return path;
}

struct Asked {
    Scep::EnrollmentServer server;
    Scep::ServerQuery query;
    Scep::QueryResult result;
};

/// The common way of get-cert and get-crl from the command line to an answer, or the exit status of what went wrong.
std::expected<Asked, int> askFromOptions(const VerbParser &parser, Scep::ServerQuery::Kind kind, const Terminal &terminal)
{
    const QString commandLine = u"the command line"_s;
    auto query = queryFromOptions(parser, kind);
    if (!query)
        return std::unexpected(terminal.fail(query.error(), commandLine));
    const auto server = serverOfQuery(parser, terminal);
    if (!server)
        return std::unexpected(terminal.fail(server.error(), commandLine));
    const QString object = u"server %1"_s.arg(server->label);
    if (query->about.issuer.isEmpty()) {
        const auto roles = confirmedRoles(*server, lookAt(*server));
        if (!roles)
            return std::unexpected(terminal.fail(roles.error(), object));
        query->about.issuer = roles->issuing.subject();
    }
    Scep::QueryResult result = ask(*server, *query);
    if (result.error)
        return std::unexpected(failQuery(result, object, terminal));
    return Asked{*server, *std::move(query), std::move(result)};
}

} // namespace

int runGetCert(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"get-cert"_s, u"Fetches a certificate that the CA issued, by issuer and serial number (GetCert, RFC 8894 3.3.4)."_s);
    addQueryOptions(parser);
    addSubjectOptions(parser);
    parser.option(u"out"_s, u"Write the certificate (PEM) into this file."_s, u"file"_s);
    if (const auto ended = parser.parse(arguments, terminal))
        return *ended;
    const auto asked = askFromOptions(parser, Scep::ServerQuery::Kind::Certificate, terminal);
    if (!asked)
        return asked.error();

    const Pki::Certificate certificate = asked->result.certificates.value(0);
    const auto file = writeOut(parser, certificate.toPem());
    if (!file)
        return terminal.fail(file.error(), parser.value(u"out"_s));
    QJsonObject object = toJson(certificate);
    object.insert("chain"_L1, toJson(asked->result.certificates.mid(1)));
    object.insert("file"_L1, *file);
    ResultLines lines = toLines(certificate);
    for (const Pki::Certificate &issuer : asked->result.certificates.mid(1))
        lines.append({u"Chain"_s, safeText(issuer.subject().toText())});
    addNotes(asked->result.notes, object, lines);
    if (!file->isEmpty())
        lines.append({u"File"_s, *file});
    return terminal.done(object, lines);
}

int runGetCrl(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"get-crl"_s,
                      u"Fetches the revocation list that covers a certificate and looks it up there (GetCRL, RFC 8894 3.3.4)."_s);
    addQueryOptions(parser);
    addSubjectOptions(parser);
    parser.option(u"out"_s, u"Write the revocation list (PEM) into this file."_s, u"file"_s);
    if (const auto ended = parser.parse(arguments, terminal))
        return *ended;
    const auto asked = askFromOptions(parser, Scep::ServerQuery::Kind::Crl, terminal);
    if (!asked)
        return asked.error();

    QByteArray pem;
    ResultLines lines;
    std::optional<Pki::RevokedCertificate> revoked;
    for (const Pki::Crl &crl : asked->result.crls) {
        pem += crl.toPem();
        lines.append(toLines(crl));
        if (const auto entry = crl.find(asked->query.about.serialNumber))
            revoked = entry;
    }
    const auto file = writeOut(parser, pem);
    if (!file)
        return terminal.fail(file.error(), parser.value(u"out"_s));
    QJsonObject object{{"serialNumber"_L1, asked->query.about.serialNumber.toHex()},
                       {"isRevoked"_L1, revoked.has_value()},
                       {"crls"_L1, toJson(asked->result.crls)},
                       {"file"_L1, *file}};
    lines.prepend({u"Certificate"_s, revoked ? u"%1 was REVOKED at %2 %3"_s.arg(revoked->serialNumber.toDisplay(),
                                                                                isoTime(revoked->revocationDate), revoked->reason)
                                             : u"%1 is not revoked"_s.arg(asked->query.about.serialNumber.toDisplay())});
    addNotes(asked->result.notes, object, lines);
    if (!file->isEmpty())
        lines.append({u"File"_s, *file});
    return terminal.done(object, lines);
}

int runNextCa(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"next-ca"_s,
                      u"Asks which CA will follow the current one, and checks that the current one says so (GetNextCACert)."_s);
    addQueryOptions(parser);
    parser.option(u"out"_s, u"Write root.pem, issuing.pem, intermediate-N.pem, ra*.pem of the next CA into this folder."_s, u"folder"_s);
    if (const auto ended = parser.parse(arguments, terminal))
        return *ended;
    const auto server = serverOfQuery(parser, terminal);
    if (!server)
        return terminal.fail(server.error(), u"the command line"_s);
    if (parser.isSet(u"out"_s)) {
        if (const auto writable = Models::checkOutputFolder(parser.value(u"out"_s)); !writable)
            return terminal.fail(writable.error(), parser.value(u"out"_s));
    }
    Scep::ServerQuery query;
    query.kind = Scep::ServerQuery::Kind::NextCa;
    const Scep::QueryResult result = ask(*server, query);
    if (result.error)
        return failQuery(result, u"server %1"_s.arg(server->label), terminal);

    QJsonObject object{{"hasNextCa"_L1, result.nextCa.has_value()}};
    ResultLines lines;
    QJsonArray certificates;
    QStringList files;
    if (!result.nextCa) {
        lines.append({u"Next CA"_s, u"none is announced"_s});
    } else {
        const Scep::NextCa &next = *result.nextCa;
        object.insert("isUnderAnchor"_L1, next.isUnderAnchor);
        lines.append({u"Next CA"_s, safeText(next.roles.issuing.subject().toText())});
        lines.append({u"In force"_s, u"from %1"_s.arg(isoTime(next.roles.issuing.notBefore()))});
        lines.append({u"Trust"_s, next.isUnderAnchor
                                      ? u"signed by the current CA and under the same root"_s
                                      : u"signed by the current CA, but under a NEW root: compare its fingerprint before it takes over"_s});
        for (const Pki::Certificate &certificate : next.offered.certificates) {
            QJsonObject each = toJson(certificate);
            const QStringList names = rolesOf(certificate, next.roles);
            each.insert("roles"_L1, toJson(names));
            certificates.append(each);
            lines.emplace_back();
            lines.append({u"Certificate"_s, names.join(u", "_s)});
            lines.append(toLines(certificate));
        }
        if (parser.isSet(u"out"_s)) {
            const auto written = Models::writeCaFiles(parser.value(u"out"_s), next.roles);
            if (!written)
                return terminal.fail(written.error(), parser.value(u"out"_s));
            files = *written;
        }
    }
    object.insert("certificates"_L1, certificates);
    object.insert("files"_L1, toJson(files));
    addNotes(result.notes, object, lines);
    for (const QString &file : files)
        lines.append({u"File"_s, file});
    return terminal.done(object, lines);
}

} // namespace Cli
