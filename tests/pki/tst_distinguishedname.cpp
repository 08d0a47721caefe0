// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/pki/distinguishedname.h"

#include "tests/support/opensslprogram.h"

#include <QtTest>

using namespace Pki;

class TestDistinguishedName : public QObject
{
    Q_OBJECT

private slots:
    void hexValueInPartsIsRefused()
    {
        // Found by fuzz_distinguishedname: an empty constructed UTF8String came back from our own text as a primitive one.
        QVERIFY(!Pki::DistinguishedName::fromText("CN=#2C00"));
        QVERIFY(!Pki::DistinguishedName::fromText("CN=#330313016B"));
        const auto primitive = Pki::DistinguishedName::fromText("CN=#0C016B");
        QVERIFY(primitive);
        QCOMPARE(Pki::DistinguishedName::fromText(primitive->toText()), primitive);
    }
    void textNamesTheSameAsItsEncoding_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("shown");
        QTest::newRow("T61String, found by fuzz_distinguishedname") << "1.2.3.4=#1403666F6F" << "1.2.3.4=foo";
        QTest::newRow("BMPString") << "CN=#1E0400610062" << "CN=ab";
        QTest::newRow("NumericString") << "1.2.3.4=#1203313233" << "1.2.3.4=#1203313233";
    }
    void textNamesTheSameAsItsEncoding()
    {
        QFETCH(const QString, text);
        const auto name = Pki::DistinguishedName::fromText(text);
        QVERIFY(name);
        QTEST(name->toText(), "shown");
        const auto again = Pki::DistinguishedName::fromText(name->toText());
        QVERIFY(again);
        QVERIFY(Pki::matches(*again, *name));
    }

    void initTestCase();
    void readsText_data();
    void readsText();
    void encodesLikeOpenssl_data();
    void encodesLikeOpenssl();
    void showsWhatOpensslMade_data();
    void showsWhatOpensslMade();
    void refusesText_data();
    void refusesText();
    void tellsThePosition();
    void refusesDer_data();
    void refusesDer();
    void keepsForeignEncodings();
    void handlesTheEmptyName();
    void givesItsParts();
    void matchesLoosely_data();
    void matchesLoosely();
    void survivesHostileValues();

private:
    QByteArray subjectOf(const QByteArray &request) const;
    Test::OpensslProgram m_openssl;
};

