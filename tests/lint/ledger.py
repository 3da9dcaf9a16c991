# SPDX-License-Identifier: MIT
"""The table of the stepper's ledger in docs/failure_model.md is that of its JSON, exactly.

`python3 tests/lint/ledger.py` writes the table anew from docs/ledger/spsc.json."""

import json
import pathlib

LEDGER = "docs/ledger/spsc.json"
PAGE = "docs/failure_model.md"
BEGIN = f"<!-- of {LEDGER}, by tests/lint/ledger.py -->"
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


def _block(lines):
    """(first, last) line numbers of what stands between the marks."""
    try:
        return lines.index(BEGIN) + 1, lines.index(END)
    except ValueError:
        return None


def check(files):
    by_path = {file.path: file for file in files}
    if LEDGER not in by_path:
        return
    page = by_path.get(PAGE)
    block = _block(page.lines) if page else None
    if block is None:
        yield LEDGER, 1, f"{PAGE} has no table of it: `{BEGIN}` ... `{END}`"
        return
    if page.lines[block[0]:block[1]] != table(json.loads(by_path[LEDGER].text)):
        yield PAGE, block[0], f"not what {LEDGER} says: run python3 tests/lint/ledger.py"


def main():
    root = pathlib.Path(__file__).resolve().parents[2]
    page = root / PAGE
    lines = page.read_text().splitlines()
    first, last = _block(lines)
    lines[first:last] = table(json.loads((root / LEDGER).read_text()))
    page.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
