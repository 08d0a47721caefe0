// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/service/service.h"
#include "ui/prompter.h"

#include <QWidget>

class QPushButton;

namespace Gui {

class CopyField;
class FieldNote;

/// Which CA a server's answers must lead to, in the settings dialog: what is confirmed, a way to confirm another one, a way to confirm
/// none. Nothing is stored here.
class TrustForm final : public QWidget
{
    Q_OBJECT

public:
    /// `edited`: the server as the dialog would store it, whose address is to be looked at; nullopt while it cannot.
    TrustForm(Models::Service &service, Prompter &prompter, const Models::ServerRecord &record,
              std::function<std::optional<Scep::EnrollmentServer>()> edited, QWidget *parent = nullptr);
    [[nodiscard]] const Scep::TrustAnchor &anchor() const { return m_anchor; }

signals:
    void changed();

private:
    void confirm();
    void setAnchor(const Scep::TrustAnchor &anchor, const Pki::Certificate &certificate);
    void showState();
    Models::Service &m_service;
    Prompter &m_prompter;
    const Models::ServerRecord m_record;
    std::function<std::optional<Scep::EnrollmentServer>()> m_edited;
    Scep::TrustAnchor m_anchor;
    Pki::Certificate m_certificate; ///< that it names, if it was seen
    FieldNote *m_state = nullptr;
    CopyField *m_fingerprint = nullptr;
    QPushButton *m_confirm = nullptr;
    QPushButton *m_remove = nullptr;
    QPushButton *m_undo = nullptr;
};

} // namespace Gui
