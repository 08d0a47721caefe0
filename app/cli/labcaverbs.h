// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/labcaoptions.h"

namespace Cli {

// The verbs of `scepctl lab-ca`, and what those share that show enrollments.

QJsonObject toJson(const LabCa::Enrollment &enrollment);
ResultLines toLines(const LabCa::Enrollment &enrollment);
/// Says which files were left out, and keeps it in `object`.
void warnOfDamaged(const Terminal &terminal, const QStringList &damaged, QJsonObject *object);
/// Opens the Lab CA, finds the one enrollment whose transactionID or serial number begins with the first positional, and tells what
/// `change` made of it.
int changeEnrollment(const VerbParser &parser, const Terminal &terminal,
                     const std::function<Pki::Result<LabCa::Enrollment>(LabCa::Depot &, const Scep::TransactionId &)> &change);

int runLabCaServe(const QStringList &arguments, const Terminal &terminal);
int runLabCaInit(const QStringList &arguments, const Terminal &terminal);
int runLabCaRegister(const QStringList &arguments, const Terminal &terminal);
int runLabCaUnregister(const QStringList &arguments, const Terminal &terminal);
int runLabCaEntities(const QStringList &arguments, const Terminal &terminal);
int runLabCaProfiles(const QStringList &arguments, const Terminal &terminal);
int runLabCaRevoke(const QStringList &arguments, const Terminal &terminal);
int runLabCaCrl(const QStringList &arguments, const Terminal &terminal);
int runLabCaRollover(const QStringList &arguments, const Terminal &terminal);

} // namespace Cli
