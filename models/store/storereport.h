// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QString>

namespace Models {

/// What a check of the store found.
struct StoreReport {
    struct Problem {
        QString object; ///< "certificate 17", "the database file"
        QString what;   ///< a fragment: "its private key cannot be opened"

        friend bool operator==(const Problem &, const Problem &) = default;
    };
    QList<Problem> problems; ///< none: all is well
    int servers = 0;
    int requests = 0;
    int certificates = 0;
    int openTransactions = 0;
    int openedKeys = 0;       ///< sealed secrets that were opened and read
    bool keysChecked = false; ///< false: not asked for, or the vault is locked

    [[nodiscard]] bool isGood() const { return problems.isEmpty(); }
    [[nodiscard]] QString toText() const; ///< one problem a line
};

} // namespace Models
