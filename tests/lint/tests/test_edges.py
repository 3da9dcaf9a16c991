# SPDX-License-Identifier: MIT
import unittest

import support
import edges

PATH = "core/include/shunt/core/ring/a.hpp"
TABLE = """
| edge | from | to | why |
|---|---|---|---|
| `a.b` | `Writer::put` | `Reader::get` | the payload |
"""
WRITER = """
void Writer::put() {
    // edge a.b release -> Reader::get: the payload is complete
    P::store(word, 1, std::memory_order_release);
}
"""
READER = """
void Reader::get() {
    // edge a.b acquire <- Writer::put: the payload is complete
    x = P::load_peer(word, std::memory_order_acquire);
}
"""


def found(code, table=TABLE, path=PATH):
    files = {path: support.text(code), edges.TABLE: table}
    return [(line, text) for _, line, text in support.findings(edges.check, files)]


def messages(code, table=TABLE):
    return " / ".join(text for _, text in found(code, table))


class Comments(unittest.TestCase):
    def test_a_whole_edge_is_fine(self):
        self.assertEqual(found(WRITER + READER), [])

    def test_an_operation_without_comment(self):
        code = WRITER + READER + "void f() {\n    x.load(std::memory_order_relaxed);\n}\n"
        self.assertIn("without its", messages(code))

    def test_a_comment_above_another_statement_does_not_count(self):
        code = "void f() {\n// relaxed: ours\nint y;\nx.load(std::memory_order_relaxed);\n}\n"
        self.assertIn("without its", messages(WRITER + READER + code))

    def test_one_comment_covers_consecutive_operations(self):
        code = """
        // relaxed: counters of ours, for display
        a.store(1, std::memory_order_relaxed);
        b.store(
            2, std::memory_order_relaxed);
        c = d.load(std::memory_order_relaxed);
        """
        self.assertEqual(found(WRITER + READER + support.text(code)), [])

    def test_the_comment_stands_above_the_statement(self):
        code = """
        // relaxed: ours, and the comment
        // goes on
        const auto x =
            max(P::load(a, std::memory_order_relaxed), 1);
        """
        self.assertEqual(found(WRITER + READER + support.text(code)), [])

    def test_the_comment_says_the_order_of_the_code(self):
        code = "// relaxed: ours\nx.store(1, std::memory_order_release);\n"
        self.assertIn("the order is release", messages(WRITER + READER + code))
        code = WRITER.replace("order_release", "order_relaxed") + READER
        self.assertIn("the order is relaxed", messages(code))

    def test_stronger_orders_and_variables_cover_both_ends(self):
        for order in ("std::memory_order_seq_cst", "order"):
            code = WRITER.replace("std::memory_order_release", order) + READER
            self.assertEqual(found(code), [], order)

    def test_a_fence_is_an_operation(self):
        code = "std::atomic_thread_fence(std::memory_order_seq_cst);\n"
        self.assertIn("without its", messages(WRITER + READER + code))

    def test_a_policy_hands_on_an_order(self):
        code = "return word.load(order);\n"
        self.assertEqual(found(code, "", "core/include/shunt/core/policy.hpp"), [])
        self.assertIn("without its", messages(code, ""))

    def test_calls_that_are_no_atomics(self):
        self.assertEqual(found(WRITER + READER + "file.load(path);\nm.store(a, b);\n"), [])


class Ends(unittest.TestCase):
    def test_both_ends_are_needed(self):
        self.assertIn("no acquiring end", messages(WRITER + "class Reader { get };"))
        self.assertIn("no releasing end", messages(READER + "class Writer { put };"))

    def test_the_order_fits_the_end(self):
        code = WRITER.replace("release ->", "acquire ->") + READER
        self.assertIn("acquire is no order for this end", messages(code))

    def test_the_other_end_exists(self):
        code = WRITER.replace("-> Reader::get:", "-> Reader::gone:") + READER
        self.assertIn("there is no Reader::gone", messages(code))
        code = WRITER.replace("-> Reader::get:", "-> Reader::get, Reader (successor):") + READER
        self.assertEqual(found(code), [])

    def test_the_form(self):
        self.assertIn("write `// edge", messages(WRITER + READER + "// edge a.b release Reader\n"))

    def test_each_edge_has_a_row_and_each_row_an_edge(self):
        self.assertIn("has no row", messages(WRITER + READER, ""))
        self.assertIn("nowhere in the code", messages(WRITER + READER, TABLE + "| `a.c` | | |\n"))
        self.assertIn("a row already", messages(WRITER + READER, TABLE + "| `a.b` | | |\n"))


if __name__ == "__main__":
    unittest.main()
