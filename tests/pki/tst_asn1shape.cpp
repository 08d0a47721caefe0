// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/pki/opensslhandles.h"

#include <QtTest>

using namespace Pki;

class TestAsn1Shape : public QObject
{
    Q_OBJECT

private slots:
    void accepts_data();
    void accepts();
    void refuses_data();
    void refuses();
    void countsDepth();
    void writesElements();
};

void TestAsn1Shape::accepts_data()
{
    QTest::addColumn<QByteArray>("der");
    QTest::newRow("empty sequence") << QByteArray("3000");
    QTest::newRow("primitive") << QByteArray("0c026869");
    QTest::newRow("long length") << QByteArray("0c8180") + QByteArray(128, 'a').toHex();
    QTest::newRow("lengthy length") << QByteArray("0c8400000001") + "61"; // BER
    QTest::newRow("nested") << QByteArray("30053003020101");
    QTest::newRow("indefinite") << QByteArray("30800201010000");
    QTest::newRow("indefinite in definite") << QByteArray("3007308002010100000201ff").left(18);
    QTest::newRow("indefinite in indefinite") << QByteArray("3080308002010100000000");
    QTest::newRow("constructed octet string") << QByteArray("248004016104016200") + "00";
    QTest::newRow("high tag") << QByteArray("9f818f7f0161");
}

void TestAsn1Shape::accepts()
{
    QFETCH(QByteArray, der);
    const auto checked = Detail::checkAsn1Shape(QByteArray::fromHex(der), 4, true);
    QVERIFY2(checked, checked ? "" : qPrintable(checked.error().detail));
}

void TestAsn1Shape::refuses_data()
{
    QTest::addColumn<QByteArray>("der");
    QTest::newRow("nothing") << QByteArray();
    QTest::newRow("tag only") << QByteArray("30");
    QTest::newRow("no content") << QByteArray("0c02");
    QTest::newRow("short content") << QByteArray("0c0261");
    QTest::newRow("child longer than parent") << QByteArray("300302020101");
    QTest::newRow("length of nine bytes") << QByteArray("0c89000000000000000001") + "61";
    QTest::newRow("length overflow") << QByteArray("0c88ffffffffffffffff");
    QTest::newRow("length over the sign") << QByteArray("0c887fffffffffffffff");
    QTest::newRow("indefinite primitive") << QByteArray("0c800000");
    QTest::newRow("indefinite without end") << QByteArray("3080020101");
    QTest::newRow("half an end") << QByteArray("308002010100");
    QTest::newRow("end in definite") << QByteArray("30020000");
    QTest::newRow("end alone") << QByteArray("0000");
    QTest::newRow("trailing byte") << QByteArray("300000");
    QTest::newRow("endless tag") << QByteArray("9fffffffffffff7f00");
}

void TestAsn1Shape::refuses()
{
    QFETCH(QByteArray, der);
    const auto checked = Detail::checkAsn1Shape(QByteArray::fromHex(der), 4, true);
    QVERIFY(!checked);
    QCOMPARE(checked.error().code, ErrorCode::Malformed);
}

void TestAsn1Shape::countsDepth()
{
    QByteArray nested = QByteArray::fromHex("020101");
    for (int depth = 0; depth < 4; ++depth)
        nested = Detail::derElement(0x30, nested);
    QVERIFY(Detail::checkAsn1Shape(nested, 4, true));
    QCOMPARE(Detail::checkAsn1Shape(nested, 3, true).error().code, ErrorCode::TooLarge);
    QCOMPARE(Detail::checkAsn1Shape(QByteArray("\x30\x80").repeated(1000000), 32, true).error().code, ErrorCode::TooLarge);
    QVERIFY(Detail::checkAsn1Shape(nested + "rest", 4, false));
    QVERIFY(!Detail::checkAsn1Shape(nested + "rest", 4, true));
    QVERIFY(Detail::checkAsn1Shape(QByteArray::fromHex("3003020101").repeated(1), 1, true));
}

void TestAsn1Shape::writesElements()
{
    QCOMPARE(Detail::derElement(0x04, "").toHex(), "0400");
    QCOMPARE(Detail::derElement(0x04, QByteArray(127, 'a')).left(2).toHex(), "047f");
    QCOMPARE(Detail::derElement(0x04, QByteArray(128, 'a')).left(3).toHex(), "048180");
    QCOMPARE(Detail::derElement(0x30, QByteArray(256, 'a')).left(4).toHex(), "30820100");
    QCOMPARE(Detail::derElement(0x30, QByteArray(70000, 'a')).left(5).toHex(), "3083011170");
}

QTEST_GUILESS_MAIN(TestAsn1Shape)
#include "tst_asn1shape.moc"
