// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArrayView>
#include <QString>

#include <cstddef>
#include <memory>

namespace Pki {

namespace Detail {
/// A secret has pages of its own, so that they can be left out of core files as a whole.
struct PageDeleter {
    std::size_t mappedSize = 0;
    void operator()(char *pages) const noexcept;
};
} // namespace Detail

/// Bytes that must not outlive their use: a pass phrase, a challenge, an unencrypted key.
/// Move-only; the memory is overwritten on destruction and kept out of core files where the system can (MADV_DONTDUMP).
/// There is no operator<< and no toString() on purpose.
class SecretBytes
{
public:
    SecretBytes() noexcept = default;
    explicit SecretBytes(QByteArrayView bytes);
    explicit SecretBytes(std::size_t size); ///< zero-filled
    SecretBytes(SecretBytes &&other) noexcept;
    SecretBytes &operator=(SecretBytes &&other) noexcept;
    SecretBytes(const SecretBytes &) = delete;
    SecretBytes &operator=(const SecretBytes &) = delete;
    ~SecretBytes();

    /// Takes the UTF-8 of `text` and overwrites `text` in place where it is not shared.
    static SecretBytes fromText(QString &&text);

    [[nodiscard]] SecretBytes clone() const; ///< an explicit copy; say why at the call
    [[nodiscard]] QByteArrayView view() const noexcept;
    [[nodiscard]] char *data() noexcept { return m_data.get(); }
    [[nodiscard]] std::size_t size() const noexcept { return m_size; }
    [[nodiscard]] bool isEmpty() const noexcept { return m_size == 0; }
    void clear() noexcept; ///< overwrites now

    /// In constant time for equal lengths.
    friend bool operator==(const SecretBytes &a, const SecretBytes &b) noexcept;

private:
    std::unique_ptr<char[], Detail::PageDeleter> m_data;
    std::size_t m_size = 0;
};

/// Overwrites the buffer of `bytes` if it is not shared, then clears it. For Qt containers at the edges (line edits, files).
void wipe(QByteArray &bytes) noexcept;
void wipe(QString &text) noexcept;

} // namespace Pki
