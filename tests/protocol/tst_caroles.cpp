// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/protocol/cacertificates.h"
#include "tests/protocol/protocoltest.h"
#include "tests/support/testca.h"

#include <algorithm>

using namespace Scep;
using namespace TestSupport;
using Pki::KeyUsageBit;
using Certificates = QList<Pki::Certificate>;

namespace {

CaCertificates offer(const Certificates &certificates)
{
    CaCertificates result;
    result.certificates = certificates;
    return result;
}

Pki::Certificate ra(const QString &subject, const QString &keyName, const Identity &issuer, std::optional<Pki::KeyUsage> usage,
                    const QDateTime &notBefore = testNow().addDays(-1))
{
    CertificateOptions options;
    options.keyUsage = usage;
    options.notBefore = notBefore;
    return makeCertificate(subject, rsaKey(keyName).publicKey(), issuer, testNow(), options);
}

bool sameSet(const Certificates &a, const Certificates &b)
{
    return a.size() == b.size() && std::ranges::all_of(a, [&b](const auto &certificate) { return b.contains(certificate); });
}

/// Calls `check` for every order of `certificates`.
template <typename Check>
void inEveryOrder(Certificates certificates, Check check)
{
    const auto less = [](const Pki::Certificate &a, const Pki::Certificate &b) { return a.der() < b.der(); };
    std::ranges::sort(certificates, less);
    do {
        check(certificates);
        if (QTest::currentTestFailed())
            return;
    } while (std::next_permutation(certificates.begin(), certificates.end(), less));
}

} // namespace

