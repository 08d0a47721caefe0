// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/store/recordjson.h"
#include "models/store/storeschema.h"
#include "tests/models/storefixture.h"

#include <QTest>

using namespace Models;
using TestSupport::must;

namespace {

QString text(const QJsonObject &object)
{
    return QString::fromUtf8(Json::toText(object));
}

const QByteArray proxyPassword = "pr0xy p@ss";
const QByteArray vaultPassphrase = "correct horse";

} // namespace

/// From the third version of the schema to the fourth.
class TestStoreMigration : public QObject
{
    Q_OBJECT

    QTemporaryDir m_folder;
    TestSupport::TestCa m_ca = TestSupport::TestCa::create("Store", Fixtures::now);
    const QString m_oldLabel = QString(100, 'x') + "\x1b[31m"; // as versions before took it

    [[nodiscard]] QString file() const { return m_folder.filePath("store.sqlite"); }
    /// As that version wrote it.
    void writeOldStore()
    {
        auto old = must(SqlDatabase::open(file()));
        Fixtures::OpenStore::mustDo(bringUpToDate(*old, file(), migrations().first(3)));
        QJsonObject settings = Json::fromServer(Fixtures::server("plant", m_ca));
        QJsonObject transport = settings["transport"].toObject();
        transport.remove("proxyUser");
        transport["proxy"] = "http://puser:pr0xy%20p%40ss@proxy.example:3128";
        settings["transport"] = transport;
        const auto insert = [&](const QString &sql, const QVariantList &values) { Fixtures::OpenStore::mustDo(old->execute(sql, values)); };
        insert("INSERT INTO server (label, settings) VALUES ('plant', ?)", {text(settings)});
        insert("INSERT INTO server (label, settings) VALUES ('plain', ?)", {text(Json::fromServer(Fixtures::server("plain", m_ca)))});
        insert("INSERT INTO server (label, settings) VALUES ('broken', 'no JSON')", {});
        insert("INSERT INTO request (label, server, settings, status) VALUES (?, 1, ?, '{\"state\":\"done\"}')",
               {m_oldLabel, text(Json::fromRequest(Fixtures::request(m_oldLabel, {1})))});
        const Scep::IssuedCertificate issued = Fixtures::issued(Fixtures::transaction({1}, {1}, m_ca), m_ca);
        insert("INSERT INTO certificate (request, server, is_current, der, transaction_id, received_at, details) VALUES (1, 1, 1, ?, 'AB', "
               "'2026-03-01T12:01:00.000Z', '{}')",
               {issued.certificate.der()});
        insert("INSERT INTO ca_certificate (server, name, role, stage, is_anchor, is_imported, der) VALUES (1, 'trusted', 'root', "
               "'active', 1, "
               "1, ?)",
               {m_ca.root.certificate.der()});
        insert("INSERT INTO ca_certificate (server, name, role, stage, is_anchor, is_imported, der) VALUES (1, 'other', 'intermediate', "
               "'active', 0, 1, ?)",
               {m_ca.issuing.certificate.der()});
    }
    /// In the store itself; the copy that was made before the migration is the old store.
    [[nodiscard]] bool isInTheFiles(const QByteArray &secret) const
    {
        for (const QString &name : {file(), file() + "-wal"}) {
            QFile read(name);
            if (read.open(QIODevice::ReadOnly) && read.readAll().contains(secret))
                return true;
        }
        return false;
    }

private slots:
    void cleanup()
    {
        QDir(m_folder.path()).removeRecursively();
        QVERIFY(QDir().mkpath(m_folder.path()));
    }

    void everythingIsThere()
    {
        writeOldStore();
        Vault vault = must(Vault::create(m_folder.filePath("vault.json"), {}));
        auto store = must(Store::open(file(), vault));
        QVERIFY(QFile::exists(file() + ".v3.backup"));
        const ServerRecord server = must(store->serverRecord({1}));
        QCOMPARE(server.server.transport.proxy, QUrl("http://proxy.example:3128"));
        QCOMPARE(server.server.transport.proxyUser, QString("puser"));
        QCOMPARE(must(store->proxyPassword({1})).view().toByteArray(), proxyPassword);
        QVERIFY(must(store->proxyPassword({2})).isEmpty());
        QCOMPARE(must(store->serverRecord({2})).server.transport.proxy, QUrl("socks5://127.0.0.1:9050"));
        QVERIFY(!must(store->serverRecord({3})).damage.isEmpty());
        const RequestRecord record = must(store->requestRecord({1}));
        QCOMPARE(record.request.label, m_oldLabel);
        QVERIFY(!record.current->revocation);
        QVERIFY(!must(store->certificateRows({}, 0, 10, Fixtures::now)).rows.first().revocation);
        store.reset();
        QCOMPARE(must(must(SqlDatabase::open(file()))->value("SELECT version FROM schema_version")).toInt(), 4);
    }

