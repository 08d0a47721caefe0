// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/protocol/nextca.h"
#include "tests/support/testca.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    static const QDateTime now(QDate(2026, 1, 1), QTime(0, 0), Qt::UTC);
    static const auto ca = TestSupport::TestCa::create(QStringLiteral("Fuzz"), now);
    static const auto roles = [] {
        Scep::CaCertificates offered;
        offered.certificates = {ca.root.certificate, ca.issuing.certificate, ca.ra.certificate};
        return TestSupport::must(Scep::chooseRoles(offered, ca.root.certificate, now));
    }();
    const QByteArray bytes(reinterpret_cast<const char *>(data), static_cast<qsizetype>(size));
    if (Scep::processNextCa(bytes, roles, now))
        __builtin_trap(); // an announcement that nobody signed was accepted
    // The same bytes as what the current CA did sign: here the reading of the content is reached.
    const auto signedByUs = Pki::signCms(bytes, ca.ra.certificate, ca.ra.key, {});
    if (signedByUs)
        (void)Scep::processNextCa(*signedByUs, roles, now);
    return 0;
}
