// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/records/label.h"

using namespace Qt::StringLiterals;
using Pki::failure;

namespace Models {

namespace {

bool isVisible(char32_t character)
{
    // Format characters that spelling needs in some scripts: zero width non-joiner and joiner.
    if (character == 0x200c || character == 0x200d)
        return true;
    const QChar::Category category = QChar::category(character);
    return QChar::isPrint(character) && category != QChar::Separator_Line && category != QChar::Separator_Paragraph;
}

} // namespace

Result<void> checkLabel(const QString &label)
{
    if (label.trimmed().isEmpty())
        return failure(ErrorCode::InvalidArgument, u"a label has at least one character"_s);
    if (!label.isValidUtf16())
        return failure(ErrorCode::InvalidArgument, u"the label is no text: it holds half a character"_s);
    const QList<uint> characters = label.toUcs4();
    if (characters.size() > longestLabel)
        return failure(ErrorCode::InvalidArgument,
                       u"a label has %1 characters at most, this one has %2"_s.arg(longestLabel).arg(characters.size()));
    for (const char32_t character : characters) {
        if (!isVisible(character))
            return failure(ErrorCode::InvalidArgument, u"the label holds the invisible character U+%1"_s.arg(
                                                           QString::number(character, 16).toUpper().rightJustified(4, u'0')));
    }
    if (label.trimmed() != label)
        return failure(ErrorCode::InvalidArgument, u"the label “%1” begins or ends with a blank"_s.arg(label));
    return {};
}

} // namespace Models
