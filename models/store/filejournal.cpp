// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/store/filejournal.h"

#include "models/service/enrollmentfiles.h"
#include "models/store/recordjson.h"
#include "scep/files/durablefile.h"

#include <QFileInfo>

#include <cstring>

using namespace Qt::StringLiterals;
using Pki::failure;

namespace Models {

namespace {

constexpr int formatVersion = 1;
constexpr auto suffix = ".transaction.json"_L1;
constexpr Scep::ServerId onlyServer{1};
constexpr Scep::RequestId onlyRequest{1};

/// Appends pieces to memory that is wiped. Two passes: the size first, so that no shorter copy is left behind by growing.
class SecretText
{
public:
    void add(QByteArrayView piece) { m_pieces.push_back(piece); }

    [[nodiscard]] Pki::SecretBytes joined() const
    {
        std::size_t size = 0;
        for (const QByteArrayView piece : m_pieces)
            size += static_cast<std::size_t>(piece.size());
        Pki::SecretBytes text(size);
        char *position = text.data();
        for (const QByteArrayView piece : m_pieces) {
            if (!piece.isEmpty())
                std::memcpy(position, piece.data(), static_cast<std::size_t>(piece.size()));
            position += piece.size();
        }
        return text;
    }

private:
    std::vector<QByteArrayView> m_pieces;
};

/// PEM inside a JSON string: line ends become \n; nothing else in PEM needs an escape.
Pki::SecretBytes escapedPem(const Pki::SecretBytes &pem)
{
    const QByteArrayView text = pem.view();
    Pki::SecretBytes escaped(static_cast<std::size_t>(text.size() + text.count('\n')));
    char *position = escaped.data();
    for (const char character : text) {
        if (character == '\n')
            *position++ = '\\';
        *position++ = character == '\n' ? 'n' : character;
    }
    return escaped;
}

Pki::SecretBytes base64(QByteArrayView bytes)
{
    QByteArray text = QByteArray::fromRawData(bytes.data(), bytes.size()).toBase64();
    Pki::SecretBytes secret{QByteArrayView(text)};
    Pki::wipe(text);
    return secret;
}

Result<Pki::PrivateKey> keyFrom(const QJsonValue &value, const Pki::SecretBytes &passphrase)
{
    if (value.toString().isEmpty())
        return Pki::PrivateKey();
    QByteArray pem = value.toString().toLatin1();
    Result<Pki::PrivateKey> key = Pki::PrivateKey::fromBytes(pem, passphrase);
    Pki::wipe(pem);
    return key;
}

bool isSealed(const QJsonValue &key)
{
    return key.toString().startsWith("-----BEGIN ENCRYPTED"_L1);
}

} // namespace

FileJournal::FileJournal(QString file, Enrollment enrollment, Writer writer)
    : m_file(std::move(file))
    , m_enrollment(std::move(enrollment))
    , m_ownsKey(m_enrollment.key.isNull())
    , m_writer(std::move(writer))
{
    m_enrollment.server.id = onlyServer;
    m_enrollment.request.id = onlyRequest;
    m_enrollment.request.server = onlyServer;
}

QString FileJournal::fileName(const QString &label)
{
    return fileStem(label) + suffix;
}

// -- the file ----------------------------------------------------------------------------------------------------------------

/// The PEM text of a key as it stands in the file.
Result<Pki::SecretBytes> FileJournal::keyText(const Pki::PrivateKey &key)
{
    if (key.isNull())
        return Pki::SecretBytes();
    if (m_enrollment.keyPassphrase.isEmpty())
        return escapedPem(key.toPkcs8Pem());
    const Pki::PublicKey publicKey = key.publicKey();
    for (const auto &[known, text] : m_sealedKeys) {
        if (known == publicKey)
            return text.clone(); // to be joined with the rest
    }
    const Result<QByteArray> pem = key.toEncryptedPkcs8Pem(m_enrollment.keyPassphrase);
    if (!pem)
        return std::unexpected(pem.error());
    m_sealedKeys.emplace_back(publicKey, escapedPem(Pki::SecretBytes(QByteArrayView(*pem))));
    return m_sealedKeys.back().second.clone();
}

Result<void> FileJournal::write(const Scep::Transaction &transaction)
{
    const QJsonObject open{
        {u"version"_s, formatVersion},
        {u"server"_s, Json::fromServer(m_enrollment.server)},
        {u"knowledge"_s, m_knowledge.isEmpty() ? QJsonValue() : QJsonValue(Json::fromKnowledge(m_knowledge.first()))},
        {u"request"_s, Json::fromRequest(m_enrollment.request)},
        {u"transaction"_s, Json::fromTransaction(transaction)},
        {u"ownsKey"_s, m_ownsKey},
    };
    const QByteArray openText = Json::toText(open);

    // The secrets are joined by hand: QJsonDocument would leave copies of them in memory.
    const Pki::SecretBytes csr = base64(transaction.csr.der());
    const Result<Pki::SecretBytes> key = keyText(transaction.key);
    if (!key)
        return std::unexpected(key.error());
    const bool hasSignerKey =
        !transaction.signerKey.isNull() && (transaction.key.isNull() || transaction.signerKey.publicKey() != transaction.key.publicKey());
    const Result<Pki::SecretBytes> signerKey = hasSignerKey ? keyText(transaction.signerKey) : Pki::SecretBytes();
    if (!signerKey)
        return std::unexpected(signerKey.error());
    const Pki::SecretBytes challenge = base64(m_enrollment.challenge.view());
    const auto &proxyPassword = m_enrollment.server.transport.proxyPassword;
    const Pki::SecretBytes password = proxyPassword ? base64(proxyPassword->view()) : Pki::SecretBytes();
    SecretText text;
    text.add(QByteArrayView(openText).chopped(1)); // without the closing brace
    text.add(",\"csr\":\"");
    text.add(csr.view());
    text.add("\",\"key\":\"");
    text.add(key->view());
    text.add("\",\"signerKey\":\"");
    text.add(signerKey->view());
    text.add("\",\"challenge\":\"");
    text.add(challenge.view());
    text.add("\",\"proxyPassword\":\"");
    text.add(password.view());
    text.add("\"}\n");
    const Pki::SecretBytes joined = text.joined();
    // The file of another transaction holds a key that a server may answer to: the first write never replaces one.
    return Files::writeDurably(QList<Files::FileToWrite>{{m_file, joined.view(), Files::FileAccess::OwnerOnly, m_open.isEmpty()}});
}

Result<std::unique_ptr<FileJournal>> FileJournal::resume(const QString &file, Writer writer, const Pki::SecretBytes &keyPassphrase)
{
    Result<QByteArray> text = Files::readFile(file);
    if (!text)
        return std::unexpected(text.error());
    const Result<QJsonObject> object = Json::fromText(*text);
    Pki::wipe(*text);
    const auto malformed = [&](const QString &reason) { return failure(ErrorCode::Malformed, u"%1: %2"_s.arg(file, reason)); };
    if (!object)
        return malformed(object.error().detail);
    if (const int version = (*object)[u"version"_s].toInt(); version != formatVersion)
        return malformed(u"version %1 is not known here"_s.arg(version));

    const auto server = Json::toServer((*object)[u"server"_s].toObject());
    if (!server)
        return malformed(server.error().detail);
    const auto request = Json::toRequest((*object)[u"request"_s].toObject());
    if (!request)
        return malformed(request.error().detail);
    auto transaction = Json::toTransaction((*object)[u"transaction"_s].toObject());
    if (!transaction)
        return malformed(transaction.error().detail);
    const auto csr = Pki::CertificationRequest::fromDer(Json::toBytes((*object)[u"csr"_s]));
    if (!csr)
        return malformed(csr.error().detail);
    const auto unusableKey = [&](const Error &error) {
        const bool isLocked = error.code == ErrorCode::PassphraseRequired || error.code == ErrorCode::WrongPassphrase;
        return isLocked ? failure(error.code, u"the private key in it"_s) : malformed(error.detail);
    };
    const auto key = keyFrom((*object)[u"key"_s], keyPassphrase);
    if (!key)
        return unusableKey(key.error());
    const auto signerKey = keyFrom((*object)[u"signerKey"_s], keyPassphrase);
    if (!signerKey)
        return unusableKey(signerKey.error());

    Enrollment enrollment;
    if (isSealed((*object)[u"key"_s]) || isSealed((*object)[u"signerKey"_s]))
        enrollment.keyPassphrase = keyPassphrase.clone(); // the caller's may serve for other things, too
    enrollment.server = *server;
    enrollment.request = *request;
    QByteArray challenge = Json::toBytes((*object)[u"challenge"_s]);
    enrollment.challenge = Pki::SecretBytes{QByteArrayView(challenge)};
    Pki::wipe(challenge);
    if (QByteArray password = Json::toBytes((*object)[u"proxyPassword"_s]); !password.isEmpty()) {
        enrollment.server.transport.proxyPassword = std::make_shared<const Pki::SecretBytes>(QByteArrayView(password));
        Pki::wipe(password);
    }
    auto journal = std::make_unique<FileJournal>(file, std::move(enrollment), std::move(writer));
    journal->m_ownsKey = (*object)[u"ownsKey"_s].toBool(true);
    if ((*object)[u"knowledge"_s].isObject()) {
        auto knowledge = Json::toKnowledge((*object)[u"knowledge"_s].toObject());
        if (!knowledge)
            return malformed(knowledge.error().detail);
        knowledge->id = onlyServer;
        knowledge->trust = Scep::ServerKnowledge::Trust::NotAsked;
        journal->m_knowledge.append(*knowledge);
    }
    transaction->request = onlyRequest;
    transaction->server = onlyServer;
    transaction->csr = *csr;
    transaction->key = *key;
    transaction->signerKey = signerKey->isNull() ? *key : *signerKey;
    journal->m_open.append(*transaction);
    return journal;
}

Result<void> FileJournal::keepKey(const Pki::PrivateKey &key) const
{
    QString stem = m_file;
    if (stem.endsWith(suffix))
        stem.chop(suffix.size());
    for (int number = 1;; ++number) {
        const QString path = stem + (number == 1 ? u".key.pem"_s : u".key-%1.pem"_s.arg(number));
        if (!QFileInfo::exists(path)) {
            if (m_enrollment.keyPassphrase.isEmpty())
                return Files::writeDurably(path, key.toPkcs8Pem().view(), Files::FileAccess::OwnerOnly);
            const Result<QByteArray> sealed = key.toEncryptedPkcs8Pem(m_enrollment.keyPassphrase);
            if (!sealed)
                return std::unexpected(sealed.error());
            return Files::writeDurably(path, *sealed, Files::FileAccess::OwnerOnly);
        }
        Result<QByteArray> bytes = Files::readFile(path);
        if (!bytes)
            continue;
        const auto present = Pki::PrivateKey::fromBytes(*bytes, m_enrollment.keyPassphrase);
        Pki::wipe(*bytes);
        if (present && present->publicKey() == key.publicKey())
            return {};
    }
}

// -- Scep::Journal -------------------------------------------------------------------------------------------------------------

const Scep::EnrollmentServer &FileJournal::server() const
{
    return m_enrollment.server;
}

const Scep::EnrollmentRequest &FileJournal::request() const
{
    return m_enrollment.request;
}

void FileJournal::setExchangeListener(std::function<void(const Scep::Exchange &)> listener)
{
    m_listener = std::move(listener);
}

Result<QList<Scep::EnrollmentServer>> FileJournal::servers()
{
    return QList{m_enrollment.server};
}

Result<QList<Scep::ServerKnowledge>> FileJournal::serverKnowledge()
{
    return m_knowledge;
}

Result<QList<Scep::EnrollmentRequest>> FileJournal::requests()
{
    return QList{m_enrollment.request};
}

Result<QList<Scep::Transaction>> FileJournal::openTransactions()
{
    return m_open;
}

Result<QList<Scep::CurrentCertificate>> FileJournal::currentCertificates()
{
    return QList<Scep::CurrentCertificate>();
}

Result<Scep::Credential> FileJournal::currentCredential(Scep::RequestId)
{
    if (!m_enrollment.current.certificate.isNull() || m_open.isEmpty())
        return m_enrollment.current;
    // Resumed: the current certificate is what signs the open renewal.
    const Scep::Transaction &open = m_open.first();
    return open.signer == open.renews ? Scep::Credential{open.renews, open.signerKey} : Scep::Credential{open.renews, {}};
}

Result<Pki::SecretBytes> FileJournal::challenge(Scep::RequestId)
{
    return m_enrollment.challenge.clone(); // the engine's copy; ours is needed again if it has to begin anew
}

Result<Pki::PrivateKey> FileJournal::providedKey(Scep::RequestId)
{
    return m_enrollment.key;
}

Result<Pki::CertificationRequest> FileJournal::providedCsr(Scep::RequestId)
{
    return m_enrollment.csr;
}

Result<void> FileJournal::begin(const Scep::Transaction &transaction)
{
    if (!m_open.isEmpty() || QFileInfo::exists(m_file))
        return failure(ErrorCode::WorkspaceInUse, u"%1 holds a transaction that has not ended"_s.arg(m_file));
    if (Result<void> written = write(transaction); !written)
        return written;
    m_open = {transaction};
    return {};
}

Result<void> FileJournal::update(const Scep::Transaction &transaction)
{
    if (m_open.isEmpty() || m_open.first().id != transaction.id)
        return failure(ErrorCode::Internal, u"no transaction %1 is open in %2"_s.arg(transaction.id.toText(), m_file));
    if (Result<void> written = write(transaction); !written)
        return written;
    m_open = {transaction};
    return {};
}

Result<void> FileJournal::replace(const Scep::Transaction &former, const Scep::Transaction &next)
{
    if (m_open.isEmpty() || m_open.first().id != former.id)
        return failure(ErrorCode::Internal, u"no transaction %1 is open in %2"_s.arg(former.id.toText(), m_file));
    if (Result<void> written = write(next); !written)
        return written;
    m_open = {next};
    return {};
}

Result<void> FileJournal::complete(const Scep::Transaction &transaction, const Scep::IssuedCertificate &issued)
{
    Q_UNUSED(transaction)
    // Only when everything is in its place may the file with the key go; killed in between, `poll` fetches the certificate again.
    if (m_writer) {
        if (Result<void> written = m_writer(issued); !written)
            return written;
    }
    if (Result<void> removed = Files::removeFile(m_file); !removed)
        return removed;
    m_open.clear();
    m_enrollment.challenge.clear();
    return {};
}

Result<void> FileJournal::close(const Scep::Transaction &transaction, const Scep::TransactionStatus &status)
{
    Q_UNUSED(status)
    const bool isCurrentKey = !transaction.renews.isNull() && transaction.key.publicKey() == transaction.renews.publicKey();
    if (m_ownsKey && !transaction.key.isNull() && !isCurrentKey) {
        if (Result<void> kept = keepKey(transaction.key); !kept)
            return kept;
    }
    if (Result<void> removed = Files::removeFile(m_file); !removed)
        return removed;
    m_open.clear();
    m_enrollment.challenge.clear();
    return {};
}

Result<void> FileJournal::recordStatus(const Scep::TransactionStatus &)
{
    return {}; // shown by scepctl at once; there is nothing to come back to
}

Result<void> FileJournal::storeKnowledge(const Scep::ServerKnowledge &knowledge)
{
    m_knowledge = {knowledge}; // goes to the disk with the transaction that relies on it
    return {};
}

void FileJournal::logExchange(const Scep::Exchange &exchange)
{
    if (m_listener)
        m_listener(exchange);
}

} // namespace Models
