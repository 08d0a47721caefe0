// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/verb.h"

#include <cstdio>

using namespace Qt::StringLiterals;

namespace Cli {

VerbParser::VerbParser(QString name, const QString &description)
    : m_name(std::move(name))
{
    m_parser.setApplicationDescription(description);
    m_parser.setSingleDashWordOptionMode(QCommandLineParser::ParseAsLongOptions);
    m_parser.addOption({{u"h"_s, u"help"_s}, u"Show this help."_s});
    m_parser.addOption({u"json"_s, u"Print the result as one JSON document."_s});
}

void VerbParser::option(const QString &name, const QString &description, const QString &valueName, const QString &defaultValue)
{
    m_parser.addOption({name.split(u'|'), description, valueName, defaultValue});
}

void VerbParser::positional(const QString &name, const QString &description)
{
    m_parser.addPositionalArgument(name, description, name);
    m_positionalNames.append(name);
}

std::optional<int> VerbParser::parse(const QStringList &arguments, const Terminal &terminal)
{
    // The parser takes the first word for the program's name and shows it in the help.
    const bool isUnderstood = m_parser.parse(QStringList{u"scepctl "_s + m_name} + arguments);
    if (m_parser.isSet(u"help"_s)) {
        QString text = m_parser.helpText();
        // It begins with the program's path, wherever that is.
        text = u"Usage: scepctl "_s + m_name + text.mid(text.indexOf(u" [options]"_s));
        std::fputs(text.toLocal8Bit().constData(), stdout);
        return static_cast<int>(ExitCode::Done);
    }
    if (!isUnderstood)
        return terminal.usage(m_parser.errorText(), m_name);
    if (positionals().size() > m_positionalNames.size())
        return terminal.usage(u"There is one word too many: “%1”."_s.arg(positionals().last()), m_name);
    if (positionals().size() < m_positionalNames.size())
        return terminal.usage(u"%1 is missing."_s.arg(m_positionalNames.at(positionals().size())), m_name);
    return std::nullopt;
}

Pki::Result<int> numberOption(const VerbParser &parser, const QString &name, int least, int most)
{
    bool isNumber = false;
    const int number = parser.value(name).toInt(&isNumber);
    if (!isNumber || number < least || number > most)
        return Pki::failure(Pki::ErrorCode::InvalidArgument, u"--%1 takes a whole number from %2 to %3"_s.arg(name).arg(least).arg(most));
    return number;
}

} // namespace Cli
