// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/service/service.h"
#include "ui/prompter.h"

#include <QObject>

#include <functional>

namespace Gui {

class Actions;
class CertificatesPane;
class MessageBar;

/// What the actions on the list of all certificates do.
class CertificateController final : public QObject
{
    Q_OBJECT

public:
    struct Parts {
        Models::Service &service;
        Prompter &prompter;
        Actions &actions;
        CertificatesPane &pane;
        MessageBar &messages;
    };
    CertificateController(const Parts &parts, QWidget *window);

    void inspect();
    void exportSelected();

signals:
    void inspectRequested(const Pki::Certificate &certificate, const QList<Pki::Certificate> &issuers);
    void requestWanted(Scep::RequestId id);

private:
    /// Reads the one selected certificate.
    void withSelected(std::function<void(const Scep::IssuedCertificate &, const QString &label)> work);
    void remove();

    Parts m_parts;
    QWidget *m_window;
};

} // namespace Gui
