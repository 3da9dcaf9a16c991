# SPDX-License-Identifier: MIT
import unittest

import support
import words

LAYOUT = "core/include/shunt/core/layout/a.hpp"


def found(code, path="transport/src/a.cpp"):
    return [line for _, line in support.lines(words.check, {path: code})]


class Everywhere(unittest.TestCase):
    def test_volatile_only_with_asm(self):
        self.assertEqual(found("volatile int x;"), [1])
        self.assertEqual(found('asm volatile("pause");\nint x;  // volatile'), [])

    def test_casts_only_in_one_file(self):
        cast = "auto* p = reinterpret_cast<int*>(q);"
        self.assertEqual(found(cast), [1])
        self.assertEqual(found(cast, "tests/unit/a.cpp"), [1])
        self.assertEqual(found(cast, "core/include/shunt/core/bytes.hpp"), [])

    def test_interference_size_and_builtins(self):
        self.assertEqual(found("x = std::hardware_destructive_interference_size;"), [1])
        self.assertEqual(found("__atomic_store_n(&x, 1, 5);"), [1])

    def test_no_loop_over_a_part_of_what_a_call_returned(self):
        for text in ("load(path).items()", 'json::parse(read(a)).at("b")', "Folder{a}.names()",
                     "rows()[0]"):
            self.assertEqual(found(f"for (const auto& x : {text}) {{"), [1], text)
        for text in ("rows()", "a.rows()", 'all.at("b").items()', "measure(a).pairs", "{1, 2}"):
            self.assertEqual(found(f"for (const auto& x : {text}) {{"), [], text)

    def test_unfinished_work_also_in_comments_and_scripts(self):
        reminder = "TO" "DO: later"
        self.assertEqual(found(f"int x;  // {reminder}"), [1])
        self.assertEqual(found(f"# {reminder}\n", "scripts/a.sh"), [1])

    def test_native_flags_in_builds(self):
        self.assertEqual(found("add_compile_options(-march=native)", "core/CMakeLists.txt"), [1])
        self.assertEqual(found("no -march=native", "docs/a.md"), [])


class Atomics(unittest.TestCase):
    def test_calls_have_an_order(self):
        for code in ("x.load();", "x->store(1);", "x.fetch_add(1);", "x.exchange(y);",
                     "x.compare_exchange_weak(a, b);", "x.store(f(1, 2));"):
            self.assertEqual(found(code), [1], code)
        for code in ("x.load(std::memory_order_relaxed);", "x.store(1, order);",
                     "x.fetch_add(1,\n  std::memory_order_release);", "file.load(path);",
                     "map.store(key, value);"):
            self.assertEqual(found(code), [], code)

    def test_operators_on_atomics(self):
        declared = "std::atomic<int> count{0};\n"
        self.assertEqual(found(declared + "++count;\ncount += 2;\nint n = counts++;"), [2, 3])
        self.assertEqual(found("std::atomic<bool>& stop;\nstop.wait(true);"), [2])


class Library(unittest.TestCase):
    def test_no_output(self):
        for code in ('std::cerr << "x";', "#include <iostream>", 'std::printf("x");',
                     'fprintf(stderr, "x");', 'puts("x");'):
            self.assertEqual(found(code), [1], code)
            self.assertEqual(found(code, "tools/a.cpp"), [], code)
        self.assertEqual(found('std::snprintf(b, 9, "x");'), [])

    def test_no_locks_in_core(self):
        self.assertEqual(found("std::mutex m;", "core/include/shunt/core/a.hpp"), [1])
        self.assertEqual(found("std::mutex m;"), [])

    def test_no_pointers_or_functions_in_layout(self):
        for code in ("const char* name;", "Line *next;", "std::atomic<Line*> head;\nint* p{};",
                     "std::string name;", "int size() const noexcept { return 1; }"):
            self.assertNotEqual(found(code, LAYOUT), [], code)
        for code in ("constexpr int kA = 4 * kB;", "static_assert(sizeof(A) == 2 * kLine);",
                     "std::byte pad[8 * 4];", "std::atomic<std::uint64_t> word;"):
            self.assertEqual(found(code, LAYOUT), [], code)


class Sleeps(unittest.TestCase):
    def test_tests_do_not_sleep(self):
        cpp = "std::this_thread::sleep_for(1ms);"
        self.assertEqual(found(cpp, "tests/unit/a.cpp"), [1])
        self.assertEqual(found("usleep(10);\nnanosleep(&t, 0);", "tests/a.cpp"), [1, 2])
        self.assertEqual(found("import time\ntime.sl" "eep(1)\n", "tests/a.py"), [2])
        self.assertEqual(found("#!/bin/sh\ntrue; sleep 1\n", "tests/a"), [2])

    def test_others_may(self):
        self.assertEqual(found("std::this_thread::sleep_for(1ms);", "tools/a.cpp"), [])
        self.assertEqual(found("port.sleep_until_woken();", "tests/a.cpp"), [])


if __name__ == "__main__":
    unittest.main()
