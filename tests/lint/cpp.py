# SPDX-License-Identifier: MIT
"""C++ by its tokens: what is code, what is a comment, where a call's arguments end."""

import re

_TOKEN = re.compile(
    r"""
      (?P<line>//(?:\\\n|[^\n])*)
    | (?P<block>/\*.*?\*/)
    | (?P<raw>\bu?8?[LuU]?R"(?P<mark>[^()\\\s]{0,16})\(.*?\)(?P=mark)")
    | (?P<string>"(?:\\.|[^"\\\n])*")
    | (?P<number>\b[0-9](?:'?[0-9A-Za-z_.])*)
    | (?P<char>'(?:\\.|[^'\\\n])+')
    """,
    re.VERBOSE | re.DOTALL,
)


def _blanked(text):
    return "".join("\n" if c == "\n" else " " for c in text)


def blank(text):
    """`text` with comments, and the contents of string and character literals, as spaces. Lines and
    columns stay; so do the paths of #include directives."""

    def replace(match):
        token = match.group()
        if match.lastgroup == "number":
            return token
        if match.group("line") or match.group("block"):
            return _blanked(token)
        start = text.rfind("\n", 0, match.start()) + 1
        if re.match(r"\s*#\s*include\b", text[start : match.start()]):
            return token
        return token[0] + _blanked(token[1:-1]) + token[-1]

    return _TOKEN.sub(replace, text)


def closing(code, opening):
    """Where the bracket at `opening` closes; None where it does not."""
    depth = 0
    for index in range(opening, len(code)):
        if code[index] in "([{":
            depth += 1
        elif code[index] in ")]}":
            depth -= 1
            if depth == 0:
                return index
    return None


def arguments(code, opening):
    """The arguments of the call whose parenthesis is at `opening`, split at top-level commas; None
    where it does not close."""
    end = closing(code, opening)
    if end is None:
        return None
    depth, parts = 0, [""]
    for character in code[opening + 1 : end]:
        depth += (character in "([{") - (character in ")]}")
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts if part.strip()]


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1
