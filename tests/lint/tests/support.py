# SPDX-License-Identifier: MIT
"""What the tests of the checks share: a tree made of texts."""

import pathlib
import sys
import textwrap

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import tree


def text(body):
    return textwrap.dedent(body).lstrip("\n")


def findings(check, files):
    """(path, line, message) of what `check` finds in {path: text}."""
    return sorted(check([tree.File(path, text(body)) for path, body in files.items()]))


def lines(check, files):
    """(path, line) of the same."""
    return [(path, line) for path, line, _ in findings(check, files)]
