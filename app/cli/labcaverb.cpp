// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/describe.h"
#include "app/cli/inputs.h"
#include "app/cli/labcaverbs.h"
#include "app/cli/shutdownsignals.h"
#include "app/cli/verb.h"
#include "scep/files/durablefile.h"
#include "scep/labca/httpface.h"

#include <QCoreApplication>

#include <cstdio>

using namespace Qt::StringLiterals;
using Models::safeText;
using Pki::ErrorCode;
using Pki::failure;
using Pki::Result;

namespace Cli {

QJsonObject toJson(const LabCa::Enrollment &enrollment)
{
    QJsonObject object{{"transactionId"_L1, enrollment.transactionId.toText()},
                       {"state"_L1, LabCa::displayName(enrollment.state)},
                       {"receivedAt"_L1, isoTime(enrollment.receivedAt)},
                       {"subject"_L1, enrollment.subject().toText()},
                       {"subjectAlternativeNames"_L1, Pki::toText(enrollment.subjectAlternativeNames())}};
    if (!enrollment.rejectionReason.isEmpty())
        object.insert("rejectionReason"_L1, enrollment.rejectionReason);
    if (!enrollment.certificate.isNull())
        object.insert("serialNumber"_L1, enrollment.certificate.serialNumber().toHex());
    if (enrollment.revocation) {
        object.insert("revokedAt"_L1, isoTime(enrollment.revocation->at));
        object.insert("revocationReason"_L1, enrollment.revocation->reason);
    }
    return object;
}

ResultLines toLines(const LabCa::Enrollment &enrollment)
{
    const QString state = enrollment.revocation ? u"revoked"_s : LabCa::displayName(enrollment.state);
    return {{state, u"%1  %2  %3"_s.arg(enrollment.transactionId.toText(), isoTime(enrollment.receivedAt),
                                        safeText(enrollment.subject().toText()))}};
}

void addFolderOption(VerbParser &parser)
{
    parser.option(u"dir"_s, u"Folder of the Lab CA."_s, u"folder"_s);
}

Result<LabCa::Depot> depotFromOptions(const VerbParser &parser)
{
    const QString folder = parser.value(u"dir"_s);
    if (folder.isEmpty())
        return failure(ErrorCode::InvalidArgument, u"--dir is missing"_s);
    return LabCa::Depot::open(folder);
}

int changeEnrollment(const VerbParser &parser, const Terminal &terminal,
                     const std::function<Result<LabCa::Enrollment>(LabCa::Depot &, const Scep::TransactionId &)> &change)
{
    auto depot = depotFromOptions(parser);
    if (!depot)
        return terminal.fail(depot.error(), u"the Lab CA"_s);
    const QString typed = parser.positionals().first();
    const auto id = depot->resolve(typed);
    if (!id)
        return terminal.fail(id.error(), u"transaction %1"_s.arg(safeText(typed, 64)));
    const auto enrollment = change(*depot, *id);
    if (!enrollment)
        return terminal.fail(enrollment.error(), u"transaction %1"_s.arg(id->toText()));
    return terminal.done(toJson(*enrollment), toLines(*enrollment));
}

namespace {

Result<LabCa::Policy> policyFromOptions(const VerbParser &parser)
{
    LabCa::Policy policy;
    const QString mode = parser.value(u"mode"_s);
    if (mode == "approve"_L1)
        policy.mode = LabCa::Mode::Approve;
    else if (mode != "auto"_L1)
        return failure(ErrorCode::InvalidArgument, u"--mode takes auto or approve"_s);
    auto challenge = secretFromOptions(parser, u"challenge-file"_s, "SCEPTER_CHALLENGE");
    if (!challenge)
        return std::unexpected(challenge.error());
    policy.challenge = std::move(*challenge);
    const auto days = numberOption(parser, u"validity-days"_s, 1, 3650);
    if (!days)
        return std::unexpected(days.error());
    policy.validityDays = *days;
    const auto percent = numberOption(parser, u"renew-after"_s, 0, 99);
    if (!percent)
        return std::unexpected(percent.error());
    policy.renewal.afterPercent = *percent;
    policy.renewal.allowsSameKey = !parser.isSet(u"new-key-on-renewal"_s);
    policy.sendsFullChain = !parser.isSet(u"single-certificate"_s);
    return policy;
}

int serve(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"lab-ca serve"_s,
                      u"Runs the Lab CA until Ctrl-C or SIGTERM. For trying, training and tests only: never a production CA."_s);
    addFolderOption(parser);
    parser.option(u"port"_s, u"Port to listen on (default 0: a free one)."_s, u"number"_s, u"0"_s);
    parser.option(u"address"_s, u"Address to listen on (default 127.0.0.1: this machine only)."_s, u"address"_s, u"127.0.0.1"_s);
    parser.option(u"mode"_s, u"auto: issue at once; approve: pending until lab-ca approve (default auto)."_s, u"mode"_s, u"auto"_s);
    parser.option(u"challenge-file"_s, u"File whose first line is the challenge that requests must carry (default: none needed)."_s,
                  u"file"_s);
    parser.option(u"validity-days"_s, u"Validity of issued certificates (default 365)."_s, u"days"_s, u"365"_s);
    parser.option(u"renew-after"_s, u"Percent of the validity before which a renewal is refused (default 50)."_s, u"percent"_s, u"50"_s);
    parser.option(u"new-key-on-renewal"_s, u"Refuse a renewal that keeps the key."_s);
    parser.option(u"single-certificate"_s, u"GetCACert answers the issuing CA alone instead of the chain."_s);
    parser.option(u"name"_s, u"Name of a new CA (default \"Scepter Lab\")."_s, u"text"_s, u"Scepter Lab"_s);
    if (const auto ended = parser.parse(arguments, terminal))
        return *ended;

