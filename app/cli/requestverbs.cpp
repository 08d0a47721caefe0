// SPDX-License-Identifier: GPL-3.0-or-later

// scepctl request: the enrollment requests of a workspace. Those that talk to a server are in requestactions.cpp.

#include "app/cli/requestverbs.h"

#include "app/cli/inputs.h"
#include "app/cli/recordtext.h"
#include "app/cli/secretprompt.h"
#include "app/cli/settings.h"
#include "app/cli/workspacesession.h"
#include "models/service/changetext.h"
#include "models/service/deliveryplan.h"
#include "models/service/requeststatus.h"
#include "scep/files/durablefile.h"

using namespace Qt::StringLiterals;
using Models::safeText;
using Pki::ErrorCode;
using Pki::failure;
using Pki::Result;
using Access = Cli::WorkspaceSession::Access;

namespace Cli {

namespace {

void addRequestSettings(VerbParser &parser)
{
    addWorkspaceOptions(parser, true);
    parser.option(u"server"_s, u"Label of the server that issues."_s, u"label"_s);
    addSettings(parser, requestSettings());
    parser.option(u"challenge-file"_s,
                  u"File whose first line is the challenge password; else SCEPTER_CHALLENGE, or typed. Give each device "
                  "one of its own: who knows a common one gets a certificate for any name."_s,
                  u"file"_s);
    parser.option(u"deliver-argument"_s,
                  u"One argument of the program, with {label} {server} {folder} {alias} {key} {cert} {chain} "
                  "{fullchain} {p12} {serial}; may come again."_s,
                  u"text"_s);
    parser.option(u"deliver-p12-password-file"_s, u"File whose first line protects the delivered PKCS#12; else SCEPTER_P12_PASSWORD."_s,
                  u"file"_s);
}

struct RequestInputs {
    RequestDraft draft;
    Pki::SecretBytes challenge;
    Pki::SecretBytes deliveryPassphrase;
    Pki::PrivateKey key;
    Pki::CertificationRequest csr;
};

Result<void> readDelivery(const VerbParser &parser, RequestInputs &inputs)
{
    std::optional<Models::Delivery> &delivery = inputs.draft.delivery;
    if (parser.isSet(u"deliver-argument"_s)) {
        if (!delivery)
            return failure(ErrorCode::InvalidArgument, u"--deliver-argument needs --deliver-to"_s);
        delivery->arguments = parser.values(u"deliver-argument"_s);
        if (delivery->arguments == QStringList{QString()})
            delivery->arguments.clear();
    }
    if (!delivery)
        return {};
    auto passphrase = secretFromOptions(parser, u"deliver-p12-password-file"_s, "SCEPTER_P12_PASSWORD");
    if (!passphrase)
        return std::unexpected(passphrase.error());
    inputs.deliveryPassphrase = std::move(*passphrase);
    return Models::checkDelivery(*delivery);
}

Result<Pki::CertificationRequest> readCsr(const VerbParser &parser)
{
    const QString path = parser.value(u"csr"_s);
    if (path.isEmpty())
        return Pki::CertificationRequest();
    const auto bytes = Files::readFile(path);
    if (!bytes)
        return std::unexpected(bytes.error());
    const auto csr = Pki::CertificationRequest::fromBytes(*bytes);
    if (!csr)
        return failure(csr.error().code, path);
    if (!csr->isSignatureValid())
        return failure(ErrorCode::SignatureInvalid, u"the CSR in %1 is not signed by its own key"_s.arg(path));
    return csr;
}

Result<RequestInputs> readNewRequest(const VerbParser &parser)
{
    RequestInputs inputs;
    auto key = keyFromOptions(parser);
    if (!key)
        return std::unexpected(key.error());
    inputs.key = std::move(*key);
    const auto csr = readCsr(parser);
    if (!csr)
        return std::unexpected(csr.error());
    inputs.csr = *csr;
    if (const auto read = readSettings(parser, requestSettings(), inputs.draft); !read)
        return std::unexpected(read.error());
    Scep::EnrollmentRequest &request = inputs.draft.request;
    if (!csr->isNull()) {
        if (parser.isSet(u"subject"_s) || parser.isSet(u"san"_s))
            return failure(ErrorCode::InvalidArgument, u"--csr already says subject and alternative names"_s);
        if (!inputs.key.isNull() && inputs.key.publicKey() != csr->publicKey())
            return failure(ErrorCode::KeyMismatch, u"--key is not the key of the CSR"_s);
        request.subject = csr->subject();
        request.subjectAlternativeNames = csr->subjectAlternativeNames();
    } else if (request.subject.isEmpty() && request.subjectAlternativeNames.isEmpty()) {
        return failure(ErrorCode::InvalidArgument, u"--subject is missing"_s);
    }
    if (!inputs.key.isNull())
        request.keySpec = inputs.key.spec();
    if (request.label.isEmpty())
        request.label = request.subject.commonName();
    if (request.label.isEmpty())
        return failure(ErrorCode::InvalidArgument, u"--label is missing: the subject has no common name"_s);
    // A CSR of the device holds its challenge, if any: there is nothing to ask for.
    auto challenge = csr->isNull() ? challengeFromOptions(parser) : secretFromOptions(parser, u"challenge-file"_s, "SCEPTER_CHALLENGE");
    if (!challenge)
        return std::unexpected(challenge.error());
    inputs.challenge = std::move(*challenge);
    if (const auto read = readDelivery(parser, inputs); !read)
        return std::unexpected(read.error());
    return inputs;
}

/// Prints the record as it is now.
int tell(WorkspaceSession &session, Scep::RequestId id, const Terminal &terminal, const QJsonObject &more = {})
{
    const auto record = session.store().requestRecord(id);
    if (!record)
        return terminal.fail(record.error(), u"the request"_s);
    const auto labels = session.serverLabels();
    if (!labels)
        return terminal.fail(labels.error(), u"the workspace"_s);
    const auto rule = session.store().deliveryRule(id);
    if (!rule)
        return terminal.fail(rule.error(), requestName(record->request.label));
    const QDateTime now = QDateTime::currentDateTimeUtc();
    const QString server = labels->value(record->request.server);
    const RequestDraft draft{record->request, record->extras, *rule};
    QJsonObject object = toJson(*record, server, now);
    object.insert("settings"_L1, settingsToJson(requestSettings(), draft));
    object.insert("deliverArguments"_L1, toJson(*rule ? (*rule)->arguments : QStringList()));
    ResultLines lines = toLines(*record, server, now);
    lines.append(settingsToLines(requestSettings(), draft));
    if (*rule && !(*rule)->arguments.isEmpty())
        lines.append({u"deliver-argument"_s, safeText((*rule)->arguments.join(u' '))});
    if (record->current) {
        object.insert("certificate"_L1, toJson(record->current->certificate));
        lines.append(toLines(record->current->certificate));
    }
    for (auto each = more.begin(); each != more.end(); ++each)
        object.insert(each.key(), each.value());
    return terminal.done(object, lines);
}

int list(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"request list"_s, u"Lists the enrollment requests of the workspace."_s);
    addWorkspaceOptions(parser, false);
    parser.option(u"server"_s, u"Only those of this server."_s, u"label"_s);
    parser.option(u"tag"_s, u"Only those with this tag."_s, u"text"_s);
    if (const auto ended = parser.parse(arguments, terminal))
        return *ended;
    const auto session = WorkspaceSession::open(parser, Access::Read);
    if (!session)
        return terminal.fail(session.error(), u"the workspace"_s);
    const auto records = (*session)->store().requestRecords();
    const auto labels = (*session)->serverLabels();
    if (!records || !labels)
        return terminal.fail(records ? labels.error() : records.error(), u"the workspace"_s);
    const QDateTime now = QDateTime::currentDateTimeUtc();
    QJsonArray array;
    ResultLines lines;
    for (const Models::RequestRecord &record : *records) {
        const QString server = labels->value(record.request.server);
        if (parser.isSet(u"server"_s) && server != parser.value(u"server"_s))
            continue;
        if (parser.isSet(u"tag"_s) && !record.extras.tags.contains(parser.value(u"tag"_s)))
            continue;
        array.append(toJson(record, server, now));
        lines.append(toLine(record, server, now));
    }
    if (lines.isEmpty())
        lines.append({u"No requests."_s, {}});
    return terminal.done({{"requests"_L1, array}}, lines);
}

int show(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"request show"_s, u"Shows all settings of a request, its certificate and its transaction."_s);
    addWorkspaceOptions(parser, false);
    parser.positional(u"LABEL"_s, u"Label of the request."_s);
    if (const auto ended = parser.parse(arguments, terminal))
        return *ended;
    const auto session = WorkspaceSession::open(parser, Access::Read);
    if (!session)
        return terminal.fail(session.error(), u"the workspace"_s);
    const auto record = (*session)->request(parser.positionals().first());
    if (!record)
        return terminal.fail(record.error(), requestName(parser.positionals().first()));
    return tell(**session, record->request.id, terminal);
}

