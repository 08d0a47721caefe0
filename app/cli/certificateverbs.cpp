// SPDX-License-Identifier: GPL-3.0-or-later

// scepctl certificate: everything that was issued to the requests of a workspace.

#include "app/cli/certificateverbs.h"

#include "app/cli/enrollmentrun.h"
#include "app/cli/inputs.h"
#include "app/cli/settingparts.h"
#include "models/service/chaintext.h"
#include "models/service/enrollmentfiles.h"

using namespace Qt::StringLiterals;
using Models::safeText;
using Pki::ErrorCode;
using Pki::failure;
using Pki::Result;
using Access = Cli::WorkspaceSession::Access;

namespace Cli {

namespace {

/// The row that `text` names: a number of `certificate list`, or the label of a request, which means its current certificate.
Result<Models::CertificateRow> find(WorkspaceSession &session, const QString &text)
{
    const auto request = session.request(text);
    bool isNumber = false;
    const qint64 number = text.toLongLong(&isNumber);
    const QDateTime now = QDateTime::currentDateTimeUtc();
    Models::CertificateQuery query;
    if (request) {
        query.request = request->request.id;
        query.onlyCurrent = true;
    } else if (isNumber) {
        const auto issued = session.store().certificateWithKey({number});
        if (issued)
            query.request = issued->request;
        else if (issued.error().code != ErrorCode::VaultLocked)
            return failure(ErrorCode::InvalidArgument, u"there is no certificate number %1; see: scepctl certificate list"_s.arg(number));
    } else {
        return failure(ErrorCode::InvalidArgument, u"it is neither a number of scepctl certificate list nor the label of a request"_s);
    }
    for (int offset = 0;;) {
        constexpr int pageSize = 500;
        const auto page = session.store().certificateRows(query, offset, pageSize, now);
        if (!page)
            return std::unexpected(page.error());
        for (const Models::CertificateRow &row : page->rows) {
            if (request || row.id.value == number)
                return row;
        }
        if (page->isLast || page->rows.isEmpty())
            return failure(ErrorCode::InvalidArgument,
                           request ? u"the request has no certificate yet"_s
                                   : u"there is no certificate number %1; see: scepctl certificate list"_s.arg(number));
        offset += static_cast<int>(page->rows.size());
    }
}

/// Without its key.
Result<Scep::IssuedCertificate> issuedOf(WorkspaceSession &session, const Models::CertificateRow &row)
{
    const auto all = session.store().certificates(row.request);
    if (!all)
        return std::unexpected(all.error());
    for (const Scep::IssuedCertificate &issued : *all) {
        if (issued.id == row.id)
            return issued;
    }
    return failure(ErrorCode::InvalidArgument, u"it is no longer there"_s);
}

Result<Models::CertificateQuery> queryFrom(const VerbParser &parser, WorkspaceSession &session, const QDateTime &now)
{
    using Query = Models::CertificateQuery;
    Query query;
    query.text = parser.value(u"text"_s);
    query.onlyCurrent = parser.isSet(u"current"_s);
    if (const auto read = readFilters(parser, session, query); !read)
        return std::unexpected(read.error());
    static const QHash<QString, Query::Validity> validities{{u"any"_s, Query::Validity::Any},
                                                            {u"not-yet-valid"_s, Query::Validity::NotYetValid},
                                                            {u"valid"_s, Query::Validity::Valid},
                                                            {u"expired"_s, Query::Validity::Expired},
                                                            {u"revoked"_s, Query::Validity::Revoked}};
    static const QHash<QString, Query::Order> orders{
        {u"newest"_s, Query::Order::NewestFirst}, {u"subject"_s, Query::Order::BySubject}, {u"expiry"_s, Query::Order::ByExpiry}};
    if (!validities.contains(parser.value(u"state"_s)))
        return failure(ErrorCode::InvalidArgument, u"--state takes any, valid, expired, not-yet-valid or revoked"_s);
    if (!orders.contains(parser.value(u"sort"_s)))
        return failure(ErrorCode::InvalidArgument, u"--sort takes newest, subject or expiry"_s);
    query.validity = validities.value(parser.value(u"state"_s));
    query.order = orders.value(parser.value(u"sort"_s));
    if (parser.isSet(u"expires-within"_s)) {
        const auto days = numberOption(parser, u"expires-within"_s, 0, 36500);
        if (!days)
            return std::unexpected(days.error());
        query.expiresBefore = now.addDays(*days);
    }
    return query;
}

/// The certificate that the verb's first word names.
using RowWork = std::function<int(WorkspaceSession &, const Models::CertificateRow &)>;
int onRow(VerbParser &parser, const Opening &opening, const QStringList &arguments, const Terminal &terminal, const RowWork &work)
{
    parser.positional(u"CERTIFICATE"_s, u"Label of a request (its current one), or a number of certificate list."_s);
    return onWorkspace(parser, opening, arguments, terminal, [&](WorkspaceSession &session) {
        const auto row = find(session, parser.positionals().first());
        return row ? work(session, *row) : terminal.fail(row.error(), certificateName(parser.positionals().first()));
    });
}

int list(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"certificate list"_s, u"Lists the certificates of all requests, also former ones."_s);
    parser.option(u"text"_s, u"Only those with this in subject, label or serial number."_s, u"text"_s);
    parser.option(u"server"_s, u"Only those of this server."_s, u"label"_s);
    parser.option(u"request"_s, u"Only those of this request."_s, u"label"_s);
    parser.option(u"state"_s, u"any, valid, expired, not-yet-valid or revoked (default any)."_s, u"name"_s, u"any"_s);
    parser.option(u"current"_s, u"Only the newest of each request."_s);
    parser.option(u"expires-within"_s, u"Only those that expire within so many days, or have."_s, u"days"_s);
    parser.option(u"sort"_s, u"newest, subject or expiry (default newest)."_s, u"name"_s, u"newest"_s);
    parser.option(u"limit"_s, u"So many at most (default 1000)."_s, u"count"_s, u"1000"_s);
    parser.option(u"offset"_s, u"Leave out so many first (default 0)."_s, u"count"_s, u"0"_s);
    return onWorkspace(parser, {}, arguments, terminal, [&](WorkspaceSession &session) {
        const auto limit = numberOption(parser, u"limit"_s, 1, 1'000'000);
        const auto offset = numberOption(parser, u"offset"_s, 0, 1'000'000'000);
        const QDateTime now = QDateTime::currentDateTimeUtc();
        const auto query = queryFrom(parser, session, now);
        if (!limit || !offset || !query)
            return terminal.fail(!limit ? limit.error() : !offset ? offset.error() : query.error(), u"the command line"_s);
        const auto count = session.store().certificateCount(*query, now);
        const auto page = session.store().certificateRows(*query, *offset, *limit, now);
        const auto labels = session.serverLabels();
        if (!count || !page || !labels)
            return terminal.fail(!count ? count.error() : !page ? page.error() : labels.error(), u"the workspace"_s);
        Listing listing("certificates"_L1);
        for (const Models::CertificateRow &row : page->rows)
            listing.add(toJson(row, labels->value(row.server), now), toLine(row, now));
        return listing.done(terminal, {u"No certificates."_s, {}}, {{"count"_L1, *count}});
    });
}

int show(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"certificate show"_s, u"Shows a certificate with its chain, judged by all of the CA store."_s);
    return onRow(parser, {}, arguments, terminal,
                 [&](WorkspaceSession &session, const Models::CertificateRow &row) { return tellCertificate(session, row, terminal); });
}

/// What people may write beside one certificate.
const QList<Setting<Models::Extras>> &extraSettings()
{
    static const QList<Setting<Models::Extras>> all{
        textSetting<Models::Extras>(u"comment"_s, u"Anything worth knowing."_s, [](auto &extras) -> auto & { return extras.notes; }),
        tagsSetting<Models::Extras>([](auto &extras) -> auto & { return extras.tags; }),
    };
    return all;
}

int edit(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"certificate edit"_s, u"Changes what is written beside a certificate; the certificate itself is what the CA signed, "
                                             "and its label that of its request: scepctl request edit."_s);
    addSettings(parser, extraSettings());
    parser.option(u"reset"_s, u"Sets this setting back; may come again."_s, u"setting"_s);
    return onRow(parser, {Access::Change}, arguments, terminal, [&](WorkspaceSession &session, const Models::CertificateRow &row) {
        const QString name = certificateName(parser.positionals().first());
        const auto before = session.store().certificateExtras(row.id);
        if (!before)
            return terminal.fail(before.error(), name);
        Models::Extras extras = *before;
        for (const QString &setting : parser.values(u"reset"_s)) {
            if (const auto reset = resetSetting(extraSettings(), setting, extras); !reset)
                return terminal.fail(reset.error(), u"--reset %1"_s.arg(setting));
        }
        if (const auto read = readSettings(parser, extraSettings(), extras); !read)
            return terminal.fail(read.error(), u"the command line"_s);
        if (const auto stored = session.store().setCertificateExtras(row.id, extras); !stored)
            return terminal.fail(stored.error(), name);
        return tellCertificate(session, row, terminal);
    });
}

