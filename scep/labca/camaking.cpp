// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/labca/camaking.h"

#include "scep/files/durablefile.h"
#include "scep/labca/namebuilding.h"
#include "scep/labca/rollover.h"
#include "scep/pki/cms.h"

#include <QDir>
#include <QFile>

#include <algorithm>

namespace LabCa {

using namespace Qt::StringLiterals;
using Pki::DistinguishedName;

namespace {

/// A device whose clock is a little behind must not find the CA "not yet valid".
constexpr qint64 backdatedSeconds = 3600;
/// Below, clients refuse the CA; above, every message takes seconds.
constexpr int leastRsaBits = 2048;
constexpr int mostRsaBits = 4096;
/// Stands in the name of every CA certificate, so that none is ever taken for a CA to rely on.
const auto labOnly = u"(lab only)"_s;

/// A key with its certificate, made now or found.
struct Part {
    CaPart part = CaPart::Root;
    Pki::PrivateKey key;
    Pki::Certificate certificate;
    bool hasNewKey = false;
    bool hasNewCertificate = false;
};

/// `number`: of the generation; 1 has none in its name.
Result<DistinguishedName> caName(const CaDescription &description, CaPart part, int number)
{
    const QString generation = number > 1 ? u" G%1"_s.arg(number) : QString();
    const QString given = part == CaPart::Root ? description.rootSubject : part == CaPart::Issuing ? description.issuingSubject : QString();
    if (!given.isEmpty()) {
        auto name = DistinguishedName::fromText(given);
        if (name && number > 1)
            name = withCommonNameSuffix(*name, generation.trimmed());
        if (name && !name->commonName().contains(labOnly, Qt::CaseInsensitive))
            name = withCommonNameSuffix(*name, labOnly);
        return name;
    }
    QString role;
    switch (part) {
    case CaPart::Root:
        role = u"Root"_s;
        break;
    case CaPart::Issuing:
        role = u"Issuing"_s;
        break;
    case CaPart::Ra:
        role = u"RA"_s;
        break;
    case CaPart::RaSigning:
        role = u"RA Signing"_s;
        break;
    case CaPart::RaEncryption:
        role = u"RA Encryption"_s;
        break;
    }
    return DistinguishedName::fromText(
        u"O=%1, CN=%1 %2 %3"_s.arg(escapedNameValue(description.name.trimmed()), role + generation, labOnly));
}

Result<void> check(const CaDescription &description)
{
    if (description.keySpec.algorithm != Pki::KeySpec::Algorithm::Rsa)
        return failure(ErrorCode::InvalidKeyType, u"a Lab CA needs RSA keys: SCEP encrypts to the CA"_s);
    if (description.rootYears < 1 || description.issuingYears < 1)
        return failure(ErrorCode::InvalidArgument, u"a Lab CA lives for at least one year"_s);
    return {};
}

Pki::CertificateTemplate formOf(CaPart part, const DistinguishedName &name, const Pki::PrivateKey &key)
{
    using enum Pki::KeyUsageBit;
    Pki::CertificateTemplate form;
    form.subject = name;
    form.publicKey = key.publicKey();
    form.isCa = part == CaPart::Root || part == CaPart::Issuing;
    switch (part) {
    case CaPart::Root:
        form.keyUsage = KeyCertSign | CrlSign;
        break;
    case CaPart::Issuing:
        form.pathLength = 0;
        // It may also sign replies and receive envelopes: clients that look at keyUsage find both allowed.
        form.keyUsage = KeyCertSign | CrlSign | DigitalSignature | KeyEncipherment;
        break;
    case CaPart::Ra:
        form.keyUsage = DigitalSignature | KeyEncipherment;
        break;
    case CaPart::RaSigning:
        form.keyUsage = Pki::KeyUsage(DigitalSignature);
        break;
    case CaPart::RaEncryption:
        form.keyUsage = Pki::KeyUsage(KeyEncipherment);
        break;
    }
    if (!form.isCa)
        form.extendedKeyUsage = {Pki::Oid::literal(Pki::Oids::certificateRequestAgent)};
    return form;
}

/// Makes the parts of one generation, taking over what an interrupted start left.
class Maker
{
public:
    Maker(QString folder, const CaDescription &description, const KeyProtection &protection)
        : m_folder(std::move(folder))
        , m_description(description)
        , m_protection(protection)
    {}

