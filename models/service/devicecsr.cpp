// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/service/devicecsr.h"

using namespace Qt::StringLiterals;
using Pki::failure;

namespace Models {

Result<void> addCsr(RequestChange &change, const RequestRecord &before, const Pki::CertificationRequest &csr, const Pki::PrivateKey &key)
{
    if (csr.isNull() && key.isNull())
        return failure(ErrorCode::InvalidArgument, u"there is neither a certification request nor a key"_s);
    if (!csr.isNull() && !csr.isSignatureValid())
        return failure(ErrorCode::SignatureInvalid, u"the certification request is not signed by its own key"_s);
    if (!csr.isNull() && !key.isNull() && key.publicKey() != csr.publicKey())
        return failure(ErrorCode::KeyMismatch, u"the private key does not belong to the certification request"_s);
    // What was queued and waits for its server has not taken its CSR yet, but will before anybody asks again.
    if (before.transaction.isOpen())
        return failure(ErrorCode::NotPossibleNow, u"its open transaction asks for what it was: cancel it first"_s);
    if (!csr.isNull()) {
        change.request.subject = csr.subject();
        change.request.subjectAlternativeNames = csr.subjectAlternativeNames();
    }
    // The key of the present certificate only signs: the next one gets a key of the kind that the request names.
    const bool isFormerKey = !key.isNull() && before.current && Pki::belongTogether(key, before.current->certificate);
    if (!key.isNull() && (!csr.isNull() || !isFormerKey))
        change.request.keySpec = key.spec();
    change.csr = csr;
    change.key = key;
    return {};
}

Result<Scep::EnrollmentRequest> useCsr(Store &store, Scep::RequestId id, const Pki::CertificationRequest &csr, const Pki::PrivateKey &key)
{
    const auto before = store.requestRecord(id);
    if (!before)
        return std::unexpected(before.error());
    RequestChange change{.request = before->request};
    if (Result<void> added = addCsr(change, *before, csr, key); !added)
        return std::unexpected(added.error());
    const Scep::EnrollmentRequest request = change.request;
    if (Result<void> stored = store.changeRequest(std::move(change)); !stored)
        return std::unexpected(stored.error());
    if (Result<void> forgotten = forgetRefusal(store, *before); !forgotten)
        return std::unexpected(forgotten.error());
    return request;
}

Result<void> forgetRefusal(Store &store, const RequestRecord &before)
{
    if (!before.transaction.error || before.transaction.error->code != ErrorCode::DeviceCsrNeeded)
        return {};
    Scep::TransactionStatus none;
    none.request = before.request.id;
    return store.recordStatus(none);
}

} // namespace Models
