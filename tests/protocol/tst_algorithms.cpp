// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/protocol/algorithms.h"
#include "tests/protocol/protocoltest.h"

using namespace Scep;
using Pki::Cipher;
using Pki::Digest;

Q_DECLARE_METATYPE(Scep::AlgorithmPolicy)

namespace {

AlgorithmPolicy policy(const std::function<void(AlgorithmPolicy &)> &change)
{
    AlgorithmPolicy result;
    change(result);
    return result;
}

} // namespace

class TestAlgorithms : public QObject
{
    Q_OBJECT

private slots:
    void choice_data()
    {
        QTest::addColumn<QString>("lines"); // comma separated
        QTest::addColumn<AlgorithmPolicy>("policy");
        QTest::addColumn<QString>("expected"); // "digest cipher method", or "floor"
        QTest::addColumn<int>("warnings");
        const AlgorithmPolicy usual;
        const AlgorithmPolicy noSha1 = policy([](auto &p) { p.allowSha1 = false; });
        const AlgorithmPolicy md5 = policy([](auto &p) { p.allowMd5 = true; });
        const AlgorithmPolicy des = policy([](auto &p) { p.allowDes = true; });
        const AlgorithmPolicy noSha1ButMd5 = policy([](auto &p) {
            p.allowSha1 = false;
            p.allowMd5 = true;
        });

        QTest::newRow("RFC 8894") << "SCEPStandard" << usual << "sha256 aes128-cbc post" << 0;
        QTest::newRow("step-ca") << "Renewal,SHA-1,SHA-256,AES,DES3,SCEPStandard,POSTPKIOperation" << usual << "sha256 aes128-cbc post"
                                 << 0;
        QTest::newRow("NDES") << "POSTPKIOperation,Renewal,SHA-512,SHA-256,SHA-1,DES3" << usual << "sha256 3des-cbc post" << 1;
        QTest::newRow("Dogtag") << "SHA-512,SHA-256,DES3" << usual << "sha256 3des-cbc get" << 1;
        QTest::newRow("SHA-512 before SHA-1") << "SHA-1,SHA-512,AES" << usual << "sha512 aes128-cbc get" << 0;
        QTest::newRow("SHA-1 only") << "SHA-1,AES,POSTPKIOperation" << usual << "sha1 aes128-cbc post" << 1;
        QTest::newRow("SHA-1 only, forbidden") << "SHA-1,AES,POSTPKIOperation" << noSha1 << "floor" << 0;
        QTest::newRow("nothing announced") << "" << usual << "sha1 3des-cbc get" << 2;
        QTest::newRow("nothing announced, SHA-1 forbidden") << "" << noSha1 << "floor" << 0;
        QTest::newRow("nothing announced, DES allowed is not DES used") << "" << des << "sha1 3des-cbc get" << 2;
        QTest::newRow("nothing announced, MD5 allowed is not MD5 used") << "" << md5 << "sha1 3des-cbc get" << 2;
        QTest::newRow("only unknown words") << "X-Vendor" << usual << "sha1 3des-cbc get" << 2;
        QTest::newRow("no digest word") << "AES,POSTPKIOperation" << usual << "sha1 aes128-cbc post" << 1;
        QTest::newRow("DES only") << "DES,SHA-256" << usual << "floor" << 0;
        QTest::newRow("DES only, allowed") << "DES,SHA-256" << des << "sha256 des-cbc get" << 1;
        QTest::newRow("DES allowed, DES3 there") << "DES,DES3,SHA-256" << des << "sha256 3des-cbc get" << 1;
        QTest::newRow("MD5 only") << "MD5,AES" << usual << "floor" << 0;
        QTest::newRow("MD5 only, allowed") << "MD5,AES" << md5 << "md5 aes128-cbc get" << 1;
        QTest::newRow("MD5 allowed, SHA-1 there") << "MD5,SHA-1,AES" << md5 << "sha1 aes128-cbc get" << 1;
        QTest::newRow("MD5 allowed, SHA-1 forbidden") << "MD5,SHA-1,AES" << noSha1ButMd5 << "md5 aes128-cbc get" << 1;
        QTest::newRow("stripped of AES and SHA-256 by somebody") << "DES,MD5" << usual << "floor" << 0;

        QTest::newRow("digest by hand") << "SCEPStandard,SHA-512" << policy([](auto &p) { p.digest = Digest::Sha512; })
                                        << "sha512 aes128-cbc post" << 0;
        QTest::newRow("digest by hand, not announced")
            << "SCEPStandard" << policy([](auto &p) { p.digest = Digest::Sha384; }) << "sha384 aes128-cbc post" << 1;
        QTest::newRow("SHA-1 by hand") << "SCEPStandard,SHA-1" << policy([](auto &p) { p.digest = Digest::Sha1; }) << "sha1 aes128-cbc post"
                                       << 1;
        QTest::newRow("SHA-1 by hand, forbidden") << "SCEPStandard,SHA-1" << policy([](auto &p) {
            p.digest = Digest::Sha1;
            p.allowSha1 = false;
        }) << "floor" << 0;
        QTest::newRow("MD5 by hand") << "SCEPStandard,MD5" << policy([](auto &p) { p.digest = Digest::Md5; }) << "floor" << 0;
        QTest::newRow("cipher by hand") << "SCEPStandard" << policy([](auto &p) { p.cipher = Cipher::Aes256; }) << "sha256 aes256-cbc post"
                                        << 1;
        QTest::newRow("3DES by hand") << "SCEPStandard,DES3" << policy([](auto &p) { p.cipher = Cipher::TripleDes; })
                                      << "sha256 3des-cbc post" << 1;
        QTest::newRow("DES by hand") << "SCEPStandard,DES" << policy([](auto &p) { p.cipher = Cipher::Des; }) << "floor" << 0;
        QTest::newRow("DES by hand, allowed") << "SCEPStandard,DES" << policy([](auto &p) {
            p.cipher = Cipher::Des;
            p.allowDes = true;
        }) << "sha256 des-cbc post" << 1;
        QTest::newRow("GET by hand") << "SCEPStandard" << policy([](auto &p) { p.method = HttpMethod::Get; }) << "sha256 aes128-cbc get"
                                     << 0;
        QTest::newRow("POST by hand, not announced")
            << "SHA-256,AES" << policy([](auto &p) { p.method = HttpMethod::Post; }) << "sha256 aes128-cbc post" << 1;
    }
    void choice()
    {
        QFETCH(QString, lines);
        QFETCH(AlgorithmPolicy, policy);
        QFETCH(QString, expected);
        QFETCH(int, warnings);
        const auto result = negotiate(policy, Capabilities::fromLines(lines.split(',')));
        if (expected == "floor") {
            COMPARE_ERROR(result, ErrorCode::AlgorithmBelowFloor);
            QVERIFY(!result.error().detail.isEmpty());
            return;
        }
        VERIFY_RESULT(result);
        QCOMPARE(settingName(result->digest) + ' ' + settingName(result->cipher) + (result->method == HttpMethod::Post ? " post" : " get"),
                 expected);
        QVERIFY(!result->digestReason.isEmpty() && !result->cipherReason.isEmpty() && !result->methodReason.isEmpty());
        QVERIFY2(result->warnings.size() == warnings, qPrintable(result->warnings.join(" | ")));
    }

    void keyTransportIsKept()
    {
        const auto result = negotiate(policy([](auto &p) { p.keyTransport = Pki::KeyTransport::RsaOaepSha256; }),
                                      Capabilities::fromLines({"SCEPStandard"}));
        VERIFY_RESULT(result);
        QVERIFY(result->keyTransport == Pki::KeyTransport::RsaOaepSha256);
    }
};

QTEST_GUILESS_MAIN(TestAlgorithms)
#include "tst_algorithms.moc"
