// SPDX-License-Identifier: GPL-3.0-or-later

// scepctl request add and edit: what one device should have.

#include "app/cli/inputs.h"
#include "app/cli/requestverbs.h"
#include "app/cli/secretprompt.h"
#include "app/cli/settings.h"
#include "models/service/changetext.h"
#include "models/service/deliveryplan.h"
#include "models/service/devicecsr.h"

using namespace Qt::StringLiterals;
using Pki::ErrorCode;
using Pki::failure;
using Pki::Result;
using Access = Cli::WorkspaceSession::Access;

namespace Cli {

namespace {

constexpr const char *bundleVariable = "SCEPTER_P12_PASSWORD";

void addRequestSettings(VerbParser &parser)
{
    parser.option(u"server"_s, u"Label of the server that issues."_s, u"label"_s);
    addSettings(parser, requestSettings());
    parser.option(u"deliver-argument"_s,
                  u"One argument of the program, with {label} {server} {folder} {alias} {key} {cert} {chain} "
                  "{fullchain} {p12} {serial}; may come again."_s,
                  u"text"_s);
    parser.option(u"deliver-p12-password-file"_s,
                  u"File whose first line protects the delivered PKCS#12; else SCEPTER_P12_PASSWORD, or typed."_s, u"file"_s);
    parser.option(u"key-passphrase-file|key-password-file"_s, u"File whose first line opens --key."_s, u"file"_s);
}

void addChallengeOption(VerbParser &parser, const QString &otherwise)
{
    parser.option(u"challenge-file"_s,
                  u"File whose first line is the challenge password; %1. Give each device one of its own: who knows a common one gets a "
                  "certificate for any name."_s.arg(otherwise),
                  u"file"_s);
}

struct RequestInputs {
    RequestDraft draft;
    std::optional<Pki::SecretBytes> challenge = {};          ///< another one; empty: none any more
    std::optional<Pki::SecretBytes> deliveryPassphrase = {}; ///< another one
    Pki::PrivateKey key = {};
    Pki::CertificationRequest csr = {};
    bool dropsCsr = false; ///< neither CSR nor key any more
};

/// The delivery of `before` as the command line changes it. `hasStored`: a password of the PKCS#12 is in the vault.
Result<void> readDelivery(const VerbParser &parser, const std::optional<Models::Delivery> &before, bool hasStored, RequestInputs &inputs)
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
    auto passphrase = secretFromOptions(parser, u"deliver-p12-password-file"_s, bundleVariable);
    if (!passphrase)
        return std::unexpected(passphrase.error());
    const bool isMissing = delivery->files.testFlag(Models::Delivery::File::Pkcs12) && delivery != before && !hasStored;
    if (passphrase->isEmpty() && isMissing && canPrompt()) {
        passphrase = promptNewSecret(u"Password of the PKCS#12 file that is delivered"_s);
        if (!passphrase)
            return std::unexpected(passphrase.error());
    }
    if (passphrase->isEmpty() && isMissing)
        return failure(ErrorCode::EmptyPassphrase,
                       u"--deliver-files p12 needs a password: --deliver-p12-password-file, or SCEPTER_P12_PASSWORD"_s);
    if (!passphrase->isEmpty())
        inputs.deliveryPassphrase = std::move(*passphrase);
    return Models::checkDelivery(*delivery);
}

/// --key and --csr.
Result<void> readKeyAndCsr(const VerbParser &parser, RequestInputs &inputs)
{
    auto key = keyFromOptions(parser);
    if (!key)
        return std::unexpected(key.error());
    inputs.key = std::move(*key);
    const auto csr = csrFromOptions(parser, inputs.key);
    if (!csr)
        return std::unexpected(csr.error());
    inputs.csr = *csr;
    if (!csr->isNull() && (parser.isSet(u"subject"_s) || parser.isSet(u"san"_s)))
        return failure(ErrorCode::InvalidArgument, u"--csr already says subject and alternative names"_s);
    return {};
}

Result<RequestInputs> readNewRequest(const VerbParser &parser)
{
    RequestInputs inputs;
    if (const auto read = readKeyAndCsr(parser, inputs); !read)
        return std::unexpected(read.error());
    if (const auto read = readSettings(parser, requestSettings(), inputs.draft); !read)
        return std::unexpected(read.error());
    Scep::EnrollmentRequest &request = inputs.draft.request;
    if (!inputs.csr.isNull()) {
        request.subject = inputs.csr.subject();
        request.subjectAlternativeNames = inputs.csr.subjectAlternativeNames();
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
    auto challenge =
        inputs.csr.isNull() ? challengeFromOptions(parser) : secretFromOptions(parser, u"challenge-file"_s, "SCEPTER_CHALLENGE");
    if (!challenge)
        return std::unexpected(challenge.error());
    inputs.challenge = std::move(*challenge);
    if (const auto read = readDelivery(parser, {}, false, inputs); !read)
        return std::unexpected(read.error());
    return inputs;
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

int add(const VerbParser &parser, const Terminal &terminal, WorkspaceSession &session, RequestInputs &inputs)
{
    const QString name = requestName(inputs.draft.request.label);
    const auto server = session.server(parser.value(u"server"_s));
    if (!server)
        return terminal.fail(server.error(), name);
    inputs.draft.request.server = server->server.id;
    if (const auto alone = checkOthersDeliveries(session, inputs.draft); !alone)
        return terminal.fail(alone.error(), name);
    Models::NewRequest added{.request = inputs.draft.request,
                             .key = inputs.key,
                             .csr = inputs.csr,
                             .extras = inputs.draft.extras,
                             .delivery = inputs.draft.delivery};
    if (inputs.challenge)
        added.challenge = std::move(*inputs.challenge);
    if (inputs.deliveryPassphrase)
        added.deliveryPassphrase = std::move(*inputs.deliveryPassphrase);
    const auto id = session.store().addRequest(added);
    if (!id)
        return terminal.fail(id.error(), name);
    return tellRequest(session, *id, terminal);
}

/// Sets one back that is no row of the table of settings, or one that is.
Result<void> resetOne(const QString &setting, RequestInputs &inputs)
{
    if (setting == "challenge"_L1) {
        inputs.challenge = Pki::SecretBytes();
    } else if (setting == "csr"_L1 || setting == "key"_L1) {
        inputs.dropsCsr = true;
    } else if (setting == "deliver-argument"_L1) {
        if (inputs.draft.delivery)
            inputs.draft.delivery->arguments.clear();
    } else if (setting == "server"_L1) {
        return failure(ErrorCode::InvalidArgument, u"there is no server that is the default: give another one with --server"_s);
    } else {
        return resetSetting(requestSettings(), setting, inputs.draft);
    }
    return {};
}

/// The settings of `before` changed by the command line.
Result<RequestInputs> readEdit(const VerbParser &parser, const RequestDraft &before, bool hasStoredPassword)
{
    RequestInputs inputs{.draft = before};
    if (parser.isSet(u"defaults"_s))
        inputs.draft.request = Scep::withDefaults(inputs.draft.request);
    for (const QString &setting : parser.values(u"reset"_s)) {
        if (const auto reset = resetOne(setting, inputs); !reset)
            return failure(reset.error().code, u"--reset %1: %2"_s.arg(setting, reset.error().detail));
    }
    if (const auto read = readSettings(parser, requestSettings(), inputs.draft); !read)
        return std::unexpected(read.error());
    if (inputs.draft.request.label.isEmpty())
        return failure(ErrorCode::InvalidArgument, u"--label: a label has at least one character"_s);
    if (const auto read = readKeyAndCsr(parser, inputs); !read)
        return std::unexpected(read.error());
    const bool hasNames = !inputs.csr.isNull() || !inputs.draft.request.subject.isEmpty();
    if (!hasNames && inputs.draft.request.subjectAlternativeNames.isEmpty())
        return failure(ErrorCode::InvalidArgument, u"--subject: a request needs a subject or an alternative name"_s);
    if (const auto read = readDelivery(parser, before.delivery, hasStoredPassword, inputs); !read)
        return std::unexpected(read.error());
    auto challenge = secretFromOptions(parser, u"challenge-file"_s, "SCEPTER_CHALLENGE");
    if (!challenge)
        return std::unexpected(challenge.error());
    if (!challenge->isEmpty())
        inputs.challenge = std::move(*challenge);
    return inputs;
}

/// What is written, all in one step; and the names of what is another then.
Result<Models::RequestChange> changeFrom(const Models::RequestRecord &record, const RequestDraft &before, RequestInputs &inputs,
                                         QStringList &changed)
{
    Models::RequestChange change{.request = inputs.draft.request, .extras = inputs.draft.extras};
    if (!inputs.csr.isNull() || !inputs.key.isNull()) {
        if (const auto given = Models::addCsr(change, record, inputs.csr, inputs.key); !given)
            return std::unexpected(given.error());
        inputs.draft.request = change.request;
        changed.append(inputs.csr.isNull() ? u"key"_s : u"csr"_s);
    } else if (inputs.dropsCsr && (record.hasProvidedCsr || record.hasProvidedKey)) {
        change.csr = Pki::CertificationRequest();
        change.key = Pki::PrivateKey();
        changed.append(u"csr"_s);
    }
    if (inputs.challenge && (record.hasChallenge || !inputs.challenge->isEmpty())) {
        change.challenge = std::move(*inputs.challenge);
        changed.append(u"challenge"_s);
    }
    if (before.delivery != inputs.draft.delivery || inputs.deliveryPassphrase) {
        change.delivery.emplace();
        change.delivery->rule = inputs.draft.delivery;
        const bool hasRules = before.delivery && inputs.draft.delivery;
        if (hasRules && before.delivery->arguments != inputs.draft.delivery->arguments)
            changed.append(u"deliver-argument"_s);
        if (inputs.deliveryPassphrase) {
            change.delivery->passphrase = std::move(*inputs.deliveryPassphrase);
            changed.append(u"deliver-p12-password"_s);
        }
    }
    if (before.request.server != inputs.draft.request.server)
        changed.append(u"server"_s);
    changed = changedSettings(requestSettings(), before, inputs.draft) + changed;
    return change;
}

int edit(const VerbParser &parser, const Terminal &terminal, WorkspaceSession &session, const Models::RequestRecord &record)
{
    const QString name = requestName(record.request.label);
    Models::Store &store = session.store();
    const auto rule = store.deliveryRule(record.request.id);
    const auto hasPassword = isStored(store.deliveryPassphrase(record.request.id));
    if (!rule || !hasPassword)
        return terminal.fail(rule ? hasPassword.error() : rule.error(), name);
    const RequestDraft before{record.request, record.extras, *rule};
    auto inputs = readEdit(parser, before, *hasPassword);
    if (!inputs)
        return terminal.fail(inputs.error(), u"the command line"_s);
    if (parser.isSet(u"server"_s)) {
        const auto server = session.server(parser.value(u"server"_s));
        if (!server)
            return terminal.fail(server.error(), name);
        inputs->draft.request.server = server->server.id;
    }
    if (const auto alone = checkOthersDeliveries(session, inputs->draft); !alone)
        return terminal.fail(alone.error(), name);
    QStringList changed;
    auto change = changeFrom(record, before, *inputs, changed);
    if (!change)
        return terminal.fail(change.error(), name);
    const Scep::ChangeEffects effects = Scep::changeEffects(before.request, change->request, record.transaction);
    const bool isOther = effects.testFlag(Scep::ChangeEffect::NewEnrollment);
    if (isOther && record.transaction.isOpen())
        return terminal.fail(
            {ErrorCode::NotPossibleNow,
             u"its open transaction asks for what it was: end it first with scepctl request cancel %1"_s.arg(record.request.label)},
            name);
    // It begins with whoever works with the workspace next: the agent, or scepctl request retry.
    change->beginsAnew = isOther && record.current;
    const bool isSecret = (change->challenge && !change->challenge->isEmpty()) || !inputs->csr.isNull() || !inputs->key.isNull() ||
                          (change->delivery && change->delivery->passphrase);
    if (isSecret) {
        if (const auto unlocked = session.unlock(parser); !unlocked)
            return terminal.fail(unlocked.error(), u"the workspace"_s);
    }
    const QStringList texts = Models::changeTexts(effects);
    if (const auto ended = agree(parser, name, texts, terminal))
        return *ended;
    const bool hasCsr = !inputs->csr.isNull() || !inputs->key.isNull();
    const bool beginsAnew = change->beginsAnew;
    if (const auto stored = store.changeRequest(std::move(*change)); !stored)
        return terminal.fail(stored.error(), name);
    if (hasCsr && !beginsAnew) {
        if (const auto forgotten = Models::forgetRefusal(store, record); !forgotten)
            return terminal.fail(forgotten.error(), name);
    }
    return tellRequest(session, record.request.id, terminal, {{"changed"_L1, toJson(changed)}, {"effects"_L1, toJson(texts)}});
}

} // namespace

int runRequestAdd(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"request add"_s, u"Adds what one device should have. scepctl request enroll or the agent gets its certificate."_s);
    addRequestSettings(parser);
    addChallengeOption(parser, u"else SCEPTER_CHALLENGE, or typed"_s);
    parser.option(u"key"_s, u"Use this private key instead of a new one."_s, u"file"_s);
    parser.option(u"csr"_s, u"Send this PKCS#10, made by the device, instead of a new one."_s, u"file"_s);
    return onWorkspace(parser, {Access::Change, true}, arguments, terminal, [&](WorkspaceSession &session) {
        if (!parser.isSet(u"server"_s))
            return terminal.fail({ErrorCode::InvalidArgument, u"--server is missing"_s}, u"the command line"_s);
        auto read = readNewRequest(parser);
        if (!read)
            return terminal.fail(read.error(), u"the command line"_s);
        if (read->draft.request.keySpec.isWeak() && read->csr.isNull())
            terminal.progress(u"Warning: RSA keys under 2048 bits can be broken; use one only for a device that knows no better."_s);
        if (const auto unlocked = session.unlock(parser); !unlocked)
            return terminal.fail(unlocked.error(), u"the workspace"_s);
        return add(parser, terminal, session, *read);
    });
}

int runRequestEdit(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"request edit"_s, u"Changes settings of a request; says what that triggers before it does it."_s);
    addRequestSettings(parser);
    addChallengeOption(parser, u"else SCEPTER_CHALLENGE; else the stored one stays"_s);
    parser.option(u"key"_s, u"The next enrollment or renewal uses this private key instead of a new one."_s, u"file"_s);
    parser.option(u"csr"_s,
                  u"The next enrollment or renewal sends this PKCS#10, made by the device; the request takes its subject and alternative "
                  "names over."_s,
                  u"file"_s);
    parser.option(u"reset"_s,
                  u"Sets this setting back to its default, or challenge, csr, key or deliver-argument to none; may come again."_s,
                  u"setting"_s);
    parser.option(
        u"defaults"_s,
        u"Sets everything back but label, server, subject, alternative names, whether it is enabled, notes, tags and delivery."_s);
    parser.option(u"yes"_s, u"Do it without a question."_s);
    return onRequest(
        parser, {Access::Change, true}, arguments, terminal,
        [&](WorkspaceSession &session, const Models::RequestRecord &record) { return edit(parser, terminal, session, record); });
}

} // namespace Cli
