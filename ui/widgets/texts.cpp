// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/texts.h"

#include "models/service/changetext.h"
#include "models/service/errortext.h"
#include "ui/widgets/fieldnote.h"

#include <QAction>
#include <QCoreApplication>
#include <QHBoxLayout>
#include <QLocale>
#include <QPushButton>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace Gui {
namespace {

struct Texts {
    Q_DECLARE_TR_FUNCTIONS(Gui::Texts)
};

} // namespace

QString timeText(const QDateTime &time)
{
    return QLocale().toString(time.toLocalTime(), u"d MMM yyyy HH:mm"_s);
}

QString exactTimeText(const QDateTime &time)
{
    return time.toUTC().toString(u"yyyy-MM-dd HH:mm:ss 'UTC'"_s);
}

QString validityText(const Pki::Certificate &certificate)
{
    return Texts::tr("from %1 to %2").arg(timeText(certificate.notBefore()), timeText(certificate.notAfter()));
}

QString nameText(const Pki::DistinguishedName &name)
{
    return name.isEmpty() ? Texts::tr("(empty)") : Models::safeText(name.toText());
}

QString shortNameText(const Pki::DistinguishedName &name)
{
    const QString commonName = name.commonName();
    return commonName.isEmpty() ? nameText(name) : Models::safeText(commonName);
}

QString withReason(const QString &value, const QString &reason)
{
    if (reason.startsWith(value))
        return Models::safeText(reason); // "AES-128-CBC: announced by the server"
    return reason.isEmpty() ? value : Texts::tr("%1 (%2)").arg(value, Models::safeText(reason));
}

QList<RoleLine> roleLines(const Scep::CaRoles &roles)
{
    QList<RoleLine> lines;
    const auto add = [&](const QString &role, const Pki::Certificate &certificate) {
        if (!certificate.isNull())
            lines.append({role, certificate});
    };
    if (roles.root == roles.issuing) {
        add(Texts::tr("Root and issuing CA"), roles.issuing);
    } else {
        add(Texts::tr("Root CA"), roles.root);
        for (const Pki::Certificate &certificate : roles.intermediates)
            add(Texts::tr("Intermediate CA"), certificate);
        add(Texts::tr("Issuing CA"), roles.issuing);
    }
    if (!roles.raSigning.isNull() && roles.raSigning == roles.raEncryption) {
        add(Texts::tr("RA (signs and decrypts)"), roles.raSigning);
    } else {
        add(Texts::tr("RA (signs)"), roles.raSigning);
        add(Texts::tr("RA (decrypts)"), roles.raEncryption);
    }
    for (const Pki::Certificate &certificate : roles.unused)
        add(Texts::tr("Not used"), certificate);
    return lines;
}

void showEffects(FieldNote &note, Scep::ChangeEffects effects)
{
    using Scep::ChangeEffect;
    const Scep::ChangeEffects weighty = ChangeEffect::StopsTraffic | ChangeEffect::ForgetsServer | ChangeEffect::Bootstraps |
                                        ChangeEffect::ResendsRequests | ChangeEffect::NewEnrollment;
    const QStringList texts = Models::changeTexts(effects);
    if (texts.isEmpty())
        note.clear();
    else
        note.say(effects & weighty ? Models::Severity::Attention : Models::Severity::Neutral, texts.join(u'\n'));
}

QPushButton *actionButton(QAction *action, const QString &prefix, QWidget *parent)
{
    auto *button = new QPushButton(parent);
    button->setObjectName(prefix + u'-' + action->objectName());
    const auto follow = [button, action] {
        QString text = action->text();
        text.remove(u'&');
        button->setText(text);
        button->setAccessibleName(text);
        button->setIcon(action->icon());
        button->setToolTip(action->toolTip());
        button->setEnabled(action->isEnabled());
    };
    follow();
    QObject::connect(action, &QAction::changed, button, follow);
    QObject::connect(button, &QPushButton::clicked, action, &QAction::trigger);
    return button;
}

QWidget *actionButtonRow(const QList<QAction *> &actions, const QString &prefix)
{
    constexpr int mostInALine = 4; // more would not fit beside a list
    auto *buttons = new QWidget;
    auto *lines = new QVBoxLayout(buttons);
    lines->setContentsMargins(0, 0, 0, 0);
    lines->setSpacing(6);
    QHBoxLayout *row = nullptr;
    for (qsizetype at = 0; at < actions.size(); ++at) {
        if (at % mostInALine == 0) {
            row = new QHBoxLayout;
            lines->addLayout(row);
        }
        row->addWidget(actionButton(actions.at(at), prefix, buttons));
        if (at % mostInALine == mostInALine - 1 || at == actions.size() - 1)
            row->addStretch();
    }
    return buttons;
}

} // namespace Gui
