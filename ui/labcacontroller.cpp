// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/labcacontroller.h"

#include "models/items/servermodel.h"
#include "models/service/labcaservice.h"
#include "scep/pki/crlreasons.h"
#include "ui/actions.h"
#include "ui/panes/labcapane.h"
#include "ui/widgets/helpers.h"
#include "ui/widgets/messagebar.h"

#include <QAction>
#include <QPointer>
#include <QSettings>

using namespace Qt::StringLiterals;

namespace Gui {
namespace {

constexpr int longestValidityDays = 3650;

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
    on(actions.makeNextCa, [this] { tell(m_parts.labCa.makeNextCa(), tr("the Lab CA's next CA")); });
    on(actions.switchToNextCa, [this] { switchToNextCa(); });
    connect(&m_parts.labCa, &Models::LabCaService::failed, this, [this](const Models::Error &error, const QString &object) {
        m_parts.messages.say(Models::explain(error, tr("Lab CA in %1").arg(object)));
    });
}

void LabCaController::restoreSettings(const QSettings &settings)
{
    Models::LabCaSettings restored;
    if (settings.value(u"labCa/mode"_s).toString() == "auto"_L1)
        restored.mode = LabCa::Mode::Auto;
    restored.validityDays = qBound(1, settings.value(u"labCa/days"_s, restored.validityDays).toInt(), longestValidityDays);
    restored.renewAfterPercent = qBound(0, settings.value(u"labCa/renewAfter"_s, restored.renewAfterPercent).toInt(), 99);
    restored.port = static_cast<quint16>(qBound(0, settings.value(u"labCa/port"_s, 0).toInt(), 65535));
    m_parts.labCa.setSettings(restored);
}

void LabCaController::saveSettings(QSettings &settings) const
{
    const Models::LabCaSettings &current = m_parts.labCa.settings();
    settings.setValue(u"labCa/mode"_s, current.mode == LabCa::Mode::Auto ? u"auto"_s : u"approve"_s);
    settings.setValue(u"labCa/days"_s, current.validityDays);
    settings.setValue(u"labCa/renewAfter"_s, current.renewAfterPercent);
    settings.setValue(u"labCa/port"_s, current.port);
}

void LabCaController::addAsServer()
{
    const auto &identity = m_parts.labCa.identity();
    if (!identity)
        return;
    const Models::ServerModel &servers = *m_parts.service.servers();
    for (int row = 0; row < servers.rowCount(); ++row) {
        const Scep::EnrollmentServer &server = servers.record(servers.index(row, 0))->server;
        if (server.url == identity->url) {
            m_parts.messages.say(Models::Severity::Neutral, tr("The Lab CA is there already, as server %1.").arg(server.label));
            emit serverAdded(server.id);
            return;
        }
    }
    Scep::EnrollmentServer server;
    server.label = freeLabel(servers);
    server.description = tr("Lab CA on this computer");
    server.url = identity->url;
    server.anchor.fingerprint = identity->root.fingerprint(Pki::Digest::Sha256);
    whenDone(m_parts.service.addServer(server), this, [this, label = server.label](const Models::Result<Scep::ServerId> &id) {
        if (id)
            emit serverAdded(*id);
        else
            m_parts.messages.say(Models::explain(id.error(), tr("server %1").arg(label)));
    });
}

void LabCaController::copyChallenge()
{
    const auto &identity = m_parts.labCa.identity();
    if (!identity)
        return;
    QString text = QString::fromLatin1(identity->challenge->view());
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
    m_parts.prompter.confirm(m_window,
                             {.title = tr("Switch to the next CA?"),
                              .text = tr("From now on %1 issues.").arg(Models::safeText(identity->next.subject().commonName())),
                              .detail = tr("There is no way back. What the present CA issued stays valid, and clients that know the next "
                                           "CA go on without a break."),
                              .yes = tr("Switch"),
                              .isRisky = true},
                             [controller = QPointer<LabCaController>(this)] {
                                 if (controller)
                                     controller->tell(controller->m_parts.labCa.switchToNextCa(), tr("the Lab CA's next CA"));
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
