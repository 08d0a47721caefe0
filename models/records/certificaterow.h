// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/worker/enrollmentrequest.h"

#include <QDateTime>
#include <QList>
#include <QString>

#include <optional>

namespace Models {

/// An issued certificate as the list of all certificates shows it: read from columns, nothing decoded.
struct CertificateRow {
    Scep::CertificateId id;
    Scep::RequestId request;
    Scep::ServerId server;
    QString requestLabel;
    QString subject;
    QString issuer;
    QString serialNumber; ///< hex, lower case
    QDateTime notBefore;  ///< UTC
    QDateTime notAfter;   ///< UTC
    bool isCurrent = false;
    bool hasKey = false;
    std::optional<Scep::Revocation> revocation = {}; ///< as far as a CRL has told

    enum class State { NotYetValid, Valid, Expired, Revoked };
    /// Revoked is for good, also when the certificate has expired meanwhile.
    [[nodiscard]] State stateAt(const QDateTime &now) const
    {
        return revocation ? State::Revoked : now < notBefore ? State::NotYetValid : now > notAfter ? State::Expired : State::Valid;
    }
    friend bool operator==(const CertificateRow &, const CertificateRow &) = default;
};

/// Which certificates, in which order. The default is all of them, newest first.
struct CertificateQuery {
    enum class Order { NewestFirst, BySubject, ByExpiry };
    enum class Validity { Any, NotYetValid, Valid, Expired, Revoked }; ///< Valid and NotYetValid: those that are not revoked
    QString text; ///< part of the subject, of the request's label, or of the serial number (colons and case do not matter)
    Scep::ServerId server = {};
    Scep::RequestId request = {};
    Validity validity = Validity::Any;
    bool onlyCurrent = false;
    QDateTime expiresBefore = {}; ///< invalid: no limit
    Order order = Order::NewestFirst;

    friend bool operator==(const CertificateQuery &, const CertificateQuery &) = default;
};

/// A part of the answer.
struct CertificatePage {
    QList<CertificateRow> rows;
    int offset = 0;
    bool isLast = false; ///< nothing comes behind it
};

} // namespace Models
