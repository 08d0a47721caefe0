// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/service/enrollmentfiles.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QTemporaryFile>

using namespace Qt::StringLiterals;
using Pki::failure;

namespace Models {

namespace {

constexpr int longestStem = 80; // characters; with a suffix and four bytes a character well under the 255 of file systems

/// Device names of DOS are no file names on Windows, whatever follows the first full stop.
bool isReservedName(const QString &stem)
{
    static const QStringList names{u"con"_s, u"prn"_s, u"aux"_s, u"nul"_s};
    const QString base = stem.section(u'.', 0, 0).toLower();
    const bool isPort = base.size() == 4 && (base.startsWith("com"_L1) || base.startsWith("lpt"_L1)) && base.at(3).isDigit();
    return isPort || names.contains(base);
}

QString inFolder(const QString &folder, const QString &name)
{
    return QDir(folder).filePath(name);
}

} // namespace

QString fileStem(const QString &label)
{
    QString stem;
    const QString composed = label.normalized(QString::NormalizationForm_C).left(longestStem);
    for (const QChar character : composed) {
        const bool isKept = character.isLetter() || character.isDigit() || character == u'.' || character == u'-' || character == u'_';
        if (isKept)
            stem += character;
        else if (!stem.endsWith(u'_'))
            stem += u'_';
    }
    // No hidden file, no "..", no name that a program takes for an option, no trailing dot (Windows drops it).
    while (stem.startsWith(u'.') || stem.startsWith(u'-'))
        stem.remove(0, 1);
    while (stem.endsWith(u'.'))
        stem.chop(1);
    if (stem.isEmpty() || stem == "_"_L1)
        return u"certificate"_s;
    return isReservedName(stem) ? u'_' + stem : stem;
}

Result<void> checkOutputFolder(const QString &folder)
{
    if (!QFileInfo::exists(folder) && !QDir().mkpath(folder))
        return failure(ErrorCode::FileNotWritable, u"%1: the folder cannot be made"_s.arg(folder));
    if (!QFileInfo(folder).isDir())
        return failure(ErrorCode::FileNotWritable, u"%1: not a folder"_s.arg(folder));
    // Only trying tells the truth: permissions say nothing of read-only mounts and full disks.
    QTemporaryFile probe(inFolder(folder, u".scepter-XXXXXX"_s));
    if (!probe.open())
        return failure(ErrorCode::FileNotWritable, u"%1: %2"_s.arg(folder, probe.errorString()));
    return {};
}

namespace {

/// A key that another enrollment wrote under this name moves aside ("plc-7.key-1.pem"): a device may still use it.
/// One that the pass phrase does not open is another one.
Result<void> keepOlderKey(const QString &stem, const QString &path, const Pki::PrivateKey &newKey, const Pki::SecretBytes &passphrase)
{
    Result<QByteArray> older = Files::readFile(path);
    if (!older)
        return older.error().code == ErrorCode::FileNotFound ? Result<void>() : std::unexpected(older.error());
    const Result<Pki::PrivateKey> opened = Pki::PrivateKey::fromBytes(*older, passphrase);
    const bool isSame = opened && opened->publicKey() == newKey.publicKey(); // encrypted bytes differ each time
    Pki::wipe(*older);
    if (isSame)
        return {};
    for (int number = 1;; ++number) {
        const QString aside = u"%1.key-%2.pem"_s.arg(stem).arg(number);
        if (QFile::exists(aside))
            continue;
        if (!QFile::rename(path, aside))
            return failure(ErrorCode::FileNotWritable, aside);
        return {};
    }
}

} // namespace

Result<EnrollmentFiles> writeEnrollmentFiles(const QString &folder, const QString &label, const Scep::IssuedCertificate &issued,
                                             const Pki::SecretBytes &keyPassphrase)
{
    if (Result<void> checked = checkOutputFolder(folder); !checked)
        return std::unexpected(checked.error());

    const QString stem = inFolder(folder, fileStem(label));
    EnrollmentFiles files;
    Pki::SecretBytes clearKey;
    QByteArray sealedKey;
    QList<Files::FileToWrite> writes;
    if (!issued.key.isNull()) {
        files.key = stem + u".key.pem"_s;
        if (keyPassphrase.isEmpty()) {
            clearKey = issued.key.toPkcs8Pem();
            if (clearKey.isEmpty())
                return failure(ErrorCode::CryptoFailure, u"the private key cannot be written as PKCS#8"_s);
        } else {
            Result<QByteArray> encrypted = issued.key.toEncryptedPkcs8Pem(keyPassphrase);
            if (!encrypted)
                return std::unexpected(encrypted.error());
            sealedKey = std::move(*encrypted);
        }
        const QByteArrayView newKey = keyPassphrase.isEmpty() ? clearKey.view() : QByteArrayView(sealedKey);
        if (Result<void> kept = keepOlderKey(stem, files.key, issued.key, keyPassphrase); !kept)
            return std::unexpected(kept.error());
        writes.append({files.key, newKey, Files::FileAccess::OwnerOnly, false});
    }
    const QByteArray chain = Pki::toPem(issued.issuers);
    if (!issued.issuers.isEmpty()) {
        files.chain = stem + u".chain.pem"_s;
        writes.append({files.chain, chain, Files::FileAccess::Readable, false});
    }
    // Last: whoever waits for the certificate finds the key and the chain beside it.
    const QByteArray certificate = issued.certificate.toPem();
    files.certificate = stem + u".cert.pem"_s;
    writes.append({files.certificate, certificate, Files::FileAccess::Readable, false});

    if (Result<void> written = Files::writeDurably(writes); !written)
        return std::unexpected(written.error());
    return files;
}

Result<void> writePkcs12(const QString &path, const QString &friendlyName, const Scep::IssuedCertificate &issued,
                         const Pki::SecretBytes &passphrase, Pki::Pkcs12Style style)
{
    if (passphrase.isEmpty())
        return failure(ErrorCode::EmptyPassphrase, path);
    const Pki::Pkcs12Contents contents{issued.key, issued.certificate, issued.issuers, friendlyName};
    const Result<QByteArray> bundle = Pki::toPkcs12(contents, passphrase, style);
    if (!bundle)
        return std::unexpected(bundle.error());
    return Files::writeDurably(path, *bundle, Files::FileAccess::OwnerOnly);
}

Result<QStringList> writeCaFiles(const QString &folder, const Scep::CaRoles &roles)
{
    if (Result<void> checked = checkOutputFolder(folder); !checked)
        return std::unexpected(checked.error());

    QStringList paths;
    QList<QByteArray> texts;
    const auto add = [&](const QString &name, const Pki::Certificate &certificate) {
        if (certificate.isNull())
            return;
        paths.append(inFolder(folder, name));
        texts.append(certificate.toPem());
    };
    // A pinned anchor that the server did not send is the root here, if it is one.
    const bool anchorIsRoot = roles.root.isNull() && !roles.anchor.isNull() && roles.anchor.isSelfIssued();
    const Pki::Certificate root = anchorIsRoot ? roles.anchor : roles.root;
    add(u"root.pem"_s, root);
    // A CA that is its own root issues by itself: issuing.pem is there all the same, so that scripts find it.
    add(u"issuing.pem"_s, roles.issuing);
    int number = 0;
    for (const Pki::Certificate &intermediate : roles.intermediates)
        add(u"intermediate-%1.pem"_s.arg(++number), intermediate);
    if (!roles.raSigning.isNull() && roles.raSigning == roles.raEncryption) {
        add(u"ra.pem"_s, roles.raSigning);
    } else {
        add(u"ra-signing.pem"_s, roles.raSigning);
        add(u"ra-encryption.pem"_s, roles.raEncryption);
    }
    QList<Files::FileToWrite> writes;
    for (qsizetype i = 0; i < paths.size(); ++i)
        writes.append({paths[i], texts[i], Files::FileAccess::Readable, false});
    if (Result<void> written = Files::writeDurably(writes); !written)
        return std::unexpected(written.error());
    return paths;
}

} // namespace Models
