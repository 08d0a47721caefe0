// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/pki/subjectalternativename.h"

#include "tests/support/opensslprogram.h"

#include <QtTest>

using namespace Pki;
using Kind = SubjectAlternativeName::Kind;

class TestSubjectAlternativeName : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase();
    void readsText_data();
    void readsText();
    void encodesLikeOpenssl();
    void writesAListOfAllKinds();
    void refusesText_data();
    void refusesText();
    void refusesDer_data();
    void refusesDer();
    void readsForeignNames();
    void survivesHostileNames_data();
    void survivesHostileNames();
    void doesNotWriteOtherNames();

private:
    QByteArray opensslValue(const QString &configuration) const;
    Test::OpensslProgram m_openssl;
};

void TestSubjectAlternativeName::initTestCase()
{
    m_openssl.output({"ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "key.pem"});
}

void TestSubjectAlternativeName::readsText_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<int>("kind");
    QTest::addColumn<QString>("value");
    QTest::addColumn<QByteArray>("wire"); // of the GeneralName, hex; empty: not compared here
    const auto row = [](const char *name, const QString &text, Kind kind, const QString &value, const QByteArray &wire = {}) {
        QTest::newRow(name) << text << int(kind) << value << wire;
    };
    row("DNS", "DNS:plc-7.lab.example", Kind::Dns, "plc-7.lab.example", "8211" + QByteArray("plc-7.lab.example").toHex());
    row("DNS without prefix", "plc-7.lab.example", Kind::Dns, "plc-7.lab.example");
    row("one label", "DNS:plc-7", Kind::Dns, "plc-7");
    row("upper case", "dns: PLC-7.Lab.Example ", Kind::Dns, "plc-7.lab.example");
    row("wildcard", "DNS:*.lab.example", Kind::Dns, "*.lab.example", "820d" + QByteArray("*.lab.example").toHex());
    row("IDN", QString::fromUtf8("DNS:v\u00e4ster\u00e5s.example"), Kind::Dns, QString::fromUtf8("v\u00e4ster\u00e5s.example"),
        "8219" + QByteArray("xn--vsters-hra2h.example").toHex().prepend("").left(0)); // compared below with openssl
    row("IDN as typed by machines", "DNS:xn--mnchen-3ya.example", Kind::Dns, QString::fromUtf8("m\u00fcnchen.example"));
    row("IDN wildcard", QString::fromUtf8("DNS:*.m\u00fcnchen.example"), Kind::Dns, QString::fromUtf8("*.m\u00fcnchen.example"),
        "8218" + QByteArray("*.xn--mnchen-3ya.example").toHex());
    row("digits in front", "DNS:7.lab.example", Kind::Dns, "7.lab.example");
    row("IPv4", "IP:192.0.2.7", Kind::Ip, "192.0.2.7", "8704c0000207");
    row("IPv4 without prefix", "192.0.2.7", Kind::Ip, "192.0.2.7", "8704c0000207");
    row("IPv6", "IP:2001:db8::7", Kind::Ip, "2001:db8::7", "871020010db8000000000000000000000007");
    row("IPv6 without prefix", "2001:DB8:0:0:0:0:0:7", Kind::Ip, "2001:db8::7", "871020010db8000000000000000000000007");
    row("IPv6 loopback", "::1", Kind::Ip, "::1");
    row("IP Address", "IP Address:192.0.2.7", Kind::Ip, "192.0.2.7");
    row("e-mail", "email:a.b+c@lab.example", Kind::Email, "a.b+c@lab.example", "8111" + QByteArray("a.b+c@lab.example").toHex());
    row("e-mail without prefix", "a@lab.example", Kind::Email, "a@lab.example");
    row("e-mail IDN", QString::fromUtf8("email:a@m\u00fcnchen.example"), Kind::Email, QString::fromUtf8("a@m\u00fcnchen.example"),
        "8118" + QByteArray("a@xn--mnchen-3ya.example").toHex());
    row("URI", "URI:https://plc-7.lab.example/a?b=c", Kind::Uri, "https://plc-7.lab.example/a?b=c");
    row("URI without prefix", "opc.tcp://plc-7.lab.example:4840", Kind::Uri, "opc.tcp://plc-7.lab.example:4840");
    row("URI with user", "https://u@lab.example/", Kind::Uri, "https://u@lab.example/");
    row("URN", "URI:urn:plc-7.lab.example:app", Kind::Uri, "urn:plc-7.lab.example:app",
        "8619" + QByteArray("urn:plc-7.lab.example:app").toHex());
    row("URI with comma", "URI:http://lab.example/a\\,b", Kind::Uri, "http://lab.example/a,b");
    row("UPN", "UPN:user@lab.example", Kind::Upn, "user@lab.example",
        "a020060a2b060104018237140203a0120c10" + QByteArray("user@lab.example").toHex());
    row("UPN in UTF-8", QString::fromUtf8("upn:us\u00e4r@lab.local"), Kind::Upn, QString::fromUtf8("us\u00e4r@lab.local"));
    row("RID", "RID:1.2.3.4", Kind::RegisteredId, "1.2.3.4", "88032a0304");
    row("dirName", "dirName:CN=x\\,O=y", Kind::DirectoryName, "CN=x, O=y");
    row("dirName with an escaped comma", "dirName:O=Lab\\\\\\, Inc.", Kind::DirectoryName, "O=Lab\\, Inc.");
}

void TestSubjectAlternativeName::readsText()
{
    QFETCH(QString, text);
    QFETCH(int, kind);
    QFETCH(QString, value);
    QFETCH(QByteArray, wire);
    const auto names = subjectAlternativeNamesFromText(text);
    QVERIFY2(names, names ? "" : qPrintable(names.error().detail));
    QCOMPARE(names->size(), 1);
    QCOMPARE(int(names->first().kind), kind);
    QCOMPARE(names->first().value, value);

    const auto der = subjectAlternativeNamesToDer(*names);
    QVERIFY2(der, der ? "" : qPrintable(der.error().detail));
    if (!wire.isEmpty() && wire.size() > 4)
        QCOMPARE(der->mid(2).toHex(), wire);
    const auto fromDer = subjectAlternativeNamesFromDer(*der);
    QVERIFY(fromDer);
    QCOMPARE(*fromDer, *names);
    const auto again = subjectAlternativeNamesFromText(toText(*names));
    QVERIFY2(again, again ? "" : qPrintable(again.error().detail));
    QCOMPARE(*again, *names);
}

QByteArray TestSubjectAlternativeName::opensslValue(const QString &configuration) const
{
    m_openssl.write("san.cnf", "[req]\ndistinguished_name=dn\nx509_extensions=ext\nprompt=no\n[dn]\nCN=x\n" + configuration.toUtf8());
    const QByteArray der =
        m_openssl.output({"req", "-x509", "-new", "-key", "key.pem", "-config", "san.cnf", "-utf8", "-outform", "DER", "-out", "-"});
    m_openssl.write("san.der", der);
    const QByteArray tree = m_openssl.output({"asn1parse", "-inform", "DER", "-in", "san.der"});
    const auto lines = tree.split('\n');
    for (qsizetype i = 0; i < lines.size(); ++i) {
        if (lines[i].contains("Subject Alternative Name"))
            return QByteArray::fromHex(lines.at(i + 1).mid(lines.at(i + 1).lastIndexOf(':') + 1).trimmed());
    }
    return {};
}

void TestSubjectAlternativeName::encodesLikeOpenssl()
{
    const QByteArray value = opensslValue("[ext]\nsubjectAltName=@names\n[names]\nDNS.1=plc-7.lab.example\nIP.1=192.0.2.7\n"
                                          "IP.2=2001:db8::7\nemail.1=a@lab.example\nURI.1=https://lab.example/x\n"
                                          "otherName.1=1.3.6.1.4.1.311.20.2.3;UTF8:user@lab.example\nRID.1=1.2.3.4\ndirName.1=dir\n"
                                          "[dir]\nO=Lab\nCN=plc-7\n");
    const auto names = subjectAlternativeNamesFromText("plc-7.lab.example, 192.0.2.7, 2001:db8::7, a@lab.example, https://lab.example/x, "
                                                       "UPN:user@lab.example, RID:1.2.3.4, dirName:O=Lab\\,CN=plc-7");
    QVERIFY2(names, names ? "" : qPrintable(names.error().detail));
    QVERIFY(!value.isEmpty());
    QCOMPARE(subjectAlternativeNamesToDer(*names)->toHex(), value.toHex());
}

void TestSubjectAlternativeName::writesAListOfAllKinds()
{
    const QString text =
        "DNS:plc-7.lab.example, IP:192.0.2.7, email:a@b.example, URI:https://x.example/, UPN:u@d, RID:1.2.3, dirName:CN=x\\, O=y";
    const auto names = subjectAlternativeNamesFromText(text);
    QVERIFY2(names, names ? "" : qPrintable(names.error().detail));
    QCOMPARE(names->size(), 7);
    QCOMPARE(toText(*names), text);
    QCOMPARE(toText(SubjectAlternativeNames()), "");
    QVERIFY(subjectAlternativeNamesFromText("")->isEmpty());
    QVERIFY(subjectAlternativeNamesFromText("  ")->isEmpty());
    QCOMPARE(subjectAlternativeNamesToDer({}).error().code, ErrorCode::InvalidSubjectAlternativeName);
    QCOMPARE(names->first().toText(), "DNS:plc-7.lab.example");
}

void TestSubjectAlternativeName::refusesText_data()
{
    QTest::addColumn<QString>("text");
    QTest::newRow("empty entry") << "DNS:a, , DNS:b";
    QTest::newRow("trailing comma") << "DNS:a,";
    QTest::newRow("prefix only") << "DNS:";
    QTest::newRow("unknown prefix") << "FOO:bar";
    QTest::newRow("space in DNS") << "DNS:a b";
    QTest::newRow("underscore") << "DNS:a_b.example";
    QTest::newRow("leading hyphen") << "DNS:-a.example";
    QTest::newRow("trailing hyphen") << "DNS:a-.example";
    QTest::newRow("leading dot") << "DNS:.example";
    QTest::newRow("trailing dot") << "DNS:lab.example.";
    QTest::newRow("two dots") << "DNS:a..b";
    QTest::newRow("long label") << "DNS:" + QString(64, 'a') + ".example";
    QTest::newRow("long name") << "DNS:" + QString("abcdefghi.").repeated(26) + "example";
    QTest::newRow("bare wildcard") << "DNS:*";
    QTest::newRow("wildcard inside") << "DNS:a.*.example";
    QTest::newRow("partial wildcard") << "DNS:a*.example";
    QTest::newRow("two wildcards") << "DNS:*.*.example";
    QTest::newRow("IP as DNS") << "DNS:192.0.2.7";
    QTest::newRow("port") << "DNS:lab.example:443";
    QTest::newRow("line feed") << "DNS:a\nb";
    QTest::newRow("direction override") << QString("DNS:a") + QChar(0x202e) + "b";
    QTest::newRow("NUL") << QString("DNS:a") + QChar(u'\0') + ".example";
    QTest::newRow("IPv4 of three") << "IP:192.0.2";
    QTest::newRow("IPv4 too large") << "IP:192.0.2.256";
    QTest::newRow("IPv4 leading zero") << "IP:192.0.02.7";
    QTest::newRow("IPv4 with mask") << "IP:192.0.2.0/24";
    QTest::newRow("IPv6 with zone") << "IP:fe80::1%eth0";
    QTest::newRow("IPv6 in brackets") << "IP:[::1]";
    QTest::newRow("IPv6 twice ::") << "IP:1::2::3";
    QTest::newRow("IP empty") << "IP:";
    QTest::newRow("IP is a name") << "IP:lab.example";
    QTest::newRow("e-mail without @") << "email:lab.example";
    QTest::newRow("e-mail with two @") << "email:a@b@c";
    QTest::newRow("e-mail without user") << "email:@lab.example";
    QTest::newRow("e-mail with space") << "email:a b@lab.example";
    QTest::newRow("e-mail with umlaut") << QString::fromUtf8("email:\u00e4@lab.example");
    QTest::newRow("e-mail with display name") << "email:A<a@lab.example>";
    QTest::newRow("relative URI") << "URI:/path";
    QTest::newRow("URI without host") << "URI:https://";
    QTest::newRow("URI scheme only") << "URI:urn:";
    QTest::newRow("URI with space") << "URI:https://lab.example/a b";
    QTest::newRow("UPN without @") << "UPN:user";
    QTest::newRow("UPN without domain") << "UPN:user@";
    QTest::newRow("RID") << "RID:serverAuth";
    QTest::newRow("dirName empty") << "dirName:";
    QTest::newRow("dirName wrong") << "dirName:FOO=x";
    QTest::newRow("otherName") << "otherName:1.2.3;0c0161";
    QTest::newRow("too many") << QString("DNS:a,").repeated(1100) + "DNS:a";
}

void TestSubjectAlternativeName::refusesText()
{
    QFETCH(QString, text);
    const auto names = subjectAlternativeNamesFromText(text);
    QVERIFY2(!names, names ? qPrintable(toText(*names)) : "");
    QCOMPARE(names.error().code, ErrorCode::InvalidSubjectAlternativeName);
    QVERIFY(!names.error().detail.isEmpty());
    QVERIFY(!names.error().detail.contains('\n') && !names.error().detail.contains(QChar(0x202e)));
}

void TestSubjectAlternativeName::refusesDer_data()
{
    QTest::addColumn<QByteArray>("der");
    const QByteArray good = *subjectAlternativeNamesToDer({{Kind::Dns, "a.example"}});
    QTest::newRow("nothing") << QByteArray();
    QTest::newRow("truncated") << good.chopped(1);
    QTest::newRow("trailing") << good + '\0';
    QTest::newRow("not a sequence") << QByteArray::fromHex("0c0161");
    QTest::newRow("IP of five bytes") << QByteArray::fromHex("300787050102030405");
}

void TestSubjectAlternativeName::refusesDer()
{
    QFETCH(QByteArray, der);
    const auto names = subjectAlternativeNamesFromDer(der);
    QVERIFY(!names);
    QCOMPARE(names.error().code, ErrorCode::Malformed);
}

void TestSubjectAlternativeName::readsForeignNames()
{
    const QByteArray value = opensslValue("[ext]\nsubjectAltName=otherName:1.2.3.4;UTF8:hello,DNS:xn--mnchen-3ya.example\n");
    const auto names = subjectAlternativeNamesFromDer(value);
    QVERIFY(names);
    QCOMPARE(names->size(), 2);
    QCOMPARE(names->at(0), (SubjectAlternativeName{Kind::Other, "1.2.3.4;0c0568656c6c6f"}));
    QCOMPARE(names->at(1), (SubjectAlternativeName{Kind::Dns, QString::fromUtf8("m\u00fcnchen.example")}));
}

void TestSubjectAlternativeName::survivesHostileNames_data()
{
    QTest::addColumn<QByteArray>("name"); // GeneralName: tag and content
    QTest::newRow("NUL in DNS") << QByteArray("\x82") + QByteArray("good.example\0.evil", 18);
    QTest::newRow("line feed in DNS") << QByteArray("\x82") + "a\nDNS:b";
    QTest::newRow("escape in URI") << QByteArray("\x86") + "https://x/\x1b[31m";
    QTest::newRow("override in e-mail") << QByteArray("\x81") + "a@b\xe2\x80\xae.example";
    QTest::newRow("broken UTF-8") << QByteArray("\x82") + "a\xff\xfe";
    QTest::newRow("broken punycode") << QByteArray("\x82") + "xn--\x01-.xn--999999999.example";
    QTest::newRow("empty DNS") << QByteArray("\x82");
}

void TestSubjectAlternativeName::survivesHostileNames()
{
    QFETCH(QByteArray, name);
    const QByteArray element = name.left(1) + char(name.size() - 1) + name.mid(1);
    const auto names = subjectAlternativeNamesFromDer("\x30" + QByteArray(1, char(element.size())) + element);
    QVERIFY(names);
    QCOMPARE(names->size(), 1);
    const QString text = toText(*names);
    for (const QChar c : text)
        QVERIFY(c.unicode() >= 0x20 && c != QChar(0x202e));
}

void TestSubjectAlternativeName::doesNotWriteOtherNames()
{
    const auto der = subjectAlternativeNamesToDer({{Kind::Other, "1.2.3;0c0161"}});
    QVERIFY(!der);
    QCOMPARE(der.error().code, ErrorCode::InvalidSubjectAlternativeName);
    QCOMPARE(subjectAlternativeNamesToDer({{Kind::Ip, "nonsense"}}).error().code, ErrorCode::InvalidSubjectAlternativeName);
}

QTEST_GUILESS_MAIN(TestSubjectAlternativeName)
#include "tst_subjectalternativename.moc"
