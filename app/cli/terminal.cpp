// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/terminal.h"

#include <QJsonDocument>

#include <algorithm>
#include <cstdio>

using namespace Qt::StringLiterals;

namespace Cli {

namespace {

void write(FILE *stream, const QString &text)
{
    const QByteArray bytes = text.toUtf8();
    std::fwrite(bytes.constData(), 1, static_cast<size_t>(bytes.size()), stream);
    std::fputc('\n', stream);
    std::fflush(stream);
}

} // namespace

void Terminal::progress(const QString &text) const
{
    write(stderr, text);
}

void Terminal::print(const QJsonObject &object, const ResultLines &lines) const
{
    if (m_isJson) {
        write(stdout, QString::fromUtf8(QJsonDocument(object).toJson(QJsonDocument::Compact)));
        return;
    }
    qsizetype width = 0;
    for (const auto &[name, value] : lines)
        width = std::max(width, name.size());
    for (const auto &[name, value] : lines)
        write(stdout, name.isEmpty() && value.isEmpty() ? QString() : name.leftJustified(width) + u"  "_s + value);
}

int Terminal::done(const QJsonObject &object, const ResultLines &lines) const
{
    print(object, lines);
    return static_cast<int>(ExitCode::Done);
}

int Terminal::fail(const Pki::Error &error, const QString &object) const
{
    return fail(exitCode(error.code), errorName(error.code), Models::explain(error, object));
}

int Terminal::fail(ExitCode code, const QString &errorName, const Models::Explanation &explanation, QJsonObject details) const
{
    write(stderr, u"scepctl: "_s + explanation.oneLine());
    if (m_isJson) {
        details.insert("code"_L1, errorName);
        details.insert("exitCode"_L1, static_cast<int>(code));
        details.insert("message"_L1, explanation.what);
        details.insert("nextStep"_L1, explanation.nextStep);
        write(stdout, QString::fromUtf8(QJsonDocument(QJsonObject{{"error"_L1, details}}).toJson(QJsonDocument::Compact)));
    }
    return static_cast<int>(code);
}

int Terminal::usage(const QString &message, const QString &verb) const
{
    const QString help = verb.isEmpty() ? u"scepctl --help"_s : u"scepctl %1 --help"_s.arg(verb);
    return fail(ExitCode::Usage, u"Usage"_s, {.what = message, .nextStep = u"See %1."_s.arg(help)});
}

// No default label: the compiler names a code that is forgotten here.
QString errorName(Pki::ErrorCode code)
{
    using enum Pki::ErrorCode;
    switch (code) {
#define SCEPTER_NAME(name) \
    case name: \
        return QStringLiteral(#name)
        SCEPTER_NAME(InvalidDistinguishedName);
        SCEPTER_NAME(InvalidSubjectAlternativeName);
        SCEPTER_NAME(InvalidFingerprint);
        SCEPTER_NAME(InvalidObjectIdentifier);
        SCEPTER_NAME(InvalidKeyType);
        SCEPTER_NAME(InvalidUrl);
        SCEPTER_NAME(InvalidArgument);
        SCEPTER_NAME(EmptyPassphrase);
        SCEPTER_NAME(NotRecognised);
        SCEPTER_NAME(Malformed);
        SCEPTER_NAME(TooLarge);
        SCEPTER_NAME(UnsupportedAlgorithm);
        SCEPTER_NAME(PassphraseRequired);
        SCEPTER_NAME(WrongPassphrase);
        SCEPTER_NAME(KeyMismatch);
        SCEPTER_NAME(CryptoFailure);
        SCEPTER_NAME(DecryptionFailed);
        SCEPTER_NAME(LegacyProviderMissing);
        SCEPTER_NAME(FingerprintMismatch);
        SCEPTER_NAME(CaNotConfirmed);
        SCEPTER_NAME(CaChanged);
        SCEPTER_NAME(NoUsableCaCertificate);
        SCEPTER_NAME(SignatureInvalid);
        SCEPTER_NAME(SignerUnknown);
        SCEPTER_NAME(SignerCount);
        SCEPTER_NAME(SignerNotInForce);
        SCEPTER_NAME(NonceMismatch);
        SCEPTER_NAME(TransactionMismatch);
        SCEPTER_NAME(MessageTypeMismatch);
        SCEPTER_NAME(AlgorithmBelowFloor);
        SCEPTER_NAME(ContentRefused);
        SCEPTER_NAME(ForeignPublicKey);
        SCEPTER_NAME(IssuedCertificateIsCa);
        SCEPTER_NAME(IssuedCertificateNotInForce);
        SCEPTER_NAME(ChainBroken);
        SCEPTER_NAME(Rejected);
        SCEPTER_NAME(PollingEnded);
        SCEPTER_NAME(HostNotFound);
        SCEPTER_NAME(ConnectionRefused);
        SCEPTER_NAME(NetworkFailure);
        SCEPTER_NAME(Timeout);
        SCEPTER_NAME(TlsFailure);
        SCEPTER_NAME(HttpStatus);
        SCEPTER_NAME(RedirectRefused);
        SCEPTER_NAME(EmptyReply);
        SCEPTER_NAME(HtmlReply);
        SCEPTER_NAME(ReplyTooLarge);
        SCEPTER_NAME(ReplyMalformed);
        SCEPTER_NAME(AttributeMissing);
        SCEPTER_NAME(StatusUnknown);
        SCEPTER_NAME(FileNotFound);
        SCEPTER_NAME(FileNotReadable);
        SCEPTER_NAME(FileNotWritable);
        SCEPTER_NAME(DiskFull);
        SCEPTER_NAME(StoreFailure);
        SCEPTER_NAME(StoreVersion);
        SCEPTER_NAME(WorkspaceInUse);
        SCEPTER_NAME(VaultLocked);
        SCEPTER_NAME(Cancelled);
        SCEPTER_NAME(Internal);
#undef SCEPTER_NAME
    }
    return u"Internal"_s;
}

} // namespace Cli
