// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/keysourcerow.h"

#include "models/service/errortext.h"
#include "ui/widgets/containerfile.h"
#include "ui/widgets/fieldnote.h"
#include "ui/widgets/helpers.h"
#include "ui/widgets/texts.h"

#include <QFileInfo>
#include <QHBoxLayout>
#include <QPointer>
#include <QPushButton>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace Gui {

KeySourceRow::KeySourceRow(Prompter &prompter, QWidget *parent)
    : QWidget(parent)
    , m_prompter(prompter)
    , m_source(named(plainLabel(QString(), this), u"keySource"_s, tr("Where the key comes from")))
    , m_new(named(new QPushButton(tr("Do not use it"), this), u"keyNew"_s, tr("Do not use the file")))
    , m_note(named(new FieldNote(this), u"keySourceNote"_s, QString()))
{
    auto *file = named(new QPushButton(tr("From file…"), this), u"keyFromFile"_s,
                       tr("Use a private key from a file, or a certificate request that the device made with its own key"));
    file->setToolTip(file->accessibleName());
    file->setAutoDefault(false);
    m_new->setToolTip(m_new->accessibleName());
    m_new->setAutoDefault(false);
    m_source->setWordWrap(true);
    auto *row = new QHBoxLayout;
    row->addWidget(m_source, 1);
    row->addWidget(file);
    row->addWidget(m_new);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addLayout(row);
    layout->addWidget(m_note);
    connect(file, &QPushButton::clicked, this, &KeySourceRow::chooseFile);
    connect(m_new, &QPushButton::clicked, this, [this] {
        m_key = {};
        m_request = {};
        showState();
        emit changed();
    });
    setUsual(tr("A new key is made on this computer."));
}

void KeySourceRow::setUsual(const QString &text, Models::Severity severity, const QString &note)
{
    m_usual = text;
    m_usualSeverity = severity;
    m_usualNote = note;
    showState();
}

void KeySourceRow::chooseFile()
{
    m_prompter.askFileToOpen(
        window(), tr("Key or certificate request"), tr("Keys and requests (*.key *.pem *.p12 *.pfx *.csr *.req *.p10);;All files (*)"),
        [row = QPointer<KeySourceRow>(this)](const QString &path) {
            if (!row)
                return;
            readContainerFile(row.data(), row->m_prompter, path, true, [row, path](const Pki::Result<Pki::Container> &file) {
                if (file)
                    row->take(*file);
                else
                    row->m_note->say(Models::explain(file.error(), QFileInfo(path).fileName()));
            });
        });
}

void KeySourceRow::take(const Pki::Container &file)
{
    if (file.key.isNull() && file.request.isNull()) {
        m_note->say(Models::Severity::Bad, tr("The file holds neither a private key nor a certificate request."));
        return;
    }
    if (!file.request.isNull() && !file.request.isSignatureValid()) {
        m_note->say(Models::Severity::Bad, tr("The certificate request is not signed by its own key. Make it anew on the device."));
        return;
    }
    m_key = file.key;
    m_request = file.key.isNull() ? file.request : Pki::CertificationRequest();
    showState();
    emit changed();
}

void KeySourceRow::showState()
{
    m_note->clear();
    m_new->setVisible(isSet());
    if (!m_request.isNull()) {
        m_source->setText(tr("The device's own request is sent, with its key (%1).").arg(m_request.publicKey().displayName()));
        m_note->say(Models::Severity::Attention,
                    tr("Subject, names, purposes and challenge are those of the request: %1. The private key stays in the device, so the "
                       "certificate cannot be exported with it, and each renewal needs a new request of the device.")
                        .arg(nameText(m_request.subject())));
    } else if (!m_key.isNull()) {
        m_source->setText(tr("The key from the file is used: %1.").arg(m_key.publicKey().displayName()));
        m_note->say(Models::Severity::Neutral, tr("What is chosen below counts for the keys of later renewals."));
    } else {
        m_source->setText(m_usual);
        m_note->say(m_usualSeverity, m_usualNote);
    }
}

} // namespace Gui
