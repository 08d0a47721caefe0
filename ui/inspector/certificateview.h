// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/pki/certificatechain.h"

#include <QTabWidget>

class QPlainTextEdit;
class QTreeWidget;

namespace Gui {

class DetailsView;
class FingerprintTable;

/// Everything in one certificate: summary with a plain verdict, chain with a verdict per link, fields, extensions, fingerprints,
/// ASN.1 and PEM. The slow tabs are filled when they are looked at.
class CertificateView final : public QTabWidget
{
    Q_OBJECT

public:
    explicit CertificateView(QWidget *parent = nullptr);

    /// `pool`: where issuers are looked for; `anchors`: certificates that somebody confirmed. Without anchors nothing is called trusted.
    void setCertificate(const Pki::Certificate &certificate, const QList<Pki::Certificate> &pool, const QList<Pki::Certificate> &anchors,
                        const QDateTime &now);
    [[nodiscard]] Pki::Certificate certificate() const { return m_certificate; }

signals:
    void certificateActivated(const Pki::Certificate &certificate); ///< in the chain

private:
    void showSummary(const QDateTime &now, bool hasAnchors);
    void showChain();
    void showFields();
    void showExtensions();
    void fillTab(int index);
    Pki::Certificate m_certificate;
    Pki::CertificateChain m_chain;
    DetailsView *m_summary = nullptr;
    QTreeWidget *m_chainTree = nullptr;
    QTreeWidget *m_fields = nullptr;
    QTreeWidget *m_extensions = nullptr;
    FingerprintTable *m_fingerprints = nullptr;
    QPlainTextEdit *m_asn1 = nullptr;
    QPlainTextEdit *m_pem = nullptr;
};

/// One plain sentence on whether a certificate can be used now.
struct Verdict {
    bool isGood = false;
    QString text;
};
Verdict certificateVerdict(const Pki::CertificateChain &chain, bool hasAnchors, const QDateTime &now);

} // namespace Gui
