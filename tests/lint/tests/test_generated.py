# SPDX-License-Identifier: MIT
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import support
import generated

figures = generated.figures

FOLDER = "perf/results/some-vm/2026-11-29"
BENCH = f"{FOLDER}/bench.json"
DOCUMENT = {"result": {
    "rate": 57993631.044, "none": None, "name": "x", "zero": -0.001, "half": 2.5, "flag": True,
    "paired": {"boost": {"median": 0.6699, "low": 0.4615, "high": 10.7573, "n": 9}},
    "sizes": [{"size": 8, "p50": 209.73, "ok": True}, {"size": 56, "p50": 4.446, "ok": False}],
    "repeats": [{"p50": [3, None, 1]}, {"p50": [2.5]}]}}
OF = f"<!-- figures of {FOLDER} -->\n\n"


def inline(template, shown="?"):
    return f"It took <!-- figures: {template} -->{shown}{figures.END} here.\n"


def play(page, document=None):
    """[(line, message)] of a page beside one raw document."""
    text = json.dumps(DOCUMENT) if document is None else document
    found = support.findings(generated.check, {BENCH: text, "docs/a.md": page})
    return [(line, message) for path, line, message in found if path == "docs/a.md"]


def filled(page):
    text, mistakes, _ = figures.fill(page, figures.Results({BENCH: json.dumps(DOCUMENT)}.get))
    assert not mistakes, mistakes
    return text


class Generated(unittest.TestCase):
    def shown(self, template):
        page = filled(OF + inline(template))
        return page.partition("-->")[2].partition("-->")[2].partition("<!--")[0]

    def test_a_figure_that_was_typed_over(self):
        page = filled(OF + inline("{bench rate M1} M/s"))
        self.assertIn("-->58.0 M/s<!--", page)
        self.assertEqual(play(page), [])
        self.assertEqual(play(page.replace("58.0", "59.0")),
                         [(3, f"differs from {BENCH}: run scripts/figures")])

    def test_results_that_changed_under_the_page(self):
        page = filled(OF + inline("{bench rate M1}"))
        self.assertEqual(len(play(page, json.dumps({"result": {"rate": 10 ** 6}}))), 1)

    def test_numbers(self):
        for template, shown in [
                ("{bench rate M0}", "58"), ("{bench rate k2}", "57993.63"),
                ("{bench rate G3}", "0.058"), ("{bench none 2}", "-"), ("{bench zero 2}", "0.00"),
                ("{bench half 0}", "3"), ("{bench paired.boost 2}", "0.67 (0.46 to 10.76)"),
                ("{bench paired.boost.n 0} of {bench rate M0}", "9 of 58")]:
            self.assertEqual(self.shown(template), shown, template)

    def test_elements(self):
        for template, shown in [
                ("{bench sizes[size=56].p50 1}", "4.4"), ("{bench sizes[0].p50 0}", "210"),
                ("{bench sizes[ok=true].size 0}", "8"), ("{min bench repeats[].p50[] 0}", "1"),
                ("{max bench repeats[].p50[] 0}", "3"), ("{median bench repeats[].p50[] 1}", "2.5"),
                ("{sum bench repeats[].p50[] 1}", "6.5"), ("{sum bench repeats[0].p50[1] 1}", "-"),
                ("{sum bench sizes[][ok=true].p50 1}", "209.7")]:
            self.assertEqual(self.shown(template), shown, template)

    def test_a_table(self):
        page = OF + f"<!-- figures:\n| a | b |\n|--|--|\neach 8 56: | $ | " \
                    f"{{bench sizes[size=$].p50 0}} |\n-->\n{figures.END}\n"
        table = filled(page)
        self.assertIn("-->\n\n| a | b |\n|--|--|\n| 8 | 210 |\n| 56 | 4 |\n\n<!--", table)
        self.assertEqual(filled(table), table)
        self.assertEqual(play(table), [])
        self.assertEqual([line for line, _ in play(table.replace("210", "211"))], [3])

    def test_a_row_of_one_element(self):
        page = OF + ("<!-- figures:\neach 56 8 of bench sizes[size=$]: | $ | {p50 0} | {min p50 1} "
                     f"| {{bench half 1}} |\n-->\n{figures.END}\n")
        self.assertIn("| 56 | 4 | 4.4 | 2.5 |\n| 8 | 210 | 209.7 | 2.5 |\n", filled(page))
        found = play(page.replace("56 8", "7"))
        self.assertIn(f"{BENCH}: no .result.sizes[size=7]", found[0][1])
        self.assertIn("is not {[min|", play(page.replace(" of bench sizes[size=$]", ""))[0][1])

    def test_what_is_not_there_is_named(self):
        for template, message in [
                ("{bench sizes[size=9].p50 0}", f"{BENCH}: no .result.sizes[size=9]"),
                ("{bench paired.futex 0}", f"{BENCH}: no .result.paired.futex"),
                ("{bench sizes[2].p50 0}", f"{BENCH}: no .result.sizes[2]"),
                ("{bench rate[0] 0}", f"{BENCH}: no .result.rate[0]"),
                ("{bench rate[size=8] 0}", f"{BENCH}: no .result.rate[size=8]"),
                ("{bench sizes[0][ok=false].p50 0}", "no .result.sizes[0][ok=false]"),
                ("{bench sizes[].p50 0}", "is 2 values"), ("{bench sizes[one].p50 0}", "[one]"),
                ("{bench name 0}", ".result.name is not a number"), ("{bench flag 0}", "number"),
                ("{bench paired 0}", "neither a number nor"), ("{sum bench sizes[] 0}", "number"),
                ("{bench sizes..p50 0}", "not a path"), ("{bench sizes[ 0}", "not a path"),
                ("{other rate 0}", f"there is no {FOLDER}/other.json"),
                ("{bench rate 1.5}", "no format"), ("{bench rate}", "is not {[min|"),
                ("{mean bench rate 0}", "is not {[min|"), ("{bench rate 0", "a single {"),
                ("58", "a mark without a figure")]:
            found = play(OF + inline(template))
            self.assertEqual([line for line, _ in found], [3], template)
            self.assertIn(message, found[0][1])

    def test_a_damaged_document(self):
        for document, message in [('{"result": {', "is damaged"), ("[]", "has no .result"),
                                  ("{}", "has no .result")]:
            found = play(OF + inline("{bench rate 0}") + inline("{bench half 0}"), document)
            self.assertEqual([line for line, _ in found], [3, 4], document)
            self.assertIn(f"{BENCH} {message}", found[0][1])

    def test_marks_that_are_none(self):
        for page, message in [
                (inline("{bench rate 0}"), "no `<!-- figures of FOLDER -->` above"),
                ("a <!-- figures {bench rate 0} --> b\n", "a mark is"),
                ("a <!-- figures: {bench rate 0} -->1\n", "no `<!-- end of figures -->` behind"),
                (f"a {figures.END}\n", "a mark is")]:
            self.assertIn(message, play(page)[0][1], page)
        twice = "a <!-- figures: {bench rate 0} --> b " + inline("{bench rate M1}", "58.0")
        self.assertEqual([line for line, _ in play(OF + twice)], [3])

    def test_what_markdown_would_not_read_as_meant(self):
        begin, end = "<!-- figures: {bench rate M0} -->58", figures.END
        self.assertEqual(play(f"{OF}a {begin}{end}\n"), [])
        for page, message in [
                (f"{begin}{end} a", "may not begin a line"),
                (f"a\n  {begin}{end}", "may not begin a line"),
                (f"a {begin}\n{end}", "may not begin a line"),
                (f"a {begin.replace('{', '--in-place {')}{end}", "may not have --"),
                (f"a {begin.replace(': ', f':{chr(10)}')}{end}", "begins its line")]:
            self.assertIn(message, play(OF + page + "\n")[0][1], page)

    def test_fenced_code_has_no_marks(self):
        for fence in ("```", "~~~"):
            self.assertEqual(play(f"{fence}\n{inline('{x y 0}')}{fence}\n"), [])
            self.assertEqual(len(play(f"{fence}\nx\n{fence}\n{inline('{x y 0}')}")), 1)

    def test_results_lie_by_host_kind_and_day(self):
        for path, amiss in [(BENCH, 0), ("perf/results/some-vm/bench.json", 1),
                            ("perf/results/some-vm/29-11-2026/bench.json", 1),
                            (f"{FOLDER}/more/bench.json", 1), (f"{FOLDER}/bench.txt", 1)]:
            self.assertEqual(len(support.lines(generated.check, {path: "{}"})), amiss, path)


