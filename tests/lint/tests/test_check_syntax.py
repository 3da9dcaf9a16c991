# SPDX-License-Identifier: MIT
"""Of scripts/lib/check_syntax.py, with a compiler of three lines."""

import contextlib
import io
import json
import pathlib
import sys
import tempfile
import unittest
import unittest.mock

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "scripts" / "lib"))

import check_syntax

# Refuses what has "bad" in it; makes a file only where it is told where.
COMPILER = """import sys
assert "-fsyntax-only" in sys.argv and "-o" not in sys.argv
sys.exit("bad" in open(sys.argv[-2]).read() and "it is bad")
"""


class CheckSyntaxTest(unittest.TestCase):
    def run_on(self, **files):
        with tempfile.TemporaryDirectory() as folder:
            build = pathlib.Path(folder)
            (build / "compiler.py").write_text(COMPILER)
            entries = []
            for name, text in files.items():
                (build / name).write_text(text)
                entries.append({"directory": folder, "file": name,
                                "command": f"{sys.executable} compiler.py -o {name}.o -c {name}"})
            (build / "compile_commands.json").write_text(json.dumps(entries))
            out = io.StringIO()
            with contextlib.redirect_stdout(out), \
                    unittest.mock.patch.object(sys, "argv", ["check_syntax.py", folder]):
                status = check_syntax.main()
            self.assertFalse(list(build.glob("*.o")))
            return bool(status), out.getvalue()

    def test_right_files_pass(self):
        self.assertEqual(self.run_on(a="x", b="y"), (False, "2 files, 0 refused\n"))

    def test_a_wrong_file_is_named_and_fails(self):
        failed, said = self.run_on(a="x", b="bad")
        self.assertTrue(failed)
        self.assertIn("b:\nit is bad", said)
        self.assertIn("2 files, 1 refused", said)

    def test_nothing_to_read_is_a_failure(self):
        self.assertTrue(self.run_on()[0])


if __name__ == "__main__":
    unittest.main()
