# SPDX-License-Identifier: MIT
"""C++ in Markdown is what a test compiles and runs: a block whose paragraph before it links to
examples/X.cpp is that file, but for the comment at its head. The README has no other C++."""

import posixpath
import re

_LINK = re.compile(r"\]\(([^)\s]*examples/[\w.]+\.cpp)\)[^\]]*$")
_OPEN = re.compile(r"^```(?:cpp|c\+\+)\s*$")
_SHOWN_WHOLE = {"README.md"}


def _blocks(file):
    """(number of the fence, the line of text before it, the lines in it) of every C++ block."""
    before, start = "", None
    for number, line in enumerate(file.lines, 1):
        if start is not None:
            if line.rstrip() == "```":
                if _OPEN.match(file.lines[start - 1]):
                    yield start, before, file.lines[start : number - 1]
                start = None
        elif line.startswith("```"):
            start = number
        elif line.strip():
            before = line


def _program(example):
    """An example's lines from behind its head on."""
    lines = list(example.lines)
    while lines and (lines[0].startswith("//") or not lines[0].strip()):
        lines.pop(0)
    return lines


def _check_block(file, number, before, lines, by_path):
    link = _LINK.search(before)
    if not link:
        if file.path in _SHOWN_WHOLE:
            yield number, "C++ that nothing compiles: name its file under examples/ right before it"
        return
    path = posixpath.normpath(posixpath.join(posixpath.dirname(file.path), link.group(1)))
    if path not in by_path:
        yield number, f"there is no {path}"
        return
    want = _program(by_path[path])
    for offset, (shown, real) in enumerate(zip(lines, want), 1):
        if shown != real:
            yield number + offset, f"{path} has here: {real.strip() or 'an empty line'}"
            return
    if len(lines) != len(want):
        yield number, f"{len(lines)} lines, and {path} has {len(want)} behind its head"


def check(files):
    by_path = {file.path: file for file in files}
    for file in files:
        if file.path.endswith(".md"):
            for block in _blocks(file):
                for number, message in _check_block(file, *block, by_path):
                    yield file.path, number, message
