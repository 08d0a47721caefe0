// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/widgets/nameeditor.h"

#include "models/service/errortext.h"
#include "ui/widgets/fieldnote.h"
#include "ui/widgets/helpers.h"

#include <QGridLayout>
#include <QLineEdit>
#include <QSignalBlocker>
#include <QVBoxLayout>

using namespace Qt::StringLiterals;

namespace Gui {
namespace {

QString toText(const QList<QList<Pki::NameAttribute>> &relativeNames)
{
    QStringList parts;
    for (const auto &relativeName : relativeNames) {
        QStringList attributes;
        for (const Pki::NameAttribute &attribute : relativeName)
            attributes.append(attribute.type.displayName() + u'=' + escapedNameValue(attribute.value));
        parts.append(attributes.join(u'+'));
    }
    return parts.join(u", "_s);
}

} // namespace

QString escapedNameValue(const QString &value)
{
    // RFC 4514 2.4
    QString escaped;
    for (qsizetype at = 0; at < value.size(); ++at) {
        const QChar character = value.at(at);
        const bool isEdgeSpace = character == u' ' && (at == 0 || at + 1 == value.size());
        if (QStringView(u",+\"\\<>;").contains(character) || isEdgeSpace || (at == 0 && character == u'#'))
            escaped += u'\\';
        escaped += character;
    }
    return escaped;
}

NameEditor::NameEditor(QWidget *parent)
    : QWidget(parent)
    , m_note(named(new FieldNote(this), u"subjectNote"_s, QString()))
    , m_decoded(plainLabel(QString(), this))
{
    m_decoded->setObjectName(u"subjectDecoded"_s);
    m_decoded->setWordWrap(true);
    m_decoded->setForegroundRole(QPalette::PlaceholderText);

    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    auto *grid = new QGridLayout;
    const struct {
        QString type;
        QString text;
        QString name;
        int width;
    } fields[] = {{u"CN"_s, tr("Co&mmon name (CN)"), u"commonNameEdit"_s, 3},
                  {u"O"_s, tr("&Organisation (O)"), u"organisationEdit"_s, 3},
                  {u"OU"_s, tr("&Unit (OU)"), u"unitEdit"_s, 2},
                  {u"C"_s, tr("&Country (C)"), u"countryEdit"_s, 1}};
    int column = 0;
    for (const auto &field : fields) {
        QString plainName = field.text;
        plainName.remove(u'&');
        Helper helper{field.type, named(new QLineEdit(this), field.name, plainName)};
        auto *label = new QLabel(field.text, this);
        label->setBuddy(helper.edit);
        grid->addWidget(label, 0, column);
        grid->addWidget(helper.edit, 1, column);
        grid->setColumnStretch(column, field.width);
        ++column;
        connect(helper.edit, &QLineEdit::textEdited, this, [this, helper] { helperEdited(helper); });
        m_helpers.append(helper);
    }
    m_helpers.last().edit->setMaxLength(2);
    // Made after the fields, as it stands below them: the Tab key goes in the order of making.
    m_text = named(new QLineEdit(this), u"subjectEdit"_s, tr("Subject name"));
    m_text->setPlaceholderText(u"CN=plc-7, O=Lab, C=SE"_s);
    m_text->setToolTip(tr("Comma separated attributes in the order in which they shall stand; write a comma inside a value as \\,"));
    layout->addLayout(grid);
    // What it reads as, or why it cannot be read: one place for both, so that nothing below moves.
    auto *reading = new QWidget(this);
    auto *readingLayout = new QVBoxLayout(reading);
    readingLayout->setContentsMargins(0, 0, 0, 0);
    readingLayout->addWidget(m_decoded);
    readingLayout->addWidget(m_note);
    readingLayout->addStretch(1);
    reading->setMinimumHeight(fontMetrics().lineSpacing() * 2 + 2);
    auto *rows = new QGridLayout;
    rows->setColumnStretch(1, 1);
    rows->addWidget(rowLabel(tr("Whole &subject:"), m_text), 0, 0);
    rows->addWidget(m_text, 0, 1);
    rows->addWidget(plainLabel(tr("Reads as:"), this), 1, 0, Qt::AlignTop);
    rows->addWidget(reading, 1, 1);
    layout->addLayout(rows);
    connect(m_text, &QLineEdit::textChanged, this, &NameEditor::textEdited);
    textEdited();
}

void NameEditor::setText(const QString &text)
{
    m_text->setText(text);
}

void NameEditor::textEdited()
{
    m_name = {};
    m_isValid = false;
    m_note->clear();
    if (!m_text->text().trimmed().isEmpty()) {
        if (const auto name = Pki::DistinguishedName::fromText(m_text->text())) {
            m_name = *name;
            m_isValid = !name->isEmpty();
        } else {
            m_note->say(Models::Severity::Bad, fieldErrorText(name.error(), tr("this subject")));
        }
    }
    // A half-typed country makes the whole name unreadable for a moment: the other fields keep what they show.
    if (m_isValid || m_text->text().trimmed().isEmpty())
        m_lastReadable = m_name;
    if (!m_isHelperEditing || m_isValid)
        showHelpers();
    showDecoded();
    emit changed();
}

void NameEditor::helperEdited(const Helper &helper)
{
    const QList<QList<Pki::NameAttribute>> names = m_lastReadable.relativeNames();
    const QString value = helper.edit->text().trimmed();
    qsizetype found = -1;
    for (qsizetype at = 0; at < names.size(); ++at) {
        if (names.at(at).size() == 1 && names.at(at).first().type.displayName() == helper.type)
            found = at;
    }
    QStringList parts;
    for (qsizetype at = 0; at < names.size(); ++at) {
        if (at == found && value.isEmpty())
            continue;
        parts.append(at == found ? helper.type + u'=' + escapedNameValue(value) : toText({names.at(at)}));
    }
    if (found < 0 && !value.isEmpty())
        parts.append(helper.type + u'=' + escapedNameValue(value));
    m_isHelperEditing = true;
    m_text->setText(parts.join(u", "_s));
    m_isHelperEditing = false;
}

void NameEditor::showHelpers()
{
    const bool isReadable = m_isValid || m_text->text().trimmed().isEmpty();
    for (const Helper &helper : m_helpers) {
        if (helper.edit->hasFocus())
            continue; // somebody is typing in it
        helper.edit->setEnabled(isReadable);
        QString value;
        for (const auto &relativeName : m_name.relativeNames()) {
            if (relativeName.size() == 1 && relativeName.first().type.displayName() == helper.type)
                value = relativeName.first().value;
        }
        const QSignalBlocker blocker(helper.edit);
        helper.edit->setText(value);
    }
}

bool NameEditor::isEmpty() const
{
    return m_text->text().trimmed().isEmpty();
}

void NameEditor::showDecoded()
{
    QStringList lines;
    for (const auto &relativeName : m_name.relativeNames()) {
        QStringList attributes;
        for (const Pki::NameAttribute &attribute : relativeName)
            attributes.append(u"%1 = %2"_s.arg(attribute.type.displayName(), attribute.value));
        lines.append(attributes.join(tr("  together with  ")));
    }
    m_decoded->setVisible(m_note->text().isEmpty());
    m_decoded->setText(lines.isEmpty() ? tr("nothing yet") : lines.join(u"  ›  "_s));
}

} // namespace Gui
