// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/pki/certificationrequest.h"

#include "scep/pki/opensslhandles.h"

#include <algorithm>
#include <cstring>

namespace Pki {

using namespace Detail;
using namespace Qt::StringLiterals;

struct CertificationRequest::Data {
    QByteArray der;
    X509ReqPtr request;
    PublicKey publicKey;
    QList<Extension> extensions;
    CommonExtensions common;

    ~Data() { wipe(der); } // may hold the challenge
};

namespace {

struct ExtensionStackDeleter {
    void operator()(STACK_OF(X509_EXTENSION) * stack) const { sk_X509_EXTENSION_pop_free(stack, X509_EXTENSION_free); }
};
using ExtensionStackPtr = std::unique_ptr<STACK_OF(X509_EXTENSION), ExtensionStackDeleter>;

bool isPrintableString(QByteArrayView text)
{
    // X.680 41.4
    return std::ranges::all_of(text, [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
               (c != '\0' && std::strchr(" '()+,-./:=?", c) != nullptr);
    });
}

bool append(STACK_OF(X509_EXTENSION) * stack, X509ExtensionPtr extension)
{
    if (!extension || sk_X509_EXTENSION_push(stack, extension.get()) <= 0)
        return false;
    static_cast<void>(extension.release()); // owned by the stack now
    return true;
}

QByteArray templateNameValue(const QString &name, TemplateNameEncoding encoding)
{
    const bool isBmp = encoding == TemplateNameEncoding::BmpString;
    const Asn1StringPtr string(ASN1_STRING_type_new(isBmp ? V_ASN1_BMPSTRING : V_ASN1_UTF8STRING));
    QByteArray octets;
    if (isBmp) {
        for (const QChar unit : name) {
            octets.append(static_cast<char>(unit.unicode() >> 8));
            octets.append(static_cast<char>(unit.unicode() & 0xFF));
        }
    } else {
        octets = name.toUtf8();
    }
    if (!string || ASN1_STRING_set(string.get(), octets.constData(), static_cast<int>(octets.size())) != 1)
        return {};
    return isBmp ? toDer(i2d_ASN1_BMPSTRING, string.get()) : toDer(i2d_ASN1_UTF8STRING, string.get());
}

/// The extensions to ask for; an empty stack when there are none.
Result<ExtensionStackPtr> requestedExtensions(const CertificationRequestTemplate &description)
{
    ExtensionStackPtr stack(sk_X509_EXTENSION_new_null());
    if (!stack)
        return failure(ErrorCode::CryptoFailure);
    if (!description.subjectAlternativeNames.isEmpty()) {
        // Asked first by itself: its error says which entry is wrong.
        if (const Result<QByteArray> names = subjectAlternativeNamesToDer(description.subjectAlternativeNames); !names)
            return std::unexpected(names.error());
        // RFC 5280 4.2.1.6: critical when the subject is empty
        if (!append(stack.get(), subjectAlternativeNameExtension(description.subjectAlternativeNames, description.subject.isEmpty())))
            return std::unexpected(drainErrors(ErrorCode::CryptoFailure));
    }
    if (description.keyUsage && !append(stack.get(), keyUsageExtension(*description.keyUsage)))
        return std::unexpected(drainErrors(ErrorCode::CryptoFailure));
    if (!description.extendedKeyUsage.isEmpty() && !append(stack.get(), extendedKeyUsageExtension(description.extendedKeyUsage)))
        return std::unexpected(drainErrors(ErrorCode::CryptoFailure));
    if (!description.templateName.isEmpty()) {
        const QByteArray value = templateNameValue(description.templateName, description.templateNameEncoding);
        if (value.isEmpty() || !append(stack.get(), rawExtension(Oid::literal("1.3.6.1.4.1.311.20.2"), false, value)))
            return std::unexpected(drainErrors(ErrorCode::CryptoFailure));
    }
    return stack;
}

bool addChallenge(X509_REQ *request, const SecretBytes &challenge)
{
    const QByteArrayView text = challenge.view();
    // NDES wants a PrintableString
    return X509_REQ_add1_attr_by_NID(request, NID_pkcs9_challengePassword,
                                     isPrintableString(text) ? V_ASN1_PRINTABLESTRING : V_ASN1_UTF8STRING,
                                     reinterpret_cast<const unsigned char *>(text.data()), static_cast<int>(text.size())) == 1;
}

const ASN1_STRING *challengeOf(X509_REQ *request)
{
    const int index = request != nullptr ? X509_REQ_get_attr_by_NID(request, NID_pkcs9_challengePassword, -1) : -1;
    X509_ATTRIBUTE *attribute = index >= 0 ? X509_REQ_get_attr(request, index) : nullptr;
    const ASN1_TYPE *value = attribute != nullptr ? X509_ATTRIBUTE_get0_type(attribute, 0) : nullptr;
    if (value == nullptr)
        return nullptr;
    switch (ASN1_TYPE_get(value)) {
    case V_ASN1_PRINTABLESTRING:
    case V_ASN1_UTF8STRING:
    case V_ASN1_IA5STRING:
    case V_ASN1_T61STRING:
    case V_ASN1_BMPSTRING:
    case V_ASN1_UNIVERSALSTRING:
        return value->value.asn1_string;
    default:
        return nullptr;
    }
}

} // namespace

Result<CertificationRequest> CertificationRequest::create(const CertificationRequestTemplate &description, const PrivateKey &key,
                                                          Digest digest)
{
    const ErrorQueueGuard guard;
    if (key.isNull())
        return failure(ErrorCode::InvalidArgument, u"a request needs a key"_s);
    const Result<ExtensionStackPtr> extensions = requestedExtensions(description);
    if (!extensions)
        return std::unexpected(extensions.error());
    const X509ReqPtr request(X509_REQ_new_ex(libraryContext(), nullptr));
    const X509NamePtr subject = toX509Name(description.subject);
    if (!request || !subject || X509_REQ_set_version(request.get(), X509_REQ_VERSION_1) != 1 ||
        X509_REQ_set_subject_name(request.get(), subject.get()) != 1 || X509_REQ_set_pubkey(request.get(), keyOf(key)) != 1)
        return std::unexpected(drainErrors(ErrorCode::CryptoFailure));
    if (!description.challengePassword.isEmpty() && !addChallenge(request.get(), description.challengePassword))
        return std::unexpected(drainErrors(ErrorCode::CryptoFailure, u"the challenge could not be put into the request"_s));
    if (sk_X509_EXTENSION_num(extensions->get()) > 0 && X509_REQ_add_extensions(request.get(), extensions->get()) != 1)
        return std::unexpected(drainErrors(ErrorCode::CryptoFailure));

    const EvpDigestContextPtr context(EVP_MD_CTX_new());
    const QByteArray digestName = settingName(digest).toLatin1();
    if (!context ||
        EVP_DigestSignInit_ex(context.get(), nullptr, digestName.constData(), libraryContext(), nullptr, keyOf(key), nullptr) != 1 ||
        X509_REQ_sign_ctx(request.get(), context.get()) <= 0)
        return std::unexpected(drainErrors(ErrorCode::CryptoFailure));
    return fromDer(toDer(i2d_X509_REQ, request.get()));
}

Result<CertificationRequest> CertificationRequest::fromDer(const QByteArray &der)
{
    const ErrorQueueGuard guard;
    constexpr int maxDepth = 32;
    if (Result<void> shape = checkAsn1Shape(der, maxDepth, true); !shape)
        return std::unexpected(std::move(shape.error()));
    X509_REQ *raw = X509_REQ_new_ex(libraryContext(), nullptr);
    const auto *start = reinterpret_cast<const unsigned char *>(der.constData());
    const auto *position = start;
    const bool isRead = raw != nullptr && d2i_X509_REQ(&raw, &position, static_cast<long>(der.size())) != nullptr;
    auto data = std::make_shared<Data>();
    data->request.reset(raw);
    if (!isRead || position != start + der.size())
        return std::unexpected(drainErrors(ErrorCode::Malformed, u"the bytes are not a PKCS#10 request"_s));
    data->der = QByteArray(der.constData(), der.size()); // unshared, so that it can be wiped
    if (const EVP_PKEY *key = X509_REQ_get0_pubkey(raw))
        data->publicKey = toPublicKey(key, toDer(i2d_X509_PUBKEY, X509_REQ_get_X509_PUBKEY(raw)));
    // Reads extensionRequest and Microsoft's older attribute.
    if (const ExtensionStackPtr extensions{X509_REQ_get_extensions(raw)}) {
        data->extensions = toExtensions(extensions.get());
        data->common = readCommonExtensions(extensions.get());
    }
    CertificationRequest request;
    request.m_data = std::move(data);
    return request;
}

Result<CertificationRequest> CertificationRequest::fromBytes(const QByteArray &bytes)
{
    if (!bytes.contains("-----BEGIN "))
        return fromDer(bytes);
    const ErrorQueueGuard guard;
    const BioPtr bio = readOnlyBio(bytes);
    const X509ReqPtr request(bio ? PEM_read_bio_X509_REQ(bio.get(), nullptr, nullptr, nullptr) : nullptr);
    if (!request) {
        return bytes.contains("CERTIFICATE REQUEST-----")
                   ? std::unexpected(drainErrors(ErrorCode::Malformed, u"the PEM block is not a PKCS#10 request"_s))
                   : failure(ErrorCode::NotRecognised, u"there is no CERTIFICATE REQUEST block in it"_s);
    }
    QByteArray der = toDer(i2d_X509_REQ, request.get());
    Result<CertificationRequest> result = fromDer(der);
    wipe(der);
    return result;
}

QByteArray CertificationRequest::der() const
{
    return m_data ? m_data->der : QByteArray();
}

QByteArray CertificationRequest::toPem() const
{
    const ErrorQueueGuard guard;
    const BioPtr bio(BIO_new(BIO_s_mem()));
    if (!m_data || !bio || PEM_write_bio_X509_REQ(bio.get(), m_data->request.get()) != 1)
        return {};
    return takeBytes(bio.get());
}

DistinguishedName CertificationRequest::subject() const
{
    return m_data ? toName(X509_REQ_get_subject_name(m_data->request.get())) : DistinguishedName();
}

PublicKey CertificationRequest::publicKey() const
{
    return m_data ? m_data->publicKey : PublicKey();
}

QString CertificationRequest::signatureAlgorithm() const
{
    if (!m_data)
        return {};
    const int nid = X509_REQ_get_signature_nid(m_data->request.get());
    return nid == NID_undef ? QString() : QString::fromLatin1(OBJ_nid2ln(nid));
}

bool CertificationRequest::isSignatureValid() const
{
    const ErrorQueueGuard guard;
    EVP_PKEY *key = m_data ? X509_REQ_get0_pubkey(m_data->request.get()) : nullptr;
    return key != nullptr && X509_REQ_verify_ex(m_data->request.get(), key, libraryContext(), nullptr) == 1;
}

bool CertificationRequest::hasChallengePassword() const
{
    return m_data && challengeOf(m_data->request.get()) != nullptr;
}

SecretBytes CertificationRequest::challengePassword() const
{
    const ErrorQueueGuard guard;
    const ASN1_STRING *string = m_data ? challengeOf(m_data->request.get()) : nullptr;
    if (string == nullptr)
        return {};
    unsigned char *utf8 = nullptr;
    const int length = ASN1_STRING_to_UTF8(&utf8, string);
    if (length < 0)
        return {};
    SecretBytes challenge(QByteArrayView(reinterpret_cast<const char *>(utf8), length));
    OPENSSL_clear_free(utf8, static_cast<size_t>(length));
    return challenge;
}

SubjectAlternativeNames CertificationRequest::subjectAlternativeNames() const
{
    return m_data ? m_data->common.subjectAlternativeNames : SubjectAlternativeNames();
}

std::optional<KeyUsage> CertificationRequest::keyUsage() const
{
    return m_data ? m_data->common.keyUsage : std::nullopt;
}

QList<Oid> CertificationRequest::extendedKeyUsage() const
{
    return m_data ? m_data->common.extendedKeyUsage : QList<Oid>();
}

QString CertificationRequest::templateName() const
{
    return m_data ? m_data->common.templateName : QString();
}

QList<Extension> CertificationRequest::extensions() const
{
    return m_data ? m_data->extensions : QList<Extension>();
}

} // namespace Pki
