// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/files/durablefile.h"

#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace Files;

class TestDurableFile : public QObject
{
    Q_OBJECT

    QTemporaryDir m_folder;
    QString path(const QString &name) const { return m_folder.filePath(name); }
    static mode_t modeOf(const QString &path)
    {
        struct stat status{};
        return ::stat(QFile::encodeName(path).constData(), &status) == 0 ? status.st_mode & 07777U : 0;
    }

private slots:
    void init() { QVERIFY(m_folder.isValid()); }

    void writesWithTheRightMode()
    {
        ::umask(0);
        QVERIFY(Files::writeDurably(path("secret"), "abc", Files::FileAccess::OwnerOnly));
        QVERIFY(Files::writeDurably(path("public"), "def", Files::FileAccess::Readable));
        ::umask(077);
        QCOMPARE(modeOf(path("secret")), mode_t(0600));
        QCOMPARE(modeOf(path("public")), mode_t(0644));
        QCOMPARE(Files::readFile(path("secret")).value(), QByteArray("abc"));
    }

    void replacesAsAWholeAndTightensTheMode()
    {
        QVERIFY(Files::writeDurably(path("again"), QByteArray(100000, 'x'), Files::FileAccess::Readable));
        QVERIFY(Files::writeDurably(path("again"), "short", Files::FileAccess::OwnerOnly));
        QCOMPARE(Files::readFile(path("again")).value(), QByteArray("short"));
        QCOMPARE(modeOf(path("again")), mode_t(0600));
    }

    void leavesNothingBesideIt()
    {
        QTemporaryDir folder;
        QVERIFY(Files::writeDurably(folder.filePath("one"), "1", Files::FileAccess::Readable));
        QVERIFY(!Files::writeDurably(folder.filePath("missing/two"), "2", Files::FileAccess::Readable));
        QCOMPARE(QDir(folder.path()).entryList(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot), QStringList{"one"});
    }

    void writesSeveralInOrder()
    {
        QTemporaryDir folder;
        QVERIFY(Files::writeDurably(QList<Files::FileToWrite>{{folder.filePath("a.key"), "k", Files::FileAccess::OwnerOnly, false},
                                                              {folder.filePath("a.cert"), "c", Files::FileAccess::Readable, false}}));
        QCOMPARE(Files::readFile(folder.filePath("a.key")).value(), QByteArray("k"));
        QCOMPARE(Files::readFile(folder.filePath("a.cert")).value(), QByteArray("c"));
        // One that cannot be written: none of them gets its name.
        QVERIFY(!Files::writeDurably(QList<Files::FileToWrite>{{folder.filePath("b.key"), "k", Files::FileAccess::OwnerOnly, false},
                                                               {folder.filePath("none/b.cert"), "c", Files::FileAccess::Readable, false}}));
        QVERIFY(!QFile::exists(folder.filePath("b.key")));
    }

    void aFileThatMustBeNewIsNeverReplaced()
    {
        QVERIFY(Files::writeDurably(QList<Files::FileToWrite>{{path("new"), "first", Files::FileAccess::OwnerOnly, true}}));
        const auto second = Files::writeDurably(QList<Files::FileToWrite>{{path("new"), "second", Files::FileAccess::OwnerOnly, true}});
        QVERIFY(!second);
        QCOMPARE(second.error().code, ErrorCode::FileNotWritable);
        QCOMPARE(Files::readFile(path("new")).value(), QByteArray("first"));
    }

    void tellsWhatCannotBeWritten_data()
    {
        QTest::addColumn<QString>("target");
        QTest::newRow("missing folder") << "/nonexistent-folder/file";
        QTest::newRow("a folder") << m_folder.path();
        QTest::newRow("not for users") << "/proc/scepter";
    }
    void tellsWhatCannotBeWritten()
    {
        QFETCH(QString, target);
        const auto written = Files::writeDurably(target, "abc", Files::FileAccess::OwnerOnly);
        QVERIFY(!written);
        QCOMPARE(written.error().code, ErrorCode::FileNotWritable);
        QVERIFY2(written.error().detail.startsWith(target), qPrintable(written.error().detail));
    }

