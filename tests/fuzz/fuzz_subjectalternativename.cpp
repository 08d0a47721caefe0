// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/pki/subjectalternativename.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    const QByteArray bytes(reinterpret_cast<const char *>(data), static_cast<qsizetype>(size));
    if (const auto names = Pki::subjectAlternativeNamesFromText(QString::fromUtf8(bytes))) {
        const auto der = Pki::subjectAlternativeNamesToDer(*names);
        if (der && !Pki::subjectAlternativeNamesFromDer(*der))
            __builtin_trap(); // what we write we must be able to read
    }
    if (const auto names = Pki::subjectAlternativeNamesFromDer(bytes))
        (void)Pki::toText(*names);
    return 0;
}
