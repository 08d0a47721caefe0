// SPDX-License-Identifier: GPL-3.0-or-later
// The whole certmonger (package certmonger), without a system bus, at a Lab CA that runs in this program: it makes the key, enrols, waits,
// renews.
#include "tests/interop/foreignprogram.h"
#include "tests/interop/labserver.h"

#include <QDir>
#include <QTest>

using namespace LabCa;
using TestSupport::must;

namespace {

/// certmonger with a private socket and folders of its own. It runs a script against itself, then ends.
class Certmonger
{
public:
    explicit Certmonger(const LabServer &lab)
        : m_lab(lab)
        , m_program("certmonger", "certmonger", lab.folder())
    {
        for (const char *name : {"requests", "cas", "local", "tmp", "out"}) {
            if (!QDir(lab.folder()).mkpath(QString("monger/%1").arg(name)))
                qFatal("no folder for certmonger");
        }
        qputenv("CERTMONGER_REQUESTS_DIR", path("requests").toUtf8());
        qputenv("CERTMONGER_CAS_DIR", path("cas").toUtf8());
        qputenv("CERTMONGER_LOCAL_CA_DIR", path("local").toUtf8());
        qputenv("CERTMONGER_CONFIG_DIR", path({}).toUtf8());
        qputenv("CERTMONGER_TMPDIR", path("tmp").toUtf8());
        run = {"getcert add-scep-ca -c lab -u " + lab.url + " -N " + lab.openssl.path("ca/root.pem")};
    }
    ~Certmonger()
    {
        for (const char *name : {"REQUESTS_DIR", "CAS_DIR", "LOCAL_CA_DIR", "CONFIG_DIR", "TMPDIR"})
            qunsetenv(QByteArray("CERTMONGER_").append(name).constData());
    }
    Certmonger(const Certmonger &) = delete;
    Certmonger &operator=(const Certmonger &) = delete;

    [[nodiscard]] QString path(const QString &name) const { return m_lab.openssl.path("monger/" + name); }
    void request(const QString &commonName, const QString &password)
    {
        // It reads the server's capabilities by and by; a request before that waits for them.
        run.append(QString("getcert request -c lab -I first -k %1 -f %2 -N CN=%3 -L %4 -w -v")
                       .arg(path("out/key.pem"), path("out/cert.pem"), commonName, password));
    }
    /// True when the script has come to its end.
    bool works()
    {
        m_lab.openssl.write("monger/run.sh", run.join('\n').toUtf8() + "\ngetcert list\n");
        return m_program.run({"-n", "-d", "2", "-l", "-L", "-P", path("socket"), "-c", "sh " + path("run.sh")},
                             std::chrono::seconds(120)) == 0;
    }
    bool begins()
    {
        m_lab.openssl.write("monger/run.sh", run.join('\n').toUtf8() + "\ngetcert list\n");
        return m_program.start({"-n", "-d", "2", "-l", "-L", "-P", path("socket"), "-c", "sh " + path("run.sh")});
    }
    bool ends() { return m_program.waitForEnd(std::chrono::seconds(120)) && m_program.exitCode() == 0; }
    /// What getcert said; certmonger's own protocol when that is nothing.
    [[nodiscard]] QByteArray said() const { return m_program.output().isEmpty() ? m_program.errors().right(2000) : m_program.output(); }
    [[nodiscard]] Pki::Certificate certificate() const
    {
        return must(Pki::Certificate::fromPem(m_lab.openssl.read("monger/out/cert.pem")));
    }

    QStringList run; ///< the script

private:
    const LabServer &m_lab;
    ForeignProgram m_program;
};

} // namespace

class TestCertmonger final : public QObject
{
    Q_OBJECT

private slots:
    void enrolsAndRenews();
    void isToldNo();
    void waitsForApproval();
};

void TestCertmonger::enrolsAndRenews()
{
    LabServer lab(Mode::Auto);
    Certmonger certmonger(lab);
    certmonger.request("foreign-4", LabServer::challenge());
    QVERIFY2(certmonger.works(), certmonger.said().constData());
    const Pki::Certificate first = certmonger.certificate();
    QCOMPARE(first.subject().commonName(), QString("foreign-4"));
    QCOMPARE(lab.complaint("monger/out/cert.pem", "monger/out/key.pem"), QString());
    QCOMPARE(lab.count("PKIOperation PKCSReq"), 1);

    // Once more with the same key, once with a new one.
    certmonger.run = {"getcert resubmit -i first -w -v"};
    QVERIFY2(certmonger.works(), certmonger.said().constData());
    const Pki::Certificate second = certmonger.certificate();
    QVERIFY(second != first);
    QCOMPARE(second.publicKey(), first.publicKey());
    QCOMPARE(lab.complaint("monger/out/cert.pem", "monger/out/key.pem"), QString());
    certmonger.run = {"getcert rekey -i first -w -v"};
    QVERIFY2(certmonger.works(), certmonger.said().constData());
    const Pki::Certificate third = certmonger.certificate();
    QVERIFY(third.publicKey() != first.publicKey());
    QCOMPARE(lab.complaint("monger/out/cert.pem", "monger/out/key.pem"), QString());
    QCOMPARE(lab.desk().enrollments()->size(), 3);
}

void TestCertmonger::isToldNo()
{
    // It cannot read a FAILURE without content, which RFC 8894 3.3.2 wants; of a server that sends some it tells the reason.
    Personality talkative;
    talkative.refusalContent = QByteArray("");
    LabServer lab(Mode::Auto, talkative);
    Certmonger certmonger(lab);
    certmonger.request("foreign-5", "guessed");
    certmonger.works(); // its exit code is that of the script's last command
    QVERIFY2(certmonger.said().contains("status: CA_REJECTED"), certmonger.said().constData());
    QVERIFY(!QFile::exists(certmonger.path("out/cert.pem")));
    QVERIFY2(lab.lastOutcome().contains("challenge password is wrong"), qPrintable(lab.lastOutcome()));
}

void TestCertmonger::waitsForApproval()
{
    Personality talkative;
    talkative.refusalContent = QByteArray("");
    LabServer lab(Mode::Approve, talkative);
    Certmonger certmonger(lab);
    certmonger.request("foreign-6", LabServer::challenge());
    // It asks again after a week by itself; told to, at once.
    certmonger.run += {"getcert list", "while [ ! -e " + certmonger.path("approved") + " ]; do sleep 0.1; done", "getcert refresh -i first",
                       "until getcert list | grep -q MONITORING; do sleep 0.2; done"};
    QVERIFY2(certmonger.begins(), certmonger.said().constData());
    QTRY_VERIFY_WITH_TIMEOUT(lab.lastOutcome() == "PENDING", 60'000);
    auto desk = lab.desk();
    QVERIFY(desk.approve(must(desk.enrollments()).first().transactionId));
    lab.openssl.write("monger/approved", {});
    QVERIFY2(certmonger.ends(), certmonger.said().constData());
    QVERIFY2(certmonger.said().contains("status: CA_WORKING"), certmonger.said().constData());
    QVERIFY2(certmonger.said().contains("status: MONITORING"), certmonger.said().constData());
    QCOMPARE(lab.complaint("monger/out/cert.pem", "monger/out/key.pem"), QString());
    QCOMPARE(lab.desk().enrollments()->size(), 1);
}

QTEST_GUILESS_MAIN(TestCertmonger)
#include "tst_interop_certmonger.moc"
