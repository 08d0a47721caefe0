// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/actions.h"

#include <QWidget>

#include <functional>

class QAbstractItemModel;
class QAbstractProxyModel;
class QLabel;
class QLineEdit;
class QMenu;
class QSettings;
class QSplitter;
class QStackedLayout;
class QTreeView;

namespace Gui {

class DetailsView;

/// What every pane has: a filter line, a sortable view with the details beside it, and an empty state. Panes show and select;
/// what happens is decided by the window.
class Pane : public QWidget
{
    Q_OBJECT

public:
    [[nodiscard]] virtual Actions::Context context() const = 0;
    void focusFilter();
    void focusView();
    void saveState(QSettings &settings) const;
    void restoreState(const QSettings &settings);

signals:
    void selectionChanged();
    void activated(); ///< double click or Return on a row

protected:
    struct Description {
        QString name; ///< objectName of the pane, prefix of its widgets' names
        QString title;
        QString filterHint;
        QAbstractItemModel *model = nullptr;
        int sortRole = Qt::DisplayRole;
        int sortColumn = 0;
        /// Of the columns, in average characters: in this proportion they share the room that there is, so that none is out of sight.
        QList<int> widths;
        bool isTree = false;
        /// For a model that filters and sorts itself: called with the filter line's text. Empty: rows are filtered and sorted here.
        std::function<void(const QString &)> filterModel = {};
        QWidget *emptyState = nullptr;
        QMenu *menu = nullptr;
        QWidget *header = nullptr; ///< above the list, also while it is empty
        QWidget *footer = nullptr; ///< below it
    };
    Pane(const Description &description, QWidget *parent);

    [[nodiscard]] QTreeView *view() const { return m_view; }
    [[nodiscard]] DetailsView *details() const { return m_details; }
    [[nodiscard]] QList<QModelIndex> selectedSourceRows() const;
    void selectSource(const QModelIndex &index);
    /// Whether some rows may be hidden. A pane with filters of its own beside the filter line says so, too.
    [[nodiscard]] virtual bool isFiltered() const;
    /// Shows the details of what is selected; called on selection and whenever a shown row changes.
    virtual void showDetails() = 0;

private:
    bool eventFilter(QObject *watched, QEvent *event) override;
    void fitColumns();
    bool showWholeText(const QPoint &at, const QPoint &globalAt);
    static QAbstractProxyModel *makeProxy(const Description &description, QObject *parent);
    void updateEmptyState();
    void keepSomethingSelected();
    QString m_name;
    QLineEdit *m_filter = nullptr;
    QSplitter *m_splitter = nullptr;
    QTreeView *m_view = nullptr;
    DetailsView *m_details = nullptr;
    QAbstractProxyModel *m_proxy = nullptr;
    QStackedLayout *m_stack = nullptr;
    QLabel *m_noMatch = nullptr;
    QList<int> m_widths;
    bool m_hasOwnWidths = false; ///< somebody moved a border between columns: the widths are his from then on
    bool m_isFitting = false;
};

} // namespace Gui
