// SPDX-License-Identifier: GPL-3.0-or-later
// lab-ca serve and init.
#include "app/cli/describe.h"
#include "app/cli/labcafaultoptions.h"
#include "app/cli/labcaverbs.h"
#include "app/cli/shutdownsignals.h"
#include "scep/labca/cadirectory.h"
#include "scep/labca/cafiles.h"
#include "scep/labca/faultinjector.h"
#include "scep/labca/httpface.h"
#include "scep/labca/policyfile.h"

#include <QCoreApplication>
#include <QDir>
#include <QJsonArray>

using namespace Qt::StringLiterals;
using Models::safeText;
using Pki::ErrorCode;
using Pki::Result;

namespace Cli {

namespace {

/// Where the face listens, and where clients find it.
struct Address {
    QHostAddress host;
    quint16 port = 0;
    QUrl publicUrl; ///< empty: where it listens
};

Result<Address> addressFromOptions(const VerbParser &parser)
{
    Address address;
    const auto port = numberOption(parser, u"port"_s, 0, 65535);
    if (!port)
        return std::unexpected(port.error());
    address.port = static_cast<quint16>(*port);
    if (!address.host.setAddress(parser.value(u"address"_s)))
        return Pki::failure(ErrorCode::InvalidArgument, u"--address takes an IP address"_s);
    if (parser.isSet(u"public-url"_s)) {
        address.publicUrl = QUrl(parser.value(u"public-url"_s), QUrl::StrictMode);
        if ((address.publicUrl.scheme() != "http"_L1 && address.publicUrl.scheme() != "https"_L1) || address.publicUrl.host().isEmpty())
            return Pki::failure(ErrorCode::InvalidUrl, u"--public-url takes http://HOST:PORT"_s);
    }
    return address;
}

Result<LabCa::CaDirectory> directoryFromOptions(const VerbParser &parser, const QString &folder)
{
    auto description = descriptionFromOptions(parser);
    if (!description)
        return std::unexpected(description.error());
    // The options are for the folder's own CA; the others have what lab-ca init kept for them.
    const auto policyOf = [&parser](const QString &alias, const QString &caFolder) -> Result<LabCa::Policy> {
        auto policy = LabCa::policyOfFolder(caFolder);
        return policy && alias.isEmpty() ? policyFromOptions(parser, std::move(*policy)) : std::move(policy);
    };
    return withPassphrase<LabCa::CaDirectory>(parser, [&](const Pki::SecretBytes &passphrase) {
        return LabCa::CaDirectory::open(
            folder, {.description = *description, .passphrase = &passphrase, .policy = policyOf, .now = &QDateTime::currentDateTimeUtc});
    });
}

QJsonArray aliasesOf(const LabCa::CaDirectory &directory)
{
    QJsonArray aliases;
    for (const LabCa::CaDirectory::Served &one : directory.all())
        aliases.append(one.alias);
    return aliases;
}

} // namespace

int runLabCaServe(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"lab-ca serve"_s,
                      u"Runs the Lab CA until Ctrl-C or SIGTERM; makes it first where there is none. For trying, training and tests only: "
                      u"never a production CA."_s);
    addFolderOptions(parser);
    parser.option(u"port"_s, u"Port to listen on (default 0: a free one)."_s, u"number"_s, u"0"_s);
    parser.option(u"address"_s, u"Address to listen on (default 127.0.0.1: this machine only)."_s, u"address"_s, u"127.0.0.1"_s);
    parser.option(u"public-url"_s,
                  u"Where clients reach it, for the CRL and issuer addresses in certificates (default: where it listens)."_s, u"url"_s);
    addPolicyOptions(parser);
    addFaultOptions(parser);
    addDescriptionOptions(parser);
    if (const auto ended = parser.parse(arguments, terminal))
        return *ended;

    if (parser.isSet(u"ca"_s))
        return terminal.fail({ErrorCode::InvalidArgument, u"serve takes no --ca: all CAs of the folder are served"_s},
                             u"the command line"_s);
    const auto folder = labFolder(parser);
    if (!folder)
        return terminal.fail(folder.error(), u"the command line"_s);
    const auto address = addressFromOptions(parser);
    if (!address)
        return terminal.fail(address.error(), u"the command line"_s);
    const auto faults = faultPlanFromOptions(parser);
    if (!faults)
        return terminal.fail(faults.error(), u"the command line"_s);
    // Said before a CA is made with half of what was meant.
    if (const auto policy = policyFromOptions(parser, {}); !policy)
        return terminal.fail(policy.error(), u"the command line"_s);
    auto directory = directoryFromOptions(parser, *folder);
    if (!directory)
        return terminal.fail(directory.error(), u"the Lab CA in %1"_s.arg(*folder));
    if (!address->host.isLoopback())
        terminal.progress(u"Warning: %1 is not a loopback address; everybody who reaches it can ask this Lab CA for certificates."_s.arg(
            address->host.toString()));

