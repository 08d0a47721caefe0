// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/pki/certificatechain.h"

#include <QString>

namespace Models {

/// What is wrong with one link, in words; "good" for Good. The window and scepctl show the same.
QString verdictText(Pki::ChainLink::Verdict verdict);
/// "trusted up to CN=..." or the first problem from the leaf up, naming the certificate.
QString chainVerdict(const Pki::CertificateChain &chain);

} // namespace Models
