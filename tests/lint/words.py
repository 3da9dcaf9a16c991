# SPDX-License-Identifier: MIT
"""Words that the house style bans, each with what to write instead."""

import re

import cpp

ORDERED = ("load", "store", "exchange", "compare_exchange_weak", "compare_exchange_strong")
ORDERS = re.compile(r"\bmemory_order\w*|\b\w*order\b|\bk\w*Order\b")
# Calls without an order have so many arguments; with another number it is no atomic.
_PLAIN_COUNT = {"load": (0,), "store": (1,), "exchange": (1,), "compare_exchange_weak": (2,),
                "compare_exchange_strong": (2,)}
_CALL = re.compile(r"(?:\.|->)\s*(load|store|exchange|compare_exchange_weak|compare_exchange_strong"
                   r"|fetch_\w+)\s*\(")
_ATOMIC_NAME = re.compile(r"\batomic(?:_ref)?\s*<[^;{}()]*?>\s*&?\s*(\w+)\s*(?:[;{=,)\[]|$)", re.M)

LIBRARY = ("core", "allocators", "transport")

# (pattern, folders or None for all, paths excepted, message)
_BANNED = [
    (r"(?<!asm )(?<!asm__ )\bvolatile\b", None, (),
     "no volatile (but asm volatile): std::atomic with an order"),
    (r"\breinterpret_cast\b", None, ("core/include/shunt/core/bytes.hpp",),
     "no reinterpret_cast: object_at, bytes_of, as_bytes of <shunt/core/bytes.hpp>"),
    (r"\bhardware_(?:de|con)structive_interference_size\b", None, (),
     "the compiler's interference size varies: kLineBytes, kLinePairBytes"),
    (r"\b__(?:atomic|sync)_\w+\s*\(", None, (), "no compiler builtin: std::atomic"),
    (r"\batomic_(?:wait|notify_one|notify_all)\w*\s*\(|[.>]notify_(?:one|all)\s*\(", LIBRARY, (),
     "std::atomic wakes through a private futex: the wait operations of shunt/wake"),
    (r"\bfor \([^;()]* : [\w:]+(?:\((?:[^()]|\([^()]*\))*\)|\{[^{}]*\})\s*(?:\.\s*\w+\s*\(|\[)",
     None, (), "what the call returned may be gone before the loop begins: give it a name first"),
    (r"\b(?:recursive_|shared_|timed_)*mutex\b|\b(?:lock_guard|unique_lock|scoped_lock)\b",
     ("core",), (), "core has no locks: single-writer words, or fetch operations"),
    (r"\bstd::(?:cout|cerr|clog|cin|wcout|wcerr)\b|#\s*include\s*<(?:io|o|i)stream>", LIBRARY, (),
     "the library prints nothing: return it, or throw shunt::Error"),
    (r"\b(?:v|f|d|vf|vd)?printf\s*\(|\b(?:f?puts|f?putc|putchar|perror)\s*\(", LIBRARY, (),
     "the library prints nothing: return it, or throw shunt::Error"),
]
_SLEEP_CPP = re.compile(r"\bsleep_(?:for|until)\b|\b(?:u|nano|clock_nano)?sleep\s*\(")
_SLEEP_PYTHON = re.compile(r"\btime\.sleep\s*\(")
_SLEEP_SHELL = re.compile(r"^\s*(?:[^#\"']*[;&|]\s*)?sleep\s+[0-9.]")
_SLEEP = "a test waits for the event itself (pipe, lock, exit, the peer's word), never for a time"
_POINTER = re.compile(r"^\s*(?:const\s+)?[\w:]+(?:<[^>]*>)?(?:\s+const)?\s*[*&]+\s*(?:const\s+)?\w+"
                      r"\s*(?:\[[^\]]*\]\s*)?(?:[;{]|=[^=])")
_OWNING = re.compile(r"\bstd::(?:string|string_view|vector|span|function|unique_ptr|shared_ptr)\b")
_FUNCTION = re.compile(r"\)\s*(?:const\s*)?(?:noexcept\s*)?(?:->\s*[\w:]+\s*)?\{")
_UNFINISHED = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X)\b")
_NATIVE = re.compile(r"-m(?:arch|tune|cpu)=native")


def _atomics(file):
    code = "\n".join(file.code)
    names = set(_ATOMIC_NAME.findall(code))
    for call in _CALL.finditer(code):
        arguments = cpp.arguments(code, call.end() - 1)
        name = call.group(1)
        counts = _PLAIN_COUNT.get(name, (1,))
        if arguments is None or len(arguments) not in counts:
            continue
        if not any(ORDERS.search(argument) for argument in arguments):
            yield cpp.line_of(code, call.start()), f"{name}() without an order: say which, and why"
    for name in sorted(names):
        operator = re.compile(rf"(?:\+\+|--)\s*{name}\b|\b{name}\s*(?:\+\+|--|[-+|&^]=)")
        for match in operator.finditer(code):
            yield (cpp.line_of(code, match.start()),
                   f"an operator on the atomic {name} is seq_cst: call it with its order")
        for match in re.finditer(rf"\b{name}\s*(?:\.|->)\s*wait\s*\(", code):
            yield (cpp.line_of(code, match.start()),
                   f"{name}.wait() sleeps on a private futex: the wait operations of shunt/wake")


def _layout(file):
    for number, line in enumerate(file.code, 1):
        if _POINTER.match(line) or _OWNING.search(line):
            yield number, "no pointers in layout: an offset, or a position"
        if _FUNCTION.search(line):
            yield number, "no functions in layout: structs, byte maps and assertions"


def _cpp_words(file):
    for pattern, folders, excepted, message in _BANNED:
        if file.path in excepted or (folders is not None and not file.under(*folders)):
            continue
        for number, line in enumerate(file.code, 1):
            if re.search(pattern, line):
                yield number, message
    yield from _atomics(file)
    if file.under("core/include/shunt/core/layout"):
        yield from _layout(file)


def _sleeps(file):
    if not file.under("tests"):
        return
    pattern, lines = None, file.lines
    if file.is_cpp:
        pattern, lines = _SLEEP_CPP, file.code
    elif file.suffix == ".py":
        pattern = _SLEEP_PYTHON
    elif file.suffix == ".sh" or file.lines[:1] and re.match(r"#!.*sh\b", file.lines[0]):
        pattern = _SLEEP_SHELL
    for number, line in enumerate(lines, 1):
        if pattern and pattern.search(line):
            yield number, _SLEEP


def _everywhere(file):
    builds = file.suffix == ".cmake" or file.path.endswith(("CMakeLists.txt", "CMakePresets.json"))
    for number, line in enumerate(file.lines, 1):
        if _UNFINISHED.search(line):
            yield number, "finish it, or open an issue; the tree holds no reminders"
        if builds and _NATIVE.search(line):
            yield number, "a library target runs on any CPU of its family: no native flags"


def check(files):
    for file in files:
        found = list(_sleeps(file)) + list(_everywhere(file))
        if file.is_cpp:
            found += _cpp_words(file)
        for number, message in found:
            yield file.path, number, message