void TestDistinguishedName::initTestCase()
{
    m_openssl.output({"ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "key.pem"});
}

void TestDistinguishedName::readsText_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("shown");   // toText()
    QTest::addColumn<QString>("rfc4514"); // toRfc4514()
    const auto row = [](const char *name, const QString &text, const QString &shown, const QString &rfc4514) {
        QTest::newRow(name) << text << shown << rfc4514;
    };
    row("one", "CN=plc-7", "CN=plc-7", "CN=plc-7");
    row("order kept", "C=SE, O=Lab, CN=plc-7", "C=SE, O=Lab, CN=plc-7", "CN=plc-7,O=Lab,C=SE");
    row("other order", "CN=plc-7,O=Lab,C=SE", "CN=plc-7, O=Lab, C=SE", "C=SE,O=Lab,CN=plc-7");
    row("spaces around", "  CN = plc-7 ,  O =  Lab AB  ", "CN=plc-7, O=Lab AB", "O=Lab AB,CN=plc-7");
    row("case of types", "cn=a, COMMONNAME=b, emailaddress=x@y.z, e=q@y.z", "CN=a, CN=b, emailAddress=x@y.z, emailAddress=q@y.z",
        "emailAddress=q@y.z,emailAddress=x@y.z,CN=b,CN=a");
    row("escaped comma", "O=Lab\\, Inc., CN=a", "O=Lab\\, Inc., CN=a", "CN=a,O=Lab\\, Inc.");
    row("quoted", "O=\"Lab, Inc. + <Sons>\", CN=a", "O=Lab\\, Inc. \\+ \\<Sons\\>, CN=a", "CN=a,O=Lab\\, Inc. \\+ \\<Sons\\>");
    row("quoted with escape", "O=\"a \\\"b\\\" c\"", "O=a \\\"b\\\" c", "O=a \\\"b\\\" c");
    row("all escapes", "CN=\\,\\+\\\"\\\\\\<\\>\\;\\=x\\#", "CN=\\,\\+\\\"\\\\\\<\\>\\;=x#", "CN=\\,\\+\\\"\\\\\\<\\>\\;=x#");
    row("spaces at the edges", "CN=\\  a \\20", "CN=\\  a \\ ", "CN=\\  a \\ "); // the end: a space, then an escaped one
    row("hash in front", "CN=\\#7", "CN=\\#7", "CN=\\#7");
    row("equals sign inside", "CN=a=b", "CN=a=b", "CN=a=b");
    row("hex pairs", "CN=Lu\\C4\\8Di\\C4\\87", QString::fromUtf8("CN=Lu\u010di\u0107"), QString::fromUtf8("CN=Lu\u010di\u0107"));
    row("UTF-8", QString::fromUtf8("O=V\u00e4ster\u00e5s, CN=\u4e2d\u6587\U0001f511"),
        QString::fromUtf8("O=V\u00e4ster\u00e5s, CN=\u4e2d\u6587\U0001f511"),
        QString::fromUtf8("CN=\u4e2d\u6587\U0001f511,O=V\u00e4ster\u00e5s"));
    row("control characters", "CN=a\\0Ab\\00c", "CN=a\\0Ab\\00c", "CN=a\\0Ab\\00c");
    row("multi-valued", "O=Lab+CN=b, OU=x", "CN=b+O=Lab, OU=x", "OU=x,CN=b+O=Lab"); // DER order of the SET
    row("OID as type", "2.5.4.3=a, 1.2.3.4=b, OID.2.5.4.10=c", "CN=a, 1.2.3.4=b, O=c", "O=c,1.2.3.4=#0c0162,CN=a");
    row("hex value", "CN=#0c026869, O=x", "CN=hi, O=x", "O=x,CN=hi");
    row("hex value of no string", "1.2.3=#0303000203", "1.2.3=#0303000203", "1.2.3=#0303000203");
    row("empty string in hex", "CN=#0c00", "CN=#0c00", "CN=#0c00");
    row("every common type",
        "C=se, ST=x, S=y, L=z, STREET=s, DC=lab, DC=example, UID=u, SN=n, GN=g, serialNumber=1-2, title=t, dnQualifier=q",
        "C=se, ST=x, ST=y, L=z, STREET=s, DC=lab, DC=example, UID=u, SN=n, GN=g, serialNumber=1-2, title=t, dnQualifier=q",
        "dnQualifier=q,title=t,serialNumber=1-2,GN=g,SN=n,UID=u,DC=example,DC=lab,STREET=s,L=z,ST=y,ST=x,C=se");
}

void TestDistinguishedName::readsText()
{
    QFETCH(QString, text);
    QFETCH(QString, shown);
    QFETCH(QString, rfc4514);
    const auto name = DistinguishedName::fromText(text);
    QVERIFY2(name, name ? "" : qPrintable(name.error().detail));
    QCOMPARE(name->toText(), shown);
    QCOMPARE(name->toRfc4514(), rfc4514);
    const auto again = DistinguishedName::fromText(name->toText());
    QVERIFY2(again, again ? "" : qPrintable(again.error().detail));
    QCOMPARE(again->der().toHex(), name->der().toHex());
    const auto fromDer = DistinguishedName::fromDer(name->der());
    QVERIFY(fromDer && *fromDer == *name);
}

QByteArray TestDistinguishedName::subjectOf(const QByteArray &request) const
{
    // The subject is the second element of certificationRequestInfo: after SEQUENCE, SEQUENCE, INTEGER.
    m_openssl.write("request.der", request);
    const QByteArray tree = m_openssl.output({"asn1parse", "-inform", "DER", "-in", "request.der"});
    const QByteArray line = tree.split('\n').at(3);
    const int offset = line.left(line.indexOf(':')).trimmed().toInt();
    const qsizetype hl = line.indexOf("hl=") + 3;
    const qsizetype l = line.indexOf(" l=") + 3;
    const int length = line.mid(hl, line.indexOf(' ', hl) - hl).toInt() + line.mid(l, line.indexOf(' ', l + 3) - l).trimmed().toInt();
    return request.mid(offset, length);
}

void TestDistinguishedName::encodesLikeOpenssl_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("openssl");
    QTest::newRow("usual") << "C=SE, ST=X, L=Y, O=Lab, OU=Unit, CN=plc-7" << "/C=SE/ST=X/L=Y/O=Lab/OU=Unit/CN=plc-7";
    QTest::newRow("special string types") << "serialNumber=12-34, dnQualifier=q, emailAddress=a@b.example, DC=lab, CN=x"
                                          << "/serialNumber=12-34/dnQualifier=q/emailAddress=a@b.example/DC=lab/CN=x";
    QTest::newRow("UTF-8") << QString::fromUtf8("O=V\u00e4ster\u00e5s, CN=\u4e2d\u6587")
                           << QString::fromUtf8("/O=V\u00e4ster\u00e5s/CN=\u4e2d\u6587");
    QTest::newRow("multi-valued") << "O=Lab+OU=a+CN=b, UID=7" << "/O=Lab+OU=a+CN=b/UID=7";
    QTest::newRow("comma and plus") << "O=Lab\\, Inc.\\+, CN=x" << "/O=Lab, Inc.\\+/CN=x";
    QTest::newRow("long value") << "O=" + QString(64, 'o') + ", L=" + QString(128, 'l')
                                << "/O=" + QString(64, 'o') + "/L=" + QString(128, 'l');
}

