// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/exportdialog.h"

#include "models/service/enrollmentfiles.h"
#include "models/service/errortext.h"
#include "ui/widgets/fieldnote.h"
#include "ui/widgets/helpers.h"
#include "ui/widgets/icons.h"
#include "ui/widgets/messagebar.h"
#include "ui/widgets/newpassphraseform.h"
#include "ui/widgets/texts.h"

#include <QCheckBox>
#include <QDialogButtonBox>
#include <QDir>
#include <QFileInfo>
#include <QFormLayout>
#include <QGroupBox>
#include <QLineEdit>
#include <QPointer>
#include <QProgressBar>
#include <QPushButton>
#include <QRadioButton>
#include <QStandardPaths>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace Gui {

ExportDialog::ExportDialog(Models::Service &service, Prompter &prompter, const Scep::IssuedCertificate &issued, const QString &label,
                           QWidget *parent)
    : QDialog(parent)
    , m_service(service)
    , m_prompter(prompter)
    , m_certificate(issued.id)
    , m_label(label)
    , m_passphrase(new NewPassphraseForm(this))
    , m_note(named(new FieldNote(this), u"exportNote"_s, QString()))
    , m_progress(named(new QProgressBar(this), u"exportProgress"_s, tr("Writing")))
{
    setObjectName(u"exportDialog"_s);
    setWindowTitle(tr("Export %1").arg(label));
    setMinimumWidth(fontMetrics().averageCharWidth() * 78);

    auto *layout = new QVBoxLayout(this);
    layout->setSpacing(12);
    layout->addWidget(headingLabel(tr("Export %1").arg(shortNameText(issued.certificate.subject())), this));
    layout->addWidget(makeFormats());
    auto *secretBox = new QGroupBox(tr("Pass phrase"), this);
    auto *secretLayout = new QVBoxLayout(secretBox);
    m_withKey = named(new QCheckBox(tr("Write the private &key, too, encrypted with this pass phrase"), secretBox), u"withKeyCheck"_s,
                      tr("Write the private key, too"));
    m_withKey->setChecked(true);
    secretLayout->addWidget(m_withKey);
    secretLayout->addWidget(m_passphrase);
    layout->addWidget(secretBox);
    layout->addWidget(makeTarget());
    m_progress->setRange(0, 0);
    m_progress->setTextVisible(false);
    m_progress->setVisible(false);
    layout->addWidget(m_progress);
    layout->addWidget(m_note);
    layout->addStretch(1);

    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Cancel, this);
    m_cancel = named(buttons->button(QDialogButtonBox::Cancel), u"exportCancel"_s, tr("Cancel"));
    m_export = named(new QPushButton(icon(u"export"_s), tr("&Export"), this), u"exportButton"_s, tr("Export"));
    m_export->setDefault(true);
    buttons->addButton(m_export, QDialogButtonBox::AcceptRole);
    layout->addWidget(buttons);
    connect(buttons, &QDialogButtonBox::accepted, this, &ExportDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(m_withKey, &QCheckBox::toggled, this, &ExportDialog::update);
    connect(m_passphrase, &NewPassphraseForm::changed, this, &ExportDialog::update);
    connect(m_path, &QLineEdit::textChanged, this, &ExportDialog::update);
    formatChanged();
}

QWidget *ExportDialog::makeFormats()
{
    auto *box = new QGroupBox(tr("Format"), this);
    auto *layout = new QVBoxLayout(box);
    m_modern = named(new QRadioButton(tr("PKCS#12, &modern"), box), u"modernRadio"_s, tr("PKCS#12, modern"));
    m_compatible = named(new QRadioButton(tr("PKCS#12, &compatible"), box), u"compatibleRadio"_s, tr("PKCS#12, compatible"));
    m_pem = named(new QRadioButton(tr("PEM &files in a folder"), box), u"pemRadio"_s, tr("PEM files in a folder"));
    m_formatNote = named(new FieldNote(box), u"formatNote"_s, QString());
    m_formatNote->setMinimumHeight(fontMetrics().height() * 2 + 4);
    for (QRadioButton *radio : {m_modern, m_compatible, m_pem}) {
        layout->addWidget(radio);
        connect(radio, &QRadioButton::toggled, this, [this](bool on) {
            if (on)
                formatChanged();
        });
    }
    layout->addWidget(m_formatNote);
    m_modern->setChecked(true);
    return box;
}

