// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "scep/pki/privatekey.h"

#include <QObject>

#include <functional>
#include <memory>

class QThreadPool;

namespace Scep {

/// Makes private keys on pool threads and keeps a few spare ones of the usual kind in memory, so that "enroll" feels instant.
/// Lives in the engine's thread. Nothing is generated before it is asked for or keepSpare() is called.
class KeyPool final : public QObject
{
    Q_OBJECT
    Q_DISABLE_COPY_MOVE(KeyPool)

public:
    using Callback = std::function<void(const Pki::Result<Pki::PrivateKey> &)>;

    explicit KeyPool(QObject *parent = nullptr);
    ~KeyPool() override; ///< waits for a key generation under way; its result is dropped

    /// `callback` is called from the event loop, once, unless `context` is gone by then.
    void take(const Pki::KeySpec &spec, QObject *context, Callback callback);
    /// From now on keep `count` spare keys of this kind, made one after another while idle.
    void keepSpare(const Pki::KeySpec &spec, int count);
    [[nodiscard]] int spareCount(const Pki::KeySpec &spec) const;

private:
    class Private;
    std::unique_ptr<Private> d;
};

} // namespace Scep
