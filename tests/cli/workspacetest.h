// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/cli/documentedfields.h"
#include "tests/cli/labcaprocess.h"

#include <QObject>
#include <QTest>

#define COMPARE_FIELDS(object, ...) \
    do { \
        const QString complaint = m_fields.compare(object, __VA_ARGS__); \
        QVERIFY2(complaint.isEmpty(), qPrintable(complaint)); \
    } while (false)
#define COMPARE_ALL_FIELDS(array, ...) \
    do { \
        const QString complaint = m_fields.compareAll(array, __VA_ARGS__); \
        QVERIFY2(complaint.isEmpty(), qPrintable(complaint)); \
    } while (false)

namespace Test {

/// What the tests of scepctl on a workspace share: a folder with secrets, two Lab CAs, and the pages that describe the output.
class WorkspaceTest : public QObject
{
protected:
    /// The files pass, challenge, p12pass and wrong, and the Lab CAs.
    void prepare();
    /// With the workspace, as JSON; open(): with its pass phrase too.
    ScepctlResult run(const QStringList &words, const QStringList &options = {});
    ScepctlResult open(const QStringList &words, const QStringList &options = {});
    /// Each setting of `show` as the option that edit takes.
    static QStringList asOptions(const QJsonObject &settings);
    QJsonObject request(const QString &label) { return run({"request", "show", label}).json(); }
    /// What a device makes: NAME.key and NAME.csr.
    void makeCsr(const QString &name, const QString &subject);
    [[nodiscard]] bool storeHolds(const QByteArray &text) const; ///< the database, in clear
    /// The first secret that was ever printed, or nothing.
    [[nodiscard]] QString secretsPrinted() const;
    /// What the pages say and was never seen, or what is not on them, of the sections and verbs that are this test's; or nothing.
    [[nodiscard]] QString undescribed(const QString &test, const QStringList &nouns) const;

    ScepctlProgram m_scepctl;
    std::unique_ptr<LabCaProcess> m_auto;    ///< wants the challenge, grants at once
    std::unique_ptr<LabCaProcess> m_approve; ///< a person approves
    DocumentedFields m_fields;

private:
    QByteArray m_everything; ///< all that was ever printed
};

} // namespace Test
