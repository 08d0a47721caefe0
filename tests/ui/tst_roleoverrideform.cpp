// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/testca.h"
#include "ui/widgets/fieldnote.h"
#include "ui/widgets/roleoverrideform.h"

#include <QComboBox>
#include <QLineEdit>
#include <QSignalSpy>
#include <QTest>

using Gui::RoleOverrideForm;

/// A technician's own choice of a server's certificates: kept with its reason, never lost by itself.
class TestRoleOverrideForm final : public QObject
{
    Q_OBJECT

private slots:
    void initTestCase()
    {
        m_ca = TestSupport::TestCa::create();
        m_offered.certificates = {m_ca.issuing.certificate, m_ca.raEncryption.certificate, m_ca.raSigning.certificate};
    }

    void automaticNeedsNoReason()
    {
        const RoleOverrideForm form(m_offered, {});
        QVERIFY(form.isValid());
        QCOMPARE(form.roleOverride(), Scep::RoleOverride());
        QVERIFY(!form.findChild<QLineEdit *>("roleReasonEdit")->isEnabled());
        QCOMPARE(form.findChild<QComboBox *>("encryptionRoleCombo")->count(), 4); // automatic and three certificates
    }

    void choiceNeedsItsReason()
    {
        RoleOverrideForm form(m_offered, {});
        QSignalSpy changed(&form, &RoleOverrideForm::changed);
        auto *encryption = form.findChild<QComboBox *>("encryptionRoleCombo");
        encryption->setCurrentIndex(encryption->findData(m_ca.raEncryption.certificate.fingerprint().toHex()));
        QCOMPARE(changed.size(), 1);
        QVERIFY(!form.isValid());
        QVERIFY(form.findChild<Gui::FieldNote *>("roleNote")->text().contains("Say why"));
        form.findChild<QLineEdit *>("roleReasonEdit")->setText("  its keyUsage is wrong ");
        QVERIFY(form.isValid());
        QCOMPARE(form.roleOverride().encryption, m_ca.raEncryption.certificate.fingerprint());
        QVERIFY(form.roleOverride().signing.isEmpty());
        QCOMPARE(form.roleOverride().reason, QString("its keyUsage is wrong"));
        encryption->setCurrentIndex(0); // back to automatic: the reason goes with the choice
        QCOMPARE(form.roleOverride(), Scep::RoleOverride());
        QVERIFY(form.isValid());
    }

    void choiceOutlivesTheOffer()
    {
        // The server does not offer the chosen certificate now: forgetting the choice silently would trust another one.
        Scep::RoleOverride kept;
        kept.signing = m_ca.ra.certificate.fingerprint();
        kept.reason = "signs with its old key";
        const RoleOverrideForm form(m_offered, kept);
        QCOMPARE(form.roleOverride(), kept);
        QVERIFY(form.isValid());
        QVERIFY(form.findChild<QComboBox *>("signingRoleCombo")->currentText().contains("not offered now"));
    }

private:
    TestSupport::TestCa m_ca;
    Scep::CaCertificates m_offered;
};

QTEST_MAIN(TestRoleOverrideForm)
#include "tst_roleoverrideform.moc"