void TestDistinguishedName::encodesLikeOpenssl()
{
    QFETCH(QString, text);
    QFETCH(QString, openssl);
    const QByteArray request =
        m_openssl.output({"req", "-new", "-key", "key.pem", "-utf8", "-multivalue-rdn", "-subj", openssl, "-outform", "DER"});
    const auto name = DistinguishedName::fromText(text);
    QVERIFY(name);
    QCOMPARE(name->der().toHex(), subjectOf(request).toHex());
}

void TestDistinguishedName::showsWhatOpensslMade_data()
{
    QTest::addColumn<QString>("subject");
    for (const char *subject : {"/C=SE/O=Lab/CN=plc-7", "/O=Lab, Inc./CN=a \"b\" <c>;#", "/CN=#7 \\\\ x", "/CN= a ", "/O=Lab\\+x/CN=a",
                                "/DC=example/DC=lab/UID=u/street=s/CN=x/emailAddress=a@b.example"})
        QTest::newRow(subject) << QString(subject);
}

void TestDistinguishedName::showsWhatOpensslMade()
{
    QFETCH(QString, subject);
    const QByteArray request =
        m_openssl.output({"req", "-new", "-key", "key.pem", "-utf8", "-multivalue-rdn", "-subj", subject, "-outform", "DER"});
    const QByteArray shown =
        m_openssl.output({"req", "-noout", "-subject", "-nameopt", "RFC2253,-esc_msb,utf8", "-inform", "DER"}, request);
    const auto name = DistinguishedName::fromDer(subjectOf(request));
    QVERIFY(name);
    QString expected = QString::fromUtf8(shown).chopped(1); // the line feed
    expected.remove(0, expected.indexOf('=') + 1);          // "subject="
    expected.replace("street=", "STREET=");
    // RFC 4514 2.4 lets '#' and ' ' be escaped at the edges only; openssl agrees.
    QCOMPARE(name->toRfc4514(), expected);
    QVERIFY(*DistinguishedName::fromText(name->toText()) == *name);
}

