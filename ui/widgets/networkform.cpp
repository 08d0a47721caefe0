// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/networkform.h"

#include "models/records/settingranges.h"
#include "ui/widgets/durationedit.h"
#include "ui/widgets/fieldnote.h"
#include "ui/widgets/helpers.h"
#include "ui/widgets/keptsecretedit.h"
#include "ui/widgets/secretedit.h"
#include "ui/widgets/settingrows.h"
#include "ui/widgets/tlsform.h"

#include <QFormLayout>
#include <QLineEdit>
#include <QSpinBox>

using namespace Qt::StringLiterals;
namespace Ranges = Models::SettingRanges;

namespace Gui {
namespace {

QSpinBox *makeSpin(const QString &objectName, const QString &name, Models::SettingRange<int> range)
{
    auto *spin = named(new QSpinBox, objectName, name);
    spin->setRange(range.least, range.most);
    spin->setSizePolicy(QSizePolicy::Maximum, QSizePolicy::Fixed);
    spin->setMinimumWidth(spin->fontMetrics().averageCharWidth() * 14);
    return spin;
}

void setNumber(QSpinBox *spin, int value)
{
    spin->setRange(std::min(spin->minimum(), value), std::max(spin->maximum(), value)); // what is stored is shown
    spin->setValue(value);
}

std::chrono::seconds inSeconds(std::chrono::milliseconds time)
{
    return std::chrono::ceil<std::chrono::seconds>(time);
}

} // namespace

NetworkForm::NetworkForm(QFormLayout *form, SettingRows *rows, Prompter &prompter, QObject *parent)
    : QObject(parent)
    , m_timeout(new DurationEdit(u"timeoutSpin"_s, tr("Time for one exchange"), Ranges::exchangeTimeout))
    , m_retry(new DurationEdit(u"retrySpin"_s, tr("Pause after a network error"), Ranges::retryInterval))
    , m_atOnce(makeSpin(u"atOnceSpin"_s, tr("Messages at a time"), Ranges::exchangesAtOnce))
    , m_aMinute(makeSpin(u"aMinuteSpin"_s, tr("Messages a minute"), Ranges::requestsPerMinute))
    , m_tls(new TlsForm(prompter))
{
    m_timeout->setToolTips(tr("For one whole exchange, a slowly trickling reply included"));
    m_retry->setToolTips(tr("Doubles with each failure, up to an hour"));
    m_atOnce->setToolTip(tr("How many messages may be under way at the same time: few enough for a small CA"));
    m_aMinute->setSpecialValueText(tr("no limit"));
    m_aMinute->setToolTip(tr("How many messages may be begun in a minute"));

    const Scep::EnrollmentServer standard;
    rows->add(tr("&Time for one exchange:"), m_timeout, inSeconds(standard.transport.timeout));
    rows->add(tr("Pause after a network e&rror:"), m_retry, standard.retryInterval);
    rows->add(tr("Messages at a t&ime:"), m_atOnce, standard.exchangesAtOnce);
    rows->add(tr("Messages &per minute:"), m_aMinute, standard.requestsPerMinute);
    addProxy(form, rows);
    form->addRow(m_tls);
    connect(m_tls, &TlsForm::changed, this, &NetworkForm::changed);
}

void NetworkForm::addProxy(QFormLayout *form, SettingRows *rows)
{
    m_proxy = named(new QLineEdit, u"proxyEdit"_s, tr("Proxy"));
    m_proxy->setPlaceholderText(tr("as the system; or http://host:port, socks5://host:port"));
    m_proxy->setMinimumWidth(m_proxy->fontMetrics().averageCharWidth() * 48);
    m_proxy->setToolTip(tr("The way to this server, instead of the system's proxy"));
    m_proxyNote = named(new FieldNote, u"proxyNote"_s, QString());
    m_proxyUser = named(new QLineEdit, u"proxyUserEdit"_s, tr("User name at the proxy"));
    m_proxyUser->setMinimumWidth(m_proxyUser->fontMetrics().averageCharWidth() * 24);
    m_proxyUser->setToolTip(tr("Only for a proxy that asks who we are"));
    m_proxyPassword = new KeptSecretEdit(u"proxyPasswordEdit"_s, tr("Password at the proxy"));
    m_proxyPassword->line()->setToolTip(tr("Kept encrypted in the workspace, never shown"));

    rows->add(tr("Pro&xy:"), m_proxy, QString());
    form->addRow(QString(), m_proxyNote);
    rows->add(tr("Proxy u&ser:"), m_proxyUser, QString());
    form->addRow(rowLabel(tr("Proxy pass&word:"), m_proxyPassword), m_proxyPassword);
    connect(m_proxyPassword, &KeptSecretEdit::changed, this, &NetworkForm::changed);
    connect(m_proxyUser, &QLineEdit::textChanged, this, &NetworkForm::showPassword);
}

void NetworkForm::setServer(const Scep::EnrollmentServer &server)
{
    m_stored = server;
    m_timeout->setValue(inSeconds(server.transport.timeout));
    m_retry->setValue(server.retryInterval);
    setNumber(m_atOnce, server.exchangesAtOnce);
    setNumber(m_aMinute, server.requestsPerMinute);
    // An older Scepter took a password in the address: it is not shown.
    m_shownProxy = server.transport.proxy.toString(QUrl::RemovePassword);
    m_proxy->setText(m_shownProxy);
    m_proxyUser->setText(server.transport.proxyUser);
    m_tls->setTransport(server.transport);
    m_proxyPassword->setKept(m_couldBeKept);
    showPassword();
}

void NetworkForm::showPassword()
{
    // The password belongs to the user name: another one needs another password.
    const QString user = m_proxyUser->text().trimmed();
    const bool couldBeKept = !user.isEmpty() && user == m_stored.transport.proxyUser;
    if (couldBeKept != m_couldBeKept)
        m_proxyPassword->setKept(couldBeKept);
    m_couldBeKept = couldBeKept;
    m_proxyPassword->setEnabled(!user.isEmpty());
}

bool NetworkForm::isProxyTouched() const
{
    return m_proxy->text() != m_shownProxy;
}

QString NetworkForm::problem()
{
    m_proxyNote->clear();
    const auto proxy = Models::proxyFromText(m_proxy->text());
    if (!proxy) {
        const QUrl typed(m_proxy->text().trimmed());
        m_proxyNote->say(isProxyTouched() ? Models::Severity::Bad : Models::Severity::Attention,
                         typed.userInfo().isEmpty() ? tr("Write it as http://host:port or socks5://host:port.")
                                                    : tr("User name and password have fields of their own below."));
        if (isProxyTouched())
            return tr("Network: the proxy cannot be used as it is written.");
    } else if (m_proxy->text().trimmed().isEmpty() && !m_proxyUser->text().trimmed().isEmpty()) {
        m_proxyNote->say(Models::Severity::Attention, tr("User name and password are used only with a proxy that is set here."));
    }
    return {};
}

void NetworkForm::applyTo(Scep::EnrollmentServer &server) const
{
    if (m_timeout->value() != inSeconds(m_stored.transport.timeout))
        server.transport.timeout = m_timeout->value();
    if (m_retry->value() != m_stored.retryInterval)
        server.retryInterval = m_retry->value();
    if (m_atOnce->value() != m_stored.exchangesAtOnce)
        server.exchangesAtOnce = m_atOnce->value();
    if (m_aMinute->value() != m_stored.requestsPerMinute)
        server.requestsPerMinute = m_aMinute->value();
    if (isProxyTouched())
        server.transport.proxy = Models::proxyFromText(m_proxy->text()).value_or(server.transport.proxy);
    if (m_proxyUser->text() != m_stored.transport.proxyUser)
        server.transport.proxyUser = m_proxyUser->text().trimmed();
    if (const SharedSecret password = m_proxyPassword->secret())
        server.transport.proxyPassword = password;
    m_tls->applyTo(server.transport);
}

} // namespace Gui
