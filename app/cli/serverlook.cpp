// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/serverlook.h"

#include "models/store/filejournal.h"

#include <QEventLoop>
#include <QNetworkAccessManager>

using namespace Qt::StringLiterals;

namespace Cli {

Scep::ServerProbe lookAt(const Scep::EnrollmentServer &server)
{
    QNetworkAccessManager network;
    Scep::SystemClock clock;
    Scep::KeyPool keyPool;
    Models::FileJournal nothingToKeep({}, {}, {});
    Scep::Engine engine({.network = network, .journal = nothingToKeep, .clock = clock, .keyPool = keyPool});

    Scep::ServerProbe result;
    QEventLoop loop;
    QObject::connect(&engine, &Scep::Engine::probeFinished, &loop, [&](const Scep::ServerProbe &probe) {
        result = probe;
        loop.quit();
    });
    engine.probe({.ticket = 1, .url = server.url, .caIdentifier = server.caIdentifier, .transport = server.transport});
    loop.exec();
    return result;
}

Scep::QueryResult ask(const Scep::EnrollmentServer &server, const Scep::ServerQuery &query,
                      const std::function<void(const Scep::Exchange &)> &observer)
{
    QNetworkAccessManager network;
    Scep::SystemClock clock;
    Scep::KeyPool keyPool;
    Models::FileJournal onlyServer({}, {.server = server, .request = {}, .challenge = {}, .key = {}, .csr = {}}, {});
    Scep::Engine engine({.network = network, .journal = onlyServer, .clock = clock, .keyPool = keyPool});

    Scep::QueryResult result;
    QEventLoop loop;
    QObject::connect(&engine, &Scep::Engine::queryFinished, &loop, [&](const Scep::QueryResult &answer) {
        result = answer;
        loop.quit();
    });
    if (observer)
        QObject::connect(&engine, &Scep::Engine::exchangeFinished, &loop, observer);
    if (const auto started = engine.start(); !started) {
        result.error = started.error();
        return result;
    }
    Scep::ServerQuery question = query;
    question.ticket = 1;
    question.server = onlyServer.server().id;
    engine.query(question);
    loop.exec();
    return result;
}

Pki::Result<Scep::CaRoles> confirmedRoles(const Scep::EnrollmentServer &server, const Scep::ServerProbe &probe)
{
    if (probe.error)
        return std::unexpected(*probe.error);
    const QDateTime now = QDateTime::currentDateTimeUtc();
    const auto authenticated = Scep::authenticate(server.anchor, probe.offered, now);
    if (!authenticated)
        return std::unexpected(authenticated.error());
    return Scep::chooseRoles(probe.offered, *authenticated, now);
}

Pki::Result<Scep::TrustAnchor> anchorOfFirstUse(const Scep::EnrollmentServer &server, const Terminal &terminal)
{
    const Scep::ServerProbe probe = lookAt(server);
    if (probe.error)
        return std::unexpected(*probe.error);
    const Pki::Fingerprint fingerprint = probe.toConfirm.fingerprint();
    terminal.progress(u"Trusting on first use: %1"_s.arg(Models::safeText(probe.toConfirm.subject().toText())));
    terminal.progress(u"SHA-256 %1: compare it with what the server's administrator tells you."_s.arg(fingerprint.toDisplay()));
    return Scep::TrustAnchor{.fingerprint = fingerprint, .certificate = {}};
}

} // namespace Cli
