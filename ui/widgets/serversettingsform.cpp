// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/serversettingsform.h"

#include "models/service/errortext.h"
#include "ui/widgets/fieldnote.h"
#include "ui/widgets/helpers.h"
#include "ui/widgets/tlsform.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QLineEdit>
#include <QScrollArea>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace Gui {
namespace {

constexpr int automatic = -1;

QComboBox *makeCombo(const QString &objectName, const QString &name, const QList<std::pair<QString, int>> &choices)
{
    auto *combo = named(new QComboBox, objectName, name);
    for (const auto &[text, value] : choices)
        combo->addItem(text, value);
    combo->setSizePolicy(QSizePolicy::Maximum, QSizePolicy::Fixed);
    return combo;
}

QSpinBox *makeSpin(const QString &objectName, const QString &name, int minimum, int maximum, const QString &suffix)
{
    auto *spin = named(new QSpinBox, objectName, name);
    spin->setRange(minimum, maximum);
    spin->setSuffix(suffix);
    spin->setSizePolicy(QSizePolicy::Maximum, QSizePolicy::Fixed);
    return spin;
}

void choose(QComboBox *combo, int value)
{
    combo->setCurrentIndex(std::max(0, combo->findData(value)));
}

QLabel *sectionLabel(const QString &text)
{
    QLabel *label = plainLabel(text);
    QFont font = label->font();
    font.setBold(true);
    label->setFont(font);
    label->setContentsMargins(0, 10, 0, 0);
    return label;
}

} // namespace

ServerSettingsForm::ServerSettingsForm(Prompter &prompter, QWidget *parent)
    : QWidget(parent)
{
    auto *outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    auto *area = new QScrollArea(this);
    area->setFrameShape(QFrame::NoFrame);
    area->setWidgetResizable(true);
    outer->addWidget(area);
    auto *content = new QWidget;
    auto *form = new QFormLayout(content);
    form->setFieldGrowthPolicy(QFormLayout::FieldsStayAtSizeHint);
    addAlgorithms(form);
    addRenewal(form);
    addTiming(form);
    addNetwork(form, prompter);
    area->setWidget(content);

    for (QComboBox *combo : {m_cipher, m_digest, m_method, m_keyTransport, m_renewalMethod})
        connect(combo, &QComboBox::currentIndexChanged, this, &ServerSettingsForm::preview);
    for (QCheckBox *check : {m_allowSha1, m_allowMd5, m_allowDes, m_sendsChallenge, m_followsRollover})
        connect(check, &QCheckBox::toggled, this, &ServerSettingsForm::preview);
    for (QSpinBox *spin : {m_firstPoll, m_longestPoll, m_pollDays, m_retry, m_timeout, m_caCheck, m_atOnce, m_aMinute})
        connect(spin, &QSpinBox::valueChanged, this, &ServerSettingsForm::changed);
    connect(m_growth, &QDoubleSpinBox::valueChanged, this, &ServerSettingsForm::changed);
    connect(m_tls, &TlsForm::changed, this, &ServerSettingsForm::changed);
    connect(m_proxy, &QLineEdit::textChanged, this, &ServerSettingsForm::preview);
}

