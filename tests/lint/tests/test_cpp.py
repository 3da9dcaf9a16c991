# SPDX-License-Identifier: MIT
import unittest

import support
import cpp


class Blank(unittest.TestCase):
    def test_comments_vanish_and_lines_stay(self):
        self.assertEqual(cpp.blank("a // b\nc /* d\ne */ f\n"), "a     \nc     \n     f\n")

    def test_contents_of_literals_vanish(self):
        self.assertEqual(cpp.blank('f("x // y", \'"\')'), 'f("      ", \' \')')
        self.assertEqual(cpp.blank('"a\\"b" // c'), '"    "     ')

    def test_raw_strings_vanish(self):
        code = cpp.blank('auto s = R"(volatile "x" // y)";\nint z;')
        self.assertNotIn("volatile", code)
        self.assertTrue(code.endswith(";\nint z;"))

    def test_digit_separators_start_no_literal(self):
        self.assertEqual(cpp.blank("n = 1'000'000; // x"), "n = 1'000'000;     ")
        self.assertEqual(cpp.blank("n = 0x31'74u; c = 'a';"), "n = 0x31'74u; c = ' ';")

    def test_include_paths_stay(self):
        self.assertEqual(cpp.blank('#include "a/b.hpp" // c'), '#include "a/b.hpp"     ')


class Arguments(unittest.TestCase):
    def test_split_at_the_top_level(self):
        self.assertEqual(cpp.arguments("f(a, g(b, c), {d, e})", 1), ["a", "g(b, c)", "{d, e}"])

    def test_none_and_unclosed(self):
        self.assertEqual(cpp.arguments("f()", 1), [])
        self.assertIsNone(cpp.arguments("f(a", 1))


if __name__ == "__main__":
    unittest.main()
