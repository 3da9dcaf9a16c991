# SPDX-License-Identifier: MIT
import unittest

import support
import links


def found(body, **others):
    files = {"docs/a.md": body, "docs/b.md": "# One `two`, three\n## Same\n## Same\n",
             "README.md": "# Top\n", "core/x.hpp": "// x\n"}
    return [line for path, line in support.lines(links.check, files) if path == "docs/a.md"]


class Links(unittest.TestCase):
    def test_files_and_folders_of_the_tree(self):
        for target in ("b.md", "../README.md", "../core/x.hpp", "../core", "https://x.org/y", "."):
            self.assertEqual(found(f"[t]({target})\n"), [], target)
        for target in ("c.md", "b", "../x.hpp", "../../README.md", "/docs/b.md"):
            self.assertEqual(found(f"x\n[t]({target})\n"), [2], target)

    def test_anchors(self):
        for target in ("b.md#one-two-three", "b.md#same", "b.md#same-1", "#here"):
            self.assertEqual(found(f"# Here\n[t]({target})\n"), [], target)
        for target in ("b.md#two", "b.md#same-2", "#there"):
            self.assertEqual(found(f"# Here\n[t]({target})\n"), [2], target)

    def test_references_and_images(self):
        self.assertEqual(found("[t]: gone.md\n![i](gone.svg)\n"), [1, 2])

    def test_code_has_no_links(self):
        self.assertEqual(found("```\n[t](gone.md)\n```\n`[t](gone.md)`\n"), [])


if __name__ == "__main__":
    unittest.main()
