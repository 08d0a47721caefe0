// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/labca/cafiles.h"

#include "scep/files/durablefile.h"
#include "scep/labca/rollover.h"

#include <QDir>
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>

namespace LabCa {

using namespace Qt::StringLiterals;

namespace {

constexpr qint64 maxPemBytes = 256 * 1024;
constexpr auto issuingSuffix = " Issuing (lab only)"_L1;

QString partName(CaPart part)
{
    switch (part) {
    case CaPart::Root:
        return u"root"_s;
    case CaPart::Issuing:
        return u"issuing"_s;
    case CaPart::Ra:
        return u"ra"_s;
    case CaPart::RaSigning:
        return u"ra-signing"_s;
    case CaPart::RaEncryption:
        return u"ra-encryption"_s;
    }
    Q_UNREACHABLE();
}

QString stem(Generation generation, CaPart part)
{
    switch (generation.kind) {
    case Generation::Kind::Current:
        return partName(part);
    case Generation::Kind::Next:
        return u"next-"_s + partName(part);
    case Generation::Kind::Retired: {
        const QString retired = u"retired-%1"_s.arg(generation.number);
        return part == CaPart::Issuing ? retired : retired + u'-' + partName(part);
    }
    }
    Q_UNREACHABLE();
}

/// What one certificate file and its key file hold.
struct Pair {
    Pki::Certificate certificate;
    Pki::PrivateKey key;
};

Result<Pair> readPair(const QString &folder, const KeyProtection &protection, Generation generation, CaPart part, bool withKey)
{
    Pair pair;
    auto certificate = readCertificateFile(inFolder(folder, certificateFile(generation, part)));
    if (!certificate)
        return std::unexpected(certificate.error());
    pair.certificate = std::move(*certificate);
    if (!withKey)
        return pair;
    auto key = protection.read(inFolder(folder, keyFile(generation, part)));
    if (!key)
        return std::unexpected(key.error());
    if (!Pki::belongTogether(*key, pair.certificate))
        return failure(ErrorCode::KeyMismatch, u"%1 and %2 in %3"_s.arg(keyFile(generation, part), certificateFile(generation, part),
                                                                        QDir::toNativeSeparators(folder)));
    pair.key = std::move(*key);
    return pair;
}

bool hasPart(const QString &folder, Generation generation, CaPart part)
{
    return QFile::exists(inFolder(folder, certificateFile(generation, part)));
}

/// Only a generation that was followed by one with another root keeps its root: it is also that of those before.
Generation generationOfRoot(const QString &folder, Generation generation)
{
    if (generation.kind == Generation::Kind::Next)
        return hasPart(folder, generation, CaPart::Root) ? generation : Generation::current();
    if (generation.kind == Generation::Kind::Retired) {
        const int count = retiredCount(folder);
        for (int number = generation.number; number <= count; ++number) {
            if (hasPart(folder, Generation::retired(number), CaPart::Root))
                return Generation::retired(number);
        }
    }
    return Generation::current();
}

} // namespace

QString certificateFile(Generation generation, CaPart part)
{
    return stem(generation, part) + ".pem"_L1;
}

QString keyFile(Generation generation, CaPart part)
{
    return stem(generation, part) + ".key.pem"_L1;
}

QString inFolder(const QString &folder, const QString &file)
{
    return folder + u'/' + file;
}

Result<Pki::Certificate> readCertificateFile(const QString &path)
{
    const auto bytes = Files::readFile(path, maxPemBytes);
    if (!bytes)
        return std::unexpected(bytes.error());
    auto certificate = Pki::Certificate::fromPem(*bytes);
    if (!certificate) {
        const QString reason = certificate.error().detail.isEmpty() ? u"is damaged"_s : certificate.error().detail;
        return failure(ErrorCode::Malformed, u"%1: %2"_s.arg(QDir::toNativeSeparators(path), reason));
    }
    return certificate;
}

int retiredCount(const QString &folder)
{
    int count = 0;
    while (hasPart(folder, Generation::retired(count + 1), CaPart::Issuing))
        ++count;
    return count;
}

bool isFinishedCa(const QString &folder)
{
    return hasPart(folder, Generation::current(), CaPart::Issuing);
}

bool hasNextCa(const QString &folder)
{
    return hasPart(folder, Generation::next(), CaPart::Issuing);
}

Result<CaIdentity> readIdentity(const QString &folder, const KeyProtection &protection, Generation generation, bool withKeys)
{
    CaIdentity identity;
    const auto issuing = readPair(folder, protection, generation, CaPart::Issuing, withKeys);
    if (!issuing)
        return std::unexpected(issuing.error());
    identity.issuing = issuing->certificate;
    identity.issuingKey = issuing->key;
    const Generation ofRoot = generationOfRoot(folder, generation);
    auto root = readCertificateFile(inFolder(folder, certificateFile(ofRoot, CaPart::Root)));
    if (!root)
        return std::unexpected(root.error());
    identity.root = std::move(*root);
    if (!identity.issuing.isSignedBy(identity.root))
        return failure(ErrorCode::Malformed,
                       u"%1 in %2 is not signed by %3"_s.arg(certificateFile(generation, CaPart::Issuing), QDir::toNativeSeparators(folder),
                                                             certificateFile(ofRoot, CaPart::Root)));
    const bool isOne = hasPart(folder, generation, CaPart::Ra);
    if (!isOne && !hasPart(folder, generation, CaPart::RaSigning))
        return identity;
    const auto signing = readPair(folder, protection, generation, isOne ? CaPart::Ra : CaPart::RaSigning, withKeys);
    if (!signing)
        return std::unexpected(signing.error());
    const auto encryption = isOne ? signing : readPair(folder, protection, generation, CaPart::RaEncryption, withKeys);
    if (!encryption)
        return std::unexpected(encryption.error());
    identity.raSigning = signing->certificate;
    identity.raSigningKey = signing->key;
    identity.raEncryption = encryption->certificate;
    identity.raEncryptionKey = encryption->key;
    return identity;
}

Result<CaMaterial> readCa(const QString &folder, const KeyProtection &protection)
{
    CaMaterial material;
    auto current = readIdentity(folder, protection, Generation::current(), true);
    if (!current)
        return std::unexpected(current.error());
    material.current = std::move(*current);
    if (hasNextCa(folder)) {
        auto next = readIdentity(folder, protection, Generation::next(), false);
        if (!next)
            return std::unexpected(next.error());
        material.next = std::move(*next);
        material.switchAt = scheduledSwitch(folder);
    }
    const int former = retiredCount(folder);
    for (int number = 1; number <= former; ++number) {
        auto retired = readIdentity(folder, protection, Generation::retired(number), true);
        if (!retired)
            return std::unexpected(retired.error());
        if (retired->issuing != material.current.issuing) // a copy from before an interrupted switch
            material.retired.append(std::move(*retired));
    }
    return material;
}

QString displayName(RaKind kind)
{
    switch (kind) {
    case RaKind::None:
        return u"none"_s;
    case RaKind::One:
        return u"one"_s;
    case RaKind::Split:
        return u"split"_s;
    }
    return {};
}

std::optional<RaKind> raKindFromText(const QString &text)
{
    for (const RaKind kind : {RaKind::None, RaKind::One, RaKind::Split}) {
        if (displayName(kind) == text)
            return kind;
    }
    return std::nullopt;
}

QByteArray descriptionToJson(const CaDescription &description)
{
    return QJsonDocument(QJsonObject{{u"version"_s, 1},
                                     {u"name"_s, description.name},
                                     {u"key"_s, description.keySpec.toText()},
                                     {u"rootYears"_s, description.rootYears},
                                     {u"issuingYears"_s, description.issuingYears},
                                     {u"rootSubject"_s, description.rootSubject},
                                     {u"issuingSubject"_s, description.issuingSubject},
                                     {u"ra"_s, displayName(description.ra)}})
        .toJson();
}

Result<CaDescription> readDescription(const QString &folder)
{
    CaDescription description;
    const QString path = inFolder(folder, u"ca.json"_s);
    if (!QFile::exists(path)) {
        const auto issuing = readCertificateFile(inFolder(folder, certificateFile(Generation::current(), CaPart::Issuing)));
        if (!issuing)
            return std::unexpected(issuing.error());
        if (const QString name = issuing->subject().commonName(); name.endsWith(issuingSuffix))
            description.name = name.chopped(issuingSuffix.size());
        description.keySpec.bits = issuing->publicKey().bits();
        return description;
    }
    const auto bytes = Files::readFile(path, maxPemBytes);
    if (!bytes)
        return std::unexpected(bytes.error());
    const QJsonObject object = QJsonDocument::fromJson(*bytes).object();
    const auto keySpec = Pki::KeySpec::fromText(object.value(u"key"_s).toString());
    const auto ra = raKindFromText(object.value(u"ra"_s).toString());
    if (object.value(u"version"_s).toInt() != 1 || !keySpec || !ra)
        return failure(ErrorCode::Malformed, QDir::toNativeSeparators(path));
    description.name = object.value(u"name"_s).toString();
    description.keySpec = *keySpec;
    description.rootYears = object.value(u"rootYears"_s).toInt();
    description.issuingYears = object.value(u"issuingYears"_s).toInt();
    description.rootSubject = object.value(u"rootSubject"_s).toString();
    description.issuingSubject = object.value(u"issuingSubject"_s).toString();
    description.ra = *ra;
    return description;
}

} // namespace LabCa