QWidget *ExportDialog::makeTarget()
{
    auto *box = new QGroupBox(tr("Where"), this);
    auto *form = new QFormLayout(box);
    m_path = named(new QLineEdit(box), u"exportPathEdit"_s, tr("File or folder"));
    m_pathNote = named(new FieldNote(box), u"exportPathNote"_s, QString());
    m_pathNote->setReservesSpace(true);
    auto *browseButton = named(new QPushButton(icon(u"open"_s), tr("&Browse…"), box), u"exportBrowseButton"_s, tr("Choose where to write"));
    browseButton->setToolTip(tr("Choose the file or folder"));
    browseButton->setAutoDefault(false);
    auto *row = new QHBoxLayout;
    row->addWidget(m_path, 1);
    row->addWidget(browseButton);
    form->addRow(rowLabel(tr("&To:"), m_path), row);
    form->addRow(QString(), m_pathNote);
    connect(browseButton, &QPushButton::clicked, this, &ExportDialog::browse);
    return box;
}

bool ExportDialog::isPkcs12() const
{
    return !m_pem->isChecked();
}

bool ExportDialog::needsPassphrase() const
{
    return isPkcs12() || m_withKey->isChecked();
}

QString ExportDialog::fileName() const
{
    return Models::fileStem(m_label) + u".p12"_s;
}

void ExportDialog::formatChanged()
{
    if (m_path == nullptr || m_withKey == nullptr)
        return; // still being built
    if (m_modern->isChecked())
        m_formatNote->say(Models::Severity::Good,
                          tr("Certificate, chain and key in one file, AES-256. For Windows 10 1709 and later, OpenSSL, "
                             "current devices."));
    else if (m_compatible->isChecked())
        m_formatNote->say(Models::Severity::Attention,
                          tr("3DES and SHA-1, for old switches, Java and Windows before 10 1709. Choose a long pass "
                             "phrase and delete the file after use."));
    else
        m_formatNote->say(Models::Severity::Neutral,
                          tr("%1.cert.pem, %1.chain.pem and, if wanted, %1.key.pem.").arg(Models::fileStem(m_label)));
    // The suggestion follows the format as long as it is one of ours.
    const QString documents = QStandardPaths::writableLocation(QStandardPaths::DocumentsLocation);
    const QString folder = QFileInfo::exists(documents) ? documents : QDir::homePath();
    const QString file = QDir(folder).filePath(fileName());
    const QString shown = QDir::fromNativeSeparators(m_path->text());
    if (shown.isEmpty() || shown == folder || shown == file)
        m_path->setText(QDir::toNativeSeparators(isPkcs12() ? file : folder));
    m_withKey->setVisible(!isPkcs12());
    update();
}

void ExportDialog::update()
{
    m_passphrase->setEnabled(needsPassphrase() && !m_isBusy);
    const QString path = QDir::fromNativeSeparators(m_path->text().trimmed());
    const QFileInfo info(path);
    bool isPathGood = !path.isEmpty();
    m_pathNote->clear();
    if (path.isEmpty()) {
        m_pathNote->say(Models::Severity::Neutral, tr("Choose where to write."));
    } else if (info.isRelative()) {
        m_pathNote->say(Models::Severity::Bad, tr("Give the whole path, beginning at the root."));
        isPathGood = false;
    } else if (isPkcs12() && info.isDir()) {
        m_pathNote->say(Models::Severity::Bad, tr("This is a folder. Add a file name, such as %1.").arg(fileName()));
        isPathGood = false;
    } else if (isPkcs12() && !info.dir().exists()) {
        m_pathNote->say(Models::Severity::Bad, tr("The folder %1 does not exist.").arg(info.dir().path()));
        isPathGood = false;
    } else if (isPkcs12() && info.exists()) {
        m_pathNote->say(Models::Severity::Attention, tr("The file exists. You will be asked before it is replaced."));
    } else if (!isPkcs12() && info.exists() && !info.isDir()) {
        m_pathNote->say(Models::Severity::Bad, tr("This is a file. Choose a folder."));
        isPathGood = false;
    }
    m_export->setEnabled(!m_isBusy && isPathGood && (!needsPassphrase() || m_passphrase->isValid()));
}

