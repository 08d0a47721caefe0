// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/panes/pane.h"

#include "models/service/errortext.h"
#include "ui/widgets/detailsview.h"
#include "ui/widgets/helpers.h"
#include "ui/widgets/icons.h"

#include <QHeaderView>
#include <QHelpEvent>
#include <QIdentityProxyModel>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QSettings>
#include <QSortFilterProxyModel>
#include <QSplitter>
#include <QStackedLayout>
#include <QToolTip>
#include <QTreeView>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace Gui {

QAbstractProxyModel *Pane::makeProxy(const Description &description, QObject *parent)
{
    if (description.filterModel) {
        auto *proxy = new QIdentityProxyModel(parent);
        proxy->setSourceModel(description.model);
        return proxy;
    }
    auto *proxy = new QSortFilterProxyModel(parent);
    proxy->setSourceModel(description.model);
    proxy->setSortRole(description.sortRole);
    proxy->setSortCaseSensitivity(Qt::CaseInsensitive);
    proxy->setSortLocaleAware(true);
    proxy->setFilterCaseSensitivity(Qt::CaseInsensitive);
    proxy->setFilterKeyColumn(-1);
    proxy->setRecursiveFilteringEnabled(description.isTree);
    proxy->setAutoAcceptChildRows(description.isTree);
    return proxy;
}

