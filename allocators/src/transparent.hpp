// SPDX-License-Identifier: MIT
//
// Transparent huge pages of a tmpfs: base pages that the kernel gathers, on request, into runs of 2
// MiB and maps by one entry each. Private to this folder.
#pragma once

#include <shunt/allocators/mapping.hpp>

#include "refusal.hpp"

namespace shunt::detail {

/// Throws Errc::no_huge_pages where the file is on no tmpfs, or nodes are to be interleaved, which
/// gathering would undo.
void check_transparent(const Wanted& wanted);

/// Gathers all of a mapping that begins at a multiple of 2 MiB and has whole ones, every page of it
/// in the file. Throws Errc::no_huge_pages, with the reason that this host gives, unless smaps says
/// that all of it is mapped so.
void gather(const Wanted& wanted, const Mapping& mapping);

}  // namespace shunt::detail
