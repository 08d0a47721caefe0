// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/store/store.h"

namespace Models {

/// Gives the next enrollment or renewal of a request a CSR that its device made (`key` null, or the device's key), or a key to make one
/// with. The request takes subject and alternative names over from the CSR. A refusal that waited for it is forgotten. Returns the request
/// as it is now. NotPossibleNow while a transaction is open; InvalidArgument when there is neither CSR nor key; SignatureInvalid,
/// KeyMismatch; those of Store::changeRequest().
Result<Scep::EnrollmentRequest> useCsr(Store &store, Scep::RequestId id, const Pki::CertificationRequest &csr, const Pki::PrivateKey &key);

/// The same as a part of a change that is made with others. `change.request` is what it shall be.
Result<void> addCsr(RequestChange &change, const RequestRecord &before, const Pki::CertificationRequest &csr, const Pki::PrivateKey &key);

/// What waited for a CSR of the device may begin by itself again.
Result<void> forgetRefusal(Store &store, const RequestRecord &before);

} // namespace Models
