// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/pki/certificationrequest.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    const QByteArray bytes(reinterpret_cast<const char *>(data), static_cast<qsizetype>(size));
    const auto request = Pki::CertificationRequest::fromBytes(bytes);
    if (!request)
        return 0;
    (void)request->isSignatureValid();
    (void)request->challengePassword();
    (void)request->subject().toText();
    (void)Pki::toText(request->subjectAlternativeNames());
    (void)request->extensions();
    (void)request->templateName();
    return 0;
}
