// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/labca/faultinjector.h"

#include <algorithm>

namespace LabCa {

using namespace Qt::StringLiterals;

namespace {

constexpr qsizetype maxClients = 10'000;
constexpr qsizetype mebibyte = 1024 * 1024;

bool isAbout(const QString &operation, const HttpRequest &request)
{
    return operation.isEmpty() || operation.compare(request.operation, Qt::CaseInsensitive) == 0;
}

/// These come instead of an answer: nobody looks at the request.
std::optional<HttpResponse> instead(Fault fault)
{
    if (fault == Fault::Html)
        return HttpResponse{.status = 200,
                            .contentType = "text/html; charset=utf-8",
                            .body =
                                "<!DOCTYPE html><html><head><title>Sign in</title></head><body><h1>Please sign in</h1></body></html>\n"};
    if (fault == Fault::ServerError)
        return plainTextResponse(500, u"a fault that was asked for"_s);
    return std::nullopt;
}

} // namespace

FaultInjector::FaultInjector(HttpHandler handler, FaultPlan plan)
    : m_handler(std::move(handler))
    , m_plan(std::move(plan))
{}

void FaultInjector::setPlan(const FaultPlan &plan)
{
    const QMutexLocker lock(&m_mutex);
    m_plan = plan;
}

FaultPlan FaultInjector::plan() const
{
    const QMutexLocker lock(&m_mutex);
    return m_plan;
}

QList<FaultRule> FaultInjector::struck(const HttpRequest &request)
{
    const QMutexLocker lock(&m_mutex);
    QList<FaultRule> rules;
    for (const FaultRule &rule : std::as_const(m_plan.rules)) {
        if (isAbout(rule.operation, request))
            rules.append(rule);
    }
    if (rules.isEmpty())
        return {};
    if (m_clients.size() >= maxClients && !m_clients.contains(request.client))
        m_clients.clear();
    // Each rule counts the answers that it is about: else the answers to one operation would take places in the hundred of another.
    auto &answers = m_clients[request.client].answers;
    rules.removeIf([&](const FaultRule &rule) {
        auto counted = std::ranges::find(answers, rule, &std::pair<FaultRule, quint64>::first);
        if (counted == answers.end())
            counted = answers.insert(answers.end(), {rule, 0});
        return !m_plan.strikes(rule, request.client, counted->second++);
    });
    return rules;
}

HttpResponse FaultInjector::handle(const HttpRequest &request, LogEntry *log)
{
    const QList<FaultRule> rules = struck(request);
    LogEntry entry;
    HttpResponse response;
    const auto replaced = std::ranges::find_if(rules, [](const FaultRule &rule) { return instead(rule.fault).has_value(); });
    if (replaced != rules.end()) {
        response = *instead(replaced->fault);
        entry.at = QDateTime::currentDateTimeUtc();
        entry.operation = request.operation;
        entry.outcome = u"HTTP %1"_s.arg(response.status);
    } else {
        HttpRequest marked = request;
        for (const FaultRule &rule : rules)
            marked.faults.append(rule.fault);
        response = m_handler(marked, &entry);
    }
    const HttpResponse honest = response;
    QStringList names;
    for (const FaultRule &rule : rules) {
        spoil(rule, request.client, response);
        names.append(nameOf(rule.fault).name);
    }
    {
        // What a duplicate repeats is the answer before, not a duplicate of it.
        const QMutexLocker lock(&m_mutex);
        const bool repeats = std::ranges::any_of(m_plan.rules, [](const FaultRule &rule) { return rule.fault == Fault::DuplicateReply; });
        if (repeats && request.operation.compare("PKIOperation"_L1, Qt::CaseInsensitive) == 0)
            m_clients[request.client].former = honest;
    }
    if (!names.isEmpty())
        entry.outcome += u" [fault: %1]"_s.arg(names.join(u", "_s));
    if (log)
        *log = entry;
    return response;
}

void FaultInjector::spoil(const FaultRule &rule, const QString &client, HttpResponse &response)
{
    Delivery &delivery = response.delivery;
    switch (rule.fault) {
    case Fault::Drop:
        delivery.isDropped = true;
        break;
    case Fault::Stall:
        delivery.delay += std::chrono::seconds(rule.amount);
        break;
    case Fault::Truncate:
        response.body.truncate(response.body.size() / 2);
        break;
    case Fault::Cut:
        delivery.cutAt = response.body.size() / 2;
        break;
    case Fault::BigBody:
        response.body.append(qMax<qsizetype>(0, rule.amount * mebibyte - response.body.size()), '\0');
        break;
    case Fault::SlowDrip:
        delivery.dripOver += std::chrono::seconds(rule.amount);
        break;
    case Fault::DuplicateReply: {
        const QMutexLocker lock(&m_mutex);
        if (const auto former = m_clients.value(client).former) {
            const Delivery kept = delivery;
            response = *former;
            response.delivery = kept;
        }
        break;
    }
    case Fault::Html:
    case Fault::ServerError:
    case Fault::WrongNonce:
    case Fault::WrongTransactionId:
    case Fault::WrongMessageType:
    case Fault::WrongSigner:
    case Fault::NoSignerInfo:
    case Fault::NoSignerCertificate:
    case Fault::ForeignKey:
    case Fault::ExtraCertificates:
    case Fault::PendingForEver:
    case Fault::BadAlgorithm:
        break; // done already, or by the reply writer
    }
}

} // namespace LabCa
