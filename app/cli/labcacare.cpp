// SPDX-License-Identifier: GPL-3.0-or-later
// lab-ca revoke, crl, rollover: what a CA's keeper does.
#include "app/cli/describe.h"
#include "app/cli/inputs.h"
#include "app/cli/labcaverbs.h"
#include "scep/files/durablefile.h"
#include "scep/labca/authority.h"

using namespace Qt::StringLiterals;

namespace Cli {

int runLabCaRevoke(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"lab-ca revoke"_s, u"Revokes the certificate of an enrollment; the next CRL lists it, and it cannot be renewed."_s);
    addFolderOption(parser);
    parser.positional(u"TRANSACTION-ID"_s, u"Transaction identifier, or its beginning; see lab-ca list."_s);
    parser.option(u"reason"_s, u"keyCompromise, superseded, cessationOfOperation, ... (default: none said)."_s, u"name"_s);
    if (const auto ended = parser.parse(arguments, terminal))
        return *ended;
    return changeEnrollment(parser, terminal, [&](LabCa::Depot &depot, const Scep::TransactionId &id) {
        return depot.revoke(id, parser.value(u"reason"_s), QDateTime::currentDateTimeUtc());
    });
}

int runLabCaCrl(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"lab-ca crl"_s, u"Writes the issuing CA's current CRL."_s);
    addFolderOption(parser);
    parser.option(u"out"_s, u"File for the CRL in PEM."_s, u"file"_s);
    if (const auto ended = parser.parse(arguments, terminal))
        return *ended;
    const QString file = parser.value(u"out"_s);
    if (file.isEmpty())
        return terminal.fail({Pki::ErrorCode::InvalidArgument, u"--out is missing"_s}, u"the command line"_s);
    auto depot = depotFromOptions(parser);
    if (!depot)
        return terminal.fail(depot.error(), u"the Lab CA"_s);
    const auto crl = LabCa::Authority(*depot, {}).currentCrl();
    if (!crl)
        return terminal.fail(crl.error(), u"the Lab CA in %1"_s.arg(depot->folder()));
    if (const auto written = Files::writeDurably(file, crl->toPem(), Files::FileAccess::Readable); !written)
        return terminal.fail(written.error(), file);
    return terminal.done(
        {{"file"_L1, file}, {"revoked"_L1, crl->revoked().size()}, {"nextUpdate"_L1, isoTime(crl->nextUpdate())}},
        {{u"CRL"_s, file}, {u"Revoked"_s, QString::number(crl->revoked().size())}, {u"Next update"_s, isoTime(crl->nextUpdate())}});
}

int runLabCaRollover(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"lab-ca rollover"_s,
                      u"Makes the next issuing CA, which GetNextCACert then announces; with --switch it takes over. A serving Lab CA "
                      u"follows by itself."_s);
    addFolderOption(parser);
    parser.option(u"switch"_s, u"Let the announced CA issue from now on; the former one is kept."_s);
    parser.option(u"name"_s, u"Name of the CA (default \"Scepter Lab\")."_s, u"text"_s, u"Scepter Lab"_s);
    if (const auto ended = parser.parse(arguments, terminal))
        return *ended;
    auto depot = depotFromOptions(parser);
    if (!depot)
        return terminal.fail(depot.error(), u"the Lab CA"_s);
    const bool switches = parser.isSet(u"switch"_s);
    const auto done = switches ? depot->switchToNextIssuing() : depot->makeNextIssuing({.name = parser.value(u"name"_s), .keySpec = {}});
    if (!done)
        return terminal.fail(done.error(), u"the Lab CA in %1"_s.arg(depot->folder()));
    const Pki::Certificate certificate = switches ? depot->issuing() : depot->nextIssuing();
    return terminal.done({{"state"_L1, switches ? u"issuing"_s : u"announced"_s},
                          {"subject"_L1, certificate.subject().toText()},
                          {"sha256"_L1, certificate.fingerprint().toHex()}},
                         {{switches ? u"Issues now"_s : u"Announced"_s, Models::safeText(certificate.subject().toText())},
                          {u"SHA-256"_s, certificate.fingerprint().toDisplay()}});
}

} // namespace Cli
