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
#include "scep/labca/presentation.h"

#include <QCoreApplication>
#include <QDir>
#include <QJsonArray>
#include <QNetworkInterface>

#include <algorithm>
#include <optional>

using namespace Qt::StringLiterals;
using Models::safeText;
using Pki::ErrorCode;
using Pki::Result;

namespace Cli {

namespace {

/// Where other machines find a server that listens on all addresses: on the first that is not for this machine alone.
QUrl urlForOthers(QUrl url, const QHostAddress &host)
{
    const bool isIpv6 = host == QHostAddress(QHostAddress::AnyIPv6);
    if (!isIpv6 && host != QHostAddress(QHostAddress::Any) && host != QHostAddress(QHostAddress::AnyIPv4))
        return url;
    const QList<QHostAddress> addresses = QNetworkInterface::allAddresses();
    const auto wanted = isIpv6 ? QAbstractSocket::IPv6Protocol : QAbstractSocket::IPv4Protocol;
    const auto found = std::ranges::find_if(addresses, [wanted](const QHostAddress &address) {
        return address.protocol() == wanted && !address.isLoopback() && !address.isLinkLocal();
    });
    if (found != addresses.end())
        url.setHost(found->toString());
    return url;
}

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
        return LabCa::CaDirectory::open(folder, {.description = *description,
                                                 .passphrase = &passphrase,
                                                 .policy = policyOf,
                                                 .now = &QDateTime::currentDateTimeUtc,
                                                 .followsFiles = true});
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
                      u"Runs all CAs of the folder until Ctrl-C or SIGTERM; makes the first where there is none. What lab-ca init changes "
                      u"meanwhile counts at once, unless an option here says otherwise. For trying, training and tests only: never a "
                      u"production CA."_s);
    addFolderOptions(parser, Scope::WholeFolder);
    parser.option(u"port"_s, u"Port to listen on (default 0: a free one)."_s, u"number"_s, u"0"_s);
    parser.option(u"address"_s, u"Address to listen on (default 127.0.0.1: this machine only)."_s, u"address"_s, u"127.0.0.1"_s);
    parser.option(
        u"public-url"_s,
        u"Where clients reach it, with what stands before /scep there, for the CRL and issuer addresses in certificates (default: "
        u"where it listens)."_s,
        u"url"_s);
    addPolicyOptions(parser);
    addFaultOptions(parser);
    addDescriptionOptions(parser);
    if (const auto ended = parser.parse(arguments, terminal))
        return *ended;

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
    if (const auto description = descriptionFromOptions(parser); !description)
        return terminal.fail(description.error(), u"the command line"_s);

    // Before anything is made: a port that is taken shall leave nothing behind. Nobody is answered before exec().
    std::optional<LabCa::CaDirectory> directory;
    LabCa::FaultInjector injector(
        [&directory](const LabCa::HttpRequest &request, LabCa::LogEntry *log) { return directory->handle(request, log); }, *faults);
    LabCa::HttpFace face([&injector](const LabCa::HttpRequest &request, LabCa::LogEntry *log) { return injector.handle(request, log); });
    face.setThreads(LabCa::HttpFace::usualThreads());
    if (const auto listening = face.listen(address->host, address->port); !listening)
        return terminal.fail(ExitCode::Usage, u"InvalidArgument"_s,
                             {.what = u"The Lab CA %1."_s.arg(listening.error().detail),
                              .nextStep = u"Choose another --port (0: a free one) or --address."_s});
    const QUrl url = urlForOthers(face.url(), address->host);
    const bool isNew = !LabCa::isFinishedCa(*folder);
    auto opened = directoryFromOptions(parser, *folder);
    if (!opened)
        return terminal.fail(opened.error(), u"the Lab CA in %1"_s.arg(*folder));
    directory.emplace(std::move(*opened));
    const auto ownPolicy = directory->defaultAuthority().policy();
    if (const auto fitted = isNew ? Result<void>() : fitExistingCa(parser, terminal, directory->defaultDepot(), *ownPolicy); !fitted)
        return terminal.fail(fitted.error(), u"the Lab CA in %1"_s.arg(*folder));
    directory->setPublicUrl(address->publicUrl.isEmpty() ? url : address->publicUrl);
    if (!address->host.isLoopback())
        terminal.progress(
            u"Warning: %1 is not a loopback address; everybody who reaches it can ask this Lab CA for certificates. They say that CRLs are "
            u"at %2; --public-url names another address."_s.arg(
                address->host.toString(),
                (address->publicUrl.isEmpty() ? url : address->publicUrl).toString(QUrl::RemovePath | QUrl::RemoveQuery)));
    QObject::connect(&face, &LabCa::HttpFace::requestServed, &face, [&terminal](const LabCa::LogEntry &entry) {
        terminal.progress(u"%1 %2 %3 %4: %5"_s.arg(isoTime(entry.at), safeText(entry.operation, 80), safeText(entry.transactionId, 64),
                                                   safeText(entry.subject), safeText(entry.outcome)));
    });
    const ShutdownSignals shutdownSignals;
    QObject::connect(&shutdownSignals, &ShutdownSignals::requested, &face, &QCoreApplication::quit);

