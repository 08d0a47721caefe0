// SPDX-License-Identifier: GPL-3.0-or-later
// Writes CertReps (RFC 8894 3.3.2) the way that a personality has, and wrongly where a fault says so.
#include "scep/labca/replywriter.h"

#include "scep/pki/cmssigning.h"
#include "scep/protocol/certrepparts.h"

#include <algorithm>

namespace LabCa {

using namespace Qt::StringLiterals;
using Pki::Result;
using Scep::CertRepTemplate;
using Scep::FailInfo;

namespace {

constexpr int strangerKeyBits = 2048;
constexpr auto strangerDays = 3650;

/// Nobody that a client of this CA has reason to trust, and a CA certificate of his.
struct Stranger {
    Pki::PrivateKey key;
    Pki::Certificate certificate;
};

/// Made on first use; a fault that is never asked for costs no key.
const Result<Stranger> &stranger()
{
    static const Result<Stranger> made = []() -> Result<Stranger> {
        Pki::KeySpec spec;
        spec.bits = strangerKeyBits;
        const auto key = Pki::PrivateKey::generate(spec);
        if (!key)
            return std::unexpected(key.error());
        const auto name = Pki::DistinguishedName::fromText(u"CN=Stranger (lab only)"_s);
        if (!name)
            return std::unexpected(name.error());
        const QDateTime now = QDateTime::currentDateTimeUtc();
        Pki::CertificateTemplate form;
        form.subject = *name;
        form.publicKey = key->publicKey();
        form.notBefore = now.addDays(-1);
        form.notAfter = now.addDays(strangerDays);
        form.isCa = true;
        form.keyUsage = Pki::KeyUsageBit::DigitalSignature | Pki::KeyUsageBit::KeyCertSign | Pki::KeyUsageBit::CrlSign;
        const auto certificate = Pki::issueCertificate(form, *key);
        if (!certificate)
            return std::unexpected(certificate.error());
        return Stranger{*key, *certificate};
    }();
    return made;
}

/// The same certificate for the stranger's key.
Result<Pki::Certificate> forForeignKey(const Pki::Certificate &issued, const CaIdentity &ca)
{
    if (!stranger())
        return std::unexpected(stranger().error());
    Pki::CertificateTemplate form;
    form.subject = issued.subject();
    form.publicKey = stranger()->key.publicKey();
    form.notBefore = issued.notBefore();
    form.notAfter = issued.notAfter();
    form.keyUsage = issued.keyUsage();
    form.extendedKeyUsage = issued.extendedKeyUsage();
    form.subjectAlternativeNames = issued.subjectAlternativeNames();
    return Pki::issueCertificate(form, ca.issuingKey, ca.issuing);
}

/// The HRESULTs that certificate services put beside a failInfo.
qint32 hresultFor(const Scep::Rejection &rejection)
{
    switch (rejection.failInfo().value_or(FailInfo::BadRequest)) {
    case FailInfo::BadAlg:
        return static_cast<qint32>(0x80090008); // NTE_BAD_ALGID
    case FailInfo::BadMessageCheck:
        return static_cast<qint32>(0x80090005); // NTE_BAD_DATA
    case FailInfo::BadTime:
        return static_cast<qint32>(0x800b0101); // CERT_E_EXPIRED
    case FailInfo::BadCertId:
        return static_cast<qint32>(0x80090011); // NTE_NOT_FOUND
    case FailInfo::BadRequest:
        break;
    }
    return static_cast<qint32>(0x80070057); // E_INVALIDARG
}

class Writer
{
public:
    Writer(const Scep::ReceivedRequest &request, const ReplyManner &manner)
        : m_request(request)
        , m_manner(manner)
        , m_switches(manner.personality)
    {}

    /// Sets `m_form.body`, and what the log says.
    Result<QString> decide(const Decision &decision);
    Result<QByteArray> message();

private:
    [[nodiscard]] bool has(Fault fault) const { return m_manner.faults.contains(fault); }
    Result<QString> grant(const Granted &granted);
    QString refuse(Scep::Rejection rejection);
    QString pend();
    [[nodiscard]] QList<Pki::Attribute> attributes() const;
    [[nodiscard]] QList<Pki::Certificate> embedded(const Pki::Certificate &signer) const;

