// SPDX-License-Identifier: GPL-3.0-or-later
// The Lab CA's reader of HTTP requests: however the bytes arrive, the same requests come of them, and none above its limits.
#include "scep/labca/requestparser.h"

namespace {

struct Outcome {
    QList<QByteArray> requests;
    int refusal = 0;

    bool operator==(const Outcome &) const = default;
};

Outcome read(QByteArrayView bytes, qsizetype step)
{
    constexpr LabCa::RequestParser::Limits limits{.headBytes = 1024, .bodyBytes = 4096};
    LabCa::RequestParser parser(limits);
    Outcome outcome;
    for (qsizetype at = 0; at < bytes.size() && !parser.refusal(); at += step) {
        parser.feed(bytes.sliced(at, qMin(step, bytes.size() - at)));
        while (const auto request = parser.next()) {
            if (request->body.size() > limits.bodyBytes || request->target.size() > limits.headBytes)
                __builtin_trap();
            outcome.requests.append(request->method + ' ' + request->target + ' ' + request->body);
        }
    }
    if (parser.refusal())
        outcome.refusal = parser.refusal()->status;
    return outcome;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    const QByteArrayView bytes(reinterpret_cast<const char *>(data), static_cast<qsizetype>(size));
    // Which bytes lie beyond a limit depends on how many there are at once; up to the first refusal all must agree.
    const Outcome whole = read(bytes, qMax<qsizetype>(bytes.size(), 1));
    const Outcome single = read(bytes, 1);
    if (whole.requests != single.requests || (whole.refusal == 0) != (single.refusal == 0))
        __builtin_trap();
    return 0;
}
