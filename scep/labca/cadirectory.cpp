// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/labca/cadirectory.h"

#include "scep/files/durablefile.h"
#include "scep/labca/cafiles.h"
#include "scep/labca/camaking.h"
#include "scep/labca/filestamp.h"
#include "scep/labca/messagehandler.h"
#include "scep/labca/policyfile.h"
#include "scep/labca/sceppath.h"

#include <QDir>
#include <QHash>
#include <QRegularExpression>

#include <algorithm>
#include <array>
#include <chrono>
#include <mutex>
#include <vector>

namespace LabCa {

using namespace Qt::StringLiterals;

namespace {

constexpr auto defaultAlias = "default"_L1;
/// A file system's clock may stand still for this long: a change right after a look might not show in a file's time.
constexpr std::chrono::milliseconds coarseness{50};

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

/// The files that make a policy: a change shows in their stamps.
using PolicyStamp = std::array<FileStamp, 3>;

PolicyStamp policyStamp(const QString &caFolder)
{
    return {fileStamp(inFolder(caFolder, u"policy.json"_s)), fileStamp(inFolder(caFolder, u"challenge.txt"_s)),
            fileStamp(inFolder(caFolder, u"profiles.json"_s))};
}

} // namespace

class CaDirectory::Private
{
public:
    using PolicyReader = std::function<Result<Policy>(const QString &alias, const QString &caFolder)>;

    /// How the policy of a CA was read last.
    struct Followed {
        PolicyStamp stamp = {};
        std::filesystem::file_time_type readAt = {};
        QString trouble = {}; ///< why the one before is still in force
    };

    Private(QString directory, const Options &options)
        : folder(std::move(directory))
        , policyOf(options.policy)
        , now(options.now)
        , followsFiles(options.followsFiles)
    {
        if (options.passphrase != nullptr)
            passphrase = options.passphrase->clone();
    }

    [[nodiscard]] Result<Policy> readPolicy(const QString &alias, const QString &caFolder) const;
    /// `depot` is the CA `alias` (empty: the default one).
    Result<void> add(const QString &alias, Result<Depot> depot);
    [[nodiscard]] std::vector<const Served *> list() const;
    [[nodiscard]] const Served *find(const QString &alias) const;
    [[nodiscard]] const Served *named(const QString &message) const;
    /// By what a client says with message=; also where it did not encode it, and a blank became a plus sign.
    [[nodiscard]] const Served *meant(const QByteArray &message) const;
    [[nodiscard]] const Served *addressedBy(const HttpRequest &request) const;
    /// Whom the request is for; null: for none of those that are served.
    [[nodiscard]] const Served *choose(const HttpRequest &request, const ScepPath &path) const;
    [[nodiscard]] HttpResponse published(const QString &path, LogEntry &log) const;
    [[nodiscard]] QString whatThereIs() const;
    /// Opens the CAs that were made since; what went wrong.
    QStringList openNewOnes();
    /// Reads the policy again if its files changed; what is wrong with them.
    QString follow(const Served &one);

    const QString folder;
    const PolicyReader policyOf;
    const Authority::Now now;
    const bool followsFiles;
    Pki::SecretBytes passphrase;
    std::deque<Served> served; ///< what is in it stays where it is
    QUrl publicUrl;
    mutable std::mutex mutex; ///< of `served` as a list, and of what follows
    QHash<QString, Followed> followed;
    std::mutex opening; ///< new CAs are opened by one thread
};

CaDirectory::CaDirectory(std::unique_ptr<Private> data)
    : d(std::move(data))
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
                                 const Pki::SecretBytes &passphrase, const Policy *policy)
{
    if (!isAlias(alias))
        return failure(ErrorCode::InvalidArgument,
                       u"\"%1\" cannot be an alias: letters, digits, dots, dashes and underscores are taken"_s.arg(alias));
    if (const auto checked = checkChoice(description); !checked)
        return checked;
    // Aliases are found without case, so they differ in more than that.
    const QStringList known = aliasesIn(folder);
    if (known.contains(alias, Qt::CaseInsensitive))
        return failure(ErrorCode::InvalidArgument, u"there is a CA \"%1\" already"_s.arg(alias));
    const QString caFolder = folderOf(folder, alias);
    if (policy != nullptr) {
        if (const auto checked = checkMaking(description); !checked)
            return checked;
        if (const auto ready = Files::makePrivateFolder(caFolder); !ready)
            return ready;
        if (const auto saved = savePolicy(caFolder, *policy); !saved)
            return saved;
    }
    const auto made = Depot::openOrCreate(caFolder, description, passphrase);
    if (!made)
        return std::unexpected(made.error());
    return {};
}