int exportFiles(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"certificate export"_s,
                      u"Writes LABEL.cert.pem, LABEL.chain.pem and LABEL.key.pem, and on demand a PKCS#12 file."_s);
    parser.option(u"out"_s, u"Folder for the PEM files."_s, u"folder"_s);
    parser.option(u"no-key"_s, u"Leave the private key out."_s);
    parser.option(u"key-passphrase-file|key-password-file"_s,
                  u"File whose first line protects LABEL.key.pem (default: in the clear, 0600)."_s, u"file"_s);
    parser.option(u"p12"_s, u"Write key, certificate and chain into this PKCS#12 file."_s, u"file"_s);
    parser.option(u"p12-password-file"_s, u"File whose first line protects the PKCS#12 file; else SCEPTER_P12_PASSWORD, or typed."_s,
                  u"file"_s);
    parser.option(u"p12-style"_s, u"modern (AES-256, SHA-256) or compatible (3DES, SHA-1) for old readers."_s, u"style"_s, u"modern"_s);
    const Opening opening{Access::Read, true};
    return onRow(parser, opening, arguments, terminal, [&](WorkspaceSession &session, const Models::CertificateRow &row) {
        const QString name = certificateName(parser.positionals().first());
        if (!parser.isSet(u"out"_s) && !parser.isSet(u"p12"_s))
            return terminal.fail({ErrorCode::InvalidArgument, u"say where to: --out or --p12"_s}, u"the command line"_s);
        const bool hasKey = !parser.isSet(u"no-key"_s);
        const auto bundle = pkcs12FromOptions(parser);
        if (!bundle)
            return terminal.fail(bundle.error(), u"the command line"_s);
        const auto keyPassphrase = secretFromOptions(parser, u"key-passphrase-file"_s, "SCEPTER_KEY_PASSPHRASE");
        if (!keyPassphrase)
            return terminal.fail(keyPassphrase.error(), u"the pass phrase of the key"_s);
        if (hasKey) {
            if (const auto unlocked = session.unlock(parser); !unlocked)
                return terminal.fail(unlocked.error(), u"the workspace"_s);
        }
        const auto issued = hasKey ? session.store().certificateWithKey(row.id) : issuedOf(session, row);
        if (!issued)
            return terminal.fail(issued.error(), name);
        QStringList files;
        if (parser.isSet(u"out"_s)) {
            const auto written = Models::writeEnrollmentFiles(parser.value(u"out"_s), row.requestLabel, *issued, *keyPassphrase);
            if (!written)
                return terminal.fail(written.error(), parser.value(u"out"_s));
            files = QStringList{written->key, written->certificate, written->chain};
            files.removeAll(QString());
        }
        if (parser.isSet(u"p12"_s)) {
            const QString path = parser.value(u"p12"_s);
            if (const auto written = Models::writePkcs12(path, row.requestLabel, *issued, bundle->pkcs12Password, bundle->pkcs12Style);
                !written)
                return terminal.fail(written.error(), path);
            files.append(path);
        }
        ResultLines lines;
        for (const QString &file : files)
            lines.append({u"File"_s, file});
        return terminal.done({{"id"_L1, row.id.value}, {"files"_L1, toJson(files)}}, lines);
    });
}

