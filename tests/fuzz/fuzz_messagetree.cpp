// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/protocol/messagetree.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    const QByteArray message(reinterpret_cast<const char *>(data), static_cast<qsizetype>(size));
    if (const auto tree = Scep::messageTree(message); tree && Scep::toLines(tree->root).isEmpty())
        __builtin_trap(); // what was taken apart can be shown
    return 0;
}
