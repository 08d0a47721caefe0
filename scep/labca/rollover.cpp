// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/labca/rollover.h"

#include "scep/files/durablefile.h"

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

namespace LabCa {

using namespace Qt::StringLiterals;

namespace {

constexpr qint64 maxFileBytes = 256 * 1024;

QString planPath(const QString &folder)
{
    return inFolder(folder, u"switching.json"_s);
}

QString schedulePath(const QString &folder)
{
    return inFolder(folder, u"schedule.json"_s);
}

std::unexpected<Error> noNext(const QString &folder)
{
    return failure(ErrorCode::InvalidArgument, u"no next issuing CA was made in %1"_s.arg(QDir::toNativeSeparators(folder)));
}

/// The files of a generation: the issuing CA's certificate last, because a generation counts by it.
QList<std::pair<QString, QString>> pairs(const QString &folder, Generation from, Generation to)
{
    QList<std::pair<QString, QString>> files;
    for (const CaPart part : {CaPart::Root, CaPart::Ra, CaPart::RaSigning, CaPart::RaEncryption, CaPart::Issuing}) {
        if (QFile::exists(inFolder(folder, keyFile(from, part))))
            files.append({keyFile(from, part), keyFile(to, part)});
        if (QFile::exists(inFolder(folder, certificateFile(from, part))))
            files.append({certificateFile(from, part), certificateFile(to, part)});
    }
    return files;
}

/// The next free one, or the last if an interrupted switch has copied the current CA already.
int numberToRetire(const QString &folder)
{
    const int count = retiredCount(folder);
    if (count == 0)
        return 1;
    const auto last = readCertificateFile(inFolder(folder, certificateFile(Generation::retired(count), CaPart::Issuing)));
    const auto current = readCertificateFile(inFolder(folder, certificateFile(Generation::current(), CaPart::Issuing)));
    return last && current && *last == *current ? count : count + 1;
}

Result<void> copy(const QString &folder, const QString &from, const QString &to, const FileSteps &steps)
{
    auto bytes = Files::readFile(inFolder(folder, from), maxFileBytes);
    if (!bytes)
        return std::unexpected(bytes.error());
    return steps.write({inFolder(folder, to), *bytes, to.endsWith(".key.pem"_L1)});
}

/// Earlier versions copied key and certificate of the issuing CA without a plan. Between the two they do not belong together.
Result<void> finishSwitchWithoutPlan(const QString &folder, const KeyProtection &protection, const FileSteps &steps)
{
    if (!hasNextCa(folder))
        return {};
    const auto next = readCertificateFile(inFolder(folder, certificateFile(Generation::next(), CaPart::Issuing)));
    const auto issuing = readCertificateFile(inFolder(folder, certificateFile(Generation::current(), CaPart::Issuing)));
    if (!next || !issuing)
        return {};
    if (*next != *issuing) {
        const auto key = protection.read(inFolder(folder, keyFile(Generation::current(), CaPart::Issuing)));
        if (!key || Pki::belongTogether(*key, *issuing) || !Pki::belongTogether(*key, *next))
            return {};
        if (const auto written =
                steps.write({inFolder(folder, certificateFile(Generation::current(), CaPart::Issuing)), next->toPem(), false});
            !written)
            return written;
    }
    // The certificate last: by it the generation counts.
    for (const QString &file : {keyFile(Generation::next(), CaPart::Issuing), certificateFile(Generation::next(), CaPart::Issuing)}) {
        if (const auto removed = steps.remove(inFolder(folder, file)); !removed)
            return removed;
    }
    return {};
}

} // namespace

FileSteps FileSteps::durable()
{
    return {.write =
                [](const Write &file) {
                    return Files::writeDurably(file.path, file.bytes,
                                               file.isSecret ? Files::FileAccess::OwnerOnly : Files::FileAccess::Readable);
                },
            .remove = &Files::removeFile};
}

bool isSwitchUnfinished(const QString &folder)
{
    return QFile::exists(planPath(folder));
}

Result<void> switchToNext(const QString &folder, const FileSteps &steps)
{
    if (!hasNextCa(folder))
        return noNext(folder);
    const Generation retired = Generation::retired(numberToRetire(folder));
    const bool hasNewRoot = QFile::exists(inFolder(folder, certificateFile(Generation::next(), CaPart::Root)));
    const auto former = pairs(folder, Generation::current(), retired);
    for (const auto &[from, to] : former) {
        const bool isRoot = to.startsWith(certificateFile(retired, CaPart::Root).chopped(4));
        if (isRoot && !hasNewRoot)
            continue;
        if (const auto copied = copy(folder, from, to, steps); !copied)
            return copied;
    }
    QJsonArray moves;
    const auto next = pairs(folder, Generation::next(), Generation::current());
    for (const auto &[from, to] : next)
        moves.append(QJsonArray{from, to});
    const QJsonObject plan{{u"version"_s, 1}, {u"moves"_s, moves}};
    if (const auto written = steps.write({planPath(folder), QJsonDocument(plan).toJson(), false}); !written)
        return written;
    return finishSwitch(folder, {}, steps);
}

Result<void> finishSwitch(const QString &folder, const KeyProtection &protection, const FileSteps &steps)
{
    if (!isSwitchUnfinished(folder))
        return finishSwitchWithoutPlan(folder, protection, steps);
    const auto bytes = Files::readFile(planPath(folder), maxFileBytes);
    if (!bytes)
        return std::unexpected(bytes.error());
    const QJsonObject plan = QJsonDocument::fromJson(*bytes).object();
    const QJsonArray moves = plan.value(u"moves"_s).toArray();
    if (plan.value(u"version"_s).toInt() != 1 || moves.isEmpty())
        return failure(ErrorCode::Malformed, QDir::toNativeSeparators(planPath(folder)));
    // All are copied before the first goes: whatever is missing among the next ones has been copied.
    for (const auto &move : moves) {
        const QString from = move.toArray().at(0).toString();
        if (!QFile::exists(inFolder(folder, from)))
            continue;
        if (const auto copied = copy(folder, from, move.toArray().at(1).toString(), steps); !copied)
            return copied;
    }
    QStringList over{schedulePath(folder)};
    for (const auto &move : moves)
        over.append(inFolder(folder, move.toArray().at(0).toString()));
    over.append(planPath(folder));
    for (const QString &path : std::as_const(over)) {
        if (const auto removed = steps.remove(path); !removed)
            return removed;
    }
    return {};
}

Result<void> scheduleSwitch(const QString &folder, const QDateTime &at)
{
    if (!hasNextCa(folder))
        return noNext(folder);
    if (!at.isValid())
        return Files::removeFile(schedulePath(folder));
    const QJsonObject object{{u"switchAt"_s, at.toUTC().toString(Qt::ISODate)}};
    return Files::writeDurably(schedulePath(folder), QJsonDocument(object).toJson(), Files::FileAccess::Readable);
}

QDateTime scheduledSwitch(const QString &folder)
{
    const auto bytes = Files::readFile(schedulePath(folder), maxFileBytes);
    if (!bytes)
        return {};
    return QDateTime::fromString(QJsonDocument::fromJson(*bytes).object().value(u"switchAt"_s).toString(), Qt::ISODate).toUTC();
}

} // namespace LabCa
