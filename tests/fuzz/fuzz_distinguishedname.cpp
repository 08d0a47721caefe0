// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/pki/distinguishedname.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    const QByteArray bytes(reinterpret_cast<const char *>(data), static_cast<qsizetype>(size));
    if (const auto name = Pki::DistinguishedName::fromText(QString::fromUtf8(bytes))) {
        // What we write must be read back to what names the same; string types may differ (RFC 5280 7.1). A value that came as its encoding
        // may be one that nobody may write as text: a country of three letters.
        const auto again = Pki::DistinguishedName::fromText(name->toText());
        if (again ? !Pki::matches(*again, *name) : !bytes.contains('#'))
            __builtin_trap();
    }
    if (const auto name = Pki::DistinguishedName::fromDer(bytes)) {
        (void)name->toText();
        (void)name->toRfc4514();
        (void)name->relativeNames();
    }
    return 0;
}
