// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/wizards/trustpage.h"

#include "models/service/errortext.h"
#include "scep/files/durablefile.h"
#include "scep/pki/container.h"
#include "ui/widgets/copyfield.h"
#include "ui/widgets/detailsview.h"
#include "ui/widgets/fieldnote.h"
#include "ui/widgets/helpers.h"
#include "ui/widgets/icons.h"
#include "ui/widgets/texts.h"

#include <QCheckBox>
#include <QGridLayout>
#include <QLineEdit>
#include <QPointer>
#include <QPushButton>
#include <QRadioButton>
#include <QTimer>
#include <QVBoxLayout>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace Gui {
namespace {

/// The certificate that the stored anchor names, if it was ever seen.
Pki::Certificate formerAnchor(const Models::ServerRecord &former)
{
    const Scep::TrustAnchor &anchor = former.server.anchor;
    if (!anchor.certificate.isNull())
        return anchor.certificate;
    const Pki::Certificate known = former.knowledge.roles.anchor;
    return !known.isNull() && anchor.fingerprint.matchesCertificate(known.der()) ? known : Pki::Certificate();
}

} // namespace

TrustPage::TrustPage(ServerDraft &draft, Prompter &prompter)
    : WizardPage(u"trustPage"_s, tr("Is this the right CA?"),
                 tr("Anybody could have answered. Compare with what the CA's administrator told you by another way, such as by phone or on "
                    "paper."))
    , m_draft(draft)
    , m_prompter(prompter)
    , m_offered(named(new DetailsView(this), u"offeredDetails"_s, tr("Certificates that the server offers")))
{
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(12);
    m_offered->setFrameShape(QFrame::StyledPanel);
    layout->addWidget(m_offered, 1);
    layout->addWidget(makeConfirmation());
}

QWidget *TrustPage::makeConfirmation()
{
    auto *box = new QWidget(this);
    m_byFingerprint = named(new QRadioButton(tr("I have its &fingerprint:"), box), u"byFingerprintRadio"_s, tr("Confirm by fingerprint"));
    m_fingerprint = named(new QLineEdit(box), u"fingerprintEdit"_s, tr("Fingerprint to compare"));
    m_fingerprintNote = named(new FieldNote(box), u"fingerprintNote"_s, QString());
    m_byFile = named(new QRadioButton(tr("I have its certificate as a fi&le:"), box), u"byFileRadio"_s, tr("Confirm by certificate file"));
    m_chooseFile =
        named(new QPushButton(icon(u"open"_s), tr("C&hoose file…"), box), u"chooseAnchorButton"_s, tr("Choose CA certificate file"));
    m_fileNote = named(new FieldNote(box), u"anchorFileNote"_s, QString());
    m_byEye = named(new QRadioButton(tr("I compared it by &eye:"), box), u"byEyeRadio"_s, tr("Confirm by eye"));
    m_compared = named(new QCheckBox(tr("The SHA-256 above is the same as one from another source"), box), u"comparedCheck"_s,
                       tr("I compared the SHA-256 fingerprint"));
    m_eyeNote = named(new FieldNote(box), u"eyeNote"_s, QString());

    m_fingerprint->setPlaceholderText(tr("paste it here: SHA-256, SHA-512, SHA-1 or MD5, in any spelling"));
    m_fingerprint->setToolTip(tr("Compared with every CA certificate that the server offers, while you type"));
    m_fingerprint->setClearButtonEnabled(true);
    setMonospace(m_fingerprint);
    m_chooseFile->setToolTip(tr("A CA certificate in PEM or DER that you got from the CA's administrator"));

    auto *grid = new QGridLayout(box);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setVerticalSpacing(6);
    grid->setColumnStretch(1, 1);
    grid->addWidget(m_byFingerprint, 0, 0);
    grid->addWidget(m_fingerprint, 0, 1);
    grid->addWidget(m_fingerprintNote, 1, 1);
    grid->addWidget(m_byFile, 2, 0);
    grid->addWidget(m_chooseFile, 2, 1, Qt::AlignLeft);
    grid->addWidget(m_fileNote, 3, 1);
    grid->addWidget(m_byEye, 4, 0);
    grid->addWidget(m_compared, 4, 1);
    grid->addWidget(m_eyeNote, 5, 1);
    m_fingerprintNote->setReservesSpace(true, 2);
    m_byFingerprint->setChecked(true);

    for (QRadioButton *radio : {m_byFingerprint, m_byFile, m_byEye})
        connect(radio, &QRadioButton::toggled, this, &TrustPage::judge);
    connect(m_fingerprint, &QLineEdit::textEdited, m_byFingerprint, [this] { m_byFingerprint->setChecked(true); });
    connect(m_fingerprint, &QLineEdit::textChanged, this, &TrustPage::judge);
    connect(m_compared, &QCheckBox::clicked, this, [this] { m_byEye->setChecked(true); });
    connect(m_compared, &QCheckBox::toggled, this, &TrustPage::judge);
    connect(m_chooseFile, &QPushButton::clicked, this, [this] {
        m_byFile->setChecked(true);
        m_prompter.askFileToOpen(window(), tr("CA certificate"), tr("Certificates (*.pem *.crt *.cer *.der *.p7b *.p7c);;All files (*)"),
                                 [page = QPointer<TrustPage>(this)](const QString &path) {
                                     if (page)
                                         page->loadFile(path);
                                 });
    });
    return box;
}