/// InvalidArgument, naming the request whose delivery writes the same files.
Result<void> checkOthersDeliveries(WorkspaceSession &session, const RequestDraft &draft)
{
    if (!draft.delivery)
        return {};
    const auto records = session.store().requestRecords();
    if (!records)
        return std::unexpected(records.error());
    const auto labels = session.serverLabels();
    if (!labels)
        return std::unexpected(labels.error());
    for (const Models::RequestRecord &record : *records) {
        const auto rule = session.store().deliveryRule(record.request.id);
        if (!rule)
            return std::unexpected(rule.error());
        if (record.request.id != draft.request.id && *rule &&
            Models::overwriteEachOther(*draft.delivery, draft.request.label, labels->value(draft.request.server), **rule,
                                       record.request.label, labels->value(record.request.server)))
            return failure(ErrorCode::InvalidArgument, u"request “%1” delivers files of the same names there"_s.arg(record.request.label));
    }
    return {};
}

/// The draft's parts that are not the request itself.
Result<void> storeRest(Models::Store &store, Scep::RequestId id, const RequestInputs &inputs)
{
    if (const auto kept = store.setRequestExtras(id, inputs.draft.extras); !kept)
        return kept;
    return store.setDeliveryRule(id, inputs.draft.delivery, inputs.deliveryPassphrase.isEmpty() ? nullptr : &inputs.deliveryPassphrase);
}

