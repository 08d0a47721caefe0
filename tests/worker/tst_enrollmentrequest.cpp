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
        row("10 percent", Kind::PercentOfValidity, 10, from.addDays(10));
        row("1 percent is not at once", Kind::PercentOfValidity, 1, from.addDays(10));
        row("99 percent", Kind::PercentOfValidity, 99, from.addDays(99));
        row("0 percent is off", Kind::PercentOfValidity, 0, {});
        row("negative is off", Kind::PercentOfValidity, -5, {});
        row("over 99 is 99", Kind::PercentOfValidity, 250, from.addDays(99));
        row("48 hours before", Kind::HoursBeforeExpiry, 48, from.addDays(98));
        row("0 hours is off", Kind::HoursBeforeExpiry, 0, {});
        row("almost its whole life", Kind::HoursBeforeExpiry, 24 * 99, from.addDays(10));
        row("its whole life", Kind::HoursBeforeExpiry, 24 * 100, from.addDays(50));
        row("longer than its life", Kind::HoursBeforeExpiry, 24 * 1000, from.addDays(50));
        row("hours do not overflow", Kind::HoursBeforeExpiry, std::numeric_limits<int>::max(), from.addDays(50));
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

    void neverDueAtOnce_data()
    {
        using Kind = RenewalRule::Kind;
        QTest::addColumn<int>("kind");
        QTest::addColumn<int>("value");
        QTest::addColumn<int>("life"); // seconds
        QTest::addColumn<int>("received");
        QTest::addColumn<int>("expected");
        const auto row = [](const char *name, Kind kind, int value, int life, int received, int expected) {
            QTest::newRow(name) << static_cast<int>(kind) << value << life << received << expected;
        };
        row("received at its beginning", Kind::PercentOfValidity, 80, 1000, 0, 800);
        row("received before it is in force", Kind::PercentOfValidity, 80, 1000, -500, 800);
        row("the threshold is long ahead", Kind::PercentOfValidity, 80, 1000, 300, 800);
        row("the threshold has passed", Kind::PercentOfValidity, 50, 10000, 6000, 6400);
        row("a minute at least", Kind::PercentOfValidity, 50, 1000, 600, 660);
        row("but not beyond half of what is left", Kind::PercentOfValidity, 50, 1000, 960, 980);
        row("received after its end", Kind::PercentOfValidity, 50, 1000, 1200, 500);
        row("hours beyond its life", Kind::HoursBeforeExpiry, 2, 180, 0, 90);
        row("hours beyond its life, received late", Kind::HoursBeforeExpiry, 2, 180, 100, 140);
    }
    void neverDueAtOnce()
    {
        QFETCH(int, kind);
        QFETCH(int, value);
        QFETCH(int, life);
        QFETCH(int, received);
        QFETCH(int, expected);
        const QDateTime from({2026, 1, 1}, {0, 0}, Qt::UTC);
        const RenewalRule rule{static_cast<RenewalRule::Kind>(kind), value};
        QCOMPARE(from.secsTo(rule.dueAt(from, from.addSecs(life), from.addSecs(received))), expected);
    }

    void ruleBeyondTheValidity()
    {
        const QDateTime from({2026, 1, 1}, {0, 0}, Qt::UTC);
        QVERIFY((RenewalRule{RenewalRule::Kind::HoursBeforeExpiry, 24}.exceeds(from, from.addSecs(24 * 3600))));
        QVERIFY(!(RenewalRule{RenewalRule::Kind::HoursBeforeExpiry, 24}.exceeds(from, from.addSecs(24 * 3600 + 1))));
        QVERIFY(!(RenewalRule{RenewalRule::Kind::PercentOfValidity, 99}.exceeds(from, from.addSecs(1))));
        QVERIFY(!(RenewalRule{RenewalRule::Kind::Off, 99}.exceeds(from, from.addSecs(1))));
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
