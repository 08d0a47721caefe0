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

    const auto issuingKey = keepOrMakeKey(pathOf(folder, u"issuing.key.pem"_s), description.keySpec);
    if (!issuingKey)
        return std::unexpected(issuingKey.error());
    Pki::CertificateTemplate form;
    form.subject = *issuingName;
    form.publicKey = issuingKey->publicKey();
    form.notBefore = begin;
    form.notAfter = qMin(begin.addYears(description.issuingYears), root->notAfter());
    form.isCa = true;
    form.pathLength = 0;
    // It also signs replies and receives envelopes: clients that look at keyUsage (scep-facts 9) find both allowed.
    form.keyUsage = caUsage | Pki::KeyUsageBit::DigitalSignature | Pki::KeyUsageBit::KeyEncipherment;
    const auto issuing = Pki::issueCertificate(form, *rootKey, *root);
    if (!issuing)
        return std::unexpected(issuing.error());
    return Files::writeDurably(pathOf(folder, u"issuing.pem"_s), issuing->toPem(), Files::FileAccess::Readable);
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
    if (!Pki::belongTogether(*key, *issuing))
        return failure(ErrorCode::KeyMismatch, u"issuing.key.pem and issuing.pem in %1"_s.arg(QDir::toNativeSeparators(folder)));
    if (!issuing->isSignedBy(*root))
        return failure(ErrorCode::Malformed, u"issuing.pem in %1 is not signed by root.pem"_s.arg(QDir::toNativeSeparators(folder)));
    return CaMaterial{std::move(*root), std::move(*issuing), std::move(*key)};
}

} // namespace LabCa
