// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/enrollmentrun.h"
#include "app/cli/inputs.h"
#include "app/cli/secretprompt.h"
#include "models/service/enrollmentfiles.h"

#include <QDir>

using namespace Qt::StringLiterals;
using Pki::ErrorCode;

namespace Cli {

int runPoll(const QStringList &arguments, const Terminal &terminal)
{
    VerbParser parser(u"poll"_s, u"Goes on with a transaction that enroll left: pending at the server, or interrupted."_s);
    parser.option(u"label"_s, u"Which one, when --out holds several."_s, u"text"_s);
    parser.option(u"key-passphrase-file|key-password-file"_s, u"File whose first line opens the key, if that was given encrypted."_s,
                  u"file"_s);
    addOutputOptions(parser);
    if (const auto ended = parser.parse(arguments, terminal))
        return *ended;
    auto output = outputFromOptions(parser);
    if (!output)
        return terminal.fail(output.error(), u"the command line"_s);

    QString file;
    if (parser.isSet(u"label"_s)) {
        file = Models::FileJournal::fileName(Models::fileStem(parser.value(u"label"_s)));
    } else {
        const QStringList found = QDir(output->folder).entryList({u"*.transaction.json"_s}, QDir::Files);
        if (found.size() > 1)
            return terminal.usage(u"%1 holds several transactions: say --label."_s.arg(output->folder), u"poll"_s);
        if (found.isEmpty())
            return terminal.fail({ErrorCode::FileNotFound, u"no transaction is open in this folder"_s}, output->folder);
        file = found.first();
    }
    file = QDir(output->folder).filePath(file);

    const OutputPlace place(*output);
    if (const auto writable = place.check(); !writable)
        return terminal.fail(writable.error(), u"the output"_s);

    OutputWriter writer(*output);
    const auto write = [&writer](const Scep::IssuedCertificate &issued) { return writer.write(issued); };
    auto passphrase = secretFromOptions(parser, u"key-passphrase-file"_s, "SCEPTER_KEY_PASSPHRASE");
    if (!passphrase)
        return terminal.fail(passphrase.error(), u"the pass phrase of the key"_s);
    auto journal = Models::FileJournal::resume(file, write, *passphrase);
    if (!journal && journal.error().code == ErrorCode::PassphraseRequired && canPrompt()) {
        passphrase = promptSecret(u"Pass phrase of the key in %1"_s.arg(file));
        if (!passphrase)
            return terminal.fail(passphrase.error(), file);
        journal = Models::FileJournal::resume(file, write, *passphrase);
    }
    if (!journal)
        return terminal.fail(journal.error(), file);
    output->label = (*journal)->request().label;
    output->keyPassphrase = (*journal)->keyPassphrase().clone(); // for the files that take the transaction's place
    return runEnrollment(**journal, file, *output, writer, terminal);
}

} // namespace Cli
