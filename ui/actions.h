// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/service/requeststatus.h"

#include <QObject>

class QAction;
class QActionGroup;

namespace Gui {

/// Every action of the window, each with icon, shortcut, tooltip and objectName. What is enabled follows from what is selected,
/// in one place.
class Actions final : public QObject
{
    Q_OBJECT

public:
    explicit Actions(QObject *parent = nullptr);

    QAction *open = nullptr;
    QAction *lockWorkspace = nullptr;
    QAction *unlockWorkspace = nullptr;
    QAction *protectWorkspace = nullptr;
    QAction *openBin = nullptr;
    QAction *keeping = nullptr;
    QAction *quit = nullptr;

    QAction *addServer = nullptr;
    QAction *editServer = nullptr;
    QAction *refreshServer = nullptr;
    QAction *confirmCa = nullptr;
    QAction *acceptCapabilities = nullptr;
    QAction *removeServer = nullptr;

    QAction *newRequest = nullptr;
    QAction *editRequest = nullptr;
    QAction *enroll = nullptr;
    QAction *renew = nullptr;
    QAction *attemptNow = nullptr;
    QAction *continueRenewing = nullptr;
    QAction *useCsr = nullptr;
    QAction *cancel = nullptr;
    QAction *inspect = nullptr;
    QAction *exportCertificate = nullptr;
    QAction *deliver = nullptr;
    QAction *removeRequest = nullptr;
    QAction *showRequestOfCertificate = nullptr;
    QAction *removeCertificate = nullptr;
    QAction *importCa = nullptr;
    QAction *removeCa = nullptr;

    QAction *startLabCa = nullptr;
    QAction *stopLabCa = nullptr;
    QAction *addLabCaServer = nullptr;
    QAction *copyLabCaChallenge = nullptr;
    QAction *changeLabCaChallenge = nullptr;
    QAction *editLabCa = nullptr;
    QAction *approveEnrollment = nullptr;
    QAction *rejectEnrollment = nullptr;
    QAction *revokeEnrollment = nullptr;
    QAction *makeNextCa = nullptr;
    QAction *expectDevices = nullptr;
    QAction *newLabCa = nullptr;
    QAction *switchToNextCa = nullptr;

    QAction *showServers = nullptr;
    QAction *showRequests = nullptr;
    QAction *showCertificates = nullptr;
    QAction *showCaStore = nullptr;
    QAction *showLabCa = nullptr;
    QAction *showLog = nullptr;
    QAction *showExchanges = nullptr;
    QAction *filter = nullptr;
    QActionGroup *appearance = nullptr; ///< data(): "system", "light", "dark"

    QAction *about = nullptr;

    enum class Place { Servers, Requests, Certificates, CaStore, LabCa, Log };
    struct Context {
        Place place = Place::Servers;
        bool isOpen = false;      ///< the workspace is open
        bool isReadable = false;  ///< likewise, or open for reading only
        bool isProtected = false; ///< by a pass phrase
        bool isLocked = false;
        bool hasServers = false; ///< any at all: a request needs one
        int selectedServers = 0;
        bool lacksCapabilities = false; ///< the one selected server announces less than it once did
        int selectedRequests = 0;
        Models::RequestActions allowed; ///< of the selected requests, what all of them allow
        bool hasDelivery = false;       ///< all of the selected requests deliver and have a certificate
        bool isImportedCa = false;      ///< CA store: the selected certificate was imported by hand
        int selectedCertificates = 0;   ///< in the list of all certificates
        bool hasCertificate = false;    ///< certificates, CA store, Lab CA: one certificate is selected
        bool isLabCaStopped = true;
        bool isLabCaRunning = false;
        bool lacksLabCa = false;        ///< its folder has no CA yet
        bool hasLabCaChallenge = false; ///< the Lab CA wants one that all share
        bool expectsDevices = false;    ///< the Lab CA is in registered mode
        bool hasNextCa = false;         ///< the Lab CA's next issuing CA is made
        bool hasExchange = false;       ///< log: one exchange is selected
        int selectedWaiting = 0;        ///< Lab CA: selected enrollments that wait for approval, if all do
        int selectedRevocable = 0;      ///< Lab CA: selected enrollments that are issued and not revoked, if all are
    };
    void apply(const Context &context);

private:
    QAction *make(const QString &objectName, const QString &iconName, const QString &text, const QKeySequence &shortcut,
                  const QString &toolTip);
};

} // namespace Gui
