// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/support/rawhttpserver.h"
#include "tests/support/scriptedca.h"

namespace Test {

/// A ScriptedCa on a real socket: what scepctl, a process of its own, talks to.
class WireScepServer
{
public:
    WireScepServer();

    Scep::SystemClock clock;
    TestSupport::ScriptedCa ca;
    /// If set, asked first; an answer of nullopt leaves the request to `ca`.
    std::function<std::optional<RawAnswer>(const RawRequest &)> interceptor;
    RawHttpServer server;

    [[nodiscard]] QString url() const { return server.url().toString(); }
    [[nodiscard]] QString fingerprint() const { return ca.anchor().fingerprint.toHex(); }
    [[nodiscard]] int count(const QByteArray &operation) const; ///< requests with this operation= so far

private:
    RawAnswer answer(const RawRequest &request);
};

QByteArray operationOf(const RawRequest &request);

} // namespace Test
