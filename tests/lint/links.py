# SPDX-License-Identifier: MIT
"""Relative links in Markdown lead to a file of the tree, and their anchors to a heading of it."""

import posixpath
import re
import urllib.parse

_FENCE = re.compile(r"^\s*(```|~~~)")
_CODE = re.compile(r"(`+).+?\1")
_INLINE = re.compile(r"!?\[(?:[^\[\]]|\[[^\]]*\])*\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
_REFERENCE = re.compile(r"^\s{0,3}\[[^\]]+\]:\s+<?(\S+?)>?(?:\s|$)")
_HEADING = re.compile(r"^ {0,3}(#{1,6})\s+(.*?)\s*#*\s*$")
_ANCHOR = re.compile(r"<a\s+(?:id|name)=\"([^\"]+)\"")
_SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*:", re.I)


def _prose(file):
    """(number, line) of what is not in a code fence."""
    fence = None
    for number, line in enumerate(file.lines, 1):
        match = _FENCE.match(line)
        if match and fence is None:
            fence = match.group(1)
        elif match and match.group(1) == fence:
            fence = None
        elif fence is None:
            yield number, line


def slug(heading):
    """The anchor that a heading gets: lower case, punctuation away, spaces to hyphens."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "")
    text = re.sub(r"[^\w\- ]", "", text.strip().lower())
    return text.replace(" ", "-")


def anchors(file):
    found, seen = set(), {}
    for _, line in _prose(file):
        match = _HEADING.match(line)
        if match:
            name = slug(match.group(2))
            count = seen.get(name, 0)
            seen[name] = count + 1
            found.add(f"{name}-{count}" if count else name)
        found.update(_ANCHOR.findall(line))
    return found


def _targets(file):
    for number, line in _prose(file):
        line = _CODE.sub("", line)
        for match in _INLINE.finditer(line):
            yield number, match.group(1)
        match = _REFERENCE.match(line)
        if match:
            yield number, match.group(1)


def check(files):
    by_path = {file.path: file for file in files}
    folders = {posixpath.dirname(path) for path in by_path}
    folders |= {posixpath.dirname(folder) for folder in folders}
    for file in files:
        if file.suffix != ".md":
            continue
        for number, target in _targets(file):
            if _SCHEME.match(target):
                continue
            path, _, anchor = urllib.parse.unquote(target).partition("#")
            where = file.path
            if path:
                where = posixpath.normpath(posixpath.join(posixpath.dirname(file.path), path))
            if path.startswith("/") or where.startswith(".."):
                yield file.path, number, f"{target} leaves the tree"
            elif where not in by_path and where not in folders:
                yield file.path, number, f"{target} leads nowhere"
            elif anchor and where in by_path and anchor not in anchors(by_path[where]):
                yield file.path, number, f"{target}: {where} has no heading for #{anchor}"
