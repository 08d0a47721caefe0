// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/describe.h"
#include "app/cli/inputs.h"
#include "app/cli/serverlook.h"
#include "app/cli/verb.h"
#include "models/records/errorname.h"
#include "models/service/enrollmentfiles.h"

using namespace Qt::StringLiterals;
using Models::safeText;

namespace Cli {

namespace {

/// The certificates as they came, in both forms. Without `roles` every one of them is unused.
QJsonArray describe(const QList<Pki::Certificate> &certificates, const Scep::CaRoles *roles, ResultLines &lines)
{
    QJsonArray array;
    for (const Pki::Certificate &certificate : certificates) {
        const QStringList names = roles ? rolesOf(certificate, *roles) : QStringList{u"unused"_s};
        QJsonObject object = toJson(certificate);
        object.insert("roles"_L1, toJson(names));
        array.append(object);
        lines.emplace_back();
        lines.append({u"Certificate"_s, names.join(u", "_s)});
        lines.append(toLines(certificate));
    }
    return array;
}

/// Nothing can be done with what the server sends; it is shown all the same, for that is what has to be looked at now.
int fail(const Pki::Error &error, const QString &object, const Scep::ServerProbe &probe, const Terminal &terminal)
{
    ResultLines lines;
    const QJsonArray certificates = describe(probe.offered.certificates, nullptr, lines);
    if (!terminal.isJson() && !lines.isEmpty())
        terminal.print({}, lines.sliced(1)); // without the empty line before the first
    return terminal.fail(exitCode(error.code), Models::errorName(error.code), Models::explain(error, object),
                         {{"certificates"_L1, certificates}});
}

int tell(const Scep::ServerProbe &probe, const Scep::CaRoles &roles, bool isAuthenticated, const QStringList &files,
         const Terminal &terminal)
{
    ResultLines lines{
        {u"Capabilities"_s, probe.capabilities.isEmpty() ? u"none announced"_s : safeText(probe.capabilities.lines().join(u", "_s), 2000)},
        {u"Trust"_s, isAuthenticated ? u"the fingerprint or CA file given matches"_s
                                     : u"not checked: compare the SHA-256 fingerprint below with the administrator's"_s}};
    const QJsonArray certificates = describe(probe.offered.certificates, &roles, lines);
    lines.emplace_back();
    for (const QString &reason : roles.reasons)
        lines.append({u"Reason"_s, safeText(reason)});
    for (const QString &note : probe.notes)
        lines.append({u"Note"_s, safeText(note)});
    for (const QString &file : files)
        lines.append({u"File"_s, file});
    QJsonObject object{{"capabilities"_L1, toJson(probe.capabilities.lines())},
                       {"isAuthenticated"_L1, isAuthenticated},
                       {"certificates"_L1, certificates},
                       {"toConfirmSha256"_L1, probe.toConfirm.fingerprint().toHex()},
                       {"reasons"_L1, toJson(roles.reasons)},
                       {"notes"_L1, toJson(probe.notes)},
                       {"files"_L1, toJson(files)}};
    if (probe.clockSkew) {
        object.insert("clockSkewSeconds"_L1, static_cast<qint64>(probe.clockSkew->count()));
        if (std::abs(probe.clockSkew->count()) > 120)
            terminal.progress(u"Warning: the server's clock differs from this machine's by %1 s."_s.arg(probe.clockSkew->count()));
    }
    return terminal.done(object, lines);
}

} // namespace

int runCa(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"ca"_s, u"Shows a server's capabilities and its CA and RA certificates with their roles."_s);
    parser.positional(u"URL"_s, u"Address of the SCEP server."_s);
    addServerOptions(parser);
    addTrustOptions(parser);
    parser.option(u"out"_s, u"Write root.pem, issuing.pem, intermediate-N.pem, ra*.pem into this folder."_s, u"folder"_s);
    if (const auto ended = parser.parse(arguments, terminal))
        return *ended;

    const auto server = serverFromOptions(parser, parser.positionals().first());
    if (!server)
        return terminal.fail(server.error(), u"the command line"_s);
    const auto anchor = anchorFromOptions(parser);
    if (!anchor)
        return terminal.fail(anchor.error(), u"the command line"_s);
    if (parser.isSet(u"out"_s)) {
        if (const auto writable = Models::checkOutputFolder(parser.value(u"out"_s)); !writable)
            return terminal.fail(writable.error(), parser.value(u"out"_s));
    }

    const QString object = u"server %1"_s.arg(server->label);
    const Scep::ServerProbe probe = lookAt(*server);
    if (probe.error)
        return terminal.fail(*probe.error, object);
    const QDateTime now = QDateTime::currentDateTimeUtc();
    Pki::Certificate authenticated = probe.toConfirm;
    if (anchor->isSet()) {
        const auto matched = Scep::authenticate(*anchor, probe.offered, now);
        if (!matched)
            return fail(matched.error(), object, probe, terminal);
        authenticated = *matched;
    }
    const auto roles = Scep::chooseRoles(probe.offered, authenticated, now);
    if (!roles)
        return fail(roles.error(), object, probe, terminal);

    QStringList files;
    if (parser.isSet(u"out"_s)) {
        const auto written = Models::writeCaFiles(parser.value(u"out"_s), *roles);
        if (!written)
            return terminal.fail(written.error(), parser.value(u"out"_s));
        files = *written;
    }
    return tell(probe, *roles, anchor->isSet(), files, terminal);
}

} // namespace Cli