void ServerSettingsForm::addAlgorithms(QFormLayout *form)
{
    using Pki::Cipher;
    using Pki::Digest;
    m_cipher = makeCombo(u"cipherCombo"_s, tr("Cipher"),
                         {{tr("Automatic"), automatic},
                          {Pki::displayName(Cipher::Aes128), int(Cipher::Aes128)},
                          {Pki::displayName(Cipher::Aes192), int(Cipher::Aes192)},
                          {Pki::displayName(Cipher::Aes256), int(Cipher::Aes256)},
                          {Pki::displayName(Cipher::TripleDes), int(Cipher::TripleDes)}});
    m_cipher->setToolTip(tr("Encrypts the request on its way to the server"));
    m_digest = makeCombo(u"digestCombo"_s, tr("Digest"),
                         {{tr("Automatic"), automatic},
                          {Pki::displayName(Digest::Sha256), int(Digest::Sha256)},
                          {Pki::displayName(Digest::Sha512), int(Digest::Sha512)},
                          {Pki::displayName(Digest::Sha1), int(Digest::Sha1)}});
    m_digest->setToolTip(tr("Used for the signatures of requests and messages"));
    m_method = makeCombo(u"methodCombo"_s, tr("HTTP method"),
                         {{tr("Automatic"), automatic}, {u"POST"_s, int(Scep::HttpMethod::Post)}, {u"GET"_s, int(Scep::HttpMethod::Get)}});
    m_method->setToolTip(tr("How messages travel; some firewalls and old servers need GET"));
    m_keyTransport = makeCombo(u"keyTransportCombo"_s, tr("Key transport"),
                               {{u"RSA PKCS#1 v1.5"_s, int(Pki::KeyTransport::RsaPkcs1)},
                                {u"RSA-OAEP (SHA-1)"_s, int(Pki::KeyTransport::RsaOaepSha1)},
                                {u"RSA-OAEP (SHA-256)"_s, int(Pki::KeyTransport::RsaOaepSha256)}});
    m_keyTransport->setToolTip(tr("How the message key is encrypted; most servers read PKCS#1 v1.5 only"));
    m_allowSha1 = named(new QCheckBox(tr("SHA-1, if the server knows nothing better")), u"allowSha1Check"_s, tr("Allow SHA-1"));
    m_allowMd5 = named(new QCheckBox(tr("MD5 (broken; only for very old servers)")), u"allowMd5Check"_s, tr("Allow MD5"));
    m_allowDes = named(new QCheckBox(tr("single DES (broken; only for very old servers)")), u"allowDesCheck"_s, tr("Allow DES"));
    m_chosen = plainLabel(QString());
    m_chosen->setObjectName(u"negotiatedLabel"_s);
    m_note = named(new FieldNote, u"algorithmNote"_s, QString());

    QLabel *heading = sectionLabel(tr("Algorithms"));
    heading->setContentsMargins(0, 0, 0, 0);
    form->addRow(heading);
    form->addRow(tr("&Cipher:"), m_cipher);
    form->addRow(tr("&Digest:"), m_digest);
    form->addRow(tr("HTTP &method:"), m_method);
    form->addRow(tr("&Key transport:"), m_keyTransport);
    form->addRow(tr("Also accept:"), m_allowSha1);
    form->addRow(QString(), m_allowMd5);
    form->addRow(QString(), m_allowDes);
    form->addRow(tr("Will use:"), m_chosen);
    form->addRow(QString(), m_note);
}

void ServerSettingsForm::addRenewal(QFormLayout *form)
{
    m_renewalMethod = makeCombo(u"renewalMethodCombo"_s, tr("Message for renewal"),
                                {{tr("Automatic"), int(Scep::RenewalMethod::Automatic)},
                                 {tr("PKCSReq (OpenXPKI, EJBCA, old servers)"), int(Scep::RenewalMethod::PkcsReq)},
                                 {tr("RenewalReq (RFC 8894, NDES)"), int(Scep::RenewalMethod::RenewalReq)}});
    m_renewalMethod->setToolTip(tr("Which message asks for the successor of a certificate"));
    m_sendsChallenge = named(new QCheckBox(tr("Send the challenge with renewals, too")), u"renewalChallengeCheck"_s,
                             tr("Send the challenge with renewals"));
    form->addRow(sectionLabel(tr("Renewal")));
    form->addRow(tr("M&essage:"), m_renewalMethod);
    form->addRow(QString(), m_sendsChallenge);
    m_followsRollover = named(new QCheckBox(tr("Ask for the next CA certificate before the current one ends")), u"followsRolloverCheck"_s,
                              tr("Follow CA rollover"));
    m_followsRollover->setToolTip(tr("GetNextCACert, where the server offers it; the answer must be signed by the current CA"));
    form->addRow(QString(), m_followsRollover);
}

