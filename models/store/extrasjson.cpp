// SPDX-License-Identifier: GPL-3.0-or-later
// The stored form of what stands beside a request: notes, tags, delivery.
#include "models/store/store_p.h"

using namespace Qt::StringLiterals;

namespace Models::Json {

namespace {

struct StateWord {
    DeliveryState::State state;
    QLatin1StringView word;
};
constexpr StateWord stateWords[]{
    {DeliveryState::State::None, "none"_L1},
    {DeliveryState::State::Due, "due"_L1},
    {DeliveryState::State::Delivered, "delivered"_L1},
    {DeliveryState::State::Failed, "failed"_L1},
};

struct FileWord {
    Delivery::File file;
    QLatin1StringView word;
};
constexpr FileWord fileWords[]{
    {Delivery::File::Key, "key"_L1},          {Delivery::File::Certificate, "certificate"_L1},
    {Delivery::File::Chain, "chain"_L1},      {Delivery::File::FullChain, "full-chain"_L1},
    {Delivery::File::CaStore, "ca-store"_L1}, {Delivery::File::Pkcs12, "pkcs12"_L1},
};

QStringList strings(const QJsonValue &value)
{
    QStringList list;
    for (const QJsonValue &item : value.toArray())
        list.append(item.toString());
    return list;
}

QJsonObject objectOf(const QString &text)
{
    return fromText(text.toUtf8()).value_or(QJsonObject());
}

} // namespace

QString fromExtras(const Extras &extras)
{
    if (extras == Extras())
        return u""_s;
    return QString::fromUtf8(toText({{u"notes"_s, extras.notes}, {u"tags"_s, QJsonArray::fromStringList(extras.tags)}}));
}

QString fromDelivery(const Delivery &delivery)
{
    QJsonArray files;
    for (const FileWord &entry : fileWords) {
        if (delivery.files.testFlag(entry.file))
            files.append(entry.word.toString());
    }
    return QString::fromUtf8(toText({{u"folder"_s, delivery.folder},
                                     {u"files"_s, files},
                                     {u"pkcs12Style"_s, delivery.pkcs12Style == Pki::Pkcs12Style::Modern ? u"modern"_s : u"compatible"_s},
                                     {u"keyAlias"_s, delivery.keyAlias},
                                     {u"caAlias"_s, delivery.caAlias},
                                     {u"program"_s, delivery.program},
                                     {u"arguments"_s, QJsonArray::fromStringList(delivery.arguments)},
                                     {u"timeout"_s, static_cast<qint64>(delivery.timeout.count())}}));
}

Delivery toDelivery(const QString &text)
{
    const QJsonObject object = objectOf(text);
    Delivery delivery;
    delivery.folder = object[u"folder"_s].toString();
    if (object.contains(u"files"_s)) {
        const QStringList words = strings(object[u"files"_s]);
        delivery.files = {};
        for (const FileWord &entry : fileWords)
            delivery.files.setFlag(entry.file, words.contains(entry.word));
    }
    if (object[u"pkcs12Style"_s].toString() == "compatible"_L1)
        delivery.pkcs12Style = Pki::Pkcs12Style::Compatible;
    delivery.keyAlias = object[u"keyAlias"_s].toString(delivery.keyAlias);
    delivery.caAlias = object[u"caAlias"_s].toString(delivery.caAlias);
    delivery.program = object[u"program"_s].toString();
    delivery.arguments = strings(object[u"arguments"_s]);
    delivery.timeout = std::chrono::seconds(object[u"timeout"_s].toInteger(delivery.timeout.count()));
    return delivery;
}

QString fromDeliveryState(const DeliveryState &state)
{
    QJsonObject object{{u"certificate"_s, state.certificate.value},
                       {u"at"_s, fromTime(state.at)},
                       {u"attempts"_s, state.attempts},
                       {u"nextTryAt"_s, fromTime(state.nextTryAt)}};
    for (const StateWord &entry : stateWords) {
        if (entry.state == state.state)
            object[u"state"_s] = entry.word.toString();
    }
    if (state.error)
        object[u"error"_s] = fromError(*state.error);
    return QString::fromUtf8(toText(object));
}

DeliveryState toDeliveryState(const QString &text)
{
    if (text.isEmpty())
        return {};
    const QJsonObject object = objectOf(text);
    DeliveryState state;
    for (const StateWord &entry : stateWords) {
        if (entry.word == object[u"state"_s].toString())
            state.state = entry.state;
    }
    state.certificate = {object[u"certificate"_s].toInteger()};
    state.at = toTime(object[u"at"_s]);
    state.attempts = object[u"attempts"_s].toInt();
    state.nextTryAt = toTime(object[u"nextTryAt"_s]);
    if (object.contains(u"error"_s))
        state.error = toError(object[u"error"_s].toObject());
    return state;
}

} // namespace Models::Json

namespace Models {

Extras extrasFromText(const QString &text)
{
    if (text.isEmpty())
        return {};
    const QJsonObject object = Json::objectOf(text);
    return {object[u"notes"_s].toString(), Json::strings(object[u"tags"_s])};
}

} // namespace Models