void TrustPage::initializePage()
{
    // What was confirmed before belongs to another answer of the server.
    m_fileCertificate = {};
    m_compared->setChecked(false);
    m_fileNote->clear();
    showOffered();
    judge();
    // Later: the wizard moves the focus after this.
    QTimer::singleShot(0, m_fingerprint, qOverload<>(&QWidget::setFocus));
}

void TrustPage::showOffered()
{
    const Scep::ServerProbe &probe = m_draft.probe;
    const Pki::Certificate certificate = probe.toConfirm;
    m_offered->begin(certificate.fingerprint().toHex());
    m_offered->addTitle(nameText(certificate.subject()), tr("This CA certificate is what has to be confirmed."));
    showFormer(certificate);
    showAnnounced(certificate);
    m_offered->addRow(tr("Valid"), validityText(certificate));
    m_offered->addRow(tr("Key"), certificate.publicKey().displayName());
    if (!certificate.isValidAt(QDateTime::currentDateTimeUtc()))
        m_offered->addNote(Models::Severity::Bad, tr("The certificate is not in force now. Check this computer's clock."));
    m_offered->addSection(m_draft.former && m_draft.former->server.anchor.isSet() ? tr("Fingerprints of the certificate offered now")
                                                                                  : tr("Fingerprints"));
    m_offered->addWidget(certificate.fingerprint().toHex(), [certificate] { return new FingerprintTable(certificate); });
    showFormerFingerprints();
    if (probe.roles) {
        m_offered->addSection(tr("Who does what"));
        for (const RoleLine &line : roleLines(*probe.roles))
            m_offered->addRow(line.role, nameText(line.certificate.subject()));
        for (const QString &reason : probe.roles->reasons)
            m_offered->addText(Models::safeText(reason));
    }
    m_offered->addSection(tr("What it can do"));
    m_offered->addRow(tr("Announced"), probe.capabilities.isEmpty() ? tr("nothing: it is treated as a very old server")
                                                                    : Models::safeText(probe.capabilities.lines().join(u", "_s)));
    for (const QString &note : probe.notes)
        m_offered->addNote(Models::Severity::Neutral, Models::safeText(note));
    if (probe.clockSkew && std::chrono::abs(*probe.clockSkew) > std::chrono::seconds(120))
        m_offered->addNote(Models::Severity::Attention, tr("The server's clock and this computer's differ by more than two minutes."));
    m_offered->end();
}

