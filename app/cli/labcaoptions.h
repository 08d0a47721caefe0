// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/verb.h"
#include "scep/labca/authority.h"

#include <functional>

namespace Cli {

// What the verbs of `scepctl lab-ca` have in common on their command lines.

/// --dir, --ca (if the verb is about one CA), --passphrase-file.
enum class Scope { OneCa, WholeFolder };
void addFolderOptions(VerbParser &parser, Scope scope = Scope::OneCa);
/// The folder of --dir; InvalidArgument without it.
Pki::Result<QString> labFolder(const VerbParser &parser);
/// That of --ca below it, or --dir itself. Errors: InvalidArgument.
Pki::Result<QString> caFolder(const VerbParser &parser);
/// --passphrase-file, else SCEPTER_LABCA_PASSPHRASE; empty: neither. Errors: file errors.
Pki::Result<Pki::SecretBytes> labPassphrase(const VerbParser &parser);
/// `open` with the pass phrase, which is asked for at the terminal when it is needed and was not given.
template <typename T>
Pki::Result<T> withPassphrase(const VerbParser &parser, const std::function<Pki::Result<T>(const Pki::SecretBytes &)> &open);
Pki::Result<Pki::SecretBytes> promptLabPassphrase();
/// The Lab CA of --dir and --ca. Errors: InvalidArgument, those of Depot::open().
Pki::Result<LabCa::Depot> depotFromOptions(const VerbParser &parser);

/// How a CA is made: --name --root-subject --issuing-subject --key --root-years --issuing-years --ra.
void addDescriptionOptions(VerbParser &parser);
/// Errors: InvalidArgument, InvalidKeyType, InvalidDistinguishedName.
Pki::Result<LabCa::CaDescription> descriptionFromOptions(const VerbParser &parser);
/// Of a CA that was there before: makes the RA that --ra asks for, if it has none, and says on the terminal what of the command line
/// changes nothing, and what the personality lacks. Errors: those of Depot::makeRa().
Pki::Result<void> fitExistingCa(const VerbParser &parser, const Terminal &terminal, LabCa::Depot &depot, const LabCa::Policy &policy);

/// How it decides: --mode --challenge-file --validity-days --validity-minutes ...
void addPolicyOptions(VerbParser &parser);
/// `base`, changed by the options that are there. Errors: InvalidArgument, file errors.
Pki::Result<LabCa::Policy> policyFromOptions(const VerbParser &parser, LabCa::Policy base);

template <typename T>
Pki::Result<T> withPassphrase(const VerbParser &parser, const std::function<Pki::Result<T>(const Pki::SecretBytes &)> &open)
{
    const auto given = labPassphrase(parser);
    if (!given)
        return std::unexpected(given.error());
    auto opened = open(*given);
    if (opened || opened.error().code != Pki::ErrorCode::PassphraseRequired)
        return opened;
    const auto typed = promptLabPassphrase();
    if (!typed)
        return std::unexpected(typed.error());
    return typed->isEmpty() ? std::move(opened) : open(*typed);
}

} // namespace Cli
