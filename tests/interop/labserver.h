// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/labca/httpface.h"
#include "tests/support/opensslprogram.h"
#include "tests/support/testca.h"

#include <algorithm>

/// A Lab CA on a free port of 127.0.0.1, with the files that foreign programs need beside it.
class LabServer
{
public:
    static QByteArray challenge() { return "open-sesame"; }

    explicit LabServer(LabCa::Mode mode, const LabCa::Personality &personality = {})
        : m_depot(TestSupport::must(LabCa::Depot::openOrCreate(openssl.path("ca"))))
        , m_authority(m_depot, policy(mode, personality))
        , m_face(m_authority)
    {
        QObject::connect(&m_face, &LabCa::HttpFace::requestServed, &m_face, [this](const LabCa::LogEntry &entry) { log.append(entry); });
        url = TestSupport::must(m_face.listen()) > 0 ? m_face.url().toString() : QString();
        openssl.write("issuing.der", m_depot.issuing().der());
        openssl.write("root.der", m_depot.root().der());
    }

    static LabCa::Policy policy(LabCa::Mode mode, const LabCa::Personality &personality)
    {
        LabCa::Policy policy;
        policy.mode = mode;
        policy.challenge = Pki::SecretBytes(challenge());
        policy.renewal.afterPercent = 0;
        policy.personality = personality;
        return policy;
    }

    [[nodiscard]] int count(const QString &operation) const
    {
        return static_cast<int>(std::ranges::count_if(log, [&](const LabCa::LogEntry &entry) { return entry.operation == operation; }));
    }
    [[nodiscard]] QString lastOutcome() const { return log.isEmpty() ? QString() : log.last().outcome; }
    /// A person decides, with a depot of his own.
    [[nodiscard]] LabCa::Depot desk() const { return TestSupport::must(LabCa::Depot::open(openssl.path("ca"))); }
    [[nodiscard]] QString folder() const { return openssl.path({}); }

    /// What openssl thinks of the certificate and of the key that should fit it; empty: all is well.
    [[nodiscard]] QString complaint(const QString &certificate, const QString &key) const
    {
        const auto verified = openssl.run({"verify", "-CAfile", "ca/root.pem", "-untrusted", "ca/issuing.pem", certificate});
        if (!verified.isGood())
            return QString::fromUtf8(verified.errors);
        if (openssl.output({"x509", "-in", certificate, "-noout", "-pubkey"}) != openssl.output({"pkey", "-in", key, "-pubout"}))
            return "the certificate is for another key";
        return {};
    }

    Test::OpensslProgram openssl;
    QList<LabCa::LogEntry> log;
    QString url;

private:
    LabCa::Depot m_depot;
    LabCa::Authority m_authority;
    LabCa::HttpFace m_face;
};
