// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/keptsecretedit.h"

#include "ui/widgets/helpers.h"
#include "ui/widgets/secretedit.h"

#include <QHBoxLayout>
#include <QPushButton>

using namespace Qt::StringLiterals;

namespace Gui {

KeptSecretEdit::KeptSecretEdit(const QString &objectName, const QString &name, QWidget *parent)
    : QWidget(parent)
    , m_line(named(new SecretEdit(this), objectName, name))
    , m_forget(named(new QPushButton(tr("Forget"), this), objectName + u"Forget"_s, tr("Forget: %1").arg(name)))
{
    m_line->setMinimumWidth(m_line->fontMetrics().averageCharWidth() * 36);
    m_forget->setToolTip(tr("None is kept from now on"));
    m_forget->setAutoDefault(false);
    auto *layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(4);
    layout->addWidget(m_line, 1);
    layout->addWidget(m_forget);
    setFocusProxy(m_line);
    connect(m_line, &QLineEdit::textChanged, this, [this](const QString &typed) {
        if (!typed.isEmpty())
            m_forgets = false;
        showState();
        emit changed();
    });
    connect(m_forget, &QPushButton::clicked, this, [this] {
        m_line->setFocus(Qt::OtherFocusReason); // the button goes away
        m_forgets = true;
        m_line->clear();
        showState();
        emit changed();
    });
    showState();
}

void KeptSecretEdit::setKept(bool isKept)
{
    m_isKept = isKept;
    m_forgets = false;
    m_line->wipe();
    showState();
}

SharedSecret KeptSecretEdit::secret() const
{
    if (SharedSecret typed = m_line->secret())
        return typed;
    return m_forgets ? std::make_shared<Pki::SecretBytes>() : nullptr;
}

bool KeptSecretEdit::hasOne() const
{
    return isKept() || !m_line->text().isEmpty();
}

void KeptSecretEdit::showState()
{
    m_line->setPlaceholderText(isKept() ? tr("one is kept; type to replace it") : m_isKept ? tr("goes with “Save”") : tr("none is kept"));
    m_forget->setVisible(isKept());
}

} // namespace Gui
