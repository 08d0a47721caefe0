// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/pki/oid.h"

#include <QtTest>

using Pki::ErrorCode;
using Pki::Oid;

class TestOid : public QObject
{
    Q_OBJECT

private slots:
    void readsDottedForm_data();
    void readsDottedForm();
    void refuses_data();
    void refuses();
    void showsNames();
    void comparesAndPrints();
};

void TestOid::readsDottedForm_data()
{
    QTest::addColumn<QString>("text");
    for (const char *text : {"1.2", "0.39", "2.999.1", "2.5.4.3", "1.3.6.1.4.1.311.20.2", "2.25.329800735698586629295641978511506172918"})
        QTest::newRow(text) << QString(text);
}

void TestOid::readsDottedForm()
{
    QFETCH(QString, text);
    const auto oid = Oid::fromText(text);
    QVERIFY(oid);
    QCOMPARE(oid->toText(), text);
    QVERIFY(!oid->isEmpty());
}

void TestOid::refuses_data()
{
    QTest::addColumn<QString>("text");
    QTest::newRow("empty") << "";
    QTest::newRow("one arc") << "1";
    QTest::newRow("first arc") << "3.1";
    QTest::newRow("long first arc") << "10.1";
    QTest::newRow("second arc") << "1.40";
    QTest::newRow("long second arc") << "0.100";
    QTest::newRow("leading zero") << "1.02.3";
    QTest::newRow("empty arc") << "1..2";
    QTest::newRow("trailing dot") << "1.2.";
    QTest::newRow("leading dot") << ".1.2";
    QTest::newRow("letters") << "1.2.abc";
    QTest::newRow("name") << "CN";
    QTest::newRow("space") << "1.2 .3";
    QTest::newRow("minus") << "1.-2";
    QTest::newRow("foreign digits") << QString::fromUtf8("1.2.\u0663");
    QTest::newRow("huge arc") << "1.2." + QString(41, '9');
    QTest::newRow("too long") << "1.2" + QString(".1").repeated(200);
}

void TestOid::refuses()
{
    QFETCH(QString, text);
    const auto oid = Oid::fromText(text);
    QVERIFY(!oid);
    QCOMPARE(oid.error().code, ErrorCode::InvalidObjectIdentifier);
    QVERIFY(!oid.error().detail.isEmpty());
}

void TestOid::showsNames()
{
    QCOMPARE(Oid::literal("2.5.4.3").displayName(), "CN");
    QCOMPARE(Oid::literal("1.3.6.1.5.5.7.3.1").displayName(), "serverAuth");
    QCOMPARE(Oid::literal("1.2.3.4.5").displayName(), "1.2.3.4.5");
    QCOMPARE(Oid().displayName(), "");
    QVERIFY(Oid().isEmpty());
}

void TestOid::comparesAndPrints()
{
    QVERIFY(Oid::literal("1.2.3") == Oid::literal("1.2.3"));
    QVERIFY(Oid::literal("1.2.3") != Oid::literal("1.2.4"));
    QVERIFY(Oid::literal("1.2.3") < Oid::literal("1.2.4"));
    QString text;
    QDebug(&text) << Oid::literal("1.2.3");
    QCOMPARE(text.trimmed(), "Oid(1.2.3)");
}

QTEST_GUILESS_MAIN(TestOid)
#include "tst_oid.moc"
