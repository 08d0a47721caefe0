// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/labca/http.h"

#include <QHash>
#include <QMutex>

namespace LabCa {

/// Stands before a handler and makes its answers go wrong as a plan says. Thread: any one.
class FaultInjector
{
public:
    explicit FaultInjector(HttpHandler handler, FaultPlan plan = {});

    HttpResponse handle(const HttpRequest &request, LogEntry *log = nullptr);
    /// From the next request on. The count of answers goes on.
    void setPlan(const FaultPlan &plan);
    [[nodiscard]] FaultPlan plan() const;

private:
    struct Client {
        QList<std::pair<FaultRule, quint64>> answers; ///< that each rule was asked about
        std::optional<HttpResponse> former;
    };

    QList<FaultRule> struck(const HttpRequest &request);
    void spoil(const FaultRule &rule, const QString &client, HttpResponse &response);

    HttpHandler m_handler;
    mutable QMutex m_mutex;
    FaultPlan m_plan;
    QHash<QString, Client> m_clients; ///< by address
};

} // namespace LabCa