Result<Policy> CaDirectory::Private::readPolicy(const QString &alias, const QString &caFolder) const
{
    if (policyOf)
        return policyOf(alias, caFolder);
    auto profiles = Profiles::ofFolder(caFolder);
    if (!profiles)
        return std::unexpected(profiles.error());
    Policy policy;
    policy.profiles = std::move(*profiles);
    return policy;
}

Result<void> CaDirectory::Private::add(const QString &alias, Result<Depot> depot)
{
    if (!depot)
        return std::unexpected(depot.error());
    const QString caFolder = folderOf(folder, alias);
    const PolicyStamp stamp = policyStamp(caFolder);
    const auto readAt = std::filesystem::file_time_type::clock::now();
    auto policy = readPolicy(alias, caFolder);
    if (!policy)
        return std::unexpected(policy.error());
    Served one;
    one.alias = alias.isEmpty() ? QString(defaultAlias) : alias;
    one.depot = std::make_unique<Depot>(std::move(*depot));
    one.authority = std::make_unique<Authority>(*one.depot, std::move(*policy), now);
    const std::lock_guard lock(mutex);
    one.authority->publishAt({.baseUrl = publicUrl, .alias = one.alias});
    followed.insert(one.alias, {.stamp = stamp, .readAt = readAt});
    served.push_back(std::move(one));
    return {};
}

Result<CaDirectory> CaDirectory::open(const QString &folder, const Options &options)
{
    if (!isFinishedCa(folder)) {
        if (const auto checked = checkChoice(options.description); !checked)
            return std::unexpected(checked.error());
    }
    auto data = std::make_unique<Private>(folder, options);
    const Pki::SecretBytes &passphrase = data->passphrase;
    if (const auto added = data->add({}, Depot::openOrCreate(folder, options.description, passphrase)); !added)
        return std::unexpected(added.error());
    const QStringList aliases = aliasesIn(folder);
    for (const QString &alias : aliases) {
        if (const auto added = data->add(alias, Depot::open(folderOf(folder, alias), passphrase)); !added)
            return std::unexpected(added.error());
    }
    return CaDirectory(std::move(data));
}

const std::deque<CaDirectory::Served> &CaDirectory::all() const
{
    return d->served;
}

void CaDirectory::setPublicUrl(const QUrl &url)
{
    const std::lock_guard lock(d->mutex);
    d->publicUrl = url;
    for (const Served &one : d->served)
        one.authority->publishAt({.baseUrl = url, .alias = one.alias});
}

std::vector<const CaDirectory::Served *> CaDirectory::Private::list() const
{
    const std::lock_guard lock(mutex);
    std::vector<const Served *> all;
    all.reserve(served.size());
    for (const Served &one : served)
        all.push_back(&one);
    return all;
}

const CaDirectory::Served *CaDirectory::Private::find(const QString &alias) const
{
    const auto all = list();
    const auto found = std::ranges::find_if(all, [&](const Served *one) { return one->alias.compare(alias, Qt::CaseInsensitive) == 0; });
    return found == all.end() ? nullptr : *found;
}

