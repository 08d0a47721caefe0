// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/service/service.h"
#include "scep/worker/workerthread.h"

#include <QObject>
#include <QUrl>

#include <memory>

/// `scepter --demo DIR`: a Lab CA on loopback, added as a server, and one device enrolled there through the very Service that the window
/// uses. Run again on the same folder it uses what is there and enrolls one more device. Lives in the GUI thread; the Lab CA in a thread
/// of its own, which ends with this object.
class Demo final : public QObject
{
    Q_OBJECT

public:
    Demo(Models::Service &service, QString folder, QObject *parent = nullptr);
    ~Demo() override;

    void start(); ///< when the workspace is open

    struct Outcome {
        Scep::RequestId request;
        Scep::IssuedCertificate issued;
        QStringList files;
    };

signals:
    void finished(const Demo::Outcome &outcome);
    void failed(const QString &line); ///< one sentence with the next step

private:
    void startLabCa();
    void labCaStarted(const QUrl &url, const Pki::Certificate &root);
    void enrollDevice(Scep::ServerId server);
    void watch(Scep::RequestId id);
    void exportFiles(Scep::RequestId id, const Scep::IssuedCertificate &issued);
    void fail(const Models::Error &error, const QString &object);

    Models::Service &m_service;
    QString m_folder;
    std::shared_ptr<Pki::SecretBytes> m_challenge;
    std::unique_ptr<Scep::WorkerThread> m_thread;
    bool m_isDone = false;
};
