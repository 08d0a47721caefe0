// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/pki/container.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    const QByteArrayView bytes(reinterpret_cast<const char *>(data), static_cast<qsizetype>(size));
    const auto container = Pki::readContainer(bytes);
    if (!container)
        return 0;
    for (const Pki::Certificate &certificate : container->certificates) {
        (void)certificate.subject().toText();
        (void)certificate.extensions();
        (void)certificate.asn1Text();
        (void)certificate.isSelfSigned();
    }
    return 0;
}
