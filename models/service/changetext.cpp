// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/service/changetext.h"

#include <QCoreApplication>

namespace Models {
namespace {

/// What becomes of the certificate after an open transaction, not of the one that it brings. Empty: as changeText() has it.
QString laterText(Scep::ChangeEffect effect)
{
    const auto tr = [](const char *text) { return QCoreApplication::translate("Models::ChangeText", text); };
    using Scep::ChangeEffect;
    switch (effect) {
    case ChangeEffect::NewEnrollment:
        return tr("The certificate that it brings cannot be renewed there: a new enrollment follows it, which may need a challenge.");
    case ChangeEffect::ChangesNextRequest:
        return tr("The certificate after it will show the change.");
    case ChangeEffect::NewKeyAtRenewal:
        return tr("The certificate after it gets a new key of this kind.");
    case ChangeEffect::KeepsKeyAtRenewal:
        return tr("The certificate after it gets the same key.");
    default:
        return {};
    }
}

QString changeText(Scep::ChangeEffect effect)
{
    const auto tr = [](const char *text) { return QCoreApplication::translate("Models::ChangeText", text); };
    using Scep::ChangeEffect;
    switch (effect) {
    case ChangeEffect::StopsTraffic:
        return tr("All traffic with the server ends at once; open transactions wait until it is enabled again.");
    case ChangeEffect::ResumesTraffic:
        return tr("Open transactions go on, and what is due begins.");
    case ChangeEffect::ForgetsServer:
        return tr("What was learned of the server is forgotten: its capabilities, its CA certificates and how it renews.");
    case ChangeEffect::Bootstraps:
        return tr("The server is asked for its CA certificates again; nothing else is sent until they prove to be the confirmed CA's.");
    case ChangeEffect::ChoosesRoles:
        return tr("The CA and RA certificates that the server sent get their roles anew.");
    case ChangeEffect::ResendsRequests:
        return tr("Open transactions start over at the other CA, with the same request and key.");
    case ChangeEffect::NewEnrollment:
        return tr("The certificate at hand cannot be renewed there: a new enrollment begins, which may need a challenge.");
    case ChangeEffect::ChangesNextRequest:
        return tr("The next certificate will show the change; the present one stays as it is.");
    case ChangeEffect::NewKeyAtRenewal:
        return tr("The next certificate gets a new key of this kind.");
    case ChangeEffect::KeepsKeyAtRenewal:
        return tr("The next certificate gets the key of the present one.");
    case ChangeEffect::MovesRenewal:
        return tr("The next renewal moves to another time.");
    case ChangeEffect::BeginsByItself:
        return tr("It is enrolled and renewed by itself again; what is due begins.");
    case ChangeEffect::WaitsForPerson:
        return tr("Nothing begins by itself any more, neither an enrollment nor a renewal; an open transaction goes on to its end.");
    case ChangeEffect::ChangesMessages:
        return tr("From the next message on the new settings are used, also for transactions that are open.");
    case ChangeEffect::AfterOpenTransaction:
        return tr("The open transaction ends as it was sent; the certificate that it brings does not show the change.");
    }
    return {};
}

} // namespace

QStringList changeTexts(Scep::ChangeEffects effects)
{
    QStringList texts;
    const QList<Scep::ChangeEffect> list = Scep::toList(effects);
    const bool isLater = effects.testFlag(Scep::ChangeEffect::AfterOpenTransaction);
    // First, since the others speak of it.
    if (isLater)
        texts.append(changeText(Scep::ChangeEffect::AfterOpenTransaction));
    for (const Scep::ChangeEffect effect : list) {
        if (effect == Scep::ChangeEffect::AfterOpenTransaction)
            continue;
        const QString later = isLater ? laterText(effect) : QString();
        texts.append(later.isEmpty() ? changeText(effect) : later);
    }
    return texts;
}

} // namespace Models
