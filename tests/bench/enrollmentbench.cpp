// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/bench/enrollmentbench.h"

#include "scep/pki/certificate.h"
#include "tests/bench/serverprocesses.h"
#include "tests/bench/statistics.h"

#include <QDir>
#include <QFile>
#include <QProcess>
#include <QTemporaryDir>

#include <cstdio>
#include <optional>

namespace Bench {

namespace {

constexpr int processTimeoutMs = 60000;
const QString challenge = QStringLiteral("bench-secret");

void writeFile(const QString &path, const QByteArray &bytes)
{
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size())
        qFatal("cannot write %s", qPrintable(path));
}

/// Runs to the end and returns the seconds it took; a failing program ends the benchmark with what it said.
double secondsOf(const QString &program, const QStringList &arguments, const QString &folder, const QString &outputFile)
{
    QProcess process;
    process.setWorkingDirectory(folder);
    process.setStandardOutputFile(outputFile);
    process.setStandardErrorFile(folder + QStringLiteral("/stderr.txt"));
    const double start = now();
    process.start(program, arguments);
    const bool isFinished = process.waitForFinished(processTimeoutMs);
    const double seconds = now() - start;
    if (!isFinished || process.exitStatus() != QProcess::NormalExit || process.exitCode() != 0) {
        QFile errors(folder + QStringLiteral("/stderr.txt"));
        const QByteArray text = errors.open(QIODevice::ReadOnly) ? errors.readAll() : QByteArray();
        qFatal("%s failed (%s, exit code %d): %s", qPrintable(program), qPrintable(process.errorString()), process.exitCode(),
               text.constData());
    }
    return seconds;
}

/// The folders and files of all rounds.
class Enrollments
{
public:
    Enrollments(const QString &scepctl, const QString &folder)
        : m_scepctl(scepctl)
        , m_folder(folder)
        , m_challengeFile(folder + QStringLiteral("/challenge"))
    {
        writeFile(m_challengeFile, challenge.toUtf8() + '\n');
        m_ca.emplace(scepctl, folder + QStringLiteral("/ca"), m_challengeFile);
        secondsOf(m_scepctl,
                  {QStringLiteral("ca"), m_ca->url, QStringLiteral("--fingerprint"), m_ca->rootSha256, QStringLiteral("--out"),
                   m_folder + QStringLiteral("/cacerts")},
                  m_folder, QProcess::nullDevice());
    }

    double byScepctl(int round)
    {
        const QString folder = prepare(QStringLiteral("scepctl"), round);
        const double seconds = secondsOf(m_scepctl,
                                         {QStringLiteral("enroll"), QStringLiteral("--url"), m_ca->url, QStringLiteral("--fingerprint"),
                                          m_ca->rootSha256, QStringLiteral("--subject"), QStringLiteral("CN=%1,O=lab").arg(name(round)),
                                          QStringLiteral("--key"), QStringLiteral("key.pem"), QStringLiteral("--challenge-file"),
                                          m_challengeFile, QStringLiteral("--out"), QStringLiteral(".")},
                                         folder, QProcess::nullDevice());
        requireCertificate(folder + QStringLiteral("/%1.cert.pem").arg(name(round)));
        return seconds;
    }

    double byStrongswan(int round)
    {
        const QString folder = prepare(QStringLiteral("pki"), round);
        const QString issuing = m_folder + QStringLiteral("/cacerts/issuing.pem");
        const double seconds =
            secondsOf(QStringLiteral("pki"),
                      {QStringLiteral("--scep"), QStringLiteral("--url"), m_ca->url, QStringLiteral("--in"), QStringLiteral("key.pem"),
                       QStringLiteral("--dn"), QStringLiteral("CN=%1, O=lab").arg(name(round)), QStringLiteral("--password"), challenge,
                       QStringLiteral("--cacert-enc"), issuing, QStringLiteral("--cacert-sig"), issuing, QStringLiteral("--outform"),
                       QStringLiteral("pem")},
                      folder, folder + QStringLiteral("/cert.pem"));
        requireCertificate(folder + QStringLiteral("/cert.pem"));
        return seconds;
    }

    double byScepclient(int round)
    {
        const QString folder = prepare(QStringLiteral("scepclient"), round);
        const double seconds =
            secondsOf(QStringLiteral("scepclient"),
                      {QStringLiteral("-server-url"), m_ca->url, QStringLiteral("-private-key"), QStringLiteral("key.pem"),
                       QStringLiteral("-certificate"), QStringLiteral("cert.pem"), QStringLiteral("-challenge"), challenge,
                       QStringLiteral("-cn"), name(round), QStringLiteral("-organization"), QStringLiteral("lab")},
                      folder, QProcess::nullDevice());
        requireCertificate(folder + QStringLiteral("/cert.pem"));
        return seconds;
    }

private:
    static QString name(int round) { return QStringLiteral("bench-%1").arg(round); }

    /// A folder with a key of its own: a second request with the same key would be the same transaction for some clients.
    /// scepclient reads the older PEM form ("RSA PRIVATE KEY") only, so all get that.
    QString prepare(const QString &client, int round) const
    {
        const QString folder = m_folder + QStringLiteral("/%1-%2").arg(client).arg(round);
        QDir().mkpath(folder);
        secondsOf(QStringLiteral("openssl"),
                  {QStringLiteral("genrsa"), QStringLiteral("-traditional"), QStringLiteral("-out"), QStringLiteral("key.pem"),
                   QStringLiteral("2048")},
                  folder, QProcess::nullDevice());
        return folder;
    }

    static void requireCertificate(const QString &path)
    {
        QFile file(path);
        if (!file.open(QIODevice::ReadOnly) || !Pki::Certificate::fromPem(file.readAll()))
            qFatal("%s is no certificate", qPrintable(path));
    }

    QString m_scepctl;
    QString m_folder;
    QString m_challengeFile;
    std::optional<LabCaProcess> m_ca;
};

void print(const char *what, const std::vector<double> &ours, const char *other, const std::vector<double> &theirs)
{
    std::printf("%-32s scepctl %6.1f ms   %s %6.1f ms   ratio %.3f   (%zu rounds)\n", what, median(ours) * 1000, other,
                median(theirs) * 1000, median(ours) / median(theirs), ours.size());
    std::fflush(stdout);
}

} // namespace

void runEnrollments(const QString &scepctl, int rounds)
{
    QTemporaryDir folder;
    Enrollments enrollments(scepctl, folder.path());
    std::vector<double> ours;
    std::vector<double> strongswan;
    std::vector<double> scepclient;
    for (int round = 0; round < rounds; ++round) {
        ours.push_back(enrollments.byScepctl(round));
        strongswan.push_back(enrollments.byStrongswan(round));
        scepclient.push_back(enrollments.byScepclient(round));
    }
    print("enrollment beside pki --scep", ours, "pki", strongswan);
    print("enrollment beside scepclient", ours, "scepclient", scepclient);
}

} // namespace Bench
