// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/pki/privatekey.h"

#include <memory>

namespace LabCa {

/// How the private keys in a Lab CA's folder are encrypted: PKCS#8, AES-256, under a pass phrase that only people know, or under a random
/// secret in `keys.secret` (0600) beside them. The latter guards copies of single key files, as they end up in mails and backups; whoever
/// can read the whole folder has the keys. Cheap to copy; thread: any one.
class KeyProtection
{
public:
    KeyProtection() = default;
    /// `passphrase` empty: `keys.secret` is used, and made where no key is encrypted yet. Errors: PassphraseRequired, FileNotFound
    /// (`keys.secret` is lost), InvalidArgument (a pass phrase for keys that are under `keys.secret`), file errors.
    static Pki::Result<KeyProtection> ofFolder(const QString &folder, const Pki::SecretBytes &passphrase);

    /// Errors: file errors, Malformed, WrongPassphrase; the detail names the file. A key that is not encrypted is read as well.
    [[nodiscard]] Pki::Result<Pki::PrivateKey> read(const QString &path) const;
    /// The PEM for a key's file.
    [[nodiscard]] Pki::Result<QByteArray> seal(const Pki::PrivateKey &key) const;
    /// Encrypts the keys of `folder` that an earlier version left open. Each file is replaced as a whole, so that this may be interrupted.
    [[nodiscard]] Pki::Result<void> sealOpenKeys(const QString &folder) const;

private:
    class Private;
    std::shared_ptr<Private> d;
};

} // namespace LabCa
