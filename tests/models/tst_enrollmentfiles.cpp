// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/service/enrollmentfiles.h"

#include "tests/models/modelfixtures.h"
#include "tests/support/opensslprogram.h"

#include <QTemporaryDir>
#include <QTest>

#include <sys/stat.h>
#include <unistd.h>

using namespace Models;
using TestSupport::must;

class TestEnrollmentFiles : public QObject
{
    Q_OBJECT

    TestSupport::TestCa m_ca = TestSupport::TestCa::create("Files", QDateTime::currentDateTimeUtc());
    Scep::IssuedCertificate m_issued;
    std::unique_ptr<QTemporaryDir> m_folder;

    static mode_t modeOf(const QString &path)
    {
        struct stat status{};
        return ::stat(QFile::encodeName(path).constData(), &status) == 0 ? status.st_mode & 07777U : 0;
    }
    QStringList entries() const
    {
        return QDir(m_folder->path()).entryList(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot, QDir::Name);
    }

private slots:
    void initTestCase()
    {
        const QDateTime now = QDateTime::currentDateTimeUtc();
        m_issued.key = TestSupport::rsaKey("device", 2048);
        m_issued.certificate = m_ca.issue(TestSupport::makeRequest("O=Lab, CN=plc-7", m_issued.key), now);
        m_issued.issuers = {m_ca.issuing.certificate, m_ca.root.certificate};
    }
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }

    void stems_data()
    {
        QTest::addColumn<QString>("label");
        QTest::addColumn<QString>("stem");
        QTest::newRow("plain") << "plc-7" << "plc-7";
        QTest::newRow("blanks") << "plc  7 (hall)" << "plc_7_hall_";
        QTest::newRow("dots inside") << "plc-7.lab.example" << "plc-7.lab.example";
        QTest::newRow("letters of the world") << QString::fromUtf8("Größe-泵") << QString::fromUtf8("Größe-泵");
        QTest::newRow("traversal") << "../../etc/passwd" << "_.._etc_passwd";
        QTest::newRow("absolute") << "/etc/passwd" << "_etc_passwd";
        QTest::newRow("backslash") << "..\\..\\x" << "_.._x";
        QTest::newRow("drive") << "C:x" << "C_x";
        QTest::newRow("hidden") << ".bashrc" << "bashrc";
        QTest::newRow("option") << "-rf" << "rf";
        QTest::newRow("dots") << ".." << "certificate";
        QTest::newRow("empty") << "" << "certificate";
        QTest::newRow("only signs") << "***" << "certificate";
        QTest::newRow("NUL") << QString("a") + QChar(0) + "b" << "a_b";
        QTest::newRow("line end") << "a\nb" << "a_b";
        QTest::newRow("bidi") << QString("a") + QChar(0x202e) + "b" << "a_b";
        QTest::newRow("division slash") << QString("a") + QChar(0x2215) + "b" << "a_b";
        QTest::newRow("wildcard") << "*.example.com" << "_.example.com";
        QTest::newRow("device of DOS") << "CON" << "_CON";
        QTest::newRow("port of DOS") << "com1.lab" << "_com1.lab";
        QTest::newRow("trailing dot") << "abc." << "abc";
        QTest::newRow("long") << QString(500, 'x') << QString(80, 'x');
    }
    void stems()
    {
        QFETCH(QString, label);
        QFETCH(QString, stem);
        QCOMPARE(fileStem(label), stem);
    }

    void writesWhatOpensslReads()
    {
        const auto files = must(writeEnrollmentFiles(m_folder->path(), "plc-7", m_issued));
        QCOMPARE(entries(), (QStringList{"plc-7.cert.pem", "plc-7.chain.pem", "plc-7.key.pem"}));
        QCOMPARE(modeOf(files.key), mode_t(0600));
        QCOMPARE(modeOf(files.certificate), mode_t(0644));
        QCOMPARE(modeOf(files.chain), mode_t(0644));
        const Test::OpensslProgram openssl;
        // The chain holds the issuing CA and the anchor: both as trusted and as untrusted certificates.
        QVERIFY(openssl.output({"verify", "-CAfile", files.chain, files.certificate}).contains(": OK"));
        QCOMPARE(openssl.output({"pkey", "-in", files.key, "-pubout"}),
                 openssl.output({"x509", "-in", files.certificate, "-noout", "-pubkey"}));
    }

    void encryptsTheKeyOnRequest()
    {
        const auto files = must(writeEnrollmentFiles(m_folder->path(), "plc-7", m_issued, Pki::SecretBytes{QByteArrayView("key pass")}));
        const Test::OpensslProgram openssl;
        QVERIFY(!openssl.run({"pkey", "-in", files.key, "-noout", "-passin", "pass:wrong"}).isGood());
        QVERIFY(openssl.run({"pkey", "-in", files.key, "-noout", "-passin", "pass:key pass"}).isGood());
        QCOMPARE(modeOf(files.key), mode_t(0600));
        // Encrypted anew it is the same key; under another pass phrase nobody can tell.
        must(writeEnrollmentFiles(m_folder->path(), "plc-7", m_issued, Pki::SecretBytes{QByteArrayView("key pass")}));
        QVERIFY(!entries().contains("plc-7.key-1.pem"));
        must(writeEnrollmentFiles(m_folder->path(), "plc-7", m_issued, Pki::SecretBytes{QByteArrayView("other")}));
        QVERIFY(entries().contains("plc-7.key-1.pem"));
    }

    void withoutAKeyOrAChain()
    {
        Scep::IssuedCertificate issued = m_issued;
        issued.key = {};
        issued.issuers.clear();
        const auto files = must(writeEnrollmentFiles(m_folder->path(), "plc-7", issued));
        QVERIFY(files.key.isEmpty());
        QVERIFY(files.chain.isEmpty());
        QCOMPARE(entries(), QStringList{"plc-7.cert.pem"});
    }

    void neverLeavesTheFolder()
    {
        must(writeEnrollmentFiles(m_folder->filePath("inside"), "../../../outside", m_issued));
        QCOMPARE(entries(), QStringList{"inside"});
        QCOMPARE(QDir(m_folder->filePath("inside")).entryList(QDir::Files).size(), 3);
    }

    void tellsBeforehandThatAFolderCannotBeWritten()
    {
        QVERIFY(checkOutputFolder(m_folder->filePath("new/folder")));
        QVERIFY(QDir(m_folder->filePath("new/folder")).isEmpty(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot));
        QVERIFY(Files::writeDurably(m_folder->filePath("file"), "x", Files::FileAccess::Readable));
        QCOMPARE(checkOutputFolder(m_folder->filePath("file")).error().code, ErrorCode::FileNotWritable);
        QCOMPARE(checkOutputFolder(m_folder->filePath("file/below")).error().code, ErrorCode::FileNotWritable);
        QCOMPARE(checkOutputFolder("/proc").error().code, ErrorCode::FileNotWritable);
        const auto written = writeEnrollmentFiles("/proc/none", "plc-7", m_issued);
        QVERIFY(!written);
        QCOMPARE(written.error().code, ErrorCode::FileNotWritable);
        QVERIFY(written.error().detail.contains("/proc/none"));
    }

    void bundles_data()
    {
        QTest::addColumn<Pki::Pkcs12Style>("style");
        QTest::newRow("modern") << Pki::Pkcs12Style::Modern;
        QTest::newRow("compatible") << Pki::Pkcs12Style::Compatible;
    }
    void bundles()
    {
        QFETCH(Pki::Pkcs12Style, style);
        const QString path = m_folder->filePath("plc-7.p12");
        const Pki::SecretBytes passphrase{QByteArrayView("bundle")};
        QVERIFY(writePkcs12(path, "plc-7", m_issued, passphrase, style));
        QCOMPARE(modeOf(path), mode_t(0600));
        const Test::OpensslProgram openssl;
        const QByteArray certificates = openssl.output({"pkcs12", "-in", path, "-nokeys", "-passin", "pass:bundle"});
        QCOMPARE(certificates.count("-----BEGIN CERTIFICATE-----"), 3);
        QVERIFY(certificates.contains("plc-7"));
        QVERIFY(openssl.output({"pkcs12", "-in", path, "-nocerts", "-noenc", "-passin", "pass:bundle"}).contains("PRIVATE KEY"));
        const auto contents = must(Pki::fromPkcs12(Files::readFile(path).value(), passphrase));
        QCOMPARE(contents.certificate, m_issued.certificate);
    }

    void badBundlesAreRefused()
    {
        const Pki::SecretBytes passphrase{QByteArrayView("bundle")};
        const QString path = m_folder->filePath("x.p12");
        QCOMPARE(writePkcs12(path, "x", m_issued, {}, Pki::Pkcs12Style::Modern).error().code, ErrorCode::EmptyPassphrase);
        Scep::IssuedCertificate mixed = m_issued;
        mixed.key = TestSupport::rsaKey("another");
        QCOMPARE(writePkcs12(path, "x", mixed, passphrase, Pki::Pkcs12Style::Modern).error().code, ErrorCode::KeyMismatch);
        QCOMPARE(writePkcs12("/proc/x.p12", "x", m_issued, passphrase, Pki::Pkcs12Style::Modern).error().code, ErrorCode::FileNotWritable);
        QVERIFY(entries().isEmpty());
    }

    void caFilesByRole_data()
    {
        QTest::addColumn<QString>("kind");
        QTest::addColumn<QStringList>("files");
        QTest::newRow("split RA") << "split" << QStringList{"issuing.pem", "ra-encryption.pem", "ra-signing.pem", "root.pem"};
        QTest::newRow("one RA") << "one" << QStringList{"issuing.pem", "ra.pem", "root.pem"};
        QTest::newRow("no RA, intermediate") << "deep" << QStringList{"intermediate-1.pem", "issuing.pem", "root.pem"};
        QTest::newRow("single CA") << "single" << QStringList{"issuing.pem", "root.pem"};
        QTest::newRow("root not sent") << "pinned" << QStringList{"issuing.pem", "root.pem"};
    }
    void caFilesByRole()
    {
        QFETCH(QString, kind);
        QFETCH(QStringList, files);
        Scep::CaRoles roles = Fixtures::roles(m_ca);
        if (kind == "one")
            roles.raSigning = roles.raEncryption = m_ca.ra.certificate;
        if (kind != "one" && kind != "split")
            roles.raSigning = roles.raEncryption = {};
        if (kind == "deep") {
            roles.intermediates = {m_ca.issuing.certificate};
            roles.issuing = m_ca.ra.certificate;
        }
        if (kind == "single")
            roles.issuing = roles.root;
        if (kind == "pinned")
            roles.root = {};
        const auto paths = must(writeCaFiles(m_folder->path(), roles));
        QCOMPARE(entries(), files);
        QCOMPARE(paths.size(), files.size());
        QCOMPARE(must(Pki::Certificate::fromPem(Files::readFile(m_folder->filePath("root.pem")).value())), m_ca.root.certificate);
        for (const QString &path : paths)
            QCOMPARE(modeOf(path), mode_t(0644));
    }
};

QTEST_GUILESS_MAIN(TestEnrollmentFiles)
#include "tst_enrollmentfiles.moc"
