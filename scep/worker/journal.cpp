// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/worker/journal.h"

namespace Scep {

Result<QList<DueEnrollment>> Journal::dueEnrollments()
{
    return QList<DueEnrollment>();
}

Result<Pki::PrivateKey> Journal::clientKey(ServerId)
{
    return Pki::PrivateKey();
}

Result<Pki::SecretBytes> Journal::proxyPassword(ServerId)
{
    return Pki::SecretBytes();
}

Result<void> Journal::recordRevocations(const RevocationList &)
{
    return {};
}

} // namespace Scep
