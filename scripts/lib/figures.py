# SPDX-License-Identifier: MIT
"""Figures in Markdown, made of raw results: what a mark is, and what stands in its place.

A page says once where its results lie, and then what a figure is made of:

    <!-- figures of perf/results/zen4-vm/2026-11-29 -->
    `mpsc` has <!-- figures: {fanin paired.vyukov 2} -->0.67 (0.46 to 0.76)<!-- end of figures -->

A template that begins with a new line is a block of its own (a table); else it is a part of a
paragraph. `scripts/figures --help` teaches it. This module reads no file and writes none:
scripts/figures does, and tests/lint compares.
"""

import decimal
import json
import re
import statistics

END = "<!-- end of figures -->"
SCALES = {"": 0, "k": 3, "M": 6, "G": 9}
REDUCERS = {"min": min, "max": max, "median": statistics.median, "sum": sum}

_MARK = re.compile(r"<!-- (figures\b|end of figures\b)")
_FOLDER = re.compile(r"<!-- figures of (\S+) -->")
_BEGIN = re.compile(r"<!-- figures:(.*?)-->", re.S)
_FENCED = re.compile(r"^ *(```|~~~).*?(?:^ *\1 *$|\Z)", re.S | re.M)
_EACH = re.compile(r"each ([^:]+?)(?: of (\S+) (\S+))?: (.*)")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}|[{}]")
_STEP = re.compile(r"\.?([^.\[\]]+)|\[([^\[\]]*)\]")
_FORMAT = re.compile(r"([kMG]?)([0-9])")


class Mistake(Exception):
    """A mark that says nothing, or asks for what is not there."""


class Results:
    """The raw documents, each read once. `read` gives the text of a path, or None."""

    def __init__(self, read):
        self._read = read
        self._documents = {}

    def result(self, path):
        if path not in self._documents:
            self._documents[path] = self._parse(path)
        document = self._documents[path]
        if isinstance(document, Mistake):
            raise document
        return document

    def _parse(self, path):
        text = self._read(path)
        if text is None:
            return Mistake(f"there is no {path}")
        try:
            document = json.loads(text, parse_float=decimal.Decimal, parse_int=decimal.Decimal)
        except ValueError as error:
            return Mistake(f"{path} is damaged: {error}")
        if not isinstance(document, dict) or "result" not in document:
            return Mistake(f"{path} has no .result")
        return document["result"]


class Place:
    """A mark with a template: where it is, and `first:last` of the text that it owns."""

    def __init__(self, line, template, folder, first, last):
        self.line = line
        self.template = template
        self.folder = folder
        self.first = first
        self.last = last
        self.block = template.startswith("\n")


def _is(value, text):
    """Whether a value of a document is the one that a selector names."""
    if isinstance(value, bool):
        return text == str(value).lower()
    if isinstance(value, decimal.Decimal):
        try:
            return value == decimal.Decimal(text)
        except decimal.InvalidOperation:
            return False
    return value == text


def _elements(value, selector):
    """What `[selector]` leaves of an array; of an object `[KEY=VALUE]` leaves all or nothing."""
    key, equals, wanted = selector.partition("=")
    if equals:
        items = [value] if isinstance(value, dict) else value if isinstance(value, list) else []
        return [item for item in items if isinstance(item, dict) and _is(item.get(key), wanted)]
    if selector and not selector.isdecimal():
        raise Mistake(f"[{selector}] is neither [NUMBER], [KEY=VALUE] nor []")
    if not isinstance(value, list):
        return []
    return value[int(selector):int(selector) + 1] if selector else value


def look_up(result, path):
    """Every value that `path` leads to: `sizes[size=8].paired.floor`, `repeats[].sent`."""
    values, at = [result], 0
    while at < len(path):
        step = _STEP.match(path, at)
        if not step:
            raise Mistake(f".result.{path}: not a path")
        at = step.end()
        found = []
        for value in values:
            if step[1] is None:
                found += _elements(value, step[2])
            elif isinstance(value, dict) and step[1] in value:
                found.append(value[step[1]])
        if not found:
            raise Mistake(f"no .result.{path[:at]}")
        values = found
    return values


def _number(value, form):
    if value is None:
        return "-"
    if isinstance(value, bool) or not isinstance(value, decimal.Decimal):
        raise Mistake("is not a number")
    scale, digits = _FORMAT.fullmatch(form).groups()
    step = decimal.Decimal(1).scaleb(-int(digits))
    value = value.scaleb(-SCALES[scale]).quantize(step, decimal.ROUND_HALF_UP)
    return str(abs(value) if value == 0 else value)


def _show(value, form):
    """A number, or a median with the lowest and highest."""
    if not isinstance(value, dict):
        return _number(value, form)
    if not {"median", "low", "high"} <= value.keys():
        raise Mistake("is neither a number nor {median, low, high}")
    median, low, high = (_number(value[key], form) for key in ("median", "low", "high"))
    return f"{median} ({low} to {high})"


