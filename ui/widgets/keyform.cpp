// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/keyform.h"

#include "models/service/errortext.h"
#include "ui/widgets/fieldnote.h"
#include "ui/widgets/helpers.h"
#include "ui/widgets/settingrows.h"

#include <QCheckBox>
#include <QComboBox>
#include <QFormLayout>
#include <QGridLayout>
#include <QGroupBox>
#include <QLineEdit>

using namespace Qt::StringLiterals;

namespace Gui {

KeyForm::KeyForm(QWidget *parent)
    : QWidget(parent)
    , m_key(named(new QComboBox(this), u"keyCombo"_s, tr("Key")))
    , m_keyNote(named(new FieldNote(this), u"keyNote"_s, QString()))
    , m_reuse(named(new QCheckBox(tr("Keep the same key when the certificate is &renewed"), this), u"reuseKeyCheck"_s,
                    tr("Keep the same key on renewal")))
    , m_profile(named(new QLineEdit(this), u"profileEdit"_s, tr("Profile")))
    , m_encoding(named(new QComboBox(this), u"profileEncodingCombo"_s, tr("Encoding of the profile's name")))
    , m_usageBox(named(new QGroupBox(tr("Ask for these key &usages"), this), u"keyUsageBox"_s, tr("Ask for key usages")))
    , m_otherUses(named(new QLineEdit(this), u"otherUsesEdit"_s, tr("Other extended key usages")))
    , m_otherNote(named(new FieldNote(this), u"otherUsesNote"_s, QString()))
{
    for (const char16_t *text : {u"rsa:2048", u"rsa:3072", u"rsa:4096", u"rsa:1024", u"ec:P-256", u"ec:P-384", u"ec:P-521"}) {
        const QString name = QString::fromUtf16(text);
        if (const auto spec = Pki::KeySpec::fromText(name))
            m_key->addItem(spec->displayName(), name);
    }
    m_key->setToolTip(tr("Made on this computer; RSA 2048 works with every SCEP server"));
    m_key->setSizePolicy(QSizePolicy::Maximum, QSizePolicy::Fixed);
    m_keyNote->setReservesSpace(true);
    m_reuse->setToolTip(tr("Usually every certificate gets a new key; some devices cannot change theirs"));
    m_profile->setPlaceholderText(tr("optional, for example IPSECIntermediateOffline"));
    m_profile->setToolTip(tr("Certificate profile or template name, sent in the request (1.3.6.1.4.1.311.20.2)"));
    m_profile->setMinimumWidth(m_profile->fontMetrics().averageCharWidth() * 48);

    m_encoding->addItem(tr("as UTF-8 (the usual way)"), int(Pki::TemplateNameEncoding::Utf8String));
    m_encoding->addItem(tr("as BMP string (Microsoft CAs)"), int(Pki::TemplateNameEncoding::BmpString));
    m_encoding->setToolTip(tr("How the profile's name is written into the request"));

    auto *form = makePageForm(this);
    layout()->setContentsMargins(0, 0, 0, 0);
    m_usageBox->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    m_rows = new SettingRows(form, this);
    const Scep::EnrollmentRequest standard;
    m_rows->add(tr("&Key:"), m_key, standard.keySpec.toText());
    form->addRow(QString(), m_keyNote);
    m_rows->add({}, m_reuse, standard.reusesKeyOnRenewal);
    m_rows->add(tr("&Profile:"), m_profile, standard.profile);
    m_rows->add(tr("Pro&file encoding:"), m_encoding, int(standard.profileEncoding));
    connect(m_rows, &SettingRows::changed, this, &KeyForm::check);
    buildPurposes();
    setRequest(standard);
}

void KeyForm::buildPurposes()
{
    m_usageBox->setCheckable(true);
    m_usageBox->setChecked(false);
    m_usageBox->setToolTip(tr("Without a tick the CA decides"));
    auto *usages = new QGridLayout(m_usageBox);
    using Bit = Pki::KeyUsageBit;
    int at = 0;
    for (const Bit bit : {Bit::DigitalSignature, Bit::KeyEncipherment, Bit::NonRepudiation, Bit::DataEncipherment, Bit::KeyAgreement}) {
        const QString text = Pki::toText(Pki::KeyUsage(bit));
        auto *check = named(new QCheckBox(text, m_usageBox), u"usage-"_s + text, text);
        check->setChecked(bit == Bit::DigitalSignature || bit == Bit::KeyEncipherment);
        usages->addWidget(check, at / 3, at % 3);
        m_usages.append({bit, check});
        connect(check, &QCheckBox::toggled, this, &KeyForm::check);
        ++at;
    }
    m_rows->add({}, m_usageBox, m_usageBox, [this] { return !m_usageBox->isChecked(); }, [this] { m_usageBox->setChecked(false); });

    auto *purposeBox = new QGroupBox(tr("Ask for these purposes (extended key usage)"), this);
    auto *purposes = new QGridLayout(purposeBox);
    const std::pair<QString, QString> choices[] = {
        {u"clientAuth"_s, tr("TLS &client")}, {u"serverAuth"_s, tr("TLS s&erver")}, {u"ipsecIKE"_s, tr("&IPsec (IKE)")}};
    at = 0;
    for (const auto &[name, text] : choices) {
        if (!Pki::extendedKeyUsageFromText(name))
            continue;
        QString plainName = text;
        plainName.remove(u'&');
        auto *check = named(new QCheckBox(text, purposeBox), u"purpose-"_s + name, plainName);
        purposes->addWidget(check, 0, at++);
        connect(check, &QCheckBox::toggled, this, &KeyForm::check);
        m_extendedUses.append({name, check});
        connect(check, &QCheckBox::toggled, this, &KeyForm::check);
    }
    m_otherUses->setPlaceholderText(tr("others: names or OIDs, separated by commas"));
    purposes->addWidget(m_otherUses, 1, 0, 1, 3);
    purposes->addWidget(m_otherNote, 2, 0, 1, 3);
    purposeBox->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    named(purposeBox, u"purposeBox"_s, tr("Purposes"));
    m_rows->add(
        {}, purposeBox, purposeBox,
        [this] {
            const auto uses = extendedUse();
            return uses && uses->isEmpty();
        },
        [this] {
            for (const auto &[name, check] : std::as_const(m_extendedUses))
                check->setChecked(false);
            m_otherUses->clear();
        });

    connect(m_otherUses, &QLineEdit::textChanged, this, &KeyForm::check);
    connect(m_usageBox, &QGroupBox::toggled, this, &KeyForm::check);
}

Pki::KeySpec KeyForm::keySpec() const
{
    return Pki::KeySpec::fromText(m_key->currentData().toString()).value_or(Pki::KeySpec());
}

Pki::Result<QList<Pki::Oid>> KeyForm::extendedUse() const
{
    QStringList names;
    for (const auto &[name, check] : m_extendedUses) {
        if (check->isChecked())
            names.append(name);
    }
    if (const QString others = m_otherUses->text().trimmed(); !others.isEmpty())
        names.append(others);
    if (names.isEmpty())
        return QList<Pki::Oid>();
    return Pki::extendedKeyUsageFromText(names.join(u','));
}

void KeyForm::check()
{
    const Pki::KeySpec spec = keySpec();
    if (spec.isWeak())
        m_keyNote->say(Models::Severity::Attention,
                       tr("%1 can be broken today. Use it only for a device that knows nothing better.").arg(spec.displayName()));
    else if (spec.algorithm == Pki::KeySpec::Algorithm::Ec)
        m_keyNote->say(Models::Severity::Attention, tr("Many SCEP servers take RSA keys only. The reply to an EC key needs a challenge."));
    else
        m_keyNote->clear();
    const auto uses = extendedUse();
    if (uses)
        m_otherNote->clear();
    else
        m_otherNote->say(Models::Severity::Bad, fieldErrorText(uses.error(), tr("this list of purposes")));
    m_rows->refresh();
    m_problem.clear();
    if (!uses && m_otherUses->text() != m_shownOthers)
        m_problem = tr("the list of purposes cannot be read.");
    else if (m_usageBox->isChecked() && !shown().keyUsage.value_or(Pki::KeyUsage()) && m_stored.keyUsage != Pki::KeyUsage())
        m_problem = tr("choose at least one key usage, or none at all by clearing the box's tick.");
    emit changed();
}

void KeyForm::setRequest(const Scep::EnrollmentRequest &request)
{
    m_stored = request;
    const QString key = request.keySpec.toText();
    if (m_key->findData(key) < 0)
        m_key->addItem(request.keySpec.displayName(), key);
    m_key->setCurrentIndex(m_key->findData(key));
    m_reuse->setChecked(request.reusesKeyOnRenewal);
    m_profile->setText(request.profile);
    m_encoding->setCurrentIndex(m_encoding->findData(int(request.profileEncoding)));
    showUses(request);
    m_shownOthers = m_otherUses->text();
    m_before = shown();
    check();
}

void KeyForm::showUses(const Scep::EnrollmentRequest &request)
{
    m_usageBox->setChecked(request.keyUsage.has_value());
    const Pki::KeyUsage usual = Pki::KeyUsageBit::DigitalSignature | Pki::KeyUsageBit::KeyEncipherment;
    for (const auto &[bit, check] : m_usages)
        check->setChecked(request.keyUsage.value_or(usual).testFlag(bit));
    QList<Pki::Oid> others = request.extendedKeyUsage;
    for (const auto &[name, check] : m_extendedUses) {
        const auto oids = Pki::extendedKeyUsageFromText(name);
        check->setChecked(oids && others.removeAll(oids->first()) > 0);
    }
    QStringList names;
    for (const Pki::Oid &oid : std::as_const(others))
        names.append(oid.toText());
    m_otherUses->setText(names.join(u", "_s));
}

void KeyForm::restoreDefaults()
{
    m_rows->resetAll();
}

Scep::EnrollmentRequest KeyForm::shown() const
{
    Scep::EnrollmentRequest request;
    request.keySpec = keySpec();
    request.reusesKeyOnRenewal = m_reuse->isChecked();
    request.profile = m_profile->text().trimmed();
    request.profileEncoding = static_cast<Pki::TemplateNameEncoding>(m_encoding->currentData().toInt());
    // Usages that have no box here stay as they are.
    Pki::KeyUsage usage = m_stored.keyUsage.value_or(Pki::KeyUsage());
    for (const auto &[bit, check] : m_usages)
        usage.setFlag(bit, check->isChecked());
    request.keyUsage = m_usageBox->isChecked() ? std::optional(usage) : std::nullopt;
    request.extendedKeyUsage = extendedUse().value_or(QList<Pki::Oid>());
    return request;
}

void KeyForm::applyTo(Scep::EnrollmentRequest &request) const
{
    const Scep::EnrollmentRequest now = shown();
    const auto take = [&](auto member) {
        if (!(member(now) == member(m_before)))
            member(request) = member(now);
    };
    take([](auto &of) -> auto & { return of.keySpec; });
    take([](auto &of) -> auto & { return of.reusesKeyOnRenewal; });
    take([](auto &of) -> auto & { return of.profile; });
    take([](auto &of) -> auto & { return of.profileEncoding; });
    take([](auto &of) -> auto & { return of.keyUsage; });
    take([](auto &of) -> auto & { return of.extendedKeyUsage; });
}

} // namespace Gui