void ServerSettingsForm::addTiming(QFormLayout *form)
{
    m_firstPoll = makeSpin(u"firstPollSpin"_s, tr("First poll after"), 1, 86400, tr(" s"));
    m_growth = named(new QDoubleSpinBox, u"growthSpin"_s, tr("Pause grows by factor"));
    m_growth->setRange(1.0, 10.0);
    m_growth->setSingleStep(0.1);
    m_growth->setDecimals(2);
    m_growth->setSizePolicy(QSizePolicy::Maximum, QSizePolicy::Fixed);
    m_longestPoll = makeSpin(u"longestPollSpin"_s, tr("Longest pause"), 1, 7 * 86400, tr(" s"));
    m_pollDays = makeSpin(u"pollDaysSpin"_s, tr("Give up polling after"), 1, 365, tr(" days"));
    form->addRow(sectionLabel(tr("While a request waits for approval")));
    form->addRow(tr("&First poll after:"), m_firstPoll);
    form->addRow(tr("Pause &grows by factor:"), m_growth);
    form->addRow(tr("&Longest pause:"), m_longestPoll);
    form->addRow(tr("Give &up after:"), m_pollDays);
}

void ServerSettingsForm::addNetwork(QFormLayout *form, Prompter &prompter)
{
    m_retry = makeSpin(u"retrySpin"_s, tr("Pause after a network error"), 1, 3600, tr(" s"));
    m_timeout = makeSpin(u"timeoutSpin"_s, tr("Time for one exchange"), 1, 600, tr(" s"));
    m_timeout->setToolTip(tr("For one whole exchange, a slowly trickling reply included"));
    m_caCheck = makeSpin(u"caCheckSpin"_s, tr("Check CA certificates every"), 1, 24 * 365, tr(" h"));
    m_proxy = named(new QLineEdit, u"proxyEdit"_s, tr("Proxy"));
    m_proxy->setPlaceholderText(tr("as the system; or http://host:port, socks5://host:port"));
    m_proxy->setMinimumWidth(m_proxy->fontMetrics().averageCharWidth() * 48);
    m_proxyNote = named(new FieldNote, u"proxyNote"_s, QString());
    m_atOnce = makeSpin(u"atOnceSpin"_s, tr("Messages at a time"), 1, 64, QString());
    m_atOnce->setToolTip(tr("How many messages may be under way at the same time: few enough for a small CA"));
    m_aMinute = makeSpin(u"aMinuteSpin"_s, tr("Messages a minute"), 0, 6000, QString());
    m_aMinute->setSpecialValueText(tr("no limit"));
    m_aMinute->setToolTip(tr("How many messages may be begun in a minute"));
    m_tls = new TlsForm(prompter);
    form->addRow(sectionLabel(tr("Network")));
    form->addRow(tr("&Time for one exchange:"), m_timeout);
    form->addRow(tr("Pause after a network e&rror:"), m_retry);
    form->addRow(tr("Check C&A certificates every:"), m_caCheck);
    form->addRow(tr("Pro&xy:"), m_proxy);
    form->addRow(QString(), m_proxyNote);
    form->addRow(tr("Messages at a ti&me:"), m_atOnce);
    form->addRow(tr("Messages a mi&nute:"), m_aMinute);
    form->addRow(m_tls);
}

void ServerSettingsForm::setServer(const Scep::EnrollmentServer &server, const Scep::Capabilities &capabilities)
{
    m_capabilities = capabilities;
    const Scep::AlgorithmPolicy &algorithms = server.algorithms;
    choose(m_cipher, algorithms.cipher ? int(*algorithms.cipher) : automatic);
    choose(m_digest, algorithms.digest ? int(*algorithms.digest) : automatic);
    choose(m_method, algorithms.method ? int(*algorithms.method) : automatic);
    choose(m_keyTransport, int(algorithms.keyTransport));
    m_allowSha1->setChecked(algorithms.allowSha1);
    m_allowMd5->setChecked(algorithms.allowMd5);
    m_allowDes->setChecked(algorithms.allowDes);
    choose(m_renewalMethod, int(server.renewalMethod));
    m_sendsChallenge->setChecked(server.sendsChallengeOnRenewal);
    m_followsRollover->setChecked(server.followsRollover);
    m_firstPoll->setValue(int(server.polling.first.count()));
    m_growth->setValue(server.polling.growth);
    m_longestPoll->setValue(int(server.polling.longest.count()));
    m_pollDays->setValue(int(std::chrono::duration_cast<std::chrono::hours>(server.polling.end).count() / 24));
    m_retry->setValue(int(server.retryInterval.count()));
    m_timeout->setValue(int(std::chrono::duration_cast<std::chrono::seconds>(server.transport.timeout).count()));
    m_caCheck->setValue(int(std::chrono::duration_cast<std::chrono::hours>(server.caCheckInterval).count()));
    m_proxy->setText(server.transport.proxy.toString());
    m_atOnce->setValue(server.exchangesAtOnce);
    m_aMinute->setValue(server.requestsPerMinute);
    m_tls->setTransport(server.transport);
    preview();
}

