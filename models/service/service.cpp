// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/service/service.h"

#include "models/service/enrollmentfiles.h"
#include "models/service/exchangelog.h"
#include "models/service/service_p.h"

namespace Models {

namespace {

const Pki::SecretBytes &orNone(const std::shared_ptr<Pki::SecretBytes> &secret)
{
    static const Pki::SecretBytes none;
    return secret ? *secret : none;
}

} // namespace

// -- the service ---------------------------------------------------------------------------------------------------------------

Service::Service(Configuration configuration, QObject *parent)
    : QObject(parent)
    , d(std::make_unique<Private>(this, std::move(configuration)))
{}

Service::~Service()
{
    d.reset(); // joins the worker thread while this object can still be posted to
}

QFuture<Result<void>> Service::open(std::shared_ptr<Pki::SecretBytes> passphrase)
{
    auto promise = std::make_shared<QPromise<Result<void>>>();
    promise->start();
    d->thread.post([parts = d.get(), promise, given = passphrase ? std::move(passphrase) : d->configuration.passphrase] {
        promise->addResult(parts->worker->open(orNone(given)));
        promise->finish();
    });
    return promise->future();
}

QFuture<Result<std::optional<WorkspaceHolder>>> Service::openForReading()
{
    auto promise = std::make_shared<QPromise<Result<std::optional<WorkspaceHolder>>>>();
    promise->start();
    d->thread.post([parts = d.get(), promise] {
        promise->addResult(parts->worker->openForReading());
        promise->finish();
    });
    return promise->future();
}

LockState Service::lockState() const
{
    return d->lockState;
}

void Service::lock()
{
    d->tell([](ServiceWorker &worker) { worker.lock(); });
}

QFuture<Result<void>> Service::unlock(std::shared_ptr<Pki::SecretBytes> passphrase)
{
    return d->read<void>([passphrase = std::move(passphrase)](ServiceWorker &worker) { return worker.unlock(orNone(passphrase)); });
}

QFuture<Result<void>> Service::changePassphrase(std::shared_ptr<Pki::SecretBytes> current, std::shared_ptr<Pki::SecretBytes> next)
{
    return d->ask<void>([current = std::move(current), next = std::move(next)](ServiceWorker &worker) {
        return worker.changePassphrase(orNone(current), orNone(next));
    });
}

ServerModel *Service::servers() const
{
    return &d->servers;
}

RequestModel *Service::requests() const
{
    return &d->requests;
}

CaStoreModel *Service::caStore() const
{
    return &d->caStore;
}

CertificateModel *Service::certificateList() const
{
    return &d->certificates;
}

ActivityView Service::activity() const
{
    const Scep::Activity &activity = d->engineActivity;
    ActivityView view{activity.kind, {}, {}, activity.runningExchanges, activity.nextDue};
    if (const ServerRecord *record = d->servers.record(activity.server))
        view.server = record->server.label;
    if (const RequestRecord *record = d->requests.record(activity.request))
        view.request = record->request.label;
    return view;
}

// -- servers -------------------------------------------------------------------------------------------------------------------

QFuture<Scep::ServerProbe> Service::probe(const QUrl &url, const QString &caIdentifier, const Scep::TransportSettings &transport,
                                          Scep::ServerId secretsOf)
{
    auto promise = std::make_shared<QPromise<Scep::ServerProbe>>();
    promise->start();
    d->thread.post([parts = d.get(), promise, secretsOf, request = Scep::ProbeRequest{0, url, caIdentifier, transport}] {
        const Result<void> usable = parts->worker->checkOpen();
        if (usable) {
            parts->worker->probe(request, secretsOf, promise);
            return;
        }
        Scep::ServerProbe probe;
        probe.error = usable.error();
        promise->addResult(probe);
        promise->finish();
    });
    return promise->future();
}

QFuture<Result<Scep::ServerId>> Service::addServer(const Scep::EnrollmentServer &server)
{
    return d->ask<Scep::ServerId>([server](ServiceWorker &worker) { return worker.addServer(server); });
}

QFuture<Result<void>> Service::updateServer(const Scep::EnrollmentServer &server, const Extras &extras)
{
    return d->ask<void>([server, extras](ServiceWorker &worker) { return worker.updateServer(server, extras); });
}

QFuture<Result<void>> Service::removeServer(Scep::ServerId id)
{
    return d->ask<void>([id](ServiceWorker &worker) { return worker.removeServer(id); });
}

void Service::refreshServer(Scep::ServerId id)
{
    d->tell([id](ServiceWorker &worker) { worker.refreshServer(id); });
}

void Service::acceptCapabilities(Scep::ServerId id)
{
    d->tell([id](ServiceWorker &worker) { worker.acceptCapabilities(id); });
}

QFuture<Scep::QueryResult> Service::query(const Scep::ServerQuery &query, Scep::RequestId as)
{
    auto promise = std::make_shared<QPromise<Scep::QueryResult>>();
    promise->start();
    d->thread.post([parts = d.get(), promise, query, as] {
        const Result<void> usable = parts->worker->checkOpen();
        if (usable) {
            parts->worker->query(query, as, promise);
            return;
        }
        Scep::QueryResult result;
        result.server = query.server;
        result.kind = query.kind;
        result.error = usable.error();
        promise->addResult(result);
        promise->finish();
    });
    return promise->future();
}

// -- requests ------------------------------------------------------------------------------------------------------------------

QFuture<Result<PreparedRequest>> Service::prepare(const Scep::EnrollmentRequest &request, std::shared_ptr<Pki::SecretBytes> challenge,
                                                  const Pki::PrivateKey &key)
{
    auto promise = std::make_shared<QPromise<Result<PreparedRequest>>>();
    promise->start();
    d->thread.post([parts = d.get(), promise, request, key, challenge = std::move(challenge)] {
        if (const Result<void> usable = parts->worker->checkOpen(); !usable) {
            promise->addResult(Result<PreparedRequest>(std::unexpected(usable.error())));
            promise->finish();
            return;
        }
        parts->worker->prepare(request, challenge, key, promise);
    });
    return promise->future();
}

QFuture<Result<Scep::RequestId>> Service::submit(const PreparedRequest &prepared, std::shared_ptr<Pki::SecretBytes> challenge,
                                                 const RequestCompanions &companions)
{
    return d->ask<Scep::RequestId>([prepared, companions, challenge = std::move(challenge)](ServiceWorker &worker) {
        return worker.submit(prepared, orNone(challenge), companions);
    });
}

QFuture<Result<void>> Service::enroll(Scep::RequestId id, std::shared_ptr<Pki::SecretBytes> challenge)
{
    return d->ask<void>([id, challenge = std::move(challenge)](ServiceWorker &worker) { return worker.enroll(id, orNone(challenge)); });
}

QFuture<Result<void>> Service::renew(Scep::RequestId id, std::shared_ptr<Pki::SecretBytes> challenge)
{
    return d->ask<void>([id, challenge = std::move(challenge)](ServiceWorker &worker) { return worker.renew(id, orNone(challenge)); });
}

QFuture<Result<void>> Service::useRequestCsr(Scep::RequestId id, const Pki::CertificationRequest &csr, const Pki::PrivateKey &key)
{
    return d->ask<void>([id, csr, key](ServiceWorker &worker) { return worker.useRequestCsr(id, csr, key); });
}

QFuture<Result<void>> Service::continueRenewing(Scep::RequestId id)
{
    return d->ask<void>([id](ServiceWorker &worker) { return worker.continueRenewing(id); });
}

void Service::attemptNow(Scep::RequestId id)
{
    d->tell([id](ServiceWorker &worker) { worker.attemptNow(id); });
}

void Service::cancel(Scep::RequestId id)
{
    d->tell([id](ServiceWorker &worker) { worker.cancel(id); });
}

QFuture<Result<void>> Service::updateRequest(const RequestEdit &edit)
{
    return d->ask<void>([edit](ServiceWorker &worker) { return worker.updateRequest(edit); });
}

QFuture<Result<DeliverySetup>> Service::deliverySetup(Scep::RequestId id)
{
    return d->read<DeliverySetup>([id](ServiceWorker &worker) { return worker.deliverySetup(id); });
}

QFuture<Result<void>> Service::deliverNow(Scep::RequestId id)
{
    return d->ask<void>([id](ServiceWorker &worker) { return worker.store().requestDelivery(id); });
}

QFuture<Result<void>> Service::removeCertificate(Scep::CertificateId id)
{
    return d->ask<void>([id](ServiceWorker &worker) { return worker.removeCertificate(id); });
}

QFuture<Result<QList<BinRecord>>> Service::bin()
{
    return d->read<QList<BinRecord>>([](ServiceWorker &worker) { return worker.store().binRecords(); });
}

QFuture<Result<QString>> Service::restore(BinRecord::Kind kind, qint64 id)
{
    return d->ask<QString>([kind, id](ServiceWorker &worker) { return worker.restore(kind, id); });
}

QFuture<Result<void>> Service::purge(BinRecord::Kind kind, qint64 id)
{
    return d->ask<void>([kind, id](ServiceWorker &worker) { return worker.store().purge(kind, id); });
}

QFuture<Result<int>> Service::emptyBin()
{
    return d->ask<int>([](ServiceWorker &worker) { return worker.store().emptyBin(); });
}

QFuture<Result<qint64>> Service::importCaCertificate(const Pki::Certificate &certificate, Scep::ServerId server, bool isTrusted)
{
    return d->ask<qint64>([certificate, server, isTrusted](ServiceWorker &worker) {
        return worker.store().importCaCertificate(certificate, server, isTrusted);
    });
}

QFuture<Result<void>> Service::removeCaCertificate(qint64 id)
{
    return d->ask<void>([id](ServiceWorker &worker) { return worker.store().removeCaCertificate(id); });
}

QFuture<Result<void>> Service::removeRequest(Scep::RequestId id)
{
    return d->ask<void>([id](ServiceWorker &worker) { return worker.removeRequest(id); });
}

// -- the exchange log ---------------------------------------------------------------------------------------------------------

QFuture<Result<ExchangeLogPage>> Service::exchanges(const ExchangeLogQuery &query)
{
    return d->read<ExchangeLogPage>([query](ServiceWorker &worker) { return worker.exchanges(query); });
}

QFuture<Result<Scep::Exchange>> Service::exchange(qint64 id)
{
    return d->read<Scep::Exchange>([id](ServiceWorker &worker) { return worker.store().exchange(id); });
}

QFuture<Result<StoreSettings>> Service::storeSettings()
{
    return d->read<StoreSettings>([](ServiceWorker &worker) { return worker.store().settings(); });
}

QFuture<Result<void>> Service::setStoreSettings(const StoreSettings &settings)
{
    return d->ask<void>([settings](ServiceWorker &worker) { return worker.store().setSettings(settings); });
}

// -- certificates --------------------------------------------------------------------------------------------------------------

QFuture<Result<QList<Scep::IssuedCertificate>>> Service::certificates(Scep::RequestId id)
{
    return d->read<QList<Scep::IssuedCertificate>>([id](ServiceWorker &worker) { return worker.certificates(id); });
}

QFuture<Result<void>> Service::exportPkcs12(Scep::CertificateId id, const QString &path, std::shared_ptr<Pki::SecretBytes> passphrase,
                                            Pki::Pkcs12Style style)
{
    return d->exportCertificate<void>(
        id, [path, passphrase = std::move(passphrase), style](const Scep::IssuedCertificate &issued, const QString &label) {
            return writePkcs12(path, label, issued, orNone(passphrase), style);
        });
}

QFuture<Result<QStringList>> Service::exportPem(Scep::CertificateId id, const QString &folder, std::shared_ptr<Pki::SecretBytes> passphrase)
{
    return d->exportCertificate<QStringList>(
        id,
        [folder, passphrase = std::move(passphrase)](const Scep::IssuedCertificate &issued, const QString &label) -> Result<QStringList> {
            Scep::IssuedCertificate written = issued;
            if (!passphrase)
                written.key = {};
            const auto files = writeEnrollmentFiles(folder, label, written, orNone(passphrase));
            if (!files)
                return std::unexpected(files.error());
            QStringList paths{files->key, files->certificate, files->chain};
            paths.removeAll(QString());
            return paths;
        });
}

} // namespace Models
