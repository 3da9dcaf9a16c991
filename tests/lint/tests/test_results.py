# SPDX-License-Identifier: MIT
"""Of scripts/lib/results.py, which is no check, but judges the tests and so wants some itself."""

import contextlib
import io
import pathlib
import sys
import tempfile
import unittest
import unittest.mock

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "scripts" / "lib"))

import results

SKIP = """<testcase name="p.Huge.Maps" status="notrun">
<skipped message="SKIP_REGULAR_EXPRESSION_MATCHED"/><system-out>[ RUN      ] Huge.Maps
/src/a.cpp:4: Skipped
no pages:
0 free
[  SKIPPED ] Huge.Maps (0 ms)
</system-out></testcase>"""
PASS = '<testcase name="p.A.Ok" status="run"><system-out>x</system-out></testcase>'
FAIL = '<testcase name="p.A.No" status="fail"><system-out>boom</system-out></testcase>'
NOT_BUILT = """<testcase name="p_NOT_BUILT" status="notrun">
<skipped message="Unable to find executable"/></testcase>"""
DISABLED = '<testcase name="p.A.Off" status="disabled"/>'


class Judge(unittest.TestCase):
    def run_main(self, body, lines="", holds=True, extra=()):
        """(exit status, totals, what was printed)"""
        with tempfile.TemporaryDirectory() as folder:
            where = pathlib.Path(folder)
            (where / "junit.xml").write_text(f"<testsuite>{body}</testsuite>")
            (where / "skips").write_text(lines)
            (where / "totals").write_text("")
            printed = io.StringIO()
            conditions = {"no-pool": lambda sanitizer: holds,
                          "sanitizer": results.CONDITIONS["sanitizer"]}
            with contextlib.redirect_stdout(printed), \
                    unittest.mock.patch.object(results, "CONDITIONS", conditions):
                status = results.main([str(where / "junit.xml"), "--expected",
                                       str(where / "skips"), "--totals", str(where / "totals"),
                                       *extra])
            return status, (where / "totals").read_text(), printed.getvalue()

    def test_passes_and_failures_are_counted(self):
        self.assertEqual(self.run_main(PASS)[:2], (0, "1 0\n"))
        status, totals, printed = self.run_main(PASS + FAIL)
        self.assertEqual((status, totals), (1, "1 1\n"))
        self.assertIn("boom", printed)

    def test_what_was_not_built_failed(self):
        self.assertEqual(self.run_main(PASS + NOT_BUILT)[:2], (1, "1 1\n"))

    def test_no_tests_are_no_success(self):
        self.assertEqual(self.run_main("")[:2], (1, "0 1\n"))
        self.assertEqual(self.run_main("<broken")[:2], (1, "0 1\n"))

    def test_a_skip_needs_its_line(self):
        status, totals, printed = self.run_main(PASS + SKIP)
        self.assertEqual((status, totals), (1, "1 1\n"))
        self.assertIn("no pages: 0 free", printed)
        line = "Huge.Maps | no-pool | no pages: 0\n"
        self.assertEqual(self.run_main(PASS + SKIP, line)[:2], (0, "1 0\n"))
        self.assertEqual(self.run_main(PASS + SKIP, "# x\n\nHuge.* | no-pool | free\n")[0], 0)

    def test_the_line_must_fit(self):
        for line in ("Huge.Maps | no-pool | another reason", "Huge.Other | no-pool | no pages"):
            self.assertEqual(self.run_main(PASS + SKIP, line)[0], 1, line)
        line = "Huge.Maps | no-pool | no pages"
        self.assertEqual(self.run_main(PASS + SKIP, line, holds=False)[0], 1)

    def test_the_sanitizer_condition(self):
        line = "Huge.Maps | sanitizer | no pages"
        self.assertEqual(self.run_main(PASS + SKIP, line)[0], 1)
        extra = ("--sanitizer", "address")
        self.assertEqual(self.run_main(PASS + SKIP, line, extra=extra)[0], 0)

    def test_a_disabled_test_is_a_skip(self):
        self.assertEqual(self.run_main(PASS + DISABLED)[0], 1)

    def test_stale_and_wrong_lines(self):
        line = "Gone.Test | no-pool | no pages\n"
        self.assertEqual(self.run_main(PASS, line)[0], 0)
        self.assertEqual(self.run_main(PASS, line, extra=("--complete",))[:2], (1, "1 1\n"))
        self.assertEqual(self.run_main(PASS, "Huge.Maps | gone | x\n")[:2], (1, "0 1\n"))
        self.assertEqual(self.run_main(PASS, "Huge.Maps | no-pool\n")[0], 1)


class Conditions(unittest.TestCase):
    def test_each_gives_an_answer_here(self):
        for name, condition in results.CONDITIONS.items():
            self.assertIn(condition(""), (True, False), name)
        self.assertEqual(len(results.read_expected(ROOT / "tests" / "expected_skips")),
                         len([line for line in (ROOT / "tests" / "expected_skips").read_text()
                              .split("\n") if line.strip() and not line.startswith("#")]))


if __name__ == "__main__":
    unittest.main()
