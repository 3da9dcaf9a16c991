// SPDX-License-Identifier: MIT
//
// Memory on the nodes of a plan: is there room, bind it, and is it there. Private to this folder.
#pragma once

#include <shunt/allocators/mapping.hpp>
#include <shunt/allocators/numa.hpp>
#include <shunt/allocators/proof.hpp>

#include "refusal.hpp"

namespace shunt::detail {

/// Throws Errc::no_huge_pages or no_space where a node says that it has less than its share. So a
/// node that is full is an error of ours, and not the end of some process for want of memory there.
void check_room(const Wanted& wanted, NumaKernel& kernel);

/// mbind, before the first page is there. Throws Errc::no_permission where it is forbidden, else
/// the errno.
void bind(const Wanted& wanted, const Mapping& mapping, NumaKernel& kernel);

/// Throws what check_room throws, or Errc::no_huge_pages: `error` is what came of taking the pages.
[[noreturn]] void refuse_nodes(const Wanted& wanted, int error, NumaKernel& kernel);

/// Throws unless every page is where it is to be: all on the node; or each node with half of its
/// share at least. Where the kernel does not tell, nothing is proven: Errc::no_permission.
void check_nodes(const Wanted& wanted, const MemoryProof& proof);

}  // namespace shunt::detail
