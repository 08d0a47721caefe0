// SPDX-License-Identifier: GPL-3.0-or-later

// A private key that came encrypted is nowhere written in the clear: not with the certificate, not while the request is pending, not by a
// renewal; and poll asks for its pass phrase again.

#include "tests/cli/scepctlprogram.h"
#include "tests/cli/wirescepserver.h"

#include <QTest>

using Scep::ReceivedRequest;
using Test::ScepctlProgram;
using Test::ScepctlResult;
using Test::WireScepServer;
using TestSupport::must;

namespace {

const Pki::SecretBytes passphrase{QByteArrayView("open it")};

} // namespace

class TestScepctlProtectedKey : public QObject
{
    Q_OBJECT

private slots:
    void init();
    void besideTheCertificate();
    void aClearKeyStaysClear();
    void whilePending();
    void pollNeedsThePassphrase_data();
    void pollNeedsThePassphrase();
    void renewal_data();
    void renewal();
    void afterARefusedRenewal();

private:
    [[nodiscard]] QStringList enroll(const QStringList &options) const
    {
        return QStringList{"--json", "enroll", "--url", m_server->url(), "--fingerprint", m_server->fingerprint(), "--subject",
                           "CN=dev", "--out",  "out"} +
               options;
    }
    [[nodiscard]] static QStringList locked() { return {"--key", "locked.pem", "--key-passphrase-file", "passphrase"}; }
    [[nodiscard]] QStringList renew(const QStringList &options) const
    {
        return QStringList{"--json",  "renew", "--url", m_server->url(), "--fingerprint", m_server->fingerprint(), "--cert",
                           "dev.pem", "--out", "out"} +
               locked() + options;
    }
    /// Nothing in the folder is, or holds, a key in the clear, or any piece of the given one.
    void verifyNoClearKey() const
    {
        const QList<QByteArray> lines = m_key.toPkcs8Pem().view().toByteArray().split('\n');
        QVERIFY(lines.size() > 20);
        for (const QString &file : m_scepctl->files("out")) {
            const QByteArray text = m_scepctl->read("out/" + file);
            QVERIFY2(!text.contains("BEGIN PRIVATE KEY") && !text.contains("BEGIN RSA PRIVATE KEY"), qPrintable(file));
            for (const QByteArray &line : lines.sliced(8, lines.size() - 11)) // before: the public half, which is in the CSR
                QVERIFY2(!text.contains(line), qPrintable(file));
        }
    }
    [[nodiscard]] Pki::PrivateKey written(const QString &file, const Pki::SecretBytes &secret = passphrase) const
    {
        return must(Pki::PrivateKey::fromBytes(m_scepctl->read(file), secret));
    }

    std::unique_ptr<ScepctlProgram> m_scepctl;
    std::unique_ptr<WireScepServer> m_server;
    const Pki::PrivateKey m_key = TestSupport::rsaKey("protected", 2048);
};

void TestScepctlProtectedKey::init()
{
    m_scepctl = std::make_unique<ScepctlProgram>();
    m_server = std::make_unique<WireScepServer>();
    m_scepctl->write("clear.pem", m_key.toPkcs8Pem().view().toByteArray());
    m_scepctl->write("locked.pem", *m_key.toEncryptedPkcs8Pem(passphrase));
    m_scepctl->write("passphrase", "open it\n");
    m_scepctl->write("wrong", "no idea\n");
    m_scepctl->write("dev.pem", m_server->ca.ca.issue(TestSupport::makeRequest("CN=dev", m_key), m_server->clock.now()).toPem());
}

void TestScepctlProtectedKey::besideTheCertificate()
{
    // Twice: the second time the same key is there already, and is no other one for being encrypted anew.
    for (int round = 0; round < 2; ++round) {
        const ScepctlResult result = m_scepctl->run(enroll(locked()));
        QVERIFY2(result.exitCode == 0, result.errors.constData());
        QCOMPARE(m_scepctl->files("out"), QStringList({"dev.cert.pem", "dev.chain.pem", "dev.key.pem"}));
        verifyNoClearKey();
        QCOMPARE(written("out/dev.key.pem").publicKey(), m_key.publicKey());
        QVERIFY(Pki::belongTogether(m_key, must(Pki::Certificate::fromPem(m_scepctl->read("out/dev.cert.pem")))));
    }
}

void TestScepctlProtectedKey::aClearKeyStaysClear()
{
    // The pass phrase is at hand, but nothing was protected with it.
    QCOMPARE(m_scepctl->run(enroll({"--key", "clear.pem", "--key-passphrase-file", "passphrase"})).exitCode, 0);
    QCOMPARE(written("out/dev.key.pem", {}).publicKey(), m_key.publicKey());
}

