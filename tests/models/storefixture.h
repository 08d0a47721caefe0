// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/store/sqldatabase.h"
#include "models/store/store.h"
#include "models/store/storereport.h"
#include "models/vault/vault.h"
#include "scep/files/durablefile.h"
#include "tests/models/modelfixtures.h"

#include <QDir>
#include <QTemporaryDir>

namespace Fixtures {

/// A workspace in a temporary folder with its store open, and the steps that tests of the store take again and again.
class OpenStore
{
public:
    explicit OpenStore(const QByteArray &passphrase = {})
        : vault(TestSupport::must(Models::Vault::create(path("vault.json"), secret(passphrase))))
        , store(TestSupport::must(Models::Store::open(file(), vault)))
    {}

    static Pki::SecretBytes secret(const QByteArray &text) { return Pki::SecretBytes{QByteArrayView(text)}; }
    [[nodiscard]] QString path(const QString &name) const { return folder.filePath(name); }
    [[nodiscard]] QString file() const { return path(QStringLiteral("store.sqlite")); }
    void reopen()
    {
        store.reset();
        store = TestSupport::must(Models::Store::open(file(), vault));
    }
    Scep::ServerId addServer(const QString &label = QStringLiteral("plant"))
    {
        return TestSupport::must(store->addServer(server(label, ca)));
    }
    Scep::RequestId addRequest(Scep::ServerId server, const QString &label = QStringLiteral("plc-7"))
    {
        return TestSupport::must(store->addRequest(request(label, server), secret("one-time-secret"), {}, {}));
    }
    /// The whole way: the certificate that comes of it is the request's current one.
    Scep::CertificateId issue(Scep::RequestId request, Scep::ServerId server, const QString &transactionId = QStringLiteral("ABCDEF01"))
    {
        const Scep::Transaction sent = transaction(request, server, ca, transactionId);
        mustDo(store->begin(sent));
        mustDo(store->complete(sent, issued(sent, ca)));
        return TestSupport::must(store->certificates(request)).first().id;
    }
    void confirm(Scep::ServerId id, const Scep::CaRoles &roles)
    {
        Scep::ServerKnowledge known = knowledge(id, ca);
        known.roles = roles;
        mustDo(store->storeKnowledge(known));
    }
    /// Beside the store, as somebody who damages it would come.
    void tamper(const QString &sql, const QVariantList &values = {})
    {
        mustDo(TestSupport::must(Models::SqlDatabase::open(file()))->execute(sql, values));
    }
    static void mustDo(const Pki::Result<void> &result)
    {
        if (!result)
            qFatal("fixture: %s", qPrintable(result.error().detail));
    }

    QTemporaryDir folder;
    TestSupport::TestCa ca = TestSupport::TestCa::create(QStringLiteral("Store"), now);
    Models::Vault vault;
    std::unique_ptr<Models::Store> store;
};

} // namespace Fixtures
