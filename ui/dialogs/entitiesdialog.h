// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/service/labcaservice.h"

#include <QDialog>

class QLineEdit;
class QPushButton;
class QTreeWidget;

namespace Gui {

class FieldNote;

/// The devices that the Lab CA expects in registered mode, each with a challenge for one certificate.
class EntitiesDialog final : public QDialog
{
    Q_OBJECT

public:
    explicit EntitiesDialog(Models::LabCaService &labCa, QWidget *parent = nullptr);
    ~EntitiesDialog() override;

private:
    void read();
    void show(const QList<LabCa::Entity> &entities);
    void add(const QString &commonName, bool again);
    void removeSelected();
    void updateButtons();
    [[nodiscard]] QString selectedName() const;

    Models::LabCaService &m_labCa;
    std::shared_ptr<Pki::SecretBytes> m_challenge; ///< the newest one, until the dialog closes
    QTreeWidget *m_list = nullptr;
    QLineEdit *m_name = nullptr;
    QPushButton *m_add = nullptr;
    QPushButton *m_again = nullptr;
    QPushButton *m_remove = nullptr;
    QPushButton *m_copy = nullptr;
    FieldNote *m_note = nullptr;
};

} // namespace Gui
