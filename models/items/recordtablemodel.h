// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/items/recordcompare.h"

#include <QAbstractTableModel>

#include <algorithm>

namespace Models {

inline Scep::ServerId idOf(const ServerRecord &record)
{
    return record.server.id;
}

inline Scep::RequestId idOf(const RequestRecord &record)
{
    return record.request.id;
}

/// A table of records, one a row, ordered by id. Changes are merged row by row, never by reset, so that selection and scroll position
/// survive. What the columns show is the subclass's.
template <typename Record, typename Id>
class RecordTableModel : public QAbstractTableModel
{
public:
    using QAbstractTableModel::QAbstractTableModel;

    /// The difference to the rows there are is merged.
    void setRecords(const QList<Record> &records)
    {
        QList<Record> wanted = records;
        std::sort(wanted.begin(), wanted.end(), [](const Record &a, const Record &b) { return idOf(a) < idOf(b); });
        for (qsizetype last = m_records.size() - 1; last >= 0; --last) {
            const auto isUnwanted = [&](qsizetype row) {
                const Id id = idOf(m_records.at(row));
                return !holds(wanted, place(wanted, id), id);
            };
            if (!isUnwanted(last))
                continue;
            qsizetype first = last;
            while (first > 0 && isUnwanted(first - 1))
                --first;
            beginRemoveRows({}, static_cast<int>(first), static_cast<int>(last));
            m_records.remove(first, last - first + 1);
            endRemoveRows();
            last = first;
        }
        // Runs of new ones come in one step each: a list of many thousands is there at once.
        for (qsizetype i = 0; i < wanted.size();) {
            if (i < m_records.size() && idOf(m_records.at(i)) == idOf(wanted.at(i))) {
                setRecord(wanted.at(i++));
                continue;
            }
            qsizetype end = i;
            while (end < wanted.size() && (i == m_records.size() || idOf(wanted.at(end)) < idOf(m_records.at(i))))
                ++end;
            beginInsertRows({}, static_cast<int>(i), static_cast<int>(end) - 1);
            if (i == m_records.size()) {
                m_records.append(wanted.sliced(i, end - i));
            } else {
                m_records.insert(i, end - i, Record());
                std::copy(wanted.cbegin() + i, wanted.cbegin() + end, m_records.begin() + i);
            }
            endInsertRows();
            i = end;
        }
    }

    /// Adds or changes one.
    void setRecord(const Record &record)
    {
        const qsizetype at = place(m_records, idOf(record));
        const int row = static_cast<int>(at);
        if (!holds(m_records, at, idOf(record))) {
            beginInsertRows({}, row, row);
            m_records.insert(at, record);
            endInsertRows();
        } else if (!isSame(m_records.at(at), record)) {
            m_records[at] = record;
            emit dataChanged(index(row, 0), index(row, columnCount({}) - 1));
        }
    }

    void removeRecord(Id id)
    {
        const QModelIndex found = indexOf(id);
        if (!found.isValid())
            return;
        beginRemoveRows({}, found.row(), found.row());
        m_records.removeAt(found.row());
        endRemoveRows();
    }

    [[nodiscard]] const Record *record(const QModelIndex &index) const
    {
        return index.isValid() && checkIndex(index, CheckIndexOption::IndexIsValid) ? &m_records.at(index.row()) : nullptr;
    }
    [[nodiscard]] const Record *record(Id id) const { return record(indexOf(id)); }
    [[nodiscard]] QModelIndex indexOf(Id id) const
    {
        const qsizetype at = place(m_records, id);
        return holds(m_records, at, id) ? index(static_cast<int>(at), 0) : QModelIndex();
    }

    [[nodiscard]] int rowCount(const QModelIndex &parent = {}) const override
    {
        return parent.isValid() ? 0 : static_cast<int>(m_records.size());
    }

protected:
    [[nodiscard]] const QList<Record> &records() const { return m_records; }

private:
    /// Where the record with this id stands, or where it has to be put.
    static qsizetype place(const QList<Record> &records, Id id)
    {
        return std::lower_bound(records.begin(), records.end(), id, [](const Record &record, Id wanted) { return idOf(record) < wanted; }) -
               records.begin();
    }
    static bool holds(const QList<Record> &records, qsizetype at, Id id) { return at < records.size() && idOf(records.at(at)) == id; }

    QList<Record> m_records; ///< sorted by id
};

} // namespace Models
