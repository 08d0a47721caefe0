// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/worker/renewal.h"
#include "scep/worker/renewalplan.h"

#include <QTest>

using namespace Scep;
using Step = RenewalStep;
using Steps = QList<RenewalStep>;

namespace {

Rejection rejection(int failInfo)
{
    Rejection said;
    said.failInfoNumber = failInfo;
    return said;
}

} // namespace

class TestRenewal : public QObject
{
    Q_OBJECT

private slots:
    void ladder_data()
    {
        QTest::addColumn<RenewalMethod>("setting");
        QTest::addColumn<QByteArray>("capabilities");
        QTest::addColumn<std::optional<Step>>("worked");
        QTest::addColumn<bool>("hasChallenge");
        QTest::addColumn<Steps>("expected");
        using Method = RenewalMethod;
        const QByteArray announced = "AES\nRenewal\nSHA-256\n";
        const QByteArray notAnnounced = "AES\nSCEPStandard\n"; // which does not imply Renewal
        const std::optional<Step> nothing;
        const Step renewal = Step::RenewalReq;
        const Step old = Step::PkcsReqByCertificate;
        const Step fresh = Step::FreshPkcsReq;
        QTest::newRow("announced") << Method::Automatic << announced << nothing << false << Steps{renewal, old};
        QTest::newRow("announced, challenge") << Method::Automatic << announced << nothing << true << Steps{renewal, old, fresh};
        QTest::newRow("not announced") << Method::Automatic << notAnnounced << nothing << false << Steps{old};
        QTest::newRow("not announced, challenge") << Method::Automatic << notAnnounced << nothing << true << Steps{old, fresh};
        QTest::newRow("no capabilities at all") << Method::Automatic << QByteArray() << nothing << false << Steps{old};
        QTest::newRow("PKCSReq worked") << Method::Automatic << announced << std::optional(old) << true << Steps{old, renewal, fresh};
        QTest::newRow("RenewalReq worked") << Method::Automatic << announced << std::optional(renewal) << true
                                           << Steps{renewal, old, fresh};
        QTest::newRow("RenewalReq worked, announced no longer")
            << Method::Automatic << notAnnounced << std::optional(renewal) << false << Steps{old};
        QTest::newRow("a challenge worked, but is used up at once")
            << Method::Automatic << announced << std::optional(fresh) << true << Steps{renewal, old, fresh};
        QTest::newRow("set to RenewalReq") << Method::RenewalReq << notAnnounced << nothing << false << Steps{renewal};
        QTest::newRow("set to RenewalReq, challenge")
            << Method::RenewalReq << announced << std::optional(old) << true << Steps{renewal, fresh};
        QTest::newRow("set to PKCSReq") << Method::PkcsReq << announced << std::optional(renewal) << false << Steps{old};
        QTest::newRow("set to PKCSReq, challenge") << Method::PkcsReq << announced << nothing << true << Steps{old, fresh};
    }
    void ladder()
    {
        QFETCH(RenewalMethod, setting);
        QFETCH(QByteArray, capabilities);
        QFETCH(std::optional<Step>, worked);
        QFETCH(bool, hasChallenge);
        QFETCH(Steps, expected);
        QCOMPARE(renewalLadder(setting, Capabilities::fromBody(capabilities), worked, hasChallenge), expected);
    }

