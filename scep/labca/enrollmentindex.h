// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/labca/depot.h"
#include "scep/labca/filestamp.h"

#include <QHash>

#include <mutex>

namespace LabCa {

/// The files of all enrollments, read once and again when they changed. Which certificate is in which file is known without reading them
/// all; what the file says is always read anew, because another process may have changed it. Thread: any one.
class EnrollmentIndex
{
public:
    explicit EnrollmentIndex(QString folder);

    /// Oldest first. Looks at every file's time and size, and reads those that changed. A damaged one is left out, and named in `damaged`
    /// with its trouble.
    [[nodiscard]] QList<Enrollment> all(QStringList *damaged = nullptr) const;
    /// Reads one file.
    [[nodiscard]] Result<std::optional<Enrollment>> find(const Scep::TransactionId &id) const;
    [[nodiscard]] Result<std::optional<Enrollment>> findBySerialNumber(const Pki::IssuerAndSerialNumber &about) const;
    /// An approved request of this key and subject whose certificate could not be issued.
    [[nodiscard]] Result<std::optional<Enrollment>> findTroubled(const RequestedCertificate &requested) const;
    /// Durably. Whoever changes an enrollment holds its slot of the depot's lock.
    Result<void> write(const Enrollment &enrollment);

private:
    struct Cached {
        FileStamp stamp;
        Enrollment enrollment;
    };
    [[nodiscard]] Result<Enrollment> read(const QString &fileName) const;
    /// Under the mutex. Returns what is wrong with the files that are damaged.
    QStringList scan() const;
    [[nodiscard]] bool mayHaveChanged() const;
    void note(const QString &fileName, const Enrollment &enrollment) const;

    QString m_folder;
    mutable std::mutex m_mutex;
    mutable QHash<QString, Cached> m_cache;
    mutable QHash<QByteArray, QString> m_bySerialNumber; ///< file names
    mutable QHash<QByteArray, QString> m_troubled;       ///< by public key
    mutable FileStamp m_scannedFolder;                   ///< the folder's at the last scan; a default one before the first
    mutable std::filesystem::file_time_type m_scannedAt = {};
};

} // namespace LabCa