Pane::Pane(const Description &description, QWidget *parent)
    : QWidget(parent)
    , m_name(description.name)
    , m_filter(named(new QLineEdit(this), description.name + u"Filter"_s, tr("Filter %1").arg(description.title)))
    , m_splitter(new QSplitter(Qt::Horizontal, this))
    , m_view(named(new QTreeView(this), description.name + u"View"_s, description.title))
    , m_details(named(new DetailsView(this), description.name + u"Details"_s, tr("Details of what is selected")))
    , m_proxy(makeProxy(description, this))
    , m_noMatch(hintLabel(tr("Nothing matches the filter. Press Esc in the filter line to clear it."), this))
{
    setObjectName(description.name);
    m_widths = description.widths;

    m_view->setModel(m_proxy);
    m_view->setRootIsDecorated(description.isTree);
    m_view->setUniformRowHeights(true);
    m_view->setAlternatingRowColors(true);
    m_view->setSortingEnabled(true);
    m_view->sortByColumn(description.sortColumn, Qt::AscendingOrder);
    m_view->setSelectionMode(QAbstractItemView::ExtendedSelection);
    m_view->setAllColumnsShowFocus(true);
    m_view->setFrameShape(QFrame::NoFrame);
    m_view->setTextElideMode(Qt::ElideRight);
    m_view->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_view->header()->setStretchLastSection(false);
    m_view->header()->setHighlightSections(false);
    m_view->viewport()->installEventFilter(this);
    connect(m_view->header(), &QHeaderView::sectionResized, this, [this] {
        if (m_isFitting)
            return;
        m_hasOwnWidths = true;
        m_view->header()->setStretchLastSection(true);
    });
    if (description.isTree) {
        connect(m_proxy, &QAbstractItemModel::rowsInserted, m_view, &QTreeView::expandAll);
        m_view->expandAll();
    }

    m_filter->setPlaceholderText(description.filterHint);
    m_filter->setClearButtonEnabled(true);
    m_filter->addAction(icon(u"filter"_s), QLineEdit::LeadingPosition);
    m_filter->setToolTip(tr("Shows only rows in which this text stands (Ctrl+F)"));
    connect(m_filter, &QLineEdit::textChanged, this, [this, filterModel = description.filterModel](const QString &text) {
        if (filterModel)
            filterModel(text);
        else
            static_cast<QSortFilterProxyModel *>(m_proxy)->setFilterFixedString(text);
        updateEmptyState();
        keepSomethingSelected();
    });
    auto *clear = new QAction(m_filter);
    clear->setShortcut(Qt::Key_Escape);
    clear->setShortcutContext(Qt::WidgetShortcut);
    m_filter->addAction(clear);
    connect(clear, &QAction::triggered, this, [this] {
        m_filter->clear();
        focusView();
    });
    connect(m_filter, &QLineEdit::returnPressed, this, &Pane::focusView);

    auto *left = new QWidget(this);
    left->setMinimumWidth(fontMetrics().averageCharWidth() * 46);
    auto *leftLayout = new QVBoxLayout(left);
    leftLayout->setContentsMargins(0, 8, 0, 0);
    leftLayout->setSpacing(8);
    auto *filterRow = new QHBoxLayout;
    filterRow->setContentsMargins(8, 0, 8, 0);
    filterRow->addWidget(m_filter);
    leftLayout->addLayout(filterRow);
    m_noMatch->setAlignment(Qt::AlignCenter);
    m_noMatch->setVisible(false);
    leftLayout->addWidget(m_view, 1);
    leftLayout->addWidget(m_noMatch, 1);

    m_splitter->setObjectName(description.name + u"Splitter"_s);
    m_splitter->addWidget(left);
    m_splitter->addWidget(m_details);
    m_splitter->setStretchFactor(0, 1);
    m_splitter->setStretchFactor(1, 0);
    m_splitter->setChildrenCollapsible(false);
    m_splitter->setHandleWidth(1);
    m_details->setMinimumWidth(fontMetrics().averageCharWidth() * 40);
    // Wide enough for a fingerprint in lines of 16 bytes.
    m_splitter->setSizes({fontMetrics().averageCharWidth() * 110, fontMetrics().averageCharWidth() * 92});

    auto *outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    outer->setSpacing(0);
    if (description.header != nullptr)
        outer->addWidget(description.header);
    m_stack = new QStackedLayout;
    outer->addLayout(m_stack, 1);
    if (description.footer != nullptr)
        outer->addWidget(description.footer);
    m_stack->addWidget(m_splitter);
    m_stack->addWidget(description.emptyState);

    connect(m_view->selectionModel(), &QItemSelectionModel::selectionChanged, this, [this] {
        showDetails();
        emit selectionChanged();
    });
    connect(m_view, &QTreeView::activated, this, &Pane::activated);
    if (description.menu != nullptr) {
        description.menu->setParent(this, description.menu->windowFlags());
        m_view->setContextMenuPolicy(Qt::CustomContextMenu);
        connect(m_view, &QWidget::customContextMenuRequested, this, [this, menu = description.menu](const QPoint &at) {
            if (m_view->indexAt(at).isValid())
                menu->popup(m_view->viewport()->mapToGlobal(at));
        });
    }
    const auto rowsChanged = [this] {
        updateEmptyState();
        keepSomethingSelected();
    };
    // Queued: the proxy and the view handle the same signals, in an order that is theirs.
    connect(m_proxy, &QAbstractItemModel::rowsInserted, this, rowsChanged, Qt::QueuedConnection);
    connect(m_proxy, &QAbstractItemModel::rowsRemoved, this, rowsChanged, Qt::QueuedConnection);
    connect(
        m_proxy, &QAbstractItemModel::dataChanged, this,
        [this] {
            showDetails();
            emit selectionChanged();
        },
        Qt::QueuedConnection);
    QMetaObject::invokeMethod(this, rowsChanged, Qt::QueuedConnection); // when the whole pane is there
}

void Pane::focusFilter()
{
    m_filter->setFocus(Qt::ShortcutFocusReason);
    m_filter->selectAll();
}

void Pane::focusView()
{
    m_view->setFocus(Qt::OtherFocusReason);
}

void Pane::saveState(QSettings &settings) const
{
    settings.setValue(u"%1/splitter"_s.arg(m_name), m_splitter->saveState());
    settings.setValue(u"%1/header"_s.arg(m_name), m_view->header()->saveState());
    settings.setValue(u"%1/ownWidths"_s.arg(m_name), m_hasOwnWidths);
}

void Pane::restoreState(const QSettings &settings)
{
    m_splitter->restoreState(settings.value(u"%1/splitter"_s.arg(m_name)).toByteArray());
    m_isFitting = true;
    m_view->header()->restoreState(settings.value(u"%1/header"_s.arg(m_name)).toByteArray());
    m_hasOwnWidths = settings.value(u"%1/ownWidths"_s.arg(m_name), false).toBool();
    m_view->header()->setStretchLastSection(m_hasOwnWidths);
    m_isFitting = false;
    fitColumns();
}

