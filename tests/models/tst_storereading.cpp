// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/store/workspacecare.h"
#include "models/store/writeobstacle.h"
#include "tests/models/storefixture.h"

#include <QTest>

#include <csignal>
#include <sys/resource.h>
#include <unistd.h>

using namespace Models;
using TestSupport::must;

namespace {

/// As somebody who may read the folder and not write there, also where the tests run as root.
class Stranger
{
    Q_DISABLE_COPY_MOVE(Stranger)

public:
    explicit Stranger(const QString &folder)
        : m_folder(folder)
    {
        for (const QFileInfo &file : QDir(folder).entryInfoList(QDir::Files))
            QFile::setPermissions(file.filePath(), QFile::ReadOwner | QFile::ReadGroup | QFile::ReadOther);
        QFile::setPermissions(folder,
                              QFile::ReadOwner | QFile::ExeOwner | QFile::ReadGroup | QFile::ExeGroup | QFile::ReadOther | QFile::ExeOther);
        if (m_isRoot && ::seteuid(65534) != 0)
            qFatal("seteuid");
    }
    ~Stranger()
    {
        if (m_isRoot && ::seteuid(0) != 0)
            qFatal("seteuid");
        QFile::setPermissions(m_folder, QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
        for (const QFileInfo &file : QDir(m_folder).entryInfoList(QDir::Files))
            QFile::setPermissions(file.filePath(), QFile::ReadOwner | QFile::WriteOwner);
    }

private:
    QString m_folder;
    bool m_isRoot = ::geteuid() == 0;
};

/// Files of this process may not grow beyond this: what a full disk or a quota does.
class Limit
{
    Q_DISABLE_COPY_MOVE(Limit)

public:
    explicit Limit(rlim_t bytes)
    {
        ::getrlimit(RLIMIT_FSIZE, &m_former);
        rlimit limit = m_former;
        limit.rlim_cur = bytes;
        ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    ~Limit()
    {
        ::setrlimit(RLIMIT_FSIZE, &m_former);
        std::signal(SIGXFSZ, m_handler);
    }

private:
    rlimit m_former{};
    void (*m_handler)(int) = std::signal(SIGXFSZ, SIG_IGN);
};

} // namespace

/// A workspace that can be looked at and not changed.
class TestStoreReading : public QObject
{
    Q_OBJECT

    std::unique_ptr<Fixtures::OpenStore> m;
    Scep::ServerId m_server;

private slots:
    void init()
    {
        m = std::make_unique<Fixtures::OpenStore>();
        m_server = m->addServer();
        m->addRequest(m_server);
    }
    void cleanup() { m.reset(); }

    void aFolderThatCannotBeWrittenIsRead()
    {
        m->store.reset();
        {
            const Stranger stranger(m->folder.path());
            auto reader = must(Store::openReadOnly(m->file(), m->vault));
            QCOMPARE(must(reader->requestRecords()).size(), 1);
            QVERIFY(must(WorkspaceCare(m->folder.path()).check({}, true)).isGood());
        }
        QVERIFY(!QFile::exists(m->file() + "-shm"));
        QVERIFY(Store::open(m->file(), m->vault)); // nothing was left behind
    }

    /// What the former process wrote last stands in the log only.
    void withALogToo()
    {
        const QTemporaryDir left;
        const QString copy = left.path();
        QVERIFY(QFile::copy(m->file(), copy + "/store.sqlite"));
        QVERIFY(QFile::copy(m->file() + "-wal", copy + "/store.sqlite-wal"));
        QVERIFY(QFileInfo(copy + "/store.sqlite-wal").size() > 0);
        const Stranger stranger(copy);
        auto reader = must(Store::openReadOnly(copy + "/store.sqlite", m->vault));
        QCOMPARE(must(reader->requestRecords()).size(), 1);
        QCOMPARE(reader->file(), copy + "/store.sqlite");
        QCOMPARE(reader->removeRequest({1}).error().code, ErrorCode::WorkspaceInUse);
    }

    void whyItCannotBeWrittenIsTold()
    {
        m->store.reset();
        const Stranger stranger(m->folder.path());
        const auto opened = Store::open(m->file(), m->vault);
        QCOMPARE(opened.error().code, ErrorCode::FileNotWritable);
        QVERIFY2(opened.error().detail.contains("Permission denied"), qPrintable(opened.error().detail));
        QCOMPARE(writeObstacle(m->file())->detail, QString("Permission denied"));
    }

    void aFullDiskIsNamed()
    {
        m->store.reset();
        {
            const Limit none(0);
            QCOMPARE(writeObstacle(m->file())->code, ErrorCode::DiskFull);
            const auto opened = Store::open(m->file(), m->vault);
            QCOMPARE(opened.error().code, ErrorCode::DiskFull);
            QVERIFY2(opened.error().detail.contains("disk full"), qPrintable(opened.error().detail));
            const auto made = SqlDatabase::open(m->path("new.sqlite"));
            QCOMPARE(made.error().code, ErrorCode::DiskFull);
        }
        QVERIFY(!writeObstacle(m->file()));
        QVERIFY(Store::open(m->file(), m->vault));
        // No attempt is left.
        for (const QString &name : QDir(m->folder.path()).entryList(QDir::Files | QDir::Hidden))
            QVERIFY2(!name.contains("write-test"), qPrintable(name));
    }

    void aFullDiskIsRead()
    {
        m->store.reset();
        const Limit none(0);
        auto reader = must(Store::openReadOnly(m->file(), m->vault));
        QCOMPARE(must(reader->requestRecords()).size(), 1);
    }

    void aDamagedFileIsNotReadOtherwise()
    {
        m->store.reset();
        QFile file(m->file());
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(QByteArray(8192, 'x'));
        file.close();
        QCOMPARE(Store::openReadOnly(m->file(), m->vault).error().code, ErrorCode::StoreFailure);
    }
};

QTEST_GUILESS_MAIN(TestStoreReading)
#include "tst_storereading.moc"
