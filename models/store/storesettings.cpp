// SPDX-License-Identifier: GPL-3.0-or-later
// How much the store keeps, and what goes when its time has come.
#include "models/store/store_p.h"

using namespace Qt::StringLiterals;
using Pki::failure;

namespace Models {

namespace {

constexpr auto settingName = "store"_L1;

QString toText(const StoreSettings &settings)
{
    return QString::fromUtf8(Json::toText({{u"mostExchanges"_s, settings.mostExchanges},
                                           {u"mostExchangeBytes"_s, settings.mostExchangeBytes},
                                           {u"exchangeDays"_s, settings.exchangeDays},
                                           {u"binDays"_s, settings.binDays},
                                           {u"backups"_s, settings.backups}}));
}

bool isUsable(const StoreSettings &settings)
{
    return settings.mostExchanges >= 1 && settings.mostExchanges <= 1'000'000 && settings.mostExchangeBytes >= 1024 * 1024 &&
           settings.exchangeDays >= 0 && settings.binDays >= 0 && settings.backups >= 0 && settings.backups <= 1000;
}

} // namespace

Result<StoreSettings> Store::settings()
{
    const Result<QVariant> text = d->database->value(u"SELECT value FROM setting WHERE name = ?"_s, {settingName.toString()});
    if (!text)
        return std::unexpected(text.error());
    StoreSettings settings;
    if (!text->isValid())
        return settings;
    const auto object = Json::fromText(text->toString().toUtf8());
    if (!object)
        return settings; // nothing that an enrollment would need: the defaults do
    settings.mostExchanges = (*object)[u"mostExchanges"_s].toInt(settings.mostExchanges);
    settings.mostExchangeBytes = (*object)[u"mostExchangeBytes"_s].toInteger(settings.mostExchangeBytes);
    settings.exchangeDays = (*object)[u"exchangeDays"_s].toInt(settings.exchangeDays);
    settings.binDays = (*object)[u"binDays"_s].toInt(settings.binDays);
    settings.backups = (*object)[u"backups"_s].toInt(settings.backups);
    return isUsable(settings) ? settings : StoreSettings();
}

Result<void> Store::setSettings(const StoreSettings &settings)
{
    if (!isUsable(settings))
        return failure(ErrorCode::InvalidArgument, u"at least one exchange and 1 MiB of them, no negative number"_s);
    if (Result<void> stored =
            d->database->execute(u"INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = "
                                 "excluded.value, version = setting.version + 1"_s,
                                 {settingName.toString(), toText(settings)});
        !stored)
        return stored;
    d->limits = settings;
    return {};
}

Result<void> Store::tidyUp(const QDateTime &now)
{
    if (d->limits.binDays > 0) {
        if (const Result<int> emptied = emptyBin(now.addDays(-d->limits.binDays)); !emptied)
            return std::unexpected(emptied.error());
    }
    d->writeExchanges();
    SqlTransaction sql(*d->database);
    if (!sql.begun())
        return std::unexpected(sql.begun().error());
    const qint64 newest = d->database->value(u"SELECT COALESCE(MAX(id), 0) FROM exchange"_s).value_or(QVariant(0)).toLongLong();
    const QString oldest = d->limits.exchangeDays > 0 ? timeText(now.addDays(-d->limits.exchangeDays)) : u""_s;
    if (Result<void> gone =
            d->database->execute(u"DELETE FROM exchange WHERE at < ? OR id <= ?"_s, {oldest, newest - d->limits.mostExchanges});
        !gone)
        return gone;
    QSet<Scep::ServerId> changed;
    if (const Result<int> pruned = d->pruneCaStore(changed); !pruned)
        return std::unexpected(pruned.error());
    const Result<QVariant> bytes = d->database->value(u"SELECT COALESCE(SUM(size), 0) FROM exchange"_s);
    if (!bytes)
        return std::unexpected(bytes.error());
    if (Result<void> committed = sql.commit(); !committed)
        return committed;
    d->exchangeBytes = bytes->toLongLong();
    for (const Scep::ServerId server : std::as_const(changed))
        emit caStoreChanged(server);
    return {};
}

} // namespace Models
