// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/service/deliveryplan.h"

#include "models/service/enrollmentfiles.h"

#include <QDir>
#include <QFile>
#include <QSet>

#include <algorithm>

using namespace Qt::StringLiterals;
using Pki::failure;

namespace Models {

namespace {

using Values = QHash<QString, QString>;

Values aliasValues(const QString &label, const QString &server, int number)
{
    return {{u"label"_s, label}, {u"server"_s, server}, {u"n"_s, QString::number(number)}};
}

Values argumentValues(const DeliverySource &source, const DeliveryPaths &paths)
{
    return {{u"label"_s, source.label},  {u"server"_s, source.serverLabel},
            {u"folder"_s, paths.folder}, {u"alias"_s, paths.keyAlias},
            {u"key"_s, paths.key},       {u"cert"_s, paths.certificate},
            {u"chain"_s, paths.chain},   {u"fullchain"_s, paths.fullChain},
            {u"p12"_s, paths.pkcs12},    {u"serial"_s, source.issued.certificate.serialNumber().toHex()}};
}

/// The argument's `{name}` without a file behind it would name nothing.
Result<void> checkArguments(const Delivery &rule)
{
    Values values = argumentValues({}, {});
    const auto drop = [&](Delivery::File file, const QString &name) {
        if (!rule.files.testFlag(file))
            values.remove(name);
    };
    drop(Delivery::File::Key, u"key"_s);
    drop(Delivery::File::Certificate, u"cert"_s);
    drop(Delivery::File::Chain, u"chain"_s);
    drop(Delivery::File::FullChain, u"fullchain"_s);
    drop(Delivery::File::Pkcs12, u"p12"_s);
    for (const QString &argument : rule.arguments) {
        if (const auto expanded = expandTemplate(argument, values); !expanded)
            return failure(expanded.error().code, u"argument “%1” of the program: %2"_s.arg(argument, expanded.error().detail));
    }
    return {};
}

} // namespace

Result<QString> expandTemplate(const QString &text, const Values &values)
{
    QString expanded;
    for (qsizetype at = 0; at < text.size(); ++at) {
        const QChar character = text.at(at);
        if (character != u'{' && character != u'}') {
            expanded += character;
            continue;
        }
        if (at + 1 < text.size() && text.at(at + 1) == character) {
            expanded += character;
            ++at;
            continue;
        }
        const qsizetype end = text.indexOf(u'}', at);
        if (character == u'}' || end < 0)
            return failure(ErrorCode::InvalidArgument, u"“%1” has a brace without its partner; {{ and }} stand for braces"_s.arg(text));
        const QString name = text.mid(at + 1, end - at - 1);
        const auto value = values.constFind(name);
        if (value == values.constEnd())
            return failure(ErrorCode::InvalidArgument, u"there is no {%1} here"_s.arg(name));
        expanded += *value;
        at = end;
    }
    return expanded;
}

Result<void> checkDelivery(const Delivery &rule)
{
    if (rule.folder.isEmpty() || !QDir::isAbsolutePath(rule.folder))
        return failure(ErrorCode::InvalidArgument, u"the folder of a delivery must be given from the root: “%1”"_s.arg(rule.folder));
    if (rule.files == Delivery::Files() && rule.program.isEmpty())
        return failure(ErrorCode::InvalidArgument, u"a delivery writes files or runs a program"_s);
    if (!rule.program.isEmpty() && !QDir::isAbsolutePath(rule.program))
        return failure(ErrorCode::InvalidArgument, u"the program of a delivery must be given from the root: “%1”"_s.arg(rule.program));
    if (rule.timeout.count() < 1)
        return failure(ErrorCode::InvalidArgument, u"the program of a delivery needs a second at least"_s);
    Values keyNames = aliasValues(u"label"_s, u"server"_s, 1);
    keyNames.remove(u"n"_s);
    if (const auto alias = expandTemplate(rule.keyAlias, keyNames); !alias)
        return failure(alias.error().code, u"alias of the key pair: %1"_s.arg(alias.error().detail));
    // Without {n} the second CA certificate would replace the first.
    const auto first = expandTemplate(rule.caAlias, aliasValues(u"label"_s, u"server"_s, 1));
    const auto second = expandTemplate(rule.caAlias, aliasValues(u"label"_s, u"server"_s, 2));
    if (!first)
        return failure(first.error().code, u"alias of the CA certificates: %1"_s.arg(first.error().detail));
    if (!second || *first == *second)
        return failure(ErrorCode::InvalidArgument, u"the alias of the CA certificates needs {n}: “%1”"_s.arg(rule.caAlias));
    return checkArguments(rule);
}

bool overwriteEachOther(const Delivery &rule, const QString &label, const QString &server, const Delivery &other, const QString &otherLabel,
                        const QString &otherServer)
{
    const auto stem = [](const Delivery &each, const QString &ofLabel, const QString &ofServer) {
        const auto alias = expandTemplate(each.keyAlias, aliasValues(ofLabel, ofServer, 0));
        return alias ? fileStem(*alias) : QString();
    };
    const auto hasFiles = [](const Delivery &each) {
        return (each.files & ~Delivery::Files(Delivery::File::CaStore)) != Delivery::Files();
    };
    return hasFiles(rule) && hasFiles(other) && QDir::cleanPath(rule.folder) == QDir::cleanPath(other.folder) &&
           stem(rule, label, server) == stem(other, otherLabel, otherServer);
}

Result<DeliveryPaths> planDelivery(const Delivery &rule, const DeliverySource &source)
{
    if (Result<void> checked = checkDelivery(rule); !checked)
        return std::unexpected(checked.error());
    DeliveryPaths paths;
    paths.folder = rule.folder;
    paths.keyAlias = *expandTemplate(rule.keyAlias, aliasValues(source.label, source.serverLabel, 0));
    const QDir folder(rule.folder);
    const QString stem = folder.filePath(fileStem(paths.keyAlias));
    using enum Delivery::File;
    if (rule.files.testFlag(Key) && !source.issued.key.isNull())
        paths.key = stem + u".key.pem"_s;
    if (rule.files.testFlag(Certificate))
        paths.certificate = stem + u".cert.pem"_s;
    if (rule.files.testFlag(Chain) && !source.issued.issuers.isEmpty())
        paths.chain = stem + u".chain.pem"_s;
    if (rule.files.testFlag(FullChain))
        paths.fullChain = stem + u".fullchain.pem"_s;
    if (rule.files.testFlag(Pkcs12))
        paths.pkcs12 = stem + u".p12"_s;
    if (rule.files.testFlag(CaStore)) {
        for (int number = 1; number <= source.caCertificates.size(); ++number) {
            const QString alias = *expandTemplate(rule.caAlias, aliasValues(source.label, source.serverLabel, number));
            paths.caCertificates.append(folder.filePath(fileStem(alias) + u".pem"_s));
        }
    }
    QStringList all = paths.caCertificates + QStringList{paths.key, paths.certificate, paths.chain, paths.fullChain, paths.pkcs12};
    all.removeAll(QString());
    if (const QSet<QString> distinct(all.cbegin(), all.cend()); distinct.size() != all.size())
        return failure(ErrorCode::InvalidArgument, u"the aliases give two files the same name"_s);
    return paths;
}

Result<QStringList> deliveryArguments(const Delivery &rule, const DeliverySource &source, const DeliveryPaths &paths)
{
    const Values values = argumentValues(source, paths);
    QStringList arguments;
    for (const QString &argument : rule.arguments) {
        const auto expanded = expandTemplate(argument, values);
        if (!expanded)
            return std::unexpected(expanded.error());
        arguments.append(*expanded);
    }
    return arguments;
}

QProcessEnvironment deliveryEnvironment(const QProcessEnvironment &inherited, const DeliverySource &source, const DeliveryPaths &paths)
{
    QProcessEnvironment environment = inherited;
    // Pass phrases and challenges come to us in SCEPTER_ variables and in the service manager's credential folder: neither is for others.
    for (const QString &name : inherited.keys()) {
        if (name.startsWith("SCEPTER_"_L1) || name == "CREDENTIALS_DIRECTORY"_L1 || name == "NOTIFY_SOCKET"_L1 ||
            name.startsWith("LISTEN_"_L1))
            environment.remove(name);
    }
    const Pki::Certificate &certificate = source.issued.certificate;
    environment.insert(u"SCEPTER_LABEL"_s, source.label);
    environment.insert(u"SCEPTER_SERVER"_s, source.serverLabel);
    environment.insert(u"SCEPTER_FOLDER"_s, paths.folder);
    environment.insert(u"SCEPTER_KEY_ALIAS"_s, paths.keyAlias);
    environment.insert(u"SCEPTER_SERIAL"_s, certificate.serialNumber().toHex());
    environment.insert(u"SCEPTER_NOT_AFTER"_s, certificate.notAfter().toUTC().toString(Qt::ISODate));
    const auto insert = [&environment](const QString &name, const QString &path) {
        if (!path.isEmpty())
            environment.insert(name, path);
    };
    insert(u"SCEPTER_KEY_FILE"_s, paths.key);
    insert(u"SCEPTER_CERTIFICATE_FILE"_s, paths.certificate);
    insert(u"SCEPTER_CHAIN_FILE"_s, paths.chain);
    insert(u"SCEPTER_FULL_CHAIN_FILE"_s, paths.fullChain);
    insert(u"SCEPTER_PKCS12_FILE"_s, paths.pkcs12);
    insert(u"SCEPTER_CA_FILES"_s, paths.caCertificates.join(QDir::listSeparator()));
    return environment;
}

Result<void> writeDelivery(const Delivery &rule, const DeliverySource &source, const DeliveryPaths &paths,
                           const Pki::SecretBytes &pkcs12Passphrase)
{
    using Files::FileAccess;
    if (Result<void> checked = checkOutputFolder(paths.folder); !checked)
        return checked;
    const Scep::IssuedCertificate &issued = source.issued;
    const Pki::SecretBytes key = paths.key.isEmpty() ? Pki::SecretBytes() : issued.key.toPkcs8Pem();
    if (!paths.key.isEmpty() && key.isEmpty())
        return failure(ErrorCode::CryptoFailure, u"the private key cannot be written as PKCS#8"_s);
    QByteArray bundle;
    if (!paths.pkcs12.isEmpty()) {
        if (pkcs12Passphrase.isEmpty())
            return failure(ErrorCode::EmptyPassphrase, paths.pkcs12);
        auto made = Pki::toPkcs12({issued.key, issued.certificate, issued.issuers, paths.keyAlias}, pkcs12Passphrase, rule.pkcs12Style);
        if (!made)
            return std::unexpected(made.error());
        bundle = std::move(*made);
    }
    const QByteArray chain = Pki::toPem(issued.issuers);
    const QByteArray certificate = issued.certificate.toPem();
    const QByteArray fullChain = certificate + chain;
    QList<QByteArray> caTexts;
    for (const Pki::Certificate &ca : source.caCertificates)
        caTexts.append(ca.toPem());

    QList<Files::FileToWrite> writes;
    const auto add = [&writes](const QString &path, QByteArrayView bytes, FileAccess access) {
        if (!path.isEmpty())
            writes.append({path, bytes, access, false});
    };
    add(paths.key, key.view(), FileAccess::OwnerOnly);
    add(paths.pkcs12, bundle, FileAccess::OwnerOnly);
    for (qsizetype at = 0; at < paths.caCertificates.size(); ++at)
        add(paths.caCertificates.at(at), caTexts.at(at), FileAccess::Readable);
    add(paths.chain, chain, FileAccess::Readable);
    add(paths.fullChain, fullChain, FileAccess::Readable);
    add(paths.certificate, certificate, FileAccess::Readable);
    if (writes.isEmpty())
        return {};
    if (Result<void> written = Files::writeDurably(writes); !written)
        return written;

    // A chain that became shorter: what a device trusts is what the folder holds.
    if (!rule.files.testFlag(Delivery::File::CaStore))
        return {};
    for (auto number = static_cast<int>(paths.caCertificates.size()) + 1;; ++number) {
        const auto alias = expandTemplate(rule.caAlias, aliasValues(source.label, source.serverLabel, number));
        const QString path = alias ? QDir(paths.folder).filePath(fileStem(*alias) + u".pem"_s) : QString();
        if (path.isEmpty() || !QFile::exists(path) || paths.caCertificates.contains(path))
            return {};
        if (Result<void> removed = Files::removeFile(path); !removed)
            return removed;
    }
}

std::chrono::seconds deliveryPause(int failures)
{
    using namespace std::chrono_literals;
    constexpr int mostDoublings = 9; // 512 minutes: beyond the limit already
    return std::min<std::chrono::seconds>(1min * (1 << std::clamp(failures - 1, 0, mostDoublings)), 6h);
}

} // namespace Models