    void whatStepsDown_data()
    {
        QTest::addColumn<RenewalFailure>("failure");
        QTest::addColumn<bool>("expected");
        const auto row = [](const char *name, const RenewalFailure &failure, bool expected) { QTest::newRow(name) << failure << expected; };
        const auto refused = [](int failInfo) {
            RenewalFailure failure;
            failure.rejection = rejection(failInfo);
            return failure;
        };
        const auto http = [](int status) {
            RenewalFailure failure;
            failure.error = Error{ErrorCode::HttpStatus, {}};
            failure.httpStatus = status;
            return failure;
        };
        const auto failed = [](ErrorCode code) {
            RenewalFailure failure;
            failure.error = Error{code, {}};
            failure.httpStatus = 200;
            return failure;
        };
        row("badAlg", refused(0), false);
        row("badMessageCheck", refused(1), true);
        row("badRequest", refused(2), true);
        row("badTime", refused(3), false);
        row("badCertId", refused(4), true);
        row("no failInfo", refused(-1), true);
        row("unknown failInfo", refused(9), true);
        for (const int status : {400, 403, 405, 422, 500, 501})
            row(qPrintable(QString("HTTP %1").arg(status)), http(status), true);
        for (const int status : {0, 301, 401, 404, 407, 408, 429, 502, 503, 504})
            row(qPrintable(QString("HTTP %1 is no word about the message").arg(status)), http(status), false);
        row("empty reply", failed(ErrorCode::EmptyReply), true);
        for (const ErrorCode code : {ErrorCode::HostNotFound,
                                     ErrorCode::ConnectionRefused,
                                     ErrorCode::NetworkFailure,
                                     ErrorCode::Timeout,
                                     ErrorCode::TlsFailure,
                                     ErrorCode::RedirectRefused,
                                     ErrorCode::HtmlReply,
                                     ErrorCode::ReplyTooLarge,
                                     ErrorCode::ReplyMalformed,
                                     ErrorCode::SignatureInvalid,
                                     ErrorCode::SignerUnknown,
                                     ErrorCode::SignerCount,
                                     ErrorCode::SignerNotInForce,
                                     ErrorCode::NonceMismatch,
                                     ErrorCode::TransactionMismatch,
                                     ErrorCode::MessageTypeMismatch,
                                     ErrorCode::AlgorithmBelowFloor,
                                     ErrorCode::ContentRefused,
                                     ErrorCode::ForeignPublicKey,
                                     ErrorCode::IssuedCertificateIsCa,
                                     ErrorCode::IssuedCertificateNotInForce,
                                     ErrorCode::ChainBroken,
                                     ErrorCode::DecryptionFailed,
                                     ErrorCode::AttributeMissing,
                                     ErrorCode::StatusUnknown,
                                     ErrorCode::Cancelled}) {
            QString text;
            QDebug(&text) << Error{code, {}};
            row(qPrintable(text), failed(code), false);
        }
        RenewalFailure failure = refused(2);
        failure.step = Step::PkcsReqByCertificate;
        row("the second rung too", failure, true);
        failure.step = Step::FreshPkcsReq;
        row("below the last rung is nothing", failure, false);
        failure = refused(2);
        failure.wasPending = true;
        row("refused by whoever looked at it", failure, false);
        failure = http(500);
        failure.wasPending = true;
        row("trouble while pending", failure, false);
        failure = http(500);
        failure.workedBefore = true;
        row("trouble of a server that knows the message", failure, false);
        failure = refused(2);
        failure.workedBefore = true;
        row("refused though it worked before", failure, true);
        row("nothing known", {}, false);
    }
    void whatStepsDown()
    {
        QFETCH(RenewalFailure, failure);
        QFETCH(bool, expected);
        QCOMPARE(stepsDown(failure), expected);
    }

    void messages()
    {
        QCOMPARE(messageType(Step::RenewalReq), MessageType::RenewalReq);
        QCOMPARE(messageType(Step::PkcsReqByCertificate), MessageType::PkcsReq);
        QCOMPARE(messageType(Step::FreshPkcsReq), MessageType::PkcsReq);
    }

    void thousandRenewalsAreSpread()
    {
        const QDateTime threshold({2026, 3, 1}, {12, 0}, Qt::UTC);
        const QDateTime notAfter = threshold.addDays(73); // of a year
        QHash<qint64, int> byHour;
        for (qint64 id = 1; id <= 1000; ++id) {
            const QDateTime due = spreadRenewal({id}, threshold, notAfter);
            QVERIFY(due >= threshold && due < threshold.addDays(1));
            QCOMPARE(spreadRenewal({id}, threshold, notAfter), due); // nothing random
            ++byHour[threshold.secsTo(due) / 3600];
        }
        QCOMPARE(byHour.size(), 24);
        for (const int count : std::as_const(byHour)) // 42 on average
            QVERIFY2(count > 15 && count < 80, qPrintable(QString::number(count)));
    }

    void spreadStaysWellBeforeTheEnd_data()
    {
        QTest::addColumn<int>("window"); // seconds
        for (const int window : {0, 1, 3, 60, 3600, 86400, 86400 * 400, -5})
            QTest::addRow("%d s", window) << window;
    }
    void spreadStaysWellBeforeTheEnd()
    {
        QFETCH(int, window);
        const QDateTime threshold({2026, 3, 1}, {12, 0}, Qt::UTC);
        for (qint64 id = 1; id <= 200; ++id) {
            const QDateTime due = spreadRenewal({id}, threshold, threshold.addSecs(window));
            QVERIFY(due >= threshold);
            QVERIFY(due <= threshold.addSecs(std::max(0, window / 4)));
        }
    }
};

QTEST_GUILESS_MAIN(TestRenewal)
#include "tst_renewal.moc"
