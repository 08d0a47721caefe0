// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/protocol/capabilities.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    const QByteArray body(reinterpret_cast<const char *>(data), static_cast<qsizetype>(size));
    const auto capabilities = Scep::Capabilities::fromBody(body);
    if (Scep::Capabilities::fromLines(capabilities.lines()) != capabilities)
        __builtin_trap();
    return 0;
}
