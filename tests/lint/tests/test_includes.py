# SPDX-License-Identifier: MIT
import unittest

import support
import includes

CORE = "core/include/shunt/core/"
RING = CORE + "ring/a.hpp"


def found(path, include, **others):
    files = {
        CORE + "bytes.hpp": "", CORE + "config.hpp": "", CORE + "layout/ring.hpp": "",
        CORE + "ring/spsc.hpp": "", CORE + "stats/counters.hpp": "",
        "allocators/include/shunt/allocators/memory.hpp": "",
        "transport/include/shunt/channel/options.hpp": "",
        "transport/include/shunt/spsc.hpp": "",
        "perf/lib/include/shunt_perf/stats.hpp": "", "tools/shunt/table.hpp": "",
        "perf/lib/CMakeLists.txt": "set(stamp ${CMAKE_CURRENT_BINARY_DIR}/stamp.hpp)",
        "transport/src/private.hpp": "", "tests/support/child.hpp": "",
        path: f"#include {include}\n",
    }
    return support.lines(includes.check, files) == [(path, 1)]


class Layers(unittest.TestCase):
    def test_what_may_be_included(self):
        for path, include in [
            (RING, "<shunt/core/layout/ring.hpp>"),
            (RING, "<shunt/core/stats/counters.hpp>"),
            (CORE + "layout/b.hpp", "<shunt/core/config.hpp>"),
            ("allocators/src/a.cpp", "<shunt/core/layout/ring.hpp>"),
            ("transport/src/a.cpp", "<shunt/core/ring/spsc.hpp>"),
            ("transport/src/a.cpp", "<shunt/allocators/memory.hpp>"),
            ("transport/src/a.cpp", '"private.hpp"'),
            ("perf/lib/src/a.cpp", "<shunt/spsc.hpp>"),
            ("bench/a.cpp", "<shunt_perf/stats.hpp>"),
            ("tests/unit/a.cpp", "<shunt_perf/stats.hpp>"),
            ("tests/unit/a.cpp", '"support/child.hpp"'),
            ("examples/a.cpp", "<shunt/spsc.hpp>"),
        ]:
            self.assertFalse(found(path, include), (path, include))

    def test_what_may_not(self):
        for path, include in [
            (CORE + "a.hpp", "<shunt/core/layout/ring.hpp>"),
            (CORE + "layout/b.hpp", "<shunt/core/bytes.hpp>"),
            (CORE + "layout/b.hpp", "<shunt/core/ring/spsc.hpp>"),
            (RING, "<shunt/allocators/memory.hpp>"),
            (RING, "<shunt/channel/options.hpp>"),
            ("allocators/src/a.cpp", "<shunt/core/ring/spsc.hpp>"),
            ("allocators/src/a.cpp", "<shunt/core/stats/counters.hpp>"),
            ("allocators/src/a.cpp", "<shunt/spsc.hpp>"),
            ("transport/src/a.cpp", "<shunt_perf/stats.hpp>"),
            ("perf/lib/src/a.cpp", '"tools/shunt/table.hpp"'),
            ("examples/a.cpp", "<shunt_perf/stats.hpp>"),
        ]:
            self.assertTrue(found(path, include), (path, include))

    def test_a_header_of_ours_exists_and_is_spelled_with_its_layer(self):
        self.assertTrue(found(RING, "<shunt/core/ring/gone.hpp>"))
        self.assertTrue(found(RING, '"spsc.hpp"'))
        self.assertTrue(found("transport/src/a.cpp", '"shunt/spsc.hpp"'))
        self.assertTrue(found("transport/src/a.cpp", '"gone.hpp"'))
        self.assertTrue(found("transport/src/a.cpp", '"../src/private.hpp"'))

    def test_the_build_may_write_a_header(self):
        self.assertFalse(found("perf/lib/src/a.cpp", '"stamp.hpp"'))
        self.assertTrue(found("bench/lib/src/a.cpp", '"stamp.hpp"'))


class System(unittest.TestCase):
    def test_layout_takes_four_headers(self):
        self.assertFalse(found(CORE + "layout/b.hpp", "<atomic>"))
        self.assertTrue(found(CORE + "layout/b.hpp", "<string>"))

    def test_core_takes_the_standard_library_and_intrinsics(self):
        for include in ("<span>", "<cpuid.h>", "<emmintrin.h>", "<x86intrin.h>"):
            self.assertFalse(found(RING, include), include)
        for include in ("<unistd.h>", "<sys/mman.h>", "<mutex>", "<thread>", "<boost/a.hpp>"):
            self.assertTrue(found(RING, include), include)

    def test_the_library_takes_the_system_only(self):
        for include in ("<sys/mman.h>", "<linux/futex.h>", "<fcntl.h>", "<filesystem>"):
            self.assertFalse(found("transport/src/a.cpp", include), include)
        for include in ("<fmt/format.h>", "<boost/a.hpp>", "<CLI/CLI.hpp>"):
            self.assertTrue(found("transport/src/a.cpp", include), include)
            self.assertFalse(found("tools/a.cpp", include), include)

    def test_a_commented_include_is_none(self):
        self.assertFalse(found(RING, "<span>  // not <unistd.h>"))


if __name__ == "__main__":
    unittest.main()
