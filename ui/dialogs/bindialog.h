// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/service/service.h"

#include <QDialog>

class QPushButton;
class QTreeWidget;

namespace Gui {

class FieldNote;
class Prompter;

/// What was removed and can be brought back.
class BinDialog final : public QDialog
{
    Q_OBJECT

public:
    BinDialog(Models::Service &service, Prompter &prompter, QWidget *parent = nullptr);

private:
    void read();
    void show(const QList<Models::BinRecord> &records);
    void restoreSelected();
    void purgeSelected();
    void empty();
    void updateButtons();
    [[nodiscard]] QList<Models::BinRecord> selected() const;
    /// Reads again when it is done, and says what went wrong.
    template <typename T>
    void follow(const QFuture<Models::Result<T>> &done, const QString &object);

    Models::Service &m_service;
    Prompter &m_prompter;
    QList<Models::BinRecord> m_records;
    QTreeWidget *m_list = nullptr;
    FieldNote *m_note = nullptr;
    QPushButton *m_restore = nullptr;
    QPushButton *m_purge = nullptr;
    QPushButton *m_empty = nullptr;
};

} // namespace Gui
