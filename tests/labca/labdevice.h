// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/labca/authority.h"
#include "scep/protocol/certrep.h"
#include "scep/protocol/pkirequest.h"
#include "tests/support/testca.h"

#include <QTemporaryDir>

/// Quick keys: they guard nothing.
LabCa::CaDescription quickCa();

/// A Lab CA in a folder of its own that goes away with it, and devices that talk to it without a network.
struct LabCaFolder {
    QTemporaryDir folder;
    LabCa::Depot depot;

    explicit LabCaFolder(const LabCa::CaDescription &description = quickCa());
    [[nodiscard]] QString path() const { return folder.path() + QStringLiteral("/ca"); }
};

/// What a device sends, each part free to be wrong.
struct RequestPlan {
    Scep::MessageType type = Scep::MessageType::PkcsReq;
    Scep::TransactionId transactionId;
    QByteArray payload;
    TestSupport::Identity signer;
    Pki::Certificate recipient;
    Pki::Digest digest = Pki::Digest::Sha256;
    Pki::Cipher cipher = Pki::Cipher::Aes128;
    Pki::KeyTransport keyTransport = Pki::KeyTransport::RsaPkcs1;
    Scep::Nonce senderNonce = Scep::Nonce::create();
};
QByteArray buildMessage(const RequestPlan &plan);

/// A device with a key, a CSR and a transaction.
struct LabDevice {
    Pki::PrivateKey key;
    Pki::CertificationRequest request;
    TestSupport::Identity signer; ///< self-signed with `key`
    Scep::TransactionId transactionId;

    static LabDevice create(const QString &subject, const QByteArray &challenge = {}, const QString &alternativeNames = {},
                            const QString &keyName = QStringLiteral("device"));

    [[nodiscard]] RequestPlan pkcsReq(const LabCa::Depot &depot) const;
    [[nodiscard]] RequestPlan certPoll(const LabCa::Depot &depot) const;
    [[nodiscard]] Scep::Result<Scep::CertRep> read(const QByteArray &reply, const LabCa::Depot &depot, const RequestPlan &plan) const;
};

/// The reply in one line, after all checks of a careful client: "issued", "pending", "badRequest: the reason", "HTTP 400 text",
/// "unreadable: detail".
QString outcome(const LabCa::HttpResponse &response, const LabDevice &device, const LabCa::Depot &depot, const RequestPlan &plan);
/// Sends by POST and says the outcome.
QString send(LabCa::Authority &authority, const LabDevice &device, const LabCa::Depot &depot, const RequestPlan &plan);
LabCa::HttpResponse post(LabCa::Authority &authority, const QByteArray &message, LabCa::LogEntry *log = nullptr);
/// The certificate of a reply that must be an issued one.
Pki::Certificate issuedCertificate(const LabCa::HttpResponse &response, const LabDevice &device, const LabCa::Depot &depot,
                                   const RequestPlan &plan);
