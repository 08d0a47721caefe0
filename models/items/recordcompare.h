// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/records/records.h"

#include <QLocale>

namespace Models {

// Whether a row has to be painted again. Certificates are compared by their bytes, keys not at all: lists hold none.

inline bool isSame(const ServerRecord &a, const ServerRecord &b)
{
    return a.server == b.server && a.knowledge == b.knowledge && a.extras == b.extras && a.damage == b.damage;
}

inline bool isSame(const RequestRecord &a, const RequestRecord &b)
{
    const bool sameCurrent = a.current.has_value() == b.current.has_value() &&
                             (!a.current || (a.current->id == b.current->id && a.current->certificate == b.current->certificate &&
                                             a.current->revocation == b.current->revocation));
    return a.request == b.request && a.transaction == b.transaction && sameCurrent && a.certificateCount == b.certificateCount &&
           a.extras == b.extras && a.delivery == b.delivery && a.damage == b.damage && a.hasChallenge == b.hasChallenge &&
           a.hasProvidedCsr == b.hasProvidedCsr && a.hasProvidedKey == b.hasProvidedKey && a.isKeyWithDevice == b.isKeyWithDevice;
}

inline bool isSame(const CaStoreRecord &a, const CaStoreRecord &b)
{
    return a.id == b.id && a.server == b.server && a.name == b.name && a.role == b.role && a.stage == b.stage && a.isAnchor == b.isAnchor &&
           a.isImported == b.isImported && a.certificate == b.certificate;
}

/// "21/11/2027 14:05" as the user's locale writes it, in his time zone.
inline QString localTime(const QDateTime &time)
{
    return time.isValid() ? QLocale().toString(time.toLocalTime(), QLocale::ShortFormat) : QString();
}

} // namespace Models
