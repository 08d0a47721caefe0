// SPDX-License-Identifier: GPL-3.0-or-later
// The CA store: every CA and RA certificate of every server, kept in step with what the server sends.
#include "models/store/store_p.h"

#include <algorithm>

using namespace Qt::StringLiterals;
using Pki::failure;

namespace Models {

namespace {

using Role = CaStoreRecord::Role;
using Stage = CaStoreRecord::Stage;

/// Stored word and the ending of the name: the root has the server's label itself, so that other settings refer to it by that.
struct RoleWord {
    Role role;
    QLatin1StringView word;
    QLatin1StringView ending;
};
constexpr RoleWord roleWords[]{
    {Role::Root, "root"_L1, ""_L1},
    {Role::Intermediate, "intermediate"_L1, "-intermediate"_L1},
    {Role::Issuing, "issuing"_L1, "-issuing"_L1},
    {Role::RaSigning, "ra-signing"_L1, "-ra-signing"_L1},
    {Role::RaEncryption, "ra-encryption"_L1, "-ra-encryption"_L1},
    {Role::RaBoth, "ra"_L1, "-ra"_L1},
    {Role::Unused, "unused"_L1, "-unused"_L1},
};

const RoleWord &wordOf(Role role)
{
    for (const RoleWord &entry : roleWords) {
        if (entry.role == role)
            return entry;
    }
    return roleWords[std::size(roleWords) - 1];
}

Role roleFromWord(const QString &word)
{
    for (const RoleWord &entry : roleWords) {
        if (entry.word == word)
            return entry.role;
    }
    return Role::Unused; // of a newer version: shown, never used
}

QString wordOf(Stage stage)
{
    return stage == Stage::Active ? u"active"_s : stage == Stage::Staged ? u"staged"_s : u"retired"_s;
}

Stage stageFromWord(const QString &word)
{
    return word == "active"_L1 ? Stage::Active : word == "staged"_L1 ? Stage::Staged : Stage::Retired;
}

struct Wanted {
    Pki::Certificate certificate;
    Role role;
    bool isAnchor;
    Stage stage = Stage::Active;
};

/// Each certificate once, under the highest of its roles.
QList<Wanted> wantedCertificates(const Scep::CaRoles &roles)
{
    QList<Wanted> wanted;
    const auto add = [&](const Pki::Certificate &certificate, Role role) {
        const auto isSame = [&](const Wanted &other) { return other.certificate == certificate; };
        if (!certificate.isNull() && std::none_of(wanted.cbegin(), wanted.cend(), isSame))
            wanted.append({certificate, role, certificate == roles.anchor, Stage::Active});
    };
    add(roles.root, Role::Root);
    add(roles.issuing, roles.issuing.isNull() || !roles.issuing.isSelfIssued() ? Role::Issuing : Role::Root);
    for (const Pki::Certificate &certificate : roles.intermediates)
        add(certificate, Role::Intermediate);
    // An anchor that came from a file, not from the server.
    add(roles.anchor, roles.anchor.isNull() || !roles.anchor.isSelfIssued() ? Role::Intermediate : Role::Root);
    if (!roles.raSigning.isNull() && roles.raSigning == roles.raEncryption)
        add(roles.raSigning, Role::RaBoth);
    add(roles.raSigning, Role::RaSigning);
    add(roles.raEncryption, Role::RaEncryption);
    for (const Pki::Certificate &certificate : roles.unused)
        add(certificate, Role::Unused);
    return wanted;
}

/// What is in use, and behind it what the current CA announced as the next one (RFC 8894 4.7).
QList<Wanted> wantedCertificates(const Scep::ServerKnowledge &knowledge)
{
    QList<Wanted> wanted = wantedCertificates(knowledge.roles);
    if (knowledge.nextCa.isNull())
        return wanted;
    const QList<Wanted> next = wantedCertificates(knowledge.nextCa.roles);
    for (Wanted item : next) {
        const auto isSame = [&](const Wanted &other) { return other.certificate == item.certificate; };
        if (item.role == Role::Unused || std::any_of(wanted.cbegin(), wanted.cend(), isSame))
            continue;
        item.isAnchor = false; // nobody confirmed it
        item.stage = Stage::Staged;
        wanted.append(item);
    }
    return wanted;
}

} // namespace

Result<QList<CaStoreRecord>> Store::caStoreRecords()
{
    return d->caStoreRecords(u" WHERE server IS NULL OR server IN (SELECT id FROM server WHERE deleted_at IS NULL)"_s, {});
}

Result<QList<CaStoreRecord>> Store::caStoreRecords(Scep::ServerId id)
{
    if (id.isNull())
        return d->caStoreRecords(u" WHERE server IS NULL"_s, {});
    return d->caStoreRecords(u" WHERE server = ?"_s, {id.value});
}

Result<QList<CaStoreRecord>> Store::Private::caStoreRecords(const QString &condition, const QVariantList &values)
{
    Result<QSqlQuery> rows = database->run(
        u"SELECT id, server, name, role, stage, is_anchor, der, is_imported FROM ca_certificate%1 ORDER BY server, id"_s.arg(condition),
        values);
    if (!rows)
        return std::unexpected(rows.error());
    QList<CaStoreRecord> records;
    while (rows->next()) {
        const auto certificate = Pki::Certificate::fromDer(rows->value(6).toByteArray());
        if (!certificate)
            return failure(ErrorCode::StoreFailure, u"CA certificate %1: %2"_s.arg(rows->value(2).toString(), certificate.error().detail));
        records.append({rows->value(0).toLongLong(),
                        {rows->value(1).toLongLong()},
                        rows->value(2).toString(),
                        roleFromWord(rows->value(3).toString()),
                        stageFromWord(rows->value(4).toString()),
                        rows->value(5).toBool(),
                        *certificate,
                        rows->value(7).toBool()});
    }
    return records;
}

Result<QString> Store::Private::freeCaName(const QString &wanted)
{
    for (int number = 1;; ++number) {
        const QString name = number == 1 ? wanted : u"%1-%2"_s.arg(wanted, QString::number(number));
        const Result<QVariant> taken = database->value(u"SELECT COUNT(*) FROM ca_certificate WHERE name = ?"_s, {name});
        if (!taken)
            return std::unexpected(taken.error());
        if (taken->toInt() == 0)
            return name;
    }
}

Result<void> Store::Private::renameCaCertificates(Scep::ServerId id, const QString &from, const QString &to)
{
    Result<QSqlQuery> rows = database->run(u"SELECT id, name FROM ca_certificate WHERE server = ? ORDER BY id"_s, {id.value});
    if (!rows)
        return std::unexpected(rows.error());
    QList<std::pair<qint64, QString>> names;
    while (rows->next())
        names.append({rows->value(0).toLongLong(), rows->value(1).toString()});
    for (const auto &[row, name] : std::as_const(names)) {
        if (!name.startsWith(from))
            continue;
        const Result<QString> renamed = freeCaName(to + name.sliced(from.size()));
        if (!renamed)
            return std::unexpected(renamed.error());
        if (Result<void> done =
                database->execute(u"UPDATE ca_certificate SET name = ?, version = version + 1 WHERE id = ?"_s, {*renamed, row});
            !done)
            return done;
    }
    return {};
}

namespace {

/// The name that an import gets by itself.
bool hasImportedName(const QString &name, const QString &label)
{
    return name.startsWith(label + u"-imported"_s);
}

} // namespace

Result<void> Store::Private::giveBack(qint64 id, const QString &name, int imported, const QString &label)
{
    // The server's own names become free for what it sends now.
    const bool isServersName = std::ranges::any_of(roleWords, [&](const RoleWord &word) { return name == label + word.ending; });
    const Result<QString> newName = isServersName ? freeCaName(label + u"-imported"_s) : Result<QString>(name);
    if (!newName)
        return std::unexpected(newName.error());
    return database->execute(u"UPDATE ca_certificate SET name = ?, is_anchor = ?, version = version + 1 WHERE id = ? AND (name <> ? OR "
                             "is_anchor <> ?)"_s,
                             {*newName, imported == 2 ? 1 : 0, id, *newName, imported == 2 ? 1 : 0});
}

Result<QString> Store::Private::whyKept(qint64 id)
{
    Result<QSqlQuery> row = database->run(
        u"SELECT c.name, c.der, c.is_anchor AND c.is_imported = 1, s.knowledge FROM ca_certificate c LEFT JOIN server s ON s.id = "
        "c.server AND s.deleted_at IS NULL WHERE c.id = ?"_s,
        {id});
    if (!row)
        return std::unexpected(row.error());
    if (!row->next())
        return failure(ErrorCode::InvalidArgument, u"the CA certificate does not exist"_s);
    const QString name = row->value(0).toString();
    const QByteArray der = row->value(1).toByteArray();
    if (row->value(2).toBool()) // not trusted by the import: so by the confirmation
        return u"%1 is the CA that was confirmed for the server"_s.arg(name);
    const auto object = Json::fromText(row->value(3).toString().toUtf8());
    const auto knowledge = object ? Json::toKnowledge(*object) : Result<Scep::ServerKnowledge>(std::unexpected(object.error()));
    if (!knowledge || knowledge->trust != Scep::ServerKnowledge::Trust::Confirmed)
        return QString();
    if (!knowledge->roles.anchor.isNull() && knowledge->roles.anchor.der() == der)
        return u"%1 is the CA that was confirmed for the server"_s.arg(name);
    const QList<Wanted> wanted = wantedCertificates(*knowledge);
    const bool isWanted = std::ranges::any_of(wanted, [&](const Wanted &item) { return item.certificate.der() == der; });
    return isWanted ? u"%1 is what the server sends"_s.arg(name) : QString();
}

Result<void> Store::Private::storeCaCertificates(const Scep::ServerKnowledge &knowledge, const QString &label)
{
    struct Present {
        qint64 id;
        QString name;
        Role role;
        Stage stage;
        bool isAnchor;
        QByteArray der;
        int imported; ///< 0: sent by the server; 1: by hand; 2: by hand, as trusted
    };
    Result<QSqlQuery> rows =
        database->run(u"SELECT id, name, role, stage, is_anchor, der, is_imported FROM ca_certificate WHERE server = ? ORDER BY id"_s,
                      {knowledge.id.value});
    if (!rows)
        return std::unexpected(rows.error());
    QList<Present> present;
    while (rows->next())
        present.append({rows->value(0).toLongLong(), rows->value(1).toString(), roleFromWord(rows->value(2).toString()),
                        stageFromWord(rows->value(3).toString()), rows->value(4).toBool(), rows->value(5).toByteArray(),
                        rows->value(6).toInt()});
    const QList<Wanted> wanted = wantedCertificates(knowledge);

    // What the server does not send any more stays for the chains of issued certificates, but gives its name free.
    for (Present &row : present) {
        const auto isRow = [&](const Wanted &item) { return item.certificate.der() == row.der; };
        if (row.stage == Stage::Retired || std::any_of(wanted.cbegin(), wanted.cend(), isRow))
            continue;
        if (row.imported != 0) {
            // What a person imported is his to remove; it was the server's for a while, and is again what it was before.
            if (Result<void> done = giveBack(row.id, row.name, row.imported, label); !done)
                return done;
            continue;
        }
        if (row.role == Role::Unused || row.stage == Stage::Staged) { // never used: nothing hangs on it
            if (Result<void> done = database->execute(u"DELETE FROM ca_certificate WHERE id = ?"_s, {row.id}); !done)
                return done;
            continue;
        }
        QString name = row.name;
        if (row.role == Role::Root) {
            const Result<QString> oldName = freeCaName(label + u"-old"_s);
            if (!oldName)
                return std::unexpected(oldName.error());
            name = *oldName;
        }
        if (Result<void> done =
                database->execute(u"UPDATE ca_certificate SET stage = ?, is_anchor = 0, name = ?, version = version + 1 WHERE id = ?"_s,
                                  {wordOf(Stage::Retired), name, row.id});
            !done)
            return done;
    }

    for (const Wanted &item : wanted) {
        const auto row =
            std::find_if(present.cbegin(), present.cend(), [&](const Present &other) { return other.der == item.certificate.der(); });
        const RoleWord &word = wordOf(item.role);
        const bool isThere = row != present.cend();
        // What a person imported becomes what it is to the server, without losing the trust he gave it.
        const bool isImported = isThere && row->imported != 0;
        const bool isAnchor = item.isAnchor || (isThere && row->imported == 2);
        const Stage stage = isImported ? Stage::Active : item.stage; // announced or not, it carries chains
        if (isThere && row->role == item.role && row->stage == stage && row->isAnchor == isAnchor &&
            !(isImported && hasImportedName(row->name, label)))
            continue;
        // A root that came back takes its name again; others keep the one they have. What was staged gets the name of what it becomes.
        const bool staysWhatItIs = isThere && row->role == item.role && (row->stage == Stage::Staged) == (stage == Stage::Staged);
        QString name = staysWhatItIs && item.role != Role::Root ? row->name : QString();
        if (isImported)
            name = hasImportedName(row->name, label) ? QString() : row->name; // one that he chose stays
        if (name.isEmpty()) {
            const QString usual = label + (stage == Stage::Staged ? u"-next"_s : QString()) + word.ending;
            const bool keepsName = isThere && row->name == usual;
            const Result<QString> free = keepsName ? Result<QString>(row->name) : freeCaName(usual);
            if (!free)
                return std::unexpected(free.error());
            name = *free;
        }
        const Result<void> done =
            isThere
                ? database->execute(
                      u"UPDATE ca_certificate SET name = ?, role = ?, stage = ?, is_anchor = ?, version = version + 1 WHERE id = ?"_s,
                      {name, word.word.toString(), wordOf(stage), isAnchor ? 1 : 0, row->id})
                : database->execute(
                      u"INSERT INTO ca_certificate (server, name, role, stage, is_anchor, der) VALUES (?, ?, ?, ?, ?, ?)"_s,
                      {knowledge.id.value, name, word.word.toString(), wordOf(item.stage), item.isAnchor ? 1 : 0, item.certificate.der()});
        if (!done)
            return done;
    }
    return {};
}

} // namespace Models
