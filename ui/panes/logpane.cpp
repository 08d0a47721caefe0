// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/panes/logpane.h"

#include "models/items/exchangelogmodel.h"
#include "models/items/requestmodel.h"
#include "models/items/servermodel.h"
#include "models/service/errortext.h"
#include "ui/delegates/severitydelegate.h"
#include "ui/widgets/detailsview.h"
#include "ui/widgets/emptystate.h"
#include "ui/widgets/helpers.h"
#include "ui/widgets/icons.h"
#include "ui/widgets/texts.h"

#include <QAction>
#include <QComboBox>
#include <QHBoxLayout>
#include <QLocale>
#include <QMenu>
#include <QPushButton>
#include <QSignalBlocker>
#include <QTreeView>

using namespace Qt::StringLiterals;
using Models::ExchangeLogModel;
using Models::ExchangeQuery;
using Models::LoggedExchange;

namespace Gui {
namespace {

constexpr int pageSize = 200;
constexpr int any = -1;

QMenu *contextMenu(const Actions &actions)
{
    auto *menu = new QMenu;
    menu->addAction(actions.inspect);
    return menu;
}

/// Above the list. No member: it is made before the pane is.
QWidget *makeFilters()
{
    auto *page = new QWidget;
    auto *layout = new QHBoxLayout(page);
    layout->setContentsMargins(8, 8, 8, 0);
    layout->setSpacing(8);
    const auto add = [&](const QString &objectName, const QString &name, const QString &label) {
        auto *combo = named(new QComboBox(page), objectName, name);
        combo->setToolTip(name);
        layout->addWidget(rowLabel(label, combo));
        layout->addWidget(combo);
        return combo;
    };
    add(u"logServer"_s, LogPane::tr("Only exchanges with this server"), LogPane::tr("Ser&ver:"));
    QComboBox *what = add(u"logWhat"_s, LogPane::tr("Only exchanges of this kind"), LogPane::tr("Se&nt:"));
    what->addItem(LogPane::tr("everything"), int(ExchangeQuery::What::All));
    what->addItem(LogPane::tr("messages (requests, polls)"), int(ExchangeQuery::What::Messages));
    what->addItem(LogPane::tr("questions (GetCACaps, GetCACert)"), int(ExchangeQuery::What::Questions));
    QComboBox *outcome = add(u"logOutcome"_s, LogPane::tr("Only exchanges with this result"), LogPane::tr("Recei&ved:"));
    outcome->addItem(LogPane::tr("any answer"), any);
    outcome->addItem(LogPane::tr("success"), int(LoggedExchange::Outcome::Good));
    outcome->addItem(LogPane::tr("pending"), int(LoggedExchange::Outcome::Pending));
    outcome->addItem(LogPane::tr("rejected by the CA"), int(LoggedExchange::Outcome::Rejected));
    outcome->addItem(LogPane::tr("failed"), int(LoggedExchange::Outcome::Failed));
    QComboBox *since = add(u"logSince"_s, LogPane::tr("Only exchanges since"), LogPane::tr("S&ince:"));
    since->addItem(LogPane::tr("ever"), 0);
    since->addItem(LogPane::tr("an hour ago"), 3600);
    since->addItem(LogPane::tr("a day ago"), 24 * 3600);
    since->addItem(LogPane::tr("a week ago"), 7 * 24 * 3600);
    auto *only = named(plainLabel(QString(), page), u"logOnly"_s, LogPane::tr("Only this object"));
    auto *all = named(new QPushButton(LogPane::tr("Show all"), page), u"logAll"_s, LogPane::tr("Show the exchanges of all requests"));
    all->setToolTip(all->accessibleName());
    only->setVisible(false);
    all->setVisible(false);
    layout->addWidget(only);
    layout->addWidget(all);
    layout->addStretch(1);
    return page;
}

} // namespace

ExchangeLogModel *LogPane::makeModel(Models::Service &service)
{
    return new ExchangeLogModel({
        [&service](Scep::ServerId id) {
            const Models::ServerRecord *record = service.servers()->record(id);
            return record != nullptr ? record->server.label : id.isNull() ? tr("(probe)") : tr("(removed)");
        },
        [&service](Scep::RequestId id) {
            const Models::RequestRecord *record = service.requests()->record(id);
            return record != nullptr ? record->request.label : id.isNull() ? QString() : tr("(removed)");
        },
    });
}

LogPane::LogPane(Models::Service &service, Actions &actions, QWidget *parent)
    : LogPane(service, actions, makeModel(service), parent)
{}

LogPane::LogPane(Models::Service &service, Actions &actions, ExchangeLogModel *model, QWidget *parent)
    : Pane(
          Description{
              .name = u"logPane"_s,
              .title = tr("Exchange log"),
              .filterHint = tr("Filter exchanges by server, request or URL"),
              .model = model,
              .sortRole = ExchangeLogModel::SortRole,
              .sortColumn = ExchangeLogModel::TimeColumn,
              .widths = {15, 14, 16, 16, 36, 10, 10},
              .isTree = false,
              .filterModel =
                  [this](const QString &text) {
                      m_query.exchanges.text = text;
                      applyFilters();
                  },
              .emptyState =
                  new EmptyState(u"log"_s, tr("Nothing was exchanged yet"),
                                 tr("Every question to a server and every message of an enrollment is kept here for a while, with "
                                    "the answer. How long is set with “Keeping…” in the File menu."),
                                 actions.addServer),
              .menu = contextMenu(actions),
              .header = makeFilters(),
          },
          parent)
    , m_service(service)
    , m_actions(actions)
    , m_model(model)
    , m_server(findChild<QComboBox *>(u"logServer"_s))
    , m_what(findChild<QComboBox *>(u"logWhat"_s))
    , m_outcome(findChild<QComboBox *>(u"logOutcome"_s))
    , m_since(findChild<QComboBox *>(u"logSince"_s))
    , m_only(findChild<QLabel *>(u"logOnly"_s))
    , m_all(findChild<QPushButton *>(u"logAll"_s))
{
    m_model->setParent(this);
    m_query.exchanges.most = pageSize;
    view()->setItemDelegateForColumn(ExchangeLogModel::AnswerColumn, new SeverityDelegate(ExchangeLogModel::SeverityRole, this));
    connect(this, &Pane::activated, actions.inspect, &QAction::trigger);
    for (QComboBox *combo : {m_server, m_what, m_outcome, m_since})
        connect(combo, &QComboBox::currentIndexChanged, this, &LogPane::applyFilters);
    connect(m_all, &QPushButton::clicked, this, [this] { showOnly(Scep::RequestId()); });
    const QAbstractItemModel *servers = m_service.servers();
    for (const auto signal : {&QAbstractItemModel::rowsInserted, &QAbstractItemModel::rowsRemoved})
        connect(servers, signal, this, &LogPane::listServers, Qt::QueuedConnection);
    connect(servers, &QAbstractItemModel::dataChanged, this, &LogPane::listServers, Qt::QueuedConnection);
    connect(&m_service, &Models::Service::exchangesLogged, this, [this] {
        m_mustRead = true;
        if (isVisible())
            read();
    });
    listServers();
}

QString LogPane::serverLabel(Scep::ServerId id) const
{
    const Models::ServerRecord *record = m_service.servers()->record(id);
    return record != nullptr ? record->server.label : QString();
}

QString LogPane::requestLabel(Scep::RequestId id) const
{
    const Models::RequestRecord *record = m_service.requests()->record(id);
    return record != nullptr ? record->request.label : QString();
}

void LogPane::showEvent(QShowEvent *event)
{
    Pane::showEvent(event);
    if (m_mustRead)
        read();
}

void LogPane::listServers()
{
    {
        const QSignalBlocker quiet(m_server);
        const qint64 chosen = m_server->currentData().toLongLong();
        m_server->clear();
        m_server->addItem(tr("all"), 0);
        const Models::ServerModel *servers = m_service.servers();
        for (int row = 0; row < servers->rowCount(); ++row) {
            if (const Models::ServerRecord *record = servers->record(servers->index(row, 0)))
                m_server->addItem(Models::safeText(record->server.label), record->server.id.value);
        }
        m_server->setCurrentIndex(std::max(0, m_server->findData(chosen)));
    }
    m_model->labelsChanged();
}

void LogPane::showOnly(Scep::ServerId server)
{
    showOnly(Scep::RequestId());
    m_server->setCurrentIndex(std::max(0, m_server->findData(server.value)));
}

void LogPane::showOnly(Scep::RequestId request)
{
    m_query.exchanges.request = request;
    m_only->setText(tr("Only %1").arg(Models::safeText(requestLabel(request))));
    m_only->setVisible(!request.isNull());
    m_all->setVisible(!request.isNull());
    if (!request.isNull())
        m_server->setCurrentIndex(0);
    applyFilters();
}

void LogPane::applyFilters()
{
    m_query.exchanges.server = Scep::ServerId{m_server->currentData().toLongLong()};
    m_query.exchanges.what = static_cast<ExchangeQuery::What>(m_what->currentData().toInt());
    const int seconds = m_since->currentData().toInt();
    m_query.exchanges.since = seconds > 0 ? QDateTime::currentDateTimeUtc().addSecs(-seconds) : QDateTime();
    const int outcome = m_outcome->currentData().toInt();
    m_query.outcome = outcome == any ? std::nullopt : std::optional(static_cast<LoggedExchange::Outcome>(outcome));
    m_query.exchanges.most = pageSize;
    m_mustRead = true;
    if (isVisible())
        read();
}

void LogPane::read()
{
    if (m_isReading)
        return; // what changed meanwhile is read afterwards
    m_isReading = true;
    m_mustRead = false;
    whenDone(m_service.exchanges(m_query), this, [this](const Models::Result<Models::ExchangeLogPage> &page) {
        m_isReading = false;
        // Before a workspace is open there is nothing to list.
        m_model->setRecords(page ? page->entries : QList<LoggedExchange>());
        m_model->setMore(page && !page->isLast ? std::function<void()>([this] {
            m_query.exchanges.most += pageSize;
            read();
        })
                                               : std::function<void()>());
        emit selectionChanged();
        if (m_mustRead && isVisible())
            read();
    });
}

bool LogPane::isFiltered() const
{
    return m_query.outcome || m_query.exchanges.what != ExchangeQuery::What::All || !m_query.exchanges.server.isNull() ||
           !m_query.exchanges.request.isNull() || m_query.exchanges.since.isValid() || !m_query.exchanges.text.isEmpty();
}

const LoggedExchange *LogPane::selectedEntry() const
{
    const QList<QModelIndex> rows = selectedSourceRows();
    return rows.size() == 1 ? m_model->record(rows.first()) : nullptr;
}

Actions::Context LogPane::context() const
{
    Actions::Context context;
    context.place = Actions::Place::Log;
    context.hasExchange = selectedEntry() != nullptr;
    return context;
}

void LogPane::showDetails()
{
    DetailsView *out = details();
    const LoggedExchange *entry = selectedEntry();
    if (entry == nullptr) {
        out->begin(QString());
        out->addText(tr("Select an exchange to see what was said."));
        out->end();
        return;
    }
    const Scep::Exchange &exchange = entry->exchange;
    out->begin(QString::number(exchange.id));
    out->addTitle(entry->message, exchange.url.toDisplayString());
    out->addNote(Models::exchangeSeverity(entry->outcome), entry->answer);
    if (exchange.error)
        out->addText(Models::explain(*exchange.error, tr("the exchange")).nextStep);
    out->addWidget(u"buttons"_s, [this] { return actionButtonRow({m_actions.inspect}, u"logDetails"_s); });
    out->addSection(tr("Exchange"));
    out->addRow(tr("Ended"), exactTimeText(exchange.at));
    out->addRow(tr("Took"), tr("%1 ms").arg(qlonglong(exchange.duration.count())));
    out->addRow(tr("Server"), Models::safeText(serverLabel(exchange.server)));
    out->addRow(tr("Request"), Models::safeText(requestLabel(exchange.request)));
    out->addRow(tr("Operation"),
                u"%1, %2"_s.arg(Scep::wireName(exchange.operation), exchange.method == Scep::HttpMethod::Post ? u"POST"_s : u"GET"_s));
    out->addRow(tr("HTTP status"), exchange.httpStatus > 0 ? QString::number(exchange.httpStatus) : tr("no answer"));
    out->addRow(tr("Size"), tr("%1 bytes").arg(QLocale().toString(qlonglong(entry->size))));
    if (!exchange.notes.isEmpty()) {
        out->addSection(tr("Notes"));
        for (const QString &note : exchange.notes)
            out->addText(Models::safeText(note));
    }
    out->end();
}

} // namespace Gui
