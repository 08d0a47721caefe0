// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/records/requestextras.h"
#include "scep/pki/certificationrequest.h"
#include "scep/worker/enrollmentrequest.h"

#include <QDateTime>
#include <QString>

namespace Models {

/// Something deleted that can still be brought back.
struct BinRecord {
    enum class Kind { Server, Request, Certificate };
    Kind kind = Kind::Request;
    qint64 id = 0;
    QString label;        ///< as it was; of a certificate: its subject
    QDateTime deletedAt;  ///< UTC
    int certificates = 0; ///< that go with it

    friend bool operator==(const BinRecord &, const BinRecord &) = default;
};

/// The process that may write to a workspace.
struct WorkspaceHolder {
    qint64 process = 0;
    QString program;
    QString host;
    QDateTime since; ///< UTC; invalid: unknown

    [[nodiscard]] QString toText() const; ///< "scepter (process 812 on lab-pc)"
    friend bool operator==(const WorkspaceHolder &, const WorkspaceHolder &) = default;
};

/// How much the store keeps.
struct StoreSettings {
    int mostExchanges = 2000;
    qint64 mostExchangeBytes = 64LL * 1024 * 1024;
    int exchangeDays = 90; ///< older ones go; 0: never for their age
    int binDays = 30;      ///< what was deleted longer ago goes for good; 0: never by itself
    int backups = 7;       ///< automatic ones that are kept; 0: none are made

    friend bool operator==(const StoreSettings &, const StoreSettings &) = default;
};

/// A request to be added with others in one step. The secrets move in.
struct NewRequest {
    Scep::EnrollmentRequest request;
    Pki::SecretBytes challenge = {};
    Pki::PrivateKey key = {};           ///< null: one will be made
    Pki::CertificationRequest csr = {}; ///< null: one will be made
    Extras extras = {};
};

} // namespace Models
