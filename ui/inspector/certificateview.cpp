// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/inspector/certificateview.h"

#include "models/service/chaintext.h"
#include "models/service/errortext.h"
#include "ui/inspector/textpage.h"
#include "ui/widgets/copyfield.h"
#include "ui/widgets/detailsview.h"
#include "ui/widgets/helpers.h"
#include "ui/widgets/icons.h"
#include "ui/widgets/texts.h"

#include <QHeaderView>
#include <QPlainTextEdit>
#include <QTreeWidget>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace Gui {
namespace {

constexpr int longText = 20000;

QTreeWidget *makeTree(const QString &objectName, const QString &accessibleName, const QStringList &headers)
{
    auto *tree = named(new QTreeWidget, objectName, accessibleName);
    tree->setHeaderLabels(headers);
    tree->setRootIsDecorated(false);
    tree->setAlternatingRowColors(true);
    tree->setFrameShape(QFrame::NoFrame);
    tree->setWordWrap(true);
    tree->setTextElideMode(Qt::ElideRight);
    tree->header()->setStretchLastSection(true);
    return tree;
}

/// Keeps line breaks, makes every line safe.
QString safeLines(const QString &text)
{
    QStringList lines;
    for (const QString &line : text.left(longText).split(u'\n'))
        lines.append(Models::safeText(line));
    return lines.join(u'\n');
}

} // namespace

Verdict certificateVerdict(const Pki::CertificateChain &chain, bool hasAnchors, const QDateTime &now)
{
    if (chain.links.isEmpty())
        return {false, CertificateView::tr("There is no certificate.")};
    const Pki::Certificate leaf = chain.links.first().certificate;
    if (leaf.notAfter() < now)
        return {false, CertificateView::tr("Expired on %1.").arg(timeText(leaf.notAfter()))};
    if (leaf.notBefore() > now)
        return {false, CertificateView::tr("Not valid before %1.").arg(timeText(leaf.notBefore()))};
    if (chain.isTrusted)
        return {true, CertificateView::tr("Valid until %1, with a complete chain to a confirmed CA.").arg(timeText(leaf.notAfter()))};
    const auto problem = chain.firstProblem();
    if (!hasAnchors && (!problem || problem->verdict == Pki::ChainLink::Verdict::SelfSignedNotTrusted ||
                        problem->verdict == Pki::ChainLink::Verdict::IssuerNotFound))
        return {false, CertificateView::tr("In force until %1. Whether it can be trusted is not known: no confirmed CA leads to it.")
                           .arg(timeText(leaf.notAfter()))};
    if (problem)
        return {false, CertificateView::tr("Not trusted: %1: %2.")
                           .arg(shortNameText(problem->certificate.subject()), Models::verdictText(problem->verdict))};
    return {false, CertificateView::tr("Not trusted: no confirmed CA leads to it.")};
}

CertificateView::CertificateView(QWidget *parent)
    : QTabWidget(parent)
    , m_summary(new DetailsView)
    , m_chainTree(makeTree(u"chainTree"_s, tr("Chain"), {tr("Certificate"), tr("Verdict")}))
    , m_fields(makeTree(u"fieldsTree"_s, tr("Fields"), {tr("Field"), tr("Value")}))
    , m_extensions(makeTree(u"extensionsTree"_s, tr("Extensions"), {tr("Extension"), tr("Critical"), tr("Content")}))
    , m_fingerprints(new FingerprintTable)
    , m_asn1(new QPlainTextEdit)
    , m_pem(new QPlainTextEdit)
{
    setObjectName(u"certificateTabs"_s);
    setAccessibleName(tr("Views of the certificate"));
    setDocumentMode(true);
    addTab(m_summary, tr("&Summary"));
    m_chainTree->setRootIsDecorated(true);
    addTab(m_chainTree, tr("&Chain"));
    addTab(m_fields, tr("&Fields"));
    addTab(m_extensions, tr("&Extensions"));
    auto *fingerprintPage = new QWidget;
    auto *fingerprintLayout = new QVBoxLayout(fingerprintPage);
    fingerprintLayout->setContentsMargins(16, 16, 16, 16);
    fingerprintLayout->addWidget(m_fingerprints);
    fingerprintLayout->addStretch();
    addTab(fingerprintPage, tr("F&ingerprints"));
    addTab(makeTextPage(m_asn1, u"asn1Text"_s, tr("ASN.1 structure")), tr("&ASN.1"));
    addTab(makeTextPage(m_pem, u"pemText"_s, tr("PEM text")), tr("&PEM"));
    connect(this, &QTabWidget::currentChanged, this, &CertificateView::fillTab);
    connect(m_chainTree, &QTreeWidget::itemActivated, this, [this](QTreeWidgetItem *item) {
        const int at = item->data(0, Qt::UserRole).toInt();
        if (at > 0 && at < m_chain.links.size())
            emit certificateActivated(m_chain.links.at(at).certificate);
    });
}