void TestDistinguishedName::refusesText_data()
{
    QTest::addColumn<QString>("text");
    QTest::newRow("no equals sign") << "plc-7";
    QTest::newRow("no type") << "=plc-7";
    QTest::newRow("unknown type") << "FOO=x";
    QTest::newRow("wrong OID") << "1.2.03=x";
    QTest::newRow("no value") << "CN=";
    QTest::newRow("no value in the middle") << "CN=, O=Lab";
    QTest::newRow("only spaces") << "CN=   ";
    QTest::newRow("quoted nothing") << "CN=\"\"";
    QTest::newRow("trailing comma") << "CN=a,";
    QTest::newRow("leading comma") << ",CN=a";
    QTest::newRow("two commas") << "CN=a,,O=b";
    QTest::newRow("trailing plus") << "CN=a+";
    QTest::newRow("plus in a value") << "CN=C++ lab";
    QTest::newRow("comma in a value") << "O=Lab, Inc., CN=a";
    QTest::newRow("same type twice in a SET") << "CN=a+CN=b";
    QTest::newRow("semicolon") << "CN=a; O=b";
    QTest::newRow("angle bracket") << "CN=<a>";
    QTest::newRow("quote inside") << "CN=a\"b\"";
    QTest::newRow("open quote") << "CN=\"a";
    QTest::newRow("text after a quote") << "CN=\"a\" b";
    QTest::newRow("lonely backslash") << "CN=a\\";
    QTest::newRow("unknown escape") << "CN=\\q";
    QTest::newRow("half a hex pair") << "CN=a\\4";
    QTest::newRow("hex pairs that are not UTF-8") << "CN=\\C4\\28";
    QTest::newRow("UTF-8 surrogate in hex pairs") << "CN=\\ED\\A0\\80";
    QTest::newRow("line feed") << "CN=a\nO=b";
    QTest::newRow("NUL") << QString("CN=a") + QChar(u'\0') + "b";
    QTest::newRow("direction override") << QString("CN=a") + QChar(0x202e) + "b";
    QTest::newRow("half a surrogate pair") << QString("CN=a") + QChar(0xd83d);
    QTest::newRow("country of three") << "C=SWE";
    QTest::newRow("country of one") << "C=S";
    QTest::newRow("country of digits") << "C=12";
    QTest::newRow("country of umlauts") << QString::fromUtf8("C=\u00e4");
    QTest::newRow("e-mail with umlaut") << QString::fromUtf8("emailAddress=\u00e4@b.c");
    QTest::newRow("domain component with umlaut") << QString::fromUtf8("DC=\u00e4");
    QTest::newRow("serial number with underscore") << "serialNumber=a_b";
    QTest::newRow("long common name") << "CN=" + QString(65, 'x');
    QTest::newRow("hex without digits") << "CN=#";
    QTest::newRow("hex of a type that names do not hold") << "CN=#0403010203";
    QTest::newRow("odd hex") << "CN=#0c0";
    QTest::newRow("hex that is no ASN.1") << "CN=#0c05aa";
    QTest::newRow("hex with bytes after it") << "CN=#0c016100";
    QTest::newRow("hex with other letters") << "CN=#0c01zz";
    QTest::newRow("very long") << "CN=a" + QString(", OU=b").repeated(5000);
}

void TestDistinguishedName::refusesText()
{
    QFETCH(QString, text);
    const auto name = DistinguishedName::fromText(text);
    QVERIFY(!name);
    QCOMPARE(name.error().code, ErrorCode::InvalidDistinguishedName);
    QVERIFY(!name.error().detail.isEmpty());
    QVERIFY(!name.error().detail.contains('\n') && !name.error().detail.contains(QChar(0x202e)));
}

void TestDistinguishedName::tellsThePosition()
{
    QCOMPARE(DistinguishedName::fromText("CN=a, C=SWE").error().detail, "character 9: C: a country is two letters, such as SE");
    QVERIFY(DistinguishedName::fromText("CN=a, FOO=b").error().detail.startsWith("character 7: unknown attribute type \"FOO\""));
    QVERIFY(DistinguishedName::fromText("O=Lab, Inc.").error().detail.contains("\"Inc.\""));
}

void TestDistinguishedName::refusesDer_data()
{
    QTest::addColumn<QByteArray>("der");
    const QByteArray good = DistinguishedName::fromText("CN=a, O=b")->der();
    QTest::newRow("nothing") << QByteArray();
    QTest::newRow("trailing byte") << good + '\0';
    QTest::newRow("truncated") << good.chopped(1);
    QTest::newRow("other type") << QByteArray::fromHex("0c0161");
    QTest::newRow("random") << QByteArray::fromHex("deadbeef");
}

void TestDistinguishedName::refusesDer()
{
    QFETCH(QByteArray, der);
    const auto name = DistinguishedName::fromDer(der);
    QVERIFY(!name);
    QCOMPARE(name.error().code, ErrorCode::Malformed);
}

void TestDistinguishedName::keepsForeignEncodings()
{
    // O=Lab as PrintableString, CN=b as BMPString, CN=\xe5 as T61String, x500UniqueIdentifier as BIT STRING.
    const QByteArray der = QByteArray::fromHex("3038"
                                               "310c300a060355040a13034c6162"
                                               "310b300906035504031e020062"
                                               "310a3008060355040314"
                                               "01e5"
                                               "310f300d060355042d03060012345678"
                                               "9a");
    const auto name = DistinguishedName::fromDer(der);
    QVERIFY2(name, name ? "" : qPrintable(name.error().detail));
    QCOMPARE(name->der(), der);
    QCOMPARE(name->toText(), QString::fromUtf8("O=Lab, CN=b, CN=\u00e5, 2.5.4.45=#03060012345678") + "9a");
    const auto typed = DistinguishedName::fromText("O=Lab, CN=b");
    QVERIFY(typed);
    const auto foreign = DistinguishedName::fromDer(QByteArray::fromHex("301b310c300a060355040a13034c6162310b300906035504031e020062"));
    QVERIFY(foreign);
    QVERIFY(*typed != *foreign); // the wire compares bytes
    QVERIFY(matches(*typed, *foreign));
}

