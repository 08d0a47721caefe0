// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/pki/container.h"

#include <QCoreApplication>

#include <variant>

namespace Gui {

/// Facts about something that is no certificate: rows of name and value, and a long text.
struct InspectedFacts {
    QString iconName;
    QString title;
    QString subtitle;
    struct Row {
        QString name;
        QString value;
    };
    QList<Row> rows;
    QStringList warnings;
    QString text; ///< PEM or lines; empty: none
    QString textTitle;
};

/// One thing found in a file.
struct InspectedItem {
    QString title; ///< for the list of what a file holds
    std::variant<Pki::Certificate, InspectedFacts> content;
};

/// What a file holds, ready to show. `needsPassphrase`: there is more inside that only a pass phrase opens.
struct InspectedFile {
    QString name;
    QString kind; ///< "PKCS#12 file (DER)"
    QList<InspectedItem> items;
    QList<Pki::Certificate> certificates; ///< all of them: the pool for chains
    bool needsPassphrase = false;
};

/// Reads `path` and takes it apart. Slow for PKCS#12: on a pool thread. Errors: FileNotFound, FileNotReadable, TooLarge, NotRecognised,
/// Malformed, WrongPassphrase (only with a pass phrase given).
Pki::Result<InspectedFile> inspectFile(const QString &path, const Pki::SecretBytes &passphrase);
/// The same for bytes in memory; `name` is for the title.
Pki::Result<InspectedFile> inspectBytes(const QString &name, QByteArrayView bytes, const Pki::SecretBytes &passphrase);
/// The facts of a CSR: also for the review page.
InspectedFacts requestFacts(const Pki::CertificationRequest &request);

} // namespace Gui