void CertificateView::setCertificate(const Pki::Certificate &certificate, const QList<Pki::Certificate> &pool,
                                     const QList<Pki::Certificate> &anchors, const QDateTime &now)
{
    m_certificate = certificate;
    m_chain = Pki::buildChain(certificate, pool, anchors, now);
    m_asn1->clear();
    m_pem->clear();
    showSummary(now, !anchors.isEmpty());
    showChain();
    showFields();
    showExtensions();
    m_fingerprints->setCertificate(certificate);
    fillTab(currentIndex());
}

void CertificateView::showSummary(const QDateTime &now, bool hasAnchors)
{
    const Verdict verdict = certificateVerdict(m_chain, hasAnchors, now);
    const bool isInForce = m_certificate.isValidAt(now);
    m_summary->begin(m_certificate.fingerprint().toHex());
    m_summary->addTitle(shortNameText(m_certificate.subject()), m_certificate.isCa() ? tr("CA certificate") : tr("End-entity certificate"));
    m_summary->addNote(verdict.isGood ? Models::Severity::Good
                       : isInForce    ? Models::Severity::Attention
                                      : Models::Severity::Bad,
                       verdict.text);
    if (const auto digest = m_certificate.signatureDigest(); digest && Pki::isWeak(*digest))
        m_summary->addNote(Models::Severity::Attention, tr("Signed with %1, which is too weak today.").arg(Pki::displayName(*digest)));
    if (m_certificate.publicKey().isRsa() && m_certificate.publicKey().bits() < 2048)
        m_summary->addNote(Models::Severity::Attention, tr("The key has only %1 bits.").arg(m_certificate.publicKey().bits()));
    m_summary->addSection(tr("Certificate"));
    m_summary->addRow(tr("Subject"), nameText(m_certificate.subject()));
    m_summary->addRow(tr("Names"), Models::safeText(Pki::toText(m_certificate.subjectAlternativeNames())));
    m_summary->addRow(tr("Issuer"), nameText(m_certificate.issuer()));
    m_summary->addRow(tr("Valid from"), timeText(m_certificate.notBefore()));
    m_summary->addRow(tr("Valid until"), timeText(m_certificate.notAfter()));
    m_summary->addRow(tr("Key"), m_certificate.publicKey().displayName());
    m_summary->addRow(tr("Profile"), Models::safeText(m_certificate.templateName()));
    m_summary->addFixedPitchRow(tr("Serial"), m_certificate.serialNumber().toDisplay(), m_certificate.serialNumber().toDisplay(),
                                u"inspectorSerial"_s);
    m_summary->addFixedPitchRow(tr("SHA-256"), fingerprintLines(m_certificate.fingerprint()), m_certificate.fingerprint().toDisplay(),
                                u"inspectorFingerprint"_s);
    m_summary->end();
}

