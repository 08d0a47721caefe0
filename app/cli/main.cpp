// SPDX-License-Identifier: GPL-3.0-or-later

// scepctl: the engine on a terminal. One file per verb; this one only finds the verb.

#include "app/cli/verb.h"

#include <QCoreApplication>

#include <sys/resource.h>
#ifdef Q_OS_LINUX
#include <sys/prctl.h>
#endif

#include <cstdio>

using namespace Qt::StringLiterals;

namespace {

struct VerbEntry {
    const char *name;
    const char *summary;
    int (*run)(const QStringList &, const Cli::Terminal &);
};

constexpr VerbEntry verbs[] = {
    {"ca", "capabilities, CA and RA certificates of a server and their roles", &Cli::runCa},
    {"enroll", "get a certificate for a device", &Cli::runEnroll},
    {"poll", "go on with a transaction that is still pending or was interrupted", &Cli::runPoll},
    {"renew", "get a new certificate in time, with the current one as the proof", &Cli::runRenew},
    {"get-cert", "fetch a certificate that the CA issued", &Cli::runGetCert},
    {"get-crl", "fetch the revocation list that covers a certificate", &Cli::runGetCrl},
    {"next-ca", "which CA will follow the current one", &Cli::runNextCa},
    {"doctor", "look a server over: what is weak, unusual or wrong, and what to do", &Cli::runDoctor},
    {"inspect", "what is in a file: certificate, CSR, CRL, key, PKCS#7, PKCS#12, SCEP message", &Cli::runInspect},
    {"server", "list|show|add|edit|remove|enable|disable|refresh: the servers of a workspace", &Cli::runServerVerb},
    {"request", "list|show|add|edit|remove|enable|disable|enroll|poll|renew|cancel|retry|continue|deliver: its requests",
     &Cli::runRequestVerb},
    {"certificate", "list|show|add|edit|export|remove: what was issued to them", &Cli::runCertificateVerb},
    {"ca-store", "list|show|add|edit|remove: its CA and RA certificates", &Cli::runCaStoreVerb},
    {"exchange", "list|show: what was sent to the servers and what came back", &Cli::runExchangeVerb},
    {"bin", "list|restore|empty: what was removed", &Cli::runBinVerb},
    {"workspace", "create|show|settings|check|backup|restore|export|passphrase: care for it", &Cli::runWorkspaceVerb},
    {"agent", "enrols, polls, renews and delivers for a workspace, until it is told to end", &Cli::runAgent},
    {"lab-ca", "the built-in CA for trying and tests; lab-ca --help lists its verbs", &Cli::runLabCa},
};

void printHelp()
{
    std::puts("scepctl " SCEPTER_VERSION ": enroll devices over SCEP (RFC 8894)\n"
              "\n"
              "Usage: scepctl [--json] VERB [options]\n"
              "       scepctl VERB --help\n"
              "\nVerbs:");
    for (const VerbEntry &verb : verbs)
        std::printf("  %-11s %s\n", verb.name, verb.summary);
    std::puts("\n"
              "--json prints the result as one JSON document. Results go to stdout, progress and errors to stderr.\n"
              "Secrets are read from files, from the environment (SCEPTER_PASSPHRASE, SCEPTER_CHALLENGE, SCEPTER_P12_PASSWORD,\n"
              "SCEPTER_KEY_PASSPHRASE, SCEPTER_PROXY_PASSWORD), or typed when standard input is a terminal; never from arguments.\n"
              "\n"
              "Exit status: 0 done; 1 internal error; 2 usage; 3 not trusted (fingerprint, signature, nonce, transaction,\n"
              "foreign key, chain); 4 rejected by the server; 5 still pending, the transaction is kept for poll;\n"
              "6 server not reached or HTTP error; 7 reply not understood; 8 file or store trouble.");
}

/// A core file would hold private keys and challenges.
void forbidCoreFiles()
{
    const rlimit none{0, 0};
    setrlimit(RLIMIT_CORE, &none);
#if defined(Q_OS_LINUX) && !defined(__SANITIZE_ADDRESS__) // its leak check traces the process, which this forbids
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

} // namespace

int main(int argc, char *argv[])
{
    forbidCoreFiles();

    // Qt's own event loop does here; setting GLib's up takes longer than reading a key.
    qputenv("QT_NO_GLIB", "1");
    const QCoreApplication application(argc, argv);
    QCoreApplication::setApplicationName(u"scepctl"_s);
    QCoreApplication::setApplicationVersion(QStringLiteral(SCEPTER_VERSION));

    QStringList arguments = QCoreApplication::arguments().mid(1);
    const Cli::Terminal terminal(arguments.removeAll(u"--json"_s) > 0);
    if (arguments.isEmpty())
        return terminal.usage(u"A verb is missing."_s, {});
    const QString name = arguments.takeFirst();
    if (name == "--help"_L1 || name == "-h"_L1 || name == "help"_L1) {
        printHelp();
        return 0;
    }
    if (name == "--version"_L1) {
        std::puts("scepctl " SCEPTER_VERSION);
        return 0;
    }
    for (const VerbEntry &verb : verbs) {
        if (name == QLatin1StringView(verb.name))
            return verb.run(arguments, terminal);
    }
    return terminal.usage(u"There is no verb “%1”."_s.arg(Models::safeText(name, 40)), {});
}
