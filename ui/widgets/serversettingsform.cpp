// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/serversettingsform.h"

#include "models/records/settingranges.h"
#include "models/service/errortext.h"
#include "ui/widgets/durationedit.h"
#include "ui/widgets/fieldnote.h"
#include "ui/widgets/helpers.h"
#include "ui/widgets/networkform.h"
#include "ui/widgets/numberedit.h"
#include "ui/widgets/scrolledpage.h"
#include "ui/widgets/settingrows.h"

#include <QCheckBox>
#include <QComboBox>
#include <QFormLayout>
#include <QScrollArea>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;
namespace Ranges = Models::SettingRanges;

namespace Gui {
namespace {

constexpr int automatic = -1;

QComboBox *makeCombo(const QString &objectName, const QString &name, const QString &toolTip, const QList<std::pair<QString, int>> &choices)
{
    auto *combo = named(new QComboBox, objectName, name);
    combo->setToolTip(toolTip);
    for (const auto &[text, value] : choices)
        combo->addItem(text, value);
    combo->setSizePolicy(QSizePolicy::Maximum, QSizePolicy::Fixed);
    combo->setMinimumWidth(combo->fontMetrics().averageCharWidth() * 30); // all of them alike
    return combo;
}

DurationEdit *makeDuration(const QString &objectName, const QString &name, Ranges::Time range)
{
    return new DurationEdit(objectName, name, range);
}

template <typename Value>
int dataOf(const std::optional<Value> &value)
{
    return value ? int(*value) : automatic;
}

template <typename Value>
std::optional<Value> optionalOf(const QComboBox *combo)
{
    const int data = combo->currentData().toInt();
    return data == automatic ? std::nullopt : std::optional(static_cast<Value>(data));
}

void choose(QComboBox *combo, int value)
{
    if (combo->findData(value) < 0) // of a later Scepter: shown as what it is, not changed into something else
        combo->addItem(ServerSettingsForm::tr("unknown (%1)").arg(value), value);
    combo->setCurrentIndex(combo->findData(value));
}

QLabel *sectionLabel(const QString &text)
{
    QLabel *label = plainLabel(text);
    QFont font = label->font();
    font.setBold(true);
    label->setFont(font);
    return label;
}

} // namespace

ServerSettingsForm::ServerSettingsForm(Prompter &prompter, QWidget *parent)
    : QWidget(parent)
{
    auto *outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    auto *content = new QWidget;
    auto *form = new QFormLayout(content);
    form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
    addAlgorithms(form);
    addRenewal(form);
    addTiming(form);
    SettingRows *networkRows = addSection(form, tr("Network"));
    m_network = new NetworkForm(form, networkRows, prompter, this);
    outer->addWidget(makeScrolledPage(content, this));
    connect(m_network, &NetworkForm::changed, this, &ServerSettingsForm::preview);
}

SettingRows *ServerSettingsForm::addSection(QFormLayout *form, const QString &heading)
{
    QLabel *label = sectionLabel(heading);
    label->setContentsMargins(0, m_rows.isEmpty() ? 0 : 10, 0, 0);
    form->addRow(label);
    auto *rows = new SettingRows(form, this);
    m_rows.append(rows);
    connect(rows, &SettingRows::changed, this, &ServerSettingsForm::preview);
    return rows;
}

void ServerSettingsForm::addAlgorithms(QFormLayout *form)
{
    using Pki::Cipher;
    using Pki::Digest;
    using Pki::displayName;
    const Scep::AlgorithmPolicy standard;
    m_cipher = makeCombo(u"cipherCombo"_s, tr("Cipher"), tr("Encrypts the request on its way to the server"),
                         {{tr("Automatic"), automatic},
                          {displayName(Cipher::Aes128), int(Cipher::Aes128)},
                          {displayName(Cipher::Aes192), int(Cipher::Aes192)},
                          {displayName(Cipher::Aes256), int(Cipher::Aes256)},
                          {displayName(Cipher::TripleDes), int(Cipher::TripleDes)},
                          {tr("%1 (broken)").arg(displayName(Cipher::Des)), int(Cipher::Des)}});
    m_digest = makeCombo(u"digestCombo"_s, tr("Digest"), tr("Used for the signatures of requests and messages"),
                         {{tr("Automatic"), automatic},
                          {displayName(Digest::Sha256), int(Digest::Sha256)},
                          {displayName(Digest::Sha384), int(Digest::Sha384)},
                          {displayName(Digest::Sha512), int(Digest::Sha512)},
                          {displayName(Digest::Sha1), int(Digest::Sha1)},
                          {tr("%1 (broken)").arg(displayName(Digest::Md5)), int(Digest::Md5)}});
    m_method = makeCombo(u"methodCombo"_s, tr("HTTP method"), tr("How messages travel; some firewalls and old servers need GET"),
                         {{tr("Automatic"), automatic}, {u"POST"_s, int(Scep::HttpMethod::Post)}, {u"GET"_s, int(Scep::HttpMethod::Get)}});
    m_keyTransport =
        makeCombo(u"keyTransportCombo"_s, tr("Key transport"), tr("How the message key is encrypted; most servers read PKCS#1 v1.5 only"),
                  {{u"RSA PKCS#1 v1.5"_s, int(Pki::KeyTransport::RsaPkcs1)},
                   {u"RSA-OAEP (SHA-1)"_s, int(Pki::KeyTransport::RsaOaepSha1)},
                   {u"RSA-OAEP (SHA-256)"_s, int(Pki::KeyTransport::RsaOaepSha256)}});
    m_allowSha1 = named(new QCheckBox(tr("accept SHA-1, if the server knows nothing better")), u"allowSha1Check"_s, tr("Allow SHA-1"));
    m_allowMd5 = named(new QCheckBox(tr("accept MD5 (broken; only for very old servers)")), u"allowMd5Check"_s, tr("Allow MD5"));
    m_allowDes = named(new QCheckBox(tr("accept single DES (broken; only for very old servers)")), u"allowDesCheck"_s, tr("Allow DES"));
    m_chosen = plainLabel(QString());
    m_chosen->setObjectName(u"negotiatedLabel"_s);
    m_note = named(new FieldNote, u"algorithmNote"_s, QString());

    SettingRows *rows = addSection(form, tr("Algorithms"));
    rows->add(tr("&Cipher:"), m_cipher, dataOf(standard.cipher));
    rows->add(tr("&Digest:"), m_digest, dataOf(standard.digest));
    rows->add(tr("HTTP &method:"), m_method, dataOf(standard.method));
    rows->add(tr("&Key transport:"), m_keyTransport, int(standard.keyTransport));
    rows->add({}, m_allowSha1, standard.allowSha1);
    rows->add({}, m_allowMd5, standard.allowMd5);
    rows->add({}, m_allowDes, standard.allowDes);
    form->addRow(tr("Will use:"), m_chosen);
    form->addRow(QString(), m_note);
}

void ServerSettingsForm::addRenewal(QFormLayout *form)
{
    const Scep::EnrollmentServer standard;
    m_renewalMethod =
        makeCombo(u"renewalMethodCombo"_s, tr("Message for renewal"), tr("Which message asks for the successor of a certificate"),
                  {{tr("Automatic"), int(Scep::RenewalMethod::Automatic)},
                   {tr("PKCSReq (OpenXPKI, EJBCA, old servers)"), int(Scep::RenewalMethod::PkcsReq)},
                   {tr("RenewalReq (RFC 8894, NDES)"), int(Scep::RenewalMethod::RenewalReq)}});
    m_sendsChallenge = named(new QCheckBox(tr("send the challenge with renewals, too")), u"renewalChallengeCheck"_s,
                             tr("Send the challenge with renewals"));
    m_followsRollover = named(new QCheckBox(tr("ask for the next CA certificate before the current one ends")), u"followsRolloverCheck"_s,
                              tr("Follow CA rollover"));
    m_followsRollover->setToolTip(tr("GetNextCACert, where the server offers it; the answer must be signed by the current CA"));
    m_caCheck = makeDuration(u"caCheckSpin"_s, tr("Check CA certificates every"), Ranges::caCheckInterval);
    SettingRows *rows = addSection(form, tr("Renewal"));
    rows->add(tr("M&essage:"), m_renewalMethod, int(standard.renewalMethod));
    rows->add({}, m_sendsChallenge, standard.sendsChallengeOnRenewal);
    rows->add({}, m_followsRollover, standard.followsRollover);
    rows->add(tr("Check C&A certificates every:"), m_caCheck, standard.caCheckInterval);
}

void ServerSettingsForm::addTiming(QFormLayout *form)
{
    const Scep::PollRule standard;
    m_firstPoll = makeDuration(u"firstPollSpin"_s, tr("First poll after"), Ranges::firstPoll);
    m_growth = named(new NumberEdit(Ranges::pollGrowth), u"growthSpin"_s, tr("Pause grows by factor"));
    m_longestPoll = makeDuration(u"longestPollSpin"_s, tr("Longest pause"), Ranges::longestPoll);
    m_pollEnd = makeDuration(u"pollEndSpin"_s, tr("Give up polling after"), Ranges::pollingEnd);
    m_pollEnd->setToolTips(tr("Counted from the first time that the server said: pending"));
    m_pollNote = named(new FieldNote, u"pollNote"_s, QString());
    SettingRows *rows = addSection(form, tr("While a request waits for approval"));
    rows->add(tr("&First poll after:"), m_firstPoll, standard.first);
    rows->add(tr("Pause &grows by factor:"), m_growth, standard.growth);
    rows->add(tr("&Longest pause:"), m_longestPoll, standard.longest);
    rows->add(tr("Give &up after:"), m_pollEnd, standard.end);
    form->addRow(QString(), m_pollNote);
}

void ServerSettingsForm::setServer(const Scep::EnrollmentServer &server, const Scep::Capabilities &capabilities)
{
    m_isFilling = true;
    m_capabilities = capabilities;
    const Scep::AlgorithmPolicy &algorithms = server.algorithms;
    choose(m_cipher, dataOf(algorithms.cipher));
    choose(m_digest, dataOf(algorithms.digest));
    choose(m_method, dataOf(algorithms.method));
    choose(m_keyTransport, int(algorithms.keyTransport));
    m_allowSha1->setChecked(algorithms.allowSha1);
    m_allowMd5->setChecked(algorithms.allowMd5);
    m_allowDes->setChecked(algorithms.allowDes);
    choose(m_renewalMethod, int(server.renewalMethod));
    m_sendsChallenge->setChecked(server.sendsChallengeOnRenewal);
    m_followsRollover->setChecked(server.followsRollover);
    m_caCheck->setValue(server.caCheckInterval);
    m_firstPoll->setValue(server.polling.first);
    m_growth->setValue(server.polling.growth);
    m_longestPoll->setValue(server.polling.longest);
    m_pollEnd->setValue(server.polling.end);
    m_network->setServer(server);
    m_isFilling = false;
    m_before = shown();
    preview();
}

Scep::EnrollmentServer ServerSettingsForm::shown() const
{
    Scep::EnrollmentServer server;
    server.algorithms.cipher = optionalOf<Pki::Cipher>(m_cipher);
    server.algorithms.digest = optionalOf<Pki::Digest>(m_digest);
    server.algorithms.method = optionalOf<Scep::HttpMethod>(m_method);
    server.algorithms.keyTransport = static_cast<Pki::KeyTransport>(m_keyTransport->currentData().toInt());
    server.algorithms.allowSha1 = m_allowSha1->isChecked();
    server.algorithms.allowMd5 = m_allowMd5->isChecked();
    server.algorithms.allowDes = m_allowDes->isChecked();
    server.renewalMethod = static_cast<Scep::RenewalMethod>(m_renewalMethod->currentData().toInt());
    server.sendsChallengeOnRenewal = m_sendsChallenge->isChecked();
    server.followsRollover = m_followsRollover->isChecked();
    server.caCheckInterval = m_caCheck->value();
    server.polling = {m_firstPoll->value(), m_growth->value(), m_longestPoll->value(), m_pollEnd->value()};
    return server;
}

void ServerSettingsForm::applyTo(Scep::EnrollmentServer &server) const
{
    const Scep::EnrollmentServer now = shown();
    // Only what was changed here: a field may show less than the stored value has, as of a number with many digits.
    const auto take = [&](auto member) {
        if (!(member(now) == member(m_before)))
            member(server) = member(now);
    };
    take([](auto &of) -> auto & { return of.algorithms.cipher; });
    take([](auto &of) -> auto & { return of.algorithms.digest; });
    take([](auto &of) -> auto & { return of.algorithms.method; });
    take([](auto &of) -> auto & { return of.algorithms.keyTransport; });
    take([](auto &of) -> auto & { return of.algorithms.allowSha1; });
    take([](auto &of) -> auto & { return of.algorithms.allowMd5; });
    take([](auto &of) -> auto & { return of.algorithms.allowDes; });
    take([](auto &of) -> auto & { return of.renewalMethod; });
    take([](auto &of) -> auto & { return of.sendsChallengeOnRenewal; });
    take([](auto &of) -> auto & { return of.followsRollover; });
    take([](auto &of) -> auto & { return of.caCheckInterval; });
    take([](auto &of) -> auto & { return of.polling.first; });
    take([](auto &of) -> auto & { return of.polling.growth; });
    take([](auto &of) -> auto & { return of.polling.longest; });
    take([](auto &of) -> auto & { return of.polling.end; });
    m_network->applyTo(server);
}

void ServerSettingsForm::restoreDefaults()
{
    for (SettingRows *rows : std::as_const(m_rows))
        rows->resetAll();
}

void ServerSettingsForm::previewAlgorithms(const Scep::EnrollmentServer &now)
{
    const auto negotiated = Scep::negotiate(now.algorithms, m_capabilities);
    if (negotiated) {
        m_chosen->setText(tr("%1, %2, %3")
                              .arg(Pki::displayName(negotiated->cipher), Pki::displayName(negotiated->digest),
                                   negotiated->method == Scep::HttpMethod::Post ? u"POST"_s : u"GET"_s));
        m_note->say(Models::Severity::Attention, Models::safeText(negotiated->warnings.join(u' ')));
        return;
    }
    m_chosen->setText(tr("nothing that both sides accept"));
    m_note->say(Models::explain(negotiated.error(), tr("this server")));
    if (!(now.algorithms == m_before.algorithms))
        m_problem = tr("Algorithms: the choice leaves nothing that both sides accept.");
}

void ServerSettingsForm::preview()
{
    if (m_isFilling)
        return;
    for (SettingRows *rows : std::as_const(m_rows))
        rows->refresh();
    m_problem.clear();
    const Scep::EnrollmentServer now = shown();
    previewAlgorithms(now);
    const auto polling = Models::checkPolling(now.polling);
    const bool isPollingTouched = !(now.polling == m_before.polling);
    if (polling) {
        m_pollNote->clear();
    } else {
        m_pollNote->say(isPollingTouched ? Models::Severity::Bad : Models::Severity::Attention,
                        fieldErrorText(polling.error(), tr("these pauses")));
        if (isPollingTouched && m_problem.isEmpty())
            m_problem = tr("While a request waits: the pauses do not fit each other.");
    }
    if (m_problem.isEmpty())
        m_problem = m_network->problem();
    emit changed();
}

} // namespace Gui
