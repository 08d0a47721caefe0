// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/pki/pkcs12.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    static const Pki::SecretBytes passphrase{QByteArrayView("fuzz")};
    const QByteArray bytes(reinterpret_cast<const char *>(data), static_cast<qsizetype>(size));
    (void)Pki::fromPkcs12(bytes, passphrase);
    return 0;
}
