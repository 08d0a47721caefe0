// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/terminal.h"

#include <QCommandLineParser>
#include <QStringList>

#include <optional>

namespace Cli {

/// One verb's command line: QCommandLineParser with our manners (errors on stderr with exit status 2, help on stdout).
class VerbParser
{
public:
    VerbParser(QString name, const QString &description);

    /// `name` may be several spellings: "key-passphrase-file|key-password-file".
    void option(const QString &name, const QString &description, const QString &valueName = {}, const QString &defaultValue = {});
    void positional(const QString &name, const QString &description);
    /// An exit status when the verb must end here: help was asked for, or the words are off.
    std::optional<int> parse(const QStringList &arguments, const Terminal &terminal);

    [[nodiscard]] bool isSet(const QString &name) const { return m_parser.isSet(name); }
    [[nodiscard]] QString value(const QString &name) const { return m_parser.value(name); }
    [[nodiscard]] QStringList values(const QString &name) const { return m_parser.values(name); } ///< of one that may come again
    [[nodiscard]] QStringList positionals() const { return m_parser.positionalArguments(); }
    [[nodiscard]] QString name() const { return m_name; }

private:
    QString m_name;
    QCommandLineParser m_parser;
    QStringList m_positionalNames;
};

/// Whole number in [least, most]. InvalidArgument names the option.
Pki::Result<int> numberOption(const VerbParser &parser, const QString &name, int least, int most);

// Each verb gets the words after its own name and returns the exit status.
int runCa(const QStringList &arguments, const Terminal &terminal);
int runEnroll(const QStringList &arguments, const Terminal &terminal);
int runPoll(const QStringList &arguments, const Terminal &terminal);
int runRenew(const QStringList &arguments, const Terminal &terminal);
int runGetCert(const QStringList &arguments, const Terminal &terminal);
int runGetCrl(const QStringList &arguments, const Terminal &terminal);
int runNextCa(const QStringList &arguments, const Terminal &terminal);
int runDoctor(const QStringList &arguments, const Terminal &terminal);
int runInspect(const QStringList &arguments, const Terminal &terminal);
int runLabCa(const QStringList &arguments, const Terminal &terminal);
// Of a workspace
int runServerVerb(const QStringList &arguments, const Terminal &terminal);
int runRequestVerb(const QStringList &arguments, const Terminal &terminal);
int runCertificateVerb(const QStringList &arguments, const Terminal &terminal);
int runCaStoreVerb(const QStringList &arguments, const Terminal &terminal);
int runBinVerb(const QStringList &arguments, const Terminal &terminal);
int runExchangeVerb(const QStringList &arguments, const Terminal &terminal);
int runWorkspaceVerb(const QStringList &arguments, const Terminal &terminal);
int runWorkspaceSettings(const QStringList &arguments, const Terminal &terminal);
int runAgent(const QStringList &arguments, const Terminal &terminal);

} // namespace Cli
