// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/items/requestmodel.h"
#include "models/service/service.h"
#include "models/store/workspacecare.h"
#include "models/vault/vault.h"
#include "scep/files/durablefile.h"
#include "scep/labca/authority.h"
#include "scep/labca/httpface.h"
#include "tests/models/storefixture.h"

#include <QDirIterator>
#include <QNetworkAccessManager>
#include <QTest>

using namespace Models;
using TestSupport::must;
using State = Scep::TransactionStatus::State;

namespace {

const QByteArray challengeText = "challenge-of-plc-7-X1";
const QByteArray vaultPassphrase = "a pass phrase nobody guesses";
const QByteArray newPassphrase = "another one, even longer";
const QByteArray wrongPassphrase = "somebody's typing mistake";
const QByteArray deliveryPassphrase = "of the key store file 77";
const QByteArray proxyPassword = "nobody-but-the-proxy-knows";

QByteArray messages; ///< everything that was logged

void collect(QtMsgType, const QMessageLogContext &, const QString &text)
{
    messages += text.toUtf8() + '\n';
}

std::shared_ptr<Pki::SecretBytes> shared(const QByteArray &text)
{
    return std::make_shared<Pki::SecretBytes>(QByteArrayView(text));
}

/// A secret as it might stand somewhere: the bytes that must be found nowhere.
struct Trace {
    QString what;
    QByteArray bytes;
};

/// Raw, hex in both cases, base64 and base64url at each of the three places where it can begin.
QList<Trace> tracesOf(const QString &name, const QByteArray &secret)
{
    QList<Trace> traces{{name + " raw", secret}, {name + " hex", secret.toHex()}, {name + " HEX", secret.toHex().toUpper()}};
    for (int shift = 0; shift < 3; ++shift) {
        // What comes before and after changes the characters at the ends only.
        const QByteArray shifted = QByteArray(shift, 'x') + secret;
        const qsizetype length = shifted.size() / 3 * 4 - 4;
        const QString at = QString(" base64 +%1").arg(shift);
        traces.append({name + at, shifted.toBase64().mid(4, length - 4)});
        traces.append({name + at + " url", shifted.toBase64(QByteArray::Base64UrlEncoding).mid(4, length - 4)});
    }
    return traces;
}

QList<Trace> tracesOfText(const QString &name, const QByteArray &text)
{
    QList<Trace> traces = tracesOf(name, text);
    QByteArray little;
    QByteArray big;
    for (const char c : text) {
        little += c;
        little += '\0';
        big += '\0';
        big += c;
    }
    traces.append({name + " UTF-16LE", little});
    traces.append({name + " UTF-16BE", big});
    return traces;
}

/// The private numbers of an RSA key: exponent and primes, wherever and however they are wrapped.
QList<Trace> tracesOfKey(const QString &name, const Pki::PrivateKey &key)
{
    using TestSupport::DerNode;
    const DerNode pkcs8 = DerNode::fromDer(key.toPkcs8Der().view().toByteArray());
    const DerNode numbers = DerNode::fromDer(pkcs8.children.at(2).content);
    QList<Trace> traces;
    const QStringList names{"", "", "", "private exponent", "prime 1", "prime 2"};
    for (const int number : {3, 4, 5}) {
        QByteArray content = numbers.children.at(number).content;
        if (content.startsWith('\0'))
            content.remove(0, 1);
        // A part is enough, and finds it also where a line break or a page ends it.
        traces += tracesOf(name + ' ' + names[number], content.mid(8, 33));
    }
    return traces;
}

} // namespace

/// A device's whole life in a protected workspace, then a look at every byte it left on the disk.
class TestSecretsAtRest : public QObject
{
    Q_OBJECT

    QTemporaryDir m_folder;
    std::optional<LabCa::Depot> m_depot;
    std::unique_ptr<LabCa::Authority> m_authority;
    std::unique_ptr<LabCa::HttpFace> m_face;
    std::unique_ptr<Service> m_service;
    QList<Trace> m_traces;

