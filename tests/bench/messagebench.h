// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace Bench {

/// Messages per second through scep_protocol beside the same work in bare OpenSSL calls, in turn, with RSA-2048, SHA-256, AES-128.
/// Prints two lines with the ratio of the times (above 1: Scepter is slower).
void runMessages(int rounds, int messagesPerRound);

} // namespace Bench
