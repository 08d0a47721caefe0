// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/loadbench.h"

#include "scep/protocol/cacertificates.h"
#include "scep/protocol/certrep.h"
#include "scep/protocol/pkirequest.h"
#include "tests/bench/loadclient.h"
#include "tests/bench/serverprocesses.h"
#include "tests/bench/statistics.h"
#include "tests/interop/scepserverprogram.h"
#include "tests/support/testca.h"

#include <QFile>
#include <QSet>
#include <QTemporaryDir>

#include <cstdio>
#include <optional>

namespace Bench {

namespace {

using TestSupport::must;

constexpr int keyBits = 2048;
constexpr int keyCount = 16; ///< devices share keys: making a thousand would take longer than all the rest
constexpr int turns = 4;

/// A server under load: its certificates, the messages for it, and how it did.
class Contestant
{
public:
    Contestant(QString name, QUrl url)
        : m_name(std::move(name))
        , m_url(std::move(url))
    {
        QUrl request = m_url;
        request.setQuery(QStringLiteral("operation=GetCACert"));
        m_roles = rolesOf(must(Scep::parseCaCertificates(fetch(request), {})));
    }

    void prepare(int count)
    {
        const QDateTime moment = QDateTime::currentDateTimeUtc();
        for (int i = 0; i < count; ++i) {
            Enrollment enrollment;
            const Pki::PrivateKey key = TestSupport::rsaKey(QStringLiteral("load-%1").arg(i % keyCount), keyBits);
            const QString subject = QStringLiteral("CN=load-%1,O=lab").arg(i);
            enrollment.csr = TestSupport::makeRequest(subject, key, {}, ScepServerProgram::challenge().toLatin1());
            enrollment.key = key;
            enrollment.request.transactionId = Scep::TransactionId::create(key.publicKey());
            enrollment.request.senderNonce = Scep::Nonce::create();
            enrollment.request.payload = enrollment.csr.der();
            enrollment.request.signer = must(Scep::createRequestSigner(enrollment.csr.subject(), key, moment));
            enrollment.request.recipient = m_roles.recipient;
            enrollment.message = must(Scep::buildPkiRequest(enrollment.request, key));
            m_enrollments.append(enrollment);
        }
    }

    /// Sends a part of what was prepared.
    void run(qsizetype first, qsizetype count, int connections)
    {
        QList<QByteArray> messages;
        for (qsizetype i = first; i < first + count; ++i)
            messages.append(m_enrollments.at(i).message);
        const LoadResult result = postAll(m_url, messages, connections);
        for (qsizetype i = 0; i < count; ++i)
            m_enrollments[first + i].reply = result.replies.at(i);
        m_seconds.push_back(result.seconds / static_cast<double>(count));
    }

    void check()
    {
        QSet<QByteArray> serialNumbers;
        for (const Enrollment &enrollment : std::as_const(m_enrollments)) {
            const QString trouble = troubleOf(enrollment, serialNumbers);
            if (trouble.isEmpty())
                continue;
            if (m_errors++ == 0)
                m_firstError = trouble;
        }
    }

    [[nodiscard]] const std::vector<double> &secondsEach() const { return m_seconds; }
    [[nodiscard]] double rate() const { return 1 / median(m_seconds); } ///< answers a second
    /// Answers a second that gave the device a certificate of its own.
    [[nodiscard]] double goodRate() const { return rate() * (1 - double(m_errors) / double(qMax<qsizetype>(1, m_enrollments.size()))); }
    [[nodiscard]] int errors() const { return m_errors; }
    [[nodiscard]] QString firstError() const { return m_firstError; }

private:
    struct Enrollment {
        Pki::PrivateKey key;
        Pki::CertificationRequest csr;
        Scep::PkiRequest request;
        QByteArray message;
        LoadReply reply;
    };

    static Scep::CaRoles rolesOf(const Scep::CaCertificates &offered)
    {
        // The benchmark started the server itself: whatever it shows is the right CA.
        const Pki::Certificate anchor = must(Scep::certificateToConfirm(offered));
        return must(Scep::chooseRoles(offered, anchor, QDateTime::currentDateTimeUtc()));
    }

