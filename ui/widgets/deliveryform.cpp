// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/deliveryform.h"

#include "models/records/settingranges.h"
#include "models/service/deliveryplan.h"
#include "ui/widgets/durationedit.h"
#include "ui/widgets/fieldnote.h"
#include "ui/widgets/helpers.h"
#include "ui/widgets/keptsecretedit.h"
#include "ui/widgets/secretedit.h"
#include "ui/widgets/settingrows.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDir>
#include <QFormLayout>
#include <QGridLayout>
#include <QGroupBox>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPointer>
#include <QPushButton>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;
using Models::Delivery;

namespace Gui {
namespace {

constexpr int argumentLines = 3;

} // namespace

DeliveryForm::DeliveryForm(Prompter &prompter, QWidget *parent)
    : QWidget(parent)
    , m_prompter(prompter)
    , m_box(named(new QGroupBox(tr("&Deliver every new certificate"), this), u"deliveryBox"_s, tr("Deliver every new certificate")))
    , m_note(named(new FieldNote(this), u"deliveryNote"_s, QString()))
{
    m_box->setCheckable(true);
    m_box->setChecked(false);
    m_box->setToolTip(tr("After each enrollment and renewal; what fails is tried again and never touches the certificate"));
    auto *form = new QFormLayout(m_box);
    buildFiles(form);
    buildProgram(form);
    auto *layout = new QVBoxLayout(this);
    layout->addWidget(m_box);
    layout->addWidget(m_note);
    layout->addStretch(1);

    connect(m_box, &QGroupBox::toggled, this, &DeliveryForm::check);
    connect(m_folder, &QLineEdit::textChanged, this, &DeliveryForm::check);
    connect(m_passphrase, &KeptSecretEdit::changed, this, &DeliveryForm::check);
    for (const auto &[file, box] : std::as_const(m_files))
        connect(box, &QCheckBox::toggled, this, &DeliveryForm::check);
    connect(m_arguments, &QPlainTextEdit::textChanged, this, &DeliveryForm::check);
    connect(m_fileRows, &SettingRows::changed, this, &DeliveryForm::check);
    connect(m_programRows, &SettingRows::changed, this, &DeliveryForm::check);
    setDelivery({}, false);
}

void DeliveryForm::buildFiles(QFormLayout *form)
{
    QWidget *page = m_box;
    m_folder = named(new QLineEdit(page), u"deliveryFolder"_s, tr("Folder"));
    m_folder->setToolTip(tr("Where the files are written; each one replaces its predecessor at once"));
    auto *browse = named(new QPushButton(tr("Choose…"), page), u"deliveryBrowse"_s, tr("Choose the folder"));
    browse->setAutoDefault(false);
    browse->setToolTip(tr("Choose the folder"));
    connect(browse, &QPushButton::clicked, this, [this] {
        m_prompter.askFolder(window(), tr("Folder for the certificate's files"), m_folder->text(),
                             [form = QPointer<DeliveryForm>(this)](const QString &path) {
                                 if (form)
                                     form->m_folder->setText(QDir::toNativeSeparators(path));
                             });
    });
    auto *folder = new QHBoxLayout;
    folder->addWidget(m_folder, 1);
    folder->addWidget(browse);
    form->addRow(rowLabel(tr("&Folder:"), m_folder), folder);

    const std::tuple<Delivery::File, QString, QString> choices[] = {
        {Delivery::File::Key, tr("private key"), u"deliveryKey"_s},
        {Delivery::File::Certificate, tr("certificate"), u"deliveryCertificate"_s},
        {Delivery::File::Chain, tr("chain"), u"deliveryChain"_s},
        {Delivery::File::FullChain, tr("certificate and chain"), u"deliveryFullChain"_s},
        {Delivery::File::CaStore, tr("CA certificates, one each"), u"deliveryCaStore"_s},
        {Delivery::File::Pkcs12, tr("PKCS#12"), u"deliveryPkcs12"_s},
    };
    auto *files = new QGridLayout;
    int at = 0;
    for (const auto &[file, text, name] : choices) {
        auto *box = named(new QCheckBox(text, page), name, text);
        files->addWidget(box, at / 3, at % 3);
        m_files.append({file, box});
        ++at;
    }
    auto *filesBox = named(new QWidget(page), u"deliveryFiles"_s, tr("Files"));
    filesBox->setLayout(files);
    files->setContentsMargins(0, 0, 0, 0);
    m_fileRows = new SettingRows(form, this);
    m_fileRows->add(
        tr("Files:"), filesBox, filesBox, [this] { return shown().files == Delivery().files; },
        [this] {
            for (const auto &[file, box] : std::as_const(m_files))
                box->setChecked(Delivery().files.testFlag(file));
        });

    m_style = named(new QComboBox(page), u"deliveryStyle"_s, tr("Kind of PKCS#12"));
    m_style->addItem(tr("modern (AES-256)"), int(Pki::Pkcs12Style::Modern));
    m_style->addItem(tr("for old devices (3DES)"), int(Pki::Pkcs12Style::Compatible));
    m_passphrase = new KeptSecretEdit(u"deliveryPassphrase"_s, tr("Pass phrase of the PKCS#12 file"), page);
    m_passphrase->line()->setToolTip(tr("Kept encrypted in the workspace, so that a renewal can write the file, too"));
    m_fileRows->add(tr("PKCS#12 &kind:"), m_style, int(Delivery().pkcs12Style));
    form->addRow(rowLabel(tr("Pass &phrase:"), m_passphrase), m_passphrase);

    m_keyAlias = named(new QLineEdit(page), u"deliveryKeyAlias"_s, tr("Name of the key pair"));
    m_keyAlias->setToolTip(tr("Name in the key store and of the files; {label} and {server} are filled in"));
    m_caAlias = named(new QLineEdit(page), u"deliveryCaAlias"_s, tr("Name of the CA certificates"));
    m_caAlias->setToolTip(tr("Name in the key store and of the files; {server} and {n}, which counts from 1, are filled in"));
    for (QLineEdit *edit : {m_keyAlias, m_caAlias})
        edit->setMinimumWidth(edit->fontMetrics().averageCharWidth() * 36);
    m_fileRows->add(tr("Name of the key pa&ir:"), m_keyAlias, Delivery().keyAlias);
    m_fileRows->add(tr("Name of &CA certificates:"), m_caAlias, Delivery().caAlias);
}

void DeliveryForm::buildProgram(QFormLayout *form)
{
    QWidget *page = m_box;
    m_program = named(new QLineEdit(page), u"deliveryProgram"_s, tr("Program"));
    m_program->setPlaceholderText(tr("none; for example /usr/bin/systemctl"));
    m_program->setToolTip(tr("Run after the files are written, without a shell"));
    m_arguments = named(new QPlainTextEdit(page), u"deliveryArguments"_s, tr("Arguments, one a line"));
    m_arguments->setPlaceholderText(u"reload\nnginx.service"_s);
    m_arguments->setTabChangesFocus(true);
    m_arguments->setToolTip(
        tr("One a line. {label}, {server}, {folder}, {alias}, {key}, {cert}, {chain}, {fullchain}, {p12} and {serial} are filled in"));
    m_arguments->setFixedHeight(m_arguments->fontMetrics().lineSpacing() * argumentLines + 12);
    m_timeout = new DurationEdit(u"deliveryTimeout"_s, tr("Time for the program"), Models::SettingRanges::programTimeout, page);
    m_timeout->setToolTips(tr("The program is ended when it takes longer"));
    m_program->setMinimumWidth(m_program->fontMetrics().averageCharWidth() * 40);
    m_programRows = new SettingRows(form, this);
    m_programRows->add(tr("Then &run:"), m_program, QString());
    form->addRow(tr("&Arguments:"), m_arguments);
    m_programRows->add(tr("&Time for it:"), m_timeout, Delivery().timeout);
}

void DeliveryForm::setDelivery(const std::optional<Delivery> &delivery, bool hasPassphrase)
{
    const Delivery fields = delivery.value_or(Delivery());
    m_passphrase->setKept(hasPassphrase);
    m_folder->setText(QDir::toNativeSeparators(fields.folder));
    for (const auto &[file, box] : std::as_const(m_files))
        box->setChecked(fields.files.testFlag(file));
    m_style->setCurrentIndex(m_style->findData(int(fields.pkcs12Style)));
    m_keyAlias->setText(fields.keyAlias);
    m_caAlias->setText(fields.caAlias);
    m_program->setText(fields.program);
    m_arguments->setPlainText(fields.arguments.join(u'\n'));
    m_timeout->setValue(fields.timeout);
    m_box->setChecked(delivery.has_value());
    m_stored = delivery;
    m_before = delivery ? std::optional(shown()) : std::nullopt;
    check();
}

Delivery DeliveryForm::shown() const
{
    Delivery delivery;
    delivery.folder = QDir::fromNativeSeparators(m_folder->text().trimmed());
    delivery.files = {};
    for (const auto &[file, box] : m_files)
        delivery.files.setFlag(file, box->isChecked());
    delivery.pkcs12Style = static_cast<Pki::Pkcs12Style>(m_style->currentData().toInt());
    delivery.keyAlias = m_keyAlias->text().trimmed();
    delivery.caAlias = m_caAlias->text().trimmed();
    delivery.program = m_program->text().trimmed();
    const QString arguments = m_arguments->toPlainText();
    delivery.arguments = arguments.isEmpty() ? QStringList() : arguments.split(u'\n');
    delivery.timeout = m_timeout->value();
    return delivery;
}

std::optional<Delivery> DeliveryForm::delivery() const
{
    if (!m_box->isChecked())
        return std::nullopt;
    // Untouched, it stays what it is: a line ending inside of an argument cannot be shown here, for example.
    const Delivery now = shown();
    return m_before == now ? m_stored : now;
}

SharedSecret DeliveryForm::passphrase() const
{
    return m_passphrase->secret();
}

void DeliveryForm::check()
{
    m_fileRows->refresh();
    m_programRows->refresh();
    const Delivery now = shown();
    const bool writesPkcs12 = now.files.testFlag(Delivery::File::Pkcs12);
    m_style->setEnabled(writesPkcs12);
    m_passphrase->setEnabled(writesPkcs12);
    m_caAlias->setEnabled(now.files.testFlag(Delivery::File::CaStore));
    m_arguments->setEnabled(!now.program.isEmpty());
    m_timeout->setEnabled(!now.program.isEmpty());
    m_problem.clear();
    m_note->clear();
    if (m_box->isChecked()) {
        QString what;
        if (now.folder.isEmpty() && now.program.isEmpty())
            what = tr("Choose the folder that the files go into.");
        else if (const auto checked = Models::checkDelivery(now); !checked)
            what = fieldErrorText(checked.error(), tr("this delivery"));
        else if (writesPkcs12 && !m_passphrase->hasOne())
            what = tr("Give a pass phrase for the PKCS#12 file.");
        m_note->say(Models::Severity::Attention, what);
        if (m_before != now || m_passphrase->secret())
            m_problem = what;
    }
    emit changed();
}

} // namespace Gui
