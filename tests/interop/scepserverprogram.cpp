// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/interop/scepserverprogram.h"

#include <QTcpServer>
#include <QTcpSocket>
#include <QTest>

namespace {

quint16 freePort()
{
    QTcpServer server;
    if (!server.listen(QHostAddress::LocalHost))
        qFatal("no free port");
    return server.serverPort();
}

} // namespace

ScepServerProgram::ScepServerProgram(const QString &folder)
    : m_maker("scepserver", "scep", folder)
    , m_server("scepserver", "scep", folder)
{}

bool ScepServerProgram::start()
{
    if (m_maker.run({"ca", "-init", "-depot", "depot", "-keySize", "2048"}) != 0) {
        m_complaint = m_maker.everything();
        return false;
    }
    for (int attempt = 0; attempt < 3; ++attempt) {
        const quint16 port = freePort();
        if (!m_server.start({"-depot", "depot", "-port", QString::number(port), "-challenge", challenge(), "-allowrenew", "0"})) {
            m_complaint = m_server.errors();
            return false;
        }
        const bool isUp = QTest::qWaitFor(
            [&] {
                QTcpSocket socket;
                socket.connectToHost(QHostAddress::LocalHost, port);
                return !m_server.isRunning() || socket.waitForConnected(200);
            },
            20'000);
        if (isUp && m_server.isRunning()) {
            m_url = QUrl(QString("http://127.0.0.1:%1/scep").arg(port));
            return true;
        }
        m_server.waitForEnd(std::chrono::seconds(1));
        m_complaint = m_server.everything();
    }
    return false;
}