Scep::AlgorithmPolicy ServerSettingsForm::policy() const
{
    Scep::AlgorithmPolicy policy;
    if (const int cipher = m_cipher->currentData().toInt(); cipher != automatic)
        policy.cipher = static_cast<Pki::Cipher>(cipher);
    if (const int digest = m_digest->currentData().toInt(); digest != automatic)
        policy.digest = static_cast<Pki::Digest>(digest);
    if (const int method = m_method->currentData().toInt(); method != automatic)
        policy.method = static_cast<Scep::HttpMethod>(method);
    policy.keyTransport = static_cast<Pki::KeyTransport>(m_keyTransport->currentData().toInt());
    policy.allowSha1 = m_allowSha1->isChecked();
    policy.allowMd5 = m_allowMd5->isChecked();
    policy.allowDes = m_allowDes->isChecked();
    return policy;
}

void ServerSettingsForm::applyTo(Scep::EnrollmentServer &server) const
{
    server.algorithms = policy();
    server.renewalMethod = static_cast<Scep::RenewalMethod>(m_renewalMethod->currentData().toInt());
    server.sendsChallengeOnRenewal = m_sendsChallenge->isChecked();
    server.followsRollover = m_followsRollover->isChecked();
    server.polling.first = std::chrono::seconds(m_firstPoll->value());
    server.polling.growth = m_growth->value();
    server.polling.longest = std::chrono::seconds(std::max(m_longestPoll->value(), m_firstPoll->value()));
    server.polling.end = std::chrono::hours(24 * m_pollDays->value());
    server.retryInterval = std::chrono::seconds(m_retry->value());
    server.transport.timeout = std::chrono::seconds(m_timeout->value());
    server.caCheckInterval = std::chrono::hours(m_caCheck->value());
    server.transport.proxy = QUrl(m_proxy->text().trimmed());
    server.exchangesAtOnce = m_atOnce->value();
    server.requestsPerMinute = m_aMinute->value();
    m_tls->applyTo(server.transport);
}

void ServerSettingsForm::preview()
{
    m_isValid = true;
    const auto negotiated = Scep::negotiate(policy(), m_capabilities);
    if (negotiated) {
        m_chosen->setText(tr("%1, %2, %3")
                              .arg(Pki::displayName(negotiated->cipher), Pki::displayName(negotiated->digest),
                                   negotiated->method == Scep::HttpMethod::Post ? u"POST"_s : u"GET"_s));
        m_note->say(Models::Severity::Attention, Models::safeText(negotiated->warnings.join(u' ')));
    } else {
        m_chosen->setText(tr("nothing that both sides accept"));
        m_note->say(Models::explain(negotiated.error(), tr("this server")));
        m_isValid = false;
    }
    m_proxyNote->clear();
    if (const QString text = m_proxy->text().trimmed(); !text.isEmpty()) {
        const QUrl proxy(text, QUrl::StrictMode);
        const bool isKnown = proxy.scheme() == "http"_L1 || proxy.scheme() == "socks5"_L1;
        if (!proxy.isValid() || !isKnown || proxy.host().isEmpty() || proxy.port() <= 0) {
            m_proxyNote->say(Models::Severity::Bad, tr("Write it as http://host:port or socks5://host:port."));
            m_isValid = false;
        }
    }
    emit changed();
}

} // namespace Gui
