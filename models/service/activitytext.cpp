// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/service/errortext.h"
#include "models/service/requeststatus.h"

namespace Models {

namespace {

/// The translation context.
class ActivityText
{
    Q_DECLARE_TR_FUNCTIONS(ActivityText)

public:
    static QString of(const ActivityView &view, const QDateTime &now);
};

QString ActivityText::of(const ActivityView &view, const QDateTime &now)
{
    using Kind = Scep::Activity::Kind;
    const QString server = safeText(view.server, 60);
    const QString request = safeText(view.request, 60);
    switch (view.kind) {
    case Kind::Probing:
        return tr("Asking a server what it is…");
    case Kind::CheckingServer:
        return tr("Checking server %1…").arg(server);
    case Kind::GeneratingKey:
        return request.isEmpty() ? tr("Generating a key…") : tr("Generating a key for %1…").arg(request);
    case Kind::Sending:
        return tr("Sending the request of %1 to %2…").arg(request, server);
    case Kind::Polling:
        return tr("Asking %2 for the certificate of %1…").arg(request, server);
    case Kind::Idle:
        break;
    }
    if (!view.nextDue.isValid())
        return tr("Idle");
    return tr("Idle; next action %1").arg(relativeTime(view.nextDue, now));
}

} // namespace

QString activityText(const ActivityView &activity, const QDateTime &now)
{
    return ActivityText::of(activity, now);
}

} // namespace Models