    QString troubleOf(const Enrollment &enrollment, QSet<QByteArray> &serialNumbers) const
    {
        if (enrollment.reply.status != 200)
            return QStringLiteral("HTTP %1 %2").arg(enrollment.reply.status).arg(QString::fromUtf8(enrollment.reply.body.left(200)));
        Scep::CertRepContext context;
        context.transactionId = enrollment.request.transactionId;
        context.senderNonce = enrollment.request.senderNonce;
        context.roles = m_roles;
        context.publicKey = enrollment.csr.publicKey();
        context.subject = enrollment.csr.subject();
        context.signer = enrollment.request.signer;
        context.signerKey = enrollment.key;
        context.now = QDateTime::currentDateTimeUtc();
        const auto reply = Scep::processCertRep(enrollment.reply.body, context);
        if (!reply)
            return reply.error().detail;
        const auto *issued = std::get_if<Scep::IssuedReply>(&*reply);
        if (issued == nullptr)
            return QStringLiteral("no certificate");
        const QByteArray serialNumber = issued->certificate.serialNumber().bytes();
        if (serialNumbers.contains(serialNumber))
            return QStringLiteral("a serial number that another certificate has");
        serialNumbers.insert(serialNumber);
        return {};
    }

    QString m_name;
    QUrl m_url;
    Scep::CaRoles m_roles;
    QList<Enrollment> m_enrollments;
    std::vector<double> m_seconds; ///< for one enrollment, of each turn
    int m_errors = 0;
    QString m_firstError;
};

} // namespace

bool runLoad(const QString &scepctl, int count, int connections)
{
    const QTemporaryDir folder;
    const QString challengeFile = folder.filePath(QStringLiteral("challenge"));
    QFile file(challengeFile);
    if (!file.open(QIODevice::WriteOnly) || file.write(ScepServerProgram::challenge().toLatin1() + '\n') < 0)
        qFatal("cannot write %s", qPrintable(challengeFile));
    file.close();
    const LabCaProcess labCa(scepctl, folder.filePath(QStringLiteral("ca")), challengeFile);
    ScepServerProgram scepServer(folder.path());
    if (!scepServer.start())
        qFatal("scepserver does not start: %s", scepServer.complaint().constData());

    Contestant ours(QStringLiteral("lab-ca"), QUrl(labCa.url));
    Contestant theirs(QStringLiteral("scepserver"), scepServer.url());
    ours.prepare(count);
    theirs.prepare(count);
    const double ourStart = processorTimeOf(labCa.processId());
    const double theirStart = processorTimeOf(scepServer.processId());
    const qsizetype part = qMax(1, count / turns);
    for (qsizetype first = 0; first < count; first += part) {
        const qsizetype now = qMin<qsizetype>(part, count - first);
        ours.run(first, now, connections);
        theirs.run(first, now, connections);
    }
    const double ourTime = (processorTimeOf(labCa.processId()) - ourStart) * 1000 / count;
    const double theirTime = (processorTimeOf(scepServer.processId()) - theirStart) * 1000 / count;
    ours.check();
    theirs.check();
    std::printf("%-32s lab-ca %7.1f/s   scepserver %7.1f/s   ratio %.3f   (%d enrollments each, %d connections; errors %d and %d, so good "
                "ones %.1f/s and %.1f/s; "
                "processor time each %.2f and %.2f ms, ratio %.3f)\n",
                "load beside scepserver", ours.rate(), theirs.rate(), medianRatio(theirs.secondsEach(), ours.secondsEach()), count,
                connections, ours.errors(), theirs.errors(), ours.goodRate(), theirs.goodRate(), ourTime, theirTime, theirTime / ourTime);
    std::fflush(stdout);
    if (ours.errors() > 0)
        std::fprintf(stderr, "lab-ca: %s\n", qPrintable(ours.firstError()));
    if (theirs.errors() > 0)
        std::fprintf(stderr, "scepserver: %s\n", qPrintable(theirs.firstError()));
    return ours.errors() == 0;
}

} // namespace Bench
