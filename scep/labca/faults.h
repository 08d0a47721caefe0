// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/pki/error.h"

#include <QList>
#include <QString>
#include <QStringList>

#include <optional>

namespace LabCa {

/// What a Lab CA can do wrong on purpose. The first group is about HTTP, the second about the CertRep.
enum class Fault {
    Drop,
    Stall,
    Truncate,
    Cut,
    Html,
    ServerError,
    BigBody,
    SlowDrip,
    DuplicateReply,

    WrongNonce,
    WrongTransactionId,
    WrongMessageType,
    WrongSigner,
    NoSignerInfo,
    NoSignerCertificate,
    ForeignKey,
    ExtraCertificates,
    PendingForEver,
    BadAlgorithm,
};

/// For menus and the command line.
struct FaultName {
    Fault fault = Fault::Drop;
    QString name;        ///< "wrong-nonce"
    QString description; ///< one line
    QString unit = {};   ///< of its number ("seconds", "MiB"); empty: it takes none
    int standard = 0;    ///< the number when none is given
    bool isAboutHttp = true;
};
const QList<FaultName> &faultNames();
const FaultName &nameOf(Fault fault);

/// One fault, how much of it, and whom it strikes.
struct FaultRule {
    Fault fault = Fault::Drop;
    int amount = 0;                                     ///< in the unit of its name
    int percent = 100;                                  ///< of the answers to each client address, evenly mixed
    QString operation = QStringLiteral("PKIOperation"); ///< which answers; empty: all

    friend bool operator==(const FaultRule &, const FaultRule &) = default;
};

/// Any number of faults. Plain value. Text form, one a rule: "wrong-nonce", "stall=20", "drop:10%", "html@GetCACert", "cut@any:5%".
struct FaultPlan {
    QList<FaultRule> rules;
    quint64 seed = 0; ///< the same seed strikes the same answers

    /// Each text may hold several rules, separated by commas. Errors: InvalidArgument (detail: which rule, and why).
    static Pki::Result<FaultPlan> fromText(const QStringList &texts);
    [[nodiscard]] QStringList toText() const;

    /// Whether `rule` strikes the answer number `number` (from 0) to `client`. Of each hundred answers, exactly `percent` are struck.
    [[nodiscard]] bool strikes(const FaultRule &rule, const QString &client, quint64 number) const;

    friend bool operator==(const FaultPlan &, const FaultPlan &) = default;
};

} // namespace LabCa
