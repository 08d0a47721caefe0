// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/verb.h"
#include "scep/pki/certificationrequest.h"
#include "scep/worker/enrollmentserver.h"

namespace Cli {

/// Options that every verb has that talks to a server: --ca-ident --timeout --tls-root --proxy --proxy-user --proxy-password-file.
void addServerOptions(VerbParser &parser);
/// Options that say which CA is trusted: --fingerprint --fingerprint-alg --ca-file.
void addTrustOptions(VerbParser &parser);

/// --proxy-password-file, for a proxy that asks who we are.
void addProxyPasswordOption(VerbParser &parser);
/// The password of `user` at the proxy: --proxy-password-file, else SCEPTER_PROXY_PASSWORD (set and empty: none), else typed at the
/// terminal. Null where `user` is empty. InvalidArgument: a password and no user.
Pki::Result<std::shared_ptr<const Pki::SecretBytes>> proxyPasswordFromOptions(const VerbParser &parser, const QString &user);

/// How messages are made and sent: --cipher --digest, and `methodOption` (post, get).
void addAlgorithmOptions(VerbParser &parser, const QString &methodOption);
/// Errors: InvalidArgument.
Pki::Result<Scep::AlgorithmPolicy> algorithmsFromOptions(const VerbParser &parser, const QString &methodOption);

/// URL, CA identifier and transport from the options; the label is the host. Errors: InvalidUrl, InvalidArgument, file errors.
Pki::Result<Scep::EnrollmentServer> serverFromOptions(const VerbParser &parser, const QString &url);
/// Not set when neither option is given. Errors: InvalidFingerprint, InvalidArgument (both given), file errors.
Pki::Result<Scep::TrustAnchor> anchorFromOptions(const VerbParser &parser);

/// All of the above for a verb that sends messages. The anchor is not set when --trust-on-first-use stands in its place.
/// Errors: theirs, and InvalidArgument when nothing says which CA is trusted.
Pki::Result<Scep::EnrollmentServer> confirmedServerFromOptions(const VerbParser &parser, const QString &url, const QString &methodOption);

/// The same for a verb that may have to poll, from --url, and with --poll-interval (addPollOption()).
Pki::Result<Scep::EnrollmentServer> polledServerFromOptions(const VerbParser &parser, const QString &methodOption);
void addPollOption(VerbParser &parser);

/// A secret from the file that `option` names, else from the environment variable; empty when neither is there.
Pki::Result<Pki::SecretBytes> secretFromOptions(const VerbParser &parser, const QString &option, const char *environmentVariable);

/// --challenge-file, else SCEPTER_CHALLENGE (set and empty: none), else what is typed at the terminal; empty: none.
Pki::Result<Pki::SecretBytes> challengeFromOptions(const VerbParser &parser);
/// --key, or null without it. Pass phrase: --key-passphrase-file, else SCEPTER_KEY_PASSPHRASE, else typed at the terminal when the key
/// needs one. Errors: file errors, and those of PrivateKey::fromBytes with the path.
Pki::Result<Pki::PrivateKey> keyFromOptions(const VerbParser &parser);
struct OpenedKey {
    Pki::PrivateKey key;         ///< null without --key
    Pki::SecretBytes passphrase; ///< that opened it; empty: it was in the clear
};
/// The same with the pass phrase, for verbs that write the key again: what was protected stays so.
Pki::Result<OpenedKey> openedKeyFromOptions(const VerbParser &parser);
/// The PKCS#10 that --csr names, or null without it. Errors: file errors; SignatureInvalid; KeyMismatch when `key` is not its key.
Pki::Result<Pki::CertificationRequest> csrFromOptions(const VerbParser &parser, const Pki::PrivateKey &key);
/// The certificates in the PEM file that `option` names; none without it, and for "".
Pki::Result<QList<Pki::Certificate>> certificatesFromOptions(const VerbParser &parser, const QString &option);
/// The certificate in the file that `option` names, or null without it. Errors: file errors; the path for what is no certificate.
Pki::Result<Pki::Certificate> certificateFromOptions(const VerbParser &parser, const QString &option);

} // namespace Cli
