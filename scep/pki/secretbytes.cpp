// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/pki/secretbytes.h"

#include "scep/pki/opensslhandles.h"

#include <QStringEncoder>

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#ifdef Q_OS_LINUX
#include <sys/mman.h>
#include <unistd.h>
#endif

namespace Pki {

namespace {

// A secret has pages of its own: MADV_DONTDUMP works on whole pages, and on the heap it would take innocent neighbours along
// and stay behind after free(). There are few secrets at a time, so a page for each costs nothing that matters.
std::size_t roundedToPages(std::size_t size)
{
#ifdef Q_OS_LINUX
    static const auto pageSize = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    if (size > std::size_t(-1) - pageSize)
        throw std::bad_alloc();
    return (size + pageSize - 1) / pageSize * pageSize;
#else
    return size;
#endif
}

char *allocatePages(std::size_t size)
{
#ifdef Q_OS_LINUX
    void *pages = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED)
        throw std::bad_alloc();
    madvise(pages, size, MADV_DONTDUMP); // best effort: an old kernel does not know it
    return static_cast<char *>(pages);
#else
    return new char[size]();
#endif
}

} // namespace

void Detail::PageDeleter::operator()(char *pages) const noexcept
{
    OPENSSL_cleanse(pages, mappedSize);
#ifdef Q_OS_LINUX
    munmap(pages, mappedSize);
#else
    delete[] pages;
#endif
}

SecretBytes::SecretBytes(std::size_t size)
    : m_size(size)
{
    if (size == 0)
        return;
    const std::size_t mapped = roundedToPages(size);
    m_data = {allocatePages(mapped), Detail::PageDeleter{mapped}};
}

SecretBytes::SecretBytes(QByteArrayView bytes)
    : SecretBytes(static_cast<std::size_t>(bytes.size()))
{
    std::copy(bytes.begin(), bytes.end(), m_data.get());
}

SecretBytes::SecretBytes(SecretBytes &&other) noexcept
    : m_data(std::move(other.m_data))
    , m_size(std::exchange(other.m_size, 0))
{}

SecretBytes &SecretBytes::operator=(SecretBytes &&other) noexcept
{
    if (this != &other) {
        m_data = std::move(other.m_data);
        m_size = std::exchange(other.m_size, 0);
    }
    return *this;
}

SecretBytes::~SecretBytes() = default;

SecretBytes SecretBytes::fromText(QString &&text)
{
    // Encoded straight into our own pages: toUtf8() would leave a copy on the heap.
    QStringEncoder encoder(QStringConverter::Utf8, QStringConverter::Flag::Stateless);
    SecretBytes secret(text.isEmpty() ? std::size_t(0) : static_cast<std::size_t>(encoder.requiredSpace(text.size())));
    if (!secret.isEmpty()) {
        const char *end = encoder.appendToBuffer(secret.data(), text);
        secret.m_size = static_cast<std::size_t>(end - secret.m_data.get());
    }
    wipe(text);
    return secret;
}

SecretBytes SecretBytes::clone() const
{
    return SecretBytes(view());
}

QByteArrayView SecretBytes::view() const noexcept
{
    return QByteArrayView(m_data.get(), static_cast<qsizetype>(m_size));
}

void SecretBytes::clear() noexcept
{
    m_data.reset();
    m_size = 0;
}

bool operator==(const SecretBytes &a, const SecretBytes &b) noexcept
{
    return a.m_size == b.m_size && CRYPTO_memcmp(a.m_data.get(), b.m_data.get(), a.m_size) == 0;
}

void wipe(QByteArray &bytes) noexcept
{
    // isDetached() is false for shared data and for literals: neither may be written to.
    if (bytes.isDetached())
        OPENSSL_cleanse(const_cast<char *>(bytes.constData()), static_cast<size_t>(bytes.size()));
    bytes.clear();
}

void wipe(QString &text) noexcept
{
    if (text.isDetached())
        OPENSSL_cleanse(const_cast<QChar *>(text.constData()), static_cast<size_t>(text.size()) * sizeof(QChar));
    text.clear();
}

} // namespace Pki