    /// A file size limit gives EFBIG where a full disk gives ENOSPC; a real full disk needs a mount. In a child, because the limit stays.
    void aFullDiskLosesNothing()
    {
        const QString file = path("full");
        QVERIFY(Files::writeDurably(file, "what was there", Files::FileAccess::OwnerOnly));
        const pid_t child = ::fork();
        QVERIFY(child >= 0);
        if (child == 0) {
            ::signal(SIGXFSZ, SIG_IGN);
            const rlimit limit{4096, 4096};
            ::setrlimit(RLIMIT_FSIZE, &limit);
            const auto written = Files::writeDurably(file, QByteArray(100000, 'x'), Files::FileAccess::OwnerOnly);
            ::_exit(!written && written.error().code == ErrorCode::DiskFull ? 42 : 1);
        }
        int status = 0;
        QCOMPARE(::waitpid(child, &status, 0), child);
        QVERIFY(WIFEXITED(status));
        QCOMPARE(WEXITSTATUS(status), 42);
        QCOMPARE(Files::readFile(file).value(), QByteArray("what was there"));
        QCOMPARE(QDir(m_folder.path()).entryList({".full*"}, QDir::Files | QDir::Hidden), QStringList());
    }

    /// Killed again and again while it writes: whoever reads finds one of the two texts, whole.
    void killedWhileWritingLeavesAWholeFile()
    {
        const QString file = path("killed");
        const QByteArray first(300000, 'a');
        const QByteArray second(300000, 'b');
        QVERIFY(Files::writeDurably(file, first, Files::FileAccess::OwnerOnly));
        for (int round = 0; round < 10; ++round) {
            const pid_t child = ::fork();
            QVERIFY(child >= 0);
            if (child == 0) {
                for (;;) {
                    (void)Files::writeDurably(file, second, Files::FileAccess::OwnerOnly);
                    (void)Files::writeDurably(file, first, Files::FileAccess::OwnerOnly);
                }
            }
            ::usleep(3000 + 1500 * static_cast<useconds_t>(round));
            ::kill(child, SIGKILL);
            int status = 0;
            QCOMPARE(::waitpid(child, &status, 0), child);
            const QByteArray found = Files::readFile(file).value();
            QVERIFY(found == first || found == second);
        }
    }

    void readsWithinLimits()
    {
        QVERIFY(Files::writeDurably(path("ten"), "0123456789", Files::FileAccess::Readable));
        QCOMPARE(Files::readFile(path("ten"), 10).value().size(), 10);
        QCOMPARE(Files::readFile(path("ten"), 9).error().code, ErrorCode::TooLarge);
        QCOMPARE(Files::readFile("/dev/zero", 1000).error().code, ErrorCode::TooLarge);
        QCOMPARE(Files::readFile(path("none")).error().code, ErrorCode::FileNotFound);
        QCOMPARE(Files::readFile(m_folder.path()).error().code, ErrorCode::FileNotReadable);
    }

    void removesWhatMayBeMissing()
    {
        QVERIFY(Files::writeDurably(path("gone"), "x", Files::FileAccess::Readable));
        QVERIFY(Files::removeFile(path("gone")));
        QVERIFY(!QFile::exists(path("gone")));
        QVERIFY(Files::removeFile(path("gone")));
    }

    void readsSecrets_data()
    {
        QTest::addColumn<QByteArray>("file");
        QTest::addColumn<QByteArray>("secret"); // empty: refused
        QTest::newRow("plain") << QByteArray("s3cret") << QByteArray("s3cret");
        QTest::newRow("line end") << QByteArray("s3cret\n") << QByteArray("s3cret");
        QTest::newRow("CRLF") << QByteArray("s3cret\r\nmore") << QByteArray("s3cret");
        QTest::newRow("BOM") << QByteArray("\xEF\xBB\xBFs3cret\n") << QByteArray("s3cret");
        QTest::newRow("blanks stay") << QByteArray(" a b \n") << QByteArray(" a b ");
        QTest::newRow("empty") << QByteArray() << QByteArray();
        QTest::newRow("empty line") << QByteArray("\nnext") << QByteArray();
    }
    void readsSecrets()
    {
        QFETCH(QByteArray, file);
        QFETCH(QByteArray, secret);
        QVERIFY(Files::writeDurably(path("secret-file"), file, Files::FileAccess::OwnerOnly));
        const auto read = Files::readSecretFile(path("secret-file"));
        if (secret.isEmpty()) {
            QVERIFY(!read);
            QCOMPARE(read.error().code, ErrorCode::EmptyPassphrase);
        } else {
            QVERIFY(read);
            QCOMPARE(read->view().toByteArray(), secret);
        }
    }
};

QTEST_GUILESS_MAIN(TestDurableFile)
#include "tst_durablefile.moc"
