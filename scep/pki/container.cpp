// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/pki/container.h"

#include "scep/pki/asn1reader.h"
#include "scep/pki/cms.h"
#include "scep/pki/opensslhandles.h"
#include "scep/pki/pkcs12.h"

#include <algorithm>
#include <vector>

namespace Pki {

using namespace Detail;
using namespace Qt::StringLiterals;

namespace {

using Kind = Container::Kind;

constexpr qsizetype maxBytes = 16 * 1024 * 1024;
/// A person chose this file, so more certificates are allowed than in a message from the network: bundles of system roots have 140.
constexpr CmsLimits fileLimits{.maxBytes = maxBytes, .maxDepth = 32, .maxCertificates = 1000, .maxRecipients = 100, .maxAttributes = 100};

std::unexpected<Error> notRecognised(const QString &what)
{
    return failure(ErrorCode::NotRecognised, what);
}

/// Keys whose pass phrase is missing or wrong are told, not refused.
bool isLocked(ErrorCode code)
{
    return code == ErrorCode::PassphraseRequired || code == ErrorCode::WrongPassphrase || code == ErrorCode::LegacyProviderMissing;
}

Result<Kind> readKey(QByteArrayView bytes, const SecretBytes &passphrase, bool isEncrypted, Container &container)
{
    Result<PrivateKey> key = PrivateKey::fromBytes(bytes, passphrase);
    if (key)
        container.key = *std::move(key);
    else if (!isLocked(key.error().code))
        return std::unexpected(key.error().code == ErrorCode::NotRecognised ? Error{ErrorCode::Malformed, key.error().detail}
                                                                            : key.error());
    return isEncrypted ? Kind::EncryptedPrivateKey : Kind::PrivateKey;
}

Result<Kind> readContentInfo(const QByteArray &der, const Oid &type, Container &container)
{
    if (type == Oid::literal(Oids::envelopedData))
        return Kind::EnvelopedData;
    if (type != Oid::literal(Oids::signedData))
        return notRecognised(u"a CMS message of type %1"_s.arg(type.displayName()));
    const Result<SignedData> signedData = SignedData::fromDer(der, fileLimits);
    if (!signedData)
        return std::unexpected(signedData.error());
    container.certificates += signedData->certificates();
    container.crls += signedData->crls();
    return signedData->signers().isEmpty() ? Kind::CertificateBundle : Kind::SignedData;
}

Result<Kind> readPkcs12(const QByteArray &der, const SecretBytes &passphrase, Container &container)
{
    Result<Pkcs12Contents> contents = fromPkcs12(der, passphrase);
    if (contents) {
        container.key = contents->key;
        if (!contents->certificate.isNull())
            container.certificates.append(contents->certificate);
        container.certificates += contents->others;
    } else if (!isLocked(contents.error().code)) {
        return std::unexpected(std::move(contents.error()));
    }
    return Kind::Pkcs12;
}

/// SEQUENCE { SEQUENCE, AlgorithmIdentifier, BIT STRING }: certificate, request and CRL look alike from outside.
Result<Kind> readSigned(const QByteArray &der, Container &container)
{
    Result<Certificate> certificate = Certificate::fromDer(der);
    if (certificate) {
        container.certificates.append(*std::move(certificate));
        return Kind::Certificates;
    }
    if (Result<CertificationRequest> request = CertificationRequest::fromDer(der)) {
        container.request = *std::move(request);
        return Kind::CertificationRequest;
    }
    if (Result<Crl> crl = Crl::fromDer(der)) {
        container.crls.append(*std::move(crl));
        return Kind::Crl;
    }
    return failure(ErrorCode::Malformed, u"neither a certificate nor a request nor a CRL"_s);
}

/// The identifiers of the elements directly inside `sequence`; empty when broken.
std::vector<quint8> memberIdentifiers(const Asn1Element &sequence)
{
    std::vector<quint8> identifiers;
    Asn1Reader reader(sequence.content);
    while (!reader.atEnd() && identifiers.size() < 16) {
        const std::optional<Asn1Element> member = reader.next();
        if (!member)
            return {};
        identifiers.push_back(member->identifier);
    }
    return identifiers;
}

Result<Kind> readDerObject(const QByteArray &der, const SecretBytes &passphrase, Container &container)
{
    constexpr quint8 bitString = 0x03;
    if (Result<void> shape = checkAsn1Shape(der, fileLimits.maxDepth, true); !shape)
        return std::unexpected(std::move(shape.error()));
    const std::optional<Asn1Element> outer = singleElement(der);
    const std::vector<quint8> members = outer && outer->identifier == Tag::sequence ? memberIdentifiers(*outer) : std::vector<quint8>();
    const auto startsWith = [&](std::initializer_list<quint8> expected) {
        return members.size() >= expected.size() && std::equal(expected.begin(), expected.end(), members.begin());
    };
    if (startsWith({Tag::objectIdentifier})) {
        const std::optional<Oid> type = readOid(*Asn1Reader(outer->content).next());
        return type ? readContentInfo(der, *type, container) : notRecognised(u"an unknown object"_s);
    }
    if (startsWith({Tag::sequence, Tag::sequence, bitString}))
        return readSigned(der, container);
    if (startsWith({Tag::integer, Tag::sequence, Tag::octetString})) // PKCS#8
        return readKey(der, passphrase, false, container);
    if (startsWith({Tag::integer, Tag::sequence})) // PFX (RFC 7292 4)
        return readPkcs12(der, passphrase, container);
    if (startsWith({Tag::integer, Tag::octetString}) || (startsWith({Tag::integer, Tag::integer, Tag::integer}))) // SEC 1, PKCS#1
        return readKey(der, passphrase, false, container);
    if (startsWith({Tag::sequence, Tag::octetString})) // EncryptedPrivateKeyInfo
        return readKey(der, passphrase, true, container);
    if (startsWith({Tag::sequence, bitString})) {
        if (Result<PublicKey> key = PublicKey::fromDer(der); !key)
            return std::unexpected(std::move(key.error()));
        return Kind::PublicKey;
    }
    return notRecognised(u"an unknown ASN.1 object"_s);
}

/// One object, or several certificates one after the other.
Result<Container> readDer(const QByteArray &bytes, const SecretBytes &passphrase, const QString &encoding)
{
    Container container;
    container.encoding = encoding;
    Asn1Reader reader(bytes);
    const std::optional<Asn1Element> first = reader.next();
    if (!first)
        return failure(ErrorCode::Malformed, u"the ASN.1 is broken or cut off"_s);
    container.der = first->whole.toByteArray();
    if (reader.atEnd()) {
        const Result<Kind> kind = readDerObject(bytes, passphrase, container);
        if (!kind)
            return std::unexpected(kind.error());
        container.kind = *kind;
        return container;
    }
    Asn1Reader all(bytes);
    while (!all.atEnd()) {
        const std::optional<Asn1Element> element = all.next();
        Result<Certificate> certificate =
            element ? Certificate::fromDer(element->whole.toByteArray()) : Result<Certificate>(failure(ErrorCode::Malformed));
        if (!certificate || container.certificates.size() >= fileLimits.maxCertificates)
            return failure(ErrorCode::Malformed, u"there are further bytes behind the first object"_s);
        container.certificates.append(*std::move(certificate));
    }
    container.kind = Kind::Certificates;
    return container;
}

// -- PEM ----------------------------------------------------------------------------------------------------------------

struct PemBlock {
    QByteArray name;
    QByteArray header;
    QByteArray der;

