// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/inspector/inspecteditem.h"

#include <QDialog>

class QListWidget;
class QStackedWidget;

namespace Gui {

class CertificateView;
class DetailsView;

/// Shows a certificate, or everything that a file holds: a list at the left when there is more than one thing. Not modal.
class CertificateInspector final : public QDialog
{
    Q_OBJECT

public:
    /// `pool` and `anchors`: CA certificates known from the servers, for chains and their verdicts.
    CertificateInspector(QList<Pki::Certificate> pool, QList<Pki::Certificate> anchors, QWidget *parent = nullptr);

    void showCertificate(const Pki::Certificate &certificate);
    void showFile(const InspectedFile &file);

private:
    void showItem(int row);
    void showFacts(const InspectedFacts &facts);
    QList<Pki::Certificate> m_pool;
    QList<Pki::Certificate> m_anchors;
    QList<InspectedItem> m_items;
    QListWidget *m_list = nullptr;
    QStackedWidget *m_stack = nullptr;
    CertificateView *m_certificateView = nullptr;
    DetailsView *m_factsView = nullptr;
};

} // namespace Gui
