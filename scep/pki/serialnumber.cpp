// SPDX-License-Identifier: GPL-3.0-or-later
// SerialNumber and IssuerAndSerialNumber of certificate.h.
#include "scep/pki/opensslhandles.h"

#include <openssl/pkcs7.h>

namespace Pki {

using namespace Qt::StringLiterals;
using namespace Detail;

namespace {

using Pkcs7IssuerAndSerialPtr = std::unique_ptr<PKCS7_ISSUER_AND_SERIAL, Deleter<PKCS7_ISSUER_AND_SERIAL_free>>;

struct Magnitude {
    bool isNegative = false;
    QByteArray bytes; ///< big endian, no leading zero but for the number 0
};

Magnitude magnitudeOf(QByteArray content)
{
    Magnitude magnitude;
    magnitude.isNegative = !content.isEmpty() && (content[0] & 0x80) != 0;
    if (magnitude.isNegative) { // two's complement
        int carry = 1;
        for (qsizetype i = content.size() - 1; i >= 0; --i) {
            const int sum = static_cast<uchar>(~content[i]) + carry;
            content[i] = static_cast<char>(sum & 0xff);
            carry = sum >> 8;
        }
    }
    while (content.size() > 1 && content[0] == '\0')
        content.remove(0, 1);
    magnitude.bytes = content;
    return magnitude;
}

} // namespace

Result<SerialNumber> SerialNumber::fromHex(const QString &hex)
{
    QString digits = hex.trimmed();
    const bool isNegative = digits.startsWith(u'-');
    if (isNegative)
        digits.remove(0, 1);
    if (digits.startsWith("0x"_L1, Qt::CaseInsensitive))
        digits.remove(0, 2);
    digits.remove(u':');
    const auto isHex = [](QChar c) { return (c >= u'0' && c <= u'9') || (c.toLower() >= u'a' && c.toLower() <= u'f'); };
    if (digits.isEmpty() || digits.size() > 128 || !std::ranges::all_of(digits, isHex))
        return failure(ErrorCode::InvalidArgument, u"serial number \"%1\": hexadecimal digits expected"_s.arg(displayText(hex.left(80))));
    if (digits.size() % 2 != 0)
        digits.prepend(u'0');
    QByteArray content = '\0' + QByteArray::fromHex(digits.toLatin1());
    if (isNegative) {
        int carry = 1;
        for (qsizetype i = content.size() - 1; i >= 0; --i) {
            const int sum = static_cast<uchar>(~content[i]) + carry;
            content[i] = static_cast<char>(sum & 0xff);
            carry = sum >> 8;
        }
    }
    return toSerialNumber(toAsn1Integer(SerialNumber(content)).get()); // in its shortest form
}

QString SerialNumber::toHex() const
{
    // As "openssl x509 -serial" shows it: without the zero byte that only says "positive", and with a sign for a negative one.
    const Magnitude magnitude = magnitudeOf(m_bytes);
    return (magnitude.isNegative ? u"-"_s : QString()) + QString::fromLatin1(magnitude.bytes.toHex());
}

QString SerialNumber::toDisplay() const
{
    const Magnitude magnitude = magnitudeOf(m_bytes);
    return (magnitude.isNegative ? u"-"_s : QString()) + QString::fromLatin1(magnitude.bytes.toHex(':').toUpper());
}

Result<IssuerAndSerialNumber> IssuerAndSerialNumber::fromDer(const QByteArray &der)
{
    const ErrorQueueGuard guard;
    const auto *cursor = reinterpret_cast<const unsigned char *>(der.constData());
    const auto *const end = cursor + der.size();
    const Pkcs7IssuerAndSerialPtr decoded(d2i_PKCS7_ISSUER_AND_SERIAL(nullptr, &cursor, static_cast<long>(der.size())));
    if (decoded == nullptr)
        return std::unexpected(drainErrors(ErrorCode::Malformed, u"IssuerAndSerialNumber"_s));
    if (cursor != end)
        return failure(ErrorCode::Malformed, u"%1 bytes after the IssuerAndSerialNumber"_s.arg(end - cursor));
    return IssuerAndSerialNumber{toName(decoded->issuer), toSerialNumber(decoded->serial)};
}

QByteArray IssuerAndSerialNumber::der() const
{
    const ErrorQueueGuard guard;
    // Written by hand so that the issuer's bytes go in as they are.
    return derElement(0x30, issuer.der() + toDer(i2d_ASN1_INTEGER, toAsn1Integer(serialNumber).get()));
}

} // namespace Pki
