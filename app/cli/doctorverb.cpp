// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/describe.h"
#include "app/cli/inputs.h"
#include "app/cli/serverexamination.h"
#include "app/cli/verb.h"
#include "models/records/errorname.h"

using namespace Qt::StringLiterals;
using Models::Finding;
using Models::safeText;

namespace Cli {

namespace {

QJsonArray toJson(const QList<Finding> &findings)
{
    QJsonArray array;
    for (const Finding &finding : findings) {
        array.append(QJsonObject{{"severity"_L1, settingName(finding.severity)},
                                 {"id"_L1, finding.id},
                                 {"object"_L1, finding.object},
                                 {"what"_L1, finding.what},
                                 {"why"_L1, finding.why},
                                 {"action"_L1, finding.action}});
    }
    return array;
}

ResultLines toLines(const QList<Finding> &findings)
{
    ResultLines lines;
    for (const Finding &finding : findings) {
        const bool isFine = finding.severity == Finding::Severity::Ok;
        lines.append({settingName(finding.severity), u"%1: %2"_s.arg(finding.object, finding.what)});
        if (isFine)
            continue;
        lines.append({{}, finding.why});
        if (!finding.action.isEmpty())
            lines.append({{}, u"-> "_s + finding.action});
    }
    return lines;
}

} // namespace

int runDoctor(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"doctor"_s, u"Looks a server over and says what is weak, unusual or wrong, why it matters and what to do. Changes "
                                   "nothing there. Only a confirmed CA (--fingerprint or --ca-file) is sent messages."_s);
    parser.positional(u"URL"_s, u"Address of the SCEP server."_s);
    addServerOptions(parser);
    addTrustOptions(parser);
    if (const auto ended = parser.parse(arguments, terminal))
        return *ended;
    auto server = serverFromOptions(parser, parser.positionals().first());
    if (!server)
        return terminal.fail(server.error(), u"the command line"_s);
    const auto anchor = anchorFromOptions(parser);
    if (!anchor)
        return terminal.fail(anchor.error(), u"the command line"_s);
    server->anchor = *anchor;

    const Models::ServerFacts facts = examine(*server);
    const QList<Finding> findings = judge(facts);
    QJsonObject counts;
    for (const auto severity : {Finding::Severity::Ok, Finding::Severity::Notice, Finding::Severity::Warning, Finding::Severity::Problem})
        counts.insert(settingName(severity),
                      static_cast<int>(std::ranges::count(findings, severity, [](const Finding &finding) { return finding.severity; })));
    const QJsonObject details{{"findings"_L1, toJson(findings)}, {"counts"_L1, counts}};
    // Without certificates, or with those of a stranger, there is no examination to speak of.
    if (const auto error = facts.error ? facts.error : facts.trustError) {
        if (!terminal.isJson())
            terminal.print({}, toLines(findings));
        return terminal.fail(exitCode(error->code), Models::errorName(error->code),
                             Models::explain(*error, u"server %1"_s.arg(server->label)), details);
    }
    QJsonObject object = details;
    object.insert("url"_L1, server->url.toString());
    object.insert("isAuthenticated"_L1, anchor->isSet());
    object.insert("capabilities"_L1, Cli::toJson(facts.capabilities.lines()));
    object.insert("openssl"_L1, facts.cryptoLibrary ? facts.cryptoLibrary->version : QString());
    object.insert("notes"_L1, Cli::toJson(facts.notes));
    ResultLines lines = toLines(findings);
    for (const QString &note : facts.notes)
        lines.append({u"note"_s, safeText(note)});
    return terminal.done(object, lines);
}

} // namespace Cli
