// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/inspector/inspectedexchange.h"

#include "models/service/errortext.h"
#include "models/service/exchangelog.h"
#include "scep/protocol/messagetree.h"
#include "ui/widgets/texts.h"

#include <QLocale>

using namespace Qt::StringLiterals;

namespace Gui {
namespace {

struct Text {
    Q_DECLARE_TR_FUNCTIONS(Gui::InspectedExchange)
};

constexpr qsizetype mostTextBytes = 16 * 1024;

/// Each line made safe, its indentation kept.
QString treeText(const Scep::MessageNode &root)
{
    QStringList lines;
    for (const QString &line : Scep::toLines(root)) {
        const QString words = line.trimmed();
        lines.append(QString(line.indexOf(words), u' ') + Models::safeText(words, 2000));
    }
    return lines.join(u'\n');
}

bool isText(const QByteArray &bytes)
{
    return !bytes.isEmpty() && std::ranges::all_of(bytes.first(std::min(bytes.size(), mostTextBytes)), [](char byte) {
        return (byte >= 0x20 && byte < 0x7f) || byte == '\n' || byte == '\r' || byte == '\t';
    });
}

QString linesOf(const QByteArray &bytes)
{
    QStringList lines;
    for (const QByteArray &line : bytes.first(std::min(bytes.size(), mostTextBytes)).split('\n'))
        lines.append(Models::safeText(QString::fromLatin1(line).trimmed(), 1000));
    return lines.join(u'\n');
}

void addSide(InspectedFile &file, const QString &title, const QByteArray &bytes)
{
    if (bytes.isEmpty())
        return;
    InspectedFacts facts;
    facts.iconName = u"open"_s;
    facts.title = title;
    facts.subtitle = Text::tr("%1 bytes").arg(QLocale().toString(qlonglong(bytes.size())));
    QList<InspectedItem> found;
    if (const auto tree = Scep::messageTree(bytes)) {
        facts.text = treeText(tree->root);
        facts.textTitle = tree->isScep ? Text::tr("SCEP message") : Text::tr("CMS message");
    } else if (isText(bytes)) {
        facts.text = linesOf(bytes);
        facts.textTitle = Text::tr("Text");
    }
    const Pki::SecretBytes none;
    if (const auto inside = inspectBytes(title, bytes, none)) {
        file.certificates.append(inside->certificates);
        for (const InspectedItem &item : inside->items) {
            if (std::holds_alternative<Pki::Certificate>(item.content))
                found.append(item);
        }
    } else if (facts.text.isEmpty()) {
        facts.warnings.append(Text::tr("It is no message that Scepter can read."));
        facts.text = QString::fromLatin1(bytes.first(std::min<qsizetype>(bytes.size(), 512)).toHex(' '));
        facts.textTitle = Text::tr("Its beginning");
    }
    file.items.append({title, facts});
    file.items.append(found);
}

} // namespace

InspectedFile inspectExchange(const Scep::Exchange &exchange, const QString &server, const QString &request)
{
    const Models::LoggedExchange entry = Models::logged(exchange);
    InspectedFile file;
    file.name = entry.message;
    file.kind = exactTimeText(exchange.at);
    InspectedFacts facts;
    facts.iconName = u"log"_s;
    facts.title = entry.message;
    facts.subtitle = entry.answer;
    facts.rows = {{Text::tr("Ended"), exactTimeText(exchange.at)},
                  {Text::tr("Took"), Text::tr("%1 ms").arg(qlonglong(exchange.duration.count()))},
                  {Text::tr("Server"), Models::safeText(server)},
                  {Text::tr("Request"), Models::safeText(request)},
                  {Text::tr("URL"), Models::safeText(exchange.url.toDisplayString())},
                  {Text::tr("Method"), exchange.method == Scep::HttpMethod::Post ? u"POST"_s : u"GET"_s},
                  {Text::tr("HTTP status"), exchange.httpStatus > 0 ? QString::number(exchange.httpStatus) : Text::tr("no answer")}};
    if (exchange.error)
        facts.warnings.append(Models::explain(*exchange.error, Text::tr("the exchange")).oneLine());
    for (const QString &note : exchange.notes)
        facts.rows.append({Text::tr("Note"), Models::safeText(note)});
    file.items.append({Text::tr("Exchange"), facts});
    addSide(file, exchange.operation == Scep::Operation::PkiOperation ? Text::tr("Sent: %1").arg(entry.message) : Text::tr("Sent"),
            exchange.sent);
    addSide(file, Text::tr("Received"), exchange.received);
    return file;
}

} // namespace Gui
