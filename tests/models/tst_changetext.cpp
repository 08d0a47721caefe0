// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/service/changetext.h"

#include <QSet>
#include <QTest>

using namespace Models;
using Effect = Scep::ChangeEffect;

class TestChangeText : public QObject
{
    Q_OBJECT

private slots:
    void eachEffectHasASentenceOfItsOwn()
    {
        const QList<Effect> all = Scep::toList(Scep::ChangeEffects::fromInt(0x7fff));
        QCOMPARE(all.size(), 15);
        QSet<QString> seen;
        for (const Effect effect : all) {
            const QStringList texts = changeTexts(effect);
            QCOMPARE(texts.size(), 1);
            QVERIFY2(texts.first().endsWith('.'), qPrintable(texts.first()));
            seen.insert(texts.first());
        }
        QCOMPARE(seen.size(), all.size());
        QVERIFY(changeTexts({}).isEmpty());
    }

    /// What an open transaction brings does not show the change: nothing may say that the next certificate does.
    void behindAnOpenTransaction()
    {
        for (const Effect effect :
             {Effect::NewEnrollment, Effect::ChangesNextRequest, Effect::NewKeyAtRenewal, Effect::KeepsKeyAtRenewal}) {
            const QStringList alone = changeTexts(effect);
            const QStringList behind = changeTexts(effect | Effect::AfterOpenTransaction);
            QCOMPARE(behind.size(), 2);
            QVERIFY2(behind.first().contains("ends as it was sent"), qPrintable(behind.first()));
            QVERIFY(behind.at(1) != alone.first());
            QVERIFY2(!behind.at(1).contains("next certificate"), qPrintable(behind.at(1)));
        }
        // The rest stays as it is.
        QCOMPARE(changeTexts(Effect::MovesRenewal | Effect::NewKeyAtRenewal | Effect::AfterOpenTransaction).last(),
                 changeTexts(Effect::MovesRenewal).first());
    }
};

QTEST_GUILESS_MAIN(TestChangeText)
#include "tst_changetext.moc"