class TestCaRoles : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase()
    {
        m_ca = TestCa::create("Roles", testNow());
        m_other = TestCa::create("Foreign", testNow());
        CertificateOptions options;
        options.isCa = true;
        options.keyUsage = KeyUsageBit::KeyCertSign | KeyUsageBit::CrlSign;
        m_policy = {makeCertificate("CN=Policy", rsaKey("policy").publicKey(), m_ca.root, testNow(), options), rsaKey("policy")};
        m_low = {makeCertificate("CN=Low", rsaKey("low").publicKey(), m_policy, testNow(), options), rsaKey("low")};
    }

    void ndesPairInEveryOrder()
    {
        const Certificates all{m_ca.root.certificate, m_policy.certificate, m_low.certificate,
                               ra("CN=Sign", "sign", m_low, KeyUsageBit::DigitalSignature),
                               ra("CN=Encrypt", "encrypt", m_low, KeyUsageBit::KeyEncipherment)};
        std::optional<CaRoles> first;
        inEveryOrder(all, [&](const Certificates &order) {
            const auto roles = chooseRoles(offer(order), m_ca.root.certificate, testNow());
            VERIFY_RESULT(roles);
            QVERIFY(roles->anchor == m_ca.root.certificate);
            QVERIFY(roles->root == m_ca.root.certificate);
            QVERIFY(roles->issuing == m_low.certificate);
            QVERIFY(roles->intermediates == Certificates{m_policy.certificate});
            QCOMPARE(roles->raSigning.subject().commonName(), QString("Sign"));
            QCOMPARE(roles->raEncryption.subject().commonName(), QString("Encrypt"));
            QVERIFY(roles->recipient == roles->raEncryption);
            QVERIFY(sameSet(roles->expectedSigners, {roles->raSigning, roles->raEncryption, roles->issuing}));
            QVERIFY(roles->unused.isEmpty());
            QVERIFY(roles->caCertificates() == (Certificates{m_low.certificate, m_policy.certificate, m_ca.root.certificate}));
            // The sentences too: nothing may depend on the order.
            if (!first)
                first = *roles;
            QVERIFY(*first == *roles);
        });
    }

    void pinOfIssuingWithoutRoot()
    {
        inEveryOrder({m_ca.issuing.certificate, m_ca.raSigning.certificate, m_ca.raEncryption.certificate},
                     [this](const Certificates &order) {
                         const auto roles = chooseRoles(offer(order), m_ca.issuing.certificate, testNow());
                         VERIFY_RESULT(roles);
                         QVERIFY(roles->anchor == m_ca.issuing.certificate);
                         QVERIFY(roles->issuing == m_ca.issuing.certificate);
                         QVERIFY(roles->root.isNull());
                         QVERIFY(roles->intermediates.isEmpty());
                         QVERIFY(roles->recipient == m_ca.raEncryption.certificate);
                         QVERIFY(roles->raSigning == m_ca.raSigning.certificate);
                     });
    }

    void pinOfIssuingBesideTheRoot()
    {
        const auto roles = chooseRoles(offer({m_ca.root.certificate, m_ca.issuing.certificate}), m_ca.issuing.certificate, testNow());
        VERIFY_RESULT(roles);
        QVERIFY(roles->issuing == m_ca.issuing.certificate);
        QVERIFY(roles->root == m_ca.root.certificate);
        QVERIFY(roles->recipient == m_ca.issuing.certificate);
    }

    void aPinWinsOverTheLowestCa()
    {
        // Policy was confirmed and no RA says otherwise: Low is not asked.
        const auto roles =
            chooseRoles(offer({m_ca.root.certificate, m_policy.certificate, m_low.certificate}), m_policy.certificate, testNow());
        VERIFY_RESULT(roles);
        QVERIFY(roles->issuing == m_policy.certificate);
    }

    void anchorThatWasNotSent()
    {
        const auto roles = chooseRoles(offer({m_ca.issuing.certificate, m_ca.ra.certificate}), m_ca.root.certificate, testNow());
        VERIFY_RESULT(roles);
        QVERIFY(roles->issuing == m_ca.issuing.certificate);
        QVERIFY(roles->anchor == m_ca.root.certificate);
        QVERIFY(roles->root == m_ca.root.certificate);
    }

    void singleCa()
    {
        CertificateOptions options;
        options.isCa = true;
        options.keyUsage = KeyUsageBit::KeyCertSign | KeyUsageBit::CrlSign;
        const Identity ca = makeSelfSigned("CN=Only", rsaKey("only"), testNow(), options);
        const auto roles = chooseRoles(offer({ca.certificate}), ca.certificate, testNow());
        VERIFY_RESULT(roles);
        QVERIFY(roles->issuing == ca.certificate && roles->root == ca.certificate && roles->recipient == ca.certificate);
        QVERIFY(roles->raSigning.isNull() && roles->raEncryption.isNull());
        QVERIFY(roles->expectedSigners == Certificates{ca.certificate});
        // The missing keyEncipherment is permitted, and said.
        QVERIFY(std::ranges::any_of(roles->reasons, [](const QString &reason) { return reason.contains("lacks keyEncipherment"); }));
    }

    void oneCertificateRa()
    {
        inEveryOrder({m_ca.root.certificate, m_ca.issuing.certificate, m_ca.ra.certificate}, [this](const Certificates &order) {
            const auto roles = chooseRoles(offer(order), m_ca.root.certificate, testNow());
            VERIFY_RESULT(roles);
            QVERIFY(roles->raSigning == m_ca.ra.certificate && roles->raEncryption == m_ca.ra.certificate);
            QVERIFY(sameSet(roles->expectedSigners, {m_ca.ra.certificate, m_ca.issuing.certificate}));
        });
    }

    void encryptionRanks_data()
    {
        QTest::addColumn<int>("first"); // key usage bits; -1: no key usage
        QTest::addColumn<int>("second");
        QTest::addColumn<QString>("chosen"); // "first", "second", or "issuing"
        const int sign = int(KeyUsageBit::DigitalSignature);
        const int encrypt = int(KeyUsageBit::KeyEncipherment);
        const int data = int(KeyUsageBit::DataEncipherment);
        QTest::newRow("keyEncipherment before none") << encrypt << -1 << "first";
        QTest::newRow("none before dataEncipherment") << -1 << data << "first";
        QTest::newRow("dataEncipherment before signing only") << data << sign << "first";
        QTest::newRow("keyEncipherment before dataEncipherment") << data << encrypt << "second";
        QTest::newRow("RA without key usage") << -1 << sign << "first";
        QTest::newRow("only signing") << sign << sign << "issuing";
    }
    void encryptionRanks()
    {
        QFETCH(int, first);
        QFETCH(int, second);
        QFETCH(QString, chosen);
        const auto usage = [](int bits) { return bits < 0 ? std::nullopt : std::optional(Pki::KeyUsage::fromInt(bits)); };
        const Pki::Certificate a = ra("CN=first", "first", m_ca.issuing, usage(first));
        const Pki::Certificate b = ra("CN=second", "second", m_ca.issuing, usage(second));
        inEveryOrder({m_ca.issuing.certificate, a, b}, [&](const Certificates &order) {
            const auto roles = chooseRoles(offer(order), m_ca.issuing.certificate, testNow());
            VERIFY_RESULT(roles);
            const Pki::Certificate expected = chosen == "first" ? a : chosen == "second" ? b : m_ca.issuing.certificate;
            QVERIFY2(roles->recipient == expected, qPrintable(roles->reasons.join('\n')));
        });
    }

    void raWithoutKeyUsageDoesBoth()
    {
        const Pki::Certificate open = ra("CN=Open", "open", m_ca.issuing, std::nullopt);
        const auto roles = chooseRoles(offer({m_ca.issuing.certificate, open}), m_ca.issuing.certificate, testNow());
        VERIFY_RESULT(roles);
        QVERIFY(roles->raEncryption == open && roles->raSigning == open);
    }

    void encryptionOnlyRaMaySign()
    {
        // step-ca signs with its decrypter.
        const auto roles =
            chooseRoles(offer({m_ca.issuing.certificate, m_ca.raEncryption.certificate}), m_ca.issuing.certificate, testNow());
        VERIFY_RESULT(roles);
        QVERIFY(roles->expectedSigners.contains(m_ca.raEncryption.certificate));
        QVERIFY(roles->raSigning.isNull());
    }

    void newestOfSeveral()
    {
        const Pki::Certificate older = ra("CN=RA old", "old", m_ca.issuing, KeyUsageBit::KeyEncipherment, testNow().addDays(-100));
        const Pki::Certificate newer = ra("CN=RA new", "new", m_ca.issuing, KeyUsageBit::KeyEncipherment, testNow().addDays(-10));
        inEveryOrder({m_ca.issuing.certificate, older, newer}, [&](const Certificates &order) {
            const auto roles = chooseRoles(offer(order), m_ca.issuing.certificate, testNow());
            VERIFY_RESULT(roles);
            QVERIFY(roles->raEncryption == newer);
            QVERIFY(std::ranges::any_of(roles->reasons, [](const QString &reason) { return reason.startsWith("2 RA certificates"); }));
        });
    }

    void foreignCertificatesAreNeverUsed()
    {
        // A complete other CA with its RA in the same bag: shown, never used.
        inEveryOrder({m_ca.root.certificate, m_ca.issuing.certificate, m_ca.ra.certificate, m_other.root.certificate,
                      m_other.issuing.certificate, m_other.ra.certificate},
                     [this](const Certificates &order) {
                         const auto roles = chooseRoles(offer(order), m_ca.root.certificate, testNow());
                         VERIFY_RESULT(roles);
                         QVERIFY(roles->recipient == m_ca.ra.certificate);
                         QVERIFY(roles->issuing == m_ca.issuing.certificate);
                         QVERIFY(sameSet(roles->unused, {m_other.root.certificate, m_other.issuing.certificate, m_other.ra.certificate}));
                         for (const Pki::Certificate &certificate :
                              {m_other.root.certificate, m_other.issuing.certificate, m_other.ra.certificate}) {
                             QVERIFY(!roles->expectedSigners.contains(certificate));
                             QVERIFY(!roles->caCertificates().contains(certificate));
                         }
                     });
    }

    void impostorRaOfTheSameName()
    {
        // Names fit, the signature does not: made by an issuing CA of the same name and another key.
        CertificateOptions options;
        options.isCa = true;
        const Identity fake = makeSelfSigned(m_ca.issuing.certificate.subject().toText(), rsaKey("fake issuing"), testNow(), options);
        const Pki::Certificate impostor = ra("CN=RA", "impostor", fake, KeyUsageBit::KeyEncipherment | KeyUsageBit::DigitalSignature);
        const auto roles = chooseRoles(offer({m_ca.issuing.certificate, impostor}), m_ca.issuing.certificate, testNow());
        VERIFY_RESULT(roles);
        QVERIFY(roles->recipient == m_ca.issuing.certificate);
        QVERIFY(roles->unused == Certificates{impostor});
    }

    void ordinaryCertificateBesideTheRa()
    {
        // GetCACert is not signed: a holder of any certificate of this CA could add it. Beside a real RA it does not count.
        CertificateOptions options;
        options.keyUsage = KeyUsageBit::KeyEncipherment | KeyUsageBit::DigitalSignature;
        options.extendedKeyUsage = must(Pki::extendedKeyUsageFromText("clientAuth, serverAuth"));
        options.notBefore = testNow();
        const Pki::Certificate tls = makeCertificate("CN=www", rsaKey("www").publicKey(), m_ca.issuing, testNow(), options);
        inEveryOrder({m_ca.issuing.certificate, m_ca.raSigning.certificate, m_ca.raEncryption.certificate, tls},
                     [&](const Certificates &order) {
                         const auto roles = chooseRoles(offer(order), m_ca.issuing.certificate, testNow());
                         VERIFY_RESULT(roles);
                         QVERIFY(roles->recipient == m_ca.raEncryption.certificate);
                         QVERIFY(!roles->expectedSigners.contains(tls));
                         QVERIFY(roles->unused == Certificates{tls});
                     });
        // Alone it might be the RA of a careless administrator: used, with a warning.
        const auto alone = chooseRoles(offer({m_ca.issuing.certificate, tls}), m_ca.issuing.certificate, testNow());
        VERIFY_RESULT(alone);
        QVERIFY(alone->recipient == tls);
        QVERIFY(std::ranges::any_of(alone->reasons, [](const QString &reason) { return reason.contains("check that it is one"); }));
    }

    void expiredRa()
    {
        CertificateOptions options;
        options.keyUsage = KeyUsageBit::KeyEncipherment;
        options.notBefore = testNow().addDays(-20);
        options.notAfter = testNow().addDays(-1);
        const Pki::Certificate expired = makeCertificate("CN=Gone", rsaKey("gone").publicKey(), m_ca.issuing, testNow(), options);
        const auto roles = chooseRoles(offer({m_ca.issuing.certificate, expired}), m_ca.issuing.certificate, testNow());
        VERIFY_RESULT(roles);
        QVERIFY(roles->recipient == m_ca.issuing.certificate);
        QVERIFY(!roles->expectedSigners.contains(expired));
        QVERIFY(roles->unused == Certificates{expired});
    }

    void expiredCa()
    {
        COMPARE_ERROR(chooseRoles(offer({m_ca.issuing.certificate}), m_ca.issuing.certificate, testNow().addYears(15)),
                      ErrorCode::NoUsableCaCertificate);
    }

    void ecCa()
    {
        CertificateOptions options;
        options.isCa = true;
        options.keyUsage = KeyUsageBit::KeyCertSign;
        const Identity ca = makeSelfSigned("CN=EC CA", ecKey("ec ca"), testNow(), options);
        const auto refused = chooseRoles(offer({ca.certificate}), ca.certificate, testNow());
        COMPARE_ERROR(refused, ErrorCode::NoUsableCaCertificate);
        QVERIFY2(refused.error().detail.contains("EC P-256"), qPrintable(refused.error().detail));
        // With an RSA RA it works; an EC RA does not help.
        const Pki::Certificate rsa = ra("CN=RSA RA", "rsa ra", ca, KeyUsageBit::KeyEncipherment);
        const auto roles = chooseRoles(offer({ca.certificate, rsa}), ca.certificate, testNow());
        VERIFY_RESULT(roles);
        QVERIFY(roles->recipient == rsa);
        CertificateOptions usage;
        usage.keyUsage = KeyUsageBit::KeyAgreement | KeyUsageBit::DigitalSignature;
        const Pki::Certificate ec = makeCertificate("CN=EC RA", ecKey("ec ra").publicKey(), ca, testNow(), usage);
        COMPARE_ERROR(chooseRoles(offer({ca.certificate, ec}), ca.certificate, testNow()), ErrorCode::NoUsableCaCertificate);
    }

    void noCaAtAll()
    {
        COMPARE_ERROR(chooseRoles(offer({m_ca.ra.certificate}), m_ca.ra.certificate, testNow()), ErrorCode::NoUsableCaCertificate);
        COMPARE_ERROR(chooseRoles(offer({m_ca.root.certificate}), {}, testNow()), ErrorCode::CaNotConfirmed);
        // Nothing to confirm: nobody is asked to.
        COMPARE_ERROR(chooseRoles(offer({m_ca.ra.certificate}), {}, testNow()), ErrorCode::NoUsableCaCertificate);
    }

    void pathLengthForbidsTheIssuingCa()
    {
        CertificateOptions top;
        top.isCa = true;
        top.pathLength = 0;
        const Identity root = makeSelfSigned("CN=Short root", rsaKey("short root"), testNow(), top);
        CertificateOptions middle;
        middle.isCa = true;
        const Identity first{makeCertificate("CN=M1", rsaKey("m1").publicKey(), root, testNow(), middle), rsaKey("m1")};
        const Identity second{makeCertificate("CN=M2", rsaKey("m2").publicKey(), first, testNow(), middle), rsaKey("m2")};
        COMPARE_ERROR(chooseRoles(offer({root.certificate, first.certificate, second.certificate}), root.certificate, testNow()),
                      ErrorCode::ChainBroken);
    }

    void override()
    {
        const Certificates all{m_ca.issuing.certificate, m_ca.ra.certificate, m_ca.raSigning.certificate, m_ca.raEncryption.certificate,
                               m_other.ra.certificate};
        RoleOverride byHand;
        byHand.encryption = m_ca.ra.certificate.fingerprint();
        byHand.signing = m_ca.raSigning.certificate.fingerprint();
        byHand.reason = "told by the CA's administrator";
        auto roles = chooseRoles(offer(all), m_ca.issuing.certificate, testNow(), byHand);
        VERIFY_RESULT(roles);
        QVERIFY(roles->recipient == m_ca.ra.certificate && roles->raEncryption == m_ca.ra.certificate);
        QVERIFY(roles->raSigning == m_ca.raSigning.certificate);
        QVERIFY(roles->expectedSigners == Certificates{m_ca.raSigning.certificate});
        QVERIFY(
            std::ranges::any_of(roles->reasons, [](const QString &reason) { return reason.contains("told by the CA's administrator"); }));

        byHand = {};
        byHand.encryption = m_ca.issuing.certificate.fingerprint();
        roles = chooseRoles(offer(all), m_ca.issuing.certificate, testNow(), byHand);
        VERIFY_RESULT(roles);
        QVERIFY(roles->recipient == m_ca.issuing.certificate && roles->raEncryption.isNull());

        byHand.encryption = m_other.ra.certificate.fingerprint();
        COMPARE_ERROR(chooseRoles(offer(all), m_ca.issuing.certificate, testNow(), byHand), ErrorCode::NoUsableCaCertificate);
        byHand.encryption = m_other.root.certificate.fingerprint(); // not in the reply at all
        COMPARE_ERROR(chooseRoles(offer(all), m_ca.issuing.certificate, testNow(), byHand), ErrorCode::NoUsableCaCertificate);
    }

    void reissuedRootWithTheSameKey()
    {
        // Renewed with its key: both verify everything. The confirmed one stays the anchor and the issuing CA.
        CertificateOptions options;
        options.isCa = true;
        options.notBefore = testNow().addDays(-300);
        const Identity first = makeSelfSigned("CN=Renewed", rsaKey("renewed"), testNow(), options);
        options.notBefore = testNow().addDays(-3);
        const Identity second = makeSelfSigned("CN=Renewed", rsaKey("renewed"), testNow(), options);
        inEveryOrder({first.certificate, second.certificate}, [&](const Certificates &order) {
            const auto roles = chooseRoles(offer(order), first.certificate, testNow());
            VERIFY_RESULT(roles);
            QVERIFY(roles->issuing == first.certificate && roles->root == first.certificate);
        });
    }

private:
    TestCa m_ca;
    TestCa m_other;
    Identity m_policy; ///< root -> policy -> low
    Identity m_low;
};

QTEST_GUILESS_MAIN(TestCaRoles)
#include "tst_caroles.moc"
