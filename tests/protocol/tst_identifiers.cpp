// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/protocol/identifiers.h"
#include "tests/protocol/protocoltest.h"
#include "tests/support/testca.h"

#include <QRegularExpression>
#include <QSet>

using namespace Scep;

class TestIdentifiers : public QObject
{
    Q_OBJECT

private slots:
    void messageTypes_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<int>("number"); // -1: unknown
        QTest::addColumn<QString>("name");
        QTest::newRow("CertRep") << "3" << 3 << "CertRep";
        QTest::newRow("RenewalReq") << "17" << 17 << "RenewalReq";
        QTest::newRow("PKCSReq") << "19" << 19 << "PKCSReq";
        QTest::newRow("CertPoll") << "20" << 20 << "CertPoll";
        QTest::newRow("GetCert") << "21" << 21 << "GetCert";
        QTest::newRow("GetCRL") << "22" << 22 << "GetCRL";
        for (const char *text : {"", "0", "1", "18", "23", "03", "3 ", " 3", "+3", "3x", "3.0", "193", "019", "-3", "\u0663"})
            QTest::addRow("unknown '%s'", text) << QString::fromUtf8(text) << -1 << QString();
    }
    void messageTypes()
    {
        QFETCH(QString, text);
        QFETCH(int, number);
        QFETCH(QString, name);
        const std::optional<MessageType> type = messageTypeFromText(text);
        QCOMPARE(type ? static_cast<int>(*type) : -1, number);
        if (type)
            QCOMPARE(displayName(*type), name);
    }

    void statuses()
    {
        QVERIFY(pkiStatusFromText("0") == PkiStatus::Success);
        QVERIFY(pkiStatusFromText("2") == PkiStatus::Failure);
        QVERIFY(pkiStatusFromText("3") == PkiStatus::Pending);
        for (const char *text : {"", "1", "4", "00", "0 ", "SUCCESS", "30"})
            QVERIFY2(!pkiStatusFromText(QString::fromLatin1(text)), text);
        QCOMPARE(displayName(PkiStatus::Success), QString("SUCCESS"));
        QCOMPARE(displayName(PkiStatus::Failure), QString("FAILURE"));
        QCOMPARE(displayName(PkiStatus::Pending), QString("PENDING"));
    }

    void createdTransactionIdsAreHexAndDistinct()
    {
        const Pki::PublicKey key = TestSupport::ecKey("identifiers").publicKey();
        static const QRegularExpression form("^[0-9A-F]{40}$");
        QSet<QString> seen;
        for (int i = 0; i < 50; ++i) {
            const TransactionId id = TransactionId::create(key);
            QVERIFY2(form.match(id.toText()).hasMatch(), qPrintable(id.toText()));
            seen.insert(id.toText());
            const auto again = TransactionId::fromText(id.toText());
            VERIFY_RESULT(again);
            QVERIFY(*again == id);
        }
        QCOMPARE(seen.size(), 50); // the same key, each time another transaction
    }

    void transactionIdText_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<bool>("isValid");
        QTest::newRow("hex") << "0123456789ABCDEF" << true;
        QTest::newRow("one character") << "1" << true;
        QTest::newRow("cryptlib") << "7XXEY-ERLPU-2JDR9" << true;
        QTest::newRow("base64 of micromdm") << "pL6+/AbC0=" << true;
        QTest::newRow("all of PrintableString") << "Az09 '()+,-./:=?" << true;
        QTest::newRow("certmonger: a SHA-256 in decimal") << QString(78, '9') << true;
        QTest::newRow("128") << QString(128, 'a') << true;
        QTest::newRow("129") << QString(129, 'a') << false;
        QTest::newRow("empty") << "" << false;
        QTest::newRow("asterisk") << "a*b" << false;
        QTest::newRow("underscore") << "a_b" << false;
        QTest::newRow("line end") << "a\nb" << false;
        QTest::newRow("NUL") << QString("a") + QChar(0) + "b" << false;
        QTest::newRow("umlaut") << QString::fromUtf8("\u00e4") << false;
        QTest::newRow("right-to-left override") << QString("abc") + QChar(0x202e) << false;
    }
    void transactionIdText()
    {
        QFETCH(QString, text);
        QFETCH(bool, isValid);
        const auto id = TransactionId::fromText(text);
        if (!isValid) {
            COMPARE_ERROR(id, ErrorCode::InvalidArgument);
            return;
        }
        VERIFY_RESULT(id);
        QCOMPARE(id->toText(), text);
        QVERIFY(!id->isEmpty());
    }

    void nonces()
    {
        QSet<QByteArray> seen;
        for (int i = 0; i < 50; ++i) {
            QCOMPARE(Nonce::create().bytes().size(), 16);
            seen.insert(Nonce::create().bytes());
        }
        QCOMPARE(seen.size(), 50);
        VERIFY_RESULT(Nonce::fromBytes(QByteArray(1, 'x')));
        VERIFY_RESULT(Nonce::fromBytes(QByteArray(8, 'x')));
        VERIFY_RESULT(Nonce::fromBytes(QByteArray(64, 'x')));
        COMPARE_ERROR(Nonce::fromBytes({}), ErrorCode::ReplyMalformed);
        COMPARE_ERROR(Nonce::fromBytes(QByteArray(65, 'x')), ErrorCode::ReplyMalformed);
        QVERIFY(Nonce().isEmpty());
    }

    void hresults_data()
    {
        QTest::addColumn<qint32>("value");
        QTest::addColumn<QString>("start");
        QTest::newRow("wrong challenge") << qint32(-2147024809) << "0x80070057 (E_INVALIDARG: ";
        QTest::newRow("wrong RA certificate") << qint32(-2146893819) << "0x80090005 (NTE_BAD_DATA: ";
        QTest::newRow("DNS") << static_cast<qint32>(0x8009480fU) << "0x8009480f (CERTSRV_E_SUBJECT_DNS_REQUIRED: ";
        QTest::newRow("denied") << static_cast<qint32>(0x80094011U) << "0x80094011 (CERTSRV_E_ENROLL_DENIED: ";
        QTest::newRow("template") << static_cast<qint32>(0x80094800U) << "0x80094800 (CERTSRV_E_UNSUPPORTED_CERT_TYPE: ";
        QTest::newRow("key length") << static_cast<qint32>(0x80094811U) << "0x80094811 (CERTSRV_E_KEY_LENGTH: ";
    }
    void hresults()
    {
        QFETCH(qint32, value);
        QFETCH(QString, start);
        QVERIFY2(hresultText(value).startsWith(start), qPrintable(hresultText(value)));
    }
    void unknownHresults()
    {
        QCOMPARE(hresultText(0), QString("0x00000000"));
        QCOMPARE(hresultText(static_cast<qint32>(0x80099999U)), QString("0x80099999"));
    }

    void rejections_data()
    {
        QTest::addColumn<int>("number");
        QTest::addColumn<QString>("text");
        QTest::addColumn<bool>("withHresult");
        QTest::addColumn<QString>("expected");
        QTest::newRow("badAlg is 0") << 0 << "" << false << "badAlg: the server does not know or does not allow an algorithm";
        QTest::newRow("badMessageCheck") << 1 << "" << false << "badMessageCheck: the signature or the decryption failed at the server";
        QTest::newRow("with text") << 2 << "challenge wrong" << false
                                   << "badRequest: the server does not permit this transaction; \"challenge wrong\"";
        QTest::newRow("badTime") << 3 << "" << false << "badTime: the signing time is too far from the server's clock";
        QTest::newRow("badCertId") << 4 << "" << false << "badCertId: the server knows no such certificate or transaction";
        QTest::newRow("Dogtag") << 7 << "" << false << "failInfo 7 (not defined by RFC 8894)";
        QTest::newRow("none") << -1 << "" << false << "the server gave no failInfo";
        QTest::newRow("NDES") << 2 << "" << true
                              << "badRequest: the server does not permit this transaction; 0x80070057 (E_INVALIDARG: the parameter is "
                                 "incorrect; often a wrong or used challenge)";
    }
    void rejections()
    {
        QFETCH(int, number);
        QFETCH(QString, text);
        QFETCH(bool, withHresult);
        Rejection rejection{number, text, withHresult ? std::optional<qint32>(-2147024809) : std::nullopt};
        QTEST(toText(rejection), "expected");
        QCOMPARE(rejection.failInfo().has_value(), number >= 0 && number <= 4);
    }
};

QTEST_GUILESS_MAIN(TestIdentifiers)
#include "tst_identifiers.moc"
