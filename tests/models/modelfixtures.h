// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/records/records.h"
#include "tests/support/testca.h"

/// Filled-in records for the tests of models: every field differs from its default, so that a forgotten one is noticed.
namespace Fixtures {

inline const QDateTime now = QDateTime(QDate(2026, 3, 1), QTime(12, 0), Qt::UTC);

Scep::EnrollmentServer server(const QString &label, const TestSupport::TestCa &ca);
Scep::ServerKnowledge knowledge(Scep::ServerId id, const TestSupport::TestCa &ca);
Scep::CaRoles roles(const TestSupport::TestCa &ca);
Scep::EnrollmentRequest request(const QString &label, Scep::ServerId server);
/// A transaction with a key of its own, its CSR with this challenge inside.
Scep::Transaction transaction(Scep::RequestId request, Scep::ServerId server, const TestSupport::TestCa &ca, const QString &id = "ABCDEF01",
                              const QByteArray &challenge = "one-time-secret");
/// The certificate that `ca` issues for it.
Scep::IssuedCertificate issued(const Scep::Transaction &transaction, const TestSupport::TestCa &ca);

} // namespace Fixtures