    const QString folder = parser.value(u"dir"_s);
    if (folder.isEmpty())
        return terminal.fail({ErrorCode::InvalidArgument, u"--dir is missing"_s}, u"the command line"_s);
    const auto port = numberOption(parser, u"port"_s, 0, 65535);
    if (!port)
        return terminal.fail(port.error(), u"the command line"_s);
    QHostAddress address;
    if (!address.setAddress(parser.value(u"address"_s)))
        return terminal.fail({ErrorCode::InvalidArgument, u"--address takes an IP address"_s}, u"the command line"_s);
    auto policy = policyFromOptions(parser);
    if (!policy)
        return terminal.fail(policy.error(), u"the command line"_s);
    auto depot = LabCa::Depot::openOrCreate(folder, {.name = parser.value(u"name"_s), .keySpec = {}});
    if (!depot)
        return terminal.fail(depot.error(), u"the Lab CA in %1"_s.arg(folder));
    if (!address.isLoopback())
        terminal.progress(u"Warning: %1 is not a loopback address; everybody who reaches it can ask this Lab CA for certificates."_s.arg(
            address.toString()));

    LabCa::Authority authority(*depot, std::move(*policy), &QDateTime::currentDateTimeUtc);
    LabCa::HttpFace face(authority);
    QObject::connect(&face, &LabCa::HttpFace::requestServed, &face, [&terminal](const LabCa::LogEntry &entry) {
        terminal.progress(u"%1 %2 %3 %4: %5"_s.arg(isoTime(entry.at), entry.operation, safeText(entry.transactionId, 64),
                                                   safeText(entry.subject), safeText(entry.outcome)));
    });
    if (const auto listening = face.listen(address, static_cast<quint16>(*port)); !listening)
        return terminal.fail(listening.error(), u"the Lab CA in %1"_s.arg(folder));
    const ShutdownSignals shutdownSignals;
    QObject::connect(&shutdownSignals, &ShutdownSignals::requested, &face, &QCoreApplication::quit);

