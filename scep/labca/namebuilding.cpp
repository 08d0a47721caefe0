// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/labca/namebuilding.h"

namespace LabCa {

using namespace Qt::StringLiterals;
using Pki::DistinguishedName;
using Pki::ErrorCode;
using Pki::failure;
using Pki::NameAttribute;
using Pki::Oid;
using Pki::Result;

namespace {

bool isCommonName(const NameAttribute &attribute)
{
    return attribute.type == Oid::literal("2.5.4.3");
}

} // namespace

QString escapedNameValue(QStringView text)
{
    QString escaped;
    for (qsizetype i = 0; i < text.size(); ++i) {
        const QChar character = text[i];
        const bool isEdge = i == 0 || i + 1 == text.size();
        if (u",+\"\\<>;=#"_s.contains(character) || (isEdge && character == u' '))
            escaped += u'\\';
        escaped += character;
    }
    return escaped;
}

Result<DistinguishedName> nameOf(const RelativeNames &parts)
{
    QStringList names;
    for (const QList<NameAttribute> &part : parts) {
        QStringList attributes;
        for (const NameAttribute &attribute : part)
            attributes.append(u"%1=%2"_s.arg(attribute.type.toText(), escapedNameValue(attribute.value)));
        names.append(attributes.join(u'+'));
    }
    return DistinguishedName::fromText(names.join(u','));
}

Result<DistinguishedName> withCommonNameSuffix(const DistinguishedName &name, const QString &suffix)
{
    RelativeNames parts = name.relativeNames();
    for (qsizetype i = parts.size() - 1; i >= 0; --i) {
        for (NameAttribute &attribute : parts[i]) {
            if (isCommonName(attribute)) {
                attribute.value += u' ' + suffix;
                return nameOf(parts);
            }
        }
    }
    parts.append({{Oid::literal("2.5.4.3"), suffix}});
    return nameOf(parts);
}

Result<Oid> attributeTypeFromText(const QString &type)
{
    // A two-letter value is right for every type, also for a country.
    const auto name = DistinguishedName::fromText(type.trimmed() + "=XX"_L1);
    if (!name || name->relativeNames().size() != 1 || name->relativeNames().first().size() != 1)
        return failure(ErrorCode::InvalidDistinguishedName, u"\"%1\" is no attribute of a name"_s.arg(type));
    return name->relativeNames().first().first().type;
}

} // namespace LabCa