    /// With a key and certificate in the folder that fit, if `mayKeep`. `issuer` null: self-signed.
    Result<Part> make(CaPart part, int number, const Part *issuer, int years, bool mayKeep)
    {
        Part made;
        made.part = part;
        if (mayKeep) {
            if (auto kept = m_protection.read(inFolder(m_folder, keyFile(Generation::current(), part))); kept && kept->canDecrypt())
                made.key = std::move(*kept);
        }
        if (made.key.isNull()) {
            auto key = Pki::PrivateKey::generate(m_description.keySpec);
            if (!key)
                return std::unexpected(key.error());
            made.key = std::move(*key);
            made.hasNewKey = true;
        }
        if (mayKeep && !made.hasNewKey) {
            auto kept = readCertificateFile(inFolder(m_folder, certificateFile(Generation::current(), part)));
            if (kept && Pki::belongTogether(made.key, *kept) && (issuer == nullptr || kept->isSignedBy(issuer->certificate))) {
                made.certificate = std::move(*kept);
                return made;
            }
        }
        const auto name = caName(m_description, part, number);
        if (!name)
            return std::unexpected(name.error());
        Pki::CertificateTemplate form = formOf(part, *name, made.key);
        form.notBefore = QDateTime::currentDateTimeUtc().addSecs(-backdatedSeconds);
        form.notAfter = form.notBefore.addYears(years);
        if (issuer != nullptr) {
            form.notBefore = qMax(form.notBefore, issuer->certificate.notBefore());
            form.notAfter = qMin(form.notAfter, issuer->certificate.notAfter());
        }
        auto certificate =
            issuer != nullptr ? Pki::issueCertificate(form, issuer->key, issuer->certificate) : Pki::issueCertificate(form, made.key);
        if (!certificate)
            return std::unexpected(certificate.error());
        made.certificate = std::move(*certificate);
        made.hasNewCertificate = true;
        return made;
    }

    /// The RA certificates under `issuing`, as `kind` says.
    Result<QList<Part>> makeRa(int number, const Part &issuing, bool mayKeep)
    {
        QList<CaPart> wanted;
        if (m_description.ra == RaKind::One)
            wanted = {CaPart::Ra};
        else if (m_description.ra == RaKind::Split)
            wanted = {CaPart::RaSigning, CaPart::RaEncryption};
        QList<Part> parts;
        for (const CaPart part : wanted) {
            auto made = make(part, number, &issuing, m_description.issuingYears, mayKeep);
            if (!made)
                return std::unexpected(made.error());
            parts.append(std::move(*made));
        }
        return parts;
    }

    /// The files of a part: the key before its certificate.
    Result<QList<NewFile>> filesOf(const Part &part, Generation generation) const
    {
        QList<NewFile> files;
        if (part.hasNewKey) {
            auto pem = m_protection.seal(part.key);
            if (!pem)
                return std::unexpected(pem.error());
            files.append({keyFile(generation, part.part), std::move(*pem), true});
        }
        if (part.hasNewCertificate)
            files.append({certificateFile(generation, part.part), part.certificate.toPem(), false});
        return files;
    }

