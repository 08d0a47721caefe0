// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/labcacontroller.h"

#include "models/items/servermodel.h"
#include "models/service/labcachoices.h"
#include "models/service/labcaservice.h"
#include "scep/pki/crlreasons.h"
#include "ui/actions.h"
#include "ui/dialogs/entitiesdialog.h"
#include "ui/dialogs/labcachallengedialog.h"
#include "ui/dialogs/labcasettingsdialog.h"
#include "ui/dialogs/newlabcadialog.h"
#include "ui/panes/labcapane.h"
#include "ui/widgets/helpers.h"
#include "ui/widgets/labcaheader.h"
#include "ui/widgets/messagebar.h"

#include <QAction>
#include <QPointer>
#include <QSettings>

using namespace Qt::StringLiterals;

namespace Gui {
namespace {

constexpr int longestValidityMinutes = 3650 * 24 * 60;
const std::pair<QString, LabCa::Mode> modeNames[] = {
    {u"approve"_s, LabCa::Mode::Approve}, {u"auto"_s, LabCa::Mode::Auto}, {u"registered"_s, LabCa::Mode::Registered}};

/// "lab-ca", or the first of "lab-ca-2", ... that is free.
QString freeLabel(const Models::ServerModel &servers)
{
    QStringList taken;
    for (int row = 0; row < servers.rowCount(); ++row)
        taken.append(servers.record(servers.index(row, 0))->server.label);
    QString label = u"lab-ca"_s;
    for (int number = 2; taken.contains(label); ++number)
        label = u"lab-ca-%1"_s.arg(number);
    return label;
}

/// The root itself, not its fingerprint: some personalities do not send it, and then the issuing CA is checked against it. It also holds
/// through changes of personality and of the issuing CA.
Scep::TrustAnchor anchorOf(const Models::LabCaIdentity &identity)
{
    return {.fingerprint = {}, .certificate = identity.root};
}

bool isUpToDate(const Models::ServerRecord &record, const Models::LabCaIdentity &identity)
{
    const Scep::TrustAnchor &anchor = record.server.anchor;
    const auto isNamed = [&](const Pki::Certificate &certificate) {
        return anchor.certificate == certificate ||
               (!anchor.fingerprint.isEmpty() && certificate.fingerprint(anchor.fingerprint.digest()) == anchor.fingerprint);
    };
    return (isNamed(identity.root) || isNamed(identity.issuing)) && record.knowledge.trust != Scep::ServerKnowledge::Trust::Refused &&
           (identity.caIdentifier.isEmpty() || !record.server.caIdentifier.isEmpty());
}

} // namespace

LabCaController::LabCaController(const Parts &parts, QWidget *window)
    : QObject(window)
    , m_parts(parts)
    , m_window(window)
{
    const Actions &actions = m_parts.actions;
    const auto on = [this](QAction *action, auto handler) { connect(action, &QAction::triggered, this, handler); };
    on(actions.startLabCa, [this] { m_parts.labCa.start(); });
    on(actions.stopLabCa, [this] { m_parts.labCa.stop(); });
    on(actions.addLabCaServer, [this] { addAsServer(); });
    on(actions.copyLabCaChallenge, [this] { copyChallenge(); });
    on(actions.approveEnrollment, [this] { approveSelected(); });
    on(actions.rejectEnrollment, [this] { rejectSelected(); });
    on(actions.revokeEnrollment, [this] { revokeSelected(); });
    on(actions.makeNextCa, [this] { makeNextCa(); });
    on(actions.expectDevices, [this] { open(new EntitiesDialog(m_parts.labCa, m_window)); });
    on(actions.newLabCa, [this] { open(new NewLabCaDialog(m_parts.labCa, m_window)); });
    on(actions.editLabCa, [this] { open(new LabCaSettingsDialog(m_parts.labCa, m_window)); });
    on(actions.changeLabCaChallenge, [this] { open(new LabCaChallengeDialog(m_parts.labCa, m_window)); });
    connect(&m_parts.pane.header(), &LabCaHeader::raWanted, this,
            [this](LabCa::RaKind kind) { tell(m_parts.labCa.makeRa(kind), tr("the Lab CA's RA")); });
    on(actions.switchToNextCa, [this] { switchToNextCa(); });
    connect(&m_parts.labCa, &Models::LabCaService::failed, this, [this](const Models::Error &error, const QString &object) {
        if (error.code == Pki::ErrorCode::NetworkFailure) { // the only one is its own port
            m_parts.messages.offer(Models::Severity::Bad, tr("The Lab CA cannot listen: %1. Choose another port.").arg(error.detail),
                                   tr("Settings…"), [actions = &m_parts.actions] { actions->editLabCa->trigger(); });
            return;
        }
        m_parts.messages.say(Models::explain(error, tr("Lab CA in %1").arg(object)));
    });
    connect(&m_parts.labCa, &Models::LabCaService::passphraseWanted, this, &LabCaController::askPassphrase);
}

void LabCaController::askPassphrase(const Models::Error &error)
{
    const bool isWrong = error.code == Pki::ErrorCode::WrongPassphrase;
    m_parts.prompter.askSecret(
        m_window,
        {.title = tr("Start the Lab CA"),
         .text = tr("The keys of the Lab CA are under a pass phrase."),
         .field = tr("Pass phrase"),
         .error = isWrong ? tr("This is not the pass phrase of %1.").arg(Models::safeText(error.detail)) : QString()},
        [controller = QPointer<LabCaController>(this)](const SharedSecret &passphrase) {
            if (controller)
                controller->m_parts.labCa.start(passphrase);
        });
}

void LabCaController::restoreSettings(const QSettings &settings)
{
    Models::LabCaSettings restored;
    const QString mode = settings.value(u"labCa/mode"_s).toString();
    for (const auto &[name, value] : modeNames) {
        if (mode == name)
            restored.mode = value;
    }
    restored.validity = std::chrono::minutes(
        qBound(1, settings.value(u"labCa/validityMinutes"_s, int(restored.validity.count())).toInt(), longestValidityMinutes));
    restored.renewAfterPercent = qBound(0, settings.value(u"labCa/renewAfter"_s, restored.renewAfterPercent).toInt(), 99);
    restored.personality = settings.value(u"labCa/personality"_s).toString();
    restored.faults = Models::labCaFaultPlan(settings.value(u"labCa/faults"_s).toStringList()).toText(); // without what is no rule
    restored.allowsSameKey = settings.value(u"labCa/allowsSameKey"_s, true).toBool();
    restored.refusesUnknownProfiles = settings.value(u"labCa/strictProfiles"_s, false).toBool();
    restored.sendsFullChain = settings.value(u"labCa/sendsFullChain"_s, true).toBool();
    restored.includesCaInReply = settings.value(u"labCa/includesCaInReply"_s, true).toBool();
    restored.port = static_cast<quint16>(qBound(0, settings.value(u"labCa/port"_s, 0).toInt(), 65535));
    m_parts.labCa.restoreSettings(restored);
    m_parts.pane.header().setShowsCertificates(settings.value(u"labCa/showsCertificates"_s, true).toBool());
}

void LabCaController::saveSettings(QSettings &settings) const
{
    const Models::LabCaSettings &current = m_parts.labCa.settings();
    for (const auto &[name, value] : modeNames) {
        if (current.mode == value)
            settings.setValue(u"labCa/mode"_s, name);
    }
    settings.setValue(u"labCa/validityMinutes"_s, int(current.validity.count()));
    settings.setValue(u"labCa/renewAfter"_s, current.renewAfterPercent);
    settings.setValue(u"labCa/personality"_s, current.personality);
    settings.setValue(u"labCa/faults"_s, current.faults);
    settings.setValue(u"labCa/port"_s, current.port);
    settings.setValue(u"labCa/allowsSameKey"_s, current.allowsSameKey);
    settings.setValue(u"labCa/strictProfiles"_s, current.refusesUnknownProfiles);
    settings.setValue(u"labCa/sendsFullChain"_s, current.sendsFullChain);
    settings.setValue(u"labCa/includesCaInReply"_s, current.includesCaInReply);
    settings.setValue(u"labCa/showsCertificates"_s, m_parts.pane.header().showsCertificates());
}

void LabCaController::open(QDialog *dialog)
{
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->open();
}

void LabCaController::addAsServer()
{
    const auto &identity = m_parts.labCa.identity();
    if (!identity)
        return;
    const Models::ServerModel &servers = *m_parts.service.servers();
    for (int row = 0; row < servers.rowCount(); ++row) {
        const Models::ServerRecord &record = *servers.record(servers.index(row, 0));
        if (record.server.url != identity->url)
            continue;
        if (!isUpToDate(record, *identity)) {
            offerUpdate(record, *identity);
            return;
        }
        m_parts.messages.say(Models::Severity::Neutral, tr("The Lab CA is there already, as server %1.").arg(record.server.label));
        emit serverAdded(record.server.id);
        return;
    }
    Scep::EnrollmentServer server;
    server.label = freeLabel(servers);
    server.description = tr("Lab CA on this computer: lab only");
    server.url = identity->url;
    server.anchor = anchorOf(*identity);
    server.caIdentifier = identity->caIdentifier;
    whenDone(m_parts.service.addServer(server), this, [this, label = server.label](const Models::Result<Scep::ServerId> &id) {
        if (id)
            emit serverAdded(*id);
        else
            m_parts.messages.say(Models::explain(id.error(), tr("server %1").arg(label)));
    });
}

void LabCaController::offerUpdate(const Models::ServerRecord &record, const Models::LabCaIdentity &identity)
{
    Scep::EnrollmentServer server = record.server;
    server.anchor = anchorOf(identity);
    if (!identity.caIdentifier.isEmpty())
        server.caIdentifier = identity.caIdentifier;
    m_parts.messages.offer(
        Models::Severity::Attention,
        tr("The Lab CA is there already, as server %1, but with another CA certificate or without the CA identifier that it wants now.")
            .arg(server.label),
        tr("Update the server"), [controller = QPointer<LabCaController>(this), server, extras = record.extras] {
            if (!controller)
                return;
            whenDone(controller->m_parts.service.updateServer(server, extras), controller,
                     [controller, server](const Models::Result<void> &updated) {
                         if (updated)
                             emit controller->serverAdded(server.id);
                         else
                             controller->m_parts.messages.say(Models::explain(updated.error(), tr("server %1").arg(server.label)));
                     });
        });
}

void LabCaController::copyChallenge()
{
    const auto &identity = m_parts.labCa.identity();
    if (!identity)
        return;
    if (!identity->challenge)
        return;
    QString text = QString::fromUtf8(identity->challenge->view());
    copyToClipboard(text);
    Pki::wipe(text);
    m_parts.messages.say(Models::Severity::Neutral, tr("The challenge is in the clipboard."));
}

void LabCaController::approveSelected()
{
    const QStringList ids = m_parts.pane.selectedWaiting();
    for (const QString &id : ids)
        tell(m_parts.labCa.approve(id), tr("the Lab CA's request"));
}

void LabCaController::rejectSelected()
{
    const QStringList ids = m_parts.pane.selectedWaiting();
    if (ids.isEmpty())
        return;
    m_parts.prompter.askText(
        m_window,
        {.title = tr("Reject requests"),
         .text = tr("%n request(s) will be refused. The client is told this reason.", nullptr, static_cast<int>(ids.size())),
         .field = tr("Reason"),
         .suggestion = tr("not a device of this lab")},
        [controller = QPointer<LabCaController>(this), ids](const QString &reason) {
            for (const QString &id : ids) {
                if (controller)
                    controller->tell(controller->m_parts.labCa.reject(id, reason), tr("the Lab CA's request"));
            }
        });
}

void LabCaController::revokeSelected()
{
    const QStringList ids = m_parts.pane.selectedRevocable();
    if (ids.isEmpty())
        return;
    m_parts.prompter.askText(
        m_window,
        {.title = tr("Revoke certificates"),
         .text = tr("%n certificate(s) will stand on the Lab CA's revocation list for good.", nullptr, static_cast<int>(ids.size())),
         .field = tr("Reason"),
         .suggestion = u"cessationOfOperation"_s,
         .choices = Pki::crlReasons()},
        [controller = QPointer<LabCaController>(this), ids](const QString &reason) {
            for (const QString &id : ids) {
                if (controller)
                    controller->tell(controller->m_parts.labCa.revoke(id, reason), tr("the Lab CA's certificate"));
            }
        });
}

void LabCaController::switchToNextCa()
{
    const auto &identity = m_parts.labCa.identity();
    if (!identity || identity->next.isNull())
        return;
    const QString now = tr("now");
    const QStringList choices{now, tr("in 5 minutes"), tr("in an hour"), tr("in a day"), tr("never: discard it")};
    m_parts.prompter.askText(
        m_window,
        {.title = tr("Switch to the next CA"),
         .text = tr("Then %1 issues. There is no way back. What the present CA issued stays valid, and clients that know the next CA go on "
                    "without a break.")
                     .arg(Models::safeText(identity->next.subject().commonName())),
         .field = tr("When"),
         .suggestion = now,
         .choices = choices},
        [controller = QPointer<LabCaController>(this), choices](const QString &answer) {
            constexpr int delays[] = {0, 5, 60, 24 * 60}; // minutes
            const qsizetype chosen = choices.indexOf(answer);
            if (!controller || chosen < 0)
                return;
            if (chosen == choices.size() - 1) {
                controller->tell(controller->m_parts.labCa.discardNextCa(), tr("the Lab CA's next CA"));
                return;
            }
            const QDateTime at = chosen == 0 ? QDateTime() : QDateTime::currentDateTimeUtc().addSecs(delays[chosen] * 60LL);
            controller->tell(controller->m_parts.labCa.switchToNextCa(at), tr("the Lab CA's next CA"));
        });
}

void LabCaController::makeNextCa()
{
    const QString same = tr("under the present root");
    const QString another = tr("under a new root, which every client must confirm");
    m_parts.prompter.askText(
        m_window,
        {.title = tr("Make the next CA"),
         .text = tr("The issuing CA that will follow is made and announced. It issues nothing until you switch to it."),
         .field = tr("Which"),
         .suggestion = same,
         .choices = {same, another}},
        [controller = QPointer<LabCaController>(this), another](const QString &answer) {
            if (controller)
                controller->tell(controller->m_parts.labCa.makeNextCa(answer == another), tr("the Lab CA's next CA"));
        });
}

void LabCaController::tell(const QFuture<Models::Result<void>> &done, const QString &object)
{
    whenDone(done, this, [this, object](const Models::Result<void> &result) {
        if (!result)
            m_parts.messages.say(Models::explain(result.error(), object));
    });
}

} // namespace Gui
