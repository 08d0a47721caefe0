// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDebug>
#include <QHashFunctions>
#include <QtGlobal>

namespace Scep {

/// A row id that cannot be mistaken for another table's. 0: not stored yet.
template <typename Tag>
struct RowId {
    qint64 value = 0;

    [[nodiscard]] bool isNull() const { return value == 0; }
    friend auto operator<=>(const RowId &, const RowId &) = default;
    friend size_t qHash(const RowId &id, size_t seed = 0) { return ::qHash(id.value, seed); }
    friend QDebug operator<<(QDebug debug, const RowId &id) { return debug << id.value; }
};

using ServerId = RowId<struct ServerTag>;
using RequestId = RowId<struct RequestTag>;
using CertificateId = RowId<struct CertificateTag>;

} // namespace Scep
