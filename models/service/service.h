// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/records/loggedexchange.h"
#include "models/records/records.h"
#include "models/records/storerecords.h"
#include "models/service/requeststatus.h"
#include "models/store/storereport.h"
#include "scep/pki/pkcs12.h"
#include "scep/worker/clock.h"
#include "scep/worker/serverprobe.h"
#include "scep/worker/serverquery.h"

#include <QFuture>
#include <QObject>

#include <functional>
#include <memory>

class QNetworkAccessManager;

namespace Models {

class ServerModel;
class RequestModel;
class CaStoreModel;
class CertificateModel;

/// A CSR made with the key that will be used, for the review page. Holds the challenge inside the CSR's DER: memory only.
struct PreparedRequest {
    Scep::EnrollmentRequest request;
    Pki::PrivateKey key;
    Pki::CertificationRequest csr;
};

/// Whether the workspace's private keys and challenges can be used.
enum class LockState {
    Unprotected, ///< always: there is no pass phrase
    Unlocked,
    Locked, ///< until the pass phrase is given; work that needs no secret goes on
};

/// What the delivery of a request's certificates is, without its secret.
struct DeliverySetup {
    std::optional<Delivery> rule; ///< nullopt: nothing is delivered
    bool hasPassphrase = false;   ///< one for the PKCS#12 file is kept in the vault
};

/// What is stored with a new request beside what it asks for, in the same step and before anything is sent.
struct RequestCompanions {
    Extras extras = {};
    std::optional<Delivery> delivery = {};
    std::shared_ptr<Pki::SecretBytes> deliveryPassphrase = {}; ///< of the PKCS#12 file
};

/// A request as a person changed it.
struct RequestEdit {
    Scep::EnrollmentRequest request;
    Extras extras;
    std::optional<Delivery> delivery;                          ///< nullopt: nothing is delivered from now on
    std::shared_ptr<Pki::SecretBytes> deliveryPassphrase = {}; ///< of the PKCS#12 file; null: the one that is kept stays
    std::shared_ptr<Pki::SecretBytes> challenge = {};          ///< null: the one that is kept stays; empty: none is kept from now on
    /// As for useRequestCsr(); both null: what is kept for the next transaction stays.
    Pki::CertificationRequest csr = {};
    Pki::PrivateKey key = {};
};

/// All that the window can do, and the models it shows. Lives in the GUI thread; hosts engine, store and vault in one worker thread.
/// No function waits for disk, network or RSA. A future ends exactly once, in the GUI thread when continued with `.then(context, ...)`.
/// Destroying the service ends the worker: running exchanges are dropped and resumed at the next start.
class Service final : public QObject
{
    Q_OBJECT
    Q_DISABLE_COPY_MOVE(Service)

public:
    struct Configuration {
        QString workspace; ///< folder; made if missing
        /// Both are called in the worker thread; app is the only place that makes a network manager and a clock. The manager belongs to
        /// `parent` and goes with it.
        std::function<QNetworkAccessManager *(QObject *parent)> makeNetwork;
        std::function<std::unique_ptr<Scep::Clock>()> makeClock;
        std::function<QDateTime()> now;               ///< for texts in the GUI thread
        std::shared_ptr<Pki::SecretBytes> passphrase; ///< of the vault; null: open an unprotected one, or make one without protection
        Pki::KeySpec spareKeys;                       ///< kind to keep ready
        int spareKeyCount = 2;
    };
    explicit Service(Configuration configuration, QObject *parent = nullptr);
    ~Service() override;

    /// Opens the workspace. WrongPassphrase, PassphraseRequired, WorkspaceInUse, StoreVersion, ...; may be called again after an error.
    QFuture<Result<void>> open(std::shared_ptr<Pki::SecretBytes> passphrase = nullptr);
    /// After WorkspaceInUse: fills the lists beside the process that holds the workspace, and follows what that one changes. Every change
    /// from here fails with WorkspaceInUse. Tells who holds it; nullopt: nobody any more. open() may be called again later.
    QFuture<Result<std::optional<WorkspaceHolder>>> openForReading();

    // The vault. While it is locked, what needs a secret waits for it: nothing is lost, and it goes on after unlock().
    [[nodiscard]] LockState lockState() const;
    /// The data key leaves the memory. Nothing happens in an unprotected workspace.
    void lock();
    /// WrongPassphrase; takes ~0.2 s, longer after wrong ones.
    QFuture<Result<void>> unlock(std::shared_ptr<Pki::SecretBytes> passphrase);
    /// `current` is asked for again, whoever sits at an unlocked window: WrongPassphrase. Null `next`: no protection from now on.
    QFuture<Result<void>> changePassphrase(std::shared_ptr<Pki::SecretBytes> current, std::shared_ptr<Pki::SecretBytes> next);

    [[nodiscard]] ServerModel *servers() const;
    [[nodiscard]] RequestModel *requests() const;
    [[nodiscard]] CaStoreModel *caStore() const;
    /// All issued certificates, page by page; filled after its first setQuery().
    [[nodiscard]] CertificateModel *certificateList() const;
    [[nodiscard]] ActivityView activity() const;