    ~PemBlock() { wipe(der); } // may be a key in the clear
    PemBlock() = default;
    PemBlock(PemBlock &&) = default;
    PemBlock &operator=(PemBlock &&) = default;
    PemBlock(const PemBlock &) = delete;
    PemBlock &operator=(const PemBlock &) = delete;
};

Result<std::optional<PemBlock>> nextPemBlock(BIO *bio)
{
    char *name = nullptr;
    char *header = nullptr;
    unsigned char *data = nullptr;
    long length = 0;
    if (PEM_read_bio(bio, &name, &header, &data, &length) != 1) {
        if (ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE) {
            ERR_clear_error();
            return std::optional<PemBlock>();
        }
        return failure(ErrorCode::Malformed, u"a PEM block is broken or cut off"_s);
    }
    PemBlock block;
    block.name = name;
    block.header = header;
    block.der = QByteArray(reinterpret_cast<const char *>(data), static_cast<qsizetype>(length));
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_clear_free(data, static_cast<size_t>(length));
    return std::optional(std::move(block));
}

Result<Kind> readPemKey(const PemBlock &block, const SecretBytes &passphrase, Container &container)
{
    const BioPtr output(BIO_new(BIO_s_mem()));
    if (!output || PEM_write_bio(output.get(), block.name.constData(), block.header.constData(),
                                 reinterpret_cast<const unsigned char *>(block.der.constData()), static_cast<long>(block.der.size())) == 0)
        return std::unexpected(drainErrors(ErrorCode::CryptoFailure));
    QByteArray pem = takeBytes(output.get());
    const bool isEncrypted = block.name == "ENCRYPTED PRIVATE KEY" || block.header.contains("ENCRYPTED");
    Result<Kind> kind = readKey(pem, passphrase, isEncrypted, container);
    wipe(pem);
    return kind;
}

/// nullopt for kinds of block that say nothing by themselves (EC PARAMETERS).
Result<std::optional<Kind>> readPemBlock(const PemBlock &block, const SecretBytes &passphrase, Container &container)
{
    const QByteArray &name = block.name;
    Result<Kind> kind = Kind::Certificates;
    if (name == "CERTIFICATE" || name == "X509 CERTIFICATE") {
        Result<Certificate> certificate = Certificate::fromDer(block.der);
        if (!certificate)
            return std::unexpected(std::move(certificate.error()));
        container.certificates.append(*std::move(certificate));
    } else if (name == "TRUSTED CERTIFICATE") { // OpenSSL's own: trust settings follow the certificate
        Asn1Reader reader(block.der);
        const std::optional<Asn1Element> element = reader.next();
        Result<Certificate> certificate =
            element ? Certificate::fromDer(element->whole.toByteArray()) : Result<Certificate>(failure(ErrorCode::Malformed));
        if (!certificate)
            return std::unexpected(std::move(certificate.error()));
        container.certificates.append(*std::move(certificate));
    } else if (name == "X509 CRL" || name == "CERTIFICATE REQUEST" || name == "NEW CERTIFICATE REQUEST") {
        kind = readSigned(block.der, container);
    } else if (name.endsWith("PRIVATE KEY") && name != "OPENSSH PRIVATE KEY") {
        kind = readPemKey(block, passphrase, container);
    } else if (name == "PKCS7" || name == "CMS" || name == "PUBLIC KEY") {
        kind = readDerObject(block.der, passphrase, container);
    } else {
        return std::optional<Kind>();
    }
    if (!kind)
        return std::unexpected(std::move(kind.error()));
    return std::optional(*kind);
}

Result<Container> readPem(QByteArrayView bytes, const SecretBytes &passphrase)
{
    Container container;
    container.encoding = u"PEM"_s;
    const BioPtr bio = readOnlyBio(bytes);
    if (!bio)
        return failure(ErrorCode::CryptoFailure);
    std::vector<Kind> kinds;
    QStringList others;
    int count = 0;
    while (true) {
        const Result<std::optional<PemBlock>> block = nextPemBlock(bio.get());
        if (!block)
            return std::unexpected(block.error());
        if (!block->has_value())
            break;
        if (++count > fileLimits.maxCertificates)
            return failure(ErrorCode::TooLarge, u"more than %1 PEM blocks"_s.arg(fileLimits.maxCertificates));
        const Result<std::optional<Kind>> kind = readPemBlock(**block, passphrase, container);
        if (!kind)
            return std::unexpected(kind.error());
        if (!kind->has_value()) {
            others.append(displayUtf8((*block)->name));
            continue;
        }
        if (kinds.empty())
            container.der = QByteArray((*block)->der.constData(), (*block)->der.size());
        if (std::ranges::find(kinds, **kind) == kinds.end())
            kinds.push_back(**kind);
    }
    if (kinds.empty())
        return notRecognised(others.isEmpty() ? u"no complete PEM block"_s : u"a PEM block of type %1"_s.arg(others.join(", "_L1)));
    container.kind = kinds.size() == 1 ? kinds.front() : Kind::Mixed;
    return container;
}

/// The bytes behind a bare base64 text; nullopt when it is none.
std::optional<QByteArray> fromBase64(QByteArrayView text)
{
    QByteArray compact;
    compact.reserve(text.size());
    for (const char c : text) {
        if (c != '\r' && c != '\n' && c != ' ' && c != '\t')
            compact.append(c);
    }
    auto decoded = QByteArray::fromBase64Encoding(std::move(compact), QByteArray::AbortOnBase64DecodingErrors);
    return decoded && !decoded.decoded.isEmpty() ? std::optional(std::move(decoded.decoded)) : std::nullopt;
}

} // namespace

Result<Container> readContainer(QByteArrayView bytes, const SecretBytes &passphrase)
{
    const ErrorQueueGuard guard;
    if (bytes.size() > maxBytes)
        return failure(ErrorCode::TooLarge, u"%1 bytes"_s.arg(bytes.size()));
    if (bytes.startsWith("\xEF\xBB\xBF")) // byte order mark of a text editor
        bytes = bytes.sliced(3);
    if (bytes.trimmed().isEmpty())
        return notRecognised(u"it is empty"_s);
    const bool hasPem = bytes.contains("-----BEGIN ");
    const bool looksLikeDer = static_cast<quint8>(bytes.front()) == Tag::sequence;
    if (hasPem && !(looksLikeDer && singleElement(bytes)))
        return readPem(bytes, passphrase);
    if (looksLikeDer)
        return readDer(bytes.toByteArray(), passphrase, u"DER"_s);
    if (const std::optional<QByteArray> decoded = fromBase64(bytes); decoded && static_cast<quint8>(decoded->front()) == Tag::sequence)
        return readDer(*decoded, passphrase, u"base64"_s);
    return notRecognised(u"it is neither PEM nor DER nor base64"_s);
}

} // namespace Pki
