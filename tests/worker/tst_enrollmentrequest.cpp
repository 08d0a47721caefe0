// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/worker/enrollmentrequest.h"
#include "tests/support/testca.h"

#include <QTest>

using namespace Scep;
using namespace TestSupport;

class TestEnrollmentRequest : public QObject
{
    Q_OBJECT

private slots:
    void renewal_data()
    {
        using Kind = RenewalRule::Kind;
        QTest::addColumn<int>("kind");
        QTest::addColumn<int>("value");
        QTest::addColumn<QDateTime>("expected");
        const QDateTime from({2026, 1, 1}, {0, 0}, Qt::UTC); // 100 days
        const auto row = [](const char *name, Kind kind, int value, const QDateTime &expected) {
            QTest::newRow(name) << static_cast<int>(kind) << value << expected;
        };
        row("off", Kind::Off, 80, {});
        row("80 percent", Kind::PercentOfValidity, 80, from.addDays(80));
        row("1 percent", Kind::PercentOfValidity, 1, from.addDays(1));
        row("99 percent", Kind::PercentOfValidity, 99, from.addDays(99));
        row("0 percent is off", Kind::PercentOfValidity, 0, {});
        row("negative is off", Kind::PercentOfValidity, -5, {});
        row("over 99 is 99", Kind::PercentOfValidity, 250, from.addDays(99));
        row("48 hours before", Kind::HoursBeforeExpiry, 48, from.addDays(98));
        row("0 hours is off", Kind::HoursBeforeExpiry, 0, {});
        row("longer than its life", Kind::HoursBeforeExpiry, 24 * 1000, from);
        row("hours do not overflow", Kind::HoursBeforeExpiry, std::numeric_limits<int>::max(), from);
    }
    void renewal()
    {
        QFETCH(int, kind);
        QFETCH(int, value);
        QFETCH(QDateTime, expected);
        const QDateTime from({2026, 1, 1}, {0, 0}, Qt::UTC);
        const RenewalRule rule{static_cast<RenewalRule::Kind>(kind), value};
        QCOMPARE(rule.dueAt(from, from.addDays(100)), expected);
        QCOMPARE(rule.dueAt(from, from), QDateTime());
        QCOMPARE(rule.dueAt({}, from), QDateTime());
    }

    void centuryLongCertificateDoesNotOverflow()
    {
        const QDateTime from({1950, 1, 1}, {0, 0}, Qt::UTC);
        const QDateTime to({9999, 12, 31}, {23, 59, 59}, Qt::UTC);
        const QDateTime due = RenewalRule{}.dueAt(from, to);
        QVERIFY(due > from && due < to);
    }

    void csrSaysWhatTheRequestSays()
    {
        EnrollmentRequest request;
        request.subject = must(Pki::DistinguishedName::fromText("C=SE, O=Lab, CN=plc-7"));
        request.subjectAlternativeNames = must(Pki::subjectAlternativeNamesFromText("DNS:plc-7.lab.example, IP:192.0.2.7"));
        request.keyUsage = Pki::KeyUsageBit::DigitalSignature | Pki::KeyUsageBit::KeyEncipherment;
        request.extendedKeyUsage = must(Pki::extendedKeyUsageFromText("serverAuth, clientAuth"));
        request.profile = "tls-server";
        const auto key = rsaKey("csr");
        const auto challenge = Pki::SecretBytes(QByteArrayView("once only"));
        const auto csr = must(createCertificationRequest(request, challenge, key, Pki::Digest::Sha512));
        QCOMPARE(csr.subject(), request.subject);
        QCOMPARE(csr.subjectAlternativeNames(), request.subjectAlternativeNames);
        QCOMPARE(csr.keyUsage(), request.keyUsage);
        QCOMPARE(csr.extendedKeyUsage(), request.extendedKeyUsage);
        QCOMPARE(csr.templateName(), request.profile);
        QVERIFY(csr.challengePassword() == challenge);
        QCOMPARE(csr.publicKey(), key.publicKey());
        QVERIFY(csr.isSignatureValid());
        QVERIFY2(csr.signatureAlgorithm().contains("sha512"), qPrintable(csr.signatureAlgorithm()));
    }

    void csrWithoutExtrasHasNone()
    {
        EnrollmentRequest request;
        request.subject = must(Pki::DistinguishedName::fromText("CN=plain"));
        const auto csr = must(createCertificationRequest(request, {}, rsaKey("csr"), Pki::Digest::Sha256));
        QVERIFY(!csr.hasChallengePassword());
        QVERIFY(csr.subjectAlternativeNames().isEmpty());
        QVERIFY(!csr.keyUsage());
        QVERIFY(csr.extendedKeyUsage().isEmpty());
        QVERIFY(csr.templateName().isEmpty());
        QVERIFY(csr.extensions().isEmpty());
    }
};

QTEST_GUILESS_MAIN(TestEnrollmentRequest)
#include "tst_enrollmentrequest.moc"