void TrustPage::showFormer(const Pki::Certificate &offered)
{
    if (!m_draft.former || !m_draft.former->server.anchor.isSet())
        return;
    const Scep::TrustAnchor &anchor = m_draft.former->server.anchor;
    const bool isSame = anchor.certificate.isNull() ? anchor.fingerprint.matchesCertificate(offered.der()) : anchor.certificate == offered;
    if (isSame)
        m_offered->addNote(Models::Severity::Good, tr("It is the same certificate as the one confirmed before."));
    else
        m_offered->addNote(Models::Severity::Attention,
                           tr("It is another certificate than the one confirmed before. A CA changes its root every many years, and its "
                              "administrator knows of it: ask before you go on."));
}

void TrustPage::showFormerFingerprints()
{
    if (!m_draft.former || !m_draft.former->server.anchor.isSet())
        return;
    const Scep::TrustAnchor &anchor = m_draft.former->server.anchor;
    m_offered->addSection(tr("Fingerprints of the certificate confirmed before"));
    if (const Pki::Certificate certificate = formerAnchor(*m_draft.former); !certificate.isNull()) {
        m_offered->addRow(tr("Subject"), nameText(certificate.subject()));
        m_offered->addRow(tr("Valid"), validityText(certificate));
        m_offered->addWidget(u"former-"_s + certificate.fingerprint().toHex(), [certificate] {
            return named(new FingerprintTable(certificate), u"formerFingerprints"_s,
                         tr("Fingerprints of the certificate confirmed before"));
        });
        return;
    }
    // Nobody has seen the certificate: the fingerprint is all that was given.
    m_offered->addFixedPitchRow(Pki::displayName(anchor.fingerprint.digest()), fingerprintLines(anchor.fingerprint),
                                anchor.fingerprint.toDisplay(), u"formerFingerprint"_s);
}

void TrustPage::showAnnounced(const Pki::Certificate &offered)
{
    if (!m_draft.former || m_draft.former->knowledge.nextCa.isNull())
        return;
    const Scep::CaRoles &next = m_draft.former->knowledge.nextCa.roles;
    const Pki::Certificate root = next.anchor.isNull() ? next.issuing : next.anchor;
    if (root == offered)
        m_offered->addNote(Models::Severity::Good, tr("It is the next CA that the confirmed one announced and signed."));
    else
        m_offered->addNote(Models::Severity::Neutral,
                           tr("The next CA, %1, is announced but has not taken over yet: it can be confirmed when it has.")
                               .arg(shortNameText(root.subject())));
}

bool TrustPage::isAnnounced(const Pki::Fingerprint &fingerprint) const
{
    if (!m_draft.former)
        return false;
    const QList<Pki::Certificate> next = m_draft.former->knowledge.nextCa.offered.certificates;
    return std::ranges::any_of(next,
                               [&](const Pki::Certificate &certificate) { return fingerprint.matchesCertificate(certificate.der()); });
}

void TrustPage::judge()
{
    m_isComplete = false;
    m_draft.server.anchor = {};
    m_draft.confirmedHow.clear();
    if (m_draft.probe.toConfirm.isNull())
        return;
    if (m_byFingerprint->isChecked())
        judgeFingerprint();
    else
        m_fingerprintNote->clear();
    if (m_byFile->isChecked())
        judgeFile();
    else if (!m_fileCertificate.isNull())
        m_fileNote->clear();
    if (m_byEye->isChecked())
        judgeByEye();
    else
        m_eyeNote->clear();
    emit completeChanged();
}

