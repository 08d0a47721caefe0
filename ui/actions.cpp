// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/actions.h"

#include "ui/widgets/icons.h"

#include <QAction>
#include <QActionGroup>
#include <QKeySequence>

using namespace Qt::StringLiterals;

namespace Gui {

Actions::Actions(QObject *parent)
    : QObject(parent)
{
    open = make(u"openAction"_s, u"open"_s, tr("&Open file…"), QKeySequence::Open,
                tr("Look into a certificate, request, CRL, key, PKCS#12 or SCEP message"));
    lockWorkspace = make(u"lockWorkspaceAction"_s, u"lock"_s, tr("&Lock workspace"), QKeySequence(Qt::CTRL | Qt::Key_L),
                         tr("Take the private keys out of the memory until the pass phrase is given again"));
    unlockWorkspace =
        make(u"unlockWorkspaceAction"_s, u"unlock"_s, tr("&Unlock workspace…"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_U),
             tr("Give the pass phrase, so that what waits for a private key goes on"));
    protectWorkspace = make(u"protectWorkspaceAction"_s, u"key"_s, tr("&Protection…"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_P),
                            tr("Change the pass phrase of the workspace"));
    openBin = make(u"openBinAction"_s, u"remove"_s, tr("&Bin…"), QKeySequence(Qt::CTRL | Qt::Key_B),
                   tr("See what was removed, and bring it back"));
    keeping = make(u"keepingAction"_s, u"edit"_s, tr("&Keeping…"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_B),
                   tr("Say how much of the exchange log, the bin and the backups is kept"));
    quit = make(u"quitAction"_s, u"quit"_s, tr("&Quit"), QKeySequence(Qt::CTRL | Qt::Key_Q),
                tr("End Scepter; open transactions go on at the next start"));
    quit->setMenuRole(QAction::QuitRole);

    addServer = make(u"addServerAction"_s, u"server-add"_s, tr("&Add server…"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_N),
                     tr("Add an enrollment server: look at it, confirm its CA, choose its settings"));
    editServer = make(u"editServerAction"_s, u"edit"_s, tr("&Settings…"), QKeySequence(Qt::Key_F2),
                      tr("Change the settings of the selected server"));
    refreshServer = make(u"refreshServerAction"_s, u"refresh"_s, tr("&Check now"), QKeySequence(Qt::Key_F5),
                         tr("Ask the selected server for its capabilities and CA certificates now"));
    confirmCa = make(u"confirmCaAction"_s, u"lock"_s, tr("Con&firm CA…"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_T),
                     tr("Compare the fingerprint of the selected server's CA certificate, and say that it is the right one"));
    acceptCapabilities =
        make(u"acceptCapabilitiesAction"_s, u"enroll"_s, tr("Accept &fewer capabilities"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_F),
             tr("It is right that the server announces less than it once did: end the warning"));
    removeServer = make(u"removeServerAction"_s, u"remove"_s, tr("&Remove server"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_Delete),
                        tr("Put the selected server with its CA certificates into the bin"));

    newRequest =
        make(u"newRequestAction"_s, u"request-add"_s, tr("&New request…"), QKeySequence::New, tr("Request a certificate for a device"));
    editRequest = make(u"editRequestAction"_s, u"edit"_s, tr("Se&ttings…"), QKeySequence(Qt::ALT | Qt::Key_Return),
                       tr("Change what the selected request asks for and when it is renewed"));
    enroll = make(u"enrollAction"_s, u"enroll"_s, tr("&Enroll again…"), QKeySequence(Qt::CTRL | Qt::Key_R),
                  tr("Begin a new transaction for the selected request, with a new challenge"));
    renew = make(u"renewAction"_s, u"renew"_s, tr("Re&new now"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_R),
                 tr("Get the successor of the current certificate now; the old one stays until the new one is here"));
    continueRenewing =
        make(u"continueRenewingAction"_s, u"renew"_s, tr("Rene&w by itself again"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_A),
             tr("Put the refused or stopped transaction aside: the certificate is renewed when its rule says so"));
    useCsr = make(u"useCsrAction"_s, u"open"_s, tr("Give device's re&quest or key…"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_Q),
                  tr("Take a certificate request that the device made, or a key file, for the next certificate"));
    attemptNow = make(u"attemptNowAction"_s, u"poll"_s, tr("&Poll or retry now"), QKeySequence(Qt::CTRL | Qt::Key_P),
                      tr("Ask the server now instead of waiting for the planned time"));
    cancel = make(u"cancelAction"_s, u"cancel"_s, tr("&Stop transaction…"), QKeySequence(Qt::CTRL | Qt::Key_Period),
                  tr("End the open transaction here; the server is not told"));
    inspect = make(u"inspectAction"_s, u"inspect"_s, tr("&Inspect…"), QKeySequence(Qt::CTRL | Qt::Key_I),
                   tr("Show everything in the selected certificate and its chain"));
    exportCertificate = make(u"exportAction"_s, u"export"_s, tr("E&xport…"), QKeySequence(Qt::CTRL | Qt::Key_E),
                             tr("Write certificate, chain and key as PKCS#12 or PEM files"));
    removeRequest = make(u"removeRequestAction"_s, u"remove"_s, tr("&Remove request"), QKeySequence(Qt::CTRL | Qt::Key_Delete),
                         tr("Put the selected request with its certificates and keys into the bin"));

    deliver = make(u"deliverAction"_s, u"export"_s, tr("De&liver now"), QKeySequence(Qt::CTRL | Qt::Key_D),
                   tr("Write the files of the current certificate again and run the program after it"));
    showRequestOfCertificate = make(u"showRequestOfCertificateAction"_s, u"request"_s, tr("Show re&quest"),
                                    QKeySequence(Qt::CTRL | Qt::Key_J), tr("Go to the request that the certificate was issued for"));
    removeCertificate =
        make(u"removeCertificateAction"_s, u"remove"_s, tr("Remo&ve certificate"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_D),
             tr("Put the selected certificates with their keys into the bin"));
    importCa = make(u"importCaAction"_s, u"add"_s, tr("I&mport CA certificate…"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_I),
                    tr("Add a CA certificate from a file, to build chains with"));
    removeCa = make(u"removeCaAction"_s, u"remove"_s, tr("&Remove CA certificate"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_M),
                    tr("Remove a CA certificate that was imported"));

    startLabCa = make(u"startLabCaAction"_s, u"enroll"_s, tr("&Start Lab CA"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_L),
                      tr("Serve SCEP from a CA on this computer, for trying and training"));
    stopLabCa = make(u"stopLabCaAction"_s, u"cancel"_s, tr("S&top Lab CA"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_Period),
                     tr("End serving; what was issued and what waits is kept"));
    addLabCaServer = make(u"addLabCaServerAction"_s, u"server-add"_s, tr("&Add as server"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_S),
                          tr("Add the Lab CA to the enrollment servers, its CA certificate confirmed"));
    copyLabCaChallenge =
        make(u"copyLabCaChallengeAction"_s, u"copy"_s, tr("&Copy challenge"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_C),
             tr("Copy the challenge that requests at the Lab CA must carry"));
    changeLabCaChallenge =
        make(u"changeLabCaChallengeAction"_s, u"edit"_s, tr("C&hange challenge…"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_H),
             tr("Let requests at the Lab CA carry another challenge, or none"));
    editLabCa = make(u"editLabCaAction"_s, u"edit"_s, tr("Settin&gs…"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_V),
                     tr("Set what the Lab CA issues, when it renews, what it sends, and its port"));
    approveEnrollment = make(u"approveEnrollmentAction"_s, u"enroll"_s, tr("A&pprove"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_Y),
                             tr("Let the Lab CA issue the selected certificates"));
    rejectEnrollment = make(u"rejectEnrollmentAction"_s, u"remove"_s, tr("Re&ject…"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_J),
                            tr("Refuse the selected requests and tell the clients why"));
    revokeEnrollment = make(u"revokeEnrollmentAction"_s, u"remove"_s, tr("Re&voke…"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_K),
                            tr("Put the selected certificates on the Lab CA's revocation list"));
    expectDevices = make(u"expectDevicesAction"_s, u"request"_s, tr("E&xpected devices…"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_E),
                         tr("Say which devices may come, and give each a challenge for one certificate"));
    newLabCa = make(u"newLabCaAction"_s, u"add"_s, tr("N&ew CA…"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_O),
                    tr("Make a CA with names, keys and a registration authority as you like; one more gets an alias"));
    makeNextCa = make(u"makeNextCaAction"_s, u"renew"_s, tr("Make &next CA…"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_G),
                      tr("Make the issuing CA that will follow and announce it to the clients"));
    switchToNextCa = make(u"switchToNextCaAction"_s, u"renew"_s, tr("S&witch to next CA…"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_W),
                          tr("Let the next CA issue from now on; what the present one issued stays valid"));

    showServers = make(u"showServersAction"_s, u"server"_s, tr("&Servers"), QKeySequence(Qt::CTRL | Qt::Key_1), tr("Show the servers"));
    showRequests =
        make(u"showRequestsAction"_s, u"request"_s, tr("&Requests"), QKeySequence(Qt::CTRL | Qt::Key_2), tr("Show the requests"));
    showCertificates = make(u"showCertificatesAction"_s, u"certificate"_s, tr("C&ertificates"), QKeySequence(Qt::CTRL | Qt::Key_3),
                            tr("Show all issued certificates, the replaced ones, too"));
    showCaStore = make(u"showCaStoreAction"_s, u"ca-store"_s, tr("&CA store"), QKeySequence(Qt::CTRL | Qt::Key_4),
                       tr("Show the CA and RA certificates of every server"));
    showLabCa = make(u"showLabCaAction"_s, u"lab-ca"_s, tr("&Lab CA"), QKeySequence(Qt::CTRL | Qt::Key_5),
                     tr("Show the CA on this computer, for trying and training"));
    showLog = make(u"showLogAction"_s, u"log"_s, tr("E&xchange log"), QKeySequence(Qt::CTRL | Qt::Key_6),
                   tr("Show what was sent to the servers and what they answered"));
    showExchanges = make(u"showExchangesAction"_s, u"log"_s, tr("Show e&xchanges"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_X),
                         tr("Show what was sent for the selected request, or to the selected server, and what came back"));
    filter = make(u"filterAction"_s, u"filter"_s, tr("&Filter"), QKeySequence::Find, tr("Go to the filter line of the list"));

    appearance = new QActionGroup(this);
    const auto addAppearance = [this](const QString &name, const QString &text, const QString &toolTip) {
        QAction *action = make(u"appearance-%1"_s.arg(name), QString(), text, QKeySequence(), toolTip);
        action->setCheckable(true);
        action->setData(name);
        appearance->addAction(action);
    };
    addAppearance(u"system"_s, tr("As the &system"), tr("Light or dark as the desktop says"));
    addAppearance(u"light"_s, tr("&Light"), tr("Dark text on a light ground"));
    addAppearance(u"dark"_s, tr("&Dark"), tr("Light text on a dark ground"));

    about = make(u"aboutAction"_s, u"about"_s, tr("&About Scepter"), QKeySequence(Qt::SHIFT | Qt::Key_F1),
                 tr("Version of Scepter, Qt and OpenSSL"));
    about->setMenuRole(QAction::AboutRole);
    apply({});
}

QAction *Actions::make(const QString &objectName, const QString &iconName, const QString &text, const QKeySequence &shortcut,
                       const QString &toolTip)
{
    auto *action = new QAction(text, this);
    action->setObjectName(objectName);
    if (!iconName.isEmpty())
        action->setIcon(icon(iconName));
    action->setShortcut(shortcut);
    action->setStatusTip(toolTip);
    action->setToolTip(shortcut.isEmpty() ? toolTip : tr("%1 (%2)").arg(toolTip, shortcut.toString(QKeySequence::NativeText)));
    return action;
}

void Actions::apply(const Context &context)
{
    lockWorkspace->setEnabled(context.isOpen && context.isProtected && !context.isLocked);
    unlockWorkspace->setEnabled(context.isOpen && context.isLocked);
    protectWorkspace->setEnabled(context.isOpen && !context.isLocked);
    addServer->setEnabled(context.isOpen);
    newRequest->setEnabled(context.isOpen && context.hasServers);

    const bool atServers = context.isOpen && context.place == Place::Servers;
    editServer->setEnabled(atServers && context.selectedServers == 1);
    refreshServer->setEnabled(atServers && context.selectedServers > 0);
    confirmCa->setEnabled(atServers && context.selectedServers == 1);
    acceptCapabilities->setEnabled(atServers && context.selectedServers == 1 && context.lacksCapabilities);
    removeServer->setEnabled(atServers && context.selectedServers == 1);

    using Models::RequestAction;
    const bool atRequests = context.isOpen && context.place == Place::Requests && context.selectedRequests > 0;
    const bool isOne = context.selectedRequests == 1;
    const auto allows = [&](RequestAction action) { return atRequests && context.allowed.testFlag(action); };
    editRequest->setEnabled(atRequests && isOne);
    enroll->setEnabled(allows(RequestAction::Enroll) && isOne);
    renew->setEnabled(allows(RequestAction::Renew));
    attemptNow->setEnabled(allows(RequestAction::AttemptNow));
    continueRenewing->setEnabled(allows(RequestAction::Continue));
    useCsr->setEnabled(allows(RequestAction::UseCsr) && isOne);
    cancel->setEnabled(allows(RequestAction::Cancel));
    const bool isOneCertificate = context.isOpen && context.place == Place::Certificates && context.hasCertificate;
    exportCertificate->setEnabled((allows(RequestAction::Export) && isOne) || isOneCertificate);
    showRequestOfCertificate->setEnabled(context.isReadable && context.place == Place::Certificates && context.hasCertificate);
    removeCertificate->setEnabled(context.isOpen && context.place == Place::Certificates && context.selectedCertificates > 0);
    removeRequest->setEnabled(allows(RequestAction::Remove) && isOne);
    deliver->setEnabled(atRequests && context.hasDelivery);
    openBin->setEnabled(context.isOpen);
    keeping->setEnabled(context.isOpen);
    showExchanges->setEnabled(context.isReadable && ((context.place == Place::Servers && context.selectedServers == 1) ||
                                                     (context.place == Place::Requests && context.selectedRequests == 1)));
    importCa->setEnabled(context.isOpen && context.place == Place::CaStore);
    removeCa->setEnabled(context.isOpen && context.place == Place::CaStore && context.isImportedCa);
    const bool listsCertificates = context.place == Place::Certificates || context.place == Place::CaStore || context.place == Place::LabCa;
    const bool isOneIssued =
        context.isReadable && context.place == Place::Requests && isOne && context.allowed.testFlag(RequestAction::Inspect);
    const bool isOneExchange = context.isReadable && context.place == Place::Log && context.hasExchange;
    inspect->setEnabled(isOneExchange || isOneIssued || (context.isReadable && listsCertificates && context.hasCertificate));

    startLabCa->setEnabled(context.isOpen && context.isLabCaStopped);
    stopLabCa->setEnabled(!context.isLabCaStopped);
    addLabCaServer->setEnabled(context.isOpen && context.isLabCaRunning);
    copyLabCaChallenge->setEnabled(context.hasLabCaChallenge);
    expectDevices->setEnabled(context.isLabCaRunning && context.expectsDevices);
    newLabCa->setEnabled(context.isLabCaRunning || (context.isOpen && context.isLabCaStopped && context.lacksLabCa));
    changeLabCaChallenge->setEnabled(context.isLabCaRunning && !context.expectsDevices);
    editLabCa->setEnabled(context.isOpen);
    const bool canDecide = context.place == Place::LabCa && context.isLabCaRunning && context.selectedWaiting > 0;
    approveEnrollment->setEnabled(canDecide);
    rejectEnrollment->setEnabled(canDecide);
    revokeEnrollment->setEnabled(context.place == Place::LabCa && context.isLabCaRunning && context.selectedRevocable > 0);
    makeNextCa->setEnabled(context.isLabCaRunning && !context.hasNextCa);
    switchToNextCa->setEnabled(context.isLabCaRunning && context.hasNextCa);
}

} // namespace Gui
