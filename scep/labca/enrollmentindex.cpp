// SPDX-License-Identifier: GPL-3.0-or-later
#include "scep/labca/enrollmentindex.h"

#include "scep/files/durablefile.h"
#include "scep/labca/enrollmentfile.h"

#include <QDir>
#include <QSet>

#include <algorithm>
#include <chrono>

namespace LabCa {

using namespace Qt::StringLiterals;

namespace {

constexpr qint64 maxEnrollmentBytes = 1024 * 1024;
/// A file system's clock may stand still for this long: a change right after a scan might not show in the folder's time.
constexpr std::chrono::milliseconds coarseness{50};

bool isTroubled(const Enrollment &enrollment)
{
    return enrollment.state == Enrollment::State::Approved && !enrollment.issuingTrouble.isEmpty();
}

} // namespace

EnrollmentIndex::EnrollmentIndex(QString folder)
    : m_folder(std::move(folder))
{}

Result<Enrollment> EnrollmentIndex::read(const QString &fileName) const
{
    const QString path = m_folder + u'/' + fileName;
    const auto bytes = Files::readFile(path, maxEnrollmentBytes);
    if (!bytes)
        return std::unexpected(bytes.error());
    auto enrollment = enrollmentFromJson(*bytes);
    if (!enrollment)
        return failure(enrollment.error().code, u"%1: %2"_s.arg(QDir::toNativeSeparators(path), enrollment.error().detail));
    return enrollment;
}

void EnrollmentIndex::note(const QString &fileName, const Enrollment &enrollment) const
{
    if (!enrollment.certificate.isNull())
        m_bySerialNumber.insert(enrollment.certificate.serialNumber().bytes(), fileName);
    const QByteArray key = enrollment.requested.publicKey.der();
    if (isTroubled(enrollment))
        m_troubled.insert(key, fileName);
    else if (m_troubled.value(key) == fileName)
        m_troubled.remove(key);
}

bool EnrollmentIndex::mayHaveChanged() const
{
    const FileStamp now = fileStamp(m_folder);
    return m_scannedFolder == FileStamp() || now != m_scannedFolder || m_scannedAt - now.time < coarseness;
}

QStringList EnrollmentIndex::scan() const
{
    const auto begun = std::filesystem::file_time_type::clock::now();
    const FileStamp folder = fileStamp(m_folder);
    const QStringList names = QDir(m_folder).entryList({u"*.json"_s}, QDir::Files, QDir::NoSort);
    QStringList damaged;
    for (const QString &name : names) {
        const FileStamp stamp = fileStamp(m_folder + u'/' + name);
        const auto cached = m_cache.constFind(name);
        if (cached != m_cache.cend() && cached->stamp == stamp)
            continue;
        auto enrollment = read(name);
        if (!enrollment) {
            // The others are none the worse for it.
            m_cache.remove(name);
            if (enrollment.error().code != ErrorCode::FileNotFound) // gone meanwhile
                damaged.append(enrollment.error().detail);
            continue;
        }
        note(name, *enrollment);
        m_cache.insert(name, {stamp, std::move(*enrollment)});
    }
    if (m_cache.size() > names.size()) {
        // Somebody tidied up by hand.
        const QSet<QString> present(names.cbegin(), names.cend());
        m_cache.removeIf([&](QHash<QString, Cached>::iterator it) { return !present.contains(it.key()); });
    }
    m_scannedFolder = folder;
    m_scannedAt = begun;
    return damaged;
}

QList<Enrollment> EnrollmentIndex::all(QStringList *damaged) const
{
    QList<Enrollment> list;
    {
        const std::lock_guard lock(m_mutex);
        const QStringList trouble = scan();
        if (damaged != nullptr)
            *damaged += trouble;
        list.reserve(m_cache.size());
        for (const Cached &cached : std::as_const(m_cache))
            list.append(cached.enrollment);
    }
    std::sort(list.begin(), list.end(), [](const Enrollment &a, const Enrollment &b) {
        return a.receivedAt != b.receivedAt ? a.receivedAt < b.receivedAt : a.transactionId.toText() < b.transactionId.toText();
    });
    return list;
}

Result<std::optional<Enrollment>> EnrollmentIndex::find(const Scep::TransactionId &id) const
{
    auto enrollment = read(enrollmentFileName(id));
    if (!enrollment) {
        if (enrollment.error().code == ErrorCode::FileNotFound)
            return std::optional<Enrollment>();
        return std::unexpected(enrollment.error());
    }
    return std::optional<Enrollment>(std::move(*enrollment));
}

Result<std::optional<Enrollment>> EnrollmentIndex::findBySerialNumber(const Pki::IssuerAndSerialNumber &about) const
{
    const auto inIndex = [&]() -> Result<std::optional<Enrollment>> {
        QString fileName;
        {
            const std::lock_guard lock(m_mutex);
            fileName = m_bySerialNumber.value(about.serialNumber.bytes());
        }
        if (fileName.isEmpty())
            return std::optional<Enrollment>();
        auto enrollment = read(fileName);
        if (!enrollment && enrollment.error().code != ErrorCode::FileNotFound)
            return std::unexpected(enrollment.error());
        if (!enrollment || enrollment->certificate.isNull() || enrollment->certificate.serialNumber() != about.serialNumber ||
            !Pki::matches(enrollment->certificate.issuer(), about.issuer))
            return std::optional<Enrollment>(); // it moved
        return std::optional<Enrollment>(std::move(*enrollment));
    };
    const auto known = inIndex();
    if (!known || known->has_value())
        return known;
    {
        // Another process may have issued it.
        const std::lock_guard lock(m_mutex);
        if (!mayHaveChanged())
            return known;
        scan(); // a damaged file is told by all(); the others are looked through
    }
    return inIndex();
}

Result<std::optional<Enrollment>> EnrollmentIndex::findTroubled(const RequestedCertificate &requested) const
{
    QString fileName;
    {
        const std::lock_guard lock(m_mutex);
        if (m_scannedFolder == FileStamp())
            scan();
        fileName = m_troubled.value(requested.publicKey.der());
    }
    if (fileName.isEmpty())
        return std::optional<Enrollment>();
    auto enrollment = read(fileName);
    if (!enrollment)
        return std::unexpected(enrollment.error());
    if (!isTroubled(*enrollment) || !Pki::matches(enrollment->requested.subject, requested.subject))
        return std::optional<Enrollment>();
    return std::optional<Enrollment>(std::move(*enrollment));
}

Result<void> EnrollmentIndex::write(const Enrollment &enrollment)
{
    const auto json = enrollmentToJson(enrollment);
    if (!json)
        return std::unexpected(json.error());
    const QString fileName = enrollmentFileName(enrollment.transactionId);
    if (const auto written = Files::writeDurably(m_folder + u'/' + fileName, *json, Files::FileAccess::OwnerOnly); !written)
        return written;
    const std::lock_guard lock(m_mutex);
    // The list is read from the file at its next showing: its time is not known here without a second look.
    m_cache.remove(fileName);
    note(fileName, enrollment);
    return {};
}

} // namespace LabCa
