// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/worker/exchanger.h"

namespace Scep {

/// What GetCACaps and GetCACert answered. Nothing here is trusted yet.
struct ServerAnswers {
    std::optional<Error> error; ///< why nothing can be concluded; the rest is as far as it came
    Capabilities capabilities;
    CaCertificates offered;
    std::optional<std::chrono::seconds> clockSkew;
    std::optional<std::chrono::seconds> retryAfter;
    QStringList notes;
};

/// Why GetCACaps failed, for a note: a fragment of a sentence.
QString capabilitiesFailure(const Error &error);

/// Asks one server for its capabilities and CA certificates, both at once. Used by probe, refresh and enroll alike. A server from before
/// RFC 8894 that sends an intermediate CA alone is asked for its chain too (GetCACertChain, which the RFC dropped).
///
/// start() once; finished() once, from the event loop. Deleting it cancels silently.
class ServerCheck final : public QObject
{
    Q_OBJECT

public:
    ServerCheck(Exchanger &exchanger, const Clock &clock, QObject *parent);
    void start(ServerId server, const QUrl &url, const QString &caIdentifier, const TransportSettings &transport);

signals:
    void finished(const Scep::ServerAnswers &answers);

private:
    void readCapabilities(const ExchangeOutcome &outcome, Exchange entry);
    void readCertificates(const ExchangeOutcome &outcome, Exchange entry);
    [[nodiscard]] bool lacksChain() const;
    void askForChain();
    void readChain(const ExchangeOutcome &outcome, Exchange entry);
    void noteTime(const ExchangeReply &reply);
    void finishPart();

    Exchanger &m_exchanger;
    const Clock &m_clock;
    ServerAnswers m_answers;
    std::optional<Error> m_capabilitiesError;
    std::optional<Error> m_certificatesError;
    int m_outstanding = 2;
    ServerId m_server;
    ExchangeRequest m_request;
    TransportSettings m_transport;
};

} // namespace Scep
