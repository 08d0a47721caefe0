// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QJsonObject>
#include <QMap>
#include <QSet>
#include <QString>
#include <QStringList>

namespace Test {

/// The tables of scepctl's pages below their heading "JSON": heading -> the fields in the first column.
class DocumentedFields
{
public:
    void read(const QString &page); ///< aborts when it cannot be read

    /// Why the members of `object` are not those that the sections describe together; empty when they are.
    [[nodiscard]] QString compare(const QJsonObject &object, const QStringList &sections);
    /// The same for each object of an array, which must not be empty.
    [[nodiscard]] QString compareAll(const QJsonValue &array, const QStringList &sections);
    /// Sections of `page` that were never compared, and their optional fields that were never printed.
    [[nodiscard]] QStringList unseen(const QString &page) const;

private:
    struct Section {
        QString page;
        QSet<QString> always;
        QSet<QString> optional;
        bool wasCompared = false;
    };
    QMap<QString, Section> m_sections;
    QSet<QString> m_seen;
};

} // namespace Test