    LabCa::FaultInjector injector(
        [&directory](const LabCa::HttpRequest &request, LabCa::LogEntry *log) { return directory->handle(request, log); }, *faults);
    LabCa::HttpFace face([&injector](const LabCa::HttpRequest &request, LabCa::LogEntry *log) { return injector.handle(request, log); });
    face.setThreads(LabCa::HttpFace::usualThreads());
    QObject::connect(&face, &LabCa::HttpFace::requestServed, &face, [&terminal](const LabCa::LogEntry &entry) {
        terminal.progress(u"%1 %2 %3 %4: %5"_s.arg(isoTime(entry.at), safeText(entry.operation, 80), safeText(entry.transactionId, 64),
                                                   safeText(entry.subject), safeText(entry.outcome)));
    });
    if (const auto listening = face.listen(address->host, address->port); !listening)
        return terminal.fail(listening.error(), u"the Lab CA in %1"_s.arg(*folder));
    directory->setPublicUrl(address->publicUrl.isEmpty() ? face.url() : address->publicUrl);
    const ShutdownSignals shutdownSignals;
    QObject::connect(&shutdownSignals, &ShutdownSignals::requested, &face, &QCoreApplication::quit);

    const auto ca = directory->defaultDepot().material();
    const QString mode = LabCa::displayName(directory->defaultAuthority().policy()->mode);
    const QJsonArray aliases = aliasesOf(*directory);
    ResultLines lines{{u"Lab CA"_s, u"%1 (lab only)"_s.arg(*folder)},
                      {u"URL"_s, face.url().toString()},
                      {u"Mode"_s, mode},
                      {u"Root SHA-256"_s, ca->current.root.fingerprint().toDisplay()}};
    if (const QString personality = directory->defaultAuthority().policy()->personality.name; !personality.isEmpty())
        lines.append({u"Personality"_s, personality});
    if (!faults->rules.isEmpty())
        lines.append({u"Faults"_s, faults->toText().join(u", "_s)});
    for (qsizetype i = 1; i < aliases.size(); ++i)
        lines.append({u"CA %1"_s.arg(aliases.at(i).toString()), face.url().toString() + u'/' + aliases.at(i).toString()});
    terminal.print({{"url"_L1, face.url().toString()},
                    {"mode"_L1, mode},
                    {"rootSha256"_L1, ca->current.root.fingerprint().toHex()},
                    {"issuingSha256"_L1, ca->current.issuing.fingerprint().toHex()},
                    {"personality"_L1, directory->defaultAuthority().policy()->personality.name},
                    {"faults"_L1, QJsonArray::fromStringList(faults->toText())},
                    {"aliases"_L1, aliases}},
                   lines);
    QCoreApplication::exec();
    terminal.progress(u"Lab CA stopped."_s);
    return static_cast<int>(ExitCode::Done);
}

int runLabCaInit(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"lab-ca init"_s,
                      u"Makes the folder's CA, or with --ca one more beside it, and keeps the policy that serve then follows. A CA that is "
                      u"there already only gets the policy. Without a pass phrase the keys are encrypted with a secret in the folder."_s);
    addFolderOptions(parser);
    addDescriptionOptions(parser);
    addPolicyOptions(parser);
    if (const auto ended = parser.parse(arguments, terminal))
        return *ended;
    const auto lab = labFolder(parser);
    const auto folder = lab ? caFolder(parser) : lab;
    if (!folder)
        return terminal.fail(folder.error(), u"the command line"_s);
    const auto description = descriptionFromOptions(parser);
    if (!description)
        return terminal.fail(description.error(), u"the command line"_s);
    if (const auto policy = policyFromOptions(parser, {}); !policy)
        return terminal.fail(policy.error(), u"the command line"_s);
    const QString alias = parser.value(u"ca"_s);
    const auto depot = withPassphrase<LabCa::Depot>(parser, [&](const Pki::SecretBytes &passphrase) -> Result<LabCa::Depot> {
        if (!alias.isEmpty() && alias != "default"_L1 && !LabCa::isFinishedCa(*folder)) {
            if (const auto made = LabCa::CaDirectory::create(*lab, alias, *description, passphrase); !made)
                return std::unexpected(made.error());
        }
        return LabCa::Depot::openOrCreate(*folder, *description, passphrase);
    });
    if (!depot)
        return terminal.fail(depot.error(), u"the Lab CA in %1"_s.arg(*folder));
    auto kept = LabCa::policyOfFolder(*folder);
    const auto policy = kept ? policyFromOptions(parser, std::move(*kept)) : std::move(kept);
    const auto saved = policy ? LabCa::savePolicy(*folder, *policy) : std::unexpected(policy.error());
    if (!saved)
        return terminal.fail(saved.error(), u"the Lab CA in %1"_s.arg(*folder));
    const auto ca = depot->material();
    const QString shownAlias = alias.isEmpty() ? u"default"_s : alias;
    return terminal.done({{"alias"_L1, shownAlias},
                          {"folder"_L1, *folder},
                          {"mode"_L1, LabCa::displayName(policy->mode)},
                          {"ra"_L1, LabCa::displayName(ca->current.raKind())},
                          {"rootSubject"_L1, ca->current.root.subject().toText()},
                          {"rootSha256"_L1, ca->current.root.fingerprint().toHex()},
                          {"issuingSubject"_L1, ca->current.issuing.subject().toText()},
                          {"issuingSha256"_L1, ca->current.issuing.fingerprint().toHex()}},
                         {{u"CA"_s, shownAlias},
                          {u"Folder"_s, QDir::toNativeSeparators(*folder)},
                          {u"Mode"_s, LabCa::displayName(policy->mode)},
                          {u"RA"_s, LabCa::displayName(ca->current.raKind())},
                          {u"Root"_s, safeText(ca->current.root.subject().toText())},
                          {u"Root SHA-256"_s, ca->current.root.fingerprint().toDisplay()},
                          {u"Issuing CA"_s, safeText(ca->current.issuing.subject().toText())}});
}

} // namespace Cli
