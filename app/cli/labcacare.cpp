// SPDX-License-Identifier: GPL-3.0-or-later
// lab-ca revoke, crl, rollover: what a CA's keeper does.
#include "app/cli/describe.h"
#include "app/cli/labcaverbs.h"
#include "scep/files/durablefile.h"
#include "scep/labca/authority.h"
#include "scep/pki/crlreasons.h"

#include <QFileInfo>
#include <QJsonArray>
#include <QRegularExpression>

using namespace Qt::StringLiterals;

namespace Cli {

int runLabCaRevoke(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"lab-ca revoke"_s, u"Revokes the certificate of an enrollment; the next CRL lists it, and it cannot be renewed."_s);
    addFolderOptions(parser);
    parser.positional(u"TRANSACTION-ID"_s, u"Transaction identifier or serial number, or its beginning; see lab-ca list."_s);
    parser.option(u"reason"_s, u"One of %1 (default: none said)."_s.arg(Pki::crlReasons().join(u", "_s)), u"name"_s);
    if (const auto ended = parser.parse(arguments, terminal))
        return *ended;
    return changeEnrollment(parser, terminal, [&](LabCa::Depot &depot, const Scep::TransactionId &id) {
        return depot.revoke(id, parser.value(u"reason"_s), QDateTime::currentDateTimeUtc());
    });
}

namespace {

/// "lab.crl" -> "lab-former-2.crl"
QString formerFile(const QString &file, qsizetype number)
{
    const QFileInfo info(file);
    const QString suffix = info.suffix().isEmpty() ? QString() : u'.' + info.suffix();
    return file.chopped(suffix.size()) + u"-former-%1"_s.arg(number) + suffix;
}

} // namespace

int runLabCaCrl(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"lab-ca crl"_s, u"Writes the issuing CA's current CRL."_s);
    addFolderOptions(parser);
    parser.option(u"out"_s, u"File for the CRL in PEM."_s, u"file"_s);
    parser.option(u"all"_s, u"After a rollover, also those of the former issuing CAs: FILE-former-1 is the oldest's."_s);
    if (const auto ended = parser.parse(arguments, terminal))
        return *ended;
    const QString file = parser.value(u"out"_s);
    if (file.isEmpty())
        return terminal.fail({Pki::ErrorCode::InvalidArgument, u"--out is missing"_s}, u"the command line"_s);
    auto depot = depotFromOptions(parser);
    if (!depot)
        return terminal.fail(depot.error(), u"the Lab CA"_s);
    const LabCa::Authority authority(*depot, {});
    QStringList damaged;
    const auto crl = authority.currentCrl(&damaged);
    const auto former = parser.isSet(u"all"_s) ? authority.formerCrls() : Pki::Result<QList<Pki::Crl>>();
    if (!crl || !former)
        return terminal.fail(!crl ? crl.error() : former.error(), u"the Lab CA in %1"_s.arg(depot->folder()));
    QList<std::pair<QString, Pki::Crl>> lists{{file, *crl}};
    for (qsizetype i = 0; i < former->size(); ++i)
        lists.append({formerFile(file, i + 1), former->at(i)});
    QJsonArray formerLists;
    ResultLines lines;
    const auto toJson = [](const QString &name, const Pki::Crl &list) {
        return QJsonObject{{"file"_L1, name},
                           {"issuer"_L1, list.issuer().toText()},
                           {"revoked"_L1, list.revoked().size()},
                           {"nextUpdate"_L1, isoTime(list.nextUpdate())}};
    };
    for (const auto &[name, list] : std::as_const(lists)) {
        if (const auto written = Files::writeDurably(name, list.toPem(), Files::FileAccess::Readable); !written)
            return terminal.fail(written.error(), name);
        if (name != file)
            formerLists.append(toJson(name, list));
        lines += ResultLines{{u"CRL"_s, name},
                             {u"Issuer"_s, Models::safeText(list.issuer().toText())},
                             {u"Revoked"_s, QString::number(list.revoked().size())},
                             {u"Next update"_s, isoTime(list.nextUpdate())}};
    }
    QJsonObject object = toJson(file, *crl);
    if (parser.isSet(u"all"_s))
        object.insert("former"_L1, formerLists);
    else if (const qsizetype count = depot->retiredIssuing().size(); count > 0)
        lines.append({u"Former CAs"_s, u"%1; --all writes their lists, too"_s.arg(count)});
    warnOfDamaged(terminal, damaged, &object);
    return terminal.done(object, lines);
}

