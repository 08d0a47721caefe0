// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/protocol/cacertificates.h"

#include "scep/pki/cms.h"
#include "scep/protocol/wire.h"

#include <QRegularExpression>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace Scep {

namespace {

constexpr qsizetype maxBytes = 1024 * 1024;
constexpr qsizetype maxCertificates = 32;

Error forReply(const Error &error)
{
    switch (error.code) {
    case ErrorCode::TooLarge:
        return {ErrorCode::ReplyTooLarge, error.detail};
    case ErrorCode::Malformed:
    case ErrorCode::NotRecognised:
        return {ErrorCode::ReplyMalformed, error.detail};
    default:
        return error;
    }
}

Result<void> add(const Pki::Certificate &certificate, CaCertificates &result)
{
    if (result.certificates.contains(certificate))
        return {};
    if (result.certificates.size() == maxCertificates)
        return failure(ErrorCode::ReplyTooLarge, u"more than %1 certificates"_s.arg(maxCertificates));
    result.certificates.append(certificate);
    return {};
}

Result<void> addAll(const QList<Pki::Certificate> &certificates, CaCertificates &result)
{
    for (const Pki::Certificate &certificate : certificates) {
        if (const auto added = add(certificate, result); !added)
            return added;
    }
    return {};
}

Result<void> readDer(const QByteArray &der, CaCertificates &result)
{
    if (Detail::looksLikeContentInfo(der)) {
        const auto bundle = Pki::SignedData::fromDer(der);
        if (!bundle)
            return std::unexpected(forReply(bundle.error()));
        result.form = CaCertificates::Form::DegenerateSignedData;
        if (!bundle->signers().isEmpty())
            result.leniencies.append(u"the certificate bundle is signed; the signature is ignored"_s);
        return addAll(bundle->certificates(), result);
    }
    const auto certificate = Pki::Certificate::fromDer(der);
    if (!certificate)
        return std::unexpected(forReply(certificate.error()));
    return add(*certificate, result);
}

Result<void> readPem(const QByteArray &body, CaCertificates &result)
{
    result.leniencies.append(u"PEM instead of DER"_s);
    static const QRegularExpression bundle(u"-----BEGIN (PKCS7|CMS)-----([A-Za-z0-9+/=\\s]+)-----END \\1-----"_s);
    const QRegularExpressionMatch match = bundle.match(QString::fromLatin1(body));
    if (match.hasMatch())
        return readDer(QByteArray::fromBase64(match.captured(2).toLatin1()), result);
    const auto certificates = Pki::Certificate::listFromPem(body);
    if (!certificates)
        return std::unexpected(forReply(certificates.error()));
    result.form = certificates->size() > 1 ? CaCertificates::Form::DegenerateSignedData : CaCertificates::Form::SingleCertificate;
    return addAll(*certificates, result);
}

void noteContentType(const QString &contentType, CaCertificates &result)
{
    const QString type = contentType.section(u';', 0, 0).trimmed().toLower();
    const bool isBundle = result.form == CaCertificates::Form::DegenerateSignedData;
    if (type.isEmpty())
        result.leniencies.append(u"no content type"_s);
    else if (type == "application/x-x509-ca-cert"_L1 && isBundle)
        result.leniencies.append(u"content type of a single certificate, but a bundle was sent"_s);
    else if (type == "application/x-x509-ca-ra-cert"_L1 && !isBundle)
        result.leniencies.append(u"content type of a bundle, but a single certificate was sent"_s);
    else if (type != "application/x-x509-ca-cert"_L1 && type != "application/x-x509-ca-ra-cert"_L1 &&
             type != "application/x-x509-ca-ra-cert-chain"_L1 && type != "application/x-x509-next-ca-cert"_L1)
        result.leniencies.append(u"content type \"%1\""_s.arg(Detail::excerpt(type.toUtf8())));
}

Result<void> read(const QByteArray &body, CaCertificates &result)
{
    if (body.startsWith('\x30') && (Detail::looksLikeContentInfo(body) || Detail::looksLikeSignedSequence(body)))
        return readDer(body, result);
    if (Detail::looksLikeMarkup(body))
        return failure(ErrorCode::HtmlReply, Detail::excerpt(body));
    if (body.contains("-----BEGIN "))
        return readPem(body, result);
    if (const auto der = Detail::derFromBase64(body)) {
        result.leniencies.append(u"base64 instead of DER"_s);
        return readDer(*der, result);
    }
    return failure(ErrorCode::ReplyMalformed, u"neither a certificate nor a bundle, but: %1"_s.arg(Detail::excerpt(body)));
}

} // namespace

Result<CaCertificates> parseCaCertificates(const QByteArray &body, const QString &contentType)
{
    if (body.trimmed().isEmpty())
        return failure(ErrorCode::EmptyReply, u"GetCACert"_s);
    if (body.size() > maxBytes)
        return failure(ErrorCode::ReplyTooLarge, u"%1 bytes of CA certificates"_s.arg(body.size()));
    CaCertificates result;
    if (const auto done = read(body, result); !done)
        return std::unexpected(done.error());
    if (result.certificates.isEmpty())
        return failure(ErrorCode::ReplyMalformed, u"a bundle without any certificate"_s);
    noteContentType(contentType, result);
    return result;
}

QList<Pki::Certificate> CaRoles::caCertificates() const
{
    QList<Pki::Certificate> result;
    const auto append = [&result](const Pki::Certificate &certificate) {
        if (!certificate.isNull() && !result.contains(certificate))
            result.append(certificate);
    };
    append(issuing);
    for (const Pki::Certificate &certificate : intermediates)
        append(certificate);
    append(root);
    append(anchor);
    return result;
}

} // namespace Scep
