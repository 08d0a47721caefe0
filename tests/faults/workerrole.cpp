// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/store/store.h"
#include "models/vault/vault.h"
#include "scep/worker/engine.h"
#include "tests/faults/roles.h"

#include <QCoreApplication>
#include <QDir>
#include <QNetworkAccessManager>
#include <QSocketNotifier>

#include <unistd.h>

using namespace Qt::StringLiterals;

namespace FaultRun {

namespace {

using State = Scep::TransactionStatus::State;

/// What is done when everybody has a certificate and no transaction is open.
class Worker
{
public:
    Worker(Models::Store &store, Scep::Engine &engine, int goal)
        : m_store(store)
        , m_engine(engine)
        , m_goal(goal)
        , m_input(STDIN_FILENO, QSocketNotifier::Read)
    {
        QObject::connect(&engine, &Scep::Engine::transactionChanged, &m_context, [](const Scep::TransactionStatus &status) {
            if (status.state == State::Rejected) {
                const QString why = status.error ? status.error->detail : QString();
                say(u"rejected %1 %2"_s.arg(status.request.value).arg(why));
            }
        });
        QObject::connect(
            &engine, &Scep::Engine::certificateIssued, &m_context,
            [this](const Scep::IssuedCertificate &certificate) {
                m_waiting.remove(certificate.request);
                if (m_waiting.size() % 10 == 0)
                    say(u"missing %1"_s.arg(m_waiting.size()));
                endIfDone();
            },
            Qt::QueuedConnection);
        QObject::connect(&engine, &Scep::Engine::journalFailed, &m_context,
                         [](const Scep::Error &error) { say(u"journal "_s + error.detail); });
        QObject::connect(&m_input, &QSocketNotifier::activated, &m_context, [this] { listen(); });
    }

    bool begin()
    {
        const auto records = m_store.requestRecords();
        if (!records)
            return false;
        for (const Models::RequestRecord &record : *records) {
            if (record.certificateCount >= m_goal)
                continue;
            m_waiting.insert(record.request.id);
            if (record.transaction.state == State::Rejected)
                say(u"rejected %1 before"_s.arg(record.request.id.value));
            else if (record.current && !m_engine.status(record.request.id).isOpen())
                m_engine.renew(record.request.id);
        }
        endIfDone();
        return true;
    }

private:
    void listen()
    {
        char bytes[4096];
        const ssize_t count = ::read(STDIN_FILENO, bytes, sizeof bytes);
        if (count <= 0)
            return QCoreApplication::exit(2); // the test is gone
        m_typed.append(bytes, count);
        for (qsizetype end = m_typed.indexOf('\n'); end >= 0; end = m_typed.indexOf('\n')) {
            const QList<QByteArray> words = m_typed.left(end).split(' ');
            m_typed.remove(0, end + 1);
            const Scep::RequestId id{words.value(1).toLongLong()};
            const QByteArray challenge = words.value(2);
            if (words.first() == "renew") {
                m_engine.renew(id);
                continue;
            }
            if (challenge == "-" || m_store.setChallenge(id, Pki::SecretBytes(QByteArrayView(challenge))))
                m_engine.enroll(id);
        }
    }

    void endIfDone()
    {
        if (!m_waiting.isEmpty())
            return;
        const auto open = m_store.openTransactions();
        if (open && open->isEmpty())
            QCoreApplication::exit(0);
    }

    QObject m_context;
    Models::Store &m_store;
    Scep::Engine &m_engine;
    const int m_goal;
    QSocketNotifier m_input;
    QByteArray m_typed;
    QSet<Scep::RequestId> m_waiting;
};

} // namespace

int runWorker(const QStringList &arguments)
{
    const QDir workspace(arguments.value(0));
    auto vault = Models::Vault::load(workspace.filePath(u"vault.json"_s));
    if (!vault) {
        say(u"error "_s + vault.error().detail);
        return 1;
    }
    auto store = Models::Store::open(workspace.filePath(u"store.sqlite"_s), *vault);
    if (!store) {
        say(u"error "_s + store.error().detail);
        return 1;
    }
    QNetworkAccessManager network;
    Scep::SystemClock clock;
    Scep::KeyPool keyPool;
    Scep::Engine engine({network, **store, clock, keyPool});
    Worker worker(**store, engine, arguments.value(1).toInt());
    if (const auto started = engine.start(); !started) {
        say(u"error "_s + started.error().detail);
        return 1;
    }
    int result = 1;
    QMetaObject::invokeMethod(
        &engine,
        [&] {
            if (!worker.begin())
                QCoreApplication::exit(1);
        },
        Qt::QueuedConnection);
    say(u"ready"_s);
    result = QCoreApplication::exec();
    return result;
}

} // namespace FaultRun