const CaDirectory::Served *CaDirectory::Private::named(const QString &message) const
{
    if (message.isEmpty())
        return nullptr;
    if (const Served *one = find(message))
        return one;
    const auto all = list();
    const auto found = std::ranges::find_if(all, [&](const Served *one) { return hasName(one->depot->material()->current, message); });
    return found == all.end() ? nullptr : *found;
}

const CaDirectory::Served *CaDirectory::Private::meant(const QByteArray &message) const
{
    const QString text = QString::fromUtf8(message);
    const Served *one = named(text);
    return one == nullptr && text.contains(u'+') ? named(QString(text).replace(u'+', u' ')) : one;
}

const CaDirectory::Served *CaDirectory::Private::addressedBy(const HttpRequest &request) const
{
    const auto message = pkiMessageOf(request);
    const auto signedData = message ? Pki::SignedData::fromDer(*message) : Result<Pki::SignedData>(failure(ErrorCode::Malformed));
    const auto content = signedData ? signedData->content() : std::nullopt;
    const auto enveloped = content ? Pki::EnvelopedData::fromDer(*content) : Result<Pki::EnvelopedData>(failure(ErrorCode::Malformed));
    if (!enveloped)
        return nullptr;
    const QList<Pki::RecipientInfo> recipients = enveloped->recipients();
    const auto all = list();
    for (const Served *one : all) {
        const auto ca = one->depot->material();
        for (const Pki::RecipientInfo &recipient : recipients) {
            const auto is = [&](const CaIdentity &identity) { return isFor(recipient.recipientId, identity); };
            if (is(ca->current) || std::ranges::any_of(ca->retired, is))
                return one;
        }
    }
    return nullptr;
}

const CaDirectory::Served *CaDirectory::Private::choose(const HttpRequest &request, const ScepPath &path) const
{
    const auto all = list();
    const Served *ofPath = path.alias.isEmpty() ? nullptr : find(path.alias);
    const Served *chosen = nullptr;
    if (request.operation.compare("PKIOperation"_L1, Qt::CaseInsensitive) == 0) {
        // A client that chose its CA by message= sends its messages to the address that it always had.
        const bool isOnlyOne = all.size() == 1 && (ofPath != nullptr || path.alias.isEmpty());
        chosen = isOnlyOne ? nullptr : addressedBy(request);
        if (chosen == nullptr && ofPath == nullptr && request.isPost)
            chosen = meant(request.messageParameter);
    } else {
        chosen = meant(request.message);
    }
    if (chosen == nullptr)
        chosen = ofPath;
    return chosen == nullptr && path.alias.isEmpty() ? all.front() : chosen;
}

QString CaDirectory::Private::whatThereIs() const
{
    QStringList aliases;
    const auto all = list();
    for (const Served *one : all)
        aliases.append(one->alias);
    return u"there are: %1"_s.arg(aliases.join(", "_L1));
}

HttpResponse CaDirectory::Private::published(const QString &path, LogEntry &log) const
{
    log.operation = path;
    const QString file = path.section(u'/', -1);
    const bool isCrl = path.section(u'/', -2, -2) == "crl"_L1;
    const auto all = list();
    for (const Served *one : all) {
        QStringList damaged;
        const auto response = one->authority->publishedFile(isCrl, file, &damaged);
        if (!response)
            continue;
        log.at = one->authority->now();
        if (response->status == 200)
            log.outcome = u"%1 bytes"_s.arg(response->body.size());
        if (!damaged.isEmpty())
            log.outcome += u", without what is damaged: %1"_s.arg(damaged.join(u"; "_s));
        return *response;
    }
    return plainTextResponse(404, u"no CRL and no certificate of this name is here"_s);
}

QStringList CaDirectory::Private::openNewOnes()
{
    const std::lock_guard guard(opening);
    QStringList trouble;
    const QStringList aliases = aliasesIn(folder);
    for (const QString &alias : aliases) {
        if (find(alias) != nullptr)
            continue;
        if (const auto added = add(alias, Depot::open(folderOf(folder, alias), passphrase)); !added)
            trouble.append(u"CA %1 cannot be opened: %2"_s.arg(alias, added.error().detail));
    }
    return trouble;
}