class Script(unittest.TestCase):
    """scripts/figures on a tree of its own."""

    def setUp(self):
        scripts = pathlib.Path(__file__).resolve().parents[3] / "scripts"
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        for name in ("figures", "lib/figures.py"):
            (self.root / "scripts" / name).parent.mkdir(exist_ok=True)
            shutil.copy(scripts / name, self.root / "scripts" / name)
        self.write(BENCH, json.dumps(DOCUMENT))

    def write(self, path, text):
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text, encoding="utf-8")

    def read(self, path):
        return (self.root / path).read_text(encoding="utf-8")

    def play(self, *arguments):
        ended = subprocess.run([sys.executable, self.root / "scripts/figures", *arguments],
                               capture_output=True, text=True, check=False)
        return ended.returncode, ended.stdout

    def test_writes_and_is_then_content(self):
        self.write("docs/a.md", OF + inline("{bench rate M1}"))
        self.assertEqual(self.play("--check"),
                         (1, f"docs/a.md:3: differs from {BENCH}: run scripts/figures\n"))
        self.assertEqual(self.play(), (0, ""))
        self.assertEqual(self.read("docs/a.md"), OF + inline("{bench rate M1}", "58.0"))
        self.assertEqual(self.play("--check"), (0, ""))

    def test_writes_nothing_where_a_mark_is_a_mistake(self):
        good = OF + inline("{bench rate M1}")
        self.write("a.md", good)
        self.write("b.md", OF + inline("{bench rat M1}"))
        self.assertEqual(self.play(), (1, f"b.md:3: {BENCH}: no .result.rat\n"))
        self.assertEqual(self.read("a.md"), good)
        self.assertEqual(self.play(str(self.root / "a.md"))[0], 0)
        self.assertNotEqual(self.read("a.md"), good)

    def test_leaves_what_is_built_alone(self):
        self.write("build/a.md", OF + inline("{bench rate M1}"))
        self.assertEqual(self.play("--check"), (0, ""))

    def test_wrong_usage(self):
        self.assertEqual(self.play("--chek")[0], 2)
        self.assertEqual(self.play(str(self.root / "none.md"))[0], 2)
        status, shown = self.play("--help")
        self.assertEqual((status, shown.splitlines()[0]),
                         (0, "usage: scripts/figures [--check] [PAGE.md...]"))


if __name__ == "__main__":
    unittest.main()