    const auto ca = directory->defaultDepot().material();
    const QString mode = LabCa::displayName(ownPolicy->mode);
    const auto anchor = LabCa::anchorFor(ca->current, *ownPolicy);
    const bool sendsRoot = anchor == ca->current.root;
    const QJsonArray aliases = aliasesOf(*directory);
    ResultLines lines{{u"Lab CA"_s, u"%1 (lab only)"_s.arg(*folder)},
                      {u"URL"_s, url.toString()},
                      {u"Mode"_s, mode},
                      {u"Root SHA-256"_s, ca->current.root.fingerprint().toDisplay()},
                      {u"Issuing SHA-256"_s, ca->current.issuing.fingerprint().toDisplay()},
                      {u"Clients confirm"_s, sendsRoot ? u"the root"_s : u"the issuing CA: the root is not sent"_s}};
    if (const QString personality = ownPolicy->personality.name; !personality.isEmpty())
        lines.append({u"Personality"_s, personality});
    if (ownPolicy->personality.requiresCaIdent)
        lines.append({u"CA identifier"_s, u"%1: clients must send one"_s.arg(aliases.first().toString())});
    if (!faults->rules.isEmpty())
        lines.append({u"Faults"_s, faults->toText().join(u", "_s)});
    for (qsizetype i = 1; i < aliases.size(); ++i)
        lines.append({u"CA %1"_s.arg(aliases.at(i).toString()), url.toString() + u'/' + aliases.at(i).toString()});
    terminal.print({{"url"_L1, url.toString()},
                    {"mode"_L1, mode},
                    {"rootSha256"_L1, ca->current.root.fingerprint().toHex()},
                    {"issuingSha256"_L1, ca->current.issuing.fingerprint().toHex()},
                    {"anchorSha256"_L1, anchor.fingerprint().toHex()},
                    {"personality"_L1, ownPolicy->personality.name},
                    {"faults"_L1, QJsonArray::fromStringList(faults->toText())},
                    {"aliases"_L1, aliases}},
                   lines);
    QCoreApplication::exec();
    terminal.progress(u"Lab CA stopped."_s);
    return static_cast<int>(ExitCode::Done);
}

int runLabCaInit(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(
        u"lab-ca init"_s,
        u"Makes the folder's CA, or with --ca one more beside it, and keeps the policy that serve then follows, also one that "
        u"runs. A CA that is there already only gets the policy, and an RA with --ra. Without a pass phrase the keys are "
        u"encrypted with a secret in the folder."_s);
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
    const bool isNew = !LabCa::isFinishedCa(*folder);
    const bool isBeside = !alias.isEmpty() && alias != "default"_L1;
    auto depot = withPassphrase<LabCa::Depot>(parser, [&](const Pki::SecretBytes &passphrase) -> Result<LabCa::Depot> {
        if (isBeside && isNew) {
            auto policy = policyFromOptions(parser, {});
            if (!policy)
                return std::unexpected(policy.error());
            if (const auto made = LabCa::CaDirectory::create(*lab, alias, *description, passphrase, &*policy); !made)
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
    if (const auto fitted = isNew ? Result<void>() : fitExistingCa(parser, terminal, *depot, *policy); !fitted)
        return terminal.fail(fitted.error(), u"the Lab CA in %1"_s.arg(*folder));
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
                          {u"Issuing CA"_s, safeText(ca->current.issuing.subject().toText())},
                          {u"Issuing SHA-256"_s, ca->current.issuing.fingerprint().toDisplay()}});
}

} // namespace Cli
