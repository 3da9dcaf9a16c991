# SPDX-License-Identifier: MIT
import unittest

import support
import limits
import tree

HEAD = limits.LICENCE + "\n"


def found(text, path="core/a.cpp"):
    return [(line, message) for _, line, message in limits.check([tree.File(path, text)])]


def spans(code):
    return list(limits.functions(tree.File("a.cpp", support.text(code))))


class Functions(unittest.TestCase):
    def test_free_and_member_functions(self):
        self.assertEqual(spans("""
            namespace a {
            struct alignas(64) S : Base<int> {
                int f() const noexcept {
                    if (x) { y(); }
                }
                int x{0};
                S(int v) noexcept
                    : a_{v},
                      b_(v), c_{f(v)} {
                    g();
                }
                bool operator==(const S&) const { return true; }
            };
            template <class T, class P = Q<T>>
            auto f(T t) -> std::vector<T> {
            }
            }
        """), [(3, 5), (7, 11), (12, 12), (14, 16)])

    def test_macros_and_tests(self):
        self.assertEqual(spans("#define M(x) { \\\n    x }\nTEST(A, B) {\n\n}\n"), [(3, 5)])

    def test_tables_and_enums_are_no_functions(self):
        self.assertEqual(spans("""
            enum class E : int { a, b };
            constexpr int kTable[] = {f(1),
                                      f(2)};
            const auto kCall = [](int x) {
                return x;
            };
            int after() {
            }
        """), [(7, 8)])

    def test_a_long_function_is_found(self):
        body = "    x();\n" * (limits.FUNCTION_LINES - 2)
        self.assertEqual(found(HEAD + "void f() {\n" + body + "}\n"), [])
        self.assertEqual(found(HEAD + "void f() {\n    y();\n" + body + "}\n")[0][0], 2)

    def test_a_long_python_function_is_found(self):
        body = "    x()\n" * limits.FUNCTION_LINES
        self.assertEqual(found("def f():\n" + body, "a.py")[0][0], 1)


class Files(unittest.TestCase):
    def test_headers_are_short(self):
        lines = "int x;\n" * (limits.HEADER_LINES - 1)
        self.assertEqual(found(HEAD + lines, "a.hpp"), [])
        self.assertEqual(len(found(HEAD + lines + "int x;\n", "a.hpp")), 1)
        self.assertEqual(found(HEAD + lines + "int x;\n", "a.cpp"), [])

    def test_licence_first(self):
        self.assertEqual(found("int x;\n")[0][0], 1)

    def test_lines(self):
        self.assertEqual(found(HEAD + "x" * 100 + "\n"), [])
        self.assertEqual(found(HEAD + "x" * 101 + "\n")[0][0], 2)
        self.assertEqual(found(HEAD + "int x; \n")[0][0], 2)
        self.assertEqual(found(HEAD + "\tint x;\n")[0][0], 2)
        self.assertEqual(found(HEAD + "int x;")[0][0], 2)
        self.assertEqual(found("x" * 200 + "\n", "a.md"), [])


if __name__ == "__main__":
    unittest.main()