    [[nodiscard]] QString workspace() const { return m_folder.filePath("workspace"); }
    void serve(LabCa::Mode mode)
    {
        m_face.reset();
        LabCa::Policy policy;
        policy.mode = mode;
        policy.challenge = Pki::SecretBytes{QByteArrayView(challengeText)};
        m_authority = std::make_unique<LabCa::Authority>(*m_depot, std::move(policy), [] { return QDateTime::currentDateTimeUtc(); });
        m_face = std::make_unique<LabCa::HttpFace>(*m_authority);
        must(m_face->listen());
    }
    void approveAll()
    {
        for (const LabCa::Enrollment &enrollment : must(m_depot->enrollments()))
            (void)must(m_depot->approve(enrollment.transactionId));
    }
    /// As far as they are on the disk.
    [[nodiscard]] int exchanges() const
    {
        Vault vault = must(Vault::load(workspace() + "/vault.json"));
        return static_cast<int>(must(must(Store::openReadOnly(workspace() + "/store.sqlite", vault))->exchanges(100)).size());
    }
    template <typename T>
    static T wait(QFuture<T> future)
    {
        if (!QTest::qWaitFor([&] { return future.isFinished(); }, 60000))
            qFatal("the future does not end");
        return future.result();
    }
    bool comesTo(Scep::RequestId id, State state)
    {
        return QTest::qWaitFor(
            [&] {
                const RequestRecord *record = m_service->requests()->record(id);
                return record && record->transaction.state == state;
            },
            60000);
    }
    /// Every file below the workspace as it is now, the exchange log with its messages and the write-ahead log too.
    [[nodiscard]] QMap<QString, QByteArray> allFiles() const
    {
        QMap<QString, QByteArray> files;
        QDirIterator iterator(workspace(), QDir::Files | QDir::Hidden, QDirIterator::Subdirectories);
        while (iterator.hasNext()) {
            const QString path = iterator.next();
            files.insert(path, must(Files::readFile(path, 1 << 30)));
        }
        return files;
    }
    QString found(const QMap<QString, QByteArray> &files) const
    {
        for (auto it = files.cbegin(); it != files.cend(); ++it) {
            for (const Trace &trace : m_traces) {
                if (it->contains(trace.bytes))
                    return trace.what + " in " + it.key();
            }
        }
        return {};
    }

private slots:
    void initTestCase()
    {
        qInstallMessageHandler(collect);
        m_depot = must(LabCa::Depot::openOrCreate(m_folder.filePath("ca")));
        for (const auto &[name, text] : {std::pair("challenge", challengeText), std::pair("pass phrase", vaultPassphrase),
                                         std::pair("new pass phrase", newPassphrase), std::pair("wrong pass phrase", wrongPassphrase),
                                         std::pair("delivery pass phrase", deliveryPassphrase), std::pair("proxy password", proxyPassword)})
            m_traces += tracesOfText(name, text);
    }
    void cleanupTestCase() { qInstallMessageHandler(nullptr); }

    /// The search finds what is there: in the clear, and in each of the encodings.
    void tracesAreFound_data()
    {
        QTest::addColumn<QByteArray>("file");
        const QByteArray secret = "x" + challengeText + "y";
        QTest::newRow("raw") << secret;
        QTest::newRow("hex") << secret.toHex();
        QTest::newRow("HEX") << secret.toHex().toUpper();
        QTest::newRow("base64") << secret.toBase64();
        QTest::newRow("base64 behind one") << ("1" + secret).toBase64();
        QTest::newRow("base64 behind two") << ("12" + secret).toBase64();
        QString text = QString::fromUtf8(secret);
        QTest::newRow("UTF-16") << QByteArray(reinterpret_cast<const char *>(text.utf16()), text.size() * 2);
        const auto key = TestSupport::rsaKey("found").toPkcs8Der().view().toByteArray();
        QTest::newRow("key in DER") << key;
        QTest::newRow("key in base64") << key.toBase64();
        QTest::newRow("key in hex") << key.toHex();
    }
    void tracesAreFound()
    {
        QFETCH(QByteArray, file);
        const auto traces = m_traces + tracesOfKey("key", TestSupport::rsaKey("found"));
        QVERIFY(std::ranges::any_of(traces, [&](const Trace &trace) { return file.contains(trace.bytes); }));
    }

