// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/pki/error.h"

#include <QByteArray>
#include <QString>

namespace Pki {

/// An object identifier in dotted form, checked (at least two arcs, first 0..2, each arc a number without leading zeros).
class Oid
{
public:
    Oid() = default;
    static Result<Oid> fromText(const QString &dotted); ///< InvalidObjectIdentifier
    /// For literals in code; aborts when the literal is wrong.
    static Oid literal(const char *dotted);

    [[nodiscard]] QString toText() const { return m_dotted; }
    /// The usual short name ("CN", "serverAuth"), or the dotted form when there is none.
    [[nodiscard]] QString displayName() const;
    [[nodiscard]] bool isEmpty() const { return m_dotted.isEmpty(); }

    friend bool operator==(const Oid &, const Oid &) = default;
    friend auto operator<=>(const Oid &a, const Oid &b) { return a.m_dotted.compare(b.m_dotted) <=> 0; }

private:
    explicit Oid(QString dotted)
        : m_dotted(std::move(dotted))
    {}
    QString m_dotted;
};

QDebug operator<<(QDebug debug, const Oid &oid);

} // namespace Pki
