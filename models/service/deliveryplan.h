// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/records/records.h"

#include <QProcessEnvironment>

#include <chrono>

namespace Models {

/// What a delivery is about. Plain values: nothing here is secret but the key inside `issued`.
struct DeliverySource {
    QString label;       ///< of the request
    QString serverLabel; ///< of its server
    Scep::IssuedCertificate issued;
    QList<Pki::Certificate> caCertificates; ///< of the server, issuing CA first
};

/// Where each file goes and what key stores call it. Empty: not written.
struct DeliveryPaths {
    QString folder;
    QString key;         ///< ALIAS.key.pem, 0600
    QString certificate; ///< ALIAS.cert.pem
    QString chain;       ///< ALIAS.chain.pem
    QString fullChain;   ///< ALIAS.fullchain.pem
    QString pkcs12;      ///< ALIAS.p12, 0600
    QStringList caCertificates;
    QString keyAlias;

    friend bool operator==(const DeliveryPaths &, const DeliveryPaths &) = default;
};

/// Replaces each `{name}` once; what came from a value is not looked at again. `{{` and `}}` stand for braces. Errors: InvalidArgument for
/// a name that is not among the values, and for a brace without its partner.
Result<QString> expandTemplate(const QString &text, const QHash<QString, QString> &values);

/// Whether the rule can work, as far as that can be told without a certificate. InvalidArgument, the detail saying what.
Result<void> checkDelivery(const Delivery &rule);

/// Two requests whose deliveries would write the same files: the key of the one beside the certificate of the other.
bool overwriteEachOther(const Delivery &rule, const QString &label, const QString &server, const Delivery &other, const QString &otherLabel,
                        const QString &otherServer);

/// Names are made safe for file systems (fileStem()). Errors: InvalidArgument (two files of one name, an unknown `{name}`).
Result<DeliveryPaths> planDelivery(const Delivery &rule, const DeliverySource &source);

/// The program's arguments: `{label} {server} {folder} {alias} {key} {cert} {chain} {fullchain} {p12} {serial}`.
Result<QStringList> deliveryArguments(const Delivery &rule, const DeliverySource &source, const DeliveryPaths &paths);

/// `inherited` without every SCEPTER_ variable and the service manager's, and with ours about this delivery (see app/cli/README.md). No
/// secret: the key and the PKCS#12 by their file names only.
QProcessEnvironment deliveryEnvironment(const QProcessEnvironment &inherited, const DeliverySource &source, const DeliveryPaths &paths);

/// Writes what `paths` names, the certificate last: whoever waits for it finds the rest beside it. Takes 0.3 s with a PKCS#12: on a pool
/// thread. CA files of a former, longer chain go. Errors: FileNotWritable, DiskFull, EmptyPassphrase, CryptoFailure.
Result<void> writeDelivery(const Delivery &rule, const DeliverySource &source, const DeliveryPaths &paths,
                           const Pki::SecretBytes &pkcs12Passphrase);

/// How long to wait after so many failures in a row: a minute, then twice as long each time, six hours at most.
std::chrono::seconds deliveryPause(int failures);

} // namespace Models
