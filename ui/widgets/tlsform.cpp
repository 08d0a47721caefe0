// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/tlsform.h"

#include "models/service/errortext.h"
#include "ui/widgets/containerfile.h"
#include "ui/widgets/fieldnote.h"
#include "ui/widgets/helpers.h"
#include "ui/widgets/texts.h"

#include <QFileInfo>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QPointer>
#include <QPushButton>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace Gui {
namespace {

QString namesText(const QList<Pki::Certificate> &certificates)
{
    QStringList names;
    for (const Pki::Certificate &certificate : certificates)
        names.append(shortNameText(certificate.subject()));
    return names.join(u", "_s);
}

QPushButton *makeButton(const QString &text, const QString &objectName, const QString &name)
{
    auto *button = named(new QPushButton(text), objectName, name);
    button->setToolTip(name);
    button->setAutoDefault(false);
    return button;
}

QWidget *row(QLabel *text, const QList<QPushButton *> &buttons)
{
    auto *widget = new QWidget;
    auto *layout = new QHBoxLayout(widget);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(text);
    for (QPushButton *button : buttons)
        layout->addWidget(button);
    layout->addStretch(1);
    return widget;
}

} // namespace

TlsForm::TlsForm(Prompter &prompter, QWidget *parent)
    : QWidget(parent)
    , m_prompter(prompter)
    , m_rootsText(named(plainLabel(QString()), u"tlsRootsText"_s, tr("TLS roots")))
    , m_clientText(named(plainLabel(QString()), u"tlsClientText"_s, tr("TLS client certificate")))
    , m_clearRoots(makeButton(tr("Remove"), u"tlsClearRoots"_s, tr("Trust the system's roots only")))
    , m_clearClient(makeButton(tr("Remove"), u"tlsClearClient"_s, tr("Show no client certificate")))
    , m_note(named(new FieldNote, u"tlsNote"_s, QString()))
{
    auto *addRoots = makeButton(tr("Add from file…"), u"tlsAddRoots"_s, tr("Trust the certificates in a file for https, too"));
    auto *chooseClient =
        makeButton(tr("From file…"), u"tlsChooseClient"_s, tr("Take certificate and private key from a PKCS#12 or PEM file"));
    auto *form = new QFormLayout(this);
    form->setContentsMargins(0, 0, 0, 0);
    form->addRow(tr("Roots for https:"), row(m_rootsText, {addRoots, m_clearRoots}));
    form->addRow(tr("Client certificate:"), row(m_clientText, {chooseClient, m_clearClient}));
    form->addRow(QString(), m_note);
    connect(addRoots, &QPushButton::clicked, this, [this] {
        chooseFile(tr("Roots for https"), tr("Certificates (*.pem *.crt *.cer *.der *.p7b *.p7c);;All files (*)"), &TlsForm::takeRoots);
    });
    connect(chooseClient, &QPushButton::clicked, this, [this] {
        chooseFile(tr("Client certificate"), tr("Certificate with key (*.p12 *.pfx *.pem);;All files (*)"), &TlsForm::takeClient);
    });
    connect(m_clearRoots, &QPushButton::clicked, this, [this] {
        m_roots.clear();
        showChosen();
    });
    connect(m_clearClient, &QPushButton::clicked, this, [this] {
        m_client.clear();
        m_clientKey = {};
        showChosen();
    });
    showChosen();
}

void TlsForm::setTransport(const Scep::TransportSettings &transport)
{
    m_roots = transport.tlsRoots;
    m_client = transport.clientCertificates;
    m_clientKey = transport.clientKey;
    showChosen();
}

void TlsForm::applyTo(Scep::TransportSettings &transport) const
{
    transport.tlsRoots = m_roots;
    transport.clientCertificates = m_client;
    transport.clientKey = m_clientKey;
}

void TlsForm::showChosen()
{
    m_rootsText->setText(m_roots.isEmpty() ? tr("the system's") : tr("the system's and %1").arg(namesText(m_roots)));
    m_clientText->setText(m_client.isEmpty() ? tr("none") : namesText({m_client.first()}));
    m_clearRoots->setVisible(!m_roots.isEmpty());
    m_clearClient->setVisible(!m_client.isEmpty());
    m_note->clear();
    emit changed();
}

void TlsForm::chooseFile(const QString &title, const QString &filter, Taker taker)
{
    m_prompter.askFileToOpen(window(), title, filter, [form = QPointer<TlsForm>(this), taker](const QString &path) {
        if (!form)
            return;
        readContainerFile(form.data(), form->m_prompter, path, taker == &TlsForm::takeClient,
                          [form, taker, path](const Pki::Result<Pki::Container> &file) {
                              if (file)
                                  (form.data()->*taker)(*file);
                              else
                                  form->m_note->say(Models::explain(file.error(), QFileInfo(path).fileName()));
                          });
    });
}

void TlsForm::takeRoots(const Pki::Container &file)
{
    if (file.certificates.isEmpty()) {
        m_note->say(Models::Severity::Bad, tr("The file holds no certificate. Choose one with the CA certificate of the https server."));
        return;
    }
    for (const Pki::Certificate &certificate : file.certificates) {
        if (!m_roots.contains(certificate))
            m_roots.append(certificate);
    }
    showChosen();
}

void TlsForm::takeClient(const Pki::Container &file)
{
    const auto own = std::ranges::find_if(file.certificates, [&](const Pki::Certificate &certificate) {
        return !file.key.isNull() && Pki::belongTogether(file.key, certificate);
    });
    if (own == file.certificates.end()) {
        m_note->say(Models::Severity::Bad,
                    tr("The file holds no certificate with its private key. Choose a PKCS#12 file, or a PEM file with both."));
        return;
    }
    m_client = {*own};
    for (const Pki::Certificate &certificate : file.certificates) {
        if (certificate != *own)
            m_client.append(certificate);
    }
    m_clientKey = file.key;
    showChosen();
}

} // namespace Gui
