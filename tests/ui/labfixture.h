// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/items/requestmodel.h"
#include "models/items/servermodel.h"
#include "models/service/labcaservice.h"
#include "models/service/service.h"
#include "scep/labca/httpface.h"
#include "ui/widgets/fieldnote.h"

#include <QAbstractButton>
#include <QLineEdit>
#include <QNetworkAccessManager>
#include <QTemporaryDir>
#include <QTest>

#include <memory>
#include <optional>

/// The real Service with its real network on a workspace of its own, without a server.
class ServiceFixture
{
public:
    ServiceFixture()
    {
        Models::Service::Configuration configuration;
        configuration.workspace = dir.filePath("workspace");
        configuration.makeNetwork = [](QObject *parent) { return new QNetworkAccessManager(parent); };
        configuration.makeClock = [] { return std::make_unique<Scep::SystemClock>(); };
        configuration.now = [] { return QDateTime::currentDateTimeUtc(); };
        configuration.spareKeyCount = 0;
        service = std::make_unique<Models::Service>(std::move(configuration));
        labCa = std::make_unique<Models::LabCaService>(dir.filePath("own-lab-ca"));
    }
    /// Opens the workspace without protection.
    bool open()
    {
        const QFuture<Models::Result<void>> opened = service->open();
        return wait(opened) && opened.result().has_value();
    }
    template <typename T>
    static bool wait(const QFuture<T> &future)
    {
        return QTest::qWaitFor([&] { return future.isFinished(); }, 30000) && future.resultCount() == 1;
    }

    QTemporaryDir dir;
    std::unique_ptr<Models::Service> service;
    std::unique_ptr<Models::LabCaService> labCa; ///< the window's, not started
};

/// The same with a real Lab CA on a free port of 127.0.0.1.
class LabFixture : public ServiceFixture
{
public:
    static constexpr const char *challenge = "fixture-challenge";

    explicit LabFixture(LabCa::Mode mode = LabCa::Mode::Auto)
    {
        auto opened = LabCa::Depot::openOrCreate(dir.filePath("lab-ca"));
        if (!opened)
            qFatal("fixture: %s", qPrintable(opened.error().detail));
        depot.emplace(std::move(*opened));
        LabCa::Policy policy;
        policy.mode = mode;
        policy.challenge = Pki::SecretBytes(QByteArrayView(challenge));
        authority = std::make_unique<LabCa::Authority>(*depot, std::move(policy), [] { return QDateTime::currentDateTimeUtc(); });
        face = std::make_unique<LabCa::HttpFace>(*authority);
        QObject::connect(face.get(), &LabCa::HttpFace::requestServed, face.get(),
                         [this](const LabCa::LogEntry &entry) { served.append(entry.operation); });
        if (const auto port = face->listen(); !port)
            qFatal("fixture: %s", qPrintable(port.error().detail));
    }
    /// How many enrollment messages the Lab CA saw.
    [[nodiscard]] qsizetype enrollmentMessages() const { return served.filter("PKIOperation").size(); }

    std::optional<Scep::ServerId> addServer(const QString &label)
    {
        Scep::EnrollmentServer server;
        server.label = label;
        server.url = face->url();
        server.anchor.fingerprint = depot->root().fingerprint();
        const auto added = service->addServer(server);
        if (!wait(added) || !added.result())
            return std::nullopt;
        return *added.result();
    }
    /// Enrolls one device through the service, as the wizard does.
    std::optional<Scep::IssuedCertificate> enroll(Scep::ServerId server, const QString &label)
    {
        Scep::EnrollmentRequest request;
        request.label = label;
        request.server = server;
        request.keySpec.bits = 2048;
        request.subject = Pki::DistinguishedName::fromText("CN=" + label + ", O=Lab").value();
        const auto secret = std::make_shared<Pki::SecretBytes>(QByteArrayView(challenge));
        const auto prepared = service->prepare(request, secret);
        if (!wait(prepared) || !prepared.result())
            return std::nullopt;
        const auto submitted = service->submit(*prepared.result(), secret);
        if (!wait(submitted) || !submitted.result())
            return std::nullopt;
        const Scep::RequestId id = *submitted.result();
        const auto isIssued = [&] {
            const Models::RequestRecord *record = service->requests()->record(id);
            return record != nullptr && record->current.has_value();
        };
        if (!QTest::qWaitFor(isIssued, 30000))
            return std::nullopt;
        return service->requests()->record(id)->current;
    }

    QStringList served;
    std::optional<LabCa::Depot> depot;
    std::unique_ptr<LabCa::Authority> authority;
    std::unique_ptr<LabCa::HttpFace> face;
};

// -- finding and using widgets, as a person would ------------------------------------------------------------------------------

/// The one visible or hidden widget of that name; fails the process when there is none, because nothing after it would make sense.
template <typename Widget = QWidget>
Widget *find(const QWidget *parent, const QString &objectName)
{
    auto *widget = parent->findChild<Widget *>(objectName);
    if (widget == nullptr)
        qFatal("no widget %s", qPrintable(objectName));
    return widget;
}

/// Clicks with the mouse; a disabled button stays unclicked, as for a person.
inline void click(const QWidget *parent, const QString &objectName)
{
    auto *button = find<QAbstractButton>(parent, objectName);
    // Check boxes and radio buttons react on their indicator and text, not on the empty room at their right.
    QTest::mouseClick(button, Qt::LeftButton, Qt::NoModifier, QPoint(10, button->height() / 2));
}

/// Replaces the text of a line by typing.
inline void type(const QWidget *parent, const QString &objectName, const QString &text)
{
    auto *edit = find<QLineEdit>(parent, objectName);
    edit->setFocus();
    edit->selectAll();
    QTest::keyClick(edit, Qt::Key_Delete);
    QTest::keyClicks(edit, text);
}

inline bool isEnabled(const QWidget *parent, const QString &objectName)
{
    return find(parent, objectName)->isEnabled();
}

inline Models::Severity severityOf(const QWidget *parent, const QString &objectName)
{
    return find<Gui::FieldNote>(parent, objectName)->severity();
}

inline QString noteText(const QWidget *parent, const QString &objectName)
{
    return find<Gui::FieldNote>(parent, objectName)->text();
}
