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