int remove(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"certificate remove"_s,
                      u"Puts a certificate with its key into the bin, from where scepctl bin restore brings it back."_s);
    parser.positional(u"NUMBER"_s, u"Number of certificate list."_s);
    return onWorkspace(parser, {Access::Change}, arguments, terminal, [&](WorkspaceSession &session) {
        bool isNumber = false;
        const qint64 number = parser.positionals().first().toLongLong(&isNumber);
        const QString name = certificateName(parser.positionals().first());
        if (!isNumber)
            return terminal.fail({ErrorCode::InvalidArgument, u"it takes a number of scepctl certificate list"_s}, name);
        if (const auto removed = session.store().removeCertificate({number}); !removed)
            return terminal.fail(removed.error(), name);
        return terminal.done({{"id"_L1, number}},
                             {{u"Removed"_s, u"%1; bring it back with: scepctl bin restore certificate %2"_s.arg(name).arg(number)}});
    });
}

} // namespace

int tellCertificate(WorkspaceSession &session, const Models::CertificateRow &row, const Terminal &terminal)
{
    const QString name = certificateName(QString::number(row.id.value));
    const auto issued = issuedOf(session, row);
    if (!issued)
        return terminal.fail(issued.error(), name);
    const QDateTime now = QDateTime::currentDateTimeUtc();
    const auto chain = session.store().chainFor(issued->certificate, now);
    const auto labels = session.serverLabels();
    const auto extras = session.store().certificateExtras(row.id);
    if (!chain || !labels || !extras)
        return terminal.fail(!chain ? chain.error() : !labels ? labels.error() : extras.error(), name);

    QJsonObject object = toJson(row, labels->value(row.server), now);
    object.insert("certificate"_L1, toJson(issued->certificate));
    object.insert("chain"_L1, toJson(chain->issuers()));
    object.insert("chainVerdict"_L1, Models::chainVerdict(*chain));
    object.insert("isTrusted"_L1, chain->isTrusted);
    object.insert("receivedAt"_L1, isoTime(issued->receivedAt));
    object.insert("transactionId"_L1, issued->transactionId);
    object.insert("differences"_L1, toJson(issued->differences));
    object.insert("notes"_L1, toJson(issued->notes));
    object.insert("comment"_L1, extras->notes);
    object.insert("tags"_L1, toJson(extras->tags));
    ResultLines lines{{u"Request"_s, safeText(row.requestLabel)}, {u"Number"_s, QString::number(row.id.value)}};
    lines.append(toLines(issued->certificate));
    if (row.revocation)
        lines.append({u"Revoked"_s, u"%1 %2"_s.arg(isoTime(row.revocation->date), safeText(row.revocation->reason)).trimmed()});
    lines.append({u"Chain"_s, Models::chainVerdict(*chain)});
    lines.append({u"Received"_s, isoTime(issued->receivedAt)});
    lines.append({u"Private key"_s, row.hasKey ? u"in the vault"_s : u"with the device"_s});
    for (const QString &difference : issued->differences)
        lines.append({u"Differs"_s, safeText(difference)});
    lines.append(settingsToLines(extraSettings(), *extras));
    return terminal.done(object, lines);
}

int runCertificateVerb(const QStringList &arguments, const Terminal &terminal)
{
    static const QList<Subverb> subverbs{{"list"_L1, list}, {"show"_L1, show},          {"add"_L1, runCertificateAdd},
                                         {"edit"_L1, edit}, {"export"_L1, exportFiles}, {"remove"_L1, remove}};
    return runSubverb(u"certificate"_s, subverbs, arguments, terminal);
}

} // namespace Cli
