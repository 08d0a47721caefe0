// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/service/service.h"
#include "ui/prompter.h"

#include <QObject>

class QDialog;
class QSettings;

namespace Models {
class LabCaService;
struct LabCaIdentity;
} // namespace Models

namespace Gui {

class Actions;
class LabCaPane;
class MessageBar;

/// What the Lab CA's actions do, and its settings between two starts of the window.
class LabCaController final : public QObject
{
    Q_OBJECT

public:
    struct Parts {
        Models::Service &service;
        Models::LabCaService &labCa;
        Prompter &prompter;
        Actions &actions;
        LabCaPane &pane;
        MessageBar &messages;
    };
    LabCaController(const Parts &parts, QWidget *window);

    void restoreSettings(const QSettings &settings);
    void saveSettings(QSettings &settings) const;

signals:
    void serverAdded(Scep::ServerId id); ///< or found: the Lab CA was a server already

private:
    void addAsServer();
    void offerUpdate(const Models::ServerRecord &record, const Models::LabCaIdentity &identity);
    void askPassphrase(const Models::Error &error);
    void copyChallenge();
    void approveSelected();
    void rejectSelected();
    void revokeSelected();
    void makeNextCa();
    void switchToNextCa();
    void open(QDialog *dialog);
    void tell(const QFuture<Models::Result<void>> &done, const QString &object);

    Parts m_parts;
    QWidget *m_window;
};

} // namespace Gui
