# SPDX-License-Identifier: MIT
import unittest

import support
import examples

PROGRAM = "// SPDX-License-Identifier: MIT\n//\n// What it does.\n#include <x>\n\nint main() {}\n"


def found(block, lead="A sender ([examples/a.cpp](examples/a.cpp)):", path="README.md"):
    page = f"# Top\n\n{lead}\n\n```cpp\n{block}```\n"
    return support.lines(examples.check, {path: page, "examples/a.cpp": PROGRAM})


class Examples(unittest.TestCase):
    def test_the_file_behind_its_head(self):
        self.assertEqual(found("#include <x>\n\nint main() {}\n"), [])

    def test_another_line(self):
        self.assertEqual(found("#include <x>\n\nint main() { }\n"), [("README.md", 8)])
        self.assertEqual(found("#include <y>\n\nint main() {}\n"), [("README.md", 6)])

    def test_a_part_of_it(self):
        self.assertEqual(found("#include <x>\n"), [("README.md", 5)])
        self.assertEqual(found("#include <x>\n\nint main() {}\n\n"), [("README.md", 5)])

    def test_a_file_that_is_not_there(self):
        lead = "A sender ([examples/b.cpp](examples/b.cpp)):"
        self.assertEqual(found("#include <x>\n", lead), [("README.md", 5)])

    def test_code_of_no_file(self):
        self.assertEqual(found("int x;\n", "Like this:"), [("README.md", 5)])
        self.assertEqual(found("int x;\n", "Like this:", "docs/a.md"), [])

    def test_links_are_relative_to_their_page(self):
        lead = "See [it](../examples/a.cpp):"
        self.assertEqual(found("int x;\n", lead, "docs/a.md"), [("docs/a.md", 6)])

    def test_other_fences(self):
        page = "[a](examples/a.cpp)\n\n```sh\n```cpp\n```\n"
        self.assertEqual(support.lines(examples.check, {"README.md": page}), [])


if __name__ == "__main__":
    unittest.main()