void TestScepctlProtectedKey::whilePending()
{
    m_server->ca.script.enqueue([&](const ReceivedRequest &request) { return m_server->ca.pending(request); });
    QCOMPARE(m_scepctl->run(enroll(locked())).exitCode, 5);
    QCOMPARE(m_scepctl->files("out"), QStringList{"dev.transaction.json"});
    verifyNoClearKey();
    QVERIFY(m_scepctl->read("out/dev.transaction.json").contains("BEGIN ENCRYPTED PRIVATE KEY"));

    m_server->ca.script.enqueue([&](const ReceivedRequest &request) { return m_server->ca.pending(request); });
    const QStringList poll{"--json", "poll", "--out", "out", "--key-passphrase-file", "passphrase"};
    QCOMPARE(m_scepctl->run(poll).exitCode, 5);
    verifyNoClearKey(); // it was written anew
    const ScepctlResult polled = m_scepctl->run(poll);
    QVERIFY2(polled.exitCode == 0, polled.errors.constData());
    verifyNoClearKey();
    QCOMPARE(m_scepctl->files("out"), QStringList({"dev.cert.pem", "dev.chain.pem", "dev.key.pem"}));
    QCOMPARE(written("out/dev.key.pem").publicKey(), m_key.publicKey());
}

void TestScepctlProtectedKey::pollNeedsThePassphrase_data()
{
    QTest::addColumn<QStringList>("options");
    QTest::addColumn<QString>("name");
    QTest::newRow("none") << QStringList{} << "PassphraseRequired";
    QTest::newRow("wrong") << QStringList{"--key-passphrase-file", "wrong"} << "WrongPassphrase";
}

void TestScepctlProtectedKey::pollNeedsThePassphrase()
{
    QFETCH(QStringList, options);
    QFETCH(QString, name);
    m_server->ca.script.enqueue([&](const ReceivedRequest &request) { return m_server->ca.pending(request); });
    QCOMPARE(m_scepctl->run(enroll(locked())).exitCode, 5);
    const QByteArray kept = m_scepctl->read("out/dev.transaction.json");
    const auto asked = m_server->server.requests().size();
    const ScepctlResult refused = m_scepctl->run(QStringList{"--json", "poll", "--out", "out"} + options);
    QCOMPARE(refused.exitCode, 8);
    QCOMPARE(refused.jsonError().value("code").toString(), name);
    QCOMPARE(m_server->server.requests().size(), asked);
    QCOMPARE(m_scepctl->read("out/dev.transaction.json"), kept);
}

void TestScepctlProtectedKey::renewal_data()
{
    QTest::addColumn<bool>("reusesKey");
    QTest::newRow("new key") << false;
    QTest::newRow("same key") << true;
}

void TestScepctlProtectedKey::renewal()
{
    QFETCH(bool, reusesKey);
    m_server->ca.capabilities += "Renewal\n";
    m_server->ca.script.enqueue([&](const ReceivedRequest &request) { return m_server->ca.pending(request); });
    QCOMPARE(m_scepctl->run(renew(reusesKey ? QStringList{"--reuse-key"} : QStringList{})).exitCode, 5);
    verifyNoClearKey(); // neither the one that signs nor the new one
    const ScepctlResult polled = m_scepctl->run({"--json", "poll", "--out", "out", "--key-passphrase-file", "passphrase"});
    QVERIFY2(polled.exitCode == 0, polled.errors.constData());
    verifyNoClearKey();
    const Pki::PrivateKey key = written("out/dev.key.pem");
    QCOMPARE(key.publicKey() == m_key.publicKey(), reusesKey);
    QVERIFY(Pki::belongTogether(key, must(Pki::Certificate::fromPem(m_scepctl->read("out/dev.cert.pem")))));
}

void TestScepctlProtectedKey::afterARefusedRenewal()
{
    m_server->ca.capabilities += "Renewal\n";
    m_server->ca.standing = [&](const ReceivedRequest &request) { return m_server->ca.refuse(request, Scep::FailInfo::BadRequest, "no"); };
    QCOMPARE(m_scepctl->run(renew({})).exitCode, 4);
    QCOMPARE(m_scepctl->files("out"), QStringList{"dev.key.pem"}); // the new key is kept, as a protected one
    verifyNoClearKey();
    QVERIFY(written("out/dev.key.pem").publicKey() != m_key.publicKey());
}

QTEST_GUILESS_MAIN(TestScepctlProtectedKey)
#include "tst_scepctl_protectedkey.moc"
