// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/pki/container.h"
#include "scep/worker/enrollmentserver.h"
#include "ui/prompter.h"

#include <QWidget>

class QLabel;
class QPushButton;

namespace Gui {

class FieldNote;

/// What https needs beside the system's settings: own roots, and a certificate of ours for servers that ask for one.
class TlsForm final : public QWidget
{
    Q_OBJECT

public:
    explicit TlsForm(Prompter &prompter, QWidget *parent = nullptr);
    void setTransport(const Scep::TransportSettings &transport);
    void applyTo(Scep::TransportSettings &transport) const;

signals:
    void changed();

private:
    using Taker = void (TlsForm::*)(const Pki::Container &);
    void chooseFile(const QString &title, const QString &filter, Taker taker);
    void takeRoots(const Pki::Container &file);
    void takeClient(const Pki::Container &file);
    void showChosen();

    Prompter &m_prompter;
    QList<Pki::Certificate> m_roots;
    QList<Pki::Certificate> m_client; ///< ours first
    Pki::PrivateKey m_clientKey;      ///< null: the stored one, if the certificate is the stored one
    QLabel *m_rootsText = nullptr;
    QLabel *m_clientText = nullptr;
    QPushButton *m_clearRoots = nullptr;
    QPushButton *m_clearClient = nullptr;
    FieldNote *m_note = nullptr;
};

} // namespace Gui
