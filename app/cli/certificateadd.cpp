// SPDX-License-Identifier: GPL-3.0-or-later

// scepctl certificate add: a certificate that was got elsewhere, to be kept, delivered and renewed from here on.

#include "app/cli/certificateverbs.h"
#include "app/cli/inputs.h"
#include "app/cli/secretprompt.h"
#include "scep/files/durablefile.h"
#include "scep/pki/certificatechain.h"
#include "scep/pki/container.h"
#include "scep/pki/pkcs12.h"

using namespace Qt::StringLiterals;
using Models::safeText;
using Pki::ErrorCode;
using Pki::failure;
using Pki::Result;
using Access = Cli::WorkspaceSession::Access;

namespace Cli {

namespace {

/// What the files hold.
struct Given {
    Pki::Certificate certificate;
    QList<Pki::Certificate> others; ///< its issuers, perhaps
    Pki::PrivateKey key;            ///< null: the device has it
};

Result<void> readPkcs12(const VerbParser &parser, const QString &path, const QByteArray &der, Given &given)
{
    auto password = secretFromOptions(parser, u"p12-password-file"_s, "SCEPTER_P12_PASSWORD");
    if (password && password->isEmpty() && canPrompt())
        password = promptSecret(u"Password of %1"_s.arg(path));
    if (!password)
        return std::unexpected(password.error());
    const auto contents = Pki::fromPkcs12(der, *password);
    if (!contents)
        return failure(contents.error().code, path);
    given = {contents->certificate, contents->others, contents->key};
    return {};
}

Result<Given> readGiven(const VerbParser &parser)
{
    const QString path = parser.positionals().first();
    auto bytes = Files::readFile(path);
    if (!bytes)
        return std::unexpected(bytes.error());
    auto passphrase = secretFromOptions(parser, u"key-passphrase-file"_s, "SCEPTER_KEY_PASSPHRASE");
    if (!passphrase)
        return std::unexpected(passphrase.error());
    auto container = Pki::readContainer(*bytes, *passphrase);
    Pki::wipe(*bytes);
    if (!container)
        return failure(container.error().code, path);
    Given given;
    if (container->kind == Pki::Container::Kind::Pkcs12) {
        if (const auto read = readPkcs12(parser, path, container->der, given); !read)
            return std::unexpected(read.error());
    } else {
        given.others = container->certificates;
        given.key = container->key;
    }
    if (parser.isSet(u"key"_s)) {
        auto key = keyFromOptions(parser);
        if (!key)
            return std::unexpected(key.error());
        given.key = *key;
    }
    if (given.certificate.isNull() && !given.others.isEmpty()) {
        // The device's certificate: the one of the key, else the first.
        qsizetype own = 0;
        for (qsizetype i = 0; i < given.others.size(); ++i) {
            if (!given.key.isNull() && Pki::belongTogether(given.key, given.others.at(i)))
                own = i;
        }
        given.certificate = given.others.takeAt(own);
    }
    if (given.certificate.isNull())
        return failure(ErrorCode::NotRecognised, u"%1 holds no certificate"_s.arg(path));
    if (!given.key.isNull() && !Pki::belongTogether(given.key, given.certificate))
        return failure(ErrorCode::KeyMismatch, path);
    if (given.certificate.isCa())
        return failure(ErrorCode::InvalidArgument, u"%1 is a CA certificate: that is scepctl ca-store add"_s.arg(path));
    return given;
}

/// InvalidArgument when it is kept already.
Result<void> checkNew(WorkspaceSession &session, const Pki::Certificate &certificate)
{
    Models::CertificateQuery query;
    query.text = certificate.serialNumber().toHex();
    const auto page = session.store().certificateRows(query, 0, 1000, QDateTime::currentDateTimeUtc());
    if (!page)
        return std::unexpected(page.error());
    for (const Models::CertificateRow &row : page->rows) {
        const auto issued = session.store().certificates(row.request);
        if (!issued)
            return std::unexpected(issued.error());
        for (const Scep::IssuedCertificate &each : *issued) {
            if (each.certificate == certificate)
                return failure(ErrorCode::NotPossibleNow,
                               u"it is there already, as number %1 of request “%2”"_s.arg(each.id.value).arg(row.requestLabel));
        }
    }
    return {};
}

/// A request that asks for what the certificate says. Disabled, until its certificate is there: else it would be enrolled.
Result<Scep::EnrollmentRequest> addRequest(const VerbParser &parser, WorkspaceSession &session, const Given &given)
{
    const auto server = session.server(parser.value(u"server"_s));
    if (!server)
        return std::unexpected(server.error());
    Models::NewRequest added;
    Scep::EnrollmentRequest &request = added.request;
    request.server = server->server.id;
    request.subject = given.certificate.subject();
    request.subjectAlternativeNames = given.certificate.subjectAlternativeNames();
    request.profile = given.certificate.templateName();
    request.label = parser.isSet(u"label"_s) ? parser.value(u"label"_s) : request.subject.commonName();
    request.isEnabled = false;
    if (!given.key.isNull())
        request.keySpec = given.key.spec();
    if (request.label.isEmpty())
        return failure(ErrorCode::InvalidArgument, u"--label is missing: the subject has no common name"_s);
    const auto id = session.store().addRequest(added);
    if (!id)
        return std::unexpected(id.error());
    request.id = *id;
    return request;
}

Result<Scep::EnrollmentRequest> requestFor(const VerbParser &parser, WorkspaceSession &session, const Given &given)
{
    if (!parser.isSet(u"request"_s))
        return addRequest(parser, session, given);
    const auto record = session.request(parser.value(u"request"_s));
    if (!record)
        return std::unexpected(record.error());
    return record->request;
}

Result<Models::CertificateRow> add(const VerbParser &parser, WorkspaceSession &session, const Given &given)
{
    if (const auto isNew = checkNew(session, given.certificate); !isNew)
        return std::unexpected(isNew.error());
    const QDateTime now = QDateTime::currentDateTimeUtc();
    const auto chain = session.store().chainFor(given.certificate, now);
    if (!chain)
        return std::unexpected(chain.error());
    const auto request = requestFor(parser, session, given);
    if (!request)
        return std::unexpected(request.error());
    Scep::IssuedCertificate issued;
    issued.request = request->id;
    issued.server = request->server;
    issued.certificate = given.certificate;
    issued.issuers = chain->isTrusted ? chain->issuers() : Pki::buildChain(given.certificate, given.others, {}, now).issuers();
    issued.key = given.key;
    issued.receivedAt = now;
    issued.notes = QStringList{u"added by hand"_s};
    const auto ids = session.store().addCertificates({issued});
    if (!ids)
        return std::unexpected(ids.error());
    if (!parser.isSet(u"request"_s) && !parser.isSet(u"disabled"_s)) {
        Scep::EnrollmentRequest enabled = *request;
        enabled.isEnabled = true;
        if (const auto updated = session.store().updateRequest(enabled); !updated)
            return std::unexpected(updated.error());
    }
    Models::CertificateQuery query;
    query.request = request->id;
    const auto page = session.store().certificateRows(query, 0, 1000, now);
    if (!page)
        return std::unexpected(page.error());
    for (const Models::CertificateRow &row : page->rows) {
        if (row.id == ids->first())
            return row;
    }
    return failure(ErrorCode::Internal, u"the certificate is not in the list"_s);
}

} // namespace

int runCertificateAdd(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"certificate add"_s,
                      u"Takes in a certificate that was got elsewhere, with its key if that is at hand: into the history of a request, or "
                      "with a new request for it. It becomes the current one where there is none, and is renewed by the request's rule."_s);
    parser.option(u"request"_s, u"The request it belongs to."_s, u"label"_s);
    parser.option(u"server"_s, u"Make a request for it, at this server."_s, u"label"_s);
    parser.option(u"label"_s, u"Name of that new request (default: the common name)."_s, u"text"_s);
    parser.option(u"disabled"_s, u"The new request does nothing by itself: scepctl request enable."_s);
    parser.option(u"key"_s, u"Its private key, unless FILE holds it; none: the device has it."_s, u"file"_s);
    parser.option(u"key-passphrase-file|key-password-file"_s, u"File whose first line opens --key, or the key in FILE."_s, u"file"_s);
    parser.option(u"p12-password-file"_s, u"File whose first line opens a PKCS#12; else SCEPTER_P12_PASSWORD, or typed."_s, u"file"_s);
    parser.positional(u"FILE"_s, u"The certificate: PEM, DER, PKCS#7 or PKCS#12, perhaps with key and issuers."_s);
    return onWorkspace(parser, {Access::Change, true}, arguments, terminal, [&](WorkspaceSession &session) {
        if (parser.isSet(u"request"_s) == parser.isSet(u"server"_s))
            return terminal.fail({ErrorCode::InvalidArgument, u"give either --request, or --server for a new one"_s},
                                 u"the command line"_s);
        const auto given = readGiven(parser);
        if (!given)
            return terminal.fail(given.error(), u"the certificate"_s);
        const QString name = certificateName(given->certificate.subject().toText());
        if (!given->key.isNull()) {
            if (const auto unlocked = session.unlock(parser); !unlocked)
                return terminal.fail(unlocked.error(), u"the workspace"_s);
        }
        const auto row = add(parser, session, *given);
        return row ? tellCertificate(session, *row, terminal) : terminal.fail(row.error(), name);
    });
}

} // namespace Cli