    // Servers
    /// `secretsOf`: what the transport lacks of its secrets (client key, proxy password) is taken from this server's stored ones.
    QFuture<Scep::ServerProbe> probe(const QUrl &url, const QString &caIdentifier, const Scep::TransportSettings &transport,
                                     Scep::ServerId secretsOf = {});
    QFuture<Result<Scep::ServerId>> addServer(const Scep::EnrollmentServer &server);
    QFuture<Result<void>> updateServer(const Scep::EnrollmentServer &server, const Extras &extras);
    QFuture<Result<void>> removeServer(Scep::ServerId id); ///< into the bin
    void refreshServer(Scep::ServerId id);
    /// It is right that the server announces less than it once did: the warning ends.
    void acceptCapabilities(Scep::ServerId id);
    /// GetCert, GetCRL or GetNextCACert. Signed with the current certificate of `as`, if it has one.
    QFuture<Scep::QueryResult> query(const Scep::ServerQuery &query, Scep::RequestId as = {});

    // Requests
    /// `key` null: a new one.
    QFuture<Result<PreparedRequest>> prepare(const Scep::EnrollmentRequest &request, std::shared_ptr<Pki::SecretBytes> challenge,
                                             const Pki::PrivateKey &key = {});
    /// Stores the request with its key, its challenge and `companions` and begins to enroll.
    QFuture<Result<Scep::RequestId>> submit(const PreparedRequest &prepared, std::shared_ptr<Pki::SecretBytes> challenge,
                                            const RequestCompanions &companions = {});
    QFuture<Result<void>> enroll(Scep::RequestId id, std::shared_ptr<Pki::SecretBytes> challenge); ///< again, with a new challenge
    /// The current certificate, now. The challenge is for servers that want one, and the last resort; null or empty: none, or the stored
    /// one.
    QFuture<Result<void>> renew(Scep::RequestId id, std::shared_ptr<Pki::SecretBytes> challenge = nullptr);
    /// What the next enrollment or renewal sends: a CSR that the device made (`key` null, or the device's key), or one made here with
    /// `key`. The request takes subject and alternative names over from the CSR. Nothing begins yet, unless it waited for just that:
    /// enroll() or renew() afterwards. NotPossibleNow while a transaction is open; SignatureInvalid, KeyMismatch.
    QFuture<Result<void>> useRequestCsr(Scep::RequestId id, const Pki::CertificationRequest &csr, const Pki::PrivateKey &key = {});
    /// A refused or stopped renewal is put aside: the certificate at hand is renewed by itself again, when its rule says so.
    /// NotPossibleNow: there is no certificate, or nothing was refused.
    QFuture<Result<void>> continueRenewing(Scep::RequestId id);
    void attemptNow(Scep::RequestId id);
    void cancel(Scep::RequestId id);
    /// What it asks for and how it is renewed. What a change means for the present certificate: Scep::changeEffects().
    QFuture<Result<void>> updateRequest(const RequestEdit &edit);
    QFuture<Result<void>> removeRequest(Scep::RequestId id); ///< into the bin; an open transaction is cancelled
    QFuture<Result<DeliverySetup>> deliverySetup(Scep::RequestId id);
    QFuture<Result<void>> deliverNow(Scep::RequestId id); ///< NotPossibleNow: no rule, or no certificate

    // The bin
    QFuture<Result<void>> removeCertificate(Scep::CertificateId id);   ///< into the bin; a current one is not replaced by itself
    QFuture<Result<QList<BinRecord>>> bin();                           ///< newest first
    QFuture<Result<QString>> restore(BinRecord::Kind kind, qint64 id); ///< the label that it has now
    QFuture<Result<void>> purge(BinRecord::Kind kind, qint64 id);      ///< for good
    QFuture<Result<int>> emptyBin();                                   ///< how many went

    // The CA store by hand
    QFuture<Result<qint64>> importCaCertificate(const Pki::Certificate &certificate, Scep::ServerId server, bool isTrusted);
    QFuture<Result<void>> removeCaCertificate(qint64 id);

    // Certificates
    QFuture<Result<QList<Scep::IssuedCertificate>>> certificates(Scep::RequestId id);
    QFuture<Result<void>> exportPkcs12(Scep::CertificateId id, const QString &path, std::shared_ptr<Pki::SecretBytes> passphrase,
                                       Pki::Pkcs12Style style);
    /// LABEL.key.pem, LABEL.cert.pem, LABEL.chain.pem into `folder`; returns the paths. `passphrase` null: the key is left out.
    QFuture<Result<QStringList>> exportPem(Scep::CertificateId id, const QString &folder, std::shared_ptr<Pki::SecretBytes> passphrase);

    // The exchange log and how much is kept
    QFuture<Result<ExchangeLogPage>> exchanges(const ExchangeLogQuery &query);
    QFuture<Result<Scep::Exchange>> exchange(qint64 id); ///< with what was sent and received
    QFuture<Result<StoreSettings>> storeSettings();
    QFuture<Result<void>> setStoreSettings(const StoreSettings &settings); ///< what is too much goes with the next tidying

signals:
    void exchangesLogged(); ///< the log has grown; at most twice a second
    void activityChanged(const Models::ActivityView &activity);
    void certificateIssued(Scep::RequestId id);
    void lockStateChanged(Models::LockState state);
    void failed(const Models::Error &error, const QString &object); ///< of things nobody waits for
    void storeChecked(const Models::StoreReport &report);           ///< at the start and once a day, also when all is well

private:
    class Private;
    std::unique_ptr<Private> d;
};

} // namespace Models
