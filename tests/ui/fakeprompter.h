// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/prompter.h"

#include <QStringList>

#include <optional>

/// Answers as the test says, and fails loudly when it is asked something that the test did not expect.
class FakePrompter final : public Gui::Prompter
{
public:
    QStringList questions; ///< titles, in order
    QStringList errors;    ///< of askSecret
    std::optional<bool> confirmAnswer;
    QStringList paths;               ///< for the next file or folder questions
    QList<QByteArray> secrets;       ///< for the next askSecret
    QStringList texts;               ///< for the next askText
    QList<Models::Explanation> told; ///< by tell()

    void confirm(QWidget *, const Question &question, std::function<void()> yes) override
    {
        questions.append(question.title);
        if (!confirmAnswer)
            qFatal("unexpected question: %s", qPrintable(question.title));
        if (*confirmAnswer)
            yes();
    }
    void askSecret(QWidget *, const SecretQuestion &question, std::function<void(Gui::SharedSecret)> answer, std::function<void()>) override
    {
        questions.append(question.title);
        errors.append(question.error);
        if (secrets.isEmpty())
            qFatal("unexpected question: %s", qPrintable(question.title));
        const QByteArray secret = secrets.takeFirst();
        answer(secret.isEmpty() ? nullptr : std::make_shared<Pki::SecretBytes>(QByteArrayView(secret)));
    }
    void askNewVaultPassphrase(QWidget *, const QString &, std::function<void(Gui::SharedSecret)>, std::function<void()>) override
    {
        qFatal("unexpected question: new vault pass phrase");
    }
    void askText(QWidget *, const TextQuestion &question, std::function<void(QString)> answer) override
    {
        questions.append(question.title);
        if (texts.isEmpty())
            qFatal("unexpected question: %s", qPrintable(question.title));
        answer(texts.takeFirst());
    }
    void askFileToOpen(QWidget *, const QString &title, const QString &, std::function<void(QString)> path) override
    {
        path(nextPath(title));
    }
    void askFileToSave(QWidget *, const QString &title, const QString &, const QString &, std::function<void(QString)> path) override
    {
        path(nextPath(title));
    }
    void askFolder(QWidget *, const QString &title, const QString &, std::function<void(QString)> path) override { path(nextPath(title)); }
    void tell(QWidget *, const QString &title, const Models::Explanation &explanation) override
    {
        questions.append(title);
        told.append(explanation);
    }

private:
    QString nextPath(const QString &title)
    {
        questions.append(title);
        if (paths.isEmpty())
            qFatal("unexpected question: %s", qPrintable(title));
        return paths.takeFirst();
    }
};
