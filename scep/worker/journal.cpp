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

} // namespace Scep
