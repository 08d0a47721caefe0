// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/protocol/cacertificates.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    const QByteArray body(reinterpret_cast<const char *>(data), static_cast<qsizetype>(size));
    const auto offered = Scep::parseCaCertificates(body, QStringLiteral("application/x-x509-ca-ra-cert"));
    if (!offered)
        return 0;
    const QDateTime now(QDate(2026, 1, 1), QTime(0, 0), Qt::UTC);
    for (const Pki::Certificate &certificate : offered->certificates)
        (void)Scep::chooseRoles(*offered, certificate, now);
    (void)Scep::certificateToConfirm(*offered);
    return 0;
}
