# SPDX-License-Identifier: MIT
"""The tables of the stepper's ledgers in docs/failure_model.md are those of their JSON, exactly.

`python3 tests/lint/ledger.py` writes the tables anew from docs/ledger/*.json."""

import json
import pathlib

FOLDER = "docs/ledger"
PAGE = "docs/failure_model.md"
END = "<!-- end of ledger -->"
WAYS = ("kill", "stop", "call", "pair")


def _count(number):
    return f"{number:,}".replace(",", " ")


def _cell(rows):
    if not rows:
        return ""
    injected = sum(row["injected"] for row in rows)
    survived = sum(row["survived"] for row in rows)
    return f"{_count(survived)} of {_count(injected)}"


def _beside(rows):
    """The greatest bound of the others' calls, and what was held."""
    measured = [row for row in rows if "max_steps" in row]
    texts = []
    if measured:
        most = max(measured, key=lambda row: row["max_steps"])
        texts.append(f"{_count(most['max_steps'])} `{most['call']}`")
    held = sorted({row["held"] for row in rows if row.get("held")})
    if held:
        texts.append("held: " + ", ".join(held))
    return "; ".join(texts)


def _share(ledger):
    """How much of what there is was tried."""
    totals = [ledger["totals"][way] for way in WAYS if way != "pair"]
    points = _count(sum(total["points"] for total in totals))
    tried = _count(sum(total["injected"] for total in totals))
    pairs = _count(ledger["totals"]["pair"]["injected"])
    how = "Every point" if ledger["mode"] == "full" else "A sample"
    return (f"{how} (`stepper --{ledger['mode']}`, seed {ledger['seed']}): {tried} of {points} "
            f"points, {pairs} pairs.")


def table(ledger):
    """The lines of the table, and of what it is a table of."""
    rows = ledger["rows"]
    lines = ["", _share(ledger), "",
             "| operation | killed | stopped | at calls | pairs | most steps of a call beside it |",
             "|---|---|---|---|---|---|"]
    for operation in dict.fromkeys(row["operation"] for row in rows):
        own = [row for row in rows if row["operation"] == operation]
        cells = [_cell([row for row in own if row["how"] == way]) for way in WAYS]
        lines.append(f"| {operation} | " + " | ".join(cells) + f" | {_beside(own)} |")
    totals = [ledger["totals"][way] for way in WAYS]
    lines.append("| **all** | " + " | ".join(_cell([total]) for total in totals) + " | |")
    return [*lines, ""]


def _begin(ledger):
    return f"<!-- of {ledger}, by tests/lint/ledger.py -->"


def _block(lines, ledger):
    """(first, last) line numbers of what stands between the marks."""
    try:
        first = lines.index(_begin(ledger)) + 1
        return first, lines.index(END, first)
    except ValueError:
        return None


def check(files):
    pages = [file for file in files if file.path == PAGE]
    for file in files:
        if not (file.path.startswith(FOLDER + "/") and file.path.endswith(".json")):
            continue
        block = _block(pages[0].lines, file.path) if pages else None
        if block is None:
            yield file.path, 1, f"{PAGE} has no table of it: `{_begin(file.path)}` ... `{END}`"
        elif pages[0].lines[block[0]:block[1]] != table(json.loads(file.text)):
            yield PAGE, block[0], f"not what {file.path} says: run python3 tests/lint/ledger.py"


def main():
    root = pathlib.Path(__file__).resolve().parents[2]
    page = root / PAGE
    lines = page.read_text().splitlines()
    for path in sorted((root / FOLDER).glob("*.json")):
        first, last = _block(lines, f"{FOLDER}/{path.name}")
        lines[first:last] = table(json.loads(path.read_text()))
    page.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