def _figure(text, base, folder, results, used):
    """What `{text}` is; `base` is the (file, path) that its row is of, or None."""
    words = text.split()
    reducer = REDUCERS.get(words[0]) if words else None
    if reducer:
        words.pop(0)
    if base and len(words) == 2:
        words = [base[0], f"{base[1]}.{words[0]}", words[1]]
    if len(words) != 3:
        raise Mistake(f"{{{text}}} is not {{[min|max|median|sum] FILE PATH FORMAT}}")
    name, path, form = words
    if not _FORMAT.fullmatch(form):
        raise Mistake(f"{{{text}}}: {form} is no format: digits behind the point, as 0 or 2, "
                      "in thousands k0, millions M1, G2")
    if folder is None:
        raise Mistake("no `<!-- figures of FOLDER -->` above it")
    file = f"{folder}/{name}.json"
    used.add(file)
    result = results.result(file)
    try:
        values = look_up(result, path)
        if reducer:
            numbers = [value for value in values if value is not None]
            for value in numbers:
                _number(value, form)
            return _number(reducer(numbers) if numbers else None, form)
        if len(values) > 1:
            raise Mistake(f".result.{path} is {len(values)} values: select one, or say which of "
                          + ", ".join(REDUCERS))
        return _show(values[0], form)
    except Mistake as mistake:
        where = "" if ".result" in str(mistake) else f".result.{path} "
        raise Mistake(f"{file}: {where}{mistake}") from None


def _rows(template):
    """(line, what it is of) of the template. `each A B of FILE PATH: ROW` is ROW with A and with B
    for every `$`, and `{REST FORMAT}` in it is `{FILE PATH.REST FORMAT}`."""
    for line in template.split("\n"):
        each = _EACH.fullmatch(line)
        if not each:
            yield line, None
            continue
        for value in each[1].split():
            base = (each[2], each[3].replace("$", value)) if each[2] else None
            yield each[4].replace("$", value), base


def render(place, results):
    """(what belongs at the place, the files it is made of)."""
    used = set()

    def fill_row(row, base):
        def replace(match):
            if match[1] is None:
                raise Mistake(f"a single {match[0]}")
            return _figure(match[1], base, place.folder, results, used)

        return _PLACEHOLDER.sub(replace, row)

    text = "\n".join(fill_row(*row) for row in _rows(place.template.strip()))
    if not used:
        raise Mistake("a mark without a figure")
    return f"\n\n{text}\n\n" if place.block else text, sorted(used)


def _begins_line(text, at):
    return not text[text.rfind("\n", 0, at) + 1:at].strip()


def _check_shape(text, begin, place):
    """Markdown takes a comment that begins a line for the end of a paragraph, and in a paragraph
    ends it at the first two hyphens."""
    starts = _begins_line(text, begin), _begins_line(text, place.last)
    if place.block and not all(starts):
        raise Mistake("a mark with a block begins its line, and so does its end")
    if not place.block and any(starts):
        raise Mistake("a mark in a paragraph may not begin a line, nor may its end: Markdown "
                      "would end the paragraph there")
    if not place.block and "--" in place.template:
        raise Mistake("a mark in a paragraph may not have -- in it: Markdown would show it")


def places(text):
    """(line, place or Mistake) of every mark with a template. Fenced code has none."""
    masked = _FENCED.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)
    folder, at = None, 0
    while mark := _MARK.search(masked, at):
        line = text.count("\n", 0, mark.start()) + 1
        at = mark.end()
        named = _FOLDER.match(text, mark.start())
        begin = _BEGIN.match(text, mark.start())
        if named:
            folder = named[1].rstrip("/")
            continue
        if not begin:
            yield line, Mistake("a mark is `<!-- figures of FOLDER -->`, or `<!-- figures: "
                                f"TEMPLATE -->` with `{END}` behind it")
            continue
        after = _MARK.search(masked, begin.end())
        if not after or not text.startswith(END, after.start()):
            yield line, Mistake(f"no `{END}` behind it")
            continue
        at = after.start() + len(END)
        place = Place(line, begin[1], folder, begin.end(), after.start())
        try:
            _check_shape(text, begin.start(), place)
            yield line, place
        except Mistake as mistake:
            yield line, mistake


def fill(text, results):
    """(the text with its figures as the results have them, mistakes, differences): the latter two
    are [(line, message)]."""
    pieces, at, mistakes, differing = [], 0, [], []
    for line, place in places(text):
        try:
            if isinstance(place, Mistake):
                raise place
            made, used = render(place, results)
        except Mistake as mistake:
            mistakes.append((line, str(mistake)))
            continue
        if text[place.first:place.last] != made:
            differing.append((line, f"differs from {', '.join(used)}: run scripts/figures"))
        pieces += [text[at:place.first], made]
        at = place.last
    return "".join(pieces) + text[at:], mistakes, differing
