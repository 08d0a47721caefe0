// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/pki/cms.h"

#include "scep/pki/asn1reader.h"
#include "scep/pki/asn1writer.h"
#include "scep/pki/cmscommon.h"
#include "scep/pki/opensslhandles.h"

#include <algorithm>
#include <array>

namespace Pki {

using namespace Detail;
using namespace Qt::StringLiterals;

namespace {

struct CipherNames {
    Cipher cipher;
    const char *displayName;
    const char *settingName;
};
constexpr std::array cipherNames{
    CipherNames{Cipher::Des, "DES-CBC", "des-cbc"},           CipherNames{Cipher::TripleDes, "3DES-CBC", "3des-cbc"},
    CipherNames{Cipher::Aes128, "AES-128-CBC", "aes128-cbc"}, CipherNames{Cipher::Aes192, "AES-192-CBC", "aes192-cbc"},
    CipherNames{Cipher::Aes256, "AES-256-CBC", "aes256-cbc"},
};

const CipherNames &namesOf(Cipher cipher)
{
    const auto *found = std::ranges::find(cipherNames, cipher, &CipherNames::cipher);
    Q_ASSERT(found != cipherNames.end());
    return *found;
}

} // namespace

QString displayName(Cipher cipher)
{
    return QString::fromLatin1(namesOf(cipher).displayName);
}

QString settingName(Cipher cipher)
{
    return QString::fromLatin1(namesOf(cipher).settingName);
}

std::optional<Cipher> cipherFromSettingName(const QString &name)
{
    for (const CipherNames &names : cipherNames) {
        if (name.compare(QLatin1StringView(names.settingName), Qt::CaseInsensitive) == 0 ||
            name.compare(QLatin1StringView(names.displayName), Qt::CaseInsensitive) == 0)
            return names.cipher;
    }
    return std::nullopt;
}

bool isWeak(Cipher cipher)
{
    return cipher == Cipher::Des;
}

std::optional<Attribute> SignerInfo::attribute(const Oid &oid) const
{
    const auto found = std::ranges::find(signedAttributes, oid, &Attribute::oid);
    return found == signedAttributes.end() ? std::nullopt : std::optional(*found);
}

int SignerInfo::attributeCount(const Oid &oid) const
{
    return static_cast<int>(std::ranges::count(signedAttributes, oid, &Attribute::oid));
}

Result<QByteArray> degenerateCms(const QList<Certificate> &certificates, const QList<Crl> &crls)
{
    // RFC 8894 3.4: no digest algorithm, no content, no signer. The certificates keep the order given, as simple readers take the first
    // one; their order has no meaning for anybody else and only signed attributes must be sorted (RFC 5652 5.1, 5.4).
    QByteArray content = derSmallInteger(1);
    content += encodeElement(Tag::set, {});
    content += encodeElement(Tag::sequence, derOid(Oid::literal(Oids::data)));
    QByteArray certificateSet;
    for (const Certificate &certificate : certificates) {
        if (certificate.isNull())
            return failure(ErrorCode::InvalidArgument, u"a null certificate"_s);
        certificateSet += certificate.der();
    }
    content += encodeElement(Tag::contextConstructed(0), certificateSet);
    if (!crls.isEmpty()) {
        QByteArray crlSet;
        for (const Crl &crl : crls) {
            if (crl.isNull())
                return failure(ErrorCode::InvalidArgument, u"a null CRL"_s);
            crlSet += crl.der();
        }
        content += encodeElement(Tag::contextConstructed(1), crlSet);
    }
    content += encodeElement(Tag::set, {});
    return contentInfo(Oid::literal(Oids::signedData), encodeElement(Tag::sequence, content));
}

namespace Detail {

QByteArray contentInfo(const Oid &type, const QByteArray &content)
{
    return encodeElement(Tag::sequence, derOid(type) + encodeElement(Tag::contextConstructed(0), content));
}

Result<ContentInfoParts> readContentInfo(const QByteArray &bytes, const CmsLimits &limits)
{
    if (bytes.size() > limits.maxBytes)
        return failure(ErrorCode::TooLarge, u"a CMS message of %1 bytes"_s.arg(bytes.size()));
    if (bytes.isEmpty() || static_cast<quint8>(bytes.front()) != Tag::sequence)
        return failure(ErrorCode::NotRecognised, u"the bytes are not a CMS message"_s);
    if (Result<void> shape = checkAsn1Shape(bytes, limits.maxDepth, true); !shape)
        return std::unexpected(std::move(shape.error()));
    const std::optional<Asn1Element> outer = singleElement(bytes);
    if (!outer)
        return failure(ErrorCode::Malformed, u"broken ASN.1"_s);
    Asn1Reader reader(outer->content);
    const std::optional<Asn1Element> typeElement = reader.next(Tag::objectIdentifier);
    const std::optional<Oid> type = typeElement ? readOid(*typeElement) : std::nullopt;
    if (!type)
        return failure(ErrorCode::NotRecognised, u"the bytes are not a CMS message"_s);
    ContentInfoParts parts{*type, {}};
    if (reader.atEnd())
        return parts;
    const std::optional<Asn1Element> wrapper = reader.next(Tag::contextConstructed(0));
    const std::optional<Asn1Element> content = wrapper ? singleElement(wrapper->content) : std::nullopt;
    if (!content || !reader.atEnd())
        return failure(ErrorCode::Malformed, u"broken ContentInfo"_s);
    parts.content = *content;
    return parts;
}

std::optional<IssuerAndSerialNumber> readIssuerAndSerialNumber(const Asn1Element &sequence)
{
    // Written anew so that an indefinite length around the two does not reach the stricter reader.
    Result<IssuerAndSerialNumber> id = IssuerAndSerialNumber::fromDer(encodeElement(Tag::sequence, sequence.content));
    return id ? std::optional(*std::move(id)) : std::nullopt;
}

} // namespace Detail

} // namespace Pki
