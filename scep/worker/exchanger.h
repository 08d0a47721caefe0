// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/client/exchangejob.h"
#include "scep/worker/clock.h"
#include "scep/worker/journal.h"

#include <QSet>

#include <functional>

namespace Scep {

/// Runs HTTP exchanges for the parts of the engine and keeps their log.
class Exchanger final : public QObject
{
    Q_OBJECT

public:
    Exchanger(QNetworkAccessManager &network, Journal &journal, const Clock &clock, QObject *parent = nullptr);

    struct Purpose {
        ServerId server;   ///< null for a probe
        RequestId request; ///< null for a server check
    };
    /// `entry` is the log entry as far as HTTP tells it; the receiver adds what the body told and hands it to record().
    using Callback = std::function<void(const ExchangeOutcome &outcome, Exchange entry)>;

    /// Starts an exchange. The job is a child of `context`: it is cancelled silently with it, or by deleting the job.
    ExchangeJob *run(const ExchangeRequest &request, const TransportSettings &settings, const Purpose &purpose, QObject *context,
                     Callback callback, const BodyLimits &limits = {});
    void record(const Exchange &entry);
    [[nodiscard]] int runningCount() const { return static_cast<int>(m_running.size()); }

signals:
    void recorded(const Scep::Exchange &exchange);
    void runningChanged();

private:
    QNetworkAccessManager &m_network;
    Journal &m_journal;
    const Clock &m_clock;
    QSet<const QObject *> m_running;
};

} // namespace Scep
