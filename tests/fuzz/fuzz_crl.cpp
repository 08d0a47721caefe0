// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/pki/crl.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    const QByteArray bytes(reinterpret_cast<const char *>(data), static_cast<qsizetype>(size));
    const auto crl = Pki::Crl::fromBytes(bytes);
    if (!crl)
        return 0;
    (void)crl->revoked();
    (void)crl->issuer().toText();
    (void)crl->crlNumber();
    (void)crl->find(Pki::SerialNumber(QByteArray(1, 1)));
    return 0;
}
