// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/pki/certificatechain.h"
#include "tests/support/opensslprogram.h"
#include "tests/support/testca.h"

#include <QElapsedTimer>
#include <QTest>

using namespace Pki;
using namespace TestSupport;
using Verdict = ChainLink::Verdict;

namespace {

const QDateTime now = QDateTime(QDate(2026, 6, 1), QTime(12, 0), Qt::UTC);

CertificateOptions caOptions(std::optional<int> pathLength = {})
{
    CertificateOptions options;
    options.isCa = true;
    options.keyUsage = KeyUsageBit::KeyCertSign | KeyUsageBit::CrlSign;
    options.pathLength = pathLength;
    return options;
}

Identity issueCa(const QString &subject, const QString &keyName, const Identity &issuer, const CertificateOptions &options = caOptions())
{
    const PrivateKey key = rsaKey(keyName);
    return {makeCertificate(subject, key.publicKey(), issuer, now, options), key};
}

Certificate issueLeaf(const Identity &issuer, const CertificateOptions &options = {})
{
    return makeCertificate("CN=leaf", ecKey("leaf").publicKey(), issuer, now, options);
}

QList<Verdict> verdicts(const CertificateChain &chain)
{
    QList<Verdict> list;
    for (const ChainLink &link : chain.links)
        list.append(link.verdict);
    return list;
}

} // namespace

