// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/service/requeststatus.h"
#include "scep/pki/container.h"
#include "ui/prompter.h"

#include <QWidget>

class QLabel;
class QPushButton;

namespace Gui {

class FieldNote;

/// Where the key of the next certificate comes from: made here, taken from a file, or kept by the device, which made a request with it.
class KeySourceRow final : public QWidget
{
    Q_OBJECT

public:
    KeySourceRow(Prompter &prompter, QWidget *parent = nullptr);
    /// What holds while no file is chosen: the sentence, and a note beside it (empty: none).
    void setUsual(const QString &text, Models::Severity severity = Models::Severity::Neutral, const QString &note = {});
    [[nodiscard]] const Pki::PrivateKey &key() const { return m_key; }                   ///< from a file; may be null
    [[nodiscard]] const Pki::CertificationRequest &request() const { return m_request; } ///< likewise
    [[nodiscard]] bool isSet() const { return !m_key.isNull() || !m_request.isNull(); }

signals:
    void changed();

private:
    void chooseFile();
    void take(const Pki::Container &file);
    void showState();
    Prompter &m_prompter;
    QLabel *m_source = nullptr;
    QPushButton *m_new = nullptr;
    FieldNote *m_note = nullptr;
    QString m_usual;
    Models::Severity m_usualSeverity = Models::Severity::Neutral;
    QString m_usualNote;
    Pki::PrivateKey m_key;
    Pki::CertificationRequest m_request;
};

} // namespace Gui
