// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/worker/exchanger.h"

namespace Scep {

Exchanger::Exchanger(QNetworkAccessManager &network, Journal &journal, const Clock &clock, QObject *parent)
    : QObject(parent)
    , m_network(network)
    , m_journal(journal)
    , m_clock(clock)
{}

ExchangeJob *Exchanger::run(const ExchangeRequest &request, const TransportSettings &settings, const Purpose &purpose, QObject *context,
                            Callback callback, const BodyLimits &limits)
{
    auto *job = new ExchangeJob(m_network, request, settings, context, limits);
    const QObject *const running = job;
    m_running.insert(running);
    const auto forget = [this, running] {
        if (m_running.remove(running))
            emit runningChanged();
    };
    connect(job, &QObject::destroyed, this, forget); // cancelled silently
    connect(job, &ExchangeJob::finished, this, forget);
    connect(job, &ExchangeJob::finished, context, [this, job, purpose, callback = std::move(callback)](const ExchangeOutcome &outcome) {
        job->deleteLater();
        const ExchangeRequest &asked = job->request();
        const bool isMessage = asked.operation == Operation::PkiOperation;
        Exchange entry;
        entry.server = purpose.server;
        entry.request = purpose.request;
        entry.at = m_clock.now();
        entry.operation = asked.operation;
        entry.method = isMessage ? outcome.reply.method : HttpMethod::Get;
        entry.url = requestUrl(asked.server, asked.operation, isMessage ? QString() : asked.caIdentifier);
        entry.sent = asked.message;
        entry.received = outcome.reply.body;
        entry.httpStatus = outcome.reply.httpStatus;
        entry.duration = outcome.reply.duration;
        entry.error = outcome.error;
        entry.notes = outcome.reply.notes;
        callback(outcome, std::move(entry));
    });
    job->start();
    emit runningChanged();
    return job;
}

void Exchanger::record(const Exchange &entry)
{
    m_journal.logExchange(entry);
    emit recorded(entry);
}

} // namespace Scep
