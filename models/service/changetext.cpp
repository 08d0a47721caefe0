// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/service/changetext.h"

#include <QCoreApplication>

namespace Models {
namespace {

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
    }
    return {};
}

} // namespace

QStringList changeTexts(Scep::ChangeEffects effects)
{
    QStringList texts;
    const QList<Scep::ChangeEffect> list = Scep::toList(effects);
    for (const Scep::ChangeEffect effect : list)
        texts.append(changeText(effect));
    return texts;
}

} // namespace Models
