// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/secretprompt.h"

#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

using namespace Qt::StringLiterals;
using Pki::ErrorCode;
using Pki::failure;
using Pki::Result;
using Pki::SecretBytes;

namespace Cli {

namespace {

/// The terminal without echo, lines and signals. Signals stay off so that Ctrl-C cannot leave a silent terminal behind: it comes as a
/// character and ends the question.
class QuietTerminal
{
    Q_DISABLE_COPY_MOVE(QuietTerminal)

public:
    QuietTerminal()
        : m_isQuiet(::tcgetattr(STDIN_FILENO, &m_former) == 0)
    {
        termios quiet = m_former;
        quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
        quiet.c_cc[VMIN] = 1;
        quiet.c_cc[VTIME] = 0;
        m_isQuiet = m_isQuiet && ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) == 0;
    }
    ~QuietTerminal()
    {
        if (m_isQuiet)
            ::tcsetattr(STDIN_FILENO, TCSANOW, &m_former);
    }
    [[nodiscard]] bool isQuiet() const { return m_isQuiet; }

private:
    termios m_former{};
    bool m_isQuiet = false;
};

constexpr std::size_t longestSecret = 1024;

constexpr char endOfText = 0x03;  // Ctrl-C
constexpr char endOfInput = 0x04; // Ctrl-D
constexpr char backspace = 0x08;
constexpr char eraseLine = 0x15; // Ctrl-U
constexpr char deleteCharacter = 0x7f;

/// Bytes of `text` without its last UTF-8 character.
std::size_t withoutLastCharacter(const char *text, std::size_t size)
{
    while (size > 0 && (static_cast<unsigned char>(text[size - 1]) & 0xC0) == 0x80)
        --size;
    return size > 0 ? size - 1 : 0;
}

/// The line in `room`; nullopt when whoever is there gave up.
std::optional<std::size_t> readLine(SecretBytes &room)
{
    std::size_t size = 0;
    while (true) {
        char c = 0;
        const ssize_t count = ::read(STDIN_FILENO, &c, 1);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0 || c == endOfText || c == endOfInput)
            return std::nullopt;
        if (c == '\r' || c == '\n')
            return size;
        if (c == backspace || c == deleteCharacter)
            size = withoutLastCharacter(room.data(), size);
        else if (c == eraseLine)
            size = 0;
        else if (size < room.size())
            room.data()[size++] = c;
    }
}

void say(const QString &text)
{
    // A question that cannot be shown is no reason to stop.
    (void)std::fputs(text.toLocal8Bit().constData(), stderr);
    (void)std::fflush(stderr);
}

} // namespace

bool canPrompt()
{
    return ::isatty(STDIN_FILENO) == 1;
}

Result<SecretBytes> promptSecret(const QString &question)
{
    const QuietTerminal terminal;
    if (!terminal.isQuiet())
        return failure(ErrorCode::Internal, u"the terminal cannot be read without echo"_s);
    say(question + u": "_s);
    SecretBytes room(longestSecret);
    const std::optional<std::size_t> size = readLine(room);
    say(u"\n"_s);
    if (!size)
        return failure(ErrorCode::Cancelled);
    return SecretBytes(room.view().first(static_cast<qsizetype>(*size)));
}

Result<SecretBytes> promptNewSecret(const QString &question)
{
    auto first = promptSecret(question);
    if (!first || first->isEmpty())
        return first;
    const auto second = promptSecret(u"The same again"_s);
    if (!second)
        return std::unexpected(second.error());
    if (!(*first == *second))
        return failure(ErrorCode::InvalidArgument, u"the two entries differ"_s);
    return first;
}

} // namespace Cli