void ExportDialog::browse()
{
    const auto take = [dialog = QPointer<ExportDialog>(this)](const QString &path) {
        if (dialog)
            dialog->m_path->setText(QDir::toNativeSeparators(path));
    };
    if (isPkcs12())
        m_prompter.askFileToSave(this, tr("Export PKCS#12"), m_path->text(), tr("PKCS#12 (*.p12 *.pfx)"), take);
    else
        m_prompter.askFolder(this, tr("Folder for the PEM files"), m_path->text(), take);
}

void ExportDialog::accept()
{
    if (!m_export->isEnabled())
        return;
    const QString path = QDir::fromNativeSeparators(m_path->text().trimmed());
    QStringList existing;
    if (isPkcs12()) {
        if (QFileInfo::exists(path))
            existing.append(QFileInfo(path).fileName());
    } else {
        for (const QString &suffix : {u".key.pem"_s, u".cert.pem"_s, u".chain.pem"_s}) {
            const QString name = Models::fileStem(m_label) + suffix;
            if (QFileInfo::exists(QDir(path).filePath(name)))
                existing.append(name);
        }
    }
    if (existing.isEmpty()) {
        write();
        return;
    }
    m_prompter.confirm(this,
                       {.title = tr("Replace files?"),
                        .text = tr("%1 will be replaced.").arg(existing.join(u", "_s)),
                        .detail = tr("What is in it now is lost."),
                        .yes = tr("Replace"),
                        .isRisky = true},
                       [dialog = QPointer<ExportDialog>(this)] {
                           if (dialog)
                               dialog->write();
                       });
}

void ExportDialog::write()
{
    m_isBusy = true;
    m_note->clear();
    m_progress->setVisible(true);
    update();
    const QString path = QDir::fromNativeSeparators(m_path->text().trimmed());
    if (isPkcs12()) {
        const auto style = m_modern->isChecked() ? Pki::Pkcs12Style::Modern : Pki::Pkcs12Style::Compatible;
        whenDone(m_service.exportPkcs12(m_certificate, path, m_passphrase->secret(), style), this,
                 [this, path](const Models::Result<void> &result) {
                     finish(result ? Models::Result<QStringList>(QStringList{path}) : std::unexpected(result.error()));
                 });
        return;
    }
    whenDone(m_service.exportPem(m_certificate, path, m_withKey->isChecked() ? m_passphrase->secret() : nullptr), this,
             [this](const Models::Result<QStringList> &paths) { finish(paths); });
}

void ExportDialog::finish(const Models::Result<QStringList> &paths)
{
    m_isBusy = false;
    m_progress->setVisible(false);
    update();
    if (!paths) {
        m_note->say(Models::explain(paths.error(), m_path->text()));
        return;
    }
    m_passphrase->wipe();
    emit exported(*paths);
    QDialog::accept();
}

void ExportDialog::openFor(Models::Service &service, Prompter &prompter, MessageBar &messages, const Scep::IssuedCertificate &issued,
                           const QString &label, QWidget *parent)
{
    auto *dialog = new ExportDialog(service, prompter, issued, label, parent);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &ExportDialog::exported, &messages, [&messages](const QStringList &paths) {
        QStringList shown;
        for (const QString &path : paths)
            shown.append(QDir::toNativeSeparators(path));
        messages.say(Models::Severity::Good, tr("Written: %1").arg(shown.join(u", "_s)));
    });
    dialog->open();
}

} // namespace Gui
