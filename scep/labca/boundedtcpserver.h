// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QTcpServer>

namespace LabCa {

/// Hands out connections on which a request that is too large is answered with 413 and dropped while it arrives. QHttpServer has no such
/// limit: it would collect any body in memory before a handler sees it.
class BoundedTcpServer final : public QTcpServer
{
    Q_OBJECT

public:
    explicit BoundedTcpServer(qint64 maxBodyBytes, QObject *parent = nullptr);

protected:
    void incomingConnection(qintptr descriptor) override;

private:
    qint64 m_maxBodyBytes;
};

} // namespace LabCa
