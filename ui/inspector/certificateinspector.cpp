// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/inspector/certificateinspector.h"

#include "ui/inspector/certificateview.h"
#include "ui/inspector/textpage.h"
#include "ui/widgets/detailsview.h"
#include "ui/widgets/helpers.h"
#include "ui/widgets/icons.h"
#include "ui/widgets/texts.h"

#include <QDialogButtonBox>
#include <QListWidget>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSplitter>
#include <QStackedWidget>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace Gui {

CertificateInspector::CertificateInspector(QList<Pki::Certificate> pool, QList<Pki::Certificate> anchors, QWidget *parent)
    : QDialog(parent)
    , m_pool(std::move(pool))
    , m_anchors(std::move(anchors))
    , m_list(named(new QListWidget(this), u"inspectorList"_s, tr("What the file holds")))
    , m_stack(new QStackedWidget(this))
    , m_certificateView(new CertificateView(this))
    , m_factsView(named(new DetailsView(this), u"factsView"_s, tr("Details")))
{
    setObjectName(u"certificateInspector"_s);
    setWindowFlag(Qt::WindowMaximizeButtonHint);
    resizeToText(this, 116, 40);

    auto *layout = new QVBoxLayout(this);
    auto *splitter = new QSplitter(this);
    splitter->setChildrenCollapsible(false);
    m_list->setMinimumWidth(fontMetrics().averageCharWidth() * 22);
    splitter->addWidget(m_list);
    splitter->addWidget(m_stack);
    splitter->setStretchFactor(0, 1);
    splitter->setStretchFactor(1, 4);
    m_stack->addWidget(m_certificateView);
    m_stack->addWidget(m_factsView);
    layout->addWidget(splitter, 1);

    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    buttons->button(QDialogButtonBox::Close)->setObjectName(u"inspectorClose"_s);
    layout->addWidget(buttons);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(m_list, &QListWidget::currentRowChanged, this, &CertificateInspector::showItem);
    connect(m_certificateView, &CertificateView::certificateActivated, this, [this](const Pki::Certificate &certificate) {
        auto *another = new CertificateInspector(m_pool, m_anchors, parentWidget());
        another->setAttribute(Qt::WA_DeleteOnClose);
        another->showCertificate(certificate);
        another->show();
    });
}

void CertificateInspector::showCertificate(const Pki::Certificate &certificate)
{
    InspectedFile file;
    file.items.append({shortNameText(certificate.subject()), certificate});
    showFile(file);
    setWindowTitle(tr("Certificate %1").arg(shortNameText(certificate.subject())));
}

void CertificateInspector::showFile(const InspectedFile &file)
{
    setWindowTitle(tr("%1: %2").arg(file.name, file.kind));
    m_items = file.items;
    m_pool.append(file.certificates);
    m_list->clear();
    for (const InspectedItem &item : m_items) {
        const bool isCertificate = std::holds_alternative<Pki::Certificate>(item.content);
        const QString named = isCertificate ? u"request"_s : std::get<InspectedFacts>(item.content).iconName;
        m_list->addItem(new QListWidgetItem(icon(named.isEmpty() ? u"key"_s : named), item.title));
    }
    m_list->setVisible(m_items.size() > 1);
    m_list->setCurrentRow(0);
}

void CertificateInspector::showItem(int row)
{
    if (row < 0 || row >= m_items.size())
        return;
    const InspectedItem &item = m_items.at(row);
    if (const auto *certificate = std::get_if<Pki::Certificate>(&item.content)) {
        m_certificateView->setCertificate(*certificate, m_pool, m_anchors, QDateTime::currentDateTimeUtc());
        m_stack->setCurrentWidget(m_certificateView);
        return;
    }
    showFacts(std::get<InspectedFacts>(item.content));
    m_stack->setCurrentWidget(m_factsView);
}

void CertificateInspector::showFacts(const InspectedFacts &facts)
{
    m_factsView->begin(facts.title);
    m_factsView->addTitle(facts.title, facts.subtitle);
    for (const QString &warning : facts.warnings)
        m_factsView->addNote(Models::Severity::Attention, warning);
    for (const InspectedFacts::Row &row : facts.rows)
        m_factsView->addRow(row.name, row.value);
    if (!facts.text.isEmpty()) {
        m_factsView->addSection(facts.textTitle);
        m_factsView->addWidget(facts.text, [title = facts.textTitle, content = facts.text] {
            auto *text = new QPlainTextEdit;
            QWidget *page = makeTextPage(text, u"factsText"_s, title);
            text->setPlainText(content);
            page->setMinimumHeight(page->fontMetrics().height() * std::clamp(int(content.count(u'\n')) + 6, 16, 26));
            return page;
        });
    }
    m_factsView->end();
}

} // namespace Gui
