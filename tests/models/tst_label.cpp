// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/records/label.h"

#include "tests/models/storefixture.h"

#include <QTest>

using namespace Models;
using TestSupport::must;

class TestLabel : public QObject
{
    Q_OBJECT

private slots:
    void rule_data()
    {
        QTest::addColumn<QString>("label");
        QTest::addColumn<QString>("complaint"); // empty: it is good
        QTest::newRow("plain") << "plc-7" << "";
        QTest::newRow("blank inside") << "Hall 3, PLC" << "";
        QTest::newRow("umlaut") << QString::fromUtf8("Stellwerk Köln") << "";
        QTest::newRow("Japanese") << QString::fromUtf8("工場") << "";
        QTest::newRow("beyond the first plane") << QString::fromUtf8("🔑") << "";
        QTest::newRow("Persian with a non-joiner") << QString::fromUtf8("می\u200cخواهم") << "";
        QTest::newRow("64 characters") << QString(64, 'x') << "";
        QTest::newRow("64 of two units each") << QString::fromUtf8("🔑").repeated(64) << "";
        QTest::newRow("65 characters") << QString(65, 'x') << "64 characters at most, this one has 65";
        QTest::newRow("empty") << "" << "at least one character";
        QTest::newRow("only blanks") << "  " << "at least one character";
        QTest::newRow("blank at the end") << "plc-7 " << "begins or ends with a blank";
        QTest::newRow("as the bin names its own") << QString("\x01"
                                                             "bin/4")
                                                  << "U+0001";
        QTest::newRow("escape") << QString("plc\x1b[31m") << "U+001B";
        QTest::newRow("newline") << "plc\n7" << "U+000A";
        QTest::newRow("delete") << QString("plc\x7f") << "U+007F";
        QTest::newRow("line separator") << QString::fromUtf8("plc\u2028 7") << "U+2028";
        QTest::newRow("turns the text around") << QString::fromUtf8("plc\u202e7") << "U+202E";
        QTest::newRow("zero width blank") << QString::fromUtf8("plc\u200b7") << "U+200B";
        QTest::newRow("half a character") << QString(QChar(0xd83d)) << "half a character";
    }
    void rule()
    {
        QFETCH(QString, label);
        QFETCH(QString, complaint);
        const auto checked = checkLabel(label);
        QCOMPARE(checked.has_value(), complaint.isEmpty());
        if (!checked) {
            QCOMPARE(checked.error().code, ErrorCode::InvalidArgument);
            QVERIFY2(checked.error().detail.contains(complaint), qPrintable(checked.error().detail));
        }
        // The same for both, and whoever asks.
        Fixtures::OpenStore store;
        const Scep::ServerId plant = store.addServer();
        QCOMPARE(store.store->addServer(Fixtures::server(label, store.ca)).has_value(), complaint.isEmpty());
        QCOMPARE(store.store->addRequest(Fixtures::request(label, plant), {}, {}, {}).has_value(), complaint.isEmpty());
        Scep::EnrollmentServer renamed = Fixtures::server(label + label, store.ca);
        renamed.id = plant;
        QCOMPARE(store.store->updateServer(renamed).has_value(), checkLabel(label + label).has_value());
    }

    /// An older Scepter took a label that looks like the bin's own.
    void theBinFindsAnotherName()
    {
        Fixtures::OpenStore store;
        const Scep::ServerId plant = store.addServer();
        const Scep::RequestId first = store.addRequest(plant, "first");
        const Scep::RequestId second = store.addRequest(plant, "second");
        store.tamper(QString("UPDATE request SET label = ? WHERE id = ?"), {QString("\x01"
                                                                                    "bin/%1")
                                                                                .arg(first.value),
                                                                            second.value});
        QVERIFY(store.store->removeRequest(first));
        QCOMPARE(must(store.store->requestRecords()).size(), 1);
        QCOMPARE(must(store.store->restore(BinRecord::Kind::Request, first.value)), QString("first"));
    }
};

QTEST_GUILESS_MAIN(TestLabel)
#include "tst_label.moc"
