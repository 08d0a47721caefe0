// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/terminal.h"

#include "models/records/errorname.h"

#include <QJsonDocument>

#include <algorithm>
#include <cstdio>

using namespace Qt::StringLiterals;

namespace Cli {

namespace {

void write(FILE *stream, const QString &text)
{
    const QByteArray bytes = text.toUtf8();
    std::fwrite(bytes.constData(), 1, static_cast<size_t>(bytes.size()), stream);
    std::fputc('\n', stream);
    std::fflush(stream);
}

} // namespace

void Terminal::progress(const QString &text) const
{
    write(stderr, text);
}

void Terminal::print(const QJsonObject &object, const ResultLines &lines) const
{
    if (m_isJson) {
        write(stdout, QString::fromUtf8(QJsonDocument(object).toJson(QJsonDocument::Compact)));
        return;
    }
    qsizetype width = 0;
    for (const auto &[name, value] : lines)
        width = std::max(width, name.size());
    for (const auto &[name, value] : lines)
        write(stdout, name.isEmpty() && value.isEmpty() ? QString() : name.leftJustified(width) + u"  "_s + value);
}

int Terminal::done(const QJsonObject &object, const ResultLines &lines) const
{
    print(object, lines);
    return static_cast<int>(ExitCode::Done);
}

int Terminal::fail(const Pki::Error &error, const QString &object) const
{
    return fail(exitCode(error.code), Models::errorName(error.code), Models::explain(error, object));
}

int Terminal::fail(ExitCode code, const QString &errorName, const Models::Explanation &explanation, QJsonObject details) const
{
    write(stderr, u"scepctl: "_s + explanation.oneLine());
    if (m_isJson) {
        details.insert("code"_L1, errorName);
        details.insert("exitCode"_L1, static_cast<int>(code));
        details.insert("message"_L1, explanation.what);
        details.insert("nextStep"_L1, explanation.nextStep);
        write(stdout, QString::fromUtf8(QJsonDocument(QJsonObject{{"error"_L1, details}}).toJson(QJsonDocument::Compact)));
    }
    return static_cast<int>(code);
}

int Terminal::usage(const QString &message, const QString &verb) const
{
    const QString help = verb.isEmpty() ? u"scepctl --help"_s : u"scepctl %1 --help"_s.arg(verb);
    return fail(ExitCode::Usage, u"Usage"_s, {.what = message, .nextStep = u"See %1."_s.arg(help)});
}

} // namespace Cli