    const Pki::Fingerprint fingerprint = depot->root().fingerprint();
    terminal.print({{"url"_L1, face.url().toString()},
                    {"mode"_L1, parser.value(u"mode"_s)},
                    {"rootSha256"_L1, fingerprint.toHex()},
                    {"issuingSha256"_L1, depot->issuing().fingerprint().toHex()}},
                   {{u"Lab CA"_s, u"%1 (lab only)"_s.arg(folder)},
                    {u"URL"_s, face.url().toString()},
                    {u"Mode"_s, parser.value(u"mode"_s)},
                    {u"Root SHA-256"_s, fingerprint.toDisplay()}});
    QCoreApplication::exec();
    terminal.progress(u"Lab CA stopped."_s);
    return static_cast<int>(ExitCode::Done);
}

int list(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"lab-ca list"_s, u"Lists the enrollments that the Lab CA knows of, oldest first."_s);
    addFolderOption(parser);
    if (const auto ended = parser.parse(arguments, terminal))
        return *ended;
    const auto depot = depotFromOptions(parser);
    if (!depot)
        return terminal.fail(depot.error(), u"the Lab CA"_s);
    const auto enrollments = depot->enrollments();
    if (!enrollments)
        return terminal.fail(enrollments.error(), u"the Lab CA in %1"_s.arg(depot->folder()));
    QJsonArray array;
    ResultLines lines;
    for (const LabCa::Enrollment &enrollment : *enrollments) {
        array.append(toJson(enrollment));
        lines.append(toLines(enrollment));
    }
    if (lines.isEmpty())
        lines.append({u"No enrollments."_s, {}});
    return terminal.done({{"enrollments"_L1, array}}, lines);
}

int decide(const QStringList &arguments, const Terminal &terminal, bool isApproval)
{
    VerbParser parser(isApproval ? u"lab-ca approve"_s : u"lab-ca reject"_s,
                      isApproval ? u"Approves a pending request; its client gets the certificate at its next poll."_s
                                 : u"Rejects a pending request."_s);
    addFolderOption(parser);
    parser.positional(u"TRANSACTION-ID"_s, u"Transaction identifier, or its beginning; see lab-ca list."_s);
    if (!isApproval)
        parser.option(u"reason"_s, u"Told to the client."_s, u"text"_s, u"rejected by the administrator"_s);
    if (const auto ended = parser.parse(arguments, terminal))
        return *ended;
    return changeEnrollment(parser, terminal, [&](LabCa::Depot &depot, const Scep::TransactionId &id) {
        return isApproval ? depot.approve(id) : depot.reject(id, parser.value(u"reason"_s));
    });
}

} // namespace

int runLabCa(const QStringList &arguments, const Terminal &terminal)
{
    const QString verb = arguments.value(0);
    const QStringList rest = arguments.mid(1);
    if (verb == "serve"_L1)
        return serve(rest, terminal);
    if (verb == "list"_L1)
        return list(rest, terminal);
    if (verb == "approve"_L1)
        return decide(rest, terminal, true);
    if (verb == "reject"_L1)
        return decide(rest, terminal, false);
    if (verb == "revoke"_L1)
        return runLabCaRevoke(rest, terminal);
    if (verb == "crl"_L1)
        return runLabCaCrl(rest, terminal);
    if (verb == "rollover"_L1)
        return runLabCaRollover(rest, terminal);
    if (verb == "--help"_L1 || verb == "-h"_L1) {
        std::puts("Usage: scepctl lab-ca serve|list|approve|reject|revoke|crl|rollover --dir FOLDER [options]\n"
                  "       scepctl lab-ca serve --help");
        return static_cast<int>(ExitCode::Done);
    }
    return terminal.usage(u"lab-ca takes serve, list, approve, reject, revoke, crl or rollover."_s, u"lab-ca"_s);
}

} // namespace Cli