int add(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"request add"_s, u"Adds what one device should have. scepctl request enroll or the agent gets its certificate."_s);
    addRequestSettings(parser);
    parser.option(u"key"_s, u"Use this private key instead of a new one."_s, u"file"_s);
    parser.option(u"key-passphrase-file|key-password-file"_s, u"File whose first line opens --key."_s, u"file"_s);
    parser.option(u"csr"_s, u"Send this PKCS#10, made by the device, instead of a new one."_s, u"file"_s);
    if (const auto ended = parser.parse(arguments, terminal))
        return *ended;
    if (!parser.isSet(u"server"_s))
        return terminal.fail({ErrorCode::InvalidArgument, u"--server is missing"_s}, u"the command line"_s);
    auto inputs = readNewRequest(parser);
    if (!inputs)
        return terminal.fail(inputs.error(), u"the command line"_s);
    const QString name = requestName(inputs->draft.request.label);
    if (inputs->draft.request.keySpec.isWeak() && inputs->csr.isNull())
        terminal.progress(u"Warning: RSA keys under 2048 bits can be broken; use one only for a device that knows no better."_s);
    const auto session = WorkspaceSession::open(parser, Access::Secrets);
    if (!session)
        return terminal.fail(session.error(), u"the workspace"_s);
    const auto server = (*session)->server(parser.value(u"server"_s));
    if (!server)
        return terminal.fail(server.error(), name);
    inputs->draft.request.server = server->server.id;
    if (const auto alone = checkOthersDeliveries(**session, inputs->draft); !alone)
        return terminal.fail(alone.error(), name);
    Models::Store &store = (*session)->store();
    const auto id = store.addRequest(inputs->draft.request, inputs->challenge, inputs->key, inputs->csr);
    if (!id)
        return terminal.fail(id.error(), name);
    if (const auto stored = storeRest(store, *id, *inputs); !stored)
        return terminal.fail(stored.error(), name);
    return tell(**session, *id, terminal);
}

