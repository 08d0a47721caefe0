// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/store/durablefile.h"

#include <QTemporaryDir>
#include <QTest>

#include <csignal>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace Models;

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
        QVERIFY(writeDurably(path("secret"), "abc", FileAccess::OwnerOnly));
        QVERIFY(writeDurably(path("public"), "def", FileAccess::Readable));
        ::umask(077);
        QCOMPARE(modeOf(path("secret")), mode_t(0600));
        QCOMPARE(modeOf(path("public")), mode_t(0644));
        QCOMPARE(readFile(path("secret")).value(), QByteArray("abc"));
    }

    void replacesAsAWholeAndTightensTheMode()
    {
        QVERIFY(writeDurably(path("again"), QByteArray(100000, 'x'), FileAccess::Readable));
        QVERIFY(writeDurably(path("again"), "short", FileAccess::OwnerOnly));
        QCOMPARE(readFile(path("again")).value(), QByteArray("short"));
        QCOMPARE(modeOf(path("again")), mode_t(0600));
    }

    void leavesNothingBesideIt()
    {
        QTemporaryDir folder;
        QVERIFY(writeDurably(folder.filePath("one"), "1", FileAccess::Readable));
        QVERIFY(!writeDurably(folder.filePath("missing/two"), "2", FileAccess::Readable));
        QCOMPARE(QDir(folder.path()).entryList(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot), QStringList{"one"});
    }

    void writesSeveralInOrder()
    {
        QTemporaryDir folder;
        QVERIFY(writeDurably(QList<FileToWrite>{{folder.filePath("a.key"), "k", FileAccess::OwnerOnly, false},
                                                {folder.filePath("a.cert"), "c", FileAccess::Readable, false}}));
        QCOMPARE(readFile(folder.filePath("a.key")).value(), QByteArray("k"));
        QCOMPARE(readFile(folder.filePath("a.cert")).value(), QByteArray("c"));
        // One that cannot be written: none of them gets its name.
        QVERIFY(!writeDurably(QList<FileToWrite>{{folder.filePath("b.key"), "k", FileAccess::OwnerOnly, false},
                                                 {folder.filePath("none/b.cert"), "c", FileAccess::Readable, false}}));
        QVERIFY(!QFile::exists(folder.filePath("b.key")));
    }

    void aFileThatMustBeNewIsNeverReplaced()
    {
        QVERIFY(writeDurably(QList<FileToWrite>{{path("new"), "first", FileAccess::OwnerOnly, true}}));
        const auto second = writeDurably(QList<FileToWrite>{{path("new"), "second", FileAccess::OwnerOnly, true}});
        QVERIFY(!second);
        QCOMPARE(second.error().code, ErrorCode::FileNotWritable);
        QCOMPARE(readFile(path("new")).value(), QByteArray("first"));
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
        const auto written = writeDurably(target, "abc", FileAccess::OwnerOnly);
        QVERIFY(!written);
        QCOMPARE(written.error().code, ErrorCode::FileNotWritable);
        QVERIFY2(written.error().detail.startsWith(target), qPrintable(written.error().detail));
    }

    /// A file size limit gives EFBIG where a full disk gives ENOSPC; a real full disk needs a mount. In a child, because the limit stays.
    void aFullDiskLosesNothing()
    {
        const QString file = path("full");
        QVERIFY(writeDurably(file, "what was there", FileAccess::OwnerOnly));
        const pid_t child = ::fork();
        QVERIFY(child >= 0);
        if (child == 0) {
            ::signal(SIGXFSZ, SIG_IGN);
            const rlimit limit{4096, 4096};
            ::setrlimit(RLIMIT_FSIZE, &limit);
            const auto written = writeDurably(file, QByteArray(100000, 'x'), FileAccess::OwnerOnly);
            ::_exit(!written && written.error().code == ErrorCode::DiskFull ? 42 : 1);
        }
        int status = 0;
        QCOMPARE(::waitpid(child, &status, 0), child);
        QVERIFY(WIFEXITED(status));
        QCOMPARE(WEXITSTATUS(status), 42);
        QCOMPARE(readFile(file).value(), QByteArray("what was there"));
        QCOMPARE(QDir(m_folder.path()).entryList({".full*"}, QDir::Files | QDir::Hidden), QStringList());
    }

    /// Killed again and again while it writes: whoever reads finds one of the two texts, whole.
    void killedWhileWritingLeavesAWholeFile()
    {
        const QString file = path("killed");
        const QByteArray first(300000, 'a');
        const QByteArray second(300000, 'b');
        QVERIFY(writeDurably(file, first, FileAccess::OwnerOnly));
        for (int round = 0; round < 10; ++round) {
            const pid_t child = ::fork();
            QVERIFY(child >= 0);
            if (child == 0) {
                for (;;) {
                    (void)writeDurably(file, second, FileAccess::OwnerOnly);
                    (void)writeDurably(file, first, FileAccess::OwnerOnly);
                }
            }
            ::usleep(3000 + 1500 * static_cast<useconds_t>(round));
            ::kill(child, SIGKILL);
            int status = 0;
            QCOMPARE(::waitpid(child, &status, 0), child);
            const QByteArray found = readFile(file).value();
            QVERIFY(found == first || found == second);
        }
    }

    void readsWithinLimits()
    {
        QVERIFY(writeDurably(path("ten"), "0123456789", FileAccess::Readable));
        QCOMPARE(readFile(path("ten"), 10).value().size(), 10);
        QCOMPARE(readFile(path("ten"), 9).error().code, ErrorCode::TooLarge);
        QCOMPARE(readFile("/dev/zero", 1000).error().code, ErrorCode::TooLarge);
        QCOMPARE(readFile(path("none")).error().code, ErrorCode::FileNotFound);
        QCOMPARE(readFile(m_folder.path()).error().code, ErrorCode::FileNotReadable);
    }

    void removesWhatMayBeMissing()
    {
        QVERIFY(writeDurably(path("gone"), "x", FileAccess::Readable));
        QVERIFY(removeFile(path("gone")));
        QVERIFY(!QFile::exists(path("gone")));
        QVERIFY(removeFile(path("gone")));
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
        QVERIFY(writeDurably(path("secret-file"), file, FileAccess::OwnerOnly));
        const auto read = readSecretFile(path("secret-file"));
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