QString CaDirectory::Private::follow(const Served &one)
{
    const QString caFolder = one.depot->folder();
    const PolicyStamp stamp = policyStamp(caFolder);
    {
        const std::lock_guard lock(mutex);
        Followed &known = followed[one.alias];
        const bool isSettled = std::ranges::none_of(
            stamp, [&](const FileStamp &file) { return file != FileStamp() && known.readAt - file.time < coarseness; });
        if (known.stamp == stamp && isSettled)
            return known.trouble;
        known.stamp = stamp;
        known.readAt = std::filesystem::file_time_type::clock::now();
    }
    auto policy = readPolicy(one.alias == defaultAlias ? QString() : one.alias, caFolder);
    QString trouble;
    if (policy)
        one.authority->setPolicy(std::move(*policy));
    else
        trouble = u"the former policy counts, because %1"_s.arg(policy.error().detail);
    const std::lock_guard lock(mutex);
    followed[one.alias].trouble = trouble;
    return trouble;
}

HttpResponse CaDirectory::handle(const HttpRequest &request, LogEntry *log) const
{
    LogEntry entry;
    entry.at = defaultAuthority().now();
    entry.operation = request.operation;
    const auto finish = [&](HttpResponse response) {
        if (entry.outcome.isEmpty() || (response.status != 200 && entry.outcome.startsWith(u',')))
            entry.outcome.prepend(u"HTTP %1 %2"_s.arg(response.status).arg(QString::fromUtf8(response.body).trimmed()));
        if (log != nullptr)
            *log = entry;
        return response;
    };
    static const QRegularExpression files(uR"(\A(?:/.*)?/(?:crl|ca)/[^/]+\.(?:crl|cer)\z)"_s);
    if (files.match(request.path).hasMatch()) {
        if (request.isPost)
            return finish(plainTextResponse(405, u"this is fetched by GET"_s));
        return finish(d->published(request.path, entry));
    }
    const ScepPath path = readScepPath(request.path);
    if (!path.isScep) {
        entry.operation = request.path;
        return finish(plainTextResponse(404, u"SCEP is served at /scep and /scep/ALIAS; %1"_s.arg(d->whatThereIs())));
    }
    QStringList notes;
    const bool isMessage = request.operation.compare("PKIOperation"_L1, Qt::CaseInsensitive) == 0;
    const auto isUnknown = [&] { return !isMessage && !request.message.isEmpty() && d->meant(request.message) == nullptr; };
    const Served *chosen = d->choose(request, path);
    if (d->followsFiles) {
        const bool isBesidePath = !path.alias.isEmpty() && d->find(path.alias) == nullptr;
        if (chosen == nullptr || isUnknown() || isBesidePath) {
            notes += d->openNewOnes();
            chosen = d->choose(request, path);
        }
        if (chosen != nullptr) {
            if (const QString trouble = d->follow(*chosen); !trouble.isEmpty())
                notes.append(trouble);
        }
    }
    if (chosen == nullptr)
        return finish(plainTextResponse(404, u"there is no CA \"%1\" here; %2"_s.arg(path.alias, d->whatThereIs())));
    HttpResponse response = chosen->authority->handle(request, &entry);
    // Some clients send any text there, and some servers take it for a number: it is answered, but not in silence.
    if (isUnknown() && chosen->authority->policy()->personality.bundle != CaBundle::Indexed)
        notes.append(u"no CA is named \"%1\""_s.arg(QString::fromUtf8(request.message)));
    if (!notes.isEmpty())
        entry.outcome += u", "_s + notes.join(u", "_s);
    if (d->list().size() > 1)
        entry.operation = u"%1: %2"_s.arg(chosen->alias, entry.operation);
    return finish(std::move(response));
}

} // namespace LabCa
