// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/client/exchangejob.h"

#include <QCoreApplication>
#include <QTest>

#include <memory>

/// A job and what it told.
struct ExchangeRunner {
    ExchangeRunner(QNetworkAccessManager &network, const Scep::ExchangeRequest &request, const Scep::TransportSettings &settings = {},
                   Scep::BodyLimits limits = {})
        : job(std::make_unique<Scep::ExchangeJob>(network, request, settings, nullptr, limits))
    {
        QObject::connect(job.get(), &Scep::ExchangeJob::finished, job.get(), [this](const Scep::ExchangeOutcome &told) {
            ++finishedCount;
            outcome = told;
        });
    }

    /// Starts and waits for the end; QVERIFY the result.
    bool run()
    {
        job->start();
        return wait();
    }
    bool wait()
    {
        return QTest::qWaitFor([this] { return finishedCount > 0; }, 20000);
    }

    [[nodiscard]] Pki::ErrorCode code() const { return outcome.error ? outcome.error->code : Pki::ErrorCode::Internal; }
    [[nodiscard]] QString detail() const { return outcome.error ? outcome.error->detail : QString(); }

    std::unique_ptr<Scep::ExchangeJob> job;
    Scep::ExchangeOutcome outcome;
    int finishedCount = 0;
};

/// Everything that waits in the event loop has happened.
inline void drainEvents()
{
    for (int round = 0; round < 10; ++round) {
        QCoreApplication::processEvents();
        QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
    }
}

inline Scep::ExchangeRequest exchange(Scep::Operation operation, const QUrl &server, const QByteArray &message = {},
                                      Scep::HttpMethod method = Scep::HttpMethod::Post)
{
    Scep::ExchangeRequest request;
    request.operation = operation;
    request.server = server;
    request.message = message;
    request.method = method;
    return request;
}
