// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/pki/oid.h"

#include "scep/pki/opensslhandles.h"

#include <QStringList>

#include <algorithm>

namespace Pki {

using namespace Qt::StringLiterals;

namespace {

/// Longer ones are somebody's experiment; a UUID arc (2.25.x) has 39 digits.
constexpr qsizetype maxArcDigits = 40;
constexpr qsizetype maxLength = 250;

bool isArc(QStringView arc)
{
    return !arc.isEmpty() && arc.size() <= maxArcDigits && std::ranges::all_of(arc, [](QChar c) { return c >= u'0' && c <= u'9'; }) &&
           (arc.size() == 1 || arc[0] != u'0');
}

} // namespace

Result<Oid> Oid::fromText(const QString &dotted)
{
    const auto refuse = [&dotted](const QString &why) {
        return failure(ErrorCode::InvalidObjectIdentifier, u"\"%1\": %2"_s.arg(Detail::displayText(dotted.left(80)), why));
    };
    if (dotted.size() > maxLength)
        return refuse(u"too long"_s);
    const auto arcs = QStringView(dotted).split(u'.');
    if (arcs.size() < 2)
        return refuse(u"at least two numbers separated by a dot expected"_s);
    if (!std::ranges::all_of(arcs, isArc))
        return refuse(u"numbers without leading zeros expected"_s);
    if (arcs[0].size() > 1 || arcs[0][0] > u'2')
        return refuse(u"the first number is 0, 1 or 2"_s);
    // X.660: below 0 and 1 there are 40 arcs; the encoding 40*first+second cannot hold more.
    if (arcs[0][0] != u'2' && (arcs[1].size() > 2 || arcs[1].toInt() > 39))
        return refuse(u"the second number is at most 39"_s);
    return Oid(dotted);
}

Oid Oid::literal(const char *dotted)
{
    const auto oid = fromText(QString::fromLatin1(dotted));
    if (!oid)
        qFatal("not an object identifier: %s", dotted);
    return *oid;
}

QString Oid::displayName() const
{
    if (isEmpty())
        return {};
    const Detail::Asn1ObjectPtr object = Detail::toObject(*this);
    const int nid = object != nullptr ? OBJ_obj2nid(object.get()) : NID_undef;
    return nid != NID_undef ? QString::fromLatin1(OBJ_nid2sn(nid)) : m_dotted;
}

QDebug operator<<(QDebug debug, const Oid &oid)
{
    const QDebugStateSaver saver(debug);
    debug.nospace().noquote() << "Oid(" << oid.toText() << ')';
    return debug;
}

} // namespace Pki