void TestDistinguishedName::handlesTheEmptyName()
{
    for (const auto &name : {DistinguishedName(), *DistinguishedName::fromText(""), *DistinguishedName::fromText("   "),
                             *DistinguishedName::fromDer(QByteArray::fromHex("3000"))}) {
        QVERIFY(name.isEmpty());
        QCOMPARE(name.der().toHex(), "3000");
        QCOMPARE(name.toText(), "");
        QCOMPARE(name.toRfc4514(), "");
        QCOMPARE(name.commonName(), "");
        QVERIFY(name.relativeNames().isEmpty());
        QVERIFY(name == DistinguishedName());
    }
}

void TestDistinguishedName::givesItsParts()
{
    const auto name = DistinguishedName::fromText("CN=first, OU=a+UID=b, CN=last, O=x");
    QVERIFY(name);
    QCOMPARE(name->commonName(), "last");
    QVERIFY(!name->isEmpty());
    const auto parts = name->relativeNames();
    QCOMPARE(parts.size(), 4);
    QCOMPARE(parts[0], (QList<NameAttribute>{{Oid::literal("2.5.4.3"), "first"}}));
    QCOMPARE(parts[1].size(), 2);
    QVERIFY(parts[1].contains(NameAttribute{Oid::literal("2.5.4.11"), "a"}));
    QVERIFY(parts[1].contains(NameAttribute{Oid::literal("0.9.2342.19200300.100.1.1"), "b"}));
    QString text;
    QDebug(&text) << *name;
    QVERIFY(text.contains("CN=last"));
}

void TestDistinguishedName::matchesLoosely_data()
{
    QTest::addColumn<QString>("a");
    QTest::addColumn<QString>("b");
    QTest::addColumn<bool>("isMatch");
    QTest::newRow("same") << "CN=a, O=b" << "CN=a, O=b" << true;
    QTest::newRow("case") << "CN=PLC-7" << "CN=plc-7" << true;
    QTest::newRow("white space") << "O=Lab  AB" << "O=lab ab" << true;
    QTest::newRow("order") << "CN=a, O=b" << "O=b, CN=a" << false;
    QTest::newRow("value") << "CN=a" << "CN=b" << false;
    QTest::newRow("prefix") << "CN=a" << "CN=a, O=b" << false;
    QTest::newRow("empty") << "" << "" << true;
    QTest::newRow("empty and not") << "" << "CN=a" << false;
}

void TestDistinguishedName::matchesLoosely()
{
    QFETCH(QString, a);
    QFETCH(QString, b);
    QFETCH(bool, isMatch);
    QCOMPARE(matches(*DistinguishedName::fromText(a), *DistinguishedName::fromText(b)), isMatch);
}

void TestDistinguishedName::survivesHostileValues()
{
    // CN="a<LF>b<ESC>[31m<U+202E>c" as a stranger may encode it: nothing of it may reach a terminal as it is.
    const QByteArray value = QByteArray("a\nb\x1b[31m\xe2\x80\xae") + "c";
    const QByteArray attribute = QByteArray::fromHex("06035504030c") + char(value.size()) + value;
    const QByteArray der = "\x30" + QByteArray(1, char(attribute.size() + 4)) + "\x31" + QByteArray(1, char(attribute.size() + 2)) +
                           "\x30" + QByteArray(1, char(attribute.size())) + attribute;
    const auto name = DistinguishedName::fromDer(der);
    QVERIFY(name);
    QCOMPARE(name->toText(), "CN=a\\0Ab\\1B[31m\\E2\\80\\AEc");
    QVERIFY(*DistinguishedName::fromText(name->toText()) == *name);
    const QString commonName = name->commonName();
    QVERIFY(!commonName.contains('\n') && !commonName.contains(QChar(0x1b)) && !commonName.contains(QChar(0x202e)));
}

QTEST_GUILESS_MAIN(TestDistinguishedName)
#include "tst_distinguishedname.moc"