void CertificateView::showChain()
{
    m_chainTree->clear();
    // The anchor on top, the certificate itself deepest, as people draw it.
    QTreeWidgetItem *parent = nullptr;
    for (qsizetype at = m_chain.links.size() - 1; at >= 0; --at) {
        const Pki::ChainLink &link = m_chain.links.at(at);
        auto *item = parent != nullptr ? new QTreeWidgetItem(parent) : new QTreeWidgetItem(m_chainTree);
        item->setText(0, shortNameText(link.certificate.subject()));
        item->setToolTip(0, nameText(link.certificate.subject()).toHtmlEscaped());
        const bool isGood = link.verdict == Pki::ChainLink::Verdict::Good;
        item->setIcon(1, severityIcon(isGood ? Models::Severity::Good : Models::Severity::Bad));
        item->setText(1, at + 1 == m_chain.links.size() && m_chain.isTrusted ? tr("confirmed CA") : Models::verdictText(link.verdict));
        item->setData(0, Qt::UserRole, int(at));
        if (at == 0) {
            QFont bold = font();
            bold.setBold(true);
            item->setFont(0, bold);
        }
        parent = item;
    }
    m_chainTree->expandAll();
    m_chainTree->setColumnWidth(0, fontMetrics().averageCharWidth() * 50);
}

void CertificateView::showFields()
{
    m_fields->clear();
    const auto add = [this](const QString &name, const QString &value) {
        if (value.isEmpty())
            return;
        auto *item = new QTreeWidgetItem(m_fields, {name, value});
        item->setTextAlignment(0, Qt::AlignLeft | Qt::AlignTop);
    };
    add(tr("Version"), QString::number(m_certificate.version()));
    add(tr("Serial number"), m_certificate.serialNumber().toDisplay());
    add(tr("Signature algorithm"), m_certificate.signatureAlgorithm());
    for (const auto &relativeName : m_certificate.issuer().relativeNames()) {
        for (const Pki::NameAttribute &attribute : relativeName)
            add(tr("Issuer %1").arg(attribute.type.displayName()), Models::safeText(attribute.value));
    }
    add(tr("Not before"), exactTimeText(m_certificate.notBefore()));
    add(tr("Not after"), exactTimeText(m_certificate.notAfter()));
    for (const auto &relativeName : m_certificate.subject().relativeNames()) {
        for (const Pki::NameAttribute &attribute : relativeName)
            add(tr("Subject %1").arg(attribute.type.displayName()), Models::safeText(attribute.value));
    }
    add(tr("Public key"), m_certificate.publicKey().displayName());
    add(tr("Subject key identifier"), QString::fromLatin1(m_certificate.subjectKeyIdentifier().toHex(':').toUpper()));
    add(tr("Authority key identifier"), QString::fromLatin1(m_certificate.authorityKeyIdentifier().toHex(':').toUpper()));
    for (const QString &url : m_certificate.crlDistributionPoints())
        add(tr("CRL distribution point"), Models::safeText(url));
    for (const QString &url : m_certificate.authorityInformationUrls())
        add(tr("Authority information"), Models::safeText(url));
    m_fields->setColumnWidth(0, fontMetrics().averageCharWidth() * 28);
}

void CertificateView::showExtensions()
{
    m_extensions->clear();
    for (const Pki::Extension &extension : m_certificate.extensions()) {
        auto *item = new QTreeWidgetItem(
            m_extensions, {extension.oid.displayName(), extension.isCritical ? tr("yes") : tr("no"), safeLines(extension.text)});
        item->setToolTip(0, extension.oid.toText());
        item->setTextAlignment(0, Qt::AlignLeft | Qt::AlignTop);
        item->setTextAlignment(1, Qt::AlignLeft | Qt::AlignTop);
    }
    m_extensions->setColumnWidth(0, fontMetrics().averageCharWidth() * 28);
    m_extensions->setColumnWidth(1, fontMetrics().averageCharWidth() * 10);
}

void CertificateView::fillTab(int index)
{
    if (m_certificate.isNull())
        return;
    QWidget *page = widget(index);
    if (page->isAncestorOf(m_asn1) && m_asn1->document()->isEmpty())
        m_asn1->setPlainText(safeLines(m_certificate.asn1Text()));
    if (page->isAncestorOf(m_pem) && m_pem->document()->isEmpty())
        m_pem->setPlainText(QString::fromLatin1(m_certificate.toPem()));
}

} // namespace Gui
