// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/protocol/pkirequest.h"
#include "tests/support/testca.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    static const QDateTime now(QDate(2026, 1, 1), QTime(0, 0), Qt::UTC);
    static const auto ca = TestSupport::TestCa::create(QStringLiteral("Fuzz"), now);
    const QByteArray message(reinterpret_cast<const char *>(data), static_cast<qsizetype>(size));
    (void)Scep::readPkiRequest(message, ca.ra.certificate, ca.ra.key);
    (void)Scep::issuerAndSubjectFromDer(message);
    (void)Pki::IssuerAndSerialNumber::fromDer(message);
    return 0;
}
