// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/dialogs/aboutdialog.h"

#include "scep/pki/cryptolibrary.h"
#include "ui/widgets/copyfield.h"
#include "ui/widgets/fieldnote.h"
#include "ui/widgets/helpers.h"
#include "ui/widgets/icons.h"

#include <QDialogButtonBox>
#include <QHBoxLayout>
#include <QPushButton>
#include <QSysInfo>

using namespace Qt::StringLiterals;

namespace Gui {

AboutDialog::AboutDialog(QWidget *parent)
    : QDialog(parent)
{
    setObjectName(u"aboutDialog"_s);
    setWindowTitle(tr("About Scepter"));
    auto *layout = new QVBoxLayout(this);
    layout->setSpacing(12);
    auto *head = new QHBoxLayout;
    head->setSpacing(16);
    auto *picture = new QLabel(this);
    picture->setPixmap(applicationIcon().pixmap(QSize(64, 64), devicePixelRatioF()));
    head->addWidget(picture, 0, Qt::AlignTop);
    auto *texts = new QVBoxLayout;
    texts->addWidget(headingLabel(tr("Scepter %1").arg(QStringLiteral(SCEPTER_VERSION)), this));
    QLabel *what =
        plainLabel(tr("Enrolls lab devices for X.509 certificates over SCEP (RFC 8894) and keeps them renewed. Free software under "
                      "the GNU General Public License, version 3 or later, without any warranty."),
                   this);
    what->setWordWrap(true);
    what->setMinimumWidth(fontMetrics().averageCharWidth() * 56);
    texts->addWidget(what);
    head->addLayout(texts, 1);
    layout->addLayout(head);

    auto *versions = new CopyField(tr("versions"), u"versions"_s, this);
    layout->addWidget(versions);
    auto *note = new FieldNote(this);
    layout->addWidget(note);
    // Looking for the legacy provider loads a library: not on the GUI thread.
    whenDone(runInPool([] { return Pki::cryptoLibrary(); }), this, [versions, note](const Pki::CryptoLibrary &library) {
        const QString text =
            tr("Scepter %1\nQt %2 (built with %3)\n%4\nlegacy algorithms: %5\n%6")
                .arg(QStringLiteral(SCEPTER_VERSION), QString::fromLatin1(qVersion()), QStringLiteral(QT_VERSION_STR), library.version,
                     library.hasLegacyProvider ? tr("available") : tr("not available"), QSysInfo::prettyProductName());
        versions->setValue(text, text);
        if (!library.isPatched)
            note->say(Models::Severity::Attention, tr("This OpenSSL has known flaws. Install your system's updates."));
    });
    layout->addStretch(1);
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    buttons->button(QDialogButtonBox::Close)->setObjectName(u"aboutClose"_s);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    layout->addWidget(buttons);
}

} // namespace Gui
