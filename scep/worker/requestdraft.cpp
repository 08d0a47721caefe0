// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/worker/requestdraft.h"

#include "scep/pki/cryptolibrary.h"
#include "scep/protocol/pkirequest.h"

#include <QScopeGuard>
#include <QtConcurrentRun>

namespace Scep {

RequestDraft RequestDraft::begin(const RequestDraftInput &input)
{
    RequestDraft draft;
    draft.m_hasBegun = true;
    draft.m_digest = input.digest;
    draft.m_csr = QtConcurrent::run([input]() -> Result<Pki::CertificationRequest> {
        const auto release = qScopeGuard(&Pki::releaseThreadResources);
        if (!input.providedCsr.isNull())
            return input.providedCsr;
        return createCertificationRequest(input.request, *input.challenge, input.csrKey, input.digest);
    });
    draft.m_signer = QtConcurrent::run([input]() -> Result<Pki::Certificate> {
        const auto release = qScopeGuard(&Pki::releaseThreadResources);
        if (!input.signer.isNull())
            return input.signer;
        const auto subject = input.providedCsr.isNull() ? input.request.subject : input.providedCsr.subject();
        return createRequestSigner(subject, input.signerKey, input.now, input.digest);
    });
    return draft;
}

} // namespace Scep
