// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/containerfile.h"

#include "scep/files/durablefile.h"
#include "ui/widgets/helpers.h"

#include <QCoreApplication>
#include <QFileInfo>
#include <QPointer>

namespace Gui {
namespace {

struct ContainerFile {
    Q_DECLARE_TR_FUNCTIONS(Gui::ContainerFile)

public:
    using Taker = std::function<void(const Pki::Result<Pki::Container> &)>;

    QPointer<QWidget> context;
    Prompter &prompter;
    QString path;
    bool wantsKey = false;
    Taker taker;

    void read(const SharedSecret &passphrase) const;
    void askPassphrase(const QString &error) const;
};

void ContainerFile::read(const SharedSecret &passphrase) const
{
    if (!context)
        return;
    whenDone(runInPool([path = path, passphrase]() -> Pki::Result<Pki::Container> {
                 auto bytes = Files::readFile(path);
                 if (!bytes)
                     return std::unexpected(bytes.error());
                 const Pki::SecretBytes none;
                 auto file = Pki::readContainer(*bytes, passphrase ? *passphrase : none);
                 Pki::wipe(*bytes);
                 return file;
             }),
             context.data(), [self = *this, passphrase](const Pki::Result<Pki::Container> &file) {
                 using Kind = Pki::Container::Kind;
                 const bool isLocked =
                     file && file->key.isNull() &&
                     ((file->kind == Kind::Pkcs12 && file->certificates.isEmpty()) || file->kind == Kind::EncryptedPrivateKey);
                 const bool mayHoldLockedKey = file && file->key.isNull() && file->kind == Kind::Mixed && self.wantsKey && !passphrase;
                 if (isLocked || mayHoldLockedKey)
                     self.askPassphrase(passphrase ? tr("This pass phrase does not fit. Try again.") : QString());
                 else
                     self.taker(file);
             });
}

void ContainerFile::askPassphrase(const QString &error) const
{
    prompter.askSecret(context->window(),
                       {.title = tr("Open %1").arg(QFileInfo(path).fileName()),
                        .text = tr("The file is protected. Its pass phrase is used once and not kept."),
                        .field = tr("Pass phrase"),
                        .error = error,
                        .isOptional = false},
                       [self = *this](const SharedSecret &passphrase) { self.read(passphrase); });
}

} // namespace

void readContainerFile(QWidget *context, Prompter &prompter, const QString &path, bool wantsKey,
                       std::function<void(const Pki::Result<Pki::Container> &)> taker)
{
    ContainerFile{context, prompter, path, wantsKey, std::move(taker)}.read(nullptr);
}

} // namespace Gui