    const Scep::ReceivedRequest &m_request;
    const ReplyManner &m_manner;
    const Personality &m_switches;
    CertRepTemplate m_form;
    bool m_isEmptySuccess = false;
};

Result<QString> Writer::decide(const Decision &decision)
{
    if (has(Fault::PendingForEver))
        return pend();
    if (!decision) {
        if (m_switches.pendsInsteadOfBadAlg && decision.error().failInfo() == FailInfo::BadAlg)
            return pend();
        return refuse(decision.error());
    }
    return *decision ? grant(**decision) : Result<QString>(pend());
}

Result<QString> Writer::grant(const Granted &granted)
{
    Scep::CertRepSuccess success;
    success.certificates = granted.certificates;
    success.crls = granted.crls;
    if (has(Fault::ForeignKey) && !success.certificates.isEmpty()) {
        const auto foreign = forForeignKey(success.certificates.first(), m_manner.ca);
        if (!foreign)
            return std::unexpected(foreign.error());
        success.certificates.first() = *foreign;
    }
    if (has(Fault::ExtraCertificates)) {
        if (!stranger())
            return std::unexpected(stranger().error());
        success.certificates += QList{stranger()->certificate, m_manner.ca.root};
    }
    const Pki::PublicKey key = m_request.signer.publicKey();
    if (!key.isRsa()) {
        success.byKeyAgreement = m_switches.agreesOnKeys;
        success.password = &m_manner.challenge;
    }
    success.recipient = m_request.signer;
    success.cipher = m_switches.replyCipher.value_or(m_request.cipher);
    success.keyTransport = m_request.keyTransport;
    m_form.body = std::move(success);
    return granted.outcome;
}

QString Writer::refuse(Scep::Rejection rejection)
{
    if (m_switches.sendsHresult)
        rejection.hresult = hresultFor(rejection);
    const QString outcome = u"FAILURE %1"_s.arg(Scep::toText(rejection));
    if (!m_switches.sendsFailInfoText)
        rejection.failInfoText.clear();
    m_form.body = std::move(rejection);
    return outcome;
}

QString Writer::pend()
{
    m_isEmptySuccess = m_switches.succeedsEmptyInsteadOfPending;
    m_form.body = CertRepTemplate::Pending{};
    return Scep::displayName(Scep::PkiStatus::Pending);
}

QList<Pki::Attribute> Writer::attributes() const
{
    QList<Pki::Attribute> list = Scep::certRepAttributes(m_form);
    const auto set = [&list](const char *oid, const QByteArray &value) {
        const Pki::Oid wanted = Pki::Oid::literal(oid);
        const auto found = std::ranges::find(list, wanted, &Pki::Attribute::oid);
        if (found != list.end())
            found->values = {value};
        else
            list.append({wanted, {value}});
    };
    if (has(Fault::WrongMessageType))
        set(Scep::Oids::messageType, Pki::printableStringDer(QByteArray::number(static_cast<int>(Scep::MessageType::PkcsReq))));
    if (m_isEmptySuccess)
        set(Scep::Oids::pkiStatus, Pki::printableStringDer("0"));
    if (m_switches.maxRecipientNonce > 0)
        set(Scep::Oids::recipientNonce, Pki::octetStringDer(m_form.recipientNonce.bytes().left(m_switches.maxRecipientNonce)));
    if (m_switches.sendsDisposition && std::holds_alternative<Scep::CertRepSuccess>(m_form.body))
        set(Scep::Oids::ndesDisposition, Pki::utf8StringDer(u"Issued"_s));
    return list;
}

QList<Pki::Certificate> Writer::embedded(const Pki::Certificate &signer) const
{
    if (has(Fault::NoSignerCertificate))
        return {};
    switch (m_switches.embedded) {
    case EmbeddedCertificates::None:
        return {};
    case EmbeddedCertificates::Signer:
        break;
    case EmbeddedCertificates::IssuedThenSigner:
        if (const auto *success = std::get_if<Scep::CertRepSuccess>(&m_form.body); success && !success->certificates.isEmpty())
            return {success->certificates.first(), signer};
        break;
    }
    return {signer};
}

Result<QByteArray> Writer::message()
{
    Pki::Certificate signer = m_manner.ca.replySigner();
    Pki::PrivateKey signerKey = m_manner.ca.replySignerKey();
    if (has(Fault::WrongSigner)) {
        if (!stranger())
            return std::unexpected(stranger().error());
        signer = stranger()->certificate;
        signerKey = stranger()->key;
    }
    const auto *success = std::get_if<Scep::CertRepSuccess>(&m_form.body);
    // What a server sends that forgets the outer signature: the certificates as they are.
    if (has(Fault::NoSignerInfo))
        return Pki::degenerateCms(success ? success->certificates : QList{m_manner.ca.issuing});

    m_form.transactionId = has(Fault::WrongTransactionId) ? Scep::TransactionId::create(signer.publicKey()) : m_request.transactionId;
    m_form.senderNonce = Scep::Nonce::create();
    m_form.recipientNonce = has(Fault::WrongNonce) ? Scep::Nonce::create() : m_request.senderNonce;
    Pki::SignOptions options;
    options.digest = m_switches.replyDigest.value_or(m_request.digest);
    options.certificates = embedded(signer);
    options.signedAttributes = attributes();
    QByteArray content;
    if (success) {
        const auto envelope = Scep::certRepEnvelope(*success);
        if (!envelope)
            return envelope;
        content = *envelope;
    } else {
        options.hasContent = m_switches.refusalContent.has_value();
        content = m_switches.refusalContent.value_or(QByteArray());
    }
    return m_switches.namesDigestInSignature ? Pki::signCmsNamingDigest(content, signer, signerKey, options)
                                             : Pki::signCms(content, signer, signerKey, options);
}

} // namespace

HttpResponse writeReply(const Scep::ReceivedRequest &request, const Decision &decision, const ReplyManner &manner, LogEntry &log)
{
    Writer writer(request, manner);
    const auto outcome = writer.decide(decision);
    const auto message = outcome ? writer.message() : Result<QByteArray>(std::unexpected(outcome.error()));
    if (!message)
        return plainTextResponse(500, u"the Lab CA could not write its reply: %1"_s.arg(message.error().detail));
    log.outcome = *outcome;
    return {.status = 200, .contentType = "application/x-pki-message", .body = *message};
}

} // namespace LabCa
