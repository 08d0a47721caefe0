// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/labca/authority.h"
#include "scep/labca/depot.h"
#include "scep/labca/faultinjector.h"
#include "scep/labca/httpface.h"
#include "tests/faults/roles.h"

#include <QCoreApplication>
#include <QRandomGenerator>
#include <QTimer>

#include <cstdio>

using namespace Qt::StringLiterals;

namespace FaultRun {

void say(const QString &line)
{
    std::fputs(qPrintable(line + u'\n'), stdout);
    std::fflush(stdout);
}

namespace {

/// The first or the second half of all kinds, so that about ten in a hundred answers are struck.
LabCa::FaultPlan planOf(int half, quint64 seed)
{
    LabCa::FaultPlan plan;
    plan.seed = seed;
    const auto &names = LabCa::faultNames();
    for (int i = half; i < names.size(); i += 2) {
        LabCa::FaultRule rule;
        rule.fault = names.at(i).fault;
        rule.amount = names.at(i).standard;
        rule.percent = 1;
        if (names.at(i).isAboutHttp)
            rule.operation.clear(); // GetCACaps and GetCACert too
        plan.rules.append(rule);
    }
    return plan;
}

} // namespace

int runLabCa(const QStringList &arguments)
{
    const QString folder = arguments.value(0);
    const bool approves = arguments.value(1) == "approve"_L1;
    const quint64 seed = arguments.value(2).toULongLong();
    QRandomGenerator random(static_cast<quint32>(seed));
    auto depot = LabCa::Depot::open(folder);
    if (!depot) {
        say(u"error "_s + depot.error().detail);
        return 1;
    }
    LabCa::Policy policy;
    policy.mode = approves ? LabCa::Mode::Approve : LabCa::Mode::Registered;
    policy.renewal.afterPercent = 0; // at any time
    LabCa::Authority authority(*depot, std::move(policy));
    LabCa::FaultInjector injector(
        [&](const LabCa::HttpRequest &request, LabCa::LogEntry *log) {
            LabCa::LogEntry own;
            LabCa::LogEntry &entry = log ? *log : own;
            LabCa::HttpResponse response = authority.handle(request, &entry);
            response.delivery.delay = std::chrono::milliseconds(random.bounded(30, 150));
            if (approves && entry.outcome.startsWith("PENDING"_L1)) {
                // The person who approves takes a while.
                QTimer::singleShot(random.bounded(200, 1500), qApp, [&depot, id = entry.transactionId] {
                    const auto transaction = Scep::TransactionId::fromText(id);
                    if (transaction && !depot->approve(*transaction))
                        say(u"approved before"_s); // it was asked for twice
                });
            }
            return response;
        },
        planOf(arguments.value(3).toInt(), seed));
    LabCa::HttpFace face([&injector](const LabCa::HttpRequest &request, LabCa::LogEntry *log) { return injector.handle(request, log); });
    QObject::connect(&face, &LabCa::HttpFace::requestServed, &face, [](const LabCa::LogEntry &entry) {
        const qsizetype fault = entry.outcome.indexOf("[fault: "_L1);
        say(fault < 0 ? u"served"_s : u"spoilt "_s + entry.outcome.mid(fault + 8).chopped(1));
    });
    if (const auto port = face.listenOnLoopback(0); !port) {
        say(u"error "_s + port.error().detail);
        return 1;
    }
    say(u"url "_s + face.url().toString());
    return QCoreApplication::exec();
}

} // namespace FaultRun
