// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/protocol/identifiers.h"

#include <QSet>
#include <QStringList>

namespace Scep {

/// What GetCACaps told (RFC 8894 3.5.2). Keywords are compared as whole lines without case; unknown ones are kept for display.
class Capabilities
{
public:
    enum class Keyword {
        Aes,
        Des3,
        GetNextCaCert,
        PostPkiOperation,
        Renewal,
        Sha1,
        Sha224,
        Sha256,
        Sha384,
        Sha512,
        ScepStandard,
        Des,
        Md5,
        Update
    };

    Capabilities() = default;
    /// LF, CRLF, CR, BOM, blanks, missing last line end: all fine. HTML or nothing usable gives the empty set of an ancient server.
    static Capabilities fromBody(const QByteArray &body);
    static Capabilities fromLines(const QStringList &lines);

    /// As announced, with what SCEPStandard implies (AES, POSTPKIOperation, SHA-256; RFC 8894 3.5.2).
    [[nodiscard]] bool has(Keyword keyword) const;
    [[nodiscard]] bool isEmpty() const { return m_lines.isEmpty(); }
    [[nodiscard]] QStringList lines() const { return m_lines; } ///< as received, trimmed, in order
    [[nodiscard]] QStringList unknown() const;
    /// Keywords that `earlier` had and this set has not: somebody may be stripping them.
    [[nodiscard]] QStringList missingSince(const Capabilities &earlier) const;

    friend bool operator==(const Capabilities &, const Capabilities &) = default;

private:
    QStringList m_lines;
    QSet<Keyword> m_keywords;
};

size_t qHash(Capabilities::Keyword keyword, size_t seed = 0);
QString displayName(Capabilities::Keyword keyword); ///< "POSTPKIOperation"

} // namespace Scep
