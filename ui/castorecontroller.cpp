// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/castorecontroller.h"

#include "models/service/errortext.h"
#include "scep/files/durablefile.h"
#include "ui/actions.h"
#include "ui/panes/castorepane.h"
#include "ui/widgets/helpers.h"
#include "ui/widgets/messagebar.h"
#include "ui/widgets/texts.h"

#include <QAction>
#include <QFileInfo>
#include <QPointer>

using namespace Qt::StringLiterals;

namespace Gui {

CaStoreController::CaStoreController(const Parts &parts, QWidget *window)
    : QObject(window)
    , m_parts(parts)
    , m_window(window)
{
    connect(m_parts.actions.importCa, &QAction::triggered, this, [this] {
        m_parts.prompter.askFileToOpen(m_window, tr("Import CA certificate"),
                                       tr("Certificates (*.pem *.crt *.cer *.der *.p7b *.p7c);;All files (*)"),
                                       [controller = QPointer<CaStoreController>(this)](const QString &path) {
                                           if (controller)
                                               controller->importFile(path);
                                       });
    });
    connect(m_parts.actions.removeCa, &QAction::triggered, this, [this] { remove(); });
}

void CaStoreController::importFile(const QString &path)
{
    const QString name = QFileInfo(path).fileName();
    whenDone(runInPool([path]() -> Pki::Result<QList<Pki::Certificate>> {
                 auto bytes = Files::readFile(path);
                 if (!bytes)
                     return std::unexpected(bytes.error());
                 auto file = Pki::readContainer(*bytes);
                 Pki::wipe(*bytes);
                 if (!file)
                     return std::unexpected(file.error());
                 return file->certificates;
             }),
             this, [this, name](const Pki::Result<QList<Pki::Certificate>> &certificates) {
                 if (!certificates) {
                     m_parts.messages.say(Models::explain(certificates.error(), name));
                     return;
                 }
                 if (certificates->isEmpty()) {
                     m_parts.messages.say(Models::Severity::Bad, tr("%1 holds no certificate.").arg(name));
                     return;
                 }
                 QStringList shown;
                 for (const Pki::Certificate &certificate : *certificates)
                     shown.append(tr("%1, SHA-256 %2").arg(nameText(certificate.subject()), certificate.fingerprint().toDisplay()));
                 const QString trusted = tr("trust it: a chain may end at it");
                 m_parts.prompter.askText(
                     m_window,
                     {.title = tr("Import CA certificate"),
                      .text = shown.join(u'\n'),
                      .field = tr("Use"),
                      .suggestion = tr("build chains with it only"),
                      .choices = {tr("build chains with it only"), trusted}},
                     [controller = QPointer<CaStoreController>(this), certificates = *certificates, trusted](const QString &answer) {
                         if (controller)
                             controller->importAll(certificates, answer == trusted);
                     });
             });
}

void CaStoreController::importAll(const QList<Pki::Certificate> &certificates, bool isTrusted)
{
    for (const Pki::Certificate &certificate : certificates) {
        whenDone(m_parts.service.importCaCertificate(certificate, {}, isTrusted), this,
                 [this, name = shortNameText(certificate.subject())](const Models::Result<qint64> &id) {
                     if (id)
                         m_parts.messages.say(Models::Severity::Good, tr("%1 is in the CA store.").arg(name));
                     else
                         m_parts.messages.say(Models::explain(id.error(), name));
                 });
    }
}

void CaStoreController::remove()
{
    const Models::CaStoreRecord *record = m_parts.pane.selectedRecord();
    if (record == nullptr || !record->isImported)
        return;
    const Pki::Certificate certificate = record->certificate;
    const bool isTrusted = record->isAnchor;
    whenDone(m_parts.service.removeCaCertificate(record->id), this,
             [this, certificate, isTrusted, name = record->name](const Models::Result<void> &result) {
                 if (!result) {
                     m_parts.messages.say(Models::explain(result.error(), name));
                     return;
                 }
                 m_parts.messages.offer(Models::Severity::Neutral, tr("%1 was removed from the CA store.").arg(name), tr("Undo"),
                                        [controller = QPointer<CaStoreController>(this), certificate, isTrusted] {
                                            if (controller)
                                                controller->importAll({certificate}, isTrusted);
                                        });
             });
}

} // namespace Gui
