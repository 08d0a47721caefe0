// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/labca/cadirectory.h"

#include "scep/labca/cafiles.h"
#include "scep/labca/messagehandler.h"
#include "scep/labca/sceppath.h"

#include <QDir>
#include <QRegularExpression>

#include <algorithm>

namespace LabCa {

using namespace Qt::StringLiterals;

namespace {

constexpr auto defaultAlias = "default"_L1;

bool isFor(const Pki::IssuerAndSerialNumber &recipient, const CaIdentity &identity)
{
    const auto own = QList{identity.recipient(), identity.issuing};
    return std::ranges::any_of(own, [&](const Pki::Certificate &certificate) {
        return certificate.serialNumber() == recipient.serialNumber && Pki::matches(certificate.issuer(), recipient.issuer);
    });
}

bool hasName(const CaIdentity &identity, const QString &name)
{
    return identity.issuing.subject().commonName() == name || identity.root.subject().commonName() == name ||
           identity.issuing.subject().toText() == name;
}

} // namespace

CaDirectory::CaDirectory(std::vector<Served> served)
    : m_served(std::move(served))
{}
CaDirectory::~CaDirectory() = default;
CaDirectory::CaDirectory(CaDirectory &&) noexcept = default;
CaDirectory &CaDirectory::operator=(CaDirectory &&) noexcept = default;

bool CaDirectory::isAlias(const QString &text)
{
    static const QRegularExpression pattern(uR"(\A(?!\.)[A-Za-z0-9._-]{1,64}\z)"_s);
    return pattern.match(text).hasMatch() && text.compare(defaultAlias, Qt::CaseInsensitive) != 0 &&
           text.compare("pkiclient.exe"_L1, Qt::CaseInsensitive) != 0;
}

QString CaDirectory::folderOf(const QString &folder, const QString &alias)
{
    return alias.isEmpty() || alias == defaultAlias ? folder : folder + "/cas/"_L1 + alias;
}

QStringList CaDirectory::aliasesIn(const QString &folder)
{
    QStringList aliases = QDir(folder + "/cas"_L1).entryList(QDir::Dirs | QDir::NoDotAndDotDot, QDir::Name);
    aliases.removeIf([&](const QString &alias) { return !isAlias(alias) || !isFinishedCa(folderOf(folder, alias)); });
    return aliases;
}

Result<void> CaDirectory::create(const QString &folder, const QString &alias, const CaDescription &description,
                                 const Pki::SecretBytes &passphrase)
{
    if (!isAlias(alias))
        return failure(ErrorCode::InvalidArgument,
                       u"\"%1\" cannot be an alias: letters, digits, dots, dashes and underscores are taken"_s.arg(alias));
    // Aliases are found without case, so they differ in more than that.
    const QStringList known = aliasesIn(folder);
    if (known.contains(alias, Qt::CaseInsensitive))
        return failure(ErrorCode::InvalidArgument, u"there is a CA \"%1\" already"_s.arg(alias));
    const auto made = Depot::openOrCreate(folderOf(folder, alias), description, passphrase);
    if (!made)
        return std::unexpected(made.error());
    return {};
}

Result<CaDirectory> CaDirectory::open(const QString &folder, const Options &options)
{
    const Pki::SecretBytes none;
    const Pki::SecretBytes &passphrase = options.passphrase != nullptr ? *options.passphrase : none;
    std::vector<Served> served;
    const QStringList aliases = QStringList{QString()} + aliasesIn(folder);
    for (const QString &alias : aliases) {
        const QString caFolder = folderOf(folder, alias);
        auto depot = alias.isEmpty() ? Depot::openOrCreate(caFolder, options.description, passphrase) : Depot::open(caFolder, passphrase);
        if (!depot)
            return std::unexpected(depot.error());
        Result<Policy> policy = Policy();
        if (options.policy) {
            policy = options.policy(alias, caFolder);
        } else if (auto profiles = Profiles::ofFolder(caFolder)) {
            policy->profiles = std::move(*profiles);
        } else {
            policy = std::unexpected(profiles.error());
        }
        if (!policy)
            return std::unexpected(policy.error());
        Served one;
        one.alias = alias.isEmpty() ? QString(defaultAlias) : alias;
        one.depot = std::make_unique<Depot>(std::move(*depot));
        one.authority = std::make_unique<Authority>(*one.depot, std::move(*policy), options.now);
        served.push_back(std::move(one));
    }
    return CaDirectory(std::move(served));
}

void CaDirectory::setPublicUrl(const QUrl &url)
{
    for (const Served &one : m_served)
        one.authority->publishAt({.baseUrl = url, .alias = one.alias});
}

const CaDirectory::Served *CaDirectory::find(const QString &alias) const
{
    const auto found =
        std::ranges::find_if(m_served, [&](const Served &one) { return one.alias.compare(alias, Qt::CaseInsensitive) == 0; });
    return found == m_served.end() ? nullptr : &*found;
}

const CaDirectory::Served *CaDirectory::named(const QString &message) const
{
    if (message.isEmpty())
        return nullptr;
    if (const Served *one = find(message))
        return one;
    const auto found = std::ranges::find_if(m_served, [&](const Served &one) { return hasName(one.depot->material()->current, message); });
    return found == m_served.end() ? nullptr : &*found;
}

const CaDirectory::Served *CaDirectory::addressedBy(const HttpRequest &request) const
{
    const auto message = pkiMessageOf(request);
    const auto signedData = message ? Pki::SignedData::fromDer(*message) : Result<Pki::SignedData>(failure(ErrorCode::Malformed));
    const auto content = signedData ? signedData->content() : std::nullopt;
    const auto enveloped = content ? Pki::EnvelopedData::fromDer(*content) : Result<Pki::EnvelopedData>(failure(ErrorCode::Malformed));
    if (!enveloped)
        return nullptr;
    const QList<Pki::RecipientInfo> recipients = enveloped->recipients();
    for (const Served &one : m_served) {
        const auto ca = one.depot->material();
        for (const Pki::RecipientInfo &recipient : recipients) {
            const auto is = [&](const CaIdentity &identity) { return isFor(recipient.recipientId, identity); };
            if (is(ca->current) || std::ranges::any_of(ca->retired, is))
                return &one;
        }
    }
    return nullptr;
}

QString CaDirectory::whatThereIs() const
{
    QStringList aliases;
    for (const Served &one : m_served)
        aliases.append(one.alias);
    return u"there are: %1"_s.arg(aliases.join(", "_L1));
}

HttpResponse CaDirectory::published(const QString &path, LogEntry &log) const
{
    log.operation = path;
    const QString file = path.section(u'/', 2);
    for (const Served &one : m_served) {
        const auto response = one.authority->publishedFile(path.startsWith("/crl/"_L1), file);
        if (!response)
            continue;
        log.at = one.authority->now();
        log.outcome = response->status == 200 ? u"%1 bytes"_s.arg(response->body.size()) : u"HTTP %1"_s.arg(response->status);
        return *response;
    }
    return plainTextResponse(404, u"no CRL and no certificate of this name is here"_s);
}

HttpResponse CaDirectory::handle(const HttpRequest &request, LogEntry *log) const
{
    LogEntry entry;
    entry.at = defaultAuthority().now();
    entry.operation = request.operation;
    const auto finish = [&](HttpResponse response) {
        if (entry.outcome.isEmpty())
            entry.outcome = u"HTTP %1 %2"_s.arg(response.status).arg(QString::fromUtf8(response.body).trimmed());
        if (log != nullptr)
            *log = entry;
        return response;
    };
    if (request.path.startsWith("/crl/"_L1) || request.path.startsWith("/ca/"_L1)) {
        if (request.isPost)
            return finish(plainTextResponse(405, u"this is fetched by GET"_s));
        return finish(published(request.path, entry));
    }
    const ScepPath path = readScepPath(request.path);
    if (!path.isScep) {
        entry.operation = request.path;
        return finish(plainTextResponse(404, u"SCEP is served at /scep and /scep/ALIAS; %1"_s.arg(whatThereIs())));
    }
    const Served *ofPath = path.alias.isEmpty() ? nullptr : find(path.alias);
    const bool isMessage = request.operation.compare("PKIOperation"_L1, Qt::CaseInsensitive) == 0;
    const Served *chosen = nullptr;
    if (isMessage) {
        // A client that chose its CA by message= sends its messages to the common path.
        chosen = ofPath;
        if (chosen == nullptr && path.alias.isEmpty() && m_served.size() > 1) {
            chosen = addressedBy(request);
            if (chosen == nullptr && request.isPost)
                chosen = named(QString::fromUtf8(request.messageParameter));
        }
    } else {
        chosen = named(QString::fromUtf8(request.message));
        if (chosen == nullptr)
            chosen = ofPath;
    }
    if (chosen == nullptr) {
        if (!path.alias.isEmpty())
            return finish(plainTextResponse(404, u"there is no CA \"%1\" here; %2"_s.arg(path.alias, whatThereIs())));
        chosen = &m_served.front();
    }
    HttpResponse response = chosen->authority->handle(request, &entry);
    if (m_served.size() > 1)
        entry.operation = u"%1: %2"_s.arg(chosen->alias, entry.operation);
    return finish(std::move(response));
}

} // namespace LabCa
