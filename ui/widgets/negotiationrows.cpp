// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/negotiationrows.h"

#include "models/service/errortext.h"
#include "ui/widgets/detailsview.h"
#include "ui/widgets/texts.h"

#include <QCoreApplication>

namespace Gui {
namespace {

QString name(Scep::NegotiationRow::What what)
{
    using What = Scep::NegotiationRow::What;
    const auto tr = [](const char *text) { return QCoreApplication::translate("NegotiationRows", text); };
    switch (what) {
    case What::Cipher:
        return tr("Cipher");
    case What::Digest:
        return tr("Digest");
    case What::Transport:
        return tr("HTTP method");
    case What::KeyTransport:
        return tr("Key transport");
    case What::Recipient:
        return tr("Encrypted to");
    case What::Signers:
        return tr("Reply signed by");
    case What::Reply:
        return tr("Reply encrypted");
    }
    return {};
}

} // namespace

bool addNegotiation(DetailsView &details, const Scep::NegotiationInput &input, const QString &server)
{
    details.addSection(QCoreApplication::translate("NegotiationRows", "What is sent"));
    const auto rows = Scep::previewNegotiation(input);
    if (!rows) {
        details.addNote(Models::Severity::Bad,
                        Models::explain(rows.error(), QCoreApplication::translate("NegotiationRows", "server %1").arg(server)).oneLine());
        return false;
    }
    for (const Scep::NegotiationRow &row : *rows) {
        details.addRow(name(row.what), Models::safeText(withReason(row.value, row.reason)));
        for (const QString &warning : row.warnings)
            details.addNote(Models::Severity::Attention, Models::safeText(warning));
    }
    return true;
}

} // namespace Gui
