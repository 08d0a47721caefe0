// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/inspector/inspecteditem.h"

#include "models/service/errortext.h"
#include "scep/files/durablefile.h"
#include "scep/protocol/messagesummary.h"
#include "ui/widgets/texts.h"

#include <QFileInfo>

using namespace Qt::StringLiterals;

namespace Gui {
namespace {

struct Text {
    Q_DECLARE_TR_FUNCTIONS(Gui::InspectedFile)
};

QString kindText(const Pki::Container &container)
{
    using Kind = Pki::Container::Kind;
    const auto kind = [&]() -> QString {
        switch (container.kind) {
        case Kind::Certificates:
            return Text::tr("Certificate");
        case Kind::CertificationRequest:
            return Text::tr("Certificate signing request");
        case Kind::Crl:
            return Text::tr("Certificate revocation list");
        case Kind::PrivateKey:
            return Text::tr("Private key");
        case Kind::EncryptedPrivateKey:
            return Text::tr("Encrypted private key");
        case Kind::CertificateBundle:
            return Text::tr("PKCS#7 certificate bundle");
        case Kind::Pkcs12:
            return Text::tr("PKCS#12 file");
        case Kind::SignedData:
            return Text::tr("Signed CMS message");
        case Kind::EnvelopedData:
            return Text::tr("Encrypted CMS message");
        case Kind::PublicKey:
            return Text::tr("Public key");
        case Kind::Mixed:
            return Text::tr("PEM file");
        }
        return {};
    }();
    return container.encoding.isEmpty() ? kind : Text::tr("%1 (%2)").arg(kind, container.encoding);
}

InspectedFacts crlFacts(const Pki::Crl &crl)
{
    InspectedFacts facts;
    facts.title = Text::tr("Revocation list of %1").arg(shortNameText(crl.issuer()));
    facts.subtitle = Text::tr("%n certificate(s) revoked", nullptr, static_cast<int>(crl.revoked().size()));
    facts.rows = {{Text::tr("Issuer"), nameText(crl.issuer())},
                  {Text::tr("This update"), exactTimeText(crl.thisUpdate())},
                  {Text::tr("Next update"), crl.nextUpdate().isValid() ? exactTimeText(crl.nextUpdate()) : Text::tr("not said")},
                  {Text::tr("Signature"), crl.signatureAlgorithm()},
                  {Text::tr("Number"), QString::fromLatin1(crl.crlNumber().toHex())}};
    QStringList lines;
    for (const Pki::RevokedCertificate &revoked : crl.revoked())
        lines.append(u"%1  %2  %3"_s.arg(revoked.serialNumber.toDisplay(), exactTimeText(revoked.revocationDate), revoked.reason));
    facts.text = lines.join(u'\n');
    facts.textTitle = Text::tr("Revoked certificates");
    return facts;
}

InspectedFacts keyFacts(const Pki::PrivateKey &key, bool wasEncrypted)
{
    InspectedFacts facts;
    facts.title = Text::tr("Private key");
    facts.subtitle = key.spec().displayName();
    facts.rows = {{Text::tr("Kind"), key.spec().displayName()},
                  {Text::tr("Public key SHA-256"), Pki::Fingerprint::of(Pki::Digest::Sha256, key.publicKey().der()).toDisplay()}};
    if (!wasEncrypted)
        facts.warnings.append(Text::tr("This key is not encrypted: whoever has the file has the key."));
    if (key.spec().isWeak())
        facts.warnings.append(Text::tr("The key is too short to be safe today."));
    return facts;
}

InspectedFacts messageFacts(const Scep::MessageSummary &summary)
{
    InspectedFacts facts;
    facts.title = summary.type ? Text::tr("SCEP message: %1").arg(Scep::displayName(*summary.type)) : Text::tr("SCEP message");
    facts.subtitle = summary.status ? Scep::displayName(*summary.status) : QString();
    QStringList lines;
    for (const QString &line : Scep::toLines(summary))
        lines.append(Models::safeText(line));
    facts.text = lines.join(u'\n');
    facts.textTitle = Text::tr("Message");
    return facts;
}

InspectedFacts closedFacts(const QString &title, const QString &subtitle)
{
    InspectedFacts facts;
    facts.title = title;
    facts.subtitle = subtitle;
    return facts;
}

} // namespace

InspectedFacts requestFacts(const Pki::CertificationRequest &request)
{
    InspectedFacts facts;
    facts.title = shortNameText(request.subject());
    facts.subtitle = Text::tr("Certificate signing request");
    facts.rows = {{Text::tr("Subject"), nameText(request.subject())},
                  {Text::tr("Names"), Models::safeText(Pki::toText(request.subjectAlternativeNames()))},
                  {Text::tr("Key"), request.publicKey().displayName()},
                  {Text::tr("Signature"), request.signatureAlgorithm()},
                  {Text::tr("Signed with its key"), request.isSignatureValid() ? Text::tr("yes") : Text::tr("no: the signature is wrong")},
                  {Text::tr("Profile"), Models::safeText(request.templateName())},
                  {Text::tr("Key usage"), request.keyUsage() ? Pki::toText(*request.keyUsage()) : QString()},
                  {Text::tr("Extended use"), Pki::toText(request.extendedKeyUsage())},
                  {Text::tr("Challenge"), request.hasChallengePassword() ? Text::tr("inside, not shown") : Text::tr("none")}};
    if (!request.isSignatureValid())
        facts.warnings.append(Text::tr("The request is not signed with its own key: no CA should accept it."));
    return facts;
}

Pki::Result<InspectedFile> inspectBytes(const QString &name, QByteArrayView bytes, const Pki::SecretBytes &passphrase)
{
    using Kind = Pki::Container::Kind;
    const Pki::Result<Pki::Container> read = Pki::readContainer(bytes, passphrase);
    if (!read)
        return std::unexpected(read.error());
    const Pki::Container &container = *read;
    InspectedFile file;
    file.name = name;
    file.kind = kindText(container);
    file.certificates = container.certificates;
    const bool canBeLocked = container.kind == Kind::EncryptedPrivateKey || container.kind == Kind::Pkcs12;
    file.needsPassphrase = canBeLocked && container.key.isNull() && container.certificates.isEmpty();
    if (file.needsPassphrase && !passphrase.isEmpty())
        return Pki::failure(Pki::ErrorCode::WrongPassphrase, name);

    for (const Pki::Certificate &certificate : container.certificates)
        file.items.append({shortNameText(certificate.subject()), certificate});
    if (!container.request.isNull()) {
        InspectedFacts facts = requestFacts(container.request);
        // The DER may hold the challenge in the clear: shown only when there is none.
        if (!container.request.hasChallengePassword()) {
            facts.text = QString::fromLatin1(container.request.toPem());
            facts.textTitle = Text::tr("PEM");
        }
        file.items.append({facts.title, facts});
    }
    for (const Pki::Crl &crl : container.crls)
        file.items.append({Text::tr("Revocation list"), crlFacts(crl)});
    if (!container.key.isNull())
        file.items.append({Text::tr("Private key"), keyFacts(container.key, canBeLocked)});

    if (container.kind == Kind::SignedData) {
        if (const auto summary = Scep::summarise(container.der)) {
            file.kind = Text::tr("SCEP message (%1)").arg(container.encoding);
            file.items.prepend({Text::tr("SCEP message"), messageFacts(*summary)});
            for (const Pki::Certificate &certificate : summary->certificates) {
                if (!file.certificates.contains(certificate)) {
                    file.certificates.append(certificate);
                    file.items.append({shortNameText(certificate.subject()), certificate});
                }
            }
        } else {
            file.items.prepend({file.kind, closedFacts(file.kind, Text::tr("Signed, but not a SCEP message."))});
        }
    }
    if (container.kind == Kind::EnvelopedData)
        file.items.append({file.kind, closedFacts(file.kind, Text::tr("Its content is encrypted and can only be read by its recipient."))});
    if (container.kind == Kind::PublicKey)
        file.items.append({file.kind, closedFacts(file.kind, Pki::Fingerprint::of(Pki::Digest::Sha256, container.der).toDisplay())});
    if (file.items.isEmpty())
        file.items.append({file.kind, closedFacts(file.kind, Text::tr("Nothing inside can be shown without the pass phrase."))});
    return file;
}

Pki::Result<InspectedFile> inspectFile(const QString &path, const Pki::SecretBytes &passphrase)
{
    Pki::Result<QByteArray> bytes = Files::readFile(path);
    if (!bytes)
        return std::unexpected(bytes.error());
    Pki::Result<InspectedFile> file = inspectBytes(QFileInfo(path).fileName(), *bytes, passphrase);
    Pki::wipe(*bytes); // it may have been a private key
    return file;
}

} // namespace Gui
