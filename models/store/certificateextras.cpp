// SPDX-License-Identifier: GPL-3.0-or-later
// What people write beside a certificate.
#include "models/store/store_p.h"

using namespace Qt::StringLiterals;
using Pki::failure;

namespace Models {

Result<Extras> Store::certificateExtras(Scep::CertificateId id)
{
    const Result<QVariant> text = d->database->value(u"SELECT details FROM certificate WHERE id = ? AND deleted_at IS NULL"_s, {id.value});
    if (!text)
        return std::unexpected(text.error());
    if (!text->isValid())
        return failure(ErrorCode::InvalidArgument, u"the certificate does not exist"_s);
    const auto details = Json::fromText(text->toString().toUtf8());
    if (!details)
        return std::unexpected(details.error());
    return extrasFromText((*details)[u"extras"_s].toString());
}

Result<void> Store::setCertificateExtras(Scep::CertificateId id, const Extras &extras)
{
    SqlTransaction sql(*d->database);
    if (!sql.begun())
        return std::unexpected(sql.begun().error());
    Result<QSqlQuery> row = d->database->run(u"SELECT details, request FROM certificate WHERE id = ? AND deleted_at IS NULL"_s, {id.value});
    if (!row)
        return std::unexpected(row.error());
    if (!row->next())
        return failure(ErrorCode::InvalidArgument, u"the certificate does not exist"_s);
    const Scep::RequestId request{row->value(1).toLongLong()};
    auto details = Json::fromText(row->value(0).toString().toUtf8());
    if (!details)
        return std::unexpected(details.error());
    if (extras == Extras())
        details->remove(u"extras"_s);
    else
        details->insert(u"extras"_s, Json::fromExtras(extras));
    if (Result<void> stored =
            d->changeOne(u"the certificate"_s, u"UPDATE certificate SET details = ?, version = version + 1 WHERE id = ?"_s,
                         {QString::fromUtf8(Json::toText(*details)), id.value});
        !stored)
        return stored;
    if (Result<void> committed = sql.commit(); !committed)
        return committed;
    emit requestChanged(request);
    return {};
}

} // namespace Models
