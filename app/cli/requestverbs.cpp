// SPDX-License-Identifier: GPL-3.0-or-later

// scepctl request: the enrollment requests of a workspace.

#include "app/cli/requestverbs.h"

#include "app/cli/settings.h"
#include "models/service/requeststatus.h"

using namespace Qt::StringLiterals;
using Models::safeText;
using Access = Cli::WorkspaceSession::Access;

namespace Cli {

namespace {

int list(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"request list"_s, u"Lists the enrollment requests of the workspace."_s);
    parser.option(u"server"_s, u"Only those of this server."_s, u"label"_s);
    parser.option(u"tag"_s, u"Only those with this tag."_s, u"text"_s);
    return onWorkspace(parser, {}, arguments, terminal, [&](WorkspaceSession &session) {
        const auto records = session.store().requestRecords();
        const auto labels = session.serverLabels();
        if (!records || !labels)
            return terminal.fail(records ? labels.error() : records.error(), u"the workspace"_s);
        const QDateTime now = QDateTime::currentDateTimeUtc();
        Listing listing("requests"_L1);
        for (const Models::RequestRecord &record : *records) {
            const QString server = labels->value(record.request.server);
            if (parser.isSet(u"server"_s) && server != parser.value(u"server"_s))
                continue;
            if (parser.isSet(u"tag"_s) && !record.extras.tags.contains(parser.value(u"tag"_s)))
                continue;
            listing.add(toJson(record, server, now), toLine(record, server, now));
        }
        return listing.done(terminal, {u"No requests."_s, {}});
    });
}

int show(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"request show"_s, u"Shows all settings of a request, its certificate and its transaction."_s);
    return onRequest(parser, {}, arguments, terminal, [&](WorkspaceSession &session, const Models::RequestRecord &record) {
        return tellRequest(session, record.request.id, terminal);
    });
}

int setEnabled(const QStringList &arguments, const Terminal &terminal, bool isEnabled)
{
    VerbParser parser(isEnabled ? u"request enable"_s : u"request disable"_s,
                      isEnabled
                          ? u"Lets enrollment and renewal of the request begin by themselves again."_s
                          : u"Nothing of the request begins by itself any more, neither enrollment nor renewal; scepctl request enroll "
                            "and renew still do it. An open transaction goes on to its end: scepctl request cancel ends it."_s);
    return onRequest(parser, {Access::Change}, arguments, terminal, [&](WorkspaceSession &session, const Models::RequestRecord &record) {
        Scep::EnrollmentRequest request = record.request;
        request.isEnabled = isEnabled;
        if (const auto updated = session.store().updateRequest(request); !updated)
            return terminal.fail(updated.error(), requestName(request.label));
        return tellRequest(session, request.id, terminal);
    });
}

int resume(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"request continue"_s,
                      u"Puts a refused or cancelled renewal aside: the certificate at hand is renewed by itself again, "
                      "when its rule says so. scepctl request retry tries it now."_s);
    return onRequest(parser, {Access::Change}, arguments, terminal, [&](WorkspaceSession &session, const Models::RequestRecord &record) {
        const QString name = requestName(record.request.label);
        if (!Models::requestStatus(record, QDateTime::currentDateTimeUtc()).actions.testFlag(Models::RequestAction::Continue))
            return terminal.fail({Pki::ErrorCode::NotPossibleNow, u"no renewal of it stands still"_s}, name);
        Scep::TransactionStatus none;
        none.request = record.request.id;
        if (const auto recorded = session.store().recordStatus(none); !recorded)
            return terminal.fail(recorded.error(), name);
        return tellRequest(session, record.request.id, terminal);
    });
}

int remove(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"request remove"_s,
                      u"Puts a request with its keys and certificates into the bin, from where scepctl bin restore brings it back."_s);
    return onRequest(parser, {Access::Change}, arguments, terminal, [&](WorkspaceSession &session, const Models::RequestRecord &record) {
        const QString name = requestName(record.request.label);
        const Scep::RequestId id = record.request.id;
        if (const auto removed = session.store().removeRequest(id); !removed)
            return terminal.fail(removed.error(), name);
        return terminal.done({{"label"_L1, record.request.label}, {"id"_L1, id.value}},
                             {{u"Removed"_s, u"%1; bring it back with: scepctl bin restore request %2"_s.arg(name).arg(id.value)}});
    });
}

} // namespace

int tellRequest(WorkspaceSession &session, Scep::RequestId id, const Terminal &terminal, const QJsonObject &more)
{
    const auto record = session.store().requestRecord(id);
    if (!record)
        return terminal.fail(record.error(), u"the request"_s);
    const QString name = requestName(record->request.label);
    const auto labels = session.serverLabels();
    const auto rule = session.store().deliveryRule(id);
    const auto hasPassword = isStored(session.store().deliveryPassphrase(id));
    if (!labels || !rule || !hasPassword)
        return terminal.fail(!labels ? labels.error() : !rule ? rule.error() : hasPassword.error(), name);
    const QDateTime now = QDateTime::currentDateTimeUtc();
    const QString server = labels->value(record->request.server);
    const RequestDraft draft{record->request, record->extras, *rule};
    QJsonObject object = toJson(*record, server, now);
    object.insert("settings"_L1, settingsToJson(requestSettings(), draft));
    object.insert("deliverArguments"_L1, toJson(*rule ? (*rule)->arguments : QStringList()));
    object.insert("hasDeliverP12Password"_L1, *hasPassword);
    ResultLines lines = toLines(*record, server, now);
    lines.append(settingsToLines(requestSettings(), draft));
    if (*rule && !(*rule)->arguments.isEmpty())
        lines.append({u"deliver-argument"_s, safeText((*rule)->arguments.join(u' '))});
    if (*hasPassword)
        lines.append({u"deliver-p12-password"_s, u"in the vault"_s});
    if (record->current) {
        object.insert("certificate"_L1, toJson(record->current->certificate));
        lines.append(toLines(record->current->certificate));
    }
    for (auto each = more.begin(); each != more.end(); ++each)
        object.insert(each.key(), each.value());
    return terminal.done(object, lines);
}

int runRequestVerb(const QStringList &arguments, const Terminal &terminal)
{
    static const QList<Subverb> subverbs{
        {"list"_L1, list},
        {"show"_L1, show},
        {"add"_L1, runRequestAdd},
        {"edit"_L1, runRequestEdit},
        {"remove"_L1, remove},
        {"enable"_L1, [](const QStringList &words, const Terminal &t) { return setEnabled(words, t, true); }},
        {"disable"_L1, [](const QStringList &words, const Terminal &t) { return setEnabled(words, t, false); }},
        {"enroll"_L1, runRequestEnroll},
        {"poll"_L1, runRequestPoll},
        {"renew"_L1, runRequestRenew},
        {"cancel"_L1, runRequestCancel},
        {"retry"_L1, runRequestRetry},
        {"continue"_L1, resume},
        {"deliver"_L1, runRequestDeliver},
    };
    return runSubverb(u"request"_s, subverbs, arguments, terminal);
}

} // namespace Cli