void TrustPage::judgeFingerprint()
{
    if (m_fingerprint->text().trimmed().isEmpty()) {
        m_fingerprintNote->clear();
        return;
    }
    const auto fingerprint = Pki::Fingerprint::fromText(m_fingerprint->text());
    if (!fingerprint) {
        // While it is typed, how many digits there are to be is enough; the error's next step says the same once more.
        QString what = Models::explain(fingerprint.error(), QString()).what;
        what[0] = what.at(0).toUpper();
        m_fingerprintNote->say(Models::Severity::Attention, what);
        return;
    }
    Scep::TrustAnchor anchor;
    anchor.fingerprint = *fingerprint;
    const QString digest = Pki::displayName(fingerprint->digest());
    const auto authenticated = Scep::authenticate(anchor, m_draft.probe.offered, QDateTime::currentDateTimeUtc());
    if (!authenticated && isAnnounced(*fingerprint)) {
        m_fingerprintNote->say(Models::Severity::Attention,
                               tr("This is the fingerprint of the next CA, which has not taken over yet. Confirm it when it has."));
        return;
    }
    if (!authenticated) {
        m_fingerprintNote->say(Models::Severity::Bad,
                               tr("Does not match. No certificate of this server has this %1 fingerprint. Do not go on: ask the CA's "
                                  "administrator.")
                                   .arg(digest));
        return;
    }
    // Whatever digest was compared, the strongest usual one is kept: a later MD5 look-alike does not get through.
    anchor.fingerprint = authenticated->fingerprint(Pki::Digest::Sha256);
    if (!accept(anchor, m_fingerprintNote, tr("by its %1 fingerprint").arg(digest)))
        return;
    const QString subject = shortNameText(authenticated->subject());
    if (Pki::isWeak(fingerprint->digest()))
        m_fingerprintNote->say(
            Models::Severity::Attention,
            tr("Matches %1. %2 can be forged with effort: ask for the SHA-256 fingerprint if you can.").arg(subject, digest));
    else
        m_fingerprintNote->say(Models::Severity::Good, tr("Matches: this is the %1 fingerprint of %2.").arg(digest, subject));
}

void TrustPage::judgeFile()
{
    if (m_fileCertificate.isNull())
        return;
    Scep::TrustAnchor anchor;
    anchor.certificate = m_fileCertificate;
    if (accept(anchor, m_fileNote, tr("by its certificate in a file")))
        m_fileNote->say(Models::Severity::Good,
                        tr("Fits: the server's certificates lead to %1.").arg(shortNameText(m_fileCertificate.subject())));
}

void TrustPage::judgeByEye()
{
    if (!m_compared->isChecked()) {
        m_eyeNote->say(Models::Severity::Attention, tr("Without comparing, anybody between here and the server could pose as the CA."));
        return;
    }
    Scep::TrustAnchor anchor;
    anchor.fingerprint = m_draft.probe.toConfirm.fingerprint(Pki::Digest::Sha256);
    if (accept(anchor, m_eyeNote, tr("compared by eye")))
        m_eyeNote->say(Models::Severity::Good, tr("Confirmed by you."));
}

bool TrustPage::accept(const Scep::TrustAnchor &anchor, FieldNote *note, const QString &how)
{
    const QDateTime now = QDateTime::currentDateTimeUtc();
    const QString object = tr("server %1").arg(m_draft.server.label);
    const auto authenticated = Scep::authenticate(anchor, m_draft.probe.offered, now);
    if (!authenticated) {
        note->say(Models::explain(authenticated.error(), object));
        return false;
    }
    const auto roles = Scep::chooseRoles(m_draft.probe.offered, *authenticated, now, m_draft.server.roleOverride);
    if (!roles) {
        note->say(Models::explain(roles.error(), object));
        return false;
    }
    m_draft.server.anchor = anchor;
    m_draft.probe.roles = *roles;
    m_draft.confirmedHow = how;
    m_isComplete = true;
    return true;
}

void TrustPage::loadFile(const QString &path)
{
    whenDone(runInPool([path]() -> Pki::Result<Pki::Certificate> {
                 const auto bytes = Files::readFile(path);
                 if (!bytes)
                     return std::unexpected(bytes.error());
                 const auto container = Pki::readContainer(*bytes);
                 if (!container)
                     return std::unexpected(container.error());
                 if (container->certificates.size() != 1)
                     return Pki::failure(Pki::ErrorCode::InvalidArgument, tr("it must hold exactly one certificate"));
                 return container->certificates.first();
             }),
             this, [this, path](const Pki::Result<Pki::Certificate> &certificate) {
                 m_fileCertificate = certificate.value_or(Pki::Certificate());
                 m_fileNote->clear();
                 judge();
                 if (!certificate)
                     m_fileNote->say(Models::explain(certificate.error(), path));
             });
}

bool TrustPage::isComplete() const
{
    return m_isComplete;
}

} // namespace Gui
