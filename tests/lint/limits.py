# SPDX-License-Identifier: MIT
"""Sizes and shapes of files: the numbers of the house style."""

import ast
import re

import cpp

HEADER_LINES = 400
FUNCTION_LINES = 70
COLUMNS = 100
LICENCE = "// SPDX-License-Identifier: MIT"

_SOURCE_SUFFIXES = {".hpp", ".cpp", ".h", ".cmake", ".py", ".sh"}
_TEMPLATE = re.compile(r"\btemplate\s*<(?:[^<>]|<(?:[^<>]|<[^<>]*>)*>)*>")
_SCOPE = re.compile(r"^(?:inline\s+)?(?:namespace|extern)\b"
                    r"|^(?:typedef\s+)?(?:class|struct|union)\b(?!.*\)\s*$)")
_INIT_LIST = re.compile(r"\)[^;{}]*?[^:]:(?!:)\s*[\w:<>,\s(){}.&*+\-\[\]]*$")
_TAIL_WORDS = {"const", "noexcept", "override", "final", "try", "mutable", "else", "do"}
_PREPROCESSOR = re.compile(r"^[ \t]*#(?:\\\n|[^\n])*", re.M)


def _match_brace(code, at):
    depth = 0
    for index in range(at, len(code)):
        if code[index] == "{":
            depth += 1
        elif code[index] == "}":
            depth -= 1
            if depth == 0:
                return index
    return len(code) - 1


def _kind(head):
    """What a `{` at namespace or class scope opens, by the text before it: 'scope', 'function',
    'initialiser' (of a member, in a constructor's list) or 'other'."""
    plain = _TEMPLATE.sub("", head)
    plain = re.sub(r"\[\[[^\]]*\]\]", "", plain)
    plain = re.sub(r"^(?:\s*(?:public|private|protected)\s*:)+", "", plain).strip()
    if _SCOPE.match(plain):
        return "scope"
    if "(" not in plain or plain.startswith("enum"):
        return "other"
    if "=" in re.sub(r"operator\s*[^\w\s(]+|\([^()]*(?:\([^()]*\)[^()]*)*\)", "", plain):
        return "other"
    last = re.search(r"(\w+)$", plain)
    named = plain.endswith(">") or (last and last.group(1) not in _TAIL_WORDS)
    if named and _INIT_LIST.search(plain):
        return "initialiser"
    return "function"


def functions(file):
    """(first line, last line) of every function of a C++ file, head included, outermost only."""
    code = "\n".join(file.code)
    code = _PREPROCESSOR.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), code)
    index, head = 0, 0
    while index < len(code):
        character = code[index]
        if character in ";}":
            head = index + 1
        elif character == "{":
            text = code[head:index]
            kind = _kind(text)
            if kind == "scope":
                head = index + 1
            else:
                end = _match_brace(code, index)
                if kind == "function":
                    start = head + len(text) - len(text.lstrip())
                    yield cpp.line_of(code, start), cpp.line_of(code, end)
                    head = end + 1
                index = end
        index += 1


def _python_functions(file):
    try:
        parsed = ast.parse(file.text)
    except SyntaxError:
        return
    for node in ast.walk(parsed):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.lineno, node.end_lineno


def _is_source(file):
    name = file.path.rsplit("/", 1)[-1]
    script = bool(file.lines) and file.lines[0].startswith("#!")
    return file.suffix in _SOURCE_SUFFIXES or name == "CMakeLists.txt" or script


def _lines(file):
    for number, line in enumerate(file.lines, 1):
        if line != line.rstrip():
            yield number, "space at the end of the line"
        if "\t" in line:
            yield number, "a tab: indent with spaces"
        if _is_source(file) and len(line) > COLUMNS:
            yield number, f"{len(line)} columns, at most {COLUMNS}"
    if file.text and not file.text.endswith("\n"):
        yield len(file.lines), "the last line does not end"


def _check_file(file):
    yield from _lines(file)
    if file.is_header and len(file.lines) > HEADER_LINES:
        yield len(file.lines), f"a header of {len(file.lines)} lines, at most {HEADER_LINES}"
    if file.is_cpp and (not file.lines or file.lines[0] != LICENCE):
        yield 1, f"the first line is `{LICENCE}`"
    bodies = functions(file) if file.is_cpp else ()
    if file.suffix == ".py":
        bodies = _python_functions(file)
    for first, last in bodies:
        if last - first + 1 > FUNCTION_LINES:
            yield first, f"a function of {last - first + 1} lines, at most {FUNCTION_LINES}"


def check(files):
    for file in files:
        if file.path.startswith(("perf/results/", "tests/fuzz/corpus/", "LICENSE")):
            continue
        for number, message in _check_file(file):
            yield file.path, number, message
