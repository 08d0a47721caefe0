// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/pki/cms.h"
#include "tests/support/opensslprogram.h"
#include "tests/support/testca.h"

#include <QTest>

using namespace Pki;
using namespace TestSupport;

namespace {

const Oid messageTypeOid = Oid::literal("2.16.840.1.113733.1.9.2");
const Oid nonceOid = Oid::literal("2.16.840.1.113733.1.9.5");
const Oid signingTimeOid = Oid::literal("1.2.840.113549.1.9.5");
const Oid capabilitiesOid = Oid::literal("1.2.840.113549.1.9.15");

SignOptions optionsFor(Digest digest)
{
    SignOptions options;
    options.digest = digest;
    options.signedAttributes = {{messageTypeOid, {printableStringDer("19")}}, {nonceOid, {octetStringDer(QByteArray(16, 'n'))}}};
    return options;
}

/// The usual limits with one of them changed.
template <typename T>
CmsLimits limitsWith(T CmsLimits::*member, T value)
{
    CmsLimits limits;
    limits.*member = value;
    return limits;
}

const QString umlaut = QString(QChar(0xE4));

} // namespace

class TestCms : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase()
    {
        const QDateTime now = QDateTime::currentDateTimeUtc();
        m_rsa = makeSelfSigned("CN=signer", rsaKey("signer", 2048), now);
        m_other = makeSelfSigned("CN=signer", rsaKey("other", 2048), now);
        m_ec = makeSelfSigned("CN=ec signer", ecKey("ec"), now);
        for (const auto &[name, identity] : {std::pair("rsa", &m_rsa), std::pair("ec", &m_ec)}) {
            m_openssl.write(QString("%1.pem").arg(name), identity->certificate.toPem());
            m_openssl.write(QString("%1.key").arg(name), identity->key.toPkcs8Pem().view().toByteArray());
        }
    }

    void roundTrip_data()
    {
        QTest::addColumn<bool>("isEc");
        QTest::addColumn<Digest>("digest");
        for (const Digest digest : {Digest::Md5, Digest::Sha1, Digest::Sha224, Digest::Sha256, Digest::Sha384, Digest::Sha512})
            QTest::addRow("rsa %s", qPrintable(settingName(digest))) << false << digest;
        for (const Digest digest : {Digest::Sha1, Digest::Sha224, Digest::Sha256, Digest::Sha384, Digest::Sha512})
            QTest::addRow("ec %s", qPrintable(settingName(digest))) << true << digest;
    }
    void roundTrip()
    {
        QFETCH(bool, isEc);
        QFETCH(Digest, digest);
        const Identity &signer = isEc ? m_ec : m_rsa;
        SignOptions options = optionsFor(digest);
        options.certificates = {signer.certificate};
        const QByteArray content = "the content\n";
        const QByteArray message = must(signCms(content, signer.certificate, signer.key, options));

        const SignedData read = must(SignedData::fromDer(message));
        QCOMPARE(read.version(), 1);
        QCOMPARE(read.contentType(), Oid::literal(Oids::data));
        QCOMPARE(read.content(), std::optional(content));
        QCOMPARE(read.certificates(), QList{signer.certificate});
        QCOMPARE(read.signers().size(), 1);
        const SignerInfo info = read.signers().constFirst();
        QCOMPARE(info.signerId, signer.certificate.issuerAndSerialNumber());
        QCOMPARE(info.digest, std::optional(digest));
        if (!isEc)
            QCOMPARE(info.signatureAlgorithm.toText(), QString("1.2.840.113549.1.1.1"));
        QCOMPARE(info.signedAttributes.size(), 4);
        QCOMPARE(info.attributeCount(signingTimeOid), 0);
        QCOMPARE(info.attributeCount(capabilitiesOid), 0);
        QCOMPARE(must(stringFromDer(info.attribute(messageTypeOid)->values.value(0))), QString("19"));
        QVERIFY(read.verifySigner(0, signer.certificate));

        m_openssl.write("message.der", message);
        const auto verified = m_openssl.run(
            {"cms", "-verify", "-inform", "DER", "-in", "message.der", "-noverify", "-binary", "-certfile", isEc ? "ec.pem" : "rsa.pem"});
        QVERIFY2(verified.isGood(), verified.errors.constData());
        QCOMPARE(verified.output, content);
        const auto shape = m_openssl.run({"asn1parse", "-inform", "DER", "-in", "message.der"});
        QVERIFY(shape.isGood());
        QVERIFY(!shape.output.contains("inf")); // definite lengths only
    }

    void absentAndEmptyContent()
    {
        SignOptions options = optionsFor(Digest::Sha256);
        options.hasContent = false;
        const QByteArray absent = must(signCms("ignored", m_rsa.certificate, m_rsa.key, options));
        const SignedData read = must(SignedData::fromDer(absent));
        QVERIFY(!read.content().has_value());
        QVERIFY(read.certificates().isEmpty());
        QVERIFY(read.verifySigner(0, m_rsa.certificate));
        m_openssl.write("absent.der", absent);
        m_openssl.write("empty.bin", {});
        const auto verified = m_openssl.run({"cms", "-verify", "-inform", "DER", "-in", "absent.der", "-noverify", "-binary", "-content",
                                             "empty.bin", "-certfile", "rsa.pem"});
        QVERIFY2(verified.isGood(), verified.errors.constData());

        options.hasContent = true;
        const SignedData empty = must(SignedData::fromDer(must(signCms({}, m_rsa.certificate, m_rsa.key, options))));
        QVERIFY(empty.content().has_value());
        QVERIFY(empty.content()->isEmpty());
        QVERIFY(empty.verifySigner(0, m_rsa.certificate));
    }

    void embeddedCertificatesAsGiven()
    {
        SignOptions options;
        options.certificates = {m_rsa.certificate, m_ec.certificate, m_other.certificate};
        const SignedData read = must(SignedData::fromDer(must(signCms("x", m_ec.certificate, m_ec.key, options))));
        QCOMPARE(read.certificates(), options.certificates);
    }

    void wrongSignerIsRefused()
    {
        const QByteArray message = must(signCms("x", m_rsa.certificate, m_rsa.key, {}));
        const SignedData read = must(SignedData::fromDer(message));
        QCOMPARE(read.verifySigner(0, m_other.certificate).error().code, ErrorCode::SignatureInvalid);
        QCOMPARE(read.verifySigner(0, m_ec.certificate).error().code, ErrorCode::SignatureInvalid);
        QCOMPARE(read.verifySigner(0, {}).error().code, ErrorCode::SignatureInvalid);
        QCOMPARE(read.verifySigner(1, m_rsa.certificate).error().code, ErrorCode::SignatureInvalid);
        QCOMPARE(read.verifySigner(-1, m_rsa.certificate).error().code, ErrorCode::SignatureInvalid);
        QCOMPARE(signCms("x", m_rsa.certificate, m_other.key, {}).error().code, ErrorCode::KeyMismatch);
        QCOMPARE(signCms("x", m_rsa.certificate, {}, {}).error().code, ErrorCode::InvalidArgument);
    }

    void changesAreNoticed()
    {
        const QByteArray message = must(signCms("the content", m_rsa.certificate, m_rsa.key, optionsFor(Digest::Sha256)));
        const auto check = [&](const QByteArray &changed) {
            const Result<SignedData> read = SignedData::fromDer(changed);
            return read ? read->verifySigner(0, m_rsa.certificate) : Result<void>(std::unexpected(read.error()));
        };
        QVERIFY(check(message));
        QCOMPARE(check(withContent(message, "tHe content")).error().code, ErrorCode::SignatureInvalid);
        QCOMPARE(check(withBrokenSignature(message)).error().code, ErrorCode::SignatureInvalid);
        QCOMPARE(check(withReplacedBytes(message, QByteArray(16, 'n'), QByteArray(16, 'm'))).error().code, ErrorCode::SignatureInvalid);
    }

    void missingOrDoubleMandatoryAttributes_data()
    {
        QTest::addColumn<QByteArray>("oid");
        QTest::addColumn<bool>("isDoubled");
        QTest::newRow("no contentType") << QByteArray::fromHex("06092A864886F70D010903") << false;
        QTest::newRow("no messageDigest") << QByteArray::fromHex("06092A864886F70D010904") << false;
        QTest::newRow("two contentTypes") << QByteArray::fromHex("06092A864886F70D010903") << true;
        QTest::newRow("two messageDigests") << QByteArray::fromHex("06092A864886F70D010904") << true;
    }
    void missingOrDoubleMandatoryAttributes()
    {
        QFETCH(QByteArray, oid);
        QFETCH(bool, isDoubled);
        const QByteArray message = must(signCms("x", m_rsa.certificate, m_rsa.key, optionsFor(Digest::Sha256)));
        const QByteArray changed = changeSignedData(message, [&](DerNode &signedData) {
            QList<DerNode> &attributes = signedData.children.last().children[0].children[3].children;
            for (qsizetype i = 0; i < attributes.size(); ++i) {
                if (attributes.at(i).children.at(0).toDer() != oid)
                    continue;
                if (isDoubled)
                    attributes.insert(i, DerNode(attributes.at(i)));
                else
                    attributes.removeAt(i);
                return;
            }
            qFatal("fixture: the attribute is not there");
        });
        const Result<void> verified = must(SignedData::fromDer(changed)).verifySigner(0, m_rsa.certificate);
        QCOMPARE(verified.error().code, ErrorCode::SignatureInvalid);
        QVERIFY(verified.error().detail.contains("signed attribute"));
    }

    void unsortedAttributes_data()
    {
        QTest::addColumn<bool>("isSignedUnsorted");
        QTest::newRow("signed as sent") << true;
        QTest::newRow("sent unsorted, signed in DER order") << false;
    }
    // Cisco IOS: the attributes stand in another order than DER wants, and either order may be what was signed.
    void unsortedAttributes()
    {
        QFETCH(bool, isSignedUnsorted);
        const QByteArray message = must(signCms("x", m_rsa.certificate, m_rsa.key, optionsFor(Digest::Sha256)));
        const QByteArray changed = changeSignedData(message, [&](DerNode &signedData) {
            DerNode &signerInfo = signedData.children.last().children[0];
            DerNode &attributes = signerInfo.children[3];
            std::ranges::reverse(attributes.children);
            if (!isSignedUnsorted)
                return;
            DerNode set = attributes;
            set.tag = 0x31;
            m_openssl.write("attributes.der", set.toDer());
            signerInfo.children[5].content = m_openssl.output({"dgst", "-sha256", "-sign", "rsa.key", "attributes.der"});
        });
        QVERIFY(changed != message);
        const SignedData read = must(SignedData::fromDer(changed));
        QVERIFY(read.verifySigner(0, m_rsa.certificate));
        QCOMPARE(read.verifySigner(0, m_other.certificate).error().code, ErrorCode::SignatureInvalid);
    }

    void readsOpenssl_data()
    {
        QTest::addColumn<QString>("signer");
        QTest::addColumn<QStringList>("arguments");
        QTest::newRow("rsa") << "rsa" << QStringList{};
        QTest::newRow("rsa md5") << "rsa" << QStringList{"-md", "md5"};
        QTest::newRow("rsa sha1") << "rsa" << QStringList{"-md", "sha1"};
        QTest::newRow("rsa sha512") << "rsa" << QStringList{"-md", "sha512"};
        QTest::newRow("pss") << "rsa" << QStringList{"-keyopt", "rsa_padding_mode:pss"};
        QTest::newRow("pss sha512 short salt") << "rsa" << QStringList{"-md",     "sha512",
                                                                       "-keyopt", "rsa_padding_mode:pss",
                                                                       "-keyopt", "rsa_pss_saltlen:20"};
        QTest::newRow("pss sha1") << "rsa" << QStringList{"-md", "sha1", "-keyopt", "rsa_padding_mode:pss"};
        QTest::newRow("ecdsa") << "ec" << QStringList{"-md", "sha384"};
        QTest::newRow("no attributes") << "rsa" << QStringList{"-noattr"};
        QTest::newRow("no attributes, ecdsa") << "ec" << QStringList{"-noattr"};
        QTest::newRow("no certificates") << "rsa" << QStringList{"-nocerts"};
        QTest::newRow("subjectKeyIdentifier") << "rsa" << QStringList{"-keyid"};
        QTest::newRow("BER") << "rsa" << QStringList{"-stream", "-indef"};
        QTest::newRow("BER without attributes") << "ec" << QStringList{"-stream", "-indef", "-noattr"};
        QTest::newRow("eContentType envelopedData, version 3") << "rsa" << QStringList{"-econtent_type", "1.2.840.113549.1.7.3"};
    }
    void readsOpenssl()
    {
        QFETCH(QString, signer);
        QFETCH(QStringList, arguments);
        const QByteArray content = QByteArray(5000, 'c');
        const QByteArray message = m_openssl.output(
            QStringList{"cms", "-sign", "-nodetach", "-binary", "-outform", "DER", "-signer", signer + ".pem", "-inkey", signer + ".key"} +
                arguments,
            content);
        const Identity &identity = signer == "ec" ? m_ec : m_rsa;
        const SignedData read = must(SignedData::fromDer(message));
        QCOMPARE(read.content(), std::optional(content));
        QCOMPARE(read.signers().size(), 1);
        QCOMPARE(read.signers().constFirst().hasSignedAttributes, !arguments.contains("-noattr"));
        QCOMPARE(read.certificates().size(), arguments.contains("-nocerts") ? 0 : 1);
        if (arguments.contains("-keyid"))
            QCOMPARE(read.signers().constFirst().subjectKeyIdentifier, identity.certificate.subjectKeyIdentifier());
        else
            QCOMPARE(read.signers().constFirst().signerId, identity.certificate.issuerAndSerialNumber());
        if (arguments.contains("-econtent_type")) {
            QCOMPARE(read.version(), 3);
            QCOMPARE(read.contentType(), Oid::literal(Oids::envelopedData));
        }
        const Result<void> verified = read.verifySigner(0, identity.certificate);
        QVERIFY2(verified, verified ? "" : qPrintable(verified.error().detail));
        QCOMPARE(read.verifySigner(0, m_other.certificate).error().code, ErrorCode::SignatureInvalid);
    }

    void digestsMustAgree()
    {
        // A weak digest in the signature algorithm must not hide behind a strong digestAlgorithm.
        const QByteArray message = must(signCms("x", m_rsa.certificate, m_rsa.key, optionsFor(Digest::Sha256)));
        const QByteArray md5WithRsa = QByteArray::fromHex("2A864886F70D010104");
        const QByteArray changed = changeSignedData(
            message, [&](DerNode &signedData) { signedData.children.last().children[0].children[4].children[0].content = md5WithRsa; });
        QCOMPARE(must(SignedData::fromDer(changed)).verifySigner(0, m_rsa.certificate).error().code, ErrorCode::UnsupportedAlgorithm);
    }

    void degenerate()
    {
        const QList<Certificate> certificates{m_rsa.certificate, m_ec.certificate};
        const QByteArray message = must(degenerateCms(certificates));
        const SignedData read = must(SignedData::fromDer(message));
        QCOMPARE(read.certificates(), certificates);
        QVERIFY(read.signers().isEmpty());
        QVERIFY(!read.content().has_value());
        m_openssl.write("bag.p7b", message);
        const auto printed = m_openssl.run({"pkcs7", "-inform", "DER", "-in", "bag.p7b", "-print_certs"});
        QVERIFY2(printed.isGood(), printed.errors.constData());
        QCOMPARE(must(Certificate::listFromPem(printed.output)), certificates);
        m_openssl.write("both.pem", toPem(certificates));
        const QByteArray foreign = m_openssl.output({"crl2pkcs7", "-nocrl", "-certfile", "both.pem", "-outform", "DER"});
        QCOMPARE(must(SignedData::fromDer(foreign)).certificates().size(), 2);
        QCOMPARE(degenerateCms({Certificate()}).error().code, ErrorCode::InvalidArgument);
    }

    void undecodableCertificates()
    {
        SignOptions options;
        options.certificates = {m_rsa.certificate, m_ec.certificate};
        const auto breakFirst = [](const QByteArray &message) {
            return changeSignedData(message, [](DerNode &signedData) {
                DerNode &version = signedData.children[3].children[0].children[0].children[0];
                version.children[0].tag = 0x04; // where an INTEGER belongs
            });
        };
        const SignedData signedData = must(SignedData::fromDer(breakFirst(must(signCms("x", m_rsa.certificate, m_rsa.key, options)))));
        QCOMPARE(signedData.certificates(), QList{m_ec.certificate});
        QVERIFY(signedData.verifySigner(0, m_rsa.certificate));
        QCOMPARE(SignedData::fromDer(breakFirst(must(degenerateCms(options.certificates)))).error().code, ErrorCode::Malformed);
    }

    void degenerateWithCrl()
    {
        const QDateTime now = QDateTime::currentDateTimeUtc();
        const Identity ca = makeSelfSigned("CN=crl ca", rsaKey("crl ca"), now);
        const Crl crl = must(issueCrl(ca.certificate, ca.key, {}, now, now.addDays(1), 7));
        const SignedData read = must(SignedData::fromDer(must(degenerateCms({}, {crl}))));
        QVERIFY(read.certificates().isEmpty());
        QCOMPARE(read.crls().size(), 1);
        QCOMPARE(read.crls().constFirst().der(), crl.der());
    }

    void limits()
    {
        const QByteArray message = must(signCms("x", m_rsa.certificate, m_rsa.key, optionsFor(Digest::Sha256)));
        SignOptions options = optionsFor(Digest::Sha256);
        options.certificates = QList<Certificate>(33, m_rsa.certificate);
        const QByteArray many = must(signCms("x", m_rsa.certificate, m_rsa.key, options));
        QCOMPARE(SignedData::fromDer(many).error().code, ErrorCode::TooLarge);
        QVERIFY(SignedData::fromDer(many, limitsWith(&CmsLimits::maxCertificates, 33)));
        QCOMPARE(SignedData::fromDer(message, limitsWith(&CmsLimits::maxBytes, message.size() - 1)).error().code, ErrorCode::TooLarge);
        QVERIFY(SignedData::fromDer(message, limitsWith(&CmsLimits::maxAttributes, 4)));
        QCOMPARE(SignedData::fromDer(message, limitsWith(&CmsLimits::maxAttributes, 3)).error().code, ErrorCode::TooLarge);
        QCOMPARE(SignedData::fromDer(message, limitsWith(&CmsLimits::maxDepth, 3)).error().code, ErrorCode::TooLarge);
        QByteArray deep;
        for (int i = 0; i < 20000; ++i)
            deep += QByteArray::fromHex("3080");
        QVERIFY(!SignedData::fromDer(deep));
    }

    void notSignedData_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<ErrorCode>("code");
        QTest::newRow("empty") << QByteArray() << ErrorCode::NotRecognised;
        QTest::newRow("HTML") << QByteArray("<html><body>no</body></html>") << ErrorCode::NotRecognised;
        QTest::newRow("certificate") << m_rsa.certificate.der() << ErrorCode::NotRecognised;
        QTest::newRow("envelopedData") << must(encryptCms("x", m_rsa.certificate, Cipher::Aes128)) << ErrorCode::NotRecognised;
        QTest::newRow("trailing byte") << must(degenerateCms({m_rsa.certificate})) + QByteArray(1, '\0') << ErrorCode::Malformed;
        QTest::newRow("only the type") << QByteArray::fromHex("300B06092A864886F70D010702") << ErrorCode::Malformed;
    }
    void notSignedData()
    {
        QFETCH(QByteArray, bytes);
        QFETCH(ErrorCode, code);
        QCOMPARE(SignedData::fromDer(bytes).error().code, code);
    }

    // Every prefix and every changed byte ends in an error or in a message that does not verify as changed content; never in a crash.
    void truncatedAndDamaged()
    {
        SignOptions options = optionsFor(Digest::Sha256);
        options.certificates = {m_ec.certificate};
        const QByteArray message = must(signCms("content", m_ec.certificate, m_ec.key, options));
        const QByteArray streamed = m_openssl.output(
            {"cms", "-sign", "-nodetach", "-binary", "-stream", "-indef", "-outform", "DER", "-signer", "ec.pem", "-inkey", "ec.key"},
            "content");
        for (const QByteArray &whole : {message, streamed}) {
            for (qsizetype length = 0; length < whole.size(); ++length)
                QVERIFY(!SignedData::fromDer(whole.first(length)));
            for (qsizetype i = 0; i < whole.size(); ++i) {
                QByteArray damaged = whole;
                damaged[i] = static_cast<char>(damaged[i] ^ 0x41);
                if (const Result<SignedData> read = SignedData::fromDer(damaged); read && read->content() != QByteArray("content"))
                    QVERIFY(!read->verifySigner(0, m_ec.certificate));
            }
        }
    }

    void strings_data()
    {
        QTest::addColumn<QByteArray>("der");
        QTest::addColumn<QString>("text"); // null: Malformed
        QTest::newRow("PrintableString") << QByteArray::fromHex("13023139") << "19";
        QTest::newRow("UTF8String") << QByteArray::fromHex("0C03C3A421") << umlaut + "!";
        QTest::newRow("IA5String") << QByteArray::fromHex("160161") << "a";
        QTest::newRow("BMPString") << QByteArray::fromHex("1E0400E40021") << umlaut + "!";
        QTest::newRow("T61String") << QByteArray::fromHex("1401E4") << umlaut;
        QTest::newRow("constructed") << QByteArray::fromHex("3306130131130139") << "19";
        QTest::newRow("constructed of OCTET STRINGs, indefinite") << QByteArray::fromHex("338004013104013900"
                                                                                         "00")
                                                                  << "19";
        QTest::newRow("empty") << QByteArray::fromHex("1300") << "";
        QTest::newRow("broken UTF-8") << QByteArray::fromHex("0C01C3") << QString();
        QTest::newRow("odd BMPString") << QByteArray::fromHex("1E0100") << QString();
        QTest::newRow("PrintableString with 8 bits") << QByteArray::fromHex("1301E4") << QString();
        QTest::newRow("INTEGER") << QByteArray::fromHex("020119") << QString();
        QTest::newRow("trailing byte") << QByteArray::fromHex("1302313900") << QString();
        QTest::newRow("cut off") << QByteArray::fromHex("130231") << QString();
        QTest::newRow("nothing") << QByteArray() << QString();
    }
    void strings()
    {
        QFETCH(QByteArray, der);
        QFETCH(QString, text);
        const Result<QString> read = stringFromDer(der);
        if (text.isNull())
            QCOMPARE(read.error().code, ErrorCode::Malformed);
        else
            QCOMPARE(must(read), text);
    }

    void stringWriters()
    {
        QCOMPARE(printableStringDer("19"), QByteArray::fromHex("13023139"));
        QCOMPARE(must(stringFromDer(utf8StringDer(umlaut))), umlaut);
        QCOMPARE(octetStringDer(QByteArray(200, 'x')).first(3), QByteArray::fromHex("0481C8"));
        QCOMPARE(must(octetStringFromDer(octetStringDer(QByteArray(70000, 'x')))), QByteArray(70000, 'x'));
        QCOMPARE(must(octetStringFromDer(QByteArray::fromHex("2406040161040162"))), QByteArray("ab"));
        QCOMPARE(octetStringFromDer(QByteArray::fromHex("1300")).error().code, ErrorCode::Malformed);
    }

private:
    Test::OpensslProgram m_openssl;
    Identity m_rsa;
    Identity m_other;
    Identity m_ec;
};

QTEST_GUILESS_MAIN(TestCms)
#include "tst_cms.moc"
