// SPDX-License-Identifier: GPL-3.0-or-later
// A workspace in files that other programs read, without its secrets.
#include "models/service/enrollmentfiles.h"
#include "models/store/recordjson.h"
#include "models/store/store.h"
#include "models/store/workspacecare.h"
#include "models/vault/vault.h"

#include <QDir>
#include <QJsonDocument>

using namespace Qt::StringLiterals;
using Pki::failure;

namespace Models {

namespace {

constexpr int pageSize = 500;

QString withoutPassword(const QString &url)
{
    return QUrl(url).toString(QUrl::FullyEncoded | QUrl::RemoveUserInfo);
}

QJsonObject withExtras(QJsonObject object, const Extras &extras)
{
    object[u"notes"_s] = extras.notes;
    object[u"tags"_s] = QJsonArray::fromStringList(extras.tags);
    return object;
}

QJsonObject exported(const ServerRecord &record)
{
    QJsonObject object = withExtras(Json::fromServer(record.server), record.extras);
    object[u"url"_s] = withoutPassword(object[u"url"_s].toString());
    QJsonObject transport = object[u"transport"_s].toObject();
    transport[u"proxy"_s] = withoutPassword(transport[u"proxy"_s].toString());
    object[u"transport"_s] = transport;
    if (!record.damage.isEmpty())
        object[u"damage"_s] = record.damage;
    return object;
}

Result<QJsonObject> exported(Store &store, const RequestRecord &record, const QString &serverLabel)
{
    QJsonObject object = withExtras(Json::fromRequest(record.request), record.extras);
    object[u"server"_s] = serverLabel;
    object[u"subjectText"_s] = record.request.subject.toText();
    object[u"certificates"_s] = record.certificateCount;
    if (!record.damage.isEmpty())
        object[u"damage"_s] = record.damage;
    if (record.current)
        object[u"currentSerialNumber"_s] = record.current->certificate.serialNumber().toHex();
    const auto rule = store.deliveryRule(record.request.id);
    if (!rule)
        return std::unexpected(rule.error());
    if (*rule)
        object[u"delivery"_s] = Json::fromText(Json::fromDelivery(**rule).toUtf8()).value_or(QJsonObject());
    return object;
}

class Exporter
{
public:
    explicit Exporter(const QString &folder)
        : m_folder(folder)
    {}

    Result<void> write(const QString &name, const QByteArray &bytes)
    {
        const QString path = m_folder.filePath(name);
        if (Result<void> written = Files::writeDurably(path, bytes, Files::FileAccess::Readable); !written)
            return written;
        m_paths.append(path);
        return {};
    }
    [[nodiscard]] QStringList paths() const { return m_paths; }

private:
    QDir m_folder;
    QStringList m_paths;
};

} // namespace

Result<QStringList> WorkspaceCare::exportTo(const QString &folder, const QDateTime &now) const
{
    if (Result<void> whole = finishRestore(); !whole)
        return std::unexpected(whole.error());
    if (QDir(folder).exists() && !QDir(folder).isEmpty())
        return failure(ErrorCode::FileNotWritable, u"%1 is not empty"_s.arg(folder));
    Result<Vault> vault = Vault::load(vaultFile());
    if (!vault)
        return std::unexpected(vault.error());
    const auto store = Store::openReadOnly(storeFile(), *vault);
    if (!store)
        return std::unexpected(store.error());
    for (const QString &part : {folder, QDir(folder).filePath(u"certificates"_s), QDir(folder).filePath(u"ca-store"_s)}) {
        if (Result<void> made = Files::makePrivateFolder(part); !made)
            return std::unexpected(made.error());
    }
    Exporter exporter(folder);

    const auto servers = (*store)->serverRecords();
    if (!servers)
        return std::unexpected(servers.error());
    QJsonArray serverArray;
    QHash<Scep::ServerId, QString> labels;
    for (const ServerRecord &record : *servers) {
        serverArray.append(exported(record));
        labels.insert(record.server.id, record.server.label);
    }

    QJsonArray requestArray;
    for (Scep::RequestId last;;) {
        const auto records = (*store)->requestRecords(last, pageSize);
        if (!records)
            return std::unexpected(records.error());
        if (records->isEmpty())
            break;
        for (const RequestRecord &record : *records) {
            const auto object = exported(**store, record, labels.value(record.request.server));
            if (!object)
                return std::unexpected(object.error());
            requestArray.append(*object);
            const auto certificates = (*store)->certificates(record.request.id);
            if (!certificates)
                return std::unexpected(certificates.error());
            for (const Scep::IssuedCertificate &issued : *certificates) {
                const QString name = u"certificates/%1-%2.pem"_s.arg(fileStem(record.request.label), QString::number(issued.id.value));
                if (Result<void> written = exporter.write(name, issued.certificate.toPem() + Pki::toPem(issued.issuers)); !written)
                    return std::unexpected(written.error());
            }
        }
        last = records->last().request.id;
    }

    const auto caStore = (*store)->caStoreRecords();
    if (!caStore)
        return std::unexpected(caStore.error());
    for (const CaStoreRecord &record : *caStore) {
        const QString name = u"ca-store/%1-%2.pem"_s.arg(fileStem(record.name), QString::number(record.id));
        if (Result<void> written = exporter.write(name, record.certificate.toPem()); !written)
            return std::unexpected(written.error());
    }
    const QJsonObject all{{u"format"_s, u"scepter-workspace"_s},
                          {u"version"_s, 1},
                          {u"exportedAt"_s, Json::fromTime(now)},
                          {u"servers"_s, serverArray},
                          {u"requests"_s, requestArray}};
    if (Result<void> written = exporter.write(u"workspace.json"_s, QJsonDocument(all).toJson()); !written)
        return std::unexpected(written.error());
    return exporter.paths();
}

} // namespace Models