void Pane::fitColumns()
{
    if (m_hasOwnWidths || m_isFitting)
        return;
    // Each column is as wide as its heading at least; what is left is shared in proportion to what each would like beyond that.
    const QFontMetrics metrics = m_view->header()->fontMetrics();
    constexpr int roomForArrow = 26;
    const auto count = static_cast<int>(qMin<qsizetype>(m_widths.size(), m_proxy->columnCount()));
    QList<int> widths;
    QList<int> wishes;
    int left = m_view->viewport()->width();
    int wished = 0;
    for (int column = 0; column < count; ++column) {
        const QString heading = m_proxy->headerData(column, Qt::Horizontal).toString();
        widths.append(metrics.horizontalAdvance(heading) + roomForArrow);
        wishes.append(qMax(0, m_widths.at(column) * fontMetrics().averageCharWidth() + 16 - widths.last()));
        left -= widths.last();
        wished += wishes.last();
    }
    m_isFitting = true;
    for (int column = 0; column < count; ++column) {
        const int more = left > 0 && wished > 0 ? static_cast<int>(qint64(left) * wishes.at(column) / wished) : 0;
        m_view->setColumnWidth(column, widths.at(column) + more);
    }
    m_isFitting = false;
}

bool Pane::showWholeText(const QPoint &at, const QPoint &globalAt)
{
    const QModelIndex index = m_view->indexAt(at);
    const QString text = index.data().toString();
    if (text.isEmpty() || m_view->sizeHintForIndex(index).width() <= m_view->visualRect(index).width())
        return false;
    // Escaped: a tool tip decides by itself whether a text is HTML, and this one may come from a server.
    QToolTip::showText(globalAt, u"<span>%1</span>"_s.arg(Models::safeText(text).toHtmlEscaped()), m_view->viewport(),
                       m_view->visualRect(index));
    return true;
}

bool Pane::eventFilter(QObject *watched, QEvent *event)
{
    if (event->type() == QEvent::Resize)
        fitColumns();
    if (event->type() == QEvent::ToolTip) {
        const auto *help = static_cast<QHelpEvent *>(event);
        if (showWholeText(help->pos(), help->globalPos()))
            return true;
    }
    return QWidget::eventFilter(watched, event);
}

QList<QModelIndex> Pane::selectedSourceRows() const
{
    QList<QModelIndex> rows;
    for (const QModelIndex &row : m_view->selectionModel()->selectedRows())
        rows.append(m_proxy->mapToSource(row));
    return rows;
}

void Pane::selectSource(const QModelIndex &index)
{
    const QModelIndex row = m_proxy->mapFromSource(index);
    if (!row.isValid())
        return;
    m_view->selectionModel()->setCurrentIndex(row, QItemSelectionModel::ClearAndSelect | QItemSelectionModel::Rows);
    m_view->scrollTo(row);
}

bool Pane::isFiltered() const
{
    return !m_filter->text().isEmpty();
}

void Pane::updateEmptyState()
{
    // A model that filters itself is also empty when nothing matches.
    const bool filtersItself = qobject_cast<QSortFilterProxyModel *>(m_proxy) == nullptr;
    const bool isEmpty = m_proxy->sourceModel()->rowCount() == 0 && (!filtersItself || !isFiltered());
    m_stack->setCurrentIndex(isEmpty ? 1 : 0);
    const bool noMatch = !isEmpty && m_proxy->rowCount() == 0;
    m_noMatch->setVisible(noMatch);
    m_view->setVisible(!noMatch);
}

void Pane::keepSomethingSelected()
{
    if (!m_view->selectionModel()->hasSelection() && m_proxy->rowCount() > 0)
        m_view->selectionModel()->setCurrentIndex(m_proxy->index(0, 0), QItemSelectionModel::ClearAndSelect | QItemSelectionModel::Rows);
    else
        showDetails();
    emit selectionChanged();
}

} // namespace Gui
