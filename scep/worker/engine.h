// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/worker/activity.h"
#include "scep/worker/clock.h"
#include "scep/worker/journal.h"
#include "scep/worker/keypool.h"
#include "scep/worker/serverprobe.h"
#include "scep/worker/serverquery.h"

#include <QObject>

#include <memory>

class QNetworkAccessManager;

namespace Scep {

/// The enrollment engine: talks to servers, keeps every transaction durable through the Journal, polls, retries, resumes.
///
/// Lives in one thread (the worker thread of the window, the main thread of scepctl) together with everything handed to it, which must
/// outlive it. All functions return at once; results come as signals. Values only cross in signals, so connections may be queued.
class Engine final : public QObject
{
    Q_OBJECT
    Q_DISABLE_COPY_MOVE(Engine)

public:
    struct Dependencies {
        QNetworkAccessManager &network;
        Journal &journal;
        Clock &clock;
        KeyPool &keyPool;
    };
    explicit Engine(const Dependencies &dependencies, QObject *parent = nullptr);
    ~Engine() override;

    /// Reads servers, requests and open transactions from the journal and goes on where a former process stopped. What the journal says is
    /// due (Journal::dueEnrollments()) begins by itself as soon as its server is enabled and trusted.
    Result<void> start();

    void probe(const Scep::ProbeRequest &request);

    /// A server that is new or changed (already in the journal). Does what changeEffects() says of the change.
    void setServer(const Scep::EnrollmentServer &server);
    void removeServer(Scep::ServerId id); ///< cancels its traffic at once
    /// GetCACaps, GetCACert and, where it is offered, GetNextCACert now; and the CRL, if a current certificate comes from its CA.
    void refreshServer(Scep::ServerId id);
    /// The technician accepts that the server announces less than it once did: the warning ends.
    void acceptCapabilities(Scep::ServerId id);

    /// A request that is new or changed (already in the journal). Does what changeEffects() says of the change.
    void setRequest(const Scep::EnrollmentRequest &request);
    void removeRequest(Scep::RequestId id);
    /// A person brought a request's current certificate back, or took it away (a null one): what renews by itself is planned anew.
    void setCurrent(const Scep::CurrentCertificate &current);
    /// Begins a new transaction if none is open: fetches the CA certificates if not known, key, CSR, begin, send.
    void enroll(Scep::RequestId id);
    /// Begins to renew the current certificate if no transaction is open: RenewalReq, PKCSReq signed by the current certificate, or a fresh
    /// PKCSReq, as the server's setting, its capabilities and what worked before say. An expired certificate means a new enrollment.
    /// Begins by itself when the request's RenewalRule says so. The old certificate and its key stay until the new one is stored.
    void renew(Scep::RequestId id);
    /// Polls or retries an open transaction without waiting for its time. Where none is open, the current certificate is renewed: a refused
    /// or cancelled renewal is tried again.
    void attemptNow(Scep::RequestId id);
    void cancel(Scep::RequestId id); ///< ends an open transaction here; the server is not told (SCEP has no such message)

    /// GetCert, GetCRL or GetNextCACert. Nothing is journaled: they change nothing. The answer is queryFinished() with the same ticket.
    void query(const Scep::ServerQuery &query);

    /// The storage can be written again, or its secrets read: whatever waits for that goes on now, not when its time comes.
    void storageAvailable();

    [[nodiscard]] TransactionStatus status(RequestId id) const;
    /// When the request's certificate is renewed by itself; invalid: not planned.
    [[nodiscard]] QDateTime renewalDueAt(RequestId id) const;
    [[nodiscard]] Activity activity() const;

signals:
    void probeFinished(const Scep::ServerProbe &probe);
    void serverKnowledgeChanged(const Scep::ServerKnowledge &knowledge);
    /// A check of the server is over, whatever it brought: CA certificates, next CA and CRL.
    void serverChecked(Scep::ServerId id);
    /// A CRL says so of a current certificate; after it is durable. Nothing begins by itself: it takes a person and a new enrollment.
    void certificateRevoked(Scep::RequestId id, const Scep::Revocation &revocation);
    void transactionChanged(const Scep::TransactionStatus &status);
    void certificateIssued(const Scep::IssuedCertificate &issued); ///< after it is durable
    void queryFinished(const Scep::QueryResult &result);
    void exchangeFinished(const Scep::Exchange &exchange);
    void activityChanged(const Scep::Activity &activity);
    void journalFailed(const Scep::Error &error); ///< storage trouble: traffic of the transaction concerned stops, nothing is lost

private:
    class Private;
    std::unique_ptr<Private> d;
};

} // namespace Scep
