// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/demo.h"

#include "models/items/requestmodel.h"
#include "models/items/servermodel.h"
#include "models/service/errortext.h"
#include "scep/files/durablefile.h"
#include "ui/widgets/helpers.h"

#include <QDir>
#include <QPointer>

using namespace Qt::StringLiterals;

namespace {

/// Reads a secret file of the demo folder, or makes one with a random secret (0600).
Models::Result<std::shared_ptr<Pki::SecretBytes>> secretFile(const QString &path)
{
    if (!QFile::exists(path)) {
        QByteArray text = Pki::randomBytes(12).toHex();
        const auto written = Files::writeDurably(path, text + '\n', Files::FileAccess::OwnerOnly);
        Pki::wipe(text);
        if (!written)
            return std::unexpected(written.error());
    }
    auto secret = Files::readSecretFile(path);
    if (!secret)
        return std::unexpected(secret.error());
    return std::make_shared<Pki::SecretBytes>(std::move(*secret));
}

} // namespace

Demo::Demo(Models::Service &service, Models::LabCaService &labCa, QString folder, QObject *parent)
    : QObject(parent)
    , m_service(service)
    , m_labCa(labCa)
    , m_folder(std::move(folder))
{
    connect(&m_labCa, &Models::LabCaService::stateChanged, this, [this] {
        if (m_labCa.state() == Models::LabCaService::State::Running)
            labCaStarted();
    });
    connect(&m_labCa, &Models::LabCaService::failed, this, &Demo::fail);
}

void Demo::start()
{
    Models::LabCaSettings settings;
    settings.mode = LabCa::Mode::Auto;
    m_labCa.setSettings(settings);
    m_labCa.start();
}

void Demo::labCaStarted()
{
    const Models::LabCaIdentity &identity = *m_labCa.identity();
    m_challenge = std::make_shared<Pki::SecretBytes>(identity.challenge->clone());
    const QString label = u"lab"_s;
    Models::ServerModel *servers = m_service.servers();
    const Models::ServerRecord *known = nullptr;
    for (int row = 0; row < servers->rowCount(); ++row) {
        const Models::ServerRecord *record = servers->record(servers->index(row, 0));
        if (record != nullptr && record->server.label == label)
            known = record;
    }
    Scep::EnrollmentServer server = known != nullptr ? known->server : Scep::EnrollmentServer();
    server.label = label;
    server.description = tr("Lab CA of the demo, on this computer");
    server.url = identity.url; // the port is another one at every start
    server.anchor = {};
    server.anchor.fingerprint = identity.root.fingerprint(Pki::Digest::Sha256);
    if (known != nullptr) {
        Gui::whenDone(m_service.updateServer(server, known->extras), this, [this, id = server.id](const Models::Result<void> &result) {
            if (result)
                enrollDevice(id);
            else
                fail(result.error(), u"server lab"_s);
        });
        return;
    }
    Gui::whenDone(m_service.addServer(server), this, [this](const Models::Result<Scep::ServerId> &id) {
        if (id)
            enrollDevice(*id);
        else
            fail(id.error(), u"server lab"_s);
    });
}

void Demo::enrollDevice(Scep::ServerId server)
{
    const auto isTaken = [this](const QString &label) {
        const Models::RequestModel *requests = m_service.requests();
        for (int row = 0; row < requests->rowCount(); ++row) {
            const Models::RequestRecord *record = requests->record(requests->index(row, 0));
            if (record != nullptr && record->request.label == label)
                return true;
        }
        return false;
    };
    int number = 1;
    while (isTaken(u"demo-plc-%1"_s.arg(number)))
        ++number;

    Scep::EnrollmentRequest request;
    request.label = u"demo-plc-%1"_s.arg(number);
    request.server = server;
    const auto subject = Pki::DistinguishedName::fromText(u"CN=%1, O=Scepter Demo"_s.arg(request.label));
    const auto names =
        Pki::subjectAlternativeNamesFromText(u"DNS:%1.lab.example, IP:192.0.2.%2"_s.arg(request.label).arg(number % 250 + 1));
    if (!subject || !names) {
        fail(!subject ? subject.error() : names.error(), u"request %1"_s.arg(request.label));
        return;
    }
    request.subject = *subject;
    request.subjectAlternativeNames = *names;
    const QString object = u"request %1"_s.arg(request.label);
    Gui::whenDone(m_service.prepare(request, m_challenge), this, [this, object](const Models::Result<Models::PreparedRequest> &prepared) {
        if (!prepared) {
            fail(prepared.error(), object);
            return;
        }
        Gui::whenDone(m_service.submit(*prepared, m_challenge), this, [this, object](const Models::Result<Scep::RequestId> &id) {
            if (id)
                watch(*id);
            else
                fail(id.error(), object);
        });
    });
}

void Demo::watch(Scep::RequestId id)
{
    const auto look = [this, id] {
        const Models::RequestRecord *record = m_service.requests()->record(id);
        if (record == nullptr || m_isDone)
            return;
        if (record->current) {
            m_isDone = true;
            exportFiles(id, *record->current);
        } else if (record->transaction.state == Scep::TransactionStatus::State::Rejected) {
            m_isDone = true;
            emit failed(Models::explain(record->transaction, u"request %1"_s.arg(record->request.label)).oneLine());
        }
    };
    connect(&m_service, &Models::Service::certificateIssued, this, look);
    connect(m_service.requests(), &QAbstractItemModel::dataChanged, this, look);
    look();
}

void Demo::exportFiles(Scep::RequestId id, const Scep::IssuedCertificate &issued)
{
    const QString passphraseFile = QDir(m_folder).filePath(u"key-passphrase.txt"_s);
    const QString target = QDir(m_folder).filePath(u"certificates"_s);
    auto passphrase = secretFile(passphraseFile);
    if (!passphrase) {
        fail(passphrase.error(), passphraseFile);
        return;
    }
    if (!QDir().mkpath(target)) {
        fail({Models::ErrorCode::FileNotWritable, target}, target);
        return;
    }
    Gui::whenDone(m_service.exportPem(issued.id, target, *passphrase), this,
                  [this, id, issued, target](const Models::Result<QStringList> &files) {
                      if (files)
                          emit finished({id, issued, *files});
                      else
                          fail(files.error(), target);
                  });
}

void Demo::fail(const Models::Error &error, const QString &object)
{
    emit failed(Models::explain(error, object).oneLine());
}
