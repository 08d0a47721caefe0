// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/verb.h"
#include "scep/labca/depot.h"

namespace Cli {

// What the verbs of `scepctl lab-ca` share.

void addFolderOption(VerbParser &parser);
/// The Lab CA in --dir. Errors: InvalidArgument, those of Depot::open().
Pki::Result<LabCa::Depot> depotFromOptions(const VerbParser &parser);
QJsonObject toJson(const LabCa::Enrollment &enrollment);
ResultLines toLines(const LabCa::Enrollment &enrollment);
/// Opens the Lab CA, finds the one enrollment whose transactionID begins with the first positional, and tells what `change` made of it.
int changeEnrollment(const VerbParser &parser, const Terminal &terminal,
                     const std::function<Pki::Result<LabCa::Enrollment>(LabCa::Depot &, const Scep::TransactionId &)> &change);

int runLabCaRevoke(const QStringList &arguments, const Terminal &terminal);
int runLabCaCrl(const QStringList &arguments, const Terminal &terminal);
int runLabCaRollover(const QStringList &arguments, const Terminal &terminal);

} // namespace Cli