/// The settings of `before` changed by the command line.
Result<RequestInputs> readEdit(const VerbParser &parser, const RequestDraft &before)
{
    RequestInputs inputs;
    inputs.draft = before;
    if (parser.isSet(u"defaults"_s))
        inputs.draft.request = Scep::withDefaults(inputs.draft.request);
    for (const QString &setting : parser.values(u"reset"_s)) {
        if (const auto reset = resetSetting(requestSettings(), setting, inputs.draft); !reset)
            return std::unexpected(reset.error());
    }
    if (const auto read = readSettings(parser, requestSettings(), inputs.draft); !read)
        return std::unexpected(read.error());
    if (inputs.draft.request.label.isEmpty())
        return failure(ErrorCode::InvalidArgument, u"--label: a label has at least one character"_s);
    if (inputs.draft.request.subject.isEmpty() && inputs.draft.request.subjectAlternativeNames.isEmpty())
        return failure(ErrorCode::InvalidArgument, u"--subject: a request needs a subject or an alternative name"_s);
    if (const auto read = readDelivery(parser, inputs); !read)
        return std::unexpected(read.error());
    auto challenge = secretFromOptions(parser, u"challenge-file"_s, "SCEPTER_CHALLENGE");
    if (!challenge)
        return std::unexpected(challenge.error());
    inputs.challenge = std::move(*challenge);
    return inputs;
}

Result<void> storeEdit(Models::Store &store, const Models::RequestRecord &before, const RequestInputs &inputs, Scep::ChangeEffects effects)
{
    const Scep::RequestId id = before.request.id;
    if (const auto updated = store.updateRequest(inputs.draft.request); !updated)
        return updated;
    if (!inputs.challenge.isEmpty()) {
        if (const auto set = store.setChallenge(id, inputs.challenge); !set)
            return set;
    }
    if (const auto stored = storeRest(store, id, inputs); !stored)
        return stored;
    if (!effects.testFlag(Scep::ChangeEffect::NewEnrollment) || !before.current)
        return {};
    // It begins with whoever works with the workspace next: the agent, or scepctl request retry.
    Scep::TransactionStatus queued;
    queued.request = id;
    queued.state = Scep::TransactionStatus::State::Queued;
    return store.recordStatus(queued);
}

