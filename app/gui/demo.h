// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/service/labcaservice.h"
#include "models/service/service.h"

#include <QObject>
#include <QUrl>

#include <memory>

/// `scepter --demo DIR`: the Lab CA of the window's own page, added as a server, and one device enrolled there through the very Service
/// that the window uses. Run again on the same folder it uses what is there and enrolls one more device. Lives in the GUI thread.
class Demo final : public QObject
{
    Q_OBJECT

public:
    Demo(Models::Service &service, Models::LabCaService &labCa, QString folder, QObject *parent = nullptr);

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
    void labCaStarted();
    void enrollDevice(Scep::ServerId server);
    void watch(Scep::RequestId id);
    void exportFiles(Scep::RequestId id, const Scep::IssuedCertificate &issued);
    void fail(const Models::Error &error, const QString &object);

    Models::Service &m_service;
    Models::LabCaService &m_labCa;
    QString m_folder;
    std::shared_ptr<Pki::SecretBytes> m_challenge;
    bool m_isDone = false;
};