    void nothingIsLeftInTheClear()
    {
        serve(LabCa::Mode::Approve);
        Service::Configuration configuration;
        configuration.workspace = workspace();
        configuration.makeNetwork = [](QObject *parent) { return new QNetworkAccessManager(parent); };
        configuration.makeClock = [] { return std::make_unique<Scep::SystemClock>(); };
        configuration.now = [] { return QDateTime::currentDateTimeUtc(); };
        configuration.passphrase = shared(vaultPassphrase);
        configuration.spareKeyCount = 0;
        m_service = std::make_unique<Service>(configuration);
        QVERIFY(wait(m_service->open(shared(vaultPassphrase))));

        Scep::EnrollmentServer server;
        server.label = "lab";
        server.url = m_face->url();
        server.anchor.fingerprint = m_depot->root().fingerprint();
        server.polling.first = std::chrono::seconds(1);
        const auto serverId = must(wait(m_service->addServer(server)));
        Scep::EnrollmentServer behind = server;
        behind.label = "behind a proxy";
        behind.url = QUrl("http://ca.invalid/scep");
        behind.transport.proxy = QUrl("http://127.0.0.1:1"); // nobody listens there
        behind.transport.proxyUser = "joe";
        behind.transport.proxyPassword = std::make_shared<const Pki::SecretBytes>(QByteArrayView(proxyPassword));
        const auto behindId = must(wait(m_service->addServer(behind)));
        Scep::EnrollmentRequest request;
        request.label = "plc-7";
        request.server = serverId;
        request.subject = must(Pki::DistinguishedName::fromText("O=Lab, CN=plc-7"));
        request.keySpec.bits = 2048;
        const PreparedRequest prepared = must(wait(m_service->prepare(request, shared(challengeText))));
        m_traces += tracesOfKey("first key", prepared.key);
        const auto id = must(wait(m_service->submit(prepared, shared(challengeText))));
        RequestEdit edit;
        edit.request = prepared.request;
        edit.request.id = id;
        edit.delivery = Delivery();
        edit.delivery->folder = m_folder.filePath("delivered");
        edit.delivery->files.setFlag(Delivery::File::Pkcs12);
        edit.deliveryPassphrase = shared(deliveryPassphrase);
        QVERIFY(wait(m_service->updateRequest(edit)));

        // While it waits: key, challenge and CSR are on the disk, sealed.
        QVERIFY(comesTo(id, State::Pending));
        QMap<QString, QByteArray> files = allFiles();
        QVERIFY(files.contains(workspace() + "/store.sqlite-wal"));
        QCOMPARE(found(files), QString());
        const WorkspaceCare care(workspace());
        QVERIFY(care.backUp(QDateTime::currentDateTimeUtc()));
        QCOMPARE(found(allFiles()), QString());

        // Issued and delivered.
        approveAll();
        m_service->attemptNow(id);
        QVERIFY(comesTo(id, State::Done));
        QTRY_VERIFY_WITH_TIMEOUT(m_service->requests()->record(id)->delivery.state == DeliveryState::State::Delivered, 60000);
        QVERIFY(!QDir(m_folder.filePath("delivered")).entryList({"*.p12"}).isEmpty());

        // The pass phrase changes, somebody types a wrong one.
        QVERIFY(wait(m_service->changePassphrase(shared(vaultPassphrase), shared(newPassphrase))));
        m_service->lock();
        QCOMPARE(wait(m_service->unlock(shared(wrongPassphrase))).error().code, ErrorCode::WrongPassphrase);
        QVERIFY(wait(m_service->unlock(shared(newPassphrase))));
        QVERIFY(care.backUp(QDateTime::currentDateTimeUtc()));
        QVERIFY(care.exportTo(workspace() + "/export", QDateTime::currentDateTimeUtc()));

        // The keys that were really used, out of the store.
        const auto addKeys = [&] {
            Vault vault = must(Vault::load(workspace() + "/vault.json"));
            QVERIFY(vault.unlock(Fixtures::OpenStore::secret(newPassphrase)));
            const auto store = must(Store::openReadOnly(workspace() + "/store.sqlite", vault));
            const auto issued = must(store->certificates(id));
            QVERIFY(!issued.isEmpty());
            QCOMPARE(must(store->proxyPassword(behindId)).view().toByteArray(), proxyPassword);
            for (const Scep::IssuedCertificate &certificate : issued)
                m_traces += tracesOfKey("issued key", must(store->certificateWithKey(certificate.id)).key);
            QVERIFY(must(store->check(true)).isGood());
        };
        // The exchange log is written in groups.
        QTRY_VERIFY(exchanges() >= 4);
        addKeys();
        files = allFiles();
        QVERIFY(files.keys().filter("backups/").size() >= 4);
        QVERIFY(files.contains(workspace() + "/export/workspace.json"));
        QCOMPARE(found(files), QString());

        // And when it is closed: all of it in the one file, with what was overwritten in it.
        m_service.reset();
        QCOMPARE(found(allFiles()), QString());
        QCOMPARE(found({{"the log", messages}}), QString());
        // What was delivered holds the key, as it was asked to: the same search finds it there.
        QMap<QString, QByteArray> delivered;
        for (const QFileInfo &file : QDir(m_folder.filePath("delivered")).entryInfoList({"*.key.pem"}))
            delivered.insert(file.filePath(), must(Files::readFile(file.filePath())).replace('\n', ""));
        QVERIFY(found(delivered).contains("key"));
    }
};

QTEST_GUILESS_MAIN(TestSecretsAtRest)
#include "tst_secretsatrest.moc"
