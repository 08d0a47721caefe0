// SPDX-License-Identifier: GPL-3.0-or-later
// What writing and reading PKCS#12 share; for the .cpp files of scep_pki.
#pragma once

#include "scep/pki/opensslhandles.h"

namespace Pki::Detail {

struct BagsDeleter {
    void operator()(STACK_OF(PKCS12_SAFEBAG) * bags) const { sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free); }
};
using BagsPtr = std::unique_ptr<STACK_OF(PKCS12_SAFEBAG), BagsDeleter>;
struct SafesDeleter {
    void operator()(STACK_OF(PKCS7) * safes) const { sk_PKCS7_pop_free(safes, PKCS7_free); }
};
using SafesPtr = std::unique_ptr<STACK_OF(PKCS7), SafesDeleter>;

} // namespace Pki::Detail