namespace {

/// "2026-11-30T12:00:00Z", local time without the Z, or "+30m", "+2h", "+7d" from now.
Pki::Result<QDateTime> timeFromText(const QString &text)
{
    static const QRegularExpression span(u"\\A\\+(\\d{1,6})([mhd])\\z"_s);
    if (const auto match = span.match(text); match.hasMatch()) {
        const qint64 unit = match.captured(2) == "m"_L1 ? 60 : match.captured(2) == "h"_L1 ? 3600 : 86400;
        return QDateTime::currentDateTimeUtc().addSecs(match.captured(1).toLongLong() * unit);
    }
    const QDateTime time = QDateTime::fromString(text, Qt::ISODate);
    if (!time.isValid())
        return Pki::failure(Pki::ErrorCode::InvalidArgument, u"--at takes a time like 2026-11-30T12:00:00Z, or +30m, +2h, +7d"_s);
    if (time < QDateTime::currentDateTimeUtc())
        return Pki::failure(Pki::ErrorCode::InvalidArgument, u"--at is in the past; --now switches at once"_s);
    return time.toUTC();
}

/// Options that contradict each other. Errors: InvalidArgument.
Pki::Result<void> checkWords(const VerbParser &parser)
{
    QStringList given;
    for (const QString &option : {u"now"_s, u"at"_s, u"by-hand"_s, u"discard"_s}) {
        if (parser.isSet(option))
            given.append("--"_L1 + option);
    }
    if (given.size() > 1)
        return Pki::failure(Pki::ErrorCode::InvalidArgument, u"give only one of %1"_s.arg(given.join(u", "_s)));
    const bool describes = parser.isSet(u"root"_s) || parser.isSet(u"name"_s);
    if (describes && given.size() == 1 && given.first() != "--at"_L1)
        return Pki::failure(Pki::ErrorCode::InvalidArgument,
                            u"--root and --name describe a next CA that is to be made; %1 is about one that is there"_s.arg(given.first()));
    return {};
}

Pki::Result<void> rollOver(const VerbParser &parser, LabCa::Depot &depot)
{
    if (parser.isSet(u"now"_s))
        return depot.switchToNextIssuing();
    if (parser.isSet(u"discard"_s))
        return depot.discardNext();
    const auto at = parser.isSet(u"at"_s) ? timeFromText(parser.value(u"at"_s)) : Pki::Result<QDateTime>(QDateTime());
    if (!at)
        return std::unexpected(at.error());
    if (parser.isSet(u"by-hand"_s))
        return depot.scheduleSwitch({});
    // One that was announced before only gets its time.
    const bool hasNext = !depot.nextIssuing().isNull();
    if (hasNext && (parser.isSet(u"root"_s) || parser.isSet(u"name"_s)))
        return Pki::failure(Pki::ErrorCode::InvalidArgument, u"the next CA is made already: --discard lets it go"_s);
    if (!hasNext || !at->isValid()) {
        auto description = depot.description();
        if (!description)
            return std::unexpected(description.error());
        if (parser.isSet(u"name"_s))
            description->name = parser.value(u"name"_s);
        const auto made = parser.isSet(u"root"_s) ? depot.makeNextRoot(*description) : depot.makeNextIssuing(*description);
        if (!made)
            return made;
    }
    return at->isValid() ? depot.scheduleSwitch(*at) : Pki::Result<void>();
}

} // namespace

int runLabCaRollover(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"lab-ca rollover"_s,
                      u"Makes the next issuing CA, which GetNextCACert then announces; it takes over at once with --now, or at a time with "
                      u"--at. A serving Lab CA follows by itself."_s);
    addFolderOptions(parser);
    parser.option(u"root"_s, u"Make a next root, too: clients must confirm it."_s);
    parser.option(u"at"_s, u"When it takes over: 2026-11-30T12:00:00Z, or +30m, +2h, +7d."_s, u"time"_s);
    parser.option(u"by-hand"_s, u"Take the time back: it takes over with --now only."_s);
    parser.option(u"now|switch"_s, u"Let the announced CA issue from now on; the former one is kept."_s);
    parser.option(u"discard"_s, u"Let the next CA go, and its time: it will not follow, and another one can be made."_s);
    parser.option(u"name"_s, u"Name of the next CA (default: as the current one)."_s, u"text"_s);
    if (const auto ended = parser.parse(arguments, terminal))
        return *ended;
    if (const auto fits = checkWords(parser); !fits)
        return terminal.fail(fits.error(), u"the command line"_s);
    auto depot = depotFromOptions(parser);
    if (!depot)
        return terminal.fail(depot.error(), u"the Lab CA"_s);
    if (const auto done = rollOver(parser, *depot); !done)
        return terminal.fail(done.error(), u"the Lab CA in %1"_s.arg(depot->folder()));
    const auto ca = depot->material();
    const bool hasSwitched = parser.isSet(u"now"_s);
    const bool isDiscarded = parser.isSet(u"discard"_s);
    const LabCa::CaIdentity &shown = hasSwitched || !ca->next ? ca->current : *ca->next;
    const bool isScheduled = !hasSwitched && ca->switchAt.isValid();
    QJsonObject object{{"state"_L1, hasSwitched   ? u"issuing"_s
                                    : isDiscarded ? u"discarded"_s
                                    : isScheduled ? u"scheduled"_s
                                                  : u"announced"_s},
                       {"subject"_L1, shown.issuing.subject().toText()},
                       {"sha256"_L1, shown.issuing.fingerprint().toHex()},
                       {"rootSha256"_L1, shown.root.fingerprint().toHex()}};
    ResultLines lines{{hasSwitched   ? u"Issues now"_s
                       : isDiscarded ? u"Stays"_s
                                     : u"Announced"_s,
                       Models::safeText(shown.issuing.subject().toText())},
                      {u"SHA-256"_s, shown.issuing.fingerprint().toDisplay()},
                      {u"Root SHA-256"_s, shown.root.fingerprint().toDisplay()}};
    if (isScheduled) {
        object.insert("switchAt"_L1, isoTime(ca->switchAt));
        lines.append({u"Takes over"_s, isoTime(ca->switchAt)});
    }
    return terminal.done(object, lines);
}

} // namespace Cli
