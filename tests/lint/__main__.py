# SPDX-License-Identifier: MIT
"""Checks the house rules that a compiler does not: `python3 tests/lint [ROOT]`.

Prints `file:line: rule: message` per finding, and exits 1 if there was one. Reads the tree as it
lies there, tracked or not, except for what is built. Knows C++ by its tokens only: a rule that
needs a parser is not here.
"""

import argparse
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import edges
import examples
import generated
import includes
import ledger
import limits
import links
import paths
import tree
import words

RULES = {
    "include": includes.check,
    "word": words.check,
    "edge": edges.check,
    "link": links.check,
    "example": examples.check,
    "limit": limits.check,
    "path": paths.check,
    "ledger": ledger.check,
    "figure": generated.check,
}


def main(arguments):
    parser = argparse.ArgumentParser(prog="lint", description=__doc__.splitlines()[0])
    parser.add_argument("root", nargs="?", help="the tree to check (default: this one)")
    parser.add_argument("--rule", choices=sorted(RULES), help="check this rule only")
    options = parser.parse_args(arguments)
    root = pathlib.Path(options.root or pathlib.Path(__file__).resolve().parents[2])
    files = tree.read(root)
    findings = []
    for rule, check in RULES.items():
        if options.rule in (None, rule):
            findings += [(path, line, rule, text) for path, line, text in check(files)]
    for path, line, rule, text in sorted(findings):
        print(f"{path}:{line}: {rule}: {text}")
    print(f"lint: {len(files)} files, {len(findings)} findings", file=sys.stderr)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
