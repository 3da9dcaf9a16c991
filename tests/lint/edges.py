# SPDX-License-Identifier: MIT
"""Every atomic operation of the library says why its order is enough, and every edge has two ends.

Above the operation stands `// edge NAME ORDER -> Reader::fn: ...` (the releasing end),
`// edge NAME ORDER <- Writer::fn: ...` (the acquiring end) or `// relaxed: ...`. One comment may
cover the operations of consecutive lines. Each NAME stands in the table of docs/memory_model.md.
"""

import re

import cpp
from words import LIBRARY

TABLE = "docs/memory_model.md"
_OPERATION = re.compile(
    r"(?:(?:\.|->)|\b(?:P|Policy|\w+Policy)::(?:template\s+)?)\s*"
    r"(load|load_peer|store|exchange|compare_exchange\w*|fetch_\w+)\s*(?:<[^;()]*>)?\s*\("
    r"|\b(atomic_thread_fence|atomic_signal_fence)\s*\(")
_ORDER = re.compile(r"memory_order(?:_|::)(\w+)")
_EDGE = re.compile(r"^\s*//\s*edge\s+([a-z0-9_.]+)\s+(\w+)\s+(->|<-)\s+(.*)$")
_EDGE_LIKE = re.compile(r"^\s*//\s*edge\b")
_RELAXED = re.compile(r"^\s*//\s*relaxed:\s*\S")
_ROW = re.compile(r"^\|\s*`([a-z0-9_.]+)`\s*\|")
_RELEASING = {"release", "acq_rel", "seq_cst"}
_ACQUIRING = {"acquire", "acq_rel", "seq_cst"}
# What the order in the code is strong enough for.
_COVERS = {
    "relaxed": {"relaxed"},
    "acquire": {"acquire"},
    "consume": {"acquire"},
    "release": {"release"},
    "acq_rel": {"acquire", "release", "acq_rel"},
    "seq_cst": {"acquire", "release", "acq_rel", "seq_cst"},
}


class Operation:
    """An atomic operation: its line (from 0), and its order, None where that is a variable."""

    def __init__(self, line, last_line, order):
        self.line = line
        self.last_line = last_line
        self.order = order


def operations(file):
    """The atomic operations of a C++ file: calls of that name that are given an order. A call that
    hands on its own parameter `order` in a policy is the policy's, not an operation."""
    code = "\n".join(file.code)
    for match in _OPERATION.finditer(code):
        arguments = cpp.arguments(code, match.end() - 1)
        if arguments is None:
            continue
        orders = [argument for argument in arguments if re.search(r"order", argument, re.I)]
        if not orders:
            continue
        if file.path.endswith("/policy.hpp") and orders == ["order"]:
            continue
        literal = _ORDER.findall(orders[0])
        line = cpp.line_of(code, match.start()) - 1
        last = cpp.line_of(code, cpp.closing(code, match.end() - 1)) - 1
        yield Operation(line, last, literal[0] if len(literal) == 1 else None)


def comment_above(file, line, operation_lines):
    """The comment lines that speak for the operation on `line`: the block above its statement, or
    above the consecutive operations that its statement follows."""
    while line > 0:
        above = file.code[line - 1].strip()
        if above == "":
            break
        if line - 1 not in operation_lines and above[-1] in ";{}:":
            break
        line -= 1
    first = line
    while first > 0 and re.match(r"\s*//", file.lines[first - 1]):
        first -= 1
    return range(first, line)


def _edge_of(text):
    """(name, order, arrow, target) of an edge comment; None where it is not one."""
    match = _EDGE.match(text)
    if not match:
        return None
    name, order, arrow, rest = match.groups()
    target = re.match(r"((?:[^:;]|::)+)[:;](?!:)", rest)
    if not target:
        return None
    return name, order, arrow, target.group(1).strip()


def _check_operations(file):
    found = list(operations(file))
    lines = {n for op in found for n in range(op.line, op.last_line + 1)}
    for operation in found:
        said = set()
        for number in comment_above(file, operation.line, lines):
            text = file.lines[number]
            edge = _edge_of(text)
            if edge:
                said.add(edge[1])
            elif _RELAXED.match(text):
                said.add("relaxed")
        if not said:
            yield operation.line + 1, "an atomic operation without its `// edge` or `// relaxed:`"
        elif operation.order is not None and not said & _COVERS.get(operation.order, set()):
            yield (operation.line + 1, f"the order is {operation.order}, the comment above says "
                   + ", ".join(sorted(said)))


def _check_comments(file, known):
    for number, text in enumerate(file.lines, 1):
        if not _EDGE_LIKE.match(text):
            continue
        edge = _edge_of(text)
        if edge is None:
            yield number, "write `// edge NAME ORDER -> Reader::fn: why` (or <- Writer::fn)"
            continue
        name, order, arrow, target = edge
        if order not in (_RELEASING if arrow == "->" else _ACQUIRING):
            yield number, f"edge {name}: {order} is no order for this end ({arrow})"
        for part in re.sub(r"\([^)]*\)", "", target).split(","):
            word = part.strip().split("::")[-1].lstrip("~").strip()
            if not re.fullmatch(r"\w+", word):
                yield number, f"edge {name}: '{part.strip()}' is no function or class"
            elif word not in known:
                yield number, f"edge {name}: there is no {part.strip()}"


def _ends(library):
    """{name: {arrow: (path, line)}} of every well-formed edge comment."""
    ends = {}
    for file in library:
        for number, text in enumerate(file.lines, 1):
            edge = _edge_of(text)
            if edge:
                ends.setdefault(edge[0], {}).setdefault(edge[2], (file.path, number))
    return ends


def _rows(files):
    """{name: line} of the table's rows, and the lines of rows that name an edge again."""
    rows, again = {}, []
    for file in files:
        if file.path != TABLE:
            continue
        for number, line in enumerate(file.lines, 1):
            match = _ROW.match(line)
            if match and match.group(1) in rows:
                again.append((match.group(1), number))
            elif match:
                rows[match.group(1)] = number
    return rows, again


def check(files):
    library = [file for file in files if file.is_cpp and file.under(*LIBRARY)]
    known = set(re.findall(r"\w+", "\n".join("\n".join(file.code) for file in library)))
    for file in library:
        for number, message in list(_check_operations(file)) + list(_check_comments(file, known)):
            yield file.path, number, message
    ends = _ends(library)
    rows, again = _rows(files)
    for name, arrows in sorted(ends.items()):
        path, line = next(iter(arrows.values()))
        if "->" not in arrows:
            yield path, line, f"edge {name} has no releasing end (`-> Reader::fn`)"
        if "<-" not in arrows:
            yield path, line, f"edge {name} has no acquiring end (`<- Writer::fn`)"
        if name not in rows:
            yield path, line, f"edge {name} has no row in {TABLE}"
    for name, line in sorted(rows.items()):
        if name not in ends:
            yield TABLE, line, f"edge {name} stands here and nowhere in the code"
    for name, line in again:
        yield TABLE, line, f"edge {name} has a row already"