    void anOldLabelStaysUntilItIsChanged()
    {
        writeOldStore();
        Vault vault = must(Vault::create(m_folder.filePath("vault.json"), {}));
        auto store = must(Store::open(file(), vault));
        Scep::EnrollmentRequest request = must(store->requestRecord({1})).request;
        request.profile = "Other";
        QVERIFY(store->updateRequest(request));
        request.label = m_oldLabel + "y";
        QCOMPARE(store->updateRequest(request).error().code, ErrorCode::InvalidArgument);
        QVERIFY(store->removeRequest({1}));
        QCOMPARE(must(store->restore(BinRecord::Kind::Request, 1)), m_oldLabel);
        request.label = "plc-7";
        QVERIFY(store->updateRequest(request));
    }

    void theTrustOfAnImportIsRemembered()
    {
        writeOldStore();
        Vault vault = must(Vault::create(m_folder.filePath("vault.json"), {}));
        auto store = must(Store::open(file(), vault));
        // The server sends both, and then neither any more.
        Scep::ServerKnowledge known = Fixtures::knowledge({2}, m_ca);
        known.id = {1};
        QVERIFY(store->storeKnowledge(known));
        known.roles = Fixtures::roles(TestSupport::TestCa::create("Other", Fixtures::now));
        QVERIFY(store->storeKnowledge(known));
        QMap<QString, CaStoreRecord> byName;
        for (const CaStoreRecord &each : must(store->caStoreRecords(Scep::ServerId{1})))
            byName.insert(each.name, each);
        QVERIFY(byName.value("trusted").isAnchor);
        QVERIFY(byName.contains("other"));
        QVERIFY(!byName.value("other").isAnchor);
    }

    void aPasswordIsSealedAtOnce()
    {
        writeOldStore();
        QVERIFY(isInTheFiles("pr0xy"));
        Vault vault = must(Vault::create(m_folder.filePath("vault.json"), Fixtures::OpenStore::secret(vaultPassphrase)));
        auto store = must(Store::open(file(), vault));
        QVERIFY(!isInTheFiles("pr0xy"));
        QCOMPARE(must(store->proxyPassword({1})).view().toByteArray(), proxyPassword);
        // Nor is it in the copy, which is still the old store in all else.
        QVERIFY(!must(Files::readFile(file() + ".v3.backup")).contains("pr0xy"));
        auto copy = must(SqlDatabase::open(file() + ".v3.backup"));
        QCOMPARE(must(copy->value("SELECT version FROM schema_version")).toInt(), 3);
        QVERIFY(must(copy->value("SELECT settings FROM server WHERE id = 1")).toString().contains("http://puser@proxy.example:3128"));
        vault.lock();
        QCOMPARE(store->proxyPassword({1}).error().code, ErrorCode::VaultLocked);
    }

    void aPasswordIsSealedWhenTheVaultOpens()
    {
        writeOldStore();
        Vault vault = must(Vault::create(m_folder.filePath("vault.json"), Fixtures::OpenStore::secret(vaultPassphrase)));
        vault.lock();
        auto store = must(Store::open(file(), vault));
        QCOMPARE(must(store->proxyPassword({1})).view().toByteArray(), proxyPassword); // it is no worse protected than before
        QVERIFY(vault.unlock(Fixtures::OpenStore::secret(vaultPassphrase)));
        QCOMPARE(must(store->proxyPassword({1})).view().toByteArray(), proxyPassword);
        QVERIFY(!isInTheFiles("pr0xy"));
        vault.lock();
        QCOMPARE(store->proxyPassword({1}).error().code, ErrorCode::VaultLocked);
    }
};

QTEST_GUILESS_MAIN(TestStoreMigration)
#include "tst_storemigration.moc"