int edit(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"request edit"_s, u"Changes settings of a request; says what that triggers before it does it."_s);
    addRequestSettings(parser);
    parser.option(u"reset"_s, u"Sets this setting back to its default; may come again."_s, u"setting"_s);
    parser.option(u"defaults"_s, u"Sets everything back but label, server, subject, alternative names, notes, tags and delivery."_s);
    parser.option(u"yes"_s, u"Do it without a question."_s);
    parser.positional(u"LABEL"_s, u"Label of the request."_s);
    if (const auto ended = parser.parse(arguments, terminal))
        return *ended;
    const QString name = requestName(parser.positionals().first());
    const bool hasSecrets = parser.isSet(u"challenge-file"_s) || qEnvironmentVariableIsSet("SCEPTER_CHALLENGE") ||
                            parser.isSet(u"deliver-p12-password-file"_s) || qEnvironmentVariableIsSet("SCEPTER_P12_PASSWORD");
    const auto session = WorkspaceSession::open(parser, hasSecrets ? Access::Secrets : Access::Change);
    if (!session)
        return terminal.fail(session.error(), u"the workspace"_s);
    Models::Store &store = (*session)->store();
    const auto record = (*session)->request(parser.positionals().first());
    if (!record)
        return terminal.fail(record.error(), name);
    const auto rule = store.deliveryRule(record->request.id);
    if (!rule)
        return terminal.fail(rule.error(), name);
    const RequestDraft before{record->request, record->extras, *rule};
    auto inputs = readEdit(parser, before);
    if (!inputs)
        return terminal.fail(inputs.error(), u"the command line"_s);
    QStringList changed = changedSettings(requestSettings(), before, inputs->draft);
    if (parser.isSet(u"server"_s)) {
        const auto server = (*session)->server(parser.value(u"server"_s));
        if (!server)
            return terminal.fail(server.error(), name);
        if (server->server.id != before.request.server)
            changed.append(u"server"_s);
        inputs->draft.request.server = server->server.id;
    }
    if (const auto alone = checkOthersDeliveries(**session, inputs->draft); !alone)
        return terminal.fail(alone.error(), name);
    const Scep::ChangeEffects effects = Scep::changeEffects(before.request, inputs->draft.request);
    if (effects.testFlag(Scep::ChangeEffect::NewEnrollment) && record->transaction.isOpen())
        return terminal.fail(
            {ErrorCode::InvalidArgument,
             u"its open transaction asks for what it was: end it first with scepctl request cancel %1"_s.arg(record->request.label)},
            name);
    const QStringList texts = Models::changeTexts(effects);
    for (const QString &text : texts)
        terminal.progress(text);
    if (!texts.isEmpty()) {
        const auto agreed = confirm(parser, u"Change %1?"_s.arg(name));
        if (!agreed)
            return terminal.fail(agreed.error(), name);
        if (!*agreed)
            return terminal.fail({ErrorCode::Cancelled, {}}, name);
    }
    if (const auto stored = storeEdit(store, *record, *inputs, effects); !stored)
        return terminal.fail(stored.error(), name);
    return tell(**session, record->request.id, terminal, {{"changed"_L1, toJson(changed)}, {"effects"_L1, toJson(texts)}});
}

int remove(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"request remove"_s,
                      u"Puts a request with its keys and certificates into the bin, from where scepctl bin restore brings it back."_s);
    addWorkspaceOptions(parser, false);
    parser.positional(u"LABEL"_s, u"Label of the request."_s);
    if (const auto ended = parser.parse(arguments, terminal))
        return *ended;
    const QString name = requestName(parser.positionals().first());
    const auto session = WorkspaceSession::open(parser, Access::Change);
    if (!session)
        return terminal.fail(session.error(), u"the workspace"_s);
    const auto record = (*session)->request(parser.positionals().first());
    if (!record)
        return terminal.fail(record.error(), name);
    const Scep::RequestId id = record->request.id;
    if (const auto removed = (*session)->store().removeRequest(id); !removed)
        return terminal.fail(removed.error(), name);
    return terminal.done({{"label"_L1, record->request.label}, {"id"_L1, id.value}},
                         {{u"Removed"_s, u"%1; bring it back with: scepctl bin restore request %2"_s.arg(name).arg(id.value)}});
}

} // namespace

int runRequestVerb(const QStringList &arguments, const Terminal &terminal)
{
    static const QList<Subverb> subverbs{
        {"list"_L1, list},
        {"show"_L1, show},
        {"add"_L1, add},
        {"edit"_L1, edit},
        {"remove"_L1, remove},
        {"enroll"_L1, runRequestEnroll},
        {"poll"_L1, runRequestPoll},
        {"renew"_L1, runRequestRenew},
        {"cancel"_L1, runRequestCancel},
        {"retry"_L1, runRequestRetry},
        {"deliver"_L1, runRequestDeliver},
    };
    return runSubverb(u"request"_s, subverbs, arguments, terminal);
}

} // namespace Cli
