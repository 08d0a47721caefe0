// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/wizards/keypage.h"

#include "models/service/errortext.h"
#include "ui/widgets/containerfile.h"
#include "ui/widgets/fieldnote.h"
#include "ui/widgets/helpers.h"
#include "ui/widgets/keyform.h"
#include "ui/widgets/texts.h"

#include <QFileInfo>
#include <QHBoxLayout>
#include <QPointer>
#include <QPushButton>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace Gui {

KeyPage::KeyPage(RequestDraft &draft, Prompter &prompter)
    : WizardPage(u"keyPage"_s, tr("Key and purpose"),
                 tr("The defaults suit most devices. The CA may decide otherwise; what differs is shown."))
    , m_draft(draft)
    , m_prompter(prompter)
    , m_form(new KeyForm(this))
    , m_source(named(plainLabel(QString(), this), u"keySource"_s, tr("Where the key comes from")))
    , m_new(named(new QPushButton(tr("Make a new key"), this), u"keyNew"_s, tr("Make a new key on this computer")))
    , m_note(named(new FieldNote(this), u"keySourceNote"_s, QString()))
{
    auto *file = named(new QPushButton(tr("From file…"), this), u"keyFromFile"_s,
                       tr("Use a private key from a file, or a certificate request that the device made with its own key"));
    file->setToolTip(file->accessibleName());
    m_new->setToolTip(m_new->accessibleName());
    auto *row = new QHBoxLayout;
    row->addWidget(m_source);
    row->addWidget(file);
    row->addWidget(m_new);
    row->addStretch(1);
    auto *layout = new QVBoxLayout(this);
    layout->addLayout(row);
    layout->addWidget(m_note);
    layout->addWidget(m_form, 1);
    connect(m_form, &KeyForm::changed, this, &QWizardPage::completeChanged);
    connect(file, &QPushButton::clicked, this, &KeyPage::chooseFile);
    connect(m_new, &QPushButton::clicked, this, [this] {
        m_draft.key = {};
        m_draft.csr = {};
        showSource();
    });
    showSource();
}

void KeyPage::chooseFile()
{
    m_prompter.askFileToOpen(
        window(), tr("Key or certificate request"), tr("Keys and requests (*.key *.pem *.p12 *.pfx *.csr *.req *.p10);;All files (*)"),
        [page = QPointer<KeyPage>(this)](const QString &path) {
            if (!page)
                return;
            readContainerFile(page.data(), page->m_prompter, path, true, [page, path](const Pki::Result<Pki::Container> &file) {
                if (file)
                    page->take(*file);
                else
                    page->m_note->say(Models::explain(file.error(), QFileInfo(path).fileName()));
            });
        });
}

void KeyPage::take(const Pki::Container &file)
{
    if (file.key.isNull() && file.request.isNull()) {
        m_note->say(Models::Severity::Bad, tr("The file holds neither a private key nor a certificate request."));
        return;
    }
    if (file.key.isNull() && !file.request.isSignatureValid()) {
        m_note->say(Models::Severity::Bad, tr("The certificate request is not signed by its own key. Make it anew on the device."));
        return;
    }
    m_draft.key = file.key;
    m_draft.csr = file.key.isNull() ? file.request : Pki::CertificationRequest();
    showSource();
}

void KeyPage::showSource()
{
    const bool isRequest = !m_draft.csr.isNull();
    const bool isKey = !m_draft.key.isNull();
    m_note->clear();
    m_new->setVisible(isRequest || isKey);
    m_form->setEnabled(!isRequest);
    if (isRequest) {
        m_source->setText(tr("The device's own request is sent, with its key (%1).").arg(m_draft.csr.publicKey().displayName()));
        m_note->say(Models::Severity::Attention,
                    tr("Subject, names, purposes and challenge are those of the request: %1. The private key stays in the device, so the "
                       "certificate cannot be exported with it, nor renewed by itself.")
                        .arg(nameText(m_draft.csr.subject())));
    } else if (isKey) {
        m_source->setText(tr("The key from the file is used: %1.").arg(m_draft.key.publicKey().displayName()));
        m_note->say(Models::Severity::Neutral, tr("What is chosen below counts for the keys of later renewals."));
    } else {
        m_source->setText(tr("A new key is made on this computer."));
    }
    emit completeChanged();
}

bool KeyPage::isComplete() const
{
    return m_form->isValid();
}

bool KeyPage::validatePage()
{
    m_form->applyTo(m_draft.request);
    if (!m_draft.csr.isNull()) {
        m_draft.request.subject = m_draft.csr.subject();
        m_draft.request.subjectAlternativeNames = m_draft.csr.subjectAlternativeNames();
    }
    return true;
}

} // namespace Gui