class TestCertificateChain : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase()
    {
        m_root = makeSelfSigned("CN=root", rsaKey("root"), now, caOptions());
        m_issuing = issueCa("CN=issuing", "issuing", m_root);
        m_leaf = issueLeaf(m_issuing);
    }

    void good()
    {
        // Any order, duplicates, things that do not belong to it
        const QList<Certificate> pool{m_leaf, m_root.certificate, m_issuing.certificate, m_issuing.certificate, issueLeaf(m_root)};
        const CertificateChain chain = buildChain(m_leaf, pool, {m_root.certificate}, now);
        QVERIFY(chain.isTrusted);
        QCOMPARE(verdicts(chain), QList({Verdict::Good, Verdict::Good, Verdict::Good}));
        QCOMPARE(chain.issuers(), QList({m_issuing.certificate, m_root.certificate}));
        QVERIFY(!chain.firstProblem());

        Test::OpensslProgram openssl;
        openssl.write("root.pem", m_root.certificate.toPem());
        openssl.write("issuing.pem", m_issuing.certificate.toPem());
        openssl.write("leaf.pem", m_leaf.toPem());
        const auto verified = openssl.run(
            {"verify", "-CAfile", "root.pem", "-untrusted", "issuing.pem", "-attime", QString::number(now.toSecsSinceEpoch()), "leaf.pem"});
        QVERIFY2(verified.isGood(), verified.errors.constData());
    }

    void anchorsEndThePath()
    {
        // A pinned issuing CA is enough; the root above it is not asked for, nor shown.
        const CertificateChain pinned = buildChain(m_leaf, {m_root.certificate}, {m_issuing.certificate}, now);
        QVERIFY(pinned.isTrusted);
        QCOMPARE(pinned.issuers(), QList({m_issuing.certificate}));
        const CertificateChain itself = buildChain(m_root.certificate, {}, {m_root.certificate}, now);
        QVERIFY(itself.isTrusted);
        QCOMPARE(itself.links.size(), 1);
        const CertificateChain pinnedLeaf = buildChain(m_leaf, {}, {m_leaf}, now);
        QVERIFY(pinnedLeaf.isTrusted);
    }

    void notTrusted()
    {
        const CertificateChain noAnchor = buildChain(m_leaf, {m_issuing.certificate, m_root.certificate}, {}, now);
        QVERIFY(!noAnchor.isTrusted);
        QCOMPARE(verdicts(noAnchor), QList({Verdict::Good, Verdict::Good, Verdict::SelfSignedNotTrusted}));
        QCOMPARE(noAnchor.firstProblem()->certificate, m_root.certificate);
        const CertificateChain gap = buildChain(m_leaf, {}, {m_root.certificate}, now);
        QVERIFY(!gap.isTrusted);
        QCOMPARE(verdicts(gap), QList({Verdict::IssuerNotFound}));
        const Identity otherRoot = makeSelfSigned("CN=other root", rsaKey("other root"), now, caOptions());
        QVERIFY(!buildChain(m_leaf, {m_issuing.certificate, m_root.certificate}, {otherRoot.certificate}, now).isTrusted);
        QVERIFY(buildChain({}, {}, {m_root.certificate}, now).links.isEmpty());
        QVERIFY(!buildChain({}, {}, {m_root.certificate}, now).isTrusted);
    }

    void validity_data()
    {
        QTest::addColumn<QDateTime>("time");
        QTest::addColumn<QList<ChainLink::Verdict>>("expected");
        QTest::newRow("now") << now << QList({Verdict::Good, Verdict::Good, Verdict::Good});
        QTest::newRow("before") << now.addDays(-30) << QList({Verdict::NotYetValid, Verdict::NotYetValid, Verdict::NotYetValid});
        QTest::newRow("after") << now.addYears(2) << QList({Verdict::Expired, Verdict::Expired, Verdict::Expired});
    }
    void validity()
    {
        QFETCH(QDateTime, time);
        QFETCH(QList<ChainLink::Verdict>, expected);
        const CertificateChain chain = buildChain(m_leaf, {m_issuing.certificate}, {m_root.certificate}, time);
        QCOMPARE(verdicts(chain), expected);
        QCOMPARE(chain.isTrusted, !expected.contains(Verdict::Expired) && !expected.contains(Verdict::NotYetValid));
    }

    void issuerMayNotIssue_data()
    {
        QTest::addColumn<bool>("isCa");
        QTest::addColumn<int>("keyUsage");
        QTest::newRow("not a CA") << false << 0;
        QTest::newRow("not a CA, but keyCertSign") << false << int(KeyUsageBit::KeyCertSign);
        QTest::newRow("CA without keyCertSign") << true << int(KeyUsageBit::CrlSign);
    }
    void issuerMayNotIssue()
    {
        QFETCH(bool, isCa);
        QFETCH(int, keyUsage);
        CertificateOptions options;
        options.isCa = isCa;
        if (keyUsage != 0)
            options.keyUsage = KeyUsage(keyUsage);
        const Identity middle = issueCa("CN=middle", "middle", m_root, options);
        const CertificateChain chain = buildChain(issueLeaf(middle), {middle.certificate}, {m_root.certificate}, now);
        QVERIFY(!chain.isTrusted);
        QCOMPARE(verdicts(chain), QList({Verdict::IssuerIsNotCa, Verdict::Good, Verdict::Good}));
    }

    void pathLength()
    {
        const Identity root = makeSelfSigned("CN=short root", rsaKey("short root"), now, caOptions(0));
        const Identity first = issueCa("CN=first", "first", root);
        const Identity second = issueCa("CN=second", "second", first);
        QVERIFY(buildChain(issueLeaf(first), {first.certificate}, {root.certificate}, now).links.size() == 3);
        // One intermediate below a root with pathLen 0 is one too many, two are as well.
        QVERIFY(buildChain(issueLeaf(root), {}, {root.certificate}, now).isTrusted);
        QCOMPARE(verdicts(buildChain(issueLeaf(first), {first.certificate}, {root.certificate}, now)),
                 QList({Verdict::Good, Verdict::PathTooLong, Verdict::Good}));
        QCOMPARE(verdicts(buildChain(issueLeaf(second), {first.certificate, second.certificate}, {root.certificate}, now)),
                 QList({Verdict::Good, Verdict::Good, Verdict::PathTooLong, Verdict::Good}));
        const Identity wider = makeSelfSigned("CN=wide root", rsaKey("wide root"), now, caOptions(1));
        const Identity below = issueCa("CN=below", "below", wider, caOptions(0));
        QVERIFY(buildChain(issueLeaf(below), {below.certificate}, {wider.certificate}, now).isTrusted);
    }

    void weakSignature()
    {
        CertificateOptions md5;
        md5.digest = Digest::Md5;
        QCOMPARE(verdicts(buildChain(issueLeaf(m_root, md5), {}, {m_root.certificate}, now)),
                 QList({Verdict::WeakSignature, Verdict::Good}));
        CertificateOptions sha1;
        sha1.digest = Digest::Sha1;
        QVERIFY(buildChain(issueLeaf(m_root, sha1), {}, {m_root.certificate}, now).isTrusted);
    }

    void changedCertificate()
    {
        QByteArray der = m_leaf.der();
        der[der.size() - 1] = static_cast<char>(der[der.size() - 1] ^ 1); // the signature's last byte
        const Certificate changed = must(Certificate::fromDer(der));
        const CertificateChain chain = buildChain(changed, {m_issuing.certificate}, {m_root.certificate}, now);
        QVERIFY(!chain.isTrusted);
        QCOMPARE(verdicts(chain), QList({Verdict::SignatureInvalid, Verdict::Good, Verdict::Good}));
    }

    void sameNameDifferentKeys()
    {
        const Identity impostor = makeSelfSigned("CN=issuing", rsaKey("impostor"), now, caOptions());
        for (const QList<Certificate> &pool :
             {QList{impostor.certificate, m_issuing.certificate}, QList{m_issuing.certificate, impostor.certificate}})
            QVERIFY(buildChain(m_leaf, pool, {m_root.certificate}, now).isTrusted);
        // The impostor alone explains nothing: its key identifier is not the one the leaf names.
        QCOMPARE(verdicts(buildChain(m_leaf, {impostor.certificate}, {m_root.certificate}, now)), QList({Verdict::IssuerNotFound}));
        QVERIFY(!buildChain(m_leaf, {m_issuing.certificate}, {impostor.certificate}, now).isTrusted);
    }

    void crossCertificates()
    {
        const Identity oldRoot = makeSelfSigned("CN=old root", rsaKey("old root"), now, caOptions());
        const Certificate cross = makeCertificate("CN=root", m_root.key.publicKey(), oldRoot, now, caOptions());
        const QList<Certificate> pool{m_issuing.certificate, m_root.certificate, cross, oldRoot.certificate};
        const CertificateChain byNew = buildChain(m_leaf, pool, {m_root.certificate}, now);
        QVERIFY(byNew.isTrusted);
        QCOMPARE(byNew.links.size(), 3);
        const CertificateChain byOld = buildChain(m_leaf, pool, {oldRoot.certificate}, now);
        QVERIFY(byOld.isTrusted);
        QCOMPARE(byOld.issuers(), QList({m_issuing.certificate, cross, oldRoot.certificate}));
    }

    void expiredAlternativeComesLast()
    {
        CertificateOptions expired = caOptions();
        expired.notBefore = now.addYears(-5);
        expired.notAfter = now.addDays(-1);
        const Certificate oldIssuing = makeCertificate("CN=issuing", m_issuing.key.publicKey(), m_root, now, expired);
        for (const QList<Certificate> &pool : {QList{oldIssuing, m_issuing.certificate}, QList{m_issuing.certificate, oldIssuing}}) {
            const CertificateChain chain = buildChain(m_leaf, pool, {m_root.certificate}, now);
            QVERIFY(chain.isTrusted);
            QCOMPARE(chain.links.at(1).certificate, m_issuing.certificate);
        }
        QCOMPARE(verdicts(buildChain(m_leaf, {oldIssuing}, {m_root.certificate}, now)),
                 QList({Verdict::Good, Verdict::Expired, Verdict::Good}));
    }

    void loopsAndLength()
    {
        // Two CAs that certify each other
        const Identity a = makeSelfSigned("CN=a", rsaKey("a"), now, caOptions());
        const Identity b = makeSelfSigned("CN=b", rsaKey("b"), now, caOptions());
        const Certificate aByB = makeCertificate("CN=a", a.key.publicKey(), b, now, caOptions());
        const Certificate bByA = makeCertificate("CN=b", b.key.publicKey(), a, now, caOptions());
        const CertificateChain loop = buildChain(issueLeaf(a), {aByB, bByA}, {m_root.certificate}, now);
        QVERIFY(!loop.isTrusted);
        QCOMPARE(loop.links.last().verdict, Verdict::IssuerNotFound);

        Identity issuer = m_root;
        QList<Certificate> pool;
        for (int i = 0; i < 12; ++i) {
            issuer = issueCa(QString("CN=level %1").arg(i), QString("level %1").arg(i % 2), issuer);
            pool.append(issuer.certificate);
        }
        const CertificateChain tooLong = buildChain(issueLeaf(issuer), pool, {m_root.certificate}, now);
        QVERIFY(!tooLong.isTrusted);
        QCOMPARE(tooLong.links.size(), 10);
        QCOMPARE(tooLong.links.last().verdict, Verdict::IssuerNotFound);
    }

    void poolMadeToExplode()
    {
        // One name, one key, many certificates: each signs each of the others.
        const Identity evil = makeSelfSigned("CN=evil", rsaKey("evil"), now, caOptions());
        const Identity parent{makeCertificate("CN=evil", evil.key.publicKey(), evil, now, caOptions()), evil.key};
        QList<Certificate> pool;
        for (int i = 0; i < 30; ++i)
            pool.append(makeCertificate("CN=evil", rsaKey(QString("evil %1").arg(i % 3)).publicKey(), parent, now, caOptions()));
        QElapsedTimer timer;
        timer.start();
        const CertificateChain chain = buildChain(issueLeaf(evil), pool, {m_root.certificate}, now);
        QVERIFY(!chain.isTrusted);
        QVERIFY2(timer.elapsed() < 2000, qPrintable(QString::number(timer.elapsed())));
    }

private:
    Identity m_root;
    Identity m_issuing;
    Certificate m_leaf;
};

QTEST_GUILESS_MAIN(TestCertificateChain)
#include "tst_certificatechain.moc"
