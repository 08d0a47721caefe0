// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/describe.h"
#include "app/cli/labcafaultoptions.h"
#include "app/cli/labcaverbs.h"

#include <QJsonArray>

#include <cstdio>

using namespace Qt::StringLiterals;
using Models::safeText;
using Pki::Result;

namespace Cli {

QJsonObject toJson(const LabCa::Enrollment &enrollment)
{
    QJsonObject object{{"transactionId"_L1, enrollment.transactionId.toText()},
                       {"state"_L1, LabCa::displayName(enrollment.state)},
                       {"receivedAt"_L1, isoTime(enrollment.receivedAt)},
                       {"subject"_L1, enrollment.subject().toText()},
                       {"subjectAlternativeNames"_L1, Pki::toText(enrollment.subjectAlternativeNames())}};
    if (!enrollment.requested.profile.isEmpty())
        object.insert("profile"_L1, enrollment.requested.profile);
    if (!enrollment.rejectionReason.isEmpty())
        object.insert("rejectionReason"_L1, enrollment.rejectionReason);
    if (!enrollment.issuingTrouble.isEmpty())
        object.insert("issuingTrouble"_L1, enrollment.issuingTrouble);
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
    QString line =
        u"%1  %2  %3"_s.arg(enrollment.transactionId.toText(), isoTime(enrollment.receivedAt), safeText(enrollment.subject().toText()));
    if (!enrollment.certificate.isNull())
        line += u"  serial number %1"_s.arg(enrollment.certificate.serialNumber().toHex());
    return {{state, line}};
}

void warnOfDamaged(const Terminal &terminal, const QStringList &damaged, QJsonObject *object)
{
    for (const QString &file : damaged)
        terminal.progress(u"Warning: left out, because it is damaged: %1"_s.arg(safeText(file)));
    if (!damaged.isEmpty())
        object->insert("damaged"_L1, QJsonArray::fromStringList(damaged));
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

int list(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"lab-ca list"_s, u"Lists the enrollments that the Lab CA knows of, oldest first."_s);
    addFolderOptions(parser);
    if (const auto ended = parser.parse(arguments, terminal))
        return *ended;
    const auto depot = depotFromOptions(parser);
    if (!depot)
        return terminal.fail(depot.error(), u"the Lab CA"_s);
    QStringList damaged;
    const auto enrollments = depot->enrollments(&damaged);
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
    QJsonObject object{{"enrollments"_L1, array}};
    warnOfDamaged(terminal, damaged, &object);
    return terminal.done(object, lines);
}

int decide(const QStringList &arguments, const Terminal &terminal, bool isApproval)
{
    VerbParser parser(isApproval ? u"lab-ca approve"_s : u"lab-ca reject"_s,
                      isApproval ? u"Approves a pending request; its client gets the certificate at its next poll."_s
                                 : u"Rejects a pending request."_s);
    addFolderOptions(parser);
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

namespace {

int approve(const QStringList &arguments, const Terminal &terminal)
{
    return decide(arguments, terminal, true);
}

int reject(const QStringList &arguments, const Terminal &terminal)
{
    return decide(arguments, terminal, false);
}

struct Verb {
    const char *name;
    const char *summary;
    int (*run)(const QStringList &, const Terminal &);
};

constexpr Verb verbs[] = {
    {"serve", "run it", &runLabCaServe},
    {"init", "make a CA, or one more beside it, and keep its policy", &runLabCaInit},
    {"list", "what was requested and issued", &list},
    {"approve", "grant a pending request", &approve},
    {"reject", "refuse a pending request", &reject},
    {"register", "expect a device: its name and a challenge for one certificate", &runLabCaRegister},
    {"unregister", "expect it no longer", &runLabCaUnregister},
    {"entities", "which devices are expected, and which have come", &runLabCaEntities},
    {"revoke", "revoke a certificate", &runLabCaRevoke},
    {"crl", "write the revocation list", &runLabCaCrl},
    {"rollover", "make the next CA, announce it, let it take over", &runLabCaRollover},
    {"profiles", "what template names mean", &runLabCaProfiles},
    {"faults", "which personalities and faults serve takes", &runLabCaFaults},
};

QString names()
{
    QStringList all;
    for (const Verb &verb : verbs)
        all.append(QString::fromLatin1(verb.name));
    return all.join(u", "_s);
}

} // namespace

int runLabCa(const QStringList &arguments, const Terminal &terminal)
{
    const QString name = arguments.value(0);
    for (const Verb &verb : verbs) {
        if (name == QLatin1StringView(verb.name))
            return verb.run(arguments.mid(1), terminal);
    }
    if (name == "--help"_L1 || name == "-h"_L1) {
        std::puts("Usage: scepctl lab-ca VERB --dir FOLDER [options]\n"
                  "       scepctl lab-ca VERB --help\n"
                  "\nVerbs:");
        for (const Verb &verb : verbs)
            std::printf("  %-10s %s\n", verb.name, verb.summary);
        return static_cast<int>(ExitCode::Done);
    }
    return terminal.usage(u"lab-ca takes one of %1."_s.arg(names()), u"lab-ca"_s);
}

} // namespace Cli