    Result<QList<NewFile>> filesOf(const QList<Part> &parts, Generation generation) const
    {
        QList<NewFile> files;
        for (const Part &part : parts) {
            const auto some = filesOf(part, generation);
            if (!some)
                return some;
            files += *some;
        }
        return files;
    }

private:
    QString m_folder;
    CaDescription m_description;
    KeyProtection m_protection;
};

Result<void> write(const QString &folder, const QList<NewFile> &files)
{
    QList<Files::FileToWrite> list;
    for (const NewFile &file : files)
        list.append({.path = inFolder(folder, file.name),
                     .bytes = file.bytes,
                     .access = file.isKey ? Files::FileAccess::OwnerOnly : Files::FileAccess::Readable,
                     .mustBeNew = false});
    return Files::writeDurably(list);
}

Result<void> removeNextParts(const QString &folder)
{
    for (const CaPart part : allCaParts) {
        for (const QString &file : {keyFile(Generation::next(), part), certificateFile(Generation::next(), part)}) {
            if (const auto removed = Files::removeFile(inFolder(folder, file)); !removed)
                return removed;
        }
    }
    return {};
}

} // namespace

Result<void> checkChoice(const CaDescription &description)
{
    if (const auto checked = check(description); !checked)
        return checked;
    if (description.keySpec.bits < leastRsaBits || description.keySpec.bits > mostRsaBits)
        return failure(ErrorCode::InvalidKeyType, u"a Lab CA's RSA keys have %1 to %2 bits"_s.arg(leastRsaBits).arg(mostRsaBits));
    return {};
}

Result<void> checkMaking(const CaDescription &description)
{
    if (const auto checked = check(description); !checked)
        return checked;
    for (const CaPart part : allCaParts) {
        if (const auto name = caName(description, part, 1); !name)
            return std::unexpected(name.error());
    }
    return {};
}

Result<void> makeCa(const QString &folder, const CaDescription &description, const KeyProtection &protection)
{
    if (const auto checked = checkMaking(description); !checked)
        return checked;
    Maker maker(folder, description, protection);
    const auto root = maker.make(CaPart::Root, 1, nullptr, description.rootYears, true);
    if (!root)
        return std::unexpected(root.error());
    const auto issuing = maker.make(CaPart::Issuing, 1, &*root, description.issuingYears, true);
    if (!issuing)
        return std::unexpected(issuing.error());
    const auto ra = maker.makeRa(1, *issuing, true);
    if (!ra)
        return std::unexpected(ra.error());
    const auto files = maker.filesOf(QList<Part>{*root} + *ra + QList<Part>{*issuing}, Generation::current());
    if (!files)
        return std::unexpected(files.error());
    return write(folder, QList<NewFile>{{u"ca.json"_s, descriptionToJson(description), false}} + *files);
}

Result<NextCa> makeNextCa(const QString &folder, const CaDescription &description, const KeyProtection &protection, bool withRoot)
{
    if (const auto checked = check(description); !checked)
        return std::unexpected(checked.error());
    Maker maker(folder, description, protection);
    // Other names than its predecessors', so that all can stand side by side in everybody's store.
    const int number = retiredCount(folder) + 2;
    Part root;
    if (withRoot) {
        auto made = maker.make(CaPart::Root, number, nullptr, description.rootYears, false);
        if (!made)
            return std::unexpected(made.error());
        root = std::move(*made);
    } else {
        auto key = protection.read(inFolder(folder, keyFile(Generation::current(), CaPart::Root)));
        if (!key)
            return std::unexpected(key.error());
        auto certificate = readCertificateFile(inFolder(folder, certificateFile(Generation::current(), CaPart::Root)));
        if (!certificate)
            return std::unexpected(certificate.error());
        root.key = std::move(*key);
        root.certificate = std::move(*certificate);
    }
    const auto issuing = maker.make(CaPart::Issuing, number, &root, description.issuingYears, false);
    if (!issuing)
        return std::unexpected(issuing.error());
    const auto ra = maker.makeRa(number, *issuing, false);
    if (!ra)
        return std::unexpected(ra.error());
    const auto files = maker.filesOf(QList<Part>{root} + *ra + QList<Part>{*issuing}, Generation::next());
    if (!files)
        return std::unexpected(files.error());
    return NextCa{*files};
}

Result<void> writeNextCa(const QString &folder, const NextCa &next)
{
    if (hasNextCa(folder))
        return failure(ErrorCode::InvalidArgument, u"the next issuing CA in %1 is made already"_s.arg(QDir::toNativeSeparators(folder)));
    // What an interrupted making left must not be mixed with this one.
    if (const auto removed = removeNextParts(folder); !removed)
        return removed;
    return write(folder, next.files);
}

Result<void> discardNextCa(const QString &folder)
{
    if (!hasNextCa(folder))
        return failure(ErrorCode::InvalidArgument, u"no next issuing CA was made in %1"_s.arg(QDir::toNativeSeparators(folder)));
    if (const auto unscheduled = scheduleSwitch(folder, {}); !unscheduled)
        return unscheduled;
    // The issuing CA's certificate first: from then on there is no next generation, whatever else lies there.
    if (const auto removed = Files::removeFile(inFolder(folder, certificateFile(Generation::next(), CaPart::Issuing))); !removed)
        return removed;
    return removeNextParts(folder);
}

Result<QList<NewFile>> makeRa(const QString &folder, const CaDescription &description, const CaIdentity &ca,
                              const KeyProtection &protection)
{
    Part issuing;
    issuing.part = CaPart::Issuing;
    issuing.key = ca.issuingKey;
    issuing.certificate = ca.issuing;
    Maker maker(folder, description, protection);
    auto parts = maker.makeRa(retiredCount(folder) + 1, issuing, true);
    if (!parts)
        return std::unexpected(parts.error());
    // The one that signs comes last: by it, and by the one that does both, a folder is known to have an RA.
    std::ranges::reverse(*parts);
    return maker.filesOf(*parts, Generation::current());
}

Result<void> writeRa(const QString &folder, const CaDescription &description, const QList<NewFile> &files)
{
    return write(folder, QList<NewFile>{{u"ca.json"_s, descriptionToJson(description), false}} + files);
}

} // namespace LabCa
