// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/cli/workspacetest.h"

#include "tests/support/opensslprogram.h"

#include <QFile>

namespace Test {

namespace {

/// Which test compares a section of workspace.md.
QString ownerOf(const QString &section)
{
    if (section == "agent")
        return "agent";
    for (const QString prefix : {"exchange", "keeping", "workspace settings"}) {
        if (section.startsWith(prefix))
            return "keeping";
    }
    for (const QString prefix : {"request", "certificate", "bin", "delivery", "workspace request", "workspace certificate"}) {
        if (section.startsWith(prefix))
            return "requests";
    }
    return "workspace";
}

} // namespace

void WorkspaceTest::prepare()
{
    m_fields.read(SCEPCTL_README);
    m_fields.read(SCEPCTL_WORKSPACE);
    m_scepctl.write("pass", "correct horse\n");
    m_scepctl.write("challenge", "open sesame\n");
    m_scepctl.write("p12pass", "bundle word\n");
    m_scepctl.write("wrong", "guessed\n");
    m_auto = std::make_unique<LabCaProcess>(m_scepctl, "lab-auto",
                                            QStringList{"--mode", "auto", "--challenge-file", "challenge", "--renew-after", "0"});
    m_approve = std::make_unique<LabCaProcess>(m_scepctl, "lab-approve", QStringList{"--mode", "approve"});
}

ScepctlResult WorkspaceTest::run(const QStringList &words, const QStringList &options)
{
    const QStringList arguments = QStringList{"--json"} + words + QStringList{"--workspace", "ws"} + options;
    const ScepctlResult result = m_scepctl.run(arguments);
    if (result.json().isEmpty())
        qWarning("%s: %s", qPrintable(arguments.join(' ')), result.errors.constData());
    m_everything += result.output + result.errors;
    return result;
}

ScepctlResult WorkspaceTest::open(const QStringList &words, const QStringList &options)
{
    return run(words, QStringList{"--passphrase-file", "pass"} + options);
}

QStringList WorkspaceTest::asOptions(const QJsonObject &settings)
{
    QStringList words;
    for (const QString &field : settings.keys()) {
        QString option;
        for (const QChar character : field)
            option += character.isUpper() ? QString('-') + character.toLower() : QString(character);
        words += "--" + option + "=" + settings.value(field).toString();
    }
    return words;
}

void WorkspaceTest::makeCsr(const QString &name, const QString &subject)
{
    const ProgramResult made = runProgram(
        "openssl", {"req", "-new", "-newkey", "rsa:2048", "-noenc", "-keyout", name + ".key", "-subj", subject, "-out", name + ".csr"}, {},
        m_scepctl.path(""));
    if (!made.isGood())
        qFatal("openssl makes no request: %s", made.errors.constData());
}

bool WorkspaceTest::storeHolds(const QByteArray &text) const
{
    for (const char *file : {"ws/store.sqlite", "ws/store.sqlite-wal"}) {
        if (m_scepctl.exists(file) && m_scepctl.read(file).contains(text))
            return true;
    }
    return false;
}

QString WorkspaceTest::secretsPrinted() const
{
    for (const char *secret : {"correct horse", "battery staple", "open sesame", "bundle word", "PRIVATE KEY", "guessed", "proxy word"}) {
        if (m_everything.contains(secret))
            return secret;
    }
    return {};
}

QString WorkspaceTest::undescribed(const QString &test, const QStringList &nouns) const
{
    for (const QString &name : m_fields.unseen(SCEPCTL_WORKSPACE)) {
        if (ownerOf(name) == test)
            return "never printed: " + name;
    }
    QFile page(SCEPCTL_WORKSPACE);
    if (!page.open(QIODevice::ReadOnly))
        return "no page";
    const QString text = QString::fromUtf8(page.readAll());
    for (const QString &noun : nouns) {
        const ScepctlResult help = m_scepctl.run({noun, "--help"});
        const QString words = QString::fromUtf8(help.output).section(' ', 3, 3);
        if (help.exitCode != 0 || !words.contains('|'))
            return noun + " --help: " + help.output;
        for (const QString &word : words.split('|')) {
            const QString verb = noun + ' ' + word;
            if (!text.contains('`' + verb))
                return "not on the page: " + verb;
            const ScepctlResult each = m_scepctl.run({noun, word, "--help"});
            if (each.exitCode != 0 || !each.output.startsWith("Usage: scepctl " + verb.toUtf8()) || !each.output.contains("--workspace"))
                return verb + " --help: " + each.output;
        }
    }
    return {};
}

} // namespace Test
