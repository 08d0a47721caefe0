// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/service/errortext.h"
#include "scep/pki/secretbytes.h"

#include <QString>
#include <QStringList>

#include <functional>
#include <memory>

class QWidget;

namespace Gui {

using SharedSecret = std::shared_ptr<Pki::SecretBytes>;

/// Everything the window asks a person, behind one interface, so that tests answer. No call waits: the answer comes by
/// callback, at most once, from the event loop or at once; a question whose `parent` is gone by then is not answered.
class Prompter
{
public:
    Prompter() = default;
    virtual ~Prompter() = default;
    Q_DISABLE_COPY_MOVE(Prompter)

    struct Question {
        QString title;
        QString text;   ///< one sentence: what will happen
        QString detail; ///< what cannot be undone, or how to undo it
        QString yes;    ///< the verb on the button, "Remove"
        bool isRisky = false;
    };
    /// Answers only with yes; a "no" calls nothing.
    virtual void confirm(QWidget *parent, const Question &question, std::function<void()> yes) = 0;

    struct SecretQuestion {
        QString title;
        QString text;
        QString field;           ///< "Pass phrase", "Challenge"
        QString error;           ///< of the former attempt
        bool isOptional = false; ///< an empty answer is an answer
    };
    /// Null for an empty answer to an optional question; not called when cancelled unless `cancelled` is given.
    virtual void askSecret(QWidget *parent, const SecretQuestion &question, std::function<void(SharedSecret)> answer,
                           std::function<void()> cancelled = {}) = 0;
    /// First start: a new pass phrase for the vault, or null for "no protection" by explicit choice.
    virtual void askNewVaultPassphrase(QWidget *parent, const QString &workspace, std::function<void(SharedSecret)> answer,
                                       std::function<void()> cancelled) = 0;

    struct TextQuestion {
        QString title;
        QString text;
        QString field;
        QString suggestion;
        QStringList choices = {}; ///< not empty: the answer is one of these
    };
    /// One line of text, possibly empty; not called when cancelled.
    virtual void askText(QWidget *parent, const TextQuestion &question, std::function<void(QString)> answer) = 0;

    virtual void askFileToOpen(QWidget *parent, const QString &title, const QString &filter, std::function<void(QString)> path) = 0;
    virtual void askFileToSave(QWidget *parent, const QString &title, const QString &suggestion, const QString &filter,
                               std::function<void(QString)> path) = 0;
    virtual void askFolder(QWidget *parent, const QString &title, const QString &start, std::function<void(QString)> path) = 0;

    virtual void tell(QWidget *parent, const QString &title, const Models::Explanation &explanation) = 0;
};

} // namespace Gui
