# SPDX-License-Identifier: MIT
"""What scripts/prove makes of the raw results of its pieces."""

import contextlib
import io
import json
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "scripts/lib"))

import scorecard  # noqa: E402


def case(name, output, status="run"):
    return (f'<testcase name="{name}" status="{status}"><system-out>{output}</system-out>'
            "</testcase>")


GOOD = {
    "stepper.end": "0 3",
    "stepper.json": json.dumps({"rows": [
        {"kind": "bytes", "operation": "push", "how": "kill", "injected": 5, "survived": 5},
        {"kind": "line", "operation": "push", "how": "kill", "injected": 4, "survived": 4}]}),
    "tests.xml": "<testsuite>" + "".join([
        case("model.A", "x  12 runs  34 states\ny  8 runs  9 states\nb  caught in run 3: z"),
        case("spin.b", ""),
        case("linear_rings.H", "70 calls: 20 pushed, 5 full, 5 empty; 3 overlap the next"),
        case("linear.S", "b  caught in run 2: y"),
        case("process_nth_failure.N", "n: 9 calls, 20 failures of them (7 told as errors); "
                                      "6 allocations"),
        case("process_quiet.Q", ""),
        case("fuzz.header", "64 inputs"),
        case("fuzz.seeded_checks", "17 of 17 caught")]) + "</testsuite>",
    "hostile.log": json.dumps({"rings": [{"ring": "r", "sides": 2, "operations": 100, "lies": 7,
                                          "found": 0}]}),
    "soak.end": "0 4",
    "soak.json": json.dumps({"ok": True, "result": {
        "kills": 300, "stops": 5, "streams": 9, "messages": 1000, "redelivered": 1,
        "release_to_action_parked_ns": {"n": 10, "p99": 4000000}}}),
}


class Scorecard(unittest.TestCase):
    def play(self, **changes):
        with tempfile.TemporaryDirectory() as folder:
            for name, text in {**GOOD, **changes}.items():
                if text is not None:
                    (pathlib.Path(folder) / name).write_text(text, encoding="utf-8")
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                status = scorecard.main([folder, "--mode", "quick"])
            return status, printed.getvalue()

    def test_adds_up(self):
        status, printed = self.play()
        total = 9 + 2 + 1 + 1 + 26 + 1 + 64 + 19 + 2 + 300 + 5
        self.assertEqual(printed.splitlines()[-1], f"{total} of {total} survived")
        self.assertEqual(status, 0)
        self.assertIn("20 executions, 43 states", printed)

    def test_a_missing_piece_has_not_survived(self):
        for name in GOOD:
            with self.subTest(name):
                status, printed = self.play(**{name: None})
                self.assertEqual(status, 1, printed)

    def test_a_death_that_was_not_survived(self):
        rows = {"rows": [{"kind": "line", "operation": "push", "how": "kill", "injected": 4,
                          "survived": 3}]}
        status, printed = self.play(**{"stepper.json": json.dumps(rows)})
        self.assertEqual(status, 1)
        self.assertIn("NOT ALL", printed)

    def test_a_failed_test_counts(self):
        broken = GOOD["tests.xml"].replace('"process_quiet.Q" status="run"',
                                           '"process_quiet.Q" status="fail"')
        self.assertEqual(self.play(**{"tests.xml": broken})[0], 1)

    def test_a_bug_that_is_not_caught(self):
        missed = GOOD["tests.xml"].replace("17 of 17", "16 of 17")
        self.assertEqual(self.play(**{"tests.xml": missed})[0], 1)

    def test_a_skipped_stepper_says_so(self):
        status, printed = self.play(**{"stepper.end": "77 0"})
        self.assertEqual(status, 0)
        self.assertIn("skipped", printed)


if __name__ == "__main__":
    unittest.main()
