# SPDX-License-Identifier: MIT
import pathlib
import tempfile
import unittest

import support
import paths
import tree


def found(line):
    return bool(support.findings(paths.check, {"docs/a.md": line + "\n"}))


class Paths(unittest.TestCase):
    def test_places_of_one_machine(self):
        for place in ("/wo" "rk/main", "/ho" "me/ann/x", "(/ro" "ot/x)", '"/Us' 'ers/x"'):
            self.assertTrue(found(f"cd {place}"), place)

    def test_other_paths(self):
        for place in ("/usr/lib", "frame/wo" "rk/x", "$HOME/x", "build/ro" "ot/x", "/dev/shm"):
            self.assertFalse(found(f"cd {place}"), place)

    def test_git_may_be_a_file(self):
        with tempfile.TemporaryDirectory() as folder:
            for name in (".git", "a.md"):
                (pathlib.Path(folder) / name).write_text("x\n", encoding="utf-8")
            self.assertEqual([file.path for file in tree.read(folder)], ["a.md"])


if __name__ == "__main__":
    unittest.main()
