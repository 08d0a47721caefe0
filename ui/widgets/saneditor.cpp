// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/saneditor.h"

#include "models/service/errortext.h"
#include "ui/widgets/fieldnote.h"
#include "ui/widgets/helpers.h"
#include "ui/widgets/icons.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QShortcut>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace Gui {
namespace {

QString kindText(Pki::SubjectAlternativeName::Kind kind)
{
    using Kind = Pki::SubjectAlternativeName::Kind;
    switch (kind) {
    case Kind::Dns:
        return SanEditor::tr("DNS name");
    case Kind::Ip:
        return SanEditor::tr("IP address");
    case Kind::Email:
        return SanEditor::tr("e-mail");
    case Kind::Uri:
        return SanEditor::tr("URI");
    case Kind::Upn:
        return SanEditor::tr("user principal name");
    case Kind::RegisteredId:
        return SanEditor::tr("registered ID");
    case Kind::DirectoryName:
        return SanEditor::tr("directory name");
    case Kind::Other:
        break;
    }
    return SanEditor::tr("other name");
}

/// Return in the value field means Add, not Next.
class ReturnFilter final : public QObject
{
public:
    ReturnFilter(QPushButton *button, QObject *parent)
        : QObject(parent)
        , m_button(button)
    {}
    bool eventFilter(QObject *, QEvent *event) override
    {
        if (event->type() != QEvent::KeyPress)
            return false;
        const int key = static_cast<QKeyEvent *>(event)->key();
        if (key != Qt::Key_Return && key != Qt::Key_Enter)
            return false;
        m_button->click();
        return true;
    }

private:
    QPushButton *m_button;
};

} // namespace

SanEditor::SanEditor(QWidget *parent)
    : QWidget(parent)
    , m_kind(named(new QComboBox(this), u"sanKindCombo"_s, tr("Kind of name")))
    , m_value(named(new QLineEdit(this), u"sanValueEdit"_s, tr("Name to add")))
    , m_add(named(new QPushButton(icon(u"add"_s), tr("A&dd"), this), u"sanAddButton"_s, tr("Add this name")))
    , m_remove(named(new QPushButton(icon(u"minus"_s), tr("&Remove"), this), u"sanRemoveButton"_s, tr("Remove the selected name")))
    , m_entryNote(named(new FieldNote(this), u"sanEntryNote"_s, QString()))
    , m_list(named(new QListWidget(this), u"sanList"_s, tr("Alternative names")))
    , m_text(named(new QLineEdit(this), u"sanEdit"_s, tr("Alternative names as text")))
    , m_note(named(new FieldNote(this), u"sanNote"_s, QString()))
{
    using Kind = Pki::SubjectAlternativeName::Kind;
    for (const Kind kind : {Kind::Dns, Kind::Ip, Kind::Email, Kind::Uri, Kind::Upn, Kind::RegisteredId, Kind::DirectoryName})
        m_kind->addItem(kindText(kind), int(kind));
    m_value->setPlaceholderText(u"plc-7.lab.example"_s);
    m_add->setToolTip(tr("Add this name to the list (Return)"));
    m_add->setAutoDefault(false);
    m_remove->setToolTip(tr("Remove the selected name from the list (Del)"));
    m_remove->setAutoDefault(false);
    m_remove->setEnabled(false);
    m_text->setPlaceholderText(u"DNS:plc-7.lab.example, IP:192.0.2.7"_s);
    m_text->setToolTip(tr("The same names as text: DNS:, IP:, email:, URI:, UPN:, RID:, dirName:"));
    m_list->setMinimumHeight(fontMetrics().height() * 4);
    m_list->setAlternatingRowColors(true);

    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    auto *entry = new QHBoxLayout;
    entry->addWidget(m_kind);
    entry->addWidget(m_value, 1);
    entry->addWidget(m_add);
    entry->addWidget(m_remove);
    layout->addLayout(entry);
    layout->addWidget(m_entryNote);
    layout->addWidget(m_list, 1);
    auto *line = new QHBoxLayout;
    auto *label = new QLabel(tr("As &text:"), this);
    label->setBuddy(m_text);
    line->addWidget(label);
    line->addWidget(m_text, 1);
    layout->addLayout(line);
    layout->addWidget(m_note);
    m_note->setReservesSpace(true);

    m_value->installEventFilter(new ReturnFilter(m_add, this));
    connect(m_value, &QLineEdit::textChanged, m_entryNote, &FieldNote::clear);
    connect(m_kind, &QComboBox::currentIndexChanged, m_entryNote, &FieldNote::clear);
    connect(m_add, &QPushButton::clicked, this, &SanEditor::add);
    connect(m_remove, &QPushButton::clicked, this, &SanEditor::removeSelected);
    connect(new QShortcut(QKeySequence(Qt::Key_Delete), m_list, nullptr, nullptr, Qt::WidgetShortcut), &QShortcut::activated, this,
            &SanEditor::removeSelected);
    connect(m_list, &QListWidget::currentRowChanged, this, [this](int row) { m_remove->setEnabled(row >= 0); });
    connect(m_text, &QLineEdit::textChanged, this, &SanEditor::textEdited);
}

void SanEditor::setNames(const Pki::SubjectAlternativeNames &names)
{
    m_value->clear();
    m_text->setText(Pki::toText(names));
}

bool SanEditor::takePending()
{
    if (m_value->text().trimmed().isEmpty() || add())
        return true;
    m_value->setFocus();
    return false;
}

void SanEditor::textEdited()
{
    m_names.clear();
    m_list->clear();
    m_note->clear();
    m_isValid = true;
    if (!m_text->text().trimmed().isEmpty()) {
        if (const auto names = Pki::subjectAlternativeNamesFromText(m_text->text())) {
            m_names = *names;
        } else {
            m_isValid = false;
            m_note->say(Models::Severity::Bad, fieldErrorText(names.error(), tr("this list of names")));
        }
    }
    for (const Pki::SubjectAlternativeName &name : m_names)
        m_list->addItem(tr("%1: %2").arg(kindText(name.kind), name.value));
    m_remove->setEnabled(m_list->currentRow() >= 0);
    emit changed();
}

bool SanEditor::add()
{
    const QString value = m_value->text().trimmed();
    if (value.isEmpty() || !m_isValid) {
        m_entryNote->say(Models::Severity::Attention, m_isValid ? tr("Type a name first.") : tr("Correct the text below first."));
        return false;
    }
    Pki::SubjectAlternativeName name;
    name.kind = static_cast<Pki::SubjectAlternativeName::Kind>(m_kind->currentData().toInt());
    name.value = value;
    const auto checked = Pki::subjectAlternativeNamesFromText(Pki::toText(Pki::SubjectAlternativeNames{name}));
    if (!checked) {
        m_entryNote->say(Models::Severity::Bad, tr("This is not a valid %1 (%2). Correct it and add it, or clear it.")
                                                    .arg(kindText(name.kind), Models::safeText(checked.error().detail)));
        return false;
    }
    m_text->setText(Pki::toText(m_names + *checked));
    m_value->clear();
    m_value->setFocus();
    return true;
}

void SanEditor::removeSelected()
{
    const int row = m_list->currentRow();
    if (row < 0 || row >= m_names.size())
        return;
    Pki::SubjectAlternativeNames rest = m_names;
    rest.removeAt(row);
    m_text->setText(Pki::toText(rest));
}

} // namespace Gui
