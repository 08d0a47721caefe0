// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/labca/camaking.h"

#include "scep/files/durablefile.h"

#include <QDir>
#include <QFile>

namespace LabCa {

using namespace Qt::StringLiterals;

namespace {

constexpr qint64 maxPemBytes = 256 * 1024;
/// A device whose clock is a little behind must not find the CA "not yet valid".
constexpr qint64 backdatedSeconds = 3600;

QString pathOf(const QString &folder, const QString &name)
{
    return folder + u'/' + name;
}

std::unexpected<Error> damaged(const QString &path, const Error &reason)
{
    const QString detail = reason.detail.isEmpty() ? u"is damaged"_s : reason.detail;
    return failure(ErrorCode::Malformed, u"%1: %2"_s.arg(QDir::toNativeSeparators(path), detail));
}

Result<Pki::PrivateKey> readKey(const QString &path)
{
    auto bytes = Files::readFile(path, maxPemBytes);
    if (!bytes)
        return std::unexpected(bytes.error());
    auto key = Pki::PrivateKey::fromBytes(*bytes);
    Pki::wipe(*bytes);
    if (!key)
        return damaged(path, key.error());
    return key;
}

Result<Pki::Certificate> readCertificate(const QString &path)
{
    const auto bytes = Files::readFile(path, maxPemBytes);
    if (!bytes)
        return std::unexpected(bytes.error());
    auto certificate = Pki::Certificate::fromPem(*bytes);
    if (!certificate)
        return damaged(path, certificate.error());
    return certificate;
}

/// The key in `path`, or a new one put there.
Result<Pki::PrivateKey> keepOrMakeKey(const QString &path, const Pki::KeySpec &spec)
{
    if (auto kept = readKey(path); kept && kept->canDecrypt())
        return kept;
    auto key = Pki::PrivateKey::generate(spec);
    if (!key)
        return key;
    const Pki::SecretBytes pem = key->toPkcs8Pem();
    // fromRawData: no second copy of the key in memory.
    const QByteArray bytes = QByteArray::fromRawData(pem.view().data(), pem.view().size());
    if (const auto written = Files::writeDurably(path, bytes, Files::FileAccess::OwnerOnly); !written)
        return std::unexpected(written.error());
    return key;
}

Result<Pki::DistinguishedName> caName(const CaDescription &description, QStringView role)
{
    QString escaped;
    for (const QChar character : description.name.trimmed()) {
        if (u",+\"\\<>;=#"_s.contains(character))
            escaped += u'\\';
        escaped += character;
    }
    return Pki::DistinguishedName::fromText(u"O=%1, CN=%1 %2 (lab only)"_s.arg(escaped, role));
}

/// Key and certificate of an issuing CA, `stem`.key.pem and `stem`.pem; the certificate last.
Result<void> makeIssuing(const QString &folder, const QString &stem, const Pki::DistinguishedName &name, const Pki::PrivateKey &rootKey,
                         const Pki::Certificate &root, const CaDescription &description)
{
    const auto key = keepOrMakeKey(pathOf(folder, stem + u".key.pem"_s), description.keySpec);
    if (!key)
        return std::unexpected(key.error());
    const QDateTime begin = QDateTime::currentDateTimeUtc().addSecs(-backdatedSeconds);
    Pki::CertificateTemplate form;
    form.subject = name;
    form.publicKey = key->publicKey();
    form.notBefore = qMax(begin, root.notBefore());
    form.notAfter = qMin(begin.addYears(description.issuingYears), root.notAfter());
    form.isCa = true;
    form.pathLength = 0;
    // It also signs replies and receives envelopes: clients that look at keyUsage find both allowed.
    form.keyUsage =
        Pki::KeyUsageBit::KeyCertSign | Pki::KeyUsageBit::CrlSign | Pki::KeyUsageBit::DigitalSignature | Pki::KeyUsageBit::KeyEncipherment;
    const auto issuing = Pki::issueCertificate(form, rootKey, root);
    if (!issuing)
        return std::unexpected(issuing.error());
    return Files::writeDurably(pathOf(folder, stem + u".pem"_s), issuing->toPem(), Files::FileAccess::Readable);
}

/// retired-1.pem, retired-2.pem, ... as far as there are.
QStringList retiredPaths(const QString &folder)
{
    QStringList paths;
    for (int number = 1; QFile::exists(pathOf(folder, u"retired-%1.pem"_s.arg(number))); ++number)
        paths.append(pathOf(folder, u"retired-%1.pem"_s.arg(number)));
    return paths;
}

} // namespace

bool isFinishedCa(const QString &folder)
{
    return QFile::exists(pathOf(folder, u"issuing.pem"_s));
}

Result<void> makeCa(const QString &folder, const CaDescription &description)
{
    if (description.keySpec.algorithm != Pki::KeySpec::Algorithm::Rsa)
        return failure(ErrorCode::InvalidKeyType, u"a Lab CA needs RSA keys: SCEP encrypts to the CA"_s);
    if (description.rootYears < 1 || description.issuingYears < 1)
        return failure(ErrorCode::InvalidArgument, u"a Lab CA lives for at least one year"_s);
    const auto rootName = caName(description, u"Root");
    const auto issuingName = caName(description, u"Issuing");
    if (!rootName || !issuingName)
        return std::unexpected(!rootName ? rootName.error() : issuingName.error());

    const QDateTime begin = QDateTime::currentDateTimeUtc().addSecs(-backdatedSeconds);
    const auto caUsage = Pki::KeyUsageBit::KeyCertSign | Pki::KeyUsageBit::CrlSign;

    const auto rootKey = keepOrMakeKey(pathOf(folder, u"root.key.pem"_s), description.keySpec);
    if (!rootKey)
        return std::unexpected(rootKey.error());
    auto root = readCertificate(pathOf(folder, u"root.pem"_s));
    if (!root || !Pki::belongTogether(*rootKey, *root)) {
        Pki::CertificateTemplate form;
        form.subject = *rootName;
        form.publicKey = rootKey->publicKey();
        form.notBefore = begin;
        form.notAfter = begin.addYears(description.rootYears);
        form.isCa = true;
        form.keyUsage = caUsage;
        root = Pki::issueCertificate(form, *rootKey);
        if (!root)
            return std::unexpected(root.error());
        if (const auto written = Files::writeDurably(pathOf(folder, u"root.pem"_s), root->toPem(), Files::FileAccess::Readable); !written)
            return written;
    }

    return makeIssuing(folder, u"issuing"_s, *issuingName, *rootKey, *root, description);
}

Result<void> makeNextIssuing(const QString &folder, const CaDescription &description)
{
    if (QFile::exists(pathOf(folder, u"next-issuing.pem"_s)))
        return failure(ErrorCode::InvalidArgument, u"the next issuing CA in %1 is made already"_s.arg(QDir::toNativeSeparators(folder)));
    const auto rootKey = readKey(pathOf(folder, u"root.key.pem"_s));
    if (!rootKey)
        return std::unexpected(rootKey.error());
    const auto root = readCertificate(pathOf(folder, u"root.pem"_s));
    if (!root)
        return std::unexpected(root.error());
    // Another name than its predecessor's, so that both can stand side by side in everybody's store.
    const auto name = caName(description, u"Issuing G%1"_s.arg(retiredPaths(folder).size() + 2));
    if (!name)
        return std::unexpected(name.error());
    return makeIssuing(folder, u"next-issuing"_s, *name, *rootKey, *root, description);
}

Result<void> switchToNextIssuing(const QString &folder)
{
    if (!QFile::exists(pathOf(folder, u"next-issuing.pem"_s)))
        return failure(ErrorCode::InvalidArgument, u"no next issuing CA was made in %1"_s.arg(QDir::toNativeSeparators(folder)));
    // Each step leaves what readCa() can finish: the retired copies first, then the key, then the certificate that belongs to it.
    const QString retired = u"retired-%1"_s.arg(retiredPaths(folder).size() + 1);
    const std::tuple<QString, QString, Files::FileAccess> copies[] = {
        {u"issuing.key.pem"_s, retired + u".key.pem"_s, Files::FileAccess::OwnerOnly},
        {u"issuing.pem"_s, retired + u".pem"_s, Files::FileAccess::Readable},
        {u"next-issuing.key.pem"_s, u"issuing.key.pem"_s, Files::FileAccess::OwnerOnly},
        {u"next-issuing.pem"_s, u"issuing.pem"_s, Files::FileAccess::Readable},
    };
    for (const auto &[from, to, access] : copies) {
        auto bytes = Files::readFile(pathOf(folder, from), maxPemBytes);
        if (!bytes)
            return std::unexpected(bytes.error());
        const auto written = Files::writeDurably(pathOf(folder, to), *bytes, access);
        Pki::wipe(*bytes);
        if (!written)
            return written;
    }
    for (const QString &name : {u"next-issuing.pem"_s, u"next-issuing.key.pem"_s}) {
        if (const auto removed = Files::removeFile(pathOf(folder, name)); !removed)
            return removed;
    }
    return {};
}

Result<CaMaterial> readCa(const QString &folder)
{
    auto root = readCertificate(pathOf(folder, u"root.pem"_s));
    if (!root)
        return std::unexpected(root.error());
    auto issuing = readCertificate(pathOf(folder, u"issuing.pem"_s));
    if (!issuing)
        return std::unexpected(issuing.error());
    auto key = readKey(pathOf(folder, u"issuing.key.pem"_s));
    if (!key)
        return std::unexpected(key.error());
    Pki::Certificate next;
    if (QFile::exists(pathOf(folder, u"next-issuing.pem"_s))) {
        auto read = readCertificate(pathOf(folder, u"next-issuing.pem"_s));
        if (!read)
            return std::unexpected(read.error());
        next = std::move(*read);
    }
    if (!Pki::belongTogether(*key, *issuing) && !next.isNull() && Pki::belongTogether(*key, next)) {
        // A switch was interrupted between key and certificate.
        if (const auto written = Files::writeDurably(pathOf(folder, u"issuing.pem"_s), next.toPem(), Files::FileAccess::Readable); !written)
            return std::unexpected(written.error());
        issuing = next;
    }
    if (next == *issuing) // interrupted before the copies of what took over were removed
        next = {};
    if (!Pki::belongTogether(*key, *issuing))
        return failure(ErrorCode::KeyMismatch, u"issuing.key.pem and issuing.pem in %1"_s.arg(QDir::toNativeSeparators(folder)));
    if (!issuing->isSignedBy(*root))
        return failure(ErrorCode::Malformed, u"issuing.pem in %1 is not signed by root.pem"_s.arg(QDir::toNativeSeparators(folder)));
    QList<Pki::Certificate> retired;
    const QStringList paths = retiredPaths(folder);
    for (const QString &path : paths) {
        auto former = readCertificate(path);
        if (!former)
            return std::unexpected(former.error());
        if (*former != *issuing) // interrupted after the copy
            retired.append(std::move(*former));
    }
    return CaMaterial{std::move(*root), std::move(*issuing), std::move(*key), std::move(retired), std::move(next)};
}

} // namespace LabCa
