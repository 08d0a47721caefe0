// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/pki/secretbytes.h"

#include <QFile>
#include <QtTest>

#include <type_traits>

using Pki::SecretBytes;

static_assert(!std::is_copy_constructible_v<SecretBytes> && !std::is_copy_assignable_v<SecretBytes>);
static_assert(std::is_nothrow_move_constructible_v<SecretBytes> && std::is_nothrow_move_assignable_v<SecretBytes>);

class TestSecretBytes : public QObject
{
    Q_OBJECT

private slots:
    void holdsBytes();
    void moves();
    void clonesAndClears();
    void compares_data();
    void compares();
    void takesText_data();
    void takesText();
    void wipesUnsharedText();
    void leavesSharedAndLiteralDataAlone();
    void isLeftOutOfCoreFiles();
};

void TestSecretBytes::holdsBytes()
{
    const QByteArray bytes("a\0b\xff", 4);
    const SecretBytes secret{QByteArrayView(bytes)};
    QCOMPARE(secret.size(), 4U);
    QCOMPARE(secret.view().toByteArray(), bytes);
    QVERIFY(secret.view().data() != bytes.constData());

    SecretBytes zeros(std::size_t(5000)); // more than a page
    QCOMPARE(zeros.view().toByteArray(), QByteArray(5000, '\0'));
    zeros.data()[4999] = 'x';
    QCOMPARE(zeros.view().back(), 'x');

    QVERIFY(SecretBytes().isEmpty());
    QVERIFY(SecretBytes(QByteArrayView()).isEmpty());
    QVERIFY(SecretBytes(std::size_t(0)).view().isEmpty());
}

void TestSecretBytes::moves()
{
    SecretBytes first(QByteArrayView("secret"));
    const char *address = first.view().data();
    SecretBytes second(std::move(first));
    QCOMPARE(second.view().data(), address);
    QVERIFY(first.isEmpty()); // NOLINT: the moved-from state is part of the contract
    QVERIFY(first.view().isEmpty());
    SecretBytes third(QByteArrayView("older"));
    third = std::move(second);
    QCOMPARE(third.view().toByteArray(), "secret");
    SecretBytes &alias = third;
    third = std::move(alias);
    QCOMPARE(third.view().toByteArray(), "secret");
}

void TestSecretBytes::clonesAndClears()
{
    SecretBytes secret(QByteArrayView("secret"));
    const SecretBytes copy = secret.clone();
    QVERIFY(copy == secret);
    QVERIFY(copy.view().data() != secret.view().data());
    secret.clear();
    QVERIFY(secret.isEmpty());
    QCOMPARE(copy.view().toByteArray(), "secret");
    QVERIFY(SecretBytes().clone().isEmpty());
}

void TestSecretBytes::compares_data()
{
    QTest::addColumn<QByteArray>("a");
    QTest::addColumn<QByteArray>("b");
    QTest::addColumn<bool>("isEqual");
    QTest::newRow("equal") << QByteArray("abc") << QByteArray("abc") << true;
    QTest::newRow("empty") << QByteArray() << QByteArray() << true;
    QTest::newRow("shorter") << QByteArray("abc") << QByteArray("ab") << false;
    QTest::newRow("last byte") << QByteArray("abc") << QByteArray("abd") << false;
    QTest::newRow("zero byte") << QByteArray("a\0b", 3) << QByteArray("a\0c", 3) << false;
}

void TestSecretBytes::compares()
{
    QFETCH(QByteArray, a);
    QFETCH(QByteArray, b);
    QFETCH(bool, isEqual);
    QCOMPARE(SecretBytes{QByteArrayView(a)} == SecretBytes{QByteArrayView(b)}, isEqual);
}

void TestSecretBytes::takesText_data()
{
    QTest::addColumn<QString>("text");
    QTest::newRow("ASCII") << "correct horse";
    QTest::newRow("two bytes") << QString::fromUtf8("p\u00e5ssw\u00f6rd");
    QTest::newRow("four bytes") << QString::fromUtf8("\U0001f511\U0001f512");
    QTest::newRow("empty") << "";
    QTest::newRow("long") << QString(10000, QChar(0x4e2d));
}

void TestSecretBytes::takesText()
{
    QFETCH(QString, text);
    QString copy(text.constData(), text.size());
    const SecretBytes secret = SecretBytes::fromText(std::move(copy));
    QCOMPARE(secret.view().toByteArray(), text.toUtf8());
    QVERIFY(copy.isEmpty()); // NOLINT: emptied on purpose
}

void TestSecretBytes::wipesUnsharedText()
{
    // That the memory was overwritten cannot be looked at without reading freed memory; asan builds run this for stray writes.
    QByteArray bytes("hush hush");
    bytes.detach();
    Pki::wipe(bytes);
    QVERIFY(bytes.isEmpty());

    QString text("hush hush");
    text.detach();
    Pki::wipe(text);
    QVERIFY(text.isEmpty());
}

void TestSecretBytes::leavesSharedAndLiteralDataAlone()
{
    QByteArray bytes("shared");
    const QByteArray other = bytes;
    Pki::wipe(bytes);
    QVERIFY(bytes.isEmpty());
    QCOMPARE(other, "shared");

    QByteArray literal = QByteArrayLiteral("literal");
    Pki::wipe(literal); // must not write to read-only memory
    QVERIFY(literal.isEmpty());

    QString text = QStringLiteral("literal");
    const QString copy = text;
    Pki::wipe(text);
    QCOMPARE(copy, "literal");
}

void TestSecretBytes::isLeftOutOfCoreFiles()
{
    const SecretBytes secret(QByteArrayView("not for core files"));
    // "dd" among the VmFlags of the mapping: do not include in core dump.
    QFile maps("/proc/self/smaps");
    QVERIFY(maps.open(QIODevice::ReadOnly));
    const auto address = reinterpret_cast<quintptr>(secret.view().data());
    bool isInMapping = false;
    bool isMarked = false;
    const auto lines = maps.readAll().split('\n');
    for (const QByteArray &line : lines) {
        const qsizetype dash = line.indexOf('-');
        bool isStart = false;
        bool isEnd = false;
        const quintptr start = line.left(dash).toULongLong(&isStart, 16);
        const quintptr end = line.mid(dash + 1, line.indexOf(' ') - dash - 1).toULongLong(&isEnd, 16);
        if (dash > 0 && isStart && isEnd)
            isInMapping = address >= start && address < end;
        else if (isInMapping && line.startsWith("VmFlags:"))
            isMarked = line.split(' ').contains("dd");
    }
    QVERIFY(isMarked);
}

QTEST_GUILESS_MAIN(TestSecretBytes)
#include "tst_secretbytes.moc"
