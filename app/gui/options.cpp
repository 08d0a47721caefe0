// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/options.h"

#include <QCommandLineParser>
#include <QDir>

#include <cstdio>

using namespace Qt::StringLiterals;

namespace {

constexpr int usageError = 2; // as scepctl

void print(std::FILE *stream, const QString &text)
{
    std::fputs(text.toLocal8Bit().constData(), stream);
}

} // namespace

std::optional<Options> readOptions(const QStringList &arguments, int &exitCode)
{
    QCommandLineParser parser;
    parser.setApplicationDescription(
        u"Scepter: enrolls lab devices for X.509 certificates over SCEP (RFC 8894), keeps them renewed and looks inside certificates.\n"
        "The same engine on a terminal: scepctl."_s);
    const QCommandLineOption help({u"h"_s, u"help"_s}, u"Show this help and end."_s);
    const QCommandLineOption version({u"v"_s, u"version"_s}, u"Show the version and end."_s);
    const QCommandLineOption workspace(u"workspace"_s,
                                       u"Folder with servers, requests, certificates and keys; made if missing. Default: the "
                                       "user's application data folder."_s,
                                       u"DIR"_s);
    const QCommandLineOption demo(u"demo"_s,
                                  u"Try Scepter without a server: start a Lab CA on 127.0.0.1 with its files in DIR/lab-ca, add it as "
                                  "a server of the workspace DIR/workspace (keys there are NOT protected), and enroll one device. The "
                                  "Lab CA ends with the program."_s,
                                  u"DIR"_s);
    const QCommandLineOption screenshot(u"screenshot"_s, u"Save a picture of the main window once it is ready."_s, u"FILE.png"_s);
    const QCommandLineOption appearance(u"appearance"_s, u"system, light or dark."_s, u"NAME"_s);
    const QCommandLineOption headless(u"headless"_s, u"With --demo: needs no display, prints the certificate, and ends (0 when it was "
                                                     "enrolled)."_s);
    parser.addOptions({help, version, workspace, demo, screenshot, appearance, headless});
    parser.addPositionalArgument(u"FILE"_s, u"Certificates, requests, CRLs, keys, PKCS#12 or SCEP messages to look into."_s,
                                 u"[FILE...]"_s);

    exitCode = 0;
    if (!parser.parse(arguments)) {
        print(stderr, u"scepter: %1. See scepter --help.\n"_s.arg(parser.errorText().chopped(parser.errorText().endsWith(u'.') ? 1 : 0)));
        exitCode = usageError;
        return std::nullopt;
    }
    if (parser.isSet(help)) {
        print(stdout, parser.helpText().replace(u"<executable_name>"_s, u"scepter"_s));
        return std::nullopt;
    }
    if (parser.isSet(version)) {
        print(stdout, u"scepter " SCEPTER_VERSION "\n"_s);
        return std::nullopt;
    }

    Options options;
    options.isHeadless = parser.isSet(headless);
    options.demo = parser.isSet(demo) ? QDir(parser.value(demo)).absolutePath() : QString();
    options.screenshot = parser.value(screenshot);
    options.appearance = parser.value(appearance);
    options.workspace = parser.isSet(workspace) ? QDir(parser.value(workspace)).absolutePath() : QString();
    options.files = parser.positionalArguments();
    QString complaint;
    if (options.isHeadless && options.demo.isEmpty())
        complaint = u"--headless works only together with --demo DIR"_s;
    else if (!options.demo.isEmpty() && !options.workspace.isEmpty())
        complaint = u"--demo and --workspace exclude each other: the demo has a workspace of its own"_s;
    else if (parser.isSet(demo) && parser.value(demo).isEmpty())
        complaint = u"--demo needs a folder"_s;
    else if (parser.isSet(appearance) && !QStringList{u"system"_s, u"light"_s, u"dark"_s}.contains(options.appearance))
        complaint = u"--appearance takes system, light or dark"_s;
    if (!complaint.isEmpty()) {
        print(stderr, u"scepter: %1. See scepter --help.\n"_s.arg(complaint));
        exitCode = usageError;
        return std::nullopt;
    }
    return options;
}
