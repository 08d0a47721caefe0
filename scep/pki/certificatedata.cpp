// SPDX-License-Identifier: GPL-3.0-or-later
// CertificateData of opensslhandles.h: what stands behind Certificate.
#include "scep/pki/opensslhandles.h"

#include <QHash>

namespace Pki::Detail {

namespace {

/// The parsed certificates in use, by their DER. Replies bring the CA's certificates along every time, and decoding one costs as much as
/// checking three signatures. Keeps nothing alive.
class LivingCertificates
{
public:
    std::shared_ptr<const CertificateData> find(const QByteArray &der)
    {
        const std::lock_guard lock(m_mutex);
        return m_entries.value(der).lock();
    }

    std::shared_ptr<const CertificateData> add(std::unique_ptr<const CertificateData> data)
    {
        const QByteArray der = data->der();
        const std::shared_ptr<const CertificateData> shared(data.release(), [this](const CertificateData *gone) {
            forget(gone->der());
            delete gone;
        });
        const std::lock_guard lock(m_mutex);
        m_entries.insert(der, shared);
        return shared;
    }

private:
    void forget(const QByteArray &der)
    {
        const std::lock_guard lock(m_mutex);
        // Another one with the same bytes may have come meanwhile.
        if (const auto found = m_entries.constFind(der); found != m_entries.constEnd() && found->expired())
            m_entries.erase(found);
    }

    std::mutex m_mutex;
    QHash<QByteArray, std::weak_ptr<const CertificateData>> m_entries;
};

LivingCertificates &livingCertificates()
{
    static auto *const living = new LivingCertificates; // never destroyed: certificates may outlive every static object
    return *living;
}

} // namespace

std::shared_ptr<const CertificateData> CertificateData::living(const QByteArray &der)
{
    return livingCertificates().find(der);
}

std::shared_ptr<const CertificateData> CertificateData::keep(std::unique_ptr<const CertificateData> data)
{
    return livingCertificates().add(std::move(data));
}

X509Ptr CertificateData::decoded(const QByteArray &der, qsizetype *excess)
{
    const auto *cursor = reinterpret_cast<const unsigned char *>(der.constData());
    const auto *const end = cursor + der.size();
    X509 *x509 = X509_new_ex(libraryContext(), nullptr);
    d2i_X509(&x509, &cursor, static_cast<long>(der.size())); // frees and clears x509 when it fails
    if (excess != nullptr)
        *excess = end - cursor;
    return X509Ptr(x509);
}

CertificateData::CertificateData(QByteArray der, X509Ptr x509)
    : m_der(std::move(der))
    , m_x509(std::move(x509))
{}

CertificateData::CertificateData(QByteArray der, Known known)
    : m_der(std::move(der))
    , m_known(std::move(known))
{}

X509 *CertificateData::x509() const
{
    std::call_once(m_isDecoded, [this] {
        if (m_x509 != nullptr)
            return;
        m_x509 = decoded(m_der);
        if (m_x509 == nullptr)
            qFatal("a certificate made here cannot be decoded");
    });
    return m_x509.get();
}

const CommonExtensions &CertificateData::commonExtensions() const
{
    std::call_once(m_hasCommon, [this] { m_common = readCommonExtensions(X509_get0_extensions(x509())); });
    return m_common;
}

Certificate toCertificate(const QByteArray &der, CertificateData::Known known)
{
    const auto living = CertificateData::keep(std::make_unique<CertificateData>(der, std::move(known)));
    return Certificate::fromDer(living->der()).value_or(Certificate()); // finds it among the living
}

} // namespace Pki::Detail
