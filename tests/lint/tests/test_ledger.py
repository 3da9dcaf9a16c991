# SPDX-License-Identifier: MIT
import json
import unittest

import support
import ledger


def row(how, survived, **others):
    return {"kind": "spsc", "ware": "bytes", "pages": "4k", "operation": "push", "how": how,
            "points": 9, "injected": 9, "survived": survived, "missed": 0, **others}


ROWS = [row("kill", 9), row("kill", 8), row("stop", 9, max_steps=1234, call="try_pop"),
        row("stop", 9, max_steps=30, call="try_peek", held="seat")]
JSON = {"mode": "quick", "seed": 7, "rows": ROWS,
        "totals": {way: row(way, 9) for way in ledger.WAYS}}


LEDGER = ledger.FOLDER + "/spsc.json"
BEGIN = f"<!-- of {LEDGER}, by tests/lint/ledger.py -->"


def found(page):
    return support.lines(ledger.check, {LEDGER: json.dumps(JSON), ledger.PAGE: page})


class Ledger(unittest.TestCase):
    def test_sums_over_wares_and_pages(self):
        lines = ledger.table(JSON)
        self.assertEqual(lines[1], "A sample (`stepper --quick`, seed 7): 27 of 27 points, "
                                   "9 pairs.")
        self.assertEqual(lines[5], "| push | 17 of 18 | 18 of 18 |  |  | "
                                   "1 234 `try_pop`; held: seat |")
        self.assertEqual(len(lines), 8)

    def test_the_page_says_the_same(self):
        page = "\n".join(["# x", BEGIN, *ledger.table(JSON), ledger.END, ""])
        self.assertEqual(found(page), [])
        self.assertEqual(found(page.replace("17 of 18", "18 of 18")), [(ledger.PAGE, 2)])

    def test_a_page_without_a_table(self):
        self.assertEqual(found("# x\n"), [(LEDGER, 1)])

    def test_no_ledger_no_table(self):
        self.assertEqual(support.lines(ledger.check, {ledger.PAGE: "# x\n"}), [])


if __name__ == "__main__":
    unittest.main()
