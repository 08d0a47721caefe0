// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/cli/documentedfields.h"

#include <QFile>
#include <QJsonArray>
#include <QRegularExpression>

namespace Test {

void DocumentedFields::read(const QString &page)
{
    QFile file(page);
    if (!file.open(QIODevice::ReadOnly))
        qFatal("cannot read %s", qPrintable(page));
    bool isReference = false;
    QString heading;
    static const QRegularExpression row("^\\| `([A-Za-z0-9]+)` \\| (.*)$");
    for (const QString &line : QString::fromUtf8(file.readAll()).split('\n')) {
        isReference = isReference || line.startsWith("# JSON");
        if (line.startsWith('#'))
            heading = line.section(' ', 1).trimmed();
        const auto match = row.match(line);
        if (!isReference || !match.hasMatch())
            continue;
        m_sections[heading].page = page;
        (match.captured(2).startsWith("*optional*") ? m_sections[heading].optional : m_sections[heading].always).insert(match.captured(1));
    }
}

QString DocumentedFields::compare(const QJsonObject &object, const QStringList &sections)
{
    QSet<QString> always;
    QSet<QString> optional;
    for (const QString &name : sections) {
        if (!m_sections.contains(name))
            return "no section " + name;
        m_sections[name].wasCompared = true;
        always += m_sections[name].always;
        optional += m_sections[name].optional;
    }
    const QStringList keys = object.keys();
    const QSet<QString> found(keys.begin(), keys.end());
    const QSet<QString> unknown = found - always - optional;
    const QSet<QString> missing = always - found;
    if (!unknown.isEmpty())
        return sections.join('+') + ": not described: " + QStringList(unknown.values()).join(' ');
    if (!missing.isEmpty())
        return sections.join('+') + ": not printed: " + QStringList(missing.values()).join(' ');
    for (const QString &name : sections) {
        for (const QString &field : found &m_sections[name].optional)
            m_seen.insert(name + '.' + field);
    }
    return {};
}

QString DocumentedFields::compareAll(const QJsonValue &array, const QStringList &sections)
{
    if (array.toArray().isEmpty())
        return sections.join('+') + ": an empty list shows nothing";
    for (const QJsonValue &each : array.toArray()) {
        if (const QString complaint = compare(each.toObject(), sections); !complaint.isEmpty())
            return complaint;
    }
    return {};
}

QStringList DocumentedFields::unseen(const QString &page) const
{
    QStringList names;
    for (auto section = m_sections.cbegin(); section != m_sections.cend(); ++section) {
        if (section->page != page)
            continue;
        if (!section->wasCompared)
            names.append(section.key());
        for (const QString &field : section->optional) {
            if (!m_seen.contains(section.key() + '.' + field))
                names.append(section.key() + '.' + field);
        }
    }
    return names;
}

} // namespace Test
