// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/pki/error.h"
#include "scep/pki/pkcs12.h"
#include "scep/worker/ids.h"

#include <QDateTime>
#include <QStringList>

#include <chrono>
#include <optional>

namespace Models {

/// What people write beside a server or a request; the engine never sees it.
struct Extras {
    QString notes;
    QStringList tags; ///< each once, without blanks around it

    friend bool operator==(const Extras &, const Extras &) = default;
};

/// What happens with a new certificate of a request: files into a folder, then a program. The pass phrase of the PKCS#12 is a secret and
/// kept apart (Store::deliveryPassphrase()).
struct Delivery {
    enum class File {
        Key = 0x01,         ///< PEM, 0600
        Certificate = 0x02, ///< PEM
        Chain = 0x04,       ///< issuing CA up to and including the anchor, PEM
        FullChain = 0x08,   ///< certificate and chain in one PEM file
        CaStore = 0x10,     ///< each CA certificate of the server in a PEM file of its own
        Pkcs12 = 0x20,
    };
    Q_DECLARE_FLAGS(Files, File)

    QString folder;
    Files files = Files(File::Key) | File::Certificate | File::Chain;
    Pki::Pkcs12Style pkcs12Style = Pki::Pkcs12Style::Modern;
    /// Names in a key store, and of the files. `{label}` is the request's label, `{server}` the server's, `{n}` counts from 1.
    QString keyAlias = QStringLiteral("{label}-key-pair");
    QString caAlias = QStringLiteral("{server}-cacerts-{n}");
    QString program; ///< run after the files are written, without a shell; empty: none
    QStringList arguments;
    std::chrono::seconds timeout{60}; ///< for the program

    friend bool operator==(const Delivery &, const Delivery &) = default;
};
Q_DECLARE_OPERATORS_FOR_FLAGS(Delivery::Files)

/// How far the delivery of a request's newest certificate is.
struct DeliveryState {
    enum class State {
        None,      ///< no rule, or no certificate since there is one
        Due,       ///< stored in the same step as the certificate: a crash loses no delivery
        Delivered, ///< at `at`
        Failed,    ///< at `at`, because of `error`; tried again at `nextTryAt`
    };
    State state = State::None;
    Scep::CertificateId certificate = {}; ///< which one
    QDateTime at = {};                    ///< UTC, of the last attempt
    int attempts = 0;                     ///< that failed, in a row
    std::optional<Pki::Error> error = {};
    QDateTime nextTryAt = {}; ///< UTC; invalid: only when a person asks

    friend bool operator==(const DeliveryState &, const DeliveryState &) = default;
};

/// A delivery that should happen now.
struct DueDelivery {
    Scep::RequestId request;
    QString label;       ///< of the request
    QString serverLabel; ///< of its server
    Delivery rule;
    DeliveryState state; ///< its certificate: Store::certificateWithKey()
};

} // namespace Models
