# SPDX-License-Identifier: MIT
"""Who may include whom. A header belongs to the layer of its folder, and is spelled with it."""

import re

_INCLUDE = re.compile(r"^\s*#\s*include\s*([<\"])([^>\"]+)[>\"]")

# What a file of a layer may include of ours. Every layer may include itself.
_BASE = {"core"}
_CORE = _BASE | {"core/layout", "core/ring", "core/wait", "core/stats"}
_LIBRARY = _CORE | {"allocators", "transport"}
MAY_INCLUDE = {
    "core": _BASE,
    "core/layout": {"core"},
    "core/ring": _CORE,
    "core/wait": _CORE,
    "core/stats": _CORE,
    "allocators": _BASE | {"core/layout", "allocators"},
    "transport": _LIBRARY,
    "perf": _LIBRARY | {"perf"},
    "bench": _LIBRARY | {"perf", "bench"},
    "tools": _LIBRARY | {"perf", "bench", "tools"},
    "tests": _LIBRARY | {"perf", "bench", "tools", "tests"},
    "examples": _LIBRARY,
    "bindings": _LIBRARY,
}
LAYOUT_SYSTEM = {"atomic", "cstddef", "cstdint", "type_traits"}
CORE_INTRINSICS = {"cpuid.h", "emmintrin.h", "x86intrin.h"}
# Standard headers that bring what core does without: threads, locks, files, output, allocation.
NOT_IN_CORE = {
    "condition_variable", "cstdio", "filesystem", "fstream", "future", "iostream",
    "memory_resource", "mutex", "semaphore", "shared_mutex", "sstream", "thread",
}
STANDARD = set(
    """algorithm any array atomic barrier bit bitset cassert cctype cerrno cfenv cfloat charconv
    chrono cinttypes climits clocale cmath compare complex concepts condition_variable coroutine
    csetjmp csignal cstdarg cstddef cstdint cstdio cstdlib cstring ctime cuchar cwchar cwctype deque
    exception execution filesystem format forward_list fstream functional future initializer_list
    iomanip ios iosfwd iostream istream iterator latch limits list locale map memory
    memory_resource mutex new numbers numeric optional ostream queue random ranges ratio regex
    scoped_allocator semaphore set shared_mutex source_location span sstream stack stdexcept
    stop_token streambuf string string_view strstream syncstream system_error thread tuple
    type_traits typeindex typeinfo unordered_map unordered_set utility valarray variant vector
    version""".split()
)
# The kernel's and the C library's own headers: sys/mman.h, linux/futex.h, fcntl.h.
_SYSTEM = re.compile(r"^(?:(?:sys|linux|asm|netinet|arpa|net)/)?[a-z0-9_]+\.h$")


def layer_of(path):
    """The layer of a file of this tree; None where no rule is meant for it."""
    parts = path.split("/")
    if parts[0] == "core" and parts[1:4] == ["include", "shunt", "core"]:
        return f"core/{parts[4]}" if len(parts) > 5 else "core"
    return parts[0] if parts[0] in MAY_INCLUDE else None


def target_of(spelling, headers):
    """The layer of an included header of ours, by its spelling; None: no such file."""
    for path in sorted(headers):
        if path.endswith("/include/" + spelling) or path == spelling:
            return layer_of(path)
    return None


def _check_ours(file, layer, spelling, headers):
    target = target_of(spelling, headers)
    if target is None:
        if not spelling.startswith("shunt/"):
            return None
        return f"<{spelling}> is no header of this tree"
    if target != layer and target not in MAY_INCLUDE[layer]:
        return f"{layer} may not include {target}: <{spelling}>"
    if layer == "core/layout" and target == "core" and not spelling.endswith("/config.hpp"):
        return f"layout needs config.hpp only, not <{spelling}>"
    return None


def _check_system(file, layer, spelling):
    if layer == "core/layout":
        if spelling not in LAYOUT_SYSTEM:
            return f"layout includes only {', '.join(sorted(LAYOUT_SYSTEM))} and config.hpp"
    elif layer.startswith("core"):
        if spelling in NOT_IN_CORE:
            return f"core does no I/O, locks nothing, starts nothing: not <{spelling}>"
        if spelling not in STANDARD and spelling not in CORE_INTRINSICS:
            return f"core includes the standard library only, not <{spelling}>"
    elif layer in ("allocators", "transport"):
        if spelling not in STANDARD and not _SYSTEM.match(spelling):
            return f"the library depends on nothing but the system: not <{spelling}>"
    return None


def _is_generated(file, spelling, files):
    """True where the build of the file's own top folder speaks of a header that is not there."""
    top = file.path.split("/")[0]
    builds = (other for other in files if other.under(top)
              and (other.suffix == ".cmake" or other.path.endswith("CMakeLists.txt")))
    return any(f"/{spelling}" in build.text for build in builds)


def _check_quoted(file, layer, spelling, paths):
    folder = file.path.rsplit("/", 1)[0]
    if spelling.startswith("shunt/"):
        return f"spell it <{spelling}>"
    if "/include/" in file.path and file.under("core", "allocators", "transport"):
        return f'a public header includes <shunt/...> only, not "{spelling}"'
    beside = f"{folder}/{spelling}" in paths
    rooted = spelling in paths or f"tests/{spelling}" in paths
    if not beside and not rooted:
        return f'"{spelling}" is neither beside this file nor in the tree'
    if ".." in spelling.split("/"):
        return f'"{spelling}" leaves its folder; spell it from the root'
    if rooted and not beside:
        target = layer_of(spelling) or "tests"
        if target != layer and target not in MAY_INCLUDE[layer]:
            return f'{layer} may not include {target}: "{spelling}"'
    return None


def check(files):
    paths = {file.path for file in files}
    headers = {file.path for file in files if file.is_header}
    for file in files:
        layer = layer_of(file.path)
        if not file.is_cpp or layer is None:
            continue
        for number, line in enumerate(file.code, 1):
            match = _INCLUDE.match(line)
            if not match:
                continue
            quote, spelling = match.groups()
            if file.under("tests/package"):
                continue
            if quote == '"' and _is_generated(file, spelling, files):
                message = None
            elif quote == '"':
                message = _check_quoted(file, layer, spelling, paths)
            else:
                message = _check_ours(file, layer, spelling, headers)
                if message is None and not spelling.startswith("shunt/"):
                    message = _check_system(file, layer, spelling)
            if message:
                yield file.path, number, message
