// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/pki/error.h"

#include <QObject>

namespace Scep {

/// Whether the storage takes what it is given. While it does not (a full disk, a medium that became read-only) nothing is sent, since its
/// answer could not be kept; the first write that works lets everybody go on. Lives in the engine's thread.
class StoreHealth final : public QObject
{
    Q_OBJECT

public:
    using QObject::QObject;

    /// A locked vault is no sick storage, nor is one record that cannot be read: it says so itself, and other work goes on.
    void failed(const Pki::Error &error);
    void worked();
    [[nodiscard]] bool isGood() const { return m_isGood; }

signals:
    void recovered(); ///< from the event loop

private:
    bool m_isGood = true;
};

} // namespace Scep
